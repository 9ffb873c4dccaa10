/* SPDX-License-Identifier: MIT */
/*
 * Every type in and out, cell by cell: what was bound comes back the same, and
 * the server prints it as expected.  What does not fit is refused before it is
 * sent, what has no value is refused with its column's name.
 */
#include <math.h>
#include <string.h>

#include "check.h"

#define DIGITS38 "12345678901234567890123456789012345678"

static dbn_value
array_of(const dbn_value *items, size_t n, dbn_type element)
{
	dbn_value v = dbn__v_ptr(DBN_ARRAY, items, n);

	v.aux = (uint16_t)element;
	return v;
}

static dbn_value
word(dbn_type type, const char *s)
{
	return dbn__v_ptr(type, s, strlen(s));
}

static dbn_value
timetz_of(int64_t us, int16_t east)
{
	dbn_value v = dbn__v_int(DBN_TIMETZ, us);

	v.aux = (uint16_t)east;
	return v;
}

/* Bind v to a column of the type, look at it, read it back. */
static void
round_trip(drv *d, const char *type, const dbn_value *v, const dbn_value *back, const char *text)
{
	conform *cf = d->cf;
	dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
	struct dbn_cursor *cur = NULL;
	char sql[160], shown[256];
	drv_stmt s;
	dbn_outcome out;

	(void)snprintf(sql, sizeof sql, "CREATE TABLE cell (v %s)", type);
	if (!drv_admin(d, d->c, sql))
		return;
	CF_OK(cf, drv_prepare(d, d->c, "INSERT INTO cell (v) VALUES (?)", "i cell", &s));
	if (!conform_ok_at(cf, __FILE__, __LINE__, type,
			drv_execute(d, &s, dbn_args_of(v, 1), 0, &out, NULL)))
		CF_CHECK(cf, false, "%s: %s: %s", type, text, dbn_error_detail(cf->err));
	d->ops->close_stmt(s.s);
	if (pgt_text(d, d->c, "SELECT v::text FROM cell", shown, sizeof shown))
		CF_CHECK(cf, strcmp(shown, text) == 0, "%s: the server has \"%s\" instead of \"%s\"", type,
			shown, text);
	CF_OK(cf, drv_prepare(d, d->c, "SELECT v FROM cell", "r cell", &s));
	CF_OK(cf, drv_execute(d, &s, DBN_NO_ARGS, DBN_EXEC_ROWS, &out, &cur));
	CF_NEED(cf, cur != NULL, "%s: no row", type);
	if (conform_ok_at(cf, __FILE__, __LINE__, type, d->ops->fetch(cur, 1, &r, &cf->err)))
		CF_CHECK(cf, drv_same(back, &r.cells[0]), "%s: %s came back as another %s", type, text,
			dbn_type_name(r.cells[0].type));
	d->ops->close_cursor(cur);
	d->ops->close_stmt(s.s);
	(void)drv_admin(d, d->c, "DROP TABLE cell");
}

struct cell {
	const char *type;
	dbn_value v;
	const char *text;
};

static void
run_cells(conform *cf, const struct cell *t, size_t n)
{
	drv d;

	if (!drv_open(cf, &d))
		return;
	for (size_t i = 0; i < n; i++)
		round_trip(&d, t[i].type, &t[i].v, &t[i].v, t[i].text);
	drv_close(&d);
}

