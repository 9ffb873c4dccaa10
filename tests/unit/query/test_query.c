/* SPDX-License-Identifier: MIT */
/*
 * The builder: what it writes, that the parser reads the same tree from it, and
 * what becomes of mistakes.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "query/builder.h"
#include "sql/parse.h"
#include "sql/print.h"

static dbn_builder *b;

static void
begin(void)
{
	b = dbn_builder_new();
	cr_assert_not_null(b);
}

static void
end(void)
{
	dbn_builder_free(b);
}

TestSuite(query, .init = begin, .fini = end);

/* The parser reads the text, and printing what it read gives the text again. */
static void
reads_back(dbn_text sql)
{
	const dbn_sql_dialect *d = dbn_sql_dialect_get(DBN_DIALECT_SQLITE);
	dbn_sql_stmt *s = NULL;
	dbn_error *err = NULL;
	dbn_arena a;
	dbn_str again;

	dbn_arena_init(&a, 0);
	dbn_str_init(&again, 0);
	cr_assert_eq(dbn_sql_parse(&a, d, NULL, sql, &s, &err), DBN_OK, "%.*s: %s", (int)sql.len,
		sql.ptr, dbn_error_message(err));
	cr_assert_eq(dbn_sql_print(s, d, DBN_PRINT_SOURCE, NULL, 0, &again, &err), DBN_OK);
	cr_assert(dbn_text_eq(dbn_text_n(again.ptr, again.len), sql), "%.*s became %s", (int)sql.len,
		sql.ptr, again.ptr);
	dbn_str_free(&again);
	dbn_arena_free(&a);
}

static void
says(dbn_status rc, dbn_error *err, dbn_text sql, dbn_args args, const char *want, size_t nargs)
{
	cr_assert_eq(rc, DBN_OK, "%s", dbn_error_message(err));
	cr_assert(dbn_text_eqz(sql, want), "got:  %.*s\nwant: %s", (int)sql.len, sql.ptr, want);
	cr_assert_eq(args.n, nargs);
	reads_back(sql);
}

#define SAYS(kind, q, want, n) do { \
	dbn_text sql_ = { NULL, 0 }; \
	dbn_args args_ = { NULL, 0 }; \
	dbn_error *err_ = NULL; \
	dbn_status rc_ = dbn_##kind##_text(q, &sql_, &args_, &err_); \
	says(rc_, err_, sql_, args_, want, n); \
} while (0)

#define REFUSED(kind, q, status, said) do { \
	dbn_text sql_; \
	dbn_args args_; \
	dbn_error *err_ = NULL; \
	cr_assert_eq(dbn_##kind##_text(q, &sql_, &args_, &err_), status); \
	cr_assert_not_null(strstr(dbn_error_message(err_), said), "%s", dbn_error_message(err_)); \
	dbn_error_free(err_); \
} while (0)

/* A select of one column of one table with this condition. */
static dbn_select *
selected(const dbn_expr *where)
{
	dbn_select *q = dbn_select_new(b);

	dbn_select_from(q, "t", NULL);
	dbn_select_columns(q, DBN_NAMES("a"));
	if (where)
		dbn_select_where(q, where);
	return q;
}

#define WHERE(x, want, n) SAYS(select, selected(x), "SELECT \"a\" FROM \"t\" WHERE " want, n)

/* ---- select ---- */

Test(query, plain_select)
{
	dbn_select *q = dbn_select_new(b);

	dbn_select_from(q, "users", "u");
	SAYS(select, q, "SELECT * FROM \"users\" AS \"u\"", 0);
	dbn_select_columns(q, DBN_NAMES("u.id", "name", "u.*"));
	SAYS(select, q, "SELECT \"u\".\"id\", \"name\", \"u\".* FROM \"users\" AS \"u\"", 0);
	dbn_select_distinct(q);
	dbn_select_limit(q, 10);
	SAYS(select, q, "SELECT DISTINCT \"u\".\"id\", \"name\", \"u\".* FROM \"users\" AS \"u\" LIMIT $1", 1);
}

