/* SPDX-License-Identifier: MIT */
/*
 * FROM: tables and subqueries by name, how they are joined, aliases.
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
		if (!dbn_sql__name(p, "a table", &out->name))
			return false;
	}
	if (dbn_sql__take(p, DBN_TK_DOT)) {
		out->database = out->schema;
		out->schema = out->name;
		if (!dbn_sql__name(p, "a table", &out->name))
			return false;
	}
	return p->status == DBN_OK;
}

/* A word that is a name, and no clause that may follow a table or an output. */
static bool
bare_alias(dbn_sql_parser *p)
{
	if (!dbn_sql__is_name(p))
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
	if (as)
		return dbn_sql__label(p, "an alias", out);
	if (bare_alias(p))
		return dbn_sql__name(p, "an alias", out);
	return p->status == DBN_OK;
}

static dbn_sql_from *
new_from(dbn_sql_parser *p, uint32_t kind)
{
	dbn_sql_from *f = dbn_arena_zalloc(p->a, sizeof(*f));

	if (!f)
		return dbn_sql__nomem(p);
	f->kind = (uint16_t)kind;
	f->pos = p->tok.pos;
	return f;
}

static dbn_sql_from *
from_paren(dbn_sql_parser *p)
{
	dbn_sql_from *f = NULL;
	uint32_t height;

	if (!dbn_sql__enter(p) || !dbn_sql__next(p))
		return NULL;
	if (dbn_sql__starts_query(p)) {
		f = new_from(p, DBN_FROM_QUERY);
		if (f)
			f->query = dbn_sql__query(p, &height);
		if (!f || !f->query || !dbn_sql__want(p, DBN_TK_RPAREN, "\")\"") ||
			!dbn_sql__alias(p, &f->alias, false))
			return NULL;
		if (p->tok.kind == DBN_TK_LPAREN)
			return dbn_sql__refuse(p, DBN_G_FROM_COLUMNS, p->tok.pos);
		if (!dbn_sql__construct(p, DBN_G_DERIVED, f->pos))
			return NULL;
	} else {
		f = dbn_sql__from(p);
		if (!f || !dbn_sql__want(p, DBN_TK_RPAREN, "\")\""))
			return NULL;
		if (f->kind == DBN_FROM_JOIN && (dbn_sql__at_kw(p, DBN_KW_AS) || bare_alias(p)))
			return dbn_sql__refuse(p, DBN_G_JOIN_ALIAS, p->tok.pos);
		if (!dbn_sql__construct(p, DBN_G_JOIN_PAREN, f->pos))
			return NULL;
	}
	dbn_sql__leave(p);
	return f;
}

static dbn_sql_from *
from_item(dbn_sql_parser *p)
{
	dbn_sql_from *f;

	if (p->tok.kind == DBN_TK_LPAREN)
		return from_paren(p);
	if (dbn_sql__at_kw(p, DBN_KW_LATERAL))
		return dbn_sql__refuse(p, DBN_G_LATERAL, p->tok.pos);
	f = new_from(p, DBN_FROM_RELATION);
	if (!f || !dbn_sql__relation_name(p, &f->name))
		return NULL;
	if (p->tok.kind == DBN_TK_LPAREN)
		return dbn_sql__refuse(p, DBN_G_FROM_FUNCTION, f->pos);
	if (!dbn_sql__alias(p, &f->alias, false))
		return NULL;
	if (p->tok.kind == DBN_TK_LPAREN && f->alias.len)
		return dbn_sql__refuse(p, DBN_G_FROM_COLUMNS, p->tok.pos);
	if (dbn_sql__at_kw(p, DBN_KW_INDEXED) ||
		(dbn_sql__at_kw(p, DBN_KW_NOT) && dbn_sql__peek_kw(p, 1, DBN_KW_INDEXED)))
		return dbn_sql__refuse(p, DBN_G_INDEX_HINT_SQLITE, p->tok.pos);
	return f;
}

/* The join operator at hand; 0: none.  Takes its words. */
static uint32_t
join_operator(dbn_sql_parser *p, bool *natural)
{
	uint32_t join = DBN_JOIN_INNER;

	*natural = false;
	uint32_t pos = p->tok.pos;

	if (dbn_sql__take(p, DBN_TK_COMMA))
		return dbn_sql__construct(p, DBN_G_JOIN_COMMA, pos) ? DBN_JOIN_COMMA : 0;
	if (p->tok.kind != DBN_TK_NAME)
		return 0;
	*natural = dbn_sql__take_kw(p, DBN_KW_NATURAL);
	if (*natural && !dbn_sql__construct(p, DBN_G_JOIN_NATURAL, pos))
		return 0;
	switch (p->tok.kind == DBN_TK_NAME ? p->tok.kw : DBN_KW_NONE) {
	case DBN_KW_JOIN: break;
	case DBN_KW_INNER: dbn_sql__next(p); break;
	case DBN_KW_CROSS: join = DBN_JOIN_CROSS; dbn_sql__next(p); break;
	case DBN_KW_LEFT: join = DBN_JOIN_LEFT; dbn_sql__next(p); break;
	case DBN_KW_RIGHT: join = DBN_JOIN_RIGHT; dbn_sql__next(p); break;
	case DBN_KW_FULL: join = DBN_JOIN_FULL; dbn_sql__next(p); break;
	default:
		if (*natural)
			dbn_sql__unexpected(p, "JOIN");
		return 0;
	}
	if (!dbn_sql__construct(p, join == DBN_JOIN_LEFT ? DBN_G_JOIN_LEFT :
		join == DBN_JOIN_RIGHT ? DBN_G_JOIN_RIGHT : join == DBN_JOIN_FULL ? DBN_G_JOIN_FULL :
		join == DBN_JOIN_CROSS ? DBN_G_JOIN_CROSS : DBN_G_JOIN_INNER, pos))
		return 0;
	if (join >= DBN_JOIN_LEFT)
		(void)dbn_sql__take_kw(p, DBN_KW_OUTER);
	return dbn_sql__want_kw(p, DBN_KW_JOIN) ? join : 0;
}

