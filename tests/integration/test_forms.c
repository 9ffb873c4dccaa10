/* SPDX-License-Identifier: MIT */
/*
 * Forms of writes and administrative statements on whole stacks: what was cached of
 * a relation is let go by every form that changes it, also by what the database does
 * with it, and each kind of administration has a right of its own.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "integration/each.h"

static void
run(dbn_session *s, const char *sql)
{
	dbn_error *err = NULL;

	cr_assert_eq(dbn_exec(s, sql, DBN_NO_ARGS, NULL, &err), DBN_OK, "%s: %s | %s", sql,
		dbn_error_message(err), dbn_error_detail(err));
}

/* ---- what the trail names ---- */

static bool
trail_says(const stack *st, const char *words)
{
	static char text[1 << 18];
	char path[96];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/audit.log", st->dir);
	f = fopen(path, "r");
	cr_assert_not_null(f);
	text[fread(text, 1, sizeof text - 1, f)] = '\0';
	(void)fclose(f);
	return strstr(text, words) != NULL;
}

/* Every table that a statement drops, not the first one only. */
Test(forms, the_trail_names_all_that_is_dropped, .timeout = 60)
{
	const char *schema = here() == PG ? "main.public" : "main.main";
	char name[64];
	stack st;

	if (here() == LITE)
		return; /* it drops one at a time */
	stack_open(&st, ALL, "alice");
	stack_table(&st, "CREATE TABLE first1 (id INTEGER PRIMARY KEY)");
	stack_table(&st, "CREATE TABLE second2 (id INTEGER PRIMARY KEY)");
	run(st.session, "DROP TABLE first1, second2");
	dbn_session_close(st.session);
	dbn_pool_close(st.pool);
	st.session = NULL;
	st.pool = NULL;
	(void)snprintf(name, sizeof name, "\"%s.first1\",\"%s.second2\"", schema, schema);
	cr_expect(trail_says(&st, name), "%s", name);
	stack_close(&st);
}

/* ---- what is cached ---- */

static const struct {
	int on;
	const char *sql;
} setup[] = {
	{ EACH, "CREATE VIEW v AS SELECT id, n FROM kv" }, { EACH, "CREATE VIEW vv AS SELECT id, n FROM v WHERE n > 0" },
	{ LITE, "CREATE TRIGGER noted AFTER UPDATE ON kv BEGIN INSERT INTO log(n) VALUES (NEW.n); DELETE FROM old; END" },
	{ MY, "CREATE TRIGGER noted AFTER UPDATE ON kv FOR EACH ROW BEGIN INSERT INTO log(n) VALUES (NEW.n); DELETE FROM old; END" },
	{ PG, "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.log(n) VALUES "
	  "(NEW.n); DELETE FROM public.old; RETURN NEW; END $$" },
	{ PG, "CREATE TRIGGER noted AFTER UPDATE ON kv FOR EACH ROW EXECUTE FUNCTION noted()" },
	{ PG, "CREATE TABLE base (id int, n int)" }, { PG, "CREATE TABLE heir () INHERITS (base)" },
	{ PG, "INSERT INTO heir (id, n) VALUES (1, 1)" },
	{ PG, "CREATE TABLE parted (id int, n int) PARTITION BY RANGE (id)" },
	{ PG, "CREATE TABLE part PARTITION OF parted FOR VALUES FROM (0) TO (10)" },
	{ PG, "INSERT INTO part (id, n) VALUES (1, 1)" },
	{ PG, "CREATE RULE gone AS ON DELETE TO ruled DO ALSO (DELETE FROM log; DELETE FROM old)" },
};

