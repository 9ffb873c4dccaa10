/* SPDX-License-Identifier: MIT */
/*
 * Rows on their way to the caller: from the driver's cursor or from the cache.
 * Whatever ends them (the last row, an error, a close) finishes the statement.
 */
#include <string.h>

#include "base/str.h"
#include "session/async_impl.h"
#include "value/value.h"

void
dbn_session__link_rows(dbn_rows *r)
{
	r->next_open = r->s->open;
	r->s->open = r;
}

void
dbn_session__unlink_rows(dbn_rows *r)
{
	for (dbn_rows **pr = &r->s->open; *pr; pr = &(*pr)->next_open)
		if (*pr == r) {
			*pr = r->next_open;
			return;
		}
}

static dbn_status
query(dbn_session *s, dbn_text sql, dbn_args args, const dbn_query_opts *opts, dbn_rows **rows,
	dbn_error **err)
{
	dbn_run run = { .text = sql, .args = args, .opts = opts };
	dbn_rows *r;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	*rows = NULL;
	if (opts && opts->struct_size == 0)
		return dbn_fail_hint(err, DBN_E_INVALID, "Use dbn_query_opts_init().",
			"the options have no struct_size");
	rc = dbn_session__run(s, &run, &r, err);
	if (rc != DBN_OK)
		return rc;
	dbn_session__link_rows(r);
	*rows = r;
	return DBN_OK;
}

dbn_status
dbn_query_with(dbn_session *s, dbn_text sql, dbn_args args, const dbn_query_opts *opts,
	dbn_rows **rows, dbn_error **err)
{
	DBN_SESSION_PLACE(s);
	return query(s, sql, args, opts, rows, err);
}

dbn_status
dbn_query(dbn_session *s, const char *sql, dbn_args args, dbn_rows **rows, dbn_error **err)
{
	DBN_SESSION_PLACE(s);
	return query(s, dbn_text_z(sql), args, NULL, rows, err);
}

/* The rows are at an end: give everything back now, keep the struct. */
static dbn_status
end_rows(dbn_rows *r, dbn_status rc, dbn_error **err)
{
	rc = dbn_session__end(r, rc, err);
	r->cells = NULL;
	r->finished = true;
	r->failed = rc != DBN_OK;
	return rc;
}

static dbn_status
next_cached(dbn_rows *r, dbn_error **err)
{
	dbn_status rc;

	if (r->hit_row == r->hit.nrows) {
		rc = end_rows(r, DBN_OK, err);
		return rc == DBN_OK ? DBN_DONE : rc;
	}
	rc = dbn_cached_row(&r->hit, r->hit_row, r->hit_cells);
	if (rc != DBN_OK) {
		dbn_cache_forget(r->s->pool->cache, r->key_text);
		rc = dbn_fail_hint(err, DBN_E_INTEGRITY, "Run the statement again.",
			"the cached answer is damaged and was thrown away");
		return end_rows(r, rc, err);
	}
	r->hit_row++;
	r->nrows++;
	r->cells = r->hit_cells;
	return DBN_OK;
}

/* Rows in memory: neither session nor connection is needed. */
static dbn_status
next_kept(dbn_rows *r)
{
	while (r->answer && r->at == r->answer->nrows) {
		r->answer = r->answer->next;
		r->at = 0;
	}
	r->cells = NULL;
	if (!r->answer)
		return DBN_DONE;
	r->cells = r->answer->cells + (size_t)r->at * r->ncols;
	r->at++;
	return DBN_OK;
}

/* The next block from the driver; DBN_DONE at the end. */
static inline dbn_status
fetch(dbn_rows *r, dbn_error **err)
{
	dbn_status rc = dbn_session__mine(r->s, err);

	if (rc != DBN_OK)
		return rc;
	r->set.struct_size = (uint32_t)sizeof r->set;
	r->set.nrows = 0;
	r->at = 0;
	r->kept = false;
	dbn_pconn_enter(r->conn);
	rc = r->conn->ops->fetch(r->cur, 256, &r->set, err);
	dbn_pconn_leave(r->conn);
	return rc;
}

/* There is no row any more, or none for the caller. */
static dbn_status
last(dbn_rows *r, dbn_status rc, dbn_error *why, dbn_error **err)
{
	while (!r->ncols && r->cur && rc == DBN_OK) /* what a check needs: not for the caller */
		rc = fetch(r, &why);
	if (!r->cur || rc == DBN_DONE)
		rc = DBN_OK;
	r->complete = rc == DBN_OK;
	rc = end_rows(r, rc, &why);
	if (rc != DBN_OK) {
		if (err)
			*err = why;
		else
			dbn_error_free(why);
	}
	return rc == DBN_OK ? DBN_DONE : rc;
}

dbn_status
dbn_rows_next(dbn_rows *r, dbn_error **err)
{
	dbn_error *why = NULL;
	dbn_status rc = DBN_OK;

	DBN_ERR_CLEAR(err);
	if (!r || r->failed)
		return dbn_fail(err, DBN_E_INVALID, "the rows have ended with an error");
	if (r->finished)
		return r->answered ? next_kept(r) : DBN_DONE;
	if (r->cached)
		return next_cached(r, err);
	r->cells = NULL;
	while (rc == DBN_OK && r->at == r->set.nrows && r->ncols && r->cur)
		rc = fetch(r, &why);
	if (rc != DBN_OK || !r->ncols || r->at == r->set.nrows)
		return last(r, rc, why, err);
	r->cells = r->set.cells + (size_t)r->at * r->set.ncols;
	r->at++;
	r->nrows++;
	if (r->filling) /* one that fails is remembered: the put abandons it */
		(void)dbn_cache_fill_row(&r->fill, r->cells);
	return DBN_OK;
}

