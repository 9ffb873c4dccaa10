/* SPDX-License-Identifier: MIT */
/*
 * Decisions that need no statement tree: administration and functions.
 */
#include "permission/internal.h"

static dbn_status
denied(const dbn_subject *s, const char *what, dbn_text name, const dbn_policy_rule *by,
	uint32_t position, dbn_error **err)
{
	if (by)
		return dbn_fail_at(err, DBN_E_DENIED, position, "Ask whoever keeps the policy.",
			"user \"%.*s\" may not %s \"%.*s\": rule \"%s\" (%s) denies it",
			DBN_TEXT_ARG(s->user), what, DBN_TEXT_ARG(name), by->id.ptr, by->where.ptr);
	return dbn_fail_at(err, DBN_E_DENIED, position, "A rule of the policy must allow it.",
		"user \"%.*s\" may not %s \"%.*s\": no rule allows it", DBN_TEXT_ARG(s->user), what,
		DBN_TEXT_ARG(name));
}

static void
note(dbn_str *ids, const dbn_policy_rule *r)
{
	if (!ids)
		return;
	if (ids->len)
		dbn_str_addc(ids, ',');
	dbn_str_addt(ids, r->id);
}

/* Deny wins; *allowed: some rule says yes. */
static const dbn_policy_rule *
decide(const dbn_ruleset *set, uint64_t conditions, uint32_t action, dbn_str *ids, bool *allowed)
{
	const dbn_policy_rule *deny = NULL;

	*allowed = false;
	for (uint32_t i = 0; i < set->nrules; i++) {
		const dbn_policy_rule *r = &set->rules[i];
		uint32_t on = dbn_rule_applies(r, conditions);

		if (r->observe || on == DBN_RULE_OFF || !(r->actions & action))
			continue;
		note(ids, r);
		if (r->effect == DBN_RULE_DENY)
			deny = r;
		else if (r->kind == DBN_RULE_PERMISSIVE)
			*allowed = true;
	}
	return deny;
}

dbn_status
dbn_permission_admin(const dbn_subject *s, uint64_t conditions, dbn_text database, uint32_t action,
	dbn_str *ids, dbn_error **err)
{
	const char *what = action == DBN_ACT_DDL ? "change the schema of"
		: action == DBN_ACT_SETTINGS ? "change settings of" : "call routines of";
	dbn_rule_query q = { DBN_RESOURCE_DATABASE, false, false, { database, { NULL, 0 }, { NULL, 0 } },
		database, { NULL, 0 } };
	dbn_ruleset *set = NULL;
	const dbn_policy_rule *deny;
	bool allowed;
	dbn_status rc = dbn_subject_rules(s, &q, &set, err);

	if (rc != DBN_OK)
		return rc;
	deny = decide(set, conditions, action, ids, &allowed);
	if (deny || !allowed)
		rc = denied(s, what, database, deny, UINT32_MAX, err);
	else if (s->restricted)
		rc = dbn_fail_hint(err, DBN_E_DENIED, "Use a user whose rules name no rows, columns or masks.",
			"user \"%.*s\" may not %s \"%.*s\": administrative statements run as written, "
			"and rules hide rows or columns from this user", DBN_TEXT_ARG(s->user), what,
			DBN_TEXT_ARG(database));
	dbn_ruleset_release(set);
	return rc;
}

dbn_status
dbn_permission_function(const dbn_subject *s, uint64_t conditions, dbn_text name, bool listed,
	uint32_t position, dbn_str *ids, dbn_error **err)
{
	dbn_rule_query q = { DBN_RESOURCE_FUNCTION, true, false, { { NULL, 0 }, { NULL, 0 }, name },
		{ NULL, 0 }, { NULL, 0 } };
	dbn_ruleset *set = NULL;
	const dbn_policy_rule *deny;
	bool allowed;
	dbn_status rc = dbn_subject_rules(s, &q, &set, err);

	if (rc != DBN_OK)
		return rc;
	deny = decide(set, conditions, DBN_ACT_EXECUTE, ids, &allowed);
	if (deny || (!allowed && !listed))
		rc = denied(s, "call", name, deny, position, err);
	dbn_ruleset_release(set);
	return rc;
}
