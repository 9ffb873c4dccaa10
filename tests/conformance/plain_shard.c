/* SPDX-License-Identifier: MIT */
/*
 * The simplest shard plugin there can be: weighted slots in the order of the
 * list, a key's hash modulo their number.  It declares by quirks that it moves
 * keys freely; its setting "fault" breaks it in one way.
 */
#include <string.h>

#include <dbnexus/plugin/shard.h>

#define MAX_SHARDS 64u

enum { FAULT_NONE, FAULT_RANDOM, FAULT_BATCH, FAULT_RANGE, FAULT_ORDINAL, FAULT_BIND, FAULT_SLICES,
	FAULT_DESCRIBE, FAULT_TYPES, FAULT_JOIN, FAULT_WEIGHTS, FAULT_MEMORY, FAULT_FAR };
typedef struct settings {
	int32_t fault, reserved0;
} settings;
static const dbn_conf_item conf[] = {
	{ .name = "fault", .deflt = "none", .help = "what to do wrong",
	  .choices = "none|random|batch|range|ordinal|bind|slices|describe|types|join|weights|memory|far",
	  .type = DBN_CONF_ENUM, .offset = offsetof(settings, fault) }
};

typedef struct plain {
	const dbn_host *host;
	int32_t fault;
	uint32_t n, total, calls;
	uint32_t *upto; /* slots of shard i: upto[i - 1] .. upto[i] - 1 */
	size_t nkey;
	dbn_type types[8];
} plain;

static dbn_status
fail(plain *p, dbn_error **err, dbn_status status, const char *fmt, ...) DBN_PRINTF(4, 5);
static dbn_status
fail(plain *p, dbn_error **err, dbn_status status, const char *fmt, ...)
{
	dbn_fail_info info = { .struct_size = sizeof(info), .status = status };
	va_list ap;

	va_start(ap, fmt);
	status = p->host->fail(p->host, err, &info, fmt, ap);
	va_end(ap);
	return status;
}

static dbn_status
plain_create(const dbn_create_info *info, void **self, dbn_error **err)
{
	plain *p = info->host->alloc(info->host, sizeof(*p));

	(void)err;
	*self = p;
	if (!p)
		return DBN_E_NOMEM;
	memset(p, 0, sizeof(*p));
	p->host = info->host;
	p->fault = ((const settings *)info->settings)->fault;
	return DBN_OK;
}

static void
plain_destroy(void *self)
{
	plain *p = self;

	if (p->upto)
		p->host->release(p->host, p->upto);
	p->host->release(p->host, p);
}

static dbn_status
plain_bind(void *self, const dbn_array *shards, const dbn_type *types, size_t nkey, dbn_error **err)
{
	plain *p = self;

	if (shards->count == 0 || shards->count > MAX_SHARDS || (p->n && p->fault != FAULT_BIND))
		return fail(p, err, DBN_E_INVALID, "cannot bind");
	for (size_t i = 0; i < nkey; i++)
		if (types[i] == DBN_DOUBLE || types[i] == DBN_NULL)
			return fail(p, err, DBN_E_CONFIG, "cannot be a key");
	p->upto = p->upto ? p->upto : p->host->alloc(p->host, MAX_SHARDS * sizeof(*p->upto));
	if (!p->upto && p->fault == FAULT_MEMORY)
		return DBN_OK;
	if (!p->upto)
		return fail(p, err, DBN_E_NOMEM, "no memory");
	p->n = shards->count;
	p->total = 0;
	for (uint32_t i = 0; i < p->n; i++) {
		const dbn_shard_desc *d = (const dbn_shard_desc *)(const void *)
			((const char *)shards->items + (size_t)i * shards->stride);

		p->total += p->fault == FAULT_WEIGHTS ? 1 : d->weight;
		p->upto[i] = p->total;
	}
	p->nkey = nkey;
	memcpy(p->types, types, nkey * sizeof(*types));
	return DBN_OK;
}

