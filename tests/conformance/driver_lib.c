/* SPDX-License-Identifier: MIT */
/*
 * Helpers of the driver suite.  Errors stay in cf->err for the check that made
 * the call.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "conformance/driver.h"

static dbn_text
text(const char *s)
{
	return (dbn_text){ s, strlen(s) };
}

bool
drv_can(const drv *d, uint64_t capability)
{
	return (d->dialect.capabilities & capability) != 0;
}

struct dbn_conn *
drv_connect(drv *d, uint32_t read_only)
{
	dbn_connect_opts o = { .call = DBN_CALL_INIT };
	struct dbn_conn *c = NULL;

	o.url = text(conform_arg(d->cf, "url", ""));
	o.create = !read_only;
	o.read_only = read_only;
	if (!conform_ok_at(d->cf, __FILE__, __LINE__, "connect",
		d->ops->connect(d->self, &o, &c, &d->cf->err)))
		return NULL;
	return c;
}

bool
drv_open(conform *cf, drv *d)
{
	memset(d, 0, sizeof *d);
	d->cf = cf;
	d->ops = (const dbn_driver_ops *)cf->plugin.desc->ops;
	d->self = cf->plugin.self;
	d->host = &cf->plugin.fh.host;
	d->dialect.struct_size = (uint32_t)sizeof d->dialect;
	if (!conform_ok_at(cf, __FILE__, __LINE__, "describe",
		d->ops->describe(d->self, &d->dialect, &cf->err)))
		return false;
	d->c = drv_connect(d, 0);
	return d->c != NULL;
}

void
drv_close(drv *d)
{
	if (d->c)
		d->ops->disconnect(d->c);
	d->c = NULL;
}

uint64_t
drv_in_ms(const drv *d, uint64_t ms)
{
	return d->host->now_ns(d->host) + ms * 1000000;
}

/* "r t id; i t" into accesses; the texts point into copy. */
static uint32_t
parse_accesses(char *copy, dbn_access *out)
{
	uint32_t n = 0;
	char *end = NULL;

	for (char *part = strtok_r(copy, ";", &end); part && n < DRV_MAX_ACCESS;
		part = strtok_r(NULL, ";", &end)) {
		char *inner = NULL, *verb = strtok_r(part, " ", &inner);
		char *rel = strtok_r(NULL, " ", &inner), *col = strtok_r(NULL, " ", &inner);

		if (!verb || !rel)
			continue;
		memset(&out[n], 0, sizeof out[n]);
		out[n].struct_size = (uint32_t)sizeof out[n];
		out[n].action = *verb == 'r' ? DBN_ACT_READ : *verb == 'i' ? DBN_ACT_INSERT
			: *verb == 'u' ? DBN_ACT_UPDATE : *verb == 'd' ? DBN_ACT_DELETE : DBN_ACT_EXECUTE;
		out[n].relation.name = text(rel);
		out[n++].column = text(col ? col : "");
	}
	return n;
}

/* ? to $1, $2 ... */
static void
placeholders(const drv *d, const char *sql, char *out, size_t size)
{
	const char *how = conform_quirk(d->cf, "placeholder");
	size_t at = 0;
	unsigned n = 0;

	for (; *sql && at + 8 < size; sql++) {
		if (*sql == '?' && how && strncmp(how, "dollar", 6) == 0)
			at += (size_t)snprintf(out + at, size - at, "$%u", ++n);
		else
			out[at++] = *sql;
	}
	out[at] = 0;
}

dbn_status
drv_prepare_typed(drv *d, struct dbn_conn *c, const char *sql, const char *access,
	const dbn_type *params, uint32_t nparams, const dbn_type *results, uint32_t nresults,
	uint32_t flags, drv_stmt *out)
{
	dbn_prepare_opts o = { .call = DBN_CALL_INIT, .flags = flags };
	dbn_access acc[DRV_MAX_ACCESS];
	char *copy = strdup(access ? access : ""), sent[4096];
	dbn_status rc;

	memset(out, 0, sizeof *out);
	out->info.struct_size = (uint32_t)sizeof out->info;
	o.param_types = (dbn_array){ params, nparams, (uint32_t)sizeof *params };
	o.result_types = (dbn_array){ results, nresults, (uint32_t)sizeof *results };
	o.accesses = (dbn_array){ acc, parse_accesses(copy, acc), (uint32_t)sizeof *acc };
	placeholders(d, sql, sent, sizeof sent);
	rc = d->ops->prepare(c, text(sent), &o, &out->s, &out->info, &d->cf->err);
	free(copy);
	return rc;
}

