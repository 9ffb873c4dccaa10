/* SPDX-License-Identifier: MIT */
/*
 * Sessions of many threads while the policy is replaced again and again: every
 * subject sees one policy or the other, whole.  A plain program, so that it runs
 * under ThreadSanitizer.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/fake_host.h"
#include "permission/permission.h"

extern const dbn_plugin_descriptor dbn_plugin_entry;

static dbn_authority *authority;
static char path[] = "/tmp/threads-XXXXXX";
static _Atomic int stop;

/* One rule more or less; the rule's id tells which policy it is. */
static void
write_policy(int n)
{
	char tmp[64];
	FILE *f;

	(void)snprintf(tmp, sizeof(tmp), "%s.new", path);
	f = fopen(tmp, "w");
	if (!f)
		abort();
	(void)fprintf(f, "version = 1; attributes = ( { name = \"v\"; type = \"int64\"; required = true; } );\n"
		"roles = ( { name = \"r%d\"; } ); users = ( { name = \"u\"; roles = [ \"r%d\" ]; attributes = { v = %d; }; } );\n"
		"rules = ( { id = \"p%d\"; roles = [ \"r%d\" ]; relation = \"t\"; actions = [ \"read\" ];"
		" using = \"a = $user.v\"; when = \"$user.v = %d AND $now > '2000-01-01'\"; } );\n", n, n, n, n, n, n);
	(void)fclose(f);
	if (rename(tmp, path) != 0)
		abort();
}

static int
consistent(dbn_subject *s)
{
	dbn_rule_query q = { DBN_RESOURCE_RELATION, true, false, { dbn_text_z("main"), dbn_text_z("main"),
		dbn_text_z("t") }, dbn_text_z("main"), dbn_text_z("main") };
	dbn_ruleset *set = NULL;
	char want[32];
	int ok;

	if (s->nroles != 1 || s->nattributes != 1 || s->nconditions != 1 ||
		dbn_subject_conditions(s, DBN_ACT_READ, INT64_C(1700000000000000)) != 1)
		return 0;
	if (dbn_subject_rules(s, &q, &set, NULL) != DBN_OK)
		return 0;
	(void)snprintf(want, sizeof(want), "p%lld", (long long)s->attributes[0].u.i64);
	ok = set->nrules == 1 && dbn_text_eqz(set->rules[0].id, want) &&
		dbn_rule_applies(&set->rules[0], 1) == DBN_RULE_ON;
	dbn_ruleset_release(set);
	return ok;
}

static void *
sessions(void *arg)
{
	dbn_identity_in who = { .struct_size = (uint32_t)sizeof(who), .user = { "u", 1 } };
	uintptr_t bad = 0;

	(void)arg;
	while (!stop) {
		dbn_subject *s = NULL;

		if (dbn_subject_open(authority, &who, NULL, &s, NULL) != DBN_OK) {
			bad++;
			continue;
		}
		for (int i = 0; i < 20; i++) {
			if (dbn_subject_stale(s) && dbn_subject_refresh(s, NULL) != DBN_OK)
				bad++;
			bad += !consistent(s);
		}
		dbn_subject_close(s);
	}
	return (void *)bad;
}

int
main(void)
{
	char setting[64];
	const char *settings[] = { setting, NULL };
	dbn_authority_conf conf = { .name = "p" };
	fake_plugin plugin;
	pthread_t t[4];
	uintptr_t bad = 0;
	uint64_t epoch;
	int fd = mkstemp(path);

	if (fd < 0)
		return 99;
	(void)close(fd);
	write_policy(0);
	(void)snprintf(setting, sizeof(setting), "file=%s", path);
	if (fake_plugin_open(&plugin, NULL, &dbn_plugin_entry, settings, NULL, NULL) != DBN_OK)
		return 99;
	conf.self = plugin.self;
	conf.ops = plugin.desc->ops;
	if (dbn_authority_open(&conf, &authority, NULL) != DBN_OK)
		return 99;
	for (int i = 0; i < 4; i++)
		if (pthread_create(&t[i], NULL, sessions, NULL) != 0)
			return 99;
	for (int i = 1; i <= 100; i++) {
		write_policy(i);
		dbn_authority_changed(authority);
		if (i % 3 == 0)
			bad += dbn_authority_refresh(authority, NULL) != DBN_OK;
		dbn_sleep_ns(2000000);
	}
	stop = 1;
	for (int i = 0; i < 4; i++) {
		void *r;

		(void)pthread_join(t[i], &r);
		bad += (uintptr_t)r;
	}
	bad += dbn_authority_refresh(authority, NULL) != DBN_OK;
	epoch = dbn_authority_epoch(authority);
	dbn_authority_close(authority);
	fake_plugin_close(&plugin);
	(void)unlink(path);
	printf("1..2\n%sok 1 - every subject saw one policy, whole (%lu did not)\n", bad ? "not " : "",
		(unsigned long)bad);
	printf("%sok 2 - the policy moved (%llu times)\n", epoch > 30 ? "" : "not ", (unsigned long long)epoch - 1);
	return bad || epoch <= 30;
}
