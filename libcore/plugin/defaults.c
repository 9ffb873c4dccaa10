/* SPDX-License-Identifier: MIT */
/*
 * The operations of each kind, which of them a plugin must have, and what
 * stands in for the others: functions that return DBN_E_UNSUPPORTED, so that no
 * call site tests for NULL.
 */
#include "plugin/load.h"

static dbn_status
without(dbn_error **err, const char *op)
{
	return dbn_fail(err, DBN_E_UNSUPPORTED, "the plugin has no %s()", op);
}

/* ---- driver ---- */

static dbn_status
driver_cancel(struct dbn_conn *c, uint64_t statement_no, dbn_error **err)
{
	(void)c;
	(void)statement_no;
	return without(err, "cancel");
}

static dbn_status
driver_assume(struct dbn_conn *c, dbn_text role, const dbn_call *call, dbn_error **err)
{
	(void)c;
	(void)role;
	(void)call;
	return without(err, "assume");
}

static dbn_status
driver_execute_many(struct dbn_conn *c, const dbn_exec_item *items, size_t n,
	const dbn_many_opts *opts, dbn_outcome *outs, dbn_error **err)
{
	(void)c;
	(void)items;
	(void)n;
	(void)opts;
	(void)outs;
	return without(err, "execute_many");
}

static dbn_status
driver_buffer(struct dbn_cursor *cur, uint64_t max_bytes, dbn_error **err)
{
	(void)cur;
	(void)max_bytes;
	return without(err, "buffer");
}

static dbn_status
driver_savepoint(struct dbn_conn *c, uint32_t how, uint32_t depth, const dbn_call *call,
	dbn_error **err)
{
	(void)c;
	(void)how;
	(void)depth;
	(void)call;
	return without(err, "savepoint");
}

static dbn_status
driver_list_prepared(struct dbn_conn *c, dbn_text prefix, const dbn_call *call,
	dbn_status (*each)(dbn_text gid, int64_t age_us, void *user), void *user, dbn_error **err)
{
	(void)c;
	(void)prefix;
	(void)call;
	(void)each;
	(void)user;
	return without(err, "list_prepared");
}

