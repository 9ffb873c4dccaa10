/* SPDX-License-Identifier: MIT */
/*
 * Pipelines, the way out: prepares, executions and the syncs that end a group are
 * sent one behind the other, and each is queued with what it will be told by.
 */
#include "driver.h"

dbn_status
pg_connect_start(void *self, const dbn_connect_opts *o, struct dbn_conn **out, dbn_error **err)
{
	dbn_status rc = pg_connect_begin((pg_driver *)self, o, out, err);

	if (rc == DBN_OK)
		(*out)->events = 2; /* as PQconnectStart() says */
	return rc;
}

dbn_status
pg_submit_own(struct dbn_conn *c, const char *sql, dbn_error **err)
{
	dbn_status rc = pg_enter_pipeline(c, err);
	pg_entry *e;

	if (rc != DBN_OK)
		return rc;
	e = pg_entry_new(c, PG_SENT_OWN, 0, NULL);
	if (!e)
		return plug_nomem(c->host, err);
	if (!PQsendQueryParams(c->pg, sql, 0, NULL, NULL, NULL, NULL, 1)) {
		pg_entry_free(c, e);
		return pg_lost(c, err);
	}
	pg_queue_push(c, e);
	return DBN_OK;
}

/* Statements of the server that are closed here. */
static dbn_status
submit_dead(struct dbn_conn *c, dbn_error **err)
{
	dbn_status rc = DBN_OK;
	char sql[64];

	while (rc == DBN_OK && c->ndead && pg_txn(c) == DBN_TXN_NONE && !c->next_reply) {
		(void)snprintf(sql, sizeof sql, "DEALLOCATE dbn_%llu",
			(unsigned long long)c->dead[c->ndead - 1]);
		rc = pg_submit_own(c, sql, err);
		c->ndead -= rc == DBN_OK;
	}
	return rc;
}

static dbn_status
send_prepare(struct dbn_conn *c, struct dbn_stmt *s, uint64_t tag, dbn_error **err)
{
	pg_entry *e = pg_entry_new(c, PG_SENT_PREPARE, tag, s);

	if (!e)
		return plug_nomem(c->host, err);
	if (!PQsendPrepare(c->pg, s->name, s->text, 0, NULL) ||
		!PQsendDescribePrepared(c->pg, s->name)) {
		pg_entry_free(c, e);
		return pg_lost(c, err);
	}
	e->left = 2;
	c->preparing++;
	pg_queue_push(c, e);
	return DBN_OK;
}

dbn_status
pg_prepare_start(struct dbn_conn *c, dbn_text sql, const dbn_prepare_opts *o,
	struct dbn_stmt **out, uint64_t tag, dbn_error **err)
{
	struct dbn_stmt *s = NULL;
	dbn_status rc = pg_enter_pipeline(c, err);

	if (rc == DBN_OK && (o->flags & DBN_PREPARE_ADMIN))
		rc = plug_fail_status(c->host, err, DBN_E_UNSUPPORTED,
			"administrative statements do not travel in groups");
	if (rc == DBN_OK)
		rc = submit_dead(c, err);
	if (rc == DBN_OK)
		rc = pg_stmt_new(c, sql, o, &s, err);
	if (rc == DBN_OK)
		rc = send_prepare(c, s, tag, err);
	if (rc != DBN_OK) {
		pg_close_stmt(s);
		return rc;
	}
	*out = s;
	return DBN_OK;
}

static dbn_status
check_item(struct dbn_conn *c, const dbn_exec_item *item, dbn_error **err)
{
	struct dbn_stmt *s = item->stmt;

	if (s->conn != c)
		return plug_fail_status(c->host, err, DBN_E_INVALID,
			"the statement belongs to another connection");
	if (!s->described)
		return plug_fail_status(c->host, err, DBN_E_INVALID, "the statement is not prepared yet");
	if (!s->on_server)
		return plug_fail_status(c->host, err, DBN_E_SCHEMA,
			"the server has forgotten the statement: prepare it again");
	if (!item->nrows)
		return plug_fail_status(c->host, err, DBN_E_INVALID, "an item of no rows");
	if (s->ncols && item->nrows != 1 && (item->flags & DBN_EXEC_ROWS))
		return plug_fail_status(c->host, err, DBN_E_UNSUPPORTED,
			"several rows of a statement whose rows are wanted");
	return DBN_OK;
}

