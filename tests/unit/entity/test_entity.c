/* SPDX-License-Identifier: MIT */
/*
 * Declarations without a database: the statements they make, the checks of
 * fields, conditions as SQL, cells into records.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "entities.h"
#include "entity/model.h"
#include "value/value.h"

static const dbn_model *
model_of(const dbn_entity *e)
{
	const dbn_model *m = NULL;
	dbn_error *err = NULL;

	cr_assert_eq(dbn_model_get(e, &m, &err), DBN_OK, "%s", dbn_error_message(err));
	return m;
}

#define SQL(t, s) cr_assert(dbn_text_eqz(t, s), "got: %.*s", (int)(t).len, (t).ptr)

/* ---- statements ---- */

static const dbn_dialect sqlite = { .struct_size = sizeof sqlite, .id = DBN_DIALECT_SQLITE };

Test(entity_texts, statements_of_a_key)
{
	const dbn_model *m = model_of(&team_entity);

	SQL(m->find, "SELECT \"id\", \"name\", \"budget\" FROM \"team\" WHERE \"id\" = ?");
	SQL(m->remove, "DELETE FROM \"team\" WHERE \"id\" = ?");
	SQL(m->count, "SELECT count(*) FROM \"team\"");
	cr_assert_eq(m->auto_key, 0);
	m = model_of(&member_entity);
	SQL(m->remove, "DELETE FROM \"main\".\"member\" WHERE \"team_id\" = ? AND \"login\" = ?");
	cr_assert_eq(m->auto_key, -1);
	cr_assert_eq(m->nkeys, 2);
	m = model_of(&odd_entity);
	SQL(m->remove, "DELETE FROM \"odd \"\"name\"\"\" WHERE \"the \"\"id\"\"\" = ?");
}

Test(entity_texts, relations)
{
	const dbn_model *m = model_of(&team_entity);

	cr_assert_eq(m->e->relation_count, 1);
	cr_assert_not_null(strstr(m->load[0].ptr, "FROM \"main\".\"member\" WHERE \"team_id\" = ?"));
	m = model_of(&member_entity);
	cr_assert_eq(m->load[0].len, 0, "belongs to is found by key");
	cr_assert_not_null(strstr(m->load[1].ptr, "FROM \"tag\" WHERE \"team_id\" = ? AND \"login\" = ?"));
}

Test(entity_texts, made_once_for_a_mask)
{
	const dbn_model *m = model_of(&team_entity);
	const dbn_model_variant *a, *b;
	dbn_model_variant *own;
	bool mask[] = { false, true, true };

	cr_assert_eq(dbn_model_variant_get(m, DBN_VARIANT_INSERT, mask, &a, &own, NULL), DBN_OK);
	SQL(a->sql, "INSERT INTO \"team\" (\"name\", \"budget\") VALUES (?, ?)");
	cr_assert_not(a->returning, "the key of an integer comes without RETURNING");
	cr_assert_eq(dbn_model_variant_get(m, DBN_VARIANT_INSERT, mask, &b, &own, NULL), DBN_OK);
	cr_assert_eq(a, b);
	cr_assert_eq(dbn_model_variant_get(m, DBN_VARIANT_UPDATE, mask, &b, &own, NULL), DBN_OK);
	SQL(b->sql, "UPDATE \"team\" SET \"name\" = ?, \"budget\" = ? WHERE \"id\" = ?");
	mask[1] = false;
	cr_assert_eq(dbn_model_variant_get(m, DBN_VARIANT_UPDATE, mask, &b, &own, NULL), DBN_OK);
	SQL(b->sql, "UPDATE \"team\" SET \"budget\" = ? WHERE \"id\" = ?");
}

