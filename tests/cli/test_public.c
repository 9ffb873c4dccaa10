/* SPDX-License-Identifier: MIT */
/*
 * What tools use of the library: dbnexus/trail.h, plugins.h and policy.h, over
 * the plugins as they were built.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit.h"
#include "plugin/registry.h"
#include <dbnexus/plugins.h>
#include <dbnexus/policy.h>
#include <dbnexus/trail.h>

static char dir[] = "/tmp/dbnexus-public.XXXXXX";
static char trail[64];

static void
enter(void)
{
	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(chdir(dir), 0);
	snprintf(trail, sizeof trail, "%s/t.log", dir);
}

static void
leave(void)
{
	char cmd[128];

	snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
	cr_assert_eq(system(cmd), 0);
}

static void
put_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	cr_assert_not_null(f);
	fputs(text, f);
	fclose(f);
}

static dbn_config *
config_of_trail(void)
{
	dbn_config *config = NULL;
	dbn_error *err = NULL;

	cr_assert_eq(dbn_config_open_url("sqlite:x.db", NULL, trail,
		DBN_OPEN_ALLOW_ALL | DBN_CONFIG_NO_ENV, &config, &err), DBN_OK, "%s",
		dbn_error_message(err));
	return config;
}

/* n records of ana's reads, through the plugin that keeps them. */
static void
write_trail(unsigned n)
{
	dbn_config *config = config_of_trail();
	dbn_stack_conf *stack = NULL;
	dbn_registry *registry = NULL;
	dbn_instance *sink = NULL;
	dbn_problems problems;
	dbn_audit_sink_conf one = { 0 };
	dbn_audit_conf conf = { .sinks = &one, .nsinks = 1 };
	dbn_audit *audit = NULL;
	dbn_error *err = NULL;

	dbn_problems_init(&problems);
	cr_assert_eq(dbn_stack_load(config, &problems, &stack), DBN_OK);
	cr_assert_eq(dbn_registry_new(NULL, 0, NULL, &registry, &err), DBN_OK);
	cr_assert_eq(dbn_instance_new(registry, DBN_KIND_AUDIT, &stack->audit[0].plugin, &sink, &err),
		DBN_OK, "%s", dbn_error_message(err));
	one.name = dbn_text_z("trail");
	one.self = sink->self;
	one.ops = sink->ops;
	one.guarantee = DBN_AUDIT_BEST_EFFORT;
	one.on_failure = DBN_AUDIT_DROP;
	cr_assert_eq(dbn_audit_open(&conf, &audit, &err), DBN_OK, "%s", dbn_error_message(err));
	for (unsigned i = 0; i < n; i++) {
		dbn_text relations[] = { DBN_TEXT_LIT("main.main.a"), DBN_TEXT_LIT("main.main.b") };
		dbn_audit_event ev = { .action = DBN_AUDIT_READ, .outcome = DBN_AUDIT_OK };

		ev.user = dbn_text_z("ana");
		ev.relations = relations;
		ev.nrelations = 2;
		dbn_audit_submit(audit, &ev);
	}
	dbn_audit_close(audit, UINT64_C(5000000000));
	dbn_registry_free(registry);
	dbn_stack_free(stack);
	dbn_problems_free(&problems);
	dbn_config_free(config);
}

static dbn_status
verify(const dbn_trail_opts *opts, dbn_trail_report *report)
{
	dbn_config *config = config_of_trail();
	dbn_status rc;

	memset(report, 0, sizeof *report);
	report->struct_size = (uint32_t)sizeof *report;
	rc = dbn_trail_verify(config, opts, report, NULL);
	dbn_config_free(config);
	return rc;
}

TestSuite(trail, .init = enter, .fini = leave);

Test(trail, a_sound_one_is_sound)
{
	dbn_trail_report r;

	write_trail(20);
	cr_assert_eq(verify(NULL, &r), DBN_OK);
	cr_assert_eq(r.damage, DBN_TRAIL_SOUND);
	cr_assert_geq(r.records, 20);
	cr_assert_eq(r.first_seq, 1);
	cr_assert_eq(r.last_seq, r.records);
	cr_assert_eq(strlen(r.last_hash), 64);
}

