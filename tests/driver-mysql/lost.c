/* SPDX-License-Identifier: MIT */
/*
 * A server that is frozen (SIGSTOP) or killed (SIGKILL) in each phase: no call
 * outlasts its deadline, errors say what is known, and the next connection works.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "driver-mysql/mysql.h"
#include "lib/stopped.h"

static pid_t
server(void)
{
	const char *path = getenv("DBN_TEST_MYSQL_PID");
	FILE *f = path ? fopen(path, "r") : NULL;
	long pid = 0;

	if (f && fscanf(f, "%ld", &pid) != 1)
		pid = 0;
	if (f)
		(void)fclose(f);
	return (pid_t)pid;
}

static bool
kill_server(conform *cf, int sig)
{
	pid_t pid = server();

	CF_CHECK(cf, pid > 1 && kill(pid, sig) == 0, "no server to signal");
	if (pid > 1 && sig == SIGSTOP)
		await_stopped(pid);
	return pid > 1;
}

/* It has gone; start it again. */
static bool
start_server(conform *cf)
{
	char command[300];
	bool ok;

	for (int i = 0; i < 300 && kill(server(), 0) == 0; i++)
		(void)my_shell("sleep 0.1");
	(void)snprintf(command, sizeof command, "%s/start >/dev/null 2>&1", getenv("DBN_TEST_MYSQL_DIR"));
	ok = my_shell(command);
	CF_CHECK(cf, ok, "the server does not start again");
	return ok;
}

/* The server goes at some time while the main thread works. */
struct killer {
	conform *cf;
	long after_ms;
	int sig;
};

static void *
later(void *arg)
{
	struct killer *k = (struct killer *)arg;
	struct timespec ts = { k->after_ms / 1000, k->after_ms % 1000 * 1000000 };

	(void)nanosleep(&ts, NULL);
	(void)kill_server(k->cf, k->sig);
	return NULL;
}

/* The connection is lost: it says so, and refuses everything after. */
static void
is_broken(conform *cf, drv *d)
{
	dbn_conn_state st = { .struct_size = (uint32_t)sizeof st };
	dbn_call call = DBN_CALL_INIT;

	d->ops->state(d->c, &st);
	CF_CHECK(cf, st.broken, "it does not say that it is broken");
	CF_CHECK(cf, d->ops->ping(d->c, &call, &cf->err) == DBN_E_CONN, "ping");
	my_forget(d);
}

static void
killed_phases(conform *cf)
{
	static const char endless[] = "SELECT SLEEP(30)", big[] = "SELECT a.id FROM t a, t b, t c, t d";
	dbn_rowset r = { .struct_size = (uint32_t)sizeof r };

	for (int phase = 0; phase < 6; phase++) {
		struct killer k = { cf, 300, SIGKILL };
		struct dbn_cursor *cur = NULL;
		pthread_t thread;
		dbn_outcome out;
		dbn_status rc = DBN_OK, want = DBN_E_CONN;
		drv_stmt s = { .s = NULL };
		drv d;

		if (!drv_open(cf, &d))
			return;
		if (phase == 0 && !drv_make_t(&d, 60))
			return;
		CF_OK(cf, drv_prepare(&d, d.c, phase == 1 ? big : endless, "", &s));
		if (phase == 4)
			CF_OK(cf, drv_begin(&d, d.c, 0));
		if (phase == 4)
			CF_OK(cf, drv_run(&d, d.c, "UPDATE t SET n = -1", "", DBN_NO_ARGS, NULL));
		if (phase == 0) { /* while it runs */
			CF_NEED(cf, pthread_create(&thread, NULL, later, &k) == 0, "thread");
			rc = drv_execute(&d, &s, DBN_NO_ARGS, DBN_EXEC_ROWS, &out, &cur);
			if (rc == DBN_OK && cur)
				rc = d.ops->fetch(cur, 1, &r, &cf->err);
			(void)pthread_join(thread, NULL);
		} else if (phase == 1) { /* while rows come */
			CF_OK(cf, drv_execute(&d, &s, DBN_NO_ARGS, DBN_EXEC_ROWS, &out, &cur));
			CF_OK(cf, d.ops->fetch(cur, 10, &r, &cf->err));
			(void)kill_server(cf, SIGKILL);
			while (rc == DBN_OK)
				rc = d.ops->fetch(cur, 64, &r, &cf->err);
		} else {
			(void)kill_server(cf, SIGKILL);
			for (int i = 0; i < 300 && kill(server(), 0) == 0; i++)
				(void)my_shell("sleep 0.1");
			if (phase == 2) { /* between statements: a prepare */
				drv_stmt other;

				rc = drv_prepare(&d, d.c, "SELECT 1", "", &other);
			} else if (phase == 3) { /* an autocommit write: unknown, or provably not sent */
				rc = drv_run(&d, d.c, "UPDATE t SET n = n", "", DBN_NO_ARGS, NULL);
			} else if (phase == 4) { /* a commit */
				rc = drv_commit(&d, d.c);
				want = rc == DBN_E_CONN ? DBN_E_CONN : DBN_E_UNKNOWN_OUTCOME;
			} else { /* connecting */
				const dbn_driver_ops *ops = d.ops;
				dbn_connect_opts o = { .call = DBN_CALL_INIT };
				struct dbn_conn *c = NULL;

				o.url.ptr = conform_arg(cf, "url", "");
				o.url.len = strlen(o.url.ptr);
				rc = ops->connect(d.self, &o, &c, &cf->err);
			}
		}
		CF_CHECK(cf, rc == want, "phase %d: %s: %s", phase, dbn_status_name(rc),
			dbn_error_message(cf->err));
		my_forget(&d);
		if (phase != 5)
			is_broken(cf, &d);
		if (cur)
			d.ops->close_cursor(cur);
		d.ops->close_stmt(s.s);
		drv_close(&d);
		if (!start_server(cf) || !drv_open(cf, &d))
			return;
		CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM t WHERE n >= 0", "", DBN_NO_ARGS) == 60,
			"phase %d: rows have changed", phase);
		drv_close(&d);
	}
}

