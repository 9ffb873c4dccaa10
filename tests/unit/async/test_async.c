/* SPDX-License-Identifier: MIT */
/*
 * Operations that nobody waits for, over SQLite: what they give, in which order
 * they run, how one learns that they are done, how they are stopped.
 */
#include <criterion/criterion.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/stack.h"
#include "lib/team_member.h"

DBN_ENTITY_DEFINE(team, "team", TEAM_ROWS);
DBN_ENTITY_DEFINE(member, "member", MEMBER_ROWS);
DBN_ENTITY_DEFINE(tag, "tag", TAG_ROWS);

static stack st;
static dbn_error *err;
static dbn_session *s;

#define OK(call) do { \
	dbn_status rc_ = call; \
	cr_assert_eq(rc_, DBN_OK, "%s: %s", #call, dbn_error_message(err)); \
} while (0)

/* Wait, want this status, let it go. */
static void
done(dbn_future *f, dbn_status want)
{
	dbn_status rc = dbn_future_get(f, &err);

	cr_assert_eq(rc, want, "%s: %s", dbn_status_name(rc), dbn_error_message(err));
	cr_assert_eq(err == NULL, want >= DBN_OK);
	dbn_error_free(err);
	err = NULL;
	dbn_future_free(f);
}
#define DONE(call) do { dbn_future *f_ = NULL; OK(call); done(f_, DBN_OK); } while (0)

static void
set_up(void)
{
	stack_open(&st, "{ id = \"all\"; roles = [ \"admin\" ]; relation = \"*\"; actions = [ \"*\" ]; },"
		"{ id = \"ddl\"; roles = [ \"admin\" ]; database = \"main\"; actions = [ \"admin.ddl\" ]; },"
		"{ id = \"bob\"; roles = [ \"guest\" ]; relation = \"t\"; actions = [ \"read\" ]; using = \"a > 1\"; }",
		"alice");
	s = st.session;
	OK(dbn_exec(s, "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)", DBN_NO_ARGS, NULL, &err));
	OK(dbn_exec(s, "INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, NULL)", DBN_NO_ARGS, NULL, &err));
}

static void
tear_down(void)
{
	stack_close(&st);
}

TestSuite(async, .init = set_up, .fini = tear_down);

/* ---- what they give ---- */

Test(async, rows_are_complete_and_outlive_the_session)
{
	dbn_future *f = NULL;
	dbn_rows *rows;
	int64_t a = 0;
	const char *b = NULL;

	OK(dbn_query_async(s, "SELECT a, b FROM t WHERE a < ? ORDER BY a", DBN_ARGS(3), &f, &err));
	OK(dbn_future_wait(f, DBN_FOREVER, &err));
	cr_assert_eq(dbn_future_status(f), DBN_OK);
	dbn_session_close(s);
	dbn_pool_close(st.pool);
	rows = dbn_future_rows(f);
	cr_assert_not_null(rows);
	cr_assert_eq(dbn_rows_columns(rows), 2);
	cr_assert_str_eq(dbn_rows_name(rows, 1), "b");
	OK(dbn_rows_next(rows, &err));
	OK(dbn_rows_scan(rows, DBN_OUT(&a, &b), &err));
	cr_assert(a == 1 && strcmp(b, "one") == 0);
	OK(dbn_rows_next(rows, &err));
	OK(dbn_rows_scan(rows, DBN_OUT(&a, &b), &err));
	cr_assert(a == 2 && strcmp(b, "two") == 0);
	cr_assert_eq(dbn_rows_next(rows, &err), DBN_DONE);
	cr_assert_eq(dbn_rows_next(rows, &err), DBN_DONE);
	dbn_rows_close(rows);
	dbn_future_free(f);
	s = st.session = NULL;
	st.pool = NULL;
}

