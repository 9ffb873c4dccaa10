/* SPDX-License-Identifier: MIT */
/*
 * Point selects of 32 at once: as many sessions of one pool of 8 connections, by
 * callbacks, by completions and with a thread each; and threads with a connection of
 * the client library each, 1 to 32 of them.  Each works for the same time.  Before
 * and after each of the stack's stands one of 32 raw connections, and what is told
 * is the ratio to those two: what disturbs the machine disturbs all three.
 * Each row that the stack gives is compared with what the library gave for its key.
 */
#include "bench.h"

#include <dbnexus/dbnexus.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "table.h"

#define MOST 32u
#define CONNECTIONS 8u
#define AT_ONCE_ROUNDS 64u
#define SAMPLES 4096u                    /* of one thread; kept in a ring */

static const char select_sql[] = "SELECT id, name, age, score FROM users WHERE id = ?";

struct arena {
	const struct raw_side *raw;
	void *conns[MOST];
	dbn_session *sessions[MOST];
	uint64_t *expected;              /* of each key */
	double window_ns;
	atomic_bool over;
	atomic_ullong done;
	atomic_uint running;
	sem_t idle;                      /* running is 0 */
	pthread_barrier_t start;
	double *took;                    /* MOST rings of SAMPLES */
	uint64_t turns[MOST];
};

/* A session or thread of the arena. */
struct client {
	struct arena *a;
	unsigned me, at;
};

static void
must(dbn_status rc, const dbn_error *err, const char *what)
{
	if (rc != DBN_OK)
		die(what, dbn_error_message(err));
}

static bool
is_over(struct arena *a)
{
	return atomic_load_explicit(&a->over, memory_order_relaxed);
}

/* The row of the key, and no other. */
static void
check_row(const struct arena *a, dbn_rows *rows, int64_t key)
{
	const dbn_value *v;
	dbn_error *err = NULL;

	must(dbn_rows_next(rows, &err), err, "select");
	v = dbn_rows_cells(rows);
	if (v[0].u.i64 != key || row_sum(key, v[1].u.ptr, (size_t)v[1].len, v[2].u.i64, v[3].u.f64) !=
			a->expected[key])
		die("32 at once", "a row is another's");
}

/* ---- one thread each ---- */

static void *
raw_thread(void *arg)
{
	struct client *c = arg;
	struct arena *a = c->a;
	struct job job = { WORK_SELECT, 8, 0, c->at };
	unsigned long long n = 0;

	(void)pthread_barrier_wait(&a->start);
	for (; !is_over(a); n += job.n, job.from += job.n)
		(void)a->raw->run(a->conns[c->me], &job, 0);
	atomic_fetch_add(&a->done, n);
	return NULL;
}

static void *
pipeline_thread(void *arg)
{
	struct client *c = arg;
	struct arena *a = c->a;
	struct job job = { WORK_SELECT, 64, 0, c->at };
	unsigned long long n = 0;

	(void)pthread_barrier_wait(&a->start);
	for (; !is_over(a); n += job.n, job.from += job.n)
		(void)a->raw->pipeline(a->conns[c->me], &job);
	atomic_fetch_add(&a->done, n);
	return NULL;
}

static void *
sync_thread(void *arg)
{
	struct client *c = arg;
	struct arena *a = c->a;
	unsigned long long n = 0;
	dbn_error *err = NULL;

	(void)pthread_barrier_wait(&a->start);
	for (; !is_over(a); n++) {
		int64_t key = key_of(c->at++);
		double from = now_ns();
		dbn_rows *rows;

		must(dbn_query(a->sessions[c->me], select_sql, DBN_ARGS(key), &rows, &err), err,
			"select");
		check_row(a, rows, key);
		dbn_rows_close(rows);
		a->took[c->me * SAMPLES + a->turns[c->me]++ % SAMPLES] = now_ns() - from;
	}
	atomic_fetch_add(&a->done, n);
	return NULL;
}

static void *
future_thread(void *arg)
{
	struct client *c = arg;
	struct arena *a = c->a;
	unsigned long long n = 0;
	dbn_error *err = NULL;

	(void)pthread_barrier_wait(&a->start);
	for (; !is_over(a); n++) {
		int64_t key = key_of(c->at++);
		dbn_future *f = NULL;

		must(dbn_query_async(a->sessions[c->me], select_sql, DBN_ARGS(key), &f, &err), err,
			"begin");
		must(dbn_future_get(f, &err), err, "select");
		check_row(a, dbn_future_rows(f), key);
		dbn_future_free(f);
	}
	atomic_fetch_add(&a->done, n);
	return NULL;
}

