/* SPDX-License-Identifier: MIT */
/*
 * Tokens that only PostgreSQL has: E'...', $tag$...$tag$, and operators, which are
 * as long as their characters go.
 */
#include <string.h>

#include "sql/lex.h"

#define at(lx, i) dbn_sql__at((lx), (i)) /* the byte at an offset; 0 past the end */

static int
digit(unsigned char c, int base)
{
	int v = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ?
		(c | 32) - 'a' + 10 : 99;

	return v < base ? v : -1;
}

/* Up to max digits; how many were there. */
static size_t
number(dbn_text in, size_t i, size_t max, int base, uint32_t *v)
{
	size_t n = 0;

	*v = 0;
	for (; n < max && i + n < in.len; n++) {
		int d = digit((unsigned char)in.ptr[i + n], base);

		if (d < 0)
			break;
		*v = *v * (uint32_t)base + (uint32_t)d;
	}
	return n;
}

static size_t
utf8(uint32_t c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* What stands behind a backslash; 0: malformed.  *used: bytes of it. */
static size_t
escape(dbn_text in, size_t i, char *out, size_t *used)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	unsigned char c = (unsigned char)in.ptr[i];
	const char *p = memchr(from, c, sizeof(from) - 1);
	uint32_t v;
	size_t n;

	*used = 1;
	if (p) {
		*out = to[p - from];
		return 1;
	}
	if (c == 'x' && (n = number(in, i + 1, 2, 16, &v)) > 0) {
		*used = n + 1;
		*out = (char)v;
		return v ? 1 : 0;
	}
	if (c == 'u' || c == 'U') {
		n = c == 'u' ? 4 : 8;
		*used = n + 1;
		if (number(in, i + 1, n, 16, &v) != n || v == 0 || v > 0x10ffff ||
			(v >= 0xd800 && v < 0xe000))
			return 0; /* pairs of surrogates too: write the character */
		return utf8(v, out);
	}
	if ((n = number(in, i, 3, 8, &v)) > 0) {
		*used = n;
		*out = (char)v;
		return v & 0xff ? 1 : 0;
	}
	*out = (char)c;
	return 1;
}

size_t
dbn_sql__unescape(dbn_text in, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < in.len; i++) {
		size_t used, made;

		if (in.ptr[i] == '\'') {
			out[n++] = in.ptr[i++];
			continue;
		}
		if (in.ptr[i] != '\\') {
			out[n++] = in.ptr[i];
			continue;
		}
		if (i + 1 >= in.len)
			return SIZE_MAX;
		made = escape(in, i + 1, out + n, &used);
		if (!made)
			return SIZE_MAX;
		n += made;
		i += used;
	}
	return dbn_utf8_valid(out, n) == n ? n : SIZE_MAX;
}

dbn_status
dbn_sql__lex_escape_string(dbn_sql_lexer *lx, dbn_sql_token *t, dbn_error **err)
{
	uint32_t i = t->pos + 2;
	dbn_text inner;
	char *buf;
	bool good;

	t->kind = DBN_TK_STRING;
	t->escaped = true;
	t->open = 2;
	for (; i < lx->text.len; i++) {
		if (at(lx, i) == '\\' || (at(lx, i) == '\'' && at(lx, i + 1) == '\''))
			i++;
		else if (at(lx, i) == '\'')
			break;
	}
	if (i >= lx->text.len)
		return dbn_fail_at(err, DBN_E_SYNTAX, t->pos, "Close it with the same quote.",
			"unterminated string");
	t->end = i + 1;
	inner = dbn_text_n(lx->text.ptr + t->pos + 2, i - t->pos - 2);
	buf = dbn_alloc(inner.len + 1);
	if (!buf)
		return dbn_fail_nomem(err);
	good = dbn_sql__unescape(inner, buf) != SIZE_MAX;
	dbn_free(buf);
	if (good)
		return DBN_OK;
	return dbn_fail_at(err, DBN_E_SYNTAX, t->pos, "Escapes must give UTF-8 without NUL.",
		"a malformed escape in E'...'");
}

static bool
tag_part(unsigned char c, bool first)
{
	return ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c >= 0x80 ||
		(!first && c >= '0' && c <= '9');
}

dbn_status
dbn_sql__lex_dollar_string(dbn_sql_lexer *lx, dbn_sql_token *t, bool *is_one, dbn_error **err)
{
	uint32_t i = t->pos + 1, len;
	const char *text = lx->text.ptr;

	*is_one = false;
	while (tag_part(at(lx, i), i == t->pos + 1))
		i++;
	if (at(lx, i) != '$' || i - t->pos > 200)
		return DBN_OK;
	*is_one = true;
	len = ++i - t->pos;
	t->kind = DBN_TK_STRING;
	t->open = (uint8_t)len;
	for (; i + len <= lx->text.len; i++) {
		if (text[i] != '$' || memcmp(text + i, text + t->pos, len) != 0)
			continue;
		t->end = i + len;
		return DBN_OK;
	}
	return dbn_fail_at(err, DBN_E_SYNTAX, t->pos, "Close it with the same tag.",
		"unterminated dollar-quoted string");
}

uint32_t
dbn_sql__pg_operator(const dbn_sql_lexer *lx, uint32_t pos)
{
	static const char chars[] = "+-*/<>=~!@#%^&|`", free_end[] = "~!@#%^&|`";
	uint32_t n = 0;
	bool special = false;

	for (;; n++) {
		unsigned char c = at(lx, pos + n), next = at(lx, pos + n + 1);

		if (!c || !memchr(chars, c, sizeof(chars) - 1) || (c == '-' && next == '-') ||
			(c == '/' && next == '*'))
			break;
		special = special || memchr(free_end, c, sizeof(free_end) - 1);
	}
	while (n > 1 && !special && (at(lx, pos + n - 1) == '+' || at(lx, pos + n - 1) == '-'))
		n--;
	return n;
}
