/* SPDX-License-Identifier: MIT */
/*
 * The helper process: loads the real driver, holds one connection of it, and
 * answers messages on descriptor 3.  A second thread takes cancels on
 * descriptor 4.  It ends when the other side goes away.
 *   helper PLUGIN.so [NAME=VALUE]...
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error/error.h"
#include "helper-process/wire.h"
#include "lib/fake_host.h"

#define MAX_STMTS 1024

struct held {
	struct dbn_stmt *s;
	struct dbn_cursor *cur;
	dbn_stmt_info info;
	wire values;              /* the message that a running statement's values point into */
	dbn_value *v;
};

static fake_plugin plugin;
static const dbn_driver_ops *ops;
static struct dbn_conn *_Atomic conn;
static struct held held[MAX_STMTS];
static wire in, out;
static dbn_error *err;

static void *
cancels(void *arg)
{
	wire w = { NULL, 0, 0, 0, false };
	wire_head h;

	(void)arg;
	while (wire_receive(4, &h, &w)) {
		struct dbn_conn *c = atomic_load(&conn);
		dbn_error *e = NULL;

		h.code = c && ops->cancel ? ops->cancel(c, get_u64(&w), &e) : DBN_OK;
		dbn_error_free(e);
		if (!wire_send(4, &h, NULL))
			break;
	}
	wire_free(&w);
	return NULL;
}

static dbn_text
text(const char *s)
{
	return (dbn_text){ s, strlen(s) };
}

static void
put_error(dbn_error *e)
{
	put_text(&out, text(dbn_error_sqlstate(e)));
	put_text(&out, text(dbn_error_message(e)));
	put_text(&out, text(dbn_error_detail(e)));
	put_text(&out, text(dbn_error_hint(e)));
	put_text(&out, text(dbn_error_constraint(e)));
	put_text(&out, text(dbn_error_relation(e)));
	put_text(&out, text(dbn_error_column(e)));
	put_u64(&out, (uint64_t)dbn_error_native_code(e));
	put_u32(&out, dbn_error_position(e));
	put_u32(&out, dbn_error_retryable(e) ? 1 : 2);
	dbn_error_free(e);
}

static dbn_call
get_call(void)
{
	dbn_call call = DBN_CALL_INIT;
	uint64_t left = get_u64(&in);

	call.deadline_ns = left ? plugin.fh.host.now_ns(&plugin.fh.host) + left : 0;
	return call;
}

static struct held *
get_held(void)
{
	uint32_t id = get_u32(&in);

	return id < MAX_STMTS && held[id].s ? &held[id] : NULL;
}

static dbn_status
do_describe(void)
{
	dbn_dialect d = { .struct_size = (uint32_t)sizeof d };
	dbn_status rc = ops->describe(plugin.self, &d, &err);

	put_u32(&out, d.id);
	put_u64(&out, d.capabilities);
	put_text(&out, d.default_schema);
	put_u32(&out, d.max_params);
	put_u32(&out, d.max_statement_bytes);
	put_u32(&out, d.isolation_levels);
	put_u32(&out, d.default_isolation);
	put_text(&out, d.version);
	return rc;
}

static dbn_status
do_connect(void)
{
	dbn_connect_opts o = { .call = get_call() };
	struct dbn_conn *c = NULL;
	dbn_status rc;

	o.url = get_text(&in);
	o.server_role = get_text(&in);
	o.read_only = get_u32(&in);
	o.create = get_u32(&in);
	rc = ops->connect(plugin.self, &o, &c, &err);
	atomic_store(&conn, c);
	return rc;
}

static void
get_types(dbn_array *a, dbn_type **types)
{
	uint32_t n = get_u32(&in);

	*types = n < 40000 ? (dbn_type *)calloc(n + 1, sizeof **types) : NULL;
	for (uint32_t i = 0; *types && i < n; i++)
		(*types)[i] = get_u32(&in);
	*a = (dbn_array){ *types, *types ? n : 0, (uint32_t)sizeof **types };
}

