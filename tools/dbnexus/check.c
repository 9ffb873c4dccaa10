/* SPDX-License-Identifier: MIT */
/* dbnexus check: every problem of a configuration in one go. */
#include "cli.h"

#include <dbnexus/policy.h>

#include <stdlib.h>
#include <string.h>

struct report {
	struct cli *c;
	struct out *out;
	unsigned long problems;
	bool failed;
};

/* Problems go to stderr as lines, or to stdout as rows where rows were asked for. */
static void
on_problem(const dbn_config_problem *p, void *user)
{
	struct report *r = user;

	r->problems++;
	if (r->out) {
		dbn_value cells[4] = { out_text_or_null(p->file), dbn_v_i64(p->line),
			out_text_or_null(p->text), out_text_or_null(p->hint) };

		if (!p->line)
			cells[1] = dbn_v_null(NULL);
		r->failed = !out_row(r->out, cells) || r->failed;
		return;
	}
	if (p->line)
		cli_say(r->c, "%s:%lu: %s", p->file, (unsigned long)p->line, p->text);
	else
		cli_say(r->c, "%s%s%s", p->file ? p->file : "", p->file && *p->file ? ": " : "",
			p->text);
	if (p->hint && *p->hint) {
		struct text t = { 0 };

		(void)text_show(&t, p->hint, strlen(p->hint), SIZE_MAX, r->c->utf8);
		(void)fprintf(stderr, "  hint: %s\n", t.ptr ? t.ptr : "");
		text_free(&t);
	}
}

static void
on_setting(const char *path, const char *value, const char *origin, void *user)
{
	struct report *r = user;
	dbn_value cells[3] = { dbn_v_text(path), dbn_v_text(value), out_text_or_null(origin) };

	r->failed = !out_row(r->out, cells) || r->failed;
}

static int
explain(struct cli *c, const dbn_config *config)
{
	static const char *const names[] = { "setting", "value", "from" };
	struct report r = { c, cli_open_out(c, names, 3), 0, false };
	dbn_error *err = NULL;

	if (!r.out)
		return EXIT_FAILED;
	if (dbn_config_each(config, on_setting, &r, &err) != DBN_OK) {
		out_free(r.out);
		return cli_fail(c, err, NULL, 0);
	}
	r.failed = !out_finish(r.out) || r.failed;
	out_free(r.out);
	return r.failed ? EXIT_FAILED : EXIT_DONE;
}

/* The colon behind FILE in "FILE:LINE: TEXT"; NULL: there is no place. */
static const char *
after_file(const char *line)
{
	const char *at = strchr(line, ':');

	while (at) {
		size_t n = strspn(at + 1, "0123456789");

		if (n && strncmp(at + 1 + n, ": ", 2) == 0)
			return at;
		at = strchr(at + 1, ':');
	}
	return NULL;
}

/* line is cut where its file ends. */
static void
tell_line(struct report *r, char *line, const char *hint)
{
	dbn_config_problem p = { .struct_size = (uint32_t)sizeof p, .file = "", .text = line, .hint = hint };
	const char *at = line ? after_file(line) : NULL;

	if (!line)
		p.text = "out of memory";
	if (at) {
		p.text = strstr(at, ": ") + 2;
		p.line = (uint32_t)strtoul(at + 1, NULL, 10);
		p.file = line;
		line[at - line] = '\0';
	}
	on_problem(&p, r);
}

/* An error whose detail lists problems, a line each with its place, or which is one itself. */
static void
tell_error(struct report *r, const dbn_error *err)
{
	const char *p = dbn_error_detail(err), *where = dbn_error_where(err);
	char *line;

	if (!after_file(p)) {
		if (asprintf(&line, "%s%s%s", where, *where ? ": " : "", dbn_error_message(err)) < 0)
			line = NULL;
		tell_line(r, line, dbn_error_hint(err));
		free(line);
		return;
	}
	while (*p) {
		size_t n = strcspn(p, "\n");

		line = strndup(p, n);
		tell_line(r, line, "");
		free(line);
		p += n + (p[n] == '\n');
	}
}

static dbn_status
check_policy(const dbn_config *config, struct report *r, uint32_t *rules)
{
	dbn_error *err = NULL;
	dbn_status rc = dbn_policy_check(config, rules, &err);

	if (rc != DBN_OK)
		tell_error(r, err);
	dbn_error_free(err);
	return rc;
}

static dbn_status
check_all(const dbn_config *config, struct report *r, uint32_t *rules)
{
	dbn_error *err = NULL;
	dbn_status rc = dbn_config_check(config, on_problem, r, &err);

	if (rc != DBN_OK && !r->problems)
		tell_error(r, err);
	dbn_error_free(err);
	return rc == DBN_OK ? check_policy(config, r, rules) : rc;
}

/* unread: why there is no config. */
static int
check(struct cli *c, const dbn_config *config, const dbn_error *unread)
{
	static const char *const names[] = { "file", "line", "problem", "hint" };
	struct report r = { c, NULL, 0, false };
	dbn_status rc = DBN_E_CONFIG;
	uint32_t rules = 0;

	if (c->format != OUT_TABLE && !(r.out = cli_open_out(c, names, 4)))
		return EXIT_FAILED;
	if (unread)
		tell_error(&r, unread);
	else
		rc = check_all(config, &r, &rules);
	if (r.out)
		r.failed = !out_finish(r.out) || r.failed;
	out_free(r.out);
	if (rc != DBN_OK) {
		cli_say(c, "%s: %lu problem%s", c->config, r.problems, r.problems == 1 ? "" : "s");
		return EXIT_USAGE;
	}
	if (c->format == OUT_TABLE && !c->explain)
		(void)printf("%s: no problem found; the policy has %lu rule%s\n", c->config,
			(unsigned long)rules, rules == 1 ? "" : "s");
	return r.failed ? EXIT_FAILED : EXIT_DONE;
}

int
cli_check(struct cli *c)
{
	dbn_config *config = NULL;
	dbn_error *err = NULL;
	int rc, shown = EXIT_DONE;
	dbn_status opened;

	if (c->nargs)
		return cli_usage(c, "\"%s\" is too much", c->args[0]);
	if (!c->config)
		return cli_open_config(c, &config);
	opened = dbn_config_open(c->config, 0, &config, &err);
	if (opened != DBN_OK && opened != DBN_E_CONFIG)
		return cli_fail(c, err, NULL, 0);
	if (c->explain && config)
		shown = explain(c, config);
	/* With --explain in another format the rows are the settings, so problems are
	 * lines on stderr as ever. */
	if (c->explain)
		c->format = OUT_TABLE;
	rc = check(c, config, err);
	dbn_error_free(err);
	dbn_config_free(config);
	return rc != EXIT_DONE ? rc : shown;
}
