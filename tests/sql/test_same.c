/* SPDX-License-Identifier: MIT */
/*
 * Text against canonical text, on the database itself: rows, names, types and what
 * is in the tables afterwards must be the same, and a session gives the same cells.
 * Names must be found without a search path or a current schema.  Where rows have an
 * order it must be the same; elsewhere they are compared as a bag.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "error/error.h"
#include "session/session_impl.h"
#include "sql/coverage.h"
#include "sql/oracles.h"

static void
accepted(world *w, const struct corpus_stmt *s, dbn_plan *p, struct oracle_tally *t,
	struct coverage *c)
{
	struct oracle_tally was = *t;

	oracle_same(w, s, p, t);
	coverage_note(c, &p->stmt->constructs, t->failing == was.failing && t->empty == was.empty &&
		(t->writes == was.writes || t->changing > was.changing), !strcmp(s->file, "generated"));
}

static void
one(world *w, const struct corpus_stmt *s, struct oracle_tally *t, struct coverage *c)
{
	dbn_error *err = NULL;
	dbn_plan *p = world_plan(w, s->sql, &err);

	t->refused += s->expect == CORPUS_REFUSED;
	t->later += s->expect == CORPUS_LATER;
	if (p && s->expect == CORPUS_ACCEPTED)
		accepted(w, s, p, t, c);
	else if (p)
		world_wrong(w, s, "is accepted, which the corpus does not say");
	else if (s->expect == CORPUS_ACCEPTED)
		world_wrong(w, s, "is refused: %s | %s", dbn_error_message(err), dbn_error_detail(err));
	else if (s->names && !strstr(dbn_error_message(err), s->names))
		world_wrong(w, s, "is refused with another message: %s", dbn_error_message(err));
	if (p)
		dbn_plan_release(p);
	dbn_error_free(err);
}

Test(same, text_and_canonical_text)
{
	struct oracle_tally t = { 0 };
	struct coverage c = { 0 };
	world w;

	world_open(&w);
	for (size_t i = 0; i < w.corpus.count; i++)
		one(&w, &w.corpus.stmts[i], &t, &c);
	printf("# %s: %zu statements: %u the same (%u of them failing, %u moving), %u refused, %u to "
		"come; %u reads without rows; %u writes, %u of them change rows\n", stack_database(),
		w.corpus.count, t.same, t.failing, t.moving, t.refused, t.later, t.empty, t.writes,
		t.changing);
	cr_expect_eq(w.wrong, 0, "%u statements of %zu", w.wrong, w.corpus.count);
	cr_expect_eq(coverage_table(&c, w.st.session->home->sql->id), 0,
		"a construct is hardly tested: add statements to the corpus");
	world_close(&w);
}
