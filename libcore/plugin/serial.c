/* SPDX-License-Identifier: MIT */
/*
 * DBN_THREADS_SERIAL, kept by the core: operations that take the instance's
 * mutex around the plugin's own.  Of a permission provider a snapshot is wrapped,
 * because its operations know no self.  Drivers hand out connections, statements
 * and cursors: for them callers use dbn_instance_enter() and _leave().
 */
#include "plugin/load.h"

/* Both stand behind `self` of the functions here. */
#define LOCKED(i, type, call) \
	do { \
		const type *ops_ = (i)->serial_ops; \
		void *self_ = (i)->serial_self; \
		(void)pthread_mutex_lock(&(i)->pub.mutex); \
		call; \
		(void)pthread_mutex_unlock(&(i)->pub.mutex); \
	} while (0)

/* ---- cache ---- */

static dbn_status
cache_get(void *self, const dbn_text *keys, size_t n, const dbn_get_opts *opts,
	dbn_cache_hit *hits, dbn_error **err)
{
	dbn_instance_full *i = self;
	dbn_status rc;

	LOCKED(i, dbn_cache_ops, rc = ops_->get(self_, keys, n, opts, hits, err));
	return rc;
}

static void
cache_release(void *self, dbn_cache_hit *hits, size_t n)
{
	dbn_instance_full *i = self;

	LOCKED(i, dbn_cache_ops, ops_->release(self_, hits, n));
}

static dbn_status
cache_put(void *self, dbn_text key, const dbn_text *parts, size_t n, const dbn_put_opts *opts,
	dbn_error **err)
{
	dbn_instance_full *i = self;
	dbn_status rc;

	LOCKED(i, dbn_cache_ops, rc = ops_->put(self_, key, parts, n, opts, err));
	return rc;
}

static void
cache_abandon(void *self, dbn_text key, const dbn_ticket *ticket)
{
	dbn_instance_full *i = self;

	LOCKED(i, dbn_cache_ops, ops_->abandon(self_, key, ticket));
}

static dbn_status
cache_invalidate(void *self, const dbn_text *keys, size_t nkeys, const dbn_text *tags,
	size_t ntags, uint32_t how, const dbn_call *call, dbn_error **err)
{
	dbn_instance_full *i = self;
	dbn_status rc;

	LOCKED(i, dbn_cache_ops, rc = ops_->invalidate(self_, keys, nkeys, tags, ntags, how, call, err));
	return rc;
}

static dbn_status
cache_clear(void *self, dbn_text prefix, const dbn_call *call, dbn_error **err)
{
	dbn_instance_full *i = self;
	dbn_status rc;

	LOCKED(i, dbn_cache_ops, rc = ops_->clear(self_, prefix, call, err));
	return rc;
}

static void
cache_stats(void *self, dbn_cache_stats *out)
{
	dbn_instance_full *i = self;

	LOCKED(i, dbn_cache_ops, ops_->stats(self_, out));
}

/* ---- shard ---- */

static dbn_status
shard_bind(void *self, const dbn_array *shards, const dbn_type *types, size_t nkey, dbn_error **err)
{
	dbn_instance_full *i = self;
	dbn_status rc;

	LOCKED(i, dbn_shard_ops, rc = ops_->bind(self_, shards, types, nkey, err));
	return rc;
}

static dbn_status
shard_route(void *self, const dbn_value *keys, size_t nkey, size_t n, uint32_t *shards,
	dbn_error **err)
{
	dbn_instance_full *i = self;
	dbn_status rc;

	LOCKED(i, dbn_shard_ops, rc = ops_->route(self_, keys, nkey, n, shards, err));
	return rc;
}

static dbn_status
shard_route_range(void *self, const dbn_key_range *range, uint64_t *set, size_t nshards,
	dbn_error **err)
{
	dbn_instance_full *i = self;
	dbn_status rc;

	LOCKED(i, dbn_shard_ops, rc = ops_->route_range(self_, range, set, nshards, err));
	return rc;
}

