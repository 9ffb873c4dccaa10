/* SPDX-License-Identifier: MIT */
/*
 * FROM: tables, subqueries and functions by name, aliases.
 */
#include <string.h>

#include "sql/parser.h"

bool
dbn_sql__relation_name(dbn_sql_parser *p, dbn_sql_name *out)
{
	if (!dbn_sql__name(p, "a table", &out->name))
		return false;
	if (dbn_sql__take(p, DBN_TK_DOT)) {
		out->schema = out->name;
		if (!dbn_sql__member(p, "a table", &out->name))
			return false;
	}
	if (dbn_sql__take(p, DBN_TK_DOT)) {
		out->database = out->schema;
		out->schema = out->name;
		if (!dbn_sql__member(p, "a table", &out->name))
			return false;
	}
	return p->status == DBN_OK;
}

/* MINUS between queries, which Oracle says for EXCEPT. */
bool
dbn_sql__at_minus(dbn_sql_parser *p)
{
	const dbn_sql_token *t = dbn_sql__at_word(p, "minus") ? dbn_sql__peek(p, 1) : NULL;

	if (t && t->kind == DBN_TK_LPAREN)
		t = dbn_sql__peek(p, 2);
	return t && t->kind == DBN_TK_NAME && (t->kw == DBN_KW_SELECT || t->kw == DBN_KW_VALUES);
}

/* A word that is a name, and no clause that may follow a table or an output. */
static bool
bare_alias(dbn_sql_parser *p)
{
	if (!dbn_sql__is_name(p) || dbn_sql__at_minus(p))
		return false;
	switch (p->tok.kw) {
	case DBN_KW_WINDOW:
	case DBN_KW_INDEXED:
	case DBN_KW_OFFSET:
	case DBN_KW_FOR:
		return p->tok.kind == DBN_TK_QUOTED;
	default:
		return true;
	}
}

bool
dbn_sql__alias(dbn_sql_parser *p, dbn_text *out, bool strings)
{
	bool as = dbn_sql__take_kw(p, DBN_KW_AS);

	if (as && strings && (p->d->flags & DBN_SQL_STRING_ALIAS) &&
		p->tok.kind == DBN_TK_STRING && p->tok.end - p->tok.pos > 2) {
		*out = dbn_sql_token_text(&p->lx, &p->tok, p->a);
		return out->ptr ? dbn_sql__next(p) : dbn_sql__nomem(p) != NULL;
	}
	if (as) /* of an output: any word */
		return strings && p->d->id == DBN_DIALECT_POSTGRES ? dbn_sql__member(p, "an alias", out)
			: dbn_sql__label(p, "an alias", out);
	if (bare_alias(p))
		return dbn_sql__name(p, "an alias", out);
	return p->status == DBN_OK;
}

dbn_sql_from *
dbn_sql__from_new(dbn_sql_parser *p, uint32_t kind)
{
	dbn_sql_from *f = dbn_arena_zalloc(p->a, sizeof(*f));

	if (!f)
		return dbn_sql__nomem(p);
	f->kind = (uint16_t)kind;
	f->pos = p->tok.pos;
	return f;
}

static bool
names_in(dbn_sql_parser *p, dbn_text **names, uint32_t *n, const char *what)
{
	size_t cap = 0;

	if (!dbn_sql__want(p, DBN_TK_LPAREN, "\"(\""))
		return false;
	do {
		if (!dbn_sql__room(p, names, &cap, *n, sizeof(dbn_text)) ||
			!dbn_sql__label(p, what, &(*names)[(*n)++]))
			return false;
	} while (dbn_sql__take(p, DBN_TK_COMMA));
	return dbn_sql__want(p, DBN_TK_RPAREN, "\")\"");
}

