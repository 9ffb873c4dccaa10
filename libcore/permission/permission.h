/* SPDX-License-Identifier: MIT */
/*
 * What the core makes of a permission provider: the policy as it stands now
 * (dbn_authority), who asks (dbn_subject), and the rules of one resource for
 * those who share a view key (dbn_ruleset).  Rules are data; what they mean to
 * a statement is plan/rewrite.h.
 *
 * dbn_authority: any thread.  A dbn_subject belongs to its session: one thread.
 * Rulesets are immutable and counted: any thread.  Calls of the provider are
 * made one at a time, and never with another lock held.
 */
#ifndef DBN_PERMISSION_H
#define DBN_PERMISSION_H

#include <stdatomic.h>

#include "base/mem.h"
#include "base/str.h"
#include "error/error.h"
#include "plugin/registry.h"
#include "sql/parse.h"
#include "sql/resolve.h"

typedef struct dbn_authority dbn_authority;
typedef struct dbn_view dbn_view;        /* those of equal view key, under one snapshot */

/* ---- the authority ---- */
typedef struct dbn_authority_conf {
	const char *name;                /* of the instance, for messages */
	void *self;                      /* kept until close; not destroyed by it */
	const dbn_permission_ops *ops;
	dbn_instance *instance;          /* entered around calls; may be NULL */
	bool allow_all;                  /* no provider: everybody may do everything, by the
	                                    rule "allow-all"; self and ops are not used */
} dbn_authority_conf;

/* Opens the first snapshot and checks all of it: DBN_E_CONFIG with every problem. */
dbn_status dbn_authority_open(const dbn_authority_conf *conf, dbn_authority **out, dbn_error **err);
/* Subjects must be closed before. */
void dbn_authority_close(dbn_authority *a);
/* Moves by one with each snapshot taken; never 0. */
uint64_t dbn_authority_epoch(const dbn_authority *a);
/* From the registry's callback: note that the provider has something new.  Never
 * blocks; the next dbn_authority_refresh() or subject refresh takes it. */
void dbn_authority_changed(dbn_authority *a);
/* Take the new snapshot if one was announced.  A wrong one is reported (DBN_E_CONFIG)
 * and the old one stays.  Blocks as the provider does. */
dbn_status dbn_authority_refresh(dbn_authority *a, dbn_error **err);
/* The same without having been told. */
dbn_status dbn_authority_reload(dbn_authority *a, dbn_error **err);

/* For `dbnexus check`: parse and type every rule of the provider's policy now; all
 * problems at once, each with file:line.  *rules (may be NULL): how many there are. */
dbn_status dbn_permission_check_policy(const dbn_authority_conf *conf, uint32_t *rules,
	dbn_error **err);
/* Is the text a condition of the policy language, given "name:type" each ("region:text",
 * "teams:int64[]")?  *offset: byte of the problem.  For "dbn.predicate/1". */
dbn_status dbn_permission_check_predicate(dbn_text predicate, const dbn_text *attributes,
	size_t nattributes, size_t *offset, dbn_error **err);

/* ---- subjects ---- */
typedef struct dbn_client {
	dbn_text address, name;          /* $client.address, $client.name; ptr NULL: NULL */
	bool tls;
} dbn_client;

/* Where a parameter that a rule brings takes its value from. */
enum {
	DBN_VAR_USER_ID = 1,
	DBN_VAR_ATTRIBUTE = 2,           /* index: of the declared attributes */
	DBN_VAR_CLIENT_ADDRESS = 3,
	DBN_VAR_CLIENT_NAME = 4,
	DBN_VAR_CLIENT_TLS = 5,
	DBN_VAR_NOW = 6                  /* statement start, UTC */
};
typedef struct dbn_var {
	uint16_t source;                 /* DBN_VAR_.. */
	uint16_t index;
	dbn_type type;                   /* what it must be bound as; NOW: TIMESTAMPTZ, TIMESTAMP or DATE */
	uint32_t list;                   /* 1: value is a DBN_LIST of 1.. items: expand the parameter */
} dbn_var;

/* Members are read-only; all but client move when the subject is refreshed. */
typedef struct dbn_subject {
	dbn_authority *authority;
	dbn_text user;
	const dbn_text *roles;           /* sorted, closed */
	size_t nroles;
	const dbn_value *attributes;     /* by declared number; absent ones are DBN_NULL */
	size_t nattributes;
	dbn_client client;
	dbn_view *view;
	dbn_text view_key;               /* equal keys, equal rules (within one epoch) */
	uint64_t view_id;                /* the same as a number: the authority never gives it again */
	uint64_t epoch;                  /* of the authority, when it was resolved */
	int64_t expires_us;              /* wall time; 0: never */
	uint32_t nconditions;            /* 0: dbn_subject_conditions() is 0 */
	bool restricted;                 /* has row rules, masks or column lists: no admin */
	uint8_t reserved0[3];
	struct dbn_subject_memory *memory;
} dbn_subject;

/* Resolve an identity.  All borrowed.  DBN_E_IDENTITY, and what the provider says. */
dbn_status dbn_subject_open(dbn_authority *a, const dbn_identity_in *who, const dbn_client *client,
	dbn_subject **out, dbn_error **err);
