/* SPDX-License-Identifier: MIT */
/* The states of a circuit breaker; see breaker.h. */
#include "pool/breaker.h"

#define FIRST_PAUSE UINT64_C(10000000) /* after the first failure; doubles */

void
dbn_breaker_init(dbn_breaker *b, uint32_t threshold, uint64_t cooldown_ns)
{
	*b = (dbn_breaker){ .threshold = threshold ? threshold : 1, .cooldown_ns = cooldown_ns };
}

bool
dbn_breaker_allows(dbn_breaker *b, uint64_t now, uint32_t under_way)
{
	if (now < b->next_ns)
		return false;
	if (b->state == DBN_BREAKER_CLOSED)
		return true;
	if (under_way)
		return false;
	b->state = DBN_BREAKER_HALF_OPEN;
	return true;
}

void
dbn_breaker_worked(dbn_breaker *b)
{
	b->state = DBN_BREAKER_CLOSED;
	b->failures = 0;
	b->next_ns = 0;
}

void
dbn_breaker_failed(dbn_breaker *b, uint64_t now, uint64_t jitter)
{
	uint64_t pause = FIRST_PAUSE;

	if (b->failures < UINT32_MAX)
		b->failures++;
	for (uint32_t i = 1; i < b->failures && pause < b->cooldown_ns; i++)
		pause *= 2;
	if (pause > b->cooldown_ns)
		pause = b->cooldown_ns;
	if (b->state == DBN_BREAKER_HALF_OPEN ||
		(b->state == DBN_BREAKER_CLOSED && b->failures >= b->threshold)) {
		if (b->state == DBN_BREAKER_CLOSED)
			b->open_since_ns = now;
		b->state = DBN_BREAKER_OPEN;
		pause = b->cooldown_ns;
	}
	/* up to a quarter less, so that those who failed together do not meet again */
	b->next_ns = now + pause - (pause / 4 ? jitter % (pause / 4) : 0);
}

const char *
dbn_breaker_state(uint32_t state)
{
	return state == DBN_BREAKER_CLOSED ? "closed" : state == DBN_BREAKER_OPEN ? "open" :
		"half-open";
}
