/* SPDX-License-Identifier: MIT */
/*
 * Groups over a driver of the test's own, which answers as it is told: in order,
 * in another order, not at all, or by losing the connection.  Plain program, so
 * that it runs under ThreadSanitizer.
 */
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <dbnexus/value.h>

#include "base/clock.h"
#include "pool/group.h"

enum { IN_ORDER, SWAPPED, SILENT, LOST };
enum { SENT_MAX = 4096 };

struct dbn_stmt { struct dbn_conn *c; };
struct dbn_cursor { int64_t value; bool given; dbn_value cell; };
struct dbn_conn {
	int fd;
	uint64_t tags[SENT_MAX];
	int64_t values[SENT_MAX];
	uint32_t kinds[SENT_MAX];        /* 1 prepare, 2 execute, 3 sync */
	uint32_t sent, synced, taken;
	bool broken;
};

static atomic_int mode, opened, closed, cancelled;
static int tests, failures;

static void
result(bool ok, const char *name)
{
	printf("%s %d - %s\n", ok ? "ok" : "not ok", ++tests, name);
	failures += !ok;
	fflush(stdout);
}

/* ---- the driver ---- */

static dbn_status
f_connect(void *self, const dbn_connect_opts *o, struct dbn_conn **out, dbn_error **err)
{
	struct dbn_conn *c = calloc(1, sizeof *c);

	(void)self;
	(void)o;
	(void)err;
	if (!c || (c->fd = eventfd(0, EFD_NONBLOCK)) < 0)
		exit(99);
	atomic_fetch_add(&opened, 1);
	*out = c;
	return DBN_OK;
}

static void
f_disconnect(struct dbn_conn *c)
{
	atomic_fetch_add(&closed, 1);
	close(c->fd);
	free(c);
}

static dbn_status
f_ping(struct dbn_conn *c, const dbn_call *call, dbn_error **err)
{
	(void)c;
	(void)call;
	(void)err;
	return DBN_OK;
}

static dbn_status
f_reset(struct dbn_conn *c, const dbn_reset_opts *o, dbn_error **err)
{
	(void)c;
	(void)o;
	(void)err;
	return DBN_OK;
}

static void
f_state(struct dbn_conn *c, dbn_conn_state *out)
{
	out->broken = c->broken;
	out->txn = DBN_TXN_NONE;
}

static dbn_status
f_cancel(struct dbn_conn *c, uint64_t no, dbn_error **err)
{
	(void)c;
	(void)no;
	(void)err;
	atomic_fetch_add(&cancelled, 1);
	return DBN_OK;
}

static void
f_close_stmt(struct dbn_stmt *s)
{
	(void)s;
}

static dbn_status
f_fetch(struct dbn_cursor *cur, uint32_t max, dbn_rowset *out, dbn_error **err)
{
	(void)max;
	(void)err;
	if (cur->given)
		return DBN_DONE;
	cur->given = true;
	cur->cell = dbn_v_i64(cur->value);
	out->cells = &cur->cell;
	out->ncols = out->nrows = 1;
	return DBN_OK;
}

static void
f_close_cursor(struct dbn_cursor *cur)
{
	free(cur);
}

static void
send_one(struct dbn_conn *c, uint32_t kind, uint64_t tag, int64_t value)
{
	if (c->sent == SENT_MAX)
		exit(99);
	c->kinds[c->sent] = kind;
	c->tags[c->sent] = tag;
	c->values[c->sent++] = value;
}

static dbn_status
a_prepare(struct dbn_conn *c, dbn_text sql, const dbn_prepare_opts *o, struct dbn_stmt **out,
	uint64_t tag, dbn_error **err)
{
	static struct dbn_stmt one;

	(void)sql;
	(void)o;
	(void)err;
	send_one(c, 1, tag, 0);
	*out = &one;
	return DBN_OK;
}

static dbn_status
a_submit(struct dbn_conn *c, const dbn_exec_item *item, uint64_t tag, dbn_error **err)
{
	(void)err;
	send_one(c, 2, tag, item->values[0].u.i64);
	return DBN_OK;
}

