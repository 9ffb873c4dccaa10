/* SPDX-License-Identifier: MIT */
/*
 * Tokens that only PostgreSQL has: E'...', $tag$...$tag$, and operators, which are
 * as long as their characters go.
 */
#include <string.h>

#include "sql/lex.h"
#include "sql/tree.h"

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

bool
dbn_sql__pg_continues(const dbn_sql_lexer *lx, uint32_t from, uint32_t to)
{
	bool line = false;

	for (uint32_t i = from; i < to; i++) {
		if (at(lx, i) == '/')
			return false;
		while (at(lx, i) == '-' && i + 1 < to && at(lx, i + 1) != '\n' && at(lx, i + 1) != '\r')
			for (i++; i + 1 < to && at(lx, i + 1) != '\n' && at(lx, i + 1) != '\r';)
				i++;
		line = line || at(lx, i) == '\n' || at(lx, i) == '\r';
	}
	return line;
}

dbn_status
dbn_sql__lex_escape_string(dbn_sql_lexer *lx, dbn_sql_token *t, dbn_error **err)
{
	uint8_t open = at(lx, t->pos) == '\'' ? 1 : 2; /* 1: goes on with E'...' */
	uint32_t i = t->pos + open;
	dbn_text inner;
	char *buf;
	bool good;

	t->kind = DBN_TK_STRING;
	t->escaped = true;
	t->open = open;
	for (; i < lx->text.len; i++) {
		if (at(lx, i) == '\\' || (at(lx, i) == '\'' && at(lx, i + 1) == '\''))
			i++;
		else if (at(lx, i) == '\'')
			break;
	}
	if (i >= lx->text.len)
		return dbn_fail_at(err, DBN_E_SYNTAX, t->pos, "Close it with the same quote.",
			"unterminated string");
	t->end = lx->escaped_end = i + 1;
	inner = dbn_text_n(lx->text.ptr + t->pos + open, i - t->pos - open);
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

/* ---- operators that only PostgreSQL has ---- */

uint16_t
dbn_sql__pg_op(dbn_text text)
{
	static const struct { char text[5]; uint16_t op; } ops[] = {
		{ "~*", DBN_OP_IREGEX }, { "!~", DBN_OP_NREGEX }, { "!~*", DBN_OP_NIREGEX },
		{ "~~", DBN_OP_TLIKE }, { "~~*", DBN_OP_TILIKE }, { "!~~", DBN_OP_TNLIKE },
		{ "!~~*", DBN_OP_TNILIKE }, { "@>", DBN_OP_CONTAINS }, { "<@", DBN_OP_CONTAINED },
		{ "&&", DBN_OP_OVERLAP }, { "#>", DBN_OP_JSON_PATH }, { "#>>", DBN_OP_JSON_PATH_TEXT },
		{ "#-", DBN_OP_JSON_DELETE }, { "@@", DBN_OP_MATCHES }, { "@?", DBN_OP_JSON_FOUND },
		{ "#", DBN_OP_HASH }, { "^", DBN_OP_POWER }, { "^@", DBN_OP_STARTS },
		{ "|/", DBN_OP_SQRT }, { "||/", DBN_OP_CBRT }, { "@", DBN_OP_ABS },
	};

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (dbn_text_eqz(text, ops[i].text))
			return ops[i].op;
	return 0;
}

/* ---- U&'...' ---- */

/* The code behind the escape character at i; 0: malformed. */
static uint32_t
code_at(dbn_text in, size_t i, size_t *used)
{
	bool plus = i < in.len && in.ptr[i] == '+';
	size_t want = plus ? 6 : 4;
	uint32_t v;

	*used = want + plus;
	return number(in, i + plus, want, 16, &v) == want ? v : 0;
}

size_t
dbn_sql__ununicode(dbn_text in, char quote, char esc, char *out)
{
	size_t n = 0, used;

	for (size_t i = 0; i < in.len; i++) {
		uint32_t v, low;

		if (in.ptr[i] == quote) { /* doubled */
			out[n++] = in.ptr[i++];
			continue;
		}
		if (in.ptr[i] != esc) {
			out[n++] = in.ptr[i];
			continue;
		}
		if (i + 1 < in.len && in.ptr[i + 1] == esc) {
			out[n++] = in.ptr[++i];
			continue;
		}
		v = code_at(in, i + 1, &used);
		i += used;
		if (v >= 0xd800 && v < 0xdc00 && i + 1 < in.len && in.ptr[i + 1] == esc) {
			low = code_at(in, i + 2, &used);
			if (low < 0xdc00 || low > 0xdfff)
				return SIZE_MAX;
			v = 0x10000 + ((v & 0x3ff) << 10 | (low & 0x3ff));
			i += used + 1;
		}
		if (v == 0 || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
			return SIZE_MAX;
		n += utf8(v, out + n);
	}
	return n;
}

/* UESCAPE 'c' behind it: *esc. */
static dbn_status
uescape(dbn_sql_lexer *lx, dbn_sql_token *t, dbn_error **err)
{
	dbn_text word = { lx->text.ptr, 7 };
	dbn_status rc;
	char c;

	lx->at = t->end;
	rc = dbn_sql__lex_space(lx, err);
	word.ptr += lx->at;
	if (rc != DBN_OK || lx->at + 7 > lx->text.len || !dbn_text_ieqz(word, "uescape"))
		return rc;
	lx->at += 7;
	rc = dbn_sql__lex_space(lx, err);
	if (rc != DBN_OK)
		return rc;
	c = (char)at(lx, lx->at + 1);
	if (at(lx, lx->at) != '\'' || at(lx, lx->at + 2) != '\'' || digit((unsigned char)c, 16) >= 0 ||
		memchr("+'\" \t\n\r\f", c, 9) || (unsigned char)c >= 0x80)
		return dbn_fail_at(err, DBN_E_SYNTAX, lx->at, "Write UESCAPE '!'.",
			"a malformed escape character behind UESCAPE");
	t->unicode = c;
	t->end = lx->at + 3;
	return DBN_OK;
}

dbn_status
dbn_sql__lex_unicode(dbn_sql_lexer *lx, dbn_sql_token *t, dbn_error **err)
{
	uint32_t pos = t->pos;
	char quote = lx->text.ptr[pos + 2], *buf;
	dbn_text inner;
	dbn_status rc;
	bool good;

	t->pos = pos + 2;
	rc = dbn_sql__lex_quoted(lx, t, (unsigned char)quote, quote == '"' ? DBN_TK_QUOTED : DBN_TK_STRING,
		err);
	t->pos = pos;
	if (rc != DBN_OK)
		return rc;
	t->close = t->end - 1;
	t->unicode = '\\';
	rc = uescape(lx, t, err);
	if (rc != DBN_OK)
		return rc;
	inner = dbn_text_n(lx->text.ptr + pos + 3, t->close - pos - 3);
	buf = dbn_alloc(inner.len + 1);
	if (!buf)
		return dbn_fail_nomem(err);
	good = dbn_sql__ununicode(inner, quote, t->unicode, buf) != SIZE_MAX;
	dbn_free(buf);
	if (!good)
		return dbn_fail_at(err, DBN_E_SYNTAX, pos, "Write \\0061 or \\+000061.",
			"a malformed escape in U&...");
	return dbn_sql__lex_use(lx, quote == '"' ? DBN_G_NAME_UNICODE : DBN_G_STRING_UNICODE, pos, err);
}
