/* SPDX-License-Identifier: MIT */
/*
 * Parameters on whole stacks, whose type nothing but the value or what stands beside
 * them says: as outputs, in expressions, in parts of set operations, as arguments of
 * functions.  What is bound comes back exactly, or is refused by its number.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "integration/each.h"

static void
show(FILE *f, const dbn_value *v)
{
	switch (v->type) {
	case DBN_NULL: (void)fputs("null", f); break;
	case DBN_BOOL: (void)fputs(v->u.i64 ? "true" : "false", f); break;
	case DBN_INT64: (void)fprintf(f, "%lld", (long long)v->u.i64); break;
	case DBN_UINT64: (void)fprintf(f, "u%llu", (unsigned long long)v->u.u64); break;
	case DBN_FLOAT: (void)fprintf(f, "f%.9g", v->u.f64); break;
	case DBN_DOUBLE: (void)fprintf(f, "d%.17g", v->u.f64); break;
	case DBN_DATE: (void)fprintf(f, "date %lld", (long long)v->u.i64); break;
	case DBN_TIME: (void)fprintf(f, "time %lld", (long long)v->u.i64); break;
	case DBN_TIMESTAMP: (void)fprintf(f, "stamp %lld", (long long)v->u.i64); break;
	case DBN_TIMESTAMPTZ: (void)fprintf(f, "stamptz %lld", (long long)v->u.i64); break;
	case DBN_BYTES:
	case DBN_UUID:
		(void)fputs("x", f);
		for (uint64_t i = 0; i < v->len; i++)
			(void)fprintf(f, "%02x", ((const unsigned char *)v->u.ptr)[i]);
		break;
	case DBN_ARRAY:
		(void)fputs("{", f);
		for (uint64_t i = 0; i < v->len; i++) {
			(void)fputs(i ? "," : "", f);
			show(f, (const dbn_value *)v->u.ptr + i);
		}
		(void)fputs("}", f);
		break;
	default: (void)fprintf(f, "%s%.*s", v->type == DBN_DECIMAL ? "n" : "'", (int)v->len, (const char *)v->u.ptr);
	}
}

/* The cells of all rows, "a, b; c, d"; or "! " and the message. */
static const char *
answer(dbn_session *s, const char *sql, const dbn_value *v, size_t n)
{
	static char text[8192];
	FILE *f = fmemopen(text, sizeof text, "w");
	dbn_args args = { v, n };
	dbn_error *err = NULL;
	dbn_rows *rows;
	dbn_status rc = dbn_query(s, sql, args, &rows, &err);
	const char *between = "";

	text[0] = '\0';

	cr_assert_not_null(f);
	if (rc == DBN_OK) {
		while ((rc = dbn_rows_next(rows, &err)) == DBN_OK)
			for (uint32_t k = 0; k < dbn_rows_columns(rows); k++) {
				(void)fprintf(f, "%s", k ? ", " : between);
				show(f, &dbn_rows_cells(rows)[k]);
				between = "; ";
			}
		dbn_rows_close(rows);
	}
	if (rc < 0)
		(void)fprintf(f, "! %s", dbn_error_message(err));
	dbn_error_free(err);
	(void)fclose(f);
	return text;
}

static void
gives(dbn_session *s, const char *sql, const dbn_value *v, size_t n, const char *want)
{
	const char *got = answer(s, sql, v, n);

	if (*want == '!')
		cr_expect(strncmp(got, "! ", 2) == 0 && strstr(got, want + 2), "%s: %s, wanted %s", sql, got, want);
	else
		cr_expect(strcmp(got, want) == 0, "%s: %s, wanted %s", sql, got, want);
}

static void
open_table(stack *st)
{
	dbn_error *err = NULL;

	stack_open(st, ALL, "alice");
	stack_table(st, "CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(20), n INTEGER)");
	cr_assert_eq(dbn_exec(st->session, "INSERT INTO t (id, name, n) VALUES (1, 'one', 10)", DBN_NO_ARGS, NULL, &err),
		DBN_OK, "%s", dbn_error_message(err));
}

/* ---- as outputs ---- */

static const unsigned char bytes[] = { 0, 255, 39, 92 };

/* SQLite and MariaDB give the value back as what they keep it as. */
static const struct {
	int on;
	const char *want;
} alone[] = {
	{ LITE | MY, "5" }, { LITE | MY, "-9223372036854775808" }, { EACH, "'ab'c" }, { EACH, "null" },
	{ MY, "u18446744073709551615" }, { LITE | MY, "1" }, { LITE | MY, "d0.10000000000000001" },
	{ LITE | MY, "d1.0000000000000001e+300" }, { MY, "f0.100000001" },
	{ MY, "n12345678901234567890.12345" }, { MY, "n1.50" }, { LITE | MY, "x00ff275c" }, { MY, "date 19000" },
	{ MY, "time 3600000001" }, { MY, "stamp 1600000000123456" }, { EACH, "'" },
};

