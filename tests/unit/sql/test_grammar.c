/* SPDX-License-Identifier: MIT */
/*
 * The table of constructs against the parser: every sample is run, refused by the
 * name it has in the table, or not known, as its line says for the dialect; what is
 * run notes its construct.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "error/error.h"
#include "fixture.h"
#include "sql/grammar.h"

static struct fixture fx;

static void
open_fixture(void)
{
	fixture_open(&fx);
}

static void
close_fixture(void)
{
	fixture_close(&fx);
}

static const char *const dialects[] = { "sqlite", "postgres", "mysql" };

/* As it would be sent; false: the printer has no words for it. */
static bool
prints(const dbn_sql_stmt *s, const dbn_sql_dialect *d, dbn_error **err)
{
	dbn_str out;
	dbn_status rc;

	dbn_str_init(&out, 0);
	rc = dbn_sql_print(s, d, DBN_PRINT_CANONICAL, NULL, 0, &out, err);
	dbn_str_free(&out);
	return rc == DBN_OK;
}

/* NULL: as the table says; else what is wrong. */
static const char *
wrong(uint32_t id, dbn_dialect_id d, const char *sql, dbn_error **err)
{
	const dbn_sql_construct *c = dbn_sql_construct_get(id);
	dbn_sql_result res = { 0 };
	dbn_sql_stmt *s = NULL;
	dbn_status rc = dbn_sql_parse(&fx.arena, dbn_sql_dialect_get(d), NULL, dbn_text_z(sql), &s, err);

	switch (dbn_sql_construct_state(id, d)) {
	case DBN_G_RUN:
		if (rc != DBN_OK)
			return "it is not read";
		if (!dbn_sql_uses_has(&s->constructs, id))
			return "it is not noted";
		if (s->kind == DBN_STMT_ADMIN)
			return NULL;
		if (dbn_sql_resolve(s, dbn_sql_dialect_get(d), &fx.cat, &res, err) != DBN_OK)
			return "it does not resolve";
		return prints(s, dbn_sql_dialect_get(d), err) ? NULL : "it cannot be printed";
	case DBN_G_REFUSED:
		if (rc == DBN_OK) /* what only the resolver can tell */
			rc = dbn_sql_resolve(s, dbn_sql_dialect_get(d), &fx.cat, &res, err);
		if (rc == DBN_OK && prints(s, dbn_sql_dialect_get(d), err))
			return "it is not refused";
		return strstr(dbn_error_message(*err), c->name) && *c->why ? NULL
			: "it is refused by another name, or without a reason";
	default:
		return rc == DBN_E_SYNTAX ? NULL : "it is not unknown";
	}
}

Test(grammar, samples, .init = open_fixture, .fini = close_fixture)
{
	size_t bad = 0;

	for (uint32_t id = 1; id < DBN_G_COUNT; id++) {
		const dbn_sql_construct *c = dbn_sql_construct_get(id);

		cr_assert(strlen(c->states) == 3 || strlen(c->states) == 4, "%s", c->name);
		for (uint32_t d = 0; d < 3; d++) {
			dbn_error *err = NULL;
			const char *what = *c->sample[d] ? wrong(id, (dbn_dialect_id)(d + 1),
				c->sample[d], &err) : c->states[d] == '.' ? NULL : "it has no sample";

			bad += what != NULL;
			if (what)
				cr_log_error("%s, %s: %s: %s (%s)", c->name, dialects[d], what,
					c->sample[d], err ? dbn_error_message(err) : "");
			dbn_error_free(err);
		}
	}
	cr_assert_eq(bad, 0, "%zu samples are not as the table says", bad);
}

Test(grammar, names_are_one_each)
{
	for (uint32_t i = 1; i < DBN_G_COUNT; i++)
		for (uint32_t k = i + 1; k < DBN_G_COUNT; k++)
			cr_assert_str_neq(dbn_sql_construct_get(i)->name, dbn_sql_construct_get(k)->name);
}
