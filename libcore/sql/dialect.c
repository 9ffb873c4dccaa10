/* SPDX-License-Identifier: MIT */
/*
 * Looking things up in the tables of facts, and the policy language's own.
 */
#include <string.h>

#include "base/str.h"
#include "sql/dialect_table.h"

/* The policy language: what means the same in all dialects. */
static const dbn_sql_func_fact policy_funcs[] = {
	F("abs", P, 1, 1, DBN_NULL),
	F("coalesce", T, 2, -1, DBN_NULL),
	F("count", A, 0, 1, DBN_INT64),
	F("extract", P, 2, 2, DBN_INT64),
	F("length", T, 1, 1, DBN_INT64),
	F("lower", T, 1, 1, DBN_TEXT),
	F("ltrim", T, 1, 1, DBN_TEXT),
	F("max", A, 1, 1, DBN_NULL),
	F("min", A, 1, 1, DBN_NULL),
	F("nullif", T, 2, 2, DBN_NULL),
	F("replace", P, 3, 3, DBN_TEXT),
	F("rtrim", T, 1, 1, DBN_TEXT),
	F("substr", P, 2, 3, DBN_TEXT),
	F("sum", A, 1, 1, DBN_NULL),
	F("trim", T, 1, 1, DBN_TEXT),
	F("upper", T, 1, 1, DBN_TEXT),
};

static const char *const no_collations[] = { NULL };

static const dbn_sql_dialect policy = {
	.id = 0,
	.flags = DBN_SQL_VARIABLES | DBN_SQL_EXTRACT | DBN_SQL_PG_PRECEDENCE | DBN_SQL_COLON_CAST |
		DBN_SQL_FOLD_LOWER | DBN_SQL_HEX_NUMBER | DBN_SQL_HEX_BLOB | DBN_SQL_DOUBLE_EQ,
	.name = "policy",
	.funcs = policy_funcs,
	.nfuncs = COUNT_OF(policy_funcs),
	.collations = no_collations,
	.max_joins = 16,
	.quote = '"',
};

const dbn_sql_dialect *
dbn_sql_dialect_get(dbn_dialect_id id)
{
	switch (id) {
	case DBN_DIALECT_SQLITE: return &dbn_sql__sqlite;
	case DBN_DIALECT_POSTGRES: return &dbn_sql__postgres;
	case DBN_DIALECT_MYSQL: return &dbn_sql__mysql;
	default: return NULL;
	}
}

const dbn_sql_dialect *
dbn_sql_dialect_policy(void)
{
	return &policy;
}

const dbn_sql_func_fact *
dbn_sql_function(const dbn_sql_dialect *d, dbn_text name)
{
	size_t lo = 0, hi = d->nfuncs;
	char low[32];

	if (name.len >= sizeof(low))
		return NULL;
	for (size_t i = 0; i < name.len; i++)
		low[i] = (char)dbn_ascii_lower((unsigned char)name.ptr[i]);
	low[name.len] = '\0';
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(low, d->funcs[mid].name);

		if (c == 0)
			return &d->funcs[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

bool
dbn_sql_reserved(const dbn_sql_dialect *d, dbn_text word)
{
	size_t lo = 0, hi = d->nreserved;
	char low[24];

	if (word.len >= sizeof(low))
		return false;
	for (size_t i = 0; i < word.len; i++)
		low[i] = (char)dbn_ascii_lower((unsigned char)word.ptr[i]);
	low[word.len] = '\0';
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(low, d->reserved[mid]);

		if (c == 0)
			return true;
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return false;
}

/* Does the text contain the word, ASCII case ignored? */
static bool
contains(dbn_text t, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= t.len; i++) {
		if (dbn_text_ieqz(dbn_text_n(t.ptr + i, n), word))
			return true;
	}
	return false;
}

/* The first word of "VARCHAR(20)". */
static dbn_text
head(dbn_text t)
{
	size_t n = 0;

	while (n < t.len && t.ptr[n] != '(' && t.ptr[n] != ' ')
		n++;
	t.len = n;
	return t;
}

static dbn_type
portable_type(dbn_text t)
{
	static const struct { const char *name; dbn_type type; } types[] = {
		{ "int", DBN_INT64 }, { "integer", DBN_INT64 }, { "bigint", DBN_INT64 },
		{ "smallint", DBN_INT64 }, { "int2", DBN_INT64 }, { "int4", DBN_INT64 },
		{ "int8", DBN_INT64 }, { "text", DBN_TEXT }, { "varchar", DBN_TEXT },
		{ "char", DBN_TEXT }, { "double", DBN_DOUBLE }, { "float8", DBN_DOUBLE },
		{ "real", DBN_DOUBLE }, { "numeric", DBN_DECIMAL }, { "decimal", DBN_DECIMAL },
		{ "bool", DBN_BOOL }, { "boolean", DBN_BOOL }, { "date", DBN_DATE },
		{ "time", DBN_TIME }, { "timestamp", DBN_TIMESTAMP },
		{ "timestamptz", DBN_TIMESTAMPTZ }, { "uuid", DBN_UUID }, { "bytea", DBN_BYTES },
		{ "json", DBN_JSON }, { "jsonb", DBN_JSON }
	};

	t = head(t);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (dbn_text_ieqz(t, types[i].name))
			return types[i].type;
	}
	return DBN_NULL;
}