dbn_status
drv_prepare(drv *d, struct dbn_conn *c, const char *sql, const char *access, drv_stmt *out)
{
	return drv_prepare_typed(d, c, sql, access, NULL, 0, NULL, 0, DBN_PREPARE_KEEP, out);
}

dbn_status
drv_execute(drv *d, drv_stmt *s, dbn_args args, uint32_t flags, dbn_outcome *out,
	struct dbn_cursor **cur)
{
	dbn_exec_opts o = { .call = DBN_CALL_INIT, .flags = flags };

	o.statement_no = ++d->no;
	memset(out, 0, sizeof *out);
	out->struct_size = (uint32_t)sizeof *out;
	return d->ops->execute(s->s, args.v, args.n, &o, out, cur, &d->cf->err);
}

dbn_status
drv_run(drv *d, struct dbn_conn *c, const char *sql, const char *access, dbn_args args,
	uint64_t *affected)
{
	drv_stmt s;
	dbn_outcome out;
	dbn_status rc = drv_prepare(d, c, sql, access, &s);

	if (rc != DBN_OK)
		return rc;
	rc = drv_execute(d, &s, args, 0, &out, NULL);
	if (affected)
		*affected = out.affected;
	d->ops->close_stmt(s.s);
	return rc;
}

bool
drv_admin(drv *d, struct dbn_conn *c, const char *sql)
{
	drv_stmt s;
	dbn_outcome out;
	bool ok = conform_ok_at(d->cf, __FILE__, __LINE__, sql,
		drv_prepare_typed(d, c, sql, NULL, NULL, 0, NULL, 0, DBN_PREPARE_ADMIN, &s));

	if (!ok)
		return false;
	ok = conform_ok_at(d->cf, __FILE__, __LINE__, sql,
		drv_execute(d, &s, DBN_NO_ARGS, 0, &out, NULL));
	d->ops->close_stmt(s.s);
	return ok;
}

int64_t
drv_int(drv *d, struct dbn_conn *c, const char *sql, const char *access, dbn_args args)
{
	dbn_rowset rows = { .struct_size = (uint32_t)sizeof rows };
	struct dbn_cursor *cur = NULL;
	int64_t x = INT64_MIN;
	drv_stmt s;
	dbn_outcome out;

	if (!conform_ok_at(d->cf, __FILE__, __LINE__, sql, drv_prepare(d, c, sql, access, &s)))
		return x;
	if (conform_ok_at(d->cf, __FILE__, __LINE__, sql,
			drv_execute(d, &s, args, DBN_EXEC_ROWS, &out, &cur)) && cur) {
		if (d->ops->fetch(cur, 1, &rows, &d->cf->err) == DBN_OK &&
			rows.cells[0].type == DBN_INT64)
			x = rows.cells[0].u.i64;
		d->ops->close_cursor(cur);
	}
	d->ops->close_stmt(s.s);
	return x;
}

dbn_status
drv_begin(drv *d, struct dbn_conn *c, uint32_t read_only)
{
	dbn_begin_opts o = { .call = DBN_CALL_INIT, .read_only = read_only };

	return d->ops->begin(c, &o, &d->cf->err);
}

dbn_status
drv_commit(drv *d, struct dbn_conn *c)
{
	dbn_end_opts o = { .call = DBN_CALL_INIT };

	return d->ops->end(c, DBN_END_COMMIT, &o, &d->cf->err);
}

dbn_status
drv_rollback(drv *d, struct dbn_conn *c)
{
	dbn_end_opts o = { .call = DBN_CALL_INIT };

	return d->ops->end(c, DBN_END_ROLLBACK, &o, &d->cf->err);
}

uint32_t
drv_txn(drv *d, struct dbn_conn *c)
{
	dbn_conn_state st = { .struct_size = (uint32_t)sizeof st };

	d->ops->state(c, &st);
	return st.txn;
}

