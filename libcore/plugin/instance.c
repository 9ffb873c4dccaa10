/* SPDX-License-Identifier: MIT */
/*
 * Instances of plugins: made with their settings, kept in a list, destroyed the
 * newest first.  The registry's lock guards the list only and is never held
 * across a call into a plugin.
 */
#include "base/clock.h"
#include "base/log.h"
#include "plugin/load.h"

#define INNER_DEPTH 9

static dbn_instance_full *
full(dbn_instance *i)
{
	return (dbn_instance_full *)(void *)i;
}

/* ---- the list ---- */

static void
link_in(dbn_instance_full *i)
{
	dbn_registry *r = i->registry;

	(void)pthread_mutex_lock(&r->lock);
	i->next = r->instances;
	if (i->next)
		i->next->prev = i;
	r->instances = i;
	(void)pthread_mutex_unlock(&r->lock);
}

static void
link_out(dbn_instance_full *i)
{
	dbn_registry *r = i->registry;

	(void)pthread_mutex_lock(&r->lock);
	if (i->prev)
		i->prev->next = i->next;
	else if (r->instances == i)
		r->instances = i->next;
	if (i->next)
		i->next->prev = i->prev;
	i->next = i->prev = NULL;
	(void)pthread_mutex_unlock(&r->lock);
}

/* ---- settings ---- */

static dbn_status
fill_settings(dbn_instance_full *i, const dbn_conf_plugin *conf, void **out, dbn_error **err)
{
	const dbn_plugin_descriptor *d = &i->pub.plugin->desc;
	dbn_conf_fill_opts opts = { .node = conf->settings, .secrets = conf->secrets,
		.owner = conf->node, .what = conf->instance, .group = "settings", .fetch = true };
	dbn_memory_link *m = dbn_zalloc(sizeof *m);
	dbn_problems problems;
	dbn_status rc;

	if (!m)
		return dbn_fail_nomem(err);
	dbn_problems_init(&problems);
	dbn_conf_memory_init(&m->memory);
	m->next = i->memory;
	i->memory = m;
	*out = dbn_arena_zalloc(&m->memory.arena, d->settings_size ? d->settings_size : 8);
	rc = *out ? dbn_conf_fill(&d->conf, &opts, *out, &m->memory, &problems) : DBN_E_NOMEM;
	rc = rc == DBN_OK ? dbn_problems_fail(&problems, err) : dbn_fail_nomem(err);
	dbn_problems_free(&problems);
	return rc;
}

static void
drop_newest_settings(dbn_instance_full *i)
{
	dbn_memory_link *m = i->memory;

	i->memory = m->next;
	dbn_conf_memory_free(&m->memory);
	dbn_free(m);
}

/* ---- making ---- */

static dbn_instance_full *
instance_alloc(dbn_registry *r, const dbn_plugin *p, const dbn_conf_plugin *conf)
{
	dbn_instance_full *i = dbn_zalloc(sizeof *i);
	char where[DBN_CONF_WHERE_MAX];

	if (!i)
		return NULL;
	dbn_arena_init(&i->arena, 0);
	i->registry = r;
	i->pub.plugin = p;
	i->pub.ops = &p->ops;
	i->serial_word = p->desc.threads == DBN_THREADS_SERIAL;
	i->secrets = conf->secrets;
	(void)dbn_conf_where(conf->node, where, sizeof where);
	i->pub.name = dbn_arena_strndup(&i->arena, conf->instance ? conf->instance : p->desc.name,
		strlen(conf->instance ? conf->instance : p->desc.name));
	i->pub.where = dbn_arena_strndup(&i->arena, where, strlen(where));
	(void)pthread_mutex_init(&i->pub.mutex, NULL);
	(void)pthread_mutex_init(&i->maintain_lock, NULL);
	dbn_host_init(i);
	return i;
}

