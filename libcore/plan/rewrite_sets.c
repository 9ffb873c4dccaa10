/* SPDX-License-Identifier: MIT */
/*
 * Checks where rows that are written do not come back to be looked at: MySQL has no
 * RETURNING, and MariaDB, with a binary log, forgets an error that an INSERT's
 * RETURNING raises.  What a rule asks of the new row is asked, before it is written,
 * of the values that the statement gives it; only where those are what will be
 * stored, for the database rounds, cuts and converts others on their way.
 */
#include <stdio.h>

#include "plan/rewrite_write.h"

struct replacing {
	struct dbn__write *w;
	const dbn_sql_expr **values;    /* by column; NULL: not given */
	bool fresh;                     /* a row that was not there before */
	dbn_status rc;
};

static bool
keeps_values(const dbn_sql_column *c)
{
	static const char *const changing[] = { "char", "enum", "set", "bit", "binary", "timestamp" };

	for (size_t i = 0; i < sizeof(changing) / sizeof(changing[0]); i++) {
		size_t n = strlen(changing[i]);

		if (c->declared.len >= n && dbn_text_ieqz(dbn_text_n(c->declared.ptr, n), changing[i]))
			return false;
	}
	return c->type == DBN_INT64 || c->type == DBN_UINT64 || c->type == DBN_BOOL ||
		c->type == DBN_TEXT || c->type == DBN_BYTES || c->type == DBN_DATE;
}

static bool
is_null(const dbn_sql_expr *e)
{
	return e->kind == DBN_X_LITERAL && e->value.type == DBN_NULL;
}

/* Is what is stored the very value of the expression? */
static bool
stored_as_is(const struct replacing *r, const dbn_sql_expr *e, const dbn_sql_column *c)
{
	if (is_null(e))
		return !(c->flags & DBN_COL_IDENTITY);
	if (!keeps_values(c) || (c->flags & DBN_COL_GENERATED))
		return false;
	if (e->kind == DBN_X_COLUMN)
		return !r->fresh && e->from == r->w->s->target && !r->values[e->index] &&
			r->w->rel->orig->columns[e->index].type == c->type;
	if (e->kind != DBN_X_LITERAL && e->kind != DBN_X_PARAM)
		return false;
	return e->type == c->type || (e->type == DBN_BOOL && c->type == DBN_INT64) ||
		(e->type == DBN_INT64 && (c->type == DBN_BOOL || c->type == DBN_UINT64));
}

static dbn_status
undetermined(struct replacing *r, const dbn_sql_column *c)
{
	char why[192];

	(void)snprintf(why, sizeof(why), "a check reads \"%.*s\", whose stored value the statement does "
		"not determine; give it a value of its type", (int)(c->name.len < 60 ? c->name.len : 60),
		c->name.ptr);
	return r->rc = dbn__write_refuse(r->w, r->fresh ? "INSERT" : "UPDATE", why);
}

/* What the column will be; *stays: what it is now. */
static dbn_status
value_of(struct replacing *r, uint32_t i, dbn_sql_expr **out, bool *stays)
{
	const dbn_sql_column *c = &r->w->rel->orig->columns[i];
	const dbn_sql_expr *v = r->values[i];
	bool fresh = r->fresh;

	*stays = false;
	if (v && v->kind == DBN_X_DEFAULT) { /* as if it were left out of an INSERT */
		v = NULL;
		fresh = true;
	}
	if (c->flags & DBN_COL_GENERATED)
		return undetermined(r, c);
	if (!v && !fresh) {
		*stays = true;
		return DBN_OK;
	}
	if (!v && (c->flags & (DBN_COL_DEFAULT | DBN_COL_IDENTITY)))
		return undetermined(r, c);
	if (v && !stored_as_is(r, v, c))
		return undetermined(r, c);
	*out = v ? dbn_sql_expr_copy(r->w->rw->a, v) : dbn_sql_literal_null(r->w->rw->a);
	/* the column's collation is gone with the column: compare byte by byte */
	if (*out && v && v->kind == DBN_X_PARAM && c->type == DBN_TEXT)
		*out = dbn__rw_exact(r->w->rw, *out);
	if (!*out)
		return r->rc = dbn__rw_nomem(r->w->rw);
	return DBN_OK;
}