Test(query, names_are_quoted)
{
	dbn_select *q = dbn_select_new(b);

	dbn_select_from(q, "main.app.od\"d; DROP TABLE x --", NULL);
	dbn_select_column(q, dbn_x_name(b, NULL, "a.b"), "select");
	dbn_select_column(q, dbn_x_name(b, "q.r", "\"; --"), NULL);
	SAYS(select, q, "SELECT \"a.b\" AS \"select\", \"q.r\".\"\"\"; --\" "
		"FROM \"main\".\"app\".\"od\"\"d; DROP TABLE x --\"", 0);
}

Test(query, joins)
{
	dbn_select *q = dbn_select_new(b), *sub = dbn_select_new(b);

	dbn_select_from(q, "a", NULL);
	dbn_select_join(q, DBN_INNER_JOIN, "b", "x", dbn_x_cols(b, "x.id", DBN_EQ, "a.id"));
	dbn_select_join(q, DBN_LEFT_JOIN, "c", NULL, dbn_x_cols(b, "c.id", DBN_EQ, "a.id"));
	dbn_select_join(q, DBN_CROSS_JOIN, "d", NULL, NULL);
	dbn_select_from(sub, "e", NULL);
	dbn_select_join_select(q, DBN_LEFT_JOIN, sub, "s", dbn_x_cols(b, "s.id", DBN_EQ, "a.id"));
	SAYS(select, q, "SELECT * FROM \"a\" JOIN \"b\" AS \"x\" ON \"x\".\"id\" = \"a\".\"id\" "
		"LEFT JOIN \"c\" ON \"c\".\"id\" = \"a\".\"id\" CROSS JOIN \"d\" "
		"LEFT JOIN (SELECT * FROM \"e\") AS \"s\" ON \"s\".\"id\" = \"a\".\"id\"", 0);
}

Test(query, grouped)
{
	dbn_select *q = dbn_select_new(b);

	dbn_select_from(q, "orders", NULL);
	dbn_select_columns(q, DBN_NAMES("user_id"));
	dbn_select_column(q, dbn_x_count_all(b), "n");
	dbn_select_column(q, dbn_x_call(b, "sum", DBN_EXPRS(dbn_x_col(b, "total"))), "total");
	dbn_select_where(q, dbn_x_is(b, "state", DBN_NE, DBN_V("void")));
	dbn_select_group(q, dbn_x_col(b, "user_id"));
	dbn_select_having(q, dbn_x_op(b, dbn_x_count_all(b), DBN_GT, dbn_x_val(b, DBN_V(3))));
	dbn_select_order(q, dbn_x_col(b, "n"), DBN_DESC);
	dbn_select_order(q, dbn_x_col(b, "user_id"), DBN_ASC);
	dbn_select_limit(q, 5);
	dbn_select_offset(q, 20);
	SAYS(select, q, "SELECT \"user_id\", count(*) AS \"n\", sum(\"total\") AS \"total\" FROM \"orders\" "
		"WHERE \"state\" <> $1 GROUP BY \"user_id\" HAVING count(*) > $2 "
		"ORDER BY \"n\" DESC NULLS LAST, \"user_id\" NULLS FIRST LIMIT $3 OFFSET $4", 4);
}

Test(query, offset_alone_gets_a_limit)
{
	dbn_select *q = selected(NULL);
	dbn_error *err;
	dbn_text sql;
	dbn_args args;

	dbn_select_offset(q, 7);
	cr_assert_eq(dbn_select_text(q, &sql, &args, &err), DBN_OK);
	cr_assert_eq(args.n, 2);
	cr_assert_eq(args.v[0].u.i64, INT64_MAX);
	cr_assert_eq(args.v[1].u.i64, 7);
	dbn_select_limit(q, 3);
	SAYS(select, q, "SELECT \"a\" FROM \"t\" LIMIT $1 OFFSET $2", 2);
}

/* ---- conditions ---- */

