/* SPDX-License-Identifier: MIT */
/*
 * Two locks that must agree: what the rewriter says a statement will touch, and
 * what the driver finds when it prepares it.  Everything foretold is enough, and
 * nothing of it can be left out.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab.h"

static const char schema[] =
	"CREATE TABLE users (id INTEGER PRIMARY KEY, owner TEXT, name TEXT UNIQUE, pin TEXT,"
	" twice INTEGER GENERATED ALWAYS AS (id * 2) VIRTUAL);"
	"CREATE TABLE team (id INTEGER PRIMARY KEY, boss INTEGER REFERENCES users (id) ON DELETE CASCADE, label TEXT);"
	"CREATE TABLE log (id INTEGER PRIMARY KEY, what TEXT);"
	"CREATE TABLE noted (id INTEGER PRIMARY KEY, note TEXT);"
	"CREATE TRIGGER noted_log AFTER INSERT ON noted BEGIN INSERT INTO log (what) VALUES (new.note); END;"
	"CREATE TRIGGER noted_bye AFTER DELETE ON noted BEGIN DELETE FROM log WHERE what = old.note; END;"
	"CREATE VIEW names AS SELECT id, name FROM users;"
	"INSERT INTO users (id, owner, name) VALUES (1, 'u', 'a'), (2, 'v', 'b');"
	"INSERT INTO team VALUES (1, 1, 'x');";

static const char policy[] =
	"version = 1; roles = ( { name = \"r\"; }, { name = \"all\"; } );\n"
	"users = ( { name = \"u\"; roles = [ \"r\" ]; }, { name = \"boss\"; roles = [ \"all\" ]; } );\n"
	"rules = ( { id = \"own\"; roles = [ \"r\" ]; relation = \"users\"; actions = [ \"*\" ]; hide = [ \"pin\" ];\n"
	"    using = \"owner = $user.id\"; },\n"
	"  { id = \"team\"; roles = [ \"r\" ]; relation = \"team\"; actions = [ \"*\" ];\n"
	"    using = \"boss IN (SELECT x.id FROM users x WHERE x.owner = $user.id)\"; },\n"
	"  { id = \"noted\"; roles = [ \"r\" ]; relation = \"noted\"; actions = [ \"*\" ]; },\n"
	"  { id = \"names\"; roles = [ \"r\" ]; relation = \"names\"; actions = [ \"read\" ]; using = \"name LIKE 'a%'\"; },\n"
	"  { id = \"all\"; roles = [ \"all\" ]; relation = \"*\"; actions = [ \"*\" ]; } );\n";

static const char *const statements[] = {
	"SELECT * FROM users",
	"SELECT count(*) FROM users",
	"SELECT 1 FROM users",
	"SELECT name FROM users WHERE id = 1 ORDER BY owner",
	"SELECT u.name, t.label FROM users u LEFT JOIN team t ON t.boss = u.id WHERE u.id > 0",
	"SELECT name FROM users WHERE name LIKE 'a%' AND length(name) < 9",
	"SELECT upper(name), row_number() OVER (ORDER BY id) FROM users",
	"SELECT twice FROM users",
	"SELECT rowid FROM users",
	"WITH q AS (SELECT id FROM team) SELECT count(*) FROM q JOIN users ON users.id = q.id",
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n",
	"SELECT * FROM names",
	"SELECT id FROM names WHERE id = 1",
	"SELECT (SELECT max(label) FROM team WHERE boss = users.id) FROM users",
	"INSERT INTO noted (note) VALUES ('x')",
	"INSERT INTO noted (note) VALUES ('x') RETURNING id",
	"INSERT INTO noted DEFAULT VALUES",
	"INSERT INTO users (id, owner, name) VALUES (7, 'u', 'z')",
	"INSERT INTO users (id, owner, name) VALUES (8, 'u', 'y') RETURNING id, name",
	"INSERT INTO users (id, owner, name) VALUES (1, 'u', 'c') ON CONFLICT (id) DO UPDATE SET name = excluded.name",
	"INSERT INTO users (id, owner, name) VALUES (1, 'u', 'd') ON CONFLICT DO NOTHING",
	"INSERT INTO team (boss, label) SELECT id, name FROM users WHERE id = 1",
	"UPDATE users SET name = name || '!' WHERE id = 1",
	"UPDATE users SET owner = owner, name = 'q' WHERE id = 1 RETURNING id",
	"UPDATE team SET label = u.name FROM users u WHERE u.id = team.boss",
	"UPDATE noted SET note = 'y'",
	"DELETE FROM noted WHERE id = 99",
	"DELETE FROM team WHERE id = 99",
	"DELETE FROM users WHERE id = 99 RETURNING name"
};

static lab l;
static fake_plugin driver;
static const dbn_driver_ops *ops;
static struct dbn_conn *conn;
static char path[64];

static void
start(void)
{
	char plugin[512], copy[128], url[96], *e = NULL;
	const char *top = getenv("DBN_TOP_BUILD");
	dbn_connect_opts o = { .call = DBN_CALL_INIT };
	dbn_error *err = NULL;
	int fd;

	lab_open(&l, schema, policy);
	(void)snprintf(path, sizeof(path), "/tmp/lock-XXXXXX");
	fd = mkstemp(path);
	cr_assert(fd >= 0);
	(void)close(fd);
	(void)unlink(path);
	(void)snprintf(copy, sizeof(copy), "VACUUM INTO '%s'", path);
	(void)sqlite3_exec(l.db, copy, NULL, NULL, &e);
	cr_assert_null(e, "%s", e);
	(void)snprintf(plugin, sizeof(plugin), "%s/plugins/driver-sqlite/.libs/driver-sqlite.so", top ? top : ".");
	cr_assert_eq(fake_plugin_open(&driver, plugin, NULL, NULL, NULL, &err), DBN_OK, "%s",
		dbn_error_message(err));
	ops = driver.desc->ops;
	(void)snprintf(url, sizeof(url), "sqlite:%s", path);
	o.call.struct_size = (uint32_t)sizeof(o);
	o.url = dbn_text_z(url);
	cr_assert_eq(ops->connect(driver.self, &o, &conn, &err), DBN_OK, "%s", dbn_error_message(err));
}

static void
stop(void)
{
	ops->disconnect(conn);
	fake_plugin_close(&driver);
	lab_close(&l);
	(void)unlink(path);
}

TestSuite(second_lock, .init = start, .fini = stop);

/* Prepare what the lab sent last; without: this access of the list is left out. */
static dbn_status
prepare(uint32_t without, char *why, size_t size)
{
	dbn_access *list = malloc((l.last.naccesses + 1) * sizeof(*list));
	dbn_prepare_opts o = { .call = DBN_CALL_INIT };
	dbn_stmt_info info = { .struct_size = (uint32_t)sizeof(info) };
	struct dbn_stmt *s = NULL;
	dbn_error *err = NULL;
	uint32_t n = 0;
	dbn_status rc;

	for (uint32_t i = 0; i < l.last.naccesses; i++)
		if (i != without)
			list[n++] = l.last.accesses[i];
	o.call.struct_size = (uint32_t)sizeof(o);
	o.accesses = (dbn_array){ list, n, (uint32_t)sizeof(*list) };
	rc = ops->prepare(conn, dbn_text_n(l.sql.ptr, l.sql.len), &o, &s, &info, &err);
	(void)snprintf(why, size, "%s", dbn_error_message(err));
	dbn_error_free(err);
	if (rc == DBN_OK)
		ops->close_stmt(s);
	free(list);
	return rc;
}

