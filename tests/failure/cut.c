/* SPDX-License-Identifier: MIT */
/*
 * The wire is cut, and freezes, at every message of every operation and within
 * messages, in both directions.  Whatever the caller is told must be so: what was
 * acknowledged is in the table once, what failed is not, only the rest is unknown;
 * and the next call works.
 *
 * cut [NAME]: only operations whose name begins so.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops.h"

#define MAX_MESSAGES 600
#define FREEZE_MS 100

static world w;
static uint64_t worst_ns;           /* past a deadline */
static size_t unknown, failed, succeeded;

/* Long: a noisy machine must not decide.  It is for what hangs. */
static const char patient[] = "limits = { time = \"60 s\"; };\n";
static const char pool_of_one[] = "min = 0; max = 1; connects = 1; connect_timeout = \"20 s\";"
	" acquire_timeout = \"20 s\"; breaker_cooldown = \"20 ms\"; retry_pause = \"1 ms\";";

/* The call after it works; a server that was just away gets a few tries. */
static void
recover(dbn_session *s, const char *where)
{
	dbn_error *err = NULL;
	dbn_status rc = DBN_E_CONN;

	for (int i = 0; i < 100 && rc != DBN_OK; i++) {
		dbn_error_free(err);
		err = NULL;
		rc = seed_read(s, 3, NULL, &err);
		if (rc != DBN_OK && i > 2)
			sleep_ms(20);
	}
	if (rc != DBN_OK)
		tap_note("%s: it does not come back: %s: %s", where, dbn_status_name(rc),
			dbn_error_message(err));
	dbn_error_free(err);
}

typedef struct shape {
	size_t n[2];
	size_t len[2][MAX_MESSAGES];
} shape;

/* What an undisturbed run sends and gets: where deadlines are short a busy machine
 * may need several. */
static void
learn(const op *o, dbn_session *s, shape *sh)
{
	const proxy_fault nothing = { .kind = PROXY_NOTHING };
	int well = 0;

	for (int i = 0; i < 30 && well < 5; i++) { /* until the library knows all it wants to know */
		proxy_arm(w.px, &nothing);
		if (o->run(s, o->name, 0) == DBN_OK)
			well++;
	}
	if (well < 5)
		tap_note("%s: fails undisturbed", o->name);
	for (int d = 0; d < 2; d++)
		sh->n[d] = proxy_messages(w.px, d, sh->len[d], MAX_MESSAGES);
	proxy_arm(w.px, NULL);
	if (!sh->n[0] || !sh->n[1])
		tap_note("%s: nothing passes the proxy", o->name);
}

static void
count(dbn_status rc)
{
	if (rc == DBN_OK)
		succeeded++;
	else if (rc == DBN_E_UNKNOWN_OUTCOME)
		unknown++;
	else
		failed++;
}

static void
one_cut(const op *o, dbn_session *s, const proxy_fault *f)
{
	char where[160];
	dbn_status rc;

	(void)snprintf(where, sizeof where, "%s, %s %zu+%zu bytes %s", o->name,
		f->kind == PROXY_FREEZE ? "frozen after" : "cut after", f->message, f->bytes,
		f->direction == PROXY_TO_SERVER ? "to the server" : "to us");
	recover(s, where);
	if (o->run(s, where, 0) != DBN_OK) /* warm: connected and prepared */
		tap_note("%s: does not work before", where);
	proxy_arm(w.px, f);
	rc = o->run(s, where, 0);
	count(rc);
	if (!proxy_fired(w.px) && rc != DBN_OK)
		tap_note("%s: %s without a fault", where, dbn_status_name(rc));
	proxy_arm(w.px, NULL);
	recover(s, where);
}

/* Before a message, behind its first byte, behind its head, in its middle, and
 * before its last byte; where there are many messages not each of them. */
static void
sweep_direction(const op *o, dbn_session *s, const shape *sh, int d)
{
	size_t step = sh->n[d] > 40 ? sh->n[d] / 20 : 1;

	for (size_t m = 0; m <= sh->n[d]; m += m + step < sh->n[d] ? step : 1) {
		size_t len = m < sh->n[d] && m < MAX_MESSAGES ? sh->len[d][m] : 1;
		size_t at[] = { 0, 1, 5, len / 2, len - 1 };

		for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
			proxy_fault f = { .kind = PROXY_CUT, .direction = d, .message = m,
				.bytes = at[i] };

			if (i && (at[i] <= at[i - 1] || at[i] >= len))
				continue;
			one_cut(o, s, &f);
			if (tap_notes() > 40)
				return;
		}
	}
}

