/* SPDX-License-Identifier: MIT */
/*
 * The core's side of the result cache, around one backend: keys, encoded
 * results, tags.  A cache that fails is a miss, said once a minute in the log;
 * if it fails to invalidate it is not asked again until it could be cleared.
 * Cached bytes are not trusted: a decoder checks every length it reads.
 *
 * dbn_cache: any thread.  Keys, fills and cached results: one thread at a time.
 */
#ifndef DBN_CACHE_H
#define DBN_CACHE_H

#include "base/mem.h"
#include "base/str.h"
#include "crypto/crypto.h"
#include <dbnexus/plugin/cache.h>
#include <dbnexus/plugin/driver.h>

/* ---- the key of one execution ---- */
#define DBN_CACHE_KEY_MAX 256 /* longer ones are hashed */

/* Kept by a session and used again; nothing is allocated but for long keys. */
typedef struct dbn_cache_key {
	size_t len;
	dbn_hasher *hasher; /* of long keys, kept */
	bool hashing, failed;
	char buf[DBN_CACHE_KEY_MAX];
} dbn_cache_key;

void dbn_cache_key_init(dbn_cache_key *k);
void dbn_cache_key_free(dbn_cache_key *k);
/* Start: the plan digest, the condition bits, the epochs it is valid for. */
void dbn_cache_key_begin(dbn_cache_key *k, const dbn_digest *plan, uint64_t conditions,
	const uint64_t *epochs, size_t nepochs);
/* A group of values, unambiguous also in how many they are: once for the bound
 * values, once for those of the subject. */
void dbn_cache_key_values(dbn_cache_key *k, const dbn_value *v, size_t n);
/* Tied to k; ptr NULL: this execution cannot be cached. */
dbn_text dbn_cache_key_end(dbn_cache_key *k);

/* ---- an answer on its way in ---- */
typedef struct dbn_cache_fill {
	dbn_str bytes, index;
	uint32_t ncolumns, nrows;
	dbn_status status;  /* DBN_OK; DBN_E_LIMIT: too large; DBN_E_NOMEM, DBN_E_UNSUPPORTED */
	char head[40];
} dbn_cache_fill;

void dbn_cache_fill_init(dbn_cache_fill *f);
void dbn_cache_fill_free(dbn_cache_fill *f);
/* columns: dbn_column_info.  Keeps its memory between uses. */
dbn_status dbn_cache_fill_begin(dbn_cache_fill *f, const dbn_array *columns, size_t max_bytes);
/* Copies one row; after a failure the rest is ignored and put() abandons. */
dbn_status dbn_cache_fill_row(dbn_cache_fill *f, const dbn_value *cells);

/* ---- the cache ---- */
typedef struct dbn_cache dbn_cache;

/* First match wins.  relation: "*", "name", "schema.name", "database.schema.name",
 * each part may be "*".  ttl_ns 0: never cached; UINT64_MAX: no end. */
typedef struct dbn_cache_rule {
	dbn_text relation;
	uint64_t ttl_ns;
} dbn_cache_rule;

typedef struct dbn_cache_conf {
	dbn_text name;             /* instance, for messages */
	void *self;                /* kept until dbn_cache_close(); not destroyed by it */
	const dbn_cache_ops *ops;
	uint64_t ttl_ns;           /* where no rule matches */
	const dbn_cache_rule *rules; /* copied */
	size_t nrules;
	size_t max_result;         /* bytes of one encoded result; 0: 1 MiB */
} dbn_cache_conf;

dbn_status dbn_cache_open(const dbn_cache_conf *conf, dbn_cache **out, dbn_error **err);
void dbn_cache_close(dbn_cache *c);
size_t dbn_cache_max_result(const dbn_cache *c);
/* The shortest time to live of the relations ("database.schema.name" each);
 * 0: do not cache.  For the plan, not the hot path. */
uint64_t dbn_cache_ttl(const dbn_cache *c, const dbn_text *relations, size_t n);

/* What a lookup found. */
enum {
	DBN_CACHED_HIT = 1,
	DBN_CACHED_MISS = 2, /* ticket given: fill and put, or abandon */
	DBN_CACHED_OFF = 3   /* run it and do not fill */
};

typedef struct dbn_cached {
	dbn_cache *cache;
	dbn_cache_hit hit;
	dbn_ticket ticket;
	const uint8_t *base, *rows, *index, *columns;
	size_t len;
	uint32_t ncolumns, nrows;
	dbn_arena arena;    /* arrays and intervals of the current row */
} dbn_cached;

/* Ask.  tags: the relations the answer hangs on, "database.schema.name" each,
 * in the same order as for the put.  deadline_ns as dbn_call; the backend is
 * not waited for longer.  HIT: close with dbn_cached_close(). */
uint32_t dbn_cache_lookup(dbn_cache *c, dbn_text key, const dbn_text *tags, size_t ntags,
	uint64_t deadline_ns, dbn_cached *out);
void dbn_cached_close(dbn_cached *h); /* unpins; harmless on any other state */
/* Column i of the hit; false: damaged bytes. */
bool dbn_cached_column(const dbn_cached *h, uint32_t i, dbn_column_info *out);
/* Row i (0..nrows-1) into ncolumns cells.  Text and bytes point into the hit
 * until it is closed, arrays and intervals until the next row.  DBN_E_INTEGRITY:
 * damaged bytes: close, forget, run the statement. */
dbn_status dbn_cached_row(dbn_cached *h, uint32_t i, dbn_value *cells);

/* Store; DBN_OK stored, DBN_DONE dropped (outdated, too large, cache broken). */
dbn_status dbn_cache_put(dbn_cache *c, dbn_text key, dbn_cache_fill *f, const dbn_text *tags,
	size_t ntags, uint64_t ttl_ns, const dbn_ticket *ticket);
void dbn_cache_abandon(dbn_cache *c, dbn_text key, const dbn_ticket *ticket);
/* Forget one entry (damaged bytes). */
void dbn_cache_forget(dbn_cache *c, dbn_text key);
/* Relations changed.  how: DBN_INVALIDATE_NOW; _MARK before a commit and
 * _RELEASE after it where dbn_cache_shared().  A MARK that fails is an error:
 * the commit must not go on (DBN_E_CONN).  The others never fail. */
dbn_status dbn_cache_invalidate(dbn_cache *c, const dbn_text *tags, size_t ntags, uint32_t how,
	uint64_t deadline_ns, dbn_error **err);
bool dbn_cache_shared(const dbn_cache *c);
dbn_status dbn_cache_clear(dbn_cache *c, dbn_error **err);
void dbn_cache_get_stats(dbn_cache *c, dbn_cache_stats *out);

#endif
