/* SPDX-License-Identifier: MIT */
/*
 * From the caller's value to a parameter's type: exact or refused.  And from a
 * cell to the caller's variable.
 */
#include <math.h>
#include <string.h>

#include "base/str.h"
#include "value/value.h"

bool
dbn_value_is_bytes(const dbn_value *v)
{
	switch (v->type) {
	case DBN_DECIMAL:
	case DBN_TEXT:
	case DBN_BYTES:
	case DBN_UUID:
	case DBN_JSON:
	case DBN_ENUM:
	case DBN_EXTENSION:
		return true;
	default:
		return false;
	}
}

static dbn_status
refuse(const dbn_value *v, dbn_type wanted, const char *what, const char *why, dbn_error **err)
{
	return dbn_fail(err, DBN_E_VALUE, "%s: a value of type %s does not fit %s%s%s", what,
		dbn_type_name(v->type), dbn_type_name(wanted), *why ? ": " : "", why);
}

static bool
is_textual(dbn_type t)
{
	return t == DBN_TEXT || t == DBN_JSON || t == DBN_ENUM;
}

/* Put digits made from a number into the scratch arena. */
static dbn_status
as_decimal(dbn_value *v, dbn_arena *scratch, dbn_error **err)
{
	char buf[24], *copy;
	dbn_value n = *v;
	size_t len = dbn_value_print(&n, buf, sizeof buf);

	copy = scratch ? dbn_arena_strndup(scratch, buf, len) : NULL;
	if (!copy)
		return dbn_fail_nomem(err);
	v->type = DBN_DECIMAL;
	v->u.ptr = copy;
	v->len = len;
	return DBN_OK;
}

static bool
fit_integer(dbn_value *v, dbn_type wanted)
{
	switch (wanted) {
	case DBN_INT64:
		if (v->type == DBN_BOOL)
			break;
		if (v->type != DBN_UINT64 || v->u.u64 > INT64_MAX)
			return false;
		break;
	case DBN_UINT64:
		if (v->type != DBN_INT64 || v->u.i64 < 0)
			return false;
		break;
	case DBN_BOOL:
		if ((v->type != DBN_INT64 && v->type != DBN_UINT64) || v->u.u64 > 1)
			return false;
		break;
	default:
		return false;
	}
	v->type = wanted;
	return true;
}

static bool
fit_double(dbn_value *v, dbn_type wanted)
{
	double d;

	if (v->type == DBN_FLOAT || v->type == DBN_DOUBLE) {
		if (wanted == DBN_FLOAT && (double)(float)v->u.f64 != v->u.f64 &&
			!isnan(v->u.f64))
			return false;
	} else if (v->type == DBN_INT64) {
		d = (double)v->u.i64;
		if (v->u.i64 > INT64_C(9007199254740992) || v->u.i64 < -INT64_C(9007199254740992))
			return false;
		if (wanted == DBN_FLOAT && (double)(float)d != d)
			return false;
		v->u.f64 = d;
	} else if (v->type == DBN_UINT64 && v->u.u64 <= UINT64_C(9007199254740992)) {
		d = (double)v->u.u64;
		if (wanted == DBN_FLOAT && (double)(float)d != d)
			return false;
		v->u.f64 = d;
	} else {
		return false;
	}
	v->type = wanted;
	return true;
}

static bool
fit_time(dbn_value *v, dbn_type wanted)
{
	dbn_text t = dbn_text_n((const char *)v->u.ptr, (size_t)v->len);
	int64_t x = 0;
	bool zoned = false, ok;

	if (wanted == DBN_DATE) {
		ok = dbn_parse_date(t, &x);
	} else if (wanted == DBN_TIME) {
		ok = dbn_parse_time(t, &x);
	} else {
		ok = dbn_parse_timestamp(t, &x, &zoned);
		if (ok && zoned != (wanted == DBN_TIMESTAMPTZ))
			ok = false;
	}
	if (!ok)
		return false;
	v->type = wanted;
	v->u.i64 = x;
	v->len = 0;
	return true;
}

