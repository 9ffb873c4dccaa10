/* SPDX-License-Identifier: MIT */
/*
 * Statements that grow: of n parts, for make bench and for the test that counts what
 * compiling them does.
 */
#ifndef BENCH_SHAPES_H
#define BENCH_SHAPES_H

#include <dbnexus/types.h>

/* before, the part n times (%: its number from 1, @: that of the one before) with
 * between among them, after, close n times. */
struct shape {
	const char *name, *before, *part, *between, *after, *close;
	uint32_t few;                    /* it takes at most so many parts; 0: thousands */
};
extern const struct shape shapes[];      /* the last has no name */
extern const struct shape shape_point, shape_join, shape_insert;

/* NULL: none. */
const struct shape *shape_named(const char *name);

/* All zero at first; at is to be freed. */
struct shape_text {
	char *at;
	size_t len, cap;
};
/* Tied to t. */
dbn_text shape_make(struct shape_text *t, const struct shape *s, unsigned parts);

#endif
