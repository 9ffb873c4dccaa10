/* SPDX-License-Identifier: MIT */
/*
 * Reaching the server: certificates, passwords, several hosts, service files;
 * and what a session is told and asked: roles, two-phase commit, position,
 * notifications.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

#define URL_MAX 512

static const char *
env(const char *name)
{
	const char *v = getenv(name);

	return v ? v : "";
}

static void
expect_connect(conform *cf, const char *url, dbn_status want, const char *words)
{
	const dbn_driver_ops *ops = (const dbn_driver_ops *)cf->plugin.desc->ops;
	struct dbn_conn *c;
	dbn_status rc = pgt_connect(cf, url, &c);

	CF_CHECK(cf, rc == want, "%s: %s: %s (%s)", url, dbn_status_name(rc), dbn_error_message(cf->err),
		dbn_error_detail(cf->err));
	CF_CHECK(cf, !words || strstr(dbn_error_message(cf->err), words) ||
		strstr(dbn_error_detail(cf->err), words) || strstr(dbn_error_hint(cf->err), words),
		"%s: nothing of \"%s\" in: %s (%s) %s", url, words, dbn_error_message(cf->err),
		dbn_error_detail(cf->err), dbn_error_hint(cf->err));
	pgt_forget_error(cf);
	if (rc == DBN_OK)
		ops->disconnect(c);
}

static void
reach_tls(conform *cf)
{
	const char *dir = env("DBN_TEST_PG_DIR"), *port = env("DBN_TEST_PG_PORT");
	char url[URL_MAX], shown[16];
	struct dbn_conn *c;
	drv d;

	if (!drv_open(cf, &d))
		return;
	(void)snprintf(url, sizeof url, "postgres://tester@localhost:%s/postgres?sslmode=verify-full&"
		"sslrootcert=%s/ca.crt", port, dir);
	CF_OK(cf, pgt_connect(cf, url, &c));
	CF_CHECK(cf, pgt_text(&d, c, "SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()", shown,
		sizeof shown) && strcmp(shown, "true") == 0, "ssl: %s", shown);
	d.ops->disconnect(c);
	/* signed by somebody else */
	(void)snprintf(url, sizeof url, "postgres://tester@localhost:%s/postgres?sslmode=verify-full&"
		"sslrootcert=%s/other-ca.crt", port, dir);
	expect_connect(cf, url, DBN_E_CONN, "certificate");
	/* another name than the certificate's: what is verified is the host of the url,
	 * and without sslmode a host that is not this machine is verified */
	(void)snprintf(url, sizeof url, "postgres://tester@db.example:%s/postgres?hostaddr=127.0.0.1&"
		"sslmode=verify-full&sslrootcert=%s/ca.crt", port, dir);
	expect_connect(cf, url, DBN_E_CONN, "db.example");
	(void)snprintf(url, sizeof url, "postgres://tester@localhost:%s/postgres?sslmode=require&"
		"sslrootcert=%s/other-ca.crt", port, dir);
	expect_connect(cf, url, DBN_E_CONN, "certificate"); /* a named root is looked at */
	drv_close(&d);
}

