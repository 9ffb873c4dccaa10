/* SPDX-License-Identifier: MIT */
/*
 * What the tests of docs/types.md share: the stack, the tables, and values held
 * against each other.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "types/types.h"

#define RULES \
	"{ id = \"all\"; roles = [ \"admin\" ]; relation = \"*\"; actions = [ \"read\", \"write\" ]; columns = [ \"*\" ]; }," \
	"{ id = \"ddl\"; roles = [ \"admin\" ]; database = \"main\"; actions = [ \"admin.ddl\" ]; }"

stack types_stack;

void
types_begin(void)
{
	stack_open(&types_stack, RULES, "alice");
}

void
types_end(void)
{
	stack_close(&types_stack);
}

/* The cell at hand, for messages. */
static const char *at_row = "", *at_value = "";
static unsigned failures;

void
types_check(bool ok, const char *fmt, ...)
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

void
types_read_table(const char *name, cell_table *table)
{
	char path[512];

	(void)snprintf(path, sizeof path, "%s/docs/types.md", getenv("DBN_TOP_SRC"));
	cr_assert(cells_read(path, name, table), "%s: no table %s", path, name);
}

size_t
types_column_of(const cell_table *table, const char *title)
{
	for (size_t i = 0; i < table->row[0].n; i++)
		if (!strcmp(table->row[0].cell[i], title))
			return i;
	cr_assert_fail("no column %s", title);
	return 0;
}

size_t
types_column(const cell_table *table)
{
	const char *d = stack_database();

	return types_column_of(table, !strcmp(d, "sqlite") ? "SQLite" : !strcmp(d, "postgres") ? "PostgreSQL" : "MariaDB");
}

void
types_must(const char *sql, dbn_args args)
{
	dbn_error *err = NULL;
	dbn_status rc = dbn_exec(types_stack.session, sql, args, NULL, &err);

	types_check(rc == DBN_OK, "%s: %s: %s %s", sql, dbn_status_name(rc), dbn_error_message(err),
		dbn_error_detail(err));
	dbn_error_free(err);
}

void
types_at(const char *row, const char *value)
{
	at_row = row;
	at_value = value;
}

void
types_done(void)
{
	cr_assert_eq(failures, 0, "%u times it is not as docs/types.md says", failures);
}

/* ---- one value ---- */

static bool
same_text(const char *a, size_t na, const char *b, size_t nb)
{
	return na == nb && (!na || !memcmp(a, b, na));
}

bool
types_same(const dbn_value *a, const dbn_value *b)
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
			if (!types_same((const dbn_value *)a->u.ptr + i, (const dbn_value *)b->u.ptr + i))
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

bool
types_equal(const dbn_value *bound, const dbn_value *read)
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

/* ---- the tables ---- */

static void
create(unsigned t, const char *declared)
{
	bool my = !strcmp(stack_database(), "mysql");
	char sql[256];

	(void)snprintf(sql, sizeof sql, "CREATE TABLE %sc%u (id BIGINT PRIMARY KEY, c %s)%s",
		!strcmp(stack_database(), "postgres") ? "public." : "", t, declared,
		my ? " DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin" : "");
	if (strchr(declared, '[') || !strcmp(declared, "mood"))
		stack_elsewhere(&types_stack, sql);
	else
		types_must(sql, DBN_NO_ARGS);
}

dbn_type
types_reads_as(const cell_table *columns, size_t row)
{
	static char copy[2048];
	cell_word words[CELL_WORDS];
	size_t n;

	(void)snprintf(copy, sizeof copy, "%s", columns->row[row].cell[types_column(columns)]);
	n = cell_words(copy, words);
	return n > 1 ? cell_type(words[1].text) : (dbn_type)DBN_NULL;
}

void
types_create_all(const cell_table *columns)
{
	char copy[2048];
	cell_word words[CELL_WORDS];

	if (!strcmp(stack_database(), "postgres"))
		stack_elsewhere(&types_stack, "CREATE TYPE public.mood AS ENUM ('ok', 'so so')");
	for (size_t i = 1; i < columns->n; i++) {
		cr_assert_eq(columns->row[i].n, columns->row[0].n, "row %zu has %zu cells", i, columns->row[i].n);
		(void)snprintf(copy, sizeof copy, "%s", columns->row[i].cell[types_column(columns)]);
		cr_assert(cell_words(copy, words) > 2 && words[0].quoted, "%s: a type to declare first",
			columns->row[i].cell[0]);
		types_at(columns->row[i].cell[0], words[0].text);
		create((unsigned)i, words[0].text);
	}
}
