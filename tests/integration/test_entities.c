/* SPDX-License-Identifier: MIT */
/*
 * Entities on real SQLite, through a pool opened from files: every generated
 * function, every type, relations, composite keys, defaults, batches, and what
 * policy and database refuse.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/stack.h"
#include "lib/team_member.h"

DBN_ENTITY_DEFINE(team, "team", TEAM_ROWS);
DBN_ENTITY_DEFINE(member, "member", MEMBER_ROWS);
DBN_ENTITY_DEFINE(tag, "tag", TAG_ROWS);

#define RULES \
	"{ id = \"all\"; roles = [ \"admin\" ]; relation = \"*\"; actions = [ \"read\", \"write\" ]; columns = [ \"*\" ]; }," \
	"{ id = \"ddl\"; roles = [ \"admin\" ]; database = \"main\"; actions = [ \"admin.ddl\" ]; }," \
	"{ id = \"look\"; roles = [ \"guest\" ]; relation = \"team\"; actions = [ \"read\" ]; columns = [ \"*\" ]; }"

static stack st;
static dbn_error *err;

#define OK(call) cr_assert_eq(call, DBN_OK, "%s: %s | %s", #call, dbn_error_message(err), dbn_error_detail(err))
#define FAILS(status, call) do { \
	dbn_status rc_ = call; \
	cr_assert_eq(rc_, status, "%s: %s %s", #call, dbn_status_name(rc_), dbn_error_message(err)); \
} while (0)
#define SAID(text) do { \
	cr_assert_not_null(strstr(dbn_error_message(err), text), "%s", dbn_error_message(err)); \
	dbn_error_free(err); \
	err = NULL; \
} while (0)

static void
begin(void)
{
	stack_open(&st, RULES, "alice");
	OK(team_create_table(st.session, &err));
	OK(member_create_table(st.session, &err));
	OK(tag_create_table(st.session, &err));
}

static void
end(void)
{
	dbn_error_free(err);
	err = NULL;
	stack_close(&st);
}

TestSuite(entities, .init = begin, .fini = end, .timeout = 60);

/* The same number; MySQL has no decimals without a number of places. */
static bool
decimal_is(const char *have, const char *want)
{
	size_t n = strlen(want);

	if (strcmp(stack_database(), "mysql") != 0)
		return strcmp(have, want) == 0;
	if (strncmp(have, want, n) != 0)
		return false;
	if (!strchr(want, '.') && have[n] == '.')
		n++;
	return strspn(have + n, "0") == strlen(have + n);
}

static team
make_team(const char *name)
{
	team t = team_init();

	t.name = name;
	OK(team_insert(st.session, &t, &err));
	return t;
}

static member
make_member(int64_t team_id, const char *login)
{
	member m = member_init();

	m.team_id = team_id;
	m.login = login;
	m.score = 1;
	return m;
}

Test(entities, create_table_twice)
{
	OK(team_create_table(st.session, &err));
}

Test(entities, generated_keys_and_defaults_come_back)
{
	team a = make_team("red"), b = make_team("blue");
	member m = make_member(a.id, "bob");

	cr_assert_eq(a.id, 1);
	cr_assert_eq(b.id, 2);
	cr_assert_str_eq(a.budget, "0.00", "the default stands in the record");
	OK(member_insert(st.session, &m, &err));
	cr_assert_str_eq(m.role, "guest");
	member_clear(&m);
	OK(member_find_by_id(st.session, a.id, "bob", &m, &err));
	cr_assert_str_eq(m.role, "guest");
	member_clear(&m);
}

