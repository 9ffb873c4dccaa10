/* SPDX-License-Identifier: MIT */
/*
 * Errors, log lines and memory through the host: the few calls that every
 * plugin would write again.  No state, any thread.
 */
#include <stdint.h>
#include <stdio.h>

#include "plug.h"

dbn_status
plug_fail(const dbn_host *host, dbn_error **err, const dbn_fail_info *info, const char *fmt, ...)
{
	dbn_fail_info none = { .struct_size = (uint32_t)sizeof none, .status = DBN_E_INTERNAL };
	dbn_status rc;
	va_list ap;

	va_start(ap, fmt);
	rc = host->fail(host, err, info ? info : &none, fmt, ap);
	va_end(ap);
	return rc;
}

dbn_status
plug_fail_status(const dbn_host *host, dbn_error **err, dbn_status status, const char *fmt, ...)
{
	dbn_fail_info info = { .struct_size = (uint32_t)sizeof info, .status = status };
	dbn_status rc;
	va_list ap;

	va_start(ap, fmt);
	rc = host->fail(host, err, &info, fmt, ap);
	va_end(ap);
	return rc;
}

dbn_status
plug_fail_hint(const dbn_host *host, dbn_error **err, dbn_status status, const char *hint,
	const char *fmt, ...)
{
	dbn_fail_info info = { .struct_size = (uint32_t)sizeof info, .status = status };
	dbn_status rc;
	va_list ap;

	info.hint = plug_text(hint);
	va_start(ap, fmt);
	rc = host->fail(host, err, &info, fmt, ap);
	va_end(ap);
	return rc;
}

dbn_status
plug_nomem(const dbn_host *host, dbn_error **err)
{
	return plug_fail_status(host, err, DBN_E_NOMEM, "out of memory");
}

void
plug_log(const dbn_host *host, int32_t level, const char *fmt, ...)
{
	char line[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	host->log(host, level, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

void *
plug_zalloc(const dbn_host *host, size_t count, size_t size)
{
	void *p;

	if (size && count > SIZE_MAX / size)
		return NULL;
	size *= count;
	p = host->alloc(host, size != 0 ? size : 1);
	if (p)
		memset(p, 0, size);
	return p;
}

bool
plug_grow_more(const dbn_host *host, void *items_ptr, size_t *cap, size_t need, size_t size)
{
	size_t n = *cap ? *cap : 8;
	void *old, *p;

	while (n < need) {
		if (n > SIZE_MAX / 2)
			return false;
		n *= 2;
	}
	if (n > SIZE_MAX / size)
		return false;
	p = host->alloc(host, n * size);
	if (!p)
		return false;
	memcpy(&old, items_ptr, sizeof old);
	if (old)
		memcpy(p, old, *cap * size);
	host->release(host, old);
	memcpy(items_ptr, &p, sizeof p);
	*cap = n;
	return true;
}

bool
plug_text_same(dbn_text a, dbn_text b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (plug_lower((unsigned char)a.ptr[i]) != plug_lower((unsigned char)b.ptr[i]))
			return false;
	return true;
}

const char *
plug_type_name(dbn_type type)
{
	static const char *const names[] = { "null", "bool", "int64", "uint64", "float", "double",
		"decimal", "text", "bytes", "date", "time", "timetz", "timestamp", "timestamptz",
		"interval", "uuid", "json", "enum", "array", "list", "extension" };

	return type < sizeof names / sizeof *names ? names[type] : "unknown";
}
