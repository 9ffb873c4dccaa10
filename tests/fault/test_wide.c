/* SPDX-License-Identifier: MIT */
/*
 * Every allocation fails once, in the wider operations: rules with rows, checks,
 * masks, presets and conditions; explain; entities; the builder; schema changes in
 * a transaction; savepoints; a policy read again.
 */
#include "fault/fault.h"

#include "lib/team_member.h"

DBN_ENTITY_DEFINE(team, "team", TEAM_ROWS);
DBN_ENTITY_DEFINE(member, "member", MEMBER_ROWS);
DBN_ENTITY_DEFINE(tag, "tag", TAG_ROWS);

static const char rules[] =
	"{ id = \"all\"; roles = [ \"admin\" ]; relation = \"*\"; actions = [ \"read\", \"write\" ]; },"
	"{ id = \"ddl\"; roles = [ \"admin\" ]; database = \"main\"; actions = [ \"admin.ddl\" ]; },"
	"{ id = \"see\"; roles = [ \"guest\" ]; relation = \"p\"; actions = [ \"read\" ]; hide = [ \"h\" ];"
	"  using = \"owner = $user.id OR id IN (SELECT v FROM t WHERE s <> 'x')\";"
	"  masks = ( { column = \"m\"; method = \"partial\"; keep_last = 2; },"
	"    { column = \"n\"; method = \"const\"; value = \"0\"; filter = true; } ); },"
	"{ id = \"some\"; roles = [ \"guest\" ]; relation = \"p\"; actions = [ \"read\" ]; columns = [ \"id\", \"m\" ];"
	"  using = \"id < 100\"; when = \"$op <> 'delete' AND $now IS NOT NULL\"; },"
	"{ id = \"not\"; roles = [ \"guest\" ]; relation = \"p\"; actions = [ \"read\" ]; effect = \"deny\"; using = \"id = 13\"; },"
	"{ id = \"put\"; roles = [ \"guest\" ]; relation = \"q\"; actions = [ \"read\", \"write\" ];"
	"  using = \"owner = $user.id\"; check = \"v < 1000 AND v > 0\";"
	"  presets = ( { column = \"owner\"; value = \"$user.id\"; } ); }";

static const char *const schema[] = {
	"CREATE TABLE p (id INTEGER PRIMARY KEY, owner TEXT, m TEXT, n INTEGER, h TEXT)",
	"INSERT INTO p VALUES (1, 'bob', 'abcdef', 5, 'hidden'), (2, 'eve', 'ghijkl', 6, 'hidden')",
	"CREATE TABLE q (id INTEGER PRIMARY KEY, owner TEXT, v INTEGER)",
	"CREATE VIEW w AS SELECT p.id AS i, q.v AS v FROM p JOIN q ON q.id = p.id",
	"INSERT INTO q VALUES (1, 'bob', 1), (2, 'eve', 2)", NULL
};

static dbn_session *bob;
static const char *statement;

static void
init(void)
{
	fault_rules = rules;
	fault_schema = schema;
}

TestSuite(wide, .init = init, .timeout = 600);

/* ---- statements under rules ---- */

static void
open_bob(stack *st)
{
	bob = stack_session(st, "bob");
}

static dbn_status
run_to_end(dbn_session *s, dbn_error **err)
{
	dbn_rows *rows = NULL;
	dbn_status rc = dbn_query(s, statement, DBN_NO_ARGS, &rows, err);

	while (rc == DBN_OK)
		rc = dbn_rows_next(rows, err);
	dbn_rows_close(rows);
	return rc == DBN_DONE ? DBN_OK : rc;
}

static dbn_status
as_bob(stack *st, dbn_error **err)
{
	dbn_status rc = run_to_end(bob, err);

	(void)st;
	dbn_session_close(bob);
	return rc;
}

static dbn_status
as_alice(stack *st, dbn_error **err)
{
	return run_to_end(st->session, err);
}

static dbn_status
explain_to_bob(stack *st, dbn_error **err)
{
	char *out = NULL;
	dbn_status rc = dbn_explain(bob, (dbn_text){ statement, strlen(statement) }, &out, err);

	(void)st;
	cr_assert_eq(rc == DBN_OK, out != NULL);
	dbn_free_text(out);
	dbn_session_close(bob);
	return rc;
}

