/* SPDX-License-Identifier: MIT */
/*
 * Shards, maps and tables of a database: read, and their references resolved.
 */
#include "base/map.h"
#include "conf/load.h"

struct raw_shard {
	const char *name, *node;
	int64_t weight;
};
static const dbn_conf_item shard_items[] = {
	DBN_ITEM(DBN_CONF_STRING, struct raw_shard, name, "name", NULL, DBN_CONF_REQUIRED,
		"items of a list have a name = \"NAME\""),
	DBN_ITEM(DBN_CONF_STRING, struct raw_shard, node, "node", NULL, DBN_CONF_REQUIRED,
		"the node that holds it"),
	DBN_ITEM_RANGE(DBN_CONF_INT, struct raw_shard, weight, "weight", "1", 1, 1000000,
		"its share of the data"),
};
static const dbn_array shard_schema = DBN_ITEMS(shard_items);

struct raw_map {
	const char *name;
	dbn_raw_plugin p;
	dbn_array key;
};
static const dbn_conf_item map_items[] = {
	DBN_ITEM(DBN_CONF_STRING, struct raw_map, name, "name", NULL, DBN_CONF_REQUIRED,
		"items of a list have a name = \"NAME\""),
	DBN_ITEMS_PLUGIN(struct raw_map, p),
	DBN_ITEM(DBN_CONF_LIST, struct raw_map, key, "key", NULL, DBN_CONF_REQUIRED,
		"the types of the key, as [ \"int64\" ]"),
};
static const dbn_array map_schema = DBN_ITEMS(map_items);

struct raw_table {
	const char *table, *map, *shard;
	dbn_array key;
	int32_t placement;
};
static const dbn_conf_item table_items[] = {
	DBN_ITEM(DBN_CONF_STRING, struct raw_table, table, "table", NULL, DBN_CONF_REQUIRED,
		"[schema.]name"),
	DBN_ITEM(DBN_CONF_STRING, struct raw_table, map, "map", NULL, 0, "of a sharded table"),
	DBN_ITEM(DBN_CONF_LIST, struct raw_table, key, "key", NULL, 0, "columns of the map's key"),
	DBN_ITEM_ENUM(struct raw_table, placement, "placement", "sharded",
		"sharded|reference|single", "by a map, on every shard, on one"),
	DBN_ITEM(DBN_CONF_STRING, struct raw_table, shard, "shard", NULL, 0, "of a single table"),
};
static const dbn_array table_schema = DBN_ITEMS(table_items);

#define KEY_MAX 8

static bool
find_node(const dbn_conf_database *db, const char *name, uint32_t *out)
{
	for (size_t i = 0; i < db->nnodes; i++)
		if (db->nodes[i].name && strcmp(db->nodes[i].name, name) == 0) {
			*out = (uint32_t)i;
			return true;
		}
	return false;
}

static bool
find_shard(const dbn_conf_database *db, const char *name, uint32_t *out)
{
	for (size_t i = 0; i < db->nshards; i++)
		if (db->shards[i].name && strcmp(db->shards[i].name, name) == 0) {
			*out = (uint32_t)i;
			return true;
		}
	return false;
}

static bool
find_map(const dbn_conf_database *db, const char *name, uint32_t *out)
{
	for (size_t i = 0; i < db->nmaps; i++)
		if (db->maps[i].name && strcmp(db->maps[i].name, name) == 0) {
			*out = (uint32_t)i;
			return true;
		}
	return false;
}

static void
load_shard(dbn_loading *l, const dbn_conf_node *node, const dbn_conf_database *db,
	dbn_conf_shard *out)
{
	struct raw_shard raw = { .weight = 1 };

	out->node = node;
	if (!dbn_load_group(l, &shard_schema, node, node, &raw))
		return;
	out->name = raw.name;
	out->weight = (uint32_t)raw.weight;
	if (raw.name)
		(void)dbn_load_name(l, node, raw.name);
	if (raw.node && !find_node(db, raw.node, &out->db_node))
		dbn_problem_node(l->problems, dbn_conf_member(node, "node"), NULL,
			"shard \"%s\" is on the node \"%s\", which is not there",
			raw.name ? raw.name : "", raw.node);
}

static bool
find_type(const char *name, dbn_type *out)
{
	for (dbn_type t = DBN_BOOL; t <= DBN_EXTENSION; t++)
		if (strcmp(dbn_type_name(t), name) == 0) {
			*out = t;
			return true;
		}
	return false;
}

static void
load_map(dbn_loading *l, const dbn_conf_node *node, dbn_conf_map *out)
{
	struct raw_map raw = { 0 };
	const char *const *words;
	dbn_type *key;

	if (!dbn_load_group(l, &map_schema, node, node, &raw))
		return;
	out->name = raw.name;
	if (raw.name)
		(void)dbn_load_name(l, node, raw.name);
	dbn_load_plugin(l, &raw.p, node, &out->plugin);
	words = raw.key.items;
	if (raw.key.count > KEY_MAX || (!raw.key.count && dbn_conf_member(node, "key"))) {
		dbn_problem_node(l->problems, dbn_conf_member(node, "key"), NULL,
			"a key has 1 to %d columns", KEY_MAX);
		return;
	}
	key = dbn_load_alloc(l, raw.key.count, sizeof *key);
	for (uint32_t i = 0; key && i < raw.key.count; i++)
		if (!find_type(words[i], &key[i]))
			dbn_problem_node(l->problems, dbn_conf_member(node, "key"),
				"bool, int64, uint64, text, bytes, date, time, timestamp, timestamptz, uuid",
				"\"%s\" is not a type", words[i]);
	out->key = key;
	out->nkey = key ? raw.key.count : 0;
}

