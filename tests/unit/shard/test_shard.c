/* SPDX-License-Identifier: MIT */
/*
 * The core's side of sharding over a strategy of the test's own: exact
 * conversion of keys, placements, configurations that are refused, strategies
 * that misbehave.
 */
#include <criterion/criterion.h>

#include <string.h>

#include "error/error.h"
#include "lib/fault_alloc.h"
#include "shard/shard.h"
#include <dbnexus/value.h>

/* ---- a strategy that answers with the first value of the key ---- */
static uint32_t bound;
static dbn_value last_key[DBN_SHARD_KEY_MAX];
static uint64_t range_answer;

static dbn_status
s_bind(void *self, const dbn_array *shards, const dbn_type *types, size_t nkey, dbn_error **err)
{
	const dbn_shard_desc *d = shards->items;

	(void)self;
	(void)types;
	cr_assert_eq(shards->stride, sizeof(*d));
	cr_assert_eq(d->struct_size, sizeof(*d));
	bound++;
	if (nkey == 8)
		return dbn_fail(err, DBN_E_CONFIG, "the strategy refuses");
	return DBN_OK;
}

static dbn_status
s_route(void *self, const dbn_value *keys, size_t nkey, size_t n, uint32_t *shards, dbn_error **err)
{
	(void)self;
	memcpy(last_key, keys, nkey * sizeof(*keys));
	for (size_t i = 0; i < n; i++) {
		shards[i] = keys[i * nkey].type == DBN_INT64 ? (uint32_t)keys[i * nkey].u.i64 : 0;
		if (shards[i] == 77)
			return dbn_fail(err, DBN_E_NO_SHARD, "nobody has it");
	}
	return DBN_OK;
}

static dbn_status
s_range(void *self, const dbn_key_range *r, uint64_t *set, size_t nshards, dbn_error **err)
{
	(void)self;
	(void)err;
	cr_assert_eq(nshards, 3);
	cr_assert(!r->lo || r->lo->type == DBN_INT64);
	cr_assert(!r->hi || r->hi->type == DBN_INT64);
	set[0] |= range_answer;
	return DBN_OK;
}

static dbn_status
s_describe(void *self, const dbn_value *key, size_t nkey, const dbn_str_sink *out, dbn_error **err)
{
	(void)self;
	(void)key;
	(void)nkey;
	(void)err;
	return out->write(out->ctx, "because", 7);
}

static const dbn_shard_ops ops = { sizeof(ops), 0, s_bind, s_route, s_range, s_describe, NULL };

static const dbn_shard_conf_shard shard_list[] = {
	{ DBN_TEXT_LIT("s0"), 1 }, { DBN_TEXT_LIT("s1"), 2 }, { DBN_TEXT_LIT("s2"), 1 }
};
static const dbn_type one_int[] = { DBN_INT64 };
static const dbn_type two_keys[] = { DBN_INT64, DBN_TEXT };
static const dbn_text id_column[] = { DBN_TEXT_LIT("id"), DBN_TEXT_LIT("name") };
static dbn_shard_conf_map maps[2];
static dbn_shard_conf_table tables[5];
static dbn_shard_conf conf;
static dbn_shards *s;

static void
setup(void)
{
	maps[0] = (dbn_shard_conf_map) { DBN_TEXT_LIT("by_id"), NULL, &ops, one_int, 1 };
	maps[1] = (dbn_shard_conf_map) { DBN_TEXT_LIT("by_two"), NULL, &ops, two_keys, 2 };
	memset(tables, 0, sizeof(tables));
	tables[0].relation = DBN_TEXT_LIT("customers");
	tables[0].kind = DBN_PLACE_SHARDED;
	tables[0].map = DBN_TEXT_LIT("by_id");
	tables[0].columns = id_column;
	tables[0].ncolumns = 1;
	tables[1].relation = DBN_TEXT_LIT("countries");
	tables[1].kind = DBN_PLACE_REFERENCE;
	tables[2].relation = DBN_TEXT_LIT("archive.customers");
	tables[2].kind = DBN_PLACE_SINGLE;
	tables[2].shard = DBN_TEXT_LIT("s2");
	tables[3].relation = DBN_TEXT_LIT("static.*");
	tables[3].kind = DBN_PLACE_REFERENCE;
	tables[4] = tables[0];
	tables[4].relation = DBN_TEXT_LIT("pairs");
	tables[4].map = DBN_TEXT_LIT("by_two");
	tables[4].ncolumns = 2;
	conf = (dbn_shard_conf) { shard_list, maps, tables, 3, 2, 5 };
	bound = 0;
	s = NULL;
}

