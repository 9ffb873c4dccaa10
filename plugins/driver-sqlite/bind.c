/* SPDX-License-Identifier: MIT */
/*
 * Values into a statement: exactly, or refused.  Texts and blobs are bound where
 * they are (the caller keeps them until the cursor is closed); dates and their
 * like are written into the statement's own scratch.
 */
#include <limits.h>
#include <math.h>

#include "driver.h"

static dbn_status
refuse(struct dbn_stmt *s, size_t i, const char *state, const char *what, const char *hint,
	dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f };

	memcpy(f.sqlstate, state, 6);
	f.hint = plug_text(hint);
	return plug_fail(s->conn->host, err, &f, "parameter %zu: %s", i + 1, what);
}

static char *
scratch_for(struct dbn_stmt *s, size_t i)
{
	if (!s->param_scratch)
		s->param_scratch = (char (*)[PLUG_TIME_MAX])plug_zalloc(s->conn->host, s->nparams,
			PLUG_TIME_MAX);
	return s->param_scratch ? s->param_scratch[i] : NULL;
}

/* Dates, times and UUIDs: as text. */
static dbn_status
bind_written(struct dbn_stmt *s, size_t i, const dbn_value *v, dbn_error **err)
{
	char *out = scratch_for(s, i);
	size_t n = 0;
	int rc;

	if (!out)
		return plug_nomem(s->conn->host, err);
	switch (v->type) {
	case DBN_DATE:
		n = plug_write_date(out, v->u.i64);
		break;
	case DBN_TIME:
		n = plug_write_time(out, v->u.i64);
		break;
	case DBN_TIMETZ:
		n = plug_write_timetz(out, v->u.i64, (int16_t)v->aux);
		break;
	case DBN_TIMESTAMP:
	case DBN_TIMESTAMPTZ:
		n = plug_write_timestamp(out, v->u.i64);
		break;
	default:
		n = v->len == 16 ? plug_write_uuid(out, (const uint8_t *)v->u.ptr) : 0;
	}
	if (!n)
		return refuse(s, i, "22008", "a date or time outside of the years 0 to 9999",
			"SQLite keeps dates as text with four digits for the year.", err);
	rc = sqlite3_bind_text(s->q, (int)i + 1, out, (int)n, SQLITE_STATIC);
	return rc == SQLITE_OK ? DBN_OK : sq_fail(s->conn, rc, SQ_PHASE_RUN, err);
}

/* More places than its digits fill: what would come back from a real number has
 * none for them. */
static bool
too_wide(dbn_text t, bool integral)
{
	size_t whole = 0, places = 0, behind = 0;
	bool dot = false;

	for (size_t i = 0; i < t.len; i++) {
		if (t.ptr[i] == '.')
			dot = true;
		else if (dot)
			places = (behind++, t.ptr[i] == '0') ? places : behind;
		else
			whole += t.ptr[i] >= '0' && t.ptr[i] <= '9' && (whole || t.ptr[i] != '0');
	}
	return integral ? whole > 18 : places > 15 || whole + places > 15;
}

/*
 * A column of numeric affinity turns text into a number and keeps 15 digits of
 * it, so more are let through only where the column is declared as text.
 */
static dbn_status
check_decimal(struct dbn_stmt *s, size_t i, const dbn_value *v, uint64_t len, dbn_error **err)
{
	unsigned digits;
	bool integral;
	dbn_text t = { (const char *)v->u.ptr, (size_t)len };

	if (!plug_parse_decimal(t, &digits, &integral))
		return refuse(s, i, "22P02", "not a decimal number", "", err);
	if ((digits > (integral ? 18u : 15u) || too_wide(t, integral)) &&
		!(s->param_types && s->param_types[i] == DBN_TEXT))
		return refuse(s, i, "22003", "a decimal with more digits than SQLite keeps exactly",
			"Declare the column as TEXT to keep all digits.", err);
	return DBN_OK;
}

