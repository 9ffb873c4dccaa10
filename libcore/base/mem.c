/* SPDX-License-Identifier: MIT */
/*
 * Heap and arena.  The hooks are written by tests before threads exist; apart
 * from them nothing here is shared.
 */
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static struct dbn_mem_hooks hooks = { malloc, realloc, free };

void
dbn_mem_set_hooks(const struct dbn_mem_hooks *h)
{
	static const struct dbn_mem_hooks real = { malloc, realloc, free };

	hooks = h ? *h : real;
}

void *
dbn_alloc(size_t size)
{
	return hooks.alloc(size ? size : 1);
}

void *
dbn_zalloc(size_t size)
{
	void *p = dbn_alloc(size);

	if (p)
		memset(p, 0, size);
	return p;
}

void *
dbn_realloc(void *p, size_t size)
{
	return hooks.resize(p, size ? size : 1);
}

void *
dbn_alloc_array(size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	return dbn_zalloc(bytes);
}

/* The capacity that holds need, at least doubling; 0: does not fit. */
static size_t
grown(size_t cap, size_t need, size_t size, size_t *bytes)
{
	size_t want = cap < 8 ? 8 : cap;

	while (want < need)
		if (__builtin_mul_overflow(want, (size_t)2, &want))
			return 0;
	return __builtin_mul_overflow(want, size, bytes) ? 0 : want;
}

bool
dbn_grow(void *items_ptr, size_t *cap, size_t need, size_t size)
{
	void *items, *bigger;
	size_t want, bytes;

	if (need <= *cap)
		return true;
	want = grown(*cap, need, size, &bytes);
	if (!want)
		return false;
	memcpy(&items, items_ptr, sizeof items);
	bigger = dbn_realloc(items, bytes);
	if (!bigger)
		return false;
	memcpy(items_ptr, &bigger, sizeof bigger);
	*cap = want;
	return true;
}

void
dbn_free(void *p)
{
	if (p)
		hooks.release(p);
}

char *
dbn_strndup(const char *s, size_t n)
{
	char *p = n < SIZE_MAX ? dbn_alloc(n + 1) : NULL;

	if (!p)
		return NULL;
	if (n)
		memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

char *
dbn_strdup(const char *s)
{
	return dbn_strndup(s, strlen(s));
}

/* ---- arena ---- */

#define ARENA_FIRST 4096
#define ARENA_ALIGN 8

struct dbn_arena_block {
	struct dbn_arena_block *next;
	size_t size;              /* of data */
	alignas(ARENA_ALIGN) char data[];
};

void
dbn_arena_init(dbn_arena *a, size_t limit)
{
	memset(a, 0, sizeof *a);
	a->limit = limit;
}

void
dbn_arena_free(dbn_arena *a)
{
	dbn_arena_block *b = a->blocks, *next;

	for (; b; b = next) {
		next = b->next;
		dbn_free(b);
	}
	a->blocks = NULL;
	a->next = a->end = NULL;
	a->used = 0;
}

void
dbn_arena_reset(dbn_arena *a)
{
	dbn_arena_block *b = a->blocks, *next;

	if (!b)
		return;
	for (; b->next; b = next) {
		next = b->next;
		dbn_free(b);
	}
	a->blocks = b;
	a->next = b->data;
	a->end = b->data + b->size;
	a->used = b->size;
}

static bool
arena_block(dbn_arena *a, size_t need)
{
	size_t size = a->blocks ? a->blocks->size * 2 : ARENA_FIRST;
	dbn_arena_block *b;

	if (size > ((size_t)1 << 20))
		size = (size_t)1 << 20;
	if (size < need)
		size = need;
	if (a->limit && (a->used > a->limit || size > a->limit - a->used)) {
		size = need;
		if (a->used > a->limit || size > a->limit - a->used)
			return false;
	}
	if (size > SIZE_MAX - sizeof *b)
		return false;
	b = dbn_alloc(sizeof *b + size);
	if (!b)
		return false;
	b->next = a->blocks;
	b->size = size;
	a->blocks = b;
	a->used += size;
	a->next = b->data;
	a->end = b->data + size;
	return true;
}

void *
dbn_arena_alloc(dbn_arena *a, size_t size)
{
	char *p;

	if (size > SIZE_MAX - ARENA_ALIGN)
		return NULL;
	if (!size)
		size = 1; /* never NULL but for want of memory */
	size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if ((size_t)(a->end - a->next) < size && !arena_block(a, size))
		return NULL;
	p = a->next;
	a->next += size;
	return p;
}

void *
dbn_arena_zalloc(dbn_arena *a, size_t size)
{
	void *p = dbn_arena_alloc(a, size);

	if (p)
		memset(p, 0, size);
	return p;
}

void *
dbn_arena_array(dbn_arena *a, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	return dbn_arena_zalloc(a, bytes);
}

void *
dbn_arena_memdup(dbn_arena *a, const void *p, size_t n)
{
	void *copy = dbn_arena_alloc(a, n);

	if (copy && n)
		memcpy(copy, p, n);
	return copy;
}

char *
dbn_arena_strndup(dbn_arena *a, const char *s, size_t n)
{
	char *p = n < SIZE_MAX ? dbn_arena_alloc(a, n + 1) : NULL;

	if (!p)
		return NULL;
	if (n)
		memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

dbn_text
dbn_arena_text(dbn_arena *a, dbn_text t)
{
	dbn_text copy;

	copy.ptr = dbn_arena_strndup(a, t.ptr ? t.ptr : "", t.len);
	copy.len = copy.ptr ? t.len : 0;
	return copy;
}

char *
dbn_arena_printf(dbn_arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return NULL;
	p = dbn_arena_alloc(a, (size_t)n + 1);
	if (!p)
		return NULL;
	va_start(ap, fmt);
	(void)vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}

bool
dbn_arena_grow(dbn_arena *a, void *items_ptr, size_t *cap, size_t need, size_t size)
{
	void *items, *bigger;
	size_t want, bytes;

	if (need <= *cap)
		return true;
	want = grown(*cap, need, size, &bytes);
	if (!want)
		return false;
	bigger = dbn_arena_alloc(a, bytes);
	if (!bigger)
		return false;
	memcpy(&items, items_ptr, sizeof items);
	if (*cap)
		memcpy(bigger, items, *cap * size);
	memcpy(items_ptr, &bigger, sizeof bigger);
	*cap = want;
	return true;
}
