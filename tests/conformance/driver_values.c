/* SPDX-License-Identifier: MIT */
/*
 * Values in and out again: exactly, or refused.
 */
#include <math.h>
#include <string.h>

#include "conformance/driver.h"

/* Bind v, read it back as type; false: refused somewhere (cf->err says why). */
static dbn_status
round_trip(drv *d, const char *column, const dbn_value *v, dbn_type param, dbn_type result,
	dbn_value *back, char *bytes, size_t size)
{
	dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
	struct dbn_cursor *cur = NULL;
	char sql[128], access[64];
	drv_stmt s;
	dbn_outcome out;
	dbn_status rc;

	memset(back, 0, sizeof *back);
	(void)snprintf(access, sizeof access, "d v; i v; r v %s", column);
	rc = drv_run(d, d->c, "DELETE FROM v", access, DBN_NO_ARGS, NULL);
	if (rc != DBN_OK)
		return rc;
	(void)snprintf(sql, sizeof sql, "INSERT INTO v (%s) VALUES (?)", column);
	rc = drv_prepare_typed(d, d->c, sql, access, &param, 1, NULL, 0, 0, &s);
	if (rc != DBN_OK)
		return rc;
	rc = drv_execute(d, &s, dbn_args_of(v, 1), 0, &out, NULL);
	d->ops->close_stmt(s.s);
	if (rc != DBN_OK)
		return rc;
	(void)snprintf(sql, sizeof sql, "SELECT %s FROM v", column);
	rc = drv_prepare_typed(d, d->c, sql, access, NULL, 0, &result, 1, 0, &s);
	if (rc != DBN_OK)
		return rc;
	rc = drv_execute(d, &s, DBN_NO_ARGS, DBN_EXEC_ROWS, &out, &cur);
	if (rc == DBN_OK)
		rc = cur ? d->ops->fetch(cur, 1, &r, &d->cf->err) : DBN_DONE;
	if (rc == DBN_OK) {
		dbn_text t = dbn_text_of(&r.cells[0]);

		*back = r.cells[0];
		if (back->type == DBN_UUID)
			t = (dbn_text){ (const char *)back->u.ptr, 16 };
		if (t.ptr && t.len < size) {
			memcpy(bytes, t.ptr, t.len);
			bytes[t.len] = 0;
			back->u.ptr = bytes;
		}
	}
	if (cur)
		d->ops->close_cursor(cur);
	d->ops->close_stmt(s.s);
	return rc;
}

/* A decimal without the zeros behind the last digit of a fraction: a column may have a
 * scale. */
static uint64_t
significant(const dbn_value *v)
{
	const char *digits = (const char *)v->u.ptr;
	uint64_t len = v->flags & DBN_VALUE_CSTR ? strlen(digits) : v->len;

	if (!memchr(digits, '.', (size_t)len))
		return len;
	while (digits[len - 1] == '0')
		len--;
	return digits[len - 1] == '.' ? len - 1 : len;
}

static bool
same(const dbn_value *a, const dbn_value *b)
{
	dbn_value x = *a, y = *b;

	if (x.type != DBN_DECIMAL || y.type != DBN_DECIMAL)
		return drv_same(&x, &y);
	x.len = significant(a);
	y.len = significant(b);
	x.flags = y.flags = 0;
	return drv_same(&x, &y);
}

static bool
make_v(drv *d)
{
	const char *blob = conform_quirk(d->cf, "blob-type");
	const char *ti = conform_quirk(d->cf, "time-type"), *ts = conform_quirk(d->cf, "timestamp-type");
	const char *tz = conform_quirk(d->cf, "timestamptz-type");
	char sql[256];

	(void)snprintf(sql, sizeof sql, "CREATE TABLE v (i BIGINT, b BOOLEAN, f DOUBLE PRECISION, "
		"s VARCHAR(200), x %s, amount DECIMAL(15,4), d DATE, ti %s, ts %s, tz %s, u UUID, j JSON)",
		blob ? blob : "BLOB", ti ? ti : "TIME", ts ? ts : "TIMESTAMP",
		tz ? tz : "TIMESTAMP WITH TIME ZONE");
	return drv_admin(d, d->c, sql);
}

