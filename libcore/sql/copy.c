/* SPDX-License-Identifier: MIT */
/*
 * Deep copies.  From-items and CTEs made inside of the copy are remembered while
 * the query that shows them is being copied, so that columns find their twin;
 * the list is as long as what is visible, not as the tree is large.
 */
#include <string.h>

#include "sql/tree.h"

struct pair {
	const void *was;
	void *now;
};

struct copy {
	dbn_arena *a;
	struct pair *pairs;
	size_t npairs, cap;
	uint32_t depth;
	bool failed;
};

static dbn_sql_query *copy_query(struct copy *c, const dbn_sql_query *q);
static dbn_sql_expr *copy_expr(struct copy *c, const dbn_sql_expr *e);

static void
remember(struct copy *c, const void *was, void *now)
{
	if (!now || !dbn_grow(&c->pairs, &c->cap, c->npairs + 1, sizeof(*c->pairs))) {
		c->failed = true;
		return;
	}
	c->pairs[c->npairs].was = was;
	c->pairs[c->npairs++].now = now;
}

static void *
twin(const struct copy *c, const void *was)
{
	for (size_t i = c->npairs; i > 0; i--) {
		if (c->pairs[i - 1].was == was)
			return c->pairs[i - 1].now;
	}
	return NULL;
}

/* A flat copy of n things. */
static void *
dup(struct copy *c, const void *p, size_t n, size_t size)
{
	void *r;

	if (!n || !p)
		return NULL;
	r = dbn_arena_memdup(c->a, p, n * size);
	if (!r)
		c->failed = true;
	return r;
}

static void
text(struct copy *c, dbn_text *t)
{
	if (!t->ptr || !t->len)
		return;
	*t = dbn_arena_text(c->a, *t);
	if (!t->ptr)
		c->failed = true;
}

/* Names and literals must not point into the arena they came from. */
static void
own_texts(struct copy *c, dbn_sql_expr *e)
{
	text(c, &e->text);
	if (e->kind == DBN_X_COLUMN || e->kind == DBN_X_STAR) {
		text(c, &e->qual);
	} else if (e->kind == DBN_X_LITERAL && e->value.type >= DBN_DECIMAL &&
		(e->value.type <= DBN_BYTES || e->value.type >= DBN_UUID)) {
		e->value.u.ptr = dbn_arena_strndup(c->a, e->value.u.ptr, (size_t)e->value.len);
		if (!e->value.u.ptr)
			c->failed = true;
	}
}

static dbn_sql_expr **
copy_exprs(struct copy *c, dbn_sql_expr *const *args, uint32_t n)
{
	dbn_sql_expr **r = dup(c, args, n, sizeof(*args));

	for (uint32_t i = 0; r && i < n; i++)
		r[i] = copy_expr(c, args[i]);
	return r;
}

static dbn_sql_order *
copy_orders(struct copy *c, const dbn_sql_order *o, uint32_t n)
{
	dbn_sql_order *r = dup(c, o, n, sizeof(*o));

	for (uint32_t i = 0; r && i < n; i++)
		r[i].expr = copy_expr(c, o[i].expr);
	return r;
}

static dbn_sql_window *
copy_window(struct copy *c, const dbn_sql_window *o)
{
	dbn_sql_window *r = dup(c, o, 1, sizeof(*o));

	if (!r)
		return NULL;
	text(c, &r->name);
	text(c, &r->base);
	r->partition = copy_exprs(c, o->partition, o->npartition);
	r->order = copy_orders(c, o->order, o->norder);
	r->start_expr = copy_expr(c, o->start_expr);
	r->end_expr = copy_expr(c, o->end_expr);
	return r;
}

static void
copy_call(struct copy *c, dbn_sql_expr *r, const dbn_sql_expr *e)
{
	if (!e->call)
		return;
	r->call = dup(c, e->call, 1, sizeof(*e->call));
	if (!r->call)
		return;
	r->call->filter = copy_expr(c, e->call->filter);
	r->call->over = e->call->over ? copy_window(c, e->call->over) : NULL;
	r->call->order = copy_orders(c, e->call->order, e->call->norder);
	r->call->separator = copy_expr(c, e->call->separator);
	r->call->form = e->call->form ? dup(c, e->call->form, strlen(e->call->form) + 1, 1) : NULL;
}

static dbn_sql_expr *
copy_expr(struct copy *c, const dbn_sql_expr *e)
{
	dbn_sql_expr *r;
	void *now;

	if (!e || c->failed)
		return NULL;
	if (++c->depth > DBN_SQL_DEPTH_MAX) {
		c->failed = true;
		return NULL;
	}
	r = dup(c, e, 1, sizeof(*e));
	if (r) {
		own_texts(c, r);
		r->args = copy_exprs(c, e->args, e->nargs);
		if (e->kind == DBN_X_COLUMN && (now = twin(c, e->from)) != NULL)
			r->from = now;
		else if (e->kind == DBN_X_FUNC)
			copy_call(c, r, e);
		else if (dbn_sql_has_query(e))
			r->query = copy_query(c, e->query);
	}
	c->depth--;
	return r;
}

