/* SPDX-License-Identifier: MIT */
/* The SQLSTATE table row by row, the names of statuses, and the error object. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dbnexus/plugin/host.h>

#include "base/mem.h"
#include "base/str.h"
#include "error/error.h"

/* ---- the table ---- */

static const struct {
	const char *state;
	dbn_status status;
	bool retryable;
} rows[] = {
	{ "00000", DBN_OK, false },
	{ "02000", DBN_E_NOT_FOUND, false },
	{ "08000", DBN_E_CONN, true }, { "08001", DBN_E_CONN, true }, { "08003", DBN_E_CONN, true },
	{ "08006", DBN_E_CONN, true }, { "08007", DBN_E_UNKNOWN_OUTCOME, false },
	{ "0A000", DBN_E_UNSUPPORTED, false },
	{ "22001", DBN_E_VALUE, false }, { "22003", DBN_E_VALUE, false },
	{ "22P02", DBN_E_VALUE, false }, { "22012", DBN_E_VALUE, false },
	{ "23505", DBN_E_DUPLICATE, false }, { "23502", DBN_E_CONSTRAINT, false },
	{ "23503", DBN_E_CONSTRAINT, false }, { "23514", DBN_E_CONSTRAINT, false },
	{ "23000", DBN_E_CONSTRAINT, false },
	{ "25001", DBN_E_TXN_ACTIVE, false }, { "25006", DBN_E_DENIED, false },
	{ "25P01", DBN_E_TXN_NONE, false }, { "25P02", DBN_E_TXN_FAILED, false },
	{ "25000", DBN_E_INVALID, false },
	{ "28000", DBN_E_IDENTITY, false }, { "28P01", DBN_E_IDENTITY, false },
	{ "40001", DBN_E_CONFLICT, true }, { "40P01", DBN_E_CONFLICT, true },
	{ "40003", DBN_E_UNKNOWN_OUTCOME, false }, { "40000", DBN_E_CONFLICT, true },
	{ "42501", DBN_E_DENIED, false }, { "42601", DBN_E_SYNTAX, false },
	{ "42703", DBN_E_SCHEMA, false }, { "42P01", DBN_E_SCHEMA, false },
	{ "42883", DBN_E_SYNTAX, false }, { "44000", DBN_E_DENIED, false },
	{ "53100", DBN_E_IO, false }, { "53200", DBN_E_NOMEM, true }, { "53300", DBN_E_CONN, true },
	{ "53400", DBN_E_LIMIT, false }, { "53000", DBN_E_IO, true },
	{ "54001", DBN_E_LIMIT, false }, { "55P03", DBN_E_BUSY, true }, { "55006", DBN_E_BUSY, true },
	{ "55000", DBN_E_INVALID, false }, { "57014", DBN_E_CANCELLED, false },
	{ "57P01", DBN_E_CONN, true }, { "57P02", DBN_E_CONN, true }, { "57P03", DBN_E_CONN, true },
	{ "57000", DBN_E_CONN, true }, { "58030", DBN_E_IO, false },
	{ "F0000", DBN_E_CONFIG, false }, { "HYT00", DBN_E_TIMEOUT, false },
	{ "XX001", DBN_E_INTEGRITY, false }, { "XX000", DBN_E_INTERNAL, false },
	/* what the table does not know, and what is no state */
	{ "ZZ999", DBN_E_INTERNAL, false }, { "", DBN_E_INTERNAL, false },
	{ "2350", DBN_E_INTERNAL, false },
};

Test(error_table, every_row)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bool retry = !rows[i].retryable;

		cr_assert_eq(dbn_sqlstate_classify(rows[i].state, &retry), rows[i].status, "%s",
			rows[i].state);
		cr_assert_eq(retry, rows[i].retryable, "%s", rows[i].state);
	}
}

Test(error_table, every_status_has_a_name_and_a_state)
{
	char seen[40][32];

	for (dbn_status s = DBN_DONE; s >= DBN_E_INTERNAL; s--) {
		const char *name = dbn_status_name(s), *state = dbn_status_sqlstate(s);
		int i = 1 - s;

		cr_assert_eq(strlen(state), 5, "%s", name);
		cr_assert(strncmp(name, s >= 0 ? "DBN_" : "DBN_E_", s >= 0 ? 4 : 6) == 0);
		(void)strncpy(seen[i], name, 31);
		seen[i][31] = '\0';
		for (int j = 0; j < i; j++)
			cr_assert_str_neq(seen[j], name, "two statuses called %s", name);
	}
	cr_assert_str_eq(dbn_status_name(-9999), "DBN_E_INTERNAL");
	cr_assert_str_eq(dbn_status_sqlstate(-9999), "XX000");
}

