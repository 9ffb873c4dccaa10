/* SPDX-License-Identifier: MIT */
/*
 * The syntax tree of a statement: what the parser and the builder make, the
 * resolver binds, permission and plan rewrite, and the printer writes out.
 * Plain data in one arena; borrowed by whoever walks it, one thread at a time.
 * Chains (a AND b AND c, 1+2-3, union all ...) are arrays, never depth.
 */
#ifndef DBN_SQL_TREE_H
#define DBN_SQL_TREE_H

#include "base/mem.h"
#include "sql/catalog.h"
#include "sql/grammar.h"

typedef struct dbn_sql_expr dbn_sql_expr;
typedef struct dbn_sql_query dbn_sql_query;
typedef struct dbn_sql_core dbn_sql_core;
typedef struct dbn_sql_from dbn_sql_from;
typedef struct dbn_sql_cte dbn_sql_cte;
typedef struct dbn_sql_stmt dbn_sql_stmt;

/* ---- expressions ---- */
enum {
	DBN_X_LITERAL = 1,  /* value; text: a number as it was written, or empty */
	DBN_X_PARAM,        /* index: 1.. */
	DBN_X_COLUMN,       /* qual.text; resolved: from (not NULL), index = ordinal 0.. */
	DBN_X_STAR,         /* * or qual.*, in a select list; gone after resolution */
	DBN_X_VARIABLE,     /* text: "user.id", "client.tls", "op", "now"; policy mode only */
	DBN_X_UNARY,        /* op NOT NEG POS BITNOT; args[0] */
	DBN_X_COMPARE,      /* op EQ NE LT LE GT GE; args[0], args[1] */
	DBN_X_CHAIN,        /* AND OR arithmetic || -> : args[0] op args[1] op args[2] ... */
	DBN_X_FUNC,         /* text: name, args; call: DISTINCT, *, FILTER, OVER (may be NULL) */
	DBN_X_CASE,         /* [base] when then when then [else]: see flags */
	DBN_X_CAST,         /* args[0] to text (as written), type */
	DBN_X_IN_LIST,      /* args[0] [NOT] IN args[1..]; = ANY($list) of policies too */
	DBN_X_IN_QUERY,     /* args[0] [NOT] IN query */
	DBN_X_EXISTS,       /* query */
	DBN_X_SUBQUERY,     /* scalar, or a row where a row is compared: query */
	DBN_X_BETWEEN,      /* args[0] [NOT] BETWEEN args[1] AND args[2] */
	DBN_X_IS_NULL,      /* args[0] IS [NOT] NULL */
	DBN_X_IS,           /* args[0] IS [NOT] [DISTINCT FROM] args[1]: NOT set: they differ */
	DBN_X_IS_TRUTH,     /* args[0] IS [NOT] TRUE / FALSE: op DBN_OP_TRUE, DBN_OP_FALSE */
	DBN_X_LIKE,         /* op LIKE GLOB; args[0] [NOT] LIKE args[1] [ESCAPE args[2]] */
	DBN_X_COLLATE,      /* args[0] COLLATE text */
	DBN_X_ROW,          /* (args, ...): two or more; any number with DBN_XF_WORD */
	DBN_X_DEFAULT,      /* DEFAULT: what is stored is the column's own; VALUES of INSERT, SET */
	DBN_X_ARRAY,        /* ARRAY[args, ...] */
	DBN_X_ARRAY_QUERY,  /* ARRAY(query) */
	DBN_X_SUBSCRIPT,    /* args[0] [args[1]], or a slice [args[1]:args[2]]: see flags */
	DBN_X_ANY,          /* args[0] [NOT] op ANY or ALL (args[1]), which is an array */
	DBN_X_ANY_QUERY,    /* args[0] [NOT] op ANY or ALL (query) */
	DBN_X_GROUPING      /* in GROUP BY only: op DBN_OP_ROLLUP, _CUBE, _SETS over args, or
	                     * DBN_OP_NONE: args[0], which is output `index` (0: none) */
};

