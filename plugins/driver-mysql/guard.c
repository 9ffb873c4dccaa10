/* SPDX-License-Identifier: MIT */
/*
 * Deadlines and cancelling.  my_cancel() is the only code here that other
 * threads run.
 *
 * A running statement is stopped by KILL QUERY over a second connection.  A kill
 * must never hit a later statement.  So it is sent only while `running` says that
 * the statement is on the wire: the canceller sets MY_RUN_HIT under the mutex and
 * sends the kill before it lets the mutex go; the owner, when the statement ends
 * and it finds the bit, waits for the mutex, and then takes a kill that came too
 * late off the connection with a statement of no effect.
 */
#include <stdio.h>

#include "driver.h"

/* Open a second connection, for no longer than until. */
static bool
open_killer(struct dbn_conn *c, my_link *k, uint64_t until)
{
	memset(k, 0, sizeof *k);
	k->host = c->host;
	k->deadline_ns = until;
	if (my_link_open(k, c->drv, &c->url, NULL) == DBN_OK)
		return true;
	my_link_close(k);
	return false;
}

static bool
send_kill(struct dbn_conn *c, my_link *k)
{
	char sql[48];
	int n = snprintf(sql, sizeof sql, "KILL QUERY %lu", c->server_id);
	bool sent = my_link_query(k, sql, (size_t)n) == 0;

	my_link_close(k);
	return sent;
}

dbn_status
my_cancel(struct dbn_conn *c, uint64_t no, dbn_error **err)
{
	uint64_t want = no << 2 | MY_RUN_ALONE, until = c->host->now_ns(c->host);
	bool sent = true;
	my_link k;

	atomic_store(&c->cancel_no, no);
	if (!no || atomic_load(&c->running) != want)
		return DBN_OK;
	until += c->drv->set.connect_timeout_ns;
	if (!open_killer(c, &k, until))
		return plug_fail_status(c->host, err, DBN_E_CONN,
			"cannot cancel: the server takes no second connection");
	(void)pthread_mutex_lock(&c->cancel_mutex);
	k.deadline_ns = c->host->now_ns(c->host) + c->drv->set.stop_wait_ns;
	if (atomic_compare_exchange_strong(&c->running, &want, want | MY_RUN_HIT))
		sent = send_kill(c, &k);
	else
		my_link_close(&k);
	(void)pthread_mutex_unlock(&c->cancel_mutex);
	return sent ? DBN_OK : plug_fail_status(c->host, err, DBN_E_CONN,
		"cannot cancel: the server did not take the kill");
}

bool
my_stop_running(struct dbn_conn *c)
{
	uint64_t until = c->host->now_ns(c->host) + c->drv->set.stop_wait_ns;
	my_link k;

	c->stop = MY_STOP_DEADLINE;
	if (!c->own_run || !open_killer(c, &k, until))
		return false;
	c->grace_ns = until;
	return send_kill(c, &k);
}

void
my_settle(struct dbn_conn *c)
{
	static const char nothing[] = "DO 0";

	(void)pthread_mutex_lock(&c->cancel_mutex);
	(void)pthread_mutex_unlock(&c->cancel_mutex);
	if (c->link.stuck || c->broken)
		return;
	c->grace_ns = c->host->now_ns(c->host) + c->drv->set.stop_wait_ns;
	for (int i = 0; i < 3; i++) {
		if (my_link_query(&c->link, nothing, sizeof nothing - 1) == 0) {
			c->grace_ns = 0;
			return;
		}
		if (c->link.stuck || mysql_errno(c->link.db) != ER_QUERY_INTERRUPTED)
			break;
	}
	c->broken = true;
}
