/* SPDX-License-Identifier: MIT */
/*
 * The sink in memory.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "memory_sink.h"
#include "error/error.h"

static dbn_status
sink_open(void *self, dbn_text stream, dbn_audit_head *out, dbn_error **err)
{
	memory_sink *s = self;

	(void)stream;
	(void)err;
	out->seq = s->nlines;
	out->repaired_bytes = s->repaired;
	out->last_line.ptr = s->nlines ? s->lines[s->nlines - 1] : NULL;
	out->last_line.len = s->nlines ? strlen(s->lines[s->nlines - 1]) : 0;
	return DBN_OK;
}

/* One more failure to give?  Counts down; -1 stays. */
static bool
fails(_Atomic int *left)
{
	int n = atomic_load(left);

	while (n > 0 && !atomic_compare_exchange_weak(left, &n, n - 1))
		;
	return n != 0;
}

static dbn_status
sink_append(void *self, const dbn_array *records, uint64_t ticket, const dbn_append_opts *o,
	dbn_error **err)
{
	memory_sink *s = self;
	const struct timespec nap = { 0, 1000000 };

	(void)ticket;
	(void)o;
	atomic_fetch_add(&s->appends, 1);
	while (atomic_load(&s->hang))
		nanosleep(&nap, NULL);
	if (fails(&s->append_fails))
		return dbn_fail(err, DBN_E_IO, "no room for records");
	pthread_mutex_lock(&s->lock);
	for (uint32_t i = 0; i < records->count; i++) {
		const dbn_audit_record *r = (const dbn_audit_record *)(const void *)
			((const char *)records->items + (size_t)i * records->stride);

		if (r->seq != s->nlines + 1)
			abort(); /* the core numbers without holes */
		if (s->nlines == s->cap) {
			s->cap = s->cap ? 2 * s->cap : 64;
			s->lines = realloc(s->lines, s->cap * sizeof(*s->lines));
		}
		s->lines[s->nlines++] = strndup(r->line.ptr, r->line.len);
	}
	pthread_mutex_unlock(&s->lock);
	return DBN_OK;
}

static dbn_status
sink_sync(void *self, uint64_t upto_seq, const dbn_call *call, uint64_t *durable_seq, dbn_error **err)
{
	memory_sink *s = self;

	(void)upto_seq;
	(void)call;
	atomic_fetch_add(&s->syncs, 1);
	if (fails(&s->sync_fails))
		return dbn_fail(err, DBN_E_IO, "the disk is gone");
	pthread_mutex_lock(&s->lock);
	s->durable = s->nlines;
	*durable_seq = s->durable;
	pthread_mutex_unlock(&s->lock);
	return DBN_OK;
}

static dbn_status
sink_read(void *self, uint64_t from_seq, const dbn_call *call,
	dbn_status (*each)(const dbn_audit_record *, void *user), void *user, dbn_error **err)
{
	memory_sink *s = self;
	dbn_status rc = DBN_OK;

	(void)call;
	(void)err;
	for (size_t i = 0; i < s->nlines && rc == DBN_OK; i++) {
		dbn_audit_record r = { .struct_size = sizeof(r), .seq = i + 1 };

		r.line.ptr = s->lines[i];
		r.line.len = strlen(s->lines[i]);
		if (r.seq >= from_seq)
			rc = each(&r, user);
	}
	return rc;
}

void
memory_sink_init(memory_sink *s)
{
	memset(s, 0, sizeof(*s));
	pthread_mutex_init(&s->lock, NULL);
	s->ops.struct_size = sizeof(s->ops);
	s->ops.flags = DBN_AUDIT_DURABLE | DBN_AUDIT_READS_BACK;
	s->ops.open_stream = sink_open;
	s->ops.append = sink_append;
	s->ops.sync = sink_sync;
	s->ops.read = sink_read;
}

void
memory_sink_free(memory_sink *s)
{
	for (size_t i = 0; i < s->nlines; i++)
		free(s->lines[i]);
	free(s->lines);
	pthread_mutex_destroy(&s->lock);
}

char *
memory_sink_line(memory_sink *s, size_t i)
{
	char *line;

	pthread_mutex_lock(&s->lock);
	line = i < s->nlines ? strdup(s->lines[i]) : NULL;
	pthread_mutex_unlock(&s->lock);
	return line;
}

size_t
memory_sink_count(memory_sink *s)
{
	size_t n;

	pthread_mutex_lock(&s->lock);
	n = s->nlines;
	pthread_mutex_unlock(&s->lock);
	return n;
}

size_t
memory_sink_grep(memory_sink *s, const char *text)
{
	size_t n = 0;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->nlines; i++)
		n += strstr(s->lines[i], text) != NULL;
	pthread_mutex_unlock(&s->lock);
	return n;
}
