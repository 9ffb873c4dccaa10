/* SPDX-License-Identifier: MIT */
/*
 * Statements nobody waits for.  Where the plan is at hand and nothing may block
 * the front half runs at once, on whatever thread has the turn: an answer from
 * the cache is given there and then.  The rest runs on a worker like any other
 * statement, and its rows are taken into memory, so that reading them needs
 * neither session nor connection.
 */
#include <string.h>

#include "session/async_impl.h"
#include "value/value.h"

/* ---- the answer ---- */

static dbn_status
too_large(const dbn_job_stmt *o, dbn_error **err)
{
	return dbn_fail_hint(err, DBN_E_LIMIT,
		"Ask for less, raise limits.result, or have the rows stream (DBN_QUERY_STREAM).",
		"the rows take more than the %llu bytes of limits.result",
		(unsigned long long)o->job.s->pool->conf->limits.result);
}

static dbn_kept *
new_block(dbn_job_stmt *o, uint32_t nrows, dbn_error **err)
{
	size_t cells = 0, bytes = 0;
	dbn_kept *k;

	if (__builtin_mul_overflow((size_t)nrows, o->rows.ncols, &cells) ||
		__builtin_mul_overflow(cells, sizeof(dbn_value), &bytes) ||
		__builtin_add_overflow(bytes, sizeof *k, &bytes) ||
		!(k = dbn_arena_alloc(&o->job.arena, bytes))) {
		(void)dbn_fail_nomem(err);
		return NULL;
	}
	k->next = NULL;
	k->nrows = 0;
	*o->last = k;
	o->last = &k->next;
	return k;
}

static bool
keep_row(dbn_job_stmt *o, dbn_kept *k, const dbn_value *cells)
{
	dbn_value *to = k->cells + (size_t)k->nrows * o->rows.ncols;

	for (uint32_t c = 0; c < o->rows.ncols; c++)
		if (!dbn_value_copy(&o->job.arena, &cells[c], &to[c]))
			return false;
	k->nrows++;
	return true;
}

dbn_status
dbn_job__keep_set(dbn_job_stmt *o, const dbn_rowset *set, dbn_error **err)
{
	dbn_rows *r = &o->rows;
	bool wanted = o->ask != DBN_ASK_RESULT && r->ncols;
	dbn_kept *k = wanted ? new_block(o, set->nrows, err) : NULL;

	if (wanted && !k)
		return DBN_E_NOMEM;
	for (uint32_t i = 0; i < set->nrows; i++) {
		const dbn_value *cells = set->cells + (size_t)i * set->ncols;

		r->nrows++;
		if (r->filling) /* one that fails is remembered: the put abandons it */
			(void)dbn_cache_fill_row(&r->fill, cells);
		if (k && !keep_row(o, k, cells))
			return dbn_fail_nomem(err);
	}
	if (o->job.arena.used > o->job.s->pool->conf->limits.result)
		return too_large(o, err);
	return DBN_OK;
}

static dbn_status
keep_cached(dbn_job_stmt *o, dbn_error **err)
{
	dbn_rows *r = &o->rows;
	dbn_kept *k = NULL;

	r->nrows = r->hit.nrows;
	if (o->ask == DBN_ASK_RESULT || !r->ncols || !r->nrows)
		return DBN_OK;
	k = new_block(o, r->hit.nrows, err);
	if (!k)
		return DBN_E_NOMEM;
	for (uint32_t i = 0; i < r->hit.nrows; i++) {
		if (dbn_cached_row(&r->hit, i, r->hit_cells) != DBN_OK) {
			dbn_cache_forget(r->s->pool->cache, r->key_text);
			return dbn_fail_hint(err, DBN_E_INTEGRITY, "Run the statement again.",
				"the cached answer is damaged and was thrown away");
		}
		if (!keep_row(o, k, r->hit_cells))
			return dbn_fail_nomem(err);
	}
	return DBN_OK;
}

