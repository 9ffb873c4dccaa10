/* SPDX-License-Identifier: MIT */
/*
 * "dbn.sql/1": a shard map of one database asks another, while every connection
 * of the pool is taken; what it may do is the policy's word.  Plugins whose
 * statements would need themselves are refused when the stack is opened.
 */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dbnexus/dbnexus.h>

static dbn_error *err;
static char dir[32];

#define OK(call) cr_assert_eq(call, DBN_OK, "%s: %s | %s", #call, dbn_error_message(err), dbn_error_detail(err))

static const char *
in_dir(const char *name)
{
	static char path[96];

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static void
sql(const char *file, const char *text)
{
	sqlite3 *db;

	cr_assert_eq(sqlite3_open(in_dir(file), &db), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
	(void)sqlite3_close(db);
}

/* The database files, the policy, and the configuration around these parts. */
static dbn_status
stack(const char *main_map, const char *other_asks, const char *permission, dbn_pool **pool)
{
	static const char sharded[] = " shards = ( { name = \"s\"; node = \"n\"; } );\n"
		" maps = ( { name = \"m\"; plugin = \"%s/tests/plugins/.libs/shard-asks.so\"; key = [ \"int64\" ];"
		" settings = { database = \"%s\"; }; } ); tables = ( );";
	const char *build = getenv("DBN_TOP_BUILD") ? getenv("DBN_TOP_BUILD") : ".";
	char a[4400] = "", b[4400], provider[4400] = "rbac";
	bool rbac = strcmp(permission, "rbac") == 0;
	FILE *f;

	(void)snprintf(dir, sizeof dir, "/tmp/dbn-asks-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	sql("main.db", "CREATE TABLE seen (id INTEGER PRIMARY KEY); INSERT INTO seen VALUES (1), (2), (3);"
		"CREATE TABLE secret (id INTEGER PRIMARY KEY);"
		"CREATE TABLE visits (id INTEGER PRIMARY KEY, n INTEGER, secret INTEGER, busy INTEGER)");
	sql("other.db", "CREATE TABLE t (id INTEGER PRIMARY KEY)");
	f = fopen(in_dir("policy.conf"), "w");
	cr_assert_not_null(f);
	cr_assert_geq(fputs("version = 1; roles = ( { name = \"r\"; }, { name = \"counter\"; } );\n"
		"users = ( { name = \"u\"; roles = [ \"r\" ]; },\n"
		" { name = \"plugin:databases.other.maps[m]\"; roles = [ \"counter\" ]; } );\n"
		"rules = ( { id = \"all\"; roles = [ \"r\" ]; relation = \"*\"; actions = [ \"*\" ]; },\n"
		" { id = \"look\"; roles = [ \"counter\" ]; relation = \"seen\"; actions = [ \"read\" ]; },\n"
		" { id = \"note\"; roles = [ \"counter\" ]; relation = \"visits\"; actions = [ \"insert\" ]; } );\n",
		f), 0);
	cr_assert_eq(fclose(f), 0);
	if (main_map)
		(void)snprintf(a, sizeof a, sharded, build, main_map);
	(void)snprintf(b, sizeof b, sharded, build, other_asks);
	if (!rbac)
		(void)snprintf(provider, sizeof provider, "%s/tests/plugins/.libs/permission-%s.so", build,
			permission);
	f = fopen(in_dir("app.conf"), "w");
	cr_assert_not_null(f);
	cr_assert_geq(fprintf(f, "version = 1;\n"
		"databases = { main = { driver = { plugin = \"sqlite\"; };\n"
		" nodes = ( { name = \"n\"; url = \"sqlite:main.db\"; } );\n"
		" pool = { readers = 1; acquire_timeout = \"50 ms\"; }; %s };\n"
		" other = { driver = { plugin = \"sqlite\"; };\n"
		" nodes = ( { name = \"n\"; url = \"sqlite:other.db\"; } ); %s }; };\n"
		"permission = { plugin = \"%s\"; settings = { %s }; };\n"
		"audit = ( { name = \"trail\"; plugin = \"file\"; guarantee = \"best_effort\";"
		" settings = { path = \"audit.log\"; }; } );\n", a, b, provider, rbac ? "file = \"policy.conf\";" : ""), 0);
	cr_assert_eq(fclose(f), 0);
	return dbn_pool_open(in_dir("app.conf"), pool, &err);
}

static void
clean(void)
{
	char cmd[64];

	dbn_error_free(err);
	err = NULL;
	(void)snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
	cr_assert_eq(system(cmd), 0);
}

static int
count(const char *text)
{
	sqlite3 *db;
	sqlite3_stmt *q;
	int n;

	cr_assert_eq(sqlite3_open(in_dir("main.db"), &db), SQLITE_OK);
	cr_assert_eq(sqlite3_prepare_v2(db, text, -1, &q, NULL), SQLITE_OK);
	cr_assert_eq(sqlite3_step(q), SQLITE_ROW);
	n = sqlite3_column_int(q, 0);
	(void)sqlite3_finalize(q);
	(void)sqlite3_close(db);
	return n;
}

static bool
trail_says(const char *word)
{
	static char text[1 << 20];
	FILE *f = fopen(in_dir("audit.log"), "r");
	size_t n;

	cr_assert_not_null(f);
	n = fread(text, 1, sizeof text - 1, f);
	text[n] = '\0';
	(void)fclose(f);
	return strstr(text, word) != NULL;
}

Test(asks, while_the_pool_is_full, .timeout = 120)
{
	dbn_session *one, *two;
	dbn_pool *pool;
	dbn_rows *rows;
	int64_t n;
	int before;

	OK(stack(NULL, "main", "rbac", &pool));
	OK(dbn_session_open_as(pool, "u", &one, &err));
	OK(dbn_session_open_as(pool, "u", &two, &err));
	/* the only reader is taken */
	OK(dbn_query(one, "SELECT id FROM seen", DBN_NO_ARGS, &rows, &err));
	OK(dbn_rows_next(rows, &err));
	cr_assert_eq(dbn_get_int64(two, "SELECT count(*) FROM secret", DBN_NO_ARGS, &n, &err), DBN_E_TIMEOUT);
	dbn_error_free(err);
	err = NULL;
	before = count("SELECT count(*) FROM visits");
	while (count("SELECT count(*) FROM visits") < before + 2)
		(void)usleep(5000);
	cr_assert_eq(count("SELECT count(*) FROM visits WHERE n IS NOT 3"), 0, "it sees what is there");
	cr_assert_eq(count("SELECT count(*) FROM visits WHERE secret IS NOT -7"), 0, "denied: not %d",
		count("SELECT secret FROM visits"));
	cr_assert_eq(count("SELECT count(*) FROM visits WHERE busy IS NOT 1"), 0, "no statement inside a row");
	dbn_rows_close(rows);
	dbn_session_close(one);
	dbn_session_close(two);
	dbn_pool_close(pool);
	cr_assert(trail_says("plugin:databases.other.maps[m]"), "the trail knows who asked");
	clean();
}

static void
refused(const char *main_map, const char *other_asks, const char *permission, const char *why)
{
	dbn_pool *pool = NULL;

	cr_assert_eq(stack(main_map, other_asks, permission, &pool), DBN_E_CONFIG, "%s", dbn_error_message(err));
	cr_assert_null(pool);
	cr_assert_not_null(strstr(dbn_error_message(err), why), "%s", dbn_error_message(err));
	cr_assert_not_null(strstr(dbn_error_where(err), "app.conf:"), "%s", dbn_error_where(err));
	clean();
}

Test(asks, circles_are_refused, .timeout = 60)
{
	refused(NULL, "other", "rbac", "\"databases.other.maps[m]\" cannot ask database \"other\"");
	refused("other", "main", "rbac", "\"databases.other.maps[m]\" cannot ask database \"main\"");
	refused(NULL, "main", "asks", "\"permission\" cannot ask database \"main\"");
	refused(NULL, "nowhere", "rbac", "\"nowhere\", which is not configured");
}