static void
pause_for(double ns)
{
	struct timespec ts = { (time_t)(ns / 1e9), (long)ns % 1000000000 };

	while (nanosleep(&ts, &ts) != 0)
		continue;
}

static void
with_threads(struct arena *a, struct client *all, unsigned n, void *(*fn)(void *))
{
	pthread_t threads[MOST];

	(void)pthread_barrier_init(&a->start, NULL, n + 1);
	for (unsigned i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, fn, &all[i]) != 0)
			die("threads", "cannot be made");
	(void)pthread_barrier_wait(&a->start);
	pause_for(a->window_ns);
	atomic_store(&a->over, true);
	for (unsigned i = 0; i < n; i++)
		(void)pthread_join(threads[i], NULL);
	(void)pthread_barrier_destroy(&a->start);
}

/* ---- without threads of their own ---- */

static void begin_select(struct client *c);

/* Each session's next begins when its last is done: on the thread of the event loop. */
static void
selected(dbn_future *f, void *user)
{
	struct client *c = user;
	struct arena *a = c->a;
	dbn_rows *rows = dbn_future_rows(f);

	if (!rows)
		die("select", dbn_error_message(dbn_future_error(f)));
	check_row(a, rows, key_of(c->at++));
	dbn_future_free(f);
	atomic_fetch_add_explicit(&a->done, 1, memory_order_relaxed);
	if (!is_over(a))
		begin_select(c);
	else if (atomic_fetch_sub(&a->running, 1) == 1)
		(void)sem_post(&a->idle);
}

static void
begin_select(struct client *c)
{
	dbn_future *f;
	dbn_error *err = NULL;

	must(dbn_query_async(c->a->sessions[c->me], select_sql, DBN_ARGS(key_of(c->at)), &f, &err), err,
		"begin");
	must(dbn_future_on_done(f, selected, c, &err), err, "select");
}

static void
by_callbacks(struct arena *a, struct client *all)
{
	atomic_store(&a->running, MOST);
	for (unsigned i = 0; i < MOST; i++)
		begin_select(&all[i]);
	pause_for(a->window_ns);
	atomic_store(&a->over, true);
	while (sem_wait(&a->idle) != 0)
		continue;
}

/* This one thread takes what is done. */
static void
by_completions(struct arena *a, struct client *all)
{
	dbn_completions *q = NULL;
	dbn_error *err = NULL;
	double until = now_ns() + a->window_ns;
	dbn_future *f = NULL;
	size_t flying = 0;

	must(dbn_completions_new(&q, &err), err, "completions");
	for (; flying < MOST; flying++) {
		struct client *c = &all[flying];

		must(dbn_query_async(a->sessions[c->me], select_sql, DBN_ARGS(key_of(c->at)), &f, &err),
			err, "begin");
		must(dbn_future_enqueue(f, q, c, &err), err, "enqueue");
	}
	while (flying) {
		struct client *c;

		must(dbn_completions_wait(q, DBN_FOREVER, &f, &err), err, "wait");
		if (dbn_future_status(f) != DBN_OK)
			die("select", dbn_error_message(dbn_future_error(f)));
		c = dbn_future_tag(f);
		check_row(a, dbn_future_rows(f), key_of(c->at++));
		dbn_future_free(f);
		atomic_fetch_add_explicit(&a->done, 1, memory_order_relaxed);
		if (now_ns() >= until) {
			flying--;
			continue;
		}
		must(dbn_query_async(a->sessions[c->me], select_sql, DBN_ARGS(key_of(c->at)), &f, &err),
			err, "begin");
		must(dbn_future_enqueue(f, q, c, &err), err, "enqueue");
	}
	dbn_completions_free(q);
}

/* ---- rounds ---- */

struct kind {
	const char *name;
	void *(*thread)(void *);
	unsigned threads;
	void (*run)(struct arena *, struct client *);
	double aim, aim_best;            /* ratio to 32 raw connections, to the best number */
	double rates[AT_ONCE_ROUNDS], cpu[AT_ONCE_ROUNDS];
	double ratio[AT_ONCE_ROUNDS];    /* to the raw ones before and after */
};
enum { OURS = 4, RAWS = 5 };

struct kinds {
	struct kind raw32, ours[OURS], raws[RAWS], pipeline;
};