Test(entity_texts, generated_fields_come_back)
{
	const dbn_model *m = model_of(&tag_entity);
	const dbn_model_variant *v;
	dbn_model_variant *own;
	bool mask[] = { false, true, true, true, false, false };

	cr_assert_eq(dbn_model_variant_get(m, DBN_VARIANT_INSERT, mask, &v, &own, NULL), DBN_OK);
	cr_assert(v->returning);
	SQL(v->sql, "INSERT INTO \"tag\" (\"team_id\", \"login\", \"word\") VALUES (?, ?, ?) "
		"RETURNING \"id\", \"made\", \"kind\"");
	m = model_of(&serial_entity);
	cr_assert_eq(dbn_model_variant_get(m, DBN_VARIANT_INSERT, mask, &v, &own, NULL), DBN_OK);
	SQL(v->sql, "INSERT INTO \"serial\" DEFAULT VALUES");
}

Test(entity_texts, variants_past_the_cache_are_the_callers)
{
	const dbn_model *m = model_of(&member_entity);
	const dbn_model_variant *v;
	dbn_model_variant *own;
	bool mask[16] = { false };
	int owned = 0;

	for (unsigned i = 1; i <= DBN_ENTITY_VARIANTS_MAX + 10; i++) {
		for (unsigned bit = 0; bit < 14; bit++)
			mask[2 + bit] = (i >> bit & 1) != 0;
		cr_assert_eq(dbn_model_variant_get(m, DBN_VARIANT_UPDATE, mask, &v, &own, NULL), DBN_OK);
		cr_assert_not_null(strstr(v->sql.ptr, "UPDATE"));
		owned += own != NULL;
		dbn_free(own);
	}
	cr_assert_eq(owned, 10);
	dbn_model_forget(&member_entity);
}

Test(entity_texts, create_table)
{
	dbn_str s;

	dbn_str_init(&s, 0);
	cr_assert_eq(dbn_model_create_sql(model_of(&team_entity), &sqlite, &s, NULL), DBN_OK);
	cr_assert_str_eq(s.ptr, "CREATE TABLE IF NOT EXISTS \"team\" (\"id\" INTEGER PRIMARY KEY, "
		"\"name\" TEXT NOT NULL UNIQUE, \"budget\" DECIMAL NOT NULL DEFAULT (0.00))");
	dbn_str_reset(&s);
	cr_assert_eq(dbn_model_create_sql(model_of(&member_entity), &sqlite, &s, NULL), DBN_OK);
	cr_assert_not_null(strstr(s.ptr, "\"member role\" TEXT NOT NULL DEFAULT ('guest')"));
	cr_assert_not_null(strstr(s.ptr, "PRIMARY KEY (\"team_id\", \"login\")"));
	cr_assert_not_null(strstr(s.ptr, "FOREIGN KEY (\"team_id\") REFERENCES \"team\" (\"id\")"));
	dbn_str_reset(&s);
	cr_assert_eq(dbn_model_create_sql(model_of(&tag_entity), &sqlite, &s, NULL), DBN_OK);
	cr_assert_not_null(strstr(s.ptr,
		"FOREIGN KEY (\"team_id\", \"login\") REFERENCES \"member\" (\"team_id\", \"login\")"));
	dbn_str_free(&s);
}

/* ---- declarations that are refused ---- */

Test(entity_declaration, refused_with_the_field)
{
	static const struct {
		const dbn_entity *e;
		const char *said;
	} cases[] = {
		{ &bad_pattern_entity, "bad_pattern.id: the pattern has a set without its ]" },
		{ &bad_range_entity, "bad_range.id: DBN_RANGE needs a number" },
		{ &bad_length_entity, "bad_length.id: DBN_LEN needs" },
		{ &bad_columns_entity, "bad_columns.x: two fields for one column" },
		{ &bad_relation_entity, "bad_relation.team: bad_relation.team_name and team.id" },
	};
	const dbn_model *m;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (int again = 0; again < 2; again++) {
			dbn_error *err = NULL;

			cr_assert_eq(dbn_model_get(cases[i].e, &m, &err), DBN_E_INVALID);
			cr_assert_not_null(strstr(dbn_error_message(err), cases[i].said), "%s",
				dbn_error_message(err));
			dbn_error_free(err);
		}
	}
}

