/* SPDX-License-Identifier: MIT */
/*
 * What the files of the resolver share.  Functions that return bool have set
 * r->status and the error when they return false.  Internal to sql/.
 */
#ifndef DBN_SQL_RESOLVER_H
#define DBN_SQL_RESOLVER_H

#include "base/index.h"
#include "base/str.h"
#include "error/error.h"
#include "sql/resolve.h"

/* A from-item as names see it. */
struct dbn_sql_src {
	dbn_sql_from *f;
	dbn_text name;              /* alias, or the relation's own name */
	dbn_text also;              /* RETURNING: the relation's name beside its alias */
	uint64_t *merged;           /* columns that USING or NATURAL took over: not seen alone */
	bool excluded;              /* excluded.x: only with its qualifier */
	bool barred;                /* left of the RIGHT or FULL join that is being read */
};

/* A column of a RIGHT or FULL join with USING: coalesce of both sides. */
struct dbn_sql_merge {
	const dbn_sql_from *f;
	uint32_t ordinal;
	dbn_sql_expr *expr;
};

/* A column that USING or NATURAL made of two. */
struct dbn_sql_shared {
	const dbn_sql_from *join;
	dbn_sql_from *f, *right;    /* the columns of its two sides */
	uint32_t ordinal, right_ordinal;
};

struct dbn_sql_scope {
	struct dbn_sql_scope *outer;
	struct dbn_sql_src *srcs;
	struct dbn_sql_merge *merges;
	size_t nsrcs, srcs_cap, nmerges, merges_cap;
	size_t lo, hi;              /* srcs that can be seen now; hi SIZE_MAX: all */
	const dbn_sql_item *items;  /* outputs whose aliases can be seen */
	const dbn_sql_outcol *cols;
	uint32_t nitems;
	uint32_t aliases;           /* DBN_SQL_ALIAS_IN_..: the clause at hand */
	bool ordering;              /* ORDER BY: tables before aliases */
	const dbn_sql_core *having; /* whose HAVING is read; else NULL */
	dbn_sql_from *from;         /* the query's FROM; NULL: none */
	struct dbn_sql_shared *shared;
	size_t nshared, shared_cap;
};

/* A CTE that can be seen. */
struct dbn_sql_named {
	dbn_sql_cte *cte;
	int state;                  /* -1 stands later, 0 no columns, 1 may read itself, 2 done */
};

/* Those of one WITH. */
struct dbn_sql_env {
	struct dbn_sql_env *outer;
	struct dbn_sql_named *ctes;
	dbn_index names;            /* of them */
	bool done_only;             /* those that are not done yet are no names: no RECURSIVE */
};

/* A parameter that wants a cast to what it is elsewhere. */
struct dbn_sql_untyped {
	dbn_sql_expr *e;
	const char *of;             /* the function that cannot do without; NULL: it is text */
};

struct dbn_sql_seen {
	dbn_sql_name name;
	const dbn_sql_relation *rel;
};

typedef struct dbn_sql_resolver {
	dbn_arena *a;
	const dbn_sql_dialect *d;
	const dbn_sql_catalog *cat; /* NULL: no subqueries */
	const dbn_sql_vars *vars;
	dbn_sql_result *out;
	size_t uses_cap, funcs_cap, params_cap, seen_cap, nseen;
	struct dbn_sql_seen *seen;
	dbn_index seen_index;       /* by the name as it is written */
	struct dbn_sql_env *env;
	struct dbn_sql_untyped *untyped;
	size_t nuntyped, untyped_cap;
	const dbn_sql_name *full;   /* of the column that is looked for; or NULL */
	const dbn_sql_column *storing; /* that parameters now found are stored in; or NULL */
	uint32_t depth;
	uint32_t aggregates;        /* whose arguments are being read */
	uint32_t copied, shown;     /* by aliases and stars: bounded */
	uint64_t work;              /* names compared: bounded */
	dbn_status status;
	dbn_error **err;
} dbn_sql_resolver;

/* resolve.c */
bool dbn_sql__rfail(dbn_sql_resolver *r, uint32_t pos, const char *hint, const char *fmt, ...)
	DBN_PRINTF(4, 5);
bool dbn_sql__rlimit(dbn_sql_resolver *r, uint32_t pos, const char *what);
bool dbn_sql__rnomem(dbn_sql_resolver *r);
bool dbn_sql__down(dbn_sql_resolver *r, uint32_t pos);      /* one level deeper */
bool dbn_sql__relation(dbn_sql_resolver *r, dbn_sql_from *f, uint32_t actions);
bool dbn_sql__mark_read(dbn_sql_resolver *r, dbn_sql_from *f, uint32_t ordinal);
void dbn_sql__mark_write(dbn_sql_resolver *r, dbn_sql_from *f, uint32_t action, uint32_t ordinal);
bool dbn_sql__param(dbn_sql_resolver *r, dbn_sql_expr *e);
void dbn_sql__param_type(dbn_sql_resolver *r, dbn_sql_expr *e, dbn_type type,
	const dbn_sql_relation *rel, uint32_t ordinal, bool cast);
bool dbn_sql__note_function(dbn_sql_resolver *r, dbn_sql_expr *e);
bool dbn_sql__note_table_function(dbn_sql_resolver *r, dbn_sql_expr *e,
	const dbn_sql_func_fact *fact);

