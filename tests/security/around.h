/* SPDX-License-Identifier: MIT */
/*
 * Ways around a policy, through the public API, on whichever database DBN_TEST_DB
 * names.  Two databases differ only in what bob may not see: rows of others, hidden
 * and masked cells of his own.  Whatever he tries must come out alike on both, rows,
 * status and words, and what he may not see must be as it was.  With DBN_TELL set,
 * what comes out is told.
 */
#ifndef TESTS_SECURITY_AROUND_H
#define TESTS_SECURITY_AROUND_H

#include <criterion/criterion.h>

#include "lib/stack.h"

#define NO "!DBN_E_"            /* refused */

bool around_is(const char *database);
void around_start(void);
void around_stop(void);
/* Pairs of a statement and what comes out of it, up to NULL: "" is alike and any;
 * "!..." how it begins; "?..." refused, or all of it; else all of it, rows as
 * "a|b a|b", behind a "=" that may stand there. */
void around(const char *const list[][2]);
/* One statement with values. */
void around_with(const char *sql, dbn_args args, const char *want);
/* The same for many rows. */
void around_many(const char *sql, dbn_args args, size_t nrows, const char *want);

#define AROUND(name) Test(around_##name, tried, .init = around_start, .fini = around_stop, .timeout = 300) \
{ \
	around(name); \
}
#define AROUND_ON(database, name) Test(around_##name, tried, .init = around_start, .fini = around_stop, \
	.timeout = 300) \
{ \
	if (around_is(database)) \
		around(name); \
}

#endif
