/* SPDX-License-Identifier: MIT */
/*
 * Settings against a schema: every type, ranges, units, unknown keys, secrets,
 * and schemas that are wrong themselves.
 */
#include "dir.h"

#include "conf/build.h"
#include "conf/schema.h"

struct point {
	int64_t x;
	const char *tag;
};
struct all {
	int32_t yes, mode;
	int64_t count;
	double ratio;
	const char *text, *path, *password;
	uint64_t size, wait;
	dbn_array words, points;
	struct point origin;
};

static const dbn_conf_item point_items[] = {
	{ "x", "7", "where", NULL, DBN_CONF_INT, 0, 0, 0, offsetof(struct point, x), 0,
		{ NULL, 0, 0 } },
	{ "tag", NULL, NULL, NULL, DBN_CONF_STRING, 0, 0, 0, offsetof(struct point, tag), 0,
		{ NULL, 0, 0 } },
};
#define ITEM(name, type, deflt, flags, min, max, member) \
	{ name, deflt, NULL, NULL, type, flags, min, max, offsetof(struct all, member), 0, \
		{ NULL, 0, 0 } }
static const dbn_conf_item items[] = {
	ITEM("yes", DBN_CONF_BOOL, "true", 0, 0, 0, yes),
	{ "mode", "mid", NULL, "low|mid|high", DBN_CONF_ENUM, 0, 0, 0, offsetof(struct all, mode), 0,
		{ NULL, 0, 0 } },
	ITEM("count", DBN_CONF_INT, "5", 0, 1, 10, count),
	ITEM("ratio", DBN_CONF_FLOAT, "0.5", 0, 0, 1, ratio),
	ITEM("text", DBN_CONF_STRING, NULL, 0, 0, 0, text),
	ITEM("path", DBN_CONF_PATH, "sub/x", 0, 0, 0, path),
	ITEM("password", DBN_CONF_STRING, NULL, DBN_CONF_SECRET, 0, 0, password),
	ITEM("size", DBN_CONF_SIZE, "64 MiB", 0, 1024, 1 << 30, size),
	ITEM("wait", DBN_CONF_DURATION, "30 s", 0, 0, 0, wait),
	ITEM("words", DBN_CONF_LIST, "a|bc", 0, 0, 0, words),
	{ "points", NULL, NULL, NULL, DBN_CONF_LIST, 0, 0, 3, offsetof(struct all, points),
		sizeof(struct point), DBN_CONF_ITEMS(point_items) },
	{ "origin", NULL, NULL, NULL, DBN_CONF_GROUP, 0, 0, 0, offsetof(struct all, origin),
		sizeof(struct point), DBN_CONF_ITEMS(point_items) },
};
static const dbn_array schema = DBN_CONF_ITEMS(items);

struct filled {
	dbn_config *config;
	dbn_problems problems;
	dbn_conf_memory memory;
	struct all all;
};

static void
fill(struct filled *f, const char *text, bool fetch)
{
	dbn_conf_fill_opts opts = { .what = "the test", .fetch = fetch };
	dbn_error *err;

	memset(f, 0, sizeof *f);
	dbn_problems_init(&f->problems);
	dbn_conf_memory_init(&f->memory);
	cr_assert_eq(dbn_config_open_text(dbn_text_z(text), "/dir/t.conf", DBN_CONFIG_NO_ENV,
		&f->config, &err), DBN_OK, "%s", dbn_error_detail(err));
	opts.owner = f->config->tree.root;
	opts.node = dbn_conf_member(f->config->tree.root, "settings");
	opts.secrets = dbn_conf_member(f->config->tree.root, "secrets");
	cr_assert_eq(dbn_conf_fill(&schema, &opts, &f->all, &f->memory, &f->problems), DBN_OK);
}

static void
done(struct filled *f)
{
	dbn_conf_memory_free(&f->memory);
	dbn_problems_free(&f->problems);
	dbn_config_free(f->config);
}