/* A status that create() may return came with an error, or is news or worse. */
static dbn_status
judge_result(const dbn_instance_full *i, const char *what, dbn_status rc, dbn_error **err,
	dbn_error *given)
{
	if (rc == DBN_OK) {
		dbn_error_free(given);
		return DBN_OK;
	}
	if (rc > 0 || (given && dbn_error_code(given) == DBN_OK)) {
		dbn_error_free(given);
		return dbn_fail_where(err, DBN_E_PLUGIN, i->pub.where, NULL,
			"plugin misbehaves: %s() of \"%s\" returned %d", what, i->pub.plugin->path,
			(int)rc);
	}
	if (!given)
		return dbn_fail_where(err, rc, i->pub.where, NULL,
			"%s() of plugin \"%s\" failed without a reason", what, i->pub.plugin->path);
	if (err)
		*err = given;
	else
		dbn_error_free(given);
	return rc;
}

static const void *
no_extension(void *self, const char *id)
{
	(void)self;
	(void)id;
	return NULL;
}

static dbn_create_info
create_info(dbn_instance_full *i, const void *settings)
{
	return (dbn_create_info){
		.struct_size = sizeof(dbn_create_info),
		.host = &i->host,
		.settings = settings,
		.instance = dbn_text_z(i->pub.name),
		.where = dbn_text_z(i->pub.where),
		.inner = i->inner ? &i->inner_view : NULL,
	};
}

static dbn_status
call_create(dbn_instance_full *i, const void *settings, dbn_error **err)
{
	dbn_create_info info = create_info(i, settings);
	dbn_error *given = NULL;
	dbn_status rc;

	i->creating = true;
	rc = i->pub.plugin->desc.create(&info, &i->own_self, &given);
	i->creating = false;
	rc = judge_result(i, "create", rc, err, given);
	if (rc != DBN_OK && err) /* a setting is to blame, or what it names */
		rc = dbn_error_locate(err, i->pub.where);
	i->created = rc == DBN_OK;
	i->pub.self = i->own_self;
	return rc;
}

static dbn_status make(dbn_registry *r, uint32_t kind, const dbn_conf_plugin *conf, unsigned depth,
	dbn_instance_full **out, dbn_error **err);

static dbn_status
make_inner(dbn_instance_full *i, uint32_t kind, const dbn_conf_plugin *conf, unsigned depth,
	dbn_error **err)
{
	bool wraps = (i->pub.plugin->desc.flags & DBN_PLUGIN_WRAPS) != 0;
	const dbn_plugin_descriptor *d;
	dbn_status rc;

	if (wraps != (conf->inner != NULL))
		return dbn_fail_where(err, DBN_E_CONFIG, i->pub.where,
			wraps ? "write inner = { plugin = \"NAME\"; };" : NULL,
			wraps ? "plugin \"%s\" wraps another one, but none is given" :
			"plugin \"%s\" does not wrap another one", conf->name);
	if (!wraps)
		return DBN_OK;
	rc = make(i->registry, kind, conf->inner, depth + 1, &i->inner, err);
	if (rc != DBN_OK)
		return rc;
	d = &i->inner->pub.plugin->desc;
	i->inner_view = (dbn_inner){
		.struct_size = sizeof(dbn_inner),
		.kind = kind,
		.self = i->inner->own_self,
		.ops = &i->inner->pub.plugin->ops,
		.get_extension = d->get_extension ? d->get_extension : no_extension,
	};
	/* nobody locks between the two, so the stricter word counts for both */
	i->serial_word = i->serial_word || i->inner->serial_word;
	return DBN_OK;
}

static void
unmake(dbn_instance_full *i)
{
	if (!i)
		return;
	link_out(i);
	if (i->created)
		i->pub.plugin->desc.destroy(i->own_self);
	unmake(i->inner);
	while (i->memory)
		drop_newest_settings(i);
	(void)pthread_mutex_destroy(&i->maintain_lock);
	(void)pthread_mutex_destroy(&i->pub.mutex);
	dbn_arena_free(&i->arena);
	dbn_free(i);
}