static uint64_t
mix(uint64_t h, uint64_t x)
{
	h = (h ^ x) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

static uint64_t
hash(const plain *p, const dbn_value *key, size_t nkey)
{
	uint64_t h = 1;

	for (size_t i = 0; i < nkey; i++) {
		const unsigned char *b = key[i].u.ptr;

		if (key[i].type != DBN_TEXT && key[i].type != DBN_BYTES && key[i].type != DBN_UUID) {
			h = mix(h, key[i].u.u64);
			continue;
		}
		for (uint64_t j = 0; j < key[i].len; j++)
			h = mix(h, b[j]);
		if (p->fault != FAULT_JOIN)
			h = mix(h, key[i].len + 256);
	}
	return mix(h, 7);
}

static uint32_t
shard_of(plain *p, const dbn_value *key, size_t nkey)
{
	uint64_t h = hash(p, key, nkey);
	uint32_t slot, i = 0;

	if (p->fault == FAULT_RANDOM)
		h = mix(h, p->calls++);
	slot = (uint32_t)((h >> 32) % p->total);
	while (p->upto[i] <= slot)
		i++;
	if (p->fault == FAULT_FAR && key[0].type == DBN_INT64 && key[0].u.i64 > 100000)
		return p->n;
	return p->fault == FAULT_ORDINAL ? i + 1 : i;
}

static dbn_status
plain_route(void *self, const dbn_value *keys, size_t nkey, size_t n, uint32_t *shards, dbn_error **err)
{
	plain *p = self;

	if (!p->n || nkey != p->nkey)
		return fail(p, err, DBN_E_INVALID, "not bound to this");
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < nkey; j++)
			if (keys[i * nkey + j].type != p->types[j] && p->fault != FAULT_TYPES)
				return fail(p, err, DBN_E_INVALID, "another type");
		shards[i] = shard_of(p, keys + (p->fault == FAULT_BATCH ? 0 : i * nkey), nkey);
	}
	return DBN_OK;
}

static dbn_status
plain_route_range(void *self, const dbn_key_range *r, uint64_t *set, size_t nshards, dbn_error **err)
{
	plain *p = self;

	(void)err;
	(void)r;
	set[0] |= p->fault == FAULT_RANGE ? 1 : (UINT64_C(1) << nshards) - 1;
	return DBN_OK;
}

static dbn_status
plain_describe(void *self, const dbn_value *key, size_t nkey, const dbn_str_sink *out, dbn_error **err)
{
	plain *p = self;

	(void)key;
	(void)nkey;
	(void)err;
	return p->fault == FAULT_DESCRIBE ? DBN_OK : out->write(out->ctx, "modulo", 6);
}

static dbn_status
plain_slices(void *self, dbn_status (*each)(const dbn_slice *, void *user), void *user, dbn_error **err)
{
	plain *p = self;

	(void)err;
	for (uint32_t i = 0; i < p->n; i++) {
		dbn_slice s = { .struct_size = sizeof(s), .shard = i };
		dbn_status rc;

		s.from_slot = i ? p->upto[i - 1] : 0;
		s.to_slot = p->upto[i] - (p->fault == FAULT_SLICES && i == 3 ? 2 : 1);
		if (p->fault == FAULT_SLICES && i == 1)
			s.from_slot++;
		rc = each(&s, user);
		if (rc != DBN_OK)
			return rc;
	}
	return DBN_OK;
}

static const dbn_shard_ops ops = {
	sizeof(dbn_shard_ops), 0, plain_bind, plain_route, plain_route_range, plain_describe,
	plain_slices
};

DBN_PLUGIN(DBN_KIND_SHARD, DBN_THREADS_PARALLEL, DBN_PLUGIN_PURE, "plain", "1", DBN_CONF_ITEMS(conf),
	sizeof(settings), plain_create, NULL, NULL, NULL, plain_destroy, NULL, &ops);
