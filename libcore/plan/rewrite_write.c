/* SPDX-License-Identifier: MIT */
/*
 * Writes.  The rows that exist for the user are chosen in WHERE; rows being
 * written are checked in RETURNING; presets are added.  What SQLite would do past
 * a check is refused.
 */
#include "plan/rewrite_write.h"

/* ---- masked columns of the target ---- */

static dbn_status
substitute(dbn_sql_expr **e, void *user)
{
	dbn__rw *rw = (dbn__rw *)user;
	dbn__item *it;
	const dbn__cell *c;

	if ((*e)->kind != DBN_X_COLUMN || (*e)->from != rw->s->target ||
		((*e)->flags & (DBN_XF_EXCLUDED | RW_RAW)))
		return DBN_OK;
	it = dbn__rw_item(rw, (*e)->from);
	c = it && it->rel ? dbn__rw_cell(rw, it->rel, (*e)->index) : NULL;
	if (!c)
		return dbn__rw_null(rw);
	if (!c->expr)
		return DBN_OK;
	*e = dbn__rw_onto(rw, it->rel, c->expr, rw->s->target, RW_RAW);
	return *e ? DBN_SQL_SKIP : dbn__rw_null(rw);
}

dbn_status
dbn__rw_substitute(dbn__rw *rw, dbn_sql_expr **e)
{
	dbn_sql_visitor v = { .expr = substitute, .user = rw };
	dbn_status rc = dbn_sql_walk_expr(e, &v);

	return rc == DBN_E_LIMIT ? dbn_fail(rw->err, rc, "the statement is nested too deep") : rc;
}

/* ---- stored values ---- */

static dbn_status
stored(struct dbn__write *w, dbn_sql_expr *e)
{
	uint8_t taint = RW_CLEAR;

	TRY(dbn__rw_output(w->rw, e, &taint, NULL));
	if (!taint)
		return DBN_OK;
	return dbn_fail_at(w->rw->err, DBN_E_DENIED, e->pos, "Store another value.",
		"a masked column cannot be stored: what it shows to user \"%.*s\" is not its value",
		DBN_TEXT_ARG(w->rw->in->subject->user));
}

static dbn_status
stored_query(struct dbn__write *w, dbn_sql_query *q)
{
	dbn__shows shows = { NULL, NULL, 0, false, true };

	TRY(dbn__rw_query(w->rw, q, &shows));
	for (uint32_t i = 0; i < shows.n; i++)
		if (shows.taint[i])
			return dbn_fail_at(w->rw->err, DBN_E_DENIED, q->pos, "Store another value.",
				"a masked column cannot be stored: what it shows to user \"%.*s\" is not its value",
				DBN_TEXT_ARG(w->rw->in->subject->user));
	return DBN_OK;
}

/* ---- statements ---- */

static void
set_bit(uint64_t *bits, uint32_t i)
{
	bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static uint64_t *
new_bits(struct dbn__write *w)
{
	return dbn_arena_zalloc(w->rw->a, ((size_t)w->rel->orig->ncolumns / 64 + 1) * sizeof(uint64_t));
}

static dbn_status
returning(struct dbn__write *w)
{
	dbn_sql_stmt *s = w->s;

	if (!s->nreturning)
		return DBN_OK;
	TRY(dbn__rw_may(w->rw, w->rel, DBN_ACT_READ, w->pos));
	w->rw->out->masked = dbn_arena_zalloc(w->rw->a, s->nreturning);
	if (!w->rw->out->masked)
		return dbn__rw_nomem(w->rw);
	for (uint32_t i = 0; i < s->nreturning; i++) {
		uint8_t taint = RW_CLEAR;

		TRY(dbn__rw_output(w->rw, s->returning[i].expr, &taint, NULL));
		w->rw->out->masked[i] = taint != RW_CLEAR;
		if (taint) {
			s->returning_cols[i].rel = NULL;
			w->rw->out->restricted = true;
		}
		TRY(dbn__rw_substitute(w->rw, &s->returning[i].expr));
	}
	return DBN_OK;
}

static dbn_status
sets(struct dbn__write *w, dbn_sql_set *list, uint32_t n, uint64_t *columns)
{
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t k = 0; k < list[i].ncolumns; k++) {
			TRY(dbn__rw_may_column(w->rw, w->rel, DBN_ACT_UPDATE, list[i].columns[k].ordinal,
				list[i].columns[k].pos));
			set_bit(columns, list[i].columns[k].ordinal);
		}
		TRY(stored(w, list[i].expr));
	}
	return DBN_OK;
}

