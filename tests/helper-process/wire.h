/* SPDX-License-Identifier: MIT */
/*
 * Messages between the proxy driver and its helper process: a length, an
 * operation, a body; the answer has a status, the state of the connection and a
 * body.  Only what can be copied travels: no pointer, no shared memory.
 */
#ifndef TESTS_HELPER_WIRE_H
#define TESTS_HELPER_WIRE_H

#include <dbnexus/plugin/driver.h>

#define WIRE_MAX (64u << 20)

enum { OP_DESCRIBE = 1, OP_CONNECT, OP_PING, OP_RESET, OP_PREPARE, OP_CLOSE_STMT, OP_EXECUTE,
	OP_MANY, OP_FETCH, OP_BUFFER, OP_CLOSE_CURSOR, OP_BEGIN, OP_END, OP_SAVEPOINT, OP_RELATION,
	OP_RELATIONS, OP_EPOCH };

typedef struct wire {
	unsigned char *p;
	size_t len, cap, at;      /* at: reading */
	bool bad;                 /* out of memory, or read past the end */
} wire;

typedef struct wire_head {
	uint32_t len;             /* of the body */
	int32_t code;             /* operation, or status */
	uint32_t txn, broken, in_flight;
	uint32_t error_at;        /* where in the body the error is, if code is one */
} wire_head;

void wire_reset(wire *w);
void wire_free(wire *w);
void put_bytes(wire *w, const void *p, size_t n);
void put_u32(wire *w, uint32_t x);
void put_u64(wire *w, uint64_t x);
void put_text(wire *w, dbn_text t);
void put_value(wire *w, const dbn_value *v);
const void *get_bytes(wire *w, size_t n);
uint32_t get_u32(wire *w);
uint64_t get_u64(wire *w);
dbn_text get_text(wire *w);              /* tied to the buffer */
void get_value(wire *w, dbn_value *v);   /* tied to the buffer */
/* false: the other side is gone */
bool wire_send(int fd, const wire_head *h, const wire *body);
bool wire_receive(int fd, wire_head *h, wire *body);

#endif