/* Administrative statements have columns only the driver knows. */
static dbn_status
keep_columns(dbn_job_stmt *o, dbn_error **err)
{
	dbn_rows *r = &o->rows;
	dbn_column_info *to;

	if (r->ncols <= r->plan->ncols || !r->stmt)
		return DBN_OK;
	to = dbn_arena_array(&o->job.arena, r->ncols, sizeof *to);
	for (uint32_t i = 0; to && i < r->ncols; i++) {
		to[i].struct_size = (uint32_t)sizeof *to;
		to[i].type = dbn_rows_type(r, i);
		to[i].name = dbn_arena_text(&o->job.arena, dbn_text_z(dbn_rows_name(r, i)));
		if (!to[i].name.ptr)
			return dbn_fail_nomem(err);
	}
	r->kept_columns = to;
	return to ? DBN_OK : dbn_fail_nomem(err);
}

static dbn_status
keep_all(dbn_job_stmt *o, dbn_error **err)
{
	dbn_rows *r = &o->rows;
	dbn_status rc;

	if (r->cached)
		return keep_cached(o, err);
	rc = keep_columns(o, err);
	while (rc == DBN_OK && r->cur) {
		r->set.struct_size = (uint32_t)sizeof r->set;
		dbn_pconn_enter(r->conn);
		rc = r->conn->ops->fetch(r->cur, 256, &r->set, err);
		dbn_pconn_leave(r->conn);
		if (rc == DBN_OK)
			rc = dbn_job__keep_set(o, &r->set, err);
	}
	r->complete = rc == DBN_OK || rc == DBN_DONE;
	return r->complete ? DBN_OK : rc;
}

/* The value that was asked for, of the first row. */
static dbn_status
one_value(dbn_job_stmt *o, dbn_error **err)
{
	dbn_out out;

	switch (o->ask) {
	case DBN_ASK_INT64:
		out = dbn_out_int64(&o->i64);
		break;
	case DBN_ASK_DOUBLE:
		out = dbn_out_double(&o->f64);
		break;
	case DBN_ASK_TEXT:
		out = dbn_out_cstr(&o->text);
		break;
	case DBN_ASK_TAKEN:
		return o->take(&o->rows, o->user, err);
	default:
		return DBN_OK;
	}
	return dbn_session__first_value(&o->rows, &out, err);
}

/* The rows are taken, or it has failed: tell everybody, and make them the answer. */
dbn_status
dbn_job__settle(dbn_job_stmt *o, dbn_status rc, dbn_error **why)
{
	dbn_rows *r = &o->rows;

	rc = dbn_session__end(r, rc, why);
	if (rc != DBN_OK) {
		dbn_session__drop_run(r);
		return rc;
	}
	dbn_session__give_result(r, &o->result);
	r->finished = r->answered = true;
	r->at = 0;
	r->cells = NULL;
	return one_value(o, why);
}

/* ---- running ---- */

static dbn_status
run_statement(dbn_job *job, dbn_error **err)
{
	dbn_job_stmt *o = (dbn_job_stmt *)job;
	dbn_rows *r;
	dbn_status rc;

	if (o->ask == DBN_ASK_STREAM)
		return dbn_query_with(job->s, o->what.text, o->what.args, o->what.opts, &o->stream, err);
	o->what.how &= ~(uint32_t)DBN_RUN_READY;
	rc = dbn_session__run(job->s, &o->what, &r, err);
	if (rc != DBN_OK)
		return rc;
	rc = keep_all(o, err);
	return dbn_job__settle(o, rc, err);
}

/* What the front half has found is kept, its values become the job's own. */
static uint32_t
travel(dbn_job_stmt *o, dbn_group *g)
{
	dbn_job *job = &o->job;

	job->rc = dbn_job__own_values(o, &job->why);
	if (job->rc != DBN_OK) {
		job->rc = dbn_job__settle(o, job->rc, &job->why);
		return DBN_JOB_DONE;
	}
	dbn_job__join(o, g);
	return DBN_JOB_GONE;
}

