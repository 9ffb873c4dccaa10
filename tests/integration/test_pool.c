/* SPDX-License-Identifier: MIT */
/*
 * What a session sees of the pool: who holds the connection it waits for, a wait
 * that is cancelled, a pool that is closed while something is under way.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/stack.h"

static stack st;
static dbn_error *err;

#define OK(call) do { \
	dbn_status rc_ = call; \
	cr_assert_eq(rc_, DBN_OK, "%s: %s", #call, dbn_error_message(err)); \
} while (0)

static void
set_up(void)
{
	(void)setenv("DBNEXUS_SET", "databases.main.pool.acquire_timeout=never", 1);
	stack_open(&st, "{ id = \"all\"; roles = [ \"admin\" ]; relation = \"*\"; actions = [ \"*\" ]; },"
		"{ id = \"ddl\"; roles = [ \"admin\" ]; database = \"main\"; actions = [ \"admin.ddl\" ]; }",
		"alice");
	OK(dbn_exec(st.session, "CREATE TABLE t (a INTEGER)", DBN_NO_ARGS, NULL, &err));
}

static void
tear_down(void)
{
	stack_close(&st);
}

TestSuite(pool, .init = set_up, .fini = tear_down);

struct one {
	const char *name;
	int64_t value;
};

static void
look_for(const dbn_metric *m, void *user)
{
	struct one *o = user;

	if (strcmp(m->name, o->name) == 0)
		o->value = m->value;
}

static int64_t
metric(const char *name)
{
	struct one o = { name, -1 };

	OK(dbn_pool_metrics(st.pool, look_for, &o, &err));
	return o.value;
}

static void
until_somebody_waits(void)
{
	static const struct timespec moment = { 0, 1000000 };

	while (metric("pool.main.waiting") == 0)
		(void)nanosleep(&moment, NULL);
}

Test(pool, a_time_out_names_user_statement_and_transaction)
{
	dbn_session *other = stack_session(&st, "alice");
	dbn_query_opts o = dbn_query_opts_init();

	OK(dbn_begin(st.session, NULL, &err));
	OK(dbn_exec(st.session, "INSERT INTO t (a) VALUES (7)", DBN_NO_ARGS, NULL, &err));
	o.timeout_ns = 30000000;
	cr_assert_eq(dbn_exec_with(other, (dbn_text){ "DELETE FROM t", 13 }, DBN_NO_ARGS, &o, NULL, &err),
		DBN_E_TIMEOUT);
	cr_assert(strstr(dbn_error_detail(err), "\"alice\""), "%s", dbn_error_detail(err));
	cr_assert(strstr(dbn_error_detail(err), "in a transaction, last statement: INSERT"), "%s",
		dbn_error_detail(err));
	cr_assert_null(strstr(dbn_error_detail(err), "7)"), "no values");
	dbn_error_free(err);
	OK(dbn_rollback(st.session, &err));
	dbn_session_close(other);
}

static void *
wait_for_it(void *user)
{
	dbn_session *s = user;
	dbn_error *mine = NULL;
	dbn_status rc = dbn_exec(s, "DELETE FROM t", DBN_NO_ARGS, NULL, &mine);

	dbn_error_free(mine);
	return (void *)(intptr_t)rc;
}

Test(pool, a_wait_is_cancelled)
{
	dbn_session *other = stack_session(&st, "alice");
	pthread_t t;
	void *rc;

	OK(dbn_begin(st.session, NULL, &err));
	(void)pthread_create(&t, NULL, wait_for_it, other);
	until_somebody_waits();
	dbn_session_cancel(other);
	(void)pthread_join(t, &rc);
	cr_assert_eq((dbn_status)(intptr_t)rc, DBN_E_CANCELLED);
	OK(dbn_commit(st.session, &err));
	OK(dbn_exec(other, "DELETE FROM t", DBN_NO_ARGS, NULL, &err));
	dbn_session_close(other);
}

static void *
close_it(void *user)
{
	dbn_pool_close(user);
	return NULL;
}

Test(pool, what_is_in_a_transaction_ends_before_the_pool)
{
	dbn_session *other = stack_session(&st, "alice");
	pthread_t closer, waiter;
	void *rc;
	int64_t n = 0;

	OK(dbn_begin(st.session, NULL, &err));
	OK(dbn_exec(st.session, "INSERT INTO t (a) VALUES (1)", DBN_NO_ARGS, NULL, &err));
	(void)pthread_create(&waiter, NULL, wait_for_it, other);
	until_somebody_waits();
	(void)pthread_create(&closer, NULL, close_it, st.pool);
	(void)pthread_join(waiter, &rc);
	cr_assert_eq((dbn_status)(intptr_t)rc, DBN_E_INVALID, "who waits is told");
	OK(dbn_exec(st.session, "INSERT INTO t (a) VALUES (2)", DBN_NO_ARGS, NULL, &err));
	OK(dbn_get_int64(st.session, "SELECT count(*) FROM t", DBN_NO_ARGS, &n, &err));
	cr_assert_eq(n, 2);
	OK(dbn_commit(st.session, &err));
	(void)pthread_join(closer, NULL);
	cr_assert_eq(dbn_exec(st.session, "DELETE FROM t", DBN_NO_ARGS, NULL, &err), DBN_E_INVALID);
	dbn_error_free(err);
	dbn_session_close(other);
	dbn_session_close(st.session);
	st.session = NULL;
	st.pool = NULL;
}

/* ---- lost connections ---- */

