/* SPDX-License-Identifier: MIT */
/*
 * The connection pool alone, over a driver that does nothing: what a warm
 * connection costs to take and give back, and how long 32 threads wait for 8
 * connections, each used for some microseconds.  pool [MILLISECONDS]
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "pool/connset.h"

#define THREADS 32
#define CONNECTIONS 8
#define SAMPLES 200000u

struct dbn_conn {
	int nothing;
};

static struct dbn_conn conns[64];
static _Atomic uint32_t nconns;
static dbn_connset *set;
static _Atomic bool stop;

static dbn_status
connect_it(void *self, const dbn_connect_opts *o, struct dbn_conn **out, dbn_error **err)
{
	(void)self;
	(void)o;
	(void)err;
	*out = &conns[atomic_fetch_add(&nconns, 1) % 64];
	return DBN_OK;
}

static void
disconnect_it(struct dbn_conn *c)
{
	(void)c;
}

static dbn_status
ping_it(struct dbn_conn *c, const dbn_call *o, dbn_error **err)
{
	(void)c;
	(void)o;
	(void)err;
	return DBN_OK;
}

static void
state_of(struct dbn_conn *c, dbn_conn_state *out)
{
	(void)c;
	(void)out;
}

static const dbn_driver_ops ops = { .struct_size = sizeof ops, .connect = connect_it,
	.disconnect = disconnect_it, .ping = ping_it, .state = state_of };

typedef struct worker {
	uint64_t turns, samples;
	uint64_t *wait_ns;
	uint64_t id;
} worker;

static bool
turn(worker *w, dbn_pconn **hint, unsigned spin)
{
	dbn_borrow b = { .hint = *hint, .session = w->id, .statement = 1,
		.user = DBN_TEXT_LIT("bench"), .fingerprint = DBN_TEXT_LIT("SELECT ?") };
	uint64_t from = w->wait_ns ? dbn_now_ns() : 0;
	dbn_error *err = NULL;
	dbn_pconn *c;

	if (dbn_connset_borrow(set, &b, &c, &err) != DBN_OK) {
		(void)fprintf(stderr, "pool: %s\n", dbn_error_message(err));
		dbn_error_free(err);
		return false;
	}
	if (w->wait_ns)
		w->wait_ns[w->turns % SAMPLES] = dbn_now_ns() - from;
	for (volatile unsigned i = 0; i < spin; i++)
		continue;
	*hint = c;
	w->turns++;
	dbn_connset_release(c);
	return true;
}

static void *
work(void *arg)
{
	worker *w = arg;
	dbn_pconn *hint = NULL;

	while (!atomic_load(&stop) && turn(w, &hint, 3000))
		continue;
	return NULL;
}

static int
by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static bool
alone(void)
{
	worker w = { .id = 1 };
	dbn_pconn *hint = NULL;
	uint64_t best = UINT64_MAX;

	for (int round = 0; round < 20; round++) {
		uint64_t from = dbn_now_ns(), took;

		for (int i = 0; i < 20000; i++)
			if (!turn(&w, &hint, 0))
				return false;
		took = dbn_now_ns() - from;
		best = took < best ? took : best;
	}
	(void)printf("pool  take and give back, warm, alone   %6.0f ns\n", (double)best / 20000);
	return true;
}

static bool
crowd(uint64_t ms)
{
	static worker workers[THREADS];
	uint64_t *all, n = 0, least = UINT64_MAX, most = 0;
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++) {
		workers[i].id = (uint64_t)i + 1;
		workers[i].wait_ns = calloc(SAMPLES, sizeof(uint64_t));
		if (!workers[i].wait_ns || pthread_create(&threads[i], NULL, work, &workers[i]) != 0)
			return false;
	}
	dbn_sleep_ns(ms * 1000000u);
	atomic_store(&stop, true);
	all = calloc((size_t)THREADS * SAMPLES, sizeof *all);
	for (int i = 0; i < THREADS; i++) {
		worker *w = &workers[i];

		(void)pthread_join(threads[i], NULL);
		for (uint64_t k = 0; all && k < w->turns && k < SAMPLES; k++)
			all[n++] = w->wait_ns[k];
		least = w->turns < least ? w->turns : least;
		most = w->turns > most ? w->turns : most;
		free(w->wait_ns);
	}
	if (!all || !n)
		return false;
	qsort(all, n, sizeof *all, by_size);
	(void)printf("pool  %d threads, %d connections: turns of a thread %llu to %llu\n", THREADS,
		CONNECTIONS, (unsigned long long)least, (unsigned long long)most);
	(void)printf("pool  wait: median %.1f us, 99 %% %.1f us, 99.9 %% %.1f us, longest %.1f us\n",
		(double)all[n / 2] / 1e3, (double)all[n * 99 / 100] / 1e3,
		(double)all[n * 999 / 1000] / 1e3, (double)all[n - 1] / 1e3);
	free(all);
	return true;
}

int
main(int argc, char **argv)
{
	static const dbn_dialect dialect = { .struct_size = sizeof dialect };
	dbn_connset_opts o = { .name = "bench", .ops = &ops, .dialect = &dialect, .url = "bench:",
		.min = CONNECTIONS, .max = CONNECTIONS, .statements = 16,
		.acquire_timeout_ns = UINT64_MAX, .idle_timeout_ns = UINT64_MAX,
		.max_lifetime_ns = UINT64_MAX };
	unsigned long ms = argc > 1 ? strtoul(argv[1], NULL, 10) : 2000;
	dbn_error *err = NULL;
	bool ok;

	if (dbn_connset_open(&o, &set, &err) != DBN_OK)
		return 1;
	ok = alone() && crowd(ms);
	dbn_connset_close(set);
	return ok ? 0 : 1;
}
