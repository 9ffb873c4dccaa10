/* SPDX-License-Identifier: MIT */
/*
 * Policy files: every problem at once with its line, hostile text, roles,
 * attributes, reloading; and sizes that must stay linear.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "lab.h"

static lab l;
static char why[65536];

static void
start(void)
{
	lab_open(&l, "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, s TEXT, n TEXT COLLATE NOCASE);"
		"INSERT INTO t VALUES (1, 1, 'x', 'x'), (2, 2, 'X', 'X');", "version = 1; rules = ();");
}

static void
stop(void)
{
	lab_close(&l);
}

TestSuite(policy_file, .init = start, .fini = stop);

/* The policy is refused, and the problem is named. */
static void
wrong(const char *policy, const char *part)
{
	dbn_status rc = lab_policy(&l, policy, why, sizeof(why));

	cr_expect(rc == DBN_E_CONFIG && strstr(why, part), "status %d: %s\n  wanted \"%s\" for\n%s", (int)rc,
		why, part, policy);
}

static void
right(const char *policy)
{
	cr_expect_eq(lab_policy(&l, policy, why, sizeof(why)), DBN_OK, "%s\n%s", why, policy);
}

#define HEAD "version = 1; roles = ( { name = \"r\"; } ); users = ( { name = \"u\"; roles = [ \"r\" ]; } );\n"
#define RULE(x) HEAD "rules = ( { id = \"x\"; roles = [ \"r\" ]; relation = \"t\"; actions = [ \"read\" ]; " x " } );"

Test(policy_file, all_problems_at_once)
{
	cr_assert_eq(lab_policy(&l,
		"version = 1;\n"
		"atributes = ();\n"
		"roles = ( { name = \"a\"; inherits = [ \"b\" ]; },\n"
		"  { name = \"b\"; inherits = [ \"a\" ]; } );\n"
		"users = ( { name = \"u\"; roles = [ \"c\" ]; } );\n"
		"rules = ( { id = \"x\"; roles = [ \"a\" ]; relation = \"t\"; actions = [ \"raed\" ]; },\n"
		"  { id = \"x\"; roles = [ \"a\" ]; relation = \"t\"; actions = [ \"read\" ]; using = \"a = 1\"; colums = [ ]; } );\n",
		why, sizeof(why)), DBN_E_CONFIG);
	cr_expect(strstr(why, ":2: unknown setting \"atributes\" of a policy; did you mean \"attributes\"?"), "%s", why);
	cr_expect(strstr(why, "inherits itself"), "%s", why);
	cr_expect(strstr(why, ":5: no role \"c\""), "%s", why);
	cr_expect(strstr(why, ":6: no action \"raed\"; did you mean \"read\"?"), "%s", why);
	cr_expect(strstr(why, ":7: rule \"x\" is defined twice"), "%s", why);
	cr_expect(strstr(why, ":7: unknown setting \"colums\" of a rule; did you mean \"columns\"?"), "%s", why);
}

Test(policy_file, expressions_are_checked_at_load)
{
	wrong(RULE("using = \"a = $user.nothing\";"), "no variable");
	wrong(RULE("using = \"a = \";"), "rule \"x\": using");
	wrong(RULE("using = \"a = 1; DROP TABLE t\";"), "using");
	wrong(RULE("using = \"$user.id = 1\";"), "text is set against a number");
	wrong(RULE("using = \"a\"; check = \"1 + 'x'\";"), "check");
	wrong(RULE("using = \"$now = 7\";"), "a time is set against a number");
	wrong(RULE("using = \"$user.roles = 'x'\";"), "a list");
	wrong(RULE("using = \"random() = 1\";"), "not the same");
	wrong(RULE("using = \"load_extension('x') = 1\";"), "not part of the policy language");
	wrong(RULE("using = \"a = ?\";"), "using");
	wrong(RULE("when = \"a = 1\";"), "no row");
	wrong(RULE("when = \"EXISTS (SELECT 1 FROM t)\";"), "when");
	wrong(RULE("masks = ( { column = \"s\"; method = \"hash\"; } );"), "hash");
	wrong(RULE("masks = ( { column = \"s\"; method = \"truncate\"; to = \"week\"; } );"), "truncates to");
	wrong(RULE("masks = ( { column = \"s\"; method = \"null\"; value = \"x\"; } );"), "a mask takes");
	right(RULE("using = \"a = 1 AND s LIKE 'x%' AND extract(year FROM $now) > 2000\";"));
}

