/* SPDX-License-Identifier: MIT */
/*
 * Who asks: an identity resolved by the provider, copied, and resolved again
 * when the policy moved.  A subject is one thread's; what it shares with others
 * is its view, which it holds together with the state.
 */
#include "base/clock.h"
#include "base/log.h"
#include "permission/internal.h"

struct dbn_subject_memory {
	dbn_policy_state *state;
	dbn_arena arena;            /* of what was resolved */
	dbn_arena asked;            /* of the identity as it was given */
	dbn_identity_in who;
	uint64_t fixed;             /* conditions that do not hang on time or operation */
};

static dbn_status
copy_identity(struct dbn_subject_memory *m, dbn_subject *s, const dbn_identity_in *who,
	const dbn_client *client, dbn_error **err)
{
	dbn_attribute *attrs = dbn_arena_array(&m->asked, (size_t)who->attributes.count + 1,
		sizeof(*attrs));

	m->who.struct_size = (uint32_t)sizeof(m->who);
	m->who.user = dbn__text(&m->asked, who->user);
	m->who.token = dbn__text(&m->asked, who->token);
	if (!attrs || !m->who.user.ptr || !m->who.token.ptr)
		return dbn_fail_nomem(err);
	for (uint32_t i = 0; i < who->attributes.count; i++) {
		const dbn_attribute *a = (const dbn_attribute *)dbn__at(&who->attributes, i);
		dbn_value v = dbn_value_measured(a->value);

		attrs[i].struct_size = (uint32_t)sizeof(attrs[i]);
		attrs[i].name = dbn__text(&m->asked, a->name);
		if (!attrs[i].name.ptr || !dbn_value_copy(&m->asked, &v, &attrs[i].value))
			return dbn_fail_nomem(err);
	}
	m->who.attributes.items = attrs;
	m->who.attributes.count = who->attributes.count;
	m->who.attributes.stride = (uint32_t)sizeof(*attrs);
	if (!client)
		return DBN_OK;
	s->client = *client;
	if (client->address.ptr)
		s->client.address = dbn__text(&m->asked, client->address);
	if (client->name.ptr)
		s->client.name = dbn__text(&m->asked, client->name);
	return (client->address.ptr && !s->client.address.ptr) ||
		(client->name.ptr && !s->client.name.ptr) ? dbn_fail_nomem(err) : DBN_OK;
}

/* Everything of the subject that resolution gives. */
struct found {
	dbn_arena arena;
	dbn_text user;
	dbn_text *roles;
	dbn_value *attributes;
	dbn_view *view;
	int64_t expires_us;
};

static bool
value_fits(const dbn_lang_attr *a, const dbn_value *v)
{
	if (v->type == DBN_NULL)
		return true;
	if (v->type != a->type)
		return false;
	for (uint64_t i = 0; v->type == DBN_ARRAY && i < v->len; i++)
		if (((const dbn_value *)v->u.ptr)[i].type != a->element)
			return false;
	return true;
}

static dbn_status
copy_attributes(const dbn_policy_state *s, const dbn_array *in, struct found *f, dbn_error **err)
{
	f->attributes = dbn_arena_array(&f->arena, (size_t)s->lang.nattrs + 1, sizeof(*f->attributes));
	if (!f->attributes)
		return dbn_fail_nomem(err);
	for (uint32_t i = 0; i < in->count; i++) {
		const dbn_attribute *a = (const dbn_attribute *)dbn__at(in, i);
		dbn_value v = dbn_value_measured(a->value);
		uint32_t k = 0;

		while (k < s->lang.nattrs && !dbn_text_eq(s->lang.attrs[k].name, a->name))
			k++;
		if (k == s->lang.nattrs || !value_fits(&s->lang.attrs[k], &v))
			return dbn_fail(err, DBN_E_IDENTITY,
				"attribute \"%.*s\" is not declared, or not of its declared type",
				DBN_TEXT_ARG(a->name));
		if (!dbn_value_copy(&f->arena, &v, &f->attributes[k]))
			return dbn_fail_nomem(err);
	}
	for (uint32_t k = 0; k < s->lang.nattrs; k++)
		if (s->lang.attrs[k].required && f->attributes[k].type == DBN_NULL)
			return dbn_fail(err, DBN_E_IDENTITY, "attribute \"%s\" is required",
				s->lang.attrs[k].name.ptr);
	return DBN_OK;
}

static dbn_status
copy_roles(const dbn_array *in, struct found *f, dbn_error **err)
{
	f->roles = dbn_arena_array(&f->arena, (size_t)in->count + 1, sizeof(*f->roles));
	if (!f->roles)
		return dbn_fail_nomem(err);
	for (uint32_t i = 0; i < in->count; i++) {
		f->roles[i] = dbn__text(&f->arena, *(const dbn_text *)dbn__at(in, i));
		if (!f->roles[i].ptr)
			return dbn_fail_nomem(err);
		if (i && dbn_text_cmp(f->roles[i - 1], f->roles[i]) >= 0)
			return dbn_fail(err, DBN_E_PLUGIN,
				"the permission provider gives roles that are not sorted, each once");
	}
	return DBN_OK;
}

