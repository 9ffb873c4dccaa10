/* SPDX-License-Identifier: MIT */
/*
 * A hundred sessions in an epoll loop of the application's own: one descriptor
 * tells of all of them, and everything below runs on this one thread.
 *
 *   cc async-epoll.c $(pkg-config --cflags --libs dbnexus)
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <dbnexus/dbnexus.h>

enum { SESSIONS = 100 };

static dbn_error *err;

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
static int
take_all(dbn_completions *queue, int64_t *sum)
{
	dbn_future *f;
	int n = 0;

	for (; (f = dbn_completions_next(queue)) != NULL; n++) {
		check(dbn_future_get(f, &err), "select");
		*sum += dbn_future_int64(f);
		dbn_future_free(f);
	}
	return n;
}

int
main(void)
{
	dbn_session *sessions[SESSIONS];
	dbn_completions *queue;
	dbn_pool *pool;
	struct epoll_event ev = { .events = EPOLLIN };
	int loop = epoll_create1(EPOLL_CLOEXEC), done = 0;
	int64_t sum = 0;

	check(dbn_pool_open_url("sqlite:epoll.db", NULL, NULL, DBN_OPEN_ALLOW_ALL | DBN_OPEN_CREATE, &pool, &err), "open");
	for (size_t i = 0; i < SESSIONS; i++)
		check(dbn_session_open_as(pool, "app", &sessions[i], &err), "session");
	check(dbn_exec(sessions[0], "CREATE TABLE IF NOT EXISTS squares (n INTEGER PRIMARY KEY, square INTEGER)",
		DBN_NO_ARGS, NULL, &err), "create");
	for (int64_t n = 1; n <= SESSIONS; n++)
		check(dbn_exec(sessions[0], "INSERT INTO squares VALUES (?, ?) ON CONFLICT (n) DO NOTHING",
			DBN_ARGS(n, n * n), NULL, &err), "insert");

	check(dbn_completions_new(&queue, &err), "completions");
	if (loop < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, dbn_completions_fd(queue), &ev) != 0)
		return 1;
	begin_all(sessions, queue);
	while (done < SESSIONS && epoll_wait(loop, &ev, 1, -1) >= 0)
		done += take_all(queue, &sum);
	printf("%d sessions, sum of squares %lld\n", done, (long long)sum);

	for (size_t i = 0; i < SESSIONS; i++)
		dbn_session_close(sessions[i]);
	dbn_completions_free(queue);
	dbn_pool_close(pool);
	(void)close(loop);
	return 0;
}
