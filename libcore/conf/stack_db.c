/* SPDX-License-Identifier: MIT */
/*
 * databases = { main = { driver, pool, nodes, shards, maps, tables } }.
 */
#include "conf/load.h"

struct raw_driver {
	dbn_raw_plugin p;
	const char *url;
	int32_t create;
};
static const dbn_conf_item driver_items[] = {
	DBN_ITEMS_PLUGIN(struct raw_driver, p),
	DBN_ITEM(DBN_CONF_STRING, struct raw_driver, url, "url", NULL, 0,
		"where the database is, of all nodes that do not say it"),
	DBN_ITEM(DBN_CONF_BOOL, struct raw_driver, create, "create", "true", 0,
		"make the database if it is not there"),
};
static const dbn_array driver_schema = DBN_ITEMS(driver_items);

struct raw_pool {
	dbn_conf_pool p;
	const dbn_conf_node *shares;
};
#define TIME(member, name, deflt, help) \
	DBN_ITEM(DBN_CONF_DURATION, struct raw_pool, p.member, name, deflt, 0, help)
static const dbn_conf_item pool_items[] = {
	DBN_ITEM_RANGE(DBN_CONF_INT, struct raw_pool, p.min, "min", "1", 0, 10000,
		"connections kept open"),
	DBN_ITEM_RANGE(DBN_CONF_INT, struct raw_pool, p.max, "max", "16", 1, 10000,
		"connections at most"),
	DBN_ITEM_RANGE(DBN_CONF_INT, struct raw_pool, p.readers, "readers", "8", 1, 10000,
		"reading connections beside the one writer"),
	DBN_ITEM_RANGE(DBN_CONF_INT, struct raw_pool, p.statements, "statements", "256", 1, 100000,
		"kept prepared on each connection"),
	TIME(acquire_timeout, "acquire_timeout", "5 s", "wait so long for a free connection"),
	TIME(idle_timeout, "idle_timeout", "10 min", "close a connection not used for so long"),
	TIME(max_lifetime, "max_lifetime", "30 min", "close a connection open for so long"),
	TIME(keepalive, "keepalive", "2 min", "ask one that is idle for so long whether it lives"),
	TIME(leak_after, "leak_after", "5 min", "warn of a connection held for so long"),
	DBN_ITEM_RANGE(DBN_CONF_DURATION, struct raw_pool, p.connect_timeout, "connect_timeout", "5 s",
		1000000, INT64_C(3600000000000), "of one attempt to connect"),
	TIME(statement_timeout, "statement_timeout", "1 h", "the server gives a statement up by itself"),
	TIME(drain, "drain", "5 s", "at the end, wait so long for what is under way"),
	DBN_ITEM_RANGE(DBN_CONF_DURATION, struct raw_pool, p.breaker_cooldown, "breaker_cooldown",
		"500 ms", 1000000, INT64_C(3600000000000), "until a node that failed is tried again"),
	DBN_ITEM_RANGE(DBN_CONF_DURATION, struct raw_pool, p.retry_pause, "retry_pause", "20 ms", 0,
		INT64_C(60000000000), "before a statement is tried again; doubles"),
	DBN_ITEM_RANGE(DBN_CONF_INT, struct raw_pool, p.breaker_failures, "breaker_failures", "5", 1,
		1000000, "in a row, that open the breaker of a node"),
	DBN_ITEM_RANGE(DBN_CONF_INT, struct raw_pool, p.connects, "connects", "2", 1, 16,
		"connections being made at once"),
	DBN_ITEM_RANGE(DBN_CONF_INT, struct raw_pool, p.retries, "retries", "2", 0, 10,
		"of reads, and of what was never sent, when the connection is lost"),
	DBN_ITEM_RANGE(DBN_CONF_INT, struct raw_pool, p.per_user, "per_user", "0", 0, 10000,
		"connections of one user at once; 0: no limit"),
	DBN_ITEM_ENUM(struct raw_pool, p.start, "start", "fail", "fail|degraded",
		"what happens when the server is not there at the start"),
	DBN_ITEM_ENUM(struct raw_pool, p.sharing, "sharing", "fifo", "fifo|user|role",
		"who is next: the oldest, or by turns of users or roles"),
	DBN_ITEM(DBN_CONF_NODE, struct raw_pool, shares, "shares", NULL, 0,
		"write shares = ( { role = \"NAME\"; weight = 2; max = 4; }, ... );"),
};
#undef TIME
static const dbn_array pool_schema = DBN_ITEMS(pool_items);

