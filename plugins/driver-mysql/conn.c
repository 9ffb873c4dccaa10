/* SPDX-License-Identifier: MIT */
/*
 * Opening a connection, pinning what statements rely on (sql_mode, character set,
 * time zone, isolation), checking that it is so, cleaning up between borrowers.
 */
#include <stdio.h>

#include "driver.h"

#define MODES "STRICT_ALL_TABLES,STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE," \
	"ERROR_FOR_DIVISION_BY_ZERO,NO_BACKSLASH_ESCAPES,ONLY_FULL_GROUP_BY,ANSI_QUOTES," \
	"PIPES_AS_CONCAT,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION"

dbn_status
my_enter(struct dbn_conn *c, const dbn_call *call, dbn_error **err)
{
	c->link.deadline_ns = call ? call->deadline_ns : 0;
	c->grace_ns = 0;
	c->stop = MY_STOP_NONE;
	c->own_run = true;
	if (c->broken)
		return plug_fail_hint(c->host, err, DBN_E_CONN, PLUG_HINT_LOST,
			"the connection was lost before");
	if (c->live)
		return plug_fail_hint(c->host, err, DBN_E_BUSY,
			"Fetch its rows to their end, buffer them or close them first.",
			"rows of another statement are still on their way");
	return DBN_OK;
}

dbn_status
my_own_n(struct dbn_conn *c, const char *sql, size_t len, dbn_error **err)
{
	if (my_link_query(&c->link, sql, len) != 0) {
		dbn_status st = my_fail(c, NULL, MY_PHASE_RUN, err);

		if (c->stop != MY_STOP_NONE)
			my_settle(c);
		return st;
	}
	if (c->stop != MY_STOP_NONE)
		my_settle(c);
	return DBN_OK;
}

dbn_status
my_own(struct dbn_conn *c, const char *sql, dbn_error **err)
{
	return my_own_n(c, sql, strlen(sql), err);
}

dbn_status
my_own_rows(struct dbn_conn *c, const char *sql, size_t len, MYSQL_RES **out, dbn_error **err)
{
	dbn_status st = my_own_n(c, sql, len, err);

	*out = NULL;
	if (st != DBN_OK)
		return st;
	if (!my_lib_store(&c->link, out) || (!*out && mysql_errno(c->link.db)))
		return my_fail(c, NULL, MY_PHASE_RUN, err);
	return DBN_OK;
}

/* ---- what every connection has ---- */

static const char *
collation(const struct dbn_conn *c)
{
	if (c->mariadb)
		return "utf8mb4_nopad_bin";
	return mysql_get_server_version(c->link.db) >= 80017 ? "utf8mb4_0900_bin" : "utf8mb4_bin";
}

static const char *
level_name(int32_t isolation)
{
	static const char *const names[] = { "REPEATABLE-READ", "READ-COMMITTED", "SERIALIZABLE" };

	return names[isolation >= 0 && isolation < 3 ? isolation : 0];
}

static uint64_t
seconds_of(uint64_t ns, uint64_t most)
{
	uint64_t s = ns / 1000000000u + (ns % 1000000000u != 0);

	return s < 1 ? 1 : s > most ? most : s;
}

