/* SPDX-License-Identifier: MIT */
/*
 * Connecting, preparing, executing, errors, cleaning up, failing allocations.
 */
#include <string.h>

#include "conformance/driver.h"

#define OPS(op) { #op, offsetof(dbn_driver_ops, op) }

static void
ops_complete(conform *cf)
{
	static const struct { const char *name; size_t at; } required[] = { OPS(describe), OPS(connect),
		OPS(disconnect), OPS(ping), OPS(reset), OPS(state), OPS(prepare), OPS(close_stmt),
		OPS(execute), OPS(fetch), OPS(close_cursor), OPS(begin), OPS(end), OPS(relation),
		OPS(relations), OPS(schema_epoch) };
	const char *ops = (const char *)cf->plugin.desc->ops;

	for (size_t i = 0; i < sizeof required / sizeof *required; i++) {
		void *fn;

		memcpy(&fn, ops + required[i].at, sizeof fn);
		CF_CHECK(cf, fn != NULL, "no %s()", required[i].name);
	}
}

static void
describe_facts(conform *cf)
{
	drv d;

	if (!drv_open(cf, &d))
		return;
	CF_CHECK(cf, d.dialect.id >= DBN_DIALECT_SQLITE && d.dialect.id <= DBN_DIALECT_MYSQL,
		"dialect %u", d.dialect.id);
	CF_CHECK(cf, d.dialect.default_schema.len > 0, "no default schema");
	CF_CHECK(cf, d.dialect.isolation_levels & 1u << d.dialect.default_isolation,
		"the default isolation is not among the levels");
	CF_CHECK(cf, !drv_can(&d, DBN_CAP_CANCEL) || d.ops->cancel, "CANCEL without cancel()");
	CF_CHECK(cf, !drv_can(&d, DBN_CAP_SAVEPOINT) || d.ops->savepoint, "SAVEPOINT without it");
	drv_close(&d);
}

static void
connect_refuses(conform *cf)
{
	static const char *const bad[] = { "", "nonsense", "nonsense:/tmp/x" };
	const dbn_driver_ops *ops = (const dbn_driver_ops *)cf->plugin.desc->ops;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		dbn_connect_opts o = { .call = DBN_CALL_INIT };
		struct dbn_conn *c = NULL;

		o.url = (dbn_text){ bad[i], strlen(bad[i]) };
		CF_FAILS(cf, ops->connect(cf->plugin.self, &o, &c, &cf->err), DBN_E_CONFIG, NULL);
		CF_CHECK(cf, c == NULL, "a connection beside an error");
	}
}

static void
connect_missing(conform *cf)
{
	const dbn_driver_ops *ops = (const dbn_driver_ops *)cf->plugin.desc->ops;
	const char *url = conform_arg(cf, "missing", NULL);
	dbn_connect_opts o = { .call = DBN_CALL_INIT };
	struct dbn_conn *c = NULL;

	if (!url) {
		conform_skip(cf, "no --arg missing=URL of a database that is not there");
		return;
	}
	o.url = (dbn_text){ url, strlen(url) };
	CF_FAILS(cf, ops->connect(cf->plugin.self, &o, &c, &cf->err), DBN_E_CONN, NULL);
}

static void
prepare_facts(conform *cf)
{
	drv d;
	drv_stmt s;
	const dbn_column_info *col;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 0))
		return;
	CF_OK(cf, drv_prepare(&d, d.c, "SELECT id AS first, name FROM t WHERE id > ? AND n < ?",
		DRV_SELECT_T, &s));
	CF_CHECK(cf, s.info.nparams == 2, "%u parameters", s.info.nparams);
	CF_NEED(cf, s.info.columns.count == 2, "%u columns", s.info.columns.count);
	CF_CHECK(cf, s.info.read_only, "a SELECT that is not read-only");
	col = (const dbn_column_info *)s.info.columns.items;
	CF_CHECK(cf, col->name.len == 5 && memcmp(col->name.ptr, "first", 5) == 0, "column name");
	d.ops->close_stmt(s.s);
	CF_OK(cf, drv_prepare(&d, d.c, "INSERT INTO t (id) VALUES (?)", "i t", &s));
	CF_CHECK(cf, !s.info.read_only, "an INSERT that is read-only");
	CF_CHECK(cf, s.info.columns.count == 0, "an INSERT with columns");
	d.ops->close_stmt(s.s);
	drv_close(&d);
}

