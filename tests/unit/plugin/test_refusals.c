/* SPDX-License-Identifier: MIT */
/*
 * Every reason to refuse a plugin, with a real file for each: the error names
 * path, configuration line and cause, the process lives on, nothing is leaked.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/load.h"
#include "stack.h"

struct refusal {
	uint32_t kind;
	const char *name, *says;
};

static const struct refusal table[] = {
	{ DBN_KIND_SHARD, "no-symbol", "has no symbol dbn_plugin_entry" },
	{ DBN_KIND_SHARD, "symbol-is-code", "dbn_plugin_entry is not data" },
	{ DBN_KIND_SHARD, "symbol-is-short", "dbn_plugin_entry has only 4 bytes" },
	{ DBN_KIND_SHARD, "undefined-symbol", "undefined symbol: dbn_no_such_function_anywhere" },
	{ DBN_KIND_SHARD, "wrong-magic", "its magic is 0x12345678 instead of 0x44424e58" },
	{ DBN_KIND_SHARD, "other-major", "it is made for ABI 7.1" },
	{ DBN_KIND_SHARD, "other-minor", "it is made for ABI 0.99, and before 1.0 only exactly 0.1" },
	{ DBN_KIND_SHARD, "claims-more", "says that it has 60000 bytes" },
	{ DBN_KIND_SHARD, "claims-less", "says that it has 4 bytes" },
	{ DBN_KIND_SHARD, "unknown-kind", "its kind is 9, which is none" },
	{ DBN_KIND_SHARD, "unknown-threads", "its thread word is 0" },
	{ DBN_KIND_SHARD, "unknown-flag", "it has the unknown flag 0x80000000" },
	{ DBN_KIND_SHARD, "reserved", "reserved0 of its descriptor is not zero" },
	{ DBN_KIND_SHARD, "no-name", "it has no usable name" },
	{ DBN_KIND_SHARD, "bad-name", "it has no usable name" },
	{ DBN_KIND_SHARD, "other-name", "it calls itself \"somebody\"" },
	{ DBN_KIND_SHARD, "no-version", "it has no version" },
	{ DBN_KIND_SHARD, "no-create", "it has no create()" },
	{ DBN_KIND_SHARD, "no-destroy", "it has no destroy()" },
	{ DBN_KIND_SHARD, "no-ops", "it has no operations" },
	{ DBN_KIND_SHARD, "ops-too-small", "its operations say that they have 4 bytes" },
	{ DBN_KIND_SHARD, "ops-unknown-flag", "its operations have the unknown flag 0x40" },
	{ DBN_KIND_SHARD, "missing-op", "it lacks the required operation route" },
	{ DBN_KIND_SHARD, "missing-ops", "it lacks the required operations bind, route" },
	{ DBN_KIND_AUDIT, "broken-promise",
		"it lacks the required operations sync, append_within, read" },
	{ DBN_KIND_SHARD, "bad-offset", "setting \"number\" does not lie within" },
	{ DBN_KIND_SHARD, "bad-default", "the default of setting \"number\" must be a whole number" },
};

static void
refused(dbn_registry *r, uint32_t kind, const char *name, const char *says)
{
	dbn_conf_file file = { NULL, "app.conf", "/" };
	dbn_conf_node node = { .file = &file, .line = 41 };
	const dbn_plugin *p = (const dbn_plugin *)&p;
	dbn_error *err = NULL;

	cr_assert_eq(dbn_registry_find(r, kind, name, &node, &p, &err), DBN_E_PLUGIN, "%s", name);
	cr_assert_not_null(strstr(dbn_error_message(err), says), "%s: %s", name,
		dbn_error_message(err));
	cr_assert_str_eq(dbn_error_where(err), "app.conf:41");
	if (!strchr(name, '/'))
		cr_assert_not_null(strstr(dbn_error_message(err), name), "%s: no path: %s", name,
			dbn_error_message(err));
	dbn_error_free(err);
}

static void
good_one_works(dbn_registry *r)
{
	struct plugin_conf c;
	dbn_instance *i;
	dbn_error *err;
	uint32_t shard = 9;

	plugin_conf_open(&c, "x = { plugin = \"good\"; };");
	cr_assert_eq(dbn_instance_new(r, DBN_KIND_SHARD, &c.p, &i, &err), DBN_OK, "%s",
		dbn_error_message(err));
	cr_assert_eq(((const dbn_shard_ops *)i->ops)->route(i->self, NULL, 0, 1, &shard, NULL), DBN_OK);
	cr_assert_eq(shard, 0);
	dbn_instance_free(i);
	plugin_conf_close(&c);
}

Test(refusals, each_by_name)
{
	dbn_registry *r;

	count_memory();
	for (int round = 0; round < 2; round++) {
		r = registry_at(built_dir("tests/plugins"));
		for (size_t i = 0; i < sizeof table / sizeof *table; i++)
			refused(r, table[i].kind, table[i].name, table[i].says);
		good_one_works(r);
		dbn_registry_free(r);
		cr_assert_eq(stack_live, 0, "round %d", round);
	}
}

Test(refusals, by_path)
{
	char path[PATH_MAX + 64];
	dbn_registry *r = registry_at("/nowhere");
	const dbn_plugin *p;

	(void)snprintf(path, sizeof path, "%s/shard-missing-op.so", built_dir("tests/plugins"));
	refused(r, DBN_KIND_SHARD, path, "it lacks the required operation route");
	(void)snprintf(path, sizeof path, "%s/shard-wrong-kind.so", built_dir("tests/plugins"));
	refused(r, DBN_KIND_CACHE, path, "it lacks the required operations");
	(void)snprintf(path, sizeof path, "%s/shard-good.so", built_dir("tests/plugins"));
	refused(r, DBN_KIND_CACHE, path, "it is a shard plugin, a cache plugin is wanted");
	refused(r, DBN_KIND_SHARD, "/no/such/file.so", "cannot open plugin \"/no/such/file.so\"");
	cr_assert_eq(dbn_registry_find(r, DBN_KIND_SHARD, path, NULL, &p, NULL), DBN_OK);
	cr_assert_str_eq(p->desc.name, "good");
	dbn_registry_free(r);
}

Test(refusals, names)
{
	dbn_registry *r = registry_at(built_dir("tests/plugins"));
	const dbn_plugin *p;
	dbn_error *err;

	cr_assert_eq(dbn_registry_find(r, DBN_KIND_SHARD, "godo", NULL, &p, &err), DBN_E_PLUGIN);
	cr_assert_str_eq(dbn_error_message(err), "there is no shard plugin \"godo\" (shard-godo.so)");
	cr_assert_not_null(strstr(dbn_error_hint(err), "did you mean \"good\"?"));
	cr_assert_not_null(strstr(dbn_error_hint(err), built_dir("tests/plugins")));
	dbn_error_free(err);
	refused(r, DBN_KIND_SHARD, "a.b", "cannot be the name of a plugin");
	refused(r, DBN_KIND_SHARD, "", "cannot be the name of a plugin");
	refused(r, DBN_KIND_SHARD, "..", "cannot be the name of a plugin");
	cr_assert_eq(dbn_registry_find(r, 9, "good", NULL, &p, NULL), DBN_E_INVALID);
	dbn_registry_free(r);
}

Test(refusals, older_plugins_are_completed)
{
	dbn_registry *r = registry_at(built_dir("tests/plugins"));
	dbn_error *err = NULL;
	const dbn_plugin *p;

	/* its operations end before slices: the core answers in its place */
	cr_assert_eq(dbn_registry_find(r, DBN_KIND_SHARD, "older-ops", NULL, &p, NULL), DBN_OK);
	cr_assert_eq(p->ops.shard.struct_size, sizeof(dbn_shard_ops));
	cr_assert_eq(p->ops.shard.slices(NULL, NULL, NULL, &err), DBN_E_UNSUPPORTED);
	cr_assert_not_null(strstr(dbn_error_message(err), "slices"));
	dbn_error_free(err);
	cr_assert_eq(p->ops.shard.route_range(NULL, NULL, NULL, 0, NULL), DBN_E_UNSUPPORTED);
	cr_assert_eq(p->ops.shard.describe(NULL, NULL, 0, NULL, NULL), DBN_E_UNSUPPORTED);
	dbn_registry_free(r);
}

