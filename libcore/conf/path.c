/* SPDX-License-Identifier: MIT */
/*
 * Paths into a tree: "databases.main.nodes[s3b].url".  Finding, setting, and
 * the list of assignments that DBNEXUS_SET holds.
 */
#include "conf/build.h"

/* One step: a member's name, or a word in brackets. */
struct step {
	dbn_text word;
	bool item;
};
struct steps {
	struct step s[DBN_CONF_DEPTH];
	size_t n;
};

static bool
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '*';
}

static bool
is_name(char c)
{
	return is_alpha(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static size_t
step_at(dbn_text p, size_t at, struct step *out)
{
	size_t from = at;

	if (p.ptr[at] == '[') {
		out->item = true;
		for (from = ++at; at < p.len && p.ptr[at] != ']'; at++)
			;
		if (at == p.len || at == from || at - from > 128)
			return 0;
		out->word = dbn_text_n(p.ptr + from, at - from);
		return at + 1;
	}
	out->item = false;
	if (!is_alpha(p.ptr[at]))
		return 0;
	while (at < p.len && is_name(p.ptr[at]))
		at++;
	out->word = dbn_text_n(p.ptr + from, at - from);
	return at;
}

static dbn_status
parse(dbn_text p, struct steps *out, dbn_error **err)
{
	size_t at = 0;

	out->n = 0;
	while (at < p.len) {
		if (out->n == DBN_CONF_DEPTH)
			goto bad;
		if (out->n && p.ptr[at] != '[') {
			if (p.ptr[at++] != '.' || at == p.len)
				goto bad;
		}
		if ((!out->n || p.ptr[at ? at - 1 : 0] == '.') && p.ptr[at] == '[')
			goto bad;
		at = step_at(p, at, &out->s[out->n]);
		if (!at)
			goto bad;
		out->n++;
	}
	if (out->n)
		return DBN_OK;
bad:
	return dbn_fail_hint(err, DBN_E_CONFIG, "paths look like databases.main.nodes[s3b].url",
		"\"%.*s\" is not a path of a setting", DBN_TEXT_ARG(p));
}

/* "3", or "#3", which is never a name. */
static bool
is_index(dbn_text word, uint64_t *index)
{
	if (word.len && word.ptr[0] == '#')
		word = dbn_text_n(word.ptr + 1, word.len - 1);
	return dbn_parse_uint64(word, index);
}

static dbn_conf_node *
find_item(const dbn_conf_node *list, dbn_text word)
{
	dbn_conf_node *named = dbn_conf_item_named(list, word);
	uint64_t index;

	if (named)
		return named;
	if (is_index(word, &index))
		for (dbn_conf_node *c = list->child; c; c = c->next)
			if (c->index == index)
				return c;
	return NULL;
}

static dbn_conf_node *
find_step(const dbn_conf_node *at, const struct step *s)
{
	if (s->item)
		return at->kind == DBN_NODE_LIST ? find_item(at, s->word) : NULL;
	if (at->kind != DBN_NODE_GROUP)
		return NULL;
	for (dbn_conf_node *c = at->child; c; c = c->next)
		if (dbn_text_eqz(s->word, c->name ? c->name : ""))
			return c;
	return NULL;
}

const dbn_conf_node *
dbn_conf_at(const dbn_conf_tree *t, const char *path, dbn_error **err)
{
	const dbn_conf_node *n = t->root;
	struct steps steps;

	if (parse(dbn_text_z(path), &steps, err) != DBN_OK)
		return NULL;
	for (size_t i = 0; n && i < steps.n; i++)
		n = find_step(n, &steps.s[i]);
	if (!n)
		(void)dbn_fail(err, DBN_E_NOT_FOUND, "\"%s\" is not set", path);
	return n;
}

/* The step's node, made if it is not there. */
static dbn_conf_node *
make_step(dbn_conf_tree *t, dbn_conf_node *at, const struct step *s, uint32_t kind,
	const dbn_conf_file *origin, dbn_error **err)
{
	dbn_conf_node *n = find_step(at, s), *name;
	uint64_t index;
	char *word;

	if (n)
		return n;
	if (at->kind != (s->item ? DBN_NODE_LIST : DBN_NODE_GROUP)) {
		(void)dbn_fail(err, DBN_E_CONFIG, "\"%.*s\" is looked for in %s", DBN_TEXT_ARG(s->word),
			dbn_conf_kind_name(at->kind));
		return NULL;
	}
	word = dbn_arena_strndup(&t->arena, s->word.ptr, s->word.len);
	if (!word)
		goto nomem;
	if (!s->item) {
		n = dbn_conf_add_node(t, at, word, kind);
	} else if (is_index(s->word, &index)) {
		if (index != at->count) {
			(void)dbn_fail_hint(err, DBN_E_CONFIG, "items are appended one by one",
				"there is no item %s, the list has %u", word, (unsigned)at->count);
			return NULL;
		}
		n = dbn_conf_add_node(t, at, NULL, kind);
	} else if (s->word.ptr[0] == '#') {
		(void)dbn_fail_hint(err, DBN_E_CONFIG, "after # stands the number of the item",
			"\"%s\" names no item of a list", word);
		return NULL;
	} else {
		n = dbn_conf_add_node(t, at, NULL, DBN_NODE_GROUP);
		name = n ? dbn_conf_add_node(t, n, "name", DBN_NODE_STRING) : NULL;
		if (!name || !dbn_conf_set_text(t, name, DBN_NODE_STRING, s->word))
			goto nomem;
		name->file = origin;
	}
	if (!n)
		goto nomem;
	n->file = origin;
	return n;
nomem:
	(void)dbn_fail_nomem(err);
	return NULL;
}

/* A value in libconfig's own form, over the node. */
static dbn_status
put_literal(dbn_conf_tree *t, dbn_conf_node *n, dbn_text value, const dbn_conf_file *origin,
	dbn_error **err)
{
	dbn_conf_tree parsed;
	dbn_problems problems;
	dbn_status rc;
	dbn_str text;

	dbn_conf_tree_init(&parsed);
	dbn_problems_init(&problems);
	dbn_str_init(&text, 0);
	dbn_str_adds(&text, "v = ");
	dbn_str_addt(&text, value);
	dbn_str_adds(&text, "\n;");
	rc = text.status == DBN_OK ? dbn_conf_read_text(&parsed, origin,
		dbn_text_n(text.ptr, text.len), false, &problems) : text.status;
	if (rc == DBN_OK && !problems.count && parsed.root->count != 1)
		dbn_problem_at(&problems, origin->path, 0, NULL, "one value is wanted, not several");
	if (rc == DBN_OK)
		rc = dbn_problems_fail(&problems, err);
	else
		(void)dbn_fail_nomem(err);
	if (rc == DBN_OK && !dbn_conf_copy_into(t, parsed.root->child, n, 0))
		rc = dbn_fail_nomem(err);
	dbn_str_free(&text);
	dbn_problems_free(&problems);
	dbn_conf_tree_free(&parsed);
	return rc;
}

static dbn_status
put_value(dbn_conf_tree *t, dbn_conf_node *n, dbn_text v, const dbn_conf_file *origin,
	dbn_error **err)
{
	n->child = n->last = NULL;
	n->count = 0;
	n->file = origin;
	n->line = 0;
	if (v.len && memchr("[({\"", v.ptr[0], 4))
		return put_literal(t, n, v, origin, err);
	if (memchr(v.ptr, '\0', v.len) || dbn_utf8_valid(v.ptr, v.len) != v.len)
		return dbn_fail(err, DBN_E_CONFIG, "the value is not valid UTF-8");
	return dbn_conf_set_text(t, n, DBN_NODE_TEXT, v) ? DBN_OK : dbn_fail_nomem(err);
}

static void
take_away(dbn_conf_node *n)
{
	dbn_conf_node *parent = n->parent, **at = &parent->child;
	uint32_t index = 0;

	while (*at != n)
		at = &(*at)->next;
	*at = n->next;
	parent->count--;
	parent->last = NULL;
	for (dbn_conf_node *c = parent->child; c; c = c->next) {
		c->index = index++;
		parent->last = c;
	}
}

dbn_status
dbn_conf_put(dbn_conf_tree *t, dbn_text path, const dbn_text *value, const dbn_conf_file *origin,
	dbn_error **err)
{
	dbn_conf_node *n = t->root;
	struct steps steps;
	dbn_status rc = parse(path, &steps, err);

	if (rc != DBN_OK)
		return rc;
	for (size_t i = 0; i < steps.n; i++) {
		bool list = i + 1 < steps.n && steps.s[i + 1].item;
		dbn_error *why = NULL;

		if (!value) {
			n = find_step(n, &steps.s[i]);
			if (!n)
				return DBN_OK;
			continue;
		}
		n = make_step(t, n, &steps.s[i], list ? DBN_NODE_LIST : DBN_NODE_GROUP, origin, &why);
		if (!n) {
			rc = dbn_error_code(why) == DBN_E_NOMEM ? dbn_fail_nomem(err) :
				dbn_fail_where(err, DBN_E_CONFIG, origin->path, dbn_error_hint(why),
					"cannot set \"%.*s\": %s", DBN_TEXT_ARG(path),
					dbn_error_message(why));
			dbn_error_free(why);
			return rc;
		}
	}
	if (!value) {
		take_away(n);
		return DBN_OK;
	}
	return put_value(t, n, *value, origin, err);
}

static dbn_text
trim(dbn_text t)
{
	while (t.len && memchr(" \t\r\n", t.ptr[0], 4)) {
		t.ptr++;
		t.len--;
	}
	while (t.len && memchr(" \t\r\n", t.ptr[t.len - 1], 4))
		t.len--;
	return t;
}

/* Bytes up to the ";" that ends an assignment: not within quotes or brackets. */
static size_t
assignment_end(const char *p)
{
	bool quotes = false;
	size_t i, depth = 0;

	for (i = 0; p[i] && (p[i] != ';' || quotes || depth); i++) {
		if (quotes && p[i] == '\\' && p[i + 1]) {
			i++;
			continue;
		}
		if (p[i] == '"')
			quotes = !quotes;
		else if (!quotes && memchr("[({", p[i], 3))
			depth++;
		else if (!quotes && depth && memchr("])}", p[i], 3))
			depth--;
	}
	return i;
}

dbn_status
dbn_conf_put_many(dbn_conf_tree *t, const char *text, const dbn_conf_file *origin, dbn_error **err)
{
	const char *equals;
	dbn_text part, value;
	dbn_status rc;
	size_t n;

	for (;; text += n + 1) {
		n = assignment_end(text);
		part = trim(dbn_text_n(text, n));
		if (part.len) {
			equals = memchr(part.ptr, '=', part.len);
			if (!equals)
				return dbn_fail_where(err, DBN_E_CONFIG, origin->path,
					"write path=value; path=value", "\"%.*s\" is not an assignment",
					DBN_TEXT_ARG(part));
			value = trim(dbn_text_n(equals + 1, part.len - (size_t)(equals + 1 - part.ptr)));
			rc = dbn_conf_put(t, trim(dbn_text_n(part.ptr, (size_t)(equals - part.ptr))),
				&value, origin, err);
			if (rc != DBN_OK)
				return rc;
		}
		if (!text[n])
			return DBN_OK;
	}
}
