/* SPDX-License-Identifier: MIT */
/*
 * The cache in this process: entries in shards, each a hash table with its own
 * lock and its own least-recently-used list.  Tags are counters in a fixed
 * array; two names that share one only forget each other's entries too early.
 */
#ifndef CACHE_MEMORY_MEMORY_H
#define CACHE_MEMORY_MEMORY_H

#include <pthread.h>
#include <stdatomic.h>
#include <dbnexus/plugin/cache.h>

#define MEMORY_TAGS    8192u /* counters; a power of two */
#define MEMORY_LOADERS 64u   /* loads that others wait for, per shard */

typedef struct entry {
	struct entry *next;          /* in its bucket */
	struct entry *newer, *older; /* in the list of its shard */
	uint64_t hash, expires_ns, generation, epoch;
	size_t bytes;
	_Atomic uint32_t refs;       /* the table's one and the pins */
	uint32_t ntags, key_len;
	size_t value_len;
	uint32_t tags[];             /* counters; then the key, then the value */
} entry;

typedef struct loader {
	uint64_t hash, until_ns;     /* until_ns 0: free */
} loader;

typedef struct shard {
	pthread_mutex_t lock;        /* of everything here; a leaf */
	entry **buckets;
	size_t nbuckets, count, bytes, capacity;
	entry *newest, *oldest;
	uint64_t key_generation;     /* moves when keys are invalidated */
	loader loaders[MEMORY_LOADERS];
	dbn_cache_stats stats;
	char pad[64];                /* the next shard's lock has a line of its own */
} shard;

typedef struct memory {
	const dbn_host *host;
	uint64_t seed[2];
	shard *shards;
	uint32_t nshards, sweep;     /* a power of two; the next shard to sweep */
	_Atomic uint64_t epoch;      /* moves with every clear() */
	_Atomic uint64_t *generations;
	_Atomic uint32_t *marks;     /* writers between mark and release */
} memory;

/* tags.c */
uint32_t memory_tag(const memory *m, dbn_text tag);
uint64_t memory_generation(const memory *m, const dbn_text *tags, size_t n);
bool memory_current(const memory *m, const entry *e);
bool memory_marked(const memory *m, const dbn_text *tags, size_t n);
void memory_move_tag(memory *m, dbn_text tag, uint32_t how);

/* table.c; the shard's lock is held */
shard *memory_shard(memory *m, uint64_t hash);
entry *memory_find_locked(shard *s, uint64_t hash, dbn_text key);
void memory_touch_locked(shard *s, entry *e);
void memory_remove_locked(memory *m, shard *s, entry *e);
bool memory_insert_locked(memory *m, shard *s, entry *e);
void memory_unpin(memory *m, entry *e);
const char *memory_key(const entry *e);
const char *memory_value(const entry *e);

#endif
