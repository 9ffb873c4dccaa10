/* SPDX-License-Identifier: MIT */
/*
 * One SELECT or VALUES: its outputs, orders, groups and windows.
 */
#include <string.h>

#include "sql/parser.h"

/* The names between the first and the star. */
static bool
longer_star(dbn_sql_parser *p, dbn_sql_expr *e)
{
	dbn_sql_name *full;

	if (dbn_sql__peek(p, 1) && p->ahead[0].kind == DBN_TK_STAR)
		return p->status == DBN_OK;
	full = dbn_arena_zalloc(p->a, sizeof(*full));
	if (!full)
		return dbn_sql__nomem(p) != NULL;
	if (!dbn_sql__construct(p, DBN_G_STAR_SCHEMA, e->pos))
		return false;
	e->full = full;
	full->name = e->qual;
	while (p->status == DBN_OK && dbn_sql__peek(p, 1) && p->ahead[0].kind != DBN_TK_STAR) {
		full->database = full->schema;
		full->schema = full->name;
		if (!dbn_sql__next(p) || !dbn_sql__member(p, "a table", &full->name))
			return false;
	}
	e->qual = full->name;
	return p->status == DBN_OK;
}

static bool
star(dbn_sql_parser *p, dbn_sql_item *it)
{
	dbn_sql_expr *e = dbn_sql_expr_new(p->a, DBN_X_STAR, 0, p->tok.pos, 0);

	it->expr = e;
	if (!e) {
		dbn_sql__nomem(p);
		return false;
	}
	e->height = 1;
	if (!dbn_sql__construct(p, DBN_G_STAR, e->pos))
		return false;
	if (p->tok.kind == DBN_TK_STAR)
		return dbn_sql__next(p);
	return dbn_sql__name(p, "a table", &e->qual) && longer_star(p, e) && dbn_sql__next(p) &&
		dbn_sql__next(p);
}

/* name.*, schema.name.*, database.schema.name.* */
static bool
at_qualified_star(dbn_sql_parser *p)
{
	const dbn_sql_token *t;

	if (!dbn_sql__is_name(p))
		return false;
	for (uint32_t i = 1; i <= 5; i += 2) {
		t = dbn_sql__peek(p, i);
		if (!t || t->kind != DBN_TK_DOT)
			return false;
		t = dbn_sql__peek(p, i + 1);
		if (t && t->kind == DBN_TK_STAR)
			return true;
		if (!t || (t->kind != DBN_TK_NAME && t->kind != DBN_TK_QUOTED))
			return false;
	}
	return false;
}

static bool
item(dbn_sql_parser *p, dbn_sql_item *it)
{
	uint32_t start = p->tok.pos, end;

	if (p->tok.kind == DBN_TK_STAR || at_qualified_star(p))
		return star(p, it);
	it->expr = dbn_sql__expr(p);
	if (!it->expr)
		return false;
	/* The name SQLite gives: the text up to the next token, comments and all; MySQL
	 * up to its last token. */
	end = p->d->id == DBN_DIALECT_MYSQL ? p->last_end : p->tok.pos;
	while (end > start && memchr(" \t\n\v\f\r", p->lx.text.ptr[end - 1], 6))
		end--;
	it->span.ptr = p->lx.text.ptr + start;
	it->span.len = end - start;
	return dbn_sql__alias(p, &it->alias, true);
}

bool
dbn_sql__items(dbn_sql_parser *p, dbn_sql_item **items, uint32_t *n)
{
	size_t cap = 0;

	*items = NULL;
	*n = 0;
	do {
		if (!dbn_sql__room(p, items, &cap, *n, sizeof(**items)))
			return false;
		(*items)[*n] = (dbn_sql_item){ 0 };
		if (!item(p, &(*items)[(*n)++]))
			return false;
	} while (dbn_sql__take(p, DBN_TK_COMMA));
	return p->status == DBN_OK;
}

static bool
direction(dbn_sql_parser *p, dbn_sql_order *o)
{
	if (dbn_sql__take_kw(p, DBN_KW_DESC))
		o->desc = 1;
	else
		(void)dbn_sql__take_kw(p, DBN_KW_ASC);
	if (!dbn_sql__at_kw(p, DBN_KW_NULLS))
		return p->status == DBN_OK;
	if (!dbn_sql__construct(p, DBN_G_NULLS_ORDER, p->tok.pos) || !dbn_sql__next(p))
		return false;
	if (dbn_sql__take_kw(p, DBN_KW_FIRST)) {
		o->nulls = 1;
		return true;
	}
	o->nulls = 2;
	return dbn_sql__want_kw(p, DBN_KW_LAST);
}

