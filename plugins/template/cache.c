/* SPDX-License-Identifier: MIT */
/*
 * The smallest cache: a table in which a new entry takes the place of whatever
 * was there, and one generation for all tags: every change makes everything old.
 * Right, if not clever.  SERIAL: the core lets one thread in at a time.
 */
#include "fail.h"
#include <dbnexus/plugin/cache.h>

struct settings {
	int64_t entries;
};
static const dbn_conf_item conf[] = {
	{ "entries", "256", "entries kept", NULL, DBN_CONF_INT, 0,
		1, 100000, offsetof(struct settings, entries), 0, { NULL, 0, 0 } },
};

/* Alive while it is in the table or pinned; key and value follow it. */
struct entry {
	uint64_t generation, expires_ns;
	size_t nkey, nvalue;
	uint32_t refs, reserved0;
};
struct cache {
	const dbn_host *host;
	struct entry **table;
	size_t n;
	uint64_t generation;            /* moves when anything is invalidated */
	uint32_t marks;                 /* MARK without its RELEASE: do not answer */
	dbn_cache_stats stats;
};

static char *
bytes_of(struct entry *e)
{
	return (char *)(e + 1);
}

static void
unref(struct cache *c, struct entry *e)
{
	if (e && --e->refs == 0) {
		c->stats.bytes -= sizeof *e + e->nkey + e->nvalue;
		c->host->release(c->host, e);
	}
}

static void
forget(struct cache *c, size_t i)
{
	if (!c->table[i])
		return;
	c->stats.entries--;
	unref(c, c->table[i]);
	c->table[i] = NULL;
}

static dbn_status
create(const dbn_create_info *info, void **self, dbn_error **err)
{
	const struct settings *settings = info->settings;
	struct cache *c = zalloc(info->host, sizeof *c);

	if (!c)
		return fail(info->host, err, DBN_E_NOMEM, "out of memory");
	c->host = info->host;
	c->n = (size_t)settings->entries;
	c->generation = 1;
	c->table = zalloc(info->host, c->n * sizeof *c->table);
	if (!c->table) {
		info->host->release(info->host, c);
		return fail(info->host, err, DBN_E_NOMEM, "out of memory");
	}
	*self = c;
	return DBN_OK;
}

static void
destroy(void *self)
{
	struct cache *c = self;
	const dbn_host *host = c->host;

	for (size_t i = 0; i < c->n; i++)
		forget(c, i);
	host->release(host, c->table);
	host->release(host, c);
}

/* FNV-1a: keys come from the core, nobody can choose them to collide. */
static size_t
slot_of(const struct cache *c, dbn_text key)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < key.len; i++)
		h = (h ^ (unsigned char)key.ptr[i]) * UINT64_C(1099511628211);
	return (size_t)(h % c->n);
}

static struct entry *
find(struct cache *c, dbn_text key)
{
	struct entry *e = c->table[slot_of(c, key)];

	if (!e || e->nkey != key.len || memcmp(bytes_of(e), key.ptr, key.len) != 0)
		return NULL;
	if (e->generation != c->generation || c->host->now_ns(c->host) >= e->expires_ns)
		return NULL;
	return e;
}

static dbn_status
get(void *self, const dbn_text *keys, size_t n, const dbn_get_opts *opts, dbn_cache_hit *hits,
	dbn_error **err)
{
	struct cache *c = self;

	(void)opts;
	(void)err;
	for (size_t i = 0; i < n; i++) {
		struct entry *e = c->marks ? NULL : find(c, keys[i]);

		hits[i].pin = e;
		if (e) {
			e->refs++;
			hits[i].state = DBN_CACHE_HIT;
			hits[i].value.ptr = bytes_of(e) + e->nkey;
			hits[i].value.len = e->nvalue;
			c->stats.hits++;
		} else {
			hits[i].state = DBN_CACHE_LOAD;
			hits[i].ticket.generation = c->generation;
			c->stats.misses++;
		}
	}
	return DBN_OK;
}

