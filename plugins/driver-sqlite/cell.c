/* SPDX-License-Identifier: MIT */
/*
 * Cells out of a row.  What SQLite holds is what is wanted in nearly every cell,
 * and then nothing is copied: texts and blobs point into SQLite's row until the
 * next step.  Anything else is converted exactly into the column's scratch, or
 * fails with the name of the column; the value itself only goes to the detail.
 */
#include <math.h>

#include "driver.h"

bool
sq_type_converts(dbn_type want)
{
	return want == DBN_UUID || want == DBN_DECIMAL || want == DBN_TEXT || want == DBN_JSON ||
		want == DBN_ENUM;
}

static dbn_status
misfit(struct dbn_cursor *cur, uint32_t i, sqlite3_value *v, dbn_error **err)
{
	static const char *const stored[] = { "", "an integer", "a real number", "text", "a blob" };
	int type = sqlite3_value_type(v);
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f };
	const char *text = type == SQLITE_BLOB ? "" : (const char *)sqlite3_value_text(v);
	char shown[48];
	size_t n = 0;

	for (; text && text[n] && n < sizeof shown - 1; n++)
		shown[n] = (unsigned char)text[n] < ' ' ? '?' : text[n];
	shown[n] = 0;
	memcpy(f.sqlstate, "22018", 6);
	f.column = cur->stmt->columns[i].name;
	f.detail = (dbn_text){ shown, n };
	f.hint = PLUG_TEXT("Cast it to TEXT or BLOB in the statement to read what is stored.");
	return plug_fail(cur->stmt->conn->host, err, &f,
		"column \"%.*s\": %s is stored that is not exactly of type %s", (int)f.column.len,
		f.column.ptr, type >= 1 && type <= 4 ? stored[type] : "a value",
		plug_type_name(cur->want[i]));
}

static void
set_text(dbn_value *out, dbn_type type, const void *p, size_t n)
{
	out->type = type;
	out->u.ptr = p;
	out->len = n;
}

/*
 * Digits of a real if 15 of them say all.  m / 10^p is rounded correctly when
 * both are exact, so it is what reading the digits back gives; no locale.
 */
static bool
decimal_of_real(double d, char *out, size_t *len)
{
	double scale = 1;
	char digits[24];
	size_t n, at = 0;

	for (unsigned places = 0; places <= 15; places++, scale *= 10) {
		double m = nearbyint(fabs(d) * scale);

		if (!(m < 1e15))
			return false;
		if (m / scale != fabs(d))
			continue;
		n = plug_write_u64(digits, (uint64_t)m);
		if (d < 0)
			out[at++] = '-';
		for (; n <= places; n++) { /* 0.05: leading zeros */
			memmove(digits + 1, digits, n);
			digits[0] = '0';
		}
		memcpy(out + at, digits, n - places);
		at += n - places;
		if (places)
			out[at++] = '.';
		memcpy(out + at, digits + n - places, places);
		*len = at + places;
		return true;
	}
	return false;
}

static bool
from_integer(dbn_type want, int64_t x, char *scratch, dbn_value *out)
{
	size_t n;

	out->type = want;
	switch (want) {
	case DBN_BOOL:
		out->u.i64 = x;
		return x == 0 || x == 1;
	case DBN_UINT64:
		out->u.u64 = (uint64_t)x;
		return x >= 0;
	case DBN_DOUBLE:
	case DBN_FLOAT:
		out->u.f64 = (double)x;
		if (want == DBN_FLOAT && (double)(float)x != out->u.f64)
			return false;
		return x >= -(INT64_C(1) << 53) && x <= INT64_C(1) << 53;
	case DBN_DECIMAL:
	case DBN_TEXT:
	case DBN_JSON:
		n = plug_write_i64(scratch, x);
		scratch[n] = 0;
		set_text(out, want, scratch, n);
		return true;
	default:
		return false;
	}
}

static bool
from_real(dbn_type want, double x, char *scratch, dbn_value *out)
{
	size_t n;

	out->type = want;
	switch (want) {
	case DBN_FLOAT:
		out->u.f64 = x;
		return (double)(float)x == x || x != x;
	case DBN_INT64:
	case DBN_UINT64:
		if (!(x >= -9007199254740992.0 && x <= 9007199254740992.0) || x != floor(x))
			return false;
		out->u.i64 = (int64_t)x;
		return want == DBN_INT64 || x >= 0;
	case DBN_DECIMAL:
	case DBN_JSON:
		if (!decimal_of_real(x, scratch, &n))
			return false;
		scratch[n] = 0;
		set_text(out, want, scratch, n);
		return true;
	default:
		return false;
	}
}

