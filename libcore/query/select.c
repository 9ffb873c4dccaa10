/* SPDX-License-Identifier: MIT */
/*
 * SELECT.  A select that became part of another statement is sealed: changing
 * it afterwards is a mistake, not a surprise.
 */
#include <string.h>

#include "query/builder.h"

dbn_select *
dbn_select_new(dbn_builder *b)
{
	dbn_select *q;

	if (!dbn_builder_ok(b))
		return NULL;
	q = dbn_arena_zalloc(&b->arena, sizeof *q);
	if (!q)
		return dbn_builder_nomem(b);
	q->b = b;
	q->query = dbn_arena_zalloc(&b->arena, sizeof *q->query);
	q->core = dbn_arena_zalloc(&b->arena, sizeof *q->core);
	if (!q->query || !q->core)
		return dbn_builder_nomem(b);
	q->query->cores = dbn_arena_array(&b->arena, 1, sizeof *q->query->cores);
	if (!q->query->cores)
		return dbn_builder_nomem(b);
	q->query->cores[0] = q->core;
	q->query->ncores = 1;
	q->core->kind = DBN_CORE_SELECT;
	return q;
}

/* May it be changed? */
static bool
open_select(dbn_select *q)
{
	if (!q || !dbn_builder_ok(q->b))
		return false;
	if (q->sealed)
		(void)dbn_builder_fail(q->b, DBN_E_INVALID, "Finish a select before it is used.",
			"a select was changed after it became part of another statement");
	return !q->sealed;
}

/* Without output columns: all of them. */
static bool
add_star(dbn_select *q)
{
	dbn_sql_expr *star;

	if (q->core->nitems)
		return true;
	star = dbn_builder_column(q->b, "*");
	q->core->items = star ? dbn_arena_array(&q->b->arena, 1, sizeof *q->core->items) : NULL;
	if (!q->core->items) {
		(void)dbn_builder_nomem(q->b);
		return false;
	}
	q->core->items[0].expr = star;
	q->core->nitems = 1;
	q->items_cap = 1;
	return true;
}

dbn_sql_query *
dbn_select_take(dbn_builder *b, const dbn_select *given)
{
	dbn_sql_query *copy;
	dbn_select *q;

	if (!dbn_builder_ok(b))
		return NULL;
	if (!given || given->b != b)
		return dbn_builder_fail(b, DBN_E_INVALID, "Make it with the same builder.",
			given ? "a select of another builder" : "a select is missing");
	memcpy(&q, &given, sizeof q);   /* the mark is the builder's own */
	if (!add_star(q))
		return NULL;
	if (!q->sealed) {
		q->sealed = true;
		return q->query;
	}
	copy = dbn_sql_query_copy(&b->arena, q->query);
	return copy ? copy : dbn_builder_nomem(b);
}

/* ---- from ---- */

static void
join(dbn_select *q, uint32_t how, dbn_sql_from *f, dbn_sql_expr *on)
{
	dbn_sql_from *left = q->core->from;

	if (!f)
		return;
	if (left) {
		f = dbn_sql_from_join(&q->b->arena, how, left, f, on);
		if (!f) {
			(void)dbn_builder_nomem(q->b);
			return;
		}
	}
	q->core->from = f;
}

static dbn_sql_from *
derived(dbn_builder *b, const dbn_select *sub, const char *alias)
{
	dbn_sql_query *query = dbn_select_take(b, sub);
	dbn_text name;
	dbn_sql_from *f;

	if (!query)
		return NULL;
	name = dbn_builder_name(b, alias, "derived table");
	if (!name.ptr)
		return NULL;
	f = dbn_sql_from_query(&b->arena, query);
	if (!f)
		return dbn_builder_nomem(b);
	f->alias = name;
	return f;
}

void
dbn_select_from(dbn_select *q, const char *table, const char *alias)
{
	if (open_select(q))
		join(q, DBN_JOIN_COMMA, dbn_builder_table(q->b, table, alias), NULL);
}

