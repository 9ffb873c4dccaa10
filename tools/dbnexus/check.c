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

/* The policy's problems stand in the detail, a line each. */
static dbn_status
check_policy(const dbn_config *config, struct report *r, uint32_t *rules)
{
	dbn_error *err = NULL;
	dbn_status rc = dbn_policy_check(config, rules, &err);
	const char *p;

	if (rc == DBN_OK)
		return rc;
	p = *dbn_error_detail(err) ? dbn_error_detail(err) : dbn_error_message(err);
	while (*p) {
		dbn_config_problem problem = { .struct_size = (uint32_t)sizeof problem,
			.file = dbn_error_where(err), .hint = "" };
		size_t n = strcspn(p, "\n");
		char *line = strndup(p, n);

		problem.text = line ? line : "out of memory";
		on_problem(&problem, r);
		free(line);
		p += n + (p[n] == '\n');
	}
	dbn_error_free(err);
	return rc;
}

static int
check(struct cli *c, const dbn_config *config)
{
	static const char *const names[] = { "file", "line", "problem", "hint" };
	struct report r = { c, NULL, 0, false };
	dbn_error *err = NULL;
	uint32_t rules = 0;
	dbn_status rc;

	if (c->format != OUT_TABLE && !(r.out = cli_open_out(c, names, 4)))
		return EXIT_FAILED;
	rc = dbn_config_check(config, on_problem, &r, &err);
	if (rc == DBN_OK)
		rc = check_policy(config, &r, &rules);
	if (r.out)
		r.failed = !out_finish(r.out) || r.failed;
	out_free(r.out);
	if (rc != DBN_OK && !r.problems)
		return cli_fail(c, err, NULL, 0);
	dbn_error_free(err);
	if (rc != DBN_OK) {
		cli_say(c, "%s: %lu problem%s", c->config, r.problems, r.problems == 1 ? "" : "s");
		return EXIT_USAGE;
	}
	if (c->format == OUT_TABLE && !c->explain)
		(void)printf("%s: no problem found; the policy has %lu rules\n", c->config,
			(unsigned long)rules);
	return r.failed ? EXIT_FAILED : EXIT_DONE;
}

int
cli_check(struct cli *c)
{
	dbn_config *config = NULL;
	int rc, shown = EXIT_DONE;

	if (c->nargs)
		return cli_usage(c, "\"%s\" is too much", c->args[0]);
	rc = cli_open_config(c, &config);
	if (rc != EXIT_DONE)
		return rc;
	if (c->explain)
		shown = explain(c, config);
	/* With --explain in another format the rows are the settings, so problems are
	 * lines on stderr as ever. */
	if (c->explain)
		c->format = OUT_TABLE;
	rc = check(c, config);
	dbn_config_free(config);
	return rc != EXIT_DONE ? rc : shown;
}
