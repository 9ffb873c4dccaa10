/* SPDX-License-Identifier: MIT */
/*
 * Threads without futures on a PostgreSQL of the test's own: those that wait for a
 * connection ride together, and nobody can tell but by the time it takes.  Plain TAP,
 * also run under ThreadSanitizer.
 *   with-postgres test_rides
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dbnexus/entity.h>

#include "base/clock.h"
#include "pgstack.h"
#include "session/stack.h"

#define ROW_ROWS(e, KEY, FIELD, NULLABLE, BELONGS_TO, HAS_MANY) \
	KEY     (e, id,      int64, DBN_PLAIN) \
	FIELD   (e, name,    text,  DBN_PLAIN)
DBN_ENTITY_DECLARE(row, ROW_ROWS);
DBN_ENTITY_DEFINE(row, "t", ROW_ROWS);

enum { THREADS = 32 };
static const char point[] = "SELECT id, name FROM t WHERE id = ?";
static atomic_int wrong, right, others;
static int each = 100;

static dbn_connset_counts
counts(void)
{
	dbn_connset_counts c;

	dbn_connset_count(pool->databases[0].nodes[0].set, &c);
	return c;
}

static dbn_session *
session_of(const char *user)
{
	dbn_error *err = NULL;
	dbn_session *s = NULL;

	if (!okay(dbn_session_open_as(pool, user, &s, &err), &err, "session"))
		exit(1);
	return s;
}

static void
in_threads(size_t n, void *(*fn)(void *))
{
	pthread_t t[THREADS];

	atomic_store(&wrong, 0);
	atomic_store(&right, 0);
	atomic_store(&others, 0);
	for (size_t i = 0; i < n; i++)
		if (pthread_create(&t[i], NULL, fn, (void *)(intptr_t)i) != 0)
			exit(99);
	for (size_t i = 0; i < n; i++)
		(void)pthread_join(t[i], NULL);
}

static void
tally(bool ok)
{
	(void)atomic_fetch_add(ok ? &right : &wrong, 1);
}

/* The row of the id, none (hidden), or whatever error came. */
static dbn_status
look(dbn_session *s, int64_t id, bool hidden, dbn_error **err)
{
	char want[32];
	const char *name = NULL;
	dbn_rows *rows = NULL;
	int64_t got = -1;
	dbn_status rc = dbn_query(s, point, DBN_ARGS(id), &rows, err);

	if (rc != DBN_OK)
		return rc;
	rc = dbn_rows_next(rows, err);
	(void)snprintf(want, sizeof want, "name %lld", (long long)id);
	if (rc == DBN_DONE && hidden)
		rc = DBN_OK;
	else if (rc == DBN_OK && (hidden || dbn_rows_scan(rows, DBN_OUT(&got, &name), err) != DBN_OK ||
			got != id || strcmp(name, want) != 0 || dbn_rows_next(rows, err) != DBN_DONE))
		rc = DBN_E_INTERNAL;
	dbn_rows_close(rows);
	return rc;
}

/* ---- answers ---- */

static void *
ask(void *arg)
{
	int64_t me = (int64_t)(intptr_t)arg;
	bool bob = me % 2 != 0;
	dbn_session *s = session_of(bob ? "bob" : "alice");
	dbn_error *err = NULL;

	for (int64_t i = 0; i < each; i++) {
		int64_t id = (me * 37 + i) % 1000;

		tally(okay(look(s, id, bob && id % 2, &err), &err, "ask"));
	}
	dbn_session_close(s);
	return NULL;
}

static void
test_answers(void)
{
	dbn_connset_counts before = counts(), after;

	in_threads(THREADS, ask);
	after = counts();
	printf("# %d statements, %llu in %llu groups\n", THREADS * each,
		(unsigned long long)(after.grouped - before.grouped),
		(unsigned long long)(after.groups - before.groups));
	result(!atomic_load(&wrong) && atomic_load(&right) == THREADS * each,
		"32 threads of two users get their own rows, and no hidden one");
	result(after.groups > before.groups && after.busy == 0 && after.waiting == 0,
		"they ride together");
}