static dbn_status
a_sync(struct dbn_conn *c, uint64_t group, dbn_error **err)
{
	uint64_t n = 1;

	(void)group;
	(void)err;
	c->synced = c->sent;
	if (write(c->fd, &n, sizeof n) < 0)
		exit(99);
	return DBN_OK;
}

static dbn_status
a_advance(struct dbn_conn *c, dbn_io_want *want, dbn_error **err)
{
	bool executes = false;
	uint64_t n;

	(void)err;
	want->fd = c->fd;
	want->events = 1;
	want->ready = 0;
	want->wake_ns = 0;
	(void)!read(c->fd, &n, sizeof n);
	for (uint32_t i = c->taken; i < c->synced; i++)
		executes |= c->kinds[i] == 2;
	if (executes && atomic_load(&mode) == LOST) {
		c->broken = true;
		return DBN_E_CONN;
	}
	if (executes && atomic_load(&mode) == SILENT)
		return DBN_E_BUSY;
	want->ready = c->synced - c->taken;
	return c->taken == c->sent ? DBN_OK : DBN_E_BUSY;
}

static dbn_status
a_take(struct dbn_conn *c, uint64_t *tag, dbn_outcome *out, struct dbn_cursor **cur, dbn_error **err)
{
	uint32_t i = c->taken;

	(void)err;
	*cur = NULL;
	if (i == c->synced)
		return DBN_DONE;
	if (atomic_load(&mode) == SWAPPED && c->kinds[i] == 2 && i + 1 < c->synced) {
		c->tags[i] ^= c->tags[i + 1];
		c->tags[i + 1] ^= c->tags[i];
		c->tags[i] ^= c->tags[i + 1];
	}
	c->taken++;
	*tag = c->tags[i];
	out->status = DBN_OK;
	out->error = NULL;
	if (c->kinds[i] == 2) {
		*cur = calloc(1, sizeof **cur);
		if (!*cur)
			exit(99);
		(*cur)->value = c->values[i] * 2;
	}
	return DBN_OK;
}

static dbn_status
a_info(struct dbn_stmt *s, dbn_stmt_info *out, dbn_error **err)
{
	(void)s;
	(void)err;
	out->nparams = 1;
	return DBN_OK;
}

static const dbn_driver_ops ops = { .struct_size = (uint32_t)sizeof ops, .connect = f_connect,
	.disconnect = f_disconnect, .ping = f_ping, .reset = f_reset, .state = f_state,
	.cancel = f_cancel, .close_stmt = f_close_stmt, .fetch = f_fetch, .close_cursor = f_close_cursor };
static const dbn_driver_async_1 async = { .struct_size = (uint32_t)sizeof async,
	.prepare_start = a_prepare, .submit = a_submit, .sync = a_sync, .advance = a_advance,
	.take = a_take, .stmt_info = a_info };

/* ---- members ---- */

enum { N = 300 };
typedef struct one {
	dbn_member m;
	dbn_value v;
	atomic_int how;                  /* 0: under way */
	dbn_status rc;
	int64_t answer;
} one;

static one ones[N];
static dbn_pstmt_recipe recipe = { .id = 7 };
static atomic_int left, forgot;

static void
ended(dbn_member *m, uint32_t how, dbn_pconn *conn, struct dbn_cursor *cur, dbn_error *why)
{
	one *o = DBN_TASK_OF(one, m, m);
	dbn_rowset set = { .struct_size = (uint32_t)sizeof set };

	if (how == DBN_MEMBER_ANSWERED && cur && conn->ops->fetch(cur, 10, &set, NULL) == DBN_OK)
		o->answer = set.cells[0].u.i64;
	o->rc = dbn_error_code(why);
	dbn_error_free(why);
	atomic_store(&o->how, (int)how);
	atomic_fetch_sub(&left, 1);
}

static void
forgotten(dbn_member *m)
{
	(void)m;
	atomic_fetch_add(&forgot, 1);
}

