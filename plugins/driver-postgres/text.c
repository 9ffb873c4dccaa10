/* SPDX-License-Identifier: MIT */
/*
 * What a statement may do, told by its words outside of quotes and comments.
 * The core's own reading decides what may run; this only says whether rows can
 * be taken one by one, what a reset has to undo, and that there is one statement.
 */
#include "driver.h"

typedef struct scan {
	const char *p, *end;
} scan;

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
		c == '$' || (unsigned char)c >= 0x80;
}

static void
skip_comment(scan *s)
{
	unsigned depth = 0;

	do {
		if (s->end - s->p >= 2 && s->p[0] == '/' && s->p[1] == '*') {
			depth++;
			s->p += 2;
		} else if (s->end - s->p >= 2 && s->p[0] == '*' && s->p[1] == '/') {
			depth--;
			s->p += 2;
		} else {
			s->p++;
		}
	} while (depth && s->p < s->end);
}

static void
skip_quoted(scan *s, char q, bool backslash)
{
	for (s->p++; s->p < s->end; s->p++) {
		if (backslash && *s->p == '\\')
			s->p++;
		else if (*s->p == q && (s->end - s->p < 2 || s->p[1] != q))
			break;
		else if (*s->p == q)
			s->p++;
	}
	if (s->p < s->end)
		s->p++;
}

/* $tag$ ... $tag$; false: no such thing here. */
static bool
skip_dollar(scan *s)
{
	const char *tag = s->p, *q = s->p + 1;
	size_t n;

	while (q < s->end && is_word(*q) && *q != '$')
		q++;
	if (q >= s->end || *q != '$' || (tag[1] >= '0' && tag[1] <= '9'))
		return false;
	n = (size_t)(++q - tag);
	for (; (size_t)(s->end - q) >= n; q++)
		if (memcmp(q, tag, n) == 0) {
			s->p = q + n;
			return true;
		}
	s->p = s->end;
	return true;
}

/* The next word outside of quotes; {";", 1} for a semicolon; empty: the end. */
static dbn_text
next_word(scan *s)
{
	while (s->p < s->end) {
		const char *at = s->p;

		if (s->end - at >= 2 && at[0] == '-' && at[1] == '-') {
			while (s->p < s->end && *s->p != '\n')
				s->p++;
		} else if (s->end - at >= 2 && at[0] == '/' && at[1] == '*') {
			skip_comment(s);
		} else if (*at == '\'') {
			skip_quoted(s, '\'', false);
			return (dbn_text){ "'", 1 };
		} else if (*at == '"') {
			skip_quoted(s, '"', false);
			return (dbn_text){ "\"", 1 };
		} else if (*at == '$' && skip_dollar(s)) {
			return (dbn_text){ "'", 1 };
		} else if (is_word(*at)) {
			while (s->p < s->end && is_word(*s->p))
				s->p++;
			if (s->p - at == 1 && (*at == 'e' || *at == 'E') && s->p < s->end && *s->p == '\'')
				skip_quoted(s, '\'', true);
			return (dbn_text){ at, (size_t)(s->p - at) };
		} else if (*at == ' ' || (*at >= '\t' && *at <= '\r')) {
			s->p++;
		} else {
			s->p++;
			return (dbn_text){ at, 1 };
		}
	}
	return (dbn_text){ s->end, 0 };
}

static bool
is_one_of(dbn_text word, const char *const *list)
{
	for (; *list; list++)
		if (plug_text_same(word, plug_text(*list)))
			return true;
	return false;
}

uint32_t
pg_text_touches(dbn_text sql)
{
	static const char *const reads[] = { "select", "values", "table", "show", "explain", "with", "(",
		NULL };
	static const char *const writes[] = { "insert", "update", "delete", "merge", "into", NULL };
	static const char *const session[] = { "set", "reset", "listen", "unlisten", "declare", "fetch",
		"move", "close", "load", "discard", "prepare", "execute", "deallocate", "call", "do",
		"create", "alter", "lock", "explain", NULL };
	static const char *const txn[] = { "begin", "start", "commit", "end", "rollback", "abort",
		"savepoint", "release", NULL };
	static const char *const outside[] = { "vacuum", "reindex", "cluster", "checkpoint", NULL };
	scan s = { sql.ptr, sql.ptr + sql.len };
	dbn_text w = next_word(&s);
	uint32_t touches = 0;

	while (w.len == 1 && *w.ptr == ';')
		w = next_word(&s);
	if (!w.len)
		return PG_TOUCH_NOTHING;
	if (!is_one_of(w, reads))
		touches |= PG_TOUCH_WRITES;
	if (is_one_of(w, session))
		touches |= PG_TOUCH_SESSION;
	if (is_one_of(w, txn))
		touches |= PG_TOUCH_TXN;
	if (is_one_of(w, outside))
		touches |= PG_TOUCH_OUTSIDE;
	if (plug_text_same(w, PLUG_TEXT("copy")))
		touches |= PG_TOUCH_COPY;
	if (plug_text_same(w, PLUG_TEXT("prepare"))) {
		w = next_word(&s);
		if (plug_text_same(w, PLUG_TEXT("transaction")))
			touches |= PG_TOUCH_TXN;
	}
	while ((w = next_word(&s)).len) {
		if (w.len == 1 && *w.ptr == ';') {
			if (next_word(&s).len)
				touches |= PG_TOUCH_MORE;
			break;
		}
		if (is_one_of(w, writes))
			touches |= PG_TOUCH_WRITES;
	}
	return touches;
}