/* What bob did is there whole, or not at all; his limits hold in any case. */
static void
only_his(stack *st, bool ok)
{
	int rows = raw(st, "SELECT count(*) FROM q");

	cr_assert_eq(raw(st, "SELECT count(*) FROM q WHERE owner = 'eve' AND v = 2"), 1);
	cr_assert_eq(raw(st, "SELECT count(*) FROM q WHERE v >= 1000 OR owner NOT IN ('bob', 'eve')"), 0);
	cr_assert(rows == 2 || (ok && (rows == 1 || rows == 4)), "%d rows", rows);
	(void)raw(st, "DELETE FROM q");
	(void)raw(st, "INSERT INTO q VALUES (1, 'bob', 1), (2, 'eve', 2)");
}

static void
each(const char *sql, const step *p)
{
	statement = sql;
	each_fails(p);
}

Test(wide, reads_under_rules)
{
	static const step p = { .before = open_bob, .run = as_bob };

	each("SELECT * FROM p WHERE id > 0 ORDER BY id", &p);
	each("WITH c AS (SELECT id, m FROM p) SELECT a.id, count(*) FROM c AS a LEFT JOIN p AS b ON b.id = a.id "
		"WHERE EXISTS (SELECT 1 FROM p WHERE p.id = a.id) GROUP BY a.id HAVING count(*) > 0 "
		"UNION ALL SELECT max(id), 2 FROM p", &p);
}

Test(wide, writes_under_rules)
{
	static const step p = { .before = open_bob, .run = as_bob, .after = only_his };

	each("INSERT INTO q (id, v) VALUES (3, 3), (4, 4) RETURNING id, owner", &p);
	each("INSERT INTO q (id, v) VALUES (1, 9) ON CONFLICT (id) DO UPDATE SET v = excluded.v", &p);
	each("UPDATE q SET v = v + 1 WHERE id IN (SELECT id FROM q WHERE v < 5)", &p);
	each("DELETE FROM q WHERE v = 1 RETURNING id", &p);
}

Test(wide, explaining)
{
	static const step p = { .before = open_bob, .run = explain_to_bob };

	each("SELECT id, m FROM p WHERE id > 0", &p);
	each("INSERT INTO q (id, v) VALUES (3, 3)", &p);
}

Test(wide, reads_of_views)
{
	static const step p = { .run = as_alice };

	each("SELECT i, v, CASE WHEN v BETWEEN 1 AND 3 THEN 'x' ELSE upper('y') END FROM w WHERE i LIKE '1%' "
		"AND v IN (1, 2, 3) ORDER BY 2 DESC LIMIT 5 OFFSET 0", &p);
}

/* ---- the session ---- */

static dbn_status
may(stack *st, dbn_error **err)
{
	dbn_status rc = dbn_session_can(bob, DBN_CAN_UPDATE, "main.q", "v", err);

	(void)st;
	if (rc == DBN_OK)
		rc = dbn_session_can(bob, DBN_CAN_READ, "p", "m", err);
	dbn_session_close(bob);
	return rc;
}

Test(wide, asking_for_rights)
{
	static const step p = { .before = open_bob, .run = may };

	each_fails(&p);
}

/* A refresh that fails leaves a session that is refreshed the next time. */
static dbn_status
reload(stack *st, dbn_error **err)
{
	int64_t n = 0;
	dbn_status rc = dbn_pool_reload(st->pool, err);

	if (rc == DBN_OK)
		rc = dbn_get_int64(bob, "SELECT count(*) FROM q", DBN_NO_ARGS, &n, err);
	if (rc == DBN_OK)
		cr_assert_eq(n, 1);
	dbn_session_close(bob);
	return rc;
}

static void
read_as_bob(stack *st)
{
	int64_t n = 0;
	dbn_error *err = NULL;

	open_bob(st);
	fine(dbn_get_int64(bob, "SELECT count(*) FROM q", DBN_NO_ARGS, &n, &err), err);
	cr_assert_eq(n, 1);
}

Test(wide, a_policy_read_again)
{
	static const step p = { .before = read_as_bob, .run = reload };

	each_fails(&p);
}

