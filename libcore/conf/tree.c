/* SPDX-License-Identifier: MIT */
/*
 * The nodes of a configuration: finding members, saying where they stand,
 * copying.  Depth is bounded by DBN_CONF_DEPTH, so walks may recurse.
 */
#include <stdio.h>

#include "conf/build.h"

void
dbn_conf_tree_init(dbn_conf_tree *t)
{
	memset(t, 0, sizeof *t);
	dbn_arena_init(&t->arena, 0);
}

void
dbn_conf_tree_free(dbn_conf_tree *t)
{
	dbn_arena_free(&t->arena);
	t->root = NULL;
	t->files = NULL;
}

dbn_conf_file *
dbn_conf_add_file(dbn_conf_tree *t, const char *path, const char *dir)
{
	dbn_conf_file *f = dbn_arena_zalloc(&t->arena, sizeof *f);

	if (!f)
		return NULL;
	f->path = dbn_arena_strndup(&t->arena, path, strlen(path));
	f->dir = dbn_arena_strndup(&t->arena, dir, strlen(dir));
	if (!f->path || !f->dir)
		return NULL;
	f->next = t->files;
	t->files = f;
	return f;
}

dbn_conf_node *
dbn_conf_add_node(dbn_conf_tree *t, dbn_conf_node *parent, const char *name, uint32_t kind)
{
	dbn_conf_node *n = dbn_arena_zalloc(&t->arena, sizeof *n);

	if (!n)
		return NULL;
	if (name) {
		n->name = dbn_arena_strndup(&t->arena, name, strlen(name));
		if (!n->name)
			return NULL;
	}
	n->kind = kind;
	n->parent = parent;
	if (parent) {
		n->index = parent->count++;
		if (parent->last)
			parent->last->next = n;
		else
			parent->child = n;
		parent->last = n;
	}
	return n;
}

bool
dbn_conf_set_text(dbn_conf_tree *t, dbn_conf_node *n, uint32_t kind, dbn_text text)
{
	dbn_text copy = dbn_arena_text(&t->arena, text);

	if (!copy.ptr)
		return false;
	n->kind = kind;
	n->u.text = copy;
	return true;
}

const dbn_conf_node *
dbn_conf_member(const dbn_conf_node *group, const char *name)
{
	if (!group || group->kind != DBN_NODE_GROUP)
		return NULL;
	for (const dbn_conf_node *c = group->child; c; c = c->next)
		if (c->name && strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

const char *
dbn_conf_where(const dbn_conf_node *n, char *buf, size_t size)
{
	buf[0] = '\0';
	if (n && n->file && n->line)
		(void)snprintf(buf, size, "%s:%u", n->file->path, (unsigned)n->line);
	else if (n && n->file)
		(void)snprintf(buf, size, "%s", n->file->path);
	return buf;
}

/* What may stand in brackets for the node: its name, if it has a usable one; "#"
 * begins what counts the item even where another is named by that number. */
static dbn_text
item_name(const dbn_conf_node *n)
{
	const dbn_conf_node *name = dbn_conf_member(n, "name");
	dbn_text none = { NULL, 0 };

	if (!name || (name->kind != DBN_NODE_STRING && name->kind != DBN_NODE_TEXT))
		return none;
	if (!name->u.text.len || name->u.text.len > 128 || name->u.text.ptr[0] == '#' ||
		memchr(name->u.text.ptr, ']', name->u.text.len))
		return none;
	return name->u.text;
}

dbn_conf_node *
dbn_conf_item_named(const dbn_conf_node *list, dbn_text name)
{
	for (dbn_conf_node *c = list->child; c; c = c->next) {
		dbn_text is = item_name(c);

		if (is.ptr && dbn_text_eq(is, name))
			return c;
	}
	return NULL;
}

/* "[s3b]", "[0]" or "[#0]": what finds just this item again. */
static void
add_item(const dbn_conf_node *n, dbn_str *out)
{
	dbn_text word = item_name(n);
	char number[24];
	int len;

	dbn_str_addc(out, '[');
	if (word.ptr && dbn_conf_item_named(n->parent, word) == n) {
		dbn_str_addt(out, word);
	} else {
		len = snprintf(number, sizeof number, "%u", (unsigned)n->index);
		word = dbn_text_n(number, len > 0 ? (size_t)len : 0);
		if (dbn_conf_item_named(n->parent, word))
			dbn_str_addc(out, '#');
		dbn_str_addt(out, word);
	}
	dbn_str_addc(out, ']');
}

void
dbn_conf_path_of(const dbn_conf_node *node, dbn_str *out)
{
	const dbn_conf_node *way[DBN_CONF_DEPTH + 2];
	size_t n = 0;

	for (; node && node->parent && n < sizeof way / sizeof *way; node = node->parent)
		way[n++] = node;
	for (size_t first = n; n--;) {
		if (way[n]->name) {
			if (n + 1 != first)
				dbn_str_addc(out, '.');
			dbn_str_adds(out, way[n]->name);
			continue;
		}
		add_item(way[n], out);
	}
}

const char *
dbn_conf_kind_name(uint32_t kind)
{
	static const char *const names[] = { "nothing", "a group { }", "a list ( )",
		"a boolean", "a whole number", "a number", "a text", "a text" };

	return kind < sizeof names / sizeof *names ? names[kind] : "something else";
}

/* The file of `to` that stands for one of another tree. */
static const dbn_conf_file *
same_file(dbn_conf_tree *to, const dbn_conf_file *f)
{
	for (const dbn_conf_file *t = to->files; t; t = t->next)
		if (strcmp(t->path, f->path) == 0 && strcmp(t->dir, f->dir) == 0)
			return t;
	return dbn_conf_add_file(to, f->path, f->dir);
}

dbn_conf_node *
dbn_conf_copy_node(dbn_conf_tree *to, const dbn_conf_node *from, dbn_conf_node *parent,
	const char *name, unsigned depth)
{
	dbn_conf_node *n;

	if (depth > DBN_CONF_DEPTH + 2)
		return NULL;
	n = dbn_conf_add_node(to, parent, name, from->kind);
	if (!n || !dbn_conf_copy_into(to, from, n, depth))
		return NULL;
	return n;
}

bool
dbn_conf_copy_into(dbn_conf_tree *to, const dbn_conf_node *from, dbn_conf_node *n, unsigned depth)
{
	n->kind = from->kind;
	n->line = from->line;
	n->u = from->u;
	if (from->file) {
		n->file = same_file(to, from->file);
		if (!n->file)
			return false;
	}
	if (from->kind == DBN_NODE_STRING || from->kind == DBN_NODE_TEXT)
		return dbn_conf_set_text(to, n, from->kind, from->u.text);
	for (const dbn_conf_node *c = from->child; c; c = c->next)
		if (!dbn_conf_copy_node(to, c, n, c->name, depth + 1))
			return false;
	return true;
}

dbn_status
dbn_conf_tree_copy(const dbn_conf_tree *from, dbn_conf_tree *to)
{
	to->root = dbn_conf_copy_node(to, from->root, NULL, NULL, 0);
	return to->root ? DBN_OK : DBN_E_NOMEM;
}
