/* SPDX-License-Identifier: MIT */
/*
 * Inside the rewriter.  One dbn__rw lives for one dbn_rewrite(); all of it is in
 * the statement's arena, but the rulesets, which are released at the end.
 *
 *   rewrite.c        the order of things, results
 *   rewrite_rel.c    relations as the subject sees them, who may what
 *   rewrite_rule.c   a rule's expression bound to a relation and a dialect
 *   rewrite_cond.c   rules combined to conditions on rows
 *   rewrite_cell.c   what one column shows
 *   rewrite_read.c   FROM: virtual relations
 *   rewrite_guard.c  conditions that can fail, kept away from hidden rows
 *   rewrite_expr.c   expressions: masked values
 *   rewrite_query.c  queries and their parts
 *   rewrite_write.c  INSERT, UPDATE, DELETE; rewrite_check.c, rewrite_preset.c
 *   rewrite_touch.c  what is touched, by the statement and by the database
 */
#ifndef DBN_PLAN_REWRITE_IMPL_H
#define DBN_PLAN_REWRITE_IMPL_H

#include <string.h>

#include "base/index.h"
#include "base/map.h"
#include "permission/lang.h"
#include "plan/rewrite.h"

#define TRY(call) do { \
		dbn_status try_rc_ = (call); \
		if (try_rc_ != DBN_OK) \
			return try_rc_; \
	} while (0)

#define RW_DEPTH 1000
#define RW_RAW 0x8000u              /* flag of a column inside a mask or rule: as it is */
#define RW_INNER UINT32_MAX         /* from->id of the table inside a virtual relation */

typedef struct dbn__bound {
	const dbn_sql_expr *was;        /* as the ruleset has it */
	dbn_sql_expr *now;              /* bound to rel->row */
} dbn__bound;

/* How much a value is the policy's and not the row's. */
enum { RW_CLEAR = 0, RW_MASKED = 1, RW_FILTER = 2 }; /* FILTER: masked, predicates may see it */

/* What one column shows: expr on rel->row; NULL: the column itself. */
typedef struct dbn__cell {
	bool done, readable, busy;
	uint8_t taint;
	bool safe;                      /* cannot fail on a hidden row */
	dbn_sql_expr *expr;
	dbn_sql_expr *clear;            /* where it shows the true value; NULL and taint 0: always */
} dbn__cell;

/* One relation as the subject sees it. */
typedef struct dbn__rel {
	dbn_sql_relation seen;          /* what the resolver is given; first member */
	const dbn_sql_relation *orig;
	dbn_sql_from *row;              /* rules are bound to this one */
	dbn_ruleset *set;
	const dbn_policy_rule **on;     /* those that count now, observed ones too */
	uint32_t non;
	uint32_t missing;               /* actions that a rule without its attribute refuses */
	const dbn_policy_rule *missing_rule;
	dbn__bound *bound;
	size_t nbound, bound_cap;
	dbn__cell *cells;               /* per column, on demand */
	uint32_t decided;               /* actions noted as decided */
} dbn__rel;

/* A from-item that is known, by its id - 1. */
typedef struct dbn__item {
	dbn_sql_from *f;
	dbn__rel *rel;                  /* RELATION */
	const dbn_sql_use *use;
	uint8_t *taint, *safe;          /* per output; NULL: all clear and safe */
	uint32_t ok;                    /* output that says 0 where the row is hidden; UINT32_MAX: none */
	bool ruled;                     /* rows are hidden somewhere below */
	bool done;
} dbn__item;

/* One condition on a row: OR of the expressions, or NOT of the only one. */
typedef struct dbn__cond1 {
	const dbn_policy_rule **rules;
	const dbn_sql_expr **exprs;
	uint32_t n;
	bool negated;
} dbn__cond1;
typedef struct dbn__conds {
	dbn__cond1 *v;
	size_t n, cap;
} dbn__conds;

/* Outputs of a query, as its reader must take them. */
typedef struct dbn__shows {
	uint8_t *taint, *safe;
	uint32_t n;
	bool ruled, all_safe;
} dbn__shows;