Test(entity_declaration, nothing_generates_it)
{
	dbn_error *err = NULL;
	dbn_str s;

	dbn_str_init(&s, 0);
	cr_assert_eq(dbn_model_create_sql(model_of(&bad_generated_entity), &sqlite, &s, &err), DBN_E_UNSUPPORTED);
	cr_assert_str_eq(dbn_error_column(err), "x");
	dbn_error_free(err);
	dbn_str_free(&s);
}

Test(entity_declaration, another_size_is_refused)
{
	dbn_entity e = team_entity;
	void *cache = NULL;
	const dbn_model *m;

	e.cache = &cache;
	e.struct_size = 8;
	cr_assert_eq(dbn_model_get(&e, &m, NULL), DBN_E_INVALID);
	e = team_entity;
	e.cache = &cache;
	e.record_size = 8;
	cr_assert_eq(dbn_model_get(&e, &m, NULL), DBN_E_INVALID, "a field outside of the record");
	cr_assert_null(cache);
}

static int live, fail_at, allocs;
static void *
failing_alloc(size_t n)
{
	void *p = ++allocs == fail_at ? NULL : malloc(n);

	live += p != NULL;
	return p;
}
static void *
failing_resize(void *old, size_t n)
{
	void *p = ++allocs == fail_at ? NULL : realloc(old, n);

	live += p && !old;
	return p;
}
static void
counting_release(void *p)
{
	live--;
	free(p);
}

Test(entity_declaration, every_allocation_may_fail)
{
	static const struct dbn_mem_hooks hooks = { failing_alloc, failing_resize, counting_release };
	const dbn_model *m;
	dbn_status rc = DBN_E_NOMEM;

	dbn_mem_set_hooks(&hooks);
	for (fail_at = 1; rc != DBN_OK; fail_at++) {
		dbn_error *err = NULL;

		allocs = 0;
		rc = dbn_model_get(&member_entity, &m, &err);
		cr_assert(rc == DBN_OK || rc == DBN_E_NOMEM, "allocation %d: %s", fail_at,
			dbn_error_message(err));
		dbn_error_free(err);
		if (rc != DBN_OK)
			cr_assert_eq(live, 0, "leak after allocation %d", fail_at);
	}
	cr_assert_gt(fail_at, 5);
	dbn_model_forget(&member_entity);
	cr_assert_eq(live, 0);
	dbn_mem_set_hooks(NULL);
}

/* ---- checks ---- */

static member
good_member(void)
{
	member m = member_init();

	m.team_id = 1;
	m.login = "bob";
	m.role = "owner";
	m.score = 50;
	return m;
}

static void
refused(const member *m, const char *said, const char *column)
{
	dbn_error *err = NULL;

	cr_assert_eq(member_check(m, &err), DBN_E_VALUE, "not refused: %s", said);
	cr_assert_not_null(strstr(dbn_error_message(err), said), "%s", dbn_error_message(err));
	cr_assert_str_eq(dbn_error_column(err), column);
	cr_assert_str_eq(dbn_error_relation(err), "main.member");
	dbn_error_free(err);
}

Test(entity_check, bounds)
{
	member m = good_member();
	char photo[1001] = { 0 };
	dbn_error *err = NULL;

	cr_assert_eq(member_check(&m, &err), DBN_OK);
	m.age = dbn_some_int32(150);
	cr_assert_eq(member_check(&m, &err), DBN_OK);
	m.age = dbn_some_int32(151);
	refused(&m, "member.age: int32 is above 150", "age");
	m.age = dbn_some_int32(-1);
	refused(&m, "member.age: int32 is not at least 0", "age");
	m = good_member();
	m.score = 100;
	cr_assert_eq(member_check(&m, &err), DBN_OK);
	m.score = nextafter(100, 101);
	refused(&m, "member.score: double is above 100", "score");
	m.score = NAN;
	refused(&m, "member.score", "score");
	m = good_member();
	m.photo.ptr = photo;
	m.photo.len = 1000;
	cr_assert_eq(member_check(&m, &err), DBN_OK);
	m.photo.len = 1001;
	refused(&m, "member.photo: bytes of 1001 bytes is longer than 1000", "photo");
}

