/* SPDX-License-Identifier: MIT */
/*
 * Transactions and savepoints.  A transaction holds one connection from its
 * first statement (at once where there is only one place it can be) to its end.
 * What it wrote is invalidated in the cache when it has ended, never before.
 */
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/str.h"
#include "plugin/host.h"
#include "session/session_impl.h"

/* ---- where it runs ---- */

/* Around what a driver does without a number to cancel it by. */
static const _Atomic uint32_t *
driver_enter(dbn_session *s, dbn_pconn *c, bool may_stop)
{
	dbn_pconn_enter(c);
	return dbn_host_set_cancel(may_stop ? &s->stop : NULL);
}

static void
driver_leave(dbn_pconn *c, const _Atomic uint32_t *before)
{
	(void)dbn_host_set_cancel(before);
	dbn_pconn_leave(c);
}

static dbn_status
begin_at(dbn_session *s, dbn_database *db, uint32_t node, const dbn_plan *plan, dbn_error **err)
{
	dbn_begin_opts o = { .call = DBN_CALL_INIT };
	uint64_t timeout = s->txn_opts.timeout_ns ? s->txn_opts.timeout_ns
						  : s->pool->conf->limits.time;
	uint64_t now = dbn_now_ns();
	dbn_borrow b = { .want = s->txn_read_only ? DBN_WANT_READ : DBN_WANT_WRITE, .now_ns = now,
		.in_txn = true };
	const _Atomic uint32_t *before;
	dbn_pconn *c;
	dbn_status rc;

	o.call.struct_size = (uint32_t)sizeof o;
	o.call.deadline_ns = timeout > UINT64_MAX - now ? 0 : now + timeout;
	o.isolation = s->txn_opts.isolation;
	o.read_only = s->txn_read_only;
	b.deadline_ns = o.call.deadline_ns;
	rc = dbn_session__borrow(s, db, node, plan, &b, &c, err);
	if (rc != DBN_OK)
		return rc;
	before = driver_enter(s, c, true);
	rc = c->ops->begin(c->conn, &o, err);
	driver_leave(c, before);
	if (rc != DBN_OK) {
		c->dirty = true;
		dbn_connset_release(c);
		return rc;
	}
	s->txn_conn = c;
	s->txn_db = db;
	s->txn_node = node;
	return DBN_OK;
}

static dbn_status
savepoint_at(dbn_session *s, uint32_t how, uint32_t depth, dbn_error **err)
{
	dbn_call call = DBN_CALL_INIT;
	const _Atomic uint32_t *before;
	dbn_status rc;

	if (!s->txn_conn)
		return DBN_OK;
	before = driver_enter(s, s->txn_conn, how != DBN_SAVEPOINT_ROLLBACK);
	rc = s->txn_conn->ops->savepoint(s->txn_conn->conn, how, depth, &call, err);
	driver_leave(s->txn_conn, before);
	return rc;
}

dbn_status
dbn_session__txn_conn(dbn_session *s, dbn_database *db, uint32_t node, const dbn_plan *plan,
	dbn_pconn **conn, dbn_error **err)
{
	dbn_status rc = DBN_OK;

	if (!s->txn_conn) {
		rc = begin_at(s, db, node, plan, err);
		for (uint32_t d = 1; rc == DBN_OK && d <= s->savepoints; d++)
			rc = savepoint_at(s, DBN_SAVEPOINT_SET, d, err);
		if (rc != DBN_OK && s->txn_conn)
			s->txn_failed = true; /* savepoints are missing that the caller has set */
	} else if (s->txn_db != db || s->txn_node != node) {
		return dbn_fail_hint(err, DBN_E_NO_SHARD,
			"Use one transaction for each shard; several in one come later.",
			"the transaction is on node \"%s\" of \"%s\", the statement belongs to \"%s\" of \"%s\"",
			s->txn_db->nodes[s->txn_node].name, s->txn_db->conf->name,
			db->nodes[node].name, db->conf->name);
	}
	if (rc == DBN_OK) {
		dbn_pconn_note(s->txn_conn, plan->id, plan->fingerprint, true);
		*conn = s->txn_conn;
	}
	return rc;
}