static dbn_status
shard_describe(void *self, const dbn_value *key, size_t nkey, const dbn_str_sink *out,
	dbn_error **err)
{
	dbn_instance_full *i = self;
	dbn_status rc;

	LOCKED(i, dbn_shard_ops, rc = ops_->describe(self_, key, nkey, out, err));
	return rc;
}

static dbn_status
shard_slices(void *self, dbn_status (*each)(const dbn_slice *slice, void *user), void *user,
	dbn_error **err)
{
	dbn_instance_full *i = self;
	dbn_status rc;

	LOCKED(i, dbn_shard_ops, rc = ops_->slices(self_, each, user, err));
	return rc;
}

/* ---- audit ---- */

static dbn_status
audit_open_stream(void *self, dbn_text stream, dbn_audit_head *out, dbn_error **err)
{
	dbn_instance_full *i = self;
	dbn_status rc;

	LOCKED(i, dbn_audit_ops, rc = ops_->open_stream(self_, stream, out, err));
	return rc;
}

static dbn_status
audit_reserve(void *self, uint32_t records, uint64_t bytes, const dbn_call *call,
	uint64_t *ticket, dbn_error **err)
{
	dbn_instance_full *i = self;
	dbn_status rc;

	LOCKED(i, dbn_audit_ops, rc = ops_->reserve(self_, records, bytes, call, ticket, err));
	return rc;
}

static dbn_status
audit_append(void *self, const dbn_array *records, uint64_t ticket, const dbn_append_opts *opts,
	dbn_error **err)
{
	dbn_instance_full *i = self;
	dbn_status rc;

	LOCKED(i, dbn_audit_ops, rc = ops_->append(self_, records, ticket, opts, err));
	return rc;
}

static dbn_status
audit_sync(void *self, uint64_t upto_seq, const dbn_call *call, uint64_t *durable_seq,
	dbn_error **err)
{
	dbn_instance_full *i = self;
	dbn_status rc;

	LOCKED(i, dbn_audit_ops, rc = ops_->sync(self_, upto_seq, call, durable_seq, err));
	return rc;
}

static dbn_status
audit_append_within(void *self, struct dbn_sql *txn, const dbn_array *records, dbn_error **err)
{
	dbn_instance_full *i = self;
	dbn_status rc;

	LOCKED(i, dbn_audit_ops, rc = ops_->append_within(self_, txn, records, err));
	return rc;
}

static dbn_status
audit_read(void *self, uint64_t from_seq, const dbn_call *call,
	dbn_status (*each)(const dbn_audit_record *record, void *user), void *user, dbn_error **err)
{
	dbn_instance_full *i = self;
	dbn_status rc;

	LOCKED(i, dbn_audit_ops, rc = ops_->read(self_, from_seq, call, each, user, err));
	return rc;
}

static dbn_status
audit_rotate(void *self, const dbn_call *call, dbn_error **err)
{
	dbn_instance_full *i = self;
	dbn_status rc;

	LOCKED(i, dbn_audit_ops, rc = ops_->rotate(self_, call, err));
	return rc;
}

/* ---- permission ---- */

/* A snapshot with the instance it belongs to. */
struct snapshot {
	dbn_instance_full *instance;
	struct dbn_policy *policy;
};

static struct snapshot *
snapshot_of(struct dbn_policy *p)
{
	return (struct snapshot *)(void *)p;
}

static dbn_status
policy_open(void *self, const dbn_call *call, struct dbn_policy **out, uint64_t *epoch,
	dbn_error **err)
{
	dbn_instance_full *i = self;
	struct snapshot *s = dbn_zalloc(sizeof *s);
	dbn_status rc;

	if (!s)
		return dbn_fail_nomem(err);
	s->instance = i;
	LOCKED(i, dbn_permission_ops, rc = ops_->open_snapshot(self_, call, &s->policy, epoch, err));
	if (rc == DBN_OK)
		*out = (struct dbn_policy *)(void *)s;
	else
		dbn_free(s);
	return rc;
}

static void
policy_close(struct dbn_policy *p)
{
	struct snapshot *s = snapshot_of(p);

	LOCKED(s->instance, dbn_permission_ops, (void)self_; ops_->close_snapshot(s->policy));
	dbn_free(s);
}

