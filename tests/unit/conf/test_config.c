/* SPDX-License-Identifier: MIT */
/*
 * dbn_config as applications see it: files that include others, overrides by
 * path and by the environment, values with their origin.
 */
#include "dir.h"

#include "conf/build.h"

static dbn_config *
open_text(const char *text)
{
	dbn_config *c;
	dbn_error *err;

	cr_assert_eq(dbn_config_open_text(dbn_text_z(text), "t.conf", DBN_CONFIG_NO_ENV, &c, &err),
		DBN_OK, "%s", dbn_error_detail(err));
	cr_assert_null(err);
	return c;
}

static void
has(const dbn_config *c, const char *path, const char *value, const char *origin)
{
	char *v, *o;
	dbn_error *err;

	cr_assert_eq(dbn_config_get(c, path, &v, &o, &err), DBN_OK, "%s: %s", path,
		dbn_error_message(err));
	cr_assert_str_eq(v, value, "%s = \"%s\"", path, v);
	if (origin)
		cr_assert_str_eq(o, origin, "%s from \"%s\"", path, o);
	dbn_config_free_text(v);
	dbn_config_free_text(o);
}

static void
has_not(const dbn_config *c, const char *path)
{
	dbn_error *err;
	char *v;

	cr_assert_eq(dbn_config_get(c, path, &v, NULL, &err), DBN_E_NOT_FOUND, "%s", path);
	cr_assert_null(v);
	dbn_error_free(err);
}

static const char stack[] =
	"databases = {\n"
	"  main = {\n"
	"    nodes = ( { name = \"s0\"; url = \"a:1\"; },\n"
	"              { name = \"s3b\"; url = \"a:2\"; pool = { max = 32; }; } );\n"
	"  };\n"
	"};\n"
	"list = [ 1, 2 ]; real = 0.5; wide = 5000000000L; yes = true; empty = { }; none = ( );\n"
	"text = \"a\\\"b\\\\c\\n\";\n";

Test(config, values_with_their_origin)
{
	dbn_config *c = open_text(stack);

	has(c, "databases.main.nodes[s3b].url", "a:2", "t.conf:4");
	has(c, "databases.main.nodes[1].url", "a:2", "t.conf:4");
	has(c, "databases.main.nodes[0].name", "s0", "t.conf:3");
	has(c, "databases.main.nodes[s3b].pool.max", "32", "t.conf:4");
	has(c, "databases.main.nodes[s3b].pool", "{ max = 32; }", NULL);
	has(c, "list[1]", "2", "t.conf:7");
	has(c, "list", "(1, 2)", "t.conf:7");
	has(c, "real", "0.5", NULL);
	has(c, "wide", "5000000000", NULL);
	has(c, "yes", "true", NULL);
	has(c, "text", "a\"b\\c\n", "t.conf:8");
	has_not(c, "databases.main.nodes[s9].url");
	has_not(c, "databases.main.nodes[2]");
	has_not(c, "databases.other");
	has_not(c, "list.x");
	has_not(c, "yes[0]");
	dbn_config_free(c);
}

Test(config, paths_that_are_none)
{
	static const char *const bad[] = { "", ".", "a.", ".a", "a..b", "[x]", "a[", "a[]", "a[x",
		"a]b", "a b", "1a", "a.[x]", "a=b", "a;b" };
	dbn_config *c = open_text("a = 1;");
	dbn_error *err;
	char *v;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		cr_assert_eq(dbn_config_get(c, bad[i], &v, NULL, &err), DBN_E_CONFIG, "\"%s\"", bad[i]);
		cr_assert_not_null(strstr(dbn_error_message(err), "is not a path"));
		dbn_error_free(err);
		cr_assert_eq(dbn_config_set(c, bad[i], "1", NULL), DBN_E_CONFIG, "\"%s\"", bad[i]);
	}
	has(c, "a", "1", "t.conf:1");
	dbn_config_free(c);
}

