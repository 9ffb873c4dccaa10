/* SPDX-License-Identifier: MIT */
/*
 * Expressions: columns bound, types inferred from below, parameters typed by
 * the column they meet.
 */
#include <string.h>

#include "sql/resolver.h"

static const dbn_sql_expr *
bare(const dbn_sql_expr *e)
{
	while (e->kind == DBN_X_COLLATE)
		e = e->args[0];
	return e;
}

bool
dbn_sql__plain(const dbn_sql_expr *e, dbn_sql_outcol *out)
{
	memset(out, 0, sizeof(*out));
	return e->kind == DBN_X_COLUMN && e->from && dbn_sql_from_col(e->from, e->index, out);
}

/* If one is a parameter and the other a column or a cast, the one has its type. */
static void
meet_one(dbn_sql_resolver *r, dbn_sql_expr *x, const dbn_sql_expr *y)
{
	dbn_sql_outcol c;

	while (x->kind == DBN_X_COLLATE)
		x = x->args[0];
	y = bare(y);
	if (x->kind != DBN_X_PARAM) {
		if (dbn_sql__plain(y, &c) && c.rel)
			dbn_sql__expect(r, x, c.type, c.rel, c.ordinal);
		return;
	}
	if (dbn_sql__plain(y, &c)) {
		x->type = c.type;
		dbn_sql__param_type(r, x, c.type, c.rel, c.ordinal, false);
	} else if (y->kind == DBN_X_CAST) {
		x->type = y->type;
		dbn_sql__param_type(r, x, y->type, NULL, 0, false);
	}
}

/* A parameter inside of CASE or COALESCE: the server would take it for text. */
static void
expect_param(dbn_sql_resolver *r, dbn_sql_expr *e, dbn_type type, const dbn_sql_relation *rel,
	uint32_t ordinal)
{
	if (e->kind != DBN_X_PARAM) {
		dbn_sql__expect(r, e, type, rel, ordinal);
		return;
	}
	dbn_sql__param_type(r, e, type, rel, ordinal, false);
	if (e->type == DBN_NULL)
		e->type = type;
	e->flags |= DBN_XF_CAST;
}

void
dbn_sql__expect(dbn_sql_resolver *r, dbn_sql_expr *e, dbn_type type, const dbn_sql_relation *rel,
	uint32_t ordinal)
{
	uint32_t i = 0, n = e->nargs;

	if (type == DBN_NULL || r->d->id != DBN_DIALECT_POSTGRES || r->depth >= DBN_SQL_DEPTH_MAX)
		return;
	r->depth++;
	if (e->kind == DBN_X_CASE) {
		if (e->flags & DBN_XF_ELSE)
			expect_param(r, e->args[--n], type, rel, ordinal);
		for (i = e->flags & DBN_XF_BASE ? 2 : 1; i < n; i += 2)
			expect_param(r, e->args[i], type, rel, ordinal);
	} else if (e->kind == DBN_X_FUNC && (dbn_text_ieqz(e->text, "coalesce") ||
		dbn_text_ieqz(e->text, "nullif") || dbn_text_ieqz(e->text, "greatest") ||
		dbn_text_ieqz(e->text, "least"))) {
		for (; i < n; i++)
			expect_param(r, e->args[i], type, rel, ordinal);
	}
	r->depth--;
}

/* $1 IS NULL says nothing about its type: what it is elsewhere is known at the end. */
static bool
note_untyped(dbn_sql_resolver *r, dbn_sql_expr *e, const char *of)
{
	if (!dbn_arena_grow(r->a, &r->untyped, &r->untyped_cap, r->nuntyped + 1,
		sizeof(*r->untyped)))
		return dbn_sql__rnomem(r);
	r->untyped[r->nuntyped++] = (struct dbn_sql_untyped){ e, of };
	return true;
}

static bool
all_params(const dbn_sql_expr *e)
{
	uint32_t n = 0;

	while (n < e->nargs && e->args[n]->kind == DBN_X_PARAM)
		n++;
	return n && n == e->nargs;
}

/* PostgreSQL: nothing beside them says what type the parameters are of. */
static bool
untyped(dbn_sql_resolver *r, dbn_sql_expr *e)
{
	if (r->d->id != DBN_DIALECT_POSTGRES || !all_params(e))
		return true;
	return dbn_sql__rfail(r, e->pos, "Say it with a cast: $1::int8.",
		"the type of a parameter of %s is not known", dbn_sql_op_name(e->op));
}

