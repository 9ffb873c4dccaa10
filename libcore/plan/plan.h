/* SPDX-License-Identifier: MIT */
/*
 * A statement compiled for a view key, and the cache of such plans.  A plan is
 * immutable and counted; running one allocates nothing.  Plans are found by
 * (view, conditions, database, whole text).  Any thread; each stripe of the
 * cache has a lock, held for a look-up only.  The bound in bytes is of all plans
 * that were put there and still live, whoever holds them.
 */
#ifndef DBN_PLAN_H
#define DBN_PLAN_H

#include <stdatomic.h>

#include "audit/audit.h"
#include "cache/cache.h"
#include "crypto/crypto.h"
#include "permission/permission.h"
#include "plan/catalog.h"
#include "plan/rewrite.h"
#include "plan/route.h"
#include "pool/connset.h"
#include "shard/shard.h"
#include "value/room.h"

typedef struct dbn_plan_param {
	dbn_type type;                   /* DBN_NULL: as it comes */
	uint32_t flags;                  /* DBN_PARAM_.. of sql/resolve.h */
	const dbn_room *room;            /* of the column it is stored in; NULL: all */
	dbn_text stored;                 /* that column's name */
} dbn_plan_param;

typedef struct dbn_plan_version {
	const dbn_sql_relation *rel;
} dbn_plan_version;

typedef struct dbn_plan {
	_Atomic uint32_t refs;
	_Atomic uint64_t seen_epoch;     /* catalogue epoch at which it was last found current */
	uint64_t id;                     /* of what is prepared; never used again */
	uint64_t hash;                   /* of the key below */
	uint64_t view_id, policy_epoch, conditions;
	dbn_text text;                   /* as given */
	dbn_catalog *catalog;

	uint32_t kind;                   /* DBN_STMT_.. */
	uint32_t action;                 /* DBN_ACT_.. */
	uint32_t audit_action;           /* DBN_AUDIT_.. */
	uint32_t admin;                  /* DBN_ADMIN_.. */
	dbn_pstmt_recipe recipe;         /* canonical text, types, accesses */
	dbn_plan_param *params;          /* of the user */
	dbn_var *extra;
	const dbn_type *types;           /* of parameters, the user's and extra, by number */
	uint32_t nparams, nextra;
	bool returns_rows, read_only, cacheable, lists, restricted, must_finish, observed;
	bool insert;
	bool key;                        /* the first column is the generated key, and hidden */
	bool groupable;                  /* may travel with statements of others: see groupable.c */
	bool checks;                     /* it raises where a rule refuses a row */
	bool reserved0[4];
	dbn_sql_sent sent;               /* placeholders without numbers: their values */
	bool calls;                      /* functions that a policy must grant */
	const char *in_txn_only;         /* NULL, or why: see dbn_plan_borrowed() */
	dbn_text never_undone;           /* a relation it writes that no rollback undoes; or empty */
	uint32_t ncols, nhidden;         /* the caller sees ncols; the driver gives nhidden more */
	dbn_column_info *columns;        /* ncols; names NUL-ended */
	uint8_t *masked;
	dbn_route route;
	dbn_digest digest;               /* of canonical text and routes */
	uint64_t ttl_ns;
	dbn_text *tags;                  /* cache: relations read; write: relations changed */
	uint32_t ntags;
	/* audit */
	dbn_text fingerprint;
	dbn_text *relations, *rules;
	uint32_t nrelations, nrules;
	dbn_audit_part audit;            /* the three above, laid out */
	dbn_catalog_hold *held;          /* descriptions that the tree points at */
	dbn_plan_version *versions;
	uint32_t nversions;
	size_t bytes;                    /* what it takes in the cache */
	_Atomic size_t *counted;         /* the cache's sum that has them until it is freed; or NULL */
	_Atomic uint32_t pins;           /* sessions that find it without asking the cache */
	char *explain;                   /* JSON, where it was asked for; NUL-ended */
	struct dbn_plan *chain, *newer, *older; /* the cache's own */
	/* the tree stays, for lists: printing it is one thread's at a time */
	dbn_sql_stmt *stmt;
	const dbn_sql_dialect *dialect;
	pthread_mutex_t printing;
	dbn_arena arena;                 /* of everything above */
} dbn_plan;

