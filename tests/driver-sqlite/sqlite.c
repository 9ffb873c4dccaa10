/* SPDX-License-Identifier: MIT */
/*
 * What is SQLite's alone: files, pinned settings, virtual tables, odd columns,
 * and files that are damaged, full, moved or left by a killed process.  Cases of
 * the conformance frame.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/driver.h"

/* Prepared, or refused with this status. */
static void
expect(drv *d, uint32_t flags, const char *sql, const char *access, dbn_status want)
{
	drv_stmt s;
	dbn_status rc = drv_prepare_typed(d, d->c, sql, access, NULL, 0, NULL, 0, flags, &s);

	CF_CHECK(d->cf, rc == want, "%s: %s: %s", sql, dbn_status_name(rc),
		dbn_error_message(d->cf->err));
	if (rc == DBN_OK)
		d->ops->close_stmt(s.s);
	dbn_error_free(d->cf->err);
	d->cf->err = NULL;
}

static dbn_status
connect_to(conform *cf, const char *url, uint32_t create, struct dbn_conn **c)
{
	const dbn_driver_ops *ops = (const dbn_driver_ops *)cf->plugin.desc->ops;
	dbn_connect_opts o = { .call = DBN_CALL_INIT, .create = create };

	o.url = (dbn_text){ url, strlen(url) };
	*c = NULL;
	return ops->connect(cf->plugin.self, &o, c, &cf->err);
}

static void
path_in(const conform *cf, const char *name, char out[256], const char *prefix)
{
	(void)snprintf(out, 256, "%s%s/%s", prefix, cf->tmp, name);
}

static void
files(conform *cf)
{
	const dbn_driver_ops *ops = (const dbn_driver_ops *)cf->plugin.desc->ops;
	struct dbn_conn *c;
	struct stat st;
	char url[256], path[256];

	(void)umask(0);
	path_in(cf, "new.db", url, "sqlite:");
	path_in(cf, "new.db", path, "");
	CF_FAILS(cf, connect_to(cf, url, 0, &c), DBN_E_CONN, "08001");
	CF_CHECK(cf, stat(path, &st) != 0, "made without being asked");
	CF_OK(cf, connect_to(cf, url, 1, &c));
	CF_CHECK(cf, stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "mode %o", st.st_mode & 0777);
	ops->disconnect(c);
	CF_FAILS(cf, connect_to(cf, "sqlite:relative.db", 1, &c), DBN_E_CONFIG, NULL);
	CF_FAILS(cf, connect_to(cf, "sqlite:", 1, &c), DBN_E_CONFIG, NULL);
	CF_FAILS(cf, connect_to(cf, "sqlite:/nowhere/at/all/x.db", 1, &c), DBN_E_CONN, "08001");
	CF_FAILS(cf, connect_to(cf, cf->tmp, 1, &c), DBN_E_CONFIG, NULL);
}

static void
memory_is_private(conform *cf)
{
	const dbn_driver_ops *ops = (const dbn_driver_ops *)cf->plugin.desc->ops;
	struct dbn_conn *a, *b;
	drv d;

	if (!drv_open(cf, &d))
		return;
	CF_OK(cf, connect_to(cf, "sqlite::memory:", 0, &a));
	CF_OK(cf, connect_to(cf, "sqlite::memory:", 0, &b));
	CF_CHECK(cf, drv_admin(&d, a, "CREATE TABLE m (x INTEGER)"), "create");
	CF_FAILS(cf, drv_run(&d, b, "SELECT x FROM m", "r m x", DBN_NO_ARGS, NULL), DBN_E_SCHEMA, "42P01");
	ops->disconnect(a);
	ops->disconnect(b);
	drv_close(&d);
}

static void
write_file(const char *path, size_t from, const char *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	if (fd < 0 || pwrite(fd, bytes, n, (off_t)from) != (ssize_t)n)
		abort();
	(void)close(fd);
}

