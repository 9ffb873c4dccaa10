/* SPDX-License-Identifier: MIT */
/*
 * What the core behind dbn_host is made of: services by id, the callbacks of
 * the pool, and the cancel flag of the running thread.  Services register
 * upward: a folder above this one brings the table, plugins find it by id.
 * Registration: setup only, before the first instance.
 */
#ifndef DBN_HOST_INTERNAL_H
#define DBN_HOST_INTERNAL_H

#include "plugin/registry.h"

/* table is static and starts with struct_size; its functions find the pool by
 * dbn_host_instance() and dbn_registry_user().  "dbn.secret/1", "dbn.poll/1" and
 * "dbn.metrics/1" are there already. */
dbn_status dbn_host_service_register(dbn_registry *r, const char *id, const void *table,
	dbn_error **err);
const dbn_instance *dbn_host_instance(const dbn_host *host);
dbn_registry *dbn_host_registry(const dbn_host *host);

/* Called when a plugin says that something moved (DBN_CHANGED_..); any thread,
 * from inside a plugin: note it and return. */
void dbn_registry_on_changed(dbn_registry *r,
	void (*fn)(const dbn_instance *i, uint32_t what, void *user), void *user);

/* Where "dbn.metrics/1" counts; without it counts are dropped.  counter as
 * dbn_metrics_register(), add as dbn_metrics_add(). */
void dbn_registry_on_metrics(dbn_registry *r,
	dbn_status (*counter)(void *user, const char *name, const char *help, uint32_t *id,
		dbn_error **err),
	void (*add)(void *user, uint32_t id, int64_t n), void *user);

/* The flag that dbn_host.cancelled() of this thread reads, non-zero: cancelled.
 * Set around plugin calls; NULL: none.  Returns the one before. */
const _Atomic uint32_t *dbn_host_set_cancel(const _Atomic uint32_t *flag);

#endif
