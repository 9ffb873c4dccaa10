/* SPDX-License-Identifier: MIT */
/*
 * What is refused, where and why; statements that are made to hurt; fingerprints;
 * the policy language.
 */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "error/error.h"
#include "fixture.h"

struct refusal {
	const char *sql;
	uint32_t position;          /* counted from 1, as the caller sees it */
	const char *message, *hint; /* parts of them */
};

static const struct refusal refusals[] = {
	{ "", 1, "empty", NULL },
	{ "   ", 4, "empty", NULL },
	{ ";", 1, "unexpected \";\"", NULL },
	{ "selct 1", 1, "unexpected \"selct\"", NULL },
	{ "select", 7, "unexpected end", NULL },
	{ "select 1 2", 10, "unexpected \"2\"", NULL },
	{ "select 1; select 2", 11, "more than one statement", NULL },
	{ "select 1;;", 10, "more than one statement", NULL },
	{ "(select 1)", 1, "parentheses", NULL },
	{ "begin", 1, "transaction control", "dbn_begin" },
	{ "START TRANSACTION", 1, "transaction control", "dbn_begin" },
	{ "commit", 1, "transaction control", "dbn_commit" },
	{ "END", 1, "transaction control", "dbn_commit" },
	{ "rollback to x", 1, "transaction control", "dbn_rollback" },
	{ "savepoint x", 1, "transaction control", "dbn_savepoint" },
	{ "release x", 1, "transaction control", "dbn_savepoint" },
	{ "explain select 1", 1, "EXPLAIN", "dbnexus explain" },
	{ "with q as (select 1)", 21, "unexpected end", NULL },
	{ "with q as (delete from t) select 1", 12, "writes inside WITH", NULL },
	{ "select ?, $1", 11, "both ? and $1", NULL },
	{ "select $1, ?", 12, "both ? and $1", NULL },
	{ "select ?1", 8, "placeholder ?1 is refused", "$1" },
	{ "select :name", 8, "named placeholder", "?" },
	{ "select @name", 8, "named placeholder", "?" },
	{ "select $name", 8, "named placeholder", "policies" },
	{ "select $0", 8, "malformed placeholder", "$1" },
	{ "select $1x", 8, "malformed placeholder", NULL },
	{ "select $", 8, "stands alone", NULL },
	{ "select $99999999999", 8, "too many parameters", NULL },
	{ "select 'abc", 8, "unterminated string", NULL },
	{ "select \"abc", 8, "unterminated quoted name", NULL },
	{ "select [abc", 8, "unterminated quoted name", NULL },
	{ "select \"\"", 8, "empty", NULL },
	{ "select /* x", 8, "unterminated comment", NULL },
	{ "select x'0'", 8, "blob", NULL },
	{ "select x'0g'", 8, "blob", NULL },
	{ "select 1a", 8, "malformed number", NULL },
	{ "select 1_000", 8, "1_000 is not in", NULL },
	{ "select 0x", 8, "malformed number", NULL },
	{ "select 0x11111111111111111", 8, "too large", NULL },
	{ "select 1e", 8, "malformed number", NULL },
	{ "select #", 8, "unexpected character", NULL },
	{ "select \x01", 8, "control character", NULL },
	{ "select 1 ! 2", 10, "unexpected character", NULL },
	{ "select a.b.c.d.e from t", 15, "unexpected \".\"", NULL },
	{ "select a.", 10, "unexpected end", NULL },
	{ "select from t", 8, "unexpected \"from\"", "double quotes" },
	{ "select 1 from", 14, "unexpected end", NULL },
	{ "select * from t as select", 20, "unexpected \"select\"", "double quotes" },
	{ "select * from json_each('x') with ordinality", 35, "unexpected \"ordinality\"", NULL },
	{ "select * from (select 1) as q(a)", 30, "column names behind", NULL },
	{ "select * from t as q(a)", 21, "column names behind", "WITH" },
	{ "select * from (a join b) as x", 26, "alias for a join", NULL },
	{ "select * from lateral (select 1)", 15, "LATERAL", NULL },
	{ "select * from t indexed by i", 17, "INDEXED BY", "planner" },
	{ "select * from t not indexed", 17, "INDEXED BY", NULL },
	{ "select * from t natural join u on 1", 32, "NATURAL join with ON", NULL },
	{ "select * from t natural join u using (a)", 32, "NATURAL join with USING", NULL },
	{ "select * from t natural u", 25, "expected JOIN", NULL },
	{ "select * from t left u", 22, "expected JOIN", NULL },
	{ "select * from t, u on t.a = u.a", 20, "ON ... ON", "in parentheses" },
	{ "select distinct on (a) a from t", 17, "DISTINCT ON", NULL },
	{ "select a from t for update", 17, "FOR UPDATE", NULL },
	{ "select a from t where", 22, "unexpected end", NULL },
	{ "select a from t group a", 23, "expected BY", NULL },
	{ "select a from t order by a nulls", 33, "expected LAST", NULL },
	{ "select a from t limit", 22, "unexpected end", NULL },
	{ "select 1 union (select 2)", 16, "set operation in parentheses", NULL },
	{ "select 1 union", 15, "unexpected end", NULL },
	{ "values (1), (1, 2)", 13, "different lengths", NULL },
	{ "select a in t from t", 13, "IN without parentheses", "SELECT" },
	{ "select a in (1, 2", 18, "unexpected end", NULL },
	{ "select a match 'x'", 10, "MATCH is refused", "LIKE" },
	{ "select a regexp 'x'", 10, "REGEXP, RLIKE is refused", "LIKE" },
	{ "select a not 5", 14, "unexpected \"5\"", NULL },
	{ "select a between 1 or 2", 20, "unexpected \"or\"", NULL },
	{ "select a between 1 and", 23, "unexpected end", NULL },
	{ "select case end", 16, "expected WHEN", NULL },
	{ "select case when 1 then 2", 26, "expected END", NULL },
	{ "select cast(1 as )", 18, "expected a type", NULL },
	{ "select cast(1 as \"int\")", 18, "expected a type", NULL },
	{ "select cast(1, int)", 14, "expected AS", NULL },
	{ "select raise(ignore)", 8, "RAISE", "application" },
	{ "select group_concat(a order by b) from t", 23, "ORDER BY inside", NULL },
	{ "select count(* ) over", 22, "unexpected end", NULL },
	{ "select sum(a) over (rows 1 preceding and 2 following) from t", 38,
	"unexpected \"and\"", NULL },
	{ "select sum(a) over (rows between 1 and 2 following) from t", 36, "expected PRECEDING",
	NULL },
	{ "select (1, 2", 13, "unexpected end", NULL },
	{ "select ()", 9, "unexpected \")\"", NULL },
	{ "select exists 1", 15, "expected \"(\"", NULL },
	{ "select 1 as", 12, "expected an alias", NULL },
	{ "insert t values (1)", 8, "expected INTO", NULL },
	{ "insert into t", 14, "unexpected end", NULL },
	{ "insert into t set a = 1", 15, "INSERT ... SET is not in", NULL },
	{ "insert or explode into t values (1)", 11, "expected ABORT", NULL },
	{ "insert into t(a) default values", 32, "DEFAULT VALUES", NULL },
	{ "insert into t values (default)", 23, "DEFAULT", NULL },
	{ "insert into t(a.b) values (1)", 15, "written with its table", NULL },
	{ "insert into t values (1) on conflict update", 38, "expected DO", NULL },
	{ "insert into t values (1) on conflict do delete", 41, "expected UPDATE", NULL },
	{ "insert into t values (1) returning", 35, "unexpected end", NULL },
	{ "update t", 9, "expected SET", NULL },
	{ "update t set", 13, "unexpected end", NULL },
	{ "update t set t.a = 1", 14, "written with its table", NULL },
	{ "update t set a = 1 order by a", 30, "LIMIT behind", NULL },
	{ "update t set a = 1 limit 1 offset 2", 28, "statement that writes", "subquery" },
	{ "delete t", 8, "expected FROM", NULL },
	{ "delete from t limit 1, 2", 22, "statement that writes", NULL },
	{ "create sequence x", 8, "expected TABLE, INDEX", NULL },
	{ "create table t(a); drop table t", 20, "more than one statement", NULL },
	{ "create table t(a default ?)", 26, "placeholder in an administrative", NULL },
	{ "create table t(a 'x", 18, "unterminated string", NULL },
	{ "create trigger g after insert on t begin select 1; end; select 2", 57,
	"more than one statement",
		NULL },
	{ "create trigger g after insert on t begin select 1;", 51, "expected END", NULL },
	{ "pragma foo; pragma bar", 13, "more than one statement", NULL },
	{ "select 1 where a = 'x' and \xc3(", 28, "UTF-8", NULL },
	{ "set x = 1", 1, "unexpected \"set\"", NULL },
	{ "grant all on t to x", 1, "unexpected \"grant\"", NULL },
	{ "copy t from 'x'", 1, "unexpected \"copy\"", NULL },
};

