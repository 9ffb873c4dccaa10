/* SPDX-License-Identifier: MIT */
/*
 * Short names for the tables of dialects.  Internal to the dialect_*.c files.
 */
#ifndef DBN_SQL_DIALECT_TABLE_H
#define DBN_SQL_DIALECT_TABLE_H

#include "sql/dialect.h"

#define P (DBN_FN_LISTED | DBN_FN_PURE)
#define T (P | DBN_FN_TOTAL)
#define A (P | DBN_FN_AGGREGATE)
#define WIN (P | DBN_FN_WINDOW)
#define V (DBN_FN_LISTED | DBN_FN_VOLATILE)
#define F(n, fl, lo, hi, ty) { n, fl, lo, hi, 0, ty }
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

extern const dbn_sql_dialect dbn_sql__sqlite, dbn_sql__postgres, dbn_sql__mysql;

#endif
