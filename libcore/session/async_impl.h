/* SPDX-License-Identifier: MIT */
/*
 * Operations that run while their caller does something else: for async*.c of
 * this folder and those above it.  An operation belongs to one thread at a time:
 * to its caller until it is submitted, then to whoever has its turn, then, once
 * its future is done, to the future's owner.
 *
 * Operations of one session follow each other: session->inflight counts those
 * submitted and not done, session->line holds those that wait for their turn.
 * Whoever makes the count leave 0 begins the first, whoever ends one begins the
 * next.  While the count is not 0 the session is theirs.
 */
#ifndef DBN_SESSION_ASYNC_IMPL_H
#define DBN_SESSION_ASYNC_IMPL_H

#include <dbnexus/async.h>

#include "async/future.h"
#include "async/reactor.h"
#include "async/workers.h"
#include "pool/group.h"
#include "session/session_impl.h"

typedef struct dbn_async dbn_async;
typedef struct dbn_job dbn_job;

/* Of a pool; made on first use, freed with it.  Futures keep the pool's memory. */
struct dbn_async {
	uint64_t fork_generation;
	dbn_reactor **reactors;
	uint32_t nreactors;
	dbn_workers *workers;
	dbn_group **groups;              /* by node, then reactor; NULL: none there */
	size_t ngroups;
	bool cache_blocks;               /* asking the cache may block */
	size_t limit;                    /* bytes of operations not done */
	_Atomic size_t bytes;
	_Atomic uint64_t undone;
	_Atomic bool stopping, stopped;
	pthread_mutex_t lock;            /* the two below, and the end */
	pthread_cond_t idle;
	dbn_job *spare;                   /* freed statements, for the next */
	uint32_t nspare;
};

/* What begin() says: see there. */
enum { DBN_JOB_DONE = 1, DBN_JOB_RUN = 2, DBN_JOB_GONE = 3 };

struct dbn_job {
	dbn_future future;               /* first: a future is its operation */
	dbn_task task;                   /* in the line of the session, then a worker's */
	dbn_task cancel_task;            /* a worker's, while it is being stopped */
	dbn_pool *pool;                  /* a reference */
	dbn_async *async;                /* the pool's */
	uint32_t reactor;                /* whose thread it is on, where it is on one */
	dbn_session *s;                  /* NULL: of no session */
	/* What it does, on a worker.  May block. */
	dbn_status (*run)(dbn_job *job, dbn_error **err);
	/* What it does first, when its session is free: on any thread, must not block.
	 * DONE: that was all, rc and why are set; RUN: run() is to come; GONE: it goes
	 * on elsewhere, may be done already, and is ended by dbn_job__end().  NULL: RUN. */
	uint32_t (*begin)(dbn_job *job);
	void (*stop)(dbn_job *job);        /* cancelled while elsewhere; or NULL */
	void (*clear)(dbn_job *job);       /* its results, before it is freed; or NULL */
	dbn_status rc;
	dbn_error *why;
	bool begun;                      /* part of it is done: run() is to come in any case */
	bool statement;                  /* kept for the next when it is freed */
	size_t bytes;                    /* charged */
	dbn_arena arena;                 /* copies of arguments; the answer */
	pthread_mutex_t active_lock;
	bool active;                     /* under it: run() is under way */
};

/* Rows in memory, in blocks as they came. */
typedef struct dbn_kept {
	struct dbn_kept *next;
	uint32_t nrows;
	dbn_value cells[];               /* nrows rows */
} dbn_kept;

enum {
	DBN_ASK_ROWS = 0, DBN_ASK_RESULT = 1, DBN_ASK_INT64 = 2, DBN_ASK_DOUBLE = 3,
	DBN_ASK_TEXT = 4, DBN_ASK_STREAM = 5, DBN_ASK_TAKEN = 6
};
#define DBN_JOB_SMALL 384

/* Reads the rows, which lie in memory, to where the caller wants them.  Must not block. */
typedef dbn_status dbn_job_take(dbn_rows *rows, const void *user, dbn_error **err);

