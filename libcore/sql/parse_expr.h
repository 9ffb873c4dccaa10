/* SPDX-License-Identifier: MIT */
/*
 * What the files that read expressions share.  Internal to sql/.
 */
#ifndef DBN_SQL_PARSE_EXPR_H
#define DBN_SQL_PARSE_EXPR_H

#include "sql/parser.h"

/* Levels from loose to tight.  On SQLite IS, = and LIKE share one level; in
 * PostgreSQL they are three, and comparisons do not chain.  MySQL has IS beside =,
 * LIKE below, and a level for each of | & and <<. */
enum { L_OR = 1, L_AND, L_NOT, L_IS, L_EQ, L_CMP, L_LIKE, L_BIT, L_BITAND, L_SHIFT, L_ADD, L_MUL,
	L_CONCAT, L_COLLATE, L_UNARY };
_Static_assert(L_NOT == DBN_SQL_NO_AND, "parser.h says so");

static inline dbn_sql_expr *
dbn_sql__node(dbn_sql_parser *p, uint32_t kind, uint32_t op, uint32_t pos, size_t nargs)
{
	dbn_sql_expr *e = dbn_sql_expr_new(p->a, kind, op, pos, nargs);

	return e ? e : dbn_sql__nomem(p);
}
#define node dbn_sql__node

/* parse_operand.c: no operator, but what stands beside one */
dbn_sql_expr *dbn_sql__primary(dbn_sql_parser *p);

#endif
