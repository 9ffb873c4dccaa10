/* SPDX-License-Identifier: MIT */
/*
 * UPDATE and DELETE over several tables, as MySQL writes them: one of the tables
 * is written.  It is taken out of the joins and becomes the target; conditions
 * that stood between it and the others go to WHERE, which for inner joins is the
 * same.
 */
#include "sql/parser.h"

/* The joins from the top down to the target. */
struct path {
	dbn_sql_from **joins;
	size_t n, cap;
};

static bool
is_called(const dbn_sql_parser *p, const dbn_sql_from *f, const dbn_sql_name *called)
{
	if (f->kind != DBN_FROM_RELATION)
		return false;
	if (f->alias.len)
		return !called->schema.len && dbn_sql_same_table(p->d, f->alias, called->name);
	return dbn_sql_same_table(p->d, f->name.name, called->name) && (!called->schema.len ||
		dbn_sql_same_table(p->d, f->name.schema, called->schema));
}

static bool
push(dbn_sql_parser *p, struct path *path, dbn_sql_from *join)
{
	if (!dbn_arena_grow(p->a, &path->joins, &path->cap, path->n + 1, sizeof(*path->joins)))
		return dbn_sql__nomem(p) != NULL;
	path->joins[path->n++] = join;
	return true;
}

/* To the left the chain may be long: a loop.  To the right stand parentheses, which
 * the parser has counted. */
static dbn_sql_from *
find(dbn_sql_parser *p, dbn_sql_from *at, const dbn_sql_name *called, struct path *path)
{
	size_t mark = path->n;

	while (at->kind == DBN_FROM_JOIN) {
		dbn_sql_from *found;

		if (!push(p, path, at))
			return NULL;
		found = find(p, at->right, called, path);
		if (found)
			return found;
		at = at->left;
	}
	if (is_called(p, at, called))
		return at;
	path->n = mark;
	return NULL;
}

bool
dbn_sql__target_of(dbn_sql_parser *p, dbn_sql_stmt *s, dbn_sql_from *all, const dbn_sql_name *called,
	uint32_t pos, bool maybe)
{
	struct path path = { NULL, 0, 0 };
	dbn_sql_from *t = find(p, all, called, &path), *parent = NULL, *rest = NULL;

	if (p->status != DBN_OK)
		return false;
	if (!t && maybe) {
		s->from = all;
		return true;
	}
	if (!t)
		return dbn_sql__fail(p, pos, "Use the alias where there is one.", "%.*s is none of the "
			"tables of the statement", DBN_TEXT_ARG(called->name)) != NULL;
	for (size_t i = 0; i < path.n; i++) {
		dbn_sql_from *j = path.joins[i];

		if (j->join > DBN_JOIN_CROSS || j->nusing || (j->flags & DBN_FF_NATURAL))
			return dbn_sql__refuse(p, DBN_G_WRITE_OUTER, j->pos) != NULL;
		if (j->on && !(s->where = dbn_sql_and(p->a, s->where, j->on)))
			return dbn_sql__nomem(p) != NULL;
		j->on = NULL;
		j->join = DBN_JOIN_CROSS;
	}
	if (path.n) {
		parent = path.joins[path.n - 1];
		rest = parent->left == t ? parent->right : parent->left;
	}
	for (size_t i = path.n; i-- > 1;) {
		if (path.joins[i - 1]->left == path.joins[i])
			path.joins[i - 1]->left = rest;
		else
			path.joins[i - 1]->right = rest;
		rest = path.joins[i - 1];
	}
	t->flags |= DBN_FF_TARGET;
	s->target = t;
	s->from = rest;
	return true;
}
