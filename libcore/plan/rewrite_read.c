/* SPDX-License-Identifier: MIT */
/*
 * FROM.  A relation with rules becomes a derived table of its visible rows and
 * cells; what each from-item shows is remembered for those who read it.
 */
#include "plan/rewrite_impl.h"

dbn__item *
dbn__rw_item(const dbn__rw *rw, const dbn_sql_from *f)
{
	return f && f->id && f->id <= rw->nitems ? &rw->items[f->id - 1] : NULL;
}

dbn_status
dbn__rw_deeper(dbn__rw *rw)
{
	return ++rw->depth > RW_DEPTH ? dbn_fail(rw->err, DBN_E_LIMIT,
		"the statement is nested more than %d deep", RW_DEPTH) : DBN_OK;
}

dbn_status
dbn__rw_masked_use(dbn__rw *rw, const dbn_sql_expr *e, const char *where)
{
	return dbn_fail_at(rw->err, DBN_E_DENIED, e ? e->pos : UINT32_MAX,
		"Select it as it is, or let its mask say filter = true.",
		"column \"%.*s\" is masked for user \"%.*s\" and cannot be used in %s",
		DBN_TEXT_ARG(e ? e->text : dbn_text_n("?", 1)), DBN_TEXT_ARG(rw->in->subject->user), where);
}

/* ---- relations ---- */

static dbn_status
all_or_nothing(dbn__rw *rw, const dbn__rel *rel, uint32_t pos)
{
	return dbn_fail_at(rw->err, DBN_E_UNSUPPORTED, pos,
		"Allow the whole of it, or none.",
		"\"%.*s\" is a virtual table: rules on its rows and columns cannot be enforced",
		DBN_TEXT_ARG(dbn__rw_shown(rw, &rel->orig->name)));
}

/* May the columns be read, and what do they show? */
static dbn_status
read_columns(dbn__rw *rw, dbn__item *it, bool *masked, uint32_t *nread)
{
	dbn__rel *rel = it->rel;
	uint32_t n = rel->orig->ncolumns;

	it->taint = dbn_arena_zalloc(rw->a, (size_t)n + 1);
	it->safe = dbn_arena_zalloc(rw->a, (size_t)n + 1);
	if (!it->taint || !it->safe)
		return dbn__rw_nomem(rw);
	it->safe[n] = 1;
	for (uint32_t i = 0; i < n; i++) {
		const dbn__cell *c;

		it->safe[i] = 1;
		if (!dbn_sql_bit(it->use->reads, i))
			continue;
		c = dbn__rw_cell(rw, rel, i);
		if (!c)
			return rw->status;
		if (!c->readable)
			return dbn__rw_denied(rw, rel, DBN_ACT_READ, rel->orig->columns[i].name, NULL,
				it->use->pos);
		it->taint[i] = c->taint;
		it->safe[i] = c->safe;
		*masked |= c->taint != RW_CLEAR;
		++*nread;
	}
	return DBN_OK;
}

static dbn_sql_expr *
visible_cell(dbn__rw *rw, dbn__rel *rel, const dbn__conds *conds, uint32_t i, dbn_sql_from *inner)
{
	const dbn__cell *c = dbn__rw_cell(rw, rel, i);
	dbn_sql_expr *e, *rule;

	if (!c)
		return NULL;
	if (!c->expr)
		return dbn_sql_column_ref(rw->a, inner, i);
	e = dbn__rw_onto(rw, rel, c->expr, inner, 0);
	if (c->safe || !conds->n || !e)
		return e;
	rule = dbn__rw_conds_on(rw, rel, conds, inner, 0);
	return rule ? dbn_sql_case(rw->a, rule, e, NULL) : NULL;
}

/* The name of the output that says whether the row is visible: nobody else's. */
static dbn_text
ok_name(dbn__rw *rw, const dbn__rel *rel)
{
	char name[40] = "dbn_ok";

	for (size_t n = 6; n < sizeof(name) - 1; n++) {
		bool taken = false;

		for (uint32_t i = 0; i < rel->orig->ncolumns && !taken; i++)
			taken = dbn_text_ieqz(rel->orig->columns[i].name, name);
		if (!taken)
			break;
		name[n] = '_';
		name[n + 1] = '\0';
	}
	return dbn_text_z(dbn_arena_strndup(rw->a, name, strlen(name)));
}

