/* SPDX-License-Identifier: MIT */
/*
 * Which constructs of the grammar the statements that ran have used, and how many of
 * those gave rows or changed some: an oracle that sees no rows sees little.
 */
#ifndef DBN_TEST_SQL_COVERAGE_H
#define DBN_TEST_SQL_COVERAGE_H

#include "sql/grammar.h"

struct coverage {
	unsigned statements;
	unsigned used[DBN_G_COUNT];     /* statements with the construct */
	unsigned full[DBN_G_COUNT];     /* those with a result that is not empty */
	unsigned generated[DBN_G_COUNT]; /* those that are random */
};

void coverage_note(struct coverage *c, const dbn_sql_uses_set *uses, bool full, bool generated);
/*
 * Print the table.  How many constructs that the dialect runs lack their share: 12
 * statements, a third of them with results?
 */
unsigned coverage_table(const struct coverage *c, dbn_dialect_id dialect);

#endif
