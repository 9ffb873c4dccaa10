/* SPDX-License-Identifier: MIT */
/*
 * Running a statement.  Readers step as rows are fetched and hand out SQLite's
 * own memory; statements that write and return rows run to their end first, so
 * that they are complete (and in autocommit committed) before a row is seen.
 *
 * A select of one row is bind, step, cells, step, reset: no allocation, no lock.
 */
#include "driver.h"

static int
step(struct dbn_stmt *s)
{
	struct dbn_conn *c = s->conn;

	c->current = s;
	return sqlite3_step(s->q);
}

/* The program is at its end, or is made to end. */
static void
finish(struct dbn_stmt *s)
{
	struct dbn_conn *c = s->conn;

	(void)sqlite3_reset(s->q);
	if (s->cur.state == SQ_CUR_FIRST || s->cur.state == SQ_CUR_LIVE)
		c->nopen--;
	s->cur.state = SQ_CUR_IDLE;
	c->current = NULL;
	sq_not_running(c);
}

/* It failed with rc: the message is still in the connection. */
static dbn_status
finish_failed(struct dbn_stmt *s, int rc, dbn_error **err)
{
	bool commits = !s->read_only && !s->conn->txn;
	dbn_status st = sq_fail(s->conn, rc, commits ? SQ_PHASE_COMMIT : SQ_PHASE_RUN, err);

	finish(s);
	return st;
}

static void
fill_outcome(struct dbn_conn *c, dbn_status st, uint32_t sent, dbn_outcome *out)
{
	out->status = st;
	out->error = NULL;
	out->sent = sent;
	out->txn = sq_txn_state(c);
	out->affected = 0;
	memset(&out->generated_key, 0, sizeof out->generated_key);
	out->commit_position = (dbn_text){ NULL, 0 };
}

static dbn_status
look_closer(struct dbn_stmt *s, dbn_error **err)
{
	struct dbn_conn *c = s->conn;
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f };

	if (s->cur.state == SQ_CUR_CUT || s->cur.state == SQ_CUR_KEPT)
		sq_close_cursor(&s->cur);
	if (s->cur.state != SQ_CUR_IDLE)
		return plug_fail_status(c->host, err, DBN_E_BUSY,
			"the statement has an open cursor");
	if (c->txn && sqlite3_get_autocommit(c->db)) {
		memcpy(f.sqlstate, "25P02", 6);
		return plug_fail(c->host, err, &f,
			"the transaction was undone by an error; roll it back");
	}
	if (c->txn_read_only && !s->read_only) {
		memcpy(f.sqlstate, "25006", 6);
		return plug_fail(c->host, err, &f, "the transaction is read-only");
	}
	return DBN_OK;
}

dbn_status
sq_may_run(struct dbn_stmt *s, dbn_error **err)
{
	return s->cur.state == SQ_CUR_IDLE && !s->conn->txn ? DBN_OK : look_closer(s, err);
}

/* Take the rows of a writing statement and run it to its end. */
static int
run_and_keep(struct dbn_stmt *s, dbn_error **err, dbn_status *st)
{
	int rc;

	sq_rows_clear(s->conn->host, &s->cur.rows);
	while ((rc = step(s)) == SQLITE_ROW) {
		*st = sq_read_row(&s->cur, err);
		if (*st == DBN_OK)
			*st = sq_rows_add(&s->cur, err);
		if (*st == DBN_OK)
			continue;
		/* Without this a reset would keep what was written so far. */
		sqlite3_interrupt(s->conn->db);
		(void)step(s);
		return SQLITE_INTERRUPT;
	}
	return rc;
}

#define NO_KEY INT64_MIN

