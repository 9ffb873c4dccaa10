/* SPDX-License-Identifier: MIT */
/*
 * The one table from SQLSTATE to status and retryable, and the names of the
 * statuses.  States are those of ISO/IEC 9075 and of PostgreSQL's Appendix A.
 */
#include <string.h>

#include "error/error.h"

static const struct state {
	char state[6];            /* five characters, or two: the class */
	bool retryable;
	dbn_status status;
} states[] = {
	/* whole states before their class */
	{ "00000", false, DBN_OK },
	{ "02000", false, DBN_E_NOT_FOUND },
	{ "08007", false, DBN_E_UNKNOWN_OUTCOME },
	{ "08", true, DBN_E_CONN },
	{ "0A000", false, DBN_E_UNSUPPORTED },
	{ "22", false, DBN_E_VALUE },
	{ "23505", false, DBN_E_DUPLICATE },
	{ "23", false, DBN_E_CONSTRAINT },
	{ "25001", false, DBN_E_TXN_ACTIVE },
	{ "25006", false, DBN_E_DENIED },
	{ "25P01", false, DBN_E_TXN_NONE },
	{ "25P02", false, DBN_E_TXN_FAILED },
	{ "25", false, DBN_E_INVALID },
	{ "28", false, DBN_E_IDENTITY },
	{ "40001", true, DBN_E_CONFLICT },
	{ "40P01", true, DBN_E_CONFLICT },
	{ "40003", false, DBN_E_UNKNOWN_OUTCOME },
	{ "40", true, DBN_E_CONFLICT },
	{ "42501", false, DBN_E_DENIED },
	{ "42601", false, DBN_E_SYNTAX },
	{ "42703", false, DBN_E_SCHEMA },
	{ "42P01", false, DBN_E_SCHEMA },
	{ "42", false, DBN_E_SYNTAX },
	{ "44000", false, DBN_E_DENIED },
	{ "53100", false, DBN_E_IO },
	{ "53200", true, DBN_E_NOMEM },
	{ "53300", true, DBN_E_CONN },
	{ "53400", false, DBN_E_LIMIT },
	{ "53", true, DBN_E_IO },
	{ "54", false, DBN_E_LIMIT },
	{ "55P03", true, DBN_E_BUSY },
	{ "55006", true, DBN_E_BUSY },
	{ "55", false, DBN_E_INVALID },
	{ "57014", false, DBN_E_CANCELLED },
	{ "57P", true, DBN_E_CONN },
	{ "57", true, DBN_E_CONN },
	{ "58", false, DBN_E_IO },
	{ "F0", false, DBN_E_CONFIG },
	{ "HYT00", false, DBN_E_TIMEOUT },
	{ "XX001", false, DBN_E_INTEGRITY },
	{ "XX", false, DBN_E_INTERNAL },
};

dbn_status
dbn_sqlstate_classify(const char *sqlstate, bool *retryable)
{
	size_t n = strnlen(sqlstate, 5);

	for (size_t i = 0; n == 5 && i < sizeof states / sizeof *states; i++)
		if (memcmp(states[i].state, sqlstate, strlen(states[i].state)) == 0) {
			*retryable = states[i].retryable;
			return states[i].status;
		}
	*retryable = false;
	return DBN_E_INTERNAL;
}

static const struct status {
	dbn_status status;
	const char *name;
	char state[6];
} statuses[] = {
	{ DBN_OK, "DBN_OK", "00000" },
	{ DBN_DONE, "DBN_DONE", "00000" },
	{ DBN_E_NOMEM, "DBN_E_NOMEM", "53200" },
	{ DBN_E_INVALID, "DBN_E_INVALID", "55000" },
	{ DBN_E_CONFIG, "DBN_E_CONFIG", "F0000" },
	{ DBN_E_PLUGIN, "DBN_E_PLUGIN", "XX000" },
	{ DBN_E_UNSUPPORTED, "DBN_E_UNSUPPORTED", "0A000" },
	{ DBN_E_SYNTAX, "DBN_E_SYNTAX", "42601" },
	{ DBN_E_DENIED, "DBN_E_DENIED", "42501" },
	{ DBN_E_IDENTITY, "DBN_E_IDENTITY", "28000" },
	{ DBN_E_NOT_FOUND, "DBN_E_NOT_FOUND", "02000" },
	{ DBN_E_DUPLICATE, "DBN_E_DUPLICATE", "23505" },
	{ DBN_E_CONSTRAINT, "DBN_E_CONSTRAINT", "23000" },
	{ DBN_E_VALUE, "DBN_E_VALUE", "22000" },
	{ DBN_E_CONN, "DBN_E_CONN", "08006" },
	{ DBN_E_TIMEOUT, "DBN_E_TIMEOUT", "HYT00" },
	{ DBN_E_CANCELLED, "DBN_E_CANCELLED", "57014" },
	{ DBN_E_BUSY, "DBN_E_BUSY", "55006" },
	{ DBN_E_CONFLICT, "DBN_E_CONFLICT", "40001" },
	{ DBN_E_TXN_ACTIVE, "DBN_E_TXN_ACTIVE", "25001" },
	{ DBN_E_TXN_NONE, "DBN_E_TXN_NONE", "25P01" },
	{ DBN_E_TXN_FAILED, "DBN_E_TXN_FAILED", "25P02" },
	{ DBN_E_UNKNOWN_OUTCOME, "DBN_E_UNKNOWN_OUTCOME", "08007" },
	{ DBN_E_LIMIT, "DBN_E_LIMIT", "54000" },
	{ DBN_E_ACCESS, "DBN_E_ACCESS", "42501" },
	{ DBN_E_SCHEMA, "DBN_E_SCHEMA", "42P01" },
	{ DBN_E_NO_SHARD, "DBN_E_NO_SHARD", "0A000" },
	{ DBN_E_AUDIT, "DBN_E_AUDIT", "58000" },
	{ DBN_E_INTEGRITY, "DBN_E_INTEGRITY", "XX001" },
	{ DBN_E_IO, "DBN_E_IO", "58030" },
	{ DBN_E_FORKED, "DBN_E_FORKED", "55000" },
	{ DBN_E_INTERNAL, "DBN_E_INTERNAL", "XX000" },
};

static const struct status *
find(dbn_status status)
{
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
		if (statuses[i].status == status)
			return &statuses[i];
	return NULL;
}

const char *
dbn_status_sqlstate(dbn_status status)
{
	const struct status *s = find(status);

	return s ? s->state : "XX000";
}

const char *
dbn_status_name(dbn_status status)
{
	const struct status *s = find(status);

	return s ? s->name : "DBN_E_INTERNAL";
}
