/* SPDX-License-Identifier: MIT */
/*
 * Facts of the SQL dialects as data: how names are quoted and folded, which
 * forms exist, which functions are known and what may be believed of them.
 * Static and constant; any thread.
 */
#ifndef DBN_SQL_DIALECT_H
#define DBN_SQL_DIALECT_H

#include <dbnexus/plugin/driver.h>

#include "base/str.h"

/* What a listed function is.  Not listed: authorisation asks for a grant. */
enum {
	DBN_FN_LISTED = 1u << 0,
	DBN_FN_PURE = 1u << 1,      /* its arguments are all it reads; it changes nothing */
	DBN_FN_TOTAL = 1u << 2,     /* gives a value for every argument: never an error */
	DBN_FN_AGGREGATE = 1u << 3,
	DBN_FN_WINDOW = 1u << 4,    /* only with OVER */
	DBN_FN_VOLATILE = 1u << 5,  /* random(), current_timestamp: not the same twice */
	DBN_FN_MINMAX = 1u << 6,    /* aggregate with one argument, plain with more */
	DBN_FN_UNSTABLE = 1u << 7   /* depends on settings of the session: pinned, not constant */
};

typedef struct dbn_sql_func_fact {
	const char *name;           /* lower case */
	uint32_t flags;
	int8_t min_args, max_args;  /* max -1: any number */
	uint16_t reserved0;
	dbn_type type;              /* DBN_NULL: as the arguments, or not known */
} dbn_sql_func_fact;

enum {
	DBN_SQL_BACKTICK = 1u << 0,     /* `name` */
	DBN_SQL_BRACKET = 1u << 1,      /* [name] */
	DBN_SQL_GLOB = 1u << 2,
	DBN_SQL_VARIABLES = 1u << 3,    /* $user.id: the policy language */
	DBN_SQL_EXTRACT = 1u << 4,      /* extract(hour FROM x) */
	DBN_SQL_IS_ANY = 1u << 5,       /* a IS b with any b */
	DBN_SQL_ALIAS_IN_WHERE = 1u << 6, /* an output alias may stand for its expression */
	DBN_SQL_ROWID = 1u << 7,        /* rowid, oid, _rowid_ */
	DBN_SQL_PG_PRECEDENCE = 1u << 8, /* PostgreSQL's operator levels instead of SQLite's */
	DBN_SQL_COLON_CAST = 1u << 9,   /* x::type */
	DBN_SQL_FOLD_LOWER = 1u << 10,  /* names without quotes are lower case */
	DBN_SQL_EXACT_NAMES = 1u << 11, /* names compare byte by byte; else ASCII case is ignored */
	DBN_SQL_EXACT_TABLES = 1u << 12, /* those of tables and schemas do */
	DBN_SQL_NEST_COMMENT = 1u << 13, /* comments nest */
	DBN_SQL_EXEC_COMMENT = 1u << 14, /* what stands in some comments is run: refused */
	DBN_SQL_HASH_COMMENT = 1u << 15, /* # to the end of the line */
	DBN_SQL_DASH_SPACE = 1u << 16,  /* -- is a comment only before a space */
	DBN_SQL_DOLLAR_QUOTE = 1u << 17, /* $tag$ ... $tag$ */
	DBN_SQL_E_STRING = 1u << 18,    /* E'\n' */
	DBN_SQL_MUNCH = 1u << 19,       /* operators are as long as can be: =- and =+ aside */
	DBN_SQL_ALIAS_IN_GROUP = 1u << 20,
	DBN_SQL_ALIAS_IN_HAVING = 1u << 21,
	DBN_SQL_INTERSECT_FIRST = 1u << 22, /* INTERSECT binds tighter than UNION and EXCEPT */
	DBN_SQL_MY_PRECEDENCE = 1u << 23, /* MySQL's operator levels */
	DBN_SQL_NULL_SAFE = 1u << 24,   /* <=> */
	DBN_SQL_HEX_NUMBER = 1u << 25,  /* 0xff */
	DBN_SQL_HEX_BLOB = 1u << 26,    /* x'ff' is bytes */
	DBN_SQL_DOUBLE_EQ = 1u << 27,   /* == */
	DBN_SQL_STRING_ALIAS = 1u << 28, /* AS 'name' */
	DBN_SQL_NULLS_FIRST = 1u << 29, /* NULL sorts below all; without words for it elsewhere */
	DBN_SQL_PLAIN_PARAMS = 1u << 30 /* placeholders have no numbers: values go in their order */
};

