/* SPDX-License-Identifier: MIT */
/*
 * shard-hash: a key falls into one of 65536 slots, a slot belongs to the shard
 * that wins it by weighted rendezvous over the shards' names (Thaler and
 * Ravishankar; weights by Schindelhauer and Schomaker).  A new shard thus takes
 * its share from all others and nothing else moves, in whatever order shards
 * are listed.  Whole numbers only, so that every machine agrees.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <dbnexus/plugin/shard.h>
#include "hash.h"

#define SLOTS 65536u

typedef struct instance {
	const dbn_host *host;
	uint32_t nshards, nkey;
	uint16_t *slots;        /* the shard of each, once bound */
	uint64_t *used;         /* bit set of shards that have a slot */
	dbn_type types[8];
} instance;

static dbn_status fail(const dbn_host *host, dbn_error **err, dbn_status status, const char *fmt, ...)
	DBN_PRINTF(4, 5);

static dbn_status
fail(const dbn_host *host, dbn_error **err, dbn_status status, const char *fmt, ...)
{
	dbn_fail_info info = { .struct_size = sizeof(info), .status = status };
	va_list ap;

	va_start(ap, fmt);
	status = host->fail(host, err, &info, fmt, ap);
	va_end(ap);
	return status;
}

static dbn_status
hash_create(const dbn_create_info *info, void **self, dbn_error **err)
{
	instance *h = info->host->alloc(info->host, sizeof(*h));

	*self = h;
	if (!h)
		return fail(info->host, err, DBN_E_NOMEM, "no memory for a shard map");
	memset(h, 0, sizeof(*h));
	h->host = info->host;
	return DBN_OK;
}

static void
hash_destroy(void *self)
{
	instance *h = self;

	if (h->slots)
		h->host->release(h->host, h->slots);
	if (h->used)
		h->host->release(h->host, h->used);
	h->host->release(h->host, h);
}

/* ---- who wins a slot ---- */

/* -log2(u / 2^64) with 32 bits behind the point, by repeated squaring. */
static uint64_t
minus_log2(uint64_t u)
{
	unsigned lead;
	uint64_t x, result;

	if (u == 0)
		u = 1;
	lead = (unsigned)__builtin_clzll(u);
	x = u << lead; /* in [1, 2) as 1.63 */
	result = 0;
	for (int i = 0; i < 32; i++) {
		unsigned __int128 sq = (unsigned __int128)x * x; /* 2.126 */
		unsigned bit = (unsigned)(sq >> 127);

		result = result << 1 | bit;
		x = (uint64_t)(sq >> (63 + bit));
	}
	/* log2(u) = 63 - lead + result / 2^32 */
	return ((uint64_t)(lead + 1) << 32) - result;
}

typedef struct bid {
	uint64_t u, cost; /* the lower cost / weight wins */
	uint32_t weight, shard;
} bid;

static bool
beats(const bid *a, const bid *b)
{
	unsigned __int128 x, y;

	if (a->weight == b->weight)
		return a->u > b->u || (a->u == b->u && a->cost < b->cost);
	x = (unsigned __int128)a->cost * b->weight;
	y = (unsigned __int128)b->cost * a->weight;
	return x < y || (x == y && a->u > b->u);
}

static void
assign_slots(instance *h, const uint64_t *names, const uint32_t *weights)
{
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		bid best = { 0, 0, 0, 0 };

		for (uint32_t i = 0; i < h->nshards; i++) {
			bid b = { .weight = weights[i], .shard = i };

			b.u = shard_siphash(names[i], slot, "", 0);
			if (best.weight && best.weight == b.weight && b.u <= best.u)
				continue; /* the common case without a logarithm */
			b.cost = minus_log2(b.u);
			if (!best.weight || beats(&b, &best))
				best = b;
		}
		h->slots[slot] = (uint16_t)best.shard;
		h->used[best.shard / 64] |= UINT64_C(1) << (best.shard % 64);
	}
}