static void
damaged(conform *cf)
{
	const dbn_driver_ops *ops = (const dbn_driver_ops *)cf->plugin.desc->ops;
	char url[256], path[256], junk[4096];
	struct dbn_conn *c;
	dbn_status rc;
	drv d;

	memset(junk, 'x', sizeof junk);
	path_in(cf, "junk.db", path, "");
	path_in(cf, "junk.db", url, "sqlite:");
	write_file(path, 0, junk, sizeof junk);
	CF_FAILS(cf, connect_to(cf, url, 1, &c), DBN_E_INTEGRITY, "XX001");
	path_in(cf, "empty.db", path, "");
	path_in(cf, "empty.db", url, "sqlite:");
	write_file(path, 0, "", 0);
	CF_OK(cf, connect_to(cf, url, 0, &c));
	ops->disconnect(c);
	/* A page in the middle, overwritten behind the driver's back. */
	if (!drv_open(cf, &d) || !drv_make_t(&d, 400))
		return;
	CF_CHECK(cf, drv_admin(&d, d.c, "PRAGMA wal_checkpoint(TRUNCATE)"), "checkpoint");
	drv_close(&d);
	path_in(cf, "t.db", path, "");
	write_file(path, 4096 * 3, junk, sizeof junk);
	if (!drv_open(cf, &d))
		return;
	rc = drv_run(&d, d.c, "SELECT name FROM t", DRV_SELECT_T, DBN_NO_ARGS, NULL);
	CF_CHECK(cf, rc == DBN_E_INTEGRITY, "a damaged page: %s", dbn_status_name(rc));
	dbn_error_free(cf->err);
	cf->err = NULL;
	drv_close(&d);
}

static void
moved(conform *cf)
{
	dbn_call call = DBN_CALL_INIT;
	dbn_conn_state st = { .struct_size = (uint32_t)sizeof st };
	char path[256];
	drv d;

	if (!drv_open(cf, &d))
		return;
	CF_OK(cf, d.ops->ping(d.c, &call, &cf->err));
	path_in(cf, "t.db", path, "");
	CF_CHECK(cf, unlink(path) == 0, "unlink");
	CF_FAILS(cf, d.ops->ping(d.c, &call, &cf->err), DBN_E_CONN, NULL);
	d.ops->state(d.c, &st);
	CF_CHECK(cf, st.broken == 1, "not broken");
	drv_close(&d);
}

static void
pinned(conform *cf)
{
	static const struct { const char *pragma; int64_t want; } pins[] = { { "foreign_keys", 1 },
		{ "recursive_triggers", 1 }, { "trusted_schema", 0 }, { "cell_size_check", 1 },
		{ "synchronous", 2 }, { "query_only", 0 }, { "ignore_check_constraints", 0 } };
	static const char *const refused[] = { "ATTACH 'x.db' AS x", "ATTACH '' AS x",
		"VACUUM INTO '/tmp/nothing-here.db'", "PRAGMA writable_schema = ON",
		"PRAGMA trusted_schema = ON", "SELECT load_extension('x')", "BEGIN", "COMMIT",
		"SAVEPOINT a", "PRAGMA temp_store_directory = '/tmp'" };
	dbn_reset_opts full = { .call = DBN_CALL_INIT, .how = DBN_RESET_FULL };
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 1))
		return;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		drv_stmt s;
		dbn_outcome out;
		dbn_status rc = drv_prepare_typed(&d, d.c, refused[i], NULL, NULL, 0, NULL, 0,
			DBN_PREPARE_ADMIN, &s);

		if (rc == DBN_OK) { /* at the latest when it runs */
			rc = drv_execute(&d, &s, DBN_NO_ARGS, 0, &out, NULL);
			d.ops->close_stmt(s.s);
		}
		CF_CHECK(cf, rc != DBN_OK, "%s", refused[i]);
		dbn_error_free(cf->err);
		cf->err = NULL;
	}
	CF_CHECK(cf, access("/tmp/nothing-here.db", F_OK) != 0, "VACUUM INTO wrote");
	CF_CHECK(cf, drv_admin(&d, d.c, "PRAGMA foreign_keys = OFF") &&
		drv_admin(&d, d.c, "PRAGMA ignore_check_constraints = ON") &&
		drv_admin(&d, d.c, "PRAGMA synchronous = OFF"), "administration");
	CF_OK(cf, d.ops->reset(d.c, &full, &cf->err));
	for (size_t i = 0; i < sizeof pins / sizeof *pins; i++) {
		dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
		struct dbn_cursor *cur = NULL;
		char sql[64];
		drv_stmt s;
		dbn_outcome out;

		(void)snprintf(sql, sizeof sql, "PRAGMA %s", pins[i].pragma);
		if (pins[i].want != 0 || strcmp(pins[i].pragma, "ignore_check_constraints") == 0) {
			if (drv_prepare_typed(&d, d.c, sql, NULL, NULL, 0, NULL, 0, DBN_PREPARE_ADMIN, &s) !=
					DBN_OK) {
				dbn_error_free(cf->err);
				cf->err = NULL;
				continue; /* not even readable */
			}
			CF_OK(cf, drv_execute(&d, &s, DBN_NO_ARGS, DBN_EXEC_ROWS, &out, &cur));
			CF_NEED(cf, cur != NULL, "%s gives nothing", sql);
			CF_OK(cf, d.ops->fetch(cur, 1, &r, &cf->err));
			CF_CHECK(cf, r.cells[0].u.i64 == pins[i].want, "%s is %lld", sql,
				(long long)r.cells[0].u.i64);
			d.ops->close_cursor(cur);
			d.ops->close_stmt(s.s);
		}
	}
	expect(&d, 0, "SELECT \"absent\" FROM t", DRV_SELECT_T, DBN_E_SCHEMA);
	CF_CHECK(cf, drv_admin(&d, d.c, "VACUUM"), "a plain VACUUM works");
	CF_CHECK(cf, drv_admin(&d, d.c, "CREATE TEMP TABLE left_over (a INTEGER)"), "temp");
	CF_CHECK(cf, d.ops->reset(d.c, &full, &cf->err) != DBN_OK, "a temporary table outlives reset");
	dbn_error_free(cf->err);
	cf->err = NULL;
	drv_close(&d);
}

