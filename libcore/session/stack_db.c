/* SPDX-License-Identifier: MIT */
/*
 * The databases of a pool: driver instances, a set of connections a node, the
 * reserved connection with its catalogue, shards.  Setup only.
 */
#include "base/str.h"
#include "base/clock.h"
#include "base/log.h"
#include "session/stack_impl.h"

static const char *
dialect_name(dbn_dialect_id id)
{
	switch (id) {
	case DBN_DIALECT_SQLITE:
		return "sqlite";
	case DBN_DIALECT_POSTGRES:
		return "postgres";
	case DBN_DIALECT_MYSQL:
		return "mysql";
	default:
		return "unknown";
	}
}

static dbn_status
describe(dbn_instance *i, dbn_dialect *out, dbn_error **err)
{
	const dbn_driver_ops *ops = i->ops;
	dbn_status rc;

	*out = (dbn_dialect){ .struct_size = sizeof *out };
	dbn_instance_enter(i);
	rc = ops->describe(i->self, out, err);
	dbn_instance_leave(i);
	return rc;
}

/* The first driver of a database says what all of it is. */
static dbn_status
take_dialect(dbn_database *db, dbn_instance *i, dbn_error **err)
{
	dbn_status rc = describe(i, &db->dialect, err);
	char where[DBN_CONF_WHERE_MAX];

	if (rc != DBN_OK)
		return rc;
	db->ops = i->ops;
	db->sql = dbn_sql_dialect_get(db->dialect.id);
	if (db->conf->nserver_roles && !(db->dialect.capabilities & DBN_CAP_SERVER_ROLES))
		return dbn_fail_where(err, DBN_E_CONFIG,
			dbn_conf_where(db->conf->server_roles_node, where, sizeof where), NULL,
			"driver \"%s\" knows no roles of a server", i->plugin->desc.name);
	if (db->sql)
		return DBN_OK;
	return dbn_fail_where(err, DBN_E_UNSUPPORTED, i->where, NULL,
		"driver \"%s\" speaks a dialect that is not read yet: %s (%u)",
		i->plugin->desc.name, dialect_name(db->dialect.id), (unsigned)db->dialect.id);
}

/* Statements are compiled once for all nodes. */
static dbn_status
same_dialect(const dbn_database *db, dbn_instance *i, dbn_error **err)
{
	dbn_dialect d;
	dbn_status rc = describe(i, &d, err);

	if (rc != DBN_OK)
		return rc;
	if (i->ops == db->ops && d.id == db->dialect.id &&
		d.capabilities == db->dialect.capabilities &&
		dbn_text_eq(d.default_schema, db->dialect.default_schema))
		return DBN_OK;
	return dbn_fail_where(err, DBN_E_UNSUPPORTED, i->where,
		"Make it a database of its own.",
		"the driver of \"%s\" differs from that of the first node of \"%s\"", i->name,
		db->conf->name);
}

static dbn_status
open_driver(dbn_pool *p, dbn_database *db, size_t n, dbn_instance **shared, dbn_error **err)
{
	const dbn_conf_db_node *cn = &db->conf->nodes[n];
	dbn_instance **to = cn->own_driver ? &db->nodes[n].driver : shared;
	dbn_status rc = DBN_OK;

	if (!*to) {
		rc = dbn_pool__instance(p, DBN_KIND_DRIVER,
			cn->own_driver ? &cn->driver : &db->conf->driver, to, err);
		if (rc == DBN_OK)
			rc = db->ops ? same_dialect(db, *to, err) : take_dialect(db, *to, err);
	}
	db->nodes[n].driver = *to;
	return rc;
}

