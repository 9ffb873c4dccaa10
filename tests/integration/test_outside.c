/* SPDX-License-Identifier: MIT */
/*
 * What comes from outside: another program changes the schema, holds the lock or
 * the disk fills up; the file may only be read.  The statement gets a clear error
 * or the new answer.
 */
#include <criterion/criterion.h>
#include <linux/capability.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
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
TestSuite(outside_set, .fini = end, .timeout = 60); /* they begin with settings of their own */

static int64_t
number(const char *sql)
{
	int64_t n = -1;

	OK(dbn_get_int64(st.session, sql, DBN_NO_ARGS, &n, &err));
	return n;
}

static uint32_t
width(const char *sql)
{
	dbn_rows *rows;
	dbn_status rc;
	uint32_t n;

	OK(dbn_query(st.session, sql, DBN_NO_ARGS, &rows, &err));
	n = dbn_rows_columns(rows);
	while ((rc = dbn_rows_next(rows, &err)) == DBN_OK)
		continue;
	cr_assert_eq(rc, DBN_DONE, "%s", dbn_error_message(err));
	dbn_rows_close(rows);
	return n;
}

/* Names are bound when a statement is compiled: what is compiled gives the columns
 * it gave; a new statement is looked up again when a name of it is not known. */
Test(outside, a_column_is_added)
{
	cr_assert_eq(number("SELECT id FROM users"), 1);
	cr_assert_eq(width("SELECT * FROM users"), 2);
	RAW("ALTER TABLE users ADD COLUMN rank INTEGER DEFAULT 5");
	cr_assert_eq(number("SELECT id FROM users"), 1);
	cr_assert_eq(width("SELECT * FROM users"), 2, "compiled before");
	cr_assert_eq(number("SELECT rank FROM users"), 5, "the new name is found");
	cr_assert_eq(width("SELECT * FROM users WHERE id > 0"), 3, "and from then on it is known");
	RUN("UPDATE users SET rank = 6");
	cr_assert_eq(number("SELECT rank FROM users"), 6);
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

/* ---- a lock that another process holds ---- */

/* A child takes the lock and says so; it lets go after ms milliseconds, or when
 * it is killed (ms < 0). */
static pid_t
hold_lock(const char *how, long ms)
{
	int fd[2];
	char c;
	pid_t pid;

	cr_assert_eq(pipe(fd), 0);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		struct timespec t = { ms / 1000, ms % 1000 * 1000000 };
		char path[128];
		sqlite3 *db;

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nobody */
		(void)snprintf(path, sizeof path, "%s/app.db", st.dir);
		if (sqlite3_open(path, &db) != SQLITE_OK || sqlite3_busy_timeout(db, 10000) != SQLITE_OK ||
			sqlite3_exec(db, how, NULL, NULL, NULL) != SQLITE_OK || write(fd[1], "x", 1) != 1)
			_exit(1);
		while (ms < 0)
			(void)pause();
		(void)nanosleep(&t, NULL);
		_exit(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK ? 0 : 1);
	}
	(void)close(fd[1]);
	cr_assert_eq(read(fd[0], &c, 1), 1, "the child has no lock");
	(void)close(fd[0]);
	return pid;
}

