/* SPDX-License-Identifier: MIT */
/*
 * The corpora: how they are read, and that the parser takes every statement they
 * hold to be acceptable and none that they mark otherwise.  What needs names to
 * be refused is the oracles' business, which have a catalogue.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "error/error.h"
#include "sql/corpus.h"
#include "sql/generate.h"
#include "sql/parse.h"

Test(corpus, a_line_is_multiplied_out)
{
	struct corpus c = { 0 };
	static const char *const want[] = { "a x", "b x", "a y1", "b y1", "a y2", "b y2", "a ",
		"b " };

	cr_assert(corpus_read_text(&c, "t", "# no\n\n@{a@|b@} @{x@|y@{1@|2@}@|@}\n"));
	cr_assert_eq(c.count, 8);
	for (size_t i = 0; i < c.count; i++) {
		cr_assert_str_eq(c.stmts[i].sql, want[i]);
		cr_assert_eq(c.stmts[i].line, 3);
	}
	corpus_free(&c);
}

Test(corpus, markers_and_values)
{
	struct corpus c = { 0 };

	cr_assert(corpus_read_text(&c, "t", "!refused(a (b)): SELECT 1\n!later: @args 1, "
		"'it''s @', -2.5, null, true @ SELECT ?\n!refused: x\n"));
	cr_assert_eq(c.count, 3);
	cr_assert_eq(c.refused, 2);
	cr_assert_eq(c.later, 1);
	cr_assert_str_eq(c.stmts[0].names, "a (b)");
	cr_assert_str_eq(c.stmts[1].sql, "SELECT ?");
	cr_assert_eq(c.stmts[1].nargs, 5);
	cr_assert_str_eq(c.stmts[1].args[1].text, "it's @");
	cr_assert_eq(c.stmts[1].args[1].kind, 't');
	cr_assert_eq(c.stmts[1].args[2].kind, 'd');
	cr_assert_eq(c.stmts[1].args[3].kind, 'n');
	cr_assert_str_eq(c.stmts[1].args[4].text, "1");
	corpus_free(&c);
}

Test(corpus, what_is_malformed_is_said)
{
	static const char *const bad[] = { "@{a@|b", "a@}", "a@|b", "@args 1 SELECT", "@args x @ y",
		"!what: SELECT 1", "!later: " };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct corpus c = { 0 };

		cr_assert_not(corpus_read_text(&c, "t", bad[i]), "%s", bad[i]);
		cr_assert(strstr(c.problem, "t:1: "), "%s", c.problem);
		corpus_free(&c);
	}
}

static void
whole(const char *dialect, dbn_dialect_id id)
{
	struct corpus c;
	unsigned wrong = 0;

	cr_assert(corpus_read(&c, dialect), "%s", c.problem);
	generate_wanted(&c, dialect);
	for (size_t i = 0; i < c.count; i++) {
		const struct corpus_stmt *s = &c.stmts[i];
		dbn_sql_stmt *tree = NULL;
		dbn_error *err = NULL;
		dbn_arena a;
		dbn_status rc;

		dbn_arena_init(&a, 0);
		rc = dbn_sql_parse(&a, dbn_sql_dialect_get(id), NULL, dbn_text_z(s->sql), &tree,
			&err);
		if (rc != DBN_OK && s->expect == CORPUS_ACCEPTED) {
			cr_log_error("%s:%u: %s\n  %s (at %u)", s->file, s->line, s->sql,
				dbn_error_message(err), dbn_error_position(err));
			wrong++;
		}
		dbn_error_free(err);
		dbn_arena_free(&a);
	}
	printf("# %s: %zu statements: %zu accepted, %zu refused, %zu still to come\n", dialect,
		c.count, c.accepted, c.refused, c.later);
	cr_assert_eq(wrong, 0, "%u statements of the corpus do not parse", wrong);
	corpus_free(&c);
}

Test(corpus, sqlite) { whole("sqlite", DBN_DIALECT_SQLITE); }
Test(corpus, postgres) { whole("postgres", DBN_DIALECT_POSTGRES); }
Test(corpus, mysql) { whole("mysql", DBN_DIALECT_MYSQL); }
