/* SPDX-License-Identifier: MIT */
/*
 * PostgreSQL by libpq, values and cells as text.
 */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sql/engine.h"

static void
close_it(engine *e)
{
	PQfinish((PGconn *)e->db);
}

static bool
exec(engine *e, const char *sql)
{
	PGresult *r = PQexec((PGconn *)e->db, sql);
	bool ok = PQresultStatus(r) == PGRES_COMMAND_OK || PQresultStatus(r) == PGRES_TUPLES_OK;

	if (!ok)
		(void)snprintf(e->message, sizeof e->message, "%s", PQerrorMessage((PGconn *)e->db));
	PQclear(r);
	return ok;
}

static bool
rewind_it(engine *e)
{
	return exec(e, "SELECT pg_catalog.setval(c.oid, 1000, false) FROM pg_catalog.pg_class c "
		"WHERE c.relkind = 'S'");
}

static char *
text_of(const dbn_value *v)
{
	dbn_str s;
	char *z;

	dbn_str_init(&s, 0);
	switch (v->type) {
	case DBN_BOOL: dbn_str_adds(&s, v->u.i64 ? "t" : "f"); break;
	case DBN_INT64: dbn_str_addi(&s, v->u.i64); break;
	case DBN_DOUBLE: dbn_str_addf(&s, "%.17g", v->u.f64); break;
	case DBN_BYTES:
		dbn_str_adds(&s, "\\x");
		for (size_t i = 0; i < v->len; i++)
			dbn_str_addf(&s, "%02x", ((const unsigned char *)v->u.ptr)[i]);
		break;
	case DBN_NULL: dbn_str_free(&s); return NULL;
	default: dbn_str_add(&s, (const char *)v->u.ptr, (size_t)v->len); break;
	}
	z = strdup(dbn_str_z(&s));
	dbn_str_free(&s);
	return z;
}

static char
class_of(Oid type)
{
	switch (type) {
	case 16: return 'b';
	case 20: case 21: case 23: case 700: case 701: case 1700: return 'n';
	case 25: case 1042: case 1043: return 't';
	default: return '?';
	}
}

static void
add_cell(dbn_str *row, dbn_str *loose, char class, const PGresult *r, int k, int i)
{
	const char *text = PQgetvalue(r, k, i);
	bool null = PQgetisnull(r, k, i);

	dbn_str_addf(row, "%s%s|", null ? "null" : "=", text);
	if (class == 'b')
		answer_loose(loose, 'n', null, *text == 't' ? "1" : "0", 1);
	else
		answer_loose(loose, class, null, text, (size_t)PQgetlength(r, k, i));
}

static void
take(PGresult *r, answer *out)
{
	dbn_str row, loose;

	dbn_str_init(&row, 0);
	dbn_str_init(&loose, 0);
	for (int i = 0; i < PQnfields(r); i++) {
		char class = class_of(PQftype(r, i));

		dbn_str_addf(&out->head, "[%s %u %d]", PQfname(r, i), PQftype(r, i), PQfmod(r, i));
		answer_add_column(out, PQfname(r, i), class == 'b' ? 'n' : class);
	}
	for (int k = 0; k < PQntuples(r); k++) {
		dbn_str_reset(&row);
		dbn_str_reset(&loose);
		for (int i = 0; i < PQnfields(r); i++)
			add_cell(&row, &loose, class_of(PQftype(r, i)), r, k, i);
		answer_add_row(out, dbn_str_z(&row), dbn_str_z(&loose));
	}
	out->changed = strtoll(PQcmdTuples(r), NULL, 10);
	dbn_str_free(&row);
	dbn_str_free(&loose);
}

static void
run(engine *e, const char *sql, const dbn_value *args, size_t nargs, answer *out)
{
	PGconn *c = (PGconn *)e->db;
	char **text = calloc(nargs + 1, sizeof *text);
	PGresult *r;

	if (!text)
		abort();
	for (size_t i = 0; i < nargs; i++)
		text[i] = text_of(&args[i]);
	r = PQexecParams(c, sql, (int)nargs, NULL, (const char *const *)text, NULL, NULL, 0);
	if (PQresultStatus(r) == PGRES_COMMAND_OK || PQresultStatus(r) == PGRES_TUPLES_OK)
		take(r, out);
	else
		answer_fail(out, PQresultErrorField(r, PG_DIAG_SQLSTATE) ?
			PQresultErrorField(r, PG_DIAG_SQLSTATE) : "?", PQerrorMessage(c));
	PQclear(r);
	for (size_t i = 0; i < nargs; i++)
		free(text[i]);
	free(text);
}

static const char *
wanted(const char *name)
{
	const char *v = getenv(name);

	return v ? v : "";
}

bool
engine_open_postgres(engine *e, const char *database, int how)
{
	static const engine_ops ops = { close_it, run, exec, rewind_it };
	const char *keys[] = { "host", "port", "user", "dbname", "client_encoding", NULL };
	const char *values[] = { wanted("DBN_TEST_PG_DIR"), wanted("DBN_TEST_PG_PORT"), "tester",
		database, "UTF8", NULL };
	PGconn *c = PQconnectdbParams(keys, values, 0);

	memset(e, 0, sizeof *e);
	e->ops = &ops;
	e->db = c;
	if (PQstatus(c) != CONNECTION_OK) {
		(void)snprintf(e->message, sizeof e->message, "%s", PQerrorMessage(c));
		return false;
	}
	return exec(e, "SET client_min_messages=error; SET TimeZone='UTC'") && exec(e, how == ENGINE_RAW
		? "SET search_path=public" : "SET search_path=pg_catalog, pg_temp");
}
