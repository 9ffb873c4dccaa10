/* SPDX-License-Identifier: MIT */
/*
 * log = { level; to; }: lines to standard error or a file, one write() each.
 * The log is the process's: the pool opened last with a log has it, and gives
 * it up when it is freed.  A pool without "to" leaves everything as it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "session/stack_impl.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const dbn_pool *owner;
static int log_fd = -1;

static void
write_line(int32_t level, const char *msg, size_t len, void *user)
{
	static const char *const words[] = { "error", "warn", "info", "debug" };
	const char *word = level >= 0 && level <= DBN_LOG_DEBUG ? words[level] : "debug";
	int fd = (int)(intptr_t)user, n, saved = errno;
	char line[2304], when[32];
	size_t done = 0;

	(void)dbn_format_rfc3339(when, sizeof when, dbn_wall_us());
	n = snprintf(line, sizeof line, "%s %s dbnexus: %.*s\n", when, word,
		(int)(len > 2200 ? 2200 : len), msg);
	while (n > 0 && done < (size_t)n) {
		ssize_t w = write(fd, line + done, (size_t)n - done);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			break;      /* nobody to tell */
		done += (size_t)w;
	}
	errno = saved;
}

static void
set_locked(const dbn_pool *p, int fd, int32_t level)
{
	dbn_log_set(fd >= 0 ? write_line : NULL, (void *)(intptr_t)fd, level);
	if (log_fd > STDERR_FILENO)
		(void)close(log_fd);  /* nobody writes to it any more */
	log_fd = fd;
	owner = p;
}

dbn_status
dbn_pool__log_open(dbn_pool *p, dbn_error **err)
{
	const dbn_conf_log *l = &p->conf->log;
	int fd = STDERR_FILENO;

	if (!l->to)
		return DBN_OK;
	if (strcmp(l->to, "stderr") != 0) {
		fd = open(l->to, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
		if (fd < 0)
			return dbn_fail(err, DBN_E_IO, "cannot open the log \"%s\": %m", l->to);
	}
	(void)pthread_mutex_lock(&lock);
	set_locked(p, fd, l->level);
	(void)pthread_mutex_unlock(&lock);
	return DBN_OK;
}

void
dbn_pool__log_close(const dbn_pool *p)
{
	(void)pthread_mutex_lock(&lock);
	if (owner == p)
		set_locked(NULL, -1, DBN_LOG_ERROR);
	(void)pthread_mutex_unlock(&lock);
}
