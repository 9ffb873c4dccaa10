/* SPDX-License-Identifier: MIT */
/*
 * Types cell by cell: in and out again as what it is, and every other way
 * refused.
 */
#include <math.h>

#include "driver-mysql/mysql.h"

#define US INT64_C(1000000)
#define DAY (INT64_C(86400) * US)

static const uint8_t uuid[16] = { 0x55, 0x0e, 0x84, 0, 0xe2, 0x9b, 0x41, 0xd4, 0xa7, 0x16, 0x44,
	0x66, 0x55, 0x44, 0, 0 };
static const char emoji[] = "\xf0\x9f\x98\x80 \xe2\x82\xac gr\xc3\xbc\xc3\x9f";

/* v bound to a column of this type comes back as want. */
static void
round_trip(conform *cf)
{
	const struct { const char *type; dbn_value v, want; } t[] = {
		{ "TINYINT", dbn_v_i64(-128), dbn_v_i64(-128) },
		{ "TINYINT UNSIGNED", dbn_v_i64(255), dbn_v_i64(255) },
		{ "SMALLINT", dbn_v_i64(-32768), dbn_v_i64(-32768) },
		{ "SMALLINT UNSIGNED", dbn_v_u64(65535), dbn_v_i64(65535) },
		{ "MEDIUMINT", dbn_v_i64(-8388608), dbn_v_i64(-8388608) },
		{ "MEDIUMINT UNSIGNED", dbn_v_i64(16777215), dbn_v_i64(16777215) },
		{ "INT", dbn_v_i64(INT32_MIN), dbn_v_i64(INT32_MIN) },
		{ "INT UNSIGNED", dbn_v_i64(UINT32_MAX), dbn_v_i64(UINT32_MAX) },
		{ "BIGINT", dbn_v_i64(INT64_MIN), dbn_v_i64(INT64_MIN) },
		{ "BIGINT", dbn_v_i64(INT64_MAX), dbn_v_i64(INT64_MAX) },
		{ "BIGINT UNSIGNED", dbn_v_u64(UINT64_MAX), dbn_v_u64(UINT64_MAX) },
		{ "BIGINT UNSIGNED", dbn_v_i64(0), dbn_v_u64(0) },
		{ "BOOLEAN", dbn_v_bool(true), dbn_v_bool(true) },
		{ "BOOLEAN", dbn_v_i64(2), dbn_v_i64(2) }, /* as it is stored */
		{ "BIT(1)", dbn_v_i64(1), dbn_v_u64(1) }, { "BIT(64)", dbn_v_u64(UINT64_MAX), dbn_v_u64(UINT64_MAX) },
		{ "BIT(12)", dbn_v_i64(0xabc), dbn_v_u64(0xabc) }, { "YEAR", dbn_v_i64(2155), dbn_v_i64(2155) },
		{ "FLOAT", dbn_v_f32(0.1f), dbn_v_f32(0.1f) }, { "FLOAT", dbn_v_f32(-3e38f), dbn_v_f32(-3e38f) },
		{ "DOUBLE", dbn_v_f64(0.1), dbn_v_f64(0.1) }, { "DOUBLE", dbn_v_f64(-1.7976931348623157e308),
			dbn_v_f64(-1.7976931348623157e308) }, { "DOUBLE", dbn_v_f64(5e-324), dbn_v_f64(5e-324) },
		{ "DECIMAL(65,0)", dbn_decimal_of("99999999999999999999999999999999999999999999999999999999999999999"),
			dbn_decimal_of("99999999999999999999999999999999999999999999999999999999999999999") },
		{ "DECIMAL(65,30)", dbn_decimal_of("-12345678901234567890123456789012345.000000000000000000000000000001"),
			dbn_decimal_of("-12345678901234567890123456789012345.000000000000000000000000000001") },
		{ "DECIMAL(38,10)", dbn_decimal_of("1234567890123456789012345678.0123456789"),
			dbn_decimal_of("1234567890123456789012345678.0123456789") },
		{ "DECIMAL(6,2)", dbn_decimal_of("1.5"), dbn_decimal_of("1.50") },
		{ "DECIMAL(6,2)", dbn_v_i64(-7), dbn_decimal_of("-7.00") },
		{ "VARCHAR(40)", dbn_v_text(emoji), dbn_v_text(emoji) }, { "VARCHAR(4)", dbn_v_text(""), dbn_v_text("") },
		{ "VARCHAR(9)", dbn_v_text("ends  "), dbn_v_text("ends  ") },
		{ "VARCHAR(40)", dbn_v_text("\\ ' \" ` \\0 %"), dbn_v_text("\\ ' \" ` \\0 %") },
		{ "CHAR(5)", dbn_v_text("abc"), dbn_v_text("abc") }, { "TINYTEXT", dbn_v_text(emoji), dbn_v_text(emoji) },
		{ "LONGTEXT", dbn_v_text(emoji), dbn_v_text(emoji) },
		{ "VARBINARY(9)", dbn_bytes_of("\0\1\xff\0", 4), dbn_bytes_of("\0\1\xff\0", 4) },
		{ "BLOB", dbn_bytes_of("", 0), dbn_bytes_of("", 0) },
		{ "BINARY(3)", dbn_bytes_of("a", 1), dbn_bytes_of("a\0\0", 3) },
		{ "LONGBLOB", dbn_bytes_of("\xc3\x28", 2), dbn_bytes_of("\xc3\x28", 2) },
		{ "DATE", dbn_date_of(0), dbn_date_of(0) }, { "DATE", dbn_date_of(2932896), dbn_date_of(2932896) },
		{ "DATE", dbn_date_of(-719162), dbn_date_of(-719162) },
		{ "TIME(6)", dbn_time_of(DAY - 1), dbn_time_of(DAY - 1) }, { "TIME", dbn_time_of(0), dbn_time_of(0) },
		{ "DATETIME(6)", dbn_timestamp_of(-1), dbn_timestamp_of(-1) },
		{ "DATETIME(6)", dbn_timestamp_of(2932896 * DAY + DAY - 1), dbn_timestamp_of(2932896 * DAY + DAY - 1) },
		{ "DATETIME", dbn_timestamp_of(1795426860 * US), dbn_timestamp_of(1795426860 * US) },
		{ "TIMESTAMP(6) NULL", dbn_timestamptz_of(1795426860000001), dbn_timestamptz_of(1795426860000001) },
		{ "TIMESTAMP NULL", dbn_timestamptz_of(US), dbn_timestamptz_of(US) },
		{ "ENUM('a','b c')", dbn_v_text("b c"), dbn__v_ptr(DBN_ENUM, "b c", 3) },
		{ "SET('x','y')", dbn_v_text("x,y"), dbn_v_text("x,y") },
		{ "JSON", dbn_json_of((dbn_text){ "{\"a\": [1, null]}", 16 }), dbn_json_of((dbn_text){ "{\"a\": [1, null]}", 16 }) },
		{ "UUID", dbn_uuid_of(uuid), dbn_uuid_of(uuid) }, { "INET6", dbn_v_text("2001:db8::1"), dbn_v_text("2001:db8::1") },
		{ "INET4", dbn_v_text("192.0.2.1"), dbn_v_text("192.0.2.1") },
		{ "INT", dbn_v_null(NULL), dbn_v_null(NULL) }, { "TEXT", dbn_v_null(NULL), dbn_v_null(NULL) },
		{ "DATETIME", dbn_v_null(NULL), dbn_v_null(NULL) },
	};
	drv d;

	if (!drv_open(cf, &d))
		return;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		char sql[128], bytes[300];
		dbn_value back;

		(void)snprintf(sql, sizeof sql, "CREATE TABLE c%zu (x %s)", i, t[i].type);
		if (!drv_admin(&d, d.c, sql))
			return;
		(void)snprintf(sql, sizeof sql, "INSERT INTO c%zu VALUES (?)", i);
		if (!conform_ok_at(cf, __FILE__, __LINE__, t[i].type, my_run1(&d, sql, DBN_NULL, t[i].v)))
			continue;
		(void)snprintf(sql, sizeof sql, "SELECT x FROM c%zu", i);
		if (!conform_ok_at(cf, __FILE__, __LINE__, t[i].type, my_cell(&d, sql, DBN_NULL, &back, bytes,
				sizeof bytes)))
			continue;
		CF_CHECK(cf, drv_same(&t[i].want, &back), "%zu %s: type %u became %u, \"%s\"", i, t[i].type,
			t[i].v.type, back.type, dbn_text_of(&back).ptr ? bytes : "");
		/* And the server finds it by the same value. */
		if (t[i].v.type == DBN_NULL || t[i].v.type == DBN_FLOAT || t[i].v.type == DBN_JSON)
			continue;
		(void)snprintf(sql, sizeof sql, "DELETE FROM c%zu WHERE x <=> ?", i);
		CF_OK(cf, my_run1(&d, sql, DBN_NULL, t[i].v));
		(void)snprintf(sql, sizeof sql, "SELECT count(*) FROM c%zu", i);
		CF_CHECK(cf, drv_int(&d, d.c, sql, "", DBN_NO_ARGS) == (strncmp(t[i].type, "BINARY(", 7) == 0),
			"%zu %s: not found by its value", i, t[i].type);
	}
	drv_close(&d);
}