static dbn_status
fill_outputs(dbn__rw *rw, dbn__item *it, const dbn__conds *conds, dbn_sql_query *q,
	dbn_sql_from *inner)
{
	const dbn_sql_relation *orig = it->rel->orig;
	dbn_sql_item *items = q->cores[0]->items;

	for (uint32_t i = 0; i < orig->ncolumns; i++) {
		q->cols[i].name = orig->columns[i].name;
		q->cols[i].type = orig->columns[i].type;
		q->cols[i].ordinal = i;
		items[i].alias = orig->columns[i].name;
		if (!dbn_sql_bit(it->use->reads, i)) {
			items[i].flags |= DBN_ITEM_SKIP;
			items[i].expr = dbn_sql_literal_null(rw->a);
		} else {
			items[i].expr = visible_cell(rw, it->rel, conds, i, inner);
			if (items[i].expr && items[i].expr->kind == DBN_X_COLUMN)
				q->cols[i].rel = orig;
		}
		if (!items[i].expr)
			return dbn__rw_null(rw);
	}
	return DBN_OK;
}

static dbn_status
derive(dbn__rw *rw, dbn__item *it, const dbn__conds *conds, uint32_t nread)
{
	dbn__rel *rel = it->rel;
	uint32_t n = rel->orig->ncolumns;
	dbn_sql_from *inner = dbn_sql_from_relation(rw->a, rel->orig);
	dbn_sql_query *q = dbn_sql_query_select(rw->a, inner, (size_t)n + 1);
	dbn_sql_item *ok;
	dbn_sql_expr *rule;

	if (!inner || !q)
		return dbn__rw_nomem(rw);
	inner->id = RW_INNER;
	inner->pos = it->f->pos;
	inner->scan = it->f->scan;
	inner->flags = it->f->flags & DBN_FF_ONLY;
	TRY(fill_outputs(rw, it, conds, q, inner));
	ok = &q->cores[0]->items[n];
	q->cols[n].name = ok->alias = ok_name(rw, rel);
	q->cols[n].type = DBN_INT64;
	if (!ok->alias.ptr)
		return dbn__rw_nomem(rw);
	if (conds->n) {
		rule = dbn__rw_conds_on(rw, rel, conds, inner, 0);
		q->cores[0]->where = rule;
		if (!rule)
			return dbn__rw_null(rw);
		ok->expr = dbn_sql_case(rw->a, dbn__rw_conds_on(rw, rel, conds, inner, 0),
			dbn_sql_literal_int(rw->a, 1), dbn_sql_literal_int(rw->a, 0));
		it->ok = n;
	} else {
		ok->expr = dbn_sql_literal_int(rw->a, 1);
	}
	if (!ok->expr)
		return dbn__rw_null(rw);
	if (nread)
		ok->flags |= DBN_ITEM_SKIP;
	if (!it->f->alias.len)
		it->f->alias = rel->orig->name.name;
	dbn_sql_from_derive(it->f, q);
	return DBN_OK;
}

/* FOR UPDATE wants what UPDATE wants.  Where rules make a derived table of the relation
 * it would lock rows that the statement does not show, or none. */
static dbn_status
lockable(dbn__rw *rw, dbn__item *it, bool derived)
{
	dbn__conds conds = { NULL, 0, 0 };

	TRY(dbn__rw_may(rw, it->rel, DBN_ACT_UPDATE, it->use->pos));
	TRY(dbn__rw_using(rw, it->rel, DBN_ACT_UPDATE, &conds));
	if (!derived && !conds.n)
		return DBN_OK;
	rw->out->restricted = true;
	return dbn_fail_at(rw->err, DBN_E_UNSUPPORTED, it->use->pos,
		"Write the rows in the same transaction: that locks them.",
		"FOR UPDATE of \"%.*s\", of which rules hide rows or cells: other rows would be locked "
		"than are shown", DBN_TEXT_ARG(dbn__rw_shown(rw, &it->rel->orig->name)));
}

static dbn_status
relation(dbn__rw *rw, dbn__item *it)
{
	dbn__conds conds = { NULL, 0, 0 };
	bool masked = false;
	uint32_t nread = 0;

	if (it->done)
		return DBN_OK;
	TRY(dbn__rw_may(rw, it->rel, DBN_ACT_READ, it->use->pos));
	TRY(read_columns(rw, it, &masked, &nread));
	TRY(dbn__rw_using(rw, it->rel, DBN_ACT_READ, &conds));
	it->ruled = conds.n > 0;
	if (it->f->flags & DBN_FF_LOCKED)
		TRY(lockable(rw, it, it->ruled || masked));
	if (!it->ruled && !masked)
		return DBN_OK;
	rw->out->restricted = true;
	if (it->f->scan && it->f->scan->sample)
		return dbn_fail_at(rw->err, DBN_E_UNSUPPORTED, it->use->pos, "Leave TABLESAMPLE out.",
			"TABLESAMPLE of \"%.*s\", of which rules hide some: it counts hidden rows",
			DBN_TEXT_ARG(dbn__rw_shown(rw, &it->rel->orig->name)));
	if (it->rel->orig->kind == DBN_REL_VIRTUAL)
		return all_or_nothing(rw, it->rel, it->use->pos);
	if (rw->dry)
		return DBN_OK;
	it->done = true;
	return derive(rw, it, &conds, nread);
}

