/* SPDX-License-Identifier: MIT */
/*
 * Ways around a policy, tried one by one.  mal may read and write his own rows of
 * users; every statement here either gives what he may see, or is refused.  The
 * function tell() raises an error with its argument, and he may call it: whatever
 * it tells of a hidden row is a leak.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lab.h"

static const char schema[] =
	"CREATE TABLE users (id INTEGER PRIMARY KEY, owner TEXT, name TEXT UNIQUE, salary INTEGER,"
	" ssn TEXT, pin TEXT, bonus INTEGER GENERATED ALWAYS AS (salary * 2) VIRTUAL);"
	"INSERT INTO users (id, owner, name, salary, ssn, pin) VALUES"
	" (1, 'mal', 'mine', 10, 'ssn-mine', 'pin1'), (2, 'eve', 'HIDDEN-2', 20, 'SECRET-2', 'PIN-2'),"
	" (3, 'mal', 'also', 30, 'ssn-also', 'pin3'), (4, 'eve', 'HIDDEN-4', 40, 'SECRET-4', 'PIN-4');"
	"CREATE INDEX users_owner ON users (owner);"
	"CREATE TABLE vault (id INTEGER PRIMARY KEY, code TEXT);"
	"INSERT INTO vault VALUES (1, 'SECRET-V');"
	"CREATE VIEW everybody AS SELECT id, name, ssn FROM users;"
	"CREATE TABLE open (id INTEGER PRIMARY KEY, note TEXT);"
	"INSERT INTO open VALUES (1, 'one'), (2, 'two');"
	"CREATE TABLE counted (id INTEGER PRIMARY KEY, owner TEXT, n INTEGER);"
	"INSERT INTO counted VALUES (1, 'mal', 1), (2, 'eve', 2);"
	"CREATE TRIGGER counted_up AFTER UPDATE ON counted BEGIN"
	" UPDATE counted SET n = new.n + 1 WHERE id = new.id; END;"
	"CREATE VIRTUAL TABLE words USING fts4(body);"
	"INSERT INTO words (body) VALUES ('SECRET-W');";

static const char policy[] =
	"version = 1;\n"
	"roles = ( { name = \"r\"; }, { name = \"all\"; } );\n"
	"users = ( { name = \"mal\"; roles = [ \"r\" ]; }, { name = \"eve\"; roles = [ \"r\" ]; },\n"
	"  { name = \"boss\"; roles = [ \"all\" ]; } );\n"
	"rules = (\n"
	"  { id = \"own\"; roles = [ \"r\" ]; relation = \"users\"; actions = [ \"read\", \"write\" ];\n"
	"    hide = [ \"salary\", \"pin\" ]; using = \"owner = $user.id\";\n"
	"    masks = ( { column = \"ssn\"; method = \"null\"; } ); },\n"
	"  { id = \"open\"; roles = [ \"r\" ]; relation = \"open\"; actions = [ \"*\" ]; },\n"
	"  { id = \"counted\"; roles = [ \"r\" ]; relation = \"counted\"; actions = [ \"*\" ]; using = \"owner = $user.id\"; },\n"
	"  { id = \"words\"; roles = [ \"r\" ]; relation = \"words\"; actions = [ \"read\" ]; using = \"body <> 'x'\"; },\n"
	"  { id = \"tell\"; roles = [ \"r\" ]; function = \"tell\"; actions = [ \"execute\" ]; },\n"
	"  { id = \"all\"; roles = [ \"all\" ]; relation = \"*\"; actions = [ \"*\" ]; } );\n";

static lab l;

static void
start(void)
{
	lab_open(&l, schema, policy);
}

static void
stop(void)
{
	lab_close(&l);
}

TestSuite(bypass, .init = start, .fini = stop);

/* Whatever comes back, nothing of it is hidden, and the table is as it was. */
static void
nothing_told(const char *sql)
{
	static const char *const secrets[] = { "HIDDEN", "SECRET", "PIN-", "eve" };
	char *got = lab_run(&l, "mal", sql, NULL), *named;

	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
		named = strstr(got, secrets[i]);
		cr_expect(!named || strstr(sql, secrets[i]), "%s\n  told \"%s\"\n  sent %s", sql, got,
			dbn_str_z(&l.sql));
	}
	free(got);
	TRUTH(&l, "SELECT id, owner, name, salary, ssn FROM users WHERE owner = 'eve' ORDER BY id",
		"2|eve|HIDDEN-2|20|SECRET-2\n4|eve|HIDDEN-4|40|SECRET-4");
}

