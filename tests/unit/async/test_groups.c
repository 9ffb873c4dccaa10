/* SPDX-License-Identifier: MIT */
/*
 * Reads of many sessions on a PostgreSQL of the test's own: they travel together,
 * each gets its own answer and its own error, nobody waits for ever, and the
 * memory is bounded.  Plain TAP, also run under ThreadSanitizer.
 *   with-postgres test_groups
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dbnexus/entity.h>

#include "session/async_impl.h"
#include "pgstack.h"

#define ROW_ROWS(e, KEY, FIELD, NULLABLE, BELONGS_TO, HAS_MANY) \
	KEY     (e, id,      int64, DBN_PLAIN) \
	FIELD   (e, name,    text,  DBN_PLAIN)
DBN_ENTITY_DECLARE(row, ROW_ROWS);
DBN_ENTITY_DEFINE(row, "t", ROW_ROWS);

static dbn_group_counts
counts(void)
{
	dbn_async *a = atomic_load(&pool->async);
	dbn_group_counts c = { 0, 0, 0, 0 };

	if (a && a->ngroups && a->groups[0])
		dbn_group_count(a->groups[0], &c);
	return c;
}

static const char point[] = "SELECT id, name FROM t WHERE id = ?";

static bool
row_is(dbn_future *f, int64_t id)
{
	dbn_rows *rows = dbn_future_rows(f);
	char want[32];
	int64_t got = -1;
	const char *name = NULL;
	dbn_error *err = NULL;

	(void)snprintf(want, sizeof want, "name %lld", (long long)id);
	if (!rows || dbn_rows_next(rows, &err) != DBN_OK ||
		dbn_rows_scan(rows, DBN_OUT(&got, &name), &err) != DBN_OK || got != id ||
		strcmp(name, want) != 0 || dbn_rows_next(rows, &err) != DBN_DONE) {
		printf("# id %lld, got %lld: %s; %s: %s\n", (long long)id, (long long)got,
			dbn_error_message(err), dbn_status_name(dbn_future_status(f)),
			dbn_error_message(dbn_future_error(f)));
		dbn_error_free(err);
		return false;
	}
	return true;
}

/* ---- many sessions, one statement each ---- */

static void
test_together(size_t n, const char *name)
{
	dbn_session **s = calloc(n, sizeof *s);
	dbn_completions *q = NULL;
	dbn_group_counts before, after;
	dbn_error *err = NULL;
	dbn_future *f;
	size_t got = 0, right = 0, most;
	bool ok = s && okay(dbn_completions_new(&q, &err), &err, "completions");

	for (size_t i = 0; ok && i < n; i++)
		ok = okay(dbn_session_open_as(pool, "alice", &s[i], &err), &err, "session");
	ok = ok && okay(dbn_get_int64_async(alice, "SELECT id FROM t WHERE id = ?", DBN_ARGS(1), &f, &err), &err, "warm");
	ok = ok && okay(dbn_future_get(f, &err), &err, "warm");
	dbn_future_free(f);
	ok = ok && okay(dbn_query_async(alice, point, DBN_ARGS(1), &f, &err), &err, "warm");
	ok = ok && okay(dbn_future_get(f, &err), &err, "warm");
	dbn_future_free(f);
	before = counts();
	for (size_t i = 0; ok && i < n; i++) {
		ok = okay(dbn_query_async(s[i], point, DBN_ARGS((int64_t)(i % 1000)), &f, &err), &err, "query");
		ok = ok && okay(dbn_future_enqueue(f, q, (void *)(i + 1), &err), &err, "enqueue");
	}
	most = atomic_load(&atomic_load(&pool->async)->bytes);
	while (ok && got < n) {
		ok = okay(dbn_completions_wait(q, UINT64_C(60000000000), &f, &err), &err, "wait");
		if (!ok)
			break;
		right += row_is(f, (int64_t)(((size_t)(uintptr_t)dbn_future_tag(f) - 1) % 1000));
		got++;
		dbn_future_free(f);
	}
	after = counts();
	printf("# %zu statements in %llu groups, %llu alone; %zu bytes in flight, %zu each at most\n", n,
		(unsigned long long)(after.groups - before.groups),
		(unsigned long long)(after.alone - before.alone), most, sizeof(dbn_job_stmt));
	for (size_t i = 0; s && i < n; i++)
		dbn_session_close(s[i]);
	free(s);
	dbn_completions_free(q);
	result(ok && right == n && after.statements - before.statements == n &&
		after.groups - before.groups < n, name);
}

