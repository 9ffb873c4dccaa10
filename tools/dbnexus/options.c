/* SPDX-License-Identifier: MIT */
/*
 * The command line: one table of options, each with the commands that take it.
 * Options may stand before and after the command.
 */
#include "cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { CHECK = 1, PLUGINS = 2, QUERY = 4, EXPLAIN = 8, AUDIT = 16, POOL = 32, ALL = 63 };
enum {
	OPT_CONFIG = 'c', OPT_HELP = 'h', OPT_VERSION = 'V', OPT_LINES = 'n',
	OPT_FORMAT = 256, OPT_AS, OPT_URL, OPT_POLICY, OPT_AUDIT, OPT_ALLOW_ALL, OPT_CREATE,
	OPT_PARAM, OPT_EXPLAIN, OPT_SET, OPT_ARG, OPT_QUIRKS, OPT_ONLY, OPT_HEAD, OPT_SAVE_HEAD, OPT_SINK, OPT_PRUNED
};

static const struct option longs[] = {
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "as", required_argument, NULL, OPT_AS },
	{ "url", required_argument, NULL, OPT_URL },
	{ "policy", required_argument, NULL, OPT_POLICY },
	{ "audit", required_argument, NULL, OPT_AUDIT },
	{ "allow-all", no_argument, NULL, OPT_ALLOW_ALL },
	{ "create", no_argument, NULL, OPT_CREATE },
	{ "param", required_argument, NULL, OPT_PARAM },
	{ "explain", no_argument, NULL, OPT_EXPLAIN },
	{ "set", required_argument, NULL, OPT_SET },
	{ "arg", required_argument, NULL, OPT_ARG },
	{ "quirks", required_argument, NULL, OPT_QUIRKS },
	{ "only", required_argument, NULL, OPT_ONLY },
	{ "head", required_argument, NULL, OPT_HEAD },
	{ "save-head", required_argument, NULL, OPT_SAVE_HEAD },
	{ "sink", required_argument, NULL, OPT_SINK },
	{ "pruned", no_argument, NULL, OPT_PRUNED },
	{ "lines", required_argument, NULL, OPT_LINES },
	{ NULL, 0, NULL, 0 }
};

static unsigned
taken_by(int option)
{
	switch (option) {
	case OPT_AS:
	case OPT_URL:
	case OPT_POLICY:
	case OPT_AUDIT:
	case OPT_ALLOW_ALL:
	case OPT_CREATE:
		return QUERY | EXPLAIN;
	case OPT_PARAM:
		return QUERY;
	case OPT_EXPLAIN:
		return CHECK;
	case OPT_SET:
	case OPT_ARG:
	case OPT_QUIRKS:
	case OPT_ONLY:
		return PLUGINS;
	case OPT_HEAD:
	case OPT_SAVE_HEAD:
	case OPT_SINK:
	case OPT_PRUNED:
	case OPT_LINES:
		return AUDIT;
	default:
		return ALL;
	}
}

static unsigned
command_bit(const char *name)
{
	static const char *const names[] = { "check", "plugins", "query", "explain", "audit", "pool" };

	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0)
			return 1u << i;
	return 0;
}

static bool
set_format(struct cli *c, const char *word)
{
	static const char *const words[] = { "table", "json", "csv" };

	for (unsigned i = 0; i < 3; i++)
		if (strcmp(word, words[i]) == 0) {
			c->format = (enum out_format)i;
			c->format_set = true;
			return true;
		}
	return false;
}

static bool
set_lines(struct cli *c, const char *word)
{
	char *end;

	errno = 0;
	c->lines = strtoul(word, &end, 10);
	return *word >= '0' && *word <= '9' && *end == '\0' && errno == 0 && c->lines <= 1000000;
}

