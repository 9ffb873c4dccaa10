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

/* Keys in an order that is not the file's. */
static inline int64_t
key_of(unsigned i)
{
	return (int64_t)((i * 2654435761u) % USERS) + 1;
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
	int64_t from;                    /* keys not used before */
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
/* Records lost and written by the audit sink, and plans made, as metrics say. */
void stack_print_metrics(struct stack *s);
/* For threads.c. */
struct dbn_pool;
struct dbn_pool *stack_pool(struct stack *s);

/* ---- stats.c ---- */
struct median {
	double mid, low, high;
};
double now_ns(void);
double cpu_ns(void);             /* of this process */
/* Sorts v; the interval holds the median with 95 % certainty. */
struct median median_of(double *v, unsigned n);
/* The p-th part (0..1) of sorted values. */
double quantile(double *v, size_t n, double p);

/* ---- bench.c ---- */
_Noreturn void die(const char *what, const char *why);

#endif
