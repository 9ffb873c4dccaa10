/* SPDX-License-Identifier: MIT */
/*
 * Opening and closing a pool.  What is opened stands in the order of
 * open_stack(); dbn_pool__free() undoes it backwards, as far as it got, so that
 * a failure on the way and the end of a pool are the same code.
 */
#include "session/async_impl.h"
#include "session/stack_impl.h"

/* At the end the trail gets this long to take what is left. */
#define AUDIT_CLOSE_NS UINT64_C(5000000000)

/* ---- fork ---- */

static _Atomic uint64_t fork_generation;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

static void
in_child(void)
{
	atomic_fetch_add_explicit(&fork_generation, 1, memory_order_relaxed);
}

static void
watch_forks(void)
{
	(void)pthread_atfork(NULL, NULL, in_child);
}

uint64_t
dbn_fork_generation(void)
{
	return atomic_load_explicit(&fork_generation, memory_order_relaxed);
}

dbn_status
dbn_pool__usable(const dbn_pool *p, dbn_error **err)
{
	if (!p)
		return dbn_fail(err, DBN_E_INVALID, "no pool is given");
	if (dbn_pool_forked(p))
		return dbn_fail_hint(err, DBN_E_FORKED, "Open a pool of its own in the child.",
			"the process has forked since the pool was opened");
	if (atomic_load(&p->closing))
		return dbn_fail(err, DBN_E_INVALID, "the pool is closed");
	return DBN_OK;
}

/* ---- the end ---- */

static void
pool_free(dbn_pool *p)
{
	if (!p)
		return;
	dbn_pool__socket_close(p);
	dbn_async__close(p);
	dbn_pool__keeper_stop(p);
	(void)pthread_mutex_lock(&p->keeper_lock);
	p->ready = false;           /* plugins may still announce something */
	(void)pthread_mutex_unlock(&p->keeper_lock);
	dbn_pool__sql_close(p);
	/* the trail first: its sinks are instances, and the rest may still log */
	dbn_audit_close(p->audit, AUDIT_CLOSE_NS);
	dbn_plans_close(p->plans);
	dbn_cache_close(p->cache);
	dbn_authority_close(p->authority);
	dbn_pool__close_databases(p);
	dbn_registry_free(p->registry); /* all instances, the newest first */
	dbn_pool__sql_fini(p);
	dbn_metrics_free(p->metrics);
	dbn_pool__log_close(p);
	dbn_stack_free(p->conf);
	dbn_pool__keeper_fini(p);
	(void)pthread_mutex_destroy(&p->async_lock);
	dbn_arena_free(&p->memory);
	dbn_free(p);
}

void
dbn_pool__retain(dbn_pool *p)
{
	atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
}

void
dbn_pool__release(dbn_pool *p)
{
	/* In a child of fork() locks may be held and threads are gone: nothing is
	 * touched, the memory stays until the child ends. */
	if (!p || dbn_pool_forked(p))
		return;
	if (atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) == 1)
		pool_free(p);
}

void
dbn_pool_close(dbn_pool *p)
{
	if (!p || dbn_pool_forked(p))
		return;
	atomic_store(&p->draining, true);
	dbn_pool__keeper_stop(p);
	dbn_pool__drain(p);
	atomic_store(&p->closing, true);
	dbn_pool__socket_close(p);
	dbn_async__stop(p);
	if (atomic_load(&p->refs) > 1) /* sessions are open: the last of them closes the trail */
		(void)dbn_audit_flush(p->audit, AUDIT_CLOSE_NS, NULL);
	dbn_pool__release(p);
}

/* ---- the beginning ---- */

dbn_status
dbn_pool__instance(dbn_pool *p, uint32_t kind, const dbn_conf_plugin *conf, dbn_instance **out,
	dbn_error **err)
{
	dbn_status rc = dbn_instance_new(p->registry, kind, conf, out, err);

	if (rc == DBN_OK)
		p->instances[p->ninstances++] = *out;
	return rc;
}

static void
count_plugin(uint32_t kind, const dbn_conf_plugin *conf, void *user)
{
	(void)kind;
	(void)conf;
	++*(size_t *)user;
}

