/* SPDX-License-Identifier: MIT */
/*
 * Judges of one statement and its plan.  What is wrong they tell world_wrong().
 */
#ifndef TESTS_SQL_ORACLES_H
#define TESTS_SQL_ORACLES_H

#include "sql/world.h"

struct oracle_tally {
	unsigned same, empty, failing, writes, changing, refused, later, moving;
};

/* Rows, names, types and tables of the text and of the canonical text are the same, and
 * a session gives them. */
void oracle_same(world *w, const struct corpus_stmt *s, dbn_plan *p, struct oracle_tally *t);
/* SQLite's authorizer reports what the plan foretells.  How many touches it reported. */
size_t oracle_authorizer(world *w, const struct corpus_stmt *s, dbn_plan *p);

#endif
