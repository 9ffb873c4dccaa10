/* SPDX-License-Identifier: MIT */
/*
 * What must not be confused: lists of one statement with those of another, a
 * statement that was refused with one that was not tried, rows that are closed
 * with rows that were not written.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

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
	stack_open(&st, "{ id = \"all\"; roles = [ \"admin\" ]; relation = \"*\"; actions = [ \"*\" ]; },"
		"{ id = \"ddl\"; roles = [ \"admin\" ]; database = \"main\"; actions = [ \"admin.ddl\" ]; }",
		"alice");
	stack_table(&st, "CREATE TABLE t (a INTEGER, b INTEGER)");
	OK(dbn_exec(st.session, "INSERT INTO t VALUES (1, 2), (1, 3), (2, 3)", DBN_NO_ARGS, NULL, &err));
}

static void
tear_down(void)
{
	stack_close(&st);
}

TestSuite(session, .init = set_up, .fini = tear_down);

static int64_t
count(size_t na, size_t nb)
{
	static const int64_t v[] = { 1, 2, 3 };
	dbn_rows *rows = NULL;
	dbn_value a[3];
	int64_t n = -1;

	for (size_t i = 0; i < 3; i++)
		a[i] = dbn_v_i64(v[i]);
	OK(dbn_query(st.session, "SELECT count(*) FROM t WHERE a IN (?) AND b IN (?)",
		DBN_ARGS(dbn_list_of(a, na), dbn_list_of(a + na, nb)), &rows, &err));
	OK(dbn_rows_next(rows, &err));
	OK(dbn_rows_scan(rows, DBN_OUT(&n), &err));
	cr_assert_eq(dbn_rows_next(rows, &err), DBN_DONE); /* only whole answers are kept */
	dbn_rows_close(rows);
	return n;
}

Test(session, the_cache_knows_one_list_from_the_next)
{
	for (int again = 0; again < 2; again++) {
		cr_assert_eq(count(1, 2), 2); /* a IN (1), b IN (2, 3) */
		cr_assert_eq(count(2, 1), 2); /* a IN (1, 2), b IN (3) */
		cr_assert_eq(count(1, 1), 1);
	}
	OK(dbn_exec(st.session, "DELETE FROM t WHERE a = 2", DBN_NO_ARGS, NULL, &err));
	cr_assert_eq(count(1, 2), 2);
	cr_assert_eq(count(2, 1), 1);
}

static bool
trail_has(const char *what)
{
	char path[128], line[8192];
	bool found = false;
	FILE *f;

	dbn_session_close(st.session);
	dbn_pool_close(st.pool);
	(void)snprintf(path, sizeof path, "%s/audit.log", st.dir);
	f = fopen(path, "r");
	cr_assert_not_null(f);
	while (fgets(line, sizeof line, f))
		found |= strstr(line, what) != NULL;
	cr_assert_eq(fclose(f), 0);
	(void)snprintf(path, sizeof path, "%s/app.conf", st.dir);
	OK(dbn_pool_open(path, &st.pool, &err));
	st.session = stack_session(&st, "alice");
	return found;
}

Test(session, a_write_in_a_reading_transaction_is_in_the_trail)
{
	dbn_txn_opts o = dbn_txn_opts_init();

	o.read_only = true;
	OK(dbn_begin(st.session, &o, &err));
	cr_assert_eq(dbn_exec(st.session, "DELETE FROM t", DBN_NO_ARGS, NULL, &err), DBN_E_INVALID);
	dbn_error_free(err);
	OK(dbn_rollback(st.session, &err));
	cr_assert(trail_has("the transaction is read only"));
}

Test(session, rows_read_to_their_end_hold_no_connection)
{
	dbn_rows *rows = NULL;

	OK(dbn_query(st.session, "SELECT a FROM t", DBN_NO_ARGS, &rows, &err));
	while (dbn_rows_next(rows, &err) == DBN_OK)
		continue;
	OK(dbn_exec(st.session, "INSERT INTO t VALUES (9, 9)", DBN_NO_ARGS, NULL, &err));
	dbn_rows_close(rows);
}

Test(session, open_rows_are_let_go_with_the_session)
{
	dbn_rows *rows = NULL, *more = NULL;

	OK(dbn_query(st.session, "SELECT a FROM t", DBN_NO_ARGS, &rows, &err));
	OK(dbn_query(st.session, "INSERT INTO t VALUES (7, 7) RETURNING a", DBN_NO_ARGS, &more, &err));
	dbn_session_close(st.session);
	st.session = stack_session(&st, "alice");
	cr_assert_eq(count(1, 2), 2);
}
