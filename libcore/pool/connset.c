/* SPDX-License-Identifier: MIT */
/*
 * A set of connections to one node.  Taking and giving back is a
 * compare-and-swap on the connection; only when somebody waits, or none is
 * free, does set->lock come in.  Waiters are served in the order they came:
 * a release sees nwaiters after it has freed the connection, a waiter counts
 * itself before it looks at the connections once more, so one of the two
 * always notices the other (both are sequentially consistent).
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/str.h"
#include "pool/connset.h"
#include "pool/connset_impl.h"

static bool
suits(const dbn_connset *set, const dbn_pconn *c, uint32_t want)
{
	if (!set->one_writer)
		return true;
	if (want == DBN_WANT_WRITE)
		return c->writer;
	return !c->writer || set->max == 0;
}

static bool
try_take(dbn_pconn *c)
{
	uint32_t free_state = DBN_PCONN_FREE;

	/* not relaxed: a waiter that has counted itself must see what was freed before */
	return atomic_load(&c->state) == DBN_PCONN_FREE &&
		atomic_compare_exchange_strong(&c->state, &free_state, DBN_PCONN_TAKEN);
}

static dbn_pconn *
take_any_locked(dbn_connset *set, uint32_t want)
{
	for (dbn_pconn *c = set->conns; c; c = c->next)
		if (suits(set, c, want) && try_take(c))
			return c;
	return NULL;
}

/* Hand free connections to the oldest waiters they suit. */
static void
serve_waiters_locked(dbn_connset *set)
{
	struct dbn_waiter **pw = &set->first_waiter, *w, *prev = NULL;

	while ((w = *pw) != NULL) {
		w->given = take_any_locked(set, w->want);
		if (!w->given) {
			prev = w;
			pw = &w->next;
			continue;
		}
		*pw = w->next;
		if (set->last_waiter == w)
			set->last_waiter = prev;
		(void)pthread_cond_signal(&w->cond);
	}
}

/* A closed struct to open, or a new one, if the set may grow; taken. */
static dbn_pconn *
grow_locked(dbn_connset *set, uint32_t want)
{
	bool writer = set->one_writer && (want == DBN_WANT_WRITE || set->max == 0);
	uint32_t *n = writer ? &set->nwriters : &set->nreaders;
	uint32_t max = writer ? 1 : set->max;
	dbn_pconn *c;

	if (set->closing || *n >= max)
		return NULL;
	for (c = set->conns; c; c = c->next)
		if (atomic_load(&c->state) == DBN_PCONN_CLOSED && c->writer == writer)
			break; /* writer never changes: suits() reads it without a lock */
	if (!c) {
		c = dbn_zalloc(sizeof *c);
		if (!c)
			return NULL;
		c->set = set;
		c->ops = set->ops;
		c->serial = set->serial;
		c->writer = writer;
		if (dbn_pconn__stmts_init(c, set->statements) != DBN_OK) {
			dbn_free(c);
			return NULL;
		}
		(void)pthread_mutex_init(&c->cancel_lock, NULL);
		c->next = set->conns;
		set->conns = c;
	}
	atomic_store(&c->state, DBN_PCONN_TAKEN);
	++*n;
	return c;
}

/* Close a taken connection and let the set open another in its place. */
static void
retire(dbn_pconn *c)
{
	dbn_connset *set = c->set;
	bool was_open = c->conn != NULL;

	dbn_pconn__close(c);
	(void)pthread_mutex_lock(&set->lock);
	--*(c->writer ? &set->nwriters : &set->nreaders);
	set->closed += was_open;
	atomic_store(&c->state, DBN_PCONN_CLOSED);
	/* whoever waits may now open one himself */
	for (struct dbn_waiter *w = set->first_waiter; w; w = w->next)
		(void)pthread_cond_signal(&w->cond);
	if (set->closing)
		(void)pthread_cond_broadcast(&set->drained);
	(void)pthread_mutex_unlock(&set->lock);
}

static dbn_status
open_taken(dbn_pconn *c, uint64_t deadline, dbn_error **err)
{
	dbn_status rc = dbn_pconn__open(c, deadline, err);

	if (rc != DBN_OK) {
		retire(c);
		return rc;
	}
	(void)pthread_mutex_lock(&c->set->lock);
	c->set->opened++;
	(void)pthread_mutex_unlock(&c->set->lock);
	return DBN_OK;
}

