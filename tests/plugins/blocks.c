/* SPDX-License-Identifier: MIT */
/*
 * driver-blocks: the driver behind it, giving its rows in blocks as those of
 * servers do (as many as are asked for, copied, and overwritten as soon as the
 * border allows), quoting stored values in errors as they do, and losing connections.
 * A test plugin: one instance, so its state may be global.
 */
#include <stdlib.h>
#include <string.h>

#include <dbnexus/plugin/driver.h>

static const dbn_driver_ops *in;
static const dbn_inner *inner;
static const dbn_host *host;
static const dbn_metrics_service *metrics;
static uint32_t polls;
static bool slow;

static int64_t lose; /* so many executions are lost with their connection */

struct settings {
	int32_t slow_commit;
	int32_t reserved0;
	int64_t lose;
};
static const dbn_conf_item conf[] = {
	{ "slow_commit", "false", "until it is cancelled", NULL, DBN_CONF_BOOL, 0, 0, 0,
		offsetof(struct settings, slow_commit), 0, { NULL, 0, 0 } },
	{ "lose", "0", "statements on lose_late and lose_early lose their connection so often", NULL,
		DBN_CONF_INT, 0, 0, 1000, offsetof(struct settings, lose), 0, { NULL, 0, 0 } },
};

struct dbn_cursor {
	struct dbn_cursor *behind;
	dbn_value *cells;
	uint32_t ncols, nrows;
	bool over;
};

static bool
points(dbn_type t)
{
	return t == DBN_TEXT || t == DBN_BYTES || t == DBN_DECIMAL || t == DBN_JSON || t == DBN_UUID;
}

/* The block's time is over: whoever still looks sees rubbish. */
static void
spoil(struct dbn_cursor *c)
{
	for (size_t i = 0; i < (size_t)c->ncols * c->nrows; i++) {
		if (points(c->cells[i].type))
			free((void *)(uintptr_t)c->cells[i].u.ptr);
		c->cells[i].type = DBN_INT64;
		c->cells[i].u.i64 = -777;
	}
	c->nrows = 0;
}

static dbn_status DBN_PRINTF(3, 4)
say(dbn_error **err, const dbn_fail_info *info, const char *fmt, ...)
{
	va_list ap;
	dbn_status rc;

	va_start(ap, fmt);
	rc = host->fail(host, err, info, fmt, ap);
	va_end(ap);
	return rc;
}

/* As servers do: the text of an error quotes what is stored. */
static dbn_status
quote(dbn_status rc, dbn_error **err)
{
	dbn_fail_info info = { .struct_size = sizeof info, .status = rc };

	if (rc != DBN_E_DUPLICATE && rc != DBN_E_CONSTRAINT)
		return rc;
	if (err)
		host->error_free(*err);
	return say(err, &info, "key (name)=(stored-4711) is there");
}

static dbn_status
describe(void *self, dbn_dialect *out, dbn_error **err)
{
	(void)self;
	return in->describe(inner->self, out, err);
}

static dbn_status
connect(void *self, const dbn_connect_opts *o, struct dbn_conn **out, dbn_error **err)
{
	(void)self;
	return in->connect(inner->self, o, out, err);
}

/* ---- connections that are lost ---- */

#define MARKS 64
static struct mark {
	struct dbn_stmt *stmt;
	struct dbn_conn *conn;
	bool early;
} marks[MARKS];
static struct dbn_conn *dead;

static void
mark(struct dbn_conn *c, struct dbn_stmt *s, dbn_text sql)
{
	bool early = memmem(sql.ptr, sql.len, "lose_early", 10) != NULL;

	for (size_t i = 0; i < MARKS && (early || memmem(sql.ptr, sql.len, "lose_late", 9)); i++)
		if (!marks[i].stmt) {
			marks[i] = (struct mark){ s, c, early };
			return;
		}
}

static const struct mark *
marked(const struct dbn_stmt *s)
{
	for (size_t i = 0; i < MARKS; i++)
		if (marks[i].stmt == s)
			return &marks[i];
	return NULL;
}

/* Did it leave?  Early: no.  Late: who knows. */
static dbn_status
lost(const struct mark *m, dbn_outcome *out, dbn_error **err)
{
	dbn_fail_info info = { .struct_size = sizeof info, .status = DBN_E_CONN };

	lose--;
	dead = m->conn;
	out->sent = m->early ? DBN_SENT_NO : DBN_SENT_MAYBE;
	return say(err, &info, "the server has gone away");
}

static void
disconnect(struct dbn_conn *c)
{
	for (size_t i = 0; i < MARKS; i++)
		if (marks[i].conn == c)
			marks[i] = (struct mark){ NULL, NULL, false };
	if (dead == c)
		dead = NULL;
	in->disconnect(c);
}

static void
state(struct dbn_conn *c, dbn_conn_state *out)
{
	in->state(c, out);
	out->broken |= c == dead;
}

static dbn_status
prepare(struct dbn_conn *c, dbn_text sql, const dbn_prepare_opts *o, struct dbn_stmt **out,
	dbn_stmt_info *info, dbn_error **err)
{
	dbn_status rc = in->prepare(c, sql, o, out, info, err);

	if (rc == DBN_OK && lose && !(o->flags & DBN_PREPARE_ADMIN))
		mark(c, *out, sql);
	return rc;
}

static void
close_stmt(struct dbn_stmt *s)
{
	for (size_t i = 0; i < MARKS; i++)
		if (marks[i].stmt == s)
			marks[i] = (struct mark){ NULL, NULL, false };
	in->close_stmt(s);
}

static dbn_status
execute(struct dbn_stmt *s, const dbn_value *v, size_t nv, const dbn_exec_opts *o, dbn_outcome *out,
	struct dbn_cursor **cur, dbn_error **err)
{
	struct dbn_cursor *behind = NULL;
	dbn_status rc;