Test(async, results_keys_and_single_values)
{
	dbn_future *f = NULL;
	int64_t keys[2] = { 0, 0 };

	OK(dbn_exec_async(s, "INSERT INTO t (b) VALUES (?)", DBN_ARGS("four"), &f, &err));
	OK(dbn_future_get(f, &err));
	cr_assert_eq(dbn_future_result(f).affected, 1);
	cr_assert_eq(dbn_future_result(f).generated_key, 4);
	cr_assert_null(dbn_future_rows(f));
	dbn_future_free(f);
	OK(dbn_exec_many_async(s, "INSERT INTO t (b) VALUES (?)", DBN_ARGS("five", "six"), 2, keys, &f, &err));
	OK(dbn_future_get(f, &err));
	cr_assert_eq(dbn_future_result(f).affected, 2);
	cr_assert(keys[0] == 5 && keys[1] == 6);
	dbn_future_free(f);
	OK(dbn_get_int64_async(s, "SELECT count(*) FROM t", DBN_NO_ARGS, &f, &err));
	OK(dbn_future_get(f, &err));
	cr_assert_eq(dbn_future_int64(f), 6);
	dbn_future_free(f);
	OK(dbn_get_text_async(s, "SELECT b FROM t WHERE a = 5", DBN_NO_ARGS, &f, &err));
	OK(dbn_future_get(f, &err));
	cr_assert_str_eq(dbn_future_text(f), "five");
	dbn_future_free(f);
	OK(dbn_get_text_async(s, "SELECT b FROM t WHERE a = 3", DBN_NO_ARGS, &f, &err));
	done(f, DBN_E_VALUE);
	OK(dbn_get_double_async(s, "SELECT a FROM t WHERE a = 99", DBN_NO_ARGS, &f, &err));
	done(f, DBN_E_NOT_FOUND);
	OK(dbn_query_async(s, "SELECT nothing FROM t", DBN_NO_ARGS, &f, &err));
	done(f, DBN_E_SYNTAX);
}

Test(async, a_cached_answer_is_given_at_once)
{
	dbn_future *f = NULL;
	dbn_rows *rows;

	for (int again = 0; again < 3; again++) {
		OK(dbn_query_async(s, "SELECT b FROM t WHERE a = ?", DBN_ARGS(2), &f, &err));
		cr_assert(again == 0 || dbn_future_ready(f));
		OK(dbn_future_get(f, &err));
		rows = dbn_future_rows(f);
		cr_assert_eq(dbn_rows_cached(rows), again > 0);
		OK(dbn_rows_next(rows, &err));
		cr_assert_eq(memcmp(dbn_rows_cells(rows)->u.ptr, "two", 3), 0);
		cr_assert_eq(dbn_rows_next(rows, &err), DBN_DONE);
		dbn_future_free(f);
	}
	DONE(dbn_exec_async(s, "UPDATE t SET b = 'zwei' WHERE a = 2", DBN_NO_ARGS, &f_, &err));
	OK(dbn_get_text_async(s, "SELECT b FROM t WHERE a = ?", DBN_ARGS(2), &f, &err));
	OK(dbn_future_get(f, &err));
	cr_assert_str_eq(dbn_future_text(f), "zwei");
	dbn_future_free(f);
}

Test(async, the_policy_and_the_trail_see_them_all)
{
	dbn_session *bob = stack_session(&st, "bob");
	dbn_future *f = NULL;
	char path[128], line[8192];
	int denied = 0, read = 0;
	FILE *file;

	OK(dbn_get_int64_async(bob, "SELECT count(*) FROM t", DBN_NO_ARGS, &f, &err));
	OK(dbn_future_get(f, &err));
	cr_assert_eq(dbn_future_int64(f), 2);
	dbn_future_free(f);
	OK(dbn_exec_async(bob, "DELETE FROM t", DBN_NO_ARGS, &f, &err));
	done(f, DBN_E_DENIED);
	dbn_session_close(bob);
	dbn_session_close(s);
	dbn_pool_close(st.pool);
	s = st.session = NULL;
	st.pool = NULL;
	(void)snprintf(path, sizeof path, "%s/audit.log", st.dir);
	file = fopen(path, "r");
	cr_assert_not_null(file);
	while (fgets(line, sizeof line, file)) {
		denied += strstr(line, "\"bob\"") && strstr(line, "\"denied\"") && strstr(line, "\"delete\"");
		read += strstr(line, "\"bob\"") && strstr(line, "\"ok\"") && strstr(line, "\"read\"");
	}
	fclose(file);
	cr_assert_eq(denied, 1);
	cr_assert_eq(read, 1);
}

