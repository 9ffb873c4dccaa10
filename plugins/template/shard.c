/* SPDX-License-Identifier: MIT */
/*
 * The smallest shard strategy: an integer key modulo the number of shards, each
 * counted as often as its weight.  Pure: nothing changes after bind().
 */
#include "fail.h"
#include <dbnexus/plugin/shard.h>

struct settings {
	int64_t shift;                  /* added to the key: to show a setting */
};
static const dbn_conf_item conf[] = {
	{ "shift", "0", "added to the key before it is divided", NULL, DBN_CONF_INT, 0,
		0, 1000000, offsetof(struct settings, shift), 0, { NULL, 0, 0 } },
};

struct strategy {
	const dbn_host *host;
	uint64_t shift;
	uint32_t *slots, nslots;        /* slot to ordinal */
};

static void
destroy(void *self)
{
	struct strategy *s = self;
	const dbn_host *host = s->host;

	if (s->slots)
		host->release(host, s->slots);
	host->release(host, s);
}

static dbn_status
create(const dbn_create_info *info, void **self, dbn_error **err)
{
	const struct settings *settings = info->settings;
	struct strategy *s = zalloc(info->host, sizeof *s);

	if (!s)
		return fail(info->host, err, DBN_E_NOMEM, "out of memory");
	s->host = info->host;
	s->shift = (uint64_t)settings->shift;
	*self = s;
	return DBN_OK;
}

static const dbn_shard_desc *
desc_at(const dbn_array *shards, uint32_t i)
{
	const char *items = shards->items;

	return (const dbn_shard_desc *)(const void *)(items + (size_t)i * shards->stride);
}

static dbn_status
bind(void *self, const dbn_array *shards, const dbn_type *key_types, size_t nkey, dbn_error **err)
{
	struct strategy *s = self;
	uint32_t n = 0;

	if (s->slots)
		return fail(s->host, err, DBN_E_INVALID, "bind() is called once");
	if (nkey != 1 || key_types[0] != DBN_INT64)
		return fail(s->host, err, DBN_E_CONFIG, "the key must be one int64");
	for (uint32_t i = 0; i < shards->count; i++)
		if (__builtin_add_overflow(n, desc_at(shards, i)->weight, &n) || n > 1000000)
			return fail(s->host, err, DBN_E_CONFIG, "the weights are too large");
	if (!n)
		return fail(s->host, err, DBN_E_CONFIG, "there is no shard");
	s->slots = zalloc(s->host, n * sizeof *s->slots);
	if (!s->slots)
		return fail(s->host, err, DBN_E_NOMEM, "out of memory");
	for (uint32_t i = 0; i < shards->count; i++)
		for (uint32_t w = 0; w < desc_at(shards, i)->weight; w++)
			s->slots[s->nslots++] = i;
	return DBN_OK;
}

static uint32_t
slot_of(const struct strategy *s, const dbn_value *key)
{
	return (uint32_t)(((uint64_t)key->u.i64 + s->shift) % s->nslots);
}

static dbn_status
route(void *self, const dbn_value *keys, size_t nkey, size_t n, uint32_t *shards, dbn_error **err)
{
	const struct strategy *s = self;

	if (!s->nslots || nkey != 1)
		return fail(s->host, err, DBN_E_INVALID, "route() before bind()");
	for (size_t i = 0; i < n; i++) {
		if (keys[i].type != DBN_INT64)
			return fail(s->host, err, DBN_E_VALUE, "the key is not an int64");
		shards[i] = s->slots[slot_of(s, &keys[i])];
	}
	return DBN_OK;
}

static dbn_status
slices(void *self, dbn_status (*each)(const dbn_slice *, void *user), void *user, dbn_error **err)
{
	const struct strategy *s = self;
	dbn_status rc = DBN_OK;
	dbn_slice slice;

	(void)err;
	for (uint32_t i = 0; rc == DBN_OK && i < s->nslots; i++) {
		memset(&slice, 0, sizeof slice);
		slice.struct_size = (uint32_t)sizeof slice;
		slice.shard = s->slots[i];
		slice.from_slot = slice.to_slot = i;
		rc = each(&slice, user);
	}
	return rc;
}

/* route_range and describe are left out: the core answers DBN_E_UNSUPPORTED. */
static const dbn_shard_ops ops = {
	(uint32_t)sizeof(dbn_shard_ops), 0, bind, route, NULL, NULL, slices,
};

DBN_PLUGIN(DBN_KIND_SHARD, DBN_THREADS_PARALLEL, DBN_PLUGIN_PURE, "template", "1.0",
	DBN_CONF_ITEMS(conf), sizeof(struct settings), create, NULL, NULL, NULL, destroy, NULL, &ops);
