/* SPDX-License-Identifier: MIT */
/*
 * Statements of different sessions that travel together: those that wait at the
 * same time go to the server in one write, with one sync behind them, and many
 * such groups may be under way on a connection.  Groups form from what waits,
 * never by waiting.  Only statements that read, are short and depend on nothing of
 * their transaction may be members (plan->groupable): a group is one implicit
 * transaction of the server, and what an error keeps from running is run again.
 *
 * A dbn_group serves one node and lives on one reactor: all that is not said to be
 * for any thread happens there.  No locks of its own.
 */
#ifndef DBN_POOL_GROUP_H
#define DBN_POOL_GROUP_H

#include "async/reactor.h"
#include "async/workers.h"
#include "pool/connset.h"

typedef struct dbn_group dbn_group;
typedef struct dbn_member dbn_member;

/* How it ended. */
enum {
	DBN_MEMBER_ANSWERED = 1, /* cur: its rows, or NULL: none; closed by the group */
	DBN_MEMBER_FAILED = 2,   /* why: given */
	DBN_MEMBER_ALONE = 3     /* it is to be run by itself, in the ordinary way */
};

/* One statement; its maker's memory, until done() or, after abandon(), forgotten(). */
struct dbn_member {
	dbn_task task;                   /* on its way to the reactor */
	dbn_task abandon_task;
	dbn_member *next, **link;        /* in a line of those that wait */
	struct dbn_line *line;
	dbn_group *group;
	const dbn_pstmt_recipe *recipe;  /* all below is borrowed until done() */
	const dbn_value *values;
	uint32_t nvalues;
	uint32_t state, tries;
	uint64_t deadline_ns;            /* 0: none */
	struct dbn_flight *flight;       /* where it is under way */
	/* Once, on the reactor, under no lock; must not block. */
	void (*done)(dbn_member *m, uint32_t how, dbn_pconn *conn, struct dbn_cursor *cur,
		dbn_error *why);
	/* After dbn_group_abandon(), once, behind done(): it is referred to no more. */
	void (*forgotten)(dbn_member *m);
};

typedef struct dbn_group_opts {
	dbn_reactor *reactor;
	dbn_workers *workers;            /* for what may block: connecting, cancelling */
	dbn_connset *set;
	const dbn_driver_async_1 *async;
	uint32_t connections;            /* at most so many at once */
	uint32_t size;                   /* statements of one group; 0: 16 */
} dbn_group_opts;

typedef struct dbn_group_counts {
	uint64_t statements, groups, alone, again; /* since it was opened */
} dbn_group_counts;

dbn_status dbn_group_open(const dbn_group_opts *opts, dbn_group **out, dbn_error **err);
/* After the last member is done.  Blocks until its connections are back; any thread
 * but the reactor's. */
void dbn_group_close(dbn_group *g);
/* Any thread. */
void dbn_group_submit(dbn_group *g, dbn_member *m);
/* It is not wanted any more: done() comes soon with DBN_E_CANCELLED, unless it came.
 * The server is stopped only where nobody else's statement is under way behind it.
 * Any thread. */
void dbn_group_abandon(dbn_member *m);
void dbn_group_count(const dbn_group *g, dbn_group_counts *out);

#endif
