/* SPDX-License-Identifier: MIT */
/*
 * Sessions, rows, transactions and the cache on real SQLite, by the public API.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/stack.h"

#define RULES \
	"{ id = \"all\"; roles = [ \"admin\" ]; relation = \"*\"; actions = [ \"read\", \"write\" ]; columns = [ \"*\" ]; }," \
	"{ id = \"ddl\"; roles = [ \"admin\" ]; database = \"main\"; actions = [ \"admin.ddl\" ]; }," \
	"{ id = \"some\"; roles = [ \"guest\" ]; relation = \"users\"; actions = [ \"read\" ]; columns = [ \"id\", \"name\" ]; using = \"id < 3\"; }"
#define ENDLESS "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

static stack st;
static dbn_error *err;

#define OK(call) cr_assert_eq(call, DBN_OK, "%s: %s | %s", #call, dbn_error_message(err), dbn_error_detail(err))
#define IS(status, call) do { \
	dbn_status rc_ = (call); \
	cr_assert_eq(rc_, status, "%s: %s, not %s: %s", #call, dbn_status_name(rc_), #status, dbn_error_message(err)); \
	cr_assert_not_null(err); \
	dbn_error_free(err); \
	err = NULL; \
} while (0)
#define RUN(sql) OK(dbn_exec(st.session, sql, DBN_NO_ARGS, NULL, &err))

static void
begin(void)
{
	stack_open(&st, RULES, "alice");
	stack_table(&st, "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, "
		"age INTEGER CHECK (age < 200))");
	RUN("INSERT INTO users VALUES (1, 'ann', 20), (2, 'bob', 30), (3, 'cay', NULL)");
}

static void
end(void)
{
	dbn_error_free(err);
	err = NULL;
	stack_close(&st);
}

TestSuite(whole, .init = begin, .fini = end, .timeout = 60);

static dbn_text
text(const char *p, size_t n)
{
	dbn_text t = { p, n };

	return t;
}

static int64_t
count_as(dbn_session *s)
{
	int64_t n = -1;

	OK(dbn_get_int64(s, "SELECT count(*) FROM users", DBN_NO_ARGS, &n, &err));
	return n;
}

/* The name of user 1, and whether the answer came from the cache. */
static bool
cached(dbn_session *s, const char *want)
{
	const char *name = NULL;
	dbn_rows *rows;
	bool hit;

	OK(dbn_query(s, "SELECT name FROM users WHERE id = 1", DBN_NO_ARGS, &rows, &err));
	hit = dbn_rows_cached(rows);
	OK(dbn_rows_next(rows, &err));
	OK(dbn_rows_scan(rows, DBN_OUT(&name), &err));
	cr_assert_str_eq(name, want);
	cr_assert_eq(dbn_rows_next(rows, &err), DBN_DONE);
	dbn_rows_close(rows);
	return hit;
}

Test(whole, parameters)
{
	dbn_value ids[] = { dbn_v_i64(1), dbn_v_i64(3), dbn_v_i64(9) };
	int64_t n = 0;

	OK(dbn_get_int64(st.session, "SELECT id FROM users WHERE name = ? AND age = ?", DBN_ARGS("bob", 30), &n, &err));
	cr_assert_eq(n, 2);
	OK(dbn_get_int64(st.session, "SELECT id FROM users WHERE age = $2 AND name = $1", DBN_ARGS("bob", 30), &n, &err));
	cr_assert_eq(n, 2);
	OK(dbn_get_int64(st.session, "SELECT count(*) FROM users WHERE id IN (?)", DBN_ARGS(dbn_list_of(ids, 3)), &n, &err));
	cr_assert_eq(n, 2);
	OK(dbn_get_int64(st.session, "SELECT count(*) FROM users WHERE id IN (?)", DBN_ARGS(dbn_list_of(ids, 1)), &n, &err));
	cr_assert_eq(n, 1);
	IS(DBN_E_INVALID, dbn_get_int64(st.session, "SELECT id FROM users WHERE id = ?", DBN_NO_ARGS, &n, &err));
	IS(DBN_E_INVALID, dbn_get_int64(st.session, "SELECT id FROM users WHERE id = ?", DBN_ARGS(1, 2), &n, &err));
	IS(DBN_E_VALUE, dbn_get_int64(st.session, "SELECT count(*) FROM users WHERE id IN (?)", DBN_ARGS(dbn_list_of(ids, 0)), &n, &err));
	IS(DBN_E_VALUE, dbn_get_int64(st.session, "SELECT count(*) FROM users WHERE id = ?", DBN_ARGS(dbn_list_of(ids, 2)), &n, &err));
	IS(DBN_E_SYNTAX, dbn_get_int64(st.session, "SELECT id FROM users WHERE id = ? OR id = $1", DBN_ARGS(1, 2), &n, &err));
}

