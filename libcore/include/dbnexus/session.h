/* SPDX-License-Identifier: MIT */
/*
 * Sessions, statements, rows and transactions.  A session is one user's handle
 * on the pool: one thread at a time (dbn_session_cancel() may come from any).
 * Everything a session gives out is closed before the session.
 */
#ifndef DBN_SESSION_H
#define DBN_SESSION_H

#include <dbnexus/pool.h>

DBN_BEGIN_DECLS

typedef struct dbn_session dbn_session;
typedef struct dbn_rows dbn_rows;

/** An attribute that the application vouches for: policy sees it as $user.<name>. */
typedef struct dbn_identity_attribute {
	const char *name;
	dbn_value value;
} dbn_identity_attribute;

/** Who asks.  Zero what is not known. */
typedef struct dbn_identity {
	uint32_t struct_size, flags;
	const char *user;                /* borrowed, as all of it */
	const char *token;               /* for providers that read tokens */
	const dbn_identity_attribute *attributes;
	size_t nattributes;
	const char *client_address;      /* $client.address */
	const char *client_name;         /* $client.name: application */
	bool client_tls;                 /* $client.tls */
	uint8_t reserved0[7];
} dbn_identity;

/**
 * Open a session.  The identity is fixed for its life; roles and attributes are
 * resolved again, between statements, when the policy changes.
 * @param who  borrowed; struct_size 0 is refused: DBN_INIT(dbn_identity, ...)
 * @param session  returned, close with dbn_session_close()
 * Threads: any.  Blocks: if the permission provider does.
 * Returns: DBN_OK; DBN_E_IDENTITY; DBN_E_INVALID; DBN_E_FORKED.  Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status
dbn_session_open(dbn_pool *pool, const dbn_identity *who, dbn_session **session, dbn_error **err);
/** The same with only a user's name.  Since: 0.1 */
DBN_API DBN_NODISCARD dbn_status
dbn_session_open_as(dbn_pool *pool, const char *user, dbn_session **session, dbn_error **err);
/** Close; an open transaction is rolled back, open rows are closed.  NULL is fine. */
DBN_API void dbn_session_close(dbn_session *session);

/** Per-call choices; zero means: the configuration's. */
enum { DBN_CACHE_DEFAULT = 0, DBN_CACHE_BYPASS = 1, DBN_CACHE_REFRESH = 2 };
typedef struct dbn_query_opts {
	uint32_t struct_size, flags;
	uint64_t timeout_ns;             /* 0: limits.time of the configuration */
	uint32_t cache;                  /* DBN_CACHE_.. */
	uint32_t reserved0;
} dbn_query_opts;
static inline dbn_query_opts
dbn_query_opts_init(void)
{
	dbn_query_opts o = { (uint32_t)sizeof(dbn_query_opts), 0, 0, 0, 0 };
	return o;
}

/** What a statement without rows did. */
typedef struct dbn_result {
	uint32_t struct_size, reserved0;
	uint64_t affected;               /* rows inserted, updated, deleted */
	int64_t generated_key;           /* of the last row inserted; 0: none */
} dbn_result;

/**
 * Run one statement that returns rows.
 * @param sql   borrowed, UTF-8; placeholders ? or $1, not both
 * @param args  borrowed until the rows are closed: DBN_ARGS(...), DBN_NO_ARGS
 * @param rows  returned, close with dbn_rows_close()
 * Threads: one at a time per session.  Blocks: up to the deadline.
 * Returns: DBN_OK; DBN_E_SYNTAX (with position); DBN_E_DENIED; DBN_E_VALUE;
 * DBN_E_TIMEOUT; DBN_E_CANCELLED; DBN_E_CONN; DBN_E_BUSY; DBN_E_LIMIT; DBN_E_AUDIT;
 * DBN_E_TXN_FAILED; and what the database says.  Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status
dbn_query(dbn_session *session, const char *sql, dbn_args args, dbn_rows **rows, dbn_error **err);
/** The same with options; sql of n bytes.  Since: 0.1 */
DBN_API DBN_NODISCARD dbn_status
dbn_query_with(dbn_session *session, dbn_text sql, dbn_args args, const dbn_query_opts *opts,
	dbn_rows **rows, dbn_error **err);
