/* SPDX-License-Identifier: MIT */
/*
 * A driver that does nothing: see idle.h.  Its connections are handed out in turn
 * and never given back.
 */
#include "idle.h"

#define CONNECTIONS 64

static struct dbn_conn conns[CONNECTIONS];
static _Atomic uint32_t nconns;

dbn_status
idle_connect(void *driver, const dbn_connect_opts *o, struct dbn_conn **out, dbn_error **err)
{
	struct dbn_conn *c = &conns[atomic_fetch_add(&nconns, 1) % CONNECTIONS];

	(void)o;
	(void)err;
	c->driver = driver;
	*out = c;
	return DBN_OK;
}

void
idle_disconnect(struct dbn_conn *c)
{
	(void)c;
}

dbn_status
idle_ping(struct dbn_conn *c, const dbn_call *call, dbn_error **err)
{
	(void)c;
	(void)call;
	(void)err;
	return DBN_OK;
}

void
idle_state(struct dbn_conn *c, dbn_conn_state *out)
{
	(void)c;
	(void)out;
}
