/* SPDX-License-Identifier: MIT */
/*
 * Many executions in one call, an outcome each, by pipeline.  ATOMIC: one group,
 * all or nothing.  EACH: a group for every item.  FLUSH: every item by itself but
 * one commit: tried as one group first; if one of them fails, again with a
 * savepoint around each.  An item of several rows is one unit in each mode.
 *
 * Within a transaction a failing item would take the transaction with it, so
 * there EACH and FLUSH set savepoints; ATOMIC leaves the transaction failed.
 */
#include "driver.h"

#define WINDOW 256                  /* items sent before their replies are looked at */

typedef struct many {
	struct dbn_conn *c;
	const dbn_exec_item *items;
	dbn_outcome *outs;
	size_t n;
	bool in_txn;
} many;

static dbn_status
send_item(many *m, size_t i, dbn_error **err)
{
	const dbn_exec_item *item = &m->items[i];
	struct dbn_stmt *s = item->stmt;

	if (s->conn == m->c && s->arrays && s->arrays->on_server && pg_arrays_ready(s, item->nrows))
		return pg_arrays_submit(m->c, item, err);
	return pg_submit(m->c, item, 0, err);
}

static void
set_outcome(many *m, size_t i, dbn_status st, dbn_error *e, uint32_t sent)
{
	dbn_outcome *out = &m->outs[i];

	pg_fill_outcome(m->c, st, sent, out);
	out->error = e;
}

static void
not_run(many *m, size_t i, const char *what)
{
	dbn_error *e = NULL;
	dbn_status st = plug_fail_status(m->c->host, &e, DBN_E_TXN_FAILED, "%s: another of the same "
		"call failed", what);

	set_outcome(m, i, st, e, *what == 'n' ? DBN_SENT_NO : DBN_SENT_YES);
}

static void
free_outcome(many *m, size_t i)
{
	m->c->host->error_free(m->outs[i].error);
	m->outs[i].error = NULL;
}

/* The next outcome that belongs to an item. */
static dbn_status
take_item(many *m, size_t i)
{
	struct dbn_cursor *cur = NULL;
	uint64_t tag;
	dbn_status rc = pg_take(m->c, &tag, &m->outs[i], &cur, NULL);

	if (cur)
		pg_close_cursor(cur);
	return rc;
}

/*
 * Send items from..to in one group each, or all in one; *sent: how many left,
 * and the item that did not fit has its outcome already.
 */
static dbn_status
send_items(many *m, size_t from, size_t to, bool each, bool savepoints, size_t *sent,
	dbn_error **err)
{
	dbn_io_want want = { .struct_size = (uint32_t)sizeof want };
	dbn_status rc = DBN_OK;

	for (*sent = from; rc == DBN_OK && *sent < to; ++*sent) {
		dbn_error *why = NULL;

		if (savepoints)
			rc = pg_submit_own(m->c, "SAVEPOINT dbn_item", err);
		if (rc == DBN_OK && (rc = send_item(m, *sent, &why)) != DBN_OK) {
			if (m->c->broken || !savepoints) {
				set_outcome(m, *sent, rc, why, DBN_SENT_NO);
				break;
			}
			/* The savepoint stands; release it with the group. */
			set_outcome(m, *sent, rc, why, DBN_SENT_NO);
			rc = pg_submit_own(m->c, "RELEASE SAVEPOINT dbn_item", err);
			if (rc == DBN_OK)
				rc = pg_sync(m->c, 0, err);
			if (rc == DBN_OK)
				rc = DBN_DONE; /* look at what was sent first */
			break;
		}
		if (rc == DBN_OK && savepoints)
			rc = pg_submit_own(m->c, "RELEASE SAVEPOINT dbn_item", err);
		if (rc == DBN_OK && each)
			rc = pg_sync(m->c, 0, err);
		if (rc != DBN_OK) /* it is half on its way */
			m->c->broken = true;
		if (rc == DBN_OK && *sent % 64 == 63 && pg_advance(m->c, &want, err) < 0 && m->c->broken)
			rc = DBN_E_CONN;
	}
	return rc;
}

/* The connection is lost within a transaction, or before the end of a group was
 * sent: what was not answered has not happened. */
static void
undone_by_loss(many *m)
{
	for (size_t i = 0; i < m->n; i++) {
		dbn_error *e = NULL;
		dbn_status st;

		if (m->outs[i].status != DBN_E_UNKNOWN_OUTCOME)
			continue;
		free_outcome(m, i);
		m->c->phase = PG_PHASE_RUN;
		st = pg_lost(m->c, &e);
		set_outcome(m, i, st, e, DBN_SENT_MAYBE);
	}
}

