/* SPDX-License-Identifier: MIT */
/*
 * The operations of a driver as messages.  That all of them fit is the proof that
 * a plugin can run in a process of its own.
 */
#include <stdlib.h>

#include "proxy.h"

struct settings {
	const char *helper, *plugin, *options;
};

static const dbn_conf_item items[] = {
	{ "helper", NULL, "program to start", NULL, DBN_CONF_STRING, 0, 0, 0,
		(uint32_t)offsetof(struct settings, helper), 0, DBN_CONF_NONE },
	{ "plugin", NULL, "driver that it loads", NULL, DBN_CONF_STRING, 0, 0, 0,
		(uint32_t)offsetof(struct settings, plugin), 0, DBN_CONF_NONE },
	{ "options", NULL, "its settings: name=value;name=value", NULL, DBN_CONF_STRING, 0, 0, 0,
		(uint32_t)offsetof(struct settings, options), 0, DBN_CONF_NONE },
};

static void
keep_text(char *out, size_t size, dbn_text t)
{
	size_t n = t.len < size ? t.len : size - 1;

	if (n)
		memcpy(out, t.ptr, n);
	out[n] = 0;
}

/* The facts are asked for once, of a helper that ends again. */
static dbn_status
ask_dialect(proxy *p, dbn_error **err)
{
	struct dbn_conn *c = NULL;
	dbn_status rc = proxy_spawn(p, &c, err);

	if (rc != DBN_OK)
		return rc;
	(void)proxy_message(c);
	rc = proxy_ask(c, OP_DESCRIBE, err);
	if (rc == DBN_OK) {
		p->dialect.id = get_u32(&c->in);
		p->dialect.capabilities = get_u64(&c->in);
		keep_text(p->schema, sizeof p->schema, get_text(&c->in));
		p->dialect.max_params = get_u32(&c->in);
		p->dialect.max_statement_bytes = get_u32(&c->in);
		p->dialect.isolation_levels = get_u32(&c->in);
		p->dialect.default_isolation = get_u32(&c->in);
		keep_text(p->version, sizeof p->version, get_text(&c->in));
		p->dialect.default_schema = plug_text(p->schema);
		p->dialect.version = plug_text(p->version);
	}
	proxy_reap(c);
	return rc;
}

static dbn_status
proxy_create(const dbn_create_info *info, void **self, dbn_error **err)
{
	const struct settings *set = (const struct settings *)info->settings;
	proxy *p;
	dbn_status rc;

	if (!set->helper || !set->plugin)
		return plug_fail_status(info->host, err, DBN_E_CONFIG, "no helper or no plugin");
	p = (proxy *)plug_zalloc(info->host, 1, sizeof *p);
	if (!p)
		return plug_nomem(info->host, err);
	p->host = info->host;
	p->helper = set->helper;
	p->plugin = set->plugin;
	p->options = set->options;
	rc = ask_dialect(p, err);
	if (rc != DBN_OK)
		info->host->release(info->host, p);
	else
		*self = p;
	return rc;
}

static void
proxy_destroy(void *self)
{
	proxy *p = (proxy *)self;

	p->host->release(p->host, p);
}

static dbn_status
proxy_describe(void *self, dbn_dialect *out, dbn_error **err)
{
	const proxy *p = (const proxy *)self;
	uint32_t size = out->struct_size;

	(void)err;
	*out = p->dialect;
	out->struct_size = size;
	return DBN_OK;
}

static void
proxy_close_stmt(struct dbn_stmt *s)
{
	struct dbn_conn *c = s->conn;

	put_u32(proxy_message(c), s->id);
	(void)proxy_ask(c, OP_CLOSE_STMT, NULL);
	*s->link = s->next;
	if (s->next)
		s->next->link = s->link;
	wire_free(&s->cur.rows);
	wire_free(&s->texts);
	free(s->cur.cells);
	free(s->columns);
	c->host->release(c->host, s);
}

static void
proxy_disconnect(struct dbn_conn *c)
{
	while (c->stmts)
		proxy_close_stmt(c->stmts);
	proxy_reap(c);
}

