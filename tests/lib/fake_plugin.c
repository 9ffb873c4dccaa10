/* SPDX-License-Identifier: MIT */
/*
 * Loading one plugin for a test: dlopen, the entry's first words, the settings
 * struct by the schema, create().  One thread.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error/error.h"
#include "lib/fake_host.h"

static const dbn_conf_item *
item_at(const dbn_array *a, uint32_t i)
{
	return (const dbn_conf_item *)(const void *)((const char *)a->items +
		(size_t)a->stride * i);
}

static bool
scaled(const char *value, const char *const *units, const uint64_t *scale, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(value, &end, 10);
	if (errno || end == value)
		return false;
	while (*end == ' ')
		end++;
	for (size_t i = 0; units[i]; i++)
		if (strcmp(end, units[i]) == 0)
			return !__builtin_mul_overflow(*out, scale[i], out);
	return false;
}

static bool
set_size(const char *value, uint64_t *out)
{
	static const char *const units[] = { "", "B", "KiB", "MiB", "GiB", NULL };
	static const uint64_t scale[] = { 1, 1, 1u << 10, 1u << 20, 1u << 30 };

	return scaled(value, units, scale, out);
}

static bool
set_duration(const char *value, uint64_t *out)
{
	static const char *const units[] = { "", "ns", "us", "ms", "s", "min", "h", NULL };
	static const uint64_t scale[] = { 1, 1, 1000, 1000000, 1000000000, UINT64_C(60000000000),
		UINT64_C(3600000000000) };

	if (strcmp(value, "never") == 0) {
		*out = UINT64_MAX;
		return true;
	}
	return scaled(value, units, scale, out);
}

static bool
set_enum(const char *value, const char *choices, int32_t *out)
{
	size_t n = strlen(value);
	int32_t index = 0;

	for (const char *c = choices; c; index++) {
		const char *bar = strchr(c, '|');
		size_t len = bar ? (size_t)(bar - c) : strlen(c);

		if (len == n && memcmp(c, value, n) == 0) {
			*out = index;
			return true;
		}
		c = bar ? bar + 1 : NULL;
	}
	return false;
}

static bool
set_string(fake_plugin *fp, const char *value, const char **out)
{
	if (fp->ntexts == sizeof fp->texts / sizeof *fp->texts)
		return false;
	fp->texts[fp->ntexts] = strdup(value);
	*out = fp->texts[fp->ntexts++];
	return *out != NULL;
}

static bool
set_bool(const char *value, int32_t *out)
{
	*out = strcmp(value, "true") == 0;
	return *out || strcmp(value, "false") == 0;
}

static bool
set_one(fake_plugin *fp, char *base, const dbn_conf_item *it, const char *value)
{
	void *at = base + it->offset;
	char *end;

	switch (it->type) {
	case DBN_CONF_BOOL:
		return set_bool(value, (int32_t *)at);
	case DBN_CONF_INT:
		*(int64_t *)at = strtoll(value, &end, 10);
		return !*end;
	case DBN_CONF_FLOAT:
		*(double *)at = strtod(value, &end);
		return !*end;
	case DBN_CONF_STRING:
	case DBN_CONF_PATH:
		return set_string(fp, value, (const char **)at);
	case DBN_CONF_SIZE:
		return set_size(value, (uint64_t *)at);
	case DBN_CONF_DURATION:
		return set_duration(value, (uint64_t *)at);
	case DBN_CONF_ENUM:
		return set_enum(value, it->choices, (int32_t *)at);
	default:
		return false; /* lists: a test that needs one fills it itself */
	}
}

/* Defaults of a level and of the groups in it; depth keeps it finite. */
static dbn_status
defaults(fake_plugin *fp, char *base, const dbn_array *items, unsigned depth, dbn_error **err)
{
	for (uint32_t i = 0; i < items->count; i++) {
		const dbn_conf_item *it = item_at(items, i);

		if (it->type == DBN_CONF_GROUP && depth < 8) {
			dbn_status rc = defaults(fp, base + it->offset, &it->items, depth + 1, err);

			if (rc != DBN_OK)
				return rc;
		} else if (it->deflt && !set_one(fp, base, it, it->deflt)) {
			return dbn_fail(err, DBN_E_PLUGIN, "default of setting \"%s\": \"%s\"",
				it->name, it->deflt);
		}
	}
	return DBN_OK;
}

