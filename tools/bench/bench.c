/* SPDX-License-Identifier: MIT */
/*
 * Ratios to the databases' own client libraries on the same work.  Rounds of both
 * sides are interleaved and paired, so that a machine that slows down slows both;
 * the median of the ratios is given with the interval that holds it with 95 %
 * certainty.  Servers are those of DBN_TEST_PG_URL and DBN_TEST_MYSQL_URL, if set.
 */
#include "bench.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "threads.h"

#define ROUNDS_MAX 501
#define BIG 1000000u

/* One line of a table. */
struct line {
	enum work work;
	const char *name;
	unsigned n, server_n; /* times in one round; over a server */
	unsigned batch;
	unsigned part;        /* of the rounds: the n-th part */
	double aim[2];        /* ratio, of a file and of a server; 0: none */
};
static const struct line lines[] = {
	{ WORK_SELECT, "point select", 20000, 400, 0, 1, { 1.15, 1.05 } },
	{ WORK_INSERT, "insert", 1500, 250, 0, 1, { 1.05, 1.05 } },
	{ WORK_UPDATE, "update", 1500, 250, 0, 1, { 1.05, 1.05 } },
	{ WORK_BATCH, "batch of 100", 100, 20, 100, 1, { 1.05, 1.15 } },
	{ WORK_BATCH, "batch of 1,000", 10, 4, 1000, 1, { 0, 1.15 } },
	{ WORK_BATCH, "batch of 100,000", 1, 1, 100000, 12, { 0, 1.15 } },
	{ WORK_KEYS, "entities, keys, 100", 50, 10, 100, 1, { 0, 0 } },
	{ WORK_SCAN, "scan of 10,000 rows", 15, 2, 0, 1, { 1.10, 1.10 } },
	{ WORK_BIG, "scan of 1,000,000", 1, 1, 0, 8, { 0, 1.10 } },
};

static struct {
	const char *dir;
	unsigned rounds, scale;
	const char *only;     /* a database */
	int64_t next_key;
} opts = { NULL, 61, 1, NULL, 1 };

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

/* ---- one database ---- */

struct database {
	const struct raw_side *raw;
	const char *url;      /* of the server; NULL: files in the directory */
	bool file;
};

/* Where the raw side and the stack find what is theirs. */
static void
places(const struct database *d, const char *name, char *path, char *url, size_t size)
{
	static const char *const tails[] = { "", "-wal", "-shm", ".audit" };
	char old[4200];

	(void)snprintf(path, size, "%s", d->url ? d->url : "");
	(void)snprintf(url, size, "%s", path);
	if (!d->file)
		return;
	if ((size_t)snprintf(path, size, "%s/%s", opts.dir, name) >= size)
		die(opts.dir, "the path is too long");
	(void)snprintf(url, size, "sqlite:%s", name);
	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
		(void)snprintf(old, sizeof old, "%s%s", path, tails[i]);
		(void)unlink(old);
	}
}

static void *
raw_of(const struct database *d, unsigned big)
{
	char path[4096], url[4096];

	places(d, "raw.db", path, url, sizeof path);
	d->raw->make(path, "raw_", big);
	return d->raw->open(path, "raw_");
}

static struct stack *
stack_of(const struct database *d, const char *name, int cache, unsigned connections, unsigned big)
{
	struct stack_opts o = { .driver = d->raw->driver, .name = name, .cache = cache,
		.connections = connections };
	char path[4096], url[4096];

	places(d, name, path, url, sizeof path);
	d->raw->make(path, "", big);
	o.url = url;
	return stack_open(opts.dir, &o);
}

/* ---- memory ---- */

/* "VmHWM" or "VmRSS" of this process in KiB; 0: not known. */
static long
memory_of(const char *what)
{
	FILE *f = fopen("/proc/self/status", "r");
	size_t n = strlen(what);
	char line[256];
	long kib = 0;

	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, what, n) == 0 && line[n] == ':')
			kib = strtol(line + n + 1, NULL, 10);
	if (f)
		fclose(f);
	return kib;
}

/* The highest mark counts from here. */
static void
forget_peak(void)
{
	FILE *f = fopen("/proc/self/clear_refs", "w");

	if (!f)
		return;
	fputs("5", f);
	fclose(f);
}

/* ---- one line ---- */

/* How long, and how much of the processor by this process: its other threads too. */
struct cost {
	double ns, cpu;
};

static struct cost
cost_since(struct cost from)
{
	return (struct cost){ now_ns() - from.ns, cpu_ns() - from.cpu };
}

static struct cost
timed_raw(const struct database *d, void *raw, const struct job *job, unsigned way, uint64_t *sum)
{
	struct cost from = { now_ns(), cpu_ns() };

	*sum = d->raw->run(raw, job, way);
	return cost_since(from);
}

static struct cost
timed_stack(struct stack *s, const struct job *job, uint64_t *sum)
{
	struct cost from = { now_ns(), cpu_ns() };

	*sum = stack_run(s, job);
	return cost_since(from);
}

