/* SPDX-License-Identifier: MIT */
/*
 * Sessions: opening, closing, and what can be asked of one from outside.
 */
#include <string.h>

#include "base/clock.h"
#include "session/facts.h"
#include "session/async_impl.h"
#include "session/stack_impl.h"
#include "value/value.h"

/* ---- opening ---- */

static dbn_status
copy_identity(dbn_session *s, const dbn_identity *who, dbn_error **err)
{
	dbn_attribute *attrs = dbn_arena_array(&s->identity, who->nattributes + 1, sizeof *attrs);

	if (!attrs)
		return dbn_fail_nomem(err);
	for (size_t i = 0; i < who->nattributes; i++) {
		attrs[i].struct_size = (uint32_t)sizeof attrs[i];
		attrs[i].name = dbn_arena_text(&s->identity, dbn_text_z(who->attributes[i].name));
		if (!attrs[i].name.ptr ||
			!dbn_value_copy(&s->identity, &who->attributes[i].value, &attrs[i].value))
			return dbn_fail_nomem(err);
	}
	s->who.struct_size = (uint32_t)sizeof s->who;
	s->who.user = dbn_arena_text(&s->identity, dbn_text_z(who->user));
	s->who.token = dbn_arena_text(&s->identity, dbn_text_z(who->token));
	if (!s->who.user.ptr || !s->who.token.ptr)
		return dbn_fail_nomem(err);
	s->who.attributes = (dbn_array){ attrs, (uint32_t)who->nattributes, sizeof *attrs };
	s->client.tls = who->client_tls;
	if (who->client_address)
		s->client.address = dbn_arena_text(&s->identity, dbn_text_z(who->client_address));
	if (who->client_name)
		s->client.name = dbn_arena_text(&s->identity, dbn_text_z(who->client_name));
	return (who->client_address && !s->client.address.ptr) ||
		(who->client_name && !s->client.name.ptr) ? dbn_fail_nomem(err) : DBN_OK;
}

static void
audit_session(dbn_session *s, const char *what, dbn_status rc, const dbn_error *e)
{
	dbn_audit_event ev;

	if (!s->pool->audit)
		return;
	memset(&ev, 0, sizeof ev);
	ev.action = DBN_AUDIT_SESSION;
	ev.outcome = rc == DBN_OK ? DBN_AUDIT_OK : DBN_AUDIT_DENIED;
	ev.error = rc;
	ev.session = s->id;
	ev.user = s->subject ? s->subject->user : s->who.user;
	ev.client = s->client.address;
	ev.detail = e ? dbn_text_z(dbn_error_message(e)) : dbn_text_z(what);
	if (s->subject) {
		ev.roles = s->subject->roles;
		ev.nroles = s->subject->nroles;
		ev.view_key = s->subject->view_key;
	}
	dbn_audit_submit(s->pool->audit, &ev);
}

static void
session_free(dbn_session *s)
{
	dbn_session__drop_plans(s);
	dbn_subject_close(s->subject);
	dbn_cache_key_free(&s->first.key);
	dbn_cache_fill_free(&s->first.fill);
	dbn_arena_free(&s->first.scratch);
	dbn_arena_free(&s->first.block);
	dbn_free(s->first.argv);
	dbn_free(s->first.hit_cells);
	dbn_metrics_leave(&s->counts);
	dbn_arena_free(&s->identity);
	dbn_arena_free(&s->audit_memory);
	dbn_arena_free(&s->txn_arena);
	dbn_free(s->txn_tags);
	dbn_free(s->hints);
	(void)pthread_mutex_destroy(&s->cancel_lock);
	if (!s->sets)
		dbn_pool__release(s->pool);
	dbn_free(s);
}

static dbn_status
admit(dbn_pool *pool, dbn_error **err)
{
	if (dbn_pool_forked(pool))
		return dbn_fail_hint(err, DBN_E_FORKED, "Open a pool of its own in the child.",
			"the process has forked since the pool was opened");
	if (atomic_load(&pool->closing) || atomic_load(&pool->draining))
		return dbn_fail(err, DBN_E_INVALID, "the pool is closed");
	if (atomic_fetch_add(&pool->nsessions, 1) >= pool->conf->limits.sessions) {
		atomic_fetch_sub(&pool->nsessions, 1);
		return dbn_fail_hint(err, DBN_E_LIMIT, "Close sessions, or raise limits.sessions.",
			"%lld sessions are open already", (long long)pool->conf->limits.sessions);
	}
	return DBN_OK;
}

