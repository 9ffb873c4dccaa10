/* SPDX-License-Identifier: MIT */
/*
 * Makes the n-th allocation of the core fail and counts what is alive.  Any
 * thread may allocate meanwhile; arming and asking are the test's own.
 */
#ifndef TESTS_FAULT_ALLOC_H
#define TESTS_FAULT_ALLOC_H

#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"

static _Atomic int64_t fault_left, fault_live;

static inline void *
fault_alloc(size_t size)
{
	void *p;

	if (atomic_load(&fault_left) > 0 && atomic_fetch_sub(&fault_left, 1) == 1)
		return NULL;
	p = malloc(size);
	if (p)
		atomic_fetch_add(&fault_live, 1);
	return p;
}

static inline void *
fault_resize(void *p, size_t size)
{
	void *q;

	if (!p)
		return fault_alloc(size);
	if (atomic_load(&fault_left) > 0 && atomic_fetch_sub(&fault_left, 1) == 1)
		return NULL;
	q = realloc(p, size);
	return q;
}

static inline void
fault_release(void *p)
{
	if (p)
		atomic_fetch_sub(&fault_live, 1);
	free(p);
}

/* The n-th allocation from now on fails; 0: none. */
static inline void
fault_arm(int64_t n)
{
	static const struct dbn_mem_hooks hooks = { fault_alloc, fault_resize, fault_release };

	atomic_store(&fault_left, n);
	dbn_mem_set_hooks(&hooks);
}

/* True: the armed failure has happened. */
static inline bool
fault_happened(void)
{
	return atomic_exchange(&fault_left, 0) == 0;
}

#endif