Test(query, comparisons)
{
	WHERE(dbn_x_is(b, "x", DBN_EQ, DBN_V(1)), "\"x\" = $1", 1);
	WHERE(dbn_x_is(b, "t.x", DBN_NE, DBN_V(1)), "\"t\".\"x\" <> $1", 1);
	WHERE(dbn_x_is(b, "x", DBN_LT, DBN_V(1)), "\"x\" < $1", 1);
	WHERE(dbn_x_is(b, "x", DBN_LE, DBN_V(1)), "\"x\" <= $1", 1);
	WHERE(dbn_x_is(b, "x", DBN_GT, DBN_V(1)), "\"x\" > $1", 1);
	WHERE(dbn_x_is(b, "x", DBN_GE, DBN_V(1)), "\"x\" >= $1", 1);
	WHERE(dbn_x_is(b, "x", DBN_LIKE, DBN_V("a%")), "\"x\" LIKE $1", 1);
	WHERE(dbn_x_is(b, "x", DBN_NOT_LIKE, DBN_V("a%")), "\"x\" NOT LIKE $1", 1);
	WHERE(dbn_x_cols(b, "x", DBN_LT, "t.y"), "\"x\" < \"t\".\"y\"", 0);
	WHERE(dbn_x_is_null(b, dbn_x_col(b, "x")), "\"x\" IS NULL", 0);
	WHERE(dbn_x_is_not_null(b, dbn_x_col(b, "x")), "\"x\" IS NOT NULL", 0);
	WHERE(dbn_x_between(b, dbn_x_col(b, "x"), DBN_V(1), DBN_V(9)), "\"x\" BETWEEN $1 AND $2", 2);
}

Test(query, logic_keeps_its_shape)
{
#define A dbn_x_is(b, "a", DBN_EQ, DBN_V(1))
#define B dbn_x_is(b, "b", DBN_EQ, DBN_V(2))
#define C dbn_x_is(b, "c", DBN_EQ, DBN_V(3))
	WHERE(dbn_x_and(b, A, dbn_x_or(b, B, C)), "\"a\" = $1 AND (\"b\" = $2 OR \"c\" = $3)", 3);
	WHERE(dbn_x_or(b, dbn_x_and(b, A, B), C), "\"a\" = $1 AND \"b\" = $2 OR \"c\" = $3", 3);
	WHERE(dbn_x_not(b, dbn_x_or(b, A, B)), "NOT (\"a\" = $1 OR \"b\" = $2)", 2);
	WHERE(dbn_x_all_of(b, DBN_EXPRS(A, B, C)), "\"a\" = $1 AND \"b\" = $2 AND \"c\" = $3", 3);
	WHERE(dbn_x_any_of(b, DBN_EXPRS(A)), "\"a\" = $1", 1);
	{
		dbn_select *q = selected(dbn_x_or(b, A, B));

		dbn_select_where(q, C);
		SAYS(select, q, "SELECT \"a\" FROM \"t\" WHERE (\"a\" = $1 OR \"b\" = $2) AND \"c\" = $3", 3);
	}
}

Test(query, arithmetic_and_functions)
{
	const dbn_expr *sum = dbn_x_op(b, dbn_x_col(b, "x"), DBN_ADD, dbn_x_val(b, DBN_V(1)));

	WHERE(dbn_x_op(b, dbn_x_op(b, sum, DBN_MUL, dbn_x_val(b, DBN_V(2))), DBN_EQ, dbn_x_col(b, "y")),
		"(\"x\" + $1) * $2 = \"y\"", 2);
	WHERE(dbn_x_op(b, dbn_x_call(b, "lower", DBN_EXPRS(dbn_x_col(b, "x"))), DBN_EQ,
		dbn_x_op(b, dbn_x_col(b, "y"), DBN_CONCAT, dbn_x_val(b, DBN_V("z")))),
		"lower(\"x\") = \"y\" || $1", 1);
	WHERE(dbn_x_op(b, dbn_x_case(b, A, dbn_x_val(b, DBN_V(1)), NULL), DBN_EQ,
		dbn_x_case(b, B, dbn_x_val(b, DBN_V(1)), dbn_x_val(b, DBN_V(0)))),
		"CASE WHEN \"a\" = $1 THEN $2 END = CASE WHEN \"b\" = $3 THEN $4 ELSE $5 END", 5);
	WHERE(dbn_x_op(b, dbn_x_call(b, "random", DBN_EXPRS()), DBN_GT,
		dbn_x_call_distinct(b, "count", dbn_x_col(b, "x"))),
		"random() > count(DISTINCT \"x\")", 0);
}