Test(async, what_was_given_may_go_when_the_call_returns)
{
	char sql[] = "INSERT INTO t VALUES (?, ?)", text[] = "ninety";
	dbn_future *first = NULL, *f = NULL;
	dbn_value list[2] = { dbn_v_i64(1), dbn_v_i64(90) };

	OK(dbn_exec_async(s, "UPDATE t SET b = 'x' WHERE a = 3", DBN_NO_ARGS, &first, &err));
	OK(dbn_exec_async(s, sql, DBN_ARGS(90, text), &f, &err));
	memset(sql, '#', sizeof sql - 1);
	memset(text, '#', sizeof text - 1);
	done(first, DBN_OK);
	done(f, DBN_OK);
	OK(dbn_get_text_async(s, "SELECT b FROM t WHERE a = 90", DBN_NO_ARGS, &f, &err));
	OK(dbn_future_get(f, &err));
	cr_assert_str_eq(dbn_future_text(f), "ninety");
	dbn_future_free(f);
	OK(dbn_get_int64_async(s, "SELECT count(*) FROM t WHERE a IN (?)", DBN_ARGS(dbn_list_of(list, 2)),
		&f, &err));
	list[0] = list[1] = dbn_v_text("gone");
	OK(dbn_future_get(f, &err));
	cr_assert_eq(dbn_future_int64(f), 2);
	dbn_future_free(f);
}

/* ---- order ---- */

Test(async, operations_of_a_session_follow_each_other)
{
	enum { N = 200 };
	dbn_future *f[N + 3];
	size_t n = 0;

	OK(dbn_begin_async(s, NULL, &f[n++], &err));
	for (int i = 0; i < N; i++)
		OK(dbn_exec_async(s, "UPDATE t SET b = ? || '.' || coalesce(b, '') WHERE a = 1 AND ? >= 0",
			DBN_ARGS("x", i), &f[n++], &err));
	OK(dbn_get_int64_async(s, "SELECT length(b) FROM t WHERE a = 1", DBN_NO_ARGS, &f[n++], &err));
	OK(dbn_commit_async(s, &f[n++], &err));
	cr_assert_eq(dbn_exec(s, "DELETE FROM t", DBN_NO_ARGS, NULL, &err), DBN_E_BUSY);
	dbn_error_free(err);
	err = NULL;
	OK(dbn_future_wait(f[n - 1], DBN_FOREVER, &err));
	for (size_t i = 0; i < n; i++)
		cr_assert(dbn_future_ready(f[i]));
	cr_assert_eq(dbn_future_int64(f[n - 2]), 3 + 2 * N);
	for (size_t i = 0; i < n; i++)
		done(f[i], DBN_OK);
	OK(dbn_exec(s, "DELETE FROM t", DBN_NO_ARGS, NULL, &err));
}

Test(async, transactions_and_savepoints)
{
	dbn_future *f = NULL;

	DONE(dbn_begin_async(s, NULL, &f_, &err));
	DONE(dbn_savepoint_async(s, &f_, &err));
	DONE(dbn_exec_async(s, "DELETE FROM t", DBN_NO_ARGS, &f_, &err));
	DONE(dbn_savepoint_rollback_async(s, &f_, &err));
	DONE(dbn_savepoint_async(s, &f_, &err));
	DONE(dbn_exec_async(s, "DELETE FROM t WHERE a = 1", DBN_NO_ARGS, &f_, &err));
	DONE(dbn_savepoint_release_async(s, &f_, &err));
	DONE(dbn_commit_async(s, &f_, &err));
	OK(dbn_commit_async(s, &f, &err));
	done(f, DBN_E_TXN_NONE);
	DONE(dbn_begin_async(s, NULL, &f_, &err));
	DONE(dbn_exec_async(s, "DELETE FROM t", DBN_NO_ARGS, &f_, &err));
	DONE(dbn_rollback_async(s, &f_, &err));
	OK(dbn_get_int64_async(s, "SELECT count(*) FROM t", DBN_NO_ARGS, &f, &err));
	OK(dbn_future_get(f, &err));
	cr_assert_eq(dbn_future_int64(f), 2);
	dbn_future_free(f);
}

