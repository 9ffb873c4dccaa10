/* SPDX-License-Identifier: MIT */
/*
 * Many executions of one statement in one go: all or nothing.
 */
#include "session/session_impl.h"

/* All rows must live on one shard. */
static dbn_status
one_shard(dbn_rows *r, size_t nrows, dbn_error **err)
{
	size_t wide = r->plan->nparams + r->plan->nextra;
	dbn_status rc = dbn_session__route(r, r->argv, err);
	uint32_t first = r->node;

	for (size_t row = 1; rc == DBN_OK && r->db->shards && row < nrows; row++) {
		rc = dbn_session__route(r, r->argv + row * wide, err);
		if (rc == DBN_OK && r->node != first)
			rc = dbn_fail_hint(err, DBN_E_NO_SHARD, "Make one call for each shard.",
				"row %zu belongs to another shard than the first", row + 1);
	}
	return rc;
}

dbn_status
dbn_session__front_many(dbn_rows *r, const dbn_run *run, dbn_error **err)
{
	dbn_status rc = dbn_session__bind_rows(r, run->args, run->nrows, err);

	if (rc == DBN_OK && r->plan->kind != DBN_STMT_INSERT && r->plan->kind != DBN_STMT_UPDATE &&
		r->plan->kind != DBN_STMT_DELETE)
		rc = dbn_fail(err, DBN_E_INVALID, "only INSERT, UPDATE and DELETE run many times in one go");
	if (rc == DBN_OK)
		rc = one_shard(r, run->nrows, err);
	return rc;
}

/* The driver tells by item what became of it: the first that failed by itself is
 * the reason, those behind it were undone or not run (DBN_E_TXN_FAILED). */
static dbn_status
give_outcomes(dbn_rows *r, dbn_outcome *outs, size_t n, dbn_status rc, int64_t *keys,
	dbn_error **err)
{
	dbn_outcome *why = NULL;

	for (size_t i = 0; rc == DBN_OK && i < n; i++)
		if (outs[i].status != DBN_OK &&
			(!why || (why->status == DBN_E_TXN_FAILED && outs[i].status != DBN_E_TXN_FAILED)))
			why = &outs[i];
	if (why) {
		rc = why->status;
		if (err) {
			*err = why->error;
			why->error = NULL;
		}
	}
	for (size_t i = 0; i < n; i++) {
		r->affected += outs[i].affected;
		if (keys)
			keys[i] = rc == DBN_OK ? dbn_session__generated(&outs[i]) : 0;
		dbn_error_free(outs[i].error);
	}
	return rc;
}

dbn_status
dbn_session__execute_many(dbn_rows *r, const dbn_run *run, dbn_error **err)
{
	dbn_many_opts o = { .call = DBN_CALL_INIT, .how = DBN_MANY_ATOMIC };
	size_t wide = r->nsent;
	size_t n = run->keys ? run->nrows : 1;
	dbn_exec_item *items = dbn_arena_array(&r->scratch, n, sizeof *items);
	dbn_outcome *outs = dbn_arena_array(&r->scratch, n, sizeof *outs);
	dbn_status rc;

	if (!items || !outs)
		return dbn_fail_nomem(err);
	for (size_t i = 0; i < n; i++) {
		items[i].struct_size = (uint32_t)sizeof *items;
		items[i].flags = run->keys ? DBN_EXEC_KEYS : 0u;
		items[i].stmt = r->stmt->stmt;
		items[i].values = r->sent + i * wide;
		items[i].nvalues = (uint32_t)wide;
		items[i].nrows = run->keys ? 1 : run->nrows;
		outs[i].struct_size = (uint32_t)sizeof *outs;
	}
	o.call.struct_size = (uint32_t)sizeof o;
	o.call.deadline_ns = r->deadline_ns;
	o.statement_no = dbn_pconn_next_no(r->conn);
	dbn_session__running(r, o.statement_no);
	r->outcome.sent = DBN_SENT_MAYBE;
	dbn_pconn_enter(r->conn);
	rc = r->conn->ops->execute_many(r->conn->conn, items, n, &o, outs, err);
	dbn_pconn_leave(r->conn);
	rc = give_outcomes(r, outs, n, rc, run->keys, err);
	if (n)
		r->outcome.generated_key = outs[n - 1].generated_key;
	return rc;
}

dbn_status
dbn_exec_many(dbn_session *s, const char *sql, dbn_args args, size_t nrows, dbn_result *result,
	int64_t *keys, dbn_error **err)
{
	dbn_run run = { .text = dbn_text_z(sql), .args = args, .nrows = nrows, .keys = keys };
	dbn_rows *r;
	dbn_status rc;

	DBN_SESSION_PLACE(s);
	DBN_ERR_CLEAR(err);
	if (nrows == 0) {
		if (result)
			result->affected = 0, result->generated_key = 0;
		return dbn_session__enter(s, err);
	}
	rc = dbn_session__run(s, &run, &r, err);
	if (rc != DBN_OK)
		return rc;
	dbn_session__give_result(r, result);
	return dbn_session__finish(r, DBN_OK, err);
}