/* Every operation that may be missing has its filler, of every kind. */
Test(refusals, fillers)
{
	dbn_registry *r = registry_at(built_dir("plugins/template"));
	const dbn_plugin *p;

	for (uint32_t kind = DBN_KIND_DRIVER; kind <= DBN_KIND_AUDIT; kind++) {
		const dbn_kind_ops *k = dbn_kind_ops_of(kind);

		cr_assert_eq(dbn_registry_find(r, kind, "template", NULL, &p, NULL), DBN_OK);
		for (size_t i = 0; i < k->n; i++) {
			dbn_any_fn fn;

			memcpy(&fn, (const char *)&p->ops + k->ops[i].offset, sizeof fn);
			cr_assert_not_null(fn, "%s", k->ops[i].name);
			cr_assert(k->ops[i].required || k->ops[i].filler, "%s", k->ops[i].name);
		}
		/* the table covers the struct: 8 bytes of head and a pointer each */
		cr_assert_eq(k->size, 8 + k->n * sizeof(dbn_any_fn), "kind %u", (unsigned)kind);
	}
	cr_assert_eq(dbn_registry_find(r, DBN_KIND_DRIVER, "template", NULL, &p, NULL), DBN_OK);
	cr_assert_eq(p->ops.driver.cancel(NULL, 0, NULL), DBN_E_UNSUPPORTED);
	cr_assert_eq(p->ops.driver.assume(NULL, (dbn_text){ NULL, 0 }, NULL, NULL), DBN_E_UNSUPPORTED);
	cr_assert_eq(p->ops.driver.execute_many(NULL, NULL, 0, NULL, NULL, NULL), DBN_E_UNSUPPORTED);
	cr_assert_eq(p->ops.driver.buffer(NULL, 0, NULL), DBN_E_UNSUPPORTED);
	cr_assert_eq(p->ops.driver.savepoint(NULL, 1, 1, NULL, NULL), DBN_E_UNSUPPORTED);
	cr_assert_eq(p->ops.driver.list_prepared(NULL, (dbn_text){ NULL, 0 }, NULL, NULL, NULL, NULL),
		DBN_E_UNSUPPORTED);
	cr_assert_eq(dbn_registry_find(r, DBN_KIND_AUDIT, "template", NULL, &p, NULL), DBN_OK);
	cr_assert_eq(p->ops.audit.reserve(NULL, 1, 1, NULL, NULL, NULL), DBN_E_UNSUPPORTED);
	cr_assert_eq(p->ops.audit.sync(NULL, 1, NULL, NULL, NULL), DBN_E_UNSUPPORTED);
	cr_assert_eq(p->ops.audit.append_within(NULL, NULL, NULL, NULL), DBN_E_UNSUPPORTED);
	cr_assert_eq(p->ops.audit.rotate(NULL, NULL, NULL), DBN_E_UNSUPPORTED);
	cr_assert_eq(dbn_registry_find(r, DBN_KIND_PERMISSION, "template", NULL, &p, NULL), DBN_OK);
	cr_assert_eq(p->ops.permission.apply(NULL, NULL, 0, NULL, NULL, NULL), DBN_E_UNSUPPORTED);
	dbn_registry_free(r);
}

