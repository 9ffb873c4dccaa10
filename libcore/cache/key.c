/* SPDX-License-Identifier: MIT */
/*
 * Keys of cached results: plan digest (16 bytes), a form byte, then what the
 * answer hangs on in an encoding that can be read in one way only.  Keys that
 * outgrow the buffer carry a SHA-256 in the place of the rest; the form byte
 * keeps the two kinds apart.
 */
#include "cache/cache.h"

#include <string.h>

#define DIGEST_LEN 16
#define DATA_AT    (DIGEST_LEN + 1)
#define MAX_DEPTH  4 /* arrays of arrays */

enum { FORM_PLAIN = 1, FORM_HASHED = 2 };

void
dbn_cache_key_init(dbn_cache_key *k)
{
	k->len = 0;
	k->hasher = NULL;
	k->hashing = k->failed = false;
}

void
dbn_cache_key_free(dbn_cache_key *k)
{
	dbn_hasher_free(k->hasher);
	dbn_wipe(k->buf, sizeof(k->buf)); /* it holds values */
	dbn_cache_key_init(k);
}

/* Hash what the buffer holds behind the head, and start it anew. */
static bool
spill(dbn_cache_key *k)
{
	if (!k->hashing) {
		if (!k->hasher && dbn_hasher_new(&k->hasher, NULL) != DBN_OK)
			return false;
		if (!dbn_hasher_begin(k->hasher))
			return false;
		k->hashing = true;
	}
	if (!dbn_hasher_add(k->hasher, k->buf + DATA_AT, k->len - DATA_AT))
		return false;
	k->len = DATA_AT;
	return true;
}

static void
put_slow(dbn_cache_key *k, const void *p, size_t n)
{
	if (k->failed)
		return;
	if (!spill(k)) {
		k->failed = true;
	} else if (n > sizeof(k->buf) - DATA_AT) {
		k->failed = !dbn_hasher_add(k->hasher, p, n);
	} else {
		memcpy(k->buf + k->len, p, n);
		k->len += n;
	}
}

static inline void
put(dbn_cache_key *k, const void *p, size_t n)
{
	if (n > sizeof(k->buf) - k->len) {
		put_slow(k, p, n);
		return;
	}
	if (n)
		memcpy(k->buf + k->len, p, n);
	k->len += n;
}

static void
put_u64(dbn_cache_key *k, uint64_t v)
{
	put(k, &v, sizeof(v));
}

/* Seven bits a byte, the last one below 128. */
static inline void
put_count(dbn_cache_key *k, uint64_t v)
{
	uint8_t b[10];
	size_t n = 0;

	if (v < 128 && k->len < sizeof(k->buf)) { /* nearly always */
		k->buf[k->len++] = (char)v;
		return;
	}
	while (v >= 128) {
		b[n++] = (uint8_t)(v | 128);
		v >>= 7;
	}
	b[n++] = (uint8_t)v;
	put(k, b, n);
}

static void put_value(dbn_cache_key *k, const dbn_value *v, unsigned depth);

static void
put_items(dbn_cache_key *k, const dbn_value *v, unsigned depth)
{
	const dbn_value *items = v->u.ptr;

	if (depth >= MAX_DEPTH) {
		k->failed = true;
		return;
	}
	put(k, &v->aux, sizeof(v->aux));
	put_count(k, v->len);
	for (uint64_t i = 0; i < v->len && !k->failed; i++)
		put_value(k, &items[i], depth + 1);
}

static void
put_value(dbn_cache_key *k, const dbn_value *v, unsigned depth)
{
	uint8_t type = (uint8_t)v->type;
	uint64_t len;

	if (v->type > DBN_EXTENSION) {
		k->failed = true;
		return;
	}
	if (type == DBN_INT64 && sizeof(k->buf) - k->len > 8) {
		k->buf[k->len++] = (char)type;
		put_u64(k, v->u.u64);
		return;
	}
	put(k, &type, 1);
	switch (v->type) {
	case DBN_NULL:
		break;
	case DBN_TIMETZ:
		put(k, &v->aux, sizeof(v->aux));
		put_u64(k, v->u.u64);
		break;
	case DBN_BOOL: case DBN_INT64: case DBN_UINT64: case DBN_FLOAT: case DBN_DOUBLE:
	case DBN_DATE: case DBN_TIME: case DBN_TIMESTAMP: case DBN_TIMESTAMPTZ:
		put_u64(k, v->u.u64);
		break;
	case DBN_INTERVAL:
		put(k, v->u.ptr, sizeof(dbn_interval));
		break;
	case DBN_ARRAY: case DBN_LIST:
		put_items(k, v, depth);
		break;
	default:
		if (v->type == DBN_EXTENSION)
			put(k, &v->aux, sizeof(v->aux));
		len = v->flags & DBN_VALUE_CSTR ? strlen(v->u.ptr) : v->len;
		put_count(k, len);
		put(k, v->u.ptr, len);
		break;
	}
}

void
dbn_cache_key_begin(dbn_cache_key *k, const dbn_digest *plan, uint64_t conditions,
	const uint64_t *epochs, size_t nepochs)
{
	k->hashing = k->failed = false;
	memcpy(k->buf, plan->b, DIGEST_LEN);
	k->buf[DIGEST_LEN] = FORM_PLAIN;
	k->len = DATA_AT;
	put_count(k, conditions);
	put_count(k, nepochs);
	for (size_t i = 0; i < nepochs; i++)
		put_count(k, epochs[i]);
}

void
dbn_cache_key_values(dbn_cache_key *k, const dbn_value *v, size_t n)
{
	put_count(k, n);
	for (size_t i = 0; i < n && !k->failed; i++)
		put_value(k, &v[i], 0);
}

dbn_text
dbn_cache_key_end(dbn_cache_key *k)
{
	dbn_text t = { NULL, 0 };

	if (k->hashing && !k->failed) {
		k->failed = !spill(k) || !dbn_hasher_end(k->hasher, (uint8_t *)k->buf + DATA_AT);
		k->buf[DIGEST_LEN] = FORM_HASHED;
		k->len = DATA_AT + DBN_SHA256_SIZE;
	}
	if (!k->failed) {
		t.ptr = k->buf;
		t.len = k->len;
	}
	return t;
}
