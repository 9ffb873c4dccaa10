/* SPDX-License-Identifier: MIT */
/*
 * check-mysql: what is MySQL's alone, on a real server.  Connecting, names,
 * settings, the catalogue.
 */
#include "driver-mysql/mysql.h"

void
my_forget(drv *d)
{
	dbn_error_free(d->cf->err);
	d->cf->err = NULL;
}

bool
my_shell(const char *command)
{
	return system(command) == 0; /* a command of the test's own making */
}

dbn_status
my_cell(drv *d, const char *sql, dbn_type type, dbn_value *out, char *bytes, size_t size)
{
	dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
	struct dbn_cursor *cur = NULL;
	dbn_outcome oc;
	drv_stmt s;
	dbn_status rc;

	memset(out, 0, sizeof *out);
	rc = drv_prepare_typed(d, d->c, sql, "", NULL, 0, &type, 1, 0, &s);
	if (rc != DBN_OK)
		return rc;
	rc = drv_execute(d, &s, DBN_NO_ARGS, DBN_EXEC_ROWS, &oc, &cur);
	if (rc == DBN_OK)
		rc = cur ? d->ops->fetch(cur, 1, &r, &d->cf->err) : DBN_DONE;
	if (rc == DBN_OK) {
		*out = r.cells[0];
		if (dbn_text_of(out).ptr || out->type == DBN_UUID) {
			if (out->len >= size)
				abort();
			memcpy(bytes, out->u.ptr, (size_t)out->len);
			bytes[out->len] = 0;
			out->u.ptr = bytes;
		}
	}
	if (cur)
		d->ops->close_cursor(cur);
	d->ops->close_stmt(s.s);
	return rc;
}

dbn_status
my_run1(drv *d, const char *sql, dbn_type type, dbn_value v)
{
	dbn_outcome out;
	drv_stmt s;
	dbn_status rc = drv_prepare_typed(d, d->c, sql, "", &type, 1, NULL, 0, 0, &s);

	if (rc != DBN_OK)
		return rc;
	rc = drv_execute(d, &s, dbn_args_of(&v, 1), 0, &out, NULL);
	d->ops->close_stmt(s.s);
	return rc;
}

static void
urls(conform *cf)
{
	static const char *const bad[] = { "mysql:", "mysql://", "mysql://host", "mysql://host/",
		"mysql://user:pa55word@host/db", "mysql://host:0/db", "mysql://host:99999/db",
		"mysql://host:12x/db", "mysql://host/db?user=x", "mysql://host/%zz", "mysql://host/%00",
		"mysql://far.example/db?socket=/tmp/x", "mysql://[::1]:x/db" };
	const dbn_driver_ops *ops = (const dbn_driver_ops *)cf->plugin.desc->ops;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		dbn_connect_opts o = { .call = DBN_CALL_INIT };
		struct dbn_conn *c = NULL;

		o.url = (dbn_text){ bad[i], strlen(bad[i]) };
		CF_CHECK(cf, ops->connect(cf->plugin.self, &o, &c, &cf->err) == DBN_E_CONFIG, "%s: %s",
			bad[i], dbn_error_message(cf->err));
		CF_CHECK(cf, !strstr(dbn_error_message(cf->err), "pa55word"), "the password is in the error");
		dbn_error_free(cf->err);
		cf->err = NULL;
	}
}

static void
tls_connects(conform *cf)
{
	char bytes[256];
	dbn_value v;
	drv d;

	if (!drv_open(cf, &d))
		return;
	CF_OK(cf, my_cell(&d, "SELECT VARIABLE_VALUE FROM information_schema.SESSION_STATUS WHERE "
		"VARIABLE_NAME='Ssl_cipher'", DBN_TEXT, &v, bytes, sizeof bytes));
	CF_CHECK(cf, (v.len > 0) == (strstr(conform_arg(cf, "url", ""), "secured@") != NULL),
		"cipher \"%s\"", bytes);
	drv_close(&d);
}

