/* SPDX-License-Identifier: MIT */
/*
 * The part of a configuration that is the same wherever a plugin is named.
 */
#include "conf/load.h"

#define INNER_MAX 8

static const char *
instance_name(dbn_loading *l, const dbn_conf_node *node)
{
	const char *name;
	dbn_str s;

	dbn_str_init(&s, 0);
	dbn_conf_path_of(node, &s);
	name = dbn_arena_strndup(l->arena, dbn_str_z(&s), s.len);
	dbn_str_free(&s);
	if (!name || s.status != DBN_OK)
		l->nomem = true;
	return name;
}

static const dbn_conf_plugin *
load_inner(dbn_loading *l, const dbn_conf_node *node)
{
	static const dbn_conf_item items[] = { DBN_ITEMS_PLUGIN(struct { dbn_raw_plugin p; }, p) };
	static const dbn_array schema = DBN_ITEMS(items);
	dbn_conf_plugin *first = NULL, *last = NULL, *one;

	for (unsigned depth = 0; node; depth++) {
		dbn_raw_plugin raw = { 0 };

		if (depth == INNER_MAX) {
			dbn_problem_node(l->problems, node, NULL, "more than %d plugins wrap each other",
				INNER_MAX);
			break;
		}
		one = dbn_load_alloc(l, 1, sizeof *one);
		if (!one || !dbn_load_group(l, &schema, node, node, &raw))
			break;
		one->name = raw.plugin;
		one->node = node;
		one->settings = raw.settings;
		one->secrets = raw.secrets;
		one->instance = instance_name(l, node);
		if (last)
			last->inner = one;
		else
			first = one;
		last = one;
		node = raw.inner;
	}
	return first;
}

void
dbn_load_plugin(dbn_loading *l, const dbn_raw_plugin *raw, const dbn_conf_node *node,
	dbn_conf_plugin *out)
{
	out->name = raw->plugin;
	out->node = node;
	out->settings = raw->settings;
	out->secrets = raw->secrets;
	out->instance = instance_name(l, node);
	out->inner = raw->inner ? load_inner(l, raw->inner) : NULL;
}

static bool
copy_members(dbn_loading *l, const dbn_conf_node *from, const dbn_conf_node *but, dbn_conf_node *to)
{
	for (const dbn_conf_node *c = from->child; c; c = c->next)
		if (c->name && !dbn_conf_member(but, c->name) &&
			!dbn_conf_copy_node(&l->stack->tree, c, to, c->name, 0))
			return false;
	return true;
}

const dbn_conf_node *
dbn_load_merge(dbn_loading *l, const dbn_conf_node *base, const dbn_conf_node *over)
{
	dbn_conf_node *n;

	if (!base || !over || base->kind != DBN_NODE_GROUP || over->kind != DBN_NODE_GROUP)
		return over ? over : base;
	n = dbn_conf_add_node(&l->stack->tree, NULL, over->name, DBN_NODE_GROUP);
	if (!n || !copy_members(l, base, over, n) || !copy_members(l, over, NULL, n)) {
		l->nomem = true;
		return over;
	}
	/* it stands where the overriding one does, without being its sibling */
	n->parent = over->parent;
	n->file = over->file;
	n->line = over->line;
	return n;
}
