/* SPDX-License-Identifier: MIT */
/*
 * The smallest audit sink: lines in memory, gone with the process, so it makes
 * no promise of durability.  SERIAL: the core lets one thread in at a time, and
 * no lock is needed here.
 */
#include "fail.h"
#include <dbnexus/plugin/audit.h>

struct settings {
	int64_t lines;
};
static const dbn_conf_item conf[] = {
	{ "lines", "1000", "lines kept; a full trail takes no more", NULL, DBN_CONF_INT, 0,
		1, 1000000, offsetof(struct settings, lines), 0, { NULL, 0, 0 } },
};

struct line {
	uint64_t seq;
	char *text;
	size_t len;
};
struct trail {
	const dbn_host *host;
	struct line *lines;
	size_t n, max;
};

static dbn_status
create(const dbn_create_info *info, void **self, dbn_error **err)
{
	const struct settings *settings = info->settings;
	struct trail *t = zalloc(info->host, sizeof *t);

	if (!t)
		return fail(info->host, err, DBN_E_NOMEM, "out of memory");
	t->host = info->host;
	t->max = (size_t)settings->lines;
	t->lines = zalloc(info->host, t->max * sizeof *t->lines);
	if (!t->lines) {
		info->host->release(info->host, t);
		return fail(info->host, err, DBN_E_NOMEM, "out of memory");
	}
	*self = t;
	return DBN_OK;
}

static void
cut_to(struct trail *t, size_t n)
{
	while (t->n > n)
		t->host->release(t->host, t->lines[--t->n].text);
}

static void
destroy(void *self)
{
	struct trail *t = self;
	const dbn_host *host = t->host;

	cut_to(t, 0);
	host->release(host, t->lines);
	host->release(host, t);
}

static dbn_status
open_stream(void *self, dbn_text stream, dbn_audit_head *out, dbn_error **err)
{
	const struct trail *t = self;

	(void)stream;
	(void)err;
	out->seq = 0;
	out->repaired_bytes = 0;
	out->last_line.ptr = NULL;
	out->last_line.len = 0;
	if (t->n) {
		out->seq = t->lines[t->n - 1].seq;
		out->last_line.ptr = t->lines[t->n - 1].text;
		out->last_line.len = t->lines[t->n - 1].len;
	}
	return DBN_OK;
}

static dbn_status
append(void *self, const dbn_array *records, uint64_t ticket, const dbn_append_opts *opts,
	dbn_error **err)
{
	struct trail *t = self;
	size_t before = t->n;

	(void)ticket;
	if (opts && opts->durable)
		return fail(t->host, err, DBN_E_UNSUPPORTED, "memory is not durable");
	if (records->count > t->max - t->n)
		return fail(t->host, err, DBN_E_AUDIT, "the trail is full");
	for (uint32_t i = 0; i < records->count; i++) {
		const char *items = records->items;
		const dbn_audit_record *r = (const dbn_audit_record *)(const void *)
			(items + (size_t)i * records->stride);
		struct line *l = &t->lines[t->n];

		l->text = t->host->alloc(t->host, r->line.len ? r->line.len : 1);
		if (!l->text) {
			cut_to(t, before); /* all or none */
			return fail(t->host, err, DBN_E_NOMEM, "out of memory");
		}
		memcpy(l->text, r->line.ptr, r->line.len);
		l->len = r->line.len;
		l->seq = r->seq;
		t->n++;
	}
	return DBN_OK;
}

static dbn_status
read_back(void *self, uint64_t from_seq, const dbn_call *call,
	dbn_status (*each)(const dbn_audit_record *, void *user), void *user, dbn_error **err)
{
	const struct trail *t = self;
	dbn_status rc = DBN_OK;

	(void)call;
	(void)err;
	for (size_t i = 0; rc == DBN_OK && i < t->n; i++) {
		dbn_audit_record r;

		if (t->lines[i].seq < from_seq)
			continue;
		memset(&r, 0, sizeof r);
		r.struct_size = (uint32_t)sizeof r;
		r.seq = t->lines[i].seq;
		r.line.ptr = t->lines[i].text;
		r.line.len = t->lines[i].len;
		rc = each(&r, user);
	}
	return rc;
}

static const dbn_audit_ops ops = {
	(uint32_t)sizeof(dbn_audit_ops), DBN_AUDIT_READS_BACK, open_stream, NULL, append, NULL, NULL,
	read_back, NULL,
};

DBN_PLUGIN(DBN_KIND_AUDIT, DBN_THREADS_SERIAL, 0, "template", "1.0",
	DBN_CONF_ITEMS(conf), sizeof(struct settings), create, NULL, NULL, NULL, destroy, NULL, &ops);
