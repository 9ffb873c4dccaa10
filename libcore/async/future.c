/* SPDX-License-Identifier: MIT */
/*
 * Being done and asking for it.  Each side sets its flag and looks at the flags
 * that were there: who comes second does what is to be done.  A thread that waits
 * sleeps on the flags themselves (a futex), so that nothing is made for it.
 */
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "async/future.h"
#include "async/reactor.h"
#include "base/clock.h"
#include "base/futex.h"
#include "error/error.h"

void
dbn_future__init(dbn_future *f, const dbn_future_ops *ops)
{
	f->ops = ops;
	atomic_store_explicit(&f->state, 0, memory_order_relaxed);
	atomic_store_explicit(&f->refs, 2, memory_order_relaxed);
	f->status = DBN_OK;
	f->error = NULL;
	f->fd = -1;
	f->queue = NULL;
	f->tag = NULL;
}

void
dbn_future__ref(dbn_future *f)
{
	atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
}

void
dbn_future__unref(dbn_future *f)
{
	if (atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) != 1)
		return;
	dbn_error_free(f->error);
	f->error = NULL;
	if (f->fd >= 0)
		(void)close(f->fd);
	f->ops->release(f);
}

/* ---- being done ---- */

static void
ring(int fd)
{
	uint64_t one = 1;

	while (write(fd, &one, sizeof one) < 0 && errno == EINTR)
		continue;
}

/* A callback must not wait: the thread is one of few, and not the callback's. */
static _Thread_local uint32_t calling_back;

void
dbn_future__tell(dbn_future *f)
{
	if (f->queue) {
		dbn_completions__push(f->queue, f);
		return;
	}
	calling_back++;
	f->fn(f, f->user);
	calling_back--;
}

void
dbn_future__done(dbn_future *f, dbn_status status, dbn_error *error)
{
	uint32_t old;

	f->status = status;
	f->error = error;
	old = atomic_fetch_or_explicit(&f->state, DBN_FUTURE_DONE, memory_order_acq_rel);
	if (old & DBN_FUTURE_WAITED)
		dbn_futex_wake(&f->state, DBN_FUTEX_ALL);
	if (old & DBN_FUTURE_FD)
		ring(f->fd);
	if ((old & (DBN_FUTURE_HOOKED | DBN_FUTURE_ORPHAN)) == DBN_FUTURE_HOOKED)
		dbn_future__tell(f);
	dbn_future__unref(f);
}

/* ---- the owner ---- */

bool
dbn_future_ready(const dbn_future *f)
{
	return f && atomic_load_explicit(&f->state, memory_order_acquire) & DBN_FUTURE_DONE;
}

dbn_status
dbn_future_wait(dbn_future *f, uint64_t timeout_ns, dbn_error **err)
{
	uint64_t until = 0, now;
	uint32_t seen;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	if (!f)
		return dbn_fail(err, DBN_E_INVALID, "the future is NULL");
	if (dbn_future_ready(f))
		return DBN_OK;
	if (calling_back || dbn_reactor_inside())
		return dbn_fail_hint(err, DBN_E_INVALID, "Use dbn_future_on_done() there.",
			"a callback on the library's own thread must not wait for a future");
	rc = f->ops->check(f, err);
	if (rc != DBN_OK)
		return rc;
	if (timeout_ns != DBN_FOREVER) {
		now = dbn_now_ns();
		until = timeout_ns > UINT64_MAX / 4 - now ? UINT64_MAX / 4 : now + timeout_ns;
	}
	for (;;) {
		seen = atomic_fetch_or_explicit(&f->state, DBN_FUTURE_WAITED, memory_order_acq_rel);
		if (seen & DBN_FUTURE_DONE)
			return DBN_OK;
		if (!dbn_futex_wait(&f->state, seen | DBN_FUTURE_WAITED, until, DBN_FUTEX_ALL) && !dbn_future_ready(f))
			return dbn_fail(err, DBN_E_BUSY, "the operation is not done yet");
	}
}