static void
tls_refused(conform *cf)
{
	const dbn_driver_ops *ops = (const dbn_driver_ops *)cf->plugin.desc->ops;
	dbn_connect_opts o = { .call = DBN_CALL_INIT };
	struct dbn_conn *c = NULL;
	dbn_status rc;

	o.url.ptr = conform_arg(cf, "url", "");
	o.url.len = strlen(o.url.ptr);
	rc = ops->connect(cf->plugin.self, &o, &c, &cf->err);
	CF_CHECK(cf, rc == DBN_E_CONN || rc == DBN_E_IDENTITY || rc == DBN_E_CONFIG, "it is %s",
		dbn_status_name(rc));
	CF_CHECK(cf, *dbn_error_hint(cf->err), "no hint: %s", dbn_error_message(cf->err));
}

/* What a session changed is set again, and prepared statements survive. */
static void
pinned(conform *cf)
{
	dbn_reset_opts full = { .call = DBN_CALL_INIT, .how = DBN_RESET_FULL };
	char before[600], after[600];
	dbn_outcome out;
	dbn_value v;
	drv_stmt s;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 1))
		return;
	CF_OK(cf, my_cell(&d, "SELECT @@sql_mode", DBN_TEXT, &v, before, sizeof before));
	CF_CHECK(cf, strstr(before, "STRICT_ALL_TABLES") && strstr(before, "NO_BACKSLASH_ESCAPES") &&
		strstr(before, "ANSI_QUOTES"), "%s", before);
	CF_OK(cf, drv_prepare(&d, d.c, "UPDATE t SET n = n + 1 WHERE id = ?", "", &s));
	CF_OK(cf, drv_execute(&d, &s, DBN_ARGS(1), 0, &out, NULL));
	if (!drv_admin(&d, d.c, "SET sql_mode='', time_zone='+05:00', @x=7, autocommit=0"))
		return;
	CF_OK(cf, d.ops->reset(d.c, &full, &cf->err));
	CF_OK(cf, my_cell(&d, "SELECT @@sql_mode", DBN_TEXT, &v, after, sizeof after));
	CF_CHECK(cf, strcmp(before, after) == 0, "sql_mode is %s", after);
	CF_OK(cf, my_cell(&d, "SELECT @x IS NULL AND @@time_zone='+00:00' AND @@autocommit", DBN_INT64,
		&v, after, sizeof after));
	CF_CHECK(cf, v.u.i64 == 1, "something of the session is left");
	CF_OK(cf, drv_execute(&d, &s, DBN_ARGS(1), 0, &out, NULL));
	CF_CHECK(cf, out.affected == 1, "the statement is lost");
	d.ops->close_stmt(s.s);
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT n FROM t", "", DBN_NO_ARGS) == 12, "n");
	drv_close(&d);
}

