/* SPDX-License-Identifier: MIT */
/*
 * Instances: settings, secrets, the host behind them, wrappers, reload,
 * housekeeping, the search path, and the check of a whole configuration.
 */
#include <unistd.h>

#include <dbnexus/plugins.h>

#include "base/clock.h"
#include "base/log.h"
#include "plugins/probe.h"
#include "stack.h"

static const char probe_text[] =
	"x = {\n"
	"  plugin = \"probe\";\n"
	"  settings = { must = \"be\"; file = \"rel.txt\"; peers = ( { name = \"a\"; weight = 3; },\n"
	"    { name = \"b\"; } ); };\n"
	"  secrets = { token = \"env:PROBE_TOKEN\"; };\n"
	"};\n";

struct probed {
	struct plugin_conf conf;
	dbn_registry *registry;
	dbn_instance *instance;
	struct probe *probe;
};

static void
probe_open(struct probed *p, const char *text)
{
	dbn_error *err;

	cr_assert_eq(setenv("PROBE_TOKEN", "s3cret", 1), 0);
	p->registry = registry_at(built_dir("tests/plugins"));
	plugin_conf_open(&p->conf, text);
	cr_assert_eq(dbn_instance_new(p->registry, DBN_KIND_SHARD, &p->conf.p, &p->instance, &err),
		DBN_OK, "%s: %s", dbn_error_message(err), dbn_error_detail(err));
	p->probe = (struct probe *)(uintptr_t)dbn_instance_extension(p->instance, "test.probe/1");
	cr_assert_not_null(p->probe);
}

static void
probe_close(struct probed *p)
{
	dbn_registry_free(p->registry);
	plugin_conf_close(&p->conf);
}

Test(instance, settings_and_secrets)
{
	const struct probe_settings *s;
	const struct probe_peer *peers;
	struct probed p;

	count_memory();
	probe_open(&p, probe_text);
	s = p.probe->settings;
	cr_assert_str_eq(s->must, "be");
	cr_assert_eq(s->size, 64u << 20);
	cr_assert_str_eq(s->file, "/dir/rel.txt");
	cr_assert_str_eq(s->token, "s3cret");
	cr_assert_eq(s->peers.count, 2);
	peers = s->peers.items;
	cr_assert_str_eq(peers[0].name, "a");
	cr_assert_eq(peers[0].weight, 3);
	cr_assert_eq(peers[1].weight, 1);
	cr_assert(dbn_text_eqz(p.probe->instance, "the.instance"));
	cr_assert(dbn_text_eqz(p.probe->where, "/dir/t.conf:1"));
	cr_assert_null(dbn_instance_extension(p.instance, "test.other/1"));
	probe_close(&p);
	cr_assert_eq(stack_live, 0);
}

Test(instance, bad_settings_are_told_with_their_line)
{
	dbn_registry *r = registry_at(built_dir("tests/plugins"));
	struct plugin_conf c;
	dbn_instance *i;
	dbn_error *err;

	count_memory();
	plugin_conf_open(&c, "x = { plugin = \"probe\"; settings = {\nmus = \"t\";\nsize = 5; }; };");
	cr_assert_eq(dbn_instance_new(r, DBN_KIND_SHARD, &c.p, &i, &err), DBN_E_CONFIG);
	cr_assert_not_null(strstr(dbn_error_detail(err), "/dir/t.conf:1: \"x.settings.must\" is missing"),
		"%s", dbn_error_detail(err));
	cr_assert_not_null(strstr(dbn_error_detail(err), "/dir/t.conf:2: unknown key \"x.settings.mus\" "
		"(did you mean \"must\"?)"), "%s", dbn_error_detail(err));
	cr_assert_not_null(strstr(dbn_error_detail(err), "/dir/t.conf:3: \"x.settings.size\" must be"));
	dbn_error_free(err);
	plugin_conf_close(&c);
	plugin_conf_open(&c, "x = { plugin = \"probe\"; };");
	cr_assert_eq(dbn_instance_new(r, DBN_KIND_SHARD, &c.p, &i, &err), DBN_E_CONFIG);
	cr_assert_str_eq(dbn_error_message(err), "\"x.settings.must\" is missing");
	dbn_error_free(err);
	plugin_conf_close(&c);
	dbn_registry_free(r);
}

