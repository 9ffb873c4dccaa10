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

/* ?, ?| and ?& of PostgreSQL: a ? that stands where an operator does. */
static uint8_t
question(dbn_sql_parser *p)
{
	const dbn_sql_token *t = dbn_sql__peek(p, 1);

	if (!t || t->pos != p->tok.end)
		return DBN_OP_HAS;
	return t->kind == DBN_TK_BAR ? DBN_OP_HAS_ANY : t->kind == DBN_TK_AMP ? DBN_OP_HAS_ALL : DBN_OP_HAS;
}

/* Operators that are words. */
static struct opinfo
word_at(dbn_sql_parser *p)
{
	bool pg = p->d->flags & DBN_SQL_PG_PRECEDENCE, my = p->d->flags & DBN_SQL_MY_PRECEDENCE;
	bool only_pg = p->d->id == DBN_DIALECT_POSTGRES;
	uint8_t like = pg || my ? L_LIKE : L_EQ, is = pg ? L_IS : L_EQ;

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
	case DBN_KW_NONE: break;
	default: return (struct opinfo){ 0, 0, false };
	}
	if (my && dbn_sql__at_word(p, "xor"))
		return (struct opinfo){ DBN_OP_XOR, L_XOR, true };
	if (my && dbn_sql__at_word(p, "div"))
		return (struct opinfo){ DBN_OP_INT_DIV, L_MUL, true };
	if (my && dbn_sql__at_word(p, "mod"))
		return (struct opinfo){ DBN_OP_MOD, L_MUL, true };
	if (only_pg && dbn_sql__at_word(p, "similar"))
		return (struct opinfo){ 0, dbn_sql__peek_kw(p, 1, DBN_KW_TO) ? L_LIKE : 0, false };
	if ((my && (dbn_sql__at_word(p, "rlike") || dbn_sql__at_word(p, "sounds") ||
		dbn_sql__at_word(p, "member"))) || (only_pg && dbn_sql__at_word(p, "ilike")))
		return (struct opinfo){ 0, L_LIKE, false };
	if (only_pg && dbn_sql__at_word(p, "operator"))
		return (struct opinfo){ DBN_OP_NONE, L_BIT, false };
	if (only_pg && dbn_sql__at_word(p, "at"))
		return (struct opinfo){ 0, L_AT, false };
	if (only_pg && dbn_sql__at_word(p, "overlaps"))
		return (struct opinfo){ 0, L_BIT, false };
	return (struct opinfo){ 0, 0, false };
}

/* What operator stands here?  level 0: none. */
static struct opinfo
operator_at(dbn_sql_parser *p)
{
	bool pg = p->d->flags & DBN_SQL_PG_PRECEDENCE, my = p->d->flags & DBN_SQL_MY_PRECEDENCE;
	uint8_t eq = L_EQ, cmp = pg || my ? L_EQ : L_CMP;
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
	case DBN_TK_AND2: return (struct opinfo){ DBN_OP_AND, L_AND, true };
	case DBN_TK_TILDE: return (struct opinfo){ DBN_OP_REGEX,
		p->d->id == DBN_DIALECT_POSTGRES ? L_BIT : 0, true };
	case DBN_TK_QMARK: return (struct opinfo){ question(p),
		p->d->id == DBN_DIALECT_POSTGRES ? L_BIT : 0, true };
	case DBN_TK_OP:
		if (p->tok.op == DBN_OP_SQRT || p->tok.op == DBN_OP_CBRT || p->tok.op == DBN_OP_ABS)
			return (struct opinfo){ 0, 0, false };
		return (struct opinfo){ (uint8_t)p->tok.op, p->tok.op == DBN_OP_POWER ||
			p->tok.op == DBN_OP_BITXOR ? L_CONCAT : L_BIT, true };
	case DBN_TK_NAME: return word_at(p);
	default: return (struct opinfo){ 0, 0, false };
	}
}

/* The table's line for an operator; 0: none of its own. */
static uint32_t
construct_of(const dbn_sql_parser *p, uint8_t op)
{
	switch (op) {
	case DBN_OP_XOR: return DBN_G_XOR;
	case DBN_OP_INT_DIV: return DBN_G_INT_DIV;
	case DBN_OP_MOD: return p->tok.kind == DBN_TK_NAME ? DBN_G_MOD_WORD : DBN_G_ARITHMETIC;
	case DBN_OP_AND: return p->tok.kind == DBN_TK_AND2 ? DBN_G_AND_SIGN : DBN_G_LOGIC;
	case DBN_OP_OR: return DBN_G_LOGIC;
	case DBN_OP_ADD: case DBN_OP_SUB: case DBN_OP_MUL: case DBN_OP_DIV: return DBN_G_ARITHMETIC;
	case DBN_OP_BITAND: case DBN_OP_BITOR: case DBN_OP_SHL: case DBN_OP_SHR: return DBN_G_BITS;
	case DBN_OP_BITXOR: case DBN_OP_HASH: return DBN_G_BIT_XOR;
	case DBN_OP_CONCAT: return DBN_G_CONCAT;
	case DBN_OP_JSON: case DBN_OP_JSON_TEXT: return DBN_G_JSON_ARROW;
	case DBN_OP_REGEX: case DBN_OP_IREGEX: case DBN_OP_NREGEX: case DBN_OP_NIREGEX: return DBN_G_REGEX;
	case DBN_OP_TLIKE: case DBN_OP_TILIKE: case DBN_OP_TNLIKE: case DBN_OP_TNILIKE: return DBN_G_LIKE_SIGN;
	case DBN_OP_CONTAINS: case DBN_OP_CONTAINED: case DBN_OP_OVERLAP: return DBN_G_CONTAINS;
	case DBN_OP_JSON_PATH: case DBN_OP_JSON_PATH_TEXT: case DBN_OP_JSON_DELETE: return DBN_G_JSON_PATH;
	case DBN_OP_HAS: case DBN_OP_HAS_ANY: case DBN_OP_HAS_ALL: return DBN_G_JSON_HAS;
	case DBN_OP_MATCHES: case DBN_OP_JSON_FOUND: return DBN_G_JSON_QUERY;
	case DBN_OP_POWER: return DBN_G_POWER;
	case DBN_OP_STARTS: return DBN_G_STARTS;
	default: return 0;
	}
}