Test(whole, what_a_statement_did)
{
	dbn_result r = { .struct_size = sizeof r };
	dbn_value rows[] = { dbn_v_text("x"), dbn_v_text("y"), dbn_v_text("z") };
	dbn_value twice[] = { dbn_v_text("p"), dbn_v_text("ann"), dbn_v_text("q") };
	int64_t keys[3] = { 0 }, n;

	OK(dbn_exec(st.session, "UPDATE users SET age = 1 WHERE id < 3", DBN_NO_ARGS, &r, &err));
	cr_assert_eq(r.affected, 2);
	OK(dbn_exec(st.session, "INSERT INTO users (name) VALUES (?)", DBN_ARGS("w"), &r, &err));
	cr_assert_eq(r.affected, 1);
	cr_assert_eq(r.generated_key, 4);
	OK(dbn_exec_many(st.session, "INSERT INTO users (name) VALUES (?)", dbn_args_of(rows, 3), 3, &r, keys, &err));
	cr_assert_eq(r.affected, 3);
	cr_assert(keys[0] == 5 && keys[1] == 6 && keys[2] == 7);
	IS(DBN_E_DUPLICATE, dbn_exec_many(st.session, "INSERT INTO users (name) VALUES (?)", dbn_args_of(twice, 3), 3, &r, keys, &err));
	cr_assert_eq(count_as(st.session), 7);
	IS(DBN_E_NOT_FOUND, dbn_get_int64(st.session, "SELECT id FROM users WHERE id = 99", DBN_NO_ARGS, &n, &err));
}

Test(whole, errors_have_a_state)
{
	cr_assert_eq(dbn_exec(st.session, "INSERT INTO users VALUES (1, 'new', 1)", DBN_NO_ARGS, NULL, &err), DBN_E_DUPLICATE);
	cr_assert_str_eq(dbn_error_sqlstate(err), "23505");
	dbn_error_free(err);
	cr_assert_eq(dbn_exec(st.session, "INSERT INTO users VALUES (9, 'old', 900)", DBN_NO_ARGS, NULL, &err), DBN_E_CONSTRAINT);
	cr_assert_str_eq(dbn_error_sqlstate(err), "23514");
	dbn_error_free(err);
	cr_assert_eq(dbn_exec(st.session, "INSERT INTO users VALUES (9, NULL, 9)", DBN_NO_ARGS, NULL, &err), DBN_E_CONSTRAINT);
	cr_assert_str_eq(dbn_error_sqlstate(err), "23502");
	dbn_error_free(err);
	err = NULL;
	cr_assert_eq(count_as(st.session), 3);
}

Test(whole, transactions)
{
	dbn_txn_opts ro = dbn_txn_opts_init();
	dbn_session *other = stack_session(&st, "alice");

	IS(DBN_E_TXN_NONE, dbn_commit(st.session, &err));
	IS(DBN_E_TXN_NONE, dbn_rollback(st.session, &err));
	IS(DBN_E_TXN_NONE, dbn_savepoint(st.session, &err));
	OK(dbn_begin(st.session, NULL, &err));
	cr_assert(dbn_in_transaction(st.session));
	IS(DBN_E_TXN_ACTIVE, dbn_begin(st.session, NULL, &err));
	RUN("INSERT INTO users (name) VALUES ('a')");
	cr_assert_eq(count_as(st.session), 4);
	cr_assert_eq(count_as(other), 3);
	OK(dbn_savepoint(st.session, &err));
	RUN("INSERT INTO users (name) VALUES ('b')");
	OK(dbn_savepoint(st.session, &err));
	RUN("INSERT INTO users (name) VALUES ('c')");
	OK(dbn_savepoint_rollback(st.session, &err));
	cr_assert_eq(count_as(st.session), 5);
	OK(dbn_savepoint_release(st.session, &err));
	IS(DBN_E_INVALID, dbn_savepoint_release(st.session, &err));
	OK(dbn_commit(st.session, &err));
	cr_assert_not(dbn_in_transaction(st.session));
	cr_assert_eq(count_as(other), 5);
	OK(dbn_begin(st.session, NULL, &err));
	RUN("DELETE FROM users");
	OK(dbn_rollback(st.session, &err));
	cr_assert_eq(count_as(st.session), 5);
	ro.read_only = true;
	OK(dbn_begin(st.session, &ro, &err));
	cr_assert_eq(dbn_exec(st.session, "DELETE FROM users", DBN_NO_ARGS, NULL, &err), DBN_E_INVALID);
	cr_assert_str_eq(dbn_error_message(err), "the transaction is read only");
	dbn_error_free(err);
	err = NULL;
	cr_assert_eq(count_as(st.session), 5, "reading goes on");
	IS(DBN_E_INVALID, dbn_exec(st.session, "INSERT INTO users (name) VALUES ('x') RETURNING id", DBN_NO_ARGS, NULL, &err));
	IS(DBN_E_INVALID, dbn_exec(st.session, "CREATE TABLE more (a INTEGER)", DBN_NO_ARGS, NULL, &err));
	OK(dbn_rollback(st.session, &err));
	cr_assert_eq(count_as(st.session), 5);
	dbn_session_close(other);
}

