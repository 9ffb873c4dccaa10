/* SPDX-License-Identifier: MIT */
/*
 * The inside of the PostgreSQL driver.  A connection and all that belongs to it
 * is used by one thread at a time; only pg_cancel() comes from others, and
 * touches nothing but what the mutex guards and the cancel key.
 *
 * driver.c  entry, settings, dialect       url.c     URL to parameters, TLS
 * conn.c    connect, reset, ping, state    wire.c    waiting, deadlines, results
 * cancel.c  stop one statement             error.c   results to errors
 * types.c   OIDs to types                  numeric.c decimals in binary
 * bind.c    values in                      cell.c    values out
 * stmt.c    prepare                        text.c    what a text does by its words
 * exec.c    execute                        cursor.c  fetch, buffer
 * queue.c, submit.c, async.c  pipelines    rows.c    memory of a block of rows
 * many.c, arrays.c  many executions
 * epoch.c   has a relation changed?        (describe.h: while one is described)
 * bulk.c    COPY                           position.c  the log, replicas, notify
 * txn.c     transactions                   catalog.c, effects.c  describing relations
 */
#ifndef DRIVER_POSTGRES_DRIVER_H
#define DRIVER_POSTGRES_DRIVER_H

#include <endian.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>

#include <dbnexus/plugin/driver.h>
#include "common/plug.h"

enum { PG_TLS_AUTO, PG_TLS_DISABLE, PG_TLS_PREFER, PG_TLS_REQUIRE, PG_TLS_VERIFY_CA, PG_TLS_VERIFY_FULL };

typedef struct pg_settings {
	int32_t sslmode, row_security;
	const char *search_path, *admin_search_path, *application_name, *ca;
	const char *password, *sslpassword; /* the core wipes them */
	uint64_t statement_timeout_ns, cancel_wait_ns, buffer_bytes;
} pg_settings;

typedef struct pg_driver {
	const dbn_host *host;
	pg_settings set;
	pthread_mutex_t mutex;      /* of what follows */
	struct pg_watch *watches;   /* epoch.c */
} pg_driver;

/* ---- types.c ---- */
typedef enum pg_form { /* how the bytes of a type look */
	PG_BOOL, PG_INT2, PG_INT4, PG_INT8, PG_UINT4, PG_UINT8, PG_FLOAT4, PG_FLOAT8, PG_NUMERIC,
	PG_STRING, PG_CHAR1, PG_BYTEA, PG_DATE, PG_TIME, PG_TIMETZ, PG_TIMESTAMP, PG_TIMESTAMPTZ,
	PG_INTERVAL, PG_UUID, PG_JSON, PG_JSONB, PG_ENUM, PG_VOID, PG_ARRAY, PG_OTHER
} pg_form;

typedef struct pg_type {
	Oid oid;
	uint32_t form;              /* pg_form */
	dbn_type type;              /* what a cell of it becomes */
	Oid element;                /* of an array */
	const char *name;
} pg_type;

typedef struct pg_types {           /* what this connection learnt beyond the built-in ones */
	struct pg_learnt { pg_type t; char name[64]; } **v;
	size_t n, cap;
} pg_types;

const pg_type *pg_type_builtin(Oid oid);
/* The built-in array over a built-in type; NULL: none. */
const pg_type *pg_type_array_of(Oid element);
/* Built in or learnt; NULL: not known yet. */
const pg_type *pg_type_find(const struct dbn_conn *c, Oid oid);
/* Ask the server about those that are not known. */
dbn_status pg_types_learn(struct dbn_conn *c, const Oid *oids, size_t n, dbn_error **err);
#define PG_TYPES_AT_ONCE 64
/* The same in two steps: the question, with its parameter (free()), and the answer,
 * which may leave more to ask for. */
extern const char pg_types_sql[];
char *pg_types_list(const Oid *oids, size_t n);
dbn_status pg_types_take(struct dbn_conn *c, const PGresult *r, Oid *more, size_t *nmore,
	dbn_error **err);
void pg_types_free(struct dbn_conn *c);

/* ---- rows.c ---- */
typedef struct pg_chunk {
	struct pg_chunk *next;
	size_t size, used;
	/* bytes follow */
} pg_chunk;

