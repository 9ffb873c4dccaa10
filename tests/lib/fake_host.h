/* SPDX-License-Identifier: MIT */
/*
 * A host for one plugin instance without the rest of the core: memory that is
 * counted and can be made to fail, a clock that can be moved, log lines on
 * demand, counters.  Loads a plugin file by plain dlopen() and fills its
 * settings from "name=value" texts, so conformance programs need no registry.
 * Link libcore.la: errors are made by error/error.h.
 */
#ifndef TESTS_FAKE_HOST_H
#define TESTS_FAKE_HOST_H

#include <stdatomic.h>
#include <dbnexus/error.h>
#include <dbnexus/plugin/host.h>

#define FAKE_COUNTERS 64

typedef struct fake_host {
	dbn_host host;              /* first: the plugin's pointer leads back here */
	char instance[64];
	_Atomic int64_t live;       /* allocations not released */
	_Atomic int64_t allocs;     /* allocations ever */
	_Atomic int64_t fail_at;    /* this one fails (counted from now); 0: none */
	_Atomic uint64_t skew_ns;   /* added to the clock */
	_Atomic uint32_t changed;   /* bits 1 << DBN_CHANGED_.. */
	_Atomic int32_t cancel;     /* what cancelled() answers */
	bool verbose;               /* log lines go to standard error */
	int32_t last_level;         /* of the last log line; read when nobody logs */
	char last_line[200];
	const char *counter_name[FAKE_COUNTERS];
	_Atomic int64_t counter[FAKE_COUNTERS];
	uint32_t ncounters;
} fake_host;

void fake_host_init(fake_host *fh, const char *instance);
int64_t fake_host_count(const fake_host *fh, const char *counter);

/* One loaded plugin with one instance of it. */
typedef struct fake_plugin {
	void *dl;                   /* NULL: built in */
	const dbn_plugin_descriptor *desc;
	fake_host fh;
	void *settings, *self;
	dbn_create_info info;
	char *texts[64];            /* of string settings */
	size_t ntexts;
} fake_plugin;

/* Load path (or take desc), fill settings, create().  settings: "name=value",
 * "name.sub=value" for groups, NULL-ended; may be NULL.  On failure nothing is
 * left but err.  inner: of a wrapper, else NULL. */
dbn_status fake_plugin_open(fake_plugin *fp, const char *path, const dbn_plugin_descriptor *desc,
	const char *const *settings, const dbn_inner *inner, dbn_error **err);
/* destroy() and unload. */
void fake_plugin_close(fake_plugin *fp);
/* A second instance of the same plugin, sharing its code. */
dbn_status fake_plugin_again(fake_plugin *fp, const fake_plugin *of, const char *const *settings,
	dbn_error **err);

#endif