static dbn_status
replace(dbn_sql_expr **e, void *user)
{
	struct replacing *r = user;
	dbn_status rc;
	bool stays;

	if ((*e)->kind != DBN_X_COLUMN || (*e)->from != r->w->s->target)
		return DBN_OK;
	rc = value_of(r, (*e)->index, e, &stays);
	return rc != DBN_OK ? rc : stays ? DBN_OK : DBN_SQL_SKIP;
}

/* Every condition on the new row, over what is known before it is written. */
static dbn_status
beforehand(struct replacing *r, dbn_sql_expr **all)
{
	dbn_sql_visitor v = { .expr = replace, .user = r };
	dbn__rw *rw = r->w->rw;

	*all = NULL;
	for (size_t i = 0; i < r->w->fresh.n; i++) {
		dbn_sql_expr *e = dbn__write_require(r->w, &r->w->fresh.v[i], 0);

		if (!e)
			return dbn__rw_null(rw);
		if (dbn_sql_walk_expr(&e, &v) != DBN_OK)
			return r->rc != DBN_OK ? r->rc
				: dbn_fail(rw->err, DBN_E_LIMIT, "the statement is nested too deep");
		*all = dbn_sql_and(rw->a, *all, e);
		if (!*all)
			return dbn__rw_nomem(rw);
	}
	return DBN_OK;
}

static const dbn_sql_expr **
new_values(struct dbn__write *w)
{
	return dbn_arena_zalloc(w->rw->a, ((size_t)w->rel->orig->ncolumns + 1) *
		sizeof(const dbn_sql_expr *));
}

static dbn_status
check_update(struct dbn__write *w)
{
	struct replacing r = { w, new_values(w), false, DBN_OK };
	dbn_sql_expr *all, **first = NULL;

	if (!r.values)
		return dbn__rw_nomem(w->rw);
	for (uint32_t i = 0; i < w->s->nsets; i++) {
		if (w->s->sets[i].ncolumns != 1)
			return dbn__write_refuse(w, "SET (columns) = ...", "set them one by one");
		r.values[w->s->sets[i].columns[0].ordinal] = w->s->sets[i].expr;
		if (!first && w->s->sets[i].expr->kind != DBN_X_DEFAULT)
			first = &w->s->sets[i].expr;
	}
	TRY(beforehand(&r, &all));
	if (!first)
		return dbn__write_refuse(w, "SET to DEFAULT alone", "there is no value that a check could be "
			"put into");
	/* Of columns that are set the check has the values: it asks for no others. */
	*first = dbn_sql_case(w->rw->a, all, *first, NULL);
	return *first ? DBN_OK : dbn__rw_nomem(w->rw);
}

static dbn_status
check_row(struct dbn__write *w, dbn_sql_expr *row)
{
	struct replacing r = { w, new_values(w), true, DBN_OK };
	dbn_sql_expr *all;
	uint32_t first = UINT32_MAX;

	if (!r.values)
		return dbn__rw_nomem(w->rw);
	for (uint32_t i = w->s->ncolumns; i-- > 0;) {
		r.values[w->s->columns[i].ordinal] = row->args[i];
		if (row->args[i]->kind != DBN_X_DEFAULT)
			first = i;
	}
	TRY(beforehand(&r, &all));
	if (first == UINT32_MAX)
		return dbn__write_refuse(w, "an INSERT of DEFAULT alone", "there is no value that a check could "
			"be put into");
	row->args[first] = dbn_sql_case(w->rw->a, all, row->args[first], NULL);
	return row->args[first] ? DBN_OK : dbn__rw_nomem(w->rw);
}

dbn_status
dbn__write_check_values(struct dbn__write *w)
{
	const dbn_sql_query *q = w->s->query;

	if (w->s->kind == DBN_STMT_UPDATE)
		return check_update(w);
	if (!q || q->ncores != 1 || q->cores[0]->kind != DBN_CORE_VALUES || !w->s->ncolumns)
		return dbn__write_refuse(w, "an INSERT without VALUES", "its rows cannot be checked before they "
			"are written, and this database does not check them afterwards");
	for (uint32_t i = 0; i < q->cores[0]->nrows; i++)
		TRY(check_row(w, q->cores[0]->rows[i]));
	return DBN_OK;
}
