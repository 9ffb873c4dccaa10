/* SPDX-License-Identifier: MIT */
/*
 * Operations that run while the caller does something else.  Every _async
 * function begins one and gives a future; see async.h for them all.
 *
 *   dbn_query_async(s, "SELECT name FROM users WHERE id = ?", DBN_ARGS(7), &f, &err);
 *   ...
 *   if (dbn_future_get(f, &err) == DBN_OK) {
 *           dbn_rows *rows = dbn_future_rows(f);
 *           while (dbn_rows_next(rows, &err) == DBN_OK) ...
 *   }
 *   dbn_future_free(f);
 *
 * A future is its owner's: one thread at a time, but dbn_future_cancel() and
 * dbn_future_ready() may come from any.  Three ways to learn that it is done:
 * wait for it, have a function called, or have it put into a queue whose
 * descriptor any event loop can poll.
 */
#ifndef DBN_FUTURE_H
#define DBN_FUTURE_H

#include <dbnexus/error.h>

DBN_BEGIN_DECLS

typedef struct dbn_future dbn_future;
/** Futures that are done, with one descriptor for all of them. */
typedef struct dbn_completions dbn_completions;

/** As a timeout: no limit.  Operations have deadlines of their own. */
#define DBN_FOREVER UINT64_MAX

/**
 * Wait until it is done.
 * Threads: one at a time.  Blocks: up to timeout_ns.
 * Returns: DBN_OK: it is done, however it went; DBN_E_BUSY: not yet;
 * DBN_E_INVALID: in a callback on a thread of the library, which must not wait.
 * Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status
dbn_future_wait(dbn_future *future, uint64_t timeout_ns, dbn_error **err);
/** Wait without a limit; returns what the operation returned, and its error (given:
 *  free with dbn_error_free(); asked again, it is no longer there).  Since: 0.1 */
DBN_API dbn_status dbn_future_get(dbn_future *future, dbn_error **err);
/** Is it done?  Any thread. */
DBN_API bool dbn_future_ready(const dbn_future *future);
/** What the operation returned; DBN_E_BUSY: it is not done. */
DBN_API dbn_status dbn_future_status(const dbn_future *future);
/** Its error, tied to the future; NULL: none, or not done, or given away. */
DBN_API const dbn_error *dbn_future_error(const dbn_future *future);

/**
 * Call fn once when it is done, on a thread of the library, never on the stack of
 * this call; fn must not block: neither wait nor call an operation that is not
 * _async.  No lock is held; fn may begin operations, also of the same session, and
 * may free the future.
 * Returns: DBN_OK; DBN_E_INVALID: somebody is to be told already.  Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status
dbn_future_on_done(dbn_future *future, void (*fn)(dbn_future *future, void *user), void *user,
	dbn_error **err);

/**
 * Stop it.  What has not begun never does; a statement at the server is stopped,
 * unless statements of others travel with it: then it is left alone there and its
 * answer thrown away.  The future is done soon after, with DBN_E_CANCELLED, or as
 * it went if that was faster.  A later operation of the session is never hit.
 * Threads: any.  Blocks: no.  Since: 0.1
 */
DBN_API void dbn_future_cancel(dbn_future *future);

/**
 * Let it go with its results; NULL is fine.  If it is not done the operation goes
 * on and nobody is told; what it writes to must stay until it is done, so cancel
 * and wait first where that matters.
 */
DBN_API void dbn_future_free(dbn_future *future);

/** A descriptor that is readable when this one is done, tied to the future; -1:
 *  there is none left.  For a few futures; dbn_completions is for many.  Since: 0.1 */
DBN_API int dbn_future_fd(dbn_future *future, dbn_error **err);

/* ---- many futures, one descriptor ---- */

/** Returned, free with dbn_completions_free().  Threads: any.  Since: 0.1 */
DBN_API DBN_NODISCARD dbn_status dbn_completions_new(dbn_completions **queue, dbn_error **err);
/** After the futures that are to go into it are done or freed.  NULL is fine. */
DBN_API void dbn_completions_free(dbn_completions *queue);
/** Readable while a future is there to be taken; only poll it. */
DBN_API int dbn_completions_fd(const dbn_completions *queue);
/**
 * Have this future put into the queue when it is done; at once if it is.  tag is
 * yours: dbn_future_tag().
 * Returns: DBN_OK; DBN_E_INVALID: somebody is to be told already.  Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status
dbn_future_enqueue(dbn_future *future, dbn_completions *queue, void *tag, dbn_error **err);
DBN_API void *dbn_future_tag(const dbn_future *future);
/** The next one that is done, still its owner's to free; NULL: none now.  Call it
 *  until NULL each time the descriptor is readable.  One thread at a time.  Blocks:
 *  no.  Since: 0.1 */
DBN_API dbn_future *dbn_completions_next(dbn_completions *queue);
/** The same, waiting for one: DBN_E_BUSY: none in time.  Since: 0.1 */
DBN_API DBN_NODISCARD dbn_status
dbn_completions_wait(dbn_completions *queue, uint64_t timeout_ns, dbn_future **future, dbn_error **err);

DBN_END_DECLS
#endif
