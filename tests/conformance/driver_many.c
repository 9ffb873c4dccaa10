/* SPDX-License-Identifier: MIT */
/*
 * Many executions in one call: what each mode keeps when one of them fails.
 */
#include <stdlib.h>
#include <string.h>

#include "conformance/driver.h"

#define ITEMS 6

struct batch {
	drv d;
	drv_stmt s;
	dbn_value values[ITEMS][2];
	dbn_exec_item items[ITEMS];
	dbn_outcome outs[ITEMS];
};

/* Insert ids 1..6; the fourth is a duplicate of the third. */
static bool
make(conform *cf, struct batch *b, bool fails)
{
	memset(b, 0, sizeof *b);
	if (!drv_open(cf, &b->d) || !drv_make_t(&b->d, 0))
		return false;
	if (!b->d.ops->execute_many) {
		conform_skip(cf, "no execute_many()");
		drv_close(&b->d);
		return false;
	}
	if (!conform_ok_at(cf, __FILE__, __LINE__, "prepare", drv_prepare(&b->d, b->d.c,
			"INSERT INTO t (id, n) VALUES (?, ?)", "i t", &b->s)))
		return false;
	for (int i = 0; i < ITEMS; i++) {
		b->values[i][0] = dbn_v_i64(fails && i == 3 ? 3 : i + 1);
		b->values[i][1] = dbn_v_i64(i);
		b->items[i].struct_size = (uint32_t)sizeof b->items[i];
		b->items[i].stmt = b->s.s;
		b->items[i].values = b->values[i];
		b->items[i].nrows = 1;
		b->items[i].nvalues = 2;
		b->outs[i].struct_size = (uint32_t)sizeof b->outs[i];
	}
	return true;
}

static void
finish(struct batch *b)
{
	for (int i = 0; i < ITEMS; i++)
		dbn_error_free(b->outs[i].error);
	b->d.ops->close_stmt(b->s.s);
	drv_close(&b->d);
}

static dbn_status
run(struct batch *b, uint32_t how, size_t n)
{
	dbn_many_opts o = { .call = DBN_CALL_INIT, .how = how };

	o.statement_no = ++b->d.no;
	return b->d.ops->execute_many(b->d.c, b->items, n, &o, b->outs, &b->d.cf->err);
}

static int64_t
rows(struct batch *b)
{
	return drv_int(&b->d, b->d.c, "SELECT count(*) FROM t", "r t", DBN_NO_ARGS);
}

static void
many_all_well(conform *cf)
{
	struct batch b;

	for (uint32_t how = DBN_MANY_ATOMIC; how <= DBN_MANY_FLUSH; how++) {
		if (!make(cf, &b, false))
			return;
		CF_OK(cf, run(&b, how, ITEMS));
		for (int i = 0; i < ITEMS; i++)
			CF_CHECK(cf, b.outs[i].status == DBN_OK && b.outs[i].affected == 1 && !b.outs[i].error,
				"mode %u, item %d: %s", how, i, dbn_status_name(b.outs[i].status));
		CF_CHECK(cf, rows(&b) == ITEMS, "mode %u: %lld rows", how, (long long)rows(&b));
		CF_CHECK(cf, drv_txn(&b.d, b.d.c) == DBN_TXN_NONE, "mode %u: a transaction is open", how);
		if (!drv_admin(&b.d, b.d.c, "DROP TABLE t"))
			return;
		finish(&b);
	}
}

static void
many_one_fails(conform *cf)
{
	struct batch b;

	for (uint32_t how = DBN_MANY_ATOMIC; how <= DBN_MANY_FLUSH; how++) {
		bool all = how == DBN_MANY_ATOMIC;

		if (!make(cf, &b, true))
			return;
		CF_OK(cf, run(&b, how, ITEMS));
		CF_CHECK(cf, b.outs[3].status == DBN_E_DUPLICATE && b.outs[3].error &&
			strcmp(dbn_error_sqlstate(b.outs[3].error), "23505") == 0, "mode %u: the culprit: %s",
			how, dbn_status_name(b.outs[3].status));
		for (int i = 0; i < ITEMS; i++)
			if (i != 3)
				CF_CHECK(cf, (b.outs[i].status == DBN_OK) != all, "mode %u, item %d: %s", how, i,
					dbn_status_name(b.outs[i].status));
		CF_CHECK(cf, rows(&b) == (all ? 0 : ITEMS - 1), "mode %u: %lld rows", how,
			(long long)rows(&b));
		if (!drv_admin(&b.d, b.d.c, "DROP TABLE t"))
			return;
		finish(&b);
	}
}

