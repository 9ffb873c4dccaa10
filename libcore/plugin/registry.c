/* SPDX-License-Identifier: MIT */
/*
 * Finding plugins by kind and name: the directories of the configuration, those
 * of the environment, the built-in one.  Also the check of a whole stack.
 */
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "conf/build.h"
#include "plugin/load.h"

#ifndef DBN_PLUGIN_DIR
#error "DBN_PLUGIN_DIR must name the built-in plugin directory"
#endif

static bool
add_dir(dbn_registry *r, size_t *cap, const char *dir, size_t len)
{
	char *given = dbn_arena_strndup(&r->arena, dir, len), *cwd, *path = NULL;

	if (!given || !dbn_arena_grow(&r->arena, &r->dirs, cap, r->ndirs + 1, sizeof *r->dirs))
		return false;
	if (given[0] == '/') {
		path = given;
	} else {
		cwd = dbn_conf_dir_of(&r->arena, "x", NULL);
		if (cwd)
			path = dbn_conf_join(&r->arena, cwd, given);
	}
	if (!path)
		return false;
	for (size_t i = 0; i < r->ndirs; i++)
		if (strcmp(r->dirs[i], path) == 0)
			return true;
	r->dirs[r->ndirs++] = path;
	return true;
}

static bool
add_dirs(dbn_registry *r, const char *const *dirs, size_t ndirs)
{
	const char *env = secure_getenv("DBNEXUS_PLUGIN_PATH");
	size_t cap = 0, n;

	for (size_t i = 0; i < ndirs; i++)
		if (!add_dir(r, &cap, dirs[i], strlen(dirs[i])))
			return false;
	for (; env && *env; env += n + (env[n] == ':')) {
		n = strcspn(env, ":");
		if (n && !add_dir(r, &cap, env, n))
			return false;
	}
	return add_dir(r, &cap, DBN_PLUGIN_DIR, sizeof DBN_PLUGIN_DIR - 1);
}

dbn_status
dbn_registry_new(const char *const *dirs, size_t ndirs, void *user, dbn_registry **out,
	dbn_error **err)
{
	dbn_registry *r = dbn_zalloc(sizeof *r);

	*out = NULL;
	if (!r)
		return dbn_fail_nomem(err);
	dbn_arena_init(&r->arena, 0);
	r->user = user;
	(void)pthread_mutex_init(&r->lock, NULL);
	if (!add_dirs(r, dirs, ndirs)) {
		dbn_registry_free(r);
		return dbn_fail_nomem(err);
	}
	*out = r;
	return DBN_OK;
}

void
dbn_registry_free(dbn_registry *r)
{
	dbn_plugin_link *p, *next;

	if (!r)
		return;
	while (r->instances)
		dbn_instance_free(&r->instances->pub);
	for (p = r->plugins; p; p = next) {
		next = p->next;
		dbn_free(p);
	}
	(void)pthread_mutex_destroy(&r->lock);
	dbn_arena_free(&r->arena);
	dbn_free(r);
}

void *
dbn_registry_user(const dbn_registry *r)
{
	return r->user;
}

/* ---- finding ---- */

static const dbn_plugin *
find_loaded(const dbn_registry *r, const char *path)
{
	for (const dbn_plugin_link *p = r->plugins; p; p = p->next)
		if (strcmp(p->plugin.path, path) == 0)
			return &p->plugin;
	return NULL;
}

/* Trust, open, judge.  path: as found; the file behind it is what is loaded. */
static dbn_status
load_path(dbn_registry *r, const char *path, const char *where, const dbn_plugin **out,
	dbn_error **err)
{
	const dbn_plugin_descriptor *entry;
	dbn_plugin_link *link = NULL;
	char *real = NULL, *kept;
	dbn_status rc = dbn_trust_check(path, (uint32_t)geteuid(), where, err);
	size_t bytes;

	if (rc != DBN_OK)
		return rc;
	real = realpath(path, NULL);
	if (!real)
		return dbn_fail_where(err, DBN_E_PLUGIN, where, NULL, "cannot open plugin \"%s\": %m",
			path);
	*out = find_loaded(r, real);
	if (*out)
		goto out;
	if (strcmp(real, path) != 0)
		rc = dbn_trust_check(real, (uint32_t)geteuid(), where, err);
	if (rc != DBN_OK)
		goto out;
	link = dbn_zalloc(sizeof *link);
	kept = dbn_arena_strndup(&r->arena, real, strlen(real));
	if (!link || !kept) {
		rc = dbn_fail_nomem(err);
		goto out;
	}
	rc = dbn_loader_open(kept, where, &entry, &bytes, err);
	if (rc == DBN_OK)
		rc = dbn_plugin_judge(entry, bytes, kept, where, &link->plugin, err);
	if (rc != DBN_OK)
		goto out;
	*out = &link->plugin;
	link->next = r->plugins;
	r->plugins = link;
	link = NULL;
out:
	dbn_free(link);
	free(real);                 /* realpath()'s own */
	return rc;
}