Test(bypass, the_plain_view)
{
	GIVES(&l, "mal", "SELECT * FROM users ORDER BY id", "1|mal|mine|~\n3|mal|also|~");
	GIVES(&l, "eve", "SELECT id FROM users ORDER BY id", "2\n4");
	GIVES(&l, "boss", "SELECT count(*), max(salary) FROM users", "4|40");
}

Test(bypass, names_of_any_kind)
{
	GIVES(&l, "mal", "SELECT u.id FROM users AS u ORDER BY 1", "1\n3");
	GIVES(&l, "mal", "SELECT id FROM main.users ORDER BY 1", "1\n3");
	GIVES(&l, "mal", "SELECT id FROM \"USERS\" ORDER BY 1", "1\n3");
	GIVES(&l, "mal", "SELECT id FROM [Users] ORDER BY 1", "1\n3");
	GIVES(&l, "mal", "SELECT id FROM `uSeRs` ORDER BY 1", "1\n3");
	GIVES(&l, "mal", "SELECT id FROM /* vault */ users -- vault\n ORDER BY 1", "1\n3");
	GIVES(&l, "mal", "WITH users AS (SELECT 7 AS id) SELECT id FROM users", "7");
	GIVES(&l, "mal", "WITH x AS (SELECT * FROM users) SELECT id FROM x ORDER BY 1", "1\n3");
	GIVES(&l, "mal", "WITH users AS (SELECT id FROM main.users) SELECT id FROM users ORDER BY 1", "1\n3");
	GIVES(&l, "mal", "WITH vault AS (SELECT * FROM users) SELECT count(*) FROM vault", "2");
	REFUSED(&l, "mal", "SELECT * FROM vault", "DENIED", NULL);
	REFUSED(&l, "mal", "SELECT * FROM main.\"vault\"", "DENIED", NULL);
	REFUSED(&l, "mal", "SELECT * FROM temp.users", "", NULL);
	REFUSED(&l, "mal", "SELECT * FROM other.users", "", NULL);
	REFUSED(&l, "mal", "SELECT pin FROM users", "SYNTAX", NULL);
	REFUSED(&l, "mal", "SELECT users.\"pin\" FROM users", "SYNTAX", NULL);
	REFUSED(&l, "mal", "SELECT \"\" FROM users", "SYNTAX", NULL);
}

Test(bypass, more_than_one_statement)
{
	REFUSED(&l, "mal", "SELECT 1; SELECT * FROM vault", "SYNTAX", NULL);
	REFUSED(&l, "mal", "SELECT 1;; DELETE FROM users", "SYNTAX", NULL);
	GIVES(&l, "mal", "SELECT 1;", "1");
	GIVES(&l, "mal", "ATTACH 'x' AS y", "!ADMIN");
	GIVES(&l, "mal", "PRAGMA table_info(users)", "!ADMIN");
	GIVES(&l, "mal", "CREATE VIEW q AS SELECT * FROM users", "!ADMIN");
}

Test(bypass, administration_needs_a_rule)
{
	dbn_identity_in who = { .struct_size = (uint32_t)sizeof(who), .user = { "mal", 3 } };
	dbn_subject *s = NULL;
	dbn_error *err = NULL;

	cr_assert_eq(dbn_subject_open(l.authority, &who, NULL, &s, &err), DBN_OK);
	cr_assert_eq(dbn_permission_admin(s, 0, (dbn_text){ "main", 4 }, DBN_ACT_DDL, NULL, &err),
		DBN_E_DENIED);
	dbn_error_free(err);
	dbn_subject_close(s);
}