static size_t
values(dbn_value *v)
{
	size_t n = 0;

	v[n++] = dbn_v_i64(5);
	v[n++] = dbn_v_i64(INT64_MIN);
	v[n++] = dbn_v_text("ab'c");
	v[n++] = dbn_v_null(NULL);
	v[n++] = dbn_v_u64(UINT64_MAX);
	v[n++] = dbn_v_bool(true);
	v[n++] = dbn_v_f64(0.1);
	v[n++] = dbn_v_f64(1e300);
	v[n++] = dbn_v_f32(0.1f);
	v[n++] = dbn_decimal_of("12345678901234567890.12345");
	v[n++] = dbn_decimal_of("1.50");
	v[n++] = dbn_bytes_of(bytes, sizeof bytes);
	v[n++] = dbn_date_of(19000);
	v[n++] = dbn_time_of(3600000001);
	v[n++] = dbn_timestamp_of(1600000000123456);
	v[n++] = dbn_v_text("");
	return n;
}

/* Each type after each other: what is prepared once is run with all of them. */
Test(params, as_outputs, .timeout = 300)
{
	static const char *const shapes[] = { "SELECT ? AS v", "SELECT v FROM (SELECT ? AS v) x", "SELECT (SELECT ?) AS v",
		"WITH q AS (SELECT ? AS v) SELECT v FROM q", "SELECT DISTINCT ? AS v FROM t ORDER BY v",
		"SELECT NULLIF(?, 'never') AS v", "SELECT v FROM (SELECT DISTINCT ? AS v FROM t) x" };
	dbn_value v[32];
	size_t n = values(v);
	stack st;

	cr_assert_eq(n, sizeof alone / sizeof *alone);
	open_table(&st);
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		if (strstr(shapes[i], "NULLIF") && here() != LITE)
			continue; /* servers compare it with the text */
		for (size_t k = 0; k < 2 * n; k++)
			if (alone[k % n].on & here())
				gives(st.session, shapes[i], &v[k % n], 1, alone[k % n].want);
	}
	stack_close(&st);
}

/* PostgreSQL knows types before values: what is no text wants a cast. */
Test(params, without_a_type_on_postgresql, .timeout = 60)
{
	static const char *const casts[] = { "SELECT ?::int8 AS v", "SELECT CAST(? AS int8) AS v" };
	dbn_value five = dbn_v_i64(5), text = dbn_v_text("x");
	stack st;

	if (here() != PG)
		return;
	open_table(&st);
	gives(st.session, "SELECT ? AS v", &five, 1, "! parameter 1: the int64 does not fit the type text");
	for (size_t i = 0; i < sizeof casts / sizeof *casts; i++) {
		gives(st.session, casts[i], &five, 1, "5");
		gives(st.session, casts[i], &text, 1, "! parameter 1: ");
	}
	stack_close(&st);
}

static const struct {
	int on;
	const char *sql;
	int value;              /* of values() */
	const char *want;
} mixed[] = {
	{ EACH, "SELECT COALESCE(?, 1) AS v", 0, "5" },
	{ MY, "SELECT COALESCE(?, 1) AS v", 2, "'ab'c" },
	{ MY, "SELECT COALESCE(?, 1) AS v", 14, "'2020-09-13 12:26:40.123456" },
	{ MY, "SELECT COALESCE(?, 1) AS v", 9, "n12345678901234567890.12345" },
	{ MY, "SELECT COALESCE(?, 'a') AS v FROM t GROUP BY 1", 14, "'2020-09-13 12:26:40.123456" },
	{ EACH, "SELECT ? + 1 AS v", 0, "6" }, { MY | LITE, "SELECT ? + 1 AS v", 6, "d1.1000000000000001" },
	{ MY, "SELECT ? + 1 AS v", 10, "n2.50" },
	{ EACH, "SELECT CASE WHEN 1 = 1 THEN ? ELSE n END AS v FROM t", 0, "5" },
	{ EACH, "SELECT 1 AS v UNION ALL SELECT ?", 0, "1; 5" }, { EACH, "SELECT ? AS v UNION ALL SELECT 1", 0, "5; 1" },
	{ MY, "SELECT 1 AS v UNION ALL SELECT ?", 2, "'1; 'ab'c" }, { LITE, "SELECT 1 AS v UNION ALL SELECT ?", 2, "1; 'ab'c" },
	{ MY, "SELECT 1 AS v UNION ALL SELECT ?", 14, "! parameter 1: a fraction of a second" },
	{ MY, "SELECT ? AS v UNION SELECT v FROM (SELECT 'x' AS v) y", 14, "! parameter 1: a fraction of a second" },
	{ MY, "WITH q AS (SELECT ? AS v) SELECT 'x' AS v UNION ALL SELECT v FROM q", 14, "! parameter 1: a fraction of a second" },
	{ MY, "SELECT 1 AS v UNION ALL SELECT CAST(? AS DATETIME(6))", 14, "'1; '2020-09-13 12:26:40.123456" },
	{ EACH, "SELECT name AS v FROM t UNION ALL SELECT ?", 2, "'one; 'ab'c" },
	{ EACH, "SELECT name AS v FROM t UNION ALL SELECT ?", 0, "! parameter 1: " },
	{ EACH, "SELECT name AS v FROM t UNION ALL SELECT ?", 14, "! parameter 1: " },
	{ MY | LITE, "SELECT n AS v FROM t UNION ALL SELECT v FROM (SELECT ? AS v) x", 0, "10; 5" },
	{ MY | LITE, "SELECT n AS v FROM t UNION ALL SELECT v FROM (SELECT ? AS v) x", 2, "! parameter 1: " },
	{ EACH, "SELECT n AS v FROM t UNION ALL SELECT ?", 2, "! parameter 1: " },
};

