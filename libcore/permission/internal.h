/* SPDX-License-Identifier: MIT */
/*
 * Inside permission/: one snapshot with what was learnt from it (dbn_policy_state),
 * and the views under it.  A state lives as long as a subject or the authority
 * holds it; its views live as long as the state.
 *
 * Locks, in this order: authority.reload, authority.call, state.mutex, view.mutex.
 */
#ifndef DBN_PERMISSION_INTERNAL_H
#define DBN_PERMISSION_INTERNAL_H

#include <pthread.h>

#include "base/map.h"
#include "conf/problem.h"
#include "permission/lang.h"
#include "permission/permission.h"

#define DBN_CONDITIONS_MAX 64
#define DBN_RULESETS_MAX 20000      /* kept per view; more are made each time */

extern const dbn_permission_ops dbn__allow_all_ops;

/* A rule that hangs on something: what a view must know before its first plan. */
typedef struct dbn__rule_cond {
	const dbn_text *roles;
	uint32_t nroles, nattrs;
	const uint32_t *attrs;          /* optional attributes, or lists */
	dbn_text when;                  /* empty: none */
	bool guard;                     /* deny or restrictive: unknown applies */
} dbn__rule_cond;

typedef struct dbn_policy_state {
	_Atomic uint32_t refs;
	dbn_authority *authority;
	struct dbn_policy *snap;
	uint64_t epoch;                 /* the authority's */
	dbn_arena arena;
	dbn_lang lang;
	dbn__rule_cond *conds;
	size_t nconds, conds_cap;
	dbn_map restricted;             /* role names with row rules, masks, column lists */
	bool everybody_restricted;
	uint32_t nrules;
	pthread_mutex_t mutex;          /* views */
	dbn_map views;
} dbn_policy_state;

enum { DBN_COND_WHEN = 1, DBN_COND_GUARD, DBN_COND_PRESENT, DBN_COND_EMPTY };
typedef struct dbn__cond {
	uint32_t what, attr;
	dbn_text text;
	dbn_sql_expr *expr;
	bool dynamic;                   /* hangs on $now or $op */
} dbn__cond;

struct dbn_view {
	dbn_policy_state *state;        /* whoever holds a view holds its state too */
	_Atomic uint32_t refs;
	uint64_t id;
	dbn_arena arena;
	dbn_text key;
	const dbn_text *roles;
	size_t nroles;
	dbn__cond conds[DBN_CONDITIONS_MAX];
	uint32_t nconds;
	uint64_t dynamic;
	bool restricted;
	pthread_mutex_t mutex;          /* rulesets */
	dbn_map rulesets;
};

struct dbn_authority {
	dbn_authority_conf conf;
	char *name;
	_Atomic uint64_t epoch;
	_Atomic uint32_t changed;       /* announced, not taken */
	pthread_mutex_t reload;
	pthread_mutex_t call;           /* one call of the provider at a time */
	pthread_mutex_t mutex;          /* state */
	dbn_policy_state *state;
	_Atomic uint64_t next_view;
};

void dbn__authority_enter(dbn_authority *a);
void dbn__authority_leave(dbn_authority *a);
/* The current state, held. */
dbn_policy_state *dbn__authority_state(dbn_authority *a);
void dbn__state_release(dbn_policy_state *s);
/* A new snapshot, read and checked. */
dbn_status dbn__state_load(dbn_authority *a, dbn_policy_state **out, dbn_error **err);

/* The view of these roles, held by the caller; release with dbn__view_release(). */
dbn_status dbn__state_view(dbn_policy_state *s, dbn_text view_key, const dbn_text *roles,
	size_t nroles, dbn_view **out, dbn_error **err);
void dbn__view_release(dbn_view *v);
/* The bit of a condition; 0: the view does not know it. */
uint64_t dbn__view_bit(const dbn_view *v, uint32_t what, dbn_text text, uint32_t attr);
bool dbn__view_has_role(const dbn_view *v, dbn_text role);

/* One rule with its expressions read: arena memory.  view NULL: only checked. */
dbn_status dbn__rule_compile(dbn_arena *a, const dbn_lang *lang, const dbn_view *view,
	const dbn_rule *in, dbn_policy_rule *out, dbn_lang_facts *all, dbn_error **err);
/* Copy of a text with a NUL; ptr NULL: none left. */
dbn_text dbn__text(dbn_arena *a, dbn_text t);

/* Item i of a border's array. */
static inline const void *
dbn__at(const dbn_array *a, uint32_t i)
{
	return (const char *)a->items + (size_t)i * a->stride;
}

#endif