/* Off this machine nothing is sent in the clear unless somebody says so. */
static void
reach_tls_default(conform *cf)
{
	static const char *const lower[] = { "sslmode=disable", NULL };
	const dbn_driver_ops *ops = (const dbn_driver_ops *)cf->plugin.desc->ops;
	struct dbn_conn *c = NULL;
	fake_plugin fp;
	char url[URL_MAX], name[256];
	dbn_status rc;

	if (gethostname(name, sizeof name) != 0)
		(void)snprintf(name, sizeof name, "localhost.localdomain");
	(void)setenv("HOME", cf->tmp, 1); /* no root certificates here */
	/* A name that only resolves to the loopback is not the loopback by name. */
	(void)snprintf(url, sizeof url, "postgres://tester@localhost:%s/postgres", env("DBN_TEST_PG_PORT"));
	expect_connect(cf, url, DBN_OK, NULL);
	(void)snprintf(url, sizeof url, "postgres://tester@ip6-localhost,db.example:%s/postgres?"
		"connect_timeout=2", env("DBN_TEST_PG_PORT"));
	rc = pgt_connect(cf, url, &c);
	CF_CHECK(cf, rc == DBN_E_CONN && (strstr(dbn_error_detail(cf->err), "root certificate") ||
		strstr(dbn_error_detail(cf->err), "could not translate")), "%s: %s", dbn_status_name(rc),
		dbn_error_detail(cf->err));
	pgt_forget_error(cf);
	(void)snprintf(url, sizeof url, "postgres://tester@%s:%s/postgres?connect_timeout=2", name,
		env("DBN_TEST_PG_PORT"));
	rc = pgt_connect_set(cf, &fp, lower, url, &c);
	CF_CHECK(cf, rc == DBN_OK || !strstr(dbn_error_detail(cf->err), "certificate"),
		"sslmode=disable of the settings: %s", dbn_error_detail(cf->err));
	pgt_forget_error(cf);
	if (c)
		ops->disconnect(c);
	fake_plugin_close(&fp);
}

static void
reach_refused(conform *cf)
{
	char url[URL_MAX];

	expect_connect(cf, "postgres://tester:s3cret@localhost/x", DBN_E_CONFIG, "secrets");
	expect_connect(cf, "postgres:host=/tmp password=s3cret", DBN_E_CONFIG, "secrets");
	expect_connect(cf, "postgres://localhost/x?password=s3cret", DBN_E_CONFIG, "secrets");
	expect_connect(cf, "postgres://localhost/x?nonsense=1", DBN_E_CONFIG, NULL);
	expect_connect(cf, "postgres://[::1/x", DBN_E_CONFIG, NULL);
	(void)snprintf(url, sizeof url, "postgres://nobody-here@127.0.0.1:%s/postgres",
		env("DBN_TEST_PG_PORT"));
	expect_connect(cf, url, DBN_E_CONN, NULL);
	(void)snprintf(url, sizeof url, "postgres://127.0.0.1:1/postgres?connect_timeout=2");
	expect_connect(cf, url, DBN_E_CONN, "refused");
}

static void
reach_hosts(conform *cf)
{
	const char *dir = env("DBN_TEST_PG_DIR"), *port = env("DBN_TEST_PG_PORT");
	char url[URL_MAX], path[300];
	FILE *f;

	/* the first is not there, the second is; read-write is wanted */
	(void)snprintf(url, sizeof url, "postgres:host=/nowhere,%s port=%s user=tester dbname=postgres "
		"target_session_attrs=read-write", dir, port);
	expect_connect(cf, url, DBN_OK, NULL);
	(void)snprintf(url, sizeof url, "postgres://tester@127.0.0.1:1,127.0.0.1:%s/postgres?"
		"target_session_attrs=primary", port);
	expect_connect(cf, url, DBN_OK, NULL);
	(void)snprintf(url, sizeof url, "postgres://tester@127.0.0.1:%s/postgres?"
		"target_session_attrs=standby", port);
	expect_connect(cf, url, DBN_E_CONN, NULL);
	/* a service file */
	(void)snprintf(path, sizeof path, "%s/services", cf->tmp);
	f = fopen(path, "w");
	CF_NEED(cf, f != NULL, "%s", path);
	(void)fprintf(f, "[mine]\nhost=%s\nport=%s\nuser=tester\ndbname=postgres\n"
		"[far]\nhost=db.example\nhostaddr=127.0.0.1\nport=%s\nuser=tester\n"
		"[open]\nhost=db.example\nhostaddr=127.0.0.1\nport=%s\nuser=tester\ndbname=postgres\n"
		"sslmode=disable\n", dir, port, port, port);
	(void)fclose(f);
	(void)setenv("PGSERVICEFILE", path, 1);
	(void)setenv("HOME", cf->tmp, 1);
	expect_connect(cf, "postgres:service=mine", DBN_OK, NULL);
	expect_connect(cf, "postgres://?service=mine", DBN_OK, NULL);
	expect_connect(cf, "postgres:service=open", DBN_OK, NULL);
	expect_connect(cf, "postgres:service=absent", DBN_E_CONN, NULL);
}