static void
types_numbers(conform *cf)
{
	const struct cell t[] = {
		{ "smallint", dbn_v_i64(-32768), "-32768" }, { "smallint", dbn_v_i64(32767), "32767" },
		{ "integer", dbn_v_i64(INT32_MIN), "-2147483648" }, { "integer", dbn_v_null(NULL), "" },
		{ "bigint", dbn_v_i64(INT64_MIN), "-9223372036854775808" },
		{ "bigint", dbn_v_i64(INT64_MAX), "9223372036854775807" },
		{ "oid", dbn_v_i64(4294967295), "4294967295" },
		{ "xid8", dbn_v_u64(UINT64_MAX), "18446744073709551615" },
		{ "pg_lsn", dbn_v_u64(UINT64_C(0x16B374D848)), "16/B374D848" },
		{ "real", dbn_v_f32(0.5f), "0.5" }, { "real", dbn_v_f32(NAN), "NaN" },
		{ "double precision", dbn_v_f64(0.1), "0.1" },
		{ "double precision", dbn_v_f64(-INFINITY), "-Infinity" },
		{ "double precision", dbn_v_f64(-0.0), "-0" }, { "double precision", dbn_v_f64(NAN), "NaN" },
		{ "boolean", dbn_v_bool(true), "true" }, { "boolean", dbn_v_bool(false), "false" },
		{ "numeric", dbn_decimal_of(DIGITS38), DIGITS38 },
		{ "numeric", dbn_decimal_of("-" DIGITS38 "." DIGITS38), "-" DIGITS38 "." DIGITS38 },
		{ "numeric", dbn_decimal_of("0"), "0" }, { "numeric", dbn_decimal_of("0.000"), "0.000" },
		{ "numeric", dbn_decimal_of("10000"), "10000" }, { "numeric", dbn_decimal_of("9999"), "9999" },
		{ "numeric", dbn_decimal_of("100000000.10"), "100000000.10" },
		{ "numeric", dbn_decimal_of("0.00001"), "0.00001" },
		{ "numeric", dbn_decimal_of("-0.0001"), "-0.0001" },
		{ "numeric", dbn_decimal_of("1.50"), "1.50" }, { "numeric", dbn_decimal_of("12345.0001"), "12345.0001" },
		{ "numeric(10,2)", dbn_decimal_of("7.10"), "7.10" },
	};

	run_cells(cf, t, sizeof t / sizeof *t);
}

static void
types_texts(conform *cf)
{
	static const uint8_t uuid[16] = { 0x55, 0x0e, 0x84, 0, 0xe2, 0x9b, 0x41, 0xd4, 0xa7, 0x16, 0x44,
		0x66, 0x55, 0x44, 0, 0 };
	const struct cell t[] = {
		{ "text", dbn_v_text(""), "" }, { "text", dbn_v_text("\xf0\x9f\x90\x98 gr\xc3\xbc\xc3\x9f"),
			"\xf0\x9f\x90\x98 gr\xc3\xbc\xc3\x9f" },
		{ "varchar(5)", dbn_v_text("abcde"), "abcde" }, { "name", dbn_v_text("a name"), "a name" },
		{ "\"char\"", dbn_v_text("x"), "x" }, { "text", dbn_v_text("it's \\ \"q\""), "it's \\ \"q\"" },
		{ "bytea", dbn_bytes_of("\0\1\xff", 3), "\\x0001ff" }, { "bytea", dbn_bytes_of("", 0), "\\x" },
		{ "uuid", dbn_uuid_of(uuid), "550e8400-e29b-41d4-a716-446655440000" },
		{ "json", dbn_json_of((dbn_text){ "{\"a\":  1}", 9 }), "{\"a\":  1}" },
		{ "jsonb", dbn_json_of((dbn_text){ "{\"a\": 1}", 8 }), "{\"a\": 1}" },
		{ "text", dbn_v_null(NULL), "" },
	};

	run_cells(cf, t, sizeof t / sizeof *t);
}

static void
types_times(conform *cf)
{
	const dbn_interval half = { -1500000, -3, 14 }, none = { 0, 0, 0 };
	const struct cell t[] = {
		{ "date", dbn_date_of(0), "1970-01-01" }, { "date", dbn_date_of(-719162), "0001-01-01" },
		{ "date", dbn_date_of(-2440588), "4714-11-24 BC" },
		{ "date", dbn_date_of(2145042905), "5874897-12-31" },
		{ "time", dbn_time_of(86399999999), "23:59:59.999999" },
		{ "time", dbn_time_of(INT64_C(86400000000)), "24:00:00" },
		{ "timetz", timetz_of(3600000000, -330), "01:00:00-05:30" },
		{ "timetz", timetz_of(0, 840), "00:00:00+14" },
		{ "timestamp", dbn_timestamp_of(-1), "1969-12-31 23:59:59.999999" },
		{ "timestamp", dbn_timestamp_of(1795426860000001), "2026-11-23 09:41:00.000001" },
		{ "interval", dbn__v_ptr(DBN_INTERVAL, &half, sizeof half), "1 year 2 mons -3 days -00:00:01.5" },
		{ "interval", dbn__v_ptr(DBN_INTERVAL, &none, sizeof none), "00:00:00" },
	};
	char shown[64];
	drv d;

	run_cells(cf, t, sizeof t / sizeof *t);
	if (!drv_open(cf, &d) || !drv_admin(&d, d.c, "CREATE TABLE z (v timestamptz)"))
		return;
	CF_OK(cf, drv_run(&d, d.c, "INSERT INTO z (v) VALUES (?)", "i z",
		DBN_ARGS(dbn_timestamptz_of(1795426860000000)), NULL));
	CF_CHECK(cf, pgt_text(&d, d.c, "SELECT (v AT TIME ZONE 'UTC')::text FROM z", shown, sizeof shown) &&
		strcmp(shown, "2026-11-23 09:41:00") == 0, "the server has %s", shown);
	drv_close(&d);
}

