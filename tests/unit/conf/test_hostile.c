/* SPDX-License-Identifier: MIT */
/*
 * Configurations that are broken, truncated or made to hurt: each is refused
 * with the line where it is wrong, and nothing is left behind.
 */
#include "dir.h"

#include "conf/stack.h"

struct hostile {
	const char *name, *text;
	size_t len;                 /* 0: of a text */
	const char *where, *says;
};

#define TEXT(s) s, sizeof(s) - 1

static const struct hostile table[] = {
	{ "truncated group", TEXT("version = 1;\ndatabases = {\n  main = {"), "t.conf:3",
		"the \"{\" that begins here is not closed" },
	{ "truncated text", TEXT("a = 1;\nb = \"half"), "t.conf:2", "has no end" },
	{ "truncated comment", TEXT("a = 1;\n\n/* half"), "t.conf:3", "comment" },
	{ "nothing closed", TEXT("a = 1;\n}\n"), "t.conf:2", "closes nothing" },
	{ "crossed brackets", TEXT("a = (\n1\n};"), "t.conf:3", "does not close the \"(\" of line 1" },
	{ "no value", TEXT("a = ;"), "t.conf:1", "a value is missing" },
	{ "no value at the end", TEXT("a =\n"), "t.conf:2", "a value is missing" },
	{ "no value in a group", TEXT("g = { a = };"), "t.conf:1", "a value is missing" },
	{ "no name", TEXT("a = 1;\n= 2;"), "t.conf:2", "the name of a setting is expected" },
	{ "text for a name", TEXT("a = 1;\n\"b\" = 2;"), "t.conf:2", "the name of a setting" },
	{ "no =", TEXT("a = 1;\nb 2;"), "t.conf:2", "\"=\" is missing" },
	{ "name without value", TEXT("g = { a };"), "t.conf:1", "a name without a value" },
	{ "name at the end", TEXT("a"), "t.conf:1", "\"=\" is missing" },
	{ "two values", TEXT("a = 1 2;"), "t.conf:1", "a \";\" is missing" },
	{ "two separators", TEXT("a = 1;;"), "t.conf:1", "the name of a setting is expected" },
	{ "word for a value", TEXT("a = yes;"), "t.conf:1", "a value is missing" },
	{ "trailing comma", TEXT("a = 1;\nb = [ 1, 2, ];\n"), "t.conf:2", "a comma stands before" },
	{ "trailing comma of a list", TEXT("b = ( { },\n);\n"), "t.conf:2", "a comma stands before" },
	{ "missing comma", TEXT("b = ( { } { } );\n"), "t.conf:1", "a comma is missing" },
	{ "semicolon in a list", TEXT("b = ( 1; 2 );\n"), "t.conf:1", "a comma is missing" },
	{ "leading comma", TEXT("b = ( , 1 );\n"), "t.conf:1", "a value is missing" },
	{ "group in an array", TEXT("b = [ { } ];\n"), "t.conf:1", "an array [ ] holds no groups" },
	{ "stray character", TEXT("a = 1;\n%\n"), "t.conf:2", "the name of a setting" },
	{ "name that begins with _", TEXT("_a = 1;\n"), "t.conf:1", "the name of a setting" },
	{ "control character", TEXT("a = 1;\n\x01"), "t.conf:2", "the name of a setting" },
	{ "backslash at the end", TEXT("a = \"x\\"), "t.conf:1", "has no end" },
	{ "NUL in the file", TEXT("a = 1;\nb = \"x\0y\";"), "t.conf:2", "NUL" },
	{ "NUL at the end", TEXT("a = 1;\n\0"), "t.conf:2", "NUL" },
	{ "NUL by escape", TEXT("b = \"x\\x00y\";"), "t.conf:1", "NUL" },
	{ "byte order mark", TEXT("\xEF\xBB\xBF" "a = 1;"), "t.conf:1", "byte order mark" },
	{ "UTF-16", TEXT("\xFF\xFE" "a\0=\0"), "t.conf:1", "UTF-8" },
	{ "invalid UTF-8", TEXT("a = 1;\n\nb = \"\xC3(\";"), "t.conf:3", "UTF-8" },
	{ "invalid UTF-8 in a comment", TEXT("# \xFF\n"), "t.conf:1", "UTF-8" },
	{ "invalid UTF-8 by escape", TEXT("a = 1;\nb = \"\\xC3\";"), "t.conf:2", "UTF-8" },
	{ "surrogate", TEXT("b = \"\xED\xA0\x80\";"), "t.conf:1", "UTF-8" },
	{ "2^32", TEXT("a = 1;\nn = 4294967296;"), "t.conf:2", "out of range" },
	{ "2^31", TEXT("n = 2147483648;"), "t.conf:1", "out of range" },
	{ "below -2^31", TEXT("n = -2147483649;"), "t.conf:1", "out of range" },
	{ "20 digits", TEXT("n = 12345678901234567890;"), "t.conf:1", "out of range" },
	{ "40 digits wide", TEXT("n = 1234567890123456789012345678901234567890L;"), "t.conf:1",
		"out of range" },
	{ "2^63", TEXT("n = 9223372036854775808L;"), "t.conf:1", "out of range" },
	{ "hexadecimal overflow", TEXT("n = 0xFFFFFFFF;"), "t.conf:1", "out of range" },
	{ "wide hexadecimal overflow", TEXT("n = 0xFFFFFFFFFFFFFFFFL;"), "t.conf:1", "out of range" },
	{ "negative hexadecimal", TEXT("n = -0x10;"), "t.conf:1", "hexadecimal" },
	{ "octal", TEXT("a = 1;\n\nmode = 0600;"), "t.conf:3", "leading zeros" },
	{ "negative octal", TEXT("mode = -010;"), "t.conf:1", "leading zeros" },
	{ "number and letters", TEXT("n = 12abc;"), "t.conf:1", "not a number" },
	{ "hexadecimal without digits", TEXT("n = 0x;"), "t.conf:1", "not a number" },
	{ "exponent without digits", TEXT("n = 1e;"), "t.conf:1", "not a number" },
	{ "exponent with only a sign", TEXT("n = 1.5e-;"), "t.conf:1", "not a number" },
	{ "version as a number", TEXT("n = 1.2.3;"), "t.conf:1", "not a number" },
	{ "size without quotes", TEXT("n = 64MiB;"), "t.conf:1", "not a number" },
	{ "float out of range", TEXT("a = 1;\nn = 1e999;"), "t.conf:2", "out of range" },
	{ "duplicate", TEXT("a = 1;\na = 2;"), "t.conf:2", "duplicate" },
	{ "mixed array", TEXT("a = [ 1, \"b\" ];"), "t.conf:1", "mismatched" },
	{ "stray @", TEXT("a = @b;"), "t.conf:1", "\"@\"" },
	{ "include within a line", TEXT("a = 1; @include \"b\""), "t.conf:1", "\"@\"" },
	{ "include without quotes", TEXT("@include b.conf\n"), "t.conf:1", "@include" },
	{ "include of nothing", TEXT("@include \"\"\n"), "t.conf:1", "@include" },
	{ "include that is missing", TEXT("a = 1;\n@include \"no-such-file.conf\"\n"), "t.conf:2",
		"no-such-file.conf" },
	{ "include of a directory", TEXT("@include \"/\"\n"), "t.conf:1", "directory" },
	{ "include of a device", TEXT("@include \"/dev/zero\"\n"), "t.conf:1", "too large" },
};