Test(instance, reload_keeps_the_old_settings_alive)
{
	const struct probe_settings *old;
	struct plugin_conf next;
	struct probed p;
	dbn_error *err;

	count_memory();
	probe_open(&p, probe_text);
	old = p.probe->settings;
	plugin_conf_open(&next, "x = { plugin = \"probe\"; settings = { must = \"new\"; }; };");
	cr_assert_eq(dbn_instance_reload(p.instance, &next.p, NULL), DBN_OK);
	plugin_conf_close(&next);
	cr_assert_eq(p.probe->reloads, 1);
	cr_assert_str_eq(p.probe->settings->must, "new");
	cr_assert_str_eq(old->must, "be");
	plugin_conf_open(&next, "x = { plugin = \"probe\"; settings = { must = 5; }; };");
	cr_assert_eq(dbn_instance_reload(p.instance, &next.p, &err), DBN_E_CONFIG);
	plugin_conf_close(&next);
	dbn_error_free(err);
	cr_assert_eq(p.probe->reloads, 1);
	cr_assert_str_eq(p.probe->settings->must, "new");
	probe_close(&p);
	cr_assert_eq(stack_live, 0);
}

Test(instance, health_and_maintenance)
{
	struct probed p;
	uint64_t next;
	dbn_error *err;

	probe_open(&p, probe_text);
	cr_assert_eq(dbn_instance_health(p.instance, NULL, NULL), DBN_OK);
	p.probe->sick = 1;
	cr_assert_eq(dbn_instance_health(p.instance, NULL, &err), DBN_E_CONN);
	cr_assert_not_null(strstr(dbn_error_message(err), "health()"));
	dbn_error_free(err);
	cr_assert_eq(dbn_instance_maintain(p.instance, 5000, &next, NULL), DBN_OK);
	cr_assert_eq(p.probe->maintained, 1);
	cr_assert_eq(next, 6000);
	cr_assert_eq(dbn_instance_maintain(p.instance, 5999, &next, NULL), DBN_OK);
	cr_assert_eq(p.probe->maintained, 1, "not before it wished");
	cr_assert_eq(next, 6000);
	cr_assert_eq(dbn_instance_maintain(p.instance, 6000, &next, NULL), DBN_OK);
	cr_assert_eq(p.probe->maintained, 2);
	probe_close(&p);
}

Test(instance, destroyed_once_and_the_newest_first)
{
	int first = 0, second = 0;
	struct probed p;
	dbn_instance *again;
	struct probe *probe;

	probe_open(&p, probe_text);
	p.probe->destroyed = &first;
	cr_assert_eq(dbn_instance_new(p.registry, DBN_KIND_SHARD, &p.conf.p, &again, NULL), DBN_OK);
	probe = (struct probe *)(uintptr_t)dbn_instance_extension(again, "test.probe/1");
	cr_assert_neq(probe, p.probe);
	probe->destroyed = &second;
	dbn_instance_free(p.instance);
	cr_assert_eq(first, 1);
	cr_assert_eq(second, 0);
	probe_close(&p);
	cr_assert_eq(first, 1);
	cr_assert_eq(second, 1);
	dbn_instance_free(NULL);
	dbn_registry_free(NULL);
}

/* ---- the host ---- */

static dbn_status
fail(const dbn_host *h, dbn_error **err, const dbn_fail_info *info, const char *fmt, ...)
{
	dbn_status rc;
	va_list ap;

	va_start(ap, fmt);
	rc = h->fail(h, err, info, fmt, ap);
	va_end(ap);
	return rc;
}

