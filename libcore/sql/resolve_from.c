/* SPDX-License-Identifier: MIT */
/*
 * What is special about single from-items: functions, column names behind an alias,
 * rows that are locked.
 */
#include <string.h>

#include "sql/resolver.h"

/* ---- functions ---- */

static dbn_type
column_type(const dbn_sql_table_func *t, uint32_t i, const dbn_sql_expr *e)
{
	dbn_type type = t->ncols ? t->types[i] : t->fact.type;

	/* generate_series() gives what it is given. */
	if (type == DBN_NULL && !strcmp(t->fact.name, "generate_series") && e->nargs &&
		e->args[0]->type == e->args[1]->type)
		return e->args[0]->type;
	return type;
}

/* ---- generate_series(): free where it is short whatever comes ---- */

#define SHORT_SERIES 100000
static const dbn_sql_func_fact short_series = { "generate_series", DBN_FN_LISTED | DBN_FN_PURE, 2, 3,
	0, DBN_INT64 };

static bool
int_of(const dbn_sql_expr *e, int64_t *v)
{
	bool minus = e->kind == DBN_X_UNARY && e->op == DBN_OP_NEG;

	if (minus)
		e = e->args[0];
	if (e->kind != DBN_X_LITERAL || e->value.type != DBN_INT64 || e->value.u.i64 > INT32_MAX ||
		e->value.u.i64 < -INT32_MAX)
		return false;
	*v = minus ? -e->value.u.i64 : e->value.u.i64;
	return true;
}

static bool
is_short(const dbn_sql_expr *e)
{
	int64_t from, to, step = 1;

	if (!int_of(e->args[0], &from) || !int_of(e->args[1], &to) || (e->nargs > 2 &&
		!int_of(e->args[2], &step)))
		return false;
	return step == 0 || (to - from) / step < SHORT_SERIES;
}

static bool
add_column(dbn_sql_resolver *r, dbn_sql_from *f, size_t *cap, dbn_text name, dbn_type type)
{
	if (f->ncols >= DBN_SQL_MAX_COLUMNS)
		return dbn_sql__rlimit(r, f->pos, "too many columns of functions: the limit is 2000");
	if (!dbn_arena_grow(r->a, &f->cols, cap, (size_t)f->ncols + 1, sizeof(*f->cols)))
		return dbn_sql__rnomem(r);
	f->cols[f->ncols++] = (dbn_sql_outcol){ .name = name, .type = type };
	return true;
}

static bool
one_function(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_from *f, dbn_sql_expr *e,
	size_t *cap)
{
	const dbn_sql_table_func *t = dbn_sql_table_function(r->d, e->text);
	uint32_t n = 1;
	dbn_text name;

	if (!t)
		return dbn_sql__rfail(r, e->pos, "Its columns are not known here.",
			"the function %.*s() in FROM", DBN_TEXT_ARG(e->text));
	if (e->call && (e->call->distinct || e->call->star || e->call->filter || e->call->over))
		return dbn_sql__rfail(r, e->pos, NULL, "DISTINCT, *, FILTER or OVER of a function in FROM");
	if ((int)e->nargs < t->fact.min_args || (int)e->nargs > t->fact.max_args)
		return dbn_sql__rfail(r, e->pos, NULL, "wrong number of arguments to %s()", t->fact.name);
	for (uint32_t i = 0; i < e->nargs; i++)
		if (!dbn_sql__rexpr(r, sc, &e->args[i]) || !dbn_sql__no_groups(r, sc, e->args[i], "FROM"))
			return false;
	if (!dbn_sql__note_table_function(r, e, !strcmp(t->fact.name, "generate_series") && is_short(e)
		? &short_series : &t->fact))
		return false;
	if (t->ncols)
		n = t->ncols;
	else if (!strcmp(t->fact.name, "unnest"))
		n = e->nargs; /* side by side */
	for (uint32_t i = 0; i < n; i++) {
		name = dbn_text_z(t->ncols ? t->cols[i] : t->fact.name);
		/* One column without a name of its own is called as the alias is. */
		if (!t->ncols && n == 1 && f->nfuncs == 1 && f->alias.len)
			name = f->alias;
		if (!add_column(r, f, cap, name, column_type(t, i, e)))
			return false;
	}
	return true;
}

