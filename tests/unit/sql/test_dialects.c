/* SPDX-License-Identifier: MIT */
/*
 * PostgreSQL and MySQL without a server: what their lexers must not misread, what
 * is printed for them, and what is refused by name.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "error/error.h"
#include "sql/parse.h"
#include "sql/print.h"
#include "sql/resolve.h"

static dbn_sql_column columns[] = {
	{ .name = { "id", 2 }, .type = DBN_INT64, .key_part = 1, .flags = DBN_COL_NOT_NULL | DBN_COL_IDENTITY },
	{ .name = { "name", 4 }, .type = DBN_TEXT },
	{ .name = { "n", 1 }, .type = DBN_INT64 },
};

static dbn_status
lookup(void *user, const dbn_sql_name *name, const dbn_sql_relation **out, dbn_error **err)
{
	dbn_sql_relation *rel = user;

	if (!dbn_text_eqz(name->name, "t"))
		return dbn_fail(err, DBN_E_NOT_FOUND, "no such table");
	*out = rel;
	return DBN_OK;
}

/* The canonical text, or the message of what refused it. */
static const char *
canonical(dbn_dialect_id id, const char *sql)
{
	static char out[1024];
	dbn_sql_relation rel = { .kind = DBN_REL_TABLE, .columns = columns, .ncolumns = 3, .nkey = 1 };
	dbn_sql_catalog cat = { .lookup = lookup, .user = &rel };
	const dbn_sql_dialect *d = dbn_sql_dialect_get(id);
	dbn_error *err = NULL;
	dbn_sql_stmt *s;
	dbn_sql_result res;
	dbn_arena a;
	dbn_str text;
	dbn_status rc;

	rel.name.database = dbn_text_z("main");
	rel.name.schema = dbn_text_z(id == DBN_DIALECT_MYSQL ? "main" : "public");
	rel.name.name = dbn_text_z("t");
	dbn_arena_init(&a, 0);
	dbn_str_init(&text, 0);
	rc = dbn_sql_parse(&a, d, NULL, dbn_text_z(sql), &s, &err);
	if (rc == DBN_OK)
		rc = dbn_sql_resolve(s, d, &cat, &res, &err);
	if (rc == DBN_OK)
		rc = dbn_sql_print(s, d, DBN_PRINT_CANONICAL, NULL, 0, &text, &err);
	(void)snprintf(out, sizeof out, "%s", rc == DBN_OK ? dbn_str_z(&text) : dbn_error_message(err));
	dbn_error_free(err);
	dbn_str_free(&text);
	dbn_arena_free(&a);
	return out;
}

struct row {
	const char *sql, *want;     /* a part of the text, or of the message */
};

static void
check(dbn_dialect_id id, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *have = canonical(id, rows[i].sql);

		cr_expect_not_null(strstr(have, rows[i].want), "%s\n  have: %s\n  want: %s", rows[i].sql, have,
			rows[i].want);
	}
}
#define CHECK(id, rows) check(id, rows, sizeof rows / sizeof *rows)