Test(instance, host_errors)
{
	dbn_fail_info info = { .struct_size = sizeof info, .sqlstate = "23505",
		.constraint = { "pk", 2 }, .hint = { "Try.", 4 } };
	const dbn_host *h;
	dbn_error *err = NULL;
	struct probed p;

	probe_open(&p, probe_text);
	h = p.probe->host;
	cr_assert_eq(fail(h, &err, &info, "key %d is there", 7), DBN_E_DUPLICATE);
	cr_assert_eq(h->error_code(err), DBN_E_DUPLICATE);
	cr_assert(dbn_text_eqz(h->error_field(err, DBN_ERR_MESSAGE), "key 7 is there"));
	cr_assert(dbn_text_eqz(h->error_field(err, DBN_ERR_CONSTRAINT), "pk"));
	cr_assert(dbn_text_eqz(h->error_field(err, DBN_ERR_HINT), "Try."));
	cr_assert(dbn_text_eqz(h->error_field(err, DBN_ERR_SQLSTATE), "23505"));
	cr_assert(dbn_text_eqz(h->error_field(err, 99), ""));
	cr_assert_str_eq(dbn_error_plugin(err), "the.instance");
	cr_assert_str_eq(dbn_error_where(err), "", "only create() is about the configuration");
	h->error_free(err);
	cr_assert_eq(fail(h, NULL, &info, "nobody listens"), DBN_E_DUPLICATE);
	probe_close(&p);
}

static char logged[256];

static void
note_log(int32_t level, const char *msg, size_t len, void *user)
{
	(void)user;
	(void)snprintf(logged, sizeof logged, "%d %.*s", (int)level, (int)len, msg);
}

static void
note_changed(const dbn_instance *i, uint32_t what, void *user)
{
	(void)snprintf(user, 64, "%s %u", i->name, (unsigned)what);
}

Test(instance, host_log_clock_and_change)
{
	char seen[64] = "";
	const dbn_host *h;
	struct probed p;

	probe_open(&p, probe_text);
	h = p.probe->host;
	cr_assert_eq(h->struct_size, sizeof(dbn_host));
	cr_assert_eq(h->abi_minor, DBN_ABI_MINOR);
	dbn_log_set(note_log, NULL, DBN_LOG_DEBUG);
	h->log(h, 2, "hello you", 5);
	cr_assert_str_eq(logged, "2 the.instance: hello");
	dbn_log_set(NULL, NULL, 0);
	cr_assert_leq(h->now_ns(h), dbn_now_ns());
	cr_assert_leq(h->wall_us(h), dbn_wall_us());
	h->changed(h, DBN_CHANGED_POLICY);
	dbn_registry_on_changed(p.registry, note_changed, seen);
	h->changed(h, DBN_CHANGED_NODE);
	cr_assert_str_eq(seen, "the.instance 3");
	cr_assert_eq(dbn_host_registry(h), p.registry);
	cr_assert_eq(dbn_host_instance(h), p.instance);
	probe_close(&p);
}

Test(instance, host_cancelled)
{
	_Atomic uint32_t flag = 0;
	dbn_call call = DBN_CALL_INIT;
	const dbn_host *h;
	struct probed p;

	probe_open(&p, probe_text);
	h = p.probe->host;
	cr_assert(!h->cancelled(h, NULL));
	cr_assert(!h->cancelled(h, &call));
	call.deadline_ns = dbn_now_ns() + UINT64_C(60000000000);
	cr_assert(!h->cancelled(h, &call));
	cr_assert_null(dbn_host_set_cancel(&flag));
	cr_assert(!h->cancelled(h, &call));
	flag = 1;
	cr_assert(h->cancelled(h, &call));
	cr_assert_eq(dbn_host_set_cancel(NULL), &flag);
	cr_assert(!h->cancelled(h, &call));
	call.deadline_ns = 1;
	cr_assert(h->cancelled(h, &call));
	probe_close(&p);
}