static dbn_status
parse(const char *sql, size_t n, const dbn_sql_limits *limits, dbn_error **err)
{
	dbn_arena a;
	dbn_sql_stmt *s = NULL;
	dbn_status rc;

	dbn_arena_init(&a, 0);
	rc = dbn_sql_parse(&a, dbn_sql_dialect_get(DBN_DIALECT_SQLITE), limits, dbn_text_n(sql,
		n), &s, err);
	cr_expect_eq(rc == DBN_OK, s != NULL);
	dbn_arena_free(&a);
	return rc;
}

Test(sql_parse, refuses_by_name_and_place)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *r = &refusals[i];
		dbn_error *err = NULL;
		dbn_status rc = parse(r->sql, strlen(r->sql), NULL, &err);

		cr_expect(rc == DBN_E_SYNTAX || rc == DBN_E_LIMIT || rc == DBN_E_UNSUPPORTED, "%s: %s", r->sql,
			dbn_status_name(rc));
		cr_expect_eq(dbn_error_position(err), r->position, "%s: at %u, expected %u: %s",
			r->sql,
			dbn_error_position(err), r->position, dbn_error_message(err));
		cr_expect(strstr(dbn_error_message(err), r->message) != NULL,
			"%s: \"%s\", expected \"%s\"",
			r->sql, dbn_error_message(err), r->message);
		if (r->hint)
			cr_expect(strstr(dbn_error_hint(err), r->hint) != NULL,
				"%s: hint \"%s\"", r->sql,
				dbn_error_hint(err));
		dbn_error_free(err);
	}
}