	*cur = NULL;
	if (lose && marked(s))
		return lost(marked(s), out, err);
	rc = in->execute(s, v, nv, o, out, &behind, err);
	if (rc != DBN_OK || !behind)
		return quote(rc, err);
	*cur = calloc(1, sizeof **cur);
	if (!*cur)
		abort();
	(*cur)->behind = behind;
	return rc;
}

static dbn_status
fetch(struct dbn_cursor *c, uint32_t max, dbn_rowset *out, dbn_error **err)
{
	dbn_rowset one = { .struct_size = sizeof one };
	dbn_status rc = DBN_OK;

	spoil(c);
	while (!c->over && c->nrows < max && (rc = in->fetch(c->behind, 1, &one, err)) == DBN_OK) {
		dbn_value *to;

		if (!c->cells)
			c->cells = calloc((size_t)one.ncols * max, sizeof *c->cells);
		if (!c->cells)
			abort();
		c->ncols = one.ncols;
		to = c->cells + (size_t)c->nrows++ * c->ncols;
		for (uint32_t i = 0; i < c->ncols; i++) {
			to[i] = one.cells[i];
			if (points(to[i].type)) {
				void *p = calloc(1, (size_t)to[i].len + 1);

				if (!p)
					abort();
				memcpy(p, one.cells[i].u.ptr, (size_t)to[i].len);
				to[i].u.ptr = p;
			}
		}
	}
	c->over = c->over || rc == DBN_DONE;
	if (rc != DBN_OK && rc != DBN_DONE)
		return rc;
	out->ncols = c->ncols;
	out->nrows = c->nrows;
	out->cells = c->cells;
	return c->nrows ? DBN_OK : DBN_DONE;
}

static dbn_status
buffer(struct dbn_cursor *c, uint64_t max, dbn_error **err)
{
	spoil(c);
	return in->buffer(c->behind, max, err);
}

static void
close_cursor(struct dbn_cursor *c)
{
	spoil(c);
	in->close_cursor(c->behind);
	free(c->cells);
	free(c);
}

/* ---- the rest as it is ---- */

static dbn_status ping(struct dbn_conn *c, const dbn_call *o, dbn_error **e) { return in->ping(c, o, e); }
static dbn_status reset(struct dbn_conn *c, const dbn_reset_opts *o, dbn_error **e) { return in->reset(c, o, e); }
static dbn_status cancel(struct dbn_conn *c, uint64_t no, dbn_error **e) { return in->cancel(c, no, e); }

static dbn_status
execute_many(struct dbn_conn *c, const dbn_exec_item *items, size_t n, const dbn_many_opts *o,
	dbn_outcome *outs, dbn_error **err)
{
	return in->execute_many(c, items, n, o, outs, err);
}

static dbn_status begin(struct dbn_conn *c, const dbn_begin_opts *o, dbn_error **e) { return in->begin(c, o, e); }

static dbn_status
end(struct dbn_conn *c, uint32_t how, const dbn_end_opts *o, dbn_error **err)
{
	while (slow && how == DBN_END_COMMIT) /* a server that thinks about it */
		if (host->cancelled(host, &o->call)) {
			dbn_fail_info info = { .struct_size = sizeof info, .status = DBN_E_CANCELLED };

			return say(err, &info, "the commit was cancelled");
		}
	return quote(in->end(c, how, o, err), err);
}

static dbn_status
savepoint(struct dbn_conn *c, uint32_t how, uint32_t depth, const dbn_call *o, dbn_error **err)
{
	return in->savepoint(c, how, depth, o, err);
}

static dbn_status
relation(struct dbn_conn *c, const dbn_name *name, const dbn_call *o, dbn_relation_info *out,
	dbn_error **err)
{
	return in->relation(c, name, o, out, err);
}

static dbn_status
relations(struct dbn_conn *c, const dbn_name *pattern, const dbn_call *o,
	dbn_status (*each)(const dbn_name *, uint32_t kind, void *user), void *user, dbn_error **err)
{
	return in->relations(c, pattern, o, each, user, err);
}

static dbn_status
schema_epoch(struct dbn_conn *c, const dbn_call *o, dbn_token *out, dbn_error **err)
{
	metrics->add(host, polls, 1);
	return in->schema_epoch(c, o, out, err);
}

static dbn_status
create(const dbn_create_info *info, void **self, dbn_error **err)
{
	inner = info->inner;
	in = inner->ops;
	host = info->host;
	slow = ((const struct settings *)info->settings)->slow_commit != 0;
	lose = ((const struct settings *)info->settings)->lose;
	*self = &inner;
	metrics = host->get_service(host, "dbn.metrics/1");
	return metrics->counter(host, "polls", "questions about the schema", &polls, err);
}

static void
destroy(void *self)
{
	(void)self;
}

static const dbn_driver_ops ops = { .struct_size = sizeof(dbn_driver_ops), .describe = describe,
	.connect = connect, .disconnect = disconnect, .ping = ping, .reset = reset, .state = state,
	.cancel = cancel, .prepare = prepare, .close_stmt = close_stmt, .execute = execute,
	.execute_many = execute_many, .fetch = fetch, .buffer = buffer, .close_cursor = close_cursor,
	.begin = begin, .end = end, .savepoint = savepoint, .relation = relation,
	.relations = relations, .schema_epoch = schema_epoch };

DBN_PLUGIN(DBN_KIND_DRIVER, DBN_THREADS_PER_HANDLE, DBN_PLUGIN_WRAPS, "blocks", "0", DBN_CONF_ITEMS(conf),
	sizeof(struct settings), create, NULL, NULL, NULL, destroy, NULL, &ops);
