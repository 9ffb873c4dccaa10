/* SPDX-License-Identifier: MIT */
/*
 * A whole stack, typed: what the samples say, defaults, references between its
 * parts, and all problems in one go.
 */
#include <stdio.h>
#include <criterion/criterion.h>

#include "base/log.h"
#include "conf/build.h"
#include "conf/stack.h"

struct loaded {
	dbn_config *config;
	dbn_problems problems;
	dbn_stack_conf *s;
};

static void
load(struct loaded *l, const char *text)
{
	dbn_error *err;

	dbn_problems_init(&l->problems);
	cr_assert_eq(dbn_config_open_text(dbn_text_z(text), "/etc/app/t.conf", DBN_CONFIG_NO_ENV,
		&l->config, &err), DBN_OK, "%s", dbn_error_detail(err));
	cr_assert_eq(dbn_stack_load(l->config, &l->problems, &l->s), DBN_OK);
	/* nothing of the configuration is kept */
	dbn_config_free(l->config);
}

static void
unload(struct loaded *l)
{
	dbn_stack_free(l->s);
	dbn_problems_free(&l->problems);
}

static void
no_problem(const struct loaded *l)
{
	cr_assert_eq(l->problems.count, 0, "line %u: %s",
		l->problems.first ? (unsigned)l->problems.first->line : 0,
		l->problems.first ? l->problems.first->text : "");
}

#define PERMISSION "permission = { plugin = \"rbac\"; settings = { file = \"p.conf\"; }; };\n"
#define MAIN "databases = { main = { driver = { plugin = \"sqlite\"; url = \"sqlite:app.db\"; }; }; };\n"

Test(stack, smallest_with_all_defaults)
{
	const dbn_conf_database *db;
	struct loaded l;

	load(&l, MAIN PERMISSION);
	no_problem(&l);
	cr_assert_eq(l.s->ndatabases, 1);
	db = l.s->databases;
	cr_assert_str_eq(db->name, "main");
	cr_assert_str_eq(db->driver.name, "sqlite");
	cr_assert_str_eq(db->driver.instance, "databases.main.driver");
	cr_assert_eq(db->driver.node->line, 1);
	cr_assert_null(db->driver.settings);
	cr_assert_eq(db->nnodes, 1);
	cr_assert_str_eq(db->nodes[0].name, "main");
	cr_assert_str_eq(db->nodes[0].url, "sqlite:/etc/app/app.db");
	cr_assert(db->nodes[0].create);
	cr_assert(!db->nodes[0].own_driver);
	cr_assert_eq(db->nodes[0].pool.min, 1);
	cr_assert_eq(db->nodes[0].pool.max, 16);
	cr_assert_eq(db->nodes[0].pool.readers, 8);
	cr_assert_eq(db->nodes[0].pool.acquire_timeout, UINT64_C(5000000000));
	cr_assert_eq(db->nodes[0].pool.idle_timeout, UINT64_C(600000000000));
	cr_assert_eq(db->nodes[0].pool.max_lifetime, UINT64_C(1800000000000));
	cr_assert_eq(db->nodes[0].pool.breaker_failures, 5);
	cr_assert_eq(db->nodes[0].pool.breaker_cooldown, UINT64_C(500000000));
	cr_assert_eq(db->nodes[0].pool.start, DBN_POOL_START_FAIL);
	cr_assert_eq(db->nodes[0].pool.sharing, DBN_POOL_SHARING_FIFO);
	cr_assert_eq(db->nodes[0].pool.nshares, 0);
	cr_assert_eq(db->nshards + db->nmaps + db->ntables, 0);
	cr_assert_null(l.s->cache);
	cr_assert_eq(l.s->naudit, 0);
	cr_assert_not_null(l.s->permission);
	cr_assert_str_eq(l.s->permission->name, "rbac");
	cr_assert_str_eq(l.s->permission->instance, "permission");
	cr_assert_not_null(dbn_conf_member(l.s->permission->settings, "file"));
	cr_assert(!l.s->allow_all);
	cr_assert_eq(l.s->limits.statement, 65536);
	cr_assert_eq(l.s->limits.parameters, 1000);
	cr_assert_eq(l.s->limits.time, UINT64_C(30000000000));
	cr_assert_eq(l.s->limits.result, UINT64_C(256) << 20);
	cr_assert_null(l.s->log.to);
	cr_assert_eq(l.s->log.level, DBN_LOG_WARN);
	unload(&l);
}

