/* SPDX-License-Identifier: MIT */
/*
 * The table of constructs, group by group.
 */
#include <string.h>

#include "sql/grammar.h"

#define G3(id, name, states, sqlite, postgres, mysql, why, hint) \
	[DBN_G_##id] = { GROUP, name, states, why, hint, { sqlite, postgres, mysql } },
#define G(id, name, states, sample, why, hint) \
	G3(id, name, states, sample, sample, sample, why, hint)

static const dbn_sql_construct constructs[] = {
#define GROUP "Tokens"
#include "sql/grammar_lex.def"
#undef GROUP
#define GROUP "Queries"
#include "sql/grammar_query.def"
#undef GROUP
#define GROUP "Expressions"
#include "sql/grammar_expr.def"
#undef GROUP
#define GROUP "Writes"
#include "sql/grammar_write.def"
#undef GROUP
#define GROUP "Administrative statements"
#include "sql/grammar_admin.def"
#undef GROUP
};

const dbn_sql_construct *
dbn_sql_construct_get(uint32_t id)
{
	return id && id < DBN_G_COUNT ? &constructs[id] : NULL;
}

uint32_t
dbn_sql_construct_state(uint32_t id, dbn_dialect_id dialect)
{
	const dbn_sql_construct *c = dbn_sql_construct_get(id);

	if (!c || dialect > DBN_DIALECT_MYSQL)
		return DBN_G_ABSENT;
	if (!dialect && c->states[3])
		return c->states[3] == '+' ? DBN_G_RUN : DBN_G_ABSENT;
	if (!dialect) /* a rule has to mean the same on each of them */
		return c->states[0] == '+' && c->states[1] == '+' && c->states[2] == '+' ? DBN_G_RUN
			: DBN_G_ABSENT;
	switch (c->states[dialect - 1]) {
	case '+': return DBN_G_RUN;
	case '-': return DBN_G_REFUSED;
	default: return DBN_G_ABSENT;
	}
}

/* What only the three dialects have is no part of the policy language. */
static bool
in_policies(const dbn_sql_construct *c)
{
	return strcmp(c->group, "Expressions") != 0 || strcmp(c->states, "+++") == 0 ||
		c == &constructs[DBN_G_CAST_COLON] || c == &constructs[DBN_G_AGG_FILTER];
}

dbn_status
dbn_sql_construct_use(uint32_t id, dbn_dialect_id dialect, uint32_t pos, dbn_sql_uses_set *uses,
	dbn_error **err)
{
	static const char *const names[] = { "policies", "sqlite", "postgres", "mysql" };
	const dbn_sql_construct *c = dbn_sql_construct_get(id);
	uint32_t state = dbn_sql_construct_state(id, dialect);
	const char *hint = c && *c->hint ? c->hint : NULL;

	if (!c)
		return dbn_fail_at(err, DBN_E_INTERNAL, pos, NULL, "construct %u is not in the table", id);
	if (!dialect && !in_policies(c))
		state = DBN_G_ABSENT;
	if (state == DBN_G_REFUSED)
		return dbn_fail_at(err, DBN_E_UNSUPPORTED, pos, hint, "%s is refused: %s", c->name, c->why);
	if (state != DBN_G_RUN)
		return dbn_fail_at(err, DBN_E_SYNTAX, pos, hint, "%s is not in the SQL of %s", c->name,
			names[dialect <= DBN_DIALECT_MYSQL ? dialect : 0]);
	if (uses)
		dbn_sql_uses_add(uses, id);
	return DBN_OK;
}
