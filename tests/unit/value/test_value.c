/* SPDX-License-Identifier: MIT */
/*
 * Values: fitting a parameter, storing a cell, reading and printing texts,
 * copying.  Tables of what is exact and what is refused, and properties over
 * many values.
 */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/str.h"
#include "value/value.h"

#define T(s) DBN_TEXT_LIT(s)

static uint64_t state = 88172645463325252u;
static uint64_t
next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static dbn_value
text_as(dbn_type type, const char *z)
{
	dbn_value v = dbn_v_text(z);

	v.type = type;
	return v;
}

static const char *
print(dbn_value v)
{
	static char buf[256];

	(void)dbn_value_print(&v, buf, sizeof buf);
	return buf;
}

Test(value_types, names)
{
	cr_assert_str_eq(dbn_type_name(DBN_NULL), "null");
	cr_assert_str_eq(dbn_type_name(DBN_TIMESTAMPTZ), "timestamptz");
	cr_assert_str_eq(dbn_type_name(DBN_EXTENSION), "extension");
	cr_assert_str_eq(dbn_type_name(21), "unknown");
	cr_assert_str_eq(dbn_type_name(UINT32_MAX), "unknown");
	cr_assert_eq(sizeof(dbn_value), 24);
}

Test(value_args, macro_types_them)
{
	dbn_opt_int64 unset = { false, 9 };
	dbn_args a = DBN_ARGS(25, "bob", 3.5, NULL, (bool)true, 7u, UINT64_MAX, 1.5f,
		dbn_date_of(3), dbn_some_int32(4), unset);

	cr_assert_eq(a.n, 11);
	cr_assert_eq(a.v[0].type, DBN_INT64);
	cr_assert_eq(a.v[0].u.i64, 25);
	cr_assert_eq(a.v[1].type, DBN_TEXT);
	cr_assert_eq(a.v[2].type, DBN_DOUBLE);
	cr_assert_eq(a.v[3].type, DBN_NULL);
	cr_assert_eq(a.v[4].type, DBN_BOOL);
	cr_assert_eq(a.v[5].type, DBN_INT64);
	cr_assert_eq(a.v[6].type, DBN_UINT64);
	cr_assert_eq(a.v[7].type, DBN_FLOAT);
	cr_assert_eq(a.v[8].type, DBN_DATE);
	cr_assert_eq(a.v[9].u.i64, 4);
	cr_assert_eq(a.v[10].type, DBN_NULL);
	cr_assert_eq((DBN_ARGS()).n, 0);
	cr_assert_eq((DBN_ARGS(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
		22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32)).n, 32);
	cr_assert_eq((DBN_ARGS((const char *)NULL)).v[0].type, DBN_NULL);
}

/* ---- fitting a parameter ---- */

