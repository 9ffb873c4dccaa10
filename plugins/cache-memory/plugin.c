/* SPDX-License-Identifier: MIT */
/*
 * cache-memory: the operations.  One lock at a time, never across a call to the
 * host but its allocator.  Nothing here knows what keys and values mean.
 */
#include "memory.h"

#include <stdarg.h>
#include <stdlib.h>
#include <sys/random.h>
#include "hash.h"

#define SHARD_MIN  ((uint64_t)1 << 20) /* bytes: fewer shards rather than smaller ones */
#define OVERHEAD   16u                 /* of the allocator, about */
#define SWEEP_NS   UINT64_C(1000000000)
#define WAIT_NS    UINT64_C(1000000)

typedef struct settings {
	uint64_t capacity;
	int64_t shards;
} settings;

static const dbn_conf_item conf[] = {
	{ .name = "capacity", .deflt = "64 MiB", .help = "bytes that entries may take together",
	  .type = DBN_CONF_SIZE, .flags = 0, .min = 65536, .max = INT64_MAX,
	  .offset = offsetof(settings, capacity) },
	{ .name = "shards", .deflt = "16",
	  .help = "parts with a lock each; fewer are made where a part would be below 1 MiB",
	  .type = DBN_CONF_INT, .flags = 0, .min = 1, .max = 1024,
	  .offset = offsetof(settings, shards) }
};

static dbn_status fail(const dbn_host *host, dbn_error **err, dbn_status status, const char *fmt, ...)
	DBN_PRINTF(4, 5);

static dbn_status
fail(const dbn_host *host, dbn_error **err, dbn_status status, const char *fmt, ...)
{
	dbn_fail_info info = { .struct_size = sizeof(info), .status = status };
	va_list ap;

	va_start(ap, fmt);
	status = host->fail(host, err, &info, fmt, ap);
	va_end(ap);
	return status;
}

static void
release(memory *m, void *p)
{
	if (p)
		m->host->release(m->host, p);
}

static void
memory_destroy(void *self)
{
	memory *m = self;

	for (uint32_t i = 0; m->shards && i < m->nshards; i++) {
		shard *s = &m->shards[i];

		while (s->newest)
			memory_remove_locked(m, s, s->newest);
		release(m, s->buckets);
		pthread_mutex_destroy(&s->lock);
	}
	release(m, m->shards);
	release(m, m->generations);
	release(m, m->marks);
	release(m, m);
}

static void *
zeroed(const dbn_host *host, size_t n)
{
	void *p = host->alloc(host, n);

	return p ? memset(p, 0, n) : NULL;
}

static dbn_status
memory_create(const dbn_create_info *info, void **self, dbn_error **err)
{
	const settings *set = info->settings;
	const dbn_host *host = info->host;
	memory *m = zeroed(host, sizeof(*m));
	uint32_t n = 1;

	*self = NULL;
	if (!m)
		return fail(host, err, DBN_E_NOMEM, "no memory for a cache");
	m->host = host;
	while (n * 2 <= (uint64_t)set->shards && set->capacity / (n * 2) >= SHARD_MIN)
		n *= 2;
	m->shards = zeroed(host, n * sizeof(*m->shards));
	m->generations = zeroed(host, MEMORY_TAGS * sizeof(*m->generations));
	m->marks = zeroed(host, MEMORY_TAGS * sizeof(*m->marks));
	if (!m->shards || !m->generations || !m->marks) {
		memory_destroy(m);
		return fail(host, err, DBN_E_NOMEM, "no memory for a cache of %u parts", n);
	}
	m->nshards = n;
	for (uint32_t i = 0; i < n; i++) {
		pthread_mutex_init(&m->shards[i].lock, NULL);
		m->shards[i].capacity = (size_t)(set->capacity / n);
	}
	if (getrandom(m->seed, sizeof(m->seed), 0) != (ssize_t)sizeof(m->seed)) {
		memory_destroy(m);
		return fail(host, err, DBN_E_INTERNAL, "no random bytes for the hash");
	}
	*self = m;
	return DBN_OK;
}

/* ---- get ---- */

