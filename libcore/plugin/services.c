/* SPDX-License-Identifier: MIT */
/*
 * The services that need nothing above this folder: secrets, counters, waiting
 * for a descriptor.
 */
#include <errno.h>
#include <poll.h>

#include "base/clock.h"
#include "plugin/load.h"

/* ---- "dbn.secret/1" ---- */

static dbn_status
secret_get(const dbn_host *h, const char *name, dbn_bytes *out, dbn_error **err)
{
	const dbn_instance_full *i = dbn_host_full(h);
	const dbn_conf_node *n = name ? dbn_conf_member(i->secrets, name) : NULL;

	DBN_ERR_CLEAR(err);
	out->ptr = NULL;
	out->len = 0;
	if (!n)
		return dbn_fail_where(err, DBN_E_NOT_FOUND, i->pub.where, NULL,
			"%s has no secret \"%s\"", i->pub.name, name ? name : "");
	return dbn_secret_fetch(n, out, err);
}

static void
secret_release(const dbn_host *h, dbn_bytes *secret)
{
	(void)h;
	if (secret)
		dbn_secret_wipe(secret);
}

static const dbn_secret_service secret_service = {
	sizeof secret_service, 0, secret_get, secret_release,
};

/* ---- "dbn.metrics/1" ---- */

/* Where nobody counts. */
#define NO_SLOT UINT32_MAX

static dbn_status
metrics_counter(const dbn_host *h, const char *name, const char *help, uint32_t *slot,
	dbn_error **err)
{
	const dbn_instance_full *i = dbn_host_full(h);
	dbn_registry *r = i->registry;
	dbn_status rc;
	dbn_str full;

	DBN_ERR_CLEAR(err);
	*slot = NO_SLOT;
	if (!r->counter)
		return DBN_OK;
	dbn_str_init(&full, 512);
	dbn_str_addf(&full, "%s.%s", i->pub.name, name);
	rc = full.status == DBN_E_NOMEM ? dbn_fail_nomem(err) : full.status != DBN_OK ?
		dbn_fail(err, DBN_E_INVALID, "the name of a counter is too long") :
		r->counter(r->count_user, dbn_str_z(&full), help, slot, err);
	dbn_str_free(&full);
	return rc;
}

static void
metrics_add(const dbn_host *h, uint32_t slot, int64_t n)
{
	dbn_registry *r = dbn_host_registry(h);

	if (slot != NO_SLOT && r->count)
		r->count(r->count_user, slot, n);
}

static const dbn_metrics_service metrics_service = {
	sizeof metrics_service, 0, metrics_counter, metrics_add,
};

/* ---- "dbn.poll/1" ---- */

#define SLICE_MS 20             /* so late a cancel may be noticed */

/* How long to wait now; 0: the deadline has passed. */
static int
slice_ms(const dbn_call *call)
{
	uint64_t now, left;

	if (!call || !call->deadline_ns)
		return SLICE_MS;
	now = dbn_now_ns();
	if (now >= call->deadline_ns)
		return 0;
	left = (call->deadline_ns - now + 999999) / 1000000;
	return left < SLICE_MS ? (int)left : SLICE_MS;
}

static dbn_status
poll_wait(const dbn_host *h, int32_t fd, uint32_t events, const dbn_call *call, uint32_t *ready,
	dbn_error **err)
{
	struct pollfd p = { .fd = fd };
	int ms, n;

	DBN_ERR_CLEAR(err);
	p.events = (short)((events & 1 ? POLLIN : 0) | (events & 2 ? POLLOUT : 0));
	for (;;) {
		ms = slice_ms(call);
		n = poll(&p, 1, ms);
		if (n > 0)
			break;
		if (n < 0 && errno != EINTR)
			return dbn_fail(err, DBN_E_IO, "cannot wait for a descriptor: %m");
		if (!ms)
			return dbn_fail(err, DBN_E_TIMEOUT, "the deadline has passed");
		if (h->cancelled(h, NULL))
			return dbn_fail(err, DBN_E_CANCELLED, "cancelled while waiting");
	}
	if (p.revents & POLLNVAL)
		return dbn_fail(err, DBN_E_INVALID, "the descriptor is not open");
	/* an error or a hang-up is for the read or write to find */
	*ready = (p.revents & (POLLIN | POLLHUP | POLLERR) ? events & 1 : 0) |
		(p.revents & (POLLOUT | POLLHUP | POLLERR) ? events & 2 : 0);
	return DBN_OK;
}

static const dbn_poll_service poll_service = { sizeof poll_service, 0, poll_wait };

const void *
dbn_service_builtin(const char *id)
{
	if (strcmp(id, "dbn.secret/1") == 0)
		return &secret_service;
	if (strcmp(id, "dbn.metrics/1") == 0)
		return &metrics_service;
	if (strcmp(id, "dbn.poll/1") == 0)
		return &poll_service;
	return NULL;
}
