/* SPDX-License-Identifier: MIT */
/*
 * The simplest audit plugin there can be: one file, never rotated.  Its setting
 * "fault" breaks it in one way, to prove that the suite notices.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dbnexus/plugin/audit.h>

enum { FAULT_NONE, FAULT_HEAD, FAULT_LOCK, FAULT_LOSE, FAULT_PARTIAL, FAULT_TORN, FAULT_STOP, FAULT_FROM,
	FAULT_LEAK, FAULT_SYNC, FAULT_ROTATE, FAULT_CLOSED, FAULT_LONG, FAULT_LATE };
typedef struct settings {
	const char *path;
	int32_t fault, reserved0;
} settings;
static const dbn_conf_item conf[] = {
	{ .name = "path", .help = "the file", .type = DBN_CONF_PATH, .flags = DBN_CONF_REQUIRED,
	  .offset = offsetof(settings, path) },
	{ .name = "fault", .deflt = "none", .help = "what to do wrong",
	  .choices = "none|head|lock|lose|partial|torn|stop|from|leak|sync|rotate|closed|long|late",
	  .type = DBN_CONF_ENUM, .offset = offsetof(settings, fault) }
};

typedef struct plain {
	const dbn_host *host;
	const settings *set;
	int fd;
	uint64_t seq;
	char *last, *held; /* held: what FAULT_LATE has not written yet */
	size_t nheld;
} plain;

static dbn_status
fail(plain *p, dbn_error **err, dbn_status status, const char *fmt, ...) DBN_PRINTF(4, 5);
static dbn_status
fail(plain *p, dbn_error **err, dbn_status status, const char *fmt, ...)
{
	dbn_fail_info info = { .struct_size = sizeof(info), .status = status };
	va_list ap;

	va_start(ap, fmt);
	status = p->host->fail(p->host, err, &info, fmt, ap);
	va_end(ap);
	return status;
}

static dbn_status
plain_create(const dbn_create_info *info, void **self, dbn_error **err)
{
	plain *p = info->host->alloc(info->host, sizeof(*p));

	(void)err;
	*self = p;
	if (!p)
		return DBN_E_NOMEM;
	memset(p, 0, sizeof(*p));
	p->host = info->host;
	p->set = info->settings;
	p->fd = -1;
	return DBN_OK;
}

static void
plain_destroy(void *self)
{
	plain *p = self;

	if (p->held) {
		if (write(p->fd, p->held, p->nheld) < 0)
			p->nheld = 0;
		p->host->release(p->host, p->held);
	}
	if (p->fd >= 0)
		close(p->fd);
	if (p->last)
		p->host->release(p->host, p->last);
	p->host->release(p->host, p);
}

