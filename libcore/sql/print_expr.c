/* SPDX-License-Identifier: MIT */
/*
 * Expressions as text.  Parentheses are printed where SQLite or PostgreSQL would
 * need them, and few beyond: SQLite's parser has a stack of 100 entries.
 */
#include <stdio.h>
#include <string.h>

#include "sql/printer.h"

enum { P_OR = 1, P_AND, P_NOT, P_EQ, P_BIT, P_ADD, P_MUL, P_CONCAT, P_COLLATE, P_UNARY, P_PRIMARY };

static int
chain_level(uint32_t op)
{
	switch (op) {
	case DBN_OP_OR: return P_OR;
	case DBN_OP_AND: return P_AND;
	case DBN_OP_ADD:
	case DBN_OP_SUB: return P_ADD;
	case DBN_OP_MUL:
	case DBN_OP_DIV:
	case DBN_OP_MOD: return P_MUL;
	case DBN_OP_CONCAT:
	case DBN_OP_JSON:
	case DBN_OP_JSON_TEXT:
	case DBN_OP_BITXOR:
	case DBN_OP_POWER: return P_CONCAT;
	case DBN_OP_XOR: return P_OR; /* between OR and AND: an operand of OR is wrapped */
	case DBN_OP_INT_DIV: return P_MUL;
	default: return P_BIT;
	}
}

static int
level(const dbn_sql_printer *p, const dbn_sql_expr *e)
{
	switch (e->kind) {
	case DBN_X_CHAIN:
		if (e->flags & DBN_XF_WORD)
			return P_BIT;
		return e->op == DBN_OP_CONCAT && dbn_sql__mysql(p) ? P_PRIMARY : chain_level(e->op);
	case DBN_X_UNARY:
		if (e->op == DBN_OP_NOT)
			return P_NOT;
		/* PostgreSQL: ~1 + 2 is ~(1 + 2). */
		return e->op == DBN_OP_NEG || e->op == DBN_OP_POS || p->d->id != DBN_DIALECT_POSTGRES
			? P_UNARY : P_BIT;
	case DBN_X_ANY:
	case DBN_X_ANY_QUERY: return P_EQ;
	case DBN_X_IS_TRUTH: return dbn_sql__canonical(p) && dbn_sql__sqlite(p) ? P_PRIMARY : P_EQ;
	case DBN_X_COMPARE: return e->flags & DBN_XF_WORD ? P_BIT : P_EQ;
	case DBN_X_IN_LIST:
	case DBN_X_IN_QUERY:
	case DBN_X_BETWEEN:
	case DBN_X_IS_NULL:
	case DBN_X_IS:
	case DBN_X_LIKE: return P_EQ;
	case DBN_X_COLLATE: return P_COLLATE;
	case DBN_X_EXISTS: return e->flags & DBN_XF_NOT ? P_NOT : P_PRIMARY;
	default: return P_PRIMARY;
	}
}

static void
put(dbn_sql_printer *p, const char *z)
{
	dbn_str_adds(p->out, z);
}

/* With parentheses where it binds looser than min. */
static void
child(dbn_sql_printer *p, const dbn_sql_expr *e, int min)
{
	bool wrap = e && level(p, e) < min;

	if (wrap)
		put(p, "(");
	dbn_sql__print_expr(p, e);
	if (wrap)
		put(p, ")");
}

void
dbn_sql__print_list(dbn_sql_printer *p, dbn_sql_expr *const *args, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			put(p, ", ");
		dbn_sql__print_expr(p, args[i]);
	}
}

void
dbn_sql__print_operand(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	child(p, e, P_BIT);
}

void
dbn_sql__print_primary(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	child(p, e, P_PRIMARY);
}

/* ---- names ---- */

