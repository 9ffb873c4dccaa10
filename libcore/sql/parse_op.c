/* SPDX-License-Identifier: MIT */
/*
 * Operators that are more than a sign between two operands: IN, BETWEEN, LIKE and
 * its kin, IS, ANY and ALL, and what stands directly behind an operand.
 */
#include "sql/parse_expr.h"

/* IN ((SELECT ...) UNION ...) and the same behind ANY; PostgreSQL also takes
 * IN ((SELECT ...)) for a query. */
static bool
paren_query(dbn_sql_parser *p, dbn_sql_expr *e, uint16_t kind, size_t *n, uint32_t *height)
{
	dbn_sql_query *q;

	if (*n != 2 || e->args[1]->kind != DBN_X_SUBQUERY || (!dbn_sql__goes_on(p) &&
		p->d->id != DBN_DIALECT_POSTGRES))
		return true;
	q = e->args[1]->query;
	*height = e->args[1]->height;
	if (dbn_sql__goes_on(p))
		q = dbn_sql__construct(p, DBN_G_SET_PAREN, q->pos) ? dbn_sql__query_behind(p, q, height)
			: NULL;
	e->kind = kind;
	e->query = q;
	*n = 1;
	return q != NULL;
}

static dbn_sql_expr *
in_operator(dbn_sql_parser *p, dbn_sql_expr *left, bool negated)
{
	dbn_sql_expr *e = node(p, DBN_X_IN_LIST, 0, left->pos, 0);
	size_t cap = 0, n = 0;
	uint32_t height = 0;

	if (!e || !dbn_sql__next(p))
		return NULL;
	e->flags = negated ? (uint16_t)DBN_XF_NOT : 0;
	if (p->tok.kind != DBN_TK_LPAREN)
		return dbn_sql__refuse(p, DBN_G_IN_NAME, p->tok.pos);
	if (!dbn_sql__next(p) || !dbn_sql__room(p, &e->args, &cap, n, sizeof(*e->args)))
		return NULL;
	e->args[n++] = left;
	if (dbn_sql__starts_query(p)) {
		e->kind = DBN_X_IN_QUERY;
		e->query = dbn_sql__query(p, &height);
		if (!e->query)
			return NULL;
	} else if (p->tok.kind != DBN_TK_RPAREN || p->d->id == DBN_DIALECT_POSTGRES ||
		p->d->id == DBN_DIALECT_MYSQL) { /* IN () is not theirs */
		do {
			if (!dbn_sql__room(p, &e->args, &cap, n, sizeof(*e->args)))
				return NULL;
			e->args[n] = dbn_sql__operand(p, L_OR);
			if (!e->args[n])
				return NULL;
			if (e->args[n]->kind == DBN_X_PARAM)
				e->args[n]->flags |= DBN_XF_LIST;
			n++;
		} while (dbn_sql__take(p, DBN_TK_COMMA));
		if (!paren_query(p, e, DBN_X_IN_QUERY, &n, &height))
			return NULL;
	}
	e->nargs = (uint32_t)n;
	if (!dbn_sql__want(p, DBN_TK_RPAREN, "\")\"") ||
		!dbn_sql__construct(p, e->query ? DBN_G_IN_QUERY : DBN_G_IN_LIST, e->pos))
		return NULL;
	return dbn_sql__finish(p, e, height);
}

static dbn_sql_expr *
between_operator(dbn_sql_parser *p, dbn_sql_expr *left, bool negated, int level)
{
	dbn_sql_expr *e = node(p, DBN_X_BETWEEN, 0, left->pos, 3);

	if (!e || !dbn_sql__construct(p, DBN_G_BETWEEN, p->tok.pos) || !dbn_sql__next(p))
		return NULL;
	e->flags = negated ? (uint16_t)DBN_XF_NOT : 0;
	if (p->d->id == DBN_DIALECT_POSTGRES && (dbn_sql__at_word(p, "symmetric") ||
		dbn_sql__at_word(p, "asymmetric"))) {
		if (dbn_sql__at_word(p, "symmetric")) {
			e->flags |= DBN_XF_SYMMETRIC;
			if (!dbn_sql__construct(p, DBN_G_BETWEEN_SYMMETRIC, p->tok.pos))
				return NULL;
		}
		if (!dbn_sql__next(p))
			return NULL;
	}
	e->args[0] = left;
	e->args[1] = dbn_sql__operand(p, level + 1);
	if (!e->args[1] || !dbn_sql__want_kw(p, DBN_KW_AND))
		return NULL;
	/* MySQL: 1 BETWEEN 0 AND 2 IN (3) is 1 BETWEEN 0 AND (2 IN (3)). */
	e->args[2] = dbn_sql__operand(p, p->d->flags & DBN_SQL_MY_PRECEDENCE ? level : level + 1);
	return dbn_sql__finish(p, e, 0);
}

