/* SPDX-License-Identifier: MIT */
/* The real clock and the real sleep of a connection set. */
#include "base/clock.h"
#include "base/futex.h"
#include "base/map.h"
#include "pool/connset.h"
#include "pool/connset_impl.h"

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
	_Atomic uint32_t *word = p->gate ? p->gate : &p->signal;
	uint32_t seen = p->seen, at;

	(void)user;
	if (lock) {
		seen = atomic_load_explicit(&p->signal, memory_order_relaxed);
		(void)pthread_mutex_unlock(lock);
	}
	at = p->gate ? atomic_load(word) : seen;
	if (atomic_load(&p->signal) == seen)
		(void)dbn_futex_wait(word, at, until_ns == UINT64_MAX ? 0 : until_ns,
			p->gate ? p->bit : DBN_FUTEX_ALL);
	if (lock)
		(void)pthread_mutex_lock(lock);
}

static void
unpark(void *user, dbn_parker *p)
{
	(void)user;
	dbn_futex_wake(&p->signal, DBN_FUTEX_ALL);
}

static void
rouse(void *user, _Atomic uint32_t *gate, uint32_t bits)
{
	(void)user;
	(void)atomic_fetch_add(gate, 1);
	dbn_futex_wake(gate, bits);
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
	.now = now, .coarse = coarse, .park = park, .unpark = unpark, .rouse = rouse,
	.jitter = jitter,
};
