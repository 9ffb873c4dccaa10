/* SPDX-License-Identifier: MIT */
/*
 * What the files that read expressions share.  Internal to sql/.
 */
#ifndef DBN_SQL_PARSE_EXPR_H
#define DBN_SQL_PARSE_EXPR_H

#include "sql/parser.h"

/* Levels from loose to tight.  On SQLite IS, = and LIKE share one level; in
 * PostgreSQL they are three, and comparisons do not chain; its operators without a
 * level of their own are at L_BIT.  MySQL has IS beside =, LIKE below, and a level
 * for each of | & and <<. */
enum { L_OR = 1, L_XOR, L_AND, L_NOT, L_IS, L_EQ, L_CMP, L_LIKE, L_BIT, L_BITAND, L_SHIFT, L_ADD,
	L_MUL, L_CONCAT, L_AT, L_COLLATE, L_UNARY };
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

/* parse_op.c: the operators that are more than a sign between two operands */
dbn_sql_expr *dbn_sql__special(dbn_sql_parser *p, dbn_sql_expr *left, int level);
/* ANY, SOME or ALL behind op, with "(" behind it. */
bool dbn_sql__at_quantifier(dbn_sql_parser *p);
dbn_sql_expr *dbn_sql__quantified(dbn_sql_parser *p, dbn_sql_expr *left, uint32_t op, bool negated);
/* [index], ::type and .field behind an operand; *done: none of them was there. */
dbn_sql_expr *dbn_sql__postfix(dbn_sql_parser *p, dbn_sql_expr *left, bool *done);

/* parse_form.c: what is written otherwise than as a list of arguments */
/* A function call behind its "(" that is of such a form; NULL with p->status DBN_OK:
 * it is none. */
dbn_sql_expr *dbn_sql__call_form(dbn_sql_parser *p, dbn_sql_expr *e);
/* The word of an interval's unit, in upper case; NULL: none is there. */
const char *dbn_sql__unit_at(const dbn_sql_parser *p);
/* x + INTERVAL 1 DAY of MySQL: at INTERVAL. */
dbn_sql_expr *dbn_sql__plus_interval(dbn_sql_parser *p, dbn_sql_expr *left, bool minus);
/* A call with the form and nargs arguments (NULL: out of memory, or one of them). */
dbn_sql_expr *dbn_sql__formed(dbn_sql_parser *p, uint32_t pos, const char *name, const char *form,
	size_t nargs, ...);

/* parse_word.c */
/* CURRENT_USER, LOCALTIME: a function by a word alone. */
dbn_sql_expr *dbn_sql__word_function(dbn_sql_parser *p);
/* DATE '2024-01-01', INTERVAL '1' DAY, _utf8mb4'x': a value with a word before it. */
dbn_sql_expr *dbn_sql__typed_literal(dbn_sql_parser *p);

#endif
