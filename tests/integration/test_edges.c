/* SPDX-License-Identifier: MIT */
/*
 * Whole stacks where two things meet: open rows and another statement, a rule and
 * an error, a cache and a single value.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/stack.h"

#define ALL "{ id = \"all\"; roles = [ \"admin\" ]; relation = \"*\"; actions = [ \"*\" ]; }," \
	"{ id = \"ddl\"; roles = [ \"admin\" ]; database = \"main\"; actions = [ \"admin.ddl\" ]; }"

static dbn_error *err;

#define OK(call) cr_assert_eq(call, DBN_OK, "%s: %s | %s", #call, dbn_error_message(err), dbn_error_detail(err))

static void
fails(dbn_status rc, dbn_status want, const char *words)
{
	cr_assert_eq(rc, want, "%d: %s", (int)rc, dbn_error_message(err));
	cr_assert_not_null(strstr(dbn_error_message(err), words), "%s", dbn_error_message(err));
	dbn_error_free(err);
	err = NULL;
}

static void
run(dbn_session *s, const char *sql)
{
	OK(dbn_exec(s, sql, DBN_NO_ARGS, NULL, &err));
}

static bool
trail_says(const stack *st, const char *word)
{
	static char text[1 << 20];
	char path[96];
	FILE *f;
	size_t n;

	(void)snprintf(path, sizeof path, "%s/audit.log", st->dir);
	f = fopen(path, "r");
	cr_assert_not_null(f);
	n = fread(text, 1, sizeof text - 1, f);
	text[n] = '\0';
	(void)fclose(f);
	return strstr(text, word) != NULL;
}

/* ---- a driver that gives rows in blocks ---- */

static void
open_blocks(stack *st, const char *settings, const char *rules)
{
	const char *build = getenv("DBN_TOP_BUILD");
	char driver[4400];

	(void)snprintf(driver, sizeof driver, "plugin = \"%s/tests/plugins/.libs/driver-blocks.so\"; settings = { %s };"
		" inner = { plugin = \"sqlite\"; }; url = \"sqlite:app.db\"; create = true;",
		build ? build : ".", settings);
	stack_open_with(st, driver, "", rules, "alice");
}

Test(edges, the_rest_of_a_block_stays, .timeout = 60)
{
	dbn_rows *rows;
	const char *text;
	int64_t id, n;
	stack st;

	open_blocks(&st, "", ALL);
	run(st.session, "CREATE TABLE t (id INTEGER PRIMARY KEY, w TEXT)");
	run(st.session, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600) "
		"INSERT INTO t (id, w) SELECT i, 'word ' || i FROM n");
	OK(dbn_begin(st.session, NULL, &err));
	OK(dbn_query(st.session, "SELECT id, w FROM t ORDER BY id", DBN_NO_ARGS, &rows, &err));
	for (int64_t i = 1; i <= 600; i++) {
		char want[32];

		OK(dbn_rows_next(rows, &err));
		OK(dbn_rows_scan(rows, DBN_OUT(&id, &text), &err));
		(void)snprintf(want, sizeof want, "word %lld", (long long)i);
		cr_assert_eq(id, i, "row %lld is %lld", (long long)i, (long long)id);
		cr_assert_str_eq(text, want);
		if (i % 97 == 0 || i == 257 || i == 258)
			OK(dbn_get_int64(st.session, "SELECT count(*) FROM t", DBN_NO_ARGS, &n, &err));
	}
	cr_assert_eq(dbn_rows_next(rows, &err), DBN_DONE);
	dbn_rows_close(rows);
	OK(dbn_rollback(st.session, &err));
	stack_close(&st);
}

/* ---- what a rule hides ---- */

