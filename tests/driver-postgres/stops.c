/* SPDX-License-Identifier: MIT */
/*
 * Servers that die or stand still: one clear error, the truth about what was
 * sent, and the deadline holds.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "lib/stopped.h"

static void
pause_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	(void)nanosleep(&ts, NULL);
}

struct killer {
	pid_t pid;
	int signal;
	long after_ms;
};

static void *
kill_later(void *arg)
{
	struct killer *k = (struct killer *)arg;

	pause_ms(k->after_ms);
	(void)kill(k->pid, k->signal);
	return NULL;
}

/* Run sql on a connection whose backend is killed meanwhile. */
static dbn_status
run_killed(drv *d, struct dbn_conn *c, const char *sql, int signal, dbn_outcome *out)
{
	struct killer k = { (pid_t)pgt_pid(d, c), signal, 200 };
	struct dbn_conn *witness = signal == SIGKILL ? pgt_connect_again(d->cf) : NULL;
	struct dbn_cursor *cur = NULL;
	pthread_t thread;
	dbn_status rc;
	drv_stmt s;

	if (drv_prepare(d, c, sql, "", &s) != DBN_OK || pthread_create(&thread, NULL, kill_later, &k) != 0)
		return DBN_E_INTERNAL;
	rc = drv_execute(d, &s, DBN_NO_ARGS, DBN_EXEC_ROWS, out, &cur);
	(void)pthread_join(thread, NULL);
	d->ops->close_stmt(s.s);
	pgt_await_crash(d, witness);
	return rc;
}

static void
stops_killed(conform *cf)
{
	static const int signals[] = { SIGTERM, SIGKILL };
	dbn_end_opts end = { .call = DBN_CALL_INIT };
	struct dbn_conn *c;
	dbn_outcome out;
	dbn_status rc;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 3))
		return;
	for (size_t i = 0; i < 2; i++) {
		/* a statement that reads */
		CF_NEED(cf, (c = pgt_connect_again(cf)) != NULL, "connect");
		rc = run_killed(&d, c, "SELECT pg_sleep(60)", signals[i], &out);
		CF_CHECK(cf, rc == DBN_E_CONN && out.status == rc && out.sent == DBN_SENT_MAYBE &&
			pgt_broken(&d, c), "signal %d, reading: %s, sent %u", signals[i], dbn_status_name(rc), out.sent);
		pgt_forget_error(cf);
		CF_CHECK(cf, drv_run(&d, c, "SELECT 1", "", DBN_NO_ARGS, NULL) == DBN_E_CONN, "and then");
		pgt_forget_error(cf);
		d.ops->disconnect(c);
		/* one that writes by itself: nobody knows */
		CF_NEED(cf, (c = pgt_connect_again(cf)) != NULL, "connect");
		rc = run_killed(&d, c, "INSERT INTO t (id) SELECT 50 FROM pg_sleep(60)", signals[i], &out);
		CF_CHECK(cf, rc == DBN_E_UNKNOWN_OUTCOME && out.sent == DBN_SENT_MAYBE && pgt_broken(&d, c),
			"signal %d, writing: %s, sent %u", signals[i], dbn_status_name(rc), out.sent);
		pgt_forget_error(cf);
		d.ops->disconnect(c);
		/* the same within a transaction: it is undone */
		CF_NEED(cf, (c = pgt_connect_again(cf)) != NULL, "connect");
		CF_OK(cf, drv_begin(&d, c, 0));
		rc = run_killed(&d, c, "INSERT INTO t (id) SELECT 51 FROM pg_sleep(60)", signals[i], &out);
		CF_CHECK(cf, rc == DBN_E_CONN && pgt_broken(&d, c), "signal %d, in a transaction: %s", signals[i],
			dbn_status_name(rc));
		pgt_forget_error(cf);
		CF_CHECK(cf, d.ops->end(c, DBN_END_COMMIT, &end, &cf->err) == DBN_E_CONN, "commit of it");
		pgt_forget_error(cf);
		d.ops->disconnect(c);
	}
	d.ops->disconnect(d.c);
	d.c = pgt_connect_again(cf);
	CF_NEED(cf, d.c != NULL, "connect");
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM t", "", DBN_NO_ARGS) == 3, "rows");
	drv_close(&d);
}

