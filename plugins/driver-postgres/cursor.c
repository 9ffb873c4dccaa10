/* SPDX-License-Identifier: MIT */
/*
 * Rows of a statement that has run: off the wire one by one, or kept.  One cursor
 * at most is on the wire.  Whatever else is done with the connection first takes
 * its rows off, into memory, up to the setting buffer.
 */
#include "driver.h"

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

bool
pg_keep_result(struct dbn_cursor *cur, PGresult *given)
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
		if (!pg_keep_result(cur, r))
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
	const pg_column *cols = cur->stmt->cols;
	uint32_t n = cur->stmt->ncols;
	size_t bytes = 0;
	char *to;

	for (uint32_t i = 0; i < n; i++) {
		if (!cols[i].points)
			continue;
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
		if (cols[i].points && points_into(&row[i])) {
			if (row[i].len)
				memcpy(to, row[i].u.ptr, (size_t)row[i].len);
			to[row[i].len] = '\0'; /* texts are read as C strings, too */
			row[i].u.ptr = to;
			to += row[i].len + 1;
		}
	PQclear(r);
	return true;
}

/*
 * The first n rows of the cells are handed out.  rc tells why there are no more of
 * them: DBN_DONE for the end, or an error, which is told at once where there are
 * none, and by the next fetch otherwise: what came before it is good.
 */
static dbn_status
hand_out(struct dbn_cursor *cur, uint32_t n, dbn_status rc, dbn_rowset *out, dbn_error **err)
{
	bool later = n != 0 && err;

	out->ncols = cur->stmt->ncols;
	out->cells = cur->cells;
	out->nrows = n;
	if (rc != DBN_OK && rc != DBN_DONE) {
		cut(cur, rc, later ? *err : NULL);
		if (later)
			*err = NULL;
	}
	return n ? DBN_OK : rc;
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
	if (rc == DBN_DONE)
		cur->state = PG_CUR_DONE;
	else if (rc != DBN_OK && cur->conn->live == cur)
		drain(cur);
	return hand_out(cur, n, rc, out, err);
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
	return hand_out(cur, n, rc == DBN_OK ? DBN_DONE : rc, out, err);
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
