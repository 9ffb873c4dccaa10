/* SPDX-License-Identifier: MIT */
/*
 * The server itself fails: it is killed in the middle of connecting, of a
 * statement, of its rows, of a commit; it stands still past the deadline; it has
 * no connection left; its disk is full.  Each time the caller is told what is so,
 * and all is well again when the server is.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ops.h"

static world w;

static const char patient[] = "limits = { time = \"60 s\"; };\n";
static const char one_pool[] = "min = 0; max = 1; connects = 1; connect_timeout = \"20 s\";"
	" acquire_timeout = \"20 s\"; breaker_cooldown = \"20 ms\"; retry_pause = \"1 ms\";";

/* Until it works; how long that took. */
static uint64_t
until_it_works(dbn_session *s, const char *where)
{
	uint64_t began = now_ns();
	dbn_error *err = NULL;
	dbn_status rc = DBN_E_CONN;

	for (int i = 0; i < 2000 && rc != DBN_OK; i++) {
		dbn_error_free(err);
		err = NULL;
		rc = seed_read(s, 9, NULL, &err);
		if (rc != DBN_OK)
			sleep_ms(10);
	}
	if (rc != DBN_OK)
		tap_note("%s: it does not come back: %s", where, dbn_error_message(err));
	dbn_error_free(err);
	return now_ns() - began;
}

/* Lines for the server's configuration; it is killed and started with them. */
static void
configure(const char *lines)
{
	char path[200];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/%s", w.dir, w.postgres ? "data/postgresql.auto.conf"
		: "my.cnf");
	f = fopen(path, "a");
	if (!f || fputs(lines, f) < 0 || fclose(f) != 0)
		tap_note("cannot write %s", path);
	server_kill(&w);
	server_start(&w);
}

/* ---- killed ---- */

static void
kill_it(void *user)
{
	server_kill((world *)user);
}

/* Runs it with a fault at message `part` of 4 of a direction, as they were counted. */
static dbn_status
run_faulted(const op *o, dbn_session *s, int direction, unsigned part, proxy_fault *f, char where[160])
{
	const proxy_fault count = { .kind = PROXY_NOTHING };
	size_t lengths[600], n;

	(void)o->run(s, o->name, 0);
	proxy_arm(w.px, &count);
	if (o->run(s, o->name, 0) != DBN_OK)
		tap_note("%s: fails undisturbed", o->name);
	n = proxy_messages(w.px, direction, lengths, 600);
	f->direction = direction;
	f->message = n * part / 4;
	if (f->message == n)
		f->message--;
	f->bytes = part & 1 ? lengths[f->message < 600 ? f->message : 0] / 2 : 0;
	(void)snprintf(where, 160, "%s, server killed after %zu of %zu messages %s", o->name,
		f->message, n, direction == PROXY_TO_SERVER ? "to it" : "from it");
	proxy_arm(w.px, f);
	return o->run(s, where, 0);
}

static void
kill_during(const op *o, dbn_session *s, int direction, unsigned part)
{
	proxy_fault f = { .kind = PROXY_CALL, .call = kill_it, .user = &w };
	char where[160];
	uint64_t back;
	dbn_status rc = DBN_OK;

	/* The pool reads the schema when it wants to: what was counted then is more
	 * than what comes with the fault, and the server lives on. */
	for (int tries = 0; tries < 20; tries++) {
		rc = run_faulted(o, s, direction, part, &f, where);
		if (proxy_fired(w.px))
			break;
	}
	if (!proxy_fired(w.px))
		tap_note("%s: it was not", where);
	proxy_arm(w.px, NULL);
	server_start(&w);
	back = until_it_works(s, where);
	ledger_check(&w, where);
	(void)tap_ok(true, "%s: %s; worked %llu ms after its return", where, dbn_status_name(rc),
		(unsigned long long)(back / MS));
}