Test(schema, defaults)
{
	const char *const *words;
	struct filled f;

	fill(&f, "", false);
	cr_assert_eq(f.problems.count, 0, "%s", f.problems.first ? f.problems.first->text : "");
	cr_assert_eq(f.all.yes, 1);
	cr_assert_eq(f.all.mode, 1);
	cr_assert_eq(f.all.count, 5);
	cr_assert_eq(f.all.ratio, 0.5);
	cr_assert_null(f.all.text);
	cr_assert_str_eq(f.all.path, "/dir/sub/x");
	cr_assert_eq(f.all.size, 64u << 20);
	cr_assert_eq(f.all.wait, UINT64_C(30000000000));
	words = f.all.words.items;
	cr_assert_eq(f.all.words.count, 2);
	cr_assert_str_eq(words[0], "a");
	cr_assert_str_eq(words[1], "bc");
	cr_assert_eq(f.all.points.count, 0);
	cr_assert_eq(f.all.origin.x, 7);
	cr_assert_null(f.all.password);
	done(&f);
}

Test(schema, every_type)
{
	const struct point *points;
	const char *const *words;
	struct filled f;

	fill(&f, "settings = { yes = false; mode = \"high\"; count = 10; ratio = 1; text = \"t\";\n"
		"path = \"/abs\"; size = \"1 KiB\"; wait = \"never\"; words = [ \"x\" ];\n"
		"points = ( { x = -1; tag = \"a\"; }, { } ); origin = { tag = \"o\"; }; };", false);
	cr_assert_eq(f.problems.count, 0, "%s", f.problems.first ? f.problems.first->text : "");
	cr_assert_eq(f.all.yes, 0);
	cr_assert_eq(f.all.mode, 2);
	cr_assert_eq(f.all.count, 10);
	cr_assert_eq(f.all.ratio, 1.0);
	cr_assert_str_eq(f.all.text, "t");
	cr_assert_str_eq(f.all.path, "/abs");
	cr_assert_eq(f.all.size, 1024);
	cr_assert_eq(f.all.wait, UINT64_MAX);
	words = f.all.words.items;
	cr_assert_eq(f.all.words.count, 1);
	cr_assert_str_eq(words[0], "x");
	points = f.all.points.items;
	cr_assert_eq(f.all.points.count, 2);
	cr_assert_eq(points[0].x, -1);
	cr_assert_str_eq(points[0].tag, "a");
	cr_assert_eq(points[1].x, 7);
	cr_assert_eq(f.all.origin.x, 7);
	cr_assert_str_eq(f.all.origin.tag, "o");
	done(&f);
}

struct wrong {
	const char *settings, *says;
};

