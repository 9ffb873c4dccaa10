/* SPDX-License-Identifier: MIT */
/*
 * Visiting every part of a tree, with a counter against endless depth.
 */
#include "sql/tree.h"

struct walk {
	const dbn_sql_visitor *v;
	uint32_t depth;
};

static dbn_status walk_query(struct walk *w, dbn_sql_query *q);
static dbn_status walk_from(struct walk *w, dbn_sql_from **f);
static dbn_status walk_expr(struct walk *w, dbn_sql_expr **e);

/* Call a visitor; sets *skip. */
#define VISIT(fn, arg, skip) do { \
		dbn_status visit_rc_ = w->v->fn ? w->v->fn((arg), w->v->user) : DBN_OK; \
		if (visit_rc_ < 0) \
			return visit_rc_; \
		(skip) = visit_rc_ == DBN_SQL_SKIP; \
	} while (0)

#define TRY(call) do { \
		dbn_status try_rc_ = (call); \
		if (try_rc_ != DBN_OK) \
			return try_rc_; \
	} while (0)

static dbn_status
walk_exprs(struct walk *w, dbn_sql_expr **args, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		TRY(walk_expr(w, &args[i]));
	return DBN_OK;
}

static dbn_status
walk_orders(struct walk *w, dbn_sql_order *o, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		TRY(walk_expr(w, &o[i].expr));
	return DBN_OK;
}

static dbn_status
walk_window(struct walk *w, dbn_sql_window *o)
{
	TRY(walk_exprs(w, o->partition, o->npartition));
	TRY(walk_orders(w, o->order, o->norder));
	TRY(walk_expr(w, &o->start_expr));
	return walk_expr(w, &o->end_expr);
}

static dbn_status
walk_parts(struct walk *w, dbn_sql_expr *e)
{
	TRY(walk_exprs(w, e->args, e->nargs));
	if (dbn_sql_has_query(e))
		return walk_query(w, e->query);
	if (e->kind != DBN_X_FUNC || !e->call)
		return DBN_OK;
	TRY(walk_orders(w, e->call->order, e->call->norder));
	TRY(walk_expr(w, &e->call->separator));
	TRY(walk_expr(w, &e->call->filter));
	return e->call->over ? walk_window(w, e->call->over) : DBN_OK;
}

static dbn_status
walk_expr(struct walk *w, dbn_sql_expr **e)
{
	bool skip;

	if (!*e)
		return DBN_OK;
	if (++w->depth > DBN_SQL_DEPTH_MAX)
		return DBN_E_LIMIT;
	VISIT(expr, e, skip);
	if (!skip) {
		if (*e)
			TRY(walk_parts(w, *e));
		if (*e)
			VISIT(expr_done, e, skip);
	}
	w->depth--;
	return DBN_OK;
}

static dbn_status
walk_scan(struct walk *w, dbn_sql_scan *scan)
{
	if (!scan)
		return DBN_OK;
	TRY(walk_expr(w, &scan->sample));
	return walk_expr(w, &scan->seed);
}

static dbn_status
walk_from(struct walk *w, dbn_sql_from **f)
{
	bool skip;

	if (!*f)
		return DBN_OK;
	if (++w->depth > DBN_SQL_DEPTH_MAX)
		return DBN_E_LIMIT;
	VISIT(from, f, skip);
	if (!skip && *f) {
		if ((*f)->kind == DBN_FROM_JOIN) {
			TRY(walk_from(w, &(*f)->left));
			TRY(walk_from(w, &(*f)->right));
			TRY(walk_expr(w, &(*f)->on));
		} else if ((*f)->kind == DBN_FROM_QUERY) {
			TRY(walk_query(w, (*f)->query));
		} else if ((*f)->kind == DBN_FROM_FUNCTION) {
			TRY(walk_exprs(w, (*f)->funcs, (*f)->nfuncs));
		} else {
			TRY(walk_scan(w, (*f)->scan));
		}
	}
	w->depth--;
	return DBN_OK;
}

static dbn_status
walk_items(struct walk *w, dbn_sql_item *items, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		TRY(walk_expr(w, &items[i].expr));
	return DBN_OK;
}

static dbn_status
walk_core(struct walk *w, dbn_sql_core *c)
{
	if (c->kind == DBN_CORE_VALUES)
		return walk_exprs(w, c->rows, c->nrows);
	if (c->kind == DBN_CORE_QUERY)
		return walk_query(w, c->query);
	TRY(walk_orders(w, c->on, c->non));
	TRY(walk_items(w, c->items, c->nitems));
	TRY(walk_from(w, &c->from));
	TRY(walk_expr(w, &c->where));
	TRY(walk_orders(w, c->group, c->ngroup));
	TRY(walk_expr(w, &c->having));
	for (uint32_t i = 0; i < c->nwindows; i++)
		TRY(walk_window(w, c->windows[i]));
	return DBN_OK;
}

static dbn_status
walk_with(struct walk *w, dbn_sql_with *with)
{
	for (uint32_t i = 0; with && i < with->nctes; i++)
		TRY(walk_query(w, with->ctes[i]->query));
	return DBN_OK;
}

static dbn_status
walk_query(struct walk *w, dbn_sql_query *q)
{
	bool skip;

	if (!q)
		return DBN_OK;
	if (++w->depth > DBN_SQL_DEPTH_MAX)
		return DBN_E_LIMIT;
	VISIT(query, q, skip);
	if (!skip) {
		TRY(walk_with(w, q->with));
		for (uint32_t i = 0; i < q->ncores; i++)
			TRY(walk_core(w, q->cores[i]));
		TRY(walk_orders(w, q->order, q->norder));
		TRY(walk_expr(w, &q->limit));
		TRY(walk_expr(w, &q->offset));
		VISIT(query_done, q, skip);
	}
	w->depth--;
	return DBN_OK;
}

static dbn_status
walk_sets(struct walk *w, dbn_sql_set *sets, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		TRY(walk_expr(w, &sets[i].expr));
	return DBN_OK;
}

static dbn_status
walk_stmt(struct walk *w, dbn_sql_stmt *s)
{
	TRY(walk_with(w, s->with));
	TRY(walk_from(w, &s->target));
	TRY(walk_query(w, s->query));
	TRY(walk_sets(w, s->sets, s->nsets));
	TRY(walk_from(w, &s->from));
	TRY(walk_expr(w, &s->where));
	TRY(walk_orders(w, s->order, s->norder));
	TRY(walk_expr(w, &s->limit));
	for (uint32_t i = 0; i < s->nupserts; i++) {
		dbn_sql_upsert *u = &s->upserts[i];

		TRY(walk_orders(w, u->target, u->ntarget));
		TRY(walk_expr(w, &u->target_where));
		TRY(walk_sets(w, u->sets, u->nsets));
		TRY(walk_expr(w, &u->where));
	}
	return walk_items(w, s->returning, s->nreturning);
}

dbn_status
dbn_sql_walk(dbn_sql_stmt *s, const dbn_sql_visitor *v)
{
	struct walk w = { v, 0 };

	return walk_stmt(&w, s);
}

dbn_status
dbn_sql_walk_expr(dbn_sql_expr **e, const dbn_sql_visitor *v)
{
	struct walk w = { v, 0 };

	return walk_expr(&w, e);
}

dbn_status
dbn_sql_walk_query(dbn_sql_query *q, const dbn_sql_visitor *v)
{
	struct walk w = { v, 0 };

	return walk_query(&w, q);
}

dbn_status
dbn_sql_walk_from(dbn_sql_from **f, const dbn_sql_visitor *v)
{
	struct walk w = { v, 0 };

	return walk_from(&w, f);
}
