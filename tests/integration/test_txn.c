/* SPDX-License-Identifier: MIT */
/*
 * Transactions and open rows where it gets tight: isolation levels, transactions
 * that the database has given up, rows that hold the only connection, rows that
 * do not fit into memory.  By the public API on real SQLite.
 */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/stack.h"

#define RULES \
	"{ id = \"all\"; roles = [ \"admin\" ]; relation = \"*\"; actions = [ \"read\", \"write\" ]; }," \
	"{ id = \"ddl\"; roles = [ \"admin\" ]; database = \"main\"; actions = [ \"admin.ddl\" ]; }"

static stack st;
static dbn_error *err;

#define OK(call) cr_assert_eq(call, DBN_OK, "%s: %s | %s", #call, dbn_error_message(err), dbn_error_detail(err))
/* It fails with this status, and the message has these words. */
#define IS(status, words, call) do { \
	dbn_status rc_ = (call); \
	cr_assert_eq(rc_, status, "%s: %s, not %s: %s", #call, dbn_status_name(rc_), #status, dbn_error_message(err)); \
	cr_assert(strstr(dbn_error_message(err), words), "%s: %s", #call, dbn_error_message(err)); \
	dbn_error_free(err); \
	err = NULL; \
} while (0)
#define RUN(sql) OK(dbn_exec(st.session, sql, DBN_NO_ARGS, NULL, &err))
#define TRY(sql) dbn_exec(st.session, sql, DBN_NO_ARGS, NULL, &err)

/* set: as DBNEXUS_SET, NULL: nothing. */
static void
start(const char *set)
{
	if (set)
		cr_assert_eq(setenv("DBNEXUS_SET", set, 1), 0);
	stack_open(&st, RULES, "alice");
	cr_assert_eq(unsetenv("DBNEXUS_SET"), 0);
	RUN("CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER, s TEXT)");
	RUN("CREATE TABLE strict (id INTEGER PRIMARY KEY ON CONFLICT ROLLBACK)");
	RUN("INSERT INTO t VALUES (1, 1, 'one'), (2, 2, 'two'), (3, 3, 'three')");
	RUN("INSERT INTO strict VALUES (1)");
}

static void
end(void)
{
	dbn_error_free(err);
	err = NULL;
	stack_close(&st);
}

TestSuite(txn, .fini = end, .timeout = 120);

static int64_t
number(const char *sql)
{
	int64_t n = -1;

	OK(dbn_get_int64(st.session, sql, DBN_NO_ARGS, &n, &err));
	return n;
}

/* The database's own view, past the library. */
static int
raw(const char *sql)
{
	char path[128];
	sqlite3 *db;
	sqlite3_stmt *q;
	int n;

	(void)snprintf(path, sizeof path, "%s/app.db", st.dir);
	cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
	cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
	n = sqlite3_step(q) == SQLITE_ROW ? sqlite3_column_int(q, 0) : -1;
	(void)sqlite3_finalize(q);
	(void)sqlite3_close(db);
	return n;
}

/* ---- isolation ---- */

Test(txn, sqlite_satisfies_every_level)
{
	dbn_txn_opts o = dbn_txn_opts_init();

	start(NULL);
	for (uint32_t level = DBN_TXN_DEFAULT; level <= DBN_TXN_SERIALIZABLE; level++)
		for (int ro = 0; ro < 2; ro++) {
			dbn_session *other = stack_session(&st, "alice");
			int64_t before, after;

			o.isolation = level;
			o.read_only = ro;
			OK(dbn_begin(st.session, &o, &err));
			before = number("SELECT count(*) FROM t");
			if (ro) { /* a commit in between is not seen, whatever was asked for */
				OK(dbn_exec(other, "INSERT INTO t (v) VALUES (7)", DBN_NO_ARGS, NULL, &err));
				after = number("SELECT count(*) FROM t");
				cr_assert_eq(after, before, "level %u", level);
			} else {
				RUN("INSERT INTO t (v) VALUES (8)");
				cr_assert_eq(raw("SELECT count(*) FROM t"), before, "level %u: dirty", level);
			}
			OK(dbn_commit(st.session, &err));
			cr_assert_eq(number("SELECT count(*) FROM t"), before + 1);
			dbn_session_close(other);
		}
}

Test(txn, a_level_that_is_none)
{
	static const uint32_t wrong[] = { DBN_TXN_SERIALIZABLE + 1, 99, UINT32_MAX };
	dbn_txn_opts o = dbn_txn_opts_init();

	start(NULL);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		o.isolation = wrong[i];
		IS(DBN_E_INVALID, "isolation", dbn_begin(st.session, &o, &err));
		cr_assert_not(dbn_in_transaction(st.session));
	}
	o.isolation = 0;
	o.struct_size = 0;
	IS(DBN_E_INVALID, "struct_size", dbn_begin(st.session, &o, &err));
	OK(dbn_begin(st.session, NULL, &err));
	RUN("DELETE FROM t");
	OK(dbn_rollback(st.session, &err));
	cr_assert_eq(number("SELECT count(*) FROM t"), 3);
}

