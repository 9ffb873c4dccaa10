/* SPDX-License-Identifier: MIT */
/*
 * MariaDB or MySQL by its client library: statements are prepared, cells come as
 * text.
 */
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sql/engine.h"

#define CELL_MAX 4096
#define BINARY_CHARSET 63

static void
close_it(engine *e)
{
	mysql_close((MYSQL *)e->db);
}

static bool
exec(engine *e, const char *sql)
{
	MYSQL *c = (MYSQL *)e->db;
	int rc = mysql_query(c, sql);

	while (rc == 0) {
		MYSQL_RES *r = mysql_store_result(c);

		if (r)
			mysql_free_result(r);
		rc = mysql_next_result(c);
	}
	if (rc < 0)
		return true;
	(void)snprintf(e->message, sizeof e->message, "%s", mysql_error(c));
	return false;
}

static bool
rewind_it(engine *e)
{
	return exec(e, "ALTER TABLE log AUTO_INCREMENT=2");
}

static void
bind(MYSQL_BIND *b, const dbn_value *args, size_t nargs)
{
	for (size_t i = 0; i < nargs; i++) {
		const dbn_value *v = &args[i];

		switch (v->type) {
		case DBN_BOOL:
		case DBN_INT64:
			b[i].buffer_type = MYSQL_TYPE_LONGLONG;
			b[i].buffer = (void *)(uintptr_t)&v->u.i64;
			break;
		case DBN_DOUBLE:
			b[i].buffer_type = MYSQL_TYPE_DOUBLE;
			b[i].buffer = (void *)(uintptr_t)&v->u.f64;
			break;
		case DBN_TEXT:
		case DBN_BYTES:
			b[i].buffer_type = v->type == DBN_TEXT ? MYSQL_TYPE_STRING : MYSQL_TYPE_BLOB;
			b[i].buffer = (void *)(uintptr_t)v->u.ptr;
			b[i].buffer_length = (unsigned long)v->len;
			break;
		default: b[i].buffer_type = MYSQL_TYPE_NULL; break;
		}
	}
}

static char
class_of(const MYSQL_FIELD *f)
{
	switch (f->type) {
	case MYSQL_TYPE_TINY: case MYSQL_TYPE_SHORT: case MYSQL_TYPE_LONG: case MYSQL_TYPE_INT24:
	case MYSQL_TYPE_LONGLONG: case MYSQL_TYPE_FLOAT: case MYSQL_TYPE_DOUBLE:
	case MYSQL_TYPE_NEWDECIMAL: return 'n';
	case MYSQL_TYPE_VAR_STRING: case MYSQL_TYPE_STRING: case MYSQL_TYPE_BLOB:
		return f->charsetnr == BINARY_CHARSET ? '?' : 't';
	default: return '?';
	}
}

/* Names and types: what a client can tell of a column but its greatest length. */
static void
heads(MYSQL_RES *meta, answer *out)
{
	for (unsigned i = 0; i < mysql_num_fields(meta); i++) {
		const MYSQL_FIELD *f = mysql_fetch_field_direct(meta, i);

		answer_add_column(out, f->name, class_of(f));
		dbn_str_addf(&out->head, "[%s %d%s%s", f->name, (int)f->type,
			f->flags & UNSIGNED_FLAG ? "u" : "", f->charsetnr == BINARY_CHARSET ? "b" : "");
		if (f->type == MYSQL_TYPE_NEWDECIMAL)
			dbn_str_addf(&out->head, " %lu,%u", f->length, f->decimals);
		dbn_str_adds(&out->head, "]");
	}
}