static bool
good_name(const char *name)
{
	return name[0] && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789_-") == strlen(name);
}

/* The name within "<kind>-<name>.so", or len 0. */
static dbn_text
name_in_file(const char *file, const char *kind)
{
	size_t k = strlen(kind), n = strlen(file);

	if (n < k + 5 || strncmp(file, kind, k) != 0 || file[k] != '-' ||
		strcmp(file + n - 3, ".so") != 0)
		return dbn_text_n(NULL, 0);
	return dbn_text_n(file + k + 1, n - k - 4);
}

/* The plugin of that kind whose name is nearest, for "did you mean". */
static void
nearest(const dbn_registry *r, const char *kind, const char *name, char *out, size_t size)
{
	unsigned best = 3, d;

	for (size_t i = 0; i < r->ndirs; i++) {
		DIR *dir = opendir(r->dirs[i]);
		const struct dirent *e;

		while (dir && (e = readdir(dir)) != NULL) {
			dbn_text t = name_in_file(e->d_name, kind);

			if (!t.len || t.len >= size)
				continue;
			d = dbn_edit_distance(t, dbn_text_z(name));
			if (d < best) {
				best = d;
				memcpy(out, t.ptr, t.len);
				out[t.len] = '\0';
			}
		}
		if (dir)
			(void)closedir(dir);
	}
}

static dbn_status
not_found(const dbn_registry *r, const char *kind, const char *name, const char *where,
	dbn_error **err)
{
	char near[64] = "";
	dbn_status rc;
	dbn_str hint;

	nearest(r, kind, name, near, sizeof near);
	dbn_str_init(&hint, 8192);
	if (near[0])
		dbn_str_addf(&hint, "did you mean \"%s\"? ", near);
	dbn_str_adds(&hint, "looked in");
	for (size_t i = 0; i < r->ndirs; i++)
		dbn_str_addf(&hint, "%s %s", i ? "," : "", r->dirs[i]);
	rc = hint.status == DBN_E_NOMEM ? dbn_fail_nomem(err) :
		dbn_fail_where(err, DBN_E_PLUGIN, where, dbn_str_z(&hint),
			"there is no %s plugin \"%s\" (%s-%s.so)", kind, name, kind, name);
	dbn_str_free(&hint);
	return rc;
}

static dbn_status
check_found(const dbn_plugin *p, uint32_t kind, const char *name, const char *where,
	dbn_error **err)
{
	if (p->desc.kind != kind)
		return dbn_fail_where(err, DBN_E_PLUGIN, where, NULL,
			"plugin \"%s\" is refused: it is a %s plugin, a %s plugin is wanted", p->path,
			dbn_kind_name(p->desc.kind), dbn_kind_name(kind));
	if (!strchr(name, '/') && strcmp(p->desc.name, name) != 0)
		return dbn_fail_where(err, DBN_E_PLUGIN, where, NULL,
			"plugin \"%s\" is refused: it calls itself \"%s\"", p->path, p->desc.name);
	return DBN_OK;
}

