/* SPDX-License-Identifier: MIT */
/*
 * The other operations of a session, nobody waiting: each is its namesake, run on
 * a worker with copies of its arguments.
 */
#include <string.h>

#include "session/async_impl.h"
#include "session/stack_impl.h"
#include "value/value.h"

/* An operation whose arguments fit into few words. */
typedef struct call {
	dbn_job job;
	dbn_pool *pool;
	dbn_session **session;
	dbn_rows *rows;
	dbn_identity who;
	dbn_txn_opts txn;
	bool has_txn;
	uint32_t action;
	const char *relation, *column;
	dbn_status (*fn)(dbn_session *session, void *user, dbn_error **err);
	void *user;
} call;

static dbn_status
call_new(dbn_pool *p, dbn_session *s, dbn_status (*run)(dbn_job *job, dbn_error **err), call **out,
	dbn_error **err)
{
	dbn_job *job;
	dbn_status rc = dbn_job__new(p, s, sizeof **out, &job, err);

	if (rc != DBN_OK)
		return rc;
	job->run = run;
	*out = (call *)job;
	(*out)->pool = p;
	return DBN_OK;
}

static dbn_status
call_of(dbn_session *s, dbn_status (*run)(dbn_job *job, dbn_error **err), call **out, dbn_future **f,
	dbn_error **err)
{
	dbn_status rc = dbn_job__enter(s, f, err);

	return rc == DBN_OK ? call_new(s->pool, s, run, out, err) : rc;
}

/* The arguments are copied already. */
static dbn_status
begin_call(call *c, dbn_future **f, dbn_error **err)
{
	return dbn_job__submit(&c->job, NULL, f, err);
}

static dbn_status
simple(dbn_session *s, dbn_status (*run)(dbn_job *job, dbn_error **err), dbn_future **f, dbn_error **err)
{
	call *c;
	dbn_status rc = call_of(s, run, &c, f, err);

	return rc == DBN_OK ? begin_call(c, f, err) : rc;
}

/* ---- sessions ---- */

static dbn_status
run_open(dbn_job *job, dbn_error **err)
{
	call *c = (call *)job;

	return dbn_session_open(c->pool, &c->who, c->session, err);
}

static dbn_status
copy_identity(call *c, const dbn_identity *who, dbn_error **err)
{
	dbn_identity *to = &c->who;
	dbn_identity_attribute *attrs;

	memcpy(to, who, who->struct_size < sizeof *to ? who->struct_size : sizeof *to);
	to->struct_size = (uint32_t)sizeof *to;
	attrs = dbn_arena_array(&c->job.arena, to->nattributes + 1, sizeof *attrs);
	if (!attrs)
		return dbn_fail_nomem(err);
	for (size_t i = 0; i < to->nattributes; i++) {
		attrs[i].name = dbn_job__text(&c->job, to->attributes[i].name);
		if (!attrs[i].name ||
			!dbn_value_copy(&c->job.arena, &to->attributes[i].value, &attrs[i].value))
			return dbn_fail_nomem(err);
	}
	to->attributes = attrs;
	if ((to->user && !(to->user = dbn_job__text(&c->job, to->user))) ||
		(to->token && !(to->token = dbn_job__text(&c->job, to->token))) ||
		(to->client_address && !(to->client_address = dbn_job__text(&c->job, to->client_address))) ||
		(to->client_name && !(to->client_name = dbn_job__text(&c->job, to->client_name))))
		return dbn_fail_nomem(err);
	return DBN_OK;
}

dbn_status
dbn_session_open_async(dbn_pool *pool, const dbn_identity *who, dbn_session **session,
	dbn_future **f, dbn_error **err)
{
	call *c;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	if (!f || !session)
		return dbn_fail(err, DBN_E_INVALID, "there is no place for the session or the future");
	*f = NULL;
	*session = NULL;
	if (!who || who->struct_size == 0)
		return dbn_fail_hint(err, DBN_E_INVALID, "Use DBN_INIT(dbn_identity, ...).",
			"the identity has no struct_size");
	rc = dbn_pool__usable(pool, err);
	if (rc == DBN_OK)
		rc = call_new(pool, NULL, run_open, &c, err);
	if (rc != DBN_OK)
		return rc;
	c->session = session;
	rc = copy_identity(c, who, err);
	if (rc != DBN_OK) {
		dbn_job__drop(&c->job);
		return rc;
	}
	return begin_call(c, f, err);
}