typedef struct pg_arena {           /* memory of one block of rows */
	const dbn_host *host;
	pg_chunk *chunks;           /* newest first */
} pg_arena;
void *pg_arena_take(pg_arena *a, size_t n);
void pg_arena_clear(pg_arena *a);
void pg_arena_free(pg_arena *a);

#define PG_BLOCK 64                 /* most rows of one block off the wire */
#define PG_HELD 8                   /* most results whose memory a block points into */
enum { PG_CUR_IDLE = 0, PG_CUR_LIVE = 1, PG_CUR_KEPT = 2, PG_CUR_CUT = 3, PG_CUR_DONE = 4 };

struct dbn_cursor {
	struct dbn_stmt *stmt;      /* NULL: it was closed before its cursor */
	struct dbn_conn *conn;
	uint32_t state;
	bool in_txn;
	struct dbn_cursor *next_owned, **link_owned;
	bool owned;                 /* not the one inside its statement: freed when closed */
	dbn_status why;             /* CUT: what fetch() answers from now on */
	dbn_error *error;           /* and its error, once */
	PGresult *next;             /* LIVE: the row that is there already */
	PGresult *held[PG_HELD];    /* what the cells of the block point into */
	uint32_t nheld;
	PGresult **kept;            /* KEPT: results whose rows are still to be given */
	size_t nkept, cap_kept, at_kept;
	int at;                     /* row of kept[at_kept] */
	uint64_t bytes_left;        /* of max_bytes; UINT64_MAX: no limit */
	uint64_t no, deadline_ns;
	dbn_value *cells;
	size_t cap_cells;
	pg_arena arena;
};

/* ---- statements ---- */
typedef struct pg_param {
	const pg_type *type;        /* what the server takes */
	dbn_type want;              /* what the caller promised; DBN_NULL: nothing */
	dbn_type plain;             /* of this type a value is sent as it is; DBN_NULL: none */
} pg_param;

typedef struct pg_column {
	const pg_type *type;
	dbn_type want;              /* DBN_NULL: type->type */
	bool plain;                 /* its own type is wanted */
	bool points;                /* cells may point into the result they came in */
} pg_column;

struct dbn_stmt {
	struct dbn_cursor cur;
	struct dbn_conn *conn;
	struct dbn_stmt *next, **link;
	uint64_t id;                /* "s<id>" on the server */
	char name[24];
	uint32_t nparams, ncols, flags;
	bool read_only, admin, described, on_server, strict; /* strict: cells are what they are */
	uint32_t touches;           /* PG_TOUCH_..: what its text may change */
	pg_param *params;
	pg_column *cols;
	dbn_column_info *columns;
	char *text;                 /* the statement itself */
	char *texts;                /* names of columns */
	dbn_type *want_params, *want_cols; /* given to prepare; until described */
	uint32_t nwant_params, nwant_cols;
	const char **values;        /* of the execution at hand */
	int *lengths, *formats;
	uint8_t (*fixed)[16];
	pg_arena arena;             /* and what is longer */
	struct dbn_stmt *arrays;    /* the same over arrays; NULL: not made (yet) */
	struct dbn_stmt *arrays_of; /* whose arrays this is; NULL: nobody's */
	bool no_arrays, no_copy;
	char *copy;                 /* the same as COPY; NULL: not known (yet), or it is not */
	const Oid *oids;            /* to prepare it with; NULL: the server infers */
};

enum { PG_PHASE_CONNECT, PG_PHASE_PREPARE, PG_PHASE_RUN, PG_PHASE_COMMIT };
enum { PG_STOP_NONE = 0, PG_STOP_DEADLINE = 1, PG_STOP_CANCEL = 2, PG_STOP_LIMIT = 3 };

/* ---- queue.c: what was sent and not taken ---- */
enum { PG_SENT_PREPARE = 1, PG_SENT_EXEC, PG_SENT_OWN, PG_SENT_TYPES, PG_SENT_SYNC };
typedef struct pg_entry {
	struct pg_entry *next;
	struct pg_entry *of;        /* TYPES: the prepare that waits for them */
	struct dbn_stmt *stmt;      /* NULL: closed meanwhile */
	PGresult *res;              /* the first of its results, or the one that failed */
	uint64_t tag, affected;
	uint64_t left;              /* commands that have not answered */
	int64_t *keys;              /* where those of the rows go, or NULL */
	int64_t last_key;           /* 0: none */
	uint64_t rows, at, step;    /* of the item; answered; of each command but the last */
	bool wants_key;
	uint32_t kind, rounds;      /* rounds: of asking for types */
	bool ready, undone, not_run, lost, writes;
} pg_entry;

