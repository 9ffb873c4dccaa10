/* SPDX-License-Identifier: MIT */
/*
 * The proof of the asynchronous border against a PostgreSQL of its own: groups,
 * isolation of errors, cancel; then parts of the driver suite through the
 * blocking operations.  Plain TAP; skipped (77) where there is no server.
 *   test_pg PLUGIN.so CONFORM-DRIVER QUIRKS
 */
#include <errno.h>
#include <ftw.h>
#include <glob.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <dbnexus/plugin/driver.h>
#include <dbnexus/value.h>

#include "lib/fake_host.h"

static char bin[256], dir[64], url[256];
static pid_t server;
static int tests, failures;
static fake_plugin plugin;
static const dbn_driver_ops *ops;
static const dbn_driver_async_1 *async_ops;

static void
result(bool ok, const char *name)
{
	printf("%s %d - %s\n", ok ? "ok" : "not ok", ++tests, name);
	failures += !ok;
	fflush(stdout);
}

static bool
okay(dbn_status rc, dbn_error **err, const char *what)
{
	if (rc != DBN_OK)
		printf("# %s: %s [%s] %s\n", what, dbn_status_name(rc), dbn_error_sqlstate(*err),
			dbn_error_message(*err));
	dbn_error_free(*err);
	*err = NULL;
	return rc == DBN_OK;
}

/* ---- the server ---- */
static bool
find_server(void)
{
	glob_t g;
	bool found = glob("/usr/lib/postgresql/*/bin/postgres", 0, NULL, &g) == 0 && g.gl_pathc > 0;

	if (found) {
		(void)snprintf(bin, sizeof bin, "%s", g.gl_pathv[g.gl_pathc - 1]);
		*strrchr(bin, '/') = 0;
	}
	globfree(&g);
	return found;
}

/* Servers refuse root: become somebody else. */
static void
drop(void)
{
	struct passwd *p = getuid() == 0 ? getpwnam("nobody") : NULL;

	if (p && (setgid(p->pw_gid) != 0 || setuid(p->pw_uid) != 0))
		_exit(126);
}

static pid_t
start(char *const argv[])
{
	pid_t pid = fork();

	if (pid == 0) {
		char log[80];

		(void)snprintf(log, sizeof log, "%s/log", dir);
		drop();
		if (!freopen(log, "a", stdout) || !freopen(log, "a", stderr) || chdir(dir) != 0)
			_exit(126);
		execv(argv[0], argv);
		_exit(127);
	}
	return pid;
}

