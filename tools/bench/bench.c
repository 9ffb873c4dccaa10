/* SPDX-License-Identifier: MIT */
/*
 * Ratios to the databases' own client libraries on the same work, in one table.
 * This file: the command line and the databases.  Servers are those of
 * DBN_TEST_PG_URL and DBN_TEST_MYSQL_URL, if set.
 */
#include "bench.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "table.h"

struct bench_opts bench_opts = { .rounds = 41, .scale = 1, .next_key = 1 };

void
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

void
places(const struct database *d, const char *name, char *path, char *url, size_t size)
{
	static const char *const tails[] = { "", "-wal", "-shm", ".audit" };
	char old[4200];

	(void)snprintf(path, size, "%s", d->url ? d->url : "");
	(void)snprintf(url, size, "%s", path);
	if (!d->file)
		return;
	if ((size_t)snprintf(path, size, "%s/%s", bench_opts.dir, name) >= size)
		die(bench_opts.dir, "the path is too long");
	(void)snprintf(url, size, "sqlite:%s", name);
	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
		(void)snprintf(old, sizeof old, "%s%s", path, tails[i]);
		(void)unlink(old);
	}
}

void *
raw_of(const struct database *d, unsigned big)
{
	char path[4096], url[4096];

	places(d, "raw.db", path, url, sizeof path);
	d->raw->make(path, "raw_", big);
	return d->raw->open(path, "raw_");
}

struct stack *
stack_of(const struct database *d, const char *name, int cache, unsigned connections, unsigned big)
{
	struct stack_opts o = { .driver = d->raw->driver, .name = name, .cache = cache,
		.connections = connections };
	char path[4096], url[4096];

	places(d, name, path, url, sizeof path);
	d->raw->make(path, "", big);
	o.url = url;
	return stack_open(bench_opts.dir, &o);
}

static void
cached_reads(const struct database *d)
{
	static double ns[ROUNDS_MAX];
	unsigned n = 100000 / bench_opts.scale + 1;
	struct stack *s = stack_of(d, "cached.db", 1, 0, 1);
	struct table_line t = { .where = d->raw->driver, .what = "cached entity read", .aim = 300,
		.measure = MEASURE_NS };

	(void)stack_cached_reads(s, n);
	for (unsigned i = 0; i < bench_opts.rounds; i++) {
		double from = now_ns();

		if (stack_cached_reads(s, n) != (uint64_t)n * 4711)
			die("cached read", "not the record that was asked for");
		ns[i] = (now_ns() - from) / n;
	}
	t.m = median_of(ns, bench_opts.rounds);
	table_line(&t);
	stack_close(s);
}

/* ---- the command line ---- */

static const struct database *
databases(size_t *n)
{
	static struct database all[3];

	*n = 0;
#ifdef HAVE_SQLITE
	all[(*n)++] = (struct database){ &raw_sqlite, NULL, 1 };
#endif
#ifdef HAVE_POSTGRES
	if (getenv("DBN_TEST_PG_URL"))
		all[(*n)++] = (struct database){ &raw_postgres, getenv("DBN_TEST_PG_URL"), 0 };
#endif
#ifdef HAVE_MYSQL
	if (getenv("DBN_TEST_MYSQL_URL"))
		all[(*n)++] = (struct database){ &raw_mysql, getenv("DBN_TEST_MYSQL_URL"), 0 };
#endif
	return all;
}

/* For counting instructions from outside: one side, one kind of work, n times. */
static void
once(const struct database *d, const char *side, const char *name, unsigned n)
{
	struct job job = { .n = n, .from = 1 };
	const char *what;
	uint64_t sum;

	if (strcmp(name, "cached") == 0) {
		struct stack *s = stack_of(d, "once.db", 1, 0, 1);

		sum = stack_cached_reads(s, n);
		stack_close(s);
		printf("cached read %u: %" PRIu64 "\n", n, sum);
		return;
	}
	if (strcmp(name, "callbacks") == 0) {
		printf("callbacks: %llu\n", callbacks_for(d, n));
		return;
	}
	what = work_of(name, &job);
	if (!what)
		die(name, "no such work");
	if (strcmp(side, "raw") == 0) {
		void *raw = raw_of(d, 10000);

		sum = d->raw->run(raw, &job, d->file || job.work != WORK_BATCH ? 0 : 1);
		d->raw->close(raw);
	} else {
		struct stack *s = stack_of(d, "once.db", 0, 0, 10000);

		sum = stack_run(s, &job);
		stack_close(s);
	}
	printf("%s %s %u: %" PRIu64 "\n", side, what, n, sum);
}

static _Noreturn void
usage(void)
{
	fputs("usage: bench DIR [--rounds N] [--scale N] [--only DATABASE] [--at-once]\n"
	      "       bench DIR once raw|stack WORK N [DATABASE]\n", stderr);
	exit(2);
}

static void
parse(int argc, char **argv)
{
	for (int i = 2; i < argc; i += 2) {
		unsigned long n = i + 1 < argc ? strtoul(argv[i + 1], NULL, 10) : 0;

		if (strcmp(argv[i], "--at-once") == 0) {
			bench_opts.at_once = 1;
			i--;
			continue;
		}
		if (i + 1 == argc)
			usage();
		if (strcmp(argv[i], "--rounds") == 0 && n >= 1 && n <= ROUNDS_MAX - 3)
			bench_opts.rounds = (unsigned)n;
		else if (strcmp(argv[i], "--scale") == 0 && n >= 1 && n <= BIG)
			bench_opts.scale = (unsigned)n;
		else if (strcmp(argv[i], "--only") == 0)
			bench_opts.only = argv[i + 1];
		else
			usage();
	}
}

int
main(int argc, char **argv)
{
	const struct database *all;
	size_t n;

	if (argc < 2)
		usage();
	bench_opts.dir = argv[1];
	if (mkdir(bench_opts.dir, 0700) != 0 && errno != EEXIST)
		die(bench_opts.dir, "cannot be made");
	all = databases(&n);
	if ((argc == 6 || argc == 7) && strcmp(argv[2], "once") == 0) {
		for (size_t i = 0; i < n; i++)
			if (argc == 6 ? i == 0 : strcmp(all[i].raw->driver, argv[6]) == 0) {
				place_for(&all[i]);
				once(&all[i], argv[3], argv[4], (unsigned)strtoul(argv[5], NULL, 10));
				return 0;
			}
		die(argv[argc - 1], "no such database here");
	}
	parse(argc, argv);
	printf("Permission, audit (best effort) and metrics on, cache off.  Times of the stack beside those of\n"
		"the database's own client library, prepared and binary, as ratios within the same round: medians\n"
		"of up to %u rounds and the interval that holds them with 95 %%.  Other libraries: their ratio.\n"
		"Placement: %s.\n", bench_opts.rounds,
		getenv("DBN_BENCH_PLACE") ? getenv("DBN_BENCH_PLACE") : "free (left to the scheduler)");
	table_head();
	for (size_t i = 0; i < n; i++) {
		if (bench_opts.only && strcmp(bench_opts.only, all[i].raw->driver) != 0)
			continue;
		place_for(&all[i]);
		if (!bench_opts.at_once)
			compare(&all[i]);
		if (all[i].file && !bench_opts.at_once)
			cached_reads(&all[i]);
		at_once(&all[i]);
	}
	return 0;
}
