/* SPDX-License-Identifier: MIT */
/*
 * Ways around a policy, through the public API, on whichever database DBN_TEST_DB
 * names.  Two databases differ only in what bob may not see: rows of others, hidden
 * and masked cells of his own.  Whatever he tries must come out alike on both, rows,
 * status and words, and what he may not see must be as it was.  With DBN_TELL set,
 * what comes out is told.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/stack.h"

#define RULES \
	"{ id = \"all\"; roles = [ \"admin\" ]; relation = \"*\"; actions = [ \"read\", \"write\" ]; columns = [ \"*\" ]; }," \
	"{ id = \"ddl\"; roles = [ \"admin\" ]; database = \"main\"; actions = [ \"admin.ddl\" ]; }," \
	"{ id = \"own\"; roles = [ \"guest\" ]; relation = \"users\"; actions = [ \"read\", \"write\" ];" \
	"  hide = [ \"salary\", \"pin\" ]; using = \"owner = $user.id\";" \
	"  masks = ( { column = \"ssn\"; method = \"null\"; } ); }," \
	"{ id = \"open\"; roles = [ \"guest\" ]; relation = \"notes\"; actions = [ \"read\", \"write\" ]; columns = [ \"*\" ]; }," \
	"{ id = \"base\"; roles = [ \"guest\" ]; relation = \"family\"; actions = [ \"read\", \"write\" ]; columns = [ \"*\" ];" \
	"  using = \"owner = $user.id\"; }," \
	"{ id = \"solo\"; roles = [ \"guest\" ]; relation = \"solo\"; actions = [ \"read\" ]; hide = [ \"pin\" ]; }," \
	"{ id = \"moved\"; roles = [ \"guest\" ]; relation = \"moved\"; actions = [ \"read\", \"write\" ]; columns = [ \"*\" ];" \
	"  using = \"owner = $user.id\"; }"

static stack worlds[2];
static dbn_session *bob[2];

static bool
is(const char *database)
{
	return strcmp(stack_database(), database) == 0;
}

/* What the pool has no words for: the server's own client does it. */
static void
outside(const stack *st, const char *sql)
{
	char path[128], cmd[512];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/outside.sql", st->dir);
	f = fopen(path, "w");
	cr_assert_not_null(f);
	cr_assert_geq(fputs(sql, f), 0);
	cr_assert_eq(fclose(f), 0);
	if (is("postgres"))
		(void)snprintf(cmd, sizeof cmd, "%s/psql -q -X -v ON_ERROR_STOP=1 -h %s -p %s -U tester -d %s <%s",
			getenv("DBN_TEST_PG_BIN"), getenv("DBN_TEST_PG_DIR"), getenv("DBN_TEST_PG_PORT"), st->database,
			path);
	else
		(void)snprintf(cmd, sizeof cmd, "mariadb --no-defaults -S %s -u tester %s <%s",
			getenv("DBN_TEST_MYSQL_SOCKET"), st->database, path);
	cr_assert_eq(system(cmd), 0, "%s", cmd);
}

static void
run(dbn_session *s, const char *sql)
{
	dbn_error *err = NULL;

	cr_assert_eq(dbn_exec(s, sql, DBN_NO_ARGS, NULL, &err), DBN_OK, "%s: %s | %s", sql,
		dbn_error_message(err), dbn_error_detail(err));
}

static const char pg_objects[] =
	"CREATE VIEW everybody AS SELECT id, name, ssn FROM users;\n"
	"CREATE FUNCTION tell(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS"
	" $$ BEGIN RAISE EXCEPTION 'TOLD %', $1; END $$;\n"
	"CREATE FUNCTION tells(notes) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(name, ',') FROM users $$;\n"
	"CREATE FUNCTION pin(users) RETURNS text LANGUAGE sql AS $$ SELECT $1.pin $$;\n"
	"CREATE FUNCTION lower(integer) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(name, ',') FROM users $$;\n"
	"CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = starts_with);\n"
	"CREATE TABLE child () INHERITS (family);\n"
	"CREATE FUNCTION give() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.owner := 'eve'; RETURN NEW; END $$;\n"
	"CREATE TRIGGER give BEFORE UPDATE ON moved FOR EACH ROW EXECUTE FUNCTION give();\n"
	"CREATE TRIGGER give BEFORE UPDATE ON child FOR EACH ROW EXECUTE FUNCTION give();\n";

static const char my_objects[] =
	"CREATE VIEW everybody AS SELECT id, name, ssn FROM users;\n"
	"CREATE FUNCTION tell(x TEXT) RETURNS TEXT DETERMINISTIC RETURN (SELECT group_concat(name) FROM users);\n"
	"CREATE TRIGGER give BEFORE UPDATE ON moved FOR EACH ROW SET NEW.owner = 'eve';\n";

/* What may be seen is the same in both. */
static void
fill(stack *st, int world)
{
	static const char *const rows[2][3] = {
		{ "INSERT INTO users VALUES (1, 'bob', 'mine', 10, 'SECRET-1', 'PIN-1'),"
		  " (2, 'eve', 'HIDDEN-2', 20, 'SECRET-2', 'PIN-2'), (3, 'bob', 'also', 30, 'SECRET-3', 'PIN-3'),"
		  " (4, 'eve', 'HIDDEN-4', 40, 'SECRET-4', 'PIN-4')",
		  "INSERT INTO family VALUES (1, 'bob', 'top'), (2, 'eve', 'HIDDEN-F')",
		  "INSERT INTO vault VALUES (1, 'SECRET-V')" },
		{ "INSERT INTO users VALUES (1, 'bob', 'mine', 0, '12', '7'),"
		  " (2, 'eve', '0', 0, '0', '0'), (3, 'bob', 'also', 2147483647, NULL, NULL),"
		  " (4, 'eve', '99', NULL, 'xx', 'yy')",
		  "INSERT INTO family VALUES (1, 'bob', 'top'), (2, 'eve', '5')",
		  "INSERT INTO vault VALUES (1, '1')" },
	};
	static const char *const tables[] = { "users", "family", "vault", "notes", "moved", "solo" };

	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		char sql[64];

		(void)snprintf(sql, sizeof sql, "DELETE FROM %s", tables[i]);
		run(st->session, sql);
	}
	for (size_t i = 0; i < 3; i++)
		run(st->session, rows[world][i]);
	run(st->session, "INSERT INTO notes VALUES (1, 'one'), (2, 'two')");
	run(st->session, "INSERT INTO moved VALUES (1, 'bob', 'x')");
	run(st->session, world ? "INSERT INTO solo VALUES (1, NULL), (2, 'x')" :
		"INSERT INTO solo VALUES (1, 'PIN-1'), (2, 'PIN-2')");
	if (is("postgres"))
		outside(st, "INSERT INTO child VALUES (5, 'eve', 'HIDDEN-5'), (6, 'bob', 'child');\n");
}

static void
build(stack *st, int world)
{
	stack_open(st, RULES, "alice");
	stack_table(st, "CREATE TABLE users (id INTEGER PRIMARY KEY, owner TEXT, name TEXT, salary INTEGER,"
		" ssn TEXT, pin TEXT)");
	stack_table(st, "CREATE TABLE vault (id INTEGER PRIMARY KEY, code TEXT)");
	stack_table(st, "CREATE TABLE notes (id INTEGER PRIMARY KEY, note TEXT)");
	stack_table(st, "CREATE TABLE family (id INTEGER PRIMARY KEY, owner TEXT, name TEXT)");
	stack_table(st, "CREATE TABLE solo (id INTEGER PRIMARY KEY, pin TEXT)");
	stack_table(st, "CREATE TABLE moved (id INTEGER PRIMARY KEY, owner TEXT, name TEXT)");
	if (is("postgres"))
		outside(st, pg_objects);
	else if (is("mysql"))
		outside(st, my_objects);
	fill(st, world);
}

static void
start(void)
{
	for (int i = 0; i < 2; i++) {
		build(&worlds[i], i);
		bob[i] = stack_session(&worlds[i], "bob");
	}
}

