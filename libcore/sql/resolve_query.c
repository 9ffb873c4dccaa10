/* SPDX-License-Identifier: MIT */
/*
 * Queries: their cores, set operations, WITH, limits.
 */
#include <string.h>

#include "sql/resolver.h"

static bool
select_core(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_core *c, dbn_sql_outcol **cols)
{
	sc->from = c->from;
	if (c->from && !dbn_sql__add_from(r, sc, c->from))
		return false;
	if (!dbn_sql__ritems(r, sc, &c->items, &c->nitems, cols))
		return false;
	sc->items = c->items;
	sc->nitems = c->nitems;
	if (c->non && !dbn_sql__ron(r, sc, c, *cols))
		return false;
	sc->aliases = DBN_SQL_ALIAS_IN_WHERE;
	if (!dbn_sql__rexpr(r, sc, &c->where))
		return false;
	if (!dbn_sql__no_groups(r, sc, c->where, "WHERE"))
		return false;
	sc->aliases = DBN_SQL_ALIAS_IN_GROUP;
	if (!dbn_sql__rgroup(r, sc, c))
		return false;
	for (uint32_t i = 0; i < c->ngroup; i++)
		if (!dbn_sql__no_groups(r, sc, c->group[i].expr, "GROUP BY"))
			return false;
	if (!dbn_sql__rhaving(r, sc, c))
		return false;
	sc->aliases = DBN_SQL_ALIAS_IN_WHERE;
	for (uint32_t i = 0; i < c->nwindows; i++)
		if (!dbn_sql__rwindow(r, sc, c->windows[i]))
			return false;
	return true;
}

static bool
values_core(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_core *c, dbn_sql_outcol **cols)
{
	uint32_t n = c->rows[0]->nargs;
	char *z;

	if (n > DBN_SQL_MAX_COLUMNS)
		return dbn_sql__rlimit(r, c->pos, "too many columns in VALUES: the limit is 2000");
	*cols = dbn_arena_array(r->a, n, sizeof(**cols));
	if (!*cols)
		return dbn_sql__rnomem(r);
	for (uint32_t i = 0; i < c->nrows; i++)
		for (uint32_t k = 0; k < n; k++)
			if (!dbn_sql__rexpr(r, sc, &c->rows[i]->args[k]) ||
				!dbn_sql__no_groups(r, sc, c->rows[i]->args[k], "VALUES"))
				return false;
	for (uint32_t k = 0; k < n; k++) {
		z = dbn_arena_printf(r->a, "column%u", k + 1);
		if (!z)
			return dbn_sql__rnomem(r);
		(*cols)[k].name = dbn_text_z(z);
		if (c->nrows == 1 && (c->rows[0]->args[k]->type != DBN_BOOL ||
			r->d->id == DBN_DIALECT_POSTGRES))
			(*cols)[k].type = c->rows[0]->args[k]->type;
	}
	return true;
}

/* A part in parentheses: a copy of its columns, for the set may have others. */
static bool
query_core(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_core *c, dbn_sql_outcol **cols)
{
	if (!dbn_sql__rquery(r, sc->outer, c->query, NULL))
		return false;
	*cols = dbn_arena_memdup(r->a, c->query->cols, c->query->ncols * sizeof(**cols));
	return *cols || dbn_sql__rnomem(r);
}

/* Later parts of a set operation: as wide, and of the same type or of none. */
static bool
agree(dbn_sql_resolver *r, dbn_sql_query *q, const dbn_sql_core *c, const dbn_sql_outcol *cols,
	uint32_t n)
{
	if (n != q->ncols)
		return dbn_sql__rfail(r, c->pos, NULL,
			"the parts of a set operation give %u and %u columns", q->ncols, n);
	for (uint32_t i = 0; i < n; i++) {
		if (q->cols[i].type != cols[i].type)
			q->cols[i].type = DBN_NULL;
		if (q->cols[i].rel != cols[i].rel || q->cols[i].ordinal != cols[i].ordinal)
			q->cols[i].rel = NULL;
	}
	return true;
}

