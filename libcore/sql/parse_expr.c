/* SPDX-License-Identifier: MIT */
/*
 * Expressions by operator levels.  Operators of one level that bind from the
 * left make one CHAIN node, so that their number is a length and not a depth.
 */
#include "sql/parse_expr.h"

dbn_sql_expr *
dbn_sql__finish(dbn_sql_parser *p, dbn_sql_expr *e, uint32_t extra)
{
	uint32_t h = extra, max = p->limits.depth * 3;

	if (!e)
		return dbn_sql__nomem(p);
	if (max > DBN_SQL_DEPTH_MAX - 64)
		max = DBN_SQL_DEPTH_MAX - 64;
	for (uint32_t i = 0; i < e->nargs; i++) {
		if (!e->args[i])
			return NULL;
		if (e->args[i]->height > h)
			h = e->args[i]->height;
	}
	if (h >= max)
		return dbn_sql__limit(p, e->pos, "the expression is nested too deeply",
			p->limits.depth);
	e->height = (uint16_t)(h + 1);
	return e;
}

/* ---- operators ---- */

struct opinfo {
	uint8_t op;                 /* 0: one of the special forms */
	uint8_t level;
	bool chain;
};

/* What operator stands here?  level 0: none. */
static struct opinfo
operator_at(dbn_sql_parser *p)
{
	bool pg = p->d->flags & DBN_SQL_PG_PRECEDENCE, my = p->d->flags & DBN_SQL_MY_PRECEDENCE;
	uint8_t eq = L_EQ, like = pg || my ? L_LIKE : L_EQ, is = pg ? L_IS : L_EQ,
		cmp = pg || my ? L_EQ : L_CMP;
	uint8_t concat = pg ? L_BIT : L_CONCAT, and = my ? L_BITAND : L_BIT,
		shift = my ? L_SHIFT : L_BIT;

	switch (p->tok.kind) {
	case DBN_TK_EQ: return (struct opinfo){ DBN_OP_EQ, eq, false };
	case DBN_TK_NE: return (struct opinfo){ DBN_OP_NE, eq, false };
	case DBN_TK_LT: return (struct opinfo){ DBN_OP_LT, cmp, false };
	case DBN_TK_LE: return (struct opinfo){ DBN_OP_LE, cmp, false };
	case DBN_TK_GT: return (struct opinfo){ DBN_OP_GT, cmp, false };
	case DBN_TK_GE: return (struct opinfo){ DBN_OP_GE, cmp, false };
	case DBN_TK_PLUS: return (struct opinfo){ DBN_OP_ADD, L_ADD, true };
	case DBN_TK_MINUS: return (struct opinfo){ DBN_OP_SUB, L_ADD, true };
	case DBN_TK_STAR: return (struct opinfo){ DBN_OP_MUL, L_MUL, true };
	case DBN_TK_SLASH: return (struct opinfo){ DBN_OP_DIV, L_MUL, true };
	case DBN_TK_PERCENT: return (struct opinfo){ DBN_OP_MOD, L_MUL, true };
	case DBN_TK_SAME: return (struct opinfo){ 0, eq, false };
	case DBN_TK_AMP: return (struct opinfo){ DBN_OP_BITAND, and, true };
	case DBN_TK_BAR: return (struct opinfo){ DBN_OP_BITOR, L_BIT, true };
	case DBN_TK_SHL: return (struct opinfo){ DBN_OP_SHL, shift, true };
	case DBN_TK_SHR: return (struct opinfo){ DBN_OP_SHR, shift, true };
	case DBN_TK_CONCAT: return (struct opinfo){ DBN_OP_CONCAT, concat, true };
	case DBN_TK_ARROW: return (struct opinfo){ DBN_OP_JSON, concat, true };
	case DBN_TK_ARROW2: return (struct opinfo){ DBN_OP_JSON_TEXT, concat, true };
	case DBN_TK_NAME: break;
	default: return (struct opinfo){ 0, 0, false };
	}
	switch (p->tok.kw) {
	case DBN_KW_OR: return (struct opinfo){ DBN_OP_OR, L_OR, true };
	case DBN_KW_AND: return (struct opinfo){ DBN_OP_AND, L_AND, true };
	case DBN_KW_IS:
	case DBN_KW_ISNULL:
	case DBN_KW_NOTNULL: return (struct opinfo){ 0, is, false };
	case DBN_KW_NOT: /* x NOT NULL is SQLite's, x NOT IN everybody's */
	case DBN_KW_IN:
	case DBN_KW_BETWEEN:
	case DBN_KW_LIKE:
	case DBN_KW_GLOB:
	case DBN_KW_MATCH:
	case DBN_KW_REGEXP: return (struct opinfo){ 0, like, false };
	case DBN_KW_COLLATE: return (struct opinfo){ 0, L_COLLATE, false };
	default: return (struct opinfo){ 0, 0, false };
	}
}

