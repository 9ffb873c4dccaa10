/* SPDX-License-Identifier: MIT */
/*
 * What the resolver says of a statement, what it refuses, and that a rewritten
 * tree still prints and runs.
 */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "error/error.h"
#include "fixture.h"

static struct fixture f;

static void
setup(void)
{
	fixture_open(&f);
}

static void
teardown(void)
{
	fixture_close(&f);
}

TestSuite(sql_resolve, .init = setup, .fini = teardown);

/* ---- what is refused ---- */

static const struct { const char *sql; uint32_t position; const char *message; } refusals[] = {
	{ "select * from nothere", 15, "no such table: nothere" },
	{ "select * from other.users", 15, "no such table: other.users" },
	{ "select nope from users", 8, "no such column: nope" },
	{ "select u.nope from users u", 8, "no such column: u.nope" },
	{ "select users.id from users u", 8, "no such column: users.id" },
	{ "select x.* from users u", 8, "no such table: x" },
	{ "select *", 8, "without FROM" },
	{ "select 1 + (*) from users", 13, "unexpected" },
	{ "select \"nosuchcolumn\" from users", 8, "no such column: nosuchcolumn" },
	{ "select id from users where name = \"ann\"", 35, "no such column: ann" },
	{ "select id from users, teams, orders", 8, "ambiguous column name: id" },
	{ "select team_id from users, teams", 8, "ambiguous column name: team_id" },
	{ "select u.id from users u, orders u", 8, "ambiguous column name: id" },
	{ "select id from users u join teams t using (nope)", 24, "nope of USING" },
	{ "select id from users u join teams t using (name)", 24, "name of USING" },
	{ "select 1 from users a join users b join users c using (id)", 36,
	"ambiguous column name: id" },
	{ "select 1 from teams join users on orders.id = 1, orders", 35,
	"no such column: orders.id" },
	{ "select rowid from kv", 8, "without an INTEGER PRIMARY KEY" },
	{ "select rowid from plain", 8, "without an INTEGER PRIMARY KEY" },
	{ "select rowid from users, teams", 8, "no such column: rowid" },
	{ "select rowid from (select id from users)", 8, "no such column: rowid" },
	{ "select a from (select name from users) where age = 1", 8, "no such column: a" },
	{ "select 1 from users where id in (select id, name from users)", 34,
	"gives 2 columns, expected 1" },
	{ "select 1 from users where (id, age) in (select id from users)", 41,
	"gives 1 columns, expected 2" },
	{ "select id from users union select id, name from users", 28, "give 1 and 2 columns" },
	{ "select id from users order by 2", 31, "out of range: 1 to 1" },
	{ "select id from users order by 0", 31, "out of range" },
	{ "select id from users order by -1", 32, "out of range" },
	{ "select id from users group by 9", 31, "out of range" },
	{ "select id from users union select 1 order by id + 1", 46, "anything but an output" },
	{ "select id from users union select 1 order by nope", 46, "anything but an output" },
	{ "select id from users limit -1", 28, "LIMIT with anything" },
	{ "select id from users limit 1.5", 28, "LIMIT with anything" },
	{ "select id from users limit 1 offset 1 + 1", 37, "OFFSET with anything" },
	{ "select id from users limit (select 1)", 28, "LIMIT with anything" },
	{ "select id from users limit 'x'", 28, "LIMIT with anything" },
	{ "with q(a, b) as (select 1) select * from q", 6, "names 2 columns, its query gives 1" },
	{ "with q as (select 1), Q as (select 2) select * from q", 23, "twice" },
	{ "with a as (select * from b), b as (select 1) select * from a", 26,
	"before it is defined" },
	{ "with q as (select * from q) select * from q", 26, "circular reference: q" },
	{ "with users as (select * from users) select * from users", 30, "circular reference" },
	{ "select name collate german from users", 8, "no such collation: german" },
	{ "select count(*, 1) from users", 15, "unexpected" },
	{ "select max(*) from users", 8, "wrong number of arguments to max()" },
	{ "select upper() from users", 8, "wrong number of arguments to upper()" },
	{ "select nullif(1) from users", 8, "wrong number of arguments" },
	{ "select round(1, 2, 3)", 8, "wrong number of arguments" },
	{ "select upper(distinct name) from users", 8, "no aggregate" },
	{ "select upper(name) filter (where 1) from users", 8, "no aggregate" },
	{ "select upper(name) over () from users", 8, "no aggregate" },
	{ "select max(distinct 1, 2) from users", 8, "no aggregate" },
	{ "select row_number() from users", 8, "without a window" },
	{ "insert into nothere values (1)", 13, "no such table" },
	{ "insert into teams values (1)", 19, "1 values for 3 columns" },
	{ "insert into teams(title) values (1, 2)", 26, "2 values for 1 columns" },
	{ "insert into teams(title) select 1, 2", 26, "2 values for 1 columns" },
	{ "insert into teams(nope) values (1)", 19, "no such column: nope" },
	{ "insert into teams(title, title) values (1, 2)", 26, "written twice" },
	{ "insert into gen(price, twice) values (1, 2)", 24, "twice is generated" },
	{ "insert into teams(title) values (budget)", 34, "no such column: budget" },
	{ "insert into kv(rowid) values (1)", 16, "without an INTEGER PRIMARY KEY" },
	{ "insert into kv(k) values ('x') on conflict (nope) do nothing", 45,
	"no such column: nope" },
	{ "insert into kv(k) values ('x') on conflict (k) do update set nope = 1", 62,
	"no such column" },
	{ "insert into kv(k) values ('x') on conflict (k) do update set v = excluded.nope", 66,
	"no such column" },
	{ "insert into kv(k) values ('x') returning excluded.v", 42, "no such column: excluded.v" },
	{ "insert into teams(title) values ('x') returning nope", 49, "no such column" },
	{ "update nothere set a = 1", 8, "no such table" },
	{ "update users set nope = 1", 18, "no such column: nope" },
	{ "update users set age = 1, age = 2", 27, "written twice" },
	{ "update users set (age, age) = (1, 2)", 24, "written twice" },
	{ "update users set (age, score) = (1, 2, 3)", 33, "2 columns are set to 3 values" },
	{ "update users set (age, score) = (select 1)", 33, "2 columns are set to 1 values" },
	{ "update users set age = (1, 2)", 24, "1 columns are set to 2 values" },
	{ "update gen set twice = 1", 16, "generated" },
	{ "update users set age = t.nope from teams t", 24, "no such column: t.nope" },
	{ "update users set age = 1 from teams t returning t.title", 49,
	"no such column: t.title" },
	{ "delete from nothere", 13, "no such table" },
	{ "delete from users where nope = 1", 25, "no such column" },
	{ "delete from users returning nope", 29, "no such column" },
};

