/* SPDX-License-Identifier: MIT */
/*
 * The tables of docs/types.md about what is read into variables and what the
 * fields of entities keep, cell by cell, on the database of DBN_TEST_DB.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "types/types.h"

#define KINDS_ROWS(e, KEY, FIELD, NULLABLE, BELONGS_TO, HAS_MANY) \
	KEY     (e, id,            int64,       DBN_PLAIN) \
	FIELD   (e, f_bool,        bool,        DBN_PLAIN) \
	FIELD   (e, f_int32,       int32,       DBN_PLAIN) \
	FIELD   (e, f_int64,       int64,       DBN_PLAIN) \
	FIELD   (e, f_double,      double,      DBN_PLAIN) \
	FIELD   (e, f_text,        text,        DBN_PLAIN) \
	FIELD   (e, f_bytes,       bytes,       DBN_PLAIN) \
	FIELD   (e, f_date,        date,        DBN_PLAIN) \
	FIELD   (e, f_timestamp,   timestamp,   DBN_PLAIN) \
	FIELD   (e, f_timestamptz, timestamptz, DBN_PLAIN) \
	FIELD   (e, f_uuid,        uuid,        DBN_PLAIN) \
	FIELD   (e, f_decimal,     decimal,     DBN_PLAIN) \
	FIELD   (e, f_json,        json,        DBN_PLAIN) \
	NULLABLE(e, n_bool,        bool,        DBN_PLAIN) \
	NULLABLE(e, n_int32,       int32,       DBN_PLAIN) \
	NULLABLE(e, n_int64,       int64,       DBN_PLAIN) \
	NULLABLE(e, n_double,      double,      DBN_PLAIN) \
	NULLABLE(e, n_text,        text,        DBN_PLAIN) \
	NULLABLE(e, n_bytes,       bytes,       DBN_PLAIN) \
	NULLABLE(e, n_date,        date,        DBN_PLAIN) \
	NULLABLE(e, n_timestamp,   timestamp,   DBN_PLAIN) \
	NULLABLE(e, n_timestamptz, timestamptz, DBN_PLAIN) \
	NULLABLE(e, n_uuid,        uuid,        DBN_PLAIN) \
	NULLABLE(e, n_decimal,     decimal,     DBN_PLAIN) \
	NULLABLE(e, n_json,        json,        DBN_PLAIN)
DBN_ENTITY_DECLARE(kinds, KINDS_ROWS);
DBN_ENTITY_DEFINE(kinds, "kinds", KINDS_ROWS);

TestSuite(reading, .init = types_begin, .fini = types_end, .timeout = 600);
TestSuite(fields, .init = types_begin, .fini = types_end, .timeout = 600);

/* ---- dbn_rows_scan() ---- */

static const char *const variables[] = { "bool", "int32_t", "uint32_t", "int64_t", "uint64_t", "double",
	"const char *", "dbn_text", "dbn_bytes" };

typedef union variable {
	bool b;
	int32_t i32;
	uint32_t u32;
	int64_t i64;
	uint64_t u64;
	double f64;
	const char *z;
	dbn_text t;
	dbn_bytes p;
} variable;

static dbn_out
out_of(size_t which, variable *v)
{
	switch (which) {
	case 0: return dbn_out_bool(&v->b);
	case 1: return dbn_out_int32(&v->i32);
	case 2: return dbn_out_uint32(&v->u32);
	case 3: return dbn_out_int64(&v->i64);
	case 4: return dbn_out_uint64(&v->u64);
	case 5: return dbn_out_double(&v->f64);
	case 6: return dbn_out_cstr(&v->z);
	case 7: return dbn_out_text(&v->t);
	default: return dbn_out_bytes(&v->p);
	}
}