static void
teardown(void)
{
	dbn_shards_close(s);
}

TestSuite(shard, .init = setup, .fini = teardown);

static void
open_it(void)
{
	dbn_error *err = NULL;

	cr_assert_eq(dbn_shards_open(&conf, &s, &err), DBN_OK, "%s", dbn_error_message(err));
}

static void
refused(const char *word)
{
	dbn_error *err = NULL;

	cr_assert_eq(dbn_shards_open(&conf, &s, &err), DBN_E_CONFIG, "%s", word);
	cr_assert(strstr(dbn_error_message(err), word), "%s", dbn_error_message(err));
	cr_assert_null(s);
	dbn_error_free(err);
}

Test(shard, tables_are_placed_by_their_most_exact_entry)
{
	const dbn_placement *p;

	open_it();
	cr_assert_eq(bound, 2);
	p = dbn_shards_place(s, DBN_TEXT_LIT("main.main.customers"));
	cr_assert_eq(p->kind, DBN_PLACE_SHARDED);
	cr_assert_eq(p->ncolumns, 1);
	cr_assert(dbn_text_eqz(p->columns[0], "id"));
	cr_assert_eq(p->types[0], DBN_INT64);
	cr_assert(dbn_text_eqz(dbn_shards_map_name(s, p->map), "by_id"));
	p = dbn_shards_place(s, DBN_TEXT_LIT("main.archive.customers"));
	cr_assert_eq(p->kind, DBN_PLACE_SINGLE);
	cr_assert_eq(p->shard, 2);
	cr_assert_eq(dbn_shards_place(s, DBN_TEXT_LIT("main.main.countries"))->kind,
		DBN_PLACE_REFERENCE);
	cr_assert_eq(dbn_shards_place(s, DBN_TEXT_LIT("main.static.anything"))->kind,
		DBN_PLACE_REFERENCE);
	cr_assert_null(dbn_shards_place(s, DBN_TEXT_LIT("main.main.unlisted")));
	cr_assert_null(dbn_shards_place(s, DBN_TEXT_LIT("")));
}

Test(shard, names_and_counts)
{
	uint32_t i;

	open_it();
	cr_assert_eq(dbn_shards_count(s), 3);
	cr_assert_eq(dbn_shards_maps(s), 2);
	cr_assert(dbn_text_eqz(dbn_shards_name(s, 1), "s1"));
	cr_assert_eq(dbn_shards_name(s, 3).len, 0);
	cr_assert_eq(dbn_shards_map_name(s, 2).len, 0);
	cr_assert(dbn_shards_find(s, DBN_TEXT_LIT("s2"), &i) && i == 2);
	cr_assert_not(dbn_shards_find(s, DBN_TEXT_LIT("s3"), &i));
}