static dbn_status
do_prepare(void)
{
	dbn_prepare_opts o = { .call = get_call() };
	dbn_type *params, *results;
	dbn_access *acc;
	dbn_text sql = get_text(&in);
	dbn_status rc;
	uint32_t id = 0, n;

	o.flags = get_u32(&in);
	get_types(&o.param_types, &params);
	get_types(&o.result_types, &results);
	n = get_u32(&in);
	acc = n < 100000 ? (dbn_access *)calloc(n + 1, sizeof *acc) : NULL;
	for (uint32_t i = 0; acc && i < n; i++) {
		acc[i].struct_size = (uint32_t)sizeof *acc;
		acc[i].action = get_u32(&in);
		acc[i].relation.schema = get_text(&in);
		acc[i].relation.name = get_text(&in);
		acc[i].column = get_text(&in);
	}
	o.accesses = (dbn_array){ acc, acc ? n : 0, (uint32_t)sizeof *acc };
	while (id < MAX_STMTS && held[id].s)
		id++;
	if (!acc || !params || !results || id == MAX_STMTS || in.bad) {
		rc = dbn_fail(&err, DBN_E_LIMIT, "too much for the helper");
	} else {
		held[id].info = (dbn_stmt_info){ .struct_size = (uint32_t)sizeof held[id].info };
		rc = ops->prepare(conn, sql, &o, &held[id].s, &held[id].info, &err);
	}
	free(params);
	free(results);
	free(acc);
	if (rc != DBN_OK)
		return rc;
	put_u32(&out, id);
	put_u32(&out, held[id].info.nparams);
	put_u32(&out, held[id].info.read_only);
	put_u32(&out, held[id].info.columns.count);
	for (uint32_t i = 0; i < held[id].info.columns.count; i++) {
		const dbn_column_info *c = (const dbn_column_info *)(const void *)
			((const char *)held[id].info.columns.items + (size_t)held[id].info.columns.stride * i);

		put_u32(&out, c->type);
		put_text(&out, c->name);
	}
	return rc;
}

static void
drop_values(struct held *h)
{
	wire_free(&h->values);
	free(h->v);
	h->v = NULL;
}

static dbn_status
do_close_stmt(void)
{
	struct held *h = get_held();

	if (!h)
		return dbn_fail(&err, DBN_E_INVALID, "no such statement");
	ops->close_stmt(h->s);
	drop_values(h);
	memset(h, 0, sizeof *h);
	return DBN_OK;
}

/* n values that live until v is freed; they point into w. */
static dbn_value *
get_values(wire *w, uint64_t n)
{
	dbn_value *v = n < 1000000 ? (dbn_value *)calloc(n + 1, sizeof *v) : NULL;

	for (uint64_t i = 0; v && i < n; i++)
		get_value(w, &v[i]);
	return v;
}

static void
put_outcome(const dbn_outcome *o)
{
	put_u32(&out, (uint32_t)o->status);
	put_u32(&out, o->sent);
	put_u32(&out, o->txn);
	put_u64(&out, o->affected);
	put_value(&out, &o->generated_key);
	put_u32(&out, o->error != NULL);
	if (o->error)
		put_error(o->error);
}

static dbn_status
do_execute(void)
{
	dbn_exec_opts o = { .call = get_call() };
	dbn_outcome done = { .struct_size = (uint32_t)sizeof done };
	struct held *h = get_held();
	uint64_t n;
	dbn_status rc;

	o.statement_no = get_u64(&in);
	o.flags = get_u32(&in);
	o.max_rows = get_u32(&in);
	o.max_bytes = get_u64(&in);
	n = get_u64(&in);
	if (!h)
		return dbn_fail(&err, DBN_E_INVALID, "no such statement");
	if (h->cur)
		ops->close_cursor(h->cur);
	h->cur = NULL;
	drop_values(h);
	h->values = in; /* the statement may keep pointers into it */
	memset(&in, 0, sizeof in);
	h->v = get_values(&h->values, n);
	if (!h->v || h->values.bad)
		return dbn_fail(&err, DBN_E_INVALID, "bad values");
	rc = ops->execute(h->s, h->v, (size_t)n, &o, &done, &h->cur, &err);
	put_outcome(&done);
	put_u32(&out, h->cur != NULL);
	return rc;
}

