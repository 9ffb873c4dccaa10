/* SPDX-License-Identifier: MIT */
/*
 * From a parsed statement to one that may run: resolve it over the subject's
 * virtual relations, authorise every use, and rewrite it so that what the
 * policy hides does not exist for it.  One call; what cannot be enforced exactly
 * is refused.  Changes the tree in place; one thread at a time per statement.
 */
#ifndef DBN_PLAN_REWRITE_H
#define DBN_PLAN_REWRITE_H

#include "permission/permission.h"
#include "sql/print.h"

/* A relation whose data the statement depends on or changes. */
enum {
	DBN_TOUCH_READ = 1u << 0,        /* the user's statement reads it */
	DBN_TOUCH_WRITE = 1u << 1,       /* it is the target */
	DBN_TOUCH_POLICY = 1u << 2,      /* a rule's subquery reads it */
	DBN_TOUCH_EFFECT_READ = 1u << 3, /* the database reads it: a view's base, a trigger */
	DBN_TOUCH_EFFECT_WRITE = 1u << 4 /* the database changes it: trigger, cascade */
};
typedef struct dbn_touch {
	const dbn_sql_relation *rel;     /* the catalogue's; NULL: not to be found (an effect) */
	dbn_sql_name name;
	uint32_t how;                    /* DBN_TOUCH_.. */
	uint32_t actions;                /* DBN_ACT_.. of the statement, for audit */
	dbn_text by;                     /* effects: the trigger, constraint or view */
} dbn_touch;

/* What a rule did, for audit and explain. */
typedef struct dbn_decision {
	dbn_text rule, where;            /* id, "policy.conf:18" */
	dbn_sql_name relation;           /* or the function's name */
	uint32_t actions;
	bool observed;                   /* mode = observe: it would have applied */
	uint8_t reserved0[3];
} dbn_decision;

typedef struct dbn_rewrite_in {
	const dbn_subject *subject;
	uint64_t conditions;             /* dbn_subject_conditions() of this execution */
	const dbn_sql_dialect *dialect;
	const dbn_sql_catalog *catalog;  /* the true one: relations outlive the plan's compilation */
	uint64_t capabilities;           /* DBN_CAP_.. of the driver: REQUIRE_FN, RETURNING */
} dbn_rewrite_in;

/* Everything lives in the statement's arena, but texts of relations, which are the
 * catalogue's, and of decisions, which are copied. */
typedef struct dbn_rewritten {
	dbn_sql_result result;           /* of resolution: params, columns, flags; relations are true ones */
	dbn_var *extra;                  /* values for parameters nparams + 1 ..; s->nextra of them */
	uint8_t *masked;                 /* per output column (result.ncols): 1: the policy replaces cells */
	uint32_t nhidden;                /* columns appended to RETURNING: drop them, from the end.
	                                    With result.ncols == 0 the statement returns rows all the
	                                    same: step through them, give none */
	uint32_t nextra;
	dbn_touch *touches;              /* distinct relations; tags of the cache, versions of the plan */
	dbn_decision *decisions;
	dbn_access *accesses;            /* what prepare will report, effects included */
	uint32_t ntouches, ndecisions, naccesses;
	bool uses_now;                   /* results must not be cached */
	bool restricted;                 /* rows, cells or columns are hidden: withhold error details
	                                    that quote stored values or name columns */
	bool key;                        /* the first column is the generated key, and hidden */
	bool wrote_rules;                /* a check runs in RETURNING: the statement must run to its end */
	uint8_t reserved0[4];
} dbn_rewritten;

/*
 * Resolve, authorise, rewrite.  s: SELECT, INSERT, UPDATE or DELETE as parsed or built
 * (not resolved yet).  Administrative statements: dbn_permission_admin().
 * Returns: DBN_OK; DBN_E_DENIED; DBN_E_SYNTAX (also: a column that is hidden reads as
 * one that is not there); DBN_E_UNSUPPORTED: cannot be enforced exactly, with the reason;
 * DBN_E_CONFIG: a rule does not bind, with file:line; what lookup returns; DBN_E_LIMIT.
 */
dbn_status dbn_rewrite(dbn_sql_stmt *s, const dbn_rewrite_in *in, dbn_rewritten *out,
	dbn_error **err);

/*
 * May the subject do this to the relation, at least on some rows?  action: one
 * DBN_ACT_..; column empty: any.  DBN_OK, DBN_E_DENIED (with the reason), DBN_E_SYNTAX:
 * no such column.
 */
dbn_status dbn_rewrite_can(const dbn_rewrite_in *in, const dbn_sql_name *relation, dbn_text column,
	uint32_t action, dbn_error **err);

#endif