static dbn_status
ddl(dbn_session *s, void *user, dbn_error **err)
{
	dbn_status rc = dbn_exec(s, "CREATE TABLE made (a INTEGER, b TEXT)", DBN_NO_ARGS, NULL, err);
	int64_t n = 0;

	(void)user;
	if (rc == DBN_OK)
		rc = dbn_exec(s, "INSERT INTO made VALUES (1, 'x')", DBN_NO_ARGS, NULL, err);
	if (rc == DBN_OK)
		rc = dbn_get_int64(s, "SELECT a FROM made WHERE b = 'x'", DBN_NO_ARGS, &n, err);
	if (rc == DBN_OK)
		rc = dbn_exec(s, "ALTER TABLE made ADD COLUMN c INTEGER", DBN_NO_ARGS, NULL, err);
	return rc;
}

static dbn_status
schema_changes(stack *st, dbn_error **err)
{
	return dbn_txn(st->session, NULL, ddl, NULL, err);
}

static void
made_or_not(stack *st, bool ok)
{
	int there = raw(st, "SELECT count(*) FROM sqlite_schema WHERE name = 'made'");

	cr_assert_eq(there, ok ? 1 : 0);
	if (there)
		(void)raw(st, "DROP TABLE made");
}

Test(wide, schema_changes_in_a_transaction)
{
	static const step p = { .run = schema_changes, .after = made_or_not };

	each_fails(&p);
}

static dbn_status
keyed(stack *st, dbn_error **err)
{
	int64_t keys[2] = { 0 };
	dbn_status rc = dbn_exec_many(st->session, "INSERT INTO t (v, s) VALUES (?, ?)",
		DBN_ARGS(3, "three", 4, "four"), 2, NULL, keys, err);

	cr_assert_eq(rc == DBN_OK, keys[0] == 3 && keys[1] == 4);
	return rc;
}

static void
two_or_none(stack *st, bool ok)
{
	cr_assert_eq(raw(st, "SELECT count(*) FROM t"), ok ? 4 : 2);
	(void)raw(st, "DELETE FROM t WHERE id > 2");
}

Test(wide, many_with_keys)
{
	static const step p = { .run = keyed, .after = two_or_none };

	each_fails(&p);
}

/* Rows are open when another statement wants the connection. */
static dbn_status
beside(stack *st, dbn_error **err)
{
	dbn_rows *rows = NULL;
	char *s = NULL;
	dbn_status rc = dbn_begin(st->session, NULL, err), last;

	if (rc != DBN_OK)
		return rc;
	rc = dbn_query(st->session, "SELECT id, s FROM t", DBN_NO_ARGS, &rows, err);
	if (rc == DBN_OK)
		rc = dbn_rows_next(rows, err);
	if (rc == DBN_OK)
		rc = dbn_get_text(st->session, "SELECT s FROM t WHERE id = 2", DBN_NO_ARGS, &s, err);
	if (rc == DBN_OK)
		rc = dbn_rows_next(rows, err);
	dbn_free_text(s);
	dbn_rows_close(rows);
	last = rc == DBN_OK ? dbn_commit(st->session, err) : dbn_rollback(st->session, NULL);
	return rc == DBN_OK ? last : rc;
}

Test(wide, rows_beside_a_statement)
{
	static const step p = { .run = beside };

	each_fails(&p);
}

/* ---- entities ---- */

static void
tables(stack *st)
{
	dbn_error *err = NULL;

	fine(team_create_table(st->session, &err), err);
	fine(member_create_table(st->session, &err), err);
	fine(tag_create_table(st->session, &err), err);
}

static dbn_status
through_a_life(stack *st, dbn_error **err)
{
	dbn_session *s = st->session;
	team t = team_init();
	member m = member_init(), *list = NULL;
	tag tags[2] = { tag_init(), tag_init() };
	size_t n = 0;
	uint64_t c = 0;
	dbn_status rc;

	t.name = "core";
	rc = team_insert(s, &t, err);
	m.team_id = t.id;
	m.login = "ann";
	m.score = 5;
	if (rc == DBN_OK)
		rc = member_insert(s, &m, err);
	tags[0].word = tags[1].word = "x";
	if (rc == DBN_OK)
		rc = tag_insert_batch(s, tags, 2, err);
	m.score = 6;
	if (rc == DBN_OK)
		rc = member_update(s, &m, err);
	if (rc == DBN_OK)
		rc = member_find_where(s, member_score(DBN_GT, 5), NULL, &list, &n, err);
	if (rc == DBN_OK)
		cr_assert_eq(n, 1);
	if (rc == DBN_OK)
		rc = member_count(s, member_login(DBN_LIKE, "a%"), &c, err);
	if (rc == DBN_OK)
		rc = member_delete(s, t.id, "ann", err);
	member_list_free(list, n);
	tag_clear(&tags[0]);
	tag_clear(&tags[1]);
	member_clear(&m);
	team_clear(&t);
	return rc;
}

