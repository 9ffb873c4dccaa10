/* SPDX-License-Identifier: MIT */
/*
 * Values to and from text as SQL writes them: dates and times after ISO 8601
 * (with a blank between date and time), UUIDs, decimals, integers.  Exact or
 * refused; no locale, no allocation.  The calendar is the proleptic Gregorian
 * one (after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
 */
#include "plug.h"

#define DAY_US INT64_C(86400000000)

int64_t
plug_days(int64_t y, int64_t m, int64_t d)
{
	int64_t era, yoe, doy, doe;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + doe - 719468;
}

void
plug_civil(int64_t z, int64_t *y, int64_t *m, int64_t *d)
{
	int64_t era, doe, yoe, doy, mp;

	z += 719468;
	era = (z >= 0 ? z : z - 146096) / 146097;
	doe = z - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	*d = doy - (153 * mp + 2) / 5 + 1;
	*m = mp < 10 ? mp + 3 : mp - 9;
	*y = yoe + era * 400 + (*m <= 2);
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
	*days = plug_days(y, m, d);
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
plug_parse_date(dbn_text t, int64_t *days)
{
	return date_part(&t, days) && t.len == 0;
}

bool
plug_parse_time(dbn_text t, int64_t *us)
{
	return time_part(&t, us) && t.len == 0;
}

bool
plug_parse_timetz(dbn_text t, int64_t *us, int16_t *east_minutes)
{
	int64_t east;

	if (!time_part(&t, us) || !zone_part(&t, &east))
		return false;
	*east_minutes = (int16_t)east;
	return true;
}

bool
plug_parse_timestamp(dbn_text t, int64_t *us, bool *zoned)
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
plug_parse_uuid(dbn_text t, uint8_t out[16])
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
plug_parse_decimal(dbn_text t, unsigned *ndigits, bool *integral)
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

static size_t
put(char *out, uint64_t v, unsigned width)
{
	for (unsigned i = width; i--; v /= 10)
		out[i] = (char)('0' + v % 10);
	return width;
}

size_t
plug_write_date(char *out, int64_t days)
{
	int64_t y, m, d;

	if (days < -719528 || days > 2932896) /* 0000-01-01, 9999-12-31 */
		return 0;
	plug_civil(days, &y, &m, &d);
	put(out, (uint64_t)y, 4);
	out[4] = '-';
	put(out + 5, (uint64_t)m, 2);
	out[7] = '-';
	put(out + 8, (uint64_t)d, 2);
	return 10;
}

size_t
plug_write_time(char *out, int64_t us)
{
	int64_t s = us / 1000000, frac = us % 1000000;

	if (us < 0 || us >= DAY_US)
		return 0;
	put(out, (uint64_t)(s / 3600), 2);
	out[2] = ':';
	put(out + 3, (uint64_t)(s / 60 % 60), 2);
	out[5] = ':';
	put(out + 6, (uint64_t)(s % 60), 2);
	if (!frac)
		return 8;
	out[8] = '.';
	return 9 + put(out + 9, (uint64_t)frac, 6);
}

size_t
plug_write_timetz(char *out, int64_t us, int16_t east_minutes)
{
	size_t n = plug_write_time(out, us);
	int e = east_minutes;

	if (!n || e <= -16 * 60 || e >= 16 * 60)
		return 0;
	out[n++] = e < 0 ? '-' : '+';
	if (e < 0)
		e = -e;
	n += put(out + n, (uint64_t)e / 60, 2);
	out[n++] = ':';
	return n + put(out + n, (uint64_t)e % 60, 2);
}

size_t
plug_write_timestamp(char *out, int64_t us)
{
	int64_t days = us / DAY_US, rest = us % DAY_US;
	size_t n;

	if (rest < 0) {
		rest += DAY_US;
		days--;
	}
	n = plug_write_date(out, days);
	if (!n)
		return 0;
	out[n++] = ' ';
	return n + plug_write_time(out + n, rest);
}

size_t
plug_write_uuid(char *out, const uint8_t in[16])
{
	static const char hexes[] = "0123456789abcdef";
	size_t n = 0;

	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[n++] = '-';
		out[n++] = hexes[in[i] >> 4];
		out[n++] = hexes[in[i] & 15];
	}
	return n;
}

size_t
plug_write_u64(char *out, uint64_t v)
{
	unsigned n = 1;

	for (uint64_t w = v; w >= 10; w /= 10)
		n++;
	return put(out, v, n);
}

size_t
plug_write_i64(char *out, int64_t v)
{
	if (v >= 0)
		return plug_write_u64(out, (uint64_t)v);
	out[0] = '-';
	return 1 + plug_write_u64(out + 1, (uint64_t)0 - (uint64_t)v);
}
