/* SPDX-License-Identifier: MIT */
/*
 * Outputs and what refers to them: names, stars, ORDER BY and GROUP BY by alias
 * or number.
 */
#include <string.h>

#include "sql/resolver.h"

struct list {
	dbn_sql_item *items;
	dbn_sql_outcol *cols;
	size_t cap, ccap;
	uint32_t n;
};

static bool
add(dbn_sql_resolver *r, struct list *l, const dbn_sql_item *it, const dbn_sql_outcol *c)
{
	if (l->n >= DBN_SQL_MAX_COLUMNS)
		return dbn_sql__rlimit(r, it->expr->pos, "too many columns in the result: the "
			"limit is 2000");
	if (!dbn_arena_grow(r->a, &l->items, &l->cap, (size_t)l->n + 1, sizeof(*l->items)) ||
		!dbn_arena_grow(r->a, &l->cols, &l->ccap, (size_t)l->n + 1, sizeof(*l->cols)))
		return dbn_sql__rnomem(r);
	l->items[l->n] = *it;
	l->cols[l->n++] = *c;
	return true;
}

static bool
add_star(dbn_sql_resolver *r, dbn_sql_expr *e, dbn_text name, void *user)
{
	dbn_sql_item it = { .expr = e, .span = name };
	dbn_sql_outcol c;

	if (!dbn_sql__plain(e, &c))
		c.type = e->type;
	c.name = name;
	return add(r, user, &it, &c);
}

/* The name the original text would have given. */
static bool
describe(dbn_sql_resolver *r, const dbn_sql_item *it, uint32_t n, dbn_sql_outcol *c)
{
	if (!dbn_sql__plain(it->expr, c)) {
		c->type = it->expr->type;
		/* SQLite and MySQL say true as 1. */
		if (c->type == DBN_BOOL && r->d->id != DBN_DIALECT_POSTGRES)
			c->type = DBN_NULL;
	}
	if (!it->alias.len)
		return dbn_sql__output_name(r, it, n, &c->name);
	c->name = it->alias;
	return true;
}

/* An output is one value: (SELECT a, b) is none, and (a, b) on PostgreSQL alone. */
static bool
one_value(dbn_sql_resolver *r, const dbn_sql_expr *e)
{
	uint32_t n = e->kind == DBN_X_ROW ? e->nargs : e->kind == DBN_X_SUBQUERY ? e->query->ncols : 1;

	if (e->kind == DBN_X_ROW ? r->d->id == DBN_DIALECT_POSTGRES : n == 1)
		return true;
	return dbn_sql__rfail(r, e->pos, "Give each value an output of its own.",
		"a row of %u values as an output", n);
}

bool
dbn_sql__ritems(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_item **items, uint32_t *n,
	dbn_sql_outcol **cols)
{
	struct list l = { 0 };
	dbn_sql_outcol c;

	for (uint32_t i = 0; i < *n; i++) {
		dbn_sql_item *it = &(*items)[i];
		const dbn_sql_expr *e = it->expr;

		while (e->kind == DBN_X_COLLATE)
			e = e->args[0];
		if (e->kind == DBN_X_COLUMN)
			it->written = e->text;
		if (it->expr->kind == DBN_X_STAR) {
			if (!dbn_sql__star(r, sc, it->expr, add_star, &l))
				return false;
		} else if (!dbn_sql__rexpr(r, sc, &it->expr) || !one_value(r, it->expr) || !describe(r, it, l.n, &c) ||
			!add(r, &l, it, &c)) {
			return false;
		}
	}
	*items = l.items;
	*n = l.n;
	*cols = l.cols;
	return true;
}

/* The column so far that has the name; DBN_INDEX_END: none. */
static uint32_t
column_named(dbn_sql_resolver *r, const dbn_sql_query *q, const dbn_index *names, dbn_text name,
	uint64_t hash)
{
	uint32_t k = dbn_index_first(names, hash);

	while (k != DBN_INDEX_END && !dbn_sql_same_name(r->d, q->cols[k].name, name))
		k = dbn_index_next(names, k);
	return k;
}