Test(dialects, postgres)
{
	static const struct row rows[] = {
		{ "SELECT ID FROM T", "SELECT \"a1\".\"id\" AS \"id\" FROM \"public\".\"t\" AS \"a1\"" },
		{ "SELECT \"ID\" FROM t", "no such column: ID" },
		{ "SELECT id FROM t WHERE id = $1 /* a /* b */ c */", "\"id\" = $1" },
		{ "SELECT id FROM t WHERE 1=?", "1 = $1" },
		{ "SELECT id FROM t WHERE n =- 1", "\"n\" = -1" },
		{ "SELECT id FROM t WHERE n =@ 1", "the operator =@" },
		{ "SELECT id FROM t WHERE n == 1", "the operator ==" },
		{ "SELECT id FROM t WHERE name ~ 'x'", "\"name\" ~ 'x'" },
		{ "SELECT $a$it's$a$ AS x", "'it''s'" },
		{ "SELECT E'a\\\\b\\'c' AS x", "E'a\\\\b''c'" },
		{ "SELECT 'a\\b' AS x", "E'a\\\\b'" },
		{ "SELECT E'\\x00' AS x", "malformed escape" },
		{ "SELECT U&'d\\0061!' AS x", "'da!'" },
		{ "SELECT x'00' AS x", "x'00ff' is refused" },
		{ "SELECT user FROM t", "SELECT USER AS \"user\"" },
		{ "SELECT current_user", "SELECT CURRENT_USER AS" },
		{ "SELECT 't'::regclass", "a cast to REGCLASS" },
		{ "SELECT n::text FROM t", "CAST(\"a1\".\"n\" AS text) AS \"n\"" },
		{ "SELECT $1 + $2", "is not known" },
		{ "SELECT id FROM t WHERE ($1 IS NULL OR n = $1)", "CAST($1 AS int8) IS NULL" },
		{ "UPDATE t SET n = CASE WHEN id > 1 THEN $1 ELSE $2 END", "THEN CAST($1 AS int8) ELSE CAST($2 AS int8)" },
		{ "INSERT INTO t (id, n) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET n = excluded.n",
			"ON CONFLICT (\"id\") DO UPDATE SET \"n\" = excluded.\"n\"" },
		{ "INSERT INTO t (id) VALUES (1) ON CONFLICT DO UPDATE SET n = 1", "DO UPDATE without a key" },
		{ "REPLACE INTO t (id) VALUES (1)", "REPLACE is not in the SQL of postgres" },
		{ "SELECT id FROM t LIMIT 1, 2", "LIMIT offset, count is not in the SQL of postgres" },
		{ "SELECT id FROM t UNION SELECT n FROM t INTERSECT SELECT id FROM t",
			" UNION (SELECT \"a2\".\"n\" FROM \"public\".\"t\" AS \"a2\" INTERSECT SELECT " },
		{ "SELECT pg_sleep(10)", "\"pg_sleep\"(10)" }, /* not listed: needs a grant */
		{ "SELECT id FROM t ORDER BY n NULLS FIRST, id NULLS FIRST, n NULLS LAST",
			"ORDER BY \"a1\".\"n\" NULLS FIRST, 1, \"a1\".\"n\"" },
	};

	CHECK(DBN_DIALECT_POSTGRES, rows);
}