/* [AS] alias [(column, ...)] */
static bool
named(dbn_sql_parser *p, dbn_sql_from *f)
{
	const dbn_sql_token *t;

	if (!dbn_sql__alias(p, &f->alias, false))
		return false;
	if (p->tok.kind != DBN_TK_LPAREN || !f->alias.len)
		return p->status == DBN_OK;
	if (p->d->id == DBN_DIALECT_MYSQL && f->kind != DBN_FROM_QUERY)
		return dbn_sql__unexpected(p, "the end of the table's name") != NULL;
	if (!dbn_sql__construct(p, DBN_G_FROM_COLUMNS, p->tok.pos))
		return false;
	t = dbn_sql__peek(p, 2);
	if (t && t->kind == DBN_TK_NAME && f->kind == DBN_FROM_FUNCTION)
		return dbn_sql__construct(p, DBN_G_FROM_DEFINITION, p->tok.pos);
	return names_in(p, &f->columns, &f->ncolumns, "a column");
}

/* Behind "(" and before what follows ")": a query, or what stands in FROM. */
static dbn_sql_from *paren_from(dbn_sql_parser *p, dbn_sql_query **q);

/* "(" "(": only what stands behind the inner ")" tells what it is. */
static dbn_sql_from *
twice_paren(dbn_sql_parser *p, dbn_sql_query **q)
{
	dbn_sql_query *inner = NULL;
	dbn_sql_from *f = paren_from(p, &inner);
	uint32_t height;

	if (p->status != DBN_OK)
		return NULL;
	if (inner && (p->tok.kind == DBN_TK_RPAREN || dbn_sql__goes_on(p))) {
		if (!dbn_sql__construct(p, DBN_G_SET_PAREN, p->tok.pos))
			return NULL;
		*q = dbn_sql__query_behind(p, inner, &height);
		return NULL;
	}
	if (inner) {
		f = dbn_sql__from_new(p, DBN_FROM_QUERY);
		if (!f)
			return NULL;
		f->pos = inner->pos;
		f->query = inner;
		if (!dbn_sql__construct(p, DBN_G_DERIVED, f->pos) || !named(p, f))
			return NULL;
	}
	return f ? dbn_sql__from_behind(p, f) : NULL;
}

static dbn_sql_from *
paren_from(dbn_sql_parser *p, dbn_sql_query **q)
{
	dbn_sql_from *f = NULL;
	uint32_t height;

	if (!dbn_sql__enter(p) || !dbn_sql__next(p))
		return NULL;
	if (dbn_sql__starts_query(p))
		*q = dbn_sql__query(p, &height);
	else if (p->tok.kind == DBN_TK_LPAREN)
		f = twice_paren(p, q);
	else
		f = dbn_sql__from(p);
	if ((!f && !*q) || !dbn_sql__want(p, DBN_TK_RPAREN, "\")\""))
		return NULL;
	dbn_sql__leave(p);
	return f;
}

static dbn_sql_from *
from_paren(dbn_sql_parser *p, bool lateral)
{
	uint32_t pos = p->tok.pos;
	dbn_sql_query *q = NULL;
	dbn_sql_from *f = paren_from(p, &q);

	if (p->status != DBN_OK || (!f && !q))
		return NULL;
	if (q) {
		f = dbn_sql__from_new(p, DBN_FROM_QUERY);
		if (!f)
			return NULL;
		f->pos = pos + 1;
		f->query = q;
		f->flags = lateral ? (uint32_t)DBN_FF_LATERAL : 0;
		return dbn_sql__construct(p, DBN_G_DERIVED, f->pos) && named(p, f) ? f : NULL;
	}
	if (lateral)
		return dbn_sql__fail(p, pos, NULL, "LATERAL before anything but a subquery or function");
	if (f->kind == DBN_FROM_JOIN && (dbn_sql__at_kw(p, DBN_KW_AS) || bare_alias(p)))
		return dbn_sql__refuse(p, DBN_G_JOIN_ALIAS, p->tok.pos);
	return dbn_sql__construct(p, DBN_G_JOIN_PAREN, f->pos) ? f : NULL;
}

/* ---- tables ---- */

