/* SPDX-License-Identifier: MIT */
/*
 * Parameters of a statement from the command line: "25", "text:25", "null".
 * A word before a colon that is no type belongs to the text ("http://...").
 */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool
parse_int(const char *p, dbn_value *v)
{
	char *end;
	long long i;
	unsigned long long u;

	if (*p != '-' && (*p < '0' || *p > '9'))
		return false;
	errno = 0;
	i = strtoll(p, &end, 10);
	if (*end == '\0' && end > p && errno == 0) {
		*v = dbn_v_i64(i);
		return true;
	}
	errno = 0;
	u = strtoull(p, &end, 10);
	if (*p == '-' || *end != '\0' || end == p || errno != 0)
		return false;
	*v = dbn_v_u64(u);
	return true;
}

/* The locale's decimal point does not count: only LC_CTYPE is set. */
static bool
parse_double(const char *p, dbn_value *v)
{
	char *end;
	double d;

	if (*p == '\0' || strspn(p, "+-.0123456789eE") != strlen(p))
		return false;
	errno = 0;
	d = strtod(p, &end);
	if (*end != '\0' || errno == ERANGE)
		return false;
	*v = dbn_v_f64(d);
	return true;
}

static int
hex_digit(char c)
{
	const char *all = "0123456789abcdef", *at;

	if (c >= 'A' && c <= 'F')
		c = (char)(c - 'A' + 'a');
	at = c ? strchr(all, c) : NULL;
	return at ? (int)(at - all) : -1;
}

static bool
parse_bytes(const char *p, dbn_value *v, void **keep)
{
	size_t n = strlen(p) / 2;
	unsigned char *out;

	if (strlen(p) % 2)
		return false;
	out = malloc(n ? n : 1);
	if (!out)
		return false;
	for (size_t i = 0; i < n; i++) {
		int hi = hex_digit(p[2 * i]), lo = hex_digit(p[2 * i + 1]);

		if (hi < 0 || lo < 0) {
			free(out);
			return false;
		}
		out[i] = (unsigned char)(hi << 4 | lo);
	}
	*keep = out;
	*v = dbn_bytes_of(out, n);
	return true;
}

static bool
parse_bool(const char *p, dbn_value *v)
{
	bool yes = strcmp(p, "true") == 0;

	if (!yes && strcmp(p, "false") != 0)
		return false;
	*v = dbn_v_bool(yes);
	return true;
}

static bool
parse_decimal(const char *p, dbn_value *v)
{
	size_t n = strlen(p);

	if (n == 0 || strspn(p, "+-.0123456789") != n || strpbrk(p, "0123456789") == NULL)
		return false;
	*v = dbn_decimal_of(p);
	return true;
}

/* 1: read, 0: not a value of this type, -1: no type of this name. */
static int
parse_typed(const char *type, size_t n, const char *p, dbn_value *v, void **keep)
{
#define IS(word) (n == sizeof(word) - 1 && memcmp(type, word, n) == 0)
	if (IS("text")) {
		*v = dbn_v_text(p);
		return 1;
	}
	if (IS("int"))
		return parse_int(p, v);
	if (IS("double"))
		return parse_double(p, v);
	if (IS("bool"))
		return parse_bool(p, v);
	if (IS("decimal"))
		return parse_decimal(p, v);
	if (IS("bytes"))
		return parse_bytes(p, v, keep);
	if (IS("json")) {
		dbn_text t = { p, strlen(p) };

		*v = dbn_json_of(t);
		return 1;
	}
	return -1;
#undef IS
}

bool
cli_param(const struct cli *c, const char *text, dbn_value *v, void **keep)
{
	const char *colon = strchr(text, ':');
	int typed = -1;

	*keep = NULL;
	if (colon)
		typed = parse_typed(text, (size_t)(colon - text), colon + 1, v, keep);
	if (typed == 0) {
		cli_say(c, "--param %s: not a value of that type", text);
		return false;
	}
	if (typed == 1)
		return true;
	if (strcmp(text, "null") == 0)
		*v = dbn_v_null(NULL);
	else if (!parse_int(text, v) && !parse_bool(text, v) && !parse_double(text, v))
		*v = dbn_v_text(text);
	return true;
}
