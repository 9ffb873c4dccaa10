/* SPDX-License-Identifier: MIT */
/*
 * A catalogue of two tables that needs no database and no memory: for the fuzz
 * harness and for tests that count allocations.
 */
#ifndef DBN_FUZZ_SQL_CATALOG_H
#define DBN_FUZZ_SQL_CATALOG_H

#include <string.h>

#include "base/str.h"
#include "error/error.h"
#include "sql/catalog.h"

#define DBN_FUZZ_COLUMN(n, t, f, k) \
	{ .name = { n, sizeof(n) - 1 }, .type = t, .flags = f, .key_part = k }

static const dbn_sql_column fuzz_t_columns[] = {
	DBN_FUZZ_COLUMN("id", DBN_INT64, DBN_COL_IDENTITY, 1), DBN_FUZZ_COLUMN("a", DBN_INT64, 0,
		0),
	DBN_FUZZ_COLUMN("b", DBN_TEXT, 0, 0), DBN_FUZZ_COLUMN("c", DBN_DOUBLE, DBN_COL_GENERATED, 0)
};
static const dbn_sql_column fuzz_u_columns[] = {
	DBN_FUZZ_COLUMN("id", DBN_INT64, 0, 1), DBN_FUZZ_COLUMN("a", DBN_NULL, 0, 2),
	DBN_FUZZ_COLUMN("x y", DBN_BYTES, DBN_COL_HIDDEN, 0)
};
static const dbn_sql_relation fuzz_relations[] = {
	{ .name = { { "main", 4 }, { "main", 4 }, { "t", 1 } }, .kind = DBN_REL_TABLE,
		.ncolumns = 4,
		.columns = fuzz_t_columns, .nkey = 1 },
	{ .name = { { "main", 4 }, { "main", 4 }, { "u", 1 } }, .kind = DBN_REL_TABLE,
	.ncolumns = 3,
		.columns = fuzz_u_columns, .nkey = 2 }
};

static dbn_status
fuzz_lookup(void *user, const dbn_sql_name *name, const dbn_sql_relation **out, dbn_error **err)
{
	(void)user;
	for (size_t i = 0; i < 2; i++) {
		if (dbn_text_ieq(name->name, fuzz_relations[i].name.name) &&
			(!name->schema.len || dbn_text_ieqz(name->schema, "main"))) {
			*out = &fuzz_relations[i];
			return DBN_OK;
		}
	}
	return dbn_fail(err, DBN_E_NOT_FOUND, "no such table");
}

static const dbn_sql_catalog fuzz_catalog = { .lookup = fuzz_lookup };

#endif
