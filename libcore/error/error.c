/* SPDX-License-Identifier: MIT */
/*
 * The error object: one block that holds every text, made once and never
 * changed.  Out of memory is a static object, so that reporting cannot fail.
 */
#include <stdio.h>
#include <string.h>

#include <dbnexus/plugin/host.h>

#include "base/mem.h"
#include "base/str.h"
#include "error/error.h"

struct dbn_error {
	dbn_status status;
	uint32_t position;
	int64_t native_code;
	bool retryable, is_static;
	char sqlstate[8];
	dbn_error *cause;
	/* all in this block, never NULL */
	const char *message, *detail, *hint, *where, *constraint, *relation, *column, *plugin;
};

static dbn_error no_memory = { DBN_E_NOMEM, 0, 0, true, true, "53200", NULL,
	"out of memory", "", "free memory or raise the limit, then try again", "", "", "", "", "" };

dbn_status
dbn_fail_nomem(dbn_error **err)
{
	if (err)
		*err = &no_memory;
	return DBN_E_NOMEM;
}

static const char *
place(char **p, dbn_text t)
{
	char *at = *p;

	if (!t.len)
		return "";
	memcpy(at, t.ptr, t.len);
	at[t.len] = '\0';
	*p = at + t.len + 1;
	return at;
}

/* A message is one line: control characters of quoted input become spaces. */
static void
one_line(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = ' ';
}

dbn_status
dbn_fail_full(dbn_error **err, const dbn_fail_info *in, const char *plugin, dbn_error *cause,
	const char *fmt, va_list ap)
{
	dbn_fail_info info;
	char message[1024], *p;
	bool retry = false;
	dbn_status status;
	size_t size;
	dbn_error *e;

	memset(&info, 0, sizeof info);
	memcpy(&info, in, in->struct_size < sizeof info ? in->struct_size : sizeof info);
	info.sqlstate[5] = '\0';
	status = info.status;
	if (info.sqlstate[0]) {
		dbn_status by_state = dbn_sqlstate_classify(info.sqlstate, &retry);

		if (status >= 0)
			status = by_state;
	} else if (status >= 0) {
		status = DBN_E_INTERNAL;
	} else {
		(void)dbn_sqlstate_classify(dbn_status_sqlstate(status), &retry);
	}
	if (info.retryable)
		retry = info.retryable == 1;
	if (!err) {
		dbn_error_free(cause);
		return status;
	}
	if (vsnprintf(message, sizeof message, fmt, ap) < 0)
		message[0] = '\0';
	{       /* do not end in the middle of a character */
		size_t n = strlen(message);

		if (n == sizeof message - 1)
			message[dbn_utf8_valid(message, n)] = '\0';
	}
	one_line(message);
	size = sizeof *e + strlen(message) + info.detail.len + info.hint.len + info.where.len +
		info.constraint.len + info.relation.len + info.column.len +
		(plugin ? strlen(plugin) : 0) + 8;
	e = dbn_zalloc(size);
	if (!e) {
		dbn_error_free(cause);
		return dbn_fail_nomem(err);
	}
	e->status = status;
	e->position = info.position;
	e->native_code = info.native_code;
	e->retryable = retry;
	e->cause = cause;
	memcpy(e->sqlstate, info.sqlstate[0] ? info.sqlstate : dbn_status_sqlstate(status), 5);
	p = (char *)(e + 1);
	e->message = place(&p, dbn_text_z(message));
	e->detail = place(&p, info.detail);
	e->hint = place(&p, info.hint);
	e->where = place(&p, info.where);
	e->constraint = place(&p, info.constraint);
	e->relation = place(&p, info.relation);
	e->column = place(&p, info.column);
	e->plugin = place(&p, dbn_text_z(plugin ? plugin : ""));
	*err = e;
	return status;
}

/* The short forms differ in which fields they set. */
#define FAIL_WITH(err, cause, fmt, ...) \
	do { \
		dbn_fail_info info_ = { .struct_size = sizeof info_, __VA_ARGS__ }; \
		va_list ap_; \
		va_start(ap_, fmt); \
		status = dbn_fail_full(err, &info_, NULL, cause, fmt, ap_); \
		va_end(ap_); \
	} while (0)

dbn_status
dbn_fail(dbn_error **err, dbn_status status, const char *fmt, ...)
{
	FAIL_WITH(err, NULL, fmt, .status = status);
	return status;
}

dbn_status
dbn_fail_hint(dbn_error **err, dbn_status status, const char *hint, const char *fmt, ...)
{
	FAIL_WITH(err, NULL, fmt, .status = status, .hint = dbn_text_z(hint));
	return status;
}

