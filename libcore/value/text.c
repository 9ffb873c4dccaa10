/* SPDX-License-Identifier: MIT */
/*
 * Values to and from text: ISO 8601 dates and times, UUIDs, decimals.  No
 * locale, no allocation.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "value/value.h"

const char *
dbn_type_name(dbn_type type)
{
	static const char *const names[] = { "null", "bool", "int64", "uint64", "float", "double",
		"decimal", "text", "bytes", "date", "time", "timetz", "timestamp", "timestamptz",
		"interval", "uuid", "json", "enum", "array", "list", "extension" };

	return type < sizeof names / sizeof *names ? names[type] : "unknown";
}

/* Exactly n digits at *p; moves on. */
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
	int64_t y, m, d, last;
	bool leap;

	if (!digits(t, 4, &y) || !eat(t, '-') || !digits(t, 2, &m) || !eat(t, '-') ||
		!digits(t, 2, &d) || m < 1 || m > 12)
		return false;
	leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	last = month[m - 1] + (m == 2 && leap);
	if (d < 1 || d > last)
		return false;
	*days = dbn_days_from_civil(y, (unsigned)m, (unsigned)d);
	return true;
}

static bool
time_part(dbn_text *t, int64_t *us)
{
	int64_t h, m, s = 0, frac = 0, scale = 100000;

	if (!digits(t, 2, &h) || !eat(t, ':') || !digits(t, 2, &m) || h > 23 || m > 59)
		return false;
	if (eat(t, ':')) {
		if (!digits(t, 2, &s) || s > 59)
			return false;
		if (eat(t, '.')) {
			int64_t d;

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
dbn_parse_timestamp(dbn_text t, int64_t *us, bool *zoned)
{
	int64_t days, rest, h, m = 0;
	bool minus;

	*zoned = false;
	if (!date_part(&t, &days))
		return false;
	*us = days * INT64_C(86400000000);
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
	if (eat(&t, 'Z'))
		return t.len == 0;
	minus = eat(&t, '-');
	if (!minus && !eat(&t, '+'))
		return false;
	if (!digits(&t, 2, &h) || (t.len && ((void)eat(&t, ':'), !digits(&t, 2, &m))) || h > 15 ||
		m > 59)
		return false;
	rest = (h * 60 + m) * INT64_C(60000000);
	*us += minus ? rest : -rest;
	return t.len == 0;
}

bool
dbn_parse_uuid(dbn_text t, uint8_t out[16])
{
	if (t.len != 36)
		return false;
	for (size_t i = 0, n = 0; i < 36; i++) {
		unsigned char c = dbn_ascii_lower((unsigned char)t.ptr[i]);
		unsigned v;

		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (c != '-')
				return false;
			continue;
		}
		if (c >= '0' && c <= '9')
			v = c - (unsigned)'0';
		else if (c >= 'a' && c <= 'f')
			v = c - (unsigned)'a' + 10;
		else
			return false;
		out[n / 2] = (uint8_t)(n % 2 ? out[n / 2] | v : v << 4);
		n++;
	}
	return true;
}

bool
dbn_parse_decimal(dbn_text t)
{
	size_t n = 0;

	if (!eat(&t, '-'))
		(void)eat(&t, '+');
	for (; t.len && *t.ptr >= '0' && *t.ptr <= '9'; t.ptr++, t.len--)
		n++;
	if (eat(&t, '.'))
		for (; t.len && *t.ptr >= '0' && *t.ptr <= '9'; t.ptr++, t.len--)
			n++;
	return n > 0 && t.len == 0;
}

/* Append to a caller's buffer, counting what does not fit. */
struct sink {
	char *buf;
	size_t size, len;
};

static void
put(struct sink *s, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++, s->len++)
		if (s->len + 1 < s->size)
			s->buf[s->len] = p[i];
}

static void
put_hex(struct sink *s, const unsigned char *p, size_t n)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		put(s, &hex[p[i] >> 4], 1);
		put(s, &hex[p[i] & 15], 1);
	}
}

static void
put_uuid(struct sink *s, const unsigned char *p)
{
	static const unsigned char groups[] = { 4, 2, 2, 2, 6 };

	for (size_t g = 0; g < sizeof groups; p += groups[g++]) {
		if (g)
			put(s, "-", 1);
		put_hex(s, p, groups[g]);
	}
}

static void
put_time(struct sink *s, int64_t us)
{
	char b[32];
	int n = snprintf(b, sizeof b, "%02d:%02d:%02d", (int)(us / INT64_C(3600000000)),
		(int)(us / 60000000 % 60), (int)(us / 1000000 % 60));

	put(s, b, n > 0 ? (size_t)n : 0);
	if (us % 1000000) {
		n = snprintf(b, sizeof b, ".%06d", (int)(us % 1000000));
		put(s, b, n > 0 ? (size_t)n : 0);
	}
}