static const struct {
	dbn_value v;
	dbn_type wanted;
	bool ok;
	const char *printed;      /* of what it became */
} fits[] = {
	/* integers */
	{ { .type = DBN_INT64, .u.i64 = 5 }, DBN_INT64, true, "5" },
	{ { .type = DBN_INT64, .u.i64 = 5 }, DBN_UINT64, true, "5" },
	{ { .type = DBN_INT64, .u.i64 = -5 }, DBN_UINT64, false, NULL },
	{ { .type = DBN_UINT64, .u.u64 = INT64_MAX }, DBN_INT64, true, "9223372036854775807" },
	{ { .type = DBN_UINT64, .u.u64 = (uint64_t)INT64_MAX + 1 }, DBN_INT64, false, NULL },
	{ { .type = DBN_BOOL, .u.i64 = 1 }, DBN_INT64, true, "1" },
	{ { .type = DBN_INT64, .u.i64 = 0 }, DBN_BOOL, true, "false" },
	{ { .type = DBN_INT64, .u.i64 = 1 }, DBN_BOOL, true, "true" },
	{ { .type = DBN_UINT64, .u.i64 = 1 }, DBN_BOOL, true, "true" },
	{ { .type = DBN_INT64, .u.i64 = 2 }, DBN_BOOL, false, NULL },
	{ { .type = DBN_INT64, .u.i64 = -1 }, DBN_BOOL, false, NULL },
	/* floating point */
	{ { .type = DBN_FLOAT, .u.f64 = 1.5 }, DBN_DOUBLE, true, "1.5" },
	{ { .type = DBN_DOUBLE, .u.f64 = 1.5 }, DBN_FLOAT, true, "1.5" },
	{ { .type = DBN_DOUBLE, .u.f64 = 0.1 }, DBN_FLOAT, false, NULL },
	{ { .type = DBN_INT64, .u.i64 = INT64_C(9007199254740992) }, DBN_DOUBLE, true,
		"9007199254740992" },
	{ { .type = DBN_INT64, .u.i64 = INT64_C(9007199254740993) }, DBN_DOUBLE, false, NULL },
	{ { .type = DBN_INT64, .u.i64 = INT64_MIN }, DBN_DOUBLE, false, NULL },
	{ { .type = DBN_UINT64, .u.u64 = 12 }, DBN_DOUBLE, true, "12" },
	{ { .type = DBN_UINT64, .u.u64 = UINT64_MAX }, DBN_DOUBLE, false, NULL },
	{ { .type = DBN_DOUBLE, .u.f64 = 3.0 }, DBN_INT64, false, NULL },
	{ { .type = DBN_DOUBLE, .u.f64 = 1 }, DBN_BOOL, false, NULL },
	/* numbers and text do not mix */
	{ { .type = DBN_INT64, .u.i64 = 5 }, DBN_TEXT, false, NULL },
	{ { .type = DBN_BOOL, .u.i64 = 1 }, DBN_TEXT, false, NULL },
	/* NULL and the untyped parameter take all */
	{ { .type = DBN_NULL }, DBN_INT64, true, "" },
	{ { .type = DBN_INT64, .u.i64 = 5 }, DBN_NULL, true, "5" },
	{ { .type = DBN_DATE, .u.i64 = 0 }, DBN_DATE, true, "1970-01-01" },
	{ { .type = DBN_DATE, .u.i64 = 0 }, DBN_INT64, false, NULL },
};

static const struct {
	dbn_type type;
	const char *text;
	dbn_type wanted;
	bool ok;
	const char *printed;
} text_fits[] = {
	{ DBN_TEXT, "abc", DBN_TEXT, true, "abc" },
	{ DBN_TEXT, "{}", DBN_JSON, true, "{}" },
	{ DBN_JSON, "{}", DBN_TEXT, true, "{}" },
	{ DBN_TEXT, "red", DBN_ENUM, true, "red" },
	{ DBN_TEXT, "5", DBN_INT64, false, NULL },
	{ DBN_TEXT, "5", DBN_DOUBLE, false, NULL },
	{ DBN_TEXT, "true", DBN_BOOL, false, NULL },
	{ DBN_TEXT, "abc", DBN_BYTES, false, NULL },
	{ DBN_TEXT, "12.50", DBN_DECIMAL, true, "12.50" },
	{ DBN_TEXT, "1e3", DBN_DECIMAL, false, NULL },
	{ DBN_DECIMAL, "12.50", DBN_DECIMAL, true, "12.50" },
	{ DBN_DECIMAL, "12,50", DBN_DECIMAL, false, NULL },
	{ DBN_DECIMAL, "12.50", DBN_TEXT, true, "12.50" },
	{ DBN_TEXT, "2024-02-29", DBN_DATE, true, "2024-02-29" },
	{ DBN_TEXT, "2023-02-29", DBN_DATE, false, NULL },
	{ DBN_TEXT, "23:59:59.5", DBN_TIME, true, "23:59:59.500000" },
	{ DBN_TEXT, "2024-01-02 03:04:05", DBN_TIMESTAMP, true, "2024-01-02 03:04:05" },
	{ DBN_TEXT, "2024-01-02T03:04:05Z", DBN_TIMESTAMP, false, NULL },
	{ DBN_TEXT, "2024-01-02T03:04:05+02:00", DBN_TIMESTAMPTZ, true, "2024-01-02T01:04:05Z" },
	{ DBN_TEXT, "2024-01-02 03:04:05", DBN_TIMESTAMPTZ, false, NULL },
	{ DBN_TEXT, "00112233-4455-6677-8899-AABBCCDDEEFF", DBN_UUID, true,
		"00112233-4455-6677-8899-aabbccddeeff" },
	{ DBN_TEXT, "00112233", DBN_UUID, false, NULL },
};

