/* SPDX-License-Identifier: MIT */
/*
 * The cache of plans: sixteen stripes, each a hash table under a lock of its
 * own with the plans in order of use, bounded in bytes.  A plan is counted until
 * it is freed, so what sessions hold is within the bound; what they hold between
 * statements (pins) is at most half, so that the other half stays to turn over.
 */
#include <string.h>

#include "base/map.h"
#include "base/str.h"
#include "plan/plan.h"

#define STRIPES 16
#define BUCKETS 256

struct stripe {
	pthread_mutex_t lock;
	dbn_plan *buckets[BUCKETS];
	dbn_plan *newest, *oldest;
	size_t count;
	uint64_t evicted;
	_Atomic size_t bytes, pinned;    /* of what lives; of what has pins */
};

struct dbn_plans {
	size_t max_bytes;                /* of one stripe */
	_Atomic uint32_t pressure;
	struct stripe stripes[STRIPES];
};

dbn_status
dbn_plans_open(size_t max_bytes, dbn_plans **out, dbn_error **err)
{
	dbn_plans *ps = dbn_zalloc(sizeof *ps);

	if (!ps)
		return dbn_fail_nomem(err);
	ps->max_bytes = max_bytes / STRIPES;
	for (int i = 0; i < STRIPES; i++)
		(void)pthread_mutex_init(&ps->stripes[i].lock, NULL);
	*out = ps;
	return DBN_OK;
}

uint64_t
dbn_plan_key(uint64_t view_id, uint64_t conditions, const dbn_catalog *c, dbn_text text)
{
	uint64_t h = dbn_hash(text.ptr, text.len);

	h ^= view_id * UINT64_C(0x9E3779B97F4A7C15);
	h ^= conditions * UINT64_C(0xC2B2AE3D27D4EB4F);
	h ^= (uint64_t)(uintptr_t)c >> 4;
	return h ^ h >> 29;
}

static struct stripe *
stripe_of(dbn_plans *ps, uint64_t hash)
{
	return &ps->stripes[hash >> 60 & (STRIPES - 1)];
}

static void
unlink_order(struct stripe *st, dbn_plan *p)
{
	if (p->newer)
		p->newer->older = p->older;
	else
		st->newest = p->older;
	if (p->older)
		p->older->newer = p->newer;
	else
		st->oldest = p->newer;
}

static void
link_newest(struct stripe *st, dbn_plan *p)
{
	p->newer = NULL;
	p->older = st->newest;
	if (st->newest)
		st->newest->newer = p;
	else
		st->oldest = p;
	st->newest = p;
}

static void
remove_locked(struct stripe *st, dbn_plan *p)
{
	dbn_plan **pp = &st->buckets[p->hash % BUCKETS];

	while (*pp != p)
		pp = &(*pp)->chain;
	*pp = p->chain;
	unlink_order(st, p);
	st->count--;
	dbn_plan_release(p);
}

static dbn_plan *
find_locked(struct stripe *st, uint64_t hash, uint64_t view_id, uint64_t conditions,
	const dbn_catalog *c, dbn_text text)
{
	dbn_plan *p;

	for (p = st->buckets[hash % BUCKETS]; p; p = p->chain)
		if (p->hash == hash && p->view_id == view_id && p->conditions == conditions &&
			p->catalog == c && dbn_text_eq(p->text, text))
			break;
	return p;
}

dbn_plan *
dbn_plans_find(dbn_plans *ps, uint64_t hash, uint64_t view_id, uint64_t conditions,
	const dbn_catalog *c, dbn_text text)
{
	struct stripe *st = stripe_of(ps, hash);
	dbn_plan *p;

	(void)pthread_mutex_lock(&st->lock);
	p = find_locked(st, hash, view_id, conditions, c, text);
	if (p) {
		dbn_plan_retain(p);
		if (p != st->newest) {
			unlink_order(st, p);
			link_newest(st, p);
		}
	}
	(void)pthread_mutex_unlock(&st->lock);
	return p;
}

/* What only the cache holds goes, the oldest first. */
static bool
make_room_locked(const dbn_plans *ps, struct stripe *st, size_t want)
{
	size_t left = st->count;

	while (atomic_load(&st->bytes) + want > ps->max_bytes) {
		dbn_plan *p = st->oldest;

		if (!left--)
			return false;
		if (atomic_load(&p->refs) == 1) { /* new ones come from here, under the lock */
			remove_locked(st, p);
			st->evicted++;
		} else {
			unlink_order(st, p);
			link_newest(st, p);
		}
	}
	return true;
}

bool
dbn_plans_put(dbn_plans *ps, dbn_plan *p)
{
	struct stripe *st = stripe_of(ps, p->hash);
	dbn_plan *old;
	bool kept = true;

	if (p->bytes > ps->max_bytes)
		return false;
	(void)pthread_mutex_lock(&st->lock);
	old = find_locked(st, p->hash, p->view_id, p->conditions, p->catalog, p->text);
	if (old != p) {
		if (old)
			remove_locked(st, old);
		kept = make_room_locked(ps, st, p->bytes);
	}
	if (old != p && kept) {
		dbn_plan_retain(p);
		p->chain = st->buckets[p->hash % BUCKETS];
		st->buckets[p->hash % BUCKETS] = p;
		link_newest(st, p);
		p->counted = &st->bytes;
		atomic_fetch_add(&st->bytes, p->bytes);
		st->count++;
	}
	(void)pthread_mutex_unlock(&st->lock);
	if (!kept)
		atomic_fetch_add(&ps->pressure, 1);
	return kept;
}

bool
dbn_plans_pin(dbn_plans *ps, dbn_plan *p)
{
	struct stripe *st = stripe_of(ps, p->hash);

	if (!p->counted)
		return false;
	if (atomic_fetch_add(&p->pins, 1) != 0 ||
		atomic_fetch_add(&st->pinned, p->bytes) + p->bytes <= ps->max_bytes / 2)
		return true;
	dbn_plans_unpin(ps, p);
	atomic_fetch_add(&ps->pressure, 1);
	return false;
}

void
dbn_plans_unpin(dbn_plans *ps, dbn_plan *p)
{
	if (atomic_fetch_sub(&p->pins, 1) == 1)
		atomic_fetch_sub(&stripe_of(ps, p->hash)->pinned, p->bytes);
}

uint32_t
dbn_plans_pressure(const dbn_plans *ps)
{
	return atomic_load_explicit(&ps->pressure, memory_order_relaxed);
}

void
dbn_plans_clear(dbn_plans *ps)
{
	for (int i = 0; i < STRIPES; i++) {
		struct stripe *st = &ps->stripes[i];

		(void)pthread_mutex_lock(&st->lock);
		while (st->newest)
			remove_locked(st, st->newest);
		(void)pthread_mutex_unlock(&st->lock);
	}
}

void
dbn_plans_close(dbn_plans *ps)
{
	if (!ps)
		return;
	dbn_plans_clear(ps);
	for (int i = 0; i < STRIPES; i++)
		(void)pthread_mutex_destroy(&ps->stripes[i].lock);
	dbn_free(ps);
}

void
dbn_plans_count(dbn_plans *ps, uint64_t *plans, uint64_t *bytes, uint64_t *evicted)
{
	*plans = *bytes = *evicted = 0;
	for (int i = 0; i < STRIPES; i++) {
		struct stripe *st = &ps->stripes[i];

		(void)pthread_mutex_lock(&st->lock);
		*plans += st->count;
		*bytes += atomic_load(&st->bytes);
		*evicted += st->evicted;
		(void)pthread_mutex_unlock(&st->lock);
	}
}
