/* SPDX-License-Identifier: MIT */
/* Growing text, UTF-8, numbers, names, clocks and the log. */
#include <criterion/criterion.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/name.h"
#include "base/str.h"

#define T(s) DBN_TEXT_LIT(s)

/* The same numbers on every run. */
static uint64_t state = 88172645463325252u;
static uint64_t
next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

Test(base_str, appends)
{
	dbn_str s;
	char *taken;

	dbn_str_init(&s, 0);
	cr_assert_str_eq(dbn_str_z(&s), "");
	dbn_str_adds(&s, "one ");
	dbn_str_addc(&s, '2');
	dbn_str_addt(&s, T(" three"));
	dbn_str_addf(&s, " %d%%", 4);
	dbn_str_addi(&s, INT64_MIN);
	dbn_str_addc(&s, ' ');
	dbn_str_addi(&s, INT64_MAX);
	dbn_str_addi(&s, 0);
	cr_assert_str_eq(s.ptr, "one 2 three 4%-9223372036854775808 92233720368547758070");
	cr_assert_eq(s.len, strlen(s.ptr));
	taken = dbn_str_take(&s);
	cr_assert_str_eq(taken, "one 2 three 4%-9223372036854775808 92233720368547758070");
	dbn_free(taken);
	taken = dbn_str_take(&s);
	cr_assert_str_eq(taken, "");
	dbn_free(taken);
}

Test(base_str, maximum_is_remembered)
{
	dbn_str s;

	dbn_str_init(&s, 10);
	dbn_str_adds(&s, "123456789");
	cr_assert_eq(s.status, DBN_OK);
	dbn_str_adds(&s, "ab");
	cr_assert_eq(s.status, DBN_E_LIMIT);
	dbn_str_addc(&s, 'x');
	cr_assert_str_eq(s.ptr, "123456789", "nothing is added after a failure");
	cr_assert_null(dbn_str_take(&s));
	dbn_str_init(&s, 10);
	dbn_str_addf(&s, "%s", "12345678901");
	cr_assert_eq(s.status, DBN_E_LIMIT);
	dbn_str_reset(&s);
	dbn_str_adds(&s, "1234567890");
	cr_assert_eq(s.status, DBN_OK);
	dbn_str_free(&s);
}

Test(base_text, compares)
{
	cr_assert(dbn_text_eq(T("abc"), T("abc")));
	cr_assert(dbn_text_eq(dbn_text_n(NULL, 0), T("")));
	cr_assert_not(dbn_text_eq(T("abc"), T("abd")));
	cr_assert_not(dbn_text_eq(T("abc"), T("ab")));
	cr_assert(dbn_text_eqz(T("abc"), "abc"));
	cr_assert(dbn_text_ieq(T("AbC"), T("aBc")));
	cr_assert_not(dbn_text_ieq(T("[@"), T("{`")), "only letters fold");
	cr_assert(dbn_text_ieqz(T("USERS"), "users"));
	cr_assert_lt(dbn_text_cmp(T("ab"), T("abc")), 0);
	cr_assert_gt(dbn_text_cmp(T("b"), T("abc")), 0);
	cr_assert_eq(dbn_text_cmp(T("b"), T("b")), 0);
	cr_assert_gt(dbn_text_cmp(T("\xff"), T("a")), 0, "bytes are unsigned");
	cr_assert_eq(dbn_text_z(NULL).len, 0);
}

