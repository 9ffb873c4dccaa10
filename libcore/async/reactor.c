/* SPDX-License-Identifier: MIT */
/*
 * The loop.  Before it sleeps it runs what was posted, then the turners, until
 * neither has anything left; then it says that it sleeps and looks at the queue
 * once more, so that a poster either is seen or sees it asleep (both sides
 * sequentially consistent) and only then pays for a wake-up.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>
#include <uv.h>

#include "async/reactor.h"
#include "base/clock.h"
#include "base/mem.h"
#include "error/error.h"

struct dbn_reactor {
	uv_loop_t loop;
	uv_async_t wake;
	uv_prepare_t prepare;
	uv_timer_t timer;
	dbn_queue inbox;
	_Atomic bool sleeping;
	_Atomic bool stopping;
	dbn_turner *turners;
	pthread_t thread;
};

struct dbn_watch {
	uv_poll_t poll;
	int fd;                          /* our own: whoever has the other may close it first */
	uint32_t events;
	void (*ready)(void *user);
	void *user;
};

static _Thread_local bool inside;

bool
dbn_reactor_inside(void)
{
	return inside;
}

void
dbn_reactor_post(dbn_reactor *r, dbn_task *t)
{
	dbn_queue_push(&r->inbox, t);
	if (atomic_load(&r->sleeping) && atomic_exchange(&r->sleeping, false))
		(void)uv_async_send(&r->wake);
}

static void
run_inbox(dbn_reactor *r)
{
	dbn_task *t;

	while ((t = dbn_queue_pop(&r->inbox)) != NULL)
		t->run(t);
}

static uint64_t
run_turners(dbn_reactor *r)
{
	uint64_t now = r->turners ? dbn_now_ns() : 0, next = UINT64_MAX;

	for (dbn_turner *t = r->turners, *after; t; t = after) {
		uint64_t at;

		after = t->next;
		at = t->turn(t, now);
		if (at < next)
			next = at;
	}
	return next;
}

static void
timer_fires(uv_timer_t *t)
{
	(void)t; /* the turners look at the clock */
}

static void
before_sleep(uv_prepare_t *p)
{
	dbn_reactor *r = p->data;
	uint64_t next, now;

	for (;;) {
		run_inbox(r);
		next = run_turners(r);
		if (!dbn_queue_empty(&r->inbox))
			continue;
		atomic_store(&r->sleeping, true);
		if (dbn_queue_empty(&r->inbox))
			break;
		atomic_store(&r->sleeping, false);
	}
	if (next == UINT64_MAX) {
		(void)uv_timer_stop(&r->timer);
	} else {
		now = dbn_now_ns();
		(void)uv_timer_start(&r->timer, timer_fires,
			next > now ? (next - now) / 1000000u + 1 : 0, 0);
	}
	if (atomic_load(&r->stopping))
		uv_stop(&r->loop);
}

static void
woken(uv_async_t *a)
{
	(void)a; /* what was posted runs before the next sleep */
}

static void *
loop_thread(void *user)
{
	dbn_reactor *r = user;

	inside = true;
	(void)uv_run(&r->loop, UV_RUN_DEFAULT);
	atomic_store(&r->sleeping, false);
	run_inbox(r);
	inside = false;
	return NULL;
}

static void
close_handles(dbn_reactor *r)
{
	uv_close((uv_handle_t *)&r->wake, NULL);
	uv_close((uv_handle_t *)&r->prepare, NULL);
	uv_close((uv_handle_t *)&r->timer, NULL);
	(void)uv_run(&r->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&r->loop);
}

/* Signals are the application's: its own threads take them. */
static int
start_thread(dbn_reactor *r)
{
	sigset_t all, old;
	int rc;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&r->thread, NULL, loop_thread, r);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc;
}

dbn_status
dbn_reactor_start(dbn_reactor **out, dbn_error **err)
{
	dbn_reactor *r = dbn_zalloc(sizeof *r);
	int rc;

	if (!r)
		return dbn_fail_nomem(err);
	dbn_queue_init(&r->inbox);
	rc = uv_loop_init(&r->loop);
	if (rc != 0) {
		dbn_free(r);
		return dbn_fail(err, DBN_E_IO, "cannot make an event loop: %s", uv_strerror(rc));
	}
	rc = uv_async_init(&r->loop, &r->wake, woken);
	if (rc != 0) {
		(void)uv_loop_close(&r->loop);
		dbn_free(r);
		return dbn_fail(err, DBN_E_IO, "cannot make an event loop: %s", uv_strerror(rc));
	}
	(void)uv_prepare_init(&r->loop, &r->prepare);
	(void)uv_timer_init(&r->loop, &r->timer);
	r->prepare.data = r;
	(void)uv_prepare_start(&r->prepare, before_sleep);
	if (start_thread(r) != 0) {
		close_handles(r);
		dbn_free(r);
		return dbn_fail(err, DBN_E_LIMIT, "cannot start a thread for the event loop");
	}
	*out = r;
	return DBN_OK;
}

void
dbn_reactor_stop(dbn_reactor *r)
{
	if (!r)
		return;
	atomic_store(&r->stopping, true);
	(void)uv_async_send(&r->wake);
	(void)pthread_join(r->thread, NULL);
	close_handles(r);
	dbn_free(r);
}

void
dbn_reactor_turner(dbn_reactor *r, dbn_turner *t)
{
	t->next = r->turners;
	r->turners = t;
}

void
dbn_reactor_turner_remove(dbn_reactor *r, dbn_turner *t)
{
	dbn_turner **at = &r->turners;

	while (*at && *at != t)
		at = &(*at)->next;
	if (*at)
		*at = t->next;
}

/* ---- descriptors ---- */

static void
watch_ready(uv_poll_t *p, int status, int events)
{
	dbn_watch *w = p->data;

	(void)status; /* whoever reads it will meet the error */
	(void)events;
	w->ready(w->user);
}

dbn_status
dbn_watch_open(dbn_reactor *r, int fd, void (*ready)(void *user), void *user, dbn_watch **out,
	dbn_error **err)
{
	dbn_watch *w = dbn_zalloc(sizeof *w);
	int rc;

	if (!w)
		return dbn_fail_nomem(err);
	w->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	rc = w->fd < 0 ? UV_EMFILE : uv_poll_init(&r->loop, &w->poll, w->fd);
	if (rc != 0) {
		if (w->fd >= 0)
			(void)close(w->fd);
		dbn_free(w);
		return dbn_fail(err, DBN_E_IO, "cannot watch a connection: %s", uv_strerror(rc));
	}
	w->poll.data = w;
	w->ready = ready;
	w->user = user;
	*out = w;
	return DBN_OK;
}

void
dbn_watch_for(dbn_watch *w, uint32_t events)
{
	if (w->events == events)
		return;
	w->events = events;
	if (events)
		(void)uv_poll_start(&w->poll, (events & DBN_WATCH_READ ? UV_READABLE : 0) |
			(events & DBN_WATCH_WRITE ? UV_WRITABLE : 0), watch_ready);
	else
		(void)uv_poll_stop(&w->poll);
}

static void
watch_closed(uv_handle_t *h)
{
	dbn_watch *w = h->data;

	(void)close(w->fd);
	dbn_free(w);
}

void
dbn_watch_close(dbn_watch *w)
{
	if (!w)
		return;
	(void)uv_poll_stop(&w->poll);
	uv_close((uv_handle_t *)&w->poll, watch_closed);
}