Test(sql_parse, administrative_statements_are_known_by_their_words)
{
	static const struct { const char *sql; uint32_t kind; const char *word,
		*name; } admins[] = {
		{ "create table foo(a)", DBN_ADMIN_DDL, "CREATE TABLE", "foo" },
		{ "CREATE TEMP TABLE IF NOT EXISTS main.foo(a);", DBN_ADMIN_DDL, "CREATE TABLE",
		"foo" },
		{ "create unique index i on t(a)", DBN_ADMIN_DDL, "CREATE INDEX", "t" },
		{ "create view v as select 1", DBN_ADMIN_DDL, "CREATE VIEW", "v" },
		{ "create virtual table f using fts5(x)", DBN_ADMIN_DDL, "CREATE TABLE", "f" },
		{ "create trigger g after insert on t begin update x set a = case when 1 then 2 "
		"end; "
			"delete from y; end", DBN_ADMIN_DDL, "CREATE TRIGGER", "" },
		{ "alter table \"t t\" rename to u", DBN_ADMIN_DDL, "ALTER TABLE", "t t" },
		{ "drop table if exists t", DBN_ADMIN_DDL, "DROP TABLE", "t" },
		{ "vacuum", DBN_ADMIN_DDL, "VACUUM", "" },
		{ "analyze t", DBN_ADMIN_DDL, "ANALYZE", "" },
		{ "reindex", DBN_ADMIN_DDL, "REINDEX", "" },
		{ "pragma user_version = 5", DBN_ADMIN_SETTINGS, "PRAGMA", "" },
		{ "attach 'x' as y", DBN_ADMIN_SETTINGS, "ATTACH", "" },
		{ "detach y", DBN_ADMIN_SETTINGS, "DETACH", "" },
	};
	struct fixture f;

	fixture_open(&f);
	for (size_t i = 0; i < sizeof(admins) / sizeof(admins[0]); i++) {
		dbn_sql_stmt *s = fixture_parse(&f, admins[i].sql);
		dbn_sql_result res;
		char *z;

		cr_expect_eq(s->kind, DBN_STMT_ADMIN, "%s", admins[i].sql);
		cr_expect_eq(s->admin, admins[i].kind, "%s", admins[i].sql);
		cr_expect(dbn_text_eqz(s->admin_word, admins[i].word), "%s: %.*s", admins[i].sql,
			DBN_TEXT_ARG(s->admin_word));
		cr_expect_eq(s->nadmin_names, *admins[i].name != '\0', "%s", admins[i].sql);
		if (s->nadmin_names)
			cr_expect(dbn_text_eqz(s->admin_names[0].name, admins[i].name), "%s: %.*s",
				admins[i].sql, DBN_TEXT_ARG(s->admin_names[0].name));
		z = fixture_print(s, DBN_PRINT_CANONICAL);
		cr_expect_str_eq(z, admins[i].sql);
		free(z);
		cr_expect_eq(dbn_sql_resolve(s, dbn_sql_dialect_get(DBN_DIALECT_SQLITE), &f.cat,
			&res, NULL),
			DBN_E_INVALID);
	}
	fixture_close(&f);
}

Test(sql_parse, nul_and_invalid_utf8_are_refused_before_the_lexer)
{
	dbn_error *err = NULL;

	cr_assert_eq(parse("select 1\0; drop table t", 23, NULL, &err), DBN_E_SYNTAX);
	cr_assert_eq(dbn_error_position(err), 9);
	cr_assert(strstr(dbn_error_message(err), "NUL"));
	dbn_error_free(err);
	cr_assert_eq(parse("select '\xff'", 10, NULL, &err), DBN_E_SYNTAX);
	cr_assert_eq(dbn_error_position(err), 9);
	dbn_error_free(err);
	cr_assert_eq(parse("select '\xed\xa0\x80'", 12, NULL, &err), DBN_E_SYNTAX);
	dbn_error_free(err);
}