/* What the word is; *words: tokens of it, *id its line in the table. */
static uint32_t
like_word(const dbn_sql_parser *p, uint32_t *id, uint32_t *words)
{
	*words = 1;
	switch (p->tok.kw) {
	case DBN_KW_LIKE: *id = DBN_G_LIKE; return DBN_OP_LIKE;
	case DBN_KW_GLOB: *id = DBN_G_GLOB; return DBN_OP_GLOB;
	case DBN_KW_MATCH: *id = DBN_G_MATCH; return 0;
	case DBN_KW_REGEXP: *id = DBN_G_REGEXP; return DBN_OP_REGEXP;
	default: break;
	}
	if (dbn_sql__at_word(p, "rlike")) {
		*id = DBN_G_REGEXP;
		return DBN_OP_REGEXP;
	}
	if (dbn_sql__at_word(p, "ilike")) {
		*id = DBN_G_ILIKE;
		return DBN_OP_ILIKE;
	}
	*words = 2; /* SIMILAR TO */
	*id = DBN_G_SIMILAR;
	return DBN_OP_SIMILAR;
}

static dbn_sql_expr *
like_operator(dbn_sql_parser *p, dbn_sql_expr *left, bool negated, int level)
{
	uint32_t id, words, op = like_word(p, &id, &words), pos = p->tok.pos;
	dbn_sql_expr *e = node(p, DBN_X_LIKE, op, left->pos, 3);

	if (!e || (p->d->id == 0 && op != DBN_OP_LIKE))
		return e ? dbn_sql__fail(p, pos, "Use LIKE.", "the operator %.*s",
			(int)(p->tok.end - pos), p->lx.text.ptr + pos) : NULL;
	if (!op)
		return dbn_sql__refuse(p, id, pos);
	if (!dbn_sql__construct(p, id, pos) || !dbn_sql__next(p) ||
		(words == 2 && !dbn_sql__want_kw(p, DBN_KW_TO)))
		return NULL;
	if (words == 1 && p->d->id && dbn_sql__at_quantifier(p))
		return dbn_sql__quantified(p, left, op, negated);
	e->flags = negated ? (uint16_t)DBN_XF_NOT : 0;
	e->nargs = 2;
	e->args[0] = left;
	e->args[1] = dbn_sql__operand(p, level + 1);
	if (e->args[1] && op != DBN_OP_REGEXP && dbn_sql__at_kw(p, DBN_KW_ESCAPE)) {
		if (!dbn_sql__construct(p, DBN_G_ESCAPE, p->tok.pos) || !dbn_sql__next(p))
			return NULL;
		e->args[2] = dbn_sql__operand(p, level + 1);
		e->nargs = 3;
	}
	return dbn_sql__finish(p, e, 0);
}

static dbn_sql_expr *
is_null(dbn_sql_parser *p, dbn_sql_expr *left, bool negated)
{
	dbn_sql_expr *e = node(p, DBN_X_IS_NULL, 0, left->pos, 1);

	if (!e || !dbn_sql__next(p))
		return NULL;
	e->flags = negated ? (uint16_t)DBN_XF_NOT : 0;
	e->args[0] = left;
	return dbn_sql__finish(p, e, 0);
}

/* IS TRUE, IS NULL and the like, once the right side is known to be just that. */
static dbn_sql_expr *
is_literal(dbn_sql_parser *p, dbn_sql_expr *left, const dbn_sql_expr *right, bool negated)
{
	dbn_sql_expr *e = node(p, DBN_X_IS_NULL, 0, left->pos, 1);

	if (!e)
		return NULL;
	if (right->value.type == DBN_BOOL) {
		e->kind = DBN_X_IS_TRUTH;
		e->op = right->value.u.i64 ? DBN_OP_TRUE : DBN_OP_FALSE;
	}
	e->flags = negated ? (uint16_t)DBN_XF_NOT : 0;
	e->args[0] = left;
	return dbn_sql__finish(p, e, 0);
}

