/* SPDX-License-Identifier: MIT */
/*
 * Plugins by kind and name, and the instances made of them.  A registry belongs
 * to one pool; what a file gave stays loaded for the life of the process.
 *
 * Registry functions: setup only (one thread), but dbn_instance_* may be called
 * from any thread, as far as the plugin's thread word allows.
 */
#ifndef DBN_PLUGIN_REGISTRY_H
#define DBN_PLUGIN_REGISTRY_H

#include <pthread.h>

#include "conf/stack.h"
#include <dbnexus/plugin/audit.h>
#include <dbnexus/plugin/cache.h>
#include <dbnexus/plugin/driver.h>
#include <dbnexus/plugin/host.h>
#include <dbnexus/plugin/permission.h>
#include <dbnexus/plugin/shard.h>

typedef struct dbn_registry dbn_registry;

/* One loaded and checked plugin file; lives as long as the process. */
typedef struct dbn_plugin {
	const char *path;
	dbn_plugin_descriptor desc;       /* copied, zero-filled, judged */
	union {                           /* complete: fillers return DBN_E_UNSUPPORTED */
		dbn_driver_ops driver;
		dbn_cache_ops cache;
		dbn_permission_ops permission;
		dbn_shard_ops shard;
		dbn_audit_ops audit;
	} ops;
} dbn_plugin;

/* The part of an instance that callers read. */
typedef struct dbn_instance {
	void *self;
	const void *ops;                  /* complete; dbn_<kind>_ops */
	const dbn_plugin *plugin;
	const char *name;                 /* "databases.main.driver" */
	const char *where;                /* "app.conf:12" */
	bool serial;                      /* a SERIAL driver: callers enter() and leave() */
	pthread_mutex_t mutex;
} dbn_instance;

/*
 * dirs are searched first, then DBNEXUS_PLUGIN_PATH (colon-separated; not in a
 * set-user-id process), then the built-in directory.  dirs are copied; user is
 * what dbn_registry_user() gives.
 */
dbn_status dbn_registry_new(const char *const *dirs, size_t ndirs, void *user, dbn_registry **out,
	dbn_error **err);
/* Destroys all instances, the newest first. */
void dbn_registry_free(dbn_registry *r);
void *dbn_registry_user(const dbn_registry *r);

/*
 * Load "<kind>-<name>.so", or the file itself if name has a '/'.  node (may be
 * NULL) gives the configuration line for messages.  DBN_E_PLUGIN with path, line
 * and cause.
 */
dbn_status dbn_registry_find(dbn_registry *r, uint32_t kind, const char *name,
	const dbn_conf_node *node, const dbn_plugin **out, dbn_error **err);
/* Every plugin file that can be found: path, and the plugin or why not. */
void dbn_registry_list(dbn_registry *r,
	void (*each)(const char *path, const dbn_plugin *plugin, const dbn_error *why, void *user),
	void *user);

/* Load every plugin of the stack and check its settings; secrets are not read. */
dbn_status dbn_registry_check(dbn_registry *r, const dbn_stack_conf *stack,
	dbn_problems *problems);

/*
 * Make an instance: load, fill settings and secrets, make the inner one of a
 * wrapper, create().  conf's nodes are kept until the instance is freed: the stack
 * outlives the registry.  *out belongs to the
 * registry; free it earlier with dbn_instance_free().  DBN_E_CONFIG, DBN_E_PLUGIN,
 * and what create() gives.  Blocks.
 */
dbn_status dbn_instance_new(dbn_registry *r, uint32_t kind, const dbn_conf_plugin *conf,
	dbn_instance **out, dbn_error **err);
void dbn_instance_free(dbn_instance *i);
/* New settings for it; DBN_E_UNSUPPORTED: the plugin has no reload(). */
dbn_status dbn_instance_reload(dbn_instance *i, const dbn_conf_plugin *conf, dbn_error **err);
/* DBN_OK where the plugin has no opinion. */
dbn_status dbn_instance_health(dbn_instance *i, const dbn_call *call, dbn_error **err);
/* Housekeeping if it is due; *next_ns: not before (UINT64_MAX: never again). */
dbn_status dbn_instance_maintain(dbn_instance *i, uint64_t now_ns, uint64_t *next_ns,
	dbn_error **err);
/* An extension table, or NULL; look it up once. */
const void *dbn_instance_extension(dbn_instance *i, const char *id);

/* Around each call into a driver and its connections: locks where it is SERIAL,
 * else nothing.  SERIAL instances of the other kinds lock by themselves. */
static inline void
dbn_instance_enter(dbn_instance *i)
{
	if (i->serial)
		(void)pthread_mutex_lock(&i->mutex);
}
static inline void
dbn_instance_leave(dbn_instance *i)
{
	if (i->serial)
		(void)pthread_mutex_unlock(&i->mutex);
}

/* "driver", "cache" ...; NULL: no such kind. */
const char *dbn_kind_name(uint32_t kind);

#endif