bool
dbn_sql__orders(dbn_sql_parser *p, dbn_sql_order **items, uint32_t *n, bool sorted)
{
	size_t cap = 0;
	dbn_sql_order *o;

	*items = NULL;
	*n = 0;
	do {
		if (!dbn_sql__room(p, items, &cap, *n, sizeof(**items)))
			return false;
		o = &(*items)[(*n)++];
		*o = (dbn_sql_order){ 0 };
		o->expr = dbn_sql__expr(p);
		if (!o->expr || (sorted && !direction(p, o)))
			return false;
	} while (dbn_sql__take(p, DBN_TK_COMMA));
	return p->status == DBN_OK;
}

/* ---- SELECT ---- */

static bool
windows(dbn_sql_parser *p, dbn_sql_core *c)
{
	size_t cap = 0;
	dbn_sql_window *w;
	dbn_text name;

	if (!dbn_sql__take_kw(p, DBN_KW_WINDOW))
		return p->status == DBN_OK;
	do {
		if (!dbn_sql__room(p, &c->windows, &cap, c->nwindows, sizeof(*c->windows)) ||
			!dbn_sql__name(p, "a window", &name) || !dbn_sql__want_kw(p, DBN_KW_AS) ||
			!dbn_sql__want(p, DBN_TK_LPAREN, "\"(\""))
			return false;
		w = dbn_sql__window(p);
		if (!w)
			return false;
		w->name = name;
		c->windows[c->nwindows++] = w;
	} while (dbn_sql__take(p, DBN_TK_COMMA));
	return p->status == DBN_OK;
}

bool
dbn_sql__clause(dbn_sql_parser *p, uint32_t kw, dbn_sql_expr **out)
{
	if (!dbn_sql__take_kw(p, kw))
		return p->status == DBN_OK;
	*out = dbn_sql__expr(p);
	return *out != NULL;
}

/* What a core has of the constructs that every dialect runs. */
static bool
note_core(dbn_sql_parser *p, const dbn_sql_core *c)
{
	const struct { bool has; uint32_t id; } parts[] = {
		{ true, DBN_G_SELECT }, { !c->from, DBN_G_NO_FROM }, { c->where, DBN_G_WHERE },
		{ c->having, DBN_G_HAVING },
		{ c->nwindows, DBN_G_WINDOW_CLAUSE }
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].has && !dbn_sql__construct(p, parts[i].id, c->pos))
			return false;
	return true;
}

/* ---- GROUP BY ---- */

static dbn_sql_expr *group_element(dbn_sql_parser *p, bool inside);

/* (element, ...) */
static bool
group_list(dbn_sql_parser *p, dbn_sql_expr *e)
{
	size_t cap = 0;

	if (!dbn_sql__enter(p) || !dbn_sql__want(p, DBN_TK_LPAREN, "\"(\""))
		return false;
	do {
		if (!dbn_sql__room(p, &e->args, &cap, e->nargs, sizeof(*e->args)))
			return false;
		e->args[e->nargs] = group_element(p, e->op == DBN_OP_SETS);
		if (!e->args[e->nargs++])
			return false;
	} while (dbn_sql__take(p, DBN_TK_COMMA));
	dbn_sql__leave(p);
	return dbn_sql__want(p, DBN_TK_RPAREN, "\")\"");
}

/* ROLLUP, CUBE, GROUPING SETS: the operator at hand; 0: an expression. */
static uint32_t
group_operator(dbn_sql_parser *p)
{
	const dbn_sql_token *t = dbn_sql__peek(p, 1);

	if (!t || p->d->id != DBN_DIALECT_POSTGRES)
		return DBN_OP_NONE;
	if (dbn_sql__at_word(p, "grouping") && t->kind == DBN_TK_NAME &&
		dbn_text_ieqz(dbn_text_n(p->lx.text.ptr + t->pos, t->end - t->pos), "sets"))
		return DBN_OP_SETS;
	if (t->kind != DBN_TK_LPAREN)
		return DBN_OP_NONE;
	return dbn_sql__at_word(p, "rollup") ? DBN_OP_ROLLUP : dbn_sql__at_word(p, "cube") ? DBN_OP_CUBE
		: DBN_OP_NONE;
}

