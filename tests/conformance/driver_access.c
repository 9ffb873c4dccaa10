/* SPDX-License-Identifier: MIT */
/*
 * The second lock: nothing that was not foretold is touched.  And
 * dbn_require(), which undoes a statement.
 */
#include <string.h>

#include "conformance/driver.h"

static bool
make_schema(drv *d)
{
	static const char *const sql[] = {
		"CREATE TABLE emp (id INTEGER PRIMARY KEY, name VARCHAR(20), salary BIGINT, "
			"boss INTEGER)",
		"CREATE TABLE log (who INTEGER, what VARCHAR(20))",
		"CREATE TABLE pay (id INTEGER PRIMARY KEY, emp INTEGER REFERENCES emp(id) "
			"ON DELETE CASCADE, sum BIGINT)",
		"CREATE VIEW rich AS SELECT id, name FROM emp WHERE salary > 100",
		"INSERT INTO emp (id, name, salary) VALUES (1, 'ann', 50), (2, 'bob', 500)",
		"INSERT INTO pay (id, emp, sum) VALUES (1, 1, 5)",
	};

	for (size_t i = 0; i < sizeof sql / sizeof *sql; i++)
		if (!drv_admin(d, d->c, sql[i]))
			return false;
	return true;
}

static bool
can(conform *cf, drv *d)
{
	if (!drv_open(cf, d))
		return false;
	if (!drv_can(d, DBN_CAP_ACCESS_CHECK)) {
		conform_skip(cf, "prepare does not check accesses");
		drv_close(d);
		return false;
	}
	return make_schema(d);
}

/* Prepared, or refused as a surplus that names relation and column. */
static void
expect(drv *d, const char *sql, const char *access, const char *surplus)
{
	conform *cf = d->cf;
	char named[96];
	drv_stmt s;
	dbn_status rc = drv_prepare(d, d->c, sql, access, &s);

	if (rc == DBN_OK)
		d->ops->close_stmt(s.s);
	if (!surplus) {
		CF_CHECK(cf, rc == DBN_OK, "%s: %s: %s", sql, dbn_status_name(rc),
			dbn_error_message(cf->err));
	} else {
		CF_CHECK(cf, rc == DBN_E_ACCESS, "%s: %s", sql, dbn_status_name(rc));
		(void)snprintf(named, sizeof named, "%s%s%s", dbn_error_relation(cf->err),
			*dbn_error_column(cf->err) ? "." : "", dbn_error_column(cf->err));
		CF_CHECK(cf, !*surplus || strcmp(named, surplus) == 0, "%s: the error names \"%s\"", sql,
			named);
	}
	dbn_error_free(cf->err);
	cf->err = NULL;
}

static void
access_columns(conform *cf)
{
	drv d;

	if (!can(cf, &d))
		return;
	expect(&d, "SELECT name FROM emp", "r emp name", NULL);
	expect(&d, "SELECT name FROM emp", "", "emp.name");
	expect(&d, "SELECT name FROM emp WHERE salary > 1", "r emp name", "emp.salary");
	expect(&d, "SELECT name FROM emp ORDER BY salary", "r emp name", "emp.salary");
	expect(&d, "SELECT name FROM emp WHERE 1 = 0 AND salary > 1", "r emp name", "emp.salary");
	expect(&d, "SELECT 1 WHERE EXISTS (SELECT 1 FROM emp WHERE salary > 1)", "r emp name",
		"emp.salary");
	expect(&d, "WITH q AS (SELECT salary AS name FROM emp) SELECT name FROM q", "r emp name",
		"emp.salary");
	expect(&d, "SELECT count(*) FROM emp", "r emp; e count", NULL);
	expect(&d, "SELECT count(*) FROM emp", "e count", "emp");
	expect(&d, "SELECT sum(salary) FROM emp", "r emp; e sum", "emp.salary");
	expect(&d, "SELECT 1", "", NULL);
	drv_close(&d);
}

