/* SPDX-License-Identifier: MIT */
/*
 * INSERT, UPDATE and DELETE.
 */
#include "sql/parser.h"

static bool
target(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	dbn_sql_from *f = dbn_arena_zalloc(p->a, sizeof(*f));

	if (!f) {
		dbn_sql__nomem(p);
		return false;
	}
	f->kind = DBN_FROM_RELATION;
	f->flags = DBN_FF_TARGET;
	f->pos = p->tok.pos;
	s->target = f;
	if (!dbn_sql__relation_name(p, &f->name))
		return false;
	if (dbn_sql__take_kw(p, DBN_KW_AS))
		return dbn_sql__name(p, "an alias", &f->alias);
	/* UPDATE t x SET: an alias without AS. */
	if (s->kind != DBN_STMT_INSERT && dbn_sql__is_name(p) && p->tok.kw != DBN_KW_INDEXED)
		return dbn_sql__name(p, "an alias", &f->alias);
	if (dbn_sql__at_kw(p, DBN_KW_INDEXED) ||
		(dbn_sql__at_kw(p, DBN_KW_NOT) && dbn_sql__peek_kw(p, 1, DBN_KW_INDEXED))) {
		return dbn_sql__refuse(p, DBN_G_INDEX_HINT_SQLITE, p->tok.pos);
	}
	return p->status == DBN_OK;
}

static bool
or_action(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	static const struct { const char *word; uint32_t action; } actions[] = {
		{ "rollback", DBN_OR_ROLLBACK }, { "abort", DBN_OR_ABORT }, { "fail", DBN_OR_FAIL },
		{ "ignore", DBN_OR_IGNORE }, { "replace", DBN_OR_REPLACE }
	};
	dbn_text word;

	if (!dbn_sql__at_kw(p, DBN_KW_OR) || p->d->id != DBN_DIALECT_SQLITE)
		return p->status == DBN_OK;
	dbn_sql__next(p);
	word = dbn_text_n(p->lx.text.ptr + p->tok.pos, p->tok.end - p->tok.pos);
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (p->tok.kind == DBN_TK_NAME && dbn_text_ieqz(word, actions[i].word)) {
			s->or_action = actions[i].action;
			return dbn_sql__next(p);
		}
	}
	dbn_sql__unexpected(p, "ABORT, FAIL, IGNORE, REPLACE or ROLLBACK");
	return false;
}

static bool
columns(dbn_sql_parser *p, dbn_sql_target **items, uint32_t *n)
{
	size_t cap = 0;

	do {
		if (!dbn_sql__room(p, items, &cap, *n, sizeof(**items)))
			return false;
		(*items)[*n] = (dbn_sql_target){ .pos = p->tok.pos };
		if (!dbn_sql__name(p, "a column", &(*items)[(*n)++].name))
			return false;
		if (p->tok.kind == DBN_TK_DOT) {
			dbn_sql__fail(p, p->tok.pos, "Name the column alone.",
				"a table before a column that is written");
			return false;
		}
	} while (dbn_sql__take(p, DBN_TK_COMMA));
	return p->status == DBN_OK;
}

static bool
sets(dbn_sql_parser *p, dbn_sql_set **items, uint32_t *n)
{
	size_t cap = 0, ccap;
	dbn_sql_set *s;

	do {
		if (!dbn_sql__room(p, items, &cap, *n, sizeof(**items)))
			return false;
		s = &(*items)[(*n)++];
		*s = (dbn_sql_set){ 0 };
		if (dbn_sql__take(p, DBN_TK_LPAREN)) {
			if (!columns(p, &s->columns, &s->ncolumns) ||
				!dbn_sql__want(p, DBN_TK_RPAREN, "\")\""))
				return false;
		} else {
			ccap = 0;
			if (!dbn_sql__room(p, &s->columns, &ccap, 0, sizeof(*s->columns)))
				return false;
			s->columns[0] = (dbn_sql_target){ .pos = p->tok.pos };
			s->ncolumns = 1;
			if (!dbn_sql__name(p, "a column", &s->columns[0].name))
				return false;
		}
		if (!dbn_sql__want(p, DBN_TK_EQ, "\"=\"") || !(s->expr = dbn_sql__expr(p)))
			return false;
	} while (dbn_sql__take(p, DBN_TK_COMMA));
	return p->status == DBN_OK;
}

static bool
returning(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	uint32_t pos = p->tok.pos;

	if (dbn_sql__take_kw(p, DBN_KW_RETURNING) && !(dbn_sql__construct(p, DBN_G_RETURNING, pos) &&
		dbn_sql__items(p, &s->returning, &s->nreturning)))
		return false;
	if (dbn_sql__at_kw(p, DBN_KW_ORDER) || dbn_sql__at_kw(p, DBN_KW_LIMIT))
		return dbn_sql__refuse(p, DBN_G_WRITE_LIMIT, p->tok.pos);
	return p->status == DBN_OK;
}

static bool
where(dbn_sql_parser *p, dbn_sql_expr **out)
{
	if (!dbn_sql__take_kw(p, DBN_KW_WHERE))
		return p->status == DBN_OK;
	*out = dbn_sql__expr(p);
	return *out != NULL;
}