void
dbn_select_from_select(dbn_select *q, const dbn_select *sub, const char *alias)
{
	if (!open_select(q))
		return;
	if (sub == q)
		(void)dbn_builder_fail(q->b, DBN_E_INVALID, NULL, "a select from itself");
	else
		join(q, DBN_JOIN_COMMA, derived(q->b, sub, alias), NULL);
}

static void
join_on(dbn_select *q, uint32_t kind, dbn_sql_from *f, const dbn_expr *on)
{
	static const uint32_t how[] = { [DBN_INNER_JOIN] = DBN_JOIN_INNER,
		[DBN_LEFT_JOIN] = DBN_JOIN_LEFT, [DBN_CROSS_JOIN] = DBN_JOIN_CROSS };
	dbn_sql_expr *x = NULL;

	if (!dbn_builder_ok(q->b))
		return;
	if (!q->core->from || kind < DBN_INNER_JOIN || kind > DBN_CROSS_JOIN ||
		(kind == DBN_CROSS_JOIN) != (on == NULL)) {
		(void)dbn_builder_fail(q->b, DBN_E_INVALID,
			"Name the first table with dbn_select_from(); only a cross join has no condition.",
			"a join to nothing, of an unknown kind, or without its condition");
		return;
	}
	if (on && !(x = dbn_expr_take(q->b, on)))
		return;
	/* A comma binds looser than JOIN, but on SQLite: what was named so far is one. */
	for (dbn_sql_from *l = q->core->from; l && l->kind == DBN_FROM_JOIN; l = l->left)
		if (l->join == DBN_JOIN_COMMA)
			l->join = DBN_JOIN_CROSS;
	join(q, how[kind], f, x);
}

void
dbn_select_join(dbn_select *q, uint32_t kind, const char *table, const char *alias, const dbn_expr *on)
{
	if (open_select(q))
		join_on(q, kind, dbn_builder_table(q->b, table, alias), on);
}

void
dbn_select_join_select(dbn_select *q, uint32_t kind, const dbn_select *sub, const char *alias,
	const dbn_expr *on)
{
	if (!open_select(q))
		return;
	if (sub == q)
		(void)dbn_builder_fail(q->b, DBN_E_INVALID, NULL, "a select from itself");
	else
		join_on(q, kind, derived(q->b, sub, alias), on);
}

/* ---- the rest of it ---- */

static void
add_item(dbn_select *q, dbn_sql_expr *x, const char *alias)
{
	size_t n = q->core->nitems;
	dbn_text name = { NULL, 0 };

	if (!x)
		return;
	if (alias && !(name = dbn_builder_name(q->b, alias, "column's alias")).ptr)
		return;
	if (!dbn_arena_grow(&q->b->arena, &q->core->items, &q->items_cap, n + 1,
		sizeof *q->core->items)) {
		(void)dbn_builder_nomem(q->b);
		return;
	}
	memset(&q->core->items[n], 0, sizeof q->core->items[n]);
	q->core->items[n].expr = x;
	q->core->items[n].alias = name;
	q->core->nitems++;
}

void
dbn_select_column(dbn_select *q, const dbn_expr *x, const char *alias)
{
	if (open_select(q))
		add_item(q, dbn_builder_typed(q->b, dbn_expr_take(q->b, x)), alias);
}

void
dbn_select_columns(dbn_select *q, dbn_names names)
{
	if (!open_select(q))
		return;
	for (size_t i = 0; i < names.n; i++)
		add_item(q, dbn_builder_column(q->b, names.v[i]), NULL);
}

void
dbn_select_distinct(dbn_select *q)
{
	if (open_select(q))
		q->core->distinct = 1;
}

static void
add_condition(dbn_builder *b, dbn_sql_expr **at, const dbn_expr *condition)
{
	dbn_sql_expr *x = dbn_expr_take(b, condition);

	if (!x)
		return;
	x = dbn_sql_and(&b->arena, *at, x);
	if (x)
		*at = x;
	else
		(void)dbn_builder_nomem(b);
}

void
dbn_select_where(dbn_select *q, const dbn_expr *condition)
{
	if (open_select(q))
		add_condition(q->b, &q->core->where, condition);
}