/* The secret with which a statement is cancelled, and where to say it. */
typedef struct pg_key {
	bool known;
	int32_t pid, secret;
	struct sockaddr_storage addr;
	socklen_t len;
} pg_key;

struct dbn_conn {
	const dbn_host *host;
	pg_driver *drv;
	PGconn *pg;
	bool connected, broken, read_only;
	struct dbn_stmt *stmts;
	struct dbn_cursor *live;    /* rows on the wire; NULL: none */
	uint64_t names;             /* of prepared statements, ever */
	uint64_t *dead;             /* statements of the server nobody needs any more */
	size_t ndead, cap_dead;
	pg_types types;
	struct dbn_cursor *owned;   /* cursors of the asynchronous machine */
	pg_entry *head, **tail;     /* in order of sending; under the mutex */
	pg_entry *next_reply;       /* first without its reply; NULL: none */
	pg_entry *spare;
	uint32_t preparing;         /* prepares and types among them */
	uint32_t events;            /* that connecting waits for */
	bool role_changed, path_changed, listening;
	int utf8;                   /* libpq's number of the encoding */
	struct dbn_bulk *bulk;      /* a load that is open; NULL: none */
	PGnotify *notice;           /* the last that was taken */
	uint8_t position[8];        /* of the last commit that was asked for it */

	/* the operation at hand */
	uint64_t deadline_ns, give_up_ns, again_ns;
	const dbn_call *call;
	uint32_t phase, stop;
	const char *sql;            /* being prepared: what positions count in */

	pthread_mutex_t mutex;      /* the queue and the key, against pg_cancel() */
	/* between the thread that runs a statement and those that cancel it: see cancel.c */
	_Atomic uint64_t running;   /* statement_no * 2, 1 more once all of it has left; 0: none
	                               that may be stopped */
	_Atomic uint64_t asked;     /* to stop: the last statement_no */
	_Atomic bool cancelling;    /* under the mutex: a cancel may be on its way for running */
	_Atomic bool doubt;         /* a cancel may still be on its way */
	pg_key key;

	char *trace;                /* while connecting: where the key will be read from */
	size_t ntrace;
	FILE *trace_file;
};

/* ---- url.c ---- */
typedef struct pg_params {
	const char *keys[64], *vals[64];
	size_t n;
	pg_arena arena;
	bool tls_open;              /* sslmode is not known before the service file is read */
} pg_params;
dbn_status pg_params_make(pg_driver *d, const dbn_connect_opts *o, pg_params *p, dbn_error **err);
void pg_params_set(pg_params *p, const char *key, const char *val);
const char *pg_params_get(const pg_params *p, const char *key);
void pg_params_free(pg_params *p);
/* Does the service file ask for less than what is due, without saying so? */
bool pg_params_tighten(pg_params *p, PGconn *pg);

/* ---- conn.c ---- */
dbn_status pg_connect(void *self, const dbn_connect_opts *o, struct dbn_conn **out, dbn_error **err);
/* Begin; then PQconnectPoll() by pg_connect_step(). */
dbn_status pg_connect_begin(pg_driver *d, const dbn_connect_opts *o, struct dbn_conn **out,
	dbn_error **err);
/* DBN_OK: connected; DBN_E_BUSY: wait for *events (1 read, 2 write), no error made. */
dbn_status pg_connect_step(struct dbn_conn *c, uint32_t *events, dbn_error **err);
void pg_disconnect(struct dbn_conn *c);
dbn_status pg_ping(struct dbn_conn *c, const dbn_call *call, dbn_error **err);
dbn_status pg_reset(struct dbn_conn *c, const dbn_reset_opts *o, dbn_error **err);
void pg_state(struct dbn_conn *c, dbn_conn_state *out);
dbn_status pg_assume(struct dbn_conn *c, dbn_text role, const dbn_call *call, dbn_error **err);
uint32_t pg_txn(const struct dbn_conn *c);
/* Administrative statements run with the search path that the settings give them. */
dbn_status pg_admin_path(struct dbn_conn *c, dbn_error **err);
/* What the driver relies on is still so, as the server reports; else the connection is
 * broken. */