static void
stop(void)
{
	for (int i = 0; i < 2; i++) {
		dbn_session_close(bob[i]);
		stack_close(&worlds[i]);
	}
}

TestSuite(around, .init = start, .fini = stop, .timeout = 300);

/* ---- what comes out ---- */

#define OUT 4096

static void
add_rows(dbn_rows *rows, char *out, dbn_status *rc, dbn_error **err)
{
	size_t n = 0;

	*out = '\0';
	while ((*rc = dbn_rows_next(rows, err)) == DBN_OK) {
		const dbn_value *cells = dbn_rows_cells(rows);

		for (uint32_t i = 0; i < dbn_rows_columns(rows) && n < OUT - 200; i++) {
			char cell[128];

			(void)dbn_value_print(&cells[i], cell, sizeof cell);
			n += (size_t)snprintf(out + n, OUT - n, "%s%s", i ? "|" : n ? " " : "",
				dbn_is_null(&cells[i]) ? "-" : cell);
		}
	}
}

/* Rows as "a|b a|b", or "!STATUS message detail hint". */
static dbn_status
outcome(dbn_session *s, const char *sql, char *out)
{
	dbn_error *err = NULL;
	dbn_rows *rows = NULL;
	dbn_status rc = dbn_query(s, sql, DBN_NO_ARGS, &rows, &err);

	if (rc == DBN_OK) {
		add_rows(rows, out, &rc, &err);
		dbn_rows_close(rows);
	}
	if (rc != DBN_OK && rc != DBN_DONE)
		(void)snprintf(out, OUT, "!%s %s %s %s", dbn_status_name(rc), dbn_error_message(err),
			dbn_error_detail(err), dbn_error_hint(err));
	dbn_error_free(err);
	return rc == DBN_DONE ? DBN_OK : rc;
}

static const char hidden_users[] = "SELECT id, owner, name, salary, ssn, pin FROM users WHERE owner = 'eve' ORDER BY id";
static const char hidden_cells[] = "SELECT id, salary, ssn, pin FROM users WHERE id IN (1, 3) ORDER BY id";

/* What a write leaves behind. */
static void
for_good(const char *sql, char (*was)[2][OUT])
{
	static char now[OUT];

	for (int i = 0; i < 2; i++) {
		(void)outcome(bob[i], sql, now);
		(void)outcome(worlds[i].session, hidden_users, now);
		cr_expect_str_eq(now, was[i][0], "%s\n  changed what is hidden to \"%s\"", sql, now);
		if (!strstr(sql, "DELETE") && !strstr(sql, "INTO users")) {
			(void)outcome(worlds[i].session, hidden_cells, now);
			cr_expect_str_eq(now, was[i][1], "%s\n  changed hidden cells to \"%s\"", sql, now);
		}
		fill(&worlds[i], i);
	}
}

static void
begin_all(void)
{
	for (int i = 0; i < 2; i++)
		cr_assert_eq(dbn_begin(bob[i], NULL, NULL), DBN_OK);
}

/* Alike in both worlds; afterwards it is undone.  want: "", alike and any; "!..."
 * the beginning of what comes out; "?...": refused, or all of it; else all of it,
 * behind a "=" that may stand there. */
static void
attempt(const char *sql, const char *want)
{
	static char out[2][OUT], was[2][2][OUT];
	dbn_status rc = DBN_OK;

	for (int i = 0; i < 2; i++) {
		(void)outcome(worlds[i].session, hidden_users, was[i][0]);
		(void)outcome(worlds[i].session, hidden_cells, was[i][1]);
	}
	begin_all();
	for (int i = 0; i < 2; i++) {
		rc = outcome(bob[i], sql, out[i]);
		(void)dbn_rollback(bob[i], NULL);
	}
	if (getenv("DBN_TELL"))
		fprintf(stderr, "%s\n    %s\n", sql, out[0]);
	cr_expect_str_eq(out[0], out[1], "%s\n  told \"%s\"\n   and \"%s\"", sql, out[0], out[1]);
	cr_expect(!strstr(out[0], "SECRET") && !strstr(out[0], "HIDDEN") && !strstr(out[0], "PIN-"),
		"%s\n  told \"%s\"", sql, out[0]);
	if (*want == '!')
		cr_expect(rc != DBN_OK && strncmp(out[0], want, strlen(want)) == 0, "%s\n  gave \"%s\"", sql, out[0]);
	else if (*want && (*want != '?' || rc == DBN_OK))
		cr_expect_str_eq(out[0], want + strspn(want, "=?"), "%s\n  gave \"%s\"", sql, out[0]);
	/* What is refused is refused by us: the server was not asked. */
	cr_expect(*want || rc == DBN_OK || (strncmp(out[0], "!DBN_E_SQL", 10) != 0), "%s\n  gave \"%s\"", sql,
		out[0]);
	if (rc == DBN_OK && strncmp(sql, "SELECT", 6) != 0)
		for_good(sql, was);
}

static void
attempts(const char *const list[][2])
{
	for (size_t i = 0; list[i][0]; i++)
		attempt(list[i][0], list[i][1]);
}

#define NO "!DBN_E_"

/* ---- on all three ---- */

static const char *const names[][2] = {
	{ "SELECT * FROM users ORDER BY id", "1|bob|mine|- 3|bob|also|-" },
	{ "SELECT u.* FROM users AS u ORDER BY 1", "1|bob|mine|- 3|bob|also|-" },
	{ "SELECT id FROM/**/users/* vault */ORDER BY id", "1 3" },
	{ "SELECT id FROM \"users\" ORDER BY id -- vault", "1 3" },
	{ "WITH users AS (SELECT 7 AS id) SELECT id FROM users", "7" },
	{ "WITH vault AS (SELECT * FROM users) SELECT count(*) FROM vault", "2" },
	{ "WITH x AS (SELECT * FROM vault) SELECT 1", "!DBN_E_DENIED" },
	{ "SELECT * FROM vault", "!DBN_E_DENIED" },
	{ "SELECT 1 WHERE 1 = 0 AND EXISTS (SELECT 1 FROM vault)", "!DBN_E_DENIED" },
	{ "SELECT * FROM everybody", NO },
	{ "SELECT pin FROM users", NO },
	{ "SELECT users.pin FROM users", NO },
	{ "SELECT 1; SELECT * FROM vault", "!DBN_E_SYNTAX" },
	{ "SELECT 1;; DELETE FROM users", "!DBN_E_SYNTAX" },
	{ "SELECT * FROM information_schema.tables", NO },
	{ "SELECT * FROM other.users", NO },
	{ "SELECT * FROM users TABLESAMPLE BERNOULLI (100)", NO },
	{ "TABLE users", NO },
	{ "TABLE vault", NO },
	{ "SELECT tell(name) FROM users", NO },
	{ "SET ROLE tester", NO },
	{ "PREPARE q AS SELECT * FROM vault", NO },
	{ "EXECUTE q", NO },
	{ "CREATE TEMPORARY TABLE users (id INTEGER)", NO },
	{ "CREATE VIEW q AS SELECT * FROM users", NO },
	{ "EXPLAIN SELECT * FROM vault", NO },
	{ "LOCK TABLE users", NO },
	{ "CALL x()", NO },
	{ "BEGIN", NO },
	{ "COMMIT", NO },
	{ NULL, NULL }
};

