/* SPDX-License-Identifier: MIT */
/*
 * What is known of columns.  A query level is read once: the equalities that
 * every row of its result meets give facts ("column c of from-item f is this
 * value"), from the outermost level inwards, so that an inner level may lean on
 * an outer one and never the other way.  A fact means: the result is the same
 * when f has no rows but those of that value.
 */
#include "plan/route_impl.h"

#define EDGES_MAX 256

dbn_status
dbn__route_too_deep(dbn__router *r)
{
	return dbn_fail(r->err, DBN_E_LIMIT, "the statement is nested too deep to be routed");
}

/* ---- columns ---- */

static const dbn_sql_column *
column_of(const dbn_sql_from *f, uint32_t ordinal, dbn_type *type)
{
	dbn_sql_outcol oc;

	*type = DBN_NULL;
	if (f->kind == DBN_FROM_RELATION) {
		if (!f->rel || ordinal >= f->rel->ncolumns)
			return NULL;
		*type = f->rel->columns[ordinal].type;
		return &f->rel->columns[ordinal];
	}
	if (f->kind == DBN_FROM_JOIN || !dbn_sql_from_col(f, ordinal, &oc))
		return NULL;
	*type = oc.type;
	return oc.rel && oc.ordinal < oc.rel->ncolumns ? &oc.rel->columns[oc.ordinal] : NULL;
}

/*
 * Are two values that the database takes for equal in this column one key?  Not
 * where letters fold or numbers round.
 */
static bool
exact(const dbn_sql_from *f, uint32_t ordinal)
{
	dbn_type type;
	const dbn_sql_column *c = column_of(f, ordinal, &type);

	switch (type) {
	case DBN_FLOAT: case DBN_DOUBLE:
		return false;
	case DBN_INT64: case DBN_UINT64: case DBN_BOOL:
		return true;
	default:
		return c && (c->flags & DBN_COL_BINARY);
	}
}

static bool
same_type(const dbn_sql_expr *a, const dbn_sql_expr *b)
{
	dbn_type ta, tb;

	(void)column_of(a->from, a->index, &ta);
	(void)column_of(b->from, b->index, &tb);
	return ta == tb;
}

/* ---- constants ---- */

/* A parameter of the user, or a literal. */
bool
dbn__route_constant(const dbn__router *r, const dbn_sql_expr *e, dbn_route_part *out)
{
	memset(out, 0, sizeof(*out));
	if (e->kind == DBN_X_PARAM) {
		out->param = e->index;
		return e->index > 0 && e->index <= r->s->nparams;
	}
	if (e->kind != DBN_X_LITERAL)
		return false;
	out->value = e->value;
	return true;
}

bool
dbn__route_is_column(const dbn_sql_expr *e)
{
	return e->kind == DBN_X_COLUMN && e->from && !(e->flags & DBN_XF_EXCLUDED);
}

const dbn_route_part *
dbn__route_known(const dbn__router *r, const dbn_sql_from *f, uint32_t ordinal)
{
	for (size_t i = 0; i < r->nfacts; i++)
		if (r->facts[i].from == f && r->facts[i].ordinal == ordinal)
			return &r->facts[i].part;
	return NULL;
}

bool
dbn__route_key_column(const dbn_placement *p, dbn_text name)
{
	for (size_t i = 0; p && i < p->ncolumns; i++)
		if (dbn_text_ieq(p->columns[i], name))
			return true;
	return false;
}

/* Nothing is said of what an UPDATE may change: RETURNING shows the new value. */
static bool
may_change(const dbn__router *r, const dbn_sql_from *f, uint32_t ordinal)
{
	return f == r->s->target && r->s->kind == DBN_STMT_UPDATE &&
		!(ordinal < f->rel->ncolumns && dbn__route_key_column(r->target, f->rel->columns[ordinal].name));
}

static dbn_status
learn(dbn__router *r, const dbn_sql_from *f, uint32_t ordinal, const dbn_route_part *part,
	bool *more)
{
	dbn__fact *at;

	if (dbn__route_known(r, f, ordinal) || may_change(r, f, ordinal) || !exact(f, ordinal))
		return DBN_OK;
	if (!dbn_arena_grow(r->a, &r->facts, &r->facts_cap, r->nfacts + 1, sizeof(*r->facts)))
		return dbn_fail_nomem(r->err);
	at = &r->facts[r->nfacts++];
	memset(at, 0, sizeof(*at));
	at->from = f;
	at->ordinal = ordinal;
	at->part = *part;
	*more = true;
	return DBN_OK;
}

