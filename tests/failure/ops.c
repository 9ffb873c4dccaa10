/* SPDX-License-Identifier: MIT */
/*
 * See ops.h.  A read may be made again by the library, so it may succeed whatever
 * happens to the wire; what it may not do is give other rows, or an end too early.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops.h"

static const dbn_status of_reads[] = { DBN_E_CONN, DBN_E_TIMEOUT, DBN_OK };
static const dbn_status of_writes[] = { DBN_E_CONN, DBN_E_TIMEOUT, DBN_E_UNKNOWN_OUTCOME, DBN_OK };
static const dbn_status of_commits[] = { DBN_E_CONN, DBN_E_TIMEOUT, DBN_E_UNKNOWN_OUTCOME,
	DBN_E_TXN_FAILED, DBN_OK };

static dbn_query_opts
until(uint64_t timeout_ns)
{
	dbn_query_opts o = dbn_query_opts_init();

	o.timeout_ns = timeout_ns;
	return o;
}

static dbn_status
read_one(dbn_session *s, const char *where, uint64_t timeout_ns)
{
	dbn_query_opts o = until(timeout_ns);
	dbn_error *err = NULL;
	dbn_status rc = seed_read(s, 17, &o, &err);

	judge(where, rc, err, of_reads);
	return rc;
}

static dbn_status
read_many(dbn_session *s, const char *where, uint64_t timeout_ns)
{
	dbn_query_opts o = until(timeout_ns);
	dbn_error *err = NULL;
	dbn_status rc = seed_scan(s, &o, &err);

	judge(where, rc, err, of_reads);
	return rc;
}

static dbn_status
insert(dbn_session *s, const char *where, uint64_t timeout_ns)
{
	dbn_query_opts o = until(timeout_ns);
	int64_t id = ledger_take(1);
	dbn_error *err = NULL;
	dbn_status rc = row_insert(s, id, id, &o, &err);

	ledger_put(id, 1, rc);
	judge(where, rc, err, of_writes);
	return rc;
}

/* A write that returns rows has happened when its first row is there. */
static dbn_status
insert_returning(dbn_session *s, const char *where, uint64_t timeout_ns)
{
	dbn_query_opts o = until(timeout_ns);
	int64_t id = ledger_take(1), got = -1;
	static const char sql[] = "INSERT INTO fault_rows (id, grp, word) VALUES (?, ?, ?)"
		" RETURNING id";
	dbn_rows *rows = NULL;
	dbn_error *err = NULL;
	dbn_status rc;
	char word[40];

	(void)snprintf(word, sizeof word, "row %lld", (long long)id);
	rc = dbn_query_with(s, (dbn_text){ sql, sizeof sql - 1 }, DBN_ARGS(id, id, (const char *)word),
		&o, &rows, &err);
	if (rc == DBN_OK)
		rc = dbn_rows_next(rows, &err);
	if (rc == DBN_OK)
		rc = dbn_rows_scan(rows, DBN_OUT(&got), &err);
	if (rc == DBN_OK && (got != id || dbn_rows_next(rows, &err) != DBN_DONE))
		tap_note("%s: wrote row %lld, %lld came back", where, (long long)id, (long long)got);
	dbn_rows_close(rows);
	ledger_put(id, 1, rc);
	judge(where, rc, err, of_writes);
	return rc;
}

/* Many rows in one call: all of them or none. */
static dbn_status
send_many(dbn_session *s, int64_t id, size_t n, dbn_error **err)
{
	dbn_value *args = calloc(n * 3, sizeof *args);
	char (*words)[40] = calloc(n, sizeof *words);
	dbn_status rc;

	if (!args || !words)
		abort();
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(words[i], sizeof words[i], "row %lld", (long long)id + (long long)i);
		args[3 * i] = dbn_v_i64(id + (int64_t)i);
		args[3 * i + 1] = dbn_v_i64(id);
		args[3 * i + 2] = dbn_v_textn((dbn_text){ words[i], strlen(words[i]) });
	}
	rc = dbn_exec_many(s, "INSERT INTO fault_rows (id, grp, word) VALUES (?, ?, ?)",
		(dbn_args){ args, n * 3 }, n, NULL, NULL, err);
	free(words);
	free(args);
	return rc;
}

