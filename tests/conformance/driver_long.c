/* SPDX-License-Identifier: MIT */
/*
 * What shows only after a while or with size: memory that grows with the work,
 * values of the caller that are used after their time, large values, and a
 * connection whose peer goes away (--arg kill=COMMAND: %d in it stands for the number
 * that the server knows the connection by, from --arg "whoami=SELECT ..."; the quirk
 * no-peer where there is none).
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "conformance/driver.h"

/* One round of everything a connection does all day. */
static bool
round_of_work(drv *d, unsigned i)
{
	static const char *const cols = DRV_SELECT_T;
	dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
	struct dbn_cursor *cur = NULL;
	drv_stmt s;
	dbn_outcome out;
	dbn_status rc;

	if (!conform_ok_at(d->cf, __FILE__, __LINE__, "update",
		drv_run(d, d->c, "UPDATE t SET n = ? WHERE id = ?", "u t n; r t id", DBN_ARGS(i, 3), NULL)))
		return false;
	/* one that fails, its error thrown away */
	rc = drv_run(d, d->c, "INSERT INTO t (id, n) VALUES (?, ?)", "i t", DBN_ARGS(3, 1), NULL);
	dbn_error_free(d->cf->err);
	d->cf->err = NULL;
	if (rc == DBN_OK || drv_prepare(d, d->c, "SELECT id, name, n FROM t ORDER BY id", cols, &s) != DBN_OK)
		return false;
	rc = drv_execute(d, &s, DBN_NO_ARGS, DBN_EXEC_ROWS, &out, &cur);
	while (rc == DBN_OK && cur && i % 2) /* every second is left half read */
		rc = d->ops->fetch(cur, 16, &r, &d->cf->err);
	if (rc == DBN_OK && cur)
		rc = d->ops->fetch(cur, 1, &r, &d->cf->err);
	if (cur)
		d->ops->close_cursor(cur);
	d->ops->close_stmt(s.s);
	return rc == DBN_OK || rc == DBN_DONE;
}

static void
long_memory(conform *cf)
{
	enum { WARM = 50, MANY = 400 };
	struct mallinfo2 before, after;
	int64_t live;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 50))
		return;
	for (unsigned i = 0; i < WARM; i++)
		CF_NEED(cf, round_of_work(&d, i), "round %u", i);
	before = mallinfo2();
	live = atomic_load(&cf->plugin.fh.live);
	for (unsigned i = 0; i < MANY; i++)
		CF_NEED(cf, round_of_work(&d, i), "round %u", i);
	after = mallinfo2();
	CF_CHECK(cf, atomic_load(&cf->plugin.fh.live) <= live + 8, "%lld more pieces of host memory after %d rounds",
		(long long)(atomic_load(&cf->plugin.fh.live) - live), MANY);
	/* a lost error or statement is 50 bytes and more, each round */
	CF_CHECK(cf, after.uordblks < before.uordblks + MANY * 32, "memory in use grew by %zu bytes in %d rounds",
		after.uordblks - before.uordblks, MANY);
	drv_close(&d);
}

static void
long_connections(conform *cf)
{
	enum { MANY = 60 };
	struct mallinfo2 before = mallinfo2(), after;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 3))
		return;
	for (unsigned i = 0; i < 2 * MANY; i++) {
		struct dbn_conn *c;

		if (i == MANY)
			before = mallinfo2();
		c = drv_connect(&d, 0);
		CF_NEED(cf, c != NULL, "connection %u", i);
		CF_CHECK(cf, drv_int(&d, c, "SELECT count(*) FROM t", "r t", DBN_NO_ARGS) == 3, "connection %u", i);
		d.ops->disconnect(c);
	}
	after = mallinfo2();
	CF_CHECK(cf, after.uordblks < before.uordblks + MANY * 64, "memory in use grew by %zu bytes over %d connections",
		after.uordblks - before.uordblks, MANY);
	drv_close(&d);
}

