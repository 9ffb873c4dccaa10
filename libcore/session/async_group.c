/* SPDX-License-Identifier: MIT */
/*
 * Statements of sessions as members of groups.  The front half has run; the group
 * sends the plan's statement with the values bound; its answer is taken into
 * memory on the reactor, and the run ends like any other: same cache, audit and
 * metrics.  What the group does not answer runs alone on a worker, with what the
 * front half has found.
 */
#include <string.h>

#include "session/async_impl.h"

static dbn_job_stmt *
of(dbn_member *m)
{
	return DBN_TASK_OF(dbn_job_stmt, member, m);
}

/* ---- the groups of a pool ---- */

static dbn_status
open_node(dbn_async *a, dbn_pool *p, dbn_node *n, dbn_group **groups, dbn_error **err)
{
	const dbn_driver_async_1 *ext = dbn_instance_extension(n->driver, DBN_DRIVER_ASYNC_1);
	dbn_group_opts o = { .workers = a->workers, .set = n->set, .async = ext };
	uint32_t each = (uint32_t)p->conf->async.connections / a->nreactors;
	dbn_status rc = DBN_OK;

	if (!ext || n->driver->serial)
		return DBN_OK;
	o.connections = each ? each : 1;
	for (uint32_t i = 0; rc == DBN_OK && i < a->nreactors; i++) {
		o.reactor = a->reactors[i];
		rc = dbn_group_open(&o, &groups[i], err);
	}
	return rc;
}

dbn_status
dbn_async__open_groups(dbn_async *a, dbn_pool *p, dbn_error **err)
{
	dbn_status rc = DBN_OK;
	size_t n = 0;

	for (size_t i = 0; i < p->ndatabases; i++)
		n += p->databases[i].nnodes;
	a->ngroups = n * a->nreactors;
	a->groups = dbn_alloc_array(a->ngroups, sizeof *a->groups);
	if (!a->groups) {
		a->ngroups = 0;
		return dbn_fail_nomem(err);
	}
	n = 0;
	for (size_t i = 0; i < p->ndatabases; i++)
		for (size_t k = 0; rc == DBN_OK && k < p->databases[i].nnodes; k++, n++)
			rc = open_node(a, p, &p->databases[i].nodes[k], a->groups + n * a->nreactors, err);
	return rc;
}

void
dbn_async__close_groups(dbn_async *a)
{
	for (size_t i = 0; i < a->ngroups; i++)
		dbn_group_close(a->groups[i]);
	dbn_free(a->groups);
	a->groups = NULL;
	a->ngroups = 0;
}

dbn_group *
dbn_async__group(const dbn_job *job, const dbn_rows *r)
{
	const dbn_async *a = job->async;
	size_t n = 0;

	if (r->db->conf->nserver_roles) /* a group runs under one role: the login's */
		return NULL;
	for (const dbn_database *d = job->s->pool->databases; d != r->db; d++)
		n += d->nnodes;
	return a->groups[(n + r->node) * a->nreactors + job->reactor];
}

/* ---- the answer ---- */

/* Where the trail or the cache may block the end of the run is a worker's. */
static dbn_status
run_settle(dbn_job *job, dbn_error **err)
{
	dbn_job_stmt *o = (dbn_job_stmt *)job;
	dbn_status rc = job->rc;

	*err = job->why;
	job->why = NULL;
	return dbn_job__settle(o, rc, err);
}

static void
settle(dbn_job_stmt *o, dbn_status rc, dbn_error *why)
{
	dbn_job *job = &o->job;
	dbn_pool *p = job->s->pool;
	dbn_session *before;

	job->rc = rc;
	job->why = why;
	if ((p->audit && dbn_audit_has_before_ack(p->audit)) || (o->rows.filling && job->async->cache_blocks)) {
		job->run = run_settle;
		job->begun = true;
		dbn_job__work(job, DBN_WORK_INSIDE);
		return;
	}
	before = dbn_job__act(job->s);
	rc = run_settle(job, &why);
	(void)dbn_job__act(before);
	dbn_job__end(job, rc, why);
}

