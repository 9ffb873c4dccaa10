/* SPDX-License-Identifier: MIT */
/* The connection set's own struct: for the files of this folder only. */
#ifndef DBN_POOL_CONNSET_IMPL_H
#define DBN_POOL_CONNSET_IMPL_H

#include "pool/connset.h"

/* A thread that waits for a connection; on its stack, in set->first_waiter. */
struct dbn_waiter {
	struct dbn_waiter *next;
	pthread_cond_t cond;
	uint32_t want;
	dbn_pconn *given;                /* taken on its behalf */
};

struct dbn_connset {
	char *name, *url, *role;
	void *driver;
	const dbn_driver_ops *ops;
	const dbn_dialect *dialect;
	pthread_mutex_t *serial;
	uint32_t min, max, statements;
	bool create, one_writer;
	uint64_t acquire_timeout_ns, idle_timeout_ns, max_lifetime_ns;

	_Atomic uint32_t nwaiters;       /* looked at without the lock by release */
	_Atomic bool closing;
	pthread_mutex_t lock;            /* all below */
	dbn_pconn *conns;                /* every struct ever made, closed ones too */
	uint32_t nreaders, nwriters;     /* open or being opened */
	struct dbn_waiter *first_waiter, *last_waiter;
	uint64_t opened, closed, waits, timeouts;
	pthread_cond_t drained;
};

dbn_status dbn_connset__fail(dbn_error **err, const struct dbn_fail_info *info, const char *fmt, ...)
	DBN_PRINTF(3, 4);

enum { DBN_PCONN_FREE = 0, DBN_PCONN_TAKEN = 1, DBN_PCONN_CLOSED = 2 };

dbn_status dbn_pconn__stmts_init(dbn_pconn *c, uint32_t keep);
void dbn_pconn__stmts_drop(dbn_pconn *c);
/* Connect a struct that is taken; on failure it stays closed. */
dbn_status dbn_pconn__open(dbn_pconn *c, uint64_t deadline_ns, dbn_error **err);
void dbn_pconn__close(dbn_pconn *c);

#endif
