/* SPDX-License-Identifier: MIT */
/*
 * Expressions.  Each call gives a node that may be used anywhere in the
 * builder's statements.
 */
#include <string.h>

#include "query/builder.h"

static const dbn_expr *
wrap(dbn_builder *b, dbn_sql_expr *x)
{
	dbn_expr *e;

	if (!dbn_builder_ok(b))
		return NULL;
	e = x ? dbn_arena_zalloc(&b->arena, sizeof *e) : NULL;
	if (!e)
		return dbn_builder_nomem(b);
	e->b = b;
	e->x = x;
	return e;
}

dbn_sql_expr *
dbn_expr_take(dbn_builder *b, const dbn_expr *given)
{
	dbn_sql_expr *x;
	dbn_expr *e;

	if (!dbn_builder_ok(b))
		return NULL;
	if (!given)
		return dbn_builder_fail(b, DBN_E_INVALID, NULL, "an expression is missing");
	if (given->b != b)
		return dbn_builder_fail(b, DBN_E_INVALID, "Make it with the same builder.",
			"an expression of another builder");
	memcpy(&e, &given, sizeof e);  /* the mark is the builder's own */
	if (!e->used) {
		e->used = true;
		return e->x;
	}
	x = dbn_sql_expr_copy(&b->arena, e->x);
	return x ? x : dbn_builder_nomem(b);
}

const dbn_expr *
dbn_x_col(dbn_builder *b, const char *name)
{
	return wrap(b, dbn_builder_column(b, name));
}

const dbn_expr *
dbn_x_name(dbn_builder *b, const char *qualifier, const char *name)
{
	dbn_text n = dbn_builder_name(b, name, "column"), q = { NULL, 0 };

	if (qualifier && n.ptr)
		q = dbn_builder_name(b, qualifier, "qualifier");
	return dbn_builder_ok(b) ? wrap(b, dbn_sql_column_name(&b->arena, q, n)) : NULL;
}

const dbn_expr *
dbn_x_val(dbn_builder *b, dbn_value v)
{
	if (v.type == DBN_LIST)
		return dbn_builder_fail(b, DBN_E_INVALID, "Use dbn_x_in().",
			"a list where one value is expected");
	return wrap(b, dbn_builder_param(b, v));
}

/* ---- operators ---- */

static uint32_t
tree_op(dbn_op op)
{
	static const uint32_t ops[] = { [DBN_EQ] = DBN_OP_EQ, [DBN_NE] = DBN_OP_NE,
		[DBN_LT] = DBN_OP_LT, [DBN_LE] = DBN_OP_LE, [DBN_GT] = DBN_OP_GT,
		[DBN_GE] = DBN_OP_GE, [DBN_LIKE] = DBN_OP_LIKE, [DBN_NOT_LIKE] = DBN_OP_LIKE,
		[DBN_ADD] = DBN_OP_ADD, [DBN_SUB] = DBN_OP_SUB, [DBN_MUL] = DBN_OP_MUL,
		[DBN_DIV] = DBN_OP_DIV, [DBN_MOD] = DBN_OP_MOD, [DBN_CONCAT] = DBN_OP_CONCAT };

	return op < sizeof ops / sizeof *ops ? ops[op] : DBN_OP_NONE;
}

static dbn_sql_expr *
pair(dbn_builder *b, uint32_t kind, uint32_t op, dbn_sql_expr *l, dbn_sql_expr *r)
{
	dbn_sql_expr *x;

	if (!l || !r)
		return NULL;
	x = dbn_sql_expr_new(&b->arena, kind, op, 0, 2);
	if (!x)
		return dbn_builder_nomem(b);
	x->args[0] = l;
	x->args[1] = r;
	return x;
}

static dbn_sql_expr *
operate(dbn_builder *b, dbn_sql_expr *l, dbn_op op, dbn_sql_expr *r)
{
	uint32_t t = tree_op(op);
	dbn_sql_expr *x;

	if (!dbn_builder_ok(b))
		return NULL;
	if (t == DBN_OP_NONE)
		return dbn_builder_fail(b, DBN_E_INVALID, NULL, "unknown operator %u", op);
	if (op <= DBN_GE)
		return pair(b, DBN_X_COMPARE, t, l, r);
	if (op >= DBN_ADD && l && r && l->kind == DBN_X_PARAM && r->kind == DBN_X_PARAM)
		l = dbn_builder_typed(b, l);
	if (op >= DBN_ADD)
		return pair(b, DBN_X_CHAIN, t, l, r);
	x = pair(b, DBN_X_LIKE, t, l, r);
	if (x && op == DBN_NOT_LIKE)
		x->flags |= DBN_XF_NOT;
	return x;
}

const dbn_expr *
dbn_x_op(dbn_builder *b, const dbn_expr *left, dbn_op op, const dbn_expr *right)
{
	dbn_sql_expr *l = dbn_expr_take(b, left), *r = dbn_expr_take(b, right);

	return wrap(b, operate(b, l, op, r));
}

