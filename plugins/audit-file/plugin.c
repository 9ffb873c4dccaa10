/* SPDX-License-Identifier: MIT */
/*
 * audit-file: descriptor, operations and what the other files share.  The core
 * calls the writing operations from one thread; read() uses descriptors of its
 * own and may run beside them, in this process or another.
 */
#include "file.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <errno.h>

static const dbn_conf_item conf[] = {
	{ .name = "path", .deflt = NULL, .help = "the file; its directory is made where it is missing",
	  .type = DBN_CONF_PATH, .flags = DBN_CONF_REQUIRED, .offset = offsetof(settings, path) },
	{ .name = "rotate_size", .deflt = "256 MiB",
	  .help = "begin a new file before this one grows larger; 0: never",
	  .type = DBN_CONF_SIZE, .flags = 0, .min = 0, .max = INT64_MAX,
	  .offset = offsetof(settings, rotate_size) },
	{ .name = "keep", .deflt = "0", .help = "how many rotated files stay; 0: all",
	  .type = DBN_CONF_INT, .flags = 0, .min = 0, .max = 1000000,
	  .offset = offsetof(settings, keep) }
};

static dbn_status
vfail(const dbn_host *host, dbn_error **err, const dbn_fail_info *info, const char *fmt, va_list ap)
	DBN_PRINTF(4, 0);

static dbn_status
vfail(const dbn_host *host, dbn_error **err, const dbn_fail_info *info, const char *fmt, va_list ap)
{
	return host->fail(host, err, info, fmt, ap);
}

dbn_status
trail_fail(const dbn_host *host, dbn_error **err, dbn_status status, const char *hint, const char *fmt,
	...)
{
	dbn_fail_info info = { .struct_size = sizeof(info), .status = status };
	va_list ap;

	if (hint) {
		info.hint.ptr = hint;
		info.hint.len = strlen(hint);
	}
	va_start(ap, fmt);
	status = vfail(host, err, &info, fmt, ap);
	va_end(ap);
	return status;
}

dbn_status
trail_fail_errno(const dbn_host *host, dbn_error **err, int error, const char *hint, const char *fmt,
	...)
{
	const char *words = strerrordesc_np(error);
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return trail_fail(host, err, DBN_E_IO, hint, "%s: %s", text, words ? words : "unknown error");
}

bool
trail_grow(const dbn_host *host, char **buf, size_t *cap, size_t need)
{
	size_t n = *cap ? *cap : 4096;
	char *p;

	if (need <= *cap)
		return true;
	while (n < need) {
		if (n > SIZE_MAX / 2)
			return false;
		n *= 2;
	}
	p = host->alloc(host, n);
	if (!p)
		return false;
	if (*buf) {
		memcpy(p, *buf, *cap);
		host->release(host, *buf);
	}
	*buf = p;
	*cap = n;
	return true;
}

char *
trail_path(const dbn_host *host, const char *path, const char *suffix)
{
	size_t a = strlen(path), b = strlen(suffix);
	char *p = host->alloc(host, a + b + 1);

	if (p) {
		memcpy(p, path, a);
		memcpy(p + a, suffix, b + 1);
	}
	return p;
}

uint64_t
trail_line_seq(const char *line, size_t len)
{
	static const char name[] = ",\"seq\":";
	const char *p = memmem(line, len, name, sizeof(name) - 1), *end = line + len;
	uint64_t seq = 0;

	if (!p)
		return 0;
	for (p += sizeof(name) - 1; p < end && *p >= '0' && *p <= '9'; p++) {
		if (seq > (UINT64_MAX - 9) / 10)
			return 0;
		seq = seq * 10 + (uint64_t)(*p - '0');
	}
	return seq;
}

static dbn_status
file_create(const dbn_create_info *info, void **self, dbn_error **err)
{
	trail *t = info->host->alloc(info->host, sizeof(*t));

	*self = t;
	if (!t)
		return trail_fail(info->host, err, DBN_E_NOMEM, NULL, "no memory for an audit file");
	memset(t, 0, sizeof(*t));
	t->host = info->host;
	t->set = info->settings;
	t->fd = t->lock_fd = -1;
	return DBN_OK;
}

