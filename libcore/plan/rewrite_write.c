/* SPDX-License-Identifier: MIT */
/*
 * Writes.  The rows that exist for the user are chosen in WHERE; rows being
 * written are checked by dbn_require() in RETURNING, whose failure undoes the
 * statement; presets are added.  What SQLite would do past a check is refused.
 */
#include "plan/rewrite_impl.h"

#define TRY(call) do { \
		dbn_status try_rc_ = (call); \
		if (try_rc_ != DBN_OK) \
			return try_rc_; \
	} while (0)

struct write {
	dbn__rw *rw;
	dbn_sql_stmt *s;
	dbn__rel *rel;
	uint32_t pos;
	uint64_t *columns;      /* written by the user's text */
	dbn__conds old;         /* the row as it was */
	dbn__conds fresh;       /* the row as it is written */
};

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
stored(struct write *w, dbn_sql_expr *e)
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
stored_query(struct write *w, dbn_sql_query *q)
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

/* ---- checks ---- */

static dbn_sql_expr *
names_of(struct write *w, const dbn__cond1 *c)
{
	dbn_str t;
	dbn_sql_expr *e;

	dbn_str_init(&t, 4096);
	for (uint32_t i = 0; i < c->n; i++) {
		if (i)
			dbn_str_adds(&t, ", ");
		dbn_str_addt(&t, c->rules[i]->id);
	}
	e = dbn_sql_literal_text(w->rw->a, dbn_text_n(t.ptr ? t.ptr : "", t.len));
	dbn_str_free(&t);
	return e;
}

/* dbn_require(<condition>, 'rule ids') on the target; flags: DBN_XF_EXCLUDED. */
static dbn_sql_expr *
require(struct write *w, const dbn__cond1 *c, uint32_t flags)
{
	dbn_sql_expr *e = dbn__rw_cond_on(w->rw, w->rel, c, w->s->target, RW_RAW | flags);

	if (e)
		e = dbn_sql_func(w->rw->a, "dbn_require", 2, e, names_of(w, c));
	if (!e && w->rw->status == DBN_OK)
		w->rw->status = dbn__rw_nomem(w->rw);
	return e;
}

static dbn_status
refuse(struct write *w, const char *what, const char *why)
{
	return dbn_fail_at(w->rw->err, DBN_E_UNSUPPORTED, w->pos, NULL,
		"%s on \"%.*s\", which has row rules for user \"%.*s\": %s", what,
		DBN_TEXT_ARG(dbn__rw_shown(w->rw, &w->rel->orig->name)),
		DBN_TEXT_ARG(w->rw->in->subject->user), why);
}

static bool
trusted(const struct write *w, uint32_t action)
{
	for (uint32_t i = 0; i < w->rel->non; i++)
		if ((w->rel->on[i]->flags & DBN_RULE_TRIGGERS_TRUSTED) && (w->rel->on[i]->actions & action))
			return true;
	return false;
}

/* A trigger of the relation may change the row after its check. */
static dbn_status
refuse_triggers(struct write *w, uint32_t action)
{
	const dbn_sql_relation *r = w->rel->orig;

	if (trusted(w, action))
		return DBN_OK;
	if (r->kind == DBN_REL_VIEW)
		return refuse(w, "a write through a view", "its triggers write what they will; a rule "
			"may say triggers = \"trusted\"");
	for (uint32_t i = 0; i < r->neffects; i++) {
		const dbn_sql_effect *e = &r->effects[i];

		if (e->what == DBN_EFFECT_TRIGGER_WRITES && (!e->on.name.len ||
			dbn__rw_same(w->rw, e->on.name, r->name.name)))
			return refuse(w, "a write", "a trigger may change the row after its check; a rule "
				"may say triggers = \"trusted\"");
	}
	return DBN_OK;
}

/* Conditions on the written row, as hidden columns of RETURNING. */
static dbn_status
append_checks(struct write *w, uint32_t action)
{
	dbn__rw *rw = w->rw;
	dbn_sql_stmt *s = w->s;
	size_t n = w->fresh.n, old = s->nreturning;
	dbn_sql_item *items;
	dbn_sql_outcol *cols;

	if (!n)
		return DBN_OK;
	if (~rw->in->capabilities & (DBN_CAP_REQUIRE_FN | DBN_CAP_RETURNING))
		return refuse(w, "a checked write", "the driver cannot check rows being written");
	TRY(refuse_triggers(w, action));
	items = dbn_arena_array(rw->a, old + n, sizeof(*items));
	cols = dbn_arena_array(rw->a, old + n, sizeof(*cols));
	if (!items || !cols)
		return dbn__rw_nomem(rw);
	if (old) {
		memcpy(items, s->returning, old * sizeof(*items));
		memcpy(cols, s->returning_cols, old * sizeof(*cols));
	}
	for (size_t i = 0; i < n; i++) {
		char *name = dbn_arena_printf(rw->a, "dbn_check_%zu", i + 1);

		items[old + i].expr = require(w, &w->fresh.v[i], 0);
		items[old + i].alias = cols[old + i].name = dbn_text_z(name);
		cols[old + i].type = DBN_INT64;
		if (!items[old + i].expr || !name)
			return dbn__rw_null(rw);
	}
	s->returning = items;
	s->returning_cols = cols;
	s->nreturning = (uint32_t)(old + n);
	rw->out->nhidden = (uint32_t)n;
	rw->out->wrote_rules = true;
	return DBN_OK;
}

