/* SPDX-License-Identifier: MIT */
/*
 * Taking a connection and giving it back.  Where nobody waits both are a
 * compare-and-swap on the connection.  A release sees nwaiters after it has
 * freed the connection, a waiter counts itself before it looks at the
 * connections once more, so one of the two always notices the other (both are
 * sequentially consistent).  Where somebody waits, a connection that comes back
 * is never free in between: it is handed over under the lock.
 */
#include <stdio.h>

#include "base/str.h"
#include "pool/connset.h"
#include "pool/connset_impl.h"

/* Where another thread may come between: a test that schedules threads by hand
 * (tests/unit/pool) includes this file and stops there. */
#ifndef DBN_POOL_POINT
#define DBN_POOL_POINT(set) ((void)0)
#endif

/* ---- taking one ---- */

static void
waiter_init(dbn_waiter *w, const dbn_borrow *b, uint64_t now)
{
	size_t n = b->user.len < sizeof w->who - 1 ? b->user.len : sizeof w->who - 1;

	*w = (dbn_waiter){ .want = b->want, .since_ns = now, .in_txn = b->in_txn,
		.token = b->token, .session = b->session };
	if (n)
		memcpy(w->who, b->user.ptr, n);
}

static bool
cancelled(const dbn_borrow *b)
{
	return b->token && atomic_load(&b->token->cancelled);
}

/* One that is free, without a place in the line: where nobody is before us. */
static dbn_pconn *
take_free_locked(dbn_connset *set, const dbn_borrow *b, dbn_leaf *leaf)
{
	dbn_pconn *c = b->hint;

	if (set->active || !dbn_queue__within_locked(set, leaf))
		return NULL;
	if (!c || c->set != set || !dbn_connset__suits(set, c, b->want) || !dbn_pconn__try_take(c))
		for (c = set->conns; c; c = c->next)
			if (dbn_connset__suits(set, c, b->want) && dbn_pconn__try_take(c))
				break;
	/* files are opened by who wants them; a server too where waiting is not wanted */
	if (!c && (set->in_place || b->deadline_ns == DBN_NO_WAIT))
		c = dbn_connset__grow_locked(set, b->want);
	if (c)
		dbn_queue__charge_locked(c, leaf);
	return c;
}

/* Until when?  The caller's deadline or the set's own, whichever is first. */
static uint64_t
wait_until(const dbn_connset *set, const dbn_borrow *b, uint64_t now)
{
	uint64_t own = set->acquire_timeout_ns;

	own = own > UINT64_MAX / 4 - now ? UINT64_MAX / 4 : now + own;
	return b->deadline_ns && b->deadline_ns < own ? b->deadline_ns : own;
}

/* Asleep until something happens; true: w is settled, and the lock is not held again. */
static bool
sleep_locked(dbn_connset *set, dbn_waiter *w, uint64_t until)
{
	w->parker.seen = atomic_load_explicit(&w->parker.signal, memory_order_relaxed);
	dbn_connset__unlock(set);
	set->env.park(set->env.user, NULL, &w->parker, until);
	if (dbn_waiter__settled(w))
		return true;
	dbn_connset__lock(set);
	return false;
}

/* Until it is settled, or gives up.  The lock is held on entry and not on return. */
static dbn_status
wait_locked(dbn_connset *set, const dbn_borrow *b, dbn_waiter *w, uint64_t until, dbn_pconn **out,
	dbn_error **err)
{
	dbn_status rc;

	while (!dbn_waiter__settled(w)) {
		uint64_t at = until;

		if (w->queued && (dbn_connset__now(set) >= until || cancelled(b))) {
			dbn_queue__take_locked(set, w);
			dbn_connset__unlock(set);
			return cancelled(b) ? DBN_E_CANCELLED : DBN_E_TIMEOUT;
		}
		if (w->riding && dbn_ride__look(w, b, &at, out, &rc, err))
			return rc;
		if (sleep_locked(set, w, at))
			goto settled;
	}
	dbn_connset__unlock(set);
settled:
	if (w->riding)
		return dbn_ride__result(w, err);
	*out = w->given;
	return w->given ? DBN_OK : w->rc;
}

