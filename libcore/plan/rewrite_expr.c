/* SPDX-License-Identifier: MIT */
/*
 * Expressions: how much of a value is the policy's, and whether computing it can
 * fail.  Masked values are followed to every place where they are used.
 */
#include "plan/rewrite_impl.h"

static dbn_status
column(dbn__rw *rw, const dbn_sql_expr *e, uint8_t *taint, bool *safe)
{
	const dbn__item *it = dbn__rw_item(rw, e->from);
	const dbn__cell *c;

	*taint = RW_CLEAR;
	if (!it || (e->flags & (DBN_XF_EXCLUDED | RW_RAW)))
		return DBN_OK;
	if (it->rel && !it->taint) { /* the target of a write: not derived */
		c = dbn__rw_cell(rw, it->rel, e->index);
		if (!c)
			return rw->status;
		if (!c->readable)
			return dbn__rw_denied(rw, it->rel, DBN_ACT_READ, it->rel->orig->columns[e->index].name,
				NULL, e->pos);
		*taint = c->taint;
		*safe &= c->safe;
		return DBN_OK;
	}
	*taint = it->taint ? it->taint[e->index] : RW_CLEAR;
	*safe &= !it->safe || it->safe[e->index];
	return DBN_OK;
}

static dbn_status
subquery(dbn__rw *rw, dbn_sql_expr *e, uint8_t *taint, bool *safe)
{
	dbn__shows shows = { NULL, NULL, 0, false, true };

	TRY(dbn__rw_query(rw, e->query, &shows));
	*safe &= shows.all_safe;
	for (uint32_t i = 0; e->kind != DBN_X_EXISTS && i < shows.n; i++)
		*taint |= shows.taint ? shows.taint[i] : RW_CLEAR;
	return DBN_OK;
}

/* One term of GROUP BY with ROLLUP, CUBE or GROUPING SETS. */
static dbn_status
grouping(dbn__rw *rw, dbn_sql_expr *e, const dbn__shows *outputs, const char *where, bool *safe)
{
	uint8_t taint;

	if (e->kind != DBN_X_GROUPING && e->kind != DBN_X_ROW)
		return dbn__rw_expr(rw, e, &taint, safe);
	TRY(dbn__rw_deeper(rw));
	if (e->op == DBN_OP_NONE && e->index && outputs && e->index <= outputs->n &&
		outputs->taint[e->index - 1] == RW_MASKED)
		return dbn__rw_masked_use(rw, e->args[0]->kind == DBN_X_COLUMN ? e->args[0] : NULL, where);
	for (uint32_t i = 0; i < e->nargs; i++)
		TRY(grouping(rw, e->args[i], outputs, where, safe));
	rw->depth--;
	return DBN_OK;
}

dbn_status
dbn__rw_orders(dbn__rw *rw, dbn_sql_order *o, uint32_t n, const dbn__shows *outputs, const char *where,
	bool *safe)
{
	for (uint32_t i = 0; i < n; i++) {
		if (o[i].output && outputs && outputs->taint && o[i].output <= outputs->n &&
			outputs->taint[o[i].output - 1] == RW_MASKED)
			return dbn__rw_masked_use(rw, o[i].expr && o[i].expr->kind == DBN_X_COLUMN ? o[i].expr : NULL,
				where);
		if (o[i].output)
			continue;
		TRY(grouping(rw, o[i].expr, outputs, where, safe));
	}
	return DBN_OK;
}

dbn_status
dbn__rw_window(dbn__rw *rw, dbn_sql_window *w, bool *safe)
{
	uint8_t taint = RW_CLEAR;

	for (uint32_t i = 0; i < w->npartition; i++)
		TRY(dbn__rw_expr(rw, w->partition[i], &taint, safe));
	TRY(dbn__rw_orders(rw, w->order, w->norder, NULL, "a window", safe));
	TRY(dbn__rw_expr(rw, w->start_expr, &taint, safe));
	return dbn__rw_expr(rw, w->end_expr, &taint, safe);
}

/* An aggregate sees visible rows only, and conditions on it are not moved. */
static dbn_status
function(dbn__rw *rw, dbn_sql_expr *e, uint8_t *taint, bool *safe)
{
	const dbn_sql_func_fact *f = dbn_sql_function(rw->in->dialect, e->text);
	bool inner = true, aggregate = f && (f->flags & DBN_FN_AGGREGATE) &&
		!((f->flags & DBN_FN_MINMAX) && e->nargs > 1);
	uint8_t one;

	for (uint32_t i = 0; i < e->nargs; i++) {
		TRY(dbn__rw_expr(rw, e->args[i], &one, &inner));
		*taint |= one;
	}
	if (e->call) {
		TRY(dbn__rw_orders(rw, e->call->order, e->call->norder, NULL,
			"the order inside of an aggregate", &inner));
		TRY(dbn__rw_expr(rw, e->call->filter, &one, &inner));
		if (e->call->over)
			TRY(dbn__rw_window(rw, e->call->over, &inner));
	}
	if (!aggregate)
		*safe &= inner && f && (f->flags & DBN_FN_TOTAL) && (f->flags & DBN_FN_PURE) &&
			!dbn_sql_converts(rw->in->dialect, e);
	return DBN_OK;
}

