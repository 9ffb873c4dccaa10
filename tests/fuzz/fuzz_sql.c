/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a statement of each dialect and as a policy's expression.  Beyond not crashing:
 * what was read prints as source that is read again to the same source, and what
 * was resolved prints as one canonical statement with the same parameters.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sql/parse.h"
#include "sql/print.h"
#include "sql/resolve.h"
#include "sql_catalog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(cond) do { if (!(cond)) { \
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); abort(); } } while (0)

/* What a dialect has no words for is an error with a reason; false then. */
static bool
print(const dbn_sql_stmt *s, const dbn_sql_dialect *d, uint32_t mode, dbn_str *out)
{
	dbn_error *err = NULL;
	dbn_status rc;

	dbn_str_init(out, 0);
	rc = dbn_sql_print(s, d, mode, NULL, 0, out, &err);
	if (rc != DBN_OK && rc != DBN_E_UNSUPPORTED && rc != DBN_E_SYNTAX && rc != DBN_E_LIMIT)
		fprintf(stderr, "%s\n", dbn_error_message(err));
	MUST(rc == DBN_OK || rc == DBN_E_UNSUPPORTED || rc == DBN_E_SYNTAX || rc == DBN_E_LIMIT);
	MUST(rc == DBN_OK || *dbn_error_message(err));
	dbn_error_free(err);
	return rc == DBN_OK;
}

/* The text of the tree is read back; limits may be hit by the longer text.  Source
 * text is for SQLite and PostgreSQL, where it is compared with other parsers. */
static void
round_trip(dbn_arena *a, const dbn_sql_dialect *d, const dbn_sql_stmt *s)
{
	dbn_sql_stmt *t = NULL;
	dbn_error *err = NULL;
	dbn_str once, twice;
	dbn_status rc;

	if (d->id == DBN_DIALECT_MYSQL)
		return;
	if (!print(s, d, DBN_PRINT_SOURCE, &once)) {
		dbn_str_free(&once);
		return;
	}
	rc = dbn_sql_parse(a, d, NULL, dbn_text_n(once.ptr, once.len), &t, &err);
	if (rc != DBN_OK && rc != DBN_E_LIMIT)
		fprintf(stderr, "%s: %s\n%s\n", d->name, once.ptr, dbn_error_message(err));
	MUST(rc == DBN_OK || rc == DBN_E_LIMIT);
	if (rc == DBN_OK) {
		MUST(print(t, d, DBN_PRINT_SOURCE, &twice));
		if (strcmp(once.ptr, twice.ptr) != 0)
			fprintf(stderr, "%s: %s\n%s\n", d->name, once.ptr, twice.ptr);
		MUST(strcmp(once.ptr, twice.ptr) == 0);
		MUST(s->nparams == t->nparams);
		dbn_str_free(&twice);
	}
	dbn_error_free(err);
	dbn_str_free(&once);
}

static void
resolved(const dbn_sql_dialect *d, dbn_sql_stmt *s, dbn_error **err)
{
	dbn_sql_result res;
	dbn_str out;

	if (dbn_sql_resolve(s, d, &fuzz_catalog, &res, err) != DBN_OK)
		return;
	(void)print(s, d, DBN_PRINT_CANONICAL, &out);
	dbn_str_free(&out);
	for (uint32_t i = 0; i < res.nuses; i++)
		MUST(res.uses[i].rel && res.uses[i].from->id == 0);
	MUST(res.nparams == s->nparams);
}

static void
statement(const dbn_sql_dialect *d, dbn_text text)
{
	dbn_sql_stmt *s = NULL;
	dbn_error *err = NULL;
	dbn_arena a;
	dbn_str out;

	dbn_arena_init(&a, (size_t)256 << 20);
	if (dbn_sql_parse(&a, d, NULL, text, &s, &err) == DBN_OK) {
		(void)print(s, d, DBN_PRINT_FINGERPRINT, &out);
		dbn_str_free(&out);
		if (s->kind != DBN_STMT_ADMIN) {
			round_trip(&a, d, s);
			resolved(d, s, &err);
		}
	} else {
		MUST(dbn_error_position(err) <= text.len + 1);
	}
	dbn_error_free(err);
	dbn_arena_free(&a);
}

static void
expression(dbn_text text)
{
	dbn_sql_expr *e = NULL;
	dbn_error *err = NULL;
	dbn_arena a;
	dbn_str out;

	dbn_arena_init(&a, (size_t)256 << 20);
	if (dbn_sql_parse_expr(&a, dbn_sql_dialect_policy(), NULL, text, &e, &err) == DBN_OK) {
		dbn_str_init(&out, 0);
		MUST(dbn_sql_print_expr(e, dbn_sql_dialect_policy(), DBN_PRINT_SOURCE, &out,
			&err) == DBN_OK);
		(void)dbn_sql_expr_is_leakproof(dbn_sql_dialect_policy(), e);
		MUST(dbn_sql_expr_copy(&a, e));
		dbn_str_free(&out);
	}
	dbn_error_free(err);
	dbn_arena_free(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	dbn_text text = { (const char *)data, size };

	for (uint32_t d = DBN_DIALECT_SQLITE; d <= DBN_DIALECT_MYSQL; d++)
		statement(dbn_sql_dialect_get((dbn_dialect_id)d), text);
	expression(text);
	return 0;
}
