/* SPDX-License-Identifier: MIT */
/*
 * Opening a shard configuration and asking it.  Everything is checked and
 * copied when it is opened and never changes, so no lock is needed.  Routing
 * converts on the stack and allocates nothing.
 */
#include "shard/shard.h"

#include <string.h>
#include "base/map.h"
#include "base/mem.h"
#include "base/name.h"
#include "error/error.h"

#define MAX_SHARDS 65535u
#define CHUNK      16u /* keys of route_many() on the stack */

typedef struct shard_map {
	dbn_text name;
	void *self;
	const dbn_shard_ops *ops;
	const dbn_type *types;
	size_t nkey;
} shard_map;

typedef struct table {
	dbn_placement place;
	struct table *next; /* same last part of the name */
} table;

struct dbn_shards {
	dbn_arena arena; /* all names and arrays */
	dbn_shard_desc *shards;
	shard_map *maps;
	table *tables;
	size_t nshards, nmaps, ntables;
	dbn_map by_name; /* last part -> table */
	table *any_name; /* patterns that end in "*" */
};

/* Copy a name; an empty one is a configuration error. */
static dbn_status
copy_name(dbn_shards *s, dbn_text in, const char *what, dbn_text *out, dbn_error **err)
{
	if (in.len == 0)
		return dbn_fail(err, DBN_E_CONFIG, "a %s has no name", what);
	*out = dbn_arena_text(&s->arena, in);
	return out->ptr ? DBN_OK : dbn_fail_nomem(err);
}

static dbn_status
open_shards(dbn_shards *s, const dbn_shard_conf *conf, dbn_error **err)
{
	dbn_status rc;

	if (conf->nshards == 0 || conf->nshards > MAX_SHARDS)
		return dbn_fail(err, DBN_E_CONFIG, "%zu shards: from 1 to %u are possible",
			conf->nshards, MAX_SHARDS);
	s->shards = dbn_arena_array(&s->arena, conf->nshards, sizeof(*s->shards));
	if (!s->shards)
		return dbn_fail_nomem(err);
	for (size_t i = 0; i < conf->nshards; i++) {
		dbn_shard_desc *d = &s->shards[i];

		d->struct_size = sizeof(*d);
		d->weight = conf->shards[i].weight;
		rc = copy_name(s, conf->shards[i].name, "shard", &d->name, err);
		if (rc != DBN_OK)
			return rc;
		if (d->weight == 0)
			return dbn_fail(err, DBN_E_CONFIG, "shard \"%.*s\" has weight 0",
				DBN_TEXT_ARG(d->name));
		for (size_t j = 0; j < i; j++)
			if (dbn_text_eq(s->shards[j].name, d->name))
				return dbn_fail(err, DBN_E_CONFIG, "two shards are called \"%.*s\"",
					DBN_TEXT_ARG(d->name));
		s->nshards = i + 1;
	}
	return DBN_OK;
}

static dbn_status
open_map(dbn_shards *s, const dbn_shard_conf_map *in, shard_map *m, dbn_error **err)
{
	dbn_array shards = { s->shards, (uint32_t)s->nshards, sizeof(dbn_shard_desc) };
	dbn_type *types;
	dbn_status rc = copy_name(s, in->name, "shard map", &m->name, err);

	if (rc != DBN_OK)
		return rc;
	for (size_t i = 0; i < s->nmaps; i++)
		if (dbn_text_eq(s->maps[i].name, m->name))
			return dbn_fail(err, DBN_E_CONFIG, "two shard maps are called \"%.*s\"",
				DBN_TEXT_ARG(m->name));
	if (in->nkey == 0 || in->nkey > DBN_SHARD_KEY_MAX)
		return dbn_fail(err, DBN_E_CONFIG, "shard map \"%.*s\": a key has from 1 to %d columns",
			DBN_TEXT_ARG(m->name), DBN_SHARD_KEY_MAX);
	types = dbn_arena_memdup(&s->arena, in->key_types, in->nkey * sizeof(*types));
	if (!types)
		return dbn_fail_nomem(err);
	for (size_t i = 0; i < in->nkey; i++)
		if (!dbn_shard_key_type(types[i]))
			return dbn_fail(err, DBN_E_CONFIG,
				"shard map \"%.*s\": %s cannot be the type of a key",
				DBN_TEXT_ARG(m->name), dbn_type_name(types[i]));
	m->self = in->self;
	m->ops = in->ops;
	m->types = types;
	m->nkey = in->nkey;
	return m->ops->bind(m->self, &shards, types, m->nkey, err);
}

