/* SPDX-License-Identifier: MIT */
/*
 * Settings against their schema: a tree node is checked against dbn_conf_items
 * and a settings struct is filled by offset.  Used for the core's own settings
 * and for those of plugins.  What is filled belongs to a dbn_conf_memory.
 */
#ifndef DBN_CONF_SCHEMA_H
#define DBN_CONF_SCHEMA_H

#include "conf/problem.h"
#include <dbnexus/plugin/abi.h>

/* Owns every text and list of filled settings; secrets in it are wiped. */
typedef struct dbn_conf_memory {
	dbn_arena arena;
	struct dbn_conf_secret *secrets;
} dbn_conf_memory;
void dbn_conf_memory_init(dbn_conf_memory *m);
void dbn_conf_memory_free(dbn_conf_memory *m);

/*
 * Check node (NULL: nothing is set) against the items and fill out, which must
 * be zeroed.  Offsets of a GROUP's items count from the group's own struct.
 * Items with DBN_CONF_SECRET are taken from secrets = { } by dbn_secret_fetch(),
 * but only if fetch is set: a check reads none.  Problems are collected; owner
 * is the node that they belong to where nothing is set.  Returns DBN_E_NOMEM or
 * DBN_OK, also where there were problems.
 */
typedef struct dbn_conf_fill_opts {
	const dbn_conf_node *node, *secrets, *owner;
	const char *what;           /* "cache.front": for messages */
	const char *group;          /* "settings": what node is called where it is missing */
	bool fetch;
} dbn_conf_fill_opts;
dbn_status dbn_conf_fill(const dbn_array *items, const dbn_conf_fill_opts *opts, void *out,
	dbn_conf_memory *memory, dbn_problems *problems);

/* Is the schema itself sound: types, names, offsets within size, defaults? */
dbn_status dbn_conf_schema_check(const dbn_array *items, uint32_t size, dbn_error **err);

/* "64 MiB", "30 s", "never".  false: not one. */
bool dbn_conf_parse_size(dbn_text t, uint64_t *bytes);
bool dbn_conf_parse_duration(dbn_text t, uint64_t *ns);

/*
 * A secret by reference: "file:PATH", "env:NAME", "command:SHELL COMMAND".  One
 * newline at the end is taken off.  *out is given: dbn_secret_wipe() it.
 * DBN_E_CONFIG, DBN_E_IO; the message never holds the secret.
 */
dbn_status dbn_secret_fetch(const dbn_conf_node *node, dbn_bytes *out, dbn_error **err);
void dbn_secret_wipe(dbn_bytes *secret);

#endif
