/* SPDX-License-Identifier: MIT */
/*
 * Values to text: ISO 8601 dates and times, UUIDs, decimals (base/iso.c reads
 * them).  No locale, no allocation.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

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

bool
dbn_parse_decimal(dbn_text t)
{
	unsigned digits;
	bool integral;

	return dbn_parse_digits(t, &digits, &integral);
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
		n = (int)dbn_format_float(b, sizeof b, v->u.f64);
		break;
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

/* Text that stands for itself between braces; the rest is quoted. */
static bool
plain_item(dbn_text t)
{
	if (!t.len || dbn_text_ieqz(t, "NULL"))
		return false;
	for (size_t i = 0; i < t.len; i++)
		if ((unsigned char)t.ptr[i] <= ' ' || strchr("{},\"\\", t.ptr[i]))
			return false;
	return true;
}

/* As PostgreSQL writes it, so that {a,NULL,"","x y"} can be told apart. */
static void
put_item(struct sink *s, const dbn_value *v)
{
	dbn_text t = { (const char *)v->u.ptr, (size_t)v->len };
	bool text = v->type == DBN_TEXT || v->type == DBN_JSON || v->type == DBN_ENUM;

	if (v->type == DBN_NULL) {
		put(s, "NULL", 4);
		return;
	}
	if (!text || plain_item(t)) {
		put_value(s, v);
		return;
	}
	put(s, "\"", 1);
	for (size_t i = 0; i < t.len; i++) {
		if (t.ptr[i] == '"' || t.ptr[i] == '\\')
			put(s, "\\", 1);
		put(s, &t.ptr[i], 1);
	}
	put(s, "\"", 1);
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
			put_item(&s, &item);
		}
		put(&s, "}", 1);
	} else {
		put_value(&s, &v);
	}
	if (size)
		buf[s.len < size ? s.len : size - 1] = '\0';
	return s.len;
}
