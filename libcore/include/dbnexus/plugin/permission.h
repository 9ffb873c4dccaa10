/* SPDX-License-Identifier: MIT */
/*
 * The border of a permission provider: immutable snapshots of a policy, who
 * somebody is in it, and which rules apply.  Rules are data; the core compiles
 * and enforces them.  Texts are tied to the snapshot.
 */
#ifndef DBN_PLUGIN_PERMISSION_H
#define DBN_PLUGIN_PERMISSION_H

#include <dbnexus/plugin/driver.h>

DBN_BEGIN_DECLS

struct dbn_policy;

typedef struct dbn_attribute {
	uint32_t struct_size, reserved0;
	dbn_text name;
	dbn_value value;              /* DBN_ARRAY for lists */
} dbn_attribute;

/** A declared attribute: predicates are typed by it. */
typedef struct dbn_attribute_decl {
	uint32_t struct_size;
	dbn_type type;                /* DBN_ARRAY: of element */
	dbn_type element;
	uint32_t required;
	dbn_text name;
} dbn_attribute_decl;

/** Who asks, as the application says it. */
typedef struct dbn_identity_in {
	uint32_t struct_size, reserved0;
	dbn_text user;                /* id; empty if token is given */
	dbn_text token;               /* for providers that read tokens */
	dbn_array attributes;         /* dbn_attribute: asserted by the application */
} dbn_identity_in;

/** Who that is.  Tied to the snapshot until release_subject(). */
typedef struct dbn_subject_out {
	uint32_t struct_size, reserved0;
	dbn_text user;
	dbn_array roles;              /* dbn_text: closed under inheritance, sorted */
	dbn_array attributes;         /* dbn_attribute */
	dbn_text view_key;            /* equal view keys MUST get equal rules; empty: made of the roles */
	int64_t expires_us;           /* wall time; 0: never */
	void *memory;                 /* the provider's own */
} dbn_subject_out;

enum { DBN_RESOURCE_RELATION = 1, DBN_RESOURCE_FUNCTION = 2, DBN_RESOURCE_DATABASE = 3 };

/** A resource: database.schema.name, or the name of a function. */
typedef struct dbn_resource {
	uint32_t struct_size, kind;
	dbn_text database, schema, name;
} dbn_resource;

enum { DBN_RULE_ALLOW = 1, DBN_RULE_DENY = 2 };
enum { DBN_RULE_PERMISSIVE = 1, DBN_RULE_RESTRICTIVE = 2 };
enum { DBN_RULE_ENFORCE = 1, DBN_RULE_OBSERVE = 2 };
enum { DBN_RULE_TRIGGERS_TRUSTED = 1u << 0 };

enum { DBN_MASK_NULL = 1, DBN_MASK_CONST = 2, DBN_MASK_PARTIAL = 3, DBN_MASK_TRUNCATE = 4,
	DBN_MASK_HASH = 5, DBN_MASK_EXPR = 6 };
typedef struct dbn_mask {
	uint32_t struct_size, method;
	dbn_text column;
	dbn_text value;               /* CONST: literal; TRUNCATE: unit; EXPR: expression */
	uint32_t keep_first, keep_last;
	uint32_t filter;              /* 1: predicates see the masked value */
	uint32_t reserved0;
} dbn_mask;

typedef struct dbn_preset {
	uint32_t struct_size, reserved0;
	dbn_text column, value;       /* value: an expression of the policy language */
} dbn_preset;

typedef struct dbn_rule {
	uint32_t struct_size, effect, kind, mode, flags, reserved0;
	dbn_text id, where;           /* where: "policy.conf:18" */
	dbn_array roles;              /* dbn_text; "*": everybody */
	uint32_t resource_kind, actions; /* DBN_ACT_.. */
	dbn_text database, schema, name; /* patterns: "*" matches all of a part */
	dbn_array columns, hide;      /* dbn_text; columns empty: all */
	dbn_text using_, check, when; /* predicates; empty: none */
	dbn_array masks;              /* dbn_mask */
	dbn_array presets;            /* dbn_preset */
} dbn_rule;

enum { DBN_POLICY_CHANGE_GRANT = 1, DBN_POLICY_CHANGE_REVOKE = 2, DBN_POLICY_CHANGE_RULE = 3,
	DBN_POLICY_CHANGE_DROP = 4 };
typedef struct dbn_policy_change {
	uint32_t struct_size, what;
	dbn_text user, role;          /* GRANT, REVOKE */
	const dbn_rule *rule;         /* RULE; DROP: only its id */
} dbn_policy_change;
typedef struct dbn_apply_opts {
	dbn_call call;
	uint64_t if_epoch;            /* 0: whatever it is */
	dbn_text by;                  /* who asks, for the record */
} dbn_apply_opts;

enum { DBN_LIST_RULES = 1, DBN_LIST_ROLES = 2, DBN_LIST_USERS = 3 };

typedef struct dbn_permission_ops {
	uint32_t struct_size, flags;
	/** Required.  An immutable view; several may live.  epoch moves with each change. */
	dbn_status (*open_snapshot)(void *self, const dbn_call *, struct dbn_policy **out,
		uint64_t *epoch, dbn_error **err);
	/** Required. */
	void (*close_snapshot)(struct dbn_policy *);
	/** Required.  The declared attributes, tied to the snapshot. */
	dbn_status (*attributes)(struct dbn_policy *, dbn_array *out, dbn_error **err);
	/** Required.  DBN_E_IDENTITY: nobody of that name. */
	dbn_status (*resolve)(struct dbn_policy *, const dbn_identity_in *, const dbn_call *,
		dbn_subject_out *out, dbn_error **err);
	/** Required. */
	void (*release_subject)(struct dbn_policy *, dbn_subject_out *);
	/** Required.  Every rule that may apply to these roles, resource and actions, in
	 *  the policy's order.  A superset is allowed; names that differ only in ASCII
	 *  case are wanted (the core knows whether it counts).  A rule lives until each()
	 *  returns, its texts and arrays as long as the snapshot.  What each() returns
	 *  other than DBN_OK ends the call and is returned. */
	dbn_status (*rules)(struct dbn_policy *, dbn_text view_key, const dbn_text *roles, size_t nroles,
		const dbn_resource *, uint32_t actions,
		dbn_status (*each)(const dbn_rule *, void *user), void *user, dbn_error **err);
	/** Required.  All rules (dbn_rule), or the names (dbn_text) of all roles or users:
	 *  for check, diff and show. */
	dbn_status (*list)(struct dbn_policy *, uint32_t what,
		dbn_status (*each)(const void *item, void *user), void *user, dbn_error **err);
	/** Changes, all or nothing. */
	dbn_status (*apply)(void *self, const dbn_policy_change *, size_t n, const dbn_apply_opts *,
		uint64_t *epoch, dbn_error **err);
} dbn_permission_ops;

DBN_END_DECLS
#endif