static void
refused(conform *cf)
{
	const struct { const char *type; dbn_value v; } t[] = {
		{ "TINYINT", dbn_v_i64(128) }, { "TINYINT UNSIGNED", dbn_v_i64(-1) }, { "INT", dbn_v_i64(INT64_C(1) << 31) },
		{ "BIGINT", dbn_v_u64(UINT64_MAX) }, { "BIGINT UNSIGNED", dbn_v_i64(-1) },
		{ "BIT(4)", dbn_v_i64(16) }, { "YEAR", dbn_v_i64(2156) },
		{ "DOUBLE", dbn_v_f64(NAN) }, { "DOUBLE", dbn_v_f64(INFINITY) }, { "DOUBLE", dbn_v_f64(-INFINITY) },
		{ "FLOAT", dbn_v_f64(1e300) }, { "DECIMAL(6,2)", dbn_decimal_of("1.005") },
		{ "DECIMAL(6,2)", dbn_decimal_of("12345") }, { "DECIMAL(6,2)", dbn_decimal_of("1e3") },
		{ "DECIMAL(65,0)", dbn_decimal_of("999999999999999999999999999999999999999999999999999999999999999999") },
		{ "DECIMAL(6,2)", dbn_v_f64(1.005) },
		{ "VARCHAR(3)", dbn_v_text("abcd") }, { "VARCHAR(3)", dbn_v_text("abc ") },
		{ "VARCHAR(9)", dbn__v_ptr(DBN_TEXT, "a\0b", 3) }, { "VARCHAR(9)", dbn__v_ptr(DBN_TEXT, "\xc3\x28", 2) },
		{ "VARCHAR(9)", dbn__v_ptr(DBN_TEXT, "\xed\xa0\x80", 3) }, { "VARBINARY(2)", dbn_bytes_of("abc", 3) },
		{ "DATE", dbn_date_of(2932897) }, { "DATE", dbn_date_of(-719163) },
		{ "TIME", dbn_time_of(DAY) }, { "TIME", dbn_time_of(-1) },
		{ "TIMESTAMP NULL", dbn_timestamptz_of(-US) }, { "TIMESTAMP NULL", dbn_timestamptz_of(INT64_MAX) },
		{ "ENUM('a')", dbn_v_text("b") }, { "JSON", dbn_json_of((dbn_text){ "{", 1 }) },
		{ "UUID", dbn_v_text("not one") }, { "INT", dbn_v_text("12x") }, { "DATE", dbn_v_text("2024-02-30") },
		{ "DATE", dbn_v_text("0000-00-00") }, { "INET4", dbn_v_text("300.1.1.1") },
	};
	drv d;

	if (!drv_open(cf, &d))
		return;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		char sql[128];
		dbn_status rc;

		(void)snprintf(sql, sizeof sql, "CREATE TABLE c%zu (x %s)", i, t[i].type);
		if (!drv_admin(&d, d.c, sql))
			return;
		(void)snprintf(sql, sizeof sql, "INSERT INTO c%zu VALUES (?)", i);
		rc = my_run1(&d, sql, DBN_NULL, t[i].v);
		CF_CHECK(cf, rc == DBN_E_VALUE || (rc == DBN_E_CONSTRAINT && t[i].v.type == DBN_JSON),
			"%zu %s: %s: %s", i, t[i].type, dbn_status_name(rc), dbn_error_message(cf->err));
		CF_CHECK(cf, *dbn_error_column(cf->err) || strstr(dbn_error_message(cf->err), "parameter 1") ||
			rc != DBN_E_VALUE, "%zu %s: neither column nor parameter: %s", i, t[i].type,
			dbn_error_message(cf->err));
		my_forget(&d);
		(void)snprintf(sql, sizeof sql, "SELECT count(*) FROM c%zu", i);
		CF_CHECK(cf, drv_int(&d, d.c, sql, "", DBN_NO_ARGS) == 0, "%zu %s: it was stored", i, t[i].type);
	}
	drv_close(&d);
}