/* Values are the caller's again when execute() has returned without a cursor, and
 * so are the text of a statement and its lists when prepare() has. */
static void
long_poisoned(conform *cf)
{
	char sql[] = "INSERT INTO t (id, name, n) VALUES (?, ?, ?)", name[32] = "to be kept";
	dbn_value v[3] = { dbn_v_i64(1), dbn_v_text(NULL), dbn_v_i64(10) };
	dbn_type types[3] = { DBN_INT64, DBN_TEXT, DBN_INT64 };
	dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
	struct dbn_cursor *cur = NULL;
	dbn_outcome out;
	drv_stmt s, q;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 0))
		return;
	CF_OK(cf, drv_prepare_typed(&d, d.c, sql, "i t", types, 3, NULL, 0, DBN_PREPARE_KEEP, &s));
	memset(sql, '!', sizeof sql - 1);
	memset(types, 0xee, sizeof types);
	for (int64_t id = 1; id <= 3; id++) {
		(void)snprintf(name, sizeof name, "to be kept %d", (int)id);
		v[0] = dbn_v_i64(id);
		v[1] = dbn__v_ptr(DBN_TEXT, name, strlen(name));
		v[2] = dbn_v_i64(id * 10);
		CF_OK(cf, drv_execute(&d, &s, (dbn_args){ v, 3 }, 0, &out, NULL));
		memset(name, 'X', sizeof name);
		memset(v, 0xee, sizeof v);
	}
	CF_OK(cf, drv_prepare(&d, d.c, "SELECT id, name, n FROM t ORDER BY id", DRV_SELECT_T, &q));
	CF_OK(cf, drv_execute(&d, &q, DBN_NO_ARGS, DBN_EXEC_ROWS, &out, &cur));
	for (int id = 1; id <= 3; id++) {
		char want[32];

		(void)snprintf(want, sizeof want, "to be kept %d", id);
		CF_OK(cf, d.ops->fetch(cur, 1, &r, &cf->err));
		CF_CHECK(cf, r.cells[0].u.i64 == id && drv_text_is(&r.cells[1], want) && r.cells[2].u.i64 == id * 10,
			"row %d is not what was given", id);
	}
	d.ops->close_cursor(cur);
	d.ops->close_stmt(q.s);
	d.ops->close_stmt(s.s);
	drv_close(&d);
}

/* Eight MiB there and back; --arg large=BYTES for a database that holds less. */
static void
long_values(conform *cf)
{
	const char *quirk = conform_quirk(cf, "large");
	size_t n = quirk ? strtoul(quirk, NULL, 10) : (size_t)8 << 20;
	const char *type = conform_quirk(cf, "type-s");
	dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
	char *big = malloc(n), sql[128];
	struct dbn_cursor *cur = NULL;
	dbn_outcome out;
	dbn_text back;
	drv_stmt s;
	drv d;

	if (!big || !drv_open(cf, &d)) {
		free(big);
		return;
	}
	for (size_t i = 0; i < n; i++)
		big[i] = (char)('a' + i * 7 % 26);
	(void)snprintf(sql, sizeof sql, "CREATE TABLE large (id INTEGER PRIMARY KEY, s %s)", type ? type : "TEXT");
	if (!drv_admin(&d, d.c, sql))
		goto out;
	for (int id = 1; id <= 2; id++) {
		dbn_value v[2] = { dbn_v_i64(id), dbn__v_ptr(DBN_TEXT, big, id == 1 ? n : 3) };

		if (!conform_ok_at(cf, __FILE__, __LINE__, "insert", drv_run(&d, d.c,
			"INSERT INTO large (id, s) VALUES (?, ?)", "i large", (dbn_args){ v, 2 }, NULL)))
			goto out;
	}
	if (!conform_ok_at(cf, __FILE__, __LINE__, "prepare", drv_prepare(&d, d.c,
		"SELECT s FROM large ORDER BY id", "r large s; r large id", &s)))
		goto out;
	if (conform_ok_at(cf, __FILE__, __LINE__, "execute",
		drv_execute(&d, &s, DBN_NO_ARGS, DBN_EXEC_ROWS, &out, &cur)) && cur) {
		for (int row = 0; row < 2; row++) {
			size_t want = row == 0 ? n : 3;

			if (!conform_ok_at(cf, __FILE__, __LINE__, "fetch", d.ops->fetch(cur, 1, &r, &cf->err)))
				break;
			back = dbn_text_of(&r.cells[0]);
			CF_CHECK(cf, back.ptr && back.len == want && memcmp(back.ptr, big, want) == 0,
				"row %d comes back with %zu of %zu bytes", row, (size_t)back.len, want);
		}
		d.ops->close_cursor(cur);
	}
	d.ops->close_stmt(s.s);
out:
	drv_close(&d);
	free(big);
}

