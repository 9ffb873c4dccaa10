/* SPDX-License-Identifier: MIT */
/*
 * A driver that knows every table and does nothing else, and a policy of two rules,
 * both behind the borders that real ones stand behind.  One thread.
 */
#include "lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "idle.h"

struct dbn_policy {
	int nothing;
};

struct lab {
	dbn_dialect dialect;
	const dbn_sql_dialect *sql;
	dbn_connset *set;
	dbn_catalog *catalog;
	dbn_authority *authority;
	dbn_subject *subjects[2];        /* "bench", "own" */
	uint64_t version;
};

static void
must(dbn_status rc, const dbn_error *err, const char *what)
{
	if (rc == DBN_OK)
		return;
	(void)fprintf(stderr, "lab: %s: %s\n", what, dbn_error_message(err));
	exit(1);
}

/* ---- the driver ---- */

static dbn_status
relation_of(struct dbn_conn *c, const dbn_name *name, const dbn_call *call, dbn_relation_info *out,
	dbn_error **err)
{
#define COLUMN(n, d, t, f, k) { .struct_size = (uint32_t)sizeof(dbn_column_desc), .flags = (f), \
		.name = DBN_TEXT_LIT(n), .declared = DBN_TEXT_LIT(d), .type = (t), .key_part = (k) }
	static const dbn_column_desc columns[] = {
		COLUMN("id", "bigint", DBN_INT64, DBN_COLUMN_NOT_NULL, 1),
		COLUMN("name", "text", DBN_TEXT, DBN_COLUMN_NOT_NULL, 0),
		COLUMN("owner", "text", DBN_TEXT, DBN_COLUMN_BINARY, 0),
		COLUMN("age", "bigint", DBN_INT64, 0, 0),
		COLUMN("team_id", "bigint", DBN_INT64, 0, 0),
		COLUMN("score", "double", DBN_DOUBLE, 0, 0),
	};
#undef COLUMN
	const lab *l = c->driver;

	(void)call;
	out->kind = DBN_RELATION_TABLE;
	out->name.schema = l->dialect.default_schema;
	out->name.name = name->name;
	out->columns = (dbn_array){ columns, sizeof columns / sizeof *columns, sizeof *columns };
	out->version = l->version;
	out->memory = NULL;
	if (name->name.len)
		return DBN_OK;
	return dbn_fail(err, DBN_E_NOT_FOUND, "a table without a name");
}

static dbn_status
schema_epoch(struct dbn_conn *c, const dbn_call *call, dbn_token *out, dbn_error **err)
{
	(void)c;
	(void)call;
	(void)err;
	out->len = 1;
	return DBN_OK;
}

static const dbn_driver_ops driver = { IDLE_OPS, .relation = relation_of,
	.schema_epoch = schema_epoch };

/* ---- the policy ---- */

static dbn_status
open_snapshot(void *self, const dbn_call *call, struct dbn_policy **out, uint64_t *epoch,
	dbn_error **err)
{
	static struct dbn_policy policy;

	(void)self;
	(void)call;
	(void)err;
	*out = &policy;
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
	*out = (dbn_array){ NULL, 0, sizeof(dbn_attribute_decl) };
	return DBN_OK;
}

static const dbn_text role_names[] = { DBN_TEXT_LIT("bench"), DBN_TEXT_LIT("own") };

static dbn_status
resolve(struct dbn_policy *p, const dbn_identity_in *who, const dbn_call *call, dbn_subject_out *out,
	dbn_error **err)
{
	size_t i = dbn_text_eq(who->user, role_names[1]);

	(void)p;
	(void)call;
	(void)err;
	out->user = role_names[i];
	out->roles = (dbn_array){ &role_names[i], 1, sizeof *role_names };
	out->memory = NULL;
	return DBN_OK;
}

static void
release_subject(struct dbn_policy *p, dbn_subject_out *out)
{
	(void)p;
	(void)out;
}

#define RULE(n, u) { .struct_size = (uint32_t)sizeof(dbn_rule), .effect = DBN_RULE_ALLOW, \
	.kind = DBN_RULE_PERMISSIVE, .mode = DBN_RULE_ENFORCE, .id = DBN_TEXT_LIT("all-" n), \
	.where = DBN_TEXT_LIT("lab"), .roles = { &role_names[u], 1, sizeof *role_names }, \
	.resource_kind = DBN_RESOURCE_RELATION, .actions = DBN_ACT_READ | DBN_ACT_WRITE, \
	.database = DBN_TEXT_LIT("*"), .schema = DBN_TEXT_LIT("*"), .name = DBN_TEXT_LIT("*"), \
	.columns = { NULL, 0, sizeof(dbn_text) }, .hide = { NULL, 0, sizeof(dbn_text) }, \
	.check = DBN_TEXT_LIT(""), \
	.when = DBN_TEXT_LIT(""), .masks = { NULL, 0, sizeof(dbn_mask) }, \
	.presets = { NULL, 0, sizeof(dbn_preset) } }

