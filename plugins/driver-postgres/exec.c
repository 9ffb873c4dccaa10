/* SPDX-License-Identifier: MIT */
/*
 * Running a statement.  Rows of a statement that only reads come one by one off
 * the wire, so that a result of any size takes constant memory; statements that
 * write and return rows are taken whole, so that they are complete (and in
 * autocommit committed) before a row is seen.
 *
 * One cursor at most is on the wire.  Whatever else is done with the connection
 * first takes its rows off, into memory, up to the setting buffer.
 */
#include <stdlib.h>

#include "driver.h"

void
pg_fill_outcome(struct dbn_conn *c, dbn_status st, uint32_t sent, dbn_outcome *out)
{
	out->status = st;
	out->error = NULL;
	out->sent = sent;
	out->txn = pg_txn(c);
	out->affected = 0;
	memset(&out->generated_key, 0, sizeof out->generated_key);
	out->commit_position = (dbn_text){ NULL, 0 };
}

uint64_t
pg_affected(const PGresult *r)
{
	/* libpq's signature: it does not write */
	const char *n = PQcmdTuples((PGresult *)(uintptr_t)r);
	const char *tag = PQcmdStatus((PGresult *)(uintptr_t)r);

	if (!*n || strncmp(tag, "SELECT", 6) == 0 || strncmp(tag, "FETCH", 5) == 0)
		return 0;
	return strtoull(n, NULL, 10);
}

/* ---- the results behind a cursor ---- */

static void
drop_held(struct dbn_cursor *cur)
{
	while (cur->nheld)
		PQclear(cur->held[--cur->nheld]);
}

void
pg_cursor_clear(struct dbn_cursor *cur)
{
	drop_held(cur);
	PQclear(cur->next);
	cur->next = NULL;
	while (cur->nkept)
		PQclear(cur->kept[--cur->nkept]);
	cur->at_kept = 0;
	cur->at = 0;
	if (cur->arena.chunks)
		pg_arena_clear(&cur->arena);
	if (cur->error)
		cur->conn->host->error_free(cur->error);
	cur->error = NULL;
}

void
pg_cursor_free(struct dbn_cursor *cur)
{
	const dbn_host *h = cur->conn->host;

	pg_cursor_clear(cur);
	pg_arena_free(&cur->arena);
	h->release(h, cur->kept);
	h->release(h, cur->cells);
	cur->kept = NULL;
	cur->cells = NULL;
	cur->cap_kept = cur->cap_cells = 0;
}

static bool
keep_result(struct dbn_cursor *cur, PGresult *given)
{
	if (!plug_grow(cur->conn->host, &cur->kept, &cur->cap_kept, cur->nkept + 1, sizeof *cur->kept)) {
		PQclear(given);
		return false;
	}
	cur->kept[cur->nkept++] = given;
	return true;
}

/* It ends here, with an error that fetch() tells. */
static void
cut(struct dbn_cursor *cur, dbn_status why, dbn_error *error)
{
	cur->state = PG_CUR_CUT;
	cur->why = why;
	if (cur->error)
		cur->conn->host->error_free(cur->error);
	cur->error = error;
}

/* The wire is free of it. */
static void
off_the_wire(struct dbn_cursor *cur)
{
	if (cur->conn->live == cur)
		cur->conn->live = NULL;
	pg_run_end(cur->conn);
}

/* Make the connection wait as the cursor's statement was told to. */
static void
resume(struct dbn_cursor *cur)
{
	struct dbn_conn *c = cur->conn;

	c->deadline_ns = cur->deadline_ns;
	c->call = NULL;
	c->give_up_ns = 0;
	c->phase = PG_PHASE_RUN;
	c->stop = PG_STOP_NONE;
}

/*
 * The next row's result of a live cursor: *out NULL with DBN_OK: nothing is there
 * yet and wait is false; DBN_DONE: that was the last.
 */