static void
release(void *self, dbn_cache_hit *hits, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unref(self, hits[i].pin);
		hits[i].pin = NULL;
	}
}

static dbn_status
put(void *self, dbn_text key, const dbn_text *parts, size_t n, const dbn_put_opts *opts,
	dbn_error **err)
{
	struct cache *c = self;
	size_t bytes = 0, i = slot_of(c, key);
	uint64_t now = c->host->now_ns(c->host);
	struct entry *e;
	char *at;

	if (c->marks || opts->ticket.generation != c->generation) {
		c->stats.dropped++;
		return DBN_DONE;
	}
	for (size_t p = 0; p < n; p++)
		if (__builtin_add_overflow(bytes, parts[p].len, &bytes))
			return DBN_DONE;
	if (bytes > ((size_t)1 << 30) || key.len > ((size_t)1 << 20))
		return DBN_DONE;
	e = zalloc(c->host, sizeof *e + key.len + bytes);
	if (!e)
		return fail(c->host, err, DBN_E_NOMEM, "out of memory");
	e->generation = c->generation;
	e->expires_ns = opts->ttl_ns > UINT64_MAX - now ? UINT64_MAX : now + opts->ttl_ns;
	e->nkey = key.len;
	e->nvalue = bytes;
	e->refs = 1;
	at = bytes_of(e);
	memcpy(at, key.ptr, key.len);
	at += key.len;
	for (size_t p = 0; p < n; p++) {
		if (parts[p].len)
			memcpy(at, parts[p].ptr, parts[p].len);
		at += parts[p].len;
	}
	forget(c, i);
	c->table[i] = e;
	c->stats.puts++;
	c->stats.entries++;
	c->stats.bytes += sizeof *e + e->nkey + e->nvalue;
	return DBN_OK;
}

static void
abandon(void *self, dbn_text key, const dbn_ticket *ticket)
{
	(void)self;
	(void)key;
	(void)ticket;
}

static dbn_status
invalidate(void *self, const dbn_text *keys, size_t nkeys, const dbn_text *tags, size_t ntags,
	uint32_t how, const dbn_call *call, dbn_error **err)
{
	struct cache *c = self;

	(void)keys;
	(void)nkeys;
	(void)tags;
	(void)ntags;
	(void)call;
	(void)err;
	if (how == DBN_INVALIDATE_MARK)
		c->marks++;
	else if (how == DBN_INVALIDATE_RELEASE && c->marks)
		c->marks--;
	c->generation++;
	c->stats.invalidations++;
	return DBN_OK;
}

static dbn_status
clear(void *self, dbn_text prefix, const dbn_call *call, dbn_error **err)
{
	struct cache *c = self;

	(void)call;
	(void)err;
	for (size_t i = 0; i < c->n; i++) {
		struct entry *e = c->table[i];

		if (e && e->nkey >= prefix.len && (!prefix.len ||
			memcmp(bytes_of(e), prefix.ptr, prefix.len) == 0))
			forget(c, i);
	}
	c->generation++; /* what is being loaded now is old, too */
	return DBN_OK;
}

static void
stats(void *self, dbn_cache_stats *out)
{
	const struct cache *c = self;
	uint32_t size = out->struct_size < sizeof c->stats ? out->struct_size :
		(uint32_t)sizeof c->stats;
	dbn_cache_stats now = c->stats;

	now.struct_size = size;
	memcpy(out, &now, size);
}

static const dbn_cache_ops ops = {
	(uint32_t)sizeof(dbn_cache_ops), 0, get, release, put, abandon, invalidate, clear, stats,
};

DBN_PLUGIN(DBN_KIND_CACHE, DBN_THREADS_SERIAL, 0, "template", "1.0",
	DBN_CONF_ITEMS(conf), sizeof(struct settings), create, NULL, NULL, NULL, destroy, NULL, &ops);