static void
sweep(const op *o)
{
	dbn_pool *p = stack_make(&w, w.proxy_url, "", pool_of_one, patient);
	dbn_session *s = session_make(p);
	static shape sh;

	unknown = failed = succeeded = 0;
	ops_sessions(p);
	learn(o, s, &sh);
	for (int d = 0; d < 2; d++)
		sweep_direction(o, s, &sh, d);
	ledger_check(&w, o->name);
	(void)tap_ok(true, "%s: cut at each of %zu + %zu messages (%zu failed, %zu unknown, %zu went well)",
		o->name, sh.n[0], sh.n[1], failed, unknown, succeeded);
	ops_sessions(NULL);
	dbn_session_close(s);
	dbn_pool_close(p);
}

/* ---- connecting: a stack of its own each time ---- */

static dbn_status
connect_and_read(const char *where)
{
	static const dbn_status allowed[] = { DBN_E_CONN, DBN_E_TIMEOUT, DBN_OK };
	dbn_pool *p = NULL;
	dbn_error *err = NULL;
	dbn_status rc = stack_try(&w, w.proxy_url, "", pool_of_one, patient, &p, &err);

	if (rc == DBN_OK) {
		dbn_session *s = session_make(p);

		rc = seed_read(s, 5, NULL, &err);
		judge(where, rc, err, allowed);
		if (rc != DBN_OK)
			recover(s, where);
		dbn_session_close(s);
	} else {
		judge(where, rc, err, allowed);
	}
	dbn_pool_close(p);
	return rc;
}

static void
sweep_connect(void)
{
	const proxy_fault count_only = { .kind = PROXY_NOTHING };
	static shape sh;
	char where[120];

	unknown = failed = succeeded = 0;
	proxy_arm(w.px, &count_only);
	if (connect_and_read("connect") != DBN_OK)
		tap_note("connect: fails undisturbed");
	for (int d = 0; d < 2; d++)
		sh.n[d] = proxy_messages(w.px, d, sh.len[d], MAX_MESSAGES);
	for (int d = 0; d < 2; d++)
		for (size_t m = 0; m < sh.n[d] && tap_notes() < 40; m++) {
			proxy_fault f = { .kind = PROXY_CUT, .direction = d, .message = m,
				.bytes = m % 3 == 0 ? 0 : m % 3 == 1 ? 1 : sh.len[d][m] / 2 };

			(void)snprintf(where, sizeof where, "connect and read, cut after %zu+%zu bytes %s",
				f.message, f.bytes, d == PROXY_TO_SERVER ? "to the server" : "to us");
			proxy_arm(w.px, &f);
			count(connect_and_read(where));
			proxy_arm(w.px, NULL);
		}
	(void)tap_ok(true, "connect and read: cut at each of %zu + %zu messages (%zu failed, %zu went well)",
		sh.n[0], sh.n[1], failed, succeeded);
}

/* ---- silence ---- */

static const char impatient_pool[] = "min = 0; max = 1; connects = 1; connect_timeout = \"150 ms\";"
	" acquire_timeout = \"2 s\"; breaker_cooldown = \"20 ms\"; retry_pause = \"1 ms\";";
static const char impatient[] = "limits = { time = \"150 ms\"; };\n";

static void
one_freeze(const op *o, dbn_session *s, const proxy_fault *f)
{
	char where[160];
	uint64_t before, took;
	dbn_status rc;

	(void)snprintf(where, sizeof where, "%s, frozen after %zu messages %s", o->name, f->message,
		f->direction == PROXY_TO_SERVER ? "to the server" : "to us");
	recover(s, where);
	(void)o->run(s, where, 0);
	proxy_arm(w.px, f);
	before = now_ns();
	rc = o->run(s, where, FREEZE_MS * MS);
	took = now_ns() - before;
	if (took > worst_ns)
		worst_ns = took;
	if (took > 10000 * MS)
		tap_note("%s: took %llu ms with a deadline of %d", where, (unsigned long long)(took / MS),
			FREEZE_MS);
	count(rc);
	proxy_arm(w.px, NULL);
	proxy_cut_all(w.px);
	recover(s, where);
}

static void
freeze(const op *o)
{
	const char *driver = w.postgres ? "cancel_wait = \"50 ms\";" : "stop_wait = \"50 ms\";";
	dbn_pool *p = stack_make(&w, w.proxy_url, driver, impatient_pool, impatient);
	dbn_session *s = session_make(p);
	static shape sh;

	unknown = failed = succeeded = 0;
	worst_ns = 0;
	ops_sessions(p);
	recover(s, o->name);
	learn(o, s, &sh);
	for (int d = 0; d < 2; d++) {
		size_t step = sh.n[d] > 12 ? sh.n[d] / 6 : 1;

		for (size_t m = 0; m < sh.n[d] && tap_notes() < 40; m += step) {
			proxy_fault f = { .kind = PROXY_FREEZE, .direction = d, .message = m };

			one_freeze(o, s, &f);
		}
	}
	ledger_check(&w, o->name);
	(void)tap_ok(true, "%s: silence from each message on (%zu failed, %zu unknown, %zu went well; "
		"at most %llu ms)", o->name, failed, unknown, succeeded,
		(unsigned long long)(worst_ns / MS));
	ops_sessions(NULL);
	dbn_session_close(s);
	dbn_pool_close(p);
}