bool
drv_text_is(const dbn_value *v, const char *want)
{
	dbn_text t = dbn_text_of(v);

	return t.ptr && t.len == strlen(want) && memcmp(t.ptr, want, t.len) == 0;
}

bool
drv_same(const dbn_value *a, const dbn_value *b)
{
	uint64_t len = a->flags & DBN_VALUE_CSTR ? strlen((const char *)a->u.ptr) : a->len;

	if (a->type != b->type)
		return false;
	switch (a->type) {
	case DBN_NULL:
		return true;
	case DBN_FLOAT:
	case DBN_DOUBLE:
		return (isnan(a->u.f64) && isnan(b->u.f64)) || (a->u.f64 == b->u.f64 &&
			signbit(a->u.f64) == signbit(b->u.f64));
	case DBN_DECIMAL:
	case DBN_TEXT:
	case DBN_BYTES:
	case DBN_UUID:
	case DBN_JSON:
	case DBN_ENUM:
		return len == b->len && (!len || memcmp(a->u.ptr, b->u.ptr, (size_t)len) == 0);
	case DBN_INTERVAL:
		return memcmp(a->u.ptr, b->u.ptr, sizeof(dbn_interval)) == 0;
	case DBN_TIMETZ:
		return a->u.i64 == b->u.i64 && a->aux == b->aux;
	case DBN_ARRAY:
		for (uint64_t i = 0; i < a->len && a->len == b->len; i++)
			if (!drv_same((const dbn_value *)a->u.ptr + i, (const dbn_value *)b->u.ptr + i))
				return false;
		return a->len == b->len && a->aux == b->aux;
	default:
		return a->u.i64 == b->u.i64;
	}
}

dbn_status
drv_describe(drv *d, struct dbn_conn *c, const char *schema, const char *name, dbn_relation_info *out)
{
	dbn_name n = { text(schema), text(name) };
	dbn_call call = DBN_CALL_INIT;

	memset(out, 0, sizeof *out);
	out->struct_size = (uint32_t)sizeof *out;
	return d->ops->relation(c, &n, &call, out, &d->cf->err);
}

const dbn_column_desc *
drv_column(const dbn_relation_info *r, const char *name)
{
	for (uint32_t i = 0; i < r->columns.count; i++) {
		const dbn_column_desc *c = (const dbn_column_desc *)(const void *)
			((const char *)r->columns.items + (size_t)r->columns.stride * i);

		if (c->name.len == strlen(name) && memcmp(c->name.ptr, name, c->name.len) == 0)
			return c;
	}
	return NULL;
}

bool
drv_has_effect(const dbn_relation_info *r, uint32_t what, const char *on, uint32_t action)
{
	for (uint32_t i = 0; i < r->effects.count; i++) {
		const dbn_effect_desc *e = (const dbn_effect_desc *)(const void *)
			((const char *)r->effects.items + (size_t)r->effects.stride * i);

		if (e->what == what && (e->actions & action) && e->on.name.len == strlen(on) &&
			memcmp(e->on.name.ptr, on, e->on.name.len) == 0)
			return true;
	}
	return false;
}

bool
drv_make_t(drv *d, unsigned rows)
{
	drv_stmt s;
	dbn_outcome out;
	const char *identity = conform_quirk(d->cf, "identity");
	char name[32], sql[256];
	bool ok;

	(void)snprintf(sql, sizeof sql, "CREATE TABLE t (id %s, name VARCHAR(40), n BIGINT)",
		identity ? identity : "INTEGER PRIMARY KEY");
	ok = drv_admin(d, d->c, sql);

	if (!ok || !conform_ok_at(d->cf, __FILE__, __LINE__, "prepare the insert",
		drv_prepare(d, d->c, "INSERT INTO t (id, name, n) VALUES (?, ?, ?)", "i t", &s)))
		return false;
	for (unsigned i = 1; ok && i <= rows; i++) {
		(void)snprintf(name, sizeof name, "name %u", i);
		ok = conform_ok_at(d->cf, __FILE__, __LINE__, "insert",
			drv_execute(d, &s, DBN_ARGS(i, name, i * 10), 0, &out, NULL));
	}
	d->ops->close_stmt(s.s);
	return ok;
}
