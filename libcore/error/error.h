/* SPDX-License-Identifier: MIT */
/*
 * Making errors inside libcore, and the one table from SQLSTATE to status.
 * Reading them is dbnexus/error.h.  Any thread; an error is immutable once made.
 */
#ifndef DBN_ERROR_INTERNAL_H
#define DBN_ERROR_INTERNAL_H

#include <stdarg.h>
#include <dbnexus/error.h>

/* Everything beyond status and message; zero what is not known.  Texts are
 * borrowed and copied.  Shared with plugins as dbn_fail_info (plugin/host.h). */
struct dbn_fail_info;

/* Set *err (when err is not NULL) to a new error and return status.  The
 * message is lower case, without a full stop, and names the thing. */
dbn_status dbn_fail(dbn_error **err, dbn_status status, const char *fmt, ...) DBN_PRINTF(3, 4);
/* The same with a hint (a sentence; NULL: none). */
dbn_status dbn_fail_hint(dbn_error **err, dbn_status status, const char *hint, const char *fmt, ...)
	DBN_PRINTF(4, 5);
/* The same with a place ("app.conf:12") before the message. */
dbn_status dbn_fail_where(dbn_error **err, dbn_status status, const char *where, const char *hint,
	const char *fmt, ...) DBN_PRINTF(5, 6);
/* The same with the column that it is about. */
dbn_status dbn_fail_column(dbn_error **err, dbn_status status, dbn_text column, const char *hint,
	const char *fmt, ...) DBN_PRINTF(5, 6);
/* The same with a byte offset into the statement (position = offset + 1). */
dbn_status dbn_fail_at(dbn_error **err, dbn_status status, uint32_t position, const char *hint,
	const char *fmt, ...) DBN_PRINTF(5, 6);
/* A byte offset for an error that has none, while its maker alone holds it. */
void dbn_error_place(dbn_error *e, uint32_t position);
/* The same for a place ("app.conf:12"): *err is replaced by an error that has it. */
dbn_status dbn_error_locate(dbn_error **err, const char *where);
/* All fields.  cause is given (freed with the new error; may be NULL). */
dbn_status dbn_fail_full(dbn_error **err, const struct dbn_fail_info *info, const char *plugin,
	dbn_error *cause, const char *fmt, va_list ap) DBN_PRINTF(5, 0);
/* Out of memory: a static object, cannot fail. */
dbn_status dbn_fail_nomem(dbn_error **err);
/* Replace *err by an error of another status whose cause is the old one. */
dbn_status dbn_fail_wrap(dbn_error **err, dbn_status status, const char *hint, const char *fmt, ...)
	DBN_PRINTF(4, 5);

/* SQLSTATE (5 characters) to status and retryable; DBN_E_INTERNAL if unknown. */
dbn_status dbn_sqlstate_classify(const char *sqlstate, bool *retryable);
/* The state that stands for a status where the database gave none: "42501". */
const char *dbn_status_sqlstate(dbn_status status);

/* Set *err to NULL at the head of a public call; the pointer may be NULL. */
#define DBN_ERR_CLEAR(err) do { if (err) *(err) = NULL; } while (0)

#endif
