/* SPDX-License-Identifier: MIT */
/*
 * One physical connection: opening, closing, cancelling, asking whether it
 * lives, and who has it.  The connection belongs to whoever has taken it; only
 * cancel and reports come from elsewhere.
 */
#include "base/str.h"
#include "pool/connset.h"
#include "pool/connset_impl.h"

#define FRESH UINT64_C(500000000) /* used since: not asked */

/* The lifetime with up to a tenth less, so that a set does not age in step. */
static uint64_t
expiry(const dbn_pconn *c, uint64_t now)
{
	uint64_t life = c->set->max_lifetime_ns, jitter;

	if (!dbn_timed(life))
		return UINT64_MAX;
	jitter = c->set->env.jitter(c->set->env.user, life / 10 + 1);
	return now > UINT64_MAX - life ? UINT64_MAX : now + life - jitter;
}

dbn_status
dbn_pconn__open(dbn_pconn *c, uint64_t deadline_ns, dbn_error **err)
{
	dbn_connect_opts o = { .call = DBN_CALL_INIT };
	dbn_conn_state st = { .struct_size = sizeof st };
	struct dbn_conn *conn = NULL;
	dbn_status rc;
	uint64_t now;

	o.call.struct_size = (uint32_t)sizeof o;
	o.call.deadline_ns = deadline_ns;
	o.call.label = dbn_text_z(c->set->name);
	o.url = dbn_text_z(c->set->url);
	o.server_role = dbn_text_z(c->set->role);
	o.read_only = c->set->one_writer && !c->writer;
	o.create = c->set->create && !o.read_only;
	o.statement_timeout_ns = c->set->server_timeout_ns;
	dbn_pconn_enter(c);
	rc = c->ops->connect(c->set->driver, &o, &conn, err);
	if (rc == DBN_OK)
		c->ops->state(conn, &st);
	dbn_pconn_leave(c);
	if (rc != DBN_OK)
		return rc;
	(void)pthread_mutex_lock(&c->cancel_lock);
	c->conn = conn;
	(void)pthread_mutex_unlock(&c->cancel_lock);
	now = dbn_connset__now(c->set);
	atomic_store(&c->made_ns, now);
	atomic_store(&c->released_ns, now);
	atomic_store(&c->alive_ns, now);
	atomic_store(&c->is_open, true);
	c->server_epoch = st.server_epoch;
	c->expires_ns = expiry(c, now);
	c->discard = c->dirty = c->reset_full = false;
	c->assumed = NULL;
	return DBN_OK;
}

dbn_status
dbn_pconn_assume(dbn_pconn *c, const char *role, uint64_t deadline_ns, dbn_error **err)
{
	dbn_call call = DBN_CALL_INIT;
	dbn_status rc;

	if (c->assumed == role)
		return DBN_OK;
	call.deadline_ns = deadline_ns;
	dbn_pconn_enter(c);
	rc = c->ops->assume(c->conn, dbn_text_z(role), &call, err);
	dbn_pconn_leave(c);
	if (rc == DBN_OK)
		c->assumed = role;
	else
		c->discard = true;
	return rc;
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
	atomic_store(&c->is_open, false);
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

/* ---- does it live? ---- */

bool
dbn_pconn__fresh(const dbn_pconn *c, uint64_t now)
{
	uint64_t used = atomic_load_explicit(&c->released_ns, memory_order_relaxed);
	uint64_t alive = atomic_load_explicit(&c->alive_ns, memory_order_relaxed);

	if (used < alive)
		used = alive;
	if (c->set->one_writer) /* a file does not go away */
		return true;
	return (used >= now || now - used < FRESH) &&
		used >= atomic_load_explicit(&c->set->suspect_ns, memory_order_relaxed);
}

bool
dbn_pconn__ping(dbn_pconn *c, uint64_t deadline_ns)
{
	dbn_call call = DBN_CALL_INIT;
	dbn_error *err = NULL;
	uint64_t now = dbn_connset__now(c->set);
	dbn_status rc;

	call.deadline_ns = now + c->set->connect_timeout_ns;
	if (deadline_ns < call.deadline_ns)
		call.deadline_ns = deadline_ns;
	dbn_pconn_enter(c);
	rc = c->ops->ping(c->conn, &call, &err);
	dbn_pconn_leave(c);
	dbn_error_free(err);
	if (rc == DBN_OK)
		atomic_store_explicit(&c->alive_ns, dbn_connset__now(c->set), memory_order_relaxed);
	return rc == DBN_OK;
}

/* ---- who has it ---- */

static void
copy(char *to, size_t size, dbn_text from)
{
	size_t n = from.len < size - 1 ? from.len : size - 1;

	/* not through a character: what is shown is shown whole */
	while (n && n < from.len && ((unsigned char)from.ptr[n] & 0xc0) == 0x80)
		n--;
	if (n)
		memcpy(to, from.ptr, n);
	to[n] = '\0';
}

void
dbn_pconn__hold(dbn_pconn *c, const dbn_borrow *b, uint64_t now)
{
	dbn_holding *h = &c->held;

	atomic_store_explicit(&c->taken_ns, now, memory_order_relaxed);
	if (b->in_txn)
		atomic_store_explicit(&c->in_txn, true, memory_order_relaxed);
	if (atomic_load_explicit(&c->warned, memory_order_relaxed))
		atomic_store_explicit(&c->warned, false, memory_order_relaxed);
	/* only its borrower writes these: the same one again copies nothing */
	if (h->session == b->session && h->statement == b->statement && h->place == b->place &&
		b->statement)
		return;
	(void)pthread_mutex_lock(&h->lock);
	h->session = b->session;
	h->statement = b->statement;
	h->place = b->place;
	copy(h->user, sizeof h->user, b->user);
	copy(h->fingerprint, sizeof h->fingerprint, b->fingerprint);
	(void)pthread_mutex_unlock(&h->lock);
}

void
dbn_pconn_hold(dbn_pconn *c, const dbn_borrow *b)
{
	dbn_pconn__hold(c, b, b->now_ns ? b->now_ns : dbn_connset__now(c->set));
}

void
dbn_pconn_note(dbn_pconn *c, uint64_t statement, dbn_text fingerprint, bool in_txn)
{
	dbn_holding *h = &c->held;

	atomic_store_explicit(&c->in_txn, in_txn, memory_order_relaxed);
	if (h->statement == statement && statement)
		return;
	(void)pthread_mutex_lock(&h->lock);
	h->statement = statement;
	copy(h->fingerprint, sizeof h->fingerprint, fingerprint);
	(void)pthread_mutex_unlock(&h->lock);
}
