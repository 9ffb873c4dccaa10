/* SPDX-License-Identifier: MIT */
/* dbnexus audit verify and dbnexus audit tail. */
#include "cli.h"

#include <dbnexus/trail.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The trail of a file, or of a configuration. */
static int
open_config(struct cli *c, dbn_config **config)
{
	const char *file = c->nargs > 1 ? c->args[1] : NULL;
	dbn_error *err = NULL;
	struct stat st;

	if (c->nargs > 2)
		return cli_usage(c, "\"%s\" is too much", c->args[2]);
	if (file && c->config)
		return cli_usage(c, "a file and -c: which of the two?");
	if (!file)
		return cli_open_config(c, config);
	if (c->sink)
		return cli_usage(c, "--sink goes with -c only");
	if (stat(file, &st) != 0) {
		char why[128];

		cli_say(c, "cannot open \"%s\": %s", file, strerror_r(errno, why, sizeof why));
		return EXIT_FAILED;
	}
	/* No database is opened: only the sink of this configuration is used. */
	if (dbn_config_open_url("sqlite::memory:", NULL, file,
		DBN_OPEN_ALLOW_ALL | DBN_CONFIG_NO_ENV, config, &err) != DBN_OK)
		return cli_fail(c, err, NULL, 0);
	return EXIT_DONE;
}

/* A head is one line: number, space, hash. */
static int
read_head(struct cli *c, dbn_trail_opts *opts, char hash[65])
{
	FILE *f = fopen(c->head, "re");
	uint64_t seq = 0;
	char end = 0;
	int n;

	if (!f) {
		cli_say(c, "cannot open \"%s\"", c->head);
		return EXIT_FAILED;
	}
	n = fscanf(f, "%" SCNu64 " %64[0-9a-f]%c", &seq, hash, &end);
	(void)fclose(f);
	if (n < 2 || (n == 3 && end != '\n') || seq == 0 || strlen(hash) != 64) {
		cli_say(c, "\"%s\" holds no head: a number and 64 hexadecimal digits", c->head);
		return EXIT_USAGE;
	}
	opts->head_seq = seq;
	opts->head_hash = hash;
	return EXIT_DONE;
}

