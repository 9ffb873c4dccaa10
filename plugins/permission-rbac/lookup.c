/* SPDX-License-Identifier: MIT */
/*
 * Answers from a snapshot: who somebody is, and which rules may apply.  A
 * snapshot is never changed, so no lock is needed.
 */
#include <stdlib.h>
#include <string.h>

#include "rbac.h"

dbn_status
rbac_attributes(struct dbn_policy *p, dbn_array *out, dbn_error **err)
{
	(void)err;
	out->items = p->attrs;
	out->count = p->nattrs;
	out->stride = (uint32_t)sizeof(struct rbac_attr); /* decl is its first member */
	return DBN_OK;
}

/* What a subject's arrays live in; one block of host memory each. */
struct subject_memory {
	dbn_text *roles;
	dbn_attribute *attrs;
};

void
rbac_release_subject(struct dbn_policy *p, dbn_subject_out *s)
{
	const dbn_host *host = p->arena.host;
	struct subject_memory *m = s ? (struct subject_memory *)s->memory : NULL;

	if (!m)
		return;
	host->release(host, m->roles);
	host->release(host, m->attrs);
	host->release(host, m);
	s->memory = NULL;
}

static int
by_name(const void *a, const void *b)
{
	const dbn_text *x = (const dbn_text *)a, *y = (const dbn_text *)b;
	size_t n = x->len < y->len ? x->len : y->len;
	int c = n ? memcmp(x->ptr, y->ptr, n) : 0;

	return c ? c : (x->len > y->len) - (x->len < y->len);
}

/* The user's roles and all they inherit, sorted. */
static dbn_status
close_roles(struct dbn_policy *p, const struct rbac_user *u, struct subject_memory *m, uint32_t *n,
	dbn_error **err)
{
	const dbn_host *host = p->arena.host;
	uint8_t *seen = (uint8_t *)host->alloc(host, (size_t)p->nroles + 1);
	uint32_t *queue = (uint32_t *)host->alloc(host, ((size_t)p->nroles + 1) * sizeof(*queue));
	uint32_t head = 0, tail = 0;
	dbn_status rc = DBN_OK;

	m->roles = (dbn_text *)host->alloc(host, ((size_t)p->nroles + 1) * sizeof(*m->roles));
	if (!seen || !queue || !m->roles) {
		rc = rbac_fail_nomem(host, err);
		goto out;
	}
	memset(seen, 0, (size_t)p->nroles + 1);
	for (uint32_t i = 0; i < u->nroles; i++)
		if (!seen[u->roles[i]]++)
			queue[tail++] = u->roles[i];
	while (head < tail) {
		const struct rbac_role *role = &p->roles[queue[head++]];

		for (uint32_t i = 0; i < role->ninherits; i++)
			if (!seen[role->inherits[i]]++)
				queue[tail++] = role->inherits[i];
	}
	for (uint32_t i = 0; i < tail; i++)
		m->roles[i] = p->roles[queue[i]].name;
	qsort(m->roles, tail, sizeof(*m->roles), by_name);
	*n = tail;
out:
	host->release(host, seen);
	host->release(host, queue);
	return rc;
}

static bool
same_value(const dbn_value *a, const dbn_value *b)
{
	if (a->type != b->type)
		return false;
	if (a->type == DBN_TEXT)
		return a->len == b->len && (!a->len || !memcmp(a->u.ptr, b->u.ptr, a->len));
	if (a->type == DBN_DOUBLE)
		return !memcmp(&a->u.f64, &b->u.f64, sizeof(a->u.f64));
	if (a->type == DBN_ARRAY) {
		const dbn_value *x = (const dbn_value *)a->u.ptr, *y = (const dbn_value *)b->u.ptr;

		if (a->len != b->len)
			return false;
		for (uint64_t i = 0; i < a->len; i++)
			if (x[i].type != y[i].type || x[i].type == DBN_ARRAY || !same_value(&x[i], &y[i]))
				return false;
		return true;
	}
	return a->u.i64 == b->u.i64;
}

