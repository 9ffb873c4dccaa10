/* SPDX-License-Identifier: MIT */
/*
 * The server under test: found by the environment that tests/servers/with-postgres
 * and with-mariadb make, stopped and started by process id.
 */
#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world.h"

static long
number_in(const char *path)
{
	FILE *f = fopen(path, "r");
	long n = 0;

	if (f) {
		if (fscanf(f, "%ld", &n) != 1)
			n = 0;
		(void)fclose(f);
	}
	return n;
}

/* State and parent of a process; '\0': there is none. */
static char
look(long pid, long *parent)
{
	char path[64], text[512], state = 0, *end;
	FILE *f;
	size_t n;

	*parent = 0;
	(void)snprintf(path, sizeof path, "/proc/%ld/stat", pid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	n = fread(text, 1, sizeof text - 1, f);
	(void)fclose(f);
	text[n] = '\0';
	end = strrchr(text, ')');
	if (!end || sscanf(end + 1, " %c %ld", &state, parent) != 2)
		return 0;
	return state;
}

static bool
runs(long pid)
{
	long parent;
	char state = look(pid, &parent);

	return state && state != 'Z' && state != 'X';
}

static long
server_pid(const world *w)
{
	char path[200];

	(void)snprintf(path, sizeof path, "%s/%s", w->dir, w->postgres ? "data/postmaster.pid" : "pid");
	return number_in(path);
}

size_t
server_processes(const world *w, int *pids, size_t max)
{
	long top = server_pid(w), parent;
	struct dirent *e;
	size_t n = 0;
	DIR *d;

	if (top <= 1 || !runs(top))
		return 0;
	pids[n++] = (int)top;
	d = opendir("/proc");
	while (d && (e = readdir(d)) != NULL && n < max) {
		long pid = isdigit((unsigned char)e->d_name[0]) ? strtol(e->d_name, NULL, 10) : 0;

		if (pid > 1 && look(pid, &parent) && parent == top)
			pids[n++] = (int)pid;
	}
	if (d)
		(void)closedir(d);
	return n;
}

void
server_signal(world *w, int sig)
{
	int pids[256];
	size_t n = server_processes(w, pids, 256);

	for (size_t i = 0; i < n; i++)
		(void)kill(pids[i], sig);
	if (sig != SIGSTOP)
		return;
	for (size_t i = 0; i < n; i++) {
		long parent;

		while (runs(pids[i]) && look(pids[i], &parent) != 'T')
			sleep_ms(1);
	}
	sleep_ms(20); /* its other threads */
}

void
server_kill(world *w)
{
	int pids[256];
	size_t n;

	/* stopped first: no new child is made behind our back */
	n = server_processes(w, pids, 1);
	if (n)
		(void)kill(pids[0], SIGSTOP);
	n = server_processes(w, pids, 256);
	for (size_t i = 0; i < n; i++)
		(void)kill(pids[i], SIGKILL);
	for (size_t i = 0; i < n; i++)
		while (runs(pids[i]))
			sleep_ms(1);
}

void
server_start(world *w)
{
	char cmd[200];
	int pid;

	/* a fault that did not come has not stopped it; whoever armed it has said so */
	if (server_processes(w, &pid, 1))
		return;
	(void)snprintf(cmd, sizeof cmd, "'%s/start'", w->dir);
	if (system(cmd) != 0) {
		printf("Bail out! the server does not start again\n");
		exit(1);
	}
}

static const char *
env(const char *name)
{
	const char *v = getenv(name);

	if (!v || !*v) {
		printf("Bail out! %s is not set: run by run-postgres or run-mariadb\n", name);
		exit(1);
	}
	return v;
}

static void
find_postgres(world *w)
{
	const char *port = env("DBN_TEST_PG_PORT");
	char listen[160];

	w->postgres = true;
	w->port = (uint16_t)strtoul(port, NULL, 10);
	w->protocol = PROXY_POSTGRES;
	(void)snprintf(w->dir, sizeof w->dir, "%s", env("DBN_TEST_PG_DIR"));
	(void)snprintf(w->socket, sizeof w->socket, "%.120s/.s.PGSQL.%.10s", w->dir, port);
	(void)snprintf(w->direct_url, sizeof w->direct_url, "%s", env("DBN_TEST_PG_URL"));
	(void)snprintf(w->proxy_url, sizeof w->proxy_url,
		"postgres://tester@/postgres?host=%s&port=%s", w->work, port);
	(void)snprintf(listen, sizeof listen, "%s/.s.PGSQL.%s", w->work, port);
	w->px = proxy_start(w->protocol, listen, w->socket);
}

static void
find_mariadb(world *w)
{
	char listen[160];

	w->protocol = PROXY_MYSQL;
	w->port = (uint16_t)strtoul(env("DBN_TEST_MYSQL_PORT"), NULL, 10);
	(void)snprintf(w->dir, sizeof w->dir, "%s", env("DBN_TEST_MYSQL_DIR"));
	(void)snprintf(w->socket, sizeof w->socket, "%s", env("DBN_TEST_MYSQL_SOCKET"));
	(void)snprintf(w->direct_url, sizeof w->direct_url, "%s", env("DBN_TEST_MYSQL_URL"));
	(void)snprintf(listen, sizeof listen, "%s/sock", w->work);
	(void)snprintf(w->proxy_url, sizeof w->proxy_url, "mysql://tester@localhost/dbn?socket=%s",
		listen);
	w->px = proxy_start(w->protocol, listen, w->socket);
}

static void
make_tables(world *w)
{
	dbn_session *s = session_make(w->direct);
	dbn_value args[SEED_ROWS * 2];
	char words[SEED_ROWS][160];
	dbn_error *err = NULL;

	must(s, "DROP TABLE IF EXISTS fault_rows");
	must(s, "DROP TABLE IF EXISTS fault_seed");
	must(s, "CREATE TABLE fault_rows (id BIGINT NOT NULL, grp BIGINT NOT NULL,"
		" word VARCHAR(40) NOT NULL)");
	must(s, "CREATE TABLE fault_seed (id BIGINT NOT NULL PRIMARY KEY, word VARCHAR(160) NOT NULL)");
	for (int i = 0; i < SEED_ROWS; i++) {
		seed_word(i + 1, words[i], sizeof words[i]);
		args[2 * i] = dbn_v_i64(i + 1);
		args[2 * i + 1] = dbn_v_textn((dbn_text){ words[i], strlen(words[i]) });
	}
	if (dbn_exec_many(s, "INSERT INTO fault_seed (id, word) VALUES (?, ?)",
			(dbn_args){ args, SEED_ROWS * 2 }, SEED_ROWS, NULL, NULL, &err) != DBN_OK) {
		printf("Bail out! no seed: %s: %s\n", dbn_error_message(err), dbn_error_detail(err));
		exit(1);
	}
	dbn_session_close(s);
}

void
world_open(world *w)
{
	*w = (world){ .postgres = false };
	(void)signal(SIGPIPE, SIG_IGN);
	(void)snprintf(w->work, sizeof w->work, "/tmp/dbn-fault-XXXXXX");
	if (!mkdtemp(w->work)) {
		printf("Bail out! mkdtemp\n");
		exit(1);
	}
	if (getenv("DBN_TEST_PG_DIR"))
		find_postgres(w);
	else
		find_mariadb(w);
	w->direct = stack_make(w, w->direct_url, "", "min = 0; max = 4;", "");
	make_tables(w);
}

void
world_close(world *w)
{
	char cmd[100];

	dbn_pool_close(w->direct);
	proxy_stop(w->px);
	(void)snprintf(cmd, sizeof cmd, "rm -rf '%s'", w->work);
	if (system(cmd) != 0)
		tap_note("cannot remove %s", w->work);
}
