/* SPDX-License-Identifier: MIT */
/* A folder of its own for a test, and files in it. */
#ifndef TESTS_CONF_DIR_H
#define TESTS_CONF_DIR_H

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <criterion/criterion.h>

static char dir_path[PATH_MAX];

static inline void
dir_make(void)
{
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(dir_path, sizeof dir_path, "%s/dbnexus-conf.XXXXXX", tmp ? tmp : "/tmp");
	cr_assert_not_null(mkdtemp(dir_path));
}

static inline const char *
dir_file(const char *name, const char *text)
{
	static char path[PATH_MAX + 64];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/%s", dir_path, name);
	f = fopen(path, "w");
	cr_assert_not_null(f, "%s", path);
	cr_assert(fputs(text, f) >= 0);
	cr_assert_eq(fclose(f), 0);
	return path;
}

static inline void
dir_remove(void)
{
	char command[PATH_MAX + 32];

	(void)snprintf(command, sizeof command, "rm -rf '%s'", dir_path);
	cr_assert_eq(system(command), 0);
}

#endif