/* One group; *failed: somebody did. */
static dbn_status
one_group(many *m, bool *failed, dbn_error **err)
{
	size_t sent = 0, i;
	dbn_status rc = send_items(m, 0, m->n, false, false, &sent, NULL), unsent = rc;
	bool synced;

	*failed = rc != DBN_OK;
	/* One does not fit: what was sent before it must not stay. */
	if (unsent != DBN_OK && sent && pg_submit_own(m->c, "DEALLOCATE dbn_0", NULL) != DBN_OK)
		m->c->broken = true;
	synced = !m->c->broken && pg_sync(m->c, 0, NULL) == DBN_OK;
	if (synced) {
		rc = pg_drive(m->c, err);
	} else {
		pg_lose_all(m->c);
		rc = pg_lost(m->c, err);
	}
	for (i = 0; i < sent && take_item(m, i) == DBN_OK; i++)
		*failed = *failed || m->outs[i].status != DBN_OK;
	if (!synced) /* without it the server has undone them */
		undone_by_loss(m);
	for (i = sent + (unsent != DBN_OK); i < m->n; i++)
		not_run(m, i, "not run");
	return rc;
}

/* A group of its own for each. */
static dbn_status
each_alone(many *m, dbn_error **err)
{
	size_t from = 0;
	dbn_status rc = DBN_OK;

	while (rc == DBN_OK && from < m->n) {
		size_t to = m->n - from > WINDOW ? from + WINDOW : m->n, sent = from;
		dbn_status left = send_items(m, from, to, true, false, &sent, NULL);

		rc = m->c->broken ? pg_lost(m->c, err) : pg_drive(m->c, err);
		if (rc != DBN_OK)
			pg_lose_all(m->c);
		for (size_t i = from; i < sent; i++)
			(void)take_item(m, i);
		from = sent + (left != DBN_OK);
	}
	for (; from < m->n; from++)
		not_run(m, from, "not run");
	return rc;
}

/* Within a transaction: a savepoint around each, back to it where one fails. */
static dbn_status
each_saved(many *m, dbn_error **err)
{
	size_t from = 0;
	dbn_status rc = DBN_OK;

	while (rc == DBN_OK && from < m->n) {
		size_t to = m->n - from > WINDOW ? from + WINDOW : m->n, sent = from, bad = to;
		dbn_status left = send_items(m, from, to, true, true, &sent, NULL);

		if (left != DBN_OK && left != DBN_DONE)
			m->c->broken = true;
		rc = m->c->broken ? pg_lost(m->c, err) : pg_drive(m->c, err);
		if (rc != DBN_OK)
			pg_lose_all(m->c);
		for (size_t i = from; i < sent; i++) {
			(void)take_item(m, i);
			if (m->outs[i].status != DBN_OK && bad == to)
				bad = i;
			else if (i > bad)
				free_outcome(m, i);
		}
		if (rc == DBN_OK)
			rc = pg_leave_pipeline(m->c, err);
		if (rc == DBN_OK && pg_txn(m->c) == DBN_TXN_FAILED) {
			rc = pg_command(m->c, "ROLLBACK TO SAVEPOINT dbn_item", NULL, err);
			if (rc == DBN_OK)
				rc = pg_command(m->c, "RELEASE SAVEPOINT dbn_item", NULL, err);
		}
		if (bad < sent) {
			if (left == DBN_DONE)
				free_outcome(m, sent); /* it will be looked at again */
			from = bad + 1;
		} else {
			from = sent + (left == DBN_DONE);
		}
	}
	for (; from < m->n; from++)
		not_run(m, from, "not run");
	return rc;
}

/* All of them in a transaction of our own, savepoints around each. */
static dbn_status
flush_saved(many *m, dbn_error **err)
{
	dbn_status rc = pg_leave_pipeline(m->c, err), st;

	if (rc == DBN_OK)
		rc = pg_command(m->c, "BEGIN", NULL, err);
	if (rc != DBN_OK)
		return rc;
	rc = each_saved(m, err);
	if (rc == DBN_OK) {
		m->c->phase = PG_PHASE_COMMIT;
		rc = pg_command(m->c, "COMMIT", NULL, err);
	}
	if (rc == DBN_OK)
		return rc;
	if (!m->c->broken && pg_txn(m->c) != DBN_TXN_NONE) {
		st = pg_command(m->c, "ROLLBACK", NULL, NULL);
		m->c->broken = m->c->broken || st != DBN_OK;
	}
	for (size_t i = 0; i < m->n; i++) {
		free_outcome(m, i);
		m->outs[i].status = rc;
		m->outs[i].affected = 0;
		m->outs[i].sent = m->c->broken ? DBN_SENT_MAYBE : DBN_SENT_YES;
	}
	return rc;
}