Test(params, beside_others, .timeout = 120)
{
	dbn_value v[32];
	stack st;

	(void)values(v);
	open_table(&st);
	for (size_t i = 0; i < sizeof mixed / sizeof *mixed; i++)
		if (mixed[i].on & here())
			gives(st.session, mixed[i].sql, &v[mixed[i].value], 1, mixed[i].want);
	stack_close(&st);
}

/* ---- as arguments ---- */

static const struct {
	int on;
	const char *sql;
	int right;              /* of values(); -1: none is */
	const char *want;
	int wrong;              /* -1: the type is left to the database */
} arguments[] = {
	{ PG, "SELECT length(?) AS v", 2, "4", 0 }, { PG, "SELECT upper(?) AS v", 2, "'AB'C", 11 },
	{ PG, "SELECT md5(?) AS v", 15, "'d41d8cd98f00b204e9800998ecf8427e", 0 },
	{ EACH, "SELECT substr('abcdefgh', ?) AS v", 0, "'efgh", 2 }, { LITE | MY, "SELECT substr('abcdefgh', 2, ?) AS v", 0, "'bcdef", 6 },
	{ PG | MY, "SELECT left('abcdefgh', ?) AS v", 0, "'abcde", 2 }, { EACH, "SELECT round(1.5, ?) AS v", -1, "", 2 },
	{ PG, "SELECT sin(?) * 0 AS v", 6, "d0", 2 }, { PG, "SELECT make_date(2024, ?, 1) AS v", 0, "date 19844", 2 },
	{ PG, "SELECT encode(?, 'hex') AS v", 11, "'00ff275c", 0 }, { PG, "SELECT sha256(?) = sha256(E'\\\\x00ff275c'::bytea) AS v", 11, "true", 2 },
	{ PG, "SELECT bool_and(?) AS v", 5, "true", 0 }, { PG, "SELECT to_date(?, 'YYYY') AS v", -1, "", 0 },
	{ PG, "SELECT date_trunc('day', ?) AS v", -1, "! a parameter of date_trunc() is not known", -1 },
	{ PG, "SELECT sum(?) AS v", -1, "! a parameter of sum() is not known", -1 },
	{ PG, "SELECT sum(?::int8) AS v", 0, "n5", 2 }, { PG, "SELECT mod(?, 3) AS v", 0, "2", 2 },
	{ PG, "SELECT json_build_array(?) AS v", -1, "! a parameter of json_build_array() is not known", -1 },
	{ PG, "SELECT json_build_array($1::int8, $1) AS v", 0, "'[5, 5]", 2 },
	{ PG, "SELECT to_jsonb($1) AS v FROM t WHERE n <> $1", 0, "'5", 2 },
	{ PG, "SELECT concat(?, 'x') AS v", 2, "'ab'cx", 0 }, { PG, "SELECT count(?) AS v", 2, "1", 0 },
	{ PG, "SELECT array_length(?, 1) AS v", -1, "! a parameter of array_length() is not known", -1 },
	{ MY, "SELECT date_format('2024-02-03', ?) AS v", -1, "", 0 }, { MY, "SELECT mid('abcdefgh', ?, 2) AS v", 0, "'ef", 2 },
	{ MY, "SELECT length(?) AS v", 2, "4", -1 }, { MY, "SELECT length(?) AS v", 11, "4", -1 },
	{ LITE, "SELECT strftime(?, '2024-02-03') AS v", -1, "", 0 }, { LITE, "SELECT length(?) AS v", 11, "4", -1 },
	{ EACH, "SELECT ntile(?) OVER (ORDER BY id) AS v FROM t", 0, "1", 2 },
};

