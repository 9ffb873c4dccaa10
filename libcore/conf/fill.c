/* SPDX-License-Identifier: MIT */
/*
 * A node against its schema: every key is known, every value fits, what is not
 * set gets its default, and the struct is filled.  Schemas are at most a few
 * levels deep (schema.c checks), so lists and groups recurse.
 */
#include <math.h>
#include <stdio.h>

#include "conf/fill.h"

struct fill {
	dbn_conf_memory *memory;
	dbn_problems *problems;
	const dbn_conf_fill_opts *opts;
	unsigned depth;
};

static dbn_status fill_group(struct fill *f, const dbn_array *items, const dbn_conf_node *node,
	const dbn_conf_node *owner, void *out);

/* "pool.max": where the node is, for messages. */
static const char *
path_of(struct fill *f, const dbn_conf_node *n)
{
	const char *text;
	dbn_str s;

	dbn_str_init(&s, 0);
	dbn_conf_path_of(n, &s);
	text = dbn_arena_strndup(&f->memory->arena, dbn_str_z(&s), s.len);
	if (!text || s.status != DBN_OK)
		f->problems->nomem = true;
	dbn_str_free(&s);
	return text ? text : "";
}

const char *
dbn_conf_nearest(const dbn_array *items, bool secrets, dbn_text word)
{
	unsigned best = 1 + (word.len > 6 ? 2u : 1u), d;
	const char *found = NULL;
	dbn_conf_item item;

	for (uint32_t i = 0; i < items->count; i++) {
		item = dbn_conf_item_at(items, i);
		if (((item.flags & DBN_CONF_SECRET) != 0) != secrets)
			continue;
		d = dbn_edit_distance(word, dbn_text_z(item.name));
		if (d < best) {
			best = d;
			found = item.name;
		}
	}
	return found;
}

static void
unknown_key(struct fill *f, const dbn_array *items, bool secrets, const dbn_conf_node *key)
{
	const char *near = dbn_conf_nearest(items, secrets, dbn_text_z(key->name));
	dbn_conf_item item;
	dbn_str hint;

	dbn_str_init(&hint, 0);
	if (near) {
		dbn_str_addf(&hint, "did you mean \"%s\"?", near);
	} else {
		for (uint32_t i = 0; i < items->count; i++) {
			item = dbn_conf_item_at(items, i);
			if (((item.flags & DBN_CONF_SECRET) != 0) == secrets)
				dbn_str_addf(&hint, "%s%s", hint.len ? ", " : "known here: ", item.name);
		}
		if (!hint.len)
			dbn_str_addf(&hint, "there is nothing to set in %s", f->opts->what);
	}
	if (hint.status != DBN_OK)
		f->problems->nomem = true;
	dbn_problem_node(f->problems, key, dbn_str_z(&hint), "unknown key \"%s\"", path_of(f, key));
	dbn_str_free(&hint);
}

static void
check_keys(struct fill *f, const dbn_array *items, bool secrets, const dbn_conf_node *group)
{
	for (const dbn_conf_node *c = group ? group->child : NULL; c; c = c->next) {
		bool known = false;

		for (uint32_t i = 0; i < items->count && !known; i++) {
			dbn_conf_item item = dbn_conf_item_at(items, i);

			known = c->name && strcmp(item.name, c->name) == 0 &&
				((item.flags & DBN_CONF_SECRET) != 0) == secrets;
		}
		if (!known)
			unknown_key(f, items, secrets, c);
	}
}

static const char *
wanted(const dbn_conf_item *item)
{
	switch (item->type) {
	case DBN_CONF_BOOL:
		return "must be true or false";
	case DBN_CONF_INT:
		return "must be a whole number";
	case DBN_CONF_FLOAT:
		return "must be a number";
	case DBN_CONF_SIZE:
		return "must be a text with a unit, as \"64 MiB\"";
	case DBN_CONF_DURATION:
		return "must be a text with a unit, as \"30 s\"";
	case DBN_CONF_LIST:
		return "must be a list";
	case DBN_CONF_GROUP:
		return "must be a group { }";
	default:
		return "must be a text";
	}
}

static void
wrong_kind(struct fill *f, const dbn_conf_item *item, const dbn_conf_node *n)
{
	dbn_problem_node(f->problems, n, NULL, "\"%s\" %s, not %s", path_of(f, n), wanted(item),
		dbn_conf_kind_name(n->kind));
}

