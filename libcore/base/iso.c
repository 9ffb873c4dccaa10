/* SPDX-License-Identifier: MIT */
/*
 * Reading values as SQL writes them, and the calendar (after Howard Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms").  Compiled into the core and
 * into plugins/common, which is why it knows nothing but the public types.
 */
#include "base/iso.h"

#define DAY_US INT64_C(86400000000)

int64_t
dbn_days_from_civil(int64_t y, unsigned m, unsigned d)
{
	int64_t era;
	unsigned yoe, doy, doe;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = (unsigned)(y - era * 400);
	doy = (153 * (m + (m > 2 ? (unsigned)-3 : 9)) + 2) / 5 + d - 1;
	doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + (int64_t)doe - 719468;
}

void
dbn_civil_from_days(int64_t z, int64_t *y, unsigned *m, unsigned *d)
{
	int64_t era;
	unsigned doe, yoe, doy, mp;

	z += 719468;
	era = (z >= 0 ? z : z - 146096) / 146097;
	doe = (unsigned)(z - era * 146097);
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	*d = doy - (153 * mp + 2) / 5 + 1;
	*m = mp + (mp < 10 ? 3 : (unsigned)-9);
	*y = (int64_t)yoe + era * 400 + (*m <= 2);
}

/* Exactly n digits at t; moves on. */
static bool
digits(dbn_text *t, unsigned n, int64_t *out)
{
	int64_t v = 0;

	if (t->len < n)
		return false;
	for (unsigned i = 0; i < n; i++) {
		if (t->ptr[i] < '0' || t->ptr[i] > '9')
			return false;
		v = v * 10 + (t->ptr[i] - '0');
	}
	t->ptr += n;
	t->len -= n;
	*out = v;
	return true;
}

static bool
eat(dbn_text *t, char c)
{
	if (!t->len || *t->ptr != c)
		return false;
	t->ptr++;
	t->len--;
	return true;
}

static bool
date_part(dbn_text *t, int64_t *days)
{
	static const unsigned char month[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int64_t y, m, d;
	bool leap;

	if (!digits(t, 4, &y) || !eat(t, '-') || !digits(t, 2, &m) || !eat(t, '-') ||
		!digits(t, 2, &d) || m < 1 || m > 12)
		return false;
	leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	if (d < 1 || d > month[m - 1] + (m == 2 && leap))
		return false;
	*days = dbn_days_from_civil(y, (unsigned)m, (unsigned)d);
	return true;
}

static bool
time_part(dbn_text *t, int64_t *us)
{
	int64_t h, m, s = 0, frac = 0, scale = 100000, d;

	if (!digits(t, 2, &h) || !eat(t, ':') || !digits(t, 2, &m) || h > 23 || m > 59)
		return false;
	if (eat(t, ':')) {
		if (!digits(t, 2, &s) || s > 59)
			return false;
		if (eat(t, '.')) {
			if (!digits(t, 1, &d))
				return false;
			do {
				if (scale == 0 && d != 0)
					return false; /* finer than a microsecond */
				frac += d * scale;
				scale /= 10;
			} while (digits(t, 1, &d));
		}
	}
	*us = ((h * 60 + m) * 60 + s) * 1000000 + frac;
	return true;
}

/* Z, +hh, +hhmm or +hh:mm to the end of the text. */
static bool
zone_part(dbn_text *t, int64_t *east_minutes)
{
	int64_t h, m = 0;
	bool minus;

	*east_minutes = 0;
	if (eat(t, 'Z'))
		return t->len == 0;
	minus = eat(t, '-');
	if (!minus && !eat(t, '+'))
		return false;
	if (!digits(t, 2, &h))
		return false;
	if (t->len) {
		(void)eat(t, ':');
		if (!digits(t, 2, &m))
			return false;
	}
	if (h > 15 || m > 59 || t->len)
		return false;
	*east_minutes = (minus ? -1 : 1) * (h * 60 + m);
	return true;
}

bool
dbn_parse_date(dbn_text t, int64_t *days)
{
	return date_part(&t, days) && t.len == 0;
}

bool
dbn_parse_time(dbn_text t, int64_t *us)
{
	return time_part(&t, us) && t.len == 0;
}

bool
dbn_parse_timetz(dbn_text t, int64_t *us, int16_t *east_minutes)
{
	int64_t east;

	if (!time_part(&t, us) || !zone_part(&t, &east))
		return false;
	*east_minutes = (int16_t)east;
	return true;
}

bool
dbn_parse_timestamp(dbn_text t, int64_t *us, bool *zoned)
{
	int64_t days, rest, east;

	*zoned = false;
	if (!date_part(&t, &days))
		return false;
	*us = days * DAY_US;
	if (!t.len)
		return true;
	if (!eat(&t, 'T') && !eat(&t, ' '))
		return false;
	if (!time_part(&t, &rest))
		return false;
	*us += rest;
	if (!t.len)
		return true;
	*zoned = true;
	if (!zone_part(&t, &east))
		return false;
	*us -= east * INT64_C(60000000);
	return true;
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
dbn_parse_uuid(dbn_text t, uint8_t out[16])
{
	size_t n = 0;

	if (t.len != 36)
		return false;
	for (size_t i = 0; i < 36; i++) {
		int hi, lo;

		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (t.ptr[i] != '-')
				return false;
			continue;
		}
		hi = hex(t.ptr[i]);
		lo = hex(t.ptr[++i]);
		if (hi < 0 || lo < 0)
			return false;
		out[n++] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

bool
dbn_parse_digits(dbn_text t, unsigned *ndigits, bool *integral)
{
	unsigned seen = 0, significant = 0, zeros = 0;
	bool dot = false, whole = true;

	if (!eat(&t, '-'))
		(void)eat(&t, '+');
	for (size_t i = 0; i < t.len; i++) {
		char c = t.ptr[i];

		if (c == '.' && !dot) {
			dot = true;
			continue;
		}
		if (c < '0' || c > '9')
			return false;
		seen++;
		if (c == '0') {
			zeros += significant != 0; /* leading ones do not count */
			continue;
		}
		significant += zeros + 1;
		zeros = 0;
		whole = whole && !dot;
	}
	*ndigits = significant;
	*integral = whole;
	return seen != 0;
}