Test(query, lists_are_one_parameter)
{
	dbn_select *q = selected(dbn_x_in(b, dbn_x_col(b, "x"), DBN_ARGS(3, 1, 4)));
	dbn_error *err;
	dbn_text sql;
	dbn_args args;

	cr_assert_eq(dbn_select_text(q, &sql, &args, &err), DBN_OK);
	cr_assert_eq(args.n, 1);
	cr_assert_eq(args.v[0].type, DBN_LIST);
	cr_assert_eq(args.v[0].len, 3);
	cr_assert_eq(((const dbn_value *)args.v[0].u.ptr)[2].u.i64, 4);
	WHERE(dbn_x_in(b, dbn_x_col(b, "x"), DBN_ARGS()), "1 = 0", 0);
	WHERE(dbn_x_not(b, dbn_x_in(b, dbn_x_col(b, "x"), DBN_ARGS(1))), "NOT (\"x\" IN ($1))", 1);
}

Test(query, subqueries)
{
	dbn_select *sub = dbn_select_new(b);

	dbn_select_from(sub, "o", NULL);
	dbn_select_columns(sub, DBN_NAMES("user_id"));
	dbn_select_where(sub, dbn_x_is(b, "state", DBN_EQ, DBN_V("open")));
	WHERE(dbn_x_and(b, dbn_x_is(b, "y", DBN_EQ, DBN_V(1)),
		dbn_x_in_select(b, dbn_x_col(b, "x"), sub)),
		"\"y\" = $1 AND \"x\" IN (SELECT \"user_id\" FROM \"o\" WHERE \"state\" = $2)", 2);
	/* used again: a copy, with a parameter of its own */
	WHERE(dbn_x_or(b, dbn_x_exists(b, sub), dbn_x_op(b, dbn_x_col(b, "x"), DBN_EQ, dbn_x_select(b, sub))),
		"EXISTS (SELECT \"user_id\" FROM \"o\" WHERE \"state\" = $1) "
		"OR \"x\" = (SELECT \"user_id\" FROM \"o\" WHERE \"state\" = $2)", 2);
	{
		dbn_select *q = dbn_select_new(b);

		dbn_select_from_select(q, sub, "s");
		SAYS(select, q, "SELECT * FROM (SELECT \"user_id\" FROM \"o\" WHERE \"state\" = $1) AS \"s\"", 1);
	}
}

Test(query, an_expression_may_be_used_again)
{
	const dbn_expr *x = dbn_x_is(b, "x", DBN_EQ, DBN_V(7));
	dbn_error *err;
	dbn_text sql;
	dbn_args args;
	dbn_select *q = selected(dbn_x_or(b, x, dbn_x_not(b, x)));

	SAYS(select, q, "SELECT \"a\" FROM \"t\" WHERE \"x\" = $1 OR NOT (\"x\" = $2)", 2);
	cr_assert_eq(dbn_select_text(q, &sql, &args, &err), DBN_OK);
	cr_assert_eq(args.v[0].u.i64, 7);
	cr_assert_eq(args.v[1].u.i64, 7);
}

Test(query, values_are_copied_and_in_order)
{
	char text[] = "abc";
	dbn_select *q = dbn_select_new(b);
	const dbn_expr *late = dbn_x_is(b, "z", DBN_EQ, DBN_V(text));
	dbn_error *err;
	dbn_text sql;
	dbn_args args;

	text[0] = 'X';
	dbn_select_from(q, "t", NULL);
	dbn_select_limit(q, 9);
	dbn_select_where(q, dbn_x_is(b, "y", DBN_EQ, DBN_V(1)));
	dbn_select_column(q, dbn_x_val(b, DBN_V(2.5)), "v");
	dbn_select_where(q, late);
	cr_assert_eq(dbn_select_text(q, &sql, &args, &err), DBN_OK);
	cr_assert(dbn_text_eqz(sql,
		"SELECT CAST($1 AS DOUBLE PRECISION) AS \"v\" FROM \"t\" WHERE \"y\" = $2 AND \"z\" = $3 LIMIT $4"), "%s", sql.ptr);
	cr_assert_eq(args.v[0].u.f64, 2.5);
	cr_assert_eq(args.v[1].u.i64, 1);
	cr_assert(dbn_text_eqz(dbn_text_of(&args.v[2]), "abc"));
	cr_assert_eq(args.v[3].u.i64, 9);
}