Test(value_fit, table_of_scalars)
{
	for (size_t i = 0; i < sizeof fits / sizeof *fits; i++) {
		dbn_value v = fits[i].v;
		dbn_error *err = NULL;
		dbn_status rc = dbn_value_fit(&v, fits[i].wanted, NULL, "parameter 1", &err);

		cr_assert_eq(rc, fits[i].ok ? DBN_OK : DBN_E_VALUE, "row %zu: %s", i,
			dbn_error_message(err));
		if (fits[i].ok)
			cr_assert_str_eq(print(v), fits[i].printed, "row %zu", i);
		else
			cr_assert(strstr(dbn_error_message(err), "parameter 1"), "row %zu", i);
		if (fits[i].ok && v.type != DBN_NULL && fits[i].wanted != DBN_NULL)
			cr_assert_eq(v.type, fits[i].wanted, "row %zu", i);
		dbn_error_free(err);
	}
}

Test(value_fit, table_of_texts)
{
	dbn_arena a;

	dbn_arena_init(&a, 0);
	for (size_t i = 0; i < sizeof text_fits / sizeof *text_fits; i++) {
		dbn_value v = text_as(text_fits[i].type, text_fits[i].text);
		dbn_error *err = NULL;
		dbn_status rc = dbn_value_fit(&v, text_fits[i].wanted, &a, "p", &err);

		cr_assert_eq(rc, text_fits[i].ok ? DBN_OK : DBN_E_VALUE, "row %zu: %s", i,
			dbn_error_message(err));
		if (text_fits[i].ok) {
			cr_assert_eq(v.type, text_fits[i].wanted, "row %zu", i);
			cr_assert_str_eq(print(v), text_fits[i].printed, "row %zu", i);
		} else {
			cr_assert_null(strstr(dbn_error_message(err), text_fits[i].text),
				"row %zu: the message repeats the value", i);
		}
		dbn_error_free(err);
	}
	dbn_arena_free(&a);
}

Test(value_fit, integers_become_decimals)
{
	dbn_arena a;
	dbn_value v = dbn_v_i64(INT64_MIN), u = dbn_v_u64(UINT64_MAX);
	dbn_error *err = NULL;

	dbn_arena_init(&a, 0);
	cr_assert_eq(dbn_value_fit(&v, DBN_DECIMAL, &a, "p", &err), DBN_OK);
	cr_assert_eq(dbn_value_fit(&u, DBN_DECIMAL, &a, "p", &err), DBN_OK);
	cr_assert(dbn_text_eqz(dbn_text_of(&v), "-9223372036854775808"));
	cr_assert(dbn_text_eqz(dbn_text_of(&u), "18446744073709551615"));
	dbn_arena_free(&a);
}

Test(value_fit, invalid_utf8_is_refused_everywhere)
{
	static const dbn_type types[] = { DBN_NULL, DBN_TEXT, DBN_JSON, DBN_INT64 };

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		dbn_value v = dbn_v_text("ab\xff");
		dbn_error *err = NULL;

		cr_assert_eq(dbn_value_fit(&v, types[i], NULL, "p", &err), DBN_E_VALUE);
		cr_assert(strstr(dbn_error_message(err), "byte 2"));
		dbn_error_free(err);
	}
	{
		dbn_value v = dbn_bytes_of("ab\xff", 3);

		cr_assert_eq(dbn_value_fit(&v, DBN_BYTES, NULL, "p", NULL), DBN_OK);
	}
}

