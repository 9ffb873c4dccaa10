/* SPDX-License-Identifier: MIT */
/*
 * What * stands for.  Over joins with USING or NATURAL it begins, elsewhere than on
 * SQLite, with the columns that the outermost of them has joined, then comes what is
 * left of each side, which may be such a join again.
 */
#include <string.h>

#include "sql/resolver.h"

struct entry {
	dbn_sql_from *f;
	uint32_t ordinal;
	bool gone;                  /* it is shown by another one */
};

/* A stretch of the list. */
struct part {
	size_t at, n;
};

struct list {
	dbn_sql_resolver *r;
	const struct dbn_sql_scope *sc;
	uint32_t pos;
	struct entry *items;
	size_t n, cap;
};

static bool
put(struct list *l, dbn_sql_from *f, uint32_t ordinal)
{
	if (++l->r->shown > DBN_SQL_MAX_SHOWN)
		return dbn_sql__rlimit(l->r, l->pos, "* stands for too many columns");
	if (!dbn_arena_grow(l->r->a, &l->items, &l->cap, l->n + 1, sizeof(*l->items)))
		return dbn_sql__rnomem(l->r);
	l->items[l->n++] = (struct entry){ f, ordinal, false };
	return true;
}

static struct entry *
find(struct list *l, struct part p, const dbn_sql_from *f, uint32_t ordinal)
{
	for (size_t i = p.at; i < p.at + p.n; i++)
		if (l->items[i].f == f && l->items[i].ordinal == ordinal && !l->items[i].gone)
			return &l->items[i];
	return NULL;
}

static const struct dbn_sql_shared *
of_join(const struct dbn_sql_scope *sc, const dbn_sql_from *j, const struct entry *e, bool right)
{
	const struct dbn_sql_shared *s = sc->shared;

	while (s->join != j || (right ? s->right != e->f || s->right_ordinal != e->ordinal
		: s->f != e->f || s->ordinal != e->ordinal))
		s++; /* it is there: it was found by it */
	return s;
}

/* The columns that the join has made of two, in front of the rest: NATURAL in the order
 * of its first side, USING as it is written. */
static bool
shared(struct list *l, const dbn_sql_from *j, struct part left, struct part right, bool swapped)
{
	const struct dbn_sql_scope *sc = l->sc;
	const struct dbn_sql_shared *s;
	size_t *places, n = 0;

	places = dbn_arena_array(l->r->a, sc->nshared, sizeof(*places));
	if (!places)
		return dbn_sql__rnomem(l->r);
	for (size_t i = 0; i < sc->nshared; i++) {
		struct entry *a, *b;
		size_t k = n;

		s = &sc->shared[i];
		if (s->join != j || !(a = find(l, left, s->f, s->ordinal)) ||
			!(b = find(l, right, s->right, s->right_ordinal)))
			continue;
		a->gone = b->gone = true;
		if (swapped)
			a = b;
		for (; (j->flags & DBN_FF_NATURAL) && k && places[k - 1] > (size_t)(a - l->items); k--)
			places[k] = places[k - 1];
		places[k] = (size_t)(a - l->items);
		n++;
	}
	for (size_t i = 0; i < n; i++) {
		const struct entry *e = &l->items[places[i]];

		s = of_join(sc, j, e, swapped);
		if (!put(l, s->f, s->ordinal))
			return false;
	}
	return true;
}

static bool
rest(struct list *l, struct part p)
{
	for (size_t i = p.at; i < p.at + p.n; i++)
		if (!l->items[i].gone && !put(l, l->items[i].f, l->items[i].ordinal))
			return false;
	return true;
}

/* What a part of FROM shows; it stands behind what it was made of, which is not looked
 * at again. */