/* ---- statements that are made to hurt ---- */

static char *
repeat(const char *head, const char *unit, size_t n, const char *tail)
{
	size_t lh = strlen(head), lu = strlen(unit), lt = strlen(tail);
	char *z = malloc(lh + lu * n + lt + 1);

	memcpy(z, head, lh);
	for (size_t i = 0; i < n; i++)
		memcpy(z + lh + i * lu, unit, lu);
	memcpy(z + lh + lu * n, tail, lt + 1);
	return z;
}

static const struct { const char *head, *unit, *tail; size_t n; dbn_status want; } hostile[] = {
	{ "select ", "(", "1", 100000, DBN_E_LIMIT },
	{ "select ", "1+", "1", 100000, DBN_OK },
	{ "select ", "1+2-", "1", 100000, DBN_OK },
	{ "select ", "1 or ", "1", 100000, DBN_OK },
	{ "select 1", " union all select 1", "", 50000, DBN_OK },
	{ "select ", "not ", "1", 100000, DBN_E_LIMIT },
	{ "select ", "- ", "1", 100000, DBN_E_LIMIT },
	{ "select ", "~", "1", 100000, DBN_E_LIMIT },
	{ "select ", "1=", "1", 100000, DBN_E_LIMIT },
	{ "select 1", " is null", "", 100000, DBN_E_LIMIT },
	{ "select 'a'", " collate nocase", "", 60000, DBN_E_LIMIT },
	{ "select ", "case when ", "1", 50000, DBN_E_LIMIT },
	{ "select ", "(select ", "1", 100000, DBN_E_LIMIT },
	{ "select 1 from ", "(select 1 from ", "t", 50000, DBN_E_LIMIT },
	{ "select 1 from ", "(", "t", 100000, DBN_E_LIMIT },
	{ "select 1 from t", ",t", "", 100000, DBN_E_LIMIT },
	{ "select 1 from t", " join t", "", 100000, DBN_E_LIMIT },
	{ "select ", "exists(select ", "1", 50000, DBN_E_LIMIT },
	{ "select ", "f(", "1", 100000, DBN_E_LIMIT },
	{ "select ", "cast(", "1", 100000, DBN_E_LIMIT },
	{ "", "with q as (", "select 1", 50000, DBN_E_LIMIT },
	{ "with q as (select 1)", ", q as (select 1)", " select 1", 50000, DBN_OK },
	{ "select 1", ",1", "", 249999, DBN_OK },
	{ "select 1", ",1", "", 300000, DBN_E_LIMIT },
	{ "select 1 in (1", ",1", ")", 249990, DBN_OK },
	{ "insert into t values (1)", ",(1)", "", 200000, DBN_OK },
	{ "select sum(1) over (order by ", "sum(1) over (order by ", "1", 40000, DBN_E_LIMIT },
	{ "select ", "?,", "?", 40000, DBN_E_LIMIT },
	{ "select '", "''", "'", 500000, DBN_OK },
	{ "select ", "/**/", "1", 200000, DBN_OK },
	{ "create trigger t after insert on x begin ", "select 1;", "end", 100000, DBN_OK },
	{ "select ", "1 ", "", 500000, DBN_E_SYNTAX },
	{ "select ", "a.", "b", 500000, DBN_E_SYNTAX },
	{ "select 1", ";", "", 500000, DBN_E_SYNTAX },
};

Test(sql_parse, hostile_statements_end)
{
	struct fixture f;

	fixture_open(&f);
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		char *z = repeat(hostile[i].head, hostile[i].unit, hostile[i].n, hostile[i].tail);
		dbn_error *err = NULL;
		dbn_status rc = parse(z, strlen(z), NULL, &err);

		if (rc == DBN_OK && hostile[i].want == DBN_OK && strncmp(z, "select", 6) == 0) {
			/* All the way: resolved, printed as text and copied. */
			dbn_sql_stmt *s;
			dbn_sql_result res;
			char *out;

			dbn_arena_reset(&f.arena);
			cr_expect(fixture_resolve(&f, z, &s, &res, &err) == DBN_OK ||
				dbn_error_code(err) == DBN_E_LIMIT, "%.40s: %s", z,
				dbn_error_message(err));
			if (!err) {
				out = fixture_print(s, DBN_PRINT_CANONICAL);
				free(out);
				cr_expect_not_null(dbn_sql_query_copy(&f.arena, s->query));
			}
		}
		cr_expect_eq(rc, hostile[i].want, "%.40s: %s %s", z, dbn_status_name(rc),
			dbn_error_message(err));
		dbn_error_free(err);
		free(z);
	}
	fixture_close(&f);
}

