/* SPDX-License-Identifier: MIT */
/*
 * A whole stack from a tree: the top level, cache, permission, audit, limits
 * and log.  Everything is read by schema, then what refers to something is
 * resolved.
 */
#include <stdio.h>

#include "base/log.h"
#include "conf/load.h"

/* ---- helpers of all stack_*.c ---- */

bool
dbn_load_group(dbn_loading *l, const dbn_array *items, const dbn_conf_node *node,
	const dbn_conf_node *owner, void *out)
{
	dbn_conf_fill_opts opts = { .node = node, .owner = owner, .what = "this group" };

	if (dbn_conf_fill(items, &opts, out, &l->stack->memory, l->problems) != DBN_OK)
		l->nomem = true;
	return !l->nomem && (!node || node->kind == DBN_NODE_GROUP);
}

void *
dbn_load_alloc(dbn_loading *l, size_t count, size_t size)
{
	void *p = dbn_arena_array(l->arena, count ? count : 1, size);

	if (!p)
		l->nomem = true;
	return p;
}

uint32_t
dbn_load_list(dbn_loading *l, const dbn_conf_node *node, const char *what)
{
	if (!node)
		return 0;
	if (node->kind == DBN_NODE_LIST)
		return node->count;
	dbn_problem_node(l->problems, node, "write NAME = ( { name = \"...\"; ... }, ... );",
		"\"%s\" must be a list of groups, not %s", what, dbn_conf_kind_name(node->kind));
	return 0;
}

bool
dbn_load_name(dbn_loading *l, const dbn_conf_node *node, const char *name)
{
	if (!name[0] || strchr(name, ']')) {
		dbn_problem_node(l->problems, node, NULL, "\"%s\" cannot be a name", name);
		return false;
	}
	for (const dbn_conf_node *c = node->parent->child; c && c != node; c = c->next) {
		const dbn_conf_node *other = dbn_conf_member(c, "name");

		if (other && (other->kind == DBN_NODE_STRING || other->kind == DBN_NODE_TEXT) &&
			dbn_text_eqz(other->u.text, name)) {
			dbn_problem_node(l->problems, node, NULL, "the name \"%s\" is there twice", name);
			return false;
		}
	}
	return true;
}

/* ---- cache ---- */

struct raw_cache {
	dbn_raw_plugin p;
	uint64_t ttl, max_result;
	const dbn_conf_node *front, *rules;
};
static const dbn_conf_item cache_items[] = {
	DBN_ITEMS_PLUGIN(struct raw_cache, p),
	DBN_ITEM(DBN_CONF_DURATION, struct raw_cache, ttl, "ttl", "5 min", 0, "time to live"),
	DBN_ITEM_RANGE(DBN_CONF_SIZE, struct raw_cache, max_result, "max_result", "1 MiB", 1024,
		INT64_C(1) << 30, "larger results are not cached"),
	DBN_ITEM(DBN_CONF_NODE, struct raw_cache, front, "front", NULL, 0, "a cache before it"),
	DBN_ITEM(DBN_CONF_NODE, struct raw_cache, rules, "rules", NULL, 0, "ttl by relation"),
};
static const dbn_array cache_schema = DBN_ITEMS(cache_items);

struct raw_cache_rule {
	const char *relation;
	uint64_t ttl;
};
static const dbn_conf_item cache_rule_items[] = {
	DBN_ITEM(DBN_CONF_STRING, struct raw_cache_rule, relation, "relation", NULL,
		DBN_CONF_REQUIRED, "[database.][schema.]name, each may be *"),
	DBN_ITEM(DBN_CONF_DURATION, struct raw_cache_rule, ttl, "ttl", NULL, DBN_CONF_REQUIRED,
		"\"0 s\": never cached"),
};
static const dbn_array cache_rule_schema = DBN_ITEMS(cache_rule_items);

#define FRONTS_MAX 4

static void
load_cache_rules(dbn_loading *l, const dbn_conf_node *list, dbn_conf_cache *cache)
{
	uint32_t n = dbn_load_list(l, list, "rules");
	dbn_conf_cache_rule *rules = dbn_load_alloc(l, n, sizeof *rules);

	for (const dbn_conf_node *c = n && rules ? list->child : NULL; c; c = c->next) {
		struct raw_cache_rule raw = { 0 };

		(void)dbn_load_group(l, &cache_rule_schema, c, c, &raw);
		rules[c->index].node = c;
		rules[c->index].relation = raw.relation ? raw.relation : "";
		rules[c->index].ttl = raw.ttl;
	}
	cache->rules = rules;
	cache->nrules = rules ? n : 0;
}

