/* SPDX-License-Identifier: MIT */
/*
 * A statement whose connection was lost is run again on another one, where that
 * cannot do anything twice: it reads and calls nothing that may write, or it
 * provably never left.  Never in a transaction, never past the deadline, never
 * once it was cancelled.
 */
#include "base/clock.h"
#include "base/log.h"
#include "session/session_impl.h"

static bool
harmless(const dbn_rows *r)
{
	const dbn_plan *p = r->plan;

	if (p->kind == DBN_STMT_ADMIN)
		return false;
	if (p->read_only && !p->calls) /* what a policy grants may do anything */
		return true;
	/* other processes have been told of a write: they are told of its end, too */
	return r->outcome.sent == DBN_SENT_NO &&
		!(r->s->pool->cache && dbn_cache_shared(r->s->pool->cache));
}

/* The connection it was lost on must not come back. */
static void
judge(dbn_pconn *c)
{
	dbn_conn_state st = { .struct_size = sizeof st };

	dbn_pconn_enter(c);
	c->ops->state(c->conn, &st);
	dbn_pconn_leave(c);
	c->discard |= st.broken != 0;
	c->dirty |= st.txn != DBN_TXN_NONE;
}

bool
dbn_session__retry(dbn_rows *r, dbn_status rc, unsigned attempt, dbn_error **why)
{
	const dbn_conf_pool *conf = &r->db->conf->nodes[r->node].pool;
	uint64_t pause = conf->retry_pause, now = dbn_now_ns();
	dbn_session *s = r->s;

	if (rc != DBN_E_CONN || !r->conn || s->in_txn || attempt >= (unsigned)conf->retries ||
		!harmless(r) || dbn_session__cancelled(s))
		return false;
	for (unsigned i = 0; i < attempt && pause < UINT64_C(1000000000); i++)
		pause *= 2;
	if (r->deadline_ns && (now >= r->deadline_ns || pause >= r->deadline_ns - now))
		return false;
	judge(r->conn);
	dbn_log(DBN_LOG_INFO, "a connection to \"%s\" was lost (%s): the statement is run again",
		dbn_connset_name(r->conn->set), dbn_error_message(*why));
	if (r->audit_op) /* an intent is recorded: so is its end */
		(void)dbn_session__audit_end(r, rc, *why, NULL);
	dbn_session__let_go(r, why);
	dbn_sleep_ns(pause);
	return true;
}