static void
meet(dbn_sql_resolver *r, dbn_sql_expr *x, dbn_sql_expr *y)
{
	if (x->kind == DBN_X_ROW && y->kind == DBN_X_ROW && x->nargs == y->nargs) {
		for (uint32_t i = 0; i < x->nargs; i++) {
			meet_one(r, x->args[i], y->args[i]);
			meet_one(r, y->args[i], x->args[i]);
		}
		return;
	}
	meet_one(r, x, y);
	meet_one(r, y, x);
}

static void
meet_all(dbn_sql_resolver *r, dbn_sql_expr *e, uint32_t first)
{
	for (uint32_t i = first; i < e->nargs; i++)
		meet(r, e->args[0], e->args[i]);
}

/* The type all have that have one; DBN_NULL: none, or they differ. */
static dbn_type
common(dbn_sql_expr *const *args, uint32_t n, uint32_t step)
{
	dbn_type t = DBN_NULL;

	for (uint32_t i = 0; i < n; i += step) {
		if (args[i]->kind == DBN_X_LITERAL && args[i]->value.type == DBN_NULL)
			continue;
		if (args[i]->type == DBN_NULL || (t != DBN_NULL && t != args[i]->type))
			return DBN_NULL;
		t = args[i]->type;
	}
	return t;
}

static void
chain_type(const dbn_sql_resolver *r, dbn_sql_expr *e)
{
	switch (e->ops ? e->ops[e->nargs - 1] : e->op) {
	case DBN_OP_AND:
	case DBN_OP_XOR:
	case DBN_OP_OR: e->type = DBN_BOOL; break;
	case DBN_OP_REGEX: case DBN_OP_IREGEX: case DBN_OP_NREGEX: case DBN_OP_NIREGEX:
	case DBN_OP_TLIKE: case DBN_OP_TILIKE: case DBN_OP_TNLIKE: case DBN_OP_TNILIKE:
	case DBN_OP_CONTAINS: case DBN_OP_CONTAINED: case DBN_OP_OVERLAP: case DBN_OP_MATCHES:
	case DBN_OP_JSON_FOUND: case DBN_OP_HAS: case DBN_OP_HAS_ANY: case DBN_OP_HAS_ALL:
	case DBN_OP_STARTS: e->type = DBN_BOOL; break;
	case DBN_OP_JSON_PATH_TEXT: e->type = DBN_TEXT; break;
	case DBN_OP_JSON_DELETE: e->type = DBN_JSON; break;
	case DBN_OP_BITXOR:
	case DBN_OP_INT_DIV: e->type = DBN_INT64; break;
	case DBN_OP_POWER:
	case DBN_OP_HASH:
	case DBN_OP_JSON_PATH: e->type = DBN_NULL; break;
	case DBN_OP_CONCAT:
	case DBN_OP_JSON:
	case DBN_OP_JSON_TEXT: e->type = e->op == DBN_OP_CONCAT &&
	!e->ops ? DBN_TEXT : DBN_NULL; break;
	case DBN_OP_BITAND:
	case DBN_OP_BITOR:
	case DBN_OP_SHL:
	case DBN_OP_SHR: e->type = DBN_INT64; break;
	default:
		e->type = common(e->args, e->nargs, 1);
		/* An integer sum may overflow into a real number. */
		if (e->type != DBN_DOUBLE && r->d->id != DBN_DIALECT_POSTGRES)
			e->type = DBN_NULL;
		if (e->type != DBN_DOUBLE && e->type != DBN_INT64 && e->type != DBN_DECIMAL)
			e->type = DBN_NULL;
		break;
	}
}

static void
case_type(dbn_sql_resolver *r, dbn_sql_expr *e)
{
	uint32_t first = e->flags & DBN_XF_BASE ? 1 : 0;

	for (uint32_t i = first; first && i + 1 < e->nargs; i += 2)
		meet(r, e->args[0], e->args[i]);
	e->type = common(e->args + first + 1, e->nargs - first - 1, 2);
	if ((e->flags & DBN_XF_ELSE) && e->args[e->nargs - 1]->type != e->type)
		e->type = DBN_NULL;
}

static dbn_status
see_outer(dbn_sql_expr **e, void *user)
{
	*(bool *)user |= (*e)->kind == DBN_X_COLUMN;
	return dbn_sql_has_query(*e) ? DBN_SQL_SKIP : DBN_OK;
}

/* MariaDB 10.11 crashes on x IN (SELECT t.y) where t is of the query around it. */
static bool
crashes(const dbn_sql_query *q)
{
	bool outer = false;
	dbn_sql_visitor v = { .expr = see_outer, .user = &outer };
	const dbn_sql_core *c = q->cores[0];

	if (q->ncores != 1 || c->kind != DBN_CORE_SELECT || c->from)
		return false;
	for (uint32_t i = 0; i < c->nitems; i++)
		if (dbn_sql_walk_expr(&c->items[i].expr, &v) < 0)
			return true;
	return outer;
}

