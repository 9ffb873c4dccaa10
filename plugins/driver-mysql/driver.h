/* SPDX-License-Identifier: MIT */
/*
 * The inside of the MySQL driver.  A connection and all that belongs to it is
 * used by one thread at a time; only my_cancel() comes from others, and touches
 * nothing but the atomics, the mutex, what a connection is made of, and a second
 * connection of its own.
 *
 * driver.c  entry, settings, dialect       url.c     what a url says
 * lib.c     the client library             link.c    one connection: open, wait, ask
 * conn.c    pin, check, reset, close       guard.c   deadline, cancel, late kills
 * words.c   the first word of a statement  stmt.c    prepare
 * exec.c    execute, fetch, buffer         bind.c    values in
 * cell.c    values out                     rows.c    rows kept
 * warn.c    values changed on the way in   many.c    many executions
 * array.c   arrays of parameters           keyed.c   and the keys of their rows
 * txn.c     transactions                   xa.c      two-phase commit
 * error.c   codes to SQLSTATE
 * catalog.c, columns.c, effects.c          describing relations
 * position.c  where a replica is
 */
#ifndef DRIVER_MYSQL_DRIVER_H
#define DRIVER_MYSQL_DRIVER_H

#include <pthread.h>
#include <stdatomic.h>

#include <dbnexus/plugin/driver.h>
#include "common/plug.h"
#include "common/relation.h"
#include "lib.h"

#define MY_OWN_SCHEMA "main"    /* how the connection's own database is called */
#define MY_NAME_MAX 64          /* characters of an identifier */

enum { MY_SERVER_MARIADB = 0, MY_SERVER_MYSQL = 1 };
typedef struct my_settings {
	const char *password;
	int32_t tls, isolation, tinyint1, server;
	const char *ca, *capath, *cert, *key;
	uint64_t connect_timeout_ns, lock_wait_ns, stop_wait_ns, max_statement_ns;
	uint64_t max_statement, max_packet;
	int64_t max_params;
} my_settings;

typedef struct my_driver {
	const dbn_host *host;
	my_settings set;
} my_driver;

/* ---- url.c ---- */
typedef struct my_url {
	char *user, *host, *database, *socket; /* never NULL; in one block */
	unsigned port;
	bool local;                 /* a socket, or a loopback address */
	void *block;
} my_url;
dbn_status my_url_parse(const dbn_host *host, dbn_text url, my_url *out, dbn_error **err);

/* ---- link.c: one connection of the library ---- */
typedef struct my_link {
	MYSQL *db;
	const dbn_host *host;
	struct dbn_conn *conn;      /* whose statement a deadline stops; NULL: just give up */
	uint64_t deadline_ns;       /* of what is being waited for; 0: none */
	bool stuck;                 /* given up in the middle */
} my_link;
int my_wait(my_link *l, int want);
unsigned my_link_seconds(const my_link *l);
/* Open a handle; on failure its error is in l->db (or nothing: out of memory). */
dbn_status my_link_open(my_link *l, my_driver *d, const my_url *u, const char *database);
void my_link_close(my_link *l);
/* Send text; 0: well. */
int my_link_query(my_link *l, const char *sql, size_t len);

/* ---- rows kept by the driver ---- */
typedef struct my_chunk {
	struct my_chunk *next;
	size_t size, used;
	/* bytes follow */
} my_chunk;

typedef struct my_rows {
	dbn_value *cells;
	size_t ncells, cap, at;     /* at: first cell not handed out yet */
	my_chunk *chunks;           /* newest first */
	uint64_t bytes;             /* of texts */
} my_rows;

enum { MY_CUR_IDLE = 0, MY_CUR_LIVE = 1, MY_CUR_KEPT = 2, MY_CUR_CUT = 3 };

/* What a column is, as the server says. */
enum { MY_COL_INT = 1, MY_COL_UINT, MY_COL_BOOL, MY_COL_FLOAT, MY_COL_DOUBLE, MY_COL_DECIMAL,
	MY_COL_TEXT, MY_COL_BYTES, MY_COL_DATE, MY_COL_TIME, MY_COL_DATETIME, MY_COL_TIMESTAMP,
	MY_COL_BIT, MY_COL_ENUM, MY_COL_JSON, MY_COL_UUID, MY_COL_NULL };

