/* SPDX-License-Identifier: MIT */
/*
 * The hash table and the list of one shard.  Everything is called with the
 * shard's lock held, but memory_unpin().
 */
#include "memory.h"

#include <string.h>

#define MIN_BUCKETS 64u

const char *
memory_key(const entry *e)
{
	return (const char *)(e->tags + e->ntags);
}

const char *
memory_value(const entry *e)
{
	return memory_key(e) + e->key_len;
}

shard *
memory_shard(memory *m, uint64_t hash)
{
	return &m->shards[hash >> 32 & (m->nshards - 1)];
}

static entry **
bucket(shard *s, uint64_t hash)
{
	return &s->buckets[hash & (s->nbuckets - 1)];
}

entry *
memory_find_locked(shard *s, uint64_t hash, dbn_text key)
{
	entry *e;

	if (!s->buckets)
		return NULL;
	for (e = *bucket(s, hash); e; e = e->next)
		if (e->hash == hash && e->key_len == key.len &&
		    memcmp(memory_key(e), key.ptr, key.len) == 0)
			return e;
	return NULL;
}

static void
unlink_locked(shard *s, entry *e)
{
	if (e->newer)
		e->newer->older = e->older;
	else
		s->newest = e->older;
	if (e->older)
		e->older->newer = e->newer;
	else
		s->oldest = e->newer;
}

static void
link_newest_locked(shard *s, entry *e)
{
	e->newer = NULL;
	e->older = s->newest;
	if (s->newest)
		s->newest->newer = e;
	else
		s->oldest = e;
	s->newest = e;
}

void
memory_touch_locked(shard *s, entry *e)
{
	if (s->newest == e)
		return;
	unlink_locked(s, e);
	link_newest_locked(s, e);
}

void
memory_unpin(memory *m, entry *e)
{
	if (atomic_fetch_sub_explicit(&e->refs, 1, memory_order_acq_rel) == 1)
		m->host->release(m->host, e);
}

void
memory_remove_locked(memory *m, shard *s, entry *e)
{
	entry **p = bucket(s, e->hash);

	while (*p != e)
		p = &(*p)->next;
	*p = e->next;
	unlink_locked(s, e);
	s->count--;
	s->bytes -= e->bytes;
	memory_unpin(m, e);
}

/* Twice the buckets; staying small is no failure but the first time. */
static bool
grow_locked(memory *m, shard *s)
{
	size_t n = s->nbuckets ? s->nbuckets * 2 : MIN_BUCKETS;
	size_t more = (n - s->nbuckets) * sizeof(entry *);
	entry **buckets;

	if (s->nbuckets && s->bytes + more > s->capacity / 4 * 3)
		return true;
	buckets = m->host->alloc(m->host, n * sizeof(*buckets));
	if (!buckets)
		return s->buckets != NULL;
	memset(buckets, 0, n * sizeof(*buckets));
	for (entry *e = s->newest; e; e = e->older) {
		entry **b = &buckets[e->hash & (n - 1)];

		e->next = *b;
		*b = e;
	}
	if (s->buckets)
		m->host->release(m->host, s->buckets);
	s->buckets = buckets;
	s->nbuckets = n;
	s->bytes += more;
	return true;
}

bool
memory_insert_locked(memory *m, shard *s, entry *e)
{
	entry **b;

	if (s->count >= s->nbuckets && !grow_locked(m, s))
		return false;
	while (s->oldest && s->bytes + e->bytes > s->capacity) {
		s->stats.evictions++;
		memory_remove_locked(m, s, s->oldest);
	}
	if (s->bytes + e->bytes > s->capacity)
		return false;
	b = bucket(s, e->hash);
	e->next = *b;
	*b = e;
	link_newest_locked(s, e);
	s->count++;
	s->bytes += e->bytes;
	return true;
}
