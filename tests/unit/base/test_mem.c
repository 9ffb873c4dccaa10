/* SPDX-License-Identifier: MIT */
/* Heap, arena and map: sizes, limits, failing allocations. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"

static int fail_after;      /* allocations that still succeed; -1: all */
static long live;

static bool
may(void)
{
	if (fail_after == 0)
		return false;
	if (fail_after > 0)
		fail_after--;
	return true;
}

static void *
counted_alloc(size_t n)
{
	void *p = may() ? malloc(n) : NULL;

	live += p != NULL;
	return p;
}

static void *
counted_resize(void *old, size_t n)
{
	void *p = may() ? realloc(old, n) : NULL;

	live += p && !old;
	return p;
}

static void
counted_release(void *p)
{
	live--;
	free(p);
}

static void
hooked(void)
{
	static const struct dbn_mem_hooks hooks = { counted_alloc, counted_resize, counted_release };

	fail_after = -1;
	live = 0;
	dbn_mem_set_hooks(&hooks);
}

static void
unhooked(void)
{
	dbn_mem_set_hooks(NULL);
}

TestSuite(base_mem, .init = hooked, .fini = unhooked);

Test(base_mem, arrays_do_not_overflow)
{
	cr_assert_null(dbn_alloc_array(SIZE_MAX / 2, 3));
	cr_assert_null(dbn_alloc_array(SIZE_MAX, SIZE_MAX));
	cr_assert_eq(live, 0);
}

Test(base_mem, zeroed_and_never_null_for_nothing)
{
	unsigned char *p = dbn_zalloc(100);
	void *q = dbn_alloc(0), *r = dbn_alloc_array(0, 8);

	for (int i = 0; i < 100; i++)
		cr_assert_eq(p[i], 0);
	cr_assert_not_null(q);
	cr_assert_not_null(r);
	dbn_free(p);
	dbn_free(q);
	dbn_free(r);
	dbn_free(NULL);
	cr_assert_eq(live, 0);
}

Test(base_mem, grow_keeps_the_content_and_doubles)
{
	int *items = NULL;
	size_t cap = 0, moves = 0;

	for (int i = 0; i < 1000; i++) {
		size_t before = cap;

		cr_assert(dbn_grow(&items, &cap, (size_t)i + 1, sizeof *items));
		moves += cap != before;
		items[i] = i;
	}
	for (int i = 0; i < 1000; i++)
		cr_assert_eq(items[i], i);
	cr_assert_leq(moves, 9);
	cr_assert_not(dbn_grow(&items, &cap, SIZE_MAX / 2, sizeof *items));
	cr_assert_eq(items[999], 999, "a failed growth keeps what there was");
	dbn_free(items);
	cr_assert_eq(live, 0);
}

Test(base_mem, strndup_ends_in_nul)
{
	char *p = dbn_strndup("abcdef", 3), *q = dbn_strdup("");

	cr_assert_str_eq(p, "abc");
	cr_assert_str_eq(q, "");
	dbn_free(p);
	dbn_free(q);
	cr_assert_null(dbn_strndup("x", SIZE_MAX));
}

Test(base_arena, pieces_are_aligned_and_apart)
{
	dbn_arena a;
	char *p[200];

	dbn_arena_init(&a, 0);
	for (int i = 0; i < 200; i++) {
		p[i] = dbn_arena_alloc(&a, (size_t)i * 7 + 1);
		cr_assert_not_null(p[i]);
		cr_assert_eq((uintptr_t)p[i] % 8, 0);
		memset(p[i], i, (size_t)i * 7 + 1);
	}
	for (int i = 0; i < 200; i++)
		for (int j = 0; j < i * 7 + 1; j++)
			cr_assert_eq((unsigned char)p[i][j], i);
	dbn_arena_free(&a);
}

Test(base_arena, one_big_piece_and_overflow)
{
	dbn_arena a;

	dbn_arena_init(&a, 0);
	cr_assert_not_null(dbn_arena_alloc(&a, (size_t)5 << 20));
	cr_assert_null(dbn_arena_alloc(&a, SIZE_MAX));
	cr_assert_null(dbn_arena_alloc(&a, SIZE_MAX - 7));
	cr_assert_null(dbn_arena_array(&a, SIZE_MAX / 4, 8));
	cr_assert_null(dbn_arena_strndup(&a, "", SIZE_MAX));
	dbn_arena_free(&a);
}