/* Rules of rows hold only where the database undoes a statement that meets one. */
static dbn_status
enforceable(struct dbn__write *w, const char *what)
{
	if (!w->old.n && !w->fresh.n)
		return DBN_OK;
	if (w->rel->orig->kind == DBN_REL_VIRTUAL)
		return dbn__write_refuse(w, what, "rules on a virtual table cannot be enforced");
	if (w->rel->orig->facts & DBN_REL_NOT_TRANSACTIONAL)
		return dbn__write_refuse(w, what, "its engine has no transactions: rows written before a "
			"check fails would stay");
	return DBN_OK;
}

static dbn_status
chosen_rows(struct dbn__write *w)
{
	dbn__rw *rw = w->rw;
	dbn_sql_expr *rule = dbn__rw_conds_on(rw, w->rel, &w->old, w->s->target, RW_RAW);
	bool ruled = false, safe = true;

	if (rw->status != DBN_OK)
		return rw->status;
	if (rule)
		rw->out->restricted = true;
	TRY(dbn__rw_from(rw, w->s->from, &ruled, &safe));
	TRY(dbn__rw_where(rw, &w->s->where, w->s->from, rule, &safe));
	for (uint32_t i = 0; i < w->s->norder; i++) { /* of rows that are there: WHERE comes first */
		uint8_t taint = RW_CLEAR;

		TRY(dbn__rw_expr(rw, w->s->order[i].expr, &taint, NULL));
		TRY(dbn__rw_substitute(rw, &w->s->order[i].expr));
	}
	if (!rule)
		return DBN_OK;
	w->s->where = w->s->where ? dbn_sql_and(rw->a, w->s->where, rule) : rule;
	return w->s->where ? DBN_OK : dbn__rw_nomem(rw);
}

static dbn_status
update(struct dbn__write *w)
{
	uint64_t *columns = new_bits(w);

	if (!columns)
		return dbn__rw_nomem(w->rw);
	w->columns = columns;
	if (w->s->or_action == DBN_OR_REPLACE)
		TRY(dbn__rw_may(w->rw, w->rel, DBN_ACT_DELETE, w->pos)); /* it deletes other rows */
	TRY(dbn__rw_may(w->rw, w->rel, DBN_ACT_UPDATE, w->pos));
	TRY(dbn__rw_may(w->rw, w->rel, DBN_ACT_READ, w->pos));
	TRY(sets(w, w->s->sets, w->s->nsets, columns));
	TRY(dbn__rw_using(w->rw, w->rel, DBN_ACT_READ, &w->old));
	TRY(dbn__rw_writing(w->rw, w->rel, DBN_ACT_UPDATE, columns, false, &w->old));
	TRY(dbn__rw_using(w->rw, w->rel, DBN_ACT_READ, &w->fresh));
	TRY(dbn__rw_writing(w->rw, w->rel, DBN_ACT_UPDATE, columns, true, &w->fresh));
	if ((w->old.n || w->fresh.n) && w->s->or_action != DBN_OR_NONE &&
		w->s->or_action != DBN_OR_ABORT)
		return dbn__write_refuse(w, w->rw->in->dialect->id == DBN_DIALECT_MYSQL ? "UPDATE IGNORE"
			: "UPDATE OR ...", "what it does with other rows cannot be checked");
	TRY(enforceable(w, "a write"));
	TRY(chosen_rows(w));
	TRY(returning(w));
	TRY(dbn__write_preset_sets(w, &w->s->sets, &w->s->nsets, columns));
	TRY(dbn__write_drop_untouched(w, columns));
	return dbn__write_append_checks(w, DBN_ACT_UPDATE);
}

