/* SPDX-License-Identifier: MIT */
/*
 * Values that rules set: added to SET and to every form of INSERT's source.
 */
#include "plan/rewrite_write.h"

struct preset {
	const dbn_policy_rule *rule;
	const dbn_rule_preset_expr *p;
	dbn_sql_expr *expr;
	uint32_t ordinal;
};

static dbn_status
preset_wrong(struct dbn__write *w, const struct preset *p, const char *why)
{
	return dbn_fail_where(w->rw->err, DBN_E_CONFIG, p->rule->where.ptr,
		"Until the rule is right, the relation is refused.",
		"rule \"%s\": preset of \"%.*s\".\"%s\": %s", p->rule->id.ptr,
		DBN_TEXT_ARG(w->rel->orig->name.name), p->p->column.ptr, why);
}

static dbn_status
one_preset(struct dbn__write *w, const dbn_policy_rule *r, const dbn_rule_preset_expr *e,
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
presets_of(struct dbn__write *w, uint32_t action, struct preset **out, uint32_t *n)
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

dbn_status
dbn__write_preset_sets(struct dbn__write *w, dbn_sql_set **sets, uint32_t *nsets, uint64_t *columns)
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
longer_row(struct dbn__write *w, const dbn_sql_expr *row, const struct preset *p, uint32_t n)
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
extend_values(struct dbn__write *w, dbn_sql_query *q, const struct preset *p, uint32_t n)
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
only_presets(struct dbn__write *w, const struct preset *p, uint32_t n)
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
wrap_source(struct dbn__write *w, const struct preset *p, uint32_t n)
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

dbn_status
dbn__write_preset_insert(struct dbn__write *w)
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