enum {
	DBN_OP_NONE, DBN_OP_AND, DBN_OP_OR, DBN_OP_NOT,
	DBN_OP_EQ, DBN_OP_NE, DBN_OP_LT, DBN_OP_LE, DBN_OP_GT, DBN_OP_GE,
	DBN_OP_ADD, DBN_OP_SUB, DBN_OP_MUL, DBN_OP_DIV, DBN_OP_MOD,
	DBN_OP_BITAND, DBN_OP_BITOR, DBN_OP_SHL, DBN_OP_SHR, DBN_OP_BITNOT,
	DBN_OP_NEG, DBN_OP_POS, DBN_OP_CONCAT, DBN_OP_JSON, DBN_OP_JSON_TEXT,
	DBN_OP_LIKE, DBN_OP_GLOB, DBN_OP_TRUE, DBN_OP_FALSE,
	/* MySQL's, and PostgreSQL's operators of no level of their own */
	DBN_OP_INT_DIV, DBN_OP_XOR, DBN_OP_BITXOR, DBN_OP_REGEXP, DBN_OP_ILIKE, DBN_OP_SIMILAR,
	DBN_OP_UNKNOWN,
	DBN_OP_REGEX, DBN_OP_IREGEX, DBN_OP_NREGEX, DBN_OP_NIREGEX, DBN_OP_TLIKE, DBN_OP_TILIKE,
	DBN_OP_TNLIKE, DBN_OP_TNILIKE, DBN_OP_CONTAINS, DBN_OP_CONTAINED, DBN_OP_OVERLAP,
	DBN_OP_JSON_PATH, DBN_OP_JSON_PATH_TEXT, DBN_OP_JSON_DELETE, DBN_OP_MATCHES,
	DBN_OP_JSON_FOUND, DBN_OP_HAS, DBN_OP_HAS_ANY, DBN_OP_HAS_ALL, DBN_OP_POWER, DBN_OP_STARTS,
	DBN_OP_SQRT, DBN_OP_CBRT, DBN_OP_ABS, DBN_OP_HASH,
	DBN_OP_ROLLUP, DBN_OP_CUBE, DBN_OP_SETS /* of GROUP BY */
};

/* flags of an expression */
enum {
	DBN_XF_NOT = 1u << 0,       /* IN, BETWEEN, IS, IS NULL, LIKE, EXISTS: negated */
	DBN_XF_BASE = 1u << 1,      /* CASE: args[0] is the base */
	DBN_XF_ELSE = 1u << 2,      /* CASE: the last of args is ELSE */
	DBN_XF_QUOTED = 1u << 3,    /* COLUMN: the name was quoted */
	DBN_XF_EXCLUDED = 1u << 4,  /* COLUMN: excluded.x of an upsert, after resolution */
	DBN_XF_DISTINCT_FROM = 1u << 5, /* IS: was written IS [NOT] DISTINCT FROM */
	DBN_XF_COUNT = 1u << 6,     /* PARAM: of LIMIT or OFFSET: an integer of 0 or more */
	DBN_XF_LIST = 1u << 7,      /* PARAM: element of an IN list: may take a DBN_LIST */
	DBN_XF_CAST = 1u << 8,      /* PARAM: the server cannot tell its type: cast to e->type */
	DBN_XF_BARE = 1u << 9,      /* VARIABLE: beside a column, whose type it takes */
	/* The rest means something else by the kind of expression. */
	DBN_XF_ALL = 1u << 10,      /* ANY, ANY_QUERY: ALL */
	DBN_XF_SYMMETRIC = 1u << 10, /* BETWEEN */
	DBN_XF_WORD = 1u << 10,     /* ROW: ROW(...); CAST: type 'text'; CHAIN, COMPARE: OPERATOR(...) */
	DBN_XF_SLICE = 1u << 10,    /* SUBSCRIPT: [:]; the bounds that are there: */
	DBN_XF_LOWER = 1u << 11, DBN_XF_UPPER = 1u << 12,
	DBN_XF_PAREN = 1u << 13     /* SUBSCRIPT: was in parentheses */
};

enum { DBN_FRAME_NONE, DBN_FRAME_ROWS, DBN_FRAME_RANGE, DBN_FRAME_GROUPS };
enum { DBN_BOUND_NONE, DBN_BOUND_UNBOUNDED_PRECEDING, DBN_BOUND_PRECEDING, DBN_BOUND_CURRENT,
	DBN_BOUND_FOLLOWING, DBN_BOUND_UNBOUNDED_FOLLOWING };
