/* SPDX-License-Identifier: MIT */
/*
 * The inside of the SQLite driver.  A connection and all that belongs to it is
 * used by one thread at a time; only sq_cancel() comes from others, and touches
 * nothing but the atomics, the mutex and sqlite3_interrupt().
 *
 * driver.c  entry, settings, dialect       conn.c    open, pin, reset, close
 * guard.c   deadline, cancel, lock waits   access.c  authorizer, the second lock
 * free.c    functions that need no grant   schema.c  names, kinds and keys by version
 * stmt.c    prepare                        exec.c    execute, fetch, buffer
 * bind.c    values in                      cell.c    values out
 * rows.c    buffered rows                  many.c    many executions
 * txn.c     transactions                   error.c   codes to SQLSTATE
 * catalog.c, effects.c, inputs.c           describing relations
 */
#ifndef DRIVER_SQLITE_DRIVER_H
#define DRIVER_SQLITE_DRIVER_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#include <dbnexus/plugin/driver.h>
#include "common/plug.h"
#include "common/relation.h"

#define SQ_SCRATCH_BYTES 64

enum { SQ_JOURNAL_WAL = 0, SQ_JOURNAL_DELETE = 1, SQ_JOURNAL_TRUNCATE = 2 };
enum { SQ_SYNC_FULL = 0, SQ_SYNC_NORMAL = 1, SQ_SYNC_EXTRA = 2 };

typedef struct sq_settings {
	int32_t journal, synchronous;
	uint64_t cache_size, mmap_size, lock_wait_ns;
	uint64_t max_value_bytes, max_sql_bytes;
	int64_t checkpoint_pages, max_params;
} sq_settings;

typedef struct sq_driver {
	const dbn_host *host;
	sq_settings set;
} sq_driver;

/* ---- what a statement touches ---- */
typedef struct sq_touch {
	uint32_t action;            /* DBN_ACT_.. */
	uint32_t hash;
	uint32_t rel, col, inner;   /* offsets into the names; 0: "" */
	uint32_t temp;              /* 1: in the schema "temp" */
} sq_touch;

typedef struct sq_touches {
	sq_touch *v;
	size_t n, cap;
	char *names;                /* NUL-ended, one after the other; the first is "" */
	size_t nnames, cap_names;
	uint32_t flags;             /* SQ_TOUCH_.. */
} sq_touches;
enum {
	SQ_TOUCH_DDL = 1u << 0,     /* something else than rows is changed */
	SQ_TOUCH_WRITES = 1u << 1,
	SQ_TOUCH_NOMEM = 1u << 2,
	SQ_TOUCH_MASTER = 1u << 3,  /* a virtual table was declared on the way */
	SQ_TOUCH_VIRTUAL = 1u << 4, /* a virtual table is among them */
	SQ_TOUCH_VACUUM = 1u << 5
};

/* ---- rows kept by the driver ---- */
typedef struct sq_chunk {
	struct sq_chunk *next;
	size_t size, used;
	/* bytes follow */
} sq_chunk;

typedef struct sq_rows {
	dbn_value *cells;
	size_t ncells, cap, at;     /* at: first cell not handed out yet */
	sq_chunk *chunks;           /* newest first */
	uint64_t bytes;             /* of texts */
} sq_rows;

enum { SQ_CUR_IDLE = 0, SQ_CUR_FIRST = 1, SQ_CUR_LIVE = 2, SQ_CUR_KEPT = 3, SQ_CUR_CUT = 4 };

/* The cursor of a statement: there is one, embedded. */
struct dbn_cursor {
	struct dbn_stmt *stmt;
	uint32_t state, ncols;
	bool cancelled;             /* why it was cut */
	uint64_t bytes_left;        /* of max_bytes; UINT64_MAX: no limit */
	dbn_value *cells;           /* of the row in hand */
	dbn_type *want;             /* per column */
	char (*scratch)[SQ_SCRATCH_BYTES]; /* converted cells; NULL: nothing converts */
	sq_rows rows;
};

