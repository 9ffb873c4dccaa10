/* SPDX-License-Identifier: MIT */
/*
 * The life of a connection set: opening, growing, retiring connections,
 * draining, closing.  Who gets which connection is acquire.c and queue.c.
 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "pool/connset.h"
#include "pool/connset_impl.h"

#define SECOND UINT64_C(1000000000)

void
dbn_connset__lock(dbn_connset *set)
{
	(void)pthread_mutex_lock(&set->lock);
}

void
dbn_connset__unlock(dbn_connset *set)
{
	dbn_waiter *w = set->told, *next;
	dbn_rousing r = set->rousing;

	set->told = set->told_last = NULL;
	set->rousing = (dbn_rousing){ NULL, 0 };
	(void)pthread_mutex_unlock(&set->lock);
	dbn_rousing__flush(set, &r);
	for (; w; w = next) {
		next = w->next; /* w is its owner's once it has been told */
		w->next = NULL;
		w->ready(w, w->user);
	}
}

void
dbn_connset__flush_locked(dbn_connset *set)
{
	if (!set->told && !set->rousing.gate)
		return;
	dbn_connset__unlock(set);
	dbn_connset__lock(set);
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

bool
dbn_connset__suits(const dbn_connset *set, const dbn_pconn *c, uint32_t want)
{
	if (!set->one_writer)
		return true;
	if (want == DBN_WANT_WRITE)
		return c->writer;
	return !c->writer || set->max == 0;
}

bool
dbn_pconn__try_take(dbn_pconn *c)
{
	uint32_t free_state = DBN_PCONN_FREE;

	/* not relaxed: a waiter that has counted itself must see what was freed before */
	return atomic_load(&c->state) == DBN_PCONN_FREE &&
		atomic_compare_exchange_strong(&c->state, &free_state, DBN_PCONN_TAKEN);
}

/* ---- growing and shrinking ---- */

static dbn_pconn *
new_conn(dbn_connset *set, bool writer)
{
	dbn_pconn *c = dbn_zalloc(sizeof *c);

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
	(void)pthread_mutex_init(&c->held.lock, NULL);
	c->next = set->conns;
	set->conns = c;
	return c;
}

dbn_pconn *
dbn_connset__grow_locked(dbn_connset *set, uint32_t want)
{
	bool writer = set->one_writer && (want == DBN_WANT_WRITE || set->max == 0);
	uint32_t *n = writer ? &set->nwriters : &set->nreaders;
	uint32_t max = writer ? 1 : set->max;
	dbn_pconn *c;

	if (atomic_load(&set->closing) || *n >= max)
		return NULL;
	for (c = set->conns; c; c = c->next)
		if (atomic_load(&c->state) == DBN_PCONN_CLOSED && c->writer == writer)
			break; /* writer never changes: suits() reads it without a lock */
	if (!c)
		c = new_conn(set, writer);
	if (!c)
		return NULL;
	atomic_store(&c->state, DBN_PCONN_TAKEN);
	++*n;
	return c;
}

void
dbn_connset__drop_locked(dbn_pconn *c)
{
	dbn_connset *set = c->set;

	--*(c->writer ? &set->nwriters : &set->nreaders);
	dbn_queue__uncharge_locked(c);
	atomic_store(&c->state, DBN_PCONN_CLOSED);
	if (atomic_load(&set->closing))
		dbn_parker__wake(set, &set->drained);
}

void
dbn_connset__retire(dbn_pconn *c)
{
	dbn_connset *set = c->set;
	bool was_open = c->conn != NULL;

	dbn_pconn__close(c);
	dbn_connset__lock(set);
	set->closed += was_open;
	dbn_connset__drop_locked(c);
	dbn_queue__serve_locked(set); /* another may be opened in its place */
	if (!set->in_place)
		dbn_helper__wake_locked(set); /* also without waiters: min */
	dbn_connset__unlock(set);
}

/* ---- life of the set ---- */

static void
free_set(dbn_connset *set)
{
	dbn_pconn *c, *next;

	dbn_helper__join_all(set);
	for (c = set->conns; c; c = next) {
		next = c->next;
		dbn_pconn__close(c);
		(void)pthread_mutex_destroy(&c->cancel_lock);
		(void)pthread_mutex_destroy(&c->held.lock);
		dbn_free(c->buckets);
		dbn_free(c->ride);
		dbn_free(c);
	}
	dbn_queue__fini(set);
	dbn_error_free(set->why);
	(void)pthread_mutex_destroy(&set->lock);
	dbn_free(set->name);
	dbn_free(set->url);
	dbn_free(set->role);
	dbn_free(set);
}

static void
take_opts(dbn_connset *set, const dbn_connset_opts *o)
{
	set->driver = o->driver;
	set->ops = o->ops;
	set->async = o->serial ? NULL : o->async;
	set->dialect = o->dialect;
	set->serial = o->serial;
	set->min = o->min;
	set->max = o->max;
	set->statements = o->statements ? o->statements : 1;
	set->create = o->create;
	set->one_writer = (o->dialect->capabilities & DBN_CAP_ONE_WRITER) != 0;
	set->in_place = set->one_writer;
	set->acquire_timeout_ns = o->acquire_timeout_ns;
	set->idle_timeout_ns = o->idle_timeout_ns;
	set->max_lifetime_ns = o->max_lifetime_ns;
	set->connect_timeout_ns = dbn_timed(o->connect_timeout_ns) ? o->connect_timeout_ns : 5 * SECOND;
	set->keepalive_ns = o->keepalive_ns;
	set->leak_after_ns = o->leak_after_ns;
	set->server_timeout_ns = dbn_timed(o->server_timeout_ns) ? o->server_timeout_ns : 0;
	set->connects = o->connects ? o->connects : 2;
	if (set->connects > DBN_HELPERS_MAX)
		set->connects = DBN_HELPERS_MAX;
	set->env = o->env ? *o->env : dbn_pool_env_real;
	dbn_breaker_init(&set->breaker, o->breaker_failures ? o->breaker_failures : 5,
		o->breaker_cooldown_ns ? o->breaker_cooldown_ns : SECOND / 2);
}

/* The first connection, on this thread. */
static dbn_status
open_first(dbn_connset *set, bool degraded, dbn_error **err)
{
	dbn_error *why = NULL;
	dbn_pconn *c;
	dbn_status rc;

	dbn_connset__lock(set);
	c = dbn_connset__grow_locked(set, DBN_WANT_WRITE);
	dbn_connset__unlock(set);
	if (!c)
		return dbn_fail_nomem(err);
	rc = dbn_pconn__open(c, dbn_connset__now(set) + set->connect_timeout_ns, &why);
	dbn_connset__lock(set);
	if (rc == DBN_OK)
		set->opened++;
	else
		dbn_connset__drop_locked(c);
	if (rc == DBN_OK)
		dbn_queue__give_locked(set, c);
	if (rc == DBN_E_CONN || rc == DBN_E_TIMEOUT)
		dbn_helper__connected_locked(set, rc, why);
	if (degraded || rc == DBN_OK)
		dbn_helper__wake_locked(set);
	dbn_connset__unlock(set);
	if (rc != DBN_OK && degraded && (rc == DBN_E_CONN || rc == DBN_E_TIMEOUT)) {
		dbn_log(DBN_LOG_WARN, "\"%s\" is not there yet, going on without: %s", set->name,
			dbn_error_message(why));
		dbn_error_free(why);
		return DBN_OK;
	}
	if (err)
		*err = why;
	else
		dbn_error_free(why);
	return rc;
}

dbn_status
dbn_connset_open(const dbn_connset_opts *o, dbn_connset **out, dbn_error **err)
{
	dbn_connset *set = dbn_zalloc(sizeof *set);
	dbn_status rc;

	if (!set)
		return dbn_fail_nomem(err);
	(void)pthread_mutex_init(&set->lock, NULL);
	set->name = dbn_strdup(o->name);
	set->url = dbn_strdup(o->url);
	set->role = dbn_strdup(o->server_role ? o->server_role : "");
	take_opts(set, o);
	rc = dbn_queue__init(set, o);
	if (rc != DBN_OK || !set->name || !set->url || !set->role)
		rc = dbn_fail_nomem(err);
	else
		rc = open_first(set, o->degraded, err);
	if (rc == DBN_OK) {
		*out = set;
		return DBN_OK;
	}
	dbn_connset__lock(set);
	atomic_store(&set->closing, true);
	atomic_store(&set->ending, 1);
	dbn_parker__wake(set, &set->help);
	dbn_connset__unlock(set);
	free_set(set);
	return rc;
}

static uint32_t
out_locked(const dbn_connset *set)
{
	uint32_t n = 0;

	for (const dbn_pconn *c = set->conns; c; c = c->next)
		n += atomic_load(&c->state) == DBN_PCONN_TAKEN;
	return n;
}

uint32_t
dbn_connset_drain(dbn_connset *set, uint64_t until_ns)
{
	uint32_t n;

	dbn_connset__lock(set);
	if (!atomic_load(&set->closing)) {
		atomic_store(&set->closing, true);
		atomic_store(&set->ending, 1);
		dbn_queue__refuse_all_locked(set, DBN_E_INVALID);
		dbn_parker__wake(set, &set->help);
		dbn_connset__flush_locked(set);
	}
	while ((n = out_locked(set)) != 0 && dbn_connset__now(set) < until_ns)
		set->env.park(set->env.user, &set->lock, &set->drained, until_ns);
	dbn_connset__unlock(set);
	return n;
}

void
dbn_connset_cancel_all(dbn_connset *set)
{
	dbn_pconn *c;

	atomic_store(&set->cancelling, true);
	dbn_connset__lock(set);
	c = set->conns;
	dbn_connset__unlock(set);
	for (; c; c = c->next) /* structs never leave the list */
		if (atomic_load(&c->state) == DBN_PCONN_TAKEN)
			dbn_pconn_cancel(c, atomic_load_explicit(&c->statement_no, memory_order_relaxed));
}

void
dbn_connset_close(dbn_connset *set)
{
	if (!set)
		return;
	(void)dbn_connset_drain(set, UINT64_MAX);
	free_set(set);
}

const char *
dbn_connset_name(const dbn_connset *set)
{
	return set->name;
}

void
dbn_connset_count(dbn_connset *set, dbn_connset_counts *out)
{
	memset(out, 0, sizeof *out);
	dbn_connset__lock(set);
	out->opened = set->opened;
	out->closed = set->closed;
	out->waits = set->waits;
	out->groups = set->groups;
	out->grouped = set->grouped;
	out->timeouts = set->timeouts;
	out->connect_failures = set->connect_failures;
	out->reset_failures = set->reset_failures;
	out->leaks = set->leaks;
	out->connecting = set->connecting;
	out->breaker = set->breaker.state;
	out->open = set->nreaders + set->nwriters - set->connecting;
	out->max = set->max + (set->one_writer ? 1 : 0);
	out->waiting = atomic_load(&set->nwaiters);
	out->busy = out_locked(set) - set->connecting;
	dbn_connset__unlock(set);
}
