/* SPDX-License-Identifier: MIT */
/*
 * Talking to a cache backend.  What it fails to do is a miss, said in the log
 * at most once a minute.  A failed invalidation is worse than a miss, as old
 * answers would stay: the cache is then suspect and not asked again until
 * clear() has succeeded, tried at most once a second.  No locks.
 */
#include "cache/cache.h"

#include <stdatomic.h>
#include <string.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/name.h"
#include "cache/decode.h"
#include "cache/result.h"
#include "error/error.h"

#define SECOND UINT64_C(1000000000)

struct dbn_cache {
	void *self;
	const dbn_cache_ops *ops;
	char *name;
	dbn_cache_rule *rules; /* texts behind the array, one block */
	size_t nrules, max_result;
	uint64_t ttl_ns;
	/* Invalidations that failed, and how many of them a clear() made up for:
	 * suspect while they differ. */
	_Atomic uint64_t failures, cured;
	_Atomic uint64_t next_log, next_try;
};

static dbn_status
copy_rules(dbn_cache *c, const dbn_cache_conf *conf)
{
	size_t bytes = 0;
	char *text;

	if (conf->nrules == 0)
		return DBN_OK;
	if (conf->nrules > SIZE_MAX / 2 / sizeof(*c->rules))
		return DBN_E_NOMEM;
	for (size_t i = 0; i < conf->nrules; i++)
		if (__builtin_add_overflow(bytes, conf->rules[i].relation.len, &bytes))
			return DBN_E_NOMEM;
	if (__builtin_add_overflow(bytes, conf->nrules * sizeof(*c->rules), &bytes))
		return DBN_E_NOMEM;
	c->rules = dbn_alloc(bytes);
	if (!c->rules)
		return DBN_E_NOMEM;
	text = (char *)(c->rules + conf->nrules);
	for (size_t i = 0; i < conf->nrules; i++) {
		dbn_text t = conf->rules[i].relation;

		if (t.len)
			memcpy(text, t.ptr, t.len);
		c->rules[i].relation = dbn_text_n(text, t.len);
		c->rules[i].ttl_ns = conf->rules[i].ttl_ns;
		text += t.len;
	}
	c->nrules = conf->nrules;
	return DBN_OK;
}

dbn_status
dbn_cache_open(const dbn_cache_conf *conf, dbn_cache **out, dbn_error **err)
{
	dbn_cache *c;

	DBN_ERR_CLEAR(err);
	*out = NULL;
	if (!conf->ops)
		return dbn_fail(err, DBN_E_INVALID, "a cache without operations");
	c = dbn_zalloc(sizeof(*c));
	if (!c)
		return dbn_fail_nomem(err);
	c->self = conf->self;
	c->ops = conf->ops;
	c->ttl_ns = conf->ttl_ns;
	c->max_result = conf->max_result ? conf->max_result : (size_t)1 << 20;
	if (c->max_result > RESULT_MAX)
		c->max_result = RESULT_MAX;
	c->name = dbn_strndup(conf->name.ptr ? conf->name.ptr : "", conf->name.len);
	if (!c->name || copy_rules(c, conf) != DBN_OK) {
		dbn_cache_close(c);
		return dbn_fail_nomem(err);
	}
	*out = c;
	return DBN_OK;
}

void
dbn_cache_close(dbn_cache *c)
{
	if (!c)
		return;
	dbn_free(c->rules);
	dbn_free(c->name);
	dbn_free(c);
}

size_t
dbn_cache_max_result(const dbn_cache *c)
{
	return c->max_result;
}

uint64_t
dbn_cache_ttl(const dbn_cache *c, const dbn_text *relations, size_t n)
{
	uint64_t ttl = UINT64_MAX;

	for (size_t i = 0; i < n; i++) {
		uint64_t t = c->ttl_ns;

		for (size_t r = 0; r < c->nrules; r++)
			if (dbn_name_match(c->rules[r].relation, relations[i]) >= 0) {
				t = c->rules[r].ttl_ns;
				break;
			}
		if (t < ttl)
			ttl = t;
	}
	return n ? ttl : c->ttl_ns;
}

