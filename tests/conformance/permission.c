/* SPDX-License-Identifier: MIT */
/*
 * The suite for permission plugins.  The plugin must be configured with the
 * policy of policy.conf, in whatever form it keeps policies.  Arguments: "at"
 * (the file it reads), "policy", "next" (alice has lost her role), "wrong" (cannot
 * be used): files that the suite copies there.  Quirk: "changes none" (its policy
 * cannot be changed from outside: such cases are not tried).
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conformance/conform.h"
#include <dbnexus/plugin/permission.h>

static const dbn_permission_ops *
ops(conform *cf)
{
	return cf->plugin.desc->ops;
}

static dbn_text
text(const char *s)
{
	return (dbn_text){ s, strlen(s) };
}

static bool
eq(dbn_text t, const char *s)
{
	return t.len == strlen(s) && memcmp(t.ptr ? t.ptr : "", s, t.len) == 0;
}

static const void *
at(const dbn_array *a, uint32_t i)
{
	return (const char *)a->items + (size_t)i * a->stride;
}

/* Copy a policy where the plugin reads it. */
static void
put(conform *cf, const char *which)
{
	const char *from = conform_arg(cf, which, NULL), *to = conform_arg(cf, "at", NULL);
	char buf[65536], tmp[512];
	FILE *f = from ? fopen(from, "r") : NULL;
	size_t n;

	if (!to)
		return;
	CF_NEED(cf, f, "cannot open %s", from ? from : which);
	n = fread(buf, 1, sizeof(buf), f);
	(void)fclose(f);
	(void)snprintf(tmp, sizeof(tmp), "%s.new", to);
	f = fopen(tmp, "w");
	CF_NEED(cf, f, "cannot write %s", tmp);
	(void)fwrite(buf, 1, n, f);
	(void)fclose(f);
	CF_NEED(cf, rename(tmp, to) == 0, "cannot rename to %s", to);
}

static dbn_status
snap(conform *cf, struct dbn_policy **p, uint64_t *epoch)
{
	dbn_call c = DBN_CALL_INIT;

	*p = NULL;
	*epoch = 0;
	return ops(cf)->open_snapshot(cf->plugin.self, &c, p, epoch, &cf->err);
}

static dbn_status
who(conform *cf, struct dbn_policy *p, dbn_text user, const dbn_attribute *attrs, uint32_t n,
	dbn_subject_out *out)
{
	dbn_identity_in in = { .struct_size = (uint32_t)sizeof(in), .user = user,
		.attributes = { attrs, n, (uint32_t)sizeof(*attrs) } };
	dbn_call c = DBN_CALL_INIT;

	memset(out, 0, sizeof(*out));
	out->struct_size = (uint32_t)sizeof(*out);
	return ops(cf)->resolve(p, &in, &c, out, &cf->err);
}

static const dbn_attribute *
attribute(const dbn_subject_out *s, const char *name)
{
	for (uint32_t i = 0; i < s->attributes.count; i++)
		if (eq(((const dbn_attribute *)at(&s->attributes, i))->name, name))
			return at(&s->attributes, i);
	return NULL;
}

static bool
has_text(const dbn_attribute *a, const char *want)
{
	return a && a->value.type == DBN_TEXT && eq((dbn_text){ a->value.u.ptr, (size_t)a->value.len }, want);
}

/* ---- snapshots and people ---- */

static void
snapshots_live_side_by_side(conform *cf)
{
	struct dbn_policy *a, *b;
	dbn_subject_out s;
	uint64_t ea, eb;

	put(cf, "policy");
	CF_OK(cf, snap(cf, &a, &ea));
	CF_OK(cf, snap(cf, &b, &eb));
	CF_CHECK(cf, ea == eb, "epoch %llu, then %llu, of one policy", (unsigned long long)ea,
		(unsigned long long)eb);
	ops(cf)->close_snapshot(a);
	CF_OK(cf, who(cf, b, text("alice"), NULL, 0, &s));
	CF_CHECK(cf, eq(s.user, "alice"), "user \"%.*s\"", (int)s.user.len, s.user.ptr);
	ops(cf)->release_subject(b, &s);
	ops(cf)->close_snapshot(b);
}

