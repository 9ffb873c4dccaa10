/* SPDX-License-Identifier: MIT */
/*
 * What the core does around a driver: the physical connections to one node and
 * the statements prepared on each.  A connection that comes back goes to the
 * oldest who waits for one (queue.c); the common case, a session that comes back
 * for the connection it used last, takes no lock.  Servers are connected to by
 * threads of the set, never by who waits (helper.c); files are opened in place.
 * Locks: set->lock, never held across a call of a driver or of a waiter.
 */
#ifndef DBN_POOL_CONNSET_H
#define DBN_POOL_CONNSET_H

#include <pthread.h>
#include <stdatomic.h>

#include <dbnexus/plugin/driver.h>

#include "base/mem.h"
#include "error/error.h"

typedef struct dbn_connset dbn_connset;
typedef struct dbn_pconn dbn_pconn;
typedef struct dbn_waiter dbn_waiter;

/* ---- time and sleep, where a test puts its own ---- */

/* What a waiting thread sleeps on. */
typedef struct dbn_parker {
	_Atomic uint32_t signal;         /* changes with each waking; zeroed at first */
	uint32_t seen;                   /* what the sleeper has seen of it */
	_Atomic uint32_t *gate;          /* it sleeps there, by its bit; NULL: at signal */
	uint32_t bit;
	void *own;                       /* the environment's */
} dbn_parker;

typedef struct dbn_pool_env {
	uint64_t (*now)(void *user);     /* monotonic */
	uint64_t (*coarse)(void *user);  /* the same, a few milliseconds late and cheap */
	/* Sleep until woken or until_ns: lock is let go meanwhile and held again on
	 * return, as by a condition variable.  lock NULL: while signal is seen, which was
	 * noted under the lock.  Waking without a reason is fine. */
	void (*park)(void *user, pthread_mutex_t *lock, dbn_parker *p, uint64_t until_ns);
	void (*unpark)(void *user, dbn_parker *p); /* under the lock: signal has changed */
	/* The same for all at a gate that have one of the bits, which may be gone already.
	 * Any thread.  NULL: unpark() is called for each. */
	void (*rouse)(void *user, _Atomic uint32_t *gate, uint32_t bits);
	uint64_t (*jitter)(void *user, uint64_t below); /* 0 .. below - 1 */
	void *user;
	bool no_threads;                 /* dbn_connset_work() is called instead */
} dbn_pool_env;
extern const dbn_pool_env dbn_pool_env_real;

/* ---- a set ---- */

/* A part of the connections: of those who have the role. */
typedef struct dbn_share_opts {
	const char *role;                /* kept */
	uint32_t weight, max;            /* max 0: no limit */
} dbn_share_opts;
enum { DBN_SHARING_FIFO = 0, DBN_SHARING_USER = 1, DBN_SHARING_ROLE = 2 };

typedef struct dbn_connset_opts {
	const char *name;                /* "main.nodes[a]": for messages; kept */
	void *driver;                    /* the instance, alive until close */
	const dbn_driver_ops *ops;
	const dbn_driver_async_1 *async; /* or NULL: no reads travel together */
	const dbn_dialect *dialect;
	pthread_mutex_t *serial;         /* held around each call, or NULL */
	const char *url, *server_role;   /* kept */
	uint32_t min, max;               /* connections; with one writer: readers */
	uint32_t statements;             /* kept prepared on each connection */
	bool create;
	bool degraded;                   /* open also where the server is not there yet */
	uint64_t acquire_timeout_ns, idle_timeout_ns, max_lifetime_ns;
	/* 0 or UINT64_MAX: never / none, of all that follow */
	uint64_t connect_timeout_ns;     /* of one attempt; 0: 5 s */
	uint64_t keepalive_ns;           /* ping what was idle so long */
	uint64_t leak_after_ns;          /* warn of what is held so long */
	uint64_t server_timeout_ns;      /* the server's own limit of a statement */
	uint32_t connects;               /* connections being made at once; 0: 2 */
	uint32_t breaker_failures;       /* in a row, that open the breaker; 0: 5 */
	uint64_t breaker_cooldown_ns;    /* until it is tried again; 0: 500 ms */
	uint32_t sharing;                /* DBN_SHARING_.. */
	uint32_t per_user;               /* connections of one user; 0: no limit */
	const dbn_share_opts *shares;    /* the first whose role the borrower has */
	uint32_t nshares;
	const dbn_pool_env *env;         /* kept by value; NULL: the real one */
} dbn_connset_opts;

enum { DBN_WANT_READ = 0, DBN_WANT_WRITE = 1 };

/* Opens the first connection on this thread, so that a wrong URL is an error here;
 * degraded: a server that is not there is only logged. */
