/* SPDX-License-Identifier: MIT */
/*
 * Many executions in one call, an outcome each.  ATOMIC: all or nothing.  EACH:
 * every item by itself.  FLUSH: every item by itself, but one commit for all of
 * them, so that one sync to the disk pays for many; nothing is reported before
 * that commit.  An item of several rows is one unit in each mode, and travels as
 * arrays where that is possible.
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
	if (st == DBN_OK)
		return;
	out->affected = 0;
	memset(&out->generated_key, 0, sizeof out->generated_key);
}

static bool
was_cancelled(struct dbn_conn *c, const dbn_many_opts *o)
{
	return o->statement_no && atomic_load(&c->cancel_no) == o->statement_no;
}

/* One row by itself; running stays set for the whole call. */
static dbn_status
run_row(const dbn_exec_item *item, const dbn_value *v, const dbn_many_opts *o, dbn_outcome *one,
	dbn_error **err)
{
	dbn_exec_opts x = { .call = o->call, .statement_no = o->statement_no };

	x.flags = item->flags & DBN_EXEC_KEYS;
	return my_execute(item->stmt, v, item->nvalues, &x, one, NULL, err);
}

/* Arrays as long as they do, then one by one. */
static dbn_status
run_rows(struct dbn_conn *c, const dbn_exec_item *item, const dbn_many_opts *o, dbn_outcome *out,
	dbn_error **err)
{
	struct dbn_stmt *s = item->stmt;
	dbn_outcome one = { .struct_size = (uint32_t)sizeof one };
	my_array_how how = { .keyed = (item->flags & DBN_EXEC_KEYS) != 0 };
	bool arrays = s->arrays && item->nrows > 1, lossy = false;
	dbn_status st = DBN_OK;

	if (arrays && how.keyed)
		st = my_keyed_ready(s, &arrays, err);

	for (uint64_t r = 0; st == DBN_OK && r < item->nrows;) {
		const dbn_value *v = item->values ? item->values + r * item->nvalues : NULL;
		uint64_t done = 0;

		if (was_cancelled(c, o))
			return my_fail_state(c, "57014", "the statement was cancelled", err);
		if (arrays && item->nrows - r > 1) {
			how.keys = how.keyed && item->keys ? item->keys + r : NULL;
			my_running(c, o->statement_no);
			st = my_array_run(s, v, item->nrows - r, r, &how, &lossy, &done, out, err);
			if (st == DBN_OK && done && lossy)
				st = my_check_warnings(c, my_lib_warnings(how.keyed ? s->keyed : s->q), err);
			my_not_running(c);
		}
		r += done;
		if (done || st != DBN_OK)
			continue;
		arrays = arrays && s->arrays && (!how.keyed || s->keyed);
		st = run_row(item, v, o, &one, err);
		if (st != DBN_OK)
			break;
		out->affected += one.affected;
		if (one.generated_key.type != DBN_NULL)
			out->generated_key = one.generated_key;
		if (item->keys && (item->flags & DBN_EXEC_KEYS))
			item->keys[r] = plug_key(&one.generated_key);
		r++;
	}
	return st;
}

/* Run an item so that its rows count together. */
static dbn_status
run_item(struct dbn_conn *c, const dbn_exec_item *item, const dbn_many_opts *o, bool guard,
	dbn_outcome *out, dbn_error **err)
{
	struct dbn_stmt *s = item->stmt;
	bool own = guard && item->nrows > 1 && !c->txn, save = guard && item->nrows > 1 && c->txn;
	dbn_status st = DBN_OK;

	out->affected = 0;
	memset(&out->generated_key, 0, sizeof out->generated_key);
	if (s->conn != c)
		return plug_fail_status(c->host, err, DBN_E_INVALID,
			"the statement belongs to another connection");
	if (item->nvalues != s->nparams)
		return plug_fail_status(c->host, err, DBN_E_INVALID, "%u values for %u parameters",
			item->nvalues, s->nparams);
	if (!item->nrows)
		return DBN_OK;
	st = my_may_run(s, err);
	if (st == DBN_OK)
		st = my_stmt_ready(s, err);
	if (st == DBN_OK && (own || save))
		st = my_own(c, own ? "START TRANSACTION" : "SAVEPOINT dbn_item", err);
	if (st != DBN_OK)
		return st;
	c->txn = c->txn || own;
	st = run_rows(c, item, o, out, err);
	if (st == DBN_OK && save)
		st = my_own(c, "RELEASE SAVEPOINT dbn_item", err);
	else if (st == DBN_OK && own && my_link_query(&c->link, "COMMIT", 6) != 0)
		st = my_fail(c, NULL, MY_PHASE_COMMIT, err);
	if (st != DBN_OK && !c->broken && (own || (save && !c->failed)))
		if (my_own(c, own ? "ROLLBACK" : "ROLLBACK TO SAVEPOINT dbn_item", NULL) != DBN_OK)
			c->broken = true;
	if (own)
		c->txn = c->failed = false;
	return st;
}

/* What was done is undone: say so in every outcome that said OK. */
static void
undo_outcomes(struct dbn_conn *c, dbn_outcome *outs, size_t from, size_t n, uint32_t sent,
	const char *what, const char *why)
{
	for (size_t i = from; i < n; i++) {
		dbn_error *e = NULL;
		dbn_status st;

		outs[i].txn = my_txn_state(c);
		if (sent == DBN_SENT_YES && outs[i].status != DBN_OK)
			continue;
		st = plug_fail_status(c->host, &e, DBN_E_TXN_FAILED, "%s: %s", what, why);
		set_outcome(&outs[i], st, e, sent, my_txn_state(c));
	}
}