struct raw_pool_share {
	const char *role;
	int64_t weight, max;
};
static const dbn_conf_item pool_share_items[] = {
	DBN_ITEM(DBN_CONF_STRING, struct raw_pool_share, role, "role", NULL, DBN_CONF_REQUIRED,
		"the first share whose role a user has is the user's"),
	DBN_ITEM_RANGE(DBN_CONF_INT, struct raw_pool_share, weight, "weight", "1", 1, 1000000,
		"turns against those of others"),
	DBN_ITEM_RANGE(DBN_CONF_INT, struct raw_pool_share, max, "max", "0", 0, 10000,
		"connections at once; 0: no limit"),
};
static const dbn_array pool_share_schema = DBN_ITEMS(pool_share_items);

struct raw_node {
	const char *name, *url, *replica_of;
	const dbn_conf_node *settings, *secrets, *pool;
};
static const dbn_conf_item node_items[] = {
	DBN_ITEM(DBN_CONF_STRING, struct raw_node, name, "name", NULL, DBN_CONF_REQUIRED,
		"items of a list have a name = \"NAME\""),
	DBN_ITEM(DBN_CONF_STRING, struct raw_node, url, "url", NULL, 0, "where it is"),
	DBN_ITEM(DBN_CONF_STRING, struct raw_node, replica_of, "replica_of", NULL, DBN_CONF_LATER,
		"the node that it follows"),
	DBN_ITEM(DBN_CONF_NODE, struct raw_node, settings, "settings", NULL, 0,
		"over those of driver"),
	DBN_ITEM(DBN_CONF_NODE, struct raw_node, secrets, "secrets", NULL, 0,
		"over those of driver"),
	DBN_ITEM(DBN_CONF_NODE, struct raw_node, pool, "pool", NULL, 0, "over the database's"),
};
static const dbn_array node_schema = DBN_ITEMS(node_items);

struct raw_server_role {
	const char *role, *server_role;
};
static const dbn_conf_item server_role_items[] = {
	DBN_ITEM(DBN_CONF_STRING, struct raw_server_role, role, "role", NULL, 0,
		"the first whose role a user has counts; without it: everybody else"),
	DBN_ITEM(DBN_CONF_STRING, struct raw_server_role, server_role, "server_role", NULL,
		DBN_CONF_REQUIRED, "the role of the server that statements of such users run under"),
};
static const dbn_array server_role_schema = DBN_ITEMS(server_role_items);

static const dbn_conf_item database_items[] = {
	DBN_ITEM(DBN_CONF_NODE, dbn_raw_database, driver, "driver", NULL, DBN_CONF_REQUIRED,
		"write driver = { plugin = \"NAME\"; url = \"...\"; };"),
	DBN_ITEM(DBN_CONF_NODE, dbn_raw_database, pool, "pool", NULL, 0, "connections per node"),
	DBN_ITEM(DBN_CONF_NODE, dbn_raw_database, nodes, "nodes", NULL, 0, "servers or files"),
	DBN_ITEM(DBN_CONF_NODE, dbn_raw_database, shards, "shards", NULL, 0, "slices of the data"),
	DBN_ITEM(DBN_CONF_NODE, dbn_raw_database, maps, "maps", NULL, 0, "from keys to shards"),
	DBN_ITEM(DBN_CONF_NODE, dbn_raw_database, tables, "tables", NULL, 0, "where they live"),
	DBN_ITEM(DBN_CONF_NODE, dbn_raw_database, server_roles, "server_roles", NULL, 0,
		"write server_roles = ( { role = \"NAME\"; server_role = \"NAME\"; }, ... );"),
	DBN_ITEM(DBN_CONF_NODE, dbn_raw_database, replicas, "replicas", NULL, DBN_CONF_LATER,
		"how reads use them"),
};
static const dbn_array database_schema = DBN_ITEMS(database_items);

