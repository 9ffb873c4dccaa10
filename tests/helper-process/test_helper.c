/* SPDX-License-Identifier: MIT */
/*
 * A helper process that is killed: clear errors, no hang, and a new connection
 * works.  Plain TAP.
 *   test_helper PROXY.so HELPER PLUGIN.so DIRECTORY
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "conformance/driver.h"
#include "helper-process/proxy.h"

static int tests, failures;
static fake_plugin plugin;
static const dbn_driver_ops *ops;
static const proxy_pid_1 *pids;
static char url[256];
static dbn_error *err;

static void
result(bool ok, const char *name)
{
	if (!ok && err)
		printf("# %s: %s\n", dbn_error_sqlstate(err), dbn_error_message(err));
	dbn_error_free(err);
	err = NULL;
	printf("%s %d - %s\n", ok ? "ok" : "not ok", ++tests, name);
	failures += !ok;
	fflush(stdout);
}

static struct dbn_conn *
open_conn(void)
{
	dbn_connect_opts o = { .call = DBN_CALL_INIT, .create = 1 };
	struct dbn_conn *c = NULL;

	o.url = (dbn_text){ url, strlen(url) };
	return ops->connect(plugin.self, &o, &c, &err) == DBN_OK ? c : NULL;
}

static struct dbn_stmt *
prepare(struct dbn_conn *c, const char *sql)
{
	dbn_prepare_opts o = { .call = DBN_CALL_INIT, .flags = DBN_PREPARE_ADMIN };
	dbn_stmt_info info = { .struct_size = (uint32_t)sizeof info };
	struct dbn_stmt *s = NULL;

	return ops->prepare(c, (dbn_text){ sql, strlen(sql) }, &o, &s, &info, &err) == DBN_OK ? s : NULL;
}

static dbn_status
execute(struct dbn_stmt *s, dbn_outcome *out)
{
	dbn_exec_opts o = { .call = DBN_CALL_INIT, .statement_no = 1 };

	memset(out, 0, sizeof *out);
	out->struct_size = (uint32_t)sizeof *out;
	return ops->execute(s, NULL, 0, &o, out, NULL, &err);
}

static dbn_status
run(struct dbn_conn *c, const char *sql)
{
	dbn_outcome out;
	struct dbn_stmt *s = prepare(c, sql);
	dbn_status rc = s ? execute(s, &out) : DBN_E_INVALID;

	if (s)
		ops->close_stmt(s);
	return rc;
}

static void *
kill_soon(void *arg)
{
	struct timespec ts = { 0, 80000000 };

	(void)nanosleep(&ts, NULL);
	(void)kill(pids->pid((struct dbn_conn *)arg), SIGKILL);
	return NULL;
}

static bool
is_broken(struct dbn_conn *c)
{
	dbn_conn_state st = { .struct_size = (uint32_t)sizeof st };

	ops->state(c, &st);
	return st.broken == 1;
}

/* Killed while a statement runs. */
static void
killed_inside(void)
{
	struct dbn_conn *c = open_conn();
	struct dbn_stmt *s = c ? prepare(c, "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 "
		"FROM r WHERE x > 0) SELECT count(*) FROM r") : NULL;
	pthread_t thread;
	dbn_outcome out;
	dbn_status rc;

	result(s != NULL, "a statement that does not end");
	if (!s || pthread_create(&thread, NULL, kill_soon, c) != 0)
		return;
	rc = execute(s, &out);
	(void)pthread_join(thread, NULL);
	result(rc == DBN_E_CONN && strcmp(dbn_error_sqlstate(err), "08006") == 0 &&
		strstr(dbn_error_message(err), "helper"), "killed inside: a lost connection, said so");
	result(out.sent == DBN_SENT_MAYBE, "it may have run");
	result(is_broken(c), "the connection is broken");
	rc = execute(s, &out);
	result(rc == DBN_E_CONN && out.sent == DBN_SENT_NO, "afterwards nothing is sent");
	result(ops->cancel(c, 1, &err) == DBN_OK, "a cancel does not hang");
	ops->close_stmt(s);
	ops->disconnect(c);
	result(true, "and it can be closed");
}

/* Killed with a transaction open: nothing of it is left. */
static void
killed_in_transaction(void)
{
	dbn_begin_opts begin = { .call = DBN_CALL_INIT };
	dbn_end_opts end = { .call = DBN_CALL_INIT };
	struct dbn_conn *c = open_conn();
	dbn_outcome out;
	struct dbn_stmt *s;
	bool ok = c && run(c, "CREATE TABLE t (id INTEGER PRIMARY KEY)") == DBN_OK &&
		run(c, "INSERT INTO t VALUES (1)") == DBN_OK &&
		ops->begin(c, &begin, &err) == DBN_OK && run(c, "INSERT INTO t VALUES (2)") == DBN_OK;

	result(ok, "a transaction is open");
	if (!ok)
		return;
	(void)kill(pids->pid(c), SIGKILL);
	result(ops->end(c, DBN_END_COMMIT, &end, &err) == DBN_E_UNKNOWN_OUTCOME,
		"a commit without its answer is an unknown outcome");
	ops->disconnect(c);
	c = open_conn();
	s = c ? prepare(c, "DELETE FROM t") : NULL;
	result(s && execute(s, &out) == DBN_OK && out.affected == 1,
		"a new connection works, and the transaction is gone");
	if (c)
		ops->disconnect(c);
}

static void
cannot_start(const char *path, const char *helper)
{
	const char *settings[] = { "helper=/nowhere/helper", "plugin=/nowhere/x.so", NULL };
	char other[300];
	fake_plugin fp;

	result(fake_plugin_open(&fp, path, NULL, settings, NULL, &err) == DBN_E_PLUGIN && err,
		"a helper that is not there");
	(void)snprintf(other, sizeof other, "helper=%s", helper);
	settings[0] = other;
	result(fake_plugin_open(&fp, path, NULL, settings, NULL, &err) == DBN_E_CONN && err,
		"a helper whose plugin is not there");
}

int
main(int argc, char **argv)
{
	char helper[300], real[300];
	const char *settings[] = { helper, real, NULL };

	if (argc != 5)
		return 2;
	alarm(60);
	(void)snprintf(helper, sizeof helper, "helper=%s", argv[2]);
	(void)snprintf(real, sizeof real, "plugin=%s", argv[3]);
	(void)snprintf(url, sizeof url, "sqlite:%s/h.db", argv[4]);
	if (fake_plugin_open(&plugin, argv[1], NULL, settings, NULL, &err) != DBN_OK) {
		printf("Bail out! %s\n", dbn_error_message(err));
		return 1;
	}
	ops = (const dbn_driver_ops *)plugin.desc->ops;
	pids = (const proxy_pid_1 *)plugin.desc->get_extension(plugin.self, PROXY_PID_1);
	killed_inside();
	killed_in_transaction();
	cannot_start(argv[1], argv[2]);
	fake_plugin_close(&plugin);
	result(atomic_load(&plugin.fh.live) == 0, "no host memory is left");
	printf("1..%d\n", tests);
	return failures ? 1 : 0;
}