/* A deferred trigger sleeps, so the commit can be hit. */
static void
stops_commit(conform *cf)
{
	static const int signals[] = { SIGTERM, SIGKILL };
	dbn_end_opts end = { .call = DBN_CALL_INIT };
	pthread_t thread;
	struct dbn_conn *c;
	dbn_status rc;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 0) ||
		!drv_admin(&d, d.c, "CREATE FUNCTION doze() RETURNS trigger LANGUAGE plpgsql AS "
			"'BEGIN PERFORM pg_sleep(60); RETURN NULL; END'") ||
		!drv_admin(&d, d.c, "CREATE CONSTRAINT TRIGGER doze AFTER INSERT ON t DEFERRABLE INITIALLY "
			"DEFERRED FOR EACH ROW EXECUTE FUNCTION doze()"))
		return;
	for (size_t i = 0; i < 2; i++) {
		struct dbn_conn *witness = signals[i] == SIGKILL ? pgt_connect_again(cf) : NULL;
		struct killer k = { 0, signals[i], 200 };

		CF_NEED(cf, (c = pgt_connect_again(cf)) != NULL, "connect");
		k.pid = (pid_t)pgt_pid(&d, c);
		CF_OK(cf, drv_begin(&d, c, 0));
		CF_OK(cf, drv_run(&d, c, "INSERT INTO t (id) VALUES (1)", "i t", DBN_NO_ARGS, NULL));
		CF_NEED(cf, pthread_create(&thread, NULL, kill_later, &k) == 0, "thread");
		rc = d.ops->end(c, DBN_END_COMMIT, &end, &cf->err);
		(void)pthread_join(thread, NULL);
		CF_CHECK(cf, rc == DBN_E_UNKNOWN_OUTCOME && pgt_broken(&d, c), "signal %d: %s", signals[i],
			dbn_status_name(rc));
		pgt_forget_error(cf);
		d.ops->disconnect(c);
		pgt_await_crash(&d, witness);
	}
	/* past its deadline a commit is not stopped: it is unknown */
	CF_NEED(cf, (c = pgt_connect_again(cf)) != NULL, "connect");
	CF_OK(cf, drv_begin(&d, c, 0));
	CF_OK(cf, drv_run(&d, c, "INSERT INTO t (id) VALUES (2)", "i t", DBN_NO_ARGS, NULL));
	end.call.deadline_ns = drv_in_ms(&d, 200);
	rc = d.ops->end(c, DBN_END_COMMIT, &end, &cf->err);
	CF_CHECK(cf, rc == DBN_E_UNKNOWN_OUTCOME && pgt_broken(&d, c), "past the deadline: %s",
		dbn_status_name(rc));
	pgt_forget_error(cf);
	d.ops->disconnect(c);
	drv_close(&d);
}

/* Half the rows are there when the backend dies: never an end without an error. */
static void
stops_fetch(conform *cf)
{
	dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
	struct dbn_cursor *cur = NULL;
	struct dbn_conn *c;
	dbn_status rc = DBN_OK;
	dbn_outcome out;
	uint64_t n = 0;
	drv_stmt s;
	pid_t pid;
	drv d;

	if (!drv_open(cf, &d) || !(c = pgt_connect_again(cf)))
		return;
	pid = (pid_t)pgt_pid(&d, c);
	CF_OK(cf, drv_prepare(&d, c, "SELECT i, repeat('x', 1000) FROM generate_series(1, 1000000) i", "",
		&s));
	CF_OK(cf, drv_execute(&d, &s, DBN_NO_ARGS, DBN_EXEC_ROWS, &out, &cur));
	while (rc == DBN_OK) {
		rc = d.ops->fetch(cur, 100, &r, &cf->err);
		n += rc == DBN_OK ? r.nrows : 0;
		if (n >= 1000 && pid) {
			(void)kill(pid, SIGKILL);
			pid = 0;
		}
	}
	CF_CHECK(cf, rc == DBN_E_CONN && pgt_broken(&d, c) && n < 1000000, "%s after %d rows",
		dbn_status_name(rc), (int)n);
	pgt_forget_error(cf);
	CF_CHECK(cf, d.ops->fetch(cur, 100, &r, &cf->err) < 0, "after the error it seems to be the end");
	pgt_forget_error(cf);
	d.ops->close_cursor(cur);
	d.ops->close_stmt(s.s);
	d.ops->disconnect(c);
	pgt_await_crash(&d, d.c);
	d.c = pgt_connect_again(cf);
	drv_close(&d);
}

