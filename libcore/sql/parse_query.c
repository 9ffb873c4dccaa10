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
		(dbn_sql__at_kw(p, DBN_KW_TABLE) && p->d->id) ||
		(dbn_sql__at_kw(p, DBN_KW_WITH) && p->tok.kind == DBN_TK_NAME);
}

/* ---- set operations ---- */

static dbn_sql_core *
new_core(dbn_sql_parser *p, uint32_t kind, uint32_t set)
{
	dbn_sql_core *c = dbn_arena_zalloc(p->a, sizeof(*c));

	if (!c)
		return dbn_sql__nomem(p);
	c->kind = (uint16_t)kind;
	c->set = (uint16_t)set;
	c->pos = p->tok.pos;
	return c;
}

static bool
plain(const dbn_sql_query *q)
{
	return !q->with && !q->norder && !q->limit && !q->offset && !q->nlocks;
}

/* A query in parentheses as a part; what the parentheses do not change goes without. */
static dbn_sql_core *
core_of(dbn_sql_parser *p, dbn_sql_query *q, uint32_t set)
{
	dbn_sql_core *c;

	if (q && q->ncores == 1 && plain(q)) {
		q->cores[0]->set = (uint16_t)set;
		return q->cores[0];
	}
	c = q ? new_core(p, DBN_CORE_QUERY, set) : NULL;
	if (c) {
		c->query = q;
		c->pos = q->pos;
	}
	return c;
}

static dbn_sql_core *
core_paren(dbn_sql_parser *p, uint32_t set)
{
	dbn_sql_query *q;
	uint32_t height;

	if (!dbn_sql__construct(p, DBN_G_SET_PAREN, p->tok.pos) || !dbn_sql__next(p))
		return NULL;
	q = dbn_sql__query(p, &height);
	return q && dbn_sql__want(p, DBN_TK_RPAREN, "\")\"") ? core_of(p, q, set) : NULL;
}

static dbn_sql_core *
core(dbn_sql_parser *p, uint32_t set)
{
	dbn_sql_core *c;

	if (p->tok.kind == DBN_TK_LPAREN)
		return core_paren(p, set);
	c = new_core(p, DBN_CORE_SELECT, set);
	if (!c)
		return NULL;
	if (dbn_sql__at_kw(p, DBN_KW_VALUES))
		return dbn_sql__values_core(p, c) ? c : NULL;
	if (dbn_sql__at_kw(p, DBN_KW_TABLE))
		return dbn_sql__table_core(p, c) ? c : NULL;
	if (!dbn_sql__at_kw(p, DBN_KW_SELECT))
		return dbn_sql__unexpected(p, "SELECT or VALUES");
	return dbn_sql__select_core(p, c) ? c : NULL;
}

static bool
add_core(dbn_sql_parser *p, dbn_sql_query *q, dbn_sql_core *c, size_t *cap)
{
	if (!c || !dbn_sql__room(p, &q->cores, cap, q->ncores, sizeof(*q->cores)))
		return false;
	q->cores[q->ncores++] = c;
	return true;
}

/* The word behind UNION, INTERSECT or EXCEPT. */
static uint32_t
all_or_distinct(dbn_sql_parser *p, uint32_t distinct, uint32_t all, uint32_t construct)
{
	uint32_t pos = p->tok.pos;

	if (dbn_sql__at_kw(p, DBN_KW_ALL)) {
		if (construct && !dbn_sql__construct(p, construct, pos))
			return DBN_SET_FIRST;
		return dbn_sql__next(p) ? all : DBN_SET_FIRST;
	}
	if (dbn_sql__at_kw(p, DBN_KW_DISTINCT) && (!dbn_sql__construct(p, DBN_G_SET_DISTINCT, pos) ||
		!dbn_sql__next(p)))
		return DBN_SET_FIRST;
	return distinct;
}