Test(entities, every_type_there_and_back)
{
	static const uint8_t photo[] = { 0, 1, 255 };
	team t = make_team("red");
	member m = make_member(t.id, "bob"), r;
	dbn_timestamp lunch = { INT64_C(1795426860000001) };
	/* MySQL's TIMESTAMP begins in 1970 */
	dbn_timestamptz seen = { strcmp(stack_database(), "mysql") == 0 ? 1000001 : -INT64_C(1) };
	dbn_uuid uid = { { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255 } };

	m.role = "own\xC3\xA9r 'quoted' \"too\"";
	m.active = true;
	m.score = 0.1;
	m.age = dbn_some_int32(0);
	m.visits = dbn_some_int64(INT64_MIN);
	m.verified = dbn_some_bool(false);
	m.ratio = dbn_some_double(1e-300);
	m.photo.ptr = photo;
	m.photo.len = sizeof photo;
	m.born = dbn_some_date(dbn_date_make(1900, 2, 28));
	m.lunch = dbn_some_timestamp(lunch);
	m.seen = dbn_some_timestamptz(seen);
	m.uid = dbn_some_uuid(uid);
	m.wage = "12.5";
	m.extra = "{\"a\": [1, 2]}";
	OK(member_insert(st.session, &m, &err));
	OK(member_find_by_id(st.session, t.id, "bob", &r, &err));
	cr_assert_str_eq(r.role, m.role);
	cr_assert(r.active);
	cr_assert_eq(r.score, 0.1);
	cr_assert(r.age.set && r.age.value == 0);
	cr_assert(r.visits.set && r.visits.value == INT64_MIN);
	cr_assert(r.verified.set && !r.verified.value);
	cr_assert(r.ratio.set && r.ratio.value == 1e-300);
	cr_assert_eq(r.photo.len, 3);
	cr_assert_arr_eq(r.photo.ptr, photo, 3);
	cr_assert(r.born.set && r.born.value.days == m.born.value.days);
	cr_assert(r.lunch.set && r.lunch.value.us == lunch.us);
	cr_assert(r.seen.set && r.seen.value.us == seen.us);
	cr_assert(r.uid.set);
	cr_assert_arr_eq(r.uid.value.bytes, uid.bytes, 16);
	cr_assert(decimal_is(r.wage, "12.5"));
	cr_assert_str_eq(r.extra, m.extra);
	member_clear(&r);
}

Test(entities, nullables_are_null)
{
	team t = make_team("red");
	member m = make_member(t.id, "bob"), r;

	OK(member_insert(st.session, &m, &err));
	OK(member_find_by_id(st.session, t.id, "bob", &r, &err));
	cr_assert_not(r.age.set || r.visits.set || r.verified.set || r.ratio.set || r.born.set ||
		r.lunch.set || r.seen.set || r.uid.set);
	cr_assert_null(r.photo.ptr);
	cr_assert_null(r.wage);
	cr_assert_null(r.extra);
	member_clear(&r);
}

Test(entities, not_found_is_told)
{
	member r;
	team t = team_init();

	FAILS(DBN_E_NOT_FOUND, member_find_by_id(st.session, 1, "nobody", &r, &err));
	SAID("no member has that key");
	cr_assert_null(r.login, "the record is zero then");
	FAILS(DBN_E_NOT_FOUND, member_delete(st.session, 1, "nobody", &err));
	SAID("no member");
	t.id = 99;
	t.name = "x";
	t.budget = "1";
	FAILS(DBN_E_NOT_FOUND, team_update(st.session, &t, &err));
	SAID("no team");
}

Test(entities, updates)
{
	team t = make_team("red"), r;
	team_fields f = { 0 };

	t.name = "green";
	t.budget = "7.25";
	OK(team_update(st.session, &t, &err));
	OK(team_find_by_id(st.session, t.id, &r, &err));
	cr_assert_str_eq(r.name, "green");
	cr_assert(decimal_is(r.budget, "7.25"));
	team_clear(&r);
	t.name = "not this";
	t.budget = "8";
	f.budget = true;
	OK(team_update_fields(st.session, &t, &f, &err));
	OK(team_find_by_id(st.session, t.id, &r, &err));
	cr_assert_str_eq(r.name, "green");
	cr_assert(decimal_is(r.budget, "8"));
	team_clear(&r);
	f.id = true;
	FAILS(DBN_E_INVALID, team_update_fields(st.session, &t, &f, &err));
	SAID("team.id: a key field is not updated");
	memset(&f, 0, sizeof f);
	FAILS(DBN_E_INVALID, team_update_fields(st.session, &t, &f, &err));
	SAID("no field to update");
}

Test(entities, nullable_set_to_null_again)
{
	team t = make_team("red");
	member m = make_member(t.id, "bob"), r;
	member_fields f = { 0 };

	m.age = dbn_some_int32(30);
	m.wage = "5";
	OK(member_insert(st.session, &m, &err));
	m.age.set = false;
	m.wage = NULL;
	f.age = f.wage = true;
	OK(member_update_fields(st.session, &m, &f, &err));
	OK(member_find_by_id(st.session, t.id, "bob", &r, &err));
	cr_assert_not(r.age.set);
	cr_assert_null(r.wage);
	member_clear(&r);
}