typedef struct my_column {
	dbn_type want;              /* asked for; DBN_NULL: natural */
	dbn_type natural;           /* of kind */
	uint32_t kind;              /* MY_COL_.. */
	uint32_t fast;              /* MY_FAST_..: wanted just as it comes */
	enum enum_field_types type;
	unsigned charset, flags;    /* as the server said */
	union {
		int64_t i64;
		double f64;
		float f32;
		MYSQL_TIME time;
	} u;
	char *buf;                  /* of texts and bytes */
	size_t size;
	unsigned long len;
	my_flag is_null, truncated;
} my_column;

enum { MY_FAST_NO = 0, MY_FAST_INT, MY_FAST_DOUBLE, MY_FAST_TEXT };

/* The cursor of a statement: there is one, embedded. */
struct dbn_cursor {
	struct dbn_stmt *stmt;
	uint32_t state, ncols;
	int pending;                /* a fetch that stands still in the library */
	bool known;                 /* what the columns are */
	bool bound;                 /* the library was told where they go */
	uint64_t bytes_left;        /* of max_bytes; UINT64_MAX: no limit */
	dbn_error *late;            /* what came behind the rows that are kept */
	dbn_status late_status;
	my_column *columns;
	MYSQL_BIND *binds;
	my_rows rows;
};

struct dbn_stmt {
	struct dbn_cursor cur;
	MYSQL_STMT *q;              /* NULL: run as text */
	struct dbn_conn *conn;
	struct dbn_stmt *next, **link;
	uint64_t no, deadline_ns;   /* of this execution */
	uint32_t nparams, flags;    /* DBN_PREPARE_.. */
	uint32_t word;              /* MY_WORD_.. it begins with */
	bool read_only, admin;
	bool stale;                 /* the server has forgotten it */
	bool arrays;                /* the server takes arrays of parameters for it */
	dbn_type *param_types;      /* NULL: as they come */
	dbn_column_info *infos;
	char *sql;
	size_t sql_len;
	void *extra, *names;        /* of columns learnt later */
	/* parameters of one execution */
	MYSQL_BIND *params;
	struct my_param *slots;
	uint64_t bound_mark, binds_mark; /* of what the library was told, and is to be told */
	bool long_sent;
	struct my_array *array;     /* made when first needed */
	MYSQL_STMT *keyed;          /* its twin that returns keys; NULL: none yet */
	bool no_keyed;              /* nor will there be one */
};

enum { MY_STOP_NONE = 0, MY_STOP_DEADLINE = 1, MY_STOP_CANCEL = 2 };

struct dbn_conn {
	my_link link;
	const dbn_host *host;
	my_driver *drv;
	my_url url;
	char *role;                 /* assumed; NULL: the login's own */
	struct dbn_stmt *stmts;     /* all of this connection */
	struct dbn_stmt *live;      /* whose rows are on the wire; NULL: none */
	bool txn, failed, txn_read_only, read_only, broken, mariadb, dirty;
	bool xa;                    /* the transaction is a branch: xid */
	bool snapshot;              /* REPEATABLE READ notices lost updates */
	bool rollback_on_timeout;
	char xid[300];              /* as SQL */
	uint64_t lock_wait_s;       /* as set on the server */
	unsigned long server_id;    /* of this connection, for KILL */
	uint64_t server_start;      /* seconds; 0: not asked yet */
	bool no_innodb_list;        /* of foreign keys: the login may not read it */

	/* what runs now */
	uint64_t grace_ns;          /* not 0: it was told to stop, wait no longer than this */
	uint32_t stop;              /* MY_STOP_.. */
	uint64_t own_no;            /* statement_no of execute_many() */
	bool own_run;               /* what runs may be killed */

	_Atomic uint64_t cancel_no; /* asked for by my_cancel() */
	_Atomic uint64_t running;   /* statement_no << 2 | MY_RUN_.. */
	_Atomic bool killed;        /* a kill was sent that may come late */
	pthread_mutex_t cancel_mutex;
	char position[160];         /* last commit position */
	bool tracks;                /* replies to writes tell it */
};

