/* SPDX-License-Identifier: MIT */
/*
 * Growing text and helpers over borrowed text.  No locale is consulted, except
 * that numbers are written and read through the C locale's own rules.
 */
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"

void
dbn_str_init(dbn_str *s, size_t max)
{
	memset(s, 0, sizeof *s);
	s->max = max ? max : DBN_STR_MAX_DEFAULT;
}

void
dbn_str_free(dbn_str *s)
{
	dbn_free(s->ptr);
	s->ptr = NULL;
	s->len = s->cap = 0;
}

void
dbn_str_reset(dbn_str *s)
{
	s->len = 0;
	s->status = DBN_OK;
	if (s->ptr)
		s->ptr[0] = '\0';
}

/* Room for n more bytes and the NUL. */
static bool
reserve(dbn_str *s, size_t n)
{
	if (s->status != DBN_OK)
		return false;
	if (n > s->max || s->len > s->max - n) {
		s->status = DBN_E_LIMIT;
		return false;
	}
	if (!dbn_grow(&s->ptr, &s->cap, s->len + n + 1, 1)) {
		s->status = DBN_E_NOMEM;
		return false;
	}
	return true;
}

void
dbn_str_add(dbn_str *s, const char *p, size_t n)
{
	if (!reserve(s, n))
		return;
	if (n)
		memcpy(s->ptr + s->len, p, n);
	s->len += n;
	s->ptr[s->len] = '\0';
}

void
dbn_str_adds(dbn_str *s, const char *z)
{
	dbn_str_add(s, z, strlen(z));
}

void
dbn_str_addt(dbn_str *s, dbn_text t)
{
	dbn_str_add(s, t.ptr, t.len);
}

void
dbn_str_addc(dbn_str *s, char c)
{
	dbn_str_add(s, &c, 1);
}

void
dbn_str_addv(dbn_str *s, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n >= 0 && reserve(s, (size_t)n)) {
		(void)vsnprintf(s->ptr + s->len, (size_t)n + 1, fmt, again);
		s->len += (size_t)n;
	}
	va_end(again);
}

void
dbn_str_addf(dbn_str *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	dbn_str_addv(s, fmt, ap);
	va_end(ap);
}

void
dbn_str_addi(dbn_str *s, int64_t v)
{
	char buf[24], *p = buf + sizeof buf;
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do
		*--p = (char)('0' + u % 10);
	while ((u /= 10) != 0);
	if (v < 0)
		*--p = '-';
	dbn_str_add(s, p, (size_t)(buf + sizeof buf - p));
}

char *
dbn_str_take(dbn_str *s)
{
	char *p;

	if (!s->ptr && s->status == DBN_OK)
		(void)reserve(s, 0);
	if (s->status != DBN_OK) {
		dbn_str_free(s);
		return NULL;
	}
	s->ptr[s->len] = '\0';
	p = s->ptr;
	s->ptr = NULL;
	s->len = s->cap = 0;
	return p;
}

const char *
dbn_str_z(const dbn_str *s)
{
	return s->ptr && s->len ? s->ptr : "";
}

/* ---- borrowed text ---- */

bool
dbn_text_eq(dbn_text a, dbn_text b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool
dbn_text_eqz(dbn_text a, const char *z)
{
	return dbn_text_eq(a, dbn_text_z(z));
}

unsigned char
dbn_ascii_lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : c;
}

bool
dbn_text_ieq(dbn_text a, dbn_text b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (dbn_ascii_lower((unsigned char)a.ptr[i]) !=
			dbn_ascii_lower((unsigned char)b.ptr[i]))
			return false;
	return true;
}

bool
dbn_text_ieqz(dbn_text a, const char *z)
{
	return dbn_text_ieq(a, dbn_text_z(z));
}

int
dbn_text_cmp(dbn_text a, dbn_text b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n ? memcmp(a.ptr, b.ptr, n) : 0;

	if (c)
		return c;
	return a.len < b.len ? -1 : a.len > b.len;
}

/* Length of the sequence at p, 0 where it is invalid (Unicode 15, table 3-7). */
static size_t
utf8_step(const unsigned char *p, size_t n)
{
	unsigned char lo = 0x80, hi = 0xBF;
	size_t len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xC2 && p[0] <= 0xDF)
		len = 2;
	else if ((p[0] & 0xF0) == 0xE0)
		len = 3;
	else if (p[0] >= 0xF0 && p[0] <= 0xF4)
		len = 4;
	else
		return 0;
	if (n < len)
		return 0;
	if (p[0] == 0xE0)
		lo = 0xA0;
	else if (p[0] == 0xED)
		hi = 0x9F;
	else if (p[0] == 0xF0)
		lo = 0x90;
	else if (p[0] == 0xF4)
		hi = 0x8F;
	if (p[1] < lo || p[1] > hi)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	return len;
}

