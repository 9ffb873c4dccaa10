/* SPDX-License-Identifier: MIT */
/*
 * The asynchronous extension: groups, the fate of their members, losing the
 * connection under them, cancelling one.
 */
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "check.h"

static const dbn_driver_async_1 *
async_of(drv *d)
{
	return (const dbn_driver_async_1 *)d->cf->plugin.desc->get_extension(d->self, DBN_DRIVER_ASYNC_1);
}

/* advance() until nothing is in flight; what it says then. */
static dbn_status
drive(drv *d, struct dbn_conn *c, dbn_io_want *want)
{
	dbn_status rc;

	want->struct_size = (uint32_t)sizeof *want;
	while ((rc = async_of(d)->advance(c, want, &d->cf->err)) == DBN_E_BUSY) {
		struct pollfd p = { want->fd, (short)((want->events & 1 ? POLLIN : 0) |
			(want->events & 2 ? POLLOUT : 0)), 0 };

		(void)poll(&p, want->fd >= 0, 100);
	}
	return rc;
}

static struct dbn_conn *
connect_async(drv *d)
{
	dbn_connect_opts o = { .call = DBN_CALL_INIT };
	struct dbn_conn *c = NULL;
	dbn_io_want want;

	o.url.ptr = conform_arg(d->cf, "url", "");
	o.url.len = strlen(o.url.ptr);
	if (!conform_ok_at(d->cf, __FILE__, __LINE__, "connect_start",
			async_of(d)->connect_start(d->self, &o, &c, &d->cf->err)) ||
		!conform_ok_at(d->cf, __FILE__, __LINE__, "connect", drive(d, c, &want)))
		return NULL;
	return c;
}

static struct dbn_stmt *
prepare_async(drv *d, struct dbn_conn *c, const char *sql, uint64_t tag, dbn_status *status)
{
	dbn_prepare_opts o = { .call = DBN_CALL_INIT };
	dbn_outcome out = { .struct_size = (uint32_t)sizeof out };
	struct dbn_stmt *s = NULL;
	dbn_io_want want;
	uint64_t got = 0;
	dbn_status rc = async_of(d)->prepare_start(c, (dbn_text){ sql, strlen(sql) }, &o, &s, tag,
		&d->cf->err);

	*status = rc;
	if (rc != DBN_OK)
		return NULL;
	rc = async_of(d)->sync(c, 1, &d->cf->err);
	if (rc == DBN_OK)
		rc = drive(d, c, &want);
	if (rc == DBN_OK)
		rc = async_of(d)->take(c, &got, &out, NULL, &d->cf->err);
	if (rc != DBN_OK || got != tag) {
		*status = rc;
		return NULL;
	}
	*status = out.status;
	dbn_error_free(out.error);
	return s;
}

static dbn_status
submit(drv *d, struct dbn_conn *c, struct dbn_stmt *s, dbn_args args, uint64_t tag)
{
	dbn_exec_item item = { .struct_size = (uint32_t)sizeof item, .stmt = s, .values = args.v,
		.nrows = 1 };

	item.nvalues = (uint32_t)args.n;
	return async_of(d)->submit(c, &item, tag, &d->cf->err);
}

