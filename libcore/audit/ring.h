/* SPDX-License-Identifier: MIT */
/*
 * A bounded ring of bytes between many producers and one consumer.  A producer
 * claims a stretch by moving the head (one compare-and-swap), fills it, and
 * marks it ready; the consumer takes ready stretches in order.  No lock, no
 * system call, no allocation after ring_open().
 */
#ifndef DBN_AUDIT_RING_H
#define DBN_AUDIT_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_ALIGN 16u

/* In front of every stretch. */
typedef struct ring_head {
	_Atomic uint32_t state; /* RING_.. */
	uint32_t size;          /* with this head, a multiple of RING_ALIGN */
	uint64_t position;      /* where it begins, counted from the start of time */
} ring_head;

enum { RING_FREE = 0, RING_READY = 1, RING_PAD = 2 };

typedef struct dbn_ring {
	char *bytes;
	size_t size;            /* a power of two */
	char pad0[48];
	_Atomic uint64_t head;  /* claimed up to here */
	char pad1[56];
	_Atomic uint64_t tail;  /* consumed up to here */
	char pad2[56];
} dbn_ring;

bool dbn_ring_open(dbn_ring *r, size_t size); /* rounded up; false: no memory */
void dbn_ring_close(dbn_ring *r);
/* The largest payload that is ever taken. */
size_t dbn_ring_max(const dbn_ring *r);
/* Room for n bytes of payload behind the head; NULL: full (or too large). */
ring_head *dbn_ring_claim(dbn_ring *r, size_t n);
void dbn_ring_commit(ring_head *h);
/* The next ready stretch at or behind *at, without consuming: start with
 * dbn_ring_tail(); *at moves behind it.  NULL: nothing ready. */
ring_head *dbn_ring_peek(dbn_ring *r, uint64_t *at);
uint64_t dbn_ring_tail(const dbn_ring *r);
/* Give everything before the position back to the producers. */
void dbn_ring_consume(dbn_ring *r, uint64_t to);
size_t dbn_ring_used(const dbn_ring *r);

#endif
