/* SPDX-License-Identifier: MIT */
/*
 * A driver that is wrong on purpose: it loads a good one (setting "plugin") and
 * spoils one thing (setting "fault").  The suite must catch each.  A test plugin:
 * one instance, so its state may be global.
 */
#include <stdatomic.h>
#include <string.h>

#include <dbnexus/plugin/driver.h>

#include "error/error.h"
#include "lib/fake_host.h"

enum fault { NONE, AFFECTED, MEMORY, CANCEL, ACCESS, COMMIT, ROLLBACK, SQLSTATE, LAST_ROW, LEAK, CATALOGUE,
	UNSIGNED, ATOMIC, DEADLINE,
	HOARD, CUT };

struct settings {
	const char *plugin;
	int32_t fault;
};

static const dbn_conf_item items[] = {
	{ "plugin", NULL, "the good one", NULL, DBN_CONF_STRING, 0, 0, 0,
		(uint32_t)offsetof(struct settings, plugin), 0, DBN_CONF_NONE },
	{ "fault", "none", "what to spoil", "none|affected|memory|cancel|access|commit|rollback|sqlstate|"
		"last_row|leak|catalogue|unsigned|atomic|deadline|hoard|cut", DBN_CONF_ENUM, 0, 0, 0,
		(uint32_t)offsetof(struct settings, fault), 0, DBN_CONF_NONE },
};

static struct {
	fake_plugin good;
	const dbn_driver_ops *ops;
	const dbn_host *host;
	enum fault fault;
	_Atomic int cancelled;
	char text[4][64];
	dbn_value cells[64];
	uint64_t version;
} B;

static void
scramble(void)
{
	if (B.fault == MEMORY)
		memset(B.text, '#', sizeof B.text);
}

static dbn_status
spoil_error(dbn_status rc, dbn_error **err)
{
	if (B.fault != SQLSTATE || rc >= 0)
		return rc;
	dbn_error_free(*err);
	return dbn_fail(err, DBN_E_INTERNAL, "it did not work");
}

static dbn_status
broken_describe(void *self, dbn_dialect *out, dbn_error **err)
{
	(void)self;
	return B.ops->describe(B.good.self, out, err);
}

static dbn_status
broken_connect(void *self, const dbn_connect_opts *o, struct dbn_conn **out, dbn_error **err)
{
	(void)self;
	if (B.fault == LEAK)
		(void)B.host->alloc(B.host, 16);
	return B.ops->connect(B.good.self, o, out, err);
}

static dbn_status
broken_ping(struct dbn_conn *c, const dbn_call *call, dbn_error **err)
{
	scramble();
	return B.ops->ping(c, call, err);
}

static dbn_status
broken_cancel(struct dbn_conn *c, uint64_t no, dbn_error **err)
{
	if (B.fault == CANCEL)
		atomic_store(&B.cancelled, 1); /* whatever comes next is hit */
	return B.ops->cancel(c, no, err);
}

static dbn_status
broken_prepare(struct dbn_conn *c, dbn_text sql, const dbn_prepare_opts *o, struct dbn_stmt **out,
	dbn_stmt_info *info, dbn_error **err)
{
	dbn_prepare_opts spoilt = *o;

	if (B.fault == ACCESS)
		spoilt.flags |= DBN_PREPARE_ADMIN;
	if (B.fault == UNSIGNED)
		spoilt.param_types = (dbn_array){ NULL, 0, 0 };
	return spoil_error(B.ops->prepare(c, sql, &spoilt, out, info, err), err);
}

static dbn_status
broken_execute(struct dbn_stmt *s, const dbn_value *v, size_t nv, const dbn_exec_opts *o,
	dbn_outcome *out, struct dbn_cursor **cur, dbn_error **err)
{
	dbn_exec_opts spoilt = *o;
	dbn_value changed[16];
	dbn_status rc;

	scramble();
	if (B.fault == HOARD)
		(void)B.host->alloc(B.host, 16);
	if (B.fault == CANCEL && atomic_exchange(&B.cancelled, 0))
		return dbn_fail(err, DBN_E_CANCELLED, "hit by a cancel");
	if (B.fault == DEADLINE && spoilt.call.deadline_ns)
		spoilt.call.deadline_ns += UINT64_C(2100000000);
	if (B.fault == UNSIGNED && nv && nv <= 16) {
		memcpy(changed, v, nv * sizeof *v);
		for (size_t i = 0; i < nv; i++)
			if (changed[i].type == DBN_UINT64)
				changed[i].type = DBN_INT64; /* wraps around */
		v = changed;
	}
	rc = B.ops->execute(s, v, nv, &spoilt, out, cur, err);
	if (B.fault == AFFECTED && out->affected)
		out->affected++;
	return spoil_error(rc, err);
}