/* Finds by key are statements like any other. */
static void
test_entities(void)
{
	enum { N = 64 };
	dbn_session *s[N];
	dbn_future *f[N];
	struct row rec[N] = { 0 }, *list = NULL;
	dbn_group_counts before = counts(), after;
	dbn_error *err = NULL;
	size_t n = 0, right = 0;
	uint64_t count = 0;
	bool ok = true;

	for (int i = 0; ok && i < N; i++)
		ok = okay(dbn_session_open_as(pool, "alice", &s[i], &err), &err, "session");
	ok = ok && okay(row_find_by_id_async(s[0], 1, &rec[0], &f[0], &err), &err, "warm");
	ok = ok && okay(dbn_future_get(f[0], &err), &err, "warm");
	dbn_future_free(f[0]);
	row_clear(&rec[0]);
	for (int i = 0; ok && i < N; i++)
		ok = okay(row_find_by_id_async(s[i], i == 7 ? -1 : i, &rec[i], &f[i], &err), &err, "find");
	for (int i = 0; ok && i < N; i++) {
		char want[32];
		dbn_status rc = dbn_future_get(f[i], NULL);

		(void)snprintf(want, sizeof want, "name %d", i);
		right += i == 7 ? rc == DBN_E_NOT_FOUND && !rec[i].name
			: rc == DBN_OK && rec[i].id == i && strcmp(rec[i].name, want) == 0;
		row_clear(&rec[i]);
		dbn_future_free(f[i]);
	}
	after = counts();
	for (int i = 0; ok && i < N; i++)
		dbn_session_close(s[i]);
	result(ok && right == N && after.statements - before.statements >= N,
		"finds of entities by key travel together");
	ok = okay(row_find_where_async(alice, row_id(DBN_LT, 3), NULL, &list, &n, &f[0], &err), &err, "list") &&
		okay(dbn_future_get(f[0], &err), &err, "list") && n == 3;
	dbn_future_free(f[0]);
	row_list_free(list, n);
	ok = ok && okay(row_count_async(alice, row_id(DBN_LT, 10), &count, &f[0], &err), &err, "count") &&
		okay(dbn_future_get(f[0], &err), &err, "count") && count == 10;
	dbn_future_free(f[0]);
	result(ok, "lists and counts of entities come too");
}

/* ---- errors ---- */

/* One of five divides by zero; the rest of its group runs again. */
static void
test_errors(void)
{
	enum { N = 100 };
	dbn_session *s[N];
	dbn_future *f[N];
	dbn_error *err = NULL;
	dbn_group_counts before = counts(), after;
	int right = 0, wrong = 0;

	for (int i = 0; i < N; i++)
		if (!okay(dbn_session_open_as(pool, "alice", &s[i], &err), &err, "session"))
			exit(1);
	for (int round = 0; round < 2; round++) { /* the first finds no plan */
		for (int i = 0; i < N; i++)
			if (!okay(dbn_get_int64_async(s[i], "SELECT 100 / (id - ?) FROM t WHERE id = ?",
				DBN_ARGS(i % 5 ? 0 : 7, 7), &f[i], &err), &err, "submit"))
				exit(1);
		for (int i = 0; i < N; i++) {
			dbn_status rc = dbn_future_get(f[i], &err);

			if (i % 5 ? rc == DBN_OK && dbn_future_int64(f[i]) == 14 : rc == DBN_E_VALUE &&
				strcmp(dbn_error_sqlstate(err), "22012") == 0)
				right++;
			else
				wrong += okay(rc, &err, "unexpected") || true;
			dbn_error_free(err);
			err = NULL;
			dbn_future_free(f[i]);
		}
	}
	after = counts();
	for (int i = 0; i < N; i++)
		dbn_session_close(s[i]);
	printf("# %llu ran again, %llu alone\n", (unsigned long long)(after.again - before.again),
		(unsigned long long)(after.alone - before.alone));
	result(right == 2 * N && wrong == 0, "an error is its statement's alone");
}

