/* SPDX-License-Identifier: MIT */
/*
 * 32 threads on 8 connections that are made by the set's own threads and die now
 * and then: nobody gets an error, no connection is lent twice, nobody starves.  Some wait without
 * a thread, some give up, one cancels, one looks.  A plain program, so that it runs
 * under ThreadSanitizer.  threads [SECONDS]: 2, or 30 with DBN_LONG=1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/str.h"
#include "fake_db.h"

#define THREADS 32
#define MS UINT64_C(1000000)

static fake_db db;
static dbn_connset *set;
static _Atomic bool stop;
static _Atomic int failures;
static _Atomic uint64_t served, refused, timeouts, cancels, twice;
static uint64_t turns[THREADS];
static dbn_wait_token tokens[THREADS];

static void
complain(const char *what, const dbn_error *err)
{
	if (atomic_fetch_add(&failures, 1) < 10)
		printf("# %s: %s %s\n", what, dbn_status_name(dbn_error_code(err)), dbn_error_message(err));
}

static void
use(dbn_pconn *c, unsigned i)
{
	if (__atomic_exchange_n(&c->conn->txn, 1, __ATOMIC_RELAXED) != 0)
		atomic_fetch_add(&twice, 1);
	if (i % 7 == 0)
		dbn_sleep_ns(i % 3000);
	__atomic_store_n(&c->conn->txn, 0, __ATOMIC_RELAXED);
	if (i % 501 == 0)
		c->discard = true;
	if (i % 101 == 0)
		c->dirty = true;
	atomic_fetch_add(&served, 1);
	dbn_connset_release(c);
}

struct later {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool told;
};

static void
tell(dbn_waiter *w, void *user)
{
	struct later *l = user;

	(void)w;
	(void)pthread_mutex_lock(&l->lock);
	l->told = true;
	(void)pthread_cond_signal(&l->cond);
	(void)pthread_mutex_unlock(&l->lock);
}

/* Without a thread of the pool's: wait in another way, or change one's mind. */
static dbn_status
queued(const dbn_borrow *b, unsigned i, dbn_pconn **c, dbn_error **err)
{
	struct later l = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };
	dbn_waiter w;
	dbn_status rc = dbn_connset_borrow_async(set, b, &w, tell, &l, c, err);

	if (rc != DBN_E_BUSY)
		return rc;
	if (i % 5 == 0 && dbn_connset_withdraw(set, &w))
		return DBN_DONE;
	(void)pthread_mutex_lock(&l.lock);
	while (!l.told)
		(void)pthread_cond_wait(&l.cond, &l.lock);
	(void)pthread_mutex_unlock(&l.lock);
	*c = w.given;
	return w.given ? dbn_pconn_ready(w.given, 0, err) : dbn_connset_refused(set, w.rc, err);
}

static void *
work(void *arg)
{
	int me = *(int *)arg;
	dbn_pconn *hint = NULL, *c;
	dbn_error *err;
	dbn_status rc;

	for (unsigned i = (unsigned)me; !atomic_load(&stop); i++) {
		dbn_borrow b = { .hint = hint, .session = (uint64_t)me + 1, .statement = i % 3,
			.user = DBN_TEXT_LIT("u"), .fingerprint = DBN_TEXT_LIT("SELECT ?"),
			.in_txn = i % 2 != 0, .token = &tokens[me] };

		err = NULL;
		c = NULL;
		atomic_store(&tokens[me].cancelled, false);
		if (i % 11 == 0)
			b.deadline_ns = dbn_now_ns() + i % 200000;
		rc = me % 4 == 3 ? queued(&b, i, &c, &err) : dbn_connset_borrow(set, &b, &c, &err);
		if (rc == DBN_OK) {
			turns[me]++;
			hint = c;
			use(c, i);
		} else if (rc == DBN_E_TIMEOUT && b.deadline_ns) {
			atomic_fetch_add(&timeouts, 1);
		} else if (rc == DBN_E_CANCELLED) {
			atomic_fetch_add(&cancels, 1);
		} else if (rc == DBN_E_CONN) {
			atomic_fetch_add(&refused, 1);
			dbn_sleep_ns(MS);
		} else if (rc != DBN_DONE) {
			complain("borrow", err);
		}
		dbn_error_free(err);
	}
	return NULL;
}

static void
look(const dbn_report_item *i, void *user)
{
	(void)i;
	++*(uint64_t *)user;
}

/* What the keeper does, and what somebody who looks does. */
static void *
keep(void *arg)
{
	uint64_t n = 0;

	(void)arg;
	for (unsigned i = 0; !atomic_load(&stop); i++) {
		(void)dbn_connset_maintain(set, dbn_now_ns());
		dbn_connset_report(set, look, &n);
		dbn_wait_cancel(&tokens[i % THREADS]);
		dbn_connset_cancel_all(set);
		dbn_sleep_ns(MS);
	}
	return NULL;
}

int
main(int argc, char **argv)
{
	const char *length = getenv("DBN_LONG");
	long seconds = argc > 1 ? strtol(argv[1], NULL, 10) : length && *length ? 30 : 2;
	pthread_t threads[THREADS + 1];
	int ids[THREADS];
	dbn_connset_opts o;
	dbn_error *err = NULL;
	uint64_t least = UINT64_MAX, most = 0;

	fake_db_init(&db);
	o = fake_opts(&db);
	o.env = NULL;
	o.min = 2;
	o.max = 8;
	o.acquire_timeout_ns = UINT64_MAX;
	o.breaker_cooldown_ns = 20 * MS;
	o.max_lifetime_ns = 300 * MS;
	o.idle_timeout_ns = 50 * MS;
	o.keepalive_ns = 10 * MS;
	o.leak_after_ns = 1000 * MS;
	if (dbn_connset_open(&o, &set, &err) != DBN_OK) {
		complain("open", err);
		return 1;
	}
	for (int i = 0; i < THREADS; i++) {
		ids[i] = i;
		(void)pthread_create(&threads[i], NULL, work, &ids[i]);
	}
	(void)pthread_create(&threads[THREADS], NULL, keep, NULL);
	dbn_sleep_ns((uint64_t)seconds * 1000 * MS);
	atomic_store(&stop, true);
	for (int i = 0; i <= THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	dbn_connset_close(set);
	for (int i = 0; i < THREADS; i++) {
		least = turns[i] < least ? turns[i] : least;
		most = turns[i] > most ? turns[i] : most;
	}
	printf("# %llu served (%llu to %llu a thread), %llu timed out, %llu cancelled, %u connects\n",
		(unsigned long long)served, (unsigned long long)least, (unsigned long long)most,
		(unsigned long long)timeouts, (unsigned long long)cancels, db.connects);
	printf("1..4\n");
	printf("%sok 1 - nobody gets an error\n", failures || refused ? "not " : "");
	printf("%sok 2 - no connection is lent twice\n", twice ? "not " : "");
	printf("%sok 3 - everybody has turns\n", least ? "" : "not ");
	printf("%sok 4 - every connection is closed\n", db.live ? "not " : "");
	fake_db_fini(&db);
	return failures || refused || twice || !least || db.live != 0;
}
