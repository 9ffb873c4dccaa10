/* SPDX-License-Identifier: MIT */
/*
 * Running a statement.  Rows of a statement that only reads come one by one off
 * the wire (cursor.c), so that a result of any size takes constant memory;
 * statements that write and return rows are taken whole, so that they are complete
 * (and in autocommit committed) before a row is seen.
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

/* The number at the end of a command's tag: "INSERT 0 1", "UPDATE 3". */
uint64_t
pg_affected(const PGresult *r)
{
	/* libpq's signature: it does not write */
	const char *p = PQcmdStatus((PGresult *)(uintptr_t)r);
	uint64_t n = 0;
	bool counts = false;

	if (*p == 'S' || *p == 'F') /* SELECT, FETCH: rows that are given, not changed */
		return 0;
	for (; *p; p++) {
		if (*p == ' ')
			n = 0, counts = true;
		else if (*p >= '0' && *p <= '9')
			n = n * 10 + (uint64_t)(*p - '0');
		else
			counts = false;
	}
	return counts ? n : 0;
}

static dbn_status
may_run(struct dbn_stmt *s, uint32_t txn, dbn_error **err)
{
	struct dbn_conn *c = s->conn;

	if (!s->described)
		return plug_fail_status(c->host, err, DBN_E_INVALID, "the statement is not prepared yet");
	if (txn == DBN_TXN_FAILED)
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
	if (!pg_keep_result(&s->cur, r))
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
	if (s->cur.state == PG_CUR_LIVE)
		rc = plug_fail_status(c->host, err, DBN_E_BUSY, "the statement has an open cursor");
	else
		rc = pg_enter(c, &o->call, err);
	pg_fill_outcome(c, rc, DBN_SENT_NO, out);
	in_txn = out->txn != DBN_TXN_NONE;
	if (rc == DBN_OK)
		rc = may_run(s, out->txn, err);
	if (rc == DBN_OK)
		rc = pg_bind(s, v, nv, err);
	if (rc != DBN_OK) {
		out->status = rc;
		out->txn = pg_txn(c); /* preparing it again may have failed the transaction */
		return rc;
	}
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
