/* SPDX-License-Identifier: MIT */
/*
 * Rows out: order, memory, limits, buffering, closing early.
 */
#include <string.h>

#include "conformance/driver.h"

/* Run a SELECT; *cur NULL: no rows. */
static bool
start(drv *d, drv_stmt *s, const char *sql, dbn_args args, struct dbn_cursor **cur)
{
	dbn_outcome out;

	return conform_ok_at(d->cf, __FILE__, __LINE__, sql,
			drv_prepare(d, d->c, sql, DRV_SELECT_T, s)) &&
		conform_ok_at(d->cf, __FILE__, __LINE__, sql,
			drv_execute(d, s, args, DBN_EXEC_ROWS, &out, cur));
}

static void
rows_in_order(conform *cf)
{
	dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
	struct dbn_cursor *cur;
	int64_t want = 1;
	dbn_status rc;
	drv d;
	drv_stmt s;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 100) ||
		!start(&d, &s, "SELECT id, name, n FROM t ORDER BY id", DBN_NO_ARGS, &cur))
		return;
	CF_NEED(cf, cur != NULL, "no cursor");
	while ((rc = d.ops->fetch(cur, 7, &r, &cf->err)) == DBN_OK) {
		CF_NEED(cf, r.ncols == 3 && r.nrows >= 1 && r.nrows <= 7, "%u rows of %u", r.nrows, r.ncols);
		for (uint32_t i = 0; i < r.nrows; i++, want++) {
			const dbn_value *cell = r.cells + (size_t)i * r.ncols;
			char name[32];

			(void)snprintf(name, sizeof name, "name %d", (int)want);
			CF_CHECK(cf, cell[0].type == DBN_INT64 && cell[0].u.i64 == want, "id %lld",
				(long long)cell[0].u.i64);
			CF_CHECK(cf, drv_text_is(&cell[1], name), "name of %d", (int)want);
			CF_CHECK(cf, cell[2].type == DBN_INT64 && cell[2].u.i64 == want * 10, "n");
		}
	}
	CF_CHECK(cf, rc == DBN_DONE, "%s at the end", dbn_status_name(rc));
	CF_CHECK(cf, want == 101, "%d rows", (int)want - 1);
	CF_CHECK(cf, d.ops->fetch(cur, 7, &r, &cf->err) == DBN_DONE, "DONE does not stay");
	d.ops->close_cursor(cur);
	d.ops->close_stmt(s.s);
	drv_close(&d);
}

static void
rows_none(conform *cf)
{
	dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
	struct dbn_cursor *cur;
	drv d;
	drv_stmt s;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 3) ||
		!start(&d, &s, "SELECT id FROM t WHERE id > ?", DBN_ARGS(3), &cur))
		return;
	if (cur) {
		CF_CHECK(cf, d.ops->fetch(cur, 1, &r, &cf->err) == DBN_DONE, "a row out of nothing");
		d.ops->close_cursor(cur);
	}
	CF_CHECK(cf, true, "no rows");
	d.ops->close_stmt(s.s);
	drv_close(&d);
}

static void
rows_again(conform *cf)
{
	dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
	struct dbn_cursor *cur;
	drv d;
	drv_stmt s;
	dbn_outcome out;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 5))
		return;
	CF_OK(cf, drv_prepare(&d, d.c, "SELECT n FROM t WHERE id = ?", DRV_SELECT_T, &s));
	for (int i = 1; i <= 5; i++) {
		CF_OK(cf, drv_execute(&d, &s, DBN_ARGS(i), DBN_EXEC_ROWS, &out, &cur));
		CF_NEED(cf, cur != NULL, "no row for %d", i);
		CF_OK(cf, d.ops->fetch(cur, 10, &r, &cf->err));
		CF_CHECK(cf, r.nrows == 1 && r.cells[0].u.i64 == i * 10, "row of %d", i);
		/* Half of them are closed before their end. */
		if (i % 2)
			CF_CHECK(cf, d.ops->fetch(cur, 10, &r, &cf->err) == DBN_DONE, "a second row");
		d.ops->close_cursor(cur);
	}
	d.ops->close_stmt(s.s);
	drv_close(&d);
}

