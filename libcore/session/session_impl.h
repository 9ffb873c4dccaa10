/* SPDX-License-Identifier: MIT */
/*
 * A session's own structs: for the files of this folder only.  Everything here
 * is one thread's, but for what dbn_session_cancel() reads.
 */
#ifndef DBN_SESSION_IMPL_H
#define DBN_SESSION_IMPL_H

#include <dbnexus/session.h>

#include "async/queue.h"
#include "base/clock.h"
#include "session/stack.h"

#define DBN_SESSION_SLOTS  64            /* plans a session finds without a lock */
#define DBN_SESSION_RECENT 16

/* One statement under way, with or without rows; the first is in the session. */
struct dbn_rows {
	dbn_session *s;
	dbn_plan *plan;                  /* NULL: not in use */
	bool plan_borrowed;              /* from the session's slots; else a reference */
	dbn_database *db;
	dbn_pconn *conn;
	bool borrowed;                   /* conn goes back at the end */
	bool allocated, finished, failed, cached, filling, complete;
	bool answered;                   /* finished, and all rows are in answer */
	struct dbn_kept *answer;         /* of an operation: the next block, or NULL */
	const dbn_column_info *kept_columns; /* where the plan does not know them */
	struct dbn_pstmt *stmt;
	struct dbn_cursor *cur;
	dbn_outcome outcome;
	dbn_rowset set;
	uint32_t at;                     /* next row of set */
	bool kept;                       /* set's cells are in block, no longer the driver's */
	dbn_arena block;
	uint32_t ncols;                  /* the caller sees */
	const dbn_value *cells;          /* this row, or NULL */
	uint64_t started_ns, deadline_ns, nrows, bytes, affected, audit_op, txn;
	int64_t started_us;
	uint32_t shard, node;            /* node: where it runs */
	/* values bound: the user's, then those of the subject */
	dbn_value *argv;
	size_t argv_cap, nargv;
	const uint32_t *expand;          /* values in each list, in scratch; NULL: no lists */
	const dbn_value *sent;           /* as the driver gets them: argv, or a copy in its order */
	size_t nsent;
	dbn_arena scratch;               /* converted values, list text */
	/* the cache */
	dbn_cache_key key;
	dbn_text key_text;               /* in key; of what was looked up */
	dbn_cached hit;
	dbn_value *hit_cells;
	size_t hit_cap;
	uint32_t hit_row;
	dbn_cache_fill fill;
	dbn_ticket ticket;
	dbn_rows *next_open;
	/* under the session's cancel_lock, but of first */
	dbn_rows *next_way, **prev_way;  /* prev_way NULL: not under way */
	dbn_pconn *way_conn;
	uint64_t way_no;
};

struct dbn_session {
	dbn_pool *pool;
	dbn_database *home;              /* of statements that name none: the first */
	/* of a plugin's session, by node of home: connections that no other session gets,
	 * made when first wanted; its owner's.  NULL: the pool's */
	dbn_connset **sets;
	uint64_t id;
	dbn_subject *subject;
	dbn_client client;
	char *client_address, *client_name;
	dbn_identity_in who;             /* a copy, for nothing but its life */
	dbn_arena identity;
	dbn_audit_part audit_who;        /* of the subject, in audit_memory */
	dbn_arena audit_memory;
	dbn_metrics_own counts;
	dbn_clock_pair clock;
	uint64_t plan_until_ns;          /* of the statement that is being planned */
	struct {
		uint64_t hash;
		dbn_plan *plan;
	} slots[DBN_SESSION_SLOTS];
	uint32_t pressure;               /* on the plan cache, when slots were last given up for it */
	/* the same by where the caller keeps its text: saves the hash, not the
	 * comparison of the whole text */
	struct {
		const char *at;
		dbn_plan *plan;          /* borrowed from the slots */
	} recent[DBN_SESSION_RECENT];
	dbn_pconn **hints;               /* by database, node, read or write */
	size_t nhints;

	/* for dbn_session_cancel() */
	_Atomic(dbn_pconn *) running;    /* of first */
	_Atomic uint64_t running_no, running_seq; /* seq: odd while the two are set */
	pthread_mutex_t cancel_lock;
	dbn_rows *under_way;             /* others not at their end, under cancel_lock */
	_Atomic uint32_t stop;           /* for the driver, of what has no number: begin, commit */
	dbn_wait_token wait;             /* for a connection */
	const void *place;               /* where the application called us last */

	/* the transaction */
	bool in_txn, txn_failed, txn_wrote, txn_read_only, txn_ddl;
	bool txn_restricted;             /* a rule hid or masked something in it */
	dbn_txn_opts txn_opts;
	dbn_database *txn_db;            /* NULL: not begun at a database yet */
	uint32_t txn_node, savepoints;
	dbn_pconn *txn_conn;
	uint64_t txn_id;
	dbn_catalog *own;                /* with own uncommitted DDL */
	dbn_arena txn_arena;             /* tags below */
	dbn_text *txn_tags;
	size_t ntxn_tags, txn_tags_cap;
	bool txn_marked;

