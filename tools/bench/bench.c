/* SPDX-License-Identifier: MIT */
/*
 * Ratios to the bare sqlite3 API on the same work.  Rounds of both sides are
 * interleaved and paired, so that a machine that slows down slows both; the
 * median of the ratios is given with the interval that holds it with 95 %
 * certainty (by order statistics, so nothing is assumed of the distribution).
 */
#include "bench.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS_MAX 501

struct plan {
	enum work work;
	const char *name;
	unsigned n;   /* in one round */
	double aim;   /* ratio */
};
static const struct plan plans[WORK_COUNT] = {
	{ WORK_SELECT, "point select", 20000, 1.15 },
	{ WORK_INSERT, "insert", 1500, 1.05 },
	{ WORK_UPDATE, "update", 1500, 1.05 },
	{ WORK_BATCH, "batch insert of 100", 100, 1.05 },
	{ WORK_SCAN, "scan of 10,000 rows", 15, 1.10 },
};

static const char *dir;
static int64_t next_key = 1;

_Noreturn void
die(const char *what, const char *why)
{
	fprintf(stderr, "bench: %s: %s\n", what, why);
	exit(1);
}

void
row_make(struct row *r, int64_t id)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	size_t n = 6 + (size_t)(id % 11);

	r->id = id;
	r->age = id % 90;
	r->score = (double)(id % 1000) / 4;
	for (size_t i = 0; i < n; i++)
		r->name[i] = letters[((size_t)id + i * 7) % 26];
	r->name[n] = '\0';
}

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct median {
	double mid, low, high;
};

/* Sorts v. */
static struct median
median_of(double *v, unsigned n)
{
	/* Ranks whose values enclose the median with 95 %: n/2 -+ 0.98 sqrt(n). */
	int half = (int)floor((double)n / 2 - 0.98 * sqrt((double)n));
	unsigned low = half > 0 ? (unsigned)half : 0;
	struct median m;

	qsort(v, n, sizeof *v, by_size);
	m.mid = n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
	m.low = v[low];
	m.high = v[n - 1 - low];
	return m;
}

static void
in_dir(char *path, size_t size, const char *name)
{
	if ((size_t)snprintf(path, size, "%s/%s", dir, name) >= size)
		die(dir, "the path is too long");
}

static void
fresh_file(char *path, size_t size, const char *name)
{
	static const char *const tails[] = { "", "-wal", "-shm", ".audit" };
	char old[4200];

	in_dir(path, size, name);
	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
		(void)snprintf(old, sizeof old, "%s%s", path, tails[i]);
		(void)unlink(old);
	}
	raw_make_file(path);
}

static double
timed_raw(struct raw *r, const struct plan *p, int64_t from, uint64_t *sum)
{
	double t = now();

	*sum = raw_run(r, p->work, p->n, from);
	return now() - t;
}

static double
timed_stack(struct stack *s, const struct plan *p, int64_t from, uint64_t *sum)
{
	double t = now();

	*sum = stack_run(s, p->work, p->n, from);
	return now() - t;
}

/* One line of the result. */
static void
measure(struct raw *r, struct stack *s, const struct plan *p, unsigned rounds)
{
	static double ratio[ROUNDS_MAX], raw_ns[ROUNDS_MAX], stack_ns[ROUNDS_MAX];
	struct median m, a, b;

	for (unsigned i = 0; i < rounds + 2; i++) {
		uint64_t x, y;
		double t, u;
		unsigned k = i < 2 ? 0 : i - 2; /* two rounds to warm up */

		if (i % 2) {
			t = timed_raw(r, p, next_key, &x);
			u = timed_stack(s, p, next_key, &y);
		} else {
			u = timed_stack(s, p, next_key, &y);
			t = timed_raw(r, p, next_key, &x);
		}
		next_key += (int64_t)p->n * BATCH;
		if (x != y)
			die(p->name, "the two sides do not give the same");
		ratio[k] = u / t;
		raw_ns[k] = t / p->n;
		stack_ns[k] = u / p->n;
	}
	m = median_of(ratio, rounds);
	a = median_of(raw_ns, rounds);
	b = median_of(stack_ns, rounds);
	printf("%-20s %7.3f  %.3f..%.3f  %5.2f  %11.0f %11.0f %10.0f\n", p->name, m.mid, m.low, m.high,
		p->aim, a.mid, b.mid, b.mid - a.mid);
	fflush(stdout);
}