static void
access_writes(conform *cf)
{
	drv d;

	if (!can(cf, &d))
		return;
	expect(&d, "INSERT INTO log (who) VALUES (1)", "i log", NULL);
	expect(&d, "INSERT INTO log (who) VALUES (1)", "r log who", "log");
	expect(&d, "UPDATE emp SET name = 'x' WHERE id = 1", "u emp name; r emp id", NULL);
	expect(&d, "UPDATE emp SET salary = 1", "u emp name", "emp.salary");
	expect(&d, "UPDATE emp SET name = 'x' WHERE salary = 1", "u emp name", "emp.salary");
	expect(&d, "DELETE FROM log", "i log; u log who", "log");
	expect(&d, "DELETE FROM log", "d log", NULL);
	expect(&d, "INSERT INTO log (who) SELECT salary FROM emp", "i log", "emp.salary");
	expect(&d, "UPDATE emp SET name = 'x' RETURNING salary", "u emp name", "emp.salary");
	drv_close(&d);
}

/* What the database does by itself is foretold by relation. */
static void
access_effects(conform *cf)
{
	const char *trigger = conform_quirk(cf, "trigger");
	drv d;

	if (!can(cf, &d))
		return;
	expect(&d, "SELECT name FROM rich", "r rich name", "");
	expect(&d, "SELECT name FROM rich", "r rich name; r emp", NULL);
	expect(&d, "SELECT salary FROM emp", "r rich name; r emp", "emp.salary");
	expect(&d, "WITH rich2 AS (SELECT salary FROM emp) SELECT salary FROM rich2",
		"r rich name; r emp", "emp.salary");
	expect(&d, "DELETE FROM emp", "d emp", "");
	expect(&d, "DELETE FROM emp", "d emp; d pay; r pay", NULL);
	if (!drv_admin(&d, d.c, trigger ? trigger : "CREATE TRIGGER tell AFTER UPDATE ON emp BEGIN "
			"INSERT INTO log (who) VALUES (new.salary); END"))
		return;
	expect(&d, "UPDATE emp SET name = 'x'", "u emp name", "");
	expect(&d, "UPDATE emp SET name = 'x'", "u emp name; i log", "");
	expect(&d, "UPDATE emp SET name = 'x'", "u emp name; i log; r emp", NULL);
	drv_close(&d);
}

static void
access_others(conform *cf)
{
	static const char *const refused[] = { "CREATE TABLE x (a INTEGER)", "DROP TABLE log",
		"ALTER TABLE log ADD COLUMN y INTEGER", "CREATE VIEW x AS SELECT 1 AS a" };
	drv d;
	drv_stmt s;

	if (!can(cf, &d))
		return;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		expect(&d, refused[i], "r emp; i emp; u emp; d emp", "");
	CF_CHECK(cf, drv_prepare_typed(&d, d.c, "BEGIN", "", NULL, 0, NULL, 0, DBN_PREPARE_ADMIN, &s) !=
		DBN_OK, "transaction control as an administrative statement");
	dbn_error_free(cf->err);
	cf->err = NULL;
	CF_CHECK(cf, drv_txn(&d, d.c) == DBN_TXN_NONE, "a transaction");
	drv_close(&d);
}

