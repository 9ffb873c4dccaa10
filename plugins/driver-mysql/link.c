/* SPDX-License-Identifier: MIT */
/*
 * One connection of the library: opening it, waiting for it, asking it text.
 * Waiting is on the monotonic clock and ends at the deadline, whatever the server
 * does; a connection carries its statements on one link, and a kill travels on a
 * link of its own.
 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include "driver.h"

/* Poll until the descriptor is ready or `until` has come (0: for ever). */
static int
poll_until(const dbn_host *h, int fd, short events, uint64_t until)
{
	for (;;) {
		struct pollfd p = { fd, events, 0 };
		struct timespec ts = { 0, 0 };
		uint64_t now = until ? h->now_ns(h) : 0, left = until > now ? until - now : 0;
		int n;

		ts.tv_sec = (time_t)(left / 1000000000u);
		ts.tv_nsec = (long)(left % 1000000000u);
		n = ppoll(&p, 1, until ? &ts : NULL, NULL);
		if (n > 0)
			return p.revents;
		if (n == 0)
			return 0;
		if (errno != EINTR)
			return POLLERR;
	}
}

static uint64_t
limit_of(const my_link *l)
{
	uint64_t grace = l->conn ? l->conn->grace_ns : 0;

	return grace ? grace : l->deadline_ns;
}

/*
 * Wait for what the library wants; the bits that came, or 0 to give up.  At the
 * deadline of a statement the server is told to stop, and gets a little time to
 * say that it has: then the connection can be used on.
 */
int
my_wait(my_link *l, int want)
{
	int fd = my_lib_fd(l->db), came = 0, r;
	short events = 0;

	events = (short)((want & MYSQL_WAIT_READ ? POLLIN : 0) | (want & MYSQL_WAIT_WRITE ? POLLOUT : 0) |
		(want & MYSQL_WAIT_EXCEPT ? POLLPRI : 0));
	for (;;) {
		r = poll_until(l->host, fd, events, limit_of(l));
		if (r)
			break;
		if (!l->conn || l->conn->grace_ns || !my_stop_running(l->conn)) {
			/* So that nothing that is still asked of the library waits again. */
			l->stuck = true;
			(void)shutdown(fd, SHUT_RDWR);
			return 0;
		}
	}
	if (r & (POLLIN | POLLHUP | POLLERR))
		came |= want & MYSQL_WAIT_READ;
	if (r & (POLLOUT | POLLHUP | POLLERR))
		came |= want & MYSQL_WAIT_WRITE;
	if (r & POLLPRI)
		came |= want & MYSQL_WAIT_EXCEPT;
	return came ? came : want & (MYSQL_WAIT_READ | MYSQL_WAIT_WRITE | MYSQL_WAIT_EXCEPT);
}

/* What is left, in whole seconds: for a library that knows no better. */
unsigned
my_link_seconds(const my_link *l)
{
	uint64_t now = l->host->now_ns(l->host), left;

	if (!l->deadline_ns)
		return 86400;
	left = l->deadline_ns > now ? (l->deadline_ns - now) / 1000000000u : 0;
	return left < 1 ? 1 : left > 86400 ? 86400 : (unsigned)left;
}

static unsigned
tls_of(const my_driver *d, const my_url *u)
{
	if (d->set.tls != MY_TLS_AUTO)
		return (unsigned)d->set.tls;
	return u->local ? MY_TLS_OFF : MY_TLS_VERIFY_FULL;
}

dbn_status
my_link_open(my_link *l, my_driver *d, const my_url *u, const char *database)
{
	const my_settings *set = &d->set;
	unsigned tls = tls_of(d, u), protocol;
	const char *socket = *u->socket ? u->socket : NULL;
	int ret = 1;

	l->db = mysql_init(NULL);
	if (!l->db)
		return DBN_E_NOMEM;
	protocol = socket || !*u->host ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
	if (my_lib_options(l->db, tls, set->ca, set->capath, set->cert, set->key, set->max_packet) ||
		mysql_options(l->db, MYSQL_OPT_PROTOCOL, &protocol))
		return DBN_E_CONFIG;
	if (!my_lib_connect(l, *u->host ? u->host : NULL, u->user, set->password, database, u->port,
			socket, CLIENT_FOUND_ROWS, &ret) || ret)
		return DBN_E_CONN;
	if (tls >= MY_TLS_REQUIRE && !mysql_get_ssl_cipher(l->db))
		return DBN_E_ACCESS;
	return DBN_OK;
}

void
my_link_close(my_link *l)
{
	if (!l->db)
		return;
	/* A farewell to a server that does not listen would wait. */
	if (l->stuck && my_lib_fd(l->db) >= 0)
		(void)shutdown(my_lib_fd(l->db), SHUT_RDWR);
	mysql_close(l->db);
	l->db = NULL;
}

int
my_link_query(my_link *l, const char *sql, size_t len)
{
	int ret = 1;

	return my_lib_query(l, sql, len, &ret) ? ret : 1;
}
