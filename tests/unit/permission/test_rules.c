/* SPDX-License-Identifier: MIT */
/*
 * What rules mean, one by one: the statement, who runs it, what comes back.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "lab.h"

static const char schema[] =
	"CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, region TEXT, status TEXT,"
	" email TEXT, phone TEXT, birthday TEXT, password_hash TEXT, deleted_at TEXT, updated_by TEXT,"
	" updated_at TEXT);"
	"INSERT INTO customers (id, name, region, status, email, phone, birthday, password_hash, deleted_at)"
	" VALUES (1, 'Ann', 'eu', 'open', 'ann@example.org', '555-1', '1980-03-04', 'h1', NULL),"
	" (2, 'Ben', 'us', 'open', 'ben@example.org', '555-2', '1990-05-06', 'h2', NULL),"
	" (3, 'Cid', 'eu', 'closed', 'cid@example.org', '555-3', '1970-01-02', 'h3', NULL),"
	" (4, 'Dot', 'eu', 'open', 'dot@example.org', NULL, '2001-12-31', 'h4', '2024-01-01'),"
	" (5, 'Eve', 'eu', 'open', 'e@x', '555-5', NULL, 'h5', NULL);"
	"CREATE TABLE orders (id INTEGER PRIMARY KEY, team_id INTEGER, total REAL);"
	"INSERT INTO orders VALUES (1, 3, 10.0), (2, 7, 20.5), (3, 9, 30.0);"
	"CREATE TABLE team_members (team_id INTEGER, user_id TEXT);"
	"INSERT INTO team_members VALUES (3, 'alice'), (9, 'bob');"
	"CREATE TABLE blank (id INTEGER);";

static const char policy[] =
	"version = 1;\n"
	"attributes = ( { name = \"region\"; type = \"text\"; required = true; },\n"
	"  { name = \"teams\"; type = \"int64[]\"; }, { name = \"level\"; type = \"int64\"; } );\n"
	"roles = ( { name = \"staff\"; }, { name = \"support\"; inherits = [ \"staff\" ]; },\n"
	"  { name = \"auditor\"; }, { name = \"teams\"; }, { name = \"levels\"; } );\n"
	"users = ( { name = \"alice\"; roles = [ \"support\" ]; attributes = { region = \"eu\"; teams = [ 3, 7 ]; }; },\n"
	"  { name = \"bob\"; roles = [ \"auditor\" ]; attributes = { region = \"us\"; }; },\n"
	"  { name = \"carl\"; roles = [ \"teams\" ]; attributes = { region = \"us\"; teams = [ 7 ]; }; },\n"
	"  { name = \"dora\"; roles = [ \"teams\", \"levels\" ]; attributes = { region = \"us\"; teams = [ ]; }; },\n"
	"  { name = \"emil\"; roles = [ \"teams\" ]; attributes = { region = \"us\"; }; } );\n"
	"rules = (\n"
	"  { id = \"own-region\"; roles = [ \"support\" ]; relation = \"customers\"; actions = [ \"read\", \"update\" ];\n"
	"    hide = [ \"password_hash\" ]; using = \"region = $user.region AND deleted_at IS NULL\";\n"
	"    check = \"region = $user.region\";\n"
	"    masks = ( { column = \"email\"; method = \"partial\"; keep_last = 4; },\n"
	"      { column = \"phone\"; method = \"null\"; },\n"
	"      { column = \"birthday\"; method = \"truncate\"; to = \"year\"; filter = true; } );\n"
	"    presets = ( { column = \"updated_by\"; value = \"$user.id\"; },\n"
	"      { column = \"updated_at\"; value = \"$now\"; } );\n"
	"    when = \"$client.tls\"; },\n"
	"  { id = \"team-orders\"; roles = [ \"staff\" ]; relation = \"orders\"; actions = [ \"read\" ];\n"
	"    using = \"team_id IN (SELECT t.team_id FROM team_members t WHERE t.user_id = $user.id)\"; },\n"
	"  { id = \"my-teams\"; roles = [ \"teams\" ]; relation = \"orders\"; actions = [ \"read\" ];\n"
	"    using = \"team_id = ANY($user.teams)\"; },\n"
	"  { id = \"levels\"; roles = [ \"levels\" ]; kind = \"restrictive\"; relation = \"orders\"; actions = [ \"read\" ];\n"
	"    using = \"total < $user.level\"; },\n"
	"  { id = \"not-closed\"; kind = \"restrictive\"; roles = [ \"*\" ]; relation = \"customers\";\n"
	"    actions = [ \"read\", \"write\" ]; using = \"status <> 'closed'\"; },\n"
	"  { id = \"reads\"; roles = [ \"auditor\" ]; relation = \"customers\"; actions = [ \"read\" ];\n"
	"    columns = [ \"id\", \"name\" ]; } );\n";

static lab l;

static void
start(void)
{
	lab_open(&l, schema, policy);
	l.client.tls = true;
}

static void
stop(void)
{
	lab_close(&l);
}

TestSuite(rules, .init = start, .fini = stop);

Test(rules, rows_columns_and_masks)
{
	GIVES(&l, "alice", "SELECT id, name FROM customers ORDER BY id", "1|Ann\n5|Eve");
	GIVES(&l, "alice", "SELECT * FROM customers WHERE id = 1",
		"1|Ann|eu|open|****.org|~|1980-01-01|~|~|~");
	GIVES(&l, "alice", "SELECT email FROM customers WHERE id = 5", "****");
	GIVES(&l, "alice", "SELECT count(*) FROM customers", "2");
	GIVES(&l, "alice", "SELECT id FROM customers WHERE birthday = '1980-01-01'", "1");
	GIVES(&l, "alice", "SELECT id FROM customers WHERE birthday = '1980-03-04'", "");
	cr_assert(l.last.restricted);
	GIVES(&l, "bob", "SELECT * FROM customers ORDER BY id", "1|Ann\n2|Ben\n4|Dot\n5|Eve");
}

Test(rules, masked_values_are_only_given_out)
{
	REFUSED(&l, "alice", "SELECT id FROM customers WHERE email = 'ann@example.org'", "DENIED", "masked");
	REFUSED(&l, "alice", "SELECT upper(email) FROM customers", "DENIED", "email");
	REFUSED(&l, "alice", "SELECT id FROM customers ORDER BY email", "DENIED", "email");
	REFUSED(&l, "alice", "SELECT email FROM customers ORDER BY 1", "DENIED", "ORDER BY");
	REFUSED(&l, "alice", "SELECT DISTINCT email FROM customers", "DENIED", NULL);
	REFUSED(&l, "alice", "SELECT count(DISTINCT email) FROM customers", "DENIED", NULL);
	REFUSED(&l, "alice", "SELECT email, count(*) FROM customers GROUP BY email", "DENIED", NULL);
	REFUSED(&l, "alice", "SELECT 1 FROM (SELECT email AS e FROM customers) q WHERE e LIKE 'a%'", "DENIED", NULL);
	REFUSED(&l, "alice", "WITH q AS (SELECT email AS e FROM customers) SELECT 1 FROM q JOIN q p ON p.e = q.e",
		"DENIED", NULL);
	REFUSED(&l, "alice", "SELECT 1 WHERE 'x' IN (SELECT email FROM customers)", "DENIED", NULL);
	REFUSED(&l, "alice", "SELECT email FROM customers UNION SELECT 'a'", "DENIED", NULL);
	REFUSED(&l, "alice", "UPDATE customers SET name = email", "DENIED", "masked");
	REFUSED(&l, "alice", "UPDATE customers SET name = birthday", "DENIED", "masked");
	REFUSED(&l, "alice", "UPDATE customers SET name = 'x' WHERE phone = '555-1'", "DENIED", "phone");
	GIVES(&l, "alice", "SELECT email FROM customers WHERE id = 1 UNION ALL SELECT 'a'", "****.org\na");
	GIVES(&l, "alice", "SELECT e FROM (SELECT email AS e FROM customers WHERE id = 1) q", "****.org");
	GIVES(&l, "alice", "SELECT (SELECT email FROM customers c WHERE c.id = o.id) FROM orders o WHERE id = 1",
		"****.org");
	cr_assert_eq(l.last.masked[0], 1);
}

Test(rules, hidden_is_not_there)
{
	char *a = lab_run(&l, "alice", "SELECT password_hash FROM customers", NULL);
	char *b = lab_run(&l, "alice", "SELECT password_hasX FROM customers", NULL);

	cr_assert(strncmp(a, "!SYNTAX", 7) == 0, "%s", a);
	a[strcspn(a, "\n")] = '\0';
	cr_expect_eq(strlen(a), strlen(b), "\"%s\" is not \"%s\"", a, b);
	free(a);
	free(b);
	REFUSED(&l, "alice", "SELECT 1 FROM customers WHERE password_hash = 'h1'", "SYNTAX", NULL);
	REFUSED(&l, "alice", "UPDATE customers SET password_hash = 'x'", "SYNTAX", NULL);
	REFUSED(&l, "bob", "SELECT region FROM customers", "SYNTAX", NULL);
	REFUSED(&l, "alice", "SELECT * FROM blank", "DENIED", "no rule");
	REFUSED(&l, "alice", "SELECT * FROM nowhere", "DENIED", "no rule");
	REFUSED(&l, "zoe", "SELECT 1", "IDENTITY", "zoe");
}

Test(rules, subqueries_of_rules_and_lists)
{
	GIVES(&l, "alice", "SELECT id FROM orders", "1");
	REFUSED(&l, "alice", "SELECT * FROM team_members", "DENIED", NULL);
	GIVES(&l, "carl", "SELECT id FROM orders", "2");
	/* an empty list grants nothing; a missing one neither; a restrictive rule without
	 * its attribute refuses */
	REFUSED(&l, "dora", "SELECT id FROM orders", "DENIED", "levels");
	REFUSED(&l, "emil", "SELECT id FROM orders", "DENIED", "no rule");
	REFUSED(&l, "bob", "SELECT id FROM orders", "DENIED", "no rule");
}