Test(value_fit, text_is_measured)
{
	dbn_value v = dbn_v_text("four");

	cr_assert_eq(dbn_value_fit(&v, DBN_NULL, NULL, "p", NULL), DBN_OK);
	cr_assert_eq(v.len, 4);
	cr_assert_eq(v.flags & DBN_VALUE_CSTR, 0);
}

/* What went in comes out: any integer that a double takes is that integer. */
Test(value_fit, integers_and_doubles_agree)
{
	for (int i = 0; i < 20000; i++) {
		int64_t x = (int64_t)next_random() >> (next_random() % 64);
		dbn_value v = dbn_v_i64(x);

		if (dbn_value_fit(&v, DBN_DOUBLE, NULL, "p", NULL) == DBN_OK)
			cr_assert_eq((int64_t)v.u.f64, x);
		else
			cr_assert_gt(x < 0 ? -(x + 1) : x, INT64_C(9007199254740991));
	}
}

/* ---- storing a cell ---- */

Test(value_store, integers_by_range)
{
	int32_t i32 = 0;
	uint32_t u32 = 0;
	int64_t i64 = 0;
	uint64_t u64 = 0;
	dbn_value v = dbn_v_i64(INT64_C(3000000000)), neg = dbn_v_i64(-1), big = dbn_v_u64(UINT64_MAX);
	dbn_out oi32 = dbn_out_int32(&i32), ou32 = dbn_out_uint32(&u32), oi64 = dbn_out_int64(&i64),
		ou64 = dbn_out_uint64(&u64);
	dbn_error *err = NULL;

	cr_assert_eq(dbn_value_store(&v, &oi32, "age", &err), DBN_E_VALUE);
	cr_assert(strstr(dbn_error_message(err), "\"age\""));
	dbn_error_free(err);
	cr_assert_eq(i32, 0, "nothing is stored on failure");
	cr_assert_eq(dbn_value_store(&v, &ou32, "c", NULL), DBN_OK);
	cr_assert_eq(u32, 3000000000u);
	cr_assert_eq(dbn_value_store(&neg, &ou32, "c", NULL), DBN_E_VALUE);
	cr_assert_eq(dbn_value_store(&neg, &ou64, "c", NULL), DBN_E_VALUE);
	cr_assert_eq(dbn_value_store(&neg, &oi32, "c", NULL), DBN_OK);
	cr_assert_eq(i32, -1);
	cr_assert_eq(dbn_value_store(&big, &oi64, "c", NULL), DBN_E_VALUE);
	cr_assert_eq(dbn_value_store(&big, &ou64, "c", NULL), DBN_OK);
	cr_assert_eq(u64, UINT64_MAX);
	v = dbn_date_of(19000);
	cr_assert_eq(dbn_value_store(&v, &oi64, "c", NULL), DBN_OK);
	cr_assert_eq(i64, 19000);
}