/* The words of a type without its size, in lower case: "timestamp with time zone". */
static bool
type_words(dbn_text t, char *low, size_t size, dbn_text *sized)
{
	size_t n = 0;

	*sized = dbn_text_n(NULL, 0);
	for (size_t i = 0; i < t.len; i++) {
		const char *close;

		if (t.ptr[i] == '(' || t.ptr[i] == '[') {
			close = memchr(t.ptr + i, t.ptr[i] == '(' ? ')' : ']', t.len - i);
			if (!close || (sized->ptr && sized->ptr + sized->len != t.ptr + i))
				return false;
			if (!sized->ptr)
				*sized = dbn_text_n(t.ptr + i, 0);
			sized->len = (size_t)(close - sized->ptr) + 1;
			i = (size_t)(close - t.ptr);
			continue;
		}
		if (n + 1 >= size)
			return false;
		low[n++] = (char)dbn_ascii_lower((unsigned char)t.ptr[i]);
	}
	low[n] = '\0';
	return true;
}

const dbn_sql_type_fact *
dbn_sql_cast_type(const dbn_sql_dialect *d, dbn_text written, dbn_text *sized)
{
	char low[40];

	if (!type_words(written, low, sizeof(low), sized))
		return NULL;
	for (size_t i = 0; i < d->ntypes; i++) {
		if (!strcmp(low, d->types[i].name))
			return sized->len && *sized->ptr == '(' && !(d->types[i].flags & DBN_TYPE_SIZED)
				? NULL : &d->types[i];
	}
	return NULL;
}

const char *
dbn_sql_cast_name(const dbn_sql_dialect *d, dbn_type type)
{
	return type < d->ncasts ? d->casts[type] : NULL;
}

dbn_type
dbn_sql_declared_type(const dbn_sql_dialect *d, dbn_text t)
{
	const dbn_sql_type_fact *fact;
	dbn_text sized;

	if (d->ntypes) {
		fact = dbn_sql_cast_type(d, t, &sized);
		if (fact && sized.len && sized.ptr[sized.len - 1] == ']')
			return DBN_ARRAY;
		return fact ? fact->type : (dbn_type)DBN_NULL;
	}
	if (d->id != DBN_DIALECT_SQLITE)
		return portable_type(t);
	/* SQLite's rules of affinity, in their order. */
	if (contains(t, "INT"))
		return DBN_INT64;
	if (contains(t, "CHAR") || contains(t, "CLOB") || contains(t, "TEXT"))
		return DBN_TEXT;
	if (contains(t, "BLOB"))
		return DBN_BYTES;
	if (contains(t, "REAL") || contains(t, "FLOA") || contains(t, "DOUB"))
		return DBN_DOUBLE;
	return DBN_NULL;
}
