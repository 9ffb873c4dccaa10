/* SPDX-License-Identifier: MIT */
/*
 * What the core offers to a plugin instance: memory, log, errors, clocks,
 * cancellation and services by id.  The table is alive until destroy()
 * returns; every function may be called from any thread and none blocks,
 * unless it says so.
 */
#ifndef DBN_PLUGIN_HOST_H
#define DBN_PLUGIN_HOST_H

#include <stdarg.h>
#include <dbnexus/plugin/abi.h>

DBN_BEGIN_DECLS

/** Fields of an error beyond its message; zero what is not known.  Borrowed. */
typedef struct dbn_fail_info {
	uint32_t struct_size;
	dbn_status status;         /* DBN_OK: derived from sqlstate by the core's table */
	char sqlstate[8];          /* five characters and NUL, or "" */
	int64_t native_code;
	dbn_text detail, hint, where, constraint, relation, column;
	uint32_t position;         /* byte offset in the statement plus one */
	uint32_t retryable;        /* 0: by the table, 1: yes, 2: no */
} dbn_fail_info;

/** Fields for dbn_host.error_field(). */
enum {
	DBN_ERR_MESSAGE = 1, DBN_ERR_DETAIL = 2, DBN_ERR_HINT = 3, DBN_ERR_SQLSTATE = 4,
	DBN_ERR_WHERE = 5, DBN_ERR_CONSTRAINT = 6, DBN_ERR_RELATION = 7, DBN_ERR_COLUMN = 8
};

/** What dbn_host.changed() may say. */
enum { DBN_CHANGED_POLICY = 1, DBN_CHANGED_SHARDS = 2, DBN_CHANGED_NODE = 3, DBN_CHANGED_SCHEMA = 4 };

typedef struct dbn_host {
	uint32_t struct_size;
	uint16_t abi_major, abi_minor;
	void *ctx;                 /* the core's own */
	void *(*alloc)(const struct dbn_host *, size_t size);
	void (*release)(const struct dbn_host *, void *p);
	/** level: 0 error, 1 warning, 2 information, 3 debugging. */
	void (*log)(const struct dbn_host *, int32_t level, const char *msg, size_t len);
	/** Make an error, put it in *err (unless err is NULL) and return its status. */
	dbn_status (*fail)(const struct dbn_host *, dbn_error **err, const dbn_fail_info *info,
		const char *fmt, va_list ap);
	dbn_status (*error_code)(const dbn_error *);
	dbn_text (*error_field)(const dbn_error *, uint32_t field); /* tied to the error */
	void (*error_free)(dbn_error *);
	uint64_t (*now_ns)(const struct dbn_host *);   /* monotonic: deadlines */
	int64_t (*wall_us)(const struct dbn_host *);   /* since 1970 UTC: records */
	/** Has the call been cancelled or its deadline passed?  Loops ask. */
	int32_t (*cancelled)(const struct dbn_host *, const dbn_call *);
	/** Policy, map, node or schema moved: the core takes a new snapshot soon. */
	void (*changed)(const struct dbn_host *, uint32_t what);
	/** A service by id, or NULL: "dbn.metrics/1" "dbn.secret/1" "dbn.sql/1"
	 *  "dbn.predicate/1" "dbn.poll/1".  Static; look it up in create(). */
	const void *(*get_service)(const struct dbn_host *, const char *id);
} dbn_host;

/** "dbn.metrics/1": counters of the instance, shown as <instance>.<name>. */
typedef struct dbn_metrics_service {
	uint32_t struct_size, reserved0;
	/** A slot for a counter; the same name gives the same slot.  Setup only. */
	dbn_status (*counter)(const dbn_host *, const char *name, const char *help, uint32_t *slot,
		dbn_error **err);
	/** Add to it; a few nanoseconds, any thread. */
	void (*add)(const dbn_host *, uint32_t slot, int64_t n);
} dbn_metrics_service;

/** "dbn.secret/1": the secrets = { } of the instance's configuration. */
typedef struct dbn_secret_service {
	uint32_t struct_size, reserved0;
	/** Fetch by name; given to the caller: release(), which wipes it. */
	dbn_status (*get)(const dbn_host *, const char *name, dbn_bytes *out, dbn_error **err);
	void (*release)(const dbn_host *, dbn_bytes *secret);
} dbn_secret_service;

/** What dbn_sql_service.transact() does. */
enum { DBN_SQL_BEGIN = 1, DBN_SQL_COMMIT = 2, DBN_SQL_ROLLBACK = 3 };

/**
 * "dbn.sql/1": a configured database by its name, as the user "plugin:<instance>"
 * ("plugin:databases.main.driver"): the policy says what it may do and the trail
 * records it, as for any session.  Connections are the handle's own, so that a
 * full pool does not keep it waiting.  A handle: any thread, one call at a time;
 * every call blocks, up to the deadline of its dbn_call (NULL: the pool's limit).
 */
struct dbn_sql;
typedef struct dbn_sql_service {
	uint32_t struct_size, reserved0;
	/** Call it in create(): nothing is connected before the first statement.  purpose:
	 *  a few words, $client.name of the policy.  DBN_E_CONFIG: there is no such
	 *  database, or its statements would need the plugin itself (a permission, cache or
	 *  audit plugin always; drivers and shard maps where they serve it).  Returned:
	 *  close() it, at the latest in destroy(). */
	dbn_status (*open)(const dbn_host *, dbn_text database, dbn_text purpose,
		struct dbn_sql **out, dbn_error **err);
	/** Run a statement; values are borrowed; affected may be NULL.  DBN_E_BUSY: the
	 *  stack is not open yet, or the call comes from a row() of the same handle. */
	dbn_status (*exec)(struct dbn_sql *, dbn_text portable_sql, const dbn_value *v, size_t nv,
		const dbn_call *, uint64_t *affected, dbn_error **err);
	/** The same with rows: cells are borrowed until row() returns.  DBN_DONE from row()
	 *  ends without an error, a negative status ends the query and is returned. */
	dbn_status (*query)(struct dbn_sql *, dbn_text portable_sql, const dbn_value *v, size_t nv,
		const dbn_call *, dbn_status (*row)(const dbn_value *cells, size_t n, void *user),
		void *user, dbn_error **err);
	/** how: DBN_SQL_.. */
	dbn_status (*transact)(struct dbn_sql *, uint32_t how, const dbn_call *, dbn_error **err);
	/** Rolls back what is open.  NULL is accepted. */
	void (*close)(struct dbn_sql *);
} dbn_sql_service;

/** "dbn.predicate/1": is this text a policy predicate? */
typedef struct dbn_predicate_service {
	uint32_t struct_size, reserved0;
	/** DBN_OK, or DBN_E_SYNTAX with *offset (bytes).  attributes: names with types,
	 *  "region:text" each. */
	dbn_status (*check)(const dbn_host *, dbn_text predicate, const dbn_text *attributes,
		size_t nattributes, size_t *offset, dbn_error **err);
} dbn_predicate_service;

/** "dbn.poll/1": wait for a descriptor without a thread of one's own. */
typedef struct dbn_poll_service {
	uint32_t struct_size, reserved0;
	/** Block until fd is ready (events: 1 read, 2 write), deadline or cancel. */
	dbn_status (*wait)(const dbn_host *, int32_t fd, uint32_t events, const dbn_call *,
		uint32_t *ready, dbn_error **err);
} dbn_poll_service;

DBN_END_DECLS
#endif
