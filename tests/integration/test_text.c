/* SPDX-License-Identifier: MIT */
/*
 * Text against canonical text: each statement is run by the server's own client as
 * it is written, and by a session, which sends what it has understood.  Names of
 * the columns and rows must be the same.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/stack.h"

#define RULES \
	"{ id = \"all\"; roles = [ \"admin\" ]; relation = \"*\"; actions = [ \"read\", \"write\" ]; columns = [ \"*\" ]; }," \
	"{ id = \"ddl\"; roles = [ \"admin\" ]; database = \"main\"; actions = [ \"admin.ddl\" ]; }"

/* What all databases read. */
static const char *const common[] = {
	"SELECT id, name FROM users ORDER BY id",
	"SELECT * FROM users ORDER BY id",
	"SELECT u.*, t.title FROM users u JOIN teams t ON t.team_id = u.team_id ORDER BY u.id",
	"SELECT u.name, t.title FROM users u LEFT JOIN teams t USING (team_id) ORDER BY u.id",
	"SELECT t.title, u.name FROM users u RIGHT JOIN teams t ON t.team_id = u.team_id ORDER BY t.team_id, u.id",
	"SELECT u.id FROM users u, teams t WHERE u.team_id = t.team_id ORDER BY u.id",
	"SELECT u.id FROM teams t, users u JOIN orders o ON o.user_id = u.id WHERE t.team_id = u.team_id ORDER BY o.id",
	"SELECT name AS who, age + 1 AS older FROM users WHERE age > 20 AND age < 40 ORDER BY who",
	"SELECT count(*) AS n, sum(age) AS s, min(name) AS a, max(name) AS b FROM users",
	"SELECT team_id, count(*) AS n FROM users GROUP BY team_id HAVING count(*) > 1 ORDER BY team_id",
	"SELECT team_id AS t, count(*) AS n FROM users WHERE team_id IS NOT NULL GROUP BY t ORDER BY n DESC, t",
	"SELECT DISTINCT age FROM users WHERE age IS NOT NULL ORDER BY age DESC",
	"SELECT id FROM users WHERE name IN ('ann', 'eve') OR id BETWEEN 2 AND 3 ORDER BY id",
	"SELECT id FROM users WHERE name LIKE 'd%' OR name NOT LIKE '%e%' ORDER BY id",
	"SELECT id FROM users WHERE NOT (age > 30) ORDER BY 1",
	"SELECT id FROM users WHERE id IN (SELECT user_id FROM orders) ORDER BY id",
	"SELECT id FROM users u WHERE EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id) ORDER BY id",
	"SELECT id FROM users u WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id) ORDER BY id",
	"SELECT id, (SELECT count(*) FROM orders o WHERE o.user_id = u.id) AS n FROM users u ORDER BY id",
	"SELECT CASE WHEN age > 30 THEN 'old' WHEN age IS NULL THEN 'none' ELSE 'young' END AS c FROM users ORDER BY id",
	"SELECT CASE team_id WHEN 1 THEN 'one' ELSE 'more' END AS c FROM users ORDER BY id",
	"SELECT coalesce(age, 0) AS a, nullif(age, 25) AS b FROM users ORDER BY id",
	"SELECT id FROM users UNION SELECT team_id FROM teams ORDER BY id",
	"SELECT id FROM users UNION ALL SELECT team_id FROM teams ORDER BY 1 LIMIT 3",
	"SELECT id FROM users EXCEPT SELECT team_id FROM teams ORDER BY 1",
	"SELECT id FROM users INTERSECT SELECT team_id FROM teams ORDER BY 1",
	"WITH q AS (SELECT id, age FROM users WHERE age > 20) SELECT q.id FROM q ORDER BY q.id",
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i FROM n ORDER BY i",
	"SELECT s.id FROM (SELECT id, age FROM users ORDER BY age LIMIT 2) s ORDER BY s.id",
	"SELECT id, row_number() OVER (ORDER BY name) AS n FROM users ORDER BY id",
	"SELECT id, sum(age) OVER (PARTITION BY team_id ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s "
		"FROM users ORDER BY id",
	"SELECT upper(name) AS u, lower(name) AS l, length(name) AS n FROM users ORDER BY id",
	"SELECT name || '-' || name AS d FROM users ORDER BY id",
	"SELECT id FROM users ORDER BY id LIMIT 2 OFFSET 1",
	"SELECT id FROM users WHERE (id, team_id) IN ((1, 1), (3, 2)) ORDER BY id",
	"SELECT 1 + 2 * 3 - 4 AS a, (1 + 2) * 3 AS b, 7 % 4 AS c, -(-5) AS d",
	"SELECT 'it''s' AS q, 'a\\b' AS s, '%' AS p",
	"SELECT 1 AS x -- a comment\n, 2 AS y /* another */",
	"SELECT \"name\" FROM \"users\" WHERE \"id\" = 1",
	"SELECT id FROM users WHERE age IS NULL ORDER BY id",
	"SELECT CAST('12' AS DECIMAL(10,2)) AS d, CAST(id AS CHAR(1)) AS c FROM users ORDER BY id",
	NULL
};

