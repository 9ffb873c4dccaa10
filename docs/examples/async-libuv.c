/* SPDX-License-Identifier: MIT */
/*
 * A hundred sessions in a libuv loop of the application's own (the library
 * has one of its own, too): one descriptor tells of all of them, and everything
 * below runs on this one thread.
 *
 *   cc async-libuv.c $(pkg-config --cflags --libs dbnexus libuv)
 */
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include <dbnexus/dbnexus.h>

enum { SESSIONS = 100 };

static dbn_error *err;
static int64_t sum;
static int done;

static void
check(dbn_status rc, const char *what)
{
	if (rc == DBN_OK)
		return;
	fprintf(stderr, "%s: %s\n", what, dbn_error_message(err));
	exit(1);
}

/* Begin one statement for each session; their ends go into the queue. */
static void
begin_all(dbn_session **sessions, dbn_completions *queue)
{
	for (size_t i = 0; i < SESSIONS; i++) {
		dbn_future *f;

		check(dbn_get_int64_async(sessions[i], "SELECT square FROM squares WHERE n = ?",
			DBN_ARGS((int64_t)i + 1), &f, &err), "begin");
		check(dbn_future_enqueue(f, queue, NULL, &err), "enqueue");
	}
}

/* The descriptor is readable: take all that is done. */
static void
on_readable(uv_poll_t *poll, int status, int events)
{
	dbn_completions *queue = poll->data;
	dbn_future *f;

	(void)status;
	(void)events;
	while ((f = dbn_completions_next(queue)) != NULL) {
		check(dbn_future_get(f, &err), "select");
		sum += dbn_future_int64(f);
		dbn_future_free(f);
		done++;
	}
	if (done == SESSIONS)
		uv_close((uv_handle_t *)poll, NULL);
}

int
main(void)
{
	dbn_session *sessions[SESSIONS];
	dbn_completions *queue;
	dbn_pool *pool;
	uv_poll_t poll;

	check(dbn_pool_open_url("sqlite:libuv.db", NULL, NULL, DBN_OPEN_ALLOW_ALL | DBN_OPEN_CREATE, &pool, &err), "open");
	for (size_t i = 0; i < SESSIONS; i++)
		check(dbn_session_open_as(pool, "app", &sessions[i], &err), "session");
	check(dbn_exec(sessions[0], "CREATE TABLE IF NOT EXISTS squares (n INTEGER PRIMARY KEY, square INTEGER)",
		DBN_NO_ARGS, NULL, &err), "create");
	for (int64_t n = 1; n <= SESSIONS; n++)
		check(dbn_exec(sessions[0], "INSERT INTO squares VALUES (?, ?) ON CONFLICT (n) DO NOTHING",
			DBN_ARGS(n, n * n), NULL, &err), "insert");

	check(dbn_completions_new(&queue, &err), "completions");
	if (uv_poll_init(uv_default_loop(), &poll, dbn_completions_fd(queue)) != 0)
		return 1;
	poll.data = queue;
	if (uv_poll_start(&poll, UV_READABLE, on_readable) != 0)
		return 1;
	begin_all(sessions, queue);
	(void)uv_run(uv_default_loop(), UV_RUN_DEFAULT);
	printf("%d sessions, sum of squares %lld\n", done, (long long)sum);

	for (size_t i = 0; i < SESSIONS; i++)
		dbn_session_close(sessions[i]);
	dbn_completions_free(queue);
	dbn_pool_close(pool);
	(void)uv_loop_close(uv_default_loop());
	return 0;
}