/* Run to the end; rows are kept if they are wanted and it writes. */
static dbn_status
run_whole(struct dbn_stmt *s, const dbn_exec_opts *o, dbn_outcome *out, struct dbn_cursor **cur,
	dbn_error **err)
{
	struct dbn_conn *c = s->conn;
	bool keys = (o->flags & DBN_EXEC_KEYS) && s->dml, keep = (o->flags & DBN_EXEC_ROWS) != 0;
	dbn_status st = DBN_OK;
	int rc;

	if (keys)
		sqlite3_set_last_insert_rowid(c->db, NO_KEY);
	if (keep && s->cur.ncols) {
		rc = run_and_keep(s, err, &st);
	} else {
		do
			rc = step(s);
		while (rc == SQLITE_ROW);
	}
	if (rc != SQLITE_DONE) {
		if (st == DBN_OK)
			return finish_failed(s, rc, err);
		finish(s);
		return st;
	}
	finish(s);
	if (s->dml)
		out->affected = (uint64_t)sqlite3_changes64(c->db);
	if (keys && out->affected && sqlite3_last_insert_rowid(c->db) != NO_KEY) {
		out->generated_key.type = DBN_INT64;
		out->generated_key.u.i64 = sqlite3_last_insert_rowid(c->db);
	}
	if (keep && s->cur.rows.ncells && cur) {
		s->cur.state = SQ_CUR_KEPT;
		*cur = &s->cur;
	}
	return DBN_OK;
}

/* First step of a reader: its row waits for fetch(). */
static dbn_status
run_reader(struct dbn_stmt *s, struct dbn_cursor **cur, dbn_error **err)
{
	int rc = step(s);

	if (rc == SQLITE_ROW) {
		s->cur.state = SQ_CUR_FIRST;
		s->conn->nopen++;
		*cur = &s->cur;
		return DBN_OK;
	}
	if (rc != SQLITE_DONE)
		return finish_failed(s, rc, err);
	finish(s);
	return DBN_OK;
}

/* VACUUM attaches a file of its own: the limit is lifted for it alone. */
static dbn_status
run_vacuum(struct dbn_stmt *s, const dbn_exec_opts *o, dbn_outcome *out, dbn_error **err)
{
	dbn_status st;

	(void)sqlite3_limit(s->conn->db, SQLITE_LIMIT_ATTACHED, 1);
	st = run_whole(s, o, out, NULL, err);
	(void)sqlite3_limit(s->conn->db, SQLITE_LIMIT_ATTACHED, 0);
	return st;
}

dbn_status
sq_execute(struct dbn_stmt *s, const dbn_value *v, size_t nv, const dbn_exec_opts *o,
	dbn_outcome *out, struct dbn_cursor **cur, dbn_error **err)
{
	struct dbn_conn *c = s->conn;
	dbn_status st;

	if (cur)
		*cur = NULL;
	st = sq_may_run(s, err);
	if (st == DBN_OK)
		st = sq_bind(s, v, nv, err);
	if (st != DBN_OK) {
		fill_outcome(c, st, DBN_SENT_NO, out);
		return st;
	}
	s->no = o->statement_no;
	s->deadline_ns = o->call.deadline_ns;
	s->cur.cancelled = false;
	s->cur.bytes_left = o->max_bytes ? o->max_bytes : UINT64_MAX;
	c->deadline_ns = s->deadline_ns;
	c->lock_until_ns = 0;
	c->stop = SQ_STOP_NONE;
	if (c->nopen)
		sq_settle(c);
	sq_running(c, s->no);
	fill_outcome(c, DBN_OK, DBN_SENT_YES, out);
	if (s->read_only && cur && (o->flags & DBN_EXEC_ROWS) && s->cur.ncols && !s->admin)
		st = run_reader(s, cur, err);
	else if (s->touches.flags & SQ_TOUCH_VACUUM)
		st = run_vacuum(s, o, out, err);
	else
		st = run_whole(s, o, out, cur, err);
	out->status = st;
	out->txn = sq_txn_state(c);
	return st;
}

static dbn_status
fetch_kept(struct dbn_cursor *cur, uint32_t max_rows, dbn_rowset *out)
{
	sq_rows *r = &cur->rows;
	size_t left = (r->ncells - r->at) / cur->ncols;

	if (left > max_rows)
		left = max_rows ? max_rows : 1;
	if (!left)
		return DBN_DONE;
	out->ncols = cur->ncols;
	out->cells = r->cells + r->at;
	out->nrows = (uint32_t)left;
	r->at += left * cur->ncols;
	return DBN_OK;
}

