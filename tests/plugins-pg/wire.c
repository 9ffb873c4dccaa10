/* SPDX-License-Identifier: MIT */
/*
 * The asynchronous machine: a queue of what was sent, moved on by advance().
 * Nothing here blocks but pg_wait() and pg_cancel(), which say so.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "pg.h"

dbn_status
pg_fail_result(const dbn_host *host, const PGresult *res, dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f };
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);

	(void)snprintf(f.sqlstate, sizeof f.sqlstate, "%s", state ? state : "XX000");
	f.detail = plug_text(PQresultErrorField(res, PG_DIAG_MESSAGE_DETAIL));
	f.constraint = plug_text(PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME));
	f.relation = plug_text(PQresultErrorField(res, PG_DIAG_TABLE_NAME));
	f.column = plug_text(PQresultErrorField(res, PG_DIAG_COLUMN_NAME));
	return plug_fail(host, err, &f, "%s", text ? text : "the server refused");
}

static dbn_status
fail_conn(struct dbn_conn *c, dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f };

	c->broken = true;
	memcpy(f.sqlstate, "08006", 6);
	f.detail = plug_text(PQerrorMessage(c->pg));
	return plug_fail(c->host, err, &f, "the connection to PostgreSQL failed");
}

uint32_t
pg_txn(const struct dbn_conn *c)
{
	switch (PQtransactionStatus(c->pg)) {
	case PQTRANS_INTRANS:
		return DBN_TXN_OPEN;
	case PQTRANS_INERROR:
		return DBN_TXN_FAILED;
	default:
		return DBN_TXN_NONE;
	}
}

dbn_status
pg_connect_start(void *self, const dbn_connect_opts *o, struct dbn_conn **out, dbn_error **err)
{
	pg_driver *d = (pg_driver *)self;
	char info[1024];
	struct dbn_conn *c;

	if (o->url.len < 9 || memcmp(o->url.ptr, "postgres:", 9) != 0 || o->url.len > sizeof info)
		return plug_fail_status(d->host, err, DBN_E_CONFIG, "not a url of PostgreSQL");
	(void)snprintf(info, sizeof info, "%.*s", (int)(o->url.len - 9), o->url.ptr + 9);
	c = (struct dbn_conn *)plug_zalloc(d->host, 1, sizeof *c);
	if (!c)
		return plug_nomem(d->host, err);
	c->host = d->host;
	c->tail = &c->head;
	c->connect_events = 2;
	(void)pthread_mutex_init(&c->mutex, NULL);
	c->pg = PQconnectStart(info);
	if (!c->pg || PQstatus(c->pg) == CONNECTION_BAD) {
		dbn_status rc = c->pg ? fail_conn(c, err) : plug_nomem(d->host, err);

		pg_disconnect(c);
		return rc;
	}
	*out = c;
	return DBN_OK;
}

static void
free_entry(struct dbn_conn *c, pg_entry *e)
{
	PQclear(e->res);
	c->host->release(c->host, e);
}

void
pg_disconnect(struct dbn_conn *c)
{
	while (c->stmts)
		pg_close_stmt(c->stmts);
	while (c->head) {
		pg_entry *next = c->head->next;

		free_entry(c, c->head);
		c->head = next;
	}
	PQfinish(c->pg);
	(void)pthread_mutex_destroy(&c->mutex);
	c->host->release(c->host, c);
}

static dbn_status
push(struct dbn_conn *c, uint32_t kind, uint64_t tag, struct dbn_stmt *s, dbn_error **err)
{
	pg_entry *e = (pg_entry *)plug_zalloc(c->host, 1, sizeof *e);

	if (!e)
		return plug_nomem(c->host, err);
	e->kind = kind;
	e->tag = tag;
	e->stmt = s;
	(void)pthread_mutex_lock(&c->mutex);
	*c->tail = e;
	c->tail = &e->next;
	if (!c->next_reply)
		c->next_reply = e;
	(void)pthread_mutex_unlock(&c->mutex);
	return DBN_OK;
}

dbn_status
pg_prepare_start(struct dbn_conn *c, dbn_text sql, const dbn_prepare_opts *o,
	struct dbn_stmt **out, uint64_t tag, dbn_error **err)
{
	struct dbn_stmt *s = (struct dbn_stmt *)plug_zalloc(c->host, 1, sizeof *s);
	char *text = s ? strndup(sql.ptr ? sql.ptr : "", sql.len) : NULL;
	dbn_status rc = text ? DBN_OK : plug_nomem(c->host, err);

	if (rc == DBN_OK && (!sql.len || memchr(sql.ptr, 0, sql.len)))
		rc = plug_fail_status(c->host, err, DBN_E_SYNTAX, "empty, or a NUL byte");
	if (rc == DBN_OK) {
		s->conn = c;
		s->nwant = o->result_types.count;
		s->want = (dbn_type *)plug_zalloc(c->host, s->nwant + 1, sizeof *s->want);
		(void)snprintf(s->name, sizeof s->name, "s%llu", (unsigned long long)++c->names);
		for (uint32_t i = 0; s->want && i < s->nwant; i++)
			s->want[i] = *(const dbn_type *)plug_at(&o->result_types, i);
		if (!s->want || !PQsendPrepare(c->pg, s->name, text, 0, NULL) ||
			!PQsendDescribePrepared(c->pg, s->name))
			rc = fail_conn(c, err);
	}
	free(text);
	if (rc == DBN_OK)
		rc = push(c, PG_PREPARE, tag, s, err);
	if (rc == DBN_OK)
		rc = push(c, PG_DESCRIBE, tag, s, err);
	if (rc != DBN_OK) {
		if (s)
			c->host->release(c->host, s->want);
		c->host->release(c->host, s);
		return rc;
	}
	s->next = c->stmts;
	s->link = &c->stmts;
	if (s->next)
		s->next->link = &s->next;
	c->stmts = s;
	*out = s;
	return DBN_OK;
}

void
pg_close_stmt(struct dbn_stmt *s)
{
	const dbn_host *host = s->conn->host;

	*s->link = s->next;
	if (s->next)
		s->next->link = s->link;
	PQclear(s->described);
	host->release(host, s->want);
	host->release(host, s->columns);
	host->release(host, s);
}

dbn_status
pg_submit(struct dbn_conn *c, const dbn_exec_item *item, uint64_t tag, dbn_error **err)
{
	char *params[64] = { NULL };
	dbn_status rc = DBN_OK;

	if (item->nvalues > 64 || item->nrows != 1)
		return plug_fail_status(c->host, err, DBN_E_UNSUPPORTED, "too many values");
	for (uint32_t i = 0; rc == DBN_OK && i < item->nvalues; i++)
		rc = pg_write(c->host, &item->values[i], &params[i], err);
	if (rc == DBN_OK && !PQsendQueryPrepared(c->pg, item->stmt->name, (int)item->nvalues,
			(const char *const *)params, NULL, NULL, 0))
		rc = fail_conn(c, err);
	for (uint32_t i = 0; i < item->nvalues; i++)
		c->host->release(c->host, params[i]);
	return rc == DBN_OK ? push(c, PG_EXEC, tag, item->stmt, err) : rc;
}

dbn_status
pg_sync(struct dbn_conn *c, uint64_t group, dbn_error **err)
{
	if (!PQpipelineSync(c->pg))
		return fail_conn(c, err);
	return push(c, PG_SYNC, group, NULL, err);
}

static bool
is_error(const PGresult *r)
{
	ExecStatusType st = PQresultStatus(r);

	return st == PGRES_FATAL_ERROR || st == PGRES_BAD_RESPONSE || st == PGRES_PIPELINE_ABORTED;
}

/* The sync of a group is here: its members are final, whatever that means. */
static void
end_group(struct dbn_conn *c, pg_entry *sync)
{
	bool failed = false, implicit = pg_txn(c) == DBN_TXN_NONE;

	for (pg_entry *e = c->head; e != sync; e = e->next)
		failed = failed || (!e->ready && e->res && is_error(e->res));
	for (pg_entry *e = c->head; e != sync->next; e = e->next) {
		if (e->ready)
			continue;
		e->ready = true;
		e->not_run = e->res && PQresultStatus(e->res) == PGRES_PIPELINE_ABORTED;
		e->undone = failed && implicit && e->kind == PG_EXEC && e->res && !is_error(e->res) &&
			PQresultStatus(e->res) == PGRES_COMMAND_OK;
	}
}

