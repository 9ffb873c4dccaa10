/* SPDX-License-Identifier: MIT */
/* The words of the command line: options, parameters, help, exit statuses. */
#include <criterion/criterion.h>
#include <getopt.h>
#include <stdlib.h>

#include "cli.h"

static int
parse(struct cli *c, const char *line)
{
	static char copy[512], *argv[32];
	char *save = NULL;
	int argc = 0;

	snprintf(copy, sizeof copy, "dbnexus %s", line);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	argv[argc] = NULL;
	memset(c, 0, sizeof *c);
	optind = 0;
	return cli_parse(c, argc, argv);
}

Test(options, stand_before_and_after_the_command)
{
	static struct cli c;

	cr_assert_eq(parse(&c, "-c a.conf query --as bob --format json --param 1 --param x SELECT"), 0);
	cr_assert_str_eq(c.command, "query");
	cr_assert_str_eq(c.config, "a.conf");
	cr_assert_str_eq(c.user, "bob");
	cr_assert_eq(c.format, OUT_JSON);
	cr_assert_eq(c.nparams, 2);
	cr_assert_eq(c.nargs, 1);
	cr_assert_str_eq(c.args[0], "SELECT");
}

Test(options, a_lone_dash_is_a_statement)
{
	static struct cli c;

	cr_assert_eq(parse(&c, "query --as bob -"), 0);
	cr_assert_eq(c.nargs, 1);
	cr_assert_str_eq(c.args[0], "-");
}

Test(options, wrong_ones_are_usage)
{
	static const char *const wrong[] = { "", "nosuch", "--nosuch", "-x", "query --as",
		"query --format xml", "check --as bob", "plugins --param 1", "query --head f",
		"-c a -c b check", "audit tail -n x", "audit tail -n -1", "query --lines 3" };
	static struct cli c;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		cr_assert_eq(parse(&c, wrong[i]), EXIT_USAGE, "\"%s\"", wrong[i]);
}

Test(options, help_and_version)
{
	static struct cli c;

	cr_assert_eq(parse(&c, "--help"), 0);
	cr_assert(c.help && !c.command);
	cr_assert_eq(parse(&c, "query --help"), 0);
	cr_assert(c.help);
	cr_assert_str_eq(c.command, "query");
	cr_assert_eq(parse(&c, "help audit"), 0);
	cr_assert(c.help);
	cr_assert_str_eq(c.command, "audit");
	cr_assert_eq(parse(&c, "-V"), 0);
	cr_assert_str_eq(c.command, "--version");
}

static dbn_value
param(const char *text)
{
	static const struct cli c;
	static void *keep;
	dbn_value v;

	free(keep);
	cr_assert(cli_param(&c, text, &v, &keep), "%s", text);
	return v;
}

Test(params, are_typed_by_what_they_look_like)
{
	cr_assert_eq(param("25").type, DBN_INT64);
	cr_assert_eq(param("-9223372036854775808").u.i64, INT64_MIN);
	cr_assert_eq(param("18446744073709551615").type, DBN_UINT64);
	cr_assert_eq(param("18446744073709551616").type, DBN_DOUBLE);
	cr_assert_eq(param("2.5").type, DBN_DOUBLE);
	cr_assert_eq(param("2.5").u.f64, 2.5);
	cr_assert_eq(param("null").type, DBN_NULL);
	cr_assert_eq(param("true").type, DBN_BOOL);
	cr_assert_eq(param("bob").type, DBN_TEXT);
	cr_assert_eq(param("").type, DBN_TEXT);
	cr_assert_eq(param("1 2").type, DBN_TEXT);
	cr_assert_eq(param("inf").type, DBN_TEXT);
	cr_assert_eq(param("0x10").type, DBN_TEXT);
}

Test(params, a_type_before_the_colon_decides)
{
	dbn_value v = param("text:25");

	cr_assert_eq(v.type, DBN_TEXT);
	cr_assert_str_eq((const char *)v.u.ptr, "25");
	v = param("text:a:b");
	cr_assert_str_eq((const char *)v.u.ptr, "a:b");
	v = param("http://x");
	cr_assert_eq(v.type, DBN_TEXT);
	cr_assert_str_eq((const char *)v.u.ptr, "http://x");
	v = param("bytes:00fFa0");
	cr_assert_eq(v.type, DBN_BYTES);
	cr_assert_eq(v.len, 3);
	cr_assert_eq(memcmp(v.u.ptr, "\x00\xff\xa0", 3), 0);
	cr_assert_eq(param("decimal:-12.50").type, DBN_DECIMAL);
	cr_assert_eq(param("double:5").type, DBN_DOUBLE);
}

Test(params, what_does_not_fit_its_type_is_refused)
{
	static const char *const wrong[] = { "int:x", "int:", "int:1.5", "bool:1", "bytes:0",
		"bytes:0g", "decimal:", "decimal:1e5", "double:nan" };
	static const struct cli c;
	dbn_value v;
	void *keep;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		cr_assert_not(cli_param(&c, wrong[i], &v, &keep), "%s", wrong[i]);
}

Test(statuses, say_what_scripts_need)
{
	cr_assert_eq(cli_exit_status(DBN_OK), 0);
	cr_assert_eq(cli_exit_status(DBN_E_SYNTAX), 1);
	cr_assert_eq(cli_exit_status(DBN_E_CONFIG), 2);
	cr_assert_eq(cli_exit_status(DBN_E_DENIED), 3);
	cr_assert_eq(cli_exit_status(DBN_E_INTEGRITY), 4);
}
