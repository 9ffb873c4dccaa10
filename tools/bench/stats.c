/* SPDX-License-Identifier: MIT */
/*
 * Medians with their intervals, by order statistics: nothing is assumed of how
 * the values are spread.
 */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "stats.h"

double
now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

double
cpu_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct median
median_of(double *v, unsigned n)
{
	/* Ranks whose values enclose the median with 95 %: n/2 -+ 0.98 sqrt(n). */
	int half = (int)floor((double)n / 2 - 0.98 * sqrt((double)n));
	unsigned low = half > 0 ? (unsigned)half : 0;
	struct median m;

	qsort(v, n, sizeof *v, by_size);
	m.mid = n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
	m.low = v[low];
	m.high = v[n - 1 - low];
	return m;
}

double
quantile(double *v, size_t n, double p)
{
	size_t at = (size_t)((double)n * p);

	qsort(v, n, sizeof *v, by_size);
	return v[at < n ? at : n - 1];
}
