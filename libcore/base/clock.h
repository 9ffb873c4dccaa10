/* SPDX-License-Identifier: MIT */
/*
 * Time, in one place so that tests can replace it.  Nanoseconds for deadlines
 * are monotonic; microseconds for records are wall time.  Any thread.
 */
#ifndef DBN_BASE_CLOCK_H
#define DBN_BASE_CLOCK_H

#include "base/iso.h"

uint64_t dbn_now_ns(void);        /* CLOCK_MONOTONIC */
uint64_t dbn_coarse_ns(void);     /* the same, a few milliseconds late, but cheaper */
int64_t dbn_wall_us(void);        /* CLOCK_REALTIME, since 1970 UTC */
/* Both at the price of one: the wall clock is read when the last reading is older
 * than a millisecond.  kept: zeroed before the first call; one thread at a time. */
typedef struct dbn_clock_pair {
	uint64_t read_ns;         /* 0: never */
	int64_t apart_us;         /* wall less monotonic */
} dbn_clock_pair;
uint64_t dbn_clock_both(dbn_clock_pair *kept, int64_t *wall_us);
void dbn_sleep_ns(uint64_t ns);
/* Tests only: NULL restores the real clocks. */
void dbn_clock_set(uint64_t (*mono)(void), int64_t (*wall)(void));

/* "2026-11-23T09:41:00.000001Z" into buf (at least 32 bytes); its length. */
size_t dbn_format_rfc3339(char *buf, size_t size, int64_t wall_us);

#endif
