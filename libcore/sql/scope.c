/* SPDX-License-Identifier: MIT */
/*
 * What names can be seen where: from-items, joins with USING and NATURAL,
 * columns, aliases of outputs, rowid.
 */
#include <string.h>

#include "sql/resolver.h"

#define MAX_COPIED 200000       /* nodes that aliases may multiply into */

/* ---- from-items ---- */

bool
dbn_sql__add_src(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_from *f, bool excluded)
{
	struct dbn_sql_src *s;

	if (!dbn_arena_grow(r->a, &sc->srcs, &sc->srcs_cap, sc->nsrcs + 1, sizeof(*sc->srcs)))
		return dbn_sql__rnomem(r);
	s = &sc->srcs[sc->nsrcs++];
	memset(s, 0, sizeof(*s));
	s->f = f;
	s->excluded = excluded;
	s->name = f->alias.len ? f->alias : f->name.name;
	if (excluded)
		s->name = DBN_TEXT_LIT("excluded");
	return true;
}

/* Is it the table of that schema, under its own name? */
static bool
in_schema(const dbn_sql_resolver *r, const dbn_sql_from *f, const dbn_sql_name *full)
{
	const dbn_sql_name *own = f->rel ? &f->rel->name : &f->name;

	if (f->kind != DBN_FROM_RELATION || f->alias.len)
		return false;
	if (full->database.len && !dbn_sql_same_table(r->d, full->database, own->database))
		return false;
	return dbn_sql_same_table(r->d, full->schema, own->schema) ||
		dbn_sql_same_table(r->d, full->schema, f->name.schema);
}

bool
dbn_sql__is_called(const dbn_sql_resolver *r, const struct dbn_sql_src *s, dbn_text qual)
{
	if (r->full && !in_schema(r, s->f, r->full))
		return false;
	return dbn_sql_same_name(r->d, s->name, qual) ||
		(s->also.len && dbn_sql_same_name(r->d, s->also, qual));
}

static bool
is_merged(const struct dbn_sql_src *s, uint32_t ordinal)
{
	return dbn_sql_bit(s->merged, ordinal);
}

/* The column of that name in one from-item; UINT32_MAX: none, *again: two. */
static uint32_t
find_in(const dbn_sql_dialect *d, const dbn_sql_from *f, dbn_text name, bool *again)
{
	uint32_t found = UINT32_MAX, n = dbn_sql_from_ncols(f);
	const dbn_sql_outcol *cols = f->kind == DBN_FROM_CTE ? f->cte->query->cols
		: f->kind == DBN_FROM_FUNCTION ? f->cols : f->kind == DBN_FROM_QUERY ? f->query->cols
		: NULL;

	*again = false;
	for (uint32_t i = 0; i < n; i++) {
		dbn_text own = f->names ? f->names[i] : cols ? cols[i].name : f->rel->columns[i].name;

		if (own.len != name.len || !dbn_sql_same_name(d, own, name))
			continue;
		if (found != UINT32_MAX)
			*again = true;
		else
			found = i;
	}
	return found;
}

struct found {
	struct dbn_sql_src *src;
	uint32_t ordinal, n;        /* n: how many there are */
	uint32_t tables;            /* from-items that were looked into */
	struct dbn_sql_src *table;  /* the last of them */
};

static void
find_range(dbn_sql_resolver *r, struct dbn_sql_scope *sc, size_t lo, size_t hi, dbn_text qual,
	dbn_text name, struct found *out)
{
	bool again;

	memset(out, 0, sizeof(*out));
	for (size_t i = lo; i < hi && i < sc->nsrcs; i++) {
		struct dbn_sql_src *s = &sc->srcs[i];
		uint32_t k;

		if (qual.len ? !dbn_sql__is_called(r, s, qual) : s->excluded)
			continue;
		out->tables++;
		out->table = s;
		k = find_in(r->d, s->f, name, &again);
		r->work += dbn_sql_from_ncols(s->f);
		if (k == UINT32_MAX || (!qual.len && is_merged(s, k)))
			continue;
		out->src = s;
		out->ordinal = k;
		out->n += again ? 2 : 1;
	}
}

/* ---- joins ---- */

bool
dbn_sql__is_hidden(const dbn_sql_from *f, uint32_t k)
{
	return f->kind == DBN_FROM_RELATION && (f->rel->columns[k].flags & DBN_COL_HIDDEN);
}