/* What LATERAL can see to its left, nearest first. */
typedef struct dbn__left {
	dbn_sql_from *f;
	const struct dbn__left *outer;
} dbn__left;

typedef struct dbn__rw {
	dbn_sql_stmt *s;
	const dbn_rewrite_in *in;
	dbn_rewritten *out;
	dbn_arena *a;
	dbn_error **err;
	dbn__rel **rels;
	size_t nrels, rels_cap;
	dbn_index rel_index;            /* of rels, by the true descriptions */
	dbn_index seen_index;           /* by what the resolver was given */
	dbn__item *items;
	size_t nitems, items_cap;
	struct { const dbn_sql_cte *cte; dbn__shows shows; } *ctes;
	size_t nctes, ctes_cap;
	dbn_index cte_index;
	size_t vars_cap, decisions_cap;
	dbn_index decision_index;       /* of out->decisions, by rule and relation */
	const dbn__left *left;          /* seen by the FROM that is being read */
	uint32_t action;                /* the statement's */
	uint32_t depth, dry;            /* dry: learn what is masked, change nothing */
	dbn_status status;              /* the first failure of those that return NULL */
} dbn__rw;

/* ---- rewrite_rel.c ---- */
dbn_sql_catalog dbn__rw_catalog(dbn__rw *rw);
dbn__rel *dbn__rw_rel(const dbn_sql_relation *seen); /* of what the catalogue gave */
/* The true description, where it is what the resolver was given; else itself. */
const dbn_sql_relation *dbn__rw_true(const dbn__rw *rw, const dbn_sql_relation *rel);
bool dbn__rw_grants(const dbn_policy_rule *r, const dbn__rw *rw, dbn_text column);
/* May it at all?  Notes the decision.  DBN_E_DENIED. */
dbn_status dbn__rw_may(dbn__rw *rw, dbn__rel *rel, uint32_t action, uint32_t pos);
/* And this column?  action INSERT or UPDATE (READ: dbn__rw_cell). */
dbn_status dbn__rw_may_column(dbn__rw *rw, dbn__rel *rel, uint32_t action, uint32_t column,
	uint32_t pos);
dbn_status dbn__rw_denied(dbn__rw *rw, const dbn__rel *rel, uint32_t action, dbn_text column,
	const dbn_policy_rule *by, uint32_t pos);
bool dbn__rw_is(const dbn_policy_rule *r, uint32_t action, uint32_t effect, uint32_t kind);
dbn_text dbn__rw_shown(const dbn__rw *rw, const dbn_sql_name *name);
/* Are the two names one? */
bool dbn__rw_same(const dbn__rw *rw, dbn_text a, dbn_text b);
bool dbn__rw_same_table(const dbn__rw *rw, dbn_text a, dbn_text b);

/* ---- rewrite_rule.c ---- */
/* e, compared byte by byte.  NULL: no memory. */
dbn_sql_expr *dbn__rw_exact(dbn__rw *rw, dbn_sql_expr *e);
/* NULL with rw->status: it does not bind. */
dbn_sql_expr *dbn__rw_bind(dbn__rw *rw, dbn__rel *rel, const dbn_policy_rule *r,
	const dbn_sql_expr *e, uint32_t class, const char *what);
/* Conditions under which a row exists for the action. */
dbn_status dbn__rw_using(dbn__rw *rw, dbn__rel *rel, uint32_t action, dbn__conds *out);
/* The same for a write of these columns (a bit each): every one needs a rule that
 * grants it on that row.  check: of the row as it is written. */
dbn_status dbn__rw_writing(dbn__rw *rw, dbn__rel *rel, uint32_t action, const uint64_t *columns,
	bool check, dbn__conds *out);
dbn_status dbn__rw_add_cond(dbn__rw *rw, dbn__conds *c, const dbn_policy_rule **rules,
	const dbn_sql_expr **exprs, uint32_t n, bool negated);
bool dbn__rw_same_conds(const dbn__conds *a, const dbn__conds *b);
/* One of them on a from-item; NULL with rw->status. */
dbn_sql_expr *dbn__rw_cond_on(dbn__rw *rw, dbn__rel *rel, const dbn__cond1 *c, dbn_sql_from *f,
	uint32_t flags);