/* Cells stay what they are until the next fetch, whatever the connection does. */
static void
rows_keep(conform *cf)
{
	dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
	struct dbn_cursor *cur;
	dbn_call call = DBN_CALL_INIT;
	char before[32], name[32];
	drv d;
	drv_stmt s;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 50) ||
		!start(&d, &s, "SELECT name, id FROM t ORDER BY id", DBN_NO_ARGS, &cur))
		return;
	CF_NEED(cf, cur != NULL, "no cursor");
	for (int i = 1; i <= 5; i++) {
		CF_OK(cf, d.ops->fetch(cur, 1, &r, &cf->err));
		(void)snprintf(name, sizeof name, "name %d", i);
		CF_NEED(cf, drv_text_is(&r.cells[0], name), "row %d", i);
		memcpy(before, r.cells[0].u.ptr, strlen(name));
		if (!conform_quirk(cf, "one-statement-at-a-time")) {
			CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM t WHERE name LIKE 'name 4%'",
				DRV_SELECT_T, DBN_NO_ARGS) == 11, "another statement in between");
			CF_OK(cf, d.ops->ping(d.c, &call, &cf->err));
		}
		CF_CHECK(cf, drv_text_is(&r.cells[0], name) &&
			memcmp(before, r.cells[0].u.ptr, strlen(name)) == 0,
			"the text of row %d has changed before the next fetch", i);
		CF_CHECK(cf, r.cells[1].u.i64 == i, "the number of row %d has changed", i);
	}
	d.ops->close_cursor(cur);
	d.ops->close_stmt(s.s);
	drv_close(&d);
}

static void
rows_buffer(conform *cf)
{
	dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
	struct dbn_cursor *cur;
	int64_t want = 3;
	dbn_status rc;
	drv d;
	drv_stmt s;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 200))
		return;
	if (!d.ops->buffer) {
		conform_skip(cf, "no buffer()");
		return;
	}
	CF_OK(cf, drv_begin(&d, d.c, 0));
	if (!start(&d, &s, "SELECT name, id FROM t ORDER BY id", DBN_NO_ARGS, &cur))
		return;
	CF_NEED(cf, cur != NULL, "no cursor");
	for (int i = 0; i < 2; i++)
		CF_OK(cf, d.ops->fetch(cur, 1, &r, &cf->err));
	CF_OK(cf, d.ops->buffer(cur, 1 << 20, &cf->err));
	/* The connection is free: change what the rows came from. */
	CF_OK(cf, drv_run(&d, d.c, "DELETE FROM t", "d t", DBN_NO_ARGS, NULL));
	while ((rc = d.ops->fetch(cur, 16, &r, &cf->err)) == DBN_OK)
		for (uint32_t i = 0; i < r.nrows; i++, want++) {
			char name[32];

			(void)snprintf(name, sizeof name, "name %d", (int)want);
			CF_CHECK(cf, drv_text_is(&r.cells[2 * i], name) && r.cells[2 * i + 1].u.i64 == want,
				"buffered row %d", (int)want);
		}
	CF_CHECK(cf, rc == DBN_DONE && want == 201, "%d rows, then %s", (int)want - 1,
		dbn_status_name(rc));
	d.ops->close_cursor(cur);
	d.ops->close_stmt(s.s);
	CF_OK(cf, drv_rollback(&d, d.c));
	drv_close(&d);
}

static void
rows_limits(conform *cf)
{
	dbn_exec_opts o = { .call = DBN_CALL_INIT, .flags = DBN_EXEC_ROWS, .max_bytes = 500 };
	dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
	dbn_outcome out = { .struct_size = (uint32_t)sizeof out };
	struct dbn_cursor *cur;
	dbn_status rc = DBN_OK;
	drv d;
	drv_stmt s;
	int n = 0;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 200))
		return;
	CF_OK(cf, drv_prepare(&d, d.c, "SELECT name, id FROM t", DRV_SELECT_T, &s));
	o.statement_no = ++d.no;
	CF_OK(cf, d.ops->execute(s.s, NULL, 0, &o, &out, &cur, &cf->err));
	while (rc == DBN_OK && n++ < 250)
		rc = d.ops->fetch(cur, 1, &r, &cf->err);
	CF_FAILS(cf, rc, DBN_E_LIMIT, NULL);
	CF_CHECK(cf, n > 1 && n < 40, "%d rows passed a limit of 500 bytes", n);
	CF_CHECK(cf, d.ops->fetch(cur, 1, &r, &cf->err) < 0, "after the error it seems to be the end");
	dbn_error_free(cf->err);
	cf->err = NULL;
	d.ops->close_cursor(cur);
	if (d.ops->buffer) {
		CF_OK(cf, drv_execute(&d, &s, DBN_NO_ARGS, DBN_EXEC_ROWS, &out, &cur));
		CF_FAILS(cf, d.ops->buffer(cur, 500, &cf->err), DBN_E_LIMIT, NULL);
		d.ops->close_cursor(cur);
	}
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM t", "r t", DBN_NO_ARGS) == 200,
		"the connection is unusable");
	d.ops->close_stmt(s.s);
	drv_close(&d);
}