static dbn_status
known(dbn__rw *rw, dbn_sql_from *f, dbn__item **out)
{
	dbn__item *it = dbn__rw_item(rw, f);

	if (!it) {
		if (!dbn_arena_grow(rw->a, &rw->items, &rw->items_cap, rw->nitems + 1, sizeof(*rw->items)))
			return dbn__rw_nomem(rw);
		it = &rw->items[rw->nitems++];
		memset(it, 0, sizeof(*it));
		it->f = f;
		it->ok = UINT32_MAX;
		f->id = (uint32_t)rw->nitems;
	}
	*out = it;
	return DBN_OK;
}

static const dbn__shows *
shows_of(const dbn__rw *rw, const dbn_sql_cte *cte)
{
	for (uint32_t i = dbn_index_first(&rw->cte_index, dbn__rw_hash(cte)); i != DBN_INDEX_END;
		i = dbn_index_next(&rw->cte_index, i))
		if (rw->ctes[i].cte == cte)
			return &rw->ctes[i].shows;
	return NULL;
}

static dbn_status
query_item(dbn__rw *rw, dbn_sql_from *f, const dbn__left *level, bool *safe)
{
	dbn__shows shows = { NULL, NULL, 0, false, true };
	const dbn__left *was = rw->left;
	const dbn__shows *cte;
	dbn__item *it = NULL;

	if (f->kind == DBN_FROM_QUERY) {
		if (!(f->flags & DBN_FF_LATERAL))
			rw->left = level;
		TRY(dbn__rw_query(rw, f->query, &shows));
		rw->left = was;
	} else if ((cte = shows_of(rw, f->cte)) != NULL) {
		shows = *cte;
	}
	*safe &= shows.all_safe;
	TRY(known(rw, f, &it));
	it->taint = shows.taint;
	it->safe = shows.safe;
	it->ruled = shows.ruled;
	return DBN_OK;
}

/* A function shows what its arguments are made of. */
static dbn_status
function_item(dbn__rw *rw, dbn_sql_from *f, bool *safe)
{
	uint8_t taint = RW_CLEAR, one;
	dbn__item *it = NULL;

	for (uint32_t i = 0; i < f->nfuncs; i++) {
		for (uint32_t k = 0; k < f->funcs[i]->nargs; k++) {
			TRY(dbn__rw_expr(rw, f->funcs[i]->args[k], &one, NULL));
			taint |= one;
		}
		TRY(dbn__rw_guard_args(rw, f->funcs[i]));
	}
	*safe = false;
	TRY(known(rw, f, &it));
	it->taint = dbn_arena_zalloc(rw->a, (size_t)f->ncols + 1);
	if (!it->taint)
		return dbn__rw_nomem(rw);
	memset(it->taint, taint, f->ncols);
	return DBN_OK;
}

/* level: what the whole FROM sees from outside. */
static dbn_status
from_at(dbn__rw *rw, dbn_sql_from *f, const dbn__left *level, bool *ruled, bool *safe)
{
	dbn__item *it = dbn__rw_item(rw, f);
	dbn__left here = { f->left, rw->left };
	const dbn__left *was = rw->left;
	bool one = true;

	TRY(dbn__rw_deeper(rw));
	if (f->kind == DBN_FROM_JOIN) {
		TRY(from_at(rw, f->left, level, ruled, safe));
		rw->left = &here;
		TRY(from_at(rw, f->right, level, ruled, safe));
		rw->left = level;
		TRY(dbn__rw_where(rw, &f->on, f, NULL, &one));
		rw->left = was;
		*safe &= one;
	} else if (f->kind == DBN_FROM_FUNCTION) {
		TRY(function_item(rw, f, safe));
	} else if (it && it->rel) {
		TRY(relation(rw, it));
		*ruled |= it->ruled;
	} else {
		TRY(query_item(rw, f, level, safe));
		it = dbn__rw_item(rw, f);
		*ruled |= it && it->ruled;
	}
	rw->depth--;
	return DBN_OK;
}

dbn_status
dbn__rw_from(dbn__rw *rw, dbn_sql_from *f, bool *ruled, bool *safe)
{
	return f ? from_at(rw, f, rw->left, ruled, safe) : DBN_OK;
}
