/* SPDX-License-Identifier: MIT */
/* From options to a configuration, a pool and a statement. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

#define STATEMENT_MAX ((size_t)64 << 20)

static int
check_source(struct cli *c)
{
	if (c->config && c->url)
		return cli_usage(c, "--config and --url: which of the two?");
	if (!c->config && !c->url)
		return cli_usage(c, "neither --config FILE nor --url URL says what to open");
	if (c->config && (c->policy || c->audit || c->allow_all || c->create))
		return cli_usage(c, "--policy, --audit, --allow-all and --create go with --url only");
	if (c->policy && c->allow_all)
		return cli_usage(c, "--policy and --allow-all: which of the two?");
	return EXIT_DONE;
}

static uint32_t
open_flags(const struct cli *c)
{
	return (c->allow_all ? DBN_OPEN_ALLOW_ALL : 0u) | (c->create ? DBN_OPEN_CREATE : 0u);
}

int
cli_open_config(struct cli *c, dbn_config **config)
{
	dbn_error *err = NULL;

	if (!c->config)
		return cli_usage(c, "which configuration? -c FILE names it");
	if (dbn_config_open(c->config, 0, config, &err) != DBN_OK)
		return cli_fail(c, err, NULL, 0);
	return EXIT_DONE;
}

int
cli_open_pool(struct cli *c, dbn_pool **pool)
{
	dbn_error *err = NULL;
	dbn_status rc;
	int bad = check_source(c);

	if (bad)
		return bad;
	if (c->config)
		rc = dbn_pool_open(c->config, pool, &err);
	else
		rc = dbn_pool_open_url(c->url, c->policy, c->audit, open_flags(c), pool, &err);
	return rc == DBN_OK ? EXIT_DONE : cli_fail(c, err, NULL, 0);
}

static int
read_all(struct cli *c, char **sql, size_t *len)
{
	struct text t = { 0 };
	char part[16384];
	size_t n;

	while ((n = fread(part, 1, sizeof part, stdin)) > 0) {
		text_add(&t, part, n);
		if (t.failed || t.len > STATEMENT_MAX) {
			cli_say(c, "the statement on standard input is larger than %zu bytes",
				STATEMENT_MAX);
			text_free(&t);
			return EXIT_FAILED;
		}
	}
	if (ferror(stdin)) {
		cli_say(c, "cannot read standard input");
		text_free(&t);
		return EXIT_FAILED;
	}
	/* The end of line that echo and editors add is not part of it. */
	while (t.len && (t.ptr[t.len - 1] == '\n' || t.ptr[t.len - 1] == '\r'))
		t.ptr[--t.len] = '\0';
	*sql = t.ptr;
	*len = t.len;
	return EXIT_DONE;
}

int
cli_statement(struct cli *c, char **sql, size_t *len)
{
	*sql = NULL;
	*len = 0;
	if (c->nargs == 0)
		return cli_usage(c, "where is the statement?");
	if (c->nargs > 1)
		return cli_usage(c, "one statement, as one word: put it in quotes");
	if (!c->user)
		return cli_usage(c, "who asks? --as USER says it");
	if (strcmp(c->args[0], "-") == 0)
		return read_all(c, sql, len);
	*sql = strdup(c->args[0]);
	if (!*sql) {
		cli_say(c, "out of memory");
		return EXIT_FAILED;
	}
	*len = strlen(*sql);
	return EXIT_DONE;
}
