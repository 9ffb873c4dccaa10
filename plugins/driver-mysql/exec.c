/* SPDX-License-Identifier: MIT */
/*
 * Running a statement.  Rows are read in blocks: the first one with the execution,
 * so that a small result leaves the connection free at once; larger ones stay on
 * the wire while the block before is looked at.  A statement that writes and
 * returns rows is read to its end before any row is seen.
 */
#include "driver.h"

#define BLOCK_ROWS 64
#define BLOCK_BYTES 32768
#define DRAIN_ROWS 2000 /* a rest of so many is read; a longer one is killed */

void
my_fill_outcome(struct dbn_conn *c, dbn_status st, uint32_t sent, dbn_outcome *out)
{
	out->status = st;
	out->error = NULL;
	out->sent = sent;
	out->txn = my_txn_state(c);
	out->affected = 0;
	memset(&out->generated_key, 0, sizeof out->generated_key);
	out->commit_position = (dbn_text){ NULL, 0 };
}

void
my_note_status(struct dbn_conn *c)
{
	unsigned status = my_lib_server_status(c->link.db);

	if (c->txn && !c->xa && !(status & SERVER_STATUS_IN_TRANS))
		c->failed = true; /* something ended it */
	if (!(status & SERVER_STATUS_AUTOCOMMIT))
		c->dirty = true;
}

/* ---- the wire is free again ---- */

static void
finish(struct dbn_stmt *s)
{
	struct dbn_conn *c = s->conn;

	if (c->live == s)
		c->live = NULL;
	s->cur.pending = 0;
	if (!c->link.stuck && !c->broken)
		my_note_status(c);
	my_not_running(c);
}

/* Results of a procedure that nobody looks at. */
static bool
drop_results(struct dbn_stmt *s)
{
	struct dbn_conn *c = s->conn;
	int ret = 0;

	while (my_lib_server_status(c->link.db) & SERVER_MORE_RESULTS_EXIST) {
		if (!my_lib_stmt_next_result(&c->link, s->q, &ret) || ret > 0)
			return false;
		if (ret < 0)
			break;
		if (mysql_stmt_field_count(s->q) &&
			(!my_lib_stmt_free_result(&c->link, s->q, &ret) || ret))
			return false;
	}
	return true;
}

/* The rows that are left are not wanted.  A few are read; many are killed first. */
static void
drain(struct dbn_stmt *s)
{
	struct dbn_conn *c = s->conn;
	MYSQL_STMT *q;
	int ret = 0;

	c->link.deadline_ns = c->host->now_ns(c->host) + c->drv->set.stop_wait_ns;
	for (unsigned n = 0; n < DRAIN_ROWS; n++) {
		if (!my_lib_stmt_fetch(&c->link, s->q, true, &s->cur.pending, &ret))
			break;
		if (ret != 0 && ret != MYSQL_DATA_TRUNCATED)
			break;
	}
	if (!c->link.stuck && (ret == 0 || ret == MYSQL_DATA_TRUNCATED)) {
		if (!c->grace_ns && !my_stop_running(c))
			c->broken = true;
		if (!c->broken && !my_lib_stmt_free_result(&c->link, s->q, &ret))
			c->broken = true;
	}
	q = s->q;
	if (c->link.stuck || (ret == 1 && my_is_lost(my_errno(c, &q))))
		c->broken = true;
	finish(s);
}

void
my_cut_live(struct dbn_conn *c)
{
	struct dbn_stmt *s = c->live;

	if (!s)
		return;
	drain(s);
	s->cur.state = MY_CUR_CUT;
	my_rows_clear(c->host, &s->cur.rows);
}

/* ---- rows ---- */

static bool
same_columns(const struct dbn_stmt *s)
{
	const MYSQL_FIELD *fields = my_lib_fields(s->q);

	if (!s->cur.known || mysql_stmt_field_count(s->q) != s->cur.ncols)
		return false;
	for (uint32_t i = 0; i < s->cur.ncols; i++)
		if (!my_column_same(&s->cur.columns[i], &fields[i]))
			return false;
	return true;
}

/* What a column gives may hang on the values that are bound (SELECT ?), which only the
 * execution knows; that of a table does not. */
