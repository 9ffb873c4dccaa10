/* SPDX-License-Identifier: MIT */
/*
 * What the files of the generator share.
 */
#ifndef DBN_TEST_SQL_GENERATE_IMPL_H
#define DBN_TEST_SQL_GENERATE_IMPL_H

#include "base/str.h"
#include "sql/generate.h"

/*
 * Classes of columns: 'k' key (an integer), 'i' integer, 'I' integer near the ends of
 * its range (never computed with), 'n' decimal, 'f' floating point, 't' text, 'c' text
 * of which two values differ in case alone, 'b' boolean, 'd' date, 's' timestamp,
 * 'j' JSON object or other, 'A' array of integers, 'W' array of texts (JSON where a
 * database has no arrays).
 */
struct gen_column {
	char name[24];
	char class;
};

struct gen_source {
	char alias[24];             /* "": columns that USING made, called by their names */
	struct gen_column columns[16];
	unsigned ncolumns;
	bool plain;                 /* a table: its key is unique */
};

struct gen_scope {
	struct gen_source sources[8];
	unsigned n;
	struct gen_scope *outer;
};

struct gen {
	dbn_dialect_id dialect;
	uint64_t state;
	dbn_str *out;
	struct gen_scope *scope;
	unsigned names;             /* aliases given */
	int depth;
	bool starred;               /* FROM of a star: see star() */
	bool params;                /* a placeholder may stand here */
	bool in_set;                /* a part of UNION and the like */
	bool named;                 /* outputs must say AS: see in_parens() */
	bool merged;                /* what USING made may be named here */
	const char *target;         /* no subquery reads it; NULL: none */
	char on[64];                /* DISTINCT ON of the query at hand; "": none */
	struct gen_source cte;      /* ncolumns 0: none */
	struct corpus_stmt *stmt;
};

/* generate.c */
uint64_t gen_random(struct gen *g);
unsigned gen_below(struct gen *g, unsigned n);
bool gen_chance(struct gen *g, unsigned percent);
const char *gen_pick(struct gen *g, const char *const *list); /* NULL-ended */
void gen_put(struct gen *g, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void gen_put_text(struct gen *g, const char *form, const char *text); /* for its %s */
void gen_name(struct gen *g, const char *name);     /* "quoted" as the dialect has it */
static inline bool
gen_sqlite(const struct gen *g)
{
	return g->dialect == DBN_DIALECT_SQLITE;
}
static inline bool
gen_postgres(const struct gen *g)
{
	return g->dialect == DBN_DIALECT_POSTGRES;
}
static inline bool
gen_mysql(const struct gen *g)
{
	return g->dialect == DBN_DIALECT_MYSQL;
}

/* generate_expr.c: an expression of a class; of what is in scope. */
void gen_expr(struct gen *g, char class);
void gen_condition(struct gen *g);
void gen_loose(struct gen *g);                      /* true for most rows */
bool gen_column(struct gen *g, const char *classes); /* one of them; false: none there */
void gen_key_order(struct gen *g);                  /* the keys of all sources */
void gen_atom(struct gen *g, char class);           /* a column or a literal */
const char *gen_comparison(struct gen *g);

/* generate_forms.c: what few dialects have.  false: nothing of that class here. */
bool gen_form(struct gen *g, char class);
bool gen_form_condition(struct gen *g);
void gen_rows(struct gen *g);                       /* row values, compared */

/* generate_query.c */
enum { GEN_TOP, GEN_SUB, GEN_SCALAR, GEN_DERIVED, GEN_LATERAL };
/* A query with outputs of these classes ("it"); names: called c0, c1 ... */
void gen_query(struct gen *g, const char *classes, bool names, int where);
void gen_where(struct gen *g);
void gen_select(struct gen *g);                     /* a statement */

/* generate_group.c: what stands in a grouped query or beside a window. */
void gen_aggregate(struct gen *g, char class);
void gen_window(struct gen *g, bool ordered);
void gen_windowed(struct gen *g, bool named);       /* an integer */
bool gen_group_by(struct gen *g, const char *keys); /* true: nothing may sort behind it */

/* generate_from.c */
const char *gen_table(struct gen *g, struct gen_source *out); /* any but the target */
void gen_describe(struct gen_source *out, const char *columns);
void gen_from(struct gen *g, unsigned most);        /* sources of the scope at hand */

/* generate_write.c, generate_insert.c */
void gen_insert(struct gen *g);                     /* into kv */
void gen_write(struct gen *g);

#endif