static void
values_round_trip(conform *cf)
{
	static const uint8_t uuid[16] = { 0x55, 0x0e, 0x84, 0, 0xe2, 0x9b, 0x41, 0xd4, 0xa7, 0x16, 0x44,
		0x66, 0x55, 0x44, 0, 0 };
	const struct { const char *column; dbn_value v; } t[] = {
		{ "i", dbn_v_i64(0) }, { "i", dbn_v_i64(INT64_MAX) }, { "i", dbn_v_i64(INT64_MIN) },
		{ "i", dbn_v_i64(9007199254740993) }, { "i", dbn_v_null(NULL) },
		{ "i", dbn_v_u64(INT64_MAX) }, { "i", dbn_v_u64(7) },
		{ "b", dbn_v_bool(true) }, { "b", dbn_v_bool(false) }, { "b", dbn_v_null(NULL) },
		{ "f", dbn_v_f64(0.1) }, { "f", dbn_v_f64(-1e300) }, { "f", dbn_v_f64(5e-324) },
		{ "f", dbn_v_f64(3) }, { "f", dbn_v_f32(0.5f) },
		{ "s", dbn_v_text("") }, { "s", dbn_v_text("gr\xc3\xbc\xc3\x9f dich") },
		{ "s", dbn_v_text("12") }, { "s", dbn_v_text("it's \"x\" -- ; \\") },
		{ "x", dbn_bytes_of("", 0) }, { "x", dbn_bytes_of("\0\1\xff", 3) },
		{ "amount", dbn_decimal_of("12.5") }, { "amount", dbn_decimal_of("-0.0001") },
		{ "amount", dbn_decimal_of("99999999999.5") }, { "amount", dbn_decimal_of("7") },
		{ "d", dbn_date_of(0) }, { "d", dbn_date_of(-141428) }, { "d", dbn_date_of(20780) },
		{ "d", dbn_date_of(2932896) }, { "ti", dbn_time_of(0) }, { "ti", dbn_time_of(86399999999) },
		{ "ts", dbn_timestamp_of(0) }, { "ts", dbn_timestamp_of(-1) },
		{ "ts", dbn_timestamp_of(1795426860000001) }, { "tz", dbn_timestamptz_of(1795426860000000) },
		{ "u", dbn_uuid_of(uuid) }, { "j", dbn_json_of((dbn_text){ "{\"a\": [1, 2]}", 13 }) },
	};
	drv d;

	if (!drv_open(cf, &d) || !make_v(&d))
		return;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		dbn_type type = t[i].v.type;
		char bytes[256];
		dbn_value back;
		char quirk[32];

		(void)snprintf(quirk, sizeof quirk, "no-type-%s", t[i].column);
		if (conform_quirk(cf, quirk))
			continue;
		if (conform_ok_at(cf, __FILE__, __LINE__, t[i].column,
			round_trip(&d, t[i].column, &t[i].v, type, type, &back, bytes, sizeof bytes)))
			CF_CHECK(cf, same(&t[i].v, &back), "value %zu (column %s): type %u became %u", i,
				t[i].column, type, back.type);
	}
	drv_close(&d);
}