static bool
ambiguous(dbn_sql_resolver *r, uint32_t pos, dbn_text name)
{
	return dbn_sql__rfail(r, pos, "Put the table before it: t.x.",
		"ambiguous column name: %.*s",
		DBN_TEXT_ARG(name));
}

dbn_sql_expr *
dbn_sql__plain_ref(dbn_sql_resolver *r, dbn_sql_from *f, uint32_t ordinal, uint32_t pos)
{
	dbn_sql_expr *e;

	if (!dbn_sql__mark_read(r, f, ordinal))
		return NULL;
	e = dbn_sql_column_ref(r->a, f, ordinal);
	if (!e)
		dbn_sql__rnomem(r);
	else
		e->pos = pos;
	return e;
}

dbn_sql_expr *
dbn_sql__ref(dbn_sql_resolver *r, const struct dbn_sql_scope *sc, dbn_sql_from *f, uint32_t ordinal,
	uint32_t pos)
{
	dbn_sql_expr *e;

	for (size_t i = sc->nmerges; i > 0; i--) {
		if (sc->merges[i - 1].f == f && sc->merges[i - 1].ordinal == ordinal)
			return dbn_sql__copy(r, sc->merges[i - 1].expr, &e) ? e : NULL;
	}
	return dbn_sql__plain_ref(r, f, ordinal, pos);
}

/* One column that both sides share: ON left = right, seen once. */
static bool
merge_column(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_from *j, size_t lo, size_t mid,
	size_t hi, dbn_text name)
{
	const dbn_text none = { NULL, 0 };
	struct found l, rt;
	dbn_sql_expr *le, *re, *both;

	find_range(r, sc, lo, mid, none, name, &l);
	find_range(r, sc, mid, hi, none, name, &rt);
	if (l.n == 0 || rt.n == 0)
		return dbn_sql__rfail(r, j->pos, NULL,
			"the column %.*s of USING is not on both sides of the join",
			DBN_TEXT_ARG(name));
	if (l.n > 1 || rt.n > 1)
		return ambiguous(r, j->pos, name);
	le = dbn_sql__ref(r, sc, l.src->f, l.ordinal, j->pos);
	re = dbn_sql__ref(r, sc, rt.src->f, rt.ordinal, j->pos);
	j->on = dbn_sql_and(r->a, j->on, dbn_sql_compare(r->a, DBN_OP_EQ, le, re));
	if (!le || !re || !j->on)
		return dbn_sql__rnomem(r);
	if (j->join == DBN_JOIN_RIGHT || j->join == DBN_JOIN_FULL) {
		if (!dbn_arena_grow(r->a, &sc->merges, &sc->merges_cap, sc->nmerges + 1,
			sizeof(*sc->merges)) || !dbn_sql__copy(r, le, &le) || !dbn_sql__copy(r,
			re, &re))
			return dbn_sql__rnomem(r);
		if (j->join == DBN_JOIN_RIGHT && r->d->id == DBN_DIALECT_POSTGRES)
			both = re; /* equal is not the same: 1.0 and 1.00 */
		else
			both = dbn_sql_func(r->a, "coalesce", 2, le, re);
		if (!both)
			return dbn_sql__rnomem(r);
		if (both != re)
			both->type = le->type == re->type ? le->type : (dbn_type)DBN_NULL;
		both->pos = j->pos;
		sc->merges[sc->nmerges++] = (struct dbn_sql_merge){ l.src->f, l.ordinal, both };
	}
	if (!rt.src->merged) {
		rt.src->merged = dbn_arena_array(r->a, dbn_sql_from_ncols(rt.src->f) / 64 + 1,
			sizeof(uint64_t));
		if (!rt.src->merged)
			return dbn_sql__rnomem(r);
	}
	rt.src->merged[rt.ordinal / 64] |= (uint64_t)1 << (rt.ordinal % 64);
	if (!dbn_arena_grow(r->a, &sc->shared, &sc->shared_cap, sc->nshared + 1,
		sizeof(*sc->shared)))
		return dbn_sql__rnomem(r);
	sc->shared[sc->nshared++] = (struct dbn_sql_shared){ j, l.src->f, rt.src->f, l.ordinal, rt.ordinal };
	return true;
}