/* ON CONFLICT, ON DUPLICATE KEY: no join condition. */
static bool
at_upsert(dbn_sql_parser *p)
{
	const dbn_sql_token *t = dbn_sql__peek(p, 1);

	return t && t->kind == DBN_TK_NAME && (t->kw == DBN_KW_CONFLICT ||
		(p->d->id == DBN_DIALECT_MYSQL && dbn_text_ieqz(dbn_text_n(p->lx.text.ptr + t->pos,
		t->end - t->pos), "duplicate")));
}

static bool
join_condition(dbn_sql_parser *p, dbn_sql_from *j)
{
	size_t cap = 0;

	if (j->join == DBN_JOIN_COMMA)
		return true;
	if (dbn_sql__at_kw(p, DBN_KW_ON) && !(p->upsert_ahead && at_upsert(p))) {
		if (j->flags & DBN_FF_NATURAL) {
			dbn_sql__fail(p, p->tok.pos, NULL, "a NATURAL join with ON");
			return false;
		}
		dbn_sql__next(p);
		j->on = dbn_sql__expr(p);
		return j->on != NULL;
	}
	if (p->status == DBN_OK && dbn_sql__at_kw(p, DBN_KW_USING)) {
		if (j->flags & DBN_FF_NATURAL) {
			dbn_sql__fail(p, p->tok.pos, NULL, "a NATURAL join with USING");
			return false;
		}
		if (!dbn_sql__construct(p, DBN_G_JOIN_USING, p->tok.pos) || !dbn_sql__next(p) ||
			!dbn_sql__want(p, DBN_TK_LPAREN, "\"(\""))
			return false;
		do {
			if (!dbn_sql__room(p, &j->using_cols, &cap, j->nusing, sizeof(dbn_text)) ||
				!dbn_sql__name(p, "a column", &j->using_cols[j->nusing++]))
				return false;
		} while (dbn_sql__take(p, DBN_TK_COMMA));
		return dbn_sql__want(p, DBN_TK_RPAREN, "\")\"");
	}
	return p->status == DBN_OK;
}

static dbn_sql_from *
joined(dbn_sql_parser *p, dbn_sql_from *left, dbn_sql_from *right, uint32_t join, uint32_t pos,
	bool natural)
{
	dbn_sql_from *j = left && right ? new_from(p, DBN_FROM_JOIN) : NULL;

	if (!j)
		return NULL;
	j->join = (uint16_t)join;
	j->pos = pos;
	j->flags = natural ? (uint32_t)DBN_FF_NATURAL : 0;
	j->left = left;
	j->right = right;
	return join_condition(p, j) ? j : NULL;
}

/* a JOIN b JOIN c, and on SQLite the comma too: from the left, all on one level. */
static dbn_sql_from *
join_chain(dbn_sql_parser *p, uint32_t *joins)
{
	dbn_sql_from *left = from_item(p);
	bool natural, commas = p->d->id == DBN_DIALECT_SQLITE || !p->d->id;

	while (left && p->status == DBN_OK && (commas || p->tok.kind != DBN_TK_COMMA)) {
		uint32_t pos = p->tok.pos, join = join_operator(p, &natural);

		if (!join)
			break;
		if (++*joins > p->d->max_joins)
			return dbn_sql__limit(p, pos, "too many tables in one FROM",
				p->d->max_joins);
		left = joined(p, left, from_item(p), join, pos, natural);
	}
	return left;
}

dbn_sql_from *
dbn_sql__from(dbn_sql_parser *p)
{
	uint32_t joins = 0, pos = p->tok.pos;
	dbn_sql_from *left = join_chain(p, &joins);

	/* Elsewhere a comma binds looser than JOIN: a, b JOIN c is a, (b JOIN c). */
	while (left && p->status == DBN_OK && p->tok.kind == DBN_TK_COMMA) {
		pos = p->tok.pos;
		if (++joins > p->d->max_joins)
			return dbn_sql__limit(p, pos, "too many tables in one FROM",
				p->d->max_joins);
		if (!dbn_sql__construct(p, DBN_G_JOIN_COMMA, pos) || !dbn_sql__next(p))
			return NULL;
		left = joined(p, left, join_chain(p, &joins), DBN_JOIN_COMMA, pos, false);
	}
	if (joins + 1 > p->height)
		p->height = joins + 1;
	return p->status == DBN_OK ? left : NULL;
}
