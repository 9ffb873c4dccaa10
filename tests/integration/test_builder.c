/* SPDX-License-Identifier: MIT */
/*
 * Statements of the builder on real SQLite, through a pool opened from files.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "lib/stack.h"

#define RULES \
	"{ id = \"all\"; roles = [ \"admin\" ]; relation = \"*\"; actions = [ \"read\", \"write\" ]; columns = [ \"*\" ]; }," \
	"{ id = \"ddl\"; roles = [ \"admin\" ]; database = \"main\"; actions = [ \"admin.ddl\" ]; }," \
	"{ id = \"some\"; roles = [ \"guest\" ]; relation = \"users\"; actions = [ \"read\" ]; columns = [ \"id\", \"name\" ]; }"

static stack st;
static dbn_builder *b;
static dbn_error *err;

#define OK(call) cr_assert_eq(call, DBN_OK, "%s: %s | %s", #call, dbn_error_message(err), dbn_error_detail(err))

static void
begin(void)
{
	stack_open(&st, RULES, "alice");
	stack_table(&st, "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, age INTEGER)");
	stack_table(&st, "CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, total INTEGER)");
	OK(dbn_exec(st.session, "INSERT INTO users VALUES (1, 'ann', 20), (2, 'bob', 30), (3, 'cay', NULL)",
		DBN_NO_ARGS, NULL, &err));
	OK(dbn_exec(st.session, "INSERT INTO orders VALUES (1, 1, 5), (2, 1, 7), (3, 2, 100)",
		DBN_NO_ARGS, NULL, &err));
	b = dbn_builder_new();
}

static void
end(void)
{
	dbn_builder_free(b);
	dbn_error_free(err);
	err = NULL;
	stack_close(&st);
}

TestSuite(builder, .init = begin, .fini = end, .timeout = 60);

/* All rows as "a|b a|b". */
static const char *
read_rows(dbn_rows *rows)
{
	static char out[512];
	dbn_status rc;

	out[0] = '\0';
	while ((rc = dbn_rows_next(rows, &err)) == DBN_OK) {
		const dbn_value *cells = dbn_rows_cells(rows);

		for (uint32_t i = 0; i < dbn_rows_columns(rows); i++) {
			char cell[64];

			(void)dbn_value_print(&cells[i], cell, sizeof cell);
			(void)snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s",
				i ? "|" : *out ? " " : "", dbn_is_null(&cells[i]) ? "-" : cell);
		}
	}
	cr_assert_eq(rc, DBN_DONE, "%s", dbn_error_message(err));
	dbn_rows_close(rows);
	return out;
}

static const char *
run(const dbn_select *q)
{
	dbn_rows *rows;

	OK(dbn_select_run(st.session, q, &rows, &err));
	return read_rows(rows);
}

Test(builder, select_where_order_limit)
{
	dbn_select *q = dbn_select_new(b);

	dbn_select_from(q, "users", "u");
	dbn_select_columns(q, DBN_NAMES("u.id", "u.name"));
	dbn_select_order(q, dbn_x_col(b, "u.name"), DBN_DESC);
	cr_assert_str_eq(run(q), "3|cay 2|bob 1|ann");
	dbn_select_where(q, dbn_x_any_of(b, DBN_EXPRS(dbn_x_is(b, "u.age", DBN_GE, DBN_V(30)),
		dbn_x_is_null(b, dbn_x_col(b, "u.age")))));
	cr_assert_str_eq(run(q), "3|cay 2|bob");
	dbn_select_limit(q, 1);
	dbn_select_offset(q, 1);
	cr_assert_str_eq(run(q), "2|bob");
}

Test(builder, joins_groups_and_subqueries)
{
	dbn_select *q = dbn_select_new(b), *sub = dbn_select_new(b);

	dbn_select_from(q, "users", "u");
	dbn_select_join(q, DBN_LEFT_JOIN, "orders", "o", dbn_x_cols(b, "o.user_id", DBN_EQ, "u.id"));
	dbn_select_columns(q, DBN_NAMES("u.name"));
	dbn_select_column(q, dbn_x_call(b, "sum", DBN_EXPRS(dbn_x_col(b, "o.total"))), "total");
	dbn_select_group(q, dbn_x_col(b, "u.name"));
	dbn_select_order(q, dbn_x_col(b, "u.name"), DBN_ASC);
	cr_assert_str_eq(run(q), "ann|12 bob|100 cay|-");
	dbn_select_having(q, dbn_x_op(b, dbn_x_count_all(b), DBN_GT, dbn_x_val(b, DBN_V(1))));
	cr_assert_str_eq(run(q), "ann|12");

	dbn_builder_reset(b);
	sub = dbn_select_new(b);
	dbn_select_from(sub, "orders", NULL);
	dbn_select_columns(sub, DBN_NAMES("user_id"));
	dbn_select_where(sub, dbn_x_is(b, "total", DBN_GT, DBN_V(50)));
	q = dbn_select_new(b);
	dbn_select_from(q, "users", NULL);
	dbn_select_columns(q, DBN_NAMES("name"));
	dbn_select_where(q, dbn_x_in_select(b, dbn_x_col(b, "id"), sub));
	cr_assert_str_eq(run(q), "bob");

	dbn_builder_reset(b);
	sub = dbn_select_new(b);
	dbn_select_from(sub, "orders", "o");
	dbn_select_column(sub, dbn_x_val(b, DBN_V(1)), "one");
	dbn_select_where(sub, dbn_x_cols(b, "o.user_id", DBN_EQ, "users.id"));
	q = dbn_select_new(b);
	dbn_select_from(q, "users", NULL);
	dbn_select_columns(q, DBN_NAMES("name"));
	dbn_select_where(q, dbn_x_not(b, dbn_x_exists(b, sub)));
	cr_assert_str_eq(run(q), "cay");
}

