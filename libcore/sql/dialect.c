/* SPDX-License-Identifier: MIT */
/*
 * The tables of facts.  What may run into a length limit of the database (hex,
 * replace, printf, ...) is not total: whether it fails tells how long a value is.
 * What makes long values out of short ones (zeroblob), and what reads or changes
 * the connection (changes, last_insert_rowid, load_extension), is not listed.
 */
#include <string.h>

#include "base/str.h"
#include "sql/dialect.h"

#define P (DBN_FN_LISTED | DBN_FN_PURE)
#define T (P | DBN_FN_TOTAL)
#define A (P | DBN_FN_AGGREGATE)
#define WIN (P | DBN_FN_WINDOW)
#define V (DBN_FN_LISTED | DBN_FN_VOLATILE)
#define F(n, fl, lo, hi, ty) { n, fl, lo, hi, 0, ty }

static const dbn_sql_func_fact sqlite_funcs[] = {
	F("abs", P, 1, 1, DBN_NULL),
	F("acos", T, 1, 1, DBN_DOUBLE),
	F("acosh", T, 1, 1, DBN_DOUBLE),
	F("asin", T, 1, 1, DBN_DOUBLE),
	F("asinh", T, 1, 1, DBN_DOUBLE),
	F("atan", T, 1, 1, DBN_DOUBLE),
	F("atan2", T, 2, 2, DBN_DOUBLE),
	F("atanh", T, 1, 1, DBN_DOUBLE),
	F("avg", A, 1, 1, DBN_DOUBLE),
	F("ceil", T, 1, 1, DBN_NULL),
	F("ceiling", T, 1, 1, DBN_NULL),
	F("char", P, 0, -1, DBN_TEXT),
	F("coalesce", T, 2, -1, DBN_NULL),
	F("cos", T, 1, 1, DBN_DOUBLE),
	F("cosh", T, 1, 1, DBN_DOUBLE),
	F("count", A, 0, 1, DBN_INT64),
	F("cume_dist", WIN, 0, 0, DBN_DOUBLE),
	F("current_date", V, 0, 0, DBN_TEXT),
	F("current_time", V, 0, 0, DBN_TEXT),
	F("current_timestamp", V, 0, 0, DBN_TEXT),
	F("date", P | DBN_FN_VOLATILE, 0, -1, DBN_TEXT),
	F("datetime", P | DBN_FN_VOLATILE, 0, -1, DBN_TEXT),
	F("degrees", T, 1, 1, DBN_DOUBLE),
	F("dense_rank", WIN, 0, 0, DBN_INT64),
	F("exp", T, 1, 1, DBN_DOUBLE),
	F("first_value", WIN, 1, 1, DBN_NULL),
	F("floor", T, 1, 1, DBN_NULL),
	F("format", P, 1, -1, DBN_TEXT),
	F("glob", P, 2, 2, DBN_INT64),
	F("group_concat", A, 1, 2, DBN_TEXT),
	F("hex", P, 1, 1, DBN_TEXT),
	F("ifnull", T, 2, 2, DBN_NULL),
	F("iif", T, 3, 3, DBN_NULL),
	F("instr", T, 2, 2, DBN_INT64),
	F("json", P, 1, 1, DBN_TEXT),
	F("json_array", P, 0, -1, DBN_TEXT),
	F("json_array_length", P, 1, 2, DBN_INT64),
	F("json_extract", P, 2, -1, DBN_NULL),
	F("json_group_array", A, 1, 1, DBN_TEXT),
	F("json_group_object", A, 2, 2, DBN_TEXT),
	F("json_insert", P, 1, -1, DBN_TEXT),
	F("json_object", P, 0, -1, DBN_TEXT),
	F("json_patch", P, 2, 2, DBN_TEXT),
	F("json_quote", P, 1, 1, DBN_TEXT),
	F("json_remove", P, 1, -1, DBN_TEXT),
	F("json_replace", P, 1, -1, DBN_TEXT),
	F("json_set", P, 1, -1, DBN_TEXT),
	F("json_type", P, 1, 2, DBN_TEXT),
	F("json_valid", T, 1, 1, DBN_INT64),
	F("julianday", P | DBN_FN_VOLATILE, 0, -1, DBN_DOUBLE),
	F("lag", WIN, 1, 3, DBN_NULL),
	F("last_value", WIN, 1, 1, DBN_NULL),
	F("lead", WIN, 1, 3, DBN_NULL),
	F("length", T, 1, 1, DBN_INT64),
	F("like", P, 2, 3, DBN_INT64),
	F("likelihood", P, 2, 2, DBN_NULL),
	F("likely", T, 1, 1, DBN_NULL),
	F("ln", T, 1, 1, DBN_DOUBLE),
	F("log", T, 1, 2, DBN_DOUBLE),
	F("log10", T, 1, 1, DBN_DOUBLE),
	F("log2", T, 1, 1, DBN_DOUBLE),
	F("lower", T, 1, 1, DBN_TEXT),
	F("ltrim", T, 1, 2, DBN_TEXT),
	F("max", A | DBN_FN_MINMAX | DBN_FN_TOTAL, 1, -1, DBN_NULL),
	F("min", A | DBN_FN_MINMAX | DBN_FN_TOTAL, 1, -1, DBN_NULL),
	F("mod", T, 2, 2, DBN_DOUBLE),
	F("nth_value", WIN, 2, 2, DBN_NULL),
	F("ntile", WIN, 1, 1, DBN_INT64),
	F("nullif", T, 2, 2, DBN_NULL),
	F("percent_rank", WIN, 0, 0, DBN_DOUBLE),
	F("pi", T, 0, 0, DBN_DOUBLE),
	F("pow", T, 2, 2, DBN_DOUBLE),
	F("power", T, 2, 2, DBN_DOUBLE),
	F("printf", P, 1, -1, DBN_TEXT),
	F("quote", P, 1, 1, DBN_TEXT),
	F("radians", T, 1, 1, DBN_DOUBLE),
	F("random", V, 0, 0, DBN_INT64),
	F("rank", WIN, 0, 0, DBN_INT64),
	F("replace", P, 3, 3, DBN_TEXT),
	F("round", T, 1, 2, DBN_DOUBLE),
	F("row_number", WIN, 0, 0, DBN_INT64),
	F("rtrim", T, 1, 2, DBN_TEXT),
	F("sign", T, 1, 1, DBN_INT64),
	F("sin", T, 1, 1, DBN_DOUBLE),
	F("sinh", T, 1, 1, DBN_DOUBLE),
	F("sqrt", T, 1, 1, DBN_DOUBLE),
	F("strftime", P | DBN_FN_VOLATILE, 1, -1, DBN_TEXT),
	F("substr", T, 2, 3, DBN_NULL),
	F("substring", T, 2, 3, DBN_NULL),
	F("sum", A, 1, 1, DBN_NULL),
	F("tan", T, 1, 1, DBN_DOUBLE),
	F("tanh", T, 1, 1, DBN_DOUBLE),
	F("time", P | DBN_FN_VOLATILE, 0, -1, DBN_TEXT),
	F("total", A, 1, 1, DBN_DOUBLE),
	F("trim", T, 1, 2, DBN_TEXT),
	F("trunc", T, 1, 1, DBN_NULL),
	F("typeof", T, 1, 1, DBN_TEXT),
	F("unicode", T, 1, 1, DBN_INT64),
	F("unixepoch", P | DBN_FN_VOLATILE, 0, -1, DBN_INT64),
	F("unlikely", T, 1, 1, DBN_NULL),
	F("upper", T, 1, 1, DBN_TEXT),
};

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

