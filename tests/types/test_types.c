/* SPDX-License-Identifier: MIT */
/*
 * The tables of docs/types.md, cell by cell, on the database that DBN_TEST_DB
 * names: what they say comes back does, what they say is refused is, and then
 * nothing was stored.  All through sessions of a pool.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/stack.h"
#include "types/cells.h"

#define RULES \
	"{ id = \"all\"; roles = [ \"admin\" ]; relation = \"*\"; actions = [ \"read\", \"write\" ]; columns = [ \"*\" ]; }," \
	"{ id = \"ddl\"; roles = [ \"admin\" ]; database = \"main\"; actions = [ \"admin.ddl\" ]; }"

static stack st;
static cell_table table;

static void
begin(void)
{
	stack_open(&st, RULES, "alice");
}

static void
end(void)
{
	stack_close(&st);
}

TestSuite(types, .init = begin, .fini = end, .timeout = 600);

/* The cell at hand, for messages. */
static const char *at_row, *at_value;
static unsigned failures;

__attribute__((format(printf, 2, 3))) static void
check(bool ok, const char *fmt, ...)
{
	char text[600];
	va_list ap;

	if (ok)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	failures++;
	(void)fprintf(stderr, "%s, %s on %s: %s\n", at_row, at_value, stack_database(), text);
}

static void
read_table(const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof path, "%s/docs/types.md", getenv("DBN_TOP_SRC"));
	cr_assert(cells_read(path, name, &table), "%s: no table %s", path, name);
}

static size_t
column_of(const char *title)
{
	for (size_t i = 0; i < table.row[0].n; i++)
		if (!strcmp(table.row[0].cell[i], title))
			return i;
	cr_assert_fail("no column %s", title);
	return 0;
}

static size_t
my_column(void)
{
	const char *d = stack_database();

	return column_of(!strcmp(d, "sqlite") ? "SQLite" : !strcmp(d, "postgres") ? "PostgreSQL" : "MariaDB");
}

static dbn_status
run(const char *sql, dbn_args args, dbn_error **err)
{
	return dbn_exec(st.session, sql, args, NULL, err);
}

static void
must(const char *sql, dbn_args args)
{
	dbn_error *err = NULL;
	dbn_status rc = run(sql, args, &err);

	check(rc == DBN_OK, "%s: %s: %s %s", sql, dbn_status_name(rc), dbn_error_message(err),
		dbn_error_detail(err));
	dbn_error_free(err);
}

/* ---- one value ---- */

static bool
same_text(const char *a, size_t na, const char *b, size_t nb)
{
	return na == nb && (!na || !memcmp(a, b, na));
}

static bool
same(const dbn_value *a, const dbn_value *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case DBN_NULL:
		return true;
	case DBN_FLOAT:
	case DBN_DOUBLE:
		return (isnan(a->u.f64) && isnan(b->u.f64)) || !memcmp(&a->u.f64, &b->u.f64, sizeof(double));
	case DBN_INTERVAL:
		return !memcmp(a->u.ptr, b->u.ptr, sizeof(dbn_interval));
	case DBN_ARRAY:
		for (uint64_t i = 0; a->len == b->len && i < a->len; i++)
			if (!same((const dbn_value *)a->u.ptr + i, (const dbn_value *)b->u.ptr + i))
				return false;
		return a->len == b->len && a->aux == b->aux;
	case DBN_UUID:
		return !memcmp(a->u.ptr, b->u.ptr, 16);
	case DBN_DECIMAL:
	case DBN_TEXT:
	case DBN_JSON:
	case DBN_ENUM:
	case DBN_BYTES:
		return same_text((const char *)a->u.ptr, (size_t)a->len, (const char *)b->u.ptr, (size_t)b->len);
	default:
		return a->u.i64 == b->u.i64;
	}
}

/* As text, a decimal without zeros that say nothing. */
static void
shown(const dbn_value *v, char *out, size_t size)
{
	size_t n = dbn_value_print(v, out, size);

	if (v->type != DBN_DECIMAL || n >= size || !memchr(out, '.', n))
		return;
	while (n && out[n - 1] == '0')
		n--;
	if (n && out[n - 1] == '.')
		n--;
	out[n] = '\0';
}

