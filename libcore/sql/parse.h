/* SPDX-License-Identifier: MIT */
/*
 * From text to tree.  What the parser does not know it refuses by name, with
 * the byte position, the reason and a hint.  Pure: no database, no lock; any
 * thread with its own arena.
 */
#ifndef DBN_SQL_PARSE_H
#define DBN_SQL_PARSE_H

#include "sql/dialect.h"
#include "sql/tree.h"

/* Beyond any of them: DBN_E_LIMIT, which names the limit. */
typedef struct dbn_sql_limits {
	uint32_t bytes;             /* of the text */
	uint32_t tokens;
	uint32_t depth;             /* of nesting; at most DBN_SQL_DEPTH_MAX / 2 */
	uint32_t list;              /* items of one list, rows of VALUES, parts of a chain */
	uint32_t params;
	uint32_t reserved0;
} dbn_sql_limits;

/* 1 MiB, 1,000,000 tokens, depth 400, lists of 250,000, 32766 parameters. */
extern const dbn_sql_limits dbn_sql_limits_default;

/*
 * Read one statement (a trailing ';' is fine).  The text is copied into the
 * arena.  limits NULL: the defaults.  Placeholders: ?, or $1 $2 ...; a ? gets
 * the next number.  Returns: DBN_OK; DBN_E_SYNTAX; DBN_E_LIMIT; DBN_E_NOMEM.
 */
dbn_status dbn_sql_parse(dbn_arena *a, const dbn_sql_dialect *d, const dbn_sql_limits *limits,
	dbn_text text, dbn_sql_stmt **out, dbn_error **err);

/* Read one expression and nothing else: the policy language with
 * dbn_sql_dialect_policy(), where placeholders are refused. */
dbn_status dbn_sql_parse_expr(dbn_arena *a, const dbn_sql_dialect *d, const dbn_sql_limits *limits,
	dbn_text text, dbn_sql_expr **out, dbn_error **err);

#endif
