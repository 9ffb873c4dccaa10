/* SPDX-License-Identifier: MIT */
/*
 * A piece of work, and a queue of such pieces from many threads to one (after
 * Dmitry Vyukov, "Intrusive MPSC node-based queue").  Nothing allocates, nobody
 * waits: pushing is one exchange.  A task is in one queue at a time.
 */
#ifndef DBN_ASYNC_QUEUE_H
#define DBN_ASYNC_QUEUE_H

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct dbn_task {
	_Atomic(struct dbn_task *) next;
	void (*run)(struct dbn_task *task);
} dbn_task;

/* The struct around a task. */
#define DBN_TASK_OF(type, member, task) \
	((type *)(void *)((char *)(task) - offsetof(type, member)))

typedef struct dbn_queue {
	_Atomic(dbn_task *) last;        /* pushed here, by any thread */
	dbn_task *first;                 /* taken here, by one thread at a time */
	dbn_task stub;
} dbn_queue;

static inline void
dbn_queue_init(dbn_queue *q)
{
	atomic_init(&q->stub.next, NULL);
	q->stub.run = NULL;
	atomic_init(&q->last, &q->stub);
	q->first = &q->stub;
}

static inline void
dbn_queue_push(dbn_queue *q, dbn_task *t)
{
	dbn_task *before;

	atomic_store_explicit(&t->next, NULL, memory_order_relaxed);
	before = atomic_exchange(&q->last, t);
	atomic_store_explicit(&before->next, t, memory_order_release);
}

/* Looks, from the taking side, whether something is there or on its way. */
static inline bool
dbn_queue_empty(const dbn_queue *q)
{
	return q->first == &q->stub && atomic_load(&q->last) == &q->stub;
}

/* The oldest task, or NULL.  A thread that stands between the two stores of its
 * push is waited for: they are next to each other. */
static inline dbn_task *
dbn_queue_pop(dbn_queue *q)
{
	dbn_task *first, *next;

	for (;;) {
		first = q->first;
		next = atomic_load_explicit(&first->next, memory_order_acquire);
		if (first == &q->stub) {
			if (!next) {
				if (atomic_load(&q->last) == first)
					return NULL;
				(void)sched_yield();
				continue;
			}
			q->first = first = next;
			next = atomic_load_explicit(&first->next, memory_order_acquire);
		}
		if (next) {
			q->first = next;
			return first;
		}
		if (atomic_load(&q->last) == first) {
			dbn_queue_push(q, &q->stub);
			next = atomic_load_explicit(&first->next, memory_order_acquire);
			if (next) {
				q->first = next;
				return first;
			}
		}
		(void)sched_yield();
	}
}

#endif
