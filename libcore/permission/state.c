/* SPDX-License-Identifier: MIT */
/*
 * One snapshot: read through, every rule checked, and what a view must know of
 * it noted.  Work is linear in the number of rules.
 */
#include <stdio.h>

#include "permission/internal.h"

struct reading {
	dbn_policy_state *s;
	dbn_arena scratch;      /* of one rule */
	dbn_problems *problems;
	dbn_error **err;
};

/* "policy.conf:18" into file and line. */
static void
split_where(dbn_text w, char *file, size_t size, uint32_t *line)
{
	size_t i = w.len;
	int64_t n = 0;

	*line = 0;
	while (i > 0 && w.ptr[i - 1] != ':')
		i--;
	if (i > 0 && dbn_parse_int64(dbn_text_n(w.ptr + i, w.len - i), &n) && n > 0 && n < UINT32_MAX) {
		*line = (uint32_t)n;
		w.len = i - 1;
	}
	(void)snprintf(file, size, "%.*s", DBN_TEXT_ARG(w));
}

static dbn_status
note_roles(struct reading *r, const dbn_rule *rule, dbn_text **out)
{
	dbn_text *t = dbn_arena_array(&r->s->arena, (size_t)rule->roles.count + 1, sizeof(*t));

	if (!t)
		return dbn_fail_nomem(r->err);
	for (uint32_t i = 0; i < rule->roles.count; i++) {
		t[i] = dbn__text(&r->s->arena, *(const dbn_text *)dbn__at(&rule->roles, i));
		if (!t[i].ptr)
			return dbn_fail_nomem(r->err);
	}
	*out = t;
	return DBN_OK;
}

/* Row rules, masks and column lists keep a role from administration. */
static dbn_status
note_restricted(struct reading *r, const dbn_rule *rule)
{
	bool narrow = rule->using_.len || rule->check.len || rule->columns.count || rule->hide.count ||
		rule->masks.count || rule->presets.count || rule->effect == DBN_RULE_DENY;

	if (!narrow || rule->resource_kind != DBN_RESOURCE_RELATION || rule->mode == DBN_RULE_OBSERVE)
		return DBN_OK;
	for (uint32_t i = 0; i < rule->roles.count; i++) {
		const dbn_text *t = (const dbn_text *)dbn__at(&rule->roles, i);

		if (dbn_text_eqz(*t, "*"))
			r->s->everybody_restricted = true;
		else if (!dbn_map_get(&r->s->restricted, *t) &&
			dbn_map_put(&r->s->restricted, *t, r->s, NULL) != DBN_OK)
			return dbn_fail_nomem(r->err);
	}
	return DBN_OK;
}

static dbn_status
note_conditions(struct reading *r, const dbn_rule *rule, const dbn_lang_facts *f)
{
	dbn_policy_state *s = r->s;
	uint32_t *attrs, n = 0;
	dbn_text *roles = NULL;
	dbn__rule_cond *c;
	dbn_status rc;

	attrs = dbn_arena_array(&s->arena, (size_t)f->nattrs + 1, sizeof(*attrs));
	if (!attrs)
		return dbn_fail_nomem(r->err);
	for (uint32_t i = 0; i < f->nattrs; i++) {
		const dbn_lang_attr *a = &s->lang.attrs[f->attrs[i]];

		if (!a->required || a->type == DBN_ARRAY)
			attrs[n++] = f->attrs[i];
	}
	if (!n && !rule->when.len)
		return DBN_OK;
	rc = note_roles(r, rule, &roles);
	if (rc != DBN_OK)
		return rc;
	if (!dbn_grow(&s->conds, &s->conds_cap, s->nconds + 1, sizeof(*s->conds)))
		return dbn_fail_nomem(r->err);
	c = &s->conds[s->nconds++];
	memset(c, 0, sizeof(*c));
	c->roles = roles;
	c->nroles = rule->roles.count;
	c->attrs = attrs;
	c->nattrs = n;
	c->when = dbn__text(&s->arena, rule->when);
	c->guard = rule->effect == DBN_RULE_DENY || rule->kind == DBN_RULE_RESTRICTIVE;
	return c->when.ptr ? DBN_OK : dbn_fail_nomem(r->err);
}