Test(policy_file, shapes_that_mean_nothing)
{
	wrong(RULE("effect = \"deny\"; using = \"a = 1\"; columns = [ \"a\" ];"), "deny");
	wrong(RULE("effect = \"deny\"; check = \"a = 1\";"), "deny");
	wrong(RULE("kind = \"restrictive\";"), "restrictive");
	wrong(RULE("kind = \"restrictive\"; using = \"a = 1\"; hide = [ \"a\" ];"), "restrictive");
	wrong(RULE("check = \"a = 1\";"), "check needs");
	wrong(RULE("effect = \"allw\";"), "did you mean \"allow\"");
	wrong(RULE("where = \"a = 1\";"), "did you mean \"using\"");
	wrong(RULE("function = \"f\";"), "one of");
	wrong(HEAD "rules = ( { id = \"x\"; roles = [ \"r\" ]; relation = \"a.b.c.d\"; actions = [ \"read\" ]; } );", "is not [database.]");
	wrong(HEAD "rules = ( { id = \"x\"; roles = [ \"r\" ]; relation = \"t*\"; actions = [ \"read\" ]; } );", "whole part");
	wrong(HEAD "rules = ( { id = \"x\"; roles = [ \"r\" ]; database = \"main\"; actions = [ \"read\" ]; } );", "does not go");
	wrong(HEAD "rules = ( { roles = [ \"r\" ]; relation = \"t\"; actions = [ \"read\" ]; } );", "\"id\" is missing");
	wrong(HEAD "rules = ( { id = \"x\"; relation = \"t\"; actions = [ \"read\" ]; } );", "\"roles\" is missing");
	wrong(HEAD "rules = [ 1 ];", "list of groups");
	wrong("roles = ();", "version");
	wrong("version = 2;", "version must be 1");
	wrong("", "version");
}

Test(policy_file, text_that_libconfig_would_corrupt)
{
	char deep[400] = "version = 1; x = ";
	size_t n;

	wrong("version = 4294967297;", "out of range");
	wrong("version = 01;", "leading zeros");
	wrong("version = 1; users = ( { name = \"u\"; roles = [ ]; attributes = { x = 99999999999; }; } );", "out of range");
	wrong("\xef\xbb\xbfversion = 1;", "byte order mark");
	wrong("version = 1;\n@include \"/etc/passwd\"\n", ":2: @include");
	wrong("version = 1; rules = ( ", "syntax error");
	wrong("version = 0x;", "is not a number");
	wrong("version = -0x10;", "is not a number");
	wrong("version = 1e999;", "is not a number");
	wrong("version = 1; users = ( { name = \"a\\x00b\"; } );", "escape");
	wrong("version = 1; users = ( { name = \"a\\xffb\"; } );", "escape");
	wrong("version = 1; users = ( { name = \"a\\q\"; } );", "escape");
	wrong("version = 1;\nusers = ( { name = \"a\xff\"; } );", ":2: the file is not UTF-8");
	wrong("version = 1;\n# \xed\xa0\x80\n", ":2: the file is not UTF-8");
	right("version = 0x1; users = ( { name = \"\\\"h\xc3\xa9\\\\\\n\\x41\"; roles = [ ]; } );");
	wrong("version = 1; \"", "text without an end");
	wrong("version = 1; /* rules", "comment without an end");
	n = strlen(deep);
	cr_assert_lt(n + 100, sizeof(deep));
	memset(deep + n, '(', 100);
	deep[n + 100] = '\0';
	wrong(deep, "nested");
}

Test(policy_file, attributes)
{
	wrong("version = 1; attributes = ( { name = \"x\"; type = \"txt\"; } );", "did you mean \"text\"");
	wrong("version = 1; attributes = ( { name = \"id\"; type = \"text\"; } );", "there already");
	wrong("version = 1; attributes = ( { name = \"a b\"; type = \"text\"; } );", "letters");
	wrong("version = 1; attributes = ( { name = \"x\"; type = \"text\"; }, { name = \"x\"; type = \"text\"; } );", "twice");
	wrong("version = 1; attributes = ( { name = \"x\"; type = \"int64\"; } ); users = ( { name = \"u\"; roles = [ ]; attributes = { x = \"1\"; }; } );",
		"declared type");
	wrong("version = 1; attributes = ( { name = \"x\"; type = \"int64[]\"; } ); users = ( { name = \"u\"; roles = [ ]; attributes = { x = ( 1, \"2\" ); }; } );",
		"declared type");
	wrong("version = 1; users = ( { name = \"u\"; roles = [ ]; attributes = { y = 1; }; } );", "not declared");
	right("version = 1; attributes = ( { name = \"x\"; type = \"int64\"; } ); users = ( { name = \"u\"; roles = [ ]; attributes = { x = 99999999999L; }; } );");
}

