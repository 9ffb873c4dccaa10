/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* ---- databases of a server, one for each stack ---- */

const char *
stack_database(void)
{
	const char *name = getenv("DBN_TEST_DB");

	return name && *name ? name : "sqlite";
}

static const char *
wanted(const char *name)
{
	const char *v = getenv(name);

	cr_assert_not_null(v, "%s is not set: run it by tests/servers/with-...", name);
	return v;
}

/* The server's own client makes and drops it: nothing of ours may do that. */
static void
server_does(const char *what, const char *database)
{
	char cmd[512];

	if (!strcmp(stack_database(), "postgres"))
		(void)snprintf(cmd, sizeof cmd, "%s/psql -q -X -h %s -p %s -U tester -d postgres -c '%s DATABASE %s%s'",
			wanted("DBN_TEST_PG_BIN"), wanted("DBN_TEST_PG_DIR"), wanted("DBN_TEST_PG_PORT"), what,
			database, *what == 'D' ? " WITH (FORCE)" : "");
	else
		(void)snprintf(cmd, sizeof cmd, "mariadb --no-defaults -S %s -u tester -e '%s DATABASE %s'",
			wanted("DBN_TEST_MYSQL_SOCKET"), what, database);
	cr_assert_eq(system(cmd), 0, "%s", cmd);
}

void
stack_elsewhere(const stack *st, const char *sql)
{
	char cmd[512];
	FILE *f;

	(void)snprintf(cmd, sizeof cmd, "%s/psql -q -X -v ON_ERROR_STOP=1 -h %s -p %s -U tester -d %s -f -",
		wanted("DBN_TEST_PG_BIN"), wanted("DBN_TEST_PG_DIR"), wanted("DBN_TEST_PG_PORT"), st->database);
	f = popen(cmd, "w");
	cr_assert_not_null(f);
	cr_assert_geq(fprintf(f, "%s;\n", sql), 0);
	cr_assert_eq(pclose(f), 0, "%s", sql);
}

void
stack_url(const stack *st, char *out, size_t size)
{
	if (!strcmp(stack_database(), "sqlite"))
		(void)snprintf(out, size, "sqlite:%s/app.db", st->dir);
	else if (!strcmp(stack_database(), "postgres"))
		(void)snprintf(out, size, "postgres://tester@/%s?host=%s&port=%s", st->database,
			wanted("DBN_TEST_PG_DIR"), wanted("DBN_TEST_PG_PORT"));
	else
		(void)snprintf(out, size, "mysql://tester@localhost/%s?socket=%s", st->database,
			wanted("DBN_TEST_MYSQL_SOCKET"));
}

static void
driver_settings(stack *st, char *out, size_t size)
{
	static unsigned n;
	char url[256];

	if (!strcmp(stack_database(), "sqlite")) {
		(void)snprintf(out, size, "plugin = \"sqlite\"; url = \"sqlite:app.db\"; create = true;");
		return;
	}
	(void)snprintf(st->database, sizeof st->database, "t%ld_%u", (long)getpid(), ++n);
	server_does("CREATE", st->database);
	stack_url(st, url, sizeof url);
	(void)snprintf(out, size, "plugin = \"%s\"; url = \"%s\";", stack_database(), url);
}

static void
open_at(stack *st, const char *driver, const char *more, const char *rules, const char *user)
{
	char path[128];
	dbn_error *err = NULL;

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

void
stack_open(stack *st, const char *rules, const char *user)
{
	char driver[512];

	memset(st, 0, sizeof *st);
	driver_settings(st, driver, sizeof driver);
	open_at(st, driver, "", rules, user);
}

void
stack_open_with(stack *st, const char *driver, const char *more, const char *rules, const char *user)
{
	memset(st, 0, sizeof *st);
	open_at(st, driver, more, rules, user);
}

/* ---- tables ---- */

static void
replace_all(char *text, size_t size, const char *was, const char *now)
{
	char out[2048];
	size_t n = 0;

	for (const char *p = text; *p && n + strlen(now) + 1 < sizeof out;) {
		if (strncmp(p, was, strlen(was)) == 0) {
			n += (size_t)snprintf(out + n, sizeof out - n, "%s", now);
			p += strlen(was);
		} else {
			out[n++] = *p++;
		}
	}
	out[n] = '\0';
	cr_assert_lt(n, size);
	memcpy(text, out, n + 1);
}

void
stack_table(stack *st, const char *sql)
{
	char text[2048];
	dbn_error *err = NULL;

	(void)snprintf(text, sizeof text, "%s", sql);
	if (!strcmp(stack_database(), "postgres"))
		replace_all(text, sizeof text, "CREATE TABLE ", "CREATE TABLE public.");
	if (!strcmp(stack_database(), "postgres"))
		replace_all(text, sizeof text, "INTEGER PRIMARY KEY",
			"integer GENERATED BY DEFAULT AS IDENTITY (START WITH 4) PRIMARY KEY");
	if (!strcmp(stack_database(), "mysql")) {
		replace_all(text, sizeof text, " TEXT", " VARCHAR(100)");
		replace_all(text, sizeof text, "INTEGER PRIMARY KEY", "INTEGER AUTO_INCREMENT PRIMARY KEY");
		(void)snprintf(text + strlen(text), sizeof text - strlen(text),
			" DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin");
	}
	cr_assert_eq(dbn_exec(st->session, text, DBN_NO_ARGS, NULL, &err), DBN_OK, "%s: %s", text,
		dbn_error_message(err));
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
	if (*st->database)
		server_does("DROP", st->database);
	(void)snprintf(cmd, sizeof cmd, "rm -rf '%s'", st->dir);
	cr_assert_eq(system(cmd), 0);
}
