/* SPDX-License-Identifier: MIT */
/* dbnexus plugins list, describe and (finding what to) check. */
#include "cli.h"

#include <dbnexus/plugins.h>
#include <stdlib.h>
#include <string.h>

struct list {
	struct cli *c;
	struct out *out;
	const char *wanted; /* of describe */
	dbn_plugin_info found;
	char path[4096]; /* of found: that of the visit is gone afterwards */
	unsigned matches;
	bool failed;
};

static int
finish(struct out *o, bool failed)
{
	failed = !out_finish(o) || failed;
	out_free(o);
	return failed ? EXIT_FAILED : EXIT_DONE;
}

static void
list_one(const char *path, const dbn_plugin_info *info, const dbn_error *why, void *user)
{
	struct list *l = user;
	char abi[24] = "";
	dbn_value cells[6];

	if (info)
		(void)snprintf(abi, sizeof abi, "%u.%u", info->abi_major, info->abi_minor);
	cells[0] = out_text_or_null(info ? info->kind_name : NULL);
	cells[1] = out_text_or_null(info ? info->name : NULL);
	cells[2] = out_text_or_null(info ? info->version : NULL);
	cells[3] = out_text_or_null(abi);
	cells[4] = dbn_v_text(path);
	cells[5] = out_text_or_null(info ? NULL : dbn_error_message(why));
	l->failed = !out_row(l->out, cells) || l->failed;
}

static int
list(struct cli *c, const dbn_config *config)
{
	static const char *const names[] = { "kind", "name", "version", "abi", "file", "problem" };
	struct list l = { .c = c, .out = cli_open_out(c, names, 6) };
	dbn_error *err = NULL;

	if (!l.out)
		return EXIT_FAILED;
	if (dbn_plugins_each(config, list_one, &l, &err) != DBN_OK) {
		out_free(l.out);
		return cli_fail(c, err, NULL, 0);
	}
	return finish(l.out, l.failed);
}

/* "sqlite" and "driver-sqlite" both mean it. */
static bool
is_called(const dbn_plugin_info *info, const char *name)
{
	size_t n = strlen(info->kind_name);

	if (strcmp(info->name, name) == 0)
		return true;
	return strncmp(name, info->kind_name, n) == 0 && name[n] == '-' &&
		strcmp(info->name, name + n + 1) == 0;
}

static void
match_one(const char *path, const dbn_plugin_info *info, const dbn_error *why, void *user)
{
	struct list *l = user;

	(void)why;
	if (!info || !is_called(info, l->wanted))
		return;
	/* The first directory wins, as it does when a stack is opened. */
	if (l->matches && l->found.kind == info->kind)
		return;
	if (!l->matches) {
		l->found = *info;
		(void)snprintf(l->path, sizeof l->path, "%s", path);
		l->found.path = l->path;
	}
	l->matches++;
}

static const char *
type_word(uint32_t type)
{
	static const char *const words[] = { "?", "bool", "int", "float", "string", "size",
		"duration", "path", "enum", "list", "group" };

	return words[type < sizeof words / sizeof *words ? type : 0];
}

static void
range_of(const dbn_conf_item *item, char *buf, size_t size)
{
	buf[0] = '\0';
	if (item->choices)
		(void)snprintf(buf, size, "%s", item->choices);
	else if (item->max == INT64_MAX)
		(void)(item->min && snprintf(buf, size, "%lld or more", (long long)item->min));
	else if (item->min || item->max)
		(void)snprintf(buf, size, "%lld..%lld", (long long)item->min, (long long)item->max);
}

/* The items of a schema and, below a list or group, of what it holds. */
static void
describe_items(struct list *l, const dbn_array *items, const char *prefix, unsigned depth)
{
	for (uint32_t i = 0; i < items->count && depth < 8; i++) {
		const dbn_conf_item *item =
			(const void *)((const char *)items->items + (size_t)i * items->stride);
		char path[256], range[160];
		dbn_value cells[6];

		(void)snprintf(path, sizeof path, "%s%s", prefix, item->name);
		range_of(item, range, sizeof range);
		cells[0] = dbn_v_text(path);
		cells[1] = dbn_v_text(item->flags & DBN_CONF_SECRET ? "secret" : type_word(item->type));
		cells[2] = dbn_v_bool(item->flags & DBN_CONF_REQUIRED);
		cells[3] = item->deflt ? dbn_v_text(item->deflt) : dbn_v_null(NULL);
		cells[4] = out_text_or_null(range);
		cells[5] = out_text_or_null(item->help);
		l->failed = !out_row(l->out, cells) || l->failed;
		if (item->items.count) {
			(void)snprintf(path, sizeof path, "%s%s%s.", prefix, item->name,
				item->type == DBN_CONF_LIST ? "[]" : "");
			describe_items(l, &item->items, path, depth + 1);
		}
	}
}