static dbn_status
fill_scalar(struct fill *f, const dbn_conf_item *item, const dbn_conf_node *n, void *place)
{
	const char *problem = NULL;
	dbn_status rc = DBN_OK;
	bool text = n->kind == DBN_NODE_STRING || n->kind == DBN_NODE_TEXT;
	/* quotes make a text: only an override's bare word may become a number */
	bool bare = n->kind == DBN_NODE_TEXT;
	int32_t flag;

	switch (item->type) {
	case DBN_CONF_BOOL:
		if (n->kind == DBN_NODE_BOOL) {
			flag = n->u.flag;
			memcpy(place, &flag, sizeof flag);
			return DBN_OK;
		}
		text = bare;
		break;
	case DBN_CONF_INT:
		if (n->kind == DBN_NODE_INT) {
			problem = dbn_conf_put_int(item, n->u.num, place, f->memory);
			goto out;
		}
		text = bare;
		break;
	case DBN_CONF_FLOAT:
		if (n->kind == DBN_NODE_INT || n->kind == DBN_NODE_FLOAT) {
			problem = dbn_conf_put_real(item, n->kind == DBN_NODE_INT ?
				(double)n->u.num : n->u.real, place, f->memory);
			goto out;
		}
		text = bare;
		break;
	default:
		break;
	}
	if (!text) {
		wrong_kind(f, item, n);
		return DBN_OK;
	}
	rc = dbn_conf_scalar_from_text(item, n->u.text, n->file ? n->file->dir : "/", place,
		f->memory, &problem);
out:
	if (problem)
		dbn_problem_node(f->problems, n, NULL, "\"%s\" %s", path_of(f, n), problem);
	return rc;
}

static dbn_status
fill_strings(struct fill *f, const dbn_conf_node *list, dbn_array *out)
{
	const char **words = dbn_arena_array(&f->memory->arena, list->count, sizeof *words);
	uint32_t n = 0;

	if (!words)
		return DBN_E_NOMEM;
	for (const dbn_conf_node *c = list->child; c; c = c->next) {
		if (c->kind != DBN_NODE_STRING && c->kind != DBN_NODE_TEXT) {
			dbn_problem_node(f->problems, c, NULL, "\"%s\" must be a text, not %s",
				path_of(f, c), dbn_conf_kind_name(c->kind));
			continue;
		}
		words[n] = dbn_arena_strndup(&f->memory->arena, c->u.text.ptr, c->u.text.len);
		if (!words[n++])
			return DBN_E_NOMEM;
	}
	out->items = words;
	out->count = n;
	out->stride = sizeof *words;
	return DBN_OK;
}

static dbn_status
fill_list(struct fill *f, const dbn_conf_item *item, const dbn_conf_node *list, dbn_array *out)
{
	dbn_status rc = DBN_OK;
	uint32_t n = 0;
	char *items;

	if (list->kind != DBN_NODE_LIST) {
		wrong_kind(f, item, list);
		return DBN_OK;
	}
	if ((item->min || item->max) &&
		(list->count < item->min || list->count > item->max))
		dbn_problem_node(f->problems, list, NULL, "\"%s\" must have %lld to %lld items, not %u",
			path_of(f, list), (long long)item->min, (long long)item->max,
			(unsigned)list->count);
	if (!list->count)
		return DBN_OK;
	if (!item->items.count)
		return fill_strings(f, list, out);
	items = dbn_arena_array(&f->memory->arena, list->count, item->item_size);
	if (!items)
		return DBN_E_NOMEM;
	for (const dbn_conf_node *c = list->child; rc == DBN_OK && c; c = c->next) {
		if (c->kind != DBN_NODE_GROUP) {
			dbn_problem_node(f->problems, c, NULL, "\"%s\" must be a group { }, not %s",
				path_of(f, c), dbn_conf_kind_name(c->kind));
			continue;
		}
		rc = fill_group(f, &item->items, c, c, items + (size_t)n++ * item->item_size);
	}
	out->items = items;
	out->count = n;
	out->stride = item->item_size;
	return rc;
}

/* The default of a list of strings: its words between bars. */
static dbn_status
default_words(struct fill *f, const char *deflt, dbn_array *out)
{
	const char **words;
	size_t n = 1, i = 0;

	for (const char *p = deflt; *p; p++)
		n += *p == '|';
	words = dbn_arena_array(&f->memory->arena, n, sizeof *words);
	if (!words)
		return DBN_E_NOMEM;
	for (const char *p = deflt; i < n; i++) {
		size_t len = strcspn(p, "|");

		words[i] = dbn_arena_strndup(&f->memory->arena, p, len);
		if (!words[i])
			return DBN_E_NOMEM;
		p += len + (p[len] != '\0');
	}
	out->items = words;
	out->count = (uint32_t)n;
	out->stride = sizeof *words;
	return DBN_OK;
}