static void
groups_rows(conform *cf)
{
	dbn_stmt_info info = { .struct_size = (uint32_t)sizeof info };
	dbn_outcome out = { .struct_size = (uint32_t)sizeof out };
	dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
	struct dbn_cursor *cur;
	struct dbn_stmt *s;
	struct dbn_conn *c;
	dbn_io_want want;
	uint64_t tag, next = 0;
	dbn_status st;
	drv d;

	if (!drv_open(cf, &d) || !drv_admin(&d, d.c, "CREATE TYPE mood AS ENUM ('ok', 'sad')") ||
		!(c = connect_async(&d)))
		return;
	/* a type nobody has seen yet is asked for on the way */
	s = prepare_async(&d, c, "SELECT $1::bigint * 2 AS twice, $2::mood AS m, ARRAY[$2::mood] AS ms", 7,
		&st);
	CF_NEED(cf, s && st == DBN_OK, "prepare: %s", dbn_status_name(st));
	CF_OK(cf, async_of(&d)->stmt_info(s, &info, &cf->err));
	CF_CHECK(cf, info.nparams == 2 && info.columns.count == 3, "facts");
	for (uint64_t i = 0; i < 500; i++) {
		CF_OK(cf, submit(&d, c, s, DBN_ARGS((int64_t)i, "sad"), 1000 + i));
		if (i % 50 == 49)
			CF_OK(cf, async_of(&d)->sync(c, i, &cf->err));
	}
	CF_CHECK(cf, async_of(&d)->take(c, &tag, &out, &cur, &cf->err) == DBN_DONE, "an early reply");
	CF_OK(cf, drive(&d, c, &want));
	CF_CHECK(cf, want.ready == 500, "%u are ready", want.ready);
	while (async_of(&d)->take(c, &tag, &out, &cur, &cf->err) == DBN_OK) {
		const dbn_value *a;

		CF_NEED(cf, out.status == DBN_OK && tag == 1000 + next && cur, "member %d: %s", (int)next,
			dbn_error_message(out.error));
		CF_OK(cf, d.ops->fetch(cur, 10, &r, &cf->err));
		a = (const dbn_value *)r.cells[2].u.ptr;
		CF_CHECK(cf, r.nrows == 1 && r.cells[0].u.i64 == (int64_t)next * 2 &&
			r.cells[1].type == DBN_ENUM && r.cells[2].len == 1 && a[0].type == DBN_ENUM &&
			memcmp(a[0].u.ptr, "sad", 3) == 0, "row of %d", (int)next);
		d.ops->close_cursor(cur);
		next++;
	}
	CF_CHECK(cf, next == 500, "%d members", (int)next);
	d.ops->close_stmt(s);
	CF_CHECK(cf, drv_int(&d, c, "SELECT 1", "", DBN_NO_ARGS) == 1, "the blocking operations go on");
	d.ops->disconnect(c);
	drv_close(&d);
}

/* Group 0: 10 good; group 1: the sixth of 10 is a duplicate; group 2: 10 good. */
static void
groups_fates(conform *cf)
{
	dbn_outcome out = { .struct_size = (uint32_t)sizeof out };
	struct dbn_cursor *cur;
	struct dbn_stmt *s, *read;
	struct dbn_conn *c;
	dbn_io_want want;
	uint64_t tag, taken = 0;
	dbn_status st;
	drv d;

	if (!drv_open(cf, &d) || !drv_admin(&d, d.c, "CREATE TABLE g (id bigint PRIMARY KEY)") ||
		!(c = connect_async(&d)))
		return;
	s = prepare_async(&d, c, "INSERT INTO g VALUES ($1)", 1, &st);
	CF_NEED(cf, s && st == DBN_OK, "prepare");
	read = prepare_async(&d, c, "SELECT id FROM g WHERE id = $1", 2, &st);
	CF_NEED(cf, read && st == DBN_OK, "prepare");
	for (uint64_t i = 0; i < 30; i++) {
		if (i == 14) /* reads before the failure have run */
			CF_OK(cf, submit(&d, c, read, DBN_ARGS(3), 14));
		else
			CF_OK(cf, submit(&d, c, s, DBN_ARGS(i == 15 ? (int64_t)0 : (int64_t)i), i));
		if (i % 10 == 9)
			CF_OK(cf, async_of(&d)->sync(c, i / 10, &cf->err));
	}
	CF_OK(cf, drive(&d, c, &want));
	while (async_of(&d)->take(c, &tag, &out, &cur, &cf->err) == DBN_OK) {
		dbn_status is = tag / 10 != 1 || tag == 14 ? DBN_OK : tag == 15 ? DBN_E_DUPLICATE
			: DBN_E_TXN_FAILED;

		CF_CHECK(cf, out.status == is && out.sent == (tag > 15 && tag < 20 ? DBN_SENT_NO : DBN_SENT_YES) &&
			(is != DBN_OK || out.affected == (tag == 14 ? 0u : 1u)), "member %d: %s, sent %u",
			(int)tag, dbn_status_name(out.status), out.sent);
		CF_CHECK(cf, (cur != NULL) == (tag == 14), "rows of %d", (int)tag);
		CF_CHECK(cf, tag != 15 || strcmp(dbn_error_constraint(out.error), "g_pkey") == 0, "constraint");
		if (cur)
			d.ops->close_cursor(cur);
		dbn_error_free(out.error);
		taken++;
	}
	CF_CHECK(cf, taken == 30, "%d outcomes", (int)taken);
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM g", "", DBN_NO_ARGS) == 20, "what is kept");
	d.ops->disconnect(c);
	drv_close(&d);
}