/* SIGSTOP: the backend alone, then the server's door too. */
static void
stops_frozen(conform *cf)
{
	const char *door = getenv("DBN_TEST_PG_PID");
	pid_t postmaster = door ? (pid_t)strtol(door, NULL, 10) : 0;
	struct dbn_conn *c = NULL;
	dbn_connect_opts o = { .call = DBN_CALL_INIT };
	uint64_t start, took;
	dbn_status rc;
	drv d;

	CF_NEED(cf, postmaster > 1, "no DBN_TEST_PG_PID");
	if (!drv_open(cf, &d))
		return;
	for (int both = 0; both < 2; both++) {
		dbn_exec_opts x = { .call = DBN_CALL_INIT };
		dbn_outcome out = { .struct_size = (uint32_t)sizeof out };
		drv_stmt s;
		pid_t pid;

		CF_NEED(cf, (c = pgt_connect_again(cf)) != NULL, "connect");
		pid = (pid_t)pgt_pid(&d, c);
		CF_OK(cf, drv_prepare(&d, c, "SELECT 1", "", &s));
		(void)kill(pid, SIGSTOP);
		if (both)
			(void)kill(postmaster, SIGSTOP);
		await_stopped(pid);
		if (both)
			await_stopped(postmaster);
		start = d.host->now_ns(d.host);
		x.call.deadline_ns = drv_in_ms(&d, 200);
		x.statement_no = ++d.no;
		rc = d.ops->execute(s.s, NULL, 0, &x, &out, NULL, &cf->err);
		took = d.host->now_ns(d.host) - start;
		CF_CHECK(cf, rc == DBN_E_TIMEOUT && out.sent == DBN_SENT_MAYBE && pgt_broken(&d, c),
			"%s: %s, sent %u", both ? "frozen" : "backend frozen", dbn_status_name(rc), out.sent);
		CF_CHECK(cf, took < UINT64_C(25000000000), "it took %d ms", (int)(took / 1000000));
		pgt_forget_error(cf);
		if (both) { /* nobody is let in either */
			struct dbn_conn *never = NULL;

			o.url.ptr = conform_arg(cf, "url", "");
			o.url.len = strlen(o.url.ptr);
			o.call.deadline_ns = drv_in_ms(&d, 200);
			CF_FAILS(cf, d.ops->connect(d.self, &o, &never, &cf->err), DBN_E_TIMEOUT, NULL);
			(void)kill(postmaster, SIGCONT);
		}
		(void)kill(pid, SIGCONT);
		d.ops->close_stmt(s.s);
		d.ops->disconnect(c);
	}
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT 1", "", DBN_NO_ARGS) == 1, "afterwards");
	drv_close(&d);
}

/* The server's own coarse limit. */
static void
stops_by_server(conform *cf)
{
	static const char *const settings[] = { "search_path=public", "statement_timeout=200 ms", NULL };
	struct dbn_conn *c;
	fake_plugin fp;
	drv d;

	if (!drv_open(cf, &d))
		return;
	CF_OK(cf, pgt_connect_set(cf, &fp, settings, conform_arg(cf, "url", ""), &c));
	CF_CHECK(cf, drv_run(&d, c, "SELECT pg_sleep(60)", "", DBN_NO_ARGS, NULL) == DBN_E_CANCELLED,
		"statement_timeout");
	pgt_forget_error(cf);
	CF_CHECK(cf, drv_int(&d, c, "SELECT 1", "", DBN_NO_ARGS) == 1, "afterwards");
	d.ops->disconnect(c);
	fake_plugin_close(&fp);
	drv_close(&d);
}

const conform_case pgt_stops[] = {
	{ "stops.backend_killed", stops_killed, 0, 300 },
	{ "stops.killed_in_commit", stops_commit, 0, 300 },
	{ "stops.killed_while_fetching", stops_fetch, 0, 300 },
	{ "stops.frozen", stops_frozen, 0, 300 },
	{ "stops.server_side_limit", stops_by_server, 0, 120 },
};
const size_t pgt_nstops = sizeof pgt_stops / sizeof *pgt_stops;