Test(instance, poll_service)
{
	const dbn_poll_service *poll;
	_Atomic uint32_t flag = 1;
	dbn_call call = DBN_CALL_INIT;
	const dbn_host *h;
	uint32_t ready;
	struct probed p;
	int fds[2];

	probe_open(&p, probe_text);
	h = p.probe->host;
	poll = h->get_service(h, "dbn.poll/1");
	cr_assert_not_null(poll);
	cr_assert_eq(pipe(fds), 0);
	call.deadline_ns = dbn_now_ns() + 5000000;
	cr_assert_eq(poll->wait(h, fds[0], 1, &call, &ready, NULL), DBN_E_TIMEOUT);
	cr_assert_eq(poll->wait(h, fds[1], 2, &call, &ready, NULL), DBN_OK, "it is ready at once");
	cr_assert_eq(ready, 2);
	(void)dbn_host_set_cancel(&flag);
	cr_assert_eq(poll->wait(h, fds[0], 1, NULL, &ready, NULL), DBN_E_CANCELLED);
	(void)dbn_host_set_cancel(NULL);
	cr_assert_eq(write(fds[1], "x", 1), 1);
	cr_assert_eq(poll->wait(h, fds[0], 1, NULL, &ready, NULL), DBN_OK);
	cr_assert_eq(ready, 1);
	cr_assert_eq(close(fds[0]) + close(fds[1]), 0);
	cr_assert_eq(poll->wait(h, fds[0], 1, NULL, &ready, NULL), DBN_E_INVALID);
	probe_close(&p);
}

Test(instance, services)
{
	static const uint32_t table = 4, other = 4;
	const dbn_secret_service *secrets;
	const dbn_host *h;
	struct probed p;
	dbn_bytes secret;

	probe_open(&p, probe_text);
	h = p.probe->host;
	cr_assert_null(h->get_service(h, "dbn.sql/1"));
	cr_assert_null(h->get_service(h, NULL));
	cr_assert_eq(dbn_host_service_register(p.registry, "dbn.sql/1", &table, NULL), DBN_OK);
	cr_assert_eq(h->get_service(h, "dbn.sql/1"), &table);
	cr_assert_eq(dbn_host_service_register(p.registry, "dbn.sql/1", &other, NULL), DBN_OK);
	cr_assert_eq(h->get_service(h, "dbn.sql/1"), &other);
	secrets = h->get_service(h, "dbn.secret/1");
	cr_assert_eq(secrets->get(h, "token", &secret, NULL), DBN_OK);
	cr_assert_eq(secret.len, 6);
	cr_assert_arr_eq(secret.ptr, "s3cret", 6);
	secrets->release(h, &secret);
	cr_assert_null(secret.ptr);
	cr_assert_eq(secrets->get(h, "other", &secret, NULL), DBN_E_NOT_FOUND);
	cr_assert_eq(secrets->get(h, NULL, &secret, NULL), DBN_E_NOT_FOUND);
	secrets->release(h, &secret);
	probe_close(&p);
}

/* ---- wrappers ---- */

static char counter_name[64];
static int64_t counted;

static dbn_status
add_counter(void *user, const char *name, const char *help, uint32_t *id, dbn_error **err)
{
	(void)user;
	(void)help;
	(void)err;
	(void)snprintf(counter_name, sizeof counter_name, "%s", name);
	*id = 3;
	return DBN_OK;
}

static void
add_count(void *user, uint32_t id, int64_t n)
{
	(void)user;
	counted += id == 3 ? n : 0;
}