static void
go(dbn_group *g, int how, size_t n, uint64_t deadline)
{
	atomic_store(&mode, how);
	atomic_store(&left, (int)n);
	memset(ones, 0, sizeof ones);
	for (size_t i = 0; i < n; i++) {
		ones[i].v = dbn_v_i64((int64_t)i);
		ones[i].m.recipe = &recipe;
		ones[i].m.values = &ones[i].v;
		ones[i].m.nvalues = 1;
		ones[i].m.deadline_ns = deadline;
		ones[i].m.done = ended;
		ones[i].m.forgotten = forgotten;
		dbn_group_submit(g, &ones[i].m);
	}
}

static size_t
finish(size_t n, int how)
{
	size_t same = 0;

	while (atomic_load(&left) > 0)
		(void)poll(NULL, 0, 1);
	for (size_t i = 0; i < n; i++)
		same += atomic_load(&ones[i].how) == how && (how != DBN_MEMBER_ANSWERED ||
			ones[i].answer == (int64_t)i * 2);
	return same;
}

int
main(void)
{
	static const uint32_t limits[DBN_WORK_CLASSES] = { 2, 2, 2 };
	dbn_dialect dialect = { .struct_size = (uint32_t)sizeof dialect };
	dbn_connset_opts so = { .name = "fake", .ops = &ops, .dialect = &dialect, .url = "fake:", .min = 1,
		.max = 4, .statements = 8, .acquire_timeout_ns = UINT64_C(30000000000) };
	dbn_group_opts go_ = { .connections = 2, .async = &async };
	dbn_group *g = NULL;
	int before;

	alarm(120);
	if (dbn_connset_open(&so, &go_.set, NULL) != DBN_OK || dbn_workers_new(limits, &go_.workers, NULL) != DBN_OK ||
		dbn_reactor_start(&go_.reactor, NULL) != DBN_OK || dbn_group_open(&go_, &g, NULL) != DBN_OK)
		return 99;
	go(g, IN_ORDER, N, 0);
	result(finish(N, DBN_MEMBER_ANSWERED) == N, "each member gets its own answer");
	before = atomic_load(&closed);
	go(g, SWAPPED, N, 0);
	(void)finish(N, DBN_MEMBER_FAILED);
	{
		size_t wrong = 0, failed = 0;

		for (size_t i = 0; i < N; i++) {
			int how = atomic_load(&ones[i].how);

			wrong += how == DBN_MEMBER_ANSWERED && ones[i].answer != (int64_t)i * 2;
			failed += how == DBN_MEMBER_FAILED && ones[i].rc == DBN_E_PLUGIN;
		}
		result(wrong == 0 && failed > 0 && atomic_load(&closed) > before,
			"replies out of order are an error and end the connection");
	}
	go(g, LOST, N, 0);
	result(finish(N, DBN_MEMBER_ALONE) == N, "members of a lost connection run alone");
	go(g, SILENT, 20, dbn_now_ns() + 100000000);
	result(finish(20, DBN_MEMBER_FAILED) == 20 && ones[3].rc == DBN_E_TIMEOUT, "deadlines give members up");
	before = atomic_load(&cancelled);
	go(g, SILENT, 20, 0);
	for (size_t i = 0; i < 20; i++)
		dbn_group_abandon(&ones[i].m);
	result(finish(20, DBN_MEMBER_FAILED) == 20 && ones[3].rc == DBN_E_CANCELLED, "so does cancelling");
	while (atomic_load(&forgot) < 20)
		(void)poll(NULL, 0, 1);
	go(g, IN_ORDER, N, 0);
	result(finish(N, DBN_MEMBER_ANSWERED) == N, "and all goes on afterwards");
	dbn_group_close(g);
	dbn_workers_free(go_.workers);
	dbn_reactor_stop(go_.reactor);
	dbn_connset_close(go_.set);
	result(atomic_load(&opened) == atomic_load(&closed), "no connection is left");
	printf("1..%d\n", tests);
	return failures ? 1 : 0;
}