static void
kill_while_running(void)
{
	dbn_pool *p = stack_make(&w, w.proxy_url, "", one_pool, patient);
	dbn_session *s = session_make(p);
	const op *txn = op_named("transaction"), *insert = op_named("insert"),
		*rows = op_named("read many rows"), *returning = op_named("insert, async"),
		*load = op_named("load"), *load_txn = op_named("load in a transaction");

	kill_during(txn, s, PROXY_TO_SERVER, 0);   /* begin */
	kill_during(txn, s, PROXY_TO_CLIENT, 2);   /* statement */
	kill_during(txn, s, PROXY_TO_SERVER, 4);   /* commit */
	kill_during(txn, s, PROXY_TO_CLIENT, 4);   /* its reply */
	kill_during(insert, s, PROXY_TO_SERVER, 1);
	kill_during(returning, s, PROXY_TO_CLIENT, 0);
	kill_during(rows, s, PROXY_TO_CLIENT, 3);
	kill_during(load, s, PROXY_TO_SERVER, 1);  /* before its rows, or among them */
	kill_during(load, s, PROXY_TO_SERVER, 3);
	kill_during(load, s, PROXY_TO_CLIENT, 4);  /* its reply */
	kill_during(load_txn, s, PROXY_TO_SERVER, 2);
	kill_during(load_txn, s, PROXY_TO_CLIENT, 4);
	dbn_session_close(s);
	dbn_pool_close(p);
}

static void
kill_while_connecting(void)
{
	static const dbn_status allowed[] = { DBN_E_CONN, DBN_OK };
	const size_t at[] = { 0, 2 };

	for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
		proxy_fault f = { .kind = PROXY_CALL, .direction = PROXY_TO_CLIENT, .message = at[i],
			.bytes = 1, .call = kill_it, .user = &w };
		dbn_pool *p = NULL;
		dbn_error *err = NULL;
		dbn_status rc;
		char where[80];

		(void)snprintf(where, sizeof where, "connecting, server killed in its message %zu", at[i]);
		proxy_arm(w.px, &f);
		rc = stack_try(&w, w.proxy_url, "", "connects = 1;", patient, &p, &err);
		judge(where, rc, err, allowed);
		if (rc == DBN_OK || !proxy_fired(w.px))
			tap_note("%s: %s", where, dbn_status_name(rc));
		proxy_arm(w.px, NULL);
		dbn_pool_close(p);
		server_start(&w);
		(void)tap_ok(true, "%s: %s", where, dbn_status_name(rc));
	}
}

/* Nobody is there: an error at once, one that says so; or a degraded start. */
static void
absent(void)
{
	static const dbn_status allowed[] = { DBN_E_CONN, DBN_OK };
	dbn_pool *p = NULL;
	dbn_session *s;
	dbn_error *err = NULL;
	dbn_status rc;

	server_kill(&w);
	rc = stack_try(&w, w.direct_url, "", "", patient, &p, &err);
	if (rc != DBN_E_CONN)
		tap_note("opened without a server: %s", dbn_status_name(rc));
	judge("opening without a server", rc, err, allowed);
	(void)tap_ok(true, "without a server a stack does not open");
	p = stack_make(&w, w.direct_url, "", "start = \"degraded\"; min = 0;"
		" breaker_cooldown = \"50 ms\";", "limits = { time = \"2 s\"; };\n");
	s = session_make(p);
	for (int i = 0; i < 3; i++) {
		rc = seed_read(s, 1, NULL, &err);
		if (rc == DBN_OK)
			tap_note("a read without a server: OK");
		judge("reading without a server", rc, err, (const dbn_status[]){ DBN_E_CONN,
			DBN_E_TIMEOUT, DBN_OK });
	}
	server_start(&w);
	(void)until_it_works(s, "degraded start");
	(void)tap_ok(true, "it opens degraded where that is wanted, and works when the server does");
	dbn_session_close(s);
	dbn_pool_close(p);
}

/* ---- frozen ---- */

