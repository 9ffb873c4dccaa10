/* SPDX-License-Identifier: MIT */
/*
 * A process told to stop stops a moment later, each thread for itself: until then
 * it may still answer.
 */
#ifndef TESTS_LIB_STOPPED_H
#define TESTS_LIB_STOPPED_H

#include <dirent.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

/* Does every thread stand still?  (Or there are none any more.) */
static inline bool
all_stopped(pid_t pid)
{
	char path[300], line[512];
	struct dirent *e;
	bool all = true;
	DIR *tasks;

	(void)snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
	tasks = opendir(path);
	while (tasks && all && (e = readdir(tasks))) {
		const char *end;
		FILE *f;

		(void)snprintf(path, sizeof path, "/proc/%d/task/%.20s/stat", (int)pid, e->d_name);
		f = e->d_name[0] == '.' ? NULL : fopen(path, "r");
		if (f && fgets(line, sizeof line, f) && (end = strrchr(line, ')')))
			all = end[1] == ' ' && (end[2] == 'T' || end[2] == 'Z' || end[2] == 'X');
		if (f)
			(void)fclose(f);
	}
	if (tasks)
		(void)closedir(tasks);
	return all;
}

static inline void
await_stopped(pid_t pid)
{
	while (!all_stopped(pid))
		(void)poll(NULL, 0, 1);
}

#endif