dbn_status
dbn_session__txn_note(dbn_session *s, const dbn_plan *plan, dbn_error **err)
{
	s->txn_wrote = true;
	if (!s->pool->cache)
		return DBN_OK;
	if (plan->kind == DBN_STMT_ADMIN)
		return DBN_OK; /* everything is forgotten then */
	for (uint32_t i = 0; i < plan->ntags; i++) {
		bool there = false;

		for (size_t k = 0; k < s->ntxn_tags && !there; k++)
			there = dbn_text_eq(s->txn_tags[k], plan->tags[i]);
		if (there)
			continue;
		if (!dbn_grow(&s->txn_tags, &s->txn_tags_cap, s->ntxn_tags + 1, sizeof *s->txn_tags))
			return dbn_fail_nomem(err);
		s->txn_tags[s->ntxn_tags] = dbn_arena_text(&s->txn_arena, plan->tags[i]);
		if (!s->txn_tags[s->ntxn_tags].ptr)
			return dbn_fail_nomem(err);
		s->ntxn_tags++;
	}
	return DBN_OK;
}

/* After a failure: is the transaction still able to go on? */
void
dbn_session__txn_look(dbn_session *s)
{
	dbn_conn_state st = { .struct_size = sizeof st };

	if (!s->txn_conn)
		return;
	dbn_pconn_enter(s->txn_conn);
	s->txn_conn->ops->state(s->txn_conn->conn, &st);
	dbn_pconn_leave(s->txn_conn);
	if (st.broken || st.txn != DBN_TXN_OPEN)
		s->txn_failed = true;
}

/* ---- begin and end ---- */

dbn_status
dbn_begin(dbn_session *s, const dbn_txn_opts *opts, dbn_error **err)
{
	dbn_status rc;

	DBN_SESSION_PLACE(s);
	DBN_ERR_CLEAR(err);
	rc = dbn_session__enter(s, err);
	if (rc != DBN_OK)
		return rc;
	if (s->in_txn)
		return dbn_fail_hint(err, DBN_E_TXN_ACTIVE,
			"Commit or roll back first, or use dbn_savepoint().",
			"a transaction is active already");
	if (opts && opts->struct_size == 0)
		return dbn_fail_hint(err, DBN_E_INVALID, "Use dbn_txn_opts_init().",
			"the options have no struct_size");
	s->txn_opts = dbn_txn_opts_init();
	if (opts)
		memcpy(&s->txn_opts, opts, opts->struct_size < sizeof s->txn_opts
				? opts->struct_size : sizeof s->txn_opts);
	if (s->txn_opts.isolation > DBN_TXN_SERIALIZABLE) /* before a shard is known that could say so */
		return dbn_fail_hint(err, DBN_E_INVALID, "Use DBN_TXN_DEFAULT to DBN_TXN_SERIALIZABLE.",
			"there is no isolation level %u", s->txn_opts.isolation);
	s->txn_read_only = s->txn_opts.read_only;
	dbn_session__not_cancelled(s);
	if (s->pool->ndatabases == 1 && !s->pool->databases[0].shards) {
		rc = begin_at(s, &s->pool->databases[0], 0, NULL, err);
		if (rc != DBN_OK)
			return rc;
	}
	s->txn_id = atomic_fetch_add(&s->pool->next_txn, 1);
	s->in_txn = true;
	s->txn_failed = s->txn_wrote = s->txn_ddl = s->txn_marked = false;
	s->txn_restricted = false;
	s->savepoints = 0;
	s->ntxn_tags = 0;
	dbn_metrics_add(s->pool->metrics, DBN_M_TXN_BEGUN, 1);
	return DBN_OK;
}