/* Does the variable say what the cell says? */
static bool
holds(size_t which, const variable *v, const dbn_value *c)
{
	dbn_value text = dbn_v_null(NULL);

	switch (which) {
	case 0: return v->b == (c->u.i64 != 0);
	case 1: return v->i32 == c->u.i64;
	case 2: return v->u32 == c->u.i64;
	case 3: return v->i64 == c->u.i64;
	case 4: return v->u64 == c->u.u64;
	case 5:
		if (c->type == DBN_INT64)
			return v->f64 == (double)c->u.i64;
		if (c->type == DBN_UINT64)
			return v->f64 == (double)c->u.u64;
		return v->f64 == (c->type == DBN_DECIMAL ? strtod((const char *)c->u.ptr, NULL) : c->u.f64);
	case 6: text = dbn__v_ptr(DBN_BYTES, v->z, v->z ? strlen(v->z) : 0); break;
	case 7: text = dbn__v_ptr(DBN_BYTES, v->t.ptr, v->t.len); break;
	default: text = dbn__v_ptr(DBN_BYTES, v->p.ptr, v->p.len); break;
	}
	if (c->type == DBN_NULL)
		return !text.u.ptr;
	return text.u.ptr && text.len == c->len && !memcmp(text.u.ptr, c->u.ptr, (size_t)c->len);
}

static void
scan_cell(const cell_row *head, const cell_row *row, dbn_rows *rows)
{
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
		dbn_error *err = NULL;
		variable v;
		dbn_out o = out_of(i, &v);
		bool yes = !strcmp(row->cell[i + 2], "yes");
		dbn_status rc;

		memset(&v, 0x5a, sizeof v);
		cr_assert_str_eq(head->cell[i + 2], variables[i]);
		rc = dbn_rows_scan(rows, (dbn_outs){ &o, 1 }, &err);
		types_check(rc == (yes ? DBN_OK : DBN_E_VALUE), "into %s: %s: %s", variables[i], dbn_status_name(rc),
			dbn_error_message(err));
		types_check(rc != DBN_OK || holds(i, &v, dbn_rows_cells(rows)), "into %s: another value", variables[i]);
		types_check(rc == DBN_OK || (!strcmp(dbn_error_column(err), "c") &&
			strstr(dbn_error_message(err), "\"c\"")), "into %s: no column: %s", variables[i],
			dbn_error_message(err));
		dbn_error_free(err);
	}
}

/* The first of the columns that reads as this type and takes the value. */
static bool
store(const cell_table *columns, dbn_type type, const dbn_value *v, unsigned *t)
{
	for (*t = 1; *t < columns->n; ++*t) {
		dbn_error *err = NULL;
		char sql[96];
		dbn_status rc;

		if (types_reads_as(columns, *t) != type && type != DBN_NULL)
			continue;
		(void)snprintf(sql, sizeof sql, "INSERT INTO c%u (id, c) VALUES (1, ?)", *t);
		rc = dbn_exec(types_stack.session, sql, dbn_args_of(v, 1), NULL, &err);
		dbn_error_free(err);
		if (rc == DBN_OK)
			return true;
	}
	return false;
}

Test(reading, every_cell)
{
	static cell_table columns, reading;
	unsigned t, tried = 0;

	types_read_table("columns", &columns);
	types_read_table("reading", &reading);
	types_create_all(&columns);
	for (size_t i = 1; i < reading.n; i++) {
		cell_word words[CELL_WORDS];
		cell_row *row = &reading.row[i];
		dbn_type type = cell_type(row->cell[0]);
		typed_value v;
		char sql[96];
		dbn_rows *rows = NULL;
		dbn_error *err = NULL;

		cr_assert_eq(row->n, reading.row[0].n, "row %zu has %zu cells", i, row->n);
		types_at(row->cell[0], row->cell[1]);
		cr_assert_eq(cell_words(row->cell[1], words), 1);
		types_at(row->cell[0], words[0].text);
		memset(&v, 0, sizeof v);
		cr_assert(type == DBN_NULL || cell_value(words[0].text, type, &v), "%s", words[0].text);
		if (!store(&columns, type, &v.v, &t))
			continue; /* no such type here: another database has it */
		tried++;
		(void)snprintf(sql, sizeof sql, "SELECT c FROM c%u WHERE id = 1", t);
		cr_assert_eq(dbn_query(types_stack.session, sql, DBN_NO_ARGS, &rows, &err), DBN_OK, "%s",
			dbn_error_message(err));
		cr_assert_eq(dbn_rows_next(rows, &err), DBN_OK);
		scan_cell(&reading.row[0], row, rows);
		dbn_rows_close(rows);
		(void)snprintf(sql, sizeof sql, "DELETE FROM c%u WHERE id = 1", t);
		types_must(sql, DBN_NO_ARGS);
	}
	cr_assert_gt(tried, reading.n / 2);
	types_done();
}

