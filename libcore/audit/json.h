/* SPDX-License-Identifier: MIT */
/*
 * Writing canonical JSON: RFC 8785, "JSON Canonicalization Scheme" (members in
 * the order of their names, which the caller keeps; no spaces; short escapes).
 * Numbers that a double cannot hold exactly are written as strings.
 */
#ifndef DBN_AUDIT_JSON_H
#define DBN_AUDIT_JSON_H

#include "base/str.h"

void dbn_json_open(dbn_str *s);                        /* { */
void dbn_json_close(dbn_str *s);                       /* } */
void dbn_json_text(dbn_str *s, const char *name, dbn_text t);
void dbn_json_uint(dbn_str *s, const char *name, uint64_t v);
void dbn_json_true(dbn_str *s, const char *name);
void dbn_json_name(dbn_str *s, const char *name);      /* "name": with its comma */
/* One string, quoted; invalid UTF-8 becomes U+FFFD. */
void dbn_json_string(dbn_str *s, dbn_text t);

#endif