enum { DBN_EXCLUDE_NONE, DBN_EXCLUDE_NO_OTHERS, DBN_EXCLUDE_CURRENT, DBN_EXCLUDE_GROUP,
	DBN_EXCLUDE_TIES };

/* One term of ORDER BY or GROUP BY. */
typedef struct dbn_sql_order {
	dbn_sql_expr *expr;
	uint32_t output;            /* resolved: 1.. stands for that output column; 0: expr */
	uint8_t desc, nulls, reserved0, reserved1; /* nulls: 0 not said, 1 first, 2 last */
} dbn_sql_order;

typedef struct dbn_sql_window {
	dbn_text name;              /* WINDOW name AS (...); OVER name: alone set, all else empty */
	dbn_text base;              /* OVER (base ...) */
	dbn_sql_expr **partition;
	dbn_sql_order *order;
	uint32_t npartition, norder;
	uint8_t frame, start, end, exclude; /* DBN_FRAME_, DBN_BOUND_, DBN_EXCLUDE_ */
	uint8_t parens, reserved0;  /* OVER (...) rather than OVER name */
	uint16_t reserved1;
	dbn_sql_expr *start_expr, *end_expr;
} dbn_sql_window;

typedef struct dbn_sql_call {
	uint8_t distinct, star;     /* count(*) */
	uint16_t reserved0;
	uint32_t fact;              /* resolved: DBN_FN_.. flags of dialect.h; 0: not listed */
	dbn_sql_expr *filter;
	dbn_sql_window *over;
	dbn_sql_order *order;       /* aggregates: ORDER BY inside, or WITHIN GROUP */
	uint32_t norder;
	uint8_t within;
	uint8_t reserved1, reserved2, reserved3;
	dbn_sql_expr *separator;    /* GROUP_CONCAT(... SEPARATOR 'x') */
	/* How it was written, where that is no list: "trim(BOTH $2 FROM $1)"; or NULL */
	const char *form;
} dbn_sql_call;

struct dbn_sql_expr {
	uint16_t kind, op;
	uint16_t flags;
	uint16_t height;            /* of the tree below it, as parsed */
	uint32_t pos;               /* byte offset into the text */
	dbn_type type;              /* inferred; DBN_NULL: not known */
	union {
		dbn_sql_expr **args;
		const dbn_sql_name *full; /* COLUMN: as written, where more than a table stands before it */
	};
	uint32_t nargs;
	uint32_t index;             /* PARAM: number; COLUMN: ordinal */
	dbn_text text;              /* a name, by kind */
	union {                     /* by kind; zero elsewhere */
		dbn_value value;        /* LITERAL */
		struct {
			dbn_text qual;      /* COLUMN, STAR: "t" of t.x */
			dbn_sql_from *from; /* COLUMN, resolved */
		};
		dbn_sql_query *query;   /* where dbn_sql_has_query() */
		dbn_sql_call *call;     /* FUNC */
		const uint16_t *ops;    /* CHAIN: ops[i] before args[i]; NULL: op everywhere */
	};
};

static inline bool
dbn_sql_has_query(const dbn_sql_expr *e)
{
	return e->kind == DBN_X_IN_QUERY || e->kind == DBN_X_EXISTS || e->kind == DBN_X_SUBQUERY ||
		e->kind == DBN_X_ARRAY_QUERY || e->kind == DBN_X_ANY_QUERY;
}

/* ---- from-items ---- */
enum { DBN_FROM_RELATION = 1, DBN_FROM_QUERY, DBN_FROM_CTE, DBN_FROM_JOIN, DBN_FROM_FUNCTION };
enum { DBN_JOIN_COMMA = 1, DBN_JOIN_INNER, DBN_JOIN_CROSS, DBN_JOIN_LEFT, DBN_JOIN_RIGHT,
	DBN_JOIN_FULL, DBN_JOIN_STRAIGHT };
enum {
	DBN_FF_NATURAL = 1u << 0,
	DBN_FF_TARGET = 1u << 1,    /* the relation an INSERT, UPDATE or DELETE writes */
	DBN_FF_NULLABLE = 1u << 2,  /* resolved: on the side of an outer join that may be NULL */
	DBN_FF_ONLY = 1u << 3,      /* ONLY: without what inherits from it */
	DBN_FF_LATERAL = 1u << 4,   /* QUERY: sees what stands before it; FUNCTION: it is written */
	DBN_FF_ORDINALITY = 1u << 5, /* FUNCTION: WITH ORDINALITY */
	DBN_FF_ROWS_FROM = 1u << 6, /* FUNCTION: was written ROWS FROM (...) */
	DBN_FF_LOCKED = 1u << 7     /* resolved: FOR UPDATE or its kin locks its rows */
};

