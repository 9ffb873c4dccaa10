/* SPDX-License-Identifier: MIT */
/*
 * libconfig 1.5 silently corrupts some text: integers out of range, leading
 * zeros, NUL.  This walks over the file first, knows only strings, comments,
 * numbers and brackets, and names what would not be read as it is written.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rbac.h"

struct scan {
	struct rbac_reader *r;
	const char *p, *end;
	unsigned line;
	unsigned depth;
	bool line_start;        /* only blanks so far: @include would count */
};

static void
skip_comment(struct scan *s)
{
	if (*s->p == '#' || s->p[1] == '/') {
		while (s->p < s->end && *s->p != '\n')
			s->p++;
		return;
	}
	for (s->p += 2; s->p < s->end; s->p++) {
		if (*s->p == '\n')
			s->line++;
		if (*s->p == '*' && s->p + 1 < s->end && s->p[1] == '/') {
			s->p += 2;
			return;
		}
	}
	rbac_problem(s->r, s->line, "a comment without an end");
}

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
		: c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* What libconfig would end the text at, or keep as it stands, is refused. */
static void
escape(struct scan *s)
{
	int hi, lo;

	if (++s->p >= s->end || strchr("\\\"abfnrtv", *s->p))
		return;
	if (*s->p == 'x' && s->end - s->p > 2) {
		hi = hex_digit(s->p[1]);
		lo = hex_digit(s->p[2]);
		if (hi >= 0 && lo >= 0 && hi * 16 + lo > 0 && hi * 16 + lo < 128) {
			s->p += 2;
			return;
		}
	}
	rbac_problem(s->r, s->line, "an escape in a text that is not \\\\ \\\" \\n \\t \\r \\f \\a \\b "
		"\\v or \\x01 to \\x7f");
}

static void
skip_string(struct scan *s)
{
	for (s->p++; s->p < s->end && *s->p != '"'; s->p++) {
		if (*s->p == '\n')
			s->line++;
		if (*s->p == '\\')
			escape(s);
	}
	if (s->p < s->end)
		s->p++;
	else
		rbac_problem(s->r, s->line, "a text without an end");
}

static void
number(struct scan *s)
{
	const char *from = s->p;
	char buf[48], *stop;
	size_t n;
	bool neg, wide, real = false;
	unsigned long long v;

	if (*s->p == '-' || *s->p == '+')
		s->p++;
	while (s->p < s->end && (strchr("0123456789abcdefABCDEFxXLl.", *s->p) ||
		((*s->p == '-' || *s->p == '+') && (s->p[-1] == 'e' || s->p[-1] == 'E')))) {
		if (!*s->p)
			break;
		s->p++;
	}
	n = (size_t)(s->p - from);
	if (n >= sizeof(buf)) {
		rbac_problem(s->r, s->line, "number of %zu characters", n);
		return;
	}
	memcpy(buf, from, n);
	buf[n] = 0;
	neg = buf[0] == '-';
	stop = buf + (neg || buf[0] == '+');
	wide = n && (buf[n - 1] == 'L' || buf[n - 1] == 'l');
	while (n && (buf[n - 1] == 'L' || buf[n - 1] == 'l'))
		buf[--n] = 0;
	if (stop[0] == '0' && (stop[1] == 'x' || stop[1] == 'X')) {
		if (!stop[2] || stop != buf || strspn(stop + 2, "0123456789abcdefABCDEF") != strlen(stop + 2)) {
			rbac_problem(s->r, s->line, "%s is not a number", buf);
			return;
		}
		errno = 0;
		v = strtoull(stop + 2, NULL, 16);
	} else {
		char *end = NULL;

		real = strpbrk(stop, ".eE") != NULL;
		if (real) {
			double d = strtod(stop, &end);

			if (!isfinite(d) || (*end && wide))
				rbac_problem(s->r, s->line, "%s is not a number", buf);
			return;
		}
		if (stop[0] == '0' && stop[1]) {
			rbac_problem(s->r, s->line, "number %s with leading zeros", buf);
			return;
		}
		errno = 0;
		v = strtoull(stop, NULL, 10);
	}
	if (errno || v > (wide ? (unsigned long long)INT64_MAX : (unsigned long long)INT32_MAX) + neg)
		rbac_problem(s->r, s->line, "number %s is out of range%s", buf,
			wide ? "" : " (write it with an L for 64 bits)");
}

static bool
word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '_' || c == '-' || c == '*';
}

static void
one(struct scan *s)
{
	char c = *s->p;

	if (c == '\n') {
		s->line++;
		s->line_start = true;
		s->p++;
		return;
	}
	if (c == '@' && s->line_start) {
		rbac_problem(s->r, s->line, "@include is not part of a policy file");
		s->p++;
	} else if (c == '"') {
		skip_string(s);
	} else if (c == '#' || (c == '/' && s->p + 1 < s->end && (s->p[1] == '/' || s->p[1] == '*'))) {
		skip_comment(s);
	} else if (c == '{' || c == '(' || c == '[') {
		if (++s->depth == RBAC_DEPTH + 1)
			rbac_problem(s->r, s->line, "nested more than %d deep", RBAC_DEPTH);
		s->p++;
	} else if (c == '}' || c == ')' || c == ']') {
		if (s->depth)
			s->depth--;
		s->p++;
	} else if ((c >= '0' && c <= '9') || ((c == '-' || c == '+') && s->p + 1 < s->end &&
		s->p[1] >= '0' && s->p[1] <= '9')) {
		number(s);
	} else if (word_char(c)) {
		while (s->p < s->end && word_char(*s->p))
			s->p++;
	} else {
		s->p++;
		if (c == ' ' || c == '\t' || c == '\r')
			return;
	}
	s->line_start = false;
}

/* Bytes up to the first that is not UTF-8. */
static size_t
utf8_end(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n) {
		unsigned char c = (unsigned char)p[i];
		size_t more = c < 0x80 ? 0 : c >= 0xc2 && c < 0xe0 ? 1 : c >= 0xe0 && c < 0xf0 ? 2
			: c >= 0xf0 && c < 0xf5 ? 3 : 4;
		unsigned char next = i + 1 < n ? (unsigned char)p[i + 1] : 0;

		if (more == 4 || i + more >= n || (c == 0xe0 && next < 0xa0) || (c == 0xed && next > 0x9f) ||
			(c == 0xf0 && next < 0x90) || (c == 0xf4 && next > 0x8f))
			return i;
		for (size_t k = 1; k <= more; k++)
			if (((unsigned char)p[i + k] & 0xc0) != 0x80)
				return i;
		i += more + 1;
	}
	return n;
}

void
rbac_scan(struct rbac_reader *r, const char *text, size_t n)
{
	struct scan s = { r, text, text + n, 1, 0, true };
	size_t bad;
	const char *nul = n ? (const char *)memchr(text, 0, n) : NULL;

	if (nul) {
		for (const char *p = text; p < nul; p++)
			if (*p == '\n')
				s.line++;
		rbac_problem(r, s.line, "a NUL byte in the file");
		return;
	}
	if (n >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		rbac_problem(r, 1, "the file starts with a byte order mark");
		return;
	}
	bad = utf8_end(text, n);
	if (bad < n) {
		for (size_t i = 0; i < bad; i++)
			s.line += text[i] == '\n';
		rbac_problem(r, s.line, "the file is not UTF-8");
		return;
	}
	while (s.p < s.end)
		one(&s);
}