static void
frozen(void)
{
	const op *const which[] = { op_named("read a row"), op_named("insert"), op_named("transaction"),
		op_named("load"), op_named("insert, async"), op_named("read together, async") };
	dbn_pool *p = stack_make(&w, w.direct_url, w.postgres ? "cancel_wait = \"100 ms\";"
		: "stop_wait = \"100 ms\";", "min = 0; max = 2; connect_timeout = \"300 ms\";"
		" breaker_cooldown = \"20 ms\";", "limits = { time = \"400 ms\"; };\n");
	dbn_session *s = session_make(p);

	ops_sessions(p);
	for (size_t i = 0; i < sizeof which / sizeof *which; i++) {
		uint64_t began, took;
		char where[80];
		dbn_status rc;

		(void)snprintf(where, sizeof where, "%s, server stopped", which[i]->name);
		(void)until_it_works(s, where);
		(void)which[i]->run(s, where, 0);
		server_signal(&w, SIGSTOP);
		began = now_ns();
		rc = which[i]->run(s, where, 200 * MS);
		took = now_ns() - began;
		server_signal(&w, SIGCONT);
		if (rc == DBN_OK)
			tap_note("%s: OK from a server that stands still", where);
		if (took > 10000 * MS)
			tap_note("%s: %llu ms", where, (unsigned long long)(took / MS));
		(void)until_it_works(s, where);
		ledger_check(&w, where);
		(void)tap_ok(true, "%s: %s after %llu ms; then all is well", where, dbn_status_name(rc),
			(unsigned long long)(took / MS));
	}
	ops_sessions(NULL);
	dbn_session_close(s);
	dbn_pool_close(p);
}

/* ---- no connection left ---- */

#define LIMIT 12

static void
out_of_connections(void)
{
	static const dbn_status allowed[] = { DBN_E_CONN, DBN_OK };
	const op *read = op_named("read a row");
	dbn_session *held[3 * LIMIT];
	dbn_pool *greedy, *p = NULL;
	dbn_error *err = NULL;
	dbn_status rc = DBN_OK;
	size_t n = 0;

	configure(w.postgres ? "max_connections = 12\nsuperuser_reserved_connections = 0\n"
		"max_wal_senders = 0\n" : "max_connections = 12\n");
	greedy = stack_make(&w, w.direct_url, "", "min = 0; max = 100; acquire_timeout = \"1 s\";"
		" breaker_cooldown = \"20 ms\";", "limits = { time = \"1500 ms\"; };\n");
	while (n < sizeof held / sizeof *held) {
		held[n] = session_make(greedy);
		rc = dbn_begin(held[n++], NULL, &err);
		if (rc != DBN_OK)
			break;
	}
	if (n < 3 || rc == DBN_OK)
		tap_note("%zu transactions on %d connections", n, LIMIT);
	judge("a transaction without a connection", rc, err, (const dbn_status[]){ DBN_E_CONN,
		DBN_E_TIMEOUT, DBN_OK });
	err = NULL;
	if (read->run(held[0], "in a transaction that has a connection", 0) != DBN_OK)
		tap_note("who has a connection cannot use it");
	(void)tap_ok(true, "more transactions than the server has connections: %zu run, the next: %s",
		n - 1, dbn_status_name(rc));
	rc = stack_try(&w, w.direct_url, "", "", patient, &p, &err);
	if (rc == DBN_OK)
		tap_note("another stack found a connection");
	judge("another stack", rc, err, allowed);
	(void)tap_ok(true, "another stack is told that there is no connection");
	while (n)
		dbn_session_close(held[--n]);
	dbn_pool_close(greedy);
	p = stack_make(&w, w.direct_url, "", "min = 0; max = 4;", patient);
	held[0] = session_make(p);
	(void)until_it_works(held[0], "after they were given back");
	(void)tap_ok(true, "it works again when connections are given back");
	dbn_session_close(held[0]);
	dbn_pool_close(p);
	configure("max_connections = 60\n");
}

/* ---- no room on the disk ---- */

/* PostgreSQL: the file of the table is /dev/full for a while.  MariaDB: run-mariadb
 * has limited the one file of all tables, and it takes another start to change that. */
static char table_file[300], table_kept[310];

static void
fill_disk(void)
{
	static const char where_is[] = "SELECT pg_relation_filepath('fault_full')";
	char cmd[700];
	FILE *f;

	if (!w.postgres)
		return;
	(void)snprintf(cmd, sizeof cmd, "psql -q -X -A -t -h '%s' -p '%s' -U tester postgres -c \"%s\"",
		w.dir, getenv("DBN_TEST_PG_PORT"), where_is);
	f = popen(cmd, "r");
	if (!f || fscanf(f, "%100s", cmd) != 1)
		tap_note("where is the table?");
	if (f)
		(void)pclose(f);
	(void)snprintf(table_file, sizeof table_file, "%s/data/%.100s", w.dir, cmd);
	(void)snprintf(table_kept, sizeof table_kept, "%s.kept", table_file);
	if (rename(table_file, table_kept) != 0 || symlink("/dev/full", table_file) != 0)
		tap_note("cannot fill %s", table_file);
}

