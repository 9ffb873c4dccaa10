/* SPDX-License-Identifier: MIT */
/*
 * One table over four SQLite files: a statement goes to the file its key is on,
 * and one that names no key is refused.
 */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include <dbnexus/dbnexus.h>

#define KEYS 40
static dbn_error *err;

#define OK(call) cr_assert_eq(call, DBN_OK, "%s: %s | %s", #call, dbn_error_message(err), dbn_error_detail(err))

static void
write_file(const char *dir, const char *name, const char *text)
{
	char path[96];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	cr_assert_not_null(f, "%s", path);
	cr_assert_geq(fputs(text, f), 0);
	cr_assert_eq(fclose(f), 0);
}

/* Rows in one file; found: 1 << file for each key. */
static int
look(const char *dir, int file, unsigned *found)
{
	char path[96];
	sqlite3 *db;
	sqlite3_stmt *q;
	int n = 0;

	(void)snprintf(path, sizeof path, "%s/%c.db", dir, 'a' + file);
	cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
	cr_assert_eq(sqlite3_prepare_v2(db, "SELECT id FROM customers", -1, &q, NULL), SQLITE_OK);
	for (; sqlite3_step(q) == SQLITE_ROW; n++)
		found[sqlite3_column_int(q, 0)] |= 1u << file;
	(void)sqlite3_finalize(q);
	(void)sqlite3_close(db);
	return n;
}

Test(sharded, one_key_one_file, .timeout = 60)
{
	char dir[] = "/tmp/dbn-shard-XXXXXX", path[96], cmd[96];
	unsigned found[KEYS + 1] = { 0 };
	dbn_pool *pool;
	dbn_session *s;
	int files = 0;

	cr_assert_not_null(mkdtemp(dir));
	for (int i = 0; i < 4; i++) {
		sqlite3 *db;

		(void)snprintf(path, sizeof path, "%s/%c.db", dir, 'a' + i);
		cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
		cr_assert_eq(sqlite3_exec(db, "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT)",
			NULL, NULL, NULL), SQLITE_OK);
		(void)sqlite3_close(db);
	}
	write_file(dir, "policy.conf", "version = 1; roles = ( { name = \"r\"; } );\n"
		"users = ( { name = \"u\"; roles = [ \"r\" ]; } );\n"
		"rules = ( { id = \"all\"; roles = [ \"r\" ]; relation = \"*\"; actions = [ \"*\" ]; } );\n");
	write_file(dir, "app.conf", "version = 1;\n"
		"databases = { main = { driver = { plugin = \"sqlite\"; };\n"
		" nodes = ( { name = \"a\"; url = \"sqlite:a.db\"; }, { name = \"b\"; url = \"sqlite:b.db\"; },\n"
		"  { name = \"c\"; url = \"sqlite:c.db\"; }, { name = \"d\"; url = \"sqlite:d.db\"; } );\n"
		" shards = ( { name = \"s0\"; node = \"a\"; }, { name = \"s1\"; node = \"b\"; },\n"
		"  { name = \"s2\"; node = \"c\"; }, { name = \"s3\"; node = \"d\"; } );\n"
		" maps = ( { name = \"m\"; plugin = \"hash\"; key = [ \"int64\" ]; } );\n"
		" tables = ( { table = \"customers\"; map = \"m\"; key = [ \"id\" ]; } ); }; };\n"
		"permission = { plugin = \"rbac\"; settings = { file = \"policy.conf\"; }; };\n"
		"audit = ( { name = \"trail\"; plugin = \"file\"; guarantee = \"best_effort\";"
		" settings = { path = \"audit.log\"; }; } );\n");
	(void)snprintf(path, sizeof path, "%s/app.conf", dir);
	OK(dbn_pool_open(path, &pool, &err));
	OK(dbn_session_open_as(pool, "u", &s, &err));
	for (int i = 1; i <= KEYS; i++) {
		int64_t n = 0;

		OK(dbn_exec(s, "INSERT INTO customers (id, name) VALUES (?, 'x')", DBN_ARGS(i), NULL, &err));
		OK(dbn_get_int64(s, "SELECT id FROM customers WHERE id = ?", DBN_ARGS(i), &n, &err));
		cr_assert_eq(n, i);
	}
	cr_assert_eq(dbn_exec(s, "UPDATE customers SET name = 'y'", DBN_NO_ARGS, NULL, &err), DBN_E_NO_SHARD,
		"%s", dbn_error_message(err));
	dbn_error_free(err);
	err = NULL;
	dbn_session_close(s);
	dbn_pool_close(pool);
	for (int i = 0; i < 4; i++)
		files += look(dir, i, found) > 0;
	cr_assert_gt(files, 1, "the keys are spread");
	for (int i = 1; i <= KEYS; i++)
		cr_assert(found[i] && !(found[i] & (found[i] - 1)), "key %d is in files %x", i, found[i]);
	(void)snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
	cr_assert_eq(system(cmd), 0);
}
