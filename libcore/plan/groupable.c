/* SPDX-License-Identifier: MIT */
/*
 * May a statement travel in a group with those of other sessions?  Only one that
 * reads, that depends on nothing of its transaction, and that is short whatever
 * the values are, because those behind it wait for it: each table it reads, as
 * rewritten, is read by its whole primary key.  Everything here says no to what it
 * does not know.
 */
#include "plan/plan.h"

#define LEAVES_MAX 8u
#define DEPTH_MAX  32u

typedef struct survey {
	const dbn_sql_from *leaves[LEAVES_MAX];
	uint64_t pinned[LEAVES_MAX];     /* bits of key parts that are fixed */
	uint32_t nleaves;
	bool no;
} survey;

/* The table behind a leaf; NULL: it is not simply one. */
static const dbn_sql_relation *
table_of(const dbn_sql_from *f)
{
	const dbn_sql_query *q;
	const dbn_sql_core *c;

	if (f->kind == DBN_FROM_QUERY) { /* what a rule left of a table */
		q = f->query;
		if (q->with || q->ncores != 1 || q->norder || q->limit || q->offset)
			return NULL;
		c = q->cores[0];
		if (c->kind != DBN_CORE_SELECT || c->distinct || c->ngroup || c->having || c->nwindows ||
			!c->from)
			return NULL;
		f = c->from;
	}
	return f->kind == DBN_FROM_RELATION && f->rel && f->rel->kind == DBN_REL_TABLE && f->rel->nkey &&
		f->rel->nkey <= 64 ? f->rel : NULL;
}

static void
add_leaves(survey *s, const dbn_sql_from *f, uint32_t depth)
{
	if (depth > DEPTH_MAX) {
		s->no = true;
	} else if (f->kind == DBN_FROM_JOIN) {
		add_leaves(s, f->left, depth + 1);
		add_leaves(s, f->right, depth + 1);
	} else if (s->nleaves == LEAVES_MAX || !table_of(f)) {
		s->no = true;
	} else {
		s->leaves[s->nleaves++] = f;
	}
}

/* The bit of a key column in its leaf; 0: it is none. */
static uint64_t
key_bit(const survey *s, const dbn_sql_expr *e, uint32_t *leaf)
{
	const dbn_sql_relation *rel;
	dbn_sql_outcol oc;
	uint32_t part;

	if (e->kind != DBN_X_COLUMN || !e->from)
		return 0;
	for (*leaf = 0; *leaf < s->nleaves && s->leaves[*leaf] != e->from; ++*leaf)
		continue;
	if (*leaf == s->nleaves || !dbn_sql_from_col(e->from, e->index, &oc))
		return 0;
	rel = table_of(e->from);
	if (oc.rel != rel || oc.ordinal >= rel->ncolumns)
		return 0;
	part = rel->columns[oc.ordinal].key_part;
	return part ? UINT64_C(1) << (part - 1) : 0;
}

static bool
whole(const survey *s, uint32_t leaf)
{
	uint32_t n = table_of(s->leaves[leaf])->nkey;

	return s->pinned[leaf] == (n == 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1);
}

/* Is its value one only: given, or a column of a row that is one only? */
static bool
one_value(const survey *s, const dbn_sql_expr *e)
{
	uint32_t leaf;

	if (e->kind == DBN_X_CAST && e->nargs == 1)
		e = e->args[0];
	if (e->kind == DBN_X_PARAM || e->kind == DBN_X_LITERAL)
		return true;
	if (e->kind != DBN_X_COLUMN || !e->from)
		return false;
	for (leaf = 0; leaf < s->nleaves; leaf++)
		if (s->leaves[leaf] == e->from)
			return whole(s, leaf);
	return false;
}

static bool
pin_side(survey *s, const dbn_sql_expr *column, const dbn_sql_expr *value)
{
	uint32_t leaf = 0;
	uint64_t bit = key_bit(s, column, &leaf);

	if (!bit || s->pinned[leaf] & bit || !one_value(s, value))
		return false;
	s->pinned[leaf] |= bit;
	return true;
}

/* What a condition fixes; true: something new. */
static bool
pin(survey *s, const dbn_sql_expr *e, uint32_t depth)
{
	bool more = false;

	if (!e || depth > DEPTH_MAX)
		return false;
	if (e->kind == DBN_X_CHAIN && e->op == DBN_OP_AND && !e->ops) {
		for (uint32_t i = 0; i < e->nargs; i++)
			more |= pin(s, e->args[i], depth + 1);
		return more;
	}
	if (e->kind != DBN_X_COMPARE || e->op != DBN_OP_EQ)
		return false;
	return pin_side(s, e->args[0], e->args[1]) || pin_side(s, e->args[1], e->args[0]);
}

static bool
pin_joins(survey *s, const dbn_sql_from *f, uint32_t depth)
{
	bool on, left, right;

	if (f->kind != DBN_FROM_JOIN || depth > DEPTH_MAX)
		return false;
	on = pin(s, f->on, 0); /* all three, whatever comes out */
	left = pin_joins(s, f->left, depth + 1);
	right = pin_joins(s, f->right, depth + 1);
	return on || left || right;
}

/* ---- what must not be anywhere ---- */

static dbn_status
see_expr(dbn_sql_expr **e, void *user)
{
	survey *s = user;

	switch ((*e)->kind) {
	case DBN_X_IN_QUERY: case DBN_X_EXISTS: case DBN_X_SUBQUERY: case DBN_X_ARRAY_QUERY:
	case DBN_X_ANY_QUERY: case DBN_X_VARIABLE:
		s->no = true;
		break;
	case DBN_X_FUNC:
		s->no |= !(*e)->call || (*e)->call->over || !((*e)->call->fact & DBN_FN_PURE) ||
			(*e)->call->fact & (DBN_FN_VOLATILE | DBN_FN_UNSTABLE | DBN_FN_WINDOW);
		break;
	default:
		break;
	}
	return DBN_OK;
}

bool
dbn_plan__groupable(const dbn_plan *p, const dbn_rewritten *rw)
{
	dbn_sql_visitor v = { .expr = see_expr };
	const dbn_sql_query *q = p->stmt->query;
	const dbn_sql_core *c;
	survey s = { .nleaves = 0 };
	bool more;

	if (p->kind != DBN_STMT_SELECT || p->must_finish || rw->result.flags & (DBN_SQL_VOLATILE |
		DBN_SQL_WRITES | DBN_SQL_UNLISTED_FN | DBN_SQL_RECURSIVE | DBN_SQL_WINDOWS | DBN_SQL_LOCKS))
		return false;
	if (q->with || q->ncores != 1 || q->cores[0]->kind != DBN_CORE_SELECT || !q->cores[0]->from)
		return false;
	c = q->cores[0];
	if (c->non || q->ties)
		return false;
	add_leaves(&s, c->from, 0);
	v.user = &s;
	if (s.no || dbn_sql_walk(p->stmt, &v) != DBN_OK || s.no)
		return false;
	do {
		more = pin(&s, c->where, 0);
		more = pin_joins(&s, c->from, 0) || more;
	} while (more);
	for (uint32_t i = 0; i < s.nleaves; i++)
		if (!whole(&s, i))
			return false;
	return true;
}
