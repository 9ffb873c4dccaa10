/* SPDX-License-Identifier: MIT */
/*
 * On a real stack every allocation of the core and of its plugins fails once,
 * in turn: a call then says so, or does without; nothing leaks, nothing is half
 * done in the file, and the pool goes on.  Not ours: libconfig's own malloc
 * (it ends the process), SQLite's, OpenSSL's and Jansson's.
 */
#include "fault/fault.h"

/* ---- opening and closing ---- */

Test(fault, pool_open)
{
	bool happened = true;
	char path[128];
	stack st;

	start(&st);
	(void)snprintf(path, sizeof path, "%s/app.conf", st.dir);
	for (int64_t n = 1; happened; n++) {
		int64_t live = atomic_load(&fault_live);
		dbn_error *err = NULL;
		dbn_status rc;

		cr_assert_lt(n, MANY);
		st.pool = NULL;
		atomic_store(&fault_left, n);
		rc = dbn_pool_open(path, &st.pool, &err);
		happened = fault_happened();
		cr_assert(rc == DBN_OK || (happened && names_memory(err)), "allocation %lld: %d %s: %s",
			(long long)n, rc, dbn_error_message(err), dbn_error_detail(err));
		dbn_error_free(err);
		if (rc == DBN_OK) {
			st.session = stack_session(&st, "alice");
			usable(&st);
			shut(&st);
		} else {
			cr_assert_null(st.pool);
		}
		cr_assert_eq(atomic_load(&fault_live), live, "allocation %lld: %lld pieces leak",
			(long long)n, (long long)(atomic_load(&fault_live) - live));
	}
	finish(&st);
}

static dbn_status
open_session(stack *st, dbn_error **err)
{
	dbn_session *s = NULL;
	dbn_status rc = dbn_session_open_as(st->pool, "bob", &s, err);

	cr_assert((rc == DBN_OK) == (s != NULL));
	dbn_session_close(s);
	return rc;
}

Test(fault, session_open_and_close)
{
	static const step p = { .run = open_session };

	each_fails(&p);
}

Test(fault, close)
{
	bool happened = true;
	stack st;

	start(&st);
	for (int64_t n = 1; happened; n++) {
		int64_t live = atomic_load(&fault_live);
		dbn_error *err = NULL;

		cr_assert_lt(n, MANY);
		reopen(&st);
		fine(dbn_begin(st.session, NULL, &err), err);
		fine(dbn_exec(st.session, "INSERT INTO t VALUES (7, 7, 'lost')", DBN_NO_ARGS, NULL, &err),
			err);
		atomic_store(&fault_left, n);
		shut(&st);
		happened = fault_happened();
		cr_assert_eq(raw(&st, "SELECT count(*) FROM t"), 2);
		cr_assert_eq(atomic_load(&fault_live), live, "allocation %lld leaks", (long long)n);
	}
	finish(&st);
}

/* ---- reading ---- */

static dbn_status
read_rows(stack *st, dbn_error **err)
{
	dbn_value two[] = { dbn_v_i64(1), dbn_v_i64(2) };
	dbn_rows *rows = NULL;
	dbn_status rc = dbn_query(st->session, "SELECT id, s FROM t WHERE id IN (?) ORDER BY id",
		DBN_ARGS(dbn_list_of(two, 2)), &rows, err);
	int64_t id = 0, n = 0;

	if (rc != DBN_OK) {
		cr_assert_null(rows);
		return rc;
	}
	while ((rc = dbn_rows_next(rows, err)) == DBN_OK) {
		const char *s = NULL;

		rc = dbn_rows_scan(rows, DBN_OUT(&id, &s), err);
		if (rc != DBN_OK)
			break;
		cr_assert_eq(id, ++n);
	}
	dbn_rows_close(rows);
	if (rc == DBN_DONE) {
		cr_assert_eq(n, 2);
		rc = DBN_OK;
	}
	return rc;
}

Test(fault, query_cold)
{
	static const step p = { .run = read_rows };

	each_fails(&p);
}

static void
read_before(stack *st)
{
	dbn_error *err = NULL;

	fine(read_rows(st, &err), err);
}

Test(fault, query_warm_and_cached)
{
	static const step p = { .before = read_before, .run = read_rows };

	each_fails(&p);
}

/* ---- writing ---- */

static void
all_or_nothing(stack *st, bool ok)
{
	cr_assert_eq(raw(st, "SELECT count(*) FROM t"), ok ? 4 : 2);
	cr_assert_eq(raw(st, "SELECT count(*) FROM t WHERE id > 2"), ok ? 2 : 0);
	(void)raw(st, "DELETE FROM t WHERE id > 2");
}

static dbn_status
insert_two(stack *st, dbn_error **err)
{
	return dbn_exec(st->session, "INSERT INTO t VALUES (?, ?, ?), (?, ?, ?)",
		DBN_ARGS(3, 3, "three", 4, 4, "four"), NULL, err);
}

Test(fault, insert)
{
	static const step p = { .run = insert_two, .after = all_or_nothing };

	each_fails(&p);
}

static dbn_status
insert_batch(stack *st, dbn_error **err)
{
	return dbn_exec_many(st->session, "INSERT INTO t VALUES (?, ?, ?)",
		DBN_ARGS(3, 3, "three", 4, 4, "four"), 2, NULL, NULL, err);
}

Test(fault, insert_many)
{
	static const step p = { .run = insert_batch, .after = all_or_nothing };

	each_fails(&p);
}

static dbn_status
in_transaction(dbn_session *s, void *user, dbn_error **err)
{
	dbn_status rc = dbn_exec(s, "INSERT INTO t VALUES (?, ?, ?)", DBN_ARGS(3, 3, "three"), NULL, err);

	(void)user;
	if (rc == DBN_OK)
		rc = dbn_savepoint(s, err);
	if (rc == DBN_OK)
		rc = dbn_exec(s, "DELETE FROM t WHERE id = 1", DBN_NO_ARGS, NULL, err);
	if (rc == DBN_OK)
		rc = dbn_savepoint_rollback(s, err);
	if (rc == DBN_OK)
		rc = dbn_exec(s, "INSERT INTO t VALUES (?, ?, ?)", DBN_ARGS(4, 4, "four"), NULL, err);
	return rc;
}

static dbn_status
transaction(stack *st, dbn_error **err)
{
	return dbn_txn(st->session, NULL, in_transaction, NULL, err);
}

Test(fault, transaction)
{
	static const step p = { .run = transaction, .after = all_or_nothing };

	each_fails(&p);
}

static void
begin_and_insert(stack *st)
{
	dbn_error *err = NULL;

	fine(dbn_begin(st->session, NULL, &err), err);
	fine(insert_two(st, &err), err);
}

static dbn_status
commit(stack *st, dbn_error **err)
{
	return dbn_commit(st->session, err);
}

Test(fault, commit)
{
	static const step p = { .before = begin_and_insert, .run = commit, .after = all_or_nothing };

	each_fails(&p);
}
