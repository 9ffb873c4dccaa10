/* SPDX-License-Identifier: MIT */
/*
 * Random statements over the tables of the corpora: valid, typed, most of them with
 * rows.  The same dialect, seed and number give the same statements everywhere.
 * They are added to a corpus, so that every oracle takes them as it takes its own.
 */
#ifndef DBN_TEST_SQL_GENERATE_H
#define DBN_TEST_SQL_GENERATE_H

#include <dbnexus/plugin/driver.h>

#include "sql/corpus.h"

/* Add n statements; their file is "generated", their line the number in the seed. */
void generate(struct corpus *c, dbn_dialect_id dialect, unsigned long seed, size_t n);
/* The same as the environment asks: DBN_GENERATE (how many; 1500) and DBN_SEED (1). */
void generate_wanted(struct corpus *c, const char *dialect);

#endif