static void
empty_disk(void)
{
	if (!w.postgres)
		configure("innodb_data_file_path = ibdata1:12M:autoextend:max:1G\n");
	else if (unlink(table_file) != 0 || rename(table_kept, table_file) != 0)
		tap_note("cannot empty %s", table_file);
}

/* Rows of a megabyte, until it is full. */
static dbn_status
fill_table(dbn_session *s, int64_t *written, dbn_error **err)
{
	static char big[900000];
	dbn_status rc = DBN_OK;

	memset(big, 'x', sizeof big - 1);
	for (*written = 0; *written < 200 && rc == DBN_OK; *written += rc == DBN_OK)
		rc = dbn_exec(s, "INSERT INTO fault_full (id, word) VALUES (?, ?)",
			DBN_ARGS(*written, (const char *)(w.postgres ? "small" : big)), NULL, err);
	return rc;
}

static void
disk_full(void)
{
	dbn_pool *p = stack_make(&w, w.direct_url, "", "min = 0; max = 2;", patient);
	dbn_session *s = session_make(p);
	int64_t written = 0, more = 0, there = -1;
	dbn_error *err = NULL;
	dbn_status rc;

	must(s, "CREATE TABLE fault_full (id BIGINT NOT NULL, word TEXT NOT NULL)");
	if (!w.postgres)
		must(s, "ALTER TABLE fault_full MODIFY word LONGTEXT NOT NULL");
	fill_disk();
	rc = fill_table(s, &written, &err);
	if (rc == DBN_OK)
		tap_note("200 rows went into a full disk");
	judge("disk full", rc, err, (const dbn_status[]){ DBN_E_IO, DBN_OK });
	err = NULL;
	if (op_named("read a row")->run(s, "reading from a full disk", 0) != DBN_OK)
		tap_note("reading fails on a full disk");
	/* MariaDB itself may end where a transaction meets a full disk */
	if (w.postgres && dbn_begin(s, NULL, &err) == DBN_OK) {
		rc = fill_table(s, &more, &err);
		judge("disk full in a transaction", rc, err, (const dbn_status[]){ DBN_E_IO, DBN_OK });
		err = NULL;
		(void)dbn_rollback(s, NULL);
	}
	empty_disk();
	dbn_session_close(s);
	dbn_pool_close(p); /* its connections still have the full file open */
	p = stack_make(&w, w.direct_url, "", "min = 0; max = 2;", patient);
	s = session_make(p);
	rc = dbn_get_int64(s, "SELECT count(*) FROM fault_full", DBN_ARGS(), &there, &err);
	if (rc != DBN_OK || there != written)
		tap_note("%lld rows were written, %lld are there: %s", (long long)written, (long long)there,
			dbn_error_message(err));
	dbn_error_free(err);
	must(s, "INSERT INTO fault_full (id, word) VALUES (100000, 'room again')");
	must(s, "DROP TABLE fault_full");
	(void)tap_ok(true, "a full disk is told as such, after %lld rows; nothing is half there, and it "
		"goes on when there is room", (long long)written);
	dbn_session_close(s);
	dbn_pool_close(p);
}

int
main(int argc, char **argv)
{
	const char *only = argc > 1 ? argv[1] : "";
	static const struct { const char *name; void (*run)(void); } parts[] = {
		{ "killed", kill_while_running }, { "connecting", kill_while_connecting },
		{ "absent", absent }, { "frozen", frozen }, { "disk", disk_full },
		{ "connections", out_of_connections },
	};

	tap_guard(280);
	world_open(&w);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (strncmp(parts[i].name, only, strlen(only)) == 0)
			parts[i].run();
	ledger_check(&w, "at the end");
	(void)tap_ok(true, "at the end all %zu acknowledged rows are there, and none of %zu failed ones",
		ledger_count(ROW_THERE), ledger_count(ROW_ABSENT));
	world_close(&w);
	return tap_end();
}