/* ---- insert, update, delete ---- */

Test(query, inserts)
{
	dbn_insert *q = dbn_insert_new(b, "main.users");

	dbn_insert_columns(q, DBN_NAMES("id", "name"));
	dbn_insert_values(q, DBN_ARGS(1, "one"));
	SAYS(insert, q, "INSERT INTO \"main\".\"users\" (\"id\", \"name\") VALUES ($1, $2)", 2);
	dbn_insert_values(q, DBN_ARGS(2, NULL));
	dbn_insert_exprs(q, DBN_EXPRS(dbn_x_val(b, DBN_V(3)),
		dbn_x_call(b, "upper", DBN_EXPRS(dbn_x_val(b, DBN_V("three"))))));
	dbn_insert_returning(q, dbn_x_col(b, "id"), NULL);
	SAYS(insert, q, "INSERT INTO \"main\".\"users\" (\"id\", \"name\") VALUES ($1, $2), ($3, $4), "
		"($5, upper($6)) RETURNING \"id\"", 6);
}

Test(query, upserts)
{
	dbn_insert *q = dbn_insert_new(b, "u");

	dbn_insert_columns(q, DBN_NAMES("id", "n"));
	dbn_insert_values(q, DBN_ARGS(1, 5));
	dbn_insert_conflict(q, DBN_NAMES("id"));
	SAYS(insert, q, "INSERT INTO \"u\" (\"id\", \"n\") VALUES ($1, $2) ON CONFLICT (\"id\") DO NOTHING", 2);
	dbn_insert_conflict_set(q, "n", dbn_x_op(b, dbn_x_col(b, "u.n"), DBN_ADD, dbn_x_excluded(b, "n")));
	SAYS(insert, q, "INSERT INTO \"u\" (\"id\", \"n\") VALUES ($1, $2) ON CONFLICT (\"id\") "
		"DO UPDATE SET \"n\" = \"u\".\"n\" + \"excluded\".\"n\"", 2);
}

Test(query, insert_of_a_select)
{
	dbn_insert *q = dbn_insert_new(b, "u");

	dbn_insert_columns(q, DBN_NAMES("a"));
	dbn_insert_select(q, selected(dbn_x_is(b, "x", DBN_EQ, DBN_V(1))));
	SAYS(insert, q, "INSERT INTO \"u\" (\"a\") SELECT \"a\" FROM \"t\" WHERE \"x\" = $1", 1);
}

Test(query, updates_and_deletes)
{
	dbn_update *u = dbn_update_new(b, "u");
	dbn_delete *d = dbn_delete_new(b, "u");

	dbn_update_set_value(u, "n", DBN_V(1));
	REFUSED(update, u, DBN_E_INVALID, "an update without a condition");
	dbn_update_where(u, dbn_x_is(b, "id", DBN_EQ, DBN_V(7)));
	dbn_update_set(u, "m", dbn_x_op(b, dbn_x_col(b, "m"), DBN_ADD, dbn_x_val(b, DBN_V(2))));
	dbn_update_returning(u, dbn_x_col(b, "m"), "now");
	SAYS(update, u, "UPDATE \"u\" SET \"n\" = $1, \"m\" = \"m\" + $2 WHERE \"id\" = $3 "
		"RETURNING \"m\" AS \"now\"", 3);
	REFUSED(delete, d, DBN_E_INVALID, "a delete without a condition");
	dbn_delete_every_row(d);
	SAYS(delete, d, "DELETE FROM \"u\"", 0);
	dbn_delete_where(d, dbn_x_is(b, "id", DBN_EQ, DBN_V(7)));
	SAYS(delete, d, "DELETE FROM \"u\" WHERE \"id\" = $1", 1);
}

