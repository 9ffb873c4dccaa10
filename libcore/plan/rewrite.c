/* SPDX-License-Identifier: MIT */
/*
 * The order of things: resolve over what the subject may see, ask for functions,
 * rewrite, and report what was decided and touched.
 */
#include "plan/rewrite_impl.h"

dbn_status
dbn__rw_nomem(dbn__rw *rw)
{
	return dbn_fail_nomem(rw->err);
}

static dbn_text
copied(dbn__rw *rw, dbn_text t)
{
	return dbn_arena_text(rw->a, t.ptr ? t : dbn_text_n("", 0));
}

dbn_status
dbn__rw_note(dbn__rw *rw, const dbn_policy_rule *r, const dbn_sql_name *name, uint32_t actions)
{
	dbn_rewritten *out = rw->out;
	uint64_t h = dbn_hash_name(name->name, dbn_hash_name(r->id, 0));
	dbn_decision *d;

	for (uint32_t i = dbn_index_first(&rw->decision_index, h); i != DBN_INDEX_END;
		i = dbn_index_next(&rw->decision_index, i)) {
		d = &out->decisions[i];
		if (dbn_text_eq(d->rule, r->id) && dbn_text_eq(d->relation.name, name->name) &&
			dbn_text_eq(d->relation.schema, name->schema)) {
			d->actions |= actions;
			return DBN_OK;
		}
	}
	if (!dbn_arena_grow(rw->a, &out->decisions, &rw->decisions_cap, (size_t)out->ndecisions + 1,
		sizeof(*out->decisions)) || !dbn_index_add(&rw->decision_index, rw->a, h))
		return dbn__rw_nomem(rw);
	d = &out->decisions[out->ndecisions++];
	memset(d, 0, sizeof(*d));
	d->rule = copied(rw, r->id);
	d->where = copied(rw, r->where);
	d->relation = *name;
	d->actions = actions;
	d->observed = r->observe;
	return d->rule.ptr && d->where.ptr ? DBN_OK : dbn__rw_nomem(rw);
}

static uint32_t
action_of(const dbn_sql_stmt *s)
{
	return s->kind == DBN_STMT_INSERT ? DBN_ACT_INSERT : s->kind == DBN_STMT_UPDATE ? DBN_ACT_UPDATE
		: s->kind == DBN_STMT_DELETE ? DBN_ACT_DELETE : DBN_ACT_READ;
}

/* One decision for a function: the ids of the rules, comma-separated. */
static dbn_status
note_function(dbn__rw *rw, dbn_text name, const dbn_str *ids)
{
	dbn_sql_name what = { { NULL, 0 }, { NULL, 0 }, name };
	dbn_policy_rule by;

	if (!ids->len)
		return DBN_OK;
	memset(&by, 0, sizeof(by));
	by.id = dbn_text_n(ids->ptr, ids->len);
	return dbn__rw_note(rw, &by, &what, DBN_ACT_EXECUTE);
}

static dbn_status
functions(dbn__rw *rw)
{
	const dbn_sql_result *r = &rw->out->result;
	dbn_status rc = DBN_OK;
	dbn_str ids;

	dbn_str_init(&ids, 65536);
	for (uint32_t i = 0; rc == DBN_OK && i < r->nfuncs; i++) {
		const dbn_sql_func_use *f = &r->funcs[i];

		dbn_str_reset(&ids);
		rc = dbn_permission_function(rw->in->subject, rw->in->conditions, f->name,
			f->fact && (f->fact->flags & DBN_FN_LISTED), f->pos, &ids, rw->err);
		if (rc == DBN_OK)
			rc = ids.status == DBN_OK ? note_function(rw, f->name, &ids) : dbn__rw_nomem(rw);
	}
	dbn_str_free(&ids);
	return rc;
}

/* Every use gets its relation; the tree gets the true descriptions. */
static dbn_status
take_uses(dbn__rw *rw)
{
	dbn_sql_result *r = &rw->out->result;

	if (!dbn_arena_grow(rw->a, &rw->items, &rw->items_cap, (size_t)r->nuses + 8, sizeof(*rw->items)))
		return dbn__rw_nomem(rw);
	for (uint32_t i = 0; i < r->nuses; i++) {
		dbn__item *it = &rw->items[rw->nitems++];

		memset(it, 0, sizeof(*it));
		it->f = r->uses[i].from;
		it->rel = dbn__rw_rel(r->uses[i].rel);
		it->use = &r->uses[i];
		it->ok = UINT32_MAX;
		it->f->id = (uint32_t)rw->nitems;
		it->f->rel = it->rel->orig;
		r->uses[i].rel = it->rel->orig;
	}
	for (uint32_t i = 0; i < r->nparams; i++)
		if (r->params[i].rel)
			r->params[i].rel = dbn__rw_rel(r->params[i].rel)->orig;
	return DBN_OK;
}

