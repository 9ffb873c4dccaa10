/* SPDX-License-Identifier: MIT */
/*
 * The simplest permission plugin there can be: the policy of policy.conf written
 * out in C; of its file it only asks whether it is the next one, or a wrong one.
 * Its setting "fault" breaks it in one way.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <dbnexus/plugin/permission.h>

enum { FAULT_NONE, FAULT_OPEN, FAULT_UNSORTED, FAULT_DECLARED, FAULT_VALUES, FAULT_ANYBODY,
	FAULT_PREFIX, FAULT_DIFFERS, FAULT_REQUIRED, FAULT_WILDCARD, FAULT_ORDER, FAULT_CASE, FAULT_STOP,
	FAULT_LIST, FAULT_EPOCH, FAULT_SILENT, FAULT_MUTABLE, FAULT_LENIENT, FAULT_SHARED, FAULT_LEAK,
	FAULT_MEMORY };
struct settings {
	const char *file;
	int32_t fault, reserved0;
};
static const dbn_conf_item conf[] = {
	{ .name = "file", .help = "looked at for changes", .type = DBN_CONF_PATH,
	  .offset = offsetof(struct settings, file) },
	{ .name = "fault", .deflt = "none", .help = "what to do wrong",
	  .choices = "none|open|unsorted|declared|values|anybody|prefix|differs|required|wildcard|order|"
		"case|stop|list|epoch|silent|mutable|lenient|shared|leak|memory",
	  .type = DBN_CONF_ENUM, .offset = offsetof(struct settings, fault) }
};

struct plain {
	const dbn_host *host;
	const char *file;
	int32_t fault;
	_Atomic uint32_t version, told;
	struct dbn_policy *one;     /* FAULT_SHARED */
};
struct dbn_policy {
	struct plain *self;
	uint32_t version;           /* 1, or 2: the next one */
};

#define T(s) { "" s, sizeof(s) - 1 }
#define LIST(a) { (a), (uint32_t)(sizeof(a) / sizeof((a)[0])), (uint32_t)sizeof((a)[0]) }

static const dbn_text star = T("*"), support = T("support"), staff = T("staff"), base = T("base"),
	auditor = T("auditor");
#define RULE(id_, role_, kind_, effect_, how_, actions_, db_, schema_, name_, using__) \
	{ .struct_size = (uint32_t)sizeof(dbn_rule), .effect = (effect_), .kind = (how_), \
	  .mode = DBN_RULE_ENFORCE, .id = T(id_), .where = T("plain:1"), \
	  .roles = { &(role_), 1, (uint32_t)sizeof(dbn_text) }, .resource_kind = (kind_), \
	  .actions = (actions_), .database = T(db_), .schema = T(schema_), .name = T(name_), \
	  .using_ = T(using__) }
static const dbn_rule rules[] = {
	RULE("own-region", support, DBN_RESOURCE_RELATION, DBN_RULE_ALLOW, DBN_RULE_PERMISSIVE,
		DBN_ACT_READ | DBN_ACT_UPDATE, "", "", "customers", "region = $user.region"),
	RULE("team-orders", staff, DBN_RESOURCE_RELATION, DBN_RULE_ALLOW, DBN_RULE_PERMISSIVE, DBN_ACT_READ,
		"", "", "orders", "team_id = ANY($user.teams)"),
	RULE("not-closed", star, DBN_RESOURCE_RELATION, DBN_RULE_ALLOW, DBN_RULE_RESTRICTIVE,
		DBN_ACT_READ | DBN_ACT_WRITE, "", "", "customers", "status <> 'closed'"),
	RULE("no-hr", support, DBN_RESOURCE_RELATION, DBN_RULE_DENY, DBN_RULE_RESTRICTIVE,
		DBN_ACT_READ | DBN_ACT_WRITE, "", "hr", "*", ""),
	RULE("audit-reads", auditor, DBN_RESOURCE_RELATION, DBN_RULE_ALLOW, DBN_RULE_PERMISSIVE, DBN_ACT_READ,
		"*", "*", "*", ""),
	RULE("base-reads", base, DBN_RESOURCE_RELATION, DBN_RULE_ALLOW, DBN_RULE_PERMISSIVE, DBN_ACT_READ,
		"main", "hr", "salaries", ""),
	RULE("similar", staff, DBN_RESOURCE_FUNCTION, DBN_RULE_ALLOW, DBN_RULE_PERMISSIVE, DBN_ACT_EXECUTE,
		"", "", "similarity", ""),
	RULE("ddl", auditor, DBN_RESOURCE_DATABASE, DBN_RULE_ALLOW, DBN_RULE_PERMISSIVE, DBN_ACT_DDL, "main",
		"", "", "")
};
#define NRULES (sizeof(rules) / sizeof(rules[0]))