Test(whole, rows_open_beside_another_statement)
{
	dbn_rows *rows;
	int64_t id = 0, seen = 0;

	for (int in_txn = 0; in_txn < 2; in_txn++, seen = 0) {
		if (in_txn)
			OK(dbn_begin(st.session, NULL, &err));
		OK(dbn_query(st.session, "SELECT id FROM users ORDER BY id", DBN_NO_ARGS, &rows, &err));
		while (dbn_rows_next(rows, &err) == DBN_OK) {
			OK(dbn_rows_scan(rows, DBN_OUT(&id), &err));
			cr_assert_eq(id, ++seen);
			OK(dbn_exec(st.session, "UPDATE users SET age = ? WHERE id = ?", DBN_ARGS(id, id), NULL, &err));
		}
		cr_assert_null(err);
		cr_assert_eq(seen, 3);
		dbn_rows_close(rows);
		if (in_txn)
			OK(dbn_commit(st.session, &err));
	}
	OK(dbn_begin(st.session, NULL, &err));
	OK(dbn_query(st.session, "SELECT id FROM users", DBN_NO_ARGS, &rows, &err));
	OK(dbn_rows_next(rows, &err));
	OK(dbn_commit(st.session, &err));
	cr_assert_neq(dbn_rows_next(rows, &err), DBN_OK);
	dbn_rows_close(rows);
}

static void *
cancel_soon(void *arg)
{
	struct timespec t = { 0, 200000000 };

	(void)nanosleep(&t, NULL);
	dbn_session_cancel(arg);
	return NULL;
}

Test(whole, deadline_and_cancel)
{
	dbn_query_opts o = dbn_query_opts_init();
	pthread_t t;
	int64_t n;

	o.timeout_ns = 100000000;
	IS(DBN_E_TIMEOUT, dbn_exec_with(st.session, text(ENDLESS, strlen(ENDLESS)), DBN_NO_ARGS, &o, NULL, &err));
	cr_assert_eq(count_as(st.session), 3);
	cr_assert_eq(pthread_create(&t, NULL, cancel_soon, st.session), 0);
	IS(DBN_E_CANCELLED, dbn_get_int64(st.session, ENDLESS, DBN_NO_ARGS, &n, &err));
	(void)pthread_join(t, NULL);
	cr_assert_eq(count_as(st.session), 3);
}

Test(whole, cache)
{
	dbn_session *other = stack_session(&st, "alice"), *bob = stack_session(&st, "bob");

	cr_assert_not(cached(st.session, "ann"));
	cr_assert(cached(st.session, "ann"));
	cr_assert(cached(other, "ann"), "one view, one entry");
	cr_assert_not(cached(bob, "ann"), "another view");
	RUN("UPDATE users SET name = 'own' WHERE id = 1");
	cr_assert_not(cached(st.session, "own"));
	OK(dbn_exec(other, "UPDATE users SET name = 'theirs' WHERE id = 1", DBN_NO_ARGS, NULL, &err));
	cr_assert_not(cached(st.session, "theirs"));
	OK(dbn_begin(st.session, NULL, &err));
	RUN("UPDATE users SET name = 'never' WHERE id = 1");
	cr_assert_not(cached(st.session, "never"), "read inside a transaction");
	cr_assert(cached(other, "theirs"));
	OK(dbn_rollback(st.session, &err));
	cr_assert(cached(st.session, "theirs"), "a rollback changes nothing");
	OK(dbn_begin(st.session, NULL, &err));
	RUN("UPDATE users SET name = 'kept' WHERE id = 1");
	OK(dbn_commit(st.session, &err));
	cr_assert_not(cached(other, "kept"));
	cr_assert_eq(count_as(st.session), 3);
	cr_assert_eq(count_as(bob), 2, "two views share no answer");
	dbn_session_close(other);
	dbn_session_close(bob);
}

