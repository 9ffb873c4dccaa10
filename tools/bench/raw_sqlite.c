/* SPDX-License-Identifier: MIT */
/*
 * The bare side: what a careful program does with sqlite3 and nothing else.
 * Statements prepared once, a connection that reads and one that writes, the
 * same open flags and pragmas as the driver uses.
 */
#include "bench.h"

#include <sqlite3.h>
#include <string.h>

struct raw {
	sqlite3 *reader, *writer;
	sqlite3_stmt *select, *scan, *big, *insert, *keyed, *update, *begin, *commit;
};

static void
check(sqlite3 *db, int rc, const char *what)
{
	if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ROW)
		die(what, db ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
}

static void
run(sqlite3 *db, const char *sql)
{
	check(db, sqlite3_exec(db, sql, NULL, NULL, NULL), sql);
}

static sqlite3 *
open_db(const char *path, int read_only)
{
	sqlite3 *db = NULL;

	check(db, sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
		SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE, NULL), path);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	run(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;"
		"PRAGMA recursive_triggers = ON; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;"
		"PRAGMA cache_size = -16384; PRAGMA mmap_size = 0; PRAGMA wal_autocheckpoint = 1000");
	if (read_only)
		run(db, "PRAGMA query_only = ON");
	return db;
}

static sqlite3_stmt *
prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt = NULL;

	check(db, sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL), sql);
	return stmt;
}

static void
bind_row(sqlite3_stmt *stmt, const struct row *r)
{
	(void)sqlite3_bind_int64(stmt, 1, r->id);
	(void)sqlite3_bind_text(stmt, 2, r->name, (int)strlen(r->name), SQLITE_STATIC);
	(void)sqlite3_bind_int64(stmt, 3, r->age);
	(void)sqlite3_bind_double(stmt, 4, r->score);
}

#define COLUMNS "(id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INTEGER NOT NULL, score REAL NOT NULL)"

static void
fill(sqlite3 *db, const char *table, unsigned n)
{
	char sql[96];
	sqlite3_stmt *stmt;

	(void)snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (?, ?, ?, ?)", table);
	stmt = prepare(db, sql);
	for (unsigned i = 1; i <= n; i++) {
		struct row r;

		row_make(&r, i);
		bind_row(stmt, &r);
		check(db, sqlite3_step(stmt), "fill");
		(void)sqlite3_reset(stmt);
	}
	(void)sqlite3_finalize(stmt);
}

/* A file for each side: prefixes are not needed. */
static void
make_file(const char *path, const char *prefix, unsigned big)
{
	sqlite3 *db = open_db(path, 0);

	(void)prefix;
	run(db, "CREATE TABLE users " COLUMNS);
	run(db, "CREATE TABLE log " COLUMNS);
	run(db, "CREATE TABLE keyed " COLUMNS);
	run(db, "CREATE TABLE big " COLUMNS);
	run(db, "BEGIN");
	fill(db, "users", USERS);
	fill(db, "big", big);
	run(db, "COMMIT");
	run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
	(void)sqlite3_close(db);
}

static void *
raw_open(const char *path, const char *prefix)
{
	struct raw *r = calloc(1, sizeof *r);

	(void)prefix;
	if (!r)
		die("raw", "out of memory");
	r->writer = open_db(path, 0);
	r->reader = open_db(path, 1);
	r->select = prepare(r->reader, "SELECT id, name, age, score FROM users WHERE id = ?");
	r->scan = prepare(r->reader, "SELECT id, name, age, score FROM users");
	r->big = prepare(r->reader, "SELECT id, name, age, score FROM big");
	r->insert = prepare(r->writer, "INSERT INTO log (id, name, age, score) VALUES (?, ?, ?, ?)");
	r->keyed = prepare(r->writer, "INSERT INTO keyed (name, age, score) VALUES (?2, ?3, ?4)");
	r->update = prepare(r->writer, "UPDATE users SET age = ? WHERE id = ?");
	r->begin = prepare(r->writer, "BEGIN IMMEDIATE");
	r->commit = prepare(r->writer, "COMMIT");
	return r;
}

static void
raw_close(void *raw)
{
	struct raw *r = raw;
	sqlite3_stmt *all[] = { r->select, r->scan, r->big, r->insert, r->keyed, r->update, r->begin,
		r->commit };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		(void)sqlite3_finalize(all[i]);
	(void)sqlite3_close(r->reader);
	(void)sqlite3_close(r->writer);
	free(r);
}

