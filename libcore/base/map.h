/* SPDX-License-Identifier: MIT */
/*
 * Hashing and a hash map from byte strings to pointers.  Keys are copied.  The
 * hash is keyed per process (SipHash-1-3, Aumasson and Bernstein), so that a
 * peer cannot choose colliding keys.  A map is one thread's, or its lock's.
 */
#ifndef DBN_BASE_MAP_H
#define DBN_BASE_MAP_H

#include <dbnexus/types.h>

uint64_t dbn_hash(const void *p, size_t n);              /* keyed, differs per process */
uint64_t dbn_hash_seed(const void *p, size_t n, uint64_t k0, uint64_t k1);

typedef struct dbn_map_entry {
	struct dbn_map_entry *next;  /* in its bucket */
	uint64_t hash;
	void *value;
	size_t len;
	char key[];                  /* NUL-ended */
} dbn_map_entry;

typedef struct dbn_map {
	dbn_map_entry **buckets;
	size_t nbuckets, count;
} dbn_map;

void dbn_map_init(dbn_map *m);
void dbn_map_free(dbn_map *m, void (*free_value)(void *value));
void *dbn_map_get(const dbn_map *m, dbn_text key);       /* NULL: not there */
/* Put; an old value under the key is returned in *old (may be NULL). */
dbn_status dbn_map_put(dbn_map *m, dbn_text key, void *value, void **old);
void *dbn_map_remove(dbn_map *m, dbn_text key);          /* the value, or NULL */
/* Visit all, in no order; the visitor must not change the map. */
void dbn_map_each(const dbn_map *m, bool (*visit)(dbn_text key, void *value, void *user), void *user);

#endif