static dbn_status
proxy_connect(void *self, const dbn_connect_opts *o, struct dbn_conn **out, dbn_error **err)
{
	struct dbn_conn *c = NULL;
	dbn_status rc = proxy_spawn((const proxy *)self, &c, err);
	wire *m;

	if (rc != DBN_OK)
		return rc;
	m = proxy_message(c);
	proxy_put_call(c, &o->call);
	put_text(m, o->url);
	put_text(m, o->server_role);
	put_u32(m, o->read_only);
	put_u32(m, o->create);
	rc = proxy_ask(c, OP_CONNECT, err);
	if (rc != DBN_OK)
		proxy_disconnect(c);
	else
		*out = c;
	return rc;
}

static dbn_status
proxy_ping(struct dbn_conn *c, const dbn_call *call, dbn_error **err)
{
	(void)proxy_message(c);
	proxy_put_call(c, call);
	return proxy_ask(c, OP_PING, err);
}

static dbn_status
proxy_reset(struct dbn_conn *c, const dbn_reset_opts *o, dbn_error **err)
{
	wire *m = proxy_message(c);

	proxy_put_call(c, &o->call);
	put_u32(m, o->how);
	return proxy_ask(c, OP_RESET, err);
}

static void
proxy_state(struct dbn_conn *c, dbn_conn_state *out)
{
	out->txn = c->state.txn;
	out->broken = c->state.broken;
	out->in_flight = c->state.in_flight;
	out->server_epoch = 0;
}

/* On its own socket, beside whatever runs. */
static dbn_status
proxy_cancel(struct dbn_conn *c, uint64_t no, dbn_error **err)
{
	wire m = { NULL, 0, 0, 0, false };
	wire_head h = { .code = 0 };

	(void)err;
	put_u64(&m, no);
	(void)pthread_mutex_lock(&c->mutex);
	if (!m.bad && wire_send(c->control, &h, &m))
		(void)wire_receive(c->control, &h, &m);
	(void)pthread_mutex_unlock(&c->mutex);
	wire_free(&m);
	return DBN_OK;
}

static void
put_types(wire *m, const dbn_array *a)
{
	put_u32(m, a->count);
	for (uint32_t i = 0; i < a->count; i++)
		put_u32(m, *(const dbn_type *)plug_at(a, i));
}

static void
put_prepare(struct dbn_conn *c, dbn_text sql, const dbn_prepare_opts *o)
{
	wire *m = proxy_message(c);

	proxy_put_call(c, &o->call);
	put_text(m, sql);
	put_u32(m, o->flags);
	put_types(m, &o->param_types);
	put_types(m, &o->result_types);
	put_u32(m, o->accesses.count);
	for (uint32_t i = 0; i < o->accesses.count; i++) {
		const dbn_access *a = (const dbn_access *)plug_at(&o->accesses, i);

		put_u32(m, a->action);
		put_text(m, a->relation.schema);
		put_text(m, a->relation.name);
		put_text(m, a->column);
	}
}

static dbn_status
proxy_prepare(struct dbn_conn *c, dbn_text sql, const dbn_prepare_opts *o, struct dbn_stmt **out,
	dbn_stmt_info *info, dbn_error **err)
{
	struct dbn_stmt *s = (struct dbn_stmt *)plug_zalloc(c->host, 1, sizeof *s);
	uint32_t n;
	dbn_status rc;

	if (!s)
		return plug_nomem(c->host, err);
	put_prepare(c, sql, o);
	rc = proxy_ask(c, OP_PREPARE, err);
	if (rc != DBN_OK) {
		c->host->release(c->host, s);
		return rc;
	}
	s->texts = c->in; /* the names stay there */
	memset(&c->in, 0, sizeof c->in);
	s->conn = c;
	s->cur.stmt = s;
	s->id = get_u32(&s->texts);
	info->nparams = get_u32(&s->texts);
	info->read_only = get_u32(&s->texts);
	n = get_u32(&s->texts);
	s->columns = n < 100000 ? (dbn_column_info *)calloc(n + 1, sizeof *s->columns) : NULL;
	for (uint32_t i = 0; s->columns && i < n; i++) {
		s->columns[i].struct_size = (uint32_t)sizeof *s->columns;
		s->columns[i].type = get_u32(&s->texts);
		s->columns[i].name = get_text(&s->texts);
	}
	info->columns = (dbn_array){ s->columns, s->columns ? n : 0, (uint32_t)sizeof *s->columns };
	s->next = c->stmts;
	s->link = &c->stmts;
	if (s->next)
		s->next->link = &s->next;
	c->stmts = s;
	*out = s;
	return DBN_OK;
}