static bool
expand(struct list *l, dbn_sql_from *f, struct part *out)
{
	/* MySQL makes a LEFT of a RIGHT JOIN, with the tables the other way round. */
	bool swapped = f->kind == DBN_FROM_JOIN && f->join == DBN_JOIN_RIGHT &&
		l->r->d->id == DBN_DIALECT_MYSQL && (f->nusing || (f->flags & DBN_FF_NATURAL));
	struct part left, right;
	size_t start = l->n;
	bool good;

	if (f->kind != DBN_FROM_JOIN) {
		for (uint32_t k = 0; k < dbn_sql_from_ncols(f); k++)
			if (!dbn_sql__is_hidden(f, k) && !put(l, f, k))
				return false;
		*out = (struct part){ start, l->n - start };
		return true;
	}
	if (!dbn_sql__down(l->r, f->pos))
		return false;
	good = expand(l, f->left, &left) && expand(l, f->right, &right);
	start = l->n;
	good = good && shared(l, f, left, right, swapped) && rest(l, swapped ? right : left) &&
		rest(l, swapped ? left : right);
	*out = (struct part){ start, l->n - start };
	l->r->depth--;
	return good;
}

typedef bool each_fn(dbn_sql_resolver *r, dbn_sql_expr *e, dbn_text name, void *user);

static bool
show(struct list *l, dbn_sql_from *f, uint32_t ordinal, bool plain, each_fn *each, void *user)
{
	dbn_sql_expr *e = plain ? dbn_sql__plain_ref(l->r, f, ordinal, l->pos)
		: dbn_sql__ref(l->r, l->sc, f, ordinal, l->pos);
	dbn_sql_outcol c;

	return e && dbn_sql_from_col(f, ordinal, &c) && each(l->r, e, c.name, user);
}

/* All of it, over joins with USING or NATURAL. */
static bool
joined(struct list *l, each_fn *each, void *user)
{
	struct part all;

	for (size_t i = 0; i < l->sc->nsrcs; i++) { /* the table that is written, beside them */
		dbn_sql_from *f = l->sc->srcs[i].f;

		if (!(f->flags & DBN_FF_TARGET))
			continue;
		if (!expand(l, f, &all))
			return false;
		for (size_t k = 0; k < all.n; k++)
			if (!show(l, f, l->items[all.at + k].ordinal, false, each, user))
				return false;
	}
	if (!expand(l, l->sc->from, &all))
		return false;
	for (size_t k = 0; k < all.n; k++)
		if (!show(l, l->items[all.at + k].f, l->items[all.at + k].ordinal, false, each, user))
			return false;
	return true;
}

/* One from-item after the other. */
static bool
in_turn(struct list *l, const dbn_sql_expr *star, each_fn *each, void *user, bool *any, bool *given)
{
	dbn_sql_outcol c;

	for (size_t i = 0; i < l->sc->nsrcs; i++) {
		const struct dbn_sql_src *s = &l->sc->srcs[i];
		bool is;

		l->r->full = star->full;
		is = star->qual.len ? dbn_sql__is_called(l->r, s, star->qual) : !s->excluded;
		l->r->full = NULL;
		if (!is)
			continue;
		*any = true;
		for (uint32_t k = 0; dbn_sql_from_col(s->f, k, &c); k++) {
			if ((!star->qual.len && dbn_sql_bit(s->merged, k)) || dbn_sql__is_hidden(s->f, k))
				continue;
			if (++l->r->shown > DBN_SQL_MAX_SHOWN)
				return dbn_sql__rlimit(l->r, star->pos, "* stands for too many columns");
			if (!show(l, s->f, k, star->qual.len != 0, each, user))
				return false;
			*given = true;
		}
	}
	return true;
}

bool
dbn_sql__star(dbn_sql_resolver *r, struct dbn_sql_scope *sc, const dbn_sql_expr *star, each_fn *each,
	void *user)
{
	struct list l = { .r = r, .sc = sc, .pos = star->pos };
	bool any = false, given = false;

	if (sc->nshared && sc->from && !star->qual.len && r->d->id != DBN_DIALECT_SQLITE)
		return joined(&l, each, user);
	if (!in_turn(&l, star, each, user, &any, &given))
		return false;
	if (given)
		return true;
	if (any)
		return dbn_sql__rfail(r, star->pos, "The policy may hide all of them.",
			"* stands for no column");
	if (star->qual.len)
		return dbn_sql__rfail(r, star->pos, NULL, "no such table: %.*s",
			DBN_TEXT_ARG(star->qual));
	return dbn_sql__rfail(r, star->pos, NULL, "a * without FROM");
}