static dbn_status
pin(struct dbn_conn *c, dbn_error **err)
{
	const my_settings *set = &c->drv->set;
	unsigned long v = mysql_get_server_version(c->link.db);
	bool old = c->mariadb && v < 110100; /* names of the variables */
	uint64_t wait = seconds_of(set->lock_wait_ns, 1073741824);
	char sql[1400], more[300] = "";
	int n = 0;

	c->tracks = false;
	if (!c->mariadb) {
		(void)snprintf(more, sizeof more, ",cte_max_recursion_depth=4294967295");
	} else {
		n = snprintf(more, sizeof more, ",check_constraint_checks=1,"
			"max_recursive_iterations=4294967295,max_statement_time=%llu%s",
			(unsigned long long)(set->max_statement_ns == UINT64_MAX ? 0
				: seconds_of(set->max_statement_ns, 31536000)),
			v >= MY_TRACKS_GTID ? ",session_track_system_variables=''" : "");
		if (c->snapshot && n > 0)
			(void)snprintf(more + n, sizeof more - (size_t)n, ",innodb_snapshot_isolation=1");
	}
	n = snprintf(sql, sizeof sql, "SET sql_mode='%s%s',character_set_client=utf8mb4,"
		"character_set_results=utf8mb4,collation_connection=%s,time_zone='+00:00',autocommit=1,"
		"foreign_key_checks=1,unique_checks=1,sql_auto_is_null=0,sql_safe_updates=0,"
		"sql_big_selects=1,sql_select_limit=18446744073709551615,group_concat_max_len=67108864,"
		"innodb_lock_wait_timeout=%llu,lock_wait_timeout=%llu,%s='%s',%s=%d%s",
		MODES, c->mariadb ? ",SIMULTANEOUS_ASSIGNMENT" : "", collation(c),
		(unsigned long long)wait, (unsigned long long)wait,
		old ? "tx_isolation" : "transaction_isolation", level_name(set->isolation),
		old ? "tx_read_only" : "transaction_read_only", c->read_only, more);
	if (n < 0 || (size_t)n >= sizeof sql)
		return plug_fail_status(c->host, err, DBN_E_INTERNAL, "the settings are too long");
	return my_own_n(c, sql, (size_t)n, err);
}

/* Every mode that we set, in whatever order the server lists them. */
static bool
has_modes(const char *is)
{
	const char *m = MODES;

	while (*m) {
		size_t n = strcspn(m, ",");
		const char *p = is;
		bool found = false;

		while (*p && !found) {
			size_t k = strcspn(p, ",");

			found = k == n && memcmp(p, m, n) == 0;
			p += k + (p[k] == ',');
		}
		if (!found)
			return false;
		m += n + (m[n] == ',');
	}
	return true;
}

/* Is everything as it was set?  The first that is not is named. */
static dbn_status
check(struct dbn_conn *c, dbn_error **err)
{
	static const char sql[] = "SELECT @@sql_mode,@@character_set_client,@@character_set_results,"
		"@@collation_connection,@@time_zone,@@autocommit,@@innodb_rollback_on_timeout,DATABASE()";
	static const char *const names[] = { "sql_mode", "character_set_client",
		"character_set_results", "collation_connection", "time_zone", "autocommit", NULL,
		"the database" };
	const char *const want[] = { NULL, "utf8mb4", "utf8mb4", collation(c), "+00:00", "1", NULL,
		c->url.database };
	MYSQL_RES *r;
	MYSQL_ROW row;
	dbn_status st = my_own_rows(c, sql, sizeof sql - 1, &r, err);

	if (st != DBN_OK)
		return st;
	row = r ? mysql_fetch_row(r) : NULL;
	if (!row || !row[0] || !has_modes(row[0]))
		st = plug_fail_status(c->host, err, DBN_E_CONFIG,
			"the server does not keep sql_mode as it is set");
	for (unsigned i = 1; st == DBN_OK && i < sizeof want / sizeof *want; i++)
		if (want[i] && (!row[i] || !plug_text_same(plug_text(row[i]), plug_text(want[i]))))
			st = plug_fail_status(c->host, err, DBN_E_CONFIG,
				"the server does not keep %s as it is set", names[i]);
	if (st == DBN_OK)
		c->rollback_on_timeout = row[6] && strcmp(row[6], "1") == 0;
	mysql_free_result(r);
	return st;
}

static dbn_status
take_role(struct dbn_conn *c, dbn_error **err)
{
	my_text t = { .host = c->host };
	dbn_status st;

	my_add(&t, "SET ROLE ");
	if (c->role)
		my_add_name(&t, c->role, strlen(c->role));
	else
		my_add(&t, "NONE");
	st = t.nomem ? plug_nomem(c->host, err) : my_own_n(c, t.p, t.n, err);
	my_text_free(&t);
	return st;
}

