/* SPDX-License-Identifier: MIT */
/*
 * The canonical JSON writer.  Almost every byte of an audit record is plain
 * ASCII without escapes, so that is the only fast path.
 */
#include "audit/json.h"

#define EXACT_MAX UINT64_C(9007199254740991) /* 2^53 - 1 */

static char *
escape(char *to, unsigned char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *letter;

	*to++ = '\\';
	if (c == '"' || c == '\\') { /* a statement quotes every name */
		*to++ = (char)c;
		return to;
	}
	letter = strchr("\bb\tt\nn\ff\rr", c);
	if (letter && c) { /* pairs: the byte, the letter that stands for it */
		*to++ = letter[1];
		return to;
	}
	to = dbn_json_raw(to, "u00", 3);
	*to++ = digits[c >> 4];
	*to++ = digits[c & 15];
	return to;
}

#define EACH(c) (UINT64_C(0x0101010101010101) * (c))

/* Not 0 if one of eight bytes is c; never 0 if it is, wrong only above such a byte. */
static inline uint64_t
holds(uint64_t eight, unsigned char c)
{
	uint64_t x = eight ^ EACH(c);

	return (x - EACH(1)) & ~x;
}

/* Copies the bytes up to the first that is not plain, and says how many: eight at a
 * time.  There is room for n and more: what is copied behind them is written over. */
static size_t
copy_plain(char *to, const char *p, size_t n)
{
	size_t i = 0;

	for (; n - i >= 8; i += 8) {
		uint64_t x, found;

		memcpy(&x, p + i, sizeof x);
		memcpy(to + i, &x, sizeof x);
		found = (x | ((x - EACH(0x20)) & ~x) | holds(x, '"') | holds(x, '\\') | holds(x, 0x7f)) &
			EACH(0x80);
		if (found && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
			return i + (size_t)__builtin_ctzll(found) / 8; /* the lowest is never wrong */
		if (found)
			break;
	}
	for (; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
			break;
		to[i] = p[i];
	}
	return i;
}

char *
dbn_json_string(char *to, dbn_text t)
{
	const char *p = t.ptr ? t.ptr : "";
	size_t n = t.len, valid = 0;

	*to++ = '"';
	while (n) {
		size_t run = copy_plain(to, p, n);

		to += run;
		p += run;
		n -= run;
		valid -= run < valid ? run : valid;
		if (!n)
			break;
		if ((unsigned char)*p < 0x80 && *p != 0x7f) {
			to = escape(to, (unsigned char)*p);
		} else {
			if (!valid)
				valid = dbn_utf8_valid(p, n);
			if (valid)
				*to++ = *p;
			else
				to = DBN_JSON_LITERAL(to, "\xef\xbf\xbd");
		}
		p++;
		n--;
		valid -= valid ? 1 : 0;
	}
	*to++ = '"';
	return to;
}

char *
dbn_json_uint(char *to, uint64_t v)
{
	char buf[24], *p = buf + sizeof(buf);
	uint64_t rest = v;

	if (v > EXACT_MAX)
		*--p = '"';
	do
		*--p = (char)('0' + rest % 10);
	while ((rest /= 10) != 0);
	if (v > EXACT_MAX)
		*--p = '"';
	return dbn_json_raw(to, p, (size_t)(buf + sizeof(buf) - p));
}