Test(stack, all_of_a_pool)
{
	const dbn_conf_pool *p;
	struct loaded l;

	load(&l, "databases = { main = { driver = { plugin = \"x\"; }; pool = { min = 2; max = 9;\n"
		"start = \"degraded\"; sharing = \"role\"; per_user = 3; retries = 0; drain = \"0 s\";\n"
		"leak_after = \"never\"; shares = ( { role = \"web\"; weight = 4; },\n"
		"{ role = \"report\"; max = 2; } ); };\n"
		"nodes = ( { name = \"a\"; url = \"x:1\"; pool = { max = 5; }; } ); }; };\n" PERMISSION);
	no_problem(&l);
	p = &l.s->databases[0].nodes[0].pool;
	cr_assert_eq(p->max, 5);
	cr_assert_eq(p->min, 2);
	cr_assert_eq(p->start, DBN_POOL_START_DEGRADED);
	cr_assert_eq(p->sharing, DBN_POOL_SHARING_ROLE);
	cr_assert_eq(p->per_user, 3);
	cr_assert_eq(p->retries, 0);
	cr_assert_eq(p->drain, 0);
	cr_assert_eq(p->leak_after, UINT64_MAX);
	cr_assert_eq(p->nshares, 2, "a node that changes one setting keeps the rest");
	cr_assert_str_eq(p->shares[0].role, "web");
	cr_assert_eq(p->shares[0].weight, 4);
	cr_assert_eq(p->shares[0].max, 0);
	cr_assert_eq(p->shares[1].weight, 1);
	cr_assert_eq(p->shares[1].max, 2);
	unload(&l);
	load(&l, "databases = { main = { driver = { plugin = \"x\"; url = \"x:1\"; }; pool = {\n"
		"shares = ( { role = \"a\"; },\n { role = \"a\"; } ); }; }; };\n" PERMISSION);
	cr_assert_eq(l.problems.count, 1);
	cr_assert_eq(l.problems.first->line, 3);
	unload(&l);
}

Test(stack, urls)
{
	static const struct {
		const char *url, *want;
	} good[] = {
		{ "sqlite:/abs/x.db", "sqlite:/abs/x.db" }, { "sqlite:./x.db", "sqlite:/etc/app/x.db" },
		{ "sqlite:a/b.db", "sqlite:/etc/app/a/b.db" }, { "sqlite::memory:", "sqlite::memory:" },
		{ "postgresql://app@db:5432/app", "postgresql://app@db:5432/app" },
		{ "postgresql://app:@db/app", "postgresql://app:@db/app" },
		{ "x://h/a:b@c", "x://h/a:b@c" }, { "postgres:service=shop", "postgres:service=shop" },
		{ "postgres:host=/run/pg dbname = 'a b'", "postgres:host=/run/pg dbname = 'a b'" },
		{ "postgres:sslmode =require", "postgres:sslmode =require" },
		{ "sqlite:./a=b.db", "sqlite:/etc/app/a=b.db" }, { "sqlite:d/a=b", "sqlite:/etc/app/d/a=b" },
	};
	static const char *const bad[] = { "app.db", "", ":x", "sqlite:", "/x:y" };
	struct loaded l;
	char text[512];

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		(void)snprintf(text, sizeof text, "databases = { main = { driver = { plugin = \"x\"; "
			"url = \"%s\"; }; }; };\n" PERMISSION, good[i].url);
		load(&l, text);
		no_problem(&l);
		cr_assert_str_eq(l.s->databases[0].nodes[0].url, good[i].want);
		unload(&l);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		(void)snprintf(text, sizeof text, "databases = { main = { driver = { plugin = \"x\";\n"
			"url = \"%s\"; }; }; };\n" PERMISSION, bad[i]);
		load(&l, text);
		cr_assert_eq(l.problems.count, 1, "%s", bad[i]);
		cr_assert_eq(l.problems.first->line, 2);
		unload(&l);
	}
}