static void
canonical_column(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	dbn_sql_from *f = e->from;
	char buf[20];

	if (!f) {
		dbn_sql__print_fail(p, DBN_E_UNSUPPORTED, e->pos, "the column %.*s is not resolved",
			DBN_TEXT_ARG(e->text));
		return;
	}
	if (e->index >= dbn_sql_from_ncols(f)) {
		dbn_sql__print_fail(p, DBN_E_INTERNAL, e->pos, "column %u of something that has %u",
			e->index, dbn_sql_from_ncols(f));
		return;
	}
	if (e->flags & DBN_XF_EXCLUDED) {
		put(p, dbn_sql__mysql(p) ? "VALUES(" : "excluded.");
	} else if (p->s && f == p->s->target && dbn_sql__mysql(p) &&
		p->s->kind != DBN_STMT_UPDATE && !p->many) {
		dbn_sql__print_relation(p, f); /* it has no alias there */
		put(p, ".");
	} else if (p->returning && p->s && f == p->s->target && dbn_sql__sqlite(p)) {
		dbn_sql__print_name(p, f->rel->name.name);
		put(p, ".");
	} else if (!p->bare) {
		dbn_sql__print_from_name(p, f);
		put(p, ".");
	}
	if (f->kind == DBN_FROM_RELATION) {
		dbn_sql__print_name(p, f->rel->columns[e->index].name);
	} else if (f->kind == DBN_FROM_FUNCTION && !dbn_sql__postgres(p)) {
		dbn_sql__print_name(p, f->cols[e->index].name);
	} else {
		(void)snprintf(buf, sizeof(buf), "%cc%u%c", p->d->quote, e->index, p->d->quote);
		put(p, buf);
	}
	if ((e->flags & DBN_XF_EXCLUDED) && dbn_sql__mysql(p))
		put(p, ")");
}

/* What was written before a column or a star. */
static void
qualifiers(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	dbn_text parts[3] = { { 0 }, { 0 }, e->qual };

	if (e->full) {
		parts[0] = e->full->database;
		parts[1] = e->full->schema;
	}
	for (uint32_t i = 0; i < 3; i++) {
		if (!parts[i].len)
			continue;
		dbn_sql__print_name(p, parts[i]);
		put(p, ".");
	}
}

void
dbn_sql__print_column(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	if (dbn_sql__canonical(p)) {
		canonical_column(p, e);
		return;
	}
	qualifiers(p, e);
	dbn_sql__print_name(p, e->text);
}

/* ---- operators ---- */

/* MySQL: what || means there depends on sql_mode; CONCAT does not. */
static void
concat(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	if (e->ops || e->op != DBN_OP_CONCAT) {
		dbn_sql__print_refuse(p, e->pos, "Use json_extract() or json_value().",
			"the operator -> or ->>");
		return;
	}
	put(p, "CONCAT(");
	dbn_sql__print_list(p, e->args, e->nargs);
	put(p, ")");
}

static void
named_operator(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	child(p, e->args[0], P_BIT + 1);
	put(p, " OPERATOR(pg_catalog.");
	put(p, dbn_sql_op_name(e->op));
	put(p, ") ");
	child(p, e->args[1], P_BIT + 1);
}

static void
chain(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	int own = chain_level(e->op), min;

	if (e->flags & DBN_XF_WORD) {
		named_operator(p, e);
		return;
	}
	if (own == P_CONCAT && dbn_sql__mysql(p) && e->op != DBN_OP_BITXOR) {
		concat(p, e);
		return;
	}
	for (uint32_t i = 0; i < e->nargs; i++) {
		if (i) {
			put(p, " ");
			put(p, dbn_sql_op_name(e->ops ? e->ops[i] : e->op));
			put(p, " ");
		}
		min = own + 1;
		/* || binds tighter than + on SQLite and looser on PostgreSQL. */
		if (own >= P_BIT && e->args[i]->kind == DBN_X_CHAIN &&
			chain_level(e->args[i]->op) == P_CONCAT)
			min = P_PRIMARY;
		if (own == P_OR && e->op != DBN_OP_OR)
			min = P_NOT;
		child(p, e->args[i], min);
	}
}

static void
unary(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	if (e->op == DBN_OP_NOT) {
		put(p, "NOT ");
		child(p, e->args[0], P_BIT);
	} else {
		put(p, dbn_sql_op_name(e->op));
		if (e->op >= DBN_OP_SQRT || (e->args[0] && e->args[0]->kind == DBN_X_UNARY))
			put(p, " "); /* -- would begin a comment, @- is an operator */
		child(p, e->args[0], P_UNARY);
	}
}

static void
in_list(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	bool collapse = p->mode == DBN_PRINT_FINGERPRINT, value, before = false;

	child(p, e->args[0], P_BIT);
	put(p, e->flags & DBN_XF_NOT ? " NOT IN (" : " IN (");
	for (uint32_t i = 1; i < e->nargs; i++) {
		value = e->args[i]->kind == DBN_X_LITERAL || e->args[i]->kind == DBN_X_PARAM;
		if (collapse && value && before)
			continue;
		before = value;
		if (i > 1)
			put(p, ", ");
		if (e->args[i]->kind == DBN_X_PARAM)
			dbn_sql__print_param(p, e->args[i], true);
		else
			dbn_sql__print_expr(p, e->args[i]);
	}
	put(p, ")");
}

