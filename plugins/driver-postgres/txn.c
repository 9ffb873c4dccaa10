/* SPDX-License-Identifier: MIT */
/*
 * Transactions, savepoints and two-phase commit.  A commit that was sent and not
 * answered is an unknown outcome, never a failure.
 */
#include <stdlib.h>

#include "driver.h"

static const char *const levels[] = {
	[DBN_ISOLATION_DEFAULT] = "", [DBN_ISOLATION_READ_UNCOMMITTED] = " ISOLATION LEVEL READ COMMITTED",
	[DBN_ISOLATION_READ_COMMITTED] = " ISOLATION LEVEL READ COMMITTED",
	[DBN_ISOLATION_REPEATABLE_READ] = " ISOLATION LEVEL REPEATABLE READ",
	[DBN_ISOLATION_SNAPSHOT] = " ISOLATION LEVEL REPEATABLE READ",
	[DBN_ISOLATION_SERIALIZABLE] = " ISOLATION LEVEL SERIALIZABLE",
};

/* A name as a literal behind some words: "PREPARE TRANSACTION 'x'". */
static dbn_status
with_literal(struct dbn_conn *c, const char *words, dbn_text name, char **sql, dbn_error **err)
{
	char *quoted;
	int n;

	*sql = NULL;
	if (!name.len || name.len > 200 || memchr(name.ptr, 0, name.len))
		return plug_fail_status(c->host, err, DBN_E_INVALID,
			"a global id has 1 to 200 bytes and no NUL");
	quoted = PQescapeLiteral(c->pg, name.ptr, name.len);
	n = quoted ? asprintf(sql, "%s %s", words, quoted) : -1;
	PQfreemem(quoted);
	if (n >= 0)
		return DBN_OK;
	*sql = NULL;
	return plug_nomem(c->host, err);
}

dbn_status
pg_begin(struct dbn_conn *c, const dbn_begin_opts *o, dbn_error **err)
{
	char sql[128], *snapshot = NULL;
	dbn_status rc;

	rc = pg_enter(c, &o->call, err);
	if (rc != DBN_OK)
		return rc;
	if (pg_txn(c) != DBN_TXN_NONE)
		return pg_fail_state(c->host, err, "25001", NULL, "a transaction is active already");
	if (o->isolation > DBN_ISOLATION_SERIALIZABLE)
		return plug_fail_status(c->host, err, DBN_E_INVALID, "no such isolation level");
	if (o->snapshot_id.len) {
		rc = with_literal(c, "SET TRANSACTION SNAPSHOT", o->snapshot_id, &snapshot, err);
		if (rc != DBN_OK)
			return rc;
	}
	pg_cut_cursors(c);
	(void)snprintf(sql, sizeof sql, "BEGIN%s%s%s", levels[o->isolation],
		o->read_only || c->read_only ? " READ ONLY" : "", o->deferrable ? " DEFERRABLE" : "");
	rc = pg_command(c, sql, NULL, err);
	if (rc == DBN_OK && snapshot)
		rc = pg_command(c, snapshot, NULL, err);
	if (rc != DBN_OK && !c->broken && pg_txn(c) != DBN_TXN_NONE &&
		pg_command(c, "ROLLBACK", NULL, NULL) != DBN_OK)
		c->broken = true;
	free(snapshot);
	return rc;
}

/* COMMIT of a failed transaction answers ROLLBACK: that is no success. */
static dbn_status
commit(struct dbn_conn *c, const char *sql, const char *tag, dbn_error **err)
{
	PGresult *r = NULL;
	dbn_status rc;

	if (pg_txn(c) == DBN_TXN_FAILED)
		return pg_fail_state(c->host, err, "25P02", "Roll it back.", "the transaction has failed");
	c->phase = PG_PHASE_COMMIT;
	rc = pg_command(c, sql, &r, err);
	if (rc == DBN_OK && strcmp(PQcmdStatus(r), tag) != 0)
		rc = pg_fail_state(c->host, err, "40000", NULL, "the server rolled the transaction back");
	PQclear(r);
	return rc;
}

static dbn_status
rollback(struct dbn_conn *c, dbn_error **err)
{
	dbn_status rc = pg_command(c, "ROLLBACK", NULL, err);

	if (rc != DBN_OK)
		c->broken = true; /* the server rolls back when it is closed */
	return rc;
}

/* There is none of that name: a coordinator asks what it decided, and goes on. */
static dbn_status
already_decided(struct dbn_conn *c, dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f, .status = DBN_E_NOT_FOUND };

	memcpy(f.sqlstate, "42704", 6);
	f.hint = PLUG_TEXT("It is finished already, or it was never prepared.");
	return plug_fail(c->host, err, &f, "there is no such prepared transaction to finish");
}

/* On a connection without a transaction: decide one that was prepared. */
static dbn_status
decide(struct dbn_conn *c, uint32_t how, dbn_text gid, dbn_error **err)
{
	dbn_error *why = NULL;
	char *sql;
	dbn_status rc = with_literal(c, how == DBN_END_COMMIT_PREPARED ? "COMMIT PREPARED"
		: "ROLLBACK PREPARED", gid, &sql, err);

	if (rc != DBN_OK)
		return rc;
	c->phase = PG_PHASE_COMMIT;
	rc = pg_command(c, sql, NULL, &why);
	free(sql);
	if (plug_text_is(c->host->error_field(why, DBN_ERR_SQLSTATE), "42704")) {
		c->host->error_free(why);
		return already_decided(c, err);
	}
	if (err)
		*err = why;
	else
		c->host->error_free(why);
	return rc;
}