dbn_status dbn_connset_open(const dbn_connset_opts *opts, dbn_connset **out, dbn_error **err);
/* Hand out nothing more (who waits is told), and wait until all is back, or until_ns
 * (0: do not wait).  Returns how many are still out.  Any thread. */
uint32_t dbn_connset_drain(dbn_connset *set, uint64_t until_ns);
/* Cancel what runs on connections that are still out.  After drain; any thread. */
void dbn_connset_cancel_all(dbn_connset *set);
/* Waits for borrowed connections to come back, without a limit. */
void dbn_connset_close(dbn_connset *set);

/* ---- borrowing ---- */

/* Lets dbn_wait_cancel() find a wait.  Zeroed by its owner, who also clears
 * cancelled when a statement begins; alive as long as the set. */
typedef struct dbn_wait_token {
	_Atomic(dbn_connset *) at;       /* the rest is the set's, under its lock */
	dbn_waiter *waiter;
	_Atomic bool cancelled;
} dbn_wait_token;
/* End the wait under way, and one that begins before cancelled is cleared, with
 * DBN_E_CANCELLED.  Any thread; NULL is fine. */
void dbn_wait_cancel(dbn_wait_token *token);

/* What a statement is prepared from; its texts and arrays are borrowed. */
typedef struct dbn_pstmt_recipe {
	uint64_t id;                     /* equal ids: equal everything else; 0: do not keep */
	dbn_text sql;
	dbn_prepare_opts opts;
} dbn_pstmt_recipe;

/*
 * A read that may travel with those of others instead of having a connection of its
 * own; ride.c.  Zeroed but for what is set; the caller's until the borrow is over.
 */
typedef struct dbn_rider {
	const dbn_pstmt_recipe *recipe;  /* borrowed, as the values */
	const dbn_value *values;
	uint32_t nvalues;
	/* Its rows (cur, closed by the caller), on the thread that drives: into memory.
	 * Must not block.  Anything but DBN_OK: it is run by itself. */
	dbn_status (*keep)(dbn_pconn *conn, struct dbn_cursor *cur, void *user);
	void *user;
	uint32_t tries;                  /* the set's own, as the rest */
	uint32_t how;
	dbn_error *why;
} dbn_rider;

/* Who asks, for what, how long.  All borrowed for the call (of a queued one: until it
 * is ready or withdrawn); zero what is not known. */
#define DBN_NO_WAIT UINT64_MAX
typedef struct dbn_borrow {
	uint32_t want;                   /* DBN_WANT_.. */
	uint32_t nroles;
	dbn_pconn *hint;                 /* the one used last, or NULL */
	uint64_t deadline_ns;            /* 0: the set's; DBN_NO_WAIT: only a free one */
	uint64_t now_ns;                 /* 0: the clock is read */
	dbn_rider *rider;                /* it may be answered instead; or NULL */
	uint64_t session;
	uint64_t statement;              /* equal numbers of a session: equal fingerprints */
	dbn_text user, fingerprint;
	const dbn_text *roles;
	const void *place;               /* return address of the caller */
	bool in_txn;
	dbn_wait_token *token;           /* or NULL */
} dbn_borrow;

/*
 * Borrow a connection until dbn_connset_release().  It is open and alive.
 * With a rider DBN_DONE: its answer was kept, or it has none, and there is no
 * connection; or the error of the statement itself.
 * DBN_E_TIMEOUT names who holds what; DBN_E_BUSY with DBN_NO_WAIT; DBN_E_CANCELLED;
 * DBN_E_CONN (also: the breaker of the node is open); DBN_E_INVALID: being closed.
 */
dbn_status dbn_connset_borrow(dbn_connset *set, const dbn_borrow *b, dbn_pconn **out,
	dbn_error **err);
/* The same for the core's own needs. */
dbn_status dbn_connset_acquire(dbn_connset *set, uint32_t want, dbn_pconn *hint,
	uint64_t deadline_ns, dbn_pconn **out, dbn_error **err);
void dbn_connset_release(dbn_pconn *conn);

/*
 * The same without a thread that sleeps, in the same line.  DBN_OK: *out is borrowed
 * now; DBN_E_BUSY (err stays NULL): w is queued, and ready(w, user) comes once, from
 * whichever thread gives it, under no lock, and must not block: w->given, or NULL and
 * w->rc.  w is the caller's memory until then, or until dbn_connset_withdraw()
 * returns true.  Deadlines are the caller's own: withdraw, then
 * dbn_connset_timed_out().  Before it is used the connection is made ready, where
 * blocking is allowed; dbn_pconn_is_ready() says when that does nothing.
 */
dbn_status dbn_connset_borrow_async(dbn_connset *set, const dbn_borrow *b, dbn_waiter *w,
	void (*ready)(dbn_waiter *w, void *user), void *user, dbn_pconn **out, dbn_error **err);