/* A column that a query or from-item shows to the outside. */
typedef struct dbn_sql_outcol {
	dbn_text name;
	dbn_type type;              /* DBN_NULL: not known, or differs by row */
	uint32_t ordinal;           /* of rel, where it is that column unchanged */
	const dbn_sql_relation *rel; /* NULL: an expression */
} dbn_sql_outcol;

/* MySQL: USE, FORCE, IGNORE INDEX [FOR ...] (names). */
enum { DBN_INDEX_USE, DBN_INDEX_FORCE, DBN_INDEX_IGNORE };
enum { DBN_INDEX_FOR_ALL, DBN_INDEX_FOR_JOIN, DBN_INDEX_FOR_ORDER, DBN_INDEX_FOR_GROUP };
typedef struct dbn_sql_index_hint {
	dbn_text *names;
	uint32_t nnames;
	uint8_t what, use, reserved0, reserved1;
} dbn_sql_index_hint;

/* How a relation is read, where that is written. */
typedef struct dbn_sql_scan {
	dbn_text *partitions;       /* MySQL: PARTITION (p0, p1) */
	dbn_sql_index_hint *hints;
	uint32_t npartitions, nhints;
	dbn_text method;            /* TABLESAMPLE method (sample) [REPEATABLE (seed)] */
	dbn_sql_expr *sample, *seed;
} dbn_sql_scan;

/*
 * After resolution a column is (from-item, ordinal).  For RELATION the ordinal
 * counts the relation's columns; for QUERY and CTE the outputs of the query.  To
 * put a derived table in the place of a relation, make its query give output i
 * for column i (DBN_ITEM_SKIP for those nobody reads) and call
 * dbn_sql_from_derive(): columns that point at the from-item stay right.
 */
struct dbn_sql_from {
	uint16_t kind, join;
	uint32_t flags, pos;
	uint32_t id;                /* the printer's own */
	dbn_sql_name name;          /* RELATION, CTE: as written */
	dbn_text alias;             /* as written; may be empty */
	const dbn_sql_relation *rel; /* RELATION, resolved */
	dbn_sql_query *query;       /* QUERY */
	dbn_sql_cte *cte;           /* CTE, resolved */
	dbn_sql_from *left, *right; /* JOIN */
	dbn_sql_expr *on;           /* JOIN; USING and NATURAL become ON by resolution */
	dbn_text *using_cols;
	uint32_t nusing, ncolumns;
	dbn_text *columns;          /* as written: AS t(a, b) */
	dbn_text *names;            /* resolved, with columns: what each ordinal is called */
	dbn_sql_scan *scan;         /* RELATION; NULL: nothing was said */
	dbn_sql_expr **funcs;       /* FUNCTION: a FUNC each, side by side */
	dbn_sql_outcol *cols;       /* FUNCTION, resolved */
	uint32_t nfuncs, ncols;
};

/* ---- queries ---- */
enum { DBN_ITEM_SKIP = 1u << 0 }; /* not printed; its place in the numbering stays */

typedef struct dbn_sql_item {
	dbn_sql_expr *expr;
	dbn_text alias;             /* as written; empty: none */
	dbn_text span;              /* the text of the expression */
	dbn_text written;           /* resolved: a column's name as written, else empty */
	uint32_t flags, reserved0;
} dbn_sql_item;

/* CORE_QUERY: a part in parentheses, or of operators that bind tighter. */
enum { DBN_CORE_SELECT = 1, DBN_CORE_VALUES, DBN_CORE_QUERY };
enum { DBN_SET_FIRST = 0, DBN_SET_UNION, DBN_SET_UNION_ALL, DBN_SET_INTERSECT, DBN_SET_EXCEPT,
	DBN_SET_INTERSECT_ALL, DBN_SET_EXCEPT_ALL };