/* Swap the user's name in the given line for another of the same length. */
static void
edit_line(unsigned line)
{
	char cmd[256];

	snprintf(cmd, sizeof cmd, "sed -i '%us/\"ana\"/\"anb\"/' %s", line, trail);
	cr_assert_eq(system(cmd), 0);
}

Test(trail, an_edited_record_is_named)
{
	dbn_trail_report r;

	write_trail(20);
	edit_line(7);
	cr_assert_eq(verify(NULL, &r), DBN_E_INTEGRITY);
	cr_assert_eq(r.damage, DBN_TRAIL_EDITED);
	cr_assert_eq(r.bad_line, 7);
	cr_assert_eq(r.bad_seq, 7);
	cr_assert_eq(r.last_seq, 6);
	cr_assert_str_eq(dbn_trail_damage_name(r.damage), "edited");
	cr_assert_neq(r.what[0], '\0');
}

Test(trail, a_head_proves_the_end)
{
	dbn_trail_opts opts = dbn_trail_opts_init();
	dbn_trail_report whole, r;
	char cmd[128];

	write_trail(5);
	cr_assert_eq(verify(NULL, &whole), DBN_OK);
	opts.head_seq = whole.last_seq;
	opts.head_hash = whole.last_hash;
	cr_assert_eq(verify(&opts, &r), DBN_OK);
	snprintf(cmd, sizeof cmd, "sed -i '$d' %s", trail);
	cr_assert_eq(system(cmd), 0);
	cr_assert_eq(verify(NULL, &r), DBN_OK);
	cr_assert_eq(verify(&opts, &r), DBN_E_INTEGRITY);
	cr_assert_eq(r.damage, DBN_TRAIL_CUT);
}

Test(trail, wrong_calls_are_refused)
{
	dbn_trail_opts opts = dbn_trail_opts_init();
	dbn_trail_report r;
	dbn_config *config = config_of_trail();
	dbn_error *err = NULL;

	write_trail(1);
	opts.struct_size = 0;
	cr_assert_eq(verify(&opts, &r), DBN_E_INVALID);
	opts = dbn_trail_opts_init();
	opts.flags = 8;
	cr_assert_eq(verify(&opts, &r), DBN_E_INVALID);
	opts = dbn_trail_opts_init();
	opts.head_seq = 1;
	opts.head_hash = "12";
	cr_assert_eq(verify(&opts, &r), DBN_E_INVALID);
	opts = dbn_trail_opts_init();
	opts.sink = "nosuch";
	cr_assert_eq(dbn_trail_verify(config, &opts, &r, &err), DBN_E_CONFIG);
	cr_assert_not_null(strstr(dbn_error_message(err), "nosuch"));
	dbn_error_free(err);
	r.struct_size = 0;
	cr_assert_eq(dbn_trail_verify(config, NULL, &r, NULL), DBN_E_INVALID);
	cr_assert_eq(dbn_trail_verify(NULL, NULL, &r, NULL), DBN_E_INVALID);
	cr_assert_eq(dbn_trail_read(config, NULL, NULL, NULL, NULL), DBN_E_INVALID);
	dbn_config_free(config);
	cr_assert_eq(dbn_config_open_url("sqlite:x.db", NULL, NULL, DBN_OPEN_ALLOW_ALL, &config, &err),
		DBN_OK);
	r.struct_size = (uint32_t)sizeof r;
	cr_assert_eq(dbn_trail_verify(config, NULL, &r, &err), DBN_E_CONFIG);
	dbn_error_free(err);
	dbn_config_free(config);
}