static void
many_in_transaction(conform *cf)
{
	struct batch b;

	for (uint32_t how = DBN_MANY_ATOMIC; how <= DBN_MANY_FLUSH; how++) {
		if (!make(cf, &b, how == DBN_MANY_ATOMIC))
			return;
		CF_OK(cf, drv_begin(&b.d, b.d.c, 0));
		CF_OK(cf, drv_run(&b.d, b.d.c, "INSERT INTO t (id) VALUES (100)", "i t", DBN_NO_ARGS, NULL));
		CF_OK(cf, run(&b, how, ITEMS));
		if (how == DBN_MANY_ATOMIC && drv_txn(&b.d, b.d.c) == DBN_TXN_FAILED) {
			CF_OK(cf, drv_rollback(&b.d, b.d.c));
		} else {
			CF_CHECK(cf, drv_txn(&b.d, b.d.c) == DBN_TXN_OPEN, "mode %u ended the transaction", how);
			CF_CHECK(cf, rows(&b) == (how == DBN_MANY_ATOMIC ? 1 : ITEMS + 1), "mode %u: %lld rows",
				how, (long long)rows(&b));
			CF_OK(cf, drv_rollback(&b.d, b.d.c));
		}
		CF_CHECK(cf, rows(&b) == 0, "mode %u: not rolled back", how);
		if (!drv_admin(&b.d, b.d.c, "DROP TABLE t"))
			return;
		finish(&b);
	}
}

/* One item of several rows is one unit. */
static void
many_rows_of_an_item(conform *cf)
{
	struct batch b;

	for (uint32_t how = DBN_MANY_ATOMIC; how <= DBN_MANY_FLUSH; how++) {
		if (!make(cf, &b, true))
			return;
		b.items[0].nrows = 3;
		b.items[1].values = b.values[3]; /* 3 (again), 5, 6 */
		b.items[1].nrows = 3;
		CF_OK(cf, run(&b, how, 2));
		CF_CHECK(cf, b.outs[1].status == DBN_E_DUPLICATE, "mode %u: %s", how,
			dbn_status_name(b.outs[1].status));
		if (how != DBN_MANY_ATOMIC)
			CF_CHECK(cf, b.outs[0].status == DBN_OK && b.outs[0].affected == 3, "mode %u: affected %llu",
				how, (unsigned long long)b.outs[0].affected);
		CF_CHECK(cf, rows(&b) == (how == DBN_MANY_ATOMIC ? 0 : 3), "mode %u: %lld rows", how,
			(long long)rows(&b));
		if (!drv_admin(&b.d, b.d.c, "DROP TABLE t"))
			return;
		finish(&b);
	}
}

/* The keys of an item's rows come back, each to its row. */
static void
many_keys_of_rows(conform *cf)
{
	enum { ROWS = 300 };
	struct batch b;
	dbn_value *names = (dbn_value *)calloc(ROWS, sizeof *names);
	int64_t keys[ROWS + 1];
	drv_stmt s;

	if (conform_quirk(cf, "no-generated-key")) {
		conform_skip(cf, conform_quirk(cf, "no-generated-key"));
		free(names);
		return;
	}
	if (!names || !make(cf, &b, false)) {
		free(names);
		return;
	}
	CF_OK(cf, drv_prepare(&b.d, b.d.c, "INSERT INTO t (name) VALUES (?)", "i t", &s));
	for (int i = 0; i < ROWS; i++)
		names[i] = i % 3 ? dbn_v_text("long and short") : dbn_v_text("x");
	memset(keys, -1, sizeof keys);
	b.items[0] = (dbn_exec_item){ .struct_size = (uint32_t)sizeof b.items[0], .stmt = s.s,
		.flags = DBN_EXEC_KEYS, .keys = keys, .values = names, .nvalues = 1, .nrows = ROWS };
	CF_OK(cf, run(&b, DBN_MANY_ATOMIC, 1));
	CF_CHECK(cf, b.outs[0].affected == ROWS, "affected %llu", (unsigned long long)b.outs[0].affected);
	for (int i = 0; i < ROWS; i++)
		CF_CHECK(cf, keys[i] == i + 1, "row %d has the key %lld", i + 1, (long long)keys[i]);
	CF_CHECK(cf, keys[ROWS] == -1, "a key too many");
	CF_CHECK(cf, b.outs[0].generated_key.type == DBN_INT64 &&
		b.outs[0].generated_key.u.i64 == ROWS, "the last key");
	b.items[0].keys = NULL;
	b.items[0].nrows = 2;
	CF_OK(cf, run(&b, DBN_MANY_ATOMIC, 1));
	CF_CHECK(cf, rows(&b) == ROWS + 2, "%lld rows", (long long)rows(&b));
	b.d.ops->close_stmt(s.s);
	free(names);
	finish(&b);
}

