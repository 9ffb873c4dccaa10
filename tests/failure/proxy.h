/* SPDX-License-Identifier: MIT */
/*
 * A proxy between the library and a database server, on a thread of its own,
 * that breaks exactly where it is told to: behind the n-th message of one
 * direction and so many bytes of the next.  It reads the framing of the two
 * protocols and nothing else.  Any function may be called from any thread.
 */
#ifndef TESTS_FAILURE_PROXY_H
#define TESTS_FAILURE_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROXY_POSTGRES, PROXY_MYSQL };
enum { PROXY_TO_SERVER, PROXY_TO_CLIENT };

enum {
	PROXY_NOTHING,   /* only count */
	PROXY_CUT,       /* close both sides; what was passed on still arrives */
	PROXY_RESET,     /* the same, but the rest is lost, too (TCP: a reset) */
	PROXY_FREEZE,    /* pass nothing on any more, either way, and keep both open */
	PROXY_DELAY,     /* the same for delay_ms, then go on */
	PROXY_CALL       /* call, then go on as if nothing had been */
};

typedef struct proxy_fault {
	int kind, direction;
	size_t message;     /* so many whole messages of that direction pass */
	size_t bytes;       /* and so many bytes of the next one */
	unsigned delay_ms;
	void (*call)(void *user);
	void *user;
} proxy_fault;

typedef struct proxy proxy;

/* Listens at listen_path (a Unix socket), and connects to server_path. */
proxy *proxy_start(int protocol, const char *listen_path, const char *server_path);
/* The same between ports of 127.0.0.1; *port: where it listens. */
proxy *proxy_start_tcp(int protocol, uint16_t *port, uint16_t server_port);
void proxy_stop(proxy *p);

/* From now on count, over all connections; where the count is reached the fault
 * happens, to that connection, once.  NULL: nothing. */
void proxy_arm(proxy *p, const proxy_fault *fault);
/* Has it happened? */
bool proxy_fired(proxy *p);
/* What passed since proxy_arm(): lengths of the messages of a
 * direction, at most max of them; returns how many there were. */
size_t proxy_messages(proxy *p, int direction, size_t *lengths, size_t max);
/* Refuse: connections are closed as soon as they are made. */
void proxy_refuse(proxy *p, bool refuse);
/* Close every connection; what is frozen, too. */
void proxy_cut_all(proxy *p);
/* How many were made so far. */
size_t proxy_connections(proxy *p);

#endif
