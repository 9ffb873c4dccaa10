/* SPDX-License-Identifier: MIT */
/*
 * Cancel, deadlines and waiting for locks.
 */
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "conformance/driver.h"

#define ENDLESS "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r WHERE x > 0) " \
	"SELECT count(*) FROM r"

static void
pause_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	(void)nanosleep(&ts, NULL);
}

struct canceller {
	drv *d;
	uint64_t no;
	long after_ms;
	_Atomic int stop;
	_Atomic uint64_t current;
};

static void *
cancel_once(void *arg)
{
	struct canceller *k = (struct canceller *)arg;
	dbn_error *e = NULL;

	pause_ms(k->after_ms);
	(void)k->d->ops->cancel(k->d->c, k->no, &e);
	dbn_error_free(e);
	return NULL;
}

static dbn_status
run_endless(drv *d, uint64_t deadline_ns)
{
	dbn_exec_opts o = { .call = DBN_CALL_INIT, .flags = DBN_EXEC_ROWS };
	dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
	dbn_outcome out = { .struct_size = (uint32_t)sizeof out };
	struct dbn_cursor *cur = NULL;
	const char *sql = conform_quirk(d->cf, "endless");
	drv_stmt s;
	dbn_status rc = drv_prepare(d, d->c, sql ? sql : ENDLESS, "e count", &s);

	if (rc != DBN_OK)
		return rc;
	o.statement_no = ++d->no;
	o.call.deadline_ns = deadline_ns;
	rc = d->ops->execute(s.s, NULL, 0, &o, &out, &cur, &d->cf->err);
	if (rc == DBN_OK && cur)
		rc = d->ops->fetch(cur, 1, &r, &d->cf->err);
	if (cur)
		d->ops->close_cursor(cur);
	d->ops->close_stmt(s.s);
	return rc;
}

static void
cancel_stops(conform *cf)
{
	struct canceller k;
	pthread_t thread;
	uint64_t start;
	drv d;

	if (!drv_open(cf, &d))
		return;
	if (!drv_can(&d, DBN_CAP_CANCEL)) {
		conform_skip(cf, "no cancel");
		drv_close(&d);
		return;
	}
	k = (struct canceller){ .d = &d, .no = d.no + 1, .after_ms = 50 };
	CF_NEED(cf, pthread_create(&thread, NULL, cancel_once, &k) == 0, "thread");
	start = d.host->now_ns(d.host);
	CF_FAILS(cf, run_endless(&d, 0), DBN_E_CANCELLED, "57014");
	CF_CHECK(cf, d.host->now_ns(d.host) - start < UINT64_C(3000000000), "it took too long");
	(void)pthread_join(thread, NULL);
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT 1", "", DBN_NO_ARGS) == 1, "the connection is unusable");
	drv_close(&d);
}

static void *
cancel_the_past(void *arg)
{
	struct canceller *k = (struct canceller *)arg;

	while (!atomic_load(&k->stop)) {
		uint64_t now = atomic_load(&k->current);
		dbn_error *e = NULL;

		if (now > 1)
			(void)k->d->ops->cancel(k->d->c, now - 1, &e);
		dbn_error_free(e);
	}
	return NULL;
}