Test(schema, wrong_values)
{
	static const struct wrong table[] = {
		{ "yes = 1;", "must be true or false, not a whole number" },
		{ "yes = \"true\";", "must be true or false, not a text" },
		{ "mode = \"up\";", "must be one of low|mid|high" },
		{ "mode = 1;", "must be a text" },
		{ "count = 0;", "must be a number of 1 to 10, not 0" },
		{ "count = 11;", "must be a number of 1 to 10, not 11" },
		{ "count = 1.5;", "must be a whole number, not a number" },
		{ "count = \"5\";", "must be a whole number, not a text" },
		{ "ratio = 1.5;", "must be a number of 0 to 1" },
		{ "ratio = true;", "must be a number, not a boolean" },
		{ "text = 5;", "must be a text, not a whole number" },
		{ "text = { };", "must be a text, not a group" },
		{ "path = \"\";", "must not be empty" },
		{ "size = 4096;", "must be a text with a unit" },
		{ "size = \"4096\";", "must be a size with its unit" },
		{ "size = \"1 K\";", "must be a size with its unit" },
		{ "size = \"-1 B\";", "must be a size with its unit" },
		{ "size = \"1.5 MiB\";", "must be a size with its unit" },
		{ "size = \"99999999999999999999 B\";", "must be a size with its unit" },
		{ "size = \"999999999 TiB\";", "must be a size with its unit" },
		{ "size = \"1 B\";", "is a size out of range" },
		{ "wait = 30;", "must be a text with a unit" },
		{ "wait = \"30\";", "must be a duration with its unit" },
		{ "wait = \"30 sec\";", "must be a duration with its unit" },
		{ "wait = \"Never\";", "must be a duration with its unit" },
		{ "words = \"x\";", "must be a list, not a text" },
		{ "words = ( { } );", "must be a text, not a group" },
		{ "points = ( 1 );", "must be a group { }, not a whole number" },
		{ "points = ( { }, { }, { }, { } );", "must have 0 to 3 items, not 4" },
		{ "points = ( { y = 1; } );", "unknown key \"settings.points[0].y\"" },
		{ "origin = 1;", "must be a group { }" },
		{ "origin = { x = \"1\"; };", "\"settings.origin.x\" must be a whole number" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct filled f;
		char text[256];

		(void)snprintf(text, sizeof text, "a = 1;\nsettings = {\n%s };", table[i].settings);
		fill(&f, text, false);
		cr_assert_eq(f.problems.count, 1, "%s", table[i].settings);
		cr_assert_not_null(strstr(f.problems.first->text, table[i].says), "%s: \"%s\"",
			table[i].settings, f.problems.first->text);
		cr_assert_eq(f.problems.first->line, 3, "%s", table[i].settings);
		cr_assert_str_eq(f.problems.first->file, "/dir/t.conf");
		done(&f);
	}
}

Test(schema, unknown_keys_and_the_nearest)
{
	struct filled f;

	fill(&f, "settings = {\ncoumt = 5;\nelephant = 1;\n};", false);
	cr_assert_eq(f.problems.count, 2);
	cr_assert_str_eq(f.problems.first->text, "unknown key \"settings.coumt\"");
	cr_assert_str_eq(f.problems.first->hint, "did you mean \"count\"?");
	cr_assert_eq(f.problems.first->line, 2);
	cr_assert_not_null(strstr(f.problems.first->next->hint, "known here: yes, mode, count"));
	/* a secret is not offered as a setting */
	cr_assert_null(strstr(f.problems.first->next->hint, "password"));
	done(&f);
}

/* An override is text: it becomes what the setting wants. */
Test(schema, overrides_are_read_as_wanted)
{
	dbn_conf_fill_opts opts = { .what = "the test" };
	struct filled f;

	fill(&f, "", false);
	cr_assert_eq(dbn_config_set_many(f.config, "settings.yes = false; settings.count = 9; "
		"settings.ratio = 0.25; settings.size = 2 KiB; settings.mode = low; "
		"settings.text = 12; settings.path = rel", "here", NULL), DBN_OK);
	opts.node = dbn_conf_member(f.config->tree.root, "settings");
	memset(&f.all, 0, sizeof f.all);
	cr_assert_eq(dbn_conf_fill(&schema, &opts, &f.all, &f.memory, &f.problems), DBN_OK);
	cr_assert_eq(f.problems.count, 0, "%s", f.problems.first ? f.problems.first->text : "");
	cr_assert_eq(f.all.yes, 0);
	cr_assert_eq(f.all.count, 9);
	cr_assert_eq(f.all.ratio, 0.25);
	cr_assert_eq(f.all.size, 2048);
	cr_assert_eq(f.all.mode, 0);
	cr_assert_str_eq(f.all.text, "12");
	cr_assert_eq(f.all.path[0], '/');
	cr_assert_eq(dbn_config_set(f.config, "settings.count", "many", NULL), DBN_OK);
	opts.node = dbn_conf_member(f.config->tree.root, "settings");
	cr_assert_eq(dbn_conf_fill(&schema, &opts, &f.all, &f.memory, &f.problems), DBN_OK);
	cr_assert_eq(f.problems.count, 1);
	cr_assert_str_eq(f.problems.first->file, "(code)");
	done(&f);
}

Test(schema, units)
{
	static const struct {
		const char *text;
		uint64_t value;
	} sizes[] = { { "0 B", 0 }, { "1B", 1 }, { "1 KiB", 1024 }, { "2 MiB", 2u << 20 },
		{ "3 GiB", UINT64_C(3) << 30 }, { "1 TiB", UINT64_C(1) << 40 }, { "1 kB", 1000 },
		{ "1 MB", 1000000 }, { "1 GB", 1000000000 }, { "1  TB", UINT64_C(1000000000000) } },
	times[] = { { "1 ns", 1 }, { "20 ms", 20000000 }, { "5 us", 5000 }, { "0 s", 0 },
		{ "5 min", UINT64_C(300000000000) }, { "2 h", UINT64_C(7200000000000) },
		{ "1 d", UINT64_C(86400000000000) }, { "never", UINT64_MAX } };
	static const char *const bad[] = { "", " ", "B", "1", " 1 B", "1 B ", "01 B", "1 b", "+1 B",
		"1 s s", "1e3 B", "18446744073709551616 B", "18446744073709551615 B", "1\tB" };
	uint64_t v;

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		cr_assert(dbn_conf_parse_size(dbn_text_z(sizes[i].text), &v), "%s", sizes[i].text);
		cr_assert_eq(v, sizes[i].value, "%s", sizes[i].text);
	}
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		cr_assert(dbn_conf_parse_duration(dbn_text_z(times[i].text), &v), "%s", times[i].text);
		cr_assert_eq(v, times[i].value, "%s", times[i].text);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		cr_assert(!dbn_conf_parse_size(dbn_text_z(bad[i]), &v), "\"%s\"", bad[i]);
		cr_assert(!dbn_conf_parse_duration(dbn_text_z(bad[i]), &v), "\"%s\"", bad[i]);
	}
}