const dbn_expr *
dbn_x_is(dbn_builder *b, const char *column, dbn_op op, dbn_value v)
{
	dbn_sql_expr *l = dbn_builder_column(b, column);

	if (v.type == DBN_NULL)
		return dbn_builder_fail(b, DBN_E_INVALID, "Use dbn_x_is_null().",
			"\"%.60s\" is compared with NULL, which nothing equals", column ? column : "");
	if (v.type == DBN_LIST)
		return dbn_builder_fail(b, DBN_E_INVALID, "Use dbn_x_in().",
			"\"%.60s\" is compared with a list", column ? column : "");
	return wrap(b, operate(b, l, op, dbn_builder_param(b, v)));
}

const dbn_expr *
dbn_x_cols(dbn_builder *b, const char *left, dbn_op op, const char *right)
{
	dbn_sql_expr *l = dbn_builder_column(b, left), *r = dbn_builder_column(b, right);

	return wrap(b, operate(b, l, op, r));
}

/* ---- logic ---- */

static const dbn_expr *
chain(dbn_builder *b, uint32_t op, dbn_exprs list)
{
	dbn_sql_expr *x;

	if (!dbn_builder_ok(b))
		return NULL;
	if (!list.n)
		return dbn_builder_fail(b, DBN_E_INVALID, NULL, "an empty list of conditions");
	if (list.n == 1)
		return wrap(b, dbn_expr_take(b, list.v[0]));
	x = dbn_sql_expr_new(&b->arena, DBN_X_CHAIN, op, 0, list.n);
	if (!x)
		return dbn_builder_nomem(b);
	for (size_t i = 0; i < list.n; i++)
		if (!(x->args[i] = dbn_expr_take(b, list.v[i])))
			return NULL;
	return wrap(b, x);
}

const dbn_expr *
dbn_x_all_of(dbn_builder *b, dbn_exprs list)
{
	return chain(b, DBN_OP_AND, list);
}

const dbn_expr *
dbn_x_any_of(dbn_builder *b, dbn_exprs list)
{
	return chain(b, DBN_OP_OR, list);
}

const dbn_expr *
dbn_x_and(dbn_builder *b, const dbn_expr *left, const dbn_expr *right)
{
	const dbn_expr *both[] = { left, right };
	dbn_exprs list = { both, 2 };

	return chain(b, DBN_OP_AND, list);
}

const dbn_expr *
dbn_x_or(dbn_builder *b, const dbn_expr *left, const dbn_expr *right)
{
	const dbn_expr *both[] = { left, right };
	dbn_exprs list = { both, 2 };

	return chain(b, DBN_OP_OR, list);
}

/* A node of one operand. */
static dbn_sql_expr *
single(dbn_builder *b, uint32_t kind, uint32_t op, const dbn_expr *x)
{
	dbn_sql_expr *arg = dbn_expr_take(b, x), *e;

	if (!arg)
		return NULL;
	e = dbn_sql_expr_new(&b->arena, kind, op, 0, 1);
	if (!e)
		return dbn_builder_nomem(b);
	e->args[0] = arg;
	return e;
}

const dbn_expr *
dbn_x_not(dbn_builder *b, const dbn_expr *x)
{
	return wrap(b, single(b, DBN_X_UNARY, DBN_OP_NOT, x));
}

const dbn_expr *
dbn_x_is_null(dbn_builder *b, const dbn_expr *x)
{
	return wrap(b, single(b, DBN_X_IS_NULL, DBN_OP_NONE, x));
}

const dbn_expr *
dbn_x_is_not_null(dbn_builder *b, const dbn_expr *x)
{
	dbn_sql_expr *e = single(b, DBN_X_IS_NULL, DBN_OP_NONE, x);

	if (e)
		e->flags |= DBN_XF_NOT;
	return wrap(b, e);
}

/* ---- lists, ranges, subqueries ---- */

const dbn_expr *
dbn_x_in(dbn_builder *b, const dbn_expr *x, dbn_args values)
{
	dbn_sql_expr *l = dbn_expr_take(b, x), *list, *e;

	if (!l)
		return NULL;
	for (size_t i = 0; i < values.n; i++)
		if (values.v[i].type == DBN_LIST || values.v[i].type == DBN_NULL)
			return dbn_builder_fail(b, DBN_E_INVALID, NULL,
				"a list of values with a list or NULL in it");
	if (!values.n) /* nothing is in it */
		return wrap(b, dbn_sql_compare(&b->arena, DBN_OP_EQ, dbn_sql_literal_int(&b->arena, 1),
			dbn_sql_literal_int(&b->arena, 0)));
	list = dbn_builder_param(b, dbn_list_of(values.v, values.n));
	e = pair(b, DBN_X_IN_LIST, DBN_OP_NONE, l, list);
	if (list)
		list->flags |= DBN_XF_LIST;
	return wrap(b, e);
}

