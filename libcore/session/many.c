/* SPDX-License-Identifier: MIT */
/*
 * Many executions of one statement in one go: all or nothing.  They are one item
 * for the driver, so that it may send them by whatever is fastest.
 */
#include <string.h>

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

dbn_status
dbn_session__execute_many(dbn_rows *r, const dbn_run *run, dbn_error **err)
{
	dbn_many_opts o = { .call = DBN_CALL_INIT, .how = DBN_MANY_ATOMIC };
	dbn_exec_item item = { .struct_size = (uint32_t)sizeof item, .stmt = r->stmt->stmt,
		.flags = run->keys ? DBN_EXEC_KEYS : 0u, .keys = run->keys,
		.values = r->sent, .nvalues = (uint32_t)r->nsent, .nrows = run->nrows };
	dbn_status rc;

	if (run->keys)
		memset(run->keys, 0, run->nrows * sizeof *run->keys);
	o.call.struct_size = (uint32_t)sizeof o;
	o.call.deadline_ns = r->deadline_ns;
	o.statement_no = dbn_pconn_next_no(r->conn);
	dbn_session__running(r, o.statement_no);
	r->outcome.sent = DBN_SENT_MAYBE;
	dbn_pconn_enter(r->conn);
	rc = r->conn->ops->execute_many(r->conn->conn, &item, 1, &o, &r->outcome, err);
	dbn_pconn_leave(r->conn);
	/* that nobody knows what became of it weighs more than how the call ended */
	if (r->outcome.status != DBN_OK && r->outcome.status != rc &&
		(rc == DBN_OK || r->outcome.status == DBN_E_UNKNOWN_OUTCOME)) {
		rc = r->outcome.status;
		if (err) {
			dbn_error_free(*err);
			*err = r->outcome.error;
			r->outcome.error = NULL;
		}
	}
	dbn_error_free(r->outcome.error);
	r->outcome.error = NULL;
	if (rc == DBN_OK)
		r->affected = r->outcome.affected;
	else if (run->keys)
		memset(run->keys, 0, run->nrows * sizeof *run->keys);
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