size_t
dbn_utf8_valid(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t i = 0, step;
	uint64_t word;

	while (i < n) {
		if (n >= sizeof word) { /* the last eight, where there are no more */
			size_t at = n - i >= sizeof word ? i : n - sizeof word;

			memcpy(&word, p + at, sizeof word);
			if (!(word & UINT64_C(0x8080808080808080))) {
				i = at + sizeof word;
				continue;
			}
		}
		if (p[i] < 0x80) {
			i++;
			continue;
		}
		step = utf8_step(p + i, n - i);
		if (!step)
			return i;
		i += step;
	}
	return n;
}

unsigned
dbn_edit_distance(dbn_text a, dbn_text b)
{
	unsigned char row[65], diag, up;

	if (a.len > 64 || b.len > 64)
		return 255;
	for (size_t j = 0; j <= b.len; j++)
		row[j] = (unsigned char)j;
	for (size_t i = 1; i <= a.len; i++) {
		diag = row[0];
		row[0] = (unsigned char)i;
		for (size_t j = 1; j <= b.len; j++) {
			unsigned best;

			up = row[j];
			best = diag + (unsigned)(dbn_ascii_lower((unsigned char)a.ptr[i - 1]) !=
				dbn_ascii_lower((unsigned char)b.ptr[j - 1]));
			if (up + 1u < best)
				best = up + 1u;
			if (row[j - 1] + 1u < best)
				best = row[j - 1] + 1u;
			row[j] = (unsigned char)best;
			diag = up;
		}
	}
	return row[b.len];
}

bool
dbn_parse_uint64(dbn_text t, uint64_t *out)
{
	uint64_t v = 0;

	if (!t.len)
		return false;
	for (size_t i = 0; i < t.len; i++) {
		if (t.ptr[i] < '0' || t.ptr[i] > '9')
			return false;
		if (__builtin_mul_overflow(v, (uint64_t)10, &v) ||
			__builtin_add_overflow(v, (uint64_t)(t.ptr[i] - '0'), &v))
			return false;
	}
	*out = v;
	return true;
}

bool
dbn_parse_int64(dbn_text t, int64_t *out)
{
	bool neg = t.len && t.ptr[0] == '-';
	uint64_t v;

	if (t.len && (neg || t.ptr[0] == '+')) {
		t.ptr++;
		t.len--;
	}
	if (!dbn_parse_uint64(t, &v) || v > (uint64_t)INT64_MAX + (neg ? 1u : 0u))
		return false;
	*out = neg ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

/* The C locale, made once: strtod and snprintf follow the caller's locale. */
static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void
make_c_locale(void)
{
	c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

bool
dbn_parse_double(dbn_text t, double *out)
{
	char buf[512], *end;
	double v;

	(void)pthread_once(&c_locale_once, make_c_locale);
	if (!t.len || t.len >= sizeof buf || t.ptr[0] == ' ' || t.ptr[0] == '\t' ||
		c_locale == (locale_t)0)
		return false;
	memcpy(buf, t.ptr, t.len);
	buf[t.len] = '\0';
	v = strtod_l(buf, &end, c_locale);
	if (end != buf + t.len)
		return false;
	*out = v;
	return true;
}

/* The fewest digits of lo to hi that read back the same, as a float if single. */
static size_t
format_shortest(char *buf, size_t size, double v, int lo, int hi, bool single)
{
	locale_t old;
	double back;
	int n = 0;

	(void)pthread_once(&c_locale_once, make_c_locale);
	if (c_locale == (locale_t)0)
		return 0;
	old = uselocale(c_locale);
	for (int digits = lo; digits <= hi; digits++) {
		n = snprintf(buf, size, "%.*g", digits, v);
		if (isnan(v) || (dbn_parse_double(dbn_text_z(buf), &back) &&
			(single ? (float)back == (float)v : back == v)))
			break;
	}
	(void)uselocale(old);
	return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

size_t
dbn_format_double(char *buf, size_t size, double v)
{
	return format_shortest(buf, size, v, 15, 17, false);
}

size_t
dbn_format_float(char *buf, size_t size, double v)
{
	return format_shortest(buf, size, v, 6, 9, true);
}
