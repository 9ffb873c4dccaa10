/* SPDX-License-Identifier: MIT */
/*
 * INSERT, UPDATE and DELETE as text, with each dialect's way of saying "or update".
 */
#include <stdio.h>
#include <string.h>

#include "sql/printer.h"

static void
put(dbn_sql_printer *p, const char *z)
{
	dbn_str_adds(p->out, z);
}

static void
target_names(dbn_sql_printer *p, const dbn_sql_target *t, uint32_t n)
{
	const dbn_sql_relation *rel = p->s->target->rel;

	for (uint32_t i = 0; i < n; i++) {
		if (i)
			put(p, ", ");
		if (p->many) { /* other tables may have columns of that name */
			dbn_sql__print_from_name(p, p->s->target);
			put(p, ".");
		}
		if (dbn_sql__canonical(p) && rel && t[i].ordinal < rel->ncolumns)
			dbn_sql__print_name(p, rel->columns[t[i].ordinal].name);
		else
			dbn_sql__print_name(p, t[i].name);
	}
}

/* ---- SET ---- */

struct reading {
	const dbn_sql_from *target;
	const uint64_t *written;
	uint32_t pos;
	bool yes;
};

static dbn_status
reads_written(dbn_sql_expr **e, void *user)
{
	struct reading *r = user;

	if ((*e)->kind != DBN_X_COLUMN || (*e)->from != r->target || r->yes ||
		((*e)->flags & DBN_XF_EXCLUDED))
		return DBN_OK;
	r->yes = (r->written[(*e)->index / 64] >> ((*e)->index % 64)) & 1;
	r->pos = (*e)->pos;
	return DBN_OK;
}

/* MySQL assigns from left to right: what reads a column behind its assignment
 * would mean the new value there and the old one everywhere else. */
static void
check_order(dbn_sql_printer *p, const dbn_sql_set *s, uint32_t n)
{
	const dbn_sql_relation *rel = p->s->target->rel;
	uint64_t *written = rel ? dbn_zalloc((rel->ncolumns / 64 + 1) * sizeof(uint64_t)) : NULL;
	struct reading r = { p->s->target, written, 0, false };
	dbn_sql_visitor v = { .expr = reads_written, .user = &r };

	if (!written) {
		if (p->status == DBN_OK)
			p->status = dbn_fail_nomem(p->err);
		return;
	}
	for (uint32_t i = 0; i < n && p->many; i++) /* of several tables: in any order */
		for (uint32_t k = 0; k < s[i].ncolumns; k++)
			written[s[i].columns[k].ordinal / 64] |=
				(uint64_t)1 << (s[i].columns[k].ordinal % 64);
	for (uint32_t i = 0; i < n && !r.yes; i++) {
		uint32_t own = s[i].columns[0].ordinal;
		dbn_sql_expr *e = s[i].expr;

		if (p->many)
			written[own / 64] &= ~((uint64_t)1 << (own % 64));
		(void)dbn_sql_walk_expr(&e, &v);
		for (uint32_t k = 0; k < s[i].ncolumns; k++)
			written[s[i].columns[k].ordinal / 64] |=
				(uint64_t)1 << (s[i].columns[k].ordinal % 64);
	}
	if (r.yes)
		dbn_sql__print_refuse(p, r.pos, "Set the column that is read behind the one that "
			"reads it.", "SET that reads a column it has set before");
	dbn_free(written);
}

static void
sets(dbn_sql_printer *p, const dbn_sql_set *s, uint32_t n, const char *first)
{
	if (dbn_sql__mysql(p))
		check_order(p, s, n);
	for (uint32_t i = 0; i < n; i++) {
		bool row = s[i].ncolumns != 1 || s[i].expr->kind == DBN_X_ROW;

		if (row && dbn_sql__mysql(p))
			dbn_sql__print_refuse(p, s[i].columns[0].pos, "Set them one by one.",
				"SET (columns) = ...");
		put(p, i ? ", " : first);
		put(p, row ? "(" : "");
		target_names(p, s[i].columns, s[i].ncolumns);
		put(p, row ? ") = " : " = ");
		dbn_sql__print_expr(p, s[i].expr);
	}
}

static void
where(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	if (e) {
		put(p, " WHERE ");
		dbn_sql__print_expr(p, e);
	}
}

