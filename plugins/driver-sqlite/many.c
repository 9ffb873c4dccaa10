/* SPDX-License-Identifier: MIT */
/*
 * Many executions in one call, an outcome each.  ATOMIC: all or nothing.  EACH:
 * every item by itself.  FLUSH: every item by itself, but one commit for all of
 * them, so that one sync to the disk pays for many; nothing is reported before
 * that commit.  An item of several rows is one unit in each mode.
 */
#include "driver.h"

static void
set_outcome(dbn_outcome *out, dbn_status st, dbn_error *e, uint32_t sent, uint32_t txn)
{
	out->status = st;
	out->error = e;
	out->sent = sent;
	out->txn = txn;
	out->commit_position = (dbn_text){ NULL, 0 };
}

/* The rows of one item, one after the other. */
static dbn_status
run_rows(struct dbn_conn *c, const dbn_exec_item *item, const dbn_many_opts *o, dbn_outcome *out,
	dbn_error **err)
{
	dbn_exec_opts x = { .call = o->call, .statement_no = o->statement_no };
	dbn_outcome one = { .struct_size = (uint32_t)sizeof one };
	dbn_status st = DBN_OK;

	x.flags = item->flags & DBN_EXEC_KEYS;
	out->affected = 0;
	memset(&out->generated_key, 0, sizeof out->generated_key);
	if (item->stmt->conn != c)
		return plug_fail_status(c->host, err, DBN_E_INVALID,
			"the statement belongs to another connection");
	for (uint64_t r = 0; st == DBN_OK && r < item->nrows; r++) {
		c->own_no = o->statement_no;
		/* the clock costs as much as many a row: not for each of them */
		if (r % 16 == 0 ? sq_must_stop(c) : sq_cancelled(c))
			return sq_fail(c, SQLITE_INTERRUPT, SQ_PHASE_RUN, err);
		st = sq_execute(item->stmt, item->values ? item->values + r * item->nvalues : NULL,
			item->nvalues, &x, &one, NULL, err);
		if (st != DBN_OK)
			break;
		out->affected += one.affected;
		if (one.generated_key.type != DBN_NULL)
			out->generated_key = one.generated_key;
		if (item->keys && x.flags)
			item->keys[r] = plug_key(&one.generated_key);
	}
	return st;
}

/* Run an item so that its rows count together. */
static dbn_status
run_item(struct dbn_conn *c, const dbn_exec_item *item, const dbn_many_opts *o, bool guard,
	dbn_outcome *out, dbn_error **err)
{
	bool save = guard && item->nrows > 1;
	dbn_status st;
	int rc;

	if (save) {
		rc = sq_own_exec(c, "SAVEPOINT dbn_item");
		if (rc != SQLITE_OK)
			return sq_fail(c, rc, SQ_PHASE_RUN, err);
	}
	st = run_rows(c, item, o, out, err);
	if (save && (st == DBN_OK || !sqlite3_get_autocommit(c->db))) {
		rc = st == DBN_OK ? sq_own_exec(c, "RELEASE dbn_item")
			: sq_own_exec(c, "ROLLBACK TO dbn_item; RELEASE dbn_item");
		if (rc != SQLITE_OK && st == DBN_OK)
			st = sq_fail(c, rc, SQ_PHASE_COMMIT, err);
		if (rc != SQLITE_OK && !c->txn && !sqlite3_get_autocommit(c->db))
			(void)sq_own_run(c, SQ_OWN_ROLLBACK, NULL);
	}
	return st;
}

/* What was done is undone: say so in every outcome that said OK. */
static void
undo_outcomes(struct dbn_conn *c, dbn_outcome *outs, size_t n, const char *why)
{
	for (size_t i = 0; i < n; i++) {
		dbn_error *e = NULL;
		dbn_status st;

		outs[i].txn = sq_txn_state(c);
		if (outs[i].status != DBN_OK)
			continue;
		st = plug_fail_status(c->host, &e, DBN_E_TXN_FAILED, "undone: %s", why);
		set_outcome(&outs[i], st, e, DBN_SENT_YES, sq_txn_state(c));
		outs[i].affected = 0;
		memset(&outs[i].generated_key, 0, sizeof outs[i].generated_key);
	}
}

