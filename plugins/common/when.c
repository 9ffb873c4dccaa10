/* SPDX-License-Identifier: MIT */
/*
 * Values to and from text as SQL writes them: dates and times after ISO 8601
 * (with a blank between date and time), UUIDs, decimals, integers.  Exact or
 * refused; no locale, no allocation.  What reads them is the core's own source,
 * compiled in here: nothing is linked.
 */
#include "../../libcore/base/iso.h"
#include "plug.h"

#define DAY_US INT64_C(86400000000)

int64_t
plug_days(int64_t y, int64_t m, int64_t d)
{
	return dbn_days_from_civil(y, (unsigned)m, (unsigned)d);
}

void
plug_civil(int64_t days, int64_t *y, int64_t *m, int64_t *d)
{
	unsigned month, day;

	dbn_civil_from_days(days, y, &month, &day);
	*m = month;
	*d = day;
}

bool
plug_parse_date(dbn_text t, int64_t *days)
{
	return dbn_parse_date(t, days);
}

bool
plug_parse_time(dbn_text t, int64_t *us)
{
	return dbn_parse_time(t, us);
}

bool
plug_parse_timetz(dbn_text t, int64_t *us, int16_t *east_minutes)
{
	return dbn_parse_timetz(t, us, east_minutes);
}

bool
plug_parse_timestamp(dbn_text t, int64_t *us, bool *zoned)
{
	return dbn_parse_timestamp(t, us, zoned);
}

bool
plug_parse_uuid(dbn_text t, uint8_t out[16])
{
	return dbn_parse_uuid(t, out);
}

bool
plug_parse_decimal(dbn_text t, unsigned *digits, bool *integral)
{
	return dbn_parse_digits(t, digits, integral);
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