/* ---- one level ---- */

static bool
mine(const dbn__router *r, const dbn_sql_from *f)
{
	for (size_t i = 0; i < r->nleaves; i++)
		if (r->leaves[i] == f)
			return true;
	return false;
}

/* a = b: a constant is learned at once, columns are followed when all are known. */
static dbn_status
equal(dbn__router *r, const dbn_sql_expr *a, const dbn_sql_expr *b)
{
	dbn_route_part part;
	bool more;

	if (!dbn__route_is_column(a)) {
		const dbn_sql_expr *t = a;

		a = b;
		b = t;
	}
	if (!dbn__route_is_column(a))
		return DBN_OK;
	if (dbn__route_constant(r, b, &part))
		return mine(r, a->from) ? learn(r, a->from, a->index, &part, &more) : DBN_OK;
	if (!dbn__route_is_column(b) || r->nedges >= EDGES_MAX)
		return DBN_OK;
	if (!dbn_arena_grow(r->a, &r->edges, &r->edges_cap, r->nedges + 1, sizeof(*r->edges)))
		return dbn_fail_nomem(r->err);
	r->edges[r->nedges].a = a;
	r->edges[r->nedges++].b = b;
	return DBN_OK;
}

/* What holds of every row that passes. */
static dbn_status
condition(dbn__router *r, const dbn_sql_expr *e, uint32_t depth)
{
	dbn_status rc = DBN_OK;

	if (!e)
		return DBN_OK;
	if (depth > DBN__ROUTE_DEPTH)
		return dbn__route_too_deep(r);
	if (e->kind == DBN_X_CHAIN && e->op == DBN_OP_AND && !e->ops) {
		for (uint32_t i = 0; rc == DBN_OK && i < e->nargs; i++)
			rc = condition(r, e->args[i], depth + 1);
		return rc;
	}
	if (e->kind == DBN_X_IN_LIST && e->nargs == 2 && !(e->flags & DBN_XF_NOT))
		return equal(r, e->args[0], e->args[1]);
	if (e->kind != DBN_X_COMPARE || e->op != DBN_OP_EQ)
		return DBN_OK;
	if (e->args[0]->kind != DBN_X_ROW || e->args[1]->kind != DBN_X_ROW)
		return equal(r, e->args[0], e->args[1]);
	for (uint32_t i = 0; rc == DBN_OK && i < e->args[0]->nargs && i < e->args[1]->nargs; i++)
		rc = equal(r, e->args[0]->args[i], e->args[1]->args[i]);
	return rc;
}

static dbn_status
from_tree(dbn__router *r, const dbn_sql_from *f, uint32_t depth)
{
	dbn_status rc;

	if (!f)
		return DBN_OK;
	if (depth > DBN__ROUTE_DEPTH)
		return dbn__route_too_deep(r);
	if (f->kind == DBN_FROM_JOIN) {
		rc = from_tree(r, f->left, depth + 1);
		if (rc == DBN_OK)
			rc = from_tree(r, f->right, depth + 1);
		if (rc == DBN_OK && (f->join == DBN_JOIN_INNER || f->join == DBN_JOIN_COMMA ||
			f->join == DBN_JOIN_CROSS))
			rc = condition(r, f->on, 0);
		return rc;
	}
	if (!dbn_arena_grow(r->a, &r->leaves, &r->leaves_cap, r->nleaves + 1, sizeof(*r->leaves)))
		return dbn_fail_nomem(r->err);
	r->leaves[r->nleaves++] = f;
	return DBN_OK;
}

/* to = e, where to is a column of this level. */
static dbn_status
follow(dbn__router *r, const dbn_sql_expr *to, const dbn_sql_expr *e, bool *more)
{
	const dbn_route_part *p;
	dbn_route_part part;

	if (!mine(r, to->from) || !same_type(to, e))
		return DBN_OK;
	p = dbn__route_known(r, e->from, e->index);
	if (!p)
		return DBN_OK;
	part = *p;
	return learn(r, to->from, to->index, &part, more);
}

/* ---- into derived tables ---- */