/* false: the server told an error between the rows. */
static bool
fetch(MYSQL_STMT *st, unsigned n, answer *out)
{
	MYSQL_BIND *b = calloc(n, sizeof *b);
	unsigned long *len = calloc(n, sizeof *len);
	my_bool *null = calloc(n, sizeof *null);
	char *cells = malloc((size_t)n * CELL_MAX);
	dbn_str row, loose;
	int rc;

	if (!b || !len || !null || !cells)
		abort();
	dbn_str_init(&row, 0);
	dbn_str_init(&loose, 0);
	for (unsigned i = 0; i < n; i++) {
		b[i].buffer_type = MYSQL_TYPE_STRING;
		b[i].buffer = cells + (size_t)i * CELL_MAX;
		b[i].buffer_length = CELL_MAX;
		b[i].length = &len[i];
		b[i].is_null = &null[i];
	}
	rc = mysql_stmt_bind_result(st, b);
	while (rc == 0 && ((rc = mysql_stmt_fetch(st)) == 0 || rc == MYSQL_DATA_TRUNCATED)) {
		dbn_str_reset(&row);
		dbn_str_reset(&loose);
		for (unsigned i = 0; i < n; i++) {
			const char *cell = cells + (size_t)i * CELL_MAX;
			size_t got = null[i] ? 0 : len[i] < CELL_MAX ? len[i] : CELL_MAX;

			dbn_str_addf(&row, "%s%.*s|", null[i] ? "null" : "=", (int)got, cell);
			answer_loose(&loose, dbn_str_z(&out->classes)[i], null[i], cell, got);
		}
		answer_add_row(out, dbn_str_z(&row), dbn_str_z(&loose));
		rc = 0;
	}
	dbn_str_free(&row);
	dbn_str_free(&loose);
	free(cells);
	free(null);
	free(len);
	free(b);
	return rc == MYSQL_NO_DATA;
}

static void
run(engine *e, const char *sql, const dbn_value *args, size_t nargs, answer *out)
{
	MYSQL_STMT *st = mysql_stmt_init((MYSQL *)e->db);
	MYSQL_BIND *b = calloc(nargs + 1, sizeof *b);
	MYSQL_RES *meta = NULL;
	unsigned code;
	bool whole = true;
	char why[24];

	if (!st || !b)
		abort();
	bind(b, args, nargs);
	if (mysql_stmt_prepare(st, sql, (unsigned long)strlen(sql)) == 0 &&
		(!nargs || mysql_stmt_bind_param(st, b) == 0) && mysql_stmt_execute(st) == 0) {
		meta = mysql_stmt_result_metadata(st);
		if (meta) {
			heads(meta, out);
			whole = fetch(st, mysql_num_fields(meta), out);
			out->changed = (int64_t)out->nrows;
		} else {
			out->changed = (int64_t)mysql_stmt_affected_rows(st);
		}
	}
	/* Between rows the statement's own code stays 0. */
	code = mysql_stmt_errno(st) || whole ? mysql_stmt_errno(st) : mysql_errno((MYSQL *)e->db);
	if (code || !whole) {
		(void)snprintf(why, sizeof why, "%u", code);
		answer_fail(out, why, mysql_stmt_errno(st) ? mysql_stmt_error(st) :
			mysql_error((MYSQL *)e->db));
	}
	if (meta)
		mysql_free_result(meta);
	(void)mysql_stmt_close(st);
	free(b);
}

/* As the driver sets it: see its README. */
#define MODES "STRICT_ALL_TABLES,STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE," \
	"ERROR_FOR_DIVISION_BY_ZERO,NO_BACKSLASH_ESCAPES,ONLY_FULL_GROUP_BY,ANSI_QUOTES," \
	"PIPES_AS_CONCAT,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION"

bool
engine_open_mysql(engine *e, const char *database, const char *user, int how)
{
	static const engine_ops ops = { close_it, run, exec, rewind_it };
	MYSQL *c = mysql_init(NULL);

	(void)how; /* the schema is the connection's own: canonical text does not name it */
	memset(e, 0, sizeof *e);
	if (!c)
		return false;
	e->ops = &ops;
	e->db = c;
	(void)mysql_options(c, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	if (!mysql_real_connect(c, NULL, user, NULL, database, 0,
		getenv("DBN_TEST_MYSQL_SOCKET"), CLIENT_MULTI_STATEMENTS)) {
		(void)snprintf(e->message, sizeof e->message, "%s", mysql_error(c));
		return false;
	}
	return exec(e, "SET NAMES utf8mb4 COLLATE utf8mb4_nopad_bin; SET time_zone='+00:00';"
		" SET sql_mode='" MODES "' ") && exec(e, "SET sql_mode=CONCAT(@@sql_mode,"
		"IF(VERSION() LIKE '%MariaDB%', ',SIMULTANEOUS_ASSIGNMENT', ''))");
}