Test(rules, conditions)
{
	l.client.tls = false;
	REFUSED(&l, "alice", "SELECT id FROM customers", "DENIED", "no rule");
	l.client.tls = true;
	GIVES(&l, "alice", "SELECT count(*) FROM customers", "2");
}

Test(rules, updates)
{
	GIVES(&l, "alice", "UPDATE customers SET name = 'New'", "");
	TRUTH(&l, "SELECT id, name, updated_by, updated_at FROM customers", "1|New|alice|2023-11-14 22:13:20\n"
		"2|Ben|~|~\n3|Cid|~|~\n4|Dot|~|~\n5|New|alice|2023-11-14 22:13:20");
	REFUSED(&l, "alice", "UPDATE customers SET region = 'us' WHERE id = 1", "SQL", "own-region");
	/* the new row must be one that may be read: closing and deleting are refused */
	REFUSED(&l, "alice", "UPDATE customers SET status = 'closed' WHERE id = 1", "SQL", "not-closed");
	REFUSED(&l, "alice", "UPDATE customers SET deleted_at = '2024-02-02' WHERE id = 1", "SQL", "own-region");
	TRUTH(&l, "SELECT region, status, deleted_at FROM customers WHERE id = 1", "eu|open|~");
	REFUSED(&l, "alice", "UPDATE customers SET updated_by = 'bob'", "DENIED", "updated_by");
	REFUSED(&l, "alice", "DELETE FROM customers", "DENIED", "delete");
	REFUSED(&l, "alice", "INSERT INTO customers (id) VALUES (9)", "DENIED", "insert");
	REFUSED(&l, "bob", "UPDATE customers SET name = 'x'", "DENIED", NULL);
	GIVES(&l, "alice", "UPDATE customers SET name = 'Z' WHERE id = 1 RETURNING id, email, birthday",
		"1|****.org|1980-01-01");
	GIVES(&l, "alice", "UPDATE customers SET name = 'Y' WHERE birthday = '1980-01-01' RETURNING id", "1");
	GIVES(&l, "alice", "UPDATE customers SET name = 'Y' WHERE id = 2 RETURNING id", "");
}