Test(conf_stack, no_password_in_a_url)
{
	static const char *const bad[] = { "pg://u:pw@h/d", "pg://h/d?password=pw", "pg://h/d?a=b&PassWord=pw",
		"pg://h/d?sslpassword=pw", "my://h/d?pwd=pw", "pg:host=h password=pw", "pg:password = pw",
		"pg:dbname=d  sslpassword=pw user=u" };
	static const char *const good[] = { "pg://u@h/password", "pg://h/d?passfile=/p", "pg:passfile=p",
		"pg:host=password", "pg://h/password=d", "lite:a.db?password=x" };
	char text[400];
	struct loaded l;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		(void)snprintf(text, sizeof text, "databases = { main = { driver = { plugin = \"x\";\n"
			"url = \"%s\"; }; }; };\n" PERMISSION, bad[i]);
		load(&l, text);
		cr_assert_eq(l.problems.count, 1, "%s", bad[i]);
		cr_assert_str_eq(l.problems.first->text, "a password in a URL is refused");
		cr_assert_eq(l.problems.first->line, 2);
		unload(&l);
	}
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		(void)snprintf(text, sizeof text, "databases = { main = { driver = { plugin = \"x\";\n"
			"url = \"%s\"; }; }; };\n" PERMISSION, good[i]);
		load(&l, text);
		no_problem(&l);
		unload(&l);
	}
}

static const char full[] =
	"version = 1;\n"
	"plugins = { dirs = [ \"/opt/p\", \"rel\" ]; };\n"
	MAIN PERMISSION
	"cache = { plugin = \"redis\"; ttl = \"1 min\"; secrets = { password = \"env:X\"; };\n"
	"  front = { plugin = \"memory\"; max_result = \"2 MiB\"; };\n"
	"  rules = ( { relation = \"sessions\"; ttl = \"never\"; }, { relation = \"x\"; ttl = \"0 s\"; } ); };\n"
	"audit = ( { name = \"trail\"; plugin = \"file\"; settings = { path = \"a\"; }; },\n"
	"  { name = \"soc\"; plugin = \"syslog\"; guarantee = \"best_effort\";\n"
	"    record = ( { outcome = \"denied\"; }, { action = \"admin\"; relation = \"hr.*\"; } ); } );\n"
	"limits = { statement = \"1 KiB\"; parameters = 5; };\n"
	"log = { level = \"info\"; to = \"stderr\"; };\n";

