/* SPDX-License-Identifier: MIT */
/*
 * Who has what and who waits: for errors, warnings and `dbnexus pool`.  Reads
 * what is copied or atomic; set->lock is held while it looks, and nothing that
 * can block is called meanwhile.
 */
#include <dlfcn.h>
#include <stdio.h>

#include "base/str.h"
#include "pool/connset.h"
#include "pool/connset_impl.h"

void
dbn_place__text(const void *place, char *buf, size_t size)
{
	Dl_info info;

	if (!place)
		(void)snprintf(buf, size, "an unknown place");
	else if (!dladdr(place, &info) || !info.dli_fname)
		(void)snprintf(buf, size, "%p", place);
	else if (info.dli_sname)
		(void)snprintf(buf, size, "%s+0x%zx (%s)", info.dli_sname,
			(size_t)((const char *)place - (const char *)info.dli_saddr), info.dli_fname);
	else
		(void)snprintf(buf, size, "%s+0x%zx", info.dli_fname,
			(size_t)((const char *)place - (const char *)info.dli_fbase));
}

static uint64_t
since(uint64_t now, uint64_t then)
{
	return now > then ? now - then : 0;
}

static uint64_t
ms(uint64_t ns)
{
	return ns / 1000000u;
}

/* ---- errors ---- */

static void
add_holder(dbn_str *out, dbn_pconn *c, uint64_t now)
{
	dbn_holding *h = &c->held;

	dbn_str_adds(out, out->len ? "; " : "");
	if (!atomic_load(&c->is_open)) {
		dbn_str_addf(out, "one is being connected for %llu ms",
			(unsigned long long)ms(since(now, atomic_load(&c->taken_ns))));
		return;
	}
	(void)pthread_mutex_lock(&h->lock);
	dbn_str_adds(out, c->writer && c->set->one_writer ? "the writer is held by " : "one is held by ");
	if (h->session)
		dbn_str_addf(out, "session %llu of \"%s\"", (unsigned long long)h->session, h->user);
	else
		dbn_str_adds(out, "the library itself");
	dbn_str_addf(out, " for %llu ms, %s",
		(unsigned long long)ms(since(now, atomic_load(&c->taken_ns))),
		atomic_load(&c->in_txn) ? "in a transaction" : "in no transaction");
	if (h->fingerprint[0])
		dbn_str_addf(out, ", last statement: %s", h->fingerprint);
	(void)pthread_mutex_unlock(&h->lock);
}

static void
add_breaker_locked(const dbn_connset *set, dbn_str *out, uint64_t now)
{
	const dbn_breaker *b = &set->breaker;

	if (b->state == DBN_BREAKER_CLOSED)
		return;
	dbn_str_addf(out, "%sthe breaker of \"%s\" is %s since %llu ms, ", out->len ? "; " : "",
		set->name, dbn_breaker_state(b->state),
		(unsigned long long)ms(since(now, b->open_since_ns)));
	if (b->next_ns > now)
		dbn_str_addf(out, "next probe in %llu ms", (unsigned long long)ms(b->next_ns - now));
	else
		dbn_str_adds(out, "it is being tried");
}

dbn_status
dbn_connset_timed_out(dbn_connset *set, uint64_t waited_ns, dbn_error **err)
{
	dbn_fail_info info = { .struct_size = sizeof info, .status = DBN_E_TIMEOUT };
	uint64_t now = dbn_connset__now(set);
	uint32_t waiting;
	dbn_str detail;
	dbn_status rc;

	dbn_str_init(&detail, 4000); /* who comes after is left out */
	dbn_connset__lock(set);
	set->timeouts++;
	for (dbn_pconn *c = set->conns; c; c = c->next)
		if (atomic_load(&c->state) == DBN_PCONN_TAKEN)
			add_holder(&detail, c, now);
	if (set->why)
		dbn_str_addf(&detail, "%sthe last attempt to connect: %s", detail.len ? "; " : "",
			dbn_error_message(set->why));
	add_breaker_locked(set, &detail, now);
	waiting = atomic_load(&set->nwaiters);
	dbn_connset__unlock(set);
	info.detail = dbn_text_z(dbn_str_z(&detail));
	info.hint = dbn_text_z("Shorten transactions, or raise pool.max or pool.acquire_timeout.");
	rc = dbn_connset__fail(err, &info, "no connection to \"%s\" became free in %llu ms, %u more wait",
		set->name, (unsigned long long)ms(waited_ns), waiting);
	dbn_str_free(&detail);
	return rc;
}