static bool
may_vary(const struct dbn_stmt *s, const MYSQL_FIELD *f)
{
	return s->nparams && !f->db_length;
}

/* Is it another type?  MariaDB says tinyint(1) of max(flag) when it prepares, and
 * tinyint(4) when it has run it through a table of its own: the same number. */
static bool
is_another(const my_column *was, const my_column *now)
{
	bool numbers = (was->natural == DBN_BOOL || was->natural == DBN_INT64) &&
		(now->natural == DBN_BOOL || now->natural == DBN_INT64);

	return now->want == DBN_NULL && now->natural != was->natural && !numbers;
}

/* They are told for the first time, other values were bound, or the server prepared
 * the statement again for a schema that has changed. */
static dbn_status
take_new_columns(struct dbn_stmt *s, dbn_error **err)
{
	bool was_known = s->cur.known, moved = false;
	dbn_status st;

	for (uint32_t i = 0; was_known && i < s->cur.ncols &&
		i < mysql_stmt_field_count(s->q); i++) {
		const MYSQL_FIELD *f = &my_lib_fields(s->q)[i];
		my_column now = s->cur.columns[i];

		my_column_init(s->conn, f, &now);
		moved = moved || (is_another(&s->cur.columns[i], &now) && !may_vary(s, f));
	}
	st = my_learn_columns(s, err);
	s->cur.bound = false;
	if (st != DBN_OK || !moved || !s->read_only)
		return st;
	return plug_fail_status(s->conn->host, err, DBN_E_SCHEMA,
		"the columns have changed since the statement was prepared");
}

/* Of a write in autocommit the end of its reply is its commit's. */
static uint32_t
phase_of(const struct dbn_stmt *s)
{
	return !s->read_only && !s->conn->txn ? MY_PHASE_AUTO : MY_PHASE_RUN;
}

/*
 * Rows into the block behind those that are there: n of them, but with `all`
 * false only the first is waited for.  DBN_DONE: that was the last.
 */
static dbn_status
fill(struct dbn_cursor *cur, size_t n, bool all, dbn_error **err)
{
	struct dbn_stmt *s = cur->stmt;
	struct dbn_conn *c = s->conn;

	for (size_t i = 0; i < n; i++) {
		int ret = 0;
		dbn_status st;

		if (!my_lib_stmt_fetch(&c->link, s->q, all || !i, &cur->pending, &ret) || ret == 1) {
			st = my_fail(c, s->q, phase_of(s), err);
			finish(s);
			cur->state = MY_CUR_CUT;
			return st;
		}
		if (ret == MY_FETCH_LATER)
			return DBN_OK;
		if (ret == MYSQL_NO_DATA) {
			if (!drop_results(s))
				c->broken = true;
			finish(s);
			cur->state = MY_CUR_KEPT;
			return DBN_DONE;
		}
		st = my_read_row(cur, err);
		if (st != DBN_OK) {
			drain(s);
			cur->state = MY_CUR_CUT; /* never DONE: that would say it was all */
			return st;
		}
		if (!all && cur->rows.bytes > BLOCK_BYTES)
			return DBN_OK;
	}
	return DBN_OK;
}

/* An error behind rows that can be given out waits for its turn. */
static dbn_status
fill_block(struct dbn_cursor *cur, uint32_t hint, dbn_error **err)
{
	const dbn_host *h = cur->stmt->conn->host;
	size_t n = hint > 1 && hint < BLOCK_ROWS ? hint : BLOCK_ROWS;
	dbn_error *e = NULL;
	dbn_status st;

	my_rows_clear(h, &cur->rows);
	st = fill(cur, n, false, &e);
	if (st >= 0)
		return DBN_OK;
	if (cur->rows.ncells) {
		cur->late = e;
		cur->late_status = st;
		return DBN_OK;
	}
	if (err)
		*err = e;
	else
		h->error_free(e);
	return st;
}

static dbn_status
start_rows(struct dbn_stmt *s, dbn_error **err)
{
	struct dbn_conn *c = s->conn;
	dbn_status st = DBN_OK;

	if (!same_columns(s))
		st = take_new_columns(s, err);
	if (st == DBN_OK && !s->cur.bound)
		st = my_bind_result(&s->cur, err);
	s->cur.bound = st == DBN_OK;
	c->live = s;
	s->cur.state = MY_CUR_LIVE;
	s->cur.pending = 0;
	if (st != DBN_OK) {
		drain(s);
		s->cur.state = MY_CUR_IDLE;
	}
	return st;
}

