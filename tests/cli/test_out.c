/* SPDX-License-Identifier: MIT */
/* Output formats of the command: widths, escapes, exactness. */
#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "out.h"

static char *
render(enum out_format format, size_t width, bool utf8, const char *const *names, size_t n,
	const dbn_value *cells, size_t rows)
{
	struct out_opts opts = { format, width, utf8, false };
	char *buf = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&buf, &size);
	struct out *o = out_open(f, &opts, names, n);

	cr_assert_not_null(o);
	for (size_t i = 0; i < rows; i++)
		cr_assert(out_row(o, cells + i * n));
	cr_assert(out_finish(o));
	cr_assert_eq(out_rows(o), rows);
	out_free(o);
	fclose(f);
	return buf;
}

static void
expect(const char *want, char *got)
{
	cr_assert_str_eq(got, want, "\n%s\n-- wanted --\n%s", got, want);
	free(got);
}

static dbn_value
text_n(const char *p, size_t n)
{
	dbn_text t = { p, n };

	return dbn_v_textn(t);
}

Test(table, null_and_empty_and_the_word_null_differ)
{
	const char *names[] = { "a", "b" };
	dbn_value cells[] = { dbn_v_null(NULL), dbn_v_i64(1), dbn_v_text(""), dbn_v_i64(-20),
		dbn_v_text("NULL"), dbn_v_null(NULL), dbn_v_text("'x'"), dbn_v_i64(3) };

	expect(" a       | b\n"
	       "---------+------\n"
	       " NULL    |    1\n"
	       " ''      |  -20\n"
	       " 'NULL'  | NULL\n"
	       " '''x''' |    3\n",
		render(OUT_TABLE, 0, false, names, 2, cells, 4));
}

Test(table, widest_column_gives_way_to_the_terminal)
{
	const char *names[] = { "id", "text" };
	dbn_value cells[] = { dbn_v_i64(1), dbn_v_text("abcdefghijklmnopqrstuvwxyz"), dbn_v_i64(2),
		dbn_v_text("short") };

	expect(" id | text\n"
	       "----+------------\n"
	       "  1 | abcdefg...\n"
	       "  2 | short\n",
		render(OUT_TABLE, 17, false, names, 2, cells, 2));
}

/* Every line of it stays within the width, whatever the width. */
Test(table, no_line_is_wider_than_the_terminal)
{
	const char *names[] = { "one", "a long heading", "c" };
	dbn_value cells[] = { dbn_v_text("some words"), dbn_v_text("a\tb\x1b[31m"), dbn_v_i64(12345678),
		dbn_v_null(NULL), dbn_v_text(""), dbn_v_i64(1) };

	for (size_t width = 14; width < 80; width++) {
		char *got = render(OUT_TABLE, width, false, names, 3, cells, 2);

		for (char *p = got; *p;) {
			size_t n = strcspn(p, "\n");

			cr_assert_leq(n, width, "width %zu:\n%s", width, got);
			p += n + 1;
		}
		free(got);
	}
}

Test(table, too_narrow_for_columns_becomes_lines)
{
	const char *names[] = { "first", "second", "third" };
	dbn_value cells[] = { dbn_v_text("alpha beta"), dbn_v_text("gamma delta"), dbn_v_i64(7) };

	expect("-- row 1\n"
	       " first  | alpha beta\n"
	       " second | gamma delta\n"
	       " third  | 7\n",
		render(OUT_TABLE, 22, false, names, 3, cells, 1));
}

Test(table, stored_text_cannot_drive_the_terminal)
{
	const char *names[] = { "x\x1b[2J" };
	dbn_value cells[] = { dbn_v_text("\x1b]0;title\x07"), dbn_v_text("a\nb\rc\td"),
		text_n("nul\0byte", 8), dbn_v_text("\xc2\x9b" "31m"), dbn_v_text("\xe2\x80\xae" "txt.exe"),
		dbn_v_text("bad\xff" "byte"), dbn_v_text("\x7f") };
	char *got = render(OUT_TABLE, 0, true, names, 1, cells, 7);

	for (const char *p = got; *p; p++)
		cr_assert(*p == '\n' || (*p >= 0x20 && *p < 0x7f), "byte %02x", (unsigned char)*p);
	cr_assert_not_null(strstr(got, "\\x1b]0;title\\x07"));
	cr_assert_not_null(strstr(got, "a\\nb\\rc\\td"));
	cr_assert_not_null(strstr(got, "nul\\x00byte"));
	cr_assert_not_null(strstr(got, "\\u{9b}31m"));
	cr_assert_not_null(strstr(got, "\\u{202e}txt.exe"));
	cr_assert_not_null(strstr(got, "bad\\xffbyte"));
	free(got);
}

Test(table, wide_and_combining_characters_keep_columns_straight)
{
	const char *names[] = { "a", "b" };
	dbn_value cells[] = { dbn_v_text("日本"), dbn_v_text("x"), dbn_v_text("e\xcc\x81"), dbn_v_text("y") };

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		cr_skip_test("no C.UTF-8 locale");
	expect(" a    | b\n"
	       "------+---\n"
	       " 日本 | x\n"
	       " e\xcc\x81    | y\n",
		render(OUT_TABLE, 0, true, names, 2, cells, 2));
}

