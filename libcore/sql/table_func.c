/* SPDX-License-Identifier: MIT */
/*
 * Functions that may stand in FROM, per dialect, and the columns they show.  Listed
 * are those whose rows come from their arguments alone; those that can make
 * millions of rows out of nothing are known here, but want a grant.
 */
#include <string.h>

#include "sql/dialect.h"

#define LISTED (DBN_FN_LISTED | DBN_FN_PURE)
#define ONE(n, min, max, flags, type) { { n, flags, min, max, 0, type }, 0, { NULL }, { DBN_NULL } }

/* No columns: one, called as its alias or else as the function. */
static const dbn_sql_table_func postgres[] = {
	ONE("generate_series", 2, 3, DBN_FN_PURE, DBN_NULL),
	ONE("generate_subscripts", 2, 3, LISTED, DBN_INT64),
	{ { "json_array_elements", LISTED, 1, 1, 0, DBN_JSON }, 1, { "value" }, { DBN_JSON } },
	{ { "json_array_elements_text", LISTED, 1, 1, 0, DBN_TEXT }, 1, { "value" }, { DBN_TEXT } },
	{ { "json_each", LISTED, 1, 1, 0, DBN_NULL }, 2, { "key", "value" }, { DBN_TEXT, DBN_JSON } },
	{ { "json_each_text", LISTED, 1, 1, 0, DBN_NULL }, 2, { "key", "value" },
		{ DBN_TEXT, DBN_TEXT } },
	ONE("json_object_keys", 1, 1, LISTED, DBN_TEXT),
	{ { "jsonb_array_elements", LISTED, 1, 1, 0, DBN_JSON }, 1, { "value" }, { DBN_JSON } },
	{ { "jsonb_array_elements_text", LISTED, 1, 1, 0, DBN_TEXT }, 1, { "value" }, { DBN_TEXT } },
	{ { "jsonb_each", LISTED, 1, 1, 0, DBN_NULL }, 2, { "key", "value" }, { DBN_TEXT, DBN_JSON } },
	{ { "jsonb_each_text", LISTED, 1, 1, 0, DBN_NULL }, 2, { "key", "value" },
		{ DBN_TEXT, DBN_TEXT } },
	ONE("jsonb_object_keys", 1, 1, LISTED, DBN_TEXT),
	ONE("regexp_matches", 2, 3, LISTED, DBN_NULL),
	ONE("regexp_split_to_table", 2, 3, LISTED, DBN_TEXT),
	ONE("string_to_table", 2, 3, LISTED, DBN_TEXT),
	ONE("unnest", 1, 64, LISTED, DBN_NULL),
};

#define JSON_TREE { "key", "value", "type", "atom", "id", "parent", "fullkey", "path" }, \
	{ DBN_NULL, DBN_NULL, DBN_TEXT, DBN_NULL, DBN_INT64, DBN_INT64, DBN_TEXT, DBN_TEXT }
static const dbn_sql_table_func sqlite[] = {
	{ { "json_each", LISTED, 1, 2, 0, DBN_NULL }, 8, JSON_TREE },
	{ { "json_tree", LISTED, 1, 2, 0, DBN_NULL }, 8, JSON_TREE },
};

const dbn_sql_table_func *
dbn_sql_table_function(const dbn_sql_dialect *d, dbn_text name)
{
	const dbn_sql_table_func *f = d->id == DBN_DIALECT_POSTGRES ? postgres : sqlite;
	size_t n = d->id == DBN_DIALECT_POSTGRES ? sizeof(postgres) / sizeof(postgres[0])
		: d->id == DBN_DIALECT_SQLITE ? sizeof(sqlite) / sizeof(sqlite[0]) : 0;

	for (size_t i = 0; i < n; i++)
		if (dbn_text_ieqz(name, f[i].fact.name))
			return &f[i];
	return NULL;
}
