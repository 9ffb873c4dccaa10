/* SPDX-License-Identifier: MIT */
/* The real clock and the real sleep of a connection set. */
#include <time.h>

#include "base/clock.h"
#include "base/map.h"
#include "pool/connset.h"
#include "pool/connset_impl.h"

void
dbn_parker__init(dbn_parker *p)
{
	pthread_condattr_t attr;

	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&p->cond, &attr);
	(void)pthread_condattr_destroy(&attr);
	p->own = NULL;
}

void
dbn_parker__fini(dbn_parker *p)
{
	(void)pthread_cond_destroy(&p->cond);
}

static uint64_t
now(void *user)
{
	(void)user;
	return dbn_now_ns();
}

static uint64_t
coarse(void *user)
{
	(void)user;
	return dbn_coarse_ns();
}

static void
park(void *user, pthread_mutex_t *lock, dbn_parker *p, uint64_t until_ns)
{
	struct timespec until = { (time_t)(until_ns / 1000000000u), (long)(until_ns % 1000000000u) };

	(void)user;
	if (until_ns == UINT64_MAX)
		(void)pthread_cond_wait(&p->cond, lock);
	else
		(void)pthread_cond_timedwait(&p->cond, lock, &until);
}

static void
unpark(void *user, dbn_parker *p)
{
	(void)user;
	(void)pthread_cond_broadcast(&p->cond);
}

static uint64_t
jitter(void *user, uint64_t below)
{
	static _Atomic uint64_t count;
	uint64_t seed[2] = { dbn_now_ns(), atomic_fetch_add(&count, 1) };

	(void)user;
	return below ? dbn_hash(seed, sizeof seed) % below : 0;
}

const dbn_pool_env dbn_pool_env_real = {
	.now = now, .coarse = coarse, .park = park, .unpark = unpark, .jitter = jitter,
};