static dbn_status
timed_out(dbn_connset *set, dbn_error **err)
{
	dbn_fail_info info = { .struct_size = sizeof info, .status = DBN_E_TIMEOUT };
	uint64_t now = dbn_now_ns();
	dbn_str holders;
	dbn_status rc;

	dbn_str_init(&holders, 2000);
	(void)pthread_mutex_lock(&set->lock);
	set->timeouts++;
	for (dbn_pconn *c = set->conns; c; c = c->next)
		if (atomic_load(&c->state) == DBN_PCONN_TAKEN)
			dbn_str_addf(&holders, "%s%s held by session %llu for %llu ms",
				holders.len ? "; " : "", c->writer ? "the writer is" : "one is",
				(unsigned long long)atomic_load(&c->owner),
				(unsigned long long)((now - atomic_load(&c->taken_ns)) / 1000000u));
	(void)pthread_mutex_unlock(&set->lock);
	info.detail = dbn_text_z(dbn_str_z(&holders));
	info.hint = dbn_text_z("Shorten transactions, or raise pool.max or pool.acquire_timeout.");
	rc = dbn_connset__fail(err, &info, "no connection to \"%s\" became free in time", set->name);
	dbn_str_free(&holders);
	return rc;
}

dbn_status
dbn_connset__fail(dbn_error **err, const dbn_fail_info *info, const char *fmt, ...)
{
	va_list ap;
	dbn_status rc;

	va_start(ap, fmt);
	rc = dbn_fail_full(err, info, NULL, NULL, fmt, ap);
	va_end(ap);
	return rc;
}

static void
unqueue_locked(dbn_connset *set, struct dbn_waiter *w)
{
	struct dbn_waiter **pw = &set->first_waiter, *prev = NULL;

	for (; *pw; prev = *pw, pw = &(*pw)->next)
		if (*pw == w) {
			*pw = w->next;
			if (set->last_waiter == w)
				set->last_waiter = prev;
			return;
		}
}

/* The oldest waiter for that kind: one for another kind does not hold it up. */
static struct dbn_waiter *
first_like(const dbn_connset *set, uint32_t want)
{
	struct dbn_waiter *w = set->first_waiter;

	while (w && set->one_writer && w->want != want)
		w = w->next;
	return w;
}

/* Wait in line; set->lock is held on entry and on return. */
static dbn_pconn *
wait_locked(dbn_connset *set, uint32_t want, uint64_t deadline, bool *must_open)
{
	struct timespec until = { (time_t)(deadline / 1000000000u),
		(long)(deadline % 1000000000u) };
	struct dbn_waiter w = { .want = want }, *next;
	pthread_condattr_t attr;
	dbn_pconn *c = NULL;

	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&w.cond, &attr);
	(void)pthread_condattr_destroy(&attr);
	if (set->last_waiter)
		set->last_waiter->next = &w;
	else
		set->first_waiter = &w;
	set->last_waiter = &w;
	set->waits++;
	atomic_fetch_add(&set->nwaiters, 1);
	serve_waiters_locked(set); /* a release may just have missed us */
	while (!w.given && !set->closing) {
		if (first_like(set, want) == &w && (c = grow_locked(set, want)) != NULL) {
			*must_open = true;
			break;
		}
		if (pthread_cond_timedwait(&w.cond, &set->lock, &until) == ETIMEDOUT && !w.given)
			break;
	}
	if (w.given)
		c = w.given;
	else
		unqueue_locked(set, &w);
	next = first_like(set, want);
	if (next) /* his turn to let the set grow */
		(void)pthread_cond_signal(&next->cond);
	atomic_fetch_sub(&set->nwaiters, 1);
	(void)pthread_cond_destroy(&w.cond);
	return c;
}