/* Many sessions want the one writer, each for two steps: whoever holds it always
 * finds a thread to let it go. */
Test(async, more_transactions_than_threads)
{
	enum { N = 40 };
	dbn_session *many[N];
	dbn_future *f[N][3];

	for (int i = 0; i < N; i++)
		many[i] = stack_session(&st, "alice");
	for (int i = 0; i < N; i++) {
		OK(dbn_begin_async(many[i], NULL, &f[i][0], &err));
		OK(dbn_exec_async(many[i], "UPDATE t SET b = coalesce(b, '') || 'y' WHERE a = 3", DBN_NO_ARGS,
			&f[i][1], &err));
		OK(dbn_commit_async(many[i], &f[i][2], &err));
	}
	for (int i = 0; i < N; i++)
		for (int k = 0; k < 3; k++)
			done(f[i][k], DBN_OK);
	for (int i = 0; i < N; i++)
		dbn_session_close(many[i]);
	OK(dbn_get_int64_async(s, "SELECT length(b) FROM t WHERE a = 3", DBN_NO_ARGS, &f[0][0], &err));
	OK(dbn_future_get(f[0][0], &err));
	cr_assert_eq(dbn_future_int64(f[0][0]), N);
	dbn_future_free(f[0][0]);
}

/* ---- the rest of the twins ---- */

static dbn_status
add_two(dbn_session *session, void *user, dbn_error **e)
{
	int *runs = user;
	dbn_status rc = dbn_exec(session, "INSERT INTO t VALUES (50, 'a')", DBN_NO_ARGS, NULL, e);

	++*runs;
	return rc == DBN_OK ? dbn_exec(session, "INSERT INTO t VALUES (51, 'b')", DBN_NO_ARGS, NULL, e) : rc;
}

static dbn_status
refuse(dbn_session *session, void *user, dbn_error **e)
{
	(void)user;
	(void)e;
	cr_assert(dbn_in_transaction(session));
	return DBN_E_INVALID;
}

Test(async, functions_sessions_builders)
{
	dbn_identity who = DBN_INIT(dbn_identity, .user = "bob");
	dbn_builder *b = dbn_builder_new();
	dbn_select *q = dbn_select_new(b);
	dbn_update *u = dbn_update_new(b, "t");
	dbn_session *bob = NULL;
	dbn_future *f = NULL;
	int runs = 0;

	DONE(dbn_txn_async(s, NULL, add_two, &runs, &f_, &err));
	cr_assert_eq(runs, 1);
	OK(dbn_txn_async(s, NULL, refuse, NULL, &f, &err));
	cr_assert_eq(dbn_future_get(f, NULL), DBN_E_INVALID);
	dbn_future_free(f);
	DONE(dbn_session_open_async(st.pool, &who, &bob, &f_, &err));
	OK(dbn_session_can_async(bob, DBN_CAN_DELETE, "t", NULL, &f, &err));
	done(f, DBN_E_DENIED);
	OK(dbn_session_can_async(bob, DBN_CAN_READ, "t", "b", &f, &err));
	done(f, DBN_OK);
	DONE(dbn_session_close_async(bob, &f_, &err));
	OK(dbn_session_open_as_async(st.pool, "nobody", &bob, &f, &err));
	done(f, DBN_E_IDENTITY);
	cr_assert_null(bob);
	dbn_select_from(q, "t", NULL);
	dbn_select_column(q, dbn_x_count_all(b), NULL);
	dbn_select_where(q, dbn_x_is(b, "b", DBN_EQ, DBN_V("a")));
	OK(dbn_select_run_async(s, q, &f, &err));
	dbn_update_set_value(u, "b", DBN_V("changed"));
	dbn_update_every_row(u);
	dbn_builder_check(b, &err);
	OK(dbn_future_get(f, &err));
	OK(dbn_rows_next(dbn_future_rows(f), &err));
	cr_assert_eq(dbn_rows_cells(dbn_future_rows(f))->u.i64, 1);
	dbn_future_free(f);
	OK(dbn_update_run_async(s, u, &f, &err));
	dbn_builder_free(b);
	OK(dbn_future_get(f, &err));
	cr_assert_eq(dbn_future_result(f).affected, 5);
	dbn_future_free(f);
	OK(dbn_explain_async(s, (dbn_text){ "SELECT b FROM t", 15 }, &f, &err));
	OK(dbn_future_get(f, &err));
	cr_assert_not_null(strstr(dbn_future_text(f), "canonical") ? dbn_future_text(f) : strstr(dbn_future_text(f), "SELECT"));
	dbn_future_free(f);
	DONE(dbn_pool_invalidate_async(st.pool, "t", &f_, &err));
	DONE(dbn_pool_reload_async(st.pool, &f_, &err));
}