Test(entities, checks_come_before_sending)
{
	member m = make_member(1, "Bob");
	uint64_t n;

	FAILS(DBN_E_VALUE, member_insert(st.session, &m, &err));
	SAID("member.login: text does not match");
	OK(member_count(st.session, member_every(), &n, &err));
	cr_assert_eq(n, 0);
}

Test(entities, duplicates_and_constraints)
{
	team t = make_team("red"), again = team_init();
	member m = make_member(t.id, "bob"), orphan = make_member(77, "eve");

	again.name = "red";
	FAILS(DBN_E_DUPLICATE, team_insert(st.session, &again, &err));
	SAID("");
	cr_assert_eq(again.id, 0);
	OK(member_insert(st.session, &m, &err));
	FAILS(DBN_E_DUPLICATE, member_insert(st.session, &m, &err));
	SAID("");
	FAILS(DBN_E_CONSTRAINT, member_insert(st.session, &orphan, &err));
	SAID("");
}

Test(entities, deletes)
{
	team t = make_team("red");
	member m = make_member(t.id, "bob");
	uint64_t n;

	OK(member_insert(st.session, &m, &err));
	OK(member_delete(st.session, t.id, "bob", &err));
	OK(member_count(st.session, member_every(), &n, &err));
	cr_assert_eq(n, 0);
}

/* ---- lists ---- */

static void
fill(void)
{
	team t = make_team("red"), u = make_team("blue");
	static const char *const logins[] = { "ann", "bob", "cay", "dan", "eve" };

	for (int i = 0; i < 5; i++) {
		member m = make_member(i < 3 ? t.id : u.id, logins[i]);

		m.role = i % 2 ? "owner" : "guest";
		m.active = i != 4;
		if (i)
			m.age = dbn_some_int32(20 + i);
		m.score = i;
		OK(member_insert(st.session, &m, &err));
	}
}

static char *
logins_of(member_cond c, const member_opts *o)
{
	static char out[256];
	member *list;
	size_t n;

	OK(member_find_where(st.session, c, o, &list, &n, &err));
	out[0] = '\0';
	for (size_t i = 0; i < n; i++)
		(void)snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s", i ? " " : "",
			list[i].login);
	member_list_free(list, n);
	return out;
}

Test(entities, conditions)
{
	static const char *const two[] = { "bob", "eve", "nobody" };
	static const int32_t ages[] = { 21, 24 };
	member_opts by = member_opts_init();
	uint64_t n;

	by.order[0] = member_by_login(DBN_ASC);
	fill();
	cr_assert_str_eq(logins_of(member_every(), &by), "ann bob cay dan eve");
	cr_assert_str_eq(logins_of(member_role(DBN_EQ, "owner"), &by), "bob dan");
	cr_assert_str_eq(logins_of(member_age(DBN_GE, 22), &by), "cay dan eve");
	cr_assert_str_eq(logins_of(member_age_is_null(), &by), "ann");
	cr_assert_str_eq(logins_of(member_age_is_set(), &by), "bob cay dan eve");
	cr_assert_str_eq(logins_of(member_login(DBN_LIKE, "%a%"), &by), "ann cay dan");
	cr_assert_str_eq(logins_of(member_login(DBN_NOT_LIKE, "%a%"), &by), "bob eve");
	cr_assert_str_eq(logins_of(member_login_in(two, 3), &by), "bob eve");
	cr_assert_str_eq(logins_of(member_age_in(ages, 2), &by), "bob eve");
	cr_assert_str_eq(logins_of(member_login_in(two, 0), &by), "");
	cr_assert_str_eq(logins_of(member_not(member_active(DBN_EQ, true)), &by), "eve");
	cr_assert_str_eq(logins_of(member_or(member_login(DBN_EQ, "ann"),
		member_and(member_team_id(DBN_EQ, 2), member_score(DBN_LT, 3.5))), &by), "ann dan");
	OK(member_count(st.session, member_team_id(DBN_EQ, 1), &n, &err));
	cr_assert_eq(n, 3);
	OK(member_delete_where(st.session, member_team_id(DBN_EQ, 1), &n, &err));
	cr_assert_eq(n, 3);
	cr_assert_str_eq(logins_of(member_every(), &by), "dan eve");
	OK(member_delete_where(st.session, member_team_id(DBN_EQ, 1), &n, &err));
	cr_assert_eq(n, 0, "none is not an error");
	OK(member_delete_where(st.session, member_every(), NULL, &err));
	cr_assert_str_eq(logins_of(member_every(), NULL), "");
}