/* May the caller load, or does another do so already? */
static void
claim_load_locked(shard *s, uint64_t hash, uint64_t now, uint64_t load_ns, dbn_cache_hit *hit)
{
	loader *spare = NULL;

	for (uint32_t i = 0; i < MEMORY_LOADERS; i++) {
		loader *l = &s->loaders[i];

		if (l->until_ns <= now) {
			spare = l;
		} else if (l->hash == hash) {
			hit->state = DBN_CACHE_WAIT;
			hit->wait_ns = now + WAIT_NS < l->until_ns ? now + WAIT_NS : l->until_ns;
			return;
		}
	}
	if (spare) {
		spare->hash = hash;
		spare->until_ns = load_ns < UINT64_MAX - now ? now + load_ns : UINT64_MAX;
	}
}

static void
release_load_locked(shard *s, uint64_t hash)
{
	for (uint32_t i = 0; i < MEMORY_LOADERS; i++)
		if (s->loaders[i].hash == hash)
			s->loaders[i].until_ns = 0;
}

/* An entry that may be given; *stale: only as such.  Drops what is outdated. */
static entry *
usable_locked(memory *m, shard *s, uint64_t hash, dbn_text key, uint64_t stale_ns, uint64_t *now,
	bool *stale)
{
	entry *e = memory_find_locked(s, hash, key);

	*stale = false;
	if (!e)
		return NULL;
	if (!memory_current(m, e)) {
		memory_remove_locked(m, s, e);
		return NULL;
	}
	if (e->expires_ns == UINT64_MAX)
		return e;
	if (!*now)
		*now = m->host->now_ns(m->host);
	if (*now < e->expires_ns)
		return e;
	*stale = true;
	if (stale_ns && *now - e->expires_ns < stale_ns)
		return e;
	if (!stale_ns)
		memory_remove_locked(m, s, e);
	return NULL;
}

static void
get_one(memory *m, dbn_text key, const dbn_get_opts *o, uint64_t *now, dbn_cache_hit *hit)
{
	uint64_t hash = hash_bytes(m->seed, key.ptr, key.len);
	shard *s = memory_shard(m, hash);
	bool stale;
	entry *e;

	hit->pin = NULL;
	hit->wait_ns = 0;
	hit->value.ptr = NULL;
	hit->value.len = 0;
	memset(&hit->ticket, 0, sizeof(hit->ticket));
	pthread_mutex_lock(&s->lock);
	e = usable_locked(m, s, hash, key, o->stale_ns, now, &stale);
	if (e) {
		atomic_fetch_add_explicit(&e->refs, 1, memory_order_relaxed);
		hit->pin = e;
		hit->value.ptr = memory_value(e);
		hit->value.len = e->value_len;
		memory_touch_locked(s, e);
	}
	if (e && !stale) {
		hit->state = DBN_CACHE_HIT;
		s->stats.hits++;
	} else {
		hit->state = e ? DBN_CACHE_STALE : DBN_CACHE_LOAD;
		s->stats.misses++;
		/* Before the read that the caller makes now. */
		hit->ticket.generation = memory_generation(m, o->tags, o->ntags);
		hit->ticket.epoch = atomic_load(&m->epoch);
		hit->ticket.id = s->key_generation;
		if (!e && o->load_ns) {
			if (!*now)
				*now = m->host->now_ns(m->host);
			claim_load_locked(s, hash, *now, o->load_ns, hit);
		}
	}
	pthread_mutex_unlock(&s->lock);
}

static dbn_status
memory_get(void *self, const dbn_text *keys, size_t n, const dbn_get_opts *o, dbn_cache_hit *hits,
	dbn_error **err)
{
	uint64_t now = 0;

	(void)err;
	for (size_t i = 0; i < n; i++)
		get_one(self, keys[i], o, &now, &hits[i]);
	return DBN_OK;
}

static void
memory_release(void *self, dbn_cache_hit *hits, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (hits[i].pin)
			memory_unpin(self, hits[i].pin);
		hits[i].pin = NULL;
	}
}

/* ---- put ---- */

