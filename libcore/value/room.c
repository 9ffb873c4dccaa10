/* SPDX-License-Identifier: MIT */
/*
 * Declarations read, values held against them.  Knows the words that PostgreSQL's
 * format_type() and MySQL's COLUMN_TYPE use; types without a size have all room.
 */
#include <string.h>

#include "base/str.h"
#include "value/room.h"

/* The numbers between the brackets: how many, 0 to 2. */
static unsigned
sizes(dbn_text t, int32_t out[2])
{
	const char *p = memchr(t.ptr, '(', t.len), *end = t.ptr + t.len;
	unsigned n = 0;

	while (p && n < 2 && ++p < end) {
		bool minus = *p == '-';
		int32_t x = 0;
		size_t digits = 0;

		for (p += minus; p < end && *p >= '0' && *p <= '9' && digits < 9; p++, digits++)
			x = x * 10 + (*p - '0');
		if (!digits)
			break;
		out[n++] = minus ? -x : x;
		if (p == end || *p != ',')
			break;
	}
	return n;
}

static bool
starts(dbn_text t, const char *word)
{
	size_t n = strlen(word);

	return t.len >= n && dbn_text_ieqz(dbn_text_n(t.ptr, n), word);
}

bool
dbn_room_of(dbn_text declared, dbn_type type, bool mysql, dbn_room *out)
{
	int32_t size[2] = { 0, 0 };
	unsigned n;

	*out = (dbn_room){ .whole = -1, .length = -1 };
	if (!declared.len || declared.ptr[declared.len - 1] == ']')
		return false;
	n = sizes(declared, size);
	switch (type) {
	case DBN_DECIMAL:
		out->limited = n > 0;
		out->places = n > 1 ? size[1] : 0;
		out->whole = size[0] > out->places ? size[0] - out->places : 0;
		return out->limited;
	case DBN_TIME:
	case DBN_TIMETZ:
	case DBN_TIMESTAMP:
	case DBN_TIMESTAMPTZ:
	case DBN_INTERVAL:
		out->limited = mysql || n > 0;
		out->places = size[0];
		return out->limited;
	case DBN_TEXT:
	case DBN_BYTES:
		if (!n)
			return false;
		out->length = size[0];
		out->padded = starts(declared, "character(") || starts(declared, "binary(");
		out->stripped = starts(declared, "char(");
		return starts(declared, "var") || starts(declared, "char") || out->padded;
	default:
		return false;
	}
}

void
dbn_room_meet(dbn_room *a, const dbn_room *b)
{
	if (b->limited && (!a->limited || b->places < a->places))
		a->places = b->places;
	if (b->whole >= 0 && (a->whole < 0 || b->whole < a->whole))
		a->whole = b->whole;
	if (b->length >= 0 && (a->length < 0 || b->length < a->length))
		a->length = b->length;
	a->limited |= b->limited;
	a->padded |= b->padded;
	a->stripped |= b->stripped;
}

static const char *
decimal_misfit(const dbn_room *r, dbn_text t)
{
	int32_t whole = 0, places = 0, zeros = 0, behind = 0;
	bool dot = false;

	for (size_t i = 0; i < t.len; i++) {
		char c = t.ptr[i];

		if (c == '.') {
			dot = true;
		} else if (c >= '0' && c <= '9' && dot) {
			behind++;
			places = c == '0' ? places : behind;
		} else if (c >= '0' && c <= '9' && (whole || c != '0')) {
			whole++;
			zeros = c == '0' ? zeros + 1 : 0;
		}
	}
	if (places > (r->places > 0 ? r->places : 0))
		return "it has more digits behind the point";
	if (r->places < 0 && whole && zeros < -r->places)
		return "it has more digits than the column keeps";
	return r->whole >= 0 && whole > r->whole ? "it has more digits before the point" : NULL;
}

static const char *
fraction_misfit(const dbn_room *r, const dbn_value *v)
{
	int64_t us = v->type == DBN_INTERVAL ? ((const dbn_interval *)v->u.ptr)->microseconds : v->u.i64;
	int64_t unit = 1000000;

	for (int32_t i = 0; i < r->places && unit > 1; i++)
		unit /= 10;
	return us % unit ? "it has a finer fraction of a second" : NULL;
}

static const char *
length_misfit(const dbn_room *r, const dbn_value *v)
{
	const char *p = (const char *)v->u.ptr;
	int64_t n = 0;

	/* no more characters than bytes */
	if (!r->padded && !r->stripped && v->len <= (uint64_t)r->length)
		return NULL;
	for (uint64_t i = 0; i < v->len; i++)
		n += v->type == DBN_BYTES || ((unsigned char)p[i] & 0xc0) != 0x80;
	if (n > r->length)
		return "it is longer";
	if (r->padded && n < r->length)
		return "it is shorter, and would be filled up";
	return r->stripped && v->len && p[v->len - 1] == ' ' ? "it ends in a blank, which would be lost" : NULL;
}

const char *
dbn_room_misfit(const dbn_room *r, const dbn_value *v)
{
	switch (v->type) {
	case DBN_DECIMAL:
		return r->limited ? decimal_misfit(r, dbn_text_of(v)) : NULL;
	case DBN_TIME:
	case DBN_TIMETZ:
	case DBN_TIMESTAMP:
	case DBN_TIMESTAMPTZ:
	case DBN_INTERVAL:
		return r->limited ? fraction_misfit(r, v) : NULL;
	case DBN_TEXT:
	case DBN_BYTES:
		return r->length >= 0 ? length_misfit(r, v) : NULL;
	default:
		return NULL;
	}
}