static bool
equal(const dbn_value *bound, const dbn_value *read)
{
	char a[300], b[300];

	if ((bound->type == DBN_FLOAT || bound->type == DBN_DOUBLE) &&
		(read->type == DBN_FLOAT || read->type == DBN_DOUBLE))
		return bound->u.f64 == read->u.f64;
	if (read->type == DBN_BOOL && bound->type == DBN_INT64)
		return read->u.i64 == bound->u.i64;
	shown(bound, a, sizeof a);
	shown(read, b, sizeof b);
	return !strcmp(a, b);
}

/* The cell of the one row that sql finds, checked against what was bound. */
static void
read_back(const char *sql, int64_t id, const dbn_value *bound, dbn_type type, bool exact)
{
	char a[300], b[300];
	dbn_rows *rows = NULL;
	dbn_error *err = NULL;
	dbn_status rc = dbn_query(st.session, sql, DBN_ARGS(id), &rows, &err);

	if (rc == DBN_OK)
		rc = dbn_rows_next(rows, &err);
	check(rc == DBN_OK, "%s: %s: %s", sql, dbn_status_name(rc), dbn_error_message(err));
	if (rc == DBN_OK) {
		const dbn_value *c = dbn_rows_cells(rows);
		dbn_value want = *bound;

		if (exact && want.type != DBN_NULL)
			want.type = type;
		(void)dbn_value_print(bound, a, sizeof a);
		(void)dbn_value_print(c, b, sizeof b);
		check(c->type == DBN_NULL || c->type == type, "it reads as %s", dbn_type_name(c->type));
		check(exact ? same(&want, c) : equal(bound, c), "\"%s\" came back as the %s \"%s\"", a,
			dbn_type_name(c->type), b);
	}
	dbn_rows_close(rows);
	dbn_error_free(err);
}

static void
find_by_value(unsigned t, int64_t id, const dbn_value *v)
{
	char sql[128];
	dbn_rows *rows = NULL;
	dbn_error *err = NULL;
	bool found = false;
	int64_t got;
	dbn_status rc;

	(void)snprintf(sql, sizeof sql, "SELECT id FROM c%u WHERE c = ?", t);
	rc = dbn_query(st.session, sql, dbn_args_of(v, 1), &rows, &err);
	while (rc == DBN_OK && (rc = dbn_rows_next(rows, &err)) == DBN_OK &&
		(rc = dbn_rows_scan(rows, DBN_OUT(&got), &err)) == DBN_OK)
		found = found || got == id;
	check(rc == DBN_DONE, "%s: %s: %s", sql, dbn_status_name(rc), dbn_error_message(err));
	check(found, "WHERE c = ? does not find it");
	dbn_rows_close(rows);
	dbn_error_free(err);
}

static void
kept(unsigned t, int64_t id, const dbn_value *v, dbn_type type, bool exact, bool opaque)
{
	const dbn_value many[] = { dbn_v_i64(id + 1), *v, dbn_v_i64(id + 2), *v };
	char sql[128];
	dbn_error *err = NULL;

	(void)snprintf(sql, sizeof sql, "INSERT INTO c%u (id, c) VALUES (?, ?)", t);
	must(sql, DBN_ARGS(id, *v));
	check(dbn_exec_many(st.session, sql, dbn_args_of(many, 4), 2, NULL, NULL, &err) == DBN_OK,
		"many: %s", dbn_error_message(err));
	dbn_error_free(err);
	(void)snprintf(sql, sizeof sql, "SELECT c FROM c%u WHERE id = ?", t);
	for (int i = 0; i < 3; i++)
		read_back(sql, id + i, v, type, exact);
	if (!opaque && v->type != DBN_NULL)
		find_by_value(t, id, v);
}

/* Refused with this status, by the number of its parameter or the name of its column. */
static void
says(dbn_status rc, const dbn_error *err, dbn_status wanted, const char *how)
{
	char detail[300];

	(void)snprintf(detail, sizeof detail, "%s | %s", dbn_error_message(err), dbn_error_detail(err));
	check(rc == wanted, "%s: %s: %s", how, dbn_status_name(rc), detail);
	if (rc == DBN_E_VALUE)
		check(strstr(detail, "parameter 2") || !strcmp(dbn_error_column(err), "c"),
			"%s: neither parameter nor column: %s", how, detail);
}