/* Change, and what a query that was cached before must give then. */
static const struct {
	int on;
	const char *change, *query;
	int64_t want;
} forms[] = {
	{ EACH, "INSERT INTO kv (id, n) SELECT id + 10, n FROM kv", "SELECT sum(n) FROM kv", 120 },
	{ EACH, "INSERT INTO kv (id, n) VALUES (1, 7) ON CONFLICT (id) DO UPDATE SET n = excluded.n", "SELECT sum(n) FROM vv", 57 },
	{ PG | MY, "INSERT INTO kv (id, n) VALUES (4, DEFAULT)", "SELECT count(*) FROM v", 4 },
	{ MY, "INSERT kv SET id = 4, n = 40", "SELECT sum(n) FROM vv", 100 },
	{ MY, "INSERT IGNORE INTO kv (id, n) VALUES (1, 5), (4, 40)", "SELECT sum(n) FROM v", 100 },
	{ LITE | MY, "REPLACE INTO kv (id, n) VALUES (1, 11)", "SELECT sum(n) FROM vv", 61 },
	{ EACH, "UPDATE kv SET n = n + 1 WHERE id = 1", "SELECT count(*) FROM log", 1 },
	{ EACH, "UPDATE kv SET n = n + 1 WHERE id = 1", "SELECT count(*) FROM old", 0 },
	{ EACH, "UPDATE kv SET n = o.n FROM src o WHERE o.id = kv.id", "SELECT sum(n) FROM vv", 55 },
	{ EACH, "UPDATE kv SET n = o.n FROM src o WHERE o.id = kv.id", "SELECT count(*) FROM log", 1 },
	{ MY, "UPDATE kv k JOIN src o ON o.id = k.id SET k.n = o.n", "SELECT count(*) FROM log", 1 },
	{ MY | LITE, "UPDATE kv SET n = 0 ORDER BY id DESC LIMIT 1", "SELECT sum(n) FROM vv", 30 },
	{ PG, "UPDATE ONLY kv SET n = DEFAULT WHERE id = 1", "SELECT count(*) FROM log", 1 },
	{ EACH, "DELETE FROM kv WHERE id = 1", "SELECT count(*) FROM child", 1 },
	{ PG | MY, "DELETE FROM kv USING old o WHERE o.id = kv.id", "SELECT count(*) FROM child", 1 },
	{ MY, "DELETE k FROM kv k JOIN old o ON o.id = k.id", "SELECT count(*) FROM child", 1 },
	{ MY | LITE, "DELETE FROM kv ORDER BY id LIMIT 2", "SELECT count(*) FROM child", 0 },
	{ EACH, "DELETE FROM kv RETURNING id", "SELECT count(*) FROM vv", 0 },
	{ PG, "DELETE FROM ruled", "SELECT count(*) FROM old", 0 },
	{ PG | MY, "UPDATE v SET n = 9 WHERE id = 1", "SELECT sum(n) FROM kv", 59 },
	{ PG | MY, "DELETE FROM vv WHERE id = 1", "SELECT count(*) FROM child", 1 },
	{ PG | MY, "INSERT INTO v (id, n) VALUES (8, 5)", "SELECT count(*) FROM kv", 4 },
	{ PG, "UPDATE base SET n = 9", "SELECT max(n) FROM heir", 9 }, { PG, "UPDATE heir SET n = 8", "SELECT max(n) FROM base", 8 },
	{ PG, "INSERT INTO parted (id, n) VALUES (2, 9)", "SELECT max(n) FROM part", 9 },
	{ PG, "UPDATE part SET n = 12", "SELECT max(n) FROM parted", 12 },
	{ PG, "DELETE FROM base USING src WHERE src.n = 5", "SELECT count(*) FROM heir", 0 },
	{ PG, "TRUNCATE old", "SELECT count(*) FROM old", 0 },
	{ MY, "TRUNCATE TABLE old", "SELECT count(*) FROM old", 0 },
	{ EACH, "DROP VIEW vv", "SELECT count(*) FROM v", 3 },
};

