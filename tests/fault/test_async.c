/* SPDX-License-Identifier: MIT */
/*
 * The same for operations that nobody waits for: whichever allocation fails, on
 * whichever thread, the operation does not begin or its future says so; nothing
 * hangs and nothing leaks.
 */
#include "fault/fault.h"

/* What became of an operation that was asked for. */
static dbn_status
ended(dbn_status begun, dbn_future **f, dbn_error **err)
{
	dbn_status rc;

	if (begun != DBN_OK) {
		cr_assert_null(*f);
		return begun;
	}
	rc = dbn_future_get(*f, err);
	dbn_future_free(*f);
	*f = NULL;
	return rc;
}

static dbn_status
read_text(stack *st, dbn_error **err)
{
	dbn_future *f = NULL;
	dbn_status rc = dbn_get_text_async(st->session, "SELECT s FROM t WHERE id = ?", DBN_ARGS(2), &f, err);

	if (rc != DBN_OK)
		return ended(rc, &f, err);
	rc = dbn_future_get(f, err);
	if (rc == DBN_OK)
		cr_assert_str_eq(dbn_future_text(f), "two");
	dbn_future_free(f);
	return rc;
}

Test(fault_async, read)
{
	static const step p = { .run = read_text };

	each_fails(&p);
}

static dbn_status
read_rows(stack *st, dbn_error **err)
{
	dbn_future *f = NULL;
	dbn_status rc = dbn_query_async(st->session, "SELECT id, s FROM t ORDER BY id", DBN_NO_ARGS, &f, err);
	int64_t n = 0, id = 0;
	dbn_rows *rows;

	if (rc != DBN_OK)
		return ended(rc, &f, err);
	rc = dbn_future_get(f, err);
	rows = rc == DBN_OK ? dbn_future_rows(f) : NULL;
	while (rows && (rc = dbn_rows_next(rows, err)) == DBN_OK) {
		const char *s = NULL;

		rc = dbn_rows_scan(rows, DBN_OUT(&id, &s), err);
		if (rc != DBN_OK)
			break;
		cr_assert_eq(id, ++n);
	}
	cr_assert(rc != DBN_DONE || n == 2);
	dbn_rows_close(rows);
	dbn_future_free(f);
	return rc == DBN_DONE ? DBN_OK : rc;
}

Test(fault_async, rows)
{
	static const step p = { .run = read_rows };

	each_fails(&p);
}

static void
one_or_none(stack *st, bool ok)
{
	cr_assert_eq(raw(st, "SELECT count(*) FROM t WHERE id > 2"), ok);
	(void)raw(st, "DELETE FROM t WHERE id > 2");
}

static dbn_status
insert_one(stack *st, dbn_error **err)
{
	dbn_future *f = NULL;

	return ended(dbn_exec_async(st->session, "INSERT INTO t VALUES (?, ?, ?)", DBN_ARGS(3, 3, "three"),
		&f, err), &f, err);
}

Test(fault_async, write)
{
	static const step p = { .run = insert_one, .after = one_or_none };

	each_fails(&p);
}

static dbn_status
transaction(stack *st, dbn_error **err)
{
	dbn_future *f = NULL;
	dbn_status rc = ended(dbn_begin_async(st->session, NULL, &f, err), &f, err);

	if (rc != DBN_OK)
		return rc;
	rc = insert_one(st, err);
	if (rc == DBN_OK)
		rc = ended(dbn_commit_async(st->session, &f, err), &f, err);
	if (dbn_in_transaction(st->session))
		(void)dbn_rollback(st->session, NULL);
	return rc;
}

Test(fault_async, transaction)
{
	static const step p = { .run = transaction, .after = one_or_none };

	each_fails(&p);
}

static dbn_status
session(stack *st, dbn_error **err)
{
	dbn_session *bob = NULL;
	dbn_future *f = NULL;
	dbn_status rc = ended(dbn_session_open_as_async(st->pool, "bob", &bob, &f, err), &f, err);

	if (rc != DBN_OK) {
		cr_assert_null(bob);
		return rc;
	}
	rc = dbn_session_close_async(bob, &f, err);
	if (rc != DBN_OK) {
		dbn_session_close(bob);
		return rc;
	}
	return ended(rc, &f, err);
}

Test(fault_async, session)
{
	static const step p = { .run = session };

	each_fails(&p);
}