/* A function that sees more than its row, or may. */
static dbn_status
sees_more(dbn_sql_expr **at, void *user)
{
	const dbn__router *r = (const dbn__router *)user;
	const dbn_sql_expr *e = *at;

	if (e->kind != DBN_X_FUNC)
		return DBN_OK;
	if (e->call)
		return DBN_E_UNSUPPORTED;
	for (uint32_t i = 0; i < r->rw->result.nfuncs; i++) {
		const dbn_sql_func_use *u = &r->rw->result.funcs[i];

		if (u->expr == e)
			return !u->fact || (u->fact->flags & DBN_FN_WINDOW) ||
				((u->fact->flags & DBN_FN_AGGREGATE) &&
				!((u->fact->flags & DBN_FN_MINMAX) && e->nargs > 1)) ? DBN_E_UNSUPPORTED : DBN_OK;
	}
	return DBN_OK; /* a rule's: those see their row alone */
}

static bool
unlimited(const dbn_sql_query *q)
{
	return !q->offset && (!q->limit || (q->limit->kind == DBN_X_LITERAL &&
		q->limit->value.type == DBN_INT64 && q->limit->value.u.i64 < 0));
}

/* Is a condition on its outputs one on its rows?  Not where a row of the result
 * depends on rows that the condition would drop. */
static bool
transparent(dbn__router *r, dbn_sql_query *q)
{
	const dbn_sql_visitor v = { .expr = sees_more, .user = r };

	if (!unlimited(q))
		return false;
	for (uint32_t i = 0; i < q->norder; i++)
		if (q->order[i].expr && dbn_sql_walk_expr(&q->order[i].expr, &v) != DBN_OK)
			return false;
	for (uint32_t i = 0; i < q->ncores; i++) {
		dbn_sql_core *c = q->cores[i];

		if (c->kind != DBN_CORE_SELECT || c->ngroup || c->having || c->nwindows || c->non)
			return false;
		for (uint32_t k = 0; k < c->nitems; k++)
			if (dbn_sql_walk_expr(&c->items[k].expr, &v) != DBN_OK)
				return false;
	}
	return true;
}

static bool
leaf_of(const dbn_sql_from *tree, const dbn_sql_from *f, uint32_t depth)
{
	if (!tree || depth > DBN__ROUTE_DEPTH)
		return false;
	if (tree->kind != DBN_FROM_JOIN)
		return tree == f;
	return leaf_of(tree->left, f, depth + 1) || leaf_of(tree->right, f, depth + 1);
}

static dbn_status
push(dbn__router *r, const dbn_sql_from *f)
{
	dbn_status rc = DBN_OK;
	size_t n = r->nfacts;
	bool more;

	for (size_t i = 0; rc == DBN_OK && i < n; i++) {
		dbn__fact given = r->facts[i];

		for (uint32_t k = 0; given.from == f && rc == DBN_OK && k < f->query->ncores; k++) {
			const dbn_sql_core *c = f->query->cores[k];
			const dbn_sql_expr *e = given.ordinal < c->nitems ? c->items[given.ordinal].expr : NULL;
			dbn_type outer, inner;

			(void)column_of(f, given.ordinal, &outer);
			if (!e || !dbn__route_is_column(e))
				continue;
			(void)column_of(e->from, e->index, &inner);
			if (inner == outer && leaf_of(c->from, e->from, 0))
				rc = learn(r, e->from, e->index, &given.part, &more);
		}
	}
	return rc;
}

dbn_status
dbn__route_level(dbn__router *r, const dbn_sql_from *target, const dbn_sql_from *from,
	const dbn_sql_expr *where)
{
	bool more = true;
	dbn_status rc;

	r->nedges = r->nleaves = 0;
	rc = from_tree(r, target, 0);
	if (rc == DBN_OK)
		rc = from_tree(r, from, 0);
	if (rc == DBN_OK)
		rc = condition(r, where, 0);
	while (rc == DBN_OK && more) {
		more = false;
		for (size_t i = 0; rc == DBN_OK && i < r->nedges; i++) {
			rc = follow(r, r->edges[i].a, r->edges[i].b, &more);
			if (rc == DBN_OK)
				rc = follow(r, r->edges[i].b, r->edges[i].a, &more);
		}
	}
	for (size_t i = 0; rc == DBN_OK && i < r->nleaves; i++)
		if (r->leaves[i]->kind == DBN_FROM_QUERY && transparent(r, r->leaves[i]->query))
			rc = push(r, r->leaves[i]);
	return rc;
}

dbn_status
dbn__route_query(dbn_sql_query *q, void *user)
{
	dbn__router *r = (dbn__router *)user;
	dbn_status rc = DBN_OK;

	for (uint32_t i = 0; rc == DBN_OK && i < q->ncores; i++)
		if (q->cores[i]->kind == DBN_CORE_SELECT)
			rc = dbn__route_level(r, NULL, q->cores[i]->from, q->cores[i]->where);
	return rc;
}
