/* SPDX-License-Identifier: MIT */
/*
 * INSERT, UPDATE and DELETE: the columns that are written, what ON CONFLICT and
 * RETURNING see.
 */
#include <string.h>

#include "base/str.h"
#include "sql/resolver.h"
#include "value/room.h"

static bool
written(dbn_sql_resolver *r, dbn_sql_stmt *s, dbn_sql_target *t, uint32_t action)
{
	const dbn_sql_relation *rel = s->target->rel;
	const dbn_sql_from *f = s->target;

	if (t->qual.len && !dbn_sql_same_table(r->d, t->qual, f->alias.len ? f->alias : f->name.name))
		return dbn_sql__rfail(r, t->pos, NULL, "%.*s is not the table that is written",
			DBN_TEXT_ARG(t->qual));
	if (!dbn_sql__find_column(r, rel, t->name, t->pos, &t->ordinal))
		return false;
	if (rel->columns[t->ordinal].flags & DBN_COL_GENERATED)
		return dbn_sql__rfail(r, t->pos, "The database computes it.",
			"the column %.*s is generated", DBN_TEXT_ARG(t->name));
	dbn_sql__mark_write(r, s->target, action, t->ordinal);
	return true;
}

static bool
twice(dbn_sql_resolver *r, uint64_t *seen, const dbn_sql_target *t)
{
	if (dbn_sql_bit(seen, t->ordinal))
		return dbn_sql__rfail(r, t->pos, NULL, "the column %.*s is written twice",
			DBN_TEXT_ARG(t->name));
	seen[t->ordinal / 64] |= (uint64_t)1 << (t->ordinal % 64);
	return true;
}

static uint64_t *
bits(dbn_sql_resolver *r, const dbn_sql_stmt *s)
{
	uint64_t *b = dbn_arena_array(r->a, s->target->rel->ncolumns / 64 + 1, sizeof(uint64_t));

	if (!b)
		dbn_sql__rnomem(r);
	return b;
}

static bool
is_number(dbn_type t)
{
	return t == DBN_INT64 || t == DBN_UINT64 || t == DBN_FLOAT || t == DBN_DOUBLE ||
		t == DBN_DECIMAL;
}

/* Servers round and cut what the declaration has no room for. */
static bool
literal_has_room(dbn_sql_resolver *r, const dbn_sql_column *c, const dbn_sql_expr *lit)
{
	const char *why;
	dbn_room room;
	dbn_value v;

	if (lit->kind != DBN_X_LITERAL || !dbn_room_of(c->declared, c->type,
			r->d->id == DBN_DIALECT_MYSQL, &room))
		return true;
	v = lit->value;
	if (dbn_value_fit(&v, c->type, r->a, "", NULL) != DBN_OK)
		return true; /* the server's to judge */
	why = dbn_room_misfit(&room, &v);
	if (!why)
		return true;
	r->status = dbn_fail_at(r->err, DBN_E_VALUE, lit->pos, NULL,
		"column %.*s (%.*s) cannot keep the value exactly: %s", DBN_TEXT_ARG(c->name),
		DBN_TEXT_ARG(c->declared), why);
	return false;
}

/* A literal that is stored fits its column exactly, as a parameter would: what the
 * database makes of another is not what was written. */
static bool
literal_fits(dbn_sql_resolver *r, const dbn_sql_column *c, const dbn_sql_expr *e)
{
	bool negative = e->kind == DBN_X_UNARY && e->op == DBN_OP_NEG;
	const dbn_sql_expr *lit = e->kind == DBN_X_UNARY && e->nargs == 1 ? e->args[0] : e;
	dbn_value v;
	char what[160];
	dbn_str name = { what, 0, sizeof what, sizeof what - 1, DBN_OK };

	if (r->d->id != DBN_DIALECT_SQLITE) /* the others refuse by themselves; most of it */
		return literal_has_room(r, c, lit);
	if (lit->kind != DBN_X_LITERAL || (lit != e && !is_number(lit->value.type)))
		return true;
	v = lit->value;
	if (is_number(v.type) && is_number(c->type) && v.type != DBN_INT64 && v.type != DBN_UINT64 &&
		c->type != DBN_INT64 && c->type != DBN_UINT64)
		return true; /* 1.5 is a decimal and a double as well */
	if (negative && v.type == DBN_INT64)
		v.u.i64 = -v.u.i64;
	dbn_str_addf(&name, "column %.*s", (int)(c->name.len > 120 ? 120 : c->name.len), c->name.ptr);
	what[dbn_utf8_valid(what, name.len)] = '\0';
	r->status = dbn_value_fit(&v, c->type, r->a, what, r->err);
	return r->status == DBN_OK;
}

