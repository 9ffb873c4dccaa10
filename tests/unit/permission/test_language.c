/* SPDX-License-Identifier: MIT */
/*
 * The policy language without a row: what `when` says, in three values.  And the
 * conditions of a view, which are computed at each execution.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab.h"
#include "permission/lang.h"

static const dbn_lang_attr attrs[] = {
	{ { "level", 5 }, DBN_INT64, DBN_NULL, false },
	{ { "region", 6 }, DBN_TEXT, DBN_NULL, false },
	{ { "teams", 5 }, DBN_ARRAY, DBN_INT64, false },
	{ { "gone", 4 }, DBN_TEXT, DBN_NULL, false },
	{ { "words", 5 }, DBN_ARRAY, DBN_TEXT, false }
};
static const dbn_lang lang = { attrs, 5 };

/* 'T', 'F', 'U', or '!': refused. */
static char
say(const char *text)
{
	static const dbn_value teams[] = { { DBN_INT64, 0, 0, { 3 }, 0 }, { DBN_INT64, 0, 0, { 7 }, 0 } };
	static const dbn_text roles[] = { { "a", 1 }, { "staff", 5 } };
	dbn_value values[5] = { { DBN_INT64, 0, 0, { 5 }, 0 }, { DBN_TEXT, 0, 0, { .ptr = "eu" }, 2 },
		{ DBN_ARRAY, 0, DBN_INT64, { .ptr = teams }, 2 }, { DBN_NULL, 0, 0, { 0 }, 0 },
		{ DBN_NULL, 0, 0, { 0 }, 0 } };
	/* 2023-11-14 22:13:20 UTC, a Tuesday */
	dbn_lang_env env = { { "bob", 3 }, roles, 2, values, { "10.0.0.1", 8 }, { NULL, 0 }, true,
		DBN_ACT_UPDATE, INT64_C(1700000000) * 1000000 };
	dbn_arena a;
	dbn_sql_expr *e = NULL;
	dbn_lang_facts f;
	dbn_error *err = NULL;
	dbn_status rc;
	char c = '!';

	dbn_arena_init(&a, 0);
	rc = dbn_lang_parse(&a, &lang, dbn_text_z(text), DBN_LC_BOOL, DBN_LANG_NO_COLUMNS, &e, &f, &err);
	if (rc == DBN_OK)
		c = "FTU"[dbn_lang_eval(e, &env)];
	dbn_error_free(err);
	dbn_arena_free(&a);
	return c;
}