/* A column goes while its statement is prepared and planned. */
static void
test_schema(void)
{
	dbn_error *err = NULL;
	dbn_future *f = NULL;
	bool ok = exec("CREATE TABLE moving (id bigint PRIMARY KEY, a bigint)") &&
		exec("INSERT INTO moving VALUES (1, 5)");

	for (int i = 0; ok && i < 3; i++) {
		ok = okay(dbn_get_int64_async(alice, "SELECT a FROM moving WHERE id = ?", DBN_ARGS(1), &f, &err),
			&err, "submit") && okay(dbn_future_get(f, &err), &err, "get") && dbn_future_int64(f) == 5;
		dbn_future_free(f);
		if (i == 1)
			ok = ok && exec("ALTER TABLE moving ALTER COLUMN a TYPE integer");
	}
	result(ok, "a changed type is met by preparing again");
	ok = exec("ALTER TABLE moving DROP COLUMN a") &&
		okay(dbn_get_int64_async(alice, "SELECT a FROM moving WHERE id = ?", DBN_ARGS(1), &f, &err),
			&err, "submit") && dbn_future_get(f, &err) == DBN_E_SYNTAX;
	dbn_error_free(err);
	dbn_future_free(f);
	result(ok, "a column that has gone is a clear error");
}

/* What may be a member, and what never. */
static void
test_plans(void)
{
	static const struct {
		const char *sql;
		bool may;
	} cases[] = {
		{ "SELECT name FROM t WHERE id = ?", true },
		{ "SELECT name FROM t WHERE 7 = id AND name LIKE 'n%'", true },
		{ "SELECT lower(a.name) FROM t a JOIN t b ON b.id = a.id WHERE a.id = ?", true },
		{ "SELECT count(*) FROM t WHERE id = ?", true },
		{ "SELECT name FROM t", false },
		{ "SELECT name FROM t WHERE id > ?", false },
		{ "SELECT name FROM t WHERE id = ? OR name = 'x'", false },
		{ "SELECT name FROM t WHERE name = ?", false },
		{ "SELECT a.name FROM t a JOIN t b ON b.name = a.name WHERE a.id = ?", false },
		{ "SELECT name FROM t WHERE id = ? AND EXISTS (SELECT 1 FROM t)", false },
		{ "SELECT name, (SELECT max(id) FROM t) FROM t WHERE id = ?", false },
		{ "SELECT name FROM t WHERE id = ? UNION ALL SELECT name FROM t", false },
		{ "WITH q AS (SELECT name FROM t) SELECT name FROM q", false },
		{ "SELECT name, now() FROM t WHERE id = ?", false },
		{ "SELECT name, current_timestamp FROM t WHERE id = ?", false },
		{ "SELECT name FROM t WHERE id = ? FOR UPDATE", false },
		{ "SELECT 1", false },
		{ "DELETE FROM t WHERE id = ?", false },
	};
	bool ok = true;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		dbn_text sql = { cases[i].sql, strlen(cases[i].sql) };
		char *json = NULL;
		dbn_error *err = NULL;
		bool may = dbn_explain(alice, sql, &json, &err) == DBN_OK &&
			strstr(json, "\"groupable\":true");

		if (may != cases[i].may)
			printf("# %s: %s %s\n", cases[i].sql, may ? "true" : "false", dbn_error_message(err));
		ok = ok && may == cases[i].may;
		dbn_error_free(err);
		dbn_free_text(json);
	}
	result(ok, "only what is short and hangs on nothing travels with others");
}

static void
test_policy(void)
{
	dbn_session *bob = NULL;
	dbn_error *err = NULL;
	dbn_future *f = NULL;
	bool ok = okay(dbn_session_open_as(pool, "bob", &bob, &err), &err, "session");

	for (int64_t id = 10; ok && id < 14; id++) {
		ok = okay(dbn_query_async(bob, point, DBN_ARGS(id), &f, &err), &err, "submit") &&
			okay(dbn_future_get(f, &err), &err, "get");
		if (id % 2 == 0)
			ok = ok && row_is(f, id);
		else
			ok = ok && dbn_rows_next(dbn_future_rows(f), &err) == DBN_DONE;
		dbn_future_free(f);
	}
	dbn_session_close(bob);
	result(ok, "rules hold in groups");
}

/* ---- waiting for a lock ---- */