static uint32_t
set_operator(dbn_sql_parser *p)
{
	uint32_t pos = p->tok.pos;

	if (p->d->id && dbn_sql__at_minus(p)) {
		(void)dbn_sql__refuse(p, DBN_G_MINUS, pos);
		return DBN_SET_FIRST;
	}
	if (dbn_sql__take_kw(p, DBN_KW_UNION) && dbn_sql__construct(p, DBN_G_UNION, pos))
		return all_or_distinct(p, DBN_SET_UNION, DBN_SET_UNION_ALL, DBN_G_NONE);
	if (dbn_sql__take_kw(p, DBN_KW_INTERSECT) && dbn_sql__construct(p, DBN_G_INTERSECT, pos))
		return all_or_distinct(p, DBN_SET_INTERSECT, DBN_SET_INTERSECT_ALL, DBN_G_SET_ALL);
	if (dbn_sql__take_kw(p, DBN_KW_EXCEPT) && dbn_sql__construct(p, DBN_G_EXCEPT, pos))
		return all_or_distinct(p, DBN_SET_EXCEPT, DBN_SET_EXCEPT_ALL, DBN_G_SET_ALL);
	return DBN_SET_FIRST;
}

static bool
intersects(uint32_t set)
{
	return set == DBN_SET_INTERSECT || set == DBN_SET_INTERSECT_ALL;
}

/* INTERSECT behind UNION or EXCEPT comes first: with the part before it, it is a part
 * of its own.  NULL: as it stands; else the query it goes on with. */
static dbn_sql_query *
tighter(dbn_sql_parser *p, dbn_sql_query *q, dbn_sql_query *group, size_t *cap)
{
	dbn_sql_core *last = q->cores[q->ncores - 1], *c;
	uint32_t set = last->set;

	if (group || !(p->d->flags & DBN_SQL_INTERSECT_FIRST) || set == DBN_SET_FIRST ||
		intersects(set))
		return group;
	group = dbn_arena_zalloc(p->a, sizeof(*group));
	if (!group)
		return dbn_sql__nomem(p);
	group->pos = last->pos;
	*cap = 0;
	last->set = DBN_SET_FIRST;
	if (!add_core(p, group, last, cap))
		return NULL;
	c = new_core(p, DBN_CORE_QUERY, set);
	if (!c)
		return NULL;
	c->query = group;
	c->pos = group->pos;
	q->cores[q->ncores - 1] = c;
	p->height += 3;
	return group;
}

/* first: a part that has been read already; NULL: none. */
static bool
cores(dbn_sql_parser *p, dbn_sql_query *q, dbn_sql_query *first)
{
	size_t cap = 0, gcap = 0;
	uint32_t set = DBN_SET_FIRST;
	dbn_sql_query *group = NULL;
	bool grouped = false;

	if (!add_core(p, q, first ? core_of(p, first, set) : core(p, set), &cap))
		return false;
	while ((set = set_operator(p)) != DBN_SET_FIRST && p->status == DBN_OK) {
		uint32_t height = p->height;

		group = intersects(set) ? tighter(p, q, group, &gcap) : NULL;
		if (group && grouped)
			p->height = height; /* beside an earlier one, not below it */
		grouped = grouped || group;
		if (p->status != DBN_OK || !add_core(p, group ? group : q, core(p, set), group ? &gcap
			: &cap))
			return false;
	}
	return p->status == DBN_OK;
}

/* ---- LIMIT, FETCH, FOR UPDATE ---- */

static void
mark_count(dbn_sql_expr *e)
{
	if (e && e->kind == DBN_X_PARAM)
		e->flags |= DBN_XF_COUNT;
}

static bool
limit(dbn_sql_parser *p, dbn_sql_query *q)
{
	uint32_t pos = p->tok.pos;

	if (!dbn_sql__construct(p, DBN_G_LIMIT, pos) || !dbn_sql__next(p))
		return false;
	if (p->d->id == DBN_DIALECT_MYSQL && dbn_sql__at_kw(p, DBN_KW_ROWS))
		return dbn_sql__construct(p, DBN_G_LIMIT_EXAMINED, p->tok.pos);
	if (dbn_sql__at_kw(p, DBN_KW_ALL)) {
		q->limit = dbn_sql_literal_null(p->a);
		return q->limit ? dbn_sql__construct(p, DBN_G_LIMIT_ALL, pos) && dbn_sql__next(p)
			: dbn_sql__nomem(p) != NULL;
	}
	q->limit = dbn_sql__expr(p);
	if (!q->limit)
		return false;
	pos = p->tok.pos;
	if (dbn_sql__take(p, DBN_TK_COMMA)) { /* LIMIT offset, count */
		q->offset = q->limit;
		q->limit = dbn_sql__construct(p, DBN_G_LIMIT_COMMA, pos) ? dbn_sql__expr(p) : NULL;
	} else if (p->d->id != DBN_DIALECT_POSTGRES && !dbn_sql__clause(p, DBN_KW_OFFSET, &q->offset)) {
		return false;
	}
	if (p->d->id == DBN_DIALECT_MYSQL && dbn_sql__at_kw(p, DBN_KW_ROWS))
		return dbn_sql__construct(p, DBN_G_LIMIT_EXAMINED, p->tok.pos);
	return q->limit != NULL;
}

