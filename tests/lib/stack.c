/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/stack.h"

static void
put_file(const stack *st, const char *name, const char *mode, const char *text, const char *more,
	const char *end)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/%s", st->dir, name);
	f = fopen(path, mode);
	cr_assert_not_null(f, "%s", path);
	cr_assert_geq(fprintf(f, "%s%s%s", text, more, end), 0);
	cr_assert_eq(fclose(f), 0);
}

static void
write_file(const stack *st, const char *name, const char *text, const char *more, const char *end)
{
	put_file(st, name, "w", text, more, end);
}

static void
append_file(const stack *st, const char *name, const char *text, const char *more, const char *end)
{
	put_file(st, name, "a", text, more, end);
}

void
stack_open(stack *st, const char *rules, const char *user)
{
	stack_open_with(st, "plugin = \"sqlite\"; url = \"sqlite:app.db\"; create = true;", "", rules, user);
}

void
stack_open_with(stack *st, const char *driver, const char *more, const char *rules, const char *user)
{
	char path[128];
	dbn_error *err = NULL;

	memset(st, 0, sizeof *st);
	(void)snprintf(st->dir, sizeof st->dir, "/tmp/dbn-stack-XXXXXX");
	cr_assert_not_null(mkdtemp(st->dir));
	write_file(st, "app.conf", "version = 1;\ndatabases = { main = { driver = { ", driver, " }; }; };\n");
	append_file(st, "app.conf",
		"permission = { plugin = \"rbac\"; settings = { file = \"policy.conf\"; }; };\n"
		"cache = { plugin = \"memory\"; ttl = \"1 min\"; settings = { capacity = \"4 MiB\"; }; };\n"
		"audit = ( { name = \"trail\"; plugin = \"file\"; guarantee = \"best_effort\";"
		" settings = { path = \"audit.log\"; }; } );\n", more, "");
	write_file(st, "policy.conf",
		"version = 1;\n"
		"roles = ( { name = \"guest\"; }, { name = \"admin\"; } );\n"
		"users = ( { name = \"alice\"; roles = [ \"admin\" ]; }, { name = \"bob\"; roles = [ \"guest\" ]; } );\n"
		"rules = (\n", rules, "\n);\n");
	(void)snprintf(path, sizeof path, "%s/app.conf", st->dir);
	cr_assert_eq(dbn_pool_open(path, &st->pool, &err), DBN_OK, "%s: %s", dbn_error_message(err),
		dbn_error_detail(err));
	st->session = stack_session(st, user);
}

dbn_session *
stack_session(stack *st, const char *user)
{
	dbn_session *s = NULL;
	dbn_error *err = NULL;

	cr_assert_eq(dbn_session_open_as(st->pool, user, &s, &err), DBN_OK, "%s", dbn_error_message(err));
	return s;
}

void
stack_close(stack *st)
{
	char cmd[128];

	dbn_session_close(st->session);
	dbn_pool_close(st->pool);
	(void)snprintf(cmd, sizeof cmd, "rm -rf '%s'", st->dir);
	cr_assert_eq(system(cmd), 0);
}