/* ---- conn.c ---- */
dbn_status my_connect(void *self, const dbn_connect_opts *o, struct dbn_conn **out, dbn_error **err);
void my_disconnect(struct dbn_conn *c);
dbn_status my_ping(struct dbn_conn *c, const dbn_call *call, dbn_error **err);
dbn_status my_reset(struct dbn_conn *c, const dbn_reset_opts *o, dbn_error **err);
void my_state(struct dbn_conn *c, dbn_conn_state *out);
dbn_status my_assume(struct dbn_conn *c, dbn_text role, const dbn_call *call, dbn_error **err);
/* Text of our own that returns nothing. */
dbn_status my_own(struct dbn_conn *c, const char *sql, dbn_error **err);
dbn_status my_own_n(struct dbn_conn *c, const char *sql, size_t len, dbn_error **err);
/* Text of our own with rows, all of them in *out (NULL without rows). */
dbn_status my_own_rows(struct dbn_conn *c, const char *sql, size_t len, MYSQL_RES **out,
	dbn_error **err);
/* An operation without a statement begins. */
dbn_status my_enter(struct dbn_conn *c, const dbn_call *call, dbn_error **err);
static inline uint32_t
my_txn_state(const struct dbn_conn *c)
{
	return !c->txn ? DBN_TXN_NONE : c->failed ? DBN_TXN_FAILED : DBN_TXN_OPEN;
}

/* ---- guard.c ---- */
enum { MY_RUN_ALONE = 1, MY_RUN_HIT = 2 };
dbn_status my_cancel(struct dbn_conn *c, uint64_t no, dbn_error **err);
/* The deadline has passed: tell the server to stop; false: give up. */
bool my_stop_running(struct dbn_conn *c);
/* Statement no begins; kills may hit it. */
static inline void
my_running(struct dbn_conn *c, uint64_t no)
{
	c->grace_ns = 0;
	c->stop = MY_STOP_NONE;
	if (no)
		atomic_store_explicit(&c->running, no << 2 | MY_RUN_ALONE, memory_order_release);
}
void my_settle(struct dbn_conn *c);
/* It has ended: from here on no kill comes for it, and none is left behind. */
static inline void
my_not_running(struct dbn_conn *c)
{
	uint64_t was = atomic_load_explicit(&c->running, memory_order_relaxed);

	if (was)
		was = atomic_exchange_explicit(&c->running, 0, memory_order_acq_rel);
	if ((was & MY_RUN_HIT) || c->stop != MY_STOP_NONE)
		my_settle(c);
}

/* ---- words.c ---- */
enum { MY_WORD_OTHER = 0, MY_WORD_READ, MY_WORD_WITH, MY_WORD_WRITE, MY_WORD_SAFE,
	MY_WORD_TRANSACTION, MY_WORD_CALL, MY_WORD_NONE };
/* What kind of statement begins so. */
uint32_t my_first_word(dbn_text sql);

/* ---- stmt.c ---- */
dbn_status my_prepare(struct dbn_conn *c, dbn_text sql, const dbn_prepare_opts *o,
	struct dbn_stmt **out, dbn_stmt_info *info, dbn_error **err);
void my_close_stmt(struct dbn_stmt *s);
/* The server has forgotten it: it is prepared again when it runs next. */
void my_stmt_forget(struct dbn_stmt *s);
/* What the columns are, now that it has run. */
dbn_status my_learn_columns(struct dbn_stmt *s, dbn_error **err);
/* Make sure that the server knows it. */
dbn_status my_stmt_ready(struct dbn_stmt *s, dbn_error **err);
/* The server is to forget it; NULL: nothing. */
void my_stmt_drop(struct dbn_conn *c, MYSQL_STMT *q);

/* ---- exec.c ---- */
dbn_status my_execute(struct dbn_stmt *s, const dbn_value *v, size_t nv, const dbn_exec_opts *o,
	dbn_outcome *out, struct dbn_cursor **cur, dbn_error **err);
dbn_status my_fetch(struct dbn_cursor *cur, uint32_t max_rows, dbn_rowset *out, dbn_error **err);
dbn_status my_buffer(struct dbn_cursor *cur, uint64_t max_bytes, dbn_error **err);
void my_close_cursor(struct dbn_cursor *cur);
/* Take what is on the wire off it; its cursor says so. */
void my_cut_live(struct dbn_conn *c);
dbn_status my_may_run(struct dbn_stmt *s, dbn_error **err);
void my_fill_outcome(struct dbn_conn *c, dbn_status st, uint32_t sent, dbn_outcome *out);
/* What the server says of the transaction after a statement. */
void my_note_status(struct dbn_conn *c);
/* Did the server only warn that it changed a value on its way in?  n: its warnings. */
dbn_status my_check_warnings(struct dbn_conn *c, unsigned n, dbn_error **err);

