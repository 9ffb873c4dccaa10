/* SPDX-License-Identifier: MIT */
/*
 * The database of DBN_TEST_DB with the tables of the corpora in it: seen by a pool
 * whose policy allows all, and by its own client library twice, once as the author
 * of raw text has it and once with no way to find a name that is not qualified.
 */
#ifndef TESTS_SQL_WORLD_H
#define TESTS_SQL_WORLD_H

#include "lib/stack.h"
#include "plan/plan.h"
#include "sql/corpus.h"
#include "sql/engine.h"

#define WORLD_ARGS 64

typedef struct world {
	stack st;
	engine raw, bare;
	struct corpus corpus;
	unsigned wrong;             /* what was wrong so far */
	bool quiet;                 /* count it, and say nothing */
} world;

/* Fail the test on error.  The corpus of the dialect is read too. */
void world_open(world *w);
void world_close(world *w);
/* The text with placeholders as the database's own client knows them.  free() */
char *world_text(const char *sql);
/* What a session would run; NULL and *err.  dbn_plan_release() */
dbn_plan *world_plan(world *w, const char *sql, dbn_error **err);
/* The values of a statement; n of them. */
size_t world_args(const struct corpus_stmt *s, dbn_value *out);
/* The same in the order of the placeholders of the plan's text. */
size_t world_sent(const dbn_plan *p, const dbn_value *args, size_t n, dbn_value *out);
/* Run; where it writes in a transaction that is rolled back, and look at all tables. */
void world_run(engine *e, const char *sql, const dbn_value *args, size_t n, bool writes,
	answer *out, dbn_str *state);
void world_by_session(world *w, const char *sql, const dbn_value *args, size_t n, bool writes,
	const answer *like, answer *out);
/* One more statement that is not as it should be: printed, unless there were many. */
void world_wrong(world *w, const struct corpus_stmt *s, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
