/* SPDX-License-Identifier: MIT */
/*
 * SELECT and VALUES, set operations, WITH, FROM.
 */
#include <string.h>

#include "sql/parser.h"

bool
dbn_sql__starts_query(dbn_sql_parser *p)
{
	return dbn_sql__at_kw(p, DBN_KW_SELECT) || dbn_sql__at_kw(p, DBN_KW_VALUES) ||
		(dbn_sql__at_kw(p, DBN_KW_WITH) && p->tok.kind == DBN_TK_NAME);
}

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

static bool
alias(dbn_sql_parser *p, dbn_text *out, bool strings)
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

/* ---- outputs and orders ---- */

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
	/* The name SQLite gives: the text up to the next token. */
	end = p->tok.pos;
	while (end > start && memchr(" \t\n\v\f\r", p->lx.text.ptr[end - 1], 6))
		end--;
	it->span.ptr = p->lx.text.ptr + start;
	it->span.len = end - start;
	return alias(p, &it->alias, true);
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

/* ---- FROM ---- */

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
			!alias(p, &f->alias, false))
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
	if (!alias(p, &f->alias, false))
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

static bool
clause(dbn_sql_parser *p, uint32_t kw, dbn_sql_expr **out)
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

static bool
select_core(dbn_sql_parser *p, dbn_sql_core *c)
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
	if (!clause(p, DBN_KW_WHERE, &c->where))
		return false;
	if (dbn_sql__take_kw(p, DBN_KW_GROUP) && (!dbn_sql__want_kw(p, DBN_KW_BY) ||
		!dbn_sql__orders(p, &c->group, &c->ngroup, false)))
		return false;
	if (!clause(p, DBN_KW_HAVING, &c->having) || !windows(p, c))
		return false;
	return note_core(p, c);
}

static dbn_sql_expr *
values_row(dbn_sql_parser *p)
{
	dbn_sql_expr *row = dbn_sql_expr_new(p->a, DBN_X_ROW, 0, p->tok.pos, 0);

	if (!row)
		return dbn_sql__nomem(p);
	if (!dbn_sql__want(p, DBN_TK_LPAREN, "\"(\""))
		return NULL;
	if (dbn_sql__at_kw(p, DBN_KW_DEFAULT))
		return dbn_sql__fail(p, p->tok.pos, "Leave the column out.",
			"DEFAULT as a value is not in this dialect");
	if (!dbn_sql__expr_list(p, &row->args, &row->nargs) ||
		!dbn_sql__want(p, DBN_TK_RPAREN, "\")\""))
		return NULL;
	row = dbn_sql__finish(p, row, 0);
	if (row && row->height > p->height)
		p->height = row->height;
	return row;
}

static bool
values_core(dbn_sql_parser *p, dbn_sql_core *c)
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

/* The tree joins from the left: where INTERSECT comes first of all, it may not
 * stand behind the others. */
static bool
intersect_late(dbn_sql_parser *p, const dbn_sql_query *q, uint32_t set)
{
	if (set != DBN_SET_INTERSECT || !(p->d->flags & DBN_SQL_INTERSECT_FIRST))
		return false;
	for (uint32_t i = 1; i < q->ncores; i++) {
		if (q->cores[i]->set == DBN_SET_INTERSECT)
			continue;
		dbn_sql__fail(p, p->tok.pos, "Put the INTERSECT into a subquery: SELECT * FROM "
			"(...).", "INTERSECT behind UNION or EXCEPT");
		return true;
	}
	return false;
}

static uint32_t
set_operator(dbn_sql_parser *p)
{
	uint32_t pos = p->tok.pos;

	if (dbn_sql__take_kw(p, DBN_KW_UNION)) {
		(void)dbn_sql__construct(p, DBN_G_UNION, pos);
		return dbn_sql__take_kw(p, DBN_KW_ALL) ? DBN_SET_UNION_ALL : DBN_SET_UNION;
	}
	if (dbn_sql__take_kw(p, DBN_KW_INTERSECT)) {
		(void)dbn_sql__construct(p, DBN_G_INTERSECT, pos);
		return DBN_SET_INTERSECT;
	}
	if (dbn_sql__take_kw(p, DBN_KW_EXCEPT)) {
		(void)dbn_sql__construct(p, DBN_G_EXCEPT, pos);
		return DBN_SET_EXCEPT;
	}
	return DBN_SET_FIRST;
}

static bool
cores(dbn_sql_parser *p, dbn_sql_query *q)
{
	size_t cap = 0;
	uint32_t set = DBN_SET_FIRST;
	dbn_sql_core *c;

	do {
		if (!dbn_sql__room(p, &q->cores, &cap, q->ncores, sizeof(*q->cores)))
			return false;
		c = dbn_arena_zalloc(p->a, sizeof(*c));
		if (!c) {
			dbn_sql__nomem(p);
			return false;
		}
		c->pos = p->tok.pos;
		c->set = (uint16_t)set;
		q->cores[q->ncores++] = c;
		if (dbn_sql__at_kw(p, DBN_KW_VALUES)) {
			if (!values_core(p, c))
				return false;
		} else if (!dbn_sql__at_kw(p, DBN_KW_SELECT)) {
			if (p->tok.kind == DBN_TK_LPAREN)
				dbn_sql__construct(p, DBN_G_SET_PAREN, p->tok.pos);
			else
				dbn_sql__unexpected(p, "SELECT or VALUES");
			return false;
		} else if (!select_core(p, c)) {
			return false;
		}
		set = set_operator(p);
		if (intersect_late(p, q, set))
			return false;
	} while (set != DBN_SET_FIRST);
	return p->status == DBN_OK;
}

