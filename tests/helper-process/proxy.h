/* SPDX-License-Identifier: MIT */
/*
 * A driver plugin that holds nothing of a database: every operation is a message
 * to a helper process, one per connection, which loads the real driver.
 */
#ifndef TESTS_HELPER_PROXY_H
#define TESTS_HELPER_PROXY_H

#include <pthread.h>
#include <sys/types.h>

#include "common/plug.h"
#include "helper-process/wire.h"

typedef struct proxy {
	const dbn_host *host;
	const char *helper, *plugin, *options;
	char schema[64], version[64];
	dbn_dialect dialect;
} proxy;

struct dbn_conn {
	const dbn_host *host;
	pid_t pid;
	int data, control;
	bool dead;
	dbn_conn_state state;
	wire out, in;
	struct dbn_stmt *stmts;
	pthread_mutex_t mutex;      /* of control: cancel() comes from any thread */
};

struct dbn_cursor {
	struct dbn_stmt *stmt;
	wire rows;                  /* the block in hand: cells point into it */
	dbn_value *cells;
	size_t cap;
	bool open;
};

struct dbn_stmt {
	struct dbn_cursor cur;
	struct dbn_conn *conn;
	struct dbn_stmt *next, **link;
	uint32_t id;
	wire texts;                 /* of the column names */
	dbn_column_info *columns;
};

/* spawn.c */
dbn_status proxy_spawn(const proxy *p, struct dbn_conn **out, dbn_error **err);
void proxy_reap(struct dbn_conn *c);
/* Begin a message; then put_.. into c->out. */
wire *proxy_message(struct dbn_conn *c);
void proxy_put_call(struct dbn_conn *c, const dbn_call *call);
/* Send it and wait for the answer, which is then in c->in. */
dbn_status proxy_ask(struct dbn_conn *c, uint32_t op, dbn_error **err);
dbn_status proxy_get_error(struct dbn_conn *c, wire *w, dbn_status status, dbn_error **err);

/* catalog.c */
dbn_status proxy_relation(struct dbn_conn *c, const dbn_name *name, const dbn_call *call,
	dbn_relation_info *out, dbn_error **err);
dbn_status proxy_relations(struct dbn_conn *c, const dbn_name *pattern, const dbn_call *call,
	dbn_status (*each)(const dbn_name *, uint32_t kind, void *user), void *user, dbn_error **err);

/* "test.helper.pid/1": whom a test may kill */
#define PROXY_PID_1 "test.helper.pid/1"
typedef struct proxy_pid_1 {
	uint32_t struct_size, reserved0;
	pid_t (*pid)(struct dbn_conn *);
} proxy_pid_1;

#endif
