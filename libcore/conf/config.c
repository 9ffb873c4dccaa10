/* SPDX-License-Identifier: MIT */
/*
 * dbn_config: a tree that is read, then changed by path.  A change is made in a
 * copy that takes the tree's place, so that a failed one leaves nothing behind.
 */
#include <stdlib.h>

#include "conf/build.h"

#define ENV_NAME "DBNEXUS_SET"

static dbn_config *
config_new(dbn_error **err)
{
	dbn_config *c = dbn_zalloc(sizeof *c);

	if (c)
		dbn_conf_tree_init(&c->tree);
	else
		(void)dbn_fail_nomem(err);
	return c;
}

void
dbn_config_free(dbn_config *c)
{
	if (!c)
		return;
	dbn_conf_tree_free(&c->tree);
	dbn_free(c);
}

/* The current directory stands behind what has no file. */
static dbn_conf_file *
origin_file(dbn_conf_tree *t, const char *origin, dbn_error **err)
{
	char *dir = dbn_conf_dir_of(&t->arena, "x", err);
	dbn_conf_file *f = dir ? dbn_conf_add_file(t, origin, dir) : NULL;

	if (dir && !f)
		(void)dbn_fail_nomem(err);
	return f;
}

/* The changes of one call, to be kept or thrown away as a whole. */
struct change {
	dbn_conf_tree tree;
	dbn_conf_file *origin;
};

static dbn_status
change_begin(struct change *ch, const dbn_config *c, const char *origin, dbn_error **err)
{
	dbn_conf_tree_init(&ch->tree);
	if (dbn_conf_tree_copy(&c->tree, &ch->tree) != DBN_OK)
		return dbn_fail_nomem(err);
	ch->origin = origin_file(&ch->tree, origin, err);
	return ch->origin ? DBN_OK : DBN_E_NOMEM;
}

static dbn_status
change_end(struct change *ch, dbn_config *c, dbn_status rc)
{
	dbn_conf_tree old = c->tree;

	if (rc == DBN_OK)
		c->tree = ch->tree;
	else
		old = ch->tree;
	dbn_conf_tree_free(&old);
	return rc;
}

dbn_status
dbn_config_set(dbn_config *c, const char *path, const char *value, dbn_error **err)
{
	dbn_text v = dbn_text_z(value);
	struct change ch;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	if (!c || !path)
		return dbn_fail(err, DBN_E_INVALID, "dbn_config_set() needs a configuration and a path");
	rc = change_begin(&ch, c, "(code)", err);
	if (rc == DBN_OK)
		rc = dbn_conf_put(&ch.tree, dbn_text_z(path), value ? &v : NULL, ch.origin, err);
	return change_end(&ch, c, rc);
}

dbn_status
dbn_config_set_many(dbn_config *c, const char *assignments, const char *origin, dbn_error **err)
{
	struct change ch;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	if (!c || !assignments)
		return dbn_fail(err, DBN_E_INVALID,
			"dbn_config_set_many() needs a configuration and assignments");
	rc = change_begin(&ch, c, origin ? origin : "(code)", err);
	if (rc == DBN_OK)
		rc = dbn_conf_put_many(&ch.tree, assignments, ch.origin, err);
	return change_end(&ch, c, rc);
}

/* What the environment says, unless it is not to be trusted. */
static dbn_status
apply_environment(dbn_config *c, uint32_t flags, dbn_error **err)
{
	const char *set = flags & DBN_CONFIG_NO_ENV ? NULL : secure_getenv(ENV_NAME);

	return set ? dbn_config_set_many(c, set, ENV_NAME, err) : DBN_OK;
}

static dbn_status
open_text(dbn_text text, const char *path, const char *dir, uint32_t flags, dbn_config **out,
	dbn_error **err)
{
	dbn_config *c = config_new(err);
	dbn_status rc = DBN_E_NOMEM;
	dbn_problems problems;
	dbn_conf_file *file;

	dbn_problems_init(&problems);
	if (!c)
		goto out;
	file = dbn_conf_add_file(&c->tree, path, dir);
	if (!file || dbn_conf_read_text(&c->tree, file, text, true, &problems) != DBN_OK) {
		rc = dbn_fail_nomem(err);
		goto out;
	}
	rc = dbn_problems_fail(&problems, err);
	if (rc == DBN_OK)
		rc = apply_environment(c, flags, err);
out:
	dbn_problems_free(&problems);
	if (rc != DBN_OK) {
		dbn_config_free(c);
		c = NULL;
	}
	*out = c;
	return rc;
}

