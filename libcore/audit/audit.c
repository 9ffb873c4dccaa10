/* SPDX-License-Identifier: MIT */
/*
 * The trail: all sinks together.  Owns the sinks and the numbers of operations;
 * everything that waits or fails is the sink's.  A child of fork() finds its
 * parent's threads gone: it hands over nothing and closes without writing.
 */
#include "audit/audit.h"

#include <pthread.h>
#include <string.h>
#include "audit/sink.h"
#include "base/clock.h"
#include "base/mem.h"
#include "error/error.h"

#define MAX_SINKS 16u

struct dbn_audit {
	audit_sink **sinks;
	size_t nsinks;
	bool before_ack;
	uint32_t generation;     /* of the process that opened it */
	_Atomic uint64_t next_op;
};

/* How often the process has forked, seen from this process. */
static _Atomic uint32_t fork_generation;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

static void
in_child(void)
{
	atomic_fetch_add(&fork_generation, 1);
}

static void
watch_forks(void)
{
	(void)pthread_atfork(NULL, NULL, in_child);
}

static bool
forked(const dbn_audit *a)
{
	return atomic_load_explicit(&fork_generation, memory_order_relaxed) != a->generation;
}

dbn_status
dbn_audit_open(const dbn_audit_conf *conf, dbn_audit **out, dbn_error **err)
{
	uint64_t random[2];
	char instance[17];
	dbn_audit *a;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	*out = NULL;
	pthread_once(&fork_once, watch_forks);
	if (conf->nsinks > MAX_SINKS)
		return dbn_fail(err, DBN_E_CONFIG, "%zu audit sinks: at most %u are possible",
			conf->nsinks, MAX_SINKS);
	if (dbn_random(random, sizeof(random)) != DBN_OK)
		return dbn_fail(err, DBN_E_INTERNAL, "no random bytes for the audit trail");
	dbn_hex(random, 8, instance);
	a = dbn_zalloc(sizeof(*a));
	if (!a)
		return dbn_fail_nomem(err);
	a->generation = atomic_load(&fork_generation);
	atomic_store(&a->next_op, random[1] | 1);
	a->sinks = dbn_alloc_array(conf->nsinks ? conf->nsinks : 1, sizeof(*a->sinks));
	rc = a->sinks ? DBN_OK : dbn_fail_nomem(err);
	for (size_t i = 0; i < conf->nsinks && rc == DBN_OK; i++) {
		a->sinks[i] = dbn_zalloc(sizeof(audit_sink));
		if (!a->sinks[i]) {
			rc = dbn_fail_nomem(err);
			break;
		}
		a->nsinks = i + 1;
		rc = dbn_audit__sink_open(a->sinks[i], &conf->sinks[i], conf, instance, err);
		if (conf->sinks[i].guarantee == DBN_AUDIT_BEFORE_ACK)
			a->before_ack = true;
	}
	if (rc == DBN_OK)
		*out = a;
	else
		dbn_audit_close(a, 0);
	return rc;
}

void
dbn_audit_close(dbn_audit *a, uint64_t timeout_ns)
{
	bool child;

	if (!a)
		return;
	child = forked(a);
	for (size_t i = 0; i < a->nsinks; i++) {
		if (!child)
			dbn_audit__sink_stop(a->sinks[i], timeout_ns);
		dbn_audit__sink_free(a->sinks[i], child);
		dbn_free(a->sinks[i]);
	}
	dbn_free(a->sinks);
	dbn_free(a);
}

dbn_status
dbn_audit_check(dbn_audit *a, dbn_error **err)
{
	DBN_ERR_CLEAR(err);
	if (!a)
		return DBN_OK;
	if (forked(a))
		return dbn_fail(err, DBN_E_FORKED, "the process has forked since the trail was opened");
	for (size_t i = 0; i < a->nsinks; i++) {
		audit_sink *s = a->sinks[i];

		if (s->on_failure == DBN_AUDIT_STOP &&
		    atomic_load_explicit(&s->failing, memory_order_relaxed)) {
			atomic_fetch_add(&s->refused, 1);
			return dbn_fail_hint(err, DBN_E_AUDIT,
				"The log tells why; statements run again once the sink works.",
				"audit sink \"%s\" does not take records, so nothing may run", s->name);
		}
	}
	return DBN_OK;
}

bool
dbn_audit_has_before_ack(const dbn_audit *a)
{
	return a && a->before_ack;
}

static int64_t
time_of(const dbn_audit_event *ev)
{
	return ev->time_us ? ev->time_us : dbn_wall_us();
}

void
dbn_audit_submit(dbn_audit *a, const dbn_audit_event *ev)
{
	uint64_t position;
	int64_t time_us;

	if (!a || a->nsinks == 0 || forked(a))
		return;
	time_us = time_of(ev);
	for (size_t i = 0; i < a->nsinks; i++)
		if (dbn_audit__sink_wants(a->sinks[i], ev, false))
			(void)dbn_audit__sink_give(a->sinks[i], ev, 0, time_us, false, &position);
}

/* Wait for the before_ack sinks of the set; *which: the first that failed. */
static bool
wait_all(dbn_audit *a, uint32_t set, const uint64_t *positions, const char **which)
{
	bool ok = true;

	for (size_t i = 0; i < a->nsinks; i++) {
		audit_sink *s = a->sinks[i];

		if (!(set & 1u << i) || dbn_audit__sink_wait(s, positions[i]))
			continue;
		if (s->on_failure == DBN_AUDIT_DROP)
			continue; /* its losses are counted; nobody is stopped */
		if (ok)
			*which = s->name;
		ok = false;
	}
	return ok;
}