static void
catalogue(conform *cf)
{
	static const struct { const char *name; dbn_type type; uint32_t set, clear; } want[] = {
		{ "id", DBN_UINT64, DBN_COLUMN_IDENTITY | DBN_COLUMN_NOT_NULL, 0 },
		{ "ci", DBN_TEXT, 0, DBN_COLUMN_BINARY }, { "cb", DBN_TEXT, DBN_COLUMN_BINARY, 0 },
		{ "pad", DBN_TEXT, 0, DBN_COLUMN_BINARY }, { "j", DBN_JSON, 0, 0 },
		{ "u", DBN_UUID, 0, 0 }, { "ip", DBN_TEXT, 0, 0 }, { "flag", DBN_BOOL, 0, 0 },
		{ "tiny", DBN_INT64, DBN_COLUMN_DEFAULT, 0 }, { "bits", DBN_UINT64, 0, 0 },
		{ "kind", DBN_ENUM, 0, 0 }, { "many", DBN_TEXT, 0, 0 }, { "ts", DBN_TIMESTAMPTZ, 0, 0 },
		{ "dt", DBN_TIMESTAMP, 0, DBN_COLUMN_DEFAULT }, { "y", DBN_INT64, 0, 0 },
		{ "unseen", DBN_INT64, DBN_COLUMN_HIDDEN, 0 }, { "we`ird", DBN_INT64, 0, 0 },
		{ "gen", DBN_INT64, DBN_COLUMN_GENERATED, 0 },
	};
	dbn_relation_info r;
	drv d;

	if (!drv_open(cf, &d) || !drv_admin(&d, d.c, "CREATE TABLE all_of_it (id BIGINT UNSIGNED "
			"AUTO_INCREMENT PRIMARY KEY, ci VARCHAR(9) COLLATE utf8mb4_general_ci, "
			"cb VARCHAR(9) COLLATE utf8mb4_nopad_bin, pad VARCHAR(9) COLLATE utf8mb4_bin, j JSON, "
			"u UUID, ip INET6, flag BOOLEAN, tiny TINYINT UNSIGNED DEFAULT 3, bits BIT(9), "
			"kind ENUM('a','b'), many SET('x','y'), ts TIMESTAMP(3) NULL, dt DATETIME, y YEAR, "
			"unseen INT INVISIBLE, `we``ird` INT, gen INT AS (`tiny` + 1) VIRTUAL)"))
		return;
	CF_OK(cf, drv_describe(&d, d.c, "", "all_of_it", &r));
	CF_CHECK(cf, r.name.schema.len == 0, "the own database has a name");
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		const dbn_column_desc *c = drv_column(&r, want[i].name);

		CF_NEED(cf, c != NULL, "no column %s", want[i].name);
		CF_CHECK(cf, c->type == want[i].type && (c->flags & want[i].set) == want[i].set &&
			!(c->flags & want[i].clear), "%s: type %u, flags %x", want[i].name, c->type, c->flags);
	}
	CF_CHECK(cf, drv_column(&r, "gen")->inputs.count == 1, "what gen is made of");
	d.host->release(d.host, r.memory);
	CF_OK(cf, drv_describe(&d, d.c, "main", "all_of_it", &r));
	d.host->release(d.host, r.memory);
	CF_FAILS(cf, drv_describe(&d, d.c, cf->tmp, "all_of_it", &r), DBN_E_NOT_FOUND, "42P01");
	CF_OK(cf, drv_describe(&d, d.c, "mysql", "global_priv", &r));
	CF_CHECK(cf, r.kind == DBN_RELATION_SYSTEM && r.name.schema.len == 5, "kind %u", r.kind);
	d.host->release(d.host, r.memory);
	drv_close(&d);
}

/* A connection with what these make; false: without it, and that was told. */
static bool
open_with(conform *cf, drv *d, const char *const *sql, size_t n)
{
	if (!drv_open(cf, d))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!drv_admin(d, d->c, sql[i])) {
			CF_CHECK(cf, false, "%s", sql[i]);
			drv_close(d);
			return false;
		}
	return true;
}