static void
is_truth(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	bool negated = e->flags & DBN_XF_NOT;

	if (!dbn_sql__canonical(p) || !dbn_sql__sqlite(p)) {
		child(p, e->args[0], P_BIT);
		put(p, negated ? " IS NOT " : " IS ");
		put(p, dbn_sql_op_name(e->op));
		return;
	}
	/* On SQLite TRUE may be the name of a column. */
	put(p, e->op == DBN_OP_TRUE ? "CASE WHEN " : "CASE WHEN NOT ");
	child(p, e->args[0], e->op == DBN_OP_TRUE ? 0 : P_BIT);
	put(p, negated ? " THEN 0 ELSE 1 END" : " THEN 1 ELSE 0 END");
}

static void
is(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	bool differ = e->flags & DBN_XF_NOT;
	bool distinct = !(p->d->flags & DBN_SQL_IS_ANY) ||
		(!dbn_sql__canonical(p) && (e->flags & DBN_XF_DISTINCT_FROM));

	if (dbn_sql__mysql(p)) {
		put(p, differ ? "(NOT " : "");
		child(p, e->args[0], P_BIT);
		put(p, " <=> ");
		child(p, e->args[1], P_BIT);
		put(p, differ ? ")" : "");
		return;
	}
	child(p, e->args[0], P_BIT);
	if (distinct)
		put(p, differ ? " IS DISTINCT FROM " : " IS NOT DISTINCT FROM ");
	else
		put(p, differ ? " IS NOT " : " IS ");
	child(p, e->args[1], P_BIT);
}

static void
case_when(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	uint32_t i = 0, end = e->nargs - (e->flags & DBN_XF_ELSE ? 1 : 0);

	put(p, "CASE");
	if (e->flags & DBN_XF_BASE) {
		put(p, " ");
		dbn_sql__print_expr(p, e->args[i++]);
	}
	for (; i + 1 < end; i += 2) {
		put(p, " WHEN ");
		dbn_sql__print_expr(p, e->args[i]);
		put(p, " THEN ");
		dbn_sql__print_expr(p, e->args[i + 1]);
	}
	if (e->flags & DBN_XF_ELSE) {
		put(p, " ELSE ");
		dbn_sql__print_expr(p, e->args[end]);
	}
	put(p, " END");
}

static void
like(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	child(p, e->args[0], P_BIT);
	put(p, e->flags & DBN_XF_NOT ? " NOT " : " ");
	put(p, dbn_sql_op_name(e->op));
	put(p, " ");
	child(p, e->args[1], P_BIT);
	if (e->nargs > 2) {
		put(p, " ESCAPE ");
		child(p, e->args[2], P_BIT);
	}
}

static void
quantified(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	child(p, e->args[0], P_BIT);
	put(p, e->flags & DBN_XF_NOT ? " NOT " : " ");
	put(p, dbn_sql_op_name(e->op));
	put(p, e->flags & DBN_XF_ALL ? " ALL (" : " ANY (");
	if (e->kind == DBN_X_ANY) {
		dbn_sql__print_expr(p, e->args[1]);
		put(p, ")");
	}
}

static void
query_operand(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	if (e->kind == DBN_X_IN_QUERY) {
		child(p, e->args[0], P_BIT);
		put(p, e->flags & DBN_XF_NOT ? " NOT IN (" : " IN (");
	} else if (e->kind == DBN_X_EXISTS) {
		put(p, e->flags & DBN_XF_NOT ? "NOT EXISTS (" : "EXISTS (");
	} else if (e->kind == DBN_X_ANY_QUERY) {
		quantified(p, e);
	} else {
		put(p, e->kind == DBN_X_ARRAY_QUERY ? "ARRAY(" : "(");
	}
	dbn_sql__print_query(p, e->query, DBN_OUT_VALUE_ONLY);
	put(p, ")");
}

static void
subscript(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	const dbn_sql_expr *base = e->args[0];
	bool bare = base->kind == DBN_X_COLUMN || (base->kind == DBN_X_SUBSCRIPT &&
		!(base->flags & DBN_XF_PAREN));
	uint32_t i = 1;

	put(p, bare ? "" : "(");
	dbn_sql__print_expr(p, base);
	put(p, bare ? "[" : ")[");
	if (!(e->flags & DBN_XF_SLICE) || (e->flags & DBN_XF_LOWER))
		dbn_sql__print_expr(p, e->args[i++]);
	if (e->flags & DBN_XF_SLICE)
		put(p, " : "); /* a: b would be a placeholder, a::b a cast */
	if ((e->flags & DBN_XF_SLICE) && (e->flags & DBN_XF_UPPER))
		dbn_sql__print_expr(p, e->args[i]);
	put(p, "]");
}