static void
fill(dbn_session *s)
{
	static const char *const rows[] = { "DELETE FROM child", "DELETE FROM kv", "DELETE FROM log", "DELETE FROM old",
		"DELETE FROM src", "INSERT INTO src (id, n) VALUES (1, 5)", "INSERT INTO kv (id, n) VALUES (1, 10), (2, 20), (3, 30)", "INSERT INTO child (id, kv_id) VALUES (1, 1), (2, 2)",
		"INSERT INTO old (id, n) VALUES (1, 5)" };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		run(s, rows[i]);
}

Test(forms, what_was_cached_is_let_go, .timeout = 300)
{
	stack st;
	dbn_error *err = NULL;
	char query[128];
	int64_t n;

	stack_open(&st, ALL, "alice");
	stack_table(&st, "CREATE TABLE kv (id INTEGER PRIMARY KEY, n INTEGER DEFAULT 3)");
	stack_table(&st, "CREATE TABLE child (id INTEGER PRIMARY KEY, kv_id INTEGER, FOREIGN KEY (kv_id) REFERENCES kv (id)"
		" ON DELETE CASCADE)");
	stack_table(&st, "CREATE TABLE log (n INTEGER)");
	stack_table(&st, "CREATE TABLE old (id INTEGER PRIMARY KEY, n INTEGER)");
	stack_table(&st, "CREATE TABLE src (id INTEGER PRIMARY KEY, n INTEGER)");
	stack_table(&st, "CREATE TABLE ruled (id INTEGER PRIMARY KEY)");
	for (size_t i = 0; i < sizeof setup / sizeof *setup; i++)
		if (setup[i].on & here())
			run(st.session, setup[i].sql);
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		if (!(forms[i].on & here()))
			continue;
		fill(st.session);
		(void)snprintf(query, sizeof query, here() == MY && strncmp(forms[i].query, "SELECT sum(n)", 13) == 0
			? "SELECT CAST(sum(n) AS SIGNED)%s" : "%s", forms[i].query + (here() == MY &&
			strncmp(forms[i].query, "SELECT sum(n)", 13) == 0 ? 13 : 0));
		for (int k = 0; k < 3; k++)
			cr_assert_eq(dbn_get_int64(st.session, query, DBN_NO_ARGS, &n, &err), DBN_OK, "%s: %s",
				forms[i].query, dbn_error_message(err));
		run(st.session, forms[i].change);
		cr_assert_eq(dbn_get_int64(st.session, query, DBN_NO_ARGS, &n, &err), DBN_OK);
		cr_expect_eq(n, forms[i].want, "%s: %s gives %lld", forms[i].change, forms[i].query, (long long)n);
	}
	stack_close(&st);
}

/* ---- who may administrate ---- */

static const struct {
	int on;
	const char *action, *sql;
} kinds[] = {
	{ EACH, "admin.ddl", "CREATE VIEW seen AS SELECT 1 AS one" }, { EACH, "admin.ddl", "DROP VIEW seen" },
	{ PG, "admin.ddl", "COMMENT ON TABLE t IS 'a; b'" }, { PG, "admin.ddl", "ANALYZE t" }, { PG, "admin.ddl", "VACUUM t" },
	{ PG, "admin.ddl", "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT $1 + 1; END" },
	{ PG, "admin.ddl", "CREATE PROCEDURE p() LANGUAGE sql BEGIN ATOMIC DELETE FROM t; DELETE FROM t; END" },
	{ PG | MY, "admin.ddl", "TRUNCATE TABLE t" },
	{ MY, "admin.ddl", "CREATE PROCEDURE p() BEGIN DELETE FROM t; IF 1 THEN DELETE FROM t; END IF; END" },
	{ MY, "admin.ddl", "ANALYZE TABLE t" }, { MY, "admin.ddl", "RENAME TABLE t TO u" }, { MY, "admin.ddl", "RENAME TABLE u TO t" },
	{ PG | MY, "admin.routine", "CALL p()" }, { PG, "admin.routine", "DO $$ BEGIN DELETE FROM t; PERFORM 1; END $$" },
	{ MY, "admin.routine", "DO sleep(0)" }, { PG, "admin.routine", "NOTIFY c, 'x'" },
	{ PG, "admin.settings", "SET statement_timeout = '5s'" }, { PG, "admin.settings", "SHOW search_path" },
	{ PG, "admin.settings", "RESET statement_timeout" }, { MY, "admin.settings", "SET @x = 1" },
	{ MY, "admin.settings", "SHOW TABLES" }, { LITE, "admin.settings", "PRAGMA user_version" },
	{ LITE, "admin.ddl", "REINDEX t" }, { LITE, "admin.ddl", "ANALYZE t" },
};