Test(shard, wrong_configurations_are_refused_by_name)
{
	dbn_shard_conf_shard shards[2] = { { DBN_TEXT_LIT("same"), 1 }, { DBN_TEXT_LIT("same"), 1 } };
	const dbn_type bad_type[] = { DBN_DOUBLE };

	conf.nshards = 0;
	refused("0 shards");
	conf.shards = shards;
	conf.nshards = 2;
	refused("same");
	shards[0].weight = 0;
	refused("weight 0");
	shards[0].name.len = 0;
	refused("no name");
	setup();
	maps[1].name = maps[0].name;
	refused("by_id");
	setup();
	maps[0].nkey = 0;
	refused("from 1 to");
	setup();
	maps[0].key_types = bad_type;
	refused("double");
	setup();
	tables[0].map = DBN_TEXT_LIT("nowhere");
	refused("nowhere");
	setup();
	tables[0].ncolumns = 2;
	refused("customers");
	setup();
	tables[2].shard = DBN_TEXT_LIT("s9");
	refused("s9");
	setup();
	tables[1].kind = 0;
	refused("no placement");
	setup();
	tables[1].relation = tables[0].relation;
	refused("twice");
	setup();
	tables[1].relation.len = 0;
	refused("no name");
}

Test(shard, a_strategy_that_refuses_to_bind_is_heard)
{
	const dbn_type eight[8] = { DBN_INT64, DBN_INT64, DBN_INT64, DBN_INT64, DBN_INT64,
		DBN_INT64, DBN_INT64, DBN_INT64 };

	maps[1].key_types = eight;
	maps[1].nkey = 8;
	refused("the strategy refuses");
}

Test(shard, keys_are_converted_and_routed)
{
	dbn_value k[2] = { dbn_v_u64(1), dbn_v_text("x") };
	dbn_error *err = NULL;
	uint32_t o;

	open_it();
	cr_assert_eq(dbn_shard_route(s, 0, k, 1, &o, &err), DBN_OK);
	cr_assert_eq(o, 1);
	cr_assert_eq(last_key[0].type, DBN_INT64, "as declared, not as bound");
	cr_assert_eq(dbn_shard_route(s, 1, k, 2, &o, &err), DBN_OK);
	cr_assert_eq(last_key[1].type, DBN_TEXT);
	cr_assert_eq(last_key[1].len, 1);
	cr_assert_eq(dbn_shard_route(s, 0, k, 2, &o, &err), DBN_E_INVALID);
	dbn_error_free(err);
	cr_assert_eq(dbn_shard_route(s, 9, k, 1, &o, &err), DBN_E_INVALID);
	dbn_error_free(err);
	k[0] = dbn_v_null(NULL);
	cr_assert_eq(dbn_shard_route(s, 0, k, 1, &o, &err), DBN_E_VALUE);
	dbn_error_free(err);
}

Test(shard, an_unknown_shard_is_an_error_never_shard_0)
{
	dbn_value k = dbn_v_i64(3);
	dbn_error *err = NULL;
	uint32_t o;

	open_it();
	cr_assert_eq(dbn_shard_route(s, 0, &k, 1, &o, &err), DBN_E_PLUGIN);
	dbn_error_free(err);
	k = dbn_v_i64(77);
	cr_assert_eq(dbn_shard_route(s, 0, &k, 1, &o, &err), DBN_E_NO_SHARD);
	dbn_error_free(err);
}

Test(shard, many_keys_at_once)
{
	dbn_value k[200];
	uint32_t o[100];

	for (int i = 0; i < 200; i += 2) {
		k[i] = dbn_v_i64(i / 2 % 3);
		k[i + 1] = dbn_v_text("x");
	}
	open_it();
	cr_assert_eq(dbn_shard_route_many(s, 1, k, 2, 100, o, NULL), DBN_OK);
	for (uint32_t i = 0; i < 100; i++)
		cr_assert_eq(o[i], i % 3);
	k[150] = dbn_v_text("no number");
	cr_assert_eq(dbn_shard_route_many(s, 1, k, 2, 100, o, NULL), DBN_E_VALUE);
	cr_assert_eq(dbn_shard_route_many(s, 1, k, 2, 0, o, NULL), DBN_OK);
}