Test(edges, errors_quote_nothing_that_a_rule_hides, .timeout = 60)
{
	static const char dup[] = "INSERT INTO t (id, name, owner) VALUES (2, 'x', 'bob')";
	dbn_session *bob;
	stack st;

	open_blocks(&st, "", ALL ", { id = \"own\"; roles = [ \"guest\" ]; relation = \"t\"; actions = [ \"*\" ];"
		" using = \"owner = $user.id\"; },"
		"{ id = \"kids\"; roles = [ \"guest\" ]; relation = \"kids\"; actions = [ \"*\" ]; }");
	run(st.session, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE, owner TEXT)");
	run(st.session, "CREATE TABLE kids (id INTEGER PRIMARY KEY, t INTEGER REFERENCES t (id) "
		"DEFERRABLE INITIALLY DEFERRED)");
	run(st.session, "INSERT INTO t (id, name, owner) VALUES (1, 'x', 'alice')");
	bob = stack_session(&st, "bob");
	fails(dbn_exec(bob, dup, DBN_NO_ARGS, NULL, &err), DBN_E_DUPLICATE, "with such a key");
	OK(dbn_begin(bob, NULL, &err));
	run(bob, "INSERT INTO kids (id, t) VALUES (1, 99)");
	run(bob, "UPDATE t SET name = 'y' WHERE id = 7");
	fails(dbn_commit(bob, &err), DBN_E_CONSTRAINT, "a constraint of the table");
	dbn_session_close(bob);
	dbn_session_close(st.session);
	dbn_pool_close(st.pool);
	cr_assert(trail_says(&st, "bob"), "it is there");
	cr_assert(!trail_says(&st, "stored-4711"), "and quotes nothing");
	st.session = NULL;
	st.pool = NULL;
	stack_close(&st);
}

/* ---- single values and the cache ---- */

Test(edges, a_single_value_is_kept, .timeout = 60)
{
	dbn_rows *rows;
	char *text = NULL;
	int64_t n = 0;
	stack st;

	stack_open(&st, ALL, "alice");
	run(st.session, "CREATE TABLE t (id INTEGER PRIMARY KEY, w TEXT)");
	run(st.session, "INSERT INTO t (id, w) VALUES (1, 'one'), (2, 'two')");
	OK(dbn_get_int64(st.session, "SELECT count(*) FROM t", DBN_NO_ARGS, &n, &err));
	OK(dbn_get_text(st.session, "SELECT w FROM t WHERE id = ?", DBN_ARGS(2), &text, &err));
	cr_assert_str_eq(text, "two");
	dbn_free_text(text);
	OK(dbn_query(st.session, "SELECT count(*) FROM t", DBN_NO_ARGS, &rows, &err));
	cr_assert(dbn_rows_cached(rows), "the count was kept");
	dbn_rows_close(rows);
	OK(dbn_query(st.session, "SELECT w FROM t WHERE id = ?", DBN_ARGS(2), &rows, &err));
	cr_assert(dbn_rows_cached(rows), "the text was kept");
	dbn_rows_close(rows);
	OK(dbn_get_int64(st.session, "SELECT id FROM t ORDER BY id", DBN_NO_ARGS, &n, &err));
	cr_assert_eq(n, 1);
	OK(dbn_query(st.session, "SELECT id FROM t ORDER BY id", DBN_NO_ARGS, &rows, &err));
	cr_assert(!dbn_rows_cached(rows), "the first of many is no answer");
	dbn_rows_close(rows);
	stack_close(&st);
}

/* ---- names and operations ---- */

