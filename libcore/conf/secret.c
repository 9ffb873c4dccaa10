/* SPDX-License-Identifier: MIT */
/*
 * Secrets by reference: read when they are needed, wiped when they are not.
 * Neither a message nor a log line ever holds one.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "conf/build.h"
#include "conf/fill.h"

#define SECRET_MAX ((size_t)64 << 10)
#define COMMAND_NS UINT64_C(10000000000)

extern char **environ;

void
dbn_secret_wipe(dbn_bytes *s)
{
	void *p = (void *)(uintptr_t)s->ptr;

	if (p) {
		explicit_bzero(p, s->len);
		dbn_free(p);
	}
	s->ptr = NULL;
	s->len = 0;
}

static bool
has_prefix(dbn_text t, const char *prefix)
{
	size_t n = strlen(prefix);

	return t.len > n && memcmp(t.ptr, prefix, n) == 0;
}

dbn_status
dbn_secret_check(const dbn_conf_node *n, dbn_error **err)
{
	if ((n->kind == DBN_NODE_STRING || n->kind == DBN_NODE_TEXT) &&
		(has_prefix(n->u.text, "file:") || has_prefix(n->u.text, "env:") ||
		has_prefix(n->u.text, "command:")))
		return DBN_OK;
	return dbn_fail_hint(err, DBN_E_CONFIG,
		"write \"file:PATH\", \"env:NAME\" or \"command:COMMAND\", not the secret itself",
		"the secret \"%s\" does not say where it comes from", n->name ? n->name : "");
}

/* Read a descriptor to its end into buf (SECRET_MAX + 1 bytes); -1: errno. */
static ssize_t
read_all(int fd, char *buf, uint64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t have = 0;
	ssize_t n;

	while (have <= SECRET_MAX) {
		if (deadline) {
			uint64_t now = dbn_now_ns();

			if (now >= deadline || poll(&p, 1,
				(int)((deadline - now) / 1000000) + 1) == 0) {
				errno = ETIMEDOUT;
				return -1;
			}
		}
		n = read(fd, buf + have, SECRET_MAX + 1 - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

static dbn_status
from_file(const dbn_conf_node *n, const char *name, char *buf, ssize_t *len, dbn_error **err)
{
	dbn_status rc = DBN_OK;
	dbn_arena arena;
	char *path;
	int fd;

	dbn_arena_init(&arena, 0);
	path = dbn_conf_join(&arena, n->file ? n->file->dir : "/", name);
	if (!path) {
		rc = dbn_fail_nomem(err);
		goto out;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	*len = fd < 0 ? -1 : read_all(fd, buf, 0);
	if (*len < 0)
		rc = dbn_fail(err, DBN_E_CONFIG, "cannot read the secret \"%s\" from \"%s\": %m",
			n->name, path);
	if (fd >= 0)
		(void)close(fd);
out:
	dbn_arena_free(&arena);
	return rc;
}

static dbn_status
run_command(const char *command, int out_fd, pid_t *pid)
{
	const char *argv[] = { "sh", "-c", command, NULL };
	posix_spawn_file_actions_t actions;
	int rc = posix_spawn_file_actions_init(&actions);

	if (rc)
		return DBN_E_NOMEM;
	rc = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (!rc)
		rc = posix_spawn_file_actions_adddup2(&actions, out_fd, 1);
	if (!rc)
		rc = posix_spawn(pid, "/bin/sh", &actions, NULL, (char *const *)(uintptr_t)argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	errno = rc;
	return rc ? DBN_E_IO : DBN_OK;
}

static dbn_status
from_command(const dbn_conf_node *n, const char *command, char *buf, ssize_t *len, dbn_error **err)
{
	int fds[2], status = -1, why;
	pid_t pid, got;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return dbn_fail(err, DBN_E_CONFIG, "cannot run the command of the secret \"%s\": %m",
			n->name);
	if (run_command(command, fds[1], &pid) != DBN_OK) {
		(void)dbn_fail(err, DBN_E_CONFIG, "cannot run the command of the secret \"%s\": %m",
			n->name);
		(void)close(fds[0]);
		(void)close(fds[1]);
		return DBN_E_CONFIG;
	}
	(void)close(fds[1]);
	*len = read_all(fds[0], buf, dbn_now_ns() + COMMAND_NS);
	why = errno;
	(void)close(fds[0]);
	if (*len < 0 || (size_t)*len > SECRET_MAX)
		(void)kill(pid, SIGKILL);
	do
		got = waitpid(pid, &status, 0);
	while (got < 0 && errno == EINTR);
	errno = why;
	if (*len < 0)
		return dbn_fail(err, DBN_E_CONFIG, "the command of the secret \"%s\" failed: %m", n->name);
	if ((size_t)*len <= SECRET_MAX && (got != pid || !WIFEXITED(status) || WEXITSTATUS(status)))
		return dbn_fail(err, DBN_E_CONFIG, "the command of the secret \"%s\" failed "
			"(exit status %d)", n->name,
			got == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return DBN_OK;
}

static dbn_status
fetch(const dbn_conf_node *n, char *buf, ssize_t *len, dbn_error **err)
{
	const char *ref = n->u.text.ptr, *value;

	if (has_prefix(n->u.text, "file:"))
		return from_file(n, ref + 5, buf, len, err);
	if (has_prefix(n->u.text, "command:"))
		return from_command(n, ref + 8, buf, len, err);
	value = secure_getenv(ref + 4);
	if (!value)
		return dbn_fail(err, DBN_E_CONFIG, "the environment variable \"%s\" of the secret \"%s\" "
			"is not set", ref + 4, n->name);
	*len = (ssize_t)strnlen(value, SECRET_MAX + 1);
	memcpy(buf, value, (size_t)*len);
	return DBN_OK;
}

dbn_status
dbn_secret_fetch(const dbn_conf_node *n, dbn_bytes *out, dbn_error **err)
{
	dbn_status rc = dbn_secret_check(n, err);
	ssize_t len = 0;
	size_t use = 0;
	char *buf, *copy;

	out->ptr = NULL;
	out->len = 0;
	if (rc != DBN_OK)
		return rc;
	buf = dbn_zalloc(SECRET_MAX + 1);
	if (!buf)
		return dbn_fail_nomem(err);
	rc = fetch(n, buf, &len, err);
	if (rc != DBN_OK)
		goto out;
	use = (size_t)len;
	if (use > SECRET_MAX) {
		rc = dbn_fail(err, DBN_E_CONFIG, "the secret \"%s\" is longer than %zu KiB", n->name,
			SECRET_MAX >> 10);
		goto out;
	}
	if (use && buf[use - 1] == '\n')
		use--;
	if (use && buf[use - 1] == '\r')
		use--;
	if (!use) {
		rc = dbn_fail(err, DBN_E_CONFIG, "the secret \"%s\" is empty", n->name);
		goto out;
	}
	copy = dbn_strndup(buf, use);
	if (!copy) {
		rc = dbn_fail_nomem(err);
		goto out;
	}
	out->ptr = copy;
	out->len = use;
out:
	explicit_bzero(buf, SECRET_MAX + 1);
	dbn_free(buf);
	return rc;
}
