/* SPDX-License-Identifier: MIT */
/*
 * Point selects of 32 at once: as many sessions, by the asynchronous calls and by
 * a thread each, over 8 connections of one pool; and connections of the client
 * library, a thread each: 32, and the number of them that does best.  Each does
 * the same number of statements; rounds are interleaved.
 */
#include "threads.h"

#include <dbnexus/dbnexus.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#define MOST 32u
#define ROUNDS_MAX 64u

static const char select_sql[] = "SELECT id, name, age, score FROM users WHERE id = ?";
static const unsigned numbers[] = { 1, 2, 4, 8, 16, MOST };
#define NUMBERS (sizeof numbers / sizeof *numbers)

struct client {
	const struct raw_side *raw;
	void *conn;                      /* of the client library */
	dbn_session *session;
	pthread_barrier_t *start;
	unsigned n, left;
	double *took;                    /* of each statement, or NULL */
	uint64_t sum;
	sem_t *done;
};

static void
must(dbn_status rc, const dbn_error *err, const char *what)
{
	if (rc != DBN_OK)
		die(what, dbn_error_message(err));
}

static uint64_t
read_row(dbn_rows *rows)
{
	const dbn_value *v;
	dbn_error *err = NULL;

	must(dbn_rows_next(rows, &err), err, "select");
	v = dbn_rows_cells(rows);
	return row_sum(v[0].u.i64, v[1].u.ptr, (size_t)v[1].len, v[2].u.i64, v[3].u.f64);
}

/* ---- one thread each ---- */

static void *
raw_thread(void *arg)
{
	struct client *c = arg;
	struct job job = { WORK_SELECT, c->n, 0, 0 };

	(void)pthread_barrier_wait(c->start); /* ready */
	(void)pthread_barrier_wait(c->start); /* go */
	c->sum = c->raw->run(c->conn, &job, 0);
	return NULL;
}

static void *
session_thread(void *arg)
{
	struct client *c = arg;
	dbn_error *err = NULL;

	(void)pthread_barrier_wait(c->start); /* ready */
	(void)pthread_barrier_wait(c->start); /* go */
	for (unsigned i = 0; i < c->n; i++) {
		double t = now_ns();
		dbn_rows *rows;

		must(dbn_query(c->session, select_sql, DBN_ARGS(key_of(i)), &rows, &err), err, "select");
		c->sum += read_row(rows);
		dbn_rows_close(rows);
		if (c->took)
			c->took[i] = now_ns() - t;
	}
	return NULL;
}

/* Statements a second. */
static double
with_threads(struct client *all, unsigned n, void *(*fn)(void *))
{
	pthread_t threads[MOST];
	pthread_barrier_t start;
	unsigned statements = 0;
	double t;

	(void)pthread_barrier_init(&start, NULL, n + 1);
	for (unsigned i = 0; i < n; i++) {
		all[i].start = &start;
		all[i].sum = 0;
		statements += all[i].n;
		if (pthread_create(&threads[i], NULL, fn, &all[i]) != 0)
			die("threads", "cannot be made");
	}
	(void)pthread_barrier_wait(&start);
	t = now_ns();
	(void)pthread_barrier_wait(&start);
	for (unsigned i = 0; i < n; i++)
		(void)pthread_join(threads[i], NULL);
	t = now_ns() - t;
	(void)pthread_barrier_destroy(&start);
	return statements / t * 1e9;
}

/* ---- without threads ---- */

static void next_select(struct client *c);

static void
selected(dbn_future *f, void *user)
{
	struct client *c = user;
	dbn_rows *rows = dbn_future_rows(f);

	if (!rows)
		die("select", dbn_error_message(dbn_future_error(f)));
	c->sum += read_row(rows);
	dbn_future_free(f);
	if (--c->left)
		next_select(c);
	else
		(void)sem_post(c->done);
}

static void
next_select(struct client *c)
{
	dbn_future *f;
	dbn_error *err = NULL;

	must(dbn_query_async(c->session, select_sql, DBN_ARGS(key_of(c->n - c->left)), &f, &err), err,
		"select");
	must(dbn_future_on_done(f, selected, c, &err), err, "select");
}

static double
without_threads(struct client *all, unsigned n)
{
	unsigned statements = 0;
	sem_t done;
	double t;

	(void)sem_init(&done, 0, 0);
	t = now_ns();
	for (unsigned i = 0; i < n; i++) {
		all[i].left = all[i].n;
		all[i].done = &done;
		all[i].sum = 0;
		statements += all[i].n;
		next_select(&all[i]);
	}
	for (unsigned i = 0; i < n; i++)
		while (sem_wait(&done) != 0)
			;
	t = now_ns() - t;
	(void)sem_destroy(&done);
	return statements / t * 1e9;
}

