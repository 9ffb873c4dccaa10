/* SPDX-License-Identifier: MIT */
/*
 * libconfig 1.5 silently corrupts some text: integers out of range, leading
 * zeros, NUL.  This walks over the file first, knows only strings, comments,
 * numbers and brackets, and names what would not be read as it is written.
 */
#include <errno.h>
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

static void
skip_string(struct scan *s)
{
	for (s->p++; s->p < s->end && *s->p != '"'; s->p++) {
		if (*s->p == '\n')
			s->line++;
		if (*s->p == '\\' && s->p + 1 < s->end)
			s->p++;
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
		errno = 0;
		v = strtoull(stop + 2, NULL, 16);
	} else {
		real = strpbrk(stop, ".eE") != NULL;
		if (real)
			return;
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

void
rbac_scan(struct rbac_reader *r, const char *text, size_t n)
{
	struct scan s = { r, text, text + n, 1, 0, true };
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
	while (s.p < s.end)
		one(&s);
}