Test(instance, wrapper_around_a_serial_cache)
{
	char dirs[2][PATH_MAX];
	const char *const list[] = { dirs[0], dirs[1] };
	dbn_cache_hit hit = { .struct_size = sizeof hit };
	dbn_get_opts get = { .call = DBN_CALL_INIT };
	dbn_put_opts put = { .call = DBN_CALL_INIT, .ttl_ns = UINT64_MAX };
	dbn_text key = { "k", 1 }, part = { "value", 5 };
	const dbn_cache_ops *ops;
	struct plugin_conf c;
	dbn_registry *r;
	dbn_instance *i;
	dbn_error *err;

	count_memory();
	(void)snprintf(dirs[0], sizeof dirs[0], "%s", built_dir("tests/plugins"));
	(void)snprintf(dirs[1], sizeof dirs[1], "%s", built_dir("plugins/template"));
	cr_assert_eq(dbn_registry_new(list, 2, NULL, &r, NULL), DBN_OK);
	dbn_registry_on_metrics(r, add_counter, add_count, NULL);
	cr_assert_eq(setenv("WRAP_KEY", "k3y", 1), 0);
	plugin_conf_open(&c, "x = { plugin = \"wrap\"; secrets = { key = \"env:WRAP_KEY\"; };\n"
		"inner = { plugin = \"template\"; settings = { entries = 8; }; }; };");
	cr_assert_eq(dbn_instance_new(r, DBN_KIND_CACHE, &c.p, &i, &err), DBN_OK, "%s",
		dbn_error_message(err));
	cr_assert_str_eq(counter_name, "the.instance.gets");
	cr_assert(!i->serial, "it locks by itself");
	ops = i->ops;
	cr_assert_eq(ops->get(i->self, &key, 1, &get, &hit, NULL), DBN_OK);
	cr_assert_eq(hit.state, DBN_CACHE_LOAD);
	put.ticket = hit.ticket;
	cr_assert_eq(ops->put(i->self, key, &part, 1, &put, NULL), DBN_OK);
	cr_assert_eq(ops->get(i->self, &key, 1, &get, &hit, NULL), DBN_OK);
	cr_assert_eq(hit.state, DBN_CACHE_HIT);
	cr_assert(dbn_text_eqz(hit.value, "value"));
	ops->release(i->self, &hit, 1);
	cr_assert_eq(counted, 2);
	plugin_conf_close(&c);
	plugin_conf_open(&c, "x = { plugin = \"wrap\"; };");
	cr_assert_eq(dbn_instance_new(r, DBN_KIND_CACHE, &c.p, &i, &err), DBN_E_CONFIG);
	cr_assert_not_null(strstr(dbn_error_message(err), "wraps another one, but none is given"));
	dbn_error_free(err);
	plugin_conf_close(&c);
	plugin_conf_open(&c, "x = { plugin = \"template\"; inner = { plugin = \"template\"; }; };");
	cr_assert_eq(dbn_instance_new(r, DBN_KIND_CACHE, &c.p, &i, &err), DBN_E_CONFIG);
	cr_assert_not_null(strstr(dbn_error_message(err), "does not wrap"));
	dbn_error_free(err);
	plugin_conf_close(&c);
	dbn_registry_free(r);
	cr_assert_eq(stack_live, 0);
}

/* ---- the search path, and the public faces ---- */

Test(instance, directories_in_order)
{
	char path[2 * PATH_MAX + 8];
	const dbn_plugin *p;
	dbn_registry *r;
	size_t n;

	n = (size_t)snprintf(path, sizeof path, "/nowhere::%s", built_dir("plugins/template"));
	(void)snprintf(path + n, sizeof path - n, ":%s", built_dir("tests/plugins"));
	cr_assert_eq(setenv("DBNEXUS_PLUGIN_PATH", path, 1), 0);
	r = registry_at("relative/dir");
	cr_assert_eq(dbn_registry_find(r, DBN_KIND_SHARD, "template", NULL, &p, NULL), DBN_OK);
	cr_assert_eq(p->path[0], '/');
	cr_assert_not_null(strstr(p->path, "plugins/template"));
	cr_assert_eq(dbn_registry_find(r, DBN_KIND_SHARD, "good", NULL, &p, NULL), DBN_OK);
	dbn_registry_free(r);
}

struct seen {
	int good, refused;
};

static void
see(const char *path, const dbn_plugin_info *info, const dbn_error *why, void *user)
{
	struct seen *s = user;

	cr_assert((info != NULL) != (why != NULL), "%s", path);
	cr_assert_eq(path[0], '/');
	s->good += info != NULL;
	s->refused += why != NULL;
	if (info && strcmp(info->name, "probe") == 0) {
		cr_assert_str_eq(info->kind_name, "shard");
		cr_assert_eq(info->settings.count, 5);
		cr_assert_eq(info->threads, DBN_THREADS_SERIAL);
	}
}

