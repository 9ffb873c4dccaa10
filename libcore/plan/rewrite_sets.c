/* SPDX-License-Identifier: MIT */
/*
 * Checks of an UPDATE where it cannot give its rows back (MySQL, MariaDB): what a
 * rule asks of the new row is asked of the old one with the values that are set.
 * Only where those are what will be stored: the database rounds, cuts and converts
 * other values on their way.
 */
#include "plan/rewrite_write.h"

struct replacing {
	struct dbn__write *w;
	dbn_status rc;
};

/* What the column is set to; NULL: it stays. */
static const dbn_sql_expr *
set_to(const dbn_sql_stmt *s, uint32_t column)
{
	for (uint32_t i = 0; i < s->nsets; i++)
		for (uint32_t k = 0; k < s->sets[i].ncolumns; k++)
			if (s->sets[i].columns[k].ordinal == column)
				return s->sets[i].expr;
	return NULL;
}

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

/* Is what is stored the very value of the expression? */
static bool
stored_as_is(const struct dbn__write *w, const dbn_sql_expr *e, const dbn_sql_column *c)
{
	if (e->kind == DBN_X_LITERAL && e->value.type == DBN_NULL)
		return true;
	if (!keeps_values(c) || (c->flags & DBN_COL_GENERATED))
		return false;
	if (e->kind == DBN_X_COLUMN)
		return e->from == w->s->target && !set_to(w->s, e->index) &&
			w->rel->orig->columns[e->index].type == c->type;
	if (e->kind != DBN_X_LITERAL && e->kind != DBN_X_PARAM)
		return false;
	return e->type == c->type || (e->type == DBN_BOOL && c->type == DBN_INT64) ||
		(e->type == DBN_INT64 && c->type == DBN_BOOL);
}

static dbn_status
replace(dbn_sql_expr **e, void *user)
{
	struct replacing *r = user;
	const dbn_sql_expr *set;
	dbn_sql_expr *copy;

	if ((*e)->kind != DBN_X_COLUMN || (*e)->from != r->w->s->target)
		return DBN_OK;
	if (r->w->rel->orig->columns[(*e)->index].flags & DBN_COL_GENERATED) {
		r->rc = dbn__write_refuse(r->w, "UPDATE", "a check reads a generated column, whose value the "
			"database computes later");
		return r->rc;
	}
	set = set_to(r->w->s, (*e)->index);
	if (!set)
		return DBN_OK;
	if (!stored_as_is(r->w, set, &r->w->rel->orig->columns[(*e)->index])) {
		r->rc = dbn__write_refuse(r->w, "UPDATE", "a check reads a column whose stored value the "
			"statement does not determine; set it to a value of its type");
		return r->rc;
	}
	copy = dbn_sql_expr_copy(r->w->rw->a, set);
	if (!copy)
		return r->rc = dbn__rw_nomem(r->w->rw);
	*e = copy;
	return DBN_SQL_SKIP;
}

/* One condition on the new row, over the old one. */
static dbn_sql_expr *
over_old(struct dbn__write *w, const dbn__cond1 *c)
{
	struct replacing r = { w, DBN_OK };
	dbn_sql_visitor v = { .expr = replace, .user = &r };
	dbn_sql_expr *e = dbn__write_require(w, c, 0);

	if (!e)
		return NULL;
	if (dbn_sql_walk_expr(&e, &v) != DBN_OK) {
		w->rw->status = r.rc != DBN_OK ? r.rc
			: dbn_fail(w->rw->err, DBN_E_LIMIT, "the statement is nested too deep");
		return NULL;
	}
	return e;
}

dbn_status
dbn__write_check_sets(struct dbn__write *w)
{
	dbn_sql_expr *all = NULL, *one;
	dbn_sql_set *first = w->s->sets;

	if (!w->s->nsets || first->ncolumns != 1)
		return dbn__write_refuse(w, "SET (columns) = ...", "set them one by one");
	for (size_t i = 0; i < w->fresh.n; i++) {
		one = over_old(w, &w->fresh.v[i]);
		all = one ? dbn_sql_and(w->rw->a, all, one) : NULL;
		if (!all)
			return dbn__rw_null(w->rw);
	}
	/* All others are set behind it: here every column is still the old one. */
	first->expr = dbn_sql_case(w->rw->a, all, first->expr, NULL);
	return first->expr ? DBN_OK : dbn__rw_nomem(w->rw);
}
