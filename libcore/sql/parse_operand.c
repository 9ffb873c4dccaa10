/* SPDX-License-Identifier: MIT */
/*
 * What operators stand between: values in parentheses, placeholders, columns,
 * EXISTS, and the words that begin longer operands (parse_call.c).
 */
#include "sql/parse_expr.h"

static dbn_sql_expr *
paren(dbn_sql_parser *p)
{
	uint32_t pos = p->tok.pos, height = 0;
	dbn_sql_expr *e = NULL, *row;
	size_t cap = 0, n = 0;

	if (!dbn_sql__next(p))
		return NULL;
	if (dbn_sql__starts_query(p)) {
		e = node(p, DBN_X_SUBQUERY, 0, pos, 0);
		if (e)
			e->query = dbn_sql__query(p, &height);
		if (!e || !e->query || !dbn_sql__want(p, DBN_TK_RPAREN, "\")\"") ||
			!dbn_sql__construct(p, DBN_G_SCALAR, pos))
			return NULL;
		return dbn_sql__finish(p, e, height);
	}
	e = dbn_sql__operand(p, L_OR);
	if (!e)
		return NULL;
	if (p->tok.kind == DBN_TK_COMMA) {
		row = node(p, DBN_X_ROW, 0, pos, 0);
		if (!row || !dbn_sql__construct(p, DBN_G_ROW_VALUE, pos))
			return NULL;
		do {
			if (!dbn_sql__room(p, &row->args, &cap, n, sizeof(*row->args)))
				return NULL;
			if (n)
				e = dbn_sql__operand(p, L_OR);
			row->args[n++] = e;
			if (!e)
				return NULL;
		} while (dbn_sql__take(p, DBN_TK_COMMA));
		row->nargs = (uint32_t)n;
		e = dbn_sql__finish(p, row, 0);
	}
	return dbn_sql__want(p, DBN_TK_RPAREN, "\")\"") ? e : NULL;
}

static dbn_sql_expr *
placeholder(dbn_sql_parser *p)
{
	uint32_t style = p->tok.kind == DBN_TK_QMARK ? DBN_PLACE_QMARK : DBN_PLACE_DOLLAR;
	dbn_sql_expr *e = node(p, DBN_X_PARAM, 0, p->tok.pos, 0);
	uint64_t number = (uint64_t)p->nparams + 1;
	dbn_text digits = { p->lx.text.ptr + p->tok.pos + 1, p->tok.end - p->tok.pos - 1 };

	if (!e)
		return NULL;
	if (p->place == DBN_PLACE_FORBIDDEN)
		return dbn_sql__fail(p, p->tok.pos, "Use $user.id and the like.",
			"a placeholder in a policy");
	if (p->place != DBN_PLACE_NONE && p->place != style)
		return dbn_sql__fail(p, p->tok.pos, "Use one of them throughout.",
			"both ? and $1 placeholders");
	if (style == DBN_PLACE_DOLLAR && (!dbn_parse_uint64(digits, &number) || number == 0))
		return dbn_sql__fail(p, p->tok.pos, "They count from $1.", "malformed placeholder");
	if (number > p->limits.params)
		return dbn_sql__limit(p, p->tok.pos, "too many parameters", p->limits.params);
	p->place = style;
	e->index = (uint32_t)number;
	if (number > p->nparams)
		p->nparams = (uint32_t)number;
	return dbn_sql__next(p) ? dbn_sql__finish(p, e, 0) : NULL;
}

static dbn_sql_expr *
variable(dbn_sql_parser *p)
{
	dbn_sql_expr *e = node(p, DBN_X_VARIABLE, 0, p->tok.pos, 0);

	if (!e)
		return NULL;
	e->text.ptr = p->lx.text.ptr + p->tok.pos + 1;
	e->text.len = p->tok.end - p->tok.pos - 1;
	return dbn_sql__next(p) ? dbn_sql__finish(p, e, 0) : NULL;
}