Test(sql_resolve, refuses_by_name_and_place)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		dbn_sql_stmt *s;
		dbn_sql_result res;
		dbn_error *err = NULL;

		cr_expect_eq(fixture_resolve(&f, refusals[i].sql, &s, &res, &err), DBN_E_SYNTAX,
			"%s",
			refusals[i].sql);
		cr_expect_eq(dbn_error_position(err), refusals[i].position, "%s: at %u: %s",
			refusals[i].sql,
			dbn_error_position(err), dbn_error_message(err));
		cr_expect(strstr(dbn_error_message(err), refusals[i].message) != NULL, "%s: %s",
			refusals[i].sql, dbn_error_message(err));
		dbn_error_free(err);
	}
}

/* ---- what is touched ---- */

/* "users:r(id,name) teams:i{title}u" in the order of the uses. */
static char *
uses(const dbn_sql_result *res)
{
	dbn_str out;
	char *z;

	dbn_str_init(&out, 0);
	for (uint32_t i = 0; i < res->nuses; i++) {
		const dbn_sql_use *u = &res->uses[i];

		cr_assert_eq(u->from->id, 0, "the resolver's own number stays behind");
		if (i)
			dbn_str_addc(&out, ' ');
		dbn_str_addt(&out, u->rel->name.name);
		dbn_str_addc(&out, ':');
		dbn_str_adds(&out, u->actions & DBN_ACT_READ ? "r" : "");
		dbn_str_adds(&out, u->actions & DBN_ACT_INSERT ? "i" : "");
		dbn_str_adds(&out, u->actions & DBN_ACT_UPDATE ? "u" : "");
		dbn_str_adds(&out, u->actions & DBN_ACT_DELETE ? "d" : "");
		for (int w = 0; w < 2; w++) {
			const uint64_t *bits = w ? u->writes : u->reads;
			int n = 0;

			for (uint32_t k = 0; k < u->rel->ncolumns; k++) {
				if (!dbn_sql_bit(bits, k))
					continue;
				dbn_str_adds(&out, n++ ? "," : w ? "{" : "(");
				dbn_str_addt(&out, u->rel->columns[k].name);
			}
			if (n)
				dbn_str_adds(&out, w ? "}" : ")");
		}
	}
	z = strdup(dbn_str_z(&out));
	dbn_str_free(&out);
	return z;
}