static void
types_made(conform *cf)
{
	const dbn_value ints[] = { dbn_v_i64(1), dbn_v_null(NULL), dbn_v_i64(-3) };
	const dbn_value texts[] = { word(DBN_TEXT, ""), word(DBN_TEXT, "a,b"), dbn_v_null(NULL) };
	const dbn_value moods[] = { word(DBN_ENUM, "ok"), word(DBN_ENUM, "so so") };
	const dbn_value decimals[] = { word(DBN_DECIMAL, "1.10"), word(DBN_DECIMAL, DIGITS38) };
	const struct cell t[] = {
		{ "mood", word(DBN_ENUM, "so so"), "so so" }, { "posint", dbn_v_i64(5), "5" },
		{ "far", dbn_v_i64(6), "6" },
		{ "integer[]", array_of(ints, 3, DBN_INT64), "{1,NULL,-3}" },
		{ "integer[]", array_of(ints, 0, DBN_INT64), "{}" },
		{ "text[]", array_of(texts, 3, DBN_TEXT), "{\"\",\"a,b\",NULL}" },
		{ "numeric[]", array_of(decimals, 2, DBN_DECIMAL), "{1.10," DIGITS38 "}" },
		{ "mood[]", array_of(moods, 2, DBN_ENUM), "{ok,\"so so\"}" },
	};
	drv d;

	if (!drv_open(cf, &d) || !drv_admin(&d, d.c, "CREATE TYPE mood AS ENUM ('ok', 'so so')") ||
		!drv_admin(&d, d.c, "CREATE DOMAIN posint AS integer CHECK (value > 0)") ||
		!drv_admin(&d, d.c, "CREATE DOMAIN far AS posint"))
		return;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		round_trip(&d, t[i].type, &t[i].v, &t[i].v, t[i].text);
	CF_FAILS(cf, drv_run(&d, d.c, "SELECT ?::posint", "", DBN_ARGS(-1), NULL), DBN_E_CONSTRAINT, "23514");
	drv_close(&d);
}

/* Converted exactly on the way in. */
static void
types_fitted(conform *cf)
{
	const struct { const char *type; dbn_value v, back; const char *text; } t[] = {
		{ "smallint", dbn_v_u64(7), dbn_v_i64(7), "7" }, { "boolean", dbn_v_i64(1), dbn_v_bool(true), "true" },
		{ "bigint", dbn_decimal_of("-9223372036854775808"), dbn_v_i64(INT64_MIN), "-9223372036854775808" },
		{ "integer", dbn_decimal_of("12.00"), dbn_v_i64(12), "12" },
		{ "numeric", dbn_v_i64(-5), word(DBN_DECIMAL, "-5"), "-5" },
		{ "numeric", dbn_v_u64(UINT64_MAX), word(DBN_DECIMAL, "18446744073709551615"), "18446744073709551615" },
		{ "double precision", dbn_v_i64(3), dbn_v_f64(3), "3" },
		{ "real", dbn_v_f64(0.25), dbn_v_f32(0.25f), "0.25" },
		{ "character(4)", dbn_v_text("ab"), word(DBN_TEXT, "ab  "), "ab" },
		{ "jsonb", dbn_v_text("[1]"), word(DBN_JSON, "[1]"), "[1]" },
		{ "inet", dbn_v_text("10.0.0.1"), dbn__v_ptr(DBN_EXTENSION, "\2\40\0\4\12\0\0\1", 8), "10.0.0.1/32" },
	};
	drv d;

	if (!drv_open(cf, &d))
		return;
	for (size_t i = 0; i + 1 < sizeof t / sizeof *t; i++)
		round_trip(&d, t[i].type, &t[i].v, &t[i].back, t[i].text);
	drv_close(&d);
}