static void
reach_pinned(conform *cf)
{
	static const struct { const char *name, *is; } pins[] = { { "standard_conforming_strings", "on" },
		{ "client_encoding", "UTF8" }, { "row_security", "on" }, { "search_path", "pg_catalog, pg_temp" },
		{ "application_name", "dbnexus" } };
	static const char *const none[] = { NULL };
	dbn_reset_opts full = { .call = DBN_CALL_INIT, .how = DBN_RESET_FULL };
	struct dbn_conn *c;
	char sql[96], shown[64];
	fake_plugin fp;
	drv d;

	if (!drv_open(cf, &d))
		return;
	CF_OK(cf, pgt_connect_set(cf, &fp, none, conform_arg(cf, "url", ""), &c));
	for (int again = 0; again < 2; again++) {
		for (size_t i = 0; i < sizeof pins / sizeof *pins; i++) {
			(void)snprintf(sql, sizeof sql, "SELECT current_setting('%s')", pins[i].name);
			CF_CHECK(cf, pgt_text(&d, c, sql, shown, sizeof shown) && strcmp(shown, pins[i].is) == 0,
				"%s is %s", pins[i].name, shown);
		}
		/* an administrative statement sees the schema of its settings; then all is as before */
		CF_CHECK(cf, drv_admin(&d, c, again ? "DROP TABLE a" : "CREATE TABLE a (x int)"), "admin");
		CF_CHECK(cf, drv_admin(&d, c, "SET row_security = off"), "admin");
		CF_OK(cf, d.ops->reset(c, &full, &cf->err));
	}
	/* what the driver relies on was taken away: the connection is given up */
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(sql, sizeof sql, "SET %s = %s", pins[i].name, i ? "latin1" : "off");
		CF_CHECK(cf, !drv_admin(&d, c, sql) && pgt_broken(&d, c), "the connection goes on");
		cf->failed -= 1; /* drv_admin() noted it */
		d.ops->disconnect(c);
		fake_plugin_close(&fp);
		if (i == 0)
			CF_OK(cf, pgt_connect_set(cf, &fp, none, conform_arg(cf, "url", ""), &c));
	}
	drv_close(&d);
}

static void
reach_roles(conform *cf)
{
	const dbn_text reader = { "pgt_reader", 10 }, none = { NULL, 0 }, absent = { "pgt_absent", 10 };
	dbn_reset_opts soft = { .call = DBN_CALL_INIT, .how = DBN_RESET_SOFT };
	dbn_connect_opts o = { .call = DBN_CALL_INIT };
	dbn_call call = DBN_CALL_INIT;
	struct dbn_conn *c = NULL;
	char shown[64];
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 1) ||
		!drv_admin(&d, d.c, "DROP ROLE IF EXISTS pgt_reader") ||
		!drv_admin(&d, d.c, "CREATE ROLE pgt_reader") || !drv_admin(&d, d.c, "GRANT SELECT ON t TO pgt_reader"))
		return;
	CF_OK(cf, d.ops->assume(d.c, reader, &call, &cf->err));
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM t", "", DBN_NO_ARGS) == 1, "it may read");
	CF_FAILS(cf, drv_run(&d, d.c, "DELETE FROM t", "d t", DBN_NO_ARGS, NULL), DBN_E_DENIED, "42501");
	CF_OK(cf, d.ops->assume(d.c, none, &call, &cf->err));
	CF_OK(cf, drv_run(&d, d.c, "UPDATE t SET n = 5", "u t n", DBN_NO_ARGS, NULL));
	CF_OK(cf, d.ops->assume(d.c, reader, &call, &cf->err));
	CF_OK(cf, d.ops->reset(d.c, &soft, &cf->err));
	CF_CHECK(cf, pgt_text(&d, d.c, "SELECT current_user::text", shown, sizeof shown) &&
		strcmp(shown, "tester") == 0, "after a reset it is %s", shown);
	CF_CHECK(cf, d.ops->assume(d.c, absent, &call, &cf->err) != DBN_OK, "a role that is not there");
	pgt_forget_error(cf);
	/* from the start, and a reset leads back to it */
	o.url.ptr = conform_arg(cf, "url", "");
	o.url.len = strlen(o.url.ptr);
	o.server_role = reader;
	CF_OK(cf, d.ops->connect(d.self, &o, &c, &cf->err));
	CF_OK(cf, d.ops->assume(c, none, &call, &cf->err));
	CF_OK(cf, d.ops->reset(c, &soft, &cf->err));
	CF_CHECK(cf, pgt_text(&d, c, "SELECT current_user::text", shown, sizeof shown) &&
		strcmp(shown, "pgt_reader") == 0, "after a reset it is %s", shown);
	d.ops->disconnect(c);
	(void)drv_admin(&d, d.c, "DROP OWNED BY pgt_reader");
	(void)drv_admin(&d, d.c, "DROP ROLE pgt_reader");
	drv_close(&d);
}

