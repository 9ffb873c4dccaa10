/* SPDX-License-Identifier: MIT */
/* See pgstack.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pgstack.h"

char dir[64];
int tests, failures;
dbn_pool *pool;
dbn_session *alice;

void
make_dir(void)
{
	(void)snprintf(dir, sizeof dir, "/tmp/dbn-groups.XXXXXX");
	if (!mkdtemp(dir))
		exit(99);
}

void
result(bool ok, const char *name)
{
	printf("%s %d - %s\n", ok ? "ok" : "not ok", ++tests, name);
	failures += !ok;
	fflush(stdout);
}

bool
okay(dbn_status rc, dbn_error **err, const char *what)
{
	if (rc != DBN_OK)
		printf("# %s: %s: %s (%s)\n", what, dbn_status_name(rc),
			err ? dbn_error_message(*err) : "", err ? dbn_error_detail(*err) : "");
	if (err) {
		dbn_error_free(*err);
		*err = NULL;
	}
	return rc == DBN_OK;
}

static void
write_file(const char *name, const char *text, const char *value, const char *more)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	if (!f || fprintf(f, "%s%s%s", text, value, more) < 0 || fclose(f) != 0)
		exit(99);
}

void
open_pool(const char *settings)
{
	char path[128];
	dbn_error *err = NULL;

	write_file("app.conf", "version = 1;\ndatabases = { main = { driver = { plugin = \"postgres\"; url = \"",
		getenv("DBN_TEST_PG_URL"), "\"; }; pool = { max = 8; }; }; };\n"
		"permission = { plugin = \"rbac\"; settings = { file = \"policy.conf\"; }; };\n"
		"audit = ( { name = \"trail\"; plugin = \"file\"; guarantee = \"best_effort\";"
		" settings = { path = \"audit.log\"; }; } );\n"
		"@include \"more.conf\"\n");
	write_file("more.conf", settings, "", "");
	write_file("policy.conf", "version = 1;\n"
		"roles = ( { name = \"admin\"; }, { name = \"guest\"; } );\n"
		"users = ( { name = \"alice\"; roles = [ \"admin\" ]; }, { name = \"bob\"; roles = [ \"guest\" ]; } );\n"
		"rules = ( { id = \"all\"; roles = [ \"admin\" ]; relation = \"*\"; actions = [ \"*\" ]; },\n"
		"{ id = \"ddl\"; roles = [ \"admin\" ]; database = \"main\"; actions = [ \"admin.ddl\" ]; },\n"
		"{ id = \"bob\"; roles = [ \"guest\" ]; relation = \"t\"; actions = [ \"read\" ]; using = \"id % 2 = 0\"; } );\n",
		"", "");
	(void)snprintf(path, sizeof path, "%s/app.conf", dir);
	if (!okay(dbn_pool_open(path, &pool, &err), &err, "open") ||
		!okay(dbn_session_open_as(pool, "alice", &alice, &err), &err, "session"))
		exit(1);
}

void
close_pool(void)
{
	dbn_session_close(alice);
	dbn_pool_close(pool);
}

bool
exec(const char *sql)
{
	dbn_error *err = NULL;

	return okay(dbn_exec(alice, sql, DBN_NO_ARGS, NULL, &err), &err, sql);
}

bool
fill(void)
{
	char name[32];
	dbn_error *err = NULL;
	bool ok = okay(dbn_begin(alice, NULL, &err), &err, "begin");

	for (int64_t i = 0; ok && i < 1000; i++) {
		(void)snprintf(name, sizeof name, "name %lld", (long long)i);
		ok = okay(dbn_exec(alice, "INSERT INTO t VALUES (?, ?)", DBN_ARGS(i, name), NULL, &err), &err,
			"fill");
	}
	return ok && okay(dbn_commit(alice, &err), &err, "commit");
}

size_t
recorded(const char *what)
{
	static char line[65536];
	char path[128];
	size_t n = 0;
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/audit.log", dir);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		n += strstr(line, what) != NULL;
	if (f)
		(void)fclose(f);
	return n;
}