static void
functions(conform *cf)
{
	static const char *const refused[] = { "SELECT last_insert_rowid()", "SELECT changes()",
		"SELECT random()", "SELECT randomblob(9)", "SELECT zeroblob(9)", "SELECT sqlite_version()",
		"SELECT total_changes()", "SELECT hex(randomblob(4))" };
	static const char *const allowed[] = { "SELECT lower('A')", "SELECT 'a' LIKE 'b'",
		"SELECT json_extract('[1]', '$[0]')", "SELECT date('now')", "SELECT CURRENT_TIMESTAMP",
		"SELECT max(1, 2)", "SELECT row_number() OVER ()", "SELECT '[1]' ->> 0" };
	drv d;

	if (!drv_open(cf, &d))
		return;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		expect(&d, 0, refused[i], "", DBN_E_ACCESS);
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
		expect(&d, 0, allowed[i], "", DBN_OK);
	expect(&d, 0, "SELECT changes()", "e changes", DBN_OK);
	/* In a trigger or a default the owner of the schema calls them. */
	if (!drv_make_t(&d, 1) || !drv_admin(&d, d.c, "CREATE TABLE log (k DEFAULT (hex(randomblob(4))), "
			"x)") || !drv_admin(&d, d.c, "CREATE TRIGGER tell AFTER UPDATE ON t BEGIN "
			"INSERT INTO log (x) VALUES (random()); END"))
		return;
	expect(&d, 0, "UPDATE t SET n = 1", "u t n; i log", DBN_OK);
	expect(&d, 0, "UPDATE t SET n = random()", "u t n; i log", DBN_E_ACCESS);
	drv_close(&d);
}

static void
virtual_tables(conform *cf)
{
	dbn_relation_info r = { .struct_size = (uint32_t)sizeof r };
	dbn_name name = { { NULL, 0 }, { "docs", 4 } };
	dbn_call call = DBN_CALL_INIT;
	struct dbn_conn *other;
	drv d;

	if (!drv_open(cf, &d) ||
		!drv_admin(&d, d.c, "CREATE VIRTUAL TABLE docs USING fts5(body)"))
		return;
	expect(&d, 0, "SELECT value FROM json_each('[1,2]')", "", DBN_E_ACCESS);
	expect(&d, 0, "SELECT value FROM json_each('[1,2]')", "r json_each value", DBN_OK);
	expect(&d, 0, "SELECT name FROM pragma_table_list", "", DBN_E_ACCESS);
	expect(&d, 0, "SELECT sql FROM sqlite_schema", "", DBN_E_ACCESS);
	expect(&d, 0, "SELECT count(*) FROM sqlite_schema", "", DBN_E_ACCESS);
	expect(&d, 0, "SELECT c0 FROM docs_content", "r docs body", DBN_E_ACCESS);
	CF_OK(cf, drv_run(&d, d.c, "INSERT INTO docs (body) VALUES ('one two'), ('two three')", "i docs",
		DBN_NO_ARGS, NULL));
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM docs WHERE docs MATCH 'two'",
		"r docs docs; r docs body", DBN_NO_ARGS) == 2, "full-text search");
	CF_OK(cf, drv_run(&d, d.c, "DELETE FROM docs WHERE docs MATCH 'one'", "d docs; r docs docs",
		DBN_NO_ARGS, NULL));
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM docs", "r docs", DBN_NO_ARGS) == 1, "deleted");
	/* a connection that has not met the table */
	other = drv_connect(&d, 1);
	CF_NEED(cf, other, "connect");
	CF_CHECK(cf, drv_int(&d, other, "SELECT count(*) FROM docs WHERE docs MATCH 'two'",
		"r docs docs; r docs body", DBN_NO_ARGS) == 1, "full-text search elsewhere");
	d.ops->disconnect(other);
	expect(&d, 0, "PRAGMA data_version = 5", "", DBN_E_ACCESS);
	CF_OK(cf, d.ops->relation(d.c, &name, &call, &r, &cf->err));
	CF_CHECK(cf, r.kind == DBN_RELATION_VIRTUAL, "docs is of kind %u", r.kind);
	d.host->release(d.host, r.memory);
	name.name = (dbn_text){ "docs_data", 9 };
	CF_OK(cf, d.ops->relation(d.c, &name, &call, &r, &cf->err));
	CF_CHECK(cf, r.kind == DBN_RELATION_SYSTEM, "docs_data is of kind %u", r.kind);
	d.host->release(d.host, r.memory);
	name.name = (dbn_text){ "SQLITE_schema", 13 };
	CF_OK(cf, d.ops->relation(d.c, &name, &call, &r, &cf->err));
	CF_CHECK(cf, r.kind == DBN_RELATION_SYSTEM && r.columns.count == 5, "sqlite_schema");
	d.host->release(d.host, r.memory);
	drv_close(&d);
}

