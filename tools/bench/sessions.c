/* SPDX-License-Identifier: MIT */
/*
 * Point selects of 32 sessions on PostgreSQL, with policy, audit (best effort) and
 * metrics, against threads with a libpq connection each, any number of them, and
 * against hand-written pipelines.  Rounds are interleaved; the median is printed.
 *   sessions URL DIRECTORY [MILLISECONDS [ROUNDS]]
 */
#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <dbnexus/dbnexus.h>

enum { SESSIONS = 32, ROWS = 10000, RAW_MAX = 32, KINDS = 16, ROUNDS_MAX = 51 };

static const char *url, *dir;
static char conninfo[512];
static unsigned window_ms = 400;
static dbn_pool *pool;
static dbn_session *sessions[SESSIONS];
static PGconn *raw[RAW_MAX];
static atomic_bool over;
static atomic_ullong done;
static const char ours[] = "SELECT id, name, age FROM bench_users WHERE id = ?";

static _Noreturn void
die(const char *what, const char *why)
{
	fprintf(stderr, "sessions: %s: %s\n", what, why);
	exit(1);
}

static void
check(dbn_status rc, dbn_error *err, const char *what)
{
	if (rc != DBN_OK)
		die(what, dbn_error_message(err));
}

static int64_t
key_of(unsigned i)
{
	return (int64_t)((i * 2654435761u) % ROWS) + 1;
}

static uint64_t
now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void
window(void)
{
	struct timespec ts = { window_ms / 1000, (long)(window_ms % 1000) * 1000000 };

	(void)nanosleep(&ts, NULL);
	atomic_store(&over, true);
}

/* ---- libpq by itself ---- */

static void
raw_open(size_t i)
{
	PGresult *r;

	raw[i] = PQconnectdb(conninfo);
	if (PQstatus(raw[i]) != CONNECTION_OK)
		die(conninfo, PQerrorMessage(raw[i]));
	r = PQprepare(raw[i], "q", "SELECT id, name, age FROM bench_users WHERE id = $1", 1, NULL);
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		die("prepare", PQerrorMessage(raw[i]));
	PQclear(r);
}

static void
raw_send(PGconn *c, int64_t key, bool wait)
{
	uint64_t be = __builtin_bswap64((uint64_t)key);
	const char *values[1] = { (const char *)&be };
	int lengths[1] = { 8 }, formats[1] = { 1 };

	if (wait) {
		PGresult *r = PQexecPrepared(c, "q", 1, values, lengths, formats, 1);

		if (PQntuples(r) != 1)
			die("raw select", PQerrorMessage(c));
		PQclear(r);
	} else if (!PQsendQueryPrepared(c, "q", 1, values, lengths, formats, 1)) {
		die("raw send", PQerrorMessage(c));
	}
}

static void *
raw_thread(void *arg)
{
	size_t me = (size_t)(uintptr_t)arg;
	unsigned i = (unsigned)me * 1000;
	unsigned long long n = 0;

	for (; !atomic_load_explicit(&over, memory_order_relaxed); n++)
		raw_send(raw[me], key_of(i++), true);
	atomic_fetch_add(&done, n);
	return NULL;
}

/* 64 at a time with one sync, by hand. */
static void *
pipeline_thread(void *arg)
{
	size_t me = (size_t)(uintptr_t)arg;
	PGconn *c = raw[me];
	unsigned i = (unsigned)me * 1000;
	unsigned long long n = 0;

	if (!PQenterPipelineMode(c))
		die("pipeline", PQerrorMessage(c));
	while (!atomic_load_explicit(&over, memory_order_relaxed)) {
		for (int k = 0; k < 64; k++)
			raw_send(c, key_of(i++), false);
		if (!PQpipelineSync(c))
			die("sync", PQerrorMessage(c));
		for (int k = 0; k < 64; k++) {
			PGresult *r = PQgetResult(c);

			if (PQntuples(r) != 1)
				die("pipeline", PQerrorMessage(c));
			PQclear(r);
			(void)PQgetResult(c);
		}
		PQclear(PQgetResult(c));
		n += 64;
	}
	(void)PQexitPipelineMode(c);
	atomic_fetch_add(&done, n);
	return NULL;
}

/* ---- the stack ---- */

static void
read_row(dbn_rows *rows)
{
	int64_t id = 0, age = 0;
	const char *name = NULL;
	dbn_error *err = NULL;

	if (dbn_rows_next(rows, &err) != DBN_OK)
		die("no row", dbn_error_message(err));
	check(dbn_rows_scan(rows, DBN_OUT(&id, &name, &age), &err), err, "scan");
	if (!name || age != id % 90)
		die("row", "it is another's");
}

/* Each session's next begins when its last is done: on the reactor. */
static atomic_int running;