static const char *const reads[][2] = {
	{ "SELECT count(*), max(id) FROM users", "2|3" },
	{ "SELECT id FROM users ORDER BY name", "3 1" },
	{ "SELECT id FROM users ORDER BY salary", NO },
	{ "SELECT id FROM users ORDER BY ssn", NO },
	{ "SELECT id FROM users ORDER BY 1, 1 + 1", "1 3" },
	{ "SELECT ssn FROM users ORDER BY 1", NO },
	{ "SELECT ssn AS x FROM users ORDER BY x", NO },
	{ "SELECT ssn, count(*) FROM users GROUP BY ssn", NO },
	{ "SELECT count(*) FROM users GROUP BY salary", NO },
	{ "SELECT count(*) FROM users GROUP BY owner HAVING max(pin) > 'a'", NO },
	{ "SELECT count(*) FROM users GROUP BY owner HAVING max(ssn) > 'a'", NO },
	{ "SELECT DISTINCT ssn FROM users", NO },
	{ "SELECT ssn FROM users UNION SELECT 'x'", NO },
	{ "SELECT max(ssn) FROM users", NO },
	{ "SELECT id FROM users WHERE ssn IS NULL", NO },
	{ "SELECT CASE WHEN ssn = 'SECRET-1' THEN 1 END FROM users", NO },
	{ "SELECT coalesce(ssn, 'x') FROM users", NO },
	{ "SELECT (SELECT ssn FROM users WHERE id = 1)", "" },
	{ "SELECT q.s FROM (SELECT ssn AS s FROM users) q WHERE q.s IS NOT NULL", NO },
	{ "WITH q AS (SELECT ssn AS s FROM users) SELECT 1 FROM q WHERE s = 'SECRET-1'", NO },
	{ "SELECT u.id FROM users u JOIN users v USING (ssn)", NO },
	{ "SELECT u.id FROM users u NATURAL JOIN users v", NO },
	{ "SELECT u.id FROM users u JOIN users v USING (pin)", NO },
	{ "SELECT u.id, v.id FROM solo u NATURAL JOIN solo v ORDER BY 1", "1|1 2|2" },
	{ "SELECT * FROM solo NATURAL JOIN (SELECT 1 AS id, 'x' AS pin) q", "1|x" },
	{ "SELECT id FROM solo NATURAL LEFT JOIN (SELECT 'x' AS pin) q ORDER BY 1", "1 2" },
	{ "SELECT u.id FROM users u NATURAL JOIN solo v ORDER BY 1", "1" },
	{ "SELECT n.id, u.id, u.ssn FROM notes n LEFT JOIN users u ON u.id = n.id ORDER BY 1", "1|1|- 2|-|-" },
	{ "SELECT n.id, u.id FROM users u RIGHT JOIN notes n ON u.id = n.id ORDER BY 1", "1|1 2|-" },
	{ "SELECT n.id FROM notes n WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.id = n.id)", "2" },
	{ "SELECT n.id FROM notes n WHERE n.id NOT IN (SELECT id FROM users)", "2" },
	{ "SELECT id, row_number() OVER (ORDER BY id), count(*) OVER () FROM users ORDER BY id", "1|1|2 3|2|2" },
	{ "SELECT id, row_number() OVER (ORDER BY ssn) FROM users", NO },
	{ "SELECT id, lag(name) OVER (ORDER BY id) FROM users ORDER BY id", "1|- 3|mine" },
	{ "SELECT name FROM users UNION ALL SELECT note FROM notes ORDER BY 1", "also mine one two" },
	{ "SELECT id FROM users EXCEPT SELECT id FROM notes", "3" },
	{ "SELECT id FROM notes WHERE note = (SELECT code FROM vault)", NO },
	{ "SELECT id FROM notes LIMIT (SELECT id FROM vault)", NO },
	{ "SELECT id FROM notes ORDER BY (SELECT code FROM vault)", NO },
	{ "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t JOIN users u ON u.id >= n WHERE n < 9)"
	  " SELECT max(n) FROM t", "4" },
	{ NULL, NULL }
};

/* A condition that fails, or changes its words, on what is hidden. */
static const char *const conditions[][2] = {
	{ "SELECT id FROM users WHERE id = 2 AND 10 / CAST(name AS DECIMAL(10,0)) > 0", "" },
	{ "SELECT id FROM users WHERE CAST(name AS DECIMAL(10,0)) > 0 AND id = 2", "" },
	{ "SELECT id FROM users WHERE id = 2 AND name LIKE 'H\\'", "" },
	{ "SELECT id FROM users WHERE id = 2 AND name LIKE name", "" },
	{ "SELECT id FROM users WHERE id = 2 AND id + 2147483647 > 0", "" },
	{ "SELECT id FROM users WHERE id IN (2, 4) AND -id * 9223372036854775807 < 0", "" },
	{ "SELECT 1 FROM (SELECT CAST(name AS DECIMAL(10,0)) AS n, id FROM users) q WHERE q.id = 2 AND q.n > 0", "" },
	{ "SELECT 1 FROM notes n JOIN users u ON u.id = 2 AND CAST(u.name AS DECIMAL(10,0)) > 0", "" },
	{ "SELECT n.id FROM notes n LEFT JOIN users u ON u.id = 2 AND CAST(u.name AS DECIMAL(10,0)) > 0 ORDER BY 1", "" },
	{ "SELECT 1 FROM users u JOIN users v ON u.id = v.id AND CAST(v.name AS DECIMAL(10,0)) > 0 WHERE u.id = 2", "" },
	{ "WITH q AS (SELECT name AS n, id FROM users) SELECT 1 FROM q WHERE id = 2 AND CAST(n AS DECIMAL(10,0)) > 0", "" },
	{ "SELECT id FROM users WHERE id = 2 AND (SELECT CAST(users.name AS DECIMAL(10,0)) > 0)", "" },
	{ "SELECT id FROM notes WHERE EXISTS (SELECT 1 FROM users u WHERE u.id = 2 AND CAST(u.name AS DECIMAL(10,0)) > 0)", "" },
	{ "SELECT id FROM users WHERE id = 2 GROUP BY id, name HAVING CAST(name AS DECIMAL(10,0)) > 0", "" },
	{ "SELECT id FROM users WHERE id = 2 ORDER BY CAST(name AS DECIMAL(10,0))", "" },
	{ "SELECT sum(CAST(name AS DECIMAL(10,0))) FROM users WHERE id = 2", "" },
	{ "SELECT id FROM users WHERE id = (SELECT id FROM users v WHERE v.id > 1)", "" },
	{ "SELECT id FROM notes WHERE id = (SELECT id FROM users WHERE owner = 'eve')", "" },
	{ "UPDATE users SET name = 'n' WHERE id = 2 AND CAST(name AS DECIMAL(10,0)) > 0", "" },
	{ "UPDATE users SET name = 'n' WHERE CAST(name AS DECIMAL(10,0)) > 0 AND id = 2", "" },
	{ "DELETE FROM users WHERE id = 2 AND CAST(name AS DECIMAL(10,0)) > 0", "" },
	{ "UPDATE notes SET note = 'x' WHERE id = (SELECT CAST(name AS DECIMAL(10,0)) FROM users WHERE id = 2)", "" },
	{ "UPDATE notes SET note = 'x' WHERE EXISTS (SELECT 1 FROM users u WHERE u.id = 2 AND CAST(u.name AS DECIMAL(10,0)) > 0)", "" },
	{ "INSERT INTO notes (id, note) SELECT 50, name FROM users WHERE id = 2 AND CAST(name AS DECIMAL(10,0)) > 0", "" },
	{ "DELETE FROM notes WHERE id = (SELECT CAST(name AS DECIMAL(10,0)) FROM users WHERE id = 2)", "" },
	{ NULL, NULL }
};

