/* SPDX-License-Identifier: MIT */
/*
 * Policy files from anywhere: refused with every problem named, or taken; and who
 * resolves against one that was taken gets rules that can be read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/fake_host.h"
#include "permission/permission.h"

extern const dbn_plugin_descriptor dbn_plugin_entry; /* permission-rbac, linked in */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
use(dbn_authority *a)
{
	dbn_identity_in who = { .struct_size = (uint32_t)sizeof(who), .user = { "u", 1 } };
	dbn_rule_query q = { DBN_RESOURCE_RELATION, true, false, { dbn_text_z("main"), dbn_text_z("main"),
		dbn_text_z("t") }, dbn_text_z("main"), dbn_text_z("main") };
	dbn_ruleset *set = NULL;
	dbn_subject *s = NULL;

	if (dbn_subject_open(a, &who, NULL, &s, NULL) != DBN_OK)
		return;
	(void)dbn_subject_conditions(s, DBN_ACT_READ, 1);
	if (dbn_subject_rules(s, &q, &set, NULL) == DBN_OK)
		dbn_ruleset_release(set);
	dbn_subject_close(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char setting[64];
	const char *settings[] = { setting, NULL };
	dbn_authority_conf conf = { .name = "fuzz" };
	dbn_authority *a = NULL;
	dbn_error *err = NULL;
	fake_plugin plugin;
	int fd = memfd_create("policy", 0);

	if (fd < 0 || (size && write(fd, data, size) != (ssize_t)size))
		abort();
	(void)snprintf(setting, sizeof(setting), "file=/proc/self/fd/%d", fd);
	if (fake_plugin_open(&plugin, NULL, &dbn_plugin_entry, settings, NULL, NULL) != DBN_OK)
		abort();
	conf.self = plugin.self;
	conf.ops = plugin.desc->ops;
	if (dbn_authority_open(&conf, &a, &err) == DBN_OK)
		use(a);
	else if (!*dbn_error_message(err))
		abort(); /* a refusal without a word */
	dbn_error_free(err);
	dbn_authority_close(a);
	fake_plugin_close(&plugin);
	(void)close(fd);
	return 0;
}