/* A state that we gave out ourselves comes back as the same status. */
Test(error_table, own_states_come_back)
{
	static const dbn_status same[] = { DBN_E_NOMEM, DBN_E_INVALID, DBN_E_CONFIG,
		DBN_E_UNSUPPORTED, DBN_E_SYNTAX, DBN_E_DENIED, DBN_E_IDENTITY, DBN_E_NOT_FOUND,
		DBN_E_DUPLICATE, DBN_E_CONSTRAINT, DBN_E_VALUE, DBN_E_CONN, DBN_E_TIMEOUT,
		DBN_E_CANCELLED, DBN_E_BUSY, DBN_E_CONFLICT, DBN_E_TXN_ACTIVE, DBN_E_TXN_NONE,
		DBN_E_TXN_FAILED, DBN_E_UNKNOWN_OUTCOME, DBN_E_LIMIT, DBN_E_SCHEMA, DBN_E_INTEGRITY,
		DBN_E_IO, DBN_E_INTERNAL };
	bool retry;

	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		cr_assert_eq(dbn_sqlstate_classify(dbn_status_sqlstate(same[i]), &retry), same[i], "%s",
			dbn_status_name(same[i]));
}

/* The page for people says of each code what dbn_error_retryable() answers. */
Test(error_table, documented_as_retryable)
{
	char path[1024], line[1024], name[64];
	const char *top = getenv("DBN_TOP_SRC");
	unsigned rows_seen = 0;
	FILE *f;

	cr_assert_not_null(top, "DBN_TOP_SRC is not set: run it by make check");
	(void)snprintf(path, sizeof path, "%s/docs/errors.md", top);
	f = fopen(path, "r");
	cr_assert_not_null(f, "%s", path);
	while (fgets(line, sizeof line, f)) {
		dbn_error *err = NULL;
		bool yes;

		if (sscanf(line, "| `%63[A-Z_]`", name) != 1)
			continue;
		yes = strstr(line, "| yes |") != NULL;
		for (dbn_status s = DBN_E_NOMEM; s >= DBN_E_INTERNAL; s--)
			if (strcmp(dbn_status_name(s), name) == 0) {
				(void)dbn_fail(&err, s, "x");
				cr_assert_eq(dbn_error_retryable(err), yes, "%s", name);
				dbn_error_free(err);
				rows_seen++;
			}
	}
	(void)fclose(f);
	cr_assert_eq(rows_seen, 30);
}

/* ---- the object ---- */

Test(error_object, getters_take_null)
{
	cr_assert_eq(dbn_error_code(NULL), DBN_OK);
	cr_assert_str_eq(dbn_error_sqlstate(NULL), "");
	cr_assert_eq(dbn_error_native_code(NULL), 0);
	cr_assert_str_eq(dbn_error_message(NULL), "");
	cr_assert_str_eq(dbn_error_detail(NULL), "");
	cr_assert_str_eq(dbn_error_hint(NULL), "");
	cr_assert_not(dbn_error_retryable(NULL));
	cr_assert_str_eq(dbn_error_where(NULL), "");
	cr_assert_eq(dbn_error_position(NULL), 0);
	cr_assert_str_eq(dbn_error_constraint(NULL), "");
	cr_assert_str_eq(dbn_error_relation(NULL), "");
	cr_assert_str_eq(dbn_error_column(NULL), "");
	cr_assert_str_eq(dbn_error_plugin(NULL), "");
	cr_assert_null(dbn_error_cause(NULL));
	dbn_error_free(NULL);
}

Test(error_object, plain)
{
	dbn_error *err = NULL;

	cr_assert_eq(dbn_fail(&err, DBN_E_DENIED, "no %s for %d", "access", 7), DBN_E_DENIED);
	cr_assert_eq(dbn_error_code(err), DBN_E_DENIED);
	cr_assert_str_eq(dbn_error_message(err), "no access for 7");
	cr_assert_str_eq(dbn_error_sqlstate(err), "42501");
	cr_assert_str_eq(dbn_error_hint(err), "");
	cr_assert_not(dbn_error_retryable(err));
	dbn_error_free(err);
	cr_assert_eq(dbn_fail(NULL, DBN_E_IO, "nobody asks"), DBN_E_IO);
}

static dbn_status
full(dbn_error **err, const dbn_fail_info *info, const char *plugin, dbn_error *cause,
	const char *fmt, ...) DBN_PRINTF(5, 6);
