/* SPDX-License-Identifier: MIT */
/*
 * The policy as it stands now.  A new snapshot takes the place of the old one
 * only when all of it is right; sessions notice by the epoch.
 */
#include "base/log.h"
#include "permission/internal.h"

void
dbn__authority_enter(dbn_authority *a)
{
	(void)pthread_mutex_lock(&a->call);
	if (a->conf.instance)
		dbn_instance_enter(a->conf.instance);
}

void
dbn__authority_leave(dbn_authority *a)
{
	if (a->conf.instance)
		dbn_instance_leave(a->conf.instance);
	(void)pthread_mutex_unlock(&a->call);
}

dbn_policy_state *
dbn__authority_state(dbn_authority *a)
{
	dbn_policy_state *s;

	(void)pthread_mutex_lock(&a->mutex);
	s = a->state;
	(void)atomic_fetch_add(&s->refs, 1);
	(void)pthread_mutex_unlock(&a->mutex);
	return s;
}

static dbn_authority *
make(const dbn_authority_conf *conf)
{
	dbn_authority *a = dbn_zalloc(sizeof(*a));

	if (!a)
		return NULL;
	a->conf = *conf;
	a->name = dbn_strdup(conf->name ? conf->name : "permission");
	if (!a->name) {
		dbn_free(a);
		return NULL;
	}
	if (conf->allow_all) {
		a->conf.ops = &dbn__allow_all_ops;
		a->conf.instance = NULL;
	}
	atomic_init(&a->epoch, 1);
	atomic_init(&a->changed, 0);
	atomic_init(&a->next_view, 1);
	(void)pthread_mutex_init(&a->reload, NULL);
	(void)pthread_mutex_init(&a->call, NULL);
	(void)pthread_mutex_init(&a->mutex, NULL);
	return a;
}

dbn_status
dbn_authority_open(const dbn_authority_conf *conf, dbn_authority **out, dbn_error **err)
{
	dbn_authority *a = make(conf);
	dbn_status rc;

	if (!a)
		return dbn_fail_nomem(err);
	rc = dbn__state_load(a, &a->state, err);
	if (rc != DBN_OK) {
		dbn_authority_close(a);
		return rc;
	}
	a->state->epoch = 1;
	*out = a;
	return DBN_OK;
}

void
dbn_authority_close(dbn_authority *a)
{
	if (!a)
		return;
	dbn__state_release(a->state);
	(void)pthread_mutex_destroy(&a->mutex);
	(void)pthread_mutex_destroy(&a->call);
	(void)pthread_mutex_destroy(&a->reload);
	dbn_free(a->name);
	dbn_free(a);
}

uint64_t
dbn_authority_epoch(const dbn_authority *a)
{
	return atomic_load_explicit(&((dbn_authority *)(uintptr_t)a)->epoch, memory_order_acquire);
}

void
dbn_authority_changed(dbn_authority *a)
{
	atomic_store_explicit(&a->changed, 1, memory_order_release);
}

static dbn_status
reload_locked(dbn_authority *a, dbn_error **err)
{
	dbn_policy_state *fresh = NULL, *old;
	dbn_status rc;

	atomic_store_explicit(&a->changed, 0, memory_order_release);
	rc = dbn__state_load(a, &fresh, err);
	if (rc != DBN_OK)
		return rc;
	(void)pthread_mutex_lock(&a->mutex);
	old = a->state;
	fresh->epoch = atomic_load(&a->epoch) + 1;
	a->state = fresh;
	atomic_store_explicit(&a->epoch, fresh->epoch, memory_order_release);
	(void)pthread_mutex_unlock(&a->mutex);
	dbn__state_release(old);
	return DBN_OK;
}

dbn_status
dbn_authority_reload(dbn_authority *a, dbn_error **err)
{
	dbn_status rc;

	(void)pthread_mutex_lock(&a->reload);
	rc = reload_locked(a, err);
	(void)pthread_mutex_unlock(&a->reload);
	return rc;
}

dbn_status
dbn_authority_refresh(dbn_authority *a, dbn_error **err)
{
	dbn_status rc = DBN_OK;

	if (!atomic_load_explicit(&a->changed, memory_order_acquire))
		return DBN_OK;
	(void)pthread_mutex_lock(&a->reload);
	if (atomic_load(&a->changed))
		rc = reload_locked(a, err);
	(void)pthread_mutex_unlock(&a->reload);
	return rc;
}

dbn_status
dbn_permission_check_policy(const dbn_authority_conf *conf, uint32_t *rules, dbn_error **err)
{
	dbn_authority *a = NULL;
	dbn_status rc = dbn_authority_open(conf, &a, err);

	if (rc == DBN_OK && rules)
		*rules = a->state->nrules;
	dbn_authority_close(a);
	return rc;
}

/* "region:text", "teams:int64[]". */
static bool
declared(dbn_text t, dbn_lang_attr *out)
{
	static const struct {
		const char *word;
		dbn_type type;
	} types[] = { { "bool", DBN_BOOL }, { "int64", DBN_INT64 }, { "double", DBN_DOUBLE },
		{ "text", DBN_TEXT } };
	size_t colon = 0;
	dbn_text type;
	bool list;

	while (colon < t.len && t.ptr[colon] != ':')
		colon++;
	if (colon == t.len)
		return false;
	out->name = dbn_text_n(t.ptr, colon);
	type = dbn_text_n(t.ptr + colon + 1, t.len - colon - 1);
	list = type.len > 2 && memcmp(type.ptr + type.len - 2, "[]", 2) == 0;
	type.len -= list ? 2 : 0;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!dbn_text_eqz(type, types[i].word))
			continue;
		out->type = list ? (dbn_type)DBN_ARRAY : types[i].type;
		out->element = list ? types[i].type : (dbn_type)DBN_NULL;
		return true;
	}
	return false;
}

dbn_status
dbn_permission_check_predicate(dbn_text predicate, const dbn_text *attributes, size_t nattributes,
	size_t *offset, dbn_error **err)
{
	dbn_error *own = NULL, **e = err ? err : &own;
	dbn_arena a;
	dbn_lang_attr *attrs;
	dbn_lang lang;
	dbn_lang_facts facts;
	dbn_sql_expr *x = NULL;
	dbn_status rc = DBN_OK;

	dbn_arena_init(&a, (size_t)16 << 20);
	attrs = dbn_arena_array(&a, nattributes + 1, sizeof(*attrs));
	if (!attrs)
		rc = dbn_fail_nomem(e);
	for (size_t i = 0; rc == DBN_OK && i < nattributes; i++)
		if (!declared(attributes[i], &attrs[i]))
			rc = dbn_fail(e, DBN_E_INVALID, "attribute \"%.*s\" is not name:type",
				DBN_TEXT_ARG(attributes[i]));
	lang.attrs = attrs;
	lang.nattrs = (uint32_t)nattributes;
	if (rc == DBN_OK)
		rc = dbn_lang_parse(&a, &lang, predicate, DBN_LC_BOOL, 0, &x, &facts, e);
	if (offset)
		*offset = rc != DBN_OK && dbn_error_position(*e) ? dbn_error_position(*e) - 1 : 0;
	dbn_arena_free(&a);
	dbn_error_free(own);
	return rc;
}