static dbn_status
fail(struct plain *p, dbn_error **err, dbn_status status, const char *fmt, ...) DBN_PRINTF(4, 5);
static dbn_status
fail(struct plain *p, dbn_error **err, dbn_status status, const char *fmt, ...)
{
	dbn_fail_info info = { .struct_size = (uint32_t)sizeof(info), .status = status };
	va_list ap;

	va_start(ap, fmt);
	status = p->host->fail(p->host, err, &info, fmt, ap);
	va_end(ap);
	return status;
}

static dbn_status
create(const dbn_create_info *info, void **self, dbn_error **err)
{
	const struct settings *s = info->settings;
	struct plain *p = info->host->alloc(info->host, sizeof(*p));

	(void)err;
	if (!p)
		return DBN_E_NOMEM;
	memset(p, 0, sizeof(*p));
	p->host = info->host;
	p->file = s->file;
	p->fault = s->fault;
	atomic_store(&p->told, 1);
	*self = p;
	return DBN_OK;
}

static void
destroy(void *self)
{
	struct plain *p = self;

	p->host->release(p->host, p);
}

/* 1: the policy, 2: the next one, 0: wrong. */
static uint32_t
look(const struct plain *p)
{
	char buf[4096];
	FILE *f = p->file ? fopen(p->file, "r") : NULL;
	size_t n = f ? fread(buf, 1, sizeof(buf) - 1, f) : 0;

	if (f)
		(void)fclose(f);
	buf[n] = '\0';
	if (strstr(buf, "rolls"))
		return p->fault == FAULT_LENIENT ? 1 : 0;
	return strstr(buf, "name = \"alice\"; roles = [ ]") ? 2 : 1;
}

static dbn_status
maintain(void *self, uint64_t now, uint64_t *next, dbn_error **err)
{
	struct plain *p = self;
	uint32_t v = look(p);

	(void)err;
	*next = now + 1;
	if (v != atomic_exchange(&p->told, v) && p->fault != FAULT_SILENT)
		p->host->changed(p->host, DBN_CHANGED_POLICY);
	return DBN_OK;
}

static dbn_status
open_snapshot(void *self, const dbn_call *call, struct dbn_policy **out, uint64_t *epoch, dbn_error **err)
{
	struct plain *p = self;
	uint32_t v = look(p);
	struct dbn_policy *s;

	(void)call;
	if (!v)
		return fail(p, err, DBN_E_CONFIG, "the policy is wrong");
	s = p->fault == FAULT_SHARED && p->one ? p->one : p->host->alloc(p->host, sizeof(*s));
	if (!s)
		return fail(p, err, p->fault == FAULT_MEMORY ? DBN_E_INTERNAL : DBN_E_NOMEM, "out of memory");
	p->one = s;
	s->self = p;
	s->version = v;
	atomic_store(&p->version, v);
	*out = s;
	*epoch = p->fault == FAULT_EPOCH ? 1 : v;
	return DBN_OK;
}

static void
close_snapshot(struct dbn_policy *s)
{
	if (s->self->fault == FAULT_SHARED)
		s->version = 2; /* whoever still has it sees it change */
	else if (s->self->fault != FAULT_LEAK)
		s->self->host->release(s->self->host, s);
}