static void
attributes_are_declared(conform *cf)
{
	struct dbn_policy *p;
	dbn_array a;
	uint64_t e;
	bool region = false, teams = false;

	put(cf, "policy");
	CF_OK(cf, snap(cf, &p, &e));
	CF_OK(cf, ops(cf)->attributes(p, &a, &cf->err));
	for (uint32_t i = 0; i < a.count; i++) {
		const dbn_attribute_decl *d = at(&a, i);

		region |= eq(d->name, "region") && d->type == DBN_TEXT && d->required;
		teams |= eq(d->name, "teams") && d->type == DBN_ARRAY && d->element == DBN_INT64 && !d->required;
	}
	CF_CHECK(cf, region, "region: text, required");
	CF_CHECK(cf, teams, "teams: int64[]");
	ops(cf)->close_snapshot(p);
}

static void
roles_are_closed_and_sorted(conform *cf)
{
	static const char *const want[] = { "base", "staff", "support" };
	struct dbn_policy *p;
	dbn_subject_out s;
	uint64_t e;

	put(cf, "policy");
	CF_OK(cf, snap(cf, &p, &e));
	CF_OK(cf, who(cf, p, text("alice"), NULL, 0, &s));
	CF_CHECK(cf, s.roles.count == 3, "%u roles, 3 were expected", s.roles.count);
	for (uint32_t i = 0; i < 3 && i < s.roles.count; i++)
		CF_CHECK(cf, eq(*(const dbn_text *)at(&s.roles, i), want[i]), "role %u is not \"%s\"", i, want[i]);
	ops(cf)->release_subject(p, &s);
	CF_OK(cf, who(cf, p, text("bob"), NULL, 0, &s));
	CF_CHECK(cf, s.roles.count == 1 && eq(*(const dbn_text *)at(&s.roles, 0), "auditor"), "roles of bob");
	ops(cf)->release_subject(p, &s);
	ops(cf)->close_snapshot(p);
}

static void
attributes_of_users(conform *cf)
{
	struct dbn_policy *p;
	dbn_subject_out s;
	const dbn_attribute *t;
	uint64_t e;

	put(cf, "policy");
	CF_OK(cf, snap(cf, &p, &e));
	CF_OK(cf, who(cf, p, text("alice"), NULL, 0, &s));
	t = attribute(&s, "teams");
	CF_CHECK(cf, has_text(attribute(&s, "region"), "eu"), "alice's region");
	CF_CHECK(cf, t && t->value.type == DBN_ARRAY && t->value.len == 2 &&
		((const dbn_value *)t->value.u.ptr)[1].u.i64 == 7, "alice's teams");
	ops(cf)->release_subject(p, &s);
	CF_OK(cf, who(cf, p, text("bob"), NULL, 0, &s));
	CF_CHECK(cf, !attribute(&s, "teams"), "bob has no teams");
	ops(cf)->release_subject(p, &s);
	ops(cf)->close_snapshot(p);
}

static dbn_attribute
assertion(const char *name, dbn_type type, const void *p, uint64_t n)
{
	dbn_attribute a = { .struct_size = (uint32_t)sizeof(a), .name = text(name) };

	a.value.type = type;
	a.value.u.ptr = p;
	a.value.len = n;
	return a;
}

static void
assertions_may_add(conform *cf)
{
	struct dbn_policy *p;
	dbn_subject_out s;
	dbn_attribute a = assertion("region", DBN_TEXT, "us", 2);
	uint64_t e;

	put(cf, "policy");
	CF_OK(cf, snap(cf, &p, &e));
	CF_FAILS(cf, who(cf, p, text("carl"), NULL, 0, &s), DBN_E_IDENTITY, NULL); /* region is required */
	CF_OK(cf, who(cf, p, text("carl"), &a, 1, &s));
	CF_CHECK(cf, has_text(attribute(&s, "region"), "us"), "an asserted attribute");
	ops(cf)->release_subject(p, &s);
	CF_FAILS(cf, who(cf, p, text("alice"), &a, 1, &s), DBN_E_IDENTITY, NULL); /* the policy says eu */
	a = assertion("undeclared", DBN_TEXT, "x", 1);
	CF_FAILS(cf, who(cf, p, text("alice"), &a, 1, &s), DBN_E_IDENTITY, NULL);
	a = assertion("teams", DBN_TEXT, "3", 1);
	CF_FAILS(cf, who(cf, p, text("bob"), &a, 1, &s), DBN_E_IDENTITY, NULL);
	ops(cf)->close_snapshot(p);
}