Test(async, entities)
{
	team t = team_init(), other = team_init();
	member m = member_init(), found = member_init(), *list = NULL;
	char name[] = "red", login[] = "bob";
	const char *logins[] = { login, "eve" };
	member_fields fields = { .age = true };
	size_t n = 0;
	uint64_t count = 0;
	dbn_future *f = NULL;

	DONE(team_create_table_async(s, &f_, &err));
	DONE(member_create_table_async(s, &f_, &err));
	t.name = name;
	DONE(team_insert_async(s, &t, &f_, &err));
	cr_assert_eq(t.id, 1);
	m.team_id = t.id;
	m.login = login;
	m.role = "boss";
	m.age = dbn_some_int32(25);
	DONE(member_insert_async(s, &m, &f_, &err));
	OK(member_find_by_id_async(s, 1, login, &found, &f, &err));
	login[0] = '#';
	done(f, DBN_OK);
	login[0] = 'b';
	cr_assert(strcmp(found.login, "bob") == 0 && found.age.value == 25);
	OK(member_find_where_async(s, member_and(member_role(DBN_EQ, "boss"), member_login_in(logins, 2)),
		NULL, &list, &n, &f, &err));
	login[0] = '#';
	done(f, DBN_OK);
	login[0] = 'b';
	cr_assert_eq(n, 1);
	member_list_free(list, n);
	m.age = dbn_some_int32(26);
	m.role = "not this";
	OK(member_update_fields_async(s, &m, &fields, &f, &err));
	fields.age = false;
	done(f, DBN_OK);
	DONE(member_count_async(s, member_age(DBN_EQ, 26), &count, &f_, &err));
	cr_assert_eq(count, 1);
	DONE(member_load_team_async(s, &m, &other, &f_, &err));
	cr_assert_str_eq(other.name, "red");
	DONE(team_load_members_async(s, &t, NULL, &list, &n, &f_, &err));
	cr_assert(n == 1 && strcmp(list[0].role, "boss") == 0);
	member_list_free(list, n);
	DONE(member_delete_async(s, 1, "bob", &f_, &err));
	member_clear(&found);
	OK(member_find_by_id_async(s, 1, "bob", &found, &f, &err));
	done(f, DBN_E_NOT_FOUND);
	team_clear(&t);
	team_clear(&other);
	member_clear(&m);
	member_clear(&found);
}

Test(async, rows_may_stream)
{
	dbn_query_opts o = dbn_query_opts_init();
	dbn_text sql = { "SELECT a FROM t ORDER BY a", 26 };
	dbn_future *f = NULL;
	dbn_rows *rows;

	o.flags = DBN_QUERY_STREAM;
	OK(dbn_query_with_async(s, sql, DBN_NO_ARGS, &o, &f, &err));
	OK(dbn_future_get(f, &err));
	rows = dbn_future_rows(f);
	dbn_future_free(f);
	for (int64_t want = 1; want <= 3; want++) {
		DONE(dbn_rows_next_async(rows, &f_, &err));
		cr_assert_eq(dbn_rows_cells(rows)->u.i64, want);
	}
	OK(dbn_rows_next_async(rows, &f, &err));
	cr_assert_eq(dbn_future_get(f, &err), DBN_DONE);
	dbn_future_free(f);
	DONE(dbn_rows_close_async(rows, &f_, &err));
}