static dbn_status
attributes(struct dbn_policy *s, dbn_array *out, dbn_error **err)
{
	static const dbn_attribute_decl decls[] = {
		{ (uint32_t)sizeof(dbn_attribute_decl), DBN_TEXT, DBN_NULL, 1, T("region") },
		{ (uint32_t)sizeof(dbn_attribute_decl), DBN_ARRAY, DBN_INT64, 0, T("teams") }
	};

	(void)err;
	*out = (dbn_array)LIST(decls);
	if (s->self->fault == FAULT_DECLARED)
		out->count = 1;
	return DBN_OK;
}

static bool
is(dbn_text t, const char *z)
{
	return t.len == strlen(z) && t.ptr && memcmp(t.ptr, z, t.len) == 0;
}

static const dbn_value teams[] = { { DBN_INT64, 0, 0, { 3 }, 0 }, { DBN_INT64, 0, 0, { 7 }, 0 } };

static dbn_status
people(struct dbn_policy *s, dbn_text user, dbn_subject_out *out)
{
	static const dbn_text closed[] = { T("base"), T("staff"), T("support") };
	static const dbn_text mixed[] = { T("support"), T("staff"), T("base") };
	int32_t fault = s->self->fault;
	uint32_t v = fault == FAULT_MUTABLE ? atomic_load(&s->self->version) : s->version;

	if (fault == FAULT_PREFIX && user.len >= 3 && user.len < 5 && memcmp(user.ptr, "alice", user.len) == 0)
		user = (dbn_text)T("alice");
	if (fault == FAULT_ANYBODY && !is(user, "alice") && !is(user, "carl"))
		user = (dbn_text)T("bob");
	if (is(user, "alice")) {
		out->user = (dbn_text)T("alice");
		if (v == 1)
			out->roles = fault == FAULT_UNSORTED ? (dbn_array)LIST(mixed) : (dbn_array)LIST(closed);
		if (v == 1 && fault == FAULT_OPEN)
			out->roles = (dbn_array){ &support, 1, (uint32_t)sizeof(dbn_text) };
		return DBN_OK;
	}
	if (is(user, "bob")) {
		out->user = (dbn_text)T("bob");
		out->roles = (dbn_array){ &auditor, 1, (uint32_t)sizeof(dbn_text) };
		return DBN_OK;
	}
	out->user = (dbn_text)T("carl");
	return is(user, "carl") ? DBN_OK : DBN_E_IDENTITY;
}

static dbn_attribute
text_attribute(const char *name, const char *value)
{
	dbn_attribute a = { .struct_size = (uint32_t)sizeof(a), .name = { name, strlen(name) } };

	a.value.type = DBN_TEXT;
	a.value.u.ptr = value;
	a.value.len = strlen(value);
	return a;
}

static dbn_status
resolve(struct dbn_policy *s, const dbn_identity_in *who, const dbn_call *call, dbn_subject_out *out,
	dbn_error **err)
{
	struct plain *p = s->self;
	dbn_attribute *a;
	uint32_t n = 0;

	(void)call;
	memset(out, 0, sizeof(*out));
	out->struct_size = (uint32_t)sizeof(*out);
	if (people(s, who->user, out) != DBN_OK)
		return fail(p, err, DBN_E_IDENTITY, "no such user");
	a = p->host->alloc(p->host, 4 * sizeof(*a));
	if (!a)
		return fail(p, err, DBN_E_NOMEM, "out of memory");
	out->memory = a;
	if (is(out->user, "alice") || is(out->user, "bob"))
		a[n++] = text_attribute("region", is(out->user, "alice") ? "eu" : "us");
	if (is(out->user, "alice") && p->fault != FAULT_VALUES) {
		a[n] = text_attribute("teams", "");
		a[n].value.type = DBN_ARRAY;
		a[n].value.aux = DBN_INT64;
		a[n].value.u.ptr = teams;
		a[n++].value.len = 2;
	}
	for (uint32_t i = 0; i < who->attributes.count; i++) {
		const dbn_attribute *x = (const dbn_attribute *)((const char *)who->attributes.items +
			(size_t)i * who->attributes.stride);

		if (!is(x->name, "region") || x->value.type != DBN_TEXT ||
			(n && p->fault != FAULT_DIFFERS && (x->value.len != a[0].value.len ||
			memcmp(x->value.u.ptr, a[0].value.u.ptr, (size_t)x->value.len) != 0)))
			goto refused;
		a[0] = *x;
		n = n ? n : 1;
	}
	if (!n && p->fault != FAULT_REQUIRED)
		goto refused;
	out->attributes = (dbn_array){ a, n, (uint32_t)sizeof(*a) };
	return DBN_OK;
refused:
	p->host->release(p->host, a);
	out->memory = NULL;
	return fail(p, err, DBN_E_IDENTITY, "an attribute that the policy does not take");
}

