/* SPDX-License-Identifier: MIT */
/*
 * ODBC over unixODBC's driver manager: prepared statements, bound parameters and
 * columns.  Drivers by the names that Debian's packages register.
 */
#include <sql.h>
#include <sqlext.h>
#include <string.h>

#include "bench.h"
#include "table.h"

struct odbc {
	SQLHENV env;
	SQLHDBC dbc;
	SQLHSTMT select, scan, insert;
	/* the row being read or written */
	SQLBIGINT id, age, key;
	double score;
	char name[64];
	SQLLEN name_len;
};

static void
reason(SQLSMALLINT type, SQLHANDLE h, char *out, size_t size)
{
	SQLCHAR state[6] = "", text[512] = "";
	SQLINTEGER native = 0;
	SQLSMALLINT len = 0;

	(void)SQLGetDiagRec(type, h, 1, state, &native, text, (SQLSMALLINT)sizeof text, &len);
	(void)snprintf(out, size, "%s %s", (char *)state, (char *)text);
}

static void
must(SQLRETURN rc, SQLSMALLINT type, SQLHANDLE h, const char *what)
{
	char why[600];

	if (SQL_SUCCEEDED(rc))
		return;
	reason(type, h, why, sizeof why);
	die(what, why);
}

static SQLHSTMT
prepare(struct odbc *o, const char *before, const char *prefix, const char *after)
{
	SQLHSTMT s;
	char sql[256];

	(void)snprintf(sql, sizeof sql, "%s%s%s", before, prefix, after);
	must(SQLAllocHandle(SQL_HANDLE_STMT, o->dbc, &s), SQL_HANDLE_DBC, o->dbc, "statement");
	must(SQLPrepare(s, (SQLCHAR *)sql, SQL_NTS), SQL_HANDLE_STMT, s, sql);
	return s;
}

static void
bind_columns(struct odbc *o, SQLHSTMT s)
{
	(void)SQLBindCol(s, 1, SQL_C_SBIGINT, &o->id, 0, NULL);
	(void)SQLBindCol(s, 2, SQL_C_CHAR, o->name, (SQLLEN)sizeof o->name, &o->name_len);
	(void)SQLBindCol(s, 3, SQL_C_SBIGINT, &o->age, 0, NULL);
	(void)SQLBindCol(s, 4, SQL_C_DOUBLE, &o->score, 0, NULL);
}

static void
bind_number(SQLHSTMT s, SQLUSMALLINT n, SQLBIGINT *at)
{
	must(SQLBindParameter(s, n, SQL_PARAM_INPUT, SQL_C_SBIGINT, SQL_BIGINT, 0, 0, at, 0, NULL),
		SQL_HANDLE_STMT, s, "bind");
}

static void
prepare_all(struct odbc *o, const char *prefix)
{
	o->select = prepare(o, "SELECT id, name, age, score FROM ", prefix, "users WHERE id = ?");
	o->scan = prepare(o, "SELECT id, name, age, score FROM ", prefix, "users");
	o->insert = prepare(o, "INSERT INTO ", prefix, "log (id, name, age, score) VALUES (?, ?, ?, ?)");
	bind_columns(o, o->select);
	bind_columns(o, o->scan);
	bind_number(o->select, 1, &o->key);
	bind_number(o->insert, 1, &o->id);
	must(SQLBindParameter(o->insert, 2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 60, 0, o->name, 0,
		&o->name_len), SQL_HANDLE_STMT, o->insert, "bind");
	bind_number(o->insert, 3, &o->age);
	must(SQLBindParameter(o->insert, 4, SQL_PARAM_INPUT, SQL_C_DOUBLE, SQL_DOUBLE, 0, 0, &o->score, 0,
		NULL), SQL_HANDLE_STMT, o->insert, "bind");
}

