/* SPDX-License-Identifier: MIT */
/*
 * Connections: made step by step, set up by the start-up packet alone, reset
 * without a round trip where nothing was changed.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "driver.h"

uint32_t
pg_txn(const struct dbn_conn *c)
{
	switch (PQtransactionStatus(c->pg)) {
	case PQTRANS_INTRANS:
		return DBN_TXN_OPEN;
	case PQTRANS_INERROR:
		return DBN_TXN_FAILED;
	default:
		return DBN_TXN_NONE;
	}
}

dbn_status
pg_check_reported(struct dbn_conn *c, dbn_error **err)
{
	static const char *const want[][2] = { { "standard_conforming_strings", "on" },
		{ "client_encoding", "UTF8" }, { "integer_datetimes", "on" } };

	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		const char *is = PQparameterStatus(c->pg, want[i][0]);

		if (!is || strcmp(is, want[i][1]) != 0) {
			c->broken = true;
			return pg_fail_state(c->host, err, "08004", "The driver relies on it: nothing may "
				"change it, neither a statement nor the role's settings.",
				"the connection has %s = %s instead of %s", want[i][0], is ? is : "(nothing)",
				want[i][1]);
		}
	}
	c->utf8 = PQclientEncoding(c->pg);
	return DBN_OK;
}

/*
 * What a session can change of it, without looking for names: libpq keeps both for
 * itself, as the server reports them.  How it would escape a backslash tells whether
 * strings are standard.
 */
static bool
still_pinned(struct dbn_conn *c)
{
	char escaped[3];

	return PQclientEncoding(c->pg) == c->utf8 &&
		PQescapeStringConn(c->pg, escaped, "\\", 1, NULL) == 1;
}

dbn_status
pg_check_pinned(struct dbn_conn *c, dbn_error **err)
{
	return still_pinned(c) ? DBN_OK : pg_check_reported(c, err);
}

static struct dbn_conn *
conn_new(pg_driver *d, const dbn_connect_opts *o)
{
	struct dbn_conn *c = (struct dbn_conn *)plug_zalloc(d->host, 1, sizeof *c);

	if (!c)
		return NULL;
	c->host = d->host;
	c->drv = d;
	c->phase = PG_PHASE_CONNECT;
	c->read_only = o->read_only != 0;
	c->deadline_ns = o->call.deadline_ns;
	(void)pthread_mutex_init(&c->mutex, NULL);
	return c;
}

void
pg_disconnect(struct dbn_conn *c)
{
	const dbn_host *h;

	if (!c)
		return;
	h = c->host;
	c->broken = true; /* nothing is sent any more for what is closed */
	pg_bulk_free(c->bulk);
	while (c->stmts)
		pg_close_stmt(c->stmts);
	PQfreemem(c->notice);
	pg_async_free(c);
	pg_key_learn(c);
	PQfinish(c->pg);
	pg_types_free(c);
	h->release(h, c->dead);
	explicit_bzero(&c->key, sizeof c->key);
	(void)pthread_mutex_destroy(&c->mutex);
	h->release(h, c);
}

static dbn_status
start(struct dbn_conn *c, pg_params *p, dbn_error **err)
{
	PQfinish(c->pg);
	c->pg = PQconnectStartParams(p->keys, p->vals, 0);
	if (!c->pg)
		return plug_nomem(c->host, err);
	return PQstatus(c->pg) == CONNECTION_BAD ? pg_fail_connect(c, err) : DBN_OK;
}

dbn_status
pg_connect_begin(pg_driver *d, const dbn_connect_opts *o, struct dbn_conn **out, dbn_error **err)
{
	pg_params p;
	struct dbn_conn *c = NULL;
	dbn_status rc = pg_params_make(d, o, &p, err);

	if (rc == DBN_OK && !(c = conn_new(d, o)))
		rc = plug_nomem(d->host, err);
	if (rc == DBN_OK)
		rc = start(c, &p, err);
	if (rc == DBN_OK && pg_params_tighten(&p, c->pg))
		rc = start(c, &p, err);
	pg_params_free(&p);
	if (rc != DBN_OK) {
		pg_disconnect(c);
		return rc;
	}
	(void)PQsetErrorVerbosity(c->pg, PQERRORS_VERBOSE);
	(void)PQsetNoticeReceiver(c->pg, pg_notice, c);
	pg_key_trace(c);
	*out = c;
	return DBN_OK;
}