Test(language, truth)
{
	static const struct {
		const char *text;
		char want;
	} cases[] = {
		{ "true", 'T' }, { "false", 'F' }, { "NULL", 'U' }, { "NOT NULL", 'U' }, { "NOT false", 'T' },
		{ "true AND NULL", 'U' }, { "false AND NULL", 'F' }, { "true OR NULL", 'T' }, { "false OR NULL", 'U' },
		{ "$user.id = 'bob'", 'T' }, { "$user.id = 'BOB'", 'F' }, { "$user.id <> 'bob'", 'F' },
		{ "$user.level > 4", 'T' }, { "$user.level >= 5.0", 'T' }, { "$user.level < 5", 'F' },
		{ "$user.level BETWEEN 1 AND 5", 'T' }, { "$user.level NOT BETWEEN 1 AND 5", 'F' },
		{ "$user.level + 1 = 6", 'T' }, { "$user.level * 2 - 1 = 9", 'T' }, { "$user.level / 2 = 2", 'T' },
		{ "$user.level % 2 = 1", 'T' }, { "1 / 0 = 1", 'U' }, { "- $user.level = -5", 'T' },
		{ "9223372036854775807 + 1 > 0", 'U' },
		{ "$user.gone = 'x'", 'U' }, { "$user.gone IS NULL", 'T' }, { "$user.gone IS NOT NULL", 'F' },
		{ "$user.region IN ('eu', 'us')", 'T' }, { "$user.region NOT IN ('eu', 'us')", 'F' },
		{ "$user.region IN ('us', NULL)", 'U' }, { "$user.region NOT IN ('us')", 'T' },
		{ "7 = ANY($user.teams)", 'T' }, { "8 = ANY($user.teams)", 'F' }, { "8 IN ($user.teams)", 'F' },
		{ "3 <> ALL($user.teams)", 'F' }, { "8 <> ALL($user.teams)", 'T' }, { "'x' = ANY($user.words)", 'U' },
		{ "'staff' = ANY($user.roles)", 'T' }, { "'boss' IN ($user.roles)", 'F' },
		{ "$client.tls", 'T' }, { "NOT $client.tls", 'F' }, { "$client.address LIKE '10.%'", 'T' },
		{ "$client.address LIKE '10.0.0._'", 'T' }, { "$client.address NOT LIKE '11.%'", 'T' },
		{ "'a%b' LIKE 'a\\%b'", 'T' }, { "'axb' LIKE 'a\\%b'", 'F' }, { "'AB' LIKE 'ab'", 'F' },
		{ "'aXXb' LIKE 'a%b'", 'T' }, { "'' LIKE '%'", 'T' }, { "$client.name LIKE 'x'", 'U' },
		{ "$op = 'update'", 'T' }, { "$op IN ('read', 'delete')", 'F' },
		{ "extract(hour FROM $now) BETWEEN 22 AND 23", 'T' }, { "extract(year FROM $now) = 2023", 'T' },
		{ "extract(month FROM $now) = 11 AND extract(day FROM $now) = 14", 'T' },
		{ "extract(minute FROM $now) = 13 AND extract(second FROM $now) = 20", 'T' },
		{ "extract(dow FROM $now) = 2", 'T' }, { "extract(doy FROM $now) = 318", 'T' },
		{ "$now > '2023-01-01'", 'T' }, { "$now < '2023-11-14 22:13:21'", 'T' }, { "$now = 'soon'", 'U' },
		{ "CASE WHEN $user.level > 9 THEN false WHEN true THEN true END", 'T' },
		{ "CASE $user.region WHEN 'us' THEN false ELSE true END", 'T' },
		{ "CASE WHEN false THEN true END", 'U' },
		{ "coalesce($user.gone, 'x') = 'x'", 'T' }, { "lower('ABC') = 'abc'", 'T' }, { "upper('abc') = 'ABC'", 'T' },
		{ "length('h\xc3\xa9') = 2", 'T' }, { "abs(-3) = 3", 'T' }, { "'a' || 'b' = 'ab'", 'T' },
		{ "$user.gone IS DISTINCT FROM 'x'", 'T' }, { "$user.gone IS NOT DISTINCT FROM NULL", 'T' },
		{ "$user.region IS DISTINCT FROM 'eu'", 'F' }, { "($user.level > 4) IS TRUE", 'T' },
		{ "(NULL = 1) IS TRUE", 'F' }, { "(NULL = 1) IS NOT TRUE", 'T' },
		{ "$user.nothing = 1", '!' }, { "$user.level = 'x'", '!' }, { "a = 1", '!' }, { "1", '!' },
		{ "$user.teams = 3", '!' }, { "'x' = ANY($user.teams)", '!' }, { "now() = 1", '!' },
		{ "true; true", '!' }, { "(SELECT 1) = 1", '!' }, { "", '!' }, { "$now + 1 = 2", '!' },
		{ "'a' + 1 = 2", '!' }, { "NOT 1", '!' }, { "1 LIKE '1'", '!' }, { "$user.level AND true", '!' }
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char got = say(cases[i].text);

		cr_expect_eq(got, cases[i].want, "%s: '%c', wanted '%c'", cases[i].text, got, cases[i].want);
	}
}

Test(language, depth_and_size_have_limits)
{
	static char deep[200000];
	size_t n = 0;

	for (int i = 0; i < 50000; i++)
		deep[n++] = '(';
	memcpy(deep + n, "true", 5);
	cr_expect_eq(say(deep), '!');
	n = 0;
	for (int i = 0; i < 2000; i++)
		n += (size_t)snprintf(deep + n, sizeof(deep) - n, "true AND ");
	(void)snprintf(deep + n, sizeof(deep) - n, "true");
	cr_expect_eq(say(deep), 'T');
}

Test(language, predicates_for_plugins)
{
	static const dbn_text known[] = { { "region:text", 11 }, { "teams:int64[]", 13 } };
	static const dbn_text bad = { "region", 6 };
	dbn_error *err = NULL;
	size_t at = 99;

	cr_expect_eq(dbn_permission_check_predicate(dbn_text_z("a = 1 AND $user.region = b AND c = ANY($user.teams)"),
		known, 2, &at, &err), DBN_OK);
	cr_expect_eq(dbn_permission_check_predicate(dbn_text_z("a = 1 AND $user.level = 2"), known, 2, &at, &err),
		DBN_E_SYNTAX);
	cr_expect_eq(at, 10);
	dbn_error_free(err);
	cr_expect_eq(dbn_permission_check_predicate(dbn_text_z("true"), &bad, 1, NULL, NULL), DBN_E_INVALID);
}

#define HEAD "version = 1; attributes = ( { name = \"level\"; type = \"int64\"; } ); roles = ( { name = \"r\"; } );\n" \
	"users = ( { name = \"u\"; roles = [ \"r\" ]; attributes = { level = 3; }; }, { name = \"v\"; roles = [ \"r\" ]; } );\n" \
	"rules = (\n"

