/* SPDX-License-Identifier: MIT */
/*
 * Which predicates may see rows that a rule hides: those that cannot fail and
 * answer by their value alone.
 */
#include <string.h>

#include "base/str.h"
#include "sql/resolve.h"

#define MAX_PATTERN 10000       /* SQLite refuses LIKE patterns beyond 50,000 bytes */

static bool leakproof(const dbn_sql_dialect *d, const dbn_sql_expr *e, uint32_t depth);

static bool
all(const dbn_sql_dialect *d, const dbn_sql_expr *e, uint32_t depth)
{
	for (uint32_t i = 0; i < e->nargs; i++)
		if (!leakproof(d, e->args[i], depth))
			return false;
	return true;
}

static bool
constant_pattern(const dbn_sql_expr *e)
{
	const dbn_sql_expr *p = e->args[1];

	if (e->op != DBN_OP_LIKE && e->op != DBN_OP_GLOB && e->op != DBN_OP_ILIKE)
		return false;           /* a regular expression may be malformed */
	if (p->kind != DBN_X_LITERAL || p->value.type != DBN_TEXT || p->value.len > MAX_PATTERN)
		return false;
	if (e->nargs < 3)
		return true;
	p = e->args[2];
	return p->kind == DBN_X_LITERAL && p->value.type == DBN_TEXT && p->value.len == 1;
}

static bool
function(const dbn_sql_dialect *d, const dbn_sql_expr *e)
{
	const dbn_sql_func_fact *f = dbn_sql_function(d, e->text);
	uint32_t need = DBN_FN_PURE | DBN_FN_TOTAL;

	if (!f || (f->flags & need) != need || (f->flags & (DBN_FN_VOLATILE | DBN_FN_WINDOW)))
		return false;
	if ((f->flags & DBN_FN_AGGREGATE) && !((f->flags & DBN_FN_MINMAX) && e->nargs > 1))
		return false;
	return !e->call || (!e->call->over && !e->call->filter && !e->call->distinct);
}

static bool
leakproof(const dbn_sql_dialect *d, const dbn_sql_expr *e, uint32_t depth)
{
	bool sqlite = d->id == DBN_DIALECT_SQLITE; /* its arithmetic and casts never fail */

	if (!e || depth > DBN_SQL_DEPTH_MAX || dbn_sql_converts(d, e))
		return false;
	switch (e->kind) {
	case DBN_X_LITERAL:
	case DBN_X_PARAM:
	case DBN_X_COLUMN:
	case DBN_X_VARIABLE: return true;
	case DBN_X_CHAIN:
		if (e->op == DBN_OP_CONCAT || e->op == DBN_OP_JSON || e->op == DBN_OP_JSON_TEXT || e->ops)
			return false;
		if (e->op != DBN_OP_AND && e->op != DBN_OP_OR && !sqlite)
			return false;
		break;
	case DBN_X_UNARY:
		if (e->op != DBN_OP_NOT && !sqlite)
			return false;
		break;
	case DBN_X_CAST:
		if (!sqlite)
			return false;
		break;
	case DBN_X_LIKE:
		if (!constant_pattern(e))
			return false;
		break;
	case DBN_X_FUNC:
		if (!function(d, e))
			return false;
		break;
	case DBN_X_COMPARE:
	case DBN_X_IN_LIST:
	case DBN_X_BETWEEN:
	case DBN_X_IS_NULL:
	case DBN_X_IS:
	case DBN_X_IS_TRUTH:
	case DBN_X_ROW:
	case DBN_X_CASE:
	case DBN_X_COLLATE: break;
	default: return false;
	}
	return all(d, e, depth + 1);
}

bool
dbn_sql_expr_is_leakproof(const dbn_sql_dialect *d, const dbn_sql_expr *e)
{
	return leakproof(d, e, 0) && dbn_sql_is_truth(d, e);
}
