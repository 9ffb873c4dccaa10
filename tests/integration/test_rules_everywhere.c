/* SPDX-License-Identifier: MIT */
/*
 * Row rules, checks, presets, masks and what they refuse, on whichever database
 * DBN_TEST_DB names: the same policy must mean the same thing on all of them.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "lib/stack.h"

#define RULES \
	"{ id = \"all\"; roles = [ \"admin\" ]; relation = \"*\"; actions = [ \"read\", \"write\" ]; columns = [ \"*\" ]; }," \
	"{ id = \"ddl\"; roles = [ \"admin\" ]; database = \"main\"; actions = [ \"admin.ddl\" ]; }," \
	"{ id = \"own\"; roles = [ \"guest\" ]; relation = \"notes\"; actions = [ \"read\", \"write\" ];" \
	"  columns = [ \"*\" ]; using = \"owner = $user.id\"; }," \
	"{ id = \"small\"; roles = [ \"guest\" ]; relation = \"notes\"; actions = [ \"insert\", \"update\" ];" \
	"  kind = \"restrictive\"; using = \"size < 100\"; }," \
	"{ id = \"again\"; roles = [ \"guest\" ]; relation = \"notes_again\"; actions = [ \"read\", \"write\" ];" \
	"  columns = [ \"*\" ]; using = \"owner = $user.id\"; }," \
	"{ id = \"people\"; roles = [ \"guest\" ]; relation = \"people\"; actions = [ \"read\" ]; columns = [ \"*\" ];" \
	"  masks = ( { column = \"phone\"; method = \"partial\"; keep_first = 1; keep_last = 2; }," \
	"            { column = \"pay\"; method = \"null\"; } ); }," \
	"{ id = \"words\"; roles = [ \"guest\" ]; relation = \"words\"; actions = [ \"read\" ]; columns = [ \"*\" ];" \
	"  using = \"w LIKE 'a%' OR length(w) = 2\"; }"

static stack st;
static dbn_session *bob;
static dbn_error *err;

#define OK(call) cr_assert_eq(call, DBN_OK, "%s: %s | %s", #call, dbn_error_message(err), dbn_error_detail(err))
#define IS(status, call) do { \
	dbn_status rc_ = (call); \
	cr_assert_eq(rc_, status, "%s: %s, not %s: %s", #call, dbn_status_name(rc_), #status, dbn_error_message(err)); \
	dbn_error_free(err); \
	err = NULL; \
} while (0)
#define RUN(session, sql) dbn_exec(session, sql, DBN_NO_ARGS, NULL, &err)

static bool
is(const char *database)
{
	return strcmp(stack_database(), database) == 0;
}

static void
begin(void)
{
	stack_open(&st, RULES, "alice");
	stack_table(&st, "CREATE TABLE notes (id INTEGER PRIMARY KEY, owner TEXT, size INTEGER, body TEXT)");
	stack_table(&st, "CREATE TABLE people (id INTEGER PRIMARY KEY, phone TEXT, pay INTEGER)");
	stack_table(&st, "CREATE TABLE words (id INTEGER PRIMARY KEY, w TEXT)");
	OK(RUN(st.session, "INSERT INTO notes VALUES (1, 'bob', 5, 'x'), (2, 'ann', 6, 'y'), (3, 'bob', 7, NULL)"));
	OK(RUN(st.session, "INSERT INTO people VALUES (1, '0123456789', 10), (2, '12', 20), (3, NULL, NULL)"));
	OK(RUN(st.session, "INSERT INTO words VALUES (1, 'apple'), (2, 'Apple'), (3, 'pear'), (4, 'xy')"));
	bob = stack_session(&st, "bob");
}

static void
end(void)
{
	dbn_session_close(bob);
	dbn_error_free(err);
	err = NULL;
	stack_close(&st);
}

TestSuite(rules, .init = begin, .fini = end, .timeout = 60);

/* All rows as "a|b a|b". */
static const char *
rows_of(dbn_session *s, const char *sql)
{
	static char out[512];
	dbn_rows *rows;
	dbn_status rc;

	out[0] = '\0';
	OK(dbn_query(s, sql, DBN_NO_ARGS, &rows, &err));
	while ((rc = dbn_rows_next(rows, &err)) == DBN_OK) {
		const dbn_value *cells = dbn_rows_cells(rows);

		for (uint32_t i = 0; i < dbn_rows_columns(rows); i++) {
			char cell[64];

			(void)dbn_value_print(&cells[i], cell, sizeof cell);
			(void)snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s",
				i ? "|" : *out ? " " : "", dbn_is_null(&cells[i]) ? "-" : cell);
		}
	}
	cr_assert_eq(rc, DBN_DONE, "%s", dbn_error_message(err));
	dbn_rows_close(rows);
	return out;
}
#define SEES(sql, want) cr_assert_str_eq(rows_of(bob, sql), want)