static dbn_status
do_many(void)
{
	dbn_many_opts o = { .call = get_call() };
	dbn_exec_item *items;
	dbn_outcome *outs;
	uint64_t n;
	dbn_status rc = DBN_OK;

	o.how = get_u32(&in);
	o.statement_no = get_u64(&in);
	n = get_u64(&in);
	if (n > 100000)
		return dbn_fail(&err, DBN_E_LIMIT, "too many items");
	items = (dbn_exec_item *)calloc(n + 1, sizeof *items);
	outs = (dbn_outcome *)calloc(n + 1, sizeof *outs);
	for (uint64_t i = 0; items && outs && i < n; i++) {
		struct held *h = get_held();

		items[i].struct_size = (uint32_t)sizeof *items;
		outs[i].struct_size = (uint32_t)sizeof *outs;
		items[i].stmt = h ? h->s : NULL;
		items[i].flags = get_u32(&in);
		items[i].nrows = get_u64(&in);
		items[i].nvalues = get_u32(&in);
		items[i].values = get_values(&in, items[i].nrows * items[i].nvalues);
		if (items[i].flags & DBN_EXEC_KEYS)
			items[i].keys = (int64_t *)calloc((size_t)items[i].nrows + 1, sizeof(int64_t));
		if (!h || !items[i].values)
			rc = dbn_fail(&err, DBN_E_INVALID, "bad item");
	}
	if (!items || !outs)
		rc = dbn_fail_nomem(&err);
	if (rc == DBN_OK)
		rc = ops->execute_many(conn, items, (size_t)n, &o, outs, &err);
	for (uint64_t i = 0; items && outs && i < n; i++) {
		if (rc == DBN_OK)
			put_outcome(&outs[i]);
		for (uint64_t r = 0; rc == DBN_OK && items[i].keys && r < items[i].nrows; r++)
			put_u64(&out, (uint64_t)items[i].keys[r]);
		free(items[i].keys);
		free((void *)(uintptr_t)items[i].values);
	}
	free(items);
	free(outs);
	return rc;
}

static dbn_status
do_fetch(void)
{
	dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
	struct held *h = get_held();
	uint32_t max = get_u32(&in);
	dbn_status rc;

	if (!h || !h->cur)
		return dbn_fail(&err, DBN_E_INVALID, "no such cursor");
	rc = ops->fetch(h->cur, max, &r, &err);
	if (rc == DBN_OK) {
		put_u32(&out, r.ncols);
		put_u32(&out, r.nrows);
		for (size_t i = 0; i < (size_t)r.ncols * r.nrows; i++)
			put_value(&out, &r.cells[i]);
	}
	return rc;
}

static dbn_status
do_cursor(uint32_t op)
{
	struct held *h = get_held();
	uint64_t max = op == OP_BUFFER ? get_u64(&in) : 0;

	if (!h || !h->cur)
		return dbn_fail(&err, DBN_E_INVALID, "no such cursor");
	if (op == OP_BUFFER)
		return ops->buffer(h->cur, max, &err);
	ops->close_cursor(h->cur);
	h->cur = NULL;
	return DBN_OK;
}

static dbn_status
do_begin(void)
{
	dbn_begin_opts o = { .call = get_call() };

	o.isolation = get_u32(&in);
	o.read_only = get_u32(&in);
	o.deferrable = get_u32(&in);
	o.snapshot_id = get_text(&in);
	o.global_id = get_text(&in);
	return ops->begin(conn, &o, &err);
}

static dbn_status
do_end(void)
{
	dbn_end_opts o = { .call = get_call() };
	uint32_t how = get_u32(&in);

	o.global_id = get_text(&in);
	return ops->end(conn, how, &o, &err);
}

static dbn_status
do_savepoint(void)
{
	dbn_call call = get_call();
	uint32_t how = get_u32(&in), depth = get_u32(&in);

	return ops->savepoint(conn, how, depth, &call, &err);
}

static dbn_status
do_relation(void)
{
	dbn_relation_info r = { .struct_size = (uint32_t)sizeof r };
	dbn_call call = get_call();
	dbn_name name;
	dbn_status rc;

	name.schema = get_text(&in);
	name.name = get_text(&in);
	rc = ops->relation(conn, &name, &call, &r, &err);
	if (rc != DBN_OK)
		return rc;
	put_u32(&out, r.kind);
	put_text(&out, r.name.schema);
	put_text(&out, r.name.name);
	put_u64(&out, r.version);
	put_u32(&out, r.facts);
	put_u32(&out, r.columns.count);
	put_u32(&out, r.effects.count);
	for (uint32_t i = 0; i < r.columns.count; i++) {
		const dbn_column_desc *c = (const dbn_column_desc *)(const void *)
			((const char *)r.columns.items + (size_t)r.columns.stride * i);

		put_u32(&out, c->flags);
		put_text(&out, c->name);
		put_text(&out, c->declared);
		put_text(&out, c->collation);
		put_u32(&out, c->type);
		put_u32(&out, c->key_part);
		put_u32(&out, c->inputs.count);
		for (uint32_t j = 0; j < c->inputs.count; j++)
			put_u32(&out, ((const uint32_t *)c->inputs.items)[j]);
	}
	for (uint32_t i = 0; i < r.effects.count; i++) {
		const dbn_effect_desc *e = (const dbn_effect_desc *)(const void *)
			((const char *)r.effects.items + (size_t)r.effects.stride * i);

		put_u32(&out, e->what);
		put_text(&out, e->on.schema);
		put_text(&out, e->on.name);
		put_text(&out, e->by);
		put_u32(&out, e->actions);
		put_u32(&out, e->does);
	}
	plugin.fh.host.release(&plugin.fh.host, r.memory);
	return rc;
}

