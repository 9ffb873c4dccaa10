/* SPDX-License-Identifier: MIT */
/*
 * Making parts of a tree.  Every constructor takes NULL parts for "no memory
 * before" and hands NULL on, so that rewriters check once at the end.
 */
#include <stdarg.h>
#include <string.h>

#include "base/str.h"
#include "sql/tree.h"

dbn_sql_expr *
dbn_sql_expr_new(dbn_arena *a, uint32_t kind, uint32_t op, uint32_t pos, size_t nargs)
{
	dbn_sql_expr *e = dbn_arena_zalloc(a, sizeof(*e));

	if (!e)
		return NULL;
	e->kind = (uint16_t)kind;
	e->op = (uint16_t)op;
	e->pos = pos;
	if (nargs) {
		e->args = dbn_arena_array(a, nargs, sizeof(dbn_sql_expr *));
		if (!e->args || nargs > UINT32_MAX)
			return NULL;
		e->nargs = (uint32_t)nargs;
	}
	return e;
}

dbn_sql_expr *
dbn_sql_literal(dbn_arena *a, const dbn_value *v)
{
	dbn_sql_expr *e = dbn_sql_expr_new(a, DBN_X_LITERAL, 0, 0, 0);

	if (!e)
		return NULL;
	e->value = *v;
	if (v->flags & DBN_VALUE_CSTR) {
		e->value.len = strlen((const char *)v->u.ptr);
		e->value.flags &= (uint16_t)~DBN_VALUE_CSTR;
	}
	switch (v->type) {
	case DBN_TEXT:
	case DBN_BYTES:
	case DBN_DECIMAL:
	case DBN_JSON:
	case DBN_ENUM:
	case DBN_UUID:
		e->value.u.ptr = dbn_arena_strndup(a, v->u.ptr ? v->u.ptr : "",
		(size_t)e->value.len);
		if (!e->value.u.ptr)
			return NULL;
		break;
	default:
		break;
	}
	e->type = v->type;
	return e;
}

dbn_sql_expr *
dbn_sql_literal_null(dbn_arena *a)
{
	dbn_value v = { .type = DBN_NULL };

	return dbn_sql_literal(a, &v);
}

dbn_sql_expr *
dbn_sql_literal_bool(dbn_arena *a, bool b)
{
	dbn_value v = { .type = DBN_BOOL, .u.i64 = b };

	return dbn_sql_literal(a, &v);
}

dbn_sql_expr *
dbn_sql_literal_int(dbn_arena *a, int64_t i)
{
	dbn_value v = { .type = DBN_INT64, .u.i64 = i };

	return dbn_sql_literal(a, &v);
}

dbn_sql_expr *
dbn_sql_literal_text(dbn_arena *a, dbn_text t)
{
	dbn_value v = { .type = DBN_TEXT, .u.ptr = t.ptr, .len = t.len };

	return dbn_sql_literal(a, &v);
}

dbn_sql_expr *
dbn_sql_param(dbn_arena *a, uint32_t index, dbn_type type)
{
	dbn_sql_expr *e = dbn_sql_expr_new(a, DBN_X_PARAM, 0, 0, 0);

	if (e) {
		e->index = index;
		e->type = type;
	}
	return e;
}

dbn_sql_expr *
dbn_sql_param_add(dbn_sql_stmt *s, dbn_type type)
{
	return dbn_sql_param(s->arena, s->nparams + ++s->nextra, type);
}

dbn_sql_expr *
dbn_sql_column_name(dbn_arena *a, dbn_text qual, dbn_text name)
{
	dbn_sql_expr *e = dbn_sql_expr_new(a, DBN_X_COLUMN, 0, 0, 0);

	if (!e)
		return NULL;
	e->flags = DBN_XF_QUOTED;
	e->text = dbn_arena_text(a, name);
	if (qual.len)
		e->qual = dbn_arena_text(a, qual);
	return e->text.ptr && (e->qual.ptr || !qual.len) ? e : NULL;
}

dbn_sql_expr *
dbn_sql_column_ref(dbn_arena *a, dbn_sql_from *from, uint32_t ordinal)
{
	dbn_sql_expr *e = dbn_sql_expr_new(a, DBN_X_COLUMN, 0, 0, 0);
	dbn_sql_outcol c;

	if (!e || !from)
		return NULL;
	e->from = from;
	e->index = ordinal;
	if (dbn_sql_from_col(from, ordinal, &c)) {
		e->text = c.name;
		e->type = c.type;
	}
	return e;
}

static bool
is_chain(const dbn_sql_expr *e, uint32_t op)
{
	return e->kind == DBN_X_CHAIN && e->op == op && !e->ops;
}

