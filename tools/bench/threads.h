/* SPDX-License-Identifier: MIT */
/* Many at once: sessions of one stack against connections of a client library. */
#ifndef BENCH_THREADS_H
#define BENCH_THREADS_H

#include "bench.h"

/* n point selects in all, in each of the rounds, by each side; where: as raw->open(). */
void threads_run(const struct raw_side *raw, const char *where, struct stack *s, unsigned n,
	unsigned rounds);

#endif