/* left op right op right ... of one level, as one node. */
static dbn_sql_expr *
chain(dbn_sql_parser *p, dbn_sql_expr *left, struct opinfo first)
{
	dbn_sql_expr *e = node(p, DBN_X_CHAIN, first.op, left->pos, 0), *right;
	size_t cap = 0, ocap = 0, n = 0;
	uint16_t *ops = NULL;
	struct opinfo o = first;
	bool mixed = false;

	if (!e || !dbn_sql__room(p, &e->args, &cap, n, sizeof(*e->args)) ||
		!dbn_sql__room(p, &ops, &ocap, n, sizeof(*ops)))
		return NULL;
	e->args[0] = left;
	ops[0] = 0;
	for (n = 1; o.level == first.level && o.chain; o = operator_at(p)) {
		if (!dbn_sql__next(p))
			return NULL;
		right = dbn_sql__operand(p, first.level + 1);
		if (!right || !dbn_sql__room(p, &e->args, &cap, n, sizeof(*e->args)) ||
			!dbn_sql__room(p, &ops, &ocap, n, sizeof(*ops)))
			return NULL;
		e->args[n] = right;
		ops[n++] = o.op;
		mixed = mixed || o.op != first.op;
	}
	e->nargs = (uint32_t)n;
	e->ops = mixed ? ops : NULL;
	return dbn_sql__finish(p, e, 0);
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
	e->args[0] = left;
	e->args[1] = dbn_sql__operand(p, level + 1);
	if (!e->args[1] || !dbn_sql__want_kw(p, DBN_KW_AND))
		return NULL;
	/* MySQL: 1 BETWEEN 0 AND 2 IN (3) is 1 BETWEEN 0 AND (2 IN (3)). */
	e->args[2] = dbn_sql__operand(p, p->d->flags & DBN_SQL_MY_PRECEDENCE ? level : level + 1);
	return dbn_sql__finish(p, e, 0);
}

static dbn_sql_expr *
like_operator(dbn_sql_parser *p, dbn_sql_expr *left, bool negated, int level)
{
	uint32_t op = p->tok.kw == DBN_KW_GLOB ? DBN_OP_GLOB : DBN_OP_LIKE;
	dbn_sql_expr *e = node(p, DBN_X_LIKE, op, left->pos, 3);

	if (!e)
		return NULL;
	if (p->tok.kw == DBN_KW_MATCH || p->tok.kw == DBN_KW_REGEXP ||
		(op == DBN_OP_GLOB && !(p->d->flags & DBN_SQL_GLOB)))
		return dbn_sql__fail(p, p->tok.pos, "Use LIKE.", "the operator %.*s",
			(int)(p->tok.end - p->tok.pos), p->lx.text.ptr + p->tok.pos);
	if (!dbn_sql__construct(p, op == DBN_OP_GLOB ? DBN_G_GLOB : DBN_G_LIKE, p->tok.pos) ||
		!dbn_sql__next(p))
		return NULL;
	e->flags = negated ? (uint16_t)DBN_XF_NOT : 0;
	e->nargs = 2;
	e->args[0] = left;
	e->args[1] = dbn_sql__operand(p, level + 1);
	if (e->args[1] && dbn_sql__take_kw(p, DBN_KW_ESCAPE)) {
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

static dbn_sql_expr *
is_operator(dbn_sql_parser *p, dbn_sql_expr *left, int level)
{
	bool negated, distinct = false;
	dbn_sql_expr *right;

	if (!dbn_sql__next(p))
		return NULL;
	negated = dbn_sql__take_kw(p, DBN_KW_NOT);
	if (dbn_sql__at_kw(p, DBN_KW_DISTINCT) && dbn_sql__peek_kw(p, 1, DBN_KW_FROM))
		distinct = dbn_sql__next(p) && dbn_sql__next(p);
	if (p->status != DBN_OK)
		return NULL;
	if (distinct || (p->d->flags & DBN_SQL_IS_ANY))
		return is_anything(p, left, level, negated, distinct);
	if (!dbn_sql__at_kw(p, DBN_KW_NULL) && !dbn_sql__at_kw(p, DBN_KW_TRUE) &&
		!dbn_sql__at_kw(p, DBN_KW_FALSE))
		return dbn_sql__fail(p, p->tok.pos, "Write IS [NOT] DISTINCT FROM.",
			"IS with anything but NULL, TRUE, FALSE or DISTINCT FROM");
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

	if (!e || !dbn_sql__next(p))
		return NULL;
	e->args[0] = left;
	e->args[1] = dbn_sql__operand(p, level + 1);
	return dbn_sql__finish(p, e, 0);
}

static dbn_sql_expr *
special(dbn_sql_parser *p, dbn_sql_expr *left, int level)
{
	bool negated = false;

	if (p->tok.kind == DBN_TK_SAME)
		return same_operator(p, left, level);
	if ((p->tok.kw == DBN_KW_ISNULL || p->tok.kw == DBN_KW_NOTNULL) &&
		(p->d->flags & DBN_SQL_MY_PRECEDENCE))
		return dbn_sql__fail(p, p->tok.pos, "Write IS NULL or IS NOT NULL.",
			"the operator %.*s", (int)(p->tok.end - p->tok.pos),
			p->lx.text.ptr + p->tok.pos);
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
			if (p->d->flags & DBN_SQL_IS_ANY)
				return is_null(p, left, true);
			break;
		default: break;
		}
	}
	return dbn_sql__unexpected(p, "IN, BETWEEN or LIKE");
}

