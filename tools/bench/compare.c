/* SPDX-License-Identifier: MIT */
/*
 * One thread: each kind of work by the stack, by the database's own client library
 * at its best, and by the peers that are there, in rounds of all of them, so that a
 * machine that slows down slows all.  What is told is the median of the ratios
 * within a round.
 */
#include "bench.h"

#include <string.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "table.h"


#define PEERS_EVERY 4u /* rounds: some are ten times as slow */

/* One line of the table. */
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
	{ WORK_BATCH, "batch of 100,000", 1, 1, 100000, 10, { 0, 1.15 } },
	{ WORK_KEYS, "entities, keys, 100", 50, 10, 100, 2, { 0, 0 } },
	{ WORK_SCAN, "scan of 10,000 rows", 15, 2, 0, 1, { 1.10, 1.10 } },
	{ WORK_BIG, "scan of 1,000,000", 1, 1, 0, 10, { 0, 1.10 } },
};

/* What a line's rounds have given. */
struct seen {
	double ratio[ROUNDS_MAX], cpu[ROUNDS_MAX], raw_ns[ROUNDS_MAX], stack_ns[ROUNDS_MAX];
	double peers[PEERS][ROUNDS_MAX];
	unsigned npeers;
};

struct side {
	const struct database *d;
	void *raw;
	struct stack *stack;
	const struct peer *peers[PEERS];
	void *conns[PEERS];
};