/* The first part gives a CTE its columns; now it may read itself. */
static bool
name_cte(dbn_sql_resolver *r, dbn_sql_query *q, struct dbn_sql_named *self)
{
	dbn_sql_cte *c = self->cte;

	/* PostgreSQL: those without a name keep their own. */
	if (c->ncolumns > q->ncols || (c->ncolumns && c->ncolumns != q->ncols &&
		r->d->id != DBN_DIALECT_POSTGRES))
		return dbn_sql__rfail(r, c->pos, NULL, "WITH %.*s names %u columns, its query "
			"gives %u",
			DBN_TEXT_ARG(c->name), c->ncolumns, q->ncols);
	if (c->ncolumns < q->ncols && !dbn_sql__unique_names(r, q))
		return false;
	for (uint32_t i = 0; i < c->ncolumns; i++)
		q->cols[i].name = c->columns[i];
	if (q->ncores > 1) {
		self->state = 1;
		/* What comes round again need not have the first part's type. */
		for (uint32_t i = 0; i < q->ncols; i++) {
			q->cols[i].type = DBN_NULL;
			q->cols[i].rel = NULL;
		}
	}
	return true;
}

static bool
cores(dbn_sql_resolver *r, struct dbn_sql_scope *outer, dbn_sql_query *q, struct dbn_sql_named *self,
	struct dbn_sql_scope *first)
{
	for (uint32_t i = 0; i < q->ncores; i++) {
		dbn_sql_core *c = q->cores[i];
		struct dbn_sql_scope sc = { .outer = outer, .hi = SIZE_MAX };
		dbn_sql_outcol *cols = NULL;
		uint32_t n;

		if (!(c->kind == DBN_CORE_SELECT ? select_core : c->kind == DBN_CORE_QUERY ? query_core
			: values_core)(r, &sc, c, &cols))
			return false;
		n = c->kind == DBN_CORE_SELECT ? c->nitems : c->kind == DBN_CORE_QUERY
			? c->query->ncols : c->rows[0]->nargs;
		if (i > 0) {
			if (!agree(r, q, c, cols, n))
				return false;
			continue;
		}
		q->cols = cols;
		q->ncols = n;
		*first = sc;
		if (self && !name_cte(r, q, self))
			return false;
	}
	return true;
}

/* ---- parameters among the outputs of a set operation ---- */

/* Output k of a part, through derived tables that only pass it on; NULL: not one. */
static dbn_sql_expr *
output(const dbn_sql_core *c, uint32_t k)
{
	for (uint32_t depth = 0; depth < DBN_SQL_DEPTH_MAX; depth++) {
		const dbn_sql_query *q = NULL;
		dbn_sql_expr *e;

		if (c->kind != DBN_CORE_SELECT || k >= c->nitems)
			return c->kind == DBN_CORE_VALUES && c->nrows == 1 ? c->rows[0]->args[k] : NULL;
		e = c->items[k].expr;
		if (e->kind == DBN_X_COLUMN && e->from && e->from->kind == DBN_FROM_QUERY)
			q = e->from->query;
		else if (e->kind == DBN_X_COLUMN && e->from && e->from->kind == DBN_FROM_CTE)
			q = e->from->cte->query;
		if (!q || q->ncores != 1)
			return e;
		c = q->cores[0];
		k = e->index;
	}
	return NULL;
}

/* The parts that are a column or a cast say what the parameters beside them are. */
static void
type_outputs(dbn_sql_resolver *r, const dbn_sql_query *q)
{
	for (uint32_t k = 0; q->ncores > 1 && k < q->ncols; k++) {
		dbn_sql_outcol c = { .type = DBN_NULL };
		dbn_sql_expr *e;

		for (uint32_t i = 0; i < q->ncores && c.type == DBN_NULL; i++) {
			e = output(q->cores[i], k);
			if (e && !(dbn_sql__plain(e, &c) && c.rel))
				c = (dbn_sql_outcol){ .type = e->kind == DBN_X_CAST ? e->type : (dbn_type)DBN_NULL };
		}
		for (uint32_t i = 0; i < q->ncores; i++) {
			e = output(q->cores[i], k);
			if (!e || e->kind != DBN_X_PARAM)
				continue;
			dbn_sql__param_type(r, e, c.type, c.rel, c.ordinal, false);
			if (e->type == DBN_NULL)
				e->type = c.type;
			if (c.type == DBN_NULL && r->d->id == DBN_DIALECT_MYSQL)
				r->out->params[e->index - 1].flags |= DBN_PARAM_MERGED;
		}
	}
}