Test(instance, listing)
{
	dbn_plugin_info info = { .struct_size = sizeof info };
	char path[PATH_MAX + 32];
	struct seen s = { 0, 0 };

	cr_assert_eq(setenv("DBNEXUS_PLUGIN_PATH", built_dir("tests/plugins"), 1), 0);
	cr_assert_eq(dbn_plugins_each(NULL, see, &s, NULL), DBN_OK);
	cr_assert_geq(s.good, 5);
	cr_assert_geq(s.refused, 20);
	(void)snprintf(path, sizeof path, "%s/shard-probe.so", built_dir("tests/plugins"));
	cr_assert_eq(dbn_plugins_open(path, &info, NULL), DBN_OK);
	cr_assert_str_eq(info.name, "probe");
	cr_assert_str_eq(info.path, path);
	(void)snprintf(path, sizeof path, "%s/shard-missing-op.so", built_dir("tests/plugins"));
	cr_assert_eq(dbn_plugins_open(path, &info, NULL), DBN_E_PLUGIN);
}

static void
note_problem(const dbn_config_problem *p, void *user)
{
	dbn_str_addf(user, "%u %s\n", (unsigned)p->line, p->text);
}

/* The core's problems and those of plugins, in one go and in order. */
Test(instance, check_of_a_whole_configuration)
{
	static const char want[] = "3 unknown key \"databases.main.driver.settings.rowz\"\n"
		"4 plugin \"template\" does not wrap another one\n"
		"5 \"permission.settings.reader\" is missing\n"
		"7 \"cache.ttl\" must be a text with a unit, as \"30 s\", not a whole number\n"
		"8 \"cache.settings.entries\" must be a number of 1 to 100000, not 0\n"
		"9 there is no audit plugin \"tenplate\" (audit-tenplate.so)\n"
		"10 plugin \"";
	char text[2 * PATH_MAX + 1024], a[PATH_MAX], b[PATH_MAX];
	dbn_config *c;
	dbn_error *err;
	dbn_str s;

	(void)snprintf(a, sizeof a, "%s", built_dir("tests/plugins"));
	(void)snprintf(b, sizeof b, "%s", built_dir("plugins/template"));
	(void)snprintf(text, sizeof text, "plugins = { dirs = [ \"%s\", \"%s\" ]; };\n"
		"databases = { main = { driver = { plugin = \"template\"; url = \"template:x\";\n"
		"settings = { rowz = 5; };\n"
		"inner = { plugin = \"template\"; }; }; }; };\n"
		"permission = {\n"
		"plugin = \"template\"; };\n"
		"cache = { plugin = \"template\"; ttl = 5;\n"
		"settings = { entries = 0; }; };\n"
		"audit = ( { name = \"a\"; plugin = \"tenplate\"; },\n"
		"{ name = \"b\"; plugin = \"broken-promise\"; } );\n"
		"limits = { depth = \"x\"; };\n", a, b);
	cr_assert_eq(dbn_config_open_text(dbn_text_z(text), "t.conf", DBN_CONFIG_NO_ENV, &c, &err),
		DBN_OK, "%s", dbn_error_detail(err));
	dbn_str_init(&s, 0);
	cr_assert_eq(dbn_config_check(c, note_problem, &s, &err), DBN_E_CONFIG);
	cr_assert(strncmp(dbn_str_z(&s), want, sizeof want - 1) == 0, "%s", dbn_str_z(&s));
	cr_assert_not_null(strstr(dbn_str_z(&s), "\n11 \"limits.depth\" must be a whole number"));
	cr_assert_not_null(strstr(dbn_error_detail(err), "did you mean \"template\"?"));
	dbn_error_free(err);
	dbn_config_free(c);
	dbn_str_reset(&s);
	(void)snprintf(text, sizeof text, "plugins = { dirs = [ \"%s\" ]; };\n"
		"databases = { main = { driver = { plugin = \"template\"; url = \"template:x\"; }; }; };\n"
		"permission = { plugin = \"template\"; settings = { reader = \"ann\"; }; };\n", b);
	cr_assert_eq(dbn_config_open_text(dbn_text_z(text), "t.conf", DBN_CONFIG_NO_ENV, &c, &err),
		DBN_OK);
	cr_assert_eq(dbn_config_check(c, note_problem, &s, &err), DBN_OK, "%s", dbn_error_detail(err));
	cr_assert_null(err);
	cr_assert_eq(s.len, 0);
	dbn_str_free(&s);
	dbn_config_free(c);
	cr_assert_eq(dbn_config_check(NULL, NULL, NULL, NULL), DBN_E_INVALID);
}
