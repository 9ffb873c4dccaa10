/* SPDX-License-Identifier: MIT */
/*
 * Permission, cache and audit of a pool, made from its configuration.  Setup
 * only, but for dbn_pool__audit_policy(): any thread.
 */
#include "session/stack_impl.h"

/* ---- permission ---- */

dbn_status
dbn_pool__open_authority(dbn_pool *p, dbn_error **err)
{
	dbn_authority_conf conf = { .name = "permission", .allow_all = p->conf->allow_all };
	dbn_instance *i;
	dbn_status rc;

	if (!p->conf->allow_all) {
		rc = dbn_pool__instance(p, DBN_KIND_PERMISSION, p->conf->permission, &i, err);
		if (rc != DBN_OK)
			return rc;
		conf.name = i->name;
		conf.self = i->self;
		conf.ops = i->ops;
		conf.instance = i;
	}
	rc = dbn_authority_open(&conf, &p->authority, err);
	return rc != DBN_OK && conf.instance && err ? dbn_error_locate(err, conf.instance->where) : rc;
}

/* ---- cache ---- */

dbn_status
dbn_pool__open_cache(dbn_pool *p, dbn_error **err)
{
	const dbn_conf_cache *c = p->conf->cache;
	char where[DBN_CONF_WHERE_MAX];
	dbn_cache_rule *rules = NULL;
	dbn_cache_conf conf;
	dbn_instance *i;
	dbn_status rc;

	if (!c)
		return DBN_OK;
	if (c->front)
		return dbn_fail_where(err, DBN_E_UNSUPPORTED,
			dbn_conf_where(c->front->plugin.node, where, sizeof where),
			"Leave \"front\" out.", "a cache in front of another is not possible yet");
	rc = dbn_pool__instance(p, DBN_KIND_CACHE, &c->plugin, &i, err);
	if (rc != DBN_OK)
		return rc;
	rules = dbn_alloc_array(c->nrules ? c->nrules : 1, sizeof *rules);
	if (!rules)
		return dbn_fail_nomem(err);
	for (size_t r = 0; r < c->nrules; r++) {
		rules[r].relation = dbn_text_z(c->rules[r].relation);
		rules[r].ttl_ns = c->rules[r].ttl;
	}
	conf = (dbn_cache_conf){ .name = dbn_text_z(i->name), .self = i->self, .ops = i->ops,
		.ttl_ns = c->ttl, .rules = rules, .nrules = c->nrules,
		.max_result = (size_t)c->max_result };
	rc = dbn_cache_open(&conf, &p->cache, err);
	dbn_free(rules);
	return rc;
}

/* ---- audit ---- */

static dbn_status
fill_filter(const dbn_conf_filter *c, dbn_audit_filter *out, dbn_error **err)
{
	uint32_t action = c->action ? dbn_audit_action_find(dbn_text_z(c->action)) : 0;
	uint32_t outcome = c->outcome ? dbn_audit_outcome_find(dbn_text_z(c->outcome)) : 0;
	char where[DBN_CONF_WHERE_MAX];

	if ((c->action && !action) || (c->outcome && !outcome))
		return dbn_fail_where(err, DBN_E_CONFIG, dbn_conf_where(c->node, where, sizeof where),
			NULL, "\"%s\" is no word of an audit record",
			c->action && !action ? c->action : c->outcome);
	out->actions = action ? UINT32_C(1) << action : 0;
	out->outcomes = outcome ? UINT32_C(1) << outcome : 0;
	out->relation = dbn_text_z(c->relation);
	return DBN_OK;
}

static dbn_status
fill_sink(dbn_pool *p, dbn_arena *a, const dbn_conf_audit *c, dbn_audit_sink_conf *out,
	dbn_error **err)
{
	dbn_audit_filter *filters = dbn_arena_array(a, c->nfilters + 1, sizeof *filters);
	dbn_status rc = filters ? DBN_OK : dbn_fail_nomem(err);
	dbn_instance *i;

	for (size_t f = 0; f < c->nfilters && rc == DBN_OK; f++)
		rc = fill_filter(&c->filters[f], &filters[f], err);
	if (rc == DBN_OK)
		rc = dbn_pool__instance(p, DBN_KIND_AUDIT, &c->plugin, &i, err);
	if (rc != DBN_OK)
		return rc;
	*out = (dbn_audit_sink_conf){ .name = dbn_text_z(c->name), .self = i->self, .ops = i->ops,
		.on_failure = c->on_failure == DBN_ON_FAILURE_DROP ? DBN_AUDIT_DROP : DBN_AUDIT_STOP,
		.filters = filters, .nfilters = c->nfilters,
		.queue_bytes = c->queue > SIZE_MAX ? SIZE_MAX : (size_t)c->queue };
	switch (c->guarantee) {
	case DBN_GUARANTEE_BEST_EFFORT:
		out->guarantee = DBN_AUDIT_BEST_EFFORT;
		break;
	case DBN_GUARANTEE_TRANSACTIONAL:
		out->guarantee = DBN_AUDIT_IN_TRANSACTION;
		break;
	default:
		out->guarantee = DBN_AUDIT_BEFORE_ACK;
		break;
	}
	return DBN_OK;
}

dbn_status
dbn_pool__open_audit(dbn_pool *p, dbn_error **err)
{
	const dbn_stack_conf *c = p->conf;
	dbn_audit_conf conf = { .nsinks = c->naudit };
	dbn_audit_sink_conf *sinks;
	dbn_status rc = DBN_OK;
	dbn_arena a;

	if (!c->naudit)
		return DBN_OK;
	dbn_arena_init(&a, 0);
	sinks = dbn_arena_array(&a, c->naudit, sizeof *sinks);
	if (!sinks)
		rc = dbn_fail_nomem(err);
	for (size_t i = 0; i < c->naudit && rc == DBN_OK; i++)
		rc = fill_sink(p, &a, &c->audit[i], &sinks[i], err);
	conf.sinks = sinks;
	if (rc == DBN_OK)
		rc = dbn_audit_open(&conf, &p->audit, err);
	dbn_arena_free(&a);
	return rc;
}

dbn_status
dbn_pool__audit_policy(dbn_pool *p, const char *detail, bool wait, dbn_error **err)
{
	dbn_audit_event ev = { .action = DBN_AUDIT_POLICY, .outcome = DBN_AUDIT_OK,
		.detail = dbn_text_z(detail) };

	if (!p->audit)
		return DBN_OK;
	if (wait)
		return dbn_audit_outcome(p->audit, &ev, 0, err);
	dbn_audit_submit(p->audit, &ev);
	return DBN_OK;
}
