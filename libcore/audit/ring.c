/* SPDX-License-Identifier: MIT */
/*
 * The ring.  A stretch never wraps: what is left at the end of the buffer
 * becomes padding.  Consumed bytes are zeroed before the tail moves, so that a
 * head that is being claimed anew always reads as free, whatever text stood
 * there before.
 */
#include "audit/ring.h"

#include <string.h>
#include "base/mem.h"

bool
dbn_ring_open(dbn_ring *r, size_t size)
{
	size_t n = 4096;

	while (n < size && n <= SIZE_MAX / 2)
		n *= 2;
	memset(r, 0, sizeof(*r));
	r->bytes = dbn_zalloc(n);
	r->size = n;
	return r->bytes != NULL;
}

void
dbn_ring_close(dbn_ring *r)
{
	dbn_free(r->bytes);
	r->bytes = NULL;
}

size_t
dbn_ring_max(const dbn_ring *r)
{
	return r->size / 4 - sizeof(ring_head);
}

static ring_head *
at_position(dbn_ring *r, uint64_t position)
{
	return (ring_head *)(void *)(r->bytes + (position & (r->size - 1)));
}

ring_head *
dbn_ring_claim(dbn_ring *r, size_t n)
{
	uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	size_t need, pad;
	ring_head *h;

	if (n > dbn_ring_max(r))
		return NULL;
	need = (n + sizeof(ring_head) + RING_ALIGN - 1) & ~(size_t)(RING_ALIGN - 1);
	do {
		size_t left = r->size - (size_t)(head & (r->size - 1));

		pad = left < need ? left : 0;
		if (head + pad + need - atomic_load_explicit(&r->tail, memory_order_acquire) > r->size)
			return NULL;
	} while (!atomic_compare_exchange_weak_explicit(&r->head, &head, head + pad + need,
		memory_order_seq_cst, memory_order_relaxed));
	if (pad) {
		h = at_position(r, head);
		h->size = (uint32_t)pad;
		h->position = head;
		atomic_store_explicit(&h->state, RING_PAD, memory_order_release);
		head += pad;
	}
	h = at_position(r, head);
	h->size = (uint32_t)need;
	h->position = head;
	return h;
}

void
dbn_ring_commit(ring_head *h)
{
	/* Sequentially consistent: the producer next looks whether the consumer
	 * sleeps, and the consumer, before it sleeps, whether anything is ready. */
	atomic_store(&h->state, RING_READY);
}

ring_head *
dbn_ring_peek(dbn_ring *r, uint64_t *at)
{
	uint64_t head = atomic_load(&r->head);

	while (*at < head) {
		ring_head *h = at_position(r, *at);
		uint32_t state = atomic_load(&h->state);

		if (state == RING_FREE)
			return NULL; /* claimed, not filled yet */
		*at += h->size;
		if (state == RING_READY)
			return h;
	}
	return NULL;
}

uint64_t
dbn_ring_tail(const dbn_ring *r)
{
	return atomic_load_explicit(&r->tail, memory_order_relaxed);
}

void
dbn_ring_consume(dbn_ring *r, uint64_t to)
{
	uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	while (tail < to) {
		size_t at = (size_t)(tail & (r->size - 1));
		size_t n = r->size - at < to - tail ? r->size - at : (size_t)(to - tail);

		memset(r->bytes + at, 0, n);
		tail += n;
	}
	atomic_store_explicit(&r->tail, tail, memory_order_release);
}

size_t
dbn_ring_used(const dbn_ring *r)
{
	return (size_t)(atomic_load_explicit(&r->head, memory_order_relaxed) -
		atomic_load_explicit(&r->tail, memory_order_relaxed));
}