Test(stack, every_group)
{
	const dbn_conf_cache *c;
	struct loaded l;

	load(&l, full);
	no_problem(&l);
	cr_assert_eq(l.s->nplugin_dirs, 2);
	cr_assert_str_eq(l.s->plugin_dirs[1], "/etc/app/rel");
	c = l.s->cache;
	cr_assert_eq(c->ttl, UINT64_C(60000000000));
	cr_assert_eq(c->max_result, 1 << 20);
	cr_assert_not_null(c->plugin.secrets);
	cr_assert_str_eq(c->front->plugin.name, "memory");
	cr_assert_str_eq(c->front->plugin.instance, "cache.front");
	cr_assert_eq(c->front->ttl, UINT64_C(300000000000));
	cr_assert_eq(c->front->max_result, 2 << 20);
	cr_assert_null(c->front->front);
	cr_assert_eq(c->nrules, 2);
	cr_assert_eq(c->rules[0].ttl, UINT64_MAX);
	cr_assert_eq(c->rules[1].ttl, 0);
	cr_assert_eq(l.s->naudit, 2);
	cr_assert_str_eq(l.s->audit[0].plugin.instance, "audit[trail]");
	cr_assert_eq(l.s->audit[0].guarantee, DBN_GUARANTEE_BEFORE_ACK);
	cr_assert_eq(l.s->audit[0].on_failure, DBN_ON_FAILURE_STOP);
	cr_assert_eq(l.s->audit[0].nfilters, 0);
	cr_assert_eq(l.s->audit[1].guarantee, DBN_GUARANTEE_BEST_EFFORT);
	cr_assert_eq(l.s->audit[1].on_failure, DBN_ON_FAILURE_DROP);
	cr_assert_eq(l.s->audit[1].nfilters, 2);
	cr_assert_str_eq(l.s->audit[1].filters[0].outcome, "denied");
	cr_assert_null(l.s->audit[1].filters[0].action);
	cr_assert_str_eq(l.s->audit[1].filters[1].relation, "hr.*");
	cr_assert_eq(l.s->limits.statement, 1024);
	cr_assert_eq(l.s->limits.parameters, 5);
	cr_assert_eq(l.s->limits.tokens, 16384);
	cr_assert_eq(l.s->log.level, DBN_LOG_INFO);
	cr_assert_str_eq(l.s->log.to, "stderr");
	unload(&l);
}

static void
name_plugin(uint32_t kind, const dbn_conf_plugin *p, void *user)
{
	dbn_str_addf(user, "%u %s %s\n", (unsigned)kind, p->name, p->instance);
}

Test(stack, every_plugin_is_visited)
{
	struct loaded l;
	dbn_str s;

	dbn_str_init(&s, 0);
	load(&l, full);
	dbn_stack_plugins(l.s, name_plugin, &s);
	cr_assert_str_eq(dbn_str_z(&s), "1 sqlite databases.main.driver\n2 redis cache\n"
		"2 memory cache.front\n3 rbac permission\n5 file audit[trail]\n5 syslog audit[soc]\n");
	dbn_str_reset(&s);
	unload(&l);
	load(&l, "databases = { a = { driver = { plugin = \"fault\"; url = \"x:y\"; settings = { p = 1; };\n"
		"inner = { plugin = \"trace\"; inner = { plugin = \"sqlite\"; settings = { q = 2; }; }; }; }; }; };"
		PERMISSION);
	no_problem(&l);
	dbn_stack_plugins(l.s, name_plugin, &s);
	cr_assert_str_eq(dbn_str_z(&s), "1 fault databases.a.driver\n1 trace databases.a.driver.inner\n"
		"1 sqlite databases.a.driver.inner.inner\n3 rbac permission\n");
	dbn_str_free(&s);
	unload(&l);
}

#define DRIVER "driver = { plugin = \"pg\"; settings = { a = 1; b = 2; }; };\n"