static uint32_t
count_of(int64_t n)
{
	return n < 0 ? 0 : n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static dbn_connset_opts
set_opts(const dbn_database *db, size_t n, const char *name)
{
	const dbn_conf_db_node *cn = &db->conf->nodes[n];
	bool one_writer = (db->dialect.capabilities & DBN_CAP_ONE_WRITER) != 0;
	dbn_instance *i = db->nodes[n].driver;

	return (dbn_connset_opts){
		.name = name,
		.driver = i->self,
		.ops = i->ops,
		.dialect = &db->dialect,
		.serial = i->serial ? &i->mutex : NULL,
		.url = cn->url,
		.min = count_of(cn->pool.min),
		.max = count_of(one_writer ? cn->pool.readers : cn->pool.max),
		.statements = count_of(cn->pool.statements),
		.create = cn->create,
		.acquire_timeout_ns = cn->pool.acquire_timeout,
		.idle_timeout_ns = cn->pool.idle_timeout,
		.max_lifetime_ns = cn->pool.max_lifetime,
		.keepalive_ns = cn->pool.keepalive,
		.leak_after_ns = cn->pool.leak_after,
		.connect_timeout_ns = cn->pool.connect_timeout,
		.server_timeout_ns = cn->pool.statement_timeout,
		.connects = count_of(cn->pool.connects),
		.breaker_failures = count_of(cn->pool.breaker_failures),
		.breaker_cooldown_ns = cn->pool.breaker_cooldown,
		.degraded = cn->pool.start == DBN_POOL_START_DEGRADED,
	};
}

/* Lines, weights and limits: of sessions only, not of the library's own needs. */
static dbn_status
share_out(dbn_pool *p, const dbn_conf_pool *conf, dbn_connset_opts *o)
{
	dbn_share_opts *shares = dbn_arena_array(&p->memory, conf->nshares + 1, sizeof *shares);

	if (!shares)
		return DBN_E_NOMEM;
	for (size_t i = 0; i < conf->nshares; i++)
		shares[i] = (dbn_share_opts){ conf->shares[i].role, conf->shares[i].weight,
			conf->shares[i].max };
	o->shares = shares;
	o->nshares = (uint32_t)conf->nshares;
	o->per_user = count_of(conf->per_user);
	o->sharing = conf->sharing == DBN_POOL_SHARING_USER ? DBN_SHARING_USER :
		conf->sharing == DBN_POOL_SHARING_ROLE ? DBN_SHARING_ROLE : DBN_SHARING_FIFO;
	return DBN_OK;
}

static dbn_status
open_node(dbn_pool *p, dbn_database *db, size_t n, dbn_instance **shared, dbn_error **err)
{
	const dbn_conf_db_node *cn = &db->conf->nodes[n];
	bool only = db->conf->nnodes == 1 && strcmp(cn->name, db->conf->name) == 0;
	const char *name = only ? cn->name :
		dbn_arena_printf(&p->memory, "%s.nodes[%s]", db->conf->name, cn->name);
	dbn_connset_opts o;
	dbn_status rc;

	db->nodes[n].name = cn->name;
	rc = name ? open_driver(p, db, n, shared, err) : dbn_fail_nomem(err);
	if (rc != DBN_OK)
		return rc;
	o = set_opts(db, n, name);
	o.async = dbn_instance_extension(db->nodes[n].driver, DBN_DRIVER_ASYNC_1);
	rc = share_out(p, &cn->pool, &o);
	return rc == DBN_OK ? dbn_connset_open(&o, &db->nodes[n].set, err) : dbn_fail_nomem(err);
}

static dbn_status
open_reserved(const dbn_database *db, uint32_t node, uint32_t statements, dbn_connset **out,
	dbn_error **err)
{
	dbn_connset_opts o;
	dbn_status rc;
	dbn_str name;

	dbn_str_init(&name, 0);
	dbn_str_addf(&name, "%s.nodes[%s].reserved", db->conf->name, db->nodes[node].name);
	o = set_opts(db, node, dbn_str_z(&name));
	o.min = o.max = (db->dialect.capabilities & DBN_CAP_ONE_WRITER) != 0 ? 0 : 1;
	o.statements = statements;
	o.create = false;           /* the node's own set has made it */
	rc = name.status == DBN_OK ? dbn_connset_open(&o, out, err) : dbn_fail_nomem(err);
	dbn_str_free(&name);
	return rc;
}

dbn_status
dbn_pool__reserve(const dbn_database *db, uint32_t node, dbn_connset **out, dbn_error **err)
{
	return open_reserved(db, node, 32, out, err);
}

/* One connection that no session gets, so that a full pool can still be described. */
static dbn_status
open_catalog(dbn_database *db, dbn_error **err)
{
	dbn_status rc = open_reserved(db, 0, 1, &db->reserved, err);

	if (rc != DBN_OK)
		return rc;
	return dbn_catalog_open(db->conf->name, &db->dialect, db->reserved, &db->catalog, err);
}

/* ---- shards ---- */

static dbn_status
open_maps(dbn_pool *p, const dbn_conf_database *c, dbn_shard_conf_map *maps, dbn_error **err)
{
	dbn_instance *i;
	dbn_status rc;

	for (size_t m = 0; m < c->nmaps; m++) {
		rc = dbn_pool__instance(p, DBN_KIND_SHARD, &c->maps[m].plugin, &i, err);
		if (rc != DBN_OK)
			return rc;
		maps[m] = (dbn_shard_conf_map){ .name = dbn_text_z(c->maps[m].name), .self = i->self,
			.ops = i->ops, .key_types = c->maps[m].key, .nkey = c->maps[m].nkey };
	}
	return DBN_OK;
}

static bool
fill_table(dbn_arena *a, const dbn_conf_database *c, const dbn_conf_table *t,
	dbn_shard_conf_table *out)
{
	dbn_text *columns = dbn_arena_array(a, t->nkey ? t->nkey : 1, sizeof *columns);

	if (!columns)
		return false;
	out->relation = dbn_text_z(t->table);
	out->kind = t->placement;
	if (t->placement == DBN_TABLE_SINGLE)
		out->shard = dbn_text_z(c->shards[t->shard].name);
	if (t->placement != DBN_TABLE_SHARDED)
		return true;
	out->map = dbn_text_z(c->maps[t->map].name);
	for (size_t i = 0; i < t->nkey; i++)
		columns[i] = dbn_text_z(t->key[i]);
	out->columns = columns;
	out->ncolumns = t->nkey;
	return true;
}

static dbn_status
open_shards(dbn_pool *p, dbn_database *db, dbn_error **err)
{
	const dbn_conf_database *c = db->conf;
	dbn_shard_conf_table *tables;
	dbn_shard_conf_shard *shards;
	dbn_shard_conf_map *maps;
	dbn_shard_conf conf;
	dbn_status rc;
	dbn_arena a;

	if (!c->nshards)
		return DBN_OK;
	dbn_arena_init(&a, 0);
	shards = dbn_arena_array(&a, c->nshards, sizeof *shards);
	maps = dbn_arena_array(&a, c->nmaps + 1, sizeof *maps);
	tables = dbn_arena_array(&a, c->ntables + 1, sizeof *tables);
	db->shard_node = dbn_arena_array(&p->memory, c->nshards, sizeof *db->shard_node);
	if (!shards || !maps || !tables || !db->shard_node) {
		rc = dbn_fail_nomem(err);
		goto out;
	}
	for (size_t i = 0; i < c->nshards; i++) {
		shards[i].name = dbn_text_z(c->shards[i].name);
		shards[i].weight = c->shards[i].weight;
		db->shard_node[i] = c->shards[i].db_node;
	}
	for (size_t i = 0; i < c->ntables; i++)
		if (!fill_table(&a, c, &c->tables[i], &tables[i])) {
			rc = dbn_fail_nomem(err);
			goto out;
		}
	rc = open_maps(p, c, maps, err);
	if (rc != DBN_OK)
		goto out;
	conf = (dbn_shard_conf){ .shards = shards, .maps = maps, .tables = tables,
		.nshards = c->nshards, .nmaps = c->nmaps, .ntables = c->ntables };
	rc = dbn_shards_open(&conf, &db->shards, err);
out:
	dbn_arena_free(&a);
	return rc;
}

/* ---- all of it ---- */

static dbn_status
open_database(dbn_pool *p, dbn_database *db, const dbn_conf_database *conf, dbn_error **err)
{
	dbn_instance *shared = NULL;
	dbn_status rc = DBN_OK;

	db->conf = conf;
	db->nodes = dbn_arena_array(&p->memory, conf->nnodes, sizeof *db->nodes);
	if (!db->nodes)
		return dbn_fail_nomem(err);
	db->nnodes = conf->nnodes;
	for (size_t i = 0; i < conf->nnodes && rc == DBN_OK; i++)
		rc = open_node(p, db, i, &shared, err);
	if (rc == DBN_OK)
		rc = open_catalog(db, err);
	return rc == DBN_OK ? open_shards(p, db, err) : rc;
}

dbn_status
dbn_pool__open_databases(dbn_pool *p, dbn_error **err)
{
	dbn_status rc = DBN_OK;

	p->databases = dbn_arena_array(&p->memory, p->conf->ndatabases, sizeof *p->databases);
	if (!p->databases)
		return dbn_fail_nomem(err);
	p->ndatabases = p->conf->ndatabases;
	for (size_t i = 0; i < p->ndatabases && rc == DBN_OK; i++)
		rc = open_database(p, &p->databases[i], &p->conf->databases[i], err);
	return rc;
}

void
dbn_pool__drain(dbn_pool *p)
{
	uint64_t now = dbn_now_ns();

	for (size_t i = 0; i < p->ndatabases; i++) /* first nobody gets anything anywhere */
		for (size_t n = 0; n < p->databases[i].nnodes; n++)
			(void)dbn_connset_drain(p->databases[i].nodes[n].set, 0);
	for (size_t i = 0; i < p->ndatabases; i++)
		for (size_t n = 0; n < p->databases[i].nnodes; n++) {
			const dbn_node *node = &p->databases[i].nodes[n];
			uint64_t wait = p->databases[i].conf->nodes[n].pool.drain;

			if (dbn_connset_drain(node->set, wait > UINT64_MAX - now ? UINT64_MAX :
				now + wait) == 0)
				continue;
			dbn_log(DBN_LOG_WARN, "connections to \"%s\" are still held when the pool is "
				"closed: what runs on them is cancelled", dbn_connset_name(node->set));
			dbn_connset_cancel_all(node->set);
		}
}

void
dbn_pool__close_databases(dbn_pool *p)
{
	for (size_t i = p->ndatabases; i-- > 0;) {
		dbn_database *db = &p->databases[i];

		if (db->shards)
			dbn_shards_close(db->shards);
		if (db->catalog)
			dbn_catalog_close(db->catalog);
		dbn_connset_close(db->reserved);
		for (size_t n = db->nnodes; n-- > 0;)
			dbn_connset_close(db->nodes[n].set);
	}
}