/* ---- learning that it is done ---- */

struct chain {
	atomic_int left, wrong;
	dbn_future *last;
};

/* Each callback begins the next: no stack grows, though answers come from the cache. */
static void
next_link(dbn_future *f, void *user)
{
	struct chain *c = user;
	dbn_future *more = NULL;
	dbn_error *e = NULL;

	if (dbn_future_status(f) != DBN_OK || dbn_future_int64(f) != 3 ||
		dbn_future_wait(f, 0, NULL) != DBN_OK)
		atomic_fetch_add(&c->wrong, 1);
	dbn_future_free(f);
	if (atomic_fetch_sub(&c->left, 1) == 1)
		return;
	if (dbn_get_int64_async(s, "SELECT count(*) FROM t", DBN_NO_ARGS, &more, &e) != DBN_OK ||
		dbn_future_on_done(more, next_link, c, &e) != DBN_OK)
		atomic_store(&c->wrong, 1000);
}

Test(async, callbacks_begin_the_next)
{
	struct chain c = { .left = 20000 };
	dbn_future *f = NULL;

	OK(dbn_get_int64_async(s, "SELECT count(*) FROM t", DBN_NO_ARGS, &f, &err));
	OK(dbn_future_on_done(f, next_link, &c, &err));
	while (atomic_load(&c.left) > 0 && atomic_load(&c.wrong) < 1000)
		usleep(1000);
	cr_assert_eq(atomic_load(&c.wrong), 0);
}

static atomic_int refused;

static void
try_to_wait(dbn_future *f, void *user)
{
	dbn_future *never = user;
	dbn_error *e = NULL;

	(void)f;
	if (!dbn_future_ready(never) && dbn_future_wait(never, DBN_FOREVER, &e) == DBN_E_INVALID)
		atomic_store(&refused, 1);
	else
		atomic_store(&refused, -1);
	dbn_error_free(e);
}

static atomic_int may_go;

static dbn_status
hold(dbn_session *session, void *user, dbn_error **e)
{
	(void)session;
	(void)user;
	(void)e;
	while (!atomic_load(&may_go))
		usleep(1000);
	return DBN_OK;
}

Test(async, a_callback_must_not_wait)
{
	dbn_session *other = stack_session(&st, "alice");
	dbn_future *slow = NULL, *f = NULL;

	OK(dbn_call_async(other, hold, NULL, &slow, &err));
	OK(dbn_get_int64_async(s, "SELECT count(*) FROM t", DBN_NO_ARGS, &f, &err));
	OK(dbn_future_on_done(f, try_to_wait, slow, &err));
	cr_assert_eq(dbn_future_on_done(f, try_to_wait, slow, &err), DBN_E_INVALID);
	dbn_error_free(err);
	while (!atomic_load(&refused))
		usleep(1000);
	cr_assert_eq(atomic_load(&refused), 1);
	cr_assert_eq(dbn_future_wait(slow, 1000000, &err), DBN_E_BUSY);
	dbn_error_free(err);
	err = NULL;
	atomic_store(&may_go, 1);
	done(slow, DBN_OK);
	dbn_future_free(f);
	dbn_session_close(other);
}

