/* SPDX-License-Identifier: MIT */
/*
 * 64 threads on one SQLite file: counters are read and then written inside
 * transactions, other threads' counters are read meanwhile.  The counters end
 * exact, and nothing but success ever reaches a caller.  A plain program, so that
 * it runs under ThreadSanitizer.  counters [SECONDS]: 3, or 60 with DBN_LONG=1.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <dbnexus/dbnexus.h>

#define THREADS 64
#define COUNTERS 8

static dbn_pool *pool;
static _Atomic bool stop;
static _Atomic int failures;
static _Atomic int64_t done[COUNTERS], reads;

static void
complain(const char *what, dbn_error *err)
{
	if (atomic_fetch_add(&failures, 1) < 10)
		printf("# %s: %s: %s | %s\n", what, dbn_status_name(dbn_error_code(err)),
			dbn_error_message(err), dbn_error_detail(err));
	dbn_error_free(err);
}

/* Read, think, write back: a lost update shows in the sum. */
static dbn_status
increment(dbn_session *s, void *user, dbn_error **err)
{
	const int *id = user;
	int64_t n = 0;
	dbn_status rc = dbn_get_int64(s, "SELECT n FROM counters WHERE id = ?", DBN_ARGS(*id), &n, err);

	if (rc == DBN_OK)
		rc = dbn_exec(s, "UPDATE counters SET n = ? WHERE id = ?", DBN_ARGS(n + 1, *id), NULL, err);
	return rc;
}

static void *
work(void *arg)
{
	int me = *(int *)arg, last[COUNTERS] = { 0 };
	dbn_session *s = NULL;
	dbn_error *err = NULL;

	if (dbn_session_open_as(pool, "u", &s, &err) != DBN_OK) {
		complain("open", err);
		return NULL;
	}
	for (unsigned i = (unsigned)me; !atomic_load(&stop); i++) {
		int id = (int)(i * 7 % COUNTERS);
		int n = 0;

		if (i % 4 == 0) {
			if (dbn_txn(s, NULL, increment, &id, &err) == DBN_OK)
				atomic_fetch_add(&done[id], 1);
			else
				complain("increment", err);
		} else {
			int64_t v = 0;

			if (dbn_get_int64(s, "SELECT n FROM counters WHERE id = $1", DBN_ARGS(id), &v,
				&err) != DBN_OK)
				complain("read", err);
			n = (int)v;
			if (n < last[id]) {
				printf("# counter %d went back from %d to %d\n", id, last[id], n);
				atomic_fetch_add(&failures, 1);
			}
			last[id] = n;
			atomic_fetch_add(&reads, 1);
		}
	}
	dbn_session_close(s);
	return NULL;
}

static int
check_all(void)
{
	dbn_session *s = NULL;
	dbn_error *err = NULL;
	int64_t sum = 0;
	int bad = 0;

	if (dbn_session_open_as(pool, "u", &s, &err) != DBN_OK) {
		complain("open", err);
		return 1;
	}
	for (int id = 0; id < COUNTERS; id++) {
		int64_t n = -1;

		if (dbn_get_int64(s, "SELECT n FROM counters WHERE id = ?", DBN_ARGS(id), &n, &err) != DBN_OK)
			complain("last read", err);
		if (n != atomic_load(&done[id])) {
			printf("# counter %d is %lld, %lld increments were committed\n", id, (long long)n,
				(long long)atomic_load(&done[id]));
			bad++;
		}
		sum += n;
	}
	printf("# %lld increments, %lld reads\n", (long long)sum, (long long)atomic_load(&reads));
	dbn_session_close(s);
	return bad + (sum == 0);
}

static int
prepare(void)
{
	dbn_session *s = NULL;
	dbn_error *err = NULL;
	dbn_status rc = dbn_session_open_as(pool, "u", &s, &err);

	if (rc == DBN_OK)
		rc = dbn_exec(s, "CREATE TABLE counters (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)",
			DBN_NO_ARGS, NULL, &err);
	for (int id = 0; rc == DBN_OK && id < COUNTERS; id++)
		rc = dbn_exec(s, "INSERT INTO counters VALUES (?, 0)", DBN_ARGS(id), NULL, &err);
	if (rc != DBN_OK)
		complain("prepare", err);
	dbn_session_close(s);
	return rc == DBN_OK ? 0 : 1;
}

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0) {
		perror(path);
		exit(99);
	}
}

int
main(int argc, char **argv)
{
	const char *longer = getenv("DBN_LONG");
	long seconds = argc > 1 ? strtol(argv[1], NULL, 10) : longer && *longer == '1' ? 60 : 3;
	char dir[] = "/tmp/dbn-count-XXXXXX", path[64], cmd[64];
	static pthread_t t[THREADS];
	static int number[THREADS];
	dbn_error *err = NULL;
	int exact = 1, started = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!mkdtemp(dir))
		return 99;
	(void)snprintf(path, sizeof path, "%s/policy.conf", dir);
	write_file(path, "version = 1; roles = ( { name = \"r\"; } );\n"
		"users = ( { name = \"u\"; roles = [ \"r\" ]; } );\n"
		"rules = ( { id = \"all\"; roles = [ \"r\" ]; relation = \"*\"; actions = [ \"*\" ]; },\n"
		" { id = \"ddl\"; roles = [ \"r\" ]; database = \"main\"; actions = [ \"admin.ddl\" ]; } );\n");
	(void)snprintf(path, sizeof path, "%s/app.conf", dir);
	write_file(path, "version = 1;\n"
		"databases = { main = { driver = { plugin = \"sqlite\"; url = \"sqlite:app.db\"; create = true; }; }; };\n"
		"permission = { plugin = \"rbac\"; settings = { file = \"policy.conf\"; }; };\n"
		"cache = { plugin = \"memory\"; ttl = \"1 min\"; settings = { capacity = \"4 MiB\"; }; };\n"
		"audit = ( { name = \"trail\"; plugin = \"file\"; guarantee = \"best_effort\";"
		" settings = { path = \"audit.log\"; }; } );\n");
	if (dbn_pool_open(path, &pool, &err) != DBN_OK)
		complain("pool", err);
	else if (prepare() == 0) {
		struct timespec pause = { seconds > 0 ? seconds : 1, 0 };

		for (; started < THREADS; started++) {
			number[started] = started;
			if (pthread_create(&t[started], NULL, work, &number[started]) != 0)
				break;
		}
		(void)nanosleep(&pause, NULL);
		atomic_store(&stop, true);
		for (int i = 0; i < started; i++)
			(void)pthread_join(t[i], NULL);
		exact = check_all();
	}
	dbn_pool_close(pool);
	(void)snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
	if (system(cmd) != 0)
		printf("# cannot remove %s\n", dir);
	printf("%s 1 - 64 threads run\n", started == THREADS ? "ok" : "not ok");
	printf("%s 2 - every counter is exact\n", exact == 0 ? "ok" : "not ok");
	printf("%s 3 - no error reaches a caller\n", atomic_load(&failures) == 0 ? "ok" : "not ok");
	printf("1..3\n");
	return started != THREADS || exact != 0 || atomic_load(&failures) != 0;
}