/* ---- bind.c ---- */
typedef struct my_param {
	union {
		int64_t i64;
		double f64;
		float f32;
		MYSQL_TIME time;
		char text[40];
	} u;
	unsigned long len;
	my_flag is_null;
} my_param;
#define MY_LONG_DATA ((uint64_t)1 << 20) /* longer values travel in pieces */
dbn_status my_bind(struct dbn_stmt *s, const dbn_value *v, size_t nv, bool *lossy, dbn_error **err);
dbn_status my_bind_send(struct dbn_stmt *s, dbn_error **err);
/* Why a text is not sent, or NULL; *lossy: a column may drop something of it. */
const char *my_text_wrong(const char *t, size_t n, bool *lossy);
/* One value as it is sent: type, and where its bytes are. */
dbn_status my_convert(struct dbn_stmt *s, size_t i, uint64_t row, const dbn_value *v, my_param *p,
	MYSQL_BIND *b, bool *lossy, dbn_error **err);

/* ---- cell.c, rows.c ---- */
/* Is the column what it was? */
static inline bool
my_column_same(const my_column *col, const MYSQL_FIELD *f)
{
	return col->type == f->type && col->charset == f->charsetnr && col->flags == f->flags;
}
void my_column_init(const struct dbn_conn *c, const MYSQL_FIELD *f, my_column *col);
dbn_status my_bind_result(struct dbn_cursor *cur, dbn_error **err);
dbn_status my_read_row(struct dbn_cursor *cur, dbn_error **err);
bool my_rows_more(const dbn_host *host, my_rows *r, size_t need);
/* Room for n bytes, with a NUL behind them. */
static inline char *
my_rows_room(const dbn_host *host, my_rows *r, size_t n)
{
	size_t need = (n + 1 + 7) & ~(size_t)7;
	my_chunk *k = r->chunks;
	char *at;

	if (need < n)
		return NULL;
	if (!k || k->size - k->used < need) {
		if (!my_rows_more(host, r, need))
			return NULL;
		k = r->chunks;
	}
	at = (char *)(k + 1) + k->used;
	k->used += need;
	at[n] = 0;
	return at;
}
void my_rows_clear(const dbn_host *host, my_rows *r);
void my_rows_free(const dbn_host *host, my_rows *r);
bool my_rows_grow(const dbn_host *host, my_rows *r, size_t n);

/* ---- many.c, array.c, keyed.c, txn.c, xa.c ---- */
dbn_status my_execute_many(struct dbn_conn *c, const dbn_exec_item *items, size_t n,
	const dbn_many_opts *o, dbn_outcome *outs, dbn_error **err);
#define MY_ARRAY_ROWS 1024u
void my_array_free(struct dbn_stmt *s);
typedef struct my_array_how {
	bool whole;                 /* all of them or none */
	bool keyed;                 /* by the twin, which is ready */
	int64_t *keys;              /* of each row; NULL: not wanted */
} my_array_how;
dbn_status my_array_run(struct dbn_stmt *s, const dbn_value *v, uint64_t rows, uint64_t first,
	const my_array_how *how, bool *lossy, uint64_t *done, dbn_outcome *out, dbn_error **err);
/* Is there a twin of the statement that returns keys?  Made at the first time. */
dbn_status my_keyed_ready(struct dbn_stmt *s, bool *ready, dbn_error **err);
/* Did it fail because its column is gone?  Then there is none any more. */
bool my_keyed_outdated(struct dbn_stmt *s);
/* The keys that it returned, all of them; *last: the last. */
dbn_status my_keyed_fetch(struct dbn_stmt *s, uint32_t rows, uint32_t phase, int64_t *keys,
	dbn_value *last, dbn_error **err);
void my_keyed_forget(struct dbn_stmt *s);
dbn_status my_begin(struct dbn_conn *c, const dbn_begin_opts *o, dbn_error **err);
dbn_status my_end(struct dbn_conn *c, uint32_t how, const dbn_end_opts *o, dbn_error **err);
dbn_status my_savepoint(struct dbn_conn *c, uint32_t how, uint32_t depth, const dbn_call *call,
	dbn_error **err);