static void
mark_count(dbn_sql_expr *e)
{
	if (e && e->kind == DBN_X_PARAM)
		e->flags |= DBN_XF_COUNT;
}

static bool
limit(dbn_sql_parser *p, dbn_sql_query *q)
{
	if (!clause(p, DBN_KW_LIMIT, &q->limit))
		return false;
	if (q->limit && p->tok.kind == DBN_TK_COMMA &&
		!dbn_sql__construct(p, DBN_G_LIMIT_COMMA, p->tok.pos))
		return false;
	if (!q->limit && p->d->id == DBN_DIALECT_POSTGRES) {
		if (!clause(p, DBN_KW_OFFSET, &q->offset))
			return false;
	} else if (q->limit && dbn_sql__take(p, DBN_TK_COMMA)) { /* LIMIT offset, count */
		q->offset = q->limit;
		q->limit = dbn_sql__expr(p);
		if (!q->limit)
			return false;
	} else if (q->limit && !clause(p, DBN_KW_OFFSET, &q->offset)) {
		return false;
	}
	if ((q->limit || q->offset) && !dbn_sql__construct(p, DBN_G_LIMIT, q->pos))
		return false;
	mark_count(q->limit);
	mark_count(q->offset);
	return p->status == DBN_OK;
}

static bool
query_body(dbn_sql_parser *p, dbn_sql_query *q)
{
	if (dbn_sql__at_kw(p, DBN_KW_WITH) && !(q->with = dbn_sql__with(p)))
		return false;
	if (!cores(p, q))
		return false;
	if (dbn_sql__at_kw(p, DBN_KW_ORDER) && (!dbn_sql__construct(p, DBN_G_ORDER_BY, p->tok.pos) ||
		!dbn_sql__next(p) || !dbn_sql__want_kw(p, DBN_KW_BY) ||
		!dbn_sql__orders(p, &q->order, &q->norder, true)))
		return false;
	if (!limit(p, q))
		return false;
	if (dbn_sql__at_kw(p, DBN_KW_FOR)) {
		dbn_sql__construct(p, DBN_G_FOR_UPDATE, p->tok.pos);
		return false;
	}
	return true;
}

dbn_sql_query *
dbn_sql__query(dbn_sql_parser *p, uint32_t *height)
{
	dbn_sql_query *q = dbn_arena_zalloc(p->a, sizeof(*q));
	uint32_t outer = p->height;

	if (!q)
		return dbn_sql__nomem(p);
	if (!dbn_sql__enter(p))
		return NULL;
	q->pos = p->tok.pos;
	p->height = 0;
	if (!query_body(p, q))
		return NULL;
	*height = p->height + 3;
	p->height = outer > *height ? outer : *height;
	if (p->height > DBN_SQL_DEPTH_MAX - 64)
		return dbn_sql__limit(p, q->pos, "the statement is nested too deeply",
			p->limits.depth);
	dbn_sql__leave(p);
	return q;
}

static dbn_sql_cte *
cte(dbn_sql_parser *p)
{
	dbn_sql_cte *c = dbn_arena_zalloc(p->a, sizeof(*c));
	size_t cap = 0;
	uint32_t height;

	if (!c)
		return dbn_sql__nomem(p);
	c->pos = p->tok.pos;
	if (!dbn_sql__name(p, "a name", &c->name))
		return NULL;
	if (dbn_sql__take(p, DBN_TK_LPAREN)) {
		do {
			if (!dbn_sql__room(p, &c->columns, &cap, c->ncolumns, sizeof(dbn_text)) ||
				!dbn_sql__name(p, "a column", &c->columns[c->ncolumns++]))
				return NULL;
		} while (dbn_sql__take(p, DBN_TK_COMMA));
		if (!dbn_sql__want(p, DBN_TK_RPAREN, "\")\""))
			return NULL;
	}
	if (!dbn_sql__want_kw(p, DBN_KW_AS))
		return NULL;
	if (dbn_sql__take_kw(p, DBN_KW_NOT))
		c->materialized = 2;
	else if (dbn_sql__at_kw(p, DBN_KW_MATERIALIZED))
		c->materialized = 1;
	if (c->materialized && !dbn_sql__construct(p, DBN_G_CTE_MATERIALIZED, p->tok.pos))
		return NULL;
	if (c->materialized && !dbn_sql__want_kw(p, DBN_KW_MATERIALIZED))
		return NULL;
	if (!dbn_sql__want(p, DBN_TK_LPAREN, "\"(\""))
		return NULL;
	if (!dbn_sql__starts_query(p))
		return dbn_sql__unexpected(p, "SELECT or VALUES");
	c->query = dbn_sql__query(p, &height);
	return c->query && dbn_sql__want(p, DBN_TK_RPAREN, "\")\"") ? c : NULL;
}

dbn_sql_with *
dbn_sql__with(dbn_sql_parser *p)
{
	dbn_sql_with *w = dbn_arena_zalloc(p->a, sizeof(*w));
	size_t cap = 0;

	if (!w)
		return dbn_sql__nomem(p);
	if (!dbn_sql__next(p))
		return NULL;
	w->recursive = dbn_sql__take_kw(p, DBN_KW_RECURSIVE);
	if (!dbn_sql__construct(p, w->recursive ? DBN_G_CTE_RECURSIVE : DBN_G_CTE, p->tok.pos))
		return NULL;
	do {
		if (!dbn_sql__room(p, &w->ctes, &cap, w->nctes, sizeof(*w->ctes)))
			return NULL;
		w->ctes[w->nctes] = cte(p);
		if (!w->ctes[w->nctes++])
			return NULL;
	} while (dbn_sql__take(p, DBN_TK_COMMA));
	return p->status == DBN_OK ? w : NULL;
}
