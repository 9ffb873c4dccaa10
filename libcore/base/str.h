/* SPDX-License-Identifier: MIT */
/*
 * Text that grows up to a hard maximum, and small helpers over borrowed text.
 * A dbn_str remembers the first failure: append freely, ask once at the end.
 */
#ifndef DBN_BASE_STR_H
#define DBN_BASE_STR_H

#include <stdarg.h>
#include <string.h>
#include <dbnexus/types.h>

typedef struct dbn_str {
	char *ptr;          /* NUL-ended whenever it is not NULL */
	size_t len, cap, max;
	dbn_status status;  /* DBN_OK, DBN_E_NOMEM, DBN_E_LIMIT */
} dbn_str;

#define DBN_STR_MAX_DEFAULT ((size_t)64 << 20)

void dbn_str_init(dbn_str *s, size_t max);          /* max 0: DBN_STR_MAX_DEFAULT */
void dbn_str_free(dbn_str *s);
void dbn_str_reset(dbn_str *s);                     /* empty, keeps memory and max */
void dbn_str_add(dbn_str *s, const char *p, size_t n);
void dbn_str_adds(dbn_str *s, const char *z);
void dbn_str_addt(dbn_str *s, dbn_text t);
void dbn_str_addc(dbn_str *s, char c);
void dbn_str_addf(dbn_str *s, const char *fmt, ...) DBN_PRINTF(2, 3);
void dbn_str_addv(dbn_str *s, const char *fmt, va_list ap) DBN_PRINTF(2, 0);
void dbn_str_addi(dbn_str *s, int64_t v);           /* decimal, no locale */
char *dbn_str_take(dbn_str *s);                     /* given to the caller: dbn_free() */
const char *dbn_str_z(const dbn_str *s);            /* "" instead of NULL */

static inline dbn_text
dbn_text_z(const char *z)
{
	dbn_text t = { z, z ? strlen(z) : 0 };
	return t;
}
static inline dbn_text
dbn_text_n(const char *p, size_t n)
{
	dbn_text t = { p, n };
	return t;
}
#define DBN_TEXT_LIT(s) ((dbn_text){ "" s, sizeof(s) - 1 })
/* For printf's "%.*s". */
#define DBN_TEXT_ARG(t) (int)((t).len > 4096 ? 4096 : (t).len), ((t).ptr ? (t).ptr : "")

bool dbn_text_eq(dbn_text a, dbn_text b);
bool dbn_text_eqz(dbn_text a, const char *z);
bool dbn_text_ieq(dbn_text a, dbn_text b);          /* ASCII case only */
bool dbn_text_ieqz(dbn_text a, const char *z);
int dbn_text_cmp(dbn_text a, dbn_text b);
unsigned char dbn_ascii_lower(unsigned char c);

/* Bytes up to the first invalid UTF-8 sequence (surrogates, overlong forms and
 * anything past U+10FFFF are invalid); equal to n when all is well. */
size_t dbn_utf8_valid(const char *p, size_t n);
/* Levenshtein distance of two short names, capped at 255: for "did you mean". */
unsigned dbn_edit_distance(dbn_text a, dbn_text b);
/* Whole text as a signed decimal number; false: not one, or out of range. */
bool dbn_parse_int64(dbn_text t, int64_t *out);
bool dbn_parse_uint64(dbn_text t, uint64_t *out);
/* A double without regard to the locale; false: not a whole number text. */
bool dbn_parse_double(dbn_text t, double *out);
/* Shortest text that reads back as the same double, no locale; returns length. */
size_t dbn_format_double(char *buf, size_t size, double v);
/* The same of a float that stands in a double: 1.1, not 1.10000002384. */
size_t dbn_format_float(char *buf, size_t size, double v);

#endif
