/* SPDX-License-Identifier: MIT */
/*
 * The typed configuration of a whole stack.  dbn_stack_load() checks all of a
 * dbn_config but the settings of plugins (plugin/registry.h does) and fills one
 * struct dbn_stack_conf, which owns everything it points to and is immutable.
 * Texts are NUL-ended and NULL where not set; durations are nanoseconds,
 * UINT64_MAX for "never".  Defaults are written beside the members.
 */
#ifndef DBN_CONF_STACK_H
#define DBN_CONF_STACK_H

#include "conf/schema.h"

/* plugin = NAME; settings = { }; secrets = { }; inner = { the same }; */
typedef struct dbn_conf_plugin {
	const char *name;                 /* "sqlite"; with a '/': the file itself */
	const char *instance;             /* "databases.main.driver", "audit[trail]" */
	const dbn_conf_node *node;        /* where it stands; never NULL */
	const dbn_conf_node *settings, *secrets; /* may be NULL */
	const struct dbn_conf_plugin *inner; /* of a wrapper; may be NULL */
} dbn_conf_plugin;

enum { DBN_POOL_START_FAIL = 0, DBN_POOL_START_DEGRADED = 1 };
enum { DBN_POOL_SHARING_FIFO = 0, DBN_POOL_SHARING_USER = 1, DBN_POOL_SHARING_ROLE = 2 };
typedef struct dbn_conf_pool_share {  /* shares = ( { role, weight, max }, ... ) */
	const char *role;
	uint32_t weight;                  /* 1 */
	uint32_t max;                     /* 0: no limit */
} dbn_conf_pool_share;

typedef struct dbn_conf_pool {        /* databases.X.pool, of each node */
	int64_t min;                      /* 1: connections kept open */
	int64_t max;                      /* 16 */
	int64_t readers;                  /* 8: beside the one writer, where there is one */
	int64_t statements;               /* 256: kept prepared on each connection */
	uint64_t acquire_timeout;         /* "5 s" */
	uint64_t idle_timeout;            /* "10 min" */
	uint64_t max_lifetime;            /* "30 min" */
	uint64_t keepalive;               /* "2 min" */
	uint64_t leak_after;              /* "5 min" */
	uint64_t connect_timeout;         /* "5 s" */
	uint64_t statement_timeout;       /* "1 h": the server's own */
	uint64_t drain;                   /* "5 s" */
	uint64_t breaker_cooldown;        /* "500 ms" */
	uint64_t retry_pause;             /* "20 ms": doubles */
	int64_t breaker_failures;         /* 5 */
	int64_t connects;                 /* 2: connections being made at once */
	int64_t retries;                  /* 2 */
	int64_t per_user;                 /* 0: no limit */
	int32_t start;                    /* DBN_POOL_START_.. */
	int32_t sharing;                  /* DBN_POOL_SHARING_.. */
	const dbn_conf_pool_share *shares;
	size_t nshares;
} dbn_conf_pool;

/* A server or file.  A database without nodes = ( ) has one, named as itself. */
typedef struct dbn_conf_db_node {
	const dbn_conf_node *node;
	const char *name;
	const char *url;                  /* file paths in it are absolute */
	dbn_conf_plugin driver;           /* the database's, with the node's own keys over it */
	bool own_driver;                  /* settings or secrets differ from the database's */
	bool create;                      /* true: make the database if it is not there */
	dbn_conf_pool pool;               /* the database's, with the node's own keys over it */
} dbn_conf_db_node;

typedef struct dbn_conf_shard {
	const dbn_conf_node *node;
	const char *name;
	uint32_t db_node;                 /* index into nodes */
	uint32_t weight;                  /* 1 */
} dbn_conf_shard;

typedef struct dbn_conf_map {
	const char *name;
	dbn_conf_plugin plugin;
	const dbn_type *key;              /* types of the key columns */
	size_t nkey;
} dbn_conf_map;

enum { DBN_TABLE_SHARDED = 1, DBN_TABLE_REFERENCE = 2, DBN_TABLE_SINGLE = 3 };
typedef struct dbn_conf_table {
	const dbn_conf_node *node;
	const char *table;                /* [[database.]schema.]name */
	uint32_t placement;               /* SHARDED if there is a map */
	uint32_t map;                     /* SHARDED: index into maps */
	uint32_t shard;                   /* SINGLE: index into shards */
	const char *const *key;           /* SHARDED: columns */
	size_t nkey;
} dbn_conf_table;

/* server_roles = ( { role = "reader"; server_role = "app_reader"; }, ... ) */
typedef struct dbn_conf_server_role {
	const char *role;                 /* NULL: whoever has none of those before */
	const char *server_role;
} dbn_conf_server_role;