Test(entity_check, texts)
{
	member m = good_member();

	m.login = NULL;
	refused(&m, "member.login: NULL", "login");
	m.login = "";
	refused(&m, "shorter than 1", "login");
	m.login = "abcdefghijklmnopqrstuvwxyzabcdefg";
	refused(&m, "member.login: text of 33 characters is longer than 32", "login");
	m.login = "Bob";
	refused(&m, "member.login: text does not match ^[a-z]", "login");
	m.login = "bo\xff";
	refused(&m, "not valid UTF-8", "login");
	m = good_member();
	m.wage = "12,50";
	refused(&m, "not a decimal number", "wage");
	m.wage = "-12.50";
	cr_assert_eq(member_check(&m, NULL), DBN_OK);
	m.role = NULL;
	cr_assert_eq(member_check(&m, NULL), DBN_OK, "the default stands in");
	{
		/* forty characters of two bytes each fit, one more does not */
		team t = team_init();
		char name[83];

		for (int i = 0; i < 41; i++)
			memcpy(name + 2 * i, "\xC3\xA9", 3);
		t.name = name;
		cr_assert_eq(team_check(&t, NULL), DBN_E_VALUE);
		t.name = name + 2;
		cr_assert_eq(team_check(&t, NULL), DBN_OK);
	}
}

/* Nothing of the value in what is said. */
Test(entity_check, messages_keep_the_value)
{
	member m = good_member();
	dbn_error *err = NULL;

	m.login = "S3CRET";
	cr_assert_eq(member_check(&m, &err), DBN_E_VALUE);
	cr_assert_null(strstr(dbn_error_message(err), "S3CRET"));
	dbn_error_free(err);
}

Test(entity_check, defaults_that_are_literals)
{
	const dbn_model *m = model_of(&odd_entity);

	cr_assert_eq(m->fields[1].default_value.type, DBN_BOOL);
	cr_assert_eq(m->fields[2].default_value.u.i64, 7);
	cr_assert_eq(m->fields[3].default_value.type, DBN_NULL, "a quote in it is the database's matter");
	cr_assert(m->fields[3].open);
	cr_assert_eq(m->fields[5].default_value.u.f64, 1.5);
	cr_assert_eq(m->fields[6].default_value.u.i64, 0);
	cr_assert_not(m->fields[5].open);
	m = model_of(&member_entity);
	cr_assert_str_eq(m->fields[2].default_value.u.ptr, "guest");
}

/* ---- conditions ---- */

static dbn_value values[DBN_COND_LEAVES + 2];
static size_t nvalues;
static dbn_arena scratch;

static char *
where(const dbn_cond *c, dbn_status *rc, dbn_error **err)
{
	dbn_str s;

	dbn_arena_init(&scratch, 0);
	dbn_str_init(&s, 0);
	*rc = dbn_model_where(model_of(&member_entity), c, &s, &scratch, values, &nvalues, err);
	return dbn_str_take(&s);
}

static void
prints(member_cond c, const char *want, size_t nwant)
{
	dbn_error *err = NULL;
	dbn_status rc;
	char *got = where(&c.c, &rc, &err);

	cr_assert_eq(rc, DBN_OK, "%s", dbn_error_message(err));
	cr_assert_str_eq(got, want);
	cr_assert_eq(nvalues, nwant);
	dbn_free(got);
	dbn_arena_free(&scratch);
}

static void
refused_cond(member_cond c, dbn_status want, const char *said)
{
	dbn_error *err = NULL;
	dbn_status rc;
	char *got = where(&c.c, &rc, &err);

	cr_assert_eq(rc, want, "%s", dbn_error_message(err));
	cr_assert_not_null(strstr(dbn_error_message(err), said), "%s", dbn_error_message(err));
	dbn_error_free(err);
	dbn_free(got);
	dbn_arena_free(&scratch);
}