static dbn_status
many_alone(dbn_session *s, const char *where, size_t n)
{
	int64_t id = ledger_take(n);
	dbn_error *err = NULL;
	dbn_status rc = send_many(s, id, n, &err);

	ledger_put(id, n, rc);
	judge(where, rc, err, of_writes);
	return rc;
}

/* The same in a transaction: only the commit may leave it unknown. */
static dbn_status
many_in_transaction(dbn_session *s, const char *where, size_t n)
{
	int64_t id = ledger_take(n);
	dbn_error *err = NULL;
	dbn_status rc = dbn_begin(s, NULL, &err), end;

	judge(where, rc, err, of_reads);
	if (rc == DBN_OK) {
		rc = send_many(s, id, n, &err);
		judge(where, rc, err, of_reads);
		end = dbn_commit(s, &err);
		judge(where, end, err, of_commits);
		if (rc == DBN_OK)
			rc = end;
	}
	ledger_put(id, n, rc);
	return rc;
}

/* The deadline of these is that of the configuration. */
static dbn_status
insert_many(dbn_session *s, const char *where, uint64_t timeout_ns)
{
	(void)timeout_ns;
	return many_alone(s, where, 20);
}

static dbn_status
insert_many_in_transaction(dbn_session *s, const char *where, uint64_t timeout_ns)
{
	(void)timeout_ns;
	return many_in_transaction(s, where, 5);
}

/* So many that PostgreSQL takes them by COPY, and in several messages. */
#define LOAD 2000

static dbn_status
load(dbn_session *s, const char *where, uint64_t timeout_ns)
{
	(void)timeout_ns;
	return many_alone(s, where, LOAD);
}

static dbn_status
load_in_transaction(dbn_session *s, const char *where, uint64_t timeout_ns)
{
	(void)timeout_ns;
	return many_in_transaction(s, where, LOAD);
}

/* Two rows in a transaction; only its commit may leave anything unknown. */
static dbn_status
transaction(dbn_session *s, const char *where, uint64_t timeout_ns)
{
	dbn_query_opts o = until(timeout_ns);
	dbn_txn_opts t = dbn_txn_opts_init();
	int64_t id = ledger_take(2);
	dbn_error *err = NULL;
	dbn_status rc, end;
	int half = 0;

	t.timeout_ns = timeout_ns;
	rc = dbn_begin(s, &t, &err);
	judge(where, rc, err, of_reads);
	if (rc != DBN_OK) {
		ledger_put(id, 2, rc);
		return rc;
	}
	for (int i = 0; i < 2 && rc == DBN_OK; i++) {
		rc = row_insert(s, id + i, id, &o, &err);
		judge(where, rc, err, of_reads);
		half += rc == DBN_OK;
	}
	/* a statement that never left leaves a transaction that can be committed */
	end = rc == DBN_OK || !half ? dbn_commit(s, &err) : dbn_rollback(s, &err);
	judge(where, end, err, of_commits);
	if (rc == DBN_OK)
		rc = end;
	if (dbn_in_transaction(s))
		tap_note("%s: the transaction has not ended", where);
	ledger_put(id, 2, rc);
	return rc;
}

static dbn_status
insert_async(dbn_session *s, const char *where, uint64_t timeout_ns)
{
	static const char sql[] = "INSERT INTO fault_rows (id, grp, word) VALUES (?, ?, ?)";
	dbn_query_opts o = until(timeout_ns);
	int64_t id = ledger_take(1);
	dbn_future *f = NULL;
	dbn_error *err = NULL;
	dbn_status rc;
	char word[40];

	(void)snprintf(word, sizeof word, "row %lld", (long long)id);
	rc = dbn_exec_with_async(s, (dbn_text){ sql, sizeof sql - 1 },
		DBN_ARGS(id, id, (const char *)word), &o, &f, &err);
	if (rc == DBN_OK)
		rc = dbn_future_get(f, &err);
	dbn_future_free(f);
	ledger_put(id, 1, rc);
	judge(where, rc, err, of_writes);
	return rc;
}