static void
each_kind(const char *action)
{
	char rules[1200];
	dbn_error *err = NULL;
	dbn_session *bob;
	stack st;

	/* alice may all; bob has that right alone, and then a rule about rows beside it */
	(void)snprintf(rules, sizeof rules, "{ id = \"a\"; roles = [ \"admin\" ]; database = \"main\"; actions = [ \"admin.ddl\","
		" \"admin.settings\", \"admin.routine\" ]; }, { id = \"b\"; roles = [ \"guest\" ]; database = \"main\"; actions = [ \"%s\" ]; }",
		action);
	stack_open(&st, rules, "alice");
	stack_table(&st, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
	bob = stack_session(&st, "bob");
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		dbn_status rc;

		if (!(kinds[i].on & here()))
			continue;
		if (strcmp(kinds[i].action, action) != 0) {
			rc = dbn_exec(bob, kinds[i].sql, DBN_NO_ARGS, NULL, &err);
			cr_expect_eq(rc, DBN_E_DENIED, "%s with %s: %s", kinds[i].sql, action, dbn_error_message(err));
			dbn_error_free(err);
			err = NULL;
		}
		rc = dbn_exec(strcmp(kinds[i].action, action) == 0 ? bob : st.session, kinds[i].sql, DBN_NO_ARGS, NULL, &err);
		cr_expect_eq(rc, DBN_OK, "%s: %s | %s", kinds[i].sql, dbn_error_message(err), dbn_error_detail(err));
		dbn_error_free(err);
		err = NULL;
	}
	dbn_session_close(bob);
	stack_close(&st);
}

Test(forms, ddl_alone, .timeout = 120)
{
	each_kind("admin.ddl");
}

Test(forms, settings_alone, .timeout = 120)
{
	each_kind("admin.settings");
}

Test(forms, routines_alone, .timeout = 120)
{
	each_kind("admin.routine");
}

Test(forms, never_beside_row_rules, .timeout = 120)
{
	dbn_error *err = NULL;
	dbn_session *bob;
	stack st;

	stack_open(&st, "{ id = \"a\"; roles = [ \"admin\" ]; database = \"main\"; actions = [ \"admin.ddl\", \"admin.settings\","
		" \"admin.routine\" ]; }, { id = \"b\"; roles = [ \"guest\" ]; database = \"main\"; actions = [ \"admin.ddl\","
		" \"admin.settings\", \"admin.routine\" ]; }, { id = \"rows\"; roles = [ \"guest\" ]; relation = \"t\";"
		" actions = [ \"read\" ]; columns = [ \"*\" ]; using = \"id = 1\"; }", "alice");
	stack_table(&st, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
	bob = stack_session(&st, "bob");
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		dbn_status rc;

		if (!(kinds[i].on & here()))
			continue;
		rc = dbn_exec(bob, kinds[i].sql, DBN_NO_ARGS, NULL, &err);
		cr_expect_eq(rc, DBN_E_DENIED, "%s: %d %s", kinds[i].sql, (int)rc, dbn_error_message(err));
		dbn_error_free(err);
		err = NULL;
	}
	dbn_session_close(bob);
	stack_close(&st);
}