/* ---- execute ---- */

dbn_status
my_may_run(struct dbn_stmt *s, dbn_error **err)
{
	struct dbn_conn *c = s->conn;

	if (c->broken)
		return plug_fail_hint(c->host, err, DBN_E_CONN, PLUG_HINT_LOST,
			"the connection was lost before");
	if (s->cur.state == MY_CUR_CUT || s->cur.state == MY_CUR_KEPT)
		my_close_cursor(&s->cur);
	if (c->live)
		return plug_fail_hint(c->host, err, DBN_E_BUSY,
			"Fetch its rows to their end, buffer them or close them first.", "%s",
			c->live == s ? "the statement has an open cursor"
				: "rows of another statement are still on their way");
	if (my_txn_state(c) == DBN_TXN_FAILED)
		return my_fail_state(c, "25P02", "the transaction was undone by an error; roll it back",
			err);
	if (c->txn_read_only && !s->read_only && !s->admin)
		return my_fail_state(c, "25006", "the transaction is read-only", err);
	if (s->admin && c->txn && s->word == MY_WORD_OTHER)
		return my_fail_state(c, "25001",
			"the statement would commit the transaction that is active", err);
	return DBN_OK;
}

/* Text that the server does not prepare; its rows, if any, are dropped. */
static dbn_status
run_text(struct dbn_stmt *s, dbn_outcome *out, dbn_error **err)
{
	struct dbn_conn *c = s->conn;
	dbn_status st;
	int ret = 0;

	if (my_link_query(&c->link, s->sql, s->sql_len) != 0)
		return my_fail(c, NULL, MY_PHASE_AUTO, err);
	for (;;) {
		MYSQL_RES *r = NULL;

		if (!my_lib_store(&c->link, &r) || (!r && mysql_errno(c->link.db)))
			return my_fail(c, NULL, MY_PHASE_AUTO, err);
		if (!r)
			out->affected += mysql_affected_rows(c->link.db);
		mysql_free_result(r);
		if (!mysql_more_results(c->link.db))
			break;
		if (!my_lib_next_result(&c->link, &ret) || ret > 0) {
			st = my_fail(c, NULL, MY_PHASE_AUTO, err);
			return st;
		}
	}
	my_note_status(c);
	return DBN_OK;
}

static void
take_key(struct dbn_stmt *s, dbn_outcome *out)
{
	unsigned long long id = mysql_stmt_insert_id(s->q);

	/* Of several rows the server tells the first only: no key rather than a wrong one. */
	if (!id || out->affected != 1)
		return;
	out->generated_key.type = id > INT64_MAX ? DBN_UINT64 : DBN_INT64;
	out->generated_key.u.u64 = id;
}

/* Rows of a statement that writes: all of them, before anybody sees one. */
static dbn_status
run_returning(struct dbn_stmt *s, bool keep, dbn_outcome *out, dbn_error **err)
{
	dbn_status st = start_rows(s, err);

	if (st != DBN_OK)
		return st;
	my_rows_clear(s->conn->host, &s->cur.rows);
	st = fill(&s->cur, SIZE_MAX, true, err);
	if (st < 0)
		return st;
	out->affected = s->cur.rows.ncells / s->cur.ncols;
	if (!keep || !out->affected) {
		my_rows_clear(s->conn->host, &s->cur.rows);
		s->cur.state = MY_CUR_IDLE;
	}
	return DBN_OK;
}

static dbn_status
run_rows(struct dbn_stmt *s, const dbn_exec_opts *o, dbn_outcome *out, struct dbn_cursor **cur,
	dbn_error **err)
{
	bool keep = cur && (o->flags & DBN_EXEC_ROWS);
	dbn_status st;

	if (!s->read_only && s->word == MY_WORD_WRITE) {
		st = run_returning(s, keep, out, err);
		if (st == DBN_OK && (o->flags & DBN_EXEC_KEYS))
			take_key(s, out);
	} else {
		st = start_rows(s, err);
		if (st == DBN_OK && keep)
			st = fill_block(&s->cur, o->max_rows + 1, err); /* and the end */
		else if (st == DBN_OK)
			drain(s);
		if (st != DBN_OK || !keep || (s->cur.state == MY_CUR_KEPT && !s->cur.rows.ncells))
			s->cur.state = MY_CUR_IDLE;
	}
	if (st == DBN_OK && keep && s->cur.state != MY_CUR_IDLE)
		*cur = &s->cur;
	return st;
}

