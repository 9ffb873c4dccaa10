/* SPDX-License-Identifier: MIT */
/*
 * What functions take, where that is fixed: the type of a parameter that stands
 * there.  SQLite and MySQL take whatever comes in most places; listed are those
 * where another type would silently become a number or a format.  On PostgreSQL
 * most functions say it themselves; listed too are those that cannot without a cast.
 */
#include <string.h>

#include "sql/dialect.h"

/*
 * A letter for each argument, the last one for the rest:
 *   t text   i integer   d double   n decimal   b bytes   B boolean
 *   D date   T timestamp with a zone   v interval   j JSON
 *   a anything: text unless it is known otherwise
 *   ! anything, but the function is another one for each type: it must be known
 *   = the same where all arguments are parameters; one that is none says it
 *   . left to the database
 */
struct signature {
	const char *name;
	int nargs;              /* 0: however many there are */
	const char *args;
};

static const struct signature sqlite[] = {
	{ "char", 0, "i" }, { "format", 0, "t." }, { "json_extract", 0, ".t" }, { "lag", 0, ".i." },
	{ "lead", 0, ".i." }, { "nth_value", 0, ".i" }, { "ntile", 0, "i" }, { "printf", 0, "t." },
	{ "round", 0, ".i" }, { "strftime", 0, "t." }, { "substr", 0, ".i" }, { "substring", 0, ".i" },
};

static const struct signature mysql[] = {
	{ "char", 0, "i" }, { "conv", 0, ".i" }, { "convert_tz", 0, ".t" }, { "date_format", 0, ".t" },
	{ "elt", 0, "i." }, { "format", 0, ".it" }, { "from_days", 0, "i" }, { "from_unixtime", 0, ".t" },
	{ "insert", 0, ".ii." }, { "json_extract", 0, ".t" }, { "json_keys", 0, ".t" },
	{ "json_length", 0, ".t" }, { "json_remove", 0, ".t" }, { "json_value", 0, ".t" },
	{ "lag", 0, ".i." }, { "lead", 0, ".i." }, { "left", 0, ".i" }, { "locate", 0, "..i" },
	{ "makedate", 0, "i" }, { "maketime", 0, "ii." }, { "mid", 0, ".i" }, { "nth_value", 0, ".i" },
	{ "ntile", 0, "i" }, { "period_add", 0, "i" }, { "period_diff", 0, "i" }, { "right", 0, ".i" },
	{ "round", 0, ".i" }, { "sha2", 0, ".i" }, { "str_to_date", 0, "t" }, { "substr", 0, ".i" },
	{ "substring", 0, ".i" }, { "substring_index", 0, "..i" }, { "time_format", 0, ".t" },
	{ "truncate", 0, ".i" }, { "week", 0, ".i" }, { "yearweek", 0, ".i" },
};