dbn_status
dbn_fail_where(dbn_error **err, dbn_status status, const char *where, const char *hint,
	const char *fmt, ...)
{
	FAIL_WITH(err, NULL, fmt, .status = status, .where = dbn_text_z(where),
		.hint = dbn_text_z(hint));
	return status;
}

dbn_status
dbn_fail_column(dbn_error **err, dbn_status status, dbn_text column, const char *hint,
	const char *fmt, ...)
{
	FAIL_WITH(err, NULL, fmt, .status = status, .column = column, .hint = dbn_text_z(hint));
	return status;
}

dbn_status
dbn_fail_at(dbn_error **err, dbn_status status, uint32_t position, const char *hint,
	const char *fmt, ...)
{
	FAIL_WITH(err, NULL, fmt, .status = status, .position = position + 1,
		.hint = dbn_text_z(hint));
	return status;
}

dbn_status
dbn_fail_wrap(dbn_error **err, dbn_status status, const char *hint, const char *fmt, ...)
{
	dbn_error *cause = err ? *err : NULL;

	if (err)
		*err = NULL;
	FAIL_WITH(err, cause, fmt, .status = status, .hint = dbn_text_z(hint));
	return status;
}

/* The short form of what has no short form. */
static dbn_status fail_with(dbn_error **err, const dbn_fail_info *info, const dbn_error *like,
	dbn_error *cause, const char *fmt, ...) DBN_PRINTF(5, 6);

static dbn_status
fail_with(dbn_error **err, const dbn_fail_info *info, const dbn_error *like, dbn_error *cause,
	const char *fmt, ...)
{
	dbn_status status;
	va_list ap;

	va_start(ap, fmt);
	status = dbn_fail_full(err, info, like->plugin, cause, fmt, ap);
	va_end(ap);
	return status;
}

dbn_status
dbn_error_locate(dbn_error **err, const char *where)
{
	dbn_error *e = err ? *err : NULL, *cause;
	dbn_fail_info info = { .struct_size = sizeof info };
	dbn_status status;

	if (!e || e->is_static || *e->where)
		return e ? e->status : DBN_OK;
	info.status = e->status;
	memcpy(info.sqlstate, e->sqlstate, 5);
	info.retryable = e->retryable ? 1 : 2;
	info.position = e->position;
	info.native_code = e->native_code;
	info.detail = dbn_text_z(e->detail);
	info.hint = dbn_text_z(e->hint);
	info.where = dbn_text_z(where);
	info.constraint = dbn_text_z(e->constraint);
	info.relation = dbn_text_z(e->relation);
	info.column = dbn_text_z(e->column);
	cause = e->cause;
	e->cause = NULL;
	status = fail_with(err, &info, e, cause, "%s", e->message);
	dbn_error_free(e);
	return status;
}

/* ---- reading ---- */

dbn_status
dbn_error_code(const dbn_error *e)
{
	return e ? e->status : DBN_OK;
}

const char *
dbn_error_sqlstate(const dbn_error *e)
{
	return e ? e->sqlstate : "";
}

int64_t
dbn_error_native_code(const dbn_error *e)
{
	return e ? e->native_code : 0;
}

const char *
dbn_error_message(const dbn_error *e)
{
	return e ? e->message : "";
}

const char *
dbn_error_detail(const dbn_error *e)
{
	return e ? e->detail : "";
}

const char *
dbn_error_hint(const dbn_error *e)
{
	return e ? e->hint : "";
}

bool
dbn_error_retryable(const dbn_error *e)
{
	return e && e->retryable;
}

const char *
dbn_error_where(const dbn_error *e)
{
	return e ? e->where : "";
}

void
dbn_error_place(dbn_error *e, uint32_t position)
{
	if (e && !e->is_static && !e->position)
		e->position = position + 1;
}

uint32_t
dbn_error_position(const dbn_error *e)
{
	return e ? e->position : 0;
}

const char *
dbn_error_constraint(const dbn_error *e)
{
	return e ? e->constraint : "";
}

const char *
dbn_error_relation(const dbn_error *e)
{
	return e ? e->relation : "";
}

const char *
dbn_error_column(const dbn_error *e)
{
	return e ? e->column : "";
}

const char *
dbn_error_plugin(const dbn_error *e)
{
	return e ? e->plugin : "";
}

const dbn_error *
dbn_error_cause(const dbn_error *e)
{
	return e ? e->cause : NULL;
}

void
dbn_error_free(dbn_error *e)
{
	while (e && !e->is_static) {
		dbn_error *cause = e->cause;

		dbn_free(e);
		e = cause;
	}
}
