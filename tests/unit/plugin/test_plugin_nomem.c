/* SPDX-License-Identifier: MIT */
/*
 * The n-th allocation of ours fails, for every n, on the way from a name to a
 * living instance and in the check of a configuration: DBN_E_NOMEM, and nothing
 * is lost.
 */
#include "stack.h"

static unsigned calls, fail_at;
static long live;

static void *
failing_alloc(size_t n)
{
	void *p = ++calls == fail_at ? NULL : malloc(n);

	live += p != NULL;
	return p;
}

static void *
failing_resize(void *old, size_t n)
{
	void *p = ++calls == fail_at ? NULL : realloc(old, n);

	live += p && !old;
	return p;
}

static void
counting_release(void *p)
{
	live -= p != NULL;
	free(p);
}

static const struct dbn_mem_hooks hooks = { failing_alloc, failing_resize, counting_release };

static dbn_status
name_to_instance(void)
{
	const char *dirs[1] = { built_dir("tests/plugins") };
	struct plugin_conf c;
	dbn_registry *r = NULL;
	dbn_instance *i = NULL;
	dbn_error *err = NULL;
	dbn_status rc;

	/* what is read is not what is tested */
	dbn_mem_set_hooks(NULL);
	plugin_conf_open(&c, "x = { plugin = \"wrap\"; secrets = { key = \"env:NOMEM_KEY\"; };\n"
		"inner = { plugin = \"template\"; }; };");
	dbn_mem_set_hooks(&hooks);
	rc = dbn_registry_new(dirs, 1, NULL, &r, &err);
	if (rc == DBN_OK)
		rc = dbn_instance_new(r, DBN_KIND_CACHE, &c.p, &i, &err);
	cr_assert_eq(rc == DBN_OK, i != NULL);
	cr_assert(rc == DBN_OK || !err || dbn_error_code(err) == rc);
	dbn_error_free(err);
	dbn_registry_free(r);
	dbn_mem_set_hooks(NULL);
	plugin_conf_close(&c);
	return rc;
}

static dbn_config *checked;

static dbn_status
check_configuration(void)
{
	dbn_error *err = NULL;
	dbn_status rc;

	dbn_mem_set_hooks(&hooks);
	rc = dbn_config_check(checked, NULL, NULL, &err);
	dbn_error_free(err);
	dbn_mem_set_hooks(NULL);
	return rc;
}

static void
every_allocation(dbn_status (*way)(void), dbn_status good)
{
	dbn_status rc;
	unsigned n = 0;

	fail_at = 0;
	cr_assert_eq(way(), good);
	cr_assert_eq(live, 0);
	do {
		calls = 0;
		fail_at = ++n;
		rc = way();
		cr_assert(rc == DBN_E_NOMEM || (rc == good && calls < n), "allocation %u: %d", n, (int)rc);
		cr_assert_eq(live, 0, "leak after allocation %u", n);
	} while (calls >= n);
	cr_assert_gt(n, 10);
}

static void
environment(void)
{
	cr_assert_eq(setenv("DBNEXUS_PLUGIN_PATH", built_dir("plugins/template"), 1), 0);
	cr_assert_eq(setenv("NOMEM_KEY", "k", 1), 0);
}

Test(plugin_nomem, instance, .init = environment)
{
	every_allocation(name_to_instance, DBN_OK);
}

Test(plugin_nomem, check, .init = environment)
{
	cr_assert_eq(dbn_config_open_text(DBN_TEXT_LIT("databases = { main = { driver = { plugin = "
		"\"template\"; url = \"x:y\"; settings = { row = 5; }; }; }; };\n"
		"permission = { plugin = \"template\"; settings = { reader = \"a\"; }; };\n"
		"audit = ( { name = \"a\"; plugin = \"nowhere\"; } );"), "t.conf", DBN_CONFIG_NO_ENV, &checked,
		NULL), DBN_OK);
	every_allocation(check_configuration, DBN_E_CONFIG);
	dbn_config_free(checked);
}