Test(rules, rows_that_are_hidden)
{
	SEES("SELECT id FROM notes ORDER BY id", "1 3");
	SEES("SELECT count(*) FROM notes", "2");
	SEES("SELECT id FROM notes WHERE id = 2", "");
	SEES("SELECT n.id, m.id FROM words n LEFT JOIN notes m ON m.id = n.id ORDER BY n.id", "1|1 4|-");
	SEES("SELECT id FROM notes WHERE body IS NULL", "3");
	/* a predicate that could fail never sees a hidden row */
	OK(RUN(st.session, "UPDATE notes SET size = 0 WHERE id = 2"));
	SEES("SELECT id FROM notes WHERE 10 / size = 2", "1");
}

Test(rules, writes_that_are_checked)
{
	IS(DBN_E_DENIED, RUN(bob, "INSERT INTO notes VALUES (10, 'ann', 1, 'z')"));
	IS(DBN_E_DENIED, RUN(bob, "INSERT INTO notes VALUES (10, 'bob', 1, 'z'), (11, 'ann', 1, 'z')"));
	IS(DBN_E_DENIED, RUN(bob, "INSERT INTO notes VALUES (10, 'bob', 100, 'z')"));
	SEES("SELECT count(*) FROM notes", "2");
	OK(RUN(bob, "INSERT INTO notes VALUES (10, 'bob', 1, 'z')"));
	IS(DBN_E_DENIED, RUN(bob, "UPDATE notes SET owner = 'ann' WHERE id = 10"));
	IS(DBN_E_DENIED, RUN(bob, "UPDATE notes SET size = 500"));
	SEES("SELECT id, size FROM notes ORDER BY id", "1|5 3|7 10|1");
	OK(RUN(bob, "UPDATE notes SET size = 50, body = 'new' WHERE id = 10"));
	OK(RUN(bob, "UPDATE notes SET size = 9 WHERE id = 2")); /* hidden: no row */
	OK(RUN(bob, "DELETE FROM notes WHERE id < 3"));
	cr_assert_str_eq(rows_of(st.session, "SELECT id, owner, size FROM notes ORDER BY id"),
		"2|ann|6 3|bob|7 10|bob|50");
}

Test(rules, the_rule_is_named)
{
	dbn_result r = { .struct_size = sizeof r };

	cr_assert_eq(RUN(bob, "INSERT INTO notes VALUES (10, 'bob', 100, 'z')"), DBN_E_DENIED);
	cr_assert_str_eq(dbn_error_sqlstate(err), "44000");
	cr_assert_not_null(strstr(dbn_error_detail(err), is("mysql") ? "a rule" : "small"), "%s",
		dbn_error_detail(err));
	cr_assert_not_null(strstr(dbn_error_message(err), "user \"bob\" may not write this row"), "%s",
		dbn_error_message(err));
	cr_assert_str_neq(dbn_error_hint(err), "");
	dbn_error_free(err);
	err = NULL;
	OK(dbn_exec(bob, "INSERT INTO notes (owner, size) VALUES ('bob', 1)", DBN_NO_ARGS, &r, &err));
	cr_assert_eq(r.affected, 1);
	cr_assert_eq(r.generated_key, 4);
}

Test(rules, values_that_are_computed)
{
	dbn_status rc = RUN(bob, "UPDATE notes SET size = size * 2 WHERE id = 1");

	/* MariaDB does not give updated rows back: only what the text determines is checked */
	if (is("mysql"))
		IS(DBN_E_UNSUPPORTED, rc);
	else
		OK(rc);
}

Test(rules, or_update)
{
	static const char own[] = "INSERT INTO notes VALUES (1, 'bob', 8, 'q') ON CONFLICT (id) "
		"DO UPDATE SET size = excluded.size";
	static const char hidden[] = "INSERT INTO notes VALUES (2, 'bob', 8, 'q') ON CONFLICT (id) "
		"DO UPDATE SET size = excluded.size";

	if (is("mysql")) {
		IS(DBN_E_UNSUPPORTED, RUN(bob, own));
		return;
	}
	OK(RUN(bob, own));
	IS(DBN_E_DENIED, RUN(bob, hidden));
	cr_assert_str_eq(rows_of(st.session, "SELECT id, size FROM notes ORDER BY id"), "1|8 2|6 3|7");
}

Test(rules, masks)
{
	SEES("SELECT phone, pay FROM people ORDER BY id", "0****89|- ****|- -|-");
	IS(DBN_E_DENIED, RUN(bob, "SELECT id FROM people WHERE pay > 5"));
}

Test(rules, text_compares_exactly)
{
	SEES("SELECT id FROM words ORDER BY id", "1 4");
}