static void
connection_text(const char *driver, const struct place *p, char *out, size_t size)
{
	if (strcmp(driver, "sqlite") == 0)
		(void)snprintf(out, size, "DRIVER={SQLite3};Database=%s;SyncPragma=NORMAL", p->database);
	else if (strcmp(driver, "postgres") == 0)
		(void)snprintf(out, size, "DRIVER={PostgreSQL Unicode};Servername=%s;Port=%s;Database=%s;"
			"Username=%s;UseServerSidePrepare=1", p->host, p->port, p->database, p->user);
	else
		(void)snprintf(out, size, "DRIVER={MariaDB Unicode};SOCKET=%s;UID=%s;DB=%s", p->host, p->user,
			p->database);
}

static void *
open_odbc(const struct raw_side *raw, const char *where, const char *prefix, char *no_driver,
	size_t size)
{
	struct odbc *o = calloc(1, sizeof *o);
	char text[2048];
	struct place p;

	if (!o)
		die("unixODBC", "out of memory");
	raw->place(where, &p);
	connection_text(raw->driver, &p, text, sizeof text);
	must(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &o->env), SQL_HANDLE_ENV, o->env, "unixODBC");
	(void)SQLSetEnvAttr(o->env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0);
	must(SQLAllocHandle(SQL_HANDLE_DBC, o->env, &o->dbc), SQL_HANDLE_ENV, o->env, "unixODBC");
	if (!SQL_SUCCEEDED(SQLDriverConnect(o->dbc, NULL, (SQLCHAR *)text, SQL_NTS, NULL, 0, NULL,
			SQL_DRIVER_NOPROMPT))) {
		reason(SQL_HANDLE_DBC, o->dbc, no_driver, size);
		(void)SQLFreeHandle(SQL_HANDLE_DBC, o->dbc);
		(void)SQLFreeHandle(SQL_HANDLE_ENV, o->env);
		free(o);
		return NULL;
	}
	prepare_all(o, strcmp(raw->driver, "sqlite") == 0 ? "" : prefix);
	return o;
}

static void
close_odbc(void *conn)
{
	struct odbc *o = conn;

	(void)SQLFreeHandle(SQL_HANDLE_STMT, o->select);
	(void)SQLFreeHandle(SQL_HANDLE_STMT, o->scan);
	(void)SQLFreeHandle(SQL_HANDLE_STMT, o->insert);
	(void)SQLDisconnect(o->dbc);
	(void)SQLFreeHandle(SQL_HANDLE_DBC, o->dbc);
	(void)SQLFreeHandle(SQL_HANDLE_ENV, o->env);
	free(o);
}

static uint64_t
read_rows(struct odbc *o, SQLHSTMT s)
{
	uint64_t sum = 0;
	SQLRETURN rc;

	must(SQLExecute(s), SQL_HANDLE_STMT, s, "execute");
	while (SQL_SUCCEEDED(rc = SQLFetch(s)))
		sum += row_sum(o->id, o->name, (size_t)o->name_len, o->age, o->score);
	if (rc != SQL_NO_DATA)
		must(rc, SQL_HANDLE_STMT, s, "fetch");
	(void)SQLFreeStmt(s, SQL_CLOSE);
	return sum;
}

static uint64_t
insert(struct odbc *o, int64_t id)
{
	struct row row;
	SQLLEN n = 0;

	row_make(&row, id);
	o->id = row.id;
	o->age = row.age;
	o->score = row.score;
	o->name_len = (SQLLEN)strlen(row.name);
	memcpy(o->name, row.name, (size_t)o->name_len + 1);
	must(SQLExecute(o->insert), SQL_HANDLE_STMT, o->insert, "insert");
	(void)SQLRowCount(o->insert, &n);
	return (uint64_t)n + (uint64_t)row.id;
}

static uint64_t
run_odbc(void *conn, const struct job *job)
{
	struct odbc *o = conn;
	uint64_t sum = 0;

	for (unsigned i = 0; i < job->n; i++)
		if (job->work == WORK_INSERT) {
			sum += insert(o, job->from + i);
		} else {
			o->key = key_of((unsigned)job->from + i);
			sum += read_rows(o, job->work == WORK_SELECT ? o->select : o->scan);
		}
	return sum;
}

const struct peer peer_odbc = { PEER_ODBC, open_odbc, close_odbc, run_odbc };