static void
measure_cached(unsigned rounds, unsigned scale)
{
	static double ns[ROUNDS_MAX];
	unsigned n = 100000 / scale + 1;
	char path[4096];
	struct stack *s;
	struct median m;

	fresh_file(path, sizeof path, "cached.db");
	s = stack_open(dir, "cached.db", 1);
	(void)stack_cached_reads(s, n);
	for (unsigned i = 0; i < rounds; i++) {
		double t = now();

		if (stack_cached_reads(s, n) != (uint64_t)n * 4711)
			die("cached read", "not the record that was asked for");
		ns[i] = (now() - t) / n;
	}
	m = median_of(ns, rounds);
	printf("cached entity read: %.0f ns (%.0f..%.0f), aim 300\n", m.mid, m.low, m.high);
	stack_close(s);
}

/* For counting instructions from outside: one side, one kind of work, n times. */
static void
once(const char *side, const char *name, unsigned n)
{
	const struct plan *p = NULL;
	char path[4096];
	uint64_t sum;

	if (strcmp(name, "cached") == 0) {
		fresh_file(path, sizeof path, "once.db");
		struct stack *s = stack_open(dir, "once.db", 1);
		sum = stack_cached_reads(s, n);
		stack_close(s);
		printf("cached read %u: %" PRIu64 "\n", n, sum);
		return;
	}
	for (size_t i = 0; i < WORK_COUNT; i++)
		if (strncmp(plans[i].name, name, strlen(name)) == 0)
			p = &plans[i];
	if (!p)
		die(name, "no such work");
	if (strcmp(side, "raw") == 0) {
		fresh_file(path, sizeof path, "once.db");
		struct raw *r = raw_open(path);
		sum = raw_run(r, p->work, n, 1);
		raw_close(r);
	} else {
		fresh_file(path, sizeof path, "once.db");
		struct stack *s = stack_open(dir, "once.db", 0);
		sum = stack_run(s, p->work, n, 1);
		stack_close(s);
	}
	printf("%s %s %u: %" PRIu64 "\n", side, p->name, n, sum);
}

int
main(int argc, char **argv)
{
	unsigned rounds = 61, scale = 1;
	char raw_path[4096], stack_path[4096];

	if (argc < 2) {
		fputs("usage: bench DIR [ROUNDS [SCALE]] | bench DIR once raw|stack WORK N\n", stderr);
		return 2;
	}
	dir = argv[1];
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		die(dir, "cannot be made");
	if (argc == 6 && strcmp(argv[2], "once") == 0) {
		once(argv[3], argv[4], (unsigned)strtoul(argv[5], NULL, 10));
		return 0;
	}
	if (argc > 2)
		rounds = (unsigned)strtoul(argv[2], NULL, 10);
	if (argc > 3)
		scale = (unsigned)strtoul(argv[3], NULL, 10);
	if (rounds < 1 || rounds > ROUNDS_MAX || scale < 1)
		die(argv[2], "rounds are 1 to 501, a scale is 1 or more");
	fresh_file(raw_path, sizeof raw_path, "raw.db");
	fresh_file(stack_path, sizeof stack_path, "stack.db");
	struct raw *r = raw_open(raw_path);
	struct stack *s = stack_open(dir, "stack.db", 0);
	printf("ratio to the bare sqlite3 API; permission, audit (best effort) and metrics on, cache off;\n"
	       "median of %u paired rounds with its 95 %% interval; ns per operation\n\n"
	       "%-20s %7s  %12s  %5s  %11s %11s %10s\n", rounds, "work", "ratio", "95 %", "aim",
		"sqlite3 ns", "dbnexus ns", "difference");
	for (size_t i = 0; i < WORK_COUNT; i++) {
		struct plan p = plans[i];

		p.n = p.n / scale + 1;
		measure(r, s, &p, rounds);
	}
	measure_cached(rounds, scale);
	printf("\nmetrics of the run:\n");
	stack_print_metrics(s);
	stack_close(s);
	raw_close(r);
	return 0;
}
