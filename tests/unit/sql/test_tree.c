/* SPDX-License-Identifier: MIT */
/*
 * Making parts of trees, walking them, and what happens when either runs out.
 */
#include <stdio.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#include "../../fuzz/sql_catalog.h"
#include "base/mem.h"
#include "sql/parse.h"
#include "sql/print.h"
#include "sql/resolve.h"

static const dbn_sql_dialect *
sqlite(void)
{
	return dbn_sql_dialect_get(DBN_DIALECT_SQLITE);
}

static dbn_sql_stmt *
parse(dbn_arena *a, const char *sql)
{
	dbn_sql_stmt *s = NULL;
	dbn_error *err = NULL;

	cr_assert_eq(dbn_sql_parse(a, sqlite(), NULL, dbn_text_z(sql), &s, &err), DBN_OK,
		"%s: %s", sql,
		dbn_error_message(err));
	return s;
}

/* ---- walking ---- */

struct trace {
	dbn_str out;
	uint32_t stop_at, seen;     /* an error at the n-th expression */
	bool skip_queries, skip_from;
};

static dbn_status
on_expr(dbn_sql_expr **e, void *user)
{
	struct trace *t = user;

	if (++t->seen == t->stop_at)
		return DBN_E_CANCELLED;
	if ((*e)->kind == DBN_X_LITERAL && (*e)->value.type == DBN_INT64)
		dbn_str_addi(&t->out, (*e)->value.u.i64);
	else if ((*e)->kind == DBN_X_COLUMN)
		dbn_str_addt(&t->out, (*e)->text);
	return DBN_OK;
}

static dbn_status
on_expr_done(dbn_sql_expr **e, void *user)
{
	struct trace *t = user;

	if ((*e)->nargs)
		dbn_str_addc(&t->out, '.');
	return DBN_OK;
}

static dbn_status
on_from(dbn_sql_from **f, void *user)
{
	struct trace *t = user;

	dbn_str_addc(&t->out, '<');
	if ((*f)->kind == DBN_FROM_RELATION)
		dbn_str_addt(&t->out, (*f)->name.name);
	dbn_str_addc(&t->out, '>');
	return t->skip_from ? DBN_SQL_SKIP : DBN_OK;
}

static dbn_status
on_query(dbn_sql_query *q, void *user)
{
	struct trace *t = user;

	(void)q;
	dbn_str_addc(&t->out, '[');
	return t->skip_queries ? DBN_SQL_SKIP : DBN_OK;
}

static dbn_status
on_query_done(dbn_sql_query *q, void *user)
{
	struct trace *t = user;

	(void)q;
	dbn_str_addc(&t->out, ']');
	return DBN_OK;
}

static const struct { const char *sql, *all, *no_queries, *no_from; } walks[] = {
	{ "select 1, a + 2 from t", "[1a2.<t>]", "[", "[1a2.<t>]" },
	{ "with q as (select 1) select 2 from q where 3 group by 4 having 5 order by 6 limit 7 "
	"offset 8",
		"[[1]2<q>345678]", "[", "[[1]2<q>345678]" },
	{ "select 1 from (select 2) join t on 3 union values (4), (5)", "[1<><[2]><t>34.5.]", "[",
		"[1<>4.5.]" },
	{ "select f(1) filter (where 2) over (w partition by 3 order by 4 rows between 5 "
	"preceding and 6 "
		"following) from t window w as (order by 7)", "[123456.<t>7]", "[",
		"[123456.<t>7]" },
	{ "select 1 in (select 2), exists (select 3), (select 4)", "[1[2].[3][4]]", "[",
	"[1[2].[3][4]]" },
	{ "with q as (select 1) insert into t (a) select 2 on conflict (b) where 3 do update set "
	"a = 4 where 5 "
		"returning 6", "[1]<t>[2]b3456", "[<t>[b3456", "[1]<t>[2]b3456" },
	{ "update t set a = 1, (b, c) = (2, 3) from u where 4 returning 5", "<t>123.<u>45",
	"<t>123.<u>45",
		"<t>123.<u>45" },
	{ "delete from t where 1 returning 2", "<t>12", "<t>12", "<t>12" },
};

/* Inner derived tables are shown as "<>" with their query inside. */
static dbn_status
trace(dbn_sql_stmt *s, struct trace *t)
{
	dbn_sql_visitor v = { .expr = on_expr, .expr_done = on_expr_done, .from = on_from,
		.query = on_query, .query_done = on_query_done, .user = t };

	dbn_str_init(&t->out, 0);
	return dbn_sql_walk(s, &v);
}

