/* SPDX-License-Identifier: MIT */
/*
 * The operations of a driver that does nothing: it connects at once, is always alive
 * and its connections hold no state.  For what is measured without a database; a
 * program adds the operations that it needs.  Any thread; at most 64 connections.
 */
#ifndef BENCH_IDLE_H
#define BENCH_IDLE_H

#include "pool/connset.h"

struct dbn_conn {
	void *driver;                    /* what the set was opened with */
};

dbn_status idle_connect(void *driver, const dbn_connect_opts *o, struct dbn_conn **out, dbn_error **err);
void idle_disconnect(struct dbn_conn *c);
dbn_status idle_ping(struct dbn_conn *c, const dbn_call *call, dbn_error **err);
void idle_state(struct dbn_conn *c, dbn_conn_state *out);

#define IDLE_OPS .struct_size = (uint32_t)sizeof(dbn_driver_ops), .connect = idle_connect, \
	.disconnect = idle_disconnect, .ping = idle_ping, .state = idle_state

#endif