static void
nobody_else(conform *cf)
{
	static const dbn_text names[] = { { "nobody", 6 }, { "", 0 }, { NULL, 0 }, { "ali", 3 },
		{ "alice ", 6 }, { "Alice", 5 }, { "alice\0x", 7 } };
	struct dbn_policy *p;
	dbn_subject_out s;
	uint64_t e;

	put(cf, "policy");
	CF_OK(cf, snap(cf, &p, &e));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CF_FAILS(cf, who(cf, p, names[i], NULL, 0, &s), DBN_E_IDENTITY, NULL);
	ops(cf)->close_snapshot(p);
}

/* ---- rules ---- */

struct all {
	dbn_rule v[64];
	uint32_t n, stop_at;
};

static dbn_status
keep(const void *item, void *user)
{
	struct all *a = user;

	if (a->n < 64)
		a->v[a->n++] = *(const dbn_rule *)item;
	return DBN_OK;
}

static dbn_status
keep_rule(const dbn_rule *r, void *user)
{
	struct all *a = user;

	(void)keep(r, user);
	return a->stop_at && a->n >= a->stop_at ? DBN_E_CANCELLED : DBN_OK;
}

static bool
like(dbn_text pattern, dbn_text name, const char *deflt)
{
	dbn_text d = text(deflt);

	if (pattern.len == 1 && pattern.ptr[0] == '*')
		return true;
	if (!pattern.len)
		pattern = d;
	return pattern.len == name.len && memcmp(pattern.ptr, name.ptr, name.len) == 0;
}

static bool
for_role(const dbn_rule *r, const dbn_text *roles, size_t n)
{
	for (uint32_t i = 0; i < r->roles.count; i++) {
		const dbn_text *t = at(&r->roles, i);

		if (eq(*t, "*"))
			return true;
		for (size_t k = 0; k < n; k++)
			if (t->len == roles[k].len && memcmp(t->ptr, roles[k].ptr, t->len) == 0)
				return true;
	}
	return false;
}

static bool
must_apply(const dbn_rule *r, const dbn_resource *res, uint32_t actions, const dbn_text *roles, size_t n)
{
	if (r->resource_kind != res->kind || !(r->actions & actions) || !for_role(r, roles, n))
		return false;
	if (res->kind == DBN_RESOURCE_DATABASE)
		return like(r->database, res->database, "main");
	if (res->kind == DBN_RESOURCE_FUNCTION)
		return like(r->name, res->name, "");
	return like(r->database, res->database, "main") && like(r->schema, res->schema, "main") &&
		like(r->name, res->name, "");
}

static void
ask(conform *cf, struct dbn_policy *p, const struct all *every, const dbn_resource *res,
	uint32_t actions, const dbn_text *roles, size_t n)
{
	struct all got = { .n = 0 };
	uint32_t k = 0;

	CF_OK(cf, ops(cf)->rules(p, text(""), roles, n, res, actions, keep_rule, &got, &cf->err));
	for (uint32_t i = 0; i < every->n; i++) {
		if (!must_apply(&every->v[i], res, actions, roles, n))
			continue;
		while (k < got.n && !(got.v[k].id.len == every->v[i].id.len &&
			memcmp(got.v[k].id.ptr, every->v[i].id.ptr, got.v[k].id.len) == 0))
			k++;
		CF_CHECK(cf, k < got.n, "rule \"%.*s\" is missing, or out of order, for \"%.*s\"",
			(int)every->v[i].id.len, every->v[i].id.ptr, (int)res->name.len, res->name.ptr);
	}
}