/* SQLite: any expression may follow, and what binds tighter than IS is part of it:
 * a IS NULL < b is a IS (NULL < b). */
static dbn_sql_expr *
is_anything(dbn_sql_parser *p, dbn_sql_expr *left, int level, bool negated, bool distinct)
{
	dbn_sql_expr *right = dbn_sql__operand(p, level + 1), *e;
	const dbn_sql_expr *bare = right;

	while (bare && bare->kind == DBN_X_COLLATE)
		bare = bare->args[0];
	if (!bare)
		return NULL;
	if (p->d->id && !distinct && !dbn_sql__construct(p, bare->kind != DBN_X_LITERAL ||
		(bare->value.type != DBN_BOOL && bare->value.type != DBN_NULL) ? DBN_G_IS_ANYTHING :
		bare->value.type == DBN_NULL ? DBN_G_IS_NULL : DBN_G_IS_TRUE, left->pos))
		return NULL;
	if ((!distinct || (p->d->flags & DBN_SQL_IS_ANY)) && bare->kind == DBN_X_LITERAL &&
		(bare->value.type == DBN_BOOL || bare->value.type == DBN_NULL))
		return is_literal(p, left, bare, negated != distinct);
	e = node(p, DBN_X_IS, 0, left->pos, 2);
	if (!e)
		return NULL;
	/* IS NOT DISTINCT FROM says "the same", as IS does. */
	e->flags = negated != distinct ? (uint16_t)DBN_XF_NOT : 0;
	if (distinct)
		e->flags |= DBN_XF_DISTINCT_FROM;
	e->args[0] = left;
	e->args[1] = right;
	return dbn_sql__finish(p, e, 0);
}

/* IS [NOT] [NFC] NORMALIZED: a function's call, with NOT before it. */
static dbn_sql_expr *
normalized(dbn_sql_parser *p, dbn_sql_expr *left, bool negated)
{
	static const char *const forms[] = { "nfc", "nfd", "nfkc", "nfkd" };
	const char *form = NULL;
	dbn_sql_expr *e, *not;
	uint32_t pos = p->tok.pos;
	char *z;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (dbn_sql__at_word(p, forms[i]))
			form = forms[i];
	if (form && !dbn_sql__next(p))
		return NULL;
	if (!dbn_sql__at_word(p, "normalized"))
		return dbn_sql__fail(p, p->tok.pos, "Write IS [NOT] DISTINCT FROM.",
			"IS with anything but NULL, TRUE, FALSE or DISTINCT FROM");
	z = dbn_arena_printf(p->a, "($1 IS %s NORMALIZED)", form ? form : "");
	if (!z || !dbn_sql__construct(p, DBN_G_NORMALIZED, pos) || !dbn_sql__next(p))
		return z ? NULL : dbn_sql__nomem(p);
	e = dbn_sql__formed(p, pos, "is_normalized", z, 1, left);
	if (!negated || !e)
		return e;
	not = node(p, DBN_X_UNARY, DBN_OP_NOT, left->pos, 1);
	if (!not)
		return NULL;
	not->args[0] = e;
	return dbn_sql__finish(p, not, 0);
}

static dbn_sql_expr *
is_operator(dbn_sql_parser *p, dbn_sql_expr *left, int level)
{
	bool negated, distinct = false;
	dbn_sql_expr *right;
	uint32_t pos = p->tok.pos;

	if (!dbn_sql__next(p))
		return NULL;
	negated = dbn_sql__take_kw(p, DBN_KW_NOT);
	if (dbn_sql__at_kw(p, DBN_KW_DISTINCT) && dbn_sql__peek_kw(p, 1, DBN_KW_FROM))
		distinct = dbn_sql__next(p) && dbn_sql__next(p);
	if (distinct && p->d->id)
		(void)dbn_sql__construct(p, DBN_G_IS_DISTINCT, pos);
	if (p->status != DBN_OK)
		return NULL;
	if (distinct || (p->d->flags & DBN_SQL_IS_ANY))
		return is_anything(p, left, level, negated, distinct);
	if (dbn_sql__at_word(p, "unknown") && p->d->id) {
		right = node(p, DBN_X_IS_TRUTH, DBN_OP_UNKNOWN, left->pos, 1);
		if (!right || !dbn_sql__construct(p, DBN_G_IS_UNKNOWN, p->tok.pos) || !dbn_sql__next(p))
			return NULL;
		right->flags = negated ? (uint16_t)DBN_XF_NOT : 0;
		right->args[0] = left;
		return dbn_sql__finish(p, right, 0);
	}
	if (p->d->id == DBN_DIALECT_POSTGRES && dbn_sql__at_word(p, "document"))
		return dbn_sql__refuse(p, DBN_G_XML, p->tok.pos);
	if (p->d->id == DBN_DIALECT_POSTGRES && p->tok.kind == DBN_TK_NAME && p->tok.kw == DBN_KW_NONE)
		return normalized(p, left, negated);
	if (!dbn_sql__at_kw(p, DBN_KW_NULL) && !dbn_sql__at_kw(p, DBN_KW_TRUE) &&
		!dbn_sql__at_kw(p, DBN_KW_FALSE))
		return dbn_sql__fail(p, p->tok.pos, "Write IS [NOT] DISTINCT FROM.",
			"IS with anything but NULL, TRUE, FALSE or DISTINCT FROM");
	if (!dbn_sql__construct(p, dbn_sql__at_kw(p, DBN_KW_NULL) ? DBN_G_IS_NULL : DBN_G_IS_TRUE, pos))
		return NULL;
	right = dbn_sql__literal(p);
	return right ? is_literal(p, left, right, negated) : NULL;
}

