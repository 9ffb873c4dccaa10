/* SPDX-License-Identifier: MIT */
/*
 * PostgreSQL's own reading of a text (libpg_query's parse tree, as JSON), with
 * what two texts of one meaning may differ in taken out.  What is taken out, and
 * why it is nothing, stands in pg_tree.c; all else must be equal.
 * libpg_query has no stack check: call it on a big stack, in a child process.
 */
#ifndef DBN_TEST_SQL_PG_TREE_H
#define DBN_TEST_SQL_PG_TREE_H

#include <jansson.h>

/* NULL and a message in *problem (free() it) where PostgreSQL does not take the text. */
json_t *pg_tree(const char *sql, char **problem);
/* Where the trees part: path and both values in out; false: they are equal. */
int pg_tree_differ(const json_t *a, const json_t *b, char *out, size_t size);

#endif