/* A new entry with one reference; NULL: no memory, or too large. */
static entry *
make_entry(memory *m, uint64_t hash, dbn_text key, const dbn_text *parts, size_t n,
	const dbn_put_opts *o)
{
	size_t bytes = sizeof(entry), value = 0;
	uint64_t now;
	entry *e;
	char *to;

	for (size_t i = 0; i < n; i++)
		if (__builtin_add_overflow(value, parts[i].len, &value))
			return NULL;
	if (o->ntags > UINT32_MAX / sizeof(uint32_t) || key.len > UINT32_MAX ||
	    __builtin_add_overflow(bytes, o->ntags * sizeof(uint32_t), &bytes) ||
	    __builtin_add_overflow(bytes, key.len, &bytes) ||
	    __builtin_add_overflow(bytes, value, &bytes) ||
	    bytes > m->shards[0].capacity / 2)
		return NULL;
	e = m->host->alloc(m->host, bytes);
	if (!e)
		return NULL;
	e->hash = hash;
	e->generation = o->ticket.generation;
	e->epoch = o->ticket.epoch;
	e->bytes = bytes + OVERHEAD;
	atomic_init(&e->refs, 1);
	e->ntags = (uint32_t)o->ntags;
	e->key_len = (uint32_t)key.len;
	e->value_len = value;
	e->expires_ns = UINT64_MAX;
	if (o->ttl_ns != UINT64_MAX) {
		now = m->host->now_ns(m->host);
		if (o->ttl_ns < UINT64_MAX - now)
			e->expires_ns = now + o->ttl_ns;
	}
	for (size_t i = 0; i < o->ntags; i++)
		e->tags[i] = memory_tag(m, o->tags[i]);
	to = (char *)(e->tags + e->ntags);
	memcpy(to, key.ptr, key.len);
	to += key.len;
	for (size_t i = 0; i < n; i++) {
		if (parts[i].len)
			memcpy(to, parts[i].ptr, parts[i].len);
		to += parts[i].len;
	}
	return e;
}

static bool
outdated(const memory *m, const dbn_put_opts *o)
{
	return o->ticket.epoch != atomic_load(&m->epoch) ||
		o->ticket.generation != memory_generation(m, o->tags, o->ntags) ||
		memory_marked(m, o->tags, o->ntags);
}

static dbn_status
memory_put(void *self, dbn_text key, const dbn_text *parts, size_t n, const dbn_put_opts *o,
	dbn_error **err)
{
	memory *m = self;
	uint64_t hash = hash_bytes(m->seed, key.ptr, key.len);
	shard *s = memory_shard(m, hash);
	entry *e = NULL, *old;
	bool stored = false;

	(void)err;
	if (o->ttl_ns && !outdated(m, o))
		e = make_entry(m, hash, key, parts, n, o);
	pthread_mutex_lock(&s->lock);
	release_load_locked(s, hash);
	if (e && o->ticket.id == s->key_generation) {
		old = memory_find_locked(s, hash, key);
		if (old)
			memory_remove_locked(m, s, old);
		stored = memory_insert_locked(m, s, e);
	}
	if (stored)
		s->stats.puts++;
	else
		s->stats.dropped++;
	pthread_mutex_unlock(&s->lock);
	if (e && !stored)
		m->host->release(m->host, e);
	return stored ? DBN_OK : DBN_DONE;
}

static void
memory_abandon(void *self, dbn_text key, const dbn_ticket *ticket)
{
	memory *m = self;
	uint64_t hash = hash_bytes(m->seed, key.ptr, key.len);
	shard *s = memory_shard(m, hash);

	(void)ticket;
	pthread_mutex_lock(&s->lock);
	release_load_locked(s, hash);
	pthread_mutex_unlock(&s->lock);
}

/* ---- invalidate ---- */

static void
drop_key(memory *m, dbn_text key)
{
	uint64_t hash = hash_bytes(m->seed, key.ptr, key.len);
	shard *s = memory_shard(m, hash);
	entry *e;

	pthread_mutex_lock(&s->lock);
	s->key_generation++; /* a load that runs now may have read the old value */
	s->stats.invalidations++;
	e = memory_find_locked(s, hash, key);
	if (e)
		memory_remove_locked(m, s, e);
	pthread_mutex_unlock(&s->lock);
}

