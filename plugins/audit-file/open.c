/* SPDX-License-Identifier: MIT */
/*
 * Opening a trail: the lock against a second writer, the file, a torn tail set
 * aside, and the last whole record.
 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK 4096u

/* The directory of PATH as text; "." where there is none. */
static char *
dir_of(const trail *t)
{
	const char *slash = strrchr(t->set->path, '/');
	size_t n = slash ? (size_t)(slash - t->set->path) : 1;
	char *dir;

	if (slash == t->set->path)
		n = 1;
	dir = t->host->alloc(t->host, n + 1);
	if (dir) {
		memcpy(dir, slash ? t->set->path : ".", n);
		dir[n] = '\0';
	}
	return dir;
}

dbn_status
trail_sync_dir(const trail *t, dbn_error **err)
{
	char *dir = dir_of(t);
	dbn_status rc = DBN_OK;
	int fd;

	if (!dir)
		return trail_fail(t->host, err, DBN_E_NOMEM, NULL, "no memory for a path");
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		rc = trail_fail_errno(t->host, err, errno, NULL, "cannot sync the directory %s", dir);
	if (fd >= 0)
		close(fd);
	t->host->release(t->host, dir);
	return rc;
}

static dbn_status
make_dir(const trail *t, dbn_error **err)
{
	char *dir = dir_of(t);
	dbn_status rc = DBN_OK;

	if (!dir)
		return trail_fail(t->host, err, DBN_E_NOMEM, NULL, "no memory for a path");
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		rc = trail_fail_errno(t->host, err, errno, "Make it, or choose another path.",
			"cannot make the directory %s", dir);
	t->host->release(t->host, dir);
	return rc;
}

static dbn_status
take_lock(trail *t, dbn_error **err)
{
	char *path = trail_path(t->host, t->set->path, ".lock");
	dbn_status rc = DBN_OK;

	if (!path)
		return trail_fail(t->host, err, DBN_E_NOMEM, NULL, "no memory for a path");
	t->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (t->lock_fd < 0)
		rc = trail_fail_errno(t->host, err, errno, NULL, "cannot open %s", path);
	else if (flock(t->lock_fd, LOCK_EX | LOCK_NB) != 0)
		rc = errno == EWOULDBLOCK ?
			trail_fail(t->host, err, DBN_E_BUSY,
				"Each process needs a trail of its own: give this one another path.",
				"another process writes the trail %s", t->set->path) :
			trail_fail_errno(t->host, err, errno, NULL, "cannot lock %s", path);
	t->host->release(t->host, path);
	return rc;
}

dbn_status
trail_open_file(trail *t, dbn_error **err)
{
	const char *path = t->set->path;
	struct stat st;

	t->fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (t->fd < 0)
		return trail_fail_errno(t->host, err, errno, NULL, "cannot open %s", path);
	if (fstat(t->fd, &st) != 0)
		return trail_fail_errno(t->host, err, errno, NULL, "cannot look at %s", path);
	if (!S_ISREG(st.st_mode))
		return trail_fail(t->host, err, DBN_E_IO, NULL, "%s is not a file", path);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return trail_fail(t->host, err, DBN_E_IO, "Take the right away: chmod go-w.",
			"others may write %s", path);
	t->size = (uint64_t)st.st_size;
	return DBN_OK;
}