/* ---- a transaction that the database gave up ---- */

static void
fail_it(void)
{
	OK(dbn_begin(st.session, NULL, &err));
	RUN("INSERT INTO t VALUES (4, 4, 'four')");
	IS(DBN_E_DUPLICATE, "", TRY("INSERT INTO strict VALUES (1)"));
}

static void
is_failed(void)
{
	int64_t n;

	cr_assert(dbn_in_transaction(st.session), "it stays until it is rolled back");
	IS(DBN_E_TXN_FAILED, "failed", TRY("INSERT INTO t VALUES (5, 5, 'five')"));
	IS(DBN_E_TXN_FAILED, "failed", dbn_get_int64(st.session, "SELECT count(*) FROM t", DBN_NO_ARGS, &n, &err));
	IS(DBN_E_TXN_FAILED, "failed", dbn_exec_many(st.session, "INSERT INTO t VALUES (?, 0, '')",
		DBN_ARGS(8, 9), 2, NULL, NULL, &err));
	IS(DBN_E_TXN_FAILED, "failed", dbn_savepoint(st.session, &err));
	IS(DBN_E_TXN_ACTIVE, "active", dbn_begin(st.session, NULL, &err));
	cr_assert_eq(raw("SELECT count(*) FROM t"), 3, "nothing ran outside of it");
}

Test(txn, failed_then_rolled_back)
{
	start(NULL);
	fail_it();
	is_failed();
	OK(dbn_rollback(st.session, &err));
	cr_assert_not(dbn_in_transaction(st.session));
	IS(DBN_E_TXN_NONE, "no transaction", dbn_rollback(st.session, &err));
	OK(dbn_begin(st.session, NULL, &err));
	RUN("INSERT INTO t VALUES (6, 6, 'six')");
	OK(dbn_commit(st.session, &err));
	cr_assert_eq(raw("SELECT count(*) FROM t"), 4);
	cr_assert_eq(raw("SELECT count(*) FROM t WHERE id = 4"), 0);
}

Test(txn, failed_then_committed)
{
	start(NULL);
	fail_it();
	IS(DBN_E_TXN_FAILED, "rolled back", dbn_commit(st.session, &err));
	cr_assert_not(dbn_in_transaction(st.session), "a commit that fails ends it");
	IS(DBN_E_TXN_NONE, "no transaction", dbn_commit(st.session, &err));
	RUN("INSERT INTO t VALUES (6, 6, 'six')");
	cr_assert_eq(raw("SELECT count(*) FROM t"), 4);
}

Test(txn, failed_below_savepoints)
{
	start(NULL);
	OK(dbn_begin(st.session, NULL, &err));
	RUN("INSERT INTO t VALUES (4, 4, 'four')");
	OK(dbn_savepoint(st.session, &err));
	OK(dbn_savepoint(st.session, &err));
	IS(DBN_E_DUPLICATE, "", TRY("INSERT INTO strict VALUES (1)"));
	is_failed();
	/* the savepoints went with the transaction */
	IS(DBN_E_TXN_FAILED, "", dbn_savepoint_rollback(st.session, &err));
	IS(DBN_E_TXN_FAILED, "", dbn_savepoint_release(st.session, &err));
	OK(dbn_rollback(st.session, &err));
	cr_assert_eq(raw("SELECT count(*) FROM t"), 3);
	IS(DBN_E_TXN_NONE, "no transaction", dbn_savepoint_release(st.session, &err));
}

