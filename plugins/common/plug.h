/* SPDX-License-Identifier: MIT */
/*
 * Small helpers that plugins share: errors with a format, texts, and values to
 * and from ISO 8601 text.  A convenience archive linked into each plugin; it
 * knows the plugin headers only, holds no state, and may be used from any thread.
 */
#ifndef DBN_PLUGINS_COMMON_PLUG_H
#define DBN_PLUGINS_COMMON_PLUG_H

#include <string.h>
#include <dbnexus/plugin/host.h>

/* Make an error through the host and return its status.  info may be NULL
 * (then status is DBN_E_INTERNAL); texts in it are borrowed. */
dbn_status plug_fail(const dbn_host *host, dbn_error **err, const dbn_fail_info *info,
	const char *fmt, ...) DBN_PRINTF(4, 5);
/* The same with nothing but a status. */
dbn_status plug_fail_status(const dbn_host *host, dbn_error **err, dbn_status status,
	const char *fmt, ...) DBN_PRINTF(4, 5);
/* The same with a status and a hint (a sentence). */
dbn_status plug_fail_hint(const dbn_host *host, dbn_error **err, dbn_status status,
	const char *hint, const char *fmt, ...) DBN_PRINTF(5, 6);
/* Out of memory. */
dbn_status plug_nomem(const dbn_host *host, dbn_error **err);
/* One line into the log; level as in dbn_host.log. */
void plug_log(const dbn_host *host, int32_t level, const char *fmt, ...) DBN_PRINTF(3, 4);

/* Zeroed memory for count things of size bytes; NULL: none left, or too many. */
void *plug_zalloc(const dbn_host *host, size_t count, size_t size);
/* Make room for need things at *items (cap of them now), at least doubling. */
bool plug_grow_more(const dbn_host *host, void *items_ptr, size_t *cap, size_t need, size_t size);
static inline bool
plug_grow(const dbn_host *host, void *items_ptr, size_t *cap, size_t need, size_t size)
{
	return need <= *cap || plug_grow_more(host, items_ptr, cap, need, size);
}

#define PLUG_TEXT(literal) ((dbn_text){ (literal), sizeof(literal) - 1 })
/* What drivers advise alike. */
#define PLUG_HINT_CONNECT "Check whether the server runs, and where the url says it is; then try again."
#define PLUG_HINT_LOST "What was not committed is undone: try again, a transaction from its start."
#define PLUG_HINT_UNKNOWN "Look whether the change is there before it is made again."

static inline dbn_text
plug_text(const char *s)
{
	return (dbn_text){ s, s ? strlen(s) : 0 };
}

static inline bool
plug_text_is(dbn_text a, const char *b)
{
	size_t n = strlen(b);

	return a.len == n && (n == 0 || memcmp(a.ptr, b, n) == 0);
}

/* A generated key as a number; 0: none, or none that fits. */
static inline int64_t
plug_key(const dbn_value *v)
{
	return v->type == DBN_INT64 || (v->type == DBN_UINT64 && v->u.u64 <= INT64_MAX) ? v->u.i64 : 0;
}

/* Equal but for the case of ASCII letters. */
bool plug_text_same(dbn_text a, dbn_text b);
static inline unsigned char
plug_lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : c;
}

/* The i-th item of an array, by its stride. */
static inline const void *
plug_at(const dbn_array *a, uint32_t i)
{
	return (const char *)a->items + (size_t)a->stride * i;
}

/* The length of a value's text or bytes, measured where DBN_VALUE_CSTR says so. */
static inline uint64_t
plug_value_len(const dbn_value *v)
{
	return v->flags & DBN_VALUE_CSTR ? strlen((const char *)v->u.ptr) : v->len;
}

/* An integer of any kind as int64; false: not one, or too large. */
bool plug_as_int64(const dbn_value *v, int64_t *x);
/* Make *v the wanted type where that loses nothing; texts stay where they are. */
bool plug_fit(dbn_value *v, dbn_type want);
/* Is it well-formed UTF-8? */
bool plug_utf8(const void *text, size_t n);

/* A type's name for messages: "int64". */
const char *plug_type_name(dbn_type type);

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar, and back. */
int64_t plug_days(int64_t year, int64_t month, int64_t day);
void plug_civil(int64_t days, int64_t *year, int64_t *month, int64_t *day);

/* ---- ISO 8601 and friends: whole text or false; no locale, no allocation ---- */
bool plug_parse_date(dbn_text t, int64_t *days);
bool plug_parse_time(dbn_text t, int64_t *us);
bool plug_parse_timetz(dbn_text t, int64_t *us, int16_t *east_minutes);
bool plug_parse_timestamp(dbn_text t, int64_t *us, bool *zoned);
bool plug_parse_uuid(dbn_text t, uint8_t out[16]);
/* [-+]digits[.digits], at least one digit; *digits: significant ones. */
bool plug_parse_decimal(dbn_text t, unsigned *digits, bool *integral);

#define PLUG_TIME_MAX 48 /* bytes that every writer below needs at most */
/* Write without NUL; the length, or 0 where the year is not 0000 to 9999. */
size_t plug_write_date(char *out, int64_t days);
size_t plug_write_time(char *out, int64_t us);
size_t plug_write_timetz(char *out, int64_t us, int16_t east_minutes);
size_t plug_write_timestamp(char *out, int64_t us);
size_t plug_write_uuid(char *out, const uint8_t in[16]);
size_t plug_write_i64(char *out, int64_t v);
size_t plug_write_u64(char *out, uint64_t v);

#endif