/* Whatever reads by key: values, results, records, wide rows. */
static void *
ask_otherwise(void *arg)
{
	int64_t me = (int64_t)(intptr_t)arg;
	dbn_session *s = session_of("alice");
	dbn_error *err = NULL;

	for (int64_t i = 0; i < each / 4; i++) {
		int64_t id = (me * 37 + i) % 1000, got = -1;
		struct row rec = { 0 };
		char *wide = NULL, want[32];
		dbn_result res = { .struct_size = (uint32_t)sizeof res, .affected = 7 };

		(void)snprintf(want, sizeof want, "name %lld", (long long)id);
		tally(okay(dbn_get_int64(s, "SELECT id AS of_this_test FROM t WHERE id = ?", DBN_ARGS(id), &got,
			&err), &err, "get") && got == id);
		tally(okay(dbn_exec(s, point, DBN_ARGS(id), &res, &err), &err, "exec") && !res.affected);
		tally(okay(row_find_by_id(s, id, &rec, &err), &err, "find") && rec.id == id &&
			strcmp(rec.name, want) == 0);
		row_clear(&rec);
		tally(row_find_by_id(s, -1, &rec, NULL) == DBN_E_NOT_FOUND);
		tally(okay(dbn_get_text(s, "SELECT w FROM wide WHERE id = ?", DBN_ARGS(id % 3), &wide, &err),
			&err, "wide") && strlen(wide) == 300000 && wide[0] == 'a' + id % 3);
		dbn_free_text(wide);
	}
	dbn_session_close(s);
	return NULL;
}

static void
test_kinds(void)
{
	bool ok = exec("CREATE TABLE wide (id bigint PRIMARY KEY, w text NOT NULL)");
	static char w[300001];
	dbn_error *err = NULL;

	for (int i = 0; ok && i < 3; i++) {
		memset(w, 'a' + i, sizeof w - 1);
		ok = okay(dbn_exec(alice, "INSERT INTO wide VALUES (?, ?)", DBN_ARGS(i, w), NULL, &err), &err,
			"wide");
	}
	in_threads(THREADS, ask_otherwise);
	result(ok && !atomic_load(&wrong), "values, results, records and wide rows");
	close_pool(); /* the trail is complete */
	result(recorded("of_this_test") == (size_t)(THREADS * (each / 4)), "each is in the trail, once");
	open_pool("");
}

/* ---- errors ---- */

static char alone_says[256];
static const char divides[] = "SELECT 100 / (id - ?) FROM t WHERE id = ?";

static void *
divide(void *arg)
{
	int64_t me = (int64_t)(intptr_t)arg, got = 0;
	dbn_session *s = session_of("alice");
	dbn_error *err = NULL;

	for (int64_t i = 0; i < each; i++) {
		bool bad = (me + i) % 5 == 0;
		dbn_status rc = dbn_get_int64(s, divides, DBN_ARGS(bad ? 7 : 0, 7), &got, &err);

		tally(bad ? rc == DBN_E_VALUE && strcmp(dbn_error_sqlstate(err), "22012") == 0 &&
			strcmp(dbn_error_message(err), alone_says) == 0 : rc == DBN_OK && got == 14);
		dbn_error_free(err);
		err = NULL;
	}
	dbn_session_close(s);
	return NULL;
}

static void
test_errors(void)
{
	dbn_connset_counts before = counts();
	dbn_error *err = NULL;
	int64_t got;

	if (dbn_get_int64(alice, divides, DBN_ARGS(7, 7), &got, &err) != DBN_OK)
		(void)snprintf(alone_says, sizeof alone_says, "%s", dbn_error_message(err));
	dbn_error_free(err);
	in_threads(THREADS, divide);
	result(*alone_says && !atomic_load(&wrong) && counts().grouped > before.grouped,
		"an error is its statement's alone, and says what it says alone");
}

/* ---- waiting for a lock ---- */

static dbn_session *stuck[THREADS];

static void *
wait_locked(void *arg)
{
	int64_t me = (int64_t)(intptr_t)arg;
	dbn_query_opts o = dbn_query_opts_init();
	dbn_text sql = { point, strlen(point) };
	dbn_rows *rows = NULL;
	dbn_error *err = NULL;
	uint64_t from = dbn_now_ns();
	dbn_status rc;

	if (me % 4 == 0)
		o.timeout_ns = UINT64_C(100000000) * (uint64_t)(1 + me % 3);
	rc = dbn_query_with(stuck[me], sql, DBN_ARGS(me * 2), &o, &rows, &err);
	if (me % 4 == 0)
		tally(rc == DBN_E_TIMEOUT && dbn_now_ns() - from >= o.timeout_ns);
	else if (me % 4 == 1)
		tally(rc == DBN_E_CANCELLED);
	else
		tally(rc == DBN_OK && dbn_rows_next(rows, &err) == DBN_OK &&
			dbn_rows_cells(rows)[0].u.i64 == me * 2);
	if (me % 4 < 2)
		(void)atomic_fetch_add(&others, 1);
	dbn_error_free(err);
	dbn_rows_close(rows);
	return NULL;
}

static void *
unlock_later(void *arg)
{
	dbn_session *holder = arg;
	dbn_error *err = NULL;

	for (int i = 0; i < 10 || atomic_load(&others) < THREADS / 2; i++) {
		usleep(50000);
		for (size_t k = 1; k < THREADS; k += 4)
			dbn_session_cancel(stuck[k]); /* one that comes before its statement is over */
	}
	(void)okay(dbn_rollback(holder, &err), &err, "rollback");
	return NULL;
}