static void
effects(conform *cf)
{
	static const char *const sql[] = { "CREATE TABLE a (id INT PRIMARY KEY)",
		"CREATE TABLE b (id INT PRIMARY KEY, a INT REFERENCES a(id) ON DELETE CASCADE "
			"ON UPDATE CASCADE)",
		"CREATE TABLE c (id INT PRIMARY KEY, b INT, FOREIGN KEY (b) REFERENCES b(id) "
			"ON DELETE SET NULL)",
		"CREATE TABLE log (t TEXT)", "CREATE TABLE seen (n INT)",
		"CREATE TRIGGER odd BEFORE INSERT ON a FOR EACH ROW BEGIN /* INSERT INTO nowhere */ "
			"DECLARE x INT; SELECT MAX(n) INTO x FROM seen; -- DELETE FROM nowhere\n"
			"IF x > 1 THEN INSERT IGNORE INTO log VALUES ('it''s \"UPDATE nowhere\"'); END IF; END",
		"CREATE PROCEDURE p() DELETE FROM log",
		"CREATE TRIGGER calls AFTER DELETE ON log FOR EACH ROW CALL p()",
		"CREATE VIEW v AS SELECT a.id, (SELECT count(*) FROM seen) AS n FROM a JOIN b ON b.a = a.id" };
	dbn_relation_info r;
	drv d;

	if (!open_with(cf, &d, sql, sizeof sql / sizeof *sql))
		return;
	CF_OK(cf, drv_describe(&d, d.c, "", "a", &r));
	CF_CHECK(cf, drv_has_effect(&r, DBN_EFFECT_CASCADE_DELETE, "b", DBN_ACT_DELETE), "b goes with a");
	CF_CHECK(cf, drv_has_effect(&r, DBN_EFFECT_CASCADE_UPDATE, "c", DBN_ACT_DELETE), "then c changes");
	CF_CHECK(cf, drv_has_effect(&r, DBN_EFFECT_CASCADE_UPDATE, "b", DBN_ACT_UPDATE), "b follows a");
	CF_CHECK(cf, drv_has_effect(&r, DBN_EFFECT_TRIGGER_WRITES, "log", DBN_ACT_INSERT), "the trigger");
	CF_CHECK(cf, drv_has_effect(&r, DBN_EFFECT_TRIGGER_READS, "seen", DBN_ACT_INSERT), "what it reads");
	CF_CHECK(cf, !drv_has_effect(&r, DBN_EFFECT_TRIGGER_WRITES, "nowhere", ~0u), "a comment was read");
	d.host->release(d.host, r.memory);
	CF_OK(cf, drv_describe(&d, d.c, "", "log", &r));
	CF_CHECK(cf, drv_has_effect(&r, DBN_EFFECT_TRIGGER_WRITES, "", DBN_ACT_DELETE), "a routine is a riddle");
	d.host->release(d.host, r.memory);
	CF_OK(cf, drv_describe(&d, d.c, "", "v", &r));
	CF_CHECK(cf, drv_has_effect(&r, DBN_EFFECT_VIEW_READS, "a", DBN_ACT_READ) &&
		drv_has_effect(&r, DBN_EFFECT_VIEW_READS, "b", DBN_ACT_READ) &&
		drv_has_effect(&r, DBN_EFFECT_VIEW_READS, "seen", DBN_ACT_READ), "what the view reads");
	d.host->release(d.host, r.memory);
	drv_close(&d);
}

/* Names that are file names, and one that is not: MariaDB's two lists of foreign keys. */
static void
children(conform *cf)
{
	static const char *const sql[] = { "CREATE DATABASE dbn_children",
		"CREATE TABLE dbn_children.p (id INT PRIMARY KEY)",
		"CREATE TABLE dbn_children.k (id INT PRIMARY KEY, p INT, CONSTRAINT k_p FOREIGN KEY (p) "
			"REFERENCES dbn_children.p(id) ON DELETE CASCADE ON UPDATE SET NULL)",
		"CREATE TABLE dbn_children.`odd-\xc3\xa9` (id INT PRIMARY KEY, k INT, FOREIGN KEY (k) "
			"REFERENCES dbn_children.k(id) ON DELETE SET NULL)",
		"CREATE TABLE dbn_children.stays (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) "
			"REFERENCES dbn_children.p(id))" };
	dbn_relation_info r;
	drv d;

	if (!open_with(cf, &d, sql, sizeof sql / sizeof *sql))
		return;
	CF_OK(cf, drv_describe(&d, d.c, "dbn_children", "p", &r));
	CF_CHECK(cf, drv_has_effect(&r, DBN_EFFECT_CASCADE_DELETE, "k", DBN_ACT_DELETE), "k goes with p");
	CF_CHECK(cf, drv_has_effect(&r, DBN_EFFECT_CASCADE_UPDATE, "k", DBN_ACT_UPDATE), "k forgets p");
	CF_CHECK(cf, !drv_has_effect(&r, DBN_EFFECT_CASCADE_DELETE, "k", DBN_ACT_UPDATE), "k stays then");
	CF_CHECK(cf, drv_has_effect(&r, DBN_EFFECT_CASCADE_UPDATE, "odd-\xc3\xa9", DBN_ACT_DELETE),
		"and what refers to k forgets it");
	CF_CHECK(cf, drv_has_effect(&r, DBN_EFFECT_FK_READS, "stays", DBN_ACT_DELETE) &&
		!drv_has_effect(&r, DBN_EFFECT_CASCADE_DELETE, "stays", ~0u) &&
		!drv_has_effect(&r, DBN_EFFECT_CASCADE_UPDATE, "stays", ~0u), "others are asked only");
	d.host->release(d.host, r.memory);
	CF_CHECK(cf, drv_admin(&d, d.c, "DROP DATABASE dbn_children"), "drop");
	drv_close(&d);
}