Test(sql_resolve, says_what_is_touched)
{
	static const struct { const char *sql, *want; } touched[] = {
		{ "select 1", "" },
		{ "select id from users where age > 5", "users:r(id,age)" },
		{ "select count(*) from users", "users:r" },
		{ "select 1 from users where exists (select 1 from teams)", "users:r teams:r" },
		{ "select * from teams", "teams:r(team_id,title,budget)" },
		{ "select t.* from users u join teams t using (team_id)",
		"users:r(team_id) teams:r(team_id,title,budget)" },
		{ "select a.name from users a, users b where b.age = 1",
		"users:r(name) users:r(age)" },
		{ "select (select title from teams t where t.team_id = u.team_id) from users u",
			"users:r(team_id) teams:r(team_id,title)" },
		{ "select n from (select name as n, age from users)", "users:r(name,age)" },
		{ "with q as (select id from users) select 1 from q", "users:r(id)" },
		{ "with users as (select 1 as x) select x from users", "" },
		{ "select rowid from users", "users:r(id)" },
		{ "select name n from users where n = '' order by n", "users:r(name)" },
		{ "select name from users order by age", "users:r(name,age)" },
		{ "select sum(age) over (partition by team_id order by score) from users",
		"users:r(age,score,team_id)" },
		{ "select count(*) filter (where age > 1) from users", "users:r(age)" },
		{ "insert into teams(title) values ('x')", "teams:i{title}" },
		{ "insert into teams values (1, 'x', 2)", "teams:i{team_id,title,budget}" },
		{ "insert into teams default values", "teams:i" },
		{ "insert into gen values (1, 2)", "gen:i{id,price}" },
		{ "insert into teams(title) select name from users where age = 1",
		"teams:i{title} users:r(name,age)" },
		{ "insert into teams(title) values ('x') returning team_id",
		"teams:ri(team_id){title}" },
		{ "insert into kv(k, v) values ('x', 'y') on conflict (k) do update set n = "
		"excluded.n + kv.n",
			"kv:riu(k,n){k,v,n}" },
		{ "insert into kv(k) values ('x') on conflict do nothing", "kv:i{k}" },
		{ "update users set age = 5", "users:u{age}" },
		{ "update users set age = score where id = 1 returning name",
		"users:ru(id,name,score){age}" },
		{ "update users set age = t.budget from teams t where t.team_id = users.team_id",
			"users:ru(team_id){age} teams:r(team_id,budget)" },
		{ "delete from orders", "orders:d" },
		{ "delete from orders where user_id in (select id from users)",
		"orders:rd(user_id) users:r(id)" },
		{ "select id from grown", "grown:r(id)" },
	};

	for (size_t i = 0; i < sizeof(touched) / sizeof(touched[0]); i++) {
		dbn_sql_stmt *s;
		dbn_sql_result res;
		dbn_error *err = NULL;
		char *z;

		cr_assert_eq(fixture_resolve(&f, touched[i].sql, &s, &res, &err), DBN_OK, "%s: %s",
			touched[i].sql, dbn_error_message(err));
		z = uses(&res);
		cr_expect_str_eq(z, touched[i].want, "%s: %s", touched[i].sql, z);
		free(z);
	}
}

Test(sql_resolve, asks_once_for_a_name)
{
	dbn_sql_stmt *s;
	dbn_sql_result res;

	cr_assert_eq(fixture_resolve(&f, "select a.id from users a, users b, users c, teams", &s,
		&res, NULL),
		DBN_OK);
	cr_assert_eq(f.lookups, 2);
	cr_assert_eq(res.nuses, 4);
}

/* ---- parameters ---- */