static dbn_status
open_maps(dbn_shards *s, const dbn_shard_conf *conf, dbn_error **err)
{
	dbn_status rc;

	s->maps = dbn_arena_array(&s->arena, conf->nmaps ? conf->nmaps : 1, sizeof(*s->maps));
	if (!s->maps)
		return dbn_fail_nomem(err);
	for (size_t i = 0; i < conf->nmaps; i++) {
		rc = open_map(s, &conf->maps[i], &s->maps[i], err);
		if (rc != DBN_OK)
			return rc;
		s->nmaps = i + 1;
	}
	return DBN_OK;
}

static dbn_status
open_sharded(dbn_shards *s, const dbn_shard_conf_table *in, dbn_placement *p, dbn_error **err)
{
	dbn_text *columns;
	size_t m = 0;

	while (m < s->nmaps && !dbn_text_eq(s->maps[m].name, in->map))
		m++;
	if (m == s->nmaps)
		return dbn_fail(err, DBN_E_CONFIG, "table \"%.*s\": there is no shard map \"%.*s\"",
			DBN_TEXT_ARG(in->relation), DBN_TEXT_ARG(in->map));
	if (in->ncolumns != s->maps[m].nkey)
		return dbn_fail(err, DBN_E_CONFIG,
			"table \"%.*s\" has %zu key columns, but shard map \"%.*s\" takes %zu",
			DBN_TEXT_ARG(in->relation), in->ncolumns, DBN_TEXT_ARG(in->map), s->maps[m].nkey);
	columns = dbn_arena_array(&s->arena, in->ncolumns, sizeof(*columns));
	if (!columns)
		return dbn_fail_nomem(err);
	for (size_t i = 0; i < in->ncolumns; i++) {
		dbn_status rc = copy_name(s, in->columns[i], "key column", &columns[i], err);

		if (rc != DBN_OK)
			return rc;
	}
	p->map = (uint32_t)m;
	p->columns = columns;
	p->types = s->maps[m].types;
	p->ncolumns = in->ncolumns;
	return DBN_OK;
}

/* File the table under the last part of its name; refuse a second of the name. */
static dbn_status
file_table(dbn_shards *s, table *t, dbn_error **err)
{
	dbn_text last = dbn_name_last(t->place.relation);
	bool any = dbn_text_eqz(last, "*");
	table *others = any ? s->any_name : dbn_map_get(&s->by_name, last);
	void *old;

	for (table *o = others; o; o = o->next)
		if (dbn_text_eq(o->place.relation, t->place.relation))
			return dbn_fail(err, DBN_E_CONFIG, "table \"%.*s\" is listed twice",
				DBN_TEXT_ARG(t->place.relation));
	t->next = others;
	if (any)
		s->any_name = t;
	else if (dbn_map_put(&s->by_name, last, t, &old) != DBN_OK)
		return dbn_fail_nomem(err);
	return DBN_OK;
}

static dbn_status
open_table(dbn_shards *s, const dbn_shard_conf_table *in, table *t, dbn_error **err)
{
	dbn_placement *p = &t->place;
	dbn_status rc = copy_name(s, in->relation, "table", &p->relation, err);

	if (rc != DBN_OK)
		return rc;
	p->kind = in->kind;
	switch (in->kind) {
	case DBN_PLACE_SHARDED:
		rc = open_sharded(s, in, p, err);
		break;
	case DBN_PLACE_REFERENCE:
		break;
	case DBN_PLACE_SINGLE:
		if (!dbn_shards_find(s, in->shard, &p->shard))
			rc = dbn_fail(err, DBN_E_CONFIG, "table \"%.*s\": there is no shard \"%.*s\"",
				DBN_TEXT_ARG(in->relation), DBN_TEXT_ARG(in->shard));
		break;
	default:
		rc = dbn_fail(err, DBN_E_CONFIG, "table \"%.*s\" has no placement",
			DBN_TEXT_ARG(in->relation));
	}
	return rc == DBN_OK ? file_table(s, t, err) : rc;
}