	dbn_rows first;
	dbn_rows *open;                  /* rows that are not closed */

	/* operations that nobody waits for: see async_impl.h */
	_Atomic uint32_t inflight;
	dbn_queue line;
	dbn_task close_task;
};

/* Set up a struct for dbn_run.rows; what it holds is freed by _fini(). */
void dbn_session__rows_init(dbn_rows *r, dbn_session *s);
void dbn_session__rows_fini(dbn_rows *r);

/* session.c */
/* Closes in place: nothing of the session is under way. */
void dbn_session__close(dbn_session *s);
dbn_status dbn_session__enter(dbn_session *s, dbn_error **err);
/* DBN_E_BUSY while operations are under way that this thread is not part of. */
dbn_status dbn_session__mine(dbn_session *s, dbn_error **err);
/* Resolve the identity again where the policy moved.  What statements under way have
 * bound are copies. */
dbn_status dbn_session__refresh(dbn_session *s, dbn_error **err);
/* sets: see dbn_session; such a session is closed before the pool. */
dbn_status dbn_session__open(dbn_pool *pool, const dbn_identity *who, dbn_database *home,
	dbn_connset **sets, dbn_session **out, dbn_error **err);
/* Where connections to a node come from. */
dbn_status dbn_session__set(dbn_session *s, dbn_database *db, uint32_t node, dbn_connset **set,
	dbn_error **err);
dbn_pconn **dbn_session__hint(dbn_session *s, dbn_database *db, uint32_t node, uint32_t want);

/* Where is the call from?  In functions that the application calls; where one of them
 * calls another, the place is in the library, which says at least what was called. */
#define DBN_SESSION_PLACE(s) \
	do { \
		if (s) \
			(s)->place = __builtin_return_address(0); \
	} while (0)

/* borrow.c */
/* A connection to a node; plan: what for (NULL: a transaction).  The rest of b, but for
 * the identity and the hint, is the caller's. */
dbn_status dbn_session__borrow(dbn_session *s, dbn_database *db, uint32_t node, const dbn_plan *plan,
	dbn_borrow *b, dbn_pconn **out, dbn_error **err);
/* Only who asks and what for. */
void dbn_session__asks(dbn_session *s, const dbn_plan *plan, dbn_borrow *b);
static inline bool
dbn_session__cancelled(const dbn_session *s)
{
	return atomic_load(&s->wait.cancelled);
}
/* A cancel that came before this call is over. */
static inline void
dbn_session__not_cancelled(dbn_session *s)
{
	if (atomic_load_explicit(&s->wait.cancelled, memory_order_relaxed))
		atomic_store(&s->wait.cancelled, false);
	if (atomic_load_explicit(&s->stop, memory_order_relaxed))
		atomic_store(&s->stop, 0);
}

/* planning.c */
/* Sets r->db and r->plan. */
dbn_status dbn_session__plan(dbn_rows *r, dbn_text text, bool fresh, dbn_error **err);
/* The same if the plan is there and needs no look at the catalogue; else false. */
bool dbn_session__plan_ready(dbn_rows *r, dbn_text text);
void dbn_session__forget_plan(dbn_session *s, dbn_plan *plan);
void dbn_session__drop_plans(dbn_session *s);

/* audit.c */
void dbn_session__lay_out_who(dbn_session *s); /* the subject is new or has changed */
void dbn_session__audit_failure(dbn_session *s, dbn_text text, int64_t now_us, const dbn_error *e);
void dbn_session__event(dbn_session *s, const dbn_rows *r, dbn_audit_event *ev);
dbn_status dbn_session__audit_end(dbn_rows *r, dbn_status rc, const dbn_error *e, dbn_error **err);
void dbn_session__audit_txn(dbn_session *s, const char *what, dbn_status rc);
void dbn_session__count(const dbn_rows *r, dbn_status rc);
/* What may run beside the session's own thread counts with the pool. */
static inline void
dbn_session__add(const dbn_rows *r, uint32_t id, int64_t n)
{
	if (r->allocated)
		dbn_metrics_add(r->s->pool->metrics, id, n);
	else
		dbn_metrics_own_add(&r->s->counts, id, n);
}

/* What a run is asked for; text, values and options are the caller's. */
typedef struct dbn_run {
	dbn_text text;
	dbn_args args;
	const dbn_query_opts *opts;      /* or NULL */
	uint32_t how;                    /* DBN_RUN_.. */
	size_t nrows;                    /* of args, for many executions in one go; 0: one */
	int64_t *keys;                   /* many: where generated keys go, or NULL */
	dbn_rows *rows;                  /* a struct of the caller's to run in, or NULL */
} dbn_run;

enum {
	DBN_RUN_KEYS = 1,                /* the generated key is wanted */
	DBN_RUN_OWN = 2,                 /* a struct of its own, never the session's first */
	DBN_RUN_READY = 4,               /* nothing that blocks: DBN_DONE where that needs more */
	DBN_RUN_FRONTED = 8              /* begin_run and front are done, in rows */
};