/* Replies that are there, without waiting for more. */
static void
collect(struct dbn_conn *c)
{
	while (c->next_reply && !PQisBusy(c->pg)) {
		PGresult *r = PQgetResult(c->pg);
		pg_entry *e = c->next_reply;

		if (!r) {
			if (!e->res)
				return; /* nothing for it yet */
			e->done = true;
			c->next_reply = e->next;
			continue;
		}
		if (PQresultStatus(r) == PGRES_PIPELINE_SYNC) {
			e->done = true;
			c->next_reply = e->next;
			end_group(c, e);
			PQclear(r);
		} else if (e->res) {
			PQclear(r);
		} else {
			e->res = r;
		}
	}
}

static dbn_status
advance_connect(struct dbn_conn *c, dbn_io_want *want, dbn_error **err)
{
	switch (PQconnectPoll(c->pg)) {
	case PGRES_POLLING_OK:
		c->connected = true;
		if (PQsetnonblocking(c->pg, 1) != 0 || !PQenterPipelineMode(c->pg))
			return fail_conn(c, err);
		return DBN_OK;
	case PGRES_POLLING_READING:
		want->events = 1;
		break;
	case PGRES_POLLING_WRITING:
		want->events = 2;
		break;
	default:
		return fail_conn(c, err);
	}
	want->fd = PQsocket(c->pg);
	return DBN_E_BUSY;
}

