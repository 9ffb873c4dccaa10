/* SPDX-License-Identifier: MIT */
/*
 * Reads the SQL corpora of tests/sql/corpus and multiplies them out: what the
 * oracles run through.  The format is told in tests/sql/README.  Plain C, no
 * Criterion; one thread.
 */
#ifndef DBN_TEST_SQL_CORPUS_H
#define DBN_TEST_SQL_CORPUS_H

#include <stdbool.h>
#include <stddef.h>

enum {
	CORPUS_ACCEPTED,            /* parses, resolves and prints; the database takes both forms */
	CORPUS_REFUSED,             /* parser, resolver or printer refuses it */
	CORPUS_LATER                /* not accepted yet; a test fails once it is */
};

/* A value of "@args": 'i' integer, 'd' decimal, 't' text, 'b' true or false ("1", "0"),
 * 'n' NULL. */
struct corpus_arg {
	char kind;
	char *text;
};

struct corpus_stmt {
	char *sql;
	char *names;                /* !refused(names): the message must say this; NULL: any */
	const char *file;           /* "query.sql" */
	unsigned line, variant;     /* variant: 0.. of the line's product */
	int expect;                 /* CORPUS_.. */
	struct corpus_arg *args;
	size_t nargs;
};

struct corpus {
	struct corpus_stmt *stmts;
	size_t count, cap;
	size_t accepted, refused, later; /* count is their sum */
	char **files;
	size_t nfiles;
	char problem[300];          /* why reading failed: file, line, what */
};

/* All of corpus/common and corpus/DIALECT below $DBN_TOP_SRC/tests/sql, in the order of the files'
 * names.  false: see problem.  corpus_free() in either case. */
bool corpus_read(struct corpus *c, const char *dialect);
/* One text instead of the files. */
bool corpus_read_text(struct corpus *c, const char *name, const char *text);
/* One more, accepted; its sql is to be set (malloc). */
struct corpus_stmt *corpus_add(struct corpus *c, const char *file, unsigned line);
void corpus_free(struct corpus *c);

/* schema-DIALECT.sql as one text; free() it.  NULL: not there. */
char *corpus_schema(const char *dialect);

#endif