/* Past the operator, which ?| and ?& are two tokens of. */
static bool
pass(dbn_sql_parser *p, uint8_t op)
{
	uint32_t id = construct_of(p, op);

	if (id && p->d->id && !dbn_sql__construct(p, id, p->tok.pos))
		return false;
	if ((op == DBN_OP_HAS_ANY || op == DBN_OP_HAS_ALL) && !dbn_sql__next(p))
		return false;
	return dbn_sql__next(p);
}

/* May o go on in a chain that began with first?  || of MySQL is a function's call. */
static bool
goes_on(const dbn_sql_parser *p, struct opinfo first, struct opinfo o)
{
	return o.level == first.level && o.chain && (p->d->id != DBN_DIALECT_MYSQL ||
		(o.op == DBN_OP_CONCAT) == (first.op == DBN_OP_CONCAT));
}

static bool
at_interval(dbn_sql_parser *p, struct opinfo o)
{
	const dbn_sql_token *t;

	if (p->d->id != DBN_DIALECT_MYSQL || (o.op != DBN_OP_ADD && o.op != DBN_OP_SUB))
		return false;
	t = dbn_sql__peek(p, 1);
	return t && t->kind == DBN_TK_NAME && dbn_text_ieqz(dbn_text_n(p->lx.text.ptr + t->pos,
		t->end - t->pos), "interval");
}

struct growing {
	dbn_sql_expr *e;
	uint16_t *ops;
	size_t cap, ocap, n;
	bool mixed;
};

static bool
grow(dbn_sql_parser *p, struct growing *g, dbn_sql_expr *part, uint8_t op)
{
	if (!part || !dbn_sql__room(p, &g->e->args, &g->cap, g->n, sizeof(*g->e->args)) ||
		!dbn_sql__room(p, &g->ops, &g->ocap, g->n, sizeof(*g->ops)))
		return false;
	g->e->args[g->n] = part;
	g->ops[g->n++] = op;
	g->mixed = g->mixed || op != g->e->op;
	return true;
}

static dbn_sql_expr *
grown(dbn_sql_parser *p, struct growing *g)
{
	if (g->n == 1)
		return g->e->args[0];
	g->e->nargs = (uint32_t)g->n;
	g->e->ops = g->mixed ? g->ops : NULL;
	return dbn_sql__finish(p, g->e, 0);
}

/* left op right op right ... of one level, as one node. */
static dbn_sql_expr *
chain(dbn_sql_parser *p, dbn_sql_expr *left, struct opinfo first)
{
	struct growing g = { .e = node(p, DBN_X_CHAIN, first.op, left->pos, 0) };
	struct opinfo o = first;

	if (!g.e || !grow(p, &g, left, first.op))
		return NULL;
	g.ops[0] = 0;
	for (; goes_on(p, first, o) && !at_interval(p, o); o = operator_at(p)) {
		if (!pass(p, o.op))
			return NULL;
		if (dbn_sql__at_quantifier(p)) {
			left = grown(p, &g);
			return left ? dbn_sql__quantified(p, left, o.op, false) : NULL;
		}
		if (!grow(p, &g, dbn_sql__operand(p, first.level + 1), o.op))
			return NULL;
	}
	return grown(p, &g);
}

static dbn_sql_expr *
compare(dbn_sql_parser *p, dbn_sql_expr *left, struct opinfo o)
{
	dbn_sql_expr *e;

	if (!dbn_sql__construct(p, DBN_G_COMPARE, p->tok.pos) || !dbn_sql__next(p))
		return NULL;
	if (dbn_sql__at_quantifier(p))
		return dbn_sql__quantified(p, left, o.op, false);
	e = node(p, DBN_X_COMPARE, o.op, left->pos, 2);
	if (!e)
		return NULL;
	e->args[0] = left;
	e->args[1] = dbn_sql__operand(p, o.level + 1);
	return dbn_sql__finish(p, e, 0);
}