dbn_status
pg_advance(struct dbn_conn *c, dbn_io_want *want, dbn_error **err)
{
	int flushed;

	want->fd = -1;
	want->events = want->ready = 0;
	want->wake_ns = 0;
	if (!c->connected)
		return advance_connect(c, want, err);
	flushed = PQflush(c->pg);
	if (flushed < 0 || !PQconsumeInput(c->pg))
		return fail_conn(c, err);
	(void)pthread_mutex_lock(&c->mutex);
	collect(c);
	for (const pg_entry *e = c->head; e && e->ready; e = e->next)
		want->ready += e->kind == PG_PREPARE || e->kind == PG_EXEC;
	(void)pthread_mutex_unlock(&c->mutex);
	if (PQstatus(c->pg) == CONNECTION_BAD)
		return fail_conn(c, err);
	if (!c->next_reply && !flushed)
		return DBN_OK;
	want->fd = PQsocket(c->pg);
	want->events = 1u | (flushed ? 2u : 0u);
	return DBN_E_BUSY; /* without an error: it is news of the border, see want */
}

/* What the server described, as the statement's facts. */
static dbn_status
describe(struct dbn_stmt *s, PGresult *given, dbn_error **err)
{
	const dbn_host *host = s->conn->host;

	s->described = given;
	s->nparams = (uint32_t)PQnparams(given);
	s->ncolumns = (uint32_t)PQnfields(given);
	s->columns = (dbn_column_info *)plug_zalloc(host, s->ncolumns + 1, sizeof *s->columns);
	if (!s->columns)
		return plug_nomem(host, err);
	for (uint32_t i = 0; i < s->ncolumns; i++) {
		s->columns[i].struct_size = (uint32_t)sizeof *s->columns;
		s->columns[i].name = plug_text(PQfname(given, (int)i));
		s->columns[i].type = i < s->nwant && s->want[i] ? s->want[i]
			: pg_type(PQftype(given, (int)i));
	}
	return DBN_OK;
}

static pg_entry *
pop(struct dbn_conn *c)
{
	pg_entry *e;

	(void)pthread_mutex_lock(&c->mutex);
	e = c->head && c->head->ready ? c->head : NULL;
	if (e) {
		c->head = e->next;
		if (!c->head)
			c->tail = &c->head;
	}
	(void)pthread_mutex_unlock(&c->mutex);
	return e;
}