/* Does every row fit?  Before any of them is sent. */
static dbn_status
try_rows(const dbn_exec_item *item, dbn_error **err)
{
	dbn_status rc = DBN_OK;

	for (uint64_t r = 0; rc == DBN_OK && item->nrows > 1 && r < item->nrows; r++)
		rc = pg_bind(item->stmt, item->values ? item->values + r * item->nvalues : NULL,
			item->nvalues, err);
	return rc;
}

/* Queue an execution of an item, in commands of `step` rows. */
static dbn_status
push_exec(struct dbn_conn *c, struct dbn_stmt *s, const dbn_exec_item *item, uint64_t tag,
	uint64_t step, dbn_error **err)
{
	pg_entry *e = pg_entry_new(c, PG_SENT_EXEC, tag, s);

	if (!e)
		return plug_nomem(c->host, err);
	e->left = item->nrows / step + (item->nrows % step != 0);
	e->wants_key = (item->flags & DBN_EXEC_KEYS) != 0;
	e->keys = e->wants_key ? item->keys : NULL;
	e->rows = item->nrows;
	e->step = step;
	e->writes = !s->read_only;
	pg_queue_push(c, e);
	return DBN_OK;
}

dbn_status
pg_submit(struct dbn_conn *c, const dbn_exec_item *item, uint64_t tag, dbn_error **err)
{
	struct dbn_stmt *s = item->stmt;
	dbn_status rc = pg_enter_pipeline(c, err);

	if (rc == DBN_OK)
		rc = check_item(c, item, err);
	if (rc == DBN_OK)
		rc = try_rows(item, err);
	for (uint64_t r = 0; rc == DBN_OK && r < item->nrows; r++) {
		rc = pg_bind(s, item->values ? item->values + r * item->nvalues : NULL, item->nvalues, err);
		if (rc == DBN_OK && r == 0)
			rc = push_exec(c, s, item, tag, 1, err);
		if (rc == DBN_OK && !PQsendQueryPrepared(c->pg, s->name, (int)s->nparams, s->values,
				s->lengths, s->formats, 1))
			rc = pg_lost(c, err);
		else if (rc != DBN_OK && r)
			c->broken = true; /* half of the item is on its way */
	}
	return rc;
}

dbn_status
pg_submit_arrays(struct dbn_conn *c, struct dbn_stmt *s, const dbn_exec_item *item,
	uint64_t step, dbn_status (*next)(struct dbn_stmt *s, uint64_t i, void *user, dbn_error **err), void *user,
	dbn_error **err)
{
	dbn_status rc = pg_enter_pipeline(c, err);

	for (uint64_t i = 0; rc == DBN_OK && i * step < item->nrows; i++) {
		rc = next(s, i, user, err);
		if (rc == DBN_OK && i == 0)
			rc = push_exec(c, s, item, 0, step, err);
		if (rc == DBN_OK && !PQsendQueryPrepared(c->pg, s->name, (int)s->nparams, s->values,
				s->lengths, s->formats, 1))
			rc = pg_lost(c, err);
		else if (rc != DBN_OK && i)
			c->broken = true;
	}
	return rc;
}

dbn_status
pg_sync(struct dbn_conn *c, uint64_t group, dbn_error **err)
{
	dbn_status rc = pg_enter_pipeline(c, err);
	pg_entry *e;

	if (rc != DBN_OK)
		return rc;
	e = pg_entry_new(c, PG_SENT_SYNC, group, NULL);
	if (!e)
		return plug_nomem(c->host, err);
	if (!PQpipelineSync(c->pg)) {
		pg_entry_free(c, e);
		return pg_lost(c, err);
	}
	pg_queue_push(c, e);
	return DBN_OK;
}