static dbn_status
next_live(struct dbn_cursor *cur, bool wait, PGresult **out, dbn_error **err)
{
	struct dbn_conn *c = cur->conn;
	PGresult *r = cur->next;
	dbn_status rc = DBN_OK;

	*out = NULL;
	cur->next = NULL;
	if (!r) {
		if (PQisBusy(c->pg)) {
			if (!wait)
				return DBN_OK;
			rc = pg_await(c, err);
		}
		if (rc == DBN_OK)
			r = PQgetResult(c->pg);
	}
	if (rc == DBN_OK && r && PQresultStatus(r) == PGRES_SINGLE_TUPLE) {
		*out = r;
		return DBN_OK;
	}
	if (rc == DBN_OK && r && pg_is_error(r))
		rc = pg_fail_result(c, r, err);
	PQclear(r);
	if (!c->broken) {
		dbn_status end = r ? pg_finish(c, rc == DBN_OK ? err : NULL) : DBN_OK;

		rc = rc == DBN_OK ? end : rc;
	}
	off_the_wire(cur);
	return rc == DBN_OK ? DBN_DONE : rc;
}

/* Throw away the rest of what a live cursor would give. */
static void
drain(struct dbn_cursor *cur)
{
	struct dbn_conn *c = cur->conn;
	dbn_status rc = DBN_OK;
	unsigned n = 0;
	PGresult *r;

	resume(cur);
	while (rc == DBN_OK) {
		rc = next_live(cur, true, &r, NULL);
		PQclear(r);
		/* A long rest of what only reads is not worth waiting for.  Within a
		 * transaction it is: stopping it would undo the transaction. */
		if (++n == 1000 && (cur->stmt->flags & DBN_PREPARE_READ_ONLY) && rc == DBN_OK &&
			PQtransactionStatus(c->pg) == PQTRANS_ACTIVE && !cur->in_txn)
			pg_stop_server(c, c->host->now_ns(c->host) + c->drv->set.cancel_wait_ns);
	}
}

/* Rows of a live cursor into memory, at most max_bytes (0: no limit). */
static dbn_status
keep_rest(struct dbn_cursor *cur, uint64_t max_bytes, dbn_error **err)
{
	uint64_t bytes = 0;
	dbn_status rc;
	PGresult *r;

	resume(cur);
	for (;;) {
		rc = next_live(cur, true, &r, err);
		if (rc != DBN_OK || !r)
			break;
		bytes += PQresultMemorySize(r);
		if (!keep_result(cur, r))
			return plug_nomem(cur->conn->host, err);
		if (max_bytes && bytes > max_bytes)
			return plug_fail_status(cur->conn->host, err, DBN_E_LIMIT,
				"the rest of the rows is larger than what may be buffered");
	}
	return rc == DBN_DONE ? DBN_OK : rc;
}

dbn_status
pg_settle(struct dbn_conn *c, uint64_t max_bytes, dbn_error **err)
{
	struct dbn_cursor *cur = c->live;
	dbn_error *why = NULL;
	dbn_status rc = keep_rest(cur, max_bytes, &why);

	if (rc == DBN_OK) {
		cur->state = PG_CUR_KEPT;
		return DBN_OK;
	}
	if (c->live == cur && !c->broken) /* too much, or no memory: the rest is lost */
		drain(cur);
	/* The failure is the open rows': fetch() tells it.  The wire is free. */
	cut(cur, rc, why);
	if (c->broken)
		return pg_fail_state(c->host, err, "08006", PLUG_HINT_LOST,
			"the connection to PostgreSQL was lost");
	return DBN_OK;
}

void
pg_cut_cursors(struct dbn_conn *c)
{
	for (struct dbn_stmt *s = c->stmts; s; s = s->next)
		if (s->cur.state == PG_CUR_KEPT && s->cur.in_txn) {
			pg_cursor_clear(&s->cur);
			cut(&s->cur, DBN_E_INVALID, NULL);
		}
}

/* ---- execute ---- */

dbn_status
pg_may_run(struct dbn_stmt *s, dbn_error **err)
{
	struct dbn_conn *c = s->conn;

	if (!s->described)
		return plug_fail_status(c->host, err, DBN_E_INVALID, "the statement is not prepared yet");
	if (pg_txn(c) == DBN_TXN_FAILED)
		return pg_fail_state(c->host, err, "25P02", "Roll it back, or back to a savepoint.",
			"the transaction has failed");
	return s->on_server ? DBN_OK : pg_stmt_prepare_again(s, err);
}

static bool
writes_alone(const struct dbn_stmt *s, bool in_txn)
{
	return !s->read_only && !in_txn;
}