/* ---- damaged files ---- */

static char *bytes;
static size_t nbytes;
static char work[PATH_MAX], file[PATH_MAX + 32];

static void
setup(void)
{
	const char *tmp = getenv("TMPDIR");
	char path[PATH_MAX + 32];
	FILE *f;

	(void)snprintf(work, sizeof work, "%s/dbnexus-plugin.XXXXXX", tmp ? tmp : "/tmp");
	cr_assert_not_null(mkdtemp(work));
	(void)snprintf(file, sizeof file, "%s/shard-good.so", work);
	(void)snprintf(path, sizeof path, "%s/shard-good.so", built_dir("tests/plugins"));
	f = fopen(path, "rb");
	cr_assert_not_null(f);
	cr_assert_eq(fseek(f, 0, SEEK_END), 0);
	nbytes = (size_t)ftell(f);
	bytes = malloc(nbytes);
	rewind(f);
	cr_assert_eq(fread(bytes, 1, nbytes, f), nbytes);
	(void)fclose(f);
}

static void
teardown(void)
{
	(void)chmod(work, 0700);
	(void)unlink(file);
	(void)rmdir(work);
	free(bytes);
}

static void
write_file(const void *p, size_t n, mode_t mode)
{
	int fd;

	(void)unlink(file);
	fd = open(file, O_WRONLY | O_CREAT | O_EXCL, 0600);
	cr_assert(fd >= 0 && write(fd, p, n) == (ssize_t)n);
	cr_assert_eq(fchmod(fd, mode), 0);
	cr_assert_eq(close(fd), 0);
}

Test(refusals, damaged_files, .init = setup, .fini = teardown)
{
	dbn_registry *r = registry_at(work);
	char *copy = malloc(nbytes);

	write_file("", 0, 0644);
	refused(r, DBN_KIND_SHARD, "good", "the file is empty");
	write_file("#!/bin/sh\n", 10, 0644);
	refused(r, DBN_KIND_SHARD, "good", "not a shared object");
	memset(copy, 'x', nbytes);
	write_file(copy, nbytes, 0644);
	refused(r, DBN_KIND_SHARD, "good", "not a shared object");
	memcpy(copy, bytes, nbytes);
	copy[4] = 1;
	write_file(copy, nbytes, 0644);
	refused(r, DBN_KIND_SHARD, "good", "another machine");
	/* the loader of the system would die of these */
	for (size_t cut = 1; cut < 20; cut++) {
		write_file(bytes, nbytes * cut / 40, 0644);
		refused(r, DBN_KIND_SHARD, "good", "cannot load plugin");
	}
	free(copy);
	(void)unlink(file);
	cr_assert_eq(mkdir(file, 0700), 0);
	refused(r, DBN_KIND_SHARD, "good", "it is not a file");
	cr_assert_eq(rmdir(file), 0);
	dbn_registry_free(r);
}