Test(stack, shards)
{
	const dbn_conf_database *db;
	struct loaded l;

	load(&l, "databases = { main = { " DRIVER "pool = { max = 8; readers = 3; };\n"
		"nodes = ( { name = \"n0\"; url = \"pg://h0/d\"; },\n"
		" { name = \"n1\"; url = \"pg://h1/d\"; settings = { b = 3; }; pool = { max = 32; }; } );\n"
		"shards = ( { name = \"s0\"; node = \"n1\"; }, { name = \"s1\"; node = \"n0\"; weight = 2; } );\n"
		"maps = ( { name = \"m\"; plugin = \"hash\"; key = [ \"int64\", \"text\" ]; } );\n"
		"tables = ( { table = \"a\"; map = \"m\"; key = [ \"x\", \"y\" ]; },\n"
		" { table = \"b\"; placement = \"reference\"; },\n"
		" { table = \"c\"; placement = \"single\"; shard = \"s1\"; } );\n}; };" PERMISSION);
	no_problem(&l);
	db = l.s->databases;
	cr_assert_eq(db->nnodes, 2);
	cr_assert_eq(db->nodes[0].pool.max, 8);
	cr_assert_eq(db->nodes[0].pool.readers, 3);
	cr_assert_eq(db->nodes[1].pool.max, 32);
	cr_assert_eq(db->nodes[1].pool.readers, 3, "what a node does not say is the database's");
	cr_assert(!db->nodes[0].own_driver);
	cr_assert(db->nodes[1].own_driver);
	cr_assert_eq(dbn_conf_member(db->nodes[1].driver.settings, "a")->u.num, 1);
	cr_assert_eq(dbn_conf_member(db->nodes[1].driver.settings, "b")->u.num, 3);
	cr_assert_str_eq(db->nodes[1].driver.instance, "databases.main.nodes[n1]");
	cr_assert_eq(db->shards[0].db_node, 1);
	cr_assert_eq(db->shards[0].weight, 1);
	cr_assert_eq(db->shards[1].db_node, 0);
	cr_assert_eq(db->shards[1].weight, 2);
	cr_assert_eq(db->maps[0].nkey, 2);
	cr_assert_eq(db->maps[0].key[0], DBN_INT64);
	cr_assert_eq(db->maps[0].key[1], DBN_TEXT);
	cr_assert_str_eq(db->maps[0].plugin.instance, "databases.main.maps[m]");
	cr_assert_eq(db->tables[0].placement, DBN_TABLE_SHARDED);
	cr_assert_str_eq(db->tables[0].key[1], "y");
	cr_assert_eq(db->tables[1].placement, DBN_TABLE_REFERENCE);
	cr_assert_eq(db->tables[2].placement, DBN_TABLE_SINGLE);
	cr_assert_eq(db->tables[2].shard, 1);
	unload(&l);
}

/* One line each, so that the line tells which. */
Test(stack, all_problems_in_one_go)
{
	static const struct {
		uint32_t line;
		const char *says;
	} want[] = {
		{ 1, "\"version\" must be a number of 1 to 1" },
		{ 2, "unknown key \"databses\"" },
		{ 5, "\"databases.main.pool.max\" must be a number" },
		{ 6, "\"databases.main.pool.acquire_timeout\" must be a text with a unit" },
		{ 8, "node \"n0\" has no url" },
		{ 9, "the name \"n0\" is there twice" },
		{ 10, "is not supported by this version" },
		{ 11, "shard \"s0\" is on the node \"n9\"" },
		{ 12, "\"number\" is not a type" },
		{ 13, "uses the map \"m9\"" },
		{ 14, "the key of table \"b\" has 2 columns" },
		{ 15, "on the shard \"s9\"" },
		{ 16, "table \"d\" has no map" },
		{ 17, "table \"a\" is there twice" },
		{ 18, "is not sharded: it has neither map nor key" },
		{ 19, "\"databases.main.replicas\" is not supported" },
		{ 21, "\"cache.plugin\" is missing" },
		{ 22, "unknown key \"cache.rules[0].tll\"" },
		{ 22, "\"cache.rules[0].ttl\" is missing" },
		{ 24, "\"permission\" must be a group { }, not a whole number" },
		{ 25, "\"audit\" must be a list of groups" },
		{ 26, "\"limits.depth\" must be a number of 8 to 1000, not 1" },
		{ 27, "\"log.level\" must be one of" },
	};
	const dbn_problem *p;
	dbn_error *err;
	struct loaded l;
	size_t i = 0;

	load(&l, "version = 2;\n"
		"databses = { };\n"
		"databases = { main = {\n"
		"driver = { plugin = \"x\"; };\n"
		"pool = { max = 0;\n"
		"acquire_timeout = 5; };\n"
		"nodes = (\n"
		"{ name = \"n0\"; },\n"
		"{ name = \"n0\"; url = \"a:/b\"; },\n"
		"{ name = \"n2\"; url = \"a:/c\"; replica_of = \"n0\"; } );\n"
		"shards = ( { name = \"s0\"; node = \"n9\"; } );\n"
		"maps = ( { name = \"m\"; plugin = \"h\"; key = [ \"number\" ]; } );\n"
		"tables = ( { table = \"a\"; map = \"m9\"; key = [ \"x\" ]; },\n"
		"{ table = \"b\"; map = \"m\"; key = [ \"x\", \"y\" ]; },\n"
		"{ table = \"c\"; placement = \"single\"; shard = \"s9\"; },\n"
		"{ table = \"d\"; },\n"
		"{ table = \"a\"; placement = \"reference\"; },\n"
		"{ table = \"e\"; placement = \"reference\"; map = \"m\"; } );\n"
		"replicas = { };\n"
		"}; };\n"
		"cache = { ttl = \"1 s\";\n"
		"rules = ( { relation = \"a\"; tll = \"1 s\"; } );\n"
		"};\n"
		"permission = 5;\n"
		"audit = { };\n"
		"limits = { depth = 1; };\n"
		"log = { level = \"loud\"; };\n");
	for (p = l.problems.first; p; p = p->next, i++) {
		cr_assert_lt(i, sizeof want / sizeof *want, "also: %u: %s", (unsigned)p->line, p->text);
		cr_assert_eq(p->line, want[i].line, "%u: %s instead of %u: %s", (unsigned)p->line, p->text,
			(unsigned)want[i].line, want[i].says);
		cr_assert_not_null(strstr(p->text, want[i].says), "%u: %s instead of %s",
			(unsigned)p->line, p->text, want[i].says);
	}
	cr_assert_eq(i, sizeof want / sizeof *want);
	cr_assert_eq(dbn_problems_fail(&l.problems, &err), DBN_E_CONFIG);
	cr_assert_str_eq(dbn_error_where(err), "/etc/app/t.conf:1");
	cr_assert_not_null(strstr(dbn_error_detail(err), "\n/etc/app/t.conf:27: "));
	dbn_error_free(err);
	unload(&l);
}