static void
describe_head(const dbn_plugin_info *info)
{
	static const char *const threads[] = { "?", "one call at a time", "one call per handle",
		"any number of calls" };

	(void)printf("%s-%s %s\n", info->kind_name, info->name, info->version);
	(void)printf("  file     %s\n", info->path);
	(void)printf("  abi      %u.%u\n", info->abi_major, info->abi_minor);
	(void)printf("  threads  %s\n", threads[info->threads <= 3 ? info->threads : 0]);
	(void)printf("  flags   %s%s%s%s\n", info->flags ? "" : " none",
		info->flags & DBN_PLUGIN_MAY_BLOCK ? " may-block" : "",
		info->flags & DBN_PLUGIN_PURE ? " pure" : "",
		info->flags & DBN_PLUGIN_WRAPS ? " wraps" : "");
	(void)printf("  settings%s\n", info->settings.count ? "" : " none");
}

/* The one plugin of that name or file into l->found; EXIT_DONE. */
static int
find(struct cli *c, const dbn_config *config, struct list *l)
{
	const char *name = l->wanted;
	dbn_error *err = NULL;
	dbn_status rc;

	l->found.struct_size = (uint32_t)sizeof l->found;
	if (strchr(name, '/')) {
		rc = dbn_plugins_open(name, &l->found, &err);
		l->matches = 1;
	} else
		rc = dbn_plugins_each(config, match_one, l, &err);
	if (rc != DBN_OK)
		return cli_fail(c, err, NULL, 0);
	if (!l->matches) {
		cli_say(c, "there is no plugin \"%s\"", name);
		(void)fputs("  hint: \"dbnexus plugins list\" shows which there are\n", stderr);
		return EXIT_FAILED;
	}
	if (l->matches > 1)
		return cli_usage(c, "more than one kind has a plugin \"%s\": name it as \"%s-%s\"", name,
			l->found.kind_name, name);
	return EXIT_DONE;
}

static int
describe(struct cli *c, const dbn_config *config, const char *name)
{
	static const char *const names[] = { "setting", "type", "required", "default", "range", "help" };
	struct list l = { .c = c, .wanted = name };
	int rc = find(c, config, &l);

	if (rc != EXIT_DONE)
		return rc;
	if (c->format == OUT_TABLE)
		describe_head(&l.found);
	if (c->format == OUT_TABLE && !l.found.settings.count)
		return EXIT_DONE;
	l.out = cli_open_out(c, names, 6);
	if (!l.out)
		return EXIT_FAILED;
	describe_items(&l, &l.found.settings, "", 0);
	return finish(l.out, l.failed);
}

static int
check(struct cli *c, const dbn_config *config, const char *name)
{
	struct list l = { .c = c, .wanted = name };
	int rc = find(c, config, &l);

	return rc == EXIT_DONE ? cli_plugins_check(c, &l.found) : rc;
}

int
cli_plugins(struct cli *c)
{
	dbn_config *config = NULL;
	int rc;

	if (c->config) {
		rc = cli_open_config(c, &config);
		if (rc != EXIT_DONE)
			return rc;
	}
	if (c->nargs == 2 && strcmp(c->args[0], "check") == 0)
		rc = check(c, config, c->args[1]);
	else if (c->nforward)
		rc = cli_usage(c, "%s is an option of plugins check", c->forward[0]);
	else if (c->nargs == 1 && strcmp(c->args[0], "list") == 0)
		rc = list(c, config);
	else if (c->nargs == 2 && strcmp(c->args[0], "describe") == 0)
		rc = describe(c, config, c->args[1]);
	else
		rc = cli_usage(c, "plugins list, plugins describe NAME or plugins check NAME");
	dbn_config_free(config);
	return rc;
}