Test(bypass, catalogues_and_functions)
{
	REFUSED(&l, "mal", "SELECT sql FROM sqlite_master", "", NULL);
	REFUSED(&l, "boss", "SELECT sql FROM sqlite_master", "DENIED", NULL);
	REFUSED(&l, "mal", "SELECT * FROM sqlite_schema", "", NULL);
	REFUSED(&l, "mal", "SELECT * FROM pragma_table_info('users')", "", NULL);
	REFUSED(&l, "mal", "SELECT * FROM json_each WHERE json = '[1]'", "", NULL);
	REFUSED(&l, "mal", "SELECT * FROM pragma_table_list('users')", "", NULL);
	REFUSED(&l, "mal", "SELECT 1 FROM users u, json_each(u.ssn) j", "DENIED", NULL);
	REFUSED(&l, "mal", "SELECT 1 FROM users u, json_each(u.pin) j", "SYNTAX", NULL);
	GIVES(&l, "mal", "SELECT value FROM json_each('[1]')", "1");
	GIVES(&l, "mal", "SELECT u.id, j.value FROM users u, json_each('[\"' || u.name || '\"]') j"
		" ORDER BY 1", "1|mine\n3|also");
	nothing_told("SELECT j.value FROM users u, json_each(u.name) j WHERE u.id = 2");
	nothing_told("SELECT j.value FROM users u, json_tree(tell(u.name)) j WHERE u.id = 2");
	nothing_told("SELECT j.value FROM users u LEFT JOIN json_each(tell(u.name)) j WHERE u.id > 3");
	nothing_told("SELECT 1 FROM users u WHERE u.id = 2 AND EXISTS (SELECT 1 FROM open a JOIN open b"
		" ON tell(u.name))");
	nothing_told("SELECT 1 FROM users u WHERE u.id = 2 AND EXISTS (SELECT 1 FROM"
		" (SELECT 1 FROM open WHERE tell(u.name)) q)");
	REFUSED(&l, "mal", "SELECT last_insert_rowid()", "DENIED", NULL);
	REFUSED(&l, "mal", "SELECT changes()", "DENIED", NULL);
	REFUSED(&l, "mal", "SELECT load_extension('x')", "DENIED", NULL);
	REFUSED(&l, "mal", "SELECT dbn_require(0, 'x')", "DENIED", NULL);
	REFUSED(&l, "boss", "SELECT tell('x')", "DENIED", "tell");
	REFUSED(&l, "mal", "SELECT tell('x')", "SQL", "TOLD x");
}

Test(bypass, views_and_generated_columns)
{
	REFUSED(&l, "mal", "SELECT * FROM everybody", "DENIED", NULL);
	REFUSED(&l, "mal", "SELECT bonus FROM users", "SYNTAX", NULL);
	REFUSED(&l, "mal", "SELECT id FROM users WHERE bonus > 0", "SYNTAX", NULL);
	GIVES(&l, "boss", "SELECT bonus FROM users WHERE id = 1", "20");
	GIVES(&l, "boss", "SELECT count(*) FROM everybody", "4");
	cr_assert_eq(l.last.ntouches, 2, "the view and its base");
}

Test(bypass, row_identifiers)
{
	GIVES(&l, "mal", "SELECT rowid FROM users ORDER BY 1", "1\n3");
	GIVES(&l, "mal", "SELECT id FROM users WHERE rowid = 2", "");
	GIVES(&l, "mal", "SELECT id FROM users WHERE oid = 2 OR _rowid_ = 4", "");
	GIVES(&l, "mal", "SELECT name FROM users WHERE users.rowid IN (1, 2)", "mine");
}