/* Flags of column i of a table made by sql (named q). */
static uint32_t
flags_of(drv *d, const char *sql, uint32_t i, dbn_type *type, uint32_t *ninputs)
{
	dbn_relation_info r = { .struct_size = (uint32_t)sizeof r };
	dbn_name name = { { NULL, 0 }, { "Q", 1 } };
	dbn_call call = DBN_CALL_INIT;
	const dbn_column_desc *c;
	uint32_t flags = UINT32_MAX;

	if (!drv_admin(d, d->c, sql))
		return flags;
	if (conform_ok_at(d->cf, __FILE__, __LINE__, sql,
			d->ops->relation(d->c, &name, &call, &r, &d->cf->err)) && i < r.columns.count) {
		c = (const dbn_column_desc *)r.columns.items + i;
		flags = c->flags;
		*type = c->type;
		*ninputs = c->inputs.count;
		d->host->release(d->host, r.memory);
	}
	(void)drv_admin(d, d->c, "DROP TABLE q");
	return flags;
}

static void
odd_columns(conform *cf)
{
	const uint32_t id = DBN_COLUMN_IDENTITY, gen = DBN_COLUMN_GENERATED, bin = DBN_COLUMN_BINARY;
	const struct { const char *sql; uint32_t col, set, clear; dbn_type type; uint32_t inputs; } t[] = {
		{ "CREATE TABLE q (a INTEGER PRIMARY KEY)", 0, id, 0, DBN_INT64, 0 },
		{ "CREATE TABLE q (a INTEGER PRIMARY KEY AUTOINCREMENT)", 0, id, 0, DBN_INT64, 0 },
		{ "CREATE TABLE q (a INTEGER, PRIMARY KEY(a))", 0, id, 0, DBN_INT64, 0 },
		{ "CREATE TABLE q (a INT PRIMARY KEY)", 0, 0, id, DBN_INT64, 0 },
		{ "CREATE TABLE q (a INTEGER PRIMARY KEY DESC)", 0, 0, id, DBN_INT64, 0 },
		{ "CREATE TABLE q (a INTEGER PRIMARY KEY) WITHOUT ROWID", 0, 0, id, DBN_INT64, 0 },
		{ "CREATE TABLE q (a INTEGER, b INTEGER, PRIMARY KEY (a, b))", 0, 0, id, DBN_INT64, 0 },
		{ "CREATE TABLE q (a TEXT COLLATE NOCASE)", 0, 0, bin, DBN_TEXT, 0 },
		{ "CREATE TABLE q (a TEXT COLLATE RTRIM)", 0, 0, bin, DBN_TEXT, 0 },
		{ "CREATE TABLE q (a)", 0, bin, gen, DBN_NULL, 0 },
		{ "CREATE TABLE q (a varchar(9))", 0, bin, gen, DBN_TEXT, 0 },
		{ "CREATE TABLE q (a timestamp with time zone)", 0, bin, gen, DBN_TIMESTAMPTZ, 0 },
		{ "CREATE TABLE q (\"a,(b\" INTEGER, s AS (\"a,(b\" * 2) VIRTUAL, z INT)", 1, gen, 0, DBN_NULL,
			1 },
		{ "CREATE TABLE q (a INT DEFAULT (1 + (2)), b INT CHECK (cast(b AS text) <> ')'), "
			"/* c AS (a) */ s TEXT GENERATED ALWAYS AS (upper(a) || 'b, AS (b)'))", 2, gen, 0,
			DBN_TEXT, 1 },
		{ "CREATE TABLE q (a INT, b INT, s INT AS (a + b), w INT AS (s * 2) STORED)", 3, gen, 0,
			DBN_INT64, 3 },
	};
	drv d;

	if (!drv_open(cf, &d))
		return;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		dbn_type type = 99;
		uint32_t inputs = 99, flags = flags_of(&d, t[i].sql, t[i].col, &type, &inputs);

		CF_CHECK(cf, (flags & t[i].set) == t[i].set && !(flags & t[i].clear), "%s: flags %x",
			t[i].sql, flags);
		CF_CHECK(cf, type == t[i].type, "%s: type %u", t[i].sql, type);
		CF_CHECK(cf, inputs == t[i].inputs, "%s: %u inputs", t[i].sql, inputs);
	}
	drv_close(&d);
}

