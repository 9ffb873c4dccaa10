/* SPDX-License-Identifier: MIT */
/*
 * Where aggregates and window functions may stand, and what HAVING may name.  The
 * databases refuse the rest too, each in its own words and not always at its place.
 */
#include "sql/resolver.h"

/* ---- aggregates and windows ---- */

struct look {
	dbn_sql_resolver *r;
	const struct dbn_sql_scope *sc;
	const char *place;
	bool aggregates;            /* they may stand there: windows may not */
};

static bool
is_here(const struct dbn_sql_scope *sc, const dbn_sql_from *f)
{
	for (size_t i = 0; sc && i < sc->nsrcs; i++)
		if (sc->srcs[i].f == f)
			return true;
	return false;
}

struct columns {
	const struct dbn_sql_scope *sc;
	bool any, here;
};

static dbn_status
see_column(dbn_sql_expr **e, void *user)
{
	struct columns *c = user;

	if ((*e)->kind == DBN_X_COLUMN) {
		c->any = true;
		c->here = c->here || is_here(c->sc, (*e)->from);
	}
	return DBN_OK;
}

/* An aggregate over columns of a query around this one is that query's. */
static bool
is_of(const struct dbn_sql_scope *sc, dbn_sql_expr *e)
{
	struct columns c = { .sc = sc };
	dbn_sql_visitor v = { .expr = see_column, .user = &c };

	for (uint32_t i = 0; i < e->nargs; i++)
		(void)dbn_sql_walk_expr(&e->args[i], &v);
	return c.here || !c.any;
}

bool
dbn_sql__is_aggregate(const dbn_sql_resolver *r, const dbn_sql_expr *e)
{
	const dbn_sql_func_fact *f = e->kind == DBN_X_FUNC && !(e->call && e->call->over)
		? dbn_sql_function(r->d, e->text) : NULL;

	return f && (f->flags & DBN_FN_AGGREGATE) && !((f->flags & DBN_FN_MINMAX) && e->nargs > 1);
}

static dbn_status
look(dbn_sql_expr **ep, void *user)
{
	const struct look *l = user;
	dbn_sql_expr *e = *ep;

	if (dbn_sql_has_query(e))
		return DBN_SQL_SKIP;
	if (e->kind == DBN_X_FUNC && e->call && e->call->over)
		dbn_sql__rfail(l->r, e->pos, "Select it in a subquery, and ask for it around that.",
			"%.*s() with OVER in %s", DBN_TEXT_ARG(e->text), l->place);
	else if (!l->aggregates && dbn_sql__is_aggregate(l->r, e) && is_of(l->sc, e))
		dbn_sql__rfail(l->r, e->pos, "Groups are asked for in HAVING, or by a subquery.",
			"the aggregate %.*s() in %s, where there are no groups", DBN_TEXT_ARG(e->text),
			l->place);
	return l->r->status;
}

bool
dbn_sql__no_groups(dbn_sql_resolver *r, const struct dbn_sql_scope *sc, dbn_sql_expr *e,
	const char *place)
{
	struct look l = { r, sc, place, false };
	dbn_sql_visitor v = { .expr = look, .user = &l };

	return !e || dbn_sql_walk_expr(&e, &v) == DBN_OK;
}

static bool
no_windows(dbn_sql_resolver *r, const struct dbn_sql_scope *sc, dbn_sql_expr *e, const char *place)
{
	struct look l = { r, sc, place, true };
	dbn_sql_visitor v = { .expr = look, .user = &l };

	return !e || dbn_sql_walk_expr(&e, &v) == DBN_OK;
}

bool
dbn_sql__in_call(dbn_sql_resolver *r, const struct dbn_sql_scope *sc, const dbn_sql_expr *e)
{
	bool window = e->call && e->call->over, good = true;

	if (!window && !dbn_sql__is_aggregate(r, e))
		return true;
	for (uint32_t i = 0; good && i < e->nargs; i++)
		good = window ? no_windows(r, sc, e->args[i], "the arguments of another")
			: dbn_sql__no_groups(r, sc, e->args[i], "the arguments of another");
	return good;
}

static dbn_status
see_aggregate(dbn_sql_expr **e, void *user)
{
	if (dbn_sql_has_query(*e))
		return DBN_SQL_SKIP;
	return dbn_sql__is_aggregate(user, *e) ? DBN_E_UNSUPPORTED : DBN_OK;
}

bool
dbn_sql__has_aggregate(dbn_sql_resolver *r, dbn_sql_expr *e)
{
	const dbn_sql_visitor v = { .expr = see_aggregate, .user = r };

	return dbn_sql_walk_expr(&e, &v) != DBN_OK;
}

/* ---- HAVING ---- */

/* An aggregate, or what may be one; subqueries are others' business. */
static dbn_status
sees_groups(dbn_sql_expr **e, void *user)
{
	const dbn_sql_resolver *r = user;
	const dbn_sql_func_fact *f;

	if (dbn_sql_has_query(*e))
		return DBN_SQL_SKIP;
	if ((*e)->kind != DBN_X_FUNC || ((*e)->call && (*e)->call->over))
		return DBN_OK;
	f = dbn_sql_function(r->d, (*e)->text);
	return !f || (f->flags & (DBN_FN_AGGREGATE | DBN_FN_VOLATILE)) ? DBN_E_UNSUPPORTED : DBN_OK;
}

/* MySQL: HAVING without groups is a condition on rows, whose outputs are spelled out
 * by now: it is WHERE. */
static bool
having_rows(dbn_sql_resolver *r, dbn_sql_core *c)
{
	const dbn_sql_visitor v = { .expr = sees_groups, .user = r };

	if (r->d->id != DBN_DIALECT_MYSQL || !c->having || c->ngroup ||
		dbn_sql_walk_expr(&c->having, &v) != DBN_OK)
		return true;
	for (uint32_t i = 0; i < c->nitems; i++)
		if (dbn_sql_walk_expr(&c->items[i].expr, &v) != DBN_OK)
			return true;
	c->where = dbn_sql_and(r->a, c->where, c->having);
	c->having = NULL;
	return c->where || dbn_sql__rnomem(r);
}

static bool
same_column(const dbn_sql_expr *e, const dbn_sql_from *f, uint32_t ordinal)
{
	while (e->kind == DBN_X_COLLATE)
		e = e->args[0];
	return e->kind == DBN_X_COLUMN && e->from == f && e->index == ordinal;
}

bool
dbn_sql__having_sees(const dbn_sql_resolver *r, const struct dbn_sql_scope *sc,
	const dbn_sql_from *f, uint32_t ordinal)
{
	if (!sc->having || r->aggregates || r->d->id != DBN_DIALECT_MYSQL)
		return true;
	for (uint32_t i = 0; i < sc->having->ngroup; i++)
		if (same_column(sc->having->group[i].expr, f, ordinal))
			return true;
	return false;
}

bool
dbn_sql__rhaving(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_core *c)
{
	bool good;

	sc->aliases = DBN_SQL_ALIAS_IN_HAVING;
	sc->having = c;
	good = dbn_sql__rexpr(r, sc, &c->having) && no_windows(r, sc, c->having, "HAVING") &&
		having_rows(r, c);
	sc->having = NULL;
	return good;
}