Test(value_store, others)
{
	bool b = false;
	double d = 0;
	const char *z = "x";
	dbn_text t;
	dbn_bytes by;
	dbn_value out, v;
	dbn_out ob = dbn_out_bool(&b), od = dbn_out_double(&d), oz = dbn_out_cstr(&z),
		ot = dbn_out_text(&t), oby = dbn_out_bytes(&by), ov = dbn_out_value(&out);
	dbn_error *err = NULL;

	v = dbn_v_i64(1);
	cr_assert_eq(dbn_value_store(&v, &ob, "c", NULL), DBN_OK);
	cr_assert(b);
	v = dbn_v_i64(2);
	cr_assert_eq(dbn_value_store(&v, &ob, "c", NULL), DBN_E_VALUE);
	v = dbn_v_f64(2.5);
	cr_assert_eq(dbn_value_store(&v, &od, "c", NULL), DBN_OK);
	cr_assert_eq(d, 2.5);
	v = dbn_value_measured(dbn_decimal_of("-12.50"));
	cr_assert_eq(dbn_value_store(&v, &od, "c", NULL), DBN_OK);
	cr_assert_eq(d, -12.5);
	cr_assert_eq(dbn_value_store(&v, &oz, "c", NULL), DBN_OK);
	cr_assert_str_eq(z, "-12.50");
	v = dbn_value_measured(dbn_v_text("five"));
	cr_assert_eq(dbn_value_store(&v, &od, "c", NULL), DBN_E_VALUE);
	cr_assert_eq(dbn_value_store(&v, &ot, "c", NULL), DBN_OK);
	cr_assert_eq(t.len, 4);
	v = dbn_v_textn(dbn_text_n("a\0b", 3));
	cr_assert_eq(dbn_value_store(&v, &oz, "c", &err), DBN_E_VALUE, "a C string would end early");
	dbn_error_free(err);
	cr_assert_eq(dbn_value_store(&v, &ot, "c", NULL), DBN_OK);
	v = dbn_v_null(NULL);
	cr_assert_eq(dbn_value_store(&v, &oz, "c", NULL), DBN_OK);
	cr_assert_null(z);
	cr_assert_eq(dbn_value_store(&v, &oby, "c", NULL), DBN_OK);
	cr_assert_null(by.ptr);
	cr_assert_eq(dbn_value_store(&v, &od, "c", &err), DBN_E_VALUE);
	cr_assert(strstr(dbn_error_message(err), "NULL"));
	cr_assert_str_neq(dbn_error_hint(err), "");
	dbn_error_free(err);
	v = dbn_bytes_of("\0\1", 2);
	cr_assert_eq(dbn_value_store(&v, &oby, "c", NULL), DBN_OK);
	cr_assert_eq(by.len, 2);
	cr_assert_eq(dbn_value_store(&v, &oz, "c", NULL), DBN_E_VALUE, "bytes are not text");
	cr_assert_eq(dbn_value_store(&v, &ov, "c", NULL), DBN_OK);
	cr_assert_eq(memcmp(&out, &v, sizeof v), 0);
}

Test(value_store, nullables)
{
	dbn_opt_bool b = { true, true };
	dbn_opt_int32 i32 = { true, 1 };
	dbn_opt_int64 i64 = { true, 1 };
	dbn_opt_double d = { true, 1 };
	dbn_out outs[] = { dbn_out_opt_bool(&b), dbn_out_opt_int32(&i32), dbn_out_opt_int64(&i64),
		dbn_out_opt_double(&d) };
	dbn_value null = dbn_v_null(NULL), one = dbn_v_i64(1), text = dbn_value_measured(dbn_v_text("1")),
		big = dbn_v_i64(INT64_MAX);

	for (size_t i = 0; i < 4; i++) {
		cr_assert_eq(dbn_value_store(&null, &outs[i], "c", NULL), DBN_OK);
		cr_assert_eq(dbn_value_store(&text, &outs[i], "c", NULL), DBN_E_VALUE);
	}
	cr_assert_not(b.set || i32.set || i64.set || d.set);
	for (size_t i = 0; i < 4; i++)
		cr_assert_eq(dbn_value_store(&one, &outs[i], "c", NULL), DBN_OK);
	cr_assert(b.set && b.value && i32.set && i32.value == 1 && i64.set && d.set && d.value == 1);
	cr_assert_eq(dbn_value_store(&big, &outs[1], "c", NULL), DBN_E_VALUE);
}

/* ---- texts ---- */