static dbn_sql_expr *
collate_operator(dbn_sql_parser *p, dbn_sql_expr *left)
{
	dbn_sql_expr *e = node(p, DBN_X_COLLATE, 0, left->pos, 1);

	if (!e || !dbn_sql__construct(p, DBN_G_COLLATE, p->tok.pos) || !dbn_sql__next(p) || !dbn_sql__name(p, "a collation", &e->text))
		return NULL;
	e->args[0] = left;
	return dbn_sql__finish(p, e, 0);
}

/* a <=> b: the same, also where both are NULL. */
static dbn_sql_expr *
same_operator(dbn_sql_parser *p, dbn_sql_expr *left, int level)
{
	dbn_sql_expr *e = node(p, DBN_X_IS, 0, left->pos, 2);

	if (!e || !dbn_sql__construct(p, DBN_G_SAME, p->tok.pos) || !dbn_sql__next(p))
		return NULL;
	e->args[0] = left;
	e->args[1] = dbn_sql__operand(p, level + 1);
	return dbn_sql__finish(p, e, 0);
}

/* x AT TIME ZONE zone is timezone(zone, x). */
static dbn_sql_expr *
at_time_zone(dbn_sql_parser *p, dbn_sql_expr *left)
{
	uint32_t pos = p->tok.pos;
	dbn_sql_expr *zone;

	if (!dbn_sql__construct(p, DBN_G_AT_TIME_ZONE, pos) || !dbn_sql__next(p))
		return NULL;
	if (!dbn_sql__at_word(p, "time") || !dbn_sql__next(p) || !dbn_sql__at_word(p, "zone") ||
		!dbn_sql__next(p))
		return dbn_sql__unexpected(p, "AT TIME ZONE");
	zone = dbn_sql__operand(p, L_AT + 1);
	return zone ? dbn_sql__formed(p, pos, "timezone", "($2 AT TIME ZONE $1)", 2, zone, left) : NULL;
}

/* (a, b) OVERLAPS (c, d) */
static dbn_sql_expr *
overlaps(dbn_sql_parser *p, dbn_sql_expr *left)
{
	uint32_t pos = p->tok.pos;
	dbn_sql_expr *right;

	if (!dbn_sql__construct(p, DBN_G_OVERLAPS, pos) || !dbn_sql__next(p))
		return NULL;
	right = dbn_sql__operand(p, L_BIT + 1);
	if (!right)
		return NULL;
	if (left->kind != DBN_X_ROW || right->kind != DBN_X_ROW || left->nargs != 2 || right->nargs != 2)
		return dbn_sql__fail(p, pos, "Write (a, b) OVERLAPS (c, d).", "OVERLAPS without two pairs");
	return dbn_sql__formed(p, pos, "overlaps", "(($1, $2) OVERLAPS ($3, $4))", 4, left->args[0],
		left->args[1], right->args[0], right->args[1]);
}