static void
put_offset(struct sink *s, int minutes)
{
	char b[16];
	int east = minutes < 0 ? -minutes : minutes;
	int n = snprintf(b, sizeof b, "%c%02d:%02d", minutes < 0 ? '-' : '+', east / 60, east % 60);

	put(s, b, n > 0 ? (size_t)n : 0);
}

static void
put_date(struct sink *s, int64_t days)
{
	char b[40];
	int64_t y;
	unsigned m, d;
	int n;

	dbn_civil_from_days(days, &y, &m, &d);
	n = snprintf(b, sizeof b, "%04lld-%02u-%02u", (long long)y, m, d);
	put(s, b, n > 0 ? (size_t)n : 0);
}

static void
put_timestamp(struct sink *s, int64_t us, bool zoned)
{
	int64_t days = us / INT64_C(86400000000), rest = us % INT64_C(86400000000);

	if (rest < 0) {
		rest += INT64_C(86400000000);
		days--;
	}
	put_date(s, days);
	put(s, zoned ? "T" : " ", 1);
	put_time(s, rest);
	if (zoned)
		put(s, "Z", 1);
}

static void
put_simple(struct sink *s, const dbn_value *v)
{
	char b[64];
	int n = 0;

	switch (v->type) {
	case DBN_BOOL:
		put(s, v->u.i64 ? "true" : "false", v->u.i64 ? 4 : 5);
		return;
	case DBN_INT64:
		n = snprintf(b, sizeof b, "%lld", (long long)v->u.i64);
		break;
	case DBN_UINT64:
		n = snprintf(b, sizeof b, "%llu", (unsigned long long)v->u.u64);
		break;
	case DBN_FLOAT:
	case DBN_DOUBLE:
		n = (int)dbn_format_double(b, sizeof b, v->u.f64);
		break;
	case DBN_INTERVAL: {
		const dbn_interval *i = (const dbn_interval *)v->u.ptr;
		uint64_t us = i->microseconds < 0 ? 0 - (uint64_t)i->microseconds
						  : (uint64_t)i->microseconds;

		n = snprintf(b, sizeof b, "P%dM%dDT%s%llu.%06lluS", (int)i->months, (int)i->days,
			i->microseconds < 0 ? "-" : "", (unsigned long long)(us / 1000000),
			(unsigned long long)(us % 1000000));
		break;
	}
	default:
		return;
	}
	put(s, b, n > 0 ? (size_t)n : 0);
}

static void
put_value(struct sink *s, const dbn_value *v)
{
	switch (v->type) {
	case DBN_NULL:
		return;
	case DBN_DECIMAL:
	case DBN_TEXT:
	case DBN_JSON:
	case DBN_ENUM:
		put(s, (const char *)v->u.ptr, (size_t)v->len);
		return;
	case DBN_BYTES:
	case DBN_EXTENSION:
		put(s, "\\x", 2);
		put_hex(s, (const unsigned char *)v->u.ptr, (size_t)v->len);
		return;
	case DBN_UUID:
		put_uuid(s, (const unsigned char *)v->u.ptr);
		return;
	case DBN_DATE:
		put_date(s, v->u.i64);
		return;
	case DBN_TIME:
		put_time(s, v->u.i64);
		return;
	case DBN_TIMETZ:
		put_time(s, v->u.i64);
		put_offset(s, (int16_t)v->aux);
		return;
	case DBN_TIMESTAMP:
	case DBN_TIMESTAMPTZ:
		put_timestamp(s, v->u.i64, v->type == DBN_TIMESTAMPTZ);
		return;
	default:
		put_simple(s, v);
		return;
	}
}

size_t
dbn_value_print(const dbn_value *in, char *buf, size_t size)
{
	struct sink s = { buf, size, 0 };
	dbn_value v = dbn_value_measured(*in);

	if (v.type == DBN_ARRAY || v.type == DBN_LIST) {
		const dbn_value *items = (const dbn_value *)v.u.ptr;

		put(&s, "{", 1);
		for (uint64_t i = 0; i < v.len; i++) {
			dbn_value item = dbn_value_measured(items[i]);

			if (i)
				put(&s, ",", 1);
			put_value(&s, &item);
		}
		put(&s, "}", 1);
	} else {
		put_value(&s, &v);
	}
	if (size)
		buf[s.len < size ? s.len : size - 1] = '\0';
	return s.len;
}