/* RETURNING: rows and affected; all is done even if nobody fetches. */
static void
rows_returning(conform *cf)
{
	dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
	struct dbn_cursor *cur;
	drv d;
	drv_stmt s;
	dbn_outcome out;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 10))
		return;
	if (!drv_can(&d, DBN_CAP_RETURNING) || conform_quirk(cf, "no-update-returning")) {
		conform_skip(cf, "no RETURNING of UPDATE");
		drv_close(&d);
		return;
	}
	CF_OK(cf, drv_prepare(&d, d.c, "UPDATE t SET n = n + 1 WHERE id > ? RETURNING id, name, n",
		DRV_SELECT_T "; u t n", &s));
	CF_OK(cf, drv_execute(&d, &s, DBN_ARGS(8), DBN_EXEC_ROWS, &out, &cur));
	CF_NEED(cf, cur != NULL, "no rows");
	for (uint32_t n = 0; n < 2; n += r.nrows) {
		CF_OK(cf, d.ops->fetch(cur, 1, &r, &cf->err));
		CF_CHECK(cf, r.cells[2].u.i64 == r.cells[0].u.i64 * 10 + 1, "n of %lld",
			(long long)r.cells[0].u.i64);
	}
	CF_CHECK(cf, d.ops->fetch(cur, 1, &r, &cf->err) == DBN_DONE, "a third row");
	CF_CHECK(cf, out.affected == 2, "affected %llu", (unsigned long long)out.affected);
	d.ops->close_cursor(cur);
	CF_OK(cf, drv_execute(&d, &s, DBN_ARGS(5), DBN_EXEC_ROWS, &out, &cur));
	d.ops->close_cursor(cur); /* nobody looked */
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM t WHERE n % 10 <> 0", DRV_SELECT_T,
		DBN_NO_ARGS) == 5, "not all rows were updated");
	d.ops->close_stmt(s.s);
	drv_close(&d);
}

/* The rows of a transaction that has ended are gone, or were buffered. */
static void
rows_and_commit(conform *cf)
{
	dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
	struct dbn_cursor *cur;
	dbn_status rc = DBN_OK;
	drv d;
	drv_stmt s;
	int n = 0;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 20))
		return;
	CF_OK(cf, drv_begin(&d, d.c, 0));
	if (!start(&d, &s, "SELECT id FROM t ORDER BY id", DBN_NO_ARGS, &cur))
		return;
	CF_OK(cf, d.ops->fetch(cur, 1, &r, &cf->err));
	CF_OK(cf, drv_commit(&d, d.c));
	CF_OK(cf, drv_run(&d, d.c, "INSERT INTO t (id, n) VALUES (21, 0)", "i t", DBN_NO_ARGS, NULL));
	while (rc == DBN_OK && n++ < 100)
		rc = d.ops->fetch(cur, 1, &r, &cf->err);
	CF_CHECK(cf, rc != DBN_OK && n <= 20, "rows of an ended transaction go on");
	dbn_error_free(cf->err);
	cf->err = NULL;
	d.ops->close_cursor(cur);
	d.ops->close_stmt(s.s);
	drv_close(&d);
}

const conform_case drv_cases_rows[] = {
	{ "rows.in_order", rows_in_order, 0, 0 },
	{ "rows.none", rows_none, 0, 0 },
	{ "rows.execute_again", rows_again, 0, 0 },
	{ "rows.keep_until_next_fetch", rows_keep, 0, 0 },
	{ "rows.buffer", rows_buffer, 0, 0 },
	{ "rows.limits", rows_limits, 0, 0 },
	{ "rows.returning", rows_returning, 0, 0 },
	{ "rows.end_with_their_transaction", rows_and_commit, 0, 0 },
};
const size_t drv_ncases_rows = sizeof drv_cases_rows / sizeof *drv_cases_rows;
