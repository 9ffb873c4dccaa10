/* SPDX-License-Identifier: MIT */
/*
 * The tables of docs/types.md, cell by cell, on the database that DBN_TEST_DB
 * names: what they say comes back does, what they say is refused is, and then
 * nothing was stored.  All through sessions of a pool.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "types/types.h"

TestSuite(types, .init = types_begin, .fini = types_end, .timeout = 600);

static dbn_status
run(const char *sql, dbn_args args, dbn_error **err)
{
	return dbn_exec(types_stack.session, sql, args, NULL, err);
}

/* The cell of the one row that sql finds, checked against what was bound. */
static void
read_back(const char *sql, int64_t id, const dbn_value *bound, dbn_type type, bool exact)
{
	char a[300], b[300];
	dbn_rows *rows = NULL;
	dbn_error *err = NULL;
	dbn_status rc = dbn_query(types_stack.session, sql, DBN_ARGS(id), &rows, &err);

	if (rc == DBN_OK)
		rc = dbn_rows_next(rows, &err);
	types_check(rc == DBN_OK, "%s: %s: %s", sql, dbn_status_name(rc), dbn_error_message(err));
	if (rc == DBN_OK) {
		const dbn_value *c = dbn_rows_cells(rows);
		dbn_value want = *bound;

		if (exact && want.type != DBN_NULL)
			want.type = type;
		(void)dbn_value_print(bound, a, sizeof a);
		(void)dbn_value_print(c, b, sizeof b);
		types_check(c->type == DBN_NULL || c->type == type, "it reads as %s", dbn_type_name(c->type));
		types_check(exact ? types_same(&want, c) : types_equal(bound, c), "\"%s\" came back as the %s \"%s\"", a,
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
	rc = dbn_query(types_stack.session, sql, dbn_args_of(v, 1), &rows, &err);
	while (rc == DBN_OK && (rc = dbn_rows_next(rows, &err)) == DBN_OK &&
		(rc = dbn_rows_scan(rows, DBN_OUT(&got), &err)) == DBN_OK)
		found = found || got == id;
	types_check(rc == DBN_DONE, "%s: %s: %s", sql, dbn_status_name(rc), dbn_error_message(err));
	types_check(found, "WHERE c = ? does not find it");
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
	types_must(sql, DBN_ARGS(id, *v));
	types_check(dbn_exec_many(types_stack.session, sql, dbn_args_of(many, 4), 2, NULL, NULL, &err) == DBN_OK,
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
	types_check(rc == wanted, "%s: %s: %s", how, dbn_status_name(rc), detail);
	if (rc == DBN_E_VALUE)
		types_check(strstr(detail, "parameter 2") || !strcmp(dbn_error_column(err), "c"),
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
	rc = dbn_exec_many(types_stack.session, sql, dbn_args_of(many, 4), 2, NULL, NULL, &err);
	says(rc, err, wanted, "many");
	dbn_error_free(err);
	err = NULL;
	(void)snprintf(sql, sizeof sql, "INSERT INTO c%u (id) VALUES (?)", t);
	types_must(sql, DBN_ARGS(id + 2));
	(void)snprintf(sql, sizeof sql, "UPDATE c%u SET id = id, c = ? WHERE id = ?", t);
	rc = run(sql, DBN_ARGS(*v, id + 2), &err);
	types_check(rc == wanted, "update: %s: %s", dbn_status_name(rc), dbn_error_message(err));
	dbn_error_free(err);
	err = NULL;
	(void)snprintf(sql, sizeof sql, "SELECT count(*) FROM c%u WHERE id >= ? AND (id < ? OR c IS NOT NULL)", t);
	types_check(dbn_get_int64(types_stack.session, sql, DBN_ARGS(id, id + 2), &n, &err) == DBN_OK && n == 0,
		"%lld rows of what was refused: %s", (long long)n, dbn_error_message(err));
	dbn_error_free(err);
}

/* ---- the table ---- */

static void
try_cell(unsigned t, const char *row, cell_word *w, size_t n, dbn_type bound)
{
	const dbn_value null = dbn_v_null(NULL);
	dbn_type type = n > 1 ? cell_type(w[1].text) : (dbn_type)DBN_NULL;
	const char *mode = "";
	bool opaque = false;
	int64_t id = 10;

	cr_assert(n > 2 && w[0].quoted && !w[1].quoted && type != DBN_NULL, "%s: a type to declare, a type read",
		row);
	types_at(row, "NULL");
	kept(t, id, &null, type, true, opaque);
	for (size_t i = 2; i < n; i++) {
		typed_value v;

		if (!w[i].quoted) {
			opaque = opaque || !strcmp(w[i].text, "opaque");
			mode = w[i].text;
			continue;
		}
		types_at(row, w[i].text);
		cr_assert(cell_value(w[i].text, bound, &v), "%s: %s is no %s", row, w[i].text, dbn_type_name(bound));
		id += 10;
		if (!strcmp(mode, "exact") || !strcmp(mode, "equal"))
			kept(t, id, &v.v, type, !strcmp(mode, "exact"), opaque);
		else if (!strcmp(mode, "refused"))
			refused(t, id, &v.v, DBN_E_VALUE);
		else if (!strcmp(mode, "check"))
			refused(t, id, &v.v, DBN_E_CONSTRAINT);
		else
			cr_assert_fail("%s: what is \"%s\"?", row, mode);
	}
}

Test(types, every_cell)
{
	static cell_table table;

	types_read_table("columns", &table);
	types_create_all(&table);
	for (size_t i = 1; i < table.n; i++) {
		cell_row *row = &table.row[i];
		cell_word words[CELL_WORDS];
		size_t n = cell_words(row->cell[types_column(&table)], words);

		try_cell((unsigned)i, row->cell[0], words, n,
			cell_type(row->cell[types_column_of(&table, "bound as")]));
	}
	types_done();
}
