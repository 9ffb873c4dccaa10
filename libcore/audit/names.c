/* SPDX-License-Identifier: MIT */
/*
 * The words of actions, outcomes and damage, as records and reports use them.
 */
#include "audit/audit.h"
#include "audit/verify.h"

static const char *const actions[] = {
	[DBN_AUDIT_READ] = "read", [DBN_AUDIT_INSERT] = "insert", [DBN_AUDIT_UPDATE] = "update",
	[DBN_AUDIT_DELETE] = "delete", [DBN_AUDIT_ADMIN] = "admin", [DBN_AUDIT_TXN] = "txn",
	[DBN_AUDIT_SESSION] = "session", [DBN_AUDIT_POLICY] = "policy", [DBN_AUDIT_SYSTEM] = "system"
};
static const char *const outcomes[] = {
	[DBN_AUDIT_OK] = "ok", [DBN_AUDIT_DENIED] = "denied", [DBN_AUDIT_ERROR] = "error",
	[DBN_AUDIT_CANCELLED] = "cancelled", [DBN_AUDIT_UNKNOWN] = "unknown",
	[DBN_AUDIT_NOT_RECORDED] = "not_recorded", [DBN_AUDIT_INTENT] = "intent"
};
static const char *const damages[] = {
	[DBN_AUDIT_SOUND] = "sound", [DBN_AUDIT_EDITED] = "edited",
	[DBN_AUDIT_REORDERED] = "reordered", [DBN_AUDIT_MISSING] = "missing",
	[DBN_AUDIT_TORN] = "torn", [DBN_AUDIT_CUT] = "cut", [DBN_AUDIT_REPLACED] = "replaced"
};

static uint32_t
find(const char *const *words, size_t n, dbn_text word)
{
	for (uint32_t i = 1; i < n; i++)
		if (dbn_text_eqz(word, words[i]))
			return i;
	return 0;
}

const char *
dbn_audit_action_name(dbn_audit_action action)
{
	return action < sizeof(actions) / sizeof(*actions) ? actions[action] : NULL;
}

const char *
dbn_audit_outcome_name(dbn_audit_outcome_kind outcome)
{
	return outcome < sizeof(outcomes) / sizeof(*outcomes) ? outcomes[outcome] : NULL;
}

dbn_audit_action
dbn_audit_action_find(dbn_text word)
{
	return find(actions, sizeof(actions) / sizeof(*actions), word);
}

dbn_audit_outcome_kind
dbn_audit_outcome_find(dbn_text word)
{
	return find(outcomes, sizeof(outcomes) / sizeof(*outcomes), word);
}

const char *
dbn_audit_damage_name(dbn_audit_damage d)
{
	return d < sizeof(damages) / sizeof(*damages) ? damages[d] : "unknown";
}
