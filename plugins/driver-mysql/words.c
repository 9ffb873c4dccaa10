/* SPDX-License-Identifier: MIT */
/*
 * What kind of statement a text is, by its first word only: MySQL prepares
 * without telling whether a statement writes or ends a transaction by itself.
 */
#include "driver.h"

static const struct { const char *word; uint32_t kind; } words[] = {
	{ "SELECT", MY_WORD_READ }, { "VALUES", MY_WORD_READ }, { "TABLE", MY_WORD_READ },
	{ "WITH", MY_WORD_WITH },
	{ "INSERT", MY_WORD_WRITE }, { "UPDATE", MY_WORD_WRITE }, { "DELETE", MY_WORD_WRITE },
	{ "REPLACE", MY_WORD_WRITE },
	{ "SHOW", MY_WORD_SAFE }, { "EXPLAIN", MY_WORD_SAFE }, { "DESCRIBE", MY_WORD_SAFE },
	{ "DESC", MY_WORD_SAFE }, { "SET", MY_WORD_SAFE }, { "DO", MY_WORD_SAFE },
	{ "KILL", MY_WORD_SAFE },
	{ "BEGIN", MY_WORD_TRANSACTION }, { "START", MY_WORD_TRANSACTION },
	{ "COMMIT", MY_WORD_TRANSACTION }, { "ROLLBACK", MY_WORD_TRANSACTION },
	{ "SAVEPOINT", MY_WORD_TRANSACTION }, { "RELEASE", MY_WORD_TRANSACTION },
	{ "XA", MY_WORD_TRANSACTION },
	{ "CALL", MY_WORD_CALL },
};

/* Past blanks, comments and opening parentheses; executable comments stay. */
static dbn_text
skip(dbn_text t)
{
	const char *p = t.ptr, *end = p + t.len;

	while (p < end) {
		if (*p == ' ' || (*p >= '\t' && *p <= '\r') || *p == '(') {
			p++;
		} else if (*p == '#' || (end - p >= 2 && p[0] == '-' && p[1] == '-')) {
			while (p < end && *p != '\n')
				p++;
		} else if (end - p >= 3 && p[0] == '/' && p[1] == '*' && p[2] != '!' && p[2] != 'M') {
			for (p += 2; p < end && !(end - p >= 2 && p[0] == '*' && p[1] == '/'); p++)
				;
			p = end - p >= 2 ? p + 2 : end;
		} else {
			break;
		}
	}
	return (dbn_text){ p, (size_t)(end - p) };
}

uint32_t
my_first_word(dbn_text sql)
{
	dbn_text t = skip(sql);
	size_t n = 0;

	while (n < t.len && ((t.ptr[n] >= 'a' && t.ptr[n] <= 'z') || (t.ptr[n] >= 'A' && t.ptr[n] <= 'Z') ||
			t.ptr[n] == '_'))
		n++;
	if (!t.len || *t.ptr == ';')
		return MY_WORD_NONE;
	t.len = n;
	for (size_t i = 0; n && i < sizeof words / sizeof *words; i++)
		if (plug_text_same(t, plug_text(words[i].word)))
			return words[i].kind;
	return MY_WORD_OTHER;
}