Test(rules, what_was_decided)
{
	bool own = false, closed = false;

	GIVES(&l, "alice", "SELECT id FROM customers WHERE id = 1", "1");
	for (uint32_t i = 0; i < l.last.ndecisions; i++) {
		own |= dbn_text_eqz(l.last.decisions[i].rule, "own-region");
		closed |= dbn_text_eqz(l.last.decisions[i].rule, "not-closed");
	}
	cr_assert(own && closed);
	cr_assert_eq(l.last.ntouches, 1);
	GIVES(&l, "alice", "SELECT id FROM orders", "1");
	cr_assert_eq(l.last.ntouches, 2, "the rule's table too");
	cr_assert(!l.last.uses_now);
}

Test(rules, who_may)
{
	dbn_identity_in who = { .struct_size = (uint32_t)sizeof(who), .user = { "alice", 5 } };
	dbn_subject *s = NULL;
	dbn_error *err = NULL;
	dbn_rewrite_in in = { NULL, 0, dbn_sql_dialect_get(DBN_DIALECT_SQLITE), &l.catalog, 0 };
	static const struct {
		const char *relation, *column;
		uint32_t action;
		dbn_status want;
	} cases[] = {
		{ "customers", "", DBN_ACT_READ, DBN_OK }, { "customers", "email", DBN_ACT_READ, DBN_OK },
		{ "customers", "", DBN_ACT_DELETE, DBN_E_DENIED }, { "customers", "name", DBN_ACT_UPDATE, DBN_OK },
		{ "customers", "password_hash", DBN_ACT_READ, DBN_E_SYNTAX },
		{ "customers", "nothing", DBN_ACT_READ, DBN_E_SYNTAX }, { "blank", "", DBN_ACT_READ, DBN_E_DENIED },
		{ "nowhere", "", DBN_ACT_READ, DBN_E_DENIED }
	};

	cr_assert_eq(dbn_subject_open(l.authority, &who, &l.client, &s, &err), DBN_OK);
	in.subject = s;
	in.conditions = dbn_subject_conditions(s, 0, l.now_us);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		dbn_sql_name name = { { NULL, 0 }, { NULL, 0 }, dbn_text_z(cases[i].relation) };
		dbn_status rc = dbn_rewrite_can(&in, &name, dbn_text_z(cases[i].column), cases[i].action, &err);

		cr_expect_eq(rc, cases[i].want, "%s.%s: %d", cases[i].relation, cases[i].column, (int)rc);
		dbn_error_free(err);
		err = NULL;
	}
	dbn_subject_close(s);
}