/* ---- mistakes ---- */

Test(query, first_mistake_is_kept)
{
	dbn_select *q = dbn_select_new(b);
	dbn_error *err = NULL;

	dbn_select_from(q, "t", NULL);
	dbn_select_where(q, dbn_x_is(b, "a.b.c", DBN_EQ, DBN_V(1)));
	dbn_select_order(q, dbn_x_call(b, "drop table", DBN_EXPRS()), DBN_ASC);
	cr_assert_eq(dbn_builder_check(b, &err), DBN_E_INVALID);
	cr_assert_str_eq(dbn_error_message(err), "not the name of a column: \"a.b.c\"");
	cr_assert_str_neq(dbn_error_hint(err), "");
	dbn_error_free(err);
	REFUSED(select, q, DBN_E_INVALID, "a.b.c");
	dbn_builder_reset(b);
	cr_assert_eq(dbn_builder_check(b, &err), DBN_OK);
	SAYS(select, selected(NULL), "SELECT \"a\" FROM \"t\"", 0);
}

#define MISTAKE(said, ...) do { \
	dbn_error *err_ = NULL; \
	dbn_builder_reset(b); \
	__VA_ARGS__; \
	cr_assert_eq(dbn_builder_check(b, &err_), DBN_E_INVALID, "no mistake: %s", #__VA_ARGS__); \
	cr_assert_not_null(strstr(dbn_error_message(err_), said), "%s", dbn_error_message(err_)); \
	dbn_error_free(err_); \
} while (0)

Test(query, mistakes)
{
	dbn_builder *other = dbn_builder_new();
	const dbn_expr *stray = dbn_x_col(other, "x");
	const dbn_select *stray_q = dbn_select_new(other);
	dbn_value one = dbn_v_i64(1), list = dbn_list_of(&one, 1);

	MISTAKE("another builder", selected(stray));
	MISTAKE("another builder", dbn_x_exists(b, stray_q));
	MISTAKE("missing", dbn_x_not(b, NULL));
	MISTAKE("missing", dbn_x_exists(b, NULL));
	MISTAKE("compared with NULL", dbn_x_is(b, "x", DBN_EQ, DBN_V(NULL)));
	MISTAKE("compared with a list", dbn_x_is(b, "x", DBN_EQ, list));
	MISTAKE("a list where", dbn_x_val(b, list));
	MISTAKE("list or NULL", dbn_x_in(b, dbn_x_col(b, "x"), DBN_ARGS(1, NULL)));
	MISTAKE("NULL or a list", dbn_x_between(b, dbn_x_col(b, "x"), DBN_V(1), DBN_V(NULL)));
	MISTAKE("empty list", dbn_x_all_of(b, DBN_EXPRS()));
	MISTAKE("unknown operator", dbn_x_cols(b, "x", 99, "y"));
	MISTAKE("without a name", dbn_x_col(b, ""));
	MISTAKE("without a name", dbn_x_col(b, NULL));
	MISTAKE("name of a column", dbn_x_col(b, "a."));
	MISTAKE("name of a column", dbn_x_col(b, ".a"));
	MISTAKE("name of a function", dbn_x_call(b, "f(x); --", DBN_EXPRS()));
	MISTAKE("name of a function", dbn_x_call(b, "1f", DBN_EXPRS()));
	MISTAKE("name of a table", dbn_select_from(dbn_select_new(b), "a.b.c.d", NULL));
	MISTAKE("name of a table", dbn_select_from(dbn_select_new(b), "a.", NULL));
	MISTAKE("without a name", dbn_select_from(dbn_select_new(b), "a", ""));
	MISTAKE("join to nothing", dbn_select_join(dbn_select_new(b), DBN_CROSS_JOIN, "x", NULL, NULL));
	MISTAKE("join to nothing", dbn_select_join(selected(NULL), DBN_LEFT_JOIN, "x", NULL, NULL));
	MISTAKE("join to nothing", dbn_select_join(selected(NULL), 77, "x", NULL, dbn_x_col(b, "y")));
	MISTAKE("order neither", dbn_select_order(selected(NULL), dbn_x_col(b, "x"), 2));
	MISTAKE("out of range", dbn_select_limit(selected(NULL), UINT64_MAX));
	MISTAKE("derived table", dbn_select_from_select(dbn_select_new(b), selected(NULL), NULL));
	MISTAKE("for 0 columns", dbn_insert_values(dbn_insert_new(b, "u"), DBN_ARGS(1)));
	MISTAKE("conflict without its key",
		dbn_insert_conflict_set(dbn_insert_new(b, "u"), "x", dbn_x_col(b, "x")));
	dbn_builder_free(other);
}

