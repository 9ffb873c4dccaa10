/* SPDX-License-Identifier: MIT */
/*
 * The only way to the heap inside libcore.  Tests replace the functions to make
 * the n-th allocation fail; nothing else may.  Also the arena: many small
 * pieces that are freed at once.  Any thread; an arena is one thread's.
 */
#ifndef DBN_BASE_MEM_H
#define DBN_BASE_MEM_H

#include <stdarg.h>
#include <dbnexus/types.h>

struct dbn_mem_hooks {
	void *(*alloc)(size_t size);
	void *(*resize)(void *p, size_t size);
	void (*release)(void *p);
};
/* Tests only, before any other thread runs; NULL restores malloc. */
void dbn_mem_set_hooks(const struct dbn_mem_hooks *hooks);

void *dbn_alloc(size_t size);                       /* uninitialised; NULL: none left */
void *dbn_zalloc(size_t size);                      /* zeroed */
void *dbn_realloc(void *p, size_t size);
void *dbn_alloc_array(size_t count, size_t size);   /* zeroed, overflow checked */
/* Make room for need items of size bytes, at least doubling; false: none left. */
bool dbn_grow(void *items_ptr, size_t *cap, size_t need, size_t size);
void dbn_free(void *p);
char *dbn_strdup(const char *s);
char *dbn_strndup(const char *s, size_t n);

/* ---- arena ---- */
typedef struct dbn_arena_block dbn_arena_block;
typedef struct dbn_arena {
	dbn_arena_block *blocks; /* newest first */
	char *next, *end;
	size_t limit, used;      /* bytes; limit 0: none */
} dbn_arena;

void dbn_arena_init(dbn_arena *a, size_t limit);
void dbn_arena_free(dbn_arena *a);
void dbn_arena_reset(dbn_arena *a);                 /* keeps the first block */
void *dbn_arena_alloc(dbn_arena *a, size_t size);   /* 8-byte aligned, uninitialised */
void *dbn_arena_zalloc(dbn_arena *a, size_t size);
void *dbn_arena_array(dbn_arena *a, size_t count, size_t size); /* zeroed */
void *dbn_arena_memdup(dbn_arena *a, const void *p, size_t n);
char *dbn_arena_strndup(dbn_arena *a, const char *s, size_t n); /* NUL-ended */
dbn_text dbn_arena_text(dbn_arena *a, dbn_text t);  /* copy, NUL-ended; ptr NULL: none left */
char *dbn_arena_printf(dbn_arena *a, const char *fmt, ...) DBN_PRINTF(2, 3);
/* Grow an array held in the arena (copies; the old one is wasted until reset). */
bool dbn_arena_grow(dbn_arena *a, void *items_ptr, size_t *cap, size_t need, size_t size);

#endif