Test(sql_resolve, types_parameters_by_what_they_meet)
{
	static const struct {
		const char *sql;
		uint32_t n;
		dbn_type type;
		uint32_t flags;
		const char *column;
	} params[] = {
		{ "select 1 from users where age = ?", 1, DBN_INT64, 0, "age" },
		{ "select 1 from users where ? < age", 1, DBN_INT64, 0, "age" },
		{ "select 1 from users where name like ?", 1, DBN_TEXT, 0, "name" },
		{ "select 1 from users where name collate nocase = ?", 1, DBN_TEXT, 0, "name" },
		{ "select 1 from users where score between ? and ?", 2, DBN_DOUBLE, 0, "score" },
		{ "select 1 from users where age in (1, ?)", 1, DBN_INT64, DBN_PARAM_LIST, "age" },
		{ "select 1 from users where age in ($1) or id = $1", 1, DBN_INT64, 0, "age" },
		{ "select 1 from users where ? in (select age from users)", 1, DBN_INT64, 0,
		"age" },
		{ "select 1 from users where (age, name) = (?, ?)", 2, DBN_TEXT, 0, "name" },
		{ "select 1 from users where age is ?", 1, DBN_INT64, 0, "age" },
		{ "select case age when ? then 1 end from users", 1, DBN_INT64, 0, "age" },
		{ "select 1 from users where name = $1 or age = $1", 1, DBN_NULL, 0, NULL },
		{ "select cast(? as integer)", 1, DBN_INT64, DBN_PARAM_CAST, NULL },
		{ "select 1 from users where name = cast(? as integer)", 1, DBN_INT64,
		DBN_PARAM_CAST, NULL },
		{ "select 1 from users where note = ?", 1, DBN_NULL, 0, NULL },
		{ "select ? + 1", 1, DBN_NULL, 0, NULL },
		{ "select 1 from (select age as a from users) where a = ?", 1, DBN_INT64, 0,
		"age" },
		{ "select 1 from users limit ?", 1, DBN_INT64, DBN_PARAM_COUNT | DBN_PARAM_CAST,
		NULL },
		{ "select 1 from users limit 5 offset ?", 1, DBN_INT64,
		DBN_PARAM_COUNT | DBN_PARAM_CAST, NULL },
		{ "insert into teams(title) values (?)", 1, DBN_TEXT, 0, "title" },
		{ "insert into teams(budget, title) values (1, 'x'), (?, ?)", 2, DBN_TEXT, 0,
		"title" },
		{ "insert into teams(title, budget) select ?, ?", 2, DBN_INT64, 0, "budget" },
		{ "update users set age = ? where name = ?", 1, DBN_INT64, 0, "age" },
		{ "update users set (age, name) = (?, ?)", 2, DBN_TEXT, 0, "name" },
		{ "insert into kv(k) values ('x') on conflict (k) do update set n = ?", 1,
		DBN_INT64, 0, "n" },
		{ "delete from users where id = ?", 1, DBN_INT64, 0, "id" },
	};

	for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
		const dbn_sql_param_info *p;
		dbn_sql_stmt *s;
		dbn_sql_result res;
		dbn_error *err = NULL;

		cr_assert_eq(fixture_resolve(&f, params[i].sql, &s, &res, &err), DBN_OK,
			"%s: %s", params[i].sql,
			dbn_error_message(err));
		cr_assert_geq(res.nparams, params[i].n);
		p = &res.params[params[i].n - 1];
		cr_expect_eq(p->type, params[i].type, "%s: %s", params[i].sql,
			dbn_type_name(p->type));
		cr_expect_eq(p->flags & (DBN_PARAM_COUNT | DBN_PARAM_CAST | DBN_PARAM_LIST),
			params[i].flags,
			"%s: %x", params[i].sql, p->flags);
		cr_expect_eq(p->rel != NULL, params[i].column != NULL, "%s", params[i].sql);
		if (p->rel && params[i].column)
			cr_expect(dbn_text_eqz(p->rel->columns[p->ordinal].name,
				params[i].column), "%s", params[i].sql);
	}
}

/* ---- outputs, functions, flags ---- */

Test(sql_resolve, outputs_know_their_column)
{
	dbn_sql_stmt *s;
	dbn_sql_result res;

	cr_assert_eq(fixture_resolve(&f, "select u.name as n, age + 1, s.a, cast(1 as text) from "
		"users u, "
		"(select age as a from users) s", &s, &res, NULL), DBN_OK);
	cr_assert_eq(res.ncols, 4);
	cr_assert(dbn_text_eqz(res.cols[0].name, "n"));
	cr_assert_not_null(res.cols[0].rel);
	cr_assert_eq(res.cols[0].ordinal, 1);
	cr_assert_eq(res.cols[0].type, DBN_TEXT);
	cr_assert(dbn_text_eqz(res.cols[1].name, "age + 1"));
	cr_assert_null(res.cols[1].rel);
	cr_assert_not_null(res.cols[2].rel);
	cr_assert_eq(res.cols[2].ordinal, 3);
	cr_assert_eq(res.cols[3].type, DBN_TEXT);
	cr_assert_eq(fixture_resolve(&f, "update users set age = 1", &s, &res, NULL), DBN_OK);
	cr_assert_eq(res.ncols, 0);
	cr_assert_eq(fixture_resolve(&f, "select name from users union select title from teams",
		&s, &res, NULL),
		DBN_OK);
	cr_assert_null(res.cols[0].rel, "two sources");
	cr_assert_eq(res.cols[0].type, DBN_TEXT);
}