static int
save_head(struct cli *c, const dbn_trail_report *r)
{
	struct text name = { 0 };
	bool ok = false;
	int fd;
	FILE *f;

	text_addf(&name, "%s.new", c->save_head);
	fd = name.failed ? -1 : open(name.ptr, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	f = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (f) {
		ok = fprintf(f, "%" PRIu64 " %s\n", r->last_seq, r->last_hash) > 0;
		ok = fflush(f) == 0 && fsync(fd) == 0 && ok;
		ok = fclose(f) == 0 && ok && rename(name.ptr, c->save_head) == 0;
	} else if (fd >= 0)
		(void)close(fd);
	if (!ok)
		cli_say(c, "cannot write \"%s\"", c->save_head);
	text_free(&name);
	return ok ? EXIT_DONE : EXIT_FAILED;
}

static dbn_value
number_or_null(uint64_t n, bool known)
{
	return known ? dbn_v_u64(n) : dbn_v_null(NULL);
}

/* One row in the machine formats. */
static int
print_report_row(struct cli *c, const dbn_trail_report *r)
{
	static const char *const names[] = { "damage", "records", "first_seq", "last_seq", "last_hash",
		"lost", "bad_seq", "bad_line", "what" };
	bool bad = r->damage != DBN_TRAIL_SOUND, ok;
	struct out *o = cli_open_out(c, names, sizeof names / sizeof *names);
	dbn_value cells[9];

	if (!o)
		return EXIT_FAILED;
	cells[0] = dbn_v_text(bad ? dbn_trail_damage_name(r->damage) : NULL);
	cells[1] = dbn_v_u64(r->records);
	cells[2] = number_or_null(r->first_seq, r->records > 0);
	cells[3] = number_or_null(r->last_seq, r->last_seq > 0);
	cells[4] = dbn_v_text(r->last_seq ? r->last_hash : NULL);
	cells[5] = dbn_v_u64(r->lost);
	cells[6] = number_or_null(r->bad_seq, bad && r->bad_seq > 0);
	cells[7] = number_or_null(r->bad_line, bad && r->bad_line > 0);
	cells[8] = dbn_v_text(bad ? r->what : NULL);
	ok = out_row(o, cells);
	ok = out_finish(o) && ok;
	out_free(o);
	return ok ? EXIT_DONE : EXIT_FAILED;
}

static void
print_report(struct cli *c, const dbn_trail_report *r)
{
	const char *name = c->nargs > 1 ? c->args[1] : c->config;
	const char *what = r->what;

	if (r->damage == DBN_TRAIL_SOUND) {
		(void)printf("%s: sound\n", name);
		(void)printf("  records %" PRIu64 " to %" PRIu64 ", %" PRIu64 " read\n", r->first_seq,
			r->last_seq, r->records);
		if (r->last_seq)
			(void)printf("  head    %" PRIu64 " %s\n", r->last_seq, r->last_hash);
		if (r->lost)
			(void)printf("  lost    %" PRIu64 " events, as the trail itself says\n", r->lost);
		return;
	}
	cli_say(c, "%s: record %" PRIu64 " is %s", name, r->bad_seq, dbn_trail_damage_name(r->damage));
	if (r->bad_line)
		(void)fprintf(stderr, "  at line %" PRIu64 "\n", r->bad_line);
	if (*what)
		(void)fprintf(stderr, "  %s\n", what);
	(void)fprintf(stderr, "  sound up to record %" PRIu64 "\n", r->last_seq);
}

static int
verify(struct cli *c, const dbn_config *config)
{
	dbn_trail_report report = { .struct_size = (uint32_t)sizeof report };
	dbn_trail_opts opts = dbn_trail_opts_init();
	dbn_error *err = NULL;
	char hash[65] = "";
	dbn_status rc;
	int status = EXIT_DONE, wrote;

	opts.sink = c->sink;
	opts.flags = c->pruned ? DBN_TRAIL_PRUNED : 0;
	if (c->head)
		status = read_head(c, &opts, hash);
	if (status != EXIT_DONE)
		return status;
	rc = dbn_trail_verify(config, &opts, &report, &err);
	if (rc != DBN_OK && rc != DBN_E_INTEGRITY)
		return cli_fail(c, err, NULL, 0);
	dbn_error_free(err);
	status = rc == DBN_OK ? EXIT_DONE : EXIT_INTEGRITY;
	if (c->format == OUT_TABLE)
		print_report(c, &report);
	else if ((wrote = print_report_row(c, &report)) != EXIT_DONE)
		return wrote;
	if (status == EXIT_DONE && c->save_head)
		status = save_head(c, &report);
	return status;
}

/* ---- tail ---- */

struct tail {
	struct text *lines; /* a ring of the last ones */
	size_t max, next, count;
};

static dbn_status
keep_line(dbn_text line, bool torn, void *user)
{
	struct tail *t = user;
	struct text *slot;

	(void)torn;
	if (!t->max)
		return DBN_OK;
	slot = &t->lines[t->next];
	slot->len = 0;
	text_add(slot, line.ptr, line.len);
	t->next = (t->next + 1) % t->max;
	t->count += t->count < t->max;
	return slot->failed ? DBN_E_NOMEM : DBN_OK;
}

static bool
print_raw(struct cli *c, dbn_text line)
{
	struct text t = { 0 };
	bool ok;

	if (text_terminal_width(stdout))
		(void)text_show(&t, line.ptr, line.len, SIZE_MAX, c->utf8);
	else
		text_add(&t, line.ptr, line.len);
	text_addc(&t, '\n');
	ok = !t.failed && fwrite(t.ptr, 1, t.len, stdout) == t.len;
	text_free(&t);
	return ok;
}

/* What a table or CSV shows of a record. */
static const char *const members[] = { "seq", "time", "user", "action", "outcome", "relations",
	"statement", "detail" };
enum { MEMBERS = sizeof members / sizeof *members };

static bool
print_line(struct cli *c, struct out *o, const struct text *line)
{
	dbn_text text = { line->ptr ? line->ptr : "", line->len };
	char cells[MEMBERS][2048];
	dbn_value values[MEMBERS];

	/* As JSON the record is the object: exactly as it was written, but harmless
	 * where a person looks at it. */
	if (c->format == OUT_JSON)
		return print_raw(c, text);
	for (size_t i = 0; i < MEMBERS; i++)
		values[i] = dbn_trail_member(text, members[i], cells[i], sizeof cells[i])
			? dbn_v_text(cells[i])
			: dbn_v_null(NULL);
	return out_row(o, values);
}

static int
print_tail(struct cli *c, const struct tail *t)
{
	struct out *o = cli_open_out(c, members, MEMBERS);
	bool ok = o != NULL;

	for (size_t i = 0; ok && i < t->count; i++)
		ok = print_line(c, o, &t->lines[(t->next + t->max - t->count + i) % t->max]);
	if (o && c->format != OUT_JSON)
		ok = out_finish(o) && ok;
	out_free(o);
	return ok ? EXIT_DONE : EXIT_FAILED;
}

static int
tail(struct cli *c, const dbn_config *config)
{
	struct tail t = { NULL, c->lines, 0, 0 };
	dbn_trail_opts opts = dbn_trail_opts_init();
	dbn_error *err = NULL;
	int status;

	opts.sink = c->sink;
	t.lines = calloc(t.max ? t.max : 1, sizeof *t.lines);
	if (!t.lines) {
		cli_say(c, "out of memory");
		return EXIT_FAILED;
	}
	if (dbn_trail_read(config, &opts, keep_line, &t, &err) != DBN_OK)
		status = cli_fail(c, err, NULL, 0);
	else
		status = print_tail(c, &t);
	for (size_t i = 0; i < t.max; i++)
		text_free(&t.lines[i]);
	free(t.lines);
	return status;
}

int
cli_audit(struct cli *c)
{
	dbn_config *config = NULL;
	bool is_verify = c->nargs && strcmp(c->args[0], "verify") == 0;
	int rc;

	if (!is_verify && (!c->nargs || strcmp(c->args[0], "tail") != 0))
		return cli_usage(c, "audit verify, or audit tail");
	if (!is_verify && (c->head || c->save_head || c->pruned))
		return cli_usage(c, "--head, --save-head and --pruned go with audit verify");
	rc = open_config(c, &config);
	if (rc == EXIT_DONE)
		rc = is_verify ? verify(c, config) : tail(c, config);
	dbn_config_free(config);
	return rc;
}