static bool
fits(const dbn_attribute_decl *d, const dbn_value *v)
{
	const dbn_value *items = (const dbn_value *)v->u.ptr;

	if (v->type != d->type)
		return false;
	for (uint64_t i = 0; v->type == DBN_ARRAY && i < v->len; i++)
		if (items[i].type != d->element)
			return false;
	return true;
}

/* What the application asserts beside what the file says: it may add, never differ. */
static dbn_status
add_attributes(struct dbn_policy *p, const dbn_identity_in *who, struct subject_memory *m,
	uint32_t *n, dbn_error **err)
{
	const dbn_host *host = p->arena.host;

	for (uint32_t i = 0; i < who->attributes.count; i++) {
		const dbn_attribute *a = (const dbn_attribute *)(const void *)
			((const char *)who->attributes.items + (size_t)i * who->attributes.stride);
		const struct rbac_slot *s = rbac_index_get(&p->attr_names, a->name);
		uint32_t k = 0;

		if (!s)
			return rbac_fail(host, err, DBN_E_IDENTITY, "Declare it in attributes of the policy.",
				"attribute \"%.*s\" is not declared", (int)(a->name.len & 255), a->name.ptr);
		if (!fits(&p->attrs[s->items[0]].decl, &a->value))
			return rbac_fail(host, err, DBN_E_IDENTITY, NULL,
				"attribute \"%.*s\" is not of its declared type",
				(int)(a->name.len & 255), a->name.ptr);
		while (k < *n && !rbac_eq(m->attrs[k].name, a->name))
			k++;
		if (k < *n && !same_value(&m->attrs[k].value, &a->value))
			return rbac_fail(host, err, DBN_E_IDENTITY, NULL,
				"attribute \"%.*s\" differs from what the policy says of this user",
				(int)(a->name.len & 255), a->name.ptr);
		if (k < *n)
			continue;
		m->attrs[*n] = *a;
		m->attrs[*n].struct_size = (uint32_t)sizeof(*a);
		m->attrs[(*n)++].name = p->attrs[s->items[0]].decl.name;
	}
	return DBN_OK;
}

static dbn_status
required_there(struct dbn_policy *p, const struct subject_memory *m, uint32_t n, dbn_error **err)
{
	for (uint32_t i = 0; i < p->nattrs; i++) {
		uint32_t k = 0;

		if (!p->attrs[i].decl.required)
			continue;
		while (k < n && !rbac_eq(m->attrs[k].name, p->attrs[i].decl.name))
			k++;
		if (k == n)
			return rbac_fail(p->arena.host, err, DBN_E_IDENTITY,
				"Set it for the user in the policy, or assert it when opening the session.",
				"attribute \"%s\" is required", p->attrs[i].decl.name.ptr);
	}
	return DBN_OK;
}

dbn_status
rbac_resolve(struct dbn_policy *p, const dbn_identity_in *who, const dbn_call *call,
	dbn_subject_out *out, dbn_error **err)
{
	const dbn_host *host = p->arena.host;
	const struct rbac_slot *s;
	const struct rbac_user *u;
	struct subject_memory *m;
	uint32_t nroles = 0, nattrs;
	dbn_status rc;

	(void)call;
	if (who->token.len)
		return rbac_fail(host, err, DBN_E_IDENTITY, "Open the session with a user's name.",
			"this policy reads no tokens");
	s = who->user.len ? rbac_index_get(&p->user_names, who->user) : NULL;
	if (!s)
		return rbac_fail(host, err, DBN_E_IDENTITY, "Add the user to the policy.",
			"no user \"%.*s\"", (int)(who->user.len & 255), who->user.ptr ? who->user.ptr : "");
	u = &p->users[s->items[0]];
	m = (struct subject_memory *)host->alloc(host, sizeof(*m));
	if (!m)
		return rbac_fail_nomem(host, err);
	memset(m, 0, sizeof(*m));
	memset(out, 0, sizeof(*out));
	out->struct_size = (uint32_t)sizeof(*out);
	out->memory = m;
	nattrs = u->nattrs;
	m->attrs = (dbn_attribute *)host->alloc(host,
		((size_t)nattrs + who->attributes.count + 1) * sizeof(*m->attrs));
	rc = m->attrs ? close_roles(p, u, m, &nroles, err) : rbac_fail_nomem(host, err);
	if (rc == DBN_OK) {
		if (nattrs)
			memcpy(m->attrs, u->attrs, nattrs * sizeof(*m->attrs));
		rc = add_attributes(p, who, m, &nattrs, err);
	}
	if (rc == DBN_OK)
		rc = required_there(p, m, nattrs, err);
	if (rc != DBN_OK) {
		rbac_release_subject(p, out);
		return rc;
	}
	out->user = u->name;
	out->roles.items = m->roles;
	out->roles.count = nroles;
	out->roles.stride = (uint32_t)sizeof(*m->roles);
	out->attributes.items = m->attrs;
	out->attributes.count = nattrs;
	out->attributes.stride = (uint32_t)sizeof(*m->attrs);
	return DBN_OK;
}

