/* SPDX-License-Identifier: MIT */
/*
 * Queries: their parts, WITH, what their outputs show.
 */
#include "plan/rewrite_impl.h"

static dbn_status
recursive(dbn__rw *rw, dbn_sql_cte *cte, size_t at)
{
	dbn__shows last = { NULL, NULL, 0, false, true }, now;
	dbn_status rc = DBN_OK;
	bool moved = true;

	rw->dry++;
	for (uint32_t i = 0; moved && i < 2 * cte->query->ncols + 4; i++) {
		now = (dbn__shows){ NULL, NULL, 0, false, true };
		rc = dbn__rw_query(rw, cte->query, &now);
		if (rc != DBN_OK)
			break;
		moved = now.ruled != last.ruled || now.all_safe != last.all_safe ||
			now.n != last.n || (now.n && (memcmp(now.taint, last.taint, now.n) != 0 ||
			memcmp(now.safe, last.safe, now.n) != 0));
		rw->ctes[at].shows = last = now;
	}
	rw->dry--;
	return rc;
}

dbn_status
dbn__rw_with(dbn__rw *rw, dbn_sql_with *with)
{
	for (uint32_t i = 0; with && i < with->nctes; i++) {
		dbn_sql_cte *cte = with->ctes[i];
		dbn__shows shows = { NULL, NULL, 0, false, true };
		size_t at = rw->nctes;

		if (!dbn_arena_grow(rw->a, &rw->ctes, &rw->ctes_cap, rw->nctes + 1, sizeof(*rw->ctes)) ||
			!dbn_index_add(&rw->cte_index, rw->a, dbn__rw_hash(cte)))
			return dbn__rw_nomem(rw);
		rw->ctes[at].cte = cte;
		rw->ctes[at].shows = shows;
		rw->nctes++;
		if (cte->recursive)
			TRY(recursive(rw, cte, at));
		TRY(dbn__rw_query(rw, cte->query, &shows));
		rw->ctes[at].shows = shows;
	}
	return DBN_OK;
}

static dbn_status
core_outputs(dbn__rw *rw, dbn_sql_core *c, dbn__shows *out)
{
	for (uint32_t i = 0; i < c->nitems; i++) {
		uint8_t taint = RW_CLEAR;
		bool safe = true;

		TRY(dbn__rw_output(rw, c->items[i].expr, &taint, &safe));
		if (i < out->n) {
			out->taint[i] |= taint;
			out->safe[i] &= safe;
		}
		out->all_safe &= safe;
		if (taint == RW_MASKED && (c->distinct || (c->set != DBN_SET_FIRST &&
			c->set != DBN_SET_UNION_ALL)))
			return dbn__rw_masked_use(rw, c->items[i].expr->kind == DBN_X_COLUMN ? c->items[i].expr : NULL,
				"DISTINCT, UNION, INTERSECT or EXCEPT");
	}
	return DBN_OK;
}

/* A part in parentheses. */
static dbn_status
nested(dbn__rw *rw, dbn_sql_core *c, dbn__shows *out)
{
	dbn__shows shows = { NULL, NULL, 0, false, true };

	TRY(dbn__rw_query(rw, c->query, &shows));
	out->ruled |= shows.ruled;
	out->all_safe &= shows.all_safe;
	for (uint32_t i = 0; i < out->n && i < shows.n; i++) {
		out->taint[i] |= shows.taint[i];
		out->safe[i] &= shows.safe[i];
	}
	return DBN_OK;
}

static dbn_status
core(dbn__rw *rw, dbn_sql_core *c, dbn__shows *out)
{
	uint8_t taint;
	bool safe, ruled = false;

	if (c->kind == DBN_CORE_VALUES) {
		for (uint32_t i = 0; i < c->nrows; i++) {
			for (uint32_t k = 0; k < c->rows[i]->nargs; k++) {
				TRY(dbn__rw_expr(rw, c->rows[i]->args[k], &taint, &out->all_safe));
				if (k < out->n)
					out->taint[k] |= taint;
			}
		}
		return DBN_OK;
	}
	if (c->kind == DBN_CORE_QUERY)
		return nested(rw, c, out);
	TRY(dbn__rw_from(rw, c->from, &ruled, &out->all_safe));
	out->ruled |= ruled;
	TRY(core_outputs(rw, c, out));
	TRY(dbn__rw_orders(rw, c->on, c->non, out, "DISTINCT ON", &out->all_safe));
	TRY(dbn__rw_where(rw, &c->where, c->from, NULL, &safe));
	out->all_safe &= safe;
	TRY(dbn__rw_orders(rw, c->group, c->ngroup, out, "GROUP BY", &out->all_safe));
	TRY(dbn__rw_having(rw, c, ruled, &safe));
	out->all_safe &= safe;
	for (uint32_t i = 0; i < c->nwindows; i++)
		TRY(dbn__rw_window(rw, c->windows[i], &out->all_safe));
	return DBN_OK;
}

static bool
compares(const dbn_sql_query *q)
{
	for (uint32_t i = 1; i < q->ncores; i++)
		if (q->cores[i]->set != DBN_SET_UNION_ALL)
			return true;
	return false;
}

dbn_status
dbn__rw_query(dbn__rw *rw, dbn_sql_query *q, dbn__shows *out)
{
	uint8_t taint;

	TRY(dbn__rw_deeper(rw));
	out->n = q->ncols;
	out->taint = dbn_arena_zalloc(rw->a, (size_t)q->ncols + 1);
	out->safe = dbn_arena_zalloc(rw->a, (size_t)q->ncols + 1);
	if (!out->taint || !out->safe)
		return dbn__rw_nomem(rw);
	memset(out->safe, 1, q->ncols);
	TRY(dbn__rw_with(rw, q->with));
	for (uint32_t i = 0; i < q->ncores; i++)
		TRY(core(rw, q->cores[i], out));
	for (uint32_t i = 0; compares(q) && i < q->ncols; i++)
		if (out->taint[i] & RW_MASKED)
			return dbn__rw_masked_use(rw, NULL, "UNION, INTERSECT or EXCEPT");
	TRY(dbn__rw_orders(rw, q->order, q->norder, out, "ORDER BY", &out->all_safe));
	TRY(dbn__rw_expr(rw, q->limit, &taint, &out->all_safe));
	TRY(dbn__rw_expr(rw, q->offset, &taint, &out->all_safe));
	rw->depth--;
	return DBN_OK;
}
