/* SPDX-License-Identifier: MIT */
/*
 * Futures that are done, waiting for a loop of the application: one descriptor
 * for any number of them.  It is written once for all that come in before the
 * application has found the queue empty.  Each future in the queue is referred
 * to, so that one freed meanwhile is passed over.  No locks.
 */
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "async/future.h"
#include "async/reactor.h"
#include "base/clock.h"
#include "base/mem.h"
#include "error/error.h"

struct dbn_completions {
	dbn_queue queue;
	_Atomic bool rung;               /* the descriptor is readable, or will be at once */
	_Atomic uint32_t pushing;        /* threads inside of push() */
	int fd;
};

dbn_status
dbn_completions_new(dbn_completions **out, dbn_error **err)
{
	dbn_completions *q;

	DBN_ERR_CLEAR(err);
	*out = NULL;
	q = dbn_zalloc(sizeof *q);
	if (!q)
		return dbn_fail_nomem(err);
	dbn_queue_init(&q->queue);
	q->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (q->fd < 0) {
		dbn_free(q);
		return dbn_fail(err, DBN_E_LIMIT, "cannot make a descriptor for completions");
	}
	*out = q;
	return DBN_OK;
}

void
dbn_completions_free(dbn_completions *q)
{
	dbn_task *t;

	if (!q)
		return;
	while (atomic_load(&q->pushing)) /* what it pushed was taken, but it still rings */
		(void)sched_yield();
	while ((t = dbn_queue_pop(&q->queue)) != NULL)
		dbn_future__unref(DBN_TASK_OF(dbn_future, told, t));
	(void)close(q->fd);
	dbn_free(q);
}

int
dbn_completions_fd(const dbn_completions *q)
{
	return q ? q->fd : -1;
}

void
dbn_completions__push(dbn_completions *q, dbn_future *f)
{
	uint64_t one = 1;

	dbn_future__ref(f);
	atomic_fetch_add(&q->pushing, 1);
	dbn_queue_push(&q->queue, &f->told);
	if (!atomic_exchange(&q->rung, true))
		while (write(q->fd, &one, sizeof one) < 0 && errno == EINTR)
			continue;
	atomic_fetch_sub(&q->pushing, 1);
}

static dbn_future *
take(dbn_completions *q)
{
	dbn_task *t;

	while ((t = dbn_queue_pop(&q->queue)) != NULL) {
		dbn_future *f = DBN_TASK_OF(dbn_future, told, t);
		bool orphan = atomic_load_explicit(&f->state, memory_order_acquire) & DBN_FUTURE_ORPHAN;

		dbn_future__unref(f); /* the owner's reference is left, unless he let it go */
		if (!orphan)
			return f;
	}
	return NULL;
}

dbn_future *
dbn_completions_next(dbn_completions *q)
{
	dbn_future *f;
	uint64_t n;

	if (!q)
		return NULL;
	f = take(q);
	if (f || !atomic_load(&q->rung))
		return f;
	while (read(q->fd, &n, sizeof n) < 0)
		if (errno != EINTR)
			return take(q); /* about to be written: then we are called again */
	/* from here on the next one rings again; one that came in before the flag
	 * was taken back did not, so look once more */
	atomic_store(&q->rung, false);
	f = take(q);
	if (f && !dbn_queue_empty(&q->queue) && !atomic_exchange(&q->rung, true)) {
		n = 1; /* the rest is the next call's: the descriptor says so */
		while (write(q->fd, &n, sizeof n) < 0 && errno == EINTR)
			continue;
	}
	return f;
}

dbn_status
dbn_completions_wait(dbn_completions *q, uint64_t timeout_ns, dbn_future **out, dbn_error **err)
{
	uint64_t now = dbn_now_ns(), until;

	DBN_ERR_CLEAR(err);
	*out = NULL;
	if (!q)
		return dbn_fail(err, DBN_E_INVALID, "the queue of completions is NULL");
	if (dbn_reactor_inside())
		return dbn_fail(err, DBN_E_INVALID,
			"a callback on the library's own thread must not wait for completions");
	until = timeout_ns > UINT64_MAX / 4 - now ? UINT64_MAX / 4 : now + timeout_ns;
	while ((*out = dbn_completions_next(q)) == NULL) {
		struct pollfd p = { q->fd, POLLIN, 0 };
		uint64_t ms;

		now = dbn_now_ns();
		if (now >= until)
			return dbn_fail(err, DBN_E_BUSY, "no operation is done yet");
		ms = (until - now + 999999u) / 1000000u;
		if (poll(&p, 1, ms > 1000000000u ? -1 : (int)ms) < 0 && errno != EINTR)
			return dbn_fail(err, DBN_E_IO, "cannot wait for completions");
	}
	return DBN_OK;
}