enum { DBN_TYPE_SIZED = 1u << 0 };  /* (n) or (n,m) may follow */
typedef struct dbn_sql_type_fact {
	const char *name;           /* lower case, as it is written */
	const char *print;          /* as it is printed */
	dbn_type type;
	uint32_t flags;
} dbn_sql_type_fact;

typedef struct dbn_sql_dialect {
	dbn_dialect_id id;          /* 0: the policy language */
	uint32_t flags;
	const char *name;           /* "sqlite" */
	const dbn_sql_func_fact *funcs; /* sorted by name */
	size_t nfuncs;
	const dbn_sql_type_fact *types; /* what CAST takes, by name; none: whatever is written */
	size_t ntypes;
	const char *const *reserved; /* lower case, sorted: words that are no names */
	size_t nreserved;
	const char *const *casts;   /* by dbn_type: what a value is cast to */
	size_t ncasts;
	const char *const *collations;  /* NULL-ended; the first is the binary one */
	const char *own_schema;     /* what the driver calls the connection's own: not printed */
	uint32_t max_joins;
	char quote;                 /* of names */
	uint8_t output_max;         /* bytes the database keeps of an output's name; 0: all */
	uint8_t reserved0[2];
} dbn_sql_dialect;

/* NULL: no such dialect. */
const dbn_sql_dialect *dbn_sql_dialect_get(dbn_dialect_id id);
/* Is the word reserved in this dialect, beside the words of the grammar? */
bool dbn_sql_reserved(const dbn_sql_dialect *d, dbn_text word);
/* Bare expressions over a row, $user.*, $client.*, $op, $now. */
const dbn_sql_dialect *dbn_sql_dialect_policy(void);
/* By name, ASCII case ignored; NULL: not listed. */
const dbn_sql_func_fact *dbn_sql_function(const dbn_sql_dialect *d, dbn_text name);
/* signatures.c: the letter of a call's argument i (from 0), and the type it stands for;
 * DBN_NULL: none of its own. */
char dbn_sql_argument(const dbn_sql_dialect *d, const dbn_sql_func_fact *fact, uint32_t nargs,
	uint32_t i);
dbn_type dbn_sql_argument_type(char letter);
/* A function that may stand in FROM: its columns; none: one, called as its alias is. */
#define DBN_SQL_TABLE_FUNC_COLUMNS 8
typedef struct dbn_sql_table_func {
	dbn_sql_func_fact fact;
	uint32_t ncols;
	const char *cols[DBN_SQL_TABLE_FUNC_COLUMNS];
	dbn_type types[DBN_SQL_TABLE_FUNC_COLUMNS];
} dbn_sql_table_func;
/* By name, ASCII case ignored; NULL: none of that name is known. */
const dbn_sql_table_func *dbn_sql_table_function(const dbn_sql_dialect *d, dbn_text name);
/* The type of that name, where it may stand in a cast; *sized: "(10,2)" or empty. */
const dbn_sql_type_fact *dbn_sql_cast_type(const dbn_sql_dialect *d, dbn_text written,
	dbn_text *sized);
/* What to cast to for values of this type; NULL: nothing. */
const char *dbn_sql_cast_name(const dbn_sql_dialect *d, dbn_type type);
/* Are two names one? */
static inline bool
dbn_sql_same_name(const dbn_sql_dialect *d, dbn_text a, dbn_text b)
{
	return d->flags & DBN_SQL_EXACT_NAMES ? dbn_text_eq(a, b) : dbn_text_ieq(a, b);
}
/* The same for tables and schemas. */
static inline bool
dbn_sql_same_table(const dbn_sql_dialect *d, dbn_text a, dbn_text b)
{
	return d->flags & DBN_SQL_EXACT_TABLES ? dbn_text_eq(a, b) : dbn_text_ieq(a, b);
}
/* The type that values of a declared type have ("VARCHAR(20)"); DBN_NULL: any. */
dbn_type dbn_sql_declared_type(const dbn_sql_dialect *d, dbn_text declared);

#endif
