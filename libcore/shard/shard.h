/* SPDX-License-Identifier: MIT */
/*
 * Where data lives: the shards of one database, the maps over them (each a
 * strategy instance) and the placement of tables.  Immutable once opened: any
 * thread, no lock.  Exact or refused: a value that does not convert exactly to
 * the declared key type, a NULL and a table that is not listed go nowhere.
 */
#ifndef DBN_SHARD_H
#define DBN_SHARD_H

#include "base/str.h"
#include <dbnexus/error.h>
#include <dbnexus/plugin/shard.h>

#define DBN_SHARD_KEY_MAX 8 /* columns of one key */

typedef uint32_t dbn_placement_kind;
enum {
	DBN_PLACE_SHARDED = 1,   /* by a map over key columns */
	DBN_PLACE_REFERENCE = 2, /* the same on every shard */
	DBN_PLACE_SINGLE = 3     /* on one shard */
};

/* ---- what it is made from; all borrowed and copied, but self and ops ---- */
typedef struct dbn_shard_conf_shard {
	dbn_text name;
	uint32_t weight;            /* 1.. */
} dbn_shard_conf_shard;
typedef struct dbn_shard_conf_map {
	dbn_text name;
	void *self;                 /* kept until dbn_shards_close(); not destroyed by it */
	const dbn_shard_ops *ops;
	const dbn_type *key_types;
	size_t nkey;
} dbn_shard_conf_map;
typedef struct dbn_shard_conf_table {
	dbn_text relation;          /* [[database.]schema.]name */
	dbn_placement_kind kind;
	dbn_text map;               /* SHARDED */
	const dbn_text *columns;    /* SHARDED: as many as the map has key types */
	size_t ncolumns;
	dbn_text shard;             /* SINGLE */
} dbn_shard_conf_table;
typedef struct dbn_shard_conf {
	const dbn_shard_conf_shard *shards;
	const dbn_shard_conf_map *maps;
	const dbn_shard_conf_table *tables;
	size_t nshards, nmaps, ntables;
} dbn_shard_conf;

typedef struct dbn_placement {
	dbn_text relation;          /* as configured */
	dbn_placement_kind kind;
	uint32_t map;               /* SHARDED */
	uint32_t shard;             /* SINGLE */
	const dbn_text *columns;    /* SHARDED */
	const dbn_type *types;      /* SHARDED: of the key columns */
	size_t ncolumns;
} dbn_placement;

typedef struct dbn_shards dbn_shards;

/* Checks everything, binds each map once.  DBN_E_CONFIG names what is wrong. */
dbn_status dbn_shards_open(const dbn_shard_conf *conf, dbn_shards **out, dbn_error **err);
void dbn_shards_close(dbn_shards *s);
size_t dbn_shards_count(const dbn_shards *s);
dbn_text dbn_shards_name(const dbn_shards *s, uint32_t ordinal);
bool dbn_shards_find(const dbn_shards *s, dbn_text name, uint32_t *ordinal);
size_t dbn_shards_maps(const dbn_shards *s);
dbn_text dbn_shards_map_name(const dbn_shards *s, uint32_t map);
/* The placement of "database.schema.name" (the most exact entry); NULL: not
 * listed, so refuse.  Tied to s. */
const dbn_placement *dbn_shards_place(const dbn_shards *s, dbn_text relation);

/* One key to its shard.  Values are converted to the declared types first.
 * Allocates nothing.  DBN_E_VALUE (NULL, wrong type, not exact), DBN_E_NO_SHARD. */
dbn_status dbn_shard_route(const dbn_shards *s, uint32_t map, const dbn_value *key, size_t nkey,
	uint32_t *ordinal, dbn_error **err);
/* n keys of nkey values each. */
dbn_status dbn_shard_route_many(const dbn_shards *s, uint32_t map, const dbn_value *keys,
	size_t nkey, size_t n, uint32_t *ordinals, dbn_error **err);
/* Shards that may hold keys of a range: bits of set ((count + 63) / 64 words). */
dbn_status dbn_shard_route_range(const dbn_shards *s, uint32_t map, const dbn_key_range *range,
	uint64_t *set, dbn_error **err);
/* Why a key goes where it goes, as text. */
dbn_status dbn_shard_describe(const dbn_shards *s, uint32_t map, const dbn_value *key, size_t nkey,
	dbn_str *out, dbn_error **err);

/* One value as a key type, exactly or DBN_E_VALUE.  scratch (at least
 * DBN_SHARD_SCRATCH bytes) may back the result; text is borrowed from in. */
#define DBN_SHARD_SCRATCH 16
dbn_status dbn_shard_convert(const dbn_value *in, dbn_type to, dbn_value *out, void *scratch,
	dbn_error **err);
/* Can this type be a key? bool, int64, uint64, text, bytes, date, time,
 * timestamp, timestamptz, uuid. */
bool dbn_shard_key_type(dbn_type t);

#endif