static void
values_refused(conform *cf)
{
	const struct { const char *column; dbn_value v; dbn_type param; } t[] = {
		{ "i", dbn_v_u64(UINT64_MAX), DBN_UINT64 }, { "i", dbn_v_u64((uint64_t)1 << 63), DBN_INT64 },
		{ "f", dbn_v_f64(NAN), DBN_DOUBLE }, { "s", dbn__v_ptr(DBN_TEXT, "a\0b", 3), DBN_TEXT },
		{ "amount", dbn_decimal_of("12345678901234567890.123456789"), DBN_DECIMAL },
		{ "amount", dbn_decimal_of("12x"), DBN_DECIMAL }, { "amount", dbn_decimal_of(""), DBN_DECIMAL },
		{ "d", dbn_date_of(INT64_MAX), DBN_DATE }, { "ts", dbn_timestamp_of(INT64_MAX), DBN_TIMESTAMP },
		{ "b", dbn_v_i64(2), DBN_BOOL }, { "i", dbn_v_text("12"), DBN_INT64 },
		{ "f", dbn_v_i64(9007199254740993), DBN_DOUBLE }, { "i", dbn_v_f64(1.5), DBN_INT64 },
	};
	drv d;

	if (!drv_open(cf, &d) || !make_v(&d))
		return;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		char bytes[256], quirk[32];
		dbn_value back;
		dbn_status rc = round_trip(&d, t[i].column, &t[i].v, t[i].param, DBN_NULL, &back, bytes,
			sizeof bytes);

		(void)snprintf(quirk, sizeof quirk, "takes-value-%zu", i);
		if (!conform_quirk(cf, quirk))
			CF_CHECK(cf, rc == DBN_E_VALUE, "value %zu (column %s): %s", i, t[i].column,
				dbn_status_name(rc));
		dbn_error_free(cf->err);
		cf->err = NULL;
	}
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM v", "r v", DBN_NO_ARGS) == 0,
		"a refused value was stored");
	drv_close(&d);
}

/* What is stored does not fit what is wanted: the error names the column. */
static void
values_misfit(conform *cf)
{
	const struct { const char *expr; dbn_type want; } t[] = {
		{ "2", DBN_BOOL }, { "'x'", DBN_INT64 }, { "1.5", DBN_INT64 }, { "-1", DBN_UINT64 },
		{ "'2024-02-30'", DBN_DATE }, { "'x'", DBN_UUID }, { "'25:00'", DBN_TIME },
		{ "'abc'", DBN_DOUBLE }, { "'1,5'", DBN_DECIMAL }, { "'2024-01-01 10:00+01'", DBN_TIMESTAMP },
	};
	drv d;

	if (!drv_open(cf, &d))
		return;
	if (conform_quirk(cf, "types-are-strict")) {
		conform_skip(cf, "columns hold only what they are declared to hold");
		drv_close(&d);
		return;
	}
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
		struct dbn_cursor *cur = NULL;
		char sql[64];
		drv_stmt s;
		dbn_outcome out;
		dbn_status rc;

		(void)snprintf(sql, sizeof sql, "SELECT %s AS odd", t[i].expr);
		CF_OK(cf, drv_prepare_typed(&d, d.c, sql, "", NULL, 0, &t[i].want, 1, 0, &s));
		rc = drv_execute(&d, &s, DBN_NO_ARGS, DBN_EXEC_ROWS, &out, &cur);
		if (rc == DBN_OK && cur)
			rc = d.ops->fetch(cur, 1, &r, &cf->err);
		CF_CHECK(cf, rc == DBN_E_VALUE, "%s as type %u: %s", t[i].expr, t[i].want,
			dbn_status_name(rc));
		CF_CHECK(cf, strcmp(dbn_error_column(cf->err), "odd") == 0, "the error names \"%s\"",
			dbn_error_column(cf->err));
		dbn_error_free(cf->err);
		cf->err = NULL;
		if (cur)
			d.ops->close_cursor(cur);
		d.ops->close_stmt(s.s);
	}
	drv_close(&d);
}

const conform_case drv_cases_values[] = {
	{ "values.round_trip", values_round_trip, 0, 0 },
	{ "values.refused", values_refused, 0, 0 },
	{ "values.misfit_names_the_column", values_misfit, 0, 0 },
};
const size_t drv_ncases_values = sizeof drv_cases_values / sizeof *drv_cases_values;
