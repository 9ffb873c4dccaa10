/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a statement and as a policy's expression.  Beyond not crashing:
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

static void
print(const dbn_sql_stmt *s, uint32_t mode, dbn_str *out)
{
	dbn_error *err = NULL;
	dbn_status rc;

	dbn_str_init(out, 0);
	rc = dbn_sql_print(s, dbn_sql_dialect_get(DBN_DIALECT_SQLITE), mode, NULL, 0, out, &err);
	if (rc != DBN_OK)
		fprintf(stderr, "%s\n", dbn_error_message(err));
	MUST(rc == DBN_OK);
}

/* The text of the tree is read back; limits may be hit by the longer text. */
static void
round_trip(dbn_arena *a, const dbn_sql_dialect *d, const dbn_sql_stmt *s)
{
	dbn_sql_stmt *t = NULL;
	dbn_error *err = NULL;
	dbn_str once, twice;
	dbn_status rc;

	print(s, DBN_PRINT_SOURCE, &once);
	rc = dbn_sql_parse(a, d, NULL, dbn_text_n(once.ptr, once.len), &t, &err);
	if (rc != DBN_OK && rc != DBN_E_LIMIT)
		fprintf(stderr, "%s\n%s\n", once.ptr, dbn_error_message(err));
	MUST(rc == DBN_OK || rc == DBN_E_LIMIT);
	if (rc == DBN_OK) {
		print(t, DBN_PRINT_SOURCE, &twice);
		if (strcmp(once.ptr, twice.ptr) != 0)
			fprintf(stderr, "%s\n%s\n", once.ptr, twice.ptr);
		MUST(strcmp(once.ptr, twice.ptr) == 0);
		MUST(s->nparams == t->nparams);
		dbn_str_free(&twice);
	}
	dbn_error_free(err);
	dbn_str_free(&once);
}

static void
statement(dbn_text text)
{
	const dbn_sql_dialect *d = dbn_sql_dialect_get(DBN_DIALECT_SQLITE);
	dbn_sql_stmt *s = NULL;
	dbn_sql_result res;
	dbn_error *err = NULL;
	dbn_arena a;
	dbn_str out;

	dbn_arena_init(&a, (size_t)256 << 20);
	if (dbn_sql_parse(&a, d, NULL, text, &s, &err) == DBN_OK) {
		print(s, DBN_PRINT_FINGERPRINT, &out);
		dbn_str_free(&out);
		if (s->kind != DBN_STMT_ADMIN) {
			round_trip(&a, d, s);
			if (dbn_sql_resolve(s, d, &fuzz_catalog, &res, &err) == DBN_OK) {
				print(s, DBN_PRINT_CANONICAL, &out);
				dbn_str_free(&out);
				for (uint32_t i = 0; i < res.nuses; i++)
					MUST(res.uses[i].rel && res.uses[i].from->id == 0);
				MUST(res.nparams == s->nparams);
			}
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

	statement(text);
	expression(text);
	return 0;
}