/* Keys that nobody has used: both sides write the same ones. */
static void
fresh_keys(struct job *job)
{
	job->from = opts.next_key;
	opts.next_key += (int64_t)job->n * (job->batch ? job->batch : 1);
}

static const char *const *
ways_of(const struct database *d, enum work work)
{
	static const char *const only[] = { "", NULL };

	return work == WORK_BATCH ? d->raw->batch : work == WORK_KEYS ? d->raw->keys
		: work == WORK_BIG ? d->raw->big : only;
}

static unsigned
fastest_way(const struct database *d, void *raw, struct job *job)
{
	const char *const *ways = ways_of(d, job->work);
	unsigned best = 0;
	double least = 0;
	uint64_t sum;

	for (unsigned way = 0; ways[1] && ways[way]; way++) {
		double t[7];
		struct median m;

		for (unsigned i = 0; i < 7; i++) {
			fresh_keys(job);
			t[i] = timed_raw(d, raw, job, way, &sum).ns;
		}
		m = median_of(t, job->work == WORK_BIG ? 3 : 7);
		if (way == 0 || m.mid < least) {
			best = way;
			least = m.mid;
		}
	}
	return best;
}

static void
measure(const struct database *d, void *raw, struct stack *s, const struct line *l)
{
	static double ratio[ROUNDS_MAX], cpu[ROUNDS_MAX], raw_ns[ROUNDS_MAX], stack_ns[ROUNDS_MAX];
	struct job job = { l->work, (d->file ? l->n : l->server_n) / opts.scale + 1,
		l->batch > 10000 ? (l->batch / opts.scale + 9999) / 10000 * 10000 : l->batch, 0 };
	unsigned rounds = opts.rounds / l->part + (l->part > 1 ? 3 : 0), way;
	struct median m, a, b;
	long before, peak = 0;

	if (l->n == 1)
		job.n = 1;
	way = fastest_way(d, raw, &job);
	before = memory_of("VmRSS");
	for (unsigned i = 0; i < rounds + 2; i++) {
		uint64_t x, y;
		struct cost t = { 0, 0 }, u;
		unsigned k = i < 2 ? 0 : i - 2; /* two rounds to warm up */

		fresh_keys(&job);
		if (i % 2)
			t = timed_raw(d, raw, &job, way, &x);
		forget_peak();
		u = timed_stack(s, &job, &y);
		if (memory_of("VmHWM") > peak)
			peak = memory_of("VmHWM");
		if (i % 2 == 0)
			t = timed_raw(d, raw, &job, way, &x);
		if (x != y)
			die(l->name, "the two sides do not give the same");
		ratio[k] = u.ns / t.ns;
		cpu[k] = u.cpu / t.cpu;
		raw_ns[k] = t.ns / job.n;
		stack_ns[k] = u.ns / job.n;
	}
	m = median_of(ratio, rounds);
	a = median_of(raw_ns, rounds);
	b = median_of(stack_ns, rounds);
	printf("%-20s %6.3f  %5.3f..%5.3f ", l->name, m.mid, m.low, m.high);
	printf(l->aim[!d->file] > 0 ? "%5.2f" : "    -", l->aim[!d->file]);
	printf("  %6.3f %12.0f %12.0f %10.0f  %s", median_of(cpu, rounds).mid, a.mid, b.mid, b.mid - a.mid,
		ways_of(d, l->work)[way]);
	if (l->work == WORK_BIG && peak)
		printf(", %+ld KiB", peak - before);
	putchar('\n');
	fflush(stdout);
}

static void
print_load(void)
{
	double load[3] = { 0, 0, 0 };

	if (getloadavg(load, 3) == 3)
		printf("load of the machine: %.1f %.1f %.1f, %ld processors\n", load[0], load[1], load[2],
			sysconf(_SC_NPROCESSORS_ONLN));
}

static void
measure_database(const struct database *d)
{
	unsigned big = BIG / opts.scale;
	void *raw = raw_of(d, big);
	struct stack *s = stack_of(d, "stack.db", 0, 0, big);

	printf("\n== %s: ratio to %s; cpu: of this process alone; ns each ==\n", d->raw->driver, d->raw->name);
	print_load();
	printf("%-20s %6s  %12s %5s  %6s %12s %12s %10s  %s\n", "work", "ratio", "95 %", "aim", "cpu",
		d->raw->name, "dbnexus", "more", "fastest raw way");
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		measure(d, raw, s, &lines[i]);
	printf("metrics of the run:\n");
	stack_print_metrics(s);
	d->raw->close(raw);
	stack_close(s);
}