static void
refused(const char *name, dbn_text text, const char *where, const char *says)
{
	dbn_config *c = (dbn_config *)&c;
	dbn_error *err = NULL;

	cr_assert_eq(dbn_config_open_text(text, "t.conf", DBN_CONFIG_NO_ENV, &c, &err),
		DBN_E_CONFIG, "%s: was taken", name);
	cr_assert_null(c, "%s", name);
	cr_assert_not_null(strstr(dbn_error_message(err), says), "%s: says \"%s\"", name,
		dbn_error_message(err));
	cr_assert_str_eq(dbn_error_where(err), where, "%s: at %s", name, dbn_error_where(err));
	cr_assert(strncmp(dbn_error_detail(err), where, strlen(where)) == 0, "%s: \"%s\"", name,
		dbn_error_detail(err));
	dbn_error_free(err);
}

Test(hostile, each_is_refused_with_its_line)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		refused(table[i].name, dbn_text_n(table[i].text, table[i].len), table[i].where,
			table[i].says);
}

Test(hostile, the_error_may_be_ignored)
{
	dbn_config *c;

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		cr_assert_eq(dbn_config_open_text(dbn_text_n(table[i].text, table[i].len), "t.conf",
			DBN_CONFIG_NO_ENV, &c, NULL), DBN_E_CONFIG);
}

