/* SPDX-License-Identifier: MIT */
/*
 * The policy changes under sessions that live: between statements, in the middle
 * of a transaction, while rows are open, while other threads ask.  A statement
 * runs under one policy, the newest when it began, and nobody gets an answer that
 * was made under another.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "lib/stack.h"

#define ADMIN \
	"{ id = \"all\"; roles = [ \"admin\" ]; relation = \"*\"; actions = [ \"read\", \"write\" ]; }," \
	"{ id = \"ddl\"; roles = [ \"admin\" ]; database = \"main\"; actions = [ \"admin.ddl\" ]; }"
#define GUEST(more) ADMIN ", { id = \"g\"; roles = [ \"guest\" ]; relation = \"t\"; " more " }"
#define WIDE GUEST("actions = [ \"read\", \"write\" ];")
#define READS GUEST("actions = [ \"read\" ];")
#define FIRST GUEST("actions = [ \"read\", \"write\" ]; using = \"id < 3\";")
#define HIDES GUEST("actions = [ \"read\" ]; columns = [ \"id\" ];")

static stack st;
static dbn_session *bob;
static dbn_error *err;

#define OK(call) cr_assert_eq(call, DBN_OK, "%s: %s | %s", #call, dbn_error_message(err), dbn_error_detail(err))
#define IS(status, call) do { \
	dbn_status rc_ = (call); \
	cr_assert_eq(rc_, status, "%s: %s, not %s: %s", #call, dbn_status_name(rc_), #status, dbn_error_message(err)); \
	dbn_error_free(err); \
	err = NULL; \
} while (0)

static void
write_policy(const char *users, const char *rules)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/policy.conf", st.dir);
	f = fopen(path, "w");
	cr_assert_not_null(f);
	cr_assert_geq(fprintf(f, "version = 1;\nroles = ( { name = \"guest\"; }, { name = \"admin\"; } );\n"
		"users = ( { name = \"alice\"; roles = [ \"admin\" ]; }%s );\nrules = ( %s );\n", users, rules), 0);
	cr_assert_eq(fclose(f), 0);
}

#define BOB ", { name = \"bob\"; roles = [ \"guest\" ]; }"

static void
policy(const char *rules)
{
	write_policy(BOB, rules);
	OK(dbn_pool_reload(st.pool, &err));
}

static void
begin(void)
{
	stack_open(&st, WIDE, "alice");
	OK(dbn_exec(st.session, "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER)", DBN_NO_ARGS, NULL, &err));
	OK(dbn_exec(st.session, "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3), (4, 4)", DBN_NO_ARGS, NULL, &err));
	bob = stack_session(&st, "bob");
}

static void
end(void)
{
	dbn_error_free(err);
	err = NULL;
	dbn_session_close(bob);
	stack_close(&st);
}

TestSuite(reload, .init = begin, .fini = end, .timeout = 120);

static int64_t
count(dbn_session *s)
{
	int64_t n = -1;

	OK(dbn_get_int64(s, "SELECT count(*) FROM t", DBN_NO_ARGS, &n, &err));
	return n;
}

static dbn_status
write_v(dbn_session *s)
{
	return dbn_exec(s, "UPDATE t SET v = v + 1 WHERE id = 4", DBN_NO_ARGS, NULL, &err);
}

Test(reload, between_statements)
{
	for (int again = 0; again < 2; again++) {
		cr_assert_eq(count(bob), 4);
		cr_assert_eq(count(bob), 4, "from the cache");
		OK(write_v(bob));
		policy(READS);
		cr_assert_eq(count(bob), 4);
		IS(DBN_E_DENIED, write_v(bob));
		policy(FIRST);
		cr_assert_eq(count(bob), 2, "an answer of the old policy must not come back");
		cr_assert_eq(count(st.session), 4, "who has other rules is not touched");
		policy(ADMIN);
		IS(DBN_E_DENIED, dbn_get_int64(bob, "SELECT count(*) FROM t", DBN_NO_ARGS, &(int64_t){ 0 }, &err));
		IS(DBN_E_DENIED, write_v(bob));
		policy(WIDE);
	}
	cr_assert_eq(count(bob), 4);
}

Test(reload, columns_appear_and_vanish)
{
	dbn_rows *rows;

	for (int again = 0; again < 2; again++) {
		OK(dbn_query(bob, "SELECT * FROM t", DBN_NO_ARGS, &rows, &err));
		cr_assert_eq(dbn_rows_columns(rows), again ? 1 : 2);
		dbn_rows_close(rows);
		policy(HIDES);
	}
	IS(DBN_E_SYNTAX, dbn_query(bob, "SELECT v FROM t", DBN_NO_ARGS, &rows, &err));
	OK(dbn_session_can(bob, DBN_CAN_READ, "t", "id", &err));
	IS(DBN_E_DENIED, dbn_session_can(bob, DBN_CAN_UPDATE, "t", NULL, &err));
	policy(WIDE);
	OK(dbn_query(bob, "SELECT v FROM t", DBN_NO_ARGS, &rows, &err));
	dbn_rows_close(rows);
}

Test(reload, in_the_middle_of_a_transaction)
{
	int64_t n = 0;

	OK(dbn_begin(bob, NULL, &err));
	OK(write_v(bob));
	policy(READS);
	IS(DBN_E_DENIED, write_v(bob));
	cr_assert(dbn_in_transaction(bob), "a refusal does not end it");
	OK(dbn_get_int64(bob, "SELECT v FROM t WHERE id = 4", DBN_NO_ARGS, &n, &err));
	cr_assert_eq(n, 5, "its own write, by the new policy still visible");
	policy(FIRST);
	cr_assert_eq(count(bob), 2);
	IS(DBN_E_NOT_FOUND, dbn_get_int64(bob, "SELECT v FROM t WHERE id = 4", DBN_NO_ARGS, &n, &err));
	OK(dbn_commit(bob, &err));
	OK(dbn_get_int64(st.session, "SELECT v FROM t WHERE id = 4", DBN_NO_ARGS, &n, &err));
	cr_assert_eq(n, 5, "what was allowed when it ran is kept");
	OK(dbn_begin(bob, NULL, &err));
	policy(ADMIN);
	IS(DBN_E_DENIED, dbn_get_int64(bob, "SELECT count(*) FROM t", DBN_NO_ARGS, &n, &err));
	OK(dbn_rollback(bob, &err));
}

/* Rows go on under the policy that they were asked under; they fill no cache. */
Test(reload, while_rows_are_open)
{
	dbn_rows *rows;
	dbn_status rc;
	int n = 1;

	OK(dbn_query(bob, "SELECT count(*) FROM t", DBN_NO_ARGS, &rows, &err));
	policy(FIRST);
	while ((rc = dbn_rows_next(rows, &err)) == DBN_OK)
		cr_assert_eq(dbn_rows_cells(rows)[0].u.i64, 4);
	cr_assert_eq(rc, DBN_DONE);
	dbn_rows_close(rows);
	cr_assert_eq(count(bob), 2);
	policy(WIDE);
	OK(dbn_query(bob, "SELECT id FROM t", DBN_NO_ARGS, &rows, &err));
	OK(dbn_rows_next(rows, &err));
	policy(ADMIN);
	IS(DBN_E_DENIED, write_v(bob)); /* refreshed beside the open rows */
	while ((rc = dbn_rows_next(rows, &err)) == DBN_OK)
		n++;
	cr_assert_eq(rc, DBN_DONE);
	cr_assert_eq(n, 4);
	dbn_rows_close(rows);
	IS(DBN_E_DENIED, dbn_query(bob, "SELECT id FROM t", DBN_NO_ARGS, &rows, &err));
}

