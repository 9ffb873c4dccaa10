/* SPDX-License-Identifier: MIT */
/*
 * Tags as counters that only grow.  What an answer hangs on is remembered as
 * the sum of its counters: it is equal exactly as long as none has moved.  No
 * lock: an entry whose sum is old is never given, so it does not matter when it
 * was stored.
 */
#include "memory.h"

#include "hash.h"

uint32_t
memory_tag(const memory *m, dbn_text tag)
{
	return (uint32_t)hash_bytes(m->seed, tag.ptr, tag.len) & (MEMORY_TAGS - 1);
}

uint64_t
memory_generation(const memory *m, const dbn_text *tags, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += atomic_load(&m->generations[memory_tag(m, tags[i])]);
	return sum;
}

bool
memory_current(const memory *m, const entry *e)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < e->ntags; i++)
		sum += atomic_load(&m->generations[e->tags[i]]);
	return sum == e->generation && e->epoch == atomic_load(&m->epoch);
}

bool
memory_marked(const memory *m, const dbn_text *tags, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (atomic_load(&m->marks[memory_tag(m, tags[i])]))
			return true;
	return false;
}

void
memory_move_tag(memory *m, dbn_text tag, uint32_t how)
{
	uint32_t t = memory_tag(m, tag), marks;

	if (how == DBN_INVALIDATE_MARK)
		atomic_fetch_add(&m->marks[t], 1);
	atomic_fetch_add(&m->generations[t], 1);
	if (how != DBN_INVALIDATE_RELEASE)
		return;
	marks = atomic_load(&m->marks[t]);
	while (marks && !atomic_compare_exchange_weak(&m->marks[t], &marks, marks - 1))
		;
}
