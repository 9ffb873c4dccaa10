/* SPDX-License-Identifier: MIT */
/*
 * One statement on its way: the front half finds plan, values, cached answer and
 * shard on the session's thread, the back half (drive.c) runs it.  What has been
 * taken is given back in dbn_session__end(), however far it went.
 */
#include "base/clock.h"
#include "session/session_impl.h"

#define KEPT_MAX 4096u   /* of a block of rows, kept for the next statement */

void
dbn_session__rows_init(dbn_rows *r, dbn_session *s)
{
	r->s = s;
	dbn_arena_init(&r->scratch, 0);
	dbn_arena_init(&r->block, 0);
	dbn_cache_key_init(&r->key);
	dbn_cache_fill_init(&r->fill);
}

void
dbn_session__rows_fini(dbn_rows *r)
{
	dbn_cache_key_free(&r->key);
	dbn_cache_fill_free(&r->fill);
	dbn_arena_free(&r->scratch);
	dbn_arena_free(&r->block);
	dbn_free(r->argv);
	dbn_free(r->hit_cells);
}

static dbn_rows *
rows_new(dbn_session *s, const dbn_run *run)
{
	dbn_rows *r;

	if (run->rows)
		return run->rows;
	if (!(run->how & DBN_RUN_OWN) && !s->first.plan)
		return &s->first;
	r = dbn_zalloc(sizeof *r);
	if (!r)
		return NULL;
	dbn_session__rows_init(r, s);
	r->allocated = true;
	return r;
}

void
dbn_session__drop_run(dbn_rows *r)
{
	if (!r->plan_borrowed)
		dbn_plan_release(r->plan);
	r->plan_borrowed = false;
	r->plan = NULL;
	if (!r->allocated)
		return;
	dbn_session__rows_fini(r);
	dbn_free(r);
}

static void
reset(dbn_rows *r)
{
	r->conn = NULL;
	r->borrowed = r->finished = r->failed = r->cached = r->filling = r->complete = false;
	r->answered = false;
	r->answer = NULL;
	r->kept_columns = NULL;
	r->stmt = NULL;
	r->cur = NULL;
	r->set.nrows = 0;
	r->kept = false;
	r->at = r->hit_row = 0;
	r->cells = NULL;
	r->nrows = r->bytes = r->affected = r->audit_op = r->txn = 0;
	r->shard = UINT32_MAX;
	r->nargv = 0;
	r->expand = NULL;
	r->outcome.struct_size = (uint32_t)sizeof r->outcome;
	r->outcome.error = NULL;
	r->outcome.sent = DBN_SENT_NO;
	r->outcome.affected = 0;
	r->outcome.generated_key.type = DBN_NULL;
	if (r->scratch.blocks)
		dbn_arena_reset(&r->scratch);
	if (r->block.blocks && r->block.used > KEPT_MAX)
		dbn_arena_free(&r->block);
}

/* The trail learns why; so does the caller. */
static dbn_status
refused(dbn_session *s, dbn_text text, int64_t at_us, dbn_error *why, dbn_error **err)
{
	dbn_status rc = dbn_error_code(why);

	dbn_session__audit_failure(s, text, at_us, why);
	if (err)
		*err = why;
	else
		dbn_error_free(why);
	return rc;
}

