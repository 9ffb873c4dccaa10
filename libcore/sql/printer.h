/* SPDX-License-Identifier: MIT */
/*
 * What the files of the printer share.  The first failure is kept; what follows
 * it is printed into nothing.  Internal to sql/.
 */
#ifndef DBN_SQL_PRINTER_H
#define DBN_SQL_PRINTER_H

#include "error/error.h"
#include "sql/print.h"

/* MySQL: an expression that cannot be computed, tried only where it is reached. */
#define DBN_SQL_MYSQL_RAISE "(SELECT 1 UNION ALL SELECT 2)"

/* Whose outputs are printed: of the statement, of a derived table, of a value. */
enum { DBN_OUT_NAMES, DBN_OUT_DERIVED, DBN_OUT_VALUE_ONLY };

typedef struct dbn_sql_printer {
	dbn_str *out;
	const dbn_sql_dialect *d;
	const dbn_sql_stmt *s;      /* NULL: a bare expression */
	uint32_t mode;
	const uint32_t *expand;
	size_t nexpand;
	uint32_t *starts;           /* number of each parameter's first placeholder */
	dbn_sql_from **froms;       /* those that got a number, which goes back to 0 */
	size_t nfroms, froms_cap;
	dbn_sql_cte **ctes;
	size_t nctes, ctes_cap;
	uint32_t depth;
	char prefix;                /* of generated aliases */
	bool returning;             /* the target is called by its own name */
	bool bare;                  /* conflict targets: columns without a table */
	bool many;                  /* MySQL: the target is joined to other tables */
	bool sets;                  /* inside a core with ROLLUP or its kin */
	bool source;                /* the query at hand is what INSERT stores */
	dbn_sql_sent *sent;         /* NULL: not asked for */
	uint32_t *order;            /* for sent */
	size_t norder, order_cap;
	dbn_status status;
	dbn_error **err;
} dbn_sql_printer;

static inline bool
dbn_sql__canonical(const dbn_sql_printer *p)
{
	return p->mode == DBN_PRINT_CANONICAL;
}

static inline bool
dbn_sql__sqlite(const dbn_sql_printer *p)
{
	return p->d->id == DBN_DIALECT_SQLITE;
}

static inline bool
dbn_sql__mysql(const dbn_sql_printer *p)
{
	return p->d->id == DBN_DIALECT_MYSQL && p->mode == DBN_PRINT_CANONICAL;
}

static inline bool
dbn_sql__postgres(const dbn_sql_printer *p)
{
	return p->d->id == DBN_DIALECT_POSTGRES && p->mode == DBN_PRINT_CANONICAL;
}

/* print.c */
void dbn_sql__print_refuse(dbn_sql_printer *p, uint32_t pos, const char *hint, const char *what);
void dbn_sql__print_cte_name(dbn_sql_printer *p, dbn_sql_cte *c);    /* generated */
/* print_from.c */
void dbn_sql__print_relation(dbn_sql_printer *p, const dbn_sql_from *f);
void dbn_sql__print_from_alias(dbn_sql_printer *p, dbn_sql_from *f);
void dbn_sql__print_from(dbn_sql_printer *p, dbn_sql_from *f);
void dbn_sql__print_with(dbn_sql_printer *p, const dbn_sql_with *w);
void dbn_sql__print_items(dbn_sql_printer *p, const dbn_sql_item *it, uint32_t n,
	const dbn_sql_outcol *cols, int outputs);
/* What INSERT stores; conflict: ON CONFLICT follows. */
void dbn_sql__print_source(dbn_sql_printer *p, const dbn_sql_query *q, bool conflict);
void dbn_sql__print_query(dbn_sql_printer *p, const dbn_sql_query *q, int outputs);
void dbn_sql__print_from_name(dbn_sql_printer *p, dbn_sql_from *f);  /* its generated alias */
void dbn_sql__print_fail(dbn_sql_printer *p, dbn_status status, uint32_t pos, const char *fmt, ...)
	DBN_PRINTF(4, 5);
bool dbn_sql__print_enter(dbn_sql_printer *p, uint32_t pos);

/* print_order.c */
void dbn_sql__print_orders(dbn_sql_printer *p, const dbn_sql_query *q, const dbn_sql_order *o,
	uint32_t n);
void dbn_sql__print_group(dbn_sql_printer *p, const dbn_sql_query *q, const dbn_sql_core *c);

/* print_write.c */
void dbn_sql__print_write(dbn_sql_printer *p);

/* print_value.c */
void dbn_sql__print_name(dbn_sql_printer *p, dbn_text name);
void dbn_sql__print_value(dbn_sql_printer *p, const dbn_sql_expr *e);
void dbn_sql__print_param(dbn_sql_printer *p, const dbn_sql_expr *e, bool in_list);

/* print_call.c */
void dbn_sql__print_function(dbn_sql_printer *p, const dbn_sql_expr *e);
void dbn_sql__print_cast(dbn_sql_printer *p, const dbn_sql_expr *e);

/* print_expr.c */
void dbn_sql__print_column(dbn_sql_printer *p, const dbn_sql_expr *e);
void dbn_sql__print_list(dbn_sql_printer *p, dbn_sql_expr *const *args, uint32_t n);
/* With parentheses where it is more than an operand of an operator. */
void dbn_sql__print_operand(dbn_sql_printer *p, const dbn_sql_expr *e);
void dbn_sql__print_expr(dbn_sql_printer *p, const dbn_sql_expr *e);
/* With parentheses around any operator. */
void dbn_sql__print_primary(dbn_sql_printer *p, const dbn_sql_expr *e);
void dbn_sql__print_window(dbn_sql_printer *p, const dbn_sql_window *w);
bool dbn_sql__is_integer(const dbn_sql_expr *e);   /* would be read as an output's number */

#endif