dbn_status
dbn_registry_find(dbn_registry *r, uint32_t kind, const char *name, const dbn_conf_node *node,
	const dbn_plugin **out, dbn_error **err)
{
	const char *kind_name = dbn_kind_name(kind);
	char where[DBN_CONF_WHERE_MAX];
	dbn_status rc = DBN_OK;
	char *path;

	*out = NULL;
	(void)dbn_conf_where(node, where, sizeof where);
	if (!kind_name)
		return dbn_fail(err, DBN_E_INVALID, "%u is no kind of plugin", (unsigned)kind);
	if (strchr(name, '/')) {
		path = dbn_conf_join(&r->arena, node && node->file ? node->file->dir : "/", name);
		rc = path ? load_path(r, path, where, out, err) : dbn_fail_nomem(err);
		return rc == DBN_OK ? check_found(*out, kind, name, where, err) : rc;
	}
	if (!good_name(name))
		return dbn_fail_where(err, DBN_E_PLUGIN, where, NULL,
			"\"%s\" cannot be the name of a plugin", name);
	for (size_t i = 0; i < r->ndirs; i++) {
		path = dbn_arena_printf(&r->arena, "%s/%s-%s.so", r->dirs[i], kind_name, name);
		if (!path)
			return dbn_fail_nomem(err);
		if (access(path, F_OK) != 0)
			continue;
		rc = load_path(r, path, where, out, err);
		return rc == DBN_OK ? check_found(*out, kind, name, where, err) : rc;
	}
	return not_found(r, kind_name, name, where, err);
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_plugin_file(const struct dirent *e)
{
	for (uint32_t k = DBN_KIND_DRIVER; k <= DBN_KIND_AUDIT; k++)
		if (name_in_file(e->d_name, dbn_kind_name(k)).len)
			return 1;
	return 0;
}

void
dbn_registry_list(dbn_registry *r,
	void (*each)(const char *path, const dbn_plugin *plugin, const dbn_error *why, void *user),
	void *user)
{
	for (size_t i = 0; i < r->ndirs; i++) {
		struct dirent **names = NULL;
		int n = scandir(r->dirs[i], &names, is_plugin_file, by_name);

		for (int j = 0; j < n; j++) {
			char *path = dbn_arena_printf(&r->arena, "%s/%s", r->dirs[i], names[j]->d_name);
			const dbn_plugin *p = NULL;
			dbn_error *why = NULL;

			if (path && load_path(r, path, "", &p, &why) == DBN_OK)
				each(path, p, NULL, user);
			else if (path)
				each(path, NULL, why, user);
			dbn_error_free(why);
			free(names[j]);
		}
		free(names);
	}
}

/* ---- checking a stack ---- */

struct checking {
	dbn_registry *registry;
	dbn_problems *problems;
	dbn_status status;
};

static void
check_settings(struct checking *c, const dbn_plugin *p, const dbn_conf_plugin *conf)
{
	dbn_conf_fill_opts opts = { .node = conf->settings, .secrets = conf->secrets,
		.owner = conf->node, .what = conf->instance, .group = "settings" };
	void *settings = dbn_zalloc(p->desc.settings_size);
	dbn_conf_memory memory;

	dbn_conf_memory_init(&memory);
	if (!settings || dbn_conf_fill(&p->desc.conf, &opts, settings, &memory, c->problems) != DBN_OK)
		c->status = DBN_E_NOMEM;
	dbn_conf_memory_free(&memory);
	dbn_free(settings);
}

static void
check_plugin(uint32_t kind, const dbn_conf_plugin *conf, void *user)
{
	const dbn_conf_node *named = dbn_conf_member(conf->node, "plugin");
	struct checking *c = user;
	const dbn_plugin *p;
	dbn_error *err = NULL;
	bool wraps;

	if (dbn_registry_find(c->registry, kind, conf->name, named ? named : conf->node, &p, &err) !=
		DBN_OK) {
		dbn_problem_error(c->problems, named ? named : conf->node, err);
		return;
	}
	wraps = (p->desc.flags & DBN_PLUGIN_WRAPS) != 0;
	if (wraps && !conf->inner)
		dbn_problem_node(c->problems, conf->node, "write inner = { plugin = \"NAME\"; };",
			"plugin \"%s\" wraps another %s plugin, but none is given", conf->name,
			dbn_kind_name(kind));
	if (!wraps && conf->inner)
		dbn_problem_node(c->problems, conf->inner->node, NULL,
			"plugin \"%s\" does not wrap another one", conf->name);
	check_settings(c, p, conf);
}

dbn_status
dbn_registry_check(dbn_registry *r, const dbn_stack_conf *stack, dbn_problems *problems)
{
	struct checking c = { .registry = r, .problems = problems, .status = DBN_OK };

	dbn_stack_plugins(stack, check_plugin, &c);
	return problems->nomem ? DBN_E_NOMEM : c.status;
}