static void
refused(dbn_audit *a, const char *which)
{
	for (size_t i = 0; i < a->nsinks; i++)
		if (a->sinks[i]->name == which)
			atomic_fetch_add(&a->sinks[i]->refused, 1);
}

dbn_status
dbn_audit_intent(dbn_audit *a, const dbn_audit_event *ev, uint64_t *op, dbn_error **err)
{
	uint64_t positions[MAX_SINKS];
	dbn_audit_event intent;
	const char *which = NULL;
	uint32_t set = 0;
	int64_t time_us;
	bool ok = true;

	DBN_ERR_CLEAR(err);
	*op = 0;
	if (!dbn_audit_has_before_ack(a))
		return DBN_OK;
	if (forked(a))
		return dbn_fail(err, DBN_E_FORKED, "the process has forked since the trail was opened");
	intent = *ev;
	intent.outcome = DBN_AUDIT_INTENT;
	intent.error = DBN_OK;
	intent.duration_ns = 0;
	intent.flags &= ~(uint32_t)(DBN_AUDIT_CACHED | DBN_AUDIT_AFFECTED);
	time_us = time_of(ev);
	for (size_t i = 0; i < a->nsinks && ok; i++) {
		audit_sink *s = a->sinks[i];

		if (s->guarantee != DBN_AUDIT_BEFORE_ACK || !dbn_audit__sink_wants(s, &intent, true))
			continue;
		if (!*op)
			while ((*op = atomic_fetch_add(&a->next_op, 1)) == 0)
				;
		if (dbn_audit__sink_give(s, &intent, *op, time_us, true, &positions[i])) {
			set |= 1u << i;
		} else if (s->on_failure == DBN_AUDIT_STOP) {
			which = s->name;
			ok = false;
		}
	}
	if (!wait_all(a, set, positions, &which))
		ok = false;
	if (ok)
		return DBN_OK;
	refused(a, which);
	return dbn_fail_hint(err, DBN_E_AUDIT, "The log tells why the sink failed.",
		"audit sink \"%s\" cannot take the record, so the statement is not run", which);
}

dbn_status
dbn_audit_outcome(dbn_audit *a, const dbn_audit_event *ev, uint64_t op, dbn_error **err)
{
	uint64_t positions[MAX_SINKS];
	const char *which = NULL;
	uint32_t set = 0;
	int64_t time_us;
	bool ok = true;

	DBN_ERR_CLEAR(err);
	if (!a || a->nsinks == 0)
		return DBN_OK;
	if (forked(a))
		return dbn_fail(err, DBN_E_FORKED, "the process has forked since the trail was opened");
	time_us = time_of(ev);
	for (size_t i = 0; i < a->nsinks; i++) {
		audit_sink *s = a->sinks[i];
		bool wait = s->guarantee == DBN_AUDIT_BEFORE_ACK;

		/* Whoever has the intent gets the outcome, whatever it is. */
		if (!dbn_audit__sink_wants(s, ev, wait && op))
			continue;
		if (dbn_audit__sink_give(s, ev, op, time_us, wait, &positions[i])) {
			if (wait)
				set |= 1u << i;
		} else if (wait && s->on_failure == DBN_AUDIT_STOP) {
			which = s->name;
			ok = false;
		}
	}
	if (!wait_all(a, set, positions, &which))
		ok = false;
	if (ok)
		return DBN_OK;
	refused(a, which);
	if (ev->outcome == DBN_AUDIT_OK && ev->action != DBN_AUDIT_READ)
		return dbn_fail_hint(err, DBN_E_AUDIT,
			"Do not run it again: it has happened. The log tells why the sink failed.",
			"executed, but its outcome is not recorded in audit sink \"%s\"", which);
	return dbn_fail_hint(err, DBN_E_AUDIT, "The log tells why the sink failed.",
		"the outcome is not recorded in audit sink \"%s\"", which);
}

dbn_status
dbn_audit_flush(dbn_audit *a, uint64_t timeout_ns, dbn_error **err)
{
	dbn_status rc = DBN_OK;

	DBN_ERR_CLEAR(err);
	if (!a)
		return DBN_OK;
	if (forked(a))
		return dbn_fail(err, DBN_E_FORKED, "the process has forked since the trail was opened");
	for (size_t i = 0; i < a->nsinks && rc == DBN_OK; i++)
		rc = dbn_audit__sink_flush(a->sinks[i], timeout_ns, err);
	return rc;
}

void
dbn_audit_get_stats(dbn_audit *a, dbn_audit_stats *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; a && i < a->nsinks; i++) {
		audit_sink *s = a->sinks[i];

		out->records += atomic_load(&s->records);
		out->lost += atomic_load(&s->all_lost);
		out->refused += atomic_load(&s->refused);
		out->syncs += atomic_load(&s->syncs);
		out->bytes += atomic_load(&s->bytes);
	}
}

size_t
dbn_audit_sinks(const dbn_audit *a)
{
	return a ? a->nsinks : 0;
}

void
dbn_audit_head_of(dbn_audit *a, size_t sink, dbn_text *name, uint64_t *seq,
	char hash[DBN_SHA256_HEX + 1])
{
	audit_sink *s = a->sinks[sink];

	*name = dbn_text_z(s->name);
	pthread_mutex_lock(&s->lock);
	*seq = s->head_seq;
	memcpy(hash, s->head_hash, sizeof(s->head_hash));
	pthread_mutex_unlock(&s->lock);
}
