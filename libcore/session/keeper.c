/* SPDX-License-Identifier: MIT */
/*
 * The housekeeper: one thread a pool, so that plugins need none.  It maintains
 * instances and connections, and takes a new policy that was announced.  Once a
 * second each database is asked whether its schema moved: by a thread of its own,
 * because one that does not answer must not hold up the others.  keeper_lock is
 * never held across a call into a plugin; under it only the catalogue's lock is
 * taken.
 */
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "session/stack_impl.h"

#define SECOND UINT64_C(1000000000)
#define COMPLAIN_EVERY (60 * SECOND)

typedef struct keeping {
	dbn_pool *pool;
	uint64_t epoch;              /* of the policy, when it was last looked at */
	uint64_t sets_due;
	uint64_t complain_instance;  /* not before */
} keeping;

typedef struct dbn_watcher {
	pthread_t thread;
	bool runs;
	dbn_pool *pool;
	dbn_database *db;
	uint64_t complain;           /* not before */
} dbn_watcher;

/* ---- announcements ---- */

void
dbn_pool__changed(const dbn_instance *i, uint32_t what, void *user)
{
	dbn_pool *p = user;

	(void)i;
	if (what != DBN_CHANGED_POLICY && what != DBN_CHANGED_SCHEMA)
		return;
	(void)pthread_mutex_lock(&p->keeper_lock);
	if (what == DBN_CHANGED_POLICY) {
		p->policy_moved = true;
		if (p->ready)
			dbn_authority_changed(p->authority);
	}
	/* what is announced while the stack is being opened is not known yet anyway */
	for (size_t d = 0; what == DBN_CHANGED_SCHEMA && p->ready && d < p->ndatabases; d++)
		(void)dbn_catalog_forget(p->databases[d].catalog);
	p->keeper_work = true;
	(void)pthread_cond_broadcast(&p->keeper_wake);
	(void)pthread_mutex_unlock(&p->keeper_lock);
}

/* ---- the work ---- */

static uint64_t
sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* At most once a minute; frees the error. */
static void
complain(uint64_t *not_before, uint64_t now, const char *what, dbn_status rc, dbn_error *err)
{
	if (now >= *not_before) {
		*not_before = now + COMPLAIN_EVERY;
		dbn_log(DBN_LOG_WARN, "%s: %s", what, err ? dbn_error_message(err) :
			dbn_status_name(rc));
	}
	dbn_error_free(err);
}

static uint64_t
keep_instances(keeping *k, uint64_t now)
{
	dbn_pool *p = k->pool;
	uint64_t soonest = UINT64_MAX;

	for (size_t i = 0; i < p->ninstances; i++) {
		uint64_t next = UINT64_MAX;
		dbn_error *err = NULL;
		dbn_status rc = dbn_instance_maintain(p->instances[i], now, &next, &err);

		if (rc != DBN_OK)
			complain(&k->complain_instance, now, p->instances[i]->name, rc, err);
		soonest = sooner(soonest, next);
	}
	return soonest;
}

static uint64_t
keep_sets(keeping *k, uint64_t now)
{
	dbn_pool *p = k->pool;

	if (now < k->sets_due)
		return k->sets_due;
	k->sets_due = UINT64_MAX;
	for (size_t i = 0; i < p->ngauges; i++)
		k->sets_due = sooner(k->sets_due, dbn_connset_maintain(p->gauges[i].set, now));
	return k->sets_due;
}

/* Whoever took a new policy, a session or a reload, it is recorded here. */
static void
record_policy(keeping *k)
{
	uint64_t epoch = dbn_authority_epoch(k->pool->authority);

	if (epoch == k->epoch)
		return;
	k->epoch = epoch;
	(void)dbn_pool__audit_policy(k->pool, "changed", false, NULL);
}

/* A wrong policy is said each time it is announced: the old one stays in force. */
static void
keep_policy(keeping *k)
{
	dbn_error *err = NULL;

	if (dbn_authority_refresh(k->pool->authority, &err) != DBN_OK)
		dbn_log(DBN_LOG_ERROR, "the new policy is not taken: %s%s%s",
			dbn_error_message(err), dbn_error_detail(err)[0] ? ": " : "",
			dbn_error_detail(err));
	dbn_error_free(err);
	record_policy(k);
}

static uint64_t
keep_house(keeping *k)
{
	uint64_t now = dbn_now_ns(), next;

	next = keep_instances(k, now);
	keep_policy(k);
	next = sooner(next, keep_sets(k, now));
	now = dbn_now_ns();
	return next <= now ? 0 : sooner(next - now, SECOND);
}

/* Until it shall stop, or ns have passed; announced: or something is announced. */
static void
sleep_locked(dbn_pool *p, uint64_t ns, bool announced)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	ns += (uint64_t)until.tv_nsec;
	until.tv_sec += (time_t)(ns / SECOND);
	until.tv_nsec = (long)(ns % SECOND);
	while (!p->keeper_stop && !(announced && p->keeper_work))
		if (pthread_cond_timedwait(&p->keeper_wake, &p->keeper_lock, &until) == ETIMEDOUT)
			break;
}