Test(async, one_descriptor_for_many_futures)
{
	enum { N = 100 };
	dbn_session *many[N];
	dbn_completions *q = NULL;
	dbn_future *f = NULL;
	bool seen[N] = { false };
	int got = 0;

	OK(dbn_completions_new(&q, &err));
	cr_assert_null(dbn_completions_next(q));
	for (size_t i = 0; i < N; i++) {
		many[i] = stack_session(&st, "alice");
		OK(dbn_get_int64_async(many[i], "SELECT count(*) + ? FROM t", DBN_ARGS((int64_t)i), &f, &err));
		OK(dbn_future_enqueue(f, q, &seen[i], &err));
	}
	while (got < N) {
		struct pollfd p = { dbn_completions_fd(q), POLLIN, 0 };

		cr_assert_eq(poll(&p, 1, 60000), 1);
		while ((f = dbn_completions_next(q)) != NULL) {
			bool *flag = dbn_future_tag(f);

			cr_assert_eq(dbn_future_status(f), DBN_OK, "%s",
				dbn_error_message(dbn_future_error(f)));
			cr_assert_eq(dbn_future_int64(f), 3 + (flag - seen));
			cr_assert(!*flag);
			*flag = true;
			got++;
			dbn_future_free(f);
		}
	}
	cr_assert_eq(dbn_completions_wait(q, 1000000, &f, &err), DBN_E_BUSY);
	dbn_error_free(err);
	for (size_t i = 0; i < N; i++)
		dbn_session_close(many[i]);
	dbn_completions_free(q);
}

Test(async, a_descriptor_of_its_own)
{
	dbn_future *f = NULL;
	struct pollfd p = { -1, POLLIN, 0 };

	for (int again = 0; again < 2; again++) { /* slow; and done already */
		OK(dbn_get_int64_async(s, "SELECT count(*) FROM t", DBN_NO_ARGS, &f, &err));
		if (again)
			OK(dbn_future_wait(f, DBN_FOREVER, &err));
		p.fd = dbn_future_fd(f, &err);
		cr_assert_eq(poll(&p, 1, 60000), 1);
		cr_assert(dbn_future_ready(f));
		dbn_future_free(f);
	}
}

/* ---- stopping ---- */

Test(async, cancel_what_has_not_begun_and_what_runs)
{
	static const char forever[] = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c "
		"WHERE n < 100000000000) SELECT count(*) FROM c";
	dbn_future *runs = NULL, *waits = NULL, *after = NULL;

	OK(dbn_query_async(s, forever, DBN_NO_ARGS, &runs, &err));
	OK(dbn_exec_async(s, "DELETE FROM t", DBN_NO_ARGS, &waits, &err));
	OK(dbn_get_int64_async(s, "SELECT count(*) FROM t", DBN_NO_ARGS, &after, &err));
	dbn_future_cancel(waits);
	usleep(50000);
	cr_assert(!dbn_future_ready(runs));
	dbn_future_cancel(runs);
	done(runs, DBN_E_CANCELLED);
	done(waits, DBN_E_CANCELLED);
	OK(dbn_future_get(after, &err));
	cr_assert_eq(dbn_future_int64(after), 3);
	dbn_future_cancel(after);
	dbn_future_free(after);
}

Test(async, deadlines_hold)
{
	dbn_text sql = { "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100000000000) "
		"SELECT count(*) FROM c", 0 };
	dbn_query_opts o = dbn_query_opts_init();
	dbn_future *f = NULL;

	sql.len = strlen(sql.ptr);
	o.timeout_ns = 50000000;
	OK(dbn_query_with_async(s, sql, DBN_NO_ARGS, &o, &f, &err));
	done(f, DBN_E_TIMEOUT);
}

Test(async, let_go_before_it_is_done)
{
	dbn_future *f = NULL;

	for (int i = 0; i < 200; i++) {
		OK(dbn_exec_async(s, "UPDATE t SET b = coalesce(b, '') || 'z' WHERE a = 3", DBN_NO_ARGS, &f, &err));
		dbn_future_free(f);
	}
	OK(dbn_get_int64_async(s, "SELECT length(b) FROM t WHERE a = 3", DBN_NO_ARGS, &f, &err));
	OK(dbn_future_get(f, &err));
	cr_assert_eq(dbn_future_int64(f), 200);
	dbn_future_free(f);
}

Test(async, close_with_operations_under_way)
{
	enum { N = 50 };
	dbn_future *f[N];

	for (int i = 0; i < N; i++)
		OK(dbn_exec_async(s, "UPDATE t SET b = 'c' WHERE a = 3", DBN_NO_ARGS, &f[i], &err));
	dbn_session_close(s); /* behind them */
	dbn_pool_close(st.pool); /* those not begun are refused */
	for (int i = 0; i < N; i++) {
		dbn_status rc = dbn_future_get(f[i], NULL);

		cr_assert(rc == DBN_OK || rc == DBN_E_INVALID, "%s", dbn_status_name(rc));
		dbn_future_free(f[i]);
	}
	s = st.session = NULL;
	st.pool = NULL;
}