/* Cancelling n - 1 while n begins, over and over: n is never hit. */
static void
cancel_never_later(conform *cf)
{
	struct canceller k;
	pthread_t thread;
	uint64_t until;
	drv_stmt s;
	drv d;
	unsigned hit = 0, runs = 0;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 500))
		return;
	if (!drv_can(&d, DBN_CAP_CANCEL)) {
		conform_skip(cf, "no cancel");
		drv_close(&d);
		return;
	}
	k = (struct canceller){ .d = &d };
	CF_OK(cf, drv_prepare(&d, d.c, "SELECT sum(n) FROM t WHERE name LIKE 'n%4%'", DRV_SELECT_T
		"; e sum; e like", &s));
	CF_NEED(cf, pthread_create(&thread, NULL, cancel_the_past, &k) == 0, "thread");
	until = drv_in_ms(&d, 700);
	while (d.host->now_ns(d.host) < until) {
		dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
		struct dbn_cursor *cur = NULL;
		dbn_outcome out;
		dbn_status rc;

		/* The number moves just as the statement begins. */
		atomic_store(&k.current, d.no + 1);
		rc = drv_execute(&d, &s, DBN_NO_ARGS, DBN_EXEC_ROWS, &out, &cur);
		if (rc == DBN_OK && cur)
			rc = d.ops->fetch(cur, 1, &r, &cf->err);
		if (rc == DBN_OK && cur)
			rc = d.ops->fetch(cur, 1, &r, &cf->err);
		if (cur)
			d.ops->close_cursor(cur);
		hit += rc != DBN_DONE;
		runs++;
		dbn_error_free(cf->err);
		cf->err = NULL;
	}
	atomic_store(&k.stop, 1);
	(void)pthread_join(thread, NULL);
	CF_CHECK(cf, hit == 0, "%u of %u statements were hit by a cancel of the one before", hit, runs);
	d.ops->close_stmt(s.s);
	drv_close(&d);
}

/* A cancelled write leaves nothing half done, and says what became of the transaction. */
static void
cancel_in_transaction(conform *cf)
{
	const char *sql = conform_quirk(cf, "long-insert");
	struct canceller k;
	pthread_t thread;
	dbn_status rc;
	uint32_t st;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 2))
		return;
	if (!drv_can(&d, DBN_CAP_CANCEL)) {
		conform_skip(cf, "no cancel");
		drv_close(&d);
		return;
	}
	CF_OK(cf, drv_begin(&d, d.c, 0));
	CF_OK(cf, drv_run(&d, d.c, "UPDATE t SET n = 0", "u t n", DBN_NO_ARGS, NULL));
	k = (struct canceller){ .d = &d, .no = d.no + 1, .after_ms = 30 };
	CF_NEED(cf, pthread_create(&thread, NULL, cancel_once, &k) == 0, "thread");
	rc = drv_run(&d, d.c, sql ? sql : "INSERT INTO t (n) WITH RECURSIVE r(x) AS "
		"(SELECT 1 UNION ALL SELECT x + 1 FROM r WHERE x > 0) SELECT x FROM r", "i t", DBN_NO_ARGS,
		NULL);
	CF_FAILS(cf, rc, DBN_E_CANCELLED, "57014");
	(void)pthread_join(thread, NULL);
	st = drv_txn(&d, d.c);
	CF_CHECK(cf, st == DBN_TXN_OPEN || st == DBN_TXN_FAILED, "state %u", st);
	if (st == DBN_TXN_FAILED) {
		CF_FAILS(cf, drv_run(&d, d.c, "INSERT INTO t (id) VALUES (77)", "i t", DBN_NO_ARGS, NULL),
			DBN_E_TXN_FAILED, "25P02");
		CF_FAILS(cf, drv_commit(&d, d.c), DBN_E_TXN_FAILED, NULL);
	}
	CF_OK(cf, drv_rollback(&d, d.c));
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM t WHERE n > 0", DRV_SELECT_T,
		DBN_NO_ARGS) == 2, "something is left of a transaction that was rolled back");
	drv_close(&d);
}

