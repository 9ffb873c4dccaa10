/* SPDX-License-Identifier: MIT */
/*
 * INSERT, UPDATE, DELETE.  They share what they can: a target, conditions, SET
 * lists, RETURNING.
 */
#include <string.h>

#include "query/builder.h"

static void *
write_new(dbn_builder *b, size_t size, uint32_t kind, const char *table)
{
	dbn_sql_from *target = dbn_builder_table(b, table, NULL);
	struct dbn_write *w;

	if (!target)
		return NULL;
	w = dbn_arena_zalloc(&b->arena, size);
	if (!w)
		return dbn_builder_nomem(b);
	w->b = b;
	w->stmt = dbn_arena_zalloc(&b->arena, sizeof *w->stmt);
	if (!w->stmt)
		return dbn_builder_nomem(b);
	w->stmt->kind = kind;
	w->stmt->arena = &b->arena;
	target->flags |= DBN_FF_TARGET;
	w->stmt->target = target;
	return w;
}

dbn_insert *
dbn_insert_new(dbn_builder *b, const char *table)
{
	return write_new(b, sizeof(dbn_insert), DBN_STMT_INSERT, table);
}

dbn_update *
dbn_update_new(dbn_builder *b, const char *table)
{
	return write_new(b, sizeof(dbn_update), DBN_STMT_UPDATE, table);
}

dbn_delete *
dbn_delete_new(dbn_builder *b, const char *table)
{
	return write_new(b, sizeof(dbn_delete), DBN_STMT_DELETE, table);
}

#define OPEN(q) ((q) && dbn_builder_ok((q)->w.b))

/* Names into targets of a write. */
static dbn_sql_target *
targets(dbn_builder *b, dbn_names names)
{
	dbn_sql_target *t = dbn_arena_array(&b->arena, names.n, sizeof *t);

	if (!t)
		return dbn_builder_nomem(b);
	for (size_t i = 0; i < names.n; i++) {
		t[i].name = dbn_builder_name(b, names.v[i], "column");
		if (!t[i].name.ptr)
			return NULL;
	}
	return t;
}

static void
add_set(dbn_builder *b, dbn_sql_set **sets, uint32_t *n, size_t *cap, const char *column,
	dbn_sql_expr *x)
{
	dbn_names one = { &column, 1 };
	dbn_sql_set set = { .ncolumns = 1, .expr = x };

	if (!x || !(set.columns = targets(b, one)))
		return;
	if (!dbn_arena_grow(&b->arena, sets, cap, (size_t)*n + 1, sizeof **sets)) {
		(void)dbn_builder_nomem(b);
		return;
	}
	(*sets)[(*n)++] = set;
}

static void
add_returning(struct dbn_write *w, const dbn_expr *x, const char *alias)
{
	dbn_sql_item item = { .expr = dbn_expr_take(w->b, x) };
	uint32_t n = w->stmt->nreturning;

	if (!item.expr || (alias && !(item.alias = dbn_builder_name(w->b, alias,
		"column's alias")).ptr))
		return;
	if (!dbn_arena_grow(&w->b->arena, &w->stmt->returning, &w->items_cap, (size_t)n + 1,
		sizeof item)) {
		(void)dbn_builder_nomem(w->b);
		return;
	}
	w->stmt->returning[n] = item;
	w->stmt->nreturning++;
}

static void
add_where(struct dbn_write *w, const dbn_expr *condition)
{
	dbn_sql_expr *x = dbn_expr_take(w->b, condition);

	if (!x)
		return;
	x = dbn_sql_and(&w->b->arena, w->stmt->where, x);
	if (x)
		w->stmt->where = x;
	else
		(void)dbn_builder_nomem(w->b);
}

/* ---- insert ---- */

void
dbn_insert_columns(dbn_insert *q, dbn_names columns)
{
	dbn_sql_target *t;

	if (!OPEN(q))
		return;
	if (q->w.stmt->columns || !columns.n) {
		(void)dbn_builder_fail(q->w.b, DBN_E_INVALID, NULL,
			"the columns of an insert are named once");
		return;
	}
	t = targets(q->w.b, columns);
	if (!t)
		return;
	q->w.stmt->columns = t;
	q->w.stmt->ncolumns = (uint32_t)columns.n;
}

/* The VALUES behind the insert, made with its first row. */
static dbn_sql_core *
values_core(dbn_insert *q)
{
	dbn_sql_query *query;

	if (q->w.values)
		return q->w.stmt->query->cores[0];
	if (q->w.stmt->query)
		return dbn_builder_fail(q->w.b, DBN_E_INVALID, NULL,
			"an insert has rows of values or a select, not both");
	query = dbn_arena_zalloc(&q->w.b->arena, sizeof *query);
	if (!query)
		return dbn_builder_nomem(q->w.b);
	query->cores = dbn_arena_array(&q->w.b->arena, 1, sizeof *query->cores);
	if (!query->cores ||
		!(query->cores[0] = dbn_arena_zalloc(&q->w.b->arena, sizeof **query->cores)))
		return dbn_builder_nomem(q->w.b);
	query->cores[0]->kind = DBN_CORE_VALUES;
	query->ncores = 1;
	q->w.stmt->query = query;
	q->w.values = true;
	return query->cores[0];
}