/* Texts end where they end, whatever stood in their memory before. */
Test(reading, texts_are_c_strings)
{
	static const char *const texts[] = { "a long one, to be overwritten", "short", "", "\xf0\x9f\x98\x80", "x" };
	enum { N = sizeof texts / sizeof *texts };
	const char *a, *b, *d;
	dbn_rows *rows = NULL;
	dbn_error *err = NULL;
	int64_t i = 0;

	types_at("text", "as a C string");
	stack_table(&types_stack, "CREATE TABLE words (id INTEGER PRIMARY KEY, a TEXT, b TEXT, d DECIMAL(6,2))");
	for (i = 0; i < N; i++)
		types_must("INSERT INTO words (id, a, b, d) VALUES (?, ?, ?, ?)", DBN_ARGS(i, texts[i],
			texts[N - 1 - i], dbn_decimal_of(i % 2 ? "7.25" : "1234.75")));
	cr_assert_eq(dbn_query(types_stack.session, "SELECT a, b, d FROM words ORDER BY id", DBN_NO_ARGS, &rows,
		&err), DBN_OK, "%s", dbn_error_message(err));
	for (i = 0; dbn_rows_next(rows, &err) == DBN_OK; i++) {
		cr_assert_eq(dbn_rows_scan(rows, DBN_OUT(&a, &b, &d), &err), DBN_OK, "%s", dbn_error_message(err));
		cr_assert_str_eq(a, texts[i]);
		cr_assert_str_eq(b, texts[N - 1 - i]);
		cr_assert_str_eq(d, i % 2 ? "7.25" : "1234.75");
	}
	cr_assert_eq(i, N);
	dbn_rows_close(rows);
	types_done();
}

/* Where many rows take another way (COPY, arrays), nothing is rounded either. */
Test(reading, many_rows)
{
	enum { N = 1500 };
	static dbn_value v[N * 2];
	dbn_error *err = NULL;
	int64_t n = -1;
	bool sizes = strcmp(stack_database(), "sqlite") != 0;

	types_at("money", "in many rows");
	stack_table(&types_stack, "CREATE TABLE prices (id INTEGER PRIMARY KEY, d DECIMAL(6,2))");
	for (int64_t i = 0; i < N; i++) {
		v[i * 2] = dbn_v_i64(i + 1);
		v[i * 2 + 1] = dbn_decimal_of("12.25");
	}
	v[N * 2 - 1] = dbn_decimal_of(sizes ? "1.005" : "1.0000000000000000000000005");
	cr_assert_eq(dbn_exec_many(types_stack.session, "INSERT INTO prices (id, d) VALUES (?, ?)",
		dbn_args_of(v, N * 2), N, NULL, NULL, &err), DBN_E_VALUE, "%s", dbn_error_message(err));
	cr_assert(strstr(dbn_error_message(err), "parameter 2"), "%s", dbn_error_message(err));
	dbn_error_free(err);
	err = NULL;
	cr_assert_eq(dbn_get_int64(types_stack.session, "SELECT count(*) FROM prices", DBN_NO_ARGS, &n, &err), DBN_OK);
	cr_assert_eq(n, 0);
	v[N * 2 - 1] = dbn_decimal_of("-9999.99");
	cr_assert_eq(dbn_exec_many(types_stack.session, "INSERT INTO prices (id, d) VALUES (?, ?)",
		dbn_args_of(v, N * 2), N, NULL, NULL, &err), DBN_OK, "%s", dbn_error_message(err));
	cr_assert_eq(dbn_get_int64(types_stack.session, "SELECT count(*) FROM prices WHERE d = ? OR d = ?",
		DBN_ARGS(dbn_decimal_of("12.25"), dbn_decimal_of("-9999.99")), &n, &err), DBN_OK);
	cr_assert_eq(n, N);
	types_done();
}