/* inside: of GROUPING SETS, where () and further operators may stand. */
static dbn_sql_expr *
group_element(dbn_sql_parser *p, bool inside)
{
	uint32_t op = inside ? group_operator(p) : (uint32_t)DBN_OP_NONE, pos = p->tok.pos;
	const dbn_sql_token *t;
	dbn_sql_expr *e;

	if (op) {
		e = dbn_sql_expr_new(p->a, DBN_X_GROUPING, op, pos, 0);
		if (!e)
			return dbn_sql__nomem(p);
		if (!dbn_sql__construct(p, op == DBN_OP_SETS ? DBN_G_GROUP_SETS : DBN_G_GROUP_CUBE, pos) ||
			!dbn_sql__next(p) || (op == DBN_OP_SETS && !dbn_sql__next(p)) || !group_list(p, e))
			return NULL;
	} else if (inside && p->tok.kind == DBN_TK_LPAREN && (t = dbn_sql__peek(p, 1)) != NULL &&
		t->kind == DBN_TK_RPAREN) {
		e = dbn_sql_expr_new(p->a, DBN_X_ROW, 0, pos, 0);
		if (!e || !dbn_sql__next(p) || !dbn_sql__next(p))
			return dbn_sql__nomem(p);
	} else {
		return dbn_sql__expr(p);
	}
	e = dbn_sql__finish(p, e, 0);
	if (e && e->height > p->height)
		p->height = e->height;
	return e;
}

static bool
group_by(dbn_sql_parser *p, dbn_sql_core *c)
{
	bool pg = p->d->id == DBN_DIALECT_POSTGRES;
	size_t cap = 0;

	if (!dbn_sql__want_kw(p, DBN_KW_BY) || !dbn_sql__construct(p, DBN_G_GROUP_BY, p->tok.pos))
		return false;
	if (pg && (dbn_sql__at_kw(p, DBN_KW_ALL) || dbn_sql__at_kw(p, DBN_KW_DISTINCT))) {
		c->group_how = dbn_sql__at_kw(p, DBN_KW_ALL) ? DBN_GROUP_ALL : DBN_GROUP_DISTINCT;
		if (!dbn_sql__construct(p, DBN_G_GROUP_DISTINCT, p->tok.pos) || !dbn_sql__next(p))
			return false;
	}
	do {
		if (!dbn_sql__room(p, &c->group, &cap, c->ngroup, sizeof(*c->group)))
			return false;
		c->group[c->ngroup] = (dbn_sql_order){ .expr = group_element(p, pg) };
		if (!c->group[c->ngroup++].expr)
			return false;
		if (p->d->id == DBN_DIALECT_MYSQL && (dbn_sql__at_kw(p, DBN_KW_ASC) ||
			dbn_sql__at_kw(p, DBN_KW_DESC)))
			return dbn_sql__construct(p, DBN_G_GROUP_DIRECTION, p->tok.pos);
	} while (dbn_sql__take(p, DBN_TK_COMMA));
	if (p->d->id != DBN_DIALECT_MYSQL || !dbn_sql__at_kw(p, DBN_KW_WITH))
		return p->status == DBN_OK;
	c->group_how = DBN_GROUP_ROLLUP;
	return dbn_sql__construct(p, DBN_G_GROUP_ROLLUP, p->tok.pos) && dbn_sql__next(p) &&
		(dbn_sql__take_word(p, "rollup") || dbn_sql__unexpected(p, "ROLLUP"));
}

/* ---- words behind SELECT ---- */