Test(config, set_by_path)
{
	dbn_config *c = open_text(stack);

	cr_assert_eq(dbn_config_set(c, "databases.main.pool.max", "64", NULL), DBN_OK);
	has(c, "databases.main.pool.max", "64", "(code)");
	cr_assert_eq(dbn_config_set(c, "databases.main.nodes[s0].url", "b:9", NULL), DBN_OK);
	has(c, "databases.main.nodes[0].url", "b:9", "(code)");
	has(c, "databases.main.nodes[1].url", "a:2", "t.conf:4");
	/* a new item gets its name */
	cr_assert_eq(dbn_config_set(c, "databases.main.nodes[s7].url", "c:1", NULL), DBN_OK);
	has(c, "databases.main.nodes[2].name", "s7", NULL);
	/* a list by number, one by one */
	cr_assert_eq(dbn_config_set(c, "list[2]", "3", NULL), DBN_OK);
	has(c, "list", "(1, 2, \"3\")", NULL);
	cr_assert_eq(dbn_config_set(c, "list[9]", "3", NULL), DBN_E_CONFIG);
	/* whole values in libconfig's own form */
	cr_assert_eq(dbn_config_set(c, "list", "[ 7, 8 ]", NULL), DBN_OK);
	has(c, "list", "(7, 8)", "(code)");
	cr_assert_eq(dbn_config_set(c, "empty", "{ a = ( { b = true; } ); }", NULL), DBN_OK);
	has(c, "empty.a[0].b", "true", "(code)");
	cr_assert_eq(dbn_config_set(c, "text", "\"[not a list\"", NULL), DBN_OK);
	has(c, "text", "[not a list", NULL);
	/* and away again */
	cr_assert_eq(dbn_config_set(c, "databases.main.nodes[s0]", NULL, NULL), DBN_OK);
	has(c, "databases.main.nodes[0].name", "s3b", NULL);
	cr_assert_eq(dbn_config_set(c, "no.such[thing].at.all", NULL, NULL), DBN_OK);
	has_not(c, "no");
	dbn_config_free(c);
}

Test(config, a_failed_change_changes_nothing)
{
	dbn_config *c = open_text(stack);
	dbn_error *err;

	cr_assert_eq(dbn_config_set(c, "yes.no", "1", &err), DBN_E_CONFIG);
	cr_assert_not_null(strstr(dbn_error_message(err), "yes.no"));
	dbn_error_free(err);
	cr_assert_eq(dbn_config_set(c, "fresh.group", "[ 1, ", NULL), DBN_E_CONFIG);
	has_not(c, "fresh");
	cr_assert_eq(dbn_config_set(c, "fresh", "{ a = 0600; }", NULL), DBN_E_CONFIG);
	has_not(c, "fresh");
	/* one value cannot smuggle in another, nor a file */
	cr_assert_eq(dbn_config_set(c, "fresh", "\"a\"; b = \"c\"", NULL), DBN_E_CONFIG);
	cr_assert_eq(dbn_config_set(c, "fresh", "{ }\n@include \"/etc/hostname\"\n", NULL),
		DBN_E_CONFIG);
	has_not(c, "fresh");
	has_not(c, "b");
	cr_assert_eq(dbn_config_set(c, "fresh", "\xff", NULL), DBN_E_CONFIG);
	cr_assert_eq(dbn_config_set_many(c, "one = 1; two", "here", &err), DBN_E_CONFIG);
	cr_assert_str_eq(dbn_error_where(err), "here");
	dbn_error_free(err);
	has_not(c, "one");
	dbn_config_free(c);
}

Test(config, set_many)
{
	dbn_config *c = open_text("a = 1;");

	cr_assert_eq(dbn_config_set_many(c, " a = 2 ;b.c=x y; ;l=[ 1, 2 ] ; q = \"a;b\"; e =;",
		"here", NULL), DBN_OK);
	has(c, "a", "2", "here");
	has(c, "b.c", "x y", "here");
	has(c, "l", "(1, 2)", "here");
	has(c, "q", "a;b", "here");
	has(c, "e", "", "here");
	cr_assert_eq(dbn_config_set_many(c, "", "here", NULL), DBN_OK);
	cr_assert_eq(dbn_config_set_many(c, "list[x].v = 1; list[y].v = 2", "here", NULL), DBN_OK);
	has(c, "list[1].name", "y", NULL);
	dbn_config_free(c);
}

Test(config, environment)
{
	dbn_config *c;
	dbn_error *err;

	cr_assert_eq(setenv("DBNEXUS_SET", "a = 2; b.c = 3", 1), 0);
	cr_assert_eq(dbn_config_open_text(DBN_TEXT_LIT("a = 1;"), NULL, 0, &c, &err), DBN_OK);
	has(c, "a", "2", "DBNEXUS_SET");
	has(c, "b.c", "3", "DBNEXUS_SET");
	dbn_config_free(c);
	c = open_text("a = 1;");
	has(c, "a", "1", "t.conf:1");
	has_not(c, "b");
	dbn_config_free(c);
	cr_assert_eq(setenv("DBNEXUS_SET", "rubbish", 1), 0);
	cr_assert_eq(dbn_config_open_text(DBN_TEXT_LIT("a = 1;"), NULL, 0, &c, &err), DBN_E_CONFIG);
	cr_assert_str_eq(dbn_error_where(err), "DBNEXUS_SET");
	cr_assert_null(c);
	dbn_error_free(err);
}

