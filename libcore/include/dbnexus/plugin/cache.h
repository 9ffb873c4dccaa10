/* SPDX-License-Identifier: MIT */
/*
 * The border of a cache backend.  It stores what the core made: opaque keys and
 * values, under tags that writes invalidate.  A broken cache is a miss, never an
 * error to the caller of a statement.
 *
 * Freshness: a miss gives a ticket with the generations of the tags as they were
 * before the read; a put whose ticket is outdated is dropped silently (DBN_DONE).
 */
#ifndef DBN_PLUGIN_CACHE_H
#define DBN_PLUGIN_CACHE_H

#include <dbnexus/plugin/host.h>

DBN_BEGIN_DECLS

enum {
	DBN_CACHE_SHARED = 1u << 0,   /* other processes see it */
	DBN_CACHE_DURABLE = 1u << 1   /* survives a restart */
};

/** What get() found for a key. */
enum {
	DBN_CACHE_HIT = 1,            /* value pinned until release() */
	DBN_CACHE_LOAD = 2,           /* you load; ticket given */
	DBN_CACHE_WAIT = 3,           /* another loads: ask again at wait_ns */
	DBN_CACHE_STALE = 4           /* value pinned, expired; ticket given: you may load */
};

/** Generations of the tags before the read; opaque to the core. */
typedef struct dbn_ticket {
	uint64_t id, generation, epoch;
} dbn_ticket;

typedef struct dbn_cache_hit {
	uint32_t struct_size, state;  /* DBN_CACHE_.. */
	dbn_text value;               /* pinned until release() */
	uint64_t wait_ns;
	dbn_ticket ticket;
	void *pin;                    /* the backend's own */
} dbn_cache_hit;

typedef struct dbn_get_opts {
	dbn_call call;
	const dbn_text *tags;         /* of each key the same: what the answer hangs on */
	size_t ntags;
	uint64_t stale_ns;            /* an answer this long past its end may be given; 0: none */
	uint64_t load_ns;             /* how long others wait for a loader; 0: nobody waits */
} dbn_get_opts;

typedef struct dbn_put_opts {
	dbn_call call;
	uint64_t ttl_ns;              /* UINT64_MAX: no end */
	const dbn_text *tags;
	size_t ntags;
	dbn_ticket ticket;
} dbn_put_opts;

/** How invalidate() is meant around a commit (shared caches). */
enum {
	DBN_INVALIDATE_NOW = 0,
	DBN_INVALIDATE_MARK = 1,      /* before the commit: neither fill nor answer */
	DBN_INVALIDATE_RELEASE = 2    /* after it, also on an unknown outcome */
};

typedef struct dbn_cache_stats {
	uint32_t struct_size, reserved0;
	uint64_t hits, misses, puts, dropped, evictions, invalidations, entries, bytes, capacity;
} dbn_cache_stats;

/** Every operation: any thread. */
typedef struct dbn_cache_ops {
	uint32_t struct_size, flags;
	/** Required.  One hit per key; hits[i].struct_size is set by the caller. */
	dbn_status (*get)(void *self, const dbn_text *keys, size_t n, const dbn_get_opts *,
		dbn_cache_hit *hits, dbn_error **err);
	/** Required.  Unpin HIT and STALE; harmless for the others. */
	void (*release)(void *self, dbn_cache_hit *hits, size_t n);
	/** Required.  The value is the parts joined; copied.  DBN_DONE: dropped, outdated. */
	dbn_status (*put)(void *self, dbn_text key, const dbn_text *parts, size_t n,
		const dbn_put_opts *, dbn_error **err);
	/** Required.  The load failed: wake the next. */
	void (*abandon)(void *self, dbn_text key, const dbn_ticket *);
	/** Required.  When it returns, no get() gives a value put before the call. */
	dbn_status (*invalidate)(void *self, const dbn_text *keys, size_t nkeys, const dbn_text *tags,
		size_t ntags, uint32_t how, const dbn_call *, dbn_error **err);
	/** Required.  Forget all keys with the prefix (empty: all). */
	dbn_status (*clear)(void *self, dbn_text prefix, const dbn_call *, dbn_error **err);
	/** Required. */
	void (*stats)(void *self, dbn_cache_stats *out);
} dbn_cache_ops;

DBN_END_DECLS
#endif