bool
dbn_sql__into(dbn_sql_parser *p)
{
	static const char *const files[] = { "outfile", "dumpfile" };
	const dbn_text all = p->lx.text;
	uint32_t at = p->tok.end;

	if (p->d->id == DBN_DIALECT_SQLITE)
		return dbn_sql__unexpected(p, "the end of the statement") != NULL;
	/* Looked at by its text: @x is no token here. */
	while (at < all.len && memchr(" \t\n\v\f\r", all.ptr[at], 6))
		at++;
	for (size_t i = 0; p->d->id == DBN_DIALECT_MYSQL && i < 2; i++)
		if (all.len - at >= strlen(files[i]) && dbn_text_ieqz(dbn_text_n(all.ptr + at,
			strlen(files[i])), files[i]))
			return dbn_sql__refuse(p, DBN_G_INTO_FILE, p->tok.pos) != NULL;
	return dbn_sql__refuse(p, p->d->id == DBN_DIALECT_MYSQL ? DBN_G_INTO_VARIABLE
		: DBN_G_SELECT_INTO, p->tok.pos) != NULL;
}

/* MySQL's words between SELECT and the outputs, in any order. */
static bool
modifiers(dbn_sql_parser *p, dbn_sql_core *c)
{
	static const struct { const char *word; uint16_t flag, construct; } words[] = {
		{ "straight_join", DBN_SELECT_STRAIGHT, DBN_G_STRAIGHT_JOIN },
		{ "sql_small_result", DBN_SELECT_SMALL, DBN_G_SELECT_WORDS },
		{ "sql_big_result", DBN_SELECT_BIG, DBN_G_SELECT_WORDS },
		{ "sql_buffer_result", DBN_SELECT_BUFFER, DBN_G_SELECT_WORDS },
		{ "sql_no_cache", DBN_SELECT_NO_CACHE, DBN_G_SELECT_WORDS },
		{ "sql_cache", 0, DBN_G_SELECT_CACHE }, { "high_priority", 0, DBN_G_SELECT_PRIORITY },
		{ "sql_calc_found_rows", 0, DBN_G_SELECT_FOUND },
	};
	bool more = p->d->id == DBN_DIALECT_MYSQL;

	while (more) {
		uint32_t pos = p->tok.pos;

		more = false;
		for (size_t i = 0; !more && i < sizeof(words) / sizeof(words[0]); i++) {
			more = dbn_sql__at_word(p, words[i].word);
			if (more && (!dbn_sql__construct(p, words[i].construct, pos) || !dbn_sql__next(p)))
				return false;
			if (more)
				c->modifiers |= words[i].flag;
		}
		if (!more && (dbn_sql__at_kw(p, DBN_KW_DISTINCT) || dbn_sql__at_word(p, "distinctrow"))) {
			c->distinct = 1;
			more = dbn_sql__construct(p, DBN_G_DISTINCT, pos) && dbn_sql__next(p);
		} else if (!more) {
			more = dbn_sql__take_kw(p, DBN_KW_ALL);
		}
	}
	return p->status == DBN_OK;
}

static bool
distinct(dbn_sql_parser *p, dbn_sql_core *c)
{
	uint32_t pos = p->tok.pos;

	if (p->d->id == DBN_DIALECT_MYSQL)
		return modifiers(p, c);
	if (dbn_sql__take_kw(p, DBN_KW_ALL) || !dbn_sql__take_kw(p, DBN_KW_DISTINCT))
		return p->status == DBN_OK;
	c->distinct = 1;
	if (!dbn_sql__at_kw(p, DBN_KW_ON))
		return dbn_sql__construct(p, DBN_G_DISTINCT, pos);
	return dbn_sql__construct(p, DBN_G_DISTINCT_ON, p->tok.pos) && dbn_sql__next(p) &&
		dbn_sql__want(p, DBN_TK_LPAREN, "\"(\"") && dbn_sql__orders(p, &c->on, &c->non, false) &&
		dbn_sql__want(p, DBN_TK_RPAREN, "\")\"");
}

/* MySQL: FROM DUAL is no table at all. */
static bool
at_dual(dbn_sql_parser *p)
{
	return p->d->id == DBN_DIALECT_MYSQL && dbn_sql__at_kw(p, DBN_KW_FROM) &&
		dbn_sql__peek(p, 1) && p->ahead[0].kind == DBN_TK_NAME &&
		dbn_text_ieqz(dbn_text_n(p->lx.text.ptr + p->ahead[0].pos,
		p->ahead[0].end - p->ahead[0].pos), "dual");
}