dbn_status pg_check_reported(struct dbn_conn *c, dbn_error **err);
/* The same for what a session can change, once that was right. */
dbn_status pg_check_pinned(struct dbn_conn *c, dbn_error **err);

/* ---- wire.c ---- */
/* Begin an operation: rows on the wire are taken off it first. */
dbn_status pg_enter(struct dbn_conn *c, const dbn_call *call, dbn_error **err);
/* Until PQgetResult() would not block. */
dbn_status pg_await(struct dbn_conn *c, dbn_error **err);
/* The next result; *out NULL: there are no more. */
dbn_status pg_next_result(struct dbn_conn *c, PGresult **out, dbn_error **err);
/* Take everything off the wire; the first error among it is kept in *err. */
dbn_status pg_finish(struct dbn_conn *c, dbn_error **err);
/* One command of our own, to its end.  res may be NULL; else given to the caller. */
dbn_status pg_command(struct dbn_conn *c, const char *sql, PGresult **res, dbn_error **err);
/* The same with text parameters and results in binary. */
dbn_status pg_query(struct dbn_conn *c, const char *sql, int n, const char *const *values,
	PGresult **res, dbn_error **err);
/* Everything that waits to be sent is sent. */
dbn_status pg_push(struct dbn_conn *c, dbn_error **err);
/* advance() until nothing is in flight. */
dbn_status pg_drive(struct dbn_conn *c, dbn_error **err);
/* The connection is gone, or nobody knows. */
dbn_status pg_lost(struct dbn_conn *c, dbn_error **err);
dbn_status pg_too_late(struct dbn_conn *c, dbn_error **err);

/* ---- cancel.c ---- */
void pg_key_trace(struct dbn_conn *c);
void pg_key_learn(struct dbn_conn *c);
/* Statement no begins; it is on its way; it has ended. */
void pg_run_begin(struct dbn_conn *c, uint64_t no);
void pg_run_sent(struct dbn_conn *c);
void pg_run_end(struct dbn_conn *c);
/* Was it asked to stop what runs? */
bool pg_was_cancelled(const struct dbn_conn *c);
dbn_status pg_cancel(struct dbn_conn *c, uint64_t no, dbn_error **err);
/* Ask the server to stop what runs; waits at most until until_ns. */
void pg_stop_server(struct dbn_conn *c, uint64_t until_ns);

/* ---- error.c ---- */
dbn_status pg_fail_result(struct dbn_conn *c, const PGresult *res, dbn_error **err);
dbn_status pg_fail_connect(struct dbn_conn *c, dbn_error **err);
void pg_notice(void *conn, const PGresult *res);
bool pg_is_error(const PGresult *r);
/* Five characters and an error of our own. */
dbn_status pg_fail_state(const dbn_host *h, dbn_error **err, const char *state, const char *hint,
	const char *fmt, ...) DBN_PRINTF(5, 6);

/* ---- text.c ---- */
enum {
	PG_TOUCH_WRITES = 1u << 0,  /* rows, or the schema */
	PG_TOUCH_SESSION = 1u << 1, /* SET, LISTEN, DECLARE ...: what a reset must undo */
	PG_TOUCH_TXN = 1u << 2,     /* BEGIN, COMMIT ...: the session API's business */
	PG_TOUCH_COPY = 1u << 3,
	PG_TOUCH_NOTHING = 1u << 4, /* there is no statement in it */
	PG_TOUCH_OUTSIDE = 1u << 5, /* not within a transaction: VACUUM, CREATE DATABASE ... */
	PG_TOUCH_MORE = 1u << 6     /* a second statement follows */
};
uint32_t pg_text_touches(dbn_text sql);
/* INSERT ... VALUES (...) as INSERT ... SELECT ... FROM unnest($1, $2 ...), which takes
 * an array for each of n parameters; false: it is not of that form. */
bool pg_text_insert_arrays(FILE *out, dbn_text sql, uint32_t n);
/* INSERT INTO r (...) VALUES ($1, $2 ... $n), nothing else, as its relation and as COPY;
 * both free(), also where it is false. */
bool pg_text_insert_copy(dbn_text sql, uint32_t n, char **relation, char **text);

/* ---- stmt.c ---- */
dbn_status pg_prepare(struct dbn_conn *c, dbn_text sql, const dbn_prepare_opts *o,
	struct dbn_stmt **out, dbn_stmt_info *info, dbn_error **err);