/* borrowed.c */
enum { DBN_BORROWED_IN_TXN = 1, DBN_BORROWED_NEVER = 2 };
/* What it calls of the connection's own state: noted, or refused. */
dbn_status dbn_plan__borrowed(dbn_plan *p, const dbn_sql_result *r, dbn_error **err);
/* The refusal of a plan with in_txn_only outside a transaction. */
dbn_status dbn_plan_borrowed(const dbn_plan *p, dbn_error **err);
/* That of one with never_undone where all or nothing is promised. */
dbn_status dbn_plan_not_undone(const dbn_plan *p, dbn_error **err);

/* What a plan is compiled from. */
typedef struct dbn_plan_in {
	const dbn_subject *subject;
	uint64_t conditions;
	const dbn_dialect *driver;
	const dbn_sql_dialect *dialect;
	const dbn_sql_limits *limits;
	const dbn_shards *shards;        /* NULL: not sharded */
	dbn_cache *cache;                /* NULL: nothing is cacheable */
	dbn_catalog *catalog;
	const char *database;
	bool explain;                    /* also fill plan->explain */
} dbn_plan_in;

/* DBN_ACT_..: what a statement, parsed, is to the policy. */
uint32_t dbn_plan_action(const dbn_sql_stmt *s);
/* For plan.c and explain.c: what has been made so far. */
bool dbn_plan__groupable(const dbn_plan *p, const dbn_rewritten *rw);
char *dbn_plan__explain(const dbn_plan_in *in, const dbn_plan *p, const dbn_rewritten *rw);

/* Compile; *out has one reference.  expand: see dbn_sql_print(); NULL: none. */
dbn_status dbn_plan_compile(const dbn_plan_in *in, dbn_text text, dbn_plan **out, dbn_error **err);
/* Canonical text for lists of these lengths, one per parameter (the user's, then
 * extra), into out; sent: see dbn_sql_print_sent(). */
dbn_status dbn_plan_expand(dbn_plan *plan, const uint32_t *expand, size_t n, dbn_str *out,
	dbn_sql_sent *sent,
	dbn_error **err);
void dbn_plan_release(dbn_plan *p);
static inline void
dbn_plan_retain(dbn_plan *p)
{
	atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
}
/* Do the descriptions it was made from still hold?  The database may be asked. */
bool dbn_plan_current(dbn_plan *p);
/* The same if that is known at once. */
static inline bool
dbn_plan_seen(const dbn_plan *p)
{
	return atomic_load_explicit(&p->seen_epoch, memory_order_relaxed) ==
		dbn_catalog_epoch(p->catalog);
}

/* ---- the cache ---- */
typedef struct dbn_plans dbn_plans;
dbn_status dbn_plans_open(size_t max_bytes, dbn_plans **out, dbn_error **err);
void dbn_plans_close(dbn_plans *ps); /* nobody else has a plan of it any more */
uint64_t dbn_plan_key(uint64_t view_id, uint64_t conditions, const dbn_catalog *c, dbn_text text);
/* A reference, or NULL. */
dbn_plan *dbn_plans_find(dbn_plans *ps, uint64_t hash, uint64_t view_id, uint64_t conditions,
	const dbn_catalog *c, dbn_text text);
/* Keep it (a reference of the cache's own), in place of an equal older one.  What
 * others hold is not put out: it would free nothing.  False: there is no room. */
bool dbn_plans_put(dbn_plans *ps, dbn_plan *p);
/* A session wants to find it by itself, with a reference of its own, until unpin.
 * Half of the bound may be pinned; false: not this one. */
bool dbn_plans_pin(dbn_plans *ps, dbn_plan *p);
void dbn_plans_unpin(dbn_plans *ps, dbn_plan *p);
/* Moves where there was no room: sessions should unpin what they have not used of late. */
uint32_t dbn_plans_pressure(const dbn_plans *ps);
void dbn_plans_clear(dbn_plans *ps);
void dbn_plans_count(dbn_plans *ps, uint64_t *plans, uint64_t *bytes, uint64_t *evicted);

#endif