dbn_sql_from *
dbn_sql__from_table(dbn_sql_parser *p)
{
	bool pg = p->d->id == DBN_DIALECT_POSTGRES, paren = false;
	dbn_sql_from *f = dbn_sql__from_new(p, DBN_FROM_RELATION);

	if (!f)
		return NULL;
	if (pg && dbn_sql__at_word(p, "only")) {
		if (!dbn_sql__construct(p, DBN_G_ONLY, p->tok.pos) || !dbn_sql__next(p))
			return NULL;
		f->flags |= DBN_FF_ONLY;
		paren = dbn_sql__take(p, DBN_TK_LPAREN);
		f->pos = p->tok.pos;
	}
	if (!dbn_sql__relation_name(p, &f->name) || (paren && !dbn_sql__want(p, DBN_TK_RPAREN, "\")\"")))
		return NULL;
	if (pg && !(f->flags & DBN_FF_ONLY) && p->tok.kind == DBN_TK_STAR &&
		(!dbn_sql__construct(p, DBN_G_INHERIT_STAR, p->tok.pos) || !dbn_sql__next(p)))
		return NULL;
	return f;
}

static dbn_sql_scan *
scan_of(dbn_sql_parser *p, dbn_sql_from *f)
{
	if (!f->scan && !(f->scan = dbn_arena_zalloc(p->a, sizeof(*f->scan))))
		return dbn_sql__nomem(p);
	return f->scan;
}

/* MySQL: {USE | FORCE | IGNORE} {INDEX | KEY} [FOR ...] (names) */
static bool
index_hint(dbn_sql_parser *p, dbn_sql_from *f, uint8_t what, size_t *cap)
{
	dbn_sql_index_hint *h;

	if (!dbn_sql__construct(p, DBN_G_INDEX_HINT_MYSQL, p->tok.pos) || !scan_of(p, f) ||
		!dbn_sql__room(p, &f->scan->hints, cap, f->scan->nhints, sizeof(*h)) || !dbn_sql__next(p))
		return false;
	h = &f->scan->hints[f->scan->nhints++];
	*h = (dbn_sql_index_hint){ .what = what };
	if (!dbn_sql__take_kw(p, DBN_KW_INDEX) && !dbn_sql__take_word(p, "key"))
		return dbn_sql__unexpected(p, "INDEX or KEY") != NULL;
	if (dbn_sql__take_kw(p, DBN_KW_FOR)) {
		h->use = dbn_sql__take_kw(p, DBN_KW_JOIN) ? DBN_INDEX_FOR_JOIN
			: dbn_sql__take_kw(p, DBN_KW_ORDER) ? DBN_INDEX_FOR_ORDER
			: dbn_sql__take_kw(p, DBN_KW_GROUP) ? DBN_INDEX_FOR_GROUP : DBN_INDEX_FOR_ALL;
		if (!h->use)
			return dbn_sql__unexpected(p, "JOIN, ORDER BY or GROUP BY") != NULL;
		if (h->use != DBN_INDEX_FOR_JOIN && !dbn_sql__want_kw(p, DBN_KW_BY))
			return false;
	}
	if (what == DBN_INDEX_USE && p->tok.kind == DBN_TK_LPAREN && dbn_sql__peek(p, 1) &&
		p->ahead[0].kind == DBN_TK_RPAREN)
		return dbn_sql__next(p) && dbn_sql__next(p);
	return names_in(p, &h->names, &h->nnames, "an index");
}

static bool
index_hints(dbn_sql_parser *p, dbn_sql_from *f)
{
	static const char *const words[] = { "use", "force", "ignore" };
	size_t cap = 0;
	bool more = true;

	while (more) {
		more = false;
		for (uint8_t i = 0; !more && i < 3; i++) {
			more = dbn_sql__at_word(p, words[i]);
			if (more && !index_hint(p, f, i, &cap))
				return false;
		}
		if (more)
			(void)dbn_sql__take(p, DBN_TK_COMMA);
	}
	return p->status == DBN_OK;
}

