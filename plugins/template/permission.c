/* SPDX-License-Identifier: MIT */
/*
 * The smallest permission provider: one user, named in the settings, may read
 * everything; nobody else exists.  The policy never changes, so one snapshot
 * serves all.
 */
#include "fail.h"
#include <dbnexus/plugin/permission.h>

struct settings {
	const char *reader;
};
static const dbn_conf_item conf[] = {
	{ "reader", NULL, "the user who may read everything", NULL, DBN_CONF_STRING,
		DBN_CONF_REQUIRED, 0, 0, offsetof(struct settings, reader), 0, { NULL, 0, 0 } },
};

/* Also the snapshot: what a real provider would count references of. */
struct dbn_policy {
	const dbn_host *host;
	dbn_text reader, role;
	dbn_rule rule;
};

static dbn_text
text(const char *z)
{
	dbn_text t = { z, strlen(z) };

	return t;
}

static dbn_status
create(const dbn_create_info *info, void **self, dbn_error **err)
{
	const struct settings *settings = info->settings;
	struct dbn_policy *p = zalloc(info->host, sizeof *p);

	if (!p)
		return fail(info->host, err, DBN_E_NOMEM, "out of memory");
	p->host = info->host;
	p->reader = text(settings->reader);
	p->role = text("reader");
	p->rule.struct_size = (uint32_t)sizeof p->rule;
	p->rule.effect = DBN_RULE_ALLOW;
	p->rule.kind = DBN_RULE_PERMISSIVE;
	p->rule.mode = DBN_RULE_ENFORCE;
	p->rule.id = text("read-all");
	p->rule.where = info->where;
	p->rule.roles.items = &p->role;
	p->rule.roles.count = 1;
	p->rule.roles.stride = (uint32_t)sizeof p->role;
	p->rule.resource_kind = DBN_RESOURCE_RELATION;
	p->rule.actions = DBN_ACT_READ;
	p->rule.database = p->rule.schema = p->rule.name = text("*");
	*self = p;
	return DBN_OK;
}

static void
destroy(void *self)
{
	struct dbn_policy *p = self;

	p->host->release(p->host, p);
}

static dbn_status
open_snapshot(void *self, const dbn_call *call, struct dbn_policy **out, uint64_t *epoch,
	dbn_error **err)
{
	(void)call;
	(void)err;
	*out = self;
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
	memset(out, 0, sizeof *out);
	return DBN_OK;
}

static dbn_status
resolve(struct dbn_policy *p, const dbn_identity_in *who, const dbn_call *call,
	dbn_subject_out *out, dbn_error **err)
{
	(void)call;
	if (who->user.len != p->reader.len ||
		memcmp(who->user.ptr, p->reader.ptr, p->reader.len) != 0)
		return fail(p->host, err, DBN_E_IDENTITY, "there is no user \"%.*s\"",
			(int)(who->user.len < 100 ? who->user.len : 100), who->user.ptr);
	out->user = p->reader;
	out->roles = p->rule.roles;
	memset(&out->attributes, 0, sizeof out->attributes);
	memset(&out->view_key, 0, sizeof out->view_key);
	out->expires_us = 0;
	out->memory = NULL;
	return DBN_OK;
}

static void
release_subject(struct dbn_policy *p, dbn_subject_out *subject)
{
	(void)p;
	(void)subject;
}

static dbn_status
rules(struct dbn_policy *p, dbn_text view_key, const dbn_text *roles, size_t nroles,
	const dbn_resource *resource, uint32_t actions,
	dbn_status (*each)(const dbn_rule *, void *user), void *user, dbn_error **err)
{
	(void)view_key;
	(void)err;
	if (resource->kind != DBN_RESOURCE_RELATION || !(actions & DBN_ACT_READ))
		return DBN_OK;
	for (size_t i = 0; i < nroles; i++)
		if (roles[i].len == p->role.len &&
			memcmp(roles[i].ptr, p->role.ptr, p->role.len) == 0)
			return each(&p->rule, user);
	return DBN_OK;
}

static dbn_status
list(struct dbn_policy *p, uint32_t what, dbn_status (*each)(const void *item, void *user),
	void *user, dbn_error **err)
{
	switch (what) {
	case DBN_LIST_RULES:
		return each(&p->rule, user);
	case DBN_LIST_ROLES:
		return each(&p->role, user);
	case DBN_LIST_USERS:
		return each(&p->reader, user);
	default:
		return fail(p->host, err, DBN_E_UNSUPPORTED, "no such list");
	}
}

static const dbn_permission_ops ops = {
	(uint32_t)sizeof(dbn_permission_ops), 0, open_snapshot, close_snapshot, attributes, resolve,
	release_subject, rules, list, NULL,
};

DBN_PLUGIN(DBN_KIND_PERMISSION, DBN_THREADS_PARALLEL, 0, "template", "1.0",
	DBN_CONF_ITEMS(conf), sizeof(struct settings), create, NULL, NULL, NULL, destroy, NULL, &ops);