Test(base_text, distance)
{
	cr_assert_eq(dbn_edit_distance(T("kitten"), T("sitting")), 3);
	cr_assert_eq(dbn_edit_distance(T("sitting"), T("kitten")), 3);
	cr_assert_eq(dbn_edit_distance(T("Plugin"), T("plugin")), 0);
	cr_assert_eq(dbn_edit_distance(T(""), T("abc")), 3);
	cr_assert_eq(dbn_edit_distance(T("abc"), T("")), 3);
	cr_assert_eq(dbn_edit_distance(dbn_text_n("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 65), T("a")), 255);
}

/* ---- UTF-8 ---- */

static size_t
encode(uint32_t c, char *p)
{
	if (c < 0x80) {
		p[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		p[0] = (char)(0xC0 | c >> 6);
		p[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		p[0] = (char)(0xE0 | c >> 12);
		p[1] = (char)(0x80 | (c >> 6 & 63));
		p[2] = (char)(0x80 | (c & 63));
		return 3;
	}
	p[0] = (char)(0xF0 | c >> 18);
	p[1] = (char)(0x80 | (c >> 12 & 63));
	p[2] = (char)(0x80 | (c >> 6 & 63));
	p[3] = (char)(0x80 | (c & 63));
	return 4;
}

Test(base_utf8, every_character_and_no_more)
{
	char p[4];

	for (uint32_t c = 0; c < 0x200000; c++) {
		size_t n = encode(c, p);
		bool valid = c < 0xD800 || (c > 0xDFFF && c < 0x110000);

		cr_assert_eq(dbn_utf8_valid(p, n), valid ? n : 0, "U+%X", c);
		if (n > 1)
			cr_assert_eq(dbn_utf8_valid(p, n - 1), 0, "U+%X cut", c);
	}
}

Test(base_utf8, every_pair_of_bytes)
{
	for (unsigned a = 0; a < 256; a++)
		for (unsigned b = 0; b < 256; b++) {
			char p[2] = { (char)a, (char)b };
			size_t want;

			if (a < 0x80)
				want = b < 0x80 ? 2 : 1;
			else
				want = a >= 0xC2 && a <= 0xDF && b >= 0x80 && b <= 0xBF ? 2 : 0;
			cr_assert_eq(dbn_utf8_valid(p, 2), want, "%02x %02x", a, b);
		}
}

Test(base_utf8, overlong_forms)
{
	cr_assert_eq(dbn_utf8_valid("\xC0\x80", 2), 0);
	cr_assert_eq(dbn_utf8_valid("\xE0\x9F\xBF", 3), 0);
	cr_assert_eq(dbn_utf8_valid("\xF0\x8F\xBF\xBF", 4), 0);
	cr_assert_eq(dbn_utf8_valid("\xED\xA0\x80", 3), 0);
	cr_assert_eq(dbn_utf8_valid("\xF4\x90\x80\x80", 4), 0);
	cr_assert_eq(dbn_utf8_valid("\xF8\x88\x80\x80\x80", 5), 0);
}

/* The first bad byte is found wherever it stands: eight bytes are read at once. */
Test(base_utf8, place_of_the_first_bad_byte)
{
	char text[40];

	for (size_t at = 0; at < sizeof text; at++) {
		memset(text, 'a', sizeof text);
		text[at] = (char)0x80;
		cr_assert_eq(dbn_utf8_valid(text, sizeof text), at);
	}
}

/* ---- numbers ---- */

Test(base_number, integers)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t value;
	} cases[] = {
		{ "0", true, 0 }, { "-0", true, 0 }, { "+7", true, 7 }, { "007", true, 7 },
		{ "9223372036854775807", true, INT64_MAX },
		{ "-9223372036854775808", true, INT64_MIN },
		{ "9223372036854775808", false, 0 }, { "-9223372036854775809", false, 0 },
		{ "99999999999999999999", false, 0 }, { "", false, 0 }, { "-", false, 0 },
		{ "+-1", false, 0 }, { "1 ", false, 0 }, { " 1", false, 0 }, { "1e3", false, 0 },
		{ "0x10", false, 0 }, { "1_000", false, 0 },
	};
	uint64_t u;
	int64_t v;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		v = 1234;
		cr_assert_eq(dbn_parse_int64(dbn_text_z(cases[i].text), &v), cases[i].ok, "'%s'",
			cases[i].text);
		if (cases[i].ok)
			cr_assert_eq(v, cases[i].value, "'%s'", cases[i].text);
	}
	cr_assert(dbn_parse_uint64(T("18446744073709551615"), &u));
	cr_assert_eq(u, UINT64_MAX);
	cr_assert_not(dbn_parse_uint64(T("18446744073709551616"), &u));
	cr_assert_not(dbn_parse_uint64(T("-1"), &u));
	cr_assert(dbn_parse_int64(dbn_text_n("12junk", 2), &v) && v == 12);
}

Test(base_number, doubles_read_back_as_themselves)
{
	char buf[64];
	double back;

	for (int i = 0; i < 20000; i++) {
		uint64_t bits = next_random();
		double v;
		size_t n;

		memcpy(&v, &bits, sizeof v);
		if (isnan(v) || isinf(v))
			continue;
		n = dbn_format_double(buf, sizeof buf, v);
		cr_assert_eq(n, strlen(buf));
		cr_assert(dbn_parse_double(dbn_text_z(buf), &back), "%s", buf);
		cr_assert_eq(memcmp(&v, &back, sizeof v), 0, "%a became %s", v, buf);
	}
	cr_assert_eq(dbn_format_double(buf, sizeof buf, 0.1), 3);
	cr_assert_str_eq(buf, "0.1");
	(void)dbn_format_double(buf, sizeof buf, 1e300);
	cr_assert_str_eq(buf, "1e+300");
	(void)dbn_format_double(buf, sizeof buf, DBL_MAX);
	cr_assert(dbn_parse_double(dbn_text_z(buf), &back) && back == DBL_MAX);
	(void)dbn_format_double(buf, sizeof buf, -0.0);
	cr_assert(dbn_parse_double(dbn_text_z(buf), &back) && signbit(back));
	cr_assert_eq(dbn_format_double(buf, 3, 0.123456), 0, "too small a buffer is told");
}

Test(base_number, doubles_are_whole_texts)
{
	double v;

	cr_assert(dbn_parse_double(T("1.5e3"), &v) && v == 1500);
	cr_assert_not(dbn_parse_double(T(""), &v));
	cr_assert_not(dbn_parse_double(T(" 1"), &v));
	cr_assert_not(dbn_parse_double(T("1 "), &v));
	cr_assert_not(dbn_parse_double(T("1,5"), &v));
	cr_assert_not(dbn_parse_double(T("abc"), &v));
	cr_assert(dbn_parse_double(dbn_text_n("2.5xyz", 3), &v) && v == 2.5);
}

/* ---- names ---- */

Test(base_name, patterns)
{
	static const struct {
		const char *pattern, *name;
		int want;
	} cases[] = {
		{ "users", "main.public.users", 1 }, { "users", "users", 1 },
		{ "users", "main.public.orders", -1 }, { "*", "main.public.users", 0 },
		{ "public.users", "main.public.users", 2 }, { "other.users", "main.public.users", -1 },
		{ "main.public.users", "main.public.users", 3 },
		{ "main.*.users", "main.public.users", 2 }, { "*.*", "main.users", 0 },
		{ "main.public.users", "users", -1 }, { "public.*", "main.public.users", 1 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_assert_eq(dbn_name_match(dbn_text_z(cases[i].pattern), dbn_text_z(cases[i].name)),
			cases[i].want, "%s over %s", cases[i].pattern, cases[i].name);
	cr_assert(dbn_text_eqz(dbn_name_last(T("a.b.c")), "c"));
	cr_assert(dbn_text_eqz(dbn_name_last(T("c")), "c"));
	cr_assert_eq(dbn_name_last(T("a.")).len, 0);
}

/* ---- clocks ---- */

Test(base_clock, calendar_agrees_with_the_library)
{
	for (int i = 0; i < 20000; i++) {
		time_t t = (time_t)((int64_t)(next_random() % 200000000000u) - 60000000000);
		int64_t y, days = (int64_t)(t - ((t % 86400) + 86400) % 86400) / 86400;
		unsigned m, d;
		struct tm tm;

		cr_assert_not_null(gmtime_r(&t, &tm));
		dbn_civil_from_days(days, &y, &m, &d);
		cr_assert_eq(y, tm.tm_year + 1900);
		cr_assert_eq((int)m, tm.tm_mon + 1);
		cr_assert_eq((int)d, tm.tm_mday);
		cr_assert_eq(dbn_days_from_civil(y, m, d), days);
	}
	cr_assert_eq(dbn_days_from_civil(1970, 1, 1), 0);
	cr_assert_eq(dbn_days_from_civil(2000, 2, 29), 11016);
	cr_assert_eq(dbn_days_from_civil(0, 1, 1), -719528);
}

Test(base_clock, prints_rfc3339)
{
	char buf[40];

	cr_assert_eq(dbn_format_rfc3339(buf, sizeof buf, 0), 27);
	cr_assert_str_eq(buf, "1970-01-01T00:00:00.000000Z");
	(void)dbn_format_rfc3339(buf, sizeof buf, -1);
	cr_assert_str_eq(buf, "1969-12-31T23:59:59.999999Z");
	(void)dbn_format_rfc3339(buf, sizeof buf, INT64_C(1795426860000001));
	cr_assert_str_eq(buf, "2026-11-23T09:41:00.000001Z");
	cr_assert_eq(dbn_format_rfc3339(buf, 10, 0), 0);
}

static uint64_t fake_mono(void) { return 42; }
static int64_t fake_wall(void) { return 4711; }

Test(base_clock, can_be_replaced)
{
	uint64_t before = dbn_now_ns();

	cr_assert_geq(dbn_now_ns(), before);
	dbn_clock_set(fake_mono, fake_wall);
	cr_assert_eq(dbn_now_ns(), 42);
	cr_assert_eq(dbn_wall_us(), 4711);
	dbn_clock_set(NULL, NULL);
	cr_assert_geq(dbn_now_ns(), before);
	cr_assert_gt(dbn_wall_us(), INT64_C(1600000000000000));
	before = dbn_now_ns();
	dbn_sleep_ns(2000000);
	cr_assert_geq(dbn_now_ns() - before, 2000000);
}

/* ---- log ---- */

static char last[256];
static int lines;

static void
sink(int32_t level, const char *msg, size_t len, void *user)
{
	cr_assert_eq(user, last);
	cr_assert_lt(len, sizeof last);
	memcpy(last, msg, len);
	last[len] = '\0';
	lines += 1 + 10 * level;
}

Test(base_log, silent_until_asked)
{
	dbn_log(DBN_LOG_ERROR, "nobody hears %d", 1);
	cr_assert_not(dbn_log_enabled(DBN_LOG_ERROR));
	dbn_log_set(sink, last, DBN_LOG_WARN);
	cr_assert(dbn_log_enabled(DBN_LOG_WARN));
	cr_assert_not(dbn_log_enabled(DBN_LOG_INFO));
	dbn_log(DBN_LOG_INFO, "too quiet");
	cr_assert_eq(lines, 0);
	dbn_log(DBN_LOG_WARN, "heard %d", 2);
	cr_assert_str_eq(last, "heard 2");
	cr_assert_eq(lines, 11);
	dbn_log_set(NULL, NULL, 0);
	dbn_log(DBN_LOG_ERROR, "again nobody");
	cr_assert_eq(lines, 11);
}