struct dbn_stmt {
	struct dbn_cursor cur;
	sqlite3_stmt *q;
	struct dbn_conn *conn;
	struct dbn_stmt *next, **link;
	uint64_t no, deadline_ns;   /* of this execution */
	uint32_t nparams, flags;    /* DBN_PREPARE_.. */
	bool read_only, dml, admin;
	dbn_type *param_types;      /* NULL: as they come */
	char (*param_scratch)[PLUG_TIME_MAX]; /* made when first needed */
	dbn_column_info *columns;
	sq_touches touches;         /* accepted: what a re-prepare may touch */
};

/* ---- schema by version ---- */
typedef struct sq_object {
	uint32_t name, table;       /* offsets into the texts */
	uint32_t kind;              /* SQ_OBJECT_.. */
	uint32_t reserved0;
	int64_t rowid;              /* in sqlite_schema */
} sq_object;
enum { SQ_OBJECT_TABLE = 1, SQ_OBJECT_VIEW, SQ_OBJECT_VIRTUAL, SQ_OBJECT_TRIGGER, SQ_OBJECT_SHADOW };

typedef struct sq_foreign_key {
	uint32_t child, parent, from, to; /* offsets */
} sq_foreign_key;

typedef struct sq_schema {
	int64_t version;
	bool loaded, keys_loaded;
	sq_object *objects;         /* sorted by lower-case name, triggers too */
	size_t nobjects, cap_objects;
	sq_foreign_key *keys;
	size_t nkeys, cap_keys;
	char *texts;
	size_t ntexts, cap_texts;
} sq_schema;

enum { SQ_AUTH_STEP = 0, SQ_AUTH_COLLECT = 1, SQ_AUTH_OWN = 2, SQ_AUTH_ADMIN = 3 };
enum { SQ_STOP_NONE = 0, SQ_STOP_DEADLINE = 1, SQ_STOP_CANCEL = 2, SQ_STOP_LOCK = 3, SQ_STOP_LIMIT = 4 };
enum { SQ_OWN_BEGIN, SQ_OWN_BEGIN_NOW, SQ_OWN_COMMIT, SQ_OWN_ROLLBACK, SQ_OWN_VERSION, SQ_OWN_COUNT };

struct dbn_conn {
	sqlite3 *db;
	const dbn_host *host;
	sq_driver *drv;
	struct dbn_stmt *stmts;     /* all of this connection */
	uint32_t nopen;             /* cursors that hold a running statement */
	bool txn, txn_read_only, read_only, broken, memory;

	/* what runs now: for the handlers */
	struct dbn_stmt *current;
	uint64_t deadline_ns, lock_until_ns;
	uint64_t own_no;            /* statement_no of execute_many() */
	uint32_t stop;              /* SQ_STOP_..: why it was stopped */
	uint32_t auth;              /* SQ_AUTH_.. */
	uint64_t random;            /* jitter */

	_Atomic uint64_t cancel_no; /* asked for by sq_cancel() */
	_Atomic uint64_t running;   /* statement_no << 2 | SQ_RUN_..; 0: none that is alone */
	pthread_mutex_t cancel_mutex;

	sq_touches seen;            /* being collected */
	int32_t refused_code;       /* authorizer code refused at once; 0: none */
	char refused_name[128];
	char require_text[256];     /* of a dbn_require() that failed */
	sq_schema schema;
	sqlite3_stmt *own[SQ_OWN_COUNT];
};