Test(entity_cond, each_comparison)
{
	prints(member_every(), "", 0);
	prints(member_role(DBN_EQ, "x"), " WHERE \"member role\" = ?", 1);
	prints(member_age(DBN_NE, 1), " WHERE \"age\" <> ?", 1);
	prints(member_age(DBN_LT, 1), " WHERE \"age\" < ?", 1);
	prints(member_age(DBN_LE, 1), " WHERE \"age\" <= ?", 1);
	prints(member_age(DBN_GT, 1), " WHERE \"age\" > ?", 1);
	prints(member_age(DBN_GE, 1), " WHERE \"age\" >= ?", 1);
	prints(member_login(DBN_LIKE, "b%"), " WHERE \"login\" LIKE ?", 1);
	prints(member_login(DBN_NOT_LIKE, "b%"), " WHERE \"login\" NOT LIKE ?", 1);
	prints(member_age_is_null(), " WHERE \"age\" IS NULL", 0);
	prints(member_age_is_set(), " WHERE \"age\" IS NOT NULL", 0);
}

Test(entity_cond, trees)
{
	member_cond a = member_age(DBN_GT, 1), b = member_age(DBN_LT, 9), c = member_active(DBN_EQ, true);

	prints(member_and(a, b), " WHERE (\"age\" > ? AND \"age\" < ?)", 2);
	prints(member_or(member_and(a, b), c),
		" WHERE ((\"age\" > ? AND \"age\" < ?) OR \"active\" = ?)", 3);
	prints(member_and(a, member_or(b, c)),
		" WHERE (\"age\" > ? AND (\"age\" < ? OR \"active\" = ?))", 3);
	prints(member_not(member_or(a, member_not(b))),
		" WHERE (NOT (\"age\" > ? OR (NOT \"age\" < ?)))", 2);
	prints(member_and(member_every(), a), " WHERE (1 = 1 AND \"age\" > ?)", 1);
	/* values stand in the order of the text */
	prints(member_and(member_age(DBN_EQ, 1), member_and(member_age(DBN_EQ, 2), member_age(DBN_EQ, 3))),
		" WHERE (\"age\" = ? AND (\"age\" = ? AND \"age\" = ?))", 3);
	cr_assert_eq(values[0].u.i64, 1);
	cr_assert_eq(values[1].u.i64, 2);
	cr_assert_eq(values[2].u.i64, 3);
}

Test(entity_cond, values_of_each_type)
{
	static const dbn_uuid u = { { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 } };
	dbn_timestamp ts = { 5 };
	dbn_timestamptz tz = { 6 };
	dbn_bytes by = { "ab", 2 };
	member_cond c;
	dbn_error *err = NULL;
	dbn_status rc;

#define ONE(cond_, type_) \
	c = cond_; \
	dbn_free(where(&c.c, &rc, &err)); \
	cr_assert_eq(rc, DBN_OK); \
	cr_assert_eq(values[0].type, type_)
	ONE(member_team_id(DBN_EQ, INT64_MIN), DBN_INT64);
	cr_assert_eq(values[0].u.i64, INT64_MIN);
	ONE(member_active(DBN_EQ, true), DBN_BOOL);
	ONE(member_score(DBN_EQ, 2.5), DBN_DOUBLE);
	cr_assert_eq(values[0].u.f64, 2.5);
	ONE(member_login(DBN_EQ, "x"), DBN_TEXT);
	ONE(member_wage(DBN_EQ, "1.5"), DBN_DECIMAL);
	ONE(member_extra(DBN_EQ, "{}"), DBN_JSON);
	ONE(member_photo(DBN_EQ, by), DBN_BYTES);
	cr_assert_eq(values[0].len, 2);
	ONE(member_born(DBN_EQ, dbn_date_make(1970, 1, 2)), DBN_DATE);
	cr_assert_eq(values[0].u.i64, 1);
	ONE(member_lunch(DBN_EQ, ts), DBN_TIMESTAMP);
	ONE(member_seen(DBN_EQ, tz), DBN_TIMESTAMPTZ);
	ONE(member_uid(DBN_EQ, u), DBN_UUID);
	cr_assert_arr_eq(values[0].u.ptr, u.bytes, 16);
#undef ONE
}