static void
without_tables(stack *st, bool ok)
{
	(void)ok;
	(void)raw(st, "DROP TABLE tag");
	(void)raw(st, "DROP TABLE member");
	(void)raw(st, "DROP TABLE team");
}

Test(wide, entities)
{
	static const step p = { .before = tables, .run = through_a_life, .after = without_tables };
	dbn_error *err = NULL;
	stack st;

	start(&st); /* what is made of a declaration stays with it */
	reopen(&st);
	tables(&st);
	fine(through_a_life(&st, &err), err);
	shut(&st);
	finish(&st);
	each_fails(&p);
}

/* ---- the builder ---- */

static dbn_status
built(stack *st, dbn_error **err)
{
	dbn_builder *b = dbn_builder_new();
	dbn_select *q, *sub;
	dbn_insert *in;
	dbn_update *up;
	dbn_delete *del;
	dbn_rows *rows = NULL;
	dbn_status rc;

	/* without a builder, every call says so */
	sub = dbn_select_new(b);
	dbn_select_from(sub, "t", NULL);
	dbn_select_column(sub, dbn_x_col(b, "v"), NULL);
	dbn_select_where(sub, dbn_x_between(b, dbn_x_col(b, "v"), dbn_v_i64(0), dbn_v_i64(9)));
	q = dbn_select_new(b);
	dbn_select_from(q, "p", "x");
	dbn_select_join(q, DBN_LEFT_JOIN, "q", "y", dbn_x_cols(b, "x.id", DBN_EQ, "y.id"));
	dbn_select_columns(q, DBN_NAMES("x.id"));
	dbn_select_column(q, dbn_x_count_all(b), "c");
	dbn_select_where(q, dbn_x_and(b, dbn_x_in_select(b, dbn_x_name(b, "x", "id"), sub),
		dbn_x_or(b, dbn_x_not(b, dbn_x_is_null(b, dbn_x_name(b, "x", "id"))),
			dbn_x_in(b, dbn_x_name(b, "x", "id"), DBN_ARGS(1, 2)))));
	dbn_select_group(q, dbn_x_name(b, "x", "id"));
	dbn_select_having(q, dbn_x_op(b, dbn_x_count_all(b), DBN_GE, dbn_x_val(b, dbn_v_i64(1))));
	dbn_select_order(q, dbn_x_name(b, "x", "id"), DBN_DESC);
	dbn_select_limit(q, 5);
	rc = dbn_select_run(st->session, q, &rows, err);
	while (rc == DBN_OK)
		rc = dbn_rows_next(rows, err);
	dbn_rows_close(rows);
	rc = rc == DBN_DONE ? DBN_OK : rc;
	in = dbn_insert_new(b, "t");
	dbn_insert_columns(in, DBN_NAMES("id", "v", "s"));
	dbn_insert_values(in, DBN_ARGS(3, 3, "three"));
	dbn_insert_values(in, DBN_ARGS(4, 4, "four"));
	dbn_insert_conflict(in, DBN_NAMES("id"));
	dbn_insert_conflict_set(in, "s", dbn_x_excluded(b, "s"));
	if (rc == DBN_OK)
		rc = dbn_insert_run(st->session, in, NULL, err);
	up = dbn_update_new(b, "t");
	dbn_update_set_value(up, "s", dbn_v_text("new"));
	dbn_update_where(up, dbn_x_is(b, "id", DBN_EQ, dbn_v_i64(3)));
	if (rc == DBN_OK)
		rc = dbn_update_run(st->session, up, NULL, err);
	del = dbn_delete_new(b, "t");
	dbn_delete_where(del, dbn_x_is(b, "id", DBN_GT, dbn_v_i64(2)));
	if (rc == DBN_OK)
		rc = dbn_delete_run(st->session, del, NULL, err);
	dbn_builder_free(b);
	return rc;
}

static void
none_left(stack *st, bool ok)
{
	if (ok)
		cr_assert_eq(raw(st, "SELECT count(*) FROM t"), 2);
	(void)raw(st, "DELETE FROM t WHERE id > 2");
}

Test(wide, builder)
{
	static const step p = { .run = built, .after = none_left };

	each_fails(&p);
}