/* A new row of n values, to be filled in. */
static dbn_sql_expr *
new_row(dbn_insert *q, size_t n)
{
	dbn_sql_core *core;
	dbn_sql_expr *row;

	if (!q->w.stmt->ncolumns || n != q->w.stmt->ncolumns)
		return dbn_builder_fail(q->w.b, DBN_E_INVALID,
			"Call dbn_insert_columns() first, then give a value for each.",
			"a row of %zu values for %u columns", n, q->w.stmt->ncolumns);
	core = values_core(q);
	if (!core)
		return NULL;
	row = dbn_sql_expr_new(&q->w.b->arena, DBN_X_ROW, DBN_OP_NONE, 0, n);
	if (!row || !dbn_arena_grow(&q->w.b->arena, &core->rows, &q->w.rows_cap,
		(size_t)core->nrows + 1, sizeof *core->rows))
		return dbn_builder_nomem(q->w.b);
	core->rows[core->nrows++] = row;
	return row;
}

void
dbn_insert_values(dbn_insert *q, dbn_args values)
{
	dbn_sql_expr *row = OPEN(q) ? new_row(q, values.n) : NULL;

	for (size_t i = 0; row && i < values.n; i++) {
		if (values.v[i].type == DBN_LIST)
			(void)dbn_builder_fail(q->w.b, DBN_E_INVALID, NULL,
				"a list where one value is expected");
		row->args[i] = dbn_builder_param(q->w.b, values.v[i]);
	}
}

void
dbn_insert_exprs(dbn_insert *q, dbn_exprs values)
{
	dbn_sql_expr *row = OPEN(q) ? new_row(q, values.n) : NULL;

	for (size_t i = 0; row && i < values.n; i++)
		row->args[i] = dbn_expr_take(q->w.b, values.v[i]);
}

void
dbn_insert_select(dbn_insert *q, const dbn_select *sub)
{
	dbn_sql_query *query;

	if (!OPEN(q))
		return;
	if (q->w.stmt->query) {
		(void)dbn_builder_fail(q->w.b, DBN_E_INVALID, NULL,
			"an insert has rows of values or a select, not both");
		return;
	}
	query = dbn_select_take(q->w.b, sub);
	if (query)
		q->w.stmt->query = query;
}

void
dbn_insert_conflict(dbn_insert *q, dbn_names key)
{
	dbn_sql_upsert *u;

	if (!OPEN(q))
		return;
	if (q->w.stmt->nupserts) {
		(void)dbn_builder_fail(q->w.b, DBN_E_INVALID, NULL, "a conflict is named once");
		return;
	}
	u = dbn_arena_zalloc(&q->w.b->arena, sizeof *u);
	if (u)
		u->target = dbn_arena_array(&q->w.b->arena, key.n, sizeof *u->target);
	if (!u || !u->target) {
		(void)dbn_builder_nomem(q->w.b);
		return;
	}
	for (size_t i = 0; i < key.n; i++)
		if (!(u->target[i].expr = dbn_builder_column(q->w.b, key.v[i])))
			return;
	u->ntarget = (uint32_t)key.n;
	q->w.stmt->upserts = u;
	q->w.stmt->nupserts = 1;
}

void
dbn_insert_conflict_set(dbn_insert *q, const char *column, const dbn_expr *x)
{
	if (!OPEN(q))
		return;
	if (!q->w.stmt->nupserts || !q->w.stmt->upserts->ntarget) {
		(void)dbn_builder_fail(q->w.b, DBN_E_INVALID,
			"Call dbn_insert_conflict() with the key's columns first.",
			"a conflict without its key");
		return;
	}
	add_set(q->w.b, &q->w.stmt->upserts->sets, &q->w.stmt->upserts->nsets, &q->w.upsert_cap,
		column, dbn_expr_take(q->w.b, x));
}

void
dbn_insert_conflict_replace(dbn_insert *q, dbn_names columns)
{
	for (size_t i = 0; OPEN(q) && i < columns.n; i++)
		dbn_insert_conflict_set(q, columns.v[i], dbn_x_excluded(q->w.b, columns.v[i]));
}

void
dbn_insert_returning(dbn_insert *q, const dbn_expr *x, const char *alias)
{
	if (OPEN(q))
		add_returning(&q->w, x, alias);
}

/* ---- update, delete ---- */

void
dbn_update_set(dbn_update *q, const char *column, const dbn_expr *x)
{
	if (OPEN(q))
		add_set(q->w.b, &q->w.stmt->sets, &q->w.stmt->nsets, &q->w.sets_cap, column,
			dbn_expr_take(q->w.b, x));
}