Test(dialects, postgres_tokens_and_operators)
{
	static const struct row rows[] = {
		{ "SELECT 'a'\n'b' AS x", "'ab'" },
		{ "SELECT 'a' -- c\n 'b' AS x", "'ab'" },
		{ "SELECT 'a' 'b' AS x", "unexpected" },
		{ "SELECT 'a' /* \n */ 'b' AS x", "unexpected" },
		{ "SELECT n <@ 1 FROM t", "<@" },
		{ "SELECT n @- 1 FROM t", "the operator @- is refused" },
		{ "SELECT n @ -1 FROM t", "unexpected" },
		{ "SELECT 1 <> -1 AS x", "1 <> -1" },
		{ "SELECT 1*-1 AS x", "1 * -1" },
		{ "SELECT 1+/* a */-1 AS x", "1 + -1" },
		{ "SELECT ~n + 1 FROM t", "~(\"a1\".\"n\" + 1)" },
		{ "SELECT 2 ^ 3 ^ 2 AS x", "2 ^ 3 ^ 2" },
		{ "SELECT -2 ^ 2 AS x", "-2 ^ 2" },
		{ "SELECT U&'\\D83D\\DE00' AS x", "\xf0\x9f\x98\x80" },
		{ "SELECT U&'\\D83D' AS x", "malformed escape" },
		{ "SELECT U&'a' UESCAPE 'b' AS x", "malformed escape character" },
		{ "SELECT U&'!0041' UESCAPE '!' AS x", "'A'" },
		{ "SELECT $$a$b$$ AS x", "'a$b'" },
		{ "SELECT 1_000", "1_000 is not in" },
		{ "SELECT 1. AS x, .5 AS y, 1e5 AS z", "1. AS \"x\", .5" },
		{ "SELECT id AS a$1 FROM t", "\"a$1\"" },
		{ "SELECT name AT TIME ZONE 'UTC' || 'x' FROM t", "(\"a1\".\"name\" AT TIME ZONE 'UTC') || 'x'" },
		{ "SELECT n::int[] FROM t", "AS int4[])" },
		{ "SELECT n::timestamp(3) with time zone FROM t", "AS timestamptz(3))" },
		{ "SELECT n::regclass[] FROM t", "a cast to REGCLASS[] is refused" },
		{ "SELECT n FROM t WHERE n ? 'a' AND n = ?", "\"n\" ? 'a' AND \"a1\".\"n\" = $1" },
		{ "SELECT n FROM t WHERE n ?| ?", "\"n\" ?| $1" },
		{ "SELECT n[1:2][3] FROM t", "\"n\"[1 : 2][3]" },
		{ "SELECT (n[1])[2] FROM t", "(\"a1\".\"n\"[1])[2]" },
		{ "SELECT n FROM t WHERE n = ALL (ARRAY[1])", "\"n\" = ALL (ARRAY[1])" },
		{ "SELECT string_agg(name, ',' ORDER BY id) FROM t", "ORDER BY \"a1\".\"id\")" },
		{ "SELECT lower(name ORDER BY id) FROM t", "which is no aggregate" },
		{ "SELECT (t).name FROM t", "a field of a composite value is refused" },
		{ "SELECT f(a => 1)", "named arguments is refused" },
	};

	CHECK(DBN_DIALECT_POSTGRES, rows);
}

Test(dialects, mysql_tokens_and_operators)
{
	static const struct row rows[] = {
		{ "SELECT 'a' 'b' AS x", "'ab'" },
		{ "SELECT n DIV 2 * 3 FROM t", "`n` DIV 2 * 3" },
		{ "SELECT id XOR n OR id FROM t", "(`a1`.`id` XOR `a1`.`n`) OR `a1`.`id`" },
		{ "SELECT id && n || name FROM t", "`id` AND CONCAT(`a1`.`n`, `a1`.`name`)" },
		{ "SELECT ! id + 1 FROM t", "(NOT `a1`.`id`) + 1" },
		{ "SELECT 2 ^ 3 * 4 AS x", "(2 ^ 3) * 4" },
		{ "SELECT name + INTERVAL 1 + 1 DAY FROM t", "(`a1`.`name` + INTERVAL (1 + 1) DAY)" },
		{ "SELECT @x", "a variable of the session: @x is refused" },
		{ "SELECT @@version", "a variable of the server: @@x is refused" },
		{ "SELECT x := 1", "an assignment: := is refused" },
		{ "SELECT _latin1'x'", "a text in another character set" },
		{ "SELECT _utf8mb4'x' AS y", "'x' AS `y`" },
		{ "SELECT N'x'", "N'text' is refused" },
		{ "SELECT b'1'", "b'101' is refused" },
		{ "SELECT 0b1", "0b101 is refused" },
		{ "SELECT group_concat(DISTINCT name ORDER BY id SEPARATOR ';') FROM t", "group_concat(DISTINCT `a1`.`name` ORDER BY `a1`.`id` SEPARATOR ';')" },
		{ "SELECT id FROM t WHERE id > ALL (SELECT 1)", "> ALL (SELECT 1" },
		{ "SELECT id FROM t WHERE name NOT REGEXP 'x'", "NOT REGEXP 'x'" },
		{ "SELECT MATCH (name) AGAINST ('x') FROM t", "MATCH ... AGAINST is refused" },
		{ "SELECT id AS 1a FROM t", "begins with a digit is refused" },
		{ "SELECT\v1 AS x", "1 AS `x`" },
	};

	CHECK(DBN_DIALECT_MYSQL, rows);
}

