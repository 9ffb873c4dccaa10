/* SPDX-License-Identifier: MIT */
/*
 * The n-th allocation fails, for every n, from text to canonical text: the answer
 * is DBN_E_NOMEM, the tree is only freed, and nothing is lost.
 */
#include <stdlib.h>

#include <criterion/criterion.h>

#include "../../fuzz/sql_catalog.h"
#include "base/mem.h"
#include "sql/parse.h"
#include "sql/print.h"
#include "sql/resolve.h"

static unsigned calls, fail_at;
static long live;

static void *
counted_alloc(size_t size)
{
	void *p = ++calls == fail_at ? NULL : malloc(size);

	live += p != NULL;
	return p;
}

static void *
counted_resize(void *old, size_t size)
{
	void *p = ++calls == fail_at ? NULL : realloc(old, size);

	live += p && !old;
	return p;
}

static void
counted_release(void *p)
{
	live -= p != NULL;
	free(p);
}

static const struct dbn_mem_hooks hooks = { counted_alloc, counted_resize, counted_release };

/* "@2 " and "@3 ": of PostgreSQL and of MySQL. */
static const char *const texts[] = {
	("with recursive q(n) as (values(1) union all select n + 1 from q where n < 5) select "
		"t.*, u.id as x, "
		"'it''s', x'00ff', cast(t.a as varchar(20)), sum(t.a) filter (where t.a > 1) "
		"over (w rows 1 preceding) "
		"from t full join u using (id) join (select a, a from t) s on s.a = t.a, q where "
		"t.b like 'x%' and "
		"t.a in (1, ?, 3) and exists (select 1 from u where u.id = t.id) group by 1, x "
		"window w as (partition by "
		"t.b) order by x desc, 2 collate nocase limit ?"),
	("insert into t as z (a, b) values (1, ?), (2, 'x') on conflict (id) do update set (a, "
	"b) = (excluded.a, "
		"z.b) where z.a is not true returning *"),
	"update t set a = (select max(id) from u) from u where t.id = u.id returning b",
	"delete from t where a between 1 and 2",
	"select j.key, main.t.a from t left join json_each(t.b, '$.x') as j on j.value > 1",
	("@2 select distinct on (s.a) s.a, g.n, l.m, grouping(s.a) as i, main.t.b from t join "
		"(values (1, 2), (4, 3)) s (a, b) on s.b = t.a cross join lateral (select max(u.id) + t.a "
		"as m from u where u.id in ((select 1) union select 2)) l left join rows from "
		"(generate_series(1, 3), unnest(null)) with ordinality as g (n, o) on true group by "
		"distinct rollup (s.a, 2), grouping sets ((3), ()), t.b order by 1 offset 1 rows fetch "
		"first 2 rows with ties"),
	("@2 (select 1, 2, 3, id from only u tablesample system (1) repeatable (2) limit 1 for update of u skip "
		"locked) union all table t intersect all (select 1, 2, 3, 4 except all table t)"),
	("@3 select sql_no_cache straight_join x.a from t partition (p) as x use index for join (i, j) "
		"straight_join u on u.id = x.id group by x.a with rollup"),
	"create table x(a)",
	"select nope from t",
	"select 'unterminated",
};

static dbn_status
whole_way(const char *text)
{
	const dbn_sql_dialect *d = dbn_sql_dialect_get(*text == '@' ? (dbn_dialect_id)(text[1] - '0')
		: (dbn_dialect_id)DBN_DIALECT_SQLITE);
	static const uint32_t widths[] = { 40, 1 };
	dbn_sql_stmt *s = NULL;
	dbn_sql_result res;
	dbn_error *err = NULL;
	dbn_arena a;
	dbn_status rc;
	dbn_str out;

	dbn_arena_init(&a, 0);
	dbn_str_init(&out, 0);
	rc = dbn_sql_parse(&a, d, NULL, dbn_text_z(*text == '@' ? text + 3 : text), &s, &err);
	if (rc == DBN_OK && s->kind != DBN_STMT_ADMIN)
		rc = dbn_sql_resolve(s, d, &fuzz_catalog, &res, &err);
	if (rc == DBN_OK && s->query && !dbn_sql_query_copy(&a, s->query))
		rc = dbn_fail_nomem(&err);
	if (rc == DBN_OK)
		rc = dbn_sql_print(s, d, DBN_PRINT_CANONICAL,
			s->kind == DBN_STMT_SELECT ? widths : NULL, 2, &out,
			&err);
	cr_expect_eq(rc, dbn_error_code(err), "%s", text);
	dbn_error_free(err);
	dbn_str_free(&out);
	dbn_arena_free(&a);
	return rc;
}

Test(sql_nomem, every_allocation_may_fail)
{
	dbn_mem_set_hooks(&hooks);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		dbn_status want, rc;

		fail_at = 0;
		want = whole_way(texts[i]);
		cr_assert(want == DBN_OK || *texts[i] != '@', "%s: %s", texts[i], dbn_status_name(want));
		for (fail_at = 1;; fail_at++) {
			calls = 0;
			rc = whole_way(texts[i]);
			cr_assert_eq(live, 0, "%s: %ld blocks lost after allocation %u",
				texts[i], live, fail_at);
			if (calls < fail_at)
				break;
			cr_assert(rc == DBN_E_NOMEM || rc == want, "%s: allocation %u: %s",
				texts[i], fail_at,
				dbn_status_name(rc));
		}
		cr_assert_gt(fail_at, 1, "allocations were seen");
		cr_assert_eq(rc, want);
	}
	dbn_mem_set_hooks(NULL);
}

/* The arena's own limit ends a statement as any other want of memory does. */
Test(sql_nomem, a_small_arena_ends_the_statement)
{
	const dbn_sql_dialect *d = dbn_sql_dialect_get(DBN_DIALECT_SQLITE);

	for (size_t limit = 64; limit < 40000; limit += 512) {
		dbn_sql_stmt *s = NULL;
		dbn_sql_result res;
		dbn_error *err = NULL;
		dbn_arena a;
		dbn_status rc;

		dbn_arena_init(&a, limit);
		rc = dbn_sql_parse(&a, d, NULL, dbn_text_z(texts[0]), &s, &err);
		if (rc == DBN_OK)
			rc = dbn_sql_resolve(s, d, &fuzz_catalog, &res, &err);
		cr_assert(rc == DBN_OK || rc == DBN_E_NOMEM, "%zu: %s", limit, dbn_status_name(rc));
		dbn_error_free(err);
		dbn_arena_free(&a);
	}
}
