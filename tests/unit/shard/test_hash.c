/* SPDX-License-Identifier: MIT */
/*
 * Where shard-hash puts keys may never change: SipHash against its published
 * vectors, and a map and keys as they were on the first day.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h" /* of the plugin */
#include "lib/fake_host.h"
#include "shard/shard.h"
#include <dbnexus/value.h>

static fake_plugin fp;
static dbn_shards *s;

static void
open_shards(const dbn_type *types, size_t nkey)
{
	static const dbn_shard_conf_shard shards[] = { { DBN_TEXT_LIT("s0"), 1 },
		{ DBN_TEXT_LIT("s1"), 1 }, { DBN_TEXT_LIT("s2"), 1 }, { DBN_TEXT_LIT("s3"), 2 } };
	dbn_shard_conf_map map = { .name = DBN_TEXT_LIT("m"), .key_types = types, .nkey = nkey };
	dbn_shard_conf conf = { .shards = shards, .nshards = 4, .maps = &map, .nmaps = 1 };
	const char *top = getenv("DBN_TOP_BUILD");
	dbn_error *err = NULL;
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/plugins/shard-hash/.libs/shard-hash.so", top ? top : ".");
	cr_assert_eq(fake_plugin_open(&fp, path, NULL, NULL, NULL, &err), DBN_OK, "%s",
		dbn_error_message(err));
	map.self = fp.self;
	map.ops = fp.desc->ops;
	cr_assert_eq(dbn_shards_open(&conf, &s, &err), DBN_OK, "%s", dbn_error_message(err));
}

static void
close_shards(void)
{
	dbn_shards_close(s);
	fake_plugin_close(&fp);
}

/* From the paper: key 00..0f, messages of 0 to 15 bytes 00, 01, ... */
Test(shard_hash, siphash_gives_the_published_values)
{
	const uint64_t k0 = UINT64_C(0x0706050403020100), k1 = UINT64_C(0x0f0e0d0c0b0a0908);
	unsigned char m[16];

	for (unsigned i = 0; i < 16; i++)
		m[i] = (unsigned char)i;
	cr_assert_eq(shard_siphash(k0, k1, m, 0), UINT64_C(0x726fdb47dd0e0e31));
	cr_assert_eq(shard_siphash(k0, k1, m, 1), UINT64_C(0x74f839c593dc67fd));
	cr_assert_eq(shard_siphash(k0, k1, m, 8), UINT64_C(0x93f5f5799a932462));
	cr_assert_eq(shard_siphash(k0, k1, m, 15), UINT64_C(0xa129ca6149be45e5));
}

typedef struct golden {
	uint32_t shard;
	const char *slot;
} golden;

/* Key i is 1000003 * i - 3, "key<i>", or both. */
static void
check(const dbn_type *types, size_t nkey, const golden *want)
{
	open_shards(types, nkey);
	for (int i = 0; i < 8; i++) {
		dbn_value k[2];
		char text[16];
		uint32_t at = 99;
		dbn_str why;

		(void)snprintf(text, sizeof(text), "key%d", i);
		k[0] = types[0] == DBN_TEXT ? dbn_v_text(text) : dbn_v_i64(i * 1000003 - 3);
		k[1] = dbn_v_text(text);
		cr_assert_eq(dbn_shard_route(s, 0, k, nkey, &at, NULL), DBN_OK);
		cr_expect_eq(at, want[i].shard, "key %d: shard %u", i, at);
		dbn_str_init(&why, 0);
		cr_assert_eq(dbn_shard_describe(s, 0, k, nkey, &why, NULL), DBN_OK);
		cr_expect_str_eq(dbn_str_z(&why), want[i].slot);
		dbn_str_free(&why);
	}
	close_shards();
}

/* Computed a second time with floating-point logarithms in another language. */
Test(shard_hash, keys_stay_where_they_are)
{
	const dbn_type number[] = { DBN_INT64 }, text[] = { DBN_TEXT }, both[] = { DBN_INT64, DBN_TEXT };
	const golden numbers[] = { { 1, "slot 52873 of 65536" }, { 3, "slot 20883 of 65536" },
		{ 1, "slot 46791 of 65536" }, { 3, "slot 49613 of 65536" }, { 2, "slot 42325 of 65536" },
		{ 3, "slot 20616 of 65536" }, { 1, "slot 11579 of 65536" }, { 3, "slot 54974 of 65536" } };
	const golden texts[] = { { 3, "slot 35151 of 65536" }, { 1, "slot 21832 of 65536" },
		{ 0, "slot 16076 of 65536" }, { 0, "slot 13701 of 65536" }, { 3, "slot 50845 of 65536" },
		{ 1, "slot 1328 of 65536" }, { 1, "slot 63205 of 65536" }, { 1, "slot 63338 of 65536" } };
	const golden pairs[] = { { 1, "slot 52476 of 65536" }, { 0, "slot 2494 of 65536" },
		{ 1, "slot 36187 of 65536" }, { 1, "slot 25562 of 65536" }, { 3, "slot 18490 of 65536" },
		{ 2, "slot 17189 of 65536" }, { 2, "slot 58706 of 65536" }, { 3, "slot 26759 of 65536" } };

	check(number, 1, numbers);
	check(text, 1, texts);
	check(both, 2, pairs);
}

Test(shard_hash, the_type_a_value_was_bound_as_does_not_matter)
{
	const dbn_type types[] = { DBN_INT64 };
	dbn_value same[] = { dbn_v_i64(42), dbn_v_u64(42), dbn_v_f64(42.0) };
	uint32_t at[3];

	open_shards(types, 1);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(dbn_shard_route(s, 0, &same[i], 1, &at[i], NULL), DBN_OK);
	cr_assert(at[0] == at[1] && at[1] == at[2]);
	close_shards();
}
