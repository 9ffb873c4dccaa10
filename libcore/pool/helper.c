/* SPDX-License-Identifier: MIT */
/*
 * Connecting in the background: threads of the set that make connections when
 * somebody waits or fewer than min are there, so that a waiter that gives up
 * does not take the connection with it; they also ask idle ones whether they
 * live.  Made when needed, few at a time, they end when nothing is left to do.  After failures the breaker says when to try.
 */
#include <signal.h>

#include "base/log.h"
#include "base/str.h"
#include "plugin/host.h"
#include "pool/connset.h"
#include "pool/connset_impl.h"

#define LINGER UINT64_C(1000000000) /* a helper without work waits so long */

/* How many more should be under way. */
static uint32_t
missing(const dbn_connset *set)
{
	uint32_t have = set->nreaders - set->connecting; /* those that are lent out, too */
	uint32_t demand = dbn_queue__demand_locked(set);
	uint32_t few = set->min > have ? set->min - have : 0;

	if (demand < few)
		demand = few;
	return demand > set->connecting ? demand - set->connecting : 0;
}

static bool
may_connect(const dbn_connset *set)
{
	return !atomic_load(&set->closing) && set->nreaders < set->max &&
		set->connecting < set->connects && missing(set) != 0;
}

bool
dbn_helper__hopeless_locked(dbn_connset *set, uint64_t now)
{
	return set->breaker.state == DBN_BREAKER_OPEN && now < set->breaker.next_ns &&
		set->nreaders == set->connecting && !set->in_place;
}

void
dbn_helper__connected_locked(dbn_connset *set, dbn_status rc, dbn_error *why)
{
	uint32_t was = set->breaker.state;

	if (rc == DBN_OK) {
		dbn_breaker_worked(&set->breaker);
		dbn_error_free(set->why);
		set->why = NULL;
		if (was != DBN_BREAKER_CLOSED)
			dbn_log(DBN_LOG_WARN, "\"%s\" is there again", set->name);
		return;
	}
	set->connect_failures++;
	dbn_breaker_failed(&set->breaker, dbn_connset__now(set),
		set->env.jitter(set->env.user, UINT64_MAX));
	if (was == DBN_BREAKER_CLOSED && set->breaker.state == DBN_BREAKER_OPEN)
		dbn_log(DBN_LOG_WARN, "the breaker of \"%s\" opens: %s", set->name,
			dbn_error_message(why));
	dbn_error_free(set->why);
	set->why = NULL;
	/* a copy: the error is the caller's */
	(void)dbn_fail(&set->why, rc, "%s", dbn_error_message(why));
	/* no connection at all: who waits has nothing to wait for */
	if (set->nreaders == set->connecting && (set->breaker.state == DBN_BREAKER_OPEN ||
		(rc != DBN_E_CONN && rc != DBN_E_TIMEOUT && rc != DBN_E_LIMIT)))
		dbn_queue__refuse_all_locked(set, DBN_E_CONN);
}

/* One attempt; the lock is let go meanwhile. */
static void
connect_one(dbn_connset *set, dbn_pconn *c)
{
	dbn_error *why = NULL;
	dbn_status rc;

	set->connecting++;
	atomic_store_explicit(&c->taken_ns, dbn_connset__now(set), memory_order_relaxed);
	dbn_connset__unlock(set);
	rc = dbn_pconn__open(c, dbn_connset__now(set) + set->connect_timeout_ns, &why);
	if (rc == DBN_OK && atomic_load(&set->closing))
		dbn_pconn__close(c);
	dbn_connset__lock(set);
	set->connecting--;
	if (rc == DBN_OK && c->conn) {
		set->opened++;
		dbn_helper__connected_locked(set, rc, NULL);
		dbn_queue__give_locked(set, c);
		dbn_helper__wake_locked(set); /* others may work again, too */
		if (atomic_load(&set->closing)) /* since we looked: drain counts taken ones only */
			dbn_parker__wake(set, &set->drained);
	} else {
		dbn_connset__drop_locked(c);
		if (rc != DBN_OK)
			dbn_helper__connected_locked(set, rc, why);
	}
	dbn_error_free(why);
}

/* One of those that are to be asked; the lock is let go meanwhile. */
static bool
ask_one(dbn_connset *set)
{
	dbn_pconn *c = set->asks;

	if (!c)
		return false;
	set->asks = c->next_ask;
	set->nasks--;
	c->next_ask = NULL;
	dbn_connset__unlock(set);
	dbn_keep__ask(c);
	dbn_connset__lock(set);
	return true;
}

