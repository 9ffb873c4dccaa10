/* SPDX-License-Identifier: MIT */
/*
 * The same work done twice: over a database's own client library (raw_*.c, one
 * dbn_raw each) and over the whole stack (stack.c).  Each piece of work returns a
 * checksum of what it read or wrote, which must be the same on both sides.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "stats.h"

#ifdef __cplusplus
extern "C" {
#endif

#define USERS 10000u /* rows that are read and updated */

/* One row, the same on both sides for the same key. */
struct row {
	int64_t id, age;
	double score;
	char name[24];
};
void row_make(struct row *r, int64_t id);

/* What was read of a row, in one number. */
static inline uint64_t
row_sum(int64_t id, const char *name, size_t len, int64_t age, double score)
{
	return (uint64_t)id * 31u + (uint64_t)len + (unsigned char)(len ? name[0] : 0) +
		(uint64_t)age + (uint64_t)(int64_t)(score * 2);
}

/* Keys in an order that is not the file's: each once in USERS. */
static inline int64_t
key_of(unsigned i)
{
	return (int64_t)((uint64_t)i * 2654435761u % USERS) + 1;
}

enum work {
	WORK_SELECT, WORK_INSERT, WORK_UPDATE,
	WORK_BATCH,                      /* rows in one go: see struct job */
	WORK_KEYS,                       /* the same, and the keys that the database made come back */
	WORK_SCAN,                       /* of users */
	WORK_BIG                         /* of big */
};

/* What one round is. */
struct job {
	enum work work;
	unsigned n;                      /* times in one round */
	unsigned batch;                  /* rows of each */
	int64_t from;                    /* keys not used before; selects: where in the keys' order */
};

/* Where a database is; what does not apply is empty. */
struct place {
	char host[512], port[16], user[64], database[512];
};

/* A client library, at its best; see raw_*.c. */
struct raw_side {
	const char *name;                /* "libpq" */
	const char *driver;              /* the plugin of the stack */
	/* Makes the tables and fills them; prefix is that of their names. */
	void (*make)(const char *where, const char *prefix, unsigned big);
	void *(*open)(const char *where, const char *prefix);
	void (*close)(void *raw);
	/* Ways to write a batch, to write one and get its keys, to read big: NULL ends each.
	 * All are tried, and the fastest is what the stack is compared with. */
	const char *const *batch, *const *keys, *const *big;
	uint64_t (*run)(void *raw, const struct job *job, unsigned way);
	/* Point selects 64 at a time in one go, by hand; NULL: the library cannot. */
	uint64_t (*pipeline)(void *raw, const struct job *job);
	void (*place)(const char *where, struct place *out); /* of a file: database alone */
};
extern const struct raw_side raw_sqlite;
extern const struct raw_side raw_postgres;
extern const struct raw_side raw_mysql;

/* ---- stack.c ---- */
struct stack;
struct stack_opts {
	const char *driver, *url;
	const char *name;                /* of files in the directory: configuration, trail */
	int cache;                       /* 1: a memory cache in front */
	unsigned connections;            /* pool.max; 0: the default */
};
struct stack *stack_open(const char *dir, const struct stack_opts *o);
void stack_close(struct stack *s);
uint64_t stack_run(struct stack *s, const struct job *job);
/* n reads of one entity that is cached after the first; its checksum. */
uint64_t stack_cached_reads(struct stack *s, unsigned n);
/* Says in the table if the trail has lost records: the times would not be true. */
void stack_print_losses(struct stack *s, const char *name);
/* For at_once.c. */
struct dbn_pool;
struct dbn_pool *stack_pool(struct stack *s);

/* ---- peer_*.c: other libraries over several databases ---- */
struct peer {
	int column;                      /* PEER_.. of table.h */
	/* NULL: it has no driver for the database, and why is in no_driver. */
	void *(*open)(const struct raw_side *raw, const char *where, const char *prefix,
		char *no_driver, size_t size);
	void (*close)(void *conn);
	uint64_t (*run)(void *conn, const struct job *job); /* SELECT, INSERT and SCAN */
};
extern const struct peer peer_libdbi, peer_odbc, peer_soci;

/* ---- compare.c ---- */
#define BIG 1000000u                     /* rows of the largest table */
#define ROUNDS_MAX 501u
struct database {
	const struct raw_side *raw;
	const char *url;                 /* of the server; NULL: files in the directory */
	int file;
};
struct bench_opts {
	const char *dir;
	unsigned rounds, scale;
	const char *only;                /* a database */
	int64_t next_key;
	int at_once;                     /* 1: nothing else */
};
extern struct bench_opts bench_opts;
/* Opens both sides of one database, with tables of their own, big as large as said. */
void *raw_of(const struct database *d, unsigned big);
struct stack *stack_of(const struct database *d, const char *name, int cache, unsigned connections,
	unsigned big);
/* Where the raw side and the stack find what is theirs; files of that name are removed. */
void places(const struct database *d, const char *name, char *path, char *url, size_t size);
/* The kinds of work with one thread, each a line of the table. */
void compare(const struct database *d);
/* By the beginning of its name; NULL: none. */
const char *work_of(const char *name, struct job *job);

/* ---- place.c ---- */
/* Moves this thread, and those it makes, to where such a database is worked over. */
void place_for(const struct database *d);

/* ---- at_once.c ---- */
/* 32 sessions of one stack, over 8 connections, beside connections of the library. */
void at_once(const struct database *d);
/* The sessions by callbacks for so many milliseconds: how many statements. */
unsigned long long callbacks_for(const struct database *d, unsigned ms);

/* ---- bench.c ---- */
void die(const char *what, const char *why) __attribute__((noreturn));

#ifdef __cplusplus
}
#endif
#endif