Test(sql_resolve, functions_and_flags)
{
	static const struct { const char *sql; uint32_t flags; } flags[] = {
		{ "select 1", 0 },
		{ "select count(*) from users", DBN_SQL_AGGREGATES },
		{ "select max(1, 2)", 0 },
		{ "select max(id) from users", DBN_SQL_AGGREGATES },
		{ "select random()", DBN_SQL_VOLATILE },
		{ "select current_timestamp", DBN_SQL_VOLATILE },
		{ "select date('now')", DBN_SQL_VOLATILE },
		{ "select date('NOW', '+1 day')", DBN_SQL_VOLATILE },
		{ "select date()", DBN_SQL_VOLATILE },
		{ "select date('2024-01-01')", 0 },
		{ "select strftime('%Y', '2024-01-01')", 0 },
		{ "select strftime('now', 'now')", DBN_SQL_VOLATILE },
		{ "select last_insert_rowid()", DBN_SQL_UNLISTED_FN | DBN_SQL_VOLATILE },
		{ "select load_extension('x')", DBN_SQL_UNLISTED_FN | DBN_SQL_VOLATILE },
		{ "select changes(), total_changes(), zeroblob(5), sqlite_version()",
			DBN_SQL_UNLISTED_FN | DBN_SQL_VOLATILE },
		{ "select id from users limit 1", DBN_SQL_LIMIT_NO_ORDER },
		{ "select id from users order by id limit 1", 0 },
		{ "select (select 1)", DBN_SQL_SUBQUERIES },
		{ "select rank() over (order by id) from users", DBN_SQL_WINDOWS },
		{ "with recursive c(n) as (values(1) union all select n+1 from c where n<3) "
		"select n from c",
			DBN_SQL_RECURSIVE },
		{ "delete from users", DBN_SQL_WRITES },
		{ "delete from users returning 1", DBN_SQL_WRITES | DBN_SQL_HAS_RETURNING },
	};
	dbn_sql_stmt *s;
	dbn_sql_result res;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		cr_assert_eq(fixture_resolve(&f, flags[i].sql, &s, &res, NULL), DBN_OK, "%s",
			flags[i].sql);
		cr_expect_eq(res.flags, flags[i].flags, "%s: %x", flags[i].sql, res.flags);
	}
	cr_assert_eq(fixture_resolve(&f, "select Upper(name), secret(1) from users", &s, &res,
		NULL), DBN_OK);
	cr_assert_eq(res.nfuncs, 2);
	cr_assert_not_null(res.funcs[0].fact);
	cr_assert_null(res.funcs[1].fact);
	cr_assert_eq(res.funcs[1].pos, 20);
	cr_assert(dbn_text_eqz(res.funcs[1].name, "secret"));
}

Test(sql_resolve, leakproof_is_what_cannot_fail)
{
	static const struct { const char *where; bool want; } exprs[] = {
		{ "age = 5", true }, { "age IN (1, ?)", true }, { "name LIKE 'a%'", true },
		{ "name LIKE ?", false }, { "'zz' LIKE name", false },
		{ "note IS NULL AND NOT age > 1", true },
		{ "lower(name) = 'x'", true }, { "abs(age) = 1", false }, { "age + 1 = 2", true },
		{ "name || 'x' = 'y'", false }, { "json(note) = '1'", false }, { "secret(age)",
		false },
		{ "age = (SELECT 1)", false }, { "EXISTS (SELECT 1)", false }, { "random() = 1",
		false },
		{ "CASE WHEN age = 1 THEN 1 END", true }, { "age BETWEEN 1 AND ?", true },
		{ "coalesce(age, score) IS 5", true }, { "hex(name) = 'x'", false },
		{ "max(age, 1) = 5", true }, { "name COLLATE nocase = 'x'", true },
		{ "date(name) = '2024-01-01'", false }, { "note -> 'x' = 1", false },
		{ "(age, id) = (1, 2)", true }, { "CAST(age AS TEXT) = '1'", true },
	};

	for (size_t i = 0; i < sizeof(exprs) / sizeof(exprs[0]); i++) {
		const dbn_sql_dialect *d = dbn_sql_dialect_get(DBN_DIALECT_SQLITE);
		char *sql = dbn_arena_printf(&f.arena, "select 1 from users where %s",
			exprs[i].where);
		dbn_sql_stmt *s;
		dbn_sql_result res;

		cr_assert_eq(fixture_resolve(&f, sql, &s, &res, NULL), DBN_OK, "%s", sql);
		cr_expect_eq(dbn_sql_expr_is_leakproof(d, s->query->cores[0]->where),
			exprs[i].want, "%s", sql);
	}
}

/* ---- bare expressions ---- */

static dbn_status
var_type(void *user, dbn_text name, dbn_type *type, dbn_error **err)
{
	(void)user;
	if (!dbn_text_eqz(name, "user.region"))
		return dbn_fail(err, DBN_E_NOT_FOUND, "no");
	*type = DBN_TEXT;
	return DBN_OK;
}

static dbn_status
policy(const char *text, dbn_sql_expr **e, dbn_sql_from *row, dbn_sql_result *res, dbn_error **err)
{
	const dbn_sql_vars vars = { .type = var_type };
	const dbn_sql_dialect *d = dbn_sql_dialect_policy();
	dbn_status rc = dbn_sql_parse_expr(&f.arena, d, NULL, dbn_text_z(text), e, err);

	return rc == DBN_OK ? dbn_sql_resolve_expr(&f.arena, d, e, row, &f.cat, &vars, res,
		err) : rc;
}

