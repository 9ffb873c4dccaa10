/* SPDX-License-Identifier: MIT */
/*
 * Twice the text, twice the work: what compiling does is counted, not timed.  The
 * linker puts counters before the functions that compare names, hash, allocate and
 * append; statements of many shapes are doubled in all three dialects.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../../tools/bench/lab.h"
#include "../../../tools/bench/shapes.h"
#include "base/index.h"
#include "base/map.h"

static uint64_t work;

#define COUNTED(type, name, params, args) \
	type __real_##name params; \
	type __wrap_##name params; \
	type \
	__wrap_##name params \
	{ \
		work++; \
		return __real_##name args; \
	}
COUNTED(bool, dbn_text_eq, (dbn_text a, dbn_text b), (a, b))
COUNTED(bool, dbn_text_ieq, (dbn_text a, dbn_text b), (a, b))
COUNTED(uint64_t, dbn_hash, (const void *p, size_t n), (p, n))
COUNTED(void *, dbn_arena_alloc, (dbn_arena *a, size_t n), (a, n))
COUNTED(void *, dbn_arena_zalloc, (dbn_arena *a, size_t n), (a, n))
COUNTED(void *, dbn_arena_array, (dbn_arena *a, size_t count, size_t size), (a, count, size))
COUNTED(bool, dbn_arena_grow, (dbn_arena *a, void *items, size_t *cap, size_t need, size_t size),
	(a, items, cap, need, size))
COUNTED(void, dbn_str_addc, (dbn_str *s, char c), (s, c))
COUNTED(void, dbn_str_add, (dbn_str *s, const char *p, size_t n), (s, p, n))
COUNTED(uint32_t, dbn_index_next, (const dbn_index *ix, uint32_t at), (ix, at))

static int64_t
work_of(lab *l, const struct shape *s, unsigned parts, bool own)
{
	struct shape_text t = { NULL, 0, 0 };
	dbn_text sql = shape_make(&t, s, parts);
	dbn_error *err = NULL;

	work = 0;
	cr_assert_eq(lab_compile(l, own, sql, NULL, &err), DBN_OK, "%s of %u: %s", s->name, parts,
		dbn_error_message(err));
	free(t.at);
	return (int64_t)work;
}

static void
doubled(dbn_dialect_id id, bool own)
{
	lab *l = lab_open(id);

	for (const struct shape *s = shapes; s->name; s++) {
		unsigned n = s->few ? s->few / 4 : 500;
		int64_t one, two, four;

		if (own && strncmp(s->name, "VALUES", 6) == 0)
			continue; /* the rule is a check there: its own test */
		(void)work_of(l, s, n * 4, own); /* the catalogue knows the tables now */
		one = work_of(l, s, n, own);
		two = work_of(l, s, n * 2, own);
		four = work_of(l, s, n * 4, own);
		/* Linear: 2.  Joins look each name up in all tables, of which there are few. */
		cr_expect(four - two <= (two - one) * (s->few == 50 ? 3 : 2) + two / 5,
			"%s, dialect %u: %lld, %lld, %lld for %u, %u, %u parts", s->name, id,
			(long long)one, (long long)two, (long long)four, n,
			n * 2, n * 4);
	}
	lab_close(l);
}

Test(work, sqlite) { doubled(DBN_DIALECT_SQLITE, false); }
Test(work, postgres) { doubled(DBN_DIALECT_POSTGRES, false); }
Test(work, mysql) { doubled(DBN_DIALECT_MYSQL, false); }
Test(work, sqlite_with_row_rules) { doubled(DBN_DIALECT_SQLITE, true); }
Test(work, postgres_with_row_rules) { doubled(DBN_DIALECT_POSTGRES, true); }

/* ---- the index ---- */

Test(index, finds_each_of_many_and_no_other)
{
	enum { MANY = 20000 };
	dbn_index ix = { NULL, 0, NULL, 0, 0 };
	static char names[MANY][16];
	dbn_arena a;
	uint64_t looked_at = 0;

	dbn_arena_init(&a, 0);
	for (uint32_t i = 0; i < MANY; i++) {
		(void)snprintf(names[i], sizeof names[i], "Name%u", i);
		cr_assert(dbn_index_add(&ix, &a, dbn_hash_name(dbn_text_z(names[i]), 0)));
	}
	for (uint32_t i = 0; i < MANY; i++) {
		uint32_t found = 0;
		char small[16];

		(void)snprintf(small, sizeof small, "nAME%u", i);
		for (uint32_t k = dbn_index_first(&ix, dbn_hash_name(dbn_text_z(small), 0));
			k != DBN_INDEX_END; k = dbn_index_next(&ix, k), looked_at++)
			found += k == i;
		cr_assert_eq(found, 1, "%u", i);
	}
	cr_expect_leq(looked_at, MANY + 10); /* 32 bits of a hash: chains hold one */
	cr_expect_eq(dbn_index_first(&ix, dbn_hash_name(dbn_text_z("other"), 0)), DBN_INDEX_END);
	dbn_arena_free(&a);
}

Test(index, newest_of_equals_first_also_after_it_grew)
{
	dbn_index ix = { NULL, 0, NULL, 0, 0 };
	dbn_arena a;
	uint32_t want = 40, at;

	dbn_arena_init(&a, 0);
	cr_expect_eq(dbn_index_first(&ix, 7), DBN_INDEX_END, "empty");
	for (uint32_t i = 0; i < want; i++)
		cr_assert(dbn_index_add(&ix, &a, 7));
	for (at = dbn_index_first(&ix, 7); at != DBN_INDEX_END; at = dbn_index_next(&ix, at))
		cr_assert_eq(at, --want);
	cr_expect_eq(want, 0);
	dbn_arena_free(&a);
}

Test(index, no_memory_is_said)
{
	dbn_index ix = { NULL, 0, NULL, 0, 0 };
	dbn_arena a;
	uint32_t n = 0;

	dbn_arena_init(&a, 4096);
	while (n < 100000 && dbn_index_add(&ix, &a, n))
		n++;
	cr_expect_lt(n, 100000);
	cr_expect_eq(dbn_index_first(&ix, 0), 0, "what was there is found still");
	dbn_arena_free(&a);
}