/* = ANY ($list), <> ALL ($list): IN by another name; policy language only. */
static dbn_sql_expr *
quantified(dbn_sql_parser *p, dbn_sql_expr *left, uint32_t op)
{
	uint32_t kw = p->tok.kw;
	dbn_sql_expr *e;

	if (!(op == DBN_OP_EQ && kw == DBN_KW_ANY) && !(op == DBN_OP_NE && kw == DBN_KW_ALL))
		return dbn_sql__fail(p, p->tok.pos, "Only = ANY (...) and <> ALL (...) are known.",
			"a quantified comparison");
	e = in_operator(p, left, op == DBN_OP_NE);
	return e;
}

static dbn_sql_expr *
compare(dbn_sql_parser *p, dbn_sql_expr *left, struct opinfo o)
{
	dbn_sql_expr *e;

	if (!dbn_sql__next(p))
		return NULL;
	if ((p->d->flags & DBN_SQL_VARIABLES) &&
		(dbn_sql__at_kw(p, DBN_KW_ANY) || dbn_sql__at_kw(p, DBN_KW_ALL)))
		return quantified(p, left, o.op);
	e = node(p, DBN_X_COMPARE, o.op, left->pos, 2);
	if (!e)
		return NULL;
	e->args[0] = left;
	e->args[1] = dbn_sql__operand(p, o.level + 1);
	return dbn_sql__finish(p, e, 0);
}

static dbn_sql_expr *
unary(dbn_sql_parser *p)
{
	uint32_t op, pos = p->tok.pos;
	int level = L_UNARY;
	dbn_sql_expr *e;

	switch (p->tok.kind) {
	case DBN_TK_MINUS: op = DBN_OP_NEG; break;
	case DBN_TK_PLUS: op = DBN_OP_POS; break;
	case DBN_TK_TILDE: op = DBN_OP_BITNOT; break;
	case DBN_TK_NAME:
		if (p->tok.kw != DBN_KW_NOT)
			return dbn_sql__primary(p);
		op = DBN_OP_NOT;
		level = L_NOT;
		break;
	default: return dbn_sql__primary(p);
	}
	if (!dbn_sql__enter(p))
		return NULL;
	e = node(p, DBN_X_UNARY, op, pos, 1);
	if (!e || !dbn_sql__next(p))
		return NULL;
	e->args[0] = dbn_sql__operand(p, level);
	dbn_sql__leave(p);
	if (!e->args[0])
		return NULL;
	if (op == DBN_OP_NEG && e->args[0]->kind == DBN_X_LITERAL &&
		dbn_text_eqz(e->args[0]->text, "9223372036854775808")) {
		e = e->args[0]; /* the one integer that cannot be written without its sign */
		e->value = (dbn_value){ .type = DBN_INT64, .u.i64 = INT64_MIN };
		e->type = DBN_INT64;
		e->text.len = 0;
		return e;
	}
	return dbn_sql__finish(p, e, 0);
}

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

static dbn_sql_expr *
operand(dbn_sql_parser *p, int level)
{
	bool pg = p->d->flags & DBN_SQL_PG_PRECEDENCE;
	dbn_sql_expr *e = unary(p), *compared = NULL;
	struct opinfo o;

	while (e && p->status == DBN_OK) {
		if (p->tok.kind == DBN_TK_COLON2 && (p->d->flags & DBN_SQL_COLON_CAST)) {
			e = colon_cast(p, e);
			continue;
		}
		o = operator_at(p);
		if (o.level == 0 || o.level < level)
			break;
		if (pg && o.level == L_EQ && e == compared)
			return dbn_sql__fail(p, p->tok.pos, "Put one of them in parentheses.",
				"a comparison of a comparison");
		if (o.chain)
			e = chain(p, e, o);
		else if (o.op)
			e = compared = compare(p, e, o);
		else
			e = special(p, e, o.level);
	}
	return p->status == DBN_OK ? e : NULL;
}

dbn_sql_expr *
dbn_sql__operand(dbn_sql_parser *p, int level)
{
	dbn_sql_expr *e;

	if (!dbn_sql__enter(p))
		return NULL;
	e = operand(p, level);
	dbn_sql__leave(p);
	return e;
}

dbn_sql_expr *
dbn_sql__expr(dbn_sql_parser *p)
{
	dbn_sql_expr *e = dbn_sql__operand(p, L_OR);

	if (e && e->height > p->height)
		p->height = e->height;
	return e;
}

bool
dbn_sql__expr_list(dbn_sql_parser *p, dbn_sql_expr ***items, uint32_t *n)
{
	size_t cap = 0;

	*items = NULL;
	*n = 0;
	do {
		if (!dbn_sql__room(p, items, &cap, *n, sizeof(**items)))
			return false;
		(*items)[*n] = dbn_sql__operand(p, L_OR);
		if (!(*items)[(*n)++])
			return false;
	} while (dbn_sql__take(p, DBN_TK_COMMA));
	return p->status == DBN_OK;
}