/* false: there is nothing to do now; *until: then there may be. */
static bool
work_locked(dbn_connset *set, uint64_t *until)
{
	uint64_t now = dbn_connset__now(set);
	dbn_pconn *c;

	*until = UINT64_MAX;
	if (ask_one(set))
		return true;
	if (!may_connect(set))
		return false;
	if (!dbn_breaker_allows(&set->breaker, now, set->connecting)) {
		*until = set->breaker.next_ns > now ? set->breaker.next_ns : UINT64_MAX;
		return false;
	}
	c = dbn_connset__grow_locked(set, DBN_WANT_READ);
	if (!c) { /* out of memory: a little later */
		*until = now + LINGER;
		return false;
	}
	connect_one(set, c);
	return true;
}

bool
dbn_connset_work(dbn_connset *set)
{
	uint64_t until;
	bool worked;

	dbn_connset__lock(set);
	worked = work_locked(set, &until);
	dbn_connset__unlock(set);
	return worked;
}

/* ---- threads ---- */

static void *
run(void *arg)
{
	dbn_helper *h = arg;
	dbn_connset *set = h->set;
	uint64_t until, now, idle_since = 0;

	/* nobody gets what is connected to at the end: a server that does not answer must
	 * not hold it up */
	(void)dbn_host_set_cancel(&set->ending);
	dbn_connset__lock(set);
	while (!atomic_load(&set->closing) || set->asks) {
		if (work_locked(set, &until)) {
			idle_since = 0;
			dbn_connset__flush_locked(set);
			continue;
		}
		now = dbn_connset__now(set);
		if (until == UINT64_MAX) {
			if (!idle_since)
				idle_since = now;
			if (now - idle_since >= LINGER)
				break;
			until = idle_since + LINGER;
		}
		set->idle_helpers++;
		set->env.park(set->env.user, &set->lock, &set->help, until);
		set->idle_helpers--;
	}
	set->nhelpers--;
	h->state = DBN_HELPER_ENDED;
	dbn_connset__unlock(set);
	return NULL;
}

static bool
spawn(dbn_connset *set)
{
	sigset_t all, old;
	dbn_helper *h = set->helpers;
	int rc;

	while (h < set->helpers + set->connects && h->state == DBN_HELPER_RUNS)
		h++;
	if (h == set->helpers + set->connects)
		return true;
	if (h->state == DBN_HELPER_ENDED) /* it lets go of the lock as its last act */
		(void)pthread_join(h->thread, NULL);
	h->set = set;
	h->state = DBN_HELPER_RUNS;
	/* signals are the application's: the thread is born with all of them blocked */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&h->thread, NULL, run, h);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc != 0) {
		h->state = DBN_HELPER_NONE;
		return false;
	}
	set->nhelpers++;
	return true;
}

void
dbn_helper__wake_locked(dbn_connset *set)
{
	if (set->env.no_threads || set->in_place || !may_connect(set))
		return;
	if (set->idle_helpers)
		dbn_parker__wake(set, &set->help);
	if (missing(set) <= set->idle_helpers || set->nhelpers >= set->connects)
		return;
	if (!spawn(set) && !set->nhelpers) {
		dbn_log(DBN_LOG_ERROR, "cannot start a thread that connects to \"%s\"", set->name);
		dbn_error_free(set->why);
		(void)dbn_fail(&set->why, DBN_E_LIMIT, "cannot start a thread that connects");
		dbn_queue__refuse_all_locked(set, DBN_E_CONN);
	}
}

bool
dbn_helper__ask_locked(dbn_connset *set, dbn_pconn *c)
{
	if (set->env.no_threads || atomic_load(&set->closing))
		return false;
	c->next_ask = set->asks;
	set->asks = c;
	if (set->idle_helpers)
		dbn_parker__wake(set, &set->help);
	if (++set->nasks <= set->idle_helpers || set->nhelpers >= set->connects || spawn(set) ||
		set->nhelpers)
		return true;
	set->asks = c->next_ask;
	set->nasks--;
	c->next_ask = NULL;
	return false;
}

void
dbn_helper__join_all(dbn_connset *set)
{
	for (uint32_t i = 0; i < DBN_HELPERS_MAX; i++) {
		bool there;

		dbn_connset__lock(set);
		there = set->helpers[i].state != DBN_HELPER_NONE;
		dbn_connset__unlock(set);
		if (there) /* none is made any more: the set is closing */
			(void)pthread_join(set->helpers[i].thread, NULL);
	}
}