/* The transaction is over, however: connection back, caches told. */
static void
over(dbn_session *s, dbn_status rc, bool committed)
{
	dbn_cache *cache = s->pool->cache;
	dbn_conn_state st = { .struct_size = sizeof st };
	dbn_error *err = NULL;
	dbn_pconn *c = s->txn_conn;

	if (c) {
		dbn_pconn_enter(c);
		c->ops->state(c->conn, &st);
		dbn_pconn_leave(c);
		c->discard |= st.broken != 0;
		c->dirty |= st.txn != DBN_TXN_NONE;
		s->txn_conn = NULL;
	}
	if (s->own) {
		dbn_catalog_close(s->own);
		s->own = NULL;
	}
	committed |= rc == DBN_E_UNKNOWN_OUTCOME;
	if (s->txn_ddl && committed)
		(void)dbn_catalog_forget(s->txn_db->catalog);
	if (cache && s->txn_wrote && (committed || s->txn_marked)) {
		if (s->txn_ddl)
			(void)dbn_cache_clear(cache, &err);
		else
			(void)dbn_cache_invalidate(cache, s->txn_tags, s->ntxn_tags,
				s->txn_marked ? DBN_INVALIDATE_RELEASE : DBN_INVALIDATE_NOW, 0, &err);
		dbn_error_free(err);
		dbn_metrics_add(s->pool->metrics, DBN_M_CACHE_INVALIDATIONS, 1);
	}
	if (c)
		dbn_connset_release(c);
	s->in_txn = s->txn_failed = false;
	s->txn_db = NULL;
	s->savepoints = 0;
	s->ntxn_tags = 0;
	dbn_arena_reset(&s->txn_arena);
}

static dbn_status
end_at(dbn_session *s, uint32_t how, dbn_error **err)
{
	dbn_end_opts o = { .call = DBN_CALL_INIT };
	uint64_t now = dbn_now_ns(), time = s->pool->conf->limits.time;
	const _Atomic uint32_t *before;
	dbn_status rc;

	if (!s->txn_conn)
		return DBN_OK;
	o.call.struct_size = (uint32_t)sizeof o;
	o.call.deadline_ns = time > UINT64_MAX - now ? 0 : now + time;
	before = driver_enter(s, s->txn_conn, how == DBN_END_COMMIT);
	rc = s->txn_conn->ops->end(s->txn_conn->conn, how, &o, err);
	driver_leave(s->txn_conn, before);
	return rc;
}

dbn_status
dbn_commit(dbn_session *s, dbn_error **err)
{
	dbn_error *ignored = NULL;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	rc = dbn_session__enter(s, err);
	if (rc != DBN_OK)
		return rc;
	if (!s->in_txn)
		return dbn_fail(err, DBN_E_TXN_NONE, "no transaction is active");
	dbn_session__not_cancelled(s);
	dbn_session__close_open(s, true);
	dbn_session__txn_look(s);
	if (s->txn_failed) {
		(void)dbn_rollback(s, &ignored);
		dbn_error_free(ignored);
		return dbn_fail_hint(err, DBN_E_TXN_FAILED, "Run the transaction again.",
			"the transaction had failed: it was rolled back, not committed");
	}
	if (s->pool->cache && s->ntxn_tags && dbn_cache_shared(s->pool->cache)) {
		rc = dbn_cache_invalidate(s->pool->cache, s->txn_tags, s->ntxn_tags,
			DBN_INVALIDATE_MARK, 0, err);
		s->txn_marked = rc == DBN_OK;
	}
	if (rc == DBN_OK)
		rc = end_at(s, DBN_END_COMMIT, err);
	rc = dbn_session__withhold(s->txn_restricted, rc, err); /* of what was deferred */
	dbn_session__audit_txn(s, "COMMIT", rc);
	if (rc != DBN_OK && rc != DBN_E_UNKNOWN_OUTCOME) {
		(void)end_at(s, DBN_END_ROLLBACK, &ignored);
		dbn_error_free(ignored);
	}
	over(s, rc, rc == DBN_OK);
	dbn_metrics_add(s->pool->metrics, rc == DBN_OK ? DBN_M_TXN_COMMITTED : DBN_M_TXN_ROLLED_BACK,
		1);
	return rc;
}

