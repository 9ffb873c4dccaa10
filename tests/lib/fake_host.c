/* SPDX-License-Identifier: MIT */
/*
 * The functions of the host table, each as small as it can be.  Any thread,
 * except loading and unloading.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "error/error.h"
#include "lib/fake_host.h"

static fake_host *
of(const dbn_host *h)
{
	return (fake_host *)h->ctx;
}

static void *
host_alloc(const dbn_host *h, size_t size)
{
	fake_host *fh = of(h);
	void *p;

	atomic_fetch_add(&fh->allocs, 1);
	if (atomic_load(&fh->fail_at) > 0 && atomic_fetch_sub(&fh->fail_at, 1) == 1)
		return NULL;
	p = malloc(size ? size : 1);
	if (p)
		atomic_fetch_add(&fh->live, 1);
	return p;
}

static void
host_release(const dbn_host *h, void *p)
{
	if (p)
		atomic_fetch_sub(&of(h)->live, 1);
	free(p);
}

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

static void
host_log(const dbn_host *h, int32_t level, const char *msg, size_t len)
{
	(void)pthread_mutex_lock(&log_lock);
	of(h)->last_level = level;
	(void)snprintf(of(h)->last_line, sizeof of(h)->last_line, "%.*s", (int)len, msg);
	(void)pthread_mutex_unlock(&log_lock);
	if (of(h)->verbose)
		fprintf(stderr, "# %s [%d] %.*s\n", of(h)->instance, (int)level, (int)len, msg);
}

static dbn_status host_fail(const dbn_host *h, dbn_error **err, const dbn_fail_info *info,
	const char *fmt, va_list ap) DBN_PRINTF(4, 0);
static dbn_status
host_fail(const dbn_host *h, dbn_error **err, const dbn_fail_info *info, const char *fmt,
	va_list ap)
{
	return dbn_fail_full(err, (const struct dbn_fail_info *)info, of(h)->instance, NULL, fmt, ap);
}

static dbn_text
text(const char *s)
{
	return (dbn_text){ s, strlen(s) };
}

static dbn_text
host_error_field(const dbn_error *e, uint32_t field)
{
	switch (field) {
	case DBN_ERR_MESSAGE:
		return text(dbn_error_message(e));
	case DBN_ERR_DETAIL:
		return text(dbn_error_detail(e));
	case DBN_ERR_HINT:
		return text(dbn_error_hint(e));
	case DBN_ERR_SQLSTATE:
		return text(dbn_error_sqlstate(e));
	case DBN_ERR_WHERE:
		return text(dbn_error_where(e));
	case DBN_ERR_CONSTRAINT:
		return text(dbn_error_constraint(e));
	case DBN_ERR_RELATION:
		return text(dbn_error_relation(e));
	case DBN_ERR_COLUMN:
		return text(dbn_error_column(e));
	default:
		return (dbn_text){ NULL, 0 };
	}
}

static uint64_t
host_now(const dbn_host *h)
{
	return dbn_now_ns() + atomic_load(&of(h)->skew_ns);
}

static int64_t
host_wall(const dbn_host *h)
{
	return dbn_wall_us() + (int64_t)(atomic_load(&of(h)->skew_ns) / 1000);
}

static int32_t
host_cancelled(const dbn_host *h, const dbn_call *call)
{
	return atomic_load(&of(h)->cancel) ||
		(call && call->deadline_ns && host_now(h) >= call->deadline_ns);
}

static void
host_changed(const dbn_host *h, uint32_t what)
{
	atomic_fetch_or(&of(h)->changed, 1u << what);
}

static dbn_status
metric_counter(const dbn_host *h, const char *name, const char *help, uint32_t *slot,
	dbn_error **err)
{
	fake_host *fh = of(h);

	(void)help;
	for (uint32_t i = 0; i < fh->ncounters; i++)
		if (strcmp(fh->counter_name[i], name) == 0) {
			*slot = i;
			return DBN_OK;
		}
	if (fh->ncounters == FAKE_COUNTERS)
		return dbn_fail(err, DBN_E_LIMIT, "too many counters");
	fh->counter_name[fh->ncounters] = name;
	*slot = fh->ncounters++;
	return DBN_OK;
}

static void
metric_add(const dbn_host *h, uint32_t slot, int64_t n)
{
	atomic_fetch_add(&of(h)->counter[slot], n);
}

static const void *
host_service(const dbn_host *h, const char *id)
{
	static const dbn_metrics_service metrics = {
		(uint32_t)sizeof metrics, 0, metric_counter, metric_add
	};

	(void)h;
	return strcmp(id, "dbn.metrics/1") == 0 ? &metrics : NULL;
}

void
fake_host_init(fake_host *fh, const char *instance)
{
	memset(fh, 0, sizeof *fh);
	(void)snprintf(fh->instance, sizeof fh->instance, "%s", instance);
	fh->host = (dbn_host){
		.struct_size = (uint32_t)sizeof fh->host,
		.abi_major = DBN_ABI_MAJOR,
		.abi_minor = DBN_ABI_MINOR,
		.ctx = fh,
		.alloc = host_alloc,
		.release = host_release,
		.log = host_log,
		.fail = host_fail,
		.error_code = dbn_error_code,
		.error_field = host_error_field,
		.error_free = dbn_error_free,
		.now_ns = host_now,
		.wall_us = host_wall,
		.cancelled = host_cancelled,
		.changed = host_changed,
		.get_service = host_service,
	};
}

int64_t
fake_host_count(const fake_host *fh, const char *counter)
{
	for (uint32_t i = 0; i < fh->ncounters; i++)
		if (strcmp(fh->counter_name[i], counter) == 0)
			return atomic_load(&fh->counter[i]);
	return 0;
}