/* A server that was started again is another one to the schema epoch, even where
 * its counters should meet those of before. */
static void
restarted(conform *cf)
{
	dbn_token one = { .struct_size = (uint32_t)sizeof one }, two = one;
	dbn_call call = DBN_CALL_INIT;
	drv d;

	if (!drv_open(cf, &d))
		return;
	CF_OK(cf, d.ops->schema_epoch(d.c, &call, &one, &cf->err));
	(void)kill_server(cf, SIGKILL);
	drv_close(&d);
	if (!start_server(cf) || !drv_open(cf, &d))
		return;
	CF_OK(cf, d.ops->schema_epoch(d.c, &call, &two, &cf->err));
	CF_CHECK(cf, one.len == 16 && two.len == 16 && memcmp(one.bytes + 8, two.bytes + 8, 8) != 0,
		"the start of the server is not in the epoch");
	drv_close(&d);
}

/* What a frozen server holds up, and for how long: with stop_wait = 1 s. */
static void
frozen(conform *cf)
{
	static const char *const what[] = { "execute", "write", "prepare", "ping", "commit", "fetch", "connect" };
	dbn_rowset r = { .struct_size = (uint32_t)sizeof r };

	for (int phase = 0; phase < 7; phase++) {
		dbn_exec_opts o = { .call = DBN_CALL_INIT, .flags = DBN_EXEC_ROWS };
		dbn_prepare_opts po = { .call = DBN_CALL_INIT };
		dbn_end_opts eo = { .call = DBN_CALL_INIT };
		dbn_connect_opts co = { .call = DBN_CALL_INIT };
		dbn_outcome out = { .struct_size = (uint32_t)sizeof out };
		dbn_stmt_info info = { .struct_size = (uint32_t)sizeof info };
		struct dbn_cursor *cur = NULL;
		struct dbn_conn *c = NULL;
		struct dbn_stmt *other = NULL;
		dbn_status rc = DBN_OK;
		uint64_t start, took;
		drv_stmt s;
		drv d;

		if (!drv_open(cf, &d) || (phase == 0 && !drv_make_t(&d, 60)))
			return;
		CF_OK(cf, drv_prepare(&d, d.c, phase == 1 ? "UPDATE t SET n = n + 1" : phase == 5
			? "SELECT a.id, b.name FROM t a, t b, t c, t d" : "SELECT count(*) FROM t", "", &s));
		if (phase == 4)
			CF_OK(cf, drv_begin(&d, d.c, 0));
		o.statement_no = ++d.no;
		if (phase == 5) {
			o.call.deadline_ns = drv_in_ms(&d, 1000);
			CF_OK(cf, d.ops->execute(s.s, NULL, 0, &o, &out, &cur, &cf->err));
		}
		(void)kill_server(cf, SIGSTOP);
		start = d.host->now_ns(d.host);
		if (phase != 5)
			o.call.deadline_ns = drv_in_ms(&d, 300);
		po.call = eo.call = co.call = o.call;
		if (phase < 2)
			rc = d.ops->execute(s.s, NULL, 0, &o, &out, &cur, &cf->err);
		else if (phase == 2)
			rc = d.ops->prepare(d.c, (dbn_text){ "SELECT 2", 8 }, &po, &other, &info, &cf->err);
		else if (phase == 3)
			rc = d.ops->ping(d.c, &o.call, &cf->err);
		else if (phase == 4)
			rc = d.ops->end(d.c, DBN_END_COMMIT, &eo, &cf->err);
		else if (phase == 6) {
			co.url.ptr = conform_arg(cf, "url", "");
			co.url.len = strlen(co.url.ptr);
			rc = d.ops->connect(d.self, &co, &c, &cf->err);
		}
		while (phase == 5 && rc == DBN_OK)
			rc = d.ops->fetch(cur, 64, &r, &cf->err);
		took = d.host->now_ns(d.host) - start;
		CF_CHECK(cf, rc == (phase == 1 || phase == 4 ? DBN_E_UNKNOWN_OUTCOME : DBN_E_TIMEOUT), "%s: %s: %s",
			what[phase], dbn_status_name(rc), dbn_error_message(cf->err));
		CF_CHECK(cf, phase != 1 || out.sent == DBN_SENT_MAYBE, "sent %u", out.sent);
		/* the deadline, and the setting stop_wait beyond it */
		CF_CHECK(cf, took < UINT64_C(25000000000), "%s: it took %llu ms", what[phase],
			(unsigned long long)took / 1000000);
		my_forget(&d);
		start = d.host->now_ns(d.host);
		if (cur)
			d.ops->close_cursor(cur);
		d.ops->close_stmt(s.s);
		if (phase < 6)
			is_broken(cf, &d);
		drv_close(&d);
		took = d.host->now_ns(d.host) - start;
		CF_CHECK(cf, took < UINT64_C(25000000000), "%s: closing took %llu ms", what[phase],
			(unsigned long long)took / 1000000);
		(void)kill_server(cf, SIGCONT);
	}
}