static dbn_status
fill_default(struct fill *f, const dbn_conf_item *item, const dbn_conf_node *owner, void *place)
{
	const char *problem = NULL;
	dbn_status rc;

	if (item->flags & DBN_CONF_REQUIRED) {
		const char *at = owner && owner->parent ? path_of(f, owner) : "", *group = NULL;

		if (item->flags & DBN_CONF_SECRET)
			group = f->opts->secrets ? NULL : "secrets";
		else if (!f->opts->node && f->depth == 1)
			group = f->opts->group;
		dbn_problem_node(f->problems, owner, item->help, "\"%s%s%s%s%s\" is missing", at,
			at[0] ? "." : "", group ? group : "", group ? "." : "", item->name);
		return DBN_OK;
	}
	if (item->type == DBN_CONF_GROUP)
		return fill_group(f, &item->items, NULL, owner, place);
	if (!item->deflt)
		return DBN_OK;
	if (item->type == DBN_CONF_LIST)
		return item->items.count ? DBN_OK : default_words(f, item->deflt, place);
	rc = dbn_conf_scalar_from_text(item, dbn_text_z(item->deflt),
		owner && owner->file ? owner->file->dir : "/", place, f->memory, &problem);
	if (problem)
		dbn_problem_node(f->problems, owner, NULL, "the default of \"%s\" %s", item->name,
			problem);
	return rc;
}

static dbn_status
fill_secret(struct fill *f, const dbn_conf_item *item, const dbn_conf_node *n, void *place)
{
	dbn_error *err = NULL;
	const char *text;
	dbn_bytes secret;
	dbn_status rc = dbn_secret_check(n, &err);

	if (rc == DBN_OK && !f->opts->fetch)
		return DBN_OK;
	if (rc == DBN_OK)
		rc = dbn_secret_fetch(n, &secret, &err);
	if (rc == DBN_OK && memchr(secret.ptr, '\0', secret.len)) {
		dbn_secret_wipe(&secret);
		rc = dbn_fail(&err, DBN_E_CONFIG, "the secret \"%s\" holds a NUL byte", item->name);
	}
	if (rc != DBN_OK) {
		dbn_problem_error(f->problems, n, err);
		return DBN_OK;
	}
	text = dbn_conf_memory_secret(f->memory, secret);
	if (!text)
		return DBN_E_NOMEM;
	memcpy(place, &text, sizeof text);
	return DBN_OK;
}

static dbn_status
fill_item(struct fill *f, const dbn_conf_item *item, const dbn_conf_node *n,
	const dbn_conf_node *owner, void *place)
{
	if (!n)
		return fill_default(f, item, owner, place);
	if (item->flags & DBN_CONF_LATER) {
		dbn_problem_node(f->problems, n, NULL, "\"%s\" is not supported by this version",
			path_of(f, n));
		return DBN_OK;
	}
	if (item->flags & DBN_CONF_SECRET)
		return fill_secret(f, item, n, place);
	switch (item->type) {
	case DBN_CONF_NODE:
		memcpy(place, &n, sizeof n);
		return DBN_OK;
	case DBN_CONF_LIST:
		return fill_list(f, item, n, place);
	case DBN_CONF_GROUP:
		if (n->kind == DBN_NODE_GROUP)
			return fill_group(f, &item->items, n, n, place);
		wrong_kind(f, item, n);
		return DBN_OK;
	default:
		return fill_scalar(f, item, n, place);
	}
}

static dbn_status
fill_group(struct fill *f, const dbn_array *items, const dbn_conf_node *node,
	const dbn_conf_node *owner, void *out)
{
	const dbn_conf_node *secrets = f->depth ? NULL : f->opts->secrets;
	dbn_status rc = DBN_OK;

	if (f->depth >= DBN_CONF_DEPTH)
		return DBN_OK;
	check_keys(f, items, false, node);
	if (!f->depth)
		check_keys(f, items, true, secrets);
	f->depth++;
	for (uint32_t i = 0; rc == DBN_OK && i < items->count; i++) {
		dbn_conf_item item = dbn_conf_item_at(items, i);
		const dbn_conf_node *from = item.flags & DBN_CONF_SECRET ? secrets : node;

		rc = fill_item(f, &item, dbn_conf_member(from, item.name),
			from == secrets && secrets ? secrets : owner,
			(char *)out + item.offset);
	}
	f->depth--;
	return rc;
}

dbn_status
dbn_conf_fill(const dbn_array *items, const dbn_conf_fill_opts *opts, void *out,
	dbn_conf_memory *memory, dbn_problems *problems)
{
	struct fill f = { .memory = memory, .problems = problems, .opts = opts };
	const dbn_conf_node *node = opts->node, *secrets = opts->secrets;
	dbn_conf_fill_opts good = *opts;

	if (node && node->kind != DBN_NODE_GROUP) {
		dbn_problem_node(problems, node, NULL, "\"%s\" must be a group { }, not %s",
			path_of(&f, node), dbn_conf_kind_name(node->kind));
		return DBN_OK;
	}
	if (secrets && secrets->kind != DBN_NODE_GROUP) {
		dbn_problem_node(problems, secrets, NULL, "\"%s\" must be a group { }, not %s",
			path_of(&f, secrets), dbn_conf_kind_name(secrets->kind));
		good.secrets = NULL;
	}
	f.opts = &good;
	return fill_group(&f, items, node, node ? node : opts->owner, out);
}
