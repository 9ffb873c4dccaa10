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
		r->args = copy_exprs(c, e->args, e->nargs); /* bound columns need no full name */
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

static dbn_text *
copy_texts(struct copy *c, const dbn_text *t, uint32_t n)
{
	dbn_text *r = dup(c, t, n, sizeof(*t));

	for (uint32_t i = 0; r && i < n; i++)
		text(c, &r[i]);
	return r;
}

static dbn_sql_scan *
copy_scan(struct copy *c, const dbn_sql_scan *s)
{
	dbn_sql_scan *r = dup(c, s, s ? 1 : 0, sizeof(*s));

	if (!r)
		return NULL;
	r->partitions = copy_texts(c, s->partitions, s->npartitions);
	r->hints = dup(c, s->hints, s->nhints, sizeof(*s->hints));
	for (uint32_t i = 0; r->hints && i < s->nhints; i++)
		r->hints[i].names = copy_texts(c, s->hints[i].names, s->hints[i].nnames);
	text(c, &r->method);
	r->sample = copy_expr(c, s->sample);
	r->seed = copy_expr(c, s->seed);
	return r;
}

static dbn_sql_outcol *
copy_cols(struct copy *c, const dbn_sql_outcol *cols, uint32_t n)
{
	dbn_sql_outcol *r = dup(c, cols, n, sizeof(*cols));

	for (uint32_t i = 0; r && i < n; i++)
		text(c, &r[i].name);
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
		r->using_cols = copy_texts(c, f->using_cols, f->nusing);
		r->columns = copy_texts(c, f->columns, f->ncolumns);
		r->names = copy_texts(c, f->names, f->names ? dbn_sql_from_ncols(f) : 0);
		r->scan = copy_scan(c, f->scan);
		r->funcs = copy_exprs(c, f->funcs, f->nfuncs);
		r->cols = copy_cols(c, f->cols, f->ncols);
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
		r->ctes[i]->columns = copy_texts(c, with->ctes[i]->columns, with->ctes[i]->ncolumns);
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
	r->on = copy_orders(c, o->on, o->non);
	r->query = o->query ? copy_query(c, o->query) : NULL;
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

static dbn_sql_lock *
copy_locks(struct copy *c, const dbn_sql_lock *l, uint32_t n)
{
	dbn_sql_lock *r = dup(c, l, n, sizeof(*l));

	for (uint32_t i = 0; r && i < n; i++) {
		r[i].names = copy_texts(c, l[i].names, l[i].nnames);
		r[i].items = dup(c, l[i].items, l[i].nitems, sizeof(dbn_sql_from *));
		for (uint32_t k = 0; r[i].items && k < r[i].nitems; k++) {
			void *now = twin(c, r[i].items[k]);

			if (now)
				r[i].items[k] = now;
		}
	}
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
		r->cols = copy_cols(c, q->cols, q->ncols);
		r->cores = dup(c, q->cores, q->ncores, sizeof(*q->cores));
		for (uint32_t i = 0; r->cores && i < q->ncores; i++)
			r->cores[i] = copy_core(c, q->cores[i]);
		r->order = copy_orders(c, q->order, q->norder);
		r->limit = copy_expr(c, q->limit);
		r->offset = copy_expr(c, q->offset);
		r->locks = copy_locks(c, q->locks, q->nlocks);
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