/* The reply of a statement never came: what is known of it? */
static void
judge_loss(struct dbn_stmt *s, bool in_txn, dbn_outcome *out, dbn_error **err)
{
	struct dbn_conn *c = s->conn;

	out->sent = DBN_SENT_MAYBE;
	if (!writes_alone(s, in_txn) || !c->broken || out->status == DBN_E_UNKNOWN_OUTCOME)
		return;
	/* In autocommit the reply is the commit's too. */
	if (err && *err) {
		c->host->error_free(*err);
		*err = NULL;
	}
	c->phase = PG_PHASE_COMMIT;
	out->status = pg_lost(c, err);
}

static void
take_key(struct dbn_cursor *cur, dbn_outcome *out)
{
	dbn_rowset rows = { .struct_size = (uint32_t)sizeof rows };
	dbn_error *ignored = NULL;

	if (pg_fetch(cur, 1, &rows, &ignored) == DBN_OK && rows.ncols &&
		(rows.cells->type == DBN_INT64 || rows.cells->type == DBN_UINT64))
		out->generated_key = *rows.cells;
	cur->conn->host->error_free(ignored);
}

/* All that follows the first result; r is given. */
static dbn_status
finish_whole(struct dbn_stmt *s, const dbn_exec_opts *o, PGresult *r, dbn_outcome *out,
	struct dbn_cursor **cur, dbn_error **err)
{
	struct dbn_conn *c = s->conn;
	dbn_status rc = DBN_OK, end;

	if (r && pg_is_error(r))
		rc = pg_fail_result(c, r, err);
	else if (r && (PQresultStatus(r) == PGRES_COPY_IN || PQresultStatus(r) == PGRES_COPY_OUT)) {
		c->broken = true;
		rc = plug_fail_hint(c->host, err, DBN_E_UNSUPPORTED, "Load many rows with the bulk "
			"interface.", "COPY from or to the client does not run as a statement");
	} else if (r) {
		out->affected = pg_affected(r);
	}
	if (!c->broken) {
		end = pg_finish(c, rc == DBN_OK ? err : NULL);
		rc = rc == DBN_OK ? end : rc;
	}
	pg_run_end(c);
	if (rc != DBN_OK || !r || !PQntuples(r) || !(o->flags & (DBN_EXEC_ROWS | DBN_EXEC_KEYS))) {
		PQclear(r);
		return rc;
	}
	if (!keep_result(&s->cur, r))
		return plug_nomem(c->host, err);
	s->cur.state = PG_CUR_KEPT;
	if (cur && (o->flags & DBN_EXEC_ROWS)) {
		*cur = &s->cur;
		return DBN_OK;
	}
	take_key(&s->cur, out);
	pg_close_cursor(&s->cur);
	return rc;
}

/* Send it and see how it begins. */
static dbn_status
run(struct dbn_stmt *s, const dbn_exec_opts *o, dbn_outcome *out, struct dbn_cursor **cur,
	dbn_error **err)
{
	struct dbn_conn *c = s->conn;
	bool rows = cur && (o->flags & DBN_EXEC_ROWS) && s->ncols;
	PGresult *r = NULL;
	dbn_status rc;

	pg_run_begin(c, o->statement_no);
	if (!PQsendQueryPrepared(c->pg, s->name, (int)s->nparams, s->values, s->lengths, s->formats, 1)) {
		pg_run_end(c);
		return pg_lost(c, err);
	}
	out->sent = DBN_SENT_YES;
	pg_run_sent(c);
	/* a result for each row costs more than the row: not where few are expected */
	if (rows && s->read_only && (!o->max_rows || o->max_rows > PG_BLOCK))
		(void)PQsetSingleRowMode(c->pg);
	rc = pg_next_result(c, &r, err);
	if (rc != DBN_OK) {
		pg_run_end(c);
		return rc;
	}
	if (r && PQresultStatus(r) == PGRES_SINGLE_TUPLE) {
		s->cur.next = r;
		s->cur.state = PG_CUR_LIVE;
		c->live = &s->cur;
		*cur = &s->cur;
		return DBN_OK;
	}
	return finish_whole(s, o, r, out, cur, err);
}