Test(sql_resolve, bare_expressions_bind_to_a_row)
{
	dbn_sql_name name = { .name = dbn_text_z("users") };
	const dbn_sql_relation *rel;
	dbn_sql_from *row;
	dbn_sql_expr *e;
	dbn_sql_result res;
	dbn_error *err = NULL;
	char *z;

	cr_assert_eq(f.cat.lookup(f.cat.user, &name, &rel, &err), DBN_OK);
	row = dbn_sql_from_relation(&f.arena, rel);
	cr_assert_eq(policy("name = $user.region AND users.age > 5 AND team_id IN (SELECT "
		"t.team_id FROM teams t "
		"WHERE t.budget > users.age)", &e, row, &res, &err), DBN_OK, "%s",
		dbn_error_message(err));
	z = uses(&res);
	cr_assert_str_eq(z, "users:r(name,age,team_id) teams:r(team_id,budget)");
	free(z);
	cr_assert_eq(e->args[0]->args[0]->from, row);
	cr_assert_eq(e->args[0]->args[1]->type, DBN_TEXT);
	cr_assert_eq(policy("nope = 1", &e, row, &res, &err), DBN_E_SYNTAX);
	cr_assert_eq(dbn_error_position(err), 1);
	dbn_error_free(err);
	cr_assert_eq(policy("name = $user.nope", &e, row, &res, &err), DBN_E_SYNTAX);
	cr_assert_eq(dbn_error_position(err), 8);
	dbn_error_free(err);
	cr_assert_eq(policy("name = 'x'", &e, NULL, &res, &err), DBN_E_SYNTAX,
		"no row, no columns");
	dbn_error_free(err);
}

/* ---- rewritten trees ---- */

struct rewrite {
	dbn_sql_stmt *s;
	const char *policy;
};

/* Each reference to users becomes (SELECT columns FROM users WHERE policy). */
static dbn_status
restrict_users(dbn_sql_from **fp, void *user)
{
	struct rewrite *w = user;
	dbn_sql_from *from = *fp, *inner, *row;
	dbn_arena *a = w->s->arena;
	dbn_sql_expr *e;
	dbn_sql_query *q;
	dbn_sql_result res;
	dbn_error *err = NULL;

	if (from->kind != DBN_FROM_RELATION || !dbn_text_eqz(from->rel->name.name, "users"))
		return DBN_OK;
	inner = dbn_sql_from_relation(a, from->rel);
	row = dbn_sql_from_relation(a, from->rel);
	cr_assert_eq(policy(w->policy, &e, row, &res, &err), DBN_OK, "%s", dbn_error_message(err));
	q = dbn_sql_query_select(a, inner, from->rel->ncolumns);
	q->cores[0]->where = dbn_sql_expr_copy_onto(a, e, row, inner);
	for (uint32_t i = 0; i < from->rel->ncolumns; i++) {
		q->cores[0]->items[i].expr = dbn_sql_column_ref(a, inner, i);
		dbn_sql_from_col(from, i, &q->cols[i]);
		if (i == 6) /* note: nobody reads it */
			q->cores[0]->items[i].flags = DBN_ITEM_SKIP;
	}
	dbn_sql_from_derive(from, q);
	return DBN_SQL_SKIP;
}

static dbn_status
bind_region(dbn_sql_expr **e, void *user)
{
	struct rewrite *w = user;

	if ((*e)->kind == DBN_X_VARIABLE)
		*e = dbn_sql_param_add(w->s, DBN_TEXT);
	return DBN_OK;
}

Test(sql_resolve, rewritten_trees_print_and_run)
{
	struct rewrite w = { .policy = "team_id = 1 OR name = $user.region" };
	dbn_sql_visitor replace = { .from = restrict_users, .user = &w };
	dbn_sql_visitor variables = { .expr = bind_region, .user = &w };
	dbn_sql_result res;
	dbn_error *err = NULL;
	char *sql, *rows;

	cr_assert_eq(fixture_resolve(&f, "select u.name, t.title, (select count(*) from users) "
		"from users u left "
		"join teams t using (team_id) where u.age > ? order by u.id desc", &w.s, &res,
		&err), DBN_OK);
	cr_assert_eq(dbn_sql_walk(w.s, &replace), DBN_OK);
	cr_assert_eq(dbn_sql_walk(w.s, &variables), DBN_OK);
	cr_assert_eq(w.s->nextra, 2);
	sql = fixture_print(w.s, DBN_PRINT_CANONICAL);
	rows = fixture_run(&f, sql, "i1 teve teve");
	cr_assert_str_eq(rows, "[name][title][(select count(*) from users)]\n"
		"teve|null|i3|\ntBob|tred|i3|\ntann|tred|i3|\nchanged 0", "%s\n%s", sql, rows);
	free(rows);
	rows = fixture_print(w.s, DBN_PRINT_CANONICAL);
	cr_assert_str_eq(sql, rows, "printing leaves the tree as it was");
	free(rows);
	free(sql);
}