/* The front half, where nothing of it blocks. */
static uint32_t
begin_statement(dbn_job *job)
{
	dbn_job_stmt *o = (dbn_job_stmt *)job;
	dbn_pool *p = job->s->pool;
	dbn_rows *r = &o->rows;
	bool ends_here = !p->audit || !dbn_audit_has_before_ack(p->audit);
	dbn_group *g;

	if (o->ask == DBN_ASK_STREAM || job->async->cache_blocks)
		return DBN_JOB_RUN;
	o->what.how |= DBN_RUN_READY;
	job->rc = dbn_session__begin_run(job->s, &o->what, false, &r, &job->why);
	if (job->rc == DBN_DONE)
		return DBN_JOB_RUN;
	if (job->rc != DBN_OK)
		return DBN_JOB_DONE;
	if (!r->plan->groupable && !(r->plan->cacheable && ends_here)) {
		dbn_session__drop_run(r);
		return DBN_JOB_RUN;
	}
	job->rc = dbn_session__front(r, &o->what, &job->why);
	g = job->rc == DBN_OK && !r->cached && r->plan->groupable && !r->expand && !r->plan->sent.items &&
		!job->s->sets
		? dbn_async__group(job, r) : NULL;
	if (g)
		return travel(o, g);
	if (job->rc == DBN_OK && (!r->cached || !ends_here)) {
		o->what.how |= DBN_RUN_FRONTED;
		job->begun = true;
		return DBN_JOB_RUN;
	}
	if (job->rc == DBN_OK)
		job->rc = keep_cached(o, &job->why);
	job->rc = dbn_job__settle(o, job->rc, &job->why);
	return DBN_JOB_DONE;
}

/* Text and values were the caller's so far. */
static dbn_status
copy_statement(dbn_job *job, dbn_error **err)
{
	dbn_job_stmt *o = (dbn_job_stmt *)job;
	dbn_value *v = dbn_arena_array(&job->arena, o->what.args.n, sizeof *v);

	o->what.text = dbn_arena_text(&job->arena, o->what.text);
	if (!o->what.text.ptr || (!v && o->what.args.n))
		return dbn_fail_nomem(err);
	for (size_t i = 0; i < o->what.args.n; i++)
		if (!dbn_value_copy(&job->arena, &o->what.args.v[i], &v[i]))
			return dbn_fail(err, DBN_E_VALUE, "parameter %zu cannot be copied", i + 1);
	o->what.args = dbn_args_of(v, o->what.args.n);
	if (!(o->what.how & DBN_RUN_FRONTED))
		return DBN_OK;
	return dbn_job__own_values(o, err);
}

/* What is bound points to the caller's values, where it was not converted. */
dbn_status
dbn_job__own_values(dbn_job_stmt *o, dbn_error **err)
{
	dbn_rows *r = &o->rows;

	for (size_t i = 0; i < r->nargv; i++)
		if (r->argv[i].type > DBN_DOUBLE &&
			!dbn_value_copy(&o->job.arena, &r->argv[i], &r->argv[i]))
			return dbn_fail_nomem(err);
	return DBN_OK;
}

/* ---- life ---- */

void
dbn_job__ready_statement(dbn_job_stmt *o)
{
	memset(&o->what, 0, sizeof o->what);
	o->job.run = run_statement;
	o->job.begin = begin_statement;
	o->job.clear = dbn_job__clear_statement;
	o->rows.s = o->job.s;
	o->what.rows = &o->rows;
	atomic_store_explicit(&o->grouped, false, memory_order_relaxed);
	o->stream = NULL;
	o->last = &o->rows.answer;
	o->rows.answer = NULL;
	o->rows.kept_columns = NULL;
	memset(&o->result, 0, sizeof o->result);
	o->result.struct_size = (uint32_t)sizeof o->result;
	o->i64 = 0;
	o->f64 = 0;
	o->text = NULL;
	if (!o->job.arena.blocks) {
		o->job.arena.next = o->small;
		o->job.arena.end = o->small + sizeof o->small;
	}
}

void
dbn_job__clear_statement(dbn_job *job)
{
	dbn_job_stmt *o = (dbn_job_stmt *)job;

	dbn_session__drop_run(&o->rows);
	dbn_arena_reset(&job->arena);
}