static void
refused(unsigned t, int64_t id, const dbn_value *v, dbn_status wanted)
{
	const dbn_value many[] = { dbn_v_i64(id), dbn_v_null(NULL), dbn_v_i64(id + 1), *v };
	char sql[128];
	dbn_error *err = NULL;
	dbn_status rc;
	int64_t n = -1;

	(void)snprintf(sql, sizeof sql, "INSERT INTO c%u (id, c) VALUES (?, ?)", t);
	rc = run(sql, DBN_ARGS(id, *v), &err);
	says(rc, err, wanted, "insert");
	dbn_error_free(err);
	err = NULL;
	rc = dbn_exec_many(st.session, sql, dbn_args_of(many, 4), 2, NULL, NULL, &err);
	says(rc, err, wanted, "many");
	dbn_error_free(err);
	err = NULL;
	(void)snprintf(sql, sizeof sql, "INSERT INTO c%u (id) VALUES (?)", t);
	must(sql, DBN_ARGS(id + 2));
	(void)snprintf(sql, sizeof sql, "UPDATE c%u SET id = id, c = ? WHERE id = ?", t);
	rc = run(sql, DBN_ARGS(*v, id + 2), &err);
	check(rc == wanted, "update: %s: %s", dbn_status_name(rc), dbn_error_message(err));
	dbn_error_free(err);
	err = NULL;
	(void)snprintf(sql, sizeof sql, "SELECT count(*) FROM c%u WHERE id >= ? AND (id < ? OR c IS NOT NULL)", t);
	check(dbn_get_int64(st.session, sql, DBN_ARGS(id, id + 2), &n, &err) == DBN_OK && n == 0,
		"%lld rows of what was refused: %s", (long long)n, dbn_error_message(err));
	dbn_error_free(err);
}

/* ---- the table ---- */

static void
create(unsigned t, const char *declared)
{
	bool my = !strcmp(stack_database(), "mysql");
	char sql[256];

	(void)snprintf(sql, sizeof sql, "CREATE TABLE %sc%u (id BIGINT PRIMARY KEY, c %s)%s",
		!strcmp(stack_database(), "postgres") ? "public." : "", t, declared,
		my ? " DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin" : "");
	if (strchr(declared, '[') || !strcmp(declared, "mood"))
		stack_elsewhere(&st, sql);
	else
		must(sql, DBN_NO_ARGS);
}

static void
try_cell(unsigned t, cell_word *w, size_t n, dbn_type bound)
{
	const dbn_value null = dbn_v_null(NULL);
	dbn_type type = n > 1 ? cell_type(w[1].text) : (dbn_type)DBN_NULL;
	const char *mode = "";
	bool opaque = false;
	int64_t id = 10;

	cr_assert(n > 2 && w[0].quoted && !w[1].quoted && type != DBN_NULL, "%s: a type to declare, a type read",
		at_row);
	at_value = w[0].text;
	create(t, w[0].text);
	at_value = "NULL";
	kept(t, id, &null, type, true, opaque);
	for (size_t i = 2; i < n; i++) {
		typed_value v;

		if (!w[i].quoted) {
			opaque = opaque || !strcmp(w[i].text, "opaque");
			mode = w[i].text;
			continue;
		}
		at_value = w[i].text;
		cr_assert(cell_value(w[i].text, bound, &v), "%s: %s is no %s", at_row, w[i].text, dbn_type_name(bound));
		id += 10;
		if (!strcmp(mode, "exact") || !strcmp(mode, "equal"))
			kept(t, id, &v.v, type, !strcmp(mode, "exact"), opaque);
		else if (!strcmp(mode, "refused"))
			refused(t, id, &v.v, DBN_E_VALUE);
		else if (!strcmp(mode, "check"))
			refused(t, id, &v.v, DBN_E_CONSTRAINT);
		else
			cr_assert_fail("%s: what is \"%s\"?", at_row, mode);
	}
}

Test(types, every_cell)
{
	size_t mine, as;

	failures = 0;
	read_table("columns");
	mine = my_column();
	as = column_of("bound as");
	if (!strcmp(stack_database(), "postgres"))
		stack_elsewhere(&st, "CREATE TYPE public.mood AS ENUM ('ok', 'so so')");
	for (size_t i = 1; i < table.n; i++) {
		cell_word words[CELL_WORDS];

		cr_assert_eq(table.row[i].n, table.row[0].n, "row %zu has %zu cells", i, table.row[i].n);
		at_row = table.row[i].cell[0];
		try_cell((unsigned)i, words, cell_words(table.row[i].cell[mine], words),
			cell_type(table.row[i].cell[as]));
	}
	cr_assert_eq(failures, 0, "%u cells are not as docs/types.md says", failures);
}
