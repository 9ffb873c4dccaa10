/* SPDX-License-Identifier: MIT */
/*
 * Transactions and savepoints.  A deadlock undoes the whole transaction on the
 * server; then it is FAILED until it is rolled back, and nothing runs outside of
 * it by accident.  A transaction with a global id is a branch of XA's (xa.c).
 */
#include <stdio.h>

#include "driver.h"

/* The level that gives what is asked for, or more; NULL: the connection's own. */
static const char *
level_for(const struct dbn_conn *c, uint32_t isolation)
{
	uint32_t own = c->drv->set.isolation == 1 ? DBN_ISOLATION_READ_COMMITTED
		: c->drv->set.isolation == 2 ? DBN_ISOLATION_SERIALIZABLE
		: c->snapshot ? DBN_ISOLATION_SNAPSHOT : DBN_ISOLATION_REPEATABLE_READ;

	if (isolation == DBN_ISOLATION_DEFAULT || isolation == own)
		return NULL;
	switch (isolation) {
	case DBN_ISOLATION_READ_UNCOMMITTED:
		return "READ UNCOMMITTED";
	case DBN_ISOLATION_READ_COMMITTED:
		return "READ COMMITTED";
	case DBN_ISOLATION_REPEATABLE_READ:
		return "REPEATABLE READ";
	case DBN_ISOLATION_SNAPSHOT:
		return c->snapshot ? "REPEATABLE READ" : "SERIALIZABLE";
	default:
		return "SERIALIZABLE";
	}
}

dbn_status
my_begin(struct dbn_conn *c, const dbn_begin_opts *o, dbn_error **err)
{
	bool read_only = o->read_only || c->read_only;
	const char *level = level_for(c, o->isolation);
	char sql[400];
	dbn_status st;

	c->link.deadline_ns = o->call.deadline_ns;
	if (c->txn)
		return my_fail_state(c, "25001", "a transaction is active already", err);
	if (o->snapshot_id.len)
		return plug_fail_status(c->host, err, DBN_E_UNSUPPORTED, "MySQL has no shared snapshots");
	if (o->isolation > DBN_ISOLATION_SERIALIZABLE)
		return plug_fail_status(c->host, err, DBN_E_INVALID, "no such isolation level");
	my_cut_live(c); /* they would become part of it */
	st = my_enter(c, &o->call, err);
	if (st == DBN_OK && o->global_id.len)
		st = my_xid(c, o->global_id, c->xid, sizeof c->xid, err);
	if (st == DBN_OK && level) {
		(void)snprintf(sql, sizeof sql, "SET TRANSACTION ISOLATION LEVEL %s", level);
		st = my_own(c, sql, err);
	}
	if (st != DBN_OK)
		return st;
	if (o->global_id.len) {
		(void)snprintf(sql, sizeof sql, "XA START %s", c->xid);
		st = my_own(c, sql, err);
	} else {
		st = my_own(c, read_only ? "START TRANSACTION READ ONLY" : "START TRANSACTION", err);
	}
	if (st != DBN_OK)
		return st;
	c->txn = true;
	c->failed = false;
	c->xa = o->global_id.len > 0;
	c->txn_read_only = read_only;
	return DBN_OK;
}

static void
ended(struct dbn_conn *c)
{
	c->txn = c->failed = c->txn_read_only = c->xa = false;
}

dbn_status
my_undo(struct dbn_conn *c, dbn_error **err)
{
	char sql[400];
	dbn_status st = DBN_OK;

	c->link.deadline_ns = 0; /* undoing is not given up half-way */
	if (c->xa) {
		(void)snprintf(sql, sizeof sql, "XA END %s", c->xid);
		(void)my_own(c, sql, NULL); /* it may have ended already */
		(void)snprintf(sql, sizeof sql, "XA ROLLBACK %s", c->xid);
		st = my_own(c, sql, c->failed ? NULL : err);
		if (st != DBN_OK && c->failed && !c->broken)
			st = DBN_OK; /* the server has undone it */
	} else {
		st = my_own(c, "ROLLBACK", err);
	}
	if (st != DBN_OK)
		c->broken = true;
	else
		ended(c);
	return st;
}

static dbn_status
commit(struct dbn_conn *c, dbn_error **err)
{
	char sql[400];
	dbn_status st;

	if (c->failed)
		return my_fail_state(c, "25P02", "the transaction was undone by an error; roll it back",
			err);
	if (c->xa) {
		(void)snprintf(sql, sizeof sql, "XA END %s", c->xid);
		st = my_own(c, sql, err);
		if (st != DBN_OK)
			return st;
		(void)snprintf(sql, sizeof sql, "XA COMMIT %s ONE PHASE", c->xid);
	} else {
		(void)snprintf(sql, sizeof sql, "COMMIT");
	}
	c->own_run = false; /* a commit is not killed */
	if (my_link_query(&c->link, sql, strlen(sql)) != 0) {
		st = my_fail(c, NULL, MY_PHASE_COMMIT, err);
		if (!c->broken)
			c->failed = true;
		return st;
	}
	ended(c);
	return DBN_OK;
}

dbn_status
my_end(struct dbn_conn *c, uint32_t how, const dbn_end_opts *o, dbn_error **err)
{
	dbn_status st;

	if (o && o->commit_position)
		*o->commit_position = (dbn_text){ NULL, 0 };
	if (how < DBN_END_COMMIT || how > DBN_END_ROLLBACK_PREPARED)
		return plug_fail_status(c->host, err, DBN_E_INVALID, "no such way to end a transaction");
	if (how >= DBN_END_COMMIT_PREPARED) {
		st = my_enter(c, o ? &o->call : NULL, err);
		return st == DBN_OK ? my_xa_finish(c, how, o->global_id, err) : st;
	}
	if (!c->txn)
		return my_fail_state(c, "25P01", "no transaction is active", err);
	c->link.deadline_ns = o ? o->call.deadline_ns : 0;
	my_cut_live(c);
	st = my_enter(c, o ? &o->call : NULL, err);
	if (st != DBN_OK)
		return st;
	if (how == DBN_END_ROLLBACK)
		return my_undo(c, err);
	if (how == DBN_END_PREPARE) {
		st = my_xa_prepare(c, err);
		if (st == DBN_OK)
			ended(c);
		return st;
	}
	if (o && o->commit_position && !c->failed)
		st = my_track_position(c, err);
	if (st == DBN_OK)
		st = commit(c, err);
	if (st == DBN_OK && o && o->commit_position)
		*o->commit_position = my_last_position(c);
	return st;
}

dbn_status
my_savepoint(struct dbn_conn *c, uint32_t how, uint32_t depth, const dbn_call *call,
	dbn_error **err)
{
	static const char *const verbs[] = { "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT" };
	char sql[64];
	dbn_status st;

	if (how < DBN_SAVEPOINT_SET || how > DBN_SAVEPOINT_ROLLBACK || !depth)
		return plug_fail_status(c->host, err, DBN_E_INVALID, "no such savepoint operation");
	if (!c->txn)
		return my_fail_state(c, "25P01", "no transaction is active", err);
	if (c->failed)
		return my_fail_state(c, "25P02", "the transaction was undone by an error; roll it back",
			err);
	c->link.deadline_ns = call ? call->deadline_ns : 0;
	if (how == DBN_SAVEPOINT_ROLLBACK)
		my_cut_live(c);
	st = my_enter(c, call, err);
	if (st != DBN_OK)
		return st;
	(void)snprintf(sql, sizeof sql, "%s dbn_%u", verbs[how - 1], depth);
	return my_own(c, sql, err);
}