Test(txn, a_statement_that_fails_leaves_it_alive)
{
	start(NULL);
	OK(dbn_begin(st.session, NULL, &err));
	RUN("INSERT INTO t VALUES (4, 4, 'four')");
	IS(DBN_E_DUPLICATE, "", TRY("INSERT INTO t VALUES (9, 9, 'nine'), (1, 1, 'again')"));
	IS(DBN_E_SYNTAX, "", TRY("SELECT nothing FROM t"));
	IS(DBN_E_SYNTAX, "", TRY("COMMIT"));
	RUN("INSERT INTO t VALUES (5, 5, 'five')");
	OK(dbn_commit(st.session, &err));
	cr_assert_eq(raw("SELECT count(*) FROM t"), 5);
	cr_assert_eq(raw("SELECT count(*) FROM t WHERE id = 9"), 0, "a statement is all or nothing");
}

static dbn_status
swallows(dbn_session *s, void *user, dbn_error **e)
{
	int *runs = user;

	(void)e;
	(*runs)++;
	(void)!dbn_exec(s, "INSERT INTO t VALUES (4, 4, 'four')", DBN_NO_ARGS, NULL, NULL);
	(void)!dbn_exec(s, "INSERT INTO strict VALUES (1)", DBN_NO_ARGS, NULL, NULL);
	return DBN_OK; /* as if nothing had happened */
}

Test(txn, a_function_that_swallows_the_failure)
{
	int runs = 0;

	start(NULL);
	IS(DBN_E_TXN_FAILED, "rolled back", dbn_txn(st.session, NULL, swallows, &runs, &err));
	cr_assert_eq(runs, 1, "running it again would not help");
	cr_assert_not(dbn_in_transaction(st.session));
	cr_assert_eq(raw("SELECT count(*) FROM t"), 3);
}

/* ---- rows that hold a connection ---- */

Test(txn, rows_hold_the_only_reader)
{
	dbn_rows *rows, *more = NULL;

	start("databases.main.pool.readers=1");
	OK(dbn_query(st.session, "SELECT id FROM t ORDER BY id", DBN_NO_ARGS, &rows, &err));
	OK(dbn_rows_next(rows, &err));
	IS(DBN_E_BUSY, "open rows", dbn_query(st.session, "SELECT v FROM t", DBN_NO_ARGS, &more, &err));
	cr_assert_null(more);
	RUN("UPDATE t SET v = 9 WHERE id = 1"); /* the writer is another connection */
	OK(dbn_rows_next(rows, &err));
	OK(dbn_rows_next(rows, &err));
	dbn_rows_close(rows);
	cr_assert_eq(number("SELECT v FROM t WHERE id = 1"), 9);
}

/* Rows that were written are whole before the first is seen: even so they hold
 * the writer, and waiting for oneself would never end. */
Test(txn, written_rows_hold_the_writer)
{
	dbn_rows *rows;

	start(NULL);
	OK(dbn_query(st.session, "UPDATE t SET v = v + 1 RETURNING id", DBN_NO_ARGS, &rows, &err));
	OK(dbn_rows_next(rows, &err));
	IS(DBN_E_BUSY, "open rows", TRY("DELETE FROM t"));
	cr_assert_eq(number("SELECT count(*) FROM t"), 3);
	dbn_rows_close(rows);
	RUN("DELETE FROM t WHERE id = 1");
	cr_assert_eq(number("SELECT sum(v) FROM t"), 7);
}

/* ---- rows buffered for another statement ---- */

#define LONG "INSERT INTO t (id, s) VALUES (?, ?)"