void
dbn_job__free_statement(dbn_job_stmt *o)
{
	dbn_session__rows_fini(&o->rows);
	dbn_arena_free(&o->job.arena);
	(void)pthread_mutex_destroy(&o->job.active_lock);
	dbn_free(o);
}

/* ---- what callers see ---- */

static dbn_status
new_query(dbn_session *s, dbn_text sql, dbn_args args, const dbn_query_opts *opts, uint32_t ask,
	dbn_job_stmt **out, dbn_future **f, dbn_error **err)
{
	dbn_job_stmt *o;
	dbn_status rc = dbn_job__enter(s, f, err);

	if (rc == DBN_OK && opts && opts->struct_size == 0)
		rc = dbn_fail_hint(err, DBN_E_INVALID, "Use dbn_query_opts_init().",
			"the options have no struct_size");
	if (rc == DBN_OK)
		rc = dbn_job__new_statement(s, &o, err);
	if (rc != DBN_OK)
		return rc;
	o->ask = ask;
	o->what.text = sql;
	o->what.args = args;
	o->what.how = ask == DBN_ASK_RESULT ? DBN_RUN_KEYS : 0;
	if (opts) {
		memset(&o->opts, 0, sizeof o->opts);
		memcpy(&o->opts, opts, opts->struct_size < sizeof o->opts ? opts->struct_size
									  : sizeof o->opts);
		o->what.opts = &o->opts;
		if (ask == DBN_ASK_ROWS && o->opts.flags & DBN_QUERY_STREAM)
			o->ask = DBN_ASK_STREAM;
	}
	*out = o;
	return DBN_OK;
}

static dbn_status
submit(dbn_session *s, dbn_text sql, dbn_args args, const dbn_query_opts *opts, uint32_t ask,
	dbn_future **f, dbn_error **err)
{
	dbn_job_stmt *o;
	dbn_status rc = new_query(s, sql, args, opts, ask, &o, f, err);

	return rc == DBN_OK ? dbn_job__submit(&o->job, copy_statement, f, err) : rc;
}

dbn_status
dbn_job__read(dbn_session *s, dbn_text sql, dbn_args args, const dbn_query_opts *opts,
	dbn_job_take *take, const void *user, size_t size, dbn_future **f, dbn_error **err)
{
	dbn_job_stmt *o;
	dbn_status rc = new_query(s, sql, args, opts, DBN_ASK_TAKEN, &o, f, err);

	if (rc != DBN_OK)
		return rc;
	o->take = take;
	o->user = dbn_arena_memdup(&o->job.arena, user, size);
	if (!o->user) {
		dbn_job__drop(&o->job);
		return dbn_fail_nomem(err);
	}
	return dbn_job__submit(&o->job, copy_statement, f, err);
}

dbn_status
dbn_query_with_async(dbn_session *s, dbn_text sql, dbn_args args, const dbn_query_opts *opts,
	dbn_future **f, dbn_error **err)
{
	return submit(s, sql, args, opts, DBN_ASK_ROWS, f, err);
}

dbn_status
dbn_query_async(dbn_session *s, const char *sql, dbn_args args, dbn_future **f, dbn_error **err)
{
	return submit(s, dbn_text_z(sql), args, NULL, DBN_ASK_ROWS, f, err);
}

dbn_status
dbn_exec_with_async(dbn_session *s, dbn_text sql, dbn_args args, const dbn_query_opts *opts,
	dbn_future **f, dbn_error **err)
{
	return submit(s, sql, args, opts, DBN_ASK_RESULT, f, err);
}

dbn_status
dbn_exec_async(dbn_session *s, const char *sql, dbn_args args, dbn_future **f, dbn_error **err)
{
	return submit(s, dbn_text_z(sql), args, NULL, DBN_ASK_RESULT, f, err);
}

dbn_status
dbn_get_int64_async(dbn_session *s, const char *sql, dbn_args args, dbn_future **f, dbn_error **err)
{
	return submit(s, dbn_text_z(sql), args, NULL, DBN_ASK_INT64, f, err);
}

