/* SPDX-License-Identifier: MIT */
/*
 * One SELECT or VALUES: its outputs, orders, groups and windows.
 */
#include <string.h>

#include "sql/parser.h"

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
	return dbn_sql__name(p, "a table", &e->qual) && dbn_sql__next(p) && dbn_sql__next(p);
}

/* name.* */
static bool
at_qualified_star(dbn_sql_parser *p)
{
	const dbn_sql_token *dot, *mark;

	if (!dbn_sql__is_name(p))
		return false;
	dot = dbn_sql__peek(p, 1);
	if (!dot || dot->kind != DBN_TK_DOT)
		return false;
	mark = dbn_sql__peek(p, 2);
	return mark && mark->kind == DBN_TK_STAR;
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
		{ c->ngroup, DBN_G_GROUP_BY }, { c->having, DBN_G_HAVING },
		{ c->nwindows, DBN_G_WINDOW_CLAUSE }
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].has && !dbn_sql__construct(p, parts[i].id, c->pos))
			return false;
	return true;
}

bool
dbn_sql__select_core(dbn_sql_parser *p, dbn_sql_core *c)
{
	c->kind = DBN_CORE_SELECT;
	if (!dbn_sql__next(p))
		return false;
	if (dbn_sql__at_kw(p, DBN_KW_DISTINCT)) {
		c->distinct = 1;
		if (!dbn_sql__construct(p, DBN_G_DISTINCT, p->tok.pos) || !dbn_sql__next(p))
			return false;
	} else {
		(void)dbn_sql__take_kw(p, DBN_KW_ALL);
	}
	if (c->distinct && dbn_sql__at_kw(p, DBN_KW_ON))
		return dbn_sql__construct(p, DBN_G_DISTINCT_ON, p->tok.pos);
	if (!dbn_sql__items(p, &c->items, &c->nitems))
		return false;
	if (dbn_sql__take_kw(p, DBN_KW_FROM) && !(c->from = dbn_sql__from(p)))
		return false;
	if (!dbn_sql__clause(p, DBN_KW_WHERE, &c->where))
		return false;
	if (dbn_sql__take_kw(p, DBN_KW_GROUP) && (!dbn_sql__want_kw(p, DBN_KW_BY) ||
		!dbn_sql__orders(p, &c->group, &c->ngroup, false)))
		return false;
	if (!dbn_sql__clause(p, DBN_KW_HAVING, &c->having) || !windows(p, c))
		return false;
	return note_core(p, c);
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
	if (!dbn_sql__construct(p, DBN_G_VALUES, p->tok.pos) || !dbn_sql__next(p))
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
