/* SPDX-License-Identifier: MIT */
/* Clocks, medians and their intervals: of all programs here. */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stddef.h>

struct median {
	double mid, low, high;
};
double now_ns(void);
double cpu_ns(void);             /* of this process */
/* Sorts v; the interval holds the median with 95 % certainty (of five values or
 * fewer it is from the least to the greatest, and holds it a little less surely). */
struct median median_of(double *v, unsigned n);
/* The p-th part (0..1) of sorted values. */
double quantile(double *v, size_t n, double p);

#endif