/*
 * run.c: all of a run, or its parts:
 *   begin_run   plan; refusals are in the trail when it returns, and there is no rows
 *   front       values, cached answer (r->cached: nothing else to do), node
 *   back        = settle_open in a transaction, connect, drive
 *   again       after a failure of front or back: true when it was due to an old schema;
 *               r is dropped then, and the run starts over, once, with fresh
 *   end, finish whatever became of it
 * begin_run, front, again and connect use the session and belong to its thread; drive
 * uses the rows, their connection and, outside transactions, nothing that changes.
 */
dbn_status dbn_session__run(dbn_session *s, const dbn_run *run, dbn_rows **out, dbn_error **err);
dbn_status dbn_session__begin_run(dbn_session *s, const dbn_run *run, bool fresh, dbn_rows **out,
	dbn_error **err);
dbn_status dbn_session__front(dbn_rows *r, const dbn_run *run, dbn_error **err);
/* Sets r->node. */
dbn_status dbn_session__route(dbn_rows *r, const dbn_value *args, dbn_error **err);
void dbn_session__drop_run(dbn_rows *r);

/* drive.c */
dbn_status dbn_session__back(dbn_rows *r, const dbn_run *run, dbn_error **err);
/* ride: it may come back with the answer in place of a connection, DBN_DONE. */
dbn_status dbn_session__connect(dbn_rows *r, bool ride, dbn_error **err);
/* Prepare and execute on r->conn. */
dbn_status dbn_session__drive(dbn_rows *r, const dbn_run *run, dbn_error **err);
void dbn_session__disconnect(dbn_rows *r);
/* From here to dbn_session__over() a cancel reaches it. */
void dbn_session__running(dbn_rows *r, uint64_t statement_no);
void dbn_session__over(dbn_rows *r);

/* end.c */
/* What a rule hides must not come back in the details of an error. */
dbn_status dbn_session__withhold(bool restricted, dbn_status rc, dbn_error **err);
/* Made for a schema that is no more, and worth another try: it is let go. */
bool dbn_session__again(dbn_rows *r, dbn_status rc, dbn_error **why);
/* Give everything back and drop it, as if it had never been begun. */
void dbn_session__let_go(dbn_rows *r, dbn_error **why);

/* retry.c */
/* Lost with its connection, and harmless to try again: it is let go, after a pause.
 * attempt: how often that was done already. */
bool dbn_session__retry(dbn_rows *r, dbn_status rc, unsigned attempt, dbn_error **why);
/* Give back everything and tell audit, cache and metrics, once.  rc: how it went so
 * far.  The struct and its plan stay, for names, until it is dropped. */
dbn_status dbn_session__end(dbn_rows *r, dbn_status rc, dbn_error **err);
/* The same, and drop it. */
dbn_status dbn_session__finish(dbn_rows *r, dbn_status rc, dbn_error **err);

/* args.c: *flat: the values before lists were laid out, for routes */
dbn_status dbn_session__bind(dbn_rows *r, dbn_args args, const dbn_value **flat, dbn_error **err);
dbn_status dbn_session__bind_rows(dbn_rows *r, dbn_args args, size_t nrows, dbn_error **err);

/* cached.c */
void dbn_session__from_cache(dbn_rows *r, const dbn_query_opts *opts);
/* Before a write: a shared cache must neither fill nor answer while it is under way. */
dbn_status dbn_session__mark(dbn_rows *r, dbn_error **err);
void dbn_session__abandon(dbn_rows *r);
void dbn_session__settle_cache(dbn_rows *r, dbn_status rc);

/* exec.c, many.c */
/* The first cell of the first row of rows not yet read, NULL text refused. */
dbn_status dbn_session__first_value(dbn_rows *r, const dbn_out *out, dbn_error **err);
int64_t dbn_session__generated(const dbn_outcome *o);
void dbn_session__give_result(const dbn_rows *r, dbn_result *result);
dbn_status dbn_session__front_many(dbn_rows *r, const dbn_run *run, dbn_error **err);
dbn_status dbn_session__execute_many(dbn_rows *r, const dbn_run *run, dbn_error **err);

/* rows.c */
void dbn_session__link_rows(dbn_rows *r);
void dbn_session__unlink_rows(dbn_rows *r);
/* Before another statement on the transaction's connection. */
dbn_status dbn_session__settle_open(dbn_session *s, dbn_error **err);
/* finish: those that write run to their end, as dbn_rows_close() says. */
void dbn_session__close_open(dbn_session *s, bool finish);

/* txn.c */
dbn_status dbn_session__txn_conn(dbn_session *s, dbn_database *db, uint32_t node,
	const dbn_plan *plan, dbn_pconn **conn, dbn_error **err);
dbn_status dbn_session__txn_note(dbn_session *s, const dbn_plan *plan, dbn_error **err);
void dbn_session__txn_look(dbn_session *s);

#endif