enum { DBN_GROUP_PLAIN, DBN_GROUP_ALL, DBN_GROUP_DISTINCT, DBN_GROUP_ROLLUP };
/* MySQL: words behind SELECT that change nothing but the way to the result. */
enum { DBN_SELECT_STRAIGHT = 1u << 0, DBN_SELECT_SMALL = 1u << 1, DBN_SELECT_BIG = 1u << 2,
	DBN_SELECT_BUFFER = 1u << 3, DBN_SELECT_NO_CACHE = 1u << 4 };

struct dbn_sql_core {
	uint16_t kind, set;         /* set: how it joins what stands before it */
	uint8_t distinct, group_how; /* group_how: DBN_GROUP_..: GROUP BY ALL, WITH ROLLUP */
	uint16_t modifiers;         /* DBN_SELECT_.. */
	uint32_t pos, nitems;
	dbn_sql_query *query;       /* QUERY */
	dbn_sql_item *items;        /* SELECT */
	dbn_sql_from *from;         /* NULL: none */
	dbn_sql_expr *where, *having;
	dbn_sql_order *group;
	dbn_sql_window **windows;
	dbn_sql_expr **rows;        /* VALUES: each ROW (also of one) */
	dbn_sql_order *on;          /* DISTINCT ON (...) */
	uint32_t ngroup, nwindows, nrows, non;
};

struct dbn_sql_cte {
	dbn_text name;
	dbn_text *columns;          /* as written: WITH q(a, b) */
	uint32_t ncolumns, pos;
	uint16_t recursive;         /* resolved: it reads itself */
	uint8_t materialized, reserved0; /* 0 not said, 1 MATERIALIZED, 2 NOT */
	uint32_t id;                /* the printer's own */
	dbn_sql_query *query;
};

typedef struct dbn_sql_with {
	dbn_sql_cte **ctes;
	uint32_t nctes, recursive;
} dbn_sql_with;

/* FOR UPDATE and its kin. */
enum { DBN_LOCK_UPDATE, DBN_LOCK_NO_KEY_UPDATE, DBN_LOCK_SHARE, DBN_LOCK_KEY_SHARE,
	DBN_LOCK_IN_SHARE_MODE };
enum { DBN_WAIT_EVER, DBN_WAIT_NOT, DBN_WAIT_SKIP, DBN_WAIT_SECONDS };
typedef struct dbn_sql_lock {
	uint8_t strength, wait;     /* DBN_LOCK_, DBN_WAIT_ */
	uint16_t reserved0;
	uint32_t pos, seconds, nnames;
	dbn_text *names;            /* OF ...; none: all */
	dbn_sql_from **items;       /* resolved: RELATION each; nitems of them */
	uint32_t nitems, reserved1;
} dbn_sql_lock;

struct dbn_sql_query {
	uint32_t pos, ncores;
	dbn_sql_with *with;         /* NULL: none */
	dbn_sql_core **cores;       /* ((c0 set c1) set c2) ... */
	dbn_sql_order *order;
	dbn_sql_expr *limit, *offset;
	uint32_t norder, ncols;
	dbn_sql_outcol *cols;       /* resolved: what it gives */
	dbn_sql_lock *locks;
	uint32_t nlocks;
	bool ties;                  /* FETCH FIRST limit ROWS WITH TIES */
	uint8_t reserved0[3];
};

/* ---- statements ---- */
enum { DBN_STMT_SELECT = 1, DBN_STMT_INSERT, DBN_STMT_UPDATE, DBN_STMT_DELETE, DBN_STMT_ADMIN };
enum { DBN_OR_NONE, DBN_OR_ROLLBACK, DBN_OR_ABORT, DBN_OR_FAIL, DBN_OR_IGNORE, DBN_OR_REPLACE };
enum { DBN_ADMIN_DDL = 1, DBN_ADMIN_SETTINGS, DBN_ADMIN_ROUTINE };

/* A column that is written: in INSERT's list, SET, DO UPDATE SET. */
typedef struct dbn_sql_target {
	dbn_text name;
	uint32_t ordinal, pos;      /* ordinal: resolved */
	dbn_text qual;              /* MySQL: "t" of t.x, as written; else empty */
} dbn_sql_target;

/* column = expr, or (columns) = row or subquery */
typedef struct dbn_sql_set {
	dbn_sql_target *columns;
	uint32_t ncolumns, reserved0;
	dbn_sql_expr *expr;
} dbn_sql_set;