static dbn_status
memory_invalidate(void *self, const dbn_text *keys, size_t nkeys, const dbn_text *tags, size_t ntags,
	uint32_t how, const dbn_call *call, dbn_error **err)
{
	memory *m = self;

	(void)call;
	if (how > DBN_INVALIDATE_RELEASE)
		return fail(m->host, err, DBN_E_INVALID, "an unknown way to invalidate: %u", how);
	for (size_t i = 0; i < ntags; i++)
		memory_move_tag(m, tags[i], how);
	for (size_t i = 0; i < nkeys; i++)
		drop_key(m, keys[i]);
	if (ntags) {
		pthread_mutex_lock(&m->shards[0].lock);
		m->shards[0].stats.invalidations += ntags;
		pthread_mutex_unlock(&m->shards[0].lock);
	}
	return DBN_OK;
}

static dbn_status
memory_clear(void *self, dbn_text prefix, const dbn_call *call, dbn_error **err)
{
	memory *m = self;

	(void)call;
	(void)err;
	if (prefix.len == 0) /* what is being loaded must not come back either */
		atomic_fetch_add(&m->epoch, 1);
	for (uint32_t i = 0; i < m->nshards; i++) {
		shard *s = &m->shards[i];
		entry *e, *older;

		pthread_mutex_lock(&s->lock);
		s->key_generation++;
		for (e = s->newest; e; e = older) {
			older = e->older;
			if (e->key_len >= prefix.len &&
			    (prefix.len == 0 || memcmp(memory_key(e), prefix.ptr, prefix.len) == 0))
				memory_remove_locked(m, s, e);
		}
		pthread_mutex_unlock(&s->lock);
	}
	return DBN_OK;
}

static void
memory_stats(void *self, dbn_cache_stats *out)
{
	memory *m = self;
	dbn_cache_stats sum = { .struct_size = sizeof(sum) };
	uint32_t size = out->struct_size;

	for (uint32_t i = 0; i < m->nshards; i++) {
		shard *s = &m->shards[i];

		pthread_mutex_lock(&s->lock);
		sum.hits += s->stats.hits;
		sum.misses += s->stats.misses;
		sum.puts += s->stats.puts;
		sum.dropped += s->stats.dropped;
		sum.evictions += s->stats.evictions;
		sum.invalidations += s->stats.invalidations;
		sum.entries += s->count;
		sum.bytes += s->bytes;
		sum.capacity += s->capacity;
		pthread_mutex_unlock(&s->lock);
	}
	sum.struct_size = size;
	memcpy(out, &sum, size < sizeof(sum) ? size : sizeof(sum));
}

/* Free what nobody will be given any more, one shard a second. */
static dbn_status
memory_maintain(void *self, uint64_t now_ns, uint64_t *next_ns, dbn_error **err)
{
	memory *m = self;
	shard *s = &m->shards[m->sweep++ & (m->nshards - 1)];
	entry *e, *newer;

	(void)err;
	pthread_mutex_lock(&s->lock);
	for (e = s->oldest; e; e = newer) {
		newer = e->newer;
		if (now_ns >= e->expires_ns || !memory_current(m, e))
			memory_remove_locked(m, s, e);
	}
	pthread_mutex_unlock(&s->lock);
	*next_ns = now_ns + SWEEP_NS;
	return DBN_OK;
}

static const dbn_cache_ops ops = {
	.struct_size = sizeof(dbn_cache_ops), .flags = 0,
	.get = memory_get, .release = memory_release, .put = memory_put, .abandon = memory_abandon,
	.invalidate = memory_invalidate, .clear = memory_clear, .stats = memory_stats
};

DBN_PLUGIN(DBN_KIND_CACHE, DBN_THREADS_PARALLEL, 0, "memory", "0.1.0", DBN_CONF_ITEMS(conf),
	sizeof(settings), memory_create, NULL, NULL, memory_maintain, memory_destroy, NULL, &ops);