static bool
natural(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_from *j, size_t lo, size_t mid,
	size_t hi)
{
	const dbn_text none = { NULL, 0 };
	struct found l;
	dbn_sql_outcol c;

	for (size_t i = mid; i < hi; i++) {
		for (uint32_t k = 0; dbn_sql_from_col(sc->srcs[i].f, k, &c); k++) {
			if (is_merged(&sc->srcs[i], k) || dbn_sql__is_hidden(sc->srcs[i].f, k))
				continue;
			find_range(r, sc, lo, mid, none, c.name, &l);
			if (l.n == 1 && dbn_sql__is_hidden(l.src->f, l.ordinal))
				continue;
			if (l.n && !merge_column(r, sc, j, lo, mid, hi, c.name))
				return false;
		}
	}
	return true;
}

static void
nullable(struct dbn_sql_scope *sc, size_t lo, size_t hi)
{
	for (size_t i = lo; i < hi; i++)
		sc->srcs[i].f->flags |= DBN_FF_NULLABLE;
}

/* LATERAL sees nothing of what a RIGHT or FULL join may leave empty. */
static void
bar(struct dbn_sql_scope *sc, const dbn_sql_from *j, size_t lo, size_t hi, bool barred)
{
	if (j->join == DBN_JOIN_RIGHT || j->join == DBN_JOIN_FULL)
		for (size_t i = lo; i < hi; i++)
			sc->srcs[i].barred = barred;
}

static bool
add_join(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_from *j)
{
	size_t lo = sc->nsrcs, mid, hi, was_lo = sc->lo, was_hi = sc->hi;
	bool good;

	if (!dbn_sql__add_from(r, sc, j->left))
		return false;
	mid = sc->nsrcs;
	bar(sc, j, lo, mid, true);
	if (!dbn_sql__add_from(r, sc, j->right))
		return false;
	bar(sc, j, lo, mid, false);
	hi = sc->nsrcs;
	if (j->join == DBN_JOIN_LEFT || j->join == DBN_JOIN_FULL)
		nullable(sc, mid, hi);
	if (j->join == DBN_JOIN_RIGHT || j->join == DBN_JOIN_FULL)
		nullable(sc, lo, mid);
	if ((j->flags & DBN_FF_NATURAL) && !natural(r, sc, j, lo, mid, hi))
		return false;
	for (uint32_t i = 0; i < j->nusing; i++)
		if (!merge_column(r, sc, j, lo, mid, hi, j->using_cols[i]))
			return false;
	if ((j->flags & DBN_FF_NATURAL) || j->nusing || !j->on)
		return true;
	sc->lo = lo;
	sc->hi = hi;
	good = dbn_sql__rexpr(r, sc, &j->on) && dbn_sql__no_groups(r, sc, j->on, "ON");
	sc->lo = was_lo;
	sc->hi = was_hi;
	return good;
}

static struct dbn_sql_named *
find_cte(dbn_sql_resolver *r, const dbn_sql_from *f)
{
	uint64_t h;

	if (!r->env || f->name.schema.len || f->name.database.len)
		return NULL;
	h = dbn_hash_name(f->name.name, 0);
	for (const struct dbn_sql_env *v = r->env; v; v = v->outer) {
		r->work++;
		for (uint32_t i = dbn_index_first(&v->names, h); i != DBN_INDEX_END;
			i = dbn_index_next(&v->names, i))
			if ((v->ctes[i].state == 2 || !v->done_only) &&
				dbn_sql_same_name(r->d, v->ctes[i].cte->name, f->name.name))
				return &v->ctes[i];
	}
	return NULL;
}

static bool
add_named(dbn_sql_resolver *r, dbn_sql_from *f)
{
	struct dbn_sql_named *v = find_cte(r, f);

	if (!v)
		return dbn_sql__relation(r, f, DBN_ACT_READ);
	if (v->state < 0)
		return dbn_sql__rfail(r, f->pos, "Change the order of the list.",
			"WITH %.*s is used before it is defined", DBN_TEXT_ARG(f->name.name));
	if (v->state == 0)
		return dbn_sql__rfail(r, f->pos,
			"A recursive WITH reads itself behind UNION or UNION ALL only.",
			"circular reference: %.*s", DBN_TEXT_ARG(f->name.name));
	if (v->state == 1) {
		v->cte->recursive = 1;
		r->out->flags |= DBN_SQL_RECURSIVE;
	}
	f->kind = DBN_FROM_CTE;
	f->cte = v->cte;
	return true;
}

/* What was said of how it is read. */
static bool
scan(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_from *f)
{
	if (f->kind == DBN_FROM_CTE && ((f->flags & DBN_FF_ONLY) || f->scan))
		return dbn_sql__rfail(r, f->pos, NULL,
			"ONLY, TABLESAMPLE, PARTITION or an index hint with the name of a WITH");
	if (!f->scan)
		return true;
	if (f->scan->sample)
		r->out->flags |= DBN_SQL_VOLATILE;
	return dbn_sql__rexpr(r, sc, &f->scan->sample) && dbn_sql__rexpr(r, sc, &f->scan->seed);
}

