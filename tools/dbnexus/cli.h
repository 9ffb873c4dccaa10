/* SPDX-License-Identifier: MIT */
/*
 * What the sub-commands of dbnexus share: the options of the command line, exit
 * statuses, and how an error reaches the person who reads it.
 */
#ifndef CLI_H
#define CLI_H

#include <dbnexus/dbnexus.h>
#include <dbnexus/plugins.h>

#include "out.h"

enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,     /* usage or configuration */
	EXIT_DENIED = 3,
	EXIT_INTEGRITY = 4
};

#define CLI_PARAMS_MAX 1000
#define CLI_FORWARD_MAX 256

struct cli {
	const char *command, *config, *url, *policy, *audit, *user, *sink;
	const char *head, *save_head;
	const char *params[CLI_PARAMS_MAX];
	size_t nparams;
	const char *forward[CLI_FORWARD_MAX]; /* options for a program we start: name, value */
	size_t nforward;
	bool allow_all, create, explain, pruned, help;
	bool format_set;
	enum out_format format;
	unsigned long lines; /* of audit tail */
	char **args;         /* what is left: words of the command */
	int nargs;
	bool utf8;           /* the locale can show it */
};

/* ---- options.c ---- */
/* EXIT_DONE, or EXIT_USAGE after saying what is wrong. */
int cli_parse(struct cli *c, int argc, char **argv);

/* ---- report.c ---- */
/* Say it and return the exit status for it; frees err.  sql may be NULL. */
int cli_fail(const struct cli *c, dbn_error *err, const char *sql, size_t len);
/* The exit status of a status. */
int cli_exit_status(dbn_status status);
/* "dbnexus: ..." on stderr, made harmless for a terminal. */
void cli_say(const struct cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same with a line on how to get help; returns EXIT_USAGE. */
int cli_usage(const struct cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Rows to standard output in the format asked for; NULL after saying why not. */
struct out *cli_open_out(const struct cli *c, const char *const *names, size_t n);
void cli_print_error(FILE *f, const struct cli *c, const dbn_error *err, const char *sql,
	size_t len, size_t width);

/* ---- help.c ---- */
void cli_help(FILE *f, const char *command); /* NULL: all commands */

/* ---- params.c ---- */
/* One --param: a dbn_value over memory that *keep holds; says what is wrong. */
bool cli_param(const struct cli *c, const char *text, dbn_value *v, void **keep);

/* ---- the commands: an exit status each ---- */
int cli_check(struct cli *c);
int cli_plugins(struct cli *c);
int cli_query(struct cli *c);
int cli_explain(struct cli *c);
int cli_audit(struct cli *c);
int cli_pool(struct cli *c);

/* ---- conform.c ---- */
int cli_plugins_check(struct cli *c, const dbn_plugin_info *info);

/* ---- stack.c ---- */
/* The pool that the options name; says what is wrong. */
int cli_open_pool(struct cli *c, dbn_pool **pool);
/* The configuration that -c names. */
int cli_open_config(struct cli *c, dbn_config **config);
/* The statement: the argument, or all of standard input for "-"; free it. */
int cli_statement(struct cli *c, char **sql, size_t *len);

#endif