/* ---- trust ---- */

Test(refusals, who_may_write, .init = setup, .fini = teardown)
{
	dbn_registry *r = registry_at(work);

	cr_assert_eq(chmod(work, 0755), 0);
	write_file(bytes, nbytes, 0666);
	refused(r, DBN_KIND_SHARD, "good", "is refused: it can be written by everybody");
	write_file(bytes, nbytes, 0644);
	cr_assert_eq(chmod(work, 0777), 0);
	refused(r, DBN_KIND_SHARD, "good", "is refused: its directory can be written by everybody");
	/* sticky: others cannot replace the file */
	cr_assert_eq(chmod(work, 01777), 0);
	good_one_works(r);
	dbn_registry_free(r);
}

Test(refusals, who_owns_it, .init = setup, .fini = teardown)
{
	dbn_error *err;

	cr_assert_eq(chmod(work, 0755), 0);
	write_file(bytes, nbytes, 0644);
	cr_assert_eq(dbn_trust_check(file, (uint32_t)geteuid(), "", &err), DBN_OK);
	if (geteuid() == 0) {
		/* root's own file is anybody's to use, somebody else's is not */
		cr_assert_eq(dbn_trust_check(file, 12345, "", NULL), DBN_OK);
		cr_assert_eq(chown(file, 12345, (gid_t)-1), 0);
		cr_assert_eq(dbn_trust_check(file, 12345, "", NULL), DBN_OK);
		cr_assert_eq(dbn_trust_check(file, 0, "c.conf:3", &err), DBN_E_PLUGIN);
	} else {
		cr_assert_eq(dbn_trust_check(file, (uint32_t)geteuid() + 1, "c.conf:3", &err),
			DBN_E_PLUGIN);
	}
	cr_assert_not_null(strstr(dbn_error_message(err), "belongs to neither root nor the running"));
	cr_assert_str_eq(dbn_error_where(err), "c.conf:3");
	dbn_error_free(err);
}

/* A link is as good as what it leads to, and so is its folder. */
Test(refusals, links, .init = setup, .fini = teardown)
{
	char open_dir[PATH_MAX + 32], target[PATH_MAX + 64];
	dbn_registry *r = registry_at(work);

	(void)snprintf(open_dir, sizeof open_dir, "%s/open", work);
	(void)snprintf(target, sizeof target, "%s/shard-good.so", open_dir);
	cr_assert_eq(mkdir(open_dir, 0755), 0);
	write_file(bytes, nbytes, 0644);
	cr_assert_eq(rename(file, target), 0);
	cr_assert_eq(symlink(target, file), 0);
	cr_assert_eq(chmod(open_dir, 0777), 0);
	refused(r, DBN_KIND_SHARD, "good", "its directory can be written by everybody");
	cr_assert_eq(chmod(open_dir, 0755), 0);
	good_one_works(r);
	(void)unlink(target);
	(void)rmdir(open_dir);
	dbn_registry_free(r);
}

/* ---- create() ---- */

static void
create_fails(const char *name, dbn_status status, const char *says)
{
	dbn_registry *r = registry_at(built_dir("tests/plugins"));
	dbn_instance *i = (dbn_instance *)&i;
	struct plugin_conf c;
	dbn_error *err;
	char text[128];

	(void)snprintf(text, sizeof text, "\n\nx = {\nplugin = \"%s\"; };", name);
	plugin_conf_open(&c, text);
	cr_assert_eq(dbn_instance_new(r, DBN_KIND_SHARD, &c.p, &i, &err), status, "%s", name);
	cr_assert_null(i);
	cr_assert_not_null(strstr(dbn_error_message(err), says), "%s: %s", name,
		dbn_error_message(err));
	cr_assert_str_eq(dbn_error_where(err), "/dir/t.conf:3", "%s", dbn_error_where(err));
	dbn_error_free(err);
	cr_assert_eq(dbn_instance_new(r, DBN_KIND_SHARD, &c.p, &i, NULL), status);
	plugin_conf_close(&c);
	dbn_registry_free(r);
}

Test(refusals, create_that_fails)
{
	count_memory();
	create_fails("create-fails", DBN_E_IO, "the disk of this test is full");
	create_fails("create-silent", DBN_E_CONN, "create() of plugin");
	create_fails("create-news", DBN_E_PLUGIN, "plugin misbehaves: create()");
	cr_assert_eq(stack_live, 0);
}
