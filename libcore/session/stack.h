/* SPDX-License-Identifier: MIT */
/*
 * The pool: one opened stack.  Everything in it is set up by dbn_pool_open*()
 * and read-only afterwards, but for what says its own lock.  Sessions count as
 * references: the last one to go frees it.
 */
#ifndef DBN_SESSION_STACK_H
#define DBN_SESSION_STACK_H

#include <pthread.h>
#include <stdatomic.h>

#include <dbnexus/pool.h>

#include "audit/audit.h"
#include "base/mem.h"
#include "cache/cache.h"
#include "metrics/metrics.h"
#include "permission/permission.h"
#include "plan/catalog.h"
#include "plan/plan.h"
#include "plugin/registry.h"
#include "pool/connset.h"
#include "shard/shard.h"

typedef struct dbn_node {
	const char *name;                /* "s0a" */
	dbn_instance *driver;
	dbn_connset *set;
} dbn_node;

typedef struct dbn_database {
	const dbn_conf_database *conf;
	dbn_dialect dialect;             /* as the driver describes it */
	const dbn_sql_dialect *sql;
	const dbn_driver_ops *ops;
	dbn_node *nodes;
	size_t nnodes;
	dbn_shards *shards;              /* NULL: not sharded, node 0 */
	uint32_t *shard_node;            /* by shard */
	dbn_connset *reserved;           /* one connection for the catalogue */
	dbn_catalog *catalog;
} dbn_database;

struct dbn_pool {
	_Atomic uint32_t refs;           /* the application's one, and one a session */
	_Atomic bool closing;
	_Atomic bool draining;           /* only what is in a transaction goes on */
	uint64_t fork_generation;        /* dbn_fork_generation() at open */
	_Atomic uint64_t next_session, next_txn;
	_Atomic int64_t nsessions;
	dbn_stack_conf *conf;
	dbn_registry *registry;
	dbn_database *databases;
	size_t ndatabases;
	dbn_authority *authority;
	dbn_cache *cache;                /* NULL: none */
	dbn_audit *audit;                /* NULL: none */
	dbn_metrics *metrics;
	dbn_plans *plans;
	dbn_sql_limits limits;
	/* operations nobody waits for: made on first use */
	_Atomic(struct dbn_async *) async;
	pthread_mutex_t async_lock;      /* while it is made, and while it ends */
	/* housekeeping: a thread, and one for each database; made at open */
	pthread_t keeper;
	struct dbn_watcher *watchers;    /* ndatabases */
	pthread_mutex_t keeper_lock;
	pthread_cond_t keeper_wake;
	bool keeper_runs, keeper_stop;
	/* under keeper_lock: what plugins announced, kept until the stack is complete */
	bool ready, keeper_work, policy_moved;
	/* "dbn.sql/1": what plugins have open, under sql_lock */
	pthread_mutex_t sql_lock;
	struct dbn_sql *sql;
	struct dbn_socket *socket;       /* metrics.socket; NULL: none */
	/* of stack*.c and metrics only */
	dbn_arena memory;                /* names, arrays of the pool */
	dbn_instance **instances;        /* all; the registry owns them */
	size_t ninstances;
	struct dbn_pool_gauge *gauges;   /* one a set of connections */
	size_t ngauges;
};

/* Moves in the child of every fork(). */
uint64_t dbn_fork_generation(void);
static inline bool
dbn_pool_forked(const dbn_pool *p)
{
	return p->fork_generation != dbn_fork_generation();
}
void dbn_pool__retain(dbn_pool *p);
void dbn_pool__release(dbn_pool *p);

#endif