dbn_status
dbn_session_open_as_async(dbn_pool *pool, const char *user, dbn_session **session, dbn_future **f,
	dbn_error **err)
{
	dbn_identity who = DBN_INIT(dbn_identity, .user = user);

	return dbn_session_open_async(pool, &who, session, f, err);
}

/* The session goes, and with it the operation's turn in it. */
static dbn_status
run_close(dbn_job *job, dbn_error **err)
{
	dbn_session *s = job->s;

	(void)err;
	(void)pthread_mutex_lock(&job->active_lock);
	job->s = NULL;
	(void)pthread_mutex_unlock(&job->active_lock);
	dbn_session__close(s);
	return DBN_OK;
}

dbn_status
dbn_session_close_async(dbn_session *s, dbn_future **f, dbn_error **err)
{
	return simple(s, run_close, f, err);
}

/* ---- transactions ---- */

static dbn_status
run_begin(dbn_job *job, dbn_error **err)
{
	call *c = (call *)job;

	return dbn_begin(job->s, c->has_txn ? &c->txn : NULL, err);
}

static dbn_status
run_commit(dbn_job *job, dbn_error **err)
{
	return dbn_commit(job->s, err);
}

static dbn_status
run_rollback(dbn_job *job, dbn_error **err)
{
	return dbn_rollback(job->s, err);
}

static dbn_status
run_savepoint(dbn_job *job, dbn_error **err)
{
	return dbn_savepoint(job->s, err);
}

static dbn_status
run_release(dbn_job *job, dbn_error **err)
{
	return dbn_savepoint_release(job->s, err);
}

static dbn_status
run_undo(dbn_job *job, dbn_error **err)
{
	return dbn_savepoint_rollback(job->s, err);
}

static dbn_status
take_txn_opts(call *c, const dbn_txn_opts *opts, dbn_error **err)
{
	if (!opts)
		return DBN_OK;
	if (opts->struct_size == 0) {
		dbn_job__drop(&c->job);
		return dbn_fail_hint(err, DBN_E_INVALID, "Use dbn_txn_opts_init().",
			"the options have no struct_size");
	}
	c->txn = dbn_txn_opts_init();
	memcpy(&c->txn, opts, opts->struct_size < sizeof c->txn ? opts->struct_size : sizeof c->txn);
	c->txn.struct_size = (uint32_t)sizeof c->txn;
	c->has_txn = true;
	return DBN_OK;
}

dbn_status
dbn_begin_async(dbn_session *s, const dbn_txn_opts *opts, dbn_future **f, dbn_error **err)
{
	call *c;
	dbn_status rc = call_of(s, run_begin, &c, f, err);

	if (rc == DBN_OK)
		rc = take_txn_opts(c, opts, err);
	return rc == DBN_OK ? begin_call(c, f, err) : rc;
}

dbn_status
dbn_commit_async(dbn_session *s, dbn_future **f, dbn_error **err)
{
	return simple(s, run_commit, f, err);
}

dbn_status
dbn_rollback_async(dbn_session *s, dbn_future **f, dbn_error **err)
{
	return simple(s, run_rollback, f, err);
}

dbn_status
dbn_savepoint_async(dbn_session *s, dbn_future **f, dbn_error **err)
{
	return simple(s, run_savepoint, f, err);
}

dbn_status
dbn_savepoint_release_async(dbn_session *s, dbn_future **f, dbn_error **err)
{
	return simple(s, run_release, f, err);
}

dbn_status
dbn_savepoint_rollback_async(dbn_session *s, dbn_future **f, dbn_error **err)
{
	return simple(s, run_undo, f, err);
}

/* ---- functions of the caller's ---- */

static dbn_status
run_txn(dbn_job *job, dbn_error **err)
{
	call *c = (call *)job;

	return dbn_txn(job->s, c->has_txn ? &c->txn : NULL, c->fn, c->user, err);
}

static dbn_status
run_call(dbn_job *job, dbn_error **err)
{
	call *c = (call *)job;

	return c->fn(job->s, c->user, err);
}

static dbn_status
needs_fn(call *c, bool given, dbn_error **err)
{
	if (given)
		return DBN_OK;
	dbn_job__drop(&c->job);
	return dbn_fail(err, DBN_E_INVALID, "the function is NULL");
}