/* ---- conn.c ---- */
dbn_status sq_connect(void *self, const dbn_connect_opts *o, struct dbn_conn **out, dbn_error **err);
void sq_disconnect(struct dbn_conn *c);
dbn_status sq_ping(struct dbn_conn *c, const dbn_call *call, dbn_error **err);
dbn_status sq_reset(struct dbn_conn *c, const dbn_reset_opts *o, dbn_error **err);
void sq_state(struct dbn_conn *c, dbn_conn_state *out);
/* Run text of our own; the authorizer lets it pass. */
int sq_own_exec(struct dbn_conn *c, const char *sql);
/* Prepare a statement of our own; finalize it. */
int sq_own_prepare(struct dbn_conn *c, const char *sql, sqlite3_stmt **out);
int sq_own_step(struct dbn_conn *c, sqlite3_stmt *q);
/* One of the kept ones, run to its end; *value (may be NULL): column 0. */
int sq_own_run(struct dbn_conn *c, uint32_t which, int64_t *value);

/* ---- guard.c ---- */
enum { SQ_RUN_ALONE = 1, SQ_RUN_HIT = 2 };
dbn_status sq_cancel(struct dbn_conn *c, uint64_t no, dbn_error **err);
/* Must what runs now end?  Notes why. */
bool sq_must_stop(struct dbn_conn *c);
/* The same, of a cancel only. */
static inline bool
sq_cancelled(struct dbn_conn *c)
{
	uint64_t no = c->current ? c->current->no : c->own_no;

	if (!no || atomic_load_explicit(&c->cancel_no, memory_order_acquire) != no)
		return false;
	c->stop = SQ_STOP_CANCEL;
	return true;
}
int sq_on_progress(void *conn);
int sq_on_busy(void *conn, int count);
/* Something else begins while rows are open: an interrupt that was meant for
 * them must not reach it. */
void sq_settle(struct dbn_conn *c);
/* Before an operation that has no statement: its deadline. */
static inline void
sq_enter(struct dbn_conn *c, const dbn_call *call)
{
	if (c->nopen)
		sq_settle(c);
	c->deadline_ns = call ? call->deadline_ns : 0;
	c->current = NULL;
	c->own_no = 0;
	c->lock_until_ns = 0;
	c->stop = SQ_STOP_NONE;
}
void sq_wait_interrupt(struct dbn_conn *c);
/* Statement no begins; interrupts may hit it if nothing else is running. */
static inline void
sq_running(struct dbn_conn *c, uint64_t no)
{
	if (no && !c->nopen)
		atomic_store_explicit(&c->running, no << 2 | SQ_RUN_ALONE, memory_order_release);
}
/* It has ended: from here on no interrupt comes for it. */
static inline void
sq_not_running(struct dbn_conn *c)
{
	if (atomic_load_explicit(&c->running, memory_order_relaxed) &&
		(atomic_exchange_explicit(&c->running, 0, memory_order_acq_rel) & SQ_RUN_HIT))
		sq_wait_interrupt(c);
}

/* ---- access.c ---- */
int sq_authorize(void *conn, int code, const char *a, const char *b, const char *db, const char *inner);
void sq_touches_clear(sq_touches *t);
void sq_touches_free(const dbn_host *host, sq_touches *t);
static inline const char *
sq_touch_text(const sq_touches *t, uint32_t offset)
{
	return t->names + offset;
}
/* Is all that was seen foretold?  DBN_E_ACCESS names the first that is not. */
dbn_status sq_access_decide(struct dbn_conn *c, const dbn_prepare_opts *o, dbn_error **err);
/* What was refused at once, or during a step. */
dbn_status sq_access_refused(struct dbn_conn *c, dbn_status status, dbn_error **err);
/* free.c: may anybody call it? */
bool sq_function_is_free(const char *name);

/* ---- schema.c ---- */
/* Read names and kinds if the schema has moved; SQLITE_OK. */
int sq_schema_load(struct dbn_conn *c);
int sq_schema_load_keys(struct dbn_conn *c);
void sq_schema_free(struct dbn_conn *c);
/* A table or view (or a trigger) by name, any case; NULL: none. */
const sq_object *sq_schema_find(const sq_schema *s, dbn_text name, bool trigger);
bool sq_schema_is_key_column(const sq_schema *s, const char *rel, const char *col);
static inline const char *
sq_schema_text(const sq_schema *s, uint32_t offset)
{
	return s->texts + offset;
}