void pg_close_stmt(struct dbn_stmt *s);
/* Make the statement; nothing is sent. */
dbn_status pg_stmt_new(struct dbn_conn *c, dbn_text sql, const dbn_prepare_opts *o,
	struct dbn_stmt **out, dbn_error **err);
/* Parse and describe in one trip. */
dbn_status pg_prepare_trip(struct dbn_stmt *s, PGresult **described, dbn_error **err);
/* The server has forgotten it (DISCARD ALL). */
dbn_status pg_stmt_prepare_again(struct dbn_stmt *s, dbn_error **err);
/* Ask about types that are not known, then describe. */
dbn_status pg_stmt_understand(struct dbn_stmt *s, const PGresult *described, dbn_error **err);
/* Lay it out by what the server described; the types are known. */
dbn_status pg_stmt_describe(struct dbn_stmt *s, const PGresult *described, dbn_error **err);
/* OIDs in it that are not known yet. */
size_t pg_stmt_unknown(struct dbn_stmt *s, const PGresult *described, Oid *oids, size_t max);
void pg_stmt_facts(const struct dbn_stmt *s, dbn_stmt_info *info);

/* ---- exec.c ---- */
dbn_status pg_execute(struct dbn_stmt *s, const dbn_value *v, size_t nv, const dbn_exec_opts *o,
	dbn_outcome *out, struct dbn_cursor **cur, dbn_error **err);
void pg_fill_outcome(struct dbn_conn *c, dbn_status st, uint32_t sent, dbn_outcome *out);
uint64_t pg_affected(const PGresult *r);

/* ---- cursor.c ---- */
dbn_status pg_fetch(struct dbn_cursor *cur, uint32_t max_rows, dbn_rowset *out, dbn_error **err);
dbn_status pg_buffer(struct dbn_cursor *cur, uint64_t max_bytes, dbn_error **err);
void pg_close_cursor(struct dbn_cursor *cur);
/* The rows on the wire become kept rows, or are cut; the wire is free afterwards. */
dbn_status pg_settle(struct dbn_conn *c, uint64_t max_bytes, dbn_error **err);
/* Cursors of an ended transaction. */
void pg_cut_cursors(struct dbn_conn *c);
/* A result that fetch() is to read; given also where false (no memory) is returned. */
bool pg_keep_result(struct dbn_cursor *cur, PGresult *given);
void pg_cursor_clear(struct dbn_cursor *cur);
void pg_cursor_free(struct dbn_cursor *cur);

/* ---- queue.c ---- */
/* A member of the queue, counted as one command; NULL: no memory. */
pg_entry *pg_entry_new(struct dbn_conn *c, uint32_t kind, uint64_t tag, struct dbn_stmt *s);
void pg_entry_free(struct dbn_conn *c, pg_entry *e);
void pg_queue_push(struct dbn_conn *c, pg_entry *e);
/* The first, off the queue, once it is ready; or NULL. */
pg_entry *pg_queue_pop(struct dbn_conn *c);
/* Into pipeline mode; DBN_E_BUSY while rows or a load are on the wire. */
dbn_status pg_enter_pipeline(struct dbn_conn *c, dbn_error **err);
/* Out of pipeline mode; DBN_E_BUSY while something is in flight. */
dbn_status pg_leave_pipeline(struct dbn_conn *c, dbn_error **err);
/* Statement s is being closed. */
void pg_forget_stmt(struct dbn_conn *c, struct dbn_stmt *s);
void pg_async_free(struct dbn_conn *c);
/* May no be stopped?  Under the mutex. */
bool pg_is_alone_locked(const struct dbn_conn *c, uint64_t no, bool *there);

/* ---- submit.c ---- */
dbn_status pg_connect_start(void *self, const dbn_connect_opts *o, struct dbn_conn **out,
	dbn_error **err);
dbn_status pg_prepare_start(struct dbn_conn *c, dbn_text sql, const dbn_prepare_opts *o,
	struct dbn_stmt **out, uint64_t tag, dbn_error **err);
