/* SPDX-License-Identifier: MIT */
/*
 * dbnexus/plugins.h: what the registry can find, for tools.  Makes a registry of
 * its own for each call; loaded files outlive it.
 */
#include <string.h>

#include "base/mem.h"
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

dbn_status
dbn_plugins_open(const char *path, dbn_plugin_info *info, dbn_error **err)
{
	dbn_registry *registry = NULL;
	const dbn_plugin *plugin = NULL;
	dbn_plugin_info full;
	dbn_status rc = DBN_E_PLUGIN;

	DBN_ERR_CLEAR(err);
	if (!path || !info || info->struct_size < sizeof(uint32_t))
		return dbn_fail_hint(err, DBN_E_INVALID, "Set struct_size: sizeof(dbn_plugin_info).",
			"no path, or a dbn_plugin_info without its size");
	if (!strchr(path, '/'))
		return dbn_fail(err, DBN_E_INVALID, "\"%s\" is not the path of a file", path);
	rc = dbn_registry_new(NULL, 0, NULL, &registry, err);
	for (uint32_t kind = DBN_KIND_DRIVER; rc == DBN_OK && kind <= DBN_KIND_AUDIT; kind++) {
		dbn_error *why = NULL;

		if (dbn_registry_find(registry, kind, path, NULL, &plugin, &why) == DBN_OK)
			break;
		/* The last kind's error is as good as any: it names path and cause. */
		if (kind == DBN_KIND_AUDIT) {
			rc = dbn_error_code(why);
			if (err)
				*err = why;
			why = NULL;
		}
		dbn_error_free(why);
	}
	if (rc == DBN_OK) {
		uint32_t size = info->struct_size < sizeof full ? info->struct_size
								: (uint32_t)sizeof full;

		fill(&full, plugin);
		full.path = path; /* the registry's copy goes with it */
		memcpy(info, &full, size);
		info->struct_size = size;
	}
	dbn_registry_free(registry);
	return rc;
}