/* ---- stmt.c ---- */
dbn_status sq_prepare(struct dbn_conn *c, dbn_text sql, const dbn_prepare_opts *o,
	struct dbn_stmt **out, dbn_stmt_info *info, dbn_error **err);
void sq_close_stmt(struct dbn_stmt *s);

/* ---- exec.c ---- */
dbn_status sq_execute(struct dbn_stmt *s, const dbn_value *v, size_t nv, const dbn_exec_opts *o,
	dbn_outcome *out, struct dbn_cursor **cur, dbn_error **err);
dbn_status sq_fetch(struct dbn_cursor *cur, uint32_t max_rows, dbn_rowset *out, dbn_error **err);
dbn_status sq_buffer(struct dbn_cursor *cur, uint64_t max_bytes, dbn_error **err);
void sq_close_cursor(struct dbn_cursor *cur);
/* End every running statement: their cursors say so. */
void sq_cut_cursors(struct dbn_conn *c, bool cancelled);
/* Checks before a statement may run. */
dbn_status sq_may_run(struct dbn_stmt *s, dbn_error **err);
static inline uint32_t
sq_txn_state(const struct dbn_conn *c)
{
	if (!c->txn)
		return DBN_TXN_NONE;
	return sqlite3_get_autocommit(c->db) ? DBN_TXN_FAILED : DBN_TXN_OPEN;
}

/* ---- bind.c, cell.c, rows.c ---- */
dbn_status sq_bind(struct dbn_stmt *s, const dbn_value *v, size_t nv, dbn_error **err);
dbn_status sq_read_row(struct dbn_cursor *cur, dbn_error **err);
bool sq_type_converts(dbn_type want);
dbn_status sq_rows_add(struct dbn_cursor *cur, dbn_error **err);
void sq_rows_clear(const dbn_host *host, sq_rows *r);
void sq_rows_free(const dbn_host *host, sq_rows *r);

/* ---- many.c, txn.c ---- */
dbn_status sq_execute_many(struct dbn_conn *c, const dbn_exec_item *items, size_t n,
	const dbn_many_opts *o, dbn_outcome *outs, dbn_error **err);
dbn_status sq_begin(struct dbn_conn *c, const dbn_begin_opts *o, dbn_error **err);
dbn_status sq_end(struct dbn_conn *c, uint32_t how, const dbn_end_opts *o, dbn_error **err);
dbn_status sq_savepoint(struct dbn_conn *c, uint32_t how, uint32_t depth, const dbn_call *call,
	dbn_error **err);

/* ---- error.c ---- */
enum { SQ_PHASE_CONNECT, SQ_PHASE_PREPARE, SQ_PHASE_RUN, SQ_PHASE_COMMIT };
/* What the failed call on c->db meant; rc is its (extended) result. */
dbn_status sq_fail(struct dbn_conn *c, int rc, uint32_t phase, dbn_error **err);

/* ---- catalog.c, effects.c, inputs.c ---- */
/* A relation being described. */
typedef struct sq_description {
	struct dbn_conn *conn;
	const char *name;           /* canonical; tied to the schema */
	const sq_object *object;    /* NULL: sqlite_schema itself */
	plug_relation rel;
} sq_description;
/* Prepare text with the authorizer collecting into conn->seen; not run. */
int sq_probe(struct dbn_conn *c, const char *fmt, ...);
void sq_find_effects(sq_description *d);
void sq_find_inputs(sq_description *d);
dbn_status sq_relation(struct dbn_conn *c, const dbn_name *name, const dbn_call *call,
	dbn_relation_info *out, dbn_error **err);
dbn_status sq_relations(struct dbn_conn *c, const dbn_name *pattern, const dbn_call *call,
	dbn_status (*each)(const dbn_name *, uint32_t kind, void *user), void *user, dbn_error **err);
dbn_status sq_schema_epoch(struct dbn_conn *c, const dbn_call *call, dbn_token *out,
	dbn_error **err);

#endif