/* A derived table's columns are called as they are written (SELECT A gives A,
 * where a statement's own output would be called a), and told apart: a, a:1. */
bool
dbn_sql__unique_names(dbn_sql_resolver *r, dbn_sql_query *q)
{
	const dbn_sql_core *c = q->cores[0];
	uint32_t *again = dbn_arena_array(r->a, q->ncols, sizeof(*again));
	dbn_index names = { NULL, 0, NULL, 0, 0 };

	if (!again)
		return dbn_sql__rnomem(r);
	while (c->kind == DBN_CORE_QUERY)
		c = c->query->cores[0];
	for (uint32_t i = 0; c->kind == DBN_CORE_SELECT && i < c->nitems; i++)
		if (c->items[i].written.len && !c->items[i].alias.len)
			q->cols[i].name = c->items[i].written;
	for (uint32_t i = 0; i < q->ncols; i++) {
		dbn_text base = q->cols[i].name;
		uint64_t h = dbn_hash_name(base, 0);
		uint32_t first = column_named(r, q, &names, base, h), taken = first;

		/* What was told apart before begins where that ended. */
		for (char *z; taken != DBN_INDEX_END; taken = column_named(r, q, &names, q->cols[i].name, h)) {
			z = dbn_arena_printf(r->a, "%.*s:%u", DBN_TEXT_ARG(base), ++again[first]);
			if (!z)
				return dbn_sql__rnomem(r);
			q->cols[i].name = dbn_text_z(z);
			h = dbn_hash_name(q->cols[i].name, 0);
		}
		if (!dbn_index_add(&names, r->a, h))
			return dbn_sql__rnomem(r);
	}
	return true;
}

/* ---- ORDER BY, GROUP BY ---- */

static dbn_sql_expr **
behind_collate(dbn_sql_expr **e)
{
	while ((*e)->kind == DBN_X_COLLATE)
		e = &(*e)->args[0];
	return e;
}

/* An integer stands for an output: 1 yes, 0 no, -1 an error. */
static int
by_number(dbn_sql_resolver *r, const dbn_sql_expr *e, uint32_t n, uint32_t *output)
{
	int64_t v;
	bool negative = false;

	while (e->kind == DBN_X_UNARY && (e->op == DBN_OP_NEG || e->op == DBN_OP_POS)) {
		negative = negative != (e->op == DBN_OP_NEG);
		e = e->args[0];
	}
	if (e->kind != DBN_X_LITERAL || e->value.type != DBN_INT64)
		return 0;
	v = e->value.u.i64;
	if (negative || v < 1 || v > n) {
		dbn_sql__rfail(r, e->pos, NULL, "column number %s%lld is out of range: 1 to %u",
			negative ? "-" : "", (long long)v, n);
		return -1;
	}
	*output = (uint32_t)v;
	return 1;
}

static uint32_t
by_alias(const dbn_sql_dialect *d, const dbn_sql_expr *e, const dbn_sql_item *items, uint32_t n)
{
	if (e->kind != DBN_X_COLUMN || e->qual.len)
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		if (items[i].alias.len && dbn_sql_same_name(d, items[i].alias, e->text))
			return i + 1;
	}
	return 0;
}

/* PostgreSQL: any output by its name, also one that it has of itself. */
static uint32_t
by_name(const dbn_sql_dialect *d, const dbn_sql_expr *e, const dbn_sql_query *q)
{
	if (d->id != DBN_DIALECT_POSTGRES || e->kind != DBN_X_COLUMN || e->qual.len)
		return 0;
	for (uint32_t i = 0; i < q->ncols; i++)
		if (dbn_text_eq(q->cols[i].name, e->text))
			return i + 1;
	return 0;
}