dbn_status
dbn_rollback(dbn_session *s, dbn_error **err)
{
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	if (!s || dbn_pool_forked(s->pool))
		return dbn_session__enter(s, err);
	rc = dbn_session__mine(s, err);
	if (rc != DBN_OK)
		return rc;
	if (!s->in_txn)
		return dbn_fail(err, DBN_E_TXN_NONE, "no transaction is active");
	dbn_session__close_open(s, false);
	rc = end_at(s, DBN_END_ROLLBACK, err);
	dbn_session__audit_txn(s, "ROLLBACK", rc);
	if (rc != DBN_OK && s->txn_conn)
		s->txn_conn->discard = true;
	over(s, rc, false);
	dbn_metrics_add(s->pool->metrics, DBN_M_TXN_ROLLED_BACK, 1);
	return rc;
}

bool
dbn_in_transaction(const dbn_session *s)
{
	return s && s->in_txn;
}

/* ---- savepoints ---- */

static dbn_status
inside(dbn_session *s, bool need_savepoint, dbn_error **err)
{
	dbn_status rc = dbn_session__enter(s, err);

	if (rc != DBN_OK)
		return rc;
	if (!s->in_txn)
		return dbn_fail_hint(err, DBN_E_TXN_NONE, "Call dbn_begin() first.",
			"no transaction is active");
	if (need_savepoint && !s->savepoints)
		return dbn_fail(err, DBN_E_INVALID, "no savepoint is open");
	return DBN_OK;
}

dbn_status
dbn_savepoint(dbn_session *s, dbn_error **err)
{
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	rc = inside(s, false, err);
	if (rc == DBN_OK && s->txn_failed)
		rc = dbn_fail(err, DBN_E_TXN_FAILED, "the transaction has failed: roll it back");
	if (rc == DBN_OK)
		rc = savepoint_at(s, DBN_SAVEPOINT_SET, s->savepoints + 1, err);
	if (rc == DBN_OK)
		s->savepoints++;
	return rc;
}

static dbn_status
leave_savepoint(dbn_session *s, uint32_t how, dbn_error **err)
{
	dbn_error *ignored = NULL;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	rc = inside(s, true, err);
	if (rc != DBN_OK)
		return rc;
	dbn_session__close_open(s, how == DBN_SAVEPOINT_RELEASE);
	rc = savepoint_at(s, how, s->savepoints, err);
	if (rc != DBN_OK)
		return rc;
	if (how == DBN_SAVEPOINT_ROLLBACK) {
		rc = savepoint_at(s, DBN_SAVEPOINT_RELEASE, s->savepoints, &ignored);
		dbn_error_free(ignored);
		if (s->own)
			(void)dbn_catalog_forget(s->own);
		s->txn_failed = false;
		dbn_session__txn_look(s);
	}
	s->savepoints--;
	return DBN_OK;
}

dbn_status
dbn_savepoint_release(dbn_session *s, dbn_error **err)
{
	return leave_savepoint(s, DBN_SAVEPOINT_RELEASE, err);
}

dbn_status
dbn_savepoint_rollback(dbn_session *s, dbn_error **err)
{
	return leave_savepoint(s, DBN_SAVEPOINT_ROLLBACK, err);
}

/* ---- a function in a transaction ---- */

#define TXN_ATTEMPTS 8

dbn_status
dbn_txn(dbn_session *s, const dbn_txn_opts *opts,
	dbn_status (*fn)(dbn_session *session, void *user, dbn_error **err), void *user, dbn_error **err)
{
	dbn_error *why = NULL, *ignored = NULL;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	for (unsigned attempt = 1;; attempt++) {
		rc = dbn_begin(s, opts, &why);
		if (rc != DBN_OK)
			break;
		rc = fn(s, user, &why);
		if (rc == DBN_OK && s->in_txn) {
			dbn_error_free(why);
			why = NULL;
			rc = dbn_commit(s, &why);
		} else if (s->in_txn) {
			(void)dbn_rollback(s, &ignored);
			dbn_error_free(ignored);
			ignored = NULL;
		}
		if (rc != DBN_E_CONFLICT || attempt == TXN_ATTEMPTS)
			break;
		dbn_error_free(why);
		why = NULL;
		/* a random pause that grows, so that two do not meet again */
		dbn_sleep_ns((dbn_hash(&attempt, sizeof attempt) ^ s->id) % (1000000u << attempt));
	}
	if (err && rc != DBN_OK)
		*err = why;
	else
		dbn_error_free(why);
	return rc;
}