/* Roll back whatever is open. */
dbn_status my_undo(struct dbn_conn *c, dbn_error **err);
dbn_status my_xid(struct dbn_conn *c, dbn_text global_id, char *out, size_t size, dbn_error **err);
dbn_status my_xa_prepare(struct dbn_conn *c, dbn_error **err);
dbn_status my_xa_finish(struct dbn_conn *c, uint32_t how, dbn_text global_id, dbn_error **err);
dbn_status my_list_prepared(struct dbn_conn *c, dbn_text prefix, const dbn_call *call,
	dbn_status (*each)(dbn_text gid, int64_t age_us, void *user), void *user, dbn_error **err);

/* ---- error.c ---- */
enum { MY_PHASE_CONNECT, MY_PHASE_PREPARE, MY_PHASE_RUN, MY_PHASE_COMMIT, MY_PHASE_AUTO };
/* What the last failed call meant: on the statement, or (NULL) on the link. */
dbn_status my_fail(struct dbn_conn *c, MYSQL_STMT *q, uint32_t phase, dbn_error **err);
dbn_status my_fail_state(struct dbn_conn *c, const char *state, const char *text, dbn_error **err);
unsigned my_errno(const struct dbn_conn *c, MYSQL_STMT **q);
/* Did the last error on the link lose the connection? */
bool my_is_lost(unsigned code);

/* ---- catalogue ---- */
/* SQL being put together; grows through the host. */
typedef struct my_text {
	const dbn_host *host;
	char *p;
	size_t n, cap;
	bool nomem;
} my_text;
void my_add(my_text *t, const char *s);
void my_add_n(my_text *t, const char *s, size_t n);
/* As a literal that no setting can misread. */
void my_add_literal(my_text *t, const char *s, size_t n);
void my_add_name(my_text *t, const char *s, size_t n);
void my_text_free(my_text *t);

#define MY_NAME_SIZE (MY_NAME_MAX * 4 + 1)

/* A relation being described. */
typedef struct my_description {
	struct dbn_conn *conn;
	dbn_text schema;            /* on the server */
	bool own;                   /* schema is the connection's own */
	char name[MY_NAME_SIZE];
	uint32_t kind;
	plug_relation rel;          /* own of a column: its expression */
} my_description;
void my_add_effect(my_description *d, uint32_t what, dbn_text schema, dbn_text on, dbn_text by,
	uint32_t actions, uint32_t does);
/* Ask with text, whose memory is freed; rows in *out. */
dbn_status my_ask(struct dbn_conn *c, my_text *t, MYSQL_RES **out, dbn_error **err);
dbn_text my_cell(MYSQL_RES *r, MYSQL_ROW row, unsigned i);
/* The name as the server spells it (MY_NAME_SIZE bytes) and the kind of a relation, which is
 * the described one or stands behind it: a table without transactions marks d->rel.  DBN_DONE:
 * there is none. */
dbn_status my_find_relation(my_description *d, dbn_text schema, dbn_text name, char *canonical,
	uint32_t *kind, dbn_error **err);
dbn_status my_find_columns(my_description *d, dbn_error **err);
dbn_status my_find_effects(my_description *d, dbn_error **err);
dbn_status my_relation(struct dbn_conn *c, const dbn_name *name, const dbn_call *call,
	dbn_relation_info *out, dbn_error **err);
dbn_status my_relations(struct dbn_conn *c, const dbn_name *pattern, const dbn_call *call,
	dbn_status (*each)(const dbn_name *, uint32_t kind, void *user), void *user, dbn_error **err);
dbn_status my_schema_epoch(struct dbn_conn *c, const dbn_call *call, dbn_token *out,
	dbn_error **err);

/* ---- position.c ---- */
#define MY_TRACKS_GTID 100600u /* servers from here on can tell positions */
/* Have the replies from here on tell positions: that costs each write a little, so it
 * is asked for where somebody wants to know. */
dbn_status my_track_position(struct dbn_conn *c, dbn_error **err);
/* Of the last commit; tied to the next call. */
dbn_text my_last_position(struct dbn_conn *c);
const void *my_get_extension(void *self, const char *id);

#endif