dbn_status
dbn_session__begin_run(dbn_session *s, const dbn_run *run, bool fresh, dbn_rows **out,
	dbn_error **err)
{
	uint64_t timeout = run->opts && run->opts->timeout_ns ? run->opts->timeout_ns
							      : s->pool->conf->limits.time;
	dbn_error *why = NULL;
	dbn_rows *r;
	dbn_status rc = dbn_session__enter(s, err);

	if (rc != DBN_OK)
		return rc;
	if (s->in_txn && s->txn_failed)
		return dbn_fail_hint(err, DBN_E_TXN_FAILED, "Roll back, then begin again.",
			"the transaction has failed: statements are refused until it is rolled back");
	rc = dbn_audit_check(s->pool->audit, err);
	if (rc != DBN_OK)
		return rc;
	if ((run->how & DBN_RUN_READY) && (s->in_txn || dbn_subject_stale(s->subject)))
		return DBN_DONE;
	rc = dbn_session__refresh(s, &why);
	if (rc != DBN_OK)
		return refused(s, run->text, dbn_wall_us(), why, err);
	r = rows_new(s, run);
	if (!r)
		return dbn_fail_nomem(err);
	reset(r);
	if (!fresh)
		dbn_session__not_cancelled(s);
	r->started_ns = dbn_clock_both(&s->clock, &r->started_us);
	r->deadline_ns = timeout == UINT64_MAX || timeout > UINT64_MAX - r->started_ns
		? 0 : r->started_ns + timeout;
	if (run->how & DBN_RUN_READY) {
		if (!dbn_session__plan_ready(r, run->text))
			return DBN_DONE;
	} else {
		rc = dbn_session__plan(r, run->text, fresh, &why);
	}
	if (rc == DBN_OK && s->in_txn && s->txn_read_only && !r->plan->read_only)
		rc = dbn_fail(&why, DBN_E_INVALID, "the transaction is read only");
	else if (rc == DBN_OK && !s->in_txn && r->plan->in_txn_only)
		rc = dbn_plan_borrowed(r->plan, &why);
	else if (rc == DBN_OK && r->plan->never_undone.len && (s->in_txn || run->nrows > 1))
		rc = dbn_plan_not_undone(r->plan, &why);
	if (rc != DBN_OK) {
		int64_t at = r->started_us;

		dbn_session__drop_run(r);
		return refused(s, run->text, at, why, err);
	}
	r->ncols = r->plan->ncols;
	r->txn = s->in_txn ? s->txn_id : 0;
	*out = r;
	return DBN_OK;
}

dbn_status
dbn_session__route(dbn_rows *r, const dbn_value *args, dbn_error **err)
{
	dbn_status rc;

	r->node = 0;
	if (!r->db->shards)
		return DBN_OK;
	if (r->plan->route.kind == DBN_ROUTE_ANY) {
		r->node = r->s->in_txn && r->s->txn_db == r->db ? r->s->txn_node : r->db->shard_node[0];
		return DBN_OK;
	}
	rc = dbn_route_find(&r->plan->route, r->db->shards, args, r->plan->nparams, &r->shard, err);
	if (rc == DBN_OK)
		r->node = r->db->shard_node[r->shard];
	return rc;
}

dbn_status
dbn_session__front(dbn_rows *r, const dbn_run *run, dbn_error **err)
{
	const dbn_value *flat = NULL;
	dbn_status rc;

	if (run->nrows)
		return dbn_session__front_many(r, run, err);
	rc = dbn_session__bind(r, run->args, &flat, err);
	if (rc != DBN_OK)
		return rc;
	dbn_session__from_cache(r, run->opts);
	return r->cached ? DBN_OK : dbn_session__route(r, flat, err);
}

dbn_status
dbn_session__run(dbn_session *s, const dbn_run *run, dbn_rows **out, dbn_error **err)
{
	dbn_error *why = NULL;
	dbn_rows *r;
	dbn_status rc = DBN_OK;
	unsigned retries = 0;
	uint64_t deadline = 0;
	bool stale = false, fronted = (run->how & DBN_RUN_FRONTED) != 0;

	for (;; fronted = false) {
		if (fronted) {
			r = run->rows;
		} else {
			rc = dbn_session__begin_run(s, run, stale || retries, &r, err);
			if (rc != DBN_OK)
				return rc;
			if (deadline) /* that of the first attempt */
				r->deadline_ns = deadline;
			rc = dbn_session__front(r, run, &why);
		}
		deadline = r->deadline_ns;
		if (rc == DBN_OK && !r->cached)
			rc = dbn_session__back(r, run, &why);
		if (rc == DBN_OK) {
			*out = r;
			return DBN_OK;
		}
		if (!stale && dbn_session__again(r, rc, &why))
			stale = true;
		else if (dbn_session__retry(r, rc, retries, &why))
			retries++;
		else
			break;
	}
	rc = dbn_session__finish(r, rc, &why);
	if (err)
		*err = why;
	else
		dbn_error_free(why);
	return rc;
}