static bool
concerns(const dbn_rule *rule, const dbn_text *roles, size_t nroles)
{
	const dbn_text *mine = (const dbn_text *)rule->roles.items;

	for (uint32_t i = 0; i < rule->roles.count; i++) {
		if (mine[i].len == 1 && mine[i].ptr[0] == '*')
			return true;
		for (size_t k = 0; k < nroles; k++)
			if (rbac_eq(mine[i], roles[k]))
				return true;
	}
	return false;
}

static const uint32_t *
numbers(const struct rbac_slot *s, uint32_t *n)
{
	*n = s ? s->count : 0;
	return s ? s->items : NULL;
}

/* Schema, exact spelling and columns are for the core: a superset is allowed. */
dbn_status
rbac_rules(struct dbn_policy *p, dbn_text view_key, const dbn_text *roles, size_t nroles,
	const dbn_resource *res, uint32_t actions,
	dbn_status (*each)(const dbn_rule *, void *user), void *user, dbn_error **err)
{
	static const dbn_text star = { "*", 1 };
	dbn_text key = res->kind == DBN_RESOURCE_DATABASE ? res->database : res->name;
	uint32_t na, nb, i = 0, k = 0;
	const uint32_t *a = numbers(rbac_index_get(&p->by_name, key), &na);
	const uint32_t *b = numbers(rbac_index_get(&p->by_name, star), &nb);

	(void)view_key;
	(void)err;
	if (rbac_eq(key, star))
		nb = 0;
	while (i < na || k < nb) {
		uint32_t at = k == nb || (i < na && a[i] < b[k]) ? a[i++] : b[k++];
		const dbn_rule *rule = &p->rules[at];
		dbn_status rc;

		if (rule->resource_kind != res->kind || !(rule->actions & actions) ||
			!concerns(rule, roles, nroles))
			continue;
		rc = each(rule, user);
		if (rc != DBN_OK)
			return rc;
	}
	return DBN_OK;
}

dbn_status
rbac_list_all(struct dbn_policy *p, uint32_t what,
	dbn_status (*each)(const void *item, void *user), void *user, dbn_error **err)
{
	uint32_t n = what == DBN_LIST_RULES ? p->nrules : what == DBN_LIST_ROLES ? p->nroles : p->nusers;

	if (what != DBN_LIST_RULES && what != DBN_LIST_ROLES && what != DBN_LIST_USERS)
		return rbac_fail(p->arena.host, err, DBN_E_UNSUPPORTED, NULL,
			"a policy file has no list of kind %u", what);
	for (uint32_t i = 0; i < n; i++) {
		const void *item = what == DBN_LIST_RULES ? (const void *)&p->rules[i]
			: what == DBN_LIST_ROLES ? (const void *)&p->roles[i].name
			: (const void *)&p->users[i].name;
		dbn_status rc = each(item, user);

		if (rc != DBN_OK)
			return rc;
	}
	return DBN_OK;
}
