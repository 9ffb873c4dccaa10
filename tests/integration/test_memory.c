/* SPDX-License-Identifier: MIT */
/*
 * What a pool keeps does not grow with what is asked of it: descriptions of tables
 * that changed are let go, and plans stay within limits.plans, also those that
 * sessions find without asking the cache.
 */
#include <criterion/criterion.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lib/stack.h"

#define ALL "{ id = \"all\"; roles = [ \"admin\", \"guest\" ]; relation = \"t\"; actions = [ \"read\", \"write\" ]; }," \
	" { id = \"ddl\"; roles = [ \"admin\" ]; database = \"main\"; actions = [ \"admin.ddl\" ]; }"

static _Atomic long pieces, bytes;

static void *
take(size_t size)
{
	void *p = malloc(size);

	if (p) {
		atomic_fetch_add(&pieces, 1);
		atomic_fetch_add(&bytes, (long)malloc_usable_size(p));
	}
	return p;
}

static void
give(void *p)
{
	if (!p)
		return;
	atomic_fetch_sub(&pieces, 1);
	atomic_fetch_sub(&bytes, (long)malloc_usable_size(p));
	free(p);
}

static void *
resize(void *p, size_t size)
{
	long old = p ? (long)malloc_usable_size(p) : 0;
	void *q = realloc(p, size);

	if (q) {
		atomic_fetch_add(&pieces, p ? 0 : 1);
		atomic_fetch_add(&bytes, (long)malloc_usable_size(q) - old);
	}
	return q;
}

static void
count_memory(void)
{
	static const struct dbn_mem_hooks hooks = { take, resize, give };

	dbn_mem_set_hooks(&hooks);
}

static void
run(dbn_session *s, const char *sql)
{
	dbn_query_opts o = dbn_query_opts_init();
	dbn_error *err = NULL;

	o.cache = DBN_CACHE_BYPASS; /* what it keeps is not counted here */
	cr_assert_eq(dbn_exec_with(s, (dbn_text){ sql, strlen(sql) }, DBN_NO_ARGS, &o, NULL, &err),
		DBN_OK, "%s: %s", sql, dbn_error_message(err));
}

/* The table gets another description, and every session's plan is made again. */
static void
change(stack *st, dbn_session *other, int times)
{
	for (int i = 0; i < times; i++) {
		run(st->session, i % 2 ? "alter table t rename column w to v"
			: "alter table t rename column v to w");
		run(st->session, "select * from t");
		run(other, "select * from t");
		run(st->session, "select count(*) from t");
	}
}

Test(memory, old_descriptions_go)
{
	dbn_session *other;
	long before;
	stack st;

	count_memory();
	cr_assert_eq(setenv("DBNEXUS_SET", "databases.main.pool.statements=8", 1), 0); /* prepared */
	stack_open(&st, ALL, "alice");
	other = stack_session(&st, "bob");
	run(st.session, "create table t (id integer primary key, v int)");
	change(&st, other, 40);
	before = pieces;
	change(&st, other, 80);
	cr_assert_lt(pieces - before, 40, "%ld pieces more after 80 changes", pieces - before);
	dbn_session_close(other);
	stack_close(&st);
	cr_assert_eq(pieces, 0, "%ld pieces left", pieces);
}

/* A description lives as long as rows that were read by it. */
Test(memory, rows_outlive_the_description)
{
	dbn_error *err = NULL;
	dbn_session *other;
	dbn_rows *rows;
	stack st;
	int n = 0;

	count_memory();
	stack_open(&st, ALL, "alice");
	other = stack_session(&st, "bob");
	run(st.session, "create table t (id integer primary key, v int)");
	run(st.session, "insert into t (v) values (1), (2), (3)");
	cr_assert_eq(dbn_query(other, "select * from t", DBN_NO_ARGS, &rows, &err), DBN_OK, "%s",
		dbn_error_message(err));
	cr_assert_eq(dbn_rows_next(rows, &err), DBN_OK);
	run(st.session, "alter table t rename column v to w");
	run(st.session, "select w from t");
	do
		n++;
	while (dbn_rows_next(rows, &err) == DBN_OK);
	cr_assert_eq(n, 3);
	cr_assert_str_eq(dbn_rows_name(rows, 1), "v");
	dbn_rows_close(rows);
	dbn_session_close(other);
	stack_close(&st);
	cr_assert_eq(pieces, 0, "%ld pieces left", pieces);
}

struct told {
	int64_t plans, plan_bytes;
};

static void
on_metric(const dbn_metric *m, void *user)
{
	struct told *t = user;

	if (strcmp(m->name, "plans.kept") == 0)
		t->plans = m->value;
	else if (strcmp(m->name, "plans.bytes") == 0)
		t->plan_bytes = m->value;
}

#define LIMIT (1l << 20)
#define EACH  40
#define TEXT  6000

/* Many sessions that each run statements of their own, which no other shares. */
Test(memory, plans_in_slots_count)
{
	dbn_session *s[16];
	struct told told = { 0, 0 };
	char sql[TEXT + 100];
	dbn_error *err = NULL;
	long before;
	stack st;

	count_memory();
	stack_open_with(&st, "plugin = \"sqlite\"; url = \"sqlite:app.db\"; create = true;",
		"limits = { plans = \"1 MiB\"; };", ALL, "alice");
	run(st.session, "create table t (id integer primary key, v int)");
	for (size_t i = 0; i < sizeof s / sizeof *s; i++)
		s[i] = stack_session(&st, "bob");
	for (size_t i = 0; i < sizeof s / sizeof *s; i++)
		run(s[i], "select count(*) from t");
	before = bytes;
	for (int k = 0; k < EACH; k++)
		for (size_t i = 0; i < sizeof s / sizeof *s; i++) {
			int n = snprintf(sql, sizeof sql, "select id from t where v = %d and id <> %zu",
				k, i);

			memset(sql + n, ' ', TEXT);
			(void)snprintf(sql + n + TEXT, sizeof sql - (size_t)n - TEXT, "and v > 0");
			run(s[i], sql);
		}
	cr_assert_eq(dbn_pool_metrics(st.pool, on_metric, &told, &err), DBN_OK);
	cr_assert_leq(told.plan_bytes, LIMIT);
	cr_assert_gt(told.plans, 8);
	cr_assert_lt(bytes - before, 2 * LIMIT, "%ld bytes for plans within %ld", bytes - before, LIMIT);
	for (size_t i = 0; i < sizeof s / sizeof *s; i++)
		dbn_session_close(s[i]);
	stack_close(&st);
	cr_assert_eq(pieces, 0, "%ld pieces left", pieces);
}