static bool
start_server(void)
{
	char initdb[300], postgres[300], data[80];
	char *init[] = { initdb, "-D", data, "-A", "trust", "-U", "tester", "-E", "UTF8", "--no-locale",
		"--no-sync", NULL };
	char *run[] = { postgres, "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off",
		"-c", "max_connections=30", NULL };
	struct passwd *p = getuid() == 0 ? getpwnam("nobody") : NULL;
	int st = 0;
	pid_t pid;

	(void)snprintf(dir, sizeof dir, "/tmp/dbn-pg.XXXXXX");
	if (!mkdtemp(dir) || (p && chown(dir, p->pw_uid, p->pw_gid) != 0))
		return false;
	(void)snprintf(initdb, sizeof initdb, "%s/initdb", bin);
	(void)snprintf(postgres, sizeof postgres, "%s/postgres", bin);
	(void)snprintf(data, sizeof data, "%s/data", dir);
	(void)snprintf(url, sizeof url, "postgres:host=%s user=tester dbname=postgres", dir);
	pid = start(init);
	if (pid < 0 || waitpid(pid, &st, 0) != pid || st != 0)
		return false;
	server = start(run);
	return server > 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
stop_server(void)
{
	if (server > 0) {
		(void)kill(server, SIGINT);
		(void)waitpid(server, NULL, 0);
	}
	if (*dir)
		(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- driving ---- */
static uint64_t
now_ms(void)
{
	return plugin.fh.host.now_ns(&plugin.fh.host) / 1000000;
}

/* advance() with poll() until done or the time is over. */
static bool
drive(struct dbn_conn *c, uint64_t ms)
{
	dbn_io_want want = { .struct_size = (uint32_t)sizeof want };
	uint64_t until = now_ms() + ms;
	dbn_error *err = NULL;
	dbn_status rc;

	while ((rc = async_ops->advance(c, &want, &err)) == DBN_E_BUSY && now_ms() < until) {
		struct pollfd p = { want.fd, (short)((want.events & 1 ? POLLIN : 0) |
			(want.events & 2 ? POLLOUT : 0)), 0 };

		dbn_error_free(err);
		err = NULL;
		(void)poll(&p, 1, 50);
	}
	return okay(rc, &err, "advance");
}

static struct dbn_conn *
connect_async(void)
{
	dbn_connect_opts o = { .call = DBN_CALL_INIT };
	struct dbn_conn *c = NULL;
	dbn_error *err = NULL;

	o.url = (dbn_text){ url, strlen(url) };
	for (int i = 0; i < 100; i++) { /* the server may still be starting */
		struct timespec ts = { 0, 100000000 };
		dbn_io_want want = { .struct_size = (uint32_t)sizeof want };
		dbn_status rc = async_ops->connect_start(plugin.self, &o, &c, &err);

		while (rc == DBN_OK && (rc = async_ops->advance(c, &want, &err)) == DBN_E_BUSY) {
			struct pollfd p = { want.fd, want.events & 1 ? POLLIN : POLLOUT, 0 };

			(void)poll(&p, 1, 1000);
			rc = DBN_OK;
		}
		dbn_error_free(err);
		err = NULL;
		if (rc == DBN_OK)
			return c;
		if (c)
			ops->disconnect(c);
		c = NULL;
		(void)nanosleep(&ts, NULL);
	}
	return NULL;
}

static bool
run_sql(struct dbn_conn *c, const char *sql)
{
	dbn_prepare_opts po = { .call = DBN_CALL_INIT };
	dbn_exec_opts eo = { .call = DBN_CALL_INIT };
	dbn_stmt_info info = { .struct_size = (uint32_t)sizeof info };
	dbn_outcome out = { .struct_size = (uint32_t)sizeof out };
	struct dbn_stmt *s = NULL;
	dbn_error *err = NULL;
	dbn_status rc = ops->prepare(c, (dbn_text){ sql, strlen(sql) }, &po, &s, &info, &err);

	if (rc == DBN_OK)
		rc = ops->execute(s, NULL, 0, &eo, &out, NULL, &err);
	if (s)
		ops->close_stmt(s);
	return okay(rc, &err, sql);
}

static struct dbn_stmt *
prepare_async(struct dbn_conn *c, const char *sql, uint64_t tag)
{
	dbn_prepare_opts po = { .call = DBN_CALL_INIT };
	dbn_outcome out = { .struct_size = (uint32_t)sizeof out };
	struct dbn_stmt *s = NULL;
	dbn_error *err = NULL;
	uint64_t got = 0;

	if (!okay(async_ops->prepare_start(c, (dbn_text){ sql, strlen(sql) }, &po, &s, tag, &err), &err,
			sql) || !okay(async_ops->sync(c, tag, &err), &err, "sync") || !drive(c, 5000) ||
		!okay(async_ops->take(c, &got, &out, NULL, &err), &err, "take") || got != tag)
		return NULL;
	return okay(out.status, &out.error, sql) ? s : NULL;
}

static bool
submit(struct dbn_conn *c, struct dbn_stmt *s, dbn_args args, uint64_t tag)
{
	dbn_exec_item item = { .struct_size = (uint32_t)sizeof item, .stmt = s, .values = args.v,
		.nrows = 1 };
	dbn_error *err = NULL;

	item.nvalues = (uint32_t)args.n;
	return okay(async_ops->submit(c, &item, tag, &err), &err, "submit");
}

/* ---- tests ---- */
static void
test_hundred(struct dbn_conn *c)
{
	struct dbn_stmt *s = prepare_async(c, "SELECT $1::bigint * 2 AS twice", 1);
	dbn_stmt_info info = { .struct_size = (uint32_t)sizeof info };
	dbn_outcome out = { .struct_size = (uint32_t)sizeof out };
	dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
	struct dbn_cursor *cur;
	dbn_error *err = NULL;
	uint64_t tag, want = 100;
	bool ok = s && okay(async_ops->stmt_info(s, &info, &err), &err, "stmt_info") &&
		info.nparams == 1 && info.columns.count == 1;

	result(ok, "a prepared statement tells its facts");
	for (int i = 0; ok && i < 100; i++)
		ok = submit(c, s, DBN_ARGS(i), 100 + (uint64_t)i);
	ok = ok && okay(async_ops->sync(c, 1, &err), &err, "sync");
	ok = ok && async_ops->take(c, &tag, &out, &cur, &err) == DBN_DONE;
	ok = ok && drive(c, 10000);
	while (ok && async_ops->take(c, &tag, &out, &cur, &err) == DBN_OK) {
		ok = tag == want++ && out.status == DBN_OK && cur &&
			ops->fetch(cur, 10, &r, &err) == DBN_OK && r.cells[0].type == DBN_INT64 &&
			r.cells[0].u.i64 == (int64_t)(tag - 100) * 2 && ops->fetch(cur, 10, &r, &err) == DBN_DONE;
		if (cur)
			ops->close_cursor(cur);
	}
	result(ok && want == 200, "100 executions in one group, answered in order");
	if (s)
		ops->close_stmt(s);
}

/* Group 0: 10 good; group 1: the sixth of 10 is a duplicate; group 2: 10 good. */
static void
test_groups(struct dbn_conn *c)
{
	struct dbn_stmt *s = NULL;
	dbn_outcome out = { .struct_size = (uint32_t)sizeof out };
	struct dbn_cursor *cur;
	dbn_error *err = NULL;
	uint64_t tag, taken = 0;
	bool ok = run_sql(c, "CREATE TABLE g (id bigint PRIMARY KEY)") &&
		(s = prepare_async(c, "INSERT INTO g VALUES ($1)", 1)) != NULL, fates = true;

	for (uint64_t i = 0; ok && i < 30; i++) {
		ok = submit(c, s, DBN_ARGS(i == 15 ? (int64_t)0 : (int64_t)i), i);
		if (ok && i % 10 == 9)
			ok = okay(async_ops->sync(c, i / 10, &err), &err, "sync");
	}
	ok = ok && drive(c, 10000);
	while (ok && async_ops->take(c, &tag, &out, &cur, &err) == DBN_OK) {
		dbn_status want = tag / 10 != 1 ? DBN_OK : tag == 15 ? DBN_E_DUPLICATE : DBN_E_TXN_FAILED;
		uint32_t sent = tag > 15 && tag < 20 ? DBN_SENT_NO : DBN_SENT_YES;

		fates = fates && out.status == want && out.sent == sent &&
			(want != DBN_OK || out.affected == 1);
		if (out.status != want)
			printf("# %d: %s\n", (int)tag, dbn_status_name(out.status));
		if (tag == 15)
			fates = fates && strcmp(dbn_error_sqlstate(out.error), "23505") == 0 &&
				strcmp(dbn_error_constraint(out.error), "g_pkey") == 0;
		dbn_error_free(out.error);
		taken++;
	}
	result(ok && taken == 30 && fates, "an error stays within its group, each member knows its fate");
	if (s)
		ops->close_stmt(s);
	s = prepare_async(c, "SELECT count(*) FROM g", 2);
	ok = s && submit(c, s, DBN_NO_ARGS, 3) && okay(async_ops->sync(c, 9, &err), &err, "sync") &&
		drive(c, 5000) && async_ops->take(c, &tag, &out, &cur, &err) == DBN_OK && cur;
	if (ok) {
		dbn_rowset r = { .struct_size = (uint32_t)sizeof r };

		ok = ops->fetch(cur, 1, &r, &err) == DBN_OK && r.cells[0].u.i64 == 20;
		ops->close_cursor(cur);
	}
	result(ok, "the other groups are kept, the failed one is not");
	if (s)
		ops->close_stmt(s);
}

static void
test_cancel(struct dbn_conn *c)
{
	struct dbn_stmt *s = prepare_async(c, "SELECT pg_sleep($1::float8)", 1);
	dbn_outcome out = { .struct_size = (uint32_t)sizeof out };
	struct dbn_cursor *cur = NULL;
	dbn_io_want want = { .struct_size = (uint32_t)sizeof want };
	dbn_error *err = NULL;
	uint64_t tag = 0, began = now_ms();
	bool ok = s && submit(c, s, DBN_ARGS(30.0), 77) && okay(async_ops->sync(c, 1, &err), &err, "sync");

	for (int i = 0; ok && i < 5; i++) { /* it runs */
		ok = async_ops->advance(c, &want, &err) == DBN_E_BUSY && want.ready == 0;
		dbn_error_free(err);
		err = NULL;
		(void)poll(NULL, 0, 20);
	}
	ok = ok && okay(ops->cancel(c, 76, &err), &err, "cancel of another");
	ok = ok && async_ops->advance(c, &want, &err) == DBN_E_BUSY;
	dbn_error_free(err);
	err = NULL;
	ok = ok && okay(ops->cancel(c, 77, &err), &err, "cancel") && drive(c, 5000);
	ok = ok && async_ops->take(c, &tag, &out, &cur, &err) == DBN_OK && tag == 77 &&
		out.status == DBN_E_CANCELLED && strcmp(dbn_error_sqlstate(out.error), "57014") == 0;
	dbn_error_free(out.error);
	result(ok && now_ms() - began < 5000, "pg_sleep(30) is cancelled by its tag");
	ok = s && submit(c, s, DBN_ARGS(0.2), 78) && okay(async_ops->sync(c, 2, &err), &err, "sync") &&
		drive(c, 5000) && async_ops->take(c, &tag, &out, &cur, &err) == DBN_OK &&
		out.status == DBN_OK;
	if (cur)
		ops->close_cursor(cur);
	result(ok, "the next statement is not hit");
	if (s)
		ops->close_stmt(s);
}

/* The same driver under the suite that every driver passes. */
static void
test_suite(const char *path, const char *conform, const char *quirks)
{
	static const char *const cases[] = { "ops.complete", "describe.facts", "prepare.facts",
		"prepare.refuses", "exec.affected", "exec.wrong_number_of_values", "errors.constraints",
		"reset.cleans", "rows.in_order", "rows.none", "rows.execute_again",
		"rows.keep_until_next_fetch", "rows.returning", "txn.states", "txn.isolation",
		"txn.savepoints", "txn.after_an_error", "cancel.stops_what_runs", "cancel.between_fetches",
		"cancel.never_hits_a_later_statement", "deadline.stops_what_runs" };
	char cmd[1400], line[512];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		FILE *f;

		(void)snprintf(cmd, sizeof cmd, "'%s' --arg 'url=postgres:host=%s user=tester dbname=@TMP@' "
			"--quirks '%s' --only %s '%s'", conform, dir, quirks, cases[i], path);
		fflush(stdout);
		f = popen(cmd, "r");
		while (f && fgets(line, sizeof line, f)) /* only what went wrong: the case is ours */
			if (*line == '#')
				(void)fputs(line, stdout);
		result(f && pclose(f) == 0, cases[i]);
	}
}

int
main(int argc, char **argv)
{
	struct dbn_conn *c = NULL;
	dbn_error *err = NULL;

	if (argc != 4)
		return 2;
	if (!find_server()) {
		printf("1..0 # SKIP there is no PostgreSQL server\n");
		return 77;
	}
	alarm(300);
	if (!okay(fake_plugin_open(&plugin, argv[1], NULL, NULL, NULL, &err), &err, "load"))
		return 1;
	ops = (const dbn_driver_ops *)plugin.desc->ops;
	async_ops = (const dbn_driver_async_1 *)plugin.desc->get_extension(plugin.self,
		DBN_DRIVER_ASYNC_1);
	if (start_server())
		c = connect_async();
	result(c != NULL, "connects by connect_start() and advance()");
	if (c) {
		test_hundred(c);
		test_groups(c);
		test_cancel(c);
		ops->disconnect(c);
		test_suite(argv[1], argv[2], argv[3]);
	}
	stop_server();
	fake_plugin_close(&plugin);
	result(atomic_load(&plugin.fh.live) == 0, "no host memory is left");
	printf("1..%d\n", tests);
	return failures ? 1 : 0;
}