/* The user part of "//user:password@host", if it holds a password. */
static bool
has_password(const char *rest)
{
	size_t authority = strcspn(rest + 2, "/?#");
	const char *at = NULL, *colon;

	for (size_t i = 0; i < authority; i++)
		if (rest[2 + i] == '@')
			at = rest + 2 + i;
	if (!at)
		return false;
	colon = memchr(rest + 2, ':', (size_t)(at - rest - 2));
	return colon && colon + 1 < at;
}

/* "password=" or "sslpassword =" among parameters, which stand behind one of between. */
static bool
names_password(const char *rest, const char *between)
{
	static const char *const words[] = { "password", "sslpassword", "passwd", "pwd" };

	for (const char *p = rest; *p; p += strcspn(p, between), p += strspn(p, between))
		for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
			size_t n = strcspn(p, " =&");

			if (dbn_text_ieqz(dbn_text_n(p, n), words[i]) && p[n + strspn(p + n, " ")] == '=')
				return true;
		}
	return false;
}

/* "service=shop", "host=db1 dbname=shop": words for the driver, and no path. */
static bool
is_keywords(const char *rest)
{
	size_t n = strspn(rest, "abcdefghijklmnopqrstuvwxyz_");

	n += strspn(rest + n, " ");
	return n && rest[n] == '=';
}

/* Check a URL and make a file's path in it absolute. */
static const char *
load_url(dbn_loading *l, const dbn_conf_node *n, const char *url)
{
	size_t scheme = strcspn(url, ":/?#");
	const char *rest = url + scheme + 1, *path;

	if (!scheme || url[scheme] != ':' || !*rest) {
		dbn_problem_node(l->problems, n, "it looks like sqlite:FILE or postgresql://HOST/NAME",
			"\"%s\" is not a URL", url);
		return NULL;
	}
	if ((rest[0] == '/' && rest[1] == '/' && (has_password(rest) ||
		names_password(rest + strcspn(rest, "?"), "?&"))) ||
		(is_keywords(rest) && names_password(rest, " ")))
		dbn_problem_node(l->problems, n,
			"give it as secrets = { password = \"file:...\"; }",
			"a password in a URL is refused");
	if (rest[0] == '/' || rest[0] == ':' || is_keywords(rest))
		return url;
	path = dbn_conf_join(l->arena, n && n->file ? n->file->dir : "/", rest);
	path = path ? dbn_arena_printf(l->arena, "%.*s:%s", (int)scheme, url, path) : NULL;
	if (!path)
		l->nomem = true;
	return path;
}

static void
load_pool_shares(dbn_loading *l, const dbn_conf_node *list, dbn_conf_pool *out)
{
	uint32_t n = dbn_load_list(l, list, "shares");
	dbn_conf_pool_share *shares = dbn_load_alloc(l, n, sizeof *shares);

	for (const dbn_conf_node *c = n && shares ? list->child : NULL; c; c = c->next) {
		struct raw_pool_share raw = { 0 };

		(void)dbn_load_group(l, &pool_share_schema, c, c, &raw);
		shares[c->index] = (dbn_conf_pool_share){ raw.role ? raw.role : "", (uint32_t)raw.weight,
			(uint32_t)raw.max };
		for (uint32_t i = 0; i < c->index; i++)
			if (strcmp(shares[i].role, shares[c->index].role) == 0)
				dbn_problem_node(l->problems, c, NULL, "the role \"%s\" has two shares",
					shares[i].role);
	}
	out->shares = shares;
	out->nshares = shares ? n : 0;
}

static void
load_pool(dbn_loading *l, const dbn_conf_node *node, const dbn_conf_node *owner,
	dbn_conf_pool *out)
{
	uint32_t before = l->problems->count;
	struct raw_pool raw = { .shares = NULL };

	if (!dbn_load_group(l, &pool_schema, node, owner, &raw))
		return;
	*out = raw.p;
	load_pool_shares(l, raw.shares, out);
	if (l->problems->count == before && out->min > out->max)
		dbn_problem_node(l->problems, node ? node : owner, NULL,
			"pool.min is more than pool.max (%lld, %lld)", (long long)out->min,
			(long long)out->max);
}