Test(entity_cond, lists)
{
	const int32_t ages[] = { 3, 1, 4 };
	const char *const logins[] = { "a", "b" }, *const with_null[] = { "a", NULL };
	const bool flags[] = { true, false };
	const dbn_value *items;

	prints(member_age_in(ages, 3), " WHERE \"age\" IN (?)", 1);
	prints(member_age_in(ages, 0), " WHERE 1 = 0", 0);
	prints(member_active_in(flags, 2), " WHERE \"active\" IN (?)", 1);
	{
		member_cond c = member_and(member_login_in(logins, 2), member_age_in(ages, 3));
		dbn_status rc;

		dbn_free(where(&c.c, &rc, NULL));
		cr_assert_eq(nvalues, 2);
		cr_assert_eq(values[0].type, DBN_LIST);
		cr_assert_eq(values[1].len, 3);
		items = values[1].u.ptr;
		cr_assert_eq(items[2].u.i64, 4);
		items = values[0].u.ptr;
		cr_assert_str_eq(items[1].u.ptr, "b");
		dbn_arena_free(&scratch);
	}
	refused_cond(member_login_in(with_null, 2), DBN_E_INVALID, "a list with NULL");
}

Test(entity_cond, mistakes)
{
	member_cond many = member_age(DBN_EQ, 0), empty;

	memset(&empty, 0, sizeof empty);
	refused_cond(empty, DBN_E_INVALID, "the condition is empty");
	refused_cond(member_and(empty, many), DBN_E_INVALID, "the condition is empty");
	refused_cond(member_not(empty), DBN_E_INVALID, "the condition is empty");
	refused_cond(member_role(DBN_EQ, NULL), DBN_E_INVALID, "compared with NULL");
	refused_cond(member_age(DBN_LIKE, 1), DBN_E_INVALID, "does not go with the type");
	refused_cond(member_active(DBN_LT, true), DBN_E_INVALID, "does not go with the type");
	refused_cond(member_age(DBN_ADD, 1), DBN_E_INVALID, "unknown comparison");
	for (int i = 1; i < DBN_COND_LEAVES; i++)
		many = member_or(many, member_age(DBN_EQ, i));
	{
		dbn_status rc;

		dbn_free(where(&many.c, &rc, NULL));
		cr_assert_eq(rc, DBN_OK, "sixteen are fine");
		cr_assert_eq(nvalues, 16);
	}
	many = member_or(many, member_age(DBN_EQ, 99));
	refused_cond(many, DBN_E_LIMIT, "more than 16 comparisons");
	refused_cond(member_and(many, member_age(DBN_EQ, 1)), DBN_E_LIMIT, "more than 16");
	many = member_age(DBN_EQ, 1);
	for (int i = 0; i < 60; i++)
		many = member_not(many);
	refused_cond(many, DBN_E_LIMIT, "more than 16");
}