Test(bypass, errors_on_hidden_rows)
{
	nothing_told("SELECT id FROM users WHERE id = 2 AND tell(name)");
	nothing_told("SELECT id FROM users WHERE tell(name) AND id = 2");
	nothing_told("SELECT id FROM users WHERE id IN (2, 4) AND CASE WHEN owner = 'eve' THEN tell(name) END");
	nothing_told("SELECT 1 FROM (SELECT name AS n, id FROM users) q WHERE tell(n) AND id = 2");
	nothing_told("SELECT 1 FROM (SELECT tell(name) AS n, id FROM users WHERE id = 2) q WHERE n");
	nothing_told("WITH q AS (SELECT name AS n, id FROM users) SELECT 1 FROM q WHERE id = 2 AND tell(n)");
	nothing_told("WITH q AS (SELECT max(name) AS n, id FROM users GROUP BY id) SELECT 1 FROM q WHERE id = 2 AND tell(n)");
	nothing_told("SELECT 1 FROM open o JOIN users u ON tell(u.name) AND u.id = 2");
	nothing_told("SELECT 1 FROM open o LEFT JOIN users u ON u.id = 2 AND tell(u.name)");
	nothing_told("SELECT 1 FROM users u, users v WHERE u.id = 2 AND v.id = 4 AND tell(u.name || v.name)");
	nothing_told("SELECT name FROM users WHERE id = 2 GROUP BY name HAVING tell(name)");
	nothing_told("SELECT id FROM users WHERE id = 2 ORDER BY tell(name)");
	nothing_told("SELECT count(*) FILTER (WHERE tell(name)) FROM users WHERE id = 2");
	nothing_told("SELECT id FROM users WHERE id = 2 AND EXISTS (SELECT 1 FROM open WHERE tell(users.name))");
	nothing_told("SELECT id FROM open WHERE note = (SELECT tell(name) FROM users WHERE id = 2)");
	nothing_told("UPDATE users SET name = name WHERE id = 2 AND tell(name)");
	nothing_told("UPDATE users SET name = name WHERE tell(name) AND id = 2");
	nothing_told("UPDATE open SET note = tell(u.name) FROM users u WHERE u.id = 2");
	nothing_told("UPDATE open SET note = 'x' FROM users u WHERE u.id = 2 AND tell(u.name)");
	nothing_told("UPDATE users SET name = name FROM open o JOIN open p ON tell(users.name) WHERE users.id = 2");
	nothing_told("UPDATE users SET name = tell(name) WHERE id = 2");
	nothing_told("UPDATE open SET note = 'x' FROM (SELECT name AS n, id FROM users) q WHERE q.id = 2 AND tell(q.n)");
	nothing_told("SELECT 1 FROM open o WHERE EXISTS (SELECT 1 FROM users u WHERE u.id = 2 AND tell(u.name))");
	nothing_told("SELECT 1 FROM users u WHERE u.id = 2 AND (SELECT tell(u.name))");
	nothing_told("SELECT 1 FROM (SELECT n FROM (SELECT name AS n, id AS i FROM users) a WHERE i = 2) b WHERE tell(n)");
	nothing_told("SELECT 1 FROM (SELECT name AS n, id FROM users UNION ALL SELECT note, id + 10 FROM open) q"
		" WHERE id = 2 AND tell(n)");
	nothing_told("SELECT 1 FROM (SELECT DISTINCT name AS n, id FROM users) q WHERE id = 4 AND tell(n)");
	nothing_told("SELECT 1 FROM (SELECT name AS n, id, row_number() OVER (PARTITION BY id) FROM users) q"
		" WHERE id = 2 AND tell(n)");
	nothing_told("SELECT 1 FROM users u JOIN users v ON u.id = v.id AND u.id = 2 AND tell(v.name)");
	nothing_told("SELECT 1 FROM open o LEFT JOIN (SELECT name AS n, id FROM users) q ON q.id = 2 AND tell(q.n)");
	nothing_told("SELECT 1 FROM users WHERE id = 2 AND name LIKE tell(name)");
	nothing_told("SELECT 1 FROM users WHERE id = 2 AND json_extract(name, '$.x') = 1");
	nothing_told("SELECT 1 FROM users WHERE id = 2 AND name -> 'x' = 1");
	nothing_told("DELETE FROM users WHERE id = 2 AND tell(name)");
	nothing_told("DELETE FROM users WHERE tell(name) AND id > 3");
	nothing_told("DELETE FROM open WHERE id = (SELECT tell(name) FROM users WHERE id = 2)");
	nothing_told("INSERT INTO open SELECT 10, tell(name) FROM users WHERE id = 2");
	GIVES(&l, "mal", "SELECT id FROM users WHERE id = 2 AND tell(name)", "");
	GIVES(&l, "mal", "WITH q AS (SELECT max(name) AS n, id FROM users GROUP BY id) SELECT 1 FROM q WHERE id = 2 AND tell(n)", "");
	GIVES(&l, "mal", "SELECT 1 FROM (SELECT tell(name) AS n, id FROM users WHERE id = 2) q WHERE n", "");
	GIVES(&l, "mal", "SELECT o.id, u.id FROM open o LEFT JOIN users u ON u.id = 2 AND tell(u.name) ORDER BY 1", "1|~\n2|~");
	GIVES(&l, "mal", "UPDATE users SET name = name WHERE tell(name) AND id = 2 RETURNING id", "");
	GIVES(&l, "mal", "SELECT 1 FROM users WHERE id = 2 AND json_extract(name, '$.x') = 1", "");
	GIVES(&l, "mal", "SELECT 1 FROM (SELECT DISTINCT name AS n, id FROM users) q WHERE id = 4 AND tell(n)", "");
	REFUSED(&l, "mal", "SELECT id FROM users WHERE tell(name)", "SQL", "TOLD");
}