static dbn_status
add_relation(const dbn_name *name, uint32_t kind, void *user)
{
	(void)user;
	put_u32(&out, kind);
	put_text(&out, name->schema);
	put_text(&out, name->name);
	return DBN_OK;
}

static dbn_status
do_relations(void)
{
	dbn_call call = get_call();
	dbn_name pattern;

	pattern.schema = get_text(&in);
	pattern.name = get_text(&in);
	return ops->relations(conn, &pattern, &call, add_relation, NULL, &err);
}

static dbn_status
do_epoch(void)
{
	dbn_token t = { .struct_size = (uint32_t)sizeof t };
	dbn_call call = get_call();
	dbn_status rc = ops->schema_epoch(conn, &call, &t, &err);

	put_text(&out, (dbn_text){ (const char *)t.bytes, rc == DBN_OK ? t.len : 0 });
	return rc;
}

static dbn_status
do_reset(void)
{
	dbn_reset_opts o = { .call = get_call() };

	o.how = get_u32(&in);
	return ops->reset(conn, &o, &err);
}

static dbn_status
do_ping(void)
{
	dbn_call call = get_call();

	return ops->ping(conn, &call, &err);
}

static dbn_status
answer(uint32_t op)
{
	if (!atomic_load(&conn) && op != OP_DESCRIBE && op != OP_CONNECT)
		return dbn_fail(&err, DBN_E_INVALID, "not connected");
	switch (op) {
	case OP_DESCRIBE: return do_describe();
	case OP_CONNECT: return do_connect();
	case OP_PING: return do_ping();
	case OP_RESET: return do_reset();
	case OP_PREPARE: return do_prepare();
	case OP_CLOSE_STMT: return do_close_stmt();
	case OP_EXECUTE: return do_execute();
	case OP_MANY: return do_many();
	case OP_FETCH: return do_fetch();
	case OP_BUFFER:
	case OP_CLOSE_CURSOR: return do_cursor(op);
	case OP_BEGIN: return do_begin();
	case OP_END: return do_end();
	case OP_SAVEPOINT: return do_savepoint();
	case OP_RELATION: return do_relation();
	case OP_RELATIONS: return do_relations();
	case OP_EPOCH: return do_epoch();
	default: return dbn_fail(&err, DBN_E_UNSUPPORTED, "no such operation");
	}
}

static void
serve(void)
{
	wire_head h;

	while (wire_receive(3, &h, &in)) {
		dbn_conn_state st = { .struct_size = (uint32_t)sizeof st };
		uint32_t op = (uint32_t)h.code;

		wire_reset(&out);
		h = (wire_head){ .code = answer(op) };
		if (h.code < 0) {
			h.error_at = (uint32_t)out.len;
			put_error(err); /* after what the operation gave */
			err = NULL;
		}
		if (atomic_load(&conn))
			ops->state(conn, &st);
		h.txn = st.txn;
		h.broken = st.broken || out.bad;
		h.in_flight = st.in_flight;
		if (!wire_send(3, &h, &out))
			break;
	}
}

int
main(int argc, char **argv)
{
	pthread_t thread;

	if (argc < 2 || fake_plugin_open(&plugin, argv[1], NULL, (const char *const *)argv + 2, NULL,
			&err) != DBN_OK) {
		fprintf(stderr, "helper: %s\n", err ? dbn_error_message(err) : "no plugin");
		return 1;
	}
	ops = (const dbn_driver_ops *)plugin.desc->ops;
	if (pthread_create(&thread, NULL, cancels, NULL) != 0)
		return 1;
	serve();
	for (size_t i = 0; i < MAX_STMTS; i++)
		if (held[i].s) {
			ops->close_stmt(held[i].s);
			drop_values(&held[i]);
		}
	if (atomic_load(&conn))
		ops->disconnect(atomic_exchange(&conn, NULL));
	wire_free(&in);
	wire_free(&out);
	/* The thread may still be inside recv(): the process ends with it. */
	return 0;
}