static void
release_subject(struct dbn_policy *s, dbn_subject_out *out)
{
	s->self->host->release(s->self->host, out->memory);
	out->memory = NULL;
}

static bool
same(const struct plain *p, dbn_text a, dbn_text b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		char x = a.ptr[i], y = b.ptr[i];

		if (p->fault != FAULT_CASE) {
			x = x >= 'A' && x <= 'Z' ? (char)(x + 32) : x;
			y = y >= 'A' && y <= 'Z' ? (char)(y + 32) : y;
		}
		if (x != y)
			return false;
	}
	return true;
}

static dbn_status
each_rule(struct dbn_policy *s, dbn_text view_key, const dbn_text *roles, size_t nroles,
	const dbn_resource *res, uint32_t actions,
	dbn_status (*each)(const dbn_rule *, void *user), void *user, dbn_error **err)
{
	struct plain *p = s->self;

	(void)view_key;
	(void)err;
	for (size_t i = 0; i < NRULES; i++) {
		const dbn_rule *r = &rules[p->fault == FAULT_ORDER ? NRULES - 1 - i : i];
		const dbn_text *role = r->roles.items;
		bool mine = is(*role, "*");
		dbn_status rc;

		for (size_t k = 0; k < nroles; k++)
			mine |= same(p, roles[k], *role);
		if (!mine || r->resource_kind != res->kind || !(r->actions & actions) ||
			(p->fault == FAULT_WILDCARD && is(r->name, "*")) || (!is(r->name, "*") &&
			res->kind != DBN_RESOURCE_DATABASE && !same(p, r->name, res->name)))
			continue;
		rc = each(r, user);
		if (rc != DBN_OK && p->fault != FAULT_STOP)
			return rc;
	}
	return DBN_OK;
}

static dbn_status
list(struct dbn_policy *s, uint32_t what, dbn_status (*each)(const void *item, void *user), void *user,
	dbn_error **err)
{
	static const dbn_text names[] = { T("alice"), T("bob"), T("carl"), T("auditor") };
	uint32_t n = what == DBN_LIST_RULES ? (uint32_t)NRULES : what == DBN_LIST_ROLES ? 4 : 3;

	(void)err;
	if (s->self->fault == FAULT_LIST)
		n--;
	for (uint32_t i = 0; i < n; i++) {
		dbn_status rc = each(what == DBN_LIST_RULES ? (const void *)&rules[i] : (const void *)&names[i],
			user);

		if (rc != DBN_OK)
			return rc;
	}
	return DBN_OK;
}

static const dbn_permission_ops ops = { (uint32_t)sizeof(dbn_permission_ops), 0, open_snapshot,
	close_snapshot, attributes, resolve, release_subject, each_rule, list, NULL };

DBN_PLUGIN(DBN_KIND_PERMISSION, DBN_THREADS_PARALLEL, 0, "plain", "0.1", DBN_CONF_ITEMS(conf),
	sizeof(struct settings), create, NULL, NULL, maintain, destroy, NULL, &ops);
