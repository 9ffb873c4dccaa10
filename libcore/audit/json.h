/* SPDX-License-Identifier: MIT */
/*
 * Writing canonical JSON: RFC 8785, "JSON Canonicalization Scheme" (members in
 * the order of their names, which the caller keeps; no spaces; short escapes).
 * Numbers that a double cannot hold exactly are written as strings.  The caller
 * has made room: DBN_JSON_TEXT(n) bytes for a text of n, DBN_JSON_UINT for a
 * number; each function returns where it stopped.
 */
#ifndef DBN_AUDIT_JSON_H
#define DBN_AUDIT_JSON_H

#include "base/str.h"

#define DBN_JSON_TEXT(n) (6 * (n) + 2) /* every byte an escape, and the quotes */
#define DBN_JSON_UINT    22

/* One string, quoted; each byte of invalid UTF-8 becomes U+FFFD. */
char *dbn_json_string(char *to, dbn_text t);
char *dbn_json_uint(char *to, uint64_t v);

static inline char *
dbn_json_raw(char *to, const char *from, size_t n)
{
	memcpy(to, from, n);
	return to + n;
}

/* ,"name": in front of a value; the comma because no member but "action" is
 * ever the first. */
#define DBN_JSON_NAME(to, name) \
	dbn_json_raw((to), ",\"" name "\":", sizeof(",\"" name "\":") - 1)
#define DBN_JSON_NAME_MAX 24u
#define DBN_JSON_LITERAL(to, text) dbn_json_raw((to), (text), sizeof(text) - 1)

#endif