static bool
rows(dbn_sql_parser *p)
{
	return dbn_sql__take_kw(p, DBN_KW_ROWS) || dbn_sql__take_kw(p, DBN_KW_ROW);
}

static bool
offset(dbn_sql_parser *p, dbn_sql_query *q)
{
	uint32_t pos = p->tok.pos;

	if (!dbn_sql__next(p))
		return false;
	q->offset = dbn_sql__expr(p);
	if (!q->offset)
		return false;
	if (rows(p) || p->d->id == DBN_DIALECT_MYSQL)
		return dbn_sql__construct(p, DBN_G_FETCH, pos);
	return dbn_sql__construct(p, DBN_G_LIMIT, pos);
}

static bool
fetch(dbn_sql_parser *p, dbn_sql_query *q)
{
	if (!dbn_sql__construct(p, DBN_G_FETCH, p->tok.pos) || !dbn_sql__next(p))
		return false;
	if (!dbn_sql__take_kw(p, DBN_KW_FIRST) && !dbn_sql__take_word(p, "next"))
		return dbn_sql__unexpected(p, "FIRST or NEXT") != NULL;
	if (dbn_sql__at_kw(p, DBN_KW_ROW) || dbn_sql__at_kw(p, DBN_KW_ROWS)) {
		q->limit = dbn_sql_literal_int(p->a, 1);
		if (!q->limit)
			return dbn_sql__nomem(p) != NULL;
	} else {
		q->limit = dbn_sql__expr(p);
	}
	if (!q->limit)
		return false;
	if (!rows(p))
		return dbn_sql__unexpected(p, "ROWS") != NULL;
	if (dbn_sql__take_word(p, "only"))
		return true;
	q->ties = true;
	return dbn_sql__construct(p, DBN_G_FETCH_TIES, p->tok.pos) && dbn_sql__want_kw(p, DBN_KW_WITH) &&
		dbn_sql__want_kw(p, DBN_KW_TIES);
}

static bool
lock_strength(dbn_sql_parser *p, dbn_sql_lock *l)
{
	bool pg = p->d->id == DBN_DIALECT_POSTGRES;

	if (dbn_sql__take_kw(p, DBN_KW_UPDATE)) {
		l->strength = DBN_LOCK_UPDATE;
		return true;
	}
	if (dbn_sql__take_word(p, "share")) {
		l->strength = DBN_LOCK_SHARE;
		return true;
	}
	if (pg && dbn_sql__take_kw(p, DBN_KW_NO)) {
		l->strength = DBN_LOCK_NO_KEY_UPDATE;
		return dbn_sql__take_word(p, "key") ? dbn_sql__want_kw(p, DBN_KW_UPDATE)
			: dbn_sql__unexpected(p, "KEY UPDATE") != NULL;
	}
	if (pg && dbn_sql__take_word(p, "key")) {
		l->strength = DBN_LOCK_KEY_SHARE;
		return dbn_sql__take_word(p, "share") || dbn_sql__unexpected(p, "SHARE");
	}
	return dbn_sql__unexpected(p, "UPDATE or SHARE") != NULL;
}

static bool
lock_wait(dbn_sql_parser *p, dbn_sql_lock *l)
{
	const dbn_sql_expr *e;

	if (dbn_sql__take_word(p, "nowait")) {
		l->wait = DBN_WAIT_NOT;
	} else if (dbn_sql__take_word(p, "skip")) {
		l->wait = DBN_WAIT_SKIP;
		return dbn_sql__take_word(p, "locked") || dbn_sql__unexpected(p, "LOCKED");
	} else if (p->d->id == DBN_DIALECT_MYSQL && dbn_sql__at_word(p, "wait")) {
		if (!dbn_sql__construct(p, DBN_G_LOCK_WAIT, p->tok.pos) || !dbn_sql__next(p))
			return false;
		e = dbn_sql__literal(p);
		if (!e || e->value.type != DBN_INT64 || e->value.u.i64 < 0 || e->value.u.i64 > 1000000)
			return dbn_sql__fail(p, p->tok.pos, NULL, "WAIT with anything but seconds") != NULL;
		l->wait = DBN_WAIT_SECONDS;
		l->seconds = (uint32_t)e->value.u.i64;
	}
	return p->status == DBN_OK;
}