/* ---- does a condition hold by itself on the new row? ---- */

struct touches {
	const struct write *w;
	const uint64_t *columns;
	bool yes;
};

static dbn_status
touched(dbn_sql_expr **e, void *user)
{
	struct touches *t = (struct touches *)user;

	if ((*e)->kind == DBN_X_COLUMN) {
		t->yes |= (*e)->from != t->w->rel->row || dbn_sql_bit(t->columns, (*e)->index) ||
			(t->w->rel->orig->columns[(*e)->index].flags & DBN_COL_GENERATED);
	}
	t->yes |= (*e)->kind == DBN_X_SUBQUERY || (*e)->kind == DBN_X_EXISTS ||
		(*e)->kind == DBN_X_IN_QUERY;
	return DBN_OK;
}

static bool
in_list(const dbn__conds *list, const dbn__cond1 *c)
{
	dbn__conds one = { (dbn__cond1 *)(uintptr_t)c, 1, 1 };

	for (size_t i = 0; i < list->n; i++) {
		dbn__conds it = { &list->v[i], 1, 1 };

		if (dbn__rw_same_conds(&it, &one))
			return true;
	}
	return false;
}

/* Conditions that the old row met and that no written column is part of are met. */
static dbn_status
drop_untouched(struct write *w, const uint64_t *columns)
{
	dbn_sql_visitor v = { .expr = touched };
	size_t kept = 0;

	for (size_t i = 0; i < w->fresh.n; i++) {
		dbn__cond1 *c = &w->fresh.v[i];
		struct touches t = { w, columns, !in_list(&w->old, c) };

		v.user = &t;
		for (uint32_t k = 0; k < c->n && !t.yes; k++) {
			dbn_sql_expr *e = dbn__rw_bind(w->rw, w->rel, c->rules[k], c->exprs[k], DBN_LC_BOOL,
				"using");

			if (!e)
				return w->rw->status;
			if (dbn_sql_walk_expr(&e, &v) != DBN_OK)
				t.yes = true;
		}
		if (t.yes)
			w->fresh.v[kept++] = *c;
	}
	w->fresh.n = kept;
	return DBN_OK;
}

/* ---- presets ---- */

struct preset {
	const dbn_policy_rule *rule;
	const dbn_rule_preset_expr *p;
	dbn_sql_expr *expr;
	uint32_t ordinal;
};

static dbn_status
preset_wrong(struct write *w, const struct preset *p, const char *why)
{
	return dbn_fail_where(w->rw->err, DBN_E_CONFIG, p->rule->where.ptr,
		"Until the rule is right, the relation is refused.",
		"rule \"%s\": preset of \"%.*s\".\"%s\": %s", p->rule->id.ptr,
		DBN_TEXT_ARG(w->rel->orig->name.name), p->p->column.ptr, why);
}

static dbn_status
one_preset(struct write *w, const dbn_policy_rule *r, const dbn_rule_preset_expr *e,
	struct preset *list, uint32_t *n)
{
	struct preset p = { r, e, NULL, 0 };
	uint32_t have, want;