bool
dbn_sql__add_from(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_from *f)
{
	bool good;

	if (!dbn_sql__down(r, f->pos))
		return false;
	switch (f->kind) {
	case DBN_FROM_JOIN: good = add_join(r, sc, f); break;
	case DBN_FROM_QUERY:
		r->out->flags |= DBN_SQL_SUBQUERIES;
		good = dbn_sql__rquery(r, f->flags & DBN_FF_LATERAL ? sc : sc->outer, f->query, NULL) &&
			dbn_sql__unique_names(r, f->query) && dbn_sql__rnames(r, f) &&
			dbn_sql__add_src(r, sc, f, false);
		break;
	case DBN_FROM_FUNCTION:
		good = dbn_sql__rfunctions(r, sc, f) && dbn_sql__rnames(r, f) &&
			dbn_sql__add_src(r, sc, f, false);
		break;
	default:
		good = add_named(r, f) && scan(r, sc, f) && dbn_sql__rnames(r, f) &&
			dbn_sql__add_src(r, sc, f, false);
		break;
	}
	r->depth--;
	return good;
}

/* ---- columns ---- */

static dbn_status
count_node(dbn_sql_expr **e, void *user)
{
	uint32_t *left = user;

	(void)e;
	if (*left == 0)
		return DBN_E_LIMIT;
	--*left;
	return DBN_OK;
}

bool
dbn_sql__copy(dbn_sql_resolver *r, const dbn_sql_expr *e, dbn_sql_expr **out)
{
	uint32_t left = MAX_COPIED - r->copied;
	dbn_sql_visitor v = { .expr = count_node, .user = &left };
	dbn_sql_expr *was;

	memcpy(&was, &e, sizeof(was));
	if (dbn_sql_walk_expr(&was, &v) != DBN_OK)
		return dbn_sql__rlimit(r, e->pos, "aliases stand for too many expressions");
	r->copied = MAX_COPIED - left;
	*out = dbn_sql_expr_copy(r->a, e);
	return *out || dbn_sql__rnomem(r);
}

static bool
is_rowid(const dbn_sql_dialect *d, dbn_text name)
{
	return (d->flags & DBN_SQL_ROWID) && (dbn_text_ieqz(name, "rowid") ||
		dbn_text_ieqz(name, "oid") || dbn_text_ieqz(name, "_rowid_"));
}

/* The column that rowid is another name of. */
static bool
rowid_column(dbn_sql_resolver *r, const dbn_sql_relation *rel, dbn_text name, uint32_t pos,
	uint32_t *ordinal)
{
	for (uint32_t i = 0; i < rel->ncolumns; i++) {
		if ((rel->columns[i].flags & DBN_COL_IDENTITY) && rel->columns[i].key_part == 1 &&
			rel->nkey <= 1) {
			*ordinal = i;
			return true;
		}
	}
	return dbn_sql__rfail(r, pos, "Declare an INTEGER PRIMARY KEY and name that.",
		"%.*s of a table without an INTEGER PRIMARY KEY", DBN_TEXT_ARG(name));
}

bool
dbn_sql__find_column(dbn_sql_resolver *r, const dbn_sql_relation *rel, dbn_text name, uint32_t pos,
	uint32_t *ordinal)
{
	for (uint32_t i = 0; i < rel->ncolumns; i++) {
		if (dbn_sql_same_name(r->d, rel->columns[i].name, name)) {
			*ordinal = i;
			return true;
		}
	}
	if (is_rowid(r->d, name))
		return rowid_column(r, rel, name, pos, ordinal);
	return dbn_sql__rfail(r, pos, NULL, "no such column: %.*s", DBN_TEXT_ARG(name));
}

static bool
bind(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_expr **ep, const struct found *f)
{
	dbn_sql_expr *e = *ep;
	dbn_sql_outcol c;

	if (!e->qual.len && sc->nmerges) {
		dbn_sql_expr *n = dbn_sql__ref(r, sc, f->src->f, f->ordinal, e->pos);

		if (!n)
			return false;
		if (n->kind != DBN_X_COLUMN || n->from != f->src->f || n->index != f->ordinal) {
			*ep = n;
			return true;
		}
	}
	e->from = f->src->f;
	e->index = f->ordinal;
	if (dbn_sql_from_col(f->src->f, f->ordinal, &c))
		e->type = c.type;
	if (f->src->excluded) {
		e->flags |= DBN_XF_EXCLUDED;
		return true;
	}
	return dbn_sql__mark_read(r, f->src->f, f->ordinal);
}