static void
full(conform *cf)
{
	uint32_t st;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 1) || !drv_admin(&d, d.c, "PRAGMA max_page_count = 20"))
		return;
	CF_OK(cf, drv_begin(&d, d.c, 0));
	CF_OK(cf, drv_run(&d, d.c, "UPDATE t SET n = 7", "u t n", DBN_NO_ARGS, NULL));
	CF_FAILS(cf, drv_run(&d, d.c, "INSERT INTO t (name) WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL "
		"SELECT x + 1 FROM r WHERE x < 20000) SELECT 'a rather long name' FROM r", "i t", DBN_NO_ARGS,
		NULL), DBN_E_IO, "53100");
	st = drv_txn(&d, d.c);
	CF_CHECK(cf, st == DBN_TXN_OPEN || st == DBN_TXN_FAILED, "state %u", st);
	if (st == DBN_TXN_FAILED)
		CF_FAILS(cf, drv_run(&d, d.c, "UPDATE t SET n = 8", "u t n", DBN_NO_ARGS, NULL),
			DBN_E_TXN_FAILED, "25P02");
	CF_OK(cf, drv_rollback(&d, d.c));
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT sum(n) FROM t", DRV_SELECT_T, DBN_NO_ARGS) == 10,
		"something is left");
	CF_OK(cf, drv_run(&d, d.c, "UPDATE t SET n = 8", "u t n", DBN_NO_ARGS, NULL));
	drv_close(&d);
}

static void
killed(conform *cf)
{
	int ready[2], st;
	char byte;
	pid_t pid;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 3))
		return;
	drv_close(&d);
	CF_NEED(cf, pipe(ready) == 0, "pipe");
	pid = fork();
	if (pid == 0) {
		if (drv_open(cf, &d) && drv_begin(&d, d.c, 0) == DBN_OK &&
			drv_run(&d, d.c, "DELETE FROM t", "d t", DBN_NO_ARGS, NULL) == DBN_OK)
			(void)!write(ready[1], "x", 1);
		(void)pause();
		_exit(1);
	}
	CF_NEED(cf, pid > 0 && read(ready[0], &byte, 1) == 1, "the child");
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, &st, 0);
	if (!drv_open(cf, &d))
		return;
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM t", "r t", DBN_NO_ARGS) == 3,
		"half of a killed transaction");
	CF_OK(cf, drv_run(&d, d.c, "UPDATE t SET n = 1", "u t n", DBN_NO_ARGS, NULL));
	drv_close(&d);
}

/* 64 connections of one file, one statement each in autocommit, then a counter. */
struct load {
	drv d;
	conform cf;
	pthread_t thread;
	unsigned writes, failed;
	uint64_t until;
};

static void *
mixed(void *arg)
{
	struct load *l = (struct load *)arg;
	unsigned i = 0;

	while (l->d.host->now_ns(l->d.host) < l->until) {
		dbn_status rc = i++ % 4 ? drv_run(&l->d, l->d.c, "SELECT n FROM t WHERE id = ?", DRV_SELECT_T,
			DBN_ARGS(i % 9), NULL) : drv_run(&l->d, l->d.c, "UPDATE t SET n = n + 1 WHERE id = 1",
			"u t n; r t n; r t id", DBN_NO_ARGS, NULL);

		if (rc != DBN_OK && l->failed++ == 0)
			printf("# %s: %s\n", dbn_status_name(rc), dbn_error_message(l->cf.err));
		else if (rc == DBN_OK)
			l->writes += (i - 1) % 4 == 0;
		dbn_error_free(l->cf.err);
		l->cf.err = NULL;
	}
	return NULL;
}

