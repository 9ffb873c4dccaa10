/* SPDX-License-Identifier: MIT */
/*
 * What the housekeeper does for a set: connections that are too old, idle for
 * too long or to be kept alive; those held for too long; those that are missing.
 */
#include "base/log.h"
#include "base/str.h"
#include "pool/connset.h"
#include "pool/connset_impl.h"

#define OFTEN UINT64_C(1000000000)
#define SELDOM UINT64_C(10000000000)
#define ANSWER UINT64_C(5000000000) /* one that does not answer in that time is gone */

static void
warn_of_leak(dbn_pconn *c, uint64_t held_ns)
{
	dbn_connset *set = c->set;
	char place[256], user[sizeof c->held.user], what[sizeof c->held.fingerprint];
	uint64_t session;

	(void)pthread_mutex_lock(&c->held.lock);
	session = c->held.session;
	memcpy(user, c->held.user, sizeof user);
	memcpy(what, c->held.fingerprint, sizeof what);
	dbn_place__text(c->held.place, place, sizeof place);
	(void)pthread_mutex_unlock(&c->held.lock);
	atomic_store(&c->warned, true);
	dbn_connset__lock(set);
	set->leaks++;
	dbn_connset__unlock(set);
	dbn_log(DBN_LOG_WARN, "a connection to \"%s\" is held for %llu s, is it forgotten? session %llu "
		"of \"%s\", %s, last statement: %s; taken at %s", set->name,
		(unsigned long long)(held_ns / UINT64_C(1000000000)), (unsigned long long)session, user,
		atomic_load(&c->in_txn) ? "in a transaction" : "in no transaction",
		what[0] ? what : "(none)", place);
}

static void
look_at_taken(dbn_pconn *c, uint64_t now)
{
	dbn_connset *set = c->set;
	uint64_t since = atomic_load(&c->taken_ns);

	if (!dbn_timed(set->leak_after_ns) || !atomic_load(&c->is_open) || atomic_load(&c->warned) ||
		since >= now || now - since < set->leak_after_ns)
		return;
	warn_of_leak(c, now - since);
}

static void
give_back_locked(dbn_connset *set, dbn_pconn *c)
{
	dbn_queue__give_locked(set, c);
	if (atomic_load(&set->closing))
		dbn_parker__wake(set, &set->drained);
}

void
dbn_keep__ask(dbn_pconn *c)
{
	dbn_connset *set = c->set;

	/* who waits for it asks by itself, and not for longer than it would wait */
	if (!atomic_load(&set->closing) && !atomic_load(&set->nwaiters) && !dbn_pconn__ping(c, dbn_connset__now(set) + ANSWER)) {
		atomic_store(&set->suspect_ns, dbn_connset__now(set));
		dbn_connset__retire(c);
		return;
	}
	dbn_connset__lock(set);
	give_back_locked(set, c);
	dbn_connset__unlock(set);
}

/* A free one that we have taken; *above: how many more than min there are.  Whoever
 * is asked may be long in answering, and other sets are not to wait for that. */
static void
look_at_free(dbn_pconn *c, uint64_t now, uint32_t *above)
{
	dbn_connset *set = c->set;
	uint64_t used = atomic_load(&c->released_ns), idle = now > used ? now - used : 0;
	bool ask;

	if (c->expires_ns <= now || (!c->writer && *above && dbn_timed(set->idle_timeout_ns) &&
		idle >= set->idle_timeout_ns)) {
		dbn_connset__retire(c);
		*above -= *above > 0;
		return;
	}
	ask = !set->one_writer && dbn_timed(set->keepalive_ns) && idle >= set->keepalive_ns &&
		now - atomic_load(&c->alive_ns) >= set->keepalive_ns;
	atomic_store_explicit(&c->taken_ns, now, memory_order_relaxed);
	dbn_connset__lock(set);
	if (!ask)
		give_back_locked(set, c);
	else if (dbn_helper__ask_locked(set, c))
		ask = false;
	dbn_connset__unlock(set);
	if (ask)
		dbn_keep__ask(c);
}

uint64_t
dbn_connset_maintain(dbn_connset *set, uint64_t now)
{
	uint32_t above;
	dbn_pconn *c;

	dbn_connset__lock(set);
	above = set->nreaders > set->min ? set->nreaders - set->min : 0;
	dbn_queue__sweep_locked(set);
	c = set->conns;
	dbn_connset__unlock(set);
	for (; c; c = c->next) { /* structs never leave the list */
		if (dbn_pconn__try_take(c))
			look_at_free(c, now, &above);
		else if (atomic_load(&c->state) == DBN_PCONN_TAKEN)
			look_at_taken(c, now);
	}
	dbn_connset__lock(set);
	dbn_helper__wake_locked(set);
	dbn_connset__unlock(set);
	return now + (set->one_writer && !dbn_timed(set->leak_after_ns) ? SELDOM : OFTEN);
}