static dbn_status
note(dbn_text gid, int64_t age_us, void *user)
{
	*(int *)user += gid.len == 6 && memcmp(gid.ptr, "dbn-a'", 6) == 0 && age_us >= 0 ? 1 : 100;
	return DBN_OK;
}

static void
reach_two_phase(conform *cf)
{
	dbn_end_opts end = { .call = DBN_CALL_INIT };
	dbn_call call = DBN_CALL_INIT;
	const dbn_text prefix = { "dbn-", 4 };
	int seen = 0;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 0))
		return;
	end.global_id = (dbn_text){ "dbn-a'", 6 };
	for (int keep = 1; keep >= 0; keep--) {
		CF_OK(cf, drv_begin(&d, d.c, 0));
		CF_OK(cf, drv_run(&d, d.c, "INSERT INTO t (id) VALUES (?)", "i t", DBN_ARGS(keep), NULL));
		CF_OK(cf, d.ops->end(d.c, DBN_END_PREPARE, &end, &cf->err));
		CF_CHECK(cf, drv_txn(&d, d.c) == DBN_TXN_NONE, "a transaction is open");
		CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM t", "", DBN_NO_ARGS) == !keep, "too early");
		seen = 0;
		CF_OK(cf, d.ops->list_prepared(d.c, prefix, &call, note, &seen, &cf->err));
		CF_CHECK(cf, seen == 1, "listed: %d", seen);
		/* from another connection, as after a crash */
		d.ops->disconnect(d.c);
		d.c = drv_connect(&d, 0);
		CF_OK(cf, d.ops->end(d.c, keep ? DBN_END_COMMIT_PREPARED : DBN_END_ROLLBACK_PREPARED, &end,
			&cf->err));
		CF_CHECK(cf, drv_int(&d, d.c, "SELECT count(*) FROM t", "", DBN_NO_ARGS) == 1, "decided");
	}
	CF_FAILS(cf, d.ops->end(d.c, DBN_END_COMMIT_PREPARED, &end, &cf->err), DBN_E_NOT_FOUND, "42704");
	CF_FAILS(cf, d.ops->end(d.c, DBN_END_ROLLBACK_PREPARED, &end, &cf->err), DBN_E_NOT_FOUND, "42704");
	drv_close(&d);
}

