/* SPDX-License-Identifier: MIT */
/*
 * Operations under way: their turn in the session, the worker that runs what may
 * block, and their end.  See async_impl.h for who owns what.  Locks: async->lock
 * for the list of spare operations; job->active_lock between a worker and who
 * cancels, held across dbn_session_cancel() and nothing else.
 */
#include <string.h>

#include "base/clock.h"
#include "session/async_impl.h"
#include "session/stack_impl.h"

#define SPARE_MAX 1024u          /* operations kept for the next */

static _Thread_local dbn_session *acting_for;

dbn_session *
dbn_job__acting(void)
{
	return acting_for;
}

dbn_session *
dbn_job__act(dbn_session *s)
{
	dbn_session *before = acting_for;

	acting_for = s;
	return before;
}

/* ---- life of an operation ---- */

static void
cancel_on_worker(dbn_task *t)
{
	dbn_job *job = DBN_TASK_OF(dbn_job, cancel_task, t);

	(void)pthread_mutex_lock(&job->active_lock);
	if (job->active && job->s)
		dbn_session_cancel(job->s);
	(void)pthread_mutex_unlock(&job->active_lock);
	dbn_future__unref(&job->future);
}

static void
job_cancel(dbn_future *f)
{
	dbn_job *job = (dbn_job *)f;

	if (atomic_load(&job->async->stopped))
		return;
	if (job->stop)
		job->stop(job);
	dbn_future__ref(f);
	job->cancel_task.run = cancel_on_worker;
	if (!dbn_workers_post(job->async->workers, DBN_WORK_INSIDE, &job->cancel_task))
		dbn_future__unref(f);
}

static bool
keep_spare(dbn_async *a, dbn_job *job)
{
	bool kept = false;

	(void)pthread_mutex_lock(&a->lock);
	if (a->nspare < SPARE_MAX) {
		job->future.user = a->spare;
		a->spare = job;
		a->nspare++;
		kept = true;
	}
	(void)pthread_mutex_unlock(&a->lock);
	return kept;
}

static void
job_release(dbn_future *f)
{
	dbn_job *job = (dbn_job *)f;
	dbn_async *a = job->async;
	dbn_pool *p = job->pool;

	if (a->fork_generation != dbn_fork_generation())
		return; /* in a child: locks may be held, the memory stays */
	if (job->clear)
		job->clear(job);
	if (!job->statement) {
		dbn_arena_free(&job->arena);
		(void)pthread_mutex_destroy(&job->active_lock);
		dbn_free(job);
	} else if (!keep_spare(a, job)) {
		dbn_job__free_statement((dbn_job_stmt *)job);
	}
	dbn_pool__release(p);
}

static dbn_status
job_check(const dbn_future *f, dbn_error **err)
{
	const dbn_job *job = (const dbn_job *)f;

	if (job->async->fork_generation == dbn_fork_generation())
		return DBN_OK;
	return dbn_fail_hint(err, DBN_E_FORKED, "Open a pool of its own in the child.",
		"the process has forked since the operation was begun");
}

static void
tell_on_reactor(dbn_task *t)
{
	dbn_future *f = DBN_TASK_OF(dbn_future, told, t);

	if (!(atomic_load(&f->state) & DBN_FUTURE_ORPHAN))
		dbn_future__tell(f);
	dbn_future__unref(f);
}

/* Asked for when it was done already: never on the stack of who asks. */
static void
job_defer(dbn_future *f)
{
	dbn_job *job = (dbn_job *)f;

	if (atomic_load(&job->async->stopped)) {
		dbn_future__tell(f);
		return;
	}
	dbn_future__ref(f);
	f->told.run = tell_on_reactor;
	dbn_reactor_post(job->async->reactors[job->reactor], &f->told);
}

static const dbn_future_ops job_ops = { job_cancel, job_defer, job_check, job_release };

static void
job_init(dbn_job *job, dbn_pool *p, dbn_async *a, dbn_session *s, size_t size)
{
	dbn_future__init(&job->future, &job_ops);
	dbn_pool__retain(p);
	job->pool = p;
	job->async = a;
	job->s = s;
	job->reactor = s ? (uint32_t)(s->id % a->nreactors) : 0;
	job->run = NULL;
	job->begin = NULL;
	job->stop = NULL;
	job->clear = NULL;
	job->rc = DBN_OK;
	job->why = NULL;
	job->begun = false;
	job->bytes = size;
}

dbn_status
dbn_job__new(dbn_pool *p, dbn_session *s, size_t size, dbn_job **out, dbn_error **err)
{
	dbn_async *a;
	dbn_job *job;
	dbn_status rc = dbn_async__of(p, &a, err);

	if (rc != DBN_OK)
		return rc;
	job = dbn_zalloc(size);
	if (!job)
		return dbn_fail_nomem(err);
	dbn_arena_init(&job->arena, 0);
	(void)pthread_mutex_init(&job->active_lock, NULL);
	job_init(job, p, a, s, size);
	*out = job;
	return DBN_OK;
}