static void
no_rule_is_left_out(conform *cf)
{
	static const char *const names[] = { "customers", "orders", "salaries", "t17", "nothing" };
	static const char *const schemas[] = { "main", "hr" };
	const dbn_text roles[] = { { "auditor", 7 }, { "base", 4 }, { "staff", 5 }, { "support", 7 } };
	struct dbn_policy *p;
	struct all every = { .n = 0 };
	uint64_t e;

	put(cf, "policy");
	CF_OK(cf, snap(cf, &p, &e));
	CF_OK(cf, ops(cf)->list(p, DBN_LIST_RULES, keep, &every, &cf->err));
	for (size_t i = 0; i < 5; i++) {
		for (size_t s = 0; s < 2; s++) {
			dbn_resource r = { (uint32_t)sizeof(r), DBN_RESOURCE_RELATION, text("main"),
				text(schemas[s]), text(names[i]) };

			for (uint32_t act = 1; act <= 8; act <<= 1)
				for (size_t k = 0; k < 4; k++)
					ask(cf, p, &every, &r, act, &roles[k], 4 - k);
		}
	}
	ask(cf, p, &every, &(dbn_resource){ sizeof(dbn_resource), DBN_RESOURCE_FUNCTION, text(""), text(""),
		text("similarity") }, DBN_ACT_EXECUTE, roles, 4);
	ask(cf, p, &every, &(dbn_resource){ sizeof(dbn_resource), DBN_RESOURCE_DATABASE, text("main"),
		text(""), text("") }, DBN_ACT_DDL, roles, 4);
	ops(cf)->close_snapshot(p);
}

/* The core decides by the dialect whether case counts, so it must be given both. */
static void
case_is_left_to_the_core(conform *cf)
{
	const dbn_text role = { "staff", 5 };
	dbn_resource r = { (uint32_t)sizeof(r), DBN_RESOURCE_RELATION, text("main"), text("main"),
		text("ORDERS") };
	struct dbn_policy *p;
	struct all got = { .n = 0 };
	uint64_t e;
	bool found = false;

	put(cf, "policy");
	CF_OK(cf, snap(cf, &p, &e));
	CF_OK(cf, ops(cf)->rules(p, text(""), &role, 1, &r, DBN_ACT_READ, keep_rule, &got, &cf->err));
	for (uint32_t i = 0; i < got.n; i++)
		found |= eq(got.v[i].id, "team-orders");
	CF_CHECK(cf, found, "rules on \"orders\" are wanted for \"ORDERS\" too");
	ops(cf)->close_snapshot(p);
}

static void
a_visitor_may_stop(conform *cf)
{
	const dbn_text role = { "support", 7 };
	dbn_resource r = { (uint32_t)sizeof(r), DBN_RESOURCE_RELATION, text("main"), text("main"),
		text("customers") };
	struct dbn_policy *p;
	struct all got = { .n = 0, .stop_at = 1 };
	uint64_t e;
	dbn_status rc;

	put(cf, "policy");
	CF_OK(cf, snap(cf, &p, &e));
	rc = ops(cf)->rules(p, text(""), &role, 1, &r, DBN_ACT_READ, keep_rule, &got, &cf->err);
	CF_CHECK(cf, rc == DBN_E_CANCELLED && got.n == 1, "status %d after %u rules", (int)rc, got.n);
	ops(cf)->close_snapshot(p);
}

static dbn_status
count(const void *item, void *user)
{
	(void)item;
	++*(uint32_t *)user;
	return DBN_OK;
}

static void
lists_are_whole(conform *cf)
{
	struct dbn_policy *p;
	struct all every = { .n = 0 };
	uint32_t roles = 0, users = 0;
	uint64_t e;

	put(cf, "policy");
	CF_OK(cf, snap(cf, &p, &e));
	CF_OK(cf, ops(cf)->list(p, DBN_LIST_RULES, keep, &every, &cf->err));
	CF_OK(cf, ops(cf)->list(p, DBN_LIST_ROLES, count, &roles, &cf->err));
	CF_OK(cf, ops(cf)->list(p, DBN_LIST_USERS, count, &users, &cf->err));
	CF_CHECK(cf, every.n == 8 && roles == 4 && users == 3, "%u rules, %u roles, %u users; 8, 4 and 3 "
		"were expected", every.n, roles, users);
	for (uint32_t i = 0; i < every.n; i++) {
		CF_CHECK(cf, every.v[i].id.len && every.v[i].struct_size >= sizeof(dbn_rule),
			"rule %u without an id, or of another size", i);
		for (uint32_t k = 0; k < i; k++)
			CF_CHECK(cf, every.v[i].id.len != every.v[k].id.len ||
				memcmp(every.v[i].id.ptr, every.v[k].id.ptr, every.v[k].id.len) != 0, "an id twice");
	}
	ops(cf)->close_snapshot(p);
}

