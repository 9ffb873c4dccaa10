/* SPDX-License-Identifier: MIT */
/*
 * Statement text that was made to hurt, through a session: each has its own
 * status, and the message says where and which limit.  Nothing of it runs.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/stack.h"

#define RULES "{ id = \"all\"; roles = [ \"admin\" ]; relation = \"*\"; actions = [ \"read\", \"write\" ]; }," \
	"{ id = \"ddl\"; roles = [ \"admin\" ]; database = \"main\"; actions = [ \"admin.ddl\" ]; }"
#define MANY 100000
#define RAISED "limits.statement=8 MiB; limits.tokens=1000000"

static stack st;
static dbn_error *err;
static char *big;
static size_t nbig;

#define OK(call) cr_assert_eq(call, DBN_OK, "%s: %s | %s", #call, dbn_error_message(err), dbn_error_detail(err))

static void
start(const char *set)
{
	if (set)
		cr_assert_eq(setenv("DBNEXUS_SET", set, 1), 0);
	stack_open(&st, RULES, "alice");
	cr_assert_eq(unsetenv("DBNEXUS_SET"), 0);
	OK(dbn_exec(st.session, "CREATE TABLE t (a INTEGER)", DBN_NO_ARGS, NULL, &err));
	OK(dbn_exec(st.session, "INSERT INTO t VALUES (1)", DBN_NO_ARGS, NULL, &err));
}

/* Afterwards everything is as it was, and the session works. */
static void
end(void)
{
	int64_t n = 0;

	OK(dbn_get_int64(st.session, "SELECT a FROM t", DBN_NO_ARGS, &n, &err));
	cr_assert_eq(n, 1);
	free(big);
	stack_close(&st);
}

TestSuite(hostile_sql, .fini = end, .timeout = 120);

/* head, then n times what, then tail */
static void
make(const char *head, const char *what, size_t n, const char *tail)
{
	size_t h = strlen(head), w = strlen(what), t = strlen(tail);

	free(big);
	nbig = h + n * w + t;
	big = malloc(nbig + 1);
	cr_assert_not_null(big);
	memcpy(big, head, h);
	for (size_t i = 0; i < n; i++)
		memcpy(big + h + i * w, what, w);
	memcpy(big + h + n * w, tail, t + 1);
}

/* All the ways in say the same. */
static void
refused_text(const char *text, size_t len, dbn_status want, uint32_t position, const char *words)
{
	dbn_query_opts o = dbn_query_opts_init();
	dbn_text sql = { text, len };
	dbn_rows *rows = NULL;
	char *out = NULL;

	for (int way = 0; way < 4; way++) {
		dbn_status rc = way == 0 ? dbn_exec_with(st.session, sql, DBN_NO_ARGS, &o, NULL, &err)
			: way == 1 ? dbn_query_with(st.session, sql, DBN_NO_ARGS, &o, &rows, &err)
			: way == 2 ? dbn_explain(st.session, sql, &out, &err)
			: strlen(text) == len ? dbn_exec_many(st.session, text, DBN_NO_ARGS, 1, NULL, NULL, &err) : want;

		cr_assert_eq(rc, want, "way %d: %s, not %s: %s", way, dbn_status_name(rc), dbn_status_name(want),
			dbn_error_message(err));
		if (!err)
			continue;
		cr_assert(strstr(dbn_error_message(err), words), "way %d: %s", way, dbn_error_message(err));
		cr_assert_lt(strlen(dbn_error_message(err)), 400);
		cr_assert_eq(dbn_error_position(err), position, "way %d: position %u of \"%s\"", way,
			dbn_error_position(err), dbn_error_message(err));
		dbn_error_free(err);
		err = NULL;
	}
	cr_assert_null(rows);
	cr_assert_null(out);
}

#define REFUSED(want, position, words) refused_text(big, nbig, want, position, words)
#define REFUSED_TEXT(text, want, position, words) refused_text(text, sizeof(text) - 1, want, position, words)

Test(hostile_sql, a_megabyte)
{
	start(NULL);
	make("SELECT '", "x", (size_t)1 << 20, "' FROM t");
	REFUSED(DBN_E_LIMIT, 0, "1048592 bytes: the limit is 65536");
	make("", "x", (size_t)1 << 20, "");
	REFUSED(DBN_E_LIMIT, 0, "1048576 bytes: the limit is 65536");
	make("SELECT a FROM t", " ", 65536 - 15, "");
	OK(dbn_exec_with(st.session, (dbn_text){ big, nbig }, DBN_NO_ARGS, NULL, NULL, &err));
	make("SELECT a FROM t", " ", 65536 - 14, "");
	REFUSED(DBN_E_LIMIT, 0, "65537 bytes: the limit is 65536");
}

