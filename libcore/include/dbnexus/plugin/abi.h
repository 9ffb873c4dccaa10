/* SPDX-License-Identifier: MIT */
/*
 * The border that every plugin shares: the descriptor it exports, the schema of
 * its settings, and what it gets when an instance is made.  A plugin exports one
 * data symbol, dbn_plugin_entry, and links nothing of libcore.
 *
 * Version 0.x: borders may still be redrawn, so the loader wants the exact minor.
 */
#ifndef DBN_PLUGIN_ABI_H
#define DBN_PLUGIN_ABI_H

#include <dbnexus/types.h>

DBN_BEGIN_DECLS

#define DBN_PLUGIN_MAGIC  0x44424e58u /* "DBNX"; frozen for ever */
#define DBN_ABI_MAJOR     0
#define DBN_ABI_MINOR     1

struct dbn_host;
typedef struct dbn_error dbn_error;     /* made, read and freed through the host only */

typedef uint32_t dbn_plugin_kind;
enum {
	DBN_KIND_DRIVER = 1,
	DBN_KIND_CACHE = 2,
	DBN_KIND_PERMISSION = 3,
	DBN_KIND_SHARD = 4,
	DBN_KIND_AUDIT = 5
};

/** How many threads may be inside one instance at once; the core enforces it. */
enum {
	DBN_THREADS_SERIAL = 1,     /* one call at a time per instance */
	DBN_THREADS_PER_HANDLE = 2, /* one call at a time per connection, snapshot, stream */
	DBN_THREADS_PARALLEL = 3    /* any */
};

/** Descriptor flags; an unknown one is refused. */
enum {
	DBN_PLUGIN_MAY_BLOCK = 1u << 0, /* waits for a network or a disk: keep off a reactor */
	DBN_PLUGIN_PURE = 1u << 1,      /* no I/O, no clock, no lock */
	DBN_PLUGIN_WRAPS = 1u << 2      /* needs an inner plugin of its own kind */
};
#define DBN_PLUGIN_KNOWN_FLAGS 0x7u

/** Head of every operation's options.  Zero fields mean "none". */
typedef struct dbn_call {
	uint32_t struct_size, flags;
	uint64_t deadline_ns;           /* dbn_host.now_ns() clock; 0: none */
	dbn_text label;                 /* for logs: "main.nodes[a]" */
} dbn_call;
#define DBN_CALL_INIT { (uint32_t)sizeof(dbn_call), 0, 0, { NULL, 0 } }

/** Types of a setting. */
enum {
	DBN_CONF_BOOL = 1,      /* int32_t: 0 or 1 */
	DBN_CONF_INT = 2,       /* int64_t, min..max */
	DBN_CONF_FLOAT = 3,     /* double */
	DBN_CONF_STRING = 4,    /* const char *, NUL-ended; NULL: not set */
	DBN_CONF_SIZE = 5,      /* uint64_t bytes, from "64 MiB" */
	DBN_CONF_DURATION = 6,  /* uint64_t nanoseconds, from "30 s"; "never": UINT64_MAX */
	DBN_CONF_PATH = 7,      /* as STRING, made absolute against the file it stands in */
	DBN_CONF_ENUM = 8,      /* int32_t: index into the words of deflt/choices */
	DBN_CONF_LIST = 9,      /* dbn_array of the struct that items describes; or of const char * */
	DBN_CONF_GROUP = 10     /* nested struct that items describes, placed at offset */
};
enum {
	DBN_CONF_REQUIRED = 1u << 0,
	DBN_CONF_SECRET = 1u << 1,      /* STRING from secrets = { }: wiped after destroy() */
	DBN_CONF_RELOADABLE = 1u << 2
};

/** One setting; in a dbn_array, so it may grow. */
typedef struct dbn_conf_item {
	const char *name, *deflt, *help;
	const char *choices;    /* of an ENUM: "low|medium|high"; else NULL */
	uint32_t type, flags;
	int64_t min, max;       /* both 0: no range */
	uint32_t offset;        /* into the settings struct (of the enclosing list item) */
	uint32_t item_size;     /* LIST: sizeof one item; 0 and no items: list of strings */
	dbn_array items;        /* what a LIST or GROUP holds: dbn_conf_item */
} dbn_conf_item;