static dbn_status
connected(struct dbn_conn *c, dbn_error **err)
{
	c->connected = true;
	c->phase = PG_PHASE_RUN;
	pg_key_learn(c);
	(void)PQsetErrorVerbosity(c->pg, PQERRORS_DEFAULT);
	if (PQsetnonblocking(c->pg, 1) != 0)
		return pg_lost(c, err);
	if (PQserverVersion(c->pg) < 120000) {
		c->broken = true;
		return plug_fail_status(c->host, err, DBN_E_UNSUPPORTED,
			"PostgreSQL %d is older than 12", PQserverVersion(c->pg) / 10000);
	}
	return pg_check_reported(c, err);
}

dbn_status
pg_connect_step(struct dbn_conn *c, uint32_t *events, dbn_error **err)
{
	switch (PQconnectPoll(c->pg)) {
	case PGRES_POLLING_OK:
		return connected(c, err);
	case PGRES_POLLING_READING:
		*events = 1;
		return DBN_E_BUSY;
	case PGRES_POLLING_WRITING:
		*events = 2;
		return DBN_E_BUSY;
	default:
		return pg_fail_connect(c, err);
	}
}

/* Drive the steps on this thread. */
static dbn_status
connect_wait(struct dbn_conn *c, const dbn_call *call, dbn_error **err)
{
	uint32_t events = 2; /* as PQconnectStart() says */

	for (;;) {
		uint64_t now = c->host->now_ns(c->host), left = UINT64_C(50000000);
		struct pollfd p = { PQsocket(c->pg), events == 1 ? POLLIN : POLLOUT, 0 };
		dbn_status rc;

		if (c->deadline_ns && now >= c->deadline_ns)
			return pg_too_late(c, err);
		if (c->host->cancelled(c->host, call))
			return pg_fail_state(c->host, err, "57014", NULL, "connecting was cancelled");
		if (c->deadline_ns && c->deadline_ns - now < left)
			left = c->deadline_ns - now;
		if (poll(&p, 1, (int)((left + 999999) / 1000000)) <= 0)
			continue;
		rc = pg_connect_step(c, &events, err);
		if (rc != DBN_E_BUSY)
			return rc;
	}
}

static dbn_status
connect_once(pg_driver *d, const dbn_connect_opts *o, struct dbn_conn **out, dbn_error **err)
{
	struct dbn_conn *c = NULL;
	dbn_status rc = pg_connect_begin(d, o, &c, err);

	if (rc == DBN_OK)
		rc = connect_wait(c, &o->call, err);
	if (rc != DBN_OK) {
		pg_disconnect(c);
		return rc;
	}
	*out = c;
	return DBN_OK;
}

/* The name of the database in the url; false: none, or no memory. */
static char *
database_of(pg_driver *d, const dbn_connect_opts *o)
{
	pg_params p;
	char *name = NULL;

	if (pg_params_make(d, o, &p, NULL) == DBN_OK && pg_params_get(&p, "dbname"))
		name = strdup(pg_params_get(&p, "dbname"));
	pg_params_free(&p);
	return name;
}

/* Make the database of the url, from the one that is always there. */
static dbn_status
make_database(pg_driver *d, const dbn_connect_opts *o, bool *made, dbn_error **err)
{
	char *name = database_of(d, o), *quoted = NULL, *sql = NULL;
	struct dbn_conn *c = NULL;
	pg_params p;
	PGresult *r = NULL;
	dbn_status rc = pg_params_make(d, o, &p, err);
	const char *values[1] = { name };

	*made = false;
	if (rc == DBN_OK && name && !(c = conn_new(d, o)))
		rc = plug_nomem(d->host, err);
	if (rc != DBN_OK || !name)
		goto out;
	pg_params_set(&p, "dbname", "postgres");
	rc = start(c, &p, err);
	if (rc == DBN_OK)
		rc = connect_wait(c, &o->call, err);
	if (rc == DBN_OK)
		rc = pg_query(c, "SELECT 1 FROM pg_catalog.pg_database WHERE datname = $1", 1, values, &r,
			err);
	if (rc != DBN_OK || PQntuples(r))
		goto out;
	quoted = PQescapeIdentifier(c->pg, name, strlen(name));
	if (!quoted || asprintf(&sql, "CREATE DATABASE %s", quoted) < 0) {
		sql = NULL;
		rc = plug_nomem(d->host, err);
		goto out;
	}
	rc = pg_command(c, sql, NULL, err);
	*made = rc == DBN_OK;
out:
	PQclear(r);
	PQfreemem(quoted);
	free(sql);
	free(name);
	pg_params_free(&p);
	pg_disconnect(c);
	return rc;
}

