/* SPDX-License-Identifier: MIT */
/*
 * Stopping one statement.  PQcancel() of libpq 15 waits without a limit for a
 * server that may be frozen, so the request is sent from here, over a socket
 * that does not block.  What it needs is the key that the server gave while we
 * connected; libpq shows it in its trace only.
 *
 * A statement is stopped under the mutex and by its number: whoever ends a
 * statement that is being stopped passes through the mutex too, so a request never
 * meets a later one.  The server ignores a request that arrives between statements,
 * and it has passed the signal on when it closes the socket.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "driver.h"

#define CANCEL_CODE 80877102        /* 1234 << 16 | 5678: never a protocol version */

void
pg_key_trace(struct dbn_conn *c)
{
	c->trace_file = open_memstream(&c->trace, &c->ntrace);
	if (!c->trace_file)
		return;
	PQtrace(c->pg, c->trace_file);
	PQsetTraceFlags(c->pg, PQTRACE_SUPPRESS_TIMESTAMPS);
}

/* The last "BackendKeyData PID SECRET" (several hosts may have been tried). */
static void
find_key(struct dbn_conn *c)
{
	static const char mark[] = "BackendKeyData";
	const char *p = c->trace;

	while (p && (p = strstr(p, mark)) != NULL) {
		char *end;
		long pid, secret;

		p += sizeof mark - 1;
		pid = strtol(p, &end, 10);
		secret = strtol(end, &end, 10);
		if (*end != '\n' || pid != PQbackendPID(c->pg))
			continue;
		c->key.pid = (int32_t)pid;
		c->key.secret = (int32_t)secret;
		c->key.known = true;
	}
}

void
pg_key_learn(struct dbn_conn *c)
{
	if (!c->trace_file)
		return;
	PQuntrace(c->pg);
	if (fclose(c->trace_file) == 0 && c->connected) {
		find_key(c);
		c->key.len = sizeof c->key.addr;
		if (getpeername(PQsocket(c->pg), (struct sockaddr *)&c->key.addr, &c->key.len) != 0)
			c->key.known = false;
	}
	c->trace_file = NULL;
	if (c->trace)
		explicit_bzero(c->trace, c->ntrace);
	free(c->trace); /* open_memstream() */
	c->trace = NULL;
}

/* Wait for events on fd; false: not before until_ns. */
static bool
wait_fd(const struct dbn_conn *c, int fd, short events, uint64_t until_ns)
{
	for (;;) {
		uint64_t now = c->host->now_ns(c->host);
		struct pollfd p = { fd, events, 0 };
		int n;

		if (now >= until_ns)
			return false;
		n = poll(&p, 1, (int)((until_ns - now) / 1000000) + 1);
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
	}
}

/* DBN_OK: the server has passed it on.  DBN_E_CONN: it was never asked.
 * DBN_E_TIMEOUT: it may do so later. */
static dbn_status
send_request(const struct dbn_conn *c, uint64_t until_ns)
{
	uint8_t msg[16], back;
	dbn_status rc = DBN_E_CONN;
	ssize_t n;
	int fd = socket(c->key.addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return rc;
	pg_put32(msg, sizeof msg);
	pg_put32(msg + 4, CANCEL_CODE);
	pg_put32(msg + 8, (uint32_t)c->key.pid);
	pg_put32(msg + 12, (uint32_t)c->key.secret);
	if (connect(fd, (const struct sockaddr *)&c->key.addr, c->key.len) != 0 &&
		errno != EINPROGRESS && errno != EINTR)
		goto out;
	if (!wait_fd(c, fd, POLLOUT, until_ns) || send(fd, msg, sizeof msg, MSG_NOSIGNAL) != sizeof msg)
		goto out;
	rc = DBN_E_TIMEOUT;
	do {
		if (!wait_fd(c, fd, POLLIN, until_ns))
			goto out;
		n = recv(fd, &back, 1, 0);
	} while (n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN)));
	rc = DBN_OK;