dbn_status
dbn_job__new_statement(dbn_session *s, dbn_job_stmt **out, dbn_error **err)
{
	dbn_async *a;
	dbn_job *job;
	dbn_status rc = dbn_async__of(s->pool, &a, err);

	if (rc != DBN_OK)
		return rc;
	(void)pthread_mutex_lock(&a->lock);
	job = a->spare;
	if (job) {
		a->spare = (dbn_job *)job->future.user;
		a->nspare--;
	}
	(void)pthread_mutex_unlock(&a->lock);
	if (!job) {
		job = dbn_zalloc(sizeof **out);
		if (!job)
			return dbn_fail_nomem(err);
		dbn_arena_init(&job->arena, 0);
		(void)pthread_mutex_init(&job->active_lock, NULL);
		dbn_session__rows_init(&((dbn_job_stmt *)job)->rows, s);
		job->statement = true;
	}
	job_init(job, s->pool, a, s, sizeof **out);
	dbn_job__ready_statement((dbn_job_stmt *)job);
	*out = (dbn_job_stmt *)job;
	return DBN_OK;
}

void
dbn_job__drop(dbn_job *job)
{
	dbn_future__unref(&job->future);
	dbn_future__unref(&job->future);
}

const char *
dbn_job__text(dbn_job *job, const char *text)
{
	return dbn_arena_text(&job->arena, dbn_text_z(text)).ptr;
}

/* ---- turns ---- */

static void turn(dbn_session *s);

static void
finish(dbn_job *job, dbn_status rc, dbn_error *why)
{
	dbn_async *a = job->async;

	if (rc != DBN_OK && !why)
		why = job->why;
	atomic_fetch_sub_explicit(&a->bytes, job->bytes, memory_order_relaxed);
	dbn_future__done(&job->future, rc, why);
	dbn_async__one_done(a);
}

/* The session's next may begin; false: there is none, and the session may be gone. */
static bool
leave(dbn_session *s)
{
	return s && atomic_fetch_sub(&s->inflight, 1) > 1;
}

void
dbn_job__end(dbn_job *job, dbn_status rc, dbn_error *why)
{
	dbn_session *s = job->s;
	bool more = leave(s);

	finish(job, rc, why);
	if (more)
		turn(s);
}

static dbn_status
cancelled(dbn_error **err)
{
	return dbn_fail(err, DBN_E_CANCELLED, "the operation was cancelled before it began");
}

static void
work(dbn_task *t)
{
	dbn_job *job = DBN_TASK_OF(dbn_job, task, t);
	dbn_error *why = NULL;
	dbn_session *before;
	dbn_status rc;

	(void)pthread_mutex_lock(&job->active_lock);
	job->active = true;
	(void)pthread_mutex_unlock(&job->active_lock);
	before = dbn_job__act(job->s);
	rc = dbn_future__cancelled(&job->future) && !job->begun ? cancelled(&why) : job->run(job, &why);
	(void)dbn_job__act(before);
	(void)pthread_mutex_lock(&job->active_lock);
	job->active = false;
	(void)pthread_mutex_unlock(&job->active_lock);
	dbn_job__end(job, rc, why);
}

/* To a worker; false: there is none, rc and why are set. */
static bool
hand_over(dbn_job *job, uint32_t class)
{
	job->task.run = work;
	if (dbn_workers_post(job->async->workers, class, &job->task))
		return true;
	job->rc = dbn_fail(&job->why, DBN_E_LIMIT, "no thread could be made for the operation");
	return false;
}

static uint32_t
class_of(const dbn_job *job)
{
	return job->s && job->s->in_txn ? DBN_WORK_HOLDING : DBN_WORK_FREE;
}

void
dbn_job__work(dbn_job *job, uint32_t class)
{
	dbn_error *given = job->why;

	if (hand_over(job, class))
		return;
	dbn_error_free(given);
	dbn_job__end(job, job->rc, job->why);
}

/* Its turn has come. */
static uint32_t
begin(dbn_job *job)
{
	dbn_session *before;
	uint32_t how = DBN_JOB_RUN;

	if (dbn_future__cancelled(&job->future)) {
		job->rc = cancelled(&job->why);
		return DBN_JOB_DONE;
	}
	if (job->begin) {
		before = dbn_job__act(job->s);
		how = job->begin(job);
		(void)dbn_job__act(before);
	}
	return how;
}

static void
close_on_worker(dbn_task *t)
{
	dbn_session *s = DBN_TASK_OF(dbn_session, close_task, t);
	dbn_async *a = atomic_load(&s->pool->async);

	atomic_fetch_sub(&s->inflight, 1);
	dbn_session__close(s);
	dbn_async__one_done(a);
}

/* Begin what waits in the session's line, one after the other as long as each is
 * done at once. */