static bool
not_undone(drv *d, struct dbn_conn *c, const char *schema, const char *name)
{
	dbn_relation_info r;
	bool is;

	if (!conform_ok_at(d->cf, __FILE__, __LINE__, name, drv_describe(d, c, schema, name, &r)))
		return false;
	is = r.facts & DBN_RELATION_NOT_TRANSACTIONAL;
	d->host->release(d->host, r.memory);
	return is;
}

/* A view is what stands behind it; nobody may say that of one he may not look into. */
static void
engines(conform *cf)
{
	static const char *const sql[] = { "CREATE TABLE a (id INT) ENGINE=InnoDB",
		"CREATE TABLE m (id INT) ENGINE=MyISAM", "CREATE VIEW va AS SELECT id FROM a",
		"CREATE VIEW vva AS SELECT id FROM va", "CREATE VIEW vm AS SELECT id FROM m",
		"CREATE VIEW vvm AS SELECT v.id FROM vm AS v",
		"CREATE VIEW va_m AS SELECT id FROM a WHERE id IN (SELECT id FROM vm)",
		"CREATE OR REPLACE USER viewer@localhost" };
	dbn_connect_opts o = { .call = DBN_CALL_INIT };
	struct dbn_conn *c = NULL;
	char grant[128], url[300];
	drv d;

	if (!drv_open(cf, &d))
		return;
	for (size_t i = 0; i < sizeof sql / sizeof *sql; i++)
		if (!drv_admin(&d, d.c, sql[i]))
			return;
	CF_CHECK(cf, !not_undone(&d, d.c, "", "a") && !not_undone(&d, d.c, "", "va") &&
		!not_undone(&d, d.c, "", "vva"), "InnoDB has transactions");
	CF_CHECK(cf, not_undone(&d, d.c, "", "m") && not_undone(&d, d.c, "", "vm") &&
		not_undone(&d, d.c, "", "vvm") && not_undone(&d, d.c, "", "va_m"), "MyISAM has none");
	(void)snprintf(grant, sizeof grant, "GRANT SELECT, UPDATE ON `%s`.vva TO viewer@localhost", cf->tmp);
	if (!drv_admin(&d, d.c, grant))
		return;
	(void)snprintf(url, sizeof url, "mysql://viewer@localhost/%s?socket=%s", cf->tmp,
		strstr(conform_arg(cf, "url", ""), "socket=") + 7);
	o.url = (dbn_text){ url, strlen(url) };
	if (!conform_ok_at(cf, __FILE__, __LINE__, "connect", d.ops->connect(d.self, &o, &c, &cf->err)))
		return;
	CF_CHECK(cf, not_undone(&d, c, "", "vva"), "a view that hides what it is made of");
	d.ops->disconnect(c);
	drv_close(&d);
}