static void
measure_cached(const struct database *d)
{
	static double ns[ROUNDS_MAX];
	unsigned n = 100000 / opts.scale + 1;
	struct stack *s = stack_of(d, "cached.db", 1, 0, 1);
	struct median m;

	(void)stack_cached_reads(s, n);
	for (unsigned i = 0; i < opts.rounds; i++) {
		double t = now_ns();

		if (stack_cached_reads(s, n) != (uint64_t)n * 4711)
			die("cached read", "not the record that was asked for");
		ns[i] = (now_ns() - t) / n;
	}
	m = median_of(ns, opts.rounds);
	printf("cached entity read: %.0f ns (%.0f..%.0f), aim 300\n", m.mid, m.low, m.high);
	stack_close(s);
}

static void
measure_threads(const struct database *d)
{
	struct stack *s = stack_of(d, "pool.db", 0, 8, 1);
	char path[4096], url[4096];

	places(d, "threads.db", path, url, sizeof path);
	d->raw->make(path, "raw_", 1);
	threads_run(d->raw, path, s, 20000 / opts.scale + 100, opts.rounds / 8 + 3);
	stack_close(s);
}

/* ---- the command line ---- */

static const struct database *
databases(size_t *n)
{
	static struct database all[3];

	*n = 0;
#ifdef HAVE_SQLITE
	all[(*n)++] = (struct database){ &raw_sqlite, NULL, true };
#endif
#ifdef HAVE_POSTGRES
	if (getenv("DBN_TEST_PG_URL"))
		all[(*n)++] = (struct database){ &raw_postgres, getenv("DBN_TEST_PG_URL"), false };
#endif
#ifdef HAVE_MYSQL
	if (getenv("DBN_TEST_MYSQL_URL"))
		all[(*n)++] = (struct database){ &raw_mysql, getenv("DBN_TEST_MYSQL_URL"), false };
#endif
	return all;
}

/* For counting instructions from outside: one side, one kind of work, n times. */
static void
once(const struct database *d, const char *side, const char *name, unsigned n)
{
	struct job job = { .n = n, .from = 1 };
	const struct line *l = NULL;
	uint64_t sum;

	if (strcmp(name, "cached") == 0) {
		struct stack *s = stack_of(d, "once.db", 1, 0, 1);

		sum = stack_cached_reads(s, n);
		stack_close(s);
		printf("cached read %u: %" PRIu64 "\n", n, sum);
		return;
	}
	for (size_t i = 0; i < sizeof lines / sizeof *lines && !l; i++)
		if (strncmp(lines[i].name, name, strlen(name)) == 0)
			l = &lines[i];
	if (!l)
		die(name, "no such work");
	job.work = l->work;
	job.batch = l->batch;
	if (strcmp(side, "raw") == 0) {
		void *raw = raw_of(d, 10000);

		sum = d->raw->run(raw, &job, d->file || l->work != WORK_BATCH ? 0 : 1);
		d->raw->close(raw);
	} else {
		struct stack *s = stack_of(d, "once.db", 0, 0, 10000);

		sum = stack_run(s, &job);
		stack_close(s);
	}
	printf("%s %s %u: %" PRIu64 "\n", side, l->name, n, sum);
}

static _Noreturn void
usage(void)
{
	fputs("usage: bench DIR [--rounds N] [--scale N] [--only DATABASE]\n"
	      "       bench DIR once raw|stack WORK N [DATABASE]\n", stderr);
	exit(2);
}

static void
parse(int argc, char **argv)
{
	for (int i = 2; i < argc; i += 2) {
		unsigned long n = i + 1 < argc ? strtoul(argv[i + 1], NULL, 10) : 0;

		if (i + 1 == argc)
			usage();
		if (strcmp(argv[i], "--rounds") == 0 && n >= 1 && n <= ROUNDS_MAX - 3)
			opts.rounds = (unsigned)n;
		else if (strcmp(argv[i], "--scale") == 0 && n >= 1 && n <= BIG)
			opts.scale = (unsigned)n;
		else if (strcmp(argv[i], "--only") == 0)
			opts.only = argv[i + 1];
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
	opts.dir = argv[1];
	if (mkdir(opts.dir, 0700) != 0 && errno != EEXIST)
		die(opts.dir, "cannot be made");
	all = databases(&n);
	if ((argc == 6 || argc == 7) && strcmp(argv[2], "once") == 0) {
		for (size_t i = 0; i < n; i++)
			if (argc == 6 ? i == 0 : strcmp(all[i].raw->driver, argv[6]) == 0) {
				once(&all[i], argv[3], argv[4], (unsigned)strtoul(argv[5], NULL, 10));
				return 0;
			}
		die(argv[argc - 1], "no such database here");
	}
	parse(argc, argv);
	printf("permission, audit (best effort) and metrics on, cache off; medians of %u paired rounds\n",
		opts.rounds);
	for (size_t i = 0; i < n; i++) {
		if (opts.only && strcmp(opts.only, all[i].raw->driver) != 0)
			continue;
		measure_database(&all[i]);
		if (all[i].file)
			measure_cached(&all[i]);
		measure_threads(&all[i]);
	}
	return 0;
}
