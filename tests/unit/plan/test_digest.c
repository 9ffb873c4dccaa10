/* SPDX-License-Identifier: MIT */
/*
 * The digest of a plan is the key of its cached rows: what differs in any one part
 * differs in it, and the same statement written otherwise has the same.  The hash has
 * a wrapper that leaves one part out: then the pair that differs in that part alone
 * must be one, or the pairs here would not see a part that is forgotten.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "../../../tools/bench/lab.h"

#define PARTS 5
static size_t dropped = PARTS, nparts;

dbn_status __real_dbn_digest_make(const dbn_text *parts, size_t n, dbn_digest *out);
dbn_status __wrap_dbn_digest_make(const dbn_text *parts, size_t n, dbn_digest *out);

dbn_status
__wrap_dbn_digest_make(const dbn_text *parts, size_t n, dbn_digest *out)
{
	dbn_text some[8];

	cr_assert_leq(n, 8);
	nparts = n;
	memcpy(some, parts, n * sizeof *some);
	if (dropped < n)
		some[dropped] = dbn_text_n("", 0);
	return __real_dbn_digest_make(some, n, out);
}

struct side {
	const char *sql;
	bool own;
	const char *database;
	uint64_t version;
};

static dbn_digest
digest_of(dbn_dialect_id id, const struct side *s)
{
	lab *l = lab_open(id);
	dbn_error *err = NULL;
	dbn_plan *plan = NULL;
	dbn_digest d;

	lab_set_version(l, s->version ? s->version : 1);
	cr_assert_eq(lab_plan(l, s->own, s->database ? s->database : "main", dbn_text_z(s->sql), &plan,
		&err), DBN_OK, "%s: %s", s->sql, dbn_error_message(err));
	d = plan->digest;
	dbn_plan_release(plan);
	lab_close(l);
	return d;
}

/* In the order of the parts of the digest: each pair differs in that one alone. */
static const struct pair {
	dbn_dialect_id id;
	struct side a, b;
} pairs[PARTS] = {
	{ DBN_DIALECT_SQLITE, { .sql = "SELECT id FROM t WHERE name = 'a'" },
		{ .sql = "SELECT id FROM t WHERE name = 'b'" } },
	{ DBN_DIALECT_POSTGRES, { .sql = "SELECT 1 AS x" }, { .sql = "SELECT 1 AS x", .own = true } },
	{ DBN_DIALECT_POSTGRES, { .sql = "SELECT id FROM t" }, { .sql = "SELECT id FROM t", .version = 2 } },
	{ DBN_DIALECT_SQLITE, { .sql = "SELECT 2 AS x" }, { .sql = "SELECT 2 AS x", .database = "other" } },
	{ DBN_DIALECT_MYSQL, { .sql = "SELECT id FROM t ORDER BY id LIMIT ?, ?" },
		{ .sql = "SELECT id FROM t ORDER BY id LIMIT ? OFFSET ?" } },
};

Test(digest, each_part_counts)
{
	for (size_t i = 0; i < PARTS; i++) {
		dbn_digest a = digest_of(pairs[i].id, &pairs[i].a), b = digest_of(pairs[i].id, &pairs[i].b);

		cr_expect_not(dbn_digest_eq(&a, &b), "part %zu: %s", i, pairs[i].a.sql);
	}
	cr_expect_eq(nparts, PARTS, "a part is new: it needs a pair");
}

Test(digest, a_part_that_is_forgotten_is_seen)
{
	for (dropped = 0; dropped < PARTS; dropped++)
		for (size_t i = 0; i < PARTS; i++) {
			dbn_digest a = digest_of(pairs[i].id, &pairs[i].a);
			dbn_digest b = digest_of(pairs[i].id, &pairs[i].b);

			cr_expect_eq(dbn_digest_eq(&a, &b), i == dropped, "pair %zu without part %zu", i, dropped);
		}
}

/* One statement in two spellings; the outputs have a name where the text would be it. */
static const struct {
	dbn_dialect_id id; /* 0: all three */
	const char *a, *b;
} same[] = {
	{ 0, "SELECT id FROM t", "select\n id from t -- all\n" },
	{ DBN_DIALECT_POSTGRES, "SELECT id FROM t", "select ID from T" },
	{ DBN_DIALECT_POSTGRES, "SELECT id FROM t", "SELECT public.t.id FROM public.t" },
	{ DBN_DIALECT_SQLITE, "SELECT id FROM t", "SELECT \"id\" FROM main.[t]" },
	{ DBN_DIALECT_MYSQL, "SELECT id FROM t", "SELECT `id` FROM `t`" },
	{ 0, "SELECT a.id FROM t a, u b WHERE a.id = b.id", "SELECT x.id FROM t AS x, u AS y WHERE (x.id = y.id)" },
	{ 0, "SELECT * FROM t", "SELECT id, name, owner, age, team_id, score FROM t" },
	{ 0, "SELECT id FROM t WHERE age <> 1 AND name IS NOT NULL", "SELECT id FROM t WHERE ((age != 1) AND name is not null)" },
	{ 0, "WITH q AS (SELECT id FROM t) SELECT id FROM q", "WITH w AS (SELECT id FROM t) SELECT w.id FROM w" },
	{ 0, "SELECT id AS i FROM t ORDER BY 1", "SELECT id i FROM t ORDER BY i" },
	{ 0, "SELECT id FROM t WHERE id IN (1, 2) ORDER BY t.id DESC", "SELECT t.id FROM t WHERE t.id IN (1,2) ORDER BY t.id desc" },
	{ 0, "SELECT count(*) AS n FROM t JOIN u ON t.id = u.id", "SELECT COUNT(*) n FROM t INNER JOIN u ON (t.id = u.id)" },
	{ DBN_DIALECT_POSTGRES, "SELECT 'it''s' AS x", "SELECT E'it\\'s' AS x" },
	{ DBN_DIALECT_POSTGRES, "SELECT 'a' AS x", "SELECT $q$a$q$ AS x" },
	{ DBN_DIALECT_POSTGRES, "SELECT CAST(id AS text) AS x FROM t", "SELECT id::text AS x FROM t" },
	{ DBN_DIALECT_POSTGRES, "SELECT id FROM t WHERE id = ?", "SELECT id FROM t WHERE id = $1" },
	{ DBN_DIALECT_MYSQL, "SELECT 'ab' AS x", "SELECT 'a' 'b' AS x" },
	{ DBN_DIALECT_MYSQL, "SELECT id FROM t LIMIT 2 OFFSET 1", "SELECT id FROM t LIMIT 1, 2" },
	{ DBN_DIALECT_SQLITE, "SELECT id FROM t WHERE id = 1", "SELECT id FROM t WHERE id == 1" },
};

Test(digest, spellings_of_one_statement_share_it)
{
	for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
		for (uint32_t id = DBN_DIALECT_SQLITE; id <= DBN_DIALECT_MYSQL; id++) {
			struct side a = { .sql = same[i].a }, b = { .sql = same[i].b };
			dbn_digest x, y;

			if (same[i].id && same[i].id != (dbn_dialect_id)id)
				continue;
			x = digest_of((dbn_dialect_id)id, &a);
			y = digest_of((dbn_dialect_id)id, &b);
			cr_expect(dbn_digest_eq(&x, &y), "dialect %u: %s | %s", id, same[i].a, same[i].b);
		}
}