/* An expression read as a type: exactly, or an error that names the column. */
static void
read_as(conform *cf)
{
	const struct { const char *expr; dbn_type type; const char *want; } t[] = {
		{ "1", DBN_BOOL, "true" }, { "2", DBN_BOOL, NULL }, { "-1", DBN_UINT64, NULL }, { "7", DBN_DOUBLE, "7" },
		{ "CAST(-1 AS UNSIGNED)", DBN_INT64, NULL }, { "CAST(5 AS UNSIGNED)", DBN_INT64, "5" },
		{ "9007199254740993", DBN_DOUBLE, NULL }, { "12", DBN_TEXT, "12" }, { "12", DBN_DECIMAL, "12" },
		{ "1.50", DBN_DECIMAL, "1.50" }, { "3.00", DBN_INT64, "3" }, { "3.01", DBN_INT64, NULL },
		{ "1e0 / 3", DBN_FLOAT, NULL }, { "0.5e0", DBN_FLOAT, "0.5" }, { "2e0", DBN_INT64, "2" },
		{ "'abc'", DBN_INT64, NULL }, { "'x'", DBN_BYTES, "\\x78" }, { "X'ff'", DBN_TEXT, NULL },
		{ "'2024-02-29'", DBN_DATE, "2024-02-29" }, { "'2024-02-30'", DBN_DATE, NULL },
		{ "DATE'2024-02-29'", DBN_TEXT, "2024-02-29" }, { "DATE'2024-02-29'", DBN_INT64, NULL },
		{ "TIME'10:11:12.5'", DBN_TIME, "10:11:12.5" }, { "TIME'-10:00:00'", DBN_TIME, NULL },
		{ "TIME'30:00:00'", DBN_TIME, NULL }, { "TIMESTAMP'2024-01-01 10:00:00'", DBN_TIMESTAMPTZ,
			"2024-01-01T10:00:00Z" }, { "TIMESTAMP'2024-01-01 10:00:00'", DBN_DATE, NULL },
		{ "TIMESTAMP'2024-01-01 00:00:00'", DBN_DATE, "2024-01-01" },
		{ "'550e8400-e29b-41d4-a716-446655440000'", DBN_UUID, "550e8400" }, { "'550e'", DBN_UUID, NULL },
		{ "CAST('0000-00-00' AS DATE)", DBN_TEXT, "" }, { "NULL", DBN_INT64, "" }, { "''", DBN_TEXT, "" },
	};
	drv d;

	if (!drv_open(cf, &d))
		return;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		char sql[200], bytes[300], shown[300];
		dbn_value v;
		dbn_status rc;

		(void)snprintf(sql, sizeof sql, "SELECT %s AS odd", t[i].expr);
		rc = my_cell(&d, sql, t[i].type, &v, bytes, sizeof bytes);
		if (!t[i].want) {
			CF_CHECK(cf, rc == DBN_E_VALUE, "%s as type %u: %s", t[i].expr, t[i].type, dbn_status_name(rc));
			CF_CHECK(cf, strcmp(dbn_error_column(cf->err), "odd") == 0, "%s: column \"%s\"", t[i].expr,
				dbn_error_column(cf->err));
		} else {
			(void)dbn_value_print(&v, shown, sizeof shown);
			CF_CHECK(cf, rc == DBN_OK && (v.type == t[i].type || v.type == DBN_NULL) &&
				strncmp(shown, t[i].want, strlen(t[i].want)) == 0, "%s as type %u: %s, \"%s\"", t[i].expr,
				t[i].type, rc == DBN_OK ? "other" : dbn_error_message(cf->err), shown);
		}
		my_forget(&d);
	}
	drv_close(&d);
}