/* The whole file in one block with a NUL; NULL: none, or no memory. */
static char *
slurp(plain *p, size_t *n)
{
	int fd = open(p->set->path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *all;
	ssize_t got;

	*n = 0;
	if (fd < 0 || fstat(fd, &st) != 0)
		return NULL;
	all = p->host->alloc(p->host, (size_t)st.st_size + 1);
	while (all && *n < (size_t)st.st_size &&
	       (got = read(fd, all + *n, (size_t)st.st_size - *n)) > 0)
		*n += (size_t)got;
	if (all)
		all[*n] = 0;
	close(fd);
	return all;
}

/* Count whole lines; the last one's start and length. */
static uint64_t
count_lines(const char *all, size_t n, size_t *last, size_t *len, size_t *whole)
{
	uint64_t lines = 0;
	const char *nl;

	*whole = *last = *len = 0;
	while ((nl = memchr(all + *whole, '\n', n - *whole)) != NULL) {
		*last = *whole;
		*len = (size_t)(nl - all) - *whole;
		*whole = (size_t)(nl - all) + 1;
		lines++;
	}
	return lines;
}

static dbn_status
plain_open(void *self, dbn_text stream, dbn_audit_head *out, dbn_error **err)
{
	plain *p = self;
	size_t n, last = 0, len = 0, whole = 0;

	(void)stream;
	if (p->fd >= 0)
		return fail(p, err, DBN_E_INVALID, "open already");
	p->fd = open(p->set->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (p->fd < 0)
		return fail(p, err, DBN_E_IO, "cannot open it");
	if (p->set->fault != FAULT_LOCK && flock(p->fd, LOCK_EX | LOCK_NB) != 0)
		return fail(p, err, DBN_E_BUSY, "another writes");
	p->last = slurp(p, &n);
	if (!p->last)
		return fail(p, err, DBN_E_NOMEM, "no memory");
	out->seq = p->seq = p->set->fault == FAULT_HEAD ? 0 :
		count_lines(p->last, n, &last, &len, &whole);
	if (p->set->fault == FAULT_HEAD)
		return DBN_OK;
	if (n > whole && p->set->fault != FAULT_TORN) {
		out->repaired_bytes = n - whole;
		if (ftruncate(p->fd, (off_t)whole) != 0)
			return fail(p, err, DBN_E_IO, "cannot repair it");
	}
	out->last_line.ptr = p->last + last;
	out->last_line.len = len;
	return DBN_OK;
}

static bool
write_line(plain *p, dbn_text line)
{
	size_t n = p->set->fault == FAULT_LONG && line.len > 1000 ? 1000 : line.len;
	size_t at = 0;

	while (at < n) {
		ssize_t done = write(p->fd, line.ptr + at, n - at);

		if (done <= 0)
			return false;
		at += (size_t)done;
	}
	return write(p->fd, "\n", 1) == 1;
}

/* Keep the lines until the next append: lost when the process is killed. */
static dbn_status
hold(plain *p, const dbn_array *records)
{
	const dbn_audit_record *r = records->items;
	size_t n = 0;

	if (p->held && write(p->fd, p->held, p->nheld) < 0)
		return DBN_E_IO;
	if (p->held)
		p->host->release(p->host, p->held);
	for (uint32_t i = 0; i < records->count; i++)
		n += r[i].line.len + 1;
	p->held = p->host->alloc(p->host, n + 1);
	p->nheld = n;
	for (uint32_t i = 0, at = 0; p->held && i < records->count; i++) {
		memcpy(p->held + at, r[i].line.ptr, r[i].line.len);
		at += (uint32_t)r[i].line.len;
		p->held[at++] = '\n';
	}
	p->seq += records->count;
	return p->held ? DBN_OK : DBN_E_NOMEM;
}

static dbn_status
plain_append(void *self, const dbn_array *records, uint64_t ticket, const dbn_append_opts *o,
	dbn_error **err)
{
	plain *p = self;
	const dbn_audit_record *r = records->items;
	uint32_t n = records->count;
	struct stat st;

	(void)ticket;
	(void)o;
	if (p->fd < 0)
		return p->set->fault == FAULT_CLOSED ? DBN_OK : fail(p, err, DBN_E_INVALID, "not open");
	if (p->set->fault == FAULT_LEAK)
		(void)p->host->alloc(p->host, 1);
	if (p->set->fault == FAULT_LATE)
		return hold(p, records);
	if (fstat(p->fd, &st) != 0)
		return fail(p, err, DBN_E_IO, "gone");
	if (p->set->fault == FAULT_LOSE && n > 1)
		n--;
	for (uint32_t i = 0; i < n; i++)
		if (!write_line(p, r[i].line)) {
			if (p->set->fault != FAULT_PARTIAL && ftruncate(p->fd, st.st_size) != 0)
				return fail(p, err, DBN_E_IO, "torn");
			return fail(p, err, DBN_E_IO, "cannot write");
		}
	p->seq += records->count;
	return DBN_OK;
}

static dbn_status
plain_sync(void *self, uint64_t upto_seq, const dbn_call *call, uint64_t *durable_seq, dbn_error **err)
{
	plain *p = self;

	(void)upto_seq;
	(void)call;
	if (p->fd < 0 || fdatasync(p->fd) != 0)
		return fail(p, err, DBN_E_IO, "cannot sync");
	*durable_seq = p->set->fault == FAULT_SYNC ? 0 : p->seq;
	return DBN_OK;
}

static dbn_status
plain_read(void *self, uint64_t from_seq, const dbn_call *call,
	dbn_status (*each)(const dbn_audit_record *, void *user), void *user, dbn_error **err)
{
	plain *p = self;
	size_t n, at = 0;
	char *all = slurp(p, &n);
	dbn_audit_record r = { .struct_size = sizeof(r), .seq = 1 };
	dbn_status rc = DBN_OK;

	(void)call;
	if (!all)
		return fail(p, err, DBN_E_IO, "cannot read it");
	for (; at < n && rc == DBN_OK; r.seq++) {
		const char *nl = memchr(all + at, '\n', n - at);

		r.line.ptr = all + at;
		r.line.len = nl ? (size_t)(nl - all) - at : n - at;
		r.flags = nl ? 0 : DBN_AUDIT_RECORD_TORN;
		at += r.line.len + 1;
		if (r.seq >= from_seq || p->set->fault == FAULT_FROM)
			rc = each(&r, user);
		if (p->set->fault == FAULT_STOP)
			rc = DBN_OK;
	}
	p->host->release(p->host, all);
	return rc;
}

static dbn_status
plain_rotate(void *self, const dbn_call *call, dbn_error **err)
{
	plain *p = self;

	(void)call;
	if (p->set->fault == FAULT_ROTATE && ftruncate(p->fd, 0) != 0)
		return fail(p, err, DBN_E_IO, "cannot");
	return DBN_OK;
}

static const dbn_audit_ops ops = {
	sizeof(dbn_audit_ops), DBN_AUDIT_DURABLE | DBN_AUDIT_READS_BACK, plain_open, NULL, plain_append,
	plain_sync, NULL, plain_read, plain_rotate
};

DBN_PLUGIN(DBN_KIND_AUDIT, DBN_THREADS_PER_HANDLE, DBN_PLUGIN_MAY_BLOCK, "plain", "1",
	DBN_CONF_ITEMS(conf), sizeof(settings), plain_create, NULL, NULL, NULL, plain_destroy, NULL, &ops);