static const struct kinds all_kinds = {
	.raw32 = { .name = "32 raw connections", .thread = raw_thread, .threads = MOST },
	.ours = {
		{ .name = "32 sessions, callbacks", .run = by_callbacks, .aim = 2.5, .aim_best = 1 },
		{ .name = "32 sessions, completions", .run = by_completions },
		{ .name = "32 threads wait for futures", .thread = future_thread, .threads = MOST },
		{ .name = "32 threads, without futures", .thread = sync_thread, .threads = MOST },
	},
	.raws = {
		{ .name = "1", .thread = raw_thread, .threads = 1 },
		{ .name = "2", .thread = raw_thread, .threads = 2 },
		{ .name = "4", .thread = raw_thread, .threads = 4 },
		{ .name = "8", .thread = raw_thread, .threads = 8 },
		{ .name = "16", .thread = raw_thread, .threads = 16 },
	},
	.pipeline = { .name = "pipelines of 64 by hand, 2 connections", .thread = pipeline_thread,
		.threads = 2 },
};

/* Statements a second; *cpu: nanoseconds of this process for each. */
static double
run_kind(struct arena *a, const struct kind *k, double *cpu)
{
	static unsigned next;
	struct client all[MOST];
	double began = now_ns(), used = cpu_ns(), done;

	for (unsigned i = 0; i < MOST; i++)
		all[i] = (struct client){ a, i, next += 997 };
	atomic_store(&a->over, false);
	atomic_store(&a->done, 0);
	if (k->run)
		k->run(a, all);
	else
		with_threads(a, all, k->threads, k->thread);
	done = (double)atomic_load(&a->done);
	*cpu = (cpu_ns() - used) / done;
	return done / (now_ns() - began) * 1e9;
}

static void
one_round(struct arena *a, struct kinds *k, unsigned at)
{
	double cpu, before = run_kind(a, &k->raw32, &k->raw32.cpu[at]), after;

	k->raw32.rates[at] = before;
	for (size_t i = 0; i < OURS; i++) {
		struct kind *o = &k->ours[i];

		o->rates[at] = run_kind(a, o, &o->cpu[at]);
		after = run_kind(a, &k->raw32, &cpu);
		o->ratio[at] = o->rates[at] * 2 / (before + after);
		before = after;
	}
	for (size_t i = 0; i < RAWS; i++)
		k->raws[i].rates[at] = run_kind(a, &k->raws[i], &k->raws[i].cpu[at]);
	if (a->raw->pipeline)
		k->pipeline.rates[at] = run_kind(a, &k->pipeline, &k->pipeline.cpu[at]);
}

/* ---- what is told ---- */

static double
mid(const double *v, unsigned n)
{
	double copy[AT_ONCE_ROUNDS];

	memcpy(copy, v, n * sizeof *v);
	return median_of(copy, n).mid;
}

static void
tell_ratio(const struct database *d, const char *name, const double *rates, const double *beside,
	double *ratio, unsigned n, double aim, const char *remark)
{
	struct table_line t = { .where = d->raw->driver, .what = name, .aim = aim, .at_least = 1,
		.own = MEASURE_RATE, .raw = mid(beside, n), .ours = mid(rates, n), .remark = remark };

	t.m = median_of(ratio, n);
	table_line(&t);
}

static void
tell_latency(const struct database *d, struct arena *a)
{
	size_t n = 0;
	double *all = a->took, mid_us, high_us;
	char remark[64];
	struct table_line t = { .where = d->raw->driver, .what = "  of a statement, 99.9 %",
		.measure = MEASURE_NS, .remark = remark };

	for (unsigned i = 0; i < MOST; i++) {
		uint64_t kept = a->turns[i] < SAMPLES ? a->turns[i] : SAMPLES;

		memmove(all + n, a->took + i * SAMPLES, kept * sizeof *all);
		n += kept;
	}
	mid_us = quantile(all, n, 0.5);
	high_us = quantile(all, n, 0.999);
	(void)snprintf(remark, sizeof remark, "32 threads, %u connections; median %.0f us", CONNECTIONS,
		mid_us / 1e3);
	t.m = (struct median){ high_us, high_us, high_us };
	table_line(&t);
}

/* Names the number of raw connections that did best. */
static const struct kind *
best_raw(struct kinds *k, unsigned n, char *text, size_t size)
{
	const struct kind *best = &k->raw32;
	size_t at = 0;

	for (size_t i = 0; i < RAWS; i++)
		if (mid(k->raws[i].rates, n) > mid(best->rates, n))
			best = &k->raws[i];
	(void)snprintf(text, size, "best: %u; ", best->threads);
	for (size_t i = 0; i < RAWS; i++) {
		at = strlen(text);
		(void)snprintf(text + at, size - at, "%s: %.1f, ", k->raws[i].name,
			mid(k->raws[i].rates, n) / 1e3);
	}
	at = strlen(text);
	(void)snprintf(text + at, size - at, "32: %.1f k/s", mid(k->raw32.rates, n) / 1e3);
	return best;
}

