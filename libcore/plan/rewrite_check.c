/* SPDX-License-Identifier: MIT */
/*
 * Checks on rows being written: dbn_require() in RETURNING, whose failure undoes
 * the statement.  What the database could do past it is refused.
 */
#include "plan/rewrite_write.h"

static dbn_sql_expr *
names_of(struct dbn__write *w, const dbn__cond1 *c)
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
dbn_sql_expr *
dbn__write_require(struct dbn__write *w, const dbn__cond1 *c, uint32_t flags)
{
	dbn_sql_expr *e = dbn__rw_cond_on(w->rw, w->rel, c, w->s->target, RW_RAW | flags);

	if (e)
		e = dbn_sql_func(w->rw->a, "dbn_require", 2, e, names_of(w, c));
	if (!e && w->rw->status == DBN_OK)
		w->rw->status = dbn__rw_nomem(w->rw);
	return e;
}

dbn_status
dbn__write_refuse(struct dbn__write *w, const char *what, const char *why)
{
	return dbn_fail_at(w->rw->err, DBN_E_UNSUPPORTED, w->pos, NULL,
		"%s on \"%.*s\", which has row rules for user \"%.*s\": %s", what,
		DBN_TEXT_ARG(dbn__rw_shown(w->rw, &w->rel->orig->name)),
		DBN_TEXT_ARG(w->rw->in->subject->user), why);
}

static bool
trusted(const struct dbn__write *w, uint32_t action)
{
	for (uint32_t i = 0; i < w->rel->non; i++)
		if ((w->rel->on[i]->flags & DBN_RULE_TRIGGERS_TRUSTED) && (w->rel->on[i]->actions & action))
			return true;
	return false;
}

/* May a trigger of the relation change the row itself? */
static bool
row_changes(const struct dbn__write *w)
{
	const dbn_sql_relation *r = w->rel->orig;

	for (uint32_t i = 0; i < r->neffects; i++) {
		const dbn_sql_effect *e = &r->effects[i];

		if (e->what == DBN_EFFECT_TRIGGER_WRITES && (!e->on.name.len ||
			dbn__rw_same_table(w->rw, e->on.name, r->name.name)))
			return true;
	}
	return false;
}

/* A trigger of the relation may change the row after its check. */
static dbn_status
refuse_triggers(struct dbn__write *w, uint32_t action)
{
	if (trusted(w, action))
		return DBN_OK;
	if (w->rel->orig->kind == DBN_REL_VIEW)
		return dbn__write_refuse(w, "a write through a view", "its triggers write what they will; a rule "
			"may say triggers = \"trusted\"");
	if (row_changes(w))
		return dbn__write_refuse(w, "a write", "a trigger may change the row after its check; a rule "
			"may say triggers = \"trusted\"");
	return DBN_OK;
}

/* One more column of RETURNING, which the caller does not see. */
static dbn_status
append_hidden(struct dbn__write *w, dbn_sql_expr *e, dbn_text name)
{
	dbn_sql_stmt *s = w->s;
	size_t old = s->nreturning;
	dbn_sql_item *items = dbn_arena_array(w->rw->a, old + 1, sizeof(*items));
	dbn_sql_outcol *cols = dbn_arena_array(w->rw->a, old + 1, sizeof(*cols));

	if (!e || !name.ptr || !items || !cols)
		return dbn__rw_null(w->rw);
	if (old) {
		memcpy(items, s->returning, old * sizeof(*items));
		memcpy(cols, s->returning_cols, old * sizeof(*cols));
	}
	items[old].expr = e;
	items[old].alias = cols[old].name = name;
	cols[old].type = DBN_INT64;
	s->returning = items;
	s->returning_cols = cols;
	s->nreturning++;
	w->rw->out->nhidden++;
	return DBN_OK;
}

/*
 * What raises in RETURNING: SQLite has a function, PostgreSQL a cast of words that
 * are no boolean.  Both undo the statement.
 */
static bool
can_check(const struct dbn__write *w)
{
	uint64_t caps = w->rw->in->capabilities;

	switch (w->rw->in->dialect->id) {
	case DBN_DIALECT_POSTGRES: return caps & DBN_CAP_RETURNING;
	default: return !(~caps & (DBN_CAP_REQUIRE_FN | DBN_CAP_RETURNING));
	}
}

/* Conditions on the written row, as hidden columns of RETURNING. */
dbn_status
dbn__write_append_checks(struct dbn__write *w, uint32_t action)
{
	dbn__rw *rw = w->rw;

	if (!w->fresh.n)
		return DBN_OK;
	TRY(refuse_triggers(w, action));
	if (rw->in->dialect->id == DBN_DIALECT_MYSQL) {
		rw->out->wrote_rules = true;
		return dbn__write_check_values(w);
	}
	if (!can_check(w))
		return dbn__write_refuse(w, "a checked write", "the driver cannot check rows being written");
	for (size_t i = 0; i < w->fresh.n; i++) {
		char *name = dbn_arena_printf(rw->a, "dbn_check_%zu", i + 1);

		TRY(append_hidden(w, dbn__write_require(w, &w->fresh.v[i], 0), dbn_text_z(name)));
	}
	rw->out->wrote_rules = true;
	return DBN_OK;
}

/* PostgreSQL tells the key that it made only by RETURNING.  One row, one key. */
dbn_status
dbn__write_append_key(struct dbn__write *w)
{
	const dbn_sql_relation *rel = w->rel->orig;
	const dbn_sql_query *q = w->s->query;
	bool one = !q || (q->ncores == 1 && q->cores[0]->kind == DBN_CORE_VALUES &&
		q->cores[0]->nrows == 1);

	if (w->rw->in->dialect->id != DBN_DIALECT_POSTGRES || !one || rel->nkey != 1 ||
		w->rw->out->result.ncols)
		return DBN_OK;
	for (uint32_t i = 0; i < rel->ncolumns; i++) {
		if (!rel->columns[i].key_part || !(rel->columns[i].flags & DBN_COL_IDENTITY))
			continue;
		w->rw->out->key = true;
		return append_hidden(w, dbn_sql_column_ref(w->rw->a, w->s->target, i),
			DBN_TEXT_LIT("dbn_key"));
	}
	return DBN_OK;
}

/* ---- does a condition hold by itself on the new row? ---- */

struct touches {
	const struct dbn__write *w;
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
	t->yes |= dbn_sql_has_query(*e);
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

/* Conditions that the old row met and that no written column is part of are met,
 * but where a trigger writes columns that the statement does not. */
dbn_status
dbn__write_drop_untouched(struct dbn__write *w, const uint64_t *columns)
{
	dbn_sql_visitor v = { .expr = touched };
	size_t kept = 0;

	if (row_changes(w) && !trusted(w, DBN_ACT_UPDATE))
		return DBN_OK;
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