Test(shard, ranges)
{
	dbn_value lo = dbn_v_u64(1), hi = dbn_v_text("no");
	dbn_key_range r = { .struct_size = sizeof(r), .nkey = 1, .lo = &lo };
	uint64_t set = 99;

	open_it();
	range_answer = 5;
	cr_assert_eq(dbn_shard_route_range(s, 0, &r, &set, NULL), DBN_OK);
	cr_assert_eq(set, 5);
	range_answer = 8; /* the fourth of three */
	cr_assert_eq(dbn_shard_route_range(s, 0, &r, &set, NULL), DBN_E_PLUGIN);
	r.hi = &hi;
	cr_assert_eq(dbn_shard_route_range(s, 0, &r, &set, NULL), DBN_E_VALUE);
	r.nkey = 2;
	cr_assert_eq(dbn_shard_route_range(s, 0, &r, &set, NULL), DBN_E_INVALID);
}

Test(shard, describe_says_why)
{
	dbn_value k = dbn_v_i64(1);
	dbn_str out;

	dbn_str_init(&out, 0);
	open_it();
	cr_assert_eq(dbn_shard_describe(s, 0, &k, 1, &out, NULL), DBN_OK);
	cr_assert_str_eq(dbn_str_z(&out), "because");
	cr_assert_eq(dbn_shard_describe(s, 1, &k, 1, &out, NULL), DBN_E_INVALID);
	dbn_str_free(&out);
}

/* ---- conversion ---- */

static dbn_value got;
static char scratch[DBN_SHARD_SCRATCH];

static bool
converts(dbn_value v, dbn_type to)
{
	dbn_error *err = NULL;
	dbn_status rc = dbn_shard_convert(&v, to, &got, scratch, &err);

	cr_assert(rc == DBN_OK || rc == DBN_E_VALUE || rc == DBN_E_INVALID);
	cr_assert_eq(rc == DBN_OK, err == NULL);
	dbn_error_free(err);
	return rc == DBN_OK && got.type == to;
}

static dbn_value
of(dbn_type type, const char *text)
{
	return (dbn_value) { .type = type, .u.ptr = text, .len = strlen(text) };
}

Test(shard, integers_convert_exactly)
{
	cr_assert(converts(dbn_v_i64(-5), DBN_INT64) && got.u.i64 == -5);
	cr_assert(converts(dbn_v_u64(5), DBN_INT64) && got.u.i64 == 5);
	cr_assert_not(converts(dbn_v_u64(UINT64_C(1) << 63), DBN_INT64));
	cr_assert(converts(dbn_v_f64(3.0), DBN_INT64) && got.u.i64 == 3);
	cr_assert_not(converts(dbn_v_f64(3.5), DBN_INT64));
	cr_assert_not(converts(dbn_v_f64(1e18), DBN_INT64), "a double that stands for many numbers");
	cr_assert_not(converts(dbn_v_f64(0.0 / 0.0), DBN_INT64));
	cr_assert(converts(of(DBN_DECIMAL, "42"), DBN_INT64) && got.u.i64 == 42);
	cr_assert_not(converts(of(DBN_DECIMAL, "42.5"), DBN_INT64));
	cr_assert_not(converts(of(DBN_TEXT, "42"), DBN_INT64));
	cr_assert_not(converts(dbn_v_null(NULL), DBN_INT64));
	cr_assert(converts(dbn_v_i64(7), DBN_UINT64) && got.u.u64 == 7);
	cr_assert(converts(dbn_v_u64(UINT64_MAX), DBN_UINT64) && got.u.u64 == UINT64_MAX);
	cr_assert(converts(of(DBN_DECIMAL, "18446744073709551615"), DBN_UINT64));
	cr_assert_not(converts(dbn_v_i64(-1), DBN_UINT64));
	cr_assert(converts(dbn_v_i64(1), DBN_BOOL) && got.u.i64 == 1);
	cr_assert(converts(dbn_v_bool(false), DBN_BOOL) && got.u.i64 == 0);
	cr_assert_not(converts(dbn_v_i64(2), DBN_BOOL));
	cr_assert_not(converts(of(DBN_TEXT, "true"), DBN_BOOL));
}

