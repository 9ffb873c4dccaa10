/* SPDX-License-Identifier: MIT */
/*
 * Every operation of a SERIAL instance passes the core's lock to the plugin's
 * own and back, with its arguments and its answer.
 */
#include "stack.h"

static dbn_registry *registry;
static struct plugin_conf conf;

static dbn_instance *
open_one(uint32_t kind, const char *folder, const char *text)
{
	dbn_instance *i;
	dbn_error *err;

	count_memory();
	registry = registry_at(built_dir(folder));
	plugin_conf_open(&conf, text);
	cr_assert_eq(dbn_instance_new(registry, kind, &conf.p, &i, &err), DBN_OK, "%s",
		dbn_error_message(err));
	cr_assert_eq(i->plugin->desc.threads, DBN_THREADS_SERIAL);
	cr_assert(!i->serial, "callers need not lock");
	return i;
}

static void
close_one(void)
{
	dbn_registry_free(registry);
	plugin_conf_close(&conf);
	cr_assert_eq(stack_live, 0);
}

static dbn_status
count(const void *item, void *user)
{
	cr_assert_not_null(item);
	++*(int *)user;
	return DBN_OK;
}

static dbn_status
count_rule(const dbn_rule *rule, void *user)
{
	return count(rule, user);
}

Test(serial, permission)
{
	char text[PATH_MAX + 128];
	dbn_identity_in who = { .struct_size = sizeof who, .user = { "ann", 3 } };
	dbn_subject_out subject = { .struct_size = sizeof subject };
	dbn_resource res = { .struct_size = sizeof res, .kind = DBN_RESOURCE_RELATION,
		.name = { "t", 1 } };
	const dbn_permission_ops *ops;
	struct dbn_policy *p, *again;
	dbn_array attributes;
	dbn_instance *i;
	uint64_t epoch = 0;
	int n = 0;

	(void)snprintf(text, sizeof text, "x = { plugin = \"%s/permission-serial.so\"; "
		"settings = { reader = \"ann\"; }; };", built_dir("tests/plugins"));
	i = open_one(DBN_KIND_PERMISSION, "tests/plugins", text);
	ops = i->ops;
	cr_assert_eq(ops->open_snapshot(i->self, NULL, &p, &epoch, NULL), DBN_OK);
	cr_assert_eq(ops->open_snapshot(i->self, NULL, &again, &epoch, NULL), DBN_OK);
	cr_assert_eq(epoch, 1);
	cr_assert_eq(ops->attributes(p, &attributes, NULL), DBN_OK);
	cr_assert_eq(attributes.count, 0);
	cr_assert_eq(ops->resolve(p, &who, NULL, &subject, NULL), DBN_OK);
	cr_assert(dbn_text_eqz(subject.user, "ann"));
	cr_assert_eq(ops->rules(p, subject.view_key, subject.roles.items, subject.roles.count, &res,
		DBN_ACT_READ, count_rule, &n, NULL), DBN_OK);
	cr_assert_eq(ops->list(p, DBN_LIST_USERS, count, &n, NULL), DBN_OK);
	cr_assert_eq(n, 2);
	cr_assert_eq(ops->list(p, 99, count, &n, NULL), DBN_E_UNSUPPORTED);
	ops->release_subject(p, &subject);
	cr_assert_eq(ops->apply(i->self, NULL, 0, NULL, &epoch, NULL), DBN_E_UNSUPPORTED);
	ops->close_snapshot(again);
	ops->close_snapshot(p);
	close_one();
}

Test(serial, shard)
{
	dbn_instance *i = open_one(DBN_KIND_SHARD, "tests/plugins",
		"x = { plugin = \"probe\"; settings = { must = \"x\"; }; };");
	const dbn_shard_ops *ops = i->ops;
	uint32_t shards[2] = { 9, 9 };

	cr_assert_eq(ops->bind(i->self, NULL, NULL, 0, NULL), DBN_OK);
	cr_assert_eq(ops->route(i->self, NULL, 0, 2, shards, NULL), DBN_OK);
	cr_assert_eq(shards[0] + shards[1], 0);
	cr_assert_eq(ops->route_range(i->self, NULL, NULL, 0, NULL), DBN_E_UNSUPPORTED);
	cr_assert_eq(ops->describe(i->self, NULL, 0, NULL, NULL), DBN_E_UNSUPPORTED);
	cr_assert_eq(ops->slices(i->self, NULL, NULL, NULL), DBN_E_UNSUPPORTED);
	close_one();
}

Test(serial, audit)
{
	dbn_instance *i = open_one(DBN_KIND_AUDIT, "plugins/template", "x = { plugin = \"template\"; };");
	dbn_audit_head head = { .struct_size = sizeof head };
	const dbn_audit_ops *ops = i->ops;
	dbn_array none = { NULL, 0, sizeof(dbn_audit_record) };
	uint64_t ticket;

	cr_assert_eq(ops->open_stream(i->self, dbn_text_z("s"), &head, NULL), DBN_OK);
	cr_assert_eq(ops->append(i->self, &none, 0, NULL, NULL), DBN_OK);
	cr_assert_eq(ops->reserve(i->self, 1, 1, NULL, &ticket, NULL), DBN_E_UNSUPPORTED);
	cr_assert_eq(ops->sync(i->self, 1, NULL, &ticket, NULL), DBN_E_UNSUPPORTED);
	cr_assert_eq(ops->append_within(i->self, NULL, &none, NULL), DBN_E_UNSUPPORTED);
	cr_assert_eq(ops->rotate(i->self, NULL, NULL), DBN_E_UNSUPPORTED);
	close_one();
}

Test(serial, cache)
{
	dbn_instance *i = open_one(DBN_KIND_CACHE, "plugins/template", "x = { plugin = \"template\"; };");
	dbn_cache_stats stats = { .struct_size = sizeof stats };
	const dbn_cache_ops *ops = i->ops;
	dbn_ticket ticket = { 0, 0, 0 };

	ops->abandon(i->self, dbn_text_z("k"), &ticket);
	cr_assert_eq(ops->clear(i->self, dbn_text_z(""), NULL, NULL), DBN_OK);
	ops->stats(i->self, &stats);
	cr_assert_eq(stats.entries, 0);
	close_one();
}

/* A driver's callers lock: its connections are not wrapped. */
Test(serial, enter_and_leave)
{
	dbn_instance i = { .serial = true };

	cr_assert_eq(pthread_mutex_init(&i.mutex, NULL), 0);
	dbn_instance_enter(&i);
	cr_assert_neq(pthread_mutex_trylock(&i.mutex), 0);
	dbn_instance_leave(&i);
	cr_assert_eq(pthread_mutex_trylock(&i.mutex), 0);
	i.serial = false;
	dbn_instance_enter(&i);
	dbn_instance_leave(&i);
	(void)pthread_mutex_unlock(&i.mutex);
	(void)pthread_mutex_destroy(&i.mutex);
}