static void
load_cache(dbn_loading *l, const dbn_conf_node *node)
{
	dbn_conf_cache *last = NULL, *c;

	for (unsigned depth = 0; node; depth++) {
		struct raw_cache raw = { 0 };

		if (depth == FRONTS_MAX) {
			dbn_problem_node(l->problems, node, NULL, "more than %d caches stand before "
				"each other", FRONTS_MAX);
			return;
		}
		c = dbn_load_alloc(l, 1, sizeof *c);
		if (!c || !dbn_load_group(l, &cache_schema, node, node, &raw))
			return;
		dbn_load_plugin(l, &raw.p, node, &c->plugin);
		c->ttl = raw.ttl;
		c->max_result = raw.max_result;
		if (!last)
			l->stack->cache = c;
		else
			last->front = c;
		if (!last)
			load_cache_rules(l, raw.rules, c);
		else if (raw.rules)
			dbn_problem_node(l->problems, raw.rules, NULL,
				"rules stand in the outermost cache, not in a front");
		last = c;
		node = raw.front;
	}
}

/* ---- audit ---- */

struct raw_audit {
	const char *name;
	dbn_raw_plugin p;
	int32_t guarantee, on_failure;
	uint64_t queue;
	const dbn_conf_node *record;
};
static const dbn_conf_item audit_items[] = {
	DBN_ITEM(DBN_CONF_STRING, struct raw_audit, name, "name", NULL, DBN_CONF_REQUIRED,
		"items of a list have a name = \"NAME\""),
	DBN_ITEMS_PLUGIN(struct raw_audit, p),
	DBN_ITEM_ENUM(struct raw_audit, guarantee, "guarantee", "before_ack",
		"best_effort|before_ack|transactional", "when a record is durable"),
	DBN_ITEM_ENUM(struct raw_audit, on_failure, "on_failure", NULL, "stop|drop",
		"what happens when it cannot record"),
	DBN_ITEM_RANGE(DBN_CONF_SIZE, struct raw_audit, queue, "queue", "4 MiB", 65536,
		INT64_C(1) << 30, "records waiting to be written"),
	DBN_ITEM(DBN_CONF_NODE, struct raw_audit, record, "record", NULL, 0,
		"which events; none given: everything"),
};
static const dbn_array audit_schema = DBN_ITEMS(audit_items);

struct raw_filter {
	const char *relation;
	int32_t action, outcome;
};
#define ACTIONS "read|insert|update|delete|admin|txn|session|policy|system"
#define OUTCOMES "ok|denied|error|cancelled|unknown|not_recorded|intent"
static const dbn_conf_item filter_items[] = {
	DBN_ITEM(DBN_CONF_STRING, struct raw_filter, relation, "relation", NULL, 0,
		"[database.][schema.]name, each may be *"),
	DBN_ITEM_ENUM(struct raw_filter, action, "action", NULL, ACTIONS, "what was done"),
	DBN_ITEM_ENUM(struct raw_filter, outcome, "outcome", NULL, OUTCOMES, "how it ended"),
};
static const dbn_array filter_schema = DBN_ITEMS(filter_items);

static const char *
word_of(const dbn_conf_node *group, const char *name)
{
	const dbn_conf_node *n = dbn_conf_member(group, name);

	return n && (n->kind == DBN_NODE_STRING || n->kind == DBN_NODE_TEXT) ? n->u.text.ptr : NULL;
}

static void
load_filters(dbn_loading *l, const dbn_conf_node *list, dbn_conf_audit *out)
{
	uint32_t n = dbn_load_list(l, list, "record");
	dbn_conf_filter *filters = dbn_load_alloc(l, n, sizeof *filters);

	for (const dbn_conf_node *c = n && filters ? list->child : NULL; c; c = c->next) {
		struct raw_filter raw = { 0 };

		(void)dbn_load_group(l, &filter_schema, c, c, &raw);
		filters[c->index].node = c;
		filters[c->index].relation = raw.relation;
		filters[c->index].action = word_of(c, "action");
		filters[c->index].outcome = word_of(c, "outcome");
	}
	out->filters = filters;
	out->nfilters = filters ? n : 0;
}