static void
prepare_refuses(conform *cf)
{
	static const char with_nul[] = "SELECT 1\0 FROM t";
	dbn_prepare_opts o = { .call = DBN_CALL_INIT };
	drv d;
	drv_stmt s;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 0))
		return;
	memset(&s, 0, sizeof s);
	CF_FAILS(cf, drv_prepare(&d, d.c, "", "", &s), DBN_E_SYNTAX, NULL);
	if (!conform_quirk(cf, "prepares-nothing"))
		CF_FAILS(cf, drv_prepare(&d, d.c, "  -- nothing", "", &s), DBN_E_SYNTAX, NULL);
	CF_FAILS(cf, drv_prepare(&d, d.c, "SELECT FROM WHERE", "", &s), DBN_E_SYNTAX, "42601");
	CF_FAILS(cf, drv_prepare(&d, d.c, "SELECT 1; SELECT 2", "", &s), DBN_E_SYNTAX, NULL);
	CF_FAILS(cf, drv_prepare(&d, d.c, "SELECT 1; -- x\n DELETE FROM t", "d t", &s), DBN_E_SYNTAX,
		NULL);
	CF_FAILS(cf, drv_prepare(&d, d.c, "SELECT id FROM nowhere", "", &s), DBN_E_SCHEMA, "42P01");
	CF_FAILS(cf, drv_prepare(&d, d.c, "SELECT absent FROM t", DRV_SELECT_T, &s), DBN_E_SCHEMA,
		"42703");
	CF_FAILS(cf, d.ops->prepare(d.c, (dbn_text){ with_nul, sizeof with_nul - 1 }, &o, &s.s, &s.info,
		&cf->err), DBN_E_SYNTAX, NULL);
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT 1", "", DBN_NO_ARGS) == 1, "the connection is unusable");
	drv_close(&d);
}

static void
exec_affected(conform *cf)
{
	uint64_t n = 99;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 5))
		return;
	CF_OK(cf, drv_run(&d, d.c, "INSERT INTO t (id, n) VALUES (10, 1), (11, 1), (12, 1)", "i t",
		DBN_NO_ARGS, &n));
	CF_CHECK(cf, n == 3, "three inserted, affected %llu", (unsigned long long)n);
	CF_OK(cf, drv_run(&d, d.c, "UPDATE t SET n = 2 WHERE id >= ?", "u t n; r t id", DBN_ARGS(11),
		&n));
	CF_CHECK(cf, n == 2, "two updated, affected %llu", (unsigned long long)n);
	CF_OK(cf, drv_run(&d, d.c, "UPDATE t SET n = 2 WHERE id = ?", "u t n; r t id", DBN_ARGS(999),
		&n));
	CF_CHECK(cf, n == 0, "none updated, affected %llu", (unsigned long long)n);
	CF_OK(cf, drv_run(&d, d.c, "DELETE FROM t", "d t", DBN_NO_ARGS, &n));
	CF_CHECK(cf, n == 8, "eight deleted, affected %llu", (unsigned long long)n);
	CF_OK(cf, drv_run(&d, d.c, "SELECT id FROM t", DRV_SELECT_T, DBN_NO_ARGS, &n));
	CF_CHECK(cf, n == 0, "a SELECT affected %llu", (unsigned long long)n);
	drv_close(&d);
}

