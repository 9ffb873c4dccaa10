/* SPDX-License-Identifier: MIT */
/*
 * Threads for what may block.  Work comes in classes; each class has its own
 * queue, in order of arrival, and its own bound on how many run at once, so that
 * work that waits for a connection never keeps work from running that gives one
 * back.  Threads are made when needed and end after a while without work.
 * Locks: the lock of the queues, held for moments.
 */
#ifndef DBN_ASYNC_WORKERS_H
#define DBN_ASYNC_WORKERS_H

#include <dbnexus/error.h>

#include "async/queue.h"

enum {
	DBN_WORK_FREE = 0,      /* may wait for a connection */
	DBN_WORK_HOLDING = 1,   /* of a session that holds one */
	DBN_WORK_INSIDE = 2,    /* of the library: short */
	DBN_WORK_CLASSES = 3
};
typedef struct dbn_workers dbn_workers;

/* limits: how many of each class run at once, at least 1. */
dbn_status dbn_workers_new(const uint32_t limits[DBN_WORK_CLASSES], dbn_workers **out, dbn_error **err);
/* Runs what was posted, then ends the threads. */
void dbn_workers_free(dbn_workers *w);
/* Run t->run(t) on one of the threads.  Any thread.  False: there is no thread and
 * none can be made; t is not kept. */
bool dbn_workers_post(dbn_workers *w, uint32_t class, dbn_task *t);
/* Threads there are now. */
uint32_t dbn_workers_count(dbn_workers *w);

#endif
