/* SPDX-License-Identifier: MIT */
/*
 * A database asked by its own client library, past everything of ours: what the
 * oracles hold the canonical text against.  One connection; one thread.
 */
#ifndef TESTS_SQL_ENGINE_H
#define TESTS_SQL_ENGINE_H

#include <dbnexus/value.h>

#include "base/str.h"

/* What it answers, as text that can be compared byte by byte. */
typedef struct answer {
	dbn_str head;               /* of each column: [name type] */
	dbn_str names;              /* of each column: [name] */
	dbn_str classes;            /* of each: 'n' number, 't' text, 'd' by cell, '?' else */
	char **rows;
	char **loose;               /* the same, as a session's cells can be told: see answer_loose() */
	size_t nrows, cap;
	bool failed;
	char why[24];               /* the engine's code of the error */
	char message[400];
	int64_t changed;            /* rows, where it says; else 0 */
} answer;

void answer_init(answer *a);
void answer_free(answer *a);
void answer_add_row(answer *a, const char *text, const char *loose);
void answer_add_column(answer *a, const char *name, char class);
/* One cell of a loose row: numbers with six digits, texts as they are, else "?". */
void answer_loose(dbn_str *out, char class, bool null, const char *text, size_t len);
void answer_fail(answer *a, const char *why, const char *message);
/* 0: the same.  ordered: rows are compared one by one, else as a bag. */
int answer_differs(const answer *x, const answer *y, bool ordered);
/* The same of names and loose rows alone. */
int answer_differs_loosely(const answer *x, const answer *y, bool ordered);
/* For messages; at most a few rows. */
void answer_print(const answer *a, dbn_str *out);

typedef struct engine engine;
typedef struct engine_ops {
	void (*close)(engine *e);
	/* Values by the order of the placeholders. */
	void (*run)(engine *e, const char *sql, const dbn_value *args, size_t nargs, answer *out);
	bool (*exec)(engine *e, const char *sql); /* any number of statements, no rows */
	/* Generated keys begin anew: to be called before a transaction. */
	bool (*rewind)(engine *e);
} engine_ops;
struct engine {
	const engine_ops *ops;
	void *db;
	char message[400];          /* of exec */
};

/* How names without a schema are looked up: as the caller of raw text has it, or,
 * where that can be had, not at all, as canonical text must do without. */
enum { ENGINE_RAW, ENGINE_BARE };
bool engine_open_sqlite(engine *e, const char *file);
bool engine_open_postgres(engine *e, const char *database, int how);
bool engine_open_mysql(engine *e, const char *database, const char *user, int how);
void engine_close(engine *e);

#endif
