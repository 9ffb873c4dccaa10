/* SPDX-License-Identifier: MIT */
/*
 * Clocks and calendar.  The replaceable clocks are set by tests before threads
 * exist.
 */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"

static uint64_t (*fake_mono)(void);
static int64_t (*fake_wall)(void);

void
dbn_clock_set(uint64_t (*mono)(void), int64_t (*wall)(void))
{
	fake_mono = mono;
	fake_wall = wall;
}

uint64_t
dbn_now_ns(void)
{
	struct timespec ts;

	if (fake_mono)
		return fake_mono();
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * UINT64_C(1000000000) + (uint64_t)ts.tv_nsec;
}

uint64_t
dbn_coarse_ns(void)
{
	struct timespec ts;

	if (fake_mono)
		return fake_mono();
	(void)clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return (uint64_t)ts.tv_sec * UINT64_C(1000000000) + (uint64_t)ts.tv_nsec;
}

int64_t
dbn_wall_us(void)
{
	struct timespec ts;

	if (fake_wall)
		return fake_wall();
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

uint64_t
dbn_clock_both(dbn_clock_pair *kept, int64_t *wall_us)
{
	uint64_t now = dbn_now_ns();

	if (!kept->read_ns || now - kept->read_ns > 1000000 || fake_wall) {
		kept->read_ns = now;
		kept->apart_us = dbn_wall_us() - (int64_t)(now / 1000);
	}
	*wall_us = (int64_t)(now / 1000) + kept->apart_us;
	return now;
}

void
dbn_sleep_ns(uint64_t ns)
{
	struct timespec ts = { (time_t)(ns / 1000000000u), (long)(ns % 1000000000u) };

	while (nanosleep(&ts, &ts) != 0 && errno == EINTR)
		continue;
}

size_t
dbn_format_rfc3339(char *buf, size_t size, int64_t us)
{
	int64_t days = us / INT64_C(86400000000), rest = us % INT64_C(86400000000), y;
	unsigned m, d;
	int n;

	if (rest < 0) {
		rest += INT64_C(86400000000);
		days--;
	}
	dbn_civil_from_days(days, &y, &m, &d);
	n = snprintf(buf, size, "%04lld-%02u-%02uT%02d:%02d:%02d.%06dZ", (long long)y, m, d,
		(int)(rest / INT64_C(3600000000)), (int)(rest / 60000000 % 60),
		(int)(rest / 1000000 % 60), (int)(rest % 1000000));
	return n > 0 && (size_t)n < size ? (size_t)n : 0;
}