static dbn_sql_expr *
column(dbn_sql_parser *p)
{
	dbn_sql_expr *e = node(p, DBN_X_COLUMN, 0, p->tok.pos, 0);

	if (!e)
		return NULL;
	if (p->tok.kind == DBN_TK_QUOTED)
		e->flags = DBN_XF_QUOTED;
	if (!dbn_sql__name(p, "a value", &e->text))
		return NULL;
	if (dbn_sql__take(p, DBN_TK_DOT)) {
		e->qual = e->text;
		if (p->tok.kind == DBN_TK_QUOTED)
			e->flags = DBN_XF_QUOTED;
		if (!dbn_sql__label(p, "a column", &e->text))
			return NULL;
		if (p->tok.kind == DBN_TK_DOT)
			return dbn_sql__fail(p, e->pos, "Give the table an alias: FROM s.t AS a "
				"... a.x.",
				"a column with a schema before it");
	}
	return p->status == DBN_OK ? dbn_sql__finish(p, e, 0) : NULL;
}

static dbn_sql_expr *
exists(dbn_sql_parser *p)
{
	dbn_sql_expr *e = node(p, DBN_X_EXISTS, 0, p->tok.pos, 0);
	uint32_t height;

	if (!e || !dbn_sql__construct(p, DBN_G_EXISTS, e->pos) || !dbn_sql__next(p) ||
		!dbn_sql__want(p, DBN_TK_LPAREN, "\"(\""))
		return NULL;
	e->query = dbn_sql__query(p, &height);
	if (!e->query || !dbn_sql__want(p, DBN_TK_RPAREN, "\")\""))
		return NULL;
	return dbn_sql__finish(p, e, height);
}

/* VALUES(column) in ON DUPLICATE KEY UPDATE: what was about to be inserted. */
static dbn_sql_expr *
values_of(dbn_sql_parser *p)
{
	dbn_sql_expr *e = node(p, DBN_X_COLUMN, 0, p->tok.pos, 0);

	if (!e || !dbn_sql__next(p) || !dbn_sql__next(p) ||
		!dbn_sql__name(p, "a column", &e->text) || !dbn_sql__want(p, DBN_TK_RPAREN, "\")\""))
		return NULL;
	e->qual = DBN_TEXT_LIT("excluded");
	return dbn_sql__finish(p, e, 0);
}

/* left(x, 1), replace(x, y, z): functions whose names are words of the grammar. */
static bool
listed(const dbn_sql_parser *p)
{
	return p->tok.kind == DBN_TK_NAME && ((p->upsert_set && p->tok.kw == DBN_KW_VALUES) ||
		(p->d->nreserved && dbn_sql_function(p->d, dbn_text_n(p->lx.text.ptr + p->tok.pos,
		p->tok.end - p->tok.pos))));
}

dbn_sql_expr *
dbn_sql__primary(dbn_sql_parser *p)
{
	const dbn_sql_token *t;

	switch (p->tok.kind) {
	case DBN_TK_STRING:
	case DBN_TK_BLOB:
	case DBN_TK_NUMBER: return dbn_sql__literal(p);
	case DBN_TK_QMARK:
	case DBN_TK_DOLLAR: return placeholder(p);
	case DBN_TK_VARIABLE: return variable(p);
	case DBN_TK_LPAREN: return paren(p);
	case DBN_TK_QUOTED:
	case DBN_TK_NAME: break;
	default: return dbn_sql__unexpected(p, "a value");
	}
	switch (p->tok.kw) { /* none for a quoted name */
	case DBN_KW_NULL:
	case DBN_KW_TRUE:
	case DBN_KW_FALSE: return dbn_sql__literal(p);
	case DBN_KW_CURRENT_DATE:
	case DBN_KW_CURRENT_TIME:
	case DBN_KW_CURRENT_TIMESTAMP: return dbn_sql__function(p);
	case DBN_KW_CASE: return dbn_sql__case(p);
	case DBN_KW_CAST: return dbn_sql__cast(p);
	case DBN_KW_EXISTS: return exists(p);
	case DBN_KW_RAISE:
		return dbn_sql__refuse(p, DBN_G_RAISE, p->tok.pos);
	default: break;
	}
	t = dbn_sql__peek(p, 1);
	if (!t)
		return NULL;
	if (t->kind == DBN_TK_LPAREN && (!p->tok.reserved || listed(p)))
		return p->upsert_set && p->tok.kw == DBN_KW_VALUES ? values_of(p)
			: dbn_sql__function(p);
	return column(p);
}
