/* SPDX-License-Identifier: MIT */
/*
 * Reading files and turning what libconfig parsed into our own tree.  The only
 * user of libconfig in the core.  Its C locale override and its exit on
 * exhausted memory are its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <libconfig.h>
#include <limits.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/build.h"

dbn_status
dbn_conf_read_file(const char *path, size_t max, dbn_str *out, dbn_error **err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	dbn_status rc = DBN_OK;
	struct stat st;
	char buf[16384];
	ssize_t n;

	if (fd < 0)
		return dbn_fail(err, DBN_E_CONFIG, "cannot open \"%s\": %m", path);
	if (fstat(fd, &st) != 0) {
		rc = dbn_fail(err, DBN_E_CONFIG, "cannot read \"%s\": %m", path);
		goto out;
	}
	if (S_ISDIR(st.st_mode)) {
		rc = dbn_fail(err, DBN_E_CONFIG, "\"%s\" is a directory, not a file", path);
		goto out;
	}
	for (;;) {
		n = read(fd, buf, sizeof buf);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			rc = dbn_fail(err, DBN_E_CONFIG, "cannot read \"%s\": %m", path);
			break;
		}
		if (n == 0)
			break;
		if ((size_t)n > max - out->len) {
			rc = dbn_fail(err, DBN_E_CONFIG, "\"%s\" is too large: more than %zu bytes",
				path, max);
			break;
		}
		dbn_str_add(out, buf, (size_t)n);
		if (out->status != DBN_OK) {
			rc = dbn_fail_nomem(err);
			break;
		}
	}
out:
	(void)close(fd);
	return rc;
}

char *
dbn_conf_join(dbn_arena *a, const char *dir, const char *path)
{
	if (path[0] == '/')
		return dbn_arena_strndup(a, path, strlen(path));
	while (path[0] == '.' && path[1] == '/')
		path += 2;
	return dbn_arena_printf(a, "%s%s%s", dir, dir[0] && dir[strlen(dir) - 1] == '/' ? "" : "/",
		path);
}

char *
dbn_conf_dir_of(dbn_arena *a, const char *path, dbn_error **err)
{
	const char *slash = strrchr(path, '/');
	char cwd[PATH_MAX], *dir;
	size_t n = slash ? (size_t)(slash - path) : 0;

	if (path[0] == '/') {
		dir = dbn_arena_strndup(a, path, n ? n : 1);
	} else {
		if (!getcwd(cwd, sizeof cwd)) {
			(void)dbn_fail(err, DBN_E_CONFIG, "cannot tell the current directory: %m");
			return NULL;
		}
		dir = slash ? dbn_arena_printf(a, "%s/%.*s", cwd, (int)(n > INT_MAX ? 0 : n), path) :
			dbn_arena_strndup(a, cwd, strlen(cwd));
	}
	if (!dir)
		(void)dbn_fail_nomem(err);
	return dir;
}

/* ---- libconfig's tree into ours ---- */

struct reading {
	dbn_conf_tree *tree;
	const dbn_conf_flat *flat;
	dbn_problems *problems;
	bool lines;                 /* of a file: lines mean something */
};

static void
place(const struct reading *r, dbn_conf_node *n, unsigned line)
{
	if (line && line <= r->flat->nlines) {
		n->file = r->flat->lines[line - 1].file;
		n->line = r->lines ? r->flat->lines[line - 1].line : 0;
	} else if (r->flat->nlines) {
		n->file = r->flat->lines[0].file;
		n->line = r->lines;
	}
}

static bool
scalar(struct reading *r, config_setting_t *s, dbn_conf_node *n)
{
	dbn_text text;

	switch (config_setting_type(s)) {
	case CONFIG_TYPE_BOOL:
		n->kind = DBN_NODE_BOOL;
		n->u.flag = config_setting_get_bool(s) != 0;
		return true;
	case CONFIG_TYPE_INT:
		n->kind = DBN_NODE_INT;
		n->u.num = config_setting_get_int(s);
		return true;
	case CONFIG_TYPE_INT64:
		n->kind = DBN_NODE_INT;
		n->u.num = config_setting_get_int64(s);
		return true;
	case CONFIG_TYPE_FLOAT:
		n->kind = DBN_NODE_FLOAT;
		n->u.real = config_setting_get_float(s);
		if (!isfinite(n->u.real))
			dbn_problem_node(r->problems, n, NULL, "the number is out of range");
		return true;
	default:
		text = dbn_text_z(config_setting_get_string(s));
		if (!text.ptr)
			text = dbn_text_z("");
		/* \xHH may have made anything */
		if (dbn_utf8_valid(text.ptr, text.len) != text.len) {
			dbn_problem_node(r->problems, n, NULL, "the text is not valid UTF-8");
			text = dbn_text_z("");
		}
		return dbn_conf_set_text(r->tree, n, DBN_NODE_STRING, text);
	}
}

static bool
convert(struct reading *r, config_setting_t *s, dbn_conf_node *n, unsigned depth)
{
	config_setting_t *c;
	dbn_conf_node *child;
	int len;

	place(r, n, s->line);
	if (!config_setting_is_aggregate(s))
		return scalar(r, s, n);
	n->kind = config_setting_is_group(s) ? DBN_NODE_GROUP : DBN_NODE_LIST;
	if (depth > DBN_CONF_DEPTH + 1)
		return true;
	len = config_setting_length(s);
	for (int i = 0; i < len; i++) {
		c = config_setting_get_elem(s, (unsigned)i);
		child = dbn_conf_add_node(r->tree, n, config_setting_name(c), DBN_NODE_GROUP);
		if (!child || !convert(r, c, child, depth + 1))
			return false;
	}
	return true;
}

static void
syntax_problem(struct reading *r, const config_t *c)
{
	const char *text = config_error_text(c) ? config_error_text(c) : "cannot be read";
	dbn_conf_node at = { .kind = 0 };

	place(r, &at, config_error_line(c) > 0 ? (unsigned)config_error_line(c) : 0);
	dbn_problem_node(r->problems, &at, NULL, "%s", text);
}

dbn_status
dbn_conf_read_text(dbn_conf_tree *t, const dbn_conf_file *file, dbn_text text, bool include,
	dbn_problems *problems)
{
	uint32_t before = problems->count;
	struct reading r = { .tree = t, .problems = problems, .lines = include };
	dbn_status rc = DBN_E_NOMEM;
	dbn_conf_flat flat;
	config_t c;

	config_init(&c);
	dbn_conf_flat_init(&flat);
	r.flat = &flat;
	t->root = dbn_conf_add_node(t, NULL, NULL, DBN_NODE_GROUP);
	if (!t->root || dbn_conf_scan(t, file, text, include, &flat, problems) != DBN_OK)
		goto out;
	t->root->file = file;
	t->root->line = include;
	rc = DBN_OK;
	if (problems->count != before)
		goto out;
	if (!config_read_string(&c, dbn_str_z(&flat.text)))
		syntax_problem(&r, &c);
	else if (!convert(&r, config_root_setting(&c), t->root, 0))
		rc = DBN_E_NOMEM;
	t->root->file = file;
	t->root->line = include;
out:
	dbn_conf_flat_free(&flat);
	config_destroy(&c);
	return rc;
}
