/* SPDX-License-Identifier: MIT */
/*
 * A driver of the test's own, which answers as it is told: in order, in another
 * order, not at all, with errors, or by losing the connection.  The answer is twice
 * what was asked.  Any thread, one at a time for each connection.
 */
#ifndef ANSWERS_H
#define ANSWERS_H

#include <stdatomic.h>
#include <stdbool.h>

#include <dbnexus/plugin/driver.h>

/* FIFTHS: each value that 5 divides fails, and what is behind it in its group is not run. */
enum { IN_ORDER, SWAPPED, SILENT, LOST, FIFTHS };
extern atomic_int mode, opened, closed, cancelled;
extern const dbn_driver_ops answers_ops;
extern const dbn_driver_async_1 answers_async;

/* One test more, in TAP; how many, and how many of them failed. */
extern int tests, failures;
void result(bool ok, const char *name);

#endif
