/* SPDX-License-Identifier: MIT */
/*
 * Writing: arrays of parameters, values the server would change, generated keys,
 * RETURNING, what ends a transaction, two-phase commit, changed schemas.
 */
#include "driver-mysql/mysql.h"

#define ROWS 2500

struct batch {
	dbn_value v[ROWS][4];
	char names[ROWS][24];
};

static void
fill(struct batch *b)
{
	for (int i = 0; i < ROWS; i++) {
		(void)snprintf(b->names[i], sizeof b->names[i], "name %d", i);
		b->v[i][0] = dbn_v_i64(i);
		b->v[i][1] = i % 7 ? dbn_v_text(b->names[i]) : dbn_v_null(NULL);
		b->v[i][2] = i % 5 ? dbn_v_f64(i / 4.0) : dbn_v_null(NULL);
		b->v[i][3] = dbn_timestamp_of(i * INT64_C(1000001));
	}
}

static dbn_status
run_many(drv *d, struct dbn_stmt *s, const dbn_value *v, uint64_t rows, uint32_t how, dbn_outcome *out)
{
	dbn_exec_item item = { .struct_size = (uint32_t)sizeof item, .stmt = s, .values = v,
		.nrows = rows, .nvalues = 4 };
	dbn_many_opts o = { .call = DBN_CALL_INIT, .how = how };

	memset(out, 0, sizeof *out);
	out->struct_size = (uint32_t)sizeof *out;
	o.statement_no = ++d->no;
	return d->ops->execute_many(d->c, &item, 1, &o, out, &d->cf->err);
}

static void
arrays(conform *cf)
{
	struct batch *b = malloc(sizeof *b);
	int64_t before, after;
	dbn_outcome out;
	drv_stmt s;
	drv d;

	fill(b);
	if (!drv_open(cf, &d) || !drv_admin(&d, d.c, "CREATE TABLE m (id INT PRIMARY KEY, name VARCHAR(20), "
			"x DOUBLE, at DATETIME(6))"))
		goto out;
	CF_OK(cf, drv_prepare(&d, d.c, "INSERT INTO m VALUES (?, ?, ?, ?)", "", &s));
	before = drv_int(&d, d.c, "SELECT CAST(VARIABLE_VALUE AS SIGNED) FROM information_schema.SESSION_STATUS "
		"WHERE VARIABLE_NAME='Com_stmt_execute'", "", DBN_NO_ARGS);
	for (uint32_t how = DBN_MANY_ATOMIC; how <= DBN_MANY_FLUSH; how++) {
		CF_OK(cf, run_many(&d, s.s, b->v[0], ROWS, how, &out));
		CF_CHECK(cf, out.status == DBN_OK && out.affected == ROWS, "mode %u: %llu rows: %s", how,
			(unsigned long long)out.affected, dbn_error_message(out.error));
		dbn_error_free(out.error);
		CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM m WHERE (id % 7 = 0) = (name IS NULL) AND "
			"(id % 5 = 0) = (x IS NULL) AND (name IS NULL OR name = CONCAT('name ', id)) AND (x IS NULL OR "
			"x = id / 4) AND at = TIMESTAMPADD(MICROSECOND, id * 1000001, '1970-01-01')", "",
			DBN_NO_ARGS) == ROWS, "mode %u: other rows are there", how);
		/* one of them is there already: none is kept */
		CF_OK(cf, drv_run(&d, d.c, "DELETE FROM m WHERE id <> 2000", "", DBN_NO_ARGS, NULL));
		CF_OK(cf, run_many(&d, s.s, b->v[0], ROWS, how, &out));
		CF_CHECK(cf, out.status == DBN_E_DUPLICATE && out.affected == 0, "mode %u: %s", how,
			dbn_status_name(out.status));
		dbn_error_free(out.error);
		CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM m", "", DBN_NO_ARGS) == 1, "mode %u: kept", how);
		CF_OK(cf, drv_run(&d, d.c, "DELETE FROM m", "", DBN_NO_ARGS, NULL));
	}
	after = drv_int(&d, d.c, "SELECT CAST(VARIABLE_VALUE AS SIGNED) FROM information_schema.SESSION_STATUS "
		"WHERE VARIABLE_NAME='Com_stmt_execute'", "", DBN_NO_ARGS);
	CF_CHECK(cf, after - before < 200, "%lld executions: no arrays", (long long)(after - before));
	/* columns of more than one type, and a row that is refused by its number */
	b->v[5][2] = dbn_v_i64(3);
	CF_OK(cf, run_many(&d, s.s, b->v[0], 20, DBN_MANY_ATOMIC, &out));
	CF_CHECK(cf, out.status == DBN_OK && out.affected == 20, "mixed: %s", dbn_error_message(out.error));
	b->v[1507][1] = dbn__v_ptr(DBN_TEXT, "\0", 1);
	CF_OK(cf, run_many(&d, s.s, b->v[20], 1600, DBN_MANY_ATOMIC, &out));
	CF_CHECK(cf, out.status == DBN_E_VALUE && strstr(dbn_error_message(out.error), "row 1488, parameter 2"),
		"%s", dbn_error_message(out.error));
	dbn_error_free(out.error);
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM m", "", DBN_NO_ARGS) == 20, "kept");
	d.ops->close_stmt(s.s);
