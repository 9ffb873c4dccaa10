/* SPDX-License-Identifier: MIT */
/* The connection set's own struct: for the files of this folder only. */
#ifndef DBN_POOL_CONNSET_IMPL_H
#define DBN_POOL_CONNSET_IMPL_H

#include "base/map.h"
#include "pool/breaker.h"
#include "pool/connset.h"

/* Those who have a role in common, or all the rest. */
typedef struct dbn_share {
	char *role;                      /* NULL: the rest */
	uint32_t weight, max, in_use, nwaiting;
	uint64_t pass, grants;           /* stride scheduling: the least pass is next */
} dbn_share;

/* One line of waiters, in the order they came: of a user, of a share, or of all. */
struct dbn_leaf {
	dbn_share *share;
	char *key;                       /* in set->leaves; NULL: the one of all */
	dbn_waiter *first[2], *last[2];  /* by what they want, where there is one writer */
	uint32_t nwaiting, in_use;
	uint64_t pass, grants;
	dbn_leaf *next_active, *prev_active; /* those with waiters */
};

/* Waiters that are settled: told together, as far as they sleep at one gate.  After
 * settle() a waiter may be gone.  Any thread; flush() without the lock. */
typedef struct dbn_rousing {
	_Atomic uint32_t *gate;
	uint32_t bits;
} dbn_rousing;

/* Where waiters sleep, by their ticket: who is woken together is by one call. */
enum { DBN_GATES = 64, DBN_GATE_BITS = 32 };

#define DBN_HELPERS_MAX 16
enum { DBN_HELPER_NONE = 0, DBN_HELPER_RUNS = 1, DBN_HELPER_ENDED = 2 };
typedef struct dbn_helper {
	pthread_t thread;
	uint32_t state;
	dbn_connset *set;
} dbn_helper;

struct dbn_connset {
	char *name, *url, *role;
	void *driver;
	const dbn_driver_ops *ops;
	const dbn_driver_async_1 *async;
	const dbn_dialect *dialect;
	pthread_mutex_t *serial;
	uint32_t min, max, statements, connects, sharing, per_user;
	bool create, one_writer, in_place, accounting;
	uint64_t acquire_timeout_ns, idle_timeout_ns, max_lifetime_ns, connect_timeout_ns;
	uint64_t keepalive_ns, leak_after_ns, server_timeout_ns;
	dbn_pool_env env;

	_Atomic uint32_t nwaiters;       /* looked at without the lock by release */
	_Atomic bool closing;
	_Atomic uint32_t ending;         /* not 0: what helpers are about is cancelled */
	_Atomic bool cancelling;         /* nothing that runs is waited for any more */
	_Atomic uint64_t suspect_ns;     /* what was last used before is asked first */
	pthread_mutex_t lock;            /* all below */
	dbn_pconn *conns;                /* every struct ever made, closed ones too */
	uint32_t nreaders, nwriters;     /* open or being opened */
	uint32_t connecting;             /* of those, by helpers */
	dbn_breaker breaker;
	dbn_error *why;                  /* the last connect failed with this; NULL: it did not */
	uint64_t tickets;
	_Atomic uint32_t gates[DBN_GATES];
	dbn_share *shares;               /* nshares, and the rest */
	uint32_t nshares;
	dbn_leaf all;                    /* where nothing is accounted */
	dbn_map leaves;
	dbn_leaf *active;
	uint64_t pass;                   /* of who was served last */
	dbn_waiter *told, *told_last;    /* async ones, to be told without the lock */
	dbn_rousing rousing;             /* those that sleep, likewise */
	uint64_t opened, closed, waits, timeouts, connect_failures, reset_failures, leaks;
	uint64_t groups, grouped;
	dbn_pconn *asks;                 /* taken: helpers ask whether they live */
	uint32_t nasks;
	dbn_helper helpers[DBN_HELPERS_MAX];
	uint32_t nhelpers, idle_helpers;
	dbn_parker help;                 /* what idle helpers sleep on */
	dbn_parker drained;
};

