/* SPDX-License-Identifier: MIT */
/* See answers.h.  What is sent is a list; advance() hears of a sync by an eventfd. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <dbnexus/value.h>

#include "answers.h"
#include "error/error.h"

enum { SENT_MAX = 4096 };

struct dbn_stmt { struct dbn_conn *c; };
struct dbn_cursor { int64_t value; bool given; dbn_value cell; };
struct dbn_conn {
	int fd;
	uint64_t tags[SENT_MAX];
	int64_t values[SENT_MAX];
	uint32_t kinds[SENT_MAX];        /* 1 prepare, 2 execute, 3 sync */
	uint32_t sent, synced, taken;
	bool broken, failed;             /* failed: up to the next sync */
};

static struct dbn_stmt one_stmt;
atomic_int mode, opened, closed, cancelled;
int tests, failures;

void
result(bool ok, const char *name)
{
	printf("%s %d - %s\n", ok ? "ok" : "not ok", ++tests, name);
	failures += !ok;
	fflush(stdout);
}

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
	(void)sql;
	(void)o;
	(void)err;
	send_one(c, 1, tag, 0);
	*out = &one_stmt;
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
	send_one(c, 3, 0, 0);
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
	while (c->taken < c->synced && c->kinds[c->taken] == 3) {
		c->failed = false;
		c->taken++;
	}
	want->ready = c->synced - c->taken;
	return c->taken == c->sent ? DBN_OK : DBN_E_BUSY;
}

static dbn_status
a_take(struct dbn_conn *c, uint64_t *tag, dbn_outcome *out, struct dbn_cursor **cur, dbn_error **err)
{
	uint32_t i = c->taken;

	(void)err;
	*cur = NULL;
	for (; i < c->synced && c->kinds[i] == 3; i = ++c->taken)
		c->failed = false;
	if (i == c->synced) {
		if (c->taken == c->sent) /* all is said: the room is free again */
			c->taken = c->sent = c->synced = 0;
		return DBN_DONE;
	}
	if (atomic_load(&mode) == SWAPPED && c->kinds[i] == 2 && c->kinds[i + 1] == 2) {
		c->tags[i] ^= c->tags[i + 1];
		c->tags[i + 1] ^= c->tags[i];
		c->tags[i] ^= c->tags[i + 1];
	}
	c->taken++;
	*tag = c->tags[i];
	out->status = DBN_OK;
	out->error = NULL;
	if (c->kinds[i] == 2 && atomic_load(&mode) == FIFTHS && (c->failed || c->values[i] % 5 == 0)) {
		out->status = dbn_fail(&out->error, c->failed ? DBN_E_TXN_FAILED : DBN_E_VALUE,
			"five divides it");
		c->failed = true;
	} else if (c->kinds[i] == 2) {
		*cur = calloc(1, sizeof **cur);
		if (!*cur)
			exit(99);
		(*cur)->value = c->values[i] * 2;
	}
	return DBN_OK;
}

static dbn_status
f_prepare(struct dbn_conn *c, dbn_text sql, const dbn_prepare_opts *o, struct dbn_stmt **out,
	dbn_stmt_info *info, dbn_error **err)
{
	(void)c;
	(void)sql;
	(void)o;
	(void)err;
	info->nparams = 1;
	*out = &one_stmt;
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

const dbn_driver_ops answers_ops = { .struct_size = (uint32_t)sizeof answers_ops,
	.prepare = f_prepare, .connect = f_connect,
	.disconnect = f_disconnect, .ping = f_ping, .reset = f_reset, .state = f_state,
	.cancel = f_cancel, .close_stmt = f_close_stmt, .fetch = f_fetch, .close_cursor = f_close_cursor };
const dbn_driver_async_1 answers_async = { .struct_size = (uint32_t)sizeof answers_async,
	.prepare_start = a_prepare, .submit = a_submit, .sync = a_sync, .advance = a_advance,
	.take = a_take, .stmt_info = a_info };
