/* SPDX-License-Identifier: MIT */
/*
 * One shard plugin with one thing wrong: which, the build says by -D.  Without
 * any it is a good one (shard-good).
 */
#include <dbnexus/plugin/audit.h>
#include <dbnexus/plugin/cache.h>
#include <dbnexus/plugin/shard.h>

#ifndef T_NAME
#define T_NAME "good"
#endif
#ifndef T_MAGIC
#define T_MAGIC DBN_PLUGIN_MAGIC
#endif
#ifndef T_MAJOR
#define T_MAJOR DBN_ABI_MAJOR
#endif
#ifndef T_MINOR
#define T_MINOR DBN_ABI_MINOR
#endif
#ifndef T_KIND
#define T_KIND DBN_KIND_SHARD
#endif
#ifndef T_THREADS
#define T_THREADS DBN_THREADS_PARALLEL
#endif
#ifndef T_FLAGS
#define T_FLAGS 0
#endif
#ifndef T_RESERVED
#define T_RESERVED 0
#endif
#ifndef T_OPS_FLAGS
#define T_OPS_FLAGS 0
#endif
#ifndef T_BIND
#define T_BIND shard_bind
#endif
#ifndef T_ROUTE
#define T_ROUTE shard_route
#endif
#ifndef T_SIZE
#define T_SIZE sizeof(dbn_plugin_descriptor)
#endif
#ifndef T_OPS_SIZE
#define T_OPS_SIZE sizeof(dbn_shard_ops)
#endif
#ifndef T_OFFSET
#define T_OFFSET 0
#endif
#ifndef T_DEFAULT
#define T_DEFAULT "1"
#endif
#ifndef T_CREATE
#define T_CREATE good_create
#endif
#ifndef T_DESTROY
#define T_DESTROY good_destroy
#endif
#ifndef T_VERSION
#define T_VERSION "1.0"
#endif

struct settings {
	int64_t number;
};
__attribute__((unused)) static const dbn_conf_item items[] = {
	{ "number", T_DEFAULT, "any", NULL, DBN_CONF_INT, 0, 0, 0, T_OFFSET, 0, { NULL, 0, 0 } },
};

#ifdef T_UNDEFINED
/* linked lazily: only a complete binding finds out */
int dbn_no_such_function_anywhere(void);
#endif

dbn_status good_create(const dbn_create_info *info, void **self, dbn_error **err);
dbn_status news_create(const dbn_create_info *info, void **self, dbn_error **err);
dbn_status silent_create(const dbn_create_info *info, void **self, dbn_error **err);
dbn_status failing_create(const dbn_create_info *info, void **self, dbn_error **err);
void good_destroy(void *self);

dbn_status
good_create(const dbn_create_info *info, void **self, dbn_error **err)
{
	(void)err;
	*self = info->host->alloc(info->host, 16);
	*(const dbn_host **)*self = info->host;
#ifdef T_UNDEFINED
	return dbn_no_such_function_anywhere();
#else
	return *self ? DBN_OK : DBN_E_NOMEM;
#endif
}

dbn_status
news_create(const dbn_create_info *info, void **self, dbn_error **err)
{
	(void)info;
	(void)self;
	(void)err;
	return 7;
}

dbn_status
silent_create(const dbn_create_info *info, void **self, dbn_error **err)
{
	(void)info;
	(void)self;
	(void)err;
	return DBN_E_CONN;
}

static dbn_status
fail(const dbn_host *host, dbn_error **err, const char *fmt, ...)
{
	dbn_fail_info info = { .struct_size = sizeof info, .status = DBN_E_IO };
	dbn_status rc;
	va_list ap;

	va_start(ap, fmt);
	rc = host->fail(host, err, &info, fmt, ap);
	va_end(ap);
	return rc;
}

dbn_status
failing_create(const dbn_create_info *info, void **self, dbn_error **err)
{
	(void)self;
	return fail(info->host, err, "the disk of %s is full", "this test");
}

void
good_destroy(void *self)
{
	const dbn_host *host = *(const dbn_host **)self;

	host->release(host, self);
}

dbn_status shard_bind(void *self, const dbn_array *shards, const dbn_type *types, size_t nkey,
	dbn_error **err);
dbn_status shard_route(void *self, const dbn_value *keys, size_t nkey, size_t n, uint32_t *shards,
	dbn_error **err);

dbn_status
shard_bind(void *self, const dbn_array *shards, const dbn_type *types, size_t nkey, dbn_error **err)
{
	(void)self;
	(void)shards;
	(void)types;
	(void)nkey;
	(void)err;
	return DBN_OK;
}

dbn_status
shard_route(void *self, const dbn_value *keys, size_t nkey, size_t n, uint32_t *shards,
	dbn_error **err)
{
	(void)self;
	(void)keys;
	(void)nkey;
	(void)err;
	for (size_t i = 0; i < n; i++)
		shards[i] = 0;
	return DBN_OK;
}

#ifdef T_AUDIT_OPS
static dbn_status
audit_open(void *self, dbn_text stream, dbn_audit_head *out, dbn_error **err)
{
	(void)self;
	(void)stream;
	(void)out;
	(void)err;
	return DBN_OK;
}

static dbn_status
audit_append(void *self, const dbn_array *records, uint64_t ticket, const dbn_append_opts *opts,
	dbn_error **err)
{
	(void)self;
	(void)records;
	(void)ticket;
	(void)opts;
	(void)err;
	return DBN_OK;
}

__attribute__((unused)) static const dbn_audit_ops ops = { sizeof(dbn_audit_ops), T_OPS_FLAGS, audit_open, NULL,
	audit_append, NULL, NULL, NULL, NULL };
#else
__attribute__((unused)) static const dbn_shard_ops ops = { T_OPS_SIZE, T_OPS_FLAGS, T_BIND, T_ROUTE, NULL, NULL, NULL };
#endif

#if defined(T_NO_SYMBOL)
DBN_PLUGIN_LINKAGE const int dbn_other_entry;
DBN_PLUGIN_LINKAGE const int dbn_other_entry = 1;
#elif defined(T_SYMBOL_IS_CODE)
DBN_PLUGIN_LINKAGE int dbn_plugin_entry(void);
int
dbn_plugin_entry(void)
{
	return ops.struct_size != 0;
}
#elif defined(T_SYMBOL_IS_SHORT)
DBN_PLUGIN_LINKAGE const uint32_t dbn_plugin_entry;
DBN_PLUGIN_LINKAGE const uint32_t dbn_plugin_entry = sizeof(dbn_plugin_descriptor);
#else
DBN_PLUGIN_LINKAGE const dbn_plugin_descriptor dbn_plugin_entry;
DBN_PLUGIN_LINKAGE const dbn_plugin_descriptor dbn_plugin_entry = {
	T_SIZE, T_MAGIC, T_MAJOR, T_MINOR, T_KIND, T_THREADS, T_FLAGS, T_NAME, T_VERSION,
	DBN_CONF_ITEMS(items), sizeof(struct settings), T_RESERVED, T_CREATE, NULL, NULL, NULL,
	T_DESTROY, NULL,
#ifdef T_NO_OPS
	NULL,
#else
	&ops,
#endif
};
#endif