static void
let_go(pid_t pid, bool kill_it)
{
	int status;

	if (kill_it)
		cr_assert_eq(kill(pid, SIGKILL), 0);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(kill_it || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

/* Exactly this status, with words of ours: SQLite's are "database is locked". */
static void
refused(dbn_status want, dbn_status rc, bool retryable)
{
	cr_assert_eq(rc, want, "%s, not %s: %s", dbn_status_name(rc), dbn_status_name(want), dbn_error_message(err));
	cr_assert_str_neq(dbn_error_message(err), "database is locked");
	cr_assert(strstr(dbn_error_message(err), "locked by another"), "%s", dbn_error_message(err));
	cr_assert_eq(dbn_error_retryable(err), retryable);
	dbn_error_free(err);
	err = NULL;
}

#define LATE { "INSERT INTO users VALUES (9, 'late')", 36 }

Test(outside, a_lock_is_held_longer_than_the_deadline)
{
	dbn_query_opts o = dbn_query_opts_init();
	dbn_txn_opts t = dbn_txn_opts_init();
	dbn_text sql = LATE;
	dbn_value two[] = { dbn_v_text("p"), dbn_v_text("q") };
	pid_t pid = hold_lock("BEGIN IMMEDIATE", -1);

	o.timeout_ns = t.timeout_ns = 200000000;
	refused(DBN_E_TIMEOUT, dbn_exec_with(st.session, sql, DBN_NO_ARGS, &o, NULL, &err), false);
	refused(DBN_E_TIMEOUT, dbn_begin(st.session, &t, &err), false);
	cr_assert_not(dbn_in_transaction(st.session));
	cr_assert_eq(number("SELECT count(*) FROM users"), 1, "readers are not held up");
	let_go(pid, true);
	OK(dbn_exec_with(st.session, sql, DBN_NO_ARGS, &o, NULL, &err));
	OK(dbn_exec_many(st.session, "INSERT INTO users (name) VALUES (?)", dbn_args_of(two, 2), 2, NULL, NULL, &err));
	cr_assert_eq(number("SELECT count(*) FROM users"), 4);
}

Test(outside, a_lock_is_held_shorter_than_the_deadline)
{
	dbn_query_opts o = dbn_query_opts_init();
	dbn_text sql = LATE;
	pid_t pid = hold_lock("BEGIN IMMEDIATE", 300);

	o.timeout_ns = UINT64_C(50000000000);
	OK(dbn_exec_with(st.session, sql, DBN_NO_ARGS, &o, NULL, &err));
	let_go(pid, false);
	pid = hold_lock("BEGIN EXCLUSIVE", 300);
	OK(dbn_begin(st.session, NULL, &err));
	RUN("DELETE FROM users WHERE id = 1");
	OK(dbn_commit(st.session, &err));
	let_go(pid, false);
	cr_assert_eq(number("SELECT count(*) FROM users"), 1);
}

/* Without write-ahead log a writer holds up readers too. */
Test(outside_set, a_lock_on_a_file_without_log)
{
	dbn_query_opts o = dbn_query_opts_init();
	dbn_text sql = { "SELECT count(*) FROM users", 26 };
	pid_t pid;

	cr_assert_eq(setenv("DBNEXUS_SET", "databases.main.driver.settings.journal=delete", 1), 0);
	begin();
	cr_assert_eq(unsetenv("DBNEXUS_SET"), 0);
	o.timeout_ns = 200000000;
	o.cache = DBN_CACHE_BYPASS;
	pid = hold_lock("BEGIN EXCLUSIVE", -1);
	refused(DBN_E_TIMEOUT, dbn_exec_with(st.session, sql, DBN_NO_ARGS, &o, NULL, &err), false);
	let_go(pid, true);
	pid = hold_lock("BEGIN EXCLUSIVE", 300);
	o.timeout_ns = UINT64_C(50000000000);
	OK(dbn_exec_with(st.session, sql, DBN_NO_ARGS, &o, NULL, &err));
	let_go(pid, false);
}

/* No deadline: the setting lock_wait says how long, and it is another outcome. */
Test(outside_set, a_lock_is_held_longer_than_lock_wait)
{
	pid_t pid;

	cr_assert_eq(setenv("DBNEXUS_SET", "limits.time=never; databases.main.driver.settings.lock_wait=200 ms", 1), 0);
	begin();
	cr_assert_eq(unsetenv("DBNEXUS_SET"), 0);
	pid = hold_lock("BEGIN IMMEDIATE", -1);
	refused(DBN_E_BUSY, dbn_exec(st.session, "INSERT INTO users VALUES (9, 'late')", DBN_NO_ARGS, NULL, &err), true);
	refused(DBN_E_BUSY, dbn_begin(st.session, NULL, &err), true);
	let_go(pid, true);
	RUN("INSERT INTO users VALUES (9, 'late')");
}

/* ---- a file that may only be read ---- */

/* Rights of files must hold for root, too: without the capabilities that pass over
 * them.  The user stays, so that the trust in plugins stays. */
static void
obey_rights(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	cr_assert_eq(syscall(SYS_capset, &h, d), 0);
}

static void
is_read_only(dbn_status rc)
{
	cr_assert_eq(rc, DBN_E_DENIED, "%s: %s", dbn_status_name(rc), dbn_error_message(err));
	cr_assert_str_eq(dbn_error_sqlstate(err), "25006");
	cr_assert(strstr(dbn_error_message(err), "read-only"), "%s", dbn_error_message(err));
	dbn_error_free(err);
	err = NULL;
}

Test(outside, the_file_may_only_be_read)
{
	char path[128];

	dbn_session_close(st.session);
	dbn_pool_close(st.pool);
	st.session = NULL;
	st.pool = NULL;
	(void)sqlite3_close(raw);
	raw = NULL;
	(void)snprintf(path, sizeof path, "%s/app.db", st.dir);
	cr_assert_eq(chmod(path, 0400), 0);
	obey_rights();
	cr_assert_neq(access(path, W_OK), 0);
	(void)snprintf(path, sizeof path, "%s/app.conf", st.dir);
	OK(dbn_pool_open(path, &st.pool, &err));
	st.session = stack_session(&st, "alice");
	cr_assert_eq(number("SELECT count(*) FROM users"), 1);
	is_read_only(dbn_exec(st.session, "INSERT INTO users VALUES (9, 'late')", DBN_NO_ARGS, NULL, &err));
	is_read_only(dbn_exec(st.session, "CREATE TABLE more (a INTEGER)", DBN_NO_ARGS, NULL, &err));
	cr_assert_eq(number("SELECT count(*) FROM users WHERE id > 0"), 1);
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

/* ---- the trail ---- */

static void
close_stack(void)
{
	dbn_session_close(st.session);
	st.session = NULL;
	dbn_pool_close(st.pool);
	st.pool = NULL;
}

static void
verify(dbn_trail_report *r)
{
	char path[128];
	dbn_config *config = NULL;

	memset(r, 0, sizeof *r);
	r->struct_size = sizeof *r;
	(void)snprintf(path, sizeof path, "%s/app.conf", st.dir);
	OK(dbn_config_open(path, 0, &config, &err));
	OK(dbn_trail_verify(config, NULL, r, &err));
	dbn_config_free(config);
}

/* How many lines of the trail have all of these words (NULL: not wanted)? */
static int
records(const char *a, const char *b, const char *c)
{
	char path[128], line[8192];
	int n = 0;
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/audit.log", st.dir);
	f = fopen(path, "r");
	cr_assert_not_null(f);
	while (fgets(line, sizeof line, f))
		n += (!a || strstr(line, a)) && (!b || strstr(line, b)) && (!c || strstr(line, c));
	cr_assert_eq(fclose(f), 0);
	return n;
}
/* Every statement is one record that says who, what, by which rule, with which
 * outcome, and no value of it. */
Test(outside, the_trail_tells_what_happened)
{
	dbn_trail_report r;
	dbn_session *bob = stack_session(&st, "bob");

	OK(dbn_exec(st.session, "INSERT INTO users VALUES (?, ?), (77, 'secret-b')", DBN_ARGS(76, "secret-a"), NULL, &err));
	cr_assert_eq(number("SELECT count(*) FROM users WHERE name <> 'secret-c'"), 3);
	OK(dbn_begin(st.session, NULL, &err));
	RUN("UPDATE users SET name = 'secret-d' WHERE id = 1");
	OK(dbn_rollback(st.session, &err));
	OK(dbn_begin(st.session, NULL, &err));
	RUN("DELETE FROM users WHERE id > 70");
	OK(dbn_commit(st.session, &err));
	cr_assert_eq(dbn_exec(st.session, "DELETE FROM nowhere", DBN_NO_ARGS, NULL, NULL), DBN_E_SYNTAX);
	cr_assert_eq(dbn_exec(bob, "SELECT name FROM users", DBN_NO_ARGS, NULL, NULL), DBN_E_DENIED);
	cr_assert_eq(dbn_exec(st.session, "INSERT INTO users VALUES (1, 'secret-e')", DBN_NO_ARGS, NULL, NULL), DBN_E_DUPLICATE);
	cr_assert_eq(dbn_exec(st.session, "SELECT 'secret-f", DBN_NO_ARGS, NULL, NULL), DBN_E_SYNTAX);
	dbn_session_close(bob);
	close_stack();
	verify(&r);
	cr_assert_eq(r.damage, DBN_TRAIL_SOUND);
	cr_assert_eq(r.first_seq, 1);
	cr_assert_eq(r.lost, 0);
	cr_assert_eq(r.records, (uint64_t)records(NULL, NULL, NULL));
	cr_assert_eq(records("\"action\":\"insert\"", "\"affected\":2", "\"statement\":\"INSERT INTO \\\"users\\\" VALUES (?, ?)\""), 1);
	cr_assert_eq(records("\"action\":\"read\"", "\"affected\":1", "WHERE \\\"name\\\" <> ?"), 1);
	cr_assert_eq(records("\"action\":\"update\"", "\"rules\":[\"all\"]", "\"txn\":1,"), 1);
	cr_assert_eq(records("\"statement\":\"ROLLBACK\"", "\"outcome\":\"ok\"", "\"txn\":1,"), 1);
	cr_assert_eq(records("\"action\":\"delete\"", "\"affected\":2", "\"txn\":2,"), 1);
	cr_assert_eq(records("\"statement\":\"COMMIT\"", "\"outcome\":\"ok\"", "\"txn\":2,"), 1);
	cr_assert_eq(records("\"outcome\":\"error\"", "\"error\":\"DBN_E_SYNTAX\"", "nowhere"), 1);
	cr_assert_eq(records("\"outcome\":\"denied\"", "\"error\":\"DBN_E_DENIED\"", "\"user\":\"bob\""), 1);
	cr_assert_eq(records("\"outcome\":\"error\"", "\"error\":\"DBN_E_DUPLICATE\"", "\"rules\":[\"all\"]"), 1);
	cr_assert_eq(records("the statement cannot be read", "DBN_E_SYNTAX", "\"user\":\"alice\""), 1);
	cr_assert_eq(records("\"action\":\"session\"", "\"user\":\"bob\"", "\"roles\":[\"guest\"]"), 2);
	cr_assert_eq(records("\"user\":\"alice\"", NULL, NULL), records("\"session\":1", NULL, NULL));
	cr_assert_eq(records("secret", NULL, NULL), 0, "values do not belong there");
}

/* A child writes with a trail that is durable before the caller is told, and is
 * killed in the middle.  What it was told of is there, and the trail is sound. */
static pid_t
writing_child(int *fd)
{
	int p[2];
	pid_t pid;

	cr_assert_eq(pipe(p), 0);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		char path[128];
		dbn_pool *pool;
		dbn_session *s;

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)snprintf(path, sizeof path, "%s/app.conf", st.dir);
		if (setenv("DBNEXUS_SET", "audit[trail].guarantee=before_ack", 1) != 0 ||
			dbn_pool_open(path, &pool, NULL) != DBN_OK || dbn_session_open_as(pool, "alice", &s, NULL) != DBN_OK)
			_exit(1);
		for (int i = 0; i < 100000; i++)
			if (dbn_exec(s, "INSERT INTO log (what) VALUES ('x')", DBN_NO_ARGS, NULL, NULL) != DBN_OK ||
				write(p[1], "x", 1) != 1)
				_exit(2);
		_exit(3);
	}
	(void)close(p[1]);
	*fd = p[0];
	return pid;
}

Test(outside, a_process_is_killed_while_it_writes_the_trail)
{
	char path[128], c;
	dbn_trail_report r;
	int64_t rows = 0;
	int told = 0;

	(void)snprintf(path, sizeof path, "%s/app.conf", st.dir);
	close_stack();
	for (int round = 0; round < 3; round++) {
		int status, fd, before = told;
		int64_t were = rows;
		pid_t pid = writing_child(&fd);

		for (int i = 0; i < 20 + 7 * round; i++, told++)
			cr_assert_eq(read(fd, &c, 1), 1, "the child cannot write");
		if (round == 0) { /* beside it: readers of the trail, but no second writer */
			verify(&r);
			cr_assert_eq(r.damage, DBN_TRAIL_SOUND);
			cr_assert_neq(dbn_pool_open(path, &st.pool, &err), DBN_OK);
			cr_assert(strstr(dbn_error_message(err), "audit.log") || strstr(dbn_error_detail(err), "audit.log"), "%s | %s",
				dbn_error_message(err), dbn_error_detail(err));
			dbn_error_free(err);
			err = NULL;
		}
		cr_assert_eq(kill(pid, SIGKILL), 0);
		cr_assert_eq(waitpid(pid, &status, 0), pid);
		cr_assert(WIFSIGNALED(status), "exit %d", WEXITSTATUS(status));
		while (read(fd, &c, 1) == 1)
			told++;
		(void)close(fd);
		OK(dbn_pool_open(path, &st.pool, &err));
		st.session = stack_session(&st, "alice");
		OK(dbn_get_int64(st.session, "SELECT count(*) FROM log", DBN_NO_ARGS, &rows, &err));
		close_stack();
		verify(&r);
		cr_assert_eq(r.damage, DBN_TRAIL_SOUND, "%s", r.what);
		/* the last one may have been done and not told any more */
		cr_assert(rows == were + told - before || rows == were + told - before + 1,
			"%lld rows, told of %d", (long long)rows, told);
		cr_assert_geq(records("\"action\":\"insert\"", "\"outcome\":\"ok\"", "main.main.log"), told);
	}
}
