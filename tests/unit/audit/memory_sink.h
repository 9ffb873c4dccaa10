/* SPDX-License-Identifier: MIT */
/*
 * A sink in memory for tests: keeps the lines, fails on demand, can hang.  Any
 * thread.
 */
#ifndef TESTS_AUDIT_MEMORY_SINK_H
#define TESTS_AUDIT_MEMORY_SINK_H

#include <pthread.h>
#include <stdatomic.h>
#include <dbnexus/plugin/audit.h>

typedef struct memory_sink {
	pthread_mutex_t lock;
	char **lines;
	size_t nlines, cap;
	uint64_t durable, repaired;
	_Atomic int append_fails, sync_fails; /* so many more times; -1: for ever */
	_Atomic int appends, syncs;
	_Atomic bool hang;                    /* append() waits while it is set */
	dbn_audit_ops ops;
} memory_sink;

void memory_sink_init(memory_sink *s);
void memory_sink_free(memory_sink *s);
/* A copy of line i (0..), or NULL; free(). */
char *memory_sink_line(memory_sink *s, size_t i);
size_t memory_sink_count(memory_sink *s);
/* Lines that contain the text. */
size_t memory_sink_grep(memory_sink *s, const char *text);

#endif