/* l op r as one chain: the parts of either side's own chain are taken over. */
static dbn_sql_expr *
join_chain(dbn_arena *a, uint32_t op, dbn_sql_expr *l, dbn_sql_expr *r)
{
	size_t nl = is_chain(l, op) ? l->nargs : 1, nr = is_chain(r, op) ? r->nargs : 1;
	dbn_sql_expr *e = dbn_sql_expr_new(a, DBN_X_CHAIN, op, l->pos, nl + nr);

	if (!e)
		return NULL;
	if (is_chain(l, op))
		memcpy(e->args, l->args, nl * sizeof(*e->args));
	else
		e->args[0] = l;
	if (is_chain(r, op))
		memcpy(e->args + nl, r->args, nr * sizeof(*e->args));
	else
		e->args[nl] = r;
	e->type = DBN_BOOL;
	return e;
}

dbn_sql_expr *
dbn_sql_and(dbn_arena *a, dbn_sql_expr *l, dbn_sql_expr *r)
{
	if (!l || !r)
		return l ? l : r;
	return join_chain(a, DBN_OP_AND, l, r);
}

dbn_sql_expr *
dbn_sql_or(dbn_arena *a, dbn_sql_expr *l, dbn_sql_expr *r)
{
	return l && r ? join_chain(a, DBN_OP_OR, l, r) : NULL;
}

dbn_sql_expr *
dbn_sql_not(dbn_arena *a, dbn_sql_expr *e)
{
	dbn_sql_expr *n = dbn_sql_expr_new(a, DBN_X_UNARY, DBN_OP_NOT, e ? e->pos : 0, 1);

	if (!n || !e)
		return NULL;
	n->args[0] = e;
	n->type = DBN_BOOL;
	return n;
}

dbn_sql_expr *
dbn_sql_compare(dbn_arena *a, uint32_t op, dbn_sql_expr *l, dbn_sql_expr *r)
{
	dbn_sql_expr *e = dbn_sql_expr_new(a, DBN_X_COMPARE, op, l ? l->pos : 0, 2);

	if (!e || !l || !r)
		return NULL;
	e->args[0] = l;
	e->args[1] = r;
	e->type = DBN_BOOL;
	return e;
}

dbn_sql_expr *
dbn_sql_is_null(dbn_arena *a, dbn_sql_expr *x, bool negated)
{
	dbn_sql_expr *e = dbn_sql_expr_new(a, DBN_X_IS_NULL, 0, x ? x->pos : 0, 1);

	if (!e || !x)
		return NULL;
	e->args[0] = x;
	e->flags = negated ? (uint16_t)DBN_XF_NOT : 0;
	e->type = DBN_BOOL;
	return e;
}

dbn_sql_expr *
dbn_sql_func(dbn_arena *a, const char *name, size_t nargs, ...)
{
	dbn_sql_expr *e = dbn_sql_expr_new(a, DBN_X_FUNC, 0, 0, nargs);
	bool whole = true;
	va_list ap;

	if (!e)
		return NULL;
	va_start(ap, nargs);
	for (size_t i = 0; i < nargs; i++) {
		e->args[i] = va_arg(ap, dbn_sql_expr *);
		whole = whole && e->args[i];
	}
	va_end(ap);
	e->text = dbn_arena_text(a, dbn_text_z(name));
	return whole && e->text.ptr ? e : NULL;
}

dbn_sql_expr *
dbn_sql_cast(dbn_arena *a, dbn_sql_expr *x, const char *type_text, dbn_type type)
{
	dbn_sql_expr *e = dbn_sql_expr_new(a, DBN_X_CAST, 0, x ? x->pos : 0, 1);

	if (!e || !x)
		return NULL;
	e->args[0] = x;
	e->text = dbn_arena_text(a, dbn_text_z(type_text));
	e->type = type;
	return e->text.ptr ? e : NULL;
}

dbn_sql_expr *
dbn_sql_case(dbn_arena *a, dbn_sql_expr *cond, dbn_sql_expr *then, dbn_sql_expr *els)
{
	dbn_sql_expr *e = dbn_sql_expr_new(a, DBN_X_CASE, 0, cond ? cond->pos : 0, els ? 3 : 2);

	if (!e || !cond || !then)
		return NULL;
	e->args[0] = cond;
	e->args[1] = then;
	if (els) {
		e->args[2] = els;
		e->flags = DBN_XF_ELSE;
	}
	e->type = then->type;
	return e;
}

dbn_sql_from *
dbn_sql_from_relation(dbn_arena *a, const dbn_sql_relation *rel)
{
	dbn_sql_from *f = dbn_arena_zalloc(a, sizeof(*f));

	if (!f)
		return NULL;
	f->kind = DBN_FROM_RELATION;
	f->rel = rel;
	f->name = rel->name;
	return f;
}