static bool
in_query(dbn_sql_resolver *r, dbn_sql_expr *e)
{
	uint32_t width = e->args[0]->kind == DBN_X_ROW ? e->args[0]->nargs : 1;

	if (e->args[0]->kind == DBN_X_SUBQUERY)
		width = e->args[0]->query->ncols;
	if (r->d->id == DBN_DIALECT_MYSQL && crashes(e->query))
		return dbn_sql__rfail(r, e->query->pos, "Compare with the column itself.",
			"a subquery without FROM over columns of the query around it, behind IN, ANY or "
			"ALL, which ends some servers");
	if (e->query->ncols != width)
		return dbn_sql__rfail(r, e->query->pos, NULL,
			"the subquery gives %u columns, expected %u",
			e->query->ncols, width);
	if (e->args[0]->kind == DBN_X_PARAM)
		dbn_sql__param_type(r, e->args[0], e->query->cols[0].type, e->query->cols[0].rel,
			e->query->cols[0].ordinal, false);
	return true;
}

static bool
collation(dbn_sql_resolver *r, dbn_sql_expr *e)
{
	for (size_t i = 0; r->d->collations[i]; i++) {
		if (dbn_sql_same_name(r->d, e->text, dbn_text_z(r->d->collations[i]))) {
			e->text = dbn_text_z(r->d->collations[i]);
			e->type = e->args[0]->type;
			return true;
		}
	}
	return dbn_sql__rfail(r, e->pos, NULL, "no such collation: %.*s", DBN_TEXT_ARG(e->text));
}

/* A parameter has the type of the argument that it is. */
static bool
argument(dbn_sql_resolver *r, const dbn_sql_func_fact *fact, dbn_sql_expr *e, uint32_t i)
{
	char letter = dbn_sql_argument(r->d, fact, e->nargs, i);
	dbn_type type = dbn_sql_argument_type(letter);
	dbn_sql_expr *arg = e->args[i];

	while (arg->kind == DBN_X_COLLATE)
		arg = arg->args[0];
	if (arg->kind != DBN_X_PARAM) {
		if (letter != 'i' && letter != 'j') /* int4 and json, which no cast here says */
			dbn_sql__expect(r, arg, type, NULL, 0);
		return true;
	}
	if (letter == '=' && all_params(e))
		letter = '!';
	if (letter == 'a' || letter == '!')
		return note_untyped(r, arg, letter == '!' ? fact->name : NULL);
	dbn_sql__param_type(r, arg, type, NULL, 0, false);
	if (arg->type == DBN_NULL)
		arg->type = type;
	return true;
}

static bool
function(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_expr *e)
{
	const dbn_sql_func_fact *fact = dbn_sql_function(r->d, e->text);

	if (e->call && e->call->filter && !dbn_sql__rexpr(r, sc, &e->call->filter))
		return false;
	if (e->call && e->call->over && !dbn_sql__rwindow(r, sc, e->call->over))
		return false;
	for (uint32_t i = 0; e->call && i < e->call->norder; i++)
		if (!dbn_sql__rexpr(r, sc, &e->call->order[i].expr))
			return false;
	if (!dbn_sql__note_function(r, e) || !dbn_sql__in_call(r, sc, e))
		return false;
	for (uint32_t i = 0; fact && i < e->nargs; i++)
		if (!argument(r, fact, e, i))
			return false;
	if (dbn_text_ieqz(e->text, "coalesce") || dbn_text_ieqz(e->text, "ifnull") ||
		dbn_text_ieqz(e->text, "min") || dbn_text_ieqz(e->text, "max"))
		e->type = common(e->args, e->nargs, 1);
	else if (dbn_text_ieqz(e->text, "nullif") && e->nargs)
		e->type = e->args[0]->type;
	return true;
}

