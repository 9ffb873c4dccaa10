/* SPDX-License-Identifier: MIT */
/*
 * The configuration of a stack: read from a file in libconfig syntax, from text
 * or made from a URL, then changed by path.  One thread at a time per
 * configuration; opening a pool reads it and keeps nothing of it.
 *
 * One path syntax everywhere: "databases.main.nodes[s3b].url".  A word in
 * brackets picks the group of a list by its name, the first where several share
 * one; a number counts from 0, and "#3" is a number even where a name is "3".
 */
#ifndef DBN_CONFIG_H
#define DBN_CONFIG_H

#include <dbnexus/error.h>

DBN_BEGIN_DECLS

typedef struct dbn_config dbn_config;

/** Flags of dbn_config_open() and its kin. */
enum {
	DBN_CONFIG_NO_ENV = 1u << 0     /* do not apply DBNEXUS_SET */
};

/** Flags of dbn_pool_open_url() and dbn_config_open_url(). */
enum {
	DBN_OPEN_ALLOW_ALL = 1u << 8,   /* no policy: everybody may do everything; audited */
	DBN_OPEN_CREATE = 1u << 9       /* make the database if it is not there */
};

/**
 * Read a configuration file, its @include files and the overrides of the
 * environment variable DBNEXUS_SET ("path=value; path=value").  Only the form is
 * checked here; dbn_config_check() and opening a pool check the meaning.
 * @param path    borrowed        @param flags  DBN_CONFIG_..
 * @param config  returned, free with dbn_config_free()
 * @param err     returned, free with dbn_error_free(); may be NULL; NULL on success
 * Threads: any.  Blocks: while files are read.
 * Returns: DBN_OK; DBN_E_CONFIG (detail: every problem as "file:line: text");
 * DBN_E_IO; DBN_E_NOMEM (but libconfig itself ends the process when it has none).
 * Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status
dbn_config_open(const char *path, uint32_t flags, dbn_config **config, dbn_error **err);

/**
 * The same from text.  path names it in messages, and relative paths and
 * @include resolve against its folder; NULL: "(text)", the current directory.
 * Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status
dbn_config_open_text(dbn_text text, const char *path, uint32_t flags, dbn_config **config,
	dbn_error **err);

/**
 * Make the configuration of one database named main: its driver is named by the
 * scheme of the URL ("sqlite:app.db").
 * @param policy_file  policy in the rbac plugin's syntax; NULL only together with
 *                     DBN_OPEN_ALLOW_ALL
 * @param audit_file   where the audit trail goes; NULL: it is not kept
 * @param flags        DBN_OPEN_.., DBN_CONFIG_..
 * Returns: as dbn_config_open(); DBN_E_CONFIG without a policy and without the flag.
 * Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status
dbn_config_open_url(const char *url, const char *policy_file, const char *audit_file,
	uint32_t flags, dbn_config **config, dbn_error **err);

/** Free it; NULL is fine.  Since: 0.1 */
DBN_API void dbn_config_free(dbn_config *config);

/**
 * Set by path; groups and named list items on the way are made if they are not
 * there.  A value that begins with [ ( { or " is read as libconfig writes it;
 * any other is taken as it stands and read as what the setting wants: "32",
 * "64 MiB", "true", "app.db".  NULL takes the setting away.
 * Threads: one at a time per config.  Blocks: no.
 * Returns: DBN_OK; DBN_E_CONFIG (the path or the value cannot be read);
 * DBN_E_NOMEM.  Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status
dbn_config_set(dbn_config *config, const char *path, const char *value, dbn_error **err);

/** Set many: "path=value; path=value", as DBNEXUS_SET; origin (borrowed) names
 *  the source in messages; all or nothing.  Since: 0.1 */
DBN_API DBN_NODISCARD dbn_status
dbn_config_set_many(dbn_config *config, const char *assignments, const char *origin,
	dbn_error **err);

/**
 * What is set at a path, as text; a group or list as libconfig writes it.
 * Defaults are not shown: DBN_E_NOT_FOUND.
 * @param value   returned, free with dbn_config_free_text()
 * @param origin  returned likewise: "app.conf:12", "DBNEXUS_SET"; may be NULL
 * Threads: one at a time per config.  Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status
dbn_config_get(const dbn_config *config, const char *path, char **value, char **origin,
	dbn_error **err);
DBN_API void dbn_config_free_text(char *text);

/** Visit every value that is set, in file order.  Each path finds its value again
 *  with dbn_config_get().  Calls back: each.  Since: 0.1 */
DBN_API DBN_NODISCARD dbn_status
dbn_config_each(const dbn_config *config,
	void (*each)(const char *path, const char *value, const char *origin, void *user),
	void *user, dbn_error **err);

/** One thing that is wrong with a configuration. */
typedef struct dbn_config_problem {
	uint32_t struct_size, line;     /* line 0: none */
	const char *file, *text, *hint; /* hint "" where there is none */
} dbn_config_problem;

/**
 * Check all of it: the core's settings, and the settings of each plugin against
 * the schema in its file.  Plugins are loaded, no instance is made.
 * @param each  called for every problem; may be NULL
 * Threads: one at a time per config.  Blocks: while plugins are read.
 * Returns: DBN_OK; DBN_E_CONFIG, message: the first problem, detail: all of them,
 * one "file:line: text" a line; DBN_E_NOMEM.  Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status
dbn_config_check(const dbn_config *config,
	void (*each)(const dbn_config_problem *problem, void *user), void *user, dbn_error **err);

DBN_END_DECLS
#endif