Test(builder, lists_and_ranges)
{
	dbn_select *q = dbn_select_new(b);

	dbn_select_from(q, "users", NULL);
	dbn_select_columns(q, DBN_NAMES("id"));
	dbn_select_where(q, dbn_x_in(b, dbn_x_col(b, "name"), DBN_ARGS("ann", "cay", "nobody")));
	dbn_select_order(q, dbn_x_col(b, "id"), DBN_ASC);
	cr_assert_str_eq(run(q), "1 3");
	dbn_select_where(q, dbn_x_between(b, dbn_x_col(b, "id"), DBN_V(2), DBN_V(3)));
	cr_assert_str_eq(run(q), "3");
}

Test(builder, values_are_never_text)
{
	static const char hostile[] = "'; DROP TABLE users; --";
	dbn_insert *i = dbn_insert_new(b, "users");
	dbn_select *q;
	dbn_result r = { .struct_size = sizeof r };

	dbn_insert_columns(i, DBN_NAMES("name"));
	dbn_insert_values(i, DBN_ARGS(hostile));
	OK(dbn_insert_run(st.session, i, &r, &err));
	cr_assert_eq(r.affected, 1);
	cr_assert_eq(r.generated_key, 4);
	q = dbn_select_new(b);
	dbn_select_from(q, "users", NULL);
	dbn_select_columns(q, DBN_NAMES("id"));
	dbn_select_where(q, dbn_x_is(b, "name", DBN_EQ, DBN_V(hostile)));
	cr_assert_str_eq(run(q), "4");
}

Test(builder, writes)
{
	dbn_insert *i = dbn_insert_new(b, "users");
	dbn_update *u = dbn_update_new(b, "users");
	dbn_delete *d = dbn_delete_new(b, "users");
	dbn_result r = { .struct_size = sizeof r };
	dbn_select *q = dbn_select_new(b);
	dbn_rows *rows;

	dbn_insert_columns(i, DBN_NAMES("id", "name", "age"));
	dbn_insert_values(i, DBN_ARGS(3, "cay", 33));
	dbn_insert_values(i, DBN_ARGS(4, "dan", NULL));
	dbn_insert_conflict(i, DBN_NAMES("id"));
	dbn_insert_conflict_replace(i, DBN_NAMES("age"));
	OK(dbn_insert_run(st.session, i, &r, &err));
	dbn_update_set(u, "age", dbn_x_op(b, dbn_x_col(b, "age"), DBN_ADD, dbn_x_val(b, DBN_V(1))));
	dbn_update_where(u, dbn_x_is_not_null(b, dbn_x_col(b, "age")));
	dbn_update_returning(u, dbn_x_col(b, "age"), NULL);
	if (strcmp(stack_database(), "mysql") != 0) {
		OK(dbn_update_query(st.session, u, &rows, &err));
		cr_assert_str_eq(read_rows(rows), "21 31 34");
	} else { /* refused by name, and nothing was done */
		cr_assert_eq(dbn_update_query(st.session, u, &rows, &err), DBN_E_UNSUPPORTED);
		cr_assert_not_null(strstr(dbn_error_message(err), "UPDATE ... RETURNING"));
		dbn_error_free(err);
		err = NULL;
		OK(dbn_exec(st.session, "UPDATE users SET age = age + 1 WHERE age IS NOT NULL", DBN_NO_ARGS,
			&r, &err));
		cr_assert_eq(r.affected, 3);
	}
	dbn_delete_where(d, dbn_x_is(b, "id", DBN_LT, DBN_V(3)));
	OK(dbn_delete_run(st.session, d, &r, &err));
	cr_assert_eq(r.affected, 2);
	dbn_select_from(q, "users", NULL);
	dbn_select_order(q, dbn_x_col(b, "id"), DBN_ASC);
	cr_assert_str_eq(run(q), "3|cay|34 4|dan|-");
}

Test(builder, mistakes_are_told_when_it_is_run)
{
	dbn_select *q = dbn_select_new(b);
	dbn_rows *rows = NULL;

	dbn_select_from(q, "users", NULL);
	dbn_select_where(q, dbn_x_is(b, "a.b.c", DBN_EQ, DBN_V(1)));
	cr_assert_eq(dbn_select_run(st.session, q, &rows, &err), DBN_E_INVALID);
	cr_assert_null(rows);
	cr_assert_not_null(strstr(dbn_error_message(err), "a.b.c"));
	dbn_error_free(err);
	dbn_builder_reset(b);
	q = dbn_select_new(b);
	dbn_select_from(q, "users", NULL);
	dbn_select_columns(q, DBN_NAMES("shoe"));
	cr_assert_neq(dbn_select_run(st.session, q, &rows, &err), DBN_OK);
	cr_assert_not_null(strstr(dbn_error_message(err), "shoe"), "%s", dbn_error_message(err));
}

/* The builder's statements pass the same policy as any other. */
Test(builder, policy_speaks)
{
	dbn_session *guest = stack_session(&st, "bob");
	dbn_select *q = dbn_select_new(b);
	dbn_rows *rows;

	dbn_select_from(q, "users", NULL);
	dbn_select_columns(q, DBN_NAMES("id", "name"));
	OK(dbn_select_run(guest, q, &rows, &err));
	cr_assert_str_eq(read_rows(rows), "1|ann 2|bob 3|cay");
	dbn_select_columns(q, DBN_NAMES("age"));
	/* a column that no rule grants is not there */
	cr_assert_neq(dbn_select_run(guest, q, &rows, &err), DBN_OK);
	cr_assert_not_null(strstr(dbn_error_message(err), "age"), "%s", dbn_error_message(err));
	dbn_session_close(guest);
}
