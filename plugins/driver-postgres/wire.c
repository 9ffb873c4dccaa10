/* SPDX-License-Identifier: MIT */
/*
 * Waiting for the server.  libpq never blocks here: every wait is a poll() that
 * ends at the call's deadline on the monotonic clock.  At the deadline the
 * server is asked to stop; if it does not answer within cancel_wait the state of
 * the protocol is in doubt and the connection is given up.
 */
#include <errno.h>
#include <poll.h>

#include "driver.h"

/* So late a cancel by the host may be noticed.  Not shorter: a timer that is due before
 * the next tick is set in hardware, and taken back, at each wait: some microseconds. */
#define SLICE_NS UINT64_C(50000000)

dbn_status
pg_too_late(struct dbn_conn *c, dbn_error **err)
{
	return pg_fail_state(c->host, err, "HYT00", NULL, c->phase == PG_PHASE_CONNECT
		? "the deadline passed before the server let us in" : "the deadline passed");
}

dbn_status
pg_lost(struct dbn_conn *c, dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f };

	c->broken = true;
	f.detail = plug_text(PQerrorMessage(c->pg));
	while (f.detail.len && f.detail.ptr[f.detail.len - 1] == '\n')
		f.detail.len--;
	if (c->phase == PG_PHASE_COMMIT) {
		memcpy(f.sqlstate, "08007", 6);
		f.hint = PLUG_TEXT(PLUG_HINT_UNKNOWN);
		return plug_fail(c->host, err, &f,
			"the connection was lost before the server said whether it committed");
	}
	memcpy(f.sqlstate, "08006", 6);
	f.hint = PLUG_TEXT(PLUG_HINT_LOST);
	return plug_fail(c->host, err, &f, "the connection to PostgreSQL was lost");
}

/* The deadline has passed, or the host wants an end.  DBN_OK: wait on. */
static dbn_status
pressed(struct dbn_conn *c, uint64_t now, dbn_error **err)
{
	if (c->give_up_ns && now >= c->give_up_ns) {
		dbn_status rc;

		c->broken = true;
		if (c->phase == PG_PHASE_COMMIT)
			return pg_lost(c, err);
		rc = c->stop == PG_STOP_CANCEL
			? pg_fail_state(c->host, err, "57014", NULL, "the statement was cancelled")
			: pg_too_late(c, err);
		return rc;
	}
	if (c->give_up_ns) {
		if (now >= c->again_ns) { /* the first may have come before the statement did */
			pg_stop_server(c, c->give_up_ns);
			c->again_ns = now + SLICE_NS;
		}
		return DBN_OK;
	}
	if (c->deadline_ns && now >= c->deadline_ns)
		c->stop = PG_STOP_DEADLINE;
	else if (c->host->cancelled(c->host, c->call))
		c->stop = PG_STOP_CANCEL;
	else
		return DBN_OK;
	/* A commit is not stopped half-way: it is waited for no longer. */
	c->give_up_ns = c->phase == PG_PHASE_COMMIT ? now : now + c->drv->set.cancel_wait_ns;
	c->again_ns = now;
	return pressed(c, now, err);
}

static int
slice_ms(const struct dbn_conn *c, uint64_t now)
{
	uint64_t until = now + SLICE_NS;

	if (c->deadline_ns && !c->give_up_ns && c->deadline_ns < until)
		until = c->deadline_ns;
	if (c->give_up_ns && c->give_up_ns < until)
		until = c->give_up_ns;
	return until <= now ? 0 : (int)((until - now + 999999) / 1000000);
}

dbn_status
pg_await(struct dbn_conn *c, dbn_error **err)
{
	int pending = PQflush(c->pg);
	bool first = true;

	while (pending || PQisBusy(c->pg)) {
		struct pollfd p = { PQsocket(c->pg), (short)(POLLIN | (pending ? POLLOUT : 0)), 0 };
		uint64_t now = first && !c->deadline_ns ? 0 : c->host->now_ns(c->host);
		dbn_status rc;
		int n;

		if (pending < 0 || p.fd < 0)
			return pg_lost(c, err);
		if (!first) {
			rc = pressed(c, now, err);
			if (rc != DBN_OK)
				return rc;
		}
		n = poll(&p, 1, now ? slice_ms(c, now) : (int)(SLICE_NS / 1000000));
		first = false;
		if (n < 0 && errno != EINTR)
			return pg_lost(c, err);
		if (n <= 0)
			continue;
		if (p.revents & (POLLIN | POLLERR | POLLHUP | POLLNVAL) && !PQconsumeInput(c->pg))
			return pg_lost(c, err);
		if (pending)
			pending = PQflush(c->pg);
	}
	return DBN_OK;
}