Test(base_arena, nothing_is_not_null)
{
	dbn_arena a;

	dbn_arena_init(&a, 0);
	cr_assert_not_null(dbn_arena_array(&a, 0, 24));
	cr_assert_not_null(dbn_arena_memdup(&a, "x", 0));
	dbn_arena_free(&a);
}

Test(base_arena, limit_is_a_limit)
{
	dbn_arena a;
	size_t got = 0;

	dbn_arena_init(&a, 10000);
	while (dbn_arena_alloc(&a, 100))
		got += 104;
	cr_assert_leq(a.used, 10000);
	cr_assert_geq(got, 9000, "only %zu of 10000 bytes were given", got);
	cr_assert_null(dbn_arena_alloc(&a, 10001));
	dbn_arena_free(&a);
	cr_assert_not_null(dbn_arena_alloc(&a, 100), "a freed arena starts again");
	dbn_arena_free(&a);
}

Test(base_arena, reset_gives_the_memory_again)
{
	dbn_arena a;
	void *first;

	dbn_arena_init(&a, 0);
	first = dbn_arena_alloc(&a, 16);
	for (int i = 0; i < 1000; i++)
		cr_assert_not_null(dbn_arena_alloc(&a, 100));
	dbn_arena_reset(&a);
	cr_assert_eq(dbn_arena_alloc(&a, 16), first);
	dbn_arena_free(&a);
	dbn_arena_reset(&a);
}

Test(base_arena, text_copies)
{
	dbn_arena a;
	dbn_text t, none = { NULL, 0 };
	int *items = NULL;
	size_t cap = 0;

	dbn_arena_init(&a, 0);
	t = dbn_arena_text(&a, dbn_text_n("a\0b", 3));
	cr_assert_eq(t.len, 3);
	cr_assert_arr_eq(t.ptr, "a\0b", 4);
	t = dbn_arena_text(&a, none);
	cr_assert_eq(t.len, 0);
	cr_assert_str_eq(t.ptr, "");
	cr_assert_str_eq(dbn_arena_printf(&a, "%d-%s", 42, "x"), "42-x");
	for (int i = 0; i < 100; i++) {
		cr_assert(dbn_arena_grow(&a, &items, &cap, (size_t)i + 1, sizeof *items));
		items[i] = i;
	}
	for (int i = 0; i < 100; i++)
		cr_assert_eq(items[i], i);
	dbn_arena_free(&a);
}

TestSuite(base_arena, .init = hooked, .fini = unhooked);

Test(base_arena, no_memory_leaves_it_whole)
{
	dbn_arena a;

	dbn_arena_init(&a, 0);
	fail_after = 1;
	cr_assert_not_null(dbn_arena_alloc(&a, 10));
	cr_assert_null(dbn_arena_alloc(&a, 1 << 20));
	cr_assert_not_null(dbn_arena_alloc(&a, 10), "what is left of the block is still given");
	dbn_arena_free(&a);
	cr_assert_eq(live, 0);
}

/* ---- map ---- */

TestSuite(base_map, .init = hooked, .fini = unhooked);

static bool
add_up(dbn_text key, void *value, void *user)
{
	(void)key;
	*(size_t *)user += (size_t)(uintptr_t)value;
	return true;
}

static bool
only_one(dbn_text key, void *value, void *user)
{
	(void)key;
	(void)value;
	++*(size_t *)user;
	return false;
}

Test(base_map, puts_finds_and_removes)
{
	dbn_map m;
	char key[32];
	void *old;
	size_t sum = 0, seen = 0;

	dbn_map_init(&m);
	cr_assert_null(dbn_map_get(&m, DBN_TEXT_LIT("x")));
	cr_assert_null(dbn_map_remove(&m, DBN_TEXT_LIT("x")));
	for (uintptr_t i = 1; i <= 5000; i++) {
		(void)snprintf(key, sizeof key, "key %zu", (size_t)i);
		cr_assert_eq(dbn_map_put(&m, dbn_text_z(key), (void *)i, &old), DBN_OK);
		cr_assert_null(old);
	}
	cr_assert_eq(m.count, 5000);
	dbn_map_each(&m, add_up, &sum);
	cr_assert_eq(sum, 5000u * 5001 / 2);
	dbn_map_each(&m, only_one, &seen);
	cr_assert_eq(seen, 1);
	for (uintptr_t i = 1; i <= 5000; i += 2) {
		(void)snprintf(key, sizeof key, "key %zu", (size_t)i);
		cr_assert_eq((uintptr_t)dbn_map_remove(&m, dbn_text_z(key)), i);
	}
	for (uintptr_t i = 1; i <= 5000; i++) {
		(void)snprintf(key, sizeof key, "key %zu", (size_t)i);
		cr_assert_eq((uintptr_t)dbn_map_get(&m, dbn_text_z(key)), i % 2 ? 0 : i);
	}
	cr_assert_eq(m.count, 2500);
	dbn_map_free(&m, NULL);
	cr_assert_eq(live, 0);
}