dbn_status pg_submit(struct dbn_conn *c, const dbn_exec_item *item, uint64_t tag, dbn_error **err);
dbn_status pg_sync(struct dbn_conn *c, uint64_t group, dbn_error **err);
/* Queue one item as executions of step rows; next() binds each of them. */
dbn_status pg_submit_arrays(struct dbn_conn *c, struct dbn_stmt *s, const dbn_exec_item *item,
	uint64_t step, dbn_status (*next)(struct dbn_stmt *s, uint64_t i, void *user, dbn_error **err), void *user,
	dbn_error **err);
/* Queue a command without parameters; its reply is taken by nobody. */
dbn_status pg_submit_own(struct dbn_conn *c, const char *sql, dbn_error **err);

/* ---- async.c ---- */
dbn_status pg_advance(struct dbn_conn *c, dbn_io_want *want, dbn_error **err);
dbn_status pg_take(struct dbn_conn *c, uint64_t *tag, dbn_outcome *out, struct dbn_cursor **cur,
	dbn_error **err);
dbn_status pg_stmt_info(struct dbn_stmt *s, dbn_stmt_info *out, dbn_error **err);
/* Everything unanswered is answered by the loss. */
void pg_lose_all(struct dbn_conn *c);

/* ---- arrays.c ---- */
/* Can this item be sent as arrays?  Prepares what it takes, once per statement. */
bool pg_arrays_ready(struct dbn_stmt *s, uint64_t nrows);
/* Queue it so. */
dbn_status pg_arrays_submit(struct dbn_conn *c, const dbn_exec_item *item, dbn_error **err);

/* ---- many.c ---- */
dbn_status pg_execute_many(struct dbn_conn *c, const dbn_exec_item *items, size_t n,
	const dbn_many_opts *o, dbn_outcome *outs, dbn_error **err);

/* ---- bind.c, cell.c, numeric.c ---- */
dbn_status pg_bind(struct dbn_stmt *s, const dbn_value *v, size_t nv, dbn_error **err);
/* Does the value keep what was promised at prepare? */
bool pg_keeps_promise(const dbn_value *v, dbn_type want);
/* One value as the bytes of a type; *p NULL: SQL NULL.  fixed: 16 bytes of scratch. */
bool pg_write_value(struct dbn_conn *c, const pg_type *t, const dbn_value *v, uint8_t *fixed,
	pg_arena *a, const char **p, int *len, int *format, const char **why);
/* One row of res into out. */
dbn_status pg_read_row(struct dbn_cursor *cur, const PGresult *res, int row, dbn_value *out,
	dbn_error **err);
/* Decimal digits as numeric; NULL: no memory, *len 0: not a number. */
uint8_t *pg_numeric_write(pg_arena *a, dbn_text digits, size_t *len);
/* And back; NULL: no memory, *len 0: bytes that are no numeric. */
char *pg_numeric_read(pg_arena *a, const uint8_t *p, size_t n, size_t *len, bool *finite);

/* ---- txn.c ---- */
dbn_status pg_begin(struct dbn_conn *c, const dbn_begin_opts *o, dbn_error **err);
dbn_status pg_end(struct dbn_conn *c, uint32_t how, const dbn_end_opts *o, dbn_error **err);
dbn_status pg_savepoint(struct dbn_conn *c, uint32_t how, uint32_t depth, const dbn_call *call,
	dbn_error **err);
dbn_status pg_list_prepared(struct dbn_conn *c, dbn_text prefix, const dbn_call *call,
	dbn_status (*each)(dbn_text gid, int64_t age_us, void *user), void *user, dbn_error **err);

/* ---- bulk.c, position.c ---- */
dbn_status pg_bulk_open(struct dbn_conn *c, const dbn_name *relation, const dbn_text *columns,
	size_t ncolumns, const dbn_call *call, struct dbn_bulk **out, dbn_error **err);
dbn_status pg_bulk_write(struct dbn_bulk *b, const dbn_value *values, size_t nrows, dbn_error **err);
dbn_status pg_bulk_close(struct dbn_bulk *b, uint32_t commit, uint64_t *rows, dbn_error **err);
void pg_bulk_free(struct dbn_bulk *b);
/* Is this INSERT the same as a COPY?  Asks the server, once per statement. */
bool pg_copy_ready(struct dbn_stmt *s);
/* Run it so; *sent: the server has seen rows of it. */
dbn_status pg_copy_rows(const dbn_exec_item *item, uint64_t *affected, bool *sent, dbn_error **err);
/* Where the log is (on a replica: how far it was replayed). */
dbn_status pg_position(struct dbn_conn *c, uint8_t out[8], bool *primary, dbn_error **err);
dbn_status pg_position_now(struct dbn_conn *c, const dbn_call *call, dbn_token *out, dbn_error **err);
dbn_status pg_position_wait(struct dbn_conn *c, const dbn_token *token, const dbn_call *call,
	dbn_error **err);