static void
exec_key(conform *cf)
{
	drv d;
	drv_stmt s;
	dbn_outcome out;

	if (conform_quirk(cf, "no-generated-key")) {
		conform_skip(cf, conform_quirk(cf, "no-generated-key"));
		return;
	}
	if (!drv_open(cf, &d) || !drv_make_t(&d, 5))
		return;
	CF_OK(cf, drv_prepare(&d, d.c, "INSERT INTO t (name) VALUES (?)", "i t", &s));
	CF_OK(cf, drv_execute(&d, &s, DBN_ARGS("x"), DBN_EXEC_KEYS, &out, NULL));
	CF_CHECK(cf, out.generated_key.type == DBN_INT64 && out.generated_key.u.i64 == 6,
		"key %lld", (long long)out.generated_key.u.i64);
	CF_OK(cf, drv_execute(&d, &s, DBN_ARGS("y"), 0, &out, NULL));
	CF_CHECK(cf, out.generated_key.type == DBN_NULL, "a key nobody asked for");
	d.ops->close_stmt(s.s);
	CF_OK(cf, drv_prepare(&d, d.c, "UPDATE t SET n = 1 WHERE id = 1", "u t n; r t id", &s));
	CF_OK(cf, drv_execute(&d, &s, DBN_NO_ARGS, DBN_EXEC_KEYS, &out, NULL));
	CF_CHECK(cf, out.generated_key.type == DBN_NULL, "an UPDATE made a key");
	d.ops->close_stmt(s.s);
	drv_close(&d);
}

static void
exec_wrong_count(conform *cf)
{
	drv d;
	drv_stmt s;
	dbn_outcome out;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 0))
		return;
	CF_OK(cf, drv_prepare(&d, d.c, "INSERT INTO t (id, n) VALUES (?, ?)", "i t", &s));
	CF_FAILS(cf, drv_execute(&d, &s, DBN_ARGS(1), 0, &out, NULL), DBN_E_INVALID, NULL);
	CF_CHECK(cf, out.sent == DBN_SENT_NO, "it was sent");
	CF_FAILS(cf, drv_execute(&d, &s, DBN_ARGS(1, 2, 3), 0, &out, NULL), DBN_E_INVALID, NULL);
	CF_OK(cf, drv_execute(&d, &s, DBN_ARGS(1, 2), 0, &out, NULL));
	d.ops->close_stmt(s.s);
	drv_close(&d);
}

/* A failing insert: the SQLSTATE, and no stored value in the message. */
static void
violate(drv *d, const char *sql, const char *access, dbn_status want, const char *state,
	const char *relation)
{
	conform *cf = d->cf;
	dbn_status rc = drv_run(d, d->c, sql, access, DBN_NO_ARGS, NULL);

	CF_NEED(cf, rc == want, "%s: %s", sql, dbn_status_name(rc));
	CF_CHECK(cf, strcmp(dbn_error_sqlstate(cf->err), state) == 0, "%s: SQLSTATE %s", sql,
		dbn_error_sqlstate(cf->err));
	CF_CHECK(cf, !relation || conform_quirk(cf, "errors-without-relation") ||
		strcmp(dbn_error_relation(cf->err), relation) == 0,
		"%s: relation \"%s\"", sql, dbn_error_relation(cf->err));
	CF_CHECK(cf, !strstr(dbn_error_message(cf->err), "s3cret") &&
		!strstr(dbn_error_hint(cf->err), "s3cret"), "a stored value in: %s",
		dbn_error_message(cf->err));
	CF_CHECK(cf, !dbn_error_retryable(cf->err), "%s: retryable", sql);
	dbn_error_free(cf->err);
	cf->err = NULL;
}

static void
errors_constraints(conform *cf)
{
	drv d;

	if (!drv_open(cf, &d) ||
		!drv_admin(&d, d.c, "CREATE TABLE p (id INTEGER PRIMARY KEY, u VARCHAR(20) UNIQUE)") ||
		!drv_admin(&d, d.c, "CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p(id), "
			"must VARCHAR(20) NOT NULL, small INTEGER, CONSTRAINT is_small CHECK (small < 10))"))
		return;
	CF_OK(cf, drv_run(&d, d.c, "INSERT INTO p (id, u) VALUES (1, 's3cret')", "i p", DBN_NO_ARGS,
		NULL));
	violate(&d, "INSERT INTO p (id, u) VALUES (1, 'x')", "i p", DBN_E_DUPLICATE, "23505", "p");
	violate(&d, "INSERT INTO p (id, u) VALUES (2, 's3cret')", "i p", DBN_E_DUPLICATE, "23505", "p");
	violate(&d, "INSERT INTO c (id, p, must) VALUES (1, 77, 's3cret')", "i c; r p id; r c p",
		DBN_E_CONSTRAINT, "23503", NULL);
	violate(&d, "INSERT INTO c (id, p) VALUES (1, 1)", "i c; r p id; r c p", DBN_E_CONSTRAINT,
		"23502", "c");
	violate(&d, "INSERT INTO c (id, p, must, small) VALUES (1, 1, 's3cret', 11)",
		"i c; r p id; r c p", DBN_E_CONSTRAINT, "23514", NULL);
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM c", "r c", DBN_NO_ARGS) == 0,
		"a refused row is there");
	drv_close(&d);
}