static dbn_status
set_up(struct dbn_conn *c, dbn_error **err)
{
	dbn_status st = pin(c, err);

	if (st == DBN_OK && c->role)
		st = take_role(c, err);
	return st == DBN_OK ? check(c, err) : st;
}

/* Servers that can notice lost updates say so by having the variable. */
static dbn_status
ask_abilities(struct dbn_conn *c, dbn_error **err)
{
	static const char sql[] = "SHOW VARIABLES LIKE 'innodb_snapshot_isolation'";
	MYSQL_RES *r;
	dbn_status st;

	c->mariadb = my_lib_is_mariadb_server(c->link.db);
	if (c->mariadb != (c->drv->set.server == MY_SERVER_MARIADB))
		return plug_fail_hint(c->host, err, DBN_E_CONFIG, c->mariadb ? "Set server = \"mariadb\"."
			: "Set server = \"mysql\".", "the server is not what the setting server says");
	if (!c->mariadb)
		return DBN_OK;
	st = my_own_rows(c, sql, sizeof sql - 1, &r, err);
	if (st != DBN_OK)
		return st;
	c->snapshot = r && mysql_fetch_row(r) != NULL;
	mysql_free_result(r);
	return DBN_OK;
}

/* ---- connect ---- */

static dbn_status
make_database(struct dbn_conn *c, dbn_error **err)
{
	my_text t = { .host = c->host };
	dbn_status st;

	my_add(&t, "CREATE DATABASE IF NOT EXISTS ");
	my_add_name(&t, c->url.database, strlen(c->url.database));
	my_add(&t, " CHARACTER SET utf8mb4 COLLATE ");
	my_add(&t, collation(c));
	st = t.nomem ? plug_nomem(c->host, err) : my_own_n(c, t.p, t.n, err);
	my_text_free(&t);
	if (st != DBN_OK)
		return st;
	my_add(&t, "USE ");
	my_add_name(&t, c->url.database, strlen(c->url.database));
	st = t.nomem ? plug_nomem(c->host, err) : my_own_n(c, t.p, t.n, err);
	my_text_free(&t);
	return st;
}

static dbn_status
open_link(struct dbn_conn *c, const dbn_connect_opts *o, dbn_error **err)
{
	bool made = false;
	dbn_status st;

	st = my_link_open(&c->link, c->drv, &c->url, c->url.database);
	if (st == DBN_E_CONN && o->create && !o->read_only && !c->link.stuck &&
		mysql_errno(c->link.db) == ER_BAD_DB_ERROR) {
		my_link_close(&c->link);
		st = my_link_open(&c->link, c->drv, &c->url, NULL);
		made = true;
	}
	if (st == DBN_E_NOMEM)
		return plug_nomem(c->host, err);
	if (st == DBN_E_CONFIG)
		return plug_fail_status(c->host, err, DBN_E_CONFIG,
			"the client library does not take the settings");
	if (st == DBN_E_ACCESS)
		return plug_fail_status(c->host, err, DBN_E_CONN, "the connection is not encrypted");
	if (st != DBN_OK)
		return my_fail(c, NULL, MY_PHASE_CONNECT, err);
	c->server_id = mysql_thread_id(c->link.db);
	st = ask_abilities(c, err);
	return st == DBN_OK && made ? make_database(c, err) : st;
}

static dbn_status
set_text(const dbn_host *h, char **to, dbn_text t, dbn_error **err)
{
	h->release(h, *to);
	*to = NULL;
	if (!t.len)
		return DBN_OK;
	*to = (char *)h->alloc(h, t.len + 1);
	if (!*to)
		return plug_nomem(h, err);
	memcpy(*to, t.ptr, t.len);
	(*to)[t.len] = 0;
	return DBN_OK;
}

