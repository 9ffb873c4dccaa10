/* SPDX-License-Identifier: MIT */
/*
 * cache-wrap: forwards everything to the cache behind it and counts in
 * "dbn.metrics/1"; fetches a secret through "dbn.secret/1" if it has one.
 */
#include <string.h>

#include <dbnexus/plugin/cache.h>

struct wrap {
	const dbn_host *host;
	const dbn_inner *inner;
	const dbn_cache_ops *ops;
	const dbn_metrics_service *metrics;
	uint32_t gets;
};

struct settings {
	const char *key;
};
static const dbn_conf_item items[] = {
	{ "key", NULL, NULL, NULL, DBN_CONF_STRING, DBN_CONF_SECRET, 0, 0,
		offsetof(struct settings, key), 0, { NULL, 0, 0 } },
};

/* The secret by either way is the same. */
static dbn_status
check_secret(const dbn_create_info *info, dbn_error **err)
{
	const dbn_secret_service *secrets = info->host->get_service(info->host, "dbn.secret/1");
	const struct settings *s = info->settings;
	dbn_bytes key;
	dbn_status rc;

	if (!s->key)
		return DBN_OK;
	rc = secrets->get(info->host, "key", &key, err);
	if (rc == DBN_OK && (key.len != strlen(s->key) || memcmp(key.ptr, s->key, key.len) != 0))
		rc = DBN_E_INTERNAL;
	secrets->release(info->host, &key);
	return rc;
}

static dbn_status
create(const dbn_create_info *info, void **self, dbn_error **err)
{
	struct wrap *w = info->host->alloc(info->host, sizeof *w);
	dbn_status rc = w ? check_secret(info, err) : DBN_E_NOMEM;

	if (rc != DBN_OK)
		goto fail;
	w->host = info->host;
	w->inner = info->inner;
	w->ops = info->inner->ops;
	w->metrics = info->host->get_service(info->host, "dbn.metrics/1");
	rc = w->metrics->counter(info->host, "gets", "lookups", &w->gets, err);
	if (rc != DBN_OK)
		goto fail;
	*self = w;
	return DBN_OK;
fail:
	if (w)
		info->host->release(info->host, w);
	return rc;
}

static void
destroy(void *self)
{
	struct wrap *w = self;

	w->host->release(w->host, w);
}

static dbn_status
get(void *self, const dbn_text *keys, size_t n, const dbn_get_opts *opts, dbn_cache_hit *hits,
	dbn_error **err)
{
	struct wrap *w = self;

	w->metrics->add(w->host, w->gets, (int64_t)n);
	return w->ops->get(w->inner->self, keys, n, opts, hits, err);
}

static void
release(void *self, dbn_cache_hit *hits, size_t n)
{
	struct wrap *w = self;

	w->ops->release(w->inner->self, hits, n);
}

static dbn_status
put(void *self, dbn_text key, const dbn_text *parts, size_t n, const dbn_put_opts *opts,
	dbn_error **err)
{
	struct wrap *w = self;

	return w->ops->put(w->inner->self, key, parts, n, opts, err);
}

static void
abandon(void *self, dbn_text key, const dbn_ticket *ticket)
{
	struct wrap *w = self;

	w->ops->abandon(w->inner->self, key, ticket);
}

static dbn_status
invalidate(void *self, const dbn_text *keys, size_t nkeys, const dbn_text *tags, size_t ntags,
	uint32_t how, const dbn_call *call, dbn_error **err)
{
	struct wrap *w = self;

	return w->ops->invalidate(w->inner->self, keys, nkeys, tags, ntags, how, call, err);
}

static dbn_status
clear(void *self, dbn_text prefix, const dbn_call *call, dbn_error **err)
{
	struct wrap *w = self;

	return w->ops->clear(w->inner->self, prefix, call, err);
}

static void
stats(void *self, dbn_cache_stats *out)
{
	struct wrap *w = self;

	w->ops->stats(w->inner->self, out);
}

static const dbn_cache_ops ops = { sizeof(dbn_cache_ops), 0, get, release, put, abandon, invalidate,
	clear, stats };

DBN_PLUGIN(DBN_KIND_CACHE, DBN_THREADS_PARALLEL, DBN_PLUGIN_WRAPS, "wrap", "1.0",
	DBN_CONF_ITEMS(items), sizeof(struct settings), create, NULL, NULL, NULL, destroy, NULL, &ops);