/* Where no schema is searched, administration names it.  rank: a reserved word of none. */
static void
add_rank(const char *dflt)
{
	char sql[128];

	(void)snprintf(sql, sizeof sql, "ALTER TABLE %susers ADD COLUMN rank INTEGER DEFAULT %s",
		strcmp(stack_database(), "postgres") == 0 ? "public." : "", dflt);
	OK(dbn_exec(st.session, sql, DBN_NO_ARGS, NULL, &err));
}

Test(whole, ddl_is_seen)
{
	int64_t n = -1;

	if (strcmp(stack_database(), "mysql") != 0) { /* there it would commit: refused */
		OK(dbn_begin(st.session, NULL, &err));
		add_rank("7");
		OK(dbn_get_int64(st.session, "SELECT rank FROM users WHERE id = 1", DBN_NO_ARGS, &n, &err));
		cr_assert_eq(n, 7);
		OK(dbn_rollback(st.session, &err));
	}
	IS(DBN_E_SYNTAX, dbn_get_int64(st.session, "SELECT rank FROM users WHERE id = 1", DBN_NO_ARGS, &n, &err));
	add_rank("8");
	OK(dbn_get_int64(st.session, "SELECT rank FROM users WHERE id = 1", DBN_NO_ARGS, &n, &err));
	cr_assert_eq(n, 8);
}

static dbn_status
age_of(int id, int64_t *age)
{
	return dbn_get_int64(st.session, "SELECT age FROM users WHERE id = ?", DBN_ARGS(id), age, &err);
}

/* What is prepared was of another shape: outside of a transaction nobody notices. */
Test(whole, the_schema_changes_behind_a_statement)
{
	int64_t age = 0;

	if (strcmp(stack_database(), "postgres") != 0) /* who refuses what it had prepared */
		return;
	OK(age_of(1, &age));
	cr_assert_eq(age, 20);
	stack_elsewhere(&st, "ALTER TABLE public.users ALTER COLUMN age TYPE bigint");
	OK(age_of(2, &age));
	cr_assert_eq(age, 30);
	RUN("CREATE TABLE other (id INTEGER)");
	OK(age_of(1, &age)); /* this shape is prepared */
	OK(dbn_begin(st.session, NULL, &err));
	RUN("INSERT INTO other VALUES (1)");
	stack_elsewhere(&st, "ALTER TABLE public.users ALTER COLUMN age TYPE integer");
	cr_assert_eq(age_of(1, &age), DBN_E_SCHEMA, "%s", dbn_error_message(err));
	cr_assert(strstr(dbn_error_message(err), "has changed since") && strstr(dbn_error_hint(err), "Roll back"),
		"%s (%s)", dbn_error_message(err), dbn_error_hint(err));
	dbn_error_free(err);
	err = NULL;
	IS(DBN_E_TXN_FAILED, age_of(2, &age));
	OK(dbn_rollback(st.session, &err));
	OK(age_of(2, &age));
	cr_assert_eq(age, 30);
}

Test(whole, after_fork)
{
	int status = 0;
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (pid == 0) {
		int64_t n;

		_exit(dbn_get_int64(st.session, "SELECT 1", DBN_NO_ARGS, &n, NULL) == DBN_E_FORKED ? 0 : 1);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	cr_assert_eq(count_as(st.session), 3);
}

/* A child opens the stack itself, writes inside a transaction and is killed. */
Test(whole, killed_in_a_transaction)
{
	char path[512], c;
	int status = 0, fd[2];
	pid_t pid;

	cr_assert_eq(pipe(fd), 0);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		dbn_pool *pool;
		dbn_session *s;

		stack_url(&st, path, sizeof path);
		if (dbn_pool_open_url(path, NULL, NULL, DBN_OPEN_ALLOW_ALL, &pool, NULL) != DBN_OK ||
			dbn_session_open_as(pool, "child", &s, NULL) != DBN_OK ||
			dbn_begin(s, NULL, NULL) != DBN_OK ||
			dbn_exec(s, "DELETE FROM users", DBN_NO_ARGS, NULL, NULL) != DBN_OK)
			_exit(1);
		if (write(fd[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	(void)close(fd[1]);
	cr_assert_eq(read(fd[0], &c, 1), 1, "the child could not write");
	cr_assert_eq(kill(pid, SIGKILL), 0);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	(void)close(fd[0]);
	cr_assert_eq(count_as(st.session), 3);
	RUN("INSERT INTO users (name) VALUES ('after')");
	cr_assert_eq(count_as(st.session), 4);
}

Test(whole, pool_closed_first)
{
	int64_t n;

	dbn_pool_close(st.pool);
	st.pool = NULL;
	IS(DBN_E_INVALID, dbn_get_int64(st.session, "SELECT 1", DBN_NO_ARGS, &n, &err));
}
