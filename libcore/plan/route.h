/* SPDX-License-Identifier: MIT */
/*
 * From a resolved statement to the shard it runs on.  Exact or refused: every
 * sharded relation of a statement must be pinned to one key by equalities, and
 * all of them to the same shard; what cannot be shown is refused by name.
 */
#ifndef DBN_PLAN_ROUTE_H
#define DBN_PLAN_ROUTE_H

#include "plan/rewrite.h"
#include "shard/shard.h"

/* One part of a key: a parameter of the user (index 1..), or a constant. */
typedef struct dbn_route_part {
	uint32_t param;                  /* 0: value */
	uint32_t reserved0;
	dbn_value value;
} dbn_route_part;

/* One key that must be on the statement's shard. */
typedef struct dbn_route_key {
	uint32_t map, nparts;
	dbn_route_part *parts;
} dbn_route_key;

enum { DBN_ROUTE_ANY = 0, DBN_ROUTE_FIXED = 1, DBN_ROUTE_KEYS = 2 };
typedef struct dbn_route {
	uint32_t kind;                   /* ANY: reference tables or none: any shard will do */
	uint32_t shard;                  /* FIXED; with KEYS: UINT32_MAX or the shard a single table is on */
	uint32_t nkeys, reserved0;
	dbn_route_key *keys;
} dbn_route;

/*
 * After dbn_rewrite().  shards NULL: out->kind is ANY.  Memory from a.
 * DBN_E_NO_SHARD: a table is not listed, a key is not pinned, a reference table is
 * written, tables of different shards meet; names table, key and what to do.
 */
dbn_status dbn_route_plan(const dbn_sql_stmt *s, const dbn_rewritten *rw, const dbn_shards *shards,
	dbn_arena *a, dbn_route *out, dbn_error **err);

/* The shard of one execution; args are the user's values, measured.  Nothing is
 * allocated.  DBN_E_NO_SHARD: its keys live on different shards; DBN_E_VALUE. */
dbn_status dbn_route_find(const dbn_route *r, const dbn_shards *shards, const dbn_value *args,
	size_t nargs, uint32_t *shard, dbn_error **err);

#endif