Test(table, cutting_never_splits_a_wide_character)
{
	struct text t = { 0 };

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		cr_skip_test("no C.UTF-8 locale");
	cr_assert_eq(text_show(&t, "日本語", 9, 4, true), 3);
	cr_assert_str_eq(t.ptr, "日…");
	t.len = 0;
	cr_assert_eq(text_show(&t, "日本語", 9, 6, true), 6);
	cr_assert_str_eq(t.ptr, "日本語");
	t.len = 0;
	cr_assert_eq(text_show(&t, "abc", 3, 0, true), 0);
	cr_assert_str_eq(t.ptr, "");
	text_free(&t);
}

Test(table, without_utf8_the_letters_are_escapes)
{
	const char *names[] = { "a" };
	dbn_value cells[] = { dbn_v_text("caf\xc3\xa9") };

	expect(" a\n"
	       "-----------\n"
	       " caf\\u{e9}\n",
		render(OUT_TABLE, 0, false, names, 1, cells, 1));
}

Test(table, rows_beyond_the_held_ones_are_written)
{
	const char *names[] = { "n" };
	dbn_value *cells = calloc(2500, sizeof *cells);
	char *got;
	size_t lines = 0;

	for (int i = 0; i < 2500; i++)
		cells[i] = dbn_v_i64(i);
	got = render(OUT_TABLE, 40, false, names, 1, cells, 2500);
	for (char *p = got; (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	cr_assert_eq(lines, 2502);
	cr_assert_not_null(strstr(got, "\n 2499\n"));
	free(got);
	/* Nothing is cut where there is no limit. */
	got = render(OUT_TABLE, 0, false, names, 1, cells, 2500);
	cr_assert_not_null(strstr(got, "\n 2499\n"));
	free(got);
	free(cells);
}

Test(json, every_type_is_exact)
{
	const char *names[] = { "n", "b", "i", "u", "d", "w", "inf", "dec", "t", "x" };
	dbn_value cells[] = { dbn_v_null(NULL), dbn_v_bool(true), dbn_v_i64(INT64_MIN),
		dbn_v_u64(UINT64_MAX), dbn_v_f64(0.1), dbn_v_f64(5), dbn_v_f64(INFINITY),
		dbn_decimal_of("12345678901234567890.10"), dbn_v_text(""), dbn_bytes_of("\x00\xff", 2) };

	expect("{\"n\":null,\"b\":true,\"i\":-9223372036854775808,\"u\":18446744073709551615,"
	       "\"d\":0.1,\"w\":5.0,\"inf\":\"inf\",\"dec\":\"12345678901234567890.10\",\"t\":\"\","
	       "\"x\":\"\\\\x00ff\"}\n",
		render(OUT_JSON, 0, true, names, 10, cells, 1));
}

Test(json, strings_are_escaped_and_valid)
{
	const char *names[] = { "a\"b" };
	dbn_value cells[] = { dbn_v_text("q\" b\\ n\n t\t e\x1b d\x7f bad\xff"),
		dbn_v_text("\xe2\x80\xae \xc3\xa9") };

	expect("{\"a\\\"b\":\"q\\\" b\\\\ n\\n t\\u0009 e\\u001b d\\u007f bad\\ufffd\"}\n"
	       "{\"a\\\"b\":\"\\u202e \xc3\xa9\"}\n",
		render(OUT_JSON, 0, true, names, 1, cells, 2));
}

Test(json, equal_names_stay_apart)
{
	const char *names[] = { "id", "id", "id_2", "id" };
	dbn_value cells[] = { dbn_v_i64(1), dbn_v_i64(2), dbn_v_i64(3), dbn_v_i64(4) };

	expect("{\"id\":1,\"id_2\":2,\"id_2_2\":3,\"id_3\":4}\n",
		render(OUT_JSON, 0, true, names, 4, cells, 1));
}

Test(csv, null_is_nothing_and_empty_is_quotes)
{
	const char *names[] = { "a", "b,c" };
	dbn_value cells[] = { dbn_v_null(NULL), dbn_v_text(""), dbn_v_text("x\"y"), dbn_v_text("1\n2"),
		dbn_v_f64(1.5), dbn_v_text(" s") };

	expect("a,\"b,c\"\n"
	       ",\"\"\n"
	       "\"x\"\"y\",\"1\n2\"\n"
	       "1.5,\" s\"\n",
		render(OUT_CSV, 0, true, names, 2, cells, 3));
}

Test(csv, a_terminal_is_not_driven)
{
	const char *names[] = { "a" };
	dbn_value cells[] = { dbn_v_text("\x1b[31m") };

	expect("a\n\\x1b[31m\n", render(OUT_CSV, 80, true, names, 1, cells, 1));
}

Test(out, a_full_disk_is_noticed)
{
	struct out_opts opts = { OUT_JSON, 0, true, false };
	const char *names[] = { "a" };
	dbn_value v = dbn_v_i64(1);
	FILE *f = fopen("/dev/full", "w");
	struct out *o;

	if (!f)
		cr_skip_test("no /dev/full");
	o = out_open(f, &opts, names, 1);
	(void)out_row(o, &v);
	cr_assert_not(out_finish(o));
	out_free(o);
	fclose(f);
}
