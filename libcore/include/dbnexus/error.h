/* SPDX-License-Identifier: MIT */
/*
 * Errors as the caller sees them: an immutable object that belongs to whoever
 * received it and may cross threads.  Every getter accepts NULL.
 */
#ifndef DBN_ERROR_H
#define DBN_ERROR_H

#include <dbnexus/types.h>

DBN_BEGIN_DECLS

typedef struct dbn_error dbn_error;

/** The status that came with it; DBN_OK for NULL.  Threads: any.  Since: 0.1 */
DBN_API dbn_status dbn_error_code(const dbn_error *err);
/** Five characters of SQLSTATE, "" where there is none.  Tied to err. */
DBN_API const char *dbn_error_sqlstate(const dbn_error *err);
/** The database's own number, 0 where there is none. */
DBN_API int64_t dbn_error_native_code(const dbn_error *err);
/** One line: what failed, with the name of the thing.  Tied to err, never NULL. */
DBN_API const char *dbn_error_message(const dbn_error *err);
/** Facts beyond the message, "" where there are none.  Tied to err. */
DBN_API const char *dbn_error_detail(const dbn_error *err);
/** A sentence on what to try, "" where there is none.  Tied to err. */
DBN_API const char *dbn_error_hint(const dbn_error *err);
/** True where the same call may well succeed when it is simply made again; inside a
 *  transaction, when the whole transaction is run again: nothing of it was committed. */
DBN_API bool dbn_error_retryable(const dbn_error *err);
/** Where: "app.conf:12", or "" .  Tied to err. */
DBN_API const char *dbn_error_where(const dbn_error *err);
/** Byte offset into the statement plus one; 0 where it is not known. */
DBN_API uint32_t dbn_error_position(const dbn_error *err);
/** The constraint, relation and column it is about, "" where not known. */
DBN_API const char *dbn_error_constraint(const dbn_error *err);
DBN_API const char *dbn_error_relation(const dbn_error *err);
DBN_API const char *dbn_error_column(const dbn_error *err);
/** The plugin instance it came from, "" for the core itself. */
DBN_API const char *dbn_error_plugin(const dbn_error *err);
/** The error that caused this one, or NULL.  Tied to err. */
DBN_API const dbn_error *dbn_error_cause(const dbn_error *err);
/** Free it, with its causes; NULL is fine. */
DBN_API void dbn_error_free(dbn_error *err);
/** The name of a status: "DBN_E_DENIED".  Static, never NULL. */
DBN_API const char *dbn_status_name(dbn_status status);

DBN_END_DECLS
#endif
