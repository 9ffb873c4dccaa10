/* SPDX-License-Identifier: MIT */
/*
 * The circuit breaker of a node: after some failures in a row nothing is tried
 * for a while, then one attempt at a time until one succeeds.  Before it opens,
 * attempts wait longer and longer.  Plain data with times from outside: its
 * owner's lock guards it.
 */
#ifndef DBN_POOL_BREAKER_H
#define DBN_POOL_BREAKER_H

#include <dbnexus/types.h>

enum { DBN_BREAKER_CLOSED = 0, DBN_BREAKER_OPEN = 1, DBN_BREAKER_HALF_OPEN = 2 };

typedef struct dbn_breaker {
	uint32_t threshold, state, failures; /* failures in a row */
	uint64_t cooldown_ns;
	uint64_t open_since_ns;          /* not closed: since when */
	uint64_t next_ns;                /* nothing is tried before */
} dbn_breaker;

void dbn_breaker_init(dbn_breaker *b, uint32_t threshold, uint64_t cooldown_ns);
/* May an attempt begin, while `under_way` are?  Half-opens when it is time. */
bool dbn_breaker_allows(dbn_breaker *b, uint64_t now, uint32_t under_way);
void dbn_breaker_worked(dbn_breaker *b);
/* jitter: 0 .. UINT32_MAX, anything. */
void dbn_breaker_failed(dbn_breaker *b, uint64_t now, uint64_t jitter);
const char *dbn_breaker_state(uint32_t state); /* "closed", "open", "half-open" */

#endif
