/* SPDX-License-Identifier: MIT */
/*
 * The configuration as a tree of nodes that know where they stand.  Built by
 * conf/read.c from libconfig, changed only by conf/path.c while a dbn_config is
 * being prepared; after that any thread may read it.
 */
#ifndef DBN_CONF_TREE_H
#define DBN_CONF_TREE_H

#include "base/mem.h"
#include "base/str.h"
#include "error/error.h"

#define DBN_CONF_DEPTH 64           /* nesting of groups and lists */
#define DBN_CONF_MAX_BYTES ((size_t)16 << 20)  /* of all files together */
#define DBN_CONF_INCLUDES 16        /* depth of @include */

enum {
	DBN_NODE_GROUP = 1, DBN_NODE_LIST = 2, /* arrays too */
	DBN_NODE_BOOL = 3, DBN_NODE_INT = 4, DBN_NODE_FLOAT = 5, DBN_NODE_STRING = 6,
	DBN_NODE_TEXT = 7           /* from an override: read as what the setting wants */
};

/* Where settings come from. */
typedef struct dbn_conf_file {
	struct dbn_conf_file *next;
	const char *path;           /* as messages show it */
	const char *dir;            /* absolute: relative paths in it start here */
} dbn_conf_file;

typedef struct dbn_conf_node {
	struct dbn_conf_node *parent, *next, *child, *last; /* children in file order */
	const char *name;           /* NULL: item of a list, or the root */
	const dbn_conf_file *file;
	uint32_t line, kind;        /* line 0: none */
	uint32_t count, index;      /* of children; within the parent */
	union {
		bool flag;
		int64_t num;
		double real;
		dbn_text text;      /* NUL-ended */
	} u;
} dbn_conf_node;

typedef struct dbn_conf_tree {
	dbn_arena arena;
	dbn_conf_node *root;        /* a group */
	dbn_conf_file *files;
} dbn_conf_tree;

/* NULL: node is NULL, not a group, or has no such member. */
const dbn_conf_node *dbn_conf_member(const dbn_conf_node *group, const char *name);
/* "app.conf:12" into buf; returns buf. */
const char *dbn_conf_where(const dbn_conf_node *node, char *buf, size_t size);
#define DBN_CONF_WHERE_MAX 512
/* The first item of a list that brackets can name so, or NULL. */
dbn_conf_node *dbn_conf_item_named(const dbn_conf_node *list, dbn_text name);
/* "databases.main.nodes[s3b].url": finds the same node again. */
void dbn_conf_path_of(const dbn_conf_node *node, dbn_str *out);
/* "group", "text", "number" ... with an article, for messages. */
const char *dbn_conf_kind_name(uint32_t kind);
/* A copy of all of it into another tree (which is empty). */
dbn_status dbn_conf_tree_copy(const dbn_conf_tree *from, dbn_conf_tree *to);
void dbn_conf_tree_init(dbn_conf_tree *t);
void dbn_conf_tree_free(dbn_conf_tree *t);

#endif