dbn_status
pg_execute(struct dbn_stmt *s, const dbn_value *v, size_t nv, const dbn_exec_opts *o,
	dbn_outcome *out, struct dbn_cursor **cur, dbn_error **err)
{
	struct dbn_conn *c = s->conn;
	bool in_txn;
	dbn_status rc;

	if (cur)
		*cur = NULL;
	pg_fill_outcome(c, DBN_OK, DBN_SENT_NO, out);
	if (s->cur.state == PG_CUR_LIVE)
		rc = plug_fail_status(c->host, err, DBN_E_BUSY, "the statement has an open cursor");
	else
		rc = pg_enter(c, &o->call, err);
	if (rc == DBN_OK)
		rc = pg_may_run(s, err);
	if (rc == DBN_OK)
		rc = pg_bind(s, v, nv, err);
	if (rc != DBN_OK) {
		out->status = rc;
		return rc;
	}
	in_txn = pg_txn(c) != DBN_TXN_NONE;
	if (s->cur.state != PG_CUR_IDLE)
		pg_close_cursor(&s->cur);
	s->cur.in_txn = in_txn;
	s->cur.no = o->statement_no;
	s->cur.deadline_ns = o->call.deadline_ns;
	s->cur.bytes_left = o->max_bytes ? o->max_bytes : UINT64_MAX;
	out->status = run(s, o, out, cur, err);
	if (out->status != DBN_OK && c->broken)
		judge_loss(s, in_txn, out, err);
	else if (out->status == DBN_OK && !s->read_only)
		out->status = pg_check_pinned(c, err);
	out->txn = pg_txn(c);
	return out->status;
}

/* ---- fetch ---- */

static bool
room_for(struct dbn_cursor *cur, uint32_t rows)
{
	return plug_grow(cur->conn->host, &cur->cells, &cur->cap_cells,
		(size_t)rows * cur->stmt->ncols, sizeof *cur->cells);
}

/*
 * The row's result is freed at once where that costs no more than copying a few
 * short texts: libpq then makes the next one in the same memory, which is still in
 * the cache.  A block of results that are kept would push everything else out.
 */
#define COPY_BYTES 512

static bool
points_into(const dbn_value *v)
{
	return v->type == DBN_TEXT || v->type == DBN_BYTES || v->type == DBN_JSON ||
		v->type == DBN_ENUM || v->type == DBN_UUID || v->type == DBN_EXTENSION;
}

static bool
let_go(struct dbn_cursor *cur, PGresult *r, dbn_value *row)
{
	uint32_t n = cur->stmt->ncols;
	size_t bytes = 0;
	char *to;

	for (uint32_t i = 0; i < n; i++) {
		if (row[i].type == DBN_ARRAY || row[i].len > COPY_BYTES)
			bytes = COPY_BYTES + 1;
		else if (points_into(&row[i]))
			bytes += (size_t)row[i].len + 1;
	}
	if (bytes > COPY_BYTES || !(to = (char *)pg_arena_take(&cur->arena, bytes ? bytes : 1))) {
		cur->held[cur->nheld++] = r;
		return cur->nheld < PG_HELD;
	}
	for (uint32_t i = 0; bytes && i < n; i++)
		if (points_into(&row[i])) {
			if (row[i].len)
				memcpy(to, row[i].u.ptr, (size_t)row[i].len);
			to[row[i].len] = '\0'; /* texts are read as C strings, too */
			row[i].u.ptr = to;
			to += row[i].len + 1;
		}
	PQclear(r);
	return true;
}

static dbn_status
fetch_live(struct dbn_cursor *cur, uint32_t max_rows, dbn_rowset *out, dbn_error **err)
{
	uint32_t most = max_rows < PG_BLOCK ? max_rows : PG_BLOCK, n = 0;
	dbn_status rc = DBN_OK;
	dbn_value *row;
	PGresult *r;

	resume(cur);
	if (!room_for(cur, most))
		return plug_nomem(cur->conn->host, err);
	while (n < most) {
		rc = next_live(cur, n == 0, &r, err);
		if (rc != DBN_OK || !r)
			break;
		row = cur->cells + (size_t)n * cur->stmt->ncols;
		rc = pg_read_row(cur, r, 0, row, err);
		if (rc != DBN_OK) {
			PQclear(r);
			break;
		}
		n++;
		if (!let_go(cur, r, row))
			break;
	}
	out->ncols = cur->stmt->ncols;
	out->cells = cur->cells;
	out->nrows = n;
	if (rc == DBN_DONE) {
		cur->state = PG_CUR_DONE;
		return n ? DBN_OK : DBN_DONE;
	}
	if (rc == DBN_OK)
		return rc;
	if (cur->conn->live == cur)
		drain(cur);
	if (n) { /* what came before is good: the error is told by the next fetch */
		cut(cur, rc, err ? *err : NULL);
		if (err)
			*err = NULL;
		return DBN_OK;
	}
	cut(cur, rc, NULL);
	return rc;
}