bool
dbn_sql__rfunctions(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_from *f)
{
	size_t cap = 0;

	r->out->flags |= DBN_SQL_SUBQUERIES;
	f->cols = NULL;
	f->ncols = 0;
	for (uint32_t i = 0; i < f->nfuncs; i++)
		if (!one_function(r, sc, f, f->funcs[i], &cap))
			return false;
	if ((f->flags & DBN_FF_ORDINALITY) && !add_column(r, f, &cap, DBN_TEXT_LIT("ordinality"),
		DBN_INT64))
		return false;
	if (!f->name.name.len)
		f->name.name = f->funcs[0]->text; /* what it is called without an alias */
	return true;
}

/* ---- names behind an alias ---- */

bool
dbn_sql__rnames(dbn_sql_resolver *r, dbn_sql_from *f)
{
	uint32_t n = dbn_sql_from_ncols(f), given = 0;
	dbn_sql_outcol c;
	dbn_text *names;

	if (!f->ncolumns)
		return true;
	names = dbn_arena_array(r->a, (size_t)n + 1, sizeof(*names));
	if (!names)
		return dbn_sql__rnomem(r);
	f->names = NULL;
	for (uint32_t i = 0; i < n && dbn_sql_from_col(f, i, &c); i++) {
		bool hidden = f->kind == DBN_FROM_RELATION && (f->rel->columns[i].flags & DBN_COL_HIDDEN);

		names[i] = !hidden && given < f->ncolumns ? f->columns[given++] : c.name;
	}
	if (given < f->ncolumns || (r->d->id == DBN_DIALECT_MYSQL && f->ncolumns != n))
		return dbn_sql__rfail(r, f->pos, NULL, "%.*s has other columns than the %u that are named",
			DBN_TEXT_ARG(f->alias), f->ncolumns);
	f->names = names;
	return true;
}

/* ---- FOR UPDATE ---- */

static bool
lock_one(dbn_sql_resolver *r, dbn_sql_lock *l, dbn_sql_from *f, size_t *cap)
{
	if (f->kind != DBN_FROM_RELATION)
		return dbn_sql__rfail(r, l->pos, "Name the tables with OF.",
			"FOR UPDATE over anything but tables: what it locks there depends on the plan");
	if (f->rel->kind != DBN_REL_TABLE)
		return dbn_sql__rfail(r, l->pos, "Lock the tables behind it.",
			"FOR UPDATE over \"%.*s\", which is no table", DBN_TEXT_ARG(f->rel->name.name));
	if (!dbn_arena_grow(r->a, &l->items, cap, (size_t)l->nitems + 1, sizeof(*l->items)))
		return dbn_sql__rnomem(r);
	l->items[l->nitems++] = f;
	f->flags |= DBN_FF_LOCKED;
	r->out->uses[f->id - 1].actions |= DBN_ACT_READ;
	r->out->flags |= DBN_SQL_LOCKS;
	return true;
}

static bool
lock_named(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_lock *l, size_t *cap)
{
	for (uint32_t i = 0; i < l->nnames; i++) {
		dbn_sql_from *found = NULL;

		for (size_t k = 0; k < sc->nsrcs && !found; k++)
			if (dbn_sql_same_name(r->d, sc->srcs[k].name, l->names[i]))
				found = sc->srcs[k].f;
		if (!found)
			return dbn_sql__rfail(r, l->pos, "OF takes what FROM calls the table.",
				"no such table in FROM: %.*s", DBN_TEXT_ARG(l->names[i]));
		if (!lock_one(r, l, found, cap))
			return false;
	}
	return true;
}

bool
dbn_sql__rlocks(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_query *q)
{
	const dbn_sql_core *c = q->cores[0];

	if (!q->nlocks)
		return true;
	if (q->ncores != 1 || c->kind != DBN_CORE_SELECT || c->distinct || c->ngroup || c->having)
		return dbn_sql__rfail(r, q->locks[0].pos, "Lock the rows in a query of their own.",
			"FOR UPDATE with set operations, VALUES, DISTINCT, GROUP BY or HAVING");
	for (uint32_t i = 0; i < q->nlocks; i++) {
		dbn_sql_lock *l = &q->locks[i];
		size_t cap = 0;

		l->items = NULL;
		l->nitems = 0;
		if (l->nnames && !lock_named(r, sc, l, &cap))
			return false;
		for (size_t k = 0; !l->nnames && k < sc->nsrcs; k++)
			if (!lock_one(r, l, sc->srcs[k].f, &cap))
				return false;
	}
	return true;
}
