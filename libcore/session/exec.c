/* SPDX-License-Identifier: MIT */
/*
 * Statements whose rows are not wanted, many executions in one go, and single
 * values.
 */
#include <string.h>

#include "base/str.h"
#include "session/session_impl.h"
#include "value/value.h"

/* Step through what is left and give nothing. */
static dbn_status
drain(dbn_rows *r, dbn_error **err)
{
	dbn_status rc = DBN_OK;

	while (r->cur && rc == DBN_OK) {
		r->set.struct_size = (uint32_t)sizeof r->set;
		dbn_pconn_enter(r->conn);
		rc = r->conn->ops->fetch(r->cur, 256, &r->set, err);
		dbn_pconn_leave(r->conn);
		if (rc == DBN_OK) {
			r->nrows += r->set.nrows;
			for (uint32_t i = 0; r->filling && i < r->set.nrows; i++)
				(void)dbn_cache_fill_row(&r->fill,
					r->set.cells + (size_t)i * r->set.ncols);
		}
	}
	if (r->cached)
		r->nrows = r->hit.nrows;
	r->complete = rc == DBN_OK || rc == DBN_DONE;
	return r->complete ? DBN_OK : rc;
}

static int64_t
key_of_outcome(const dbn_outcome *o)
{
	return o->generated_key.type == DBN_INT64 ? o->generated_key.u.i64 : 0;
}

static void
give_result(const dbn_rows *r, dbn_result *result)
{
	if (!result)
		return;
	result->affected = r->plan->read_only ? 0 : r->affected;
	result->generated_key = key_of_outcome(&r->outcome);
}

dbn_status
dbn_exec_with(dbn_session *s, dbn_text sql, dbn_args args, const dbn_query_opts *opts,
	dbn_result *result, dbn_error **err)
{
	dbn_error *why = NULL;
	dbn_rows *r;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	if (opts && opts->struct_size == 0)
		return dbn_fail_hint(err, DBN_E_INVALID, "Use dbn_query_opts_init().",
			"the options have no struct_size");
	rc = dbn_session__run(s, sql, args, opts, DBN_RUN_KEYS, &r, err);
	if (rc != DBN_OK)
		return rc;
	rc = drain(r, &why);
	if (rc == DBN_OK)
		give_result(r, result);
	rc = dbn_session__finish(r, rc, &why);
	if (err)
		*err = why;
	else
		dbn_error_free(why);
	return rc;
}

dbn_status
dbn_exec(dbn_session *s, const char *sql, dbn_args args, dbn_result *result, dbn_error **err)
{
	return dbn_exec_with(s, dbn_text_z(sql), args, NULL, result, err);
}

/* ---- many ---- */

/* Fit nrows rows of values into r->argv, those of the subject behind each. */
static dbn_status
bind_rows(dbn_rows *r, dbn_args args, size_t nrows, dbn_error **err)
{
	size_t n = r->plan->nparams, wide = n + r->plan->nextra, total;
	dbn_status rc;

	if (args.n != n * nrows)
		return dbn_fail(err, DBN_E_INVALID,
			"%zu rows of %zu parameters need %zu values, %zu were given", nrows, n,
			n * nrows, args.n);
	if (r->plan->lists)
		return dbn_fail(err, DBN_E_UNSUPPORTED,
			"a statement whose rules take lists cannot run many times in one go");
	if (__builtin_mul_overflow(nrows, wide, &total) ||
		!dbn_grow(&r->argv, &r->argv_cap, total, sizeof *r->argv))
		return dbn_fail_nomem(err);
	for (size_t row = 0; row < nrows; row++) {
		dbn_value *at = r->argv + row * wide;

		for (uint32_t i = 0; i < n; i++) {
			at[i] = dbn_value_measured(args.v[row * n + i]);
			if (at[i].type == DBN_LIST)
				return dbn_fail(err, DBN_E_VALUE, "parameter %u: a list does not fit here",
					i + 1);
			rc = dbn_session__fit(r, &at[i], i, err);
			if (rc != DBN_OK)
				return rc;
		}
		if (row) {
			for (size_t i = n; i < wide; i++)
				at[i] = r->argv[i];
			continue;
		}
		rc = dbn_session__extras(r, at + n, err);
		if (rc != DBN_OK)
			return rc;
	}
	r->nargv = wide;
	return DBN_OK;
}

/* All rows must live on one shard. */
static dbn_status
one_shard(dbn_rows *r, size_t nrows, dbn_error **err)
{
	size_t wide = r->plan->nparams + r->plan->nextra;
	uint32_t first, node;
	dbn_status rc = dbn_session__route(r, r->argv, &first, err);

	for (size_t row = 1; rc == DBN_OK && r->db->shards && row < nrows; row++) {
		rc = dbn_session__route(r, r->argv + row * wide, &node, err);
		if (rc == DBN_OK && node != first)
			rc = dbn_fail_hint(err, DBN_E_NO_SHARD, "Make one call for each shard.",
				"row %zu belongs to another shard than the first", row + 1);
	}
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
			keys[i] = rc == DBN_OK ? key_of_outcome(&outs[i]) : 0;
		dbn_error_free(outs[i].error);
	}
	return rc;
}

