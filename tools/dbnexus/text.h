/* SPDX-License-Identifier: MIT */
/*
 * Text on its way to a terminal: what is stored in a database must not be able
 * to drive the terminal that shows it.  Control characters, bidirectional marks
 * and what the locale cannot show are printed as escapes; widths are columns.
 * One thread; no allocation but in struct text.
 */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Bytes that grow; failed stays set once memory has run out. */
struct text {
	char *ptr; /* NUL-ended whenever it is not NULL */
	size_t len, cap;
	bool failed;
};

void text_free(struct text *t);
void text_add(struct text *t, const char *p, size_t n);
void text_addz(struct text *t, const char *z);
void text_addc(struct text *t, char c);
void text_addf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* One character of UTF-8 at p: its length, 1 and *c = UINT32_MAX for a bad byte. */
size_t text_decode(const char *p, size_t n, uint32_t *c);

/*
 * Append p as it may be shown, cut to max columns (SIZE_MAX: none) with a mark
 * at the end where something was left out.  utf8: the locale can show it.
 * Returns: the columns taken.
 */
size_t text_show(struct text *t, const char *p, size_t n, size_t max, bool utf8);
/* The columns that the whole of it takes. */
size_t text_columns(const char *p, size_t n, bool utf8);

/* Append p as a JSON string; bad bytes become U+FFFD. */
void text_json(struct text *t, const char *p, size_t n);

/* Columns of the terminal behind f, 0 where it is none. */
size_t text_terminal_width(FILE *f);
/* Is the character set of the locale UTF-8?  After setlocale(). */
bool text_locale_is_utf8(void);

#endif