/* ---- change ---- */

static bool
changes(conform *cf)
{
	const char *q = conform_quirk(cf, "changes");

	if ((q && !strncmp(q, "none", 4)) || !conform_arg(cf, "at", NULL)) {
		conform_skip(cf, "its policy cannot be changed from outside");
		return false;
	}
	return true;
}

static void
maintain(conform *cf)
{
	uint64_t next = 0;

	if (cf->plugin.desc->maintain)
		CF_OK(cf, cf->plugin.desc->maintain(cf->plugin.self, 1, &next, &cf->err));
}

static void
a_change_is_told_and_taken(conform *cf)
{
	struct dbn_policy *old, *fresh;
	dbn_subject_out s;
	uint64_t eo, ef;

	if (!changes(cf))
		return;
	put(cf, "policy");
	CF_OK(cf, snap(cf, &old, &eo));
	maintain(cf);
	atomic_store(&cf->plugin.fh.changed, 0);
	maintain(cf);
	CF_CHECK(cf, !atomic_load(&cf->plugin.fh.changed), "told of a change that was none");
	put(cf, "next");
	maintain(cf);
	CF_CHECK(cf, atomic_load(&cf->plugin.fh.changed) & (1u << DBN_CHANGED_POLICY), "not told of a change");
	CF_OK(cf, snap(cf, &fresh, &ef));
	CF_CHECK(cf, ef != eo, "the epoch did not move");
	CF_OK(cf, who(cf, fresh, text("alice"), NULL, 0, &s));
	CF_CHECK(cf, s.roles.count == 0, "alice still has %u roles", s.roles.count);
	ops(cf)->release_subject(fresh, &s);
	CF_OK(cf, who(cf, old, text("alice"), NULL, 0, &s));
	CF_CHECK(cf, s.roles.count == 3, "the old snapshot changed: %u roles", s.roles.count);
	ops(cf)->release_subject(old, &s);
	ops(cf)->close_snapshot(old);
	ops(cf)->close_snapshot(fresh);
}

static void
a_wrong_policy_is_refused(conform *cf)
{
	struct dbn_policy *old, *fresh = NULL;
	dbn_subject_out s;
	uint64_t e;

	if (!changes(cf))
		return;
	put(cf, "policy");
	CF_OK(cf, snap(cf, &old, &e));
	put(cf, "wrong");
	CF_FAILS(cf, snap(cf, &fresh, &e), DBN_E_CONFIG, NULL);
	CF_OK(cf, who(cf, old, text("alice"), NULL, 0, &s));
	ops(cf)->release_subject(old, &s);
	put(cf, "policy");
	CF_OK(cf, snap(cf, &fresh, &e));
	ops(cf)->close_snapshot(fresh);
	ops(cf)->close_snapshot(old);
}

/* ---- memory and threads ---- */

static dbn_status
everything(conform *cf)
{
	const dbn_text role = { "staff", 5 };
	dbn_resource r = { (uint32_t)sizeof(r), DBN_RESOURCE_RELATION, text("main"), text("main"),
		text("orders") };
	struct dbn_policy *p;
	struct all got = { .n = 0 };
	dbn_subject_out s;
	uint64_t e;
	dbn_status rc = snap(cf, &p, &e);

	if (rc != DBN_OK)
		return rc;
	rc = who(cf, p, text("alice"), NULL, 0, &s);
	if (rc == DBN_OK) {
		rc = ops(cf)->rules(p, text(""), &role, 1, &r, DBN_ACT_READ, keep_rule, &got, &cf->err);
		ops(cf)->release_subject(p, &s);
	}
	ops(cf)->close_snapshot(p);
	return rc;
}