/* The same and what only others have: each ends with a status that says so, and what
 * is read is printed and let go of. */
static const struct { dbn_dialect_id d; const char *head, *unit, *tail; size_t n; dbn_status want; } foreign[] = {
	{ DBN_DIALECT_POSTGRES, "select ", "array[", "1", 100000, DBN_E_LIMIT },
	{ DBN_DIALECT_POSTGRES, "select array[1", ",1", "]", 240000, DBN_OK },
	{ DBN_DIALECT_POSTGRES, "select a", "[1]", " from t", 100000, DBN_E_LIMIT },
	{ DBN_DIALECT_POSTGRES, "select 1", "::int", "", 100000, DBN_E_LIMIT },
	{ DBN_DIALECT_POSTGRES, "select 1 from t, ", "lateral (select 1 from t, ", "t", 30000, DBN_E_LIMIT },
	{ DBN_DIALECT_POSTGRES, "", "(", "select 1", 100000, DBN_E_LIMIT },
	{ DBN_DIALECT_POSTGRES, "select 1 ", "union (select 1 ", "", 50000, DBN_E_LIMIT },
	{ DBN_DIALECT_POSTGRES, "select 1", " intersect select 1", "", 40000, DBN_OK },
	{ DBN_DIALECT_POSTGRES, "select 1 from t group by ", "grouping sets (", "a", 50000, DBN_E_LIMIT },
	{ DBN_DIALECT_POSTGRES, "select 1 from t group by ", "rollup (a), ", "a", 50000, DBN_OK },
	{ DBN_DIALECT_POSTGRES, "select ", "/*", "1", 500000, DBN_E_SYNTAX },
	{ DBN_DIALECT_POSTGRES, "select $a$", "$a", "$a$", 300000, DBN_OK },
	{ DBN_DIALECT_POSTGRES, "select '{}'::jsonb ", "-> 'a' ", "", 100000, DBN_OK },
	{ DBN_DIALECT_POSTGRES, "select 'a' ", "at time zone 'b' ", "", 50000, DBN_E_LIMIT },
	{ DBN_DIALECT_POSTGRES, "select ", "row(", "1", 100000, DBN_E_LIMIT },
	{ DBN_DIALECT_POSTGRES, "select ", "1 = any (array[", "1", 50000, DBN_E_LIMIT },
	{ DBN_DIALECT_POSTGRES, "select E'", "\\\\", "'", 400000, DBN_OK },
	{ DBN_DIALECT_POSTGRES, "select ", "@", "1", 500000, DBN_E_UNSUPPORTED },
	{ DBN_DIALECT_MYSQL, "select ", "!", "1", 100000, DBN_E_LIMIT },
	{ DBN_DIALECT_MYSQL, "select ", "binary ", "'a'", 100000, DBN_E_LIMIT },
	{ DBN_DIALECT_MYSQL, "select ", "1 xor ", "1", 100000, DBN_OK },
	{ DBN_DIALECT_MYSQL, "select ", "1 div ", "1", 100000, DBN_OK },
	{ DBN_DIALECT_MYSQL, "select 'a'", " 'a'", "", 100000, DBN_OK },
	{ DBN_DIALECT_MYSQL, "select 1 from t", " straight_join t", "", 100000, DBN_E_LIMIT },
	{ DBN_DIALECT_MYSQL, "", "(", "select 1", 100000, DBN_E_LIMIT },
	{ DBN_DIALECT_MYSQL, "select `", "``", "`", 400000, DBN_OK },
	{ DBN_DIALECT_MYSQL, "select 1", " + interval 1 day", "", 50000, DBN_E_LIMIT },
	{ DBN_DIALECT_MYSQL, "update t set a = 1", ", a = 1", "", 100000, DBN_OK },
	{ DBN_DIALECT_MYSQL, "insert into t values (1) on duplicate key update a = 1", ", a = 1", "", 100000, DBN_OK },
};

static void
ends(dbn_dialect_id d, const char *z, bool known, dbn_status want)
{
	const dbn_sql_dialect *dialect = dbn_sql_dialect_get(d);
	dbn_error *err = NULL;
	dbn_sql_stmt *s = NULL;
	dbn_arena a;
	dbn_str out;
	dbn_status rc;

	dbn_arena_init(&a, 0);
	dbn_str_init(&out, 0);
	rc = dbn_sql_parse(&a, dialect, NULL, dbn_text_z(z), &s, &err);
	cr_expect(known ? rc == want : rc == DBN_OK || *dbn_error_message(err), "%s, %.60s: %s, not %s: %s",
		dialect->name, z, dbn_status_name(rc), dbn_status_name(want), dbn_error_message(err));
	if (rc == DBN_OK && s->kind != DBN_STMT_ADMIN)
		cr_expect_eq(dbn_sql_print(s, dialect, DBN_PRINT_FINGERPRINT, NULL, 0, &out, NULL), DBN_OK,
			"%s, %.60s", dialect->name, z);
	dbn_str_free(&out);
	dbn_error_free(err);
	dbn_arena_free(&a);
}

