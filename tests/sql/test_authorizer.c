/* SPDX-License-Identifier: MIT */
/*
 * Every statement of SQLite's corpus against its authorizer: see authorizer.c.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "error/error.h"
#include "sql/oracles.h"

Test(authorizer, reports_what_was_foretold)
{
	size_t compared = 0, touches = 0;
	dbn_error *err = NULL;
	world w;

	world_open(&w);
	for (size_t i = 0; i < w.corpus.count; i++) {
		const struct corpus_stmt *s = &w.corpus.stmts[i];
		dbn_plan *p = s->expect == CORPUS_ACCEPTED ? world_plan(&w, s->sql, &err) : NULL;

		if (p) {
			compared++;
			touches += oracle_authorizer(&w, s, p);
			dbn_plan_release(p);
		}
		dbn_error_free(err);
		err = NULL;
	}
	printf("# %zu statements compared, %zu touches\n", compared, touches);
	cr_expect_eq(w.wrong, 0);
	cr_expect_geq(compared, 3000);
	world_close(&w);
}