static const char *const writes[][2] = {
	{ "UPDATE users SET name = 'x' WHERE id = 2", "" },
	{ "UPDATE users SET name = 'x' WHERE id = 2 OR 1 = 1", "" },
	{ "UPDATE users SET owner = 'eve' WHERE id = 1", "!DBN_E_DENIED" },
	{ "UPDATE users SET owner = 'bob' WHERE id = 2", "" },
	{ "UPDATE users SET owner = NULL WHERE id = 1", "!DBN_E_DENIED" },
	{ "UPDATE users SET salary = 5 WHERE id = 1", NO },
	{ "UPDATE users SET pin = 'x' WHERE id = 1", NO },
	{ "UPDATE users SET name = pin WHERE id = 1", NO },
	{ "UPDATE users SET name = ssn WHERE id = 1", NO },
	{ "UPDATE users SET name = (SELECT ssn FROM users WHERE id = 1) WHERE id = 1", NO },
	{ "UPDATE users SET name = (SELECT code FROM vault) WHERE id = 1", NO },
	{ "UPDATE notes SET note = (SELECT max(name) FROM users) WHERE id = 1", "" },
	{ "INSERT INTO users (id, owner, name) VALUES (20, 'eve', 'x')", "!DBN_E_DENIED" },
	{ "INSERT INTO users (id, owner, name) VALUES (21, 'bob', 'x'), (22, 'eve', 'x')", "!DBN_E_DENIED" },
	{ "INSERT INTO users (id, name) VALUES (23, 'x')", NO },
	{ "INSERT INTO users (id, owner, salary) VALUES (24, 'bob', 5)", NO },
	{ "INSERT INTO users VALUES (25, 'bob', 'x', 1, 's', 'p')", NO },
	{ "INSERT INTO notes (id, note) SELECT id + 30, name FROM users", "" },
	{ "INSERT INTO notes (id, note) SELECT id + 40, ssn FROM users", NO },
	{ "INSERT INTO notes (id, note) SELECT id + 40, pin FROM users", NO },
	{ "INSERT INTO notes (id, note) SELECT id + 40, code FROM vault", NO },
	{ "INSERT INTO notes (id, note) VALUES (60, (SELECT code FROM vault))", NO },
	{ "REPLACE INTO users (id, owner, name) VALUES (2, 'bob', 'x')", NO },
	{ "DELETE FROM users WHERE id = 2", "" },
	{ "DELETE FROM users WHERE owner = 'eve'", "" },
	{ "DELETE FROM vault", NO },
	{ "DELETE FROM everybody WHERE id = 2", NO },
	{ "INSERT INTO everybody (id, name) VALUES (70, 'x')", NO },
	{ "UPDATE everybody SET name = 'x'", NO },
	{ "TRUNCATE TABLE users", NO },
	{ "DELETE FROM users", "" },
	{ NULL, NULL }
};

Test(around, names) { attempts(names); }
Test(around, reads) { attempts(reads); }
Test(around, conditions) { attempts(conditions); }
Test(around, writes) { attempts(writes); }

/* ---- PostgreSQL's own ---- */

static const char *const pg_names[][2] = {
	{ "SELECT id FROM USERS ORDER BY id", "1 3" },
	{ "SELECT id FROM \"USERS\"", NO },
	{ "SELECT id FROM \"Users\"", NO },
	{ "SELECT id FROM public.users ORDER BY id", "1 3" },
	{ "SELECT id FROM U&\"\\0075sers\"", "" },
	{ "SELECT id FROM pg_temp.users", NO },
	{ "SELECT * FROM public.\"vault\"", NO },
	{ "SELECT * FROM /* a /* nested */ */ vault", NO },
	{ "SELECT $$x$$, E'\\x41', U&'\\0041'", "" },
	{ "SELECT $a$ ; SELECT * FROM vault $a$", "" },
	{ "SELECT E'\\'; SELECT * FROM vault; --'", "" },
	{ "SELECT '\\'; SELECT * FROM vault; --'", NO },
	{ "SELECT u FROM users u", NO },
	{ "SELECT users FROM users", NO },
	{ "SELECT u::text FROM users u", NO },
	{ "SELECT (u).pin FROM users u", NO },
	{ "SELECT (u.*)::text FROM users u", NO },
	{ "SELECT u.* IS NULL FROM users u", NO },
	{ "SELECT row_to_json(u) FROM users u", NO },
	{ "SELECT to_json(u.*) FROM users u", NO },
	{ "SELECT to_jsonb(users) FROM users", NO },
	{ "SELECT u.row_to_json FROM users u", NO },
	{ "SELECT u.pin FROM users u", NO },
	{ "SELECT pin(u) FROM users u", NO },
	{ "SELECT pin(u.*) FROM users u", NO },
	{ "SELECT n.tells FROM notes n", NO },
	{ "SELECT count(u) FROM users u", NO },
	{ "SELECT count(DISTINCT u.*) FROM users u", NO },
	{ "SELECT array_agg(u) FROM users u", NO },
	{ "SELECT (SELECT u) FROM users u", NO },
	{ "SELECT max(u.pin) FROM users u", NO },
	{ "SELECT ctid FROM users", NO },
	{ "SELECT xmin FROM users", NO },
	{ "SELECT tableoid FROM users", NO },
	{ "SELECT tableoid::regclass FROM users", NO },
	{ "SELECT id FROM users WHERE ctid = '(0,2)'", NO },
	{ "SELECT 'vault'::regclass", NO },
	{ "SELECT CAST('vault' AS regclass)", NO },
	{ "SELECT regclass 'vault'", NO },
	{ "SELECT regclass('vault')", NO },
	{ "SELECT '1'::pg_catalog.int4", "" },
	{ "SELECT to_regclass('vault')", NO },
	{ "SELECT * FROM pg_class", NO },
	{ "SELECT * FROM pg_catalog.pg_stats", NO },
	{ "SELECT * FROM pg_catalog.pg_statistic", NO },
	{ "SELECT * FROM pg_shadow", NO },
	{ "SELECT * FROM child", NO },
	{ "SELECT id FROM ONLY users ORDER BY id", "" },
	{ "SELECT id FROM users * ORDER BY id", "" },
	{ "SELECT id FROM ONLY family ORDER BY id", "" },
	{ "SELECT id FROM family ORDER BY id", "" },
	{ "SELECT id FROM users TABLESAMPLE SYSTEM (100)", NO },
	{ "TABLE users", NO },
	{ "VALUES ((SELECT count(*) FROM users))", "2" },
	{ "SELECT a.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1,"
	  " a.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2 FROM (SELECT 1 AS"
	  " aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1, 2 AS"
	  " aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2) a", "" },
	{ "SELECT \"a\"\"; DROP TABLE vault; --\" FROM users", NO },
	{ NULL, NULL }
};

static const char *const pg_functions[][2] = {
	{ "SELECT pg_read_file('/etc/passwd')", "!DBN_E_DENIED" },
	{ "SELECT pg_catalog.pg_read_file('/etc/passwd')", NO },
	{ "SELECT \"pg_read_file\"('/etc/passwd')", "!DBN_E_DENIED" },
	{ "SELECT pg_ls_dir('.')", "!DBN_E_DENIED" },
	{ "SELECT * FROM pg_ls_dir('.')", NO },
	{ "SELECT * FROM generate_series(1, 1000000000)", NO },
	{ "SELECT * FROM ROWS FROM (pg_ls_dir('.'))", NO },
	{ "SELECT pg_sleep(1)", "!DBN_E_DENIED" },
	{ "SELECT set_config('role', 'tester', false)", "!DBN_E_DENIED" },
	{ "SELECT current_setting('data_directory')", "!DBN_E_DENIED" },
	{ "SELECT query_to_xml('SELECT * FROM vault', true, false, '')", "!DBN_E_DENIED" },
	{ "SELECT table_to_xml('vault', true, false, '')", "!DBN_E_DENIED" },
	{ "SELECT dblink('', 'SELECT 1')", "!DBN_E_DENIED" },
	{ "SELECT lo_import('/etc/passwd')", "!DBN_E_DENIED" },
	{ "SELECT lo_get(1)", "!DBN_E_DENIED" },
	{ "SELECT pg_advisory_lock(1)", "!DBN_E_DENIED" },
	{ "SELECT pg_terminate_backend(1)", "!DBN_E_DENIED" },
	{ "SELECT nextval('users_id_seq')", "!DBN_E_DENIED" },
	{ "SELECT lastval()", "!DBN_E_DENIED" },
	{ "SELECT currval('users_id_seq')", "!DBN_E_DENIED" },
	{ "SELECT pg_relation_size('users')", "!DBN_E_DENIED" },
	{ "SELECT has_table_privilege('vault', 'select')", "!DBN_E_DENIED" },
	{ "SELECT ts_stat('SELECT code FROM vault')", "!DBN_E_DENIED" },
	{ "SELECT cursor_to_xml('x', 1, true, false, '')", "!DBN_E_DENIED" },
	{ "SELECT version()", "!DBN_E_DENIED" },
	{ "SELECT repeat('x', 1000000000)", "!DBN_E_DENIED" },
	{ "SELECT lpad('x', 1000000000)", "!DBN_E_DENIED" },
	{ "SELECT public.lower(1)", NO },
	{ "SELECT lower(1)", "" },
	{ "SELECT public.tell('x')", NO },
	{ "SELECT tell('x')", "!DBN_E_DENIED" },
	{ "SELECT current_user", "" },
	{ "SELECT session_user", "" },
	{ "SELECT current_catalog", "" },
	{ "SELECT user", "" },
	{ "SELECT current_schema()", NO },
	{ "SELECT 'a' === 'b'", NO },
	{ "SELECT 'a' OPERATOR(public.===) 'b'", NO },
	{ "SELECT 1 OPERATOR(pg_catalog.+) 1", "" },
	{ "SELECT name ~ 'x' FROM users", "" },
	{ "SELECT xmlparse(content '<a/>')", "" },
	{ "SELECT count(*) FROM users WHERE name SIMILAR TO 'm%'", "" },
	{ "SELECT string_agg(name, ',') FROM users", "" },
	{ "SELECT VARIADIC ARRAY[1]", NO },
	{ "SELECT concat(VARIADIC ARRAY['a', 'b'])", "" },
	{ "SELECT name COLLATE \"C\" FROM users ORDER BY 1", "also mine" },
	{ "SELECT name COLLATE pg_catalog.\"C\" FROM users", "" },
	{ "SELECT name COLLATE \"x\" FROM users", NO },
	{ NULL, NULL }
};

