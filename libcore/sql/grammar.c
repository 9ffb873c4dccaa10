/* SPDX-License-Identifier: MIT */
/*
 * The table of constructs, group by group.
 */
#include "sql/grammar.h"

#define G3(id, name, states, sqlite, postgres, mysql, why, hint) \
	[DBN_G_##id] = { GROUP, name, states, why, hint, { sqlite, postgres, mysql } },
#define G(id, name, states, sample, why, hint) \
	G3(id, name, states, sample, sample, sample, why, hint)

static const dbn_sql_construct constructs[] = {
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

	if (!dialect)
		return DBN_G_RUN;
	if (!c || dialect > DBN_DIALECT_MYSQL)
		return DBN_G_ABSENT;
	switch (c->states[dialect - 1]) {
	case '+': return DBN_G_RUN;
	case '-': return DBN_G_REFUSED;
	default: return DBN_G_ABSENT;
	}
}