static const dbn_sql_item *
find_alias(const dbn_sql_resolver *r, const struct dbn_sql_scope *sc, const dbn_sql_expr *e)
{
	if (e->qual.len || !(sc->aliases & r->d->flags))
		return NULL;
	for (uint32_t i = 0; i < sc->nitems; i++)
		if (sc->items[i].alias.len && dbn_sql_same_name(r->d, sc->items[i].alias, e->text))
			return &sc->items[i];
	return NULL;
}

/* An output's alias in WHERE, GROUP BY, HAVING or ORDER BY: 0: none of that name. */
static int
bind_alias(dbn_sql_resolver *r, const struct dbn_sql_scope *sc, dbn_sql_expr **ep)
{
	const dbn_sql_item *it = find_alias(r, sc, *ep);

	if (!it)
		return 0;
	if (sc->ordering && dbn_sql__has_aggregate(r, it->expr)) {
		dbn_sql__rfail(r, (*ep)->pos, "Spell the aggregate out, or sort by it alone.",
			"an expression of ORDER BY over the aggregate %.*s", DBN_TEXT_ARG(it->alias));
		return -1;
	}
	return dbn_sql__copy(r, it->expr, ep) ? 1 : -1;
}

/* MySQL: in HAVING an alias may stand before a column of that name, or not. */
static bool
doubtful(const dbn_sql_resolver *r, const struct dbn_sql_scope *sc, const dbn_sql_expr *e,
	const struct found *f)
{
	const dbn_sql_item *it;

	if (!(r->d->flags & DBN_SQL_MY_PRECEDENCE) || sc->aliases != DBN_SQL_ALIAS_IN_HAVING ||
		sc->ordering)
		return false;
	it = find_alias(r, sc, e);
	return it && (it->expr->kind != DBN_X_COLUMN || it->expr->from != f->src->f ||
		it->expr->index != f->ordinal);
}

static int
bind_rowid(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_expr **ep, struct found *f)
{
	dbn_sql_expr *e = *ep;

	if (f->tables != 1 || !is_rowid(r->d, e->text) || f->table->f->kind != DBN_FROM_RELATION)
		return 0;
	f->src = f->table;
	if (!rowid_column(r, f->table->f->rel, e->text, e->pos, &f->ordinal))
		return -1;
	return bind(r, sc, ep, f) ? 1 : -1;
}

bool
dbn_sql__column(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_expr **ep)
{
	dbn_sql_expr *e = *ep;
	struct found f;
	int k;

	for (; sc; sc = sc->outer) {
		r->full = e->full;
		find_range(r, sc, sc->lo, sc->hi, e->qual, e->text, &f);
		r->full = NULL;
		if (r->work > DBN_SQL_MAX_WORK)
			return dbn_sql__rlimit(r, e->pos, "the statement names too much");
		if (f.n > 1)
			return ambiguous(r, e->pos, e->text);
		if (f.n == 1 && f.src->barred)
			return dbn_sql__rfail(r, e->pos, "Turn the join round: LEFT JOIN LATERAL.",
				"LATERAL that reads %.*s, to the left of its RIGHT or FULL join",
				DBN_TEXT_ARG(f.src->name));
		if (f.n == 1 && doubtful(r, sc, e, &f))
			return ambiguous(r, e->pos, e->text);
		if (f.n == 1 && !dbn_sql__having_sees(r, sc, f.src->f, f.ordinal))
			return dbn_sql__rfail(r, e->pos, "Ask for it in WHERE, or group by it.",
				"HAVING with the column %.*s, which is not grouped",
				DBN_TEXT_ARG(e->text));
		if (f.n == 1)
			return bind(r, sc, ep, &f);
		k = bind_rowid(r, sc, ep, &f);
		if (k == 0)
			k = bind_alias(r, sc, ep);
		if (k != 0)
			return k > 0;
	}
	return dbn_sql__rfail(r, e->pos,
		(e->flags & DBN_XF_QUOTED) && r->d->id != DBN_DIALECT_MYSQL
			? "Text stands in single quotes: 'x'." : NULL,
		"no such column: %.*s%s%.*s", DBN_TEXT_ARG(e->qual), e->qual.len ? "." : "",
		DBN_TEXT_ARG(e->text));
}