/* ---- the table ---- */

struct run {
	struct client raws[MOST], sessions[MOST];
	double raw[NUMBERS][ROUNDS_MAX], sync[ROUNDS_MAX], async[ROUNDS_MAX];
	double *took;
};

static void
share_out(struct client *all, unsigned n, unsigned statements)
{
	for (unsigned i = 0; i < n; i++)
		all[i].n = statements / n + 1;
}

static void
set_up(struct run *r, const struct raw_side *raw, const char *where, struct stack *s, unsigned n)
{
	dbn_error *err = NULL;

	r->took = calloc(MOST * (size_t)(n / MOST + 1), sizeof *r->took);
	if (!r->took)
		die("threads", "out of memory");
	for (unsigned i = 0; i < MOST; i++) {
		r->raws[i].raw = raw;
		r->raws[i].conn = raw->open(where, "raw_");
		must(dbn_session_open_as(stack_pool(s), "bench", &r->sessions[i].session, &err), err,
			"session");
	}
}

static void
one_round(struct run *r, unsigned n, unsigned at)
{
	for (size_t k = 0; k < NUMBERS; k++) {
		share_out(r->raws, numbers[k], n);
		r->raw[k][at] = with_threads(r->raws, numbers[k], raw_thread);
	}
	share_out(r->sessions, MOST, n);
	for (unsigned i = 0; i < MOST; i++)
		r->sessions[i].took = r->took + (size_t)i * r->sessions[i].n;
	r->sync[at] = with_threads(r->sessions, MOST, session_thread);
	r->async[at] = without_threads(r->sessions, MOST);
	for (unsigned i = 0; i < MOST; i++)
		if (r->sessions[i].sum != r->raws[i].sum)
			die("32 at once", "the two sides do not give the same");
}

static void
tell(const char *what, const double *mine, const double *raw, const double *best, unsigned n)
{
	double to_raw[ROUNDS_MAX], to_best[ROUNDS_MAX], own[ROUNDS_MAX];
	struct median m, a, b;

	for (unsigned i = 0; i < n; i++) {
		to_raw[i] = mine[i] / raw[i];
		to_best[i] = mine[i] / best[i];
		own[i] = mine[i];
	}
	m = median_of(own, n);
	a = median_of(to_raw, n);
	b = median_of(to_best, n);
	printf("  %-38s %9.0f a second, %5.2f (%.2f..%.2f) of 32 raw, %5.2f (%.2f..%.2f) of the best\n",
		what, m.mid, a.mid, a.low, a.high, b.mid, b.low, b.high);
}

void
threads_run(const struct raw_side *raw, const char *where, struct stack *s, unsigned n, unsigned rounds)
{
	struct run *r = calloc(1, sizeof *r);
	double most = 0, copy[ROUNDS_MAX];
	size_t best = 0, all;

	if (!r || rounds > ROUNDS_MAX)
		die("threads", "out of memory");
	set_up(r, raw, where, s, n);
	for (unsigned i = 0; i < rounds; i++)
		one_round(r, n, i);
	for (size_t k = 0; k < NUMBERS; k++) {
		for (unsigned i = 0; i < rounds; i++)
			copy[i] = r->raw[k][i];
		struct median m = median_of(copy, rounds);

		if (m.mid > most) {
			most = m.mid;
			best = k;
		}
	}
	printf("32 at once, point selects, 8 connections in the pool; the best number of %s connections "
		"is %u:\n", raw->name, numbers[best]);
	tell("32 threads with a raw connection each", r->raw[NUMBERS - 1], r->raw[NUMBERS - 1],
		r->raw[best], rounds);
	tell("the best number of raw connections", r->raw[best], r->raw[NUMBERS - 1], r->raw[best], rounds);
	tell("32 sessions, asynchronous", r->async, r->raw[NUMBERS - 1], r->raw[best], rounds);
	tell("32 sessions, a thread each", r->sync, r->raw[NUMBERS - 1], r->raw[best], rounds);
	all = (size_t)MOST * r->sessions[0].n;
	printf("  of the latter a statement takes %.0f us (median), %.0f us (99.9 %%)\n",
		quantile(r->took, all, 0.5) / 1e3, quantile(r->took, all, 0.999) / 1e3);
	for (unsigned i = 0; i < MOST; i++) {
		raw->close(r->raws[i].conn);
		dbn_session_close(r->sessions[i].session);
	}
	free(r->took);
	free(r);
}