static uint64_t
read_row(sqlite3_stmt *stmt)
{
	int64_t id = sqlite3_column_int64(stmt, 0);
	const char *name = (const char *)sqlite3_column_text(stmt, 1);
	size_t len = (size_t)sqlite3_column_bytes(stmt, 1);

	return row_sum(id, name, len, sqlite3_column_int64(stmt, 2), sqlite3_column_double(stmt, 3));
}

static uint64_t
selects(struct raw *r, const struct job *job)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < job->n; i++) {
		(void)sqlite3_bind_int64(r->select, 1, key_of((unsigned)job->from + i));
		if (sqlite3_step(r->select) != SQLITE_ROW)
			die("select", sqlite3_errmsg(r->reader));
		sum += read_row(r->select);
		(void)sqlite3_reset(r->select);
	}
	return sum;
}

static uint64_t
scans(struct raw *r, sqlite3_stmt *stmt, unsigned n)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < n; i++) {
		int rc;

		while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
			sum += read_row(stmt);
		if (rc != SQLITE_DONE)
			die("scan", sqlite3_errmsg(r->reader));
		(void)sqlite3_reset(stmt);
	}
	return sum;
}

static void
insert_one(struct raw *r, sqlite3_stmt *stmt, int64_t id)
{
	struct row row;

	row_make(&row, id);
	bind_row(stmt, &row);
	if (sqlite3_step(stmt) != SQLITE_DONE)
		die("insert", sqlite3_errmsg(r->writer));
	(void)sqlite3_reset(stmt);
}

static uint64_t
updates(struct raw *r, unsigned n)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < n; i++) {
		(void)sqlite3_bind_int64(r->update, 1, (int64_t)i % 90);
		(void)sqlite3_bind_int64(r->update, 2, key_of(i));
		if (sqlite3_step(r->update) != SQLITE_DONE)
			die("update", sqlite3_errmsg(r->writer));
		(void)sqlite3_reset(r->update);
		sum += (uint64_t)sqlite3_changes(r->writer);
	}
	return sum;
}

static uint64_t
batches(struct raw *r, const struct job *job)
{
	int64_t id = job->from;
	uint64_t sum = 0;

	for (unsigned i = 0; i < job->n; i++) {
		check(r->writer, sqlite3_step(r->begin), "begin");
		(void)sqlite3_reset(r->begin);
		for (unsigned k = 0; k < job->batch; k++, id++) {
			insert_one(r, job->work == WORK_KEYS ? r->keyed : r->insert, id);
			sum += job->work == WORK_KEYS ? sqlite3_last_insert_rowid(r->writer) > 0
				: (uint64_t)id + (uint64_t)sqlite3_changes(r->writer);
		}
		check(r->writer, sqlite3_step(r->commit), "commit");
		(void)sqlite3_reset(r->commit);
	}
	return sum;
}

static uint64_t
raw_run(void *raw, const struct job *job, unsigned way)
{
	struct raw *r = raw;
	uint64_t sum = 0;

	(void)way;
	switch (job->work) {
	case WORK_SELECT:
		return selects(r, job);
	case WORK_INSERT:
		for (unsigned i = 0; i < job->n; i++) {
			insert_one(r, r->insert, job->from + i);
			sum += (uint64_t)sqlite3_changes(r->writer) + (uint64_t)(job->from + i);
		}
		return sum;
	case WORK_UPDATE:
		return updates(r, job->n);
	case WORK_BATCH:
	case WORK_KEYS:
		return batches(r, job);
	case WORK_SCAN:
		return scans(r, r->scan, job->n);
	case WORK_BIG:
		return scans(r, r->big, job->n);
	default:
		return 0;
	}
}

static void
place(const char *where, struct place *out)
{
	memset(out, 0, sizeof *out);
	(void)snprintf(out->database, sizeof out->database, "%s", where);
}

static const char *const batch[] = { "one by one in a transaction", NULL };
static const char *const big[] = { "step", NULL };
const struct raw_side raw_sqlite = { "sqlite3", "sqlite", make_file, raw_open, raw_close, batch,
	batch, big, raw_run, NULL, place };