/* Run the items inside what was begun; ATOMIC ends at the first failure. */
static size_t
run_items(struct dbn_conn *c, const dbn_exec_item *items, size_t n, const dbn_many_opts *o,
	dbn_outcome *outs, bool *failed)
{
	size_t i;

	for (i = 0; i < n; i++) {
		dbn_error *e = NULL;
		dbn_status st = run_item(c, &items[i], o, o->how != DBN_MANY_ATOMIC, &outs[i], &e);

		set_outcome(&outs[i], st, e, c->link.stuck ? DBN_SENT_MAYBE : DBN_SENT_YES, my_txn_state(c));
		if (st == DBN_OK)
			continue;
		*failed = true;
		if (o->how == DBN_MANY_ATOMIC || c->broken || c->failed)
			return i + 1;
	}
	return i;
}

/* The call ends: keep or take back what it began. */
static dbn_status
close_call(struct dbn_conn *c, bool own, bool save, bool keep, dbn_error **err)
{
	dbn_status st = DBN_OK;

	if (own && keep) {
		c->own_run = false;
		if (my_link_query(&c->link, "COMMIT", 6) != 0)
			st = my_fail(c, NULL, MY_PHASE_COMMIT, err);
	} else if (save && keep) {
		st = my_own(c, "RELEASE SAVEPOINT dbn_many", err);
	} else if (own && !c->broken && my_own(c, "ROLLBACK", NULL) != DBN_OK) {
		c->broken = true;
	} else if (save && !c->broken && !c->failed &&
		my_own(c, "ROLLBACK TO SAVEPOINT dbn_many", NULL) != DBN_OK) {
		c->failed = true;
	}
	if (own)
		c->txn = c->failed = false;
	return st;
}

/*
 * A few rows of one item that fit into one array are one statement, which the server
 * does or does not: without a transaction around it, that is one round trip instead of
 * three.  false: they do not, nothing was sent.
 */
static bool
run_at_once(struct dbn_conn *c, const dbn_exec_item *item, const dbn_many_opts *o, dbn_outcome *out)
{
	struct dbn_stmt *s = item->stmt;
	my_array_how how = { true, (item->flags & DBN_EXEC_KEYS) != 0, item->keys };
	uint64_t done = 0;
	dbn_error *e = NULL;
	bool lossy = false, ready = true;
	dbn_status st;

	if (s->conn != c || item->nvalues != s->nparams || !s->arrays || item->nrows < 2 ||
		item->nrows > MY_ARRAY_ROWS || was_cancelled(c, o) ||
		my_may_run(s, NULL) != DBN_OK || my_stmt_ready(s, NULL) != DBN_OK ||
		(how.keyed && (my_keyed_ready(s, &ready, NULL) != DBN_OK || !ready)))
		return false;
	out->affected = 0;
	memset(&out->generated_key, 0, sizeof out->generated_key);
	my_running(c, o->statement_no);
	st = my_array_run(s, item->values, item->nrows, 0, &how, &lossy, &done, out, &e);
	my_not_running(c);
	if (st == DBN_OK && !done)
		return false;
	set_outcome(out, st, e, c->link.stuck || st == DBN_E_UNKNOWN_OUTCOME ? DBN_SENT_MAYBE
		: DBN_SENT_YES, my_txn_state(c));
	return true;
}

dbn_status
my_execute_many(struct dbn_conn *c, const dbn_exec_item *items, size_t n, const dbn_many_opts *o,
	dbn_outcome *outs, dbn_error **err)
{
	static const char other[] = "another of the same call failed";
	bool own = o->how != DBN_MANY_EACH && !c->txn, failed = false, lost;
	bool save = o->how == DBN_MANY_ATOMIC && c->txn;
	size_t ran;
	dbn_status st = my_enter(c, &o->call, err);

	if (st != DBN_OK)
		return st;
	if (o->how < DBN_MANY_ATOMIC || o->how > DBN_MANY_FLUSH)
		return plug_fail_status(c->host, err, DBN_E_INVALID, "no such way to run many");
	if (my_txn_state(c) == DBN_TXN_FAILED)
		return my_fail_state(c, "25P02", "the transaction was undone by an error; roll it back",
			err);
	if (own && n == 1 && run_at_once(c, items, o, outs))
		return DBN_OK;
	if (own || save)
		st = my_own(c, own ? "START TRANSACTION" : "SAVEPOINT dbn_many", err);
	if (st != DBN_OK)
		return st;
	c->txn = c->txn || own;
	ran = run_items(c, items, n, o, outs, &failed);
	lost = c->broken || c->failed;
	if ((lost && (own || c->txn)) || (failed && o->how == DBN_MANY_ATOMIC)) {
		(void)close_call(c, own, save, false, NULL);
		undo_outcomes(c, outs, 0, ran, DBN_SENT_YES, "undone", other);
		undo_outcomes(c, outs, ran, n, DBN_SENT_NO, "not run", other);
		return DBN_OK;
	}
	undo_outcomes(c, outs, ran, n, DBN_SENT_NO, "not run", "the call ended before");
	if (own || save) {
		st = close_call(c, own, save, true, err);
		for (size_t i = 0; st != DBN_OK && i < n; i++) {
			c->host->error_free(outs[i].error);
			set_outcome(&outs[i], st, NULL, st == DBN_E_UNKNOWN_OUTCOME ? DBN_SENT_MAYBE
				: DBN_SENT_YES, my_txn_state(c));
		}
	}
	for (size_t i = 0; i < n; i++)
		outs[i].txn = my_txn_state(c);
	return st;
}