static dbn_status
acquire_slow(dbn_connset *set, uint32_t want, uint64_t deadline, dbn_pconn **out, dbn_error **err)
{
	uint64_t until = deadline;
	bool must_open = false;
	dbn_pconn *c = NULL;

	if (!deadline || (set->acquire_timeout_ns != UINT64_MAX && deadline != DBN_NO_WAIT)) {
		uint64_t now = dbn_now_ns(), own = set->acquire_timeout_ns;

		own = own > UINT64_MAX / 4 - now ? UINT64_MAX / 4 : now + own;
		until = deadline && deadline < own ? deadline : own;
	}
	(void)pthread_mutex_lock(&set->lock);
	if (!set->first_waiter)
		c = take_any_locked(set, want);
	if (!c && !set->first_waiter && (c = grow_locked(set, want)) != NULL)
		must_open = true;
	if (!c && deadline != DBN_NO_WAIT)
		c = wait_locked(set, want, until, &must_open);
	(void)pthread_mutex_unlock(&set->lock);
	if (!c && set->closing)
		return dbn_fail(err, DBN_E_INVALID, "\"%s\" is being closed", set->name);
	if (!c && deadline == DBN_NO_WAIT)
		return dbn_fail(err, DBN_E_BUSY, "no connection to \"%s\" is free", set->name);
	if (!c)
		return timed_out(set, err);
	if (must_open) {
		dbn_status rc = open_taken(c, until == DBN_NO_WAIT ? 0 : until, err);

		if (rc != DBN_OK)
			return rc; /* *out stays as it is: c is closed and no longer ours */
	}
	*out = c;
	return DBN_OK;
}

/* A connection that lay idle is asked whether it still lives. */
static bool
still_alive(dbn_pconn *c, uint64_t deadline)
{
	dbn_call call = DBN_CALL_INIT;
	dbn_error *err = NULL;
	uint64_t now;
	dbn_status rc;

	if (c->set->one_writer) /* a file does not go away */
		return true;
	now = dbn_now_ns();
	if (now - c->released_ns < UINT64_C(500000000))
		return true;
	call.deadline_ns = deadline == DBN_NO_WAIT ? now + UINT64_C(1000000000) : deadline;
	dbn_pconn_enter(c);
	rc = c->ops->ping(c->conn, &call, &err);
	dbn_pconn_leave(c);
	dbn_error_free(err);
	return rc == DBN_OK;
}

dbn_status
dbn_connset_acquire(dbn_connset *set, uint32_t want, dbn_pconn *hint, uint64_t deadline,
	dbn_pconn **out, dbn_error **err)
{
	dbn_status rc;

	for (;;) {
		if (hint && atomic_load_explicit(&set->nwaiters, memory_order_relaxed) == 0 &&
			hint->set == set && suits(set, hint, want) && try_take(hint)) {
			*out = hint;
		} else {
			rc = acquire_slow(set, want, deadline, out, err);
			if (rc != DBN_OK)
				return rc;
		}
		if (still_alive(*out, deadline))
			return DBN_OK;
		retire(*out);
		hint = NULL;
	}
}

/* Undo what the borrower left; false: the connection is not to be used again. */
static bool
clean(dbn_pconn *c)
{
	dbn_reset_opts o = { .call = DBN_CALL_INIT };
	dbn_conn_state st = { .struct_size = sizeof st };
	dbn_error *err = NULL;
	dbn_status rc = DBN_OK;

	if (c->discard)
		return false;
	dbn_pconn_enter(c);
	c->ops->state(c->conn, &st);
	if (!st.broken && (c->dirty || st.txn != DBN_TXN_NONE)) {
		o.call.struct_size = (uint32_t)sizeof o;
		o.how = c->reset_full ? DBN_RESET_FULL : DBN_RESET_SOFT;
		rc = c->ops->reset(c->conn, &o, &err);
	}
	dbn_pconn_leave(c);
	dbn_error_free(err);
	c->dirty = c->reset_full = false;
	return rc == DBN_OK && !st.broken;
}

/* Free it, and hand it on where somebody waits. */
static void
put_back(dbn_pconn *c)
{
	dbn_connset *set = c->set;

	atomic_store_explicit(&c->owner, 0, memory_order_relaxed);
	atomic_store(&c->state, DBN_PCONN_FREE);
	if (atomic_load(&set->nwaiters) == 0 && !atomic_load(&set->closing))
		return;
	(void)pthread_mutex_lock(&set->lock);
	serve_waiters_locked(set);
	if (atomic_load(&set->closing))
		(void)pthread_cond_broadcast(&set->drained);
	(void)pthread_mutex_unlock(&set->lock);
}

void
dbn_connset_release(dbn_pconn *c)
{
	dbn_connset *set = c->set;

	if (c->discard || c->dirty || c->set->closing) {
		if (!clean(c) || set->closing) {
			retire(c);
			return;
		}
	}
	if (!set->one_writer)
		c->released_ns = dbn_now_ns();
	c->used = true;
	put_back(c);
}

/* ---- life of the set ---- */