/* A session without a place among those that the pool counts. */
dbn_status
dbn_session__open(dbn_pool *pool, const dbn_identity *who, dbn_database *home, dbn_connset **sets,
	dbn_session **out, dbn_error **err)
{
	dbn_error *why = NULL;
	dbn_session *s = dbn_zalloc(sizeof *s);
	dbn_status rc;

	if (!s)
		return dbn_fail_nomem(err);
	if (!sets) /* else the pool closes it, and does not wait for it */
		dbn_pool__retain(pool);
	s->pool = pool;
	dbn_metrics_join(pool->metrics, &s->counts);
	s->home = home;
	s->sets = sets;
	dbn_queue_init(&s->line);
	s->id = atomic_fetch_add(&pool->next_session, 1);
	s->first.s = s;
	(void)pthread_mutex_init(&s->cancel_lock, NULL);
	dbn_arena_init(&s->identity, 0);
	dbn_arena_init(&s->audit_memory, 0);
	dbn_arena_init(&s->txn_arena, 0);
	dbn_arena_init(&s->first.scratch, 0);
	dbn_arena_init(&s->first.block, 0);
	dbn_cache_key_init(&s->first.key);
	dbn_cache_fill_init(&s->first.fill);
	for (size_t i = 0; i < pool->ndatabases; i++)
		s->nhints += 2 * pool->databases[i].nnodes;
	s->hints = dbn_alloc_array(s->nhints, sizeof *s->hints);
	rc = s->hints ? copy_identity(s, who, &why) : dbn_fail_nomem(&why);
	if (rc == DBN_OK)
		rc = dbn_audit_check(pool->audit, &why);
	if (rc == DBN_OK)
		rc = dbn_subject_open(pool->authority, &s->who, &s->client, &s->subject, &why);
	if (rc != DBN_OK) {
		audit_session(s, "refused", rc, why);
		session_free(s);
		if (err)
			*err = why;
		else
			dbn_error_free(why);
		return rc;
	}
	dbn_session__lay_out_who(s);
	audit_session(s, "opened", DBN_OK, NULL);
	*out = s;
	return DBN_OK;
}

dbn_status
dbn_session_open(dbn_pool *pool, const dbn_identity *who, dbn_session **out, dbn_error **err)
{
	dbn_identity own;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	*out = NULL;
	if (!pool || !who || who->struct_size == 0)
		return dbn_fail_hint(err, DBN_E_INVALID, "Use DBN_INIT(dbn_identity, ...).",
			"the identity has no struct_size");
	memset(&own, 0, sizeof own);
	memcpy(&own, who, who->struct_size < sizeof own ? who->struct_size : sizeof own);
	rc = admit(pool, err);
	if (rc != DBN_OK)
		return rc;
	rc = dbn_session__open(pool, &own, pool->databases, NULL, out, err);
	if (rc != DBN_OK)
		atomic_fetch_sub(&pool->nsessions, 1);
	return rc;
}

dbn_status
dbn_session_open_as(dbn_pool *pool, const char *user, dbn_session **out, dbn_error **err)
{
	dbn_identity who = DBN_INIT(dbn_identity, .user = user);

	return dbn_session_open(pool, &who, out, err);
}

void
dbn_session__close(dbn_session *s)
{
	dbn_session *before = dbn_job__act(s);
	dbn_error *err = NULL;

	dbn_session__close_open(s, !s->in_txn);
	if (s->in_txn)
		(void)dbn_rollback(s, &err);
	dbn_error_free(err);
	while (s->open) { /* not closed by their owner */
		dbn_rows *r = s->open;

		dbn_session__unlink_rows(r);
		dbn_session__drop_run(r);
	}
	audit_session(s, "closed", DBN_OK, NULL);
	if (!s->sets)
		atomic_fetch_sub(&s->pool->nsessions, 1);
	(void)dbn_job__act(before);
	session_free(s);
}

dbn_status
dbn_session__mine(dbn_session *s, dbn_error **err)
{
	if (!atomic_load_explicit(&s->inflight, memory_order_acquire) || dbn_job__acting() == s)
		return DBN_OK;
	return dbn_fail_hint(err, DBN_E_BUSY, "Wait for the futures of the session first.",
		"operations of the session are under way");
}

/* Head of every call: is the session able to do anything? */
dbn_status
dbn_session__enter(dbn_session *s, dbn_error **err)
{
	if (!s)
		return dbn_fail(err, DBN_E_INVALID, "the session is NULL");
	if (dbn_pool_forked(s->pool))
		return dbn_fail_hint(err, DBN_E_FORKED, "Open a pool of its own in the child.",
			"the process has forked since the pool was opened");
	if (atomic_load_explicit(&s->pool->closing, memory_order_relaxed) ||
		(!s->in_txn && atomic_load_explicit(&s->pool->draining, memory_order_relaxed)))
		return dbn_fail(err, DBN_E_INVALID, "the pool is closed");
	return dbn_session__mine(s, err);
}

dbn_status
dbn_session__refresh(dbn_session *s, dbn_error **err)
{
	dbn_status rc;

	if (!dbn_subject_stale(s->subject))
		return DBN_OK;
	rc = dbn_subject_refresh(s->subject, err);
	dbn_session__lay_out_who(s);
	return rc;
}