Test(sql_tree, walkers_visit_everything_once_in_order)
{
	dbn_arena a;

	dbn_arena_init(&a, 0);
	for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++) {
		struct trace t = { .stop_at = 0 };
		dbn_sql_stmt *s = parse(&a, walks[i].sql);
		const char *want = walks[i].all;

		if (i == 2)
			want = "[1<><>[2]<t>34.5.]"; /* the join, the derived table, its query, t */
		cr_expect_eq(trace(s, &t), DBN_OK);
		cr_expect_str_eq(dbn_str_z(&t.out), want, "%s: %s", walks[i].sql,
			dbn_str_z(&t.out));
		dbn_str_free(&t.out);
		t.skip_queries = true;
		cr_expect_eq(trace(s, &t), DBN_OK);
		cr_expect_str_eq(dbn_str_z(&t.out), walks[i].no_queries, "%s: %s", walks[i].sql,
			dbn_str_z(&t.out));
		dbn_str_free(&t.out);
		t.skip_queries = false;
		t.skip_from = true;
		cr_expect_eq(trace(s, &t), DBN_OK);
		cr_expect_str_eq(dbn_str_z(&t.out), walks[i].no_from, "%s: %s", walks[i].sql,
			dbn_str_z(&t.out));
		dbn_str_free(&t.out);
	}
	dbn_arena_free(&a);
}

Test(sql_tree, an_error_ends_the_walk_wherever_it_comes)
{
	dbn_arena a;

	dbn_arena_init(&a, 0);
	for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++) {
		dbn_sql_stmt *s = parse(&a, walks[i].sql);
		struct trace all = { .stop_at = 0 };

		cr_assert_eq(trace(s, &all), DBN_OK);
		dbn_str_free(&all.out);
		for (uint32_t n = 1; n <= all.seen; n++) {
			struct trace t = { .stop_at = n };

			cr_expect_eq(trace(s, &t), DBN_E_CANCELLED, "%s: %u", walks[i].sql, n);
			cr_expect_eq(t.seen, n);
			dbn_str_free(&t.out);
		}
	}
	dbn_arena_free(&a);
}

Test(sql_tree, trees_that_are_too_deep_are_refused_by_all)
{
	dbn_sql_visitor nothing = { .expr = NULL };
	dbn_sql_expr *e, *deep;
	dbn_sql_query *q = NULL;
	dbn_sql_from *f = NULL;
	dbn_error *err = NULL;
	dbn_sql_result res;
	dbn_arena a;
	dbn_str out;

	dbn_arena_init(&a, 0);
	e = dbn_sql_literal_int(&a, 1);
	for (int i = 0; i < 2000; i++)
		e = dbn_sql_not(&a, e);
	deep = e;
	cr_expect_eq(dbn_sql_walk_expr(&e, &nothing), DBN_E_LIMIT);
	cr_expect_null(dbn_sql_expr_copy(&a, deep));
	cr_expect_not(dbn_sql_expr_is_leakproof(sqlite(), deep));
	dbn_str_init(&out, 0);
	cr_expect_eq(dbn_sql_print_expr(deep, sqlite(), DBN_PRINT_SOURCE, &out, &err), DBN_E_LIMIT);
	dbn_error_free(err);
	cr_expect_eq(dbn_sql_resolve_expr(&a, sqlite(), &e, NULL, NULL, NULL, &res, &err),
		DBN_E_LIMIT);
	dbn_error_free(err);
	for (int i = 0; i < 1500; i++) {
		q = dbn_sql_query_select(&a, f, 1);
		q->cores[0]->items[0].expr = dbn_sql_literal_int(&a, 1);
		f = dbn_sql_from_query(&a, q);
	}
	cr_expect_eq(dbn_sql_walk_query(q, &nothing), DBN_E_LIMIT);
	cr_expect_eq(dbn_sql_walk_from(&f, &nothing), DBN_E_LIMIT);
	cr_expect_null(dbn_sql_query_copy(&a, q));
	dbn_str_free(&out);
	dbn_arena_free(&a);
}

/* ---- making ---- */

