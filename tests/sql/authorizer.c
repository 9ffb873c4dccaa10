/* SPDX-License-Identifier: MIT */
/*
 * What SQLite's authorizer reports while the canonical text is prepared is what the
 * plan has foretold: no more, and no less.  Where less than equality can be asked,
 * the place says so:
 *
 * - what triggers and views touch is foretold by relation, so their columns are not
 *   compared (SQLite names the trigger or view, and view columns nobody asked for);
 * - what triggers, cascades and foreign keys may touch is foretold for any write of the
 *   relation, and SQLite reports what this write sets off: only "no more" is asked of
 *   relations that the statement does not name itself;
 * - excluded.x is foretold as a reading of x, and is not reported;
 * - a foreign key makes a writing statement read keys of its two tables;
 * - a relation that is updated or deleted from is foretold to be read, which SQLite
 *   reports only where a column is;
 * - what REPLACE deletes is foretold, and not reported;
 * - DELETE with LIMIT is foretold to read the key, by which SQLite finds the rows
 *   where it does not delete them as it meets them;
 * - a view of which no column is read is foretold, and not reported itself;
 * - a common table expression is reported as a relation without a column.
 */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "sql/oracles.h"

#define TOUCHES_MAX 512

struct report {
	uint32_t action;
	char rel[64], col[64], by[64];
	bool met;                   /* by something foretold */
};

static struct {
	struct report v[TOUCHES_MAX];
	size_t n;
	bool other;                 /* something that no statement of these may do */
} seen;

static uint32_t
action_of(int code)
{
	switch (code) {
	case SQLITE_READ: return DBN_ACT_READ;
	case SQLITE_INSERT: return DBN_ACT_INSERT;
	case SQLITE_UPDATE: return DBN_ACT_UPDATE;
	case SQLITE_DELETE: return DBN_ACT_DELETE;
	case SQLITE_FUNCTION: return DBN_ACT_EXECUTE;
	default: return 0;
	}
}

static void
copy(char out[64], const char *s)
{
	(void)snprintf(out, 64, "%s", s ? s : "");
}

static int
listen(void *user, int code, const char *a, const char *b, const char *db, const char *by)
{
	uint32_t action = action_of(code);
	struct report x = { .action = action };

	(void)user;
	(void)db;
	if (code == SQLITE_SELECT || code == SQLITE_RECURSIVE)
		return SQLITE_OK;
	if (!action || seen.n == TOUCHES_MAX) {
		seen.other = true;
		return SQLITE_OK;
	}
	copy(x.rel, action == DBN_ACT_EXECUTE ? b : a);
	if (action == DBN_ACT_READ || action == DBN_ACT_UPDATE)
		copy(x.col, b);
	copy(x.by, by);
	for (size_t i = 0; i < seen.n; i++)
		if (seen.v[i].action == action && !strcmp(seen.v[i].rel, x.rel) &&
			!strcmp(seen.v[i].col, x.col) && !strcmp(seen.v[i].by, x.by))
			return SQLITE_OK;
	seen.v[seen.n++] = x;
	return SQLITE_OK;
}

/* ---- what the schema says, asked beside it ---- */

static bool
asks(sqlite3 *db, const char *sql, const char *a, const char *b)
{
	sqlite3_stmt *q = NULL;
	bool yes;

	cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
	(void)sqlite3_bind_text(q, 1, a, -1, SQLITE_STATIC);
	if (b)
		(void)sqlite3_bind_text(q, 2, b, -1, SQLITE_STATIC);
	yes = sqlite3_step(q) == SQLITE_ROW;
	(void)sqlite3_finalize(q);
	return yes;
}

static bool
exists(sqlite3 *db, const char *name, const char *type)
{
	return asks(db, "SELECT 1 FROM sqlite_master WHERE name=?1 COLLATE nocase AND type GLOB ?2", name,
		type);
}

/* On either side of a foreign key, or in the primary key that one points at. */
static bool
is_key_column(sqlite3 *db, const char *rel, const char *col)
{
	return asks(db, "SELECT 1 FROM pragma_foreign_key_list(?1) WHERE \"from\"=?2 COLLATE nocase", rel,
		col) || asks(db, "SELECT 1 FROM pragma_table_info(?1) WHERE pk AND name=?2 COLLATE nocase",
		rel, col);
}

/* ---- the comparison ---- */

static bool
same(dbn_text a, const char *b)
{
	return dbn_text_ieqz(a, b);
}

static const dbn_access *
at(const dbn_plan *p, uint32_t i)
{
	const dbn_array *list = &p->recipe.opts.accesses;

	return (const dbn_access *)((const char *)list->items + (size_t)i * list->stride);
}

static bool
is_foretold(const dbn_plan *p, uint32_t action, const char *rel, const char *col)
{
	for (uint32_t i = 0; i < p->recipe.opts.accesses.count; i++) {
		const dbn_access *x = at(p, i);

		if (x->action == action && same(x->relation.name, rel) && same(x->column, col))
			return true;
	}
	return false;
}

static bool
writes_of(const dbn_plan *p)
{
	return p->kind != DBN_STMT_SELECT;
}