static dbn_sql_from *
copy_from(struct copy *c, const dbn_sql_from *f)
{
	dbn_sql_from *r;
	void *now;

	if (!f || c->failed)
		return NULL;
	if (++c->depth > DBN_SQL_DEPTH_MAX) {
		c->failed = true;
		return NULL;
	}
	r = dup(c, f, 1, sizeof(*f));
	if (r) {
		r->id = 0;
		text(c, &r->alias);
		text(c, &r->name.database);
		text(c, &r->name.schema);
		text(c, &r->name.name);
		r->using_cols = dup(c, f->using_cols, f->nusing, sizeof(*f->using_cols));
		for (uint32_t i = 0; r->using_cols && i < f->nusing; i++)
			text(c, &r->using_cols[i]);
		r->left = copy_from(c, f->left);
		r->right = copy_from(c, f->right);
		r->query = f->query ? copy_query(c, f->query) : NULL;
		if (f->cte && (now = twin(c, f->cte)) != NULL)
			r->cte = now;
		remember(c, f, r);
		r->on = copy_expr(c, f->on);
	}
	c->depth--;
	return r;
}

static dbn_sql_with *
copy_with(struct copy *c, const dbn_sql_with *with)
{
	dbn_sql_with *r = dup(c, with, 1, sizeof(*with));

	if (!r)
		return NULL;
	r->ctes = dup(c, with->ctes, with->nctes, sizeof(*with->ctes));
	for (uint32_t i = 0; r->ctes && i < with->nctes; i++) {
		r->ctes[i] = dup(c, with->ctes[i], 1, sizeof(*with->ctes[i]));
		remember(c, with->ctes[i], r->ctes[i]);
		if (!r->ctes[i])
			break;
		r->ctes[i]->id = 0;
		text(c, &r->ctes[i]->name);
		r->ctes[i]->columns = dup(c, with->ctes[i]->columns, with->ctes[i]->ncolumns,
			sizeof(dbn_text));
		for (uint32_t k = 0; r->ctes[i]->columns && k < r->ctes[i]->ncolumns; k++)
			text(c, &r->ctes[i]->columns[k]);
	}
	for (uint32_t i = 0; !c->failed && i < with->nctes; i++)
		r->ctes[i]->query = copy_query(c, with->ctes[i]->query);
	return r;
}

static dbn_sql_core *
copy_core(struct copy *c, const dbn_sql_core *o)
{
	dbn_sql_core *r = dup(c, o, 1, sizeof(*o));
	size_t mark = c->npairs;

	if (!r)
		return NULL;
	r->from = copy_from(c, o->from);
	r->items = dup(c, o->items, o->nitems, sizeof(*o->items));
	for (uint32_t i = 0; r->items && i < o->nitems; i++) {
		r->items[i].expr = copy_expr(c, o->items[i].expr);
		text(c, &r->items[i].alias);
		text(c, &r->items[i].span);
		text(c, &r->items[i].written);
	}
	r->where = copy_expr(c, o->where);
	r->group = copy_orders(c, o->group, o->ngroup);
	r->having = copy_expr(c, o->having);
	r->windows = dup(c, o->windows, o->nwindows, sizeof(*o->windows));
	for (uint32_t i = 0; r->windows && i < o->nwindows; i++)
		r->windows[i] = copy_window(c, o->windows[i]);
	r->rows = copy_exprs(c, o->rows, o->nrows);
	/* ORDER BY of a single core may name its from-items: kept until then. */
	if (o->set != DBN_SET_FIRST)
		c->npairs = mark;
	return r;
}

static dbn_sql_query *
copy_query(struct copy *c, const dbn_sql_query *q)
{
	size_t mark = c->npairs;
	dbn_sql_query *r;

	if (!q || c->failed)
		return NULL;
	if (++c->depth > DBN_SQL_DEPTH_MAX) {
		c->failed = true;
		return NULL;
	}
	r = dup(c, q, 1, sizeof(*q));
	if (r) {
		r->with = q->with ? copy_with(c, q->with) : NULL;
		r->cols = dup(c, q->cols, q->ncols, sizeof(*q->cols));
		for (uint32_t i = 0; r->cols && i < q->ncols; i++)
			text(c, &r->cols[i].name);
		r->cores = dup(c, q->cores, q->ncores, sizeof(*q->cores));
		for (uint32_t i = 0; r->cores && i < q->ncores; i++)
			r->cores[i] = copy_core(c, q->cores[i]);
		r->order = copy_orders(c, q->order, q->norder);
		r->limit = copy_expr(c, q->limit);
		r->offset = copy_expr(c, q->offset);
	}
	c->npairs = mark;
	c->depth--;
	return r;
}

dbn_sql_expr *
dbn_sql_expr_copy_onto(dbn_arena *a, const dbn_sql_expr *e, const dbn_sql_from *was,
	dbn_sql_from *now)
{
	struct copy c = { .a = a };
	dbn_sql_expr *r;

	if (was)
		remember(&c, was, now);
	r = copy_expr(&c, e);
	dbn_free(c.pairs);
	return c.failed ? NULL : r;
}

dbn_sql_expr *
dbn_sql_expr_copy(dbn_arena *a, const dbn_sql_expr *e)
{
	return dbn_sql_expr_copy_onto(a, e, NULL, NULL);
}

dbn_sql_query *
dbn_sql_query_copy(dbn_arena *a, const dbn_sql_query *q)
{
	struct copy c = { .a = a };
	dbn_sql_query *r = copy_query(&c, q);

	dbn_free(c.pairs);
	return c.failed ? NULL : r;
}