/* scope.c */
bool dbn_sql__add_src(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_from *f,
	bool excluded);
bool dbn_sql__add_from(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_from *f);
bool dbn_sql__column(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_expr **e);
bool dbn_sql__is_called(const dbn_sql_resolver *r, const struct dbn_sql_src *s, dbn_text qual);
/* Not part of *, and so not of NATURAL. */
bool dbn_sql__is_hidden(const dbn_sql_from *f, uint32_t ordinal);
dbn_sql_expr *dbn_sql__plain_ref(dbn_sql_resolver *r, dbn_sql_from *f, uint32_t ordinal,
	uint32_t pos);
/* The same, or what USING of a RIGHT or FULL join made of the column. */
dbn_sql_expr *dbn_sql__ref(dbn_sql_resolver *r, const struct dbn_sql_scope *sc, dbn_sql_from *f,
	uint32_t ordinal, uint32_t pos);
/* star.c */
/* What * or qual.* stands for, one by one; a negative status ends it. */
bool dbn_sql__star(dbn_sql_resolver *r, struct dbn_sql_scope *sc, const dbn_sql_expr *star,
	bool (*each)(dbn_sql_resolver *r, dbn_sql_expr *e, dbn_text name, void *user), void *user);
/* The ordinal a name has in a relation; rowid names count. */
bool dbn_sql__find_column(dbn_sql_resolver *r, const dbn_sql_relation *rel, dbn_text name,
	uint32_t pos, uint32_t *ordinal);
bool dbn_sql__copy(dbn_sql_resolver *r, const dbn_sql_expr *e, dbn_sql_expr **out);

/* resolve_expr.c */
bool dbn_sql__rexpr(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_expr **e);
bool dbn_sql__rwindow(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_window *w);
/* A value of this type is wanted: told to the parameters it may come from. */
void dbn_sql__expect(dbn_sql_resolver *r, dbn_sql_expr *e, dbn_type type,
	const dbn_sql_relation *rel, uint32_t ordinal);
/* What column the expression is, if it is one unchanged. */
bool dbn_sql__plain(const dbn_sql_expr *e, dbn_sql_outcol *out);

#define DBN_SQL_MAX_WORK ((uint64_t)100000000)
#define DBN_SQL_MAX_COLUMNS 2000 /* of one query, SQLite's own limit */
#define DBN_SQL_MAX_SHOWN 200000 /* columns that stars stand for, in all */

/* resolve_names.c: the name the original text would have given an output, where it
 * has no alias; column n (from 0). */
bool dbn_sql__output_name(dbn_sql_resolver *r, const dbn_sql_item *it, uint32_t n, dbn_text *out);

/* resolve_from.c */
bool dbn_sql__rfunctions(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_from *f);
bool dbn_sql__rnames(dbn_sql_resolver *r, dbn_sql_from *f);     /* AS t(a, b) */
bool dbn_sql__rlocks(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_query *q);

/* resolve_groups.c */
bool dbn_sql__is_aggregate(const dbn_sql_resolver *r, const dbn_sql_expr *e);
bool dbn_sql__has_aggregate(dbn_sql_resolver *r, dbn_sql_expr *e); /* outside of subqueries */
/* Neither an aggregate of this query nor a window may stand there: "WHERE". */
bool dbn_sql__no_groups(dbn_sql_resolver *r, const struct dbn_sql_scope *sc, dbn_sql_expr *e,
	const char *place);
/* Nor one in the arguments of another. */
bool dbn_sql__in_call(dbn_sql_resolver *r, const struct dbn_sql_scope *sc, const dbn_sql_expr *e);
bool dbn_sql__rhaving(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_core *c);
/* MySQL: HAVING names grouped columns, what aggregates read, and outputs by alias. */
bool dbn_sql__having_sees(const dbn_sql_resolver *r, const struct dbn_sql_scope *sc,
	const dbn_sql_from *f, uint32_t ordinal);

/* resolve_items.c */
bool dbn_sql__ritems(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_item **items,
	uint32_t *n, dbn_sql_outcol **cols);
bool dbn_sql__rorder(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_query *q);
bool dbn_sql__rgroup(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_core *c);
/* DISTINCT ON, whose terms may name or number outputs. */
bool dbn_sql__ron(dbn_sql_resolver *r, struct dbn_sql_scope *sc, dbn_sql_core *c,
	const dbn_sql_outcol *cols);
bool dbn_sql__unique_names(dbn_sql_resolver *r, dbn_sql_query *q);

/* resolve_query.c */
bool dbn_sql__rquery(dbn_sql_resolver *r, struct dbn_sql_scope *outer, dbn_sql_query *q,
	struct dbn_sql_named *self);
bool dbn_sql__rwith(dbn_sql_resolver *r, struct dbn_sql_scope *outer, dbn_sql_with *w);

/* resolve_write.c */
bool dbn_sql__rinsert(dbn_sql_resolver *r, dbn_sql_stmt *s);
bool dbn_sql__rupdate(dbn_sql_resolver *r, dbn_sql_stmt *s);
bool dbn_sql__rdelete(dbn_sql_resolver *r, dbn_sql_stmt *s);

#endif