dbn_status
dbn_future_get(dbn_future *f, dbn_error **err)
{
	dbn_status rc = dbn_future_wait(f, DBN_FOREVER, err);

	if (rc != DBN_OK)
		return rc;
	if (err) {
		*err = f->error;
		f->error = NULL;
	}
	return f->status;
}

dbn_status
dbn_future_status(const dbn_future *f)
{
	return dbn_future_ready(f) ? f->status : DBN_E_BUSY;
}

const dbn_error *
dbn_future_error(const dbn_future *f)
{
	return dbn_future_ready(f) ? f->error : NULL;
}

static dbn_status
hook(dbn_future *f, dbn_error **err)
{
	uint32_t old = atomic_fetch_or_explicit(&f->state, DBN_FUTURE_HOOKED, memory_order_acq_rel);

	if (old & DBN_FUTURE_HOOKED)
		return dbn_fail(err, DBN_E_INVALID, "the future has a callback or a queue already");
	if ((old & DBN_FUTURE_DONE) && f->queue)
		dbn_future__tell(f);
	else if (old & DBN_FUTURE_DONE)
		f->ops->defer(f);
	return DBN_OK;
}

/* Only the owner sets it, so looking first is enough. */
static dbn_status
unhooked(const dbn_future *f, dbn_error **err)
{
	DBN_ERR_CLEAR(err);
	if (!f)
		return dbn_fail(err, DBN_E_INVALID, "the future is NULL");
	if (atomic_load_explicit(&f->state, memory_order_relaxed) & DBN_FUTURE_HOOKED)
		return dbn_fail(err, DBN_E_INVALID, "the future has a callback or a queue already");
	return DBN_OK;
}

dbn_status
dbn_future_on_done(dbn_future *f, void (*fn)(dbn_future *f, void *user), void *user, dbn_error **err)
{
	dbn_status rc = unhooked(f, err);

	if (rc == DBN_OK && !fn)
		rc = dbn_fail(err, DBN_E_INVALID, "the callback is NULL");
	if (rc != DBN_OK)
		return rc;
	f->fn = fn;
	f->user = user;
	return hook(f, err);
}

dbn_status
dbn_future_enqueue(dbn_future *f, dbn_completions *q, void *tag, dbn_error **err)
{
	dbn_status rc = unhooked(f, err);

	if (rc == DBN_OK && !q)
		rc = dbn_fail(err, DBN_E_INVALID, "the queue of completions is NULL");
	if (rc != DBN_OK)
		return rc;
	f->tag = tag;
	f->queue = q;
	return hook(f, err);
}

void *
dbn_future_tag(const dbn_future *f)
{
	return f ? f->tag : NULL;
}

int
dbn_future_fd(dbn_future *f, dbn_error **err)
{
	uint32_t old;

	DBN_ERR_CLEAR(err);
	if (!f) {
		(void)dbn_fail(err, DBN_E_INVALID, "the future is NULL");
		return -1;
	}
	if (f->fd >= 0)
		return f->fd;
	f->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (f->fd < 0) {
		(void)dbn_fail_hint(err, DBN_E_LIMIT, "One dbn_completions serves any number of futures.",
			"cannot make a descriptor for a future");
		return -1;
	}
	old = atomic_fetch_or_explicit(&f->state, DBN_FUTURE_FD, memory_order_acq_rel);
	if (old & DBN_FUTURE_DONE)
		ring(f->fd);
	return f->fd;
}

void
dbn_future_cancel(dbn_future *f)
{
	uint32_t old;

	if (!f)
		return;
	old = atomic_fetch_or_explicit(&f->state, DBN_FUTURE_CANCEL, memory_order_acq_rel);
	if (!(old & (DBN_FUTURE_DONE | DBN_FUTURE_CANCEL)))
		f->ops->cancel(f);
}

void
dbn_future_free(dbn_future *f)
{
	if (!f)
		return;
	atomic_fetch_or_explicit(&f->state, DBN_FUTURE_ORPHAN, memory_order_acq_rel);
	dbn_future__unref(f);
}
