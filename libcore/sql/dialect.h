/* SPDX-License-Identifier: MIT */
/*
 * Facts of the SQL dialects as data: how names are quoted and folded, which
 * forms exist, which functions are known and what may be believed of them.
 * Static and constant; any thread.
 */
#ifndef DBN_SQL_DIALECT_H
#define DBN_SQL_DIALECT_H

#include <dbnexus/plugin/driver.h>

/* What a listed function is.  Not listed: authorisation asks for a grant. */
enum {
	DBN_FN_LISTED = 1u << 0,
	DBN_FN_PURE = 1u << 1,      /* its arguments are all it reads; it changes nothing */
	DBN_FN_TOTAL = 1u << 2,     /* gives a value for every argument: never an error */
	DBN_FN_AGGREGATE = 1u << 3,
	DBN_FN_WINDOW = 1u << 4,    /* only with OVER */
	DBN_FN_VOLATILE = 1u << 5,  /* random(), current_timestamp: not the same twice */
	DBN_FN_MINMAX = 1u << 6     /* aggregate with one argument, plain with more */
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
	DBN_SQL_COLON_CAST = 1u << 9    /* x::type */
};

typedef struct dbn_sql_dialect {
	dbn_dialect_id id;          /* 0: the policy language */
	uint32_t flags;
	const char *name;           /* "sqlite" */
	const dbn_sql_func_fact *funcs; /* sorted by name */
	size_t nfuncs;
	const char *const *collations;  /* NULL-ended; the first is the binary one */
	uint32_t max_joins, reserved0;
} dbn_sql_dialect;

/* NULL: not a dialect this library reads yet. */
const dbn_sql_dialect *dbn_sql_dialect_get(dbn_dialect_id id);
/* Bare expressions over a row, $user.*, $client.*, $op, $now. */
const dbn_sql_dialect *dbn_sql_dialect_policy(void);
/* By name, ASCII case ignored; NULL: not listed. */
const dbn_sql_func_fact *dbn_sql_function(const dbn_sql_dialect *d, dbn_text name);
/* The type that values of a declared type have ("VARCHAR(20)"); DBN_NULL: any. */
dbn_type dbn_sql_declared_type(const dbn_sql_dialect *d, dbn_text declared);

#endif