static void
operators(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	switch (e->kind) {
	case DBN_X_UNARY: unary(p, e); break;
	case DBN_X_CHAIN: chain(p, e); break;
	case DBN_X_COMPARE:
		if (e->flags & DBN_XF_WORD) {
			named_operator(p, e);
			break;
		}
		child(p, e->args[0], P_BIT);
		put(p, " ");
		put(p, dbn_sql_op_name(e->op));
		put(p, " ");
		child(p, e->args[1], P_BIT);
		break;
	case DBN_X_BETWEEN:
		child(p, e->args[0], P_BIT);
		put(p, e->flags & DBN_XF_NOT ? " NOT BETWEEN " : " BETWEEN ");
		put(p, e->flags & DBN_XF_SYMMETRIC ? "SYMMETRIC " : "");
		child(p, e->args[1], P_BIT);
		put(p, " AND ");
		child(p, e->args[2], P_BIT);
		break;
	case DBN_X_IS_NULL:
		child(p, e->args[0], P_BIT);
		put(p, e->flags & DBN_XF_NOT ? " IS NOT NULL" : " IS NULL");
		break;
	case DBN_X_IN_LIST: in_list(p, e); break;
	case DBN_X_IS: is(p, e); break;
	case DBN_X_IS_TRUTH: is_truth(p, e); break;
	case DBN_X_LIKE: like(p, e); break;
	default:
		child(p, e->args[0], dbn_sql__sqlite(p) ? P_UNARY : P_PRIMARY);
		put(p, dbn_sql__postgres(p) ? " COLLATE \"pg_catalog\"." : " COLLATE ");
		dbn_sql__print_name(p, e->text);
		break;
	}
}

static void
operand(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	switch (e->kind) {
	case DBN_X_LITERAL: dbn_sql__print_value(p, e); break;
	case DBN_X_PARAM: dbn_sql__print_param(p, e, false); break;
	case DBN_X_COLUMN: dbn_sql__print_column(p, e); break;
	case DBN_X_STAR:
		if (dbn_sql__canonical(p))
			dbn_sql__print_fail(p, DBN_E_UNSUPPORTED, e->pos,
				"a * that is not resolved");
		qualifiers(p, e);
		put(p, "*");
		break;
	case DBN_X_VARIABLE:
		if (dbn_sql__canonical(p))
			dbn_sql__print_fail(p, DBN_E_UNSUPPORTED, e->pos,
				"the variable $%.*s is not a value yet", DBN_TEXT_ARG(e->text));
		put(p, "$");
		dbn_str_addt(p->out, e->text);
		break;
	case DBN_X_FUNC: dbn_sql__print_function(p, e); break;
	case DBN_X_CASE: case_when(p, e); break;
	case DBN_X_CAST: dbn_sql__print_cast(p, e); break;
	case DBN_X_IN_QUERY:
	case DBN_X_EXISTS:
	case DBN_X_ARRAY_QUERY:
	case DBN_X_ANY_QUERY:
	case DBN_X_SUBQUERY: query_operand(p, e); break;
	case DBN_X_SUBSCRIPT: subscript(p, e); break;
	case DBN_X_ANY: quantified(p, e); break;
	case DBN_X_ROW:
	case DBN_X_ARRAY:
		put(p, e->kind == DBN_X_ARRAY ? "ARRAY[" : e->flags & DBN_XF_WORD ? "ROW(" : "(");
		dbn_sql__print_list(p, e->args, e->nargs);
		put(p, e->kind == DBN_X_ARRAY ? "]" : ")");
		break;
	case DBN_X_DEFAULT:
		if (dbn_sql__canonical(p) && dbn_sql__sqlite(p))
			dbn_sql__print_refuse(p, e->pos, "Leave the column out.", "DEFAULT as a value");
		put(p, "DEFAULT");
		break;
	default: operators(p, e); break;
	}
}

void
dbn_sql__print_expr(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	if (!e) {
		dbn_sql__print_fail(p, DBN_E_INTERNAL, 0, "an expression is missing");
		return;
	}
	if (p->status != DBN_OK || !dbn_sql__print_enter(p, e->pos))
		return;
	operand(p, e);
	p->depth--;
}

bool
dbn_sql__is_integer(const dbn_sql_expr *e)
{
	for (int i = 0; e && i < 64; i++) {
		if (e->kind == DBN_X_LITERAL)
			return e->value.type == DBN_INT64 || e->value.type == DBN_UINT64 ||
				e->value.type == DBN_BOOL;
		if (e->kind != DBN_X_COLLATE && (e->kind != DBN_X_UNARY || e->op == DBN_OP_NOT))
			return false;
		e = e->args[0];
	}
	return true;
}