/* ---- writes that a rule completes ---- */

static const char preset_policy[] =
	"version = 1; roles = ( { name = \"r\"; } ); users = ( { name = \"u\"; roles = [ \"r\" ]; } );\n"
	"rules = ( { id = \"p\"; roles = [ \"r\" ]; relation = \"n\"; actions = [ \"*\" ]; using = \"owner = $user.id\";\n"
	"    presets = ( { column = \"owner\"; value = \"$user.id\"; }, { column = \"stamp\"; value = \"$now\"; } ); },\n"
	"  { id = \"src\"; roles = [ \"r\" ]; relation = \"src\"; actions = [ \"read\" ]; } );\n";

Test(presets, are_added_to_every_form)
{
	lab_open(&l, "CREATE TABLE n (id INTEGER PRIMARY KEY, v TEXT, owner TEXT, stamp TEXT);"
		"CREATE TABLE src (v TEXT); INSERT INTO src VALUES ('s1'), ('s2');"
		"INSERT INTO n VALUES (100, 'other', 'eve', NULL);", preset_policy);
	GIVES(&l, "u", "INSERT INTO n (id, v) VALUES (1, 'a'), (2, 'b')", "");
	GIVES(&l, "u", "INSERT INTO n (v) SELECT v FROM src ORDER BY v", "");
	GIVES(&l, "u", "INSERT INTO n (v) SELECT v FROM src WHERE v = 's1' UNION ALL SELECT 'z'", "");
	GIVES(&l, "u", "INSERT INTO n DEFAULT VALUES RETURNING v, owner", "~|u");
	GIVES(&l, "u", "WITH q AS (SELECT 'w' AS v) INSERT INTO n (v) SELECT v FROM q", "");
	TRUTH(&l, "SELECT count(*) FROM n WHERE owner = 'u' AND stamp = '2023-11-14 22:13:20'", "8");
	TRUTH(&l, "SELECT group_concat(v) FROM (SELECT v FROM n WHERE owner = 'u' ORDER BY v)", "a,b,s1,s1,s2,w,z");
	lab_close(&l);
}

Test(presets, belong_to_the_rule)
{
	lab_open(&l, "CREATE TABLE n (id INTEGER PRIMARY KEY, v TEXT, owner TEXT, stamp TEXT);"
		"CREATE TABLE src (v TEXT);"
		"INSERT INTO n VALUES (100, 'other', 'eve', NULL);", preset_policy);
	REFUSED(&l, "u", "INSERT INTO n (id, owner) VALUES (1, 'u')", "DENIED", "rule \"p\"");
	REFUSED(&l, "u", "UPDATE n SET stamp = 'x'", "DENIED", "stamp");
	GIVES(&l, "u", "INSERT INTO n (id, v) VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET v = excluded.v", "");
	GIVES(&l, "u", "INSERT INTO n (id, v) VALUES (1, 'b') ON CONFLICT (id) DO UPDATE SET v = excluded.v RETURNING v, owner", "b|u");
	REFUSED(&l, "u", "INSERT INTO n (id, v) VALUES (100, 'b') ON CONFLICT (id) DO UPDATE SET v = 'mine'", "SQL", "p");
	TRUTH(&l, "SELECT v, owner FROM n WHERE id = 100", "other|eve");
	lab_close(&l);
}