static void
count_one(const char *path, const char *value, const char *origin, void *user)
{
	dbn_str_addf(user, "%s=%s@%s\n", path, value, origin);
}

Test(config, each_in_file_order)
{
	dbn_config *c = open_text("b = 1;\na = { x = ( { name = \"n\"; v = \"t\"; } );\n y = { }; };\n");
	dbn_str s;

	dbn_str_init(&s, 0);
	cr_assert_eq(dbn_config_each(c, count_one, &s, NULL), DBN_OK);
	cr_assert_str_eq(dbn_str_z(&s), "b=1@t.conf:1\na.x[n].name=n@t.conf:2\n"
		"a.x[n].v=t@t.conf:2\na.y={ }@t.conf:3\n");
	dbn_str_free(&s);
	dbn_config_free(c);
}

struct round_trip {
	const dbn_config *c;
	unsigned count;
};

static void
find_again(const char *path, const char *value, const char *origin, void *user)
{
	struct round_trip *r = user;

	(void)origin;
	has(r->c, path, value, NULL);
	r->count++;
}

Test(config, each_path_finds_its_value_again)
{
	dbn_config *c = open_text("l = ( { name = \"a\"; v = 0; }, { name = \"a\"; v = 1; },\n"
		"{ name = \"1\"; v = 2; }, { v = 3; }, { name = \"3\"; v = 4; }, { name = \"#4\"; v = 5; },\n"
		"{ name = \"x]\"; v = 6; }, { name = \"\"; v = 7; }, { name = 8; v = 8; },\n"
		"{ name = \"a[b.c\"; v = 9; } );\n"
		"m = ( ( 10, 11 ), ( ( 12, 13 ), 14 ) );\n");
	struct round_trip r = { c, 0 };
	dbn_error *err;

	cr_assert_eq(dbn_config_each(c, find_again, &r, NULL), DBN_OK);
	cr_assert_eq(r.count, 24);
	has(c, "l[a].v", "0", NULL);
	has(c, "l[#1].v", "1", NULL);
	has(c, "l[1].v", "2", NULL);
	has(c, "l[#3].v", "3", NULL);
	has(c, "l[3].v", "4", NULL);
	has(c, "l[5].v", "5", NULL);
	cr_assert_eq(dbn_config_set(c, "l[#1].v", "one", NULL), DBN_OK);
	has(c, "l[#1].v", "one", NULL);
	has(c, "l[a].v", "0", NULL);
	cr_assert_eq(dbn_config_set(c, "l[#10].v", "ten", NULL), DBN_OK);
	has(c, "l[10].v", "ten", NULL);
	cr_assert_eq(dbn_config_set(c, "l[#b].v", "x", &err), DBN_E_CONFIG);
	dbn_error_free(err);
	dbn_config_free(c);
}

Test(config, include_resolves_against_the_including_file, .init = dir_make, .fini = dir_remove)
{
	char sub[PATH_MAX + 16], main_conf[PATH_MAX + 16], want[PATH_MAX + 32];
	dbn_config *c;
	dbn_error *err;

	(void)snprintf(sub, sizeof sub, "%s/sub", dir_path);
	cr_assert_eq(mkdir(sub, 0700), 0);
	(void)dir_file("sub/inner.conf", "# a comment\ninner = 2;\n@include \"more.conf\"\nafter = 4;");
	(void)dir_file("sub/more.conf", "more = 3;");
	(void)snprintf(main_conf, sizeof main_conf, "%s", dir_file("main.conf",
		"first = 1;\n  @include \"./sub/inner.conf\"  // and on\ngroup = {\n@include "
		"\"sub/more.conf\"\n};\nlast = 5;\n\"not\" \"@include\";"));
	cr_assert_eq(dbn_config_open(main_conf, DBN_CONFIG_NO_ENV, &c, &err), DBN_E_CONFIG);
	dbn_error_free(err);
	(void)dir_file("main.conf", "first = 1;\n  @include \"./sub/inner.conf\"  // and on\ngroup = {\n"
		"@include \"sub/more.conf\"\n};\nlast = \"@include \\\"x\\\"\";\n");
	cr_assert_eq(dbn_config_open(main_conf, DBN_CONFIG_NO_ENV, &c, &err), DBN_OK, "%s",
		dbn_error_detail(err));
	(void)snprintf(want, sizeof want, "%s:1", main_conf);
	has(c, "first", "1", want);
	(void)snprintf(want, sizeof want, "%s/sub/inner.conf:2", dir_path);
	has(c, "inner", "2", want);
	(void)snprintf(want, sizeof want, "%s/sub/more.conf:1", dir_path);
	has(c, "more", "3", want);
	has(c, "group.more", "3", want);
	(void)snprintf(want, sizeof want, "%s/sub/inner.conf:4", dir_path);
	has(c, "after", "4", want);
	(void)snprintf(want, sizeof want, "%s:6", main_conf);
	has(c, "last", "@include \"x\"", want);
	dbn_config_free(c);
}

