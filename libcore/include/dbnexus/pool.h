/* SPDX-License-Identifier: MIT */
/*
 * The pool: one opened stack of databases, cache, policy, shards and audit
 * sinks.  Applications have one.  Every function here may be called from any
 * thread, except that a pool is closed once.
 */
#ifndef DBN_POOL_H
#define DBN_POOL_H

#include <dbnexus/config.h>
#include <dbnexus/error.h>
#include <dbnexus/value.h>

DBN_BEGIN_DECLS

typedef struct dbn_pool dbn_pool;

/**
 * Open the stack that a configuration file describes.
 * @param path  borrowed     @param pool  returned, close with dbn_pool_close()
 * @param err   returned, free with dbn_error_free(); may be NULL; NULL on success
 * Threads: any.  Blocks: while files are read and the first connections made.
 * Returns: DBN_OK; DBN_E_CONFIG (all problems with file:line in the detail);
 * DBN_E_PLUGIN; DBN_E_CONN; DBN_E_AUDIT; DBN_E_IO.
 * Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status
dbn_pool_open(const char *path, dbn_pool **pool, dbn_error **err);

/** The same from a configuration made in code (borrowed).  Since: 0.1 */
DBN_API DBN_NODISCARD dbn_status
dbn_pool_open_config(const dbn_config *config, dbn_pool **pool, dbn_error **err);

/**
 * Open one database without a configuration file.
 * @param url          "sqlite:app.db", relative to the current directory
 * @param policy_file  policy in the rbac plugin's syntax; NULL only together with
 *                     DBN_OPEN_ALLOW_ALL, which is written to the audit trail
 * @param audit_file   where the trail goes; NULL: it is not kept
 * Returns: as dbn_pool_open(); DBN_E_CONFIG without a policy and without the flag.
 * Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status
dbn_pool_open_url(const char *url, const char *policy_file, const char *audit_file, uint32_t flags,
	dbn_pool **pool, dbn_error **err);

/**
 * Close: no new session or statement begins; what is in a transaction or still reads
 * rows may end, as long as pool.drain of each database says, then it is cancelled;
 * records are drained, connections closed.  Any session still open keeps the pool's
 * memory alive until it is closed; its calls return DBN_E_INVALID.  NULL is fine.
 * Blocks: until then, at most pool.drain and the time to write records.
 * Never from a callback.  Since: 0.1
 */
DBN_API void dbn_pool_close(dbn_pool *pool);

/** What dbn_pool_metric() reads; names are those of dbn_pool_metrics(). */
typedef struct dbn_metric {
	uint32_t struct_size, kind;      /* kind: 1 counter, 2 gauge */
	const char *name, *help;         /* static, or tied to the pool */
	int64_t value;
} dbn_metric;

/**
 * Read every metric: each is called once per metric, in a fixed order.
 * Threads: any.  Blocks: no.  Calls back: each.  Since: 0.1
 */
DBN_API dbn_status
dbn_pool_metrics(dbn_pool *pool, void (*each)(const dbn_metric *metric, void *user), void *user,
	dbn_error **err);

/**
 * Who holds which connection since when and with which statement, who waits, and the
 * shares of users and roles: one JSON object a line (docs/pool.md lists the members).
 * Statements come without their literals.
 * @param lines  given: free with dbn_free_text()
 * Threads: any.  Blocks: no.  Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status dbn_pool_report(dbn_pool *pool, char **lines, dbn_error **err);

/**
 * Ask a stack that runs in another program, at metrics.socket of the configuration.
 * @param what   "pool": dbn_pool_report(); "metrics": dbn_pool_metrics(), in lines of JSON
 * @param lines  given: free with dbn_free_text()
 * Threads: one at a time per config.  Blocks: up to two seconds without an answer.
 * Returns: DBN_OK; DBN_E_CONFIG (no socket is configured); DBN_E_CONN (nobody answers
 * there); DBN_E_IO.  Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status
dbn_config_ask(const dbn_config *config, const char *what, char **lines, dbn_error **err);

/**
 * Forget what is cached of a relation ("users", "main.users"; NULL: everything),
 * for changes made behind the library's back.
 * Threads: any.  Blocks: as the cache does.  Since: 0.1
 */
DBN_API dbn_status
dbn_pool_invalidate(dbn_pool *pool, const char *relation, dbn_error **err);

/**
 * Read policy again now (it is looked at by itself when its file changes).
 * DBN_E_CONFIG: the new one is wrong, the old one stays.  Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status dbn_pool_reload(dbn_pool *pool, dbn_error **err);

DBN_END_DECLS
#endif