/* Whatever bytes a condition holds, it is printed or refused. */
Test(entity_cond, forged)
{
	uint64_t x = 88172645463325252u;
	unsigned printed = 0;

	for (int i = 0; i < 20000; i++) {
		member_cond c = member_and(member_age(DBN_EQ, 1), member_age(DBN_EQ, 2));
		dbn_error *err = NULL;
		dbn_status rc;

		for (int j = 0; j < 3; j++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			if (x % 3 == 0)
				c.c.ncodes = (uint8_t)(x >> 8);
			else if (x % 3 == 1)
				c.c.codes[(x >> 8) % 4] = (uint8_t)(x >> 16);
			else
				c.c.leaves[(x >> 8) % 2].field = (uint32_t)(x >> 16) % 40;
		}
		/* texts would be read through what is no pointer */
		for (int j = 0; j < 2; j++)
			if (c.c.leaves[j].field < 16)
				c.c.leaves[j].field = 5;
		dbn_free(where(&c.c, &rc, &err));
		cr_assert(rc == DBN_OK || rc == DBN_E_INVALID);
		printed += rc == DBN_OK;
		dbn_error_free(err);
		dbn_arena_free(&scratch);
	}
	cr_assert_gt(printed, 100);
}

/* ---- cells into records ---- */

Test(entity_record, loads_each_type)
{
	static const uint8_t u[16] = { 9 };
	const dbn_model *m = model_of(&member_entity);
	dbn_value cells[16] = { dbn_v_i64(7), dbn_v_text("bob"), dbn_v_text("owner"), dbn_v_i64(1),
		dbn_v_i64(3), dbn_v_i64(25), dbn_v_i64(INT64_MAX), dbn_v_bool(true), dbn_v_f64(0.5),
		dbn_bytes_of("\0\1", 2), dbn_v_text("1970-01-03"), dbn_v_text("1970-01-01 00:00:01"),
		dbn_v_text("1970-01-01T01:00:00+01:00"), dbn_uuid_of(u), dbn_decimal_of("1.50"),
		dbn_v_text("{}") };
	member r = member_init();
	dbn_error *err = NULL;
	char *bump;

	for (int i = 0; i < 16; i++)
		cells[i] = dbn_value_measured(cells[i]);
	bump = dbn_model_record_alloc(m, &r, dbn_model_row_bytes(m, cells));
	cr_assert_eq(dbn_model_row_load(m, cells, 16, &r, &bump, &err), DBN_OK, "%s",
		dbn_error_message(err));
	cr_assert_eq(r.team_id, 7);
	cr_assert_str_eq(r.login, "bob");
	cr_assert_str_eq(r.role, "owner");
	cr_assert(r.active);
	cr_assert_eq(r.score, 3);
	cr_assert(r.age.set && r.age.value == 25);
	cr_assert_eq(r.visits.value, INT64_MAX);
	cr_assert(r.verified.set && r.verified.value);
	cr_assert_eq(r.ratio.value, 0.5);
	cr_assert_eq(r.photo.len, 2);
	cr_assert_arr_eq(r.photo.ptr, "\0\1", 2);
	cr_assert_eq(r.born.value.days, 2);
	cr_assert_eq(r.lunch.value.us, 1000000);
	cr_assert(r.seen.set && r.seen.value.us == 0);
	cr_assert_arr_eq(r.uid.value.bytes, u, 16);
	cr_assert_str_eq(r.wage, "1.50");
	cr_assert_str_eq(r.extra, "{}");
	/* and out again */
	for (uint32_t i = 0; i < m->nfields; i++)
		cr_assert_neq(dbn_model_field_get(&m->fields[i], &r).type, DBN_NULL);
	member_clear(&r);
	cr_assert_null(r.login);
	cr_assert_eq(r.team_id, 0);
	member_clear(&r);
}