static void
many_rows(int n)
{
	char big[4001];

	memset(big, 'x', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	OK(dbn_begin(st.session, NULL, &err));
	for (int i = 0; i < n; i++)
		OK(dbn_exec(st.session, LONG, DBN_ARGS(1000 + i, big), NULL, &err));
	OK(dbn_commit(st.session, &err));
}

Test(txn, open_rows_that_fit_are_buffered)
{
	dbn_rows *rows;
	int64_t id = 0;
	int seen = 0;

	start("limits.result=4 MiB");
	many_rows(500);
	OK(dbn_begin(st.session, NULL, &err));
	OK(dbn_query(st.session, "SELECT id, s FROM t WHERE id >= 1000 ORDER BY id", DBN_NO_ARGS, &rows, &err));
	for (; dbn_rows_next(rows, &err) == DBN_OK; seen++) {
		OK(dbn_rows_scan(rows, DBN_OUT(&id), &err));
		cr_assert_eq(id, 1000 + seen);
		if (seen == 10) { /* what was read before the change stays as it was */
			RUN("DELETE FROM t WHERE id >= 1000");
			cr_assert_null(dbn_rows_cells(rows), "cells of the row before are gone");
		}
	}
	cr_assert_null(err);
	cr_assert_eq(seen, 500);
	dbn_rows_close(rows);
	OK(dbn_rollback(st.session, &err));
	cr_assert_eq(raw("SELECT count(*) FROM t"), 503);
}

Test(txn, open_rows_that_do_not_fit)
{
	dbn_rows *rows;

	start("limits.result=64 KiB");
	many_rows(500);
	OK(dbn_begin(st.session, NULL, &err));
	OK(dbn_query(st.session, "SELECT id, s FROM t WHERE id >= 1000 ORDER BY id", DBN_NO_ARGS, &rows, &err));
	OK(dbn_rows_next(rows, &err));
	IS(DBN_E_BUSY, "do not fit", TRY("DELETE FROM t WHERE id >= 1000"));
	cr_assert(dbn_in_transaction(st.session));
	/* what had been read was thrown away: that is an error, never an early end */
	IS(DBN_E_INVALID, "gone", dbn_rows_next(rows, &err));
	IS(DBN_E_INVALID, "ended with an error", dbn_rows_next(rows, &err));
	dbn_rows_close(rows);
	RUN("DELETE FROM t WHERE id >= 1000");
	OK(dbn_commit(st.session, &err));
	cr_assert_eq(raw("SELECT count(*) FROM t"), 3);
}

/* RETURNING is taken whole: what does not fit is undone. */
Test(txn, written_rows_that_do_not_fit)
{
	dbn_rows *rows = NULL;
	dbn_status rc;

	start("limits.result=64 KiB");
	many_rows(500);
	rc = dbn_query(st.session, "UPDATE t SET v = 5 RETURNING id, s", DBN_NO_ARGS, &rows, &err);
	cr_assert_eq(rc, DBN_E_LIMIT, "%s: %s", dbn_status_name(rc), dbn_error_message(err));
	dbn_error_free(err);
	err = NULL;
	cr_assert_null(rows);
	cr_assert_eq(raw("SELECT count(*) FROM t WHERE v = 5"), 0);
	RUN("UPDATE t SET v = 5");
	cr_assert_eq(raw("SELECT count(*) FROM t WHERE v = 5"), 503);
}

/* ---- rows that outlive what they came from ---- */

Test(txn, the_pool_is_closed_under_open_rows)
{
	dbn_rows *rows;
	dbn_status rc;

	start(NULL);
	OK(dbn_query(st.session, "SELECT id FROM t", DBN_NO_ARGS, &rows, &err));
	OK(dbn_rows_next(rows, &err));
	dbn_pool_close(st.pool); /* must not wait for this very thread */
	st.pool = NULL;
	while ((rc = dbn_rows_next(rows, &err)) == DBN_OK)
		continue;
	cr_assert(rc == DBN_DONE || rc == DBN_E_CANCELLED, "%s", dbn_status_name(rc));
	dbn_error_free(err); /* closing has cancelled what was left */
	err = NULL;
	dbn_rows_close(rows);
	IS(DBN_E_INVALID, "closed", TRY("DELETE FROM t"));
	cr_assert_eq(raw("SELECT count(*) FROM t"), 3);
}

Test(txn, the_pool_is_closed_under_a_transaction)
{
	start(NULL);
	OK(dbn_begin(st.session, NULL, &err));
	RUN("DELETE FROM t");
	dbn_pool_close(st.pool);
	st.pool = NULL;
	IS(DBN_E_INVALID, "closed", dbn_commit(st.session, &err));
	dbn_session_close(st.session);
	st.session = NULL;
	cr_assert_eq(raw("SELECT count(*) FROM t"), 3);
}
