/* SPDX-License-Identifier: MIT */
/*
 * The thread polls the listener, a pipe that wakes it, and both sides of each
 * connection.  One buffer for each direction; nothing is read into a full one.
 * All state is under one mutex, which is not held while it waits or calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "proxy.h"

#define MAX_WIRES 200
#define MAX_LENGTHS 4096
#define BUF 65536

typedef struct side {               /* what flows one way */
	unsigned char buf[BUF];
	size_t have, sent;          /* of buf */
	unsigned char head[5];      /* of the message at hand */
	size_t nhead, want_head;    /* read; of that many */
	size_t left;                /* bytes of it still to come behind its head */
	size_t so_far;              /* of it, head and all */
	bool first;                 /* the first of a PostgreSQL client has no type */
	bool eof;
} side;

typedef struct wire {
	int fd[2];                  /* client, server */
	side to[2];                 /* by direction */
	bool frozen, doomed, reset;
	uint64_t thaw_ns;           /* when it goes on; 0: never */
	unsigned char late[BUF];    /* what came with the last byte that passed */
	size_t nlate;
	int late_direction;
} wire;

struct proxy {
	pthread_t thread;
	pthread_mutex_t mutex;
	int protocol, listener, wake[2];
	bool tcp, stop, refuse, fired, counting;
	uint16_t server_port;
	char path[108], server_path[108];
	proxy_fault fault;
	size_t passed[2];           /* whole messages, of all wires */
	size_t lengths[2][MAX_LENGTHS];
	size_t connections;
	wire *wires[MAX_WIRES];
	size_t nwires;
};

static void
give_up(const char *what)
{
	printf("Bail out! proxy: %s: error %d\n", what, errno);
	exit(1);
}

static uint64_t
clock_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void
nonblocking(int fd)
{
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0 ||
		fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		give_up("fcntl");
}

/* ---- framing ---- */

static void
frame_begin(const proxy *p, int direction, side *s, bool first)
{
	s->first = first && p->protocol == PROXY_POSTGRES && direction == PROXY_TO_SERVER;
	s->nhead = s->left = s->so_far = 0;
	s->want_head = p->protocol == PROXY_MYSQL || s->first ? 4 : 5;
}

/* What follows a head that is complete. */
static size_t
body_of(const proxy *p, const side *s)
{
	const unsigned char *h = s->head;

	if (p->protocol == PROXY_MYSQL)
		return (size_t)h[0] | (size_t)h[1] << 8 | (size_t)h[2] << 16;
	if (!s->first)
		h++;
	return ((size_t)h[0] << 24 | (size_t)h[1] << 16 | (size_t)h[2] << 8 | h[3]) - 4;
}

/* One more byte of it has passed; true: the message has ended. */
static bool
frame_byte(const proxy *p, side *s, unsigned char c)
{
	s->so_far++;
	if (s->nhead < s->want_head) {
		s->head[s->nhead++] = c;
		if (s->nhead == s->want_head)
			s->left = body_of(p, s);
	} else {
		s->left--;
	}
	return s->nhead == s->want_head && !s->left;
}

static bool
due(const proxy *p, const wire *l, int direction)
{
	return p->counting && !p->fired && p->fault.kind != PROXY_NOTHING &&
		p->fault.direction == direction && p->passed[direction] == p->fault.message &&
		l->to[direction].so_far >= p->fault.bytes;
}

/* How much of n new bytes may pass before the fault is due. */
static size_t
pass(proxy *p, wire *l, int direction, const unsigned char *bytes, size_t n)
{
	side *s = &l->to[direction];

	for (size_t i = 0; i < n; i++) {
		if (due(p, l, direction))
			return i;
		if (!frame_byte(p, s, bytes[i]))
			continue;
		if (p->counting) {
			if (p->passed[direction] < MAX_LENGTHS)
				p->lengths[direction][p->passed[direction]] = s->so_far;
			p->passed[direction]++;
		}
		frame_begin(p, direction, s, false);
	}
	return n;
}

/* ---- wires ---- */