/* Did what has failed reach the server? */
static uint32_t
sent_of(const struct dbn_conn *c, MYSQL_STMT *q)
{
	unsigned code = my_errno(c, &q);

	if (c->link.stuck)
		return DBN_SENT_MAYBE;
	if (code == CR_SERVER_GONE_ERROR || code == CR_NET_PACKET_TOO_LARGE)
		return DBN_SENT_NO;
	return my_is_lost(code) ? DBN_SENT_MAYBE : DBN_SENT_YES;
}

static dbn_status
run(struct dbn_stmt *s, const dbn_exec_opts *o, dbn_outcome *out, struct dbn_cursor **cur,
	dbn_error **err)
{
	struct dbn_conn *c = s->conn;
	dbn_status st = my_bind_send(s, err);
	int ret = 1;

	if (st != DBN_OK) {
		out->sent = DBN_SENT_NO; /* without the execution, pieces are nothing */
		my_not_running(c);
		return st;
	}
	if (!my_lib_stmt_execute(&c->link, s->q, &ret) || ret) {
		out->sent = sent_of(c, s->q);
		st = my_fail(c, s->q, phase_of(s), err);
		my_not_running(c);
		return st;
	}
	if (mysql_stmt_field_count(s->q))
		return run_rows(s, o, out, cur, err);
	out->affected = s->word == MY_WORD_WRITE ? mysql_stmt_affected_rows(s->q) : 0;
	if ((o->flags & DBN_EXEC_KEYS) && s->word == MY_WORD_WRITE)
		take_key(s, out);
	if (!drop_results(s))
		c->broken = true;
	finish(s);
	return DBN_OK;
}

/*
 * A value that the column may round: in a transaction of its own, so that it can
 * be taken back when the server says that it did.
 */
static dbn_status
run_guarded(struct dbn_stmt *s, const dbn_exec_opts *o, dbn_outcome *out, struct dbn_cursor **cur,
	dbn_error **err)
{
	struct dbn_conn *c = s->conn;
	dbn_status st = my_own(c, "START TRANSACTION", err);

	if (st != DBN_OK) {
		out->sent = DBN_SENT_NO;
		return st;
	}
	c->txn = true;
	st = run(s, o, out, cur, err);
	if (st == DBN_OK)
		st = my_check_warnings(c, my_lib_warnings(s->q), err);
	if (st == DBN_OK && my_link_query(&c->link, "COMMIT", 6) != 0)
		st = my_fail(c, NULL, MY_PHASE_COMMIT, err);
	c->txn = c->failed = false;
	if (st == DBN_OK || c->broken)
		return st;
	out->affected = 0;
	memset(&out->generated_key, 0, sizeof out->generated_key);
	my_close_cursor(&s->cur);
	if (cur)
		*cur = NULL;
	if (my_link_query(&c->link, "ROLLBACK", 8) != 0)
		c->broken = true;
	return st;
}

static dbn_status
run_one(struct dbn_stmt *s, const dbn_exec_opts *o, bool lossy, dbn_outcome *out,
	struct dbn_cursor **cur, dbn_error **err)
{
	struct dbn_conn *c = s->conn;
	unsigned warnings;
	dbn_status st;

	if (!s->q) {
		st = run_text(s, out, err);
		my_not_running(c);
		return st;
	}
	if (lossy && s->word == MY_WORD_WRITE && !c->txn)
		return run_guarded(s, o, out, cur, err);
	st = run(s, o, out, cur, err);
	if (st != DBN_OK || s->read_only || s->admin)
		return st;
	warnings = my_lib_warnings(s->q);
	if (!warnings)
		return DBN_OK;
	if (!c->txn) {
		plug_log(c->host, 1, "the server had %u warnings for a statement that wrote", warnings);
		return DBN_OK;
	}
	st = my_check_warnings(c, warnings, err);
	if (st == DBN_E_VALUE)
		c->failed = true; /* it is done and cannot be undone alone */
	return st;
}

