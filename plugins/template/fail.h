/* SPDX-License-Identifier: MIT */
/*
 * The two things that every plugin does with its host: make an error, and get
 * zeroed memory.
 */
#ifndef TEMPLATE_FAIL_H
#define TEMPLATE_FAIL_H

#include <stdarg.h>
#include <string.h>
#include <dbnexus/plugin/host.h>

static dbn_status fail(const dbn_host *host, dbn_error **err, dbn_status status, const char *fmt, ...)
	DBN_PRINTF(4, 5);

/* The message: one line, lower case, no full stop, names the thing. */
static dbn_status
fail(const dbn_host *host, dbn_error **err, dbn_status status, const char *fmt, ...)
{
	dbn_fail_info info;
	va_list ap;

	memset(&info, 0, sizeof info);
	info.struct_size = (uint32_t)sizeof info;
	info.status = status;
	va_start(ap, fmt);
	status = host->fail(host, err, &info, fmt, ap);
	va_end(ap);
	return status;
}

static inline void *
zalloc(const dbn_host *host, size_t size)
{
	void *p = host->alloc(host, size);

	if (p)
		memset(p, 0, size);
	return p;
}

#endif