static const char *const pg_statements[][2] = {
	{ "COPY users TO STDOUT", NO },
	{ "COPY users TO PROGRAM 'id'", NO },
	{ "COPY (SELECT * FROM vault) TO STDOUT", NO },
	{ "DO $$ BEGIN END $$", NO },
	{ "SET search_path = x", NO },
	{ "RESET ROLE", NO },
	{ "SET SESSION AUTHORIZATION tester", NO },
	{ "DECLARE c CURSOR FOR SELECT * FROM vault", NO },
	{ "FETCH ALL FROM c", NO },
	{ "LISTEN x", NO },
	{ "NOTIFY x", NO },
	{ "SELECT * INTO stolen FROM users", NO },
	{ "CREATE TABLE stolen AS SELECT * FROM users", NO },
	{ "SELECT * FROM users FOR UPDATE", "" },
	{ "MERGE INTO users USING notes ON true WHEN MATCHED THEN DELETE", NO },
	{ "WITH d AS (DELETE FROM users RETURNING *) SELECT * FROM d", "" },
	{ "WITH d AS (DELETE FROM vault RETURNING *) SELECT * FROM d", NO },
	{ "WITH d AS (UPDATE users SET name = 'x' RETURNING pin) SELECT * FROM d", NO },
	{ "WITH d AS (SELECT * FROM vault) UPDATE notes SET note = d.code FROM d", NO },
	{ "SELECT * FROM notes n, LATERAL (SELECT pin FROM users u WHERE u.id = n.id) q", NO },
	{ "SELECT n.id, q.name FROM notes n, LATERAL (SELECT name FROM users u WHERE u.id = n.id) q", "?1|mine" },
	{ "SELECT n.id, q.name FROM notes n LEFT JOIN LATERAL (SELECT name FROM users u WHERE u.id = n.id) q ON true"
	  " ORDER BY 1", "?1|mine 2|-" },
	{ "SELECT DISTINCT ON (ssn) id FROM users", NO },
	{ "SELECT DISTINCT ON (owner) id FROM users ORDER BY owner, id", "?1" },
	{ "SELECT count(*) FROM users GROUP BY GROUPING SETS ((ssn), ())", NO },
	{ "SELECT count(*) FILTER (WHERE ssn IS NULL) FROM users", NO },
	{ "SELECT string_agg(name, ',' ORDER BY ssn) FROM users", NO },
	{ "SELECT id FROM users FETCH FIRST 1 ROW WITH TIES", NO },
	{ "SELECT id FROM users WHERE id = ANY (SELECT id FROM vault)", NO },
	{ "SELECT id FROM users WHERE id = ANY (ARRAY(SELECT id FROM vault))", NO },
	{ "SELECT ARRAY(SELECT code FROM vault)", NO },
	{ "SELECT ARRAY(SELECT ssn FROM users)", "" },
	{ "SELECT ARRAY[ssn] FROM users", NO },
	{ "SELECT (ssn, 1) FROM users", NO },
	{ "SELECT ROW(ssn) FROM users", NO },
	{ "SELECT id FROM users WHERE (id, ssn) = (1, 'SECRET-1')", NO },
	{ NULL, NULL }
};

static const char *const pg_conditions[][2] = {
	{ "SELECT id FROM users WHERE id = 2 AND name::int4 > 0", "" },
	{ "SELECT id FROM users WHERE name::int4 > 0 AND id = 2", "" },
	{ "SELECT id FROM users WHERE name::int4 > 0", "" },
	{ "SELECT id FROM users WHERE id = 2 AND 1 / (id - 2) > 0", "" },
	{ "SELECT id FROM users WHERE id = 2 AND name LIKE 'H\\'", "" },
	{ "SELECT id FROM users WHERE id = 2 AND name ILIKE 'H\\'", "" },
	{ "SELECT id FROM users WHERE id = 2 AND name LIKE 'HIDDEN\\' ESCAPE '\\'", "" },
	{ "SELECT id FROM users WHERE id = 2 AND name LIKE 'H!' ESCAPE '!'", "" },
	{ "SELECT id FROM users WHERE id = 2 AND name NOT LIKE 'HIDDEN-2\\'", "" },
	{ "SELECT id FROM users WHERE id = 2 AND chr(id - 2) = 'x'", "" },
	{ "SELECT id FROM users WHERE id = 2 AND substr(name, 1, id - 4) = 'x'", "" },
	{ "SELECT id FROM users WHERE id = 2 AND split_part(name, '-', id - 2) = 'x'", "" },
	{ "SELECT id FROM users WHERE id = 2 AND to_char(id, name) = 'x'", "" },
	{ "SELECT id FROM users WHERE id = 2 AND (name || '')::int4 = 0", "" },
	{ "SELECT 1 FROM (SELECT name AS n, id FROM users OFFSET 0) q WHERE id = 2 AND n::int4 > 0", "" },
	{ "SELECT 1 FROM (SELECT max(name) AS n, id FROM users GROUP BY id) q WHERE id = 2 AND n::int4 > 0", "" },
	{ "SELECT 1 FROM (SELECT name AS n, id, row_number() OVER (PARTITION BY id) FROM users) q WHERE id = 2 AND n::int4 > 0", "" },
	{ "SELECT 1 FROM (SELECT DISTINCT name AS n, id FROM users) q WHERE id = 2 AND n::int4 > 0", "" },
	{ "SELECT 1 FROM (SELECT name AS n, id FROM users UNION ALL SELECT note, id + 10 FROM notes) q WHERE id = 2 AND n::int4 > 0", "" },
	{ "WITH q AS NOT MATERIALIZED (SELECT name AS n, id FROM users) SELECT 1 FROM q WHERE id = 2 AND n::int4 > 0", "" },
	{ "WITH q AS MATERIALIZED (SELECT name AS n, id FROM users) SELECT 1 FROM q WHERE id = 2 AND n::int4 > 0", "" },
	{ "SELECT n.id FROM notes n, LATERAL (SELECT u.name::int4 AS i FROM users u WHERE u.id = 2) q WHERE q.i > 0", "" },
	{ "SELECT n.id FROM notes n LEFT JOIN LATERAL (SELECT u.name::int4 AS i FROM users u WHERE u.id = 2) q ON q.i > 0 ORDER BY 1", "?1 2" },
	{ "SELECT 1 FROM notes n FULL JOIN users u ON u.id = n.id AND u.name::int4 > 0 WHERE u.id = 2", "" },
	{ "SELECT 1 FROM users u JOIN users v ON u.name::int4 = v.name::int4 WHERE u.id = 2", "" },
	{ "SELECT id FROM users WHERE id = 2 AND CASE WHEN owner = 'eve' THEN name::int4 END > 0", "" },
	{ "SELECT id FROM users WHERE id = 2 FOR UPDATE", "?" },
	{ "SELECT count(*) FILTER (WHERE name::int4 > 0) FROM users WHERE id = 2", "0" },
	{ "SELECT id FROM users WHERE id = 2 ORDER BY name::int4", "=" },
	{ "SELECT id FROM users WHERE id = 2 LIMIT (SELECT name::int4 FROM users WHERE id = 2)", "" },
	{ "SELECT coalesce((SELECT name::int4 FROM users WHERE id = 2), 0)", "0" },
	{ "UPDATE users SET name = 'n' WHERE name::int4 > 0 AND id = 2", "" },
	{ "UPDATE users SET name = (name::int4)::text WHERE id = 2", "" },
	{ "UPDATE users u SET name = 'n' FROM notes n WHERE u.name::int4 > 0 AND u.id = 2", "" },
	{ "UPDATE notes n SET note = 'n' FROM users u WHERE u.name::int4 > 0 AND u.id = 2", "" },
	{ "UPDATE notes n SET note = u.name::int4 FROM users u WHERE u.id = 2", "" },
	{ "DELETE FROM users WHERE name::int4 > 0 AND id = 2", "" },
	{ "DELETE FROM notes n USING users u WHERE u.name::int4 > 0 AND u.id = 2", "" },
	{ "DELETE FROM users WHERE id = 2 RETURNING name::int4", "=" },
	{ "UPDATE users SET name = 'q' WHERE id = 2 RETURNING 1 / (id - 2)", "=" },
	{ NULL, NULL }
};