static dbn_status
bind_bytes(struct dbn_stmt *s, size_t i, const dbn_value *v, dbn_error **err)
{
	uint64_t len = plug_value_len(v);
	const void *p = v->u.ptr && len ? v->u.ptr : "";
	int rc;

	if (v->type == DBN_BYTES) {
		rc = sqlite3_bind_blob64(s->q, (int)i + 1, p, len, SQLITE_STATIC);
	} else {
		if (memchr(p, 0, (size_t)len))
			return refuse(s, i, "22021", "a text with a NUL byte",
				"Bind it as bytes to a column of type BLOB.", err);
		if (v->type == DBN_DECIMAL) {
			dbn_status st = check_decimal(s, i, v, len, err);

			if (st != DBN_OK)
				return st;
		}
		rc = sqlite3_bind_text64(s->q, (int)i + 1, (const char *)p, len, SQLITE_STATIC,
			SQLITE_UTF8);
	}
	if (rc == SQLITE_TOOBIG)
		return refuse(s, i, "54000", "a value longer than the limit",
			"The setting max_value of the driver is the limit.", err);
	return rc == SQLITE_OK ? DBN_OK : sq_fail(s->conn, rc, SQ_PHASE_RUN, err);
}

static dbn_status
bind_one(struct dbn_stmt *s, size_t i, const dbn_value *v, dbn_error **err)
{
	int rc, at = (int)i + 1;
	int64_t x;

	switch (v->type) {
	case DBN_NULL:
		rc = sqlite3_bind_null(s->q, at);
		break;
	case DBN_BOOL:
	case DBN_INT64:
	case DBN_UINT64:
		if (!plug_as_int64(v, &x))
			return refuse(s, i, "22003", "an unsigned integer past the largest of SQLite",
				"", err);
		rc = sqlite3_bind_int64(s->q, at, x);
		break;
	case DBN_FLOAT:
	case DBN_DOUBLE:
		if (isnan(v->u.f64))
			return refuse(s, i, "22003", "not a number (NaN), which SQLite would store as NULL",
				"", err);
		rc = sqlite3_bind_double(s->q, at, v->u.f64);
		break;
	case DBN_TEXT:
	case DBN_BYTES:
	case DBN_DECIMAL:
	case DBN_JSON:
	case DBN_ENUM:
		return bind_bytes(s, i, v, err);
	case DBN_DATE:
	case DBN_TIME:
	case DBN_TIMETZ:
	case DBN_TIMESTAMP:
	case DBN_TIMESTAMPTZ:
	case DBN_UUID:
		return bind_written(s, i, v, err);
	default:
		return refuse(s, i, "0A000", "SQLite has no values of this type", "", err);
	}
	return rc == SQLITE_OK ? DBN_OK : sq_fail(s->conn, rc, SQ_PHASE_RUN, err);
}

/* The most of what is bound, of the parameter's own type; false: it takes a closer
 * look, which also says what is wrong. */
static inline bool
bind_plain(struct dbn_stmt *s, size_t i, const dbn_value *v)
{
	int rc = SQLITE_ERROR, at = (int)i + 1;
	uint64_t len;

	switch (v->type) {
	case DBN_INT64:
		rc = sqlite3_bind_int64(s->q, at, v->u.i64);
		break;
	case DBN_DOUBLE:
		if (!isnan(v->u.f64))
			rc = sqlite3_bind_double(s->q, at, v->u.f64);
		break;
	case DBN_TEXT:
		len = plug_value_len(v);
		if (len && !memchr(v->u.ptr, 0, (size_t)len))
			rc = sqlite3_bind_text64(s->q, at, (const char *)v->u.ptr, len, SQLITE_STATIC,
				SQLITE_UTF8);
		break;
	default:
		break;
	}
	return rc == SQLITE_OK;
}

dbn_status
sq_bind(struct dbn_stmt *s, const dbn_value *v, size_t nv, dbn_error **err)
{
	if (nv != s->nparams)
		return plug_fail_status(s->conn->host, err, DBN_E_INVALID,
			"%zu values for %u parameters", nv, s->nparams);
	for (size_t i = 0; i < nv; i++) {
		dbn_type want = s->param_types ? s->param_types[i] : (dbn_type)DBN_NULL;
		dbn_value fitted;
		dbn_status rc;

		if ((want == v[i].type || want == DBN_NULL) && bind_plain(s, i, &v[i]))
			continue;
		if (want == v[i].type || want == DBN_NULL || v[i].type == DBN_NULL) {
			rc = bind_one(s, i, &v[i], err);
		} else {
			fitted = v[i];
			if (!plug_fit(&fitted, want))
				return refuse(s, i, "22018", "the value does not fit the type of the "
					"parameter exactly", "", err);
			rc = bind_one(s, i, &fitted, err);
		}
		if (rc != DBN_OK)
			return rc;
	}
	return DBN_OK;
}
