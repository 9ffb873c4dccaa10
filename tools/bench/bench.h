/* SPDX-License-Identifier: MIT */
/*
 * The same work done twice: over the bare sqlite3 API (raw.c) and over the whole
 * stack (stack.c).  Each piece of work returns a checksum of what it read or
 * wrote, which must be the same on both sides.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define USERS 10000u /* rows that are read and updated */
#define BATCH 100u

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

enum work { WORK_SELECT, WORK_INSERT, WORK_UPDATE, WORK_BATCH, WORK_SCAN, WORK_COUNT };

struct raw;
struct stack;

/* ---- raw.c ---- */
/* Makes the tables and fills users: both sides' files are made by this. */
void raw_make_file(const char *path);
struct raw *raw_open(const char *path);
void raw_close(struct raw *r);
/* n times; from: keys not used before, for inserts. */
uint64_t raw_run(struct raw *r, enum work work, unsigned n, int64_t from);

/* ---- stack.c ---- */
/* cache: with a memory cache in front. */
struct stack *stack_open(const char *dir, const char *file, int cache);
void stack_close(struct stack *s);
uint64_t stack_run(struct stack *s, enum work work, unsigned n, int64_t from);
/* n reads of one entity that is cached after the first; its checksum. */
uint64_t stack_cached_reads(struct stack *s, unsigned n);
/* Records lost and written by the audit sink, and plans made, as metrics say. */
void stack_print_metrics(struct stack *s);

/* ---- bench.c ---- */
_Noreturn void die(const char *what, const char *why);

#endif