static bool
read_at(int fd, char *buf, size_t n, uint64_t at)
{
	while (n) {
		ssize_t got = pread(fd, buf, n, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		buf += got;
		n -= (size_t)got;
		at += (uint64_t)got;
	}
	return true;
}

/* The offset behind the last newline before `before`; 0: there is none.
 * UINT64_MAX: cannot be read. */
static uint64_t
line_start(int fd, uint64_t before)
{
	char buf[CHUNK];

	while (before > 0) {
		size_t n = before < CHUNK ? (size_t)before : CHUNK;
		const char *nl;

		if (!read_at(fd, buf, n, before - n))
			return UINT64_MAX;
		nl = memrchr(buf, '\n', n);
		if (nl)
			return before - n + (uint64_t)(nl - buf) + 1;
		before -= n;
	}
	return 0;
}

/* Copy what stands behind the last whole line to PATH.torn. */
static bool
keep_torn(trail *t, uint64_t from)
{
	char *path = trail_path(t->host, t->set->path, ".torn");
	char buf[CHUNK];
	bool ok = false;
	int fd = -1;

	if (!path)
		return false;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	t->host->release(t->host, path);
	if (fd < 0)
		return false;
	while (from < t->size) {
		size_t n = t->size - from < CHUNK ? (size_t)(t->size - from) : CHUNK;

		if (!read_at(t->fd, buf, n, from) || write(fd, buf, n) != (ssize_t)n)
			goto out;
		from += n;
	}
	ok = write(fd, "\n", 1) == 1 && fsync(fd) == 0;
out:
	close(fd);
	return ok;
}

static dbn_status
repair(trail *t, uint64_t *repaired, dbn_error **err)
{
	uint64_t whole = line_start(t->fd, t->size);

	*repaired = 0;
	if (whole == UINT64_MAX)
		return trail_fail_errno(t->host, err, errno, NULL, "cannot read %s", t->set->path);
	if (whole == t->size)
		return DBN_OK;
	if (!keep_torn(t, whole))
		return trail_fail_errno(t->host, err, errno, NULL,
			"cannot set the torn end of %s aside", t->set->path);
	if (ftruncate(t->fd, (off_t)whole) != 0 || fdatasync(t->fd) != 0)
		return trail_fail_errno(t->host, err, errno, NULL, "cannot repair %s", t->set->path);
	*repaired = t->size - whole;
	t->size = whole;
	return DBN_OK;
}

/* The last line of a file that ends in a whole one, into t->line. */
static dbn_status
last_line(trail *t, int fd, const char *path, uint64_t size, size_t *len, dbn_error **err)
{
	uint64_t start = line_start(fd, size - 1);

	if (start == UINT64_MAX)
		return trail_fail_errno(t->host, err, errno, NULL, "cannot read %s", path);
	if (size - 1 - start > FILE_LINE_MAX)
		return trail_fail(t->host, err, DBN_E_INTEGRITY, NULL,
			"the last line of %s is too long for a record", path);
	*len = (size_t)(size - 1 - start);
	t->line = t->host->alloc(t->host, *len + 1);
	if (!t->line)
		return trail_fail(t->host, err, DBN_E_NOMEM, NULL, "no memory for a record");
	if (!read_at(fd, t->line, *len, start))
		return trail_fail_errno(t->host, err, errno, NULL, "cannot read %s", path);
	t->last_seq = trail_line_seq(t->line, *len);
	if (!t->last_seq)
		return trail_fail(t->host, err, DBN_E_INTEGRITY,
			"Run audit verify; then move the damaged file away and keep it.",
			"the last line of %s is not a record", path);
	return DBN_OK;
}

/* The number of the first record of the file being written. */
static dbn_status
first_record(trail *t, dbn_error **err)
{
	char buf[CHUNK];
	size_t n = t->size < sizeof(buf) ? (size_t)t->size : sizeof(buf);
	const char *nl;

	if (!read_at(t->fd, buf, n, 0))
		return trail_fail_errno(t->host, err, errno, NULL, "cannot read %s", t->set->path);
	nl = memchr(buf, '\n', n);
	t->first_seq = trail_line_seq(buf, nl ? (size_t)(nl - buf) : n);
	if (!t->first_seq) /* damaged, or a long one: the verifier will tell */
		t->first_seq = t->last_seq;
	return DBN_OK;
}

/* The file is new: the trail may go on from the last rotated one. */
static dbn_status
from_rotated(trail *t, size_t *len, dbn_error **err)
{
	rotated list;
	struct stat st;
	dbn_status rc = trail_list(t, &list, err);
	int fd = -1;

	if (rc != DBN_OK || list.count == 0)
		goto out;
	fd = open(list.paths[list.count - 1], O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) != 0)
		rc = trail_fail_errno(t->host, err, errno, NULL, "cannot open %s",
			list.paths[list.count - 1]);
	else if (st.st_size > 0)
		rc = last_line(t, fd, list.paths[list.count - 1], (uint64_t)st.st_size, len, err);
out:
	if (fd >= 0)
		close(fd);
	trail_list_free(t, &list);
	return rc;
}

/* As if it had never been opened. */
static void
give_up(trail *t)
{
	if (t->fd >= 0)
		close(t->fd);
	if (t->lock_fd >= 0)
		close(t->lock_fd);
	if (t->line)
		t->host->release(t->host, t->line);
	t->fd = t->lock_fd = -1;
	t->line = NULL;
	t->last_seq = t->first_seq = 0;
}

dbn_status
trail_open(trail *t, dbn_audit_head *out, dbn_error **err)
{
	uint64_t repaired = 0;
	uint32_t struct_size = out->struct_size;
	size_t len = 0;
	dbn_status rc;

	if (t->lock_fd >= 0)
		return trail_fail(t->host, err, DBN_E_INVALID, NULL, "the trail %s is open already",
			t->set->path);
	rc = make_dir(t, err);
	if (rc == DBN_OK)
		rc = take_lock(t, err);
	if (rc == DBN_OK)
		rc = trail_open_file(t, err);
	if (rc == DBN_OK)
		rc = repair(t, &repaired, err);
	if (rc == DBN_OK && t->size == 0)
		rc = from_rotated(t, &len, err);
	else if (rc == DBN_OK)
		rc = last_line(t, t->fd, t->set->path, t->size, &len, err);
	if (rc == DBN_OK && t->size)
		rc = first_record(t, err);
	if (rc == DBN_OK)
		rc = trail_sync_dir(t, err);
	if (rc != DBN_OK) {
		give_up(t);
		return rc;
	}
	/* What was read may still be in the cache of the system only. */
	t->durable_seq = 0;
	memset(out, 0, sizeof(*out) < struct_size ? sizeof(*out) : struct_size);
	out->struct_size = struct_size;
	out->seq = t->last_seq;
	out->repaired_bytes = repaired;
	out->last_line.ptr = t->line;
	out->last_line.len = len;
	return DBN_OK;
}