out:
	drv_close(&d);
	free(b);
}

/* Values that the server would only note. */
static void
changed(conform *cf)
{
	drv d;

	if (!drv_open(cf, &d) || !drv_admin(&d, d.c, "CREATE TABLE w (p DECIMAL(6,2))"))
		return;
	CF_OK(cf, my_run1(&d, "INSERT INTO w VALUES (?)", DBN_DECIMAL, dbn_decimal_of("1.50")));
	CF_FAILS(cf, my_run1(&d, "INSERT INTO w VALUES (?)", DBN_DECIMAL, dbn_decimal_of("1.555")),
		DBN_E_VALUE, NULL);
	CF_FAILS(cf, my_run1(&d, "UPDATE w SET p = ?", DBN_DECIMAL, dbn_decimal_of("1.555")), DBN_E_VALUE,
		NULL);
	CF_CHECK(cf, drv_txn(&d, d.c) == DBN_TXN_NONE, "a transaction is open");
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM w WHERE p = 1.50", "", DBN_NO_ARGS) == 1, "rows");
	CF_OK(cf, drv_begin(&d, d.c, 0));
	CF_FAILS(cf, my_run1(&d, "INSERT INTO w VALUES (?)", DBN_DECIMAL, dbn_decimal_of("2.555")),
		DBN_E_VALUE, NULL);
	CF_CHECK(cf, drv_txn(&d, d.c) == DBN_TXN_FAILED, "the transaction goes on");
	CF_OK(cf, drv_rollback(&d, d.c));
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM w", "", DBN_NO_ARGS) == 1, "kept");
	drv_close(&d);
}

static void
keys(conform *cf)
{
	dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
	struct dbn_cursor *cur = NULL;
	dbn_outcome out;
	drv_stmt s;
	drv d;

	if (!drv_open(cf, &d) || !drv_admin(&d, d.c, "CREATE TABLE k (id BIGINT UNSIGNED AUTO_INCREMENT "
			"PRIMARY KEY, n INT)"))
		return;
	CF_OK(cf, drv_prepare(&d, d.c, "INSERT INTO k (n) VALUES (1), (2)", "", &s));
	CF_OK(cf, drv_execute(&d, &s, DBN_NO_ARGS, DBN_EXEC_KEYS, &out, NULL));
	CF_CHECK(cf, out.affected == 2 && out.generated_key.type == DBN_NULL, "a key of two rows");
	d.ops->close_stmt(s.s);
	CF_OK(cf, drv_prepare(&d, d.c, "INSERT INTO k (n) VALUES (3), (4) RETURNING id, n", "", &s));
	CF_OK(cf, drv_execute(&d, &s, DBN_NO_ARGS, DBN_EXEC_ROWS, &out, &cur));
	CF_CHECK(cf, out.affected == 2, "affected %llu", (unsigned long long)out.affected);
	CF_OK(cf, d.ops->fetch(cur, 10, &r, &cf->err));
	CF_CHECK(cf, r.nrows == 2 && r.cells[0].type == DBN_UINT64 && r.cells[0].u.u64 == 3 &&
		r.cells[2].u.u64 == 4, "the keys");
	d.ops->close_cursor(cur);
	d.ops->close_stmt(s.s);
	CF_OK(cf, drv_prepare(&d, d.c, "INSERT INTO k (id, n) VALUES (0, 1)", "", &s));
	CF_OK(cf, drv_execute(&d, &s, DBN_NO_ARGS, 0, &out, NULL));
	d.ops->close_stmt(s.s);
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM k WHERE id = 0", "", DBN_NO_ARGS) == 1,
		"a zero became another key");
	drv_close(&d);
}