Test(sql_parse, hostile_statements_end_in_each_dialect)
{
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		char *z = repeat(foreign[i].head, foreign[i].unit, foreign[i].n, foreign[i].tail);

		for (uint32_t d = DBN_DIALECT_SQLITE; d <= DBN_DIALECT_MYSQL; d++)
			ends((dbn_dialect_id)d, z, d == foreign[i].d, foreign[i].want);
		free(z);
	}
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		char *z = repeat(hostile[i].head, hostile[i].unit, hostile[i].n, hostile[i].tail);

		ends(DBN_DIALECT_POSTGRES, z, false, DBN_OK);
		ends(DBN_DIALECT_MYSQL, z, false, DBN_OK);
		free(z);
	}
}

Test(sql_parse, one_megabyte_is_the_limit)
{
	char *z = repeat("select '", "x", (1u << 20) - 9, "'");
	dbn_error *err = NULL;

	cr_assert_eq(strlen(z), 1u << 20);
	cr_assert_eq(parse(z, strlen(z), NULL, &err), DBN_OK);
	free(z);
	z = repeat("select '", "x", (1u << 20) - 8, "'");
	cr_assert_eq(parse(z, strlen(z), NULL, &err), DBN_E_LIMIT);
	cr_assert(strstr(dbn_error_message(err), "1048576"));
	dbn_error_free(err);
	free(z);
}

Test(sql_parse, limits_are_the_callers)
{
	dbn_sql_limits few = dbn_sql_limits_default;
	dbn_error *err = NULL;

	few.tokens = 4;
	cr_expect_eq(parse("select 1, 2", 11, &few, &err), DBN_OK);
	cr_expect_eq(parse("select 1, 2, 3", 14, &few, &err), DBN_E_LIMIT);
	dbn_error_free(err);
	few = dbn_sql_limits_default;
	few.list = 2;
	cr_expect_eq(parse("select 1, 2", 11, &few, &err), DBN_OK);
	cr_expect_eq(parse("select 1, 2, 3", 14, &few, &err), DBN_E_LIMIT);
	dbn_error_free(err);
	few = dbn_sql_limits_default;
	few.params = 1;
	cr_expect_eq(parse("select ?, ?", 11, &few, &err), DBN_E_LIMIT);
	dbn_error_free(err);
	few = dbn_sql_limits_default;
	few.depth = 3;
	cr_expect_eq(parse("select (1)", 10, &few, &err), DBN_OK);
	cr_expect_eq(parse("select ((((1))))", 16, &few, &err), DBN_E_LIMIT);
	dbn_error_free(err);
}

/* ---- fingerprints ---- */

Test(sql_parse, fingerprints_have_no_values)
{
	static const struct { const char *sql, *want; } prints[] = {
		{ "select a from t where b = 'secret' and c = 5",
			"SELECT \"a\" FROM \"t\" WHERE \"b\" = ? AND \"c\" = ?" },
		{ "select a from t where b = ? and c in (1, 2, 'x')",
			"SELECT \"a\" FROM \"t\" WHERE \"b\" = ? AND \"c\" IN (?)" },
		{ "select a from t where c in (1, ?, d, 3, 4)",
		"SELECT \"a\" FROM \"t\" WHERE \"c\" IN (?, \"d\", ?)" },
		{ "insert into t(a, b) values (1, 'x'), (2, 'y'), (3, 'z')",
			"INSERT INTO \"t\" (\"a\", \"b\") VALUES (?, ?)" },
		{ "select 1.5e3, x'00', null, true", "SELECT ?, ?, ?, ?" },
		{ "select * from t limit 10", "SELECT * FROM \"t\" LIMIT ?" },
		{ "select \"a\"\"b\" from t as \"u v\"", "SELECT \"a\"\"b\" FROM \"t\" AS \"u "
		"v\"" },
		{ "pragma key = 'secret'", "PRAGMA" },
	};
	struct fixture f;

	fixture_open(&f);
	for (size_t i = 0; i < sizeof(prints) / sizeof(prints[0]); i++) {
		char *z = fixture_print(fixture_parse(&f, prints[i].sql), DBN_PRINT_FINGERPRINT);

		cr_expect_str_eq(z, prints[i].want, "%s", prints[i].sql);
		free(z);
	}
	fixture_close(&f);
}

/* ---- the policy language ---- */