static void
file_destroy(void *self)
{
	trail *t = self;

	if (t->fd >= 0)
		close(t->fd);
	if (t->lock_fd >= 0)
		close(t->lock_fd); /* and with the last copy of it the lock is gone */
	if (t->line)
		t->host->release(t->host, t->line);
	if (t->buf)
		t->host->release(t->host, t->buf);
	t->host->release(t->host, t);
}

static dbn_status
need_open(const trail *t, dbn_error **err)
{
	if (t->fd < 0)
		return trail_fail(t->host, err, DBN_E_INVALID, NULL, "the trail %s is not open",
			t->set->path);
	if (t->broken)
		return trail_fail(t->host, err, DBN_E_IO,
			"See to the disk, then open the trail again: that looks at what is there.",
			"an earlier write to %s failed half way", t->set->path);
	return DBN_OK;
}

static dbn_status
file_health(void *self, const dbn_call *call, dbn_error **err)
{
	(void)call;
	return need_open(self, err);
}

static dbn_status
file_open_stream(void *self, dbn_text stream, dbn_audit_head *out, dbn_error **err)
{
	(void)stream;
	return trail_open(self, out, err);
}

static dbn_status
file_reserve(void *self, uint32_t records, uint64_t bytes, const dbn_call *call, uint64_t *ticket,
	dbn_error **err)
{
	const uint64_t margin = 65536;
	trail *t = self;
	struct statvfs fs;
	dbn_status rc = need_open(t, err);

	(void)records;
	(void)call;
	*ticket = 0;
	if (rc != DBN_OK)
		return rc;
	if (fstatvfs(t->fd, &fs) != 0)
		return trail_fail_errno(t->host, err, errno, NULL, "cannot ask for room for %s",
			t->set->path);
	if (fs.f_bavail < (bytes + margin) / fs.f_frsize + 1)
		return trail_fail(t->host, err, DBN_E_IO, NULL, "no room for %s", t->set->path);
	return DBN_OK;
}

static dbn_status
file_append(void *self, const dbn_array *records, uint64_t ticket, const dbn_append_opts *o,
	dbn_error **err)
{
	dbn_status rc = need_open(self, err);

	(void)ticket;
	return rc == DBN_OK ? trail_append(self, records, o && o->durable, err) : rc;
}

static dbn_status
file_sync(void *self, uint64_t upto_seq, const dbn_call *call, uint64_t *durable_seq, dbn_error **err)
{
	trail *t = self;
	dbn_status rc = need_open(t, err);

	(void)call;
	*durable_seq = t->durable_seq;
	if (rc != DBN_OK || upto_seq <= t->durable_seq)
		return rc;
	return trail_sync(t, durable_seq, err);
}

static dbn_status
file_read(void *self, uint64_t from_seq, const dbn_call *call,
	dbn_status (*each)(const dbn_audit_record *, void *user), void *user, dbn_error **err)
{
	return trail_read(self, from_seq, call, each, user, err);
}

static dbn_status
file_rotate(void *self, const dbn_call *call, dbn_error **err)
{
	trail *t = self;
	dbn_status rc = need_open(t, err);

	(void)call;
	return rc == DBN_OK && t->first_seq ? trail_rotate(t, err) : rc;
}

static const dbn_audit_ops ops = {
	.struct_size = sizeof(dbn_audit_ops), .flags = DBN_AUDIT_DURABLE | DBN_AUDIT_READS_BACK,
	.open_stream = file_open_stream, .reserve = file_reserve, .append = file_append,
	.sync = file_sync, .append_within = NULL, .read = file_read, .rotate = file_rotate
};

DBN_PLUGIN(DBN_KIND_AUDIT, DBN_THREADS_PER_HANDLE, DBN_PLUGIN_MAY_BLOCK, "file", "0.1.0",
	DBN_CONF_ITEMS(conf), sizeof(settings), file_create, NULL, file_health, NULL, file_destroy,
	NULL, &ops);
