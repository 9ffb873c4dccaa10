/* SPDX-License-Identifier: MIT */
/*
 * Between the files that open, keep and close a pool: stack.c, stack_db.c,
 * stack_parts.c, services.c, service_sql.c, keeper.c, stats.c, logfile.c.  Setup runs on the
 * opening thread; each opener leaves what it has made in the pool, also when it
 * fails, and dbn_pool__free() takes all of it down.
 */
#ifndef DBN_SESSION_STACK_IMPL_H
#define DBN_SESSION_STACK_IMPL_H

#include "base/str.h"
#include "session/stack.h"

/* Names under which a set of connections is counted. */
typedef struct dbn_pool_gauge {
	dbn_connset *set;
	const char *open, *busy, *waiting, *max, *waits, *timeouts;
} dbn_pool_gauge;

/* ---- stack.c ---- */
/* Make an instance that the keeper maintains; tied to the registry. */
dbn_status dbn_pool__instance(dbn_pool *p, uint32_t kind, const dbn_conf_plugin *conf,
	dbn_instance **out, dbn_error **err);
/* Call each open pool sees: refused in a child of fork() and after close. */
dbn_status dbn_pool__usable(const dbn_pool *p, dbn_error **err);

/* ---- stack_db.c: drivers, connections, catalogues, shards ---- */
dbn_status dbn_pool__open_databases(dbn_pool *p, dbn_error **err);
void dbn_pool__close_databases(dbn_pool *p);
/* Hand out no connection any more; wait for those lent out, as long as configured, then
 * cancel what runs on them. */
void dbn_pool__drain(dbn_pool *p);
/* One connection to a node beside those of the pool: a set of its own; any thread. */
dbn_status dbn_pool__reserve(const dbn_database *db, uint32_t node, dbn_connset **out,
	dbn_error **err);

/* ---- stack_parts.c ---- */
dbn_status dbn_pool__open_authority(dbn_pool *p, dbn_error **err);
dbn_status dbn_pool__open_cache(dbn_pool *p, dbn_error **err);
dbn_status dbn_pool__open_audit(dbn_pool *p, dbn_error **err);
/* Tell the trail about the policy: "loaded", "changed", "allow-all".  Durable where
 * the sinks promise it and wait is set. */
dbn_status dbn_pool__audit_policy(dbn_pool *p, const char *detail, bool wait, dbn_error **err);

/* ---- services.c ---- */
dbn_status dbn_pool__services(dbn_pool *p, dbn_error **err);

/* ---- service_sql.c ---- */
extern const dbn_sql_service dbn_pool__sql_service;
/* What plugins have open is ended, before anything it needs is closed; the handles stay
 * until their plugins let go of them, at the latest until _fini(). */
void dbn_pool__sql_close(dbn_pool *p);
void dbn_pool__sql_fini(dbn_pool *p);

/* ---- keeper.c ---- */
/* Before any instance is made, and after the last is gone. */
dbn_status dbn_pool__keeper_init(dbn_pool *p, dbn_error **err);
void dbn_pool__keeper_fini(dbn_pool *p);
dbn_status dbn_pool__keeper_start(dbn_pool *p, dbn_error **err);
/* Joins; does nothing where it does not run. */
void dbn_pool__keeper_stop(dbn_pool *p);
/* The registry's callback.  Never blocks on more than keeper_lock. */
void dbn_pool__changed(const dbn_instance *i, uint32_t what, void *pool);

/* ---- report.c ---- */
dbn_status dbn_pool__report(dbn_pool *p, dbn_str *out);

/* ---- service_socket.c ---- */
/* Does nothing where none is configured; the last part to open, the first to close. */
dbn_status dbn_pool__socket_open(dbn_pool *p, dbn_error **err);
void dbn_pool__socket_close(dbn_pool *p);

/* ---- stats.c ---- */
dbn_status dbn_pool__gauges(dbn_pool *p, dbn_error **err);

/* ---- logfile.c ---- */
dbn_status dbn_pool__log_open(dbn_pool *p, dbn_error **err);
void dbn_pool__log_close(const dbn_pool *p);

#endif
