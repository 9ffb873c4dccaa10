/* SPDX-License-Identifier: MIT */
/*
 * Decimals between their digits and the binary form of numeric: groups of four
 * digits, the weight of the first, a sign, and how many digits stand behind the
 * point.  Digits in, the same digits out: the scale is kept, "1.50" stays so.
 */
#include "driver.h"

#define NUM_NEG 0x4000
#define NUM_NAN 0xC000
#define NUM_PINF 0xD000
#define NUM_NINF 0xF000
#define MAX_BEFORE 131072
#define MAX_AFTER 16383

typedef struct parts {
	bool minus;
	const char *whole, *frac;
	size_t nwhole, nfrac;
} parts;

static bool
split(dbn_text t, parts *out)
{
	const char *p = t.ptr, *end = t.ptr + t.len;
	unsigned digits;
	bool integral;

	if (!plug_parse_decimal(t, &digits, &integral))
		return false;
	out->minus = *p == '-';
	if (*p == '-' || *p == '+')
		p++;
	while (p < end && *p == '0')
		p++;
	out->whole = p;
	while (p < end && *p != '.')
		p++;
	out->nwhole = (size_t)(p - out->whole);
	out->frac = p < end ? p + 1 : p;
	out->nfrac = (size_t)(end - out->frac);
	return out->nwhole <= MAX_BEFORE && out->nfrac <= MAX_AFTER;
}

/* The digit at place i of the groups: i counts from the first group's first. */
static unsigned
digit(const parts *p, size_t pad, size_t i)
{
	if (i < pad)
		return 0;
	i -= pad;
	if (i < p->nwhole)
		return (unsigned)(p->whole[i] - '0');
	i -= p->nwhole;
	return i < p->nfrac ? (unsigned)(p->frac[i] - '0') : 0;
}

uint8_t *
pg_numeric_write(pg_arena *a, dbn_text digits, size_t *len)
{
	size_t groups_before, groups, pad, n = 0;
	int weight;
	uint8_t *out;
	parts p;

	*len = 0;
	if (!split(digits, &p))
		return (uint8_t *)pg_arena_take(a, 1);
	groups_before = (p.nwhole + 3) / 4;
	pad = groups_before * 4 - p.nwhole;
	groups = groups_before + (p.nfrac + 3) / 4;
	weight = (int)groups_before - 1;
	out = (uint8_t *)pg_arena_take(a, 8 + 2 * groups + 2);
	if (!out)
		return NULL;
	for (size_t g = 0; g < groups; g++) {
		unsigned v = 0;

		for (size_t i = 0; i < 4; i++)
			v = v * 10 + digit(&p, pad, g * 4 + i);
		if (!n && !v)
			weight--; /* leading group of zeros */
		else
			pg_put16(out + 8 + 2 * n++, (uint16_t)v);
	}
	while (n && !pg_get16(out + 8 + 2 * (n - 1)))
		n--;
	pg_put16(out, (uint16_t)n);
	pg_put16(out + 2, (uint16_t)(int16_t)(n ? weight : 0));
	pg_put16(out + 4, n && p.minus ? NUM_NEG : 0);
	pg_put16(out + 6, (uint16_t)p.nfrac);
	*len = 8 + 2 * n;
	return out;
}

static char *
not_finite(pg_arena *a, uint16_t sign, size_t *len)
{
	const char *text = sign == NUM_NAN ? "NaN" : sign == NUM_PINF ? "Infinity" : "-Infinity";
	char *out = (char *)pg_arena_take(a, 16);

	if (out) {
		*len = strlen(text);
		memcpy(out, text, *len + 1);
	}
	return out;
}

/* Group g counted from the weight; zero where it is not stored. */
static unsigned
group(const uint8_t *p, unsigned n, long g)
{
	return g >= 0 && g < (long)n ? pg_get16(p + 8 + 2 * g) : 0;
}

char *
pg_numeric_read(pg_arena *a, const uint8_t *p, size_t size, size_t *len, bool *finite)
{
	static const unsigned tens[] = { 1000, 100, 10, 1 };
	unsigned n = size >= 8 ? pg_get16(p) : 0, sign = size >= 8 ? pg_get16(p + 4) : 0;
	long weight = size >= 8 ? (int16_t)pg_get16(p + 2) : 0;
	unsigned scale = size >= 8 ? pg_get16(p + 6) : 0;
	char *out, *at;

	*len = 0;
	*finite = true;
	if (sign == NUM_NAN || sign == NUM_PINF || sign == NUM_NINF) {
		*finite = false;
		return not_finite(a, (uint16_t)sign, len);
	}
	if (size < 8 || size != 8 + 2 * (size_t)n || (sign && sign != NUM_NEG))
		return (char *)pg_arena_take(a, 1);
	at = out = (char *)pg_arena_take(a, (weight >= 0 ? ((size_t)weight + 1) * 4 : 1) + scale + 4);
	if (!out)
		return NULL;
	if (sign)
		*at++ = '-';
	for (long g = 0; g <= weight; g++) {
		unsigned v = group(p, n, g);

		for (unsigned i = 0; i < 4; i++)
			if (g || v >= tens[i] || (g == 0 && i == 3))
				*at++ = (char)('0' + v / tens[i] % 10);
	}
	if (weight < 0)
		*at++ = '0';
	if (scale)
		*at++ = '.';
	for (unsigned i = 0; i < scale; i++)
		*at++ = (char)('0' + group(p, n, weight + 1 + (long)(i / 4)) / tens[i % 4] % 10);
	*at = 0;
	*len = (size_t)(at - out);
	return out;
}