/* A cancel while rows are open ends these rows, not what runs beside them. */
static void
cancel_between_fetches(conform *cf)
{
	dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
	struct dbn_cursor *cur = NULL;
	dbn_status rc = DBN_OK;
	uint64_t no;
	dbn_outcome out;
	drv_stmt s;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 300))
		return;
	if (!drv_can(&d, DBN_CAP_CANCEL) || conform_quirk(cf, "one-statement-at-a-time")) {
		conform_skip(cf, "no cancel, or no second statement");
		drv_close(&d);
		return;
	}
	for (int other = 0; other < 3; other++) {
		CF_OK(cf, drv_prepare(&d, d.c, "SELECT id FROM t", DRV_SELECT_T, &s));
		CF_OK(cf, drv_execute(&d, &s, DBN_NO_ARGS, DBN_EXEC_ROWS, &out, &cur));
		no = d.no;
		CF_OK(cf, d.ops->fetch(cur, 1, &r, &cf->err));
		CF_OK(cf, d.ops->cancel(d.c, no, &cf->err));
		if (other == 1)
			CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM t WHERE n > 0", DRV_SELECT_T
				"; e count", DBN_NO_ARGS) == 300, "a statement beside it was hit");
		if (other == 2)
			CF_OK(cf, drv_run(&d, d.c, "UPDATE t SET n = n", "u t n; r t n", DBN_NO_ARGS, NULL));
		for (int n = 0; rc == DBN_OK && n < 400; n++)
			rc = d.ops->fetch(cur, 1, &r, &cf->err);
		CF_CHECK(cf, rc == DBN_E_CANCELLED || rc == DBN_DONE, "then: %s", dbn_status_name(rc));
		dbn_error_free(cf->err);
		cf->err = NULL;
		rc = DBN_OK;
		d.ops->close_cursor(cur);
		d.ops->close_stmt(s.s);
		CF_CHECK(cf, drv_int(&d, d.c, "SELECT 1", "", DBN_NO_ARGS) == 1, "the next was hit");
	}
	drv_close(&d);
}

static void
deadline_stops(conform *cf)
{
	uint64_t start, took;
	drv d;

	if (!drv_open(cf, &d))
		return;
	start = d.host->now_ns(d.host);
	CF_FAILS(cf, run_endless(&d, drv_in_ms(&d, 60)), DBN_E_TIMEOUT, NULL);
	took = d.host->now_ns(d.host) - start;
	CF_CHECK(cf, took >= 55000000 && took < UINT64_C(2000000000), "it took %llu us",
		(unsigned long long)took / 1000);
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT 1", "", DBN_NO_ARGS) == 1, "the connection is unusable");
	drv_close(&d);
}

/* A lock that is held past the deadline is a timeout; before, the caller waits. */
static void
deadline_of_a_lock(conform *cf)
{
	dbn_begin_opts o = { .call = DBN_CALL_INIT };
	struct dbn_conn *c2;
	uint64_t start;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 1))
		return;
	if (!drv_can(&d, DBN_CAP_ONE_WRITER)) {
		conform_skip(cf, "writers do not exclude each other");
		drv_close(&d);
		return;
	}
	c2 = drv_connect(&d, 0);
	CF_NEED(cf, c2 != NULL, "no second connection");
	CF_OK(cf, drv_begin(&d, d.c, 0));
	CF_OK(cf, drv_run(&d, d.c, "UPDATE t SET n = 1", "u t n", DBN_NO_ARGS, NULL));
	start = d.host->now_ns(d.host);
	o.call.deadline_ns = drv_in_ms(&d, 100);
	CF_FAILS(cf, d.ops->begin(c2, &o, &cf->err), DBN_E_TIMEOUT, NULL);
	CF_CHECK(cf, d.host->now_ns(d.host) - start >= 95000000, "it did not wait");
	CF_CHECK(cf, drv_txn(&d, c2) == DBN_TXN_NONE, "a transaction that did not begin is open");
	CF_OK(cf, drv_commit(&d, d.c));
	o.call.deadline_ns = drv_in_ms(&d, 2000);
	CF_OK(cf, d.ops->begin(c2, &o, &cf->err));
	CF_OK(cf, drv_commit(&d, c2));
	d.ops->disconnect(c2);
	drv_close(&d);
}

const conform_case drv_cases_stop[] = {
	{ "cancel.stops_what_runs", cancel_stops, 0, 0 },
	{ "cancel.never_hits_a_later_statement", cancel_never_later, 0, 0 },
	{ "cancel.in_a_transaction", cancel_in_transaction, 0, 0 },
	{ "cancel.between_fetches", cancel_between_fetches, 0, 0 },
	{ "deadline.stops_what_runs", deadline_stops, 0, 0 },
	{ "deadline.of_a_lock", deadline_of_a_lock, 0, 0 },
};
const size_t drv_ncases_stop = sizeof drv_cases_stop / sizeof *drv_cases_stop;
