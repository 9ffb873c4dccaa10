/* SPDX-License-Identifier: MIT */
/*
 * Binding a tree to the catalogue: every relation to its description, every
 * column to (from-item, ordinal), * spelled out, types inferred.  And saying
 * what the statement touches, for authorisation.  Changes the tree in place.
 */
#ifndef DBN_SQL_RESOLVE_H
#define DBN_SQL_RESOLVE_H

#include "sql/dialect.h"
#include "sql/tree.h"

/* One reference to a relation.  A relation that is written and read by the same
 * from-item (UPDATE) is one use with both. */
typedef struct dbn_sql_use {
	const dbn_sql_relation *rel;
	dbn_sql_from *from;
	uint32_t actions;           /* DBN_ACT_READ, _INSERT, _UPDATE, _DELETE of plugin/driver.h */
	uint32_t pos;
	uint64_t *reads, *writes;   /* bit per ordinal, (ncolumns + 63) / 64 words */
} dbn_sql_use;

typedef struct dbn_sql_func_use {
	dbn_text name;              /* as written */
	uint32_t pos, nargs;
	const dbn_sql_func_fact *fact; /* NULL: not listed */
	dbn_sql_expr *expr;
} dbn_sql_func_use;

enum {
	DBN_PARAM_COUNT = 1u << 0,  /* LIMIT or OFFSET: integer, 0 or more */
	DBN_PARAM_LIST = 1u << 1,   /* stands alone in an IN list everywhere: DBN_LIST is fine */
	DBN_PARAM_CAST = 1u << 2,   /* its type is a declared cast */
	DBN_PARAM_USED = 1u << 3,
	DBN_PARAM_NO_LIST = 1u << 4, /* also stands elsewhere */
	DBN_PARAM_MERGED = 1u << 5  /* MySQL: of no type, in a column of a set operation */
};
typedef struct dbn_sql_param_info {
	dbn_type type;              /* DBN_NULL: what the C value is */
	uint32_t flags, pos, ordinal;
	const dbn_sql_relation *rel; /* compared with, or stored in, rel's column ordinal */
	const struct dbn_room *room; /* of the columns it is stored in; NULL: all */
	dbn_text stored;            /* the name of the first of them */
} dbn_sql_param_info;

enum {
	DBN_SQL_AGGREGATES = 1u << 0,   /* somewhere in the statement */
	DBN_SQL_VOLATILE = 1u << 1,     /* a volatile function */
	DBN_SQL_LIMIT_NO_ORDER = 1u << 2,
	DBN_SQL_WRITES = 1u << 3,
	DBN_SQL_HAS_RETURNING = 1u << 4,
	DBN_SQL_UNLISTED_FN = 1u << 5,
	DBN_SQL_RECURSIVE = 1u << 6,
	DBN_SQL_SUBQUERIES = 1u << 7,   /* in expressions or FROM */
	DBN_SQL_WINDOWS = 1u << 8,
	DBN_SQL_LOCKS = 1u << 9         /* FOR UPDATE or its kin */
};

typedef struct dbn_sql_result {
	dbn_sql_use *uses;
	dbn_sql_func_use *funcs;
	dbn_sql_param_info *params; /* params[i] is number i + 1 */
	const dbn_sql_outcol *cols; /* what the caller sees; ncols 0: no rows */
	uint32_t nuses, nfuncs, nparams, ncols;
	uint32_t flags, reserved0;
} dbn_sql_result;

/*
 * Resolve a statement of kind SELECT, INSERT, UPDATE or DELETE (ADMIN:
 * DBN_E_INVALID).  The catalogue is asked once for each name.  Result and tree
 * live in s->arena; relations must outlive it.
 * Returns: DBN_OK; DBN_E_SYNTAX with a position; what lookup returns (a
 * DBN_E_NOT_FOUND becomes DBN_E_SYNTAX "no such table"); DBN_E_LIMIT.
 */
dbn_status dbn_sql_resolve(dbn_sql_stmt *s, const dbn_sql_dialect *d, const dbn_sql_catalog *cat,
	dbn_sql_result *out, dbn_error **err);

/* The type of a $variable, without '$'.  DBN_E_NOT_FOUND: no such variable. */
typedef struct dbn_sql_vars {
	dbn_status (*type)(void *user, dbn_text name, dbn_type *type, dbn_error **err);
	void *user;
} dbn_sql_vars;

/*
 * Resolve a bare expression over one row: columns bind to `row` (a RELATION or
 * QUERY from-item; NULL: no columns), subqueries through the catalogue (NULL:
 * refused).  d is the dialect whose functions and folding apply.  out->uses has
 * one use for row (when it has columns read) and one for each subquery relation.
 */
dbn_status dbn_sql_resolve_expr(dbn_arena *a, const dbn_sql_dialect *d, dbn_sql_expr **e,
	dbn_sql_from *row, const dbn_sql_catalog *cat, const dbn_sql_vars *vars,
	dbn_sql_result *out, dbn_error **err);

/*
 * Can the resolved expression neither fail nor tell anything about a row but by
 * its value?  Only comparisons, IN, BETWEEN, LIKE with a constant pattern, IS,
 * AND, OR, NOT, CASE and pure total functions over columns and values.
 */
bool dbn_sql_expr_is_leakproof(const dbn_sql_dialect *d, const dbn_sql_expr *e);

/* ---- converts.c ---- */
/* May the operator itself (not what is below it) convert an operand, and fail on
 * some of its values?  A resolved expression. */
bool dbn_sql_converts(const dbn_sql_dialect *d, const dbn_sql_expr *e);
/* Is the expression a condition as it stands, without being converted to one? */
bool dbn_sql_is_truth(const dbn_sql_dialect *d, const dbn_sql_expr *e);

static inline bool
dbn_sql_bit(const uint64_t *bits, uint32_t i)
{
	return bits && (bits[i / 64] >> (i % 64)) & 1;
}

#endif