static dbn_status
full(dbn_error **err, const dbn_fail_info *info, const char *plugin, dbn_error *cause,
	const char *fmt, ...)
{
	dbn_status rc;
	va_list ap;

	va_start(ap, fmt);
	rc = dbn_fail_full(err, info, plugin, cause, fmt, ap);
	va_end(ap);
	return rc;
}

Test(error_object, every_field)
{
	dbn_fail_info info = { .struct_size = sizeof info, .sqlstate = "23505", .native_code = 2067,
		.detail = DBN_TEXT_LIT("the detail"), .hint = DBN_TEXT_LIT("the hint"),
		.where = DBN_TEXT_LIT("app.conf:12"), .constraint = DBN_TEXT_LIT("users_pk"),
		.relation = DBN_TEXT_LIT("users"), .column = DBN_TEXT_LIT("id"), .position = 8 };
	dbn_error *err = NULL;

	cr_assert_eq(full(&err, &info, "main.driver", NULL, "%s", "two rows"), DBN_E_DUPLICATE);
	cr_assert_str_eq(dbn_error_message(err), "two rows");
	cr_assert_str_eq(dbn_error_sqlstate(err), "23505");
	cr_assert_eq(dbn_error_native_code(err), 2067);
	cr_assert_str_eq(dbn_error_detail(err), "the detail");
	cr_assert_str_eq(dbn_error_hint(err), "the hint");
	cr_assert_str_eq(dbn_error_where(err), "app.conf:12");
	cr_assert_str_eq(dbn_error_constraint(err), "users_pk");
	cr_assert_str_eq(dbn_error_relation(err), "users");
	cr_assert_str_eq(dbn_error_column(err), "id");
	cr_assert_str_eq(dbn_error_plugin(err), "main.driver");
	cr_assert_eq(dbn_error_position(err), 8);
	dbn_error_free(err);
}

Test(error_object, a_place_given_later)
{
	dbn_fail_info info = { .struct_size = sizeof info, .sqlstate = "40001", .native_code = 5,
		.detail = DBN_TEXT_LIT("the detail"), .hint = DBN_TEXT_LIT("the hint"), .position = 8,
		.constraint = DBN_TEXT_LIT("pk"), .relation = DBN_TEXT_LIT("r"), .column = DBN_TEXT_LIT("c") };
	dbn_error *cause = NULL, *err = NULL;

	(void)dbn_fail(&cause, DBN_E_IO, "below");
	(void)full(&err, &info, "main.driver", cause, "%s", "100 % of it");
	cr_assert_eq(dbn_error_locate(&err, "app.conf:3"), DBN_E_CONFLICT);
	cr_assert_str_eq(dbn_error_where(err), "app.conf:3");
	cr_assert_str_eq(dbn_error_message(err), "100 % of it");
	cr_assert_str_eq(dbn_error_sqlstate(err), "40001");
	cr_assert(dbn_error_retryable(err));
	cr_assert_eq(dbn_error_native_code(err), 5);
	cr_assert_eq(dbn_error_position(err), 8);
	cr_assert_str_eq(dbn_error_detail(err), "the detail");
	cr_assert_str_eq(dbn_error_hint(err), "the hint");
	cr_assert_str_eq(dbn_error_constraint(err), "pk");
	cr_assert_str_eq(dbn_error_relation(err), "r");
	cr_assert_str_eq(dbn_error_column(err), "c");
	cr_assert_str_eq(dbn_error_plugin(err), "main.driver");
	cr_assert_str_eq(dbn_error_message(dbn_error_cause(err)), "below");
	cr_assert_eq(dbn_error_locate(&err, "other.conf:4"), DBN_E_CONFLICT);
	cr_assert_str_eq(dbn_error_where(err), "app.conf:3", "it has one");
	dbn_error_free(err);
	(void)dbn_fail_nomem(&err);
	cr_assert_eq(dbn_error_locate(&err, "app.conf:3"), DBN_E_NOMEM);
}

Test(error_object, status_and_retry_may_be_given)
{
	dbn_fail_info info = { .struct_size = sizeof info, .sqlstate = "40001",
		.status = DBN_E_BUSY, .retryable = 2 };
	dbn_error *err = NULL;

	cr_assert_eq(full(&err, &info, NULL, NULL, "x"), DBN_E_BUSY);
	cr_assert_not(dbn_error_retryable(err));
	dbn_error_free(err);
	info.status = DBN_OK;
	info.retryable = 0;
	cr_assert_eq(full(&err, &info, NULL, NULL, "x"), DBN_E_CONFLICT);
	cr_assert(dbn_error_retryable(err));
	dbn_error_free(err);
	memset(info.sqlstate, 0, sizeof info.sqlstate);
	cr_assert_eq(full(&err, &info, NULL, NULL, "x"), DBN_E_INTERNAL, "a failure is never OK");
	dbn_error_free(err);
}