static dbn_status
select_rows(dbn__rw *rw)
{
	dbn__shows shows = { NULL, NULL, 0, false, true };
	dbn_status rc = dbn__rw_query(rw, rw->s->query, &shows);

	if (rc != DBN_OK)
		return rc;
	rw->out->masked = dbn_arena_zalloc(rw->a, (size_t)shows.n + 1);
	if (!rw->out->masked)
		return dbn__rw_nomem(rw);
	for (uint32_t i = 0; i < shows.n; i++)
		rw->out->masked[i] = shows.taint[i] != RW_CLEAR;
	return DBN_OK;
}

/* Output columns as the caller sees them, over true descriptions. */
static dbn_status
fix_columns(dbn__rw *rw)
{
	dbn_sql_result *r = &rw->out->result;
	dbn_sql_outcol *c;

	if (!r->ncols)
		return DBN_OK;
	c = dbn_arena_memdup(rw->a, r->cols, r->ncols * sizeof(*c));
	if (!c)
		return dbn__rw_nomem(rw);
	for (uint32_t i = 0; i < r->ncols; i++) {
		if (c[i].rel)
			c[i].rel = dbn__rw_true(rw, c[i].rel);
		if (rw->out->masked && rw->out->masked[i])
			c[i].rel = NULL;
	}
	r->cols = c;
	return DBN_OK;
}

static dbn_status
run(dbn__rw *rw)
{
	dbn_sql_catalog cat = dbn__rw_catalog(rw);
	dbn_status rc = dbn_sql_resolve(rw->s, rw->in->dialect, &cat, &rw->out->result, rw->err);

	if (rc == DBN_OK)
		rc = take_uses(rw);
	if (rc == DBN_OK)
		rc = functions(rw);
	if (rc == DBN_OK)
		rc = rw->s->kind == DBN_STMT_SELECT ? select_rows(rw) : dbn__rw_write(rw);
	if (rc == DBN_OK)
		rc = fix_columns(rw);
	return rc == DBN_OK ? dbn__rw_touches(rw) : rc;
}

static void
release(dbn__rw *rw)
{
	for (size_t i = 0; i < rw->nrels; i++)
		dbn_ruleset_release(rw->rels[i]->set);
}

dbn_status
dbn_rewrite(dbn_sql_stmt *s, const dbn_rewrite_in *in, dbn_rewritten *out, dbn_error **err)
{
	dbn__rw rw;
	dbn_status rc;

	memset(out, 0, sizeof(*out));
	memset(&rw, 0, sizeof(rw));
	rw.s = s;
	rw.in = in;
	rw.out = out;
	rw.a = s->arena;
	rw.err = err;
	rw.action = action_of(s);
	if (s->kind == DBN_STMT_ADMIN)
		return dbn_fail(err, DBN_E_INVALID, "an administrative statement is not rewritten");
	rc = run(&rw);
	release(&rw);
	return rc;
}

/* ---- may they? ---- */

static dbn_status
can_column(dbn__rw *rw, dbn__rel *rel, dbn_text column, uint32_t action)
{
	const dbn__cell *cell;

	for (uint32_t i = 0; i < rel->orig->ncolumns; i++) {
		if (!dbn__rw_same(rw, rel->seen.columns[i].name, column))
			continue;
		if (action == DBN_ACT_INSERT || action == DBN_ACT_UPDATE)
			return dbn__rw_may_column(rw, rel, action, i, UINT32_MAX);
		cell = dbn__rw_cell(rw, rel, i);
		if (!cell)
			return rw->status;
		return cell->readable ? DBN_OK : dbn__rw_denied(rw, rel, action, column, NULL, UINT32_MAX);
	}
	return dbn_fail(rw->err, DBN_E_SYNTAX, "no such column: %.*s", DBN_TEXT_ARG(column));
}

dbn_status
dbn_rewrite_can(const dbn_rewrite_in *in, const dbn_sql_name *relation, dbn_text column,
	uint32_t action, dbn_error **err)
{
	dbn_rewritten out;
	dbn_sql_stmt stmt;
	dbn_arena arena;
	const dbn_sql_relation *seen = NULL;
	dbn__rw rw;
	dbn_sql_catalog cat;
	dbn_status rc;

	memset(&out, 0, sizeof(out));
	memset(&stmt, 0, sizeof(stmt));
	memset(&rw, 0, sizeof(rw));
	dbn_arena_init(&arena, 0);
	stmt.arena = &arena;
	rw.s = &stmt;
	rw.in = in;
	rw.out = &out;
	rw.a = &arena;
	rw.err = err;
	rw.action = action;
	cat = dbn__rw_catalog(&rw);
	rc = cat.lookup(cat.user, relation, &seen, err);
	if (rc == DBN_OK)
		rc = dbn__rw_may(&rw, dbn__rw_rel(seen), action, UINT32_MAX);
	if (rc == DBN_OK && column.len)
		rc = can_column(&rw, dbn__rw_rel(seen), column, action);
	release(&rw);
	dbn_arena_free(&arena);
	return rc;
}
