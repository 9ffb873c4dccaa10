/* SPDX-License-Identifier: MIT */
/*
 * What the core does around a driver: the physical connections to one node and
 * the statements prepared on each.  A set hands out connections in fair order;
 * the common case, a session that comes back for the connection it used last,
 * takes no lock.  Locks: set->lock, never held across a driver call.
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

typedef struct dbn_connset_opts {
	const char *name;                /* "main.nodes[a]": for messages; kept */
	void *driver;                    /* the instance, alive until close */
	const dbn_driver_ops *ops;
	const dbn_dialect *dialect;
	pthread_mutex_t *serial;         /* held around each call, or NULL */
	const char *url, *server_role;   /* kept */
	uint32_t min, max;               /* connections; with one writer: readers */
	uint32_t statements;             /* kept prepared on each connection */
	bool create;
	uint64_t acquire_timeout_ns, idle_timeout_ns, max_lifetime_ns;
} dbn_connset_opts;

enum { DBN_WANT_READ = 0, DBN_WANT_WRITE = 1 };

/* Opens the first connection, so that a wrong URL is an error here. */
dbn_status dbn_connset_open(const dbn_connset_opts *opts, dbn_connset **out, dbn_error **err);
/* Waits for borrowed connections to come back. */
void dbn_connset_close(dbn_connset *set);

/*
 * Borrow a connection until dbn_connset_release().  hint: the one used last, or
 * NULL.  deadline_ns 0: the set's acquire timeout; DBN_NO_WAIT: only a free one.
 * DBN_E_TIMEOUT names who holds what; DBN_E_BUSY with DBN_NO_WAIT; DBN_E_CONN.
 */
#define DBN_NO_WAIT UINT64_MAX
dbn_status dbn_connset_acquire(dbn_connset *set, uint32_t want, dbn_pconn *hint,
	uint64_t deadline_ns, dbn_pconn **out, dbn_error **err);
void dbn_connset_release(dbn_pconn *conn);
/* Close what is idle too long or too old.  Returns when to come again. */
uint64_t dbn_connset_maintain(dbn_connset *set, uint64_t now_ns);
typedef struct dbn_connset_counts {
	uint64_t opened, closed, waits, timeouts; /* since the set was opened */
	uint32_t open, busy, waiting, max;        /* now */
} dbn_connset_counts;
void dbn_connset_count(dbn_connset *set, dbn_connset_counts *out);

/* ---- a borrowed connection: one thread at a time ---- */

struct dbn_pstmt {
	struct dbn_stmt *stmt;
	dbn_stmt_info info;
	uint64_t id;
	struct dbn_pstmt *chain, *newer, *older; /* bucket; order of use */
	bool in_use;
};

struct dbn_pconn {
	struct dbn_conn *conn;
	dbn_connset *set;
	const dbn_driver_ops *ops;
	pthread_mutex_t *serial;         /* the set's */
	uint64_t statement_no;           /* of the last execution: moves by one */
	bool writer, discard;            /* discard: close on release */
	bool dirty;                      /* reset before the next borrower */
	bool reset_full, used;
	_Atomic uint32_t state;          /* free, taken */
	uint64_t made_ns, released_ns, expires_ns;
	/* prepared statements, a hash table by id with order of use */
	struct dbn_pstmt **buckets;
	struct dbn_pstmt *newest, *oldest;
	uint32_t nstmts, nbuckets;
	dbn_pconn *next;                 /* in the set */
	/* Held by a canceller across the driver's cancel(), which does not wait for
	 * the statement, and by whoever closes conn: so a canceller from another
	 * thread never meets a closed connection.  The struct lives as long as the
	 * set, so that pointer may be looked at without any lock. */
	pthread_mutex_t cancel_lock;
	_Atomic uint64_t owner, taken_ns; /* session that holds it: for messages */
};

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

/* What a statement is prepared from; its texts and arrays are borrowed. */
typedef struct dbn_pstmt_recipe {
	uint64_t id;                     /* equal ids: equal everything else; 0: do not keep */
	dbn_text sql;
	dbn_prepare_opts opts;
} dbn_pstmt_recipe;

/* Find or prepare.  A statement in use is prepared a second time, not kept. */
dbn_status dbn_pconn_prepare(dbn_pconn *c, const dbn_pstmt_recipe *recipe, struct dbn_pstmt **out,
	dbn_error **err);
/* Give back; one that is not kept is closed. */
void dbn_pconn_done(dbn_pconn *c, struct dbn_pstmt *stmt);
/* Forget one (schema change) or all. */
void dbn_pconn_forget(dbn_pconn *c, uint64_t id);
void dbn_pconn_forget_all(dbn_pconn *c);

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