Test(second_lock, what_is_foretold_is_enough)
{
	static const char *const users[] = { "u", "boss" };
	char why[512];

	for (size_t k = 0; k < 2; k++) {
		for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
			char *got;

			(void)sqlite3_exec(l.db, "SAVEPOINT one", NULL, NULL, NULL);
			got = lab_run(&l, users[k], statements[i], NULL);
			(void)sqlite3_exec(l.db, "ROLLBACK TO one", NULL, NULL, NULL);
			cr_expect(got[0] != '!', "%s: %s: %s", users[k], statements[i], got);
			if (got[0] != '!')
				cr_expect_eq(prepare(UINT32_MAX, why, sizeof(why)), DBN_OK, "%s: %s: %s\n  %s", users[k],
					statements[i], why, l.sql.ptr);
			free(got);
		}
	}
}

Test(second_lock, a_surplus_is_refused)
{
	char why[512];
	uint32_t refused = 0, columns = 0;

	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		char *got;

		(void)sqlite3_exec(l.db, "SAVEPOINT one", NULL, NULL, NULL);
		got = lab_run(&l, "u", statements[i], NULL);
		(void)sqlite3_exec(l.db, "ROLLBACK TO one", NULL, NULL, NULL);
		for (uint32_t k = 0; got[0] != '!' && k < l.last.naccesses; k++) {
			if (l.last.accesses[k].action != DBN_ACT_READ || !l.last.accesses[k].column.len)
				continue;
			columns++;
			refused += prepare(k, why, sizeof(why)) == DBN_E_ACCESS;
		}
		free(got);
	}
	cr_expect_gt(columns, 50);
	cr_expect_gt(refused, columns * 3 / 4, "%u of %u columns could be left out", columns - refused, columns);
}

Test(second_lock, text_that_was_not_rewritten)
{
	static const char *const texts[] = { "SELECT pin FROM users", "SELECT * FROM log", "DELETE FROM users",
		"SELECT sql FROM sqlite_master" };
	char why[512];

	free(lab_run(&l, "u", "SELECT name FROM users", NULL));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		dbn_str_reset(&l.sql);
		dbn_str_adds(&l.sql, texts[i]);
		cr_expect_eq(prepare(UINT32_MAX, why, sizeof(why)), DBN_E_ACCESS, "%s: %s", texts[i], why);
	}
}
