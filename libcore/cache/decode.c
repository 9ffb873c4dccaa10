/* SPDX-License-Identifier: MIT */
/*
 * Reading cached results.  The bytes may come from a cache that others write,
 * so nothing in them is believed: every length is checked against what is left,
 * nesting is bounded, and damage is an answer, not an accident.
 */
#include "cache/cache.h"

#include <string.h>
#include "cache/decode.h"
#include "cache/result.h"

typedef struct reader {
	const uint8_t *p, *end;
	dbn_arena *arena;
} reader;

static inline bool
take(reader *r, void *out, size_t n)
{
	if ((size_t)(r->end - r->p) < n)
		return false;
	memcpy(out, r->p, n);
	r->p += n;
	return true;
}

bool
dbn_cache__open_result(dbn_cached *h, dbn_text value, dbn_text key)
{
	const uint8_t *base = (const uint8_t *)value.ptr;
	result_head head;

	if (value.len < sizeof(head))
		return false;
	memcpy(&head, base, sizeof(head));
	if (head.magic != RESULT_MAGIC || head.version != RESULT_VERSION ||
	    head.length != value.len || head.index > value.len || head.index < sizeof(head) ||
	    (value.len - head.index) / 4 != head.nrows || (value.len - head.index) % 4 != 0)
		return false;
	if (key.len < sizeof(head.digest) || memcmp(key.ptr, head.digest, sizeof(head.digest)) != 0)
		return false;
	/* A column takes 8 bytes at least: the caller sizes an array by this. */
	if (head.ncolumns > (head.index - sizeof(head)) / 8)
		return false;
	h->base = base;
	h->columns = base + sizeof(head);
	h->rows = base;
	h->index = base + head.index;
	h->len = value.len;
	h->ncolumns = head.ncolumns;
	h->nrows = head.nrows;
	return true;
}

bool
dbn_cached_column(const dbn_cached *h, uint32_t i, dbn_column_info *out)
{
	reader r = { h->columns, h->index, NULL };
	uint32_t type, len;

	if (i >= h->ncolumns)
		return false;
	for (uint32_t c = 0;; c++) {
		if (!take(&r, &type, sizeof(type)) || !take(&r, &len, sizeof(len)) ||
		    len > (size_t)(r.end - r.p))
			return false;
		if (c == i)
			break;
		r.p += len;
	}
	out->struct_size = sizeof(*out);
	out->type = type;
	out->name.ptr = (const char *)r.p;
	out->name.len = len;
	return type <= DBN_EXTENSION;
}

static bool read_cell(reader *r, dbn_value *v, unsigned depth);

static bool
read_array(reader *r, dbn_value *v, unsigned depth)
{
	dbn_value *items;
	uint32_t n;

	if (depth >= RESULT_DEPTH || !take(r, &v->aux, sizeof(v->aux)) || !take(r, &n, sizeof(n)))
		return false;
	if (n > (size_t)(r->end - r->p)) /* an item takes a byte at least */
		return false;
	items = dbn_arena_array(r->arena, n ? n : 1, sizeof(*items));
	if (!items)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (!read_cell(r, &items[i], depth + 1))
			return false;
	v->u.ptr = items;
	v->len = n;
	return true;
}

static bool
read_interval(reader *r, dbn_value *v)
{
	dbn_interval *iv = dbn_arena_alloc(r->arena, sizeof(*iv));

	v->u.ptr = iv;
	v->len = sizeof(*iv);
	return iv && take(r, iv, sizeof(*iv));
}

static bool
read_bytes(reader *r, dbn_value *v)
{
	uint32_t len;

	if (v->type == DBN_EXTENSION && !take(r, &v->aux, sizeof(v->aux)))
		return false;
	if (!take(r, &len, sizeof(len)) || len >= (size_t)(r->end - r->p) || r->p[len] != 0)
		return false;
	if (v->type == DBN_UUID && len != 16)
		return false;
	v->u.ptr = r->p;
	v->len = len;
	r->p += (size_t)len + 1;
	return true;
}

static bool
read_cell(reader *r, dbn_value *v, unsigned depth)
{
	uint8_t tag, b;

	if (!take(r, &tag, 1))
		return false;
	v->type = tag & 0x7fu;
	v->flags = tag & RESULT_MASKED ? DBN_VALUE_MASKED : 0;
	v->aux = 0;
	v->u.u64 = 0;
	v->len = 0;
	switch (v->type) {
	case DBN_NULL:
		return true;
	case DBN_BOOL:
		if (!take(r, &b, 1) || b > 1)
			return false;
		v->u.i64 = b;
		return true;
	case DBN_TIMETZ:
		return take(r, &v->aux, sizeof(v->aux)) && take(r, &v->u.i64, 8);
	case DBN_INT64: case DBN_UINT64: case DBN_FLOAT: case DBN_DOUBLE: case DBN_DATE:
	case DBN_TIME: case DBN_TIMESTAMP: case DBN_TIMESTAMPTZ:
		return take(r, &v->u.i64, 8);
	case DBN_INTERVAL:
		return read_interval(r, v);
	case DBN_DECIMAL: case DBN_TEXT: case DBN_BYTES: case DBN_UUID: case DBN_JSON:
	case DBN_ENUM: case DBN_EXTENSION:
		return read_bytes(r, v);
	case DBN_ARRAY:
		return read_array(r, v, depth);
	default:
		return false;
	}
}

/* The kinds of cells there are most of, unmasked; false: not one, or damaged, and
 * nothing was taken. */
static inline bool
read_plain(reader *r, dbn_value *v)
{
	size_t left = (size_t)(r->end - r->p);
	uint32_t len;

	if (left < 1 + sizeof(len))
		return false;
	v->type = *r->p;
	v->flags = v->aux = 0;
	if (v->type == DBN_INT64 || v->type == DBN_DOUBLE) {
		if (left < 9)
			return false;
		memcpy(&v->u.i64, r->p + 1, 8);
		v->len = 0;
		r->p += 9;
		return true;
	}
	if (v->type != DBN_TEXT)
		return false;
	memcpy(&len, r->p + 1, sizeof(len));
	left -= 1 + sizeof(len);
	if (len >= left || r->p[1 + sizeof(len) + len] != 0)
		return false;
	v->u.ptr = r->p + 1 + sizeof(len);
	v->len = len;
	r->p += 1 + sizeof(len) + (size_t)len + 1;
	return true;
}

dbn_status
dbn_cached_row(dbn_cached *h, uint32_t i, dbn_value *cells)
{
	reader r = { NULL, h->index, &h->arena };
	uint32_t at;

	if (i >= h->nrows)
		return DBN_DONE;
	memcpy(&at, h->index + (size_t)i * 4, sizeof(at));
	if (at < sizeof(result_head) || at > (size_t)(h->index - h->base))
		return DBN_E_INTEGRITY;
	if (h->arena.blocks)
		dbn_arena_reset(&h->arena);
	r.p = h->base + at;
	for (uint32_t c = 0; c < h->ncolumns; c++)
		if (!read_plain(&r, &cells[c]) && !read_cell(&r, &cells[c], 0))
			return DBN_E_INTEGRITY;
	return DBN_OK;
}