Test(shard, texts_convert_exactly)
{
	dbn_value cstr = of(DBN_TEXT, "alice");

	cstr.flags = DBN_VALUE_CSTR;
	cstr.len = 0;
	cr_assert(converts(cstr, DBN_TEXT) && got.len == 5);
	cr_assert(converts(of(DBN_ENUM, "red"), DBN_TEXT) && got.len == 3);
	cr_assert_not(converts(of(DBN_TEXT, "\xff"), DBN_TEXT));
	cr_assert_not(converts(of(DBN_BYTES, "x"), DBN_TEXT));
	cr_assert_not(converts(dbn_v_i64(1), DBN_TEXT));
	cr_assert(converts(of(DBN_BYTES, "\xff"), DBN_BYTES));
	cr_assert_not(converts(of(DBN_TEXT, "x"), DBN_BYTES));
}

Test(shard, dates_and_uuids_convert_exactly)
{
	cr_assert(converts(of(DBN_TEXT, "1970-01-03"), DBN_DATE) && got.u.i64 == 2);
	cr_assert(converts((dbn_value) { .type = DBN_DATE, .u.i64 = -9 }, DBN_DATE));
	cr_assert_not(converts(of(DBN_TEXT, "1970-02-30"), DBN_DATE));
	cr_assert_not(converts((dbn_value) { .type = DBN_TIMESTAMP, .u.i64 = 0 }, DBN_DATE));
	cr_assert(converts(of(DBN_TEXT, "00:00:01"), DBN_TIME) && got.u.i64 == 1000000);
	cr_assert_not(converts((dbn_value) { .type = DBN_TIME, .u.i64 = INT64_C(86400000000) },
		DBN_TIME));
	cr_assert(converts(of(DBN_TEXT, "1970-01-01 00:00:01"), DBN_TIMESTAMP) &&
		got.u.i64 == 1000000);
	cr_assert_not(converts(of(DBN_TEXT, "1970-01-01 00:00:01Z"), DBN_TIMESTAMP));
	cr_assert(converts(of(DBN_TEXT, "1970-01-01T00:00:01Z"), DBN_TIMESTAMPTZ));
	cr_assert_not(converts(of(DBN_TEXT, "1970-01-01T00:00:01"), DBN_TIMESTAMPTZ));
	cr_assert(converts(of(DBN_TEXT, "01020304-0506-0708-090a-0b0c0d0e0f10"), DBN_UUID));
	cr_assert_eq(got.len, 16);
	cr_assert_eq(((const uint8_t *)got.u.ptr)[15], 16);
	cr_assert(converts((dbn_value) { .type = DBN_UUID, .u.ptr = scratch, .len = 16 }, DBN_UUID));
	cr_assert_not(converts((dbn_value) { .type = DBN_UUID, .u.ptr = scratch, .len = 15 }, DBN_UUID));
	cr_assert_not(converts(of(DBN_TEXT, "not a uuid"), DBN_UUID));
	cr_assert_not(converts(dbn_v_f64(1), DBN_DOUBLE), "no type of a key");
}

Test(shard, every_allocation_may_fail)
{
	bool happened;
	int64_t n = 0;

	do {
		dbn_error *err = NULL;
		dbn_status rc;

		fault_arm(++n);
		rc = dbn_shards_open(&conf, &s, &err);
		cr_assert(rc == DBN_OK || rc == DBN_E_NOMEM, "allocation %d: %d", (int)n, (int)rc);
		dbn_error_free(err);
		dbn_shards_close(s);
		s = NULL;
		happened = fault_happened();
		cr_assert_eq(atomic_load(&fault_live), 0, "a leak after allocation %d", (int)n);
	} while (happened);
	cr_assert_gt(n, 4, "allocations are counted");
	dbn_mem_set_hooks(NULL);
}