typedef struct dbn_sql_upsert {
	dbn_sql_order *target;      /* ON CONFLICT (columns or expressions); none: any */
	dbn_text constraint;        /* ON CONFLICT ON CONSTRAINT: in the place of target */
	dbn_sql_expr *target_where;
	dbn_sql_set *sets;          /* none: DO NOTHING */
	dbn_sql_expr *where;
	uint32_t ntarget, nsets, pos, reserved0;
} dbn_sql_upsert;

struct dbn_sql_stmt {
	uint32_t kind, pos;
	dbn_arena *arena;           /* where it lives: rewriters add to it */
	dbn_text text;              /* as given, in the arena */
	uint32_t nparams;           /* of the text; numbered or not */
	uint32_t nextra;            /* added by rewriters: nparams + 1 .. nparams + nextra */
	dbn_sql_with *with;         /* INSERT, UPDATE, DELETE; a SELECT's is in its query */
	dbn_sql_query *query;       /* SELECT; INSERT's source, NULL: DEFAULT VALUES */
	dbn_sql_from *target;       /* INSERT, UPDATE, DELETE: a RELATION */
	dbn_sql_target *columns;    /* INSERT; resolved: always filled */
	dbn_sql_set *sets;          /* UPDATE */
	dbn_sql_from *from;         /* UPDATE ... FROM, DELETE ... USING */
	dbn_sql_expr *where;
	dbn_sql_order *order;       /* UPDATE, DELETE: norder of them */
	dbn_sql_expr *limit;        /* the same */
	dbn_text row_alias;         /* INSERT ... AS new: what "excluded" is called too */
	dbn_sql_upsert *upserts;    /* INSERT ... ON CONFLICT */
	dbn_sql_item *returning;
	dbn_sql_outcol *returning_cols; /* resolved; nreturning of them */
	uint32_t ncolumns, nsets, nupserts, nreturning, norder;
	uint32_t or_action;         /* DBN_OR_..; REPLACE INTO is INSERT with DBN_OR_REPLACE */
	bool overriding;            /* OVERRIDING SYSTEM VALUE */
	uint32_t admin;             /* DBN_ADMIN_..: runs as written, never resolved */
	bool admin_temp;            /* CREATE TEMP ... */
	dbn_text admin_word;        /* "CREATE TABLE", "PRAGMA" */
	dbn_sql_uses_set constructs; /* of the text, as parsed */
	dbn_sql_name *admin_names;  /* what it is about, where that is easy; nadmin_names of them */
	uint32_t nadmin_names;
};

/* ---- making parts (arena: out of memory gives NULL, and NULL parts give NULL) ---- */
dbn_sql_expr *dbn_sql_expr_new(dbn_arena *a, uint32_t kind, uint32_t op, uint32_t pos,
	size_t nargs);
dbn_sql_expr *dbn_sql_literal(dbn_arena *a, const dbn_value *v);  /* text and bytes are copied */
dbn_sql_expr *dbn_sql_literal_null(dbn_arena *a);
dbn_sql_expr *dbn_sql_literal_bool(dbn_arena *a, bool v);
dbn_sql_expr *dbn_sql_literal_int(dbn_arena *a, int64_t v);
dbn_sql_expr *dbn_sql_literal_text(dbn_arena *a, dbn_text v);
dbn_sql_expr *dbn_sql_param(dbn_arena *a, uint32_t index, dbn_type type);
/* One more parameter behind the user's: its number is nparams + ++nextra. */
dbn_sql_expr *dbn_sql_param_add(dbn_sql_stmt *s, dbn_type type);
dbn_sql_expr *dbn_sql_column_name(dbn_arena *a, dbn_text qual, dbn_text name); /* not resolved */
dbn_sql_expr *dbn_sql_column_ref(dbn_arena *a, dbn_sql_from *from, uint32_t ordinal);
/* and: either may be NULL, which gives the other; or: both are wanted. */
dbn_sql_expr *dbn_sql_and(dbn_arena *a, dbn_sql_expr *l, dbn_sql_expr *r);
dbn_sql_expr *dbn_sql_or(dbn_arena *a, dbn_sql_expr *l, dbn_sql_expr *r);
dbn_sql_expr *dbn_sql_not(dbn_arena *a, dbn_sql_expr *e);
dbn_sql_expr *dbn_sql_compare(dbn_arena *a, uint32_t op, dbn_sql_expr *l, dbn_sql_expr *r);
dbn_sql_expr *dbn_sql_is_null(dbn_arena *a, dbn_sql_expr *e, bool negated);
/* Behind nargs: a dbn_sql_expr * each. */
dbn_sql_expr *dbn_sql_func(dbn_arena *a, const char *name, size_t nargs, ...);
dbn_sql_expr *dbn_sql_cast(dbn_arena *a, dbn_sql_expr *e, const char *type_text, dbn_type type);
/* CASE WHEN cond THEN a ELSE b END; els may be NULL. */
dbn_sql_expr *dbn_sql_case(dbn_arena *a, dbn_sql_expr *cond, dbn_sql_expr *then, dbn_sql_expr *els);

