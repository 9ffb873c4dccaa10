/* SPDX-License-Identifier: MIT */
/* dbnexus query and dbnexus explain. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

struct work {
	struct cli *c;
	dbn_pool *pool;
	dbn_session *session;
	char *sql;
	size_t len;
	dbn_value *values;
	void **kept;
};

static int
begin(struct work *w, struct cli *c)
{
	dbn_error *err = NULL;
	int rc;

	w->c = c;
	rc = cli_statement(c, &w->sql, &w->len);
	if (rc == EXIT_DONE)
		rc = cli_open_pool(c, &w->pool);
	if (rc != EXIT_DONE)
		return rc;
	if (dbn_session_open_as(w->pool, c->user, &w->session, &err) != DBN_OK)
		return cli_fail(c, err, NULL, 0);
	return EXIT_DONE;
}

static void
end(struct work *w)
{
	dbn_session_close(w->session);
	dbn_pool_close(w->pool);
	for (size_t i = 0; w->kept && i < w->c->nparams; i++)
		free(w->kept[i]);
	free(w->kept);
	free(w->values);
	free(w->sql);
}

static bool
read_params(struct work *w)
{
	size_t n = w->c->nparams;

	w->values = calloc(n ? n : 1, sizeof *w->values);
	w->kept = calloc(n ? n : 1, sizeof *w->kept);
	if (!w->values || !w->kept)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!cli_param(w->c, w->c->params[i], &w->values[i], &w->kept[i]))
			return false;
	return true;
}

static struct out *
open_out(struct cli *c, const dbn_rows *rows)
{
	uint32_t n = dbn_rows_columns(rows);
	const char **names = calloc(n ? n : 1, sizeof *names);
	struct out *o = NULL;

	if (names) {
		for (uint32_t i = 0; i < n; i++)
			names[i] = dbn_rows_name(rows, i);
		o = cli_open_out(c, names, n);
	} else
		cli_say(c, "out of memory");
	free(names);
	return o;
}

/* A statement without rows: what it did. */
static void
say_affected(struct cli *c, uint64_t n)
{
	if (c->format == OUT_JSON)
		(void)printf("{\"affected\":%llu}\n", (unsigned long long)n);
	else if (c->format == OUT_CSV)
		(void)printf("affected\n%llu\n", (unsigned long long)n);
	else
		(void)printf("%llu row%s affected\n", (unsigned long long)n, n == 1 ? "" : "s");
}

static void
say_count(struct cli *c, const dbn_rows *rows, uint64_t n)
{
	if (c->format == OUT_TABLE)
		(void)printf("(%llu row%s%s)\n", (unsigned long long)n, n == 1 ? "" : "s",
			dbn_rows_cached(rows) ? ", from the cache" : "");
}

static int
print_rows(struct work *w, dbn_rows *rows)
{
	dbn_error *err = NULL;
	dbn_status rc;
	bool wrote = true;
	uint64_t affected;
	struct out *o = open_out(w->c, rows);

	if (!o)
		return EXIT_FAILED;
	while (wrote && (rc = dbn_rows_next(rows, &err)) == DBN_OK)
		wrote = out_row(o, dbn_rows_cells(rows));
	affected = dbn_rows_affected(rows);
	if (dbn_rows_columns(rows) > 0)
		wrote = out_finish(o) && wrote;
	if (wrote && rc == DBN_DONE) {
		if (dbn_rows_columns(rows) > 0)
			say_count(w->c, rows, out_rows(o));
		else
			say_affected(w->c, affected);
	}
	out_free(o);
	if (!wrote)
		return EXIT_FAILED; /* main() says why */
	return rc == DBN_DONE ? EXIT_DONE : cli_fail(w->c, err, w->sql, w->len);
}

int
cli_query(struct cli *c)
{
	struct work w = { 0 };
	dbn_error *err = NULL;
	dbn_rows *rows = NULL;
	int rc;

	w.c = c;
	if (!read_params(&w)) {
		rc = EXIT_USAGE;
		goto out;
	}
	rc = begin(&w, c);
	if (rc != EXIT_DONE)
		goto out;
	dbn_query_opts opts = dbn_query_opts_init();
	dbn_text sql = { w.sql ? w.sql : "", w.len };
	if (dbn_query_with(w.session, sql, dbn_args_of(w.values, c->nparams), &opts, &rows, &err) !=
		DBN_OK) {
		rc = cli_fail(c, err, w.sql, w.len);
		goto out;
	}
	rc = print_rows(&w, rows);
out:
	dbn_rows_close(rows);
	end(&w);
	return rc;
}

/* JSON with a line a member; strings are made harmless on the way. */
static void
print_indented(struct cli *c, const char *json)
{
	struct text t = { 0 };
	unsigned depth = 0;
	bool string = false;

	for (size_t i = 0; json[i]; i++) {
		char ch = json[i];

		if (string) {
			size_t n = ch == '\\' && json[i + 1] ? 2 : 1;

			while (json[i + n] && ((unsigned char)json[i + n] & 0xc0) == 0x80)
				n++;
			(void)text_show(&t, json + i, n, SIZE_MAX, c->utf8);
			string = ch != '"';
			i += n - 1;
			continue;
		}
		string = ch == '"';
		if (ch == ' ' || ch == '\n')
			continue;
		if ((ch == '}' || ch == ']') && depth)
			depth--;
		if ((ch == '}' || ch == ']') && i && json[i - 1] != '{' && json[i - 1] != '[')
			text_addf(&t, "\n%*s", (int)depth * 2, "");
		text_addc(&t, ch);
		if ((ch == '{' || ch == '[') && json[i + 1] != '}' && json[i + 1] != ']')
			text_addf(&t, "\n%*s", (int)(depth + 1) * 2, "");
		depth += ch == '{' || ch == '[';
		if (ch == ',')
			text_addf(&t, "\n%*s", (int)depth * 2, "");
		if (ch == ':')
			text_addc(&t, ' ');
	}
	if (!t.failed && t.ptr)
		(void)printf("%s\n", t.ptr);
	text_free(&t);
}

int
cli_explain(struct cli *c)
{
	struct work w = { 0 };
	dbn_error *err = NULL;
	char *json = NULL;
	int rc;

	w.c = c;
	if (c->format == OUT_CSV) {
		rc = cli_usage(c, "explain prints table or json");
		goto out;
	}
	rc = begin(&w, c);
	if (rc != EXIT_DONE)
		goto out;
	dbn_text sql = { w.sql ? w.sql : "", w.len };
	if (dbn_explain(w.session, sql, &json, &err) != DBN_OK) {
		rc = cli_fail(c, err, w.sql, w.len);
		goto out;
	}
	if (c->format == OUT_JSON)
		(void)printf("%s\n", json);
	else
		print_indented(c, json);
out:
	dbn_free_text(json);
	end(&w);
	return rc;
}
