/* SPDX-License-Identifier: MIT */
/*
 * Guards: a condition that can fail, or tell something, is kept away from hidden
 * rows, because the database may well evaluate it before the rule.
 */
#include "plan/rewrite_impl.h"

/* x.ok = 0: the row of x is hidden (NULL on the empty side of an outer join). */
static dbn_status
hidden_of(dbn__rw *rw, dbn_sql_from *f, bool grouped, dbn_sql_expr **any)
{
	dbn__item *it = NULL;
	dbn_sql_expr *e;

	if (!f)
		return DBN_OK;
	if (f->kind == DBN_FROM_JOIN) {
		TRY(dbn__rw_deeper(rw));
		TRY(hidden_of(rw, f->left, grouped, any));
		TRY(hidden_of(rw, f->right, grouped, any));
		rw->depth--;
		return DBN_OK;
	}
	it = dbn__rw_item(rw, f);
	if (!it || !it->ruled)
		return DBN_OK;
	if (it->ok == UINT32_MAX) {
		/* A subquery over hidden rows: it is computed before anything is asked of it. */
		dbn_sql_query *q = f->kind == DBN_FROM_CTE ? (f->cte->recursive ? NULL : f->cte->query)
			: f->query;

		if (q && !q->limit)
			q->limit = dbn_sql_literal_int(rw->a, -1);
		return !q || q->limit ? DBN_OK : dbn__rw_nomem(rw);
	}
	f->query->cores[0]->items[it->ok].flags &= ~(uint32_t)DBN_ITEM_SKIP;
	e = dbn_sql_column_ref(rw->a, f, it->ok);
	if (grouped)
		e = dbn_sql_func(rw->a, "min", 1, e);
	e = dbn_sql_compare(rw->a, DBN_OP_EQ, e, dbn_sql_literal_int(rw->a, 0));
	*any = e && *any ? dbn_sql_or(rw->a, *any, e) : e;
	return *any ? DBN_OK : dbn__rw_nomem(rw);
}

/* And of what LATERAL sees besides. */
static dbn_status
hidden_left(dbn__rw *rw, dbn_sql_expr **any)
{
	for (const dbn__left *l = rw->left; l; l = l->outer)
		TRY(hidden_of(rw, l->f, false, any));
	return DBN_OK;
}

/* What only functions in FROM have: a row to the left that is hidden gives NULL. */
dbn_status
dbn__rw_guard_args(dbn__rw *rw, dbn_sql_expr *e)
{
	for (uint32_t i = 0; !rw->dry && i < e->nargs; i++) {
		dbn_sql_expr *hidden = NULL, *arg = e->args[i];

		if (arg->kind == DBN_X_LITERAL || arg->kind == DBN_X_PARAM)
			continue;
		TRY(hidden_left(rw, &hidden));
		if (!hidden)
			continue;
		e->args[i] = dbn_sql_case(rw->a, dbn_sql_not(rw->a, dbn_sql_case(rw->a, hidden,
			dbn_sql_literal_bool(rw->a, true), dbn_sql_literal_bool(rw->a, false))), arg, NULL);
		if (!e->args[i])
			return dbn__rw_nomem(rw);
	}
	return DBN_OK;
}

static dbn_status
guard(dbn__rw *rw, dbn_sql_expr **e, dbn_sql_from *from, bool grouped, const dbn_sql_expr *visible)
{
	dbn_sql_expr *hidden = NULL, *v;

	if (rw->dry)
		return DBN_OK;
	TRY(hidden_of(rw, from, grouped, &hidden));
	TRY(hidden_left(rw, &hidden));
	if (hidden)
		*e = dbn_sql_case(rw->a, hidden, dbn_sql_literal_bool(rw->a, false), *e);
	if (visible && *e) {
		v = dbn_sql_expr_copy(rw->a, visible);
		*e = v ? dbn_sql_case(rw->a, v, *e, dbn_sql_literal_bool(rw->a, false)) : NULL;
	}
	return *e ? DBN_OK : dbn__rw_nomem(rw);
}

static dbn_status
conjunct(dbn__rw *rw, dbn_sql_expr **e, dbn_sql_from *from, bool grouped,
	const dbn_sql_expr *visible, bool *all)
{
	uint8_t taint = RW_CLEAR;
	bool safe = true;

	TRY(dbn__rw_expr(rw, *e, &taint, &safe));
	if (rw->s->target && !rw->dry)
		TRY(dbn__rw_substitute(rw, e));
	safe &= dbn_sql_is_truth(rw->in->dialect, *e);
	*all &= safe;
	return safe ? DBN_OK : guard(rw, e, from, grouped, visible);
}

static dbn_status
conjuncts(dbn__rw *rw, dbn_sql_expr **where, dbn_sql_from *from, bool grouped,
	const dbn_sql_expr *visible, bool *safe)
{
	*safe = true;
	if (!*where)
		return DBN_OK;
	if ((*where)->kind != DBN_X_CHAIN || (*where)->op != DBN_OP_AND)
		return conjunct(rw, where, from, grouped, visible, safe);
	for (uint32_t i = 0; i < (*where)->nargs; i++)
		TRY(conjunct(rw, &(*where)->args[i], from, grouped, visible, safe));
	return DBN_OK;
}

dbn_status
dbn__rw_where(dbn__rw *rw, dbn_sql_expr **where, dbn_sql_from *from, const dbn_sql_expr *visible,
	bool *safe)
{
	return conjuncts(rw, where, from, false, visible, safe);
}

static dbn_status
sees_groups(dbn_sql_expr **e, void *user)
{
	const dbn__rw *rw = user;
	const dbn_sql_func_fact *f;

	if (dbn_sql_has_query(*e))
		return DBN_SQL_SKIP;
	if ((*e)->kind != DBN_X_FUNC || ((*e)->call && (*e)->call->over))
		return DBN_OK;
	f = dbn_sql_function(rw->in->dialect, (*e)->text);
	return f && (f->flags & DBN_FN_AGGREGATE) ? DBN_E_UNSUPPORTED : DBN_OK;
}

/* MySQL: without groups and aggregates HAVING is about rows.  Most of it has become
 * WHERE when it was resolved. */
static bool
of_rows(dbn__rw *rw, dbn_sql_core *c)
{
	const dbn_sql_visitor v = { .expr = sees_groups, .user = rw };

	if (rw->in->dialect->id != DBN_DIALECT_MYSQL || c->ngroup || !c->having)
		return false;
	for (uint32_t i = 0; i < c->nitems; i++)
		if (dbn_sql_walk_expr(&c->items[i].expr, &v) != DBN_OK)
			return false;
	return dbn_sql_walk_expr(&c->having, &v) == DBN_OK;
}

/* Over groups: an aggregate says whether they are of visible rows, and keeps the
 * condition from being moved down to the rows.  SQLite moves none, and min() would
 * change what columns beside it show. */
dbn_status
dbn__rw_having(dbn__rw *rw, dbn_sql_core *c, bool ruled, bool *safe)
{
	bool rows = of_rows(rw, c);
	uint32_t pos = c->having ? c->having->pos : c->pos;

	TRY(conjuncts(rw, &c->having, rows ? NULL : c->from, !rows &&
		rw->in->dialect->id != DBN_DIALECT_SQLITE, NULL, safe));
	if (rows && ruled && !*safe)
		return dbn_fail_at(rw->err, DBN_E_UNSUPPORTED, pos, "Write it as WHERE.",
			"HAVING without GROUP BY, of a condition that can fail, over hidden rows");
	return DBN_OK;
}