/* a SOUNDS LIKE b is soundex(a) = soundex(b). */
static dbn_sql_expr *
sounds_like(dbn_sql_parser *p, dbn_sql_expr *left, int level)
{
	uint32_t pos = p->tok.pos;
	dbn_sql_expr *e = node(p, DBN_X_COMPARE, DBN_OP_EQ, left->pos, 2), *right;

	if (!e || !dbn_sql__construct(p, DBN_G_SOUNDS_LIKE, pos) || !dbn_sql__next(p) ||
		!dbn_sql__want_kw(p, DBN_KW_LIKE))
		return NULL;
	right = dbn_sql__operand(p, level + 1);
	if (!right)
		return NULL;
	e->args[0] = dbn_sql__formed(p, left->pos, "soundex", NULL, 1, left);
	e->args[1] = dbn_sql__formed(p, right->pos, "soundex", NULL, 1, right);
	return e->args[0] && e->args[1] ? dbn_sql__finish(p, e, 0) : NULL;
}

dbn_sql_expr *
dbn_sql__special(dbn_sql_parser *p, dbn_sql_expr *left, int level)
{
	bool negated = false;

	if (p->tok.kind == DBN_TK_SAME)
		return same_operator(p, left, level);
	if (p->tok.kw == DBN_KW_NONE && level == L_AT)
		return at_time_zone(p, left);
	if (dbn_sql__at_word(p, "overlaps"))
		return overlaps(p, left);
	if ((p->tok.kw == DBN_KW_ISNULL || p->tok.kw == DBN_KW_NOTNULL) && p->d->id &&
		!dbn_sql__construct(p, DBN_G_ISNULL, p->tok.pos))
		return NULL;
	switch (p->tok.kw) {
	case DBN_KW_COLLATE: return collate_operator(p, left);
	case DBN_KW_IS: return is_operator(p, left, level);
	case DBN_KW_ISNULL: return is_null(p, left, false);
	case DBN_KW_NOTNULL: return is_null(p, left, true);
	case DBN_KW_NOT:
		if (!dbn_sql__next(p))
			return NULL;
		negated = true;
		break;
	default: break;
	}
	if (p->tok.kind == DBN_TK_NAME) {
		switch (p->tok.kw) {
		case DBN_KW_IN: return in_operator(p, left, negated);
		case DBN_KW_BETWEEN: return between_operator(p, left, negated, level);
		case DBN_KW_LIKE:
		case DBN_KW_GLOB:
		case DBN_KW_MATCH:
		case DBN_KW_REGEXP: return like_operator(p, left, negated, level);
		case DBN_KW_NULL:
			if ((p->d->flags & DBN_SQL_IS_ANY) && dbn_sql__construct(p, DBN_G_ISNULL, p->tok.pos))
				return is_null(p, left, true);
			break;
		case DBN_KW_NONE:
			if (dbn_sql__at_word(p, "rlike") || dbn_sql__at_word(p, "ilike") ||
				dbn_sql__at_word(p, "similar"))
				return like_operator(p, left, negated, level);
			if (!negated && dbn_sql__at_word(p, "sounds"))
				return sounds_like(p, left, level);
			if (!negated && dbn_sql__at_word(p, "member"))
				return dbn_sql__refuse(p, DBN_G_MEMBER_OF, p->tok.pos);
			break;
		default: break;
		}
	}
	return dbn_sql__unexpected(p, "IN, BETWEEN or LIKE");
}

/* ---- ANY, SOME, ALL ---- */

bool
dbn_sql__at_quantifier(dbn_sql_parser *p)
{
	const dbn_sql_token *t;

	if (!dbn_sql__at_kw(p, DBN_KW_ANY) && !dbn_sql__at_kw(p, DBN_KW_ALL) &&
		!dbn_sql__at_word(p, "some"))
		return false;
	if (p->d->flags & DBN_SQL_VARIABLES)
		return p->tok.kw != DBN_KW_NONE;
	if (p->d->id == DBN_DIALECT_SQLITE && p->tok.kw != DBN_KW_ALL)
		return false; /* any(x) is a function that nobody lists */
	t = dbn_sql__peek(p, 1);
	return t && t->kind == DBN_TK_LPAREN;
}

/* = ANY ($list), <> ALL ($list): IN by another name; policy language only. */
static dbn_sql_expr *
policy_quantified(dbn_sql_parser *p, dbn_sql_expr *left, uint32_t op)
{
	uint32_t kw = p->tok.kw;

	if (!(op == DBN_OP_EQ && kw == DBN_KW_ANY) && !(op == DBN_OP_NE && kw == DBN_KW_ALL))
		return dbn_sql__fail(p, p->tok.pos, "Only = ANY (...) and <> ALL (...) are known.",
			"a quantified comparison");
	return in_operator(p, left, op == DBN_OP_NE);
}

