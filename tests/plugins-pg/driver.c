/* SPDX-License-Identifier: MIT */
/*
 * The blocking operations over the machine of wire.c, and the entry.  A database
 * named by dbname= that is not there is made where the caller asks for that.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "pg.h"

static dbn_status
driver_create(const dbn_create_info *info, void **self, dbn_error **err)
{
	pg_driver *d = (pg_driver *)plug_zalloc(info->host, 1, sizeof *d);

	if (!d)
		return plug_nomem(info->host, err);
	d->host = info->host;
	*self = d;
	return DBN_OK;
}

static void
driver_destroy(void *self)
{
	pg_driver *d = (pg_driver *)self;

	d->host->release(d->host, d);
}

static dbn_status
driver_describe(void *self, dbn_dialect *out, dbn_error **err)
{
	(void)self;
	(void)err;
	out->id = DBN_DIALECT_POSTGRES;
	out->capabilities = DBN_CAP_RETURNING | DBN_CAP_MULTI_ROW | DBN_CAP_SAVEPOINT | DBN_CAP_CANCEL;
	out->default_schema = PLUG_TEXT("public");
	out->isolation_levels = 1u << DBN_ISOLATION_READ_COMMITTED |
		1u << DBN_ISOLATION_REPEATABLE_READ | 1u << DBN_ISOLATION_SERIALIZABLE;
	out->default_isolation = DBN_ISOLATION_READ_COMMITTED;
	return DBN_OK;
}

/* CREATE DATABASE, from the one that is always there. */
static bool
make_database(const dbn_connect_opts *o)
{
	char info[1100], sql[300];
	const char *name;
	PGconn *pg;
	bool made;

	(void)snprintf(info, sizeof info, "%.*s dbname=postgres", (int)(o->url.len - 9), o->url.ptr + 9);
	name = strstr(info, "dbname=");
	(void)snprintf(sql, sizeof sql, "CREATE DATABASE \"%.*s\"", (int)strcspn(name + 7, " "), name + 7);
	pg = PQconnectdb(info);
	made = PQstatus(pg) == CONNECTION_OK;
	if (made) {
		PGresult *r = PQexec(pg, sql);

		made = PQresultStatus(r) == PGRES_COMMAND_OK;
		PQclear(r);
	}
	PQfinish(pg);
	return made;
}

static dbn_status
driver_connect(void *self, const dbn_connect_opts *o, struct dbn_conn **out, dbn_error **err)
{
	pg_driver *d = (pg_driver *)self;

	for (int attempt = 0;; attempt++) {
		struct dbn_conn *c = NULL;
		dbn_status rc = pg_connect_start(self, o, &c, err);

		if (rc == DBN_OK)
			rc = pg_wait(c, &o->call, err);
		if (rc == DBN_OK) {
			*out = c;
			return DBN_OK;
		}
		if (c)
			pg_disconnect(c);
		if (rc != DBN_E_CONN || attempt || !o->create || !make_database(o))
			return rc;
		if (err) {
			d->host->error_free(*err);
			*err = NULL;
		}
	}
}

/* One text without parameters; *res (may be NULL) is the caller's. */
static dbn_status
run_text(struct dbn_conn *c, const char *sql, const dbn_call *call, PGresult **res, dbn_error **err)
{
	dbn_prepare_opts po = { .call = DBN_CALL_INIT };
	struct dbn_stmt *s = NULL;
	dbn_exec_item item = { .struct_size = (uint32_t)sizeof item, .nrows = 1 };
	dbn_outcome out = { .struct_size = (uint32_t)sizeof out };
	struct dbn_cursor *cur = NULL;
	uint64_t tag;
	dbn_status rc = pg_prepare_start(c, plug_text(sql), &po, &s, 0, err);

	item.stmt = s;
	if (rc == DBN_OK)
		rc = pg_submit(c, &item, 0, err);
	if (rc == DBN_OK)
		rc = pg_sync(c, 0, err);
	if (rc == DBN_OK)
		rc = pg_wait(c, call, err);
	while (rc == DBN_OK && (rc = pg_take(c, &tag, &out, &cur, err)) == DBN_OK) {
		if (out.status != DBN_OK && (!err || *err == NULL) && err)
			*err = out.error;
		else
			c->host->error_free(out.error);
		if (out.status != DBN_OK)
			break;
	}
	while (rc == DBN_OK && pg_take(c, &tag, &out, &cur, err) == DBN_OK)
		c->host->error_free(out.error);
	if (rc == DBN_OK)
		rc = out.status;
	if (rc == DBN_DONE)
		rc = DBN_OK;
	if (cur && res) {
		*res = cur->res;
		cur->res = NULL;
	}
	if (cur)
		pg_close_cursor(cur);
	if (s)
		pg_close_stmt(s);
	return rc;
}