static void
get_outcome(struct dbn_conn *c, dbn_outcome *o)
{
	dbn_value key;

	o->status = (dbn_status)get_u32(&c->in);
	o->sent = get_u32(&c->in);
	o->txn = get_u32(&c->in);
	o->affected = get_u64(&c->in);
	get_value(&c->in, &key);
	if (key.type != DBN_INT64)
		memset(&key, 0, sizeof key);
	o->generated_key = key;
	o->error = NULL;
	o->commit_position = (dbn_text){ NULL, 0 };
	if (get_u32(&c->in))
		(void)proxy_get_error(c, &c->in, o->status, &o->error);
}

static dbn_status
proxy_execute(struct dbn_stmt *s, const dbn_value *v, size_t nv, const dbn_exec_opts *o,
	dbn_outcome *out, struct dbn_cursor **cur, dbn_error **err)
{
	struct dbn_conn *c = s->conn;
	bool was_dead = c->dead;
	wire *m = proxy_message(c);
	dbn_status rc;

	if (cur)
		*cur = NULL;
	proxy_put_call(c, &o->call);
	put_u32(m, s->id);
	put_u64(m, o->statement_no);
	put_u32(m, o->flags);
	put_u32(m, o->max_rows);
	put_u64(m, o->max_bytes);
	put_u64(m, nv);
	for (size_t i = 0; i < nv; i++)
		put_value(m, &v[i]);
	rc = proxy_ask(c, OP_EXECUTE, err);
	if (c->dead) {
		out->status = rc;
		out->sent = was_dead ? DBN_SENT_NO : DBN_SENT_MAYBE;
		return rc;
	}
	get_outcome(c, out);
	s->cur.open = get_u32(&c->in) != 0;
	if (rc == DBN_OK && s->cur.open && cur)
		*cur = &s->cur;
	return rc;
}

/* An outcome, and the keys behind it. */
static void
get_many(struct dbn_conn *c, const dbn_exec_item *item, dbn_outcome *out)
{
	get_outcome(c, out);
	for (uint64_t i = 0; (item->flags & DBN_EXEC_KEYS) && i < item->nrows; i++) {
		int64_t key = (int64_t)get_u64(&c->in);

		if (item->keys && out->status == DBN_OK)
			item->keys[i] = key;
	}
}

static dbn_status
proxy_many(struct dbn_conn *c, const dbn_exec_item *list, size_t n, const dbn_many_opts *o,
	dbn_outcome *outs, dbn_error **err)
{
	wire *m = proxy_message(c);
	dbn_status rc;

	proxy_put_call(c, &o->call);
	put_u32(m, o->how);
	put_u64(m, o->statement_no);
	put_u64(m, n);
	for (size_t i = 0; i < n; i++) {
		put_u32(m, list[i].stmt->id);
		put_u32(m, list[i].flags);
		put_u64(m, list[i].nrows);
		put_u32(m, list[i].nvalues);
		for (uint64_t j = 0; j < list[i].nrows * list[i].nvalues; j++)
			put_value(m, &list[i].values[j]);
	}
	rc = proxy_ask(c, OP_MANY, err);
	for (size_t i = 0; rc == DBN_OK && i < n; i++)
		get_many(c, &list[i], &outs[i]);
	return rc;
}

static dbn_status
proxy_fetch(struct dbn_cursor *cur, uint32_t max_rows, dbn_rowset *out, dbn_error **err)
{
	struct dbn_conn *c = cur->stmt->conn;
	wire *m = proxy_message(c);
	wire empty = cur->rows;
	dbn_status rc;
	size_t n;

	put_u32(m, cur->stmt->id);
	put_u32(m, max_rows);
	rc = proxy_ask(c, OP_FETCH, err);
	if (rc != DBN_OK)
		return rc;
	cur->rows = c->in; /* cells point into it until the next fetch */
	c->in = empty;
	out->ncols = get_u32(&cur->rows);
	out->nrows = get_u32(&cur->rows);
	n = (size_t)out->ncols * out->nrows;
	if (n > cur->cap) {
		free(cur->cells);
		cur->cells = (dbn_value *)calloc(n, sizeof *cur->cells);
		cur->cap = cur->cells ? n : 0;
	}
	if (n > cur->cap)
		return plug_nomem(c->host, err);
	for (size_t i = 0; i < n; i++)
		get_value(&cur->rows, &cur->cells[i]);
	out->cells = cur->cells;
	return DBN_OK;
}