Test(entities, order_limit_offset)
{
	member_opts o = member_opts_init();
	member *list;
	size_t n;

	fill();
	o.order[0] = member_by_role(DBN_DESC);
	o.order[1] = member_by_score(DBN_DESC);
	cr_assert_str_eq(logins_of(member_every(), &o), "dan bob eve cay ann");
	o.limit = 2;
	cr_assert_str_eq(logins_of(member_every(), &o), "dan bob");
	o.offset = 1;
	cr_assert_str_eq(logins_of(member_every(), &o), "bob eve");
	o.limit = 0;
	cr_assert_str_eq(logins_of(member_every(), &o), "bob eve cay ann");
	o.struct_size = 0;
	FAILS(DBN_E_INVALID, member_find_all(st.session, &o, &list, &n, &err));
	SAID("options of an unknown size");
	OK(member_find_all(st.session, &DBN_INIT(member_opts, .limit = 3), &list, &n, &err));
	cr_assert_eq(n, 3);
	member_list_free(list, n);
}

/* ---- relations ---- */

Test(entities, relations)
{
	member *list, m;
	team t, back;
	size_t n;

	fill();
	OK(team_find_by_id(st.session, 1, &t, &err));
	OK(team_load_members(st.session, &t, NULL, &list, &n, &err));
	cr_assert_eq(n, 3);
	OK(member_load_team(st.session, &list[0], &back, &err));
	cr_assert_str_eq(back.name, "red");
	team_clear(&back);
	member_list_free(list, n);
	{
		member_opts o = member_opts_init();

		o.order[0] = member_by_login(DBN_DESC);
		o.limit = 1;
		OK(team_load_members(st.session, &t, &o, &list, &n, &err));
		cr_assert_eq(n, 1);
		cr_assert_str_eq(list[0].login, "cay");
		member_list_free(list, n);
	}
	team_clear(&t);
	m = make_member(99, "lost");
	FAILS(DBN_E_NOT_FOUND, member_load_team(st.session, &m, &back, &err));
	SAID("no team");
}

Test(entities, relations_by_a_composite_key)
{
	member m, owner;
	tag g = tag_init(), *tags;
	size_t n;

	fill();
	g.team_id = dbn_some_int64(1);
	g.login = "bob";
	g.word = "tall";
	OK(tag_insert(st.session, &g, &err));
	cr_assert_eq(g.id, 1);
	cr_assert_gt(g.made.us, INT64_C(1600000000000000), "the database's time comes back");
	cr_assert_str_eq(g.kind, "plain", "and what its expression gave");
	tag_clear(&g);
	g.word = "free";
	g.kind = "own";
	OK(tag_insert(st.session, &g, &err));
	cr_assert_str_eq(g.kind, "own");
	FAILS(DBN_E_NOT_FOUND, tag_load_member(st.session, &g, &owner, &err));
	SAID("tag.member: it belongs to no member");
	tag_clear(&g);
	OK(member_find_by_id(st.session, 1, "bob", &m, &err));
	OK(member_load_tags(st.session, &m, NULL, &tags, &n, &err));
	cr_assert_eq(n, 1);
	cr_assert_str_eq(tags[0].word, "tall");
	OK(tag_load_member(st.session, &tags[0], &owner, &err));
	cr_assert_str_eq(owner.login, "bob");
	member_clear(&owner);
	tag_list_free(tags, n);
	member_clear(&m);
}

/* ---- batches ---- */

Test(entities, a_batch_of_a_thousand)
{
	static team teams[1000];
	static char names[1000][32];
	uint64_t n;

	for (int i = 0; i < 1000; i++) {
		(void)snprintf(names[i], sizeof names[i], "team %d", i);
		teams[i] = team_init();
		teams[i].name = names[i];
		if (i % 3 == 0)
			teams[i].budget = "1.5";
	}
	OK(team_insert_batch(st.session, teams, 1000, &err));
	for (int i = 0; i < 1000; i++) {
		cr_assert_eq(teams[i].id, i + 1);
		cr_assert_str_eq(teams[i].budget, i % 3 ? "0.00" : "1.5");
	}
	OK(team_count(st.session, team_every(), &n, &err));
	cr_assert_eq(n, 1000);
	OK(team_insert_batch(st.session, teams, 0, &err));
}