dbn_status
dbn_txn_async(dbn_session *s, const dbn_txn_opts *opts,
	dbn_status (*fn)(dbn_session *session, void *user, dbn_error **err), void *user,
	dbn_future **f, dbn_error **err)
{
	call *c;
	dbn_status rc = call_of(s, run_txn, &c, f, err);

	if (rc == DBN_OK)
		rc = needs_fn(c, fn != NULL, err);
	if (rc == DBN_OK)
		rc = take_txn_opts(c, opts, err);
	if (rc != DBN_OK)
		return rc;
	c->fn = fn;
	c->user = user;
	return begin_call(c, f, err);
}

dbn_status
dbn_call_async(dbn_session *s, dbn_status (*fn)(dbn_session *session, void *user, dbn_error **err),
	void *user, dbn_future **f, dbn_error **err)
{
	call *c;
	dbn_status rc = call_of(s, run_call, &c, f, err);

	if (rc == DBN_OK)
		rc = needs_fn(c, fn != NULL, err);
	if (rc != DBN_OK)
		return rc;
	c->fn = fn;
	c->user = user;
	return begin_call(c, f, err);
}

/* ---- rows that stream ---- */

static dbn_status
run_next(dbn_job *job, dbn_error **err)
{
	return dbn_rows_next(((call *)job)->rows, err);
}

static dbn_status
run_close_rows(dbn_job *job, dbn_error **err)
{
	(void)err;
	dbn_rows_close(((call *)job)->rows);
	return DBN_OK;
}

static dbn_status
with_rows(dbn_rows *rows, dbn_status (*run)(dbn_job *job, dbn_error **err), dbn_future **f,
	dbn_error **err)
{
	call *c;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	if (f)
		*f = NULL;
	if (!rows || rows->answered)
		return dbn_fail(err, DBN_E_INVALID, rows
			? "the rows are in memory: dbn_rows_next() does not block"
			: "the rows are NULL");
	rc = call_of(rows->s, run, &c, f, err);
	if (rc != DBN_OK)
		return rc;
	c->rows = rows;
	return begin_call(c, f, err);
}

dbn_status
dbn_rows_next_async(dbn_rows *rows, dbn_future **f, dbn_error **err)
{
	return with_rows(rows, run_next, f, err);
}

dbn_status
dbn_rows_close_async(dbn_rows *rows, dbn_future **f, dbn_error **err)
{
	return with_rows(rows, run_close_rows, f, err);
}

/* ---- around ---- */

static dbn_status
run_can(dbn_job *job, dbn_error **err)
{
	call *c = (call *)job;

	return dbn_session_can(job->s, c->action, c->relation, c->column, err);
}

dbn_status
dbn_session_can_async(dbn_session *s, uint32_t action, const char *relation, const char *column,
	dbn_future **f, dbn_error **err)
{
	call *c;
	dbn_status rc = call_of(s, run_can, &c, f, err);

	if (rc != DBN_OK)
		return rc;
	c->action = action;
	c->relation = relation ? dbn_job__text(&c->job, relation) : NULL;
	c->column = column ? dbn_job__text(&c->job, column) : NULL;
	if ((relation && !c->relation) || (column && !c->column)) {
		dbn_job__drop(&c->job);
		return dbn_fail_nomem(err);
	}
	return begin_call(c, f, err);
}

static dbn_status
run_invalidate(dbn_job *job, dbn_error **err)
{
	call *c = (call *)job;

	return dbn_pool_invalidate(c->pool, c->relation, err);
}

static dbn_status
run_reload(dbn_job *job, dbn_error **err)
{
	return dbn_pool_reload(((call *)job)->pool, err);
}

static dbn_status
of_pool(dbn_pool *p, dbn_status (*run)(dbn_job *job, dbn_error **err), const char *relation,
	dbn_future **f, dbn_error **err)
{
	call *c;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	if (!f)
		return dbn_fail(err, DBN_E_INVALID, "there is no place for the future");
	*f = NULL;
	rc = dbn_pool__usable(p, err);
	if (rc == DBN_OK)
		rc = call_new(p, NULL, run, &c, err);
	if (rc != DBN_OK)
		return rc;
	if (relation && !(c->relation = dbn_job__text(&c->job, relation))) {
		dbn_job__drop(&c->job);
		return dbn_fail_nomem(err);
	}
	return begin_call(c, f, err);
}

dbn_status
dbn_pool_invalidate_async(dbn_pool *p, const char *relation, dbn_future **f, dbn_error **err)
{
	return of_pool(p, run_invalidate, relation, f, err);
}

dbn_status
dbn_pool_reload_async(dbn_pool *p, dbn_future **f, dbn_error **err)
{
	return of_pool(p, run_reload, NULL, f, err);
}
