/* SPDX-License-Identifier: MIT */
/*
 * One physical connection: opening, closing, cancelling.  The connection
 * belongs to whoever has taken it; only cancel comes from elsewhere.
 */
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/str.h"
#include "pool/connset.h"
#include "pool/connset_impl.h"

/* The lifetime with up to a tenth less, so that a set does not age in step. */
static uint64_t
expiry(const dbn_pconn *c, uint64_t now)
{
	uint64_t life = c->set->max_lifetime_ns, jitter;

	if (!life || life == UINT64_MAX)
		return UINT64_MAX;
	jitter = dbn_hash(&now, sizeof now) % (life / 10 + 1);
	return now > UINT64_MAX - life ? UINT64_MAX : now + life - jitter;
}

dbn_status
dbn_pconn__open(dbn_pconn *c, uint64_t deadline_ns, dbn_error **err)
{
	dbn_connect_opts o = { .call = DBN_CALL_INIT };
	struct dbn_conn *conn = NULL;
	dbn_status rc;

	o.call.struct_size = (uint32_t)sizeof o;
	o.call.deadline_ns = deadline_ns;
	o.call.label = dbn_text_z(c->set->name);
	o.url = dbn_text_z(c->set->url);
	o.server_role = dbn_text_z(c->set->role);
	o.read_only = c->set->one_writer && !c->writer;
	o.create = c->set->create && !o.read_only;
	dbn_pconn_enter(c);
	rc = c->ops->connect(c->set->driver, &o, &conn, err);
	dbn_pconn_leave(c);
	if (rc != DBN_OK)
		return rc;
	(void)pthread_mutex_lock(&c->cancel_lock);
	c->conn = conn;
	(void)pthread_mutex_unlock(&c->cancel_lock);
	c->made_ns = c->released_ns = dbn_now_ns();
	c->expires_ns = expiry(c, c->made_ns);
	c->discard = c->dirty = c->reset_full = false;
	return DBN_OK;
}

void
dbn_pconn__close(dbn_pconn *c)
{
	struct dbn_conn *conn;

	(void)pthread_mutex_lock(&c->cancel_lock);
	conn = c->conn;
	c->conn = NULL;
	(void)pthread_mutex_unlock(&c->cancel_lock);
	if (!conn)
		return;
	dbn_pconn_enter(c);
	c->ops->disconnect(conn);
	dbn_pconn_leave(c);
	dbn_pconn__stmts_drop(c);
}

void
dbn_pconn_cancel(dbn_pconn *c, uint64_t statement_no)
{
	dbn_error *err = NULL;

	(void)pthread_mutex_lock(&c->cancel_lock);
	if (c->conn)
		(void)c->ops->cancel(c->conn, statement_no, &err);
	(void)pthread_mutex_unlock(&c->cancel_lock);
	dbn_error_free(err);
}
