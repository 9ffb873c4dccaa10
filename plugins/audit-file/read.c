/* SPDX-License-Identifier: MIT */
/*
 * Reading a trail back over all its files, beside a living writer: the file
 * being written is opened first, so that one that is rotated meanwhile is
 * known by its inode and read once.  Lines are passed on whatever is in them;
 * numbers go by position.
 */
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_SIZE ((size_t)64 << 10)

void
trail_list_free(const trail *t, rotated *list)
{
	for (size_t i = 0; i < list->count; i++)
		t->host->release(t->host, list->paths[i]);
	if (list->paths)
		t->host->release(t->host, list->paths);
	if (list->first)
		t->host->release(t->host, list->first);
	memset(list, 0, sizeof(*list));
}

static bool
grow_list(const trail *t, rotated *list)
{
	size_t bytes = list->cap * sizeof(char *), first = list->cap * sizeof(uint64_t);

	if (list->count < list->cap)
		return true;
	if (!trail_grow(t->host, (char **)(void *)&list->paths, &bytes, bytes + 64 * sizeof(char *)) ||
	    !trail_grow(t->host, (char **)(void *)&list->first, &first, first + 64 * sizeof(uint64_t)))
		return false;
	list->cap = (bytes < first ? bytes : first) / sizeof(uint64_t);
	return true;
}

/* Twenty digits behind "NAME."; 0: another file. */
static uint64_t
rotated_seq(const char *name, const char *base, size_t base_len)
{
	uint64_t seq = 0;

	if (strncmp(name, base, base_len) != 0 || name[base_len] != '.' ||
	    strlen(name) != base_len + 1 + FILE_DIGITS)
		return 0;
	for (const char *p = name + base_len + 1; *p; p++) {
		if (*p < '0' || *p > '9' || seq > (UINT64_MAX - 9) / 10)
			return 0;
		seq = seq * 10 + (uint64_t)(*p - '0');
	}
	return seq;
}

static void
sort_list(rotated *list)
{
	for (size_t i = 1; i < list->count; i++) { /* directories come nearly sorted */
		char *path = list->paths[i];
		uint64_t first = list->first[i];
		size_t j = i;

		for (; j > 0 && list->first[j - 1] > first; j--) {
			list->paths[j] = list->paths[j - 1];
			list->first[j] = list->first[j - 1];
		}
		list->paths[j] = path;
		list->first[j] = first;
	}
}

dbn_status
trail_list(const trail *t, rotated *list, dbn_error **err)
{
	const char *path = t->set->path, *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t base_len = strlen(base), dir_len = (size_t)(base - path);
	char *dir = trail_path(t->host, path, "/.");
	dbn_status rc = DBN_OK;
	struct dirent *e;
	DIR *d = NULL;

	memset(list, 0, sizeof(*list));
	if (!dir)
		return trail_fail(t->host, err, DBN_E_NOMEM, NULL, "no memory for a path");
	memcpy(dir + dir_len, ".", 2); /* "/var/log/." or "." */
	d = opendir(dir);
	if (!d && errno != ENOENT)
		rc = trail_fail_errno(t->host, err, errno, NULL, "cannot read the directory %s", dir);
	while (d && rc == DBN_OK && (e = readdir(d)) != NULL) {
		uint64_t seq = rotated_seq(e->d_name, base, base_len);

		if (!seq)
			continue;
		if (!grow_list(t, list) ||
		    !(list->paths[list->count] = trail_path(t->host, path, e->d_name + base_len))) {
			rc = trail_fail(t->host, err, DBN_E_NOMEM, NULL, "no memory for a path");
			break;
		}
		list->first[list->count++] = seq;
	}
	if (d)
		closedir(d);
	t->host->release(t->host, dir);
	if (rc != DBN_OK)
		trail_list_free(t, list);
	sort_list(list);
	return rc;
}

typedef struct reader {
	const trail *t;
	const dbn_call *call;
	uint64_t from_seq, seq; /* seq: of the next line */
	dbn_status (*each)(const dbn_audit_record *, void *user);
	void *user;
	char *buf;
	size_t cap, len;        /* len: bytes of an unfinished line */
} reader;

static dbn_status
give(reader *r, const char *line, size_t len, bool torn)
{
	dbn_audit_record rec = { .struct_size = sizeof(rec), .seq = r->seq };

	rec.line.ptr = line;
	rec.line.len = len;
	rec.flags = torn ? DBN_AUDIT_RECORD_TORN : 0;
	return r->seq++ < r->from_seq ? DBN_OK : r->each(&rec, r->user);
}