dbn_status
dbn_rows_scan(dbn_rows *r, dbn_outs outs, dbn_error **err)
{
	DBN_ERR_CLEAR(err);
	if (!r || !r->cells)
		return dbn_fail(err, DBN_E_INVALID, "there is no row: call dbn_rows_next() first");
	if (outs.n > r->ncols)
		return dbn_fail(err, DBN_E_INVALID, "%zu variables for a row of %u columns", outs.n,
			r->ncols);
	for (size_t i = 0; i < outs.n; i++) {
		dbn_status rc = dbn_value_store(&r->cells[i], &outs.o[i],
			dbn_rows_name(r, (uint32_t)i), err);

		if (rc != DBN_OK)
			return rc;
	}
	return DBN_OK;
}

const dbn_value *
dbn_rows_cells(const dbn_rows *r)
{
	return r ? r->cells : NULL;
}

uint32_t
dbn_rows_columns(const dbn_rows *r)
{
	return r ? r->ncols : 0;
}

/* Administrative statements have columns only the driver knows. */
static const dbn_column_info *
column(const dbn_rows *r, uint32_t i)
{
	if (!r || i >= r->ncols)
		return NULL;
	if (i < r->plan->ncols)
		return &r->plan->columns[i];
	if (r->kept_columns)
		return &r->kept_columns[i];
	if (!r->stmt || i >= r->stmt->info.columns.count)
		return NULL;
	return (const dbn_column_info *)((const char *)r->stmt->info.columns.items +
		(size_t)i * r->stmt->info.columns.stride);
}

const char *
dbn_rows_name(const dbn_rows *r, uint32_t i)
{
	const dbn_column_info *c = column(r, i);

	return c && c->name.ptr ? c->name.ptr : "";
}

dbn_type
dbn_rows_type(const dbn_rows *r, uint32_t i)
{
	const dbn_column_info *c = column(r, i);

	return c ? c->type : (dbn_type)DBN_NULL;
}

bool
dbn_rows_masked(const dbn_rows *r, uint32_t i)
{
	return r && i < r->plan->ncols && r->plan->masked && r->plan->masked[i];
}

bool
dbn_rows_cached(const dbn_rows *r)
{
	return r && r->cached;
}

uint64_t
dbn_rows_affected(const dbn_rows *r)
{
	return r ? r->affected : 0;
}

/* A write is finished before it is let go; where that fails nobody hears of it but
 * the transaction, which then cannot be committed. */
static void
run_out(dbn_rows *r)
{
	dbn_status rc;

	while ((rc = dbn_rows_next(r, NULL)) == DBN_OK)
		continue;
	if (rc != DBN_DONE && r->s->in_txn)
		r->s->txn_failed = true;
}

void
dbn_rows_close(dbn_rows *r)
{
	dbn_error *err = NULL;

	if (!r || r->answered) /* tied to their future */
		return;
	if (r->plan->must_finish && !r->finished && !r->failed)
		run_out(r);
	if (!r->finished && !r->failed)
		(void)dbn_session__end(r, DBN_OK, &err);
	dbn_error_free(err);
	dbn_session__unlink_rows(r);
	dbn_session__drop_run(r);
}

void
dbn_session__close_open(dbn_session *s, bool finish)
{
	for (dbn_rows *r = s->open; r; r = r->next_open)
		if (!r->finished && !r->failed) {
			dbn_error *err = NULL;

			if (finish && r->plan->must_finish)
				run_out(r);
			r->cells = NULL;
			if (r->finished || r->failed)
				continue;
			(void)dbn_session__end(r, DBN_OK, &err);
			dbn_error_free(err);
			r->failed = true; /* what comes now is not the rest of the rows */
		}
}

/* What is left of the driver's block, which goes with the next call on the cursor. */
static dbn_status
keep_block(dbn_rows *r, dbn_error **err)
{
	size_t left = r->set.nrows - r->at, n = left * r->set.ncols;
	const dbn_value *from = r->set.cells + (size_t)r->at * r->set.ncols;
	dbn_value *to;

	if (r->kept || !left)
		return DBN_OK;
	dbn_arena_reset(&r->block);
	to = dbn_arena_array(&r->block, n, sizeof *to);
	if (!to)
		return dbn_fail_nomem(err);
	for (size_t i = 0; i < n; i++)
		if (!dbn_value_copy(&r->block, &from[i], &to[i]))
			return dbn_fail_nomem(err);
	r->set.cells = to;
	r->set.nrows = (uint32_t)left;
	r->at = 0;
	r->kept = true;
	return DBN_OK;
}

dbn_status
dbn_session__settle_open(dbn_session *s, dbn_error **err)
{
	for (dbn_rows *r = s->open; r; r = r->next_open) {
		dbn_status rc;

		if (!r->cur || r->conn != s->txn_conn)
			continue;
		rc = keep_block(r, err);
		if (rc != DBN_OK)
			return rc;
		dbn_pconn_enter(r->conn);
		rc = r->conn->ops->buffer(r->cur, s->pool->conf->limits.result, err);
		dbn_pconn_leave(r->conn);
		if (rc != DBN_OK)
			return dbn_fail_wrap(err, DBN_E_BUSY,
				"Close the rows first, or raise limits.result; the rest of them is lost.",
				"rows of \"%.*s\" are open on the transaction's connection and do "
				"not fit into memory", DBN_TEXT_ARG(r->plan->fingerprint));
		r->cells = NULL;
	}
	return DBN_OK;
}
