/* SPDX-License-Identifier: MIT */
/*
 * Which plugins there are and what each one is: for tools, not for statements.
 * Looking at a plugin loads its file (its code is not run beyond that), and what
 * was loaded stays for the life of the process.
 */
#ifndef DBN_PLUGINS_H
#define DBN_PLUGINS_H

#include <dbnexus/config.h>
#include <dbnexus/error.h>
#include <dbnexus/plugin/abi.h>

DBN_BEGIN_DECLS

/** What a plugin says of itself.  Texts and settings live as long as the process,
 *  but path: for the call (each), or it is the caller's own (dbn_plugins_open). */
typedef struct dbn_plugin_info {
	uint32_t struct_size, kind;      /* DBN_KIND_.. */
	const char *path, *kind_name, *name, *version;
	uint16_t abi_major, abi_minor;
	uint32_t threads, flags;         /* DBN_THREADS_.., DBN_PLUGIN_.. */
	uint32_t reserved0;
	dbn_array settings;              /* dbn_conf_item: step by stride */
} dbn_plugin_info;

/**
 * Visit every plugin file in the configuration's plugin directories, then those
 * of DBNEXUS_PLUGIN_PATH, then the built-in one.
 * @param config  borrowed; NULL: no directories of its own
 * @param each    info is NULL where the file is no usable plugin; why says it
 *                (tied to the call), otherwise why is NULL
 * Threads: any, one at a time per config.  Blocks: while files are read.  Calls
 * back: each.
 * Returns: DBN_OK; DBN_E_NOMEM; DBN_E_PLUGIN.  Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status
dbn_plugins_each(const dbn_config *config,
	void (*each)(const char *path, const dbn_plugin_info *info, const dbn_error *why, void *user),
	void *user, dbn_error **err);

/**
 * One plugin, by the path of its file.
 * @param info  struct_size set by the caller; filled
 * Returns: DBN_OK; DBN_E_PLUGIN with path and cause; DBN_E_NOMEM.  Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status
dbn_plugins_open(const char *path, dbn_plugin_info *info, dbn_error **err);

DBN_END_DECLS
#endif