static dbn_status
each_rule(dbn_status (*each)(const dbn_rule *, void *user), void *user, const dbn_text *roles, size_t n)
{
	dbn_rule all[] = { RULE("bench", 0), RULE("own", 1) };
	dbn_status rc = DBN_OK;

	all[0].using_ = dbn_text_z("");
	all[1].using_ = dbn_text_z("owner = $user.id");
	for (size_t i = 0; i < 2 && rc == DBN_OK; i++)
		for (size_t k = 0; k < (roles ? n : 1) && rc == DBN_OK; k++)
			if (!roles || dbn_text_eq(roles[k], role_names[i]))
				rc = each(&all[i], user);
	return rc;
}

static dbn_status
rules(struct dbn_policy *p, dbn_text view_key, const dbn_text *roles, size_t nroles,
	const dbn_resource *what, uint32_t actions, dbn_status (*each)(const dbn_rule *, void *user),
	void *user, dbn_error **err)
{
	(void)p;
	(void)view_key;
	(void)actions;
	(void)err;
	return what->kind == DBN_RESOURCE_RELATION ? each_rule(each, user, roles, nroles) : DBN_OK;
}

struct lister {
	dbn_status (*each)(const void *item, void *user);
	void *user;
};

static dbn_status
list_rule(const dbn_rule *r, void *user)
{
	const struct lister *l = user;

	return l->each(r, l->user);
}

static dbn_status
list(struct dbn_policy *p, uint32_t what, dbn_status (*each)(const void *item, void *user), void *user,
	dbn_error **err)
{
	struct lister l = { each, user };
	dbn_status rc = DBN_OK;

	(void)p;
	(void)err;
	if (what == DBN_LIST_RULES)
		return each_rule(list_rule, &l, NULL, 0);
	for (size_t i = 0; i < 2 && rc == DBN_OK; i++)
		rc = each(&role_names[i], user);
	return rc;
}

static const dbn_permission_ops policy = { .struct_size = sizeof policy, .open_snapshot = open_snapshot,
	.close_snapshot = close_snapshot, .attributes = attributes, .resolve = resolve,
	.release_subject = release_subject, .rules = rules, .list = list };

/* ---- the lab ---- */

static void
describe(lab *l, dbn_dialect_id id)
{
	l->sql = dbn_sql_dialect_get(id);
	l->dialect.struct_size = (uint32_t)sizeof l->dialect;
	l->dialect.id = id;
	l->dialect.capabilities = DBN_CAP_RETURNING | DBN_CAP_MULTI_ROW | DBN_CAP_SAVEPOINT |
		(id == DBN_DIALECT_SQLITE ? DBN_CAP_REQUIRE_FN | DBN_CAP_ACCESS_CHECK : 0u);
	l->dialect.default_schema = dbn_text_z(id == DBN_DIALECT_SQLITE ? "main"
		: id == DBN_DIALECT_POSTGRES ? "public" : l->sql->own_schema);
	l->dialect.max_params = 65535;
}

lab *
lab_open(dbn_dialect_id id)
{
	lab *l = calloc(1, sizeof *l);
	dbn_connset_opts o = { .name = "lab", .ops = &driver, .url = "lab:", .min = 1, .max = 1,
		.statements = 16, .acquire_timeout_ns = UINT64_MAX, .idle_timeout_ns = UINT64_MAX,
		.max_lifetime_ns = UINT64_MAX };
	dbn_authority_conf a = { .name = "lab", .self = l, .ops = &policy };
	dbn_error *err = NULL;

	if (!l)
		exit(1);
	l->version = 1;
	describe(l, id);
	o.dialect = &l->dialect;
	o.driver = l;
	must(dbn_connset_open(&o, &l->set, &err), err, "connections");
	must(dbn_catalog_open("main", &l->dialect, l->set, &l->catalog, &err), err, "catalogue");
	must(dbn_authority_open(&a, &l->authority, &err), err, "policy");
	for (size_t i = 0; i < 2; i++) {
		dbn_identity_in who = { .struct_size = sizeof who, .user = role_names[i],
			.attributes = { NULL, 0, sizeof(dbn_attribute) } };
		dbn_client client = { .tls = false };

		must(dbn_subject_open(l->authority, &who, &client, &l->subjects[i], &err), err, "subject");
	}
	return l;
}

void
lab_close(lab *l)
{
	for (size_t i = 0; i < 2; i++)
		dbn_subject_close(l->subjects[i]);
	dbn_authority_close(l->authority);
	dbn_catalog_close(l->catalog);
	dbn_connset_close(l->set);
	free(l);
}

void
lab_set_version(lab *l, uint64_t version)
{
	l->version = version;
}

dbn_status
lab_plan(lab *l, bool own, const char *database, dbn_text sql, dbn_plan **out, dbn_error **err)
{
	dbn_plan_in in = { .subject = l->subjects[own], .driver = &l->dialect, .dialect = l->sql,
		.catalog = l->catalog, .database = database };

	*err = NULL;
	return dbn_plan_compile(&in, sql, out, err);
}

dbn_status
lab_compile(lab *l, bool own, dbn_text sql, size_t *bytes, dbn_error **err)
{
	dbn_plan *plan = NULL;
	dbn_status rc = lab_plan(l, own, "main", sql, &plan, err);

	if (rc != DBN_OK)
		return rc;
	if (bytes)
		*bytes = plan->arena.used;
	dbn_plan_release(plan);
	return DBN_OK;
}
