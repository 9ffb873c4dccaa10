/* SPDX-License-Identifier: MIT */
/*
 * A relation while it is being described: growing arrays whose texts are offsets,
 * packed into one block of the host's at the end.
 */
#ifndef DRIVER_POSTGRES_DESCRIBE_H
#define DRIVER_POSTGRES_DESCRIBE_H

#include "driver.h"

typedef struct pg_col {
	uint32_t name, declared, collation; /* offsets into the texts */
	uint32_t flags, key_part, first_input, ninputs;
	dbn_type type;
	int32_t attnum;
} pg_col;

typedef struct pg_effect {
	uint32_t what, schema, on, by, actions, does;
} pg_effect;

typedef struct pg_description {
	struct dbn_conn *conn;
	Oid oid;
	char relkind;
	uint32_t kind, schema, name;
	pg_col *cols;
	size_t ncols, cap_cols;
	pg_effect *effects;
	size_t neffects, cap_effects;
	uint32_t *inputs;
	size_t ninputs, cap_inputs;
	char *texts;
	size_t ntexts, cap_texts;
	bool nomem;
} pg_description;

uint32_t pg_description_text(pg_description *d, const char *s, size_t n);
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
