/* SPDX-License-Identifier: MIT */
/*
 * What is written once and runs alike on the three databases: placeholders of both
 * kinds, names in double quotes, LIMIT, booleans, texts joined by ||, comparisons that
 * know NULL, the current time, upserts, and RETURNING of INSERT and DELETE.  One list
 * of statements, one of results.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sql/world.h"
#include "value/value.h"

struct row {
	const char *sql;
	const char *want;           /* rows, cells behind each other with | */
};

static const struct row rows[] = {
	{ "SELECT \"id\", \"name\" FROM \"users\" WHERE \"id\" = ?", "1|ann|" },
	{ "SELECT id, name FROM users WHERE id = $1", "1|ann|" },
	{ "SELECT u.id FROM users AS u ORDER BY u.id LIMIT 2 OFFSET 1", "2|;3|" },
	{ "SELECT id FROM users ORDER BY id DESC LIMIT 1", "6|" },
	{ "SELECT name || '-' || name AS x FROM users WHERE id = 1", "ann-ann|" },
	{ "SELECT id FROM users WHERE active = TRUE AND id < 3 ORDER BY id", "1|;2|" },
	{ "SELECT id FROM users WHERE active = FALSE ORDER BY id", "3|;5|" },
	{ "SELECT id FROM users WHERE active AND NOT (id > 1)", "1|" },
	{ "SELECT CASE WHEN active THEN 'yes' ELSE 'no' END AS x FROM users WHERE id = 3", "no|" },
	{ "SELECT count(*) AS n, min(age) AS a, max(age) AS b FROM users", "6|25|60|" },
	{ "SELECT coalesce(note, 'none') AS x FROM users WHERE id = 1", "none|" },
	{ "SELECT nullif(age, 25) AS x FROM users WHERE id = 2", "null|" },
	{ "SELECT id FROM users WHERE email IS NULL", "3|" },
	{ "SELECT id FROM users WHERE name LIKE 'do%'", "4|" },
	{ "SELECT id FROM users WHERE id IN (1, 2, 9) ORDER BY id", "1|;2|" },
	{ "SELECT id FROM users WHERE id BETWEEN 2 AND 3 ORDER BY id", "2|;3|" },
	{ "SELECT lower(name) AS a, upper(name) AS b, length(name) AS c FROM users WHERE id = 2", "bob|BOB|3|" },
	{ "SELECT trim(' x ') AS a, replace('abc', 'b', 'x') AS b, substr('hello', 2, 3) AS c", "x|axc|ell|" },
	{ "SELECT abs(-5) AS a, round(2.5) AS b", "5|3|" },
	{ "SELECT CAST('12' AS INTEGER) + 1 AS x", "13|" },
	{ "SELECT 7 % 4 AS x, 2 + 3 * 4 AS y, -(-5) AS z", "3|14|5|" },
	{ "SELECT CURRENT_TIMESTAMP IS NOT NULL AS x", "1|" },
	{ "SELECT CURRENT_DATE >= '2020-01-01' AS x", "1|" },
	{ "SELECT t.title, count(u.id) AS n FROM teams t LEFT JOIN users u ON u.team_id = t.id "
	  "GROUP BY t.id, t.title HAVING count(u.id) > 1 ORDER BY t.title", "green|2|;red|2|" },
	{ "SELECT id FROM users WHERE EXISTS (SELECT 1 FROM orders o WHERE o.user_id = users.id) ORDER BY id",
	  "1|;2|;3|;4|" },
	{ "SELECT (SELECT max(o.id) FROM orders o) AS x", "15|" },
	{ "WITH q AS (SELECT id FROM users WHERE id < 3) SELECT count(*) AS n FROM q", "2|" },
	{ "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4) SELECT sum(i) AS s FROM n",
	  "10|" },
	{ "SELECT id FROM users WHERE id = 1 UNION SELECT id FROM teams WHERE id = 2 ORDER BY 1", "1|;2|" },
	{ "SELECT id, row_number() OVER (ORDER BY id DESC) AS n FROM users WHERE id < 3 ORDER BY id", "1|2|;2|1|" },
	{ "SELECT 'it''s' AS x", "it's|" },
	{ "SELECT 'back\\slash' AS x", "back\\slash|" },
};