dbn_status
dbn_config_open(const char *path, uint32_t flags, dbn_config **out, dbn_error **err)
{
	dbn_status rc = DBN_E_NOMEM;
	dbn_arena arena;
	dbn_str bytes;
	char *dir;

	DBN_ERR_CLEAR(err);
	if (!out || !path || !path[0])
		return dbn_fail(err, DBN_E_INVALID, "dbn_config_open() needs a path");
	*out = NULL;
	if (flags & ~(uint32_t)DBN_CONFIG_NO_ENV)
		return dbn_fail(err, DBN_E_INVALID, "dbn_config_open() was given an unknown flag");
	dbn_arena_init(&arena, 0);
	dbn_str_init(&bytes, DBN_CONF_MAX_BYTES + 1);
	dir = dbn_conf_dir_of(&arena, path, err);
	if (!dir)
		goto out;
	rc = dbn_conf_read_file(path, DBN_CONF_MAX_BYTES, &bytes, err);
	if (rc == DBN_OK)
		rc = open_text(dbn_text_n(dbn_str_z(&bytes), bytes.len), path, dir, flags, out, err);
out:
	dbn_str_free(&bytes);
	dbn_arena_free(&arena);
	return rc;
}

dbn_status
dbn_config_open_text(dbn_text text, const char *path, uint32_t flags, dbn_config **out,
	dbn_error **err)
{
	dbn_status rc = DBN_E_NOMEM;
	dbn_arena arena;
	char *dir;

	DBN_ERR_CLEAR(err);
	if (!out || (!text.ptr && text.len))
		return dbn_fail(err, DBN_E_INVALID, "dbn_config_open_text() needs a text");
	*out = NULL;
	if (flags & ~(uint32_t)DBN_CONFIG_NO_ENV)
		return dbn_fail(err, DBN_E_INVALID,
			"dbn_config_open_text() was given an unknown flag");
	dbn_arena_init(&arena, 0);
	dir = dbn_conf_dir_of(&arena, path ? path : "x", err);
	if (dir)
		rc = open_text(text, path ? path : "(text)", dir, flags, out, err);
	dbn_arena_free(&arena);
	return rc;
}

/* ---- from a URL ---- */

static dbn_status
put(dbn_conf_tree *t, const dbn_conf_file *origin, const char *path, dbn_text value, dbn_error **err)
{
	return dbn_conf_put(t, dbn_text_z(path), &value, origin, err);
}

/* A value of the caller is data: never read as libconfig's own form. */
static dbn_status
put_verbatim(dbn_conf_tree *t, const dbn_conf_file *origin, const char *path, const char *value,
	dbn_error **err)
{
	dbn_status rc = put(t, origin, path, dbn_text_z("x"), err);
	dbn_conf_node *n;

	if (rc != DBN_OK)
		return rc;
	if (dbn_utf8_valid(value, strlen(value)) != strlen(value))
		return dbn_fail(err, DBN_E_CONFIG, "the value of \"%s\" is not valid UTF-8", path);
	n = (dbn_conf_node *)(uintptr_t)dbn_conf_at(t, path, err);
	if (n && !dbn_conf_set_text(t, n, DBN_NODE_STRING, dbn_text_z(value)))
		return dbn_fail_nomem(err);
	return n ? DBN_OK : DBN_E_INTERNAL;
}

static dbn_status
fill_url(dbn_config *c, const dbn_conf_file *origin, const char *url, const char *policy,
	const char *audit, uint32_t flags, dbn_error **err)
{
	dbn_conf_tree *t = &c->tree;
	size_t scheme = strcspn(url, ":/");
	dbn_status rc = DBN_OK;
	dbn_text driver = dbn_text_n(url, scheme);

	if (!scheme || url[scheme] != ':')
		return dbn_fail_hint(err, DBN_E_CONFIG, "write sqlite:FILE",
			"the URL \"%s\" does not begin with the name of a driver", url);
	for (size_t i = 0; i < scheme; i++)
		if (!(dbn_ascii_lower((unsigned char)url[i]) >= 'a' &&
			dbn_ascii_lower((unsigned char)url[i]) <= 'z') &&
			!memchr("0123456789-_", url[i], 12))
			return dbn_fail(err, DBN_E_CONFIG, "the URL \"%s\" does not begin with the "
				"name of a driver", url);
	rc = put(t, origin, "databases.main.driver.plugin", driver, err);
	if (rc == DBN_OK)
		rc = put_verbatim(t, origin, "databases.main.driver.url", url, err);
	if (rc == DBN_OK)
		rc = put(t, origin, "databases.main.driver.create",
			dbn_text_z(flags & DBN_OPEN_CREATE ? "true" : "false"), err);
	/* the policy of a URL is a policy file: this is its documented meaning */
	if (rc == DBN_OK && policy) {
		rc = put(t, origin, "permission.plugin", dbn_text_z("rbac"), err);
		if (rc == DBN_OK)
			rc = put_verbatim(t, origin, "permission.settings.file", policy, err);
	}
	if (rc == DBN_OK && audit) {
		rc = put(t, origin, "audit[trail].plugin", dbn_text_z("file"), err);
		if (rc == DBN_OK)
			rc = put_verbatim(t, origin, "audit[trail].settings.path", audit, err);
	}
	c->allow_all = !policy;
	return rc;
}