static void
ending(conform *cf)
{
	static const char *const bad[] = { "CREATE TABLE x (a INT)", "TRUNCATE TABLE t", "ALTER TABLE t ADD y INT" };
	drv_stmt s;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 1))
		return;
	CF_OK(cf, drv_begin(&d, d.c, 0));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CF_FAILS(cf, drv_prepare_typed(&d, d.c, bad[i], "", NULL, 0, NULL, 0, DBN_PREPARE_ADMIN, &s),
			DBN_E_TXN_ACTIVE, NULL);
	CF_CHECK(cf, drv_txn(&d, d.c) == DBN_TXN_OPEN, "it ended");
	CF_OK(cf, drv_rollback(&d, d.c));
	CF_FAILS(cf, drv_prepare_typed(&d, d.c, "/* x */ begin", "", NULL, 0, NULL, 0, DBN_PREPARE_ADMIN, &s),
		DBN_E_ACCESS, NULL);
	CF_FAILS(cf, drv_prepare(&d, d.c, "SET @x = 1", "", &s), DBN_E_ACCESS, NULL);
	CF_FAILS(cf, drv_prepare(&d, d.c, "DROP TABLE t", "", &s), DBN_E_ACCESS, NULL);
	CF_FAILS(cf, drv_prepare(&d, d.c, "/*!50000 SELECT 1 */", "", &s), DBN_E_ACCESS, NULL);
	drv_close(&d);
}

static dbn_status
begin_global(drv *d, struct dbn_conn *c, const char *id)
{
	dbn_begin_opts o = { .call = DBN_CALL_INIT };

	o.global_id = (dbn_text){ id, strlen(id) };
	return d->ops->begin(c, &o, &d->cf->err);
}

static dbn_status
end_global(drv *d, struct dbn_conn *c, uint32_t how, const char *id)
{
	dbn_end_opts o = { .call = DBN_CALL_INIT };

	o.global_id = (dbn_text){ id, strlen(id) };
	return d->ops->end(c, how, &o, &d->cf->err);
}

struct found {
	unsigned n;
	char last[160];
};

static dbn_status
note(dbn_text gid, int64_t age_us, void *user)
{
	struct found *f = (struct found *)user;

	(void)age_us;
	f->n++;
	(void)snprintf(f->last, sizeof f->last, "%.*s", (int)gid.len, gid.ptr);
	return DBN_OK;
}