static void
place_sharded(dbn_loading *l, const dbn_conf_node *node, const dbn_conf_database *db,
	const struct raw_table *raw, dbn_conf_table *out)
{
	const char *table = raw->table ? raw->table : "";

	if (raw->shard)
		dbn_problem_node(l->problems, dbn_conf_member(node, "shard"),
			"write placement = \"single\"", "table \"%s\" is sharded: it has no shard of "
			"its own", table);
	if (!raw->map) {
		dbn_problem_node(l->problems, node, "or write placement = \"reference\" or \"single\"",
			"table \"%s\" has no map", table);
		return;
	}
	if (!find_map(db, raw->map, &out->map)) {
		dbn_problem_node(l->problems, dbn_conf_member(node, "map"), NULL,
			"table \"%s\" uses the map \"%s\", which is not there", table, raw->map);
		return;
	}
	out->key = raw->key.items;
	out->nkey = raw->key.count;
	if (out->nkey != db->maps[out->map].nkey && db->maps[out->map].nkey)
		dbn_problem_node(l->problems, node, NULL, "the key of table \"%s\" has %zu columns, the "
			"map \"%s\" wants %zu", table, out->nkey, raw->map, db->maps[out->map].nkey);
}

static void
load_table(dbn_loading *l, const dbn_conf_node *node, const dbn_conf_database *db, dbn_map *seen,
	dbn_conf_table *out)
{
	struct raw_table raw = { 0 };

	out->node = node;
	if (!dbn_load_group(l, &table_schema, node, node, &raw))
		return;
	out->table = raw.table;
	out->placement = (uint32_t)raw.placement + DBN_TABLE_SHARDED;
	if (raw.table && dbn_map_get(seen, dbn_text_z(raw.table)))
		dbn_problem_node(l->problems, node, NULL, "table \"%s\" is there twice", raw.table);
	else if (raw.table && dbn_map_put(seen, dbn_text_z(raw.table), out, NULL) != DBN_OK)
		l->nomem = true;
	if (out->placement == DBN_TABLE_SHARDED) {
		place_sharded(l, node, db, &raw, out);
		return;
	}
	if (raw.map || raw.key.count)
		dbn_problem_node(l->problems, node, NULL, "table \"%s\" is not sharded: it has neither "
			"map nor key", raw.table ? raw.table : "");
	if (out->placement == DBN_TABLE_SINGLE && !raw.shard)
		dbn_problem_node(l->problems, node, NULL, "table \"%s\" is on a single shard, but not "
			"said on which", raw.table ? raw.table : "");
	else if (out->placement == DBN_TABLE_SINGLE && !find_shard(db, raw.shard, &out->shard))
		dbn_problem_node(l->problems, dbn_conf_member(node, "shard"), NULL,
			"table \"%s\" is on the shard \"%s\", which is not there",
			raw.table ? raw.table : "", raw.shard);
	else if (out->placement == DBN_TABLE_REFERENCE && raw.shard)
		dbn_problem_node(l->problems, dbn_conf_member(node, "shard"), NULL,
			"table \"%s\" is on every shard", raw.table ? raw.table : "");
}

void
dbn_load_shards(dbn_loading *l, const dbn_raw_database *raw, dbn_conf_database *db)
{
	uint32_t nshards = dbn_load_list(l, raw->shards, "shards");
	uint32_t nmaps = dbn_load_list(l, raw->maps, "maps");
	uint32_t ntables = dbn_load_list(l, raw->tables, "tables");
	dbn_conf_shard *shards = dbn_load_alloc(l, nshards, sizeof *shards);
	dbn_conf_map *maps = dbn_load_alloc(l, nmaps, sizeof *maps);
	dbn_conf_table *tables = dbn_load_alloc(l, ntables, sizeof *tables);
	dbn_map seen;

	if (!shards || !maps || !tables)
		return;
	if (!nshards && (nmaps || ntables))
		dbn_problem_node(l->problems, raw->maps ? raw->maps : raw->tables, NULL,
			"database \"%s\" has maps or tables, but no shards", db->name);
	if (!nshards && db->nnodes > 1)
		dbn_problem_node(l->problems, raw->nodes, "write shards = ( { name, node }, ... )",
			"database \"%s\" has several nodes, but no shards", db->name);
	for (const dbn_conf_node *c = nshards ? raw->shards->child : NULL; c; c = c->next)
		load_shard(l, c, db, &shards[c->index]);
	db->shards = shards;
	db->nshards = nshards;
	for (const dbn_conf_node *c = nmaps ? raw->maps->child : NULL; c; c = c->next)
		load_map(l, c, &maps[c->index]);
	db->maps = maps;
	db->nmaps = nmaps;
	dbn_map_init(&seen);
	for (const dbn_conf_node *c = ntables ? raw->tables->child : NULL; c; c = c->next)
		load_table(l, c, db, &seen, &tables[c->index]);
	dbn_map_free(&seen, NULL);
	db->tables = tables;
	db->ntables = ntables;
}