dbn_status
my_execute(struct dbn_stmt *s, const dbn_value *v, size_t nv, const dbn_exec_opts *o,
	dbn_outcome *out, struct dbn_cursor **cur, dbn_error **err)
{
	struct dbn_conn *c = s->conn;
	bool lossy = false;
	dbn_status st;

	if (cur)
		*cur = NULL;
	st = my_may_run(s, err);
	c->link.deadline_ns = s->deadline_ns = o->call.deadline_ns;
	c->own_run = true;
	if (st == DBN_OK)
		st = my_stmt_ready(s, err);
	if (st == DBN_OK)
		st = my_bind(s, v, nv, &lossy, err);
	if (st != DBN_OK) {
		my_fill_outcome(c, st, DBN_SENT_NO, out);
		return st;
	}
	s->no = o->statement_no;
	s->cur.bytes_left = o->max_bytes ? o->max_bytes : UINT64_MAX;
	if (s->admin)
		c->dirty = true;
	my_fill_outcome(c, DBN_OK, DBN_SENT_YES, out);
	my_running(c, s->no);
	st = run_one(s, o, lossy, out, cur, err);
	out->status = st;
	out->txn = my_txn_state(c);
	if (c->broken && st == DBN_OK && !(cur && *cur))
		return DBN_OK;
	return st;
}

/* ---- the cursor ---- */

dbn_status
my_fetch(struct dbn_cursor *cur, uint32_t max_rows, dbn_rowset *out, dbn_error **err)
{
	my_rows *r = &cur->rows;
	struct dbn_conn *c = cur->stmt->conn;
	size_t left;
	dbn_status st;

	if (cur->state == MY_CUR_LIVE && r->at == r->ncells && !cur->late) {
		c->link.deadline_ns = cur->stmt->deadline_ns;
		st = fill_block(cur, max_rows, err);
		if (st != DBN_OK)
			return st;
	}
	left = (r->ncells - r->at) / cur->ncols;
	if (left) {
		if (left > max_rows)
			left = max_rows ? max_rows : 1;
		out->ncols = cur->ncols;
		out->cells = r->cells + r->at;
		out->nrows = (uint32_t)left;
		r->at += left * cur->ncols;
		return DBN_OK;
	}
	if (cur->late) {
		if (err) {
			*err = cur->late;
		} else {
			c->host->error_free(cur->late);
		}
		cur->late = NULL;
		return cur->late_status;
	}
	if (cur->state == MY_CUR_CUT)
		return plug_fail_status(c->host, err, DBN_E_INVALID,
			"the rows are gone: their transaction has ended, or reading them failed");
	return DBN_DONE;
}

dbn_status
my_buffer(struct dbn_cursor *cur, uint64_t max_bytes, dbn_error **err)
{
	struct dbn_stmt *s = cur->stmt;
	dbn_status st = DBN_OK;

	if (cur->state != MY_CUR_LIVE)
		return DBN_OK;
	s->conn->link.deadline_ns = s->deadline_ns;
	while (st == DBN_OK) {
		st = fill(cur, 16, true, err);
		if (st == DBN_OK && max_bytes && cur->rows.bytes > max_bytes) {
			st = plug_fail_status(s->conn->host, err, DBN_E_LIMIT,
				"the rest of the rows is larger than what may be buffered");
			drain(s);
			cur->state = MY_CUR_CUT;
		}
	}
	if (st != DBN_DONE)
		my_rows_clear(s->conn->host, &cur->rows);
	return st == DBN_DONE ? DBN_OK : st;
}

void
my_close_cursor(struct dbn_cursor *cur)
{
	struct dbn_conn *c = cur->stmt->conn;

	if (cur->state == MY_CUR_IDLE)
		return;
	if (cur->state == MY_CUR_LIVE && c->live == cur->stmt && c->link.db)
		drain(cur->stmt);
	c->host->error_free(cur->late);
	cur->late = NULL;
	my_rows_clear(c->host, &cur->rows);
	cur->state = MY_CUR_IDLE;
}
