/* SPDX-License-Identifier: MIT */
/*
 * A throw-away PostgreSQL driver: proof that the driver border carries a server
 * with pipelines.  Everything goes through the asynchronous machine; the blocking
 * operations drive it with poll().  Values travel as text.
 */
#ifndef TESTS_PLUGINS_PG_H
#define TESTS_PLUGINS_PG_H

#include <libpq-fe.h>
#include <pthread.h>

#include <dbnexus/plugin/driver.h>
#include "common/plug.h"

enum { PG_PREPARE = 1, PG_DESCRIBE, PG_EXEC, PG_SYNC };

/* Something sent whose reply has not been taken. */
typedef struct pg_entry {
	struct pg_entry *next;
	uint32_t kind;
	bool done, ready;           /* answered; its group too */
	bool undone, not_run;
	uint64_t tag;
	struct dbn_stmt *stmt;
	PGresult *res;
} pg_entry;

typedef struct pg_driver {
	const dbn_host *host;
} pg_driver;

struct dbn_conn {
	const dbn_host *host;
	PGconn *pg;
	bool connected, broken, wants_write;
	uint32_t connect_events;
	uint64_t names;             /* of prepared statements */
	pg_entry *head, **tail;     /* in order of sending */
	pg_entry *next_reply;       /* first without its reply; NULL: none */
	struct dbn_stmt *stmts;
	pthread_mutex_t mutex;      /* cancel() against submit() and take() */
};

struct dbn_stmt {
	struct dbn_conn *conn;
	struct dbn_stmt *next, **link;
	char name[24];
	PGresult *described;
	dbn_type *want;             /* of result columns; nwant 0: by the server's */
	uint32_t nwant;
	dbn_column_info *columns;
	uint32_t ncolumns, nparams;
	bool read_only;
};

struct dbn_cursor {
	const dbn_host *host;
	struct dbn_stmt *stmt;
	PGresult *res;
	int at;
	dbn_value *cells;
	char (*scratch)[16];
};

/* wire.c: the machine */
dbn_status pg_connect_start(void *self, const dbn_connect_opts *o, struct dbn_conn **out, dbn_error **err);
void pg_disconnect(struct dbn_conn *c);
dbn_status pg_prepare_start(struct dbn_conn *c, dbn_text sql, const dbn_prepare_opts *o,
	struct dbn_stmt **out, uint64_t tag, dbn_error **err);
dbn_status pg_submit(struct dbn_conn *c, const dbn_exec_item *item, uint64_t tag, dbn_error **err);
dbn_status pg_sync(struct dbn_conn *c, uint64_t group, dbn_error **err);
dbn_status pg_advance(struct dbn_conn *c, dbn_io_want *want, dbn_error **err);
dbn_status pg_take(struct dbn_conn *c, uint64_t *tag, dbn_outcome *out, struct dbn_cursor **cur,
	dbn_error **err);
dbn_status pg_stmt_info(struct dbn_stmt *s, dbn_stmt_info *out, dbn_error **err);
dbn_status pg_cancel(struct dbn_conn *c, uint64_t no, dbn_error **err);
void pg_close_stmt(struct dbn_stmt *s);
/* advance() until there is nothing left to wait for */
dbn_status pg_wait(struct dbn_conn *c, const dbn_call *call, dbn_error **err);
dbn_status pg_fail_result(const dbn_host *host, const PGresult *res, dbn_error **err);
uint32_t pg_txn(const struct dbn_conn *c);

/* rows.c: cells */
struct dbn_cursor *pg_cursor_new(struct dbn_stmt *s, PGresult *given);
dbn_status pg_fetch(struct dbn_cursor *cur, uint32_t max_rows, dbn_rowset *out, dbn_error **err);
void pg_close_cursor(struct dbn_cursor *cur);
/* A value as the text that is sent; NULL with *len 0: SQL NULL. */
dbn_status pg_write(const dbn_host *host, const dbn_value *v, char **out, dbn_error **err);
dbn_type pg_type(Oid oid);

#endif