/* A parameter that is stored has the type of its column. */
static bool
stored(dbn_sql_resolver *r, const dbn_sql_stmt *s, dbn_sql_expr *e, uint32_t ordinal)
{
	const dbn_sql_relation *rel = s->target->rel;

	r->storing = &rel->columns[ordinal];
	if (e->kind == DBN_X_PARAM) {
		e->type = rel->columns[ordinal].type;
		dbn_sql__param_type(r, e, e->type, rel, ordinal, false);
	} else {
		dbn_sql__expect(r, e, rel->columns[ordinal].type, rel, ordinal);
	}
	r->storing = NULL;
	return r->status == DBN_OK && (e->kind == DBN_X_PARAM || literal_fits(r, &rel->columns[ordinal], e));
}

static bool
sets(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_stmt *s, dbn_sql_set *set, uint32_t n)
{
	uint64_t *seen = bits(r, s);

	if (!seen)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t want = set[i].ncolumns, have = 1;

		for (uint32_t k = 0; k < want; k++)
			if (!written(r, s, &set[i].columns[k], DBN_ACT_UPDATE) ||
				!twice(r, seen, &set[i].columns[k]))
				return false;
		if (!dbn_sql__rexpr(r, sc, &set[i].expr) || !dbn_sql__no_groups(r, sc, set[i].expr, "SET"))
			return false;
		if (set[i].expr->kind == DBN_X_ROW)
			have = set[i].expr->nargs;
		else if (set[i].expr->kind == DBN_X_SUBQUERY)
			have = set[i].expr->query->ncols;
		if (have != want)
			return dbn_sql__rfail(r, set[i].expr->pos, NULL,
				"%u columns are set to %u values",
				want, have);
		if (want == 1 && !stored(r, s, set[i].expr, set[i].columns[0].ordinal))
			return false;
		for (uint32_t k = 0; set[i].expr->kind == DBN_X_ROW && k < want; k++)
			if (!stored(r, s, set[i].expr->args[k], set[i].columns[k].ordinal))
				return false;
	}
	return true;
}

/* seen: what the statement sees; RETURNING sees the target alone but on PostgreSQL. */
static bool
returning(dbn_sql_resolver *r, dbn_sql_stmt *s, struct dbn_sql_scope *seen)
{
	struct dbn_sql_scope sc = { .hi = SIZE_MAX };

	if (!s->nreturning)
		return true;
	if (!s->from || r->d->id != DBN_DIALECT_POSTGRES) {
		if (!dbn_sql__add_src(r, &sc, s->target, false))
			return false;
		sc.srcs[0].also = s->target->name.name;
		seen = &sc;
	}
	if (!dbn_sql__ritems(r, seen, &s->returning, &s->nreturning, &s->returning_cols))
		return false;
	for (uint32_t i = 0; i < s->nreturning; i++)
		if (!dbn_sql__no_groups(r, seen, s->returning[i].expr, "RETURNING"))
			return false;
	return true;
}

/* ---- INSERT ---- */

/* No list: the columns in their order.  PostgreSQL takes as many as there are values;
 * there and on MySQL a generated column has its place, and nothing may be stored in it. */
static bool
all_columns(dbn_sql_resolver *r, dbn_sql_stmt *s, uint32_t nvalues)
{
	const dbn_sql_relation *rel = s->target->rel;
	uint32_t skipped = DBN_COL_HIDDEN, most = UINT32_MAX;
	size_t cap = 0;

	if (r->d->id == DBN_DIALECT_SQLITE)
		skipped |= DBN_COL_GENERATED;
	else if (r->d->id == DBN_DIALECT_POSTGRES)
		most = nvalues;
	for (uint32_t i = 0; i < rel->ncolumns && s->ncolumns < most; i++) {
		if (rel->columns[i].flags & skipped)
			continue;
		if (rel->columns[i].flags & DBN_COL_GENERATED)
			return dbn_sql__rfail(r, s->target->pos, "Name the columns.",
				"a value for the column %.*s, which is generated",
				DBN_TEXT_ARG(rel->columns[i].name));
		if (!dbn_arena_grow(r->a, &s->columns, &cap, (size_t)s->ncolumns + 1,
			sizeof(*s->columns)))
			return dbn_sql__rnomem(r);
		s->columns[s->ncolumns++] = (dbn_sql_target){ .name = rel->columns[i].name,
			.ordinal = i, .pos = s->target->pos };
		dbn_sql__mark_write(r, s->target, DBN_ACT_INSERT, i);
	}
	return true;
}

static bool
insert_columns(dbn_sql_resolver *r, dbn_sql_stmt *s)
{
	uint64_t *seen = bits(r, s);

	if (!seen)
		return false;
	for (uint32_t i = 0; i < s->ncolumns; i++)
		if (!written(r, s, &s->columns[i], DBN_ACT_INSERT) || !twice(r, seen,
			&s->columns[i]))
			return false;
	return true;
}