static const struct { const char *text, *want; } policies[] = {
	{ "region = $user.region AND deleted_at IS NULL", "\"region\" = $user.region AND "
		"\"deleted_at\" IS NULL" },
	{ "team_id IN (SELECT t.team_id FROM team_members t WHERE t.user_id = $user.id)",
		"\"team_id\" IN (SELECT \"t\".\"team_id\" FROM \"team_members\" AS \"t\" WHERE "
		"\"t\".\"user_id\" = $user.id)" },
	{ "$client.tls AND extract(hour FROM $now) BETWEEN 7 AND 19",
		"$client.tls AND extract(\"hour\" FROM $now) BETWEEN 7 AND 19" },
	{ "a = ANY ($user.teams)", "\"a\" IN ($user.teams)" },
	{ "a <> ALL ($user.teams)", "\"a\" NOT IN ($user.teams)" },
	{ "status <> 'closed'", "\"status\" <> 'closed'" },
	{ "a || b + c = d", "\"a\" || (\"b\" + \"c\") = \"d\"" },
	{ "(a || b) + c", "(\"a\" || \"b\") + \"c\"" },
	{ "a = b IS NULL", "(\"a\" = \"b\") IS NULL" },
	{ "a IS NOT DISTINCT FROM b", "\"a\" IS NOT DISTINCT FROM \"b\"" },
	{ "NOT a = b", "NOT (\"a\" = \"b\")" },
	{ "x::int = 5", "CAST(\"x\" AS INT) = 5" },
	{ "true", "TRUE" },
	{ "a < 5 AND NOT (b OR c) OR d", "\"a\" < 5 AND NOT (\"b\" OR \"c\") OR \"d\"" },
	{ "$op = 'read'", "$op = 'read'" },
};

Test(sql_parse, policies_are_read_and_printed)
{
	dbn_arena a;

	dbn_arena_init(&a, 0);
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		const dbn_sql_dialect *d = dbn_sql_dialect_policy();
		dbn_text text = dbn_text_z(policies[i].text);
		dbn_error *err = NULL;
		dbn_sql_expr *e;
		dbn_str out;

		for (int again = 0; again < 2; again++) {
			dbn_status rc = dbn_sql_parse_expr(&a, d, NULL, text, &e, &err);

			cr_assert_eq(rc, DBN_OK, "%.*s: %s", DBN_TEXT_ARG(text),
				dbn_error_message(err));
			dbn_str_init(&out, 0);
			cr_assert_eq(dbn_sql_print_expr(e, d, DBN_PRINT_SOURCE, &out, &err),
				DBN_OK);
			cr_expect_str_eq(dbn_str_z(&out), policies[i].want);
			text = dbn_arena_text(&a, dbn_text_n(out.ptr, out.len));
			dbn_str_free(&out);
		}
	}
	dbn_arena_free(&a);
}

Test(sql_parse, policies_refuse_what_has_two_meanings)
{
	static const struct refusal bad[] = {
		{ "", 1, "unexpected end", NULL },
		{ "a = b = c", 7, "comparison of a comparison", "parentheses" },
		{ "a < b = c", 7, "comparison of a comparison", NULL },
		{ "a = ?", 5, "placeholder in a policy", "$user.id" },
		{ "a = $1", 5, "placeholder in a policy", NULL },
		{ "a IS b", 6, "IS with anything", "DISTINCT" },
		{ "a GLOB 'x'", 3, "operator GLOB", NULL },
		{ "a > ANY ($user.teams)", 5, "quantified", NULL },
		{ "a; b", 2, "unexpected \";\"", NULL },
		{ "`a` = 1", 1, "unexpected character", NULL },
		{ "a = 1 b", 7, "unexpected \"b\"", NULL },
	};
	dbn_arena a;

	dbn_arena_init(&a, 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		dbn_error *err = NULL;
		dbn_sql_expr *e;

		cr_expect_eq(dbn_sql_parse_expr(&a, dbn_sql_dialect_policy(), NULL,
			dbn_text_z(bad[i].sql), &e,
			&err), DBN_E_SYNTAX, "%s", bad[i].sql);
		cr_expect_eq(dbn_error_position(err), bad[i].position, "%s: %u %s", bad[i].sql,
			dbn_error_position(err), dbn_error_message(err));
		cr_expect(strstr(dbn_error_message(err), bad[i].message) != NULL, "%s: %s",
			bad[i].sql,
			dbn_error_message(err));
		if (bad[i].hint)
			cr_expect(strstr(dbn_error_hint(err), bad[i].hint) != NULL, "%s",
				dbn_error_hint(err));
		dbn_error_free(err);
	}
	dbn_arena_free(&a);
}