dbn_status
dbn_session__set(dbn_session *s, dbn_database *db, uint32_t node, dbn_connset **set,
	dbn_error **err)
{
	dbn_status rc = DBN_OK;

	*set = db->nodes[node].set;
	if (!s->sets)
		return DBN_OK;
	if (!s->sets[node])
		rc = dbn_pool__reserve(db, node, &s->sets[node], err);
	*set = s->sets[node];
	return rc;
}

dbn_pconn **
dbn_session__hint(dbn_session *s, dbn_database *db, uint32_t node, uint32_t want)
{
	size_t at = 0;

	for (dbn_database *d = s->pool->databases; d != db; d++)
		at += 2 * d->nnodes;
	return &s->hints[at + 2 * (size_t)node + want];
}

/* ---- around ---- */

void
dbn_session_cancel(dbn_session *s)
{
	uint64_t seq, no;
	dbn_pconn *c;

	if (!s)
		return;
	atomic_store(&s->stop, 1);
	do { /* a number of one connection must not meet another connection */
		seq = atomic_load_explicit(&s->running_seq, memory_order_acquire);
		c = atomic_load_explicit(&s->running, memory_order_acquire);
		no = atomic_load_explicit(&s->running_no, memory_order_acquire);
	} while (seq & 1 ||
		seq != atomic_load_explicit(&s->running_seq, memory_order_relaxed));
	if (c)
		dbn_pconn_cancel(c, no);
	(void)pthread_mutex_lock(&s->cancel_lock);
	for (dbn_rows *r = s->under_way; r; r = r->next_way)
		dbn_pconn_cancel(r->way_conn, r->way_no);
	(void)pthread_mutex_unlock(&s->cancel_lock);
	dbn_wait_cancel(&s->wait);
}

/* "[[database.]schema.]name" */
static dbn_status
split_name(const char *text, dbn_sql_name *out, dbn_error **err)
{
	dbn_text parts[3], rest = dbn_text_z(text);
	const char *dot = text;
	size_t n = 0;

	for (; dot && n < 3; n++) {
		dot = rest.len ? memchr(rest.ptr, '.', rest.len) : NULL;
		parts[n] = dot ? dbn_text_n(rest.ptr, (size_t)(dot - rest.ptr)) : rest;
		if (!parts[n].len)
			return dbn_fail(err, DBN_E_INVALID, "a part of the name \"%s\" is empty", text);
		if (dot)
			rest = dbn_text_n(dot + 1, rest.len - parts[n].len - 1);
	}
	if (dot)
		return dbn_fail_hint(err, DBN_E_INVALID, "Name it as database.schema.name.",
			"\"%s\" has a part too many: \"%.*s\"", text, DBN_TEXT_ARG(rest));
	out->name = parts[n - 1];
	if (n > 1)
		out->schema = parts[n - 2];
	if (n > 2)
		out->database = parts[0];
	return DBN_OK;
}

dbn_status
dbn_session_can(dbn_session *s, uint32_t action, const char *relation, const char *column,
	dbn_error **err)
{
	dbn_rewrite_in in;
	dbn_database *db;
	dbn_catalog_view view = { 0 };
	dbn_sql_catalog cat;
	dbn_arena memory;
	dbn_sql_name name = { { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	rc = dbn_session__enter(s, err);
	if (rc == DBN_OK)
		rc = dbn_session__refresh(s, err);
	if (rc != DBN_OK)
		return rc;
	if (!relation || !action || (action & (action - 1)) || action > DBN_CAN_DELETE)
		return dbn_fail(err, DBN_E_INVALID, "one action and a relation are wanted");
	rc = split_name(relation, &name, err);
	if (rc != DBN_OK)
		return rc;
	db = s->home;
	for (size_t i = 0; name.database.len && i < s->pool->ndatabases; i++)
		if (dbn_text_eqz(name.database, s->pool->databases[i].conf->name))
			db = &s->pool->databases[i];
	memset(&in, 0, sizeof in);
	dbn_arena_init(&memory, 0);
	view.catalog = db->catalog;
	view.arena = &memory;
	cat = (dbn_sql_catalog){ .lookup = dbn_catalog_lookup, .user = &view,
		.default_database = dbn_text_z(db->conf->name),
		.default_schema = db->dialect.default_schema };
	in.subject = s->subject;
	in.conditions = dbn_subject_conditions(s->subject, action, dbn_wall_us());
	in.dialect = db->sql;
	in.catalog = &cat;
	in.capabilities = db->dialect.capabilities;
	rc = dbn_rewrite_can(&in, &name, dbn_text_z(column), action, err);
	dbn_catalog_let_go(view.held);
	dbn_arena_free(&memory);
	return rc;
}

void
dbn_free_text(char *text)
{
	dbn_free(text);
}

const dbn_dialect *
dbn_session__dialect(const dbn_session *s)
{
	return &s->home->dialect;
}
