/* SPDX-License-Identifier: MIT */
/*
 * SQLite by its own library.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "sql/engine.h"

static void
close_it(engine *e)
{
	(void)sqlite3_close((sqlite3 *)e->db);
}

static bool
exec(engine *e, const char *sql)
{
	if (sqlite3_exec((sqlite3 *)e->db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return true;
	(void)snprintf(e->message, sizeof e->message, "%s", sqlite3_errmsg((sqlite3 *)e->db));
	return false;
}

static bool
rewind_it(engine *e)
{
	(void)e; /* sqlite_sequence is rolled back with the rest */
	return true;
}

static void
bind(sqlite3_stmt *st, const dbn_value *args, size_t nargs)
{
	for (size_t i = 0; i < nargs; i++) {
		const dbn_value *v = &args[i];
		int at = (int)i + 1;

		switch (v->type) {
		case DBN_BOOL:
		case DBN_INT64: (void)sqlite3_bind_int64(st, at, v->u.i64); break;
		case DBN_DOUBLE: (void)sqlite3_bind_double(st, at, v->u.f64); break;
		case DBN_TEXT: (void)sqlite3_bind_text(st, at, (const char *)v->u.ptr, (int)v->len,
			SQLITE_TRANSIENT); break;
		case DBN_BYTES: (void)sqlite3_bind_blob(st, at, v->len ? v->u.ptr : "", (int)v->len,
			SQLITE_TRANSIENT); break;
		default: (void)sqlite3_bind_null(st, at); break;
		}
	}
}

static void
add_cell(dbn_str *out, dbn_str *loose, sqlite3_stmt *st, int i)
{
	const unsigned char *p;
	int type = sqlite3_column_type(st, i);

	switch (type) {
	case SQLITE_NULL: dbn_str_adds(out, "null"); break;
	case SQLITE_INTEGER: dbn_str_addf(out, "i%lld", sqlite3_column_int64(st, i)); break;
	case SQLITE_FLOAT: dbn_str_addf(out, "f%.17g", sqlite3_column_double(st, i)); break;
	case SQLITE_TEXT: dbn_str_addf(out, "t%s", (const char *)sqlite3_column_text(st, i)); break;
	default:
		dbn_str_adds(out, "b");
		p = (const unsigned char *)sqlite3_column_blob(st, i);
		for (int k = 0; k < sqlite3_column_bytes(st, i); k++)
			dbn_str_addf(out, "%02x", p[k]);
		break;
	}
	dbn_str_addc(out, '|');
	answer_loose(loose, type == SQLITE_TEXT ? 't' : type == SQLITE_BLOB ? '?' : 'n',
		type == SQLITE_NULL, (const char *)sqlite3_column_text(st, i),
		(size_t)sqlite3_column_bytes(st, i));
}

static void
run(engine *e, const char *sql, const dbn_value *args, size_t nargs, answer *out)
{
	sqlite3 *db = (sqlite3 *)e->db;
	sqlite3_stmt *st = NULL;
	char why[24];
	dbn_str row, loose;
	int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

	dbn_str_init(&row, 0);
	dbn_str_init(&loose, 0);
	if (rc == SQLITE_OK) {
		bind(st, args, nargs);
		for (int i = 0; i < sqlite3_column_count(st); i++) {
			const char *type = sqlite3_column_decltype(st, i);

			dbn_str_addf(&out->head, "[%s %s]", sqlite3_column_name(st, i), type ? type : "-");
			answer_add_column(out, sqlite3_column_name(st, i), 'd');
		}
		while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
			dbn_str_reset(&row);
			dbn_str_reset(&loose);
			for (int i = 0; i < sqlite3_column_count(st); i++)
				add_cell(&row, &loose, st, i);
			answer_add_row(out, dbn_str_z(&row), dbn_str_z(&loose));
		}
		out->changed = sqlite3_stmt_readonly(st) ? 0 : sqlite3_changes64(db);
	}
	if (rc != SQLITE_DONE) {
		(void)snprintf(why, sizeof why, "%d", sqlite3_extended_errcode(db));
		answer_fail(out, why, sqlite3_errmsg(db));
	}
	(void)sqlite3_finalize(st);
	dbn_str_free(&row);
	dbn_str_free(&loose);
}

/* As the driver has it: names in double quotes are names, LIKE ignores case. */
bool
engine_open_sqlite(engine *e, const char *file)
{
	static const engine_ops ops = { close_it, run, exec, rewind_it };
	sqlite3 *db = NULL;
	int rc = sqlite3_open(file, &db);

	memset(e, 0, sizeof *e);
	e->ops = &ops;
	e->db = db;
	if (rc != SQLITE_OK)
		return false;
	(void)sqlite3_busy_timeout(db, 60000);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	return exec(e, "PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON");
}