static void
load_node(dbn_loading *l, const dbn_conf_node *node, const dbn_raw_database *raw_db,
	const dbn_conf_database *db, const struct raw_driver *driver, dbn_conf_db_node *out)
{
	struct raw_node raw = { 0 };
	const dbn_conf_node *url = dbn_conf_member(node, "url");
	dbn_raw_plugin p = driver->p;

	if (!dbn_load_group(l, &node_schema, node, node, &raw))
		return;
	out->node = node;
	out->name = raw.name;
	out->create = driver->create;
	if (raw.name)
		(void)dbn_load_name(l, node, raw.name);
	if (!raw.url) {
		raw.url = driver->url;
		url = dbn_conf_member(raw_db->driver, "url");
	}
	if (raw.url)
		out->url = load_url(l, url, raw.url);
	else
		dbn_problem_node(l->problems, node, NULL, "node \"%s\" has no url",
			raw.name ? raw.name : "");
	out->driver = db->driver;
	out->own_driver = raw.settings || raw.secrets;
	if (out->own_driver) {
		p.settings = dbn_load_merge(l, p.settings, raw.settings);
		p.secrets = dbn_load_merge(l, p.secrets, raw.secrets);
		dbn_load_plugin(l, &p, node, &out->driver);
	}
	out->pool = db->pool;
	if (raw.pool)
		load_pool(l, dbn_load_merge(l, raw_db->pool, raw.pool), node, &out->pool);
}

/* Without nodes = ( ) the driver's own url is the only node. */
static void
load_only_node(dbn_loading *l, const dbn_raw_database *raw, dbn_conf_database *db,
	const struct raw_driver *driver)
{
	dbn_conf_db_node *n = dbn_load_alloc(l, 1, sizeof *n);

	if (!n)
		return;
	n->node = raw->driver ? raw->driver : db->node;
	n->name = db->name;
	n->driver = db->driver;
	n->create = driver->create;
	n->pool = db->pool;
	if (driver->url)
		n->url = load_url(l, dbn_conf_member(raw->driver, "url"), driver->url);
	else if (raw->driver)
		dbn_problem_node(l->problems, raw->driver, "or nodes = ( { name, url }, ... )",
			"database \"%s\" has no url", db->name);
	db->nodes = n;
	db->nnodes = 1;
}

static void
load_server_roles(dbn_loading *l, const dbn_conf_node *list, dbn_conf_database *db)
{
	uint32_t n = dbn_load_list(l, list, "server_roles");
	dbn_conf_server_role *roles = dbn_load_alloc(l, n, sizeof *roles);
	const dbn_conf_node *last = NULL;

	for (const dbn_conf_node *c = n && roles ? list->child : NULL; c; c = c->next) {
		struct raw_server_role raw = { NULL, NULL };

		(void)dbn_load_group(l, &server_role_schema, c, c, &raw);
		roles[c->index] = (dbn_conf_server_role){ raw.role, raw.server_role };
		if (raw.server_role && !*raw.server_role)
			dbn_problem_node(l->problems, c, NULL, "\"server_role\" must not be empty");
		if (last)
			dbn_problem_node(l->problems, c, "put the one without a role last",
				"this server role is never used: one before it is everybody's");
		if (!raw.role)
			last = c;
	}
	db->server_roles = roles;
	db->server_roles_node = list;
	db->nserver_roles = roles ? n : 0;
}

void
dbn_load_database(dbn_loading *l, const dbn_conf_node *node, dbn_conf_database *db)
{
	struct raw_driver driver = { .create = 1 };
	dbn_raw_database raw = { 0 };
	dbn_conf_db_node *nodes;
	uint32_t count;

	db->node = node;
	db->name = node->name;
	if (!dbn_load_group(l, &database_schema, node, node, &raw))
		return;
	if (raw.driver && dbn_load_group(l, &driver_schema, raw.driver, raw.driver, &driver))
		dbn_load_plugin(l, &driver.p, raw.driver, &db->driver);
	else
		db->driver.node = node;
	load_pool(l, raw.pool, node, &db->pool);
	load_server_roles(l, raw.server_roles, db);
	count = dbn_load_list(l, raw.nodes, "nodes");
	if (!count) {
		load_only_node(l, &raw, db, &driver);
	} else {
		nodes = dbn_load_alloc(l, count, sizeof *nodes);
		for (const dbn_conf_node *c = raw.nodes->child; nodes && c; c = c->next)
			load_node(l, c, &raw, db, &driver, &nodes[c->index]);
		db->nodes = nodes;
		db->nnodes = nodes ? count : 0;
	}
	dbn_load_shards(l, &raw, db);
}
