/* SPDX-License-Identifier: MIT */
/*
 * Between stack.c, stack_db.c and stack_plugin.c only: loading one stack.
 */
#ifndef DBN_CONF_LOAD_H
#define DBN_CONF_LOAD_H

#include "conf/build.h"
#include "conf/item.h"
#include "conf/stack.h"

typedef struct dbn_loading {
	dbn_stack_conf *stack;
	dbn_arena *arena;           /* the stack's */
	dbn_problems *problems;
	bool nomem;
} dbn_loading;

/* plugin, settings, secrets and inner, as members of raw structs. */
typedef struct dbn_raw_plugin {
	const char *plugin;
	const dbn_conf_node *settings, *secrets, *inner;
} dbn_raw_plugin;

#define DBN_ITEM(type_, st, member, name_, deflt_, flags_, help_) \
	{ name_, deflt_, help_, NULL, type_, flags_, 0, 0, (uint32_t)offsetof(st, member), 0, \
		{ NULL, 0, 0 } }
#define DBN_ITEM_RANGE(type_, st, member, name_, deflt_, min_, max_, help_) \
	{ name_, deflt_, help_, NULL, type_, 0, min_, max_, (uint32_t)offsetof(st, member), 0, \
		{ NULL, 0, 0 } }
#define DBN_ITEM_ENUM(st, member, name_, deflt_, choices_, help_) \
	{ name_, deflt_, help_, choices_, DBN_CONF_ENUM, 0, 0, 0, \
		(uint32_t)offsetof(st, member), 0, { NULL, 0, 0 } }
#define DBN_ITEMS_PLUGIN(st, member) \
	DBN_ITEM(DBN_CONF_STRING, st, member.plugin, "plugin", NULL, DBN_CONF_REQUIRED, \
		"name the plugin: plugin = \"NAME\""), \
	DBN_ITEM(DBN_CONF_NODE, st, member.settings, "settings", NULL, 0, "the plugin's own"), \
	DBN_ITEM(DBN_CONF_NODE, st, member.secrets, "secrets", NULL, 0, "file: env: command:"), \
	DBN_ITEM(DBN_CONF_NODE, st, member.inner, "inner", NULL, 0, "what a wrapper wraps")
#define DBN_ITEMS(table) \
	{ (table), (uint32_t)(sizeof(table) / sizeof((table)[0])), (uint32_t)sizeof((table)[0]) }

/* Fill a raw struct from a group of the core's own settings. */
bool dbn_load_group(dbn_loading *l, const dbn_array *items, const dbn_conf_node *node,
	const dbn_conf_node *owner, void *out);
void *dbn_load_alloc(dbn_loading *l, size_t count, size_t size);
/* Items of the list, or 0 where node is NULL; a problem where it is no list. */
uint32_t dbn_load_list(dbn_loading *l, const dbn_conf_node *node, const char *what);
/* The node's name is unique among the n items before; else a problem. */
bool dbn_load_name(dbn_loading *l, const dbn_conf_node *node, const char *name);

/* ---- stack_plugin.c ---- */
void dbn_load_plugin(dbn_loading *l, const dbn_raw_plugin *raw, const dbn_conf_node *node,
	dbn_conf_plugin *out);
/* A group that holds all of base, and all of over instead where both have it. */
const dbn_conf_node *dbn_load_merge(dbn_loading *l, const dbn_conf_node *base,
	const dbn_conf_node *over);

/* ---- stack_db.c ---- */
void dbn_load_database(dbn_loading *l, const dbn_conf_node *node, dbn_conf_database *db);
/* ---- stack_shard.c ---- */
typedef struct dbn_raw_database {
	const dbn_conf_node *driver, *pool, *nodes, *shards, *maps, *tables, *replicas, *server_roles;
} dbn_raw_database;
void dbn_load_shards(dbn_loading *l, const dbn_raw_database *raw, dbn_conf_database *db);

#endif