static uint32_t
to_u32(uint64_t v)
{
	return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

static void
set_limits(dbn_pool *p)
{
	const dbn_conf_limits *l = &p->conf->limits;
	uint32_t depth = to_u32((uint64_t)l->depth);

	p->limits.bytes = to_u32(l->statement);
	p->limits.tokens = to_u32((uint64_t)l->tokens);
	p->limits.depth = depth > DBN_SQL_DEPTH_MAX / 2 ? DBN_SQL_DEPTH_MAX / 2 : depth;
	p->limits.list = to_u32((uint64_t)l->list);
	p->limits.params = to_u32((uint64_t)l->parameters);
}

/* The configuration, the registry and every problem of both at once. */
static dbn_status
load(dbn_pool *p, const dbn_config *config, dbn_error **err)
{
	dbn_problems problems;
	dbn_status rc;
	size_t n = 0;

	dbn_problems_init(&problems);
	rc = dbn_stack_load(config, &problems, &p->conf);
	if (rc != DBN_OK) {
		rc = dbn_fail_nomem(err);
		goto out;
	}
	rc = dbn_registry_new(p->conf->plugin_dirs, p->conf->nplugin_dirs, p, &p->registry, err);
	if (rc != DBN_OK)
		goto out;
	if (dbn_registry_check(p->registry, p->conf, &problems) != DBN_OK) {
		rc = dbn_fail_nomem(err);
		goto out;
	}
	rc = dbn_problems_fail(&problems, err);
	if (rc != DBN_OK)
		goto out;
	dbn_stack_plugins(p->conf, count_plugin, &n);
	p->instances = dbn_arena_array(&p->memory, n ? n : 1, sizeof *p->instances);
	if (!p->instances)
		rc = dbn_fail_nomem(err);
	set_limits(p);
out:
	dbn_problems_free(&problems);
	return rc;
}

static dbn_status
open_stack(dbn_pool *p, const dbn_config *config, dbn_error **err)
{
	uint64_t plans;
	dbn_status rc;

	rc = dbn_metrics_new(&p->metrics, err);
	if (rc == DBN_OK)
		rc = load(p, config, err);
	if (rc == DBN_OK)
		rc = dbn_pool__log_open(p, err);
	if (rc == DBN_OK)
		rc = dbn_pool__services(p, err);
	if (rc == DBN_OK)
		rc = dbn_pool__open_databases(p, err);
	if (rc == DBN_OK)
		rc = dbn_pool__gauges(p, err);
	if (rc == DBN_OK)
		rc = dbn_pool__open_authority(p, err);
	if (rc == DBN_OK)
		rc = dbn_pool__open_cache(p, err);
	if (rc == DBN_OK)
		rc = dbn_pool__open_audit(p, err);
	if (rc != DBN_OK)
		return rc;
	plans = p->conf->limits.plans;
	rc = dbn_plans_open(plans > SIZE_MAX ? SIZE_MAX : (size_t)plans, &p->plans, err);
	if (rc == DBN_OK)
		rc = dbn_pool__audit_policy(p, p->conf->allow_all ? "allow-all" : "loaded",
			p->conf->allow_all, err);
	if (rc == DBN_OK)
		rc = dbn_pool__keeper_start(p, err);
	return rc == DBN_OK ? dbn_pool__socket_open(p, err) : rc;
}

dbn_status
dbn_pool_open_config(const dbn_config *config, dbn_pool **pool, dbn_error **err)
{
	dbn_pool *p;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	if (!pool || !config)
		return dbn_fail(err, DBN_E_INVALID,
			"dbn_pool_open_config() needs a configuration and a place for the pool");
	*pool = NULL;
	(void)pthread_once(&fork_once, watch_forks);
	p = dbn_zalloc(sizeof *p);
	if (!p)
		return dbn_fail_nomem(err);
	dbn_arena_init(&p->memory, 0);
	(void)pthread_mutex_init(&p->async_lock, NULL);
	atomic_store(&p->refs, 1);
	atomic_store(&p->next_session, 1);
	atomic_store(&p->next_txn, 1);
	p->fork_generation = dbn_fork_generation();
	rc = dbn_pool__keeper_init(p, err);
	if (rc != DBN_OK) {
		dbn_free(p);
		return rc;
	}
	(void)pthread_mutex_init(&p->sql_lock, NULL);
	rc = open_stack(p, config, err);
	if (rc == DBN_OK)
		*pool = p;
	else
		pool_free(p);
	return rc;
}

dbn_status
dbn_pool_open(const char *path, dbn_pool **pool, dbn_error **err)
{
	dbn_config *config = NULL;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	if (!path || !pool)
		return dbn_fail(err, DBN_E_INVALID,
			"dbn_pool_open() needs a path and a place for the pool");
	*pool = NULL;
	rc = dbn_config_open(path, 0, &config, err);
	if (rc == DBN_OK)
		rc = dbn_pool_open_config(config, pool, err);
	dbn_config_free(config);
	return rc;
}

dbn_status
dbn_pool_open_url(const char *url, const char *policy_file, const char *audit_file, uint32_t flags,
	dbn_pool **pool, dbn_error **err)
{
	dbn_config *config = NULL;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	if (!url || !pool)
		return dbn_fail(err, DBN_E_INVALID,
			"dbn_pool_open_url() needs a URL and a place for the pool");
	*pool = NULL;
	rc = dbn_config_open_url(url, policy_file, audit_file, flags, &config, err);
	if (rc == DBN_OK)
		rc = dbn_pool_open_config(config, pool, err);
	dbn_config_free(config);
	return rc;
}

/* ---- policy ---- */

dbn_status
dbn_pool_reload(dbn_pool *p, dbn_error **err)
{
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	rc = dbn_pool__usable(p, err);
	if (rc != DBN_OK || p->conf->allow_all)
		return rc;
	return dbn_authority_reload(p->authority, err);
}
