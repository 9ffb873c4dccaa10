/* SPDX-License-Identifier: MIT */
/*
 * shard-probe: shows a test what an instance gets: "test.probe/1" gives the
 * settings, the host and what happened to it.  Nothing writable is global.
 */
#include "probe.h"

#include <string.h>

#define ITEM(name, type, deflt, flags, min, max, member) \
	{ name, deflt, "of the probe", NULL, type, flags, min, max, \
		offsetof(struct probe_settings, member), 0, { NULL, 0, 0 } }
static const dbn_conf_item peer_items[] = {
	{ "name", NULL, NULL, NULL, DBN_CONF_STRING, DBN_CONF_REQUIRED, 0, 0,
		offsetof(struct probe_peer, name), 0, { NULL, 0, 0 } },
	{ "weight", "1", NULL, NULL, DBN_CONF_INT, 0, 1, 9, offsetof(struct probe_peer, weight), 0,
		{ NULL, 0, 0 } },
};
static const dbn_conf_item items[] = {
	ITEM("must", DBN_CONF_STRING, NULL, DBN_CONF_REQUIRED, 0, 0, must),
	ITEM("size", DBN_CONF_SIZE, "64 MiB", 0, 0, 0, size),
	ITEM("file", DBN_CONF_PATH, NULL, 0, 0, 0, file),
	ITEM("token", DBN_CONF_STRING, NULL, DBN_CONF_SECRET, 0, 0, token),
	{ "peers", NULL, NULL, NULL, DBN_CONF_LIST, 0, 0, 0, offsetof(struct probe_settings, peers),
		sizeof(struct probe_peer), DBN_CONF_ITEMS(peer_items) },
};

static dbn_status
create(const dbn_create_info *info, void **self, dbn_error **err)
{
	struct probe *p = info->host->alloc(info->host, sizeof *p);

	(void)err;
	if (!p)
		return DBN_E_NOMEM;
	memset(p, 0, sizeof *p);
	p->host = info->host;
	p->settings = info->settings;
	p->instance = info->instance;
	p->where = info->where;
	*self = p;
	return DBN_OK;
}

static dbn_status
reload(void *self, const dbn_create_info *info, dbn_error **err)
{
	struct probe *p = self;

	(void)err;
	p->settings = info->settings;
	p->reloads++;
	return DBN_OK;
}

static dbn_status
health(void *self, const dbn_call *call, dbn_error **err)
{
	struct probe *p = self;

	(void)call;
	(void)err;
	return p->sick ? DBN_E_CONN : DBN_OK;
}

static dbn_status
maintain(void *self, uint64_t now_ns, uint64_t *next_ns, dbn_error **err)
{
	struct probe *p = self;

	(void)err;
	p->maintained++;
	*next_ns = now_ns + 1000;
	return DBN_OK;
}

static void
destroy(void *self)
{
	struct probe *p = self;
	const dbn_host *host = p->host;

	if (p->destroyed)
		(*p->destroyed)++;
	host->release(host, p);
}

static const void *
get_extension(void *self, const char *id)
{
	return strcmp(id, "test.probe/1") == 0 ? self : NULL;
}

static dbn_status
bind(void *self, const dbn_array *shards, const dbn_type *types, size_t nkey, dbn_error **err)
{
	struct probe *p = self;

	(void)shards;
	(void)types;
	(void)nkey;
	(void)err;
	/* two at once would lose counts */
	for (int i = 0; i < 1000; i++)
		p->inside = p->inside + 1;
	return DBN_OK;
}

static dbn_status
route(void *self, const dbn_value *keys, size_t nkey, size_t n, uint32_t *shards, dbn_error **err)
{
	(void)self;
	(void)keys;
	(void)nkey;
	(void)err;
	for (size_t i = 0; i < n; i++)
		shards[i] = 0;
	return DBN_OK;
}

static const dbn_shard_ops ops = { sizeof(dbn_shard_ops), 0, bind, route, NULL, NULL, NULL };

DBN_PLUGIN(DBN_KIND_SHARD, DBN_THREADS_SERIAL, 0, "probe", "1.0", DBN_CONF_ITEMS(items),
	sizeof(struct probe_settings), create, reload, health, maintain, destroy, get_extension, &ops);