const char *
work_of(const char *name, struct job *job)
{
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		if (strncmp(lines[i].name, name, strlen(name)) == 0) {
			job->work = lines[i].work;
			job->batch = lines[i].batch;
			return lines[i].name;
		}
	return NULL;
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

/* ---- one round ---- */

/* How long, and how much of the processor by this process: its other threads too. */
struct cost {
	double ns, cpu;
	uint64_t sum;
};

enum { RAW = -1, STACK = -2 }; /* else the number of a peer */

static struct cost
timed(const struct side *s, int who, const struct job *job, unsigned way)
{
	struct cost c = { .ns = now_ns(), .cpu = cpu_ns() };

	c.sum = who == RAW ? s->d->raw->run(s->raw, job, way) : who == STACK
		? stack_run(s->stack, job) : s->peers[who]->run(s->conns[who], job);
	c.ns = now_ns() - c.ns;
	c.cpu = cpu_ns() - c.cpu;
	return c;
}

/* KiB that one run needs at its peak beyond what it found.  Not timed: what malloc
 * had kept is given back before, so that it counts when it is taken again. */
static long
peak_of(const struct side *s, int who, const struct job *job, unsigned way)
{
	struct job one = *job;
	long before;

	one.n = 1;
#ifdef __GLIBC__
	(void)malloc_trim(0);
#endif
	forget_peak();
	before = memory_of("VmRSS");
	(void)timed(s, who, &one, way);
	return memory_of("VmHWM") - before;
}

/* Keys that nobody has used. */
static void
fresh_keys(struct job *job)
{
	job->from = bench_opts.next_key;
	bench_opts.next_key += (int64_t)job->n * (job->batch ? job->batch : 1);
}

/* Its sum, had it inserted the same keys. */
static uint64_t
sum_of_peer(const struct job *theirs, const struct job *job, uint64_t sum)
{
	return job->work == WORK_INSERT
		? sum - (uint64_t)(theirs->from - job->from) * job->n : sum;
}

static void
measure_peers(const struct side *s, const struct job *job, const struct cost *raw, const char *name,
	struct seen *seen)
{
	for (int i = 0; i < PEERS; i++) {
		struct job theirs = *job;
		struct cost c;

		if (!s->conns[i])
			continue;
		if (job->work == WORK_INSERT)
			fresh_keys(&theirs); /* into the table of the raw side */
		c = timed(s, i, &theirs, 0);
		if (sum_of_peer(&theirs, job, c.sum) != raw->sum)
			die(name, peer_names[i]);
		seen->peers[i][seen->npeers] = c.ns / raw->ns;
	}
	seen->npeers++;
}

/* Of several ways of the library the fastest is what is compared with. */
static const char *const *
ways_of(const struct database *d, enum work work)
{
	static const char *const only[] = { "", NULL };

	return work == WORK_BATCH ? d->raw->batch : work == WORK_KEYS ? d->raw->keys
		: work == WORK_BIG ? d->raw->big : only;
}

static unsigned
fastest_way(const struct side *s, struct job *job)
{
	const char *const *ways = ways_of(s->d, job->work);
	unsigned best = 0, times = job->n == 1 ? 3 : 7;
	double least = 0;

	for (unsigned way = 0; ways[1] && ways[way]; way++) {
		double t[7];
		struct median m;

		for (unsigned i = 0; i < times; i++) {
			fresh_keys(job);
			t[i] = timed(s, RAW, job, way).ns;
		}
		m = median_of(t, times);
		if (way == 0 || m.mid < least) {
			best = way;
			least = m.mid;
		}
	}
	return best;
}

static void
one_round(const struct side *s, struct job *job, unsigned way, const char *name, int raw_first,
	struct seen *seen, unsigned k)
{
	struct cost raw, ours;

	fresh_keys(job);
	if (raw_first)
		raw = timed(s, RAW, job, way);
	ours = timed(s, STACK, job, 0);
	if (!raw_first)
		raw = timed(s, RAW, job, way);
	if (raw.sum != ours.sum)
		die(name, "the two sides do not give the same");
	seen->ratio[k] = ours.ns / raw.ns;
	seen->cpu[k] = ours.cpu / raw.cpu;
	seen->raw_ns[k] = raw.ns / job->n;
	seen->stack_ns[k] = ours.ns / job->n;
	if (k % PEERS_EVERY == 0 && (job->work == WORK_SELECT || job->work == WORK_INSERT ||
			job->work == WORK_SCAN))
		measure_peers(s, job, &raw, name, seen);
}

static void
compare_line(const struct side *s, const struct line *l)
{
	static struct seen seen;
	int file = s->d->file;
	struct job job = { l->work, (file ? l->n : l->server_n) / bench_opts.scale + 1,
		l->batch > 10000 ? (l->batch / bench_opts.scale + 9999) / 10000 * 10000 : l->batch, 0 };
	unsigned rounds = bench_opts.rounds / l->part + (l->part > 1 ? 3 : 0), way;
	struct table_line t = { .where = s->d->raw->driver, .what = l->name, .aim = l->aim[!file],
		.own = MEASURE_NS };
	char remark[256];

	memset(&seen, 0, sizeof seen);
	if (l->n == 1)
		job.n = 1;
	way = fastest_way(s, &job);
	for (unsigned i = 0; i < rounds + 2; i++) { /* two to warm up */
		one_round(s, &job, way, l->name, i % 2, &seen, i < 2 ? 0 : i - 2);
		if (i < 2)
			seen.npeers = 0;
	}
	t.m = median_of(seen.ratio, rounds);
	t.raw = median_of(seen.raw_ns, rounds).mid;
	t.ours = median_of(seen.stack_ns, rounds).mid;
	for (int i = 0; i < PEERS && seen.npeers; i++)
		t.peers[i] = median_of(seen.peers[i], seen.npeers).mid;
	(void)snprintf(remark, sizeof remark, "cpu of this process %.2f x%s%s",
		median_of(seen.cpu, rounds).mid, *ways_of(s->d, l->work)[way] ? ", beside " : "",
		ways_of(s->d, l->work)[way]);
	t.remark = remark;
	if (l->work == WORK_BIG || l->work == WORK_SCAN)
		(void)snprintf(remark + strlen(remark), sizeof remark - strlen(remark),
			", memory %+ld KiB (raw %+ld)", peak_of(s, STACK, &job, 0), peak_of(s, RAW, &job, way));
	table_line(&t);
}

static void
open_peers(struct side *s)
{
	static const struct peer *const all[] = {
#ifdef HAVE_LIBDBI
		&peer_libdbi,
#endif
#ifdef HAVE_ODBC
		&peer_odbc,
#endif
#ifdef HAVE_SOCI
		&peer_soci,
#endif
		NULL
	};
	char where[4096], why[256];

	(void)snprintf(where, sizeof where, s->d->file ? "%s/raw.db" : "%s",
		s->d->file ? bench_opts.dir : s->d->url);
	for (size_t i = 0; all[i]; i++) {
		int at = all[i]->column;

		s->peers[at] = all[i];
		s->conns[at] = all[i]->open(s->d->raw, where, "raw_", why, sizeof why);
		if (!s->conns[at])
			printf("%-9s (no driver of %s: %s)\n", s->d->raw->driver, peer_names[at], why);
	}
}

static void
print_load(const char *name)
{
	double load[3] = { 0, 0, 0 };

	if (getloadavg(load, 3) == 3)
		printf("%-9s (load of the machine: %.1f %.1f %.1f, %ld processors)\n", name, load[0],
			load[1], load[2], sysconf(_SC_NPROCESSORS_ONLN));
}

void
compare(const struct database *d)
{
	unsigned big = BIG / bench_opts.scale;
	struct side s = { .d = d, .raw = raw_of(d, big) };

	s.stack = stack_of(d, "stack.db", 0, 0, big);
	print_load(d->raw->driver);
	open_peers(&s);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		compare_line(&s, &lines[i]);
	stack_print_losses(s.stack, d->raw->driver);
	for (int i = 0; i < PEERS; i++)
		if (s.conns[i])
			s.peers[i]->close(s.conns[i]);
	d->raw->close(s.raw);
	stack_close(s.stack);
}