dbn_status
dbn_get_double_async(dbn_session *s, const char *sql, dbn_args args, dbn_future **f, dbn_error **err)
{
	return submit(s, dbn_text_z(sql), args, NULL, DBN_ASK_DOUBLE, f, err);
}

dbn_status
dbn_get_text_async(dbn_session *s, const char *sql, dbn_args args, dbn_future **f, dbn_error **err)
{
	return submit(s, dbn_text_z(sql), args, NULL, DBN_ASK_TEXT, f, err);
}

/* Through the namesake, so that there is one way to run many. */
static dbn_status
run_many(dbn_job *job, dbn_error **err)
{
	dbn_job_stmt *o = (dbn_job_stmt *)job;

	return dbn_exec_many(job->s, o->what.text.ptr, o->what.args, o->what.nrows, &o->result,
		o->what.keys, err);
}

dbn_status
dbn_exec_many_async(dbn_session *s, const char *sql, dbn_args args, size_t nrows, int64_t *keys,
	dbn_future **f, dbn_error **err)
{
	dbn_job_stmt *o;
	dbn_status rc = dbn_job__enter(s, f, err);

	if (rc == DBN_OK)
		rc = dbn_job__new_statement(s, &o, err);
	if (rc != DBN_OK)
		return rc;
	o->ask = DBN_ASK_RESULT;
	o->what.text = dbn_text_z(sql);
	o->what.args = args;
	o->what.nrows = nrows;
	o->what.keys = keys;
	o->job.begin = NULL;
	o->job.run = run_many;
	return dbn_job__submit(&o->job, copy_statement, f, err);
}

static dbn_status
run_explain(dbn_job *job, dbn_error **err)
{
	dbn_job_stmt *o = (dbn_job_stmt *)job;
	char *json = NULL;
	dbn_status rc = dbn_explain(job->s, o->what.text, &json, err);

	if (rc != DBN_OK)
		return rc;
	o->text = dbn_arena_text(&job->arena, dbn_text_z(json)).ptr;
	dbn_free_text(json);
	return o->text ? DBN_OK : dbn_fail_nomem(err);
}

dbn_status
dbn_explain_async(dbn_session *s, dbn_text sql, dbn_future **f, dbn_error **err)
{
	dbn_job_stmt *o;
	dbn_status rc = dbn_job__enter(s, f, err);

	if (rc == DBN_OK)
		rc = dbn_job__new_statement(s, &o, err);
	if (rc != DBN_OK)
		return rc;
	o->ask = DBN_ASK_TEXT;
	o->what.text = sql;
	o->job.begin = NULL;
	o->job.run = run_explain;
	return dbn_job__submit(&o->job, copy_statement, f, err);
}

/* ---- results ---- */

static const dbn_job_stmt *
answered(const dbn_future *f)
{
	const dbn_job *job = (const dbn_job *)f;

	return dbn_future_ready(f) && f->status == DBN_OK && job->statement ? (const dbn_job_stmt *)job
									    : NULL;
}

dbn_rows *
dbn_future_rows(dbn_future *f)
{
	dbn_job_stmt *o = (dbn_job_stmt *)(void *)f;

	if (!answered(f))
		return NULL;
	if (o->ask == DBN_ASK_STREAM)
		return o->stream;
	return o->ask == DBN_ASK_ROWS ? &o->rows : NULL;
}

dbn_result
dbn_future_result(const dbn_future *f)
{
	const dbn_job_stmt *o = answered(f);
	dbn_result none = { .struct_size = (uint32_t)sizeof none };

	return o ? o->result : none;
}

int64_t
dbn_future_int64(const dbn_future *f)
{
	const dbn_job_stmt *o = answered(f);

	return o ? o->i64 : 0;
}

double
dbn_future_double(const dbn_future *f)
{
	const dbn_job_stmt *o = answered(f);

	return o ? o->f64 : 0;
}

const char *
dbn_future_text(const dbn_future *f)
{
	const dbn_job_stmt *o = answered(f);

	return o ? o->text : NULL;
}