/* ---- secrets ---- */

static void
secret_is(const char *reference, const char *want)
{
	char text[PATH_MAX + 64];
	struct filled f;

	(void)snprintf(text, sizeof text, "secrets = { password = \"%s\"; };", reference);
	fill(&f, text, true);
	cr_assert_eq(f.problems.count, 0, "%s: %s", reference,
		f.problems.first ? f.problems.first->text : "");
	cr_assert_str_eq(f.all.password, want);
	done(&f);
}

static void
secret_fails(const char *reference, const char *says)
{
	char text[PATH_MAX + 64];
	struct filled f;

	(void)snprintf(text, sizeof text, "secrets = {\npassword = \"%s\"; };", reference);
	fill(&f, text, true);
	cr_assert_eq(f.problems.count, 1, "%s", reference);
	cr_assert_not_null(strstr(f.problems.first->text, says), "%s: %s", reference,
		f.problems.first->text);
	cr_assert_eq(f.problems.first->line, 2);
	cr_assert_null(strstr(f.problems.first->text, "hunter"), "the secret is told");
	done(&f);
}

Test(schema, secrets, .init = dir_make, .fini = dir_remove)
{
	char ref[PATH_MAX + 64];

	(void)snprintf(ref, sizeof ref, "file:%s", dir_file("pw", "hunter2\n"));
	secret_is(ref, "hunter2");
	(void)snprintf(ref, sizeof ref, "file:%s", dir_file("pw", "two\nlines\n"));
	secret_is(ref, "two\nlines");
	cr_assert_eq(setenv("TEST_SECRET", "hunter3", 1), 0);
	secret_is("env:TEST_SECRET", "hunter3");
	secret_is("command:printf hunter4", "hunter4");
	secret_is("command:echo hunter5 && true", "hunter5");
	(void)snprintf(ref, sizeof ref, "file:%s", dir_file("empty", "\n"));
	secret_fails(ref, "is empty");
	(void)snprintf(ref, sizeof ref, "file:%s/none", dir_path);
	secret_fails(ref, "cannot read the secret");
	secret_fails("env:NO_SUCH_VARIABLE_HERE", "is not set");
	secret_fails("command:echo hunter6; exit 3", "exit status 3");
	secret_fails("command:head -c 100000 /dev/zero", "longer than 64 KiB");
	secret_fails("command:printf 'hunter\\\\0x'", "NUL");
	secret_fails("hunter2", "does not say where it comes from");
	secret_fails("file:", "does not say where it comes from");
}

Test(schema, a_check_reads_no_secret)
{
	struct filled f;

	fill(&f, "secrets = { password = \"file:/no/such/file\"; };", false);
	cr_assert_eq(f.problems.count, 0);
	cr_assert_null(f.all.password);
	done(&f);
	fill(&f, "secrets = { pasword = \"file:/x\"; };", false);
	cr_assert_eq(f.problems.count, 1);
	cr_assert_str_eq(f.problems.first->hint, "did you mean \"password\"?");
	done(&f);
	fill(&f, "settings = { password = \"hunter2\"; };", false);
	cr_assert_eq(f.problems.count, 1, "a secret is no setting");
	done(&f);
	fill(&f, "secrets = 5;", false);
	cr_assert_eq(f.problems.count, 1);
	done(&f);
	fill(&f, "settings = ( );", false);
	cr_assert_eq(f.problems.count, 1);
	done(&f);
}

