/* SPDX-License-Identifier: MIT */
/*
 * Patterns over dotted names, as configuration writes them: "name",
 * "schema.name", "database.schema.name"; a part may be "*", parts that are not
 * written match anything.  Pure functions.
 */
#ifndef DBN_BASE_NAME_H
#define DBN_BASE_NAME_H

#include <dbnexus/types.h>

/* How exactly the pattern names it: 0 by "*" alone, one more for each part that
 * is spelled out; -1: it does not match. */
int dbn_name_match(dbn_text pattern, dbn_text name);
/* The part behind the last dot. */
dbn_text dbn_name_last(dbn_text name);

#endif