static bool
upsert(dbn_sql_parser *p, dbn_sql_upsert *u)
{
	u->pos = p->tok.pos;
	if (!dbn_sql__next(p) || !dbn_sql__want_kw(p, DBN_KW_CONFLICT))
		return false;
	if (dbn_sql__take(p, DBN_TK_LPAREN)) {
		if (!dbn_sql__orders(p, &u->target, &u->ntarget, false) ||
			!dbn_sql__want(p, DBN_TK_RPAREN, "\")\"") || !where(p, &u->target_where))
			return false;
	}
	if (!dbn_sql__want_kw(p, DBN_KW_DO))
		return false;
	if (dbn_sql__take_kw(p, DBN_KW_NOTHING))
		return true;
	if (!dbn_sql__want_kw(p, DBN_KW_UPDATE) || !dbn_sql__want_kw(p, DBN_KW_SET) ||
		!sets(p, &u->sets, &u->nsets))
		return false;
	return where(p, &u->where);
}

/* ON DUPLICATE KEY UPDATE: whichever unique key it is. */
static bool
duplicate(dbn_sql_parser *p, dbn_sql_upsert *u)
{
	bool good;

	u->pos = p->tok.pos;
	if (!dbn_sql__next(p) || !dbn_sql__next(p))
		return false;
	if (!dbn_sql__at_word(p, "key")) {
		dbn_sql__unexpected(p, "KEY UPDATE");
		return false;
	}
	p->upsert_set = true;
	good = dbn_sql__next(p) && dbn_sql__want_kw(p, DBN_KW_UPDATE) &&
		sets(p, &u->sets, &u->nsets);
	p->upsert_set = false;
	return good;
}

static bool
at_duplicate(dbn_sql_parser *p)
{
	const dbn_sql_token *t = dbn_sql__peek(p, 1);

	return t && p->d->id == DBN_DIALECT_MYSQL && t->kind == DBN_TK_NAME &&
		dbn_text_ieqz(dbn_text_n(p->lx.text.ptr + t->pos, t->end - t->pos), "duplicate");
}

static bool
upserts(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	size_t cap = 0;

	while (dbn_sql__at_kw(p, DBN_KW_ON)) {
		if (!dbn_sql__room(p, &s->upserts, &cap, s->nupserts, sizeof(*s->upserts)))
			return false;
		s->upserts[s->nupserts] = (dbn_sql_upsert){ 0 };
		if (at_duplicate(p) ? !duplicate(p, &s->upserts[s->nupserts++])
			: !upsert(p, &s->upserts[s->nupserts++]))
			return false;
	}
	return p->status == DBN_OK;
}

bool
dbn_sql__insert(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	uint32_t height;

	s->kind = DBN_STMT_INSERT;
	if (!dbn_sql__construct(p, dbn_sql__at_kw(p, DBN_KW_REPLACE) ? DBN_G_REPLACE : DBN_G_INSERT,
		p->tok.pos))
		return false;
	if (dbn_sql__take_kw(p, DBN_KW_REPLACE))
		s->or_action = DBN_OR_REPLACE;
	else if (!dbn_sql__next(p) || !or_action(p, s))
		return false;
	if (!dbn_sql__want_kw(p, DBN_KW_INTO) || !target(p, s))
		return false;
	if (dbn_sql__take(p, DBN_TK_LPAREN)) {
		if (!columns(p, &s->columns, &s->ncolumns) || !dbn_sql__want(p, DBN_TK_RPAREN,
			"\")\""))
			return false;
	}
	if (dbn_sql__take_kw(p, DBN_KW_DEFAULT)) {
		if (!dbn_sql__want_kw(p, DBN_KW_VALUES))
			return false;
		if (s->ncolumns || dbn_sql__at_kw(p, DBN_KW_ON)) {
			dbn_sql__unexpected(p, "nothing but RETURNING with DEFAULT VALUES");
			return false;
		}
		return returning(p, s);
	}
	if (!dbn_sql__starts_query(p)) {
		dbn_sql__unexpected(p, "VALUES, SELECT or DEFAULT VALUES");
		return false;
	}
	if (!dbn_sql__at_kw(p, DBN_KW_VALUES) &&
		!dbn_sql__construct(p, DBN_G_INSERT_SELECT, p->tok.pos))
		return false;
	p->upsert_ahead = true;
	s->query = dbn_sql__query(p, &height);
	p->upsert_ahead = false;
	return s->query && upserts(p, s) && returning(p, s);
}

bool
dbn_sql__update(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	s->kind = DBN_STMT_UPDATE;
	if (!dbn_sql__construct(p, DBN_G_UPDATE, p->tok.pos) || !dbn_sql__next(p) || !or_action(p, s) || !target(p, s) ||
		!dbn_sql__want_kw(p, DBN_KW_SET) || !sets(p, &s->sets, &s->nsets))
		return false;
	if (dbn_sql__take_kw(p, DBN_KW_FROM) && !(s->from = dbn_sql__from(p)))
		return false;
	return where(p, &s->where) && returning(p, s);
}

bool
dbn_sql__delete(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	s->kind = DBN_STMT_DELETE;
	return dbn_sql__construct(p, DBN_G_DELETE, p->tok.pos) && dbn_sql__next(p) &&
		dbn_sql__want_kw(p, DBN_KW_FROM) && target(p, s) &&
		where(p, &s->where) && returning(p, s);
}