/* Say what failed, at most once a minute; frees the error. */
static void
complain(dbn_cache *c, const char *what, dbn_status rc, dbn_error *err)
{
	uint64_t now = dbn_now_ns(), next = atomic_load_explicit(&c->next_log, memory_order_relaxed);

	if (now >= next &&
	    atomic_compare_exchange_strong(&c->next_log, &next, now + 60 * SECOND))
		dbn_log(DBN_LOG_WARN, "cache %s: %s failed: %s", c->name, what,
			err ? dbn_error_message(err) : dbn_status_name(rc));
	dbn_error_free(err);
}

/* Is it worth asking?  Tries to make a suspect cache usable again. */
static bool
usable_slow(dbn_cache *c)
{
	uint64_t now = dbn_now_ns(), next = atomic_load(&c->next_try);
	uint64_t failures = atomic_load(&c->failures);
	dbn_call call = DBN_CALL_INIT;
	dbn_text all = { "", 0 };
	dbn_error *err = NULL;
	dbn_status rc;

	if (now < next || !atomic_compare_exchange_strong(&c->next_try, &next, now + SECOND))
		return false;
	call.deadline_ns = now + SECOND;
	rc = c->ops->clear(c->self, all, &call, &err);
	if (rc < 0) {
		complain(c, "clear", rc, err);
		return false;
	}
	/* Those that failed while we cleared are not made up for. */
	atomic_store(&c->cured, failures);
	return failures == atomic_load(&c->failures);
}

static inline bool
usable(dbn_cache *c)
{
	if (atomic_load_explicit(&c->failures, memory_order_acquire) ==
	    atomic_load_explicit(&c->cured, memory_order_acquire))
		return true;
	return usable_slow(c);
}

static void
fill_call(dbn_call *call, uint64_t deadline_ns)
{
	call->struct_size = sizeof(*call);
	call->flags = 0;
	call->deadline_ns = deadline_ns;
	call->label.ptr = NULL;
	call->label.len = 0;
}

uint32_t
dbn_cache_lookup(dbn_cache *c, dbn_text key, const dbn_text *tags, size_t ntags,
	uint64_t deadline_ns, dbn_cached *out)
{
	dbn_get_opts o;
	dbn_error *err = NULL;
	dbn_status rc;

	memset(out, 0, sizeof(*out));
	out->cache = c;
	if (!key.ptr || !usable(c))
		return DBN_CACHED_OFF;
	fill_call(&o.call, deadline_ns);
	o.call.struct_size = sizeof(o);
	o.tags = tags;
	o.ntags = ntags;
	o.stale_ns = o.load_ns = 0;
	out->hit.struct_size = sizeof(out->hit);
	rc = c->ops->get(c->self, &key, 1, &o, &out->hit, &err);
	if (rc < 0) {
		out->hit.state = 0;
		complain(c, "get", rc, err);
		return DBN_CACHED_OFF;
	}
	out->ticket = out->hit.ticket;
	switch (out->hit.state) {
	case DBN_CACHE_HIT:
		if (out->hit.value.len <= c->max_result &&
		    dbn_cache__open_result(out, out->hit.value, key))
			return DBN_CACHED_HIT;
		dbn_cached_close(out);
		complain(c, "reading an entry", DBN_E_INTEGRITY, NULL);
		dbn_cache_forget(c, key);
		return DBN_CACHED_OFF;
	case DBN_CACHE_LOAD:
		return DBN_CACHED_MISS;
	case DBN_CACHE_STALE: /* not asked for; but the ticket is ours now */
		c->ops->release(c->self, &out->hit, 1);
		out->hit.state = 0;
		return DBN_CACHED_MISS;
	default:
		return DBN_CACHED_OFF;
	}
}

void
dbn_cached_close(dbn_cached *h)
{
	if (h->hit.state == DBN_CACHE_HIT)
		h->cache->ops->release(h->cache->self, &h->hit, 1);
	h->hit.state = 0;
	h->base = NULL;
	h->nrows = h->ncolumns = 0;
	if (h->arena.blocks)
		dbn_arena_free(&h->arena);
}

