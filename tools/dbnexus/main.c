/* SPDX-License-Identifier: MIT */
/*
 * The dbnexus command.  It uses the library as any application does: only its
 * public headers.  One thread; each sub-command has a file of its own.
 */
#include "cli.h"

#include <errno.h>
#include <locale.h>
#include <string.h>

static int
run(struct cli *c)
{
	static const struct {
		const char *name;
		int (*run)(struct cli *c);
	} commands[] = { { "check", cli_check }, { "plugins", cli_plugins }, { "query", cli_query },
		{ "explain", cli_explain }, { "audit", cli_audit }, { "pool", cli_pool } };

	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(c->command, commands[i].name) == 0)
			return commands[i].run(c);
	return EXIT_USAGE;
}

int
main(int argc, char **argv)
{
	static struct cli c; /* large: the parameters */
	int rc;

	(void)setlocale(LC_CTYPE, "");
	c.utf8 = text_locale_is_utf8();
	rc = cli_parse(&c, argc, argv);
	if (rc != EXIT_DONE)
		return rc;
	if (c.help)
		cli_help(stdout, c.command);
	else if (strcmp(c.command, "--version") == 0)
		(void)printf("dbnexus %s\n", PACKAGE_VERSION);
	else
		rc = run(&c);
	/* A full disk shows here at the latest. */
	errno = 0;
	if (fflush(stdout) != 0 || ferror(stdout)) {
		cli_say(&c, "cannot write the output");
		return rc == EXIT_DONE ? EXIT_FAILED : rc;
	}
	return rc;
}
