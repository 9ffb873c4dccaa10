/* SPDX-License-Identifier: MIT */
/*
 * Queries: set operations, LIMIT, WITH.
 */
#include <string.h>

#include "sql/parser.h"

bool
dbn_sql__starts_query(dbn_sql_parser *p)
{
	return dbn_sql__at_kw(p, DBN_KW_SELECT) || dbn_sql__at_kw(p, DBN_KW_VALUES) ||
		(dbn_sql__at_kw(p, DBN_KW_WITH) && p->tok.kind == DBN_TK_NAME);
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
			if (!dbn_sql__values_core(p, c))
				return false;
		} else if (!dbn_sql__at_kw(p, DBN_KW_SELECT)) {
			if (p->tok.kind == DBN_TK_LPAREN)
				dbn_sql__construct(p, DBN_G_SET_PAREN, p->tok.pos);
			else
				dbn_sql__unexpected(p, "SELECT or VALUES");
			return false;
		} else if (!dbn_sql__select_core(p, c)) {
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
	if (!dbn_sql__clause(p, DBN_KW_LIMIT, &q->limit))
		return false;
	if (q->limit && p->tok.kind == DBN_TK_COMMA &&
		!dbn_sql__construct(p, DBN_G_LIMIT_COMMA, p->tok.pos))
		return false;
	if (!q->limit && p->d->id == DBN_DIALECT_POSTGRES) {
		if (!dbn_sql__clause(p, DBN_KW_OFFSET, &q->offset))
			return false;
	} else if (q->limit && dbn_sql__take(p, DBN_TK_COMMA)) { /* LIMIT offset, count */
		q->offset = q->limit;
		q->limit = dbn_sql__expr(p);
		if (!q->limit)
			return false;
	} else if (q->limit && !dbn_sql__clause(p, DBN_KW_OFFSET, &q->offset)) {
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
		return dbn_sql__writes_in_with(p);
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
