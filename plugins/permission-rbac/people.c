/* SPDX-License-Identifier: MIT */
/*
 * Attributes, roles and users of a policy file.  Roles may be named before they
 * are defined; a role that inherits itself in a circle is a problem.  No locks.
 */
#include <string.h>

#include "rbac.h"

static const char *const type_words[] = { "bool", "int64", "double", "text",
	"bool[]", "int64[]", "double[]", "text[]" };
static const dbn_type type_ids[] = { DBN_BOOL, DBN_INT64, DBN_DOUBLE, DBN_TEXT };

static bool
is_name(dbn_text t)
{
	for (size_t i = 0; i < t.len; i++) {
		char c = t.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
			(i && c >= '0' && c <= '9')))
			return false;
	}
	return t.len > 0;
}

static void
read_type(struct rbac_reader *r, const config_setting_t *g, dbn_attribute_decl *d)
{
	dbn_text t = rbac_get_text(r, g, "type", true);
	const size_t n = sizeof(type_words) / sizeof(type_words[0]);
	const char *near;

	d->type = DBN_TEXT;
	if (!t.ptr)
		return;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(type_words[i], t.ptr) != 0)
			continue;
		d->type = i < 4 ? type_ids[i] : (dbn_type)DBN_ARRAY;
		d->element = i < 4 ? (dbn_type)DBN_NULL : type_ids[i - 4];
		return;
	}
	near = rbac_nearest(t.ptr, type_words, n);
	rbac_problem(r, config_setting_source_line(config_setting_get_member(g, "type")),
		"unknown type \"%s\"%s%s%s: bool, int64, double, text, each also with []", t.ptr,
		near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static void
read_attributes(struct rbac_reader *r, const config_setting_t *root)
{
	static const char *const known[] = { "name", "type", "required" };
	const config_setting_t *l = rbac_list(r, root, "attributes");
	struct dbn_policy *p = r->p;
	int n = l ? config_setting_length(l) : 0;

	p->attrs = (struct rbac_attr *)rbac_take(&p->arena, (size_t)n, sizeof(*p->attrs));
	if (!p->attrs || !rbac_index_init(&p->arena, &p->attr_names, (size_t)n, false))
		return;
	for (int i = 0; i < n; i++) {
		const config_setting_t *g = config_setting_get_elem(l, (unsigned)i);
		struct rbac_attr *a = &p->attrs[p->nattrs];
		dbn_text name = rbac_get_text(r, g, "name", true);

		rbac_known(r, g, "an attribute", known, sizeof(known) / sizeof(known[0]));
		a->line = config_setting_source_line(g);
		a->decl.struct_size = (uint32_t)sizeof(a->decl);
		a->decl.required = rbac_get_bool(r, g, "required", false);
		read_type(r, g, &a->decl);
		if (!name.ptr)
			continue;
		if (!is_name(name))
			rbac_problem(r, a->line, "attribute \"%s\": letters, digits and _ only", name.ptr);
		else if (!strcmp(name.ptr, "id") || !strcmp(name.ptr, "roles"))
			rbac_problem(r, a->line, "attribute \"%s\": $user.%s is there already",
				name.ptr, name.ptr);
		else if (rbac_index_get(&p->attr_names, name))
			rbac_problem(r, a->line, "attribute \"%s\" is declared twice", name.ptr);
		else if (rbac_index_add(&p->arena, &p->attr_names, name, p->nattrs)) {
			a->decl.name = name;
			p->nattrs++;
		}
	}
}

/* Names of roles to numbers; unknown ones are problems. */
static uint32_t *
role_numbers(struct rbac_reader *r, const config_setting_t *g, const char *member, uint32_t *n)
{
	uint32_t count, *out;
	dbn_text *names = rbac_get_texts(r, g, member, &count);
	const config_setting_t *m = config_setting_get_member(g, member);

	*n = 0;
	out = (uint32_t *)rbac_take(&r->p->arena, count, sizeof(*out));
	for (uint32_t i = 0; out && i < count; i++) {
		const struct rbac_slot *s = rbac_index_get(&r->p->role_names, names[i]);

		if (!s)
			rbac_problem(r, config_setting_source_line(m), "no role \"%s\"", names[i].ptr);
		else
			out[(*n)++] = s->items[0];
	}
	return out;
}

static void
read_role_names(struct rbac_reader *r, const config_setting_t *l, int n)
{
	static const char *const known[] = { "name", "inherits" };
	struct dbn_policy *p = r->p;

	for (int i = 0; i < n; i++) {
		const config_setting_t *g = config_setting_get_elem(l, (unsigned)i);
		dbn_text name = rbac_get_text(r, g, "name", true);

		rbac_known(r, g, "a role", known, sizeof(known) / sizeof(known[0]));
		p->roles[i].line = config_setting_source_line(g);
		p->roles[i].name = name;
		if (!name.ptr)
			continue;
		if (!strcmp(name.ptr, "*"))
			rbac_problem(r, p->roles[i].line, "a role cannot be named \"*\"");
		else if (rbac_index_get(&p->role_names, name))
			rbac_problem(r, p->roles[i].line, "role \"%s\" is defined twice", name.ptr);
		else
			(void)rbac_index_add(&p->arena, &p->role_names, name, (uint32_t)i);
	}
}

/* Depth first with a stack of its own: state 1 is on the way, 2 is done. */
static void
find_circles(struct rbac_reader *r)
{
	struct dbn_policy *p = r->p;
	uint8_t *state = (uint8_t *)rbac_take(&p->arena, p->nroles, 1);
	uint32_t *stack = (uint32_t *)rbac_take(&p->arena, p->nroles, sizeof(*stack));
	uint32_t *at = (uint32_t *)rbac_take(&p->arena, p->nroles, sizeof(*at));

	if (!state || !stack || !at)
		return;
	for (uint32_t start = 0; start < p->nroles; start++) {
		uint32_t depth = 0;

		if (state[start])
			continue;
		state[start] = 1;
		at[0] = 0;
		stack[depth++] = start;
		while (depth) {
			struct rbac_role *role = &p->roles[stack[depth - 1]];
			uint32_t next;

			if (at[depth - 1] == role->ninherits) {
				state[stack[--depth]] = 2;
				continue;
			}
			next = role->inherits[at[depth - 1]++];
			if (state[next] == 1)
				rbac_problem(r, role->line, "role \"%s\" inherits itself through \"%s\"",
					p->roles[next].name.ptr ? p->roles[next].name.ptr : "?",
					role->name.ptr ? role->name.ptr : "?");
			else if (!state[next]) {
				state[next] = 1;
				at[depth] = 0;
				stack[depth++] = next;
			}
		}
	}
}

static void
read_roles(struct rbac_reader *r, const config_setting_t *root)
{
	const config_setting_t *l = rbac_list(r, root, "roles");
	struct dbn_policy *p = r->p;
	int n = l ? config_setting_length(l) : 0;

	p->roles = (struct rbac_role *)rbac_take(&p->arena, (size_t)n, sizeof(*p->roles));
	if (!p->roles || !rbac_index_init(&p->arena, &p->role_names, (size_t)n, false))
		return;
	p->nroles = (uint32_t)n;
	read_role_names(r, l, n);
	for (int i = 0; i < n; i++)
		p->roles[i].inherits = role_numbers(r, config_setting_get_elem(l, (unsigned)i),
			"inherits", &p->roles[i].ninherits);
	find_circles(r);
}

/* One scalar as the declared type; false: it is another. */
static bool
scalar(struct rbac_reader *r, const config_setting_t *s, dbn_type type, dbn_value *v)
{
	int is = config_setting_type(s);

	memset(v, 0, sizeof(*v));
	v->type = type;
	if (type == DBN_BOOL && is == CONFIG_TYPE_BOOL) {
		v->u.i64 = config_setting_get_bool(s) != 0;
	} else if (type == DBN_INT64 && (is == CONFIG_TYPE_INT || is == CONFIG_TYPE_INT64)) {
		v->u.i64 = is == CONFIG_TYPE_INT ? config_setting_get_int(s)
			: (int64_t)config_setting_get_int64(s);
	} else if (type == DBN_DOUBLE && (is == CONFIG_TYPE_FLOAT || is == CONFIG_TYPE_INT)) {
		v->u.f64 = is == CONFIG_TYPE_INT ? (double)config_setting_get_int(s)
			: config_setting_get_float(s);
	} else if (type == DBN_TEXT && is == CONFIG_TYPE_STRING) {
		const char *z = config_setting_get_string(s);
		dbn_text t = rbac_text(&r->p->arena, z, strlen(z));

		v->u.ptr = t.ptr;
		v->len = t.len;
	} else {
		return false;
	}
	return true;
}

static bool
attribute_value(struct rbac_reader *r, const config_setting_t *s, const dbn_attribute_decl *d,
	dbn_value *v)
{
	dbn_value *items;
	int n;

	if (d->type != DBN_ARRAY)
		return scalar(r, s, d->type, v);
	if (!config_setting_is_array(s) && !config_setting_is_list(s))
		return false;
	n = config_setting_length(s);
	items = (dbn_value *)rbac_take(&r->p->arena, (size_t)n, sizeof(*items));
	for (int i = 0; items && i < n; i++)
		if (!scalar(r, config_setting_get_elem(s, (unsigned)i), d->element, &items[i]))
			return false;
	memset(v, 0, sizeof(*v));
	v->type = DBN_ARRAY;
	v->aux = (uint16_t)d->element;
	v->u.ptr = items;
	v->len = (uint64_t)n;
	return true;
}

static void
read_user_attributes(struct rbac_reader *r, const config_setting_t *g, struct rbac_user *u)
{
	const config_setting_t *m = config_setting_get_member(g, "attributes");
	dbn_attribute *out;
	int n;

	if (!m)
		return;
	if (!config_setting_is_group(m)) {
		rbac_problem(r, config_setting_source_line(m), "attributes must be a group: { ... }");
		return;
	}
	n = config_setting_length(m);
	out = (dbn_attribute *)rbac_take(&r->p->arena, (size_t)n, sizeof(*out));
	u->attrs = out;
	for (int i = 0; out && i < n; i++) {
		const config_setting_t *s = config_setting_get_elem(m, (unsigned)i);
		const char *name = config_setting_name(s);
		dbn_text key = { name, strlen(name) };
		const struct rbac_slot *slot = rbac_index_get(&r->p->attr_names, key);
		const dbn_attribute_decl *d;

		if (!slot) {
			rbac_problem(r, config_setting_source_line(s),
				"attribute \"%s\" is not declared in attributes", name);
			continue;
		}
		d = &r->p->attrs[slot->items[0]].decl;
		if (!attribute_value(r, s, d, &out[u->nattrs].value)) {
			rbac_problem(r, config_setting_source_line(s),
				"attribute \"%s\" is not of its declared type", name);
			continue;
		}
		out[u->nattrs].struct_size = (uint32_t)sizeof(*out);
		out[u->nattrs++].name = d->name;
	}
}

static void
read_users(struct rbac_reader *r, const config_setting_t *root)
{
	static const char *const known[] = { "name", "roles", "attributes" };
	const config_setting_t *l = rbac_list(r, root, "users");
	struct dbn_policy *p = r->p;
	int n = l ? config_setting_length(l) : 0;

	p->users = (struct rbac_user *)rbac_take(&p->arena, (size_t)n, sizeof(*p->users));
	if (!p->users || !rbac_index_init(&p->arena, &p->user_names, (size_t)n, false))
		return;
	for (int i = 0; i < n; i++) {
		const config_setting_t *g = config_setting_get_elem(l, (unsigned)i);
		struct rbac_user *u = &p->users[p->nusers];

		rbac_known(r, g, "a user", known, sizeof(known) / sizeof(known[0]));
		u->name = rbac_get_text(r, g, "name", true);
		u->roles = role_numbers(r, g, "roles", &u->nroles);
		read_user_attributes(r, g, u);
		if (!u->name.ptr)
			continue;
		if (rbac_index_get(&p->user_names, u->name))
			rbac_problem(r, config_setting_source_line(g), "user \"%s\" is defined twice",
				u->name.ptr);
		else if (rbac_index_add(&p->arena, &p->user_names, u->name, p->nusers))
			p->nusers++;
	}
}

void
rbac_read_people(struct rbac_reader *r, const config_setting_t *root)
{
	read_attributes(r, root);
	read_roles(r, root);
	read_users(r, root);
}