/** Run one statement whose rows, if any, are not wanted.  result may be NULL.  Since: 0.1 */
DBN_API DBN_NODISCARD dbn_status
dbn_exec(dbn_session *session, const char *sql, dbn_args args, dbn_result *result, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_exec_with(dbn_session *session, dbn_text sql, dbn_args args, const dbn_query_opts *opts,
	dbn_result *result, dbn_error **err);
/**
 * Run one statement many times: nrows rows of args.n / nrows values each, all or
 * nothing.  keys (may be NULL): nrows generated keys.  One round trip where the
 * database can.  Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status
dbn_exec_many(dbn_session *session, const char *sql, dbn_args args, size_t nrows,
	dbn_result *result, int64_t *keys, dbn_error **err);

/** One value of the first row: DBN_E_NOT_FOUND without a row, DBN_E_VALUE if NULL
 *  or of another type.  text is given: free with dbn_free_text().  Since: 0.1 */
DBN_API DBN_NODISCARD dbn_status
dbn_get_int64(dbn_session *session, const char *sql, dbn_args args, int64_t *out, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_get_double(dbn_session *session, const char *sql, dbn_args args, double *out, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_get_text(dbn_session *session, const char *sql, dbn_args args, char **out, dbn_error **err);
DBN_API void dbn_free_text(char *text);

/* ---- rows ---- */

/**
 * Step to the next row.  Cells of the row before are gone.
 * Returns: DBN_OK: there is one; DBN_DONE: there is none (err NULL); or a failure.
 * Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status dbn_rows_next(dbn_rows *rows, dbn_error **err);
/** Store the cells of this row in order; fewer than there are is fine.
 *  DBN_E_VALUE names the column that does not fit (NULL into a plain int, too
 *  large, other type).  Since: 0.1 */
DBN_API DBN_NODISCARD dbn_status dbn_rows_scan(dbn_rows *rows, dbn_outs outs, dbn_error **err);
/** The cells of this row: columns() of them, tied to the row; NULL before next(). */
DBN_API const dbn_value *dbn_rows_cells(const dbn_rows *rows);
DBN_API uint32_t dbn_rows_columns(const dbn_rows *rows);
/** Tied to rows, NUL-ended; "" past the last. */
DBN_API const char *dbn_rows_name(const dbn_rows *rows, uint32_t column);
/** DBN_NULL where it differs by row. */
DBN_API dbn_type dbn_rows_type(const dbn_rows *rows, uint32_t column);
/** Does the policy mask this column for the session? */
DBN_API bool dbn_rows_masked(const dbn_rows *rows, uint32_t column);
/** Did the answer come from the cache? */
DBN_API bool dbn_rows_cached(const dbn_rows *rows);
/** Rows written so far by a statement that returns rows (RETURNING). */
DBN_API uint64_t dbn_rows_affected(const dbn_rows *rows);
/** Close; NULL is fine.  A statement that writes is finished first. */
DBN_API void dbn_rows_close(dbn_rows *rows);

/* ---- transactions ---- */

enum {
	DBN_TXN_DEFAULT = 0, DBN_TXN_READ_UNCOMMITTED = 1, DBN_TXN_READ_COMMITTED = 2,
	DBN_TXN_REPEATABLE_READ = 3, DBN_TXN_SNAPSHOT = 4, DBN_TXN_SERIALIZABLE = 5
};
typedef struct dbn_txn_opts {
	uint32_t struct_size;
	uint32_t isolation;              /* a stronger one satisfies, a weaker is refused */
	bool read_only;
	uint8_t reserved0[7];
	uint64_t timeout_ns;             /* to begin; 0: limits.time */
} dbn_txn_opts;
static inline dbn_txn_opts
dbn_txn_opts_init(void)
{
	dbn_txn_opts o = { (uint32_t)sizeof(dbn_txn_opts), 0, false, { 0, 0, 0, 0, 0, 0, 0 }, 0 };
	return o;
}

/** Begin; opts may be NULL.  DBN_E_TXN_ACTIVE if one is active.  Since: 0.1 */
DBN_API DBN_NODISCARD dbn_status dbn_begin(dbn_session *session, const dbn_txn_opts *opts, dbn_error **err);
/** Commit; open rows are closed.  DBN_E_TXN_NONE; DBN_E_TXN_FAILED (it was rolled
 *  back); DBN_E_CONFLICT; DBN_E_UNKNOWN_OUTCOME.  Since: 0.1 */
DBN_API DBN_NODISCARD dbn_status dbn_commit(dbn_session *session, dbn_error **err);
/** Roll back.  DBN_E_TXN_NONE.  Since: 0.1 */
DBN_API dbn_status dbn_rollback(dbn_session *session, dbn_error **err);
/** Open a savepoint inside the transaction; they nest.  Since: 0.1 */
DBN_API DBN_NODISCARD dbn_status dbn_savepoint(dbn_session *session, dbn_error **err);
/** Keep / undo what came since the innermost savepoint, and leave it.  Since: 0.1 */
DBN_API DBN_NODISCARD dbn_status dbn_savepoint_release(dbn_session *session, dbn_error **err);
DBN_API dbn_status dbn_savepoint_rollback(dbn_session *session, dbn_error **err);
/** Is a transaction active? */
DBN_API bool dbn_in_transaction(const dbn_session *session);

/**
 * Run fn in a transaction: commit if it returns DBN_OK, roll back otherwise.  After
 * a serialisation failure or deadlock it is run again, from the start, a few times.
 * Calls back: fn, on this thread.  Returns: what fn or the commit returned.  Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status
dbn_txn(dbn_session *session, const dbn_txn_opts *opts,
	dbn_status (*fn)(dbn_session *session, void *user, dbn_error **err), void *user, dbn_error **err);

/* ---- around ---- */

/** Stop the statement this session runs, if any.  Any thread; a later statement is
 *  never hit.  Since: 0.1 */
DBN_API void dbn_session_cancel(dbn_session *session);

enum { DBN_CAN_READ = 1, DBN_CAN_INSERT = 2, DBN_CAN_UPDATE = 4, DBN_CAN_DELETE = 8 };
/**
 * May this user do that, at least on some rows?  column may be NULL.
 * DBN_OK: yes; DBN_E_DENIED: no, and why; other failures: not known.  Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status
dbn_session_can(dbn_session *session, uint32_t action, const char *relation, const char *column,
	dbn_error **err);

/**
 * What the library would do with a statement, and why, without running it: one
 * JSON object (canonical text, rules, route, cache, audit; never values or secrets).
 * @param out  given: free with dbn_free_text().  Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status
dbn_explain(dbn_session *session, dbn_text sql, char **out, dbn_error **err);

DBN_END_DECLS
#endif