Test(params, as_arguments, .timeout = 120)
{
	dbn_value v[32];
	stack st;

	(void)values(v);
	open_table(&st);
	for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++) {
		if (!(arguments[i].on & here()))
			continue;
		if (arguments[i].right >= 0 || *arguments[i].want == '!')
			gives(st.session, arguments[i].sql, &v[arguments[i].right < 0 ? 0 : arguments[i].right], 1, arguments[i].want);
		if (arguments[i].wrong >= 0)
			gives(st.session, arguments[i].sql, &v[arguments[i].wrong], 1, "! parameter 1: ");
	}
	stack_close(&st);
}

/* ---- arrays ---- */

static dbn_value
array(const dbn_value *items, size_t n, dbn_type element)
{
	dbn_value v = dbn_list_of(items, n);

	v.type = DBN_ARRAY;
	v.aux = (uint16_t)element;
	return v;
}

static const struct {
	const char *sql;
	int item;               /* of values(): the one that is found */
} elements[] = {
	{ "SELECT (5::int8 = ANY(?)) AS v", 0 }, { "SELECT (5 = ANY(?)) AS v", 0 }, { "SELECT ('ab''c'::text = ANY(?)) AS v", 2 },
	{ "SELECT (true = ANY(?)) AS v", 5 }, { "SELECT (0.1::float8 = ANY(?)) AS v", 6 }, { "SELECT (0.1::float4 = ANY(?)) AS v", 8 },
	{ "SELECT (1.50::numeric = ANY(?)) AS v", 10 }, { "SELECT (E'\\\\x00ff275c'::bytea = ANY(?)) AS v", 11 },
	{ "SELECT ('2022-01-08'::date = ANY(?)) AS v", 12 }, { "SELECT ('01:00:00.000001'::time = ANY(?)) AS v", 13 },
	{ "SELECT ('2020-09-13 12:26:40.123456'::timestamp = ANY(?)) AS v", 14 },
	{ "SELECT ('01020304-0506-0708-090a-0b0c0d0e0f10'::uuid = ANY(?)) AS v", 16 },
	{ "SELECT ('2020-09-13 12:26:40.123456+00'::timestamptz = ANY(?)) AS v", 17 },
	{ "SELECT ('{\"a\": 1}'::jsonb = ANY(?)) AS v", 18 },
};

Test(params, arrays_with_any, .timeout = 120)
{
	static const uint8_t uuid[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	dbn_value v[32], items[3], list;
	size_t n = values(v);
	stack st;

	v[n++] = dbn_uuid_of(uuid);
	v[n++] = dbn_timestamptz_of(1600000000123456);
	v[n++] = dbn_json_of((dbn_text){ "{\"a\":1}", 7 });
	open_table(&st);
	for (size_t i = 0; here() == PG && i < sizeof elements / sizeof *elements; i++) {
		items[0] = dbn_v_null(NULL);
		items[1] = v[elements[i].item];
		items[2] = dbn_v_null(NULL);
		list = array(items, 3, items[1].type);
		gives(st.session, elements[i].sql, &list, 1, "true");
		list.len = 1;
		gives(st.session, elements[i].sql, &list, 1, "null");
		list.len = 0;
		gives(st.session, elements[i].sql, &list, 1, "false");
		items[1] = elements[i].item == 2 ? dbn_v_i64(1) : dbn_v_text("\001");
		list = array(items, 3, items[1].type);
		gives(st.session, elements[i].sql, &list, 1, "! parameter 1: ");
		gives(st.session, elements[i].sql, &items[1], 1, "! parameter 1: ");
		items[0] = dbn_v_null(NULL);
		gives(st.session, elements[i].sql, &items[0], 1, "null");
	}
	items[0] = dbn_v_i64(1);
	list = array(items, 1, DBN_INT64);
	if (here() == PG) {
		gives(st.session, "SELECT name FROM t WHERE id = ANY(?)", &list, 1, "'one");
		gives(st.session, "SELECT name FROM t WHERE id <> ALL(?)", &list, 1, "");
		gives(st.session, "SELECT ?::int8[] AS v", &list, 1, "{1}");
		gives(st.session, "SELECT array_length(?::int8[], 1) AS v", &list, 1, "1");
		list = dbn_list_of(items, 1);
		gives(st.session, "SELECT name FROM t WHERE id = ANY(?)", &list, 1, "! parameter 1: a list fits only where");
	} else {
		gives(st.session, "SELECT name FROM t WHERE id = ANY(?)", &list, 1, "! ANY");
		gives(st.session, "SELECT name FROM t WHERE id = ?", &list, 1, "! parameter 1: ");
		gives(st.session, "SELECT name FROM t WHERE id IN (?)", &list, 1, "! parameter 1: ");
		gives(st.session, "SELECT ? AS v", &list, 1, "! parameter 1: ");
	}
	stack_close(&st);
}