/* The parts are done: the type of the whole. */
static bool
above(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_expr *e)
{
	switch (e->kind) {
	case DBN_X_COMPARE:
	case DBN_X_IS:
	case DBN_X_LIKE:
	case DBN_X_BETWEEN:
	case DBN_X_IN_LIST:
		if (e->kind == DBN_X_LIKE)
			meet(r, e->args[0], e->args[1]);
		else
			meet_all(r, e, 1);
		e->type = DBN_BOOL;
		return true;
	case DBN_X_IN_QUERY:
	case DBN_X_ANY_QUERY:
		e->type = DBN_BOOL;
		return in_query(r, e);
	case DBN_X_ANY:
		if (e->args[1]->kind == DBN_X_ARRAY)
			for (uint32_t i = 0; i < e->args[1]->nargs; i++)
				meet(r, e->args[0], e->args[1]->args[i]);
		e->type = DBN_BOOL;
		return true;
	case DBN_X_ARRAY:
	case DBN_X_ARRAY_QUERY:
		e->type = DBN_ARRAY;
		return true;
	case DBN_X_IS_NULL:
		e->type = DBN_BOOL;
		return e->args[0]->kind != DBN_X_PARAM || r->d->id != DBN_DIALECT_POSTGRES ||
			note_untyped(r, e->args[0], NULL);
	case DBN_X_IS_TRUTH:
	case DBN_X_EXISTS: e->type = DBN_BOOL; return true;
	case DBN_X_SUBQUERY: e->type = e->query->ncols == 1 ?
		e->query->cols[0].type : (dbn_type)DBN_NULL;
		return true;
	case DBN_X_UNARY:
		e->type = e->op == DBN_OP_NOT ? (dbn_type)DBN_BOOL : e->op == DBN_OP_BITNOT ?
			(dbn_type)DBN_INT64 : e->args[0]->type;
		if (e->op == DBN_OP_NEG && (e->type == DBN_TEXT || e->type == DBN_BYTES))
			e->type = DBN_NULL; /* a number where texts are taken for one */
		return e->op == DBN_OP_NOT || untyped(r, e);
	case DBN_X_CHAIN:
		chain_type(r, e);
		return e->op == DBN_OP_AND || e->op == DBN_OP_OR || e->op == DBN_OP_CONCAT ||
			untyped(r, e);
	case DBN_X_CASE: case_type(r, e); return true;
	case DBN_X_COLLATE: return collation(r, e);
	case DBN_X_CAST:
		if (e->args[0]->kind == DBN_X_PARAM) {
			e->args[0]->type = e->type;
			dbn_sql__param_type(r, e->args[0], e->type, NULL, 0, true);
		}
		return true;
	case DBN_X_FUNC: return function(r, sc, e);
	default: return true;
	}
}

static bool
variable(dbn_sql_resolver *r, dbn_sql_expr *e)
{
	dbn_status rc;

	if (!r->vars)
		return dbn_sql__rfail(r, e->pos, NULL, "a variable: $%.*s", DBN_TEXT_ARG(e->text));
	rc = r->vars->type(r->vars->user, e->text, &e->type, r->err);
	if (rc == DBN_E_NOT_FOUND) {
		if (r->err) {
			dbn_error_free(*r->err);
			*r->err = NULL;
		}
		return dbn_sql__rfail(r, e->pos, "Known are $user.id, $user.roles, the declared "
			"attributes, $client.*, $op and $now.", "no such variable: $%.*s",
			DBN_TEXT_ARG(e->text));
	}
	if (rc != DBN_OK)
		r->status = rc;
	return rc == DBN_OK;
}

static bool
expr(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_expr **ep)
{
	dbn_sql_expr *e = *ep;
	uint32_t inside;

	switch (e->kind) {
	case DBN_X_LITERAL: return true;
	case DBN_X_PARAM: return dbn_sql__param(r, e);
	case DBN_X_VARIABLE: return variable(r, e);
	case DBN_X_COLUMN: return e->from ? true : dbn_sql__column(r, sc, ep);
	case DBN_X_STAR: return dbn_sql__rfail(r, e->pos, NULL, "a * that is no output");
	default: break;
	}
	inside = dbn_sql__is_aggregate(r, e);
	r->aggregates += inside;
	for (uint32_t i = 0; i < e->nargs; i++)
		if (!dbn_sql__rexpr(r, sc, &e->args[i]))
			return false;
	r->aggregates -= inside;
	if (dbn_sql_has_query(e)) {
		r->out->flags |= DBN_SQL_SUBQUERIES;
		if (!dbn_sql__rquery(r, sc, e->query, NULL))
			return false;
	}
	return above(r, sc, e);
}

bool
dbn_sql__rexpr(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_expr **e)
{
	bool good;

	if (!*e)
		return true;
	if (!dbn_sql__down(r, (*e)->pos))
		return false;
	good = expr(r, sc, e);
	r->depth--;
	return good;
}

bool
dbn_sql__rwindow(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_window *w)
{
	for (uint32_t i = 0; i < w->npartition; i++)
		if (!dbn_sql__rexpr(r, sc, &w->partition[i]))
			return false;
	for (uint32_t i = 0; i < w->norder; i++)
		if (!dbn_sql__rexpr(r, sc, &w->order[i].expr))
			return false;
	return dbn_sql__rexpr(r, sc, &w->start_expr) && dbn_sql__rexpr(r, sc, &w->end_expr);
}