static void
again(dbn_future *f, void *user)
{
	size_t me = (size_t)(uintptr_t)user;
	static _Thread_local unsigned i;
	dbn_error *err = NULL;
	dbn_future *next = NULL;

	if (f) {
		if (dbn_future_status(f) != DBN_OK)
			die("select", dbn_error_message(dbn_future_error(f)));
		read_row(dbn_future_rows(f));
		dbn_future_free(f);
		atomic_fetch_add_explicit(&done, 1, memory_order_relaxed);
	}
	if (atomic_load_explicit(&over, memory_order_relaxed)) {
		atomic_fetch_sub(&running, 1);
		return;
	}
	check(dbn_query_async(sessions[me], ours, DBN_ARGS(key_of(i++)), &next, &err), err, "begin");
	check(dbn_future_on_done(next, again, user, &err), err, "callback");
}

static void
by_callbacks(void)
{
	atomic_store(&running, SESSIONS);
	for (size_t i = 0; i < SESSIONS; i++)
		again(NULL, (void *)(uintptr_t)i);
	window();
	while (atomic_load(&running))
		usleep(100);
}

/* One thread of the application takes what is done. */
static void
by_completions(void)
{
	dbn_completions *q = NULL;
	dbn_error *err = NULL;
	uint64_t until = now_ns() + window_ms * UINT64_C(1000000);
	dbn_future *f = NULL;
	unsigned i = 0;
	size_t flying = 0;
	unsigned long long n = 0;

	check(dbn_completions_new(&q, &err), err, "completions");
	for (size_t me = 0; me < SESSIONS; me++, flying++) {
		check(dbn_query_async(sessions[me], ours, DBN_ARGS(key_of(i++)), &f, &err), err, "begin");
		check(dbn_future_enqueue(f, q, sessions[me], &err), err, "enqueue");
	}
	while (flying) {
		dbn_session *s;

		check(dbn_completions_wait(q, DBN_FOREVER, &f, &err), err, "wait");
		if (dbn_future_status(f) != DBN_OK)
			die("select", dbn_error_message(dbn_future_error(f)));
		s = dbn_future_tag(f);
		read_row(dbn_future_rows(f));
		dbn_future_free(f);
		n++;
		if (now_ns() >= until) {
			flying--;
			continue;
		}
		check(dbn_query_async(s, ours, DBN_ARGS(key_of(i++)), &f, &err), err, "begin");
		check(dbn_future_enqueue(f, q, s, &err), err, "enqueue");
	}
	atomic_fetch_add(&done, n);
	dbn_completions_free(q);
}

static void *
waiting_thread(void *arg)
{
	size_t me = (size_t)(uintptr_t)arg;
	unsigned i = (unsigned)me * 1000;
	unsigned long long n = 0;
	dbn_error *err = NULL;

	for (; !atomic_load_explicit(&over, memory_order_relaxed); n++) {
		dbn_future *f = NULL;

		check(dbn_query_async(sessions[me], ours, DBN_ARGS(key_of(i++)), &f, &err), err, "begin");
		check(dbn_future_get(f, &err), err, "select");
		read_row(dbn_future_rows(f));
		dbn_future_free(f);
	}
	atomic_fetch_add(&done, n);
	return NULL;
}

static void *
sync_thread(void *arg)
{
	size_t me = (size_t)(uintptr_t)arg;
	unsigned i = (unsigned)me * 1000;
	unsigned long long n = 0;
	dbn_error *err = NULL;

	for (; !atomic_load_explicit(&over, memory_order_relaxed); n++) {
		dbn_rows *rows = NULL;

		check(dbn_query(sessions[me], ours, DBN_ARGS(key_of(i++)), &rows, &err), err, "select");
		read_row(rows);
		dbn_rows_close(rows);
	}
	atomic_fetch_add(&done, n);
	return NULL;
}

/* ---- setting up ---- */

static void
make_table(void)
{
	PGresult *r = PQexec(raw[0] = PQconnectdb(conninfo), "DROP TABLE IF EXISTS bench_users;"
		"CREATE TABLE bench_users (id bigint PRIMARY KEY, name text NOT NULL, age bigint NOT NULL);"
		"INSERT INTO bench_users SELECT i, 'user number ' || i, i % 90 FROM generate_series(1, 10000) AS i;"
		"ANALYZE bench_users");

	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		die(conninfo, PQerrorMessage(raw[0]));
	PQclear(r);
	PQfinish(raw[0]);
}

static void
write_file(const char *name, const char *a, const char *b, const char *c)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	if (!f || fprintf(f, "%s%s%s", a, b, c) < 0 || fclose(f) != 0)
		die(path, "cannot write it");
}