/* May the statement do what was reported? */
static bool
is_allowed(sqlite3 *db, const dbn_plan *p, const struct report *t)
{
	if (t->action == DBN_ACT_EXECUTE) {
		for (uint32_t i = 0; i < p->recipe.opts.accesses.count; i++)
			if (at(p, i)->action == DBN_ACT_EXECUTE && same(at(p, i)->relation.name, t->rel))
				return true;
		return *t->by && exists(db, t->by, "[tv]*[rw]");
	}
	if (is_foretold(p, t->action, t->rel, t->col))
		return true;
	if (*t->by && exists(db, t->by, "[tv]*[rw]")) /* a trigger or view */
		return is_foretold(p, t->action, t->rel, "");
	if (t->action == DBN_ACT_READ && !*t->col && t->rel[0] == 'q' && !exists(db, t->rel, "*"))
		return strspn(t->rel + 1, "0123456789") == strlen(t->rel + 1);
	if (writes_of(p) && is_key_column(db, t->rel, t->col))
		return is_foretold(p, DBN_ACT_READ, t->rel, "") ||
			is_foretold(p, DBN_ACT_UPDATE, t->rel, "") || p->kind == DBN_STMT_INSERT;
	return false;
}

static bool
is_reported(uint32_t actions, dbn_text rel, dbn_text col, bool any_column)
{
	for (size_t i = 0; i < seen.n; i++)
		if ((seen.v[i].action & actions) && same(rel, seen.v[i].rel) &&
			(any_column || same(col, seen.v[i].col)))
			return true;
	return false;
}

struct looked_for {
	const dbn_access *access;
	bool named, excluded;       /* the relation by the statement; the column as excluded.x */
};

static dbn_status
look_at_from(dbn_sql_from **f, void *user)
{
	struct looked_for *l = user;

	if ((*f)->kind == DBN_FROM_RELATION && dbn_text_eq((*f)->rel->name.name, l->access->relation.name))
		l->named = true;
	return DBN_OK;
}

static dbn_status
look_at_expr(dbn_sql_expr **e, void *user)
{
	struct looked_for *l = user;

	if ((*e)->kind == DBN_X_COLUMN && ((*e)->flags & DBN_XF_EXCLUDED) &&
		dbn_text_eq((*e)->from->rel->columns[(*e)->index].name, l->access->column))
		l->excluded = true;
	return DBN_OK;
}

/* Was it reported, or is it one of those that need not be? */
static bool
happened(sqlite3 *db, dbn_plan *p, const dbn_access *x)
{
	char rel[64];

	dbn_sql_stmt *s = p->stmt;
	struct looked_for l = { .access = x };
	dbn_sql_visitor v = { .expr = look_at_expr, .from = look_at_from, .user = &l };
	bool target = s->target && dbn_text_eq(s->target->rel->name.name, x->relation.name);

	if (is_reported(x->action, x->relation.name, x->column, x->action == DBN_ACT_EXECUTE ||
		!x->column.len))
		return true;
	if (x->action == DBN_ACT_EXECUTE)
		return false;
	cr_assert_eq(dbn_sql_walk(s, &v), DBN_OK);
	if (x->column.len)
		return x->action == DBN_ACT_READ && (l.excluded ||
			(target && s->kind == DBN_STMT_DELETE && s->limit));
	(void)snprintf(rel, sizeof rel, "%.*s", DBN_TEXT_ARG(x->relation.name));
	if (x->action == DBN_ACT_READ && exists(db, rel, "view"))
		return true;
	if (!target && (!l.named || x->action != DBN_ACT_READ))
		return writes_of(p);
	if (x->action == DBN_ACT_DELETE)
		return s->or_action == DBN_OR_REPLACE;
	return x->action == DBN_ACT_READ && target;
}

static const char *
verb(uint32_t action)
{
	return action == DBN_ACT_READ ? "reads" : action == DBN_ACT_INSERT ? "inserts into" :
		action == DBN_ACT_UPDATE ? "updates" : action == DBN_ACT_DELETE ? "deletes from" : "calls";
}

size_t
oracle_authorizer(world *w, const struct corpus_stmt *s, dbn_plan *p)
{
	sqlite3 *db = (sqlite3 *)w->bare.db;
	sqlite3_stmt *q = NULL;
	int rc;

	/* Once before it counts: where json_each is first used SQLite declares it, which is
	 * reported as an update of its own schema. */
	(void)sqlite3_prepare_v2(db, p->recipe.sql.ptr, -1, &q, NULL);
	(void)sqlite3_finalize(q);
	memset(&seen, 0, sizeof seen);
	(void)sqlite3_set_authorizer(db, listen, NULL);
	rc = sqlite3_prepare_v2(db, p->recipe.sql.ptr, -1, &q, NULL);
	(void)sqlite3_set_authorizer(db, NULL, NULL);
	(void)sqlite3_finalize(q);
	if (rc != SQLITE_OK)
		return 0; /* refused: see test_same, which demands the same of the text */
	if (seen.other)
		world_wrong(w, s, "does what no such statement may: %s", p->recipe.sql.ptr);
	for (size_t i = 0; i < seen.n; i++)
		if (!is_allowed(db, p, &seen.v[i]))
			world_wrong(w, s, "%s %s.%s%s%s, which was not foretold\n  %s", verb(seen.v[i].action),
				seen.v[i].rel, seen.v[i].col, *seen.v[i].by ? " by " : "", seen.v[i].by,
				p->recipe.sql.ptr);
	for (uint32_t i = 0; i < p->recipe.opts.accesses.count; i++)
		if (!happened(db, p, at(p, i)))
			world_wrong(w, s, "was to be: %s %.*s.%.*s\n  %s", verb(at(p, i)->action),
				DBN_TEXT_ARG(at(p, i)->relation.name), DBN_TEXT_ARG(at(p, i)->column),
				p->recipe.sql.ptr);
	return seen.n;
}