/* In line; the lock is held on entry and not on return.  *ticket: the place of one whose
 * connection turned out to be dead, or that rode in vain. */
static dbn_status
stand_in_line(dbn_connset *set, const dbn_borrow *b, dbn_leaf *leaf, uint64_t now,
	uint64_t *ticket, dbn_pconn **out, dbn_error **err)
{
	dbn_waiter w;
	dbn_status rc;

	waiter_init(&w, b, now);
	w.leaf = leaf;
	w.ticket = *ticket;
	w.rider = set->async ? b->rider : NULL;
	if (w.rider)
		w.rider->how = 0;
	set->waits++;
	dbn_queue__put_locked(set, &w);
	*ticket = w.ticket;
	dbn_queue__serve_locked(set); /* a release may just have missed us */
	rc = wait_locked(set, b, &w, wait_until(set, b, now), out, err);
	if (w.riding)
		return rc;
	if (rc == DBN_E_TIMEOUT)
		return dbn_connset_timed_out(set, dbn_connset__now(set) - now, err);
	return rc == DBN_OK ? rc : dbn_connset_refused(set, rc, err);
}

static dbn_status
take_slow(dbn_connset *set, const dbn_borrow *b, uint64_t *ticket, dbn_pconn **out, dbn_error **err)
{
	uint64_t now = dbn_connset__now(set);
	dbn_leaf *leaf;
	dbn_pconn *c = NULL;
	dbn_status rc = DBN_OK;

	*out = NULL;
	dbn_connset__lock(set);
	leaf = dbn_queue__leaf_locked(set, b);
	if (!leaf)
		rc = DBN_E_NOMEM;
	else if (atomic_load(&set->closing))
		rc = DBN_E_INVALID;
	else if (cancelled(b))
		rc = DBN_E_CANCELLED;
	else if (!*ticket)
		c = take_free_locked(set, b, leaf);
	if (rc == DBN_OK && !c && b->deadline_ns == DBN_NO_WAIT)
		rc = DBN_E_BUSY;
	else if (rc == DBN_OK && !c && dbn_helper__hopeless_locked(set, now))
		rc = DBN_E_CONN;
	else if (rc == DBN_OK && !c)
		return stand_in_line(set, b, leaf, now, ticket, out, err);
	if (!c)
		dbn_queue__leaf_unused_locked(set, leaf);
	dbn_connset__unlock(set);
	*out = c;
	return rc == DBN_OK ? rc : dbn_connset_refused(set, rc, err);
}

/* What it was handed may have to be opened, or turn out to be dead. */
static dbn_status
check(dbn_connset *set, dbn_pconn *c, const dbn_borrow *b, uint64_t now, bool *again, dbn_error **err)
{
	uint64_t until = b->deadline_ns && b->deadline_ns != DBN_NO_WAIT ? b->deadline_ns :
		now + set->connect_timeout_ns;
	dbn_status rc;

	*again = false;
	if (!c->conn) {
		rc = dbn_pconn__open(c, until, err);
		if (rc != DBN_OK) {
			dbn_connset__retire(c);
			return rc;
		}
		dbn_connset__lock(set);
		set->opened++;
		dbn_connset__unlock(set);
	} else if (!dbn_pconn__ping(c, until)) {
		dbn_connset__retire(c);
		*again = true;
	}
	return DBN_OK;
}

