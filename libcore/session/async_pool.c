/* SPDX-License-Identifier: MIT */
/*
 * The threads that operations of a pool need: made with the first operation, ended
 * with the pool, which waits for what is under way.  Locks: pool->async_lock while
 * they are made; async->lock for the wait at the end.
 */
#include "session/async_impl.h"
#include "session/stack_impl.h"

static void
async_free(dbn_async *a)
{
	while (a->spare) {
		dbn_job *job = a->spare;

		a->spare = (dbn_job *)job->future.user;
		dbn_job__free_statement((dbn_job_stmt *)job);
	}
	(void)pthread_cond_destroy(&a->idle);
	(void)pthread_mutex_destroy(&a->lock);
	dbn_free(a->reactors);
	dbn_free(a);
}

static void
stop_threads(dbn_async *a)
{
	dbn_async__close_groups(a);
	dbn_workers_free(a->workers);
	for (uint32_t i = 0; i < a->nreactors; i++)
		dbn_reactor_stop(a->reactors[i]);
	a->workers = NULL;
	a->nreactors = 0;
}

/* As many as may hold a connection at once: then whoever holds one finds a thread. */
static uint32_t
connections_of(const dbn_pool *p)
{
	uint64_t n = 0;

	for (size_t i = 0; i < p->ndatabases; i++)
		for (size_t k = 0; k < p->databases[i].nnodes; k++) {
			dbn_connset_counts c;

			dbn_connset_count(p->databases[i].nodes[k].set, &c);
			n += c.max;
		}
	return n > 100000 ? 100000 : (uint32_t)n;
}

static bool
cache_blocks(const dbn_pool *p)
{
	for (size_t i = 0; i < p->ninstances; i++)
		if (p->instances[i]->plugin->desc.kind == DBN_KIND_CACHE &&
			p->instances[i]->plugin->desc.flags & DBN_PLUGIN_MAY_BLOCK)
			return true;
	return false;
}

static dbn_status
async_new(dbn_pool *p, dbn_async **out, dbn_error **err)
{
	const dbn_conf_async *conf = &p->conf->async;
	uint32_t limits[DBN_WORK_CLASSES];
	dbn_async *a = dbn_zalloc(sizeof *a);
	dbn_status rc;

	if (!a)
		return dbn_fail_nomem(err);
	(void)pthread_mutex_init(&a->lock, NULL);
	(void)pthread_cond_init(&a->idle, NULL);
	a->fork_generation = p->fork_generation;
	a->limit = conf->memory > SIZE_MAX ? SIZE_MAX : (size_t)conf->memory;
	limits[DBN_WORK_FREE] = (uint32_t)conf->workers;
	limits[DBN_WORK_HOLDING] = connections_of(p);
	limits[DBN_WORK_INSIDE] = 4;
	rc = dbn_workers_new(limits, &a->workers, err);
	a->reactors = dbn_alloc_array((size_t)conf->threads, sizeof *a->reactors);
	if (rc == DBN_OK && !a->reactors)
		rc = dbn_fail_nomem(err);
	for (int64_t i = 0; rc == DBN_OK && i < conf->threads; i++) {
		rc = dbn_reactor_start(&a->reactors[i], err);
		a->nreactors += rc == DBN_OK;
	}
	a->cache_blocks = cache_blocks(p);
	if (rc == DBN_OK)
		rc = dbn_async__open_groups(a, p, err);
	if (rc != DBN_OK) {
		stop_threads(a);
		async_free(a);
		return rc;
	}
	*out = a;
	return DBN_OK;
}

dbn_status
dbn_async__of(dbn_pool *p, dbn_async **out, dbn_error **err)
{
	dbn_status rc = DBN_OK;

	*out = atomic_load_explicit(&p->async, memory_order_acquire);
	if (*out)
		return DBN_OK;
	(void)pthread_mutex_lock(&p->async_lock);
	*out = atomic_load_explicit(&p->async, memory_order_relaxed);
	if (!*out && atomic_load(&p->closing))
		rc = dbn_fail(err, DBN_E_INVALID, "the pool is closed");
	else if (!*out && (rc = async_new(p, out, err)) == DBN_OK)
		atomic_store_explicit(&p->async, *out, memory_order_release);
	(void)pthread_mutex_unlock(&p->async_lock);
	return rc;
}

void
dbn_async__stop(dbn_pool *p)
{
	dbn_async *a;

	(void)pthread_mutex_lock(&p->async_lock);
	a = atomic_load(&p->async);
	(void)pthread_mutex_unlock(&p->async_lock);
	if (!a || atomic_exchange(&a->stopped, true))
		return;
	(void)pthread_mutex_lock(&a->lock);
	atomic_store(&a->stopping, true);
	while (atomic_load(&a->undone))
		(void)pthread_cond_wait(&a->idle, &a->lock);
	(void)pthread_mutex_unlock(&a->lock);
	stop_threads(a);
}

void
dbn_async__close(dbn_pool *p)
{
	dbn_async *a = atomic_load(&p->async);

	if (!a)
		return;
	dbn_async__stop(p);
	atomic_store(&p->async, NULL);
	async_free(a);
}

void
dbn_async__one_done(dbn_async *a)
{
	if (atomic_fetch_sub(&a->undone, 1) != 1 || !atomic_load(&a->stopping))
		return;
	(void)pthread_mutex_lock(&a->lock);
	(void)pthread_cond_broadcast(&a->idle);
	(void)pthread_mutex_unlock(&a->lock);
}
