/* SPDX-License-Identifier: MIT */
/*
 * A SQLite database in memory with a few tables and rows, and a catalogue read
 * from it: what the resolver's tests compile against and run on.
 */
#ifndef DBN_TEST_SQL_FIXTURE_H
#define DBN_TEST_SQL_FIXTURE_H

#include <sqlite3.h>

#include "sql/parse.h"
#include "sql/print.h"
#include "sql/resolve.h"

struct fixture {
	sqlite3 *db;
	dbn_arena arena;            /* relations and trees */
	dbn_sql_catalog cat;
	unsigned lookups;
};

void fixture_open(struct fixture *f);
void fixture_close(struct fixture *f);
/* Parse; fails the test if it does not. */
dbn_sql_stmt *fixture_parse(struct fixture *f, const char *sql);
/* Parse and resolve; the status of the first that fails, with *err. */
dbn_status fixture_resolve(struct fixture *f, const char *sql, dbn_sql_stmt **s,
	dbn_sql_result *res, dbn_error **err);
/* Parse, resolve and print; "" and *err when that fails.  free() it. */
char *fixture_canonical(struct fixture *f, const char *sql, dbn_error **err);
/* The tree as text; free() it. */
char *fixture_print(const dbn_sql_stmt *s, uint32_t mode);
/* Run: names of the columns, then the rows, as one text.  free() it. */
char *fixture_run(struct fixture *f, const char *sql, const char *params);

#endif