/* What runs longer than the pool waits is cancelled, what waits behind it is refused:
 * each is told once, and closing comes back. */
Test(async_close, cancels_what_does_not_end)
{
	static const char forever[] = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c "
		"WHERE n < 100000000000) SELECT count(*) FROM c";
	enum { N = 4 };
	dbn_future *runs, *behind[N];
	dbn_status rc;

	cr_assert_eq(setenv("DBNEXUS_SET", "databases.main.pool.drain=\"50 ms\"", 1), 0);
	set_up();
	cr_assert_eq(unsetenv("DBNEXUS_SET"), 0);
	OK(dbn_get_int64_async(s, forever, DBN_NO_ARGS, &runs, &err));
	for (int i = 0; i < N; i++)
		OK(dbn_exec_async(s, "UPDATE t SET b = 'never' WHERE a = 3", DBN_NO_ARGS, &behind[i], &err));
	usleep(200000); /* it runs, most likely; else it is refused like the others */
	dbn_session_close(s);
	dbn_pool_close(st.pool);
	rc = dbn_future_get(runs, &err);
	cr_assert(rc == DBN_E_CANCELLED || rc == DBN_E_INVALID, "%s: %s", dbn_status_name(rc),
		dbn_error_message(err));
	dbn_error_free(err);
	dbn_future_free(runs);
	for (int i = 0; i < N; i++) {
		err = NULL;
		rc = dbn_future_get(behind[i], &err);
		cr_assert_eq(rc, DBN_E_INVALID, "%s: %s", dbn_status_name(rc), dbn_error_message(err));
		cr_assert(*dbn_error_message(err));
		dbn_error_free(err);
		dbn_future_free(behind[i]);
	}
	err = NULL;
	s = st.session = NULL;
	st.pool = NULL;
	tear_down();
}

Test(async, wrong_calls)
{
	dbn_query_opts empty = { 0 };
	dbn_future *f = (dbn_future *)(void *)&empty;
	dbn_text sql = { "SELECT 1", 8 };

	cr_assert_eq(dbn_query_async(NULL, "SELECT 1", DBN_NO_ARGS, &f, &err), DBN_E_INVALID);
	cr_assert_null(f);
	dbn_error_free(err);
	cr_assert_eq(dbn_query_with_async(s, sql, DBN_NO_ARGS, &empty, &f, &err), DBN_E_INVALID);
	dbn_error_free(err);
	cr_assert_eq(dbn_call_async(s, NULL, NULL, &f, &err), DBN_E_INVALID);
	dbn_error_free(err);
	cr_assert_eq(dbn_rows_next_async(NULL, &f, &err), DBN_E_INVALID);
	dbn_error_free(err);
	cr_assert_eq(dbn_future_wait(NULL, 0, &err), DBN_E_INVALID);
	dbn_error_free(err);
	err = NULL;
	cr_assert_eq(dbn_future_status(NULL), DBN_E_BUSY);
	dbn_future_cancel(NULL);
	dbn_future_free(NULL);
	dbn_completions_free(NULL);
}

Test(async, a_child_of_fork_is_refused)
{
	dbn_future *f = NULL, *none = NULL;
	pid_t child;
	int status = 0;

	atomic_store(&may_go, 0);
	OK(dbn_call_async(s, hold, NULL, &f, &err));
	child = fork();
	if (child == 0) {
		bool ok = dbn_future_wait(f, DBN_FOREVER, NULL) == DBN_E_FORKED &&
			dbn_exec_async(s, "DELETE FROM t", DBN_NO_ARGS, &none, NULL) == DBN_E_FORKED;

		dbn_future_free(f);
		_exit(ok ? 0 : 1);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	atomic_store(&may_go, 1);
	done(f, DBN_OK);
}