enum { DBN_PCONN_FREE = 0, DBN_PCONN_TAKEN = 1, DBN_PCONN_CLOSED = 2 };

static inline uint64_t
dbn_connset__now(const dbn_connset *set)
{
	return set->env.now(set->env.user);
}
static inline bool
dbn_timed(uint64_t ns) /* 0 and UINT64_MAX: never */
{
	return ns != 0 && ns != UINT64_MAX;
}

dbn_status dbn_connset__fail(dbn_error **err, const struct dbn_fail_info *info, const char *fmt, ...)
	DBN_PRINTF(3, 4);

/* Something has happened to who sleeps there, under the lock. */
static inline void
dbn_parker__wake(dbn_connset *set, dbn_parker *p)
{
	(void)atomic_fetch_add(&p->signal, 2u);
	if (p->gate)
		set->env.rouse(set->env.user, p->gate, p->bit);
	else
		set->env.unpark(set->env.user, p);
}
static inline void
dbn_rousing__flush(dbn_connset *set, dbn_rousing *r)
{
	_Atomic uint32_t *gate = r->gate;

	r->gate = NULL;
	if (gate)
		set->env.rouse(set->env.user, gate, r->bits);
	r->bits = 0;
}
enum { DBN_SETTLED = 1u };
static inline void
dbn_waiter__settle(dbn_connset *set, dbn_waiter *w, dbn_rousing *r)
{
	_Atomic uint32_t *gate = w->parker.gate;
	uint32_t bit = w->parker.bit;

	(void)atomic_fetch_or(&w->parker.signal, DBN_SETTLED);
	if (!gate) { /* a test's: nobody else runs meanwhile */
		set->env.unpark(set->env.user, &w->parker);
		return;
	}
	if (r->gate != gate)
		dbn_rousing__flush(set, r);
	r->gate = gate;
	r->bits |= bit;
}
/* It was given a connection, refused, or answered: it is its owner's alone. */
static inline bool
dbn_waiter__settled(const dbn_waiter *w)
{
	return atomic_load_explicit(&w->parker.signal, memory_order_acquire) & DBN_SETTLED;
}

/* ---- connset.c ---- */
void dbn_connset__lock(dbn_connset *set);
/* Unlock, and tell the async waiters that were served or refused meanwhile. */
void dbn_connset__unlock(dbn_connset *set);
/* The same, before the lock is let go by sleeping. */
void dbn_connset__flush_locked(dbn_connset *set);
/* A closed struct to open, or a new one, if the set may grow; taken. */
dbn_pconn *dbn_connset__grow_locked(dbn_connset *set, uint32_t want);
/* A taken one is no connection any more: its place is free. */
void dbn_connset__drop_locked(dbn_pconn *c);
/* Close a taken connection and let the set open another in its place. */
void dbn_connset__retire(dbn_pconn *c);
bool dbn_connset__suits(const dbn_connset *set, const dbn_pconn *c, uint32_t want);
bool dbn_pconn__try_take(dbn_pconn *c);

/* ---- keep.c ---- */
/* Does a taken, idle connection live?  It is given back, or closed. */
void dbn_keep__ask(dbn_pconn *c);

/* ---- queue.c: all with the lock held ---- */
dbn_status dbn_queue__init(dbn_connset *set, const dbn_connset_opts *o);
void dbn_queue__fini(dbn_connset *set);
/* The line of a borrower; NULL: out of memory. */
dbn_leaf *dbn_queue__leaf_locked(dbn_connset *set, const dbn_borrow *b);
/* It has neither connections nor waiters? Then it goes. */
void dbn_queue__leaf_unused_locked(dbn_connset *set, dbn_leaf *leaf);
void dbn_queue__sweep_locked(dbn_connset *set);
bool dbn_queue__within_locked(const dbn_connset *set, const dbn_leaf *leaf);
void dbn_queue__charge_locked(dbn_pconn *c, dbn_leaf *leaf);
void dbn_queue__uncharge_locked(dbn_pconn *c);
/* By its ticket; 0: a new one. */
void dbn_queue__put_locked(dbn_connset *set, dbn_waiter *w);
void dbn_queue__take_locked(dbn_connset *set, dbn_waiter *w);
/* How many waiters could be served by more connections. */
uint32_t dbn_queue__demand_locked(const dbn_connset *set);
/* Does somebody wait for such a connection? */
bool dbn_queue__waits_locked(const dbn_connset *set, const dbn_pconn *c);
/* A taken connection that nobody has: to whoever is next, or free. */
void dbn_queue__give_locked(dbn_connset *set, dbn_pconn *c);
/* Free connections to waiters, and see to more where there are too few. */
void dbn_queue__serve_locked(dbn_connset *set);
void dbn_queue__refuse_locked(dbn_connset *set, dbn_waiter *w, dbn_status rc);
void dbn_queue__refuse_all_locked(dbn_connset *set, dbn_status rc);