Test(bypass, indexes_stay_in_use)
{
	char *plan;
	dbn_str q;

	GIVES(&l, "mal", "SELECT name FROM users WHERE id = 1", "mine");
	dbn_str_init(&q, 0);
	dbn_str_addf(&q, "EXPLAIN QUERY PLAN %s", l.sql.ptr);
	for (size_t i = 0; i < q.len; i++)
		if (q.ptr[i] == '?')
			while (i + 1 < q.len && q.ptr[i + 1] >= '0' && q.ptr[i + 1] <= '9')
				q.ptr[++i] = ' ';
	plan = lab_raw(&l, q.ptr);
	cr_expect(strstr(plan, "SEARCH") && !strstr(plan, "SCAN"), "%s\n%s", q.ptr, plan);
	free(plan);
	dbn_str_free(&q);
}

Test(bypass, subqueries_everywhere)
{
	GIVES(&l, "mal", "UPDATE open SET note = (SELECT group_concat(name) FROM users) WHERE id = 1 RETURNING note",
		"mine,also");
	GIVES(&l, "mal", "SELECT (SELECT count(*) FROM users)", "2");
	GIVES(&l, "mal", "SELECT id FROM open WHERE id IN (SELECT id FROM users)", "1");
	GIVES(&l, "mal", "SELECT id FROM open ORDER BY (SELECT max(id) FROM users u WHERE u.id = open.id) DESC",
		"1\n2");
	GIVES(&l, "mal", "SELECT count(*) FROM open GROUP BY id HAVING count(*) < (SELECT count(*) FROM users) LIMIT 1",
		"1");
	GIVES(&l, "mal", "INSERT INTO open (id, note) SELECT id + 10, name FROM users RETURNING id",
		"11\n13");
	GIVES(&l, "mal", "INSERT INTO open (id, note) VALUES (20, 'x') RETURNING (SELECT count(*) FROM users)",
		"2");
	GIVES(&l, "mal", "DELETE FROM open WHERE id = 20 RETURNING (SELECT max(name) FROM users)", "mine");
	GIVES(&l, "mal", "SELECT id, row_number() OVER (ORDER BY id), sum(id) OVER () FROM users ORDER BY id",
		"1|1|4\n3|2|4");
	GIVES(&l, "mal", "SELECT name FROM users UNION SELECT note FROM open WHERE id = 2 ORDER BY 1",
		"also\nmine\ntwo");
	GIVES(&l, "mal", "SELECT name FROM users EXCEPT SELECT 'x' ORDER BY 1", "also\nmine");
	GIVES(&l, "mal", "VALUES ((SELECT count(*) FROM users))", "2");
	GIVES(&l, "mal", "SELECT u.id, v.id FROM open u LEFT JOIN users v ON v.id = u.id WHERE u.id < 3 ORDER BY 1", "1|1\n2|~");
	GIVES(&l, "mal", "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t JOIN users u ON u.id >= n"
		" WHERE n < 9) SELECT max(n) FROM t", "4");
	REFUSED(&l, "mal", "SELECT id FROM open WHERE note = (SELECT code FROM vault)", "DENIED", NULL);
	REFUSED(&l, "mal", "UPDATE open SET note = (SELECT code FROM vault)", "DENIED", NULL);
	REFUSED(&l, "mal", "INSERT INTO open (note) SELECT code FROM vault", "DENIED", "may not read \"vault\"");
	REFUSED(&l, "mal", "INSERT INTO open (id) VALUES (30) RETURNING (SELECT code FROM vault)", "DENIED", NULL);
	REFUSED(&l, "mal", "DELETE FROM open WHERE EXISTS (SELECT 1 FROM vault)", "DENIED", NULL);
	REFUSED(&l, "mal", "SELECT 1 ORDER BY (SELECT code FROM vault)", "DENIED", NULL);
	REFUSED(&l, "mal", "SELECT id FROM open LIMIT (SELECT id FROM vault)", "SYNTAX", NULL);
	REFUSED(&l, "mal", "WITH q AS (SELECT * FROM vault) SELECT 1", "DENIED", NULL);
	REFUSED(&l, "mal", "SELECT 1 WHERE 0 AND EXISTS (SELECT 1 FROM vault)", "DENIED", NULL);
}

