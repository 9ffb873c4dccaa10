/* SPDX-License-Identifier: MIT */
/*
 * Those who share a view key: their conditions, numbered once, and the rules of
 * each resource, read once.  A view belongs to its state's table.
 */
#include "permission/internal.h"

bool
dbn__view_has_role(const dbn_view *v, dbn_text role)
{
	size_t lo = 0, hi = v->nroles;

	if (dbn_text_eqz(role, "*"))
		return true;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = dbn_text_cmp(v->roles[mid], role);

		if (c == 0)
			return true;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

uint64_t
dbn__view_bit(const dbn_view *v, uint32_t what, dbn_text text, uint32_t attr)
{
	for (uint32_t i = 0; i < v->nconds; i++) {
		const dbn__cond *c = &v->conds[i];

		if (c->what == what && c->attr == attr && dbn_text_eq(c->text, text))
			return UINT64_C(1) << i;
	}
	return 0;
}

static dbn_status
add_condition(dbn_view *v, uint32_t what, dbn_text text, uint32_t attr, dbn_error **err)
{
	dbn__cond *c;
	dbn_lang_facts f;
	dbn_status rc = DBN_OK;

	if (dbn__view_bit(v, what, text, attr))
		return DBN_OK;
	if (v->nconds == DBN_CONDITIONS_MAX)
		return dbn_fail_hint(err, DBN_E_CONFIG, "Give rules the same \"when\", or use fewer "
			"optional attributes.", "the rules of these roles hang on more than %d conditions",
			DBN_CONDITIONS_MAX);
	c = &v->conds[v->nconds];
	memset(c, 0, sizeof(*c));
	c->what = what;
	c->attr = attr;
	c->text = dbn__text(&v->arena, text);
	if (!c->text.ptr)
		return dbn_fail_nomem(err);
	if (text.len) {
		rc = dbn_lang_parse(&v->arena, &v->state->lang, text, DBN_LC_BOOL, DBN_LANG_NO_COLUMNS,
			&c->expr, &f, err);
		c->dynamic = rc == DBN_OK && (f.now || f.op);
	}
	if (c->dynamic)
		v->dynamic |= UINT64_C(1) << v->nconds;
	v->nconds += rc == DBN_OK;
	return rc;
}

static bool
concerns(const dbn_view *v, const dbn__rule_cond *c)
{
	for (uint32_t i = 0; i < c->nroles; i++)
		if (dbn__view_has_role(v, c->roles[i]))
			return true;
	return false;
}

static dbn_status
find_conditions(dbn_view *v, dbn_error **err)
{
	dbn_policy_state *s = v->state;
	dbn_status rc = DBN_OK;

	for (size_t i = 0; rc == DBN_OK && i < s->nconds; i++) {
		const dbn__rule_cond *c = &s->conds[i];

		if (!concerns(v, c))
			continue;
		if (c->when.len)
			rc = add_condition(v, c->guard ? DBN_COND_GUARD : DBN_COND_WHEN, c->when, 0, err);
		for (uint32_t k = 0; rc == DBN_OK && k < c->nattrs; k++) {
			const dbn_lang_attr *a = &s->lang.attrs[c->attrs[k]];

			if (!a->required)
				rc = add_condition(v, DBN_COND_PRESENT, dbn_text_n(NULL, 0), c->attrs[k], err);
			if (rc == DBN_OK && a->type == DBN_ARRAY)
				rc = add_condition(v, DBN_COND_EMPTY, dbn_text_n(NULL, 0), c->attrs[k], err);
		}
	}
	v->restricted = s->everybody_restricted;
	for (size_t i = 0; i < v->nroles && !v->restricted; i++)
		v->restricted = dbn_map_get(&s->restricted, v->roles[i]) != NULL;
	return rc;
}

static void
free_ruleset(void *r)
{
	dbn_ruleset_release((dbn_ruleset *)r);
}

void
dbn__view_release(dbn_view *v)
{
	if (!v || atomic_fetch_sub(&v->refs, 1) != 1)
		return;
	dbn_map_free(&v->rulesets, free_ruleset);
	(void)pthread_mutex_destroy(&v->mutex);
	dbn_arena_free(&v->arena);
	dbn_free(v);
}

static dbn_status
make(dbn_policy_state *s, dbn_text key, const dbn_text *roles, size_t nroles, dbn_view **out,
	dbn_error **err)
{
	dbn_view *v = dbn_zalloc(sizeof(*v));
	dbn_text *copy;
	dbn_status rc = DBN_OK;

	if (!v)
		return dbn_fail_nomem(err);
	v->state = s;
	atomic_init(&v->refs, 1);
	dbn_arena_init(&v->arena, 0);
	dbn_map_init(&v->rulesets);
	(void)pthread_mutex_init(&v->mutex, NULL);
	v->id = atomic_fetch_add(&s->authority->next_view, 1);
	v->key = dbn__text(&v->arena, key);
	copy = dbn_arena_array(&v->arena, nroles + 1, sizeof(*copy));
	if (!v->key.ptr || !copy)
		rc = dbn_fail_nomem(err);
	for (size_t i = 0; rc == DBN_OK && i < nroles; i++) {
		copy[i] = dbn__text(&v->arena, roles[i]);
		if (!copy[i].ptr)
			rc = dbn_fail_nomem(err);
	}
	v->roles = copy;
	v->nroles = nroles;
	if (rc == DBN_OK)
		rc = find_conditions(v, err);
	if (rc != DBN_OK) {
		dbn__view_release(v);
		return rc;
	}
	*out = v;
	return DBN_OK;
}

static void
escaped(dbn_str *s, dbn_text t)
{
	for (size_t i = 0; i < t.len; i++) {
		if (t.ptr[i] == ',' || t.ptr[i] == '#' || t.ptr[i] == '\\')
			dbn_str_addc(s, '\\');
		dbn_str_addc(s, t.ptr[i]);
	}
}

/* "staff,support", or "key#staff,support": roles are part of it whatever the provider
 * says, because rules are matched by them.  Different ones never give equal text. */
static dbn_status
key_of(dbn_text view_key, const dbn_text *roles, size_t nroles, dbn_str *out, dbn_error **err)
{
	dbn_status rc;

	dbn_str_init(out, (size_t)1 << 20);
	escaped(out, view_key);
	if (view_key.len)
		dbn_str_addc(out, '#');
	for (size_t i = 0; i < nroles; i++) {
		if (i)
			dbn_str_addc(out, ',');
		escaped(out, roles[i]);
	}
	if (out->status == DBN_OK)
		return DBN_OK;
	rc = out->status;
	dbn_str_free(out);
	return rc == DBN_E_NOMEM ? dbn_fail_nomem(err)
		: dbn_fail(err, DBN_E_LIMIT, "a view key of more than 1 MiB");
}

dbn_status
dbn__state_view(dbn_policy_state *s, dbn_text view_key, const dbn_text *roles, size_t nroles,
	dbn_view **out, dbn_error **err)
{
	dbn_str key;
	dbn_view *v = NULL;
	dbn_status rc = key_of(view_key, roles, nroles, &key, err);

	if (rc != DBN_OK)
		return rc;
	(void)pthread_mutex_lock(&s->mutex);
	v = dbn_map_get(&s->views, dbn_text_n(key.ptr ? key.ptr : "", key.len));
	if (!v) {
		rc = make(s, dbn_text_n(key.ptr ? key.ptr : "", key.len), roles, nroles, &v, err);
		if (rc == DBN_OK && dbn_map_put(&s->views, v->key, v, NULL) != DBN_OK) {
			dbn__view_release(v);
			rc = dbn_fail_nomem(err);
		}
	}
	if (rc == DBN_OK) {
		(void)atomic_fetch_add(&v->refs, 1);
		*out = v;
	}
	(void)pthread_mutex_unlock(&s->mutex);
	dbn_str_free(&key);
	return rc;
}

/* ---- rules ---- */

struct gather {
	const dbn_view *view;
	const dbn_rule_query *q;
	dbn_ruleset *set;
	dbn_policy_rule *rules;
	size_t cap;
	dbn_error **err;
};

static bool
part_matches(dbn_text pattern, dbn_text name, dbn_text deflt, bool fold)
{
	if (dbn_text_eqz(pattern, "*"))
		return true;
	if (!pattern.len)
		pattern = deflt;
	return fold ? dbn_text_ieq(pattern, name) : dbn_text_eq(pattern, name);
}

static bool
matches(const struct gather *g, const dbn_rule *r)
{
	const dbn_rule_query *q = g->q;

	if (r->resource_kind != q->kind)
		return false;
	if (q->kind == DBN_RESOURCE_FUNCTION)
		return part_matches(r->name, q->name.name, dbn_text_n(NULL, 0), true);
	if (q->kind == DBN_RESOURCE_DATABASE)
		return part_matches(r->database, q->name.database, q->default_database, false);
	if (q->system && r->effect == DBN_RULE_ALLOW && r->kind == DBN_RULE_PERMISSIVE &&
		dbn_text_eqz(r->name, "*"))
		return false;
	return part_matches(r->database, q->name.database, q->default_database, false) &&
		part_matches(r->schema, q->name.schema, q->default_schema, q->fold) &&
		part_matches(r->name, q->name.name, dbn_text_n(NULL, 0), q->fold);
}

static dbn_status
each(const dbn_rule *r, void *user)
{
	struct gather *g = (struct gather *)user;
	dbn_lang_facts facts;
	bool mine = false;
	dbn_status rc;

	for (uint32_t i = 0; i < r->roles.count && !mine; i++)
		mine = dbn__view_has_role(g->view, *(const dbn_text *)dbn__at(&r->roles, i));
	if (!mine || !matches(g, r))
		return DBN_OK;
	if (!dbn_arena_grow(&g->set->arena, &g->rules, &g->cap, (size_t)g->set->nrules + 1,
		sizeof(*g->rules)))
		return dbn_fail_nomem(g->err);
	rc = dbn__rule_compile(&g->set->arena, &g->view->state->lang, g->view, r,
		&g->rules[g->set->nrules], &facts, g->err);
	g->set->nrules += rc == DBN_OK;
	return rc;
}

static dbn_status
ask(const dbn_view *v, const dbn_rule_query *q, dbn_ruleset **out, dbn_error **err)
{
	dbn_authority *a = v->state->authority;
	dbn_error *own = NULL, *theirs = NULL;
	struct gather g = { v, q, NULL, NULL, 0, err ? err : &own };
	dbn_resource res = { (uint32_t)sizeof(res), q->kind, q->name.database, q->name.schema,
		q->name.name };
	uint32_t actions = q->kind == DBN_RESOURCE_RELATION ? DBN_ACT_READ | DBN_ACT_WRITE
		: q->kind == DBN_RESOURCE_FUNCTION ? DBN_ACT_EXECUTE
		: DBN_ACT_DDL | DBN_ACT_SETTINGS | DBN_ACT_ROUTINE;
	dbn_status rc;

	g.set = dbn_zalloc(sizeof(*g.set));
	if (!g.set)
		return dbn_fail_nomem(err);
	atomic_init(&g.set->refs, 1);
	dbn_arena_init(&g.set->arena, (size_t)64 << 20);
	dbn__authority_enter(a);
	rc = a->conf.ops->rules(v->state->snap, v->key, v->roles, v->nroles, &res, actions, each, &g,
		&theirs);
	dbn__authority_leave(a);
	if (rc != DBN_OK && !*g.err) {
		*g.err = theirs;
		theirs = NULL;
	}
	dbn_error_free(theirs);
	g.set->rules = g.rules;
	if (rc == DBN_OK)
		*out = g.set;
	else
		dbn_ruleset_release(g.set);
	dbn_error_free(own);
	return rc;
}

static void
lower_add(dbn_str *s, dbn_text t, bool fold)
{
	for (size_t i = 0; i < t.len; i++)
		dbn_str_addc(s, fold ? (char)dbn_ascii_lower((unsigned char)t.ptr[i]) : t.ptr[i]);
	dbn_str_addc(s, '\0');
}

dbn_status
dbn_subject_rules(const dbn_subject *s, const dbn_rule_query *q, dbn_ruleset **out, dbn_error **err)
{
	dbn_view *v = s->view;
	dbn_ruleset *set;
	dbn_str key;
	dbn_status rc = DBN_OK;

	dbn_str_init(&key, 65536);
	dbn_str_addc(&key, (char)('0' + q->kind));
	dbn_str_addc(&key, (char)('0' + q->fold + 2 * q->system));
	lower_add(&key, q->name.database, false);
	lower_add(&key, q->name.schema, q->fold);
	lower_add(&key, q->name.name, q->fold || q->kind == DBN_RESOURCE_FUNCTION);
	lower_add(&key, q->default_database, false);
	lower_add(&key, q->default_schema, q->fold);
	if (key.status != DBN_OK) {
		rc = dbn_fail(err, key.status, "the name of a relation is too long");
		goto out;
	}
	(void)pthread_mutex_lock(&v->mutex);
	set = dbn_map_get(&v->rulesets, dbn_text_n(key.ptr, key.len));
	if (set)
		(void)atomic_fetch_add(&set->refs, 1);
	(void)pthread_mutex_unlock(&v->mutex);
	if (!set) {
		rc = ask(v, q, &set, err);
		if (rc != DBN_OK)
			goto out;
		(void)pthread_mutex_lock(&v->mutex);
		if (v->rulesets.count < DBN_RULESETS_MAX &&
			!dbn_map_get(&v->rulesets, dbn_text_n(key.ptr, key.len)) &&
			dbn_map_put(&v->rulesets, dbn_text_n(key.ptr, key.len), set, NULL) == DBN_OK)
			(void)atomic_fetch_add(&set->refs, 1);
		(void)pthread_mutex_unlock(&v->mutex);
	}
	*out = set;
out:
	dbn_str_free(&key);
	return rc;
}

void
dbn_ruleset_release(dbn_ruleset *r)
{
	if (!r || atomic_fetch_sub(&r->refs, 1) != 1)
		return;
	dbn_arena_free(&r->arena);
	dbn_free(r);
}

uint32_t
dbn_rule_applies(const dbn_policy_rule *r, uint64_t conditions)
{
	bool guard = r->effect == DBN_RULE_DENY || r->kind == DBN_RULE_RESTRICTIVE;

	if ((r->when & conditions) != r->when)
		return DBN_RULE_OFF;
	if ((r->present & conditions) != r->present)
		return guard ? DBN_RULE_MISSING : DBN_RULE_OFF;
	return DBN_RULE_ON;
}