static dbn_status
fetch_kept(struct dbn_cursor *cur, uint32_t max_rows, dbn_rowset *out, dbn_error **err)
{
	uint32_t most = max_rows < 4 * PG_BLOCK ? max_rows : 4 * PG_BLOCK, n = 0;
	dbn_status rc = DBN_OK;

	if (!room_for(cur, most))
		return plug_nomem(cur->conn->host, err);
	while (n < most && cur->at_kept < cur->nkept) {
		const PGresult *r = cur->kept[cur->at_kept];

		if (cur->at >= PQntuples(r)) {
			cur->at_kept++;
			cur->at = 0;
			continue;
		}
		rc = pg_read_row(cur, r, cur->at, cur->cells + (size_t)n * cur->stmt->ncols, err);
		if (rc != DBN_OK)
			break;
		cur->at++;
		n++;
	}
	out->ncols = cur->stmt->ncols;
	out->cells = cur->cells;
	out->nrows = n;
	if (rc == DBN_OK)
		return n ? DBN_OK : DBN_DONE;
	if (n) {
		cut(cur, rc, err ? *err : NULL);
		if (err)
			*err = NULL;
		return DBN_OK;
	}
	cut(cur, rc, NULL);
	return rc;
}

/* What became of it, as long as it is asked. */
static dbn_status
tell_cut(struct dbn_cursor *cur, dbn_error **err)
{
	const dbn_host *h = cur->conn->host;

	if (cur->error) {
		if (err)
			*err = cur->error;
		else
			h->error_free(cur->error);
		cur->error = NULL;
		return cur->why;
	}
	return plug_fail_status(h, err, cur->why,
		"the rows are gone: their transaction has ended, or reading them failed");
}

dbn_status
pg_fetch(struct dbn_cursor *cur, uint32_t max_rows, dbn_rowset *out, dbn_error **err)
{
	if (!max_rows)
		max_rows = 1;
	drop_held(cur);
	if (cur->arena.chunks)
		pg_arena_clear(&cur->arena);
	switch (cur->state) {
	case PG_CUR_LIVE:
		return fetch_live(cur, max_rows, out, err);
	case PG_CUR_KEPT:
		return fetch_kept(cur, max_rows, out, err);
	case PG_CUR_CUT:
		return tell_cut(cur, err);
	default:
		return DBN_DONE;
	}
}

dbn_status
pg_buffer(struct dbn_cursor *cur, uint64_t max_bytes, dbn_error **err)
{
	dbn_status rc;

	if (cur->state == PG_CUR_CUT)
		return tell_cut(cur, err);
	if (cur->state != PG_CUR_LIVE)
		return DBN_OK;
	rc = keep_rest(cur, max_bytes, err);
	if (rc == DBN_OK) {
		cur->state = PG_CUR_KEPT;
		return DBN_OK;
	}
	if (cur->conn->live == cur && !cur->conn->broken)
		drain(cur);
	cut(cur, rc, NULL);
	return rc;
}

void
pg_close_cursor(struct dbn_cursor *cur)
{
	if (cur->state == PG_CUR_IDLE && !cur->owned)
		return;
	if (cur->state == PG_CUR_LIVE && cur->conn->live == cur) {
		if (cur->conn->broken) {
			PQclear(cur->next);
			cur->next = NULL;
			off_the_wire(cur);
		} else {
			drain(cur);
		}
	}
	pg_cursor_clear(cur);
	cur->state = PG_CUR_IDLE;
	if (cur->owned) {
		const dbn_host *h = cur->conn->host;

		*cur->link_owned = cur->next_owned;
		if (cur->next_owned)
			cur->next_owned->link_owned = cur->link_owned;
		pg_cursor_free(cur);
		h->release(h, cur);
	}
}
