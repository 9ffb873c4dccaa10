/* SPDX-License-Identifier: MIT */
/*
 * The client library of MariaDB or MySQL at its best: everything prepared, binary
 * in both directions, many rows by whichever of several ways is the fastest.
 */
#include <mysql.h>
#include <stdbool.h>
#include <string.h>

#include "bench.h"

#define COLUMNS "(id bigint NOT NULL PRIMARY KEY, name varchar(60) NOT NULL, age bigint NOT NULL, " \
	"score double NOT NULL)"
#define KEYED "(id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(60) NOT NULL, " \
	"age bigint NOT NULL, score double NOT NULL)"
#define VALUES_MAX 1000u

struct raw {
	MYSQL *db;
	const char *prefix;
	MYSQL_STMT *select, *scan, *big, *insert, *keyed, *update, *values, *keyed_values;
	unsigned nvalues, nkeyed;        /* rows of the two */
	/* the row being read */
	int64_t id, age;
	double score;
	char name[64];
	unsigned long length;
	struct row *rows;
	unsigned nrows;
	unsigned long *lengths;          /* of the names of rows */
	int64_t *ids, *ages;
	double *scores;
	const char **names;
};

static void
must(MYSQL *db, MYSQL_STMT *s, int rc, const char *what)
{
	if (rc)
		die(what, s && mysql_stmt_errno(s) ? mysql_stmt_error(s) : mysql_error(db));
}

static void
run(MYSQL *db, const char *sql)
{
	must(db, NULL, mysql_query(db, sql), sql);
}

static MYSQL *
connect_to(const char *where)
{
	MYSQL *db = mysql_init(NULL);
	const char *socket = strstr(where, "socket=");

	if (!db || !socket || !mysql_real_connect(db, NULL, "tester", "", "dbn", 0, socket + 7, 0))
		die("connect", db ? mysql_error(db) : where);
	(void)mysql_set_character_set(db, "utf8mb4");
	return db;
}

static MYSQL_STMT *
prepare(struct raw *r, const char *before, const char *after)
{
	MYSQL_STMT *s = mysql_stmt_init(r->db);
	char sql[512];

	(void)snprintf(sql, sizeof sql, "%s%s%s", before, r->prefix, after);
	if (!s)
		die("prepare", "out of memory");
	must(r->db, s, mysql_stmt_prepare(s, sql, strlen(sql)), sql);
	return s;
}

static void
make(const char *where, const char *prefix, unsigned big)
{
	static const char *const names[] = { "users", "log", "keyed", "big" };
	MYSQL *db = connect_to(where);
	char sql[1024];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		(void)snprintf(sql, sizeof sql, "DROP TABLE IF EXISTS %s%s", prefix, names[i]);
		run(db, sql);
		(void)snprintf(sql, sizeof sql, "CREATE TABLE %s%s %s ENGINE = InnoDB", prefix, names[i],
			i == 2 ? KEYED : COLUMNS);
		run(db, sql);
	}
	for (int i = 0; i < 2; i++) {
		(void)snprintf(sql, sizeof sql, "INSERT INTO %s%s WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL "
			"SELECT i + 1 FROM n WHERE i < %u) SELECT i, left(repeat(char(97 + i %% 26), 20), "
			"6 + i %% 11), i %% 90, (i %% 1000) / 4 FROM n", prefix, i ? "big" : "users",
			i ? big : USERS);
		run(db, "SET SESSION max_recursive_iterations = 4000000000");
		run(db, sql);
	}
	mysql_close(db);
}

static void
number(MYSQL_BIND *b, void *at, enum enum_field_types type)
{
	b->buffer_type = type;
	b->buffer = at;
}