static const char *const pg_writes[][2] = {
	{ "UPDATE users SET name = 'x' RETURNING *", "" },
	{ "UPDATE users SET name = 'x' RETURNING pin", NO },
	{ "UPDATE users SET name = 'x' RETURNING users", NO },
	{ "UPDATE users SET name = 'x' WHERE id = 1 RETURNING ssn", "-" },
	{ "UPDATE users SET name = 'x' WHERE id = 1 RETURNING ssn IS NULL", NO },
	{ "UPDATE users SET name = 'x' RETURNING (SELECT code FROM vault)", NO },
	{ "UPDATE users SET id = 100 WHERE id = 2 RETURNING id", "=" },
	{ "UPDATE users SET (name, owner) = ('a', 'eve') WHERE id = 1", "!DBN_E_DENIED" },
	{ "UPDATE users SET (name, owner) = (SELECT 'a', 'eve') WHERE id = 1", "!DBN_E_DENIED" },
	{ "UPDATE users SET owner = DEFAULT WHERE id = 1", NO },
	{ "UPDATE users SET owner = lower('EVE') WHERE id = 1", "!DBN_E_DENIED" },
	{ "UPDATE ONLY users SET name = 'x' WHERE id = 2", "" },
	{ "UPDATE users SET owner = n.note FROM notes n WHERE users.id = 1 AND n.id = 1", "!DBN_E_DENIED" },
	{ "UPDATE users SET name = v.code FROM vault v", NO },
	{ "UPDATE users SET name = v.pin FROM users v WHERE v.id = 1", NO },
	{ "INSERT INTO users (id, owner, name) VALUES (2, 'bob', 'x') ON CONFLICT (id) DO UPDATE SET name = excluded.name", "!DBN_E_DENIED" },
	{ "INSERT INTO users (id, owner, name) VALUES (2, 'bob', 'x') ON CONFLICT (id) DO UPDATE SET owner = 'bob'", "!DBN_E_DENIED" },
	{ "INSERT INTO users (id, owner, name) VALUES (2, 'bob', 'x') ON CONFLICT (id) DO UPDATE SET name = 'x' WHERE false", "" },
	{ "INSERT INTO users AS t (id, owner, name) VALUES (1, 'bob', 'x') ON CONFLICT (id) DO UPDATE SET name = t.pin", NO },
	{ "INSERT INTO users AS t (id, owner, name) VALUES (1, 'bob', 'x') ON CONFLICT (id) DO UPDATE SET name = t.ssn", NO },
	{ "INSERT INTO users AS t (id, owner, name) VALUES (1, 'bob', 'x') ON CONFLICT (id) DO UPDATE SET name = 'y' WHERE t.pin = 'PIN-1'", NO },
	{ "INSERT INTO users AS t (id, owner, name) VALUES (1, 'bob', 'x') ON CONFLICT (id) DO UPDATE SET name = 'y' WHERE t.ssn = 'SECRET-1'", NO },
	{ "INSERT INTO users AS t (id, owner, name) VALUES (2, 'bob', 'x') ON CONFLICT (id) DO UPDATE SET name = 'y' WHERE t.name::int4 > 0", "!DBN_E_DENIED" },
	{ "INSERT INTO users (id, owner, name) VALUES (1, 'bob', 'x') ON CONFLICT (id) DO UPDATE SET owner = 'eve'", "!DBN_E_DENIED" },
	{ "INSERT INTO users (id, owner, name) VALUES (2, 'bob', 'x') ON CONFLICT DO NOTHING", "" },
	{ "INSERT INTO users (id, owner, name) VALUES (2, 'bob', 'x') ON CONFLICT DO NOTHING RETURNING id", "" },
	{ "INSERT INTO users (id, owner, name) VALUES (80, 'eve', 'x') RETURNING *", "!DBN_E_DENIED" },
	{ "INSERT INTO users (id, owner, name) OVERRIDING SYSTEM VALUE VALUES (81, 'eve', 'x')", NO },
	{ "INSERT INTO users DEFAULT VALUES", NO },
	{ "INSERT INTO users (owner, name) SELECT 'eve', note FROM notes", "!DBN_E_DENIED" },
	{ "INSERT INTO users (id, owner, name) SELECT 90, 'eve', code FROM vault", NO },
	{ "INSERT INTO child VALUES (9, 'bob', 'x')", NO },
	{ "UPDATE family SET name = 'x' WHERE id = 2", "" },
	{ "UPDATE family SET name = 'x' WHERE id = 5", "" },
	{ "UPDATE family SET name = 'x' WHERE id = 6", NO },
	{ "UPDATE family SET name = 'x'", NO },
	{ "SELECT id, owner FROM family ORDER BY id", "1|bob 6|bob" },
	{ "UPDATE moved SET name = 'y' WHERE id = 1", NO },
	{ "SELECT id, owner FROM moved", "1|bob" },
	{ "UPDATE moved SET owner = 'bob' WHERE id = 1", NO },
	{ NULL, NULL }
};

/* ---- MySQL's and MariaDB's own ---- */