void
dbn_select_having(dbn_select *q, const dbn_expr *condition)
{
	if (open_select(q))
		add_condition(q->b, &q->core->having, condition);
}

static void
add_order(dbn_select *q, dbn_sql_order **terms, uint32_t *n, size_t *cap, const dbn_expr *x,
	uint32_t direction)
{
	dbn_sql_expr *e = dbn_expr_take(q->b, x);

	if (!e)
		return;
	if (direction > DBN_DESC) {
		(void)dbn_builder_fail(q->b, DBN_E_INVALID, NULL, "an order neither up nor down");
		return;
	}
	if (!dbn_arena_grow(&q->b->arena, terms, cap, (size_t)*n + 1, sizeof **terms)) {
		(void)dbn_builder_nomem(q->b);
		return;
	}
	memset(&(*terms)[*n], 0, sizeof **terms);
	(*terms)[*n].expr = e;
	(*terms)[*n].desc = direction == DBN_DESC;
	(*n)++;
}

void
dbn_select_group(dbn_select *q, const dbn_expr *x)
{
	if (open_select(q))
		add_order(q, &q->core->group, &q->core->ngroup, &q->group_cap, x, DBN_ASC);
}

void
dbn_select_order(dbn_select *q, const dbn_expr *x, uint32_t direction)
{
	uint32_t n;

	if (!open_select(q))
		return;
	n = q->query->norder;
	add_order(q, &q->query->order, &q->query->norder, &q->order_cap, x, direction);
	if (q->query->norder > n) /* NULL is below all: on every database */
		q->query->order[n].nulls = direction == DBN_DESC ? 2 : 1;
}

static void
set_count(dbn_select *q, dbn_sql_expr **at, uint64_t rows)
{
	dbn_sql_expr *x;

	if (rows > INT64_MAX) {
		(void)dbn_builder_fail(q->b, DBN_E_INVALID, NULL, "a limit or offset out of range");
		return;
	}
	x = dbn_builder_param(q->b, dbn_v_i64((int64_t)rows));
	if (x)
		*at = x;
}

void
dbn_select_limit(dbn_select *q, uint64_t rows)
{
	if (open_select(q))
		set_count(q, &q->query->limit, rows);
}

void
dbn_select_offset(dbn_select *q, uint64_t rows)
{
	if (!open_select(q))
		return;
	set_count(q, &q->query->offset, rows);
	if (!q->query->limit) /* SQL has no offset without a limit */
		set_count(q, &q->query->limit, INT64_MAX);
}

/* ---- running ---- */

dbn_status
dbn_select_text(const dbn_select *q, dbn_text *sql, dbn_args *args, dbn_error **err)
{
	dbn_sql_core *core;
	dbn_sql_item *items;
	dbn_sql_stmt *s;
	dbn_select open;
	dbn_status rc;
	uint32_t n;

	rc = dbn_builder_check(q ? q->b : NULL, err);
	if (rc != DBN_OK)
		return rc;
	s = dbn_arena_zalloc(&q->b->arena, sizeof *s);
	if (!s)
		return dbn_fail_nomem(err);
	s->kind = DBN_STMT_SELECT;
	s->arena = &q->b->arena;
	s->query = q->query;
	/* the star stands in for this text only: columns may still be added */
	core = q->core;
	items = core->items;
	n = core->nitems;
	open = *q;
	rc = add_star(&open) ? dbn_builder_text(q->b, s, sql, args, err)
			     : dbn_builder_check(q->b, err);
	core->items = items;
	core->nitems = n;
	return rc;
}

dbn_status
dbn_select_run_with(dbn_session *session, const dbn_select *q, const dbn_query_opts *opts,
	dbn_rows **rows, dbn_error **err)
{
	dbn_text sql;
	dbn_args args;
	dbn_status rc;

	*rows = NULL;
	rc = dbn_select_text(q, &sql, &args, err);
	return rc == DBN_OK ? dbn_query_with(session, sql, args, opts, rows, err) : rc;
}

dbn_status
dbn_select_run(dbn_session *session, const dbn_select *q, dbn_rows **rows, dbn_error **err)
{
	return dbn_select_run_with(session, q, NULL, rows, err);
}
