/* SPDX-License-Identifier: MIT */
/*
 * What was sent and not taken: the queue of a pipeline, and the mode of the
 * connection that goes with it.
 *
 * The mutex guards the queue against pg_cancel(); advance() does not wait for it.
 */
#include "driver.h"

pg_entry *
pg_entry_new(struct dbn_conn *c, uint32_t kind, uint64_t tag, struct dbn_stmt *s)
{
	pg_entry *e = c->spare;

	if (e) {
		c->spare = e->next;
		memset(e, 0, sizeof *e);
	} else {
		e = (pg_entry *)plug_zalloc(c->host, 1, sizeof *e);
	}
	if (e) {
		e->kind = kind;
		e->tag = tag;
		e->stmt = s;
		e->left = 1;
	}
	return e;
}

void
pg_entry_free(struct dbn_conn *c, pg_entry *e)
{
	PQclear(e->res);
	e->res = NULL;
	e->next = c->spare;
	c->spare = e;
}

void
pg_queue_push(struct dbn_conn *c, pg_entry *e)
{
	(void)pthread_mutex_lock(&c->mutex);
	e->next = NULL;
	*c->tail = e;
	c->tail = &e->next;
	if (!c->next_reply)
		c->next_reply = e;
	(void)pthread_mutex_unlock(&c->mutex);
}

pg_entry *
pg_queue_pop(struct dbn_conn *c)
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

void
pg_async_free(struct dbn_conn *c)
{
	while (c->owned)
		pg_close_cursor(c->owned);
	while (c->head) {
		pg_entry *next = c->head->next;

		pg_entry_free(c, c->head);
		c->head = next;
	}
	while (c->spare) {
		pg_entry *next = c->spare->next;

		c->host->release(c->host, c->spare);
		c->spare = next;
	}
}

void
pg_forget_stmt(struct dbn_conn *c, struct dbn_stmt *s)
{
	for (pg_entry *e = c->head; e; e = e->next)
		if (e->stmt == s)
			e->stmt = NULL;
	for (struct dbn_cursor *cur = c->owned; cur; cur = cur->next_owned)
		if (cur->stmt == s) {
			pg_cursor_clear(cur);
			cur->state = PG_CUR_CUT;
			cur->why = DBN_E_INVALID;
			cur->stmt = NULL;
		}
}

dbn_status
pg_enter_pipeline(struct dbn_conn *c, dbn_error **err)
{
	if (c->broken)
		return pg_fail_state(c->host, err, "08003", "Close it and open another.",
			"the connection was lost before");
	if (!c->connected)
		return plug_fail_status(c->host, err, DBN_E_INVALID, "the connection is not open yet");
	if (c->live || c->bulk)
		return plug_fail_status(c->host, err, DBN_E_BUSY, "%s open on the connection",
			c->live ? "rows are" : "a bulk load is");
	if (PQpipelineStatus(c->pg) == PQ_PIPELINE_OFF) {
		c->phase = PG_PHASE_RUN;
		c->stop = PG_STOP_NONE;
		if (!PQenterPipelineMode(c->pg))
			return pg_lost(c, err);
	}
	if (!c->tail)
		c->tail = &c->head;
	return DBN_OK;
}

dbn_status
pg_leave_pipeline(struct dbn_conn *c, dbn_error **err)
{
	while (c->head && c->head->ready && (c->head->kind == PG_SENT_SYNC ||
			c->head->kind == PG_SENT_OWN || c->head->kind == PG_SENT_TYPES))
		pg_entry_free(c, pg_queue_pop(c));
	if (c->head)
		return plug_fail_status(c->host, err, DBN_E_BUSY,
			"statements are in flight whose outcomes were not taken");
	if (PQpipelineStatus(c->pg) != PQ_PIPELINE_OFF && !PQexitPipelineMode(c->pg))
		return pg_lost(c, err);
	return DBN_OK;
}

bool
pg_is_alone_locked(const struct dbn_conn *c, uint64_t no, bool *there)
{
	const pg_entry *e = c->next_reply, *after;

	*there = false;
	for (const pg_entry *x = e; no && x && !*there; x = x->next)
		*there = x->kind == PG_SENT_EXEC && x->tag == no;
	if (!*there || e->kind != PG_SENT_EXEC || e->tag != no)
		return false;
	after = e->next;
	return !after || (after->kind == PG_SENT_SYNC && !after->next);
}