Test(dialects, mysql)
{
	static const struct row rows[] = {
		{ "SELECT `id` FROM t WHERE n = ? # end", "SELECT `a1`.`id` AS `id` FROM `t` AS `a1` WHERE `a1`.`n` = ?" },
		{ "SELECT 1 /*!50000 UNION SELECT name FROM t */", "a comment that the server runs is refused" },
		{ "SELECT 1 /*M! UNION SELECT name FROM t */", "a comment that the server runs is refused" },
		{ "SELECT 5--1 AS x", "5 - -1" },
		{ "SELECT 5 -- 1\n AS x", "5 AS `x`" },
		{ "SELECT \"id\" FROM t", "`a1`.`id` AS `id`" },
		{ "SELECT id FROM t WHERE name = \"bob\"", "no such column: bob" },
		{ "SELECT 'a\\b' AS x", "_utf8mb4 x'615c62'" },
		{ "SELECT name || 'x' AS y FROM t", "CONCAT(`a1`.`name`, 'x')" },
		{ "SELECT 1 /* /* */ AS x", "1 AS `x`" },
		{ "SELECT 0xff", "0x1f is refused" },
		{ "SELECT id FROM t WHERE n <=> NULL", "`n` <=> NULL" },
		{ "SELECT BINARY name FROM t", "CAST(`a1`.`name` AS BINARY) AS `BINARY name`" },
		{ "SELECT sleep(10)", "`sleep`(10)" }, /* not listed: needs a grant */
		{ "INSERT INTO t (id, n) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET n = excluded.n",
			"ON DUPLICATE KEY UPDATE `n` = CASE WHEN `t`.`id` <=> VALUES(`id`) THEN VALUES(`n`) ELSE "
			"(SELECT 1 UNION ALL SELECT 2) END" },
		{ "INSERT INTO t (id, n) VALUES (1, 2) ON DUPLICATE KEY UPDATE n = VALUES(n) + 1",
			"ON DUPLICATE KEY UPDATE `n` = VALUES(`n`) + 1" },
		{ "INSERT INTO t (id) VALUES (1) ON CONFLICT DO NOTHING", "ON DUPLICATE KEY UPDATE `id` = `t`.`id`" },
		{ "UPDATE t SET n = n + 1, id = n", "SET that reads a column it has set before" },
		{ "UPDATE t SET id = n, n = n + 1", "SET `id` = `a1`.`n`, `n` = `a1`.`n` + 1" },
		{ "UPDATE t SET n = 1 RETURNING id", "UPDATE ... RETURNING" },
		{ "DELETE FROM t WHERE id = 1 RETURNING n", "DELETE FROM `t` WHERE `t`.`id` = 1 RETURNING `t`.`n` AS `n`" },
		{ "SELECT a.id FROM t a FULL JOIN t b ON a.id = b.id", "FULL JOIN" },
		{ "SELECT count(*) FILTER (WHERE n > 1) FROM t", "FILTER" },
		{ "SELECT id FROM t ORDER BY n NULLS LAST", "(`a1`.`n`) IS NULL, `a1`.`n`" },
		{ "WITH q AS (SELECT id FROM t) DELETE FROM t WHERE id IN (SELECT id FROM q)", "WITH before UPDATE" },
		{ "INSERT OR IGNORE INTO t (id) VALUES (1)", "not in the SQL of mysql" },
		{ "VALUES (1)", "VALUES as a query is refused" },
	};

	CHECK(DBN_DIALECT_MYSQL, rows);
}