static dbn_status
driver_ping(struct dbn_conn *c, const dbn_call *call, dbn_error **err)
{
	return run_text(c, "SELECT 1", call, NULL, err);
}

static dbn_status
driver_reset(struct dbn_conn *c, const dbn_reset_opts *o, dbn_error **err)
{
	dbn_status rc = DBN_OK;

	if (pg_txn(c) != DBN_TXN_NONE)
		rc = run_text(c, "ROLLBACK", &o->call, NULL, err);
	if (rc == DBN_OK && o->how == DBN_RESET_FULL)
		rc = run_text(c, "RESET ALL", &o->call, NULL, err);
	return rc;
}

static void
driver_state(struct dbn_conn *c, dbn_conn_state *out)
{
	out->txn = pg_txn(c);
	out->broken = c->broken;
	out->in_flight = 0;
	for (const pg_entry *e = c->head; e; e = e->next)
		out->in_flight += e->kind == PG_EXEC;
	out->server_epoch = 0;
}

/* Send what is queued, wait, and take the one outcome. */
static dbn_status
finish_one(struct dbn_conn *c, const dbn_call *call, dbn_outcome *out, struct dbn_cursor **cur,
	dbn_error **err)
{
	uint64_t tag;
	dbn_status rc = pg_sync(c, 0, err);

	if (rc == DBN_OK)
		rc = pg_wait(c, call, err);
	if (rc == DBN_OK)
		rc = pg_take(c, &tag, out, cur, err);
	if (rc == DBN_DONE)
		return plug_fail_status(c->host, err, DBN_E_CONN, "no answer");
	if (rc != DBN_OK || out->status == DBN_OK)
		return rc;
	if (out->status == DBN_E_CANCELLED && call->deadline_ns &&
		c->host->now_ns(c->host) >= call->deadline_ns) {
		c->host->error_free(out->error);
		out->error = NULL;
		out->status = plug_fail_status(c->host, &out->error, DBN_E_TIMEOUT, "the deadline passed");
	}
	if (err)
		*err = out->error;
	else
		c->host->error_free(out->error);
	out->error = NULL;
	return out->status;
}

static dbn_status
driver_prepare(struct dbn_conn *c, dbn_text sql, const dbn_prepare_opts *o, struct dbn_stmt **out,
	dbn_stmt_info *info, dbn_error **err)
{
	dbn_outcome done = { .struct_size = (uint32_t)sizeof done };
	struct dbn_stmt *s = NULL;
	dbn_status rc = pg_prepare_start(c, sql, o, &s, 0, err);

	if (rc != DBN_OK)
		return rc;
	rc = finish_one(c, &o->call, &done, NULL, err);
	s->read_only = sql.len > 6 && strncasecmp(sql.ptr, "select", 6) == 0;
	if (rc == DBN_OK)
		rc = pg_stmt_info(s, info, err);
	if (rc != DBN_OK) {
		pg_close_stmt(s);
		return rc;
	}
	*out = s;
	return DBN_OK;
}

static dbn_status
driver_execute(struct dbn_stmt *s, const dbn_value *v, size_t nv, const dbn_exec_opts *o,
	dbn_outcome *out, struct dbn_cursor **cur, dbn_error **err)
{
	dbn_exec_item item = { .struct_size = (uint32_t)sizeof item, .stmt = s, .values = v, .nrows = 1 };
	struct dbn_cursor *rows = NULL;
	dbn_status rc;

	if (cur)
		*cur = NULL;
	out->sent = DBN_SENT_NO;
	if (nv != s->nparams)
		return plug_fail_status(s->conn->host, err, DBN_E_INVALID, "wrong number of values");
	item.nvalues = (uint32_t)nv;
	rc = pg_submit(s->conn, &item, o->statement_no, err);
	if (rc == DBN_OK)
		rc = finish_one(s->conn, &o->call, out, &rows, err);
	if (rows && cur && (o->flags & DBN_EXEC_ROWS))
		*cur = rows;
	else if (rows)
		pg_close_cursor(rows);
	return rc;
}

static dbn_status
driver_begin(struct dbn_conn *c, const dbn_begin_opts *o, dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f };

	if (pg_txn(c) != DBN_TXN_NONE) {
		memcpy(f.sqlstate, "25001", 6);
		return plug_fail(c->host, err, &f, "a transaction is active already");
	}
	if (o->isolation >= DBN_ISOLATION_REPEATABLE_READ)
		return run_text(c, o->read_only ? "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY"
			: "BEGIN ISOLATION LEVEL SERIALIZABLE", &o->call, NULL, err);
	return run_text(c, o->read_only ? "BEGIN READ ONLY" : "BEGIN", &o->call, NULL, err);
}

