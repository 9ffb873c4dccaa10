/* SPDX-License-Identifier: MIT */
/*
 * libdbi: it knows no prepared statements and no parameters, every value is text.
 */
#include <dbi/dbi.h>
#include <string.h>

#include "bench.h"
#include "table.h"

struct libdbi {
	dbi_inst inst;
	dbi_conn conn;
	const char *prefix;
};

static void
fail(const struct libdbi *l, const char *what)
{
	const char *why = NULL;

	(void)dbi_conn_error(l->conn, &why);
	die(what, why ? why : "libdbi does not say why");
}

static void
run(struct libdbi *l, const char *sql)
{
	dbi_result r = dbi_conn_query(l->conn, sql);

	if (!r)
		fail(l, sql);
	(void)dbi_result_free(r);
}

static void
set_options(struct libdbi *l, const char *driver, const char *where, const struct place *p)
{
	if (strcmp(driver, "sqlite") == 0) {
		const char *slash = strrchr(where, '/');
		char dir[512];

		(void)snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - where) : 1, slash ? where : ".");
		(void)dbi_conn_set_option(l->conn, "sqlite3_dbdir", dir);
		(void)dbi_conn_set_option(l->conn, "dbname", slash ? slash + 1 : where);
		return;
	}
	(void)dbi_conn_set_option(l->conn, "username", p->user);
	(void)dbi_conn_set_option(l->conn, "dbname", p->database);
	if (strcmp(driver, "mysql") == 0) {
		(void)dbi_conn_set_option(l->conn, "mysql_unix_socket", p->host);
		return;
	}
	(void)dbi_conn_set_option(l->conn, "host", p->host);
	(void)dbi_conn_set_option_numeric(l->conn, "port", (int)strtol(p->port, NULL, 10));
}

static void *
open_libdbi(const struct raw_side *raw, const char *where, const char *prefix, char *no_driver,
	size_t size)
{
	struct libdbi *l = calloc(1, sizeof *l);
	const char *name = strcmp(raw->driver, "sqlite") == 0 ? "sqlite3"
		: strcmp(raw->driver, "postgres") == 0 ? "pgsql" : "mysql";
	struct place p;

	if (!l)
		die("libdbi", "out of memory");
	l->prefix = strcmp(raw->driver, "sqlite") == 0 ? "" : prefix;
	if (dbi_initialize_r(NULL, &l->inst) < 0)
		die("libdbi", "cannot be initialised");
	l->conn = dbi_conn_new_r(name, l->inst);
	if (!l->conn) {
		(void)snprintf(no_driver, size, "libdbd-%s", name);
		dbi_shutdown_r(l->inst);
		free(l);
		return NULL;
	}
	raw->place(where, &p);
	set_options(l, raw->driver, where, &p);
	if (dbi_conn_connect(l->conn) < 0)
		fail(l, "connect");
	if (strcmp(raw->driver, "sqlite") == 0)
		run(l, "PRAGMA synchronous = NORMAL");
	return l;
}

static void
close_libdbi(void *conn)
{
	struct libdbi *l = conn;

	dbi_conn_close(l->conn);
	dbi_shutdown_r(l->inst);
	free(l);
}

static uint64_t
read_rows(struct libdbi *l, dbi_result r, const char *what)
{
	uint64_t sum = 0;

	if (!r)
		fail(l, what);
	while (dbi_result_next_row(r)) {
		const char *name = dbi_result_get_string_idx(r, 2);

		sum += row_sum(dbi_result_get_as_longlong_idx(r, 1), name, strlen(name),
			dbi_result_get_as_longlong_idx(r, 3), dbi_result_get_double_idx(r, 4));
	}
	(void)dbi_result_free(r);
	return sum;
}

static uint64_t
insert(struct libdbi *l, int64_t id)
{
	struct row row;
	char *name = NULL;
	dbi_result r;
	uint64_t n;

	row_make(&row, id);
	if (!dbi_conn_quote_string_copy(l->conn, row.name, &name))
		fail(l, "quote");
	r = dbi_conn_queryf(l->conn, "INSERT INTO %slog (id, name, age, score) VALUES (%lld, %s, %lld, %.17g)",
		l->prefix, (long long)row.id, name, (long long)row.age, row.score);
	free(name);
	if (!r)
		fail(l, "insert");
	n = dbi_result_get_numrows_affected(r) + (uint64_t)row.id;
	(void)dbi_result_free(r);
	return n;
}

static uint64_t
run_libdbi(void *conn, const struct job *job)
{
	struct libdbi *l = conn;
	uint64_t sum = 0;

	for (unsigned i = 0; i < job->n; i++)
		if (job->work == WORK_INSERT)
			sum += insert(l, job->from + i);
		else if (job->work == WORK_SELECT)
			sum += read_rows(l, dbi_conn_queryf(l->conn, "SELECT id, name, age, score FROM %susers "
				"WHERE id = %lld", l->prefix, (long long)key_of((unsigned)job->from + i)), "select");
		else
			sum += read_rows(l, dbi_conn_queryf(l->conn, "SELECT id, name, age, score FROM %susers",
				l->prefix), "scan");
	return sum;
}

const struct peer peer_libdbi = { PEER_LIBDBI, open_libdbi, close_libdbi, run_libdbi };
