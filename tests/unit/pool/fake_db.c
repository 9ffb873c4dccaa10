/* SPDX-License-Identifier: MIT */
/* The driver and the clock of fake_db.h. */
#include <stdlib.h>

#include "base/str.h"
#include "fake_db.h"

struct dbn_stmt {
	struct dbn_conn *conn;
};

static void
step(fake_db *db)
{
	if (db->yield)
		db->yield(db);
}

static dbn_status
fake_connect(void *self, const dbn_connect_opts *o, struct dbn_conn **out, dbn_error **err)
{
	fake_db *db = self;
	struct dbn_conn *c;

	step(db);
	db->last_timeout = o->statement_timeout_ns;
	if (db->connect_takes_ns) {
		uint64_t done = db->now + db->connect_takes_ns;

		db->now = o->call.deadline_ns && o->call.deadline_ns < done ? o->call.deadline_ns : done;
		if (db->now < done) {
			db->failed_connects++;
			return dbn_fail(err, DBN_E_TIMEOUT, "the server does not answer");
		}
	}
	if (db->connect_fails != DBN_OK) {
		dbn_status rc = db->connect_fails;

		db->failed_connects++;
		if (db->connect_fails_times && --db->connect_fails_times == 0)
			db->connect_fails = DBN_OK;
		return dbn_fail(err, rc, "connection refused");
	}
	c = calloc(1, sizeof *c);
	c->db = db;
	(void)pthread_mutex_lock(&db->lock);
	c->id = ++db->connects;
	c->next = db->conns;
	db->conns = c;
	db->live++;
	(void)pthread_mutex_unlock(&db->lock);
	*out = c;
	return DBN_OK;
}

static void
fake_disconnect(struct dbn_conn *c)
{
	fake_db *db = c->db;

	(void)pthread_mutex_lock(&db->lock);
	for (struct dbn_conn **pc = &db->conns; *pc; pc = &(*pc)->next)
		if (*pc == c) {
			*pc = c->next;
			break;
		}
	db->live--;
	db->disconnects++;
	(void)pthread_mutex_unlock(&db->lock);
	free(c);
}

static dbn_status
fake_ping(struct dbn_conn *c, const dbn_call *call, dbn_error **err)
{
	(void)call;
	step(c->db);
	c->db->pings++;
	return c->dead || c->db->ping_fails ? dbn_fail(err, DBN_E_CONN, "gone") : DBN_OK;
}

static dbn_status
fake_reset(struct dbn_conn *c, const dbn_reset_opts *o, dbn_error **err)
{
	step(c->db);
	c->db->resets++;
	c->db->full_resets += o->how == DBN_RESET_FULL;
	if (c->db->reset_fails)
		return dbn_fail(err, DBN_E_CONN, "reset failed");
	c->txn = DBN_TXN_NONE;
	return DBN_OK;
}

static void
fake_state(struct dbn_conn *c, dbn_conn_state *out)
{
	out->txn = c->txn;
	out->broken = c->dead;
	out->server_epoch = c->epoch;
}

static dbn_status
fake_cancel(struct dbn_conn *c, uint64_t no, dbn_error **err)
{
	(void)err;
	c->db->cancels++;
	c->db->last_cancelled = no;
	return DBN_OK;
}

static dbn_status
fake_prepare(struct dbn_conn *c, dbn_text sql, const dbn_prepare_opts *o, struct dbn_stmt **out,
	dbn_stmt_info *info, dbn_error **err)
{
	struct dbn_stmt *s = calloc(1, sizeof *s);

	(void)sql;
	(void)o;
	(void)info;
	(void)err;
	c->db->prepares++;
	s->conn = c;
	*out = s;
	return DBN_OK;
}

static void
fake_close_stmt(struct dbn_stmt *s)
{
	s->conn->db->closes++;
	free(s);
}

const dbn_driver_ops fake_ops = {
	.struct_size = sizeof(dbn_driver_ops),
	.connect = fake_connect,
	.disconnect = fake_disconnect,
	.ping = fake_ping,
	.reset = fake_reset,
	.state = fake_state,
	.cancel = fake_cancel,
	.prepare = fake_prepare,
	.close_stmt = fake_close_stmt,
};

static uint64_t
fake_now(void *user)
{
	return ((fake_db *)user)->now;
}

static void
fake_park(void *user, pthread_mutex_t *lock, dbn_parker *p, uint64_t until)
{
	fake_db *db = user;

	(void)lock;
	(void)p;
	if (db->now < until) /* nobody else is there: time passes */
		db->now = until;
}

static void
fake_unpark(void *user, dbn_parker *p)
{
	(void)user;
	(void)p;
}

static uint64_t
fake_jitter(void *user, uint64_t below)
{
	return below ? ((fake_db *)user)->jitter % below : 0;
}

void
fake_db_init(fake_db *db)
{
	*db = (fake_db){ .now = UINT64_C(1000000000000) };
	db->dialect.struct_size = sizeof db->dialect;
	db->env = (dbn_pool_env){ .now = fake_now, .coarse = fake_now, .park = fake_park,
		.unpark = fake_unpark, .jitter = fake_jitter, .user = db, .no_threads = true };
	(void)pthread_mutex_init(&db->lock, NULL);
}

void
fake_db_fini(fake_db *db)
{
	(void)pthread_mutex_destroy(&db->lock);
}

void
fake_db_kill_all(fake_db *db)
{
	(void)pthread_mutex_lock(&db->lock);
	for (struct dbn_conn *c = db->conns; c; c = c->next)
		c->dead = true;
	(void)pthread_mutex_unlock(&db->lock);
}

dbn_connset_opts
fake_opts(fake_db *db)
{
	return (dbn_connset_opts){ .name = "main", .driver = db, .ops = &fake_ops,
		.dialect = &db->dialect, .url = "fake:", .max = 2, .statements = 4,
		.acquire_timeout_ns = UINT64_C(1000000000), .idle_timeout_ns = UINT64_MAX,
		.max_lifetime_ns = UINT64_MAX, .env = &db->env };
}