#define OP(type, name, required, filler) \
	{ #name, offsetof(type, name), required, (dbn_any_fn)(filler) }
#define MUST(type, name) { #name, offsetof(type, name), true, NULL }
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const dbn_op driver_ops[] = {
	MUST(dbn_driver_ops, describe),
	MUST(dbn_driver_ops, connect),
	MUST(dbn_driver_ops, disconnect),
	MUST(dbn_driver_ops, ping),
	MUST(dbn_driver_ops, reset),
	MUST(dbn_driver_ops, state),
	OP(dbn_driver_ops, cancel, false, driver_cancel),
	OP(dbn_driver_ops, assume, false, driver_assume),
	MUST(dbn_driver_ops, prepare),
	MUST(dbn_driver_ops, close_stmt),
	MUST(dbn_driver_ops, execute),
	OP(dbn_driver_ops, execute_many, false, driver_execute_many),
	MUST(dbn_driver_ops, fetch),
	OP(dbn_driver_ops, buffer, false, driver_buffer),
	MUST(dbn_driver_ops, close_cursor),
	MUST(dbn_driver_ops, begin),
	MUST(dbn_driver_ops, end),
	OP(dbn_driver_ops, savepoint, false, driver_savepoint),
	OP(dbn_driver_ops, list_prepared, false, driver_list_prepared),
	MUST(dbn_driver_ops, relation),
	MUST(dbn_driver_ops, relations),
	MUST(dbn_driver_ops, schema_epoch),
};

/* ---- cache ---- */

static const dbn_op cache_ops[] = {
	MUST(dbn_cache_ops, get),
	MUST(dbn_cache_ops, release),
	MUST(dbn_cache_ops, put),
	MUST(dbn_cache_ops, abandon),
	MUST(dbn_cache_ops, invalidate),
	MUST(dbn_cache_ops, clear),
	MUST(dbn_cache_ops, stats),
};

/* ---- permission ---- */

static dbn_status
permission_apply(void *self, const dbn_policy_change *changes, size_t n,
	const dbn_apply_opts *opts, uint64_t *epoch, dbn_error **err)
{
	(void)self;
	(void)changes;
	(void)n;
	(void)opts;
	(void)epoch;
	return without(err, "apply");
}

static const dbn_op permission_ops[] = {
	MUST(dbn_permission_ops, open_snapshot),
	MUST(dbn_permission_ops, close_snapshot),
	MUST(dbn_permission_ops, attributes),
	MUST(dbn_permission_ops, resolve),
	MUST(dbn_permission_ops, release_subject),
	MUST(dbn_permission_ops, rules),
	MUST(dbn_permission_ops, list),
	OP(dbn_permission_ops, apply, false, permission_apply),
};

/* ---- shard ---- */

static dbn_status
shard_route_range(void *self, const dbn_key_range *range, uint64_t *set, size_t nshards,
	dbn_error **err)
{
	(void)self;
	(void)range;
	(void)set;
	(void)nshards;
	return without(err, "route_range");
}

static dbn_status
shard_describe(void *self, const dbn_value *key, size_t nkey, const dbn_str_sink *out,
	dbn_error **err)
{
	(void)self;
	(void)key;
	(void)nkey;
	(void)out;
	return without(err, "describe");
}

static dbn_status
shard_slices(void *self, dbn_status (*each)(const dbn_slice *slice, void *user), void *user,
	dbn_error **err)
{
	(void)self;
	(void)each;
	(void)user;
	return without(err, "slices");
}

static const dbn_op shard_ops[] = {
	MUST(dbn_shard_ops, bind),
	MUST(dbn_shard_ops, route),
	OP(dbn_shard_ops, route_range, false, shard_route_range),
	OP(dbn_shard_ops, describe, false, shard_describe),
	OP(dbn_shard_ops, slices, false, shard_slices),
};

/* ---- audit ---- */

static dbn_status
audit_reserve(void *self, uint32_t records, uint64_t bytes, const dbn_call *call,
	uint64_t *ticket, dbn_error **err)
{
	(void)self;
	(void)records;
	(void)bytes;
	(void)call;
	(void)ticket;
	return without(err, "reserve");
}

static dbn_status
audit_sync(void *self, uint64_t upto_seq, const dbn_call *call, uint64_t *durable_seq,
	dbn_error **err)
{
	(void)self;
	(void)upto_seq;
	(void)call;
	(void)durable_seq;
	return without(err, "sync");
}

static dbn_status
audit_append_within(void *self, struct dbn_sql *txn, const dbn_array *records, dbn_error **err)
{
	(void)self;
	(void)txn;
	(void)records;
	return without(err, "append_within");
}

static dbn_status
audit_read(void *self, uint64_t from_seq, const dbn_call *call,
	dbn_status (*each)(const dbn_audit_record *record, void *user), void *user, dbn_error **err)
{
	(void)self;
	(void)from_seq;
	(void)call;
	(void)each;
	(void)user;
	return without(err, "read");
}

static dbn_status
audit_rotate(void *self, const dbn_call *call, dbn_error **err)
{
	(void)self;
	(void)call;
	return without(err, "rotate");
}

static const dbn_op audit_ops[] = {
	MUST(dbn_audit_ops, open_stream),
	OP(dbn_audit_ops, reserve, false, audit_reserve),
	MUST(dbn_audit_ops, append),
	OP(dbn_audit_ops, sync, false, audit_sync),
	OP(dbn_audit_ops, append_within, false, audit_append_within),
	OP(dbn_audit_ops, read, false, audit_read),
	OP(dbn_audit_ops, rotate, false, audit_rotate),
};

const dbn_kind_ops *
dbn_kind_ops_of(uint32_t kind)
{
	static const dbn_kind_ops kinds[] = {
		{ driver_ops, COUNT(driver_ops), sizeof(dbn_driver_ops), 0 },
		{ cache_ops, COUNT(cache_ops), sizeof(dbn_cache_ops),
			DBN_CACHE_SHARED | DBN_CACHE_DURABLE },
		{ permission_ops, COUNT(permission_ops), sizeof(dbn_permission_ops), 0 },
		{ shard_ops, COUNT(shard_ops), sizeof(dbn_shard_ops), 0 },
		{ audit_ops, COUNT(audit_ops), sizeof(dbn_audit_ops), DBN_AUDIT_DURABLE |
			DBN_AUDIT_TRANSACTIONAL | DBN_AUDIT_READS_BACK },
	};

	return kind >= DBN_KIND_DRIVER && kind <= DBN_KIND_AUDIT ? &kinds[kind - 1] : NULL;
}