Test(sql_resolve, copies_stand_alone)
{
	dbn_arena own;
	dbn_sql_stmt *s;
	dbn_sql_result res;
	dbn_sql_query *copy;
	char *before, *after, *again;
	struct fixture second;

	dbn_arena_init(&own, 0);
	fixture_open(&second);
	cr_assert_eq(fixture_resolve(&second, "with recursive q(a) as (select id from users "
		"union select a + 1 from q "
		"where a < 9), p as (select a from q where a in (1, 2, ?)) select p.a, 'x' as t, "
		"case when exists (select 1 "
		"from orders o where o.user_id = p.a) then sum(p.a) over (w rows 1 preceding) "
		"else x'00' end from p, "
		"(select 1 as one) where p.a like 'a%' escape '!' group by 1 window w as "
		"(partition by p.a order by one) "
		"order by t collate nocase limit 5", &s, &res, NULL), DBN_OK);
	before = fixture_print(s, DBN_PRINT_CANONICAL);
	copy = dbn_sql_query_copy(&own, s->query);
	cr_assert_not_null(copy);
	cr_assert_neq(copy->cores[0]->from, s->query->cores[0]->from);
	/* Nothing of the copy points into what it was made from: change that. */
	s->query->cores[0]->where->args[0]->from = NULL;
	s->query->with->ctes[0]->query->cores[0]->from->rel = NULL;
	s->query = copy;
	after = fixture_print(s, DBN_PRINT_CANONICAL);
	cr_assert_str_eq(before, after);
	again = fixture_run(&second, after, "i3");
	cr_assert_null(strstr(again, "error"), "%s", again);
	free(again);
	free(before);
	free(after);
	fixture_close(&second);
	dbn_arena_free(&own);
}

Test(sql_resolve, lists_expand_and_numbers_move)
{
	const dbn_sql_dialect *d = dbn_sql_dialect_get(DBN_DIALECT_SQLITE);
	static const uint32_t widths[] = { 1, 3, 1 };
	dbn_sql_stmt *s;
	dbn_sql_result res;
	dbn_error *err = NULL;
	dbn_str out;
	char *rows;

	cr_assert_eq(fixture_resolve(&f, "select id from users where age > ? and id in (?) and "
		"name <> ? order by id",
		&s, &res, NULL), DBN_OK);
	cr_assert(res.params[1].flags & DBN_PARAM_LIST);
	s->query->cores[0]->where = dbn_sql_and(s->arena, s->query->cores[0]->where,
		dbn_sql_compare(s->arena, DBN_OP_EQ, dbn_sql_param_add(s, DBN_INT64),
		dbn_sql_literal_int(s->arena, 1)));
	dbn_str_init(&out, 0);
	cr_assert_eq(dbn_sql_print(s, d, DBN_PRINT_CANONICAL, widths, 3, &out, &err), DBN_OK);
	cr_assert_str_eq(dbn_str_z(&out), "SELECT \"a1\".\"id\" AS \"id\" FROM "
		"\"main\".\"users\" AS \"a1\" WHERE "
		"\"a1\".\"age\" > ?1 AND \"a1\".\"id\" IN (?2, ?3, ?4) AND \"a1\".\"name\" <> ?5 "
		"AND ?6 = 1 ORDER BY "
		"\"a1\".\"id\"");
	rows = fixture_run(&f, dbn_str_z(&out), "i1 i1 i2 i4 tann i1");
	cr_assert_str_eq(rows, "[id]\ni2|\ni4|\nchanged 0");
	free(rows);
	dbn_str_reset(&out);
	cr_assert_eq(dbn_sql_print(s, d, DBN_PRINT_CANONICAL, (const uint32_t[]){ 2, 1, 1 }, 3,
		&out, &err),
		DBN_E_INVALID, "not in an IN list");
	dbn_error_free(err);
	dbn_str_reset(&out);
	cr_assert_eq(dbn_sql_print(s, d, DBN_PRINT_CANONICAL, (const uint32_t[]){ 1, 0, 1 }, 3,
		&out, &err),
		DBN_E_LIMIT, "an empty list");
	dbn_error_free(err);
	dbn_str_free(&out);
}

Test(sql_resolve, numbered_parameters_keep_their_numbers)
{
	dbn_error *err = NULL;
	char *sql = fixture_canonical(&f, "select $2, $1, $2 from users where id = $3", &err),
		*rows;

	cr_assert_null(err);
	rows = fixture_run(&f, sql, "ta tb i1");
	cr_assert_str_eq(rows, "[$2][$1][$2]\ntb|ta|tb|\nchanged 0");
	free(rows);
	free(sql);
}