static const char *const my_names[][2] = {
	{ "SELECT id FROM `users` ORDER BY id", "1 3" },
	{ "SELECT id FROM `USERS`", NO },
	{ "SELECT id FROM Users", NO },
	{ "SELECT ID FROM users ORDER BY Id", "1 3" },
	{ "SELECT PIN FROM users", NO },
	{ "SELECT `Pin` FROM users", NO },
	{ "SELECT `pi\xcc\x81n` FROM users", NO },
	{ "SELECT 1 /*! , (SELECT code FROM vault) */", NO },
	{ "SELECT 1 /*!50000 , 2 */", NO },
	{ "SELECT 1 /*M! , 2 */", NO },
	{ "SELECT /*+ MAX_EXECUTION_TIME(1) */ id FROM users ORDER BY id", "" },
	{ "SELECT 1 # , (SELECT code FROM vault)", "1" },
	{ "SELECT 1 --1", "" },
	{ "SELECT 1 -- 1", "1" },
	{ "SELECT 'a\\'; DELETE FROM users; -- '", NO },
	{ "SELECT \"pin\" FROM users", NO },
	{ "SELECT _utf8'x'", "" },
	{ "SELECT x'41', 0x41, b'1', N'x'", "" },
	{ "SELECT 'a' 'b'", "" },
	{ "SELECT @x", NO },
	{ "SELECT @x := name FROM users", NO },
	{ "SELECT @@version", NO },
	{ "SELECT @@global.datadir", NO },
	{ "SET @x = 1", NO },
	{ "SELECT name INTO @x FROM users", NO },
	{ "SELECT name FROM users INTO OUTFILE '/tmp/x'", NO },
	{ "SELECT name INTO DUMPFILE '/tmp/x' FROM users", NO },
	{ "SELECT * FROM mysql.user", NO },
	{ "SELECT * FROM mysql.global_priv", NO },
	{ "SELECT * FROM information_schema.columns", NO },
	{ "SELECT * FROM INFORMATION_SCHEMA.TABLES", NO },
	{ "SELECT * FROM performance_schema.threads", NO },
	{ "SELECT * FROM sys.version", NO },
	{ "SELECT id FROM users PARTITION (p0)", NO },
	{ "SELECT id FROM users FORCE INDEX (PRIMARY) ORDER BY id", "" },
	{ "SELECT id FROM users USE INDEX (x)", NO },
	{ "SELECT id FROM users FOR SYSTEM_TIME ALL", NO },
	{ "SELECT SQL_CALC_FOUND_ROWS id FROM users", NO },
	{ "SELECT FOUND_ROWS()", NO },
	{ "SELECT id FROM users PROCEDURE ANALYSE()", NO },
	{ "HANDLER users OPEN", NO },
	{ "SHOW TABLES", NO },
	{ "SHOW CREATE TABLE users", NO },
	{ "DESCRIBE users", NO },
	{ "USE mysql", NO },
	{ "LOAD DATA INFILE '/etc/passwd' INTO TABLE notes", NO },
	{ "EXECUTE IMMEDIATE 'SELECT * FROM vault'", NO },
	{ "PREPARE x FROM 'SELECT 1'", NO },
	{ "DO SLEEP(1)", NO },
	{ "FLUSH TABLES", NO },
	{ "KILL 1", NO },
	{ "SELECT * FROM (SELECT 1) q, vault", NO },
	{ "SELECT * FROM users u STRAIGHT_JOIN vault v", NO },
	{ "SELECT DISTINCTROW ssn FROM users", NO },
	{ "SELECT (SELECT 1 FROM DUAL)", "" },
	{ "SELECT id FROM users WITH ROLLUP", NO },
	{ "SELECT ssn FROM users GROUP BY ssn WITH ROLLUP", NO },
	{ "SELECT id FROM users LOCK IN SHARE MODE", "" },
	{ "SELECT id FROM users FOR UPDATE SKIP LOCKED", "" },
	{ NULL, NULL }
};

static const char *const my_functions[][2] = {
	{ "SELECT LOAD_FILE('/etc/passwd')", "!DBN_E_DENIED" },
	{ "SELECT `LOAD_FILE`('/etc/passwd')", NO },
	{ "SELECT SLEEP(1)", "!DBN_E_DENIED" },
	{ "SELECT BENCHMARK(100000000, MD5('x'))", "!DBN_E_DENIED" },
	{ "SELECT GET_LOCK('x', 1)", "!DBN_E_DENIED" },
	{ "SELECT RELEASE_ALL_LOCKS()", "!DBN_E_DENIED" },
	{ "SELECT IS_USED_LOCK('x')", "!DBN_E_DENIED" },
	{ "SELECT LAST_INSERT_ID()", "!DBN_E_DENIED" },
	{ "SELECT ROW_COUNT()", "!DBN_E_DENIED" },
	{ "SELECT CONNECTION_ID()", "!DBN_E_DENIED" },
	{ "SELECT USER()", NO },
	{ "SELECT CURRENT_USER", NO },
	{ "SELECT CURRENT_USER()", NO },
	{ "SELECT DATABASE()", NO },
	{ "SELECT VERSION()", NO },
	{ "SELECT UUID()", "!DBN_E_DENIED" },
	{ "SELECT EXTRACTVALUE('<a/>', concat('/', (SELECT max(name) FROM users)))", "!DBN_E_DENIED" },
	{ "SELECT UPDATEXML('<a/>', 'x', 'y')", "!DBN_E_DENIED" },
	{ "SELECT NAME_CONST('x', 1)", "!DBN_E_DENIED" },
	{ "SELECT MASTER_POS_WAIT('x', 1)", "!DBN_E_DENIED" },
	{ "SELECT DEFAULT(pin) FROM users", NO },
	{ "SELECT VALUES(pin) FROM users", NO },
	{ "SELECT VALUE(pin) FROM users", NO },
	{ "SELECT tell('x')", "!DBN_E_DENIED" },
	{ "SELECT NEXTVAL(s)", NO },
	{ "SELECT NEXT VALUE FOR s", NO },
	{ "SELECT REPEAT('x', 1000000000)", NO },
	{ "SELECT SPACE(1000000000)", NO },
	{ "SELECT CHARSET(name) FROM users", NO },
	{ "SELECT COERCIBILITY(name) FROM users", NO },
	{ "SELECT MATCH (name) AGAINST ('x') FROM users", NO },
	{ "SELECT GROUP_CONCAT(ssn) FROM users", NO },
	{ "SELECT GROUP_CONCAT(name ORDER BY ssn) FROM users", NO },
	{ "SELECT GROUP_CONCAT(name ORDER BY pin) FROM users", NO },
	{ "SELECT name COLLATE utf8mb4_general_ci FROM users ORDER BY 1", "" },
	{ "SELECT CONVERT(name USING latin1) FROM users", "" },
	{ "SELECT BINARY name FROM users", "" },
	{ "SELECT INTERVAL(1, 2, 3)", "" },
	{ "SELECT name REGEXP '(' FROM users WHERE id = 2", "" },
	{ NULL, NULL }
};