static dbn_status
delete(struct dbn__write *w)
{
	TRY(dbn__rw_may(w->rw, w->rel, DBN_ACT_DELETE, w->pos));
	TRY(dbn__rw_may(w->rw, w->rel, DBN_ACT_READ, w->pos));
	TRY(dbn__rw_using(w->rw, w->rel, DBN_ACT_READ, &w->old));
	TRY(dbn__rw_using(w->rw, w->rel, DBN_ACT_DELETE, &w->old));
	if (w->old.n && w->s->or_action != DBN_OR_NONE)
		return dbn__write_refuse(w, "DELETE IGNORE", "it passes over errors, and rules are enforced by them");
	TRY(enforceable(w, "a delete"));
	TRY(chosen_rows(w));
	return returning(w);
}

/* ---- INSERT ---- */

/* dbn_require() of each: as one condition. */
static dbn_status
require_all(struct dbn__write *w, const dbn__conds *c, uint32_t flags, dbn_sql_expr **all)
{
	for (size_t i = 0; i < c->n; i++) {
		dbn_sql_expr *e = dbn__write_require(w, &c->v[i], flags);

		*all = e ? dbn_sql_and(w->rw->a, *all, e) : NULL;
		if (!*all)
			return dbn__rw_null(w->rw);
	}
	return DBN_OK;
}

/* The row in the way must be one that the user sees and may change; its being
 * hidden is an error that names no key. */
static dbn_status
do_update(struct dbn__write *w, dbn_sql_upsert *u)
{
	uint64_t *columns = new_bits(w), *inserted = w->columns;
	dbn__conds old = { NULL, 0, 0 }, fresh = { NULL, 0, 0 };
	dbn_sql_expr *must = NULL;
	bool safe;

	if (!columns)
		return dbn__rw_nomem(w->rw);
	TRY(dbn__rw_may(w->rw, w->rel, DBN_ACT_UPDATE, w->pos));
	TRY(dbn__rw_may(w->rw, w->rel, DBN_ACT_READ, w->pos));
	TRY(sets(w, u->sets, u->nsets, columns));
	TRY(dbn__rw_where(w->rw, &u->where, NULL, NULL, &safe));
	TRY(dbn__rw_using(w->rw, w->rel, DBN_ACT_READ, &old));
	TRY(dbn__rw_writing(w->rw, w->rel, DBN_ACT_UPDATE, columns, false, &old));
	TRY(dbn__rw_writing(w->rw, w->rel, DBN_ACT_UPDATE, columns, true, &fresh));
	if (!dbn__rw_same_conds(&fresh, &w->fresh))
		return dbn__write_refuse(w, "ON CONFLICT DO UPDATE", "rows inserted and rows updated are checked "
			"differently, and the database does not say which they are");
	if ((old.n || w->fresh.n) && w->rw->in->dialect->id != DBN_DIALECT_POSTGRES &&
		!(w->rw->in->capabilities & DBN_CAP_REQUIRE_FN))
		return dbn__write_refuse(w, "ON CONFLICT DO UPDATE", "the driver cannot check the row in the way");
	TRY(require_all(w, &old, 0, &must));
	TRY(require_all(w, &w->fresh, DBN_XF_EXCLUDED, &must));
	w->columns = columns;
	TRY(dbn__write_preset_sets(w, &u->sets, &u->nsets, columns));
	w->columns = inserted;
	if (must) {
		w->rw->out->restricted = true;
		w->rw->out->wrote_rules = true;
		u->where = dbn_sql_case(w->rw->a, must, u->where ? u->where
			: dbn_sql_literal_bool(w->rw->a, true), dbn_sql_literal_bool(w->rw->a, false));
		if (!u->where)
			return dbn__rw_nomem(w->rw);
	}
	return DBN_OK;
}