static bool
lock(dbn_sql_parser *p, dbn_sql_query *q, size_t *cap)
{
	dbn_sql_lock *l;
	bool old = !dbn_sql__at_kw(p, DBN_KW_FOR);
	size_t ncap = 0;

	if (!dbn_sql__construct(p, old ? DBN_G_LOCK_SHARE_MODE : DBN_G_FOR_UPDATE, p->tok.pos) ||
		!dbn_sql__room(p, &q->locks, cap, q->nlocks, sizeof(*q->locks)))
		return false;
	l = &q->locks[q->nlocks++];
	*l = (dbn_sql_lock){ .pos = p->tok.pos };
	dbn_sql__next(p);
	if (old) {
		l->strength = DBN_LOCK_IN_SHARE_MODE;
		return dbn_sql__want_kw(p, DBN_KW_IN) && (dbn_sql__take_word(p, "share") ||
			dbn_sql__unexpected(p, "SHARE MODE")) && (dbn_sql__take_word(p, "mode") ||
			dbn_sql__unexpected(p, "MODE")) && lock_wait(p, l);
	}
	if (!lock_strength(p, l))
		return false;
	if (dbn_sql__at_word(p, "of")) {
		if (!dbn_sql__construct(p, DBN_G_LOCK_OF, p->tok.pos) || !dbn_sql__next(p))
			return false;
		do {
			if (!dbn_sql__room(p, &l->names, &ncap, l->nnames, sizeof(dbn_text)) ||
				!dbn_sql__name(p, "a table", &l->names[l->nnames++]))
				return false;
		} while (dbn_sql__take(p, DBN_TK_COMMA));
	}
	return lock_wait(p, l);
}

static bool
twice(dbn_sql_parser *p, const char *what)
{
	return dbn_sql__fail(p, p->tok.pos, NULL, "%s twice", what) != NULL;
}

/* What stands behind ORDER BY; on PostgreSQL in any order. */
static bool
tail(dbn_sql_parser *p, dbn_sql_query *q)
{
	bool sqlite = p->d->id == DBN_DIALECT_SQLITE, good = true;
	size_t cap = 0;

	while (good && p->status == DBN_OK) {
		if (dbn_sql__at_kw(p, DBN_KW_LIMIT))
			good = q->limit ? twice(p, "LIMIT") : limit(p, q);
		else if (dbn_sql__at_kw(p, DBN_KW_OFFSET) && !sqlite)
			good = q->offset ? twice(p, "OFFSET") : offset(p, q);
		else if (dbn_sql__at_word(p, "fetch") && p->d->id)
			good = q->limit ? twice(p, "LIMIT") : fetch(p, q);
		else if (dbn_sql__at_kw(p, DBN_KW_FOR) || (p->d->id == DBN_DIALECT_MYSQL &&
			dbn_sql__at_word(p, "lock")))
			good = lock(p, q, &cap);
		else if (p->d->id == DBN_DIALECT_MYSQL && dbn_sql__at_word(p, "procedure"))
			good = dbn_sql__construct(p, DBN_G_PROCEDURE, p->tok.pos);
		else if (dbn_sql__at_kw(p, DBN_KW_INTO))
			good = dbn_sql__into(p);
		else
			break;
	}
	if (q->ties && !q->norder)
		return dbn_sql__fail(p, q->pos, "Add ORDER BY.", "WITH TIES without ORDER BY") != NULL;
	mark_count(q->limit);
	mark_count(q->offset);
	return good && p->status == DBN_OK;
}

/* ---- the whole ---- */