dbn_status pg_notify_send(struct dbn_conn *c, dbn_text channel, dbn_text payload,
	const dbn_call *call, dbn_error **err);
dbn_status pg_notify_listen(struct dbn_conn *c, dbn_text channel, const dbn_call *call,
	dbn_error **err);
dbn_status pg_notify_take(struct dbn_conn *c, dbn_text *channel, dbn_text *payload, dbn_error **err);

/* ---- catalog.c ---- */
dbn_status pg_relation(struct dbn_conn *c, const dbn_name *name, const dbn_call *call,
	dbn_relation_info *out, dbn_error **err);
dbn_status pg_relations(struct dbn_conn *c, const dbn_name *pattern, const dbn_call *call,
	dbn_status (*each)(const dbn_name *, uint32_t kind, void *user), void *user, dbn_error **err);
/* ---- epoch.c ---- */
dbn_status pg_watch_relation(struct dbn_conn *c, Oid oid, dbn_error **err);
dbn_status pg_watch_absent(struct dbn_conn *c, const dbn_name *name, dbn_error **err);
void pg_watch_free(pg_driver *d);
dbn_status pg_schema_epoch(struct dbn_conn *c, const dbn_call *call, dbn_token *out,
	dbn_error **err);

/* ---- big endian ---- */
static inline uint16_t
pg_get16(const void *p)
{
	const uint8_t *b = (const uint8_t *)p;

	return (uint16_t)(b[0] << 8 | b[1]);
}
static inline uint32_t
pg_get32(const void *p)
{
	uint32_t x;

	memcpy(&x, p, sizeof x);
	return be32toh(x);
}
static inline uint64_t
pg_get64(const void *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof x);
	return be64toh(x);
}
static inline void
pg_put16(void *p, uint16_t x)
{
	((uint8_t *)p)[0] = (uint8_t)(x >> 8);
	((uint8_t *)p)[1] = (uint8_t)x;
}
static inline void
pg_put32(void *p, uint32_t x)
{
	x = htobe32(x);
	memcpy(p, &x, sizeof x);
}
static inline void
pg_put64(void *p, uint64_t x)
{
	x = htobe64(x);
	memcpy(p, &x, sizeof x);
}

/* The values of which type are sent as they are: the eight bytes of a number, or a
 * text?  The most of what is loaded. */
static inline dbn_type
pg_plain_type(const pg_type *t, dbn_type want)
{
	dbn_type type = t->form == PG_INT8 ? DBN_INT64 : t->form == PG_FLOAT8 ? DBN_DOUBLE
		: t->form == PG_STRING ? DBN_TEXT : DBN_NULL;

	return want == type || want == DBN_NULL ? type : (dbn_type)DBN_NULL;
}
/* Its bytes, those of a number at fixed; false: it takes a closer look. */
static inline bool
pg_plain(dbn_type plain, const dbn_value *v, uint8_t *fixed, const char **p, size_t *len)
{
	uint64_t bits;

	if (v->type != plain || plain == DBN_NULL)
		return false;
	if (plain != DBN_TEXT) {
		memcpy(&bits, &v->u, sizeof bits);
		pg_put64(fixed, bits);
		*p = (const char *)fixed;
		*len = 8;
		return true;
	}
	*p = (const char *)v->u.ptr;
	*len = (size_t)plug_value_len(v);
	return *len && *len < INT32_MAX && !memchr(*p, 0, *len);
}
/* One into a cell of a COPY or of an array, its length before it; 0: nothing was
 * written, it does not fit there or takes a closer look. */
static inline size_t
pg_put_cell(uint8_t *at, size_t room, dbn_type plain, const dbn_value *v)
{
	const char *p;
	size_t len;

	if (room < 12 || !pg_plain(plain, v, at + 4, &p, &len) || room - 4 < len)
		return 0;
	pg_put32(at, (uint32_t)len);
	if (p != (const char *)at + 4)
		memcpy(at + 4, p, len);
	return len + 4;
}

#endif