Test(base_map, keys_are_bytes)
{
	dbn_map m;
	void *old;
	dbn_text empty = { NULL, 0 };

	dbn_map_init(&m);
	cr_assert_eq(dbn_map_put(&m, dbn_text_n("a\0b", 3), (void *)1, NULL), DBN_OK);
	cr_assert_eq(dbn_map_put(&m, dbn_text_n("a\0c", 3), (void *)2, NULL), DBN_OK);
	cr_assert_eq(dbn_map_put(&m, empty, (void *)3, NULL), DBN_OK);
	cr_assert_eq(dbn_map_put(&m, dbn_text_n("a\0b", 3), (void *)4, &old), DBN_OK);
	cr_assert_eq(old, (void *)1);
	cr_assert_eq(dbn_map_get(&m, dbn_text_n("a\0b", 3)), (void *)4);
	cr_assert_eq(dbn_map_get(&m, dbn_text_n("a\0c", 3)), (void *)2);
	cr_assert_eq(dbn_map_get(&m, DBN_TEXT_LIT("")), (void *)3);
	cr_assert_null(dbn_map_get(&m, dbn_text_n("a", 1)));
	cr_assert_eq(m.count, 3);
	dbn_map_free(&m, NULL);
	cr_assert_eq(live, 0);
}

static void
count_free(void *value)
{
	++*(int *)value;
}

Test(base_map, frees_values_and_survives_no_memory)
{
	dbn_map m;
	int freed = 0;

	dbn_map_init(&m);
	cr_assert_eq(dbn_map_put(&m, DBN_TEXT_LIT("a"), &freed, NULL), DBN_OK);
	cr_assert_eq(dbn_map_put(&m, DBN_TEXT_LIT("b"), &freed, NULL), DBN_OK);
	fail_after = 0;
	cr_assert_eq(dbn_map_put(&m, DBN_TEXT_LIT("c"), &freed, NULL), DBN_E_NOMEM);
	cr_assert_eq(m.count, 2);
	cr_assert_eq(dbn_map_get(&m, DBN_TEXT_LIT("b")), &freed);
	dbn_map_free(&m, count_free);
	cr_assert_eq(freed, 2);
	cr_assert_eq(live, 0);
}

/* What another implementation of SipHash-1-3 says: CPython 3.11 hashes bytes with
 * it, under a key of zero when PYTHONHASHSEED is 0. */
Test(base_map, siphash_agrees_with_another)
{
	static const struct {
		const char *text;
		uint64_t hash;
	} known[] = {
		{ "a", UINT64_C(0x407448d2b89b1813) },
		{ "abc", UINT64_C(0xc03bc3a0042630f2) },
		{ "1234567", UINT64_C(0xa33d651594fdae81) },
		{ "12345678", UINT64_C(0x3489982430560a87) },
		{ "123456789", UINT64_C(0x0fbc0f0007965fcf) },
		{ "the quick brown fox jumps over the lazy dog", UINT64_C(0x80a65583f613da2d) },
	};
	unsigned char bytes[64];

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		cr_assert_eq(dbn_hash_seed(known[i].text, strlen(known[i].text), 0, 0),
			known[i].hash, "%s", known[i].text);
	for (unsigned i = 0; i < 64; i++)
		bytes[i] = (unsigned char)i;
	cr_assert_eq(dbn_hash_seed(bytes, 64, 0, 0), UINT64_C(0x75e05fd5bbc870c6));
	cr_assert_neq(dbn_hash_seed("a", 1, 0, 1), dbn_hash_seed("a", 1, 0, 0));
	cr_assert_eq(dbn_hash("a", 1), dbn_hash("a", 1));
}