/* true: it was still queued and is no more; ready() will not come. */
bool dbn_connset_withdraw(dbn_connset *set, dbn_waiter *w);
/* The errors of a wait that ended without one: by w->rc, and in time. */
dbn_status dbn_connset_refused(dbn_connset *set, dbn_status rc, dbn_error **err);
dbn_status dbn_connset_timed_out(dbn_connset *set, uint64_t waited_ns, dbn_error **err);
/* Open, and ask it whether it lives where it lay idle.  A failure gives it back. */
dbn_status dbn_pconn_ready(dbn_pconn *c, uint64_t deadline_ns, dbn_error **err);
bool dbn_pconn_is_ready(const dbn_pconn *c);

typedef struct dbn_leaf dbn_leaf;
struct dbn_waiter {
	dbn_waiter *next, *prev;
	dbn_leaf *leaf;
	uint64_t ticket, since_ns;
	uint32_t want;
	bool queued, in_txn;
	dbn_status rc;                   /* why it got none: CANCELLED, INVALID, CONN */
	dbn_pconn *given;
	dbn_parker parker;
	void (*ready)(dbn_waiter *w, void *user);
	void *user;
	dbn_wait_token *token;
	dbn_rider *rider;                /* or NULL; the rest is ride.c's */
	struct dbn_ride *ride;
	uint32_t riding, seat;
	bool leaving, drives;
	uint64_t session;                /* for reports */
	char who[48];
};

/* ---- housekeeping and reports ---- */

/* Close what is too old, ping what was idle long, warn of what is held long, ask for
 * what is missing.  Returns when to come again. */
uint64_t dbn_connset_maintain(dbn_connset *set, uint64_t now_ns);
/* no_threads: do what a helper would do next.  false: nothing to do now. */
bool dbn_connset_work(dbn_connset *set);

typedef struct dbn_connset_counts {
	uint64_t opened, closed, waits, timeouts; /* since the set was opened */
	uint64_t groups, grouped;        /* of waiting reads, and how many went with them */
	uint64_t connect_failures, reset_failures, leaks;
	uint32_t open, busy, waiting, max;        /* now */
	uint32_t connecting, breaker;             /* breaker: DBN_BREAKER_.. */
} dbn_connset_counts;
void dbn_connset_count(dbn_connset *set, dbn_connset_counts *out);
const char *dbn_connset_name(const dbn_connset *set);

/* One thing a report is made of; texts are good for the call. */
enum { DBN_REPORT_CONNECTION = 1, DBN_REPORT_WAITER = 2, DBN_REPORT_SHARE = 3 };
typedef struct dbn_report_item {
	uint32_t what;
	const char *state;               /* "idle", "busy", "connecting"; "waiting" */
	const char *user, *fingerprint, *place;
	uint64_t session, age_ns;        /* of the state */
	uint64_t life_ns;                /* of the connection */
	uint64_t grants;                 /* share: connections handed over from its line */
	uint32_t weight, max, in_use, waiting, statements;
	bool writer, in_txn;
} dbn_report_item;
void dbn_connset_report(dbn_connset *set,
	void (*each)(const dbn_report_item *item, void *user), void *user);

/* ---- a borrowed connection: one thread at a time ---- */

struct dbn_pstmt {
	struct dbn_stmt *stmt;
	dbn_stmt_info info;
	uint64_t id;
	struct dbn_pstmt *chain, *newer, *older; /* bucket; order of use */
	bool in_use;
	bool preparing;                  /* the server has not answered yet */
	bool spoiled;                    /* preparing it failed: it is no statement */
	uint32_t uses;                   /* executions that are under way in groups */
};

/* Who has it: copies, so that any thread may read them under the lock. */
typedef struct dbn_holding {
	pthread_mutex_t lock;
	uint64_t session, statement;
	const void *place;
	char user[64], fingerprint[160];
} dbn_holding;