/* A smaller struct of an older caller is filled as far as it goes. */
Test(trail, an_older_report_is_not_overrun)
{
	dbn_trail_report r;
	dbn_config *config = config_of_trail();

	write_trail(3);
	memset(&r, 0x5a, sizeof r);
	r.struct_size = (uint32_t)offsetof(dbn_trail_report, lost);
	cr_assert_eq(dbn_trail_verify(config, NULL, &r, NULL), DBN_OK);
	cr_assert_eq(r.struct_size, offsetof(dbn_trail_report, lost));
	cr_assert_geq(r.records, 3);
	cr_assert_eq((unsigned char)r.what[0], 0x5a);
	dbn_config_free(config);
}

static dbn_status
count_lines(dbn_text line, bool torn, void *user)
{
	unsigned *n = user;
	char buf[64], tiny[4];

	cr_assert_not(torn);
	cr_assert(dbn_trail_member(line, "seq", buf, sizeof buf));
	cr_assert_eq(strtoul(buf, NULL, 10), *n + 1);
	if (dbn_trail_member(line, "user", buf, sizeof buf)) {
		cr_assert_str_eq(buf, "ana");
		cr_assert(dbn_trail_member(line, "relations", buf, sizeof buf));
		cr_assert_str_eq(buf, "main.main.a, main.main.b");
		cr_assert(dbn_trail_member(line, "action", tiny, sizeof tiny));
		cr_assert_str_eq(tiny, "rea");
	}
	cr_assert_not(dbn_trail_member(line, "nosuch", buf, sizeof buf));
	return ++*n == 6 ? DBN_E_CANCELLED : DBN_OK;
}

Test(trail, lines_are_read_in_order_and_in_parts)
{
	dbn_config *config = config_of_trail();
	dbn_error *err = NULL;
	unsigned n = 0;
	char buf[8];

	write_trail(20);
	cr_assert_eq(dbn_trail_read(config, NULL, count_lines, &n, &err), DBN_E_CANCELLED);
	dbn_error_free(err);
	cr_assert_eq(n, 6);
	cr_assert_not(dbn_trail_member(dbn_text_z("no record"), "seq", buf, sizeof buf));
	cr_assert_not(dbn_trail_member(dbn_text_z("{}"), "seq", NULL, 0));
	dbn_config_free(config);
}

/* ---- plugins ---- */

struct seen {
	unsigned kinds, bad, n;
};

static void
note_plugin(const char *path, const dbn_plugin_info *info, const dbn_error *why, void *user)
{
	struct seen *s = user;

	cr_assert_eq(path[0], '/');
	cr_assert_neq(info == NULL, why == NULL);
	if (!info) {
		s->bad++;
		cr_assert_not_null(strstr(dbn_error_message(why), path), "%s", dbn_error_message(why));
		return;
	}
	s->kinds |= 1u << info->kind;
	s->n++;
	cr_assert_not_null(strstr(path, info->kind_name));
	cr_assert_not_null(strstr(path, info->name));
	if (info->settings.count)
		cr_assert_geq(info->settings.stride, sizeof(dbn_conf_item));
}

TestSuite(plugins, .init = enter, .fini = leave);

Test(plugins, all_that_were_built_are_found)
{
	const char *path = getenv("DBNEXUS_PLUGIN_PATH");
	struct seen s = { 0, 0, 0 };
	dbn_error *err = NULL;
	unsigned built = 0;

	for (const char *p = path; p && *p; p++) /* one directory for each */
		built += *p != ':' && (p == path || p[-1] == ':');
	cr_assert_eq(dbn_plugins_each(NULL, note_plugin, &s, &err), DBN_OK);
	cr_assert_eq(s.n, built);
	cr_assert_eq(s.kinds & ~62u, 0, "kinds %x", s.kinds);
	cr_assert_eq(s.bad, 0);
}

Test(plugins, directories_of_a_configuration_count)
{
	struct seen s = { 0, 0, 0 };
	dbn_config *config = NULL;
	dbn_error *err = NULL;
	const char *text = "plugins = { dirs = [ \"here\" ]; };";

	cr_assert_eq(mkdir("here", 0700), 0);
	put_file("here/driver-no.so", "no plugin");
	put_file("here/README", "not looked at");
	cr_assert_eq(dbn_config_open_text(dbn_text_z(text), "x.conf", DBN_CONFIG_NO_ENV, &config, &err),
		DBN_OK);
	cr_assert_eq(dbn_plugins_each(config, note_plugin, &s, &err), DBN_OK);
	cr_assert_eq(s.bad, 1);
	dbn_config_free(config);
}

