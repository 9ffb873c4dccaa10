/* SPDX-License-Identifier: MIT */
/*
 * One thread with an event loop.  Any thread may post work to it; everything
 * else is done on the thread itself, and nothing there may block.  The only
 * user of libuv.  No locks: posting is a queue and, where the thread sleeps, one
 * system call.
 */
#ifndef DBN_ASYNC_REACTOR_H
#define DBN_ASYNC_REACTOR_H

#include <dbnexus/error.h>

#include "async/queue.h"

typedef struct dbn_reactor dbn_reactor;
typedef struct dbn_watch dbn_watch;

/* Somebody who has work to do before each sleep: what came in since is sent on
 * together.  Linked by its owner's memory. */
typedef struct dbn_turner {
	struct dbn_turner *next;
	/* Returns when it wants to be called at the latest; UINT64_MAX: no matter. */
	uint64_t (*turn)(struct dbn_turner *self, uint64_t now_ns);
} dbn_turner;

dbn_status dbn_reactor_start(dbn_reactor **out, dbn_error **err);
/* Runs what was posted, then ends the thread.  Nothing may be posted any more, all
 * watches are closed. */
void dbn_reactor_stop(dbn_reactor *r);
/* Run t->run(t) on the thread.  Any thread; keeps the order of each poster. */
void dbn_reactor_post(dbn_reactor *r, dbn_task *t);
/* Is this the thread of a reactor?  Then nothing may wait. */
bool dbn_reactor_inside(void);

/* ---- on the thread itself ---- */
void dbn_reactor_turner(dbn_reactor *r, dbn_turner *t);
void dbn_reactor_turner_remove(dbn_reactor *r, dbn_turner *t);

enum { DBN_WATCH_READ = 1, DBN_WATCH_WRITE = 2 };
/* Look at a descriptor, through a copy: closing it meanwhile does no harm. */
dbn_status dbn_watch_open(dbn_reactor *r, int fd, void (*ready)(void *user), void *user,
	dbn_watch **out, dbn_error **err);
/* events: DBN_WATCH_.., 0: none for now.  Cheap where nothing changes. */
void dbn_watch_for(dbn_watch *w, uint32_t events);
void dbn_watch_close(dbn_watch *w);

#endif