/* Literals as parameters: refused where the database would round. */
Test(reading, literals)
{
	static const char *const sql[] = { "INSERT INTO prices (id, d) VALUES (1, 1.005)",
		"UPDATE prices SET d = -1.005 WHERE id = 9", "INSERT INTO prices (id, d) VALUES (1, 10000)" };

	stack_table(&types_stack, "CREATE TABLE prices (id INTEGER PRIMARY KEY, d DECIMAL(6,2))");
	types_must("INSERT INTO prices (id, d) VALUES (9, 1.25)", DBN_NO_ARGS);
	for (size_t i = 0; i < sizeof sql / sizeof *sql && strcmp(stack_database(), "sqlite"); i++) {
		dbn_error *err = NULL;
		dbn_status rc = dbn_exec(types_stack.session, sql[i], DBN_NO_ARGS, NULL, &err);

		types_at("literal", sql[i]);
		types_check(rc == DBN_E_VALUE && strstr(dbn_error_message(err), "column d"), "%s: %s",
			dbn_status_name(rc), dbn_error_message(err));
		dbn_error_free(err);
	}
	types_done();
}

/* ---- entities ---- */

static const dbn_type types_of_kinds[] = { DBN_NULL, DBN_BOOL, DBN_INT64, DBN_INT64, DBN_DOUBLE, DBN_TEXT,
	DBN_BYTES, DBN_DATE, DBN_TIMESTAMP, DBN_TIMESTAMPTZ, DBN_UUID, DBN_DECIMAL, DBN_JSON };

/* Where the value of a field stands; of a nullable, set is where it says so. */
static void *
place(kinds *k, const dbn_field *f, bool **set)
{
	char *at = (char *)k + f->offset;

	*set = NULL;
	if (!(f->flags & DBN_FIELD_NULLABLE) || f->kind == DBN_FIELD_TEXT || f->kind == DBN_FIELD_BYTES ||
		f->kind == DBN_FIELD_DECIMAL || f->kind == DBN_FIELD_JSON)
		return at;
	*set = (bool *)at;
	switch (f->kind) {
	case DBN_FIELD_BOOL: return at + offsetof(dbn_opt_bool, value);
	case DBN_FIELD_INT32: return at + offsetof(dbn_opt_int32, value);
	case DBN_FIELD_UUID: return at + offsetof(dbn_opt_uuid, value);
	default: return at + offsetof(dbn_opt_int64, value);
	}
}

static void
put_field(kinds *k, const dbn_field *f, const dbn_value *v)
{
	bool *set;
	void *p = place(k, f, &set);
	int32_t i32 = (int32_t)v->u.i64;
	bool b = v->u.i64 != 0;

	if (set)
		*set = true;
	switch (f->kind) {
	case DBN_FIELD_BOOL: memcpy(p, &b, sizeof b); break;
	case DBN_FIELD_INT32: memcpy(p, &i32, sizeof i32); break;
	case DBN_FIELD_BYTES:
		((dbn_bytes *)p)->ptr = v->u.ptr;
		((dbn_bytes *)p)->len = (size_t)v->len;
		break;
	case DBN_FIELD_UUID: memcpy(p, v->u.ptr, 16); break;
	default: memcpy(p, &v->u, 8); break; /* a pointer, a number of 64 bits */
	}
}