/* ---- resets, over TCP ---- */

static void
resets(void)
{
	proxy *before = w.px;
	char url[120];
	uint16_t port;
	dbn_pool *p;
	dbn_session *s;
	static shape sh;
	const op *const which[] = { op_named("transaction"), op_named("read many rows") };

	w.px = proxy_start_tcp(w.protocol, &port, w.port);
	(void)snprintf(url, sizeof url, w.postgres ? "postgres://tester@127.0.0.1:%u/postgres?sslmode=disable"
		: "mysql://tester@127.0.0.1:%u/dbn", port);
	p = stack_make(&w, url, "", pool_of_one, patient);
	s = session_make(p);
	unknown = failed = succeeded = 0;
	for (size_t i = 0; i < sizeof which / sizeof *which; i++) {
		learn(which[i], s, &sh);
		for (int d = 0; d < 2; d++)
			for (size_t m = 0; m < sh.n[d] && tap_notes() < 40; m += sh.n[d] > 40 ? 31 : 1) {
				proxy_fault f = { .kind = PROXY_RESET, .direction = d, .message = m,
					.bytes = m & 1 };

				one_cut(which[i], s, &f);
			}
	}
	ledger_check(&w, "resets");
	(void)tap_ok(true, "TCP connections reset (%zu failed, %zu unknown, %zu went well)", failed,
		unknown, succeeded);
	dbn_session_close(s);
	dbn_pool_close(p);
	proxy_stop(w.px);
	w.px = before;
}

/* ---- answers that come too late ---- */

/* A reply behind its deadline must not be taken for that of the next statement. */
static void
late(const char *stop_wait)
{
	char driver[60], where[120];
	dbn_query_opts o = dbn_query_opts_init();
	dbn_pool *p;
	dbn_session *s;
	size_t timeouts = 0;

	(void)snprintf(driver, sizeof driver, "%s = \"%s\";", w.postgres ? "cancel_wait" : "stop_wait",
		stop_wait);
	p = stack_make(&w, w.proxy_url, driver, pool_of_one, patient);
	s = session_make(p);
	o.timeout_ns = 60 * MS;
	for (size_t m = 0; m < 6 && tap_notes() < 40; m++) {
		proxy_fault f = { .kind = PROXY_DELAY, .direction = PROXY_TO_CLIENT, .message = m,
			.delay_ms = 150 };
		dbn_error *err = NULL;
		dbn_status rc;

		(void)snprintf(where, sizeof where, "reply late after %zu messages, %s to stop", m, stop_wait);
		recover(s, where);
		(void)seed_read(s, 8, NULL, NULL);
		proxy_arm(w.px, &f);
		rc = seed_read(s, 20 + (int64_t)m, &o, &err);
		timeouts += rc == DBN_E_TIMEOUT;
		judge(where, rc, err, (const dbn_status[]){ DBN_E_TIMEOUT, DBN_E_CONN, DBN_OK });
		proxy_arm(w.px, NULL);
		for (int64_t id = 50; id < 54; id++) { /* each gets its own row */
			err = NULL;
			rc = seed_read(s, id, NULL, &err);
			judge(where, rc, err, (const dbn_status[]){ DBN_OK });
		}
	}
	(void)tap_ok(timeouts > 0 || *stop_wait == '5', "answers behind their deadline, %s to stop: %zu timeouts, and nobody "
		"gets another's rows", stop_wait, timeouts);
	dbn_session_close(s);
	dbn_pool_close(p);
}

int
main(int argc, char **argv)
{
	const char *only = argc > 1 ? argv[1] : "";

	tap_guard(280);
	world_open(&w);
	if (strncmp("connect", only, strlen(only)) == 0)
		sweep_connect();
	for (size_t i = 0; i < nops; i++)
		if (strncmp(ops[i].name, only, strlen(only)) == 0) {
			sweep(&ops[i]);
			freeze(&ops[i]);
		}
	if (strncmp("resets", only, strlen(only)) == 0)
		resets();
	if (strncmp("late", only, strlen(only)) == 0) {
		late("20 ms");
		late("5 s");
	}
	ledger_check(&w, "at the end");
	(void)tap_ok(ledger_count(ROW_THERE) + ledger_count(ROW_EITHER) > 0 || *only,
		"at the end all %zu acknowledged rows are there, and none of %zu failed ones",
		ledger_count(ROW_THERE), ledger_count(ROW_ABSENT));
	world_close(&w);
	return tap_end();
}