static dbn_status
borrow(dbn_connset *set, const dbn_borrow *b, dbn_pconn *c, uint64_t *ticket, dbn_pconn **out,
	dbn_error **err)
{
	uint64_t now = b->now_ns ? b->now_ns : dbn_connset__now(set);
	bool again = true;
	dbn_status rc = DBN_OK;

	if (set->accounting || atomic_load(&set->nwaiters) != 0)
		c = NULL;
	DBN_POOL_POINT(set);
	if (c && (c->set != set || !dbn_connset__suits(set, c, b->want) || !dbn_pconn__try_take(c)))
		c = NULL;
	while (again) {
		if (!c)
			rc = take_slow(set, b, ticket, &c, err);
		if (rc != DBN_OK)
			return rc;
		if (c->conn && dbn_pconn__fresh(c, now))
			break;
		rc = check(set, c, b, dbn_connset__now(set), &again, err);
		if (rc != DBN_OK)
			return rc;
		if (again)
			c = NULL;
	}
	dbn_pconn__hold(c, b, *ticket ? dbn_connset__now(set) : now);
	if (b->rider && atomic_load_explicit(&set->nwaiters, memory_order_relaxed) != 0)
		rc = dbn_ride__lead(c, b, err);
	*out = rc == DBN_OK ? c : NULL;
	return rc;
}

dbn_status
dbn_connset_borrow(dbn_connset *set, const dbn_borrow *b, dbn_pconn **out, dbn_error **err)
{
	uint64_t ticket = 0;
	dbn_pconn *hint = b->hint;
	dbn_status rc;

	do {
		rc = borrow(set, b, hint, &ticket, out, err);
		hint = NULL;
	} while (rc == DBN_E_BUSY && b->rider); /* it rode in vain: again, in its old place */
	return rc;
}

dbn_status
dbn_connset_acquire(dbn_connset *set, uint32_t want, dbn_pconn *hint, uint64_t deadline,
	dbn_pconn **out, dbn_error **err)
{
	dbn_borrow b = { .want = want, .hint = hint, .deadline_ns = deadline };

	return dbn_connset_borrow(set, &b, out, err);
}

/* ---- without a thread ---- */

dbn_status
dbn_connset_borrow_async(dbn_connset *set, const dbn_borrow *b, dbn_waiter *w,
	void (*ready)(dbn_waiter *w, void *user), void *user, dbn_pconn **out, dbn_error **err)
{
	uint64_t now = b->now_ns ? b->now_ns : dbn_connset__now(set);
	dbn_status rc = DBN_OK;
	dbn_leaf *leaf;
	dbn_pconn *c = NULL;

	*out = NULL;
	waiter_init(w, b, now);
	w->ready = ready;
	w->user = user;
	dbn_connset__lock(set);
	leaf = w->leaf = dbn_queue__leaf_locked(set, b);
	if (!leaf)
		rc = DBN_E_NOMEM;
	else if (atomic_load(&set->closing))
		rc = DBN_E_INVALID;
	else if (cancelled(b))
		rc = DBN_E_CANCELLED;
	else if ((c = take_free_locked(set, b, leaf)) == NULL && dbn_helper__hopeless_locked(set, now))
		rc = DBN_E_CONN;
	if (rc == DBN_OK && !c) {
		set->waits++;
		dbn_queue__put_locked(set, w);
		dbn_queue__serve_locked(set);
		dbn_connset__unlock(set); /* it may have been told by now: w is not ours any more */
		return DBN_E_BUSY;
	}
	if (!c)
		dbn_queue__leaf_unused_locked(set, leaf);
	dbn_connset__unlock(set);
	if (!c)
		return dbn_connset_refused(set, rc, err);
	dbn_pconn__hold(c, b, now);
	*out = c;
	return DBN_OK;
}

bool
dbn_connset_withdraw(dbn_connset *set, dbn_waiter *w)
{
	bool was;

	dbn_connset__lock(set);
	was = w->queued;
	if (was) {
		dbn_queue__take_locked(set, w);
		dbn_queue__leaf_unused_locked(set, w->leaf);
	}
	dbn_connset__unlock(set);
	return was;
}

bool
dbn_pconn_is_ready(const dbn_pconn *c)
{
	return c->conn && dbn_pconn__fresh(c, dbn_connset__now(c->set));
}