Test(query, a_used_select_is_sealed)
{
	dbn_select *sub = selected(NULL), *q = dbn_select_new(b);

	dbn_select_from_select(q, sub, "s");
	dbn_select_limit(sub, 5);
	REFUSED(select, q, DBN_E_INVALID, "changed after it became part");
	dbn_builder_reset(b);
	q = selected(NULL);
	dbn_select_from_select(q, q, "self");
	REFUSED(select, q, DBN_E_INVALID, "from itself");
}

Test(query, insert_needs_rows_of_one_width)
{
	dbn_insert *q = dbn_insert_new(b, "u");

	REFUSED(insert, q, DBN_E_INVALID, "without rows");
	dbn_insert_columns(q, DBN_NAMES("a", "b"));
	dbn_insert_values(q, DBN_ARGS(1));
	REFUSED(insert, q, DBN_E_INVALID, "1 values for 2 columns");
	dbn_builder_reset(b);
	q = dbn_insert_new(b, "u");
	dbn_insert_columns(q, DBN_NAMES("a"));
	dbn_insert_values(q, DBN_ARGS(1));
	dbn_insert_select(q, selected(NULL));
	REFUSED(insert, q, DBN_E_INVALID, "not both");
}

Test(query, nothing_crashes_without_a_builder)
{
	dbn_select *q = dbn_select_new(NULL);
	dbn_insert *i = dbn_insert_new(NULL, "x");

	cr_assert_null(q);
	dbn_select_from(q, "t", NULL);
	dbn_select_where(q, dbn_x_and(NULL, dbn_x_col(NULL, "x"), dbn_x_val(NULL, DBN_V(1))));
	dbn_select_columns(q, DBN_NAMES("x"));
	dbn_select_order(q, NULL, 0);
	dbn_select_limit(q, 1);
	dbn_insert_columns(i, DBN_NAMES("x"));
	dbn_insert_values(i, DBN_ARGS(1));
	dbn_insert_conflict_replace(i, DBN_NAMES("x"));
	dbn_update_set_value(NULL, "x", DBN_V(1));
	dbn_delete_where(NULL, NULL);
	REFUSED(select, q, DBN_E_NOMEM, "out of memory");
	REFUSED(insert, i, DBN_E_NOMEM, "out of memory");
	REFUSED(update, NULL, DBN_E_NOMEM, "out of memory");
	dbn_builder_free(NULL);
	dbn_builder_reset(NULL);
}

/* ---- random statements ---- */

static uint64_t state = 88172645463325252u;
static unsigned
below(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state % n);
}

static dbn_select *random_select(unsigned depth);

static const dbn_expr *
random_expr(unsigned depth)
{
	static const dbn_op ops[] = { DBN_EQ, DBN_NE, DBN_LT, DBN_LE, DBN_GT, DBN_GE, DBN_LIKE,
		DBN_NOT_LIKE, DBN_ADD, DBN_SUB, DBN_MUL, DBN_DIV, DBN_MOD, DBN_CONCAT };

	if (!depth)
		return below(2) ? dbn_x_col(b, below(2) ? "x" : "t.y") : dbn_x_val(b, DBN_V((int)below(9)));
	switch (below(11)) {
	case 0:
		return dbn_x_and(b, random_expr(depth - 1), random_expr(depth - 1));
	case 1:
		return dbn_x_or(b, random_expr(depth - 1), random_expr(depth - 1));
	case 2:
		return dbn_x_not(b, random_expr(depth - 1));
	case 3:
		return dbn_x_is_null(b, random_expr(depth - 1));
	case 4:
		return dbn_x_in(b, random_expr(depth - 1), DBN_ARGS(1, 2));
	case 5:
		return dbn_x_between(b, random_expr(depth - 1), DBN_V(1), DBN_V(2));
	case 6:
		return dbn_x_case(b, random_expr(depth - 1), random_expr(depth - 1),
			below(2) ? random_expr(depth - 1) : NULL);
	case 7:
		return dbn_x_call(b, "coalesce", DBN_EXPRS(random_expr(depth - 1), random_expr(depth - 1)));
	case 8:
		return below(2) ? dbn_x_exists(b, random_select(depth - 1))
				: dbn_x_in_select(b, random_expr(depth - 1), random_select(depth - 1));
	default:
		return dbn_x_op(b, random_expr(depth - 1), ops[below(14)], random_expr(depth - 1));
	}
}