/* What fails at the commit undoes the group; somebody is told why. */
static void
groups_commit_fails(conform *cf)
{
	dbn_outcome out = { .struct_size = (uint32_t)sizeof out };
	struct dbn_stmt *s;
	struct dbn_conn *c;
	struct dbn_cursor *cur;
	dbn_io_want want;
	uint64_t tag;
	dbn_status st;
	drv d;

	if (!drv_open(cf, &d) || !drv_admin(&d, d.c,
			"CREATE TABLE p (id int PRIMARY KEY, up int REFERENCES p DEFERRABLE INITIALLY DEFERRED)") ||
		!(c = connect_async(&d)))
		return;
	s = prepare_async(&d, c, "INSERT INTO p VALUES ($1, $2)", 1, &st);
	CF_NEED(cf, s && st == DBN_OK, "prepare");
	CF_OK(cf, submit(&d, c, s, DBN_ARGS(1, 1), 1));
	CF_OK(cf, submit(&d, c, s, DBN_ARGS(2, 99), 2));
	CF_OK(cf, async_of(&d)->sync(c, 1, &cf->err));
	CF_OK(cf, submit(&d, c, s, DBN_ARGS(3, 3), 3));
	CF_OK(cf, async_of(&d)->sync(c, 2, &cf->err));
	CF_OK(cf, drive(&d, c, &want));
	for (uint64_t i = 1; i <= 3; i++) {
		CF_OK(cf, async_of(&d)->take(c, &tag, &out, &cur, &cf->err));
		CF_CHECK(cf, tag == i && out.status == (i == 1 ? DBN_E_TXN_FAILED : i == 2 ? DBN_E_CONSTRAINT
			: DBN_OK), "member %d: %s", (int)i, dbn_status_name(out.status));
		dbn_error_free(out.error);
	}
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM p", "", DBN_NO_ARGS) == 1, "rows");
	d.ops->disconnect(c);
	drv_close(&d);
}

/* SIGTERM: the server says so and which one it ended with.  SIGKILL: silence. */
static void
lose_group(conform *cf, int signal)
{
	dbn_outcome out = { .struct_size = (uint32_t)sizeof out };
	struct dbn_stmt *slow, *put;
	struct dbn_conn *c;
	struct dbn_cursor *cur;
	dbn_io_want want = { .struct_size = (uint32_t)sizeof want };
	uint64_t tag, taken = 0;
	int64_t pid;
	dbn_status st;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 0) || !(c = connect_async(&d)))
		return;
	pid = pgt_pid(&d, c);
	slow = prepare_async(&d, c, "SELECT pg_sleep($1::float8)", 1, &st);
	put = prepare_async(&d, c, "INSERT INTO t (id) VALUES ($1)", 2, &st);
	CF_NEED(cf, slow && put, "prepare");
	CF_OK(cf, submit(&d, c, put, DBN_ARGS(1), 10));
	CF_OK(cf, async_of(&d)->sync(c, 1, &cf->err));
	CF_OK(cf, submit(&d, c, slow, DBN_ARGS(60.0), 11));
	CF_OK(cf, submit(&d, c, put, DBN_ARGS(2), 12));
	CF_OK(cf, async_of(&d)->sync(c, 2, &cf->err));
	while (async_of(&d)->advance(c, &want, &cf->err) == DBN_E_BUSY && !want.ready)
		(void)poll(NULL, 0, 5); /* the first group is through */
	pgt_await_sleep(&d, d.c, pid);
	CF_CHECK(cf, kill((pid_t)pid, signal) == 0, "kill");
	st = drive(&d, c, &want);
	CF_CHECK(cf, st == DBN_E_CONN && pgt_broken(&d, c), "advance: %s", dbn_status_name(st));
	pgt_forget_error(cf);
	while (async_of(&d)->take(c, &tag, &out, &cur, &cf->err) == DBN_OK) {
		if (tag == 10)
			CF_CHECK(cf, out.status == DBN_OK && out.affected == 1, "the group before");
		else if (tag == 11)
			CF_CHECK(cf, out.status == DBN_E_CONN && out.sent != DBN_SENT_NO, "%s, sent %u",
				dbn_status_name(out.status), out.sent);
		else
			CF_CHECK(cf, signal == SIGTERM ? out.status == DBN_E_TXN_FAILED && out.sent == DBN_SENT_NO
				: out.status == DBN_E_UNKNOWN_OUTCOME && out.sent == DBN_SENT_MAYBE,
				"signal %d: %s, sent %u", signal, dbn_status_name(out.status), out.sent);
		dbn_error_free(out.error);
		taken++;
	}
	CF_CHECK(cf, taken == 3, "%d outcomes", (int)taken);
	CF_FAILS(cf, submit(&d, c, put, DBN_ARGS(3), 13), DBN_E_CONN, NULL);
	d.ops->disconnect(c);
	if (signal == SIGKILL)
		pgt_await_crash(&d, d.c);
	else
		d.ops->disconnect(d.c);
	d.c = pgt_connect_again(cf);
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM t", "", DBN_NO_ARGS) == 1, "rows");
	CF_CHECK(cf, drv_admin(&d, d.c, "DROP TABLE t"), "drop");
	drv_close(&d);
}

