/* SPDX-License-Identifier: MIT */
/*
 * Pipelines, the way back: the queue is moved on by advance(), which never blocks.
 * A group ends with a sync; the server runs it as one transaction unless one is
 * open, skips what stands behind an error, and forgets the error at the sync.  So
 * nothing is handed out before the sync of its group is there, and then each
 * member is told what became of it: it ran, it failed, what it wrote was undone,
 * or it was not run.
 */
#include <poll.h>
#include <stdlib.h>

#include "driver.h"

/* ---- replies ---- */

static bool
failed_entry(const pg_entry *e)
{
	return e->res && pg_is_error(e->res);
}

static bool
skipped(const pg_entry *e)
{
	return e->res && PQresultStatus(e->res) == PGRES_PIPELINE_ABORTED;
}

/* A prepare is final only when its types are known: ask for them. */
static dbn_status
ask_types(struct dbn_conn *c, pg_entry *p, dbn_error **err)
{
	Oid oids[PG_TYPES_AT_ONCE];
	size_t n = p->stmt && p->res && !p->lost && !failed_entry(p) && !skipped(p) && p->rounds < 8
		? pg_stmt_unknown(p->stmt, p->res, oids, PG_TYPES_AT_ONCE) : 0;
	const char *values[1];
	pg_entry *e;
	char *list;
	bool sent;

	if (!n)
		return DBN_OK;
	e = pg_entry_new(c, PG_SENT_TYPES, 0, NULL);
	list = pg_types_list(oids, n);
	if (!e || !list) {
		free(list);
		return plug_nomem(c->host, err);
	}
	values[0] = list;
	sent = PQsendQueryParams(c->pg, pg_types_sql, 1, NULL, values, NULL, NULL, 1) != 0;
	free(list);
	if (!sent) {
		pg_entry_free(c, e);
		return pg_lost(c, err);
	}
	e->of = p;
	p->ready = false;
	p->rounds++;
	c->preparing++;
	pg_queue_push(c, e);
	return pg_sync(c, 0, err);
}

/* The sync of a group is there: its members are final, whatever that means. */
static void
end_group(struct dbn_conn *c, pg_entry *sync)
{
	bool implicit = pg_txn(c) == DBN_TXN_NONE, failed = failed_entry(sync);
	pg_entry *last = NULL;

	for (pg_entry *e = c->head; e != sync; e = e->next)
		if (!e->ready) {
			failed = failed || failed_entry(e);
			if (e->kind == PG_SENT_EXEC && e->writes)
				last = e;
		}
	for (pg_entry *e = c->head; e != sync->next; e = e->next) {
		if (e->ready)
			continue;
		e->ready = true;
		e->not_run = skipped(e);
		e->undone = failed && implicit && e->kind == PG_SENT_EXEC && e->writes &&
			!failed_entry(e) && !e->not_run;
	}
	if (failed_entry(sync) && last) { /* the commit failed: told by the last that wrote */
		PQclear(last->res);
		last->res = sync->res;
		last->undone = false;
		sync->res = NULL;
	}
}

/* The keys among the rows of one command's result.  A trigger may have left rows out:
 * then nobody knows whose they are. */
static void
take_keys(pg_entry *e, const PGresult *r)
{
	uint64_t left = e->rows - e->at, n = left < e->step ? left : e->step;
	uint64_t got = (uint64_t)PQntuples(r);
	Oid type = PQnfields(r) ? PQftype(r, 0) : 0;
	bool known = got == n && (type == 20 || type == 21 || type == 23);

	for (uint64_t i = 0; i < n; i++) {
		int row = (int)i, len = known ? PQgetlength(r, row, 0) : 0;
		const char *p = known ? PQgetvalue(r, row, 0) : NULL;

		e->last_key = len == 8 ? (int64_t)pg_get64(p) : len == 4 ? (int32_t)pg_get32(p)
			: len == 2 ? (int16_t)pg_get16(p) : 0;
		if (e->keys)
			e->keys[e->at + i] = e->last_key;
	}
	e->at += n;
}

/* One result, NULL for the end of a command, to whom it belongs. */
static void
give_result(struct dbn_conn *c, PGresult *r)
{
	pg_entry *e = c->next_reply;

	if (!r) {
		if (e->res && --e->left == 0)
			c->next_reply = e->next;
		return;
	}
	if (PQresultStatus(r) == PGRES_PIPELINE_SYNC) {
		c->next_reply = e->next;
		end_group(c, e);
		PQclear(r);
		return;
	}
	if (e->kind == PG_SENT_EXEC && (PQresultStatus(r) == PGRES_COMMAND_OK ||
			PQresultStatus(r) == PGRES_TUPLES_OK)) { /* RETURNING */
		e->affected += pg_affected(r);
		if (e->wants_key)
			take_keys(e, r);
	}
	if (!e->res || (e->kind == PG_SENT_PREPARE && !failed_entry(e) && !skipped(e))) {
		PQclear(e->res); /* of a prepare the description is wanted */
		e->res = r;
	} else if (!failed_entry(e) && !skipped(e) && (pg_is_error(r) ||
			PQresultStatus(r) == PGRES_PIPELINE_ABORTED)) {
		PQclear(e->res);
		e->res = r;
	} else {
		PQclear(r);
	}
}

