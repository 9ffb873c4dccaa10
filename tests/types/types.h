/* SPDX-License-Identifier: MIT */
/*
 * A stack on the database of DBN_TEST_DB, and docs/types.md held against it: what
 * is not as the page says is counted and printed, and fails the test at its end.
 */
#ifndef TESTS_TYPES_TYPES_H
#define TESTS_TYPES_TYPES_H

#include "lib/stack.h"
#include "types/cells.h"

extern stack types_stack;
void types_begin(void);
void types_end(void);

/* The cell at hand, for messages. */
void types_at(const char *row, const char *value);
void types_check(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void types_done(void);
void types_must(const char *sql, dbn_args args);

void types_read_table(const char *name, cell_table *table);
size_t types_column_of(const cell_table *table, const char *title);
/* The column of this database. */
size_t types_column(const cell_table *table);
/* Tables c1, c2 ... (id, c), one for each row of the page. */
void types_create_all(const cell_table *columns);
dbn_type types_reads_as(const cell_table *columns, size_t row);

/* Bit for bit, and type for type. */
bool types_same(const dbn_value *a, const dbn_value *b);
/* The same number or word, whatever its type and places. */
bool types_equal(const dbn_value *bound, const dbn_value *read);

#endif
