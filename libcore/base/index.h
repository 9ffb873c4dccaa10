/* SPDX-License-Identifier: MIT */
/*
 * Finding items of a growing array by a hash of theirs, so that looking each of n
 * up costs n and not n * n.  The array is the caller's, the index and its memory
 * are an arena's; items are numbered as they are added and never leave.  One thread.
 *
 *	uint64_t h = dbn_hash_name(name, 0);
 *
 *	for (uint32_t i = dbn_index_first(ix, h); i != DBN_INDEX_END; i = dbn_index_next(ix, i))
 *		if (same(items[i].name, name))
 *			return i;
 *	dbn_index_add(ix, arena, h);            // the next item has this hash
 */
#ifndef DBN_BASE_INDEX_H
#define DBN_BASE_INDEX_H

#include "base/mem.h"

#define DBN_INDEX_END UINT32_MAX

typedef struct dbn_index {               /* all zero: empty */
	struct dbn_index_item *items;
	size_t cap;
	uint32_t *heads;
	uint32_t nheads, n;              /* n: items */
} dbn_index;

/* The first and the next item with that hash (as far as 32 bits tell). */
uint32_t dbn_index_first(const dbn_index *ix, uint64_t hash);
uint32_t dbn_index_next(const dbn_index *ix, uint32_t at);
/* False: no memory. */
bool dbn_index_add(dbn_index *ix, dbn_arena *a, uint64_t hash);
/* Of a name, equal for names that differ in ASCII case only; keyed as dbn_hash() is.
 * seed: the hash of another part, or anything.  Of long names the first bytes. */
uint64_t dbn_hash_name(dbn_text name, uint64_t seed);

#endif
