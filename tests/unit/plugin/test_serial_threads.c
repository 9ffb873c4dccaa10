/* SPDX-License-Identifier: MIT */
/*
 * DBN_THREADS_SERIAL is kept by the core: many threads call one instance whose
 * counter would lose counts (and whose race ThreadSanitizer would see).  A plain
 * program, because Criterion does not start under ThreadSanitizer.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/build.h"
#include "plugin/registry.h"
#include "plugins/probe.h"

#define THREADS 8
#define ROUNDS  200

static dbn_instance *instance;

static void *
work(void *arg)
{
	const dbn_shard_ops *ops = instance->ops;
	uint64_t next;

	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		if (ops->bind(instance->self, NULL, NULL, 0, NULL) != DBN_OK)
			return arg;
		(void)dbn_instance_health(instance, NULL, NULL);
		(void)dbn_instance_maintain(instance, (uint64_t)i * 10000, &next, NULL);
	}
	return NULL;
}

static int
run(const char *dir)
{
	pthread_t t[THREADS];
	dbn_config *config;
	dbn_conf_plugin p = { .name = "probe", .instance = "serial" };
	const struct probe *probe;
	dbn_registry *r;
	int rc = 1;

	if (dbn_config_open_text(dbn_text_z("must = \"x\";"), NULL, DBN_CONFIG_NO_ENV, &config, NULL) ||
		dbn_registry_new(&dir, 1, NULL, &r, NULL))
		return 1;
	p.node = p.settings = config->tree.root;
	if (dbn_instance_new(r, DBN_KIND_SHARD, &p, &instance, NULL) == DBN_OK) {
		for (int i = 0; i < THREADS; i++)
			(void)pthread_create(&t[i], NULL, work, NULL);
		for (int i = 0; i < THREADS; i++)
			(void)pthread_join(t[i], NULL);
		probe = dbn_instance_extension(instance, "test.probe/1");
		rc = probe->inside != (uint64_t)THREADS * ROUNDS * 1000;
		printf("1..1\n%sok 1 - %llu of %llu counted\n", rc ? "not " : "",
			(unsigned long long)probe->inside,
			(unsigned long long)THREADS * ROUNDS * 1000);
	}
	dbn_registry_free(r);
	dbn_config_free(config);
	return rc;
}

int
main(void)
{
	const char *top = getenv("DBN_TOP_BUILD");
	char dir[PATH_MAX], real[PATH_MAX];

	(void)snprintf(dir, sizeof dir, "%s/tests/plugins/.libs", top ? top : ".");
	if (!realpath(dir, real))
		return 1;
	return run(real);
}