/* A step that gave no row. */
static dbn_status
no_row(struct dbn_cursor *cur, int rc, dbn_error **err)
{
	dbn_status st;

	if (rc == SQLITE_DONE) {
		finish(cur->stmt);
		return DBN_DONE;
	}
	st = finish_failed(cur->stmt, rc, err);
	cur->state = SQ_CUR_CUT;
	return st;
}

/* The next row of a running statement into cells. */
static inline dbn_status
next_row(struct dbn_cursor *cur, dbn_error **err)
{
	struct dbn_stmt *s = cur->stmt;
	dbn_status st;
	int rc;

	if (cur->state == SQ_CUR_LIVE) {
		s->conn->deadline_ns = s->deadline_ns;
		s->conn->lock_until_ns = 0;
		rc = step(s);
		if (rc != SQLITE_ROW)
			return no_row(cur, rc, err);
	}
	cur->state = SQ_CUR_LIVE;
	st = sq_read_row(cur, err);
	if (st != DBN_OK) {
		finish(s);
		cur->state = SQ_CUR_CUT; /* never DONE: that would say it was all */
	}
	return st;
}

/* Of a cursor that reads no running statement. */
static dbn_status
fetch_else(struct dbn_cursor *cur, uint32_t max_rows, dbn_rowset *out, dbn_error **err)
{
	if (cur->state == SQ_CUR_KEPT)
		return fetch_kept(cur, max_rows, out);
	if (cur->state == SQ_CUR_CUT && cur->cancelled)
		return sq_fail(cur->stmt->conn, SQLITE_INTERRUPT, SQ_PHASE_RUN, err);
	if (cur->state == SQ_CUR_CUT)
		return plug_fail_status(cur->stmt->conn->host, err, DBN_E_INVALID,
			"the rows are gone: their transaction has ended, or reading them failed");
	return DBN_DONE;
}

dbn_status
sq_fetch(struct dbn_cursor *cur, uint32_t max_rows, dbn_rowset *out, dbn_error **err)
{
	dbn_status st;

	if (cur->state != SQ_CUR_FIRST && cur->state != SQ_CUR_LIVE)
		return fetch_else(cur, max_rows, out, err);
	st = next_row(cur, err);
	if (st == DBN_OK) {
		out->ncols = cur->ncols;
		out->cells = cur->cells;
		out->nrows = 1;
	}
	return st;
}

dbn_status
sq_buffer(struct dbn_cursor *cur, uint64_t max_bytes, dbn_error **err)
{
	struct dbn_stmt *s = cur->stmt;
	dbn_status st = DBN_OK;

	if (cur->state != SQ_CUR_FIRST && cur->state != SQ_CUR_LIVE)
		return DBN_OK;
	sq_rows_clear(s->conn->host, &cur->rows);
	while (st == DBN_OK) {
		st = next_row(cur, err);
		if (st == DBN_OK)
			st = sq_rows_add(cur, err);
		if (st == DBN_OK && max_bytes && cur->rows.bytes > max_bytes)
			st = plug_fail_status(s->conn->host, err, DBN_E_LIMIT,
				"the rest of the rows is larger than what may be buffered");
	}
	if (st != DBN_DONE) {
		if (cur->state == SQ_CUR_LIVE)
			finish(s);
		cur->state = SQ_CUR_CUT;
		return st;
	}
	cur->state = SQ_CUR_KEPT;
	return DBN_OK;
}

void
sq_close_cursor(struct dbn_cursor *cur)
{
	if (cur->state == SQ_CUR_IDLE)
		return;
	if (cur->state == SQ_CUR_FIRST || cur->state == SQ_CUR_LIVE)
		finish(cur->stmt);
	else
		sq_rows_clear(cur->stmt->conn->host, &cur->rows);
	cur->state = SQ_CUR_IDLE;
}

void
sq_cut_cursors(struct dbn_conn *c, bool cancelled)
{
	if (!c->nopen)
		return;
	for (struct dbn_stmt *s = c->stmts; s; s = s->next)
		if (s->cur.state == SQ_CUR_FIRST || s->cur.state == SQ_CUR_LIVE) {
			finish(s);
			s->cur.state = SQ_CUR_CUT;
			s->cur.cancelled = cancelled;
		}
}