Test(entities, a_batch_is_all_or_nothing)
{
	team teams[3] = { team_init(), team_init(), team_init() };
	uint64_t n;

	teams[0].name = "a";
	teams[1].name = "b";
	teams[2].name = "a";
	FAILS(DBN_E_DUPLICATE, team_insert_batch(st.session, teams, 3, &err));
	SAID("");
	OK(team_count(st.session, team_every(), &n, &err));
	cr_assert_eq(n, 0);
	teams[2].name = "";
	FAILS(DBN_E_VALUE, team_insert_batch(st.session, teams, 3, &err));
	SAID("record 3 of 3");
	OK(team_count(st.session, team_every(), &n, &err));
	cr_assert_eq(n, 0);
}

Test(entities, a_batch_whose_rows_come_back)
{
	tag tags[3] = { tag_init(), tag_init(), tag_init() };
	uint64_t n;

	tags[0].word = "one";
	tags[1].word = "two";
	tags[1].kind = "own";
	tags[2].word = "three";
	OK(tag_insert_batch(st.session, tags, 3, &err));
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(tags[i].id, i + 1);
		cr_assert_str_eq(tags[i].kind, i == 1 ? "own" : "plain");
		tag_clear(&tags[i]);
	}
	/* one that the database refuses takes the others with it, in a transaction too */
	tags[0].word = "four";
	tags[1].word = "five";
	tags[1].team_id = dbn_some_int64(99);
	tags[1].login = "nobody";
	OK(dbn_begin(st.session, NULL, &err));
	FAILS(DBN_E_CONSTRAINT, tag_insert_batch(st.session, tags, 2, &err));
	SAID("");
	cr_assert_eq(tags[0].id, 0);
	tag_clear(&tags[0]);
	OK(tag_count(st.session, tag_every(), &n, &err));
	cr_assert_eq(n, 3, "the transaction lives on");
	tags[0].word = "six";
	OK(tag_insert(st.session, &tags[0], &err));
	OK(dbn_commit(st.session, &err));
	OK(tag_count(st.session, tag_every(), &n, &err));
	cr_assert_eq(n, 4);
	tag_clear(&tags[0]);
}

/* ---- transactions, cache, policy ---- */

Test(entities, rolled_back)
{
	uint64_t n;

	OK(dbn_begin(st.session, NULL, &err));
	(void)make_team("red");
	OK(team_count(st.session, team_every(), &n, &err));
	cr_assert_eq(n, 1);
	OK(dbn_rollback(st.session, &err));
	OK(team_count(st.session, team_every(), &n, &err));
	cr_assert_eq(n, 0);
}

/* A second find may come from the cache; after a write it must not be the old one. */
Test(entities, a_cached_find_is_never_stale)
{
	team t = make_team("red"), r;

	for (int i = 0; i < 20; i++) {
		char name[32];

		(void)snprintf(name, sizeof name, "name %d", i);
		t.name = name;
		OK(team_update(st.session, &t, &err));
		for (int j = 0; j < 3; j++) {
			OK(team_find_by_id(st.session, t.id, &r, &err));
			cr_assert_str_eq(r.name, name);
			team_clear(&r);
		}
	}
}

/* A find reads its result to the end, so that it is kept: the same statement is
 * then answered from the cache. */
Test(entities, a_find_fills_the_cache)
{
	team t = make_team("red"), r;
	dbn_rows *rows;

	OK(team_find_by_id(st.session, t.id, &r, &err));
	team_clear(&r);
	OK(dbn_query(st.session, "SELECT \"id\", \"name\", \"budget\" FROM \"team\" WHERE \"id\" = ?",
		DBN_ARGS(t.id), &rows, &err));
	cr_assert(dbn_rows_cached(rows));
	dbn_rows_close(rows);
}

Test(entities, policy_speaks)
{
	dbn_session *guest = stack_session(&st, "bob");
	team t = make_team("red"), r;
	member m = make_member(1, "x"), *list;
	size_t n;

	OK(team_find_by_id(guest, 1, &r, &err));
	cr_assert_str_eq(r.name, "red");
	team_clear(&r);
	FAILS(DBN_E_DENIED, team_update(guest, &t, &err));
	SAID("");
	FAILS(DBN_E_DENIED, member_insert(guest, &m, &err));
	SAID("");
	FAILS(DBN_E_DENIED, member_find_all(guest, NULL, &list, &n, &err));
	SAID("");
	cr_assert_null(list);
	FAILS(DBN_E_DENIED, team_delete_where(guest, team_every(), NULL, &err));
	SAID("");
	FAILS(DBN_E_DENIED, team_create_table(guest, &err));
	SAID("");
	dbn_session_close(guest);
}