static void
sixty_four(conform *cf)
{
	enum { N = 64 };
	struct load *l = (struct load *)calloc(N, sizeof *l);
	int64_t writes = 0, n;
	unsigned least = UINT32_MAX;
	drv d;

	CF_NEED(cf, l != NULL, "memory");
	if (!drv_open(cf, &d) || !drv_make_t(&d, 10))
		return;
	for (int i = 0; i < N; i++) {
		l[i].cf = *cf;
		l[i].d = d;
		l[i].d.cf = &l[i].cf;
		l[i].d.c = drv_connect(&d, 0);
		CF_NEED(cf, l[i].d.c != NULL, "no connection");
	}
	for (int i = 0; i < N; i++) {
		l[i].until = drv_in_ms(&d, 3000);
		CF_NEED(cf, pthread_create(&l[i].thread, NULL, mixed, &l[i]) == 0, "thread");
	}
	for (int i = 0; i < N; i++) {
		(void)pthread_join(l[i].thread, NULL);
		CF_CHECK(cf, l[i].failed == 0, "thread %d: %u failed", i, l[i].failed);
		writes += l[i].writes;
		least = l[i].writes < least ? l[i].writes : least;
		d.ops->disconnect(l[i].d.c);
	}
	n = drv_int(&d, d.c, "SELECT n FROM t WHERE id = 1", DRV_SELECT_T, DBN_NO_ARGS);
	CF_CHECK(cf, n == 10 + writes, "%lld updates, the counter says %lld", (long long)writes,
		(long long)n - 10);
	CF_CHECK(cf, least > 0, "a thread starved");
	free(l);
	drv_close(&d);
}

/* Many processes make and open the same file at once, and write; again and again
 * the last one out takes the log away. */
static void
processes(conform *cf)
{
	enum { N = 8, ROUNDS = 15 };
	pid_t pid[N];
	int st;
	drv d;

	for (int i = 0; i < N; i++) {
		(void)fflush(stdout);
		pid[i] = fork();
		if (pid[i] != 0)
			continue;
		alarm(25);
		for (int k = 0; k < ROUNDS; k++) {
			if (!drv_open(cf, &d) || !drv_admin(&d, d.c, "CREATE TABLE IF NOT EXISTS p (x INTEGER)") ||
				!conform_ok_at(cf, __FILE__, __LINE__, "insert", drv_run(&d, d.c,
					"INSERT INTO p (x) VALUES (1)", "i p", DBN_NO_ARGS, NULL)))
				_exit(1);
			drv_close(&d);
		}
		_exit(fflush(stdout) != 0);
	}
	for (int i = 0; i < N; i++)
		CF_CHECK(cf, waitpid(pid[i], &st, 0) == pid[i] && st == 0, "process %d: %d", i, st);
	if (!drv_open(cf, &d))
		return;
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM p", "r p", DBN_NO_ARGS) == N * ROUNDS,
		"an insert was lost");
	drv_close(&d);
}

/* The work of describing does not grow with the square of the schema. */
static void
thousands(conform *cf)
{
	enum { N = 3000 };
	dbn_call call = DBN_CALL_INIT;
	uint64_t start;
	drv d;

	if (!drv_open(cf, &d) || !drv_admin(&d, d.c, "PRAGMA synchronous = OFF"))
		return;
	CF_OK(cf, drv_begin(&d, d.c, 0));
	for (int i = 0; i < N; i++) {
		char sql[160];

		(void)snprintf(sql, sizeof sql, "CREATE TABLE t%d (id INTEGER PRIMARY KEY, a VARCHAR(9), "
			"p INTEGER REFERENCES t%d(id))", i, i ? i - 1 : 0);
		if (!drv_admin(&d, d.c, sql))
			return;
	}
	CF_OK(cf, drv_commit(&d, d.c));
	start = d.host->now_ns(d.host);
	for (int i = 0; i < N; i++) {
		dbn_relation_info r = { .struct_size = (uint32_t)sizeof r };
		dbn_name name = { { NULL, 0 }, { NULL, 0 } };
		char text[16];

		name.name.len = (size_t)snprintf(text, sizeof text, "t%d", i);
		name.name.ptr = text;
		CF_OK(cf, d.ops->relation(d.c, &name, &call, &r, &cf->err));
		CF_CHECK(cf, r.columns.count == 3 && r.effects.count >= 1, "t%d", i);
		d.host->release(d.host, r.memory);
	}
	printf("# %d relations described in %llu ms\n", N,
		(unsigned long long)(d.host->now_ns(d.host) - start) / 1000000);
	drv_close(&d);
}