/* An older plugin's smaller struct: what it did not know is taken as zero. */
Test(error_object, a_smaller_struct)
{
	dbn_fail_info info = { .struct_size = offsetof(dbn_fail_info, detail),
		.status = DBN_E_IO, .detail = DBN_TEXT_LIT("not to be read") };
	dbn_error *err = NULL;

	cr_assert_eq(full(&err, &info, NULL, NULL, "x"), DBN_E_IO);
	cr_assert_str_eq(dbn_error_detail(err), "");
	dbn_error_free(err);
}

Test(error_object, hint_place_and_position)
{
	dbn_error *err = NULL;

	(void)dbn_fail_hint(&err, DBN_E_INVALID, "Try again.", "wrong");
	cr_assert_str_eq(dbn_error_hint(err), "Try again.");
	dbn_error_free(err);
	(void)dbn_fail_where(&err, DBN_E_CONFIG, "a.conf:3", NULL, "wrong");
	cr_assert_str_eq(dbn_error_where(err), "a.conf:3");
	cr_assert_str_eq(dbn_error_hint(err), "");
	dbn_error_free(err);
	(void)dbn_fail_at(&err, DBN_E_SYNTAX, 0, "Hint.", "wrong");
	cr_assert_eq(dbn_error_position(err), 1, "offset 0 is position 1");
	dbn_error_free(err);
}

Test(error_object, causes)
{
	dbn_error *err = NULL;

	(void)dbn_fail(&err, DBN_E_IO, "disk full");
	cr_assert_eq(dbn_fail_wrap(&err, DBN_E_AUDIT, "Free some space.", "cannot record"), DBN_E_AUDIT);
	cr_assert_str_eq(dbn_error_message(err), "cannot record");
	cr_assert_str_eq(dbn_error_message(dbn_error_cause(err)), "disk full");
	cr_assert_eq(dbn_error_code(dbn_error_cause(err)), DBN_E_IO);
	dbn_error_free(err);
	err = NULL;
	(void)dbn_fail_wrap(&err, DBN_E_AUDIT, NULL, "no cause");
	cr_assert_null(dbn_error_cause(err));
	dbn_error_free(err);
}

Test(error_object, message_is_one_line_and_whole_characters)
{
	dbn_error *err = NULL;
	char text[2000];

	(void)dbn_fail(&err, DBN_E_IO, "a%sb", "\n\t\x1b\x7f");
	cr_assert_str_eq(dbn_error_message(err), "a    b");
	dbn_error_free(err);
	for (size_t i = 0; i + 2 < sizeof text; i += 2)
		memcpy(text + i, "\xC3\xA9", 3);
	(void)dbn_fail(&err, DBN_E_IO, "%s", text);
	cr_assert_geq(strlen(dbn_error_message(err)), 1000);
	cr_assert_eq(dbn_utf8_valid(dbn_error_message(err), strlen(dbn_error_message(err))),
		strlen(dbn_error_message(err)));
	dbn_error_free(err);
}

static void *no_alloc(size_t n) { (void)n; return NULL; }
static void *no_resize(void *p, size_t n) { (void)p; (void)n; return NULL; }

Test(error_object, no_memory_is_told_without_memory)
{
	static const struct dbn_mem_hooks none = { no_alloc, no_resize, free };
	dbn_error *err = NULL, *cause = NULL;

	(void)dbn_fail(&cause, DBN_E_IO, "the cause");
	dbn_mem_set_hooks(&none);
	cr_assert_eq(dbn_fail(&err, DBN_E_DENIED, "denied"), DBN_E_NOMEM);
	cr_assert_eq(dbn_error_code(err), DBN_E_NOMEM);
	cr_assert_str_eq(dbn_error_message(err), "out of memory");
	cr_assert_str_eq(dbn_error_sqlstate(err), "53200");
	cr_assert(dbn_error_retryable(err));
	dbn_error_free(err);
	dbn_error_free(err);
	cr_assert_eq(dbn_fail_wrap(&cause, DBN_E_AUDIT, NULL, "x"), DBN_E_NOMEM,
		"the cause is freed, nothing leaks");
	cr_assert_eq(dbn_fail_nomem(NULL), DBN_E_NOMEM);
	dbn_mem_set_hooks(NULL);
}