static void
tell(const struct database *d, struct arena *a, struct kinds *k, unsigned n)
{
	int aims = strcmp(d->raw->driver, "postgres") == 0;
	char remark[192], text[128];
	const struct kind *best = best_raw(k, n, text, sizeof text);
	double ratio[AT_ONCE_ROUNDS];

	for (size_t i = 0; i < OURS; i++) {
		struct kind *o = &k->ours[i];

		(void)snprintf(remark, sizeof remark, "beside 32 raw; cpu of this process %.1f us, raw %.1f",
			mid(o->cpu, n) / 1e3, mid(k->raw32.cpu, n) / 1e3);
		tell_ratio(d, o->name, o->rates, k->raw32.rates, o->ratio, n, aims ? o->aim : 0, remark);
		if (i == 0 || aims) {
			for (unsigned r = 0; r < n; r++)
				ratio[r] = o->rates[r] / best->rates[r];
			tell_ratio(d, "  the same, best number of raw", o->rates, best->rates, ratio, n,
				aims ? o->aim_best : 0, i ? "" : text);
		}
	}
	tell_latency(d, a);
	if (!a->raw->pipeline)
		return;
	for (unsigned r = 0; r < n; r++)
		ratio[r] = k->pipeline.rates[r] / k->raw32.rates[r];
	tell_ratio(d, k->pipeline.name, k->pipeline.rates, k->raw32.rates, ratio, n, 0,
		"beside 32 raw: what could be had");
}

/* ---- set up ---- */

static void
set_up(struct arena *a, const struct database *d, struct stack *s)
{
	char path[4096], url[4096];
	dbn_error *err = NULL;

	places(d, "raw.db", path, url, sizeof path);
	d->raw->make(path, "raw_", 1);
	a->raw = d->raw;
	a->took = calloc((size_t)MOST * SAMPLES, sizeof *a->took);
	a->expected = calloc(USERS + 1, sizeof *a->expected);
	if (!a->took || !a->expected || sem_init(&a->idle, 0, 0) != 0)
		die("32 at once", "out of memory");
	for (unsigned i = 0; i < MOST; i++) {
		a->conns[i] = d->raw->open(path, "raw_");
		must(dbn_session_open_as(stack_pool(s), "bench", &a->sessions[i], &err), err, "session");
	}
	for (unsigned i = 0; i < USERS; i++) {
		struct job job = { WORK_SELECT, 1, 0, i };

		a->expected[key_of(i)] = d->raw->run(a->conns[0], &job, 0);
	}
}

static void
tear_down(struct arena *a, struct stack *s)
{
	for (unsigned i = 0; i < MOST; i++) {
		a->raw->close(a->conns[i]);
		dbn_session_close(a->sessions[i]);
	}
	(void)sem_destroy(&a->idle);
	free(a->took);
	free(a->expected);
	stack_close(s);
}

unsigned long long
callbacks_for(const struct database *d, unsigned ms)
{
	static struct arena a;
	struct stack *s = stack_of(d, "pool.db", 0, CONNECTIONS, 1);
	double cpu;

	set_up(&a, d, s);
	a.window_ns = ms * 1e6;
	(void)run_kind(&a, &all_kinds.ours[0], &cpu);
	tear_down(&a, s);
	return atomic_load(&a.done);
}

void
at_once(const struct database *d)
{
	static struct kinds k;
	static struct arena a;
	struct stack *s = stack_of(d, "pool.db", 0, CONNECTIONS, 1);
	unsigned rounds = (strcmp(d->raw->driver, "postgres") == 0 ? bench_opts.rounds / 5 : bench_opts.rounds / 15) + 1;

	memset(&a, 0, sizeof a);
	k = all_kinds;
	if (rounds > AT_ONCE_ROUNDS)
		rounds = AT_ONCE_ROUNDS;
	set_up(&a, d, s);
	a.window_ns = 250e6 / bench_opts.scale + 1e6;
	for (unsigned i = 0; i <= rounds; i++) /* one to warm up */
		one_round(&a, &k, i ? i - 1 : 0);
	tell(d, &a, &k, rounds);
	tear_down(&a, s);
}