Test(bypass, masked_values_do_not_leave)
{
	GIVES(&l, "mal", "SELECT ssn FROM users WHERE id = 1", "~");
	GIVES(&l, "mal", "UPDATE users SET name = 'm2' WHERE id = 1 RETURNING ssn", "~");
	GIVES(&l, "mal", "INSERT INTO users (id, owner, name, ssn) VALUES (9, 'mal', 'n9', 'mine9') RETURNING ssn, id", "~|9");
	GIVES(&l, "mal", "DELETE FROM users WHERE id = 9 RETURNING ssn", "~");
	REFUSED(&l, "mal", "SELECT id FROM users WHERE ssn IS NOT NULL", "DENIED", NULL);
	REFUSED(&l, "mal", "SELECT id FROM users NATURAL JOIN (SELECT ssn FROM users) q", "DENIED", NULL);
	REFUSED(&l, "mal", "SELECT u.id FROM users u JOIN users v USING (ssn)", "DENIED", NULL);
	REFUSED(&l, "mal", "UPDATE users SET name = ssn WHERE id = 1", "DENIED", NULL);
	REFUSED(&l, "mal", "UPDATE users SET (name, owner) = (SELECT ssn, owner FROM users LIMIT 1)", "DENIED", NULL);
	REFUSED(&l, "mal", "INSERT INTO open (note) SELECT ssn FROM users", "DENIED", NULL);
	REFUSED(&l, "mal", "INSERT INTO open (note) VALUES ((SELECT ssn FROM users LIMIT 1))", "DENIED", NULL);
	REFUSED(&l, "mal", "SELECT max(ssn) FROM users", "DENIED", NULL);
	REFUSED(&l, "mal", "SELECT lag(ssn) OVER (ORDER BY id) FROM users", "DENIED", NULL);
	REFUSED(&l, "mal", "SELECT id FROM users WHERE (id, ssn) = (1, 'ssn-mine')", "DENIED", NULL);
	REFUSED(&l, "mal", "SELECT 1 FROM (SELECT (SELECT ssn FROM users LIMIT 1) AS s) q WHERE s = 'x'", "DENIED", NULL);
	REFUSED(&l, "mal", "WITH RECURSIVE t(a, b) AS (SELECT ssn, 1 FROM users UNION ALL SELECT a, b + 1 FROM t"
		" WHERE a = 'x') SELECT b FROM t", "DENIED", NULL);
}

Test(bypass, writes_stay_inside)
{
	GIVES(&l, "mal", "UPDATE users SET name = name || '!'", "");
	GIVES(&l, "mal", "DELETE FROM users WHERE id IN (2, 4)", "");
	REFUSED(&l, "mal", "UPDATE users SET owner = 'eve' WHERE id = 1", "SQL", "own");
	REFUSED(&l, "mal", "INSERT INTO users (id, owner, name) VALUES (5, 'eve', 'x')", "SQL", "own");
	REFUSED(&l, "mal", "INSERT INTO users (id, name) VALUES (5, 'x')", "SQL", "own");
	REFUSED(&l, "mal", "INSERT INTO users (id, owner, name) VALUES (5, 'mal', 'y'), (6, 'eve', 'x')", "SQL", "own");
	REFUSED(&l, "mal", "INSERT INTO users (id, owner, salary) VALUES (5, 'mal', 9)", "SYNTAX", NULL);
	REFUSED(&l, "mal", "UPDATE users SET salary = 9", "SYNTAX", NULL);
	REFUSED(&l, "mal", "UPDATE vault SET code = 1", "DENIED", NULL);
	REFUSED(&l, "mal", "DELETE FROM vault", "DENIED", "may not delete from \"vault\"");
	REFUSED(&l, "mal", "INSERT INTO everybody (id) VALUES (1)", "DENIED", NULL);
	TRUTH(&l, "SELECT id, owner, name FROM users ORDER BY id",
		"1|mal|mine!\n2|eve|HIDDEN-2\n3|mal|also!\n4|eve|HIDDEN-4");
}

