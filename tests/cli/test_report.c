/* SPDX-License-Identifier: MIT */
/* Errors as people see them: the caret stands where the position is. */
#include <criterion/criterion.h>
#include <locale.h>
#include <stdlib.h>

#include "cli.h"
#include "error/error.h"

static char *
print(const char *sql, size_t at, size_t width, bool utf8)
{
	struct cli c = { .utf8 = utf8 };
	dbn_error *err = NULL;
	char *buf = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&buf, &size);

	(void)dbn_fail_at(&err, DBN_E_SYNTAX, (uint32_t)at, "Try another.", "unexpected \"%s\"", "x");
	cli_print_error(f, &c, err, sql, strlen(sql), width);
	dbn_error_free(err);
	fclose(f);
	return buf;
}

static void
expect(char *got, const char *want)
{
	cr_assert_str_eq(got, want, "\n%s\n-- wanted --\n%s", got, want);
	free(got);
}

Test(report, points_under_the_place)
{
	expect(print("SELECT x FROM t", 7, 80, false),
		"dbnexus: unexpected \"x\"\n"
		"  at line 1, column 8:\n"
		"  SELECT x FROM t\n"
		"         ^\n"
		"  hint: Try another.\n");
}

Test(report, shows_the_line_that_it_is_on)
{
	expect(print("SELECT a\nFROM\tbad\nWHERE 1", 14, 80, false),
		"dbnexus: unexpected \"x\"\n"
		"  at line 2, column 6:\n"
		"  FROM\\tbad\n"
		"        ^\n"
		"  hint: Try another.\n");
}

Test(report, points_past_the_end)
{
	expect(print("SELECT", 6, 80, false),
		"dbnexus: unexpected \"x\"\n"
		"  at line 1, column 7:\n"
		"  SELECT\n"
		"        ^\n"
		"  hint: Try another.\n");
}

/* Under the character also where the line is cut on both sides. */
Test(report, cuts_long_lines_around_it)
{
	char sql[1001], *got, *line, *caret;

	memset(sql, 'a', 1000);
	sql[1000] = '\0';
	sql[500] = 'X';
	got = print(sql, 500, 60, false);
	line = strstr(got, "  ...");
	cr_assert_not_null(line);
	caret = strchr(line, '\n') + 1;
	cr_assert_lt(caret - line, 61);
	cr_assert_eq(line[strcspn(caret, "^")], 'X', "\n%s", got);
	free(got);
}

Test(report, counts_characters_not_bytes)
{
	char *got, *line;

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		cr_skip_test("no C.UTF-8 locale");
	got = print("SELECT 'ééé' bad", 16, 80, true);
	cr_assert_not_null(strstr(got, "column 14:"), "\n%s", got);
	line = strstr(got, "  SELECT");
	line = strchr(line, '\n') + 1;
	cr_assert_eq(strcspn(line, "^"), 2 + 13, "\n%s", got);
	free(got);
	/* Never half a character, wherever the line is cut. */
	for (size_t at = 0; at < 60; at += 2) {
		got = print("ééééééééééééééééééééééééééééééééééé", at, 20, true);
		for (size_t i = 0, n; got[i]; i += n) {
			uint32_t c;

			n = text_decode(got + i, strlen(got + i), &c);
			cr_assert_neq(c, UINT32_MAX, "at %zu\n%s", at, got);
		}
		cr_assert_null(strstr(got, "\\x"), "at %zu\n%s", at, got + 24);
		free(got);
	}
}

Test(report, a_position_beyond_the_text_is_not_followed)
{
	expect(print("SELECT", 1000, 80, false),
		"dbnexus: unexpected \"x\"\n"
		"  hint: Try another.\n");
}