/* One item of many rows that is the same as COPY, and where that is faster. */
#define COPY_ROWS 512

static bool
by_copy(const many *m, uint32_t how)
{
	return m->n == 1 && m->items->nrows >= COPY_ROWS && (how == DBN_MANY_ATOMIC || !m->in_txn) &&
		m->items->stmt->described && m->items->nvalues == m->items->stmt->nparams &&
		pg_copy_ready(m->items->stmt);
}

/* A load of its own whose end was not sent has not been done, whatever else was. */
static dbn_status
copy_item(many *m)
{
	dbn_error *e = NULL;
	uint64_t affected = 0;
	bool sent = false;
	dbn_status st = pg_copy_rows(m->items, &affected, &sent, &e);
	bool undone = m->c->broken && !m->in_txn && m->c->phase != PG_PHASE_COMMIT;

	set_outcome(m, 0, st, e, !sent || undone ? DBN_SENT_NO : m->c->broken ? DBN_SENT_MAYBE
		: DBN_SENT_YES);
	m->outs->affected = affected;
	return DBN_OK;
}

static dbn_status
run(many *m, uint32_t how, dbn_error **err)
{
	bool failed = false;
	dbn_status rc;

	if (by_copy(m, how))
		return copy_item(m);

	if (how == DBN_MANY_EACH && !m->in_txn)
		return each_alone(m, err);
	if (how != DBN_MANY_ATOMIC && m->in_txn)
		return each_saved(m, err);
	rc = one_group(m, &failed, err);
	if (rc != DBN_OK || !failed)
		return rc;
	if (how == DBN_MANY_FLUSH) {
		for (size_t i = 0; i < m->n; i++)
			free_outcome(m, i);
		return flush_saved(m, err);
	}
	for (size_t i = 0; i < m->n; i++) /* all or nothing */
		if (m->outs[i].status == DBN_OK)
			not_run(m, i, "undone");
	return DBN_OK;
}

/* What sending them as arrays takes, before the pipeline is entered. */
static void
make_arrays(const dbn_exec_item *items, size_t n)
{
	const struct dbn_stmt *last = NULL;

	for (size_t i = 0; i < n; i++)
		if (items[i].stmt != last) {
			last = items[i].stmt;
			(void)pg_arrays_ready(items[i].stmt, items[i].nrows);
		}
}

static dbn_status
check(struct dbn_conn *c, const dbn_exec_item *items, size_t n, dbn_error **err)
{
	for (size_t i = 0; i < n; i++) {
		dbn_status rc = DBN_OK;

		if (items[i].stmt->conn != c)
			return plug_fail_status(c->host, err, DBN_E_INVALID,
				"the statement belongs to another connection");
		if (items[i].stmt->described && !items[i].stmt->on_server)
			rc = pg_stmt_prepare_again(items[i].stmt, err);
		if (rc != DBN_OK)
			return rc;
	}
	return DBN_OK;
}

dbn_status
pg_execute_many(struct dbn_conn *c, const dbn_exec_item *items, size_t n,
	const dbn_many_opts *o, dbn_outcome *outs, dbn_error **err)
{
	many m = { c, items, outs, n, false };
	dbn_status rc = pg_enter(c, &o->call, err), left;

	if (rc != DBN_OK)
		return rc;
	if (o->how < DBN_MANY_ATOMIC || o->how > DBN_MANY_FLUSH)
		return plug_fail_status(c->host, err, DBN_E_INVALID, "no such way to run many");
	if (pg_txn(c) == DBN_TXN_FAILED)
		return pg_fail_state(c->host, err, "25P02", "Roll it back, or back to a savepoint.",
			"the transaction has failed");
	m.in_txn = pg_txn(c) != DBN_TXN_NONE;
	rc = check(c, items, n, err);
	if (rc != DBN_OK)
		return rc;
	if (!by_copy(&m, o->how))
		make_arrays(items, n);
	for (size_t i = 0; i < n; i++)
		pg_fill_outcome(c, DBN_E_NOMEM, DBN_SENT_NO, &outs[i]);
	pg_run_begin(c, o->statement_no);
	pg_run_sent(c);
	rc = run(&m, o->how, err);
	pg_run_end(c);
	if (c->broken && m.in_txn)
		undone_by_loss(&m);
	if (!c->broken) {
		left = pg_leave_pipeline(c, rc == DBN_OK ? err : NULL);
		rc = rc == DBN_OK ? left : rc;
	}
	for (size_t i = 0; i < n; i++)
		outs[i].txn = pg_txn(c);
	return rc;
}