const dbn_expr *
dbn_x_in_select(dbn_builder *b, const dbn_expr *x, const dbn_select *sub)
{
	dbn_sql_expr *e = single(b, DBN_X_IN_QUERY, DBN_OP_NONE, x);
	dbn_sql_query *q = dbn_select_take(b, sub);

	if (!e || !q)
		return NULL;
	e->query = q;
	return wrap(b, e);
}

const dbn_expr *
dbn_x_between(dbn_builder *b, const dbn_expr *x, dbn_value lo, dbn_value hi)
{
	dbn_sql_expr *l = dbn_expr_take(b, x), *e;

	if (!l)
		return NULL;
	if (lo.type == DBN_NULL || hi.type == DBN_NULL || lo.type == DBN_LIST || hi.type == DBN_LIST)
		return dbn_builder_fail(b, DBN_E_INVALID, NULL, "a range with NULL or a list as a bound");
	e = dbn_sql_expr_new(&b->arena, DBN_X_BETWEEN, DBN_OP_NONE, 0, 3);
	if (!e)
		return dbn_builder_nomem(b);
	e->args[0] = l;
	e->args[1] = dbn_builder_param(b, lo);
	e->args[2] = dbn_builder_param(b, hi);
	return wrap(b, e);
}

static const dbn_expr *
of_query(dbn_builder *b, uint32_t kind, const dbn_select *sub)
{
	dbn_sql_query *q = dbn_select_take(b, sub);
	dbn_sql_expr *e;

	if (!q)
		return NULL;
	e = dbn_sql_expr_new(&b->arena, kind, DBN_OP_NONE, 0, 0);
	if (e)
		e->query = q;
	return wrap(b, e);
}

const dbn_expr *
dbn_x_exists(dbn_builder *b, const dbn_select *sub)
{
	return of_query(b, DBN_X_EXISTS, sub);
}

const dbn_expr *
dbn_x_select(dbn_builder *b, const dbn_select *sub)
{
	return of_query(b, DBN_X_SUBQUERY, sub);
}

/* ---- functions ---- */

static dbn_sql_expr *
function(dbn_builder *b, const char *name, size_t nargs)
{
	dbn_text t = dbn_builder_name(b, name, "function");
	dbn_sql_expr *e;

	for (size_t i = 0; i < t.len; i++) {
		unsigned char c = dbn_ascii_lower((unsigned char)t.ptr[i]);

		if (c != '_' && !(c >= 'a' && c <= 'z') && !(i && c >= '0' && c <= '9'))
			return dbn_builder_fail(b, DBN_E_INVALID, NULL,
				"not the name of a function: \"%.60s\"", name);
	}
	if (!t.ptr)
		return NULL;
	e = dbn_sql_expr_new(&b->arena, DBN_X_FUNC, DBN_OP_NONE, 0, nargs);
	if (!e)
		return dbn_builder_nomem(b);
	e->text = t;
	return e;
}

const dbn_expr *
dbn_x_call(dbn_builder *b, const char *name, dbn_exprs arguments)
{
	dbn_sql_expr *e = function(b, name, arguments.n);

	for (size_t i = 0; e && i < arguments.n; i++)
		if (!(e->args[i] = dbn_expr_take(b, arguments.v[i])))
			return NULL;
	return wrap(b, e);
}

static dbn_sql_expr *
with_call(dbn_builder *b, dbn_sql_expr *e, bool distinct)
{
	if (!e)
		return NULL;
	e->call = dbn_arena_zalloc(&b->arena, sizeof *e->call);
	if (!e->call)
		return dbn_builder_nomem(b);
	e->call->distinct = distinct;
	e->call->star = !distinct;
	return e;
}

const dbn_expr *
dbn_x_count_all(dbn_builder *b)
{
	return wrap(b, with_call(b, function(b, "count", 0), false));
}

const dbn_expr *
dbn_x_call_distinct(dbn_builder *b, const char *name, const dbn_expr *x)
{
	dbn_sql_expr *e = with_call(b, function(b, name, 1), true);

	if (e && !(e->args[0] = dbn_expr_take(b, x)))
		return NULL;
	return wrap(b, e);
}

const dbn_expr *
dbn_x_case(dbn_builder *b, const dbn_expr *condition, const dbn_expr *yes, const dbn_expr *no)
{
	dbn_sql_expr *c = dbn_expr_take(b, condition), *y = dbn_expr_take(b, yes);
	dbn_sql_expr *n = no ? dbn_expr_take(b, no) : NULL;

	return dbn_builder_ok(b) ? wrap(b, dbn_sql_case(&b->arena, c, y, n)) : NULL;
}

const dbn_expr *
dbn_x_excluded(dbn_builder *b, const char *column)
{
	return dbn_x_name(b, "excluded", column);
}
