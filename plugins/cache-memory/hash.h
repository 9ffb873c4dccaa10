/* SPDX-License-Identifier: MIT */
/*
 * SipHash-1-3 (Aumasson and Bernstein), keyed per instance: keys hold values
 * that users choose, so they must not be able to choose colliding ones.
 */
#ifndef CACHE_MEMORY_HASH_H
#define CACHE_MEMORY_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t
hash_rotl(uint64_t x, unsigned b)
{
	return x << b | x >> (64 - b);
}

static inline void
hash_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = hash_rotl(v[1], 13) ^ v[0];
	v[3] = hash_rotl(v[3], 16) ^ v[2];
	v[0] = hash_rotl(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = hash_rotl(v[1], 17) ^ v[2];
	v[3] = hash_rotl(v[3], 21) ^ v[0];
	v[2] = hash_rotl(v[2], 32);
}

static inline uint64_t
hash_bytes(const uint64_t key[2], const void *p, size_t n)
{
	uint64_t v[4] = {
		key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du,
		key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u
	};
	const unsigned char *b = p;
	uint64_t m, last = (uint64_t)n << 56;
	size_t i;

	for (i = 0; i + 8 <= n; i += 8) {
		memcpy(&m, b + i, 8);
		v[3] ^= m;
		hash_round(v);
		v[0] ^= m;
	}
	for (unsigned s = 0; i < n; i++, s += 8)
		last |= (uint64_t)b[i] << s;
	v[3] ^= last;
	hash_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	hash_round(v);
	hash_round(v);
	hash_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

#endif