Test(config, url)
{
	dbn_config *c;
	dbn_error *err;

	cr_assert_eq(dbn_config_open_url("sqlite:app.db", "p.conf", "a.log", DBN_CONFIG_NO_ENV, &c,
		&err), DBN_OK);
	has(c, "databases.main.driver.plugin", "sqlite", "(url)");
	has(c, "databases.main.driver.url", "sqlite:app.db", NULL);
	has(c, "databases.main.driver.create", "false", NULL);
	has(c, "permission.plugin", "rbac", NULL);
	has(c, "permission.settings.file", "p.conf", NULL);
	has(c, "audit[trail].settings.path", "a.log", NULL);
	cr_assert(!c->allow_all);
	dbn_config_free(c);
	cr_assert_eq(dbn_config_open_url("sqlite:x", NULL, NULL, DBN_CONFIG_NO_ENV, &c, &err),
		DBN_E_CONFIG);
	cr_assert_not_null(strstr(dbn_error_hint(err), "DBN_OPEN_ALLOW_ALL"));
	cr_assert_null(c);
	dbn_error_free(err);
	cr_assert_eq(dbn_config_open_url("sqlite:x", NULL, NULL, DBN_CONFIG_NO_ENV |
		DBN_OPEN_ALLOW_ALL | DBN_OPEN_CREATE, &c, &err), DBN_OK);
	cr_assert(c->allow_all);
	has(c, "databases.main.driver.create", "true", NULL);
	has_not(c, "permission");
	has_not(c, "audit");
	dbn_config_free(c);
	cr_assert_eq(dbn_config_open_url("sqlite:x", "p", NULL, DBN_OPEN_ALLOW_ALL, &c, NULL),
		DBN_E_INVALID);
	cr_assert_eq(dbn_config_open_url("sqlite:x", "p", NULL, 1u << 20, &c, NULL), DBN_E_INVALID);
}

/* The parts of a URL are data, whatever they look like. */
Test(config, url_is_data)
{
	static const char *const bad[] = { "", "app.db", "/app.db", ":x", "a b:x", "../x:y" };
	dbn_config *c;

	cr_assert_eq(dbn_config_open_url("sqlite:[ \"; {", "{ x = 1; }", "\"a\"; b", DBN_CONFIG_NO_ENV,
		&c, NULL), DBN_OK);
	has(c, "databases.main.driver.url", "sqlite:[ \"; {", NULL);
	has(c, "permission.settings.file", "{ x = 1; }", NULL);
	has(c, "audit[trail].settings.path", "\"a\"; b", NULL);
	dbn_config_free(c);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_assert_eq(dbn_config_open_url(bad[i], "p", NULL, 0, &c, NULL), DBN_E_CONFIG, "\"%s\"",
			bad[i]);
}

Test(config, wrong_arguments)
{
	dbn_error *err;
	dbn_config *c;
	char *v;

	cr_assert_eq(dbn_config_open(NULL, 0, &c, &err), DBN_E_INVALID);
	dbn_error_free(err);
	cr_assert_eq(dbn_config_open("x", 4, &c, NULL), DBN_E_INVALID);
	cr_assert_eq(dbn_config_open_text((dbn_text){ NULL, 3 }, NULL, 0, &c, NULL), DBN_E_INVALID);
	cr_assert_eq(dbn_config_open_text((dbn_text){ NULL, 0 }, NULL, 8, &c, NULL), DBN_E_INVALID);
	cr_assert_eq(dbn_config_open_url(NULL, NULL, NULL, 0, &c, NULL), DBN_E_INVALID);
	cr_assert_eq(dbn_config_set(NULL, "a", "b", NULL), DBN_E_INVALID);
	cr_assert_eq(dbn_config_set_many(NULL, "a=b", NULL, NULL), DBN_E_INVALID);
	cr_assert_eq(dbn_config_get(NULL, "a", &v, NULL, NULL), DBN_E_INVALID);
	cr_assert_eq(dbn_config_each(NULL, NULL, NULL, NULL), DBN_E_INVALID);
	dbn_config_free(NULL);
	dbn_config_free_text(NULL);
}