	while (p.ordinal < w->rel->orig->ncolumns &&
		!dbn__rw_same(w->rw, w->rel->orig->columns[p.ordinal].name, e->column))
		p.ordinal++;
	if (w->rel->orig->columns[p.ordinal].flags & DBN_COL_GENERATED)
		return preset_wrong(w, &p, "the column is generated");
	if (dbn_sql_bit(w->columns, p.ordinal))
		return dbn_fail_at(w->rw->err, DBN_E_DENIED, w->pos, "Leave the column out.",
			"column \"%s\" of \"%.*s\" is set by rule \"%s\" (%s), not by the statement",
			e->column.ptr, DBN_TEXT_ARG(dbn__rw_shown(w->rw, &w->rel->orig->name)), r->id.ptr,
			r->where.ptr);
	for (uint32_t i = 0; i < *n; i++) {
		if (list[i].ordinal != p.ordinal)
			continue;
		if (!dbn_text_eq(list[i].p->text, e->text))
			return preset_wrong(w, &p, "another rule sets another value");
		return DBN_OK;
	}
	p.expr = dbn__rw_bind(w->rw, w->rel, r, e->expr, DBN_LC_ANY, "preset");
	if (!p.expr)
		return dbn__rw_null(w->rw);
	have = dbn_lang_class_of(p.expr);
	want = dbn_lang_class(w->rel->orig->columns[p.ordinal].type);
	if (have != want && have != DBN_LC_ANY && want != DBN_LC_ANY &&
		!(have == DBN_LC_TIME && want == DBN_LC_TEXT) &&
		!(have == DBN_LC_TEXT && want == DBN_LC_OTHER))
		return preset_wrong(w, &p, "the value is not of the column's type");
	list[(*n)++] = p;
	return DBN_OK;
}

static dbn_status
presets_of(struct write *w, uint32_t action, struct preset **out, uint32_t *n)
{
	size_t most = 1;

	for (uint32_t i = 0; i < w->rel->non; i++)
		most += w->rel->on[i]->npresets;
	*out = dbn_arena_array(w->rw->a, most, sizeof(**out));
	*n = 0;
	if (!*out)
		return dbn__rw_nomem(w->rw);
	for (uint32_t i = 0; i < w->rel->non; i++) {
		const dbn_policy_rule *r = w->rel->on[i];

		if (!dbn__rw_is(r, action, DBN_RULE_ALLOW, DBN_RULE_PERMISSIVE))
			continue;
		for (uint32_t k = 0; k < r->npresets; k++)
			TRY(one_preset(w, r, &r->presets[k], *out, n));
	}
	return DBN_OK;
}

static dbn_status
add_sets(struct write *w, dbn_sql_set **sets, uint32_t *nsets, uint64_t *columns)
{
	struct preset *p;
	uint32_t n;
	dbn_sql_set *all;

	TRY(presets_of(w, DBN_ACT_UPDATE, &p, &n));
	if (!n)
		return DBN_OK;
	all = dbn_arena_array(w->rw->a, (size_t)*nsets + n, sizeof(*all));
	if (!all)
		return dbn__rw_nomem(w->rw);
	memcpy(all, *sets, *nsets * sizeof(*all));
	for (uint32_t i = 0; i < n; i++) {
		dbn_sql_set *set = &all[*nsets + i];

		set->columns = dbn_arena_array(w->rw->a, 1, sizeof(*set->columns));
		set->expr = dbn_sql_expr_copy(w->rw->a, p[i].expr);
		if (!set->columns || !set->expr)
			return dbn__rw_nomem(w->rw);
		set->ncolumns = 1;
		set->columns[0].name = w->rel->orig->columns[p[i].ordinal].name;
		set->columns[0].ordinal = p[i].ordinal;
		columns[p[i].ordinal / 64] |= UINT64_C(1) << (p[i].ordinal % 64);
	}
	*sets = all;
	*nsets += n;
	return DBN_OK;
}

/* ROW(args..., presets...) */
static dbn_sql_expr *
longer_row(struct write *w, const dbn_sql_expr *row, const struct preset *p, uint32_t n)
{
	uint32_t had = row ? row->nargs : 0;
	dbn_sql_expr *r = dbn_sql_expr_new(w->rw->a, DBN_X_ROW, 0, row ? row->pos : 0, (size_t)had + n);

	if (!r)
		return NULL;
	for (uint32_t i = 0; i < had; i++)
		r->args[i] = row->args[i];
	for (uint32_t i = 0; i < n; i++) {
		r->args[had + i] = dbn_sql_expr_copy(w->rw->a, p[i].expr);
		if (!r->args[had + i])
			return NULL;
	}
	return r;
}

static dbn_status
extend_values(struct write *w, dbn_sql_query *q, const struct preset *p, uint32_t n)
{
	dbn_sql_core *c = q->cores[0];

	for (uint32_t i = 0; i < c->nrows; i++) {
		c->rows[i] = longer_row(w, c->rows[i], p, n);
		if (!c->rows[i])
			return dbn__rw_nomem(w->rw);
	}
	return DBN_OK;
}