/* A kill that comes late never hits the next statement, whatever the timing. */
struct race {
	drv *d;
	_Atomic uint64_t no;
	_Atomic int stop;
};

static void *
cancel_now(void *arg)
{
	struct race *r = (struct race *)arg;

	while (!atomic_load(&r->stop)) {
		dbn_error *e = NULL;

		(void)r->d->ops->cancel(r->d->c, atomic_load(&r->no), &e);
		dbn_error_free(e);
	}
	return NULL;
}

static void
late_kills(conform *cf)
{
	struct race k = { .stop = 0 };
	unsigned cancelled = 0, wrong = 0, hit = 0;
	pthread_t thread;
	drv_stmt s, q;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 60))
		return;
	k.d = &d;
	CF_OK(cf, drv_prepare(&d, d.c, "SELECT count(*) FROM t a, t b, t c WHERE a.n + b.n > c.n", "", &s));
	CF_OK(cf, drv_prepare(&d, d.c, "UPDATE t SET n = n + 0 WHERE id = 1", "", &q));
	CF_NEED(cf, pthread_create(&thread, NULL, cancel_now, &k) == 0, "thread");
	for (int i = 0; i < 40; i++) {
		struct dbn_cursor *cur = NULL;
		dbn_outcome out;
		dbn_status rc;

		atomic_store(&k.no, d.no + 1); /* this one may be hit */
		rc = drv_execute(&d, &s, DBN_NO_ARGS, DBN_EXEC_ROWS, &out, &cur);
		if (cur)
			d.ops->close_cursor(cur);
		cancelled += rc == DBN_E_CANCELLED;
		wrong += rc != DBN_OK && rc != DBN_E_CANCELLED;
		my_forget(&d);
		rc = drv_execute(&d, &q, DBN_NO_ARGS, 0, &out, NULL); /* this one not */
		hit += rc != DBN_OK;
		my_forget(&d);
	}
	atomic_store(&k.stop, 1);
	(void)pthread_join(thread, NULL);
	CF_CHECK(cf, hit == 0 && wrong == 0, "%u later ones hit, %u wrong, %u cancelled", hit, wrong, cancelled);
	CF_CHECK(cf, cancelled > 0, "none was cancelled");
	d.ops->close_stmt(s.s);
	d.ops->close_stmt(q.s);
	drv_close(&d);
}

const conform_case my_lost[] = {
	{ "lost.late_kills", late_kills, 0, 60 },
	{ "lost.restarted", restarted, 0, 60 },
	{ "lost.killed_in_each_phase", killed_phases, 0, 300 },
};
const conform_case my_frozen = { "lost.frozen_in_each_phase", frozen, 0, 200 };
const size_t my_nlost = sizeof my_lost / sizeof *my_lost;