/* Where a row of the four columns is read to. */
static void
bind_row(struct raw *r, MYSQL_STMT *s)
{
	MYSQL_BIND b[4];

	memset(b, 0, sizeof b);
	number(&b[0], &r->id, MYSQL_TYPE_LONGLONG);
	number(&b[1], r->name, MYSQL_TYPE_STRING);
	b[1].buffer_length = sizeof r->name;
	b[1].length = &r->length;
	number(&b[2], &r->age, MYSQL_TYPE_LONGLONG);
	number(&b[3], &r->score, MYSQL_TYPE_DOUBLE);
	must(r->db, s, mysql_stmt_bind_result(s, b), "bind");
}

static void *
open_raw(const char *where, const char *prefix)
{
	struct raw *r = calloc(1, sizeof *r);

	if (!r)
		die("raw", "out of memory");
	r->prefix = prefix;
	r->db = connect_to(where);
	r->select = prepare(r, "SELECT id, name, age, score FROM ", "users WHERE id = ?");
	r->scan = prepare(r, "SELECT id, name, age, score FROM ", "users");
	r->big = prepare(r, "SELECT id, name, age, score FROM ", "big");
	r->insert = prepare(r, "INSERT INTO ", "log (id, name, age, score) VALUES (?, ?, ?, ?)");
	r->keyed = prepare(r, "INSERT INTO ", "keyed (name, age, score) VALUES (?, ?, ?)");
	r->update = prepare(r, "UPDATE ", "users SET age = ? WHERE id = ?");
	bind_row(r, r->select);
	bind_row(r, r->scan);
	bind_row(r, r->big);
	return r;
}

static void
close_raw(void *raw)
{
	struct raw *r = raw;
	MYSQL_STMT *all[] = { r->select, r->scan, r->big, r->insert, r->keyed, r->update, r->values,
		r->keyed_values };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i])
			(void)mysql_stmt_close(all[i]);
	mysql_close(r->db);
	free(r->rows);
	free(r->lengths);
	free(r->ids);
	free(r->ages);
	free(r->scores);
	free(r->names);
	free(r);
}

/* ---- one by one ---- */

static uint64_t
read_row(const struct raw *r)
{
	return row_sum(r->id, r->name, r->length, r->age, r->score);
}

static uint64_t
selects(struct raw *r, const struct job *job)
{
	uint64_t sum = 0;
	int64_t key = 0;
	MYSQL_BIND b = { .buffer_type = MYSQL_TYPE_LONGLONG, .buffer = &key };

	must(r->db, r->select, mysql_stmt_bind_param(r->select, &b), "select");
	for (unsigned i = 0; i < job->n; i++) {
		key = key_of((unsigned)job->from + i);
		must(r->db, r->select, mysql_stmt_execute(r->select), "select");
		must(r->db, r->select, mysql_stmt_fetch(r->select), "select");
		sum += read_row(r);
		if (mysql_stmt_fetch(r->select) != MYSQL_NO_DATA)
			die("select", "too many rows");
	}
	return sum;
}

static uint64_t
scans(struct raw *r, MYSQL_STMT *s, unsigned n)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < n; i++) {
		int rc;

		must(r->db, s, mysql_stmt_execute(s), "scan");
		while ((rc = mysql_stmt_fetch(s)) == 0)
			sum += read_row(r);
		if (rc != MYSQL_NO_DATA)
			die("scan", mysql_stmt_error(s));
	}
	return sum;
}

/* Parameters of one row, from the column'th of the four on; bound to where it is. */
static void
bind_params(MYSQL_BIND *b, struct row *row, unsigned long *length, int first)
{
	MYSQL_BIND all[4];

	memset(all, 0, sizeof all);
	number(&all[0], &row->id, MYSQL_TYPE_LONGLONG);
	number(&all[1], row->name, MYSQL_TYPE_STRING);
	*length = strlen(row->name);
	all[1].length = length;
	all[1].buffer_length = *length;
	number(&all[2], &row->age, MYSQL_TYPE_LONGLONG);
	number(&all[3], &row->score, MYSQL_TYPE_DOUBLE);
	memcpy(b, all + first, (size_t)(4 - first) * sizeof *b);
}