/* PostgreSQL: what stands behind (...) belongs to the query inside. */
static dbn_sql_query *
merged(dbn_sql_parser *p, dbn_sql_query *q, dbn_sql_query *in)
{
	dbn_sql_lock *locks;

	if ((q->with && in->with) || (q->norder && in->norder) || (q->limit && in->limit) ||
		(q->offset && in->offset))
		return dbn_sql__fail(p, q->pos, "Write SELECT * FROM (...).",
			"WITH, ORDER BY, LIMIT or OFFSET inside and outside of parentheses");
	if (q->with)
		in->with = q->with;
	if (q->norder) {
		in->order = q->order;
		in->norder = q->norder;
	}
	if (q->limit)
		in->limit = q->limit;
	if (q->offset)
		in->offset = q->offset;
	in->ties = in->ties || q->ties;
	if (q->nlocks) {
		locks = dbn_arena_array(p->a, (size_t)q->nlocks + in->nlocks, sizeof(*locks));
		if (!locks)
			return dbn_sql__nomem(p);
		for (uint32_t i = 0; i < in->nlocks + q->nlocks; i++)
			locks[i] = i < in->nlocks ? in->locks[i] : q->locks[i - in->nlocks];
		in->locks = locks;
		in->nlocks += q->nlocks;
	}
	return in;
}

static dbn_sql_query *
settled(dbn_sql_parser *p, dbn_sql_query *q)
{
	if (q->ncores != 1 || q->cores[0]->kind != DBN_CORE_QUERY)
		return q;
	if (plain(q))
		return q->cores[0]->query;
	return p->d->id == DBN_DIALECT_POSTGRES ? merged(p, q, q->cores[0]->query) : q;
}

static bool
query_body(dbn_sql_parser *p, dbn_sql_query *q, dbn_sql_query *first)
{
	if (!first && dbn_sql__at_kw(p, DBN_KW_WITH) && !(q->with = dbn_sql__with(p)))
		return false;
	if (!cores(p, q, first))
		return false;
	if (dbn_sql__at_kw(p, DBN_KW_ORDER) && (!dbn_sql__construct(p, DBN_G_ORDER_BY, p->tok.pos) ||
		!dbn_sql__next(p) || !dbn_sql__want_kw(p, DBN_KW_BY) ||
		!dbn_sql__orders(p, &q->order, &q->norder, true)))
		return false;
	return tail(p, q);
}

dbn_sql_query *
dbn_sql__query_behind(dbn_sql_parser *p, dbn_sql_query *first, uint32_t *height)
{
	dbn_sql_query *q = dbn_arena_zalloc(p->a, sizeof(*q));
	uint32_t outer = p->height;

	if (!q)
		return dbn_sql__nomem(p);
	if (!dbn_sql__enter(p))
		return NULL;
	q->pos = first ? first->pos : p->tok.pos;
	if (!first)
		p->height = 0;
	if (!query_body(p, q, first))
		return NULL;
	*height = p->height + 3;
	p->height = outer > *height ? outer : *height;
	if (p->height > DBN_SQL_DEPTH_MAX - 64)
		return dbn_sql__limit(p, q->pos, "the statement is nested too deeply",
			p->limits.depth);
	dbn_sql__leave(p);
	return settled(p, q);
}

dbn_sql_query *
dbn_sql__query(dbn_sql_parser *p, uint32_t *height)
{
	return dbn_sql__query_behind(p, NULL, height);
}

bool
dbn_sql__goes_on(dbn_sql_parser *p)
{
	switch (p->tok.kind == DBN_TK_NAME ? p->tok.kw : DBN_KW_NONE) {
	case DBN_KW_UNION:
	case DBN_KW_INTERSECT:
	case DBN_KW_EXCEPT:
	case DBN_KW_ORDER:
	case DBN_KW_LIMIT:
		return true;
	case DBN_KW_OFFSET:
		return p->d->id != DBN_DIALECT_SQLITE;
	default:
		return p->d->id && dbn_sql__at_word(p, "fetch");
	}
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
	if (!dbn_sql__starts_query(p) && p->tok.kind != DBN_TK_LPAREN)
		return dbn_sql__writes_in_with(p);
	c->query = dbn_sql__query(p, &height);
	if (!c->query || !dbn_sql__want(p, DBN_TK_RPAREN, "\")\""))
		return NULL;
	if (dbn_sql__at_word(p, "search") || dbn_sql__at_word(p, "cycle"))
		return dbn_sql__refuse(p, dbn_sql__at_word(p, "search") ? DBN_G_CTE_SEARCH
			: DBN_G_CTE_CYCLE, p->tok.pos);
	return c;
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