static dbn_status
upserts(struct dbn__write *w, bool *updates)
{
	dbn_sql_stmt *s = w->s;

	for (uint32_t i = 0; i < s->nupserts; i++) {
		for (uint32_t k = 0; k < s->upserts[i].ntarget; k++)
			TRY(stored(w, s->upserts[i].target[k].expr));
		if (s->upserts[i].target_where)
			TRY(stored(w, s->upserts[i].target_where));
		if (!s->upserts[i].nsets)
			continue;
		*updates = true;
		TRY(do_update(w, &s->upserts[i]));
	}
	return DBN_OK;
}

static dbn_status
or_action(struct dbn__write *w)
{
	static const char *const words[] = { "", "OR ROLLBACK", "OR ABORT", "OR FAIL", "IGNORE",
		"REPLACE" };
	uint32_t how = w->s->or_action;
	dbn__conds any = { NULL, 0, 0 };

	if (how == DBN_OR_NONE || how == DBN_OR_ABORT)
		return DBN_OK;
	if (how == DBN_OR_REPLACE)
		TRY(dbn__rw_may(w->rw, w->rel, DBN_ACT_DELETE, w->pos));
	TRY(dbn__rw_using(w->rw, w->rel, DBN_ACT_READ, &any));
	TRY(dbn__rw_using(w->rw, w->rel, DBN_ACT_UPDATE, &any));
	TRY(dbn__rw_using(w->rw, w->rel, DBN_ACT_DELETE, &any));
	if (!any.n && !w->fresh.n)
		return DBN_OK;
	return dbn__write_refuse(w, words[how < 6 ? how : 0], "it could act on rows that are hidden");
}

static dbn_status
insert(struct dbn__write *w)
{
	dbn_sql_stmt *s = w->s;
	bool updates = false;

	w->columns = new_bits(w);
	if (!w->columns)
		return dbn__rw_nomem(w->rw);
	TRY(dbn__rw_may(w->rw, w->rel, DBN_ACT_INSERT, w->pos));
	for (uint32_t i = 0; s->query && i < s->ncolumns; i++) {
		TRY(dbn__rw_may_column(w->rw, w->rel, DBN_ACT_INSERT, s->columns[i].ordinal,
			s->columns[i].pos));
		set_bit(w->columns, s->columns[i].ordinal);
	}
	if (s->query)
		TRY(stored_query(w, s->query));
	TRY(dbn__rw_writing(w->rw, w->rel, DBN_ACT_INSERT, w->columns, true, &w->fresh));
	TRY(or_action(w));
	TRY(upserts(w, &updates));
	TRY(returning(w));
	if (s->nreturning || updates)
		TRY(dbn__rw_using(w->rw, w->rel, DBN_ACT_READ, &w->fresh));
	if (w->fresh.n)
		w->rw->out->restricted = true;
	TRY(enforceable(w, "an insert"));
	TRY(dbn__write_preset_insert(w));
	TRY(dbn__write_append_key(w));
	return dbn__write_append_checks(w, DBN_ACT_INSERT);
}

dbn_status
dbn__rw_write(dbn__rw *rw)
{
	dbn__item *it = dbn__rw_item(rw, rw->s->target);
	struct dbn__write w;

	if (!it || !it->rel)
		return dbn_fail(rw->err, DBN_E_INTERNAL, "the target of a write is not resolved");
	memset(&w, 0, sizeof(w));
	w.rw = rw;
	w.s = rw->s;
	w.rel = it->rel;
	w.pos = it->use->pos;
	TRY(dbn__rw_with(rw, rw->s->with));
	switch (rw->s->kind) {
	case DBN_STMT_INSERT:
		return insert(&w);
	case DBN_STMT_UPDATE:
		return update(&w);
	default:
		return delete(&w);
	}
}