static void
groups_lost(conform *cf)
{
	lose_group(cf, SIGTERM);
	lose_group(cf, SIGKILL);
}

static void
groups_cancel(conform *cf)
{
	dbn_outcome out = { .struct_size = (uint32_t)sizeof out };
	struct dbn_stmt *slow;
	struct dbn_conn *c;
	struct dbn_cursor *cur = NULL;
	dbn_io_want want = { .struct_size = (uint32_t)sizeof want };
	uint64_t tag;
	int64_t pid;
	dbn_status st;
	drv d;

	if (!drv_open(cf, &d) || !(c = connect_async(&d)))
		return;
	pid = pgt_pid(&d, c);
	slow = prepare_async(&d, c, "SELECT pg_sleep($1::float8)", 1, &st);
	CF_NEED(cf, slow, "prepare");
	CF_OK(cf, submit(&d, c, slow, DBN_ARGS(60.0), 77));
	CF_OK(cf, async_of(&d)->sync(c, 1, &cf->err));
	CF_CHECK(cf, async_of(&d)->advance(c, &want, &cf->err) == DBN_E_BUSY && !want.ready, "it runs");
	pgt_await_sleep(&d, d.c, pid);
	CF_CHECK(cf, drv_prepare(&d, c, "SELECT 1", "", &(drv_stmt){ 0 }) == DBN_E_BUSY, "beside a group");
	pgt_forget_error(cf);
	CF_OK(cf, d.ops->cancel(c, 76, &cf->err));
	CF_OK(cf, d.ops->cancel(c, 77, &cf->err));
	CF_OK(cf, drive(&d, c, &want));
	CF_OK(cf, async_of(&d)->take(c, &tag, &out, &cur, &cf->err));
	CF_CHECK(cf, tag == 77 && out.status == DBN_E_CANCELLED, "%s", dbn_status_name(out.status));
	dbn_error_free(out.error);
	/* with others in flight it is not stopped */
	CF_OK(cf, submit(&d, c, slow, DBN_ARGS(0.3), 78));
	CF_OK(cf, submit(&d, c, slow, DBN_ARGS(0.0), 79));
	CF_OK(cf, async_of(&d)->sync(c, 2, &cf->err));
	CF_CHECK(cf, async_of(&d)->advance(c, &want, &cf->err) == DBN_E_BUSY, "it runs");
	CF_FAILS(cf, d.ops->cancel(c, 78, &cf->err), DBN_E_BUSY, NULL);
	CF_OK(cf, drive(&d, c, &want));
	for (uint64_t i = 78; i < 80; i++) {
		CF_OK(cf, async_of(&d)->take(c, &tag, &out, &cur, &cf->err));
		CF_CHECK(cf, tag == i && out.status == DBN_OK, "%s", dbn_status_name(out.status));
		if (cur)
			d.ops->close_cursor(cur);
	}
	d.ops->disconnect(c);
	drv_close(&d);
}

const conform_case pgt_groups[] = {
	{ "groups.rows_in_order", groups_rows, 0, 120 },
	{ "groups.fates_of_members", groups_fates, 0, 120 },
	{ "groups.commit_fails", groups_commit_fails, 0, 120 },
	{ "groups.connection_lost", groups_lost, 0, 120 },
	{ "groups.cancel_of_one", groups_cancel, 0, 120 },
};
const size_t pgt_ngroups = sizeof pgt_groups / sizeof *pgt_groups;
