/* SPDX-License-Identifier: MIT */
/*
 * Inside the builder.  It makes unresolved trees of sql/, in one arena; values
 * are kept beside it.  A parameter's `pos` is the number of its value, its
 * `index` the place it gets when the statement is printed.
 */
#ifndef DBN_QUERY_BUILDER_H
#define DBN_QUERY_BUILDER_H

#include <dbnexus/query.h>

#include "base/str.h"
#include "error/error.h"
#include "sql/tree.h"

struct dbn_builder {
	dbn_arena arena;
	dbn_value *values;
	size_t nvalues, cap;
	dbn_status status;       /* the first mistake */
	char message[160];
	const char *hint;        /* static */
};

/* Used twice in a tree, the second time is a copy: a tree has no shared parts. */
struct dbn_expr {
	dbn_builder *b;
	dbn_sql_expr *x;
	bool used;
};

struct dbn_select {
	dbn_builder *b;
	dbn_sql_query *query;
	dbn_sql_core *core;
	size_t items_cap, group_cap, order_cap;
	bool sealed;             /* part of another statement: no more changes */
};

/* INSERT, UPDATE and DELETE are one kind of thing here. */
struct dbn_write {
	dbn_builder *b;
	dbn_sql_stmt *stmt;
	size_t sets_cap, items_cap, rows_cap, upsert_cap;
	bool every_row, values;
};
struct dbn_insert {
	struct dbn_write w;
};
struct dbn_update {
	struct dbn_write w;
};
struct dbn_delete {
	struct dbn_write w;
};

/* Remember a mistake, if it is the first; returns NULL. */
void *dbn_builder_fail(dbn_builder *b, dbn_status status, const char *hint, const char *fmt, ...)
	DBN_PRINTF(4, 5);
void *dbn_builder_nomem(dbn_builder *b);
/* Go on: there is a builder without a mistake. */
static inline bool
dbn_builder_ok(const dbn_builder *b)
{
	return b && b->status == DBN_OK;
}

/* The tree of an expression for its place; NULL after a mistake, which is kept. */
dbn_sql_expr *dbn_expr_take(dbn_builder *b, const dbn_expr *x);
/* The query for its place in another statement. */
dbn_sql_query *dbn_select_take(dbn_builder *b, const dbn_select *q);
dbn_sql_expr *dbn_builder_param(dbn_builder *b, dbn_value v);
/* The same with a cast to its own type, where x is a value and stands alone. */
dbn_sql_expr *dbn_builder_typed(dbn_builder *b, dbn_sql_expr *x);
/* A name copied into the arena; ptr NULL after a mistake (NULL, empty). */
dbn_text dbn_builder_name(dbn_builder *b, const char *name, const char *what);
/* Column "name" or "alias.name". */
dbn_sql_expr *dbn_builder_column(dbn_builder *b, const char *name);
/* A table by its dotted name. */
dbn_sql_from *dbn_builder_table(dbn_builder *b, const char *table, const char *alias);

/* Print and collect the values, in the order of the text. */
dbn_status dbn_builder_text(dbn_builder *b, dbn_sql_stmt *s, dbn_text *sql, dbn_args *args,
	dbn_error **err);

#endif