static void
reset_cleans(conform *cf)
{
	dbn_reset_opts soft = { .call = DBN_CALL_INIT, .how = DBN_RESET_SOFT };
	dbn_reset_opts full = { .call = DBN_CALL_INIT, .how = DBN_RESET_FULL };
	struct dbn_cursor *cur = NULL;
	dbn_call call = DBN_CALL_INIT;
	drv d;
	drv_stmt s;
	dbn_outcome out;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 3))
		return;
	CF_OK(cf, drv_begin(&d, d.c, 0));
	CF_OK(cf, drv_run(&d, d.c, "DELETE FROM t", "d t", DBN_NO_ARGS, NULL));
	CF_OK(cf, drv_prepare(&d, d.c, "SELECT 1 UNION ALL SELECT 2", "", &s));
	CF_OK(cf, drv_execute(&d, &s, DBN_NO_ARGS, DBN_EXEC_ROWS, &out, &cur));
	CF_OK(cf, d.ops->reset(d.c, &soft, &cf->err));
	CF_CHECK(cf, drv_txn(&d, d.c) == DBN_TXN_NONE, "a transaction after reset");
	if (cur)
		d.ops->close_cursor(cur);
	d.ops->close_stmt(s.s);
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM t", "r t", DBN_NO_ARGS) == 3,
		"reset did not roll back");
	CF_OK(cf, d.ops->reset(d.c, &full, &cf->err));
	CF_OK(cf, d.ops->ping(d.c, &call, &cf->err));
	drv_close(&d);
}

/* Everything that is open goes with the connection; the frame counts memory. */
static void
disconnect_frees(conform *cf)
{
	struct dbn_cursor *cur = NULL;
	drv d;
	drv_stmt s;
	dbn_outcome out;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 3))
		return;
	CF_OK(cf, drv_begin(&d, d.c, 0));
	CF_OK(cf, drv_prepare(&d, d.c, "SELECT id FROM t", DRV_SELECT_T, &s));
	CF_OK(cf, drv_execute(&d, &s, DBN_NO_ARGS, DBN_EXEC_ROWS, &out, &cur));
	CF_OK(cf, drv_run(&d, d.c, "DELETE FROM t WHERE n > 10", "d t; r t n", DBN_NO_ARGS, NULL));
	drv_close(&d);
	if (!drv_open(cf, &d))
		return;
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM t", "r t", DBN_NO_ARGS) == 3,
		"a transaction that was not committed is there");
	drv_close(&d);
}

static void
two_instances(conform *cf)
{
	fake_plugin other;
	drv d, e;
	conform second = *cf;
	unsigned before;

	if (conform_quirk(cf, "one-instance")) {
		conform_skip(cf, "its instances are not apart");
		return;
	}
	CF_OK(cf, conform_again(cf, &other));
	second.plugin = other;
	second.plugin.fh.host.ctx = &other.fh;
	second.err = NULL;
	before = second.failed;
	if (!drv_open(cf, &d))
		return;
	if (drv_open(&second, &e)) {
		CF_CHECK(cf, drv_admin(&d, d.c, "CREATE TABLE shared (id INTEGER PRIMARY KEY)"), "create");
		CF_CHECK(cf, drv_int(&e, e.c, "SELECT count(*) FROM shared", "r shared", DBN_NO_ARGS) == 0,
			"the other instance does not see it");
		drv_close(&e);
	}
	cf->failed += second.failed - before;
	drv_close(&d);
	fake_plugin_close(&other);
}