static void
reach_position(conform *cf)
{
	const dbn_driver_position_1 *p;
	dbn_token one = { .struct_size = (uint32_t)sizeof one }, two = one;
	dbn_end_opts end = { .call = DBN_CALL_INIT };
	dbn_call call = DBN_CALL_INIT;
	dbn_text at = { NULL, 0 };
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 0))
		return;
	p = (const dbn_driver_position_1 *)cf->plugin.desc->get_extension(d.self, DBN_DRIVER_POSITION_1);
	CF_OK(cf, p->now(d.c, &call, &one, &cf->err));
	CF_OK(cf, drv_begin(&d, d.c, 0));
	CF_OK(cf, drv_run(&d, d.c, "INSERT INTO t (id) VALUES (1)", "i t", DBN_NO_ARGS, NULL));
	end.commit_position = &at;
	CF_OK(cf, d.ops->end(d.c, DBN_END_COMMIT, &end, &cf->err));
	CF_NEED(cf, at.len == one.len, "no position of the commit");
	CF_CHECK(cf, memcmp(at.ptr, one.bytes, at.len) > 0, "the commit is not behind what was before it");
	CF_OK(cf, p->now(d.c, &call, &two, &cf->err));
	CF_CHECK(cf, memcmp(two.bytes, one.bytes, two.len) > 0, "the log stands still");
	CF_OK(cf, p->wait(d.c, &two, &call, &cf->err));
	two.len = 3;
	CF_FAILS(cf, p->wait(d.c, &two, &call, &cf->err), DBN_E_INVALID, NULL);
	drv_close(&d);
}

static void
reach_notify(conform *cf)
{
	const dbn_text channel = { "news", 4 }, payload = { "it's \xf0\x9f\x90\x98", 9 };
	const dbn_driver_notify_1 *n;
	dbn_call call = DBN_CALL_INIT;
	dbn_text ch, pl;
	drv d;

	if (!drv_open(cf, &d))
		return;
	n = (const dbn_driver_notify_1 *)cf->plugin.desc->get_extension(d.self, DBN_DRIVER_NOTIFY_1);
	CF_OK(cf, n->listen(d.c, channel, &call, &cf->err));
	CF_CHECK(cf, n->take(d.c, &ch, &pl, &cf->err) == DBN_DONE, "something out of nothing");
	CF_OK(cf, n->send(d.c, channel, payload, &call, &cf->err));
	CF_OK(cf, n->take(d.c, &ch, &pl, &cf->err));
	CF_CHECK(cf, ch.len == 4 && pl.len == payload.len && memcmp(pl.ptr, payload.ptr, pl.len) == 0, "payload");
	CF_CHECK(cf, n->take(d.c, &ch, &pl, &cf->err) == DBN_DONE, "twice");
	drv_close(&d);
}

/* What the server has to say beside its answers goes to the log, as loud as it said it. */
static void
reach_notices(conform *cf)
{
	static const struct { const char *how, *line; int32_t level; } t[] = {
		{ "NOTICE", "postgres NOTICE 00000: well, well", 2 },
		{ "WARNING", "postgres WARNING 01000: well, well", 1 },
	};
	char sql[100];
	drv d;

	if (!drv_open(cf, &d))
		return;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		const fake_host *fh = &cf->plugin.fh;

		(void)snprintf(sql, sizeof sql, "DO $$ BEGIN RAISE %s 'well, well'; END $$", t[i].how);
		if (!drv_admin(&d, d.c, sql))
			return;
		CF_CHECK(cf, strcmp(fh->last_line, t[i].line) == 0 && fh->last_level == t[i].level,
			"%s: logged \"%s\" at level %d", t[i].how, fh->last_line, (int)fh->last_level);
	}
	drv_close(&d);
}

/* Another changed what the statement reads: told as a change of the schema. */
static void
reach_schema(conform *cf)
{
	struct dbn_cursor *cur = NULL;
	dbn_outcome out;
	dbn_status rc;
	drv_stmt s;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 1))
		return;
	CF_OK(cf, drv_prepare(&d, d.c, "SELECT * FROM t", "", &s));
	CF_OK(cf, drv_execute(&d, &s, DBN_NO_ARGS, 0, &out, NULL));
	CF_CHECK(cf, drv_admin(&d, d.c, "ALTER TABLE t ADD COLUMN more text"), "alter");
	rc = drv_execute(&d, &s, DBN_NO_ARGS, DBN_EXEC_ROWS, &out, &cur);
	CF_CHECK(cf, rc == DBN_E_SCHEMA && !cur, "%s: %s", dbn_status_name(rc), dbn_error_message(cf->err));
	pgt_forget_error(cf);
	CF_FAILS(cf, drv_prepare(&d, d.c, "SELECT \xc3\xa9t\xc3\xa9 FROM t", "", &s), DBN_E_SCHEMA, "42703");
	drv_close(&d);
}

