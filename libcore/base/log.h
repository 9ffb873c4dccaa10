/* SPDX-License-Identifier: MIT */
/*
 * Diagnostics of the library.  Nothing is printed unless the application or the
 * configuration asked for it: the sink is a callback, default none.
 */
#ifndef DBN_BASE_LOG_H
#define DBN_BASE_LOG_H

#include <dbnexus/types.h>

enum { DBN_LOG_ERROR = 0, DBN_LOG_WARN = 1, DBN_LOG_INFO = 2, DBN_LOG_DEBUG = 3 };

typedef void (*dbn_log_fn)(int32_t level, const char *msg, size_t len, void *user);
/* Process-wide; set before threads run, or accept that a line may go either way. */
void dbn_log_set(dbn_log_fn fn, void *user, int32_t level);
bool dbn_log_enabled(int32_t level);
void dbn_log(int32_t level, const char *fmt, ...) DBN_PRINTF(2, 3);

#endif