/* What was committed stays committed: failing to learn where is no failure. */
static void
tell_position(struct dbn_conn *c, const dbn_end_opts *o)
{
	bool primary;

	c->phase = PG_PHASE_RUN;
	if (o && o->commit_position && pg_position(c, c->position, &primary, NULL) == DBN_OK)
		*o->commit_position = (dbn_text){ (const char *)c->position, sizeof c->position };
}

static dbn_status
end_open(struct dbn_conn *c, uint32_t how, const dbn_end_opts *o, dbn_error **err)
{
	char *sql;
	dbn_status rc;

	if (pg_txn(c) == DBN_TXN_NONE)
		return pg_fail_state(c->host, err, "25P01", NULL, "no transaction is active");
	pg_cut_cursors(c);
	if (how == DBN_END_ROLLBACK)
		return rollback(c, err);
	if (how == DBN_END_COMMIT) {
		rc = commit(c, "COMMIT", "COMMIT", err);
		if (rc == DBN_OK)
			tell_position(c, o);
		return rc;
	}
	rc = with_literal(c, "PREPARE TRANSACTION", o ? o->global_id : (dbn_text){ NULL, 0 }, &sql, err);
	if (rc == DBN_OK)
		rc = commit(c, sql, "PREPARE TRANSACTION", err);
	free(sql);
	return rc;
}

dbn_status
pg_end(struct dbn_conn *c, uint32_t how, const dbn_end_opts *o, dbn_error **err)
{
	dbn_status rc;

	if (o && o->commit_position)
		*o->commit_position = (dbn_text){ NULL, 0 };
	if (how < DBN_END_COMMIT || how > DBN_END_ROLLBACK_PREPARED)
		return plug_fail_status(c->host, err, DBN_E_INVALID, "no such end of a transaction");
	rc = pg_enter(c, o ? &o->call : NULL, err);
	if (rc != DBN_OK)
		return rc;
	if (how != DBN_END_COMMIT_PREPARED && how != DBN_END_ROLLBACK_PREPARED)
		return end_open(c, how, o, err);
	if (pg_txn(c) != DBN_TXN_NONE)
		return pg_fail_state(c->host, err, "25001", NULL, "a transaction is active");
	return decide(c, how, o ? o->global_id : (dbn_text){ NULL, 0 }, err);
}

dbn_status
pg_savepoint(struct dbn_conn *c, uint32_t how, uint32_t depth, const dbn_call *call,
	dbn_error **err)
{
	static const char *const verbs[] = { "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT" };
	char sql[64];
	dbn_status rc;

	if (how < DBN_SAVEPOINT_SET || how > DBN_SAVEPOINT_ROLLBACK || !depth)
		return plug_fail_status(c->host, err, DBN_E_INVALID, "no such savepoint operation");
	rc = pg_enter(c, call, err);
	if (rc != DBN_OK)
		return rc;
	if (pg_txn(c) == DBN_TXN_NONE)
		return pg_fail_state(c->host, err, "25P01", NULL, "no transaction is active");
	if (pg_txn(c) == DBN_TXN_FAILED && how != DBN_SAVEPOINT_ROLLBACK)
		return pg_fail_state(c->host, err, "25P02", "Roll it back, or back to a savepoint.",
			"the transaction has failed");
	if (how == DBN_SAVEPOINT_ROLLBACK)
		pg_cut_cursors(c);
	(void)snprintf(sql, sizeof sql, "%s dbn_%u", verbs[how - 1], depth);
	return pg_command(c, sql, NULL, err);
}

dbn_status
pg_list_prepared(struct dbn_conn *c, dbn_text prefix, const dbn_call *call,
	dbn_status (*each)(dbn_text gid, int64_t age_us, void *user), void *user, dbn_error **err)
{
	char *z = strndup(prefix.ptr ? prefix.ptr : "", prefix.len);
	const char *values[1] = { z };
	PGresult *r = NULL;
	dbn_status rc = z ? pg_enter(c, call, err) : plug_nomem(c->host, err);

	if (rc == DBN_OK)
		rc = pg_query(c, "SELECT gid, (extract(epoch FROM pg_catalog.clock_timestamp() - prepared)"
			" * 1000000)::bigint FROM pg_catalog.pg_prepared_xacts WHERE database = "
			"pg_catalog.current_database() AND pg_catalog.starts_with(gid, $1) ORDER BY prepared",
			1, values, &r, err);
	for (int i = 0; rc == DBN_OK && i < PQntuples(r); i++)
		rc = each((dbn_text){ PQgetvalue(r, i, 0), (size_t)PQgetlength(r, i, 0) },
			(int64_t)pg_get64(PQgetvalue(r, i, 1)), user);
	PQclear(r);
	free(z);
	return rc;
}