/* One of the rows whose keys are wanted is refused: none stays, and the next ones do. */
static void
many_keys_undone(conform *cf)
{
	struct batch b;
	dbn_value values[ITEMS][2];
	int64_t keys[ITEMS];
	drv_stmt s;

	if (conform_quirk(cf, "no-generated-key")) {
		conform_skip(cf, conform_quirk(cf, "no-generated-key"));
		return;
	}
	if (!make(cf, &b, false))
		return;
	CF_OK(cf, drv_prepare(&b.d, b.d.c, "INSERT INTO t (id, name) VALUES (?, ?)", "i t", &s));
	for (int i = 0; i < ITEMS; i++) {
		values[i][0] = dbn_v_i64(i == 4 ? 1 : i + 1);
		values[i][1] = i == 2 ? dbn_v_null(NULL) : dbn_v_text("x");
	}
	for (uint32_t how = DBN_MANY_ATOMIC; how <= DBN_MANY_FLUSH; how++) {
		memset(&b.outs[0], 0, sizeof b.outs[0]);
		b.outs[0].struct_size = (uint32_t)sizeof b.outs[0];
		b.items[0] = (dbn_exec_item){ .struct_size = (uint32_t)sizeof b.items[0], .stmt = s.s,
			.flags = DBN_EXEC_KEYS, .keys = keys, .values = values[0], .nvalues = 2,
			.nrows = ITEMS };
		CF_OK(cf, run(&b, how, 1));
		CF_CHECK(cf, b.outs[0].status == DBN_E_DUPLICATE, "mode %u: status %d", how,
			(int)b.outs[0].status);
		CF_CHECK(cf, b.outs[0].affected == 0, "mode %u: affected %llu", how,
			(unsigned long long)b.outs[0].affected);
		CF_CHECK(cf, rows(&b) == 0, "mode %u: %lld rows", how, (long long)rows(&b));
		dbn_error_free(b.outs[0].error);
		b.outs[0].error = NULL;
	}
	values[4][0] = dbn_v_i64(5);
	CF_OK(cf, run(&b, DBN_MANY_ATOMIC, 1));
	CF_CHECK(cf, b.outs[0].status == DBN_OK && b.outs[0].affected == ITEMS, "affected %llu",
		(unsigned long long)b.outs[0].affected);
	CF_CHECK(cf, rows(&b) == ITEMS, "%lld rows", (long long)rows(&b));
	for (int i = 0; i < ITEMS; i++)
		CF_CHECK(cf, keys[i] == i + 1, "row %d has the key %lld", i + 1, (long long)keys[i]);
	b.d.ops->close_stmt(s.s);
	finish(&b);
}

const conform_case drv_cases_many[] = {
	{ "many.all_well", many_all_well, 0, 0 },
	{ "many.one_fails", many_one_fails, 0, 0 },
	{ "many.in_a_transaction", many_in_transaction, 0, 0 },
	{ "many.rows_of_an_item", many_rows_of_an_item, 0, 0 },
	{ "many.keys_of_rows", many_keys_of_rows, 0, 0 },
	{ "many.keys_undone", many_keys_undone, 0, 0 },
};
const size_t drv_ncases_many = sizeof drv_cases_many / sizeof *drv_cases_many;