/* Rights of a role decide what may be prepared. */
static void
roles(conform *cf)
{
	dbn_text role = { "clerk", 5 }, none = { NULL, 0 };
	dbn_call call = DBN_CALL_INIT;
	char sql[128], url[300];
	struct dbn_conn *c = NULL;
	dbn_connect_opts o = { .call = DBN_CALL_INIT };
	drv_stmt s;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 2) ||
		!drv_admin(&d, d.c, "CREATE TABLE secret (x INT)") ||
		!drv_admin(&d, d.c, "DROP ROLE IF EXISTS clerk") || !drv_admin(&d, d.c, "CREATE ROLE clerk") ||
		!drv_admin(&d, d.c, "CREATE OR REPLACE USER pool@localhost"))
		return;
	(void)snprintf(sql, sizeof sql, "GRANT SELECT, INSERT ON `%s`.t TO clerk", cf->tmp);
	if (!drv_admin(&d, d.c, sql) || !drv_admin(&d, d.c, "GRANT clerk TO pool@localhost"))
		return;
	(void)snprintf(url, sizeof url, "mysql://pool@localhost/information_schema?socket=%s",
		strstr(conform_arg(cf, "url", ""), "socket=") + 7);
	o.url = (dbn_text){ url, strlen(url) };
	CF_OK(cf, d.ops->connect(d.self, &o, &c, &cf->err));
	(void)snprintf(sql, sizeof sql, "SELECT id FROM `%s`.t", cf->tmp);
	CF_FAILS(cf, drv_prepare(&d, c, sql, "", &s), DBN_E_DENIED, "42501");
	CF_OK(cf, d.ops->assume(c, role, &call, &cf->err));
	CF_OK(cf, drv_prepare(&d, c, sql, "", &s));
	d.ops->close_stmt(s.s);
	(void)snprintf(sql, sizeof sql, "SELECT x FROM `%s`.secret", cf->tmp);
	CF_FAILS(cf, drv_prepare(&d, c, sql, "", &s), DBN_E_DENIED, "42501");
	CF_OK(cf, d.ops->assume(c, none, &call, &cf->err));
	(void)snprintf(sql, sizeof sql, "SELECT id FROM `%s`.t", cf->tmp);
	CF_FAILS(cf, drv_prepare(&d, c, sql, "", &s), DBN_E_DENIED, "42501");
	d.ops->disconnect(c);
	drv_close(&d);
}

static bool
same_epoch(drv *d, struct dbn_conn *a, struct dbn_conn *b)
{
	dbn_token one = { .struct_size = (uint32_t)sizeof one }, two = one;
	dbn_call call = DBN_CALL_INIT;

	/* the first may open what nobody has looked at yet */
	return conform_ok_at(d->cf, __FILE__, __LINE__, "epoch",
		d->ops->schema_epoch(a, &call, &one, &d->cf->err)) &&
		conform_ok_at(d->cf, __FILE__, __LINE__, "epoch",
		d->ops->schema_epoch(b, &call, &two, &d->cf->err)) &&
		one.len == two.len && memcmp(one.bytes, two.bytes, one.len) == 0;
}

/* The same for all connections, whatever roles they take. */
static void
epoch(conform *cf)
{
	dbn_token before = { .struct_size = (uint32_t)sizeof before }, after = before;
	dbn_text role = { "watcher", 7 }, none = { NULL, 0 };
	dbn_call call = DBN_CALL_INIT;
	struct dbn_conn *c2;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 1) || !(c2 = drv_connect(&d, 0)) ||
		!drv_admin(&d, d.c, "CREATE OR REPLACE ROLE watcher")) /* its maker may take it */
		return;
	CF_CHECK(cf, same_epoch(&d, d.c, c2), "two connections differ");
	CF_OK(cf, d.ops->schema_epoch(c2, &call, &before, &cf->err));
	for (int i = 0; i < 3; i++) {
		CF_OK(cf, d.ops->assume(d.c, role, &call, &cf->err));
		CF_OK(cf, d.ops->assume(d.c, none, &call, &cf->err));
	}
	CF_OK(cf, d.ops->schema_epoch(c2, &call, &after, &cf->err));
	CF_CHECK(cf, memcmp(before.bytes, after.bytes, before.len) == 0, "taking a role moves it");
	if (!drv_admin(&d, d.c, "CREATE TABLE another (id INT)"))
		return;
	CF_OK(cf, d.ops->schema_epoch(c2, &call, &after, &cf->err));
	CF_CHECK(cf, memcmp(before.bytes, after.bytes, before.len) != 0, "a new table does not move it");
	d.ops->disconnect(c2);
	drv_close(&d);
}

