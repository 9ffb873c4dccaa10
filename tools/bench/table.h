/* SPDX-License-Identifier: MIT */
/*
 * The one table of make bench: a line for each thing measured, with the interval
 * and the aim beside it.  Several programs print into it, the first its head.
 */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include "stats.h"

enum measure {
	MEASURE_RATIO,                   /* of two times or throughputs */
	MEASURE_PLAIN,                   /* the same without its sign */
	MEASURE_NS,
	MEASURE_RATE,                    /* a second */
	MEASURE_GROWTH                   /* exponent: 1 is linear */
};

enum { PEER_LIBDBI, PEER_ODBC, PEER_SOCI, PEERS };
extern const char *const peer_names[PEERS];

struct table_line {
	const char *where;               /* "sqlite" */
	const char *what;
	enum measure measure;
	struct median m;
	double aim;                      /* 0: none */
	int at_least;                    /* 1: the aim is to be reached, not to be stayed below */
	enum measure own;                /* of the two that follow: NS or RATE */
	double raw, ours;                /* 0: not given */
	double peers[PEERS];             /* their ratio; 0: not measured */
	const char *remark;              /* or NULL */
};

void table_head(void);
void table_line(const struct table_line *l);

#endif