dbn_sql_expr *
dbn_sql__quantified(dbn_sql_parser *p, dbn_sql_expr *left, uint32_t op, bool negated)
{
	dbn_sql_expr *e = node(p, DBN_X_ANY, op, left->pos, 2);
	uint32_t pos = p->tok.pos, height = 0;
	size_t n = 2;

	if (p->d->flags & DBN_SQL_VARIABLES)
		return policy_quantified(p, left, op);
	if (!e)
		return NULL;
	e->flags = (uint16_t)((negated ? DBN_XF_NOT : 0) | (dbn_sql__at_kw(p, DBN_KW_ALL) ? DBN_XF_ALL : 0));
	e->args[0] = left;
	if (!dbn_sql__next(p) || !dbn_sql__next(p))
		return NULL;
	if (dbn_sql__starts_query(p)) {
		e->kind = DBN_X_ANY_QUERY;
		e->nargs = 1;
		e->query = dbn_sql__construct(p, DBN_G_ANY_QUERY, pos) ? dbn_sql__query(p, &height) : NULL;
		if (!e->query)
			return NULL;
	} else {
		e->args[1] = dbn_sql__operand(p, L_OR);
		if (!e->args[1] || !paren_query(p, e, DBN_X_ANY_QUERY, &n, &height) ||
			!dbn_sql__construct(p, n == 2 ? DBN_G_ANY_ARRAY : DBN_G_ANY_QUERY, pos))
			return NULL;
		e->nargs = (uint32_t)n;
	}
	return dbn_sql__want(p, DBN_TK_RPAREN, "\")\"") ? dbn_sql__finish(p, e, height) : NULL;
}

/* ---- behind an operand ---- */

static dbn_sql_expr *
colon_cast(dbn_sql_parser *p, dbn_sql_expr *left)
{
	dbn_sql_expr *e = node(p, DBN_X_CAST, 0, left->pos, 1);

	if (!e || !dbn_sql__construct(p, DBN_G_CAST_COLON, p->tok.pos) || !dbn_sql__next(p))
		return NULL;
	e->args[0] = left;
	e->text = dbn_sql__type_text(p);
	e->type = dbn_sql_declared_type(p->d, e->text);
	return e->text.ptr ? dbn_sql__finish(p, e, 0) : NULL;
}

/* [index], [lower : upper] */
static dbn_sql_expr *
subscript(dbn_sql_parser *p, dbn_sql_expr *left)
{
	dbn_sql_expr *e = node(p, DBN_X_SUBSCRIPT, 0, left->pos, 3);

	if (!e || !dbn_sql__construct(p, DBN_G_SUBSCRIPT, p->tok.pos) || !dbn_sql__next(p))
		return NULL;
	e->nargs = 1;
	e->args[0] = left;
	if (p->tok.kind != DBN_TK_COLON) {
		e->args[e->nargs] = dbn_sql__operand(p, L_OR);
		if (!e->args[e->nargs++])
			return NULL;
		e->flags = DBN_XF_LOWER;
	}
	if (p->tok.kind == DBN_TK_COLON) {
		if (!dbn_sql__construct(p, DBN_G_SLICE, p->tok.pos) || !dbn_sql__next(p))
			return NULL;
		e->flags |= DBN_XF_SLICE;
		if (p->tok.kind != DBN_TK_RBRACKET) {
			e->args[e->nargs] = dbn_sql__operand(p, L_OR);
			if (!e->args[e->nargs++])
				return NULL;
			e->flags |= DBN_XF_UPPER;
		}
	}
	return dbn_sql__want(p, DBN_TK_RBRACKET, "\"]\"") ? dbn_sql__finish(p, e, 0) : NULL;
}

dbn_sql_expr *
dbn_sql__postfix(dbn_sql_parser *p, dbn_sql_expr *left, bool *done)
{
	*done = false;
	if (p->tok.kind == DBN_TK_COLON2 && (p->d->flags & DBN_SQL_COLON_CAST))
		return colon_cast(p, left);
	if (p->tok.kind == DBN_TK_LBRACKET)
		return subscript(p, left);
	if (p->tok.kind == DBN_TK_DOT && p->d->id == DBN_DIALECT_POSTGRES)
		return dbn_sql__refuse(p, DBN_G_FIELD, p->tok.pos);
	*done = true;
	return left;
}