static dbn_status
fit_text(dbn_value *v, dbn_type wanted, dbn_arena *scratch, const char *what, dbn_error **err)
{
	dbn_text t = dbn_text_n((const char *)v->u.ptr, (size_t)v->len);

	switch (wanted) {
	case DBN_TEXT:
	case DBN_JSON:
	case DBN_ENUM:
		v->type = wanted;
		return DBN_OK;
	case DBN_DECIMAL:
		if (!dbn_parse_decimal(t))
			return refuse(v, wanted, what, "not a decimal number", err);
		v->type = wanted;
		return DBN_OK;
	case DBN_DATE:
	case DBN_TIME:
	case DBN_TIMESTAMP:
	case DBN_TIMESTAMPTZ:
		if (!fit_time(v, wanted))
			return refuse(v, wanted, what, "ISO 8601 is expected", err);
		return DBN_OK;
	case DBN_UUID: {
		uint8_t u[16], *copy;

		if (!dbn_parse_uuid(t, u))
			return refuse(v, wanted, what, "not a UUID", err);
		copy = scratch ? dbn_arena_memdup(scratch, u, sizeof u) : NULL;
		if (!copy)
			return dbn_fail_nomem(err);
		v->type = DBN_UUID;
		v->u.ptr = copy;
		v->len = sizeof u;
		return DBN_OK;
	}
	default:
		return refuse(v, wanted, what, "", err);
	}
}

dbn_status
dbn_value_fit(dbn_value *v, dbn_type wanted, dbn_arena *scratch, const char *what, dbn_error **err)
{
	*v = dbn_value_measured(*v);
	if (is_textual(v->type)) {
		size_t ok = v->len ? dbn_utf8_valid((const char *)v->u.ptr, (size_t)v->len) : 0;

		if (ok != v->len)
			return dbn_fail_hint(err, DBN_E_VALUE,
				"Bind bytes that are not text with dbn_bytes_of().",
				"%s: text is not valid UTF-8 at byte %zu", what, ok);
	}
	if (v->type == DBN_DECIMAL &&
		!dbn_parse_decimal(dbn_text_n((const char *)v->u.ptr, (size_t)v->len)))
		return dbn_fail(err, DBN_E_VALUE, "%s: not a decimal number", what);
	if (wanted == DBN_NULL || v->type == wanted || v->type == DBN_NULL || v->type == DBN_LIST)
		return DBN_OK;
	if (is_textual(v->type))
		return fit_text(v, wanted, scratch, what, err);
	if (v->type == DBN_DECIMAL && wanted == DBN_TEXT) { /* its digits, all of them */
		v->type = DBN_TEXT;
		return DBN_OK;
	}
	if (fit_integer(v, wanted))
		return DBN_OK;
	if ((wanted == DBN_DOUBLE || wanted == DBN_FLOAT) && fit_double(v, wanted))
		return DBN_OK;
	if (wanted == DBN_DECIMAL && (v->type == DBN_INT64 || v->type == DBN_UINT64))
		return as_decimal(v, scratch, err);
	if (v->type == DBN_UINT64 || v->type == DBN_INT64)
		return refuse(v, wanted, what, "out of range", err);
	return refuse(v, wanted, what, "", err);
}

/* ---- from a cell ---- */

static dbn_status
mismatch(const dbn_value *v, const char *column, const char *into, dbn_error **err)
{
	if (v->type == DBN_NULL)
		return dbn_fail_column(err, DBN_E_VALUE, dbn_text_z(column),
			"Use a nullable variable such as dbn_opt_int64, or a pointer.",
			"column \"%s\" is NULL and cannot go into %s", column, into);
	return dbn_fail_column(err, DBN_E_VALUE, dbn_text_z(column), NULL,
		"column \"%s\" of type %s does not fit into %s", column, dbn_type_name(v->type), into);
}