/* A deadline ends the wait for a lock that another process holds in autocommit. */
static void
locked_elsewhere(conform *cf)
{
	dbn_exec_opts o = { .call = DBN_CALL_INIT };
	dbn_outcome out = { .struct_size = (uint32_t)sizeof out };
	struct dbn_conn *c2;
	drv_stmt s;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 1) || !(c2 = drv_connect(&d, 0)))
		return;
	CF_OK(cf, drv_prepare(&d, c2, "UPDATE t SET n = 3", "u t n", &s));
	CF_OK(cf, drv_begin(&d, d.c, 0));
	o.call.deadline_ns = drv_in_ms(&d, 60);
	CF_FAILS(cf, d.ops->execute(s.s, NULL, 0, &o, &out, NULL, &cf->err), DBN_E_TIMEOUT, NULL);
	CF_OK(cf, drv_rollback(&d, d.c));
	o.call.deadline_ns = 0;
	CF_OK(cf, d.ops->execute(s.s, NULL, 0, &o, &out, NULL, &cf->err));
	d.ops->close_stmt(s.s);
	d.ops->disconnect(c2);
	drv_close(&d);
}

/* Never folded, never skipped: constant arguments raise for each row, not before. */
static void
require_constant(conform *cf)
{
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 2))
		return;
	CF_FAILS(cf, drv_run(&d, d.c, "UPDATE t SET n = 0 RETURNING dbn_require(0, 'no')",
		DRV_SELECT_T "; u t n", DBN_NO_ARGS, NULL), DBN_E_DENIED, "44000");
	CF_OK(cf, drv_run(&d, d.c, "UPDATE t SET n = 0 WHERE id = 99 RETURNING dbn_require(0, 'no')",
		DRV_SELECT_T "; u t n", DBN_NO_ARGS, NULL));
	CF_FAILS(cf, drv_run(&d, d.c, "UPDATE OR FAIL t SET n = 0 RETURNING dbn_require(id < 2, 'no')",
		DRV_SELECT_T "; u t n", DBN_NO_ARGS, NULL), DBN_E_DENIED, "44000");
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM t WHERE n > 0", DRV_SELECT_T,
		DBN_NO_ARGS) == 2, "half an update");
	expect(&d, DBN_PREPARE_ADMIN, "CREATE VIEW bad AS SELECT dbn_require(1, 'x') AS a", NULL, DBN_OK);
	drv_close(&d);
}

/* Effects that cannot be compiled do not stop a description. */
static void
broken_trigger(conform *cf)
{
	dbn_relation_info r = { .struct_size = (uint32_t)sizeof r };
	dbn_name name = { { NULL, 0 }, { "t", 1 } };
	dbn_call call = DBN_CALL_INIT;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 1) ||
		!drv_admin(&d, d.c, "CREATE TRIGGER gone AFTER INSERT ON t BEGIN "
			"INSERT INTO nowhere VALUES (1); END"))
		return;
	CF_OK(cf, d.ops->relation(d.c, &name, &call, &r, &cf->err));
	CF_CHECK(cf, r.columns.count == 3, "%u columns", r.columns.count);
	d.host->release(d.host, r.memory);
	CF_FAILS(cf, drv_run(&d, d.c, "INSERT INTO t (n) VALUES (1)", "i t", DBN_NO_ARGS, NULL),
		DBN_E_SCHEMA, "42P01");
	drv_close(&d);
}

/* A commit that a deferred key refuses leaves the transaction open. */
static void
deferred_keys(conform *cf)
{
	drv d;

	if (!drv_open(cf, &d) || !drv_admin(&d, d.c, "CREATE TABLE p (id INTEGER PRIMARY KEY)") ||
		!drv_admin(&d, d.c, "CREATE TABLE c (p INTEGER REFERENCES p(id) DEFERRABLE INITIALLY "
			"DEFERRED)"))
		return;
	CF_OK(cf, drv_begin(&d, d.c, 0));
	CF_OK(cf, drv_run(&d, d.c, "INSERT INTO c (p) VALUES (1)", "i c; r p id", DBN_NO_ARGS, NULL));
	CF_FAILS(cf, drv_commit(&d, d.c), DBN_E_CONSTRAINT, "23503");
	CF_CHECK(cf, drv_txn(&d, d.c) == DBN_TXN_OPEN, "not open any more");
	CF_OK(cf, drv_run(&d, d.c, "INSERT INTO p (id) VALUES (1)", "i p; r c p", DBN_NO_ARGS, NULL));
	CF_OK(cf, drv_commit(&d, d.c));
	CF_FAILS(cf, drv_run(&d, d.c, "INSERT INTO c (p) VALUES (2)", "i c; r p id", DBN_NO_ARGS, NULL),
		DBN_E_CONSTRAINT, "23503");
	drv_close(&d);
}

