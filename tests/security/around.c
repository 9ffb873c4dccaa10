/* SPDX-License-Identifier: MIT */
/* Two databases that differ in what may not be seen, and attempts in both. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "around.h"

#define RULES \
	"{ id = \"all\"; roles = [ \"admin\" ]; relation = \"*\"; actions = [ \"read\", \"write\" ]; columns = [ \"*\" ]; }," \
	"{ id = \"ddl\"; roles = [ \"admin\" ]; database = \"main\"; actions = [ \"admin.ddl\" ]; }," \
	"{ id = \"own\"; roles = [ \"guest\" ]; relation = \"users\"; actions = [ \"read\", \"write\" ];" \
	"  hide = [ \"salary\", \"pin\" ]; using = \"owner = $user.id\";" \
	"  masks = ( { column = \"ssn\"; method = \"null\"; } ); }," \
	"{ id = \"open\"; roles = [ \"guest\" ]; relation = \"notes\"; actions = [ \"read\", \"write\" ]; columns = [ \"*\" ]; }," \
	"{ id = \"base\"; roles = [ \"guest\" ]; relation = \"family\"; actions = [ \"read\", \"write\" ]; columns = [ \"*\" ];" \
	"  using = \"owner = $user.id\"; }," \
	"{ id = \"made\"; roles = [ \"guest\" ]; relation = \"made\"; actions = [ \"read\", \"write\" ];" \
	"  hide = [ \"pay\" ]; using = \"owner = $user.id\"; }," \
	"{ id = \"solo\"; roles = [ \"guest\" ]; relation = \"solo\"; actions = [ \"read\" ]; hide = [ \"pin\" ]; }," \
	"{ id = \"moved\"; roles = [ \"guest\" ]; relation = \"moved\"; actions = [ \"read\", \"write\" ]; columns = [ \"*\" ];" \
	"  using = \"owner = $user.id\"; }"

static stack worlds[2];
static dbn_session *bob[2];

bool
around_is(const char *database)
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
	if (around_is("postgres"))
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

/* ---- what stands there ---- */

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
	static const char *const tables[] = { "users", "family", "vault", "notes", "moved", "solo", "made" };

	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		char sql[64];

		(void)snprintf(sql, sizeof sql, "DELETE FROM %s", tables[i]);
		run(st->session, sql);
	}
	for (size_t i = 0; i < 3; i++)
		run(st->session, rows[world][i]);
	run(st->session, "INSERT INTO notes VALUES (1, 'one'), (2, 'two')");
	run(st->session, world ? "INSERT INTO made (id, owner, pay, day, name) VALUES (1, 'bob', 7, '2020-01-01', 'a'),"
		" (2, 'eve', 0, NULL, '5')" : "INSERT INTO made (id, owner, pay, day, name) VALUES"
		" (1, 'bob', 100, '2020-01-01', 'a'), (2, 'eve', 200, '2021-01-01', 'HIDDEN-N')");
	run(st->session, "INSERT INTO moved VALUES (1, 'bob', 'x')");
	run(st->session, world ? "INSERT INTO solo VALUES (1, NULL), (2, 'x')" :
		"INSERT INTO solo VALUES (1, 'PIN-1'), (2, 'PIN-2')");
	if (around_is("postgres"))
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
	stack_table(st, "CREATE TABLE made (id INTEGER PRIMARY KEY, owner TEXT, pay INTEGER, day DATE,"
		" doubled INTEGER GENERATED ALWAYS AS (pay * 2) STORED, name TEXT NOT NULL, CHECK (name <> 'bad'))");
	if (around_is("postgres"))
		outside(st, pg_objects);
	else if (around_is("mysql"))
		outside(st, my_objects);
	fill(st, world);
}

void
around_start(void)
{
	for (int i = 0; i < 2; i++) {
		build(&worlds[i], i);
		bob[i] = stack_session(&worlds[i], "bob");
	}
}

void
around_stop(void)
{
	for (int i = 0; i < 2; i++) {
		dbn_session_close(bob[i]);
		stack_close(&worlds[i]);
	}
}

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
outcome_of(dbn_session *s, const char *sql, dbn_args args, size_t nrows, char *out)
{
	dbn_error *err = NULL;
	dbn_rows *rows = NULL;
	dbn_status rc;

	*out = '\0';
	if (nrows) {
		rc = dbn_exec_many(s, sql, args, nrows, NULL, NULL, &err);
	} else {
		rc = dbn_query(s, sql, args, &rows, &err);
		if (rc == DBN_OK) {
			add_rows(rows, out, &rc, &err);
			dbn_rows_close(rows);
		}
	}
	if (rc != DBN_OK && rc != DBN_DONE)
		(void)snprintf(out, OUT, "!%s %s %s %s", dbn_status_name(rc), dbn_error_message(err),
			dbn_error_detail(err), dbn_error_hint(err));
	dbn_error_free(err);
	return rc == DBN_DONE ? DBN_OK : rc;
}

static dbn_status
outcome(dbn_session *s, const char *sql, char *out)
{
	return outcome_of(s, sql, DBN_NO_ARGS, 0, out);
}

static const char hidden_users[] = "SELECT id, owner, name, salary, ssn, pin FROM users WHERE owner = 'eve' ORDER BY id";
static const char hidden_cells[] = "SELECT id, salary, ssn, pin FROM users WHERE id IN (1, 3) ORDER BY id";

/* What a write leaves behind. */
static void
for_good(const char *sql, dbn_args args, size_t nrows, char (*was)[2][OUT])
{
	static char now[OUT];

	for (int i = 0; i < 2; i++) {
		(void)outcome_of(bob[i], sql, args, nrows, now);
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

/* Alike in both worlds; afterwards it is undone. */
static void
attempt(const char *sql, dbn_args args, size_t nrows, const char *want)
{
	static char out[2][OUT], was[2][2][OUT];
	dbn_status rc = DBN_OK;

	for (int i = 0; i < 2; i++) {
		(void)outcome(worlds[i].session, hidden_users, was[i][0]);
		(void)outcome(worlds[i].session, hidden_cells, was[i][1]);
	}
	begin_all();
	for (int i = 0; i < 2; i++) {
		rc = outcome_of(bob[i], sql, args, nrows, out[i]);
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
	if (rc == DBN_OK && strncmp(sql, "SELECT", 6) != 0)
		for_good(sql, args, nrows, was);
}

void
around(const char *const list[][2])
{
	for (size_t i = 0; list[i][0]; i++)
		attempt(list[i][0], DBN_NO_ARGS, 0, list[i][1]);
}

void
around_with(const char *sql, dbn_args args, const char *want)
{
	attempt(sql, args, 0, want);
}

void
around_many(const char *sql, dbn_args args, size_t nrows, const char *want)
{
	attempt(sql, args, nrows, want);
}