Test(stack, structure_that_does_not_fit)
{
	static const struct {
		const char *text, *says;
	} table[] = {
		{ "databases = { };" PERMISSION, "at least one database" },
		{ "databases = ( );" PERMISSION, "at least one database" },
		{ "databases = { main = 5; };" PERMISSION, "must be a group" },
		{ "databases = { main = { }; };" PERMISSION, "\"databases.main.driver\" is missing" },
		{ "databases = { main = { driver = 5; }; };" PERMISSION, "must be a group" },
		{ "databases = { main = { driver = { plugin = \"x\"; }; }; };" PERMISSION, "has no url" },
		{ "databases = { main = { driver = { plugin = \"x\"; url = \"a:/b\"; }; nodes = 1; }; };"
			PERMISSION, "must be a list of groups" },
		{ "databases = { main = { driver = { plugin = \"x\"; url = \"a:/b\"; }; nodes = ( 1 ); }; };"
			PERMISSION, "must be a group" },
		{ "databases = { main = { driver = { plugin = \"x\"; url = \"a:/b\"; }; pool = { min = 9; "
			"max = 3; }; }; };" PERMISSION, "pool.min is more than pool.max" },
		{ "databases = { main = { driver = { plugin = \"x\"; url = \"a:/b\"; }; tables = ( { table = "
			"\"a\"; placement = \"reference\"; } ); }; };" PERMISSION, "but no shards" },
		{ "databases = { main = { driver = { plugin = \"x\"; url = \"a:/b\"; }; nodes = ( { name = "
			"\"a\"; }, { name = \"b\"; } ); }; };" PERMISSION, "several nodes, but no shards" },
		{ MAIN "permission = { };", "\"permission.plugin\" is missing" },
		{ MAIN, "\"permission\" is missing" },
		{ MAIN PERMISSION "cache = { plugin = \"m\"; front = { plugin = \"m\"; front = { plugin = "
			"\"m\"; front = { plugin = \"m\"; front = { plugin = \"m\"; }; }; }; }; };",
			"more than 4 caches" },
		{ MAIN PERMISSION "cache = { plugin = \"m\"; front = { plugin = \"m\"; rules = ( ); }; };",
			"not in a front" },
		{ MAIN PERMISSION "audit = ( { name = \"a\"; plugin = \"f\"; record = ( { action = \"x\"; } ); } );",
			"must be one of read|insert" },
		{ MAIN PERMISSION "audit = ( { plugin = \"f\"; } );", "\"audit[0].name\" is missing" },
		{ MAIN PERMISSION "audit = ( { name = \"a]\"; plugin = \"f\"; } );", "cannot be a name" },
		{ MAIN PERMISSION "log = { to = \"\"; };", "must not be empty" },
		{ MAIN PERMISSION "plugins = { dirs = \"x\"; };", "must be a list" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct loaded l;
		bool found = false;

		load(&l, table[i].text);
		for (const dbn_problem *p = l.problems.first; p; p = p->next)
			found = found || strstr(p->text, table[i].says);
		cr_assert(found, "%s: %s", table[i].text,
			l.problems.first ? l.problems.first->text : "no problem");
		unload(&l);
	}
}

Test(stack, allow_all_comes_from_code_only)
{
	dbn_problems problems;
	dbn_stack_conf *s;
	dbn_config *c;

	dbn_problems_init(&problems);
	cr_assert_eq(dbn_config_open_url("sqlite:x.db", NULL, NULL, DBN_CONFIG_NO_ENV |
		DBN_OPEN_ALLOW_ALL, &c, NULL), DBN_OK);
	cr_assert_eq(dbn_stack_load(c, &problems, &s), DBN_OK);
	cr_assert_eq(problems.count, 0);
	cr_assert(s->allow_all);
	cr_assert_null(s->permission);
	cr_assert(!s->databases[0].nodes[0].create);
	dbn_stack_free(s);
	/* whoever adds a policy means it */
	cr_assert_eq(dbn_config_set(c, "permission.plugin", "rbac", NULL), DBN_OK);
	cr_assert_eq(dbn_stack_load(c, &problems, &s), DBN_OK);
	cr_assert(!s->allow_all);
	cr_assert_not_null(s->permission);
	dbn_stack_free(s);
	dbn_config_free(c);
	dbn_problems_free(&problems);
}

#define SHARDED(nodes, shards, maps, tables) "databases = { main = { driver = { plugin = \"x\"; }; " \
	"nodes = ( " nodes " ); shards = ( " shards " ); maps = ( " maps " ); tables = ( " tables " ); }; };" \
	PERMISSION
#define N0 "{ name = \"n0\"; url = \"x:/a\"; }"
#define S0 "{ name = \"s0\"; node = \"n0\"; }"
#define M0 "{ name = \"m0\"; plugin = \"h\"; key = [ \"int64\" ]; }"
#define T0 "{ table = \"t\"; map = \"m0\"; key = [ \"id\" ]; }"

Test(stack, shards_that_do_not_fit)
{
	static const struct {
		const char *text, *says;
	} table[] = {
		{ SHARDED(N0, S0, M0, T0), NULL },
		{ SHARDED(N0, "5", M0, T0), "must be a group" },
		{ SHARDED(N0, S0 ", " S0, M0, T0), "the name \"s0\" is there twice" },
		{ SHARDED(N0, "{ node = \"n0\"; }", M0, "{ table = \"t\"; placement = \"reference\"; }"),
			"shards[0].name\" is missing" },
		{ SHARDED(N0, "{ name = \"s0\"; }", M0, T0), "shards[s0].node\" is missing" },
		{ SHARDED(N0, "{ name = \"s0\"; node = \"n0\"; weight = 0; }", M0, T0), "number of 1 to" },
		{ SHARDED(N0, S0, "5", T0), "must be a group" },
		{ SHARDED(N0, S0, M0 ", " M0, T0), "the name \"m0\" is there twice" },
		{ SHARDED(N0, S0, "{ name = \"m0\"; plugin = \"h\"; }", T0), "maps[m0].key\" is missing" },
		{ SHARDED(N0, S0, "{ name = \"m0\"; plugin = \"h\"; key = [ ]; }", T0), "1 to 8 columns" },
		{ SHARDED(N0, S0, "{ name = \"m0\"; plugin = \"h\"; key = [ \"a\", \"a\", \"a\", \"a\", "
			"\"a\", \"a\", \"a\", \"a\", \"a\" ]; }", T0), "1 to 8 columns" },
		{ SHARDED(N0, S0, "{ name = \"m0\"; key = [ \"int64\" ]; }", T0), "maps[m0].plugin\" is" },
		{ SHARDED(N0, S0, M0, "5"), "must be a group" },
		{ SHARDED(N0, S0, M0, "{ map = \"m0\"; key = [ \"id\" ]; }"), "tables[0].table\" is" },
		{ SHARDED(N0, S0, M0, "{ table = \"t\"; map = \"m0\"; key = [ \"id\" ]; shard = \"s0\"; }"),
			"it has no shard of its own" },
		{ SHARDED(N0, S0, M0, "{ table = \"t\"; placement = \"single\"; }"), "not said on which" },
		{ SHARDED(N0, S0, M0, "{ table = \"t\"; placement = \"reference\"; shard = \"s0\"; }"),
			"is on every shard" },
		{ SHARDED(N0, S0, M0, "{ table = \"t\"; placement = \"single\"; shard = \"s0\"; "
			"key = [ \"id\" ]; }"), "neither map nor key" },
		{ SHARDED(N0, S0, M0, "{ table = \"t\"; placement = \"nowhere\"; }"),
			"must be one of sharded|reference|single" },
		{ SHARDED("{ name = \"n0\"; url = \"x:/a\"; settings = 5; }", S0, M0, T0), NULL },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct loaded l;
		bool found = false;

		load(&l, table[i].text);
		for (const dbn_problem *p = l.problems.first; p; p = p->next)
			found = found || (table[i].says && strstr(p->text, table[i].says));
		cr_assert(table[i].says ? found : !l.problems.count, "%zu: %s", i,
			l.problems.first ? l.problems.first->text : "no problem");
		unload(&l);
	}
}

Test(stack, wrappers_without_end)
{
	struct loaded l;
	dbn_str s;

	dbn_str_init(&s, 0);
	dbn_str_adds(&s, PERMISSION "databases = { a = { driver = { plugin = \"w\"; url = \"x:/y\"; ");
	for (int i = 0; i < 12; i++)
		dbn_str_adds(&s, "inner = { plugin = \"w\"; ");
	for (int i = 0; i < 12; i++)
		dbn_str_adds(&s, "}; ");
	dbn_str_adds(&s, "}; }; };");
	load(&l, dbn_str_z(&s));
	cr_assert_eq(l.problems.count, 1);
	cr_assert_str_eq(l.problems.first->text, "more than 8 plugins wrap each other");
	dbn_str_free(&s);
	unload(&l);
}

/* 2,000 databases with a table each: the work grows with the text. */
Test(stack, many)
{
	struct loaded l;
	dbn_str s;

	dbn_str_init(&s, 0);
	dbn_str_adds(&s, PERMISSION "databases = {\n");
	for (int i = 0; i < 2000; i++)
		dbn_str_addf(&s, "d%d = { driver = { plugin = \"x\"; url = \"x:/%d\"; }; };\n", i, i);
	dbn_str_adds(&s, "};");
	load(&l, dbn_str_z(&s));
	no_problem(&l);
	cr_assert_eq(l.s->ndatabases, 2000);
	cr_assert_str_eq(l.s->databases[1999].nodes[0].url, "x:/1999");
	dbn_str_free(&s);
	unload(&l);
}