static dbn_status
broken_many(struct dbn_conn *c, const dbn_exec_item *list, size_t n, const dbn_many_opts *o,
	dbn_outcome *outs, dbn_error **err)
{
	dbn_many_opts spoilt = *o;

	if (B.fault == ATOMIC)
		spoilt.how = DBN_MANY_EACH;
	return B.ops->execute_many(c, list, n, &spoilt, outs, err);
}

static dbn_status
broken_fetch(struct dbn_cursor *cur, uint32_t max, dbn_rowset *out, dbn_error **err)
{
	dbn_status rc = B.ops->fetch(cur, max, out, err);
	unsigned n = 0;

	if (B.fault == LAST_ROW && rc == DBN_OK && out->cells[0].type == DBN_INT64 &&
		out->cells[0].u.i64 == 100)
		return DBN_DONE;
	if (B.fault == CUT && rc == DBN_OK && out->cells[0].type == DBN_TEXT && out->cells[0].len > 4096) {
		B.cells[0] = out->cells[0];
		B.cells[0].len = 4096;
		out->cells = B.cells;
		return rc;
	}
	if (B.fault != MEMORY || rc != DBN_OK || out->ncols * out->nrows > 64)
		return rc;
	memcpy(B.cells, out->cells, out->ncols * out->nrows * sizeof *B.cells);
	for (uint32_t i = 0; i < out->ncols * out->nrows && n < 4; i++)
		if (B.cells[i].type == DBN_TEXT && B.cells[i].len < sizeof B.text[0]) {
			memcpy(B.text[n], B.cells[i].u.ptr, B.cells[i].len);
			B.cells[i].u.ptr = B.text[n++];
		}
	out->cells = B.cells;
	return rc;
}

static dbn_status
broken_end(struct dbn_conn *c, uint32_t how, const dbn_end_opts *o, dbn_error **err)
{
	if (B.fault == COMMIT && how == DBN_END_COMMIT)
		how = DBN_END_ROLLBACK;
	else if (B.fault == ROLLBACK && how == DBN_END_ROLLBACK)
		how = DBN_END_COMMIT;
	return B.ops->end(c, how, o, err);
}

static dbn_status
broken_relation(struct dbn_conn *c, const dbn_name *name, const dbn_call *call,
	dbn_relation_info *out, dbn_error **err)
{
	dbn_status rc = B.ops->relation(c, name, call, out, err);

	if (rc == DBN_OK) { /* the caller releases it through its own host */
		atomic_fetch_sub(&B.good.fh.live, 1);
		atomic_fetch_add(&((fake_host *)B.host->ctx)->live, 1);
	}
	if (B.fault == CATALOGUE && rc == DBN_OK) {
		B.version = B.version ? B.version : out->version;
		out->version = B.version; /* as it was the first time */
	}
	return rc;
}

static dbn_driver_ops ops; /* the good one's, with some replaced */

static dbn_status
broken_create(const dbn_create_info *info, void **self, dbn_error **err)
{
	const struct settings *set = (const struct settings *)info->settings;
	dbn_status rc;

	if (!set->plugin)
		return dbn_fail(err, DBN_E_CONFIG, "no plugin to spoil");
	rc = fake_plugin_open(&B.good, set->plugin, NULL, NULL, NULL, err);
	if (rc != DBN_OK)
		return rc;
	B.host = info->host;
	B.fault = (enum fault)set->fault;
	B.ops = (const dbn_driver_ops *)B.good.desc->ops;
	ops = *B.ops;
	ops.describe = broken_describe;
	ops.connect = broken_connect;
	ops.ping = broken_ping;
	ops.cancel = broken_cancel;
	ops.prepare = broken_prepare;
	ops.execute = broken_execute;
	ops.execute_many = broken_many;
	ops.fetch = broken_fetch;
	ops.end = broken_end;
	ops.relation = broken_relation;
	*self = &B;
	return DBN_OK;
}

static void
broken_destroy(void *self)
{
	(void)self;
	fake_plugin_close(&B.good);
}

DBN_PLUGIN(DBN_KIND_DRIVER, DBN_THREADS_PER_HANDLE, 0, "broken", "0", DBN_CONF_ITEMS(items),
	sizeof(struct settings), broken_create, NULL, NULL, NULL, broken_destroy, NULL, &ops);