Test(dialects, values_go_in_the_order_of_placeholders)
{
	const dbn_sql_dialect *d = dbn_sql_dialect_get(DBN_DIALECT_MYSQL);
	const uint32_t expand[] = { 1, 2 };
	const uint32_t want[] = { 1, 2, 0, 0 };
	dbn_sql_relation rel = { .kind = DBN_REL_TABLE, .columns = columns, .ncolumns = 3, .nkey = 1 };
	dbn_sql_catalog cat = { .lookup = lookup, .user = &rel };
	dbn_sql_sent sent;
	dbn_sql_result res;
	dbn_sql_stmt *s;
	dbn_arena a;
	dbn_str text;

	rel.name.name = dbn_text_z("t");
	dbn_arena_init(&a, 0);
	dbn_str_init(&text, 0);
	cr_assert_eq(dbn_sql_parse(&a, d, NULL, dbn_text_z("SELECT id FROM t WHERE id IN ($2) AND n = $1 AND id < $1"),
		&s, NULL), DBN_OK);
	cr_assert_eq(dbn_sql_resolve(s, d, &cat, &res, NULL), DBN_OK);
	cr_assert_eq(dbn_sql_print_sent(s, d, DBN_PRINT_CANONICAL, expand, 2, &text, &sent, NULL), DBN_OK);
	cr_assert_not_null(strstr(dbn_str_z(&text), "IN (?, ?) AND `a1`.`n` = ? AND `a1`.`id` < ?"), "%s",
		dbn_str_z(&text));
	cr_assert_eq(sent.count, 4);
	cr_assert_arr_eq(sent.items, want, sizeof want);
	dbn_free(sent.items);
	dbn_str_free(&text);
	dbn_arena_free(&a);
}

/* Each listed function's argument has one of the letters, found wherever its line is. */
Test(dialects, arguments_by_their_letters)
{
	static const struct {
		dbn_dialect_id on;
		const char *name;
		uint32_t nargs, i;
		char letter;
	} want[] = {
		{ DBN_DIALECT_POSTGRES, "acos", 1, 0, 'd' }, { DBN_DIALECT_POSTGRES, "width_bucket", 4, 3, 'i' },
		{ DBN_DIALECT_POSTGRES, "age", 1, 0, '!' }, { DBN_DIALECT_POSTGRES, "age", 2, 1, 'T' },
		{ DBN_DIALECT_POSTGRES, "left", 2, 1, 'i' }, { DBN_DIALECT_POSTGRES, "concat_ws", 9, 8, 'a' },
		{ DBN_DIALECT_POSTGRES, "mod", 2, 0, '=' }, { DBN_DIALECT_POSTGRES, "abs", 1, 0, '.' },
		{ DBN_DIALECT_MYSQL, "char", 3, 2, 'i' }, { DBN_DIALECT_MYSQL, "yearweek", 2, 1, 'i' },
		{ DBN_DIALECT_MYSQL, "length", 1, 0, '.' }, { DBN_DIALECT_SQLITE, "char", 1, 0, 'i' },
		{ DBN_DIALECT_SQLITE, "substring", 3, 2, 'i' }, { DBN_DIALECT_SQLITE, "abs", 1, 0, '.' },
	};

	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		const dbn_sql_dialect *d = dbn_sql_dialect_get(want[i].on);
		const dbn_sql_func_fact *f = dbn_sql_function(d, dbn_text_z(want[i].name));

		cr_assert_not_null(f, "%s", want[i].name);
		cr_expect_eq(dbn_sql_argument(d, f, want[i].nargs, want[i].i), want[i].letter, "%s", want[i].name);
	}
	for (dbn_dialect_id id = DBN_DIALECT_SQLITE; id <= DBN_DIALECT_MYSQL; id++) {
		const dbn_sql_dialect *d = dbn_sql_dialect_get(id);

		for (size_t i = 0; i < d->nfuncs; i++)
			for (uint32_t n = 1; n < 5; n++) {
				char c = dbn_sql_argument(d, &d->funcs[i], n, n - 1);

				cr_expect(strchr("tidnbBDTvja!=.", c), "%s: %c", d->funcs[i].name, c);
			}
	}
}
