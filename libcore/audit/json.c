/* SPDX-License-Identifier: MIT */
/*
 * The canonical JSON writer.  Strings are copied in runs: almost no byte of an
 * audit record needs an escape.
 */
#include "audit/json.h"

#include <string.h>

#define EXACT_MAX UINT64_C(9007199254740991) /* 2^53 - 1 */

static void
escape(dbn_str *s, unsigned char c)
{
	static const char digits[] = "0123456789abcdef";
	char u[6] = { '\\', 'u', '0', '0', 0, 0 };

	switch (c) {
	case '"':
		dbn_str_add(s, "\\\"", 2);
		break;
	case '\\':
		dbn_str_add(s, "\\\\", 2);
		break;
	case '\b':
		dbn_str_add(s, "\\b", 2);
		break;
	case '\t':
		dbn_str_add(s, "\\t", 2);
		break;
	case '\n':
		dbn_str_add(s, "\\n", 2);
		break;
	case '\f':
		dbn_str_add(s, "\\f", 2);
		break;
	case '\r':
		dbn_str_add(s, "\\r", 2);
		break;
	default:
		u[4] = digits[c >> 4];
		u[5] = digits[c & 15];
		dbn_str_add(s, u, 6);
	}
}

static void
valid_string(dbn_str *s, const char *p, size_t n)
{
	size_t from = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		dbn_str_add(s, p + from, i - from);
		escape(s, c);
		from = i + 1;
	}
	dbn_str_add(s, p + from, n - from);
}

void
dbn_json_string(dbn_str *s, dbn_text t)
{
	const char *p = t.ptr ? t.ptr : "";
	size_t n = t.len;

	dbn_str_addc(s, '"');
	for (;;) {
		size_t ok = dbn_utf8_valid(p, n);

		valid_string(s, p, ok);
		if (ok == n)
			break;
		dbn_str_add(s, "\xef\xbf\xbd", 3);
		p += ok + 1;
		n -= ok + 1;
	}
	dbn_str_addc(s, '"');
}

void
dbn_json_open(dbn_str *s)
{
	dbn_str_addc(s, '{');
}

void
dbn_json_close(dbn_str *s)
{
	dbn_str_addc(s, '}');
}

void
dbn_json_name(dbn_str *s, const char *name)
{
	if (s->len && s->ptr[s->len - 1] != '{')
		dbn_str_addc(s, ',');
	dbn_str_addc(s, '"');
	dbn_str_adds(s, name);
	dbn_str_add(s, "\":", 2);
}

void
dbn_json_text(dbn_str *s, const char *name, dbn_text t)
{
	dbn_json_name(s, name);
	dbn_json_string(s, t);
}

void
dbn_json_uint(dbn_str *s, const char *name, uint64_t v)
{
	char buf[24], *p = buf + sizeof(buf);
	uint64_t rest = v;

	dbn_json_name(s, name);
	do
		*--p = (char)('0' + rest % 10);
	while ((rest /= 10) != 0);
	if (v > EXACT_MAX)
		dbn_str_addc(s, '"');
	dbn_str_add(s, p, (size_t)(buf + sizeof(buf) - p));
	if (v > EXACT_MAX)
		dbn_str_addc(s, '"');
}

void
dbn_json_true(dbn_str *s, const char *name)
{
	dbn_json_name(s, name);
	dbn_str_add(s, "true", 4);
}