Test(hostile_sql, a_megabyte_that_is_allowed)
{
	char *out = NULL;

	start(RAISED);
	make("SELECT '", "x", 1000000, "' AS a FROM t"); /* the driver takes a little more */
	OK(dbn_get_text(st.session, big, DBN_NO_ARGS, &out, &err));
	cr_assert_eq(strlen(out), 1000000);
	dbn_free_text(out);
	make("SELECT '", "x", 1048560, "' AS a FROM t"); /* ours allows it, theirs not */
	cr_assert_eq(dbn_exec(st.session, big, DBN_NO_ARGS, NULL, &err), DBN_E_LIMIT);
	cr_assert(strstr(dbn_error_message(err), "the limit is 1048576"), "%s", dbn_error_message(err));
	dbn_error_free(err);
	err = NULL;
	make("", "x", (size_t)1 << 20, "");
	REFUSED(DBN_E_SYNTAX, 1, "unexpected \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"");
}

Test(hostile_sql, deep)
{
	static const char *const heads[][3] = {
		{ "SELECT ", "(", "1" }, { "SELECT ", "NOT ", "1" }, { "SELECT ", "- ", "1" },
		{ "SELECT ", "CASE WHEN ", "1" }, { "SELECT ", "abs(", "1" }, { "SELECT ", "(SELECT ", "1" },
		{ "SELECT 1 FROM ", "(SELECT 1 FROM ", "t" }, { "SELECT a FROM t WHERE a IN ", "(SELECT a FROM t WHERE a IN ", "(1)" },
		{ "SELECT CAST(", "CAST(", "1" }, { "SELECT a FROM t WHERE ", "EXISTS (SELECT 1 WHERE ", "1" },
	};

	start(RAISED);
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		dbn_query_opts o = dbn_query_opts_init();
		dbn_status rc;

		make(heads[i][0], heads[i][1], MANY, heads[i][2]);
		rc = dbn_exec_with(st.session, (dbn_text){ big, nbig }, DBN_NO_ARGS, &o, NULL, &err);
		cr_assert_eq(rc, DBN_E_LIMIT, "%s: %s: %s", heads[i][1], dbn_status_name(rc), dbn_error_message(err));
		cr_assert(strstr(dbn_error_message(err), "the limit is 100"), "%s", dbn_error_message(err));
		cr_assert(dbn_error_position(err) > 0 && dbn_error_position(err) < 4000, "%s at %u", heads[i][1],
			dbn_error_position(err));
		cr_assert(*dbn_error_hint(err));
		dbn_error_free(err);
		err = NULL;
	}
	make("SELECT ", "(", MANY, "1");
	REFUSED(DBN_E_LIMIT, 107, "the limit is 100"); /* the bracket that is one too many */
}

Test(hostile_sql, long_chains)
{
	start(NULL);
	make("SELECT 1", "+1", 30000, ""); /* fits the bytes, not the tokens */
	REFUSED(DBN_E_LIMIT, 16391, "too many tokens: the limit is 16384");
	make("SELECT 1", "+1", MANY, "");
	REFUSED(DBN_E_LIMIT, 0, "bytes: the limit is 65536");
}

Test(hostile_sql, long_chains_that_are_allowed)
{
	static const char *const links[] = { "+1", "||'a'", " AND 1", " OR 1", " UNION ALL SELECT 1", ",1" };

	start(RAISED);
	for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
		dbn_query_opts o = dbn_query_opts_init();
		dbn_status rc;

		make("SELECT 1", links[i], MANY, "");
		rc = dbn_exec_with(st.session, (dbn_text){ big, nbig }, DBN_NO_ARGS, &o, NULL, &err);
		cr_assert_eq(rc, DBN_E_LIMIT, "%s: %s: %s | %s", links[i], dbn_status_name(rc), dbn_error_message(err),
			dbn_error_detail(err));
		dbn_error_free(err);
		err = NULL;
	}
}

Test(hostile_sql, bytes_that_are_no_text)
{
	start(NULL);
	REFUSED_TEXT("SELECT 1\0", DBN_E_SYNTAX, 9, "NUL");
	REFUSED_TEXT("\0", DBN_E_SYNTAX, 1, "NUL");
	REFUSED_TEXT("SELECT a FROM t\0; DELETE FROM t", DBN_E_SYNTAX, 16, "NUL");
	REFUSED_TEXT("SELECT '\xff\xfe'", DBN_E_SYNTAX, 9, "UTF-8");
	REFUSED_TEXT("SELECT '\xc0\xaf'", DBN_E_SYNTAX, 9, "UTF-8"); /* longer than it must be */
	REFUSED_TEXT("SELECT '\xed\xa0\x80'", DBN_E_SYNTAX, 9, "UTF-8"); /* half of a pair */
	REFUSED_TEXT("SELECT '\xf4\x90\x80\x80'", DBN_E_SYNTAX, 9, "UTF-8"); /* past the last */
	REFUSED_TEXT("SELECT 'ab\xe2\x82", DBN_E_SYNTAX, 11, "UTF-8"); /* cut off */
}

Test(hostile_sql, more_than_one_statement)
{
	start(NULL);
	REFUSED_TEXT("SELECT 1; DELETE FROM t", DBN_E_SYNTAX, 11, "more than one statement");
	REFUSED_TEXT("DELETE FROM t; SELECT 1", DBN_E_SYNTAX, 16, "more than one statement");
	REFUSED_TEXT("SELECT 1 DELETE FROM t", DBN_E_SYNTAX, 10, "unexpected \"DELETE\"");
	REFUSED_TEXT("SELECT 1;;", DBN_E_SYNTAX, 10, "more than one statement");
	REFUSED_TEXT("SELECT 1 /* ; DELETE FROM t", DBN_E_SYNTAX, 10, "comment");
	REFUSED_TEXT("CREATE TABLE u (a); DROP TABLE t", DBN_E_SYNTAX, 21, "more than one statement");
	REFUSED_TEXT("BEGIN", DBN_E_SYNTAX, 1, "transaction control (BEGIN)");
	REFUSED_TEXT("SAVEPOINT x", DBN_E_SYNTAX, 1, "transaction control (SAVEPOINT)");
	REFUSED_TEXT("", DBN_E_SYNTAX, 1, "empty");
	REFUSED_TEXT(" -- nothing\n", DBN_E_SYNTAX, 13, "empty");
	OK(dbn_exec(st.session, "SELECT 1;", DBN_NO_ARGS, NULL, &err));
	OK(dbn_exec(st.session, "SELECT ';' -- ; \n ;", DBN_NO_ARGS, NULL, &err));
}