/* Pass on the whole lines in the buffer, keep the rest. */
static dbn_status
give_lines(reader *r, bool *first)
{
	size_t at = 0;
	const char *nl;
	dbn_status rc = DBN_OK;

	while (rc == DBN_OK && (nl = memchr(r->buf + at, '\n', r->len - at)) != NULL) {
		size_t n = (size_t)(nl - (r->buf + at));
		uint64_t said = *first ? trail_line_seq(r->buf + at, n) : 0;

		if (said) /* where the file begins; from here on by position */
			r->seq = said;
		*first = false;
		rc = give(r, r->buf + at, n, false);
		at += n + 1;
	}
	r->len -= at;
	memmove(r->buf, r->buf + at, r->len);
	return rc;
}

static dbn_status
read_file(reader *r, int fd, const char *path, dbn_error **err)
{
	const dbn_host *host = r->t->host;
	dbn_status rc = DBN_OK;
	bool first = true;

	r->len = 0;
	while (rc == DBN_OK) {
		ssize_t got;

		if (r->len > FILE_LINE_MAX) { /* no record is this long: damage */
			rc = give(r, r->buf, r->len, false);
			r->len = 0;
			continue;
		}
		if (!trail_grow(host, &r->buf, &r->cap, r->len + READ_SIZE))
			return trail_fail(host, err, DBN_E_NOMEM, NULL, "no memory for a record");
		got = read(fd, r->buf + r->len, READ_SIZE);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return trail_fail_errno(host, err, errno, NULL, "cannot read %s", path);
		if (got == 0)
			break;
		r->len += (size_t)got;
		rc = give_lines(r, &first);
		if (rc == DBN_OK && r->call && host->cancelled(host, r->call))
			rc = trail_fail(host, err, DBN_E_CANCELLED, NULL, "reading %s was cancelled", path);
	}
	if (rc == DBN_OK && r->len)
		rc = give(r, r->buf, r->len, true);
	return rc;
}

static bool
same_file(int a, int b)
{
	struct stat sa, sb;

	return a >= 0 && b >= 0 && fstat(a, &sa) == 0 && fstat(b, &sb) == 0 &&
		sa.st_ino == sb.st_ino && sa.st_dev == sb.st_dev;
}

static dbn_status
read_rotated(reader *r, const rotated *list, int current, dbn_error **err)
{
	dbn_status rc = DBN_OK;

	for (size_t i = 0; i < list->count && rc == DBN_OK; i++) {
		int fd;

		if (i + 1 < list->count && list->first[i + 1] <= r->from_seq)
			continue; /* all of it lies before */
		fd = open(list->paths[i], O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (fd < 0 && errno == ENOENT)
			continue; /* removed as too old meanwhile: the numbers will tell */
		if (fd < 0)
			return trail_fail_errno(r->t->host, err, errno, NULL, "cannot open %s",
				list->paths[i]);
		r->seq = list->first[i];
		if (same_file(fd, current)) { /* rotated since we opened it: what */
			close(fd);            /* follows came later, and is not ours */
			break;
		}
		rc = read_file(r, fd, list->paths[i], err);
		close(fd);
	}
	return rc;
}

dbn_status
trail_read(trail *t, uint64_t from_seq, const dbn_call *call,
	dbn_status (*each)(const dbn_audit_record *, void *user), void *user, dbn_error **err)
{
	reader r = { .t = t, .call = call, .from_seq = from_seq, .seq = 1, .each = each, .user = user };
	int fd = open(t->set->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int missing = fd < 0 ? errno : 0;
	rotated list;
	dbn_status rc;

	if (missing && missing != ENOENT)
		return trail_fail_errno(t->host, err, missing, NULL, "cannot open %s", t->set->path);
	rc = trail_list(t, &list, err);
	if (rc == DBN_OK && missing && list.count == 0)
		rc = trail_fail_errno(t->host, err, missing, NULL, "cannot open %s", t->set->path);
	if (rc == DBN_OK)
		rc = read_rotated(&r, &list, fd, err);
	if (rc == DBN_OK && fd >= 0)
		rc = read_file(&r, fd, t->set->path, err);
	if (fd >= 0)
		close(fd);
	if (r.buf)
		t->host->release(t->host, r.buf);
	trail_list_free(t, &list);
	return rc;
}