static dbn_status
no_server(dbn_connset *set, dbn_error **err)
{
	dbn_fail_info info = { .struct_size = sizeof info, .status = DBN_E_CONN };
	uint64_t now = dbn_connset__now(set);
	dbn_str detail, why;
	dbn_status rc;

	dbn_str_init(&detail, 1000);
	dbn_str_init(&why, 1000);
	dbn_connset__lock(set);
	add_breaker_locked(set, &detail, now);
	dbn_str_adds(&why, set->why ? dbn_error_message(set->why) : "");
	dbn_connset__unlock(set);
	info.detail = dbn_text_z(dbn_str_z(&detail));
	info.hint = dbn_text_z("See whether the server runs and the URL is right; it is tried again by itself.");
	rc = dbn_connset__fail(err, &info, "there is no connection to \"%s\"%s%s", set->name,
		why.len ? ": " : "", dbn_str_z(&why));
	dbn_str_free(&why);
	dbn_str_free(&detail);
	return rc;
}

dbn_status
dbn_connset_refused(dbn_connset *set, dbn_status rc, dbn_error **err)
{
	switch (rc) {
	case DBN_E_INVALID:
		return dbn_fail(err, rc, "\"%s\" is being closed", set->name);
	case DBN_E_BUSY:
		return dbn_fail(err, rc, "no connection to \"%s\" is free", set->name);
	case DBN_E_CANCELLED:
		return dbn_fail(err, rc, "the wait for a connection to \"%s\" was cancelled", set->name);
	case DBN_E_CONN:
		return no_server(set, err);
	default:
		return dbn_fail_nomem(err);
	}
}

/* ---- reports ---- */

static void
report_conn(dbn_pconn *c, uint64_t now, void (*each)(const dbn_report_item *, void *), void *user)
{
	dbn_report_item i = { .what = DBN_REPORT_CONNECTION, .state = "idle" };
	uint32_t state = atomic_load(&c->state);
	dbn_holding *h = &c->held;
	char place[256] = "";

	if (state == DBN_PCONN_CLOSED)
		return;
	i.writer = c->writer || !c->set->one_writer;
	i.statements = atomic_load(&c->nstmts);
	i.age_ns = since(now, atomic_load(&c->released_ns));
	(void)pthread_mutex_lock(&h->lock);
	if (atomic_load(&c->is_open)) {
		i.life_ns = since(now, atomic_load(&c->made_ns));
		i.fingerprint = h->fingerprint;
	}
	if (state == DBN_PCONN_TAKEN) {
		i.state = atomic_load(&c->is_open) ? "busy" : "connecting";
		i.age_ns = since(now, atomic_load(&c->taken_ns));
		i.in_txn = atomic_load(&c->in_txn);
	}
	if (state == DBN_PCONN_TAKEN && atomic_load(&c->is_open)) {
		if (h->place)
			dbn_place__text(h->place, place, sizeof place);
		i.place = place;
		i.user = h->user;
		i.session = h->session;
	}
	each(&i, user);
	(void)pthread_mutex_unlock(&h->lock);
}

static void
report_waiters(const dbn_connset *set, const dbn_leaf *l, uint64_t now,
	void (*each)(const dbn_report_item *, void *), void *user)
{
	for (uint32_t kind = 0; kind < 2; kind++)
		for (const dbn_waiter *w = l->first[kind]; w; w = w->next) {
			dbn_report_item i = { .what = DBN_REPORT_WAITER, .state = "waiting",
				.user = w->who, .session = w->session, .in_txn = w->in_txn,
				.age_ns = since(now, w->since_ns),
				.writer = !set->one_writer || w->want == DBN_WANT_WRITE };

			each(&i, user);
		}
}

void
dbn_connset_report(dbn_connset *set, void (*each)(const dbn_report_item *item, void *user),
	void *user)
{
	uint64_t now = dbn_connset__now(set);

	dbn_connset__lock(set);
	for (dbn_pconn *c = set->conns; c; c = c->next)
		report_conn(c, now, each, user);
	for (const dbn_leaf *l = set->active; l; l = l->next_active)
		report_waiters(set, l, now, each, user);
	for (uint32_t i = 0; set->accounting && i <= set->nshares; i++) {
		const dbn_share *s = &set->shares[i];
		dbn_report_item item = { .what = DBN_REPORT_SHARE, .state = "share",
			.user = s->role ? s->role : "(others)", .weight = s->weight, .max = s->max,
			.in_use = s->in_use, .waiting = s->nwaiting, .grants = s->grants };

		each(&item, user);
	}
	dbn_connset__unlock(set);
}