/* ---- random conditions ---- */

static uint64_t state = 88172645463325252u;
static unsigned
below(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state % n);
}

enum { NO = 0, YES = 1, UNKNOWN = 2, ROWS = 40 };
static member all[ROWS];
static char logins[ROWS][16];

static int
compare(dbn_op op, int c)
{
	switch (op) {
	case DBN_EQ:
		return c == 0;
	case DBN_NE:
		return c != 0;
	case DBN_LT:
		return c < 0;
	case DBN_LE:
		return c <= 0;
	case DBN_GT:
		return c > 0;
	default:
		return c >= 0;
	}
}

/* A comparison and, for every row, what SQL has to say of it. */
static member_cond
random_leaf(int *truth)
{
	dbn_op op = DBN_EQ + below(6);
	int32_t age = (int32_t)below(10);
	unsigned which = below(5);
	const char *login = logins[below(ROWS)];

	for (int i = 0; i < ROWS; i++) {
		int c = all[i].age.value - age;

		switch (which) {
		case 0:
			truth[i] = all[i].age.set ? compare(op, (c > 0) - (c < 0)) : UNKNOWN;
			break;
		case 1:
			truth[i] = !all[i].age.set;
			break;
		case 2:
			truth[i] = all[i].age.set;
			break;
		case 3:
			truth[i] = compare(op, strcmp(all[i].login, login));
			break;
		default:
			truth[i] = all[i].active;
			break;
		}
	}
	switch (which) {
	case 0:
		return member_age(op, age);
	case 1:
		return member_age_is_null();
	case 2:
		return member_age_is_set();
	case 3:
		return member_login(op, login);
	default:
		return member_active(DBN_EQ, true);
	}
}

/* Three-valued logic: NO < UNKNOWN < YES. */
static int
rank(int t)
{
	return t == NO ? 0 : t == UNKNOWN ? 1 : 2;
}

static member_cond
random_cond(unsigned depth, int *truth)
{
	member_cond a, b;
	int other[ROWS];
	unsigned how = depth ? below(4) : 3;

	if (how == 3)
		return random_leaf(truth);
	a = random_cond(depth - 1, truth);
	if (how == 2) {
		for (int i = 0; i < ROWS; i++)
			truth[i] = truth[i] == UNKNOWN ? UNKNOWN : !truth[i];
		return member_not(a);
	}
	b = random_cond(depth - 1, other);
	for (int i = 0; i < ROWS; i++)
		if (how == 0 ? rank(other[i]) < rank(truth[i]) : rank(other[i]) > rank(truth[i]))
			truth[i] = other[i];
	return how == 0 ? member_and(a, b) : member_or(a, b);
}

Test(entities, random_conditions_mean_what_sql_means)
{
	uint64_t some = 0;

	(void)make_team("red");
	for (int i = 0; i < ROWS; i++) {
		(void)snprintf(logins[i], sizeof logins[i], "u%d", i);
		all[i] = make_member(1, logins[i]);
		all[i].active = below(2);
		if (below(4))
			all[i].age = dbn_some_int32((int32_t)below(10));
	}
	OK(member_insert_batch(st.session, all, ROWS, &err));
	for (int round = 0; round < 150; round++) {
		int truth[ROWS];
		member_cond c = random_cond(3, truth);
		uint64_t want = 0, got;
		member *list;
		size_t n;

		for (int i = 0; i < ROWS; i++)
			want += truth[i] == YES;
		OK(member_count(st.session, c, &got, &err));
		cr_assert_eq(got, want, "round %d", round);
		OK(member_find_where(st.session, c, NULL, &list, &n, &err));
		cr_assert_eq(n, want);
		for (size_t i = 0; i < n; i++) {
			long k = strtol(list[i].login + 1, NULL, 10);

			cr_assert_eq(truth[k], YES);
		}
		member_list_free(list, n);
		some += want > 0 && want < ROWS;
	}
	cr_assert_gt(some, 50, "the conditions prove nothing");
}