static dbn_status
resolve(dbn_policy_state *s, const dbn_identity_in *who, struct found *f, dbn_error **err)
{
	dbn_authority *a = s->authority;
	dbn_call call = DBN_CALL_INIT;
	dbn_subject_out out;
	dbn_status rc;

	call.label = dbn_text_z(a->name);
	memset(&out, 0, sizeof(out));
	out.struct_size = (uint32_t)sizeof(out);
	dbn__authority_enter(a);
	rc = a->conf.ops->resolve(s->snap, who, &call, &out, err);
	if (rc == DBN_OK) {
		f->user = dbn__text(&f->arena, out.user);
		f->expires_us = out.expires_us;
		rc = f->user.ptr ? copy_roles(&out.roles, f, err) : dbn_fail_nomem(err);
		if (rc == DBN_OK)
			rc = copy_attributes(s, &out.attributes, f, err);
		if (rc == DBN_OK)
			rc = dbn__state_view(s, out.view_key, f->roles, out.roles.count, &f->view, err);
		a->conf.ops->release_subject(s->snap, &out);
	}
	dbn__authority_leave(a);
	return rc;
}

static void
env_of(const dbn_subject *s, uint32_t op, int64_t now_us, dbn_lang_env *env)
{
	memset(env, 0, sizeof(*env));
	env->user = s->user;
	env->roles = s->roles;
	env->nroles = s->nroles;
	env->attributes = s->attributes;
	env->address = s->client.address;
	env->name = s->client.name;
	env->tls = s->client.tls;
	env->op = op;
	env->now_us = now_us;
}

static bool
holds(const dbn_subject *s, const dbn__cond *c, const dbn_lang_env *env)
{
	const dbn_value *v = &s->attributes[c->attr];

	switch (c->what) {
	case DBN_COND_PRESENT:
		return v->type != DBN_NULL;
	case DBN_COND_EMPTY:
		return v->type == DBN_ARRAY && v->len == 0;
	case DBN_COND_WHEN:
		return dbn_lang_eval(c->expr, env) == DBN_LANG_TRUE;
	default:
		return dbn_lang_eval(c->expr, env) != DBN_LANG_FALSE;
	}
}

uint64_t
dbn_subject_conditions_eval(const dbn_subject *s, uint32_t op, int64_t now_us)
{
	uint64_t set = s->memory->fixed, left = s->view->dynamic;
	dbn_lang_env env;

	if (!left)
		return set;
	env_of(s, op, now_us, &env);
	while (left) {
		uint32_t i = (uint32_t)__builtin_ctzll(left);

		left &= left - 1;
		if (holds(s, &s->view->conds[i], &env))
			set |= UINT64_C(1) << i;
	}
	return set;
}

/* Take what was found; the old of it goes. */
static void
take(dbn_subject *s, dbn_policy_state *state, struct found *f)
{
	struct dbn_subject_memory *m = s->memory;
	dbn_view *old_view = s->view;
	dbn_policy_state *old_state = m->state;
	dbn_lang_env env;

	dbn_arena_free(&m->arena);
	m->arena = f->arena;
	m->state = state;
	s->user = f->user;
	s->roles = f->roles;
	s->nroles = f->view->nroles;
	s->attributes = f->attributes;
	s->nattributes = state->lang.nattrs;
	s->view = f->view;
	s->view_key = f->view->key;
	s->view_id = f->view->id;
	s->epoch = state->epoch;
	s->expires_us = f->expires_us;
	s->nconditions = f->view->nconds;
	s->restricted = f->view->restricted;
	m->fixed = 0;
	env_of(s, 0, 0, &env);
	for (uint32_t i = 0; i < f->view->nconds; i++)
		if (!f->view->conds[i].dynamic && holds(s, &f->view->conds[i], &env))
			m->fixed |= UINT64_C(1) << i;
	dbn__view_release(old_view);
	dbn__state_release(old_state);
}

static dbn_status
resolve_now(dbn_subject *s, dbn_error **err)
{
	dbn_policy_state *state = dbn__authority_state(s->authority);
	struct found f;
	dbn_status rc;

	memset(&f, 0, sizeof(f));
	dbn_arena_init(&f.arena, (size_t)16 << 20);
	rc = resolve(state, &s->memory->who, &f, err);
	if (rc == DBN_OK) {
		take(s, state, &f);
		return DBN_OK;
	}
	dbn_arena_free(&f.arena);
	dbn__view_release(f.view);
	dbn__state_release(state);
	return rc;
}

dbn_status
dbn_subject_open(dbn_authority *a, const dbn_identity_in *who, const dbn_client *client,
	dbn_subject **out, dbn_error **err)
{
	dbn_subject *s = dbn_zalloc(sizeof(*s));
	dbn_status rc;

	if (!s)
		return dbn_fail_nomem(err);
	s->authority = a;
	s->memory = dbn_zalloc(sizeof(*s->memory));
	if (!s->memory) {
		dbn_free(s);
		return dbn_fail_nomem(err);
	}
	dbn_arena_init(&s->memory->arena, 0);
	dbn_arena_init(&s->memory->asked, (size_t)1 << 20);
	rc = copy_identity(s->memory, s, who, client, err);
	if (rc == DBN_OK)
		rc = resolve_now(s, err);
	if (rc != DBN_OK)
		dbn_subject_close(s);
	else
		*out = s;
	return rc;
}