static void
two_phase(conform *cf)
{
	static const char id[] = "dbn-a.very'long\"id-0123456789012345678901234567890123456789012345678901234567890";
	dbn_call call = DBN_CALL_INIT;
	struct found f = { 0, "" };
	struct dbn_conn *c;
	dbn_status rc;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 1) || !(c = drv_connect(&d, 0)))
		return;
	/* one phase */
	CF_OK(cf, begin_global(&d, c, "dbn-one"));
	CF_OK(cf, drv_run(&d, c, "UPDATE t SET n = 1", "", DBN_NO_ARGS, NULL));
	CF_OK(cf, drv_commit(&d, c));
	CF_OK(cf, begin_global(&d, c, "dbn-one"));
	CF_OK(cf, drv_run(&d, c, "UPDATE t SET n = 99", "", DBN_NO_ARGS, NULL));
	CF_OK(cf, drv_rollback(&d, c));
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT n FROM t", "", DBN_NO_ARGS) == 1, "one phase");
	/* two, across the end of the connection */
	CF_OK(cf, begin_global(&d, c, id));
	CF_OK(cf, drv_run(&d, c, "UPDATE t SET n = 2", "", DBN_NO_ARGS, NULL));
	CF_OK(cf, end_global(&d, c, DBN_END_PREPARE, id));
	CF_CHECK(cf, drv_txn(&d, c) == DBN_TXN_NONE, "still in it");
	CF_FAILS(cf, end_global(&d, d.c, DBN_END_COMMIT_PREPARED, id), DBN_E_NOT_FOUND, NULL);
	d.ops->disconnect(c);
	CF_OK(cf, d.ops->list_prepared(d.c, (dbn_text){ "dbn-a", 5 }, &call, note, &f, &cf->err));
	CF_CHECK(cf, f.n == 1 && strcmp(f.last, id) == 0, "%u prepared, %s", f.n, f.last);
	/* it goes as soon as the server has seen the connection go */
	for (int i = 0; i < 200; i++) {
		rc = end_global(&d, d.c, DBN_END_COMMIT_PREPARED, id);
		if (rc != DBN_E_NOT_FOUND)
			break;
		my_forget(&d);
		(void)my_shell("sleep 0.05");
	}
	CF_CHECK(cf, rc == DBN_OK, "%s", dbn_error_message(cf->err));
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT n FROM t", "", DBN_NO_ARGS) == 2, "two phases");
	CF_FAILS(cf, end_global(&d, d.c, DBN_END_COMMIT_PREPARED, id), DBN_E_NOT_FOUND, NULL);
	CF_FAILS(cf, end_global(&d, d.c, DBN_END_ROLLBACK_PREPARED, "dbn-nobody"), DBN_E_NOT_FOUND, NULL);
	/* undone on the connection that prepared it */
	CF_OK(cf, begin_global(&d, d.c, "dbn-two"));
	CF_OK(cf, drv_run(&d, d.c, "UPDATE t SET n = 3", "", DBN_NO_ARGS, NULL));
	CF_OK(cf, end_global(&d, d.c, DBN_END_PREPARE, "dbn-two"));
	CF_OK(cf, end_global(&d, d.c, DBN_END_ROLLBACK_PREPARED, "dbn-two"));
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT n FROM t", "", DBN_NO_ARGS) == 2, "rolled back");
	drv_close(&d);
}

/* A statement outlives the table that it was prepared for. */
static void
schema(conform *cf)
{
	dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
	struct dbn_cursor *cur = NULL;
	dbn_outcome out;
	dbn_status rc;
	drv_stmt s;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 2))
		return;
	CF_OK(cf, drv_prepare(&d, d.c, "SELECT id, n FROM t WHERE id = ?", "", &s));
	if (!drv_admin(&d, d.c, "ALTER TABLE t ADD COLUMN extra INT FIRST"))
		return;
	CF_OK(cf, drv_execute(&d, &s, DBN_ARGS(1), DBN_EXEC_ROWS, &out, &cur));
	CF_OK(cf, d.ops->fetch(cur, 1, &r, &cf->err));
	CF_CHECK(cf, r.cells[0].u.i64 == 1 && r.cells[1].u.i64 == 10, "other columns");
	d.ops->close_cursor(cur);
	if (!drv_admin(&d, d.c, "ALTER TABLE t MODIFY n VARCHAR(30)"))
		return;
	rc = drv_execute(&d, &s, DBN_ARGS(1), DBN_EXEC_ROWS, &out, &cur);
	CF_CHECK(cf, rc == DBN_E_SCHEMA, "a column of another type: %s", dbn_status_name(rc));
	my_forget(&d);
	if (!drv_admin(&d, d.c, "ALTER TABLE t DROP COLUMN n"))
		return;
	CF_FAILS(cf, drv_execute(&d, &s, DBN_ARGS(1), DBN_EXEC_ROWS, &out, &cur), DBN_E_SCHEMA, NULL);
	if (!drv_admin(&d, d.c, "DROP TABLE t"))
		return;
	CF_FAILS(cf, drv_execute(&d, &s, DBN_ARGS(1), DBN_EXEC_ROWS, &out, &cur), DBN_E_SCHEMA, NULL);
	d.ops->close_stmt(s.s);
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT 1", "", DBN_NO_ARGS) == 1, "the connection is unusable");
	drv_close(&d);
}

const conform_case my_writes[] = {
	{ "writes.arrays", arrays, 0, 60 },
	{ "writes.changed_values", changed, 0, 0 },
	{ "writes.keys", keys, 0, 0 },
	{ "writes.what_ends_a_transaction", ending, 0, 0 },
	{ "writes.two_phases", two_phase, 0, 60 },
	{ "writes.schema_changes", schema, 0, 0 },
};
const size_t my_nwrites = sizeof my_writes / sizeof *my_writes;
