/* SPDX-License-Identifier: MIT */
/*
 * Transactions: what is kept, what is undone, who sees what, and many threads.
 */
#include <pthread.h>

#include "conformance/driver.h"

static int64_t
count(drv *d, struct dbn_conn *c)
{
	return drv_int(d, c, "SELECT count(*) FROM t", "r t", DBN_NO_ARGS);
}

static dbn_status
insert(drv *d, struct dbn_conn *c, int id)
{
	return drv_run(d, c, "INSERT INTO t (id, n) VALUES (?, 0)", "i t", DBN_ARGS(id), NULL);
}

static void
txn_states(conform *cf)
{
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 0))
		return;
	CF_CHECK(cf, drv_txn(&d, d.c) == DBN_TXN_NONE, "a transaction from the start");
	CF_FAILS(cf, drv_commit(&d, d.c), DBN_E_TXN_NONE, "25P01");
	CF_FAILS(cf, drv_rollback(&d, d.c), DBN_E_TXN_NONE, "25P01");
	CF_OK(cf, drv_begin(&d, d.c, 0));
	CF_CHECK(cf, drv_txn(&d, d.c) == DBN_TXN_OPEN, "not open");
	CF_FAILS(cf, drv_begin(&d, d.c, 0), DBN_E_TXN_ACTIVE, "25001");
	CF_OK(cf, insert(&d, d.c, 1));
	CF_OK(cf, drv_rollback(&d, d.c));
	CF_CHECK(cf, drv_txn(&d, d.c) == DBN_TXN_NONE, "still open");
	CF_CHECK(cf, count(&d, d.c) == 0, "not rolled back");
	CF_OK(cf, drv_begin(&d, d.c, 0));
	CF_OK(cf, insert(&d, d.c, 1));
	CF_OK(cf, drv_commit(&d, d.c));
	CF_CHECK(cf, count(&d, d.c) == 1, "not committed");
	drv_close(&d);
}

static void
txn_isolation(conform *cf)
{
	struct dbn_conn *c2;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 1) || !(c2 = drv_connect(&d, 0)))
		return;
	CF_OK(cf, drv_begin(&d, d.c, 0));
	CF_OK(cf, insert(&d, d.c, 10));
	CF_CHECK(cf, count(&d, d.c) == 2, "does not see its own");
	CF_CHECK(cf, count(&d, c2) == 1, "sees what is not committed");
	CF_OK(cf, drv_begin(&d, c2, 1));
	CF_CHECK(cf, count(&d, c2) == 1, "sees what is not committed");
	CF_OK(cf, drv_commit(&d, d.c));
	CF_CHECK(cf, count(&d, c2) == 1 || conform_quirk(cf, "reads-committed"),
		"a repeated read differs");
	CF_OK(cf, drv_commit(&d, c2));
	CF_CHECK(cf, count(&d, c2) == 2, "does not see what is committed");
	d.ops->disconnect(c2);
	drv_close(&d);
}

static void
txn_levels(conform *cf)
{
	drv d;

	if (!drv_open(cf, &d))
		return;
	for (uint32_t level = DBN_ISOLATION_DEFAULT; level <= DBN_ISOLATION_SERIALIZABLE; level++) {
		dbn_begin_opts o = { .call = DBN_CALL_INIT, .isolation = level };
		bool stronger = d.dialect.isolation_levels >> level != 0;
		dbn_status rc = d.ops->begin(d.c, &o, &cf->err);

		CF_CHECK(cf, rc == (stronger ? DBN_OK : DBN_E_UNSUPPORTED), "level %u: %s", level,
			dbn_status_name(rc));
		if (rc == DBN_OK)
			CF_OK(cf, drv_rollback(&d, d.c));
	}
	drv_close(&d);
}

static void
txn_read_only(conform *cf)
{
	struct dbn_conn *c2;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 1))
		return;
	CF_OK(cf, drv_begin(&d, d.c, 1));
	CF_FAILS(cf, insert(&d, d.c, 5), DBN_E_DENIED, "25006");
	CF_OK(cf, drv_rollback(&d, d.c));
	CF_OK(cf, insert(&d, d.c, 5));
	c2 = drv_connect(&d, 1);
	CF_NEED(cf, c2 != NULL, "no read-only connection");
	CF_CHECK(cf, count(&d, c2) == 2, "cannot read");
	CF_FAILS(cf, insert(&d, c2, 6), DBN_E_DENIED, "25006");
	CF_CHECK(cf, count(&d, d.c) == 2, "a read-only connection wrote");
	d.ops->disconnect(c2);
	drv_close(&d);
}

static void
txn_savepoints(conform *cf)
{
	dbn_call call = DBN_CALL_INIT;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 0))
		return;
	if (!drv_can(&d, DBN_CAP_SAVEPOINT)) {
		conform_skip(cf, "no savepoints");
		drv_close(&d);
		return;
	}
	CF_FAILS(cf, d.ops->savepoint(d.c, DBN_SAVEPOINT_SET, 1, &call, &cf->err), DBN_E_TXN_NONE, NULL);
	CF_OK(cf, drv_begin(&d, d.c, 0));
	CF_OK(cf, insert(&d, d.c, 1));
	CF_OK(cf, d.ops->savepoint(d.c, DBN_SAVEPOINT_SET, 1, &call, &cf->err));
	CF_OK(cf, insert(&d, d.c, 2));
	CF_OK(cf, d.ops->savepoint(d.c, DBN_SAVEPOINT_SET, 2, &call, &cf->err));
	CF_OK(cf, insert(&d, d.c, 3));
	CF_OK(cf, d.ops->savepoint(d.c, DBN_SAVEPOINT_RELEASE, 2, &call, &cf->err));
	CF_CHECK(cf, count(&d, d.c) == 3, "released");
	CF_OK(cf, d.ops->savepoint(d.c, DBN_SAVEPOINT_ROLLBACK, 1, &call, &cf->err));
	CF_CHECK(cf, count(&d, d.c) == 1, "rolled back to the first");
	CF_OK(cf, insert(&d, d.c, 4));
	CF_OK(cf, drv_commit(&d, d.c));
	CF_CHECK(cf, count(&d, d.c) == 2, "committed");
	drv_close(&d);
}

