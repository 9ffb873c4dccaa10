/* SPDX-License-Identifier: MIT */
/*
 * The policy of a stack that was opened without one, explicitly: everybody is
 * known and one rule allows everything.  It goes the same way as any policy, so
 * that it is explained and audited like one.
 */
#include "permission/internal.h"

static const dbn_text star = { "*", 1 };

static const dbn_rule rules[] = {
	{ .struct_size = (uint32_t)sizeof(dbn_rule), .effect = DBN_RULE_ALLOW,
		.kind = DBN_RULE_PERMISSIVE, .mode = DBN_RULE_ENFORCE, .flags = DBN_RULE_TRIGGERS_TRUSTED,
		.id = { "allow-all", 9 }, .where = { "", 0 },
		.roles = { &star, 1, (uint32_t)sizeof(dbn_text) },
		.resource_kind = DBN_RESOURCE_RELATION, .actions = DBN_ACT_READ | DBN_ACT_WRITE,
		.database = { "*", 1 }, .schema = { "*", 1 }, .name = { "*", 1 } },
	{ .struct_size = (uint32_t)sizeof(dbn_rule), .effect = DBN_RULE_ALLOW,
		.kind = DBN_RULE_PERMISSIVE, .mode = DBN_RULE_ENFORCE,
		.id = { "allow-all", 9 }, .where = { "", 0 },
		.roles = { &star, 1, (uint32_t)sizeof(dbn_text) },
		.resource_kind = DBN_RESOURCE_FUNCTION, .actions = DBN_ACT_EXECUTE,
		.name = { "*", 1 } },
	{ .struct_size = (uint32_t)sizeof(dbn_rule), .effect = DBN_RULE_ALLOW,
		.kind = DBN_RULE_PERMISSIVE, .mode = DBN_RULE_ENFORCE,
		.id = { "allow-all", 9 }, .where = { "", 0 },
		.roles = { &star, 1, (uint32_t)sizeof(dbn_text) },
		.resource_kind = DBN_RESOURCE_DATABASE,
		.actions = DBN_ACT_DDL | DBN_ACT_SETTINGS | DBN_ACT_ROUTINE, .database = { "*", 1 } }
};

static dbn_status
open_snapshot(void *self, const dbn_call *call, struct dbn_policy **out, uint64_t *epoch,
	dbn_error **err)
{
	(void)self;
	(void)call;
	(void)err;
	*out = NULL;
	*epoch = 1;
	return DBN_OK;
}

static void
close_snapshot(struct dbn_policy *p)
{
	(void)p;
}

static dbn_status
attributes(struct dbn_policy *p, dbn_array *out, dbn_error **err)
{
	(void)p;
	(void)err;
	memset(out, 0, sizeof(*out));
	return DBN_OK;
}

static dbn_status
resolve(struct dbn_policy *p, const dbn_identity_in *who, const dbn_call *call, dbn_subject_out *out,
	dbn_error **err)
{
	(void)p;
	(void)call;
	if (!who->user.len)
		return dbn_fail(err, DBN_E_IDENTITY, "a user's name is needed");
	memset(out, 0, sizeof(*out));
	out->struct_size = (uint32_t)sizeof(*out);
	out->user = who->user;
	return DBN_OK;
}

static void
release_subject(struct dbn_policy *p, dbn_subject_out *s)
{
	(void)p;
	(void)s;
}

static dbn_status
each_rule(struct dbn_policy *p, dbn_text view_key, const dbn_text *roles, size_t nroles,
	const dbn_resource *res, uint32_t actions,
	dbn_status (*each)(const dbn_rule *, void *user), void *user, dbn_error **err)
{
	(void)p;
	(void)view_key;
	(void)roles;
	(void)nroles;
	(void)err;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		dbn_status rc;

		if (rules[i].resource_kind != res->kind || !(rules[i].actions & actions))
			continue;
		rc = each(&rules[i], user);
		if (rc != DBN_OK)
			return rc;
	}
	return DBN_OK;
}

static dbn_status
list(struct dbn_policy *p, uint32_t what, dbn_status (*each)(const void *item, void *user), void *user,
	dbn_error **err)
{
	(void)p;
	(void)err;
	for (size_t i = 0; what == DBN_LIST_RULES && i < sizeof(rules) / sizeof(rules[0]); i++) {
		dbn_status rc = each(&rules[i], user);

		if (rc != DBN_OK)
			return rc;
	}
	return DBN_OK;
}

static dbn_status
apply(void *self, const dbn_policy_change *c, size_t n, const dbn_apply_opts *o, uint64_t *epoch,
	dbn_error **err)
{
	(void)self;
	(void)c;
	(void)n;
	(void)o;
	(void)epoch;
	return dbn_fail(err, DBN_E_UNSUPPORTED, "there is no policy to change");
}

const dbn_permission_ops dbn__allow_all_ops = {
	(uint32_t)sizeof(dbn_permission_ops), 0, open_snapshot, close_snapshot, attributes, resolve,
	release_subject, each_rule, list, apply
};