/* ---- or update ---- */

/* ON CONFLICT names one key; ON DUPLICATE KEY means any of them: where another one
 * is in the way, the statement must fail as it would there. */
static void
guarded(dbn_sql_printer *p, const dbn_sql_upsert *u, const dbn_sql_expr *value)
{
	for (uint32_t i = 0; i < u->ntarget; i++) {
		const dbn_sql_expr *k = u->target[i].expr;
		dbn_sql_expr fresh;

		if (k->kind != DBN_X_COLUMN) {
			dbn_sql__print_refuse(p, u->pos, "Name the columns of the key.",
				"ON CONFLICT with an expression");
			return;
		}
		fresh = *k;
		fresh.flags |= DBN_XF_EXCLUDED;
		put(p, i ? " AND " : "CASE WHEN ");
		dbn_sql__print_column(p, k);
		put(p, " <=> ");
		dbn_sql__print_column(p, &fresh);
	}
	put(p, u->ntarget ? " THEN " : "");
	dbn_sql__print_expr(p, value);
	put(p, u->ntarget ? " ELSE " DBN_SQL_MYSQL_RAISE " END" : "");
}

/* A column that stays as it is: the first of the key. */
static void
do_nothing(dbn_sql_printer *p, const dbn_sql_upsert *u)
{
	dbn_sql_expr own = { .kind = DBN_X_COLUMN };
	dbn_sql_target t = { .pos = u->pos };
	const dbn_sql_relation *rel = p->s->target->rel;

	own.from = p->s->target;
	if (u->ntarget && u->target[0].expr->kind == DBN_X_COLUMN)
		own.index = u->target[0].expr->index;
	while (!u->ntarget && own.index + 1 < rel->ncolumns &&
		(rel->columns[own.index].flags & DBN_COL_GENERATED))
		own.index++;
	t.ordinal = own.index;
	target_names(p, &t, 1);
	put(p, " = ");
	guarded(p, u, &own);
}

static void
duplicate_key(dbn_sql_printer *p, const dbn_sql_upsert *u)
{
	if (u->where || u->target_where)
		dbn_sql__print_refuse(p, u->pos, "Update in a second statement.",
			"ON CONFLICT with WHERE");
	if (p->s->nupserts > 1)
		dbn_sql__print_refuse(p, u->pos, "Name one key.", "more than one ON CONFLICT");
	put(p, " ON DUPLICATE KEY UPDATE ");
	if (!u->nsets) {
		do_nothing(p, u);
		return;
	}
	check_order(p, u->sets, u->nsets);
	for (uint32_t i = 0; i < u->nsets; i++) {
		if (u->sets[i].ncolumns != 1 || u->sets[i].expr->kind == DBN_X_ROW) {
			dbn_sql__print_refuse(p, u->pos, "Set them one by one.",
				"SET (columns) = ...");
			return;
		}
		put(p, i ? ", " : "");
		target_names(p, u->sets[i].columns, 1);
		put(p, " = ");
		if (i == 0) /* every value is still the old one */
			guarded(p, u, u->sets[i].expr);
		else
			dbn_sql__print_expr(p, u->sets[i].expr);
	}
}

static void
conflict_target(dbn_sql_printer *p, const dbn_sql_upsert *u)
{
	p->bare = true;
	put(p, "(");
	if (dbn_sql__postgres(p)) {
		for (uint32_t i = 0; i < u->ntarget; i++) {
			bool column = u->target[i].expr->kind == DBN_X_COLUMN;

			put(p, i ? ", " : "");
			put(p, column ? "" : "(");
			dbn_sql__print_expr(p, u->target[i].expr);
			put(p, column ? "" : ")");
		}
	} else {
		dbn_sql__print_orders(p, NULL, u->target, u->ntarget);
	}
	put(p, ")");
	where(p, u->target_where);
	put(p, " ");
	p->bare = false;
}