static dbn_status
policy_attributes(struct dbn_policy *p, dbn_array *out, dbn_error **err)
{
	struct snapshot *s = snapshot_of(p);
	dbn_status rc;

	LOCKED(s->instance, dbn_permission_ops, (void)self_;
		rc = ops_->attributes(s->policy, out, err));
	return rc;
}

static dbn_status
policy_resolve(struct dbn_policy *p, const dbn_identity_in *who, const dbn_call *call,
	dbn_subject_out *out, dbn_error **err)
{
	struct snapshot *s = snapshot_of(p);
	dbn_status rc;

	LOCKED(s->instance, dbn_permission_ops, (void)self_;
		rc = ops_->resolve(s->policy, who, call, out, err));
	return rc;
}

static void
policy_release_subject(struct dbn_policy *p, dbn_subject_out *subject)
{
	struct snapshot *s = snapshot_of(p);

	LOCKED(s->instance, dbn_permission_ops, (void)self_;
		ops_->release_subject(s->policy, subject));
}

static dbn_status
policy_rules(struct dbn_policy *p, dbn_text view_key, const dbn_text *roles, size_t nroles,
	const dbn_resource *resource, uint32_t actions,
	dbn_status (*each)(const dbn_rule *rule, void *user), void *user, dbn_error **err)
{
	struct snapshot *s = snapshot_of(p);
	dbn_status rc;

	LOCKED(s->instance, dbn_permission_ops, (void)self_; rc = ops_->rules(s->policy, view_key,
		roles, nroles, resource, actions, each, user, err));
	return rc;
}

static dbn_status
policy_list(struct dbn_policy *p, uint32_t what,
	dbn_status (*each)(const void *item, void *user), void *user, dbn_error **err)
{
	struct snapshot *s = snapshot_of(p);
	dbn_status rc;

	LOCKED(s->instance, dbn_permission_ops, (void)self_;
		rc = ops_->list(s->policy, what, each, user, err));
	return rc;
}

static dbn_status
policy_apply(void *self, const dbn_policy_change *changes, size_t n, const dbn_apply_opts *opts,
	uint64_t *epoch, dbn_error **err)
{
	dbn_instance_full *i = self;
	dbn_status rc;

	LOCKED(i, dbn_permission_ops, rc = ops_->apply(self_, changes, n, opts, epoch, err));
	return rc;
}

/* flags are the plugin's own: copied where it matters. */
static const dbn_cache_ops cache_ops = { sizeof cache_ops, 0, cache_get, cache_release, cache_put,
	cache_abandon, cache_invalidate, cache_clear, cache_stats };
static const dbn_shard_ops shard_ops = { sizeof shard_ops, 0, shard_bind, shard_route,
	shard_route_range, shard_describe, shard_slices };
static const dbn_audit_ops audit_ops = { sizeof audit_ops, 0, audit_open_stream, audit_reserve,
	audit_append, audit_sync, audit_append_within, audit_read, audit_rotate };
static const dbn_permission_ops permission_ops = { sizeof permission_ops, 0, policy_open,
	policy_close, policy_attributes, policy_resolve, policy_release_subject, policy_rules,
	policy_list, policy_apply };

bool
dbn_serial_wrap(dbn_instance_full *i, uint32_t kind)
{
	uint32_t flags = ((const dbn_cache_ops *)i->pub.ops)->flags;

	switch (kind) {
	case DBN_KIND_CACHE:
		i->serial.cache = cache_ops;
		i->serial.cache.flags = flags;
		break;
	case DBN_KIND_SHARD:
		i->serial.shard = shard_ops;
		break;
	case DBN_KIND_AUDIT:
		i->serial.audit = audit_ops;
		i->serial.audit.flags = flags;
		break;
	case DBN_KIND_PERMISSION:
		i->serial.permission = permission_ops;
		break;
	default:
		return false;
	}
	i->serial_ops = i->pub.ops;
	i->serial_self = i->pub.self;
	i->pub.ops = &i->serial;
	i->pub.self = i;
	return true;
}