static const struct signature postgres[] = {
	{ "acos", 0, "d" }, { "acosd", 0, "d" }, { "acosh", 0, "d" }, { "age", 1, "!" }, { "age", 2, "T" },
	{ "array_agg", 0, "!" }, { "array_dims", 0, "!" }, { "array_length", 0, "!i" },
	{ "array_lower", 0, "!i" }, { "array_ndims", 0, "!" }, { "array_to_json", 0, "!B" },
	{ "array_to_string", 0, "!t" }, { "array_upper", 0, "!i" }, { "ascii", 0, "t" }, { "asin", 0, "d" },
	{ "asind", 0, "d" }, { "asinh", 0, "d" }, { "atan", 0, "d" }, { "atan2", 0, "d" },
	{ "atan2d", 0, "d" }, { "atand", 0, "d" }, { "atanh", 0, "d" }, { "avg", 0, "!" },
	{ "bit_and", 0, "!" }, { "bit_count", 0, "!" }, { "bit_length", 0, "t" }, { "bit_or", 0, "!" },
	{ "bit_xor", 0, "!" }, { "bool_and", 0, "B" }, { "bool_or", 0, "B" }, { "btrim", 0, "t" },
	{ "cardinality", 0, "!" }, { "cbrt", 0, "d" }, { "char_length", 0, "t" },
	{ "character_length", 0, "t" }, { "chr", 0, "i" }, { "concat", 0, "a" }, { "concat_ws", 0, "ta" },
	{ "corr", 0, "d" }, { "cos", 0, "d" }, { "cosd", 0, "d" }, { "cosh", 0, "d" }, { "cot", 0, "d" },
	{ "cotd", 0, "d" }, { "count", 0, "a" }, { "covar_pop", 0, "d" }, { "covar_samp", 0, "d" },
	{ "date_part", 0, "t!" }, { "date_trunc", 2, "t!" }, { "daterange", 0, "DDt" }, { "decode", 0, "t" },
	{ "degrees", 0, "d" }, { "div", 0, "n" }, { "encode", 0, "bt" }, { "every", 0, "B" },
	{ "extract", 0, ".!" }, { "first_value", 0, "!" }, { "gcd", 0, "=" }, { "get_bit", 0, "!." }, { "get_byte", 0, "bi" },
	{ "initcap", 0, "t" }, { "int4range", 0, "iit" }, { "int8range", 0, "iit" }, { "isempty", 0, "!" },
	{ "isfinite", 0, "!" }, { "json_agg", 0, "!" }, { "json_array_length", 0, "j" },
	{ "json_build_array", 0, "!" }, { "json_build_object", 0, "!" }, { "json_object_agg", 0, "!" },
	{ "json_strip_nulls", 0, "j" }, { "json_typeof", 0, "j" }, { "jsonb_agg", 0, "!" },
	{ "jsonb_array_length", 0, "j" }, { "jsonb_build_array", 0, "!" }, { "jsonb_build_object", 0, "!" },
	{ "jsonb_object_agg", 0, "!" }, { "jsonb_pretty", 0, "j" }, { "jsonb_strip_nulls", 0, "j" },
	{ "jsonb_typeof", 0, "j" }, { "justify_days", 0, "v" }, { "justify_hours", 0, "v" },
	{ "justify_interval", 0, "v" }, { "lag", 1, "!" }, { "lag", 2, "!i" }, { "last_value", 0, "!" },
	{ "lcm", 0, "=" }, { "lead", 1, "!" }, { "lead", 2, "!i" }, { "left", 0, "ti" }, { "length", 1, "t" },
	{ "log", 2, "n" }, { "lower", 0, "t" }, { "lower_inc", 0, "!" }, { "lower_inf", 0, "!" },
	{ "ltrim", 0, "t" }, { "make_date", 0, "i" }, { "make_interval", 0, "iiiiiid" },
	{ "make_time", 0, "iid" }, { "make_timestamp", 0, "iiiiid" }, { "make_timestamptz", 0, "iiiiidt" },
	{ "md5", 0, "t" }, { "mod", 0, "=" }, { "normalize", 0, "t" }, { "nth_value", 0, "!i" }, { "ntile", 0, "i" },
	{ "num_nonnulls", 0, "a" }, { "num_nulls", 0, "a" }, { "octet_length", 0, "t" },
	{ "overlaps", 0, "!" }, { "overlay", 0, "ttii" }, { "position", 0, "t" }, { "quote_ident", 0, "t" },
	{ "radians", 0, "d" }, { "range_agg", 0, "!" }, { "regexp_count", 0, "ttit" },
	{ "regexp_like", 0, "t" }, { "regexp_match", 0, "t" }, { "regexp_replace", 3, "t" },
	{ "regexp_split_to_array", 0, "t" }, { "regr_avgx", 0, "d" }, { "regr_avgy", 0, "d" },
	{ "regr_count", 0, "d" }, { "regr_intercept", 0, "d" }, { "regr_r2", 0, "d" },
	{ "regr_slope", 0, "d" }, { "regr_sxx", 0, "d" }, { "regr_sxy", 0, "d" }, { "regr_syy", 0, "d" },
	{ "replace", 0, "t" }, { "reverse", 0, "t" }, { "right", 0, "ti" }, { "round", 2, "ni" },
	{ "rtrim", 0, "t" }, { "scale", 0, "n" }, { "set_bit", 0, "!.." }, { "set_byte", 0, "bi" },
	{ "sha224", 0, "b" }, { "sha256", 0, "b" }, { "sha384", 0, "b" }, { "sha512", 0, "b" },
	{ "sin", 0, "d" }, { "sind", 0, "d" }, { "sinh", 0, "d" }, { "split_part", 0, "tti" },
	{ "starts_with", 0, "t" }, { "string_to_array", 0, "t" }, { "strpos", 0, "t" }, { "substr", 0, "ti" },
	{ "sum", 0, "!" }, { "tan", 0, "d" }, { "tand", 0, "d" }, { "tanh", 0, "d" },
	{ "to_char", 0, "!t" }, { "to_date", 0, "t" }, { "to_hex", 0, "!" }, { "to_json", 0, "!" },
	{ "to_jsonb", 0, "!" }, { "to_number", 0, "t" }, { "to_timestamp", 1, "d" },
	{ "to_timestamp", 2, "t" }, { "translate", 0, "t" }, { "trim", 0, "t" }, { "trim_array", 0, "!i" },
	{ "trim_scale", 0, "n" }, { "trunc", 1, "!" }, { "trunc", 2, "ni" }, { "tstzrange", 0, "TTt" },
	{ "unistr", 0, "t" }, { "upper", 0, "t" }, { "upper_inc", 0, "!" }, { "upper_inf", 0, "!" },
	{ "width_bucket", 4, "dddi" },
};

/* The first line of that name; NULL: none. */
static const struct signature *
find(const struct signature *s, size_t n, const char *name)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(s[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && !strcmp(s[lo].name, name) ? &s[lo] : NULL;
}

char
dbn_sql_argument(const dbn_sql_dialect *d, const dbn_sql_func_fact *fact, uint32_t nargs, uint32_t i)
{
	const struct signature *all = d->id == DBN_DIALECT_POSTGRES ? postgres
		: d->id == DBN_DIALECT_MYSQL ? mysql : sqlite;
	size_t n = d->id == DBN_DIALECT_POSTGRES ? sizeof(postgres) / sizeof(postgres[0])
		: d->id == DBN_DIALECT_MYSQL ? sizeof(mysql) / sizeof(mysql[0])
		: d->id == DBN_DIALECT_SQLITE ? sizeof(sqlite) / sizeof(sqlite[0]) : 0;
	const struct signature *s = find(all, n, fact->name);

	for (; s && s < all + n && !strcmp(s->name, fact->name); s++)
		if (!s->nargs || (uint32_t)s->nargs == nargs)
			return i < strlen(s->args) ? s->args[i] : s->args[strlen(s->args) - 1];
	return '.';
}

dbn_type
dbn_sql_argument_type(char letter)
{
	switch (letter) {
	case 't': return DBN_TEXT;
	case 'i': return DBN_INT64;
	case 'd': return DBN_DOUBLE;
	case 'n': return DBN_DECIMAL;
	case 'b': return DBN_BYTES;
	case 'B': return DBN_BOOL;
	case 'D': return DBN_DATE;
	case 'T': return DBN_TIMESTAMPTZ;
	case 'v': return DBN_INTERVAL;
	case 'j': return DBN_JSON;
	default: return DBN_NULL;
	}
}