/* a OPERATOR(pg_catalog.+) b binds as operators without a level do, whichever it is. */
static dbn_sql_expr *
named_operator(dbn_sql_parser *p, dbn_sql_expr *left)
{
	uint32_t pos = p->tok.pos;
	struct opinfo o;
	dbn_sql_expr *e;

	if (!dbn_sql__next(p) || !dbn_sql__want(p, DBN_TK_LPAREN, "\"(\""))
		return NULL;
	if (!dbn_sql__at_word(p, "pg_catalog"))
		return dbn_sql__refuse(p, DBN_G_OPERATOR_FOREIGN, pos);
	if (!dbn_sql__construct(p, DBN_G_OPERATOR_SCHEMA, pos) || !dbn_sql__next(p) ||
		!dbn_sql__want(p, DBN_TK_DOT, "\".\""))
		return NULL;
	o = operator_at(p);
	if (!o.op || p->tok.kind == DBN_TK_NAME)
		return dbn_sql__unexpected(p, "an operator");
	if (!pass(p, o.op) || !dbn_sql__want(p, DBN_TK_RPAREN, "\")\""))
		return NULL;
	if (dbn_sql__at_quantifier(p))
		return dbn_sql__quantified(p, left, o.op, false);
	e = node(p, o.chain ? DBN_X_CHAIN : DBN_X_COMPARE, o.op, left->pos, 2);
	if (!e)
		return NULL;
	e->flags = DBN_XF_WORD;
	e->args[0] = left;
	e->args[1] = dbn_sql__operand(p, L_BIT + 1);
	return dbn_sql__finish(p, e, 0);
}

/* The sign or word before an operand; 0: there is none.  *level: of what follows. */
static uint32_t
prefix_at(const dbn_sql_parser *p, int *level)
{
	bool pg = p->d->id == DBN_DIALECT_POSTGRES;

	*level = L_UNARY;
	switch (p->tok.kind) {
	case DBN_TK_MINUS: return DBN_OP_NEG;
	case DBN_TK_PLUS: return DBN_OP_POS;
	case DBN_TK_BANG: return DBN_OP_NOT;
	case DBN_TK_TILDE:
		*level = pg ? L_BIT + 1 : L_UNARY;
		return DBN_OP_BITNOT;
	case DBN_TK_OP:
		*level = L_BIT + 1;
		return p->tok.op == DBN_OP_SQRT || p->tok.op == DBN_OP_CBRT || p->tok.op == DBN_OP_ABS
			? p->tok.op : 0;
	case DBN_TK_NAME:
		*level = L_NOT;
		return p->tok.kw == DBN_KW_NOT ? DBN_OP_NOT : 0;
	default: return 0;
	}
}

static uint32_t
prefix_construct(const dbn_sql_parser *p, uint32_t op)
{
	switch (op) {
	case DBN_OP_NOT: return p->tok.kind == DBN_TK_BANG ? DBN_G_NOT_SIGN : DBN_G_LOGIC;
	case DBN_OP_BITNOT: return DBN_G_BITS;
	case DBN_OP_NEG:
	case DBN_OP_POS: return DBN_G_ARITHMETIC;
	default: return DBN_G_ROOTS;
	}
}

static dbn_sql_expr *
unary(dbn_sql_parser *p)
{
	uint32_t op, pos = p->tok.pos;
	int level;
	dbn_sql_expr *e;

	op = prefix_at(p, &level);
	if (!op)
		return dbn_sql__primary(p);
	if (p->d->id && !dbn_sql__construct(p, prefix_construct(p, op), pos))
		return NULL;
	if (!dbn_sql__enter(p))
		return NULL;
	e = node(p, DBN_X_UNARY, op, pos, 1);
	if (!e || !dbn_sql__next(p))
		return NULL;
	e->args[0] = dbn_sql__operand(p, level);
	dbn_sql__leave(p);
	if (!e->args[0])
		return NULL;
	if (op == DBN_OP_NEG && e->args[0]->kind == DBN_X_LITERAL && e->args[0]->value.type != DBN_TEXT &&
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
operand(dbn_sql_parser *p, int level)
{
	bool pg = p->d->flags & DBN_SQL_PG_PRECEDENCE, done;
	dbn_sql_expr *e = unary(p), *compared = NULL;
	struct opinfo o;

	while (e && p->status == DBN_OK) {
		e = dbn_sql__postfix(p, e, &done);
		if (!done)
			continue;
		o = operator_at(p);
		if (o.level == 0 || o.level < level)
			break;
		if (pg && o.level == L_EQ && e == compared)
			return dbn_sql__fail(p, p->tok.pos, "Put one of them in parentheses.",
				"a comparison of a comparison");
		if (at_interval(p, o))
			e = dbn_sql__plus_interval(p, e, o.op == DBN_OP_SUB);
		else if (o.chain)
			e = chain(p, e, o);
		else if (o.op)
			e = compared = compare(p, e, o);
		else if (o.level == L_BIT && dbn_sql__at_word(p, "operator"))
			e = named_operator(p, e);
		else
			e = dbn_sql__special(p, e, o.level);
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