dbn_sql_from *dbn_sql_from_relation(dbn_arena *a, const dbn_sql_relation *rel); /* resolved */
dbn_sql_from *dbn_sql_from_query(dbn_arena *a, dbn_sql_query *q);
dbn_sql_from *dbn_sql_from_join(dbn_arena *a, uint32_t join, dbn_sql_from *l, dbn_sql_from *r,
	dbn_sql_expr *on);
/* Does GROUP BY give rows in which a grouped column is NULL without being so? */
bool dbn_sql_core_has_sets(const dbn_sql_core *c);
/* Turn the from-item into a derived table in place; pointers to it stay right. */
void dbn_sql_from_derive(dbn_sql_from *f, dbn_sql_query *q);
/* SELECT over one from-item (NULL: none) with room for nitems outputs, to be
 * filled in: q->cores[0]->items[i].expr and q->cols[i]. */
dbn_sql_query *dbn_sql_query_select(dbn_arena *a, dbn_sql_from *from, size_t nitems);

/* What a from-item that is not a JOIN shows, after resolution. */
uint32_t dbn_sql_from_ncols(const dbn_sql_from *f);
bool dbn_sql_from_col(const dbn_sql_from *f, uint32_t ordinal, dbn_sql_outcol *out);

/* Deep copies: expressions with their subqueries.  Columns keep pointing at
 * from-items outside of the copy, and at the copies of those inside.
 * NULL: none left. */
dbn_sql_expr *dbn_sql_expr_copy(dbn_arena *a, const dbn_sql_expr *e);
dbn_sql_query *dbn_sql_query_copy(dbn_arena *a, const dbn_sql_query *q);
/* The same, and columns that point at `was` point at `now` in the copy. */
dbn_sql_expr *dbn_sql_expr_copy_onto(dbn_arena *a, const dbn_sql_expr *e, const dbn_sql_from *was,
	dbn_sql_from *now);

/* ---- walking ---- */
#define DBN_SQL_SKIP 2              /* from a visitor: not into the parts of this one */
#define DBN_SQL_DEPTH_MAX 1024      /* deeper trees are DBN_E_LIMIT in every walker */

/*
 * Visit every part once, before its own parts, in the order of the text.  A
 * visitor may be NULL; it may replace *e, *f (the parts of the new one are
 * visited).  DBN_OK goes on, DBN_SQL_SKIP passes over, an error ends the walk.
 * expr_done and query_done come after the parts (not after DBN_SQL_SKIP).
 */
typedef struct dbn_sql_visitor {
	dbn_status (*expr)(dbn_sql_expr **e, void *user);
	dbn_status (*expr_done)(dbn_sql_expr **e, void *user);
	dbn_status (*from)(dbn_sql_from **f, void *user);   /* JOIN nodes too */
	dbn_status (*query)(dbn_sql_query *q, void *user);
	dbn_status (*query_done)(dbn_sql_query *q, void *user);
	void *user;
} dbn_sql_visitor;

dbn_status dbn_sql_walk(dbn_sql_stmt *s, const dbn_sql_visitor *v);
dbn_status dbn_sql_walk_expr(dbn_sql_expr **e, const dbn_sql_visitor *v);
dbn_status dbn_sql_walk_query(dbn_sql_query *q, const dbn_sql_visitor *v);
dbn_status dbn_sql_walk_from(dbn_sql_from **f, const dbn_sql_visitor *v);

const char *dbn_sql_op_name(uint32_t op);   /* "AND", "+"; never NULL */

#endif