static bool
from_text(dbn_type want, dbn_text t, char *scratch, dbn_value *out)
{
	unsigned digits;
	bool flag;
	int16_t east;

	out->type = want;
	switch (want) {
	case DBN_JSON:
	case DBN_ENUM:
	case DBN_BYTES:
		set_text(out, want, t.ptr, t.len);
		return true;
	case DBN_DECIMAL:
		set_text(out, want, t.ptr, t.len);
		return plug_parse_decimal(t, &digits, &flag);
	case DBN_DATE:
		return plug_parse_date(t, &out->u.i64);
	case DBN_TIME:
		return plug_parse_time(t, &out->u.i64);
	case DBN_TIMETZ:
		if (!plug_parse_timetz(t, &out->u.i64, &east))
			return false;
		out->aux = (uint16_t)east;
		return true;
	case DBN_TIMESTAMP:
		return plug_parse_timestamp(t, &out->u.i64, &flag) && !flag;
	case DBN_TIMESTAMPTZ:
		return plug_parse_timestamp(t, &out->u.i64, &flag);
	case DBN_UUID:
		set_text(out, want, scratch, 16);
		return plug_parse_uuid(t, (uint8_t *)scratch);
	default:
		return false;
	}
}

static dbn_status
convert(struct dbn_cursor *cur, uint32_t i, sqlite3_value *v, dbn_value *out, dbn_error **err)
{
	dbn_type want = cur->want[i];
	char *scratch = cur->scratch ? cur->scratch[i] : NULL;
	const char *p;
	bool fits = false;

	out->len = 0;
	switch (sqlite3_value_type(v)) {
	case SQLITE_INTEGER:
		fits = from_integer(want, sqlite3_value_int64(v), scratch, out);
		break;
	case SQLITE_FLOAT:
		fits = from_real(want, sqlite3_value_double(v), scratch, out);
		break;
	case SQLITE_TEXT:
		p = (const char *)sqlite3_value_text(v);
		if (!p)
			return plug_nomem(cur->stmt->conn->host, err);
		fits = from_text(want, (dbn_text){ p, (size_t)sqlite3_value_bytes(v) }, scratch, out);
		break;
	default:
		if (want == DBN_UUID && sqlite3_value_bytes(v) == 16) {
			set_text(out, want, sqlite3_value_blob(v), 16);
			fits = true;
		}
	}
	return fits ? DBN_OK : misfit(cur, i, v, err);
}

/* A cell whose column is declared otherwise; the statement may want it as it is.  Not
 * within the loop below, whose registers it would take. */
__attribute__((noinline)) static dbn_status
convert_or_keep(struct dbn_cursor *cur, uint32_t i, sqlite3_value *v, dbn_value *out,
	dbn_error **err)
{
	bool as_stored = (cur->stmt->flags & DBN_PREPARE_AS_STORED) != 0;
	dbn_value raw = *out;
	dbn_status rc = convert(cur, i, v, out, as_stored ? NULL : err);

	if (rc == DBN_E_VALUE && as_stored)
		*out = raw;
	else if (rc == DBN_E_NOMEM && as_stored)
		return plug_nomem(cur->stmt->conn->host, err);
	else if (rc != DBN_OK)
		return rc;
	return DBN_OK;
}

static dbn_status
too_large(struct dbn_cursor *cur, dbn_error **err)
{
	return plug_fail_status(cur->stmt->conn->host, err, DBN_E_LIMIT,
		"the result is larger than the limit");
}

/*
 * sqlite3_column_value() and sqlite3_value_*() instead of sqlite3_column_*():
 * the latter enter the connection's mutex and check for errors cell by cell.
 * The value is "unprotected", which on a connection without a mutex is no
 * difference.
 */
dbn_status
sq_read_row(struct dbn_cursor *cur, dbn_error **err)
{
	sqlite3_stmt *q = cur->stmt->q;
	dbn_value *out = cur->cells;
	const dbn_type *want = cur->want;
	uint32_t n = cur->ncols;
	uint64_t bytes = n * sizeof *out; /* texts count against the limit of the result */

	for (uint32_t i = 0; i < n; i++, out++) {
		sqlite3_value *v = sqlite3_column_value(q, (int)i);
		int stored = sqlite3_value_type(v);
		dbn_type is;

		/* by how often they are met; no table of jumps */
		if (stored == SQLITE_INTEGER) {
			is = DBN_INT64;
			out->u.i64 = sqlite3_value_int64(v);
			out->len = 0;
		} else if (stored == SQLITE_TEXT) {
			is = DBN_TEXT;
			out->u.ptr = sqlite3_value_text(v);
			if (!out->u.ptr)
				return plug_nomem(cur->stmt->conn->host, err);
			bytes += out->len = (uint64_t)sqlite3_value_bytes(v);
		} else if (stored == SQLITE_NULL) {
			out->type = DBN_NULL;
			out->u.i64 = 0;
			out->len = 0;
			continue;
		} else if (stored == SQLITE_FLOAT) {
			is = DBN_DOUBLE;
			out->u.f64 = sqlite3_value_double(v);
			out->len = 0;
		} else {
			is = DBN_BYTES;
			out->u.ptr = sqlite3_value_blob(v);
			bytes += out->len = (uint64_t)sqlite3_value_bytes(v);
			if (!out->u.ptr)
				out->u.ptr = "";
		}
		out->type = is;
		if (want[i] != is && want[i] != DBN_NULL) {
			dbn_status rc;

			bytes -= out->len;
			rc = convert_or_keep(cur, i, v, out, err);
			if (rc != DBN_OK)
				return rc;
			bytes += out->len;
		}
	}
	if (bytes > cur->bytes_left)
		return too_large(cur, err);
	cur->bytes_left -= bytes;
	return DBN_OK;
}