static bool
count(dbn_sql_resolver *r, dbn_sql_expr **e, const char *word)
{
	struct dbn_sql_scope none = { .hi = SIZE_MAX };

	if (!*e)
		return true;
	if ((*e)->kind == DBN_X_PARAM || ((*e)->kind == DBN_X_LITERAL &&
		(*e)->value.type == DBN_INT64 && (*e)->value.u.i64 >= 0))
		return dbn_sql__rexpr(r, &none, e);
	return dbn_sql__rfail(r, (*e)->pos, "Bind the number as a parameter.",
		"%s with anything but an integer of 0 or more, or a parameter", word);
}

bool
dbn_sql__rquery(dbn_sql_resolver *r, struct dbn_sql_scope *outer, dbn_sql_query *q,
	struct dbn_sql_named *self)
{
	struct dbn_sql_env *env = r->env;
	struct dbn_sql_scope first = { .outer = outer, .hi = SIZE_MAX };

	if (!dbn_sql__down(r, q->pos))
		return false;
	if (q->with && !dbn_sql__rwith(r, outer, q->with))
		return false;
	if (q->limit && q->limit->kind == DBN_X_LITERAL && q->limit->value.type == DBN_NULL &&
		r->d->id == DBN_DIALECT_POSTGRES)
		q->limit = NULL; /* LIMIT ALL, LIMIT NULL: to others an error */
	if (!cores(r, outer, q, self, &first) || !dbn_sql__rorder(r, &first, q) ||
		!dbn_sql__rlocks(r, &first, q) || !count(r, &q->limit, "LIMIT") || !count(r, &q->offset, "OFFSET"))
		return false;
	type_outputs(r, q);
	if (q->limit && !q->norder)
		r->out->flags |= DBN_SQL_LIMIT_NO_ORDER;
	r->env = env;
	r->depth--;
	return true;
}

/* MariaDB takes the outer one where both have one name: refused on that dialect. */
static bool
hides_other(dbn_sql_resolver *r, const dbn_sql_cte *c, uint64_t h, const struct dbn_sql_env *outer)
{
	for (; r->d->id == DBN_DIALECT_MYSQL && outer; outer = outer->outer)
		for (uint32_t k = dbn_index_first(&outer->names, h); k != DBN_INDEX_END;
			k = dbn_index_next(&outer->names, k))
			if (dbn_sql_same_name(r->d, outer->ctes[k].cte->name, c->name))
				return !dbn_sql__rfail(r, c->pos, "Give it a name of its own.",
					"WITH names %.*s, as a query around it does",
					DBN_TEXT_ARG(c->name));
	return false;
}

/* All are known at once: SQLite lets an earlier one name a later one, and what it
 * would then mean must not silently become a table. */
static bool
declare(dbn_sql_resolver *r, const dbn_sql_with *w, struct dbn_sql_env *env)
{
	for (uint32_t i = 0; i < w->nctes; i++) {
		dbn_sql_cte *c = w->ctes[i];
		uint64_t h = dbn_hash_name(c->name, 0);

		for (uint32_t k = dbn_index_first(&env->names, h); k != DBN_INDEX_END;
			k = dbn_index_next(&env->names, k))
			if (dbn_sql_same_name(r->d, w->ctes[k]->name, c->name))
				return dbn_sql__rfail(r, c->pos, NULL, "WITH names %.*s twice",
					DBN_TEXT_ARG(c->name));
		if (hides_other(r, c, h, env->outer))
			return false;
		if (!dbn_index_add(&env->names, r->a, h))
			return dbn_sql__rnomem(r);
		env->ctes[i].cte = c;
		env->ctes[i].state = -1;
	}
	return true;
}

bool
dbn_sql__rwith(dbn_sql_resolver *r, struct dbn_sql_scope *outer, dbn_sql_with *w)
{
	struct dbn_sql_env *env = dbn_arena_zalloc(r->a, sizeof(*env));

	if (!env || !(env->ctes = dbn_arena_array(r->a, w->nctes, sizeof(*env->ctes))))
		return dbn_sql__rnomem(r);
	env->outer = r->env;
	env->done_only = !w->recursive && r->d->id != DBN_DIALECT_SQLITE; /* which needs no word */
	r->env = env;
	if (!declare(r, w, env))
		return false;
	for (uint32_t i = 0; i < w->nctes; i++) {
		env->ctes[i].state = 0;
		if (!dbn_sql__rquery(r, outer, w->ctes[i]->query, &env->ctes[i]))
			return false;
		env->ctes[i].state = 2;
	}
	return true;
}