/* After an error the transaction goes on, or says that it has failed. */
static void
txn_after_error(conform *cf)
{
	dbn_status rc;
	uint32_t st;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 1))
		return;
	CF_OK(cf, drv_begin(&d, d.c, 0));
	CF_OK(cf, insert(&d, d.c, 2));
	CF_FAILS(cf, insert(&d, d.c, 1), DBN_E_DUPLICATE, "23505");
	st = drv_txn(&d, d.c);
	CF_CHECK(cf, st == DBN_TXN_OPEN || st == DBN_TXN_FAILED, "state %u", st);
	rc = insert(&d, d.c, 3);
	CF_CHECK(cf, rc == (st == DBN_TXN_OPEN ? DBN_OK : DBN_E_TXN_FAILED), "then: %s",
		dbn_status_name(rc));
	dbn_error_free(cf->err);
	cf->err = NULL;
	CF_OK(cf, st == DBN_TXN_OPEN ? drv_commit(&d, d.c) : drv_rollback(&d, d.c));
	CF_CHECK(cf, count(&d, d.c) == (st == DBN_TXN_OPEN ? 3 : 1), "%lld rows",
		(long long)count(&d, d.c));
	drv_close(&d);
}

struct worker {
	drv d;
	conform cf;
	pthread_t thread;
	int rounds;
	dbn_status rc;
};

/* Read, add one, write, in a transaction; repeat where the driver says so. */
static void *
add_up(void *arg)
{
	struct worker *w = (struct worker *)arg;

	for (int i = 0; i < w->rounds && w->rc == DBN_OK;) {
		/* the weakest that does not lose an update */
		dbn_begin_opts o = { .call = DBN_CALL_INIT, .isolation = DBN_ISOLATION_SNAPSHOT };
		int64_t n;
		dbn_status rc = w->d.ops->begin(w->d.c, &o, &w->cf.err);

		if (rc == DBN_OK) {
			n = drv_int(&w->d, w->d.c, "SELECT n FROM t WHERE id = 1", DRV_SELECT_T, DBN_NO_ARGS);
			rc = drv_run(&w->d, w->d.c, "UPDATE t SET n = ? WHERE id = 1", "u t n; r t id",
				DBN_ARGS(n + 1), NULL);
			if (rc == DBN_OK)
				rc = drv_commit(&w->d, w->d.c);
			if (rc != DBN_OK)
				(void)drv_rollback(&w->d, w->d.c);
		}
		if (rc == DBN_OK)
			i++;
		else if (rc != DBN_E_CONFLICT)
			w->rc = rc;
		if (w->cf.err && w->rc == DBN_OK) {
			dbn_error_free(w->cf.err);
			w->cf.err = NULL;
		}
	}
	return NULL;
}

static void
txn_threads(conform *cf)
{
	enum { THREADS = 8, ROUNDS = 40 };
	struct worker w[THREADS];
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 1))
		return;
	for (int i = 0; i < THREADS; i++) {
		w[i].d = d;
		w[i].cf = *cf;
		w[i].rounds = ROUNDS;
		w[i].rc = DBN_OK;
		w[i].d.c = drv_connect(&d, 0);
		w[i].d.cf = &w[i].cf;
		CF_NEED(cf, w[i].d.c != NULL, "no connection %d", i);
	}
	for (int i = 0; i < THREADS; i++)
		CF_NEED(cf, pthread_create(&w[i].thread, NULL, add_up, &w[i]) == 0, "thread");
	for (int i = 0; i < THREADS; i++) {
		(void)pthread_join(w[i].thread, NULL);
		CF_CHECK(cf, w[i].rc == DBN_OK, "thread %d: %s: %s", i, dbn_status_name(w[i].rc),
			dbn_error_message(w[i].cf.err));
		dbn_error_free(w[i].cf.err);
		d.ops->disconnect(w[i].d.c);
	}
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT n FROM t", DRV_SELECT_T, DBN_NO_ARGS) ==
		10 + THREADS * ROUNDS, "an update was lost");
	drv_close(&d);
}

const conform_case drv_cases_txn[] = {
	{ "txn.states", txn_states, 0, 0 },
	{ "txn.isolation", txn_isolation, 0, 0 },
	{ "txn.levels", txn_levels, 0, 0 },
	{ "txn.read_only", txn_read_only, 0, 0 },
	{ "txn.savepoints", txn_savepoints, 0, 0 },
	{ "txn.after_an_error", txn_after_error, 0, 0 },
	{ "txn.threads_lose_nothing", txn_threads, 0, 120 },
};
const size_t drv_ncases_txn = sizeof drv_cases_txn / sizeof *drv_cases_txn;