dbn_status
dbn_shards_open(const dbn_shard_conf *conf, dbn_shards **out, dbn_error **err)
{
	dbn_shards *s = dbn_zalloc(sizeof(*s));
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	*out = NULL;
	if (!s)
		return dbn_fail_nomem(err);
	dbn_arena_init(&s->arena, 0);
	dbn_map_init(&s->by_name);
	rc = open_shards(s, conf, err);
	if (rc == DBN_OK)
		rc = open_maps(s, conf, err);
	if (rc != DBN_OK)
		goto out;
	s->tables = dbn_arena_array(&s->arena, conf->ntables ? conf->ntables : 1, sizeof(*s->tables));
	if (!s->tables) {
		rc = dbn_fail_nomem(err);
		goto out;
	}
	for (size_t i = 0; i < conf->ntables && rc == DBN_OK; i++)
		rc = open_table(s, &conf->tables[i], &s->tables[i], err);
out:
	if (rc == DBN_OK)
		*out = s;
	else
		dbn_shards_close(s);
	return rc;
}

void
dbn_shards_close(dbn_shards *s)
{
	if (!s)
		return;
	dbn_map_free(&s->by_name, NULL);
	dbn_arena_free(&s->arena);
	dbn_free(s);
}

size_t
dbn_shards_count(const dbn_shards *s)
{
	return s->nshards;
}

dbn_text
dbn_shards_name(const dbn_shards *s, uint32_t ordinal)
{
	return ordinal < s->nshards ? s->shards[ordinal].name : (dbn_text){ "", 0 };
}

bool
dbn_shards_find(const dbn_shards *s, dbn_text name, uint32_t *ordinal)
{
	for (uint32_t i = 0; i < s->nshards; i++)
		if (dbn_text_eq(s->shards[i].name, name)) {
			*ordinal = i;
			return true;
		}
	return false;
}

size_t
dbn_shards_maps(const dbn_shards *s)
{
	return s->nmaps;
}

dbn_text
dbn_shards_map_name(const dbn_shards *s, uint32_t map)
{
	return map < s->nmaps ? s->maps[map].name : (dbn_text){ "", 0 };
}

static const table *
best_of(const table *list, dbn_text relation, int *best)
{
	const table *found = NULL;

	for (; list; list = list->next) {
		int exact = dbn_name_match(list->place.relation, relation);

		if (exact > *best) {
			*best = exact;
			found = list;
		}
	}
	return found;
}

const dbn_placement *
dbn_shards_place(const dbn_shards *s, dbn_text relation)
{
	int best = -1;
	const table *t = best_of(dbn_map_get(&s->by_name, dbn_name_last(relation)), relation, &best);

	if (!t)
		t = best_of(s->any_name, relation, &best);
	return t ? &t->place : NULL;
}

/* The map, if the key has the right number of values. */
static const shard_map *
map_for(const dbn_shards *s, uint32_t map, size_t nkey, dbn_error **err)
{
	if (map >= s->nmaps) {
		(void)dbn_fail(err, DBN_E_INVALID, "there is no shard map number %u", map);
		return NULL;
	}
	if (nkey != s->maps[map].nkey) {
		(void)dbn_fail(err, DBN_E_INVALID, "shard map \"%.*s\" takes keys of %zu values, not %zu",
			DBN_TEXT_ARG(s->maps[map].name), s->maps[map].nkey, nkey);
		return NULL;
	}
	return &s->maps[map];
}

static dbn_status
convert_key(const shard_map *m, const dbn_value *in, dbn_value *out,
	char (*scratch)[DBN_SHARD_SCRATCH], dbn_error **err)
{
	for (size_t i = 0; i < m->nkey; i++) {
		dbn_status rc = dbn_shard_convert(&in[i], m->types[i], &out[i], scratch[i], err);

		if (rc != DBN_OK)
			return rc;
	}
	return DBN_OK;
}

/* A strategy that answers with a shard there is not would lose data. */
static dbn_status
check_ordinals(const dbn_shards *s, const shard_map *m, const uint32_t *ordinals, size_t n,
	dbn_error **err)
{
	for (size_t i = 0; i < n; i++)
		if (ordinals[i] >= s->nshards)
			return dbn_fail(err, DBN_E_PLUGIN,
				"shard map \"%.*s\" answered with shard %u of %zu",
				DBN_TEXT_ARG(m->name), ordinals[i], s->nshards);
	return DBN_OK;
}