dbn_status
pg_push(struct dbn_conn *c, dbn_error **err)
{
	int pending;

	while ((pending = PQflush(c->pg)) > 0) {
		struct pollfd p = { PQsocket(c->pg), POLLIN | POLLOUT, 0 };
		uint64_t now = c->host->now_ns(c->host);
		dbn_status rc = pressed(c, now, err);

		if (rc != DBN_OK)
			return rc;
		if (poll(&p, 1, slice_ms(c, now)) < 0 && errno != EINTR)
			return pg_lost(c, err);
		if ((p.revents & ~POLLOUT) && !PQconsumeInput(c->pg))
			return pg_lost(c, err);
	}
	return pending < 0 ? pg_lost(c, err) : DBN_OK;
}

dbn_status
pg_drive(struct dbn_conn *c, dbn_error **err)
{
	dbn_io_want want = { .struct_size = (uint32_t)sizeof want };
	dbn_status rc;

	while ((rc = pg_advance(c, &want, err)) == DBN_E_BUSY) {
		struct pollfd p = { want.fd, (short)((want.events & 1 ? POLLIN : 0) |
			(want.events & 2 ? POLLOUT : 0)), 0 };
		uint64_t now = c->host->now_ns(c->host);

		rc = pressed(c, now, err);
		if (rc != DBN_OK)
			break;
		if (poll(&p, want.fd >= 0, want.fd >= 0 ? slice_ms(c, now) : 1) < 0 && errno != EINTR)
			return pg_lost(c, err);
	}
	if (rc != DBN_OK)
		pg_lose_all(c);
	return rc;
}

dbn_status
pg_next_result(struct dbn_conn *c, PGresult **out, dbn_error **err)
{
	dbn_status rc = pg_await(c, err);

	*out = rc == DBN_OK ? PQgetResult(c->pg) : NULL;
	return rc;
}

dbn_status
pg_finish(struct dbn_conn *c, dbn_error **err)
{
	dbn_status rc, st = DBN_OK;
	PGresult *r;

	for (;;) {
		rc = pg_next_result(c, &r, st == DBN_OK ? err : NULL);
		if (rc != DBN_OK)
			return st == DBN_OK ? rc : st;
		if (!r)
			break;
		if (PQresultStatus(r) == PGRES_COPY_IN || PQresultStatus(r) == PGRES_COPY_OUT ||
			PQresultStatus(r) == PGRES_COPY_BOTH) {
			PQclear(r);
			c->broken = true; /* nobody is going to feed it */
			return plug_fail_hint(c->host, err, DBN_E_UNSUPPORTED,
				"Load many rows with the bulk interface.",
				"COPY from or to the client does not run as a statement");
		}
		if (pg_is_error(r) && st == DBN_OK)
			st = pg_fail_result(c, r, err);
		PQclear(r);
	}
	if (PQstatus(c->pg) == CONNECTION_BAD)
		c->broken = true;
	return st;
}

dbn_status
pg_enter(struct dbn_conn *c, const dbn_call *call, dbn_error **err)
{
	dbn_status rc = DBN_OK;

	if (c->broken)
		return pg_fail_state(c->host, err, "08003", "Close it and open another.",
			"the connection was lost before");
	if (c->bulk)
		return plug_fail_status(c->host, err, DBN_E_BUSY, "a bulk load is open on the connection");
	if (c->tail)
		rc = pg_leave_pipeline(c, err);
	if (rc == DBN_OK && c->live)
		rc = pg_settle(c, c->drv->set.buffer_bytes, err);
	c->call = call;
	c->deadline_ns = call ? call->deadline_ns : 0;
	c->give_up_ns = 0;
	c->phase = PG_PHASE_RUN;
	c->stop = PG_STOP_NONE;
	return rc;
}

/* The one result of what was sent; everything is off the wire afterwards. */
static dbn_status
only_result(struct dbn_conn *c, PGresult **res, dbn_error **err)
{
	PGresult *r = NULL;
	dbn_status rc = pg_next_result(c, &r, err), end;

	if (res)
		*res = NULL;
	if (rc != DBN_OK)
		return rc;
	if (r && pg_is_error(r))
		rc = pg_fail_result(c, r, err);
	end = pg_finish(c, rc == DBN_OK ? err : NULL);
	if (rc == DBN_OK)
		rc = end;
	if (rc == DBN_OK && res)
		*res = r;
	else
		PQclear(r);
	return rc;
}

dbn_status
pg_command(struct dbn_conn *c, const char *sql, PGresult **res, dbn_error **err)
{
	if (res)
		*res = NULL;
	if (!PQsendQuery(c->pg, sql))
		return pg_lost(c, err);
	return only_result(c, res, err);
}

dbn_status
pg_query(struct dbn_conn *c, const char *sql, int n, const char *const *values, PGresult **res,
	dbn_error **err)
{
	*res = NULL;
	if (!PQsendQueryParams(c->pg, sql, n, NULL, values, NULL, NULL, 1))
		return pg_lost(c, err);
	return only_result(c, res, err);
}
