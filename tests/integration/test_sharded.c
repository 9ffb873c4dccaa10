/* SPDX-License-Identifier: MIT */
/*
 * One table over four SQLite files: a statement goes to the file its key is on,
 * and one that names no key is refused.
 */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* A transaction is on one file, that of its first statement; a statement for
 * another is refused by the names of both, and the transaction goes on. */
static void
across(dbn_session *s, const unsigned *found)
{
	static const char up[] = "UPDATE customers SET name = 'z' WHERE id = ?";
	dbn_txn_opts wrong = dbn_txn_opts_init();
	int here = 1, there = 2, near = 2;
	char a[16], b[16];
	int64_t n = 0;

	while (found[there] == found[here])
		there++;
	while (found[near] != found[here])
		near++;
	(void)snprintf(a, sizeof a, "node \"%c\"", 'a' + __builtin_ctz(found[here]));
	(void)snprintf(b, sizeof b, "to \"%c\"", 'a' + __builtin_ctz(found[there]));
	OK(dbn_begin(s, NULL, &err));
	OK(dbn_savepoint(s, &err)); /* before there is a place for it */
	OK(dbn_exec(s, up, DBN_ARGS(here), NULL, &err));
	cr_assert_eq(dbn_exec(s, up, DBN_ARGS(there), NULL, &err), DBN_E_NO_SHARD);
	cr_assert(strstr(dbn_error_message(err), a), "%s: no %s", dbn_error_message(err), a);
	cr_assert(strstr(dbn_error_message(err), b), "%s: no %s", dbn_error_message(err), b);
	cr_assert(*dbn_error_hint(err));
	dbn_error_free(err);
	err = NULL;
	cr_assert(dbn_in_transaction(s));
	OK(dbn_exec(s, up, DBN_ARGS(near), NULL, &err));
	cr_assert_eq(dbn_get_int64(s, "SELECT id FROM customers WHERE id = ?", DBN_ARGS(there), &n, &err), DBN_E_NO_SHARD);
	dbn_error_free(err);
	err = NULL;
	OK(dbn_savepoint_rollback(s, &err));
	OK(dbn_exec(s, up, DBN_ARGS(near), NULL, &err));
	OK(dbn_commit(s, &err));
	OK(dbn_get_int64(s, "SELECT count(*) FROM customers WHERE id = ? AND name = 'z'", DBN_ARGS(near), &n, &err));
	cr_assert_eq(n, 1);
	OK(dbn_get_int64(s, "SELECT count(*) FROM customers WHERE id = ? AND name = 'z'", DBN_ARGS(here), &n, &err));
	cr_assert_eq(n, 0, "undone to the savepoint");
	cr_assert_eq(dbn_exec_many(s, up, DBN_ARGS(here, there), 2, NULL, NULL, &err), DBN_E_NO_SHARD);
	cr_assert(strstr(dbn_error_message(err), "row 2"), "%s", dbn_error_message(err));
	dbn_error_free(err);
	err = NULL;
	OK(dbn_begin(s, NULL, &err)); /* one in which nothing happens */
	OK(dbn_commit(s, &err));
	wrong.isolation = 99; /* now, not when the first statement says where */
	cr_assert_eq(dbn_begin(s, &wrong, &err), DBN_E_INVALID, "%s", dbn_error_message(err));
	dbn_error_free(err);
	err = NULL;
	cr_assert_not(dbn_in_transaction(s));
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
	for (int i = 0; i < 4; i++)
		(void)look(dir, i, found);
	cr_assert_eq(dbn_exec(s, "UPDATE customers SET name = 'y'", DBN_NO_ARGS, NULL, &err), DBN_E_NO_SHARD,
		"%s", dbn_error_message(err));
	dbn_error_free(err);
	err = NULL;
	across(s, found);
	dbn_session_close(s);
	dbn_pool_close(pool);
	memset(found, 0, sizeof found);
	for (int i = 0; i < 4; i++)
		files += look(dir, i, found) > 0;
	cr_assert_gt(files, 1, "the keys are spread");
	for (int i = 1; i <= KEYS; i++)
		cr_assert(found[i] && !(found[i] & (found[i] - 1)), "key %d is in files %x", i, found[i]);
	(void)snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
	cr_assert_eq(system(cmd), 0);
}