static const char *const my_conditions[][2] = {
	{ "SELECT id FROM users WHERE owner = 'BOB' ORDER BY id", "" },
	{ "SELECT id FROM users WHERE owner = 'bob '", "" },
	{ "SELECT id FROM users WHERE name = 0 ORDER BY id", "" },
	{ "SELECT id FROM users WHERE name = 0 AND id = 2", "" },
	{ "SELECT id FROM users WHERE owner = 0 ORDER BY id", "" },
	{ "UPDATE users SET name = 'n' WHERE name = 0 AND id = 2", "" },
	{ "UPDATE users SET name = 'n' WHERE id = 2 AND name = 0", "" },
	{ "UPDATE users SET name = 'n' WHERE id = 2 AND name > 1", "" },
	{ "UPDATE users SET name = 'n' WHERE id = 2 AND name IN (1, 2)", "" },
	{ "UPDATE users SET name = 'n' WHERE id = 2 AND name BETWEEN 1 AND 2", "" },
	{ "UPDATE users SET name = 'n' WHERE id = 2 AND name", "" },
	{ "UPDATE users SET name = 'n' WHERE id = 2 AND NOT name", "" },
	{ "UPDATE users SET name = 'n' WHERE id = 2 AND (name OR name)", "" },
	{ "UPDATE users SET name = 'n' WHERE id = 2 AND name IS TRUE", "" },
	{ "UPDATE users SET name = 'n' WHERE id = 2 AND name = id", "" },
	{ "UPDATE users SET name = 'n' WHERE id = 2 AND name <=> 1", "" },
	{ "UPDATE users SET name = 'n' WHERE id = 2 AND (name, id) = (0, 2)", "" },
	{ "UPDATE users SET name = 'n' WHERE id = 2 AND CASE name WHEN 1 THEN 1 ELSE 0 END = 0", "" },
	{ "UPDATE users SET name = 'n' WHERE id = 2 AND if(name, 1, 0) = 1", "" },
	{ "UPDATE users SET name = 'n' WHERE id = 2 AND sign(name) = 1", "" },
	{ "UPDATE users SET name = 'n' WHERE id = 2 AND sin(name) > 5", "" },
	{ "UPDATE users SET name = 'n' WHERE id = 2 AND left('abc', name) = 'a'", "" },
	{ "UPDATE users SET name = 'n' WHERE id = 2 AND greatest(name, 1) = 1", "" },
	{ "UPDATE users SET name = 'n' WHERE id = 2 AND nullif(name, 0) IS NULL", "" },
	{ "UPDATE users SET name = 'n' WHERE id = 2 AND coalesce(name, 1) = 1", "" },
	{ "UPDATE users SET name = 'n' WHERE id = 2 AND name = DATE '2020-01-01'", "" },
	{ "UPDATE users SET name = 'n' WHERE id = 2 AND name + 0 = 0", "" },
	{ "UPDATE users SET name = 'n' WHERE id = 2 AND id / (id - 2) > 0", "" },
	{ "UPDATE users SET name = 'n' WHERE id = 2 AND json_extract(name, '$.x') = 1", "" },
	{ "UPDATE users SET name = 'n' WHERE id = 2 AND name REGEXP '('", "" },
	{ "DELETE FROM users WHERE name = 0 AND id = 2", "" },
	{ "DELETE FROM users WHERE id = 2 AND name IN (0, 1)", "" },
	{ "DELETE FROM users WHERE id = 2 AND sign(name)", "" },
	{ "UPDATE notes SET note = 'x' WHERE id IN (SELECT id FROM users WHERE name = 0 AND id = 2)", "" },
	{ "UPDATE notes SET note = 'x' WHERE EXISTS (SELECT 1 FROM users u WHERE u.id = 2 AND u.name = 0)", "" },
	{ "DELETE FROM notes WHERE id IN (SELECT id FROM users WHERE name = 0 AND id = 2)", "" },
	{ "INSERT INTO notes (id, note) SELECT 70, name FROM users WHERE name = 0 AND id = 2", "" },
	{ "INSERT INTO notes (id, note) SELECT 71, name FROM users WHERE sign(name) = 1 AND id = 2", "" },
	{ "INSERT INTO notes (id, note) SELECT 72, n FROM (SELECT name AS n, id FROM users) q WHERE q.n = 0 AND q.id = 2", "" },
	{ "UPDATE notes n JOIN users u ON u.id = 2 AND u.name = 0 SET n.note = 'x'", "" },
	{ "UPDATE notes n, users u SET n.note = u.name WHERE u.name = 0 AND u.id = 2", "" },
	{ "DELETE n FROM notes n JOIN users u ON u.name = 0 AND u.id = 2", "" },
	{ "SELECT id FROM users WHERE id = 2 AND name LIKE 'H\\'", "" },
	{ "SELECT id FROM users WHERE id = 2 AND (SELECT 1 UNION ALL SELECT 2)", "" },
	{ "SELECT id FROM users WHERE id = 2 AND id = (SELECT id FROM users v WHERE v.id >= users.id - 1)", "" },
	{ NULL, NULL }
};

static const char *const my_writes[][2] = {
	{ "INSERT INTO users (id, owner, name) VALUES (2, 'bob', 'x') ON DUPLICATE KEY UPDATE name = 'x'", NO },
	{ "INSERT INTO users (id, owner, name) VALUES (2, 'bob', 'x') ON DUPLICATE KEY UPDATE owner = 'bob'", NO },
	{ "INSERT INTO users (id, owner, name) VALUES (1, 'bob', 'x') ON DUPLICATE KEY UPDATE name = pin", NO },
	{ "INSERT IGNORE INTO users (id, owner, name) VALUES (2, 'bob', 'x')", NO },
	{ "INSERT IGNORE INTO users (id, owner, name) VALUES (92, 'eve', 'x')", NO },
	{ "UPDATE IGNORE users SET owner = 'eve' WHERE id = 1", NO },
	{ "DELETE IGNORE FROM users WHERE id = 2", NO },
	{ "REPLACE INTO users (id, owner, name) VALUES (2, 'bob', 'x')", NO },
	{ "REPLACE INTO users SET id = 2, owner = 'bob'", NO },
	{ "INSERT INTO users SET id = 93, owner = 'eve'", NO },
	{ "INSERT INTO users (id, owner, name) VALUES (94, 'EVE', 'x')", "!DBN_E_DENIED" },
	{ "INSERT INTO users (id, owner, name) VALUES (94, 'bob ', 'x')", "!DBN_E_DENIED" },
	{ "INSERT INTO users (id, owner, name) VALUES (94, 0, 'x')", NO },
	{ "INSERT INTO users (id, owner, name) VALUES (94, DEFAULT, 'x')", NO },
	{ "INSERT INTO users (id, owner, name) VALUES (94, DEFAULT(owner), 'x')", NO },
	{ "INSERT INTO users (id, owner, name) SELECT 95, 'eve', note FROM notes LIMIT 1", NO },
	{ "INSERT INTO users (id, owner, name) VALUES (95, 'eve', 'x') RETURNING id", "!DBN_E_DENIED" },
	{ "INSERT INTO users (id, owner, name) VALUES (96, 'bob', 'x') RETURNING pin", NO },
	{ "INSERT INTO notes (id, note) VALUES (97, 'x') RETURNING (SELECT max(code) FROM vault)", NO },
	{ "INSERT INTO notes (id, note) VALUES (98, 'x') RETURNING (SELECT count(*) FROM users)", "" },
	{ "DELETE FROM users WHERE id = 2 RETURNING name", "=" },
	{ "DELETE FROM users WHERE id = 1 RETURNING pin", NO },
	{ "DELETE FROM users WHERE id = 3 RETURNING ssn", "-" },
	{ "UPDATE users SET owner = 'eve', name = 'x' WHERE id = 1", "!DBN_E_DENIED" },
	{ "UPDATE users SET name = 'x', owner = 'eve' WHERE id = 1", "!DBN_E_DENIED" },
	{ "UPDATE users SET owner = 'EVE' WHERE id = 1", "!DBN_E_DENIED" },
	{ "UPDATE users SET owner = 'bob ' WHERE id = 1", "!DBN_E_DENIED" },
	{ "UPDATE users SET owner = name WHERE id = 1", NO },
	{ "UPDATE users SET owner = name, name = owner WHERE id = 1", NO },
	{ "UPDATE users SET owner = 0 WHERE id = 1", NO },
	{ "UPDATE users SET owner = 'bob', owner = 'eve' WHERE id = 1", NO },
	{ "UPDATE users SET owner = DEFAULT WHERE id = 1", NO },
	{ "UPDATE users SET owner = 'eve' WHERE id = 1 LIMIT 1", NO },
	{ "UPDATE users SET name = 'x' ORDER BY pin LIMIT 1", NO },
	{ "UPDATE users SET name = 'x' ORDER BY ssn LIMIT 1", NO },
	{ "UPDATE users SET name = 'x' ORDER BY name = 0 LIMIT 1", "" },
	{ "DELETE FROM users ORDER BY pin LIMIT 1", NO },
	{ "UPDATE users u JOIN vault v SET u.name = v.code", NO },
	{ "UPDATE users u JOIN notes n SET u.owner = 'eve' WHERE u.id = 1", NO },
	{ "UPDATE notes n JOIN users u ON u.id = 1 SET n.note = u.pin", NO },
	{ "DELETE n, v FROM notes n JOIN vault v", NO },
	{ "DELETE u FROM users u JOIN notes n WHERE u.id = 2", "" },
	{ "UPDATE moved SET name = 'y' WHERE id = 1", NO },
	{ "SELECT id, owner FROM moved", "1|bob" },
	{ NULL, NULL }
};

#define ONLY_ON(database, list) Test(around, list) \
{ \
	if (is(database)) \
		attempts(list); \
}
ONLY_ON("postgres", pg_names)
ONLY_ON("postgres", pg_functions)
ONLY_ON("postgres", pg_statements)
ONLY_ON("postgres", pg_conditions)
ONLY_ON("postgres", pg_writes)
ONLY_ON("mysql", my_names)
ONLY_ON("mysql", my_functions)
ONLY_ON("mysql", my_conditions)
ONLY_ON("mysql", my_writes)