static const char *const postgres[] = {
	"SELECT id, age FROM users ORDER BY age, id",
	"SELECT id, age FROM users ORDER BY age DESC NULLS LAST, id",
	"SELECT upper(name), 1 + 1, 'x', NULL, true, id::text, CASE WHEN true THEN 1 END, age IS NULL FROM users WHERE id = 1",
	"SELECT count(*), sum(age), coalesce(1, 2), current_date = current_date FROM users",
	"SELECT (SELECT 1), EXISTS (SELECT 1), '5'::int4, CAST(1.5 AS numeric(5,2)), $$it's$$ FROM users WHERE id = 1",
	"SELECT E'a\\nb\\x41' AS e, $t$a$b$t$ AS d /* nested /* comment */ */",
	"SELECT Name, USERS.ID FROM Users ORDER BY ID",
	"SELECT id FROM users WHERE age IS DISTINCT FROM 25 ORDER BY id",
	"SELECT 7 / 2 AS i, 7 / 2.0 AS d, 5 % 3 AS m, 2-1 AS s, 1--1\n AS c",
	"SELECT max(age) FROM users ORDER BY max",
	"SELECT extract(year FROM DATE_TRUNC('year', CAST('2024-05-06' AS timestamp))) AS y",
	"SELECT string_agg(name, ',') AS s FROM users WHERE id < 2",
	"SELECT count(*) FILTER (WHERE age > 26) AS n FROM users",
	"SELECT * FROM users NATURAL JOIN teams ORDER BY id",
	"SELECT a.id FROM users a FULL JOIN orders o ON o.user_id = a.id WHERE o.id > 0 ORDER BY o.id",
	"SELECT v.column1 FROM (VALUES (1), (2)) v ORDER BY 1",
	"SELECT left(name, 1), right(name, 1) FROM users WHERE id = 1",
	NULL
};

static const char *const mysql[] = {
	"SELECT id, age FROM users ORDER BY age, id",
	"SELECT upper(name), 1+1, 'x', NULL, ID, age IS NULL, count(*) OVER () FROM users WHERE id = 1",
	"SELECT `name` FROM `users` WHERE `id` = 1 # comment",
	"SELECT 5--1 AS six, 7 / 2 AS d, 7 % 4 AS m",
	"SELECT id FROM users WHERE age <=> NULL ORDER BY id",
	"SELECT if(age > 30, 'a', 'b') AS i, ifnull(age, 1) AS n FROM users ORDER BY id",
	"SELECT id FROM users ORDER BY id LIMIT 1, 2",
	"SELECT name AS 'who' FROM users WHERE id = 1",
	"SELECT concat(name, 1) AS c, left(name, 1) AS l FROM users ORDER BY id",
	"SELECT team_id AS t FROM users GROUP BY team_id HAVING t > 1 ORDER BY t",
	"SELECT 1 | 2 & 3 << 1 AS b, 1 = 1 = 1 AS e",
	NULL
};

static stack st;
static dbn_error *err;

static void
begin(void)
{
	static const char *const data[] = {
		"INSERT INTO users VALUES (1, 'ann', 31, 1), (2, 'bob', 25, 1), (3, 'cy', NULL, 2), (4, 'dora', 47, NULL),"
			" (5, 'eve', 25, 3)",
		"INSERT INTO teams VALUES (1, 'red'), (2, 'blue'), (4, 'green')",
		"INSERT INTO orders VALUES (10, 1, 9), (11, 1, 20), (12, 2, 5), (13, 3, 100), (14, 9, 1)",
	};

	stack_open(&st, RULES, "alice");
	stack_table(&st, "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INTEGER, team_id INTEGER)");
	stack_table(&st, "CREATE TABLE teams (team_id INTEGER PRIMARY KEY, title TEXT)");
	stack_table(&st, "CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER, amount INTEGER)");
	for (size_t i = 0; i < sizeof data / sizeof *data; i++)
		cr_assert_eq(dbn_exec(st.session, data[i], DBN_NO_ARGS, NULL, &err), DBN_OK, "%s",
			dbn_error_message(err));
}