static dbn_status
only_presets(struct write *w, const struct preset *p, uint32_t n)
{
	dbn_sql_query *q = dbn_sql_query_select(w->rw->a, NULL, n);

	if (!q)
		return dbn__rw_nomem(w->rw);
	q->cores[0]->kind = DBN_CORE_VALUES;
	q->cores[0]->nitems = 0;
	q->cores[0]->rows = dbn_arena_array(w->rw->a, 1, sizeof(dbn_sql_expr *));
	if (!q->cores[0]->rows)
		return dbn__rw_nomem(w->rw);
	q->cores[0]->rows[0] = longer_row(w, NULL, p, n);
	q->cores[0]->nrows = 1;
	w->s->query = q;
	return q->cores[0]->rows[0] ? DBN_OK : dbn__rw_nomem(w->rw);
}

/* SELECT q.*, presets FROM (<the source>) q */
static dbn_status
wrap_source(struct write *w, const struct preset *p, uint32_t n)
{
	dbn_sql_query *was = w->s->query, *q;
	dbn_sql_from *f = dbn_sql_from_query(w->rw->a, was);

	q = dbn_sql_query_select(w->rw->a, f, (size_t)was->ncols + n);
	if (!f || !q)
		return dbn__rw_nomem(w->rw);
	for (uint32_t i = 0; i < was->ncols + n; i++) {
		dbn_sql_item *it = &q->cores[0]->items[i];
		char *name = dbn_arena_printf(w->rw->a, "c%u", i);

		it->expr = i < was->ncols ? dbn_sql_column_ref(w->rw->a, f, i)
			: dbn_sql_expr_copy(w->rw->a, p[i - was->ncols].expr);
		if (i < was->ncols)
			q->cols[i] = was->cols[i];
		q->cols[i].name = it->alias = dbn_text_z(name);
		if (!it->expr || !name)
			return dbn__rw_nomem(w->rw);
	}
	w->s->query = q;
	return DBN_OK;
}

static dbn_status
add_insert_presets(struct write *w)
{
	struct preset *p;
	uint32_t n;
	dbn_sql_target *all;
	dbn_sql_query *q = w->s->query;

	TRY(presets_of(w, DBN_ACT_INSERT, &p, &n));
	if (!n)
		return DBN_OK;
	all = dbn_arena_array(w->rw->a, (size_t)w->s->ncolumns + n, sizeof(*all));
	if (!all)
		return dbn__rw_nomem(w->rw);
	if (!q)
		w->s->ncolumns = 0;
	if (w->s->ncolumns)
		memcpy(all, w->s->columns, w->s->ncolumns * sizeof(*all));
	for (uint32_t i = 0; i < n; i++) {
		all[w->s->ncolumns + i].name = w->rel->orig->columns[p[i].ordinal].name;
		all[w->s->ncolumns + i].ordinal = p[i].ordinal;
	}
	w->s->columns = all;
	w->s->ncolumns += n;
	if (!q)
		return only_presets(w, p, n);
	if (q->ncores == 1 && q->cores[0]->kind == DBN_CORE_VALUES && !q->with && !q->norder &&
		!q->limit && !q->offset)
		return extend_values(w, q, p, n);
	return wrap_source(w, p, n);
}

/* ---- statements ---- */

