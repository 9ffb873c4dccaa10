/* SPDX-License-Identifier: MIT */
/*
 * SipHash-2-4 (Aumasson and Bernstein).  Where a row lives follows from it:
 * neither it nor the way keys are fed to it may ever change.
 */
#ifndef SHARD_HASH_HASH_H
#define SHARD_HASH_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t shard_siphash(uint64_t k0, uint64_t k1, const void *p, size_t n);

#endif
