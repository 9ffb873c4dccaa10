/* SPDX-License-Identifier: MIT */
/*
 * Conditions on rows: how rules are combined.  A list of conditions is AND; each
 * is the OR of permissive rules, or one restrictive or denying rule.
 */
#include "plan/rewrite_impl.h"

static bool
same_cond(const dbn__cond1 *a, const dbn__cond1 *b)
{
	if (a->n != b->n || a->negated != b->negated)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (a->exprs[i] != b->exprs[i])
			return false;
	return true;
}

bool
dbn__rw_same_conds(const dbn__conds *a, const dbn__conds *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		bool found = false;

		for (size_t k = 0; k < b->n && !found; k++)
			found = same_cond(&a->v[i], &b->v[k]);
		if (!found)
			return false;
	}
	return true;
}

/* rules and exprs are copied; a condition that is there already is not added. */
dbn_status
dbn__rw_add_cond(dbn__rw *rw, dbn__conds *c, const dbn_policy_rule **rules,
	const dbn_sql_expr **exprs, uint32_t n, bool negated)
{
	dbn__cond1 one = { rules, exprs, n, negated };

	for (size_t i = 0; i < c->n; i++)
		if (same_cond(&c->v[i], &one))
			return DBN_OK;
	one.rules = dbn_arena_memdup(rw->a, rules, n * sizeof(*rules));
	one.exprs = dbn_arena_memdup(rw->a, exprs, n * sizeof(*exprs));
	if (!one.rules || !one.exprs ||
		!dbn_arena_grow(rw->a, &c->v, &c->cap, c->n + 1, sizeof(*c->v)))
		return dbn__rw_nomem(rw);
	c->v[c->n++] = one;
	return DBN_OK;
}

/* The permissive rules of an action (of a column, if column is not UINT32_MAX). */
static dbn_status
permissive(dbn__rw *rw, dbn__rel *rel, uint32_t action, uint32_t column, bool check, dbn__conds *out)
{
	const dbn_policy_rule **rules = dbn_arena_array(rw->a, (size_t)rel->non + 1, sizeof(*rules));
	const dbn_sql_expr **exprs = dbn_arena_array(rw->a, (size_t)rel->non + 1, sizeof(*exprs));
	uint32_t n = 0;

	if (!rules || !exprs)
		return dbn__rw_nomem(rw);
	for (uint32_t i = 0; i < rel->non; i++) {
		const dbn_policy_rule *r = rel->on[i];
		const dbn_sql_expr *e = check && r->check ? r->check : r->using_;

		if (!dbn__rw_is(r, action, DBN_RULE_ALLOW, DBN_RULE_PERMISSIVE) ||
			(column != UINT32_MAX && !dbn__rw_grants(r, rw, rel->orig->columns[column].name)))
			continue;
		if (!e)
			return DBN_OK; /* one that shows every row: no condition */
		rules[n] = r;
		exprs[n++] = e;
	}
	return n ? dbn__rw_add_cond(rw, out, rules, exprs, n, false) : DBN_OK;
}

static dbn_status
restrictive(dbn__rw *rw, dbn__rel *rel, uint32_t action, bool check, dbn__conds *out)
{
	for (uint32_t i = 0; i < rel->non; i++) {
		const dbn_policy_rule *r = rel->on[i];
		bool deny = dbn__rw_is(r, action, DBN_RULE_DENY, 0);
		const dbn_sql_expr *e = check && r->check ? r->check : r->using_;
		dbn_status rc;

		if (!e || (!deny && !dbn__rw_is(r, action, DBN_RULE_ALLOW, DBN_RULE_RESTRICTIVE)))
			continue;
		rc = dbn__rw_add_cond(rw, out, &r, &e, 1, deny);
		if (rc != DBN_OK)
			return rc;
	}
	return DBN_OK;
}

dbn_status
dbn__rw_using(dbn__rw *rw, dbn__rel *rel, uint32_t action, dbn__conds *out)
{
	dbn_status rc = permissive(rw, rel, action, UINT32_MAX, false, out);

	return rc == DBN_OK ? restrictive(rw, rel, action, false, out) : rc;
}

dbn_status
dbn__rw_writing(dbn__rw *rw, dbn__rel *rel, uint32_t action, const uint64_t *columns, bool check,
	dbn__conds *out)
{
	bool any = false;

	for (uint32_t i = 0; i < rel->orig->ncolumns; i++) {
		dbn_status rc;

		if (!dbn_sql_bit(columns, i))
			continue;
		any = true;
		rc = permissive(rw, rel, action, i, check, out);
		if (rc != DBN_OK)
			return rc;
	}
	if (!any) {
		dbn_status rc = permissive(rw, rel, action, UINT32_MAX, check, out);

		if (rc != DBN_OK)
			return rc;
	}
	return restrictive(rw, rel, action, check, out);
}

/* ---- onto a from-item ---- */

struct moving {
	dbn_sql_from *f;
	uint32_t flags;
};

static dbn_status
set_flags(dbn_sql_expr **e, void *user)
{
	struct moving *m = (struct moving *)user;

	if ((*e)->kind == DBN_X_COLUMN && (*e)->from == m->f)
		(*e)->flags |= (uint16_t)m->flags;
	return DBN_OK;
}

dbn_sql_expr *
dbn__rw_onto(dbn__rw *rw, const dbn__rel *rel, const dbn_sql_expr *e, dbn_sql_from *f,
	uint32_t flags)
{
	struct moving m = { f, flags };
	dbn_sql_visitor v = { .expr = set_flags, .user = &m };
	dbn_sql_expr *r = dbn_sql_expr_copy_onto(rw->a, e, rel->row, f);

	if (r && flags && dbn_sql_walk_expr(&r, &v) != DBN_OK)
		r = NULL;
	if (!r)
		rw->status = dbn__rw_nomem(rw);
	return r;
}

static const char *
part(const dbn__cond1 *c, const dbn_sql_expr *e, uint32_t i)
{
	return c->rules[i]->check == e ? "check" : "using";
}

dbn_sql_expr *
dbn__rw_cond_on(dbn__rw *rw, dbn__rel *rel, const dbn__cond1 *c, dbn_sql_from *f, uint32_t flags)
{
	dbn_sql_expr *all = NULL;

	for (uint32_t i = 0; i < c->n; i++) {
		dbn_sql_expr *e = dbn__rw_bind(rw, rel, c->rules[i], c->exprs[i], DBN_LC_BOOL,
			part(c, c->exprs[i], i));

		e = e ? dbn__rw_onto(rw, rel, e, f, flags) : NULL;
		if (e && c->negated)
			e = dbn_sql_not(rw->a, e);
		all = e && all ? dbn_sql_or(rw->a, all, e) : e;
		if (!all)
			return NULL;
	}
	return all;
}

dbn_sql_expr *
dbn__rw_conds_on(dbn__rw *rw, dbn__rel *rel, const dbn__conds *c, dbn_sql_from *f, uint32_t flags)
{
	dbn_sql_expr *all = NULL;

	for (size_t i = 0; i < c->n; i++) {
		dbn_sql_expr *e = dbn__rw_cond_on(rw, rel, &c->v[i], f, flags);

		all = e ? dbn_sql_and(rw->a, all, e) : NULL;
		if (!all) {
			rw->status = dbn__rw_null(rw);
			return NULL;
		}
	}
	return all;
}