static dbn_status
driver_end(struct dbn_conn *c, uint32_t how, const dbn_end_opts *o, dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f };
	uint32_t txn = pg_txn(c);

	if (how != DBN_END_COMMIT && how != DBN_END_ROLLBACK)
		return plug_fail_status(c->host, err, DBN_E_UNSUPPORTED, "no two-phase commit here");
	if (txn == DBN_TXN_NONE || (txn == DBN_TXN_FAILED && how == DBN_END_COMMIT)) {
		memcpy(f.sqlstate, txn == DBN_TXN_NONE ? "25P01" : "25P02", 6);
		return plug_fail(c->host, err, &f, "no transaction that could be ended so");
	}
	return run_text(c, how == DBN_END_COMMIT ? "COMMIT" : "ROLLBACK", &o->call, NULL, err);
}

static dbn_status
driver_savepoint(struct dbn_conn *c, uint32_t how, uint32_t depth, const dbn_call *call,
	dbn_error **err)
{
	static const char *const verbs[] = { "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT" };
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f };
	char sql[64];

	if (pg_txn(c) == DBN_TXN_NONE) {
		memcpy(f.sqlstate, "25P01", 6);
		return plug_fail(c->host, err, &f, "no transaction is active");
	}
	(void)snprintf(sql, sizeof sql, "%s dbn_%u", verbs[how - 1], depth);
	return run_text(c, sql, call, NULL, err);
}

static dbn_status
driver_relation(struct dbn_conn *c, const dbn_name *name, const dbn_call *call,
	dbn_relation_info *out, dbn_error **err)
{
	(void)name;
	(void)call;
	(void)out;
	return plug_fail_status(c->host, err, DBN_E_UNSUPPORTED, "a throw-away driver has no catalogue");
}

static dbn_status
driver_relations(struct dbn_conn *c, const dbn_name *pattern, const dbn_call *call,
	dbn_status (*each)(const dbn_name *, uint32_t kind, void *user), void *user, dbn_error **err)
{
	PGresult *res = NULL;
	dbn_status rc = run_text(c, "SELECT c.relname, c.relkind FROM pg_class c JOIN pg_namespace n "
		"ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind IN ('r', 'v')", call,
		&res, err);

	(void)pattern;
	for (int i = 0; rc == DBN_OK && res && i < PQntuples(res); i++) {
		dbn_name n = { PLUG_TEXT("public"), plug_text(PQgetvalue(res, i, 0)) };

		rc = each(&n, *PQgetvalue(res, i, 1) == 'v' ? DBN_RELATION_VIEW : DBN_RELATION_TABLE, user);
	}
	PQclear(res);
	return rc;
}

static dbn_status
driver_schema_epoch(struct dbn_conn *c, const dbn_call *call, dbn_token *out, dbn_error **err)
{
	PGresult *res = NULL;
	dbn_status rc = run_text(c, "SELECT md5(string_agg(attrelid || '.' || attnum || '.' || xmin, ',' "
		"ORDER BY attrelid, attnum)) FROM pg_attribute WHERE attrelid >= 16384", call, &res, err);

	memset(out->bytes, 0, sizeof out->bytes);
	out->len = 32;
	if (rc == DBN_OK && res && PQgetlength(res, 0, 0) == 32)
		memcpy(out->bytes, PQgetvalue(res, 0, 0), 32);
	PQclear(res);
	return rc;
}

static const dbn_driver_async_1 async = { .struct_size = (uint32_t)sizeof async,
	.connect_start = pg_connect_start, .prepare_start = pg_prepare_start, .submit = pg_submit,
	.sync = pg_sync, .advance = pg_advance, .take = pg_take, .stmt_info = pg_stmt_info };

static const void *
driver_extension(void *self, const char *id)
{
	(void)self;
	return strcmp(id, DBN_DRIVER_ASYNC_1) == 0 ? &async : NULL;
}

static const dbn_driver_ops ops = { .struct_size = (uint32_t)sizeof ops,
	.describe = driver_describe, .connect = driver_connect, .disconnect = pg_disconnect,
	.ping = driver_ping, .reset = driver_reset, .state = driver_state, .cancel = pg_cancel,
	.prepare = driver_prepare, .close_stmt = pg_close_stmt, .execute = driver_execute,
	.fetch = pg_fetch, .close_cursor = pg_close_cursor, .begin = driver_begin, .end = driver_end,
	.savepoint = driver_savepoint, .relation = driver_relation, .relations = driver_relations,
	.schema_epoch = driver_schema_epoch };

DBN_PLUGIN(DBN_KIND_DRIVER, DBN_THREADS_PER_HANDLE, DBN_PLUGIN_MAY_BLOCK, "pg-proof", "0",
	DBN_CONF_NONE, 0, driver_create, NULL, NULL, NULL, driver_destroy, driver_extension, &ops);
