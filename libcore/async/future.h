/* SPDX-License-Identifier: MIT */
/*
 * What all futures have in common: who is told when it is done, and how long it
 * lives.  Whoever makes one embeds it and says how it is cancelled and freed.
 * Two references: the owner's, until dbn_future_free(), and that of who runs it,
 * until dbn_future__done().  No locks: one atomic word of flags decides every
 * race between being done and being asked.
 */
#ifndef DBN_ASYNC_FUTURE_H
#define DBN_ASYNC_FUTURE_H

#include <stdatomic.h>

#include <dbnexus/future.h>

#include "async/queue.h"

enum {
	DBN_FUTURE_DONE = 1,     /* status, error and results may be read */
	DBN_FUTURE_HOOKED = 2,   /* a callback or a queue is to be told */
	DBN_FUTURE_WAITED = 4,   /* a thread sleeps on it */
	DBN_FUTURE_ORPHAN = 8,   /* its owner has let it go */
	DBN_FUTURE_FD = 16,      /* it has a descriptor */
	DBN_FUTURE_CANCEL = 32   /* cancelling was asked for */
};

typedef struct dbn_future_ops {
	void (*cancel)(dbn_future *f);   /* not done yet, asked for the first time */
	void (*defer)(dbn_future *f);    /* dbn_future__tell(), but on another stack */
	dbn_status (*check)(const dbn_future *f, dbn_error **err); /* may it be waited for? */
	void (*release)(dbn_future *f);  /* nobody refers to it */
} dbn_future_ops;

struct dbn_future {
	const dbn_future_ops *ops;
	_Atomic uint32_t state, refs;
	dbn_status status;
	int fd;
	dbn_error *error;
	void (*fn)(dbn_future *f, void *user);
	void *user;
	dbn_completions *queue;
	dbn_task told;                   /* in the queue of completions */
	void *tag;
};

void dbn_future__init(dbn_future *f, const dbn_future_ops *ops);
void dbn_future__ref(dbn_future *f);
void dbn_future__unref(dbn_future *f);
/* The results are in place: tell whoever wants to know, drop the runner's
 * reference.  error is given.  Calls back. */
void dbn_future__done(dbn_future *f, dbn_status status, dbn_error *error);
/* Tell whoever is to be told.  Calls back. */
void dbn_future__tell(dbn_future *f);
static inline bool
dbn_future__cancelled(const dbn_future *f)
{
	return atomic_load_explicit(&f->state, memory_order_relaxed) & DBN_FUTURE_CANCEL;
}

/* completions.c */
void dbn_completions__push(dbn_completions *q, dbn_future *f);

#endif