static stack lossy;

static void
open_lossy(int times)
{
	const char *build = getenv("DBN_TOP_BUILD");
	char driver[4400];

	(void)unsetenv("DBNEXUS_SET");
	(void)snprintf(driver, sizeof driver, "plugin = \"%s/tests/plugins/.libs/driver-blocks.so\"; "
		"settings = { lose = %d; }; inner = { plugin = \"sqlite\"; }; url = \"sqlite:app.db\";",
		build ? build : ".", times);
	stack_open_with(&lossy, driver, "", "{ id = \"all\"; roles = [ \"admin\" ]; relation = \"*\"; "
		"actions = [ \"*\" ]; }, { id = \"ddl\"; roles = [ \"admin\" ]; database = \"main\"; "
		"actions = [ \"admin.ddl\" ]; }", "alice");
	OK(dbn_exec(lossy.session, "CREATE TABLE t (a INTEGER)", DBN_NO_ARGS, NULL, &err));
	OK(dbn_exec(lossy.session, "INSERT INTO t (a) VALUES (5)", DBN_NO_ARGS, NULL, &err));
}

static int64_t
read_one(dbn_status want)
{
	int64_t n = -1;
	dbn_status rc = dbn_get_int64(lossy.session, "SELECT a AS lose_late FROM t", DBN_NO_ARGS, &n, &err);

	cr_assert_eq(rc, want, "%s: %s", dbn_status_name(rc), dbn_error_message(err));
	dbn_error_free(err);
	err = NULL;
	return n;
}

Test(retry, a_read_is_run_again)
{
	open_lossy(2);
	cr_assert_eq(read_one(DBN_OK), 5);
	stack_close(&lossy);
}

Test(retry, not_for_ever)
{
	open_lossy(3);
	(void)read_one(DBN_E_CONN);
	cr_assert_eq(read_one(DBN_OK), 5, "and the next one finds a good connection");
	stack_close(&lossy);
}

Test(retry, not_past_the_deadline)
{
	dbn_query_opts o = dbn_query_opts_init();
	dbn_rows *rows;

	open_lossy(1);
	o.timeout_ns = 10000000; /* less than the first pause */
	cr_assert_eq(dbn_query_with(lossy.session, (dbn_text){ "SELECT a AS lose_late FROM t", 28 },
		DBN_NO_ARGS, &o, &rows, &err), DBN_E_CONN);
	dbn_error_free(err);
	stack_close(&lossy);
}