static void
nothing_is_left(conform *cf)
{
	int64_t before;

	put(cf, "policy");
	CF_OK(cf, everything(cf));
	before = atomic_load(&cf->plugin.fh.live);
	for (int i = 0; i < 20; i++)
		CF_OK(cf, everything(cf));
	CF_CHECK(cf, atomic_load(&cf->plugin.fh.live) == before, "%lld allocations more after 20 rounds",
		(long long)(atomic_load(&cf->plugin.fh.live) - before));
}

static void
memory_may_fail(conform *cf)
{
	put(cf, "policy");
	for (int64_t i = 1; i < 100; i++) {
		dbn_status rc;

		atomic_store(&cf->plugin.fh.fail_at, i);
		rc = everything(cf);
		CF_CHECK(cf, rc == DBN_OK || rc == DBN_E_NOMEM, "status %d when allocation %lld fails", (int)rc,
			(long long)i);
		dbn_error_free(cf->err);
		cf->err = NULL;
		if (rc == DBN_OK && atomic_load(&cf->plugin.fh.fail_at) > 0)
			break;
	}
	atomic_store(&cf->plugin.fh.fail_at, 0);
	CF_OK(cf, everything(cf));
}

static conform *shared;

static void *
resolve_often(void *arg)
{
	uintptr_t bad = 0;
	dbn_call c = DBN_CALL_INIT;

	(void)arg;
	for (int i = 0; i < 200; i++) {
		dbn_identity_in in = { .struct_size = (uint32_t)sizeof(in), .user = text("alice") };
		struct dbn_policy *p;
		dbn_subject_out s = { .struct_size = (uint32_t)sizeof(s) };
		uint64_t e;

		if (ops(shared)->open_snapshot(shared->plugin.self, &c, &p, &e, NULL) != DBN_OK) {
			bad++;
			continue;
		}
		if (ops(shared)->resolve(p, &in, &c, &s, NULL) != DBN_OK || s.roles.count != 3)
			bad++;
		ops(shared)->release_subject(p, &s);
		ops(shared)->close_snapshot(p);
	}
	return (void *)bad;
}

static void
threads_agree(conform *cf)
{
	pthread_t t[4];

	if (cf->plugin.desc->threads == DBN_THREADS_SERIAL) {
		conform_skip(cf, "it wants one call at a time");
		return;
	}
	put(cf, "policy");
	shared = cf;
	for (int i = 0; i < 4; i++)
		CF_NEED(cf, pthread_create(&t[i], NULL, resolve_often, NULL) == 0, "no thread");
	for (int i = 0; i < 4; i++) {
		void *bad;

		(void)pthread_join(t[i], &bad);
		CF_CHECK(cf, !bad, "%lu resolutions went wrong", (unsigned long)(uintptr_t)bad);
	}
}

static const conform_case cases[] = {
	{ "snapshot.side_by_side", snapshots_live_side_by_side, 0, 0 },
	{ "attributes.declared", attributes_are_declared, 0, 0 },
	{ "resolve.roles", roles_are_closed_and_sorted, 0, 0 },
	{ "resolve.attributes", attributes_of_users, 0, 0 },
	{ "resolve.assertions", assertions_may_add, 0, 0 },
	{ "resolve.nobody", nobody_else, 0, 0 },
	{ "rules.none_left_out", no_rule_is_left_out, 0, 0 },
	{ "rules.case", case_is_left_to_the_core, 0, 0 },
	{ "rules.stop", a_visitor_may_stop, 0, 0 },
	{ "list.whole", lists_are_whole, 0, 0 },
	{ "change.told_and_taken", a_change_is_told_and_taken, 0, 0 },
	{ "change.wrong_is_refused", a_wrong_policy_is_refused, 0, 0 },
	{ "memory.nothing_left", nothing_is_left, 0, 0 },
	{ "memory.may_fail", memory_may_fail, 0, 0 },
	{ "threads.agree", threads_agree, 0, 60 }
};

int
main(int argc, char **argv)
{
	return conform_main(argc, argv, DBN_KIND_PERMISSION, cases, sizeof(cases) / sizeof(cases[0]));
}
