/* SPDX-License-Identifier: MIT */
/* Between group.c (who waits, who is next) and lane.c (one connection). */
#ifndef DBN_POOL_GROUP_IMPL_H
#define DBN_POOL_GROUP_IMPL_H

#include "base/str.h"
#include "pool/connset_impl.h"
#include "pool/group.h"

/* Who holds it, in reports. */
#define DBN_LANE_NAME dbn_text_z("(groups of reads)")
enum { DBN_LANE_FLIGHTS = 256 };         /* under way on one connection; a power of two */
enum { DBN_LANE_IDLE = 0, DBN_LANE_ASKING = 1, DBN_LANE_OPEN = 2 };
enum { DBN_MEMBER_NEW = 0, DBN_MEMBER_WAITS = 1, DBN_MEMBER_FLIES = 2, DBN_MEMBER_OVER = 3 };

/* Members that wait, in order. */
typedef struct dbn_line {
	dbn_member *first, **last;
	uint32_t n;
} dbn_line;

/* Something sent whose reply has not been taken, in the order it was sent. */
typedef struct dbn_flight {
	dbn_member *member;              /* NULL: abandoned, or the preparing of a statement */
	struct dbn_pstmt *stmt;
	uint64_t tag;
	bool prepares;
} dbn_flight;

typedef struct dbn_lane {
	dbn_group *g;
	uint32_t state;                  /* DBN_LANE_.. */
	dbn_pconn *conn;
	dbn_pconn *hint;                 /* the one before */
	dbn_waiter waiter;
	dbn_task given;                  /* from whoever gives the connection, to the reactor */
	dbn_task ready_task;             /* a worker's: makes it ready */
	dbn_task cancel_task;            /* a worker's: stops what nobody wants */
	dbn_status got;
	dbn_error *why;
	_Atomic bool cancelling;
	dbn_pconn *cancel_conn;
	uint64_t cancel_no;
	dbn_watch *watch;
	int fd;
	dbn_flight flights[DBN_LANE_FLIGHTS];
	uint32_t head, tail;             /* flights[head..tail), modulo */
	uint32_t live;                   /* of those, members that are still wanted */
	dbn_line parked;                 /* until their statement is prepared here */
	uint64_t wake_ns;                /* the driver wants to be called then; 0: no matter */
	uint64_t groups;                 /* syncs sent: their numbers */
	uint64_t taken_ns, idle_ns, stuck_ns;
	bool leaving;                    /* takes no more: gives the connection back when empty */
} dbn_lane;

struct dbn_group {
	dbn_group_opts o;
	dbn_turner turner;
	dbn_line line;                   /* those that wait */
	uint32_t nlanes, open;
	dbn_lane *lanes;
	uint64_t soonest_ns;             /* no deadline of a member is before it */
	bool closing;
	dbn_task close_task;
	pthread_mutex_t lock;            /* closing only: the two below */
	pthread_cond_t closed_cond;
	bool closed;
	_Atomic uint64_t statements, groups, alone, again;
};

static inline uint32_t
dbn_lane__flying(const dbn_lane *l)
{
	return l->tail - l->head;
}

/* ---- group.c ---- */
void dbn_group__end(dbn_group *g, dbn_member *m, uint32_t how, dbn_pconn *conn,
	struct dbn_cursor *cur, dbn_error *why);
/* Back to the head of the line; the caller keeps their order. */
void dbn_group__again(dbn_group *g, dbn_member *m);
void dbn_line__init(dbn_line *line);
void dbn_line__put(dbn_line *line, dbn_member *m);
dbn_member *dbn_line__take(dbn_line *line); /* NULL: empty */

/* ---- lane.c ---- */
void dbn_lane__init(dbn_lane *l, dbn_group *g);
/* The driver asked to be called about now. */
uint64_t dbn_lane__wake(dbn_lane *l, uint64_t now_ns);
/* Ask for a connection; may have one when it returns. */
void dbn_lane__ask(dbn_lane *l);
/* Is it open, with room for a group? */
bool dbn_lane__takes(const dbn_lane *l);
/* Send up to a group of what waits; false: it can take nothing now. */
bool dbn_lane__send(dbn_lane *l, uint64_t now_ns);
/* Give the connection back where it is not needed; when to look again. */
uint64_t dbn_lane__rest(dbn_lane *l, uint64_t now_ns);
/* Nobody waits for this member any more. */
void dbn_lane__abandon(dbn_lane *l, dbn_flight *f);
/* What nobody waits for is stopped, and if it does not stop, let go. */
uint64_t dbn_lane__unstick(dbn_lane *l, uint64_t now_ns);
void dbn_lane__fini(dbn_lane *l);

#endif
