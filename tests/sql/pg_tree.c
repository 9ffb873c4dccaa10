/* SPDX-License-Identifier: MIT */
/*
 * Parse trees made comparable.  The list of what is passed over is drop() and
 * normalise(): nothing else may be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pg_query.h>

#include "sql/pg_tree.h"

#define DEPTH_MAX 20000

static int
named(const char *key, const char *const *list)
{
	for (; *list; list++) {
		if (strcmp(key, *list) == 0)
			return 1;
	}
	return 0;
}

/* Where in the text a part stands says nothing of what it means. */
static const char *const places[] = { "location", "stmt_location", "stmt_len", "name_location",
	"list_start", "list_end", NULL };

static void
drop(json_t *object)
{
	for (size_t i = 0; places[i]; i++)
		(void)json_object_del(object, places[i]);
}

static const char *
text_of(const json_t *node, const char *kind, const char *key)
{
	return json_string_value(json_object_get(json_object_get(node, kind), key));
}

/*
 * LATERAL before a function says nothing: "for functions the key word is optional; the
 * function's arguments can contain references to columns provided by preceding FROM
 * items in any case" (SELECT, FROM clause).
 *
 * FuncCall: pg_catalog.upper is upper, for search_path begins with pg_catalog, and
 * the parser takes no other schema.
 *
 * TypeName: int is pg_catalog.int4 to the parser and int4 is not, though both are
 * found there: search_path begins with pg_catalog for every reader of the print, and
 * the parser takes only listed type names, all of them pg_catalog's.
 */
static void
own_schema(json_t *names)
{
	const char *first = text_of(json_array_get(names, 0), "String", "sval");

	if (json_array_size(names) == 2 && first && strcmp(first, "pg_catalog") == 0)
		(void)json_array_remove(names, 0);
}

/* One that is written and its default that is not. */
static const struct {
	const char *key, *written, *meant;
} defaults[] = {
	/* ORDER BY x ASC is ORDER BY x: ascending is the default (SELECT, ORDER BY clause). */
	{ "sortby_dir", "SORTBY_ASC", "SORTBY_DEFAULT" },
	/* ROW(1, 2) is (1, 2): "The key word ROW is optional when there is more than one
	 * expression in the list"; with one or none only ROW() makes a row, and our tree
	 * then keeps the word. */
	{ "row_format", "COERCE_EXPLICIT_CALL", "COERCE_IMPLICIT_CAST" },
};

static void
default_words(json_t *object)
{
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
		const char *v = json_string_value(json_object_get(object, defaults[i].key));

		if (v && strcmp(v, defaults[i].written) == 0)
			(void)json_object_set_new(object, defaults[i].key,
				json_string(defaults[i].meant));
	}
}

static void
normalise(json_t *node, int depth)
{
	const char *key;
	json_t *part;
	size_t i;

	if (depth > DEPTH_MAX)
		abort();
	if (json_is_array(node)) {
		json_array_foreach(node, i, part)
			normalise(part, depth + 1);
	} else if (json_is_object(node)) {
		drop(node);
		default_words(node);
		json_object_foreach(node, key, part) {
			static const char *const types[] = { "TypeName", "typeName", NULL };

			if (named(key, types))
				own_schema(json_object_get(part, "names"));
			if (strcmp(key, "RangeFunction") == 0)
				(void)json_object_del(part, "lateral");
			if (strcmp(key, "funcname") == 0)
				own_schema(part);
			normalise(part, depth + 1);
		}
	}
}

json_t *
pg_tree(const char *sql, char **problem)
{
	PgQueryParseResult r = pg_query_parse(sql);
	json_error_t bad;
	json_t *tree = NULL;
	char buf[512];

	*problem = NULL;
	if (r.error) {
		(void)snprintf(buf, sizeof(buf), "%s (at %d)", r.error->message,
			r.error->cursorpos);
		*problem = strdup(buf);
	} else {
		tree = json_loads(r.parse_tree, JSON_ALLOW_NUL, &bad);
		if (!tree) {
			(void)snprintf(buf, sizeof(buf), "its tree is no JSON: %s", bad.text);
			*problem = strdup(buf);
		} else {
			normalise(tree, 0);
		}
	}
	pg_query_free_parse_result(r);
	return tree;
}

/* ---- the first difference ---- */

static int
say(const json_t *a, const json_t *b, char *out, size_t size)
{
	char *x = a ? json_dumps(a, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
	char *y = b ? json_dumps(b, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;

	(void)snprintf(out, size, ": %.300s | %.300s", x ? x : "nothing", y ? y : "nothing");
	free(x);
	free(y);
	return 1;
}

static int
differ(const json_t *a, const json_t *b, char *out, size_t size, int depth)
{
	size_t n;
	const char *key;
	json_t *part;

	if (!a || !b || json_typeof(a) != json_typeof(b) || depth > DEPTH_MAX)
		return say(a, b, out, size);
	if (json_is_array(a)) {
		for (size_t i = 0; i < json_array_size(a) || i < json_array_size(b); i++) {
			n = (size_t)snprintf(out, size, "[%zu]", i);
			if (n < size && differ(json_array_get(a, i), json_array_get(b, i), out + n,
				size - n, depth + 1))
				return 1;
		}
		return 0;
	}
	if (!json_is_object(a))
		return json_equal(a, b) ? 0 : say(a, b, out, size);
	json_object_foreach((json_t *)(uintptr_t)a, key, part) {
		n = (size_t)snprintf(out, size, ".%s", key);
		if (n < size && differ(part, json_object_get(b, key), out + n, size - n,
			depth + 1))
			return 1;
	}
	json_object_foreach((json_t *)(uintptr_t)b, key, part) {
		if (!json_object_get(a, key)) {
			n = (size_t)snprintf(out, size, ".%s", key);
			return n < size ? say(NULL, part, out + n, size - n) : 1;
		}
	}
	return 0;
}

int
pg_tree_differ(const json_t *a, const json_t *b, char *out, size_t size)
{
	if (json_equal(a, b))
		return 0;
	if (!differ(a, b, out, size, 0))
		(void)snprintf(out, size, "(a difference nobody finds)");
	return 1;
}