/* PostgreSQL: a pattern that ends with its escape is an error. */
static bool
trailing_escape(const dbn_sql_expr *e)
{
	const dbn_value *v = &e->args[1]->value;

	return e->args[1]->kind != DBN_X_LITERAL || v->type != DBN_TEXT || !v->len || e->nargs > 2 ||
		((const char *)v->u.ptr)[v->len - 1] == '\\';
}

/* May the operator itself fail, or give its operands away? */
static bool
quiet(const dbn__rw *rw, const dbn_sql_expr *e)
{
	/* SQLite's arithmetic and casts never fail; that of others does. */
	if (rw->in->dialect->id != DBN_DIALECT_SQLITE && ((e->kind == DBN_X_CHAIN &&
		e->op != DBN_OP_AND && e->op != DBN_OP_OR) || e->kind == DBN_X_CAST ||
		(e->kind == DBN_X_UNARY && e->op != DBN_OP_NOT) || e->kind == DBN_X_SUBQUERY ||
		(e->kind == DBN_X_LIKE && trailing_escape(e))))
		return false;
	if (dbn_sql_converts(rw->in->dialect, e))
		return false;
	switch (e->kind) {
	case DBN_X_CHAIN:
		if (e->ops) {
			for (uint32_t i = 1; i < e->nargs; i++)
				if (e->ops[i] == DBN_OP_CONCAT || e->ops[i] == DBN_OP_JSON ||
					e->ops[i] == DBN_OP_JSON_TEXT)
					return false;
			return true;
		}
		return e->op != DBN_OP_CONCAT && e->op != DBN_OP_JSON && e->op != DBN_OP_JSON_TEXT;
	case DBN_X_LIKE: /* a regular expression may be malformed */
		return (e->op == DBN_OP_LIKE || e->op == DBN_OP_GLOB || e->op == DBN_OP_ILIKE) &&
			e->args[1]->kind == DBN_X_LITERAL && e->args[1]->value.len < 1000 &&
			(e->nargs < 3 || (e->args[2]->kind == DBN_X_LITERAL && e->args[2]->value.len == 1));
	case DBN_X_CAST:
	case DBN_X_SUBQUERY: /* more than one row: an error on some databases */
		return true;
	case DBN_X_ANY:
		return e->op >= DBN_OP_EQ && e->op <= DBN_OP_GE && (e->args[1]->kind == DBN_X_ARRAY ||
			e->args[1]->kind == DBN_X_PARAM || e->args[1]->kind == DBN_X_COLUMN);
	case DBN_X_ANY_QUERY:
		return e->op >= DBN_OP_EQ && e->op <= DBN_OP_GE;
	case DBN_X_STAR:
	case DBN_X_VARIABLE:
	case DBN_X_SUBSCRIPT:
	case DBN_X_ARRAY_QUERY:
		return false;
	default:
		return true;
	}
}

static dbn_status
expr_parts(dbn__rw *rw, dbn_sql_expr *e, uint8_t *taint, bool *safe)
{
	uint8_t one;

	if (e->kind == DBN_X_FUNC)
		return function(rw, e, taint, safe);
	for (uint32_t i = 0; i < e->nargs; i++) {
		TRY(dbn__rw_expr(rw, e->args[i], &one, safe));
		*taint |= one;
	}
	*safe &= quiet(rw, e);
	if (!dbn_sql_has_query(e))
		return DBN_OK;
	one = RW_CLEAR;
	TRY(subquery(rw, e, &one, safe));
	*taint |= one;
	return one & RW_MASKED ? dbn__rw_masked_use(rw, NULL, "a subquery's result") : DBN_OK;
}

dbn_status
dbn__rw_expr(dbn__rw *rw, dbn_sql_expr *e, uint8_t *taint, bool *safe)
{
	bool unused = true;

	*taint = RW_CLEAR;
	if (!safe)
		safe = &unused;
	if (!e)
		return DBN_OK;
	TRY(dbn__rw_deeper(rw));
	if (e->kind == DBN_X_COLUMN) {
		TRY(column(rw, e, taint, safe));
		if (*taint == RW_MASKED)
			return dbn__rw_masked_use(rw, e, "an expression or condition");
	} else {
		TRY(expr_parts(rw, e, taint, safe));
	}
	rw->depth--;
	return DBN_OK;
}

dbn_status
dbn__rw_output(dbn__rw *rw, dbn_sql_expr *e, uint8_t *taint, bool *safe)
{
	bool unused = true;

	*taint = RW_CLEAR;
	if (!safe)
		safe = &unused;
	if (e->kind == DBN_X_COLUMN)
		return column(rw, e, taint, safe);
	if (e->kind == DBN_X_SUBQUERY)
		return subquery(rw, e, taint, safe);
	return dbn__rw_expr(rw, e, taint, safe);
}