static bool
to_int64(const dbn_value *v, int64_t lo, int64_t hi, int64_t *out)
{
	int64_t x;

	if (v->type == DBN_UINT64) {
		if (v->u.u64 > INT64_MAX)
			return false;
		x = (int64_t)v->u.u64;
	} else if (v->type == DBN_INT64 || v->type == DBN_BOOL || v->type == DBN_DATE ||
		v->type == DBN_TIME || v->type == DBN_TIMESTAMP || v->type == DBN_TIMESTAMPTZ) {
		x = v->u.i64;
	} else {
		return false;
	}
	*out = x;
	return x >= lo && x <= hi;
}

/* Fifteen digits come out of a double as they went in; more do not. */
static bool
decimal_to_double(dbn_text t, double *out)
{
	unsigned digits;
	bool integral;

	return dbn_parse_digits(t, &digits, &integral) && digits <= 15 && dbn_parse_double(t, out);
}

static bool
to_double(const dbn_value *v, double *out)
{
	if (v->type == DBN_DOUBLE || v->type == DBN_FLOAT)
		*out = v->u.f64;
	else if (v->type == DBN_INT64 && v->u.i64 <= INT64_C(1) << 53 && v->u.i64 >= -(INT64_C(1) << 53))
		*out = (double)v->u.i64;
	else if (v->type == DBN_UINT64 && v->u.u64 <= UINT64_C(1) << 53)
		*out = (double)v->u.u64;
	else if (v->type == DBN_DECIMAL)
		return decimal_to_double(dbn_text_of(v), out);
	else
		return false;
	return true;
}

static bool
to_bool(const dbn_value *v, bool *out)
{
	if (v->type != DBN_BOOL && !(v->type == DBN_INT64 && (uint64_t)v->u.i64 <= 1))
		return false;
	*out = v->u.i64 != 0;
	return true;
}

static dbn_status
store_number(const dbn_value *v, const dbn_out *o, const char *column, dbn_error **err)
{
	int64_t i = 0;

	switch (o->kind) {
	case DBN_OUT_BOOL:
		return to_bool(v, o->ptr) ? DBN_OK : mismatch(v, column, "a bool", err);
	case DBN_OUT_INT32:
		if (!to_int64(v, INT32_MIN, INT32_MAX, &i))
			return mismatch(v, column, "an int32_t", err);
		*(int32_t *)o->ptr = (int32_t)i;
		return DBN_OK;
	case DBN_OUT_UINT32:
		if (!to_int64(v, 0, UINT32_MAX, &i))
			return mismatch(v, column, "a uint32_t", err);
		*(uint32_t *)o->ptr = (uint32_t)i;
		return DBN_OK;
	case DBN_OUT_INT64:
		if (!to_int64(v, INT64_MIN, INT64_MAX, &i))
			return mismatch(v, column, "an int64_t", err);
		*(int64_t *)o->ptr = i;
		return DBN_OK;
	case DBN_OUT_UINT64:
		if (v->type == DBN_UINT64) {
			*(uint64_t *)o->ptr = v->u.u64;
			return DBN_OK;
		}
		if (!to_int64(v, 0, INT64_MAX, &i))
			return mismatch(v, column, "a uint64_t", err);
		*(uint64_t *)o->ptr = (uint64_t)i;
		return DBN_OK;
	default:
		return to_double(v, o->ptr) ? DBN_OK : mismatch(v, column, "a double", err);
	}
}