dbn_sql_from *
dbn_sql_from_query(dbn_arena *a, dbn_sql_query *q)
{
	dbn_sql_from *f = q ? dbn_arena_zalloc(a, sizeof(*f)) : NULL;

	if (!f)
		return NULL;
	f->kind = DBN_FROM_QUERY;
	f->query = q;
	return f;
}

dbn_sql_from *
dbn_sql_from_join(dbn_arena *a, uint32_t join, dbn_sql_from *l, dbn_sql_from *r, dbn_sql_expr *on)
{
	dbn_sql_from *f = l && r ? dbn_arena_zalloc(a, sizeof(*f)) : NULL;

	if (!f)
		return NULL;
	f->kind = DBN_FROM_JOIN;
	f->join = (uint16_t)join;
	f->left = l;
	f->right = r;
	f->on = on;
	return f;
}

void
dbn_sql_from_derive(dbn_sql_from *f, dbn_sql_query *q)
{
	f->kind = DBN_FROM_QUERY;
	f->query = q;
	f->rel = NULL;
	f->cte = NULL;
	f->scan = NULL;
	f->names = NULL;
	f->flags &= ~(uint32_t)DBN_FF_ONLY;
}

bool
dbn_sql_core_has_sets(const dbn_sql_core *c)
{
	for (uint32_t i = 0; i < c->ngroup; i++)
		if (c->group[i].expr && c->group[i].expr->kind == DBN_X_GROUPING)
			return true;
	return c->group_how == DBN_GROUP_ROLLUP;
}

dbn_sql_query *
dbn_sql_query_select(dbn_arena *a, dbn_sql_from *from, size_t nitems)
{
	dbn_sql_query *q = dbn_arena_zalloc(a, sizeof(*q));
	dbn_sql_core *c = dbn_arena_zalloc(a, sizeof(*c));

	if (!q || !c || nitems > UINT32_MAX)
		return NULL;
	q->cores = dbn_arena_array(a, 1, sizeof(dbn_sql_core *));
	q->cols = dbn_arena_array(a, nitems + 1, sizeof(dbn_sql_outcol));
	c->items = dbn_arena_array(a, nitems + 1, sizeof(dbn_sql_item));
	if (!q->cores || !q->cols || !c->items)
		return NULL;
	c->kind = DBN_CORE_SELECT;
	c->from = from;
	c->nitems = q->ncols = (uint32_t)nitems;
	q->cores[0] = c;
	q->ncores = 1;
	return q;
}

uint32_t
dbn_sql_from_ncols(const dbn_sql_from *f)
{
	if (f->kind == DBN_FROM_RELATION)
		return f->rel ? f->rel->ncolumns : 0;
	if (f->kind == DBN_FROM_QUERY)
		return f->query->ncols;
	if (f->kind == DBN_FROM_CTE)
		return f->cte && f->cte->query ? f->cte->query->ncols : 0;
	if (f->kind == DBN_FROM_FUNCTION)
		return f->ncols;
	return 0;
}

bool
dbn_sql_from_col(const dbn_sql_from *f, uint32_t ordinal, dbn_sql_outcol *out)
{
	memset(out, 0, sizeof(*out));
	if (ordinal >= dbn_sql_from_ncols(f))
		return false;
	if (f->kind == DBN_FROM_RELATION) {
		out->name = f->rel->columns[ordinal].name;
		out->type = f->rel->columns[ordinal].type;
		out->rel = f->rel;
		out->ordinal = ordinal;
	} else if (f->kind == DBN_FROM_FUNCTION) {
		*out = f->cols[ordinal];
	} else {
		*out = (f->kind == DBN_FROM_CTE ? f->cte->query : f->query)->cols[ordinal];
	}
	if (f->names)
		out->name = f->names[ordinal];
	return true;
}

const char *
dbn_sql_op_name(uint32_t op)
{
	static const char *const names[] = {
		"", "AND", "OR", "NOT", "=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "%",
		"&", "|", "<<", ">>", "~", "-", "+", "||", "->", "->>", "LIKE", "GLOB", "TRUE",
		"FALSE", "DIV", "XOR", "^", "REGEXP", "ILIKE", "SIMILAR TO", "UNKNOWN", "~", "~*", "!~",
		"!~*", "~~", "~~*", "!~~", "!~~*", "@>", "<@", "&&", "#>", "#>>", "#-", "@@", "@?",
		"?", "?|", "?&", "^", "^@", "|/", "||/", "@", "#", "ROLLUP", "CUBE", "GROUPING SETS"
	};

	return op < sizeof(names) / sizeof(names[0]) ? names[op] : "";
}