static const char *const sqlite_collations[] = { "BINARY", "NOCASE", "RTRIM", NULL };
static const char *const no_collations[] = { NULL };

static const dbn_sql_dialect sqlite = {
	.id = DBN_DIALECT_SQLITE,
	.flags = DBN_SQL_BACKTICK | DBN_SQL_BRACKET | DBN_SQL_GLOB | DBN_SQL_IS_ANY |
		DBN_SQL_ALIAS_IN_WHERE | DBN_SQL_ROWID,
	.name = "sqlite",
	.funcs = sqlite_funcs,
	.nfuncs = sizeof(sqlite_funcs) / sizeof(sqlite_funcs[0]),
	.collations = sqlite_collations,
	.max_joins = 64,
};

static const dbn_sql_dialect policy = {
	.id = 0,
	.flags = DBN_SQL_VARIABLES | DBN_SQL_EXTRACT | DBN_SQL_PG_PRECEDENCE | DBN_SQL_COLON_CAST,
	.name = "policy",
	.funcs = policy_funcs,
	.nfuncs = sizeof(policy_funcs) / sizeof(policy_funcs[0]),
	.collations = no_collations,
	.max_joins = 16,
};

const dbn_sql_dialect *
dbn_sql_dialect_get(dbn_dialect_id id)
{
	return id == DBN_DIALECT_SQLITE ? &sqlite : NULL;
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
	char low[24];

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

dbn_type
dbn_sql_declared_type(const dbn_sql_dialect *d, dbn_text t)
{
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