/* What the grammar lets pass, libconfig takes too. */
Test(hostile, forms_that_are_allowed)
{
	static const char *const good[] = { "", "\n", "a=1", "a:1", "a=1,b=2", "a=1 b=2;", "a={}",
		"a=()", "a=[]", "a=(1,\"b\",{c=1;},[1],())", "a=\"x\" \"y\"\n\"z\";", "a=TRUE;b=False",
		"a=.5;b=5.;c=-.5e+3;d=1E-2", "a=0;b=-0;c=0x0;d=0L;e=0LL;f=+1", "*=1;a-b_c*d=2;",
		"a={b=1}c=2;", "/**/a/**/=/**/1/**/;//x\n#y", "a=(\"x\" \"y\", \"z\")", "a=1\r\n;\f\tb=2" };
	dbn_error *err;
	dbn_config *c;

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		cr_assert_eq(dbn_config_open_text(dbn_text_z(good[i]), "t.conf", DBN_CONFIG_NO_ENV, &c,
			&err), DBN_OK, "%s: %s", good[i], dbn_error_message(err));
		dbn_config_free(c);
	}
}

/* Every prefix of a good text: refused or taken, never worse. */
Test(hostile, every_truncation)
{
	static const char good[] =
		"version = 1; /* c */ # d\n"
		"databases = { main = { driver = { plugin = \"x\"; url = \"x:y\\x41\\\\\"; }; }; };\n"
		"permission = { plugin = \"p\"; settings = { a = [ 1, -2 ]; b = ( 1.5e3, 0x1F, 5L ); }; };\n";

	for (size_t n = 0; n < sizeof good; n++) {
		char *copy = malloc(n ? n : 1);
		dbn_error *err;
		dbn_config *c;

		memcpy(copy, good, n);
		if (dbn_config_open_text(dbn_text_n(copy, n), NULL, DBN_CONFIG_NO_ENV, &c, &err) == DBN_OK)
			cr_assert_null(err);
		else
			cr_assert_eq(dbn_error_code(err), DBN_E_CONFIG);
		dbn_error_free(err);
		dbn_config_free(c);
		free(copy);
	}
}

static dbn_str
nested(unsigned depth)
{
	dbn_str s;

	dbn_str_init(&s, 0);
	dbn_str_adds(&s, "a = ");
	for (unsigned i = 0; i < depth; i++)
		dbn_str_addc(&s, '(');
	for (unsigned i = 0; i < depth; i++)
		dbn_str_addc(&s, ')');
	dbn_str_addc(&s, ';');
	return s;
}

Test(hostile, deep_nesting)
{
	dbn_str s = nested(64);
	dbn_config *c;

	cr_assert_eq(dbn_config_open_text(dbn_text_n(s.ptr, s.len), "t.conf", DBN_CONFIG_NO_ENV, &c,
		NULL), DBN_OK);
	dbn_config_free(c);
	dbn_str_free(&s);
	s = nested(65);
	refused("65 deep", dbn_text_n(s.ptr, s.len), "t.conf:1", "more than 64");
	dbn_str_free(&s);
	s = nested(200000);
	refused("200000 deep", dbn_text_n(s.ptr, s.len), "t.conf:1", "more than 64");
	dbn_str_free(&s);
}

Test(hostile, too_long)
{
	size_t n = ((size_t)16 << 20) + 1;
	char *big = malloc(n);

	memset(big, ' ', n);
	refused("16 MiB and one", dbn_text_n(big, n), "t.conf:1", "longer than 16 MiB");
	free(big);
}

Test(hostile, many_problems_are_all_told)
{
	dbn_error *err;
	dbn_config *c;

	cr_assert_eq(dbn_config_open_text(DBN_TEXT_LIT("a = 0600;\nb = 4294967296;\nc = @d;\n"),
		"t.conf", DBN_CONFIG_NO_ENV, &c, &err), DBN_E_CONFIG);
	cr_assert_not_null(strstr(dbn_error_detail(err), "t.conf:1: "));
	cr_assert_not_null(strstr(dbn_error_detail(err), "\nt.conf:2: "));
	cr_assert_not_null(strstr(dbn_error_detail(err), "\nt.conf:3: "));
	cr_assert_not_null(strstr(dbn_error_detail(err), "4294967296L"), "the hint shows the L");
	dbn_error_free(err);
}