Test(policy_file, rules_that_do_not_bind_refuse_the_relation)
{
	right(RULE("using = \"nocolumn = 1\";"));
	REFUSED(&l, "u", "SELECT id FROM t", "CONFIG", "rule \"x\" on \"t\": using");
	right(RULE("columns = [ \"nocolumn\" ];"));
	REFUSED(&l, "u", "SELECT id FROM t", "CONFIG", "has no column \"nocolumn\"");
	right(RULE("masks = ( { column = \"zz\"; method = \"null\"; } );"));
	REFUSED(&l, "u", "SELECT id FROM t", "CONFIG", "zz");
	right(RULE("using = \"s = a\";"));
	REFUSED(&l, "u", "SELECT id FROM t", "CONFIG", "text is set against a number");
	right(RULE("using = \"a = 'x'\";"));
	REFUSED(&l, "u", "SELECT id FROM t", "CONFIG", NULL);
	right(RULE("using = \"EXISTS (SELECT 1 FROM nowhere)\";"));
	REFUSED(&l, "u", "SELECT id FROM t", "CONFIG", "nowhere");
	/* identities compare byte by byte, other text exactly whatever the collation */
	right(RULE("using = \"n = $user.id\";"));
	REFUSED(&l, "u", "SELECT id FROM t", "CONFIG", "byte by byte");
	right(RULE("using = \"n = 'x'\";"));
	GIVES(&l, "u", "SELECT id FROM t", "1");
	right(RULE("using = \"s LIKE 'x%'\";"));
	GIVES(&l, "u", "SELECT id FROM t", "1");
	right(RULE("using = \"s LIKE '[%'\";"));
	GIVES(&l, "u", "SELECT id FROM t", "");
	right(RULE("using = \"extract(year FROM $now) = 2023 AND a = 2\";"));
	GIVES(&l, "u", "SELECT id FROM t", "2");
	cr_expect(l.last.uses_now);
	right(RULE("using = \"$op = 'read' AND 'r' = ANY($user.roles)\";"));
	GIVES(&l, "u", "SELECT count(*) FROM t", "2");
}

Test(policy_file, masks_on_values)
{
	right(RULE("masks = ( { column = \"s\"; method = \"const\"; value = \"it's\"; }, { column = \"a\"; method = \"const\"; value = \"42\"; } );"));
	GIVES(&l, "u", "SELECT a, s FROM t WHERE id = 1", "42|it's");
	right(RULE("masks = ( { column = \"a\"; method = \"const\"; value = \"many\"; } );"));
	REFUSED(&l, "u", "SELECT a FROM t", "CONFIG", "not a number");
	right(RULE("masks = ( { column = \"a\"; method = \"partial\"; keep_last = 1; } );"));
	REFUSED(&l, "u", "SELECT a FROM t", "CONFIG", "text");
	right(RULE("masks = ( { column = \"s\"; method = \"expr\"; value = \"upper(s) || '!'\"; filter = true; } );"));
	GIVES(&l, "u", "SELECT s FROM t WHERE s = 'X!' ORDER BY id", "X!\nX!");
}

Test(policy_file, the_old_policy_stays_when_the_new_one_is_wrong)
{
	dbn_identity_in who = { .struct_size = (uint32_t)sizeof(who), .user = { "u", 1 } };
	dbn_subject *s = NULL;
	dbn_error *err = NULL;
	uint64_t epoch;

	right(RULE(""));
	epoch = dbn_authority_epoch(l.authority);
	cr_assert_eq(dbn_subject_open(l.authority, &who, NULL, &s, &err), DBN_OK);
	cr_assert_eq(s->nroles, 1);
	wrong("version = 1; rules = ( {", "syntax");
	cr_assert_eq(dbn_authority_epoch(l.authority), epoch);
	cr_assert(!dbn_subject_stale(s));
	GIVES(&l, "u", "SELECT count(*) FROM t", "2");
	right(HEAD);
	cr_assert(dbn_subject_stale(s));
	cr_assert_eq(dbn_subject_refresh(s, &err), DBN_OK);
	cr_assert(!dbn_subject_stale(s));
	right("version = 1;");
	cr_assert_eq(dbn_subject_refresh(s, &err), DBN_E_IDENTITY);
	dbn_error_free(err);
	dbn_subject_close(s);
}

