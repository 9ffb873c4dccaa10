/* SPDX-License-Identifier: MIT */
/*
 * dbnexus/plugins.h: what the registry can find, for tools.  Makes a registry of
 * its own for each call; loaded files outlive it.
 */
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "error/error.h"
#include "plugin/registry.h"
#include <dbnexus/plugins.h>

struct visit {
	void (*each)(const char *path, const dbn_plugin_info *info, const dbn_error *why, void *user);
	void *user;
};

static void
fill(dbn_plugin_info *info, const dbn_plugin *p)
{
	const dbn_plugin_descriptor *d = &p->desc;

	memset(info, 0, sizeof *info);
	info->struct_size = (uint32_t)sizeof *info;
	info->kind = d->kind;
	info->path = p->path;
	info->kind_name = dbn_kind_name(d->kind);
	info->name = d->name;
	info->version = d->version;
	info->abi_major = d->abi_major;
	info->abi_minor = d->abi_minor;
	info->threads = d->threads;
	info->flags = d->flags;
	info->settings = d->conf;
}

static void
visit_one(const char *path, const dbn_plugin *plugin, const dbn_error *why, void *user)
{
	struct visit *v = user;
	dbn_plugin_info info;

	if (plugin)
		fill(&info, plugin);
	v->each(path, plugin ? &info : NULL, plugin ? NULL : why, v->user);
}

dbn_status
dbn_plugins_each(const dbn_config *config,
	void (*each)(const char *path, const dbn_plugin_info *info, const dbn_error *why, void *user),
	void *user, dbn_error **err)
{
	struct visit v = { each, user };
	dbn_stack_conf *stack = NULL;
	dbn_registry *registry = NULL;
	dbn_problems problems;
	dbn_status rc = DBN_OK;

	DBN_ERR_CLEAR(err);
	dbn_problems_init(&problems);
	/* Only its directories count here; what else is wrong is for the check. */
	if (config)
		rc = dbn_stack_load(config, &problems, &stack);
	if (rc == DBN_E_NOMEM || (config && !stack)) {
		rc = dbn_fail_nomem(err);
		goto out;
	}
	rc = dbn_registry_new(stack ? stack->plugin_dirs : NULL, stack ? stack->nplugin_dirs : 0,
		NULL, &registry, err);
	if (rc == DBN_OK)
		dbn_registry_list(registry, visit_one, &v);
out:
	dbn_registry_free(registry);
	dbn_stack_free(stack);
	dbn_problems_free(&problems);
	return rc;
}

/* A relative path counts from the current directory. */
static dbn_status
make_absolute(const char *path, dbn_str *out, dbn_error **err)
{
	char cwd[4096];

	dbn_str_init(out, 0);
	if (path[0] != '/') {
		if (!getcwd(cwd, sizeof cwd))
			return dbn_fail(err, DBN_E_IO, "cannot find the current directory");
		dbn_str_adds(out, cwd);
		dbn_str_addc(out, '/');
	}
	dbn_str_adds(out, path);
	return out->status == DBN_OK ? DBN_OK : dbn_fail_nomem(err);
}

/* By any kind: the file says which it is. */
static dbn_status
find_any_kind(dbn_registry *registry, const char *path, const dbn_plugin **plugin, dbn_error **err)
{
	dbn_status rc = DBN_E_PLUGIN;

	for (uint32_t kind = DBN_KIND_DRIVER; kind <= DBN_KIND_AUDIT; kind++) {
		dbn_error *why = NULL;

		rc = dbn_registry_find(registry, kind, path, NULL, plugin, &why);
		if (rc == DBN_OK)
			break;
		/* The last kind's error is as good as any: it names path and cause. */
		if (kind == DBN_KIND_AUDIT && err)
			*err = why;
		else
			dbn_error_free(why);
	}
	return rc;
}

dbn_status
dbn_plugins_open(const char *path, dbn_plugin_info *info, dbn_error **err)
{
	dbn_registry *registry = NULL;
	const dbn_plugin *plugin = NULL;
	dbn_plugin_info full;
	dbn_status rc;
	dbn_str absolute;

	DBN_ERR_CLEAR(err);
	if (!path || !info || info->struct_size < sizeof(uint32_t))
		return dbn_fail_hint(err, DBN_E_INVALID, "Set struct_size: sizeof(dbn_plugin_info).",
			"no path, or a dbn_plugin_info without its size");
	if (!strchr(path, '/'))
		return dbn_fail(err, DBN_E_INVALID, "\"%s\" is not the path of a file", path);
	rc = make_absolute(path, &absolute, err);
	if (rc == DBN_OK)
		rc = dbn_registry_new(NULL, 0, NULL, &registry, err);
	if (rc == DBN_OK)
		rc = find_any_kind(registry, dbn_str_z(&absolute), &plugin, err);
	if (rc == DBN_OK) {
		uint32_t size = info->struct_size < sizeof full ? info->struct_size
								: (uint32_t)sizeof full;

		fill(&full, plugin);
		full.path = path; /* the registry's own goes with it */
		memcpy(info, &full, size);
		info->struct_size = size;
	}
	dbn_registry_free(registry);
	dbn_str_free(&absolute);
	return rc;
}
