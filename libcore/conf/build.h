/* SPDX-License-Identifier: MIT */
/*
 * Making trees: the scan before libconfig, reading, changing by path, printing.
 * Only for the files of conf/ themselves.
 */
#ifndef DBN_CONF_BUILD_H
#define DBN_CONF_BUILD_H

#include "conf/problem.h"

struct dbn_config {
	dbn_conf_tree tree;
	bool allow_all;
};

/* ---- tree.c ---- */
dbn_conf_file *dbn_conf_add_file(dbn_conf_tree *t, const char *path, const char *dir);
/* parent NULL: nowhere yet. */
dbn_conf_node *dbn_conf_add_node(dbn_conf_tree *t, dbn_conf_node *parent, const char *name,
	uint32_t kind);
bool dbn_conf_set_text(dbn_conf_tree *t, dbn_conf_node *n, uint32_t kind, dbn_text text);
dbn_conf_node *dbn_conf_copy_node(dbn_conf_tree *to, const dbn_conf_node *from,
	dbn_conf_node *parent, const char *name, unsigned depth);
bool dbn_conf_copy_into(dbn_conf_tree *to, const dbn_conf_node *from, dbn_conf_node *n,
	unsigned depth);

/* ---- grammar.c ---- */
enum {
	DBN_TOKEN_NAME = 1, DBN_TOKEN_ASSIGN, DBN_TOKEN_STRING, DBN_TOKEN_NUMBER, DBN_TOKEN_BOOL,
	DBN_TOKEN_SEPARATOR, DBN_TOKEN_OPEN, DBN_TOKEN_CLOSE, DBN_TOKEN_OTHER, DBN_TOKEN_END
};
/* Where the scan is within groups and lists; all zero at the beginning. */
typedef struct dbn_conf_grammar {
	char open[DBN_CONF_DEPTH + 1]; /* '{' '(' '['; [0]: the root, a group */
	uint8_t state[DBN_CONF_DEPTH + 1];
	unsigned depth;
	bool string_before, broken; /* broken: told once, no more to say */
} dbn_conf_grammar;
/* The next token: c is its first character.  NULL: it may stand here; else what
 * is wrong. */
const char *dbn_conf_grammar_step(dbn_conf_grammar *g, unsigned token, char c);

/* ---- scan.c ---- */
typedef struct dbn_conf_line {
	const dbn_conf_file *file;
	uint32_t line;
} dbn_conf_line;
/* What libconfig gets to see: one text, and where each line of it came from. */
typedef struct dbn_conf_flat {
	dbn_str text;
	dbn_conf_line *lines;       /* lines[0] is line 1 */
	size_t nlines, cap;
} dbn_conf_flat;

void dbn_conf_flat_init(dbn_conf_flat *f);
void dbn_conf_flat_free(dbn_conf_flat *f);
/* Scan a text, and what it includes (unless !include), onto the end of flat.
 * Problems are collected; DBN_E_NOMEM or DBN_OK. */
dbn_status dbn_conf_scan(dbn_conf_tree *t, const dbn_conf_file *file, dbn_text text, bool include,
	dbn_conf_flat *flat, dbn_problems *problems);

/* ---- read.c ---- */
/* The whole of a file, at most max bytes. */
dbn_status dbn_conf_read_file(const char *path, size_t max, dbn_str *out, dbn_error **err);
/* Absolute path of `path`, seen from the absolute folder dir. */
char *dbn_conf_join(dbn_arena *a, const char *dir, const char *path);
/* The absolute folder that a file stands in. */
char *dbn_conf_dir_of(dbn_arena *a, const char *path, dbn_error **err);
/* Scan and parse a text into a tree whose root it makes. */
dbn_status dbn_conf_read_text(dbn_conf_tree *t, const dbn_conf_file *file, dbn_text text,
	bool include, dbn_problems *problems);

/* ---- path.c ---- */
/* The node at a path, or NULL with DBN_E_NOT_FOUND or DBN_E_CONFIG. */
const dbn_conf_node *dbn_conf_at(const dbn_conf_tree *t, const char *path, dbn_error **err);
/* Set one; the tree may be half changed after a failure. */
dbn_status dbn_conf_put(dbn_conf_tree *t, dbn_text path, const dbn_text *value,
	const dbn_conf_file *origin, dbn_error **err);
/* "path=value; path=value". */
dbn_status dbn_conf_put_many(dbn_conf_tree *t, const char *assignments,
	const dbn_conf_file *origin, dbn_error **err);

/* ---- print.c ---- */
/* A value as libconfig writes it; a scalar at the top as the bare text. */
void dbn_conf_print(const dbn_conf_node *n, dbn_str *out);

#endif