static void
open_stack(void)
{
	char path[512];
	dbn_error *err = NULL;

	write_file("app.conf", "version = 1; databases = { main = { driver = { plugin = \"postgres\"; url = \"", url,
		"\"; }; pool = { max = 32; }; }; };\n"
		"permission = { plugin = \"rbac\"; settings = { file = \"policy.conf\"; }; };\n"
		"audit = ( { name = \"trail\"; plugin = \"file\"; guarantee = \"best_effort\";"
		" settings = { path = \"audit.log\"; rotate_size = \"64 MiB\"; }; } );\n@include \"more.conf\"\n");
	write_file("more.conf", getenv("BENCH_CONF") ? getenv("BENCH_CONF") : "", "\n", "");
	write_file("policy.conf", "version = 1; roles = ( { name = \"app\"; } );\n"
		"users = ( { name = \"bench\"; roles = [ \"app\" ]; } );\n"
		"rules = ( { id = \"read\"; roles = [ \"app\" ]; relation = \"bench_users\"; actions = [ \"read\" ]; } );\n",
		"", "");
	(void)snprintf(path, sizeof path, "%s/app.conf", dir);
	check(dbn_pool_open(path, &pool, &err), err, "open");
	for (size_t i = 0; i < SESSIONS; i++)
		check(dbn_session_open_as(pool, "bench", &sessions[i], &err), err, "session");
}

/* ---- rounds ---- */

struct kind {
	const char *name;
	void *(*thread)(void *);
	size_t threads;
	void (*run)(void);
	double rates[ROUNDS_MAX], cpu[ROUNDS_MAX];
};

/* Of this process, in nanoseconds. */
static uint64_t
cpu_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static double
run_kind(const struct kind *k, double *cpu)
{
	pthread_t t[SESSIONS];
	uint64_t began = now_ns(), used = cpu_ns();

	atomic_store(&over, false);
	atomic_store(&done, 0);
	if (k->run) {
		k->run();
	} else {
		for (size_t i = 0; i < k->threads; i++)
			if (pthread_create(&t[i], NULL, k->thread, (void *)(uintptr_t)i) != 0)
				die("thread", "cannot start");
		window();
		for (size_t i = 0; i < k->threads; i++)
			(void)pthread_join(t[i], NULL);
	}
	*cpu = (double)(cpu_ns() - used) / 1e3 / (double)atomic_load(&done);
	return (double)atomic_load(&done) * 1e9 / (double)(now_ns() - began);
}

static int
by_rate(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

int
main(int argc, char **argv)
{
	static struct kind kinds[] = {
		{ .name = "raw, 1 connection", .thread = raw_thread, .threads = 1 },
		{ .name = "raw, 2 connections", .thread = raw_thread, .threads = 2 },
		{ .name = "raw, 4 connections", .thread = raw_thread, .threads = 4 },
		{ .name = "raw, 8 connections", .thread = raw_thread, .threads = 8 },
		{ .name = "raw, 32 connections", .thread = raw_thread, .threads = 32 },
		{ .name = "raw pipelines of 64, 2 connections", .thread = pipeline_thread, .threads = 2 },
		{ .name = "32 sessions, callbacks", .run = by_callbacks },
		{ .name = "32 sessions, one thread takes completions", .run = by_completions },
		{ .name = "32 sessions, 32 threads wait for futures", .thread = waiting_thread, .threads = 32 },
		{ .name = "32 sessions, 32 threads, no futures", .thread = sync_thread, .threads = 32 },
	};
	enum { N = sizeof kinds / sizeof *kinds, RAW32 = 4, RAW_LAST = 4 };
	unsigned rounds = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : 5;
	const char *only = getenv("BENCH_ONLY");
	double best = 0;

	if (argc < 3) {
		fprintf(stderr, "usage: sessions URL DIRECTORY [MILLISECONDS [ROUNDS]]\n");
		return 2;
	}
	url = argv[1];
	dir = argv[2];
	if (argc > 3)
		window_ms = (unsigned)strtoul(argv[3], NULL, 10);
	if (!rounds || rounds > ROUNDS_MAX)
		rounds = ROUNDS_MAX;
	(void)snprintf(conninfo, sizeof conninfo, "%s", url);
	make_table();
	for (size_t i = 0; i < RAW_MAX; i++)
		raw_open(i);
	open_stack();
	for (unsigned r = 0; r <= rounds; r++)
		for (size_t k = 0; k < N; k++)
			if (!only || strstr(kinds[k].name, only))
				kinds[k].rates[r ? r - 1 : 0] = run_kind(&kinds[k],
					&kinds[k].cpu[r ? r - 1 : 0]);
	for (size_t k = 0; k < N; k++) {
		double rate;

		qsort(kinds[k].rates, rounds, sizeof *kinds[k].rates, by_rate);
		qsort(kinds[k].cpu, rounds, sizeof *kinds[k].cpu, by_rate);
		rate = kinds[k].rates[rounds / 2];
		if (k <= RAW_LAST && rate > best)
			best = rate;
		printf("%-44s %8.0f/s, %5.1f us of CPU each", kinds[k].name, rate,
			kinds[k].cpu[rounds / 2]);
		if (k > RAW_LAST && kinds[RAW32].rates[rounds / 2] > 0)
			printf("   %5.2f of raw with 32, %5.2f of the best raw", rate /
				kinds[RAW32].rates[rounds / 2], rate / best);
		printf("\n");
	}
	for (size_t i = 0; i < SESSIONS; i++)
		dbn_session_close(sessions[i]);
	dbn_pool_close(pool);
	for (size_t i = 0; i < RAW_MAX; i++)
		PQfinish(raw[i]);
	return 0;
}
