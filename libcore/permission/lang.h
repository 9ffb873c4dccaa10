/* SPDX-License-Identifier: MIT */
/*
 * The policy language: one expression from text, what it names, whether its
 * types go together, and its value where it needs no row.  No lock, no state.
 */
#ifndef DBN_PERMISSION_LANG_H
#define DBN_PERMISSION_LANG_H

#include "base/mem.h"
#include "base/str.h"
#include "error/error.h"
#include "value/value.h"
#include "sql/parse.h"
#include <dbnexus/plugin/permission.h>

#define DBN_LANG_DEPTH 256

typedef struct dbn_lang_attr {
	dbn_text name;              /* NUL-ended */
	dbn_type type, element;     /* DBN_ARRAY: of element */
	bool required;
} dbn_lang_attr;

/* The variables there are, beside the fixed ones. */
typedef struct dbn_lang {
	const dbn_lang_attr *attrs;
	uint32_t nattrs;
} dbn_lang;

/* Fixed variables; an attribute is DBN_LANG_ATTR + its number. */
enum {
	DBN_LANG_USER_ID = 1, DBN_LANG_ROLES, DBN_LANG_ADDRESS, DBN_LANG_NAME, DBN_LANG_TLS,
	DBN_LANG_OP, DBN_LANG_NOW, DBN_LANG_ATTR = 16
};
/* By name, without '$'; 0: no such variable. */
uint32_t dbn_lang_variable(const dbn_lang *l, dbn_text name, dbn_type *type, dbn_type *element);

/* Classes of types that may be compared with each other. */
enum { DBN_LC_ANY = 0, DBN_LC_BOOL, DBN_LC_NUMBER, DBN_LC_TEXT, DBN_LC_BYTES, DBN_LC_TIME,
	DBN_LC_OTHER, DBN_LC_ARRAY };
uint32_t dbn_lang_class(dbn_type t);

/* What an expression names. */
typedef struct dbn_lang_facts {
	bool columns, subqueries, now, op;
	uint32_t nattrs;
	uint32_t *attrs;            /* numbers, each once; in the arena */
} dbn_lang_facts;

enum { DBN_LANG_NO_COLUMNS = 1u << 0 }; /* neither columns nor subqueries */
/*
 * Parse and check as far as that goes without a relation: variables, functions,
 * types.  want: the DBN_LC_.. it must have (ANY: whatever).  Variables get their
 * type and index (DBN_LANG_..).  Errors are DBN_E_SYNTAX with a position.
 */
dbn_status dbn_lang_parse(dbn_arena *a, const dbn_lang *l, dbn_text text, uint32_t want,
	uint32_t flags, dbn_sql_expr **out, dbn_lang_facts *facts, dbn_error **err);
/* The types again, once columns are bound. */
dbn_status dbn_lang_check(const dbn_lang *l, const dbn_sql_expr *e, uint32_t want, dbn_error **err);
/* Its class; columns that are not bound are ANY. */
uint32_t dbn_lang_class_of(const dbn_sql_expr *e);
/* The list of `x = ANY($v)` and `x IN ($v)`, which are one: the variable, or NULL. */
const dbn_sql_expr *dbn_lang_array_of(const dbn_sql_expr *e);

/* The variables of the subject's policy. */
struct dbn_subject;
const dbn_lang *dbn_subject_lang(const struct dbn_subject *s);

/* ---- value without a row ---- */
typedef struct dbn_lang_env {
	dbn_text user;
	const dbn_text *roles;
	size_t nroles;
	const dbn_value *attributes; /* DBN_NULL: not set */
	dbn_text address, name;
	bool tls;
	uint32_t op;                /* DBN_ACT_.. */
	int64_t now_us;
} dbn_lang_env;
enum { DBN_LANG_FALSE = 0, DBN_LANG_TRUE = 1, DBN_LANG_UNKNOWN = 2 };
/* Allocates nothing; what does not fit its scratch is unknown. */
uint32_t dbn_lang_eval(const dbn_sql_expr *e, const dbn_lang_env *env);

#endif