out:
	(void)close(fd);
	explicit_bzero(msg, sizeof msg);
	return rc;
}

/* Without a key (a proxy that gives none): libpq's own, which may block. */
static dbn_status
send_by_libpq(struct dbn_conn *c)
{
	PGcancel *k = PQgetCancel(c->pg);
	char why[128];
	bool sent = k && PQcancel(k, why, (int)sizeof why);

	PQfreeCancel(k);
	return sent ? DBN_OK : DBN_E_CONN;
}

static dbn_status
stop_locked(struct dbn_conn *c, uint64_t until_ns)
{
	dbn_status rc = c->key.known ? send_request(c, until_ns) : send_by_libpq(c);

	if (rc == DBN_E_TIMEOUT)
		atomic_store(&c->doubt, true);
	return rc;
}

void
pg_stop_server(struct dbn_conn *c, uint64_t until_ns)
{
	(void)pthread_mutex_lock(&c->mutex);
	(void)stop_locked(c, until_ns);
	(void)pthread_mutex_unlock(&c->mutex);
}

/*
 * A statement begins and ends without the mutex.  Its thread writes running, then
 * looks at asked (once it is sent) and at cancelling (at its end); who cancels writes
 * asked and cancelling, then looks at running.  All of these are sequentially
 * consistent, so that at least one of the two sees the other: a cancel is sent by him
 * who sees that it is due (both may), and no statement ends, for another to begin,
 * while a cancel is being sent for it.
 */
void
pg_run_begin(struct dbn_conn *c, uint64_t no)
{
	atomic_store_explicit(&c->running, no * 2, memory_order_release);
}

void
pg_run_sent(struct dbn_conn *c)
{
	uint64_t no = atomic_load_explicit(&c->running, memory_order_relaxed) / 2;

	if (!no)
		return;
	atomic_store(&c->running, no * 2 + 1);
	if (atomic_load(&c->asked) == no)
		pg_stop_server(c, c->host->now_ns(c->host) + c->drv->set.cancel_wait_ns);
}

void
pg_run_end(struct dbn_conn *c)
{
	if (atomic_load_explicit(&c->running, memory_order_relaxed))
		atomic_store(&c->running, 0);
	if (atomic_load(&c->cancelling)) {
		(void)pthread_mutex_lock(&c->mutex); /* until it has been sent */
		(void)pthread_mutex_unlock(&c->mutex);
	}
	if (atomic_load(&c->doubt))
		c->broken = true; /* it could meet the next statement */
}

bool
pg_was_cancelled(const struct dbn_conn *c)
{
	uint64_t no = atomic_load(&c->running) / 2;

	return no && atomic_load(&c->asked) == no;
}

dbn_status
pg_cancel(struct dbn_conn *c, uint64_t no, dbn_error **err)
{
	dbn_status rc = DBN_OK;
	bool there = false;

	(void)pthread_mutex_lock(&c->mutex);
	if (pg_is_alone_locked(c, no, &there)) {
		rc = stop_locked(c, c->host->now_ns(c->host) + c->drv->set.cancel_wait_ns);
	} else if (there) {
		(void)pthread_mutex_unlock(&c->mutex);
		return plug_fail_status(c->host, err, DBN_E_BUSY,
			"others are in flight beside it, which the server would stop too");
	} else if (no) {
		atomic_store(&c->cancelling, true);
		if (atomic_load(&c->running) / 2 == no)
			atomic_store(&c->asked, no);
		if (atomic_load(&c->asked) == no && atomic_load(&c->running) == no * 2 + 1)
			rc = stop_locked(c, c->host->now_ns(c->host) + c->drv->set.cancel_wait_ns);
		atomic_store(&c->cancelling, false);
	}
	(void)pthread_mutex_unlock(&c->mutex);
	if (rc == DBN_OK)
		return rc;
	return pg_fail_state(c->host, err, "08006", NULL, "the server could not be asked to stop the "
		"statement");
}