/* Connect, prepare, run, fetch, describe, close. */
static dbn_status
whole_way(drv *d)
{
	dbn_connect_opts o = { .call = DBN_CALL_INIT };
	dbn_relation_info info = { .struct_size = (uint32_t)sizeof info };
	dbn_name name = { { "", 0 }, { "t", 1 } };
	dbn_rowset rows = { .struct_size = (uint32_t)sizeof rows };
	dbn_call call = DBN_CALL_INIT;
	struct dbn_conn *c = NULL;
	struct dbn_cursor *cur = NULL;
	drv_stmt s = { .s = NULL };
	dbn_outcome out;
	dbn_status rc;

	o.url.ptr = conform_arg(d->cf, "url", "");
	o.url.len = strlen(o.url.ptr);
	rc = d->ops->connect(d->self, &o, &c, &d->cf->err);
	if (rc == DBN_OK)
		rc = drv_run(d, c, "INSERT INTO t (name) VALUES ('a')", "i t", DBN_NO_ARGS, NULL);
	if (rc == DBN_OK)
		rc = drv_prepare(d, c, "SELECT id, name FROM t", DRV_SELECT_T, &s);
	if (rc == DBN_OK)
		rc = drv_execute(d, &s, DBN_NO_ARGS, DBN_EXEC_ROWS, &out, &cur);
	if (rc == DBN_OK && cur) {
		rc = d->ops->fetch(cur, 10, &rows, &d->cf->err);
		if (rc == DBN_OK && d->ops->buffer)
			rc = d->ops->buffer(cur, 1 << 20, &d->cf->err);
		while (rc == DBN_OK)
			rc = d->ops->fetch(cur, 10, &rows, &d->cf->err);
		rc = rc == DBN_DONE ? DBN_OK : rc;
	}
	if (rc == DBN_OK)
		rc = d->ops->relation(c, &name, &call, &info, &d->cf->err);
	if (rc == DBN_OK)
		d->host->release(d->host, info.memory);
	if (c)
		d->ops->disconnect(c);
	return rc;
}

static void
fault_allocations(conform *cf)
{
	fake_host *fh = &cf->plugin.fh;
	int64_t live;
	drv d;

	if (conform_quirk(cf, "allocates-elsewhere")) {
		conform_skip(cf, "its memory is another host's");
		return;
	}
	if (!drv_open(cf, &d) || !drv_make_t(&d, 3))
		return;
	drv_close(&d);
	CF_OK(cf, whole_way(&d)); /* what an instance remembers, it remembers now */
	live = atomic_load(&fh->live);
	for (int64_t n = 1; n < 10000; n++) {
		dbn_status rc;

		atomic_store(&fh->fail_at, n);
		rc = whole_way(&d);
		CF_CHECK(cf, rc == DBN_OK || rc == DBN_E_NOMEM, "allocation %lld: %s", (long long)n,
			dbn_status_name(rc));
		CF_NEED(cf, atomic_load(&fh->live) == live, "leak after allocation %lld", (long long)n);
		dbn_error_free(cf->err);
		cf->err = NULL;
		if (atomic_exchange(&fh->fail_at, 0) > 0) {
			CF_CHECK(cf, n > 3, "only %lld allocations: is the host used?", (long long)n);
			return;
		}
	}
	CF_CHECK(cf, false, "it never ends");
}

const conform_case drv_cases_basic[] = {
	{ "ops.complete", ops_complete, 0, 0 },
	{ "describe.facts", describe_facts, 0, 0 },
	{ "connect.refuses_other_urls", connect_refuses, 0, 0 },
	{ "connect.missing_database", connect_missing, 0, 0 },
	{ "prepare.facts", prepare_facts, 0, 0 },
	{ "prepare.refuses", prepare_refuses, 0, 0 },
	{ "exec.affected", exec_affected, 0, 0 },
	{ "exec.generated_key", exec_key, 0, 0 },
	{ "exec.wrong_number_of_values", exec_wrong_count, 0, 0 },
	{ "errors.constraints", errors_constraints, 0, 0 },
	{ "reset.cleans", reset_cleans, 0, 0 },
	{ "disconnect.frees_and_rolls_back", disconnect_frees, 0, 0 },
	{ "instances.are_apart", two_instances, 0, 0 },
	{ "fault.every_allocation_may_fail", fault_allocations, 0, 0 },
};
const size_t drv_ncases_basic = sizeof drv_cases_basic / sizeof *drv_cases_basic;