static bool
same_column(const dbn_sql_expr *a, const dbn_sql_expr *b)
{
	return a->kind == DBN_X_COLUMN && b->kind == DBN_X_COLUMN && a->from == b->from &&
		a->index == b->index && (a->flags & DBN_XF_EXCLUDED) == (b->flags & DBN_XF_EXCLUDED);
}

/* PostgreSQL: is another output, of something else, called like this one? */
static bool
two_named(const dbn_sql_dialect *d, const dbn_sql_expr *e, const dbn_sql_core *c,
	const dbn_sql_query *q, uint32_t output)
{
	for (uint32_t i = output; d->id == DBN_DIALECT_POSTGRES && i < q->ncols; i++)
		if (dbn_text_eq(q->cols[i].name, e->text) &&
			!same_column(c->items[i].expr, c->items[output - 1].expr))
			return true;
	return false;
}

/* The term is that output: its expression is put in its place too. */
static bool
becomes(dbn_sql_resolver *r, const dbn_sql_core *c, dbn_sql_order *o, uint32_t output)
{
	o->output = output;
	if (c->kind != DBN_CORE_SELECT || output > c->nitems)
		return true;
	return dbn_sql__copy(r, c->items[output - 1].expr, behind_collate(&o->expr));
}

static bool
collations(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_expr *e)
{
	/* The operand is resolved already: only the names are looked at. */
	for (; e->kind == DBN_X_COLLATE; e = e->args[0]) {
		dbn_sql_expr *parts[1], probe = *e;
		dbn_sql_expr null = { .kind = DBN_X_LITERAL }, *p = &probe;

		parts[0] = &null;
		probe.args = parts;
		if (!dbn_sql__rexpr(r, sc, &p))
			return false;
		e->text = probe.text;
	}
	return true;
}

/* In a set operation: an output of any of its parts, by name. */
static uint32_t
by_any_name(const dbn_sql_dialect *d, const dbn_sql_query *q, const dbn_sql_expr *e)
{
	/* Elsewhere than on SQLite the first part alone gives names. */
	for (uint32_t i = 0; i < (d->id == DBN_DIALECT_SQLITE ? q->ncores : 1); i++) {
		const dbn_sql_core *c = q->cores[i];
		uint32_t k = by_alias(d, e, c->items, c->nitems);
		dbn_sql_outcol col;

		if (k)
			return k;
		if (e->kind != DBN_X_COLUMN || e->qual.len)
			continue;
		for (k = 0; c->kind == DBN_CORE_QUERY && k < c->query->ncols; k++)
			if (dbn_sql_same_name(d, c->query->cols[k].name, e->text))
				return k + 1;
		for (k = 0; k < c->nitems; k++) {
			if (!c->items[k].alias.len && dbn_sql__plain(c->items[k].expr, &col) &&
				dbn_sql_same_name(d, col.name, e->text))
				return k + 1;
		}
	}
	return 0;
}

static bool
order_set(dbn_sql_resolver *r, dbn_sql_query *q, dbn_sql_order *o)
{
	dbn_sql_expr *e = *behind_collate(&o->expr);
	int k = by_number(r, e, q->ncols, &o->output);

	if (k < 0)
		return false;
	if (k == 0)
		o->output = by_any_name(r->d, q, e);
	if (!o->output)
		return dbn_sql__rfail(r, e->pos, "Name or number an output, or select from the "
			"set.",
			"ORDER BY of a set operation with anything but an output");
	return becomes(r, q->cores[0], o, o->output) && collations(r, NULL, o->expr);
}