static void
test_locked(void)
{
	dbn_session *other = NULL, *third = NULL;
	dbn_query_opts o = dbn_query_opts_init();
	dbn_text sql = { point, strlen(point) };
	dbn_error *err = NULL;
	dbn_future *slow = NULL, *stopped = NULL, *f = NULL;
	bool ok = okay(dbn_session_open_as(pool, "alice", &other, &err), &err, "session") &&
		okay(dbn_session_open_as(pool, "alice", &third, &err), &err, "session");

	ok = ok && okay(dbn_begin(other, NULL, &err), &err, "begin") &&
		okay(dbn_exec(other, "ALTER TABLE t ALTER COLUMN name SET DEFAULT 'x'", DBN_NO_ARGS, NULL, &err), &err, "lock");
	o.timeout_ns = 300000000;
	ok = ok && okay(dbn_query_with_async(alice, sql, DBN_ARGS(5), &o, &slow, &err), &err, "submit") &&
		okay(dbn_query_async(third, point, DBN_ARGS(6), &stopped, &err), &err, "submit");
	usleep(100000);
	dbn_future_cancel(stopped);
	ok = ok && dbn_future_get(stopped, &err) == DBN_E_CANCELLED;
	dbn_error_free(err);
	err = NULL;
	result(ok, "what waits for a lock can be cancelled");
	ok = ok && dbn_future_get(slow, &err) == DBN_E_TIMEOUT;
	dbn_error_free(err);
	err = NULL;
	result(ok, "and has its deadline");
	dbn_future_free(stopped);
	dbn_future_free(slow);
	ok = ok && okay(dbn_rollback(other, &err), &err, "rollback") &&
		okay(dbn_query_async(alice, point, DBN_ARGS(5), &f, &err), &err, "submit") &&
		okay(dbn_future_get(f, &err), &err, "get") && row_is(f, 5);
	dbn_future_free(f);
	result(ok, "others go on when the lock is gone");
	dbn_session_close(other);
	dbn_session_close(third);
}

/* ---- a server process is killed ---- */

static void
test_killed(void)
{
	enum { N = 200 };
	dbn_session *s[N];
	dbn_future *f[N];
	dbn_error *err = NULL;
	int right = 0;
	bool ok = true;

	for (int i = 0; i < N; i++)
		ok = ok && okay(dbn_session_open_as(pool, "alice", &s[i], &err), &err, "session");
	for (int round = 0; ok && round < 5; round++) {
		for (int i = 0; i < N; i++)
			ok = ok && okay(dbn_query_async(s[i], point, DBN_ARGS(i), &f[i], &err), &err, "submit");
		if (system("for p in $(pgrep -P $DBN_TEST_PG_PID -f 'tester|idle' 2>/dev/null); do "
			"$DBN_TEST_PG_AS kill -TERM $p 2>/dev/null || kill -TERM $p; done") == -1)
			ok = false;
		for (int i = 0; i < N; i++) {
			dbn_status rc = dbn_future_get(f[i], &err);

			right += rc == DBN_OK ? row_is(f[i], i) : rc == DBN_E_CONN;
			if (rc != DBN_OK && rc != DBN_E_CONN)
				printf("# %s: %s\n", dbn_status_name(rc), dbn_error_message(err));
			dbn_error_free(err);
			err = NULL;
			dbn_future_free(f[i]);
		}
	}
	for (int i = 0; i < N; i++)
		dbn_session_close(s[i]);
	result(ok && right == 5 * N, "a lost connection is a right answer or one clear error");
}

/* ---- threads ---- */

enum { THREADS = 4, EACH = 300 };
static atomic_int wrong;

static void *
ask(void *arg)
{
	int64_t me = (int64_t)(intptr_t)arg;
	dbn_session *s = NULL;
	dbn_error *err = NULL;

	if (!okay(dbn_session_open_as(pool, me % 2 ? "alice" : "bob", &s, &err), &err, "session"))
		atomic_fetch_add(&wrong, 1);
	for (int64_t i = 0; s && i < EACH; i++) {
		int64_t id = (me * 37 + i) * 2 % 1000;
		dbn_future *f = NULL;

		if (!okay(dbn_query_async(s, point, DBN_ARGS(id), &f, &err), &err, "submit") ||
			!okay(dbn_future_get(f, &err), &err, "get") || !row_is(f, id))
			atomic_fetch_add(&wrong, 1);
		dbn_future_free(f);
	}
	dbn_session_close(s);
	return NULL;
}