static bool
field_is(kinds *k, const dbn_field *f, const dbn_value *want, bool exact)
{
	bool *set;
	void *p = place(k, f, &set);
	dbn_value have = *want;

	if (set && !*set)
		return false;
	switch (f->kind) {
	case DBN_FIELD_BOOL: return *(bool *)p == (want->u.i64 != 0);
	case DBN_FIELD_INT32: return *(int32_t *)p == want->u.i64;
	case DBN_FIELD_BYTES:
		have = dbn_v_bytes(*(dbn_bytes *)p);
		break;
	case DBN_FIELD_TEXT:
	case DBN_FIELD_DECIMAL:
	case DBN_FIELD_JSON:
		memcpy(&have.u.ptr, p, sizeof have.u.ptr);
		if (!have.u.ptr)
			return false;
		have.len = strlen((const char *)have.u.ptr);
		break;
	case DBN_FIELD_UUID: return !memcmp(p, want->u.ptr, 16);
	default: memcpy(&have.u, p, 8); break;
	}
	return (have.type != DBN_BYTES || have.u.ptr) && (exact ? types_same(want, &have) : types_equal(want, &have));
}

static kinds
plain(int64_t id)
{
	kinds k = kinds_init();

	k.id = id;
	k.f_text = k.f_decimal = "1";
	k.f_bytes = (dbn_bytes){ "", 0 };
	k.f_timestamptz.us = 1000000;
	k.f_json = "{}";
	return k;
}

static void
try_field(const dbn_field *f, const dbn_value *v, const char *mode, int64_t id)
{
	kinds k = plain(id), back = kinds_init();
	dbn_error *err = NULL;
	dbn_status rc, wanted = !strcmp(mode, "refused") ? DBN_E_VALUE
		: !strcmp(mode, "check") ? DBN_E_CONSTRAINT : DBN_OK;

	put_field(&k, f, v);
	rc = kinds_insert(types_stack.session, &k, &err);
	types_check(rc == wanted, "%s: insert: %s: %s", f->name, dbn_status_name(rc), dbn_error_message(err));
	dbn_error_free(err);
	err = NULL;
	rc = kinds_find_by_id(types_stack.session, id, &back, &err);
	types_check(rc == (wanted == DBN_OK ? DBN_OK : DBN_E_NOT_FOUND), "%s: find: %s: %s", f->name,
		dbn_status_name(rc), dbn_error_message(err));
	if (rc == DBN_OK && wanted == DBN_OK)
		types_check(field_is(&back, f, v, !strcmp(mode, "exact")), "%s came back as another", f->name);
	/* what was not set is NULL, and not empty */
	if (rc == DBN_OK && strcmp(f->name, "n_text"))
		types_check(!back.n_text, "%s: n_text is not NULL", f->name);
	if (rc == DBN_OK && strcmp(f->name, "n_bytes"))
		types_check(!back.n_bytes.ptr, "%s: n_bytes is not NULL", f->name);
	dbn_error_free(err);
	kinds_clear(&k);
	kinds_clear(&back);
}

Test(fields, every_cell)
{
	static cell_table fields;
	dbn_error *err = NULL;
	unsigned tried = 0;
	int64_t id = 0;

	types_read_table("fields", &fields);
	cr_assert_eq(kinds_create_table(types_stack.session, &err), DBN_OK, "%s", dbn_error_message(err));
	for (size_t i = 1; i < fields.n; i++) {
		cell_word words[CELL_WORDS];
		size_t n = cell_words(fields.row[i].cell[types_column(&fields)], words);
		const char *mode = "";

		for (size_t w = 0; w < n; w++) {
			if (!words[w].quoted) {
				mode = words[w].text;
				continue;
			}
			types_at(fields.row[i].cell[0], words[w].text);
			for (uint32_t k = 1; k < kinds_entity.field_count; k++) {
				const dbn_field *f = &kinds__fields[k];
				typed_value v;

				if (strcmp(f->name + 2, fields.row[i].cell[0]) != 0)
					continue;
				cr_assert(cell_value(words[w].text, types_of_kinds[f->kind], &v), "%s", words[w].text);
				try_field(f, &v.v, mode, ++id);
				tried++;
			}
		}
	}
	cr_assert_geq(tried, 2 * 12);
	types_done();
}