/* Dates that are none, left by others. */
static void
zero_dates(conform *cf)
{
	char bytes[64];
	dbn_value v;
	drv d;

	if (!drv_open(cf, &d) || !drv_admin(&d, d.c, "CREATE TABLE z (d DATE, t DATETIME)") ||
		!drv_admin(&d, d.c, "SET STATEMENT sql_mode='' FOR INSERT INTO z VALUES ('0000-00-00','2024-00-10 10:00:00')"))
		return;
	CF_CHECK(cf, my_cell(&d, "SELECT d FROM z", DBN_NULL, &v, bytes, sizeof bytes) == DBN_E_VALUE &&
		strcmp(dbn_error_column(cf->err), "d") == 0, "%s", dbn_error_message(cf->err));
	my_forget(&d);
	CF_FAILS(cf, my_cell(&d, "SELECT t FROM z", DBN_NULL, &v, bytes, sizeof bytes), DBN_E_VALUE, NULL);
	CF_FAILS(cf, my_cell(&d, "SELECT t FROM z", DBN_TEXT, &v, bytes, sizeof bytes), DBN_E_VALUE, NULL);
	drv_close(&d);
}

/* Long and short values, one after the other, in blocks. */
static void
sizes(conform *cf)
{
	static const unsigned lengths[] = { 0, 1, 255, 256, 257, 20000, 3, 300000, 2, 5000000, 10 };
	enum { N = sizeof lengths / sizeof *lengths };
	dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
	char *big = malloc(5000001);
	struct dbn_cursor *cur = NULL;
	uint32_t row = 0;
	dbn_outcome out;
	dbn_status rc = DBN_OK;
	drv_stmt s;
	drv d;

	for (unsigned i = 0; i < 5000000; i++)
		big[i] = (char)('a' + i % 23);
	if (!drv_open(cf, &d) || !drv_admin(&d, d.c, "CREATE TABLE b (id INT PRIMARY KEY, x LONGTEXT, y LONGBLOB)"))
		goto out;
	CF_OK(cf, drv_prepare(&d, d.c, "INSERT INTO b VALUES (?, ?, ?)", "", &s));
	for (int i = 0; i < N; i++) {
		dbn_value v[3] = { dbn_v_i64(i), dbn__v_ptr(DBN_TEXT, big, lengths[i]),
			dbn_bytes_of(big, lengths[N - 1 - i]) };

		CF_OK(cf, drv_execute(&d, &s, (dbn_args){ v, 3 }, 0, &out, NULL));
	}
	d.ops->close_stmt(s.s);
	CF_OK(cf, drv_prepare(&d, d.c, "SELECT x, y FROM b ORDER BY id", "", &s));
	CF_OK(cf, drv_execute(&d, &s, DBN_NO_ARGS, DBN_EXEC_ROWS, &out, &cur));
	while (rc == DBN_OK && (rc = d.ops->fetch(cur, 4, &r, &cf->err)) == DBN_OK)
		for (uint32_t i = 0; i < r.nrows; i++, row++) {
			const dbn_value *c = &r.cells[2 * i];

			CF_CHECK(cf, row < N && c[0].len == lengths[row] && memcmp(c[0].u.ptr, big, c[0].len) == 0 &&
				c[1].len == lengths[N - 1 - row] && memcmp(c[1].u.ptr, big, c[1].len) == 0, "row %u", row);
		}
	CF_CHECK(cf, rc == DBN_DONE && row == N, "%u rows, then %s", row, dbn_status_name(rc));
	d.ops->close_cursor(cur);
	d.ops->close_stmt(s.s);
out:
	drv_close(&d);
	free(big);
}

const conform_case my_types[] = {
	{ "types.round_trip", round_trip, 0, 60 },
	{ "types.refused", refused, 0, 60 },
	{ "types.read_as", read_as, 0, 0 },
	{ "types.zero_dates", zero_dates, 0, 0 },
	{ "types.sizes", sizes, 0, 60 },
};
const size_t my_ntypes = sizeof my_types / sizeof *my_types;