/* ---- schemas that are wrong ---- */

static void
unsound(dbn_conf_item item, uint32_t size, const char *says)
{
	dbn_array one = { &item, 1, sizeof item };
	dbn_error *err = NULL;

	cr_assert_eq(dbn_conf_schema_check(&one, size, &err), DBN_E_PLUGIN, "%s", says);
	cr_assert_not_null(strstr(dbn_error_message(err), says), "%s", dbn_error_message(err));
	dbn_error_free(err);
}

Test(schema, unsound_schemas)
{
	dbn_conf_item good = { "a", NULL, NULL, NULL, DBN_CONF_INT, 0, 0, 0, 0, 0, { NULL, 0, 0 } }, x;
	dbn_conf_item twice[] = { good, good };
	dbn_array two = DBN_CONF_ITEMS(twice), bad = { &good, 1, 12 };

	cr_assert_eq(dbn_conf_schema_check(&schema, sizeof(struct all), NULL), DBN_OK);
	cr_assert_eq(dbn_conf_schema_check(&(dbn_array){ NULL, 0, 0 }, 0, NULL), DBN_OK);
	x = good, x.name = NULL, unsound(x, 8, "no usable name");
	x = good, x.name = "a b", unsound(x, 8, "no usable name");
	x = good, x.type = 77, unsound(x, 8, "unknown type 77");
	x = good, x.type = 1000, unsound(x, 8, "unknown type 1000");
	x = good, x.flags = 8, unsound(x, 8, "unknown flag (0x8)");
	x = good, x.flags = DBN_CONF_SECRET, unsound(x, 8, "is a secret, but not a text");
	x = good, unsound(x, 7, "does not lie within");
	x = good, x.offset = 4, unsound(x, 64, "does not lie within");
	x = good, x.offset = UINT32_MAX - 7, unsound(x, 64, "does not lie within");
	x = good, x.deflt = "x", unsound(x, 8, "the default of setting \"a\"");
	x = good, x.min = 2, x.max = 1, unsound(x, 8, "empty range");
	x = good, x.type = DBN_CONF_ENUM, unsound(x, 8, "no choices");
	x = good, x.type = DBN_CONF_ENUM, x.choices = "b|c", x.deflt = "d", unsound(x, 8, "default");
	x = good, x.type = DBN_CONF_GROUP, unsound(x, 8, "unknown type");
	x = good, x.type = DBN_CONF_GROUP, x.item_size = 4, x.items = (dbn_array)DBN_CONF_ITEMS(twice),
		unsound(x, 8, "does not lie within");
	cr_assert_eq(dbn_conf_schema_check(&two, 8, NULL), DBN_E_PLUGIN);
	cr_assert_eq(dbn_conf_schema_check(&bad, 8, NULL), DBN_E_PLUGIN);
}

/* A shorter item of an older plugin is stepped by its own stride. */
Test(schema, shorter_items)
{
	struct old_item {
		const char *name, *deflt, *help, *choices;
		uint32_t type, flags;
		int64_t min, max;
		uint32_t offset, item_size;
	};
	static const struct old_item old[] = {
		{ "a", "1", NULL, NULL, DBN_CONF_INT, 0, 0, 0, 0, 0 },
		{ "b", "2", NULL, NULL, DBN_CONF_INT, 0, 0, 0, 8, 0 },
	};
	dbn_array array = { old, 2, sizeof(struct old_item) };
	dbn_conf_fill_opts opts = { .what = "it" };
	dbn_problems problems;
	dbn_conf_memory memory;
	int64_t out[2] = { 0, 0 };

	dbn_problems_init(&problems);
	dbn_conf_memory_init(&memory);
	cr_assert_eq(dbn_conf_schema_check(&array, sizeof out, NULL), DBN_OK);
	cr_assert_eq(dbn_conf_fill(&array, &opts, out, &memory, &problems), DBN_OK);
	cr_assert_eq(out[0], 1);
	cr_assert_eq(out[1], 2);
	dbn_conf_memory_free(&memory);
	dbn_problems_free(&problems);
}