static void
wire_close(wire *l)
{
	for (int i = 0; i < 2; i++) {
		struct linger hard = { 1, 0 };

		if (l->reset)
			(void)setsockopt(l->fd[i], SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
		(void)close(l->fd[i]);
	}
	free(l);
}

static int
connect_server(const proxy *p)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(p->server_port) };
	int fd = socket(p->tcp ? AF_INET : AF_UNIX, SOCK_STREAM, 0), rc;

	if (fd < 0)
		give_up("socket");
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	memcpy(un.sun_path, p->server_path, sizeof un.sun_path);
	rc = p->tcp ? connect(fd, (struct sockaddr *)&in, sizeof in)
		: connect(fd, (struct sockaddr *)&un, sizeof un);
	if (rc == 0)
		return fd;
	(void)close(fd); /* the server is not there: neither are we */
	return -1;
}

static void
accept_one(proxy *p)
{
	int fd = accept(p->listener, NULL, NULL), server;
	wire *l;

	if (fd < 0)
		return;
	p->connections++;
	server = p->refuse || p->nwires == MAX_WIRES ? -1 : connect_server(p);
	if (server < 0) {
		(void)close(fd);
		return;
	}
	l = calloc(1, sizeof *l);
	if (!l)
		give_up("calloc");
	nonblocking(fd);
	nonblocking(server);
	l->fd[0] = fd;
	l->fd[1] = server;
	frame_begin(p, PROXY_TO_SERVER, &l->to[PROXY_TO_SERVER], true);
	frame_begin(p, PROXY_TO_CLIENT, &l->to[PROXY_TO_CLIENT], true);
	p->wires[p->nwires++] = l;
}

static void
fire(proxy *p, wire *l)
{
	proxy_fault f = p->fault;

	p->fired = true;
	switch (f.kind) {
	case PROXY_DELAY:
		l->thaw_ns = clock_ns() + (uint64_t)f.delay_ms * 1000000u;
		l->frozen = true;
		break;
	case PROXY_FREEZE:
		l->frozen = true;
		break;
	case PROXY_CALL:
		(void)pthread_mutex_unlock(&p->mutex);
		f.call(f.user);
		(void)pthread_mutex_lock(&p->mutex);
		break;
	default:
		l->doomed = true;
		l->reset = f.kind == PROXY_RESET;
		break;
	}
}

/* Send what is in the buffer of a direction. */
static void
push(wire *l, int direction)
{
	side *s = &l->to[direction];
	int fd = l->fd[direction == PROXY_TO_SERVER ? 1 : 0];

	while (s->sent < s->have) {
		ssize_t n = send(fd, s->buf + s->sent, s->have - s->sent, MSG_NOSIGNAL);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0 && direction == PROXY_TO_SERVER)
			break; /* its last words may still come */
		if (n < 0) {
			l->doomed = true;
			return;
		}
		s->sent += (size_t)n;
	}
	s->have = s->sent = 0;
}

static void
push_all(wire *l, int direction)
{
	side *s = &l->to[direction];

	for (int i = 0; i < 1000 && s->have && !l->doomed; i++) {
		struct pollfd f = { l->fd[direction == PROXY_TO_SERVER ? 1 : 0], POLLOUT, 0 };

		push(l, direction);
		if (s->have && poll(&f, 1, 10) < 0 && errno != EINTR)
			give_up("poll");
	}
}

/* Bytes have come from one side. */
static void
pump(proxy *p, wire *l, int direction)
{
	side *s = &l->to[direction];
	unsigned char in[BUF];
	ssize_t n = recv(l->fd[direction == PROXY_TO_SERVER ? 0 : 1], in, sizeof in, 0);
	size_t at = 0, m;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		s->eof = true;
		l->doomed = true;
		return;
	}
	while (at < (size_t)n && !l->doomed && !l->frozen) {
		m = pass(p, l, direction, in + at, (size_t)n - at);
		memcpy(s->buf + s->have, in + at, m);
		s->have += m;
		at += m;
		push(l, direction);
		if (due(p, l, direction)) {
			push_all(l, direction);
			fire(p, l);
		}
	}
	if (l->frozen && at < (size_t)n) {
		l->nlate = (size_t)n - at;
		l->late_direction = direction;
		memcpy(l->late, in + at, l->nlate);
	}
}