dbn_status
pg_connect(void *self, const dbn_connect_opts *o, struct dbn_conn **out, dbn_error **err)
{
	pg_driver *d = (pg_driver *)self;
	dbn_error *why = NULL;
	bool made = false;
	dbn_status rc = connect_once(d, o, out, &why);

	if (rc == DBN_E_CONN && o->create && make_database(d, o, &made, NULL) == DBN_OK && made) {
		d->host->error_free(why);
		why = NULL;
		rc = connect_once(d, o, out, &why);
	}
	if (err)
		*err = why;
	else
		d->host->error_free(why);
	return rc;
}

dbn_status
pg_admin_path(struct dbn_conn *c, dbn_error **err)
{
	const char *path = c->drv->set.admin_search_path;
	const char *values[1] = { path };
	PGresult *r = NULL;
	dbn_status rc;

	if (!path || !*path)
		return DBN_OK;
	c->path_changed = true;
	rc = pg_query(c, "SELECT pg_catalog.set_config('search_path', $1, false)", 1, values, &r, err);
	PQclear(r);
	return rc;
}

dbn_status
pg_ping(struct dbn_conn *c, const dbn_call *call, dbn_error **err)
{
	dbn_status rc = pg_enter(c, call, err);

	return rc == DBN_OK ? pg_command(c, "", NULL, err) : rc;
}

dbn_status
pg_assume(struct dbn_conn *c, dbn_text role, const dbn_call *call, dbn_error **err)
{
	char *quoted = NULL, *sql = NULL;
	dbn_status rc = pg_enter(c, call, err);

	if (rc != DBN_OK)
		return rc;
	c->role_changed = true;
	if (!role.len)
		return pg_command(c, "SET ROLE NONE", NULL, err);
	if (memchr(role.ptr, 0, role.len))
		return plug_fail_status(c->host, err, DBN_E_INVALID, "not a name of a role");
	quoted = PQescapeIdentifier(c->pg, role.ptr, role.len);
	if (!quoted || asprintf(&sql, "SET ROLE %s", quoted) < 0) {
		sql = NULL;
		rc = plug_nomem(c->host, err);
	} else {
		rc = pg_command(c, sql, NULL, err);
	}
	PQfreemem(quoted);
	free(sql);
	return rc;
}

/* Everything a session can hold; prepared statements of ours die with it. */
static dbn_status
discard_all(struct dbn_conn *c, dbn_error **err)
{
	dbn_status rc = pg_command(c, "DISCARD ALL", NULL, err);

	if (rc != DBN_OK)
		return rc;
	for (struct dbn_stmt *s = c->stmts; s; s = s->next)
		s->on_server = false;
	c->ndead = 0;
	c->role_changed = c->path_changed = c->listening = false;
	return pg_check_reported(c, err);
}

dbn_status
pg_reset(struct dbn_conn *c, const dbn_reset_opts *o, dbn_error **err)
{
	dbn_status rc = DBN_OK;

	if (c->bulk)
		(void)pg_bulk_close(c->bulk, 0, NULL, NULL);
	if (c->live) { /* its rows are nobody's any more */
		pg_close_cursor(c->live);
		if (c->broken)
			return pg_lost(c, err);
	}
	rc = pg_enter(c, o ? &o->call : NULL, err);
	pg_cut_cursors(c);
	if (rc == DBN_OK && pg_txn(c) != DBN_TXN_NONE)
		rc = pg_command(c, "ROLLBACK", NULL, err);
	if (rc == DBN_OK && o && o->how == DBN_RESET_FULL)
		rc = discard_all(c, err);
	if (rc == DBN_OK && c->role_changed)
		rc = pg_command(c, "RESET ROLE", NULL, err);
	if (rc == DBN_OK && c->listening)
		rc = pg_command(c, "UNLISTEN *", NULL, err);
	if (rc == DBN_OK && c->path_changed)
		rc = pg_command(c, "RESET search_path", NULL, err);
	if (rc != DBN_OK)
		c->broken = true;
	else
		c->role_changed = c->path_changed = c->listening = false;
	return rc;
}

void
pg_state(struct dbn_conn *c, dbn_conn_state *out)
{
	out->txn = pg_txn(c);
	out->broken = c->broken;
	out->in_flight = c->live != NULL;
	for (const pg_entry *e = c->head; e; e = e->next)
		out->in_flight += e->kind == PG_SENT_EXEC;
	out->server_epoch = 0;
}