Test(language, conditions_are_computed_at_each_execution)
{
	lab l;

	lab_open(&l, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO t VALUES (1, 1), (2, 5);", HEAD
		" { id = \"day\"; roles = [ \"r\" ]; relation = \"t\"; actions = [ \"read\" ]; when = \"extract(hour FROM $now) >= 12\"; },\n"
		" { id = \"del\"; roles = [ \"r\" ]; relation = \"t\"; actions = [ \"*\" ]; when = \"$op = 'delete'\"; },\n"
		" { id = \"low\"; roles = [ \"r\" ]; kind = \"restrictive\"; relation = \"t\"; actions = [ \"read\" ]; using = \"n < 3\";\n"
		"   when = \"extract(minute FROM $now) >= 30\"; } );\n");
	l.now_us = INT64_C(3600000000) * 13;
	GIVES(&l, "u", "SELECT id FROM t ORDER BY id", "1\n2");
	l.now_us += INT64_C(60000000) * 30;
	GIVES(&l, "u", "SELECT id FROM t ORDER BY id", "1");
	l.now_us = INT64_C(3600000000) * 3;
	REFUSED(&l, "u", "SELECT id FROM t", "DENIED", "no rule");
	GIVES(&l, "u", "DELETE FROM t WHERE id = 1 RETURNING id", "1");
	lab_close(&l);
}

Test(language, missing_attributes)
{
	lab l;
	char why[4096];

	lab_open(&l, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO t VALUES (1, 1), (2, 5);", HEAD
		" { id = \"lv\"; roles = [ \"r\" ]; relation = \"t\"; actions = [ \"read\" ]; using = \"n < $user.level OR n = 5\"; } );\n");
	GIVES(&l, "u", "SELECT id FROM t ORDER BY id", "1\n2");
	REFUSED(&l, "v", "SELECT id FROM t", "DENIED", "no rule");
	cr_assert_eq(lab_policy(&l, HEAD
		" { id = \"all\"; roles = [ \"r\" ]; relation = \"t\"; actions = [ \"read\" ]; },\n"
		" { id = \"no\"; roles = [ \"r\" ]; relation = \"t\"; effect = \"deny\"; actions = [ \"read\" ]; using = \"n > $user.level\"; } );\n",
		why, sizeof(why)), DBN_OK, "%s", why);
	GIVES(&l, "u", "SELECT id FROM t", "1");
	REFUSED(&l, "v", "SELECT id FROM t", "DENIED", "needs an attribute");
	cr_assert_eq(lab_policy(&l, HEAD
		" { id = \"all\"; roles = [ \"r\" ]; relation = \"t\"; actions = [ \"read\" ]; },\n"
		" { id = \"no\"; roles = [ \"r\" ]; relation = \"t\"; effect = \"deny\"; actions = [ \"read\" ]; when = \"$user.level > 2\"; } );\n",
		why, sizeof(why)), DBN_OK, "%s", why);
	REFUSED(&l, "u", "SELECT id FROM t", "DENIED", "rule \"no\"");
	REFUSED(&l, "v", "SELECT id FROM t", "DENIED", NULL);
	lab_close(&l);
}

Test(language, sixty_four_conditions)
{
	static char policy[32768];
	lab l;
	char why[4096];

	for (int n = 63; n <= 65; n += 2) {
		size_t k = (size_t)snprintf(policy, sizeof(policy), "%s", HEAD);

		for (int i = 0; i < n; i++)
			k += (size_t)snprintf(policy + k, sizeof(policy) - k, "%s{ id = \"c%d\"; roles = [ \"r\" ];"
				" relation = \"t\"; actions = [ \"read\" ]; when = \"$user.id <> 'x%d'\"; }\n", i ? "," : "", i, i);
		(void)snprintf(policy + k, sizeof(policy) - k, " );");
		if (n == 63) {
			lab_open(&l, "CREATE TABLE t (id INTEGER)", policy);
			GIVES(&l, "u", "SELECT count(*) FROM t", "0");
		} else {
			cr_assert_eq(lab_policy(&l, policy, why, sizeof(why)), DBN_OK, "%s", why);
			REFUSED(&l, "u", "SELECT count(*) FROM t", "CONFIG", "64 conditions");
		}
	}
	lab_close(&l);
}

Test(language, everything_allowed_is_a_rule_too)
{
	dbn_authority_conf conf = { .name = "none", .allow_all = true };
	dbn_identity_in who = { .struct_size = (uint32_t)sizeof(who), .user = { "root", 4 } };
	dbn_authority *a = NULL;
	dbn_subject *s = NULL;
	dbn_error *err = NULL;
	dbn_str ids;

	dbn_str_init(&ids, 0);
	cr_assert_eq(dbn_authority_open(&conf, &a, &err), DBN_OK);
	cr_assert_eq(dbn_subject_open(a, &who, NULL, &s, &err), DBN_OK);
	cr_assert(!s->restricted);
	cr_assert_eq(dbn_permission_admin(s, 0, dbn_text_z("main"), DBN_ACT_DDL, &ids, &err), DBN_OK);
	cr_assert_str_eq(ids.ptr, "allow-all");
	cr_assert_eq(dbn_permission_function(s, 0, dbn_text_z("changes"), false, 0, NULL, &err), DBN_OK);
	dbn_str_free(&ids);
	dbn_subject_close(s);
	who.user.len = 0;
	cr_assert_eq(dbn_subject_open(a, &who, NULL, &s, &err), DBN_E_IDENTITY);
	dbn_error_free(err);
	dbn_authority_close(a);
}
