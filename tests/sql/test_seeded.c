/* SPDX-License-Identifier: MIT */
/*
 * Bugs on purpose: this program has a copy of the printer and the resolver with the
 * bugs of seeds.txt in it, of which one at a time is alive.  Each must be seen by an
 * oracle over a part of SQLite's corpus; without any the oracles see nothing.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error/error.h"
#include "sql/oracles.h"

#define SEEDS_MIN 20
#define EVERY 5   /* statement of the corpus is one part of it */
#define ENOUGH 12 /* statements by which a bug was seen */

extern int dbn_seed_bug;
int dbn_seed_bug;

struct seed {
	int number;
	char name[64];
	unsigned refused, rows, touches; /* statements by which it was seen, and by what */
};

static void
judge(world *w, const struct corpus_stmt *s, struct seed *seed)
{
	struct oracle_tally t = { 0 };
	dbn_error *err = NULL;
	dbn_plan *p = world_plan(w, s->sql, &err);
	unsigned before = w->wrong;

	if (p) {
		(void)oracle_authorizer(w, s, p);
		seed->touches += w->wrong != before;
		before = w->wrong;
		oracle_same(w, s, p, &t);
		seed->rows += w->wrong != before;
		dbn_plan_release(p);
	} else {
		seed->refused++;
	}
	dbn_error_free(err);
}

static unsigned
seen_by(const struct seed *s)
{
	return s->rows + s->touches + s->refused;
}

/* A part of the corpus, and another part where that does not show it. */
static void
run(world *w, struct seed *seed, size_t parts)
{
	dbn_seed_bug = seed->number;
	for (size_t part = 0; part < parts && !seen_by(seed); part++)
		for (size_t i = ((size_t)seed->number + part) % EVERY; i < w->corpus.count &&
			seen_by(seed) < ENOUGH; i += EVERY)
			if (w->corpus.stmts[i].expect == CORPUS_ACCEPTED)
				judge(w, &w->corpus.stmts[i], seed);
	dbn_seed_bug = 0;
}

/* Those that found their place in the sources as they are. */
static size_t
read_seeds(struct seed *v, size_t max)
{
	char path[1024];
	FILE *f;
	size_t n = 0;

	(void)snprintf(path, sizeof path, "%s/tests/sql/seeded/list", getenv("DBN_TOP_BUILD"));
	f = fopen(path, "r");
	cr_assert_not_null(f, "%s", path);
	while (n < max && fscanf(f, "%d %63s", &v[n].number, v[n].name) == 2)
		n++;
	(void)fclose(f);
	return n;
}

Test(seeded, each_bug_is_seen)
{
	static struct seed seeds[100];
	struct seed none = { 0 };
	size_t n = read_seeds(seeds, 100), blind = 0;
	world w;

	world_open(&w);
	w.quiet = true;
	run(&w, &none, 1);
	cr_expect_eq(none.refused + none.rows + none.touches, 0, "without a bug: %u refused, %u rows, %u "
		"touches", none.refused, none.rows, none.touches);
	for (size_t i = 0; i < n; i++) {
		struct seed *s = &seeds[i];

		run(&w, s, EVERY);
		printf("# %-42s %4u by rows, %4u by the authorizer, %4u refused\n", s->name, s->rows,
			s->touches, s->refused);
		if (!seen_by(s)) {
			blind++;
			cr_log_error("nothing sees the bug %s", s->name);
		}
	}
	cr_expect_eq(blind, 0);
	cr_expect_geq(n, SEEDS_MIN, "only %zu of the bugs of seeds.txt still find their place", n);
	world_close(&w);
}