Test(edges, a_name_has_three_parts, .timeout = 60)
{
	stack st;

	stack_open(&st, ALL, "alice");
	run(st.session, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
	OK(dbn_session_can(st.session, DBN_CAN_READ, "main.main.t", NULL, &err));
	fails(dbn_session_can(st.session, DBN_CAN_READ, "main.main.t.id", NULL, &err), DBN_E_INVALID,
		"a part too many: \"id\"");
	fails(dbn_session_can(st.session, DBN_CAN_READ, "main..t", NULL, &err), DBN_E_INVALID, "is empty");
	stack_close(&st);
}

Test(edges, administration_has_an_operation, .timeout = 60)
{
	stack st;

	stack_open(&st, "{ id = \"ddl\"; roles = [ \"admin\" ]; database = \"main\";"
		" actions = [ \"admin.ddl\", \"admin.settings\" ]; when = \"$op = 'admin.ddl'\"; },"
		"{ id = \"not\"; roles = [ \"guest\" ]; database = \"main\";"
		" actions = [ \"admin.ddl\" ]; when = \"$op <> 'admin.ddl'\"; }", "alice");
	run(st.session, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
	fails(dbn_exec(st.session, "PRAGMA user_version", DBN_NO_ARGS, NULL, &err), DBN_E_DENIED, "");
	dbn_session_close(st.session);
	st.session = stack_session(&st, "bob");
	fails(dbn_exec(st.session, "CREATE TABLE u (id INTEGER PRIMARY KEY)", DBN_NO_ARGS, NULL, &err),
		DBN_E_DENIED, "");
	stack_close(&st);
}

/* Whatever denies it, the caller is told which word of the statement it is about. */
Test(edges, denials_have_a_place, .timeout = 60)
{
	static const struct { const char *sql; uint32_t position; } denied[] = {
		{ "SELECT id FROM t", 16 },
		{ "SELECT id FROM  nowhere", 17 },
		{ "SELECT name FROM sqlite_master", 18 },
		{ "SELECT v FROM seen WHERE id IN (SELECT id FROM t)", 48 },
		{ "INSERT INTO t (id) VALUES (1)", 13 },
		{ "DELETE FROM seen", 13 },
	};
	stack st;

	stack_open(&st, "{ id = \"seen\"; roles = [ \"guest\" ]; relation = \"seen\"; actions = [ \"read\" ]; },"
		"{ id = \"ddl\"; roles = [ \"admin\" ]; database = \"main\"; actions = [ \"admin.ddl\" ]; }",
		"alice");
	run(st.session, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
	run(st.session, "CREATE TABLE seen (id INTEGER PRIMARY KEY, v TEXT)");
	dbn_session_close(st.session);
	st.session = stack_session(&st, "bob");
	for (size_t i = 0; i < sizeof denied / sizeof *denied; i++) {
		cr_expect_eq(dbn_exec(st.session, denied[i].sql, DBN_NO_ARGS, NULL, &err), DBN_E_DENIED);
		cr_expect_eq(dbn_error_position(err), denied[i].position, "%s: at %u: %s", denied[i].sql,
			dbn_error_position(err), dbn_error_message(err));
		dbn_error_free(err);
	}
	stack_close(&st);
}

/* ---- cancel ---- */

Test(edges, cancel_reaches_all_open_rows, .timeout = 60)
{
	static const char endless[] = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
		"WHERE i < 100000000) SELECT i FROM n";
	dbn_rows *one, *two;
	int64_t n;
	stack st;

	stack_open(&st, ALL, "alice");
	OK(dbn_query(st.session, endless, DBN_NO_ARGS, &one, &err));
	OK(dbn_rows_next(one, &err));
	OK(dbn_get_int64(st.session, "SELECT 7", DBN_NO_ARGS, &n, &err));
	OK(dbn_query(st.session, endless, DBN_NO_ARGS, &two, &err));
	OK(dbn_rows_next(two, &err));
	dbn_session_cancel(st.session);
	fails(dbn_rows_next(one, &err), DBN_E_CANCELLED, "cancelled");
	fails(dbn_rows_next(two, &err), DBN_E_CANCELLED, "cancelled");
	dbn_rows_close(one);
	dbn_rows_close(two);
	OK(dbn_get_int64(st.session, "SELECT 7", DBN_NO_ARGS, &n, &err));
	stack_close(&st);
}

struct canceller {
	dbn_session *s;
	_Atomic bool over;
};

static void *
cancel_until_over(void *arg)
{
	struct canceller *c = arg;

	while (!c->over) {
		dbn_session_cancel(c->s);
		(void)usleep(2000);
	}
	return NULL;
}

Test(edges, cancel_reaches_begin_and_commit, .timeout = 60)
{
	struct canceller c;
	dbn_session *other;
	char path[96];
	dbn_pool *pool;
	pthread_t t;
	stack st;

	open_blocks(&st, "slow_commit = true;", ALL);
	run(st.session, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
	(void)snprintf(path, sizeof path, "sqlite:%s/app.db", st.dir);
	OK(dbn_pool_open_url(path, NULL, NULL, DBN_OPEN_ALLOW_ALL, &pool, &err));
	OK(dbn_session_open_as(pool, "alice", &other, &err));
	OK(dbn_begin(other, NULL, &err)); /* has the file's lock */
	c.s = st.session;
	c.over = false;
	cr_assert_eq(pthread_create(&t, NULL, cancel_until_over, &c), 0);
	fails(dbn_begin(st.session, NULL, &err), DBN_E_CANCELLED, "cancelled");
	c.over = true;
	cr_assert_eq(pthread_join(t, NULL), 0);
	OK(dbn_rollback(other, &err));
	dbn_session_close(other);
	dbn_pool_close(pool);
	OK(dbn_begin(st.session, NULL, &err));
	run(st.session, "INSERT INTO t (id) VALUES (1)");
	c.over = false;
	cr_assert_eq(pthread_create(&t, NULL, cancel_until_over, &c), 0);
	fails(dbn_commit(st.session, &err), DBN_E_CANCELLED, "cancelled");
	c.over = true;
	cr_assert_eq(pthread_join(t, NULL), 0);
	cr_assert(!dbn_in_transaction(st.session));
	stack_close(&st);
}

/* ---- literals ---- */

Test(edges, a_literal_fits_its_column, .timeout = 60)
{
	stack st;

	stack_open(&st, ALL, "alice");
	run(st.session, "CREATE TABLE t (i INTEGER, r REAL, w TEXT, b BOOLEAN, n NUMERIC)");
	run(st.session, "INSERT INTO t (i, r, w, b, n) VALUES (-5, 1.5, 'x', TRUE, 1.25), (NULL, 2, '7', 0, 3)");
	run(st.session, "UPDATE t SET i = -9223372036854775808, r = -1.5");
	fails(dbn_exec(st.session, "INSERT INTO t (i) VALUES ('12abc')", DBN_NO_ARGS, NULL, &err),
		DBN_E_VALUE, "column i");
	fails(dbn_exec(st.session, "INSERT INTO t (i, w) SELECT 1.5, 'x'", DBN_NO_ARGS, NULL, &err),
		DBN_E_VALUE, "column i");
	fails(dbn_exec(st.session, "INSERT INTO t (r) VALUES (1), ('one')", DBN_NO_ARGS, NULL, &err),
		DBN_E_VALUE, "column r");
	fails(dbn_exec(st.session, "UPDATE t SET (i, w) = (1, 2)", DBN_NO_ARGS, NULL, &err),
		DBN_E_VALUE, "column w");
	fails(dbn_exec(st.session, "UPDATE t SET i = -1.5", DBN_NO_ARGS, NULL, &err), DBN_E_VALUE,
		"column i");
	stack_close(&st);
}

/* ---- unknown names ---- */

static void
take_polls(const dbn_metric *m, void *user)
{
	if (strstr(m->name, ".polls"))
		*(int64_t *)user = (int64_t)m->value;
}

static int64_t
polls(const stack *st)
{
	int64_t n = -1;

	OK(dbn_pool_metrics(st->pool, take_polls, &n, &err));
	cr_assert_geq(n, 0);
	return n;
}

Test(edges, a_flood_of_unknown_names_asks_now_and_then, .timeout = 60)
{
	int64_t before;
	char sql[64];
	stack st;

	open_blocks(&st, "", ALL);
	before = polls(&st);
	for (int i = 0; i < 500; i++) {
		(void)snprintf(sql, sizeof sql, "SELECT 1 FROM nothing_%d", i);
		fails(dbn_exec(st.session, sql, DBN_NO_ARGS, NULL, &err), DBN_E_SYNTAX, "no such table");
	}
	cr_assert_leq(polls(&st) - before, 250, "%lld", (long long)(polls(&st) - before));
	stack_close(&st);
}
