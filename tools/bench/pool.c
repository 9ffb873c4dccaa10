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
#include "idle.h"
#include "table.h"

#define THREADS 32
#define CONNECTIONS 8
#define SAMPLES 200000u
#define ALONE_ROUNDS 41u

static dbn_connset *set;
static _Atomic bool stop;

static const dbn_driver_ops ops = { IDLE_OPS };

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

static bool
alone(void)
{
	worker w = { .id = 1 };
	dbn_pconn *hint = NULL;
	double ns[ALONE_ROUNDS];
	struct table_line t = { .where = "pool", .what = "take and give back, warm, alone",
		.measure = MEASURE_NS, .aim = 200 };

	for (unsigned round = 0; round < ALONE_ROUNDS; round++) {
		uint64_t from = dbn_now_ns();

		for (int i = 0; i < 20000; i++)
			if (!turn(&w, &hint, 0))
				return false;
		ns[round] = (double)(dbn_now_ns() - from) / 20000;
	}
	t.m = median_of(ns, ALONE_ROUNDS);
	table_line(&t);
	return true;
}

/* The waits of all, into one array. */
static double *
waits_of(worker *workers, size_t *n)
{
	double *all = calloc((size_t)THREADS * SAMPLES, sizeof *all);

	*n = 0;
	for (int i = 0; i < THREADS; i++) {
		for (uint64_t k = 0; all && k < workers[i].turns && k < SAMPLES; k++)
			all[(*n)++] = (double)workers[i].wait_ns[k];
		free(workers[i].wait_ns);
	}
	return all;
}

static void
tell_waits(double *all, size_t n, uint64_t least, uint64_t most)
{
	char remark[160];
	struct table_line t = { .where = "pool", .what = "wait for a connection, 99.9 %",
		.measure = MEASURE_NS, .remark = remark };
	double p999 = quantile(all, n, 0.999);

	(void)snprintf(remark, sizeof remark, "%d threads, %d connections: median %.1f us, 99 %% %.1f us, "
		"longest %.1f us; turns of a thread %llu to %llu", THREADS, CONNECTIONS,
		quantile(all, n, 0.5) / 1e3, quantile(all, n, 0.99) / 1e3, all[n - 1] / 1e3,
		(unsigned long long)least, (unsigned long long)most);
	t.m = (struct median){ p999, p999, p999 };
	table_line(&t);
}

static bool
crowd(uint64_t ms)
{
	static worker workers[THREADS];
	uint64_t least = UINT64_MAX, most = 0;
	pthread_t threads[THREADS];
	double *all;
	size_t n;

	for (int i = 0; i < THREADS; i++) {
		workers[i].id = (uint64_t)i + 1;
		workers[i].wait_ns = calloc(SAMPLES, sizeof(uint64_t));
		if (!workers[i].wait_ns || pthread_create(&threads[i], NULL, work, &workers[i]) != 0)
			return false;
	}
	dbn_sleep_ns(ms * 1000000u);
	atomic_store(&stop, true);
	for (int i = 0; i < THREADS; i++) {
		(void)pthread_join(threads[i], NULL);
		least = workers[i].turns < least ? workers[i].turns : least;
		most = workers[i].turns > most ? workers[i].turns : most;
	}
	all = waits_of(workers, &n);
	if (all && n)
		tell_waits(all, n, least, most);
	free(all);
	return n != 0;
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
