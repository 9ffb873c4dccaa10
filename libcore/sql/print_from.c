/* SPDX-License-Identifier: MIT */
/*
 * FROM as text: relations and how they are read, derived tables, functions, joins.
 */
#include <stdio.h>
#include <string.h>

#include "sql/printer.h"

static void from(dbn_sql_printer *p, dbn_sql_from *f);

static void
put(dbn_sql_printer *p, const char *z)
{
	dbn_str_adds(p->out, z);
}

/* ("a", "b") */
static void
names(dbn_sql_printer *p, const dbn_text *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		put(p, i ? ", " : "(");
		dbn_sql__print_name(p, v[i]);
	}
	put(p, n ? ")" : "()");
}

void
dbn_sql__print_relation(dbn_sql_printer *p, const dbn_sql_from *f)
{
	const dbn_sql_name *n = dbn_sql__canonical(p) && f->rel ? &f->rel->name : &f->name;

	if (dbn_sql__canonical(p) && !f->rel) {
		dbn_sql__print_fail(p, DBN_E_UNSUPPORTED, f->pos, "the table %.*s is not resolved",
			DBN_TEXT_ARG(f->name.name));
		return;
	}
	if (n->database.len && !dbn_sql__canonical(p)) {
		dbn_sql__print_name(p, n->database);
		put(p, ".");
	}
	if (n->schema.len && !(dbn_sql__canonical(p) && p->d->own_schema &&
		dbn_text_eqz(n->schema, p->d->own_schema))) {
		dbn_sql__print_name(p, n->schema);
		put(p, ".");
	}
	dbn_sql__print_name(p, n->name);
}

void
dbn_sql__print_from_alias(dbn_sql_printer *p, dbn_sql_from *f)
{
	if (dbn_sql__canonical(p)) {
		put(p, " AS ");
		dbn_sql__print_from_name(p, f);
	} else if (f->alias.len) {
		put(p, " AS ");
		dbn_sql__print_name(p, f->alias);
		if (f->ncolumns)
			names(p, f->columns, f->ncolumns);
	}
}

static void
partitions(dbn_sql_printer *p, const dbn_sql_from *f)
{
	if (!f->scan || !f->scan->npartitions)
		return;
	put(p, " PARTITION ");
	names(p, f->scan->partitions, f->scan->npartitions);
}

static void
sample(dbn_sql_printer *p, const dbn_sql_scan *s)
{
	put(p, " TABLESAMPLE ");
	dbn_str_addt(p->out, s->method);
	put(p, " (");
	dbn_sql__print_expr(p, s->sample);
	put(p, ")");
	if (!s->seed)
		return;
	put(p, " REPEATABLE (");
	dbn_sql__print_expr(p, s->seed);
	put(p, ")");
}

/* What stands behind the alias. */
static void
scan(dbn_sql_printer *p, const dbn_sql_from *f)
{
	static const char *const what[] = { " USE INDEX", " FORCE INDEX", " IGNORE INDEX" };
	static const char *const use[] = { " ", " FOR JOIN ", " FOR ORDER BY ", " FOR GROUP BY " };
	const dbn_sql_scan *s = f->scan;

	if (!s)
		return;
	if ((s->nhints || s->npartitions) && p->d->id != DBN_DIALECT_MYSQL)
		dbn_sql__print_refuse(p, f->pos, NULL, "PARTITION or an index hint");
	if (s->sample && p->d->id != DBN_DIALECT_POSTGRES)
		dbn_sql__print_refuse(p, f->pos, NULL, "TABLESAMPLE");
	for (uint32_t i = 0; i < s->nhints; i++) {
		put(p, what[s->hints[i].what]);
		put(p, use[s->hints[i].use]);
		names(p, s->hints[i].names, s->hints[i].nnames);
	}
	if (s->sample)
		sample(p, s);
}

/* ---- functions ---- */

/* PostgreSQL: the alias names the columns, so that nothing depends on how the
 * function calls them. */
static void
function_alias(dbn_sql_printer *p, dbn_sql_from *f)
{
	char buf[24];

	dbn_sql__print_from_alias(p, f);
	if (!dbn_sql__canonical(p) || p->d->id != DBN_DIALECT_POSTGRES)
		return;
	for (uint32_t i = 0; i < f->ncols; i++) {
		(void)snprintf(buf, sizeof(buf), "%s\"c%u\"", i ? ", " : "(", i);
		put(p, buf);
	}
	put(p, ")");
}

static void
function(dbn_sql_printer *p, dbn_sql_from *f)
{
	bool rows = (f->flags & DBN_FF_ROWS_FROM) || f->nfuncs > 1;

	if (dbn_sql__mysql(p))
		dbn_sql__print_refuse(p, f->pos, NULL, "a function in FROM");
	if (f->flags & DBN_FF_LATERAL)
		put(p, "LATERAL ");
	if (rows)
		put(p, "ROWS FROM (");
	for (uint32_t i = 0; i < f->nfuncs; i++) {
		if (i)
			put(p, ", ");
		dbn_sql__print_expr(p, f->funcs[i]);
	}
	if (rows)
		put(p, ")");
	if (f->flags & DBN_FF_ORDINALITY)
		put(p, " WITH ORDINALITY");
	function_alias(p, f);
}