static void
set_bit(uint64_t *bits, uint32_t i)
{
	bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static uint64_t *
new_bits(struct write *w)
{
	return dbn_arena_zalloc(w->rw->a, ((size_t)w->rel->orig->ncolumns / 64 + 1) * sizeof(uint64_t));
}

static dbn_status
returning(struct write *w)
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
sets(struct write *w, dbn_sql_set *list, uint32_t n, uint64_t *columns)
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

static bool
virtual_with(const struct write *w)
{
	return w->rel->orig->kind == DBN_REL_VIRTUAL && (w->old.n || w->fresh.n);
}

static dbn_status
chosen_rows(struct write *w)
{
	dbn__rw *rw = w->rw;
	dbn_sql_expr *rule = dbn__rw_conds_on(rw, w->rel, &w->old, w->s->target, RW_RAW);
	bool ruled = false, safe;

	if (rw->status != DBN_OK)
		return rw->status;
	if (rule)
		rw->out->restricted = true;
	TRY(dbn__rw_from(rw, w->s->from, &ruled));
	TRY(dbn__rw_where(rw, &w->s->where, w->s->from, rule, &safe));
	if (!rule)
		return DBN_OK;
	w->s->where = w->s->where ? dbn_sql_and(rw->a, w->s->where, rule) : rule;
	return w->s->where ? DBN_OK : dbn__rw_nomem(rw);
}

static dbn_status
update(struct write *w)
{
	uint64_t *columns = new_bits(w);

	if (!columns)
		return dbn__rw_nomem(w->rw);
	w->columns = columns;
	if (w->s->or_action != DBN_OR_NONE && w->s->or_action != DBN_OR_ABORT) {
		TRY(dbn__rw_may(w->rw, w->rel, DBN_ACT_DELETE, w->pos)); /* OR REPLACE deletes others */
	}
	TRY(dbn__rw_may(w->rw, w->rel, DBN_ACT_UPDATE, w->pos));
	TRY(dbn__rw_may(w->rw, w->rel, DBN_ACT_READ, w->pos));
	TRY(sets(w, w->s->sets, w->s->nsets, columns));
	TRY(dbn__rw_using(w->rw, w->rel, DBN_ACT_READ, &w->old));
	TRY(dbn__rw_writing(w->rw, w->rel, DBN_ACT_UPDATE, columns, false, &w->old));
	TRY(dbn__rw_using(w->rw, w->rel, DBN_ACT_READ, &w->fresh));
	TRY(dbn__rw_writing(w->rw, w->rel, DBN_ACT_UPDATE, columns, true, &w->fresh));
	if ((w->old.n || w->fresh.n) && w->s->or_action != DBN_OR_NONE &&
		w->s->or_action != DBN_OR_ABORT)
		return refuse(w, "UPDATE OR ...", "what it does with other rows cannot be checked");
	if (virtual_with(w))
		return refuse(w, "a write", "rules on a virtual table cannot be enforced");
	TRY(chosen_rows(w));
	TRY(returning(w));
	TRY(add_sets(w, &w->s->sets, &w->s->nsets, columns));
	TRY(drop_untouched(w, columns));
	return append_checks(w, DBN_ACT_UPDATE);
}

static dbn_status
delete(struct write *w)
{
	TRY(dbn__rw_may(w->rw, w->rel, DBN_ACT_DELETE, w->pos));
	TRY(dbn__rw_may(w->rw, w->rel, DBN_ACT_READ, w->pos));
	TRY(dbn__rw_using(w->rw, w->rel, DBN_ACT_READ, &w->old));
	TRY(dbn__rw_using(w->rw, w->rel, DBN_ACT_DELETE, &w->old));
	if (virtual_with(w))
		return refuse(w, "a delete", "rules on a virtual table cannot be enforced");
	TRY(chosen_rows(w));
	return returning(w);
}

/* ---- INSERT ---- */

/* dbn_require() of each: as one condition. */
static dbn_status
require_all(struct write *w, const dbn__conds *c, uint32_t flags, dbn_sql_expr **all)
{
	for (size_t i = 0; i < c->n; i++) {
		dbn_sql_expr *e = require(w, &c->v[i], flags);

		*all = e ? dbn_sql_and(w->rw->a, *all, e) : NULL;
		if (!*all)
			return dbn__rw_null(w->rw);
	}
	return DBN_OK;
}

/* The row in the way must be one that the user sees and may change; its being
 * hidden is an error that names no key. */
static dbn_status
do_update(struct write *w, dbn_sql_upsert *u)
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
		return refuse(w, "ON CONFLICT DO UPDATE", "rows inserted and rows updated are checked "
			"differently, and the database does not say which they are");
	if ((old.n || w->fresh.n) && !(w->rw->in->capabilities & DBN_CAP_REQUIRE_FN))
		return refuse(w, "ON CONFLICT DO UPDATE", "the driver cannot check the row in the way");
	TRY(require_all(w, &old, 0, &must));
	TRY(require_all(w, &w->fresh, DBN_XF_EXCLUDED, &must));
	w->columns = columns;
	TRY(add_sets(w, &u->sets, &u->nsets, columns));
	w->columns = inserted;
	if (must) {
		w->rw->out->restricted = true;
		u->where = dbn_sql_case(w->rw->a, must, u->where ? u->where
			: dbn_sql_literal_bool(w->rw->a, true), dbn_sql_literal_bool(w->rw->a, false));
		if (!u->where)
			return dbn__rw_nomem(w->rw);
	}
	return DBN_OK;
}

static dbn_status
upserts(struct write *w, bool *updates)
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
or_action(struct write *w)
{
	static const char *const words[] = { "", "OR ROLLBACK", "OR ABORT", "OR FAIL", "OR IGNORE",
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
	return refuse(w, words[how < 6 ? how : 0], "it could act on rows that are hidden");
}

static dbn_status
insert(struct write *w)
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
	if (virtual_with(w))
		return refuse(w, "an insert", "rules on a virtual table cannot be enforced");
	TRY(add_insert_presets(w));
	return append_checks(w, DBN_ACT_INSERT);
}

dbn_status
dbn__rw_write(dbn__rw *rw)
{
	dbn__item *it = dbn__rw_item(rw, rw->s->target);
	struct write w;

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
