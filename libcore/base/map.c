/* SPDX-License-Identifier: MIT */
/*
 * SipHash-1-3 and a chained hash map.  The process key is made once, from the
 * kernel's random source; without it, from addresses and clocks.
 */
#include <pthread.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"

static uint64_t key[2];
static pthread_once_t key_once = PTHREAD_ONCE_INIT;

static void
make_key(void)
{
	if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key) {
		key[0] = dbn_now_ns() ^ (uint64_t)(uintptr_t)&key;
		key[1] = (uint64_t)dbn_wall_us() * UINT64_C(0x9E3779B97F4A7C15);
	}
}

#define ROTL(x, b) (((x) << (b)) | ((x) >> (64 - (b))))
#define SIP_ROUND \
	do { \
		v0 += v1; v1 = ROTL(v1, 13); v1 ^= v0; v0 = ROTL(v0, 32); \
		v2 += v3; v3 = ROTL(v3, 16); v3 ^= v2; \
		v0 += v3; v3 = ROTL(v3, 21); v3 ^= v0; \
		v2 += v1; v1 = ROTL(v1, 17); v1 ^= v2; v2 = ROTL(v2, 32); \
	} while (0)

uint64_t
dbn_hash_seed(const void *data, size_t n, uint64_t k0, uint64_t k1)
{
	uint64_t v0 = k0 ^ UINT64_C(0x736f6d6570736575), v1 = k1 ^ UINT64_C(0x646f72616e646f6d);
	uint64_t v2 = k0 ^ UINT64_C(0x6c7967656e657261), v3 = k1 ^ UINT64_C(0x7465646279746573);
	const unsigned char *p = data;
	uint64_t m = (uint64_t)n << 56;
	size_t i = 0;

	for (; n - i >= 8; i += 8) {
		uint64_t w;

		memcpy(&w, p + i, 8);
		v3 ^= w;
		SIP_ROUND;
		v0 ^= w;
	}
	for (unsigned shift = 0; i < n; i++, shift += 8)
		m |= (uint64_t)p[i] << shift;
	v3 ^= m;
	SIP_ROUND;
	v0 ^= m;
	v2 ^= 0xff;
	SIP_ROUND;
	SIP_ROUND;
	SIP_ROUND;
	return v0 ^ v1 ^ v2 ^ v3;
}

uint64_t
dbn_hash(const void *p, size_t n)
{
	(void)pthread_once(&key_once, make_key);
	return dbn_hash_seed(p, n, key[0], key[1]);
}

void
dbn_map_init(dbn_map *m)
{
	memset(m, 0, sizeof *m);
}

void
dbn_map_free(dbn_map *m, void (*free_value)(void *value))
{
	for (size_t i = 0; i < m->nbuckets; i++) {
		dbn_map_entry *e = m->buckets[i], *next;

		for (; e; e = next) {
			next = e->next;
			if (free_value)
				free_value(e->value);
			dbn_free(e);
		}
	}
	dbn_free(m->buckets);
	dbn_map_init(m);
}

static dbn_map_entry **
find(const dbn_map *m, dbn_text k, uint64_t hash)
{
	dbn_map_entry **pe = &m->buckets[hash & (m->nbuckets - 1)];

	for (; *pe; pe = &(*pe)->next)
		if ((*pe)->hash == hash && (*pe)->len == k.len &&
			memcmp((*pe)->key, k.ptr ? k.ptr : "", k.len) == 0)
			break;
	return pe;
}

void *
dbn_map_get(const dbn_map *m, dbn_text k)
{
	dbn_map_entry **pe;

	if (!m->nbuckets)
		return NULL;
	pe = find(m, k, dbn_hash(k.ptr, k.len));
	return *pe ? (*pe)->value : NULL;
}

static dbn_status
rehash(dbn_map *m)
{
	size_t n = m->nbuckets ? m->nbuckets * 2 : 16;
	dbn_map_entry **b = dbn_alloc_array(n, sizeof *b);

	if (!b)
		return DBN_E_NOMEM;
	for (size_t i = 0; i < m->nbuckets; i++) {
		dbn_map_entry *e = m->buckets[i], *next;

		for (; e; e = next) {
			next = e->next;
			e->next = b[e->hash & (n - 1)];
			b[e->hash & (n - 1)] = e;
		}
	}
	dbn_free(m->buckets);
	m->buckets = b;
	m->nbuckets = n;
	return DBN_OK;
}

dbn_status
dbn_map_put(dbn_map *m, dbn_text k, void *value, void **old)
{
	uint64_t hash = dbn_hash(k.ptr, k.len);
	dbn_map_entry **pe, *e;

	if (old)
		*old = NULL;
	if (m->count >= m->nbuckets && rehash(m) != DBN_OK)
		return DBN_E_NOMEM;
	pe = find(m, k, hash);
	if (*pe) {
		if (old)
			*old = (*pe)->value;
		(*pe)->value = value;
		return DBN_OK;
	}
	if (k.len > SIZE_MAX - sizeof *e - 1)
		return DBN_E_NOMEM;
	e = dbn_alloc(sizeof *e + k.len + 1);
	if (!e)
		return DBN_E_NOMEM;
	e->next = NULL;
	e->hash = hash;
	e->value = value;
	e->len = k.len;
	if (k.len)
		memcpy(e->key, k.ptr, k.len);
	e->key[k.len] = '\0';
	*pe = e;
	m->count++;
	return DBN_OK;
}

void *
dbn_map_remove(dbn_map *m, dbn_text k)
{
	dbn_map_entry **pe, *e;
	void *value;

	if (!m->nbuckets)
		return NULL;
	pe = find(m, k, dbn_hash(k.ptr, k.len));
	e = *pe;
	if (!e)
		return NULL;
	*pe = e->next;
	value = e->value;
	dbn_free(e);
	m->count--;
	return value;
}

void
dbn_map_each(const dbn_map *m, bool (*visit)(dbn_text k, void *value, void *user), void *user)
{
	for (size_t i = 0; i < m->nbuckets; i++)
		for (dbn_map_entry *e = m->buckets[i]; e; e = e->next) {
			dbn_text k = { e->key, e->len };

			if (!visit(k, e->value, user))
				return;
		}
}
