/* SPDX-License-Identifier: MIT */
/*
 * What comes from outside: another program changes the schema, holds the lock or
 * the disk fills up.  The statement gets a clear error or the new answer.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/stack.h"

#define RULES \
	"{ id = \"all\"; roles = [ \"admin\" ]; relation = \"*\"; actions = [ \"read\", \"write\" ]; columns = [ \"*\" ]; }," \
	"{ id = \"ddl\"; roles = [ \"admin\" ]; database = \"main\"; actions = [ \"admin.ddl\" ]; }"

static stack st;
static sqlite3 *raw;
static dbn_error *err;

#define OK(call) cr_assert_eq(call, DBN_OK, "%s: %s | %s", #call, dbn_error_message(err), dbn_error_detail(err))
#define RUN(sql) OK(dbn_exec(st.session, sql, DBN_NO_ARGS, NULL, &err))
#define RAW(sql) cr_assert_eq(sqlite3_exec(raw, sql, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(raw))

static void
begin(void)
{
	char path[128];

	stack_open(&st, RULES, "alice");
	RUN("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)");
	RUN("CREATE TABLE log (id INTEGER PRIMARY KEY, what TEXT)");
	RUN("INSERT INTO users VALUES (1, 'ann')");
	(void)snprintf(path, sizeof path, "%s/app.db", st.dir);
	cr_assert_eq(sqlite3_open(path, &raw), SQLITE_OK);
	(void)sqlite3_busy_timeout(raw, 5000);
}

static void
end(void)
{
	(void)sqlite3_close(raw);
	dbn_error_free(err);
	err = NULL;
	stack_close(&st);
}

TestSuite(outside, .init = begin, .fini = end, .timeout = 60);

static int64_t
number(const char *sql)
{
	int64_t n = -1;

	OK(dbn_get_int64(st.session, sql, DBN_NO_ARGS, &n, &err));
	return n;
}

Test(outside, a_column_is_added)
{
	dbn_rows *rows;
	dbn_status rc;

	cr_assert_eq(number("SELECT id FROM users"), 1);
	RAW("ALTER TABLE users ADD COLUMN rank INTEGER DEFAULT 5");
	cr_assert_eq(number("SELECT id FROM users"), 1);
	rc = dbn_query(st.session, "SELECT * FROM users WHERE id > 0", DBN_NO_ARGS, &rows, &err);
	cr_assert_eq(rc, DBN_OK, "%s", dbn_error_message(err));
	while ((rc = dbn_rows_next(rows, &err)) == DBN_OK)
		cr_assert_geq(dbn_rows_columns(rows), 2);
	cr_assert_eq(rc, DBN_DONE);
	dbn_rows_close(rows);
}

Test(outside, a_table_is_dropped)
{
	cr_assert_eq(number("SELECT count(*) FROM log WHERE id > 0"), 0);
	RAW("DROP TABLE log");
	cr_assert_neq(dbn_exec(st.session, "INSERT INTO log (what) VALUES ('x')", DBN_NO_ARGS, NULL, &err), DBN_OK);
	cr_assert(strstr(dbn_error_message(err), "log"), "%s", dbn_error_message(err));
	dbn_error_free(err);
	err = NULL;
	cr_assert_eq(number("SELECT count(*) FROM users"), 1);
}

Test(outside, a_trigger_is_added)
{
	dbn_status rc;

	RUN("INSERT INTO users VALUES (2, 'bob')");
	RAW("CREATE TRIGGER t AFTER INSERT ON users BEGIN INSERT INTO log (what) VALUES (new.name); END");
	rc = dbn_exec(st.session, "INSERT INTO users VALUES (3, 'cay')", DBN_NO_ARGS, NULL, &err);
	cr_assert_eq(rc, DBN_OK, "%s", dbn_error_message(err));
	cr_assert_eq(number("SELECT count(*) FROM log WHERE what = 'cay'"), 1);
}

Test(outside, a_lock_is_held)
{
	dbn_query_opts o = dbn_query_opts_init();
	dbn_text sql = { "INSERT INTO users VALUES (9, 'late')", 36 };
	dbn_status rc;

	o.timeout_ns = 300000000;
	RAW("BEGIN EXCLUSIVE");
	rc = dbn_exec_with(st.session, sql, DBN_NO_ARGS, &o, NULL, &err);
	cr_assert(rc == DBN_E_TIMEOUT || rc == DBN_E_BUSY, "%s: %s", dbn_status_name(rc), dbn_error_message(err));
	dbn_error_free(err);
	err = NULL;
	RAW("ROLLBACK");
	OK(dbn_exec_with(st.session, sql, DBN_NO_ARGS, &o, NULL, &err));
	cr_assert_eq(number("SELECT count(*) FROM users"), 2);
}

Test(outside, the_disk_is_full)
{
	struct rlimit old, small;
	char fill[4000];
	dbn_status rc = DBN_OK;
	int64_t before;

	memset(fill, 'x', sizeof fill - 1);
	fill[sizeof fill - 1] = '\0';
	(void)signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 400000;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	OK(dbn_begin(st.session, NULL, &err));
	for (int i = 0; i < 1000 && rc == DBN_OK; i++)
		rc = dbn_exec(st.session, "INSERT INTO log (what) VALUES (?)", DBN_ARGS(fill), NULL, &err);
	if (rc == DBN_OK)
		rc = dbn_commit(st.session, &err);
	cr_assert_eq(rc, DBN_E_IO, "%s: %s", dbn_status_name(rc), dbn_error_message(err));
	dbn_error_free(err);
	err = NULL;
	(void)dbn_rollback(st.session, NULL);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	before = number("SELECT count(*) FROM log");
	cr_assert_eq(before, 0, "%lld rows are there", (long long)before);
	RUN("INSERT INTO log (what) VALUES ('after')");
	cr_assert_eq(number("SELECT count(*) FROM log WHERE what = 'after'"), 1);
}

Test(outside, the_trail_is_sound)
{
	char path[128];
	dbn_config *config = NULL;
	dbn_trail_report r = { .struct_size = sizeof r };

	cr_assert_neq(dbn_exec(st.session, "DELETE FROM nowhere", DBN_NO_ARGS, NULL, NULL), DBN_OK);
	dbn_session_close(st.session);
	st.session = NULL;
	dbn_pool_close(st.pool);
	st.pool = NULL;
	(void)snprintf(path, sizeof path, "%s/app.conf", st.dir);
	OK(dbn_config_open(path, 0, &config, &err));
	OK(dbn_trail_verify(config, NULL, &r, &err));
	cr_assert_geq(r.records, 4);
	cr_assert_eq(r.lost, 0);
	dbn_config_free(config);
}