/* ---- helper.c ---- */
/* More connections are wanted, or time has come for them: see to it. */
void dbn_helper__wake_locked(dbn_connset *set);
/* A taken connection shall be asked whether it lives, by a thread that may wait for
 * the answer; false: there is none. */
bool dbn_helper__ask_locked(dbn_connset *set, dbn_pconn *c);
/* Count an attempt to connect; refuses the waiters where nothing is to be hoped for. */
void dbn_helper__connected_locked(dbn_connset *set, dbn_status rc, dbn_error *given_err);
void dbn_helper__join_all(dbn_connset *set);
/* Would waiting be in vain: no connection, and none is tried now? */
bool dbn_helper__hopeless_locked(dbn_connset *set, uint64_t now);

/* ---- report.c ---- */
/* "main+0x1f (/usr/bin/app)", or "an unknown place". */
void dbn_place__text(const void *place, char *buf, size_t size);

/* Errors of one of a group that the statement by itself, run in the ordinary way, might
 * not have. */
static inline bool
dbn_outcome__not_its_own(dbn_status rc)
{
	return rc == DBN_E_SCHEMA || rc == DBN_E_ACCESS || rc == DBN_E_CONN || rc == DBN_E_CONFLICT ||
		rc == DBN_E_CANCELLED || rc == DBN_E_TIMEOUT || rc == DBN_E_BUSY ||
		rc == DBN_E_TXN_FAILED;
}

/* ---- ride.c ---- */
enum { DBN_RIDE_NO = 0, DBN_RIDE_BOARDS = 1, DBN_RIDE_FLIES = 2, DBN_RIDE_LANDS = 3 };
/*
 * c is ours: take those along that wait and may ride.  DBN_OK: c is still ours, run
 * in the ordinary way.  Else c is given back: DBN_DONE: answered; DBN_E_BUSY: borrow
 * again; the statement's own error.
 */
dbn_status dbn_ride__lead(dbn_pconn *c, const dbn_borrow *b, dbn_error **err);
/*
 * w has left the line for a seat and woke up; lock held on entry.  true: it is over,
 * the lock is not held and *rc is as of lead, but without a connection; DBN_OK: *out.
 * false: sleep on, until *until.
 */
bool dbn_ride__look(dbn_waiter *w, const dbn_borrow *b, uint64_t *until, dbn_pconn **out,
	dbn_status *rc, dbn_error **err);
/* Settled while it rode. */
dbn_status dbn_ride__result(dbn_waiter *w, dbn_error **err);

/* ---- conn.c, stmts.c ---- */
dbn_status dbn_pconn__stmts_init(dbn_pconn *c, uint32_t keep);
void dbn_pconn__stmts_drop(dbn_pconn *c);
/* Connect a struct that is taken; on failure it stays closed. */
dbn_status dbn_pconn__open(dbn_pconn *c, uint64_t deadline_ns, dbn_error **err);
void dbn_pconn__close(dbn_pconn *c);
void dbn_pconn__hold(dbn_pconn *c, const dbn_borrow *b, uint64_t now);
bool dbn_pconn__ping(dbn_pconn *c, uint64_t deadline_ns);
/* Used so lately that nobody asks whether it lives. */
bool dbn_pconn__fresh(const dbn_pconn *c, uint64_t now);

#endif
