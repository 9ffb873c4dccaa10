/* SPDX-License-Identifier: MIT */
/*
 * Built-in functions that only compute: they need no grant here.  What shows
 * state of the connection, makes large values out of nothing, or reaches files
 * is not among them.  Sorted, lower case.
 */
#include <stdlib.h>

#include "driver.h"

static const char *const names[] = {
	"->", "->>", "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh",
	"avg", "bm25", "ceil", "ceiling", "char", "coalesce", "concat", "concat_ws", "cos", "cosh",
	"count", "cume_dist", "current_date", "current_time", "current_timestamp", "date",
	"datetime", "dbn_require", "degrees", "dense_rank", "exp", "first_value", "floor",
	"format", "glob", "group_concat", "hex", "highlight", "ifnull", "iif", "instr", "json",
	"json_array", "json_array_length", "json_error_position", "json_extract",
	"json_group_array", "json_group_object", "json_insert", "json_object", "json_patch",
	"json_quote", "json_remove", "json_replace", "json_set", "json_type", "json_valid",
	"julianday", "lag", "last_value", "lead", "length", "like", "likelihood", "likely", "ln",
	"log", "log10", "log2", "lower", "ltrim", "match", "max", "min", "mod", "nth_value",
	"ntile", "nullif", "octet_length", "percent_rank", "pi", "pow", "power", "printf",
	"quote", "radians", "rank", "replace", "round", "row_number", "rtrim", "sign", "sin",
	"sinh", "snippet", "sqrt", "strftime", "string_agg", "substr", "substring",
	"sum", "tan", "tanh", "time", "timediff", "total", "trim", "trunc", "typeof", "unhex",
	"unicode", "unixepoch", "unlikely", "upper",
};

static int
by_name(const void *key, const void *item)
{
	return sqlite3_stricmp((const char *)key, *(const char *const *)item);
}

bool
sq_function_is_free(const char *name)
{
	return bsearch(name, names, sizeof names / sizeof *names, sizeof *names, by_name) != NULL;
}
