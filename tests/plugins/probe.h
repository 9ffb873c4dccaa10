/* SPDX-License-Identifier: MIT */
/* What shard-probe shows of itself through "test.probe/1". */
#ifndef TESTS_PROBE_H
#define TESTS_PROBE_H

#include <dbnexus/plugin/shard.h>

struct probe_peer {
	const char *name;
	int64_t weight;
};
struct probe_settings {
	const char *must;
	uint64_t size;
	const char *file, *token;
	dbn_array peers;
};
struct probe {
	const dbn_host *host;
	const struct probe_settings *settings;
	dbn_text instance, where;
	int reloads, maintained, sick;
	int *destroyed;
	volatile uint64_t inside;
};

#endif