/* What MySQL has between a table and its alias. */
static bool
before_alias(dbn_sql_parser *p, dbn_sql_from *f)
{
	if (p->d->id != DBN_DIALECT_MYSQL)
		return true;
	if (dbn_sql__at_kw(p, DBN_KW_PARTITION)) {
		if (!dbn_sql__construct(p, DBN_G_PARTITION, p->tok.pos) || !dbn_sql__next(p) ||
			!scan_of(p, f) || !names_in(p, &f->scan->partitions, &f->scan->npartitions,
			"a partition"))
			return false;
	}
	if (dbn_sql__at_kw(p, DBN_KW_FOR) && dbn_sql__peek(p, 1) &&
		dbn_text_ieqz(dbn_text_n(p->lx.text.ptr + p->ahead[0].pos,
		p->ahead[0].end - p->ahead[0].pos), "system_time"))
		return dbn_sql__construct(p, DBN_G_SYSTEM_TIME, p->tok.pos);
	return p->status == DBN_OK;
}

/* TABLESAMPLE method (percent) [REPEATABLE (seed)] */
static bool
sample(dbn_sql_parser *p, dbn_sql_from *f)
{
	dbn_sql_scan *s;

	if (!dbn_sql__construct(p, DBN_G_TABLESAMPLE, p->tok.pos) || !dbn_sql__next(p) ||
		(s = scan_of(p, f)) == NULL)
		return false;
	if (dbn_sql__take_word(p, "bernoulli"))
		s->method = DBN_TEXT_LIT("bernoulli");
	else if (dbn_sql__take_word(p, "system"))
		s->method = DBN_TEXT_LIT("system");
	else
		return dbn_sql__unexpected(p, "BERNOULLI or SYSTEM") != NULL;
	if (!dbn_sql__want(p, DBN_TK_LPAREN, "\"(\"") || (s->sample = dbn_sql__expr(p)) == NULL ||
		!dbn_sql__want(p, DBN_TK_RPAREN, "\")\""))
		return false;
	if (!dbn_sql__take_word(p, "repeatable"))
		return p->status == DBN_OK;
	return dbn_sql__want(p, DBN_TK_LPAREN, "\"(\"") && (s->seed = dbn_sql__expr(p)) != NULL &&
		dbn_sql__want(p, DBN_TK_RPAREN, "\")\"");
}

static bool
behind_alias(dbn_sql_parser *p, dbn_sql_from *f)
{
	if (dbn_sql__at_kw(p, DBN_KW_INDEXED) ||
		(dbn_sql__at_kw(p, DBN_KW_NOT) && dbn_sql__peek_kw(p, 1, DBN_KW_INDEXED)))
		return dbn_sql__refuse(p, DBN_G_INDEX_HINT_SQLITE, p->tok.pos) != NULL;
	if (p->d->id == DBN_DIALECT_MYSQL)
		return index_hints(p, f);
	if (p->d->id == DBN_DIALECT_POSTGRES && dbn_sql__at_word(p, "tablesample"))
		return sample(p, f);
	return p->status == DBN_OK;
}

/* ---- functions ---- */

/* The name at hand, where "(" follows it, however long it is. */
static bool
at_call(dbn_sql_parser *p)
{
	const dbn_sql_token *t = dbn_sql__peek(p, 1);

	return (p->tok.kind == DBN_TK_NAME || p->tok.kind == DBN_TK_QUOTED) && t &&
		t->kind == DBN_TK_LPAREN;
}

static bool
add_function(dbn_sql_parser *p, dbn_sql_from *f, size_t *cap)
{
	dbn_sql_expr *e;

	if (!dbn_sql__room(p, &f->funcs, cap, f->nfuncs, sizeof(*f->funcs)))
		return false;
	e = dbn_sql__function(p);
	if (!e)
		return false;
	if (e->kind != DBN_X_FUNC)
		return dbn_sql__fail(p, f->pos, NULL, "a value in FROM that is no function") != NULL;
	if (e->height > p->height)
		p->height = e->height;
	f->funcs[f->nfuncs++] = e;
	return true;
}

