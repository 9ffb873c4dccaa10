/* SPDX-License-Identifier: MIT */
/*
 * Memory that lives as long as a block of rows or the parameters of one
 * execution: taken bit by bit, given back at once, the first chunk kept.
 */
#include "driver.h"

#define FIRST_BYTES 512
#define MOST_BYTES (1u << 20)
#define KEEP_BYTES 65536

void *
pg_arena_take(pg_arena *a, size_t n)
{
	pg_chunk *k = a->chunks;
	size_t need = (n + 15) & ~(size_t)15;
	void *at;

	if (need < n)
		return NULL;
	if (!k || k->size - k->used < need) {
		size_t size = k ? k->size * 2 : FIRST_BYTES;

		if (size > MOST_BYTES)
			size = MOST_BYTES;
		if (size < need)
			size = need;
		if (size > SIZE_MAX - sizeof *k)
			return NULL;
		k = (pg_chunk *)a->host->alloc(a->host, sizeof *k + size);
		if (!k)
			return NULL;
		k->next = a->chunks;
		k->size = size;
		k->used = 0;
		a->chunks = k;
	}
	at = (char *)(k + 1) + k->used;
	k->used += need;
	return at;
}

/* Secrets may pass through parameters: nothing is left lying about. */
static void
drop(pg_arena *a, pg_chunk *k)
{
	explicit_bzero(k + 1, k->used);
	a->host->release(a->host, k);
}

void
pg_arena_clear(pg_arena *a)
{
	pg_chunk *k = a->chunks;

	if (!k)
		return;
	while (k->next) { /* the newest is the largest */
		pg_chunk *old = k->next;

		k->next = old->next;
		drop(a, old);
	}
	if (k->size > KEEP_BYTES) {
		drop(a, k);
		a->chunks = NULL;
	} else {
		k->used = 0;
	}
}

void
pg_arena_free(pg_arena *a)
{
	while (a->chunks) {
		pg_chunk *next = a->chunks->next;

		drop(a, a->chunks);
		a->chunks = next;
	}
}