static void
upsert(dbn_sql_printer *p, const dbn_sql_upsert *u)
{
	if (dbn_sql__mysql(p)) {
		duplicate_key(p, u);
		return;
	}
	if (dbn_sql__postgres(p) && p->s->nupserts > 1)
		dbn_sql__print_refuse(p, u->pos, "Name one key.", "more than one ON CONFLICT");
	if (dbn_sql__postgres(p) && u->nsets && !u->ntarget && !u->constraint.len)
		dbn_sql__print_refuse(p, u->pos, "Name the key: ON CONFLICT (id) DO UPDATE.",
			"DO UPDATE without a key");
	if (p->d->id == DBN_DIALECT_MYSQL && !u->ntarget && u->nsets) {
		put(p, " ON DUPLICATE KEY UPDATE"); /* as it was written */
		sets(p, u->sets, u->nsets, " ");
		return;
	}
	put(p, " ON CONFLICT ");
	if (u->ntarget)
		conflict_target(p, u);
	if (u->constraint.len) {
		put(p, "ON CONSTRAINT ");
		dbn_sql__print_name(p, u->constraint);
		put(p, " ");
	}
	if (!u->nsets) {
		put(p, "DO NOTHING");
		return;
	}
	put(p, "DO UPDATE");
	sets(p, u->sets, u->nsets, " SET ");
	where(p, u->where);
}

static void
returning(dbn_sql_printer *p)
{
	const dbn_sql_stmt *s = p->s;

	if (!s->nreturning)
		return;
	if (dbn_sql__mysql(p) && p->many)
		dbn_sql__print_refuse(p, s->target->pos, "Select the rows in the same transaction.",
			"RETURNING beside other tables");
	if (dbn_sql__mysql(p) && (s->kind == DBN_STMT_UPDATE || (s->kind == DBN_STMT_INSERT &&
		s->nupserts && s->upserts->ntarget + s->upserts->nsets == 0)))
		dbn_sql__print_refuse(p, s->target->pos, "Select the rows in the same transaction.",
			s->kind == DBN_STMT_UPDATE ? "UPDATE ... RETURNING" :
			"DO NOTHING with RETURNING");
	put(p, " RETURNING ");
	p->returning = true;
	dbn_sql__print_items(p, s->returning, s->nreturning, s->returning_cols, DBN_OUT_NAMES);
	p->returning = false;
}

static void
or_action(dbn_sql_printer *p)
{
	static const char *const words[] = { " ", " OR ROLLBACK ", " OR ABORT ", " OR FAIL ",
		" OR IGNORE ", " OR REPLACE " };

	if (p->d->id == DBN_DIALECT_MYSQL)
		put(p, p->s->or_action == DBN_OR_IGNORE ? " IGNORE " : " ");
	else
		put(p, words[p->s->or_action <= DBN_OR_REPLACE ? p->s->or_action : 0]);
}

static void
target(dbn_sql_printer *p)
{
	dbn_sql__print_relation(p, p->s->target);
	if (!dbn_sql__mysql(p) || p->s->kind == DBN_STMT_UPDATE || p->many)
		dbn_sql__print_from_alias(p, p->s->target);
}

/* MySQL joins what is written to the tables that are only read. */
static void
joined(dbn_sql_printer *p)
{
	bool join = p->s->from && p->s->from->kind == DBN_FROM_JOIN;

	target(p);
	if (!p->many)
		return;
	put(p, join ? " CROSS JOIN (" : " CROSS JOIN ");
	dbn_sql__print_from(p, p->s->from);
	put(p, join ? ")" : "");
}

/* ORDER BY and LIMIT, where a statement that writes has them. */
static void
limited(dbn_sql_printer *p)
{
	const dbn_sql_stmt *s = p->s;

	if (!s->norder && !s->limit)
		return;
	if (dbn_sql__postgres(p))
		dbn_sql__print_refuse(p, s->pos, "Select the keys in a subquery: WHERE id IN (SELECT ...).",
			"ORDER BY or LIMIT in a statement that writes");
	if (s->norder) {
		put(p, " ORDER BY ");
		dbn_sql__print_orders(p, NULL, s->order, s->norder);
	}
	if (s->limit) {
		put(p, " LIMIT ");
		dbn_sql__print_expr(p, s->limit);
	}
}

static void
only(dbn_sql_printer *p)
{
	if (p->s->target->flags & DBN_FF_ONLY)
		put(p, "ONLY ");
}

