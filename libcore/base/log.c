/* SPDX-License-Identifier: MIT */
/*
 * The log callback.  One mutex orders setting and calling, so that a sink is
 * never called after it was taken back; it must not log in turn.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/log.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static dbn_log_fn sink;
static void *sink_user;
static _Atomic int32_t max_level = -1;

void
dbn_log_set(dbn_log_fn fn, void *user, int32_t level)
{
	(void)pthread_mutex_lock(&lock);
	sink = fn;
	sink_user = user;
	atomic_store(&max_level, fn ? level : -1);
	(void)pthread_mutex_unlock(&lock);
}

bool
dbn_log_enabled(int32_t level)
{
	return level <= atomic_load_explicit(&max_level, memory_order_relaxed);
}

void
dbn_log(int32_t level, const char *fmt, ...)
{
	char line[2048];
	va_list ap;
	int n;

	if (!dbn_log_enabled(level))
		return;
	va_start(ap, fmt);
	n = vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	(void)pthread_mutex_lock(&lock);
	if (sink)
		sink(level, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1, sink_user);
	(void)pthread_mutex_unlock(&lock);
}