static void
not_run(struct dbn_conn *c, dbn_outcome *outs, size_t from, size_t n, const char *why)
{
	for (size_t i = from; i < n; i++) {
		dbn_error *e = NULL;
		dbn_status st = plug_fail_status(c->host, &e, DBN_E_TXN_FAILED, "not run: %s", why);

		set_outcome(&outs[i], st, e, DBN_SENT_NO, sq_txn_state(c));
		outs[i].affected = 0;
		memset(&outs[i].generated_key, 0, sizeof outs[i].generated_key);
	}
}

/* Take back the whole call. */
static void
undo_all(struct dbn_conn *c, bool own)
{
	if (sqlite3_get_autocommit(c->db))
		return;
	if (own)
		(void)sq_own_run(c, SQ_OWN_ROLLBACK, NULL);
	else
		(void)sq_own_exec(c, "ROLLBACK TO dbn_many; RELEASE dbn_many");
}

/* Run the items inside what was begun; ATOMIC ends at the first failure. */
static size_t
run_items(struct dbn_conn *c, const dbn_exec_item *items, size_t n, const dbn_many_opts *o,
	dbn_outcome *outs, bool *failed)
{
	bool inside = o->how != DBN_MANY_EACH || c->txn;
	size_t i;

	for (i = 0; i < n; i++) {
		dbn_error *e = NULL;
		dbn_status st = run_item(c, &items[i], o, o->how != DBN_MANY_ATOMIC, &outs[i], &e);

		set_outcome(&outs[i], st, e, DBN_SENT_YES, sq_txn_state(c));
		if (st == DBN_OK)
			continue;
		outs[i].affected = 0;
		memset(&outs[i].generated_key, 0, sizeof outs[i].generated_key);
		*failed = true;
		if (o->how == DBN_MANY_ATOMIC || (inside && sqlite3_get_autocommit(c->db)))
			return i + 1;
	}
	return i;
}

dbn_status
sq_execute_many(struct dbn_conn *c, const dbn_exec_item *items, size_t n, const dbn_many_opts *o,
	dbn_outcome *outs, dbn_error **err)
{
	bool own = o->how != DBN_MANY_EACH && !c->txn, failed = false;
	bool save = o->how == DBN_MANY_ATOMIC && c->txn, lost;
	size_t ran;
	int rc = SQLITE_OK;

	sq_enter(c, &o->call);
	if (o->how < DBN_MANY_ATOMIC || o->how > DBN_MANY_FLUSH)
		return plug_fail_status(c->host, err, DBN_E_INVALID, "no such way to run many");
	if (sq_txn_state(c) == DBN_TXN_FAILED)
		return plug_fail_status(c->host, err, DBN_E_TXN_FAILED,
			"the transaction was undone by an error; roll it back");
	c->own_no = o->statement_no;
	if (own)
		rc = sq_own_run(c, SQ_OWN_BEGIN_NOW, NULL);
	else if (save)
		rc = sq_own_exec(c, "SAVEPOINT dbn_many");
	if (rc != SQLITE_OK)
		return sq_fail(c, rc, SQ_PHASE_RUN, err);
	ran = run_items(c, items, n, o, outs, &failed);
	lost = (own || c->txn) && sqlite3_get_autocommit(c->db);
	if (lost || (failed && o->how == DBN_MANY_ATOMIC)) {
		undo_all(c, own);
		undo_outcomes(c, outs, ran, "another of the same call failed");
		not_run(c, outs, ran, n, "another of the same call failed");
		return DBN_OK;
	}
	not_run(c, outs, ran, n, "the call ended before");
	if (own || save) {
		rc = own ? sq_own_run(c, SQ_OWN_COMMIT, NULL) : sq_own_exec(c, "RELEASE dbn_many");
		if (rc != SQLITE_OK) {
			dbn_status st = sq_fail(c, rc, SQ_PHASE_COMMIT, err);

			undo_all(c, own);
			undo_outcomes(c, outs, n, "the commit failed");
			for (size_t i = 0; i < n; i++) {
				c->host->error_free(outs[i].error);
				outs[i].error = NULL;
			}
			return st;
		}
	}
	for (size_t i = 0; i < n; i++)
		outs[i].txn = sq_txn_state(c);
	return DBN_OK;
}