static void
poll_catalog(dbn_watcher *w)
{
	dbn_error *err = NULL;
	bool moved = false;
	dbn_status rc = dbn_catalog_poll(w->db->catalog, &moved, &err);

	if (rc != DBN_OK)
		complain(&w->complain, dbn_now_ns(), w->db->conf->name, rc, err);
	else if (moved)
		dbn_log(DBN_LOG_INFO, "the schema of \"%s\" has moved", w->db->conf->name);
}

static void *
watch(void *user)
{
	dbn_watcher *w = user;
	dbn_pool *p = w->pool;

	(void)pthread_mutex_lock(&p->keeper_lock);
	while (!p->keeper_stop) {
		(void)pthread_mutex_unlock(&p->keeper_lock);
		poll_catalog(w);
		(void)pthread_mutex_lock(&p->keeper_lock);
		sleep_locked(p, SECOND, false);
	}
	(void)pthread_mutex_unlock(&p->keeper_lock);
	return NULL;
}

static void *
run(void *user)
{
	keeping k = { .pool = user };
	dbn_pool *p = user;
	uint64_t wait;

	k.epoch = dbn_authority_epoch(p->authority);
	(void)pthread_mutex_lock(&p->keeper_lock);
	while (!p->keeper_stop) {
		p->keeper_work = false;
		(void)pthread_mutex_unlock(&p->keeper_lock);
		wait = keep_house(&k);
		(void)pthread_mutex_lock(&p->keeper_lock);
		sleep_locked(p, wait, true);
	}
	(void)pthread_mutex_unlock(&p->keeper_lock);
	record_policy(&k);
	return NULL;
}

/* ---- life ---- */

dbn_status
dbn_pool__keeper_init(dbn_pool *p, dbn_error **err)
{
	pthread_condattr_t attr;
	bool ok;

	if (pthread_mutex_init(&p->keeper_lock, NULL) != 0)
		return dbn_fail_nomem(err);
	ok = pthread_condattr_init(&attr) == 0;
	if (ok) {
		ok = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
			pthread_cond_init(&p->keeper_wake, &attr) == 0;
		(void)pthread_condattr_destroy(&attr);
	}
	if (ok)
		return DBN_OK;
	(void)pthread_mutex_destroy(&p->keeper_lock);
	return dbn_fail_nomem(err);
}

void
dbn_pool__keeper_fini(dbn_pool *p)
{
	(void)pthread_cond_destroy(&p->keeper_wake);
	(void)pthread_mutex_destroy(&p->keeper_lock);
}

static bool
start_watchers(dbn_pool *p)
{
	for (size_t i = 0; i < p->ndatabases; i++) {
		dbn_watcher *w = &p->watchers[i];

		w->pool = p;
		w->db = &p->databases[i];
		w->runs = pthread_create(&w->thread, NULL, watch, w) == 0;
		if (!w->runs)
			return false;
	}
	return true;
}

dbn_status
dbn_pool__keeper_start(dbn_pool *p, dbn_error **err)
{
	sigset_t all, old;
	bool complete;

	p->watchers = dbn_zalloc(p->ndatabases * sizeof *p->watchers);
	if (!p->watchers)
		return dbn_fail_nomem(err);
	(void)pthread_mutex_lock(&p->keeper_lock);
	p->ready = true;
	if (p->policy_moved)
		dbn_authority_changed(p->authority);
	(void)pthread_mutex_unlock(&p->keeper_lock);
	/* signals are the application's: the threads are born with all of them blocked */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	p->keeper_runs = pthread_create(&p->keeper, NULL, run, p) == 0;
	complete = p->keeper_runs && start_watchers(p);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (complete)
		return DBN_OK;
	dbn_pool__keeper_stop(p);
	return dbn_fail_hint(err, DBN_E_LIMIT, "The system may limit threads.",
		"cannot start the housekeeping threads");
}

void
dbn_pool__keeper_stop(dbn_pool *p)
{
	if (!p->keeper_runs) {
		dbn_free(p->watchers);
		p->watchers = NULL;
		return;
	}
	(void)pthread_mutex_lock(&p->keeper_lock);
	p->keeper_stop = true;
	(void)pthread_cond_broadcast(&p->keeper_wake);
	(void)pthread_mutex_unlock(&p->keeper_lock);
	(void)pthread_join(p->keeper, NULL);
	for (size_t i = 0; p->watchers && i < p->ndatabases; i++)
		if (p->watchers[i].runs)
			(void)pthread_join(p->watchers[i].thread, NULL);
	dbn_free(p->watchers);
	p->watchers = NULL;
	p->keeper_runs = false;
}