Test(policy_file, who_concerns_whom)
{
	right(HEAD "rules = ( { id = \"all\"; roles = [ \"*\" ]; relation = \"*\"; actions = [ \"read\" ]; },\n"
		" { id = \"seen\"; mode = \"observe\"; effect = \"deny\"; roles = [ \"r\" ]; relation = \"main.t\"; actions = [ \"*\" ]; } );");
	GIVES(&l, "u", "SELECT count(*) FROM t", "2");
	cr_assert_eq(l.last.ndecisions, 2);
	cr_assert(l.last.decisions[1].observed);
	REFUSED(&l, "u", "SELECT count(*) FROM sqlite_master", "DENIED", NULL);
	right(HEAD "rules = ( { id = \"all\"; roles = [ \"*\" ]; relation = \"T\"; actions = [ \"read\" ]; },\n"
		" { id = \"no\"; effect = \"deny\"; roles = [ \"r\" ]; relation = \"main.main.*\"; actions = [ \"read\" ]; } );");
	REFUSED(&l, "u", "SELECT count(*) FROM t", "DENIED", "rule \"no\"");
	right(HEAD "rules = ( { id = \"all\"; roles = [ \"*\" ]; relation = \"T\"; actions = [ \"read\" ]; },\n"
		" { id = \"no\"; effect = \"deny\"; roles = [ \"r\" ]; relation = \"T\"; columns = [ \"S\" ]; actions = [ \"read\" ]; } );");
	GIVES(&l, "u", "SELECT * FROM t WHERE id = 1", "1|1|x");
}

static dbn_status
admin(const char *user, const char *database, uint32_t action)
{
	dbn_identity_in who = { .struct_size = (uint32_t)sizeof(who), .user = dbn_text_z(user) };
	dbn_subject *s = NULL;
	dbn_status rc;

	cr_assert_eq(dbn_subject_open(l.authority, &who, NULL, &s, NULL), DBN_OK);
	rc = dbn_permission_admin(s, dbn_subject_conditions(s, 0, 0), dbn_text_z(database), action, NULL, NULL);
	dbn_subject_close(s);
	return rc;
}

Test(policy_file, administration)
{
	static const char head[] = "version = 1; roles = ( { name = \"r\"; }, { name = \"n\"; } );"
		" users = ( { name = \"u\"; roles = [ \"r\" ]; }, { name = \"v\"; roles = [ \"r\", \"n\" ]; } );\n"
		"rules = ( { id = \"ddl\"; roles = [ \"r\" ]; database = \"main\"; actions = [ \"admin.ddl\" ]; }";
	char text[2048];

	(void)snprintf(text, sizeof(text), "%s );", head);
	right(text);
	cr_expect_eq(admin("u", "main", DBN_ACT_DDL), DBN_OK);
	cr_expect_eq(admin("u", "main", DBN_ACT_SETTINGS), DBN_E_DENIED);
	cr_expect_eq(admin("u", "other", DBN_ACT_DDL), DBN_E_DENIED);
	/* never for somebody from whom rules hide rows or columns */
	(void)snprintf(text, sizeof(text), "%s, { id = \"x\"; roles = [ \"n\" ]; relation = \"t\"; actions = [ \"read\" ];"
		" using = \"a = 1\"; } );", head);
	right(text);
	cr_expect_eq(admin("u", "main", DBN_ACT_DDL), DBN_OK);
	cr_expect_eq(admin("v", "main", DBN_ACT_DDL), DBN_E_DENIED);
	(void)snprintf(text, sizeof(text), "%s, { id = \"x\"; roles = [ \"*\" ]; effect = \"deny\"; database = \"*\";"
		" actions = [ \"admin.*\" ]; } );", head);
	right(text);
	cr_expect_eq(admin("u", "main", DBN_ACT_DDL), DBN_E_DENIED);
}