/* Replies that are there, without waiting for more.  Under the mutex. */
static void
collect_locked(struct dbn_conn *c)
{
	while (c->next_reply && !PQisBusy(c->pg)) {
		PGresult *r = PQgetResult(c->pg);

		if (!r && (c->next_reply->kind == PG_SENT_SYNC || !c->next_reply->res))
			return; /* nothing for it yet */
		give_result(c, r);
		if (PQstatus(c->pg) == CONNECTION_BAD)
			return;
	}
}

/* Everything unanswered is answered by the loss. */
void
pg_lose_all(struct dbn_conn *c)
{
	bool told = false;

	(void)pthread_mutex_lock(&c->mutex);
	for (pg_entry *e = c->head; e; e = e->next) {
		if (e->ready)
			continue;
		/* The server's last words say which one it ended with; nothing behind
		 * that one has run.  Without them nobody knows what has. */
		if (failed_entry(e) && PQresultErrorField(e->res, PG_DIAG_SQLSTATE))
			told = true;
		else if (told && skipped(e))
			e->not_run = true;
		else /* what was read to its end was read, whatever became of the group */
			e->lost = e->kind != PG_SENT_EXEC || e->writes || !e->res || e->left ||
				failed_entry(e) || skipped(e);
		e->ready = true;
		e->of = NULL;
	}
	c->next_reply = NULL;
	(void)pthread_mutex_unlock(&c->mutex);
}

static dbn_status
advance_connect(struct dbn_conn *c, dbn_io_want *want, dbn_error **err)
{
	struct pollfd p = { PQsocket(c->pg), c->events == 1 ? POLLIN : POLLOUT, 0 };
	dbn_status rc = DBN_E_BUSY;

	/* libpq wants to be called when its descriptor is ready, not before */
	if (poll(&p, 1, 0) > 0)
		rc = pg_connect_step(c, &c->events, err);
	if (rc == DBN_E_BUSY) {
		want->fd = PQsocket(c->pg);
		want->events = c->events;
	}
	return rc;
}

/* What the server told of types; and prepares that still miss some. */
static dbn_status
look_for_types(struct dbn_conn *c, dbn_error **err)
{
	dbn_status rc = DBN_OK;

	for (pg_entry *e = c->head; rc == DBN_OK && e; e = e->next) {
		Oid more[PG_TYPES_AT_ONCE];
		size_t nmore;

		if (e->kind != PG_SENT_TYPES || !e->ready || !e->of)
			continue;
		e->of->ready = true;
		e->of = NULL;
		c->preparing--;
		if (e->res && !e->lost && PQresultStatus(e->res) == PGRES_TUPLES_OK)
			rc = pg_types_take(c, e->res, more, &nmore, err);
	}
	for (pg_entry *e = c->head; rc == DBN_OK && e; e = e->next)
		if (e->kind == PG_SENT_PREPARE && e->ready)
			rc = ask_types(c, e, err);
	return rc;
}

dbn_status
pg_advance(struct dbn_conn *c, dbn_io_want *want, dbn_error **err)
{
	dbn_status rc = DBN_OK;
	int pending;

	want->fd = -1;
	want->events = want->ready = 0;
	want->wake_ns = 0;
	if (!c->connected)
		return advance_connect(c, want, err);
	pending = c->broken ? -1 : PQflush(c->pg);
	if (pending < 0 || !PQconsumeInput(c->pg)) {
		pg_lose_all(c);
		return pg_lost(c, err);
	}
	if (pthread_mutex_trylock(&c->mutex) != 0) { /* a cancel is being sent */
		want->wake_ns = c->host->now_ns(c->host) + 1000000;
		return DBN_E_BUSY;
	}
	collect_locked(c);
	if (atomic_load(&c->doubt) && !c->next_reply)
		c->broken = true;
	(void)pthread_mutex_unlock(&c->mutex);
	if (PQstatus(c->pg) == CONNECTION_BAD) {
		pg_lose_all(c);
		return pg_lost(c, err);
	}
	if (c->preparing)
		rc = look_for_types(c, err);
	if (rc != DBN_OK)
		return rc;
	for (const pg_entry *e = c->head; e && e->ready; e = e->next)
		want->ready += e->kind == PG_SENT_PREPARE || e->kind == PG_SENT_EXEC;
	if (!c->next_reply && !pending)
		return DBN_OK;
	want->fd = PQsocket(c->pg);
	want->events = 1u | (pending ? 2u : 0u);
	return DBN_E_BUSY;
}

