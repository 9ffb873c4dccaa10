/* SPDX-License-Identifier: MIT */
/*
 * Everything that is wrong, collected and then reported in one go.  One thread.
 */
#ifndef DBN_CONF_PROBLEM_H
#define DBN_CONF_PROBLEM_H

#include "conf/tree.h"
#include <dbnexus/config.h>

#define DBN_PROBLEMS_MAX 200        /* the rest is counted only */

typedef struct dbn_problem {
	struct dbn_problem *next;
	const char *file, *text, *hint;
	uint32_t line;
} dbn_problem;

typedef struct dbn_problems {
	dbn_arena arena;
	dbn_problem *first;
	uint32_t count;             /* also of those not kept */
	bool nomem;
} dbn_problems;

void dbn_problems_init(dbn_problems *p);
void dbn_problems_free(dbn_problems *p);
/* hint NULL: none. */
void dbn_problem_at(dbn_problems *p, const char *file, uint32_t line, const char *hint,
	const char *fmt, ...) DBN_PRINTF(5, 6);
void dbn_problem_node(dbn_problems *p, const dbn_conf_node *node, const char *hint,
	const char *fmt, ...) DBN_PRINTF(4, 5);
/* An error as a problem of the node; freed here.  Its own place wins. */
void dbn_problem_error(dbn_problems *p, const dbn_conf_node *node, dbn_error *err);
/* DBN_OK where there is none; else DBN_E_CONFIG with all of them. */
dbn_status dbn_problems_fail(dbn_problems *p, dbn_error **err);

#endif