static int
set_flag(struct cli *c, int option)
{
	switch (option) {
	case OPT_ALLOW_ALL:
		c->allow_all = true;
		break;
	case OPT_CREATE:
		c->create = true;
		break;
	case OPT_EXPLAIN:
		c->explain = true;
		break;
	case OPT_PRUNED:
		c->pruned = true;
		break;
	case OPT_HELP:
		c->help = true;
		break;
	case OPT_VERSION:
		c->command = "--version";
		break;
	default:
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

static const char **
text_of(struct cli *c, int option)
{
	switch (option) {
	case OPT_CONFIG:
		return &c->config;
	case OPT_AS:
		return &c->user;
	case OPT_URL:
		return &c->url;
	case OPT_POLICY:
		return &c->policy;
	case OPT_AUDIT:
		return &c->audit;
	case OPT_HEAD:
		return &c->head;
	case OPT_SAVE_HEAD:
		return &c->save_head;
	case OPT_SINK:
		return &c->sink;
	default:
		return NULL;
	}
}

static const char *
option_name(int option)
{
	for (const struct option *o = longs; o->name; o++)
		if (o->val == option)
			return o->name;
	return "?";
}

/* For the program that "plugins check" starts. */
static int
forward(struct cli *c, int option, const char *arg)
{
	static const char *const names[] = { "--set", "--arg", "--quirks", "--only" };

	if (c->nforward == CLI_FORWARD_MAX)
		return cli_usage(c, "more than %d options for the check", CLI_FORWARD_MAX / 2);
	c->forward[c->nforward++] = names[option - OPT_SET];
	c->forward[c->nforward++] = arg;
	return EXIT_DONE;
}

static int
set_option(struct cli *c, int option, const char *arg)
{
	const char **text = text_of(c, option);

	if (text) {
		if (*text)
			return cli_usage(c, "--%s is given twice", option_name(option));
		*text = arg;
		return EXIT_DONE;
	}
	switch (option) {
	case OPT_FORMAT:
		return set_format(c, arg) ? EXIT_DONE
					  : cli_usage(c, "--format %s: it is table, json or csv", arg);
	case OPT_LINES:
		return set_lines(c, arg) ? EXIT_DONE
					 : cli_usage(c, "--lines %s: not a number up to 1000000", arg);
	case OPT_PARAM:
		if (c->nparams == CLI_PARAMS_MAX)
			return cli_usage(c, "more than %d parameters", CLI_PARAMS_MAX);
		c->params[c->nparams++] = arg;
		return EXIT_DONE;
	case OPT_SET:
	case OPT_ARG:
	case OPT_QUIRKS:
	case OPT_ONLY:
		return forward(c, option, arg);
	default:
		return set_flag(c, option);
	}
}

/* The first word is the command; the rest stays in args. */
static int
take_command(struct cli *c, int nseen, const int *seen)
{
	unsigned bit;

	if (!c->nargs)
		return c->help ? EXIT_DONE : cli_usage(c, "which command?");
	if (strcmp(c->args[0], "help") == 0) {
		c->help = true;
		c->command = c->nargs > 1 ? c->args[1] : NULL;
	} else {
		c->command = c->args[0];
		c->args++;
		c->nargs--;
	}
	bit = c->command ? command_bit(c->command) : ALL;
	if (!bit) {
		const char *name = c->command;

		c->command = NULL;
		return cli_usage(c, "there is no command \"%s\"", name);
	}
	for (int i = 0; i < nseen; i++)
		if (!(taken_by(seen[i]) & bit))
			return cli_usage(c, "\"%s\" does not take --%s", c->command,
				option_name(seen[i]));
	return EXIT_DONE;
}

static bool
contains(const int *seen, int n, int option)
{
	for (int i = 0; i < n; i++)
		if (seen[i] == option)
			return true;
	return false;
}

int
cli_parse(struct cli *c, int argc, char **argv)
{
	int seen[sizeof longs / sizeof *longs], nseen = 0, option;

	opterr = 0;
	c->lines = 10;
	while ((option = getopt_long(argc, argv, ":c:hVn:", longs, NULL)) != -1) {
		int rc;

		if (option == ':')
			return cli_usage(c, "%s needs a value", argv[optind - 1]);
		if (option == '?' && optopt && optopt < 256 && !strchr("chVn", optopt))
			return cli_usage(c, "there is no option -%c", optopt);
		if (option == '?')
			return cli_usage(c, "there is no option %s", argv[optind - 1]);
		rc = set_option(c, option, optarg);
		if (rc != EXIT_DONE)
			return rc;
		if (!contains(seen, nseen, option))
			seen[nseen++] = option;
	}
	c->args = argv + optind;
	c->nargs = argc - optind;
	if (c->command) /* --version */
		return EXIT_DONE;
	return take_command(c, nseen, seen);
}