/* Refused here: nothing is sent, and the parameter and its type are named. */
static void
types_refused(conform *cf)
{
	const struct { const char *type; dbn_value v; } t[] = {
		{ "smallint", dbn_v_i64(32768) }, { "integer", dbn_v_i64(INT64_C(1) << 31) },
		{ "bigint", dbn_v_u64(UINT64_C(1) << 63) }, { "oid", dbn_v_i64(-1) },
		{ "integer", dbn_v_f64(1) }, { "integer", dbn_v_text("1") }, { "integer", dbn_v_bool(true) },
		{ "integer", dbn_decimal_of("1.5") }, { "bigint", dbn_decimal_of("9223372036854775808") },
		{ "real", dbn_v_f64(0.1) }, { "real", dbn_v_i64(16777217) },
		{ "double precision", dbn_v_i64(9007199254740993) }, { "numeric", dbn_v_f64(0.5) },
		{ "numeric", dbn_decimal_of("1e5") }, { "numeric", dbn_decimal_of(".") },
		{ "boolean", dbn_v_i64(2) }, { "text", dbn_v_i64(1) }, { "text", dbn__v_ptr(DBN_TEXT, "a\0b", 3) },
		{ "\"char\"", dbn_v_text("ab") }, { "bytea", dbn_v_text("x") },
		{ "date", dbn_date_of(2145042906) }, { "date", dbn_timestamp_of(0) },
		{ "timestamp", dbn_timestamptz_of(0) }, { "timestamptz", dbn_timestamp_of(0) },
		{ "timestamp", dbn_timestamp_of(INT64_MIN) }, { "time", dbn_time_of(-1) },
		{ "uuid", dbn_v_text("550e8400-e29b-41d4-a716-446655440000") }, { "interval", dbn_v_i64(1) },
		{ "xid8", dbn_v_i64(-1) }, { "integer[]", dbn_v_i64(1) },
	};
	drv d;

	if (!drv_open(cf, &d))
		return;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		char sql[64];
		drv_stmt s;
		dbn_outcome out;
		dbn_status rc;

		(void)snprintf(sql, sizeof sql, "SELECT ?::%s IS NULL", t[i].type);
		CF_OK(cf, drv_prepare(&d, d.c, sql, "", &s));
		rc = drv_execute(&d, &s, dbn_args_of(&t[i].v, 1), 0, &out, NULL);
		CF_CHECK(cf, rc == DBN_E_VALUE && out.sent == DBN_SENT_NO, "value %zu for %s: %s, sent %u", i,
			t[i].type, dbn_status_name(rc), out.sent);
		CF_CHECK(cf, strstr(dbn_error_message(cf->err), "parameter 1"), "value %zu for %s: %s", i,
			t[i].type, dbn_error_message(cf->err));
		pgt_forget_error(cf);
		d.ops->close_stmt(s.s);
	}
	drv_close(&d);
}

static void
read_odd(drv *d, const char *expr, uint32_t flags, const char *as_stored)
{
	conform *cf = d->cf;
	dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
	struct dbn_cursor *cur = NULL;
	char sql[128];
	drv_stmt s;
	dbn_outcome out;
	dbn_status rc;

	(void)snprintf(sql, sizeof sql, "SELECT %s AS odd", expr);
	CF_OK(cf, drv_prepare_typed(d, d->c, sql, "", NULL, 0, NULL, 0, flags, &s));
	CF_OK(cf, drv_execute(d, &s, DBN_NO_ARGS, DBN_EXEC_ROWS, &out, &cur));
	rc = d->ops->fetch(cur, 1, &r, &cf->err);
	if (as_stored)
		CF_CHECK(cf, rc == DBN_OK && r.cells[0].type == DBN_TEXT && drv_text_is(&r.cells[0], as_stored),
			"%s as it is stored: %s", expr, dbn_status_name(rc));
	else
		CF_CHECK(cf, rc == DBN_E_VALUE && strcmp(dbn_error_column(cf->err), "odd") == 0, "%s: %s (%s)",
			expr, dbn_status_name(rc), dbn_error_column(cf->err));
	pgt_forget_error(cf);
	d->ops->close_cursor(cur);
	d->ops->close_stmt(s.s);
}