static void
turn(dbn_session *s)
{
	for (;;) {
		dbn_task *t = dbn_queue_pop(&s->line);
		dbn_job *job;
		uint32_t how;
		bool more;

		if (t == &s->close_task) {
			t->run = close_on_worker;
			if (!dbn_workers_post(atomic_load(&s->pool->async)->workers,
				DBN_WORK_HOLDING, t))
				close_on_worker(t);
			return;
		}
		job = DBN_TASK_OF(dbn_job, task, t);
		how = begin(job);
		if (how == DBN_JOB_GONE || (how == DBN_JOB_RUN && hand_over(job, class_of(job))))
			return;
		more = leave(s);
		finish(job, job->rc, job->why);
		if (!more)
			return;
	}
}

/* ---- submitting ---- */

static dbn_status
charge(dbn_job *job, dbn_error **err)
{
	dbn_async *a = job->async;
	size_t now = atomic_fetch_add_explicit(&a->bytes, job->bytes, memory_order_relaxed) + job->bytes;

	if (now > a->limit) {
		atomic_fetch_sub_explicit(&a->bytes, job->bytes, memory_order_relaxed);
		return dbn_fail_hint(err, DBN_E_LIMIT,
			"Wait for some futures first, or raise async.memory.",
			"operations that are not done hold %zu bytes already", now - job->bytes);
	}
	atomic_fetch_add(&a->undone, 1);
	return DBN_OK;
}

/* Take the caller's arguments into the operation, and count them. */
static dbn_status
copy_args(dbn_job *job, dbn_status (*copy)(dbn_job *job, dbn_error **err), dbn_error **err)
{
	dbn_status rc = copy ? copy(job, err) : DBN_OK;

	if (rc == DBN_OK && job->arena.blocks) {
		job->bytes += job->arena.used;
		atomic_fetch_add_explicit(&job->async->bytes, job->arena.used, memory_order_relaxed);
	}
	return rc;
}

static void
uncharge(dbn_job *job)
{
	dbn_async *a = job->async;

	atomic_fetch_sub_explicit(&a->bytes, job->bytes, memory_order_relaxed);
	dbn_job__drop(job);
	dbn_async__one_done(a);
}

/* The session is free: begin here and now. */
static dbn_status
submit_first(dbn_job *job, dbn_status (*copy)(dbn_job *job, dbn_error **err), dbn_error **err)
{
	dbn_session *s = job->s;
	uint32_t how;
	dbn_status rc;

	if (s)
		atomic_fetch_add(&s->inflight, 1);
	how = begin(job);
	if (how == DBN_JOB_GONE)
		return DBN_OK;
	if (how == DBN_JOB_RUN) {
		rc = copy_args(job, copy, err);
		if (rc != DBN_OK) {
			(void)leave(s); /* nobody else can have come: we are its caller */
			uncharge(job);
			return rc;
		}
		if (hand_over(job, class_of(job)))
			return DBN_OK;
	}
	dbn_job__end(job, job->rc, job->why);
	return DBN_OK;
}

dbn_status
dbn_job__submit(dbn_job *job, dbn_status (*copy)(dbn_job *job, dbn_error **err), dbn_future **f,
	dbn_error **err)
{
	dbn_session *s = job->s;
	dbn_status rc = charge(job, err);

	if (rc != DBN_OK) {
		dbn_job__drop(job);
		return rc;
	}
	*f = &job->future;
	if (!s || !atomic_load_explicit(&s->inflight, memory_order_acquire)) {
		rc = submit_first(job, copy, err);
	} else {
		rc = copy_args(job, copy, err);
		if (rc == DBN_OK) {
			dbn_queue_push(&s->line, &job->task);
			if (atomic_fetch_add(&s->inflight, 1) == 0)
				turn(s);
		} else {
			uncharge(job);
		}
	}
	if (rc != DBN_OK)
		*f = NULL;
	return rc;
}

dbn_status
dbn_job__enter(dbn_session *s, dbn_future **f, dbn_error **err)
{
	DBN_ERR_CLEAR(err);
	if (!f)
		return dbn_fail(err, DBN_E_INVALID, "there is no place for the future");
	*f = NULL;
	if (!s)
		return dbn_fail(err, DBN_E_INVALID, "the session is NULL");
	return dbn_pool__usable(s->pool, err);
}

/* ---- closing a session ---- */

void
dbn_session_close(dbn_session *s)
{
	bool inside;

	if (!s || dbn_pool_forked(s->pool))
		return;
	inside = dbn_reactor_inside() && (s->in_txn || s->open);
	if (!inside && !atomic_load(&s->inflight)) {
		dbn_session__close(s);
		return;
	}
	/* behind what is under way, or where it may block */
	atomic_fetch_add(&atomic_load(&s->pool->async)->undone, 1);
	dbn_queue_push(&s->line, &s->close_task);
	if (atomic_fetch_add(&s->inflight, 1) == 0)
		turn(s);
}