/** A plugin of the same kind behind this one (flag WRAPS). */
typedef struct dbn_inner {
	uint32_t struct_size, kind;
	void *self;             /* tied to the wrapper's life */
	const void *ops;        /* complete: missing operations return DBN_E_UNSUPPORTED */
	const void *(*get_extension)(void *self, const char *id);
} dbn_inner;

/** What an instance is made from; all of it is alive until destroy() returns. */
typedef struct dbn_create_info {
	uint32_t struct_size, flags;
	const struct dbn_host *host;
	const void *settings;   /* filled by the core after the schema */
	dbn_text instance;      /* "main.cache.front": for messages */
	dbn_text where;         /* "prod.conf:41" */
	const dbn_inner *inner; /* NULL unless WRAPS */
} dbn_create_info;

/** The one symbol of a plugin: const data, so it is judged before code runs. */
typedef struct dbn_plugin_descriptor {
	uint32_t struct_size;   /* sizeof as the plugin was compiled; always first */
	uint32_t magic;         /* DBN_PLUGIN_MAGIC */
	uint16_t abi_major, abi_minor;
	uint32_t kind, threads, flags;
	const char *name, *version;
	dbn_array conf;         /* dbn_conf_item */
	uint32_t settings_size, reserved0;
	/** Make an instance.  settings checked already.  *self returned, unmade by
	 *  destroy().  May block.  Threads: one at a time per plugin. */
	dbn_status (*create)(const dbn_create_info *info, void **self, dbn_error **err);
	/** New settings for a living instance; optional: without it a new instance is made. */
	dbn_status (*reload)(void *self, const dbn_create_info *info, dbn_error **err);
	/** Is it able to work?  Optional. */
	dbn_status (*health)(void *self, const dbn_call *call, dbn_error **err);
	/** Housekeeping instead of threads and timers of its own: called by the core
	 *  not before *next_ns (in/out: now_ns + wish).  Optional. */
	dbn_status (*maintain)(void *self, uint64_t now_ns, uint64_t *next_ns, dbn_error **err);
	void (*destroy)(void *self);
	/** Extensions by id, looked up once after create(): "dbn.driver.async/1".
	 *  Optional.  Returns a static table or NULL. */
	const void *(*get_extension)(void *self, const char *id);
	const void *ops;        /* dbn_driver_ops, dbn_cache_ops ... by kind */
} dbn_plugin_descriptor;

#ifdef __cplusplus
#define DBN_PLUGIN_LINKAGE extern "C" __attribute__((visibility("default")))
#else
#define DBN_PLUGIN_LINKAGE __attribute__((visibility("default")))
#endif

/**
 * Define the entry, by position so that the line is valid C11 and C++17:
 *   DBN_PLUGIN(DBN_KIND_CACHE, DBN_THREADS_PARALLEL, 0, "memory", "1.0",
 *              conf_array, sizeof(struct settings),
 *              create, NULL, NULL, maintain, destroy, NULL, &ops);
 */
#define DBN_PLUGIN(kind_, threads_, flags_, name_, version_, conf_, settings_size_, create_, \
		reload_, health_, maintain_, destroy_, get_extension_, ops_) \
	DBN_PLUGIN_LINKAGE const dbn_plugin_descriptor dbn_plugin_entry; \
	DBN_PLUGIN_LINKAGE const dbn_plugin_descriptor dbn_plugin_entry = { \
		(uint32_t)sizeof(dbn_plugin_descriptor), DBN_PLUGIN_MAGIC, DBN_ABI_MAJOR, \
		DBN_ABI_MINOR, (kind_), (threads_), (flags_), (name_), (version_), conf_, \
		(uint32_t)(settings_size_), 0, (create_), (reload_), (health_), (maintain_), \
		(destroy_), (get_extension_), (ops_) }

/** conf_ argument: DBN_CONF_ITEMS(items) of a static const dbn_conf_item items[]. */
#define DBN_CONF_ITEMS(items_) \
	{ (items_), (uint32_t)(sizeof(items_) / sizeof((items_)[0])), (uint32_t)sizeof((items_)[0]) }
#define DBN_CONF_NONE { NULL, 0, 0 }

DBN_END_DECLS
#endif
