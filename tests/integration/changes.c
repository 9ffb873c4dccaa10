/* SPDX-License-Identifier: MIT */
/*
 * One thread changes a table again and again while others read it by statements of
 * their own, more than the plan cache holds: descriptions and plans are let go by
 * whoever has them last, and the bound holds at every moment.  A plain program, so
 * that it runs under ThreadSanitizer.
 */
#include <stdatomic.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dbnexus/dbnexus.h>

#define THREADS 8
#define CHANGES 60
#define TEXTS   50
#define LIMIT   (INT64_C(512) << 10)

static dbn_pool *pool;
static _Atomic bool stop;
static _Atomic int failures, too_many;
static _Atomic int64_t runs;

static bool
fine(const char *what, dbn_status rc, dbn_error *err)
{
	if (rc == DBN_OK)
		return true;
	if (atomic_fetch_add(&failures, 1) < 10)
		printf("# %s: %s: %s | %s\n", what, dbn_status_name(dbn_error_code(err)),
			dbn_error_message(err), dbn_error_detail(err));
	dbn_error_free(err);
	return false;
}

static void
on_metric(const dbn_metric *m, void *user)
{
	(void)user;
	if (strcmp(m->name, "plans.bytes") == 0 && m->value > LIMIT)
		atomic_fetch_add(&too_many, 1);
}

static void *
work(void *arg)
{
	static const char shared[] = "select count(*) from t";
	int me = *(int *)arg;
	dbn_session *s = NULL;
	dbn_error *err = NULL;
	char sql[2000];
	int64_t n = 0;

	if (!fine("open", dbn_session_open_as(pool, "u", &s, &err), err))
		return NULL;
	for (int i = 0; !atomic_load(&stop); i++) {
		(void)snprintf(sql, sizeof sql, "select count(*)%*s from t where id > %d and id <> %d",
			i % 2 ? 1500 : 1, "", me, i % TEXTS);
		(void)fine(sql, dbn_get_int64(s, sql, DBN_NO_ARGS, &n, &err), err);
		(void)fine(shared, dbn_get_int64(s, shared, DBN_NO_ARGS, &n, &err), err);
		atomic_fetch_add(&runs, 1);
	}
	dbn_session_close(s);
	return NULL;
}

/* Each change is followed by a while in which everybody reads. */
static void
change(dbn_session *s)
{
	for (int i = 0; i < CHANGES; i++) {
		const char *sql = i % 2 ? "alter table t rename column w to v"
			: "alter table t rename column v to w";
		int64_t seen = atomic_load(&runs);
		dbn_error *err = NULL;

		if (!fine(sql, dbn_exec(s, sql, DBN_NO_ARGS, NULL, &err), err))
			return;
		while (atomic_load(&runs) < seen + 4 * THREADS && !atomic_load(&failures))
			(void)fine("metrics", dbn_pool_metrics(pool, on_metric, NULL, &err), err);
	}
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

static bool
open_pool(const char *dir)
{
	dbn_error *err = NULL;
	char path[64];

	(void)snprintf(path, sizeof path, "%s/policy.conf", dir);
	write_file(path, "version = 1; roles = ( { name = \"r\"; } );\n"
		"users = ( { name = \"u\"; roles = [ \"r\" ]; } );\n"
		"rules = ( { id = \"all\"; roles = [ \"r\" ]; relation = \"*\"; actions = [ \"*\" ]; },\n"
		" { id = \"ddl\"; roles = [ \"r\" ]; database = \"main\"; actions = [ \"admin.ddl\" ]; } );\n");
	(void)snprintf(path, sizeof path, "%s/app.conf", dir);
	write_file(path, "version = 1;\n"
		"databases = { main = { driver = { plugin = \"sqlite\"; url = \"sqlite:app.db\"; create = true; }; }; };\n"
		"permission = { plugin = \"rbac\"; settings = { file = \"policy.conf\"; }; };\n"
		"limits = { plans = \"512 KiB\"; };\n"
		"audit = ( { name = \"trail\"; plugin = \"file\"; guarantee = \"best_effort\";"
		" settings = { path = \"audit.log\"; }; } );\n");
	return fine("pool", dbn_pool_open(path, &pool, &err), err);
}

int
main(void)
{
	char dir[] = "/tmp/dbn-changes-XXXXXX", cmd[64];
	static pthread_t t[THREADS];
	static int number[THREADS];
	dbn_session *s = NULL;
	dbn_error *err = NULL;
	int started = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!mkdtemp(dir))
		return 99;
	if (open_pool(dir) && fine("open", dbn_session_open_as(pool, "u", &s, &err), err) &&
		fine("create", dbn_exec(s, "create table t (id integer primary key, v int)", DBN_NO_ARGS,
			NULL, &err), err)) {
		for (; started < THREADS; started++) {
			number[started] = started;
			if (pthread_create(&t[started], NULL, work, &number[started]) != 0)
				break;
		}
		if (started == THREADS)
			change(s);
		atomic_store(&stop, true);
		for (int i = 0; i < started; i++)
			(void)pthread_join(t[i], NULL);
	}
	dbn_session_close(s);
	dbn_pool_close(pool);
	(void)snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
	if (system(cmd) != 0)
		printf("# cannot remove %s\n", dir);
	printf("%s 1 - readers see every change\n", started == THREADS && !atomic_load(&failures)
		? "ok" : "not ok");
	printf("%s 2 - plans stay within their bound\n", !atomic_load(&too_many) ? "ok" : "not ok");
	printf("1..2\n");
	return started != THREADS || atomic_load(&failures) || atomic_load(&too_many);
}