static dbn_status
transaction_async(dbn_session *s, const char *where, uint64_t timeout_ns)
{
	static const char sql[] = "INSERT INTO fault_rows (id, grp, word) VALUES (?, ?, ?)";
	dbn_query_opts o = until(timeout_ns);
	dbn_txn_opts t = dbn_txn_opts_init();
	int64_t id = ledger_take(1);
	dbn_future *f[3] = { NULL, NULL, NULL };
	dbn_status rc[3], all = DBN_OK;
	char word[40];

	t.timeout_ns = timeout_ns;
	(void)snprintf(word, sizeof word, "row %lld", (long long)id);
	if (dbn_begin_async(s, &t, &f[0], NULL) != DBN_OK ||
		dbn_exec_with_async(s, (dbn_text){ sql, sizeof sql - 1 },
			DBN_ARGS(id, id, (const char *)word), &o, &f[1], NULL) != DBN_OK ||
		dbn_commit_async(s, &f[2], NULL) != DBN_OK)
		tap_note("%s: an operation did not begin", where);
	for (int i = 0; i < 3; i++) {
		dbn_error *err = NULL;

		rc[i] = f[i] ? dbn_future_get(f[i], &err) : DBN_E_INTERNAL;
		if (rc[i] != DBN_OK && all == DBN_OK)
			all = rc[i];
		dbn_error_free(err);
		dbn_future_free(f[i]);
	}
	/* without a transaction the insert is one of its own */
	if (rc[0] != DBN_OK)
		all = rc[1];
	ledger_put(id, 1, all);
	return all;
}

/* Eight sessions read at the same time: where they travel together each still gets
 * its own row, or its own error. */
#define TOGETHER 8
static dbn_session *more_sessions[TOGETHER];

void
ops_sessions(dbn_pool *p)
{
	for (int i = 0; i < TOGETHER; i++) {
		dbn_session_close(more_sessions[i]);
		more_sessions[i] = p ? session_make(p) : NULL;
	}
}

static dbn_status
check_word(const char *where, int64_t id, dbn_future *f)
{
	char want[160];
	dbn_error *err = NULL;
	dbn_status rc = dbn_future_get(f, &err);
	const char *got = dbn_future_text(f);

	judge(where, rc, err, of_reads);
	seed_word(id, want, sizeof want);
	if (rc == DBN_OK && (!got || strcmp(got, want) != 0))
		tap_note("%s: row %lld is \"%s\"", where, (long long)id, got ? got : "");
	return rc;
}

static dbn_status
read_together(dbn_session *s, const char *where, uint64_t timeout_ns)
{
	dbn_future *f[TOGETHER];
	dbn_status all = DBN_OK, rc;

	(void)s;
	(void)timeout_ns;
	for (int i = 0; i < TOGETHER; i++)
		if (dbn_get_text_async(more_sessions[i], "SELECT word FROM fault_seed WHERE id = ?",
				DBN_ARGS(i + 1), &f[i], NULL) != DBN_OK) {
			tap_note("%s: a read did not begin", where);
			f[i] = NULL;
		}
	for (int i = 0; i < TOGETHER; i++) {
		rc = f[i] ? check_word(where, i + 1, f[i]) : DBN_OK;
		if (rc != DBN_OK)
			all = rc;
		dbn_future_free(f[i]);
	}
	return all;
}

const op ops[] = {
	{ "read a row", read_one },
	{ "read many rows", read_many },
	{ "insert", insert },
	{ "insert returning", insert_returning },
	{ "insert many", insert_many },
	{ "transaction", transaction },
	{ "insert many in a transaction", insert_many_in_transaction },
	{ "load", load },
	{ "load in a transaction", load_in_transaction },
	{ "insert, async", insert_async },
	{ "transaction, async", transaction_async },
	{ "read together, async", read_together },
};
const size_t nops = sizeof ops / sizeof *ops;

const op *
op_named(const char *name)
{
	for (size_t i = 0; i < nops; i++)
		if (strcmp(ops[i].name, name) == 0)
			return &ops[i];
	return NULL;
}
