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

/* Room for n bytes, with a NUL behind them. */
char *
my_rows_room(const dbn_host *host, my_rows *r, size_t n)
{
	size_t need = (n + 1 + 7) & ~(size_t)7;
	my_chunk *k = r->chunks;
	char *at;

	if (need < n)
		return NULL;
	if (!k || k->size - k->used < need) {
		size_t size = k ? k->size * 2 : FIRST_BYTES;

		if (size > 1u << 20)
			size = 1u << 20;
		if (size < need)
			size = need;
		k = (my_chunk *)host->alloc(host, sizeof *k + size);
		if (!k)
			return NULL;
		k->next = r->chunks;
		k->size = size;
		k->used = 0;
		r->chunks = k;
	}
	at = (char *)(k + 1) + k->used;
	k->used += need;
	at[n] = 0;
	return at;
}
