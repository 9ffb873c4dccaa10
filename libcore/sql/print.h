/* SPDX-License-Identifier: MIT */
/*
 * From tree to text.  Canonical text is what is sent: names quoted and
 * qualified, columns by generated aliases, outputs under the names the original
 * would have given, parameters numbered.  Source text is what the parser reads
 * again.  Printing numbers from-items and puts the numbers back: one thread.
 */
#ifndef DBN_SQL_PRINT_H
#define DBN_SQL_PRINT_H

#include "base/str.h"
#include "sql/dialect.h"
#include "sql/tree.h"

enum {
	DBN_PRINT_CANONICAL = 1,    /* a resolved tree, to be prepared */
	DBN_PRINT_SOURCE = 2,       /* an unresolved tree, to be parsed again: same tree */
	DBN_PRINT_FINGERPRINT = 3   /* either kind: values as ?, lists collapsed; for logs */
};

/*
 * Append the statement to out.  expand: how many placeholders each parameter
 * takes (a DBN_LIST), nexpand of them; NULL: one each; more than one only for
 * parameters that stand in an IN list.  Numbers of later ones move up.
 * An ADMIN statement prints its text as it is.
 * Returns: DBN_OK; DBN_E_UNSUPPORTED naming what the dialect cannot say (a
 * variable, an unresolved name); DBN_E_LIMIT; DBN_E_NOMEM.
 */
dbn_status dbn_sql_print(const dbn_sql_stmt *s, const dbn_sql_dialect *d, uint32_t mode,
	const uint32_t *expand, size_t nexpand, dbn_str *out, dbn_error **err);
/*
 * The same, and which value goes to each placeholder, where placeholders have no
 * numbers (DBN_SQL_PLAIN_PARAMS): from 0, lists counted item by item.  items NULL:
 * the values go as they are numbered.  items is returned, free with dbn_free().
 */
typedef struct dbn_sql_sent {
	uint32_t *items;
	size_t count;
} dbn_sql_sent;
dbn_status dbn_sql_print_sent(const dbn_sql_stmt *s, const dbn_sql_dialect *d, uint32_t mode,
	const uint32_t *expand, size_t nexpand, dbn_str *out, dbn_sql_sent *sent, dbn_error **err);
/* One expression, for explain and messages (SOURCE, FINGERPRINT; CANONICAL
 * prints columns as "alias"."name" with aliases numbered from here). */
dbn_status dbn_sql_print_expr(const dbn_sql_expr *e, const dbn_sql_dialect *d, uint32_t mode,
	dbn_str *out, dbn_error **err);
/* One value as a literal of the dialect: 'it''s', x'00ff', 1.5. */
dbn_status dbn_sql_print_literal(const dbn_sql_dialect *d, const dbn_value *v, dbn_str *out,
	dbn_error **err);
/* "name", with quotes doubled. */
void dbn_sql_print_name(dbn_str *out, dbn_text name);

#endif