static uint64_t
inserts(struct raw *r, const struct job *job)
{
	uint64_t sum = 0;
	unsigned long length;
	struct row row;
	MYSQL_BIND b[4];

	for (unsigned i = 0; i < job->n; i++) {
		row_make(&row, job->from + i);
		bind_params(b, &row, &length, 0);
		must(r->db, r->insert, mysql_stmt_bind_param(r->insert, b), "insert");
		must(r->db, r->insert, mysql_stmt_execute(r->insert), "insert");
		sum += mysql_stmt_affected_rows(r->insert) + (uint64_t)row.id;
	}
	return sum;
}

static uint64_t
updates(struct raw *r, unsigned n)
{
	uint64_t sum = 0;
	int64_t age = 0, key = 0;
	MYSQL_BIND b[2] = { { .buffer_type = MYSQL_TYPE_LONGLONG, .buffer = &age },
		{ .buffer_type = MYSQL_TYPE_LONGLONG, .buffer = &key } };

	must(r->db, r->update, mysql_stmt_bind_param(r->update, b), "update");
	for (unsigned i = 0; i < n; i++) {
		age = i % 90;
		key = key_of(i);
		must(r->db, r->update, mysql_stmt_execute(r->update), "update");
		sum += mysql_stmt_affected_rows(r->update) <= 1;
	}
	return sum;
}

/* ---- many rows ---- */

static MYSQL_STMT *
prepare_values(struct raw *r, unsigned n, bool keyed)
{
	size_t size = 128 + (size_t)n * 16, at;
	MYSQL_STMT *s = mysql_stmt_init(r->db);
	char *sql = malloc(size);

	if (!sql || !s)
		die("values", "out of memory");
	at = (size_t)snprintf(sql, size, keyed ? "INSERT INTO %skeyed (name, age, score) VALUES "
		: "INSERT INTO %slog (id, name, age, score) VALUES ", r->prefix);
	for (unsigned i = 0; i < n; i++)
		at += (size_t)snprintf(sql + at, size - at, "%s(%s?, ?, ?)", i ? ", " : "",
			keyed ? "" : "?, ");
	must(r->db, s, mysql_stmt_prepare(s, sql, at), "values");
	free(sql);
	return s;
}

static uint64_t
by_values(struct raw *r, bool keyed)
{
	static MYSQL_BIND b[4 * VALUES_MAX];
	unsigned step = r->nrows < VALUES_MAX ? r->nrows : VALUES_MAX, wide = keyed ? 3 : 4;
	MYSQL_STMT **s = keyed ? &r->keyed_values : &r->values;
	unsigned *is = keyed ? &r->nkeyed : &r->nvalues;
	uint64_t sum = 0;

	if (*is != step) {
		if (*s)
			(void)mysql_stmt_close(*s);
		*s = prepare_values(r, step, keyed);
		*is = step;
	}
	if (step < r->nrows)
		run(r->db, "START TRANSACTION");
	for (unsigned at = 0; at + step <= r->nrows; at += step) {
		for (unsigned i = 0; i < step; i++)
			bind_params(b + (size_t)i * wide, &r->rows[at + i], &r->lengths[i], keyed);
		must(r->db, *s, mysql_stmt_bind_param(*s, b), "values");
		must(r->db, *s, mysql_stmt_execute(*s), "values");
		sum += keyed && !mysql_stmt_insert_id(*s) ? 0 : mysql_stmt_affected_rows(*s);
	}
	if (step < r->nrows)
		run(r->db, "COMMIT");
	return sum;
}