/* The delay is over. */
static void
thaw(proxy *p, wire *l)
{
	side *s = &l->to[l->late_direction];

	l->frozen = false;
	l->thaw_ns = 0;
	(void)pass(p, l, l->late_direction, l->late, l->nlate);
	memcpy(s->buf + s->have, l->late, l->nlate);
	s->have += l->nlate;
	l->nlate = 0;
	push(l, l->late_direction);
}

/* Milliseconds until one goes on; -1: none. */
static int
next_thaw(const proxy *p)
{
	uint64_t now = clock_ns(), first = UINT64_MAX;

	for (size_t i = 0; i < p->nwires; i++)
		if (p->wires[i]->thaw_ns && p->wires[i]->thaw_ns < first)
			first = p->wires[i]->thaw_ns;
	if (first == UINT64_MAX)
		return -1;
	return first <= now ? 0 : (int)((first - now) / 1000000u) + 1;
}

/* What has come from one side when the other has gone is passed on, as a wire would. */
static void
wire_turn(proxy *p, wire *l, const struct pollfd *f)
{
	if (l->frozen)
		return;
	for (int d = 0; d < 2 && !l->doomed && !l->frozen; d++) {
		int from = d == PROXY_TO_SERVER ? 0 : 1;

		if (l->to[d].have)
			push(l, d);
		if (!l->to[d].have && f[from].revents & (POLLIN | POLLHUP | POLLERR))
			pump(p, l, d);
	}
}

static short
events_of(const wire *l, int which)
{
	int in = which == 0 ? PROXY_TO_SERVER : PROXY_TO_CLIENT, out = 1 - in;

	if (l->frozen)
		return 0;
	return (short)((l->to[in].have ? 0 : POLLIN) | (l->to[out].have ? POLLOUT : 0));
}

static void
turn(proxy *p, struct pollfd *f, size_t n)
{
	char drop[64];

	if (f[0].revents & POLLIN)
		while (read(p->wake[0], drop, sizeof drop) > 0)
			continue;
	for (size_t i = 0; i < n; i++) {
		if (p->wires[i]->thaw_ns && clock_ns() >= p->wires[i]->thaw_ns)
			thaw(p, p->wires[i]);
		else
			wire_turn(p, p->wires[i], f + 2 + 2 * i);
	}
	for (size_t i = 0; i < p->nwires;) {
		wire *l = p->wires[i];

		/* a frozen one keeps even its client's farewell from the server */
		if (!l->doomed && !(l->frozen && i < n && f[2 + 2 * i].revents & POLLHUP)) {
			i++;
			continue;
		}
		memmove(p->wires + i, p->wires + i + 1, (p->nwires - i - 1) * sizeof *p->wires);
		memmove(f + 2 + 2 * i, f + 4 + 2 * i, (n > i ? n - i - 1 : 0) * 2 * sizeof *f);
		n -= n > i;
		p->nwires--;
		wire_close(l);
	}
	if (f[1].revents & POLLIN)
		accept_one(p);
}

static void *
run(void *arg)
{
	struct pollfd *f = calloc(2 + 2 * MAX_WIRES, sizeof *f);
	proxy *p = arg;

	if (!f)
		give_up("calloc");
	(void)pthread_mutex_lock(&p->mutex);
	while (!p->stop) {
		size_t n = p->nwires;
		int wait = next_thaw(p);

		f[0] = (struct pollfd){ p->wake[0], POLLIN, 0 };
		f[1] = (struct pollfd){ p->listener, POLLIN, 0 };
		for (size_t i = 0; i < n; i++)
			for (int k = 0; k < 2; k++)
				f[2 + 2 * i + (size_t)k] = (struct pollfd){
					p->wires[i]->frozen && k ? -1 : p->wires[i]->fd[k],
					events_of(p->wires[i], k), 0 };
		(void)pthread_mutex_unlock(&p->mutex);
		if (poll(f, 2 + 2 * n, wait) < 0 && errno != EINTR)
			give_up("poll");
		(void)pthread_mutex_lock(&p->mutex);
		turn(p, f, n);
	}
	(void)pthread_mutex_unlock(&p->mutex);
	free(f);
	return NULL;
}

/* ---- from other threads ---- */

static void
wake(proxy *p)
{
	if (write(p->wake[1], "", 1) < 0 && errno != EAGAIN)
		give_up("write");
}