/* ---- outcomes ---- */

static dbn_status
lost_outcome(struct dbn_conn *c, const pg_entry *e, dbn_outcome *out)
{
	out->sent = DBN_SENT_MAYBE;
	c->phase = e->writes ? PG_PHASE_COMMIT : PG_PHASE_RUN;
	return pg_lost(c, &out->error);
}

static dbn_status
make_cursor(struct dbn_conn *c, pg_entry *e, struct dbn_cursor **cur, dbn_error **err)
{
	struct dbn_cursor *x = (struct dbn_cursor *)plug_zalloc(c->host, 1, sizeof *x);

	if (!x)
		return plug_nomem(c->host, err);
	x->kept = (PGresult **)plug_zalloc(c->host, 1, sizeof *x->kept);
	if (!x->kept) {
		c->host->release(c->host, x);
		return plug_nomem(c->host, err);
	}
	x->cap_kept = x->nkept = 1;
	x->kept[0] = e->res;
	e->res = NULL;
	x->stmt = e->stmt;
	x->conn = c;
	x->owned = true;
	x->state = PG_CUR_KEPT;
	x->bytes_left = UINT64_MAX;
	x->arena.host = c->host;
	x->next_owned = c->owned;
	x->link_owned = &c->owned;
	if (x->next_owned)
		x->next_owned->link_owned = &x->next_owned;
	c->owned = x;
	*cur = x;
	return DBN_OK;
}

static dbn_status
finish_prepare(struct dbn_conn *c, const pg_entry *e, dbn_outcome *out)
{
	Oid unknown;

	if (!e->stmt)
		return plug_fail_status(c->host, &out->error, DBN_E_INVALID,
			"the statement was closed meanwhile");
	e->stmt->on_server = true;
	if (pg_stmt_unknown(e->stmt, e->res, &unknown, 1))
		return pg_fail_state(c->host, &out->error, "42704", NULL, "type %u is not known", unknown);
	return pg_stmt_describe(e->stmt, e->res, &out->error);
}

static dbn_status
outcome_of(struct dbn_conn *c, pg_entry *e, dbn_outcome *out, struct dbn_cursor **cur)
{
	out->sent = e->not_run ? DBN_SENT_NO : DBN_SENT_YES;
	if (e->not_run || e->undone)
		return plug_fail_status(c->host, &out->error, DBN_E_TXN_FAILED,
			"%s: another of the group failed", e->undone ? "undone" : "not run");
	if (e->lost)
		return lost_outcome(c, e, out);
	if (failed_entry(e)) {
		c->phase = PG_PHASE_RUN;
		return pg_fail_result(c, e->res, &out->error);
	}
	if (e->kind == PG_SENT_PREPARE)
		return finish_prepare(c, e, out);
	out->affected = e->affected;
	if (e->last_key) {
		out->generated_key.type = DBN_INT64;
		out->generated_key.u.i64 = e->last_key;
	}
	if (cur && e->stmt && e->res && PQntuples(e->res) > 0)
		return make_cursor(c, e, cur, &out->error);
	return DBN_OK;
}

dbn_status
pg_take(struct dbn_conn *c, uint64_t *tag, dbn_outcome *out, struct dbn_cursor **cur,
	dbn_error **err)
{
	pg_entry *e;

	(void)err;
	while ((e = pg_queue_pop(c)) != NULL && e->kind != PG_SENT_PREPARE && e->kind != PG_SENT_EXEC)
		pg_entry_free(c, e);
	if (!e)
		return DBN_DONE;
	c->preparing -= e->kind == PG_SENT_PREPARE;
	*tag = e->tag;
	if (cur)
		*cur = NULL;
	pg_fill_outcome(c, DBN_OK, DBN_SENT_YES, out);
	out->status = outcome_of(c, e, out, cur);
	out->txn = pg_txn(c);
	pg_entry_free(c, e);
	return DBN_OK;
}

dbn_status
pg_stmt_info(struct dbn_stmt *s, dbn_stmt_info *out, dbn_error **err)
{
	if (!s->described)
		return plug_fail_status(s->conn->host, err, DBN_E_INVALID,
			"the outcome of preparing it was not taken yet, or it failed");
	pg_stmt_facts(s, out);
	return DBN_OK;
}
