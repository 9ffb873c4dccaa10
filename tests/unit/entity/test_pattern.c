/* SPDX-License-Identifier: MIT */
/*
 * Patterns of field checks: a table, random patterns against the C library's
 * regular expressions, and texts made to take long.
 */
#include <criterion/criterion.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "entity/pattern.h"

static uint64_t state = 88172645463325252u;
static unsigned
random_below(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state % n);
}

static int
found(const char *pattern, const char *text)
{
	const dbn_pattern *p;
	const char *why;
	dbn_arena a;
	size_t at;
	int rc;

	dbn_arena_init(&a, 0);
	if (dbn_pattern_compile(&a, dbn_text_z(pattern), &p, &why, &at) != DBN_OK)
		rc = -1;
	else
		rc = dbn_pattern_found(p, dbn_text_z(text));
	dbn_arena_free(&a);
	return rc;
}

Test(entity_pattern, table)
{
	static const struct {
		const char *pattern, *text;
		int want;
	} cases[] = {
		{ "", "", 1 }, { "", "abc", 1 }, { "b", "abc", 1 }, { "^b", "abc", 0 }, { "c$", "abc", 1 },
		{ "^abc$", "abc", 1 }, { "^abc$", "abcd", 0 }, { "^$", "", 1 }, { "^$", "a", 0 },
		{ "a.c", "abc", 1 }, { "a.c", "ac", 0 }, { "^.$", "\xC3\xA9", 1 }, { "^..$", "\xC3\xA9", 0 },
		{ "^[a-z]+$", "bob", 1 }, { "^[a-z]+$", "Bob", 0 }, { "^[^a-z]+$", "B0", 1 },
		{ "^[]x]+$", "x]", 1 }, { "^[^]x]$", "]", 0 }, { "^[a-]+$", "a-", 1 }, { "^[-a]+$", "-a", 1 },
		{ "^[\xC3\xA0-\xC3\xBF]$", "\xC3\xA9", 1 }, { "^[\\d_]+$", "1_2", 1 }, { "^[\\]]$", "]", 1 },
		{ "^\\d{3}-\\d{2}$", "123-45", 1 }, { "^\\d{3}-\\d{2}$", "123-4", 0 },
		{ "^\\w+\\s\\w+$", "one two", 1 }, { "^\\.$", ".", 1 }, { "^\\.$", "a", 0 },
		{ "^(ab|cd)+$", "abcdab", 1 }, { "^(ab|cd)+$", "abc", 0 }, { "^(|a)b$", "b", 1 },
		{ "^a{0}$", "", 1 }, { "^a{2,}$", "a", 0 }, { "^a{2,}$", "aaaaa", 1 },
		{ "^a{1,3}$", "aaa", 1 }, { "^a{1,3}$", "aaaa", 0 }, { "^(a{2}){2}$", "aaaa", 1 },
		{ "^(a{2}){2}$", "aaa", 0 }, { "^a?b*c+$", "cc", 1 }, { "x*", "y", 1 },
		{ "(^a|b$)", "xb", 1 }, { "(^a|b$)", "bx", 0 }, { "a|b|c", "zzc", 1 },
		{ "^[a-z0-9._-]+@[a-z0-9-]+(\\.[a-z0-9-]+)+$", "bob@example.org", 1 },
		{ "^[a-z0-9._-]+@[a-z0-9-]+(\\.[a-z0-9-]+)+$", "bob@example", 0 },
		{ "a{255}", "a", 0 }, { "(((a)))", "a", 1 }, { "^()$", "", 1 }, { "(){5}a", "a", 1 },
		/* refused */
		{ "(", "", -1 }, { ")", "", -1 }, { "a)", "", -1 }, { "[a", "", -1 }, { "[]", "", -1 },
		{ "*", "", -1 }, { "a**", "", -1 }, { "^*", "", -1 }, { "a{", "", -1 }, { "a{2,1}", "", -1 },
		{ "a{256}", "", -1 }, { "a{,2}", "", -1 }, { "\\", "", -1 }, { "\\q", "", -1 },
		{ "[z-a]", "", -1 }, { "[a-\\d]", "", -1 }, { "\xFF", "", -1 }, { "[\\q]", "", -1 },
		{ "((a{200}){200}){200}", "", -1 }, { "{2}", "", -1 }, { "a|*", "", -1 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_assert_eq(found(cases[i].pattern, cases[i].text), cases[i].want, "/%s/ over '%s'",
			cases[i].pattern, cases[i].text);
}

Test(entity_pattern, says_where_it_is_wrong)
{
	const dbn_pattern *p;
	const char *why;
	dbn_arena a;
	size_t at;

	dbn_arena_init(&a, 0);
	cr_assert_eq(dbn_pattern_compile(&a, DBN_TEXT_LIT("ab[z-a]c"), &p, &why, &at), DBN_E_INVALID);
	cr_assert_not_null(why);
	cr_assert_eq(at, 6);
	dbn_arena_free(&a);
}

Test(entity_pattern, nesting_is_limited)
{
	char deep[400];
	size_t n = 0;

	for (int i = 0; i < 100; i++)
		deep[n++] = '(';
	deep[n++] = 'a';
	for (int i = 0; i < 100; i++)
		deep[n++] = ')';
	deep[n] = '\0';
	cr_assert_eq(found(deep, "a"), -1);
}

/* ---- against another implementation ---- */

static void
random_pattern(dbn_str *s, unsigned depth)
{
	unsigned items = 1 + random_below(3);

	for (unsigned i = 0; i < items; i++) {
		switch (random_below(depth ? 8 : 5)) {
		case 0:
			dbn_str_addc(s, 'a');
			break;
		case 1:
			dbn_str_addc(s, 'b');
			break;
		case 2:
			dbn_str_addc(s, '.');
			break;
		case 3:
			dbn_str_adds(s, random_below(2) ? "[ab]" : "[^a]");
			break;
		case 4:
			dbn_str_addc(s, 'c');
			break;
		case 5:
			dbn_str_addc(s, '(');
			random_pattern(s, depth - 1);
			dbn_str_addc(s, ')');
			break;
		default:
			dbn_str_addc(s, '(');
			random_pattern(s, depth - 1);
			dbn_str_addc(s, '|');
			random_pattern(s, depth - 1);
			dbn_str_addc(s, ')');
			break;
		}
		switch (random_below(8)) {
		case 0:
			dbn_str_addc(s, '*');
			break;
		case 1:
			dbn_str_addc(s, '+');
			break;
		case 2:
			dbn_str_addc(s, '?');
			break;
		case 3:
			dbn_str_adds(s, random_below(2) ? "{2}" : "{1,3}");
			break;
		default:
			break;
		}
	}
}

Test(entity_pattern, agrees_with_the_c_library)
{
	unsigned compared = 0, matched = 0;

	for (int i = 0; i < 3000; i++) {
		const dbn_pattern *p;
		const char *why;
		dbn_arena a;
		regex_t re;
		dbn_str s;
		size_t at;
		bool start = random_below(2), end = random_below(2);

		dbn_str_init(&s, 0);
		if (start)
			dbn_str_addc(&s, '^');
		if (start || end)
			dbn_str_addc(&s, '(');
		random_pattern(&s, 2);
		if (start || end)
			dbn_str_addc(&s, ')');
		if (end)
			dbn_str_addc(&s, '$');
		dbn_arena_init(&a, 0);
		cr_assert_eq(dbn_pattern_compile(&a, dbn_text_n(s.ptr, s.len), &p, &why, &at), DBN_OK,
			"/%s/: %s", s.ptr, why);
		cr_assert_eq(regcomp(&re, s.ptr, REG_EXTENDED | REG_NOSUB), 0, "/%s/", s.ptr);
		for (int j = 0; j < 12; j++) {
			char text[12];
			unsigned len = random_below(10);
			bool want;

			for (unsigned k = 0; k < len; k++)
				text[k] = (char)('a' + random_below(4));
			text[len] = '\0';
			want = regexec(&re, text, 0, NULL, 0) == 0;
			cr_assert_eq(dbn_pattern_found(p, dbn_text_n(text, len)), want, "/%s/ over '%s'",
				s.ptr, text);
			compared++;
			matched += want;
		}
		regfree(&re);
		dbn_arena_free(&a);
		dbn_str_free(&s);
	}
	cr_assert(matched > compared / 10 && matched < compared, "the texts prove nothing");
}

/* Each of these takes longer than the universe in an engine that backtracks. */
Test(entity_pattern, hostile_texts_take_linear_time)
{
	static const char *const patterns[] = { "^(a*)*b$", "^(a|a)*b$", "^(a|aa)+$x", "(a+)+b",
		"^(.*)*$x", "(.*a){20}b", "(a?){30}a{30}b" };
	size_t n = 200000;
	char *text = malloc(n + 1);
	uint64_t before = dbn_now_ns();

	cr_assert_not_null(text);
	memset(text, 'a', n);
	text[n] = '\0';
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		int rc = found(patterns[i], text);

		cr_assert_neq(rc, 1, "/%s/", patterns[i]);
	}
	cr_assert_lt((dbn_now_ns() - before) / 1000000, 60000);
	free(text);
}
