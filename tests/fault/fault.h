/* SPDX-License-Identifier: MIT */
/*
 * A stack on which every allocation of the core and of its plugins fails once, in
 * turn.  fault_rules and fault_schema (NULL-ended) may be set before the first.
 * Not ours: libconfig's own malloc (it ends the process), SQLite's, OpenSSL's and
 * Jansson's.
 */
#ifndef TESTS_FAULT_H
#define TESTS_FAULT_H

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "lib/fault_alloc.h"
#include "lib/stack.h"

#define MANY 20000                       /* allocations of one step: more is a loop */

__attribute__((unused)) static const char *fault_rules =
	"{ id = \"t\"; roles = [ \"guest\", \"admin\" ]; relation = \"t\";"
	" actions = [ \"read\", \"write\" ]; using = \"v < 1000\"; check = \"v < 1000\"; }";

static const char *const *fault_schema; /* after t is there */

/* What is in the file, asked without the library. */
static int
raw(const stack *st, const char *sql)
{
	char path[128];
	sqlite3 *db;
	sqlite3_stmt *q;
	int n;

	(void)snprintf(path, sizeof path, "%s/app.db", st->dir);
	cr_assert_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	(void)sqlite3_busy_timeout(db, 2000);
	cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
	n = sqlite3_step(q) == SQLITE_ROW ? sqlite3_column_int(q, 0) : -1;
	cr_assert_eq(sqlite3_finalize(q), SQLITE_OK);
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
	return n;
}

/* Does the failure, or what caused it, tell that memory ran out? */
static bool
names_memory(const dbn_error *e)
{
	for (; e; e = dbn_error_cause(e))
		if (dbn_error_code(e) == DBN_E_NOMEM || strstr(dbn_error_message(e), "memory") ||
			strstr(dbn_error_detail(e), "memory"))
			return true;
	return false;
}

static void
fine(dbn_status rc, dbn_error *err)
{
	cr_assert_eq(rc, DBN_OK, "%s: %s", dbn_error_message(err), dbn_error_detail(err));
}

static void
reopen(stack *st)
{
	char path[128];
	dbn_error *err = NULL;

	(void)snprintf(path, sizeof path, "%s/app.conf", st->dir);
	fine(dbn_pool_open(path, &st->pool, &err), err);
	st->session = stack_session(st, "alice");
}

static void
shut(stack *st)
{
	dbn_session_close(st->session);
	dbn_pool_close(st->pool);
	st->session = NULL;
	st->pool = NULL;
}

static void
start(stack *st)
{
	fault_arm(0);
	stack_open(st, fault_rules, "alice");
	shut(st);
	(void)raw(st, "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER UNIQUE, s TEXT)");
	(void)raw(st, "INSERT INTO t VALUES (1, 1, 'one'), (2, 2, 'two')");
	for (const char *const *sql = fault_schema; sql && *sql; sql++)
		(void)raw(st, *sql);
}

static void
finish(stack *st)
{
	atomic_store(&fault_left, 0);
	stack_close(st);
}

/* The pool must do its work after what happened. */
static void
usable(stack *st)
{
	dbn_error *err = NULL;
	int64_t n = 0;

	cr_assert(!dbn_in_transaction(st->session));
	fine(dbn_exec(st->session, "UPDATE t SET s = 'uno' WHERE id = 1", DBN_NO_ARGS, NULL, &err), err);
	fine(dbn_get_int64(st->session, "SELECT count(*) FROM t WHERE s = 'uno'", DBN_NO_ARGS, &n,
		&err), err);
	cr_assert_eq(n, 1);
}

typedef struct step {
	void (*before)(stack *st);
	dbn_status (*run)(stack *st, dbn_error **err);
	/* after the pool is closed; ok: run said so */
	void (*after)(stack *st, bool ok);
} step;

/* One pool for each failure, so that nothing but a leak is left behind. */
static void
each_fails(const step *p)
{
	bool happened = true;
	stack st;

	start(&st);
	for (int64_t n = 1; happened; n++) {
		int64_t live = atomic_load(&fault_live);
		dbn_error *err = NULL;
		dbn_status rc;

		cr_assert_lt(n, MANY);
		reopen(&st);
		if (p->before)
			p->before(&st);
		atomic_store(&fault_left, n);
		rc = p->run(&st, &err);
		happened = fault_happened();
		cr_assert((rc == DBN_OK) == (err == NULL), "allocation %lld: %d and %s", (long long)n, rc,
			dbn_error_message(err));
		cr_assert(rc == DBN_OK || (happened && names_memory(err)), "allocation %lld: %d %s: %s",
			(long long)n, rc, dbn_error_message(err), dbn_error_detail(err));
		dbn_error_free(err);
		usable(&st);
		shut(&st);
		if (p->after)
			p->after(&st, rc == DBN_OK);
		cr_assert_eq(atomic_load(&fault_live), live, "allocation %lld: %lld pieces leak",
			(long long)n, (long long)(atomic_load(&fault_live) - live));
	}
	finish(&st);
}

#endif