static bool
order_one(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_query *q, dbn_sql_order *o)
{
	const dbn_sql_core *c = q->cores[0];
	dbn_sql_expr *e = *behind_collate(&o->expr);
	uint32_t output;
	int k;

	/* On PostgreSQL an output stands there alone: n COLLATE x is an expression. */
	if (e != o->expr && r->d->id == DBN_DIALECT_POSTGRES)
		return dbn_sql__rexpr(r, sc, &o->expr);
	output = by_alias(r->d, e, c->items, c->nitems);
	if (!output)
		output = by_name(r->d, e, q);
	if (output && two_named(r->d, e, c, q, output))
		return dbn_sql__rfail(r, e->pos, "Sort by its number.",
			"ORDER BY with the name of two outputs: %.*s", DBN_TEXT_ARG(e->text));
	k = output ? 1 : by_number(r, e, q->ncols, &output);

	if (k < 0)
		return false;
	if (k > 0)
		return becomes(r, c, o, output) && collations(r, sc, o->expr);
	return dbn_sql__rexpr(r, sc, &o->expr);
}

bool
dbn_sql__rorder(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_query *q)
{
	/* MySQL: in an expression too, where no table has a column of that name. */
	if (r->d->id == DBN_DIALECT_MYSQL)
		sc->aliases = DBN_SQL_ALIAS_IN_HAVING;
	sc->ordering = true;
	for (uint32_t i = 0; i < q->norder; i++) {
		bool one = q->ncores == 1 && q->cores[0]->kind == DBN_CORE_SELECT;

		if (!(one ? order_one(r, sc, q, &q->order[i]) : order_set(r, q, &q->order[i])))
			return false;
	}
	return true;
}

bool
dbn_sql__ron(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_core *c,
	const dbn_sql_outcol *cols)
{
	dbn_sql_core *one[1] = { c };
	dbn_sql_outcol *names = dbn_arena_memdup(r->a, cols, c->nitems * sizeof(*cols));
	dbn_sql_query q = { .cores = one, .ncores = 1, .cols = names, .ncols = c->nitems };

	if (!names)
		return dbn_sql__rnomem(r);
	for (uint32_t i = 0; i < c->non; i++)
		if (!order_one(r, sc, &q, &c->on[i]))
			return false;
	return true;
}

/* A leaf of ROLLUP, CUBE or GROUPING SETS. */
static bool
group_leaf(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_core *c, dbn_sql_expr **e)
{
	dbn_sql_order o = { .expr = *e };
	uint32_t output = 0;
	dbn_sql_expr *leaf;
	int k = by_number(r, *e, c->nitems, &output);

	if (k < 0)
		return false;
	if (k == 0)
		return dbn_sql__rexpr(r, sc, e);
	leaf = dbn_sql_expr_new(r->a, DBN_X_GROUPING, DBN_OP_NONE, (*e)->pos, 1);
	if (!leaf)
		return dbn_sql__rnomem(r);
	if (!becomes(r, c, &o, output))
		return false;
	leaf->args[0] = o.expr;
	leaf->index = output;
	*e = leaf;
	return true;
}

static bool
group_sets(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_core *c, dbn_sql_expr **e)
{
	bool good = true;

	if ((*e)->kind != DBN_X_GROUPING && (*e)->kind != DBN_X_ROW)
		return group_leaf(r, sc, c, e);
	if (!dbn_sql__down(r, (*e)->pos))
		return false;
	for (uint32_t i = 0; good && i < (*e)->nargs; i++)
		good = group_sets(r, sc, c, &(*e)->args[i]);
	r->depth--;
	return good;
}

bool
dbn_sql__rgroup(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_core *c)
{
	for (uint32_t i = 0; i < c->ngroup; i++) {
		dbn_sql_order *o = &c->group[i];
		uint32_t output = 0;
		int k;

		if (o->expr->kind == DBN_X_GROUPING || (o->expr->kind == DBN_X_ROW &&
			r->d->id == DBN_DIALECT_POSTGRES)) {
			if (!group_sets(r, sc, c, &o->expr))
				return false;
			continue;
		}
		k = by_number(r, o->expr, c->nitems, &output);
		if (k < 0)
			return false;
		if (k > 0 ? !becomes(r, c, o, output) : !dbn_sql__rexpr(r, sc, &o->expr))
			return false;
	}
	return true;
}