static dbn_status
outcome_of(struct dbn_conn *c, pg_entry *e, dbn_outcome *out, struct dbn_cursor **cur)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f, .status = DBN_E_TXN_FAILED };

	out->sent = e->not_run ? DBN_SENT_NO : DBN_SENT_YES;
	if (e->not_run || e->undone)
		return plug_fail(c->host, &out->error, &f, "%s: another of the group failed",
			e->undone ? "undone" : "not run");
	if (is_error(e->res))
		return pg_fail_result(c->host, e->res, &out->error);
	if (e->kind == PG_PREPARE)
		return DBN_OK;
	out->affected = strtoull(PQcmdTuples(e->res), NULL, 10);
	if (PQresultStatus(e->res) == PGRES_TUPLES_OK && strncmp(PQcmdStatus(e->res), "SELECT", 6) == 0)
		out->affected = 0;
	if (PQntuples(e->res) > 0 && cur) {
		*cur = pg_cursor_new(e->stmt, e->res);
		if (!*cur)
			return plug_nomem(c->host, &out->error);
		e->res = NULL;
	}
	return DBN_OK;
}

dbn_status
pg_take(struct dbn_conn *c, uint64_t *tag, dbn_outcome *out, struct dbn_cursor **cur,
	dbn_error **err)
{
	pg_entry *e, *d;

	do {
		e = pop(c);
		if (e && e->kind == PG_SYNC) {
			free_entry(c, e);
			continue;
		}
		break;
	} while (true);
	if (!e)
		return DBN_DONE;
	*tag = e->tag;
	if (cur)
		*cur = NULL;
	out->error = NULL;
	out->affected = 0;
	memset(&out->generated_key, 0, sizeof out->generated_key);
	out->commit_position = (dbn_text){ NULL, 0 };
	out->status = outcome_of(c, e, out, cur);
	if (e->kind == PG_PREPARE && (d = pop(c)) != NULL) {
		if (out->status == DBN_OK && d->res && !is_error(d->res)) {
			out->status = describe(e->stmt, d->res, err);
			d->res = NULL;
		}
		free_entry(c, d);
	}
	out->txn = pg_txn(c);
	free_entry(c, e);
	return DBN_OK;
}

dbn_status
pg_stmt_info(struct dbn_stmt *s, dbn_stmt_info *out, dbn_error **err)
{
	if (!s->described)
		return plug_fail_status(s->conn->host, err, DBN_E_INVALID, "not prepared yet");
	out->nparams = s->nparams;
	out->columns = (dbn_array){ s->columns, s->ncolumns, (uint32_t)sizeof *s->columns };
	out->read_only = s->read_only;
	return DBN_OK;
}

/*
 * Blocks until the server has passed the signal on.  The mutex keeps a later
 * statement from being sent meanwhile; with others in flight it is refused.
 */
dbn_status
pg_cancel(struct dbn_conn *c, uint64_t no, dbn_error **err)
{
	dbn_status rc = DBN_OK;
	PGcancel *k;
	char why[128];

	(void)pthread_mutex_lock(&c->mutex);
	if (c->next_reply && c->next_reply->kind == PG_EXEC && c->next_reply->tag == no) {
		pg_entry *after = c->next_reply->next;

		if (after && (after->kind != PG_SYNC || after->next)) {
			rc = plug_fail_status(c->host, err, DBN_E_BUSY, "others are in flight behind it");
		} else if ((k = PQgetCancel(c->pg)) != NULL) {
			if (!PQcancel(k, why, (int)sizeof why))
				rc = plug_fail_status(c->host, err, DBN_E_CONN, "cannot reach the server");
			PQfreeCancel(k);
		}
	}
	(void)pthread_mutex_unlock(&c->mutex);
	return rc;
}

dbn_status
pg_wait(struct dbn_conn *c, const dbn_call *call, dbn_error **err)
{
	dbn_io_want want = { .struct_size = (uint32_t)sizeof want };
	bool cancelled = false;
	dbn_status rc;

	while ((rc = pg_advance(c, &want, err)) == DBN_E_BUSY) {
		struct pollfd p = { want.fd, (short)((want.events & 1 ? POLLIN : 0) |
			(want.events & 2 ? POLLOUT : 0)), 0 };

		if (poll(&p, 1, 20) < 0 && errno != EINTR)
			return fail_conn(c, err);
		if (call && c->host->cancelled(c->host, call) && !cancelled && c->next_reply) {
			cancelled = true;
			(void)pg_cancel(c, c->next_reply->tag, NULL);
		}
	}
	return rc;
}