dbn_status
dbn_shard_route(const dbn_shards *s, uint32_t map, const dbn_value *key, size_t nkey,
	uint32_t *ordinal, dbn_error **err)
{
	return dbn_shard_route_many(s, map, key, nkey, 1, ordinal, err);
}

dbn_status
dbn_shard_route_many(const dbn_shards *s, uint32_t map, const dbn_value *keys, size_t nkey,
	size_t n, uint32_t *ordinals, dbn_error **err)
{
	dbn_value conv[CHUNK * DBN_SHARD_KEY_MAX];
	char scratch[CHUNK * DBN_SHARD_KEY_MAX][DBN_SHARD_SCRATCH];
	const shard_map *m;
	dbn_status rc = DBN_OK;

	DBN_ERR_CLEAR(err);
	m = map_for(s, map, nkey, err);
	if (!m)
		return DBN_E_INVALID;
	for (size_t at = 0; at < n; at += CHUNK) {
		size_t count = n - at < CHUNK ? n - at : CHUNK;

		for (size_t i = 0; i < count && rc == DBN_OK; i++)
			rc = convert_key(m, keys + (at + i) * nkey, conv + i * nkey,
				scratch + i * nkey, err);
		if (rc == DBN_OK)
			rc = m->ops->route(m->self, conv, nkey, count, ordinals + at, err);
		if (rc == DBN_OK)
			rc = check_ordinals(s, m, ordinals + at, count, err);
		if (rc != DBN_OK)
			return rc;
	}
	return DBN_OK;
}

dbn_status
dbn_shard_route_range(const dbn_shards *s, uint32_t map, const dbn_key_range *range, uint64_t *set,
	dbn_error **err)
{
	dbn_value lo[DBN_SHARD_KEY_MAX], hi[DBN_SHARD_KEY_MAX];
	char scratch[2 * DBN_SHARD_KEY_MAX][DBN_SHARD_SCRATCH];
	dbn_key_range r = { .struct_size = sizeof(r), .nkey = range->nkey,
		.lo_open = range->lo_open, .hi_open = range->hi_open };
	const shard_map *m;
	dbn_status rc = DBN_OK;

	DBN_ERR_CLEAR(err);
	m = map_for(s, map, range->nkey, err);
	if (!m)
		return DBN_E_INVALID;
	memset(set, 0, (s->nshards + 63) / 64 * sizeof(*set));
	if (range->lo) {
		rc = convert_key(m, range->lo, lo, scratch, err);
		r.lo = lo;
	}
	if (rc == DBN_OK && range->hi) {
		rc = convert_key(m, range->hi, hi, scratch + DBN_SHARD_KEY_MAX, err);
		r.hi = hi;
	}
	if (rc == DBN_OK)
		rc = m->ops->route_range(m->self, &r, set, s->nshards, err);
	if (rc == DBN_OK && s->nshards % 64 && set[s->nshards / 64] >> (s->nshards % 64))
		rc = dbn_fail(err, DBN_E_PLUGIN, "shard map \"%.*s\" answered with shards there are not",
			DBN_TEXT_ARG(m->name));
	return rc;
}

static dbn_status
write_str(void *ctx, const char *p, size_t n)
{
	dbn_str *out = ctx;

	dbn_str_add(out, p, n);
	return out->status;
}

dbn_status
dbn_shard_describe(const dbn_shards *s, uint32_t map, const dbn_value *key, size_t nkey, dbn_str *out,
	dbn_error **err)
{
	dbn_value conv[DBN_SHARD_KEY_MAX];
	char scratch[DBN_SHARD_KEY_MAX][DBN_SHARD_SCRATCH];
	dbn_str_sink sink = { write_str, out };
	const shard_map *m;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	m = map_for(s, map, nkey, err);
	if (!m)
		return DBN_E_INVALID;
	rc = convert_key(m, key, conv, scratch, err);
	return rc == DBN_OK ? m->ops->describe(m->self, conv, nkey, &sink, err) : rc;
}