/* Wherever a value may stand, in each dialect: none of them is in the normal form. */
Test(sql_parse, fingerprints_tell_no_value_in_any_dialect)
{
	static const struct { dbn_dialect_id d; const char *sql; } texts[] = {
		{ DBN_DIALECT_POSTGRES, "SELECT DATE '4711-01-01', TIMESTAMP '4711-01-01 00:00:00', INTERVAL '4711' DAY" },
		{ DBN_DIALECT_POSTGRES, "SELECT E'4711', $a$4711$a$, U&'4711', '4711'::text FROM t" },
		{ DBN_DIALECT_POSTGRES, "SELECT ARRAY[4711, 4711], a[4711], a[1:4711], '{4711}'::int[] FROM t" },
		{ DBN_DIALECT_POSTGRES, "SELECT CAST('4711' AS numeric(10,2)), 4711::int8, x->'4711'->>4711 FROM t" },
		{ DBN_DIALECT_POSTGRES, "SELECT a FROM t WHERE a = ANY (ARRAY[4711]) OR b ~ '4711' OR b SIMILAR TO '4711'" },
		{ DBN_DIALECT_POSTGRES, "SELECT a FROM t WHERE b LIKE '4711' ESCAPE '4' OR b ILIKE '%4711'" },
		{ DBN_DIALECT_POSTGRES, "SELECT a FROM t ORDER BY a + 4711 OFFSET 4711 ROWS FETCH FIRST 4711 ROWS ONLY" },
		{ DBN_DIALECT_POSTGRES, "SELECT g FROM generate_series(4711, 4711) g" },
		{ DBN_DIALECT_POSTGRES, "SELECT substring(b FROM 4711 FOR 4711), overlay(b PLACING '4711' FROM 1) FROM t" },
		{ DBN_DIALECT_POSTGRES, "SELECT string_agg(b, '4711' ORDER BY a), percentile_cont(4711) WITHIN GROUP (ORDER BY a) FROM t" },
		{ DBN_DIALECT_POSTGRES, "SELECT b AT TIME ZONE '4711' FROM t TABLESAMPLE BERNOULLI (4711) REPEATABLE (4711)" },
		{ DBN_DIALECT_POSTGRES, "INSERT INTO t (a) VALUES (4711) ON CONFLICT (a) WHERE a > 4711 DO UPDATE SET b = '4711' WHERE t.a < 4711" },
		{ DBN_DIALECT_POSTGRES, "UPDATE t SET (a, b) = (4711, '4711') FROM u WHERE u.a = 4711 RETURNING 4711 + t.a" },
		{ DBN_DIALECT_POSTGRES, "WITH q AS (SELECT 4711 AS x) SELECT x FROM q WHERE x BETWEEN SYMMETRIC 4711 AND 4711" },
		{ DBN_DIALECT_MYSQL, "SELECT _utf8mb4'4711', 'a' '4711', 4711 DIV 4711, 4711 MOD 4711 FROM t" },
		{ DBN_DIALECT_MYSQL, "SELECT b + INTERVAL 4711 DAY, date_add(b, INTERVAL '4711' HOUR) FROM t WHERE b REGEXP '4711'" },
		{ DBN_DIALECT_MYSQL, "SELECT group_concat(b ORDER BY a SEPARATOR '4711') FROM t GROUP BY a WITH ROLLUP LIMIT 4711, 4711" },
		{ DBN_DIALECT_MYSQL, "INSERT INTO t SET a = 4711 ON DUPLICATE KEY UPDATE b = '4711'" },
		{ DBN_DIALECT_MYSQL, "UPDATE t SET a = 4711 WHERE b <=> 4711 ORDER BY a LIMIT 4711" },
		{ DBN_DIALECT_MYSQL, "REPLACE INTO t (a) VALUES (4711), (4711)" },
		{ DBN_DIALECT_SQLITE, "SELECT x'4711', 0x4711, 4711e0, '4711' COLLATE nocase, a GLOB '4711' FROM t LIMIT 4711 OFFSET 4711" },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const dbn_sql_dialect *d = dbn_sql_dialect_get(texts[i].d);
		dbn_error *err = NULL;
		dbn_sql_stmt *s = NULL;
		dbn_arena a;
		dbn_str out;

		dbn_arena_init(&a, 0);
		dbn_str_init(&out, 0);
		cr_expect_eq(dbn_sql_parse(&a, d, NULL, dbn_text_z(texts[i].sql), &s, &err), DBN_OK, "%s: %s",
			texts[i].sql, dbn_error_message(err));
		if (s) {
			cr_expect_eq(dbn_sql_print(s, d, DBN_PRINT_FINGERPRINT, NULL, 0, &out, NULL), DBN_OK);
			cr_expect_null(strstr(dbn_str_z(&out), "47"), "%s\n%s", texts[i].sql, dbn_str_z(&out));
		}
		dbn_error_free(err);
		dbn_str_free(&out);
		dbn_arena_free(&a);
	}
}