static void
free_set(dbn_connset *set)
{
	dbn_pconn *c, *next;

	for (c = set->conns; c; c = next) {
		next = c->next;
		dbn_pconn__close(c);
		(void)pthread_mutex_destroy(&c->cancel_lock);
		dbn_free(c->buckets);
		dbn_free(c);
	}
	(void)pthread_cond_destroy(&set->drained);
	(void)pthread_mutex_destroy(&set->lock);
	dbn_free(set->name);
	dbn_free(set->url);
	dbn_free(set->role);
	dbn_free(set);
}

dbn_status
dbn_connset_open(const dbn_connset_opts *o, dbn_connset **out, dbn_error **err)
{
	dbn_connset *set = dbn_zalloc(sizeof *set);
	dbn_pconn *c;
	dbn_status rc;

	if (!set)
		return dbn_fail_nomem(err);
	(void)pthread_mutex_init(&set->lock, NULL);
	(void)pthread_cond_init(&set->drained, NULL);
	set->name = dbn_strdup(o->name);
	set->url = dbn_strdup(o->url);
	set->role = dbn_strdup(o->server_role ? o->server_role : "");
	set->driver = o->driver;
	set->ops = o->ops;
	set->dialect = o->dialect;
	set->serial = o->serial;
	set->min = o->min;
	set->max = o->max;
	set->statements = o->statements ? o->statements : 1;
	set->create = o->create;
	set->one_writer = (o->dialect->capabilities & DBN_CAP_ONE_WRITER) != 0;
	set->acquire_timeout_ns = o->acquire_timeout_ns;
	set->idle_timeout_ns = o->idle_timeout_ns;
	set->max_lifetime_ns = o->max_lifetime_ns;
	if (!set->name || !set->url || !set->role) {
		rc = dbn_fail_nomem(err);
		goto fail;
	}
	rc = dbn_connset_acquire(set, DBN_WANT_WRITE, NULL, 0, &c, err);
	if (rc != DBN_OK)
		goto fail;
	dbn_connset_release(c);
	*out = set;
	return DBN_OK;
fail:
	free_set(set);
	return rc;
}

void
dbn_connset_close(dbn_connset *set)
{
	if (!set)
		return;
	(void)pthread_mutex_lock(&set->lock);
	atomic_store(&set->closing, true);
	for (struct dbn_waiter *w = set->first_waiter; w; w = w->next)
		(void)pthread_cond_signal(&w->cond);
	for (dbn_pconn *c = set->conns; c; c = c->next)
		while (atomic_load(&c->state) == DBN_PCONN_TAKEN)
			(void)pthread_cond_wait(&set->drained, &set->lock);
	(void)pthread_mutex_unlock(&set->lock);
	free_set(set);
}

uint64_t
dbn_connset_maintain(dbn_connset *set, uint64_t now)
{
	uint64_t next = now + UINT64_C(10000000000);
	uint32_t above;
	dbn_pconn *c;

	(void)pthread_mutex_lock(&set->lock);
	above = set->nreaders > set->min ? set->nreaders - set->min : 0;
	c = set->conns;
	(void)pthread_mutex_unlock(&set->lock);
	for (; c; c = c->next) { /* structs never leave the list */
		bool old, idle;

		if (!try_take(c))
			continue;
		if (c->used) { /* since we last came by */
			c->used = false;
			if (set->one_writer)
				c->released_ns = now;
		}
		old = c->expires_ns <= now;
		idle = !c->writer && above && set->idle_timeout_ns &&
			set->idle_timeout_ns != UINT64_MAX &&
			now - c->released_ns >= set->idle_timeout_ns;
		if (old || idle) {
			retire(c);
			above -= above > 0;
		} else {
			put_back(c);
		}
	}
	return next;
}

void
dbn_connset_count(dbn_connset *set, dbn_connset_counts *out)
{
	memset(out, 0, sizeof *out);
	(void)pthread_mutex_lock(&set->lock);
	out->opened = set->opened;
	out->closed = set->closed;
	out->waits = set->waits;
	out->timeouts = set->timeouts;
	out->open = set->nreaders + set->nwriters;
	out->max = set->max + (set->one_writer ? 1 : 0);
	out->waiting = atomic_load(&set->nwaiters);
	for (dbn_pconn *c = set->conns; c; c = c->next)
		out->busy += atomic_load(&c->state) == DBN_PCONN_TAKEN;
	(void)pthread_mutex_unlock(&set->lock);
}