Test(plugins, one_by_its_path)
{
	dbn_plugin_info info = { .struct_size = (uint32_t)sizeof info };
	dbn_error *err = NULL;
	char path[4096];

	snprintf(path, sizeof path, "%s/plugins/cache-memory/.libs/cache-memory.so", getenv("DBN_TOP_BUILD"));
	cr_assert_eq(dbn_plugins_open(path, &info, &err), DBN_OK, "%s", dbn_error_message(err));
	cr_assert_eq(info.kind, DBN_KIND_CACHE);
	cr_assert_str_eq(info.name, "memory");
	put_file("driver-no.so", "no plugin");
	cr_assert_eq(dbn_plugins_open("./driver-no.so", &info, &err), DBN_E_PLUGIN);
	cr_assert_not_null(strstr(dbn_error_message(err), "driver-no.so"));
	dbn_error_free(err);
	cr_assert_eq(dbn_plugins_open("memory", &info, &err), DBN_E_INVALID);
	dbn_error_free(err);
	info.struct_size = 0;
	cr_assert_eq(dbn_plugins_open(path, &info, NULL), DBN_E_INVALID);
	cr_assert_eq(dbn_plugins_open(NULL, &info, NULL), DBN_E_INVALID);
}

/* ---- policy ---- */

#ifdef HAVE_RBAC

static dbn_status
check_policy(const char *rules, uint32_t *n, dbn_error **err)
{
	static const char conf[] = "databases = { main = { driver = { plugin = \"sqlite\"; url = \"sqlite:x.db\"; }; }; };"
		"permission = { plugin = \"rbac\"; settings = { file = \"policy.conf\"; }; };";
	dbn_config *config = NULL;
	dbn_status rc;
	char text[1024];

	snprintf(text, sizeof text, "version = 1; roles = ( { name = \"r\"; } );\n"
		"users = ( { name = \"u\"; roles = [ \"r\" ]; } );\nrules = ( %s );\n", rules);
	put_file("policy.conf", text);
	snprintf(text, sizeof text, "%s/app.conf", dir);
	cr_assert_eq(dbn_config_open_text(dbn_text_z(conf), text, DBN_CONFIG_NO_ENV, &config, err), DBN_OK);
	rc = dbn_policy_check(config, n, err);
	dbn_config_free(config);
	return rc;
}

TestSuite(policy, .init = enter, .fini = leave);

Test(policy, a_right_one_is_counted)
{
	dbn_error *err = NULL;
	uint32_t n = 0;

	cr_assert_eq(check_policy("{ id = \"a\"; roles = [ \"r\" ]; relation = \"t\"; actions = [ \"read\" ]; }",
		&n, &err), DBN_OK, "%s: %s", dbn_error_message(err), dbn_error_detail(err));
	cr_assert_eq(n, 1);
	cr_assert_eq(access("x.db", F_OK), -1);
}

Test(policy, a_wrong_one_is_named)
{
	dbn_error *err = NULL;

	cr_assert_eq(check_policy("{ id = \"a\"; roles = [ \"s\" ]; relation = \"t\"; actions = [ \"read\" ]; }",
		NULL, &err), DBN_E_CONFIG);
	cr_assert_not_null(strstr(dbn_error_detail(err), "policy.conf:3"), "%s", dbn_error_detail(err));
	dbn_error_free(err);
	cr_assert_eq(check_policy("{ id = \"a\"; roles = [ \"r\" ]; relation = \"t\"; actions = [ \"read\" ];"
		" using = \"x = \"; }", NULL, &err), DBN_E_CONFIG);
	dbn_error_free(err);
	cr_assert_eq(dbn_policy_check(NULL, NULL, NULL), DBN_E_INVALID);
}
#endif