static dbn_status
make(dbn_registry *r, uint32_t kind, const dbn_conf_plugin *conf, unsigned depth,
	dbn_instance_full **out, dbn_error **err)
{
	const dbn_conf_node *named = dbn_conf_member(conf->node, "plugin");
	dbn_instance_full *i = NULL;
	void *settings = NULL;
	const dbn_plugin *p;
	dbn_status rc;

	*out = NULL;
	if (depth > INNER_DEPTH || !conf->name)
		return dbn_fail(err, DBN_E_CONFIG, "no plugin to make an instance of");
	rc = dbn_registry_find(r, kind, conf->name, named ? named : conf->node, &p, err);
	if (rc != DBN_OK)
		return rc;
	i = instance_alloc(r, p, conf);
	if (!i || !i->pub.name || !i->pub.where) {
		rc = dbn_fail_nomem(err);
		goto out;
	}
	rc = make_inner(i, kind, conf, depth, err);
	if (rc == DBN_OK)
		rc = fill_settings(i, conf, &settings, err);
	if (rc == DBN_OK)
		rc = call_create(i, settings, err);
	if (rc != DBN_OK)
		goto out;
	*out = i;
	i = NULL;
out:
	unmake(i);
	return rc;
}

dbn_status
dbn_instance_new(dbn_registry *r, uint32_t kind, const dbn_conf_plugin *conf, dbn_instance **out,
	dbn_error **err)
{
	dbn_instance_full *i;
	dbn_status rc = make(r, kind, conf, 0, &i, err);

	*out = NULL;
	if (rc != DBN_OK)
		return rc;
	if (i->serial_word)
		i->pub.serial = !dbn_serial_wrap(i, kind);
	link_in(i);
	*out = &i->pub;
	return DBN_OK;
}

void
dbn_instance_free(dbn_instance *i)
{
	if (i)
		unmake(full(i));
}

/* ---- a living instance ---- */

static void
enter(dbn_instance_full *i)
{
	if (i->serial_word)
		(void)pthread_mutex_lock(&i->pub.mutex);
}

static void
leave(dbn_instance_full *i)
{
	if (i->serial_word)
		(void)pthread_mutex_unlock(&i->pub.mutex);
}

dbn_status
dbn_instance_reload(dbn_instance *pub, const dbn_conf_plugin *conf, dbn_error **err)
{
	dbn_instance_full *i = full(pub);
	dbn_create_info info;
	dbn_error *given = NULL;
	void *settings;
	dbn_status rc;

	if (!pub->plugin->desc.reload)
		return dbn_fail(err, DBN_E_UNSUPPORTED, "plugin \"%s\" takes no new settings while it "
			"runs", pub->plugin->path);
	rc = fill_settings(i, conf, &settings, err);
	if (rc == DBN_OK) {
		info = create_info(i, settings);
		enter(i);
		rc = pub->plugin->desc.reload(i->own_self, &info, &given);
		leave(i);
		rc = judge_result(i, "reload", rc, err, given);
	}
	if (rc != DBN_OK)
		drop_newest_settings(i);
	return rc;
}

dbn_status
dbn_instance_health(dbn_instance *pub, const dbn_call *call, dbn_error **err)
{
	dbn_instance_full *i = full(pub);
	dbn_error *given = NULL;
	dbn_status rc;

	if (!pub->plugin->desc.health)
		return DBN_OK;
	enter(i);
	rc = pub->plugin->desc.health(i->own_self, call, &given);
	leave(i);
	return judge_result(i, "health", rc, err, given);
}

dbn_status
dbn_instance_maintain(dbn_instance *pub, uint64_t now_ns, uint64_t *next_ns, dbn_error **err)
{
	dbn_instance_full *i = full(pub);
	uint64_t next;
	dbn_error *given = NULL;
	dbn_status rc;

	if (!pub->plugin->desc.maintain) {
		*next_ns = UINT64_MAX;
		return DBN_OK;
	}
	*next_ns = i->maintain_ns;
	if (now_ns < *next_ns || pthread_mutex_trylock(&i->maintain_lock) != 0)
		return DBN_OK;
	next = now_ns;
	enter(i);
	rc = pub->plugin->desc.maintain(i->own_self, now_ns, &next, &given);
	leave(i);
	/* never twice at the same time, whatever was wished */
	*next_ns = next > now_ns ? next : now_ns + 1000000;
	i->maintain_ns = *next_ns;
	(void)pthread_mutex_unlock(&i->maintain_lock);
	return judge_result(i, "maintain", rc, err, given);
}

const void *
dbn_instance_extension(dbn_instance *pub, const char *id)
{
	return pub->plugin->desc.get_extension ?
		pub->plugin->desc.get_extension(full(pub)->own_self, id) : NULL;
}