/* WITH stands before the statement; on MySQL only before the query of an INSERT. */
static void
with_before(dbn_sql_printer *p)
{
	if (!p->s->with)
		return;
	if (!dbn_sql__mysql(p))
		dbn_sql__print_with(p, p->s->with);
	else if (p->s->kind != DBN_STMT_INSERT)
		dbn_sql__print_refuse(p, p->s->pos, "Use a subquery.",
			"WITH before UPDATE or DELETE");
	else if (!p->s->query || p->s->query->with ||
		p->s->query->cores[0]->kind != DBN_CORE_SELECT)
		dbn_sql__print_refuse(p, p->s->pos, "Write it behind INSERT INTO, before SELECT.",
			"WITH before this INSERT");
}

/* Every column with its default. */
static void
all_defaults(dbn_sql_printer *p)
{
	put(p, dbn_sql__mysql(p) ? " () VALUES ()" : " DEFAULT VALUES");
	returning(p);
}

static void
insert(dbn_sql_printer *p)
{
	const dbn_sql_stmt *s = p->s;
	bool mysql = p->d->id == DBN_DIALECT_MYSQL;
	bool replace = s->or_action == DBN_OR_REPLACE && mysql;

	if (s->or_action && dbn_sql__canonical(p) && !dbn_sql__sqlite(p) && !(mysql &&
		(replace || s->or_action == DBN_OR_IGNORE)))
		dbn_sql__print_refuse(p, s->pos, "Write ON CONFLICT.", "INSERT OR ...");
	if (s->or_action == DBN_OR_IGNORE && dbn_sql__mysql(p) && s->nupserts && s->upserts->ntarget)
		dbn_sql__print_refuse(p, s->pos, "Leave one of them out.", "IGNORE with ON CONFLICT (key)");
	put(p, replace ? "REPLACE " : "INSERT");
	if (!replace)
		or_action(p);
	put(p, "INTO ");
	target(p);
	if (s->overriding && !s->query)
		put(p, " OVERRIDING SYSTEM VALUE");
	if (!s->query) {
		all_defaults(p);
		return;
	}
	if (s->ncolumns) {
		put(p, " (");
		target_names(p, s->columns, s->ncolumns);
		put(p, ")");
	}
	put(p, s->overriding ? " OVERRIDING SYSTEM VALUE " : " ");
	if (s->with && dbn_sql__mysql(p))
		dbn_sql__print_with(p, s->with);
	dbn_sql__print_source(p, s->query, s->nupserts > 0);
	if (s->row_alias.len && !dbn_sql__canonical(p)) {
		put(p, " AS ");
		dbn_sql__print_name(p, s->row_alias);
	}
	for (uint32_t i = 0; i < s->nupserts; i++)
		upsert(p, &s->upserts[i]);
	returning(p);
}

/* WHERE, ORDER BY and LIMIT, RETURNING, in the dialect's order. */
static void
which_rows(dbn_sql_printer *p)
{
	where(p, p->s->where);
	if (p->d->id != DBN_DIALECT_MYSQL)
		returning(p);
	limited(p);
	if (p->d->id == DBN_DIALECT_MYSQL)
		returning(p);
}

static void
update(dbn_sql_printer *p)
{
	put(p, "UPDATE");
	or_action(p);
	only(p);
	joined(p);
	sets(p, p->s->sets, p->s->nsets, " SET ");
	if (p->s->from && !p->many) {
		put(p, " FROM ");
		dbn_sql__print_from(p, p->s->from);
	}
	which_rows(p);
}

static void
delete(dbn_sql_printer *p)
{
	put(p, p->s->or_action == DBN_OR_IGNORE ? "DELETE IGNORE " : "DELETE ");
	if (p->many)
		dbn_sql__print_from_name(p, p->s->target);
	put(p, p->many ? " FROM " : "FROM ");
	only(p);
	joined(p);
	if (p->s->from && !p->many) {
		if (dbn_sql__canonical(p) && dbn_sql__sqlite(p))
			dbn_sql__print_refuse(p, p->s->from->pos, "Use a subquery.", "DELETE ... USING");
		put(p, " USING ");
		dbn_sql__print_from(p, p->s->from);
	}
	which_rows(p);
}

void
dbn_sql__print_write(dbn_sql_printer *p)
{
	p->many = dbn_sql__mysql(p) && p->s->from;
	with_before(p);
	switch (p->s->kind) {
	case DBN_STMT_INSERT: insert(p); break;
	case DBN_STMT_UPDATE: update(p); break;
	default: delete(p); break;
	}
}