void dbn_subject_close(dbn_subject *s);
/* Cheap: must it be resolved again before the next statement?  Tells the session also
 * that a change was announced and not yet taken. */
bool dbn_subject_stale(const dbn_subject *s);
/* Take an announced change, and resolve again if the epoch moved or it expired.  A
 * change that is wrong keeps the old policy (logged once).  DBN_E_IDENTITY: the user
 * is gone: the subject stays as it was and must not be used. */
dbn_status dbn_subject_refresh(dbn_subject *s, dbn_error **err);
/* The value of a variable; text and lists are tied to the subject. */
dbn_status dbn_subject_value(const dbn_subject *s, const dbn_var *var, int64_t now_us,
	dbn_value *out, dbn_error **err);
/* Which conditions hold now: a part of the plan's key and of cache keys.  op: the
 * statement's DBN_ACT_READ, _INSERT, _UPDATE, _DELETE, _DDL, _SETTINGS, _ROUTINE, or 0.  Nothing is allocated. */
uint64_t dbn_subject_conditions_eval(const dbn_subject *s, uint32_t op, int64_t now_us);
static inline uint64_t
dbn_subject_conditions(const dbn_subject *s, uint32_t op, int64_t now_us)
{
	return s->nconditions ? dbn_subject_conditions_eval(s, op, now_us) : 0;
}

/* ---- rules ---- */

/* One mask of a rule. */
typedef struct dbn_rule_mask_expr {
	uint32_t method, keep_first, keep_last, filter; /* DBN_MASK_.. */
	dbn_text column, unit;
	dbn_sql_expr *expr;              /* CONST, EXPR: parsed */
} dbn_rule_mask_expr;
typedef struct dbn_rule_preset_expr {
	dbn_text column, text;
	dbn_sql_expr *expr;
} dbn_rule_preset_expr;

/* A rule with its expressions parsed, not bound to columns.  Copy before binding. */
typedef struct dbn_policy_rule {
	dbn_text id, where;              /* NUL-ended */
	uint32_t effect, kind, actions, flags;
	bool observe;
	uint8_t reserved0[7];
	uint64_t when;                   /* the rule applies where all of these bits are set */
	uint64_t present;                /* attributes it names: see dbn_rule_applies() */
	dbn_text schema, database, name; /* patterns */
	const dbn_text *columns, *hide;
	const dbn_rule_mask_expr *masks;
	const dbn_rule_preset_expr *presets;
	uint32_t ncolumns, nhide, nmasks, npresets;
	dbn_sql_expr *using_, *check;    /* NULL: none */
} dbn_policy_rule;

typedef struct dbn_ruleset {
	_Atomic uint32_t refs;
	uint32_t nrules;
	const dbn_policy_rule *rules;    /* in the policy's order; roles and names match */
	dbn_arena arena;
} dbn_ruleset;

/*
 * The rules of one resource for the subject's view, compiled once.  fold: names of
 * the dialect ignore ASCII case.  system: patterns of allow rules must spell the name.
 * Returned: dbn_ruleset_release().  DBN_E_CONFIG with the rule's place.
 */
typedef struct dbn_rule_query {
	uint32_t kind;                   /* DBN_RESOURCE_.. */
	bool fold, system;
	dbn_sql_name name;               /* FUNCTION: name; DATABASE: database */
	dbn_text default_database, default_schema; /* what a rule means that does not say */
} dbn_rule_query;
dbn_status dbn_subject_rules(const dbn_subject *s, const dbn_rule_query *q, dbn_ruleset **out,
	dbn_error **err);
void dbn_ruleset_release(dbn_ruleset *r);

/* Does the rule count under these conditions?  DBN_RULE_MISSING: it names an attribute
 * that the subject has not: an allow rule grants nothing, any other refuses. */
enum { DBN_RULE_OFF = 0, DBN_RULE_ON = 1, DBN_RULE_MISSING = 2 };
uint32_t dbn_rule_applies(const dbn_policy_rule *r, uint64_t conditions);

/* Is the attribute (an array) empty under these conditions? */
bool dbn_subject_array_empty(const dbn_subject *s, uint32_t attribute, uint64_t conditions);
/* Type of a variable ("user.id" without a dollar), and what to bind; source 0 for
 * $user.roles and $op, which are written as literals.  DBN_E_NOT_FOUND: none. */
dbn_status dbn_subject_variable(const dbn_subject *s, dbn_text name, dbn_var *out, dbn_type *type,
	dbn_type *element, dbn_error **err);

/*
 * May the subject run an administrative statement (DBN_ACT_DDL, _SETTINGS, _ROUTINE)
 * on a database?  Only under an explicit rule, never with row rules.  ids (may be
 * NULL): the rules that decided, comma-separated.  DBN_OK, DBN_E_DENIED.
 */
dbn_status dbn_permission_admin(const dbn_subject *s, uint64_t conditions, dbn_text database,
	uint32_t action, dbn_str *ids, dbn_error **err);
/* May it call a function that is not free?  listed: a free one, which only a deny
 * rule refuses.  position: byte offset in the statement, for the error. */
dbn_status dbn_permission_function(const dbn_subject *s, uint64_t conditions, dbn_text name,
	bool listed, uint32_t position, dbn_str *ids, dbn_error **err);

#endif
