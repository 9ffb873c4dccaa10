/* SPDX-License-Identifier: MIT */
/*
 * The operations of sessions, begun and not waited for.  Each takes what its
 * namesake takes and gives a future (dbnexus/future.h) whose status and error are
 * those the namesake returns.
 *
 * - Texts, values, keys, conditions and options are copied: they may go when the
 *   call returns.  What an operation writes to (records, lists, counters, keys)
 *   stays until its future is done.
 * - The operations of one session run one after the other, in the order they were
 *   begun, as far as they get; those of different sessions run at the same time.
 * - While any is not done the session is theirs: another call on it, except one
 *   more _async and dbn_session_cancel(), returns DBN_E_BUSY.
 *
 * All of them: *future is returned, free with dbn_future_free(); Threads: one at a
 * time per session; Blocks: no.  Returns: DBN_OK: begun, all else is told by the
 * future; DBN_E_LIMIT: too much is under way (async.memory of the configuration);
 * DBN_E_INVALID; DBN_E_FORKED; DBN_E_NOMEM.  Since: 0.1
 */
#ifndef DBN_ASYNC_H
#define DBN_ASYNC_H

#include <dbnexus/future.h>
#include <dbnexus/query.h>

DBN_BEGIN_DECLS

/* ---- sessions; session is written when the future is done with DBN_OK ---- */
DBN_API DBN_NODISCARD dbn_status
dbn_session_open_async(dbn_pool *pool, const dbn_identity *who, dbn_session **session,
	dbn_future **future, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_session_open_as_async(dbn_pool *pool, const char *user, dbn_session **session,
	dbn_future **future, dbn_error **err);
/** The last operation of a session: begin no other after it. */
DBN_API DBN_NODISCARD dbn_status
dbn_session_close_async(dbn_session *session, dbn_future **future, dbn_error **err);

/* ---- statements ---- */

/** Flag of dbn_query_opts, for dbn_query_with_async(): the rows stay at the database
 *  and hold a connection until dbn_rows_close(); without it all of them are in memory
 *  when the future is done (at most limits.result of the configuration). */
enum { DBN_QUERY_STREAM = 1u << 0 };

/** Rows: dbn_future_rows(). */
DBN_API DBN_NODISCARD dbn_status
dbn_query_async(dbn_session *session, const char *sql, dbn_args args, dbn_future **future,
	dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_query_with_async(dbn_session *session, dbn_text sql, dbn_args args, const dbn_query_opts *opts,
	dbn_future **future, dbn_error **err);
/** dbn_future_result(). */
DBN_API DBN_NODISCARD dbn_status
dbn_exec_async(dbn_session *session, const char *sql, dbn_args args, dbn_future **future,
	dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_exec_with_async(dbn_session *session, dbn_text sql, dbn_args args, const dbn_query_opts *opts,
	dbn_future **future, dbn_error **err);
/** keys, if not NULL, stays until the future is done. */
DBN_API DBN_NODISCARD dbn_status
dbn_exec_many_async(dbn_session *session, const char *sql, dbn_args args, size_t nrows,
	int64_t *keys, dbn_future **future, dbn_error **err);
/** dbn_future_int64(), dbn_future_double(), dbn_future_text(). */
DBN_API DBN_NODISCARD dbn_status
dbn_get_int64_async(dbn_session *session, const char *sql, dbn_args args, dbn_future **future,
	dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_get_double_async(dbn_session *session, const char *sql, dbn_args args, dbn_future **future,
	dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_get_text_async(dbn_session *session, const char *sql, dbn_args args, dbn_future **future,
	dbn_error **err);

/**
 * The rows of a query that is done with DBN_OK, otherwise NULL; tied to the future:
 * dbn_future_free() closes them, and dbn_rows_next() neither blocks nor needs the
 * session.  With DBN_QUERY_STREAM they are the caller's instead, to be closed before
 * the session, and the session's as those of dbn_query().
 */
DBN_API dbn_rows *dbn_future_rows(dbn_future *future);
/** What a statement did, tied to the future; zero unless it is done with DBN_OK. */
DBN_API dbn_result dbn_future_result(const dbn_future *future);
/** The value that was asked for; 0, or NULL for text, unless done with DBN_OK. */
DBN_API int64_t dbn_future_int64(const dbn_future *future);
DBN_API double dbn_future_double(const dbn_future *future);
/** Tied to the future; also of dbn_explain_async(). */
DBN_API const char *dbn_future_text(const dbn_future *future);

/** The next row of rows that stream: the future's status is DBN_OK or DBN_DONE. */
DBN_API DBN_NODISCARD dbn_status
dbn_rows_next_async(dbn_rows *rows, dbn_future **future, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_rows_close_async(dbn_rows *rows, dbn_future **future, dbn_error **err);

/* ---- statements of a builder, which may be freed when the call returns ---- */
DBN_API DBN_NODISCARD dbn_status
dbn_select_run_async(dbn_session *session, const dbn_select *q, dbn_future **future, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_select_run_with_async(dbn_session *session, const dbn_select *q, const dbn_query_opts *opts,
	dbn_future **future, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_insert_run_async(dbn_session *session, const dbn_insert *q, dbn_future **future, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_insert_query_async(dbn_session *session, const dbn_insert *q, dbn_future **future, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_update_run_async(dbn_session *session, const dbn_update *q, dbn_future **future, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_update_query_async(dbn_session *session, const dbn_update *q, dbn_future **future, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_delete_run_async(dbn_session *session, const dbn_delete *q, dbn_future **future, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_delete_query_async(dbn_session *session, const dbn_delete *q, dbn_future **future, dbn_error **err);

/* ---- transactions ---- */
DBN_API DBN_NODISCARD dbn_status
dbn_begin_async(dbn_session *session, const dbn_txn_opts *opts, dbn_future **future, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_commit_async(dbn_session *session, dbn_future **future, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_rollback_async(dbn_session *session, dbn_future **future, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_savepoint_async(dbn_session *session, dbn_future **future, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_savepoint_release_async(dbn_session *session, dbn_future **future, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_savepoint_rollback_async(dbn_session *session, dbn_future **future, dbn_error **err);
/** fn runs on a thread of the library that may block, with the session at its
 *  disposal: it calls the operations that are not _async.  user stays until done. */
DBN_API DBN_NODISCARD dbn_status
dbn_txn_async(dbn_session *session, const dbn_txn_opts *opts,
	dbn_status (*fn)(dbn_session *session, void *user, dbn_error **err), void *user,
	dbn_future **future, dbn_error **err);
/** The same without a transaction around it: anything that has no _async of its own. */
DBN_API DBN_NODISCARD dbn_status
dbn_call_async(dbn_session *session,
	dbn_status (*fn)(dbn_session *session, void *user, dbn_error **err), void *user,
	dbn_future **future, dbn_error **err);

/* ---- around ---- */
DBN_API DBN_NODISCARD dbn_status
dbn_session_can_async(dbn_session *session, uint32_t action, const char *relation,
	const char *column, dbn_future **future, dbn_error **err);
/** dbn_future_text(). */
DBN_API DBN_NODISCARD dbn_status
dbn_explain_async(dbn_session *session, dbn_text sql, dbn_future **future, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_pool_invalidate_async(dbn_pool *pool, const char *relation, dbn_future **future, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_pool_reload_async(dbn_pool *pool, dbn_future **future, dbn_error **err);

DBN_END_DECLS
#endif