Test(value_text, dates)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t days;
	} cases[] = {
		{ "1970-01-01", true, 0 }, { "2000-02-29", true, 11016 }, { "0001-01-01", true, -719162 },
		{ "9999-12-31", true, 2932896 }, { "1900-02-29", false, 0 }, { "2000-02-30", false, 0 },
		{ "2000-13-01", false, 0 }, { "2000-00-01", false, 0 }, { "2000-01-00", false, 0 },
		{ "2000-1-1", false, 0 }, { "2000-01-01 ", false, 0 }, { "", false, 0 },
		{ "20000101", false, 0 }, { "2000-01-01T00:00", false, 0 },
	};
	int64_t days;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		cr_assert_eq(dbn_parse_date(dbn_text_z(cases[i].text), &days), cases[i].ok, "'%s'",
			cases[i].text);
		if (cases[i].ok)
			cr_assert_eq(days, cases[i].days, "'%s'", cases[i].text);
	}
}

Test(value_text, times)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t us;
	} cases[] = {
		{ "00:00", true, 0 }, { "00:00:01", true, 1000000 }, { "23:59:59.999999", true,
			INT64_C(86399999999) }, { "00:00:00.1", true, 100000 },
		{ "00:00:00.1000000", true, 100000 }, { "00:00:00.1000001", false, 0 },
		{ "24:00:00", false, 0 }, { "00:60:00", false, 0 }, { "00:00:60", false, 0 },
		{ "00:00:00.", false, 0 }, { "0:00", false, 0 }, { "", false, 0 },
	};
	int64_t us;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		cr_assert_eq(dbn_parse_time(dbn_text_z(cases[i].text), &us), cases[i].ok, "'%s'",
			cases[i].text);
		if (cases[i].ok)
			cr_assert_eq(us, cases[i].us, "'%s'", cases[i].text);
	}
}

Test(value_text, timestamps)
{
	static const struct {
		const char *text;
		bool ok, zoned;
		int64_t us;
	} cases[] = {
		{ "1970-01-01", true, false, 0 }, { "1970-01-01 00:00:01", true, false, 1000000 },
		{ "1970-01-01T00:00:01Z", true, true, 1000000 },
		{ "1970-01-01T01:00:00+01:00", true, true, 0 },
		{ "1970-01-01T00:00:00-0130", true, true, INT64_C(5400000000) },
		{ "1970-01-01T00:00:00+05", true, true, -INT64_C(18000000000) },
		{ "1969-12-31T23:59:59.999999Z", true, true, -1 },
		{ "1970-01-01T00:00:00+16:00", false, false, 0 },
		{ "1970-01-01T00:00:00+01:60", false, false, 0 },
		{ "1970-01-01T00:00:00+", false, false, 0 }, { "1970-01-01T", false, false, 0 },
		{ "1970-01-01X00:00:00", false, false, 0 }, { "1970-01-01 00:00:00Zz", false, false, 0 },
	};
	int64_t us;
	bool zoned;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		cr_assert_eq(dbn_parse_timestamp(dbn_text_z(cases[i].text), &us, &zoned), cases[i].ok,
			"'%s'", cases[i].text);
		if (cases[i].ok) {
			cr_assert_eq(us, cases[i].us, "'%s'", cases[i].text);
			cr_assert_eq(zoned, cases[i].zoned, "'%s'", cases[i].text);
		}
	}
}

/* Every instant of the years 1 to 9999 prints as a text that reads back as it. */
Test(value_text, instants_read_back)
{
	const int64_t first = INT64_C(-62135596800000000), span = INT64_C(315537897600000000);
	char buf[64];
	int64_t us, back;
	bool zoned;

	for (int i = 0; i < 20000; i++) {
		dbn_value v;

		us = first + (int64_t)(next_random() % (uint64_t)span);
		if (i % 2)
			us -= us % 1000000;
		v = dbn_timestamptz_of(us);
		(void)dbn_value_print(&v, buf, sizeof buf);
		cr_assert(dbn_parse_timestamp(dbn_text_z(buf), &back, &zoned) && zoned, "%s", buf);
		cr_assert_eq(back, us, "%s", buf);
		v = dbn_timestamp_of(us);
		(void)dbn_value_print(&v, buf, sizeof buf);
		cr_assert(dbn_parse_timestamp(dbn_text_z(buf), &back, &zoned) && !zoned, "%s", buf);
		cr_assert_eq(back, us, "%s", buf);
		v = dbn_date_of(us / INT64_C(86400000000));
		(void)dbn_value_print(&v, buf, sizeof buf);
		cr_assert(dbn_parse_date(dbn_text_z(buf), &back), "%s", buf);
		cr_assert_eq(back, us / INT64_C(86400000000), "%s", buf);
	}
}