static bool
key_type_ok(dbn_type t)
{
	switch (t) {
	case DBN_BOOL: case DBN_INT64: case DBN_UINT64: case DBN_TEXT: case DBN_BYTES:
	case DBN_DATE: case DBN_TIME: case DBN_TIMESTAMP: case DBN_TIMESTAMPTZ: case DBN_UUID:
		return true;
	default:
		return false;
	}
}

static dbn_status
check_bind(instance *h, const dbn_array *shards, const dbn_type *types, size_t nkey, dbn_error **err)
{
	if (h->slots)
		return fail(h->host, err, DBN_E_INVALID, "the shard map is bound already");
	if (shards->count == 0 || shards->count > UINT16_MAX)
		return fail(h->host, err, DBN_E_CONFIG, "hash shard maps take from 1 to %u shards",
			(unsigned)UINT16_MAX);
	if (nkey == 0 || nkey > sizeof(h->types) / sizeof(h->types[0]))
		return fail(h->host, err, DBN_E_CONFIG, "hash shard maps take keys of 1 to 8 columns");
	for (size_t i = 0; i < nkey; i++)
		if (!key_type_ok(types[i]))
			return fail(h->host, err, DBN_E_CONFIG, "key type number %u cannot be hashed",
				types[i]);
	return DBN_OK;
}

static dbn_status
hash_bind(void *self, const dbn_array *shards, const dbn_type *types, size_t nkey, dbn_error **err)
{
	instance *h = self;
	size_t words = (shards->count + 63u) / 64u;
	uint64_t *names;
	uint32_t *weights;
	dbn_status rc = check_bind(h, shards, types, nkey, err);

	if (rc != DBN_OK)
		return rc;
	names = h->host->alloc(h->host, shards->count * sizeof(*names));
	weights = h->host->alloc(h->host, shards->count * sizeof(*weights));
	h->slots = h->host->alloc(h->host, SLOTS * sizeof(*h->slots));
	h->used = h->host->alloc(h->host, words * sizeof(*h->used));
	if (!names || !weights || !h->slots || !h->used) {
		rc = fail(h->host, err, DBN_E_NOMEM, "no memory for the slots of a shard map");
		goto out;
	}
	memset(h->used, 0, words * sizeof(*h->used));
	for (uint32_t i = 0; i < shards->count; i++) {
		const dbn_shard_desc *d = (const dbn_shard_desc *)(const void *)
			((const char *)shards->items + (size_t)i * shards->stride);

		names[i] = shard_siphash(0, 0, d->name.ptr, d->name.len);
		weights[i] = d->weight;
		if (d->weight == 0) {
			rc = fail(h->host, err, DBN_E_CONFIG, "shard number %u has weight 0", i);
			goto out;
		}
	}
	h->nshards = shards->count;
	h->nkey = (uint32_t)nkey;
	memcpy(h->types, types, nkey * sizeof(*types));
	assign_slots(h, names, weights);
out:
	if (names)
		h->host->release(h->host, names);
	if (weights)
		h->host->release(h->host, weights);
	return rc;
}

/* ---- routing ---- */

static bool
is_bytes(dbn_type t)
{
	return t == DBN_TEXT || t == DBN_BYTES || t == DBN_UUID;
}

/* Each column is hashed under the hash of those before it. */
static dbn_status
slot_of(const instance *h, const dbn_value *key, size_t nkey, uint32_t *slot, dbn_error **err)
{
	uint64_t hash = 0;

	if (!h->nshards || nkey != h->nkey)
		return fail(h->host, err, DBN_E_INVALID, "a key of %zu values for a map of %u", nkey,
			h->nkey);
	for (size_t i = 0; i < nkey; i++) {
		unsigned char b[8];

		if (key[i].type != h->types[i])
			return fail(h->host, err, DBN_E_INVALID, "key value %zu is not of its type", i + 1);
		if (is_bytes(key[i].type)) {
			hash = shard_siphash(hash, i, key[i].u.ptr, key[i].len);
			continue;
		}
		for (unsigned j = 0; j < 8; j++)
			b[j] = (unsigned char)(key[i].u.u64 >> (8 * j));
		hash = shard_siphash(hash, i, b, sizeof(b));
	}
	*slot = (uint32_t)(hash & (SLOTS - 1));
	return DBN_OK;
}