Test(bypass, rows_in_the_way)
{
	REFUSED(&l, "mal", "INSERT INTO users (id, owner, name) VALUES (2, 'mal', 'x')"
		" ON CONFLICT (id) DO UPDATE SET name = 'taken'", "SQL", "own");
	REFUSED(&l, "mal", "INSERT INTO users (id, owner, name) VALUES (2, 'mal', 'x')"
		" ON CONFLICT DO UPDATE SET owner = 'mal' WHERE tell(name)", "SQL", "own");
	GIVES(&l, "mal", "INSERT INTO users (id, owner, name) VALUES (1, 'mal', 'x')"
		" ON CONFLICT (id) DO UPDATE SET name = excluded.name RETURNING id, name", "1|x");
	REFUSED(&l, "mal", "INSERT INTO users (id, owner, name) VALUES (1, 'mal', 'x')"
		" ON CONFLICT (id) DO UPDATE SET owner = 'eve'", "SQL", "own");
	REFUSED(&l, "mal", "INSERT INTO users (id, owner, name) VALUES (1, 'eve', 'x')"
		" ON CONFLICT (id) DO UPDATE SET name = 'y'", "SQL", "own");
	GIVES(&l, "mal", "INSERT INTO users (id, owner, name) VALUES (2, 'mal', 'x') ON CONFLICT DO NOTHING", "");
	REFUSED(&l, "mal", "REPLACE INTO users (id, owner, name) VALUES (2, 'mal', 'x')", "UNSUPPORTED", "REPLACE");
	REFUSED(&l, "mal", "INSERT OR REPLACE INTO users (id, owner, name) VALUES (2, 'mal', 'x')", "UNSUPPORTED", NULL);
	REFUSED(&l, "mal", "INSERT OR IGNORE INTO users (id, owner, name) VALUES (2, 'mal', 'x')", "UNSUPPORTED", NULL);
	REFUSED(&l, "mal", "INSERT OR FAIL INTO users (id, owner, name) VALUES (2, 'mal', 'x')", "UNSUPPORTED", NULL);
	REFUSED(&l, "mal", "INSERT OR ROLLBACK INTO users (id, owner, name) VALUES (2, 'mal', 'x')", "UNSUPPORTED", NULL);
	REFUSED(&l, "mal", "UPDATE OR REPLACE users SET name = 'HIDDEN-2'", "UNSUPPORTED", NULL);
	REFUSED(&l, "mal", "UPDATE OR IGNORE users SET owner = 'eve'", "UNSUPPORTED", NULL);
	GIVES(&l, "mal", "INSERT OR REPLACE INTO open (id, note) VALUES (1, 'uno')", "");
	TRUTH(&l, "SELECT id, owner, name FROM users WHERE id IN (2, 4)", "2|eve|HIDDEN-2\n4|eve|HIDDEN-4");
}

Test(bypass, triggers_and_virtual_tables)
{
	/* the check would run before the trigger changes the row again */
	REFUSED(&l, "mal", "UPDATE counted SET owner = 'eve'", "UNSUPPORTED", "trigger");
	REFUSED(&l, "mal", "INSERT INTO counted (id, owner) VALUES (3, 'mal')", "UNSUPPORTED", "trigger");
	REFUSED(&l, "mal", "SELECT * FROM words", "UNSUPPORTED", "virtual");
	REFUSED(&l, "mal", "SELECT count(*) FROM words_content", "DENIED", NULL);
}

Test(bypass, one_text_many_users)
{
	const char *args[] = { "#2", NULL };

	for (int i = 0; i < 3; i++) {
		char *a = lab_run(&l, "mal", "SELECT name FROM users WHERE id = ?", args);
		char *b = lab_run(&l, "eve", "SELECT name FROM users WHERE id = ?", args);

		cr_expect_str_eq(a, "");
		cr_expect_str_eq(b, "HIDDEN-2");
		free(a);
		free(b);
	}
}

Test(bypass, values_are_never_text)
{
	const char *args[] = { "x' OR '1'='1", NULL };
	char *got = lab_run(&l, "mal", "SELECT id FROM users WHERE name = ?", args);

	cr_expect_str_eq(got, "");
	free(got);
	REFUSED(&l, "x' OR '1'='1", "SELECT 1", "IDENTITY", NULL);
}