/* ON CONFLICT ROLLBACK of the schema ends the transaction: nothing runs outside of it. */
static void
rolled_back_by_schema(conform *cf)
{
	drv d;

	if (!drv_open(cf, &d) || !drv_admin(&d, d.c, "CREATE TABLE u (x INTEGER UNIQUE ON CONFLICT "
			"ROLLBACK)"))
		return;
	CF_OK(cf, drv_run(&d, d.c, "INSERT INTO u (x) VALUES (1)", "i u", DBN_NO_ARGS, NULL));
	CF_OK(cf, drv_begin(&d, d.c, 0));
	CF_OK(cf, drv_run(&d, d.c, "INSERT INTO u (x) VALUES (2)", "i u", DBN_NO_ARGS, NULL));
	CF_FAILS(cf, drv_run(&d, d.c, "INSERT INTO u (x) VALUES (1)", "i u", DBN_NO_ARGS, NULL),
		DBN_E_DUPLICATE, "23505");
	CF_CHECK(cf, drv_txn(&d, d.c) == DBN_TXN_FAILED, "state %u", drv_txn(&d, d.c));
	CF_FAILS(cf, drv_run(&d, d.c, "INSERT INTO u (x) VALUES (3)", "i u", DBN_NO_ARGS, NULL),
		DBN_E_TXN_FAILED, "25P02");
	CF_OK(cf, drv_rollback(&d, d.c));
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM u", "r u", DBN_NO_ARGS) == 1, "rows are left");
	drv_close(&d);
}

/* Decimals as they were written where the column keeps text. */
static void
decimals(conform *cf)
{
	static const char *const texts[] = { "12.50", "0.10", "-7", "12345678901234567890.123456789" };
	static const dbn_type text = DBN_TEXT, decimal = DBN_DECIMAL;
	drv d;

	if (!drv_open(cf, &d) || !drv_admin(&d, d.c, "CREATE TABLE q (x TEXT)"))
		return;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
		struct dbn_cursor *cur = NULL;
		drv_stmt s;
		dbn_outcome out;

		CF_OK(cf, drv_prepare_typed(&d, d.c, "INSERT INTO q (x) VALUES (?)", "i q", &text, 1, NULL, 0,
			0, &s));
		CF_OK(cf, drv_execute(&d, &s, DBN_ARGS(dbn_decimal_of(texts[i])), 0, &out, NULL));
		d.ops->close_stmt(s.s);
		CF_OK(cf, drv_prepare_typed(&d, d.c, "DELETE FROM q RETURNING x", "d q; r q x", NULL, 0,
			&decimal, 1, 0, &s));
		CF_OK(cf, drv_execute(&d, &s, DBN_NO_ARGS, DBN_EXEC_ROWS, &out, &cur));
		CF_OK(cf, d.ops->fetch(cur, 1, &r, &cf->err));
		CF_CHECK(cf, r.cells[0].type == DBN_DECIMAL && drv_text_is(&r.cells[0], texts[i]), "%s",
			texts[i]);
		d.ops->close_cursor(cur);
		d.ops->close_stmt(s.s);
	}
	drv_close(&d);
}

static const conform_case cases[] = {
	{ "sqlite.files", files, 0, 0 },
	{ "sqlite.memory_is_private", memory_is_private, 0, 0 },
	{ "sqlite.damaged_files", damaged, 0, 0 },
	{ "sqlite.moved_file", moved, 0, 0 },
	{ "sqlite.pinned_settings", pinned, 0, 0 },
	{ "sqlite.functions", functions, 0, 0 },
	{ "sqlite.virtual_tables", virtual_tables, 0, 0 },
	{ "sqlite.odd_columns", odd_columns, 0, 0 },
	{ "sqlite.full_disk", full, 0, 0 },
	{ "sqlite.killed_process", killed, 0, 0 },
	{ "sqlite.sixty_four_threads", sixty_four, 0, 60 },
	{ "sqlite.processes_at_once", processes, 0, 0 },
	{ "sqlite.thousands_of_tables", thousands, 0, 60 },
	{ "sqlite.locked_elsewhere", locked_elsewhere, 0, 0 },
	{ "sqlite.require_is_never_folded", require_constant, 0, 0 },
	{ "sqlite.broken_trigger", broken_trigger, 0, 0 },
	{ "sqlite.deferred_keys", deferred_keys, 0, 0 },
	{ "sqlite.rolled_back_by_the_schema", rolled_back_by_schema, 0, 0 },
	{ "sqlite.decimals_as_text", decimals, 0, 0 },
};

int
main(int argc, char **argv)
{
	return conform_main(argc, argv, DBN_KIND_DRIVER, cases, sizeof cases / sizeof *cases);
}