/* A cell as all three would tell it: a truth is 1 or 0, a number without its zeros. */
static void
cell(dbn_str *out, const dbn_value *v)
{
	double d;

	switch (v->type) {
	case DBN_NULL: dbn_str_adds(out, "null"); break;
	case DBN_BOOL:
	case DBN_INT64: dbn_str_addf(out, "%lld", (long long)v->u.i64); break;
	case DBN_FLOAT:
	case DBN_DOUBLE: dbn_str_addf(out, "%g", v->u.f64); break;
	case DBN_DECIMAL:
		if (dbn_parse_double(dbn_text_of(v), &d))
			dbn_str_addf(out, "%g", d);
		break;
	default: dbn_str_addt(out, dbn_text_of(v)); break;
	}
	dbn_str_addc(out, '|');
}

static char *
run(dbn_session *s, const char *sql)
{
	bool arg = strchr(sql, '?') || strchr(sql, '$');
	dbn_error *err = NULL;
	dbn_rows *r = NULL;
	dbn_str out;
	char *z;

	dbn_str_init(&out, 0);
	if (dbn_query(s, sql, arg ? DBN_ARGS(1) : DBN_NO_ARGS, &r, &err) == DBN_OK) {
		while (dbn_rows_next(r, &err) == DBN_OK) {
			dbn_str_adds(&out, out.len ? ";" : "");
			for (uint32_t i = 0; i < dbn_rows_columns(r); i++)
				cell(&out, &dbn_rows_cells(r)[i]);
		}
		dbn_rows_close(r);
	}
	if (err)
		dbn_str_addf(&out, "!%s", dbn_error_message(err));
	dbn_error_free(err);
	z = strdup(dbn_str_z(&out));
	dbn_str_free(&out);
	return z;
}

Test(portable, one_list_of_results)
{
	unsigned wrong = 0;
	world w;

	world_open(&w);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *have = run(w.st.session, rows[i].sql);

		if (strcmp(have, rows[i].want) != 0)
			cr_log_error("%s\n  have: %s\n  want: %s", rows[i].sql, have, rows[i].want);
		wrong += strcmp(have, rows[i].want) != 0;
		free(have);
	}
	cr_assert_eq(wrong, 0, "%u statements on %s", wrong, stack_database());
	world_close(&w);
}

/* Changes are seen by the statements behind them. */
Test(portable, writes)
{
	static const struct row writes[] = {
		{ "INSERT INTO kv (k, v, n) VALUES ('p', 'one', 1), ('q', 'two', 2)", "" },
		{ "INSERT INTO kv (k, v, n) VALUES ('p', 'new', 5) ON CONFLICT (k) DO UPDATE SET n = excluded.n", "" },
		{ "SELECT k, v, n FROM kv WHERE k IN ('p', 'q') ORDER BY k", "p|one|5|;q|two|2|" },
		{ "UPDATE kv SET n = n + 1, v = v || '!' WHERE k = 'q'", "" },
		{ "SELECT v, n FROM kv WHERE k = 'q'", "two!|3|" },
		{ "INSERT INTO kv (k, v) VALUES ('r', 'ret') RETURNING k, n", "r|0|" },
		{ "DELETE FROM kv WHERE k = 'r' RETURNING v", "ret|" },
		{ "DELETE FROM kv WHERE k IN ('p', 'q')", "" },
		{ "SELECT count(*) AS n FROM kv", "3|" },
	};
	unsigned wrong = 0;
	world w;

	world_open(&w);
	for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
		dbn_error *err = NULL;
		char *have = NULL;

		if (*writes[i].want)
			have = run(w.st.session, writes[i].sql);
		else if (dbn_exec(w.st.session, writes[i].sql, DBN_NO_ARGS, NULL, &err) != DBN_OK)
			have = strdup(dbn_error_message(err));
		dbn_error_free(err);
		if (have && strcmp(have, writes[i].want) != 0) {
			cr_log_error("%s\n  have: %s\n  want: %s", writes[i].sql, have, writes[i].want);
			wrong++;
		}
		free(have);
	}
	cr_assert_eq(wrong, 0, "%u statements on %s", wrong, stack_database());
	world_close(&w);
}