static dbn_status
proxy_buffer(struct dbn_cursor *cur, uint64_t max_bytes, dbn_error **err)
{
	wire *m = proxy_message(cur->stmt->conn);

	put_u32(m, cur->stmt->id);
	put_u64(m, max_bytes);
	return proxy_ask(cur->stmt->conn, OP_BUFFER, err);
}

static void
proxy_close_cursor(struct dbn_cursor *cur)
{
	if (!cur->open)
		return;
	cur->open = false;
	put_u32(proxy_message(cur->stmt->conn), cur->stmt->id);
	(void)proxy_ask(cur->stmt->conn, OP_CLOSE_CURSOR, NULL);
}

static dbn_status
proxy_begin(struct dbn_conn *c, const dbn_begin_opts *o, dbn_error **err)
{
	wire *m = proxy_message(c);

	proxy_put_call(c, &o->call);
	put_u32(m, o->isolation);
	put_u32(m, o->read_only);
	put_u32(m, o->deferrable);
	put_text(m, o->snapshot_id);
	put_text(m, o->global_id);
	return proxy_ask(c, OP_BEGIN, err);
}

static dbn_status
proxy_end(struct dbn_conn *c, uint32_t how, const dbn_end_opts *o, dbn_error **err)
{
	wire *m = proxy_message(c);

	proxy_put_call(c, o ? &o->call : NULL);
	put_u32(m, how);
	put_text(m, o ? o->global_id : (dbn_text){ NULL, 0 });
	if (o && o->commit_position)
		*o->commit_position = (dbn_text){ NULL, 0 };
	return proxy_ask(c, OP_END, err);
}

static dbn_status
proxy_savepoint(struct dbn_conn *c, uint32_t how, uint32_t depth, const dbn_call *call,
	dbn_error **err)
{
	wire *m = proxy_message(c);

	proxy_put_call(c, call);
	put_u32(m, how);
	put_u32(m, depth);
	return proxy_ask(c, OP_SAVEPOINT, err);
}

static dbn_status
proxy_epoch(struct dbn_conn *c, const dbn_call *call, dbn_token *out, dbn_error **err)
{
	dbn_text t;
	dbn_status rc;

	(void)proxy_message(c);
	proxy_put_call(c, call);
	rc = proxy_ask(c, OP_EPOCH, err);
	if (rc != DBN_OK)
		return rc;
	t = get_text(&c->in);
	memset(out->bytes, 0, sizeof out->bytes);
	out->len = t.len <= sizeof out->bytes ? (uint32_t)t.len : 0;
	if (out->len)
		memcpy(out->bytes, t.ptr, out->len);
	return DBN_OK;
}

static pid_t
helper_pid(struct dbn_conn *c)
{
	return c->pid;
}

static const void *
proxy_extension(void *self, const char *id)
{
	static const proxy_pid_1 pid = { (uint32_t)sizeof pid, 0, helper_pid };

	(void)self;
	return strcmp(id, PROXY_PID_1) == 0 ? &pid : NULL;
}

static const dbn_driver_ops ops = { .struct_size = (uint32_t)sizeof ops,
	.describe = proxy_describe, .connect = proxy_connect, .disconnect = proxy_disconnect,
	.ping = proxy_ping, .reset = proxy_reset, .state = proxy_state, .cancel = proxy_cancel,
	.prepare = proxy_prepare, .close_stmt = proxy_close_stmt, .execute = proxy_execute,
	.execute_many = proxy_many, .fetch = proxy_fetch, .buffer = proxy_buffer,
	.close_cursor = proxy_close_cursor, .begin = proxy_begin, .end = proxy_end,
	.savepoint = proxy_savepoint, .relation = proxy_relation, .relations = proxy_relations,
	.schema_epoch = proxy_epoch };

DBN_PLUGIN(DBN_KIND_DRIVER, DBN_THREADS_PER_HANDLE, DBN_PLUGIN_MAY_BLOCK, "helper", "0",
	DBN_CONF_ITEMS(items), sizeof(struct settings), proxy_create, NULL, NULL, NULL, proxy_destroy,
	proxy_extension, &ops);