/* A statement, and its answer. */
typedef struct dbn_job_stmt {
	dbn_job job;
	dbn_run what;
	dbn_query_opts opts;
	uint32_t ask;                    /* DBN_ASK_.. */
	bool copied;
	dbn_rows rows;                   /* runs, then gives the answer */
	dbn_rows *stream;                /* DBN_ASK_STREAM: the caller's */
	dbn_job_take *take;              /* DBN_ASK_TAKEN */
	const void *user;                /* of take */
	dbn_member member;               /* of a group */
	_Atomic bool grouped, abandoned;
	dbn_kept **last;                 /* of rows.kept */
	dbn_result result;
	int64_t i64;
	double f64;
	const char *text;
	char small[DBN_JOB_SMALL];        /* of job.arena, before it needs a block */
} dbn_job_stmt;

/* ---- async_pool.c ---- */
/* The pool's, made now if need be.  DBN_E_LIMIT, DBN_E_IO, DBN_E_NOMEM. */
dbn_status dbn_async__of(dbn_pool *p, dbn_async **out, dbn_error **err);
/* At the end of a pool: waits for what is under way, ends the threads; and its
 * memory.  Both harmless where nothing was begun. */
void dbn_async__stop(dbn_pool *p);
void dbn_async__close(dbn_pool *p);
/* An operation has come to its end: one less for stop to wait for. */
void dbn_async__one_done(dbn_async *a);

/* ---- async.c ---- */
/* A zeroed operation of size bytes that begin with a dbn_job; s may be NULL.  A
 * statement may be one used before, whose memory is used again. */
dbn_status dbn_job__new(dbn_pool *p, dbn_session *s, size_t size, dbn_job **out, dbn_error **err);
dbn_status dbn_job__new_statement(dbn_session *s, dbn_job_stmt **out, dbn_error **err);
/* Not submitted after all. */
void dbn_job__drop(dbn_job *job);
/* Submit: *f is the caller's future.  copy: the arguments that are still the
 * caller's are to be copied before it returns, where begin() did not do; may be NULL. */
dbn_status dbn_job__submit(dbn_job *job, dbn_status (*copy)(dbn_job *job, dbn_error **err),
	dbn_future **f, dbn_error **err);
/* What begin() left to others has come to its end, or goes on by run() on a worker.
 * why is given. */
void dbn_job__end(dbn_job *job, dbn_status rc, dbn_error *why);
void dbn_job__work(dbn_job *job, uint32_t class);
/* On whose behalf does this thread call?  NULL: its own. */
dbn_session *dbn_job__acting(void);
dbn_session *dbn_job__act(dbn_session *s); /* returns who it was */

/* The head of each public _async function: *f NULL, session able. */
dbn_status dbn_job__enter(dbn_session *s, dbn_future **f, dbn_error **err);
/* Copy of a NUL-ended text, "" for NULL. */
const char *dbn_job__text(dbn_job *job, const char *text);

/* ---- async_group.c ---- */
dbn_status dbn_async__open_groups(dbn_async *a, dbn_pool *p, dbn_error **err);
void dbn_async__close_groups(dbn_async *a);
/* The group that serves the node its front half has found; NULL: there is none. */
dbn_group *dbn_async__group(const dbn_job *job, const dbn_rows *r);
/* Its front half is done and its values are its own: let it travel. */
void dbn_job__join(dbn_job_stmt *o, dbn_group *g);

/* ---- async_stmt.c ---- */
/* A query whose rows take() reads when it has run, in whatever way it ran.  Text,
 * values, options and the size bytes of user are copied before this returns. */
dbn_status dbn_job__read(dbn_session *s, dbn_text sql, dbn_args args, const dbn_query_opts *opts,
	dbn_job_take *take, const void *user, size_t size, dbn_future **f, dbn_error **err);
void dbn_job__ready_statement(dbn_job_stmt *o);
void dbn_job__clear_statement(dbn_job *job);
void dbn_job__free_statement(dbn_job_stmt *o);
/* Take rows into memory; tell everybody how it went.  One thread at a time. */
dbn_status dbn_job__keep_set(dbn_job_stmt *o, const dbn_rowset *set, dbn_error **err);
dbn_status dbn_job__settle(dbn_job_stmt *o, dbn_status rc, dbn_error **why);
/* What is bound no longer needs the caller's values. */
dbn_status dbn_job__own_values(dbn_job_stmt *o, dbn_error **err);

#endif