static void
positions(conform *cf)
{
	const dbn_driver_position_1 *p = (const dbn_driver_position_1 *)
		cf->plugin.desc->get_extension(cf->plugin.self, DBN_DRIVER_POSITION_1);
	dbn_token before = { .struct_size = (uint32_t)sizeof before }, after = before;
	dbn_end_opts end = { .call = DBN_CALL_INIT };
	dbn_text at = { NULL, 0 };
	dbn_call call = DBN_CALL_INIT;
	drv d;

	CF_NEED(cf, p != NULL, "no positions");
	if (!drv_open(cf, &d) || !drv_make_t(&d, 1))
		return;
	CF_OK(cf, p->now(d.c, &call, &before, &cf->err));
	CF_OK(cf, drv_begin(&d, d.c, 0));
	CF_OK(cf, drv_run(&d, d.c, "UPDATE t SET n = 7", "", DBN_NO_ARGS, NULL));
	end.commit_position = &at;
	CF_OK(cf, d.ops->end(d.c, DBN_END_COMMIT, &end, &cf->err));
	CF_CHECK(cf, at.len > 4, "no position of the commit");
	CF_OK(cf, p->now(d.c, &call, &after, &cf->err));
	CF_CHECK(cf, before.len != after.len || memcmp(before.bytes, after.bytes, after.len) != 0,
		"the position did not move");
	CF_OK(cf, p->wait(d.c, &before, &call, &cf->err));
	memcpy(after.bytes, "0-1-999999999", after.len = 13);
	call.deadline_ns = drv_in_ms(&d, 200);
	CF_FAILS(cf, p->wait(d.c, &after, &call, &cf->err), DBN_E_TIMEOUT, NULL);
	CF_CHECK(cf, drv_int(&d, d.c, "SELECT n FROM t", "", DBN_NO_ARGS) == 7, "the connection");
	drv_close(&d);
}

static const conform_case own[] = {
	{ "mysql.urls", urls, 0, 0 },
	{ "mysql.pinned_settings", pinned, 0, 0 },
	{ "mysql.catalogue", catalogue, 0, 0 },
	{ "mysql.effects", effects, 0, 0 },
	{ "mysql.children", children, 0, 0 },
	{ "mysql.engines", engines, 0, 0 },
	{ "mysql.roles", roles, 0, 0 },
	{ "mysql.epoch", epoch, 0, 0 },
	{ "mysql.positions", positions, 0, 0 },
};
/* Run by name, with settings of their own. */
static const conform_case tls[] = {
	{ "tls.connects", tls_connects, 0, 0 },
	{ "tls.refused", tls_refused, 0, 0 },
};

int
main(int argc, char **argv)
{
	const struct { const conform_case *cases; size_t n; } parts[] = {
		{ own, sizeof own / sizeof *own }, { my_types, my_ntypes }, { my_writes, my_nwrites },
		{ my_lost, my_nlost } };
	conform_case all[64];
	size_t n = 0;

	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], "--only") == 0 && strncmp(argv[i + 1], "tls.", 4) == 0)
			return conform_main(argc, argv, DBN_KIND_DRIVER, tls, sizeof tls / sizeof *tls);
		else if (strcmp(argv[i], "--only") == 0 && strcmp(argv[i + 1], my_frozen.name) == 0)
			return conform_main(argc, argv, DBN_KIND_DRIVER, &my_frozen, 1);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		for (size_t j = 0; j < parts[i].n && n < sizeof all / sizeof *all; j++)
			all[n++] = parts[i].cases[j];
	return conform_main(argc, argv, DBN_KIND_DRIVER, all, n);
}