static dbn_status
take_rows(dbn_job_stmt *o, dbn_pconn *conn, struct dbn_cursor *cur, dbn_error **err)
{
	dbn_rows *r = &o->rows;
	dbn_status rc = DBN_OK;

	if (r->filling) {
		dbn_array cols = { r->plan->columns, r->ncols, sizeof *r->plan->columns };

		if (dbn_cache_fill_begin(&r->fill, &cols, dbn_cache_max_result(r->s->pool->cache)) != DBN_OK)
			dbn_session__abandon(r);
	}
	while (cur && rc == DBN_OK) {
		r->set.struct_size = (uint32_t)sizeof r->set;
		r->set.nrows = 0;
		rc = conn->ops->fetch(cur, 256, &r->set, err);
		if (rc == DBN_OK)
			rc = dbn_job__keep_set(o, &r->set, err);
	}
	r->complete = rc == DBN_OK || rc == DBN_DONE;
	return r->complete ? DBN_OK : rc;
}

/* The ordinary way, on a worker, from the back half on; text and values as copies,
 * should the run have to start over. */
static void
run_alone(dbn_job_stmt *o)
{
	dbn_job *job = &o->job;
	dbn_rows *r = &o->rows;
	size_t n = r->plan->nparams;
	dbn_value *v = dbn_arena_memdup(&job->arena, r->argv, n * sizeof *v);

	o->what.text = dbn_arena_text(&job->arena, r->plan->text);
	if (!o->what.text.ptr || (n && !v)) {
		dbn_error *why = NULL;

		(void)dbn_fail_nomem(&why);
		settle(o, DBN_E_NOMEM, why);
		return;
	}
	o->what.args = dbn_args_of(v, n);
	o->what.how |= DBN_RUN_FRONTED;
	job->begun = true;
	dbn_job__work(job, DBN_WORK_FREE);
}

static void
ended(dbn_member *m, uint32_t how, dbn_pconn *conn, struct dbn_cursor *cur, dbn_error *why)
{
	dbn_job_stmt *o = of(m);
	dbn_status rc;

	switch (how) {
	case DBN_MEMBER_ANSWERED:
		rc = take_rows(o, conn, cur, &why);
		settle(o, rc, why);
		break;
	case DBN_MEMBER_FAILED:
		settle(o, dbn_error_code(why), why);
		break;
	default:
		run_alone(o);
		break;
	}
}

/* ---- going, and being stopped ---- */

static void
forgotten(dbn_member *m)
{
	dbn_future__unref(&of(m)->job.future);
}

static void
abandon_once(dbn_job_stmt *o)
{
	if (atomic_exchange(&o->abandoned, true))
		return;
	dbn_future__ref(&o->job.future);
	dbn_group_abandon(&o->member);
}

static void
stop(dbn_job *job)
{
	dbn_job_stmt *o = (dbn_job_stmt *)job;

	if (atomic_load(&o->grouped))
		abandon_once(o);
}

void
dbn_job__join(dbn_job_stmt *o, dbn_group *g)
{
	dbn_rows *r = &o->rows;
	dbn_member *m = &o->member;

	m->recipe = &r->plan->recipe;
	m->values = r->argv;
	m->nvalues = (uint32_t)r->nargv;
	m->deadline_ns = r->deadline_ns;
	m->done = ended;
	m->forgotten = forgotten;
	atomic_store(&o->abandoned, false);
	o->job.stop = stop;
	o->what.how &= ~(uint32_t)DBN_RUN_READY;
	dbn_future__ref(&o->job.future); /* it may be done before we have looked */
	dbn_group_submit(g, m);
	atomic_store(&o->grouped, true);
	if (dbn_future__cancelled(&o->job.future))
		abandon_once(o);
	dbn_future__unref(&o->job.future);
}