static dbn_status
assign(fake_plugin *fp, const char *setting, dbn_error **err)
{
	const dbn_array *items = &fp->desc->conf;
	char *base = (char *)fp->settings;
	const char *name = setting, *eq = strchr(setting, '=');

	while (eq) {
		size_t n = strcspn(name, ".=");
		const dbn_conf_item *found = NULL;

		for (uint32_t i = 0; i < items->count; i++) {
			const dbn_conf_item *it = item_at(items, i);

			if (strlen(it->name) == n && memcmp(it->name, name, n) == 0)
				found = it;
		}
		if (!found)
			break;
		if (name[n] == '=') {
			if (set_one(fp, base, found, eq + 1))
				return DBN_OK;
			break;
		}
		base += found->offset;
		items = &found->items;
		name += n + 1;
	}
	return dbn_fail(err, DBN_E_CONFIG, "setting \"%s\" is not known or has no such value", setting);
}

/* A plugin may count on what its schema requires: it would fall over without. */
static dbn_status
required(const fake_plugin *fp, const char *const *settings, dbn_error **err)
{
	const dbn_array *items = &fp->desc->conf;

	for (uint32_t i = 0; i < items->count; i++) {
		const dbn_conf_item *it = item_at(items, i);
		size_t n = strlen(it->name);
		bool given = !(it->flags & DBN_CONF_REQUIRED);

		for (size_t k = 0; !given && settings && settings[k]; k++)
			given = strncmp(settings[k], it->name, n) == 0 && strchr(".=", settings[k][n]);
		if (!given)
			return dbn_fail(err, DBN_E_CONFIG, "the plugin requires a setting: --set %s=VALUE",
				it->name);
	}
	return DBN_OK;
}

static dbn_status
start(fake_plugin *fp, const char *const *settings, const dbn_inner *inner, dbn_error **err)
{
	const dbn_plugin_descriptor *d = fp->desc;
	dbn_status rc;

	if (d->magic != DBN_PLUGIN_MAGIC || d->abi_major != DBN_ABI_MAJOR ||
		d->abi_minor != DBN_ABI_MINOR || !d->create || !d->destroy || !d->ops)
		return dbn_fail(err, DBN_E_PLUGIN, "not a plugin of this ABI");
	fake_host_init(&fp->fh, d->name);
	fp->fh.verbose = getenv("FAKE_HOST_VERBOSE") != NULL;
	fp->settings = calloc(1, d->settings_size ? d->settings_size : 1);
	if (!fp->settings)
		return dbn_fail_nomem(err);
	rc = defaults(fp, (char *)fp->settings, &d->conf, 0, err);
	for (size_t i = 0; rc == DBN_OK && settings && settings[i]; i++)
		rc = assign(fp, settings[i], err);
	if (rc == DBN_OK)
		rc = required(fp, settings, err);
	if (rc != DBN_OK)
		return rc;
	fp->info = (dbn_create_info){ .struct_size = (uint32_t)sizeof fp->info };
	fp->info.host = &fp->fh.host;
	fp->info.settings = fp->settings;
	fp->info.instance = (dbn_text){ fp->fh.instance, strlen(fp->fh.instance) };
	fp->info.where = (dbn_text){ "test", 4 };
	fp->info.inner = inner;
	return d->create(&fp->info, &fp->self, err);
}

dbn_status
fake_plugin_open(fake_plugin *fp, const char *path, const dbn_plugin_descriptor *desc,
	const char *const *settings, const dbn_inner *inner, dbn_error **err)
{
	dbn_status rc;

	memset(fp, 0, sizeof *fp);
	DBN_ERR_CLEAR(err);
	fp->desc = desc;
	if (!desc) {
		fp->dl = dlopen(path, RTLD_NOW | RTLD_LOCAL);
		if (!fp->dl)
			return dbn_fail(err, DBN_E_PLUGIN, "cannot load \"%s\": %s", path, dlerror());
		fp->desc = (const dbn_plugin_descriptor *)dlsym(fp->dl, "dbn_plugin_entry");
		if (!fp->desc) {
			fake_plugin_close(fp);
			return dbn_fail(err, DBN_E_PLUGIN, "\"%s\" has no dbn_plugin_entry", path);
		}
	}
	rc = start(fp, settings, inner, err);
	if (rc != DBN_OK)
		fake_plugin_close(fp);
	return rc;
}

dbn_status
fake_plugin_again(fake_plugin *fp, const fake_plugin *of, const char *const *settings,
	dbn_error **err)
{
	return fake_plugin_open(fp, NULL, of->desc, settings, of->info.inner, err);
}

void
fake_plugin_close(fake_plugin *fp)
{
	if (fp->self)
		fp->desc->destroy(fp->self);
	while (fp->ntexts)
		free(fp->texts[--fp->ntexts]);
	free(fp->settings);
	/* The code stays: leak reports need its symbols, and so does the core. */
	fp->self = NULL;
	fp->settings = NULL;
	fp->dl = NULL;
}