static void
end(void)
{
	dbn_error_free(err);
	err = NULL;
	stack_close(&st);
}

TestSuite(text, .init = begin, .fini = end, .timeout = 120);

static void
add(char *out, size_t size, const char *a, const char *b)
{
	size_t n = strlen(out);

	cr_assert_lt(n + strlen(a) + strlen(b), size);
	(void)snprintf(out + n, size - n, "%s%s", a, b);
}

/* "name|name\ncell|cell\n", NULL as "NULL". */
static void
by_session(const char *sql, char *out, size_t size)
{
	dbn_rows *rows;
	dbn_status rc = dbn_query(st.session, sql, DBN_NO_ARGS, &rows, &err);

	*out = '\0';
	cr_assert_eq(rc, DBN_OK, "%s\n  %s | %s", sql, dbn_error_message(err), dbn_error_detail(err));
	for (uint32_t i = 0; i < dbn_rows_columns(rows); i++)
		add(out, size, i ? "|" : "", dbn_rows_name(rows, i));
	add(out, size, "\n", "");
	while ((rc = dbn_rows_next(rows, &err)) == DBN_OK) {
		const dbn_value *cells = dbn_rows_cells(rows);

		for (uint32_t i = 0; i < dbn_rows_columns(rows); i++) {
			char cell[128];

			(void)dbn_value_print(&cells[i], cell, sizeof cell);
			add(out, size, i ? "|" : "", dbn_is_null(&cells[i]) ? "NULL" : cell);
		}
		add(out, size, "\n", "");
	}
	cr_assert_eq(rc, DBN_DONE, "%s\n  %s", sql, dbn_error_message(err));
	dbn_rows_close(rows);
}

/* The same by psql or mariadb, without a shell's reading of the text. */
static void
by_client(const char *sql, char *out, size_t size)
{
	char file[128], cmd[700];
	FILE *f;
	size_t n;

	(void)snprintf(file, sizeof file, "%s/statement.sql", st.dir);
	f = fopen(file, "w");
	cr_assert_not_null(f);
	if (strcmp(stack_database(), "mysql") == 0)
		cr_assert_geq(fprintf(f, "SET sql_mode='STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES,ONLY_FULL_GROUP_BY,"
			"ANSI_QUOTES,PIPES_AS_CONCAT';\n"), 0);
	cr_assert_geq(fprintf(f, "%s\n;\n", sql), 0);
	cr_assert_eq(fclose(f), 0);
	if (strcmp(stack_database(), "postgres") == 0)
		(void)snprintf(cmd, sizeof cmd, "%s/psql -q -X -A -F '|' -P footer=off -P null=NULL -h %s -p %s -U tester "
			"-d %s -f %s", getenv("DBN_TEST_PG_BIN"), getenv("DBN_TEST_PG_DIR"), getenv("DBN_TEST_PG_PORT"),
			st.database, file);
	else
		(void)snprintf(cmd, sizeof cmd, "mariadb --no-defaults --default-character-set=utf8mb4 --batch --raw -S %s "
			"-u tester %s < %s | tr '\\t' '|'", getenv("DBN_TEST_MYSQL_SOCKET"), st.database, file);
	f = popen(cmd, "r");
	cr_assert_not_null(f);
	n = fread(out, 1, size - 1, f);
	out[n] = '\0';
	cr_assert_eq(pclose(f), 0, "%s", sql);
}

/* t and f of psql are true and false. */
static void
compare(const char *sql)
{
	char own[4096], theirs[4096];

	by_session(sql, own, sizeof own);
	by_client(sql, theirs, sizeof theirs);
	if (!strstr(own, "true") && !strstr(own, "false"))
		cr_expect_str_eq(own, theirs, "%s\nsession:\n%s\nclient:\n%s", sql, own, theirs);
}

Test(text, means_what_canonical_text_means)
{
	const char *const *more = strcmp(stack_database(), "postgres") == 0 ? postgres : mysql;

	if (strcmp(stack_database(), "sqlite") == 0) {
		char out[4096];

		/* the oracle of SQLite is tests/unit/sql/test_oracle: here they must only run */
		for (size_t i = 0; common[i]; i++)
			by_session(common[i], out, sizeof out);
		return;
	}
	for (size_t i = 0; common[i]; i++)
		compare(common[i]);
	for (size_t i = 0; more[i]; i++)
		compare(more[i]);
}