static dbn_status
execute_rows(dbn_rows *r, size_t nrows, int64_t *keys, dbn_error **err)
{
	dbn_many_opts o = { .call = DBN_CALL_INIT, .how = DBN_MANY_ATOMIC };
	size_t wide = r->plan->nparams + r->plan->nextra;
	size_t n = keys ? nrows : 1;
	dbn_exec_item *items = dbn_arena_array(&r->scratch, n, sizeof *items);
	dbn_outcome *outs = dbn_arena_array(&r->scratch, n, sizeof *outs);
	dbn_status rc;

	if (!items || !outs)
		return dbn_fail_nomem(err);
	for (size_t i = 0; i < n; i++) {
		items[i].struct_size = (uint32_t)sizeof *items;
		items[i].flags = keys ? DBN_EXEC_KEYS : 0u;
		items[i].stmt = r->stmt->stmt;
		items[i].values = r->argv + i * wide;
		items[i].nvalues = (uint32_t)wide;
		items[i].nrows = keys ? 1 : nrows;
		outs[i].struct_size = (uint32_t)sizeof *outs;
	}
	o.call.struct_size = (uint32_t)sizeof o;
	o.call.deadline_ns = r->deadline_ns;
	o.statement_no = ++r->conn->statement_no;
	dbn_session__running(r, o.statement_no);
	dbn_pconn_enter(r->conn);
	rc = r->conn->ops->execute_many(r->conn->conn, items, n, &o, outs, err);
	dbn_pconn_leave(r->conn);
	rc = give_outcomes(r, outs, n, rc, keys, err);
	if (n)
		r->outcome.generated_key = outs[n - 1].generated_key;
	return rc;
}

static dbn_status
go_rows(dbn_rows *r, dbn_args args, size_t nrows, int64_t *keys, dbn_error **err)
{
	dbn_status rc = bind_rows(r, args, nrows, err);

	if (rc == DBN_OK && r->plan->kind != DBN_STMT_INSERT && r->plan->kind != DBN_STMT_UPDATE &&
		r->plan->kind != DBN_STMT_DELETE)
		rc = dbn_fail(err, DBN_E_INVALID, "only INSERT, UPDATE and DELETE run many times in one go");
	if (rc == DBN_OK && r->s->in_txn)
		rc = dbn_session__settle_open(r->s, err);
	if (rc == DBN_OK)
		rc = one_shard(r, nrows, err);
	if (rc == DBN_OK)
		rc = dbn_session__prepare(r, r->argv, err);
	if (rc == DBN_OK)
		rc = dbn_session__intent(r, err);
	if (rc == DBN_OK)
		rc = dbn_session__mark(r, err);
	if (rc == DBN_OK)
		rc = execute_rows(r, nrows, keys, err);
	return rc;
}

dbn_status
dbn_exec_many(dbn_session *s, const char *sql, dbn_args args, size_t nrows, dbn_result *result,
	int64_t *keys, dbn_error **err)
{
	dbn_error *why = NULL;
	dbn_rows *r;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	if (nrows == 0) {
		if (result)
			result->affected = 0, result->generated_key = 0;
		return dbn_session__enter(s, err);
	}
	for (int attempt = 0;; attempt++) {
		rc = dbn_session__begin_run(s, dbn_text_z(sql), NULL, attempt > 0, &r, err);
		if (rc != DBN_OK)
			return rc;
		rc = go_rows(r, args, nrows, keys, &why);
		if (rc == DBN_OK || attempt > 0 || !dbn_session__stale_schema(r, rc))
			break;
		dbn_session__disconnect(r);
		dbn_session__drop_run(r);
		dbn_error_free(why);
		why = NULL;
	}
	if (rc == DBN_OK)
		give_result(r, result);
	rc = dbn_session__finish(r, rc, &why);
	if (err)
		*err = why;
	else
		dbn_error_free(why);
	return rc;
}

/* ---- one value ---- */

static dbn_status
get_one(dbn_session *s, const char *sql, dbn_args args, const dbn_out *out, char **copy,
	dbn_error **err)
{
	dbn_rows *r;
	dbn_status rc = dbn_query(s, sql, args, &r, err);

	if (rc != DBN_OK)
		return rc;
	rc = dbn_rows_next(r, err);
	if (rc == DBN_DONE)
		rc = dbn_fail(err, DBN_E_NOT_FOUND, "the statement gave no row");
	else if (rc == DBN_OK && dbn_rows_columns(r) == 0)
		rc = dbn_fail(err, DBN_E_INVALID, "the statement gives no columns");
	else if (rc == DBN_OK)
		rc = dbn_value_store(&r->cells[0], out, dbn_rows_name(r, 0), err);
	if (rc == DBN_OK && copy) {
		const char *z = *(const char *const *)out->ptr;

		if (!z)
			rc = dbn_fail(err, DBN_E_VALUE, "column \"%s\" is NULL", dbn_rows_name(r, 0));
		else if (!(*copy = dbn_strdup(z)))
			rc = dbn_fail_nomem(err);
	}
	/* a write has happened only when it has come to its end */
	while (rc == DBN_OK && r->plan->must_finish && (rc = dbn_rows_next(r, err)) == DBN_OK)
		continue;
	if (rc == DBN_DONE)
		rc = DBN_OK;
	dbn_rows_close(r);
	if (rc != DBN_OK && copy) {
		dbn_free(*copy);
		*copy = NULL;
	}
	return rc;
}

dbn_status
dbn_get_int64(dbn_session *s, const char *sql, dbn_args args, int64_t *out, dbn_error **err)
{
	dbn_out o = dbn_out_int64(out);

	DBN_ERR_CLEAR(err);
	return get_one(s, sql, args, &o, NULL, err);
}

dbn_status
dbn_get_double(dbn_session *s, const char *sql, dbn_args args, double *out, dbn_error **err)
{
	dbn_out o = dbn_out_double(out);

	DBN_ERR_CLEAR(err);
	return get_one(s, sql, args, &o, NULL, err);
}

dbn_status
dbn_get_text(dbn_session *s, const char *sql, dbn_args args, char **out, dbn_error **err)
{
	const char *z = NULL;
	dbn_out o = dbn_out_cstr(&z);

	DBN_ERR_CLEAR(err);
	*out = NULL;
	return get_one(s, sql, args, &o, out, err);
}