/* All of them, joined by AND; NULL with rw->status DBN_OK: there are none. */
dbn_sql_expr *dbn__rw_conds_on(dbn__rw *rw, dbn__rel *rel, const dbn__conds *c, dbn_sql_from *f,
	uint32_t flags);
/* An expression of the relation's row on a from-item; flags are set on its columns. */
dbn_sql_expr *dbn__rw_onto(dbn__rw *rw, const dbn__rel *rel, const dbn_sql_expr *e, dbn_sql_from *f,
	uint32_t flags);

/* ---- rewrite_cell.c ---- */
const dbn__cell *dbn__rw_cell(dbn__rw *rw, dbn__rel *rel, uint32_t column);

/* ---- rewrite_query.c ---- */
dbn_status dbn__rw_query(dbn__rw *rw, dbn_sql_query *q, dbn__shows *out);
dbn_status dbn__rw_with(dbn__rw *rw, dbn_sql_with *with);

/* ---- rewrite_read.c ---- */
/* *ruled: rows are hidden in some of it; *safe: none of it can fail or tell. */
dbn_status dbn__rw_from(dbn__rw *rw, dbn_sql_from *f, bool *ruled, bool *safe);
dbn__item *dbn__rw_item(const dbn__rw *rw, const dbn_sql_from *f);
dbn_status dbn__rw_deeper(dbn__rw *rw);
dbn_status dbn__rw_masked_use(dbn__rw *rw, const dbn_sql_expr *e, const char *where);

/* ---- rewrite_expr.c ---- */
dbn_status dbn__rw_orders(dbn__rw *rw, dbn_sql_order *o, uint32_t n, const dbn__shows *outputs,
	const char *where, bool *safe);
dbn_status dbn__rw_window(dbn__rw *rw, dbn_sql_window *w, bool *safe);
/* A value that is used: *taint is RW_CLEAR or RW_FILTER; *safe may be NULL. */
dbn_status dbn__rw_expr(dbn__rw *rw, dbn_sql_expr *e, uint8_t *taint, bool *safe);
/* A value that is only given out. */
dbn_status dbn__rw_output(dbn__rw *rw, dbn_sql_expr *e, uint8_t *taint, bool *safe);

/* ---- rewrite_guard.c ---- */
/* A condition over the from-items: every part of AND at its top that may fail or
 * tell something is put behind a guard, so that it never sees a hidden row.  from
 * may be NULL; visible (may be NULL): where the row of a write's target is. */
dbn_status dbn__rw_where(dbn__rw *rw, dbn_sql_expr **where, dbn_sql_from *from,
	const dbn_sql_expr *visible, bool *safe);
/* HAVING of a core; ruled: rows are hidden in its FROM. */
dbn_status dbn__rw_having(dbn__rw *rw, dbn_sql_core *c, bool ruled, bool *safe);
/* Arguments of a function in FROM, which may fail on them. */
dbn_status dbn__rw_guard_args(dbn__rw *rw, dbn_sql_expr *e);
/* Columns of the target of a write: what they show in the place of what they are. */
dbn_status dbn__rw_substitute(dbn__rw *rw, dbn_sql_expr **e);

/* ---- rewrite_write.c ---- */
dbn_status dbn__rw_write(dbn__rw *rw);

/* ---- rewrite_touch.c ---- */
dbn_status dbn__rw_touches(dbn__rw *rw);

/* ---- rewrite.c ---- */
dbn_status dbn__rw_nomem(dbn__rw *rw);
dbn_status dbn__rw_note(dbn__rw *rw, const dbn_policy_rule *r, const dbn_sql_name *name,
	uint32_t actions);

/* For an index of things by where they stand. */
static inline uint64_t
dbn__rw_hash(const void *p)
{
	return dbn_hash(&p, sizeof(p));
}

/* Out of memory, or what rw->status says, where a maker gave NULL. */
static inline dbn_status
dbn__rw_null(dbn__rw *rw)
{
	return rw->status != DBN_OK ? rw->status : dbn__rw_nomem(rw);
}

#endif
