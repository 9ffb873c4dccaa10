/* SPDX-License-Identifier: MIT */
/*
 * The border of a shard strategy: pure functions from keys to shards.  No I/O,
 * no clock, no lock; the same answer for the whole life of an instance.  Any
 * thread after bind().
 */
#ifndef DBN_PLUGIN_SHARD_H
#define DBN_PLUGIN_SHARD_H

#include <dbnexus/plugin/host.h>

DBN_BEGIN_DECLS

typedef struct dbn_shard_desc {
	uint32_t struct_size, weight;  /* weight 1.. */
	dbn_text name;
} dbn_shard_desc;

/** Keys from lo to hi; an absent end is open. */
typedef struct dbn_key_range {
	uint32_t struct_size, nkey;
	const dbn_value *lo, *hi;      /* nkey values, or NULL */
	uint32_t lo_open, hi_open;     /* 1: the end itself is not part of it */
} dbn_key_range;

/** One piece of the map: keys or slots from..to (inclusive) live on shard. */
typedef struct dbn_slice {
	uint32_t struct_size, shard;
	uint64_t from_slot, to_slot;   /* of a slot map */
	dbn_text from_key, to_key;     /* of a key map, as text; empty: open */
} dbn_slice;

typedef struct dbn_str_sink {
	dbn_status (*write)(void *ctx, const char *p, size_t n);
	void *ctx;
} dbn_str_sink;

typedef struct dbn_shard_ops {
	uint32_t struct_size, flags;
	/** Required.  Once, before anything else: names with weights, types of the key. */
	dbn_status (*bind)(void *self, const dbn_array *shards, const dbn_type *key_types, size_t nkey,
		dbn_error **err);
	/** Required.  n keys of nkey values of the declared types, never NULL values;
	 *  shards[i] is an ordinal of bind().  DBN_E_NO_SHARD. */
	dbn_status (*route)(void *self, const dbn_value *keys, size_t nkey, size_t n, uint32_t *shards,
		dbn_error **err);
	/** Shards that may hold keys of the range: bit set of nshards bits in words of
	 *  64.  A superset is allowed, a subset never. */
	dbn_status (*route_range)(void *self, const dbn_key_range *, uint64_t *set, size_t nshards,
		dbn_error **err);
	/** Why a key goes where it goes: "slot 4711 of 65536". */
	dbn_status (*describe)(void *self, const dbn_value *key, size_t nkey, const dbn_str_sink *out,
		dbn_error **err);
	/** The whole map: moves are the difference of two. */
	dbn_status (*slices)(void *self, dbn_status (*each)(const dbn_slice *, void *user), void *user,
		dbn_error **err);
} dbn_shard_ops;

DBN_END_DECLS
#endif