static proxy *
start(int protocol, bool tcp)
{
	proxy *p = calloc(1, sizeof *p);

	if (!p || pipe(p->wake) != 0)
		give_up("pipe");
	nonblocking(p->wake[0]);
	nonblocking(p->wake[1]);
	p->protocol = protocol;
	p->tcp = tcp;
	(void)pthread_mutex_init(&p->mutex, NULL);
	p->listener = socket(tcp ? AF_INET : AF_UNIX, SOCK_STREAM, 0);
	if (p->listener < 0)
		give_up("socket");
	return p;
}

static proxy *
serve(proxy *p)
{
	if (listen(p->listener, 100) != 0)
		give_up("listen");
	nonblocking(p->listener);
	if (pthread_create(&p->thread, NULL, run, p) != 0)
		give_up("pthread_create");
	return p;
}

proxy *
proxy_start(int protocol, const char *listen_path, const char *server_path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	proxy *p = start(protocol, false);

	(void)snprintf(p->path, sizeof p->path, "%s", listen_path);
	(void)snprintf(p->server_path, sizeof p->server_path, "%s", server_path);
	(void)snprintf(un.sun_path, sizeof un.sun_path, "%s", listen_path);
	(void)unlink(listen_path);
	if (bind(p->listener, (struct sockaddr *)&un, sizeof un) != 0)
		give_up(listen_path);
	return serve(p);
}

proxy *
proxy_start_tcp(int protocol, uint16_t *port, uint16_t server_port)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t len = sizeof in;
	proxy *p = start(protocol, true);

	p->server_port = server_port;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(p->listener, (struct sockaddr *)&in, sizeof in) != 0 ||
		getsockname(p->listener, (struct sockaddr *)&in, &len) != 0)
		give_up("bind");
	*port = ntohs(in.sin_port);
	return serve(p);
}

void
proxy_stop(proxy *p)
{
	(void)pthread_mutex_lock(&p->mutex);
	p->stop = true;
	(void)pthread_mutex_unlock(&p->mutex);
	wake(p);
	(void)pthread_join(p->thread, NULL);
	while (p->nwires)
		wire_close(p->wires[--p->nwires]);
	(void)close(p->listener);
	(void)close(p->wake[0]);
	(void)close(p->wake[1]);
	if (*p->path)
		(void)unlink(p->path);
	(void)pthread_mutex_destroy(&p->mutex);
	free(p);
}

void
proxy_arm(proxy *p, const proxy_fault *fault)
{
	(void)pthread_mutex_lock(&p->mutex);
	p->fault = fault ? *fault : (proxy_fault){ .kind = PROXY_NOTHING };
	p->counting = fault != NULL;
	p->fired = false;
	p->passed[0] = p->passed[1] = 0;
	(void)pthread_mutex_unlock(&p->mutex);
}

bool
proxy_fired(proxy *p)
{
	bool fired;

	(void)pthread_mutex_lock(&p->mutex);
	fired = p->fired;
	(void)pthread_mutex_unlock(&p->mutex);
	return fired;
}

size_t
proxy_messages(proxy *p, int direction, size_t *lengths, size_t max)
{
	size_t n;

	(void)pthread_mutex_lock(&p->mutex);
	n = p->passed[direction] < MAX_LENGTHS ? p->passed[direction] : MAX_LENGTHS;
	for (size_t i = 0; i < n && i < max; i++)
		lengths[i] = p->lengths[direction][i];
	(void)pthread_mutex_unlock(&p->mutex);
	return n;
}

void
proxy_refuse(proxy *p, bool refuse)
{
	(void)pthread_mutex_lock(&p->mutex);
	p->refuse = refuse;
	(void)pthread_mutex_unlock(&p->mutex);
}

void
proxy_cut_all(proxy *p)
{
	(void)pthread_mutex_lock(&p->mutex);
	for (size_t i = 0; i < p->nwires; i++)
		p->wires[i]->doomed = true;
	(void)pthread_mutex_unlock(&p->mutex);
	wake(p);
}

size_t
proxy_connections(proxy *p)
{
	size_t n;

	(void)pthread_mutex_lock(&p->mutex);
	n = p->connections;
	(void)pthread_mutex_unlock(&p->mutex);
	return n;
}
