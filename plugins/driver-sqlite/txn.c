/* SPDX-License-Identifier: MIT */
/*
 * Transactions and savepoints.  A transaction takes the write lock at once
 * unless it is read-only: a deferred one that reads first and writes later would
 * fail where no waiting helps.  SQLite may end a transaction by itself (a
 * cancelled write, a full disk); then it is FAILED until it is rolled back, and
 * nothing runs outside of it by accident.
 */
#include <stdio.h>

#include "driver.h"

static dbn_status
fail_state(struct dbn_conn *c, const char *state, const char *text, dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f };

	memcpy(f.sqlstate, state, 6);
	return plug_fail(c->host, err, &f, "%s", text);
}

dbn_status
sq_begin(struct dbn_conn *c, const dbn_begin_opts *o, dbn_error **err)
{
	bool read_only = o->read_only || c->read_only;
	int rc;

	sq_enter(c, &o->call);
	if (c->txn)
		return fail_state(c, "25001", "a transaction is active already", err);
	if (o->snapshot_id.len || o->global_id.len)
		return plug_fail_status(c->host, err, DBN_E_UNSUPPORTED,
			"SQLite has no %s", o->global_id.len ? "two-phase commit" : "shared snapshots");
	if (o->isolation > DBN_ISOLATION_SERIALIZABLE)
		return plug_fail_status(c->host, err, DBN_E_INVALID, "no such isolation level");
	sq_cut_cursors(c, false); /* they would become part of it */
	rc = sq_own_run(c, read_only ? SQ_OWN_BEGIN : SQ_OWN_BEGIN_NOW, NULL);
	if (rc != SQLITE_OK)
		return sq_fail(c, rc, SQ_PHASE_RUN, err);
	c->txn = true;
	c->txn_read_only = read_only;
	return DBN_OK;
}

static dbn_status
commit(struct dbn_conn *c, dbn_error **err)
{
	int rc;

	if (sqlite3_get_autocommit(c->db))
		return fail_state(c, "25P02", "the transaction was undone by an error; roll it back",
			err);
	rc = sq_own_run(c, SQ_OWN_COMMIT, NULL);
	if (rc != SQLITE_OK)
		return sq_fail(c, rc, SQ_PHASE_COMMIT, err);
	c->txn = c->txn_read_only = false;
	return DBN_OK;
}

static dbn_status
rollback(struct dbn_conn *c, dbn_error **err)
{
	int rc = SQLITE_OK;

	c->deadline_ns = 0; /* undoing is not given up half-way */
	if (!sqlite3_get_autocommit(c->db))
		rc = sq_own_run(c, SQ_OWN_ROLLBACK, NULL);
	if (rc != SQLITE_OK && !sqlite3_get_autocommit(c->db)) {
		c->broken = true;
		return sq_fail(c, rc, SQ_PHASE_RUN, err);
	}
	c->txn = c->txn_read_only = false;
	return DBN_OK;
}

dbn_status
sq_end(struct dbn_conn *c, uint32_t how, const dbn_end_opts *o, dbn_error **err)
{
	sq_enter(c, o ? &o->call : NULL);
	if (o && o->commit_position)
		*o->commit_position = (dbn_text){ NULL, 0 };
	if (how != DBN_END_COMMIT && how != DBN_END_ROLLBACK)
		return plug_fail_status(c->host, err, DBN_E_UNSUPPORTED,
			"SQLite has no two-phase commit");
	if (!c->txn)
		return fail_state(c, "25P01", "no transaction is active", err);
	sq_cut_cursors(c, false);
	return how == DBN_END_COMMIT ? commit(c, err) : rollback(c, err);
}

dbn_status
sq_savepoint(struct dbn_conn *c, uint32_t how, uint32_t depth, const dbn_call *call,
	dbn_error **err)
{
	static const char *const verbs[] = { "SAVEPOINT", "RELEASE", "ROLLBACK TO" };
	char sql[64];
	int rc;

	sq_enter(c, call);
	if (how < DBN_SAVEPOINT_SET || how > DBN_SAVEPOINT_ROLLBACK || !depth)
		return plug_fail_status(c->host, err, DBN_E_INVALID, "no such savepoint operation");
	if (!c->txn)
		return fail_state(c, "25P01", "no transaction is active", err);
	if (sqlite3_get_autocommit(c->db))
		return fail_state(c, "25P02", "the transaction was undone by an error; roll it back",
			err);
	if (how == DBN_SAVEPOINT_ROLLBACK)
		sq_cut_cursors(c, false);
	(void)snprintf(sql, sizeof sql, "%s dbn_%u", verbs[how - 1], depth);
	rc = sq_own_exec(c, sql);
	return rc == SQLITE_OK ? DBN_OK : sq_fail(c, rc, SQ_PHASE_RUN, err);
}
