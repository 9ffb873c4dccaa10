/* SPDX-License-Identifier: MIT */
/*
 * The operations that are broken at every point: each runs on a session, judges
 * what the caller gets and writes down what must be in the table.
 */
#ifndef TESTS_FAILURE_OPS_H
#define TESTS_FAILURE_OPS_H

#include "world.h"

typedef struct op {
	const char *name;
	/* Returns the worst status that its caller got. */
	dbn_status (*run)(dbn_session *s, const char *where, uint64_t timeout_ns);
} op;

extern const op ops[];
extern const size_t nops;
const op *op_named(const char *name);
/* The pool of the operations that take several sessions; NULL: close them. */
void ops_sessions(dbn_pool *p);

#endif
