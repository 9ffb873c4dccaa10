/* SPDX-License-Identifier: MIT */
/*
 * Rows kept by the driver: results of writing statements, which are taken whole
 * so that the statement ends (and commits) before anybody sees a row, and what
 * buffer() takes off a running one.  The first chunk and the cells stay for the
 * next execution.
 */
#include "driver.h"

#define KEEP_BYTES 65536

void
sq_rows_clear(const dbn_host *host, sq_rows *r)
{
	while (r->chunks && (r->chunks->next || r->chunks->size > KEEP_BYTES)) {
		sq_chunk *next = r->chunks->next;

		host->release(host, r->chunks);
		r->chunks = next;
	}
	if (r->chunks)
		r->chunks->used = 0;
	if (r->cap * sizeof *r->cells > KEEP_BYTES) {
		host->release(host, r->cells);
		r->cells = NULL;
		r->cap = 0;
	}
	r->ncells = r->at = 0;
	r->bytes = 0;
}

void
sq_rows_free(const dbn_host *host, sq_rows *r)
{
	sq_rows_clear(host, r);
	host->release(host, r->chunks);
	host->release(host, r->cells);
	memset(r, 0, sizeof *r);
}

/* n bytes with a NUL after them. */
static void *
keep(const dbn_host *host, sq_rows *r, const void *p, size_t n)
{
	size_t need = (n + 1 + 7) & ~(size_t)7;
	sq_chunk *k = r->chunks;
	char *at;

	if (!k || k->size - k->used < need) {
		size_t size = k ? k->size * 2 : 512;

		if (size > 1u << 20)
			size = 1u << 20;
		if (size < need)
			size = need;
		k = (sq_chunk *)host->alloc(host, sizeof *k + size);
		if (!k)
			return NULL;
		k->next = r->chunks;
		k->size = size;
		k->used = 0;
		r->chunks = k;
	}
	at = (char *)(k + 1) + k->used;
	k->used += need;
	memcpy(at, p, n);
	at[n] = 0;
	return at;
}

static bool
points(dbn_type type)
{
	return type == DBN_TEXT || type == DBN_BYTES || type == DBN_DECIMAL || type == DBN_JSON ||
		type == DBN_ENUM || type == DBN_UUID;
}

/* Keep a copy of the row in hand. */
dbn_status
sq_rows_add(struct dbn_cursor *cur, dbn_error **err)
{
	const dbn_host *host = cur->stmt->conn->host;
	sq_rows *r = &cur->rows;
	dbn_value *to;

	if (!plug_grow(host, &r->cells, &r->cap, r->ncells + cur->ncols, sizeof *r->cells))
		return plug_nomem(host, err);
	to = r->cells + r->ncells;
	for (uint32_t i = 0; i < cur->ncols; i++) {
		to[i] = cur->cells[i];
		if (!points(to[i].type))
			continue;
		to[i].u.ptr = keep(host, r, to[i].u.ptr, (size_t)to[i].len);
		if (!to[i].u.ptr)
			return plug_nomem(host, err);
		r->bytes += to[i].len;
	}
	r->bytes += cur->ncols * sizeof *to;
	r->ncells += cur->ncols;
	return DBN_OK;
}
