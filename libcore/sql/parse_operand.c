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
	dbn_sql_expr *e = NULL, *many;
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
	if (e->kind == DBN_X_SUBQUERY && dbn_sql__goes_on(p)) { /* ((SELECT ...) UNION ...) */
		e->query = dbn_sql__query_behind(p, e->query, &height);
		return e->query && dbn_sql__want(p, DBN_TK_RPAREN, "\")\"") &&
			dbn_sql__construct(p, DBN_G_SET_PAREN, pos) ? dbn_sql__finish(p, e, height) : NULL;
	}
	if (p->tok.kind == DBN_TK_COMMA) {
		many = node(p, DBN_X_ROW, 0, pos, 0);
		if (!many || !dbn_sql__construct(p, DBN_G_ROW_VALUE, pos))
			return NULL;
		do {
			if (!dbn_sql__room(p, &many->args, &cap, n, sizeof(*many->args)))
				return NULL;
			if (n)
				e = dbn_sql__operand(p, L_OR);
			many->args[n++] = e;
			if (!e)
				return NULL;
		} while (dbn_sql__take(p, DBN_TK_COMMA));
		many->nargs = (uint32_t)n;
		e = dbn_sql__finish(p, many, 0);
	} else if (e->kind == DBN_X_SUBSCRIPT) {
		e->flags |= DBN_XF_PAREN;
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
	if (style == DBN_PLACE_QMARK && p->d->id && !dbn_sql__construct(p, DBN_G_PLACE_QMARK, p->tok.pos))
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

/* ARRAY[...], ARRAY(query), and [...] inside of one. */
static dbn_sql_expr *
array(dbn_sql_parser *p)
{
	dbn_sql_expr *e = node(p, DBN_X_ARRAY, 0, p->tok.pos, 0);
	bool word = p->tok.kind == DBN_TK_NAME;
	size_t cap = 0, n = 0;
	uint32_t height = 0;

	if (!e || !dbn_sql__enter(p) || (word && !dbn_sql__next(p)))
		return NULL;
	if (p->tok.kind == DBN_TK_LPAREN) {
		e->kind = DBN_X_ARRAY_QUERY;
		if (!dbn_sql__construct(p, DBN_G_ARRAY_QUERY, e->pos) || !dbn_sql__next(p) ||
			!(e->query = dbn_sql__query(p, &height)) || !dbn_sql__want(p, DBN_TK_RPAREN, "\")\""))
			return NULL;
		dbn_sql__leave(p);
		return dbn_sql__finish(p, e, height);
	}
	if (!dbn_sql__construct(p, DBN_G_ARRAY, e->pos) || !dbn_sql__want(p, DBN_TK_LBRACKET, "\"[\""))
		return NULL;
	while (p->tok.kind != DBN_TK_RBRACKET) {
		if (!dbn_sql__room(p, &e->args, &cap, n, sizeof(*e->args)) ||
			!(e->args[n++] = p->tok.kind == DBN_TK_LBRACKET ? array(p) :
			dbn_sql__operand(p, L_OR)))
			return NULL;
		if (!dbn_sql__take(p, DBN_TK_COMMA))
			break;
	}
	e->nargs = (uint32_t)n;
	dbn_sql__leave(p);
	return dbn_sql__want(p, DBN_TK_RBRACKET, "\"]\"") ? dbn_sql__finish(p, e, 0) : NULL;
}

/* ROW(a, b) */
static dbn_sql_expr *
row(dbn_sql_parser *p)
{
	dbn_sql_expr *e = node(p, DBN_X_ROW, 0, p->tok.pos, 0);

	if (!e || !dbn_sql__construct(p, DBN_G_ROW_WORD, e->pos) || !dbn_sql__next(p) || !dbn_sql__next(p))
		return NULL;
	e->flags = DBN_XF_WORD;
	if (p->tok.kind != DBN_TK_RPAREN && !dbn_sql__expr_list(p, &e->args, &e->nargs))
		return NULL;
	return dbn_sql__want(p, DBN_TK_RPAREN, "\")\"") ? dbn_sql__finish(p, e, 0) : NULL;
}

/* BINARY x is CAST(x AS BINARY). */
static dbn_sql_expr *
binary(dbn_sql_parser *p)
{
	dbn_sql_expr *e = node(p, DBN_X_CAST, 0, p->tok.pos, 1);

	if (!e || !dbn_sql__construct(p, DBN_G_BINARY, e->pos) || !dbn_sql__next(p))
		return NULL;
	e->text = DBN_TEXT_LIT("BINARY");
	e->type = DBN_BYTES;
	e->args[0] = dbn_sql__operand(p, L_UNARY);
	return dbn_sql__finish(p, e, 0);
}

static bool
peek_word(dbn_sql_parser *p, uint32_t n, const char *word)
{
	const dbn_sql_token *t = dbn_sql__peek(p, n);

	return t && t->kind == DBN_TK_NAME && dbn_text_ieqz(dbn_text_n(p->lx.text.ptr + t->pos,
		t->end - t->pos), word);
}

/* Words that PostgreSQL and MySQL begin an operand with; NULL with p->status DBN_OK:
 * none of them. */
static dbn_sql_expr *
by_word(dbn_sql_parser *p)
{
	const dbn_sql_token *t = dbn_sql__peek(p, 1);
	bool pg = p->d->id == DBN_DIALECT_POSTGRES, my = p->d->id == DBN_DIALECT_MYSQL;
	dbn_sql_expr *e;

	if (!t || (!pg && !my) || p->tok.kind != DBN_TK_NAME)
		return NULL;
	if (t->kind == DBN_TK_LPAREN && dbn_sql__at_kw(p, DBN_KW_ROW))
		return row(p);
	if (pg && dbn_sql__at_word(p, "array") && (t->kind == DBN_TK_LPAREN || t->kind == DBN_TK_LBRACKET))
		return array(p);
	if (pg && dbn_sql__at_word(p, "collation") && peek_word(p, 1, "for"))
		return dbn_sql__refuse(p, DBN_G_COLLATION_FOR, p->tok.pos);
	if (my && dbn_sql__at_word(p, "binary") && t->kind != DBN_TK_DOT)
		return binary(p);
	if (my && t->kind == DBN_TK_LPAREN && dbn_sql__at_kw(p, DBN_KW_MATCH))
		return dbn_sql__refuse(p, DBN_G_MATCH_AGAINST, p->tok.pos);
	if (my && t->kind == DBN_TK_LPAREN && dbn_sql__at_kw(p, DBN_KW_DEFAULT))
		return dbn_sql__refuse(p, DBN_G_DEFAULT_OF, p->tok.pos);
	if (my && dbn_sql__at_word(p, "interval") && t->kind != DBN_TK_LPAREN)
		return dbn_sql__refuse(p, DBN_G_INTERVAL_FIRST, p->tok.pos);
	if (my && (peek_word(p, 1, "value") && peek_word(p, 2, "for")) && (dbn_sql__at_word(p, "next") ||
		dbn_sql__at_word(p, "previous")))
		return dbn_sql__refuse(p, DBN_G_SEQUENCE, p->tok.pos);
	e = dbn_sql__word_function(p);
	return e || p->status != DBN_OK ? e : dbn_sql__typed_literal(p);
}

/* What is no function there, or another one than without the schema. */
static bool
is_form(const dbn_sql_parser *p)
{
	static const char *const forms[] = { "coalesce", "nullif", "greatest", "least", "grouping", "trim",
		"position", "overlay", "extract", "normalize", "substring", "current_date", "row", "cast" };

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (dbn_sql__at_word(p, forms[i]))
			return true;
	return false;
}

/* pg_catalog.lower(x): the functions that names without a schema mean anyway. */
static bool
qualified_call(dbn_sql_parser *p)
{
	const dbn_sql_token *t = dbn_sql__peek(p, 1);

	if (!t || t->kind != DBN_TK_DOT || p->d->id < DBN_DIALECT_POSTGRES || !dbn_sql__peek(p, 3) ||
		p->ahead[2].kind != DBN_TK_LPAREN)
		return false;
	if (p->d->id != DBN_DIALECT_POSTGRES || !dbn_sql__at_word(p, "pg_catalog"))
		return dbn_sql__refuse(p, DBN_G_CALL_FOREIGN, p->tok.pos);
	if (!dbn_sql__construct(p, DBN_G_CALL_SCHEMA, p->tok.pos) || !dbn_sql__next(p) || !dbn_sql__next(p))
		return false;
	return !is_form(p) || dbn_sql__fail(p, p->tok.pos, "Leave the schema out.",
		"pg_catalog before %.*s(), which is a form of the language", (int)(p->tok.end - p->tok.pos),
		p->lx.text.ptr + p->tok.pos) != NULL;
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

/* schema.table.column, database.schema.table.column: at the second dot. */
static bool
longer(dbn_sql_parser *p, dbn_sql_expr *e)
{
	dbn_sql_name *full = dbn_arena_zalloc(p->a, sizeof(*full));

	if (!full)
		return dbn_sql__nomem(p) != NULL;
	if (!dbn_sql__construct(p, DBN_G_COLUMN_SCHEMA, e->pos))
		return false;
	full->schema = e->qual;
	full->name = e->text;
	for (uint32_t i = 0; i < 2 && dbn_sql__take(p, DBN_TK_DOT); i++) {
		if (i) {
			full->database = full->schema;
			full->schema = full->name;
			full->name = e->text;
		}
		if (p->tok.kind == DBN_TK_QUOTED)
			e->flags = DBN_XF_QUOTED;
		if (!dbn_sql__member(p, "a column", &e->text))
			return false;
	}
	e->qual = full->name;
	e->full = full;
	return p->status == DBN_OK;
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
		if (!dbn_sql__member(p, "a column", &e->text))
			return NULL;
		if (p->tok.kind == DBN_TK_DOT && !longer(p, e))
			return NULL;
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
	dbn_sql_expr *e;

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
	e = by_word(p);
	if (e || p->status != DBN_OK)
		return e;
	if (qualified_call(p))
		return dbn_sql__function(p);
	t = dbn_sql__peek(p, 1);
	if (!t || p->status != DBN_OK)
		return NULL;
	if (t->kind == DBN_TK_LPAREN && (!p->tok.reserved || listed(p)))
		return p->upsert_set && p->tok.kw == DBN_KW_VALUES ? values_of(p)
			: dbn_sql__function(p);
	return column(p);
}
