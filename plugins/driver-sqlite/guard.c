/* SPDX-License-Identifier: MIT */
/*
 * Deadlines, cancelling and waiting for locks.  sq_cancel() is the only code
 * here that other threads run.
 *
 * Cancelling statement N must never hit statement N+1.  The progress handler
 * compares numbers, which is safe by itself.  sqlite3_interrupt() reaches the
 * long operations without progress calls, but hits whatever is running, so it is
 * sent only while `running` says that N is alone on the connection: the canceller
 * sets SQ_RUN_HIT under its mutex, and the owner, when N ends and it finds the
 * bit, waits for that mutex.  SQLite clears the flag when the next one starts.
 */
#include <errno.h>
#include <time.h>

#include "driver.h"

dbn_status
sq_cancel(struct dbn_conn *c, uint64_t no, dbn_error **err)
{
	uint64_t want = no << 2 | SQ_RUN_ALONE;

	(void)err;
	if (!no)
		return DBN_OK;
	atomic_store(&c->cancel_no, no);
	(void)pthread_mutex_lock(&c->cancel_mutex);
	if (atomic_compare_exchange_strong(&c->running, &want, want | SQ_RUN_HIT))
		sqlite3_interrupt(c->db);
	(void)pthread_mutex_unlock(&c->cancel_mutex);
	return DBN_OK;
}

void
sq_wait_interrupt(struct dbn_conn *c)
{
	(void)pthread_mutex_lock(&c->cancel_mutex);
	(void)pthread_mutex_unlock(&c->cancel_mutex);
}

/*
 * The flag of sqlite3_interrupt() stays up while any statement is active, so the
 * one it was meant for ends here and now; its fetch() says that it was cancelled.
 * From here on only the progress handler cancels it: two are open.
 */
void
sq_settle(struct dbn_conn *c)
{
	uint64_t was = atomic_exchange_explicit(&c->running, 0, memory_order_acq_rel);

	if (!(was & SQ_RUN_HIT))
		return;
	sq_wait_interrupt(c);
	sq_cut_cursors(c, true);
}

/* Must what runs now end?  Notes why. */
bool
sq_must_stop(struct dbn_conn *c)
{
	dbn_call call = DBN_CALL_INIT;

	if (sq_cancelled(c))
		return true;
	call.deadline_ns = c->deadline_ns;
	if (!c->host->cancelled(c->host, &call))
		return false;
	c->stop = c->deadline_ns && c->host->now_ns(c->host) >= c->deadline_ns
		? SQ_STOP_DEADLINE : SQ_STOP_CANCEL;
	return true;
}

int
sq_on_progress(void *conn)
{
	return sq_must_stop((struct dbn_conn *)conn);
}

static void
sleep_ns(uint64_t ns)
{
	struct timespec ts = { (time_t)(ns / 1000000000u), (long)(ns % 1000000000u) };

	while (nanosleep(&ts, &ts) != 0 && errno == EINTR)
		;
}

/*
 * Another connection has the lock.  Waits are short and random, and grow only to
 * 2 ms: who waits longer does not wait rarer, so nobody starves.
 */
int
sq_on_busy(void *conn, int count)
{
	struct dbn_conn *c = (struct dbn_conn *)conn;
	uint64_t now = c->host->now_ns(c->host), until, wait;

	if (!c->lock_until_ns) {
		until = c->deadline_ns ? c->deadline_ns : UINT64_MAX;
		if (!c->deadline_ns && c->drv->set.lock_wait_ns < UINT64_MAX - now)
			until = now + c->drv->set.lock_wait_ns;
		c->lock_until_ns = until;
	}
	if (sq_must_stop(c))
		return 0;
	if (now >= c->lock_until_ns) {
		c->stop = SQ_STOP_LOCK;
		return 0;
	}
	wait = count < 4 ? 50000u : count < 12 ? 250000u : 1000000u;
	c->random = c->random * 6364136223846793005u + 1442695040888963407u;
	wait += (c->random >> 33) % wait;
	if (wait > c->lock_until_ns - now)
		wait = c->lock_until_ns - now;
	sleep_ns(wait);
	return 1;
}