static dbn_status
hash_route(void *self, const dbn_value *keys, size_t nkey, size_t n, uint32_t *shards, dbn_error **err)
{
	const instance *h = self;

	for (size_t i = 0; i < n; i++) {
		uint32_t slot;
		dbn_status rc = slot_of(h, keys + i * nkey, nkey, &slot, err);

		if (rc != DBN_OK)
			return rc;
		shards[i] = h->slots[slot];
	}
	return DBN_OK;
}

static bool
same_key(const instance *h, const dbn_key_range *r)
{
	for (uint32_t i = 0; i < h->nkey; i++) {
		const dbn_value *a = &r->lo[i], *b = &r->hi[i];

		if (a->type != b->type)
			return false;
		if (is_bytes(a->type) ? a->len != b->len || memcmp(a->u.ptr, b->u.ptr, a->len) != 0 :
		    a->u.u64 != b->u.u64)
			return false;
	}
	return true;
}

/* A hash keeps no order: any range but a single key may be anywhere. */
static dbn_status
hash_route_range(void *self, const dbn_key_range *r, uint64_t *set, size_t nshards, dbn_error **err)
{
	const instance *h = self;
	uint32_t slot;
	dbn_status rc;

	if (!h->nshards || nshards != h->nshards || r->nkey != h->nkey)
		return fail(h->host, err, DBN_E_INVALID, "a range that is not of this map");
	if (r->lo && r->hi && !r->lo_open && !r->hi_open && same_key(h, r)) {
		rc = slot_of(h, r->lo, r->nkey, &slot, err);
		if (rc == DBN_OK)
			set[h->slots[slot] / 64] |= UINT64_C(1) << (h->slots[slot] % 64);
		return rc;
	}
	for (size_t i = 0; i < (nshards + 63) / 64; i++)
		set[i] |= h->used[i];
	return DBN_OK;
}

static dbn_status
hash_describe(void *self, const dbn_value *key, size_t nkey, const dbn_str_sink *out, dbn_error **err)
{
	char text[64];
	uint32_t slot;
	dbn_status rc = slot_of(self, key, nkey, &slot, err);
	int n;

	if (rc != DBN_OK)
		return rc;
	n = snprintf(text, sizeof(text), "slot %u of %u", slot, SLOTS);
	return out->write(out->ctx, text, (size_t)n);
}

static dbn_status
hash_slices(void *self, dbn_status (*each)(const dbn_slice *, void *user), void *user, dbn_error **err)
{
	const instance *h = self;
	uint32_t from = 0;

	if (!h->nshards)
		return fail(h->host, err, DBN_E_INVALID, "the shard map is not bound");
	for (uint32_t slot = 1; slot <= SLOTS; slot++) {
		dbn_slice s = { .struct_size = sizeof(s), .shard = h->slots[from], .from_slot = from,
			.to_slot = slot - 1 };
		dbn_status rc;

		if (slot < SLOTS && h->slots[slot] == h->slots[from])
			continue;
		rc = each(&s, user);
		if (rc != DBN_OK)
			return rc;
		from = slot;
	}
	return DBN_OK;
}

static const dbn_shard_ops ops = {
	.struct_size = sizeof(dbn_shard_ops), .flags = 0,
	.bind = hash_bind, .route = hash_route, .route_range = hash_route_range,
	.describe = hash_describe, .slices = hash_slices
};

DBN_PLUGIN(DBN_KIND_SHARD, DBN_THREADS_PARALLEL, DBN_PLUGIN_PURE, "hash", "0.1.0", DBN_CONF_NONE, 0,
	hash_create, NULL, NULL, NULL, hash_destroy, NULL, &ops);
