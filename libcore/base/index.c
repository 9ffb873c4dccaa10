/* SPDX-License-Identifier: MIT */
/*
 * Chains of item numbers behind a table of heads that doubles with the items.
 */
#include <string.h>

#include "base/index.h"
#include "base/map.h"

#define HEADS_MIN 16u
#define NAME_MAX_BYTES 248u

struct dbn_index_item {
	uint32_t hash, next;
};

static uint32_t
matching(const dbn_index *ix, uint32_t at, uint32_t hash)
{
	while (at != DBN_INDEX_END && ix->items[at].hash != hash)
		at = ix->items[at].next;
	return at;
}

uint32_t
dbn_index_first(const dbn_index *ix, uint64_t hash)
{
	uint32_t h = (uint32_t)hash;

	return ix->n ? matching(ix, ix->heads[h & (ix->nheads - 1)], h) : DBN_INDEX_END;
}

uint32_t
dbn_index_next(const dbn_index *ix, uint32_t at)
{
	return matching(ix, ix->items[at].next, ix->items[at].hash);
}

static void
hang_in(dbn_index *ix, uint32_t at)
{
	uint32_t *head = &ix->heads[ix->items[at].hash & (ix->nheads - 1)];

	ix->items[at].next = *head;
	*head = at;
}

static bool
more_heads(dbn_index *ix, dbn_arena *a)
{
	uint32_t n = ix->nheads ? ix->nheads * 2 : HEADS_MIN;
	uint32_t *heads = dbn_arena_array(a, n, sizeof *heads);

	if (!heads)
		return false;
	memset(heads, 0xff, n * sizeof *heads); /* DBN_INDEX_END */
	ix->heads = heads;
	ix->nheads = n;
	for (uint32_t i = 0; i < ix->n; i++)
		hang_in(ix, i);
	return true;
}

bool
dbn_index_add(dbn_index *ix, dbn_arena *a, uint64_t hash)
{
	if (ix->n >= UINT32_MAX / 4 ||
		!dbn_arena_grow(a, &ix->items, &ix->cap, (size_t)ix->n + 1, sizeof *ix->items))
		return false;
	if (ix->n == ix->nheads && !more_heads(ix, a))
		return false;
	ix->items[ix->n].hash = (uint32_t)hash;
	hang_in(ix, ix->n++);
	return true;
}

uint64_t
dbn_hash_name(dbn_text name, uint64_t seed)
{
	char folded[sizeof seed + NAME_MAX_BYTES];
	size_t n = name.len < NAME_MAX_BYTES ? name.len : NAME_MAX_BYTES;

	memcpy(folded, &seed, sizeof seed);
	for (size_t i = 0; i < n; i++) {
		char c = name.ptr[i];

		folded[sizeof seed + i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	return dbn_hash(folded, sizeof seed + n);
}