static dbn_select *
random_select(unsigned depth)
{
	dbn_select *q = dbn_select_new(b);

	dbn_select_from(q, "t", below(2) ? "t" : NULL);
	dbn_select_column(q, random_expr(depth ? depth - 1 : 0), below(2) ? "c" : NULL);
	if (below(2))
		dbn_select_where(q, random_expr(depth ? depth - 1 : 0));
	if (below(4) == 0)
		dbn_select_order(q, random_expr(0), below(2));
	if (below(4) == 0)
		dbn_select_limit(q, below(100));
	return q;
}

/* Whatever is put together, the parser reads the same tree from the text. */
Test(query, random_statements_read_back)
{
	for (int i = 0; i < 4000; i++) {
		dbn_error *err = NULL;
		dbn_select *q;
		dbn_text sql;
		dbn_args args;
		char last[16];

		dbn_builder_reset(b);
		q = random_select(4);
		cr_assert_eq(dbn_select_text(q, &sql, &args, &err), DBN_OK, "%s", dbn_error_message(err));
		reads_back(sql);
		(void)snprintf(last, sizeof last, "$%zu", args.n + 1);
		cr_assert_null(strstr(sql.ptr, last), "a parameter without a value: %s", sql.ptr);
		(void)snprintf(last, sizeof last, "$%zu", args.n);
		cr_assert(!args.n || strstr(sql.ptr, last), "a value without a parameter: %s", sql.ptr);
	}
}

/* ---- no memory ---- */

static int live, fail_at, allocs;
static void *
failing_alloc(size_t n)
{
	void *p = ++allocs == fail_at ? NULL : malloc(n);

	live += p != NULL;
	return p;
}
static void *
failing_resize(void *old, size_t n)
{
	void *p = ++allocs == fail_at ? NULL : realloc(old, n);

	live += p && !old;
	return p;
}
static void
counting_release(void *p)
{
	live--;
	free(p);
}

static dbn_status
build_something(dbn_error **err)
{
	dbn_builder *mine = dbn_builder_new();
	dbn_select *q = dbn_select_new(mine);
	dbn_text sql;
	dbn_args args;
	dbn_status rc;

	dbn_select_from(q, "t", NULL);
	for (int i = 0; i < 200; i++)
		dbn_select_where(q, dbn_x_is(mine, "column", DBN_EQ, DBN_V("a value that takes room")));
	dbn_select_limit(q, 5);
	rc = dbn_select_text(q, &sql, &args, err);
	dbn_builder_free(mine);
	return rc;
}

Test(query_fault, every_allocation_may_fail)
{
	static const struct dbn_mem_hooks hooks = { failing_alloc, failing_resize, counting_release };
	dbn_status rc = DBN_E_NOMEM;

	dbn_mem_set_hooks(&hooks);
	for (fail_at = 1; rc != DBN_OK; fail_at++) {
		dbn_error *err = NULL;

		allocs = 0;
		rc = build_something(&err);
		cr_assert(rc == DBN_OK || rc == DBN_E_NOMEM, "allocation %d: %s", fail_at,
			dbn_error_message(err));
		dbn_error_free(err);
		cr_assert_eq(live, 0, "leak after allocation %d", fail_at);
	}
	cr_assert_gt(fail_at, 5);
	dbn_mem_set_hooks(NULL);
}