Test(sql_tree, constructors_make_what_they_say)
{
	dbn_sql_from *t, *u;
	dbn_sql_outcol col;
	dbn_sql_query *q;
	dbn_sql_expr *e;
	dbn_sql_stmt *s;
	dbn_error *err = NULL;
	dbn_arena a;
	dbn_str out;

	dbn_arena_init(&a, 0);
	t = dbn_sql_from_relation(&a, &fuzz_relations[0]);
	u = dbn_sql_from_relation(&a, &fuzz_relations[1]);
	cr_assert_eq(dbn_sql_from_ncols(t), 4);
	cr_assert(dbn_sql_from_col(t, 1, &col));
	cr_assert(dbn_text_eqz(col.name, "a"));
	cr_assert_not(dbn_sql_from_col(t, 4, &col));
	q = dbn_sql_query_select(&a, dbn_sql_from_join(&a, DBN_JOIN_LEFT, t, u,
		dbn_sql_compare(&a, DBN_OP_EQ, dbn_sql_column_ref(&a, t, 0),
		dbn_sql_column_ref(&a, u, 0))), 2);
	q->cores[0]->items[0].expr = dbn_sql_cast(&a, dbn_sql_column_ref(&a, t, 2), "TEXT",
		DBN_TEXT);
	q->cores[0]->items[1].expr = dbn_sql_case(&a, dbn_sql_is_null(&a, dbn_sql_column_ref(&a,
		u, 1), true),
		dbn_sql_func(&a, "lower", (size_t)1, dbn_sql_column_ref(&a, t, 2)),
		dbn_sql_literal_null(&a));
	q->cols[0].name = dbn_text_z("first");
	q->cols[1].name = dbn_text_z("a \"b\"");
	e = dbn_sql_and(&a, NULL, dbn_sql_literal_bool(&a, true));
	e = dbn_sql_and(&a, e, dbn_sql_or(&a, dbn_sql_param(&a, 1, DBN_INT64),
		dbn_sql_literal_text(&a,
		dbn_text_z("it's"))));
	e = dbn_sql_and(&a, e, dbn_sql_not(&a, dbn_sql_literal_int(&a, 0)));
	cr_assert_eq(e->nargs, 3, "one chain");
	q->cores[0]->where = e;
	s = parse(&a, "select ?");
	s->query = q;
	dbn_str_init(&out, 0);
	cr_assert_eq(dbn_sql_print(s, sqlite(), DBN_PRINT_CANONICAL, NULL, 0, &out, &err),
		DBN_OK, "%s",
		dbn_error_message(err));
	cr_expect_str_eq(dbn_str_z(&out), "SELECT CAST(\"a1\".\"b\" AS TEXT) AS \"first\", CASE "
		"WHEN \"a2\".\"a\" IS "
		"NOT NULL THEN lower(\"a1\".\"b\") ELSE NULL END AS \"a \"\"b\"\"\" FROM "
		"\"main\".\"t\" AS \"a1\" LEFT JOIN "
		"\"main\".\"u\" AS \"a2\" ON \"a1\".\"id\" = \"a2\".\"id\" WHERE 1 AND (?1 OR "
		"'it''s') AND NOT 0");
	dbn_str_reset(&out);
	e = dbn_sql_or(&a, dbn_sql_or(&a, dbn_sql_column_name(&a, dbn_text_z("t"),
		dbn_text_z("x y")),
		dbn_sql_column_name(&a, dbn_text_z(""), dbn_text_z("z"))), dbn_sql_or(&a,
		dbn_sql_literal_int(&a, 1),
		dbn_sql_literal_int(&a, 2)));
	cr_assert_eq(dbn_sql_print_expr(e, sqlite(), DBN_PRINT_SOURCE, &out, &err), DBN_OK);
	cr_expect_str_eq(dbn_str_z(&out), "\"t\".\"x y\" OR \"z\" OR 1 OR 2");
	cr_expect_str_eq(dbn_sql_op_name(DBN_OP_JSON_TEXT), "->>");
	cr_expect_str_eq(dbn_sql_op_name(9999), "");
	dbn_str_free(&out);
	dbn_arena_free(&a);
}

static unsigned calls, fail_at;

static void *
failing_alloc(size_t size)
{
	return ++calls >= fail_at ? NULL : malloc(size);
}

static dbn_sql_expr *
make_much(dbn_arena *a)
{
	const dbn_value bytes = { .type = DBN_BYTES, .u.ptr = "xy", .len = 2 };
	dbn_sql_from *t = dbn_sql_from_relation(a, &fuzz_relations[0]);
	dbn_sql_from *d = dbn_sql_from_query(a, dbn_sql_query_select(a, t, 3));
	dbn_sql_from *j = dbn_sql_from_join(a, DBN_JOIN_INNER, t, d, NULL);
	dbn_sql_expr *e = dbn_sql_and(a, dbn_sql_column_ref(a, t, 0), dbn_sql_literal(a, &bytes));

	e = dbn_sql_or(a, e, dbn_sql_cast(a, dbn_sql_column_name(a, dbn_text_z("q"),
		dbn_text_z("n")), "INT", DBN_INT64));
	e = dbn_sql_not(a, dbn_sql_is_null(a, e, false));
	e = dbn_sql_func(a, "coalesce", (size_t)2, e, dbn_sql_param(a, 1, DBN_TEXT));
	e = dbn_sql_case(a, dbn_sql_compare(a, DBN_OP_LT, e, dbn_sql_literal_int(a, 1)),
		dbn_sql_literal_bool(a, true),
		NULL);
	return j ? e : NULL;
}

