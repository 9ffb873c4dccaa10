/* SPDX-License-Identifier: MIT */
/* A registry over the test plugins, and plugin configurations from text. */
#ifndef TESTS_PLUGIN_STACK_H
#define TESTS_PLUGIN_STACK_H

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <criterion/criterion.h>

#include "conf/build.h"
#include "plugin/host.h"
#include "plugin/registry.h"

static inline const char *
top_build(void)
{
	const char *top = getenv("DBN_TOP_BUILD");

	return top ? top : ".";
}

/* The folder of built test plugins, or of the templates. */
static inline const char *
built_dir(const char *folder)
{
	static char path[PATH_MAX];
	char rel[PATH_MAX];

	(void)snprintf(rel, sizeof rel, "%s/%s/.libs", top_build(), folder);
	cr_assert_not_null(realpath(rel, path), "%s", rel);
	return path;
}

static inline dbn_registry *
registry_at(const char *dir)
{
	dbn_registry *r;

	cr_assert_eq(dbn_registry_new(&dir, 1, NULL, &r, NULL), DBN_OK);
	return r;
}

/* x = { plugin = ...; settings = ...; }; as dbn_conf_plugin. */
struct plugin_conf {
	dbn_config *config;
	dbn_conf_plugin p, inner;
};

static inline void
plugin_conf_one(const dbn_conf_node *x, const char *instance, dbn_conf_plugin *p)
{
	memset(p, 0, sizeof *p);
	p->name = dbn_conf_member(x, "plugin")->u.text.ptr;
	p->instance = instance;
	p->node = x;
	p->settings = dbn_conf_member(x, "settings");
	p->secrets = dbn_conf_member(x, "secrets");
}

static inline void
plugin_conf_open(struct plugin_conf *c, const char *text)
{
	const dbn_conf_node *x, *inner;
	dbn_error *err;

	cr_assert_eq(dbn_config_open_text(dbn_text_z(text), "/dir/t.conf", DBN_CONFIG_NO_ENV,
		&c->config, &err), DBN_OK, "%s", dbn_error_detail(err));
	x = dbn_conf_member(c->config->tree.root, "x");
	plugin_conf_one(x, "the.instance", &c->p);
	inner = dbn_conf_member(x, "inner");
	if (inner) {
		plugin_conf_one(inner, "the.instance.inner", &c->inner);
		c->p.inner = &c->inner;
	}
}

static inline void
plugin_conf_close(struct plugin_conf *c)
{
	dbn_config_free(c->config);
}

/* What libcore has allocated and not given back. */
static long stack_live;

static inline void *
stack_alloc(size_t n)
{
	void *p = malloc(n);

	stack_live += p != NULL;
	return p;
}
static inline void *
stack_resize(void *old, size_t n)
{
	void *p = realloc(old, n);

	stack_live += p && !old;
	return p;
}
static inline void
stack_release(void *p)
{
	stack_live -= p != NULL;
	free(p);
}
static inline void
count_memory(void)
{
	static const struct dbn_mem_hooks hooks = { stack_alloc, stack_resize, stack_release };

	dbn_mem_set_hooks(&hooks);
}

#endif