Test(entity_record, null_is_null)
{
	const dbn_model *m = model_of(&member_entity);
	dbn_value cells[16];
	member r = member_init();
	dbn_error *err = NULL;
	char *bump;

	for (int i = 0; i < 16; i++)
		cells[i] = dbn_v_null(NULL);
	cells[0] = dbn_v_i64(1);
	cells[1] = cells[2] = dbn_value_measured(dbn_v_text("x"));
	cells[3] = dbn_v_bool(false);
	cells[4] = dbn_v_f64(1);
	bump = dbn_model_record_alloc(m, &r, dbn_model_row_bytes(m, cells));
	cr_assert_eq(dbn_model_row_load(m, cells, 16, &r, &bump, &err), DBN_OK);
	cr_assert_not(r.age.set || r.visits.set || r.born.set || r.seen.set || r.uid.set);
	cr_assert_null(r.photo.ptr);
	cr_assert_null(r.wage);
	for (uint32_t i = 5; i < 16; i++)
		cr_assert_eq(dbn_model_field_get(&m->fields[i], &r).type, DBN_NULL);
	cells[2] = dbn_v_null(NULL);
	bump = dbn_model_record_alloc(m, &r, 100);
	cr_assert_eq(dbn_model_row_load(m, cells, 16, &r, &bump, &err), DBN_E_VALUE);
	cr_assert_str_eq(dbn_error_column(err), "member role");
	dbn_error_free(err);
	member_clear(&r);
}

Test(entity_record, what_does_not_fit_is_refused)
{
	const dbn_model *m = model_of(&member_entity);
	static const struct {
		uint32_t field;
		dbn_value v;
	} cases[] = {
		{ 0, { .type = DBN_UINT64, .u.u64 = UINT64_MAX } }, { 0, { .type = DBN_DOUBLE, .u.f64 = 1 } },
		{ 0, { .type = DBN_TEXT, .u.ptr = "7", .len = 1 } }, { 1, { .type = DBN_INT64, .u.i64 = 7 } },
		{ 1, { .type = DBN_BYTES, .u.ptr = "x", .len = 1 } },
		{ 1, { .type = DBN_TEXT, .u.ptr = "a\0b", .len = 3 } },
		{ 3, { .type = DBN_INT64, .u.i64 = 2 } }, { 3, { .type = DBN_TEXT, .u.ptr = "1", .len = 1 } },
		{ 4, { .type = DBN_INT64, .u.i64 = INT64_MAX } },
		{ 5, { .type = DBN_INT64, .u.i64 = INT64_C(3000000000) } },
		{ 9, { .type = DBN_TEXT, .u.ptr = "x", .len = 1 } },
		{ 10, { .type = DBN_TEXT, .u.ptr = "yesterday", .len = 9 } },
		{ 10, { .type = DBN_INT64, .u.i64 = 7 } },
		{ 11, { .type = DBN_TEXT, .u.ptr = "1970-01-01T00:00:00Z", .len = 20 } },
		{ 13, { .type = DBN_BYTES, .u.ptr = "x", .len = 1 } },
		{ 14, { .type = DBN_TEXT, .u.ptr = "1,5", .len = 3 } },
		{ 14, { .type = DBN_DOUBLE, .u.f64 = 1.5 } },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char room[64], *bump = room;
		member r = member_init();
		dbn_error *err = NULL;

		cr_assert_eq(dbn_model_cell_load(m, &m->fields[cases[i].field], &cases[i].v, &r, &bump,
			&err), DBN_E_VALUE, "case %zu", i);
		cr_assert_eq(strncmp(dbn_error_message(err), "member.", 7), 0);
		dbn_error_free(err);
	}
}

Test(entity_record, integers_as_decimals)
{
	const dbn_model *m = model_of(&member_entity);
	dbn_value v = dbn_v_i64(INT64_MIN);
	char room[64], *bump = room;
	member r = member_init();

	cr_assert_eq(dbn_model_cell_load(m, &m->fields[14], &v, &r, &bump, NULL), DBN_OK);
	cr_assert_str_eq(r.wage, "-9223372036854775808");
	cr_assert_leq((size_t)(bump - room), dbn_model_cell_bytes(&v));
}

Test(entity_dates, make_and_take_apart)
{
	int64_t y;
	unsigned m, d;

	cr_assert_eq(dbn_date_make(2000, 2, 29).days, 11016);
	dbn_date_parts(dbn_date_make(1969, 12, 31), &y, &m, &d);
	cr_assert(y == 1969 && m == 12 && d == 31);
	dbn_date_parts(dbn_date_make(1969, 12, 31), NULL, NULL, NULL);
}
