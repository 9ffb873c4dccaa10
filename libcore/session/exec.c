/* SPDX-License-Identifier: MIT */
/*
 * Statements whose rows are not wanted, and single values.
 */
#include <string.h>

#include "base/str.h"
#include "session/session_impl.h"
#include "value/value.h"

/* Where the database gives the generated key as a row: of the last one. */
static void
take_key(dbn_rows *r)
{
	const dbn_value *v = r->set.cells + (size_t)(r->set.nrows - 1) * r->set.ncols;

	if (v->type == DBN_INT64)
		r->outcome.generated_key = *v;
}

/* Step through what is left and give nothing. */
static dbn_status
drain(dbn_rows *r, dbn_error **err)
{
	dbn_status rc = DBN_OK;

	for (; r->kept && r->at < r->set.nrows; r->at++, r->nrows++) /* it rode with others */
		if (r->filling)
			(void)dbn_cache_fill_row(&r->fill, r->set.cells + (size_t)r->at * r->set.ncols);
	while (r->cur && rc == DBN_OK) {
		r->set.struct_size = (uint32_t)sizeof r->set;
		dbn_pconn_enter(r->conn);
		rc = r->conn->ops->fetch(r->cur, 256, &r->set, err);
		dbn_pconn_leave(r->conn);
		if (rc == DBN_OK) {
			r->nrows += r->set.nrows;
			if (r->plan->key && r->set.nrows && r->set.ncols)
				take_key(r);
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

int64_t
dbn_session__generated(const dbn_outcome *o)
{
	return o->generated_key.type == DBN_INT64 ? o->generated_key.u.i64 : 0;
}

void
dbn_session__give_result(const dbn_rows *r, dbn_result *result)
{
	if (!result)
		return;
	result->affected = r->plan->read_only ? 0 : r->affected;
	result->generated_key = dbn_session__generated(&r->outcome);
}

static dbn_status
exec_one(dbn_session *s, dbn_text sql, dbn_args args, const dbn_query_opts *opts,
	dbn_result *result, dbn_error **err)
{
	dbn_run run = { .text = sql, .args = args, .opts = opts, .how = DBN_RUN_KEYS };
	dbn_error *why = NULL;
	dbn_rows *r;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	if (opts && opts->struct_size == 0)
		return dbn_fail_hint(err, DBN_E_INVALID, "Use dbn_query_opts_init().",
			"the options have no struct_size");
	rc = dbn_session__run(s, &run, &r, err);
	if (rc != DBN_OK)
		return rc;
	rc = drain(r, &why);
	if (rc == DBN_OK)
		dbn_session__give_result(r, result);
	rc = dbn_session__finish(r, rc, &why);
	if (err)
		*err = why;
	else
		dbn_error_free(why);
	return rc;
}

dbn_status
dbn_exec_with(dbn_session *s, dbn_text sql, dbn_args args, const dbn_query_opts *opts,
	dbn_result *result, dbn_error **err)
{
	DBN_SESSION_PLACE(s);
	return exec_one(s, sql, args, opts, result, err);
}

dbn_status
dbn_exec(dbn_session *s, const char *sql, dbn_args args, dbn_result *result, dbn_error **err)
{
	DBN_SESSION_PLACE(s);
	return exec_one(s, dbn_text_z(sql), args, NULL, result, err);
}

/* ---- one value ---- */

dbn_status
dbn_session__first_value(dbn_rows *r, const dbn_out *out, dbn_error **err)
{
	dbn_status rc = dbn_rows_next(r, err);

	if (rc == DBN_DONE)
		return dbn_fail(err, DBN_E_NOT_FOUND, "the statement gave no row");
	if (rc == DBN_OK && dbn_rows_columns(r) == 0)
		return dbn_fail(err, DBN_E_INVALID, "the statement gives no columns");
	if (rc == DBN_OK)
		rc = dbn_value_store(&r->cells[0], out, dbn_rows_name(r, 0), err);
	if (rc == DBN_OK && out->kind == DBN_OUT_CSTR && !*(const char *const *)out->ptr)
		return dbn_fail(err, DBN_E_VALUE, "column \"%s\" is NULL", dbn_rows_name(r, 0));
	return rc;
}

static dbn_status
get_one(dbn_session *s, const char *sql, dbn_args args, const dbn_out *out, char **copy,
	dbn_error **err)
{
	dbn_rows *r;
	dbn_status rc = dbn_query(s, sql, args, &r, err);

	if (rc != DBN_OK)
		return rc;
	rc = dbn_session__first_value(r, out, err);
	if (rc == DBN_OK && copy && !(*copy = dbn_strdup(*(const char *const *)out->ptr)))
		rc = dbn_fail_nomem(err);
	/* a single row is a whole answer, worth keeping; a second one ends it */
	if (rc == DBN_OK && r->filling)
		rc = dbn_rows_next(r, err);
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