typedef struct dbn_conf_database {
	const dbn_conf_node *node;
	const char *name;
	dbn_conf_plugin driver;
	dbn_conf_pool pool;
	const dbn_conf_db_node *nodes;    /* at least one */
	const dbn_conf_shard *shards;     /* none: not sharded */
	const dbn_conf_map *maps;
	const dbn_conf_table *tables;
	const dbn_conf_server_role *server_roles; /* none: the login's own */
	const dbn_conf_node *server_roles_node;
	size_t nnodes, nshards, nmaps, ntables, nserver_roles;
} dbn_conf_database;

typedef struct dbn_conf_cache_rule {  /* first match */
	const dbn_conf_node *node;
	const char *relation;             /* "*", "name", "schema.name", "database.schema.name" */
	uint64_t ttl;                     /* 0: never cached */
} dbn_conf_cache_rule;

typedef struct dbn_conf_cache {
	dbn_conf_plugin plugin;
	uint64_t ttl;                     /* "5 min" */
	uint64_t max_result;              /* "1 MiB": larger results are not cached */
	const struct dbn_conf_cache *front; /* asked before it; may be NULL */
	const dbn_conf_cache_rule *rules; /* not in a front */
	size_t nrules;
} dbn_conf_cache;

typedef struct dbn_conf_filter {      /* words of audit/audit.h; NULL: any */
	const dbn_conf_node *node;
	const char *action, *outcome, *relation;
} dbn_conf_filter;

enum { DBN_GUARANTEE_BEST_EFFORT = 1, DBN_GUARANTEE_BEFORE_ACK = 2, DBN_GUARANTEE_TRANSACTIONAL = 3 };
enum { DBN_ON_FAILURE_STOP = 1, DBN_ON_FAILURE_DROP = 2 };
typedef struct dbn_conf_audit {
	const char *name;
	dbn_conf_plugin plugin;
	uint32_t guarantee;               /* BEFORE_ACK */
	uint32_t on_failure;              /* STOP, of best_effort: DROP */
	uint64_t queue;                   /* "4 MiB" */
	const dbn_conf_filter *filters;   /* record = ( ); none: everything */
	size_t nfilters;
} dbn_conf_audit;

typedef struct dbn_conf_limits {
	uint64_t statement;               /* "64 KiB" */
	int64_t tokens;                   /* 16384 */
	int64_t depth;                    /* 100: nesting of a statement */
	int64_t parameters;               /* 1000 */
	int64_t list;                     /* 10000: items of a list parameter */
	uint64_t result;                  /* "256 MiB": of rows held in memory */
	uint64_t time;                    /* "30 s" */
	uint64_t plans;                   /* "32 MiB": memory of the plan cache */
	int64_t sessions;                 /* 10000 */
} dbn_conf_limits;

typedef struct dbn_conf_async {
	int64_t threads;                  /* 1: event loops */
	int64_t workers;                  /* 8: threads for operations that may block */
	uint64_t memory;                  /* "64 MiB": of operations that are not done */
	int64_t connections;              /* 2: of a node, that groups of reads travel on */
} dbn_conf_async;

typedef struct dbn_conf_log {
	int32_t level;                    /* DBN_LOG_..; "warn" */
	const char *to;                   /* "stderr", an absolute path, or NULL: nowhere */
} dbn_conf_log;

typedef struct dbn_stack_conf {
	dbn_conf_tree tree;               /* its own copy */
	dbn_conf_memory memory;
	const char *const *plugin_dirs;   /* absolute, before the built-in one */
	size_t nplugin_dirs;
	const dbn_conf_database *databases; /* at least one */
	size_t ndatabases;
	const dbn_conf_cache *cache;      /* NULL: none */
	bool allow_all;                   /* dbn_config_open_url() without a policy */
	const dbn_conf_plugin *permission; /* NULL only if allow_all */
	const dbn_conf_audit *audit;
	size_t naudit;
	dbn_conf_limits limits;
	dbn_conf_async async;
	dbn_conf_log log;
	const char *metrics_socket;       /* an absolute path, or NULL: none */
} dbn_stack_conf;

/* Load what config says (borrowed, nothing of it is kept).  Problems are
 * collected; *out is returned also where there are some (as far as it could be
 * read), so that plugins can be checked too.  NULL only for DBN_E_NOMEM. */
dbn_status dbn_stack_load(const dbn_config *config, dbn_problems *problems, dbn_stack_conf **out);
void dbn_stack_free(dbn_stack_conf *stack);
/* Visit every plugin of the stack, wrappers before their inner ones, with the
 * DBN_KIND_.. that it must be. */
void dbn_stack_plugins(const dbn_stack_conf *stack,
	void (*each)(uint32_t kind, const dbn_conf_plugin *plugin, void *user), void *user);

#endif
