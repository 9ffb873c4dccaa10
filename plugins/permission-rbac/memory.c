/* SPDX-License-Identifier: MIT */
/*
 * What a snapshot is made of: an arena over the host's memory, and an index from
 * names to lists of numbers.  Nothing here is freed one by one; no locks.
 */
#include <string.h>

#include "rbac.h"

#define BLOCK ((size_t)64 << 10)

void *
rbac_take(struct rbac_arena *a, size_t count, size_t size)
{
	size_t n, want;
	struct rbac_block *b;
	char *p;

	if (__builtin_mul_overflow(count ? count : 1, size, &n) || n > SIZE_MAX / 4) {
		a->failed = 1;
		return NULL;
	}
	n = (n + 15) & ~(size_t)15;
	if ((size_t)(a->end - a->next) < n || !a->next) {
		want = n + sizeof(*b) + 16 > BLOCK ? n + sizeof(*b) + 16 : BLOCK;
		b = (struct rbac_block *)a->host->alloc(a->host, want);
		if (!b) {
			a->failed = 1;
			return NULL;
		}
		b->next = a->blocks;
		b->size = want;
		a->blocks = b;
		a->next = (char *)b + ((sizeof(*b) + 15) & ~(size_t)15);
		a->end = (char *)b + want;
	}
	p = a->next;
	a->next += n;
	memset(p, 0, n);
	return p;
}

dbn_text
rbac_text(struct rbac_arena *a, const char *p, size_t n)
{
	dbn_text t = { NULL, 0 };
	char *copy = (char *)rbac_take(a, n + 1, 1);

	if (copy) {
		if (n)
			memcpy(copy, p, n);
		t.ptr = copy;
		t.len = n;
	}
	return t;
}

void
rbac_arena_free(struct rbac_arena *a)
{
	const dbn_host *host = a->host;

	while (a->blocks) {
		struct rbac_block *b = a->blocks;

		a->blocks = b->next;
		host->release(host, b);
	}
	a->next = a->end = NULL;
}

static unsigned char
lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

static uint32_t
hash(const struct rbac_index *x, dbn_text key)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < key.len; i++) {
		unsigned char c = (unsigned char)key.ptr[i];

		h = (h ^ (x->fold ? lower(c) : c)) * 16777619u;
	}
	return h ^ (h >> 15);
}

static bool
same(const struct rbac_index *x, dbn_text a, dbn_text b)
{
	if (a.len != b.len)
		return false;
	if (!x->fold)
		return !a.len || memcmp(a.ptr, b.ptr, a.len) == 0;
	for (size_t i = 0; i < a.len; i++)
		if (lower((unsigned char)a.ptr[i]) != lower((unsigned char)b.ptr[i]))
			return false;
	return true;
}

bool
rbac_index_init(struct rbac_arena *a, struct rbac_index *x, size_t expected, bool fold)
{
	size_t n = 16;

	while (n < expected * 2)
		n *= 2;
	memset(x, 0, sizeof(*x));
	x->fold = fold;
	if (n > UINT32_MAX / 2)
		return false;
	x->nslots = (uint32_t)n;
	x->slots = (struct rbac_slot *)rbac_take(a, n, sizeof(*x->slots));
	return x->slots != NULL;
}

static struct rbac_slot *
slot_of(const struct rbac_index *x, dbn_text key)
{
	uint32_t i = hash(x, key) & (x->nslots - 1);

	while (x->slots[i].count && !same(x, x->slots[i].key, key))
		i = (i + 1) & (x->nslots - 1);
	return &x->slots[i];
}

/* The index was made for as many keys as there can be: it never fills. */
bool
rbac_index_add(struct rbac_arena *a, struct rbac_index *x, dbn_text key, uint32_t item)
{
	struct rbac_slot *s;

	if (!x->slots || x->used >= x->nslots - 1)
		return false;
	s = slot_of(x, key);
	if (!s->count) {
		s->key = key;
		x->used++;
	}
	if (s->count == s->cap) {
		uint32_t cap = s->cap ? s->cap * 2 : 1;
		uint32_t *items = (uint32_t *)rbac_take(a, cap, sizeof(*items));

		if (!items)
			return false;
		if (s->count)
			memcpy(items, s->items, s->count * sizeof(*items));
		s->items = items;
		s->cap = cap;
	}
	s->items[s->count++] = item;
	return true;
}

const struct rbac_slot *
rbac_index_get(const struct rbac_index *x, dbn_text key)
{
	const struct rbac_slot *s;

	if (!x->slots)
		return NULL;
	s = slot_of(x, key);
	return s->count ? s : NULL;
}