static void
types_without_value(conform *cf)
{
	drv d;

	if (!drv_open(cf, &d))
		return;
	read_odd(&d, "'infinity'::timestamp", 0, NULL);
	read_odd(&d, "'-infinity'::date", 0, NULL);
	read_odd(&d, "'infinity'::timestamptz", 0, NULL);
	read_odd(&d, "'NaN'::numeric", 0, NULL);
	read_odd(&d, "'Infinity'::numeric", 0, NULL);
	read_odd(&d, "'{{1,2},{3,4}}'::int[]", 0, NULL);
	read_odd(&d, "'[0:1]={1,2}'::int[]", 0, NULL);
	read_odd(&d, "'10:00:00+01:00:30'::timetz", 0, NULL);
	read_odd(&d, "'infinity'::timestamp", DBN_PREPARE_AS_STORED, "infinity");
	read_odd(&d, "'-infinity'::date", DBN_PREPARE_AS_STORED, "-infinity");
	read_odd(&d, "'NaN'::numeric", DBN_PREPARE_AS_STORED, "NaN");
	drv_close(&d);
}

/* What is wanted of a column, exactly or not at all. */
static void
types_wanted(conform *cf)
{
	const struct { const char *expr; dbn_type want; dbn_value v; } t[] = {
		{ "1", DBN_BOOL, dbn_v_bool(true) }, { "7.00", DBN_INT64, dbn_v_i64(7) },
		{ "18446744073709551615", DBN_UINT64, dbn_v_u64(UINT64_MAX) },
		{ "-9223372036854775808.0", DBN_INT64, dbn_v_i64(INT64_MIN) },
		{ "0.5::real", DBN_DOUBLE, dbn_v_f64(0.5) }, { "3", DBN_DOUBLE, dbn_v_f64(3) },
		{ "5::bigint", DBN_DECIMAL, word(DBN_DECIMAL, "5") }, { "12", DBN_TEXT, word(DBN_TEXT, "12") },
		{ "2", DBN_BOOL, dbn_v_null(NULL) }, { "1.5", DBN_INT64, dbn_v_null(NULL) },
		{ "-1", DBN_UINT64, dbn_v_null(NULL) }, { "9007199254740993", DBN_DOUBLE, dbn_v_null(NULL) },
		{ "0.1::float8", DBN_FLOAT, dbn_v_null(NULL) },
	};
	drv d;

	if (!drv_open(cf, &d))
		return;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
		struct dbn_cursor *cur = NULL;
		char sql[96];
		drv_stmt s;
		dbn_outcome out;
		dbn_status rc;

		(void)snprintf(sql, sizeof sql, "SELECT %s AS x", t[i].expr);
		CF_OK(cf, drv_prepare_typed(&d, d.c, sql, "", NULL, 0, &t[i].want, 1, 0, &s));
		CF_OK(cf, drv_execute(&d, &s, DBN_NO_ARGS, DBN_EXEC_ROWS, &out, &cur));
		rc = d.ops->fetch(cur, 1, &r, &cf->err);
		CF_CHECK(cf, t[i].v.type == DBN_NULL ? rc == DBN_E_VALUE : rc == DBN_OK &&
			drv_same(&t[i].v, &r.cells[0]), "%s as %s: %s", t[i].expr, dbn_type_name(t[i].want),
			dbn_status_name(rc));
		pgt_forget_error(cf);
		d.ops->close_cursor(cur);
		d.ops->close_stmt(s.s);
	}
	drv_close(&d);
}

const conform_case pgt_types[] = {
	{ "types.numbers", types_numbers, 0, 120 },
	{ "types.texts", types_texts, 0, 120 },
	{ "types.times", types_times, 0, 120 },
	{ "types.enums_domains_arrays", types_made, 0, 120 },
	{ "types.fitted", types_fitted, 0, 120 },
	{ "types.refused_before_sending", types_refused, 0, 0 },
	{ "types.without_a_value", types_without_value, 0, 0 },
	{ "types.wanted", types_wanted, 0, 0 },
};
const size_t pgt_ntypes = sizeof pgt_types / sizeof *pgt_types;