static void
load_audit(dbn_loading *l, const dbn_conf_node *list)
{
	uint32_t n = dbn_load_list(l, list, "audit");
	dbn_conf_audit *sinks = dbn_load_alloc(l, n, sizeof *sinks);

	for (const dbn_conf_node *c = n && sinks ? list->child : NULL; c; c = c->next) {
		dbn_conf_audit *out = &sinks[c->index];
		struct raw_audit raw = { .on_failure = -1 };

		out->plugin.node = c;
		if (!dbn_load_group(l, &audit_schema, c, c, &raw))
			continue;
		out->name = raw.name;
		if (raw.name)
			(void)dbn_load_name(l, c, raw.name);
		dbn_load_plugin(l, &raw.p, c, &out->plugin);
		out->guarantee = (uint32_t)raw.guarantee + DBN_GUARANTEE_BEST_EFFORT;
		out->on_failure = raw.on_failure >= 0 ? (uint32_t)raw.on_failure + DBN_ON_FAILURE_STOP :
			out->guarantee == DBN_GUARANTEE_BEST_EFFORT ? DBN_ON_FAILURE_DROP :
			DBN_ON_FAILURE_STOP;
		out->queue = raw.queue;
		load_filters(l, raw.record, out);
	}
	l->stack->audit = sinks;
	l->stack->naudit = sinks ? n : 0;
}

/* ---- the rest ---- */

static const dbn_conf_item limit_items[] = {
	DBN_ITEM_RANGE(DBN_CONF_SIZE, dbn_conf_limits, statement, "statement", "64 KiB", 256,
		INT64_C(64) << 20, "length of a statement"),
	DBN_ITEM_RANGE(DBN_CONF_INT, dbn_conf_limits, tokens, "tokens", "16384", 16, 10000000,
		"tokens of a statement"),
	DBN_ITEM_RANGE(DBN_CONF_INT, dbn_conf_limits, depth, "depth", "100", 8, 1000,
		"nesting of a statement"),
	DBN_ITEM_RANGE(DBN_CONF_INT, dbn_conf_limits, parameters, "parameters", "1000", 1, 1000000,
		"parameters of a statement"),
	DBN_ITEM_RANGE(DBN_CONF_INT, dbn_conf_limits, list, "list", "10000", 1, 1000000,
		"items of a list parameter"),
	DBN_ITEM_RANGE(DBN_CONF_SIZE, dbn_conf_limits, result, "result", "256 MiB", 1024,
		INT64_C(1) << 40, "rows of a statement held in memory"),
	DBN_ITEM_RANGE(DBN_CONF_DURATION, dbn_conf_limits, time, "time", "30 s", 1000000, INT64_MAX,
		"of a statement"),
	DBN_ITEM_RANGE(DBN_CONF_SIZE, dbn_conf_limits, plans, "plans", "32 MiB", 65536,
		INT64_C(1) << 40, "memory of the plan cache"),
	DBN_ITEM_RANGE(DBN_CONF_INT, dbn_conf_limits, sessions, "sessions", "10000", 1, 10000000,
		"open at once"),
};
static const dbn_array limit_schema = DBN_ITEMS(limit_items);

static const dbn_conf_item async_items[] = {
	DBN_ITEM_RANGE(DBN_CONF_INT, dbn_conf_async, threads, "threads", "1", 1, 64,
		"event loops"),
	DBN_ITEM_RANGE(DBN_CONF_INT, dbn_conf_async, workers, "workers", "8", 1, 1000,
		"threads for operations that may block"),
	DBN_ITEM_RANGE(DBN_CONF_SIZE, dbn_conf_async, memory, "memory", "64 MiB", 65536,
		INT64_C(1) << 40, "of operations that are not done"),
	DBN_ITEM_RANGE(DBN_CONF_INT, dbn_conf_async, connections, "connections", "2", 1, 64,
		"of a node, that groups of reads travel on"),
};
static const dbn_array async_schema = DBN_ITEMS(async_items);

struct raw_log {
	int32_t level;
	const char *to;
};
static const dbn_conf_item log_items[] = {
	DBN_ITEM_ENUM(struct raw_log, level, "level", "warn", "error|warn|info|debug",
		"the least important that is said"),
	DBN_ITEM(DBN_CONF_STRING, struct raw_log, to, "to", NULL, 0, "stderr or a file"),
};
static const dbn_array log_schema = DBN_ITEMS(log_items);

struct raw_metrics {
	const char *socket;
};
static const dbn_conf_item metrics_items[] = {
	DBN_ITEM(DBN_CONF_STRING, struct raw_metrics, socket, "socket", NULL, 0,
		"where dbnexus asks the running stack"),
};
static const dbn_array metrics_schema = DBN_ITEMS(metrics_items);