Test(retry, not_in_a_transaction)
{
	open_lossy(1);
	OK(dbn_begin(lossy.session, NULL, &err));
	(void)read_one(DBN_E_CONN);
	(void)read_one(DBN_E_TXN_FAILED);
	OK(dbn_rollback(lossy.session, &err));
	cr_assert_eq(read_one(DBN_OK), 5);
	stack_close(&lossy);
}

static int64_t
rows_of(const char *sql)
{
	int64_t n = -1;

	OK(dbn_get_int64(lossy.session, sql, DBN_NO_ARGS, &n, &err));
	return n;
}

Test(retry, a_write_only_if_it_never_left)
{
	open_lossy(1);
	OK(dbn_exec(lossy.session, "CREATE TABLE w (lose_late INTEGER)", DBN_NO_ARGS, NULL, &err));
	cr_assert_eq(dbn_exec(lossy.session, "INSERT INTO w (lose_late) VALUES (1)", DBN_NO_ARGS, NULL, &err),
		DBN_E_CONN, "it may have run");
	dbn_error_free(err);
	err = NULL;
	cr_assert_eq(rows_of("SELECT count(*) FROM w"), 0);
	stack_close(&lossy);
	open_lossy(2);
	OK(dbn_exec(lossy.session, "CREATE TABLE w (lose_early INTEGER)", DBN_NO_ARGS, NULL, &err));
	OK(dbn_exec(lossy.session, "INSERT INTO w (lose_early) VALUES (1)", DBN_NO_ARGS, NULL, &err));
	cr_assert_eq(rows_of("SELECT count(*) FROM w"), 1);
	stack_close(&lossy);
}

/* ---- what would be left for the next borrower ---- */

static void
refused_with(dbn_status rc, const char *message, const char *hint)
{
	cr_assert_eq(rc, DBN_E_UNSUPPORTED, "%s: %s", dbn_status_name(rc), dbn_error_message(err));
	cr_assert(strstr(dbn_error_message(err), message), "%s", dbn_error_message(err));
	cr_assert(strstr(dbn_error_hint(err), hint), "%s", dbn_error_hint(err));
	dbn_error_free(err);
	err = NULL;
}

Test(borrowed, state_of_a_session_stays_with_its_transaction)
{
	const bool sqlite = strcmp(stack_database(), "sqlite") == 0;
	dbn_rows *rows;
	stack s;

	(void)unsetenv("DBNEXUS_SET");
	if (!sqlite)
		cr_skip_test("the functions of SQLite");
	stack_open(&s, "{ id = \"all\"; roles = [ \"admin\" ]; relation = \"*\"; actions = [ \"*\" ]; }, "
		"{ id = \"ddl\"; roles = [ \"admin\" ]; database = \"main\"; actions = [ \"admin.ddl\" ]; }, "
		"{ id = \"fn\"; roles = [ \"admin\" ]; function = \"last_insert_rowid\"; actions = [ \"execute\" ]; }",
		"alice");
	refused_with(dbn_query(s.session, "SELECT last_insert_rowid()", DBN_NO_ARGS, &rows, &err),
		"another connection's", "RETURNING");
	refused_with(dbn_exec(s.session, "CREATE TEMP TABLE x (a INTEGER)", DBN_NO_ARGS, NULL, &err),
		"temporary table", "inside the transaction");
	OK(dbn_begin(s.session, NULL, &err));
	OK(dbn_exec(s.session, "CREATE TEMP TABLE x (a INTEGER)", DBN_NO_ARGS, NULL, &err));
	OK(dbn_query(s.session, "SELECT last_insert_rowid()", DBN_NO_ARGS, &rows, &err));
	dbn_rows_close(rows);
	OK(dbn_rollback(s.session, &err));
	stack_close(&s);
}