dbn_status
dbn_pconn_ready(dbn_pconn *c, uint64_t deadline, dbn_error **err)
{
	dbn_connset *set = c->set;
	dbn_borrow b = { .deadline_ns = deadline };
	uint64_t now = dbn_connset__now(set);
	bool again;

	if (c->conn && dbn_pconn__fresh(c, now))
		return DBN_OK;
	if (c->conn && !dbn_pconn__ping(c, deadline ? deadline : now + set->connect_timeout_ns)) {
		dbn_pconn__close(c); /* and another in its place */
		dbn_connset__lock(set);
		set->closed++;
		dbn_connset__unlock(set);
	}
	return c->conn ? DBN_OK : check(set, c, &b, now, &again, err);
}

void
dbn_wait_cancel(dbn_wait_token *t)
{
	dbn_connset *set;

	if (!t)
		return;
	atomic_store(&t->cancelled, true);
	set = atomic_load(&t->at);
	if (!set)
		return;
	dbn_connset__lock(set);
	if (t->waiter && t->waiter->ready)
		dbn_queue__refuse_locked(set, t->waiter, DBN_E_CANCELLED);
	else if (t->waiter) /* in line, or riding */
		dbn_parker__wake(set, &t->waiter->parker);
	dbn_connset__unlock(set);
}

/* ---- giving it back ---- */

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
	if (!st.broken && !st.in_flight && (c->dirty || st.txn != DBN_TXN_NONE)) {
		o.call.struct_size = (uint32_t)sizeof o;
		o.call.deadline_ns = dbn_connset__now(c->set) + c->set->connect_timeout_ns;
		o.how = c->reset_full ? DBN_RESET_FULL : DBN_RESET_SOFT;
		rc = c->ops->reset(c->conn, &o, &err);
		c->assumed = NULL;
		if (rc == DBN_OK) {
			st = (dbn_conn_state){ .struct_size = sizeof st };
			c->ops->state(c->conn, &st);
		}
	}
	dbn_pconn_leave(c);
	dbn_error_free(err);
	c->dirty = c->reset_full = false;
	if (rc != DBN_OK) {
		dbn_connset__lock(c->set);
		c->set->reset_failures++;
		dbn_connset__unlock(c->set);
	}
	return rc == DBN_OK && !st.broken && !st.in_flight && st.txn == DBN_TXN_NONE &&
		st.server_epoch == c->server_epoch;
}

/* Somebody waits, or accounts are kept: under the lock. */
static void
hand_over(dbn_pconn *c)
{
	dbn_connset *set = c->set;

	dbn_connset__lock(set);
	dbn_queue__uncharge_locked(c);
	dbn_queue__give_locked(set, c);
	if (set->active) /* one that was at its limit may go on with another one */
		dbn_queue__serve_locked(set);
	if (atomic_load(&set->closing))
		dbn_parker__wake(set, &set->drained);
	dbn_connset__unlock(set);
}

static void
put_back(dbn_pconn *c)
{
	dbn_connset *set = c->set;

	if (set->accounting || atomic_load(&set->nwaiters) != 0) {
		hand_over(c);
		return;
	}
	DBN_POOL_POINT(set);
	atomic_store(&c->state, DBN_PCONN_FREE);
	DBN_POOL_POINT(set);
	if (atomic_load(&set->nwaiters) == 0 && !atomic_load(&set->closing))
		return;
	dbn_connset__lock(set);
	dbn_queue__serve_locked(set);
	if (atomic_load(&set->closing))
		dbn_parker__wake(set, &set->drained);
	dbn_connset__unlock(set);
}

void
dbn_connset_release(dbn_pconn *c)
{
	dbn_connset *set = c->set;
	uint64_t now = set->env.coarse(set->env.user);

	if (c->discard || c->dirty || atomic_load(&set->closing) || now >= c->expires_ns) {
		bool good = clean(c);

		if (!good) /* what made this one fail may have cut off the others, too */
			atomic_store(&set->suspect_ns, dbn_connset__now(set));
		if (!good || atomic_load(&set->closing) || now >= c->expires_ns) {
			dbn_connset__retire(c);
			return;
		}
	}
	atomic_store_explicit(&c->released_ns, now, memory_order_relaxed);
	if (atomic_load_explicit(&c->in_txn, memory_order_relaxed))
		atomic_store_explicit(&c->in_txn, false, memory_order_relaxed);
	put_back(c);
}