Test(policy_file, functions)
{
	right(HEAD "rules = ( { id = \"t\"; roles = [ \"r\" ]; relation = \"t\"; actions = [ \"read\" ]; },\n"
		" { id = \"f\"; roles = [ \"r\" ]; function = \"TELL\"; actions = [ \"execute\" ]; },\n"
		" { id = \"noup\"; roles = [ \"r\" ]; effect = \"deny\"; function = \"upper\"; actions = [ \"execute\" ]; } );");
	REFUSED(&l, "u", "SELECT tell(a) FROM t WHERE id = 1", "SQL", "TOLD 1");
	cr_expect_eq(l.last.ndecisions, 2);
	REFUSED(&l, "u", "SELECT changes()", "DENIED", "no rule");
	REFUSED(&l, "u", "SELECT upper(s) FROM t", "DENIED", "rule \"noup\"");
	GIVES(&l, "u", "SELECT lower(s) FROM t WHERE id = 2", "x");
}

Test(policy_file, views_are_told_apart)
{
	static const char *const users[] = { "one", "two", "three", "none" };
	static const char *const keys[] = { "a\\,b", "a,b", "a\\\\\\,b", "" };
	dbn_error *err = NULL;

	right("version = 1; roles = ( { name = \"a,b\"; }, { name = \"a\"; }, { name = \"b\"; }, { name = \"a\\\\,b\"; } );\n"
		"users = ( { name = \"one\"; roles = [ \"a,b\" ]; }, { name = \"two\"; roles = [ \"b\", \"a\" ]; },\n"
		" { name = \"three\"; roles = [ \"a\\\\,b\" ]; }, { name = \"none\"; roles = [ ]; } );");
	for (size_t i = 0; i < 4; i++) {
		dbn_identity_in who = { .struct_size = (uint32_t)sizeof(who), .user = dbn_text_z(users[i]) };
		dbn_subject *s = NULL;

		cr_assert_eq(dbn_subject_open(l.authority, &who, NULL, &s, &err), DBN_OK);
		cr_expect(dbn_text_eqz(s->view_key, keys[i]), "%s: \"%s\"", users[i], s->view_key.ptr);
		dbn_subject_close(s);
	}
}

Test(policy_file, an_unqualified_name_is_in_main)
{
	l.catalog.default_database = dbn_text_z("crm");
	right(RULE(""));
	lab_forget(&l);
	GIVES(&l, "u", "SELECT count(*) FROM t", "2"); /* the catalogue of the test says main */
	right(HEAD "rules = ( { id = \"x\"; roles = [ \"r\" ]; relation = \"crm.main.t\"; actions = [ \"read\" ]; } );");
	REFUSED(&l, "u", "SELECT count(*) FROM t", "DENIED", "no rule");
}

/* 100,000 rules on 10,000 relations: loaded in linear time, asked quickly. */
Test(policy_file, many_rules, .timeout = 60)
{
	dbn_str p;
	uint64_t t0, t1, t2;

	dbn_str_init(&p, (size_t)128 << 20);
	dbn_str_adds(&p, HEAD "rules = (\n");
	for (int i = 0; i < 100000; i++)
		dbn_str_addf(&p, "%s{ id = \"r%d\"; roles = [ \"r\" ]; relation = \"t%d\"; actions = [ \"read\" ];"
			" using = \"a = %d AND s = $user.id\"; }\n", i ? "," : "", i, i % 10000, i);
	dbn_str_adds(&p, ",{ id = \"t\"; roles = [ \"r\" ]; relation = \"t\"; actions = [ \"read\" ]; } );");
	cr_assert_eq(p.status, DBN_OK);
	t0 = dbn_now_ns();
	right(p.ptr);
	t1 = dbn_now_ns();
	for (int i = 0; i < 1000; i++)
		GIVES(&l, "u", "SELECT count(*) FROM t", "2");
	t2 = dbn_now_ns();
	cr_log_info("100,001 rules: loaded in %.0f ms; 1,000 sessions with a statement in %.0f ms",
		(double)(t1 - t0) / 1e6, (double)(t2 - t1) / 1e6);
	cr_expect_lt(t1 - t0, UINT64_C(20000000000));
	cr_expect_lt(t2 - t1, UINT64_C(5000000000));
	dbn_str_free(&p);
}