static bool
select_from(dbn_sql_parser *p, dbn_sql_core *c)
{
	if (at_dual(p))
		return dbn_sql__construct(p, DBN_G_DUAL, p->tok.pos) && dbn_sql__next(p) &&
			dbn_sql__next(p);
	return !dbn_sql__take_kw(p, DBN_KW_FROM) || (c->from = dbn_sql__from(p)) != NULL;
}

bool
dbn_sql__select_core(dbn_sql_parser *p, dbn_sql_core *c)
{
	c->kind = DBN_CORE_SELECT;
	if (!dbn_sql__next(p) || !distinct(p, c))
		return false;
	if (p->d->id == DBN_DIALECT_POSTGRES && (dbn_sql__at_kw(p, DBN_KW_FROM) ||
		p->tok.kind == DBN_TK_RPAREN || p->tok.kind == DBN_TK_END))
		return dbn_sql__construct(p, DBN_G_NO_OUTPUTS, p->tok.pos);
	if (!dbn_sql__items(p, &c->items, &c->nitems))
		return false;
	if (dbn_sql__at_kw(p, DBN_KW_INTO))
		return dbn_sql__into(p);
	if (!select_from(p, c) || !dbn_sql__clause(p, DBN_KW_WHERE, &c->where))
		return false;
	if (dbn_sql__take_kw(p, DBN_KW_GROUP) && !group_by(p, c))
		return false;
	if (!dbn_sql__clause(p, DBN_KW_HAVING, &c->having) || !windows(p, c))
		return false;
	return note_core(p, c);
}

bool
dbn_sql__table_core(dbn_sql_parser *p, dbn_sql_core *c)
{
	dbn_sql_expr *star = dbn_sql_expr_new(p->a, DBN_X_STAR, 0, p->tok.pos, 0);

	c->kind = DBN_CORE_SELECT;
	c->items = dbn_arena_array(p->a, 1, sizeof(*c->items));
	if (!star || !c->items)
		return dbn_sql__nomem(p) != NULL;
	star->height = 1;
	c->items[0].expr = star;
	c->nitems = 1;
	if (!dbn_sql__construct(p, DBN_G_TABLE, p->tok.pos) || !dbn_sql__next(p))
		return false;
	c->from = dbn_sql__from_table(p);
	return c->from != NULL;
}

static dbn_sql_expr *
values_row(dbn_sql_parser *p)
{
	dbn_sql_expr *row = dbn_sql_expr_new(p->a, DBN_X_ROW, 0, p->tok.pos, 0);
	bool stored = p->stored_rows;
	size_t cap = 0;

	if (!row)
		return dbn_sql__nomem(p);
	if (!dbn_sql__want(p, DBN_TK_LPAREN, "\"(\""))
		return NULL;
	do {
		if (!dbn_sql__room(p, &row->args, &cap, row->nargs, sizeof(*row->args)))
			return NULL;
		p->stored_rows = false; /* not in a query inside of the value */
		row->args[row->nargs] = stored ? dbn_sql__stored_value(p) : dbn_sql__expr(p);
		p->stored_rows = stored;
		if (!row->args[row->nargs++])
			return NULL;
	} while (dbn_sql__take(p, DBN_TK_COMMA));
	if (!dbn_sql__want(p, DBN_TK_RPAREN, "\")\""))
		return NULL;
	row = dbn_sql__finish(p, row, 0);
	if (row && row->height > p->height)
		p->height = row->height;
	return row;
}

bool
dbn_sql__values_core(dbn_sql_parser *p, dbn_sql_core *c)
{
	size_t cap = 0;

	c->kind = DBN_CORE_VALUES;
	if (!p->values_source && !dbn_sql__construct(p, DBN_G_VALUES, p->tok.pos))
		return false;
	p->values_source = false;
	if (!dbn_sql__next(p))
		return false;
	do {
		if (!dbn_sql__room(p, &c->rows, &cap, c->nrows, sizeof(*c->rows)))
			return false;
		c->rows[c->nrows] = values_row(p);
		if (!c->rows[c->nrows])
			return false;
		if (c->rows[c->nrows]->nargs != c->rows[0]->nargs) {
			dbn_sql__fail(p, c->rows[c->nrows]->pos, NULL,
				"the rows of VALUES have different lengths");
			return false;
		}
		c->nrows++;
	} while (dbn_sql__take(p, DBN_TK_COMMA));
	return p->status == DBN_OK;
}