static dbn_status
one_rule(const void *item, void *user)
{
	struct reading *r = (struct reading *)user;
	const dbn_rule *rule = (const dbn_rule *)item;
	dbn_policy_rule compiled;
	dbn_lang_facts facts;
	dbn_error *e = NULL;
	char file[DBN_CONF_WHERE_MAX];
	uint32_t line;
	dbn_status rc;

	r->s->nrules++;
	rc = dbn__rule_compile(&r->scratch, &r->s->lang, NULL, rule, &compiled, &facts, &e);
	if (rc == DBN_E_NOMEM) {
		dbn_error_free(e);
		return dbn_fail_nomem(r->err);
	}
	if (rc != DBN_OK) {
		split_where(rule->where, file, sizeof(file), &line);
		dbn_problem_at(r->problems, file, line, dbn_error_hint(e), "%s", dbn_error_message(e));
		dbn_error_free(e);
		rc = DBN_OK;
	} else {
		rc = note_restricted(r, rule);
		if (rc == DBN_OK)
			rc = note_conditions(r, rule, &facts);
	}
	dbn_arena_reset(&r->scratch);
	return rc;
}

static dbn_status
read_attributes(dbn_policy_state *s, const dbn_permission_ops *ops, dbn_error **err)
{
	dbn_array a = { NULL, 0, 0 };
	dbn_lang_attr *out;
	dbn_status rc = ops->attributes(s->snap, &a, err);

	if (rc != DBN_OK)
		return rc;
	out = dbn_arena_array(&s->arena, (size_t)a.count + 1, sizeof(*out));
	if (!out)
		return dbn_fail_nomem(err);
	for (uint32_t i = 0; i < a.count; i++) {
		const dbn_attribute_decl *d = (const dbn_attribute_decl *)dbn__at(&a, i);

		out[i].name = dbn__text(&s->arena, d->name);
		out[i].type = d->type;
		out[i].element = d->element;
		out[i].required = d->required != 0;
		if (!out[i].name.ptr)
			return dbn_fail_nomem(err);
	}
	s->lang.attrs = out;
	s->lang.nattrs = a.count;
	return a.count < UINT16_MAX ? DBN_OK
		: dbn_fail(err, DBN_E_LIMIT, "a policy declares %u attributes", a.count);
}

static dbn_status
read_all(struct reading *r, const dbn_permission_ops *ops)
{
	dbn_error *e = NULL;
	dbn_status rc = read_attributes(r->s, ops, r->err);

	if (rc != DBN_OK)
		return rc;
	rc = ops->list(r->s->snap, DBN_LIST_RULES, one_rule, r, &e);
	if (rc != DBN_OK && r->err && !*r->err)
		*r->err = e;
	else
		dbn_error_free(e);
	return rc == DBN_OK ? dbn_problems_fail(r->problems, r->err) : rc;
}

dbn_status
dbn__state_load(dbn_authority *a, dbn_policy_state **out, dbn_error **err)
{
	dbn_error *own = NULL;
	dbn_policy_state *s = dbn_zalloc(sizeof(*s));
	dbn_problems problems;
	dbn_call call = DBN_CALL_INIT;
	struct reading r = { s, { 0 }, &problems, err ? err : &own };
	uint64_t epoch = 0;
	dbn_status rc;

	if (!s)
		return dbn_fail_nomem(err);
	call.label = dbn_text_z(a->name);
	atomic_init(&s->refs, 1);
	s->authority = a;
	dbn_arena_init(&s->arena, 0);
	dbn_arena_init(&r.scratch, (size_t)16 << 20);
	dbn_problems_init(&problems);
	dbn_map_init(&s->views);
	dbn_map_init(&s->restricted);
	(void)pthread_mutex_init(&s->mutex, NULL);
	dbn__authority_enter(a);
	rc = a->conf.ops->open_snapshot(a->conf.self, &call, &s->snap, &epoch, r.err);
	if (rc == DBN_OK)
		rc = read_all(&r, a->conf.ops);
	else
		s->authority = NULL; /* nothing to close */
	dbn__authority_leave(a);
	dbn_arena_free(&r.scratch);
	dbn_problems_free(&problems);
	if (rc == DBN_OK)
		*out = s;
	else
		dbn__state_release(s);
	dbn_error_free(own);
	return rc;
}

static void
free_view(void *view)
{
	dbn__view_release((dbn_view *)view);
}

void
dbn__state_release(dbn_policy_state *s)
{
	dbn_authority *a;

	if (!s || atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	a = s->authority;
	dbn_map_free(&s->views, free_view);
	dbn_map_free(&s->restricted, NULL);
	if (a) {
		dbn__authority_enter(a);
		a->conf.ops->close_snapshot(s->snap);
		dbn__authority_leave(a);
	}
	(void)pthread_mutex_destroy(&s->mutex);
	dbn_free(s->conds);
	dbn_arena_free(&s->arena);
	dbn_free(s);
}