/* Moved by what is below a relation too: partitions' triggers, views' views. */
static void
epoch_below(conform *cf)
{
	static const char *const made[] = {
		"CREATE TABLE p (id bigint, n int) PARTITION BY RANGE (id)",
		"CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100) PARTITION BY RANGE (id)",
		"CREATE TABLE p2 PARTITION OF p1 FOR VALUES FROM (0) TO (50)",
		"CREATE TABLE other (id bigint)", "CREATE VIEW inner_v AS SELECT id FROM p",
		"CREATE VIEW outer_v AS SELECT id FROM inner_v",
		"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'" };
	static const struct { const char *relation, *change; bool moves; } steps[] = {
		{ "p", "CREATE TRIGGER t BEFORE INSERT ON p2 FOR EACH ROW EXECUTE FUNCTION f()", true },
		{ "p", "ALTER TABLE p2 DISABLE TRIGGER t", true },
		{ "p", "ALTER TABLE p2 ENABLE TRIGGER t", true },
		{ "p", "CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS "
			"'BEGIN INSERT INTO other VALUES (1); RETURN NEW; END'", true },
		{ "p", "CREATE TABLE p3 PARTITION OF p1 FOR VALUES FROM (50) TO (100)", true },
		{ "outer_v", "CREATE OR REPLACE VIEW inner_v AS SELECT id FROM other", true },
		{ "p", "CREATE TABLE unrelated (id bigint)", false },
	};
	dbn_token before = { .struct_size = (uint32_t)sizeof before }, after = before;
	dbn_call call = DBN_CALL_INIT;
	struct dbn_conn *c2;
	drv d;

	if (!drv_open(cf, &d) || !(c2 = drv_connect(&d, 0)))
		return;
	for (size_t i = 0; i < sizeof made / sizeof *made; i++)
		if (!drv_admin(&d, d.c, made[i]))
			return;
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		const dbn_name name = { { "", 0 }, { steps[i].relation, strlen(steps[i].relation) } };
		dbn_relation_info r = { .struct_size = (uint32_t)sizeof r };

		CF_OK(cf, d.ops->relation(d.c, &name, &call, &r, &cf->err));
		d.host->release(d.host, r.memory);
		CF_OK(cf, d.ops->schema_epoch(d.c, &call, &before, &cf->err));
		if (!drv_admin(&d, c2, steps[i].change))
			return;
		CF_OK(cf, d.ops->schema_epoch(d.c, &call, &after, &cf->err));
		CF_CHECK(cf, (memcmp(before.bytes, after.bytes, before.len) != 0) == steps[i].moves,
			"the epoch of \"%s\" %s: %s", steps[i].relation, steps[i].moves ? "stays" : "moves",
			steps[i].change);
	}
	d.ops->disconnect(c2);
	drv_close(&d);
}

const conform_case pgt_reach[] = {
	{ "reach.tls", reach_tls, 0, 120 },
	{ "reach.tls_by_default", reach_tls_default, 0, 120 },
	{ "reach.refused", reach_refused, 0, 120 },
	{ "reach.hosts_and_services", reach_hosts, 0, 120 },
	{ "reach.pinned", reach_pinned, 0, 0 },
	{ "reach.roles", reach_roles, 0, 0 },
	{ "reach.epoch_below", epoch_below, 0, 0 },
	{ "reach.two_phase", reach_two_phase, 0, 0 },
	{ "reach.position", reach_position, 0, 0 },
	{ "reach.notify", reach_notify, 0, 0 },
	{ "reach.notices", reach_notices, 0, 0 },
	{ "reach.schema_changed", reach_schema, 0, 0 },
};
const size_t pgt_nreach = sizeof pgt_reach / sizeof *pgt_reach;
