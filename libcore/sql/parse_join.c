/* SPDX-License-Identifier: MIT */
/*
 * How the items of FROM are joined: the operators, their conditions, and which of
 * them come first.
 */
#include "sql/parser.h"

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
	if (p->d->id == DBN_DIALECT_MYSQL && dbn_sql__at_word(p, "straight_join"))
		return dbn_sql__construct(p, DBN_G_STRAIGHT_JOIN, pos) && dbn_sql__next(p)
			? DBN_JOIN_STRAIGHT : 0;
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
	if (join >= DBN_JOIN_LEFT && join <= DBN_JOIN_FULL)
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
needs_condition(const dbn_sql_dialect *d, const dbn_sql_from *j)
{
	if (j->flags & DBN_FF_NATURAL)
		return false;
	return d->id == DBN_DIALECT_POSTGRES ? j->join != DBN_JOIN_CROSS : d->id == DBN_DIALECT_MYSQL &&
		(j->join == DBN_JOIN_LEFT || j->join == DBN_JOIN_RIGHT);
}

static bool
join_condition(dbn_sql_parser *p, dbn_sql_from *j)
{
	size_t cap = 0;

	if (j->join == DBN_JOIN_COMMA || (j->join == DBN_JOIN_CROSS &&
		p->d->id == DBN_DIALECT_POSTGRES))
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
		if (!dbn_sql__want(p, DBN_TK_RPAREN, "\")\""))
			return false;
		if (dbn_sql__at_kw(p, DBN_KW_AS) && p->d->id == DBN_DIALECT_POSTGRES)
			return dbn_sql__construct(p, DBN_G_JOIN_USING_ALIAS, p->tok.pos);
		return true;
	}
	if (needs_condition(p->d, j))
		dbn_sql__unexpected(p, "ON or USING");
	return p->status == DBN_OK;
}

static dbn_sql_from *
joined(dbn_sql_parser *p, dbn_sql_from *left, dbn_sql_from *right, uint32_t join, uint32_t pos,
	bool natural)
{
	dbn_sql_from *j = left && right ? dbn_sql__from_new(p, DBN_FROM_JOIN) : NULL;

	if (!j)
		return NULL;
	j->join = (uint16_t)join;
	j->pos = pos;
	j->flags = natural ? (uint32_t)DBN_FF_NATURAL : 0;
	j->left = left;
	j->right = right;
	return join_condition(p, j) ? j : NULL;
}

static bool
at_condition(dbn_sql_parser *p)
{
	return dbn_sql__at_kw(p, DBN_KW_USING) ||
		(dbn_sql__at_kw(p, DBN_KW_ON) && !(p->upsert_ahead && at_upsert(p)));
}

/* The right side of a join that lacks its condition yet, with other joins before it
 * comes: a JOIN b JOIN c ON .. ON .. is a JOIN (b JOIN c ON ..) ON .. */
static dbn_sql_from *
nested(dbn_sql_parser *p, dbn_sql_from *right, uint32_t outer, bool natural, uint32_t *joins)
{
	dbn_sql_from probe = { .join = (uint16_t)outer, .flags = natural ? DBN_FF_NATURAL : 0 };

	if (!right || outer == DBN_JOIN_COMMA || !needs_condition(p->d, &probe))
		return right;
	if (!dbn_sql__enter(p))
		return NULL;
	while (right && p->status == DBN_OK && p->tok.kind != DBN_TK_COMMA && !at_condition(p)) {
		uint32_t pos = p->tok.pos, join = join_operator(p, &natural);
		dbn_sql_from *next;

		if (!join)
			break;
		if (!dbn_sql__construct(p, DBN_G_JOIN_NESTED, pos))
			return NULL;
		if (++*joins > p->d->max_joins)
			return dbn_sql__limit(p, pos, "too many tables in one FROM", p->d->max_joins);
		next = nested(p, dbn_sql__from_item(p), join, natural, joins);
		right = joined(p, right, next, join, pos, natural);
	}
	dbn_sql__leave(p);
	return right;
}

/* a JOIN b JOIN c, and on SQLite the comma too: from the left, all on one level. */
static dbn_sql_from *
join_chain(dbn_sql_parser *p, dbn_sql_from *left, uint32_t *joins)
{
	bool natural, commas = p->d->id == DBN_DIALECT_SQLITE || !p->d->id;

	while (left && p->status == DBN_OK && (commas || p->tok.kind != DBN_TK_COMMA)) {
		uint32_t pos = p->tok.pos, join = join_operator(p, &natural);

		if (!join)
			break;
		if (++*joins > p->d->max_joins)
			return dbn_sql__limit(p, pos, "too many tables in one FROM",
				p->d->max_joins);
		left = joined(p, left, nested(p, dbn_sql__from_item(p), join, natural, joins), join, pos, natural);
	}
	if (left && p->status == DBN_OK && dbn_sql__at_kw(p, DBN_KW_ON) && at_condition(p) &&
		dbn_sql__construct(p, DBN_G_JOIN_NESTED, p->tok.pos))
		return dbn_sql__fail(p, p->tok.pos, "Put the join that it belongs to in parentheses.",
			"ON behind a join that has its condition");
	return left;
}

dbn_sql_from *
dbn_sql__from_behind(dbn_sql_parser *p, dbn_sql_from *left)
{
	uint32_t joins = 0, pos;

	left = join_chain(p, left, &joins);
	/* Elsewhere a comma binds looser than JOIN: a, b JOIN c is a, (b JOIN c). */
	while (left && p->status == DBN_OK && p->tok.kind == DBN_TK_COMMA) {
		pos = p->tok.pos;
		if (++joins > p->d->max_joins)
			return dbn_sql__limit(p, pos, "too many tables in one FROM",
				p->d->max_joins);
		if (!dbn_sql__construct(p, DBN_G_JOIN_COMMA, pos) || !dbn_sql__next(p))
			return NULL;
		left = joined(p, left, join_chain(p, dbn_sql__from_item(p), &joins), DBN_JOIN_COMMA, pos,
			false);
	}
	if (joins + 1 > p->height)
		p->height = joins + 1;
	return p->status == DBN_OK ? left : NULL;
}

dbn_sql_from *
dbn_sql__from(dbn_sql_parser *p)
{
	return dbn_sql__from_behind(p, dbn_sql__from_item(p));
}