/* What each part of the source stores where. */
static bool
stored_cores(dbn_sql_resolver *r, dbn_sql_stmt *s, dbn_sql_query *q)
{
	for (uint32_t i = 0; i < q->ncores; i++) {
		dbn_sql_core *c = q->cores[i];

		if (c->kind == DBN_CORE_QUERY) { /* as deep as it was parsed */
			if (!dbn_sql__down(r, c->pos) || !stored_cores(r, s, c->query))
				return false;
			r->depth--;
			continue;
		}

		for (uint32_t k = 0; k < s->ncolumns; k++) {
			for (uint32_t n = 0; n < c->nrows; n++)
				if (!stored(r, s, c->rows[n]->args[k], s->columns[k].ordinal))
					return false;
			if (c->kind != DBN_CORE_SELECT)
				continue;
			if (!stored(r, s, c->items[k].expr, s->columns[k].ordinal))
				return false;
			if (c->items[k].expr->kind == DBN_X_PARAM)
				c->items[k].expr->flags |= DBN_XF_CAST; /* SELECT ?: text */
		}
	}
	return true;
}

static bool
insert_source(dbn_sql_resolver *r, dbn_sql_stmt *s)
{
	dbn_sql_query *q = s->query;

	if (!dbn_sql__rquery(r, NULL, q, NULL))
		return false;
	if (!s->ncolumns && !all_columns(r, s, q->ncols))
		return false;
	if (q->ncols != s->ncolumns)
		return dbn_sql__rfail(r, q->pos, NULL, "%u values for %u columns of %.*s", q->ncols,
			s->ncolumns, DBN_TEXT_ARG(s->target->name.name));
	return stored_cores(r, s, q);
}

static bool
condition(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_expr **where)
{
	return dbn_sql__rexpr(r, sc, where) && dbn_sql__no_groups(r, sc, *where, "WHERE");
}

static bool
upsert(dbn_sql_resolver *r, dbn_sql_stmt *s, dbn_sql_upsert *u)
{
	struct dbn_sql_scope own = { .hi = SIZE_MAX }, both = { .hi = SIZE_MAX };

	if (!dbn_sql__add_src(r, &own, s->target, false) ||
		!dbn_sql__add_src(r, &both, s->target, false) ||
		!dbn_sql__add_src(r, &both, s->target, true))
		return false;
	both.srcs[1].also = s->row_alias;
	for (uint32_t i = 0; i < u->ntarget; i++)
		if (!dbn_sql__rexpr(r, &own, &u->target[i].expr))
			return false;
	if (!dbn_sql__rexpr(r, &own, &u->target_where) ||
		!dbn_sql__no_groups(r, &own, u->target_where, "WHERE"))
		return false;
	if (u->nsets && !sets(r, &both, s, u->sets, u->nsets))
		return false;
	return condition(r, &both, &u->where);
}

bool
dbn_sql__rinsert(dbn_sql_resolver *r, dbn_sql_stmt *s)
{
	if (!dbn_sql__relation(r, s->target, DBN_ACT_INSERT))
		return false;
	if (s->with && !dbn_sql__rwith(r, NULL, s->with))
		return false;
	if (!insert_columns(r, s) || (s->query && !insert_source(r, s)))
		return false;
	for (uint32_t i = 0; i < s->nupserts; i++)
		if (!upsert(r, s, &s->upserts[i]))
			return false;
	return returning(r, s, NULL);
}

/* ---- UPDATE, DELETE ---- */

/* ORDER BY and LIMIT of the rows that are written. */
static bool
limited(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_stmt *s)
{
	for (uint32_t i = 0; i < s->norder; i++)
		if (!dbn_sql__rexpr(r, sc, &s->order[i].expr) ||
			!dbn_sql__no_groups(r, sc, s->order[i].expr, "ORDER BY of a write"))
			return false;
	if (s->limit && s->limit->kind != DBN_X_PARAM && (s->limit->kind != DBN_X_LITERAL ||
		s->limit->value.type != DBN_INT64))
		return dbn_sql__rfail(r, s->limit->pos, "Bind it, or write a number.",
			"LIMIT of a write that is no number");
	return !s->limit || dbn_sql__rexpr(r, NULL, &s->limit);
}

bool
dbn_sql__rupdate(dbn_sql_resolver *r, dbn_sql_stmt *s)
{
	struct dbn_sql_scope sc = { .hi = SIZE_MAX };

	if (!dbn_sql__relation(r, s->target, DBN_ACT_UPDATE))
		return false;
	if (s->with && !dbn_sql__rwith(r, NULL, s->with))
		return false;
	return dbn_sql__add_src(r, &sc, s->target, false) &&
		(!(sc.from = s->from) || dbn_sql__add_from(r, &sc, s->from)) &&
		sets(r, &sc, s, s->sets, s->nsets) && condition(r, &sc, &s->where) &&
		limited(r, &sc, s) && returning(r, s, &sc);
}

bool
dbn_sql__rdelete(dbn_sql_resolver *r, dbn_sql_stmt *s)
{
	struct dbn_sql_scope sc = { .hi = SIZE_MAX };

	if (!dbn_sql__relation(r, s->target, DBN_ACT_DELETE))
		return false;
	if (s->with && !dbn_sql__rwith(r, NULL, s->with))
		return false;
	return dbn_sql__add_src(r, &sc, s->target, false) &&
		(!(sc.from = s->from) || dbn_sql__add_from(r, &sc, s->from)) && condition(r, &sc, &s->where) &&
		limited(r, &sc, s) && returning(r, s, &sc);
}