#ifdef MARIADB_PACKAGE_VERSION_ID
static uint64_t
by_arrays(struct raw *r)
{
	unsigned int rows = r->nrows, none = 0;
	MYSQL_BIND b[4];

	memset(b, 0, sizeof b);
	for (unsigned i = 0; i < r->nrows; i++) {
		r->ids[i] = r->rows[i].id;
		r->names[i] = r->rows[i].name;
		r->lengths[i] = strlen(r->rows[i].name);
		r->ages[i] = r->rows[i].age;
		r->scores[i] = r->rows[i].score;
	}
	number(&b[0], r->ids, MYSQL_TYPE_LONGLONG);
	number(&b[1], r->names, MYSQL_TYPE_STRING);
	b[1].length = r->lengths;
	number(&b[2], r->ages, MYSQL_TYPE_LONGLONG);
	number(&b[3], r->scores, MYSQL_TYPE_DOUBLE);
	(void)mysql_stmt_attr_set(r->insert, STMT_ATTR_ARRAY_SIZE, &rows);
	must(r->db, r->insert, mysql_stmt_bind_param(r->insert, b), "arrays");
	must(r->db, r->insert, mysql_stmt_execute(r->insert), "arrays");
	rows = (unsigned)mysql_stmt_affected_rows(r->insert);
	(void)mysql_stmt_attr_set(r->insert, STMT_ATTR_ARRAY_SIZE, &none);
	return rows;
}
#endif

static uint64_t
one_by_one(struct raw *r)
{
	uint64_t sum = 0;
	unsigned long length;
	MYSQL_BIND b[4];

	run(r->db, "START TRANSACTION");
	for (unsigned i = 0; i < r->nrows; i++) {
		bind_params(b, &r->rows[i], &length, 1);
		must(r->db, r->keyed, mysql_stmt_bind_param(r->keyed, b), "keyed");
		must(r->db, r->keyed, mysql_stmt_execute(r->keyed), "keyed");
		sum += mysql_stmt_insert_id(r->keyed) > 0;
	}
	run(r->db, "COMMIT");
	return sum;
}

#define ROOM(p, n) do { \
		(p) = realloc((p), (n) * sizeof *(p)); \
		if (!(p)) \
			die("batch", "out of memory"); \
	} while (0)

static uint64_t
batches(struct raw *r, const struct job *job, unsigned way)
{
	int64_t id = job->from;
	uint64_t sum = 0;

	r->nrows = job->batch;
	ROOM(r->rows, r->nrows);
	ROOM(r->lengths, r->nrows);
	ROOM(r->ids, r->nrows);
	ROOM(r->ages, r->nrows);
	ROOM(r->scores, r->nrows);
	ROOM(r->names, r->nrows);
	for (unsigned i = 0; i < job->n; i++) {
		for (unsigned k = 0; k < r->nrows; k++, id++) {
			row_make(&r->rows[k], id);
			sum += job->work == WORK_KEYS ? 0 : (uint64_t)id;
		}
		if (job->work == WORK_KEYS)
			sum += way ? one_by_one(r) : by_values(r, true);
#ifdef MARIADB_PACKAGE_VERSION_ID
		else if (way)
			sum += by_arrays(r);
#endif
		else
			sum += by_values(r, false);
	}
	return sum;
}

static uint64_t
run_raw(void *raw, const struct job *job, unsigned way)
{
	struct raw *r = raw;

	switch (job->work) {
	case WORK_SELECT:
		return selects(r, job);
	case WORK_INSERT:
		return inserts(r, job);
	case WORK_UPDATE:
		return updates(r, job->n);
	case WORK_BATCH:
	case WORK_KEYS:
		return batches(r, job, way);
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
	const char *socket = strstr(where, "socket=");

	memset(out, 0, sizeof *out);
	(void)snprintf(out->host, sizeof out->host, "%s", socket ? socket + 7 : "");
	(void)snprintf(out->user, sizeof out->user, "tester");
	(void)snprintf(out->database, sizeof out->database, "dbn");
}

#ifdef MARIADB_PACKAGE_VERSION_ID
static const char *const batch[] = { "VALUES of many rows", "arrays", NULL };
#else
static const char *const batch[] = { "VALUES of many rows", NULL };
#endif
static const char *const keys[] = { "VALUES of many rows", "one by one", NULL };
static const char *const big[] = { "fetch", NULL };
const struct raw_side raw_mysql = { "libmysqlclient", "mysql", make, open_raw, close_raw, batch, keys,
	big, run_raw, NULL, place };
