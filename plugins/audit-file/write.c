/* SPDX-License-Identifier: MIT */
/*
 * Writing: whole batches or nothing, one descriptor, one thread.  After a sync
 * that failed the system may have dropped what it could not write, so nothing
 * is believed until the trail is opened again.
 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Has somebody moved the file away beneath us? */
static dbn_status
check_place(trail *t, dbn_error **err)
{
	struct stat ours, there;

	if (fstat(t->fd, &ours) != 0)
		return trail_fail_errno(t->host, err, errno, NULL, "cannot look at %s", t->set->path);
	if (lstat(t->set->path, &there) != 0 || there.st_ino != ours.st_ino ||
	    there.st_dev != ours.st_dev)
		return trail_fail(t->host, err, DBN_E_IO,
			"Use rotate_size instead of another program, and open the trail again.",
			"%s was moved or removed while it was being written", t->set->path);
	return DBN_OK;
}

static const dbn_audit_record *
record_at(const dbn_array *records, uint32_t i)
{
	return (const dbn_audit_record *)(const void *)
		((const char *)records->items + (size_t)i * records->stride);
}

/* All lines into t->buf; *n bytes. */
static dbn_status
join(trail *t, const dbn_array *records, size_t *n, dbn_error **err)
{
	size_t bytes = 0;
	char *to;

	for (uint32_t i = 0; i < records->count; i++) {
		const dbn_audit_record *r = record_at(records, i);

		if (r->seq != t->last_seq + 1 + i)
			return trail_fail(t->host, err, DBN_E_INVALID, NULL,
				"record %" PRIu64 " does not follow on record %" PRIu64, r->seq,
				t->last_seq + i);
		if (r->line.len > FILE_LINE_MAX || memchr(r->line.ptr, '\n', r->line.len))
			return trail_fail(t->host, err, DBN_E_INVALID, NULL,
				"record %" PRIu64 " is not one line", r->seq);
		if (__builtin_add_overflow(bytes, r->line.len + 1, &bytes))
			return trail_fail(t->host, err, DBN_E_LIMIT, NULL, "too many records");
	}
	if (!trail_grow(t->host, &t->buf, &t->buf_cap, bytes ? bytes : 1))
		return trail_fail(t->host, err, DBN_E_NOMEM, NULL, "no memory for %zu bytes of records",
			bytes);
	to = t->buf;
	for (uint32_t i = 0; i < records->count; i++) {
		const dbn_audit_record *r = record_at(records, i);

		memcpy(to, r->line.ptr, r->line.len);
		to += r->line.len;
		*to++ = '\n';
	}
	*n = bytes;
	return DBN_OK;
}

static dbn_status
write_all(trail *t, size_t n, dbn_error **err)
{
	size_t at = 0;
	int error;

	while (at < n) {
		ssize_t done = write(t->fd, t->buf + at, n - at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			error = done < 0 ? errno : ENOSPC;
			if (at && ftruncate(t->fd, (off_t)t->size) != 0)
				t->broken = true; /* a torn line that we cannot take back */
			return trail_fail_errno(t->host, err, error, NULL, "cannot write %s",
				t->set->path);
		}
		at += (size_t)done;
	}
	return DBN_OK;
}

dbn_status
trail_append(trail *t, const dbn_array *records, bool durable, dbn_error **err)
{
	uint64_t ignored;
	size_t n = 0;
	dbn_status rc = join(t, records, &n, err);

	if (rc != DBN_OK || records->count == 0)
		return rc;
	rc = check_place(t, err);
	if (rc == DBN_OK && t->set->rotate_size && t->size && t->size + n > t->set->rotate_size)
		rc = trail_rotate(t, err);
	if (rc == DBN_OK)
		rc = write_all(t, n, err);
	if (rc != DBN_OK)
		return rc;
	if (t->size == 0)
		t->first_seq = t->last_seq + 1;
	t->size += n;
	t->last_seq += records->count;
	if (!durable)
		return DBN_OK;
	rc = trail_sync(t, &ignored, err);
	return rc;
}

dbn_status
trail_sync(trail *t, uint64_t *durable_seq, dbn_error **err)
{
	if (fdatasync(t->fd) != 0) {
		t->broken = true;
		return trail_fail_errno(t->host, err, errno, NULL, "cannot sync %s", t->set->path);
	}
	t->durable_seq = t->last_seq;
	*durable_seq = t->durable_seq;
	return DBN_OK;
}

/* Remove the oldest files beyond `keep`; failing is no reason to stop. */
static void
prune(trail *t)
{
	rotated list;

	if (t->set->keep == 0 || trail_list(t, &list, NULL) != DBN_OK)
		return;
	for (size_t i = 0; list.count - i > (uint64_t)t->set->keep; i++)
		(void)unlink(list.paths[i]);
	trail_list_free(t, &list);
}

/* Rename, but never over a file that is there. */
static bool
move(const char *from, const char *to)
{
	struct stat st;

	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return true;
	if (errno != EINVAL && errno != ENOSYS)
		return false;
	if (lstat(to, &st) == 0) { /* a file system without it */
		errno = EEXIST;
		return false;
	}
	return rename(from, to) == 0;
}

dbn_status
trail_rotate(trail *t, dbn_error **err)
{
	char suffix[FILE_DIGITS + 2], *to;
	dbn_status rc = DBN_OK;
	int old = t->fd;
	uint64_t ignored, size = t->size;

	/* Later syncs reach the new file only. */
	rc = trail_sync(t, &ignored, err);
	if (rc != DBN_OK)
		return rc;
	(void)snprintf(suffix, sizeof(suffix), ".%0*" PRIu64, FILE_DIGITS, t->first_seq);
	to = trail_path(t->host, t->set->path, suffix);
	if (!to)
		return trail_fail(t->host, err, DBN_E_NOMEM, NULL, "no memory for a path");
	if (!move(t->set->path, to)) {
		rc = trail_fail_errno(t->host, err, errno, NULL, "cannot rotate %s", t->set->path);
		goto out;
	}
	rc = trail_open_file(t, err);
	if (rc == DBN_OK)
		rc = trail_sync_dir(t, err);
	if (rc != DBN_OK) { /* go back to where we were */
		if (t->fd >= 0 && t->fd != old)
			close(t->fd);
		t->fd = old;
		t->size = size;
		if (rename(to, t->set->path) != 0)
			t->broken = true;
		goto out;
	}
	close(old);
	t->first_seq = 0;
	prune(t);
out:
	t->host->release(t->host, to);
	return rc;
}
