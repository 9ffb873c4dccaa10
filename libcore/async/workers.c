/* SPDX-License-Identifier: MIT */
/*
 * The threads and their queues.  A thread that takes something calls the next
 * one first if there is more that may run, so that posting wakes one thread at
 * most.  A thread that ends joins the one that ended before it, and whoever frees
 * joins the last: nothing of them runs on when the library is unloaded.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "async/workers.h"
#include "base/clock.h"
#include "base/mem.h"
#include "error/error.h"

#define LINGER_S 10      /* a thread without work ends after this */

struct line {
	dbn_task *first, *last;
	uint32_t running, limit;
};

struct dbn_workers {
	pthread_mutex_t lock;            /* all below */
	pthread_cond_t work, gone;
	struct line lines[DBN_WORK_CLASSES];
	uint32_t threads, idle, signalled;
	bool stopping, has_left;
	pthread_t left;                  /* ended last, and is not joined yet */
};

/* Which class has something that may run now? */
static struct line *
runnable_locked(dbn_workers *w)
{
	static const uint32_t order[] = { DBN_WORK_INSIDE, DBN_WORK_HOLDING, DBN_WORK_FREE };

	for (size_t i = 0; i < DBN_WORK_CLASSES; i++) {
		struct line *l = &w->lines[order[i]];

		if (l->first && l->running < l->limit)
			return l;
	}
	return NULL;
}

static dbn_task *
take_locked(struct line *l)
{
	dbn_task *t = l->first;

	l->first = atomic_load_explicit(&t->next, memory_order_relaxed);
	l->running++;
	return t;
}

static void *worker(void *user);

/* Somebody for the work there is: an idle thread, or a new one. */
static void
call_locked(dbn_workers *w)
{
	sigset_t all, old;
	pthread_t thread;

	if (!runnable_locked(w))
		return;
	if (w->idle > w->signalled) {
		w->signalled++;
		(void)pthread_cond_signal(&w->work);
		return;
	}
	/* signals are the application's: its own threads take them */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	if (pthread_create(&thread, NULL, worker, w) == 0)
		w->threads++;
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* Wait for work; false: there was none for long, or the end has come. */
static bool
wait_locked(dbn_workers *w)
{
	uint64_t until = dbn_now_ns() + LINGER_S * UINT64_C(1000000000);
	struct timespec ts = { (time_t)(until / 1000000000u), (long)(until % 1000000000u) };
	int rc = 0;

	w->idle++;
	while (!w->stopping && !w->signalled && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&w->work, &w->lock, &ts);
	w->idle--;
	if (w->signalled) {
		w->signalled--;
		return true;
	}
	return false;
}

static void *
worker(void *user)
{
	dbn_workers *w = user;
	bool has_before;
	pthread_t before;
	struct line *l;

	(void)pthread_mutex_lock(&w->lock);
	for (;;) {
		dbn_task *t;

		l = runnable_locked(w);
		if (!l) {
			if (wait_locked(w) || runnable_locked(w))
				continue;
			break;
		}
		t = take_locked(l);
		call_locked(w);
		(void)pthread_mutex_unlock(&w->lock);
		t->run(t);
		(void)pthread_mutex_lock(&w->lock);
		l->running--;
	}
	before = w->left;
	has_before = w->has_left;
	w->left = pthread_self();
	w->has_left = true;
	w->threads--;
	if (!w->threads)
		(void)pthread_cond_broadcast(&w->gone);
	(void)pthread_mutex_unlock(&w->lock);
	if (has_before)
		(void)pthread_join(before, NULL);
	return NULL;
}

dbn_status
dbn_workers_new(const uint32_t limits[DBN_WORK_CLASSES], dbn_workers **out, dbn_error **err)
{
	dbn_workers *w = dbn_zalloc(sizeof *w);
	pthread_condattr_t attr;

	if (!w)
		return dbn_fail_nomem(err);
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&w->work, &attr);
	(void)pthread_cond_init(&w->gone, NULL);
	(void)pthread_condattr_destroy(&attr);
	for (size_t i = 0; i < DBN_WORK_CLASSES; i++)
		w->lines[i].limit = limits[i] ? limits[i] : 1;
	*out = w;
	return DBN_OK;
}

void
dbn_workers_free(dbn_workers *w)
{
	if (!w)
		return;
	(void)pthread_mutex_lock(&w->lock);
	w->stopping = true;
	(void)pthread_cond_broadcast(&w->work);
	while (w->threads)
		(void)pthread_cond_wait(&w->gone, &w->lock);
	(void)pthread_mutex_unlock(&w->lock);
	if (w->has_left)
		(void)pthread_join(w->left, NULL);
	(void)pthread_cond_destroy(&w->work);
	(void)pthread_cond_destroy(&w->gone);
	(void)pthread_mutex_destroy(&w->lock);
	dbn_free(w);
}

/* The one just put at the end of its line, and no thread is there to take it. */
static void
drop_last_locked(struct line *l, const dbn_task *t)
{
	dbn_task *at = l->first, *next;

	if (at == t) {
		l->first = NULL;
		return;
	}
	while ((next = atomic_load_explicit(&at->next, memory_order_relaxed)) != t)
		at = next;
	atomic_store_explicit(&at->next, NULL, memory_order_relaxed);
	l->last = at;
}

bool
dbn_workers_post(dbn_workers *w, uint32_t class, dbn_task *t)
{
	struct line *l = &w->lines[class];
	bool there;

	atomic_store_explicit(&t->next, NULL, memory_order_relaxed);
	(void)pthread_mutex_lock(&w->lock);
	if (l->first)
		atomic_store_explicit(&l->last->next, t, memory_order_relaxed);
	else
		l->first = t;
	l->last = t;
	call_locked(w);
	there = w->threads > 0;
	if (!there)
		drop_last_locked(l, t);
	(void)pthread_mutex_unlock(&w->lock);
	return there;
}

uint32_t
dbn_workers_count(dbn_workers *w)
{
	uint32_t n;

	(void)pthread_mutex_lock(&w->lock);
	n = w->threads;
	(void)pthread_mutex_unlock(&w->lock);
	return n;
}