dbn_status
dbn_cache_put(dbn_cache *c, dbn_text key, dbn_cache_fill *f, const dbn_text *tags, size_t ntags,
	uint64_t ttl_ns, const dbn_ticket *ticket)
{
	dbn_text parts[3];
	result_head head;
	dbn_put_opts o;
	dbn_error *err = NULL;
	dbn_status rc;
	size_t total = sizeof(head) + f->bytes.len + f->index.len;

	if (f->status != DBN_OK || !key.ptr || key.len < sizeof(head.digest) ||
	    total > c->max_result || ttl_ns == 0 || !usable(c)) {
		dbn_cache_abandon(c, key, ticket);
		return DBN_DONE;
	}
	head.magic = RESULT_MAGIC;
	head.version = RESULT_VERSION;
	head.ncolumns = f->ncolumns;
	head.nrows = f->nrows;
	head.index = (uint32_t)(sizeof(head) + f->bytes.len);
	head.length = (uint32_t)total;
	memcpy(head.digest, key.ptr, sizeof(head.digest));
	parts[0] = dbn_text_n((const char *)&head, sizeof(head));
	parts[1] = dbn_text_n(f->bytes.ptr, f->bytes.len);
	parts[2] = dbn_text_n(f->index.ptr, f->index.len);
	fill_call(&o.call, 0);
	o.call.struct_size = sizeof(o);
	o.ttl_ns = ttl_ns;
	o.tags = tags;
	o.ntags = ntags;
	o.ticket = *ticket;
	rc = c->ops->put(c->self, key, parts, 3, &o, &err);
	if (rc < 0) {
		complain(c, "put", rc, err);
		return DBN_DONE;
	}
	return rc;
}

void
dbn_cache_abandon(dbn_cache *c, dbn_text key, const dbn_ticket *ticket)
{
	if (key.ptr)
		c->ops->abandon(c->self, key, ticket);
}

void
dbn_cache_forget(dbn_cache *c, dbn_text key)
{
	dbn_error *err = NULL;
	dbn_call call;
	dbn_status rc;

	fill_call(&call, 0);
	rc = c->ops->invalidate(c->self, &key, 1, NULL, 0, DBN_INVALIDATE_NOW, &call, &err);
	if (rc < 0)
		complain(c, "forget", rc, err);
}

dbn_status
dbn_cache_invalidate(dbn_cache *c, const dbn_text *tags, size_t ntags, uint32_t how,
	uint64_t deadline_ns, dbn_error **err)
{
	dbn_error *why = NULL;
	dbn_call call;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	if (ntags == 0)
		return DBN_OK;
	fill_call(&call, deadline_ns);
	rc = c->ops->invalidate(c->self, NULL, 0, tags, ntags, how, &call, &why);
	if (rc >= 0)
		return DBN_OK;
	if (how == DBN_INVALIDATE_MARK) {
		dbn_error_free(why);
		return dbn_fail(err, DBN_E_CONN,
			"the shared cache %s cannot be told of the change, so it is not made", c->name);
	}
	atomic_fetch_add(&c->failures, 1);
	complain(c, "invalidate", rc, why);
	return DBN_OK;
}

bool
dbn_cache_shared(const dbn_cache *c)
{
	return (c->ops->flags & DBN_CACHE_SHARED) != 0;
}

dbn_status
dbn_cache_clear(dbn_cache *c, dbn_error **err)
{
	dbn_text all = { "", 0 };
	dbn_call call;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	fill_call(&call, 0);
	rc = c->ops->clear(c->self, all, &call, err);
	return rc < 0 ? rc : DBN_OK;
}

void
dbn_cache_get_stats(dbn_cache *c, dbn_cache_stats *out)
{
	memset(out, 0, sizeof(*out));
	out->struct_size = sizeof(*out);
	c->ops->stats(c->self, out);
}