static dbn_status
store_optional(const dbn_value *v, const dbn_out *o, const char *column, dbn_error **err)
{
	bool null = v->type == DBN_NULL;
	int64_t i = 0;
	double d = 0;
	bool b = false;

	switch (o->kind) {
	case DBN_OUT_OPT_BOOL:
		if (!null && !to_bool(v, &b))
			return mismatch(v, column, "a bool", err);
		*(dbn_opt_bool *)o->ptr = (dbn_opt_bool){ !null, b };
		return DBN_OK;
	case DBN_OUT_OPT_INT32:
		if (!null && !to_int64(v, INT32_MIN, INT32_MAX, &i))
			return mismatch(v, column, "an int32_t", err);
		*(dbn_opt_int32 *)o->ptr = (dbn_opt_int32){ !null, (int32_t)i };
		return DBN_OK;
	case DBN_OUT_OPT_INT64:
		if (!null && !to_int64(v, INT64_MIN, INT64_MAX, &i))
			return mismatch(v, column, "an int64_t", err);
		*(dbn_opt_int64 *)o->ptr = (dbn_opt_int64){ !null, i };
		return DBN_OK;
	default:
		if (!null && !to_double(v, &d))
			return mismatch(v, column, "a double", err);
		*(dbn_opt_double *)o->ptr = (dbn_opt_double){ !null, d };
		return DBN_OK;
	}
}

dbn_status
dbn_value_store(const dbn_value *v, const dbn_out *o, const char *column, dbn_error **err)
{
	dbn_text t;

	switch (o->kind) {
	case DBN_OUT_VALUE:
		*(dbn_value *)o->ptr = *v;
		return DBN_OK;
	case DBN_OUT_CSTR:
	case DBN_OUT_TEXT:
		if (v->type != DBN_NULL && !is_textual(v->type) && v->type != DBN_DECIMAL)
			return mismatch(v, column, "text", err);
		t = dbn_text_of(v);
		if (o->kind == DBN_OUT_TEXT)
			*(dbn_text *)o->ptr = t;
		else if (t.ptr && memchr(t.ptr, 0, t.len))
			return dbn_fail_column(err, DBN_E_VALUE, dbn_text_z(column), "Read it into a dbn_text.",
				"column \"%s\" holds a NUL character and does not fit a C string",
				column);
		else
			*(const char **)o->ptr = t.ptr;
		return DBN_OK;
	case DBN_OUT_BYTES:
		if (v->type != DBN_NULL && !dbn_value_is_bytes(v))
			return mismatch(v, column, "bytes", err);
		((dbn_bytes *)o->ptr)->ptr = v->type == DBN_NULL ? NULL : v->u.ptr;
		((dbn_bytes *)o->ptr)->len = v->type == DBN_NULL ? 0 : (size_t)v->len;
		return DBN_OK;
	case DBN_OUT_OPT_BOOL:
	case DBN_OUT_OPT_INT32:
	case DBN_OUT_OPT_INT64:
	case DBN_OUT_OPT_DOUBLE:
		return store_optional(v, o, column, err);
	default:
		return store_number(v, o, column, err);
	}
}

/* ---- copies ---- */

bool
dbn_value_copy(dbn_arena *a, const dbn_value *in, dbn_value *out)
{
	dbn_value v = dbn_value_measured(*in);

	if (dbn_value_is_bytes(&v)) {
		v.u.ptr = dbn_arena_strndup(a, (const char *)v.u.ptr, (size_t)v.len);
	} else if (v.type == DBN_INTERVAL) {
		v.u.ptr = dbn_arena_memdup(a, v.u.ptr, sizeof(dbn_interval));
	} else if (v.type == DBN_ARRAY || v.type == DBN_LIST) {
		const dbn_value *src = (const dbn_value *)v.u.ptr;
		dbn_value *items = dbn_arena_array(a, (size_t)v.len, sizeof *items);

		if (!items)
			return false;
		for (uint64_t i = 0; i < v.len; i++) {
			if (src[i].type == DBN_ARRAY || src[i].type == DBN_LIST)
				return false; /* arrays do not nest */
			if (!dbn_value_copy(a, &src[i], &items[i]))
				return false;
		}
		v.u.ptr = items;
	} else {
		*out = v;
		return true;
	}
	*out = v;
	return v.u.ptr != NULL;
}
