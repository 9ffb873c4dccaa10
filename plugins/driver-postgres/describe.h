/* SPDX-License-Identifier: MIT */
/*
 * A relation while it is being described.
 */
#ifndef DRIVER_POSTGRES_DESCRIBE_H
#define DRIVER_POSTGRES_DESCRIBE_H

#include "driver.h"
#include "common/relation.h"

typedef struct pg_description {
	struct dbn_conn *conn;
	Oid oid;
	char relkind;
	uint32_t kind, schema, name;
	plug_relation rel;          /* own of a column: its attnum */
} pg_description;

/* One cell of a binary result. */
static inline dbn_text
pg_cell(const PGresult *r, int row, int col)
{
	return (dbn_text){ PQgetvalue(r, row, col), (size_t)PQgetlength(r, row, col) };
}
/* SQL with one parameter, the OID of the relation. */
dbn_status pg_ask_about(pg_description *d, const char *sql, PGresult **r, dbn_error **err);

/* effects.c */
dbn_status pg_find_effects(pg_description *d, dbn_error **err);

#endif