struct raw_permission {
	dbn_raw_plugin p;
};
static const dbn_conf_item permission_items[] = { DBN_ITEMS_PLUGIN(struct raw_permission, p) };
static const dbn_array permission_schema = DBN_ITEMS(permission_items);

struct raw_plugins {
	dbn_array dirs;
};
static const dbn_conf_item plugins_items[] = {
	DBN_ITEM(DBN_CONF_LIST, struct raw_plugins, dirs, "dirs", NULL, 0,
		"searched before the built-in folder"),
};
static const dbn_array plugins_schema = DBN_ITEMS(plugins_items);

struct raw_stack {
	int64_t version;
	const dbn_conf_node *plugins, *databases, *cache, *permission, *audit, *limits, *async, *log, *metrics;
};
static const dbn_conf_item stack_items[] = {
	DBN_ITEM_RANGE(DBN_CONF_INT, struct raw_stack, version, "version", "1", 1, 1,
		"of this syntax"),
	DBN_ITEM(DBN_CONF_NODE, struct raw_stack, plugins, "plugins", NULL, 0, "where they are"),
	DBN_ITEM(DBN_CONF_NODE, struct raw_stack, databases, "databases", NULL, DBN_CONF_REQUIRED,
		"write databases = { main = { driver = { ... }; }; };"),
	DBN_ITEM(DBN_CONF_NODE, struct raw_stack, cache, "cache", NULL, 0, "of results"),
	DBN_ITEM(DBN_CONF_NODE, struct raw_stack, permission, "permission", NULL, 0, "the policy"),
	DBN_ITEM(DBN_CONF_NODE, struct raw_stack, audit, "audit", NULL, 0, "destinations"),
	DBN_ITEM(DBN_CONF_NODE, struct raw_stack, limits, "limits", NULL, 0, "of statements"),
	DBN_ITEM(DBN_CONF_NODE, struct raw_stack, async, "async", NULL, 0,
		"operations nobody waits for"),
	DBN_ITEM(DBN_CONF_NODE, struct raw_stack, log, "log", NULL, 0, "diagnostics"),
	DBN_ITEM(DBN_CONF_NODE, struct raw_stack, metrics, "metrics", NULL, 0, "who may look in"),
};
static const dbn_array stack_schema = DBN_ITEMS(stack_items);

static void
load_databases(dbn_loading *l, const dbn_conf_node *group)
{
	dbn_conf_database *dbs;

	if (!group)
		return;
	if (group->kind != DBN_NODE_GROUP || !group->count) {
		dbn_problem_node(l->problems, group, "write databases = { main = { driver = { ... }; }; };",
			"\"databases\" must be a group with at least one database");
		return;
	}
	dbs = dbn_load_alloc(l, group->count, sizeof *dbs);
	for (const dbn_conf_node *c = group->child; dbs && c; c = c->next)
		dbn_load_database(l, c, &dbs[c->index]);
	l->stack->databases = dbs;
	l->stack->ndatabases = dbs ? group->count : 0;
}

static void
load_permission(dbn_loading *l, const dbn_config *config, const dbn_conf_node *node)
{
	struct raw_permission raw = { 0 };
	dbn_conf_plugin *p;

	if (!node) {
		l->stack->allow_all = config->allow_all;
		if (!config->allow_all)
			dbn_problem_node(l->problems, l->stack->tree.root,
				"write permission = { plugin = \"NAME\"; settings = { ... }; };",
				"\"permission\" is missing: without a policy nobody may do anything");
		return;
	}
	p = dbn_load_alloc(l, 1, sizeof *p);
	if (!p || !dbn_load_group(l, &permission_schema, node, node, &raw))
		return;
	dbn_load_plugin(l, &raw.p, node, p);
	l->stack->permission = p;
}

static void
load_log(dbn_loading *l, const dbn_conf_node *node)
{
	struct raw_log raw = { .level = DBN_LOG_WARN };

	(void)dbn_load_group(l, &log_schema, node, l->stack->tree.root, &raw);
	l->stack->log.level = raw.level;
	l->stack->log.to = raw.to;
	if (raw.to && strcmp(raw.to, "stderr") != 0) {
		const dbn_conf_node *to = dbn_conf_member(node, "to");

		l->stack->log.to = dbn_conf_join(l->arena, to && to->file ? to->file->dir : "/", raw.to);
		if (!l->stack->log.to)
			l->nomem = true;
		if (!raw.to[0])
			dbn_problem_node(l->problems, to, NULL, "\"log.to\" must not be empty");
	}
}

