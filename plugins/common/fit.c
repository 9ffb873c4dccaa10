/* SPDX-License-Identifier: MIT */
/*
 * Values made into the type that is wanted, where that loses nothing; and is a
 * text UTF-8?  No state, any thread.
 */
#include "plug.h"

bool
plug_as_int64(const dbn_value *v, int64_t *x)
{
	*x = v->u.i64;
	return v->type == DBN_BOOL || v->type == DBN_INT64 ||
		(v->type == DBN_UINT64 && v->u.u64 <= INT64_MAX);
}

static bool
fit_real(dbn_value *v, dbn_type want)
{
	int64_t x;

	if (v->type == DBN_FLOAT || v->type == DBN_DOUBLE)
		return want == DBN_DOUBLE || (double)(float)v->u.f64 == v->u.f64;
	if (!plug_as_int64(v, &x) || x < -(INT64_C(1) << 53) || x > INT64_C(1) << 53)
		return false;
	v->u.f64 = (double)x;
	return want == DBN_DOUBLE || (double)(float)x == v->u.f64;
}

bool
plug_fit(dbn_value *v, dbn_type want)
{
	int64_t x;

	switch (want) {
	case DBN_BOOL:
	case DBN_INT64:
	case DBN_UINT64:
		if (!plug_as_int64(v, &x) || (want == DBN_BOOL && x != 0 && x != 1) ||
			(want == DBN_UINT64 && x < 0))
			return false;
		break;
	case DBN_FLOAT:
	case DBN_DOUBLE:
		if (!fit_real(v, want))
			return false;
		break;
	case DBN_DECIMAL:
		return v->type == DBN_UINT64 || plug_as_int64(v, &x); /* stays an integer */
	case DBN_TEXT:
		return v->type == DBN_DECIMAL || v->type == DBN_ENUM || v->type == DBN_JSON ||
			v->type == DBN_UUID;
	case DBN_JSON:
	case DBN_ENUM:
		return v->type == DBN_TEXT;
	default:
		return false;
	}
	v->type = want;
	return true;
}

/* The bytes of the code point at p (n left), or 0. */
static size_t
utf8_length(const unsigned char *p, size_t n)
{
	unsigned c = *p;
	size_t len = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;

	if (!len || len > n)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] > 0x9f) || (c == 0xf0 && p[1] < 0x90) ||
		(c == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

bool
plug_utf8(const void *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + n;

	while (p < end) {
		uint64_t eight;
		size_t len;

		if (n >= 8) { /* the last eight, where there are no more */
			const unsigned char *at = end - p >= 8 ? p : end - 8;

			memcpy(&eight, at, sizeof eight);
			if (!(eight & UINT64_C(0x8080808080808080))) {
				p = at + 8;
				continue;
			}
		}
		len = utf8_length(p, (size_t)(end - p));
		if (!len)
			return false;
		p += len;
	}
	return true;
}
