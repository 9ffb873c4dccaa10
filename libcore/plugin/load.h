/* SPDX-License-Identifier: MIT */
/*
 * Between the files of plugin/ only: from a path to a judged plugin.
 */
#ifndef DBN_PLUGIN_LOAD_H
#define DBN_PLUGIN_LOAD_H

#include "plugin/host.h"
#include "plugin/registry.h"

/* loader.c: open path (absolute) and find its entry; bytes: how many it has,
 * SIZE_MAX where that cannot be known.  Runs constructors, nothing else.  where
 * is the configuration line, "" where there is none. */
dbn_status dbn_loader_open(const char *path, const char *where, const dbn_plugin_descriptor **out,
	size_t *bytes, dbn_error **err);

/* trust.c: may the file be loaded?  Not where others can write it or its
 * directory (unless sticky), or where it belongs to neither root nor uid. */
dbn_status dbn_trust_check(const char *path, uint32_t uid, const char *where, dbn_error **err);

/* check.c: judge an entry of so many bytes and fill *out (path is the caller's).
 * No code of the plugin runs. */
dbn_status dbn_plugin_judge(const dbn_plugin_descriptor *entry, size_t bytes, const char *path,
	const char *where, dbn_plugin *out, dbn_error **err);

/* defaults.c: one operation of a kind. */
typedef void (*dbn_any_fn)(void);
typedef struct dbn_op {
	const char *name;
	size_t offset;
	bool required;
	dbn_any_fn filler;
} dbn_op;
typedef struct dbn_kind_ops {
	const dbn_op *ops;
	size_t n, size;             /* size: of the ops struct */
	uint32_t known_flags;       /* of its flags member */
} dbn_kind_ops;
/* NULL: no such kind. */
const dbn_kind_ops *dbn_kind_ops_of(uint32_t kind);

/* ---- instances ---- */
typedef struct dbn_memory_link {
	struct dbn_memory_link *next;
	dbn_conf_memory memory;
} dbn_memory_link;

typedef struct dbn_instance_full {
	dbn_instance pub;
	dbn_host host;
	dbn_registry *registry;
	struct dbn_instance_full *next, *prev; /* newest first */
	struct dbn_instance_full *inner;
	dbn_inner inner_view;
	dbn_memory_link *memory;    /* settings: newest first, all kept until destroy() */
	const dbn_conf_node *secrets;
	dbn_arena arena;            /* names */
	void *own_self;             /* the plugin's; pub.self may be a wrapped one */
	void *serial_self;          /* serial.c: what stands behind pub */
	const void *serial_ops;
	union {
		dbn_cache_ops cache;
		dbn_permission_ops permission;
		dbn_shard_ops shard;
		dbn_audit_ops audit;
	} serial;
	_Atomic uint64_t maintain_ns;
	pthread_mutex_t maintain_lock;
	bool created, creating, serial_word;
} dbn_instance_full;

typedef struct dbn_plugin_link {
	struct dbn_plugin_link *next;
	dbn_plugin plugin;
} dbn_plugin_link;

typedef struct dbn_service_link {
	struct dbn_service_link *next;
	const char *id;
	const void *table;
} dbn_service_link;

struct dbn_registry {
	dbn_arena arena;            /* paths, services */
	const char **dirs;
	size_t ndirs;
	void *user;
	dbn_plugin_link *plugins;
	dbn_service_link *services;
	pthread_mutex_t lock;       /* of instances */
	dbn_instance_full *instances;
	void (*changed)(const dbn_instance *i, uint32_t what, void *user);
	void *changed_user;
	dbn_status (*counter)(void *user, const char *name, const char *help, uint32_t *id,
		dbn_error **err);
	void (*count)(void *user, uint32_t id, int64_t n);
	void *count_user;
};

/* host.c: the table of an instance. */
void dbn_host_init(dbn_instance_full *i);
const dbn_instance_full *dbn_host_full(const dbn_host *host);
/* serial.c: put locking operations before those of a SERIAL instance; false: not
 * for this kind, its callers lock. */
bool dbn_serial_wrap(dbn_instance_full *i, uint32_t kind);
/* services.c: the tables that are there from the start. */
const void *dbn_service_builtin(const char *id);

#endif