void
dbn_subject_close(dbn_subject *s)
{
	if (!s)
		return;
	dbn__view_release(s->view);
	dbn__state_release(s->memory->state);
	dbn_arena_free(&s->memory->arena);
	dbn_arena_free(&s->memory->asked);
	dbn_free(s->memory);
	dbn_free(s);
}

bool
dbn_subject_stale(const dbn_subject *s)
{
	return dbn_authority_epoch(s->authority) != s->epoch ||
		atomic_load_explicit(&s->authority->changed, memory_order_acquire) ||
		(s->expires_us && dbn_wall_us() >= s->expires_us);
}

dbn_status
dbn_subject_refresh(dbn_subject *s, dbn_error **err)
{
	dbn_error *wrong = NULL;

	if (dbn_authority_refresh(s->authority, &wrong) != DBN_OK)
		dbn_log(DBN_LOG_ERROR, "the policy changed and cannot be used, the old one stays: %s%s%s",
			dbn_error_message(wrong), *dbn_error_detail(wrong) ? ": " : "",
			dbn_error_detail(wrong));
	dbn_error_free(wrong);
	if (!dbn_subject_stale(s))
		return DBN_OK;
	return resolve_now(s, err);
}

dbn_status
dbn_subject_variable(const dbn_subject *s, dbn_text name, dbn_var *out, dbn_type *type,
	dbn_type *element, dbn_error **err)
{
	static const uint16_t sources[] = { [DBN_LANG_USER_ID] = DBN_VAR_USER_ID,
		[DBN_LANG_ADDRESS] = DBN_VAR_CLIENT_ADDRESS, [DBN_LANG_NAME] = DBN_VAR_CLIENT_NAME,
		[DBN_LANG_TLS] = DBN_VAR_CLIENT_TLS, [DBN_LANG_NOW] = DBN_VAR_NOW };
	uint32_t var = dbn_lang_variable(&s->view->state->lang, name, type, element);

	if (!var)
		return dbn_fail(err, DBN_E_NOT_FOUND, "no variable \"$%.*s\"", DBN_TEXT_ARG(name));
	memset(out, 0, sizeof(*out));
	out->type = *type;
	if (var >= DBN_LANG_ATTR) {
		out->source = DBN_VAR_ATTRIBUTE;
		out->index = (uint16_t)(var - DBN_LANG_ATTR);
		out->list = *type == DBN_ARRAY;
		out->type = *type == DBN_ARRAY ? *element : *type;
	} else if (var < sizeof(sources) / sizeof(sources[0])) {
		out->source = sources[var]; /* 0: $user.roles and $op are written out */
	}
	return DBN_OK;
}

dbn_status
dbn_subject_value(const dbn_subject *s, const dbn_var *var, int64_t now_us, dbn_value *out,
	dbn_error **err)
{
	switch (var->source) {
	case DBN_VAR_USER_ID:
		*out = dbn_v_textn(s->user);
		return DBN_OK;
	case DBN_VAR_CLIENT_ADDRESS:
		*out = s->client.address.ptr ? dbn_v_textn(s->client.address) : dbn_v_null(NULL);
		return DBN_OK;
	case DBN_VAR_CLIENT_NAME:
		*out = s->client.name.ptr ? dbn_v_textn(s->client.name) : dbn_v_null(NULL);
		return DBN_OK;
	case DBN_VAR_CLIENT_TLS:
		*out = dbn_v_bool(s->client.tls);
		return DBN_OK;
	case DBN_VAR_NOW:
		*out = var->type == DBN_TIMESTAMP ? dbn_timestamp_of(now_us)
			: var->type == DBN_DATE ? dbn_date_of(now_us / INT64_C(86400000000))
			: dbn_timestamptz_of(now_us);
		return DBN_OK;
	case DBN_VAR_ATTRIBUTE:
		if (var->index < s->nattributes && s->attributes[var->index].type != DBN_NULL) {
			*out = s->attributes[var->index];
			if (var->list && out->type == DBN_ARRAY && out->len)
				out->type = DBN_LIST;
			if (!var->list == (out->type != DBN_LIST && out->type != DBN_ARRAY))
				return DBN_OK;
		}
		break;
	default:
		break;
	}
	return dbn_fail(err, DBN_E_INTERNAL, "a plan names a value that the subject has not");
}

const dbn_lang *
dbn_subject_lang(const dbn_subject *s)
{
	return &s->view->state->lang;
}

bool
dbn_subject_array_empty(const dbn_subject *s, uint32_t attribute, uint64_t conditions)
{
	return (dbn__view_bit(s->view, DBN_COND_EMPTY, dbn_text_n("", 0), attribute) & conditions) != 0;
}
