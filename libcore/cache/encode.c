/* SPDX-License-Identifier: MIT */
/*
 * A result on its way into the cache: rows are copied as they stream by, so a
 * fill that grows past its limit simply stops.
 */
#include "cache/cache.h"

#include <string.h>
#include "cache/result.h"

void
dbn_cache_fill_init(dbn_cache_fill *f)
{
	memset(f, 0, sizeof(*f));
	dbn_str_init(&f->bytes, RESULT_MAX);
	dbn_str_init(&f->index, RESULT_MAX);
}

void
dbn_cache_fill_free(dbn_cache_fill *f)
{
	dbn_str_free(&f->bytes);
	dbn_str_free(&f->index);
}

static void
add(dbn_cache_fill *f, const void *p, size_t n)
{
	dbn_str_add(&f->bytes, p, n);
}

dbn_status
dbn_cache_fill_begin(dbn_cache_fill *f, const dbn_array *columns, size_t max_bytes)
{
	dbn_str_reset(&f->bytes);
	dbn_str_reset(&f->index);
	f->bytes.max = max_bytes < RESULT_MAX ? max_bytes : RESULT_MAX;
	f->index.max = f->bytes.max;
	f->ncolumns = columns->count;
	f->nrows = 0;
	f->status = DBN_OK;
	for (uint32_t i = 0; i < columns->count; i++) {
		const dbn_column_info *c = (const dbn_column_info *)(const void *)
			((const char *)columns->items + (size_t)i * columns->stride);
		uint32_t len = (uint32_t)c->name.len;

		if (c->name.len > UINT16_MAX)
			f->status = DBN_E_UNSUPPORTED;
		add(f, &c->type, sizeof(c->type));
		add(f, &len, sizeof(len));
		add(f, c->name.ptr, len);
	}
	if (f->status == DBN_OK)
		f->status = f->bytes.status;
	return f->status;
}

static void encode_cell(dbn_cache_fill *f, const dbn_value *v, unsigned depth);

static void
encode_array(dbn_cache_fill *f, const dbn_value *v, unsigned depth)
{
	const dbn_value *items = v->u.ptr;
	uint32_t n = (uint32_t)v->len;

	if (depth >= RESULT_DEPTH || v->len > UINT32_MAX) {
		f->status = DBN_E_UNSUPPORTED;
		return;
	}
	add(f, &v->aux, sizeof(v->aux));
	add(f, &n, sizeof(n));
	for (uint32_t i = 0; i < n && f->bytes.status == DBN_OK; i++)
		encode_cell(f, &items[i], depth + 1);
}

static void
encode_bytes(dbn_cache_fill *f, const dbn_value *v)
{
	size_t n = v->flags & DBN_VALUE_CSTR ? strlen(v->u.ptr) : v->len;
	uint32_t len = (uint32_t)n;

	if (n > RESULT_MAX) {
		f->status = DBN_E_LIMIT;
		return;
	}
	if (v->type == DBN_EXTENSION)
		add(f, &v->aux, sizeof(v->aux));
	add(f, &len, sizeof(len));
	add(f, v->u.ptr, n);
	add(f, "", 1); /* readers may want a C string */
}

static void
encode_cell(dbn_cache_fill *f, const dbn_value *v, unsigned depth)
{
	uint8_t tag = (uint8_t)(v->type | (v->flags & DBN_VALUE_MASKED ? RESULT_MASKED : 0));
	uint8_t b;

	add(f, &tag, 1);
	switch (v->type) {
	case DBN_NULL:
		break;
	case DBN_BOOL:
		b = v->u.i64 != 0;
		add(f, &b, 1);
		break;
	case DBN_TIMETZ:
		add(f, &v->aux, sizeof(v->aux));
		add(f, &v->u.i64, 8);
		break;
	case DBN_INT64: case DBN_UINT64: case DBN_FLOAT: case DBN_DOUBLE: case DBN_DATE:
	case DBN_TIME: case DBN_TIMESTAMP: case DBN_TIMESTAMPTZ:
		add(f, &v->u.i64, 8);
		break;
	case DBN_INTERVAL:
		add(f, v->u.ptr, sizeof(dbn_interval));
		break;
	case DBN_DECIMAL: case DBN_TEXT: case DBN_BYTES: case DBN_UUID: case DBN_JSON:
	case DBN_ENUM: case DBN_EXTENSION:
		encode_bytes(f, v);
		break;
	case DBN_ARRAY:
		encode_array(f, v, depth);
		break;
	default:
		f->status = DBN_E_UNSUPPORTED;
	}
}

dbn_status
dbn_cache_fill_row(dbn_cache_fill *f, const dbn_value *cells)
{
	uint32_t at;

	if (f->status != DBN_OK)
		return f->status;
	at = (uint32_t)(sizeof(result_head) + f->bytes.len);
	dbn_str_add(&f->index, (const char *)&at, sizeof(at));
	for (uint32_t i = 0; i < f->ncolumns && f->status == DBN_OK; i++)
		encode_cell(f, &cells[i], 0);
	f->nrows++;
	if (f->status == DBN_OK)
		f->status = f->bytes.status != DBN_OK ? f->bytes.status : f->index.status;
	if (f->status == DBN_OK &&
	    sizeof(result_head) + f->bytes.len + f->index.len > f->bytes.max)
		f->status = DBN_E_LIMIT;
	return f->status;
}