/* Want of memory anywhere gives NULL at the end, and a walk of NULL is nothing. */
Test(sql_tree, constructors_hand_on_the_want_of_memory)
{
	const struct dbn_mem_hooks hooks = { failing_alloc, realloc, free };
	dbn_sql_visitor nothing = { .expr = NULL };
	dbn_sql_expr *none = NULL;
	dbn_sql_from *nofrom = NULL;
	size_t need = 0;
	dbn_arena a;

	for (size_t limit = 8; limit < 8192; limit += 8) {
		dbn_arena_init(&a, limit);
		if (make_much(&a)) {
			need = limit;
			dbn_arena_free(&a);
			break;
		}
		dbn_arena_free(&a);
	}
	cr_assert_gt(need, 500, "%zu", need);
	dbn_mem_set_hooks(&hooks);
	fail_at = 1;
	dbn_arena_init(&a, 0);
	cr_expect_null(make_much(&a));
	dbn_arena_free(&a);
	dbn_mem_set_hooks(NULL);
	cr_expect_eq(dbn_sql_walk_expr(&none, &nothing), DBN_OK);
	cr_expect_eq(dbn_sql_walk_from(&nofrom, &nothing), DBN_OK);
	cr_expect_eq(dbn_sql_walk_query(NULL, &nothing), DBN_OK);
}

/* ---- facts ---- */

Test(sql_tree, functions_are_found_by_name)
{
	const dbn_sql_dialect *all[] = { sqlite(), dbn_sql_dialect_policy(),
		dbn_sql_dialect_get(DBN_DIALECT_POSTGRES), dbn_sql_dialect_get(DBN_DIALECT_MYSQL) };

	for (size_t d = 0; d < sizeof(all) / sizeof(all[0]); d++) {
		for (size_t i = 0; i < all[d]->nfuncs; i++) {
			const dbn_sql_func_fact *f = &all[d]->funcs[i];

			cr_expect_eq(dbn_sql_function(all[d], dbn_text_z(f->name)), f, "%s",
				f->name);
			cr_expect(i == 0 || strcmp(all[d]->funcs[i - 1].name, f->name) < 0,
				"%s is out of order", f->name);
			cr_expect(f->flags & DBN_FN_LISTED);
			cr_expect(f->max_args < 0 || f->max_args >= f->min_args, "%s", f->name);
		}
	}
	cr_expect_not_null(dbn_sql_function(sqlite(), dbn_text_z("CoAlEsCe")));
	cr_expect_null(dbn_sql_function(sqlite(),
		dbn_text_z("a_name_that_is_longer_than_any_function")));
	cr_expect_not_null(dbn_sql_function(dbn_sql_dialect_get(DBN_DIALECT_POSTGRES),
		dbn_text_z("date_trunc")));
	cr_expect_not_null(dbn_sql_function(dbn_sql_dialect_get(DBN_DIALECT_MYSQL),
		dbn_text_z("IF")));
	cr_expect_null(dbn_sql_dialect_get(77));
}

Test(sql_tree, declared_types)
{
	static const struct { const char *text; dbn_type sqlite, portable; } types[] = {
		{ "INTEGER", DBN_INT64, DBN_INT64 }, { "unsigned big int", DBN_INT64, DBN_NULL },
		{ "VARCHAR(20)", DBN_TEXT, DBN_TEXT }, { "nclob", DBN_TEXT, DBN_NULL }, { "BLOB",
		DBN_BYTES, DBN_NULL },
		{ "double precision", DBN_DOUBLE, DBN_DOUBLE }, { "float", DBN_DOUBLE, DBN_NULL },
		{ "DECIMAL(10,2)", DBN_NULL, DBN_DECIMAL }, { "", DBN_NULL, DBN_NULL },
		{ "boolean", DBN_NULL, DBN_BOOL }, { "timestamptz", DBN_NULL, DBN_TIMESTAMPTZ },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		dbn_text t = dbn_text_z(types[i].text);

		cr_expect_eq(dbn_sql_declared_type(sqlite(), t), types[i].sqlite, "%s",
			types[i].text);
		cr_expect_eq(dbn_sql_declared_type(dbn_sql_dialect_policy(), t),
			types[i].portable, "%s", types[i].text);
	}
}