Test(value_text, uuids)
{
	uint8_t u[16], back[16];
	char buf[64];

	for (int i = 0; i < 5000; i++) {
		dbn_value v = dbn_uuid_of(u);

		for (int j = 0; j < 16; j++)
			u[j] = (uint8_t)next_random();
		cr_assert_eq(dbn_value_print(&v, buf, sizeof buf), 36);
		cr_assert(dbn_parse_uuid(dbn_text_z(buf), back));
		cr_assert_arr_eq(u, back, 16);
	}
	cr_assert_not(dbn_parse_uuid(T("00112233-4455-6677-8899-aabbccddeefg"), back));
	cr_assert_not(dbn_parse_uuid(T("001122334-455-6677-8899-aabbccddeeff"), back));
	cr_assert_not(dbn_parse_uuid(T("00112233-4455-6677-8899-aabbccddeeff0"), back));
	cr_assert_not(dbn_parse_uuid(T("{0112233-4455-6677-8899-aabbccddeeff}"), back));
}

Test(value_text, decimals)
{
	static const char *const good[] = { "0", "-0", "+1", "12.50", ".5", "5.",
		"-12345678901234567890123.00000000000000000001" };
	static const char *const bad[] = { "", "-", ".", "+.", "1e3", "1,5", " 1", "1 ", "1.2.3", "0x1",
		"NaN", "--1" };

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		cr_assert(dbn_parse_decimal(dbn_text_z(good[i])), "'%s'", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_assert_not(dbn_parse_decimal(dbn_text_z(bad[i])), "'%s'", bad[i]);
}

/* ---- printing ---- */

Test(value_print, each_type)
{
	static const dbn_interval iv = { 1500000, 3, 14 }, half = { -500000, 0, -1 },
		least = { INT64_MIN, 0, 0 };
	dbn_value iv_v = { .type = DBN_INTERVAL, .u.ptr = &iv }, list[2];
	dbn_value tz = { .type = DBN_TIMETZ, .aux = (uint16_t)-210 };

	cr_assert_str_eq(print(dbn_v_null(NULL)), "");
	cr_assert_str_eq(print(dbn_v_bool(true)), "true");
	cr_assert_str_eq(print(dbn_v_bool(false)), "false");
	cr_assert_str_eq(print(dbn_v_i64(INT64_MIN)), "-9223372036854775808");
	cr_assert_str_eq(print(dbn_v_u64(UINT64_MAX)), "18446744073709551615");
	cr_assert_str_eq(print(dbn_v_f64(0.1)), "0.1");
	cr_assert_str_eq(print(dbn_v_f64(INFINITY)), "inf");
	cr_assert_str_eq(print((dbn_value){ .type = DBN_FLOAT, .u.f64 = (double)1.1f }), "1.1");
	cr_assert_str_eq(print((dbn_value){ .type = DBN_FLOAT, .u.f64 = (double)16777217.0f }), "16777216");
	cr_assert_str_eq(print((dbn_value){ .type = DBN_FLOAT, .u.f64 = (double)1.17549449e-38f }), "1.1754945e-38");
	cr_assert_str_eq(print((dbn_value){ .type = DBN_FLOAT, .u.f64 = -(double)INFINITY }), "-inf");
	cr_assert_str_eq(print(dbn_decimal_of("1.50")), "1.50");
	cr_assert_str_eq(print(dbn_v_text("caf\xC3\xA9")), "caf\xC3\xA9");
	cr_assert_str_eq(print(dbn_bytes_of("\0\xff", 2)), "\\x00ff");
	cr_assert_str_eq(print(dbn_date_of(-1)), "1969-12-31");
	cr_assert_str_eq(print(dbn_time_of(INT64_C(3723000004))), "01:02:03.000004");
	cr_assert_str_eq(print(dbn_timestamp_of(0)), "1970-01-01 00:00:00");
	cr_assert_str_eq(print(dbn_timestamptz_of(-1)), "1969-12-31T23:59:59.999999Z");
	cr_assert_str_eq(print(iv_v), "P14M3DT1.500000S");
	iv_v.u.ptr = &half;
	cr_assert_str_eq(print(iv_v), "P-1M0DT-0.500000S");
	iv_v.u.ptr = &least;
	cr_assert_str_eq(print(iv_v), "P0M0DT-9223372036854.775808S");
	tz.u.i64 = INT64_C(3723000000);
	cr_assert_str_eq(print(tz), "01:02:03-03:30");
	list[0] = dbn_v_i64(1);
	list[1] = dbn_v_text("two");
	cr_assert_str_eq(print(dbn_list_of(list, 2)), "{1,two}");
}

/* No two lists of texts look alike. */
Test(value_print, items_can_be_told_apart)
{
	dbn_value list[] = { dbn_v_text("a"), dbn_v_null(NULL), dbn_v_text(""), dbn_v_text("x y"), dbn_v_text("null"),
		dbn_v_text("a,b"), dbn_v_text("\"\\{}"), dbn_v_text("caf\xC3\xA9"), dbn_v_f64(0.5) };

	cr_assert_str_eq(print(dbn_list_of(list, 9)),
		"{a,NULL,\"\",\"x y\",\"null\",\"a,b\",\"\\\"\\\\{}\",caf\xC3\xA9,0.5}");
	cr_assert_str_eq(print(dbn_list_of(list, 0)), "{}");
}

Test(value_print, never_past_the_buffer)
{
	dbn_value v = dbn_v_text("abcdef");
	char buf[8] = "ZZZZZZZ";

	cr_assert_eq(dbn_value_print(&v, buf, 4), 6, "the whole length is told");
	cr_assert_str_eq(buf, "abc");
	cr_assert_eq(buf[4], 'Z');
	cr_assert_eq(dbn_value_print(&v, NULL, 0), 6);
	cr_assert_eq(dbn_value_print(&v, buf, 1), 6);
	cr_assert_str_eq(buf, "");
}

/* ---- copies ---- */

Test(value_copy, is_deep)
{
	char text[] = "abc";
	dbn_value items[] = { dbn_v_i64(7), dbn_v_text(text) }, nested[1], v, c;
	dbn_interval iv = { 1, 2, 3 };
	dbn_arena a;

	dbn_arena_init(&a, 0);
	v = dbn_list_of(items, 2);
	cr_assert(dbn_value_copy(&a, &v, &c));
	text[0] = 'X';
	items[0].u.i64 = 8;
	cr_assert_eq(((const dbn_value *)c.u.ptr)[0].u.i64, 7);
	cr_assert(dbn_text_eqz(dbn_text_of(&((const dbn_value *)c.u.ptr)[1]), "abc"));
	nested[0] = v;
	v = dbn_list_of(nested, 1);
	cr_assert_not(dbn_value_copy(&a, &v, &c), "lists do not nest");
	v = (dbn_value){ .type = DBN_INTERVAL, .u.ptr = &iv };
	cr_assert(dbn_value_copy(&a, &v, &c));
	iv.months = 9;
	cr_assert_eq(((const dbn_interval *)c.u.ptr)->months, 3);
	v = dbn_bytes_of("\0\1", 2);
	cr_assert(dbn_value_copy(&a, &v, &c));
	cr_assert_arr_eq(c.u.ptr, "\0\1", 3);
	v = dbn_v_f64(2.5);
	cr_assert(dbn_value_copy(&a, &v, &c));
	cr_assert_eq(c.u.f64, 2.5);
	dbn_arena_free(&a);
}