Test(sql_resolve, insert_from_select_with_upsert_needs_no_where)
{
	dbn_error *err = NULL;
	char *sql = fixture_canonical(&f, "insert into kv(k, v) select k, v || '!' from kv on "
		"conflict (k) do update "
		"set v = excluded.v", &err), *rows;

	cr_assert_null(err, "%s", dbn_error_message(err));
	rows = fixture_run(&f, sql, NULL);
	cr_assert_str_eq(rows, "\nchanged 2", "%s\n%s", sql, rows);
	free(rows);
	free(sql);
}

Test(sql_resolve, literals_made_by_rewriters_are_safe)
{
	const dbn_value values[] = {
		{ .type = DBN_NULL }, { .type = DBN_BOOL, .u.i64 = 1 }, { .type = DBN_INT64,
			.u.i64 = INT64_MIN },
		{ .type = DBN_INT64, .u.i64 = -5 }, { .type = DBN_DOUBLE, .u.f64 = -0.1 },
		{ .type = DBN_DOUBLE, .u.f64 = 3 },
		{ .type = DBN_DOUBLE, .u.f64 = 1e300 * 1e300 }, { .type = DBN_TEXT,
		.u.ptr = "it's", .len = 4 },
		{ .type = DBN_TEXT, .u.ptr = "a\0b", .len = 3 }, { .type = DBN_BYTES,
		.u.ptr = "\0\xff", .len = 2 },
		{ .type = DBN_DECIMAL, .u.ptr = "-12.50", .len = 6 }, { .type = DBN_UINT64,
		.u.u64 = 7 },
	};
	const char *want = "null|i1|i-9223372036854775808|i-5|f-0.10000000000000001|f3|finf|"
		"tit's|ta|b00ff|f-12.5|i7|";
	dbn_sql_query *q = dbn_sql_query_select(&f.arena, NULL, 12);
	dbn_sql_stmt *s = fixture_parse(&f, "select 1");
	dbn_value bad = { .type = DBN_UINT64, .u.u64 = UINT64_MAX };
	dbn_error *err = NULL;
	dbn_str out;
	char *sql, *rows;

	for (uint32_t i = 0; i < 12; i++) {
		q->cores[0]->items[i].expr = dbn_sql_literal(&f.arena, &values[i]);
		q->cols[i].name = dbn_text_z("n");
	}
	s->query = q;
	sql = fixture_print(s, DBN_PRINT_CANONICAL);
	rows = fixture_run(&f, sql, NULL);
	cr_assert_str_eq(strchr(rows, '\n') + 1, dbn_arena_printf(&f.arena, "%s\nchanged 0",
		want), "%s", sql);
	free(rows);
	free(sql);
	dbn_str_init(&out, 0);
	cr_assert_eq(dbn_sql_print_literal(dbn_sql_dialect_get(DBN_DIALECT_SQLITE), &bad, &out,
		&err),
		DBN_E_UNSUPPORTED);
	dbn_error_free(err);
	bad = (dbn_value){ .type = DBN_DECIMAL, .u.ptr = "1); drop", .len = 8 };
	cr_assert_eq(dbn_sql_print_literal(dbn_sql_dialect_get(DBN_DIALECT_SQLITE), &bad, &out,
		&err), DBN_E_VALUE);
	dbn_error_free(err);
	bad = (dbn_value){ .type = DBN_TIMESTAMP };
	cr_assert_eq(dbn_sql_print_literal(dbn_sql_dialect_get(DBN_DIALECT_SQLITE), &bad, &out,
		&err),
		DBN_E_UNSUPPORTED);
	dbn_error_free(err);
	dbn_str_free(&out);
}

Test(sql_resolve, unresolved_trees_do_not_print_as_canonical)
{
	static const char *const texts[] = { "select a from t", "select 1 from t", "select *" };
	dbn_str out;

	dbn_str_init(&out, 0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		dbn_error *err = NULL;

		cr_expect_eq(dbn_sql_print(fixture_parse(&f, texts[i]),
			dbn_sql_dialect_get(DBN_DIALECT_SQLITE),
			DBN_PRINT_CANONICAL, NULL, 0, &out, &err), DBN_E_UNSUPPORTED, "%s",
			texts[i]);
		dbn_error_free(err);
	}
	dbn_str_free(&out);
}

Test(sql_resolve, tables_named_like_generated_aliases)
{
	dbn_error *err = NULL;
	char *sql = fixture_canonical(&f, "update a1 set v = 1 where id = 1 returning (select "
		"max(x.v) from a1 x where "
		"x.id > a1.id)", &err), *rows;

	cr_assert_null(err);
	rows = fixture_run(&f, sql, NULL);
	cr_assert_str_eq(strchr(rows, '\n'), "\ni20|\nchanged 1", "%s", sql);
	free(rows);
	free(sql);
}