dbn_status
dbn_config_open_url(const char *url, const char *policy, const char *audit, uint32_t flags,
	dbn_config **out, dbn_error **err)
{
	const uint32_t known = DBN_CONFIG_NO_ENV | DBN_OPEN_ALLOW_ALL | DBN_OPEN_CREATE;
	dbn_conf_file *origin;
	dbn_status rc;
	dbn_config *c;

	DBN_ERR_CLEAR(err);
	if (!out || !url)
		return dbn_fail(err, DBN_E_INVALID, "dbn_config_open_url() needs a URL");
	*out = NULL;
	if (flags & ~known)
		return dbn_fail(err, DBN_E_INVALID, "dbn_config_open_url() was given an unknown flag");
	if (!policy && !(flags & DBN_OPEN_ALLOW_ALL))
		return dbn_fail_hint(err, DBN_E_CONFIG, "name a policy file, or say with "
			"DBN_OPEN_ALLOW_ALL (--allow-all) that everybody may do everything",
			"no policy for \"%s\"", url);
	if (policy && (flags & DBN_OPEN_ALLOW_ALL))
		return dbn_fail(err, DBN_E_INVALID, "a policy file and DBN_OPEN_ALLOW_ALL exclude "
			"each other");
	c = config_new(err);
	if (!c)
		return DBN_E_NOMEM;
	origin = origin_file(&c->tree, "(url)", err);
	c->tree.root = origin ? dbn_conf_add_node(&c->tree, NULL, NULL, DBN_NODE_GROUP) : NULL;
	if (c->tree.root) {
		c->tree.root->file = origin;
		rc = fill_url(c, origin, url, policy, audit, flags, err);
	} else {
		rc = dbn_fail_nomem(err);
	}
	if (rc == DBN_OK)
		rc = apply_environment(c, flags, err);
	if (rc == DBN_OK)
		*out = c;
	else
		dbn_config_free(c);
	return rc;
}

/* ---- reading ---- */

void
dbn_config_free_text(char *text)
{
	dbn_free(text);
}

dbn_status
dbn_config_get(const dbn_config *c, const char *path, char **value, char **origin, dbn_error **err)
{
	const dbn_conf_node *n;
	char where[DBN_CONF_WHERE_MAX];
	dbn_error *why = NULL;
	dbn_str text;

	DBN_ERR_CLEAR(err);
	if (origin)
		*origin = NULL;
	if (!c || !path || !value)
		return dbn_fail(err, DBN_E_INVALID,
			"dbn_config_get() needs a configuration, a path and a place for the value");
	*value = NULL;
	n = dbn_conf_at(&c->tree, path, &why);
	if (!n) {
		dbn_status rc = dbn_error_code(why);

		if (err)
			*err = why;
		else
			dbn_error_free(why);
		return rc;
	}
	dbn_str_init(&text, 0);
	dbn_conf_print(n, &text);
	*value = dbn_str_take(&text);
	if (!*value)
		return dbn_fail_nomem(err);
	if (origin) {
		*origin = dbn_strdup(dbn_conf_where(n, where, sizeof where));
		if (!*origin) {
			dbn_free(*value);
			*value = NULL;
			return dbn_fail_nomem(err);
		}
	}
	return DBN_OK;
}

/* The node after n in file order, NULL at the end. */
static const dbn_conf_node *
node_after(const dbn_conf_node *n)
{
	if (n->child)
		return n->child;
	while (n && !n->next)
		n = n->parent;
	return n ? n->next : NULL;
}

dbn_status
dbn_config_each(const dbn_config *c, void (*each)(const char *path, const char *value,
	const char *origin, void *user), void *user, dbn_error **err)
{
	char where[DBN_CONF_WHERE_MAX];
	dbn_status rc = DBN_OK;
	dbn_str path, value;

	DBN_ERR_CLEAR(err);
	if (!c || !each)
		return dbn_fail(err, DBN_E_INVALID,
			"dbn_config_each() needs a configuration and a function");
	dbn_str_init(&path, 0);
	dbn_str_init(&value, 0);
	for (const dbn_conf_node *n = c->tree.root; n; n = node_after(n)) {
		if (!n->parent || n->child)
			continue;
		dbn_str_reset(&path);
		dbn_str_reset(&value);
		dbn_conf_path_of(n, &path);
		dbn_conf_print(n, &value);
		if (path.status != DBN_OK || value.status != DBN_OK) {
			rc = dbn_fail_nomem(err);
			break;
		}
		each(dbn_str_z(&path), dbn_str_z(&value), dbn_conf_where(n, where, sizeof where),
			user);
	}
	dbn_str_free(&value);
	dbn_str_free(&path);
	return rc;
}