struct dbn_pconn {
	struct dbn_conn *conn;
	dbn_connset *set;
	const dbn_driver_ops *ops;
	pthread_mutex_t *serial;         /* the set's */
	_Atomic uint64_t statement_no;   /* of the last execution: moves by one; see dbn_pconn_next_no() */
	bool writer, discard;            /* discard: close on release */
	bool dirty;                      /* reset before the next borrower */
	bool reset_full;
	const char *assumed;             /* role of the server taken on; NULL: the login's own */
	_Atomic uint32_t state;          /* free, taken */
	_Atomic uint64_t made_ns, released_ns, alive_ns; /* opened, last used, last asked */
	uint64_t expires_ns;
	uint64_t server_epoch;           /* when it was opened */
	/* prepared statements, a hash table by id with order of use */
	struct dbn_pstmt **buckets;
	struct dbn_pstmt *newest, *oldest;
	_Atomic uint32_t nstmts;
	uint32_t nbuckets;
	dbn_pconn *next;                 /* in the set */
	dbn_pconn *next_ask;             /* among those a helper shall ask whether they live */
	/* Held by a canceller across the driver's cancel(), which does not wait for
	 * the statement, and by whoever closes conn: so a canceller from another
	 * thread never meets a closed connection.  The struct lives as long as the
	 * set, so that pointer may be looked at without any lock. */
	pthread_mutex_t cancel_lock;
	_Atomic uint64_t taken_ns;
	_Atomic bool in_txn;
	_Atomic bool is_open, warned;    /* warned of: a leak */
	dbn_leaf *leaf;                  /* whose account it is on */
	struct dbn_ride *ride;           /* made when first wanted */
	dbn_holding held;
};

/* The number of the next execution. */
static inline uint64_t
dbn_pconn_next_no(dbn_pconn *c)
{
	uint64_t no = atomic_load_explicit(&c->statement_no, memory_order_relaxed) + 1;

	atomic_store_explicit(&c->statement_no, no, memory_order_relaxed);
	return no;
}
/* Say who has it, where dbn_connset_borrow() did not: after ready(). */
void dbn_pconn_hold(dbn_pconn *c, const dbn_borrow *b);
/* What runs on it now, for messages: inside a transaction, each statement. */
void dbn_pconn_note(dbn_pconn *c, uint64_t statement, dbn_text fingerprint, bool in_txn);

/* Find a prepared statement, or NULL. */
static inline struct dbn_pstmt *
dbn_pconn_find(dbn_pconn *c, uint64_t id)
{
	struct dbn_pstmt *s;

	if (c->newest && c->newest->id == id)
		return c->newest->in_use ? NULL : c->newest;
	for (s = c->buckets[id & (c->nbuckets - 1)]; s; s = s->chain)
		if (s->id == id)
			return s->in_use ? NULL : s;
	return NULL;
}

/* The statement prepared last, if it is this one and free: the common case.  NULL:
 * dbn_pconn_prepare() knows more. */
static inline struct dbn_pstmt *
dbn_pconn_reuse(dbn_pconn *c, uint64_t id)
{
	struct dbn_pstmt *s = c->newest;

	if (!s || !id || s->id != id || s->in_use)
		return NULL;
	s->in_use = true;
	return s;
}

/* Find or prepare.  A statement in use is prepared a second time, not kept. */
dbn_status dbn_pconn_prepare(dbn_pconn *c, const dbn_pstmt_recipe *recipe, struct dbn_pstmt **out,
	dbn_error **err);
/* Give back; one that is not kept is closed. */
void dbn_pconn_done(dbn_pconn *c, struct dbn_pstmt *stmt);
/*
 * For groups, which run a statement again before it is done: find it, or begin to
 * prepare it under this tag (*made).  One use, which unuse() ends; use_again() is one
 * more.  spoil(): preparing it failed; it goes with its last use.
 */
dbn_status dbn_pconn_use(dbn_pconn *c, const dbn_driver_async_1 *async, const dbn_pstmt_recipe *recipe,
	uint64_t tag, struct dbn_pstmt **out, bool *made, dbn_error **err);
static inline void
dbn_pconn_use_again(struct dbn_pstmt *s)
{
	s->uses++;
}
void dbn_pconn_unuse(dbn_pconn *c, struct dbn_pstmt *s);
void dbn_pconn_spoil(dbn_pconn *c, struct dbn_pstmt *s);
static inline bool
dbn_pconn_spoiled(const struct dbn_pstmt *s)
{
	return s->spoiled;
}
/* Forget one (schema change) or all. */
void dbn_pconn_forget(dbn_pconn *c, uint64_t id);
void dbn_pconn_forget_all(dbn_pconn *c);

/* Take on a role of the server, if it is not the one taken on last; role lives as long
 * as the set.  Where that fails, nobody knows under which role the connection is: it
 * is closed when it comes back. */
dbn_status dbn_pconn_assume(dbn_pconn *c, const char *role, uint64_t deadline_ns, dbn_error **err);

/* Every call into a driver goes through this pair: SERIAL drivers are locked. */
static inline void
dbn_pconn_enter(dbn_pconn *c)
{
	if (c->serial)
		(void)pthread_mutex_lock(c->serial);
}
static inline void
dbn_pconn_leave(dbn_pconn *c)
{
	if (c->serial)
		(void)pthread_mutex_unlock(c->serial);
}

/* Cancel what runs on it; any thread, harmless when nothing does. */
void dbn_pconn_cancel(dbn_pconn *c, uint64_t statement_no);

#endif