Test(reload, a_wrong_policy_changes_nothing)
{
	static const char *const wrong[] = { "{ id = \"x\"; roles = [ \"nobody\" ]; }", "{{{", "{ id = 1; }" };

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		write_policy(BOB, wrong[i]);
		cr_assert_eq(dbn_pool_reload(st.pool, &err), DBN_E_CONFIG);
		cr_assert(strstr(dbn_error_detail(err), "policy.conf:") || strstr(dbn_error_message(err), "policy.conf") ||
			strstr(dbn_error_where(err), "policy.conf"), "%s | %s", dbn_error_message(err), dbn_error_detail(err));
		dbn_error_free(err);
		err = NULL;
		cr_assert_eq(count(bob), 4);
		OK(write_v(bob));
	}
	policy(READS);
	IS(DBN_E_DENIED, write_v(bob));
}

Test(reload, the_user_is_gone)
{
	dbn_session *s = NULL;

	cr_assert_eq(count(bob), 4);
	write_policy("", WIDE);
	OK(dbn_pool_reload(st.pool, &err));
	IS(DBN_E_IDENTITY, dbn_get_int64(bob, "SELECT count(*) FROM t", DBN_NO_ARGS, &(int64_t){ 0 }, &err));
	IS(DBN_E_IDENTITY, dbn_session_open_as(st.pool, "bob", &s, &err));
	cr_assert_null(s);
	policy(WIDE);
	cr_assert_eq(count(bob), 4, "and back again");
}

static _Atomic bool stop;
static _Atomic int wrong_answers;

static void *
ask(void *arg)
{
	dbn_session *s = arg;

	while (!atomic_load(&stop)) {
		int64_t n = -1;
		dbn_status rc = dbn_get_int64(s, "SELECT count(*) FROM t", DBN_NO_ARGS, &n, NULL);

		if (rc != DBN_OK || (n != 2 && n != 4))
			atomic_fetch_add(&wrong_answers, 1);
	}
	return NULL;
}

Test(reload, while_other_threads_ask)
{
	dbn_session *s[4];
	pthread_t t[4];

	for (int i = 0; i < 4; i++) {
		s[i] = stack_session(&st, "bob");
		cr_assert_eq(pthread_create(&t[i], NULL, ask, s[i]), 0);
	}
	for (int i = 0; i < 60; i++) {
		policy(i % 2 ? WIDE : FIRST);
		cr_assert_eq(count(bob), i % 2 ? 4 : 2, "at once, for who begins after it");
	}
	atomic_store(&stop, true);
	for (int i = 0; i < 4; i++) {
		cr_assert_eq(pthread_join(t[i], NULL), 0);
		dbn_session_close(s[i]);
	}
	cr_assert_eq(atomic_load(&wrong_answers), 0);
}