Test(hostile, more_problems_than_anyone_reads)
{
	dbn_error *err;
	dbn_config *c;
	dbn_str s;

	dbn_str_init(&s, 0);
	for (int i = 0; i < 5000; i++)
		dbn_str_addf(&s, "a%d = 01;\n", i);
	cr_assert_eq(dbn_config_open_text(dbn_text_n(s.ptr, s.len), "t.conf", 0, &c, &err),
		DBN_E_CONFIG);
	cr_assert_not_null(strstr(dbn_error_detail(err), "and 4800 more"));
	dbn_error_free(err);
	dbn_str_free(&s);
}

/* ---- files ---- */

static void
file_refused(const char *path, const char *says)
{
	dbn_error *err;
	dbn_config *c;

	cr_assert_eq(dbn_config_open(path, DBN_CONFIG_NO_ENV, &c, &err), DBN_E_CONFIG, "%s", path);
	cr_assert_null(c);
	cr_assert(strstr(dbn_error_message(err), says) || strstr(dbn_error_detail(err), says),
		"\"%s\", \"%s\"", dbn_error_message(err), dbn_error_detail(err));
	dbn_error_free(err);
}

Test(hostile, files, .init = dir_make, .fini = dir_remove)
{
	char path[PATH_MAX + 16];

	(void)snprintf(path, sizeof path, "%s/missing.conf", dir_path);
	file_refused(path, "missing.conf");
	file_refused(dir_path, "is a directory");
	file_refused("/dev/zero", "too large");
}

/* Empty is well formed; that everything is missing, the check says. */
Test(hostile, empty_file, .init = dir_make, .fini = dir_remove)
{
	dbn_problems problems;
	dbn_stack_conf *stack;
	dbn_error *err;
	dbn_config *c;

	cr_assert_eq(dbn_config_open(dir_file("empty.conf", ""), DBN_CONFIG_NO_ENV, &c, &err), DBN_OK);
	dbn_problems_init(&problems);
	cr_assert_eq(dbn_stack_load(c, &problems, &stack), DBN_OK);
	cr_assert_eq(problems.count, 2);
	cr_assert_not_null(strstr(problems.first->text, "\"databases\" is missing"));
	cr_assert_not_null(strstr(problems.first->next->text, "\"permission\" is missing"));
	dbn_problems_free(&problems);
	dbn_stack_free(stack);
	dbn_config_free(c);
}

Test(hostile, include_cycles, .init = dir_make, .fini = dir_remove)
{
	char first[PATH_MAX + 16];

	(void)dir_file("b.conf", "@include \"sub/../c.conf\"\n");
	(void)dir_file("c.conf", "x = 1;\n@include \"a.conf\"\n");
	(void)snprintf(first, sizeof first, "%s/sub", dir_path);
	cr_assert_eq(mkdir(first, 0700), 0);
	(void)snprintf(first, sizeof first, "%s", dir_file("a.conf", "@include \"b.conf\"\n"));
	file_refused(first, "files include each other");
	file_refused(first, "b.conf -> ");
	file_refused(first, "c.conf:2");
	file_refused(dir_file("self.conf", "@include \"self.conf\"\n"), "files include each other");
}

Test(hostile, include_depth, .init = dir_make, .fini = dir_remove)
{
	char name[32], text[64];

	for (int i = 0; i < 40; i++) {
		(void)snprintf(name, sizeof name, "d%d.conf", i);
		(void)snprintf(text, sizeof text, "@include \"d%d.conf\"\n", i + 1);
		(void)dir_file(name, text);
	}
	(void)dir_file("d40.conf", "a = 1;\n");
	file_refused(dir_file("d0.conf", "@include \"d1.conf\"\n"), "deeper than 16");
}

/* A bracket cannot open in one file and close in another. */
Test(hostile, include_of_half_a_group, .init = dir_make, .fini = dir_remove)
{
	(void)dir_file("half.conf", "g = {\n");
	file_refused(dir_file("whole.conf", "@include \"half.conf\"\n};\n"), "half.conf:1");
}

/* Two inclusions of the same file are no cycle, but its names are there twice. */
Test(hostile, include_twice, .init = dir_make, .fini = dir_remove)
{
	(void)dir_file("x.conf", "a = 1;\n");
	file_refused(dir_file("twice.conf", "@include \"x.conf\"\n@include \"x.conf\"\n"), "duplicate");
}
