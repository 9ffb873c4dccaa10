/* SPDX-License-Identifier: MIT */
/*
 * Inside the router.  One dbn__router lives for one dbn_route_plan().
 *
 *   route.c        placements, keys, INSERT, one execution
 *   route_fact.c   what the conditions of each query level say of its columns
 */
#ifndef DBN_PLAN_ROUTE_IMPL_H
#define DBN_PLAN_ROUTE_IMPL_H

#include "error/error.h"
#include "plan/route.h"

#define DBN__ROUTE_DEPTH DBN_SQL_DEPTH_MAX

typedef struct dbn__fact {
	const dbn_sql_from *from;
	uint32_t ordinal, reserved0;
	dbn_route_part part;
} dbn__fact;

/* An equality of two columns. */
typedef struct dbn__edge {
	const dbn_sql_expr *a, *b;
} dbn__edge;

typedef struct dbn__router {
	const dbn_sql_stmt *s;
	const dbn_rewritten *rw;
	const dbn_shards *shards;
	dbn_arena *a;
	dbn_route *out;
	dbn_error **err;
	dbn__fact *facts;
	size_t nfacts, facts_cap;
	dbn__edge *edges;           /* of the level being read */
	size_t nedges, edges_cap;
	const dbn_sql_from **leaves;
	size_t nleaves, leaves_cap;
	size_t keys_cap;
	const dbn_placement *target; /* SHARDED, or NULL */
	dbn_text single;            /* the table that fixed out->shard */
} dbn__router;

/* ---- route_fact.c ---- */
dbn_status dbn__route_too_deep(dbn__router *r);
/* A parameter of the user, or a literal. */
bool dbn__route_constant(const dbn__router *r, const dbn_sql_expr *e, dbn_route_part *out);
bool dbn__route_is_column(const dbn_sql_expr *e);
/* What the column is known to be; NULL: nothing is known.  Moves with the next fact. */
const dbn_route_part *dbn__route_known(const dbn__router *r, const dbn_sql_from *f,
	uint32_t ordinal);
bool dbn__route_key_column(const dbn_placement *p, dbn_text name);
/* Learn from one level: its from-items (either may be NULL) and its condition. */
dbn_status dbn__route_level(dbn__router *r, const dbn_sql_from *target, const dbn_sql_from *from,
	const dbn_sql_expr *where);
/* A visitor of queries: learn from each level of q.  user: the router. */
dbn_status dbn__route_query(dbn_sql_query *q, void *user);

#endif