static void
load_metrics(dbn_loading *l, const dbn_conf_node *node)
{
	const dbn_conf_node *at = dbn_conf_member(node, "socket");
	struct raw_metrics raw = { 0 };

	(void)dbn_load_group(l, &metrics_schema, node, l->stack->tree.root, &raw);
	if (!raw.socket)
		return;
	if (!raw.socket[0]) {
		dbn_problem_node(l->problems, at, NULL, "\"metrics.socket\" must not be empty");
		return;
	}
	l->stack->metrics_socket = dbn_conf_join(l->arena, at && at->file ? at->file->dir : "/", raw.socket);
	if (!l->stack->metrics_socket)
		l->nomem = true;
}

static void
load_plugin_dirs(dbn_loading *l, const dbn_conf_node *node)
{
	struct raw_plugins raw = { 0 };
	const dbn_conf_node *list = dbn_conf_member(node, "dirs");
	const char *const *words;
	const char **dirs;

	if (!dbn_load_group(l, &plugins_schema, node, l->stack->tree.root, &raw) || !raw.dirs.count)
		return;
	words = raw.dirs.items;
	dirs = dbn_load_alloc(l, raw.dirs.count, sizeof *dirs);
	for (uint32_t i = 0; dirs && i < raw.dirs.count; i++) {
		dirs[i] = dbn_conf_join(l->arena, list && list->file ? list->file->dir : "/", words[i]);
		if (!dirs[i])
			l->nomem = true;
	}
	l->stack->plugin_dirs = dirs;
	l->stack->nplugin_dirs = dirs && !l->nomem ? raw.dirs.count : 0;
}

dbn_status
dbn_stack_load(const dbn_config *config, dbn_problems *problems, dbn_stack_conf **out)
{
	dbn_stack_conf *s = dbn_zalloc(sizeof *s);
	dbn_loading l = { .stack = s, .problems = problems };
	struct raw_stack raw = { 0 };

	*out = NULL;
	if (!s)
		return DBN_E_NOMEM;
	l.arena = &s->memory.arena;
	dbn_conf_memory_init(&s->memory);
	dbn_conf_tree_init(&s->tree);
	if (dbn_conf_tree_copy(&config->tree, &s->tree) != DBN_OK ||
		!dbn_load_group(&l, &stack_schema, s->tree.root, s->tree.root, &raw))
		goto nomem;
	load_plugin_dirs(&l, raw.plugins);
	load_databases(&l, raw.databases);
	load_cache(&l, raw.cache);
	load_permission(&l, config, raw.permission);
	load_audit(&l, raw.audit);
	(void)dbn_load_group(&l, &limit_schema, raw.limits, s->tree.root, &s->limits);
	(void)dbn_load_group(&l, &async_schema, raw.async, s->tree.root, &s->async);
	load_log(&l, raw.log);
	load_metrics(&l, raw.metrics);
	if (l.nomem || problems->nomem)
		goto nomem;
	*out = s;
	return DBN_OK;
nomem:
	dbn_stack_free(s);
	return DBN_E_NOMEM;
}

void
dbn_stack_free(dbn_stack_conf *s)
{
	if (!s)
		return;
	dbn_conf_memory_free(&s->memory);
	dbn_conf_tree_free(&s->tree);
	dbn_free(s);
}

static void
visit(uint32_t kind, const dbn_conf_plugin *p, void (*each)(uint32_t kind,
	const dbn_conf_plugin *plugin, void *user), void *user)
{
	for (; p; p = p->inner)
		if (p->name)
			each(kind, p, user);
}

void
dbn_stack_plugins(const dbn_stack_conf *s,
	void (*each)(uint32_t kind, const dbn_conf_plugin *plugin, void *user), void *user)
{
	for (size_t i = 0; i < s->ndatabases; i++) {
		const dbn_conf_database *db = &s->databases[i];

		visit(DBN_KIND_DRIVER, &db->driver, each, user);
		for (size_t j = 0; j < db->nnodes; j++)
			if (db->nodes[j].own_driver)
				visit(DBN_KIND_DRIVER, &db->nodes[j].driver, each, user);
		for (size_t j = 0; j < db->nmaps; j++)
			visit(DBN_KIND_SHARD, &db->maps[j].plugin, each, user);
	}
	for (const dbn_conf_cache *c = s->cache; c; c = c->front)
		visit(DBN_KIND_CACHE, &c->plugin, each, user);
	visit(DBN_KIND_PERMISSION, s->permission, each, user);
	for (size_t i = 0; i < s->naudit; i++)
		visit(DBN_KIND_AUDIT, &s->audit[i].plugin, each, user);
}