/* The words of a join: elsewhere than on SQLite INNER, LEFT, ... want a condition and
 * CROSS has none. */
static const char *
join_words(dbn_sql_printer *p, const dbn_sql_from *f)
{
	static const char *const words[] = { " JOIN ", ", ", " JOIN ", " CROSS JOIN ",
		" LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN ", " STRAIGHT_JOIN " };

	if (!dbn_sql__canonical(p) || dbn_sql__sqlite(p))
		return words[f->join == DBN_JOIN_STRAIGHT && p->d->id != DBN_DIALECT_MYSQL ? DBN_JOIN_INNER
			: f->join <= DBN_JOIN_STRAIGHT ? f->join : 0];
	if (f->join == DBN_JOIN_STRAIGHT && !dbn_sql__mysql(p))
		return words[f->on ? DBN_JOIN_INNER : DBN_JOIN_CROSS];
	if (f->join == DBN_JOIN_FULL && dbn_sql__mysql(p))
		dbn_sql__print_refuse(p, f->pos, "Join a LEFT JOIN and the rest of a RIGHT JOIN by "
			"UNION ALL.", "FULL JOIN");
	if (f->on && f->join <= DBN_JOIN_CROSS)
		return words[DBN_JOIN_INNER];
	return !f->on && f->join <= DBN_JOIN_CROSS ? words[DBN_JOIN_CROSS] : words[f->join];
}

static void
join(dbn_sql_printer *p, dbn_sql_from *f)
{
	from(p, f->left);
	if ((f->flags & DBN_FF_NATURAL) && !dbn_sql__canonical(p))
		put(p, " NATURAL");
	put(p, join_words(p, f));
	if (f->right->kind == DBN_FROM_JOIN) {
		put(p, "(");
		from(p, f->right);
		put(p, ")");
	} else {
		from(p, f->right);
	}
	if (f->on) {
		put(p, " ON ");
		dbn_sql__print_expr(p, f->on);
	} else if (f->nusing && !dbn_sql__canonical(p)) {
		put(p, " USING (");
		for (uint32_t i = 0; i < f->nusing; i++) {
			if (i)
				put(p, ", ");
			dbn_sql__print_name(p, f->using_cols[i]);
		}
		put(p, ")");
	} else if (f->join > DBN_JOIN_CROSS && f->join <= DBN_JOIN_FULL && dbn_sql__canonical(p) &&
		!dbn_sql__sqlite(p)) {
		put(p, " ON TRUE");
	}
}

/* A derived table that begins with VALUES cannot name its columns itself. */
static void
derived(dbn_sql_printer *p, const dbn_sql_query *q)
{
	bool values = dbn_sql__canonical(p) && q->cores[0]->kind == DBN_CORE_VALUES;
	char buf[48];

	put(p, "(");
	if (values) {
		put(p, "SELECT ");
		for (uint32_t i = 0; i < q->ncols; i++) {
			(void)snprintf(buf, sizeof(buf), "%s\"column%u\" AS \"c%u\"",
				i ? ", " : "", i + 1, i);
			put(p, buf);
		}
		put(p, " FROM (");
	}
	dbn_sql__print_query(p, q, DBN_OUT_DERIVED);
	put(p, !values ? ")" : dbn_sql__sqlite(p) ? "))" : ") AS v)");
}

static void
from(dbn_sql_printer *p, dbn_sql_from *f)
{
	if (!f || p->status != DBN_OK || !dbn_sql__print_enter(p, f->pos))
		return;
	switch (f->kind) {
	case DBN_FROM_RELATION:
		if (f->flags & DBN_FF_ONLY)
			put(p, "ONLY ");
		dbn_sql__print_relation(p, f);
		partitions(p, f);
		dbn_sql__print_from_alias(p, f);
		scan(p, f);
		break;
	case DBN_FROM_FUNCTION: function(p, f); break;
	case DBN_FROM_QUERY:
		if (f->flags & DBN_FF_LATERAL)
			put(p, "LATERAL ");
		derived(p, f->query);
		dbn_sql__print_from_alias(p, f);
		break;
	case DBN_FROM_CTE:
		if (dbn_sql__canonical(p))
			dbn_sql__print_cte_name(p, f->cte);
		else
			dbn_sql__print_name(p, f->name.name);
		dbn_sql__print_from_alias(p, f);
		break;
	default: join(p, f); break;
	}
	p->depth--;
}

void
dbn_sql__print_from(dbn_sql_printer *p, dbn_sql_from *f)
{
	from(p, f);
}