/* What no rollback undoes takes no writes that a rule, or the caller, wants undone. */
static void
without_transactions(const char *engine)
{
	char sql[100];
	dbn_value rows[] = { dbn_v_i64(50), dbn_v_i64(51) };

	(void)snprintf(sql, sizeof sql, "ALTER TABLE notes ENGINE = %s", engine);
	OK(RUN(st.session, sql));
	cr_assert_str_eq(rows_of(bob, "SELECT id FROM notes ORDER BY id"), "1 3");
	IS(DBN_E_UNSUPPORTED, RUN(bob, "INSERT INTO notes VALUES (9, 'bob', 5, 'x')"));
	IS(DBN_E_UNSUPPORTED, RUN(bob, "UPDATE notes SET body = 'z' WHERE id = 1"));
	IS(DBN_E_UNSUPPORTED, RUN(bob, "DELETE FROM notes WHERE id = 1"));
	/* no rules: it is written, but not where it would have to be undone */
	OK(RUN(st.session, "INSERT INTO notes VALUES (9, 'ann', 5, 'x')"));
	OK(dbn_begin(st.session, NULL, &err));
	OK(RUN(st.session, "INSERT INTO people VALUES (9, '1', 1)"));
	cr_assert_str_eq(rows_of(st.session, "SELECT id FROM notes WHERE id > 3"), "9");
	cr_assert_eq(RUN(st.session, "DELETE FROM notes WHERE id = 9"), DBN_E_UNSUPPORTED);
	cr_assert(strstr(dbn_error_message(err), "notes") && strstr(dbn_error_hint(err), "InnoDB"), "%s (%s)",
		dbn_error_message(err), dbn_error_hint(err));
	dbn_error_free(err);
	err = NULL;
	OK(dbn_rollback(st.session, &err));
	cr_assert_str_eq(rows_of(st.session, "SELECT id FROM people WHERE id = 9"), "");
	IS(DBN_E_UNSUPPORTED, dbn_exec_many(st.session, "INSERT INTO notes (id) VALUES (?)",
		(dbn_args){ rows, 2 }, 2, NULL, NULL, &err));
	OK(dbn_exec_many(st.session, "INSERT INTO notes (id) VALUES (?)", (dbn_args){ rows, 1 }, 1, NULL,
		NULL, &err));
	/* nor by what the database does itself */
	OK(RUN(st.session, "CREATE TRIGGER also AFTER INSERT ON people FOR EACH ROW "
		"INSERT INTO notes (id) VALUES (NEW.id + 1000)"));
	OK(RUN(st.session, "INSERT INTO people VALUES (60, '1', 1)"));
	OK(dbn_begin(st.session, NULL, &err));
	IS(DBN_E_UNSUPPORTED, RUN(st.session, "INSERT INTO people VALUES (61, '1', 1)"));
	OK(dbn_rollback(st.session, &err));
	OK(RUN(st.session, "DROP TRIGGER also"));
	cr_assert_str_eq(rows_of(st.session, "SELECT id FROM notes WHERE id > 3 ORDER BY id"), "9 50 1060");
	/* nor through a view of a view */
	OK(RUN(st.session, "CREATE VIEW notes_view AS SELECT * FROM notes"));
	OK(RUN(st.session, "CREATE VIEW notes_again AS SELECT * FROM notes_view WHERE id > 0"));
	OK(RUN(st.session, "INSERT INTO notes_again (id) VALUES (70)"));
	OK(dbn_begin(st.session, NULL, &err));
	IS(DBN_E_UNSUPPORTED, RUN(st.session, "INSERT INTO notes_again (id) VALUES (71)"));
	IS(DBN_E_UNSUPPORTED, RUN(st.session, "DELETE FROM notes_again WHERE id = 70"));
	cr_assert_str_eq(rows_of(st.session, "SELECT id FROM notes_again WHERE id > 60 ORDER BY id"), "70 1060");
	OK(dbn_rollback(st.session, &err));
	IS(DBN_E_UNSUPPORTED, RUN(bob, "UPDATE notes_again SET body = 'z' WHERE id = 1"));
	/* and an engine with transactions takes them all */
	OK(RUN(st.session, "ALTER TABLE notes ENGINE = InnoDB"));
	OK(RUN(bob, "UPDATE notes SET body = 'z' WHERE id = 1"));
	OK(RUN(bob, "UPDATE notes_again SET body = 'y' WHERE id = 1"));
	OK(dbn_begin(st.session, NULL, &err));
	OK(RUN(st.session, "DELETE FROM notes_again WHERE id > 3"));
	OK(dbn_commit(st.session, &err));
}

Test(rules, engine_myisam)
{
	if (is("mysql"))
		without_transactions("MyISAM");
}

Test(rules, engine_aria)
{
	if (is("mysql"))
		without_transactions("Aria");
}

/* MEMORY keeps no TEXT. */
Test(rules, engine_memory)
{
	if (!is("mysql"))
		return;
	OK(RUN(st.session, "ALTER TABLE notes MODIFY owner VARCHAR(20) CHARACTER SET utf8mb4 COLLATE "
		"utf8mb4_nopad_bin, MODIFY body VARCHAR(20)"));
	without_transactions("MEMORY");
}

/* A server that tells upper from lower case has no such table; no rule is to blame. */
Test(rules, other_case)
{
	dbn_rows *rows = NULL;
	dbn_status rc;

	if (!is("mysql"))
		return;
	rc = dbn_query(bob, "SELECT id FROM NOTES", DBN_NO_ARGS, &rows, &err);
	cr_assert(rc == DBN_OK || (rc == DBN_E_SYNTAX && strstr(dbn_error_message(err), "no such table: NOTES") &&
		strstr(dbn_error_hint(err), "case")), "%s: %s (%s)", dbn_status_name(rc), dbn_error_message(err),
		dbn_error_hint(err));
	dbn_rows_close(rows);
}