/* The peer closes: one clear error, the connection says that it is broken, and
 * another one is not touched. */
static void
long_lost(conform *cf)
{
	const char *command = conform_arg(cf, "kill", NULL), *whoami = conform_arg(cf, "whoami", NULL);
	const char *access = conform_arg(cf, "whoami-access", "");
	dbn_conn_state st = { .struct_size = (uint32_t)sizeof st };
	char line[1024], number[24];
	const char *at;
	struct dbn_conn *other;
	dbn_status rc;
	drv d;

	if (conform_quirk(cf, "no-peer")) {
		conform_skip(cf, "it has no peer");
		return;
	}
	CF_NEED(cf, command && whoami, "give --arg kill=COMMAND and --arg whoami=SQL, or declare no-peer");
	if (!drv_open(cf, &d) || !drv_make_t(&d, 5))
		return;
	other = drv_connect(&d, 0);
	CF_NEED(cf, other != NULL, "no second connection");
	(void)snprintf(number, sizeof number, "%lld",
		(long long)drv_int(&d, other, whoami, access, DBN_NO_ARGS));
	at = strstr(command, "%d");
	CF_NEED(cf, at != NULL, "--arg kill: there is no %%d in it");
	(void)snprintf(line, sizeof line, "%.*s%s%s", (int)(at - command), command, number, at + 2);
	CF_NEED(cf, system(line) == 0, "\"%s\" fails", line);
	rc = drv_run(&d, other, "SELECT n FROM t", "r t n", DBN_NO_ARGS, NULL);
	CF_CHECK(cf, rc == DBN_E_CONN, "a statement on it: %s", dbn_status_name(rc));
	CF_CHECK(cf, cf->err && *dbn_error_message(cf->err), "no word why");
	dbn_error_free(cf->err);
	cf->err = NULL;
	d.ops->state(other, &st);
	CF_CHECK(cf, st.broken == 1, "the connection does not say that it is broken");
	rc = drv_run(&d, other, "UPDATE t SET n = 0", "u t n", DBN_NO_ARGS, NULL);
	CF_CHECK(cf, rc == DBN_E_CONN, "once more: %s", dbn_status_name(rc));
	dbn_error_free(cf->err);
	cf->err = NULL;
	d.ops->disconnect(other);
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM t WHERE n > 0", "r t n", DBN_NO_ARGS) == 5,
		"another connection was hit, or the statement had run");
	drv_close(&d);
}

const conform_case drv_cases_long[] = {
	{ "long.memory_does_not_grow", long_memory, 0, 120 },
	{ "long.connections_leave_nothing", long_connections, 0, 120 },
	{ "long.values_are_the_callers", long_poisoned, 0, 0 },
	{ "long.large_values", long_values, 0, 120 },
	{ "long.peer_goes_away", long_lost, 0, 120 },
};
const size_t drv_ncases_long = sizeof drv_cases_long / sizeof *drv_cases_long;
