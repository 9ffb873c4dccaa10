/* SPDX-License-Identifier: MIT */
/*
 * Rows kept by the driver: the block that fetch() hands out next, results of
 * writing statements, and what buffer() takes off the wire.  Clearing keeps the
 * largest piece of moderate size, so that block after block finds its room again.
 */
#include "driver.h"

#define KEEP_BYTES 65536
#define FIRST_BYTES 1024

void
my_rows_clear(const dbn_host *host, my_rows *r)
{
	my_chunk *best = NULL, *k = r->chunks, *next;

	for (; k; k = next) {
		next = k->next;
		if (k->size <= KEEP_BYTES && (!best || k->size > best->size)) {
			host->release(host, best);
			best = k;
		} else {
			host->release(host, k);
		}
	}
	r->chunks = best;
	if (best) {
		best->next = NULL;
		best->used = 0;
	}
	if (r->cap * sizeof *r->cells > KEEP_BYTES) {
		host->release(host, r->cells);
		r->cells = NULL;
		r->cap = 0;
	}
	r->ncells = r->at = 0;
	r->bytes = 0;
}

void
my_rows_free(const dbn_host *host, my_rows *r)
{
	my_rows_clear(host, r);
	host->release(host, r->chunks);
	host->release(host, r->cells);
	memset(r, 0, sizeof *r);
}

bool
my_rows_grow(const dbn_host *host, my_rows *r, size_t n)
{
	return r->ncells + n <= r->cap ||
		plug_grow(host, &r->cells, &r->cap, r->ncells + n, sizeof *r->cells);
}

/* A new piece, for at least need bytes. */
bool
my_rows_more(const dbn_host *host, my_rows *r, size_t need)
{
	size_t size = r->chunks ? r->chunks->size * 2 : FIRST_BYTES;
	my_chunk *k;

	if (size > 1u << 20)
		size = 1u << 20;
	if (size < need)
		size = need;
	k = (my_chunk *)host->alloc(host, sizeof *k + size);
	if (!k)
		return false;
	k->next = r->chunks;
	k->size = size;
	k->used = 0;
	r->chunks = k;
	return true;
}