void
dbn_update_set_value(dbn_update *q, const char *column, dbn_value v)
{
	if (OPEN(q))
		dbn_update_set(q, column, dbn_x_val(q->w.b, v));
}

void
dbn_update_where(dbn_update *q, const dbn_expr *condition)
{
	if (OPEN(q))
		add_where(&q->w, condition);
}

void
dbn_update_every_row(dbn_update *q)
{
	if (OPEN(q))
		q->w.every_row = true;
}

void
dbn_update_returning(dbn_update *q, const dbn_expr *x, const char *alias)
{
	if (OPEN(q))
		add_returning(&q->w, x, alias);
}

void
dbn_delete_where(dbn_delete *q, const dbn_expr *condition)
{
	if (OPEN(q))
		add_where(&q->w, condition);
}

void
dbn_delete_every_row(dbn_delete *q)
{
	if (OPEN(q))
		q->w.every_row = true;
}

void
dbn_delete_returning(dbn_delete *q, const dbn_expr *x, const char *alias)
{
	if (OPEN(q))
		add_returning(&q->w, x, alias);
}

/* ---- running ---- */

static dbn_status
check_write(const struct dbn_write *w, dbn_error **err)
{
	const dbn_sql_stmt *s = w->stmt;

	if (s->kind == DBN_STMT_INSERT && !s->query)
		return dbn_fail(err, DBN_E_INVALID, "an insert without rows");
	if (s->kind == DBN_STMT_UPDATE && !s->nsets)
		return dbn_fail(err, DBN_E_INVALID, "an update that sets nothing");
	if (s->kind != DBN_STMT_INSERT && !s->where && !w->every_row)
		return dbn_fail_hint(err, DBN_E_INVALID,
			"Say so with dbn_update_every_row() or dbn_delete_every_row().",
			"%s without a condition", s->kind == DBN_STMT_UPDATE ? "an update" : "a delete");
	return DBN_OK;
}

static dbn_status
write_text(const struct dbn_write *w, dbn_text *sql, dbn_args *args, dbn_error **err)
{
	dbn_status rc = dbn_builder_check(w ? w->b : NULL, err);

	if (rc == DBN_OK)
		rc = check_write(w, err);
	return rc == DBN_OK ? dbn_builder_text(w->b, w->stmt, sql, args, err) : rc;
}

static dbn_status
write_run(dbn_session *session, const struct dbn_write *w, dbn_result *result, dbn_error **err)
{
	dbn_text sql;
	dbn_args args;
	dbn_status rc = write_text(w, &sql, &args, err);

	return rc == DBN_OK ? dbn_exec_with(session, sql, args, NULL, result, err) : rc;
}

static dbn_status
write_query(dbn_session *session, const struct dbn_write *w, dbn_rows **rows, dbn_error **err)
{
	dbn_text sql;
	dbn_args args;
	dbn_status rc;

	*rows = NULL;
	rc = write_text(w, &sql, &args, err);
	if (rc == DBN_OK && !w->stmt->nreturning)
		rc = dbn_fail_hint(err, DBN_E_INVALID, "Name columns to return, or call the _run.",
			"the statement returns no rows");
	return rc == DBN_OK ? dbn_query_with(session, sql, args, NULL, rows, err) : rc;
}

dbn_status
dbn_insert_text(const dbn_insert *q, dbn_text *sql, dbn_args *args, dbn_error **err)
{
	return write_text(q ? &q->w : NULL, sql, args, err);
}

dbn_status
dbn_update_text(const dbn_update *q, dbn_text *sql, dbn_args *args, dbn_error **err)
{
	return write_text(q ? &q->w : NULL, sql, args, err);
}

dbn_status
dbn_delete_text(const dbn_delete *q, dbn_text *sql, dbn_args *args, dbn_error **err)
{
	return write_text(q ? &q->w : NULL, sql, args, err);
}

dbn_status
dbn_insert_run(dbn_session *session, const dbn_insert *q, dbn_result *result, dbn_error **err)
{
	return write_run(session, q ? &q->w : NULL, result, err);
}

dbn_status
dbn_insert_query(dbn_session *session, const dbn_insert *q, dbn_rows **rows, dbn_error **err)
{
	return write_query(session, q ? &q->w : NULL, rows, err);
}

dbn_status
dbn_update_run(dbn_session *session, const dbn_update *q, dbn_result *result, dbn_error **err)
{
	return write_run(session, q ? &q->w : NULL, result, err);
}

dbn_status
dbn_update_query(dbn_session *session, const dbn_update *q, dbn_rows **rows, dbn_error **err)
{
	return write_query(session, q ? &q->w : NULL, rows, err);
}

dbn_status
dbn_delete_run(dbn_session *session, const dbn_delete *q, dbn_result *result, dbn_error **err)
{
	return write_run(session, q ? &q->w : NULL, result, err);
}

dbn_status
dbn_delete_query(dbn_session *session, const dbn_delete *q, dbn_rows **rows, dbn_error **err)
{
	return write_query(session, q ? &q->w : NULL, rows, err);
}