static dbn_sql_from *
from_function(dbn_sql_parser *p, bool rows_from)
{
	dbn_sql_from *f = dbn_sql__from_new(p, DBN_FROM_FUNCTION);
	size_t cap = 0;

	if (!f || !dbn_sql__construct(p, DBN_G_FROM_FUNCTION, f->pos))
		return NULL;
	if (rows_from) {
		f->flags |= DBN_FF_ROWS_FROM;
		if (!dbn_sql__construct(p, DBN_G_ROWS_FROM, f->pos) || !dbn_sql__next(p) ||
			!dbn_sql__next(p) || !dbn_sql__want(p, DBN_TK_LPAREN, "\"(\""))
			return NULL;
		do {
			if (!add_function(p, f, &cap))
				return NULL;
			if (dbn_sql__at_kw(p, DBN_KW_AS))
				return dbn_sql__refuse(p, DBN_G_FROM_DEFINITION, p->tok.pos);
		} while (dbn_sql__take(p, DBN_TK_COMMA));
		if (!dbn_sql__want(p, DBN_TK_RPAREN, "\")\""))
			return NULL;
	} else if (!add_function(p, f, &cap)) {
		return NULL;
	}
	if (p->d->id == DBN_DIALECT_POSTGRES && dbn_sql__at_kw(p, DBN_KW_WITH)) {
		f->flags |= DBN_FF_ORDINALITY;
		if (!dbn_sql__construct(p, DBN_G_ORDINALITY, p->tok.pos) || !dbn_sql__next(p))
			return NULL;
		if (!dbn_sql__take_word(p, "ordinality"))
			return dbn_sql__unexpected(p, "ORDINALITY");
	}
	if (p->d->id == DBN_DIALECT_POSTGRES && dbn_sql__at_kw(p, DBN_KW_AS) && dbn_sql__peek(p, 1) &&
		p->ahead[0].kind == DBN_TK_LPAREN)
		return dbn_sql__refuse(p, DBN_G_FROM_DEFINITION, p->tok.pos);
	return named(p, f) ? f : NULL;
}

static dbn_sql_from *
from_lateral(dbn_sql_parser *p)
{
	dbn_sql_from *f;

	if (!dbn_sql__construct(p, DBN_G_LATERAL, p->tok.pos) || !dbn_sql__next(p))
		return NULL;
	if (p->tok.kind == DBN_TK_LPAREN)
		return from_paren(p, true);
	if (dbn_sql__at_kw(p, DBN_KW_ROWS) && dbn_sql__peek_kw(p, 1, DBN_KW_FROM))
		f = from_function(p, true);
	else
		f = at_call(p) ? from_function(p, false)
			: dbn_sql__unexpected(p, "a subquery or function");
	if (f)
		f->flags |= DBN_FF_LATERAL;
	return f;
}

dbn_sql_from *
dbn_sql__from_item(dbn_sql_parser *p)
{
	dbn_sql_from *f;

	if (p->tok.kind == DBN_TK_LPAREN)
		return from_paren(p, false);
	if (dbn_sql__at_kw(p, DBN_KW_LATERAL) && (p->d->id != DBN_DIALECT_SQLITE || at_call(p)))
		return from_lateral(p);
	if (p->d->id == DBN_DIALECT_POSTGRES && dbn_sql__at_kw(p, DBN_KW_ROWS) &&
		dbn_sql__peek_kw(p, 1, DBN_KW_FROM))
		return from_function(p, true);
	if (at_call(p) && !dbn_sql__at_word(p, "only"))
		return from_function(p, false);
	f = dbn_sql__from_table(p);
	if (!f)
		return NULL;
	if (p->tok.kind == DBN_TK_LPAREN)
		return dbn_sql__fail(p, f->pos, "Write the function's name alone.",
			"a function in FROM with a schema before its name");
	return before_alias(p, f) && named(p, f) && behind_alias(p, f) ? f : NULL;
}