static void
test_locked(void)
{
	dbn_session *holder = session_of("alice");
	dbn_error *err = NULL;
	pthread_t t;
	bool ok;

	for (size_t i = 0; i < THREADS; i++) {
		stuck[i] = session_of(i % 8 < 4 ? "alice" : "bob");
		if (!okay(look(stuck[i], 2, false, &err), &err, "warm"))
			exit(1);
	}
	ok = okay(dbn_begin(holder, NULL, &err), &err, "begin") &&
		okay(dbn_exec(holder, "ALTER TABLE t ALTER COLUMN name SET DEFAULT 'x'", DBN_NO_ARGS, NULL,
			&err), &err, "lock");
	atomic_store(&others, 0);
	if (pthread_create(&t, NULL, unlock_later, holder) != 0)
		exit(99);
	in_threads(THREADS, wait_locked);
	(void)pthread_join(t, NULL);
	printf("# %d right, %d wrong\n", atomic_load(&right), atomic_load(&wrong));
	result(ok && atomic_load(&right) == THREADS,
		"behind a lock each has its deadline and its cancel, and the rest goes on");
	for (size_t i = 0; i < THREADS; i++)
		dbn_session_close(stuck[i]);
	dbn_session_close(holder);
}

/* ---- the schema, the server, the end ---- */

static void
test_schema(void)
{
	pthread_t t[THREADS];
	bool ok = true;

	atomic_store(&wrong, 0);
	for (size_t i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, ask, (void *)(intptr_t)i) != 0)
			exit(99);
	for (int i = 0; i < 3; i++) {
		usleep(20000);
		ok = ok && exec(i % 2 ? "ALTER TABLE t ALTER COLUMN name TYPE text"
			: "ALTER TABLE t ALTER COLUMN name TYPE varchar(40)");
	}
	for (size_t i = 0; i < THREADS; i++)
		(void)pthread_join(t[i], NULL);
	result(ok && !atomic_load(&wrong), "a schema that changes is met by preparing again");
}

static void *
ask_on(void *arg)
{
	int64_t me = (int64_t)(intptr_t)arg;
	dbn_session *s = session_of("alice");
	dbn_error *err = NULL;

	while (!atomic_load(&others)) {
		int64_t id = me++ % 1000;
		dbn_status rc = look(s, id, false, &err);

		if (rc != DBN_E_CONN && rc != DBN_E_INVALID && rc != DBN_E_CANCELLED)
			tally(okay(rc, &err, "ask"));
		dbn_error_free(err);
		err = NULL;
		if (rc == DBN_E_INVALID) /* the pool is being closed */
			break;
	}
	dbn_session_close(s);
	return NULL;
}

static void
start_asking(pthread_t *t)
{
	atomic_store(&wrong, 0);
	atomic_store(&right, 0);
	atomic_store(&others, 0);
	for (size_t i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, ask_on, (void *)(intptr_t)i) != 0)
			exit(99);
}

static void
test_killed(void)
{
	pthread_t t[THREADS];
	dbn_error *err = NULL;
	bool ok = true;

	start_asking(t);
	for (int i = 0; i < 5; i++) {
		usleep(30000);
		if (system("for p in $(pgrep -P $DBN_TEST_PG_PID -f 'tester|idle' 2>/dev/null); do "
			"$DBN_TEST_PG_AS kill -TERM $p 2>/dev/null || kill -TERM $p; done") == -1)
			ok = false;
	}
	atomic_store(&others, 1);
	for (size_t i = 0; i < THREADS; i++)
		(void)pthread_join(t[i], NULL);
	result(ok && !atomic_load(&wrong) && atomic_load(&right) > 0,
		"a lost connection is a right answer or one clear error");
	ok = false;
	for (int i = 0; i < 100 && !ok; i++)
		ok = look(alice, 5, false, &err) == DBN_OK;
	dbn_error_free(err);
	result(ok, "and all goes on");
}

static void
test_close(void)
{
	pthread_t t[THREADS];

	start_asking(t);
	usleep(50000);
	close_pool();
	for (size_t i = 0; i < THREADS; i++)
		(void)pthread_join(t[i], NULL);
	result(!atomic_load(&wrong), "a pool is closed under threads that ride");
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
	open_pool("");
	if (!exec("CREATE TABLE t (id bigint PRIMARY KEY, name text NOT NULL)") || !fill())
		return 1;
	test_answers();
	test_kinds();
	test_errors();
	test_locked();
	test_schema();
	test_killed();
	test_close();
	if (setenv("DBNEXUS_SET", "databases.main.pool.per_user=2", 1) != 0)
		return 99;
	open_pool("");
	test_answers();
	close_pool();
	printf("1..%d\n", tests);
	(void)snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
	return system(cmd) != 0 || failures ? 1 : 0;
}