dbn_status
my_connect(void *self, const dbn_connect_opts *o, struct dbn_conn **out, dbn_error **err)
{
	my_driver *d = (my_driver *)self;
	uint64_t until = d->host->now_ns(d->host) + d->set.connect_timeout_ns;
	struct dbn_conn *c = (struct dbn_conn *)plug_zalloc(d->host, 1, sizeof *c);
	dbn_status st;

	if (!c)
		return plug_nomem(d->host, err);
	c->drv = d;
	c->host = c->link.host = d->host;
	c->link.conn = c;
	c->read_only = o->read_only != 0;
	(void)pthread_mutex_init(&c->cancel_mutex, NULL);
	c->link.deadline_ns = o->call.deadline_ns && o->call.deadline_ns < until
		? o->call.deadline_ns : until;
	st = my_url_parse(d->host, o->url, &c->url, err);
	if (st == DBN_OK)
		st = set_text(d->host, &c->role, o->server_role, err);
	if (st == DBN_OK)
		st = open_link(c, o, err);
	if (st == DBN_OK)
		st = set_up(c, err);
	if (st != DBN_OK) {
		my_disconnect(c);
		return st;
	}
	*out = c;
	return DBN_OK;
}

void
my_disconnect(struct dbn_conn *c)
{
	const dbn_host *h;

	if (!c)
		return;
	h = c->host;
	/* Rows on the wire are not read to their end: the server sees the connection go. */
	if (c->live || c->broken)
		c->link.stuck = true;
	atomic_store(&c->running, 0);
	(void)pthread_mutex_lock(&c->cancel_mutex);
	(void)pthread_mutex_unlock(&c->cancel_mutex);
	my_link_close(&c->link);
	while (c->stmts)
		my_close_stmt(c->stmts);
	h->release(h, c->url.block);
	h->release(h, c->role);
	(void)pthread_mutex_destroy(&c->cancel_mutex);
	h->release(h, c);
}

dbn_status
my_ping(struct dbn_conn *c, const dbn_call *call, dbn_error **err)
{
	dbn_status st = my_enter(c, call, err);
	int ret = 1;

	if (st != DBN_OK)
		return st;
	if (!my_lib_ping(&c->link, &ret) || ret)
		return my_fail(c, NULL, MY_PHASE_RUN, err);
	return DBN_OK;
}

/* The server forgets everything about the session, prepared statements too. */
static dbn_status
forget_all(struct dbn_conn *c, dbn_error **err)
{
	int ret = 1;

	for (struct dbn_stmt *s = c->stmts; s; s = s->next)
		my_stmt_forget(s);
	if (!my_lib_reset(&c->link, &ret) || ret)
		return my_fail(c, NULL, MY_PHASE_RUN, err);
	c->txn = c->failed = c->txn_read_only = c->xa = false;
	c->dirty = false;
	return set_up(c, err);
}

dbn_status
my_reset(struct dbn_conn *c, const dbn_reset_opts *o, dbn_error **err)
{
	bool full = c->dirty || (o && o->how == DBN_RESET_FULL);
	dbn_status st = DBN_OK;

	c->link.deadline_ns = o ? o->call.deadline_ns : 0;
	my_cut_live(c);
	st = my_enter(c, o ? &o->call : NULL, err);
	if (st == DBN_OK && c->txn)
		st = my_undo(c, err);
	if (st == DBN_OK && full)
		st = forget_all(c, err);
	if (st != DBN_OK)
		c->broken = true;
	return st;
}

void
my_state(struct dbn_conn *c, dbn_conn_state *out)
{
	out->txn = my_txn_state(c);
	out->broken = c->broken;
	out->in_flight = c->live != NULL;
	out->server_epoch = 0;
}

dbn_status
my_assume(struct dbn_conn *c, dbn_text role, const dbn_call *call, dbn_error **err)
{
	dbn_status st = my_enter(c, call, err);

	if (st != DBN_OK || plug_text_is(role, c->role ? c->role : ""))
		return st;
	st = set_text(c->host, &c->role, role, err);
	if (st == DBN_OK)
		st = take_role(c, err);
	if (st != DBN_OK)
		c->broken = true; /* whose rights it has is in doubt */
	return st;
}