/* "$12" as 12; 0: something else. */
static uint32_t
param_number(dbn_text w)
{
	uint32_t n = 0;

	if (w.len < 2 || w.len > 6 || *w.ptr != '$')
		return 0;
	for (size_t i = 1; i < w.len; i++) {
		if (w.ptr[i] < '0' || w.ptr[i] > '9')
			return 0;
		n = n * 10 + (uint32_t)(w.ptr[i] - '0');
	}
	return n;
}

/* Up to the '(' behind VALUES; false: there is none, or a parameter before it. */
static bool
find_values(scan *s)
{
	static const char *const other[] = { "select", "with", "default", "table", NULL };
	unsigned depth = 0;
	dbn_text w = next_word(s);

	if (!plug_text_same(w, PLUG_TEXT("insert")))
		return false;
	while ((w = next_word(s)).len) {
		if (is_one_of(w, other) || param_number(w))
			return false;
		if (*w.ptr == '(')
			depth++;
		else if (*w.ptr == ')' && depth)
			depth--;
		else if (!depth && plug_text_same(w, PLUG_TEXT("values")))
			return true;
	}
	return false;
}

bool
pg_text_insert_arrays(FILE *out, dbn_text sql, uint32_t n)
{
	static const char *const other[] = { "select", "default", "with", NULL };
	scan s = { sql.ptr, sql.ptr + sql.len };
	const char *from;
	unsigned depth = 1;
	dbn_text w, tail;

	if (!n || !find_values(&s))
		return false;
	(void)fwrite(sql.ptr, (size_t)(s.p - sql.ptr) - 6, 1, out); /* without VALUES */
	w = next_word(&s);
	if (w.len != 1 || *w.ptr != '(')
		return false;
	(void)fputs("SELECT ", out);
	for (from = s.p; depth && (w = next_word(&s)).len;) {
		uint32_t k = param_number(w);

		if (is_one_of(w, other) || k > n)
			return false;
		depth += w.len == 1 && *w.ptr == '(';
		depth -= w.len == 1 && *w.ptr == ')';
		if (!k)
			continue;
		(void)fwrite(from, (size_t)(w.ptr - from), 1, out);
		(void)fprintf(out, "dbn_u.a%u", k);
		from = s.p;
	}
	if (depth)
		return false;
	(void)fwrite(from, (size_t)(w.ptr - from), 1, out);
	tail = next_word(&s);
	if (tail.len && !plug_text_same(tail, PLUG_TEXT("returning")))
		return false;
	while (tail.len && (w = next_word(&s)).len)
		if (param_number(w) || (w.len == 1 && *w.ptr == ';'))
			return false;
	(void)fputs(" FROM unnest(", out);
	for (uint32_t k = 1; k <= n; k++)
		(void)fprintf(out, "%s$%u", k > 1 ? ", " : "", k);
	(void)fputs(") AS dbn_u (", out);
	for (uint32_t k = 1; k <= n; k++)
		(void)fprintf(out, "%sa%u", k > 1 ? ", " : "", k);
	(void)fprintf(out, ") %.*s", tail.len ? (int)(sql.ptr + sql.len - tail.ptr) : 0, tail.ptr);
	return true;
}

bool
pg_text_insert_copy(dbn_text sql, uint32_t n, char **relation, char **text)
{
	scan s = { sql.ptr, sql.ptr + sql.len };
	const char *from, *end = NULL, *columns = NULL;
	dbn_text w = next_word(&s);

	if (!plug_text_same(w, PLUG_TEXT("insert")) || !plug_text_same(next_word(&s), PLUG_TEXT("into")))
		return false;
	from = s.p;
	while ((w = next_word(&s)).len && !plug_text_same(w, PLUG_TEXT("values")))
		if (*w.ptr == '(' && !columns)
			columns = s.p - 1;
		else if (columns ? *w.ptr == '(' || plug_text_same(w, PLUG_TEXT("overriding"))
			: end != NULL)
			return false;
		else if (!columns && plug_text_same(w, PLUG_TEXT("as"))) {
			end = w.ptr; /* plain values cannot say the other name */
			(void)next_word(&s);
		}
	if (!w.len || !columns || *next_word(&s).ptr != '(')
		return false;
	for (uint32_t k = 1; k <= n; k++)
		if (param_number(next_word(&s)) != k || *next_word(&s).ptr != (k < n ? ',' : ')'))
			return false;
	if (next_word(&s).len)
		return false;
	*relation = strndup(from, (size_t)((end ? end : columns) - from));
	if (!*relation)
		return false;
	if (asprintf(text, "COPY %s %.*s FROM STDIN (FORMAT binary)", *relation, (int)(w.ptr - columns),
			columns) < 0)
		*text = NULL;
	return *text != NULL;
}