static void
test_threads(void)
{
	pthread_t t[THREADS];

	for (size_t i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, ask, (void *)(intptr_t)i) != 0)
			exit(99);
	for (size_t i = 0; i < THREADS; i++)
		(void)pthread_join(t[i], NULL);
	result(atomic_load(&wrong) == 0, "threads that wait get their own answers");
}

static void
test_close(void)
{
	enum { N = 500 };
	dbn_session *s[N];
	dbn_future *f[N];
	dbn_error *err = NULL;
	int fine = 0;

	for (int i = 0; i < N; i++)
		if (!okay(dbn_session_open_as(pool, "alice", &s[i], &err), &err, "session") ||
			!okay(dbn_query_async(s[i], point, DBN_ARGS(i), &f[i], &err), &err, "submit"))
			exit(1);
	for (int i = 0; i < N; i++)
		dbn_session_close(s[i]);
	close_pool();
	for (int i = 0; i < N; i++) {
		dbn_status rc = dbn_future_get(f[i], NULL);

		fine += rc == DBN_OK ? row_is(f[i], i) : rc == DBN_E_INVALID || rc == DBN_E_CONN;
		dbn_future_free(f[i]);
	}
	result(fine == N, "a pool is closed with statements under way");
}

/* Where the trail promises that outcomes are durable before callers are told, it is
 * so for each of those that travelled together. */
static void
test_before_ack(void)
{
	enum { N = 64 };
	static const char what[] = "marked_by_this_test";
	static const char marked[] = "SELECT id, name AS marked_by_this_test FROM t WHERE id = ?";
	dbn_session *s[N];
	dbn_future *f[N];
	dbn_group_counts before, after;
	dbn_error *err = NULL;
	size_t late = 0, right = 0, warm;

	if (setenv("DBNEXUS_SET", "audit[trail].guarantee=before_ack", 1) != 0)
		exit(99);
	open_pool("limits = { sessions = 20000; };\n");
	(void)unsetenv("DBNEXUS_SET");
	for (int i = 0; i < N; i++)
		if (!okay(dbn_session_open_as(pool, "alice", &s[i], &err), &err, "session"))
			exit(1);
	/* With its plan at hand, so that none has to wait for a worker to compile it. */
	if (!okay(dbn_query_async(s[0], marked, DBN_ARGS(1), &f[0], &err), &err, "warm") ||
		!okay(dbn_future_get(f[0], &err), &err, "warm"))
		exit(1);
	dbn_future_free(f[0]);
	warm = recorded(what);
	before = counts();
	for (int i = 0; i < N; i++)
		if (!okay(dbn_query_async(s[i], marked, DBN_ARGS(i), &f[i], &err), &err, "query"))
			exit(1);
	for (size_t i = 0; i < N; i++) {
		right += dbn_future_get(f[i], NULL) == DBN_OK && row_is(f[i], (int64_t)i);
		late += recorded(what) < warm + i + 1; /* so many are told at least */
		dbn_future_free(f[i]);
	}
	after = counts();
	printf("# %zu of %d recorded too late; %llu groups for %llu statements\n", late, N,
		(unsigned long long)(after.groups - before.groups),
		(unsigned long long)(after.statements - before.statements));
	result(right == N && !late && recorded(what) == warm + N && after.groups - before.groups <
		after.statements - before.statements, "what travels together is in the trail before it is told");
	for (int i = 0; i < N; i++)
		dbn_session_close(s[i]);
	close_pool();
}

int
main(void)
{
	char cmd[160];

	if (!getenv("DBN_TEST_PG_URL")) {
		printf("1..0 # SKIP no server: run it by tests/servers/with-postgres\n");
		return 77;
	}
	alarm(280);
	make_dir();
	open_pool("limits = { sessions = 20000; };\n");
	if (!exec("CREATE TABLE t (id bigint PRIMARY KEY, name text NOT NULL)") || !fill())
		return 1;
	test_together(32, "32 statements travel together");
	test_together(10000, "10,000 sessions with one statement each over 8 connections");
	test_entities();
	test_errors();
	test_schema();
	test_plans();
	test_policy();
	test_locked();
	test_threads();
	test_killed();
	test_close();
	test_before_ack();
	printf("1..%d\n", tests);
	(void)snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
	return system(cmd) != 0 || failures ? 1 : 0;
}