/* The schema moves between prepare and execute: what is new is not done silently. */
static void
access_stays(conform *cf)
{
	const char *trigger = conform_quirk(cf, "trigger");
	struct dbn_conn *c2;
	dbn_status rc;
	drv d;
	drv_stmt s;
	dbn_outcome out;

	if (!can(cf, &d) || !(c2 = drv_connect(&d, 0)))
		return;
	CF_OK(cf, drv_prepare(&d, d.c, "UPDATE emp SET name = 'y'", "u emp name", &s));
	CF_OK(cf, drv_execute(&d, &s, DBN_NO_ARGS, 0, &out, NULL));
	if (!drv_admin(&d, c2, "CREATE TABLE other (a INTEGER)"))
		return;
	CF_OK(cf, drv_execute(&d, &s, DBN_NO_ARGS, 0, &out, NULL));
	if (!drv_admin(&d, c2, trigger ? trigger : "CREATE TRIGGER tell AFTER UPDATE ON emp BEGIN "
			"INSERT INTO log (who) VALUES (new.salary); END"))
		return;
	rc = drv_execute(&d, &s, DBN_NO_ARGS, 0, &out, NULL);
	CF_CHECK(cf, rc == DBN_E_SCHEMA || rc == DBN_E_ACCESS, "a new trigger: %s",
		dbn_status_name(rc));
	dbn_error_free(cf->err);
	cf->err = NULL;
	d.ops->close_stmt(s.s);
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM log", "r log; e count", DBN_NO_ARGS) == 0,
		"the trigger ran");
	d.ops->disconnect(c2);
	drv_close(&d);
}

static void
require_fn(conform *cf)
{
	drv d;
	drv_stmt s;
	dbn_outcome out;
	struct dbn_cursor *cur;
	dbn_status rc;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 3))
		return;
	if (!drv_can(&d, DBN_CAP_REQUIRE_FN)) {
		conform_skip(cf, "no dbn_require()");
		drv_close(&d);
		return;
	}
	CF_OK(cf, drv_prepare(&d, d.c, "UPDATE t SET n = ? RETURNING dbn_require(n < 100, 'rule 7'), id",
		DRV_SELECT_T "; u t n", &s));
	CF_OK(cf, drv_execute(&d, &s, DBN_ARGS(99), DBN_EXEC_ROWS, &out, &cur));
	d.ops->close_cursor(cur);
	rc = drv_execute(&d, &s, DBN_ARGS(100), DBN_EXEC_ROWS, &out, &cur);
	CF_CHECK(cf, rc == DBN_E_DENIED && strcmp(dbn_error_sqlstate(cf->err), "44000") == 0,
		"%s [%s]", dbn_status_name(rc), dbn_error_sqlstate(cf->err));
	CF_CHECK(cf, strcmp(dbn_error_detail(cf->err), "rule 7") == 0, "detail \"%s\"",
		dbn_error_detail(cf->err));
	dbn_error_free(cf->err);
	cf->err = NULL;
	CF_FAILS(cf, drv_execute(&d, &s, DBN_ARGS((void *)NULL), 0, &out, NULL), DBN_E_DENIED, "44000");
	d.ops->close_stmt(s.s);
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM t WHERE n = 99", DRV_SELECT_T,
		DBN_NO_ARGS) == 3, "the statement was not undone");
	CF_OK(cf, drv_begin(&d, d.c, 0));
	CF_OK(cf, drv_run(&d, d.c, "UPDATE t SET n = 5 WHERE id = 1", "u t n; r t id", DBN_NO_ARGS,
		NULL));
	CF_FAILS(cf, drv_run(&d, d.c, "INSERT INTO t (id, n) VALUES (8, 1), (9, 2) "
		"RETURNING dbn_require(n < 2, 'x')", "i t; " DRV_SELECT_T, DBN_NO_ARGS, NULL),
		DBN_E_DENIED, "44000");
	if (drv_txn(&d, d.c) == DBN_TXN_OPEN) {
		CF_OK(cf, drv_commit(&d, d.c));
		CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM t", "r t", DBN_NO_ARGS) == 3,
			"half an insert");
	}
	drv_close(&d);
}

const conform_case drv_cases_access[] = {
	{ "access.columns", access_columns, 0, 0 },
	{ "access.writes", access_writes, 0, 0 },
	{ "access.effects", access_effects, 0, 0 },
	{ "access.other_statements", access_others, 0, 0 },
	{ "access.holds_when_the_schema_moves", access_stays, 0, 0 },
	{ "require.undoes_the_statement", require_fn, 0, 0 },
};
const size_t drv_ncases_access = sizeof drv_cases_access / sizeof *drv_cases_access;
