/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "sql/coverage.h"

#define FAIR 12

/* Constructs that cannot be held against the database's own reading, and why. */
static const struct {
	dbn_dialect_id dialect; /* 0: all */
	uint32_t id;
} exempt[] = {
	{ 0, DBN_G_SESSION_WORD },          /* needs a grant, which the oracles' user has not */
	/* The portable forms that MariaDB does not read itself. */
	{ DBN_DIALECT_MYSQL, DBN_G_PLACE_DOLLAR }, { DBN_DIALECT_MYSQL, DBN_G_NULLS_ORDER },
	{ DBN_DIALECT_MYSQL, DBN_G_WITH_INSERT }, { DBN_DIALECT_MYSQL, DBN_G_ROW_ALIAS },
	{ DBN_DIALECT_MYSQL, DBN_G_ON_CONFLICT }, { DBN_DIALECT_MYSQL, DBN_G_UPDATE_FROM },
	{ DBN_DIALECT_MYSQL, DBN_G_DELETE_USING }, { DBN_DIALECT_MYSQL, DBN_G_FROM_COLUMNS },
	{ DBN_DIALECT_MYSQL, DBN_G_TABLE },
	{ DBN_DIALECT_MYSQL, DBN_G_INSERT_TABLE },
	{ DBN_DIALECT_MYSQL, DBN_G_PARTITION }, /* no table of the corpora has any */
	{ DBN_DIALECT_MYSQL, DBN_G_COLUMN_SCHEMA }, { DBN_DIALECT_MYSQL, DBN_G_STAR_SCHEMA }, /* the schema has another name in each run */
};

/* Those that the generator leaves to the corpus: forms of the text alone, and what has
 * little room for chance. */
static const uint32_t unmade[] = { DBN_G_COMMENT_LINE, DBN_G_COMMENT_HASH, DBN_G_COMMENT_BLOCK,
	DBN_G_COMMENT_NEST, DBN_G_NAME_BRACKET, DBN_G_NAME_DOLLAR, DBN_G_NAME_UNICODE, DBN_G_BLOB,
	DBN_G_PLACE_DOLLAR, DBN_G_COLUMN_SCHEMA, DBN_G_FOR_UPDATE, DBN_G_LOCK_OF, DBN_G_LOCK_SHARE_MODE,
	DBN_G_LOCK_WAIT, DBN_G_TABLE, DBN_G_INSERT_TABLE, DBN_G_LIMIT_ALL, DBN_G_INHERIT_STAR,
	DBN_G_TABLESAMPLE, DBN_G_LOCAL_TIME, DBN_G_UTC_TIME, DBN_G_DUAL, DBN_G_STRAIGHT_JOIN,
	DBN_G_SELECT_WORDS, DBN_G_INDEX_HINT_MYSQL, DBN_G_ON_CONFLICT_MANY, DBN_G_CONFLICT_WHERE,
	DBN_G_STAR_SCHEMA, DBN_G_JOIN_NESTED, DBN_G_CHAR_USING };

static bool
is_made(dbn_dialect_id dialect, uint32_t id)
{
	for (size_t i = 0; i < sizeof unmade / sizeof unmade[0]; i++)
		if (unmade[i] == id)
			return false;
	/* Two spellings of one name or operator each, of which the generator has one. */
	return !(id == DBN_G_NAME_BACKTICK && dialect == DBN_DIALECT_SQLITE) &&
		!(id == DBN_G_NAME_QUOTED && dialect == DBN_DIALECT_MYSQL) &&
		!(id == DBN_G_CONCAT && dialect == DBN_DIALECT_MYSQL) &&
		!(id == DBN_G_STRING_ADJACENT && dialect == DBN_DIALECT_POSTGRES);
}

static bool
is_exempt(dbn_dialect_id dialect, uint32_t id)
{
	/* What runs as it is written has no canonical form. */
	if (strncmp(dbn_sql_construct_get(id)->group, "Admin", 5) == 0)
		return true;
	for (size_t i = 0; i < sizeof exempt / sizeof exempt[0]; i++)
		if (exempt[i].id == id && (!exempt[i].dialect || exempt[i].dialect == dialect))
			return true;
	return false;
}

void
coverage_note(struct coverage *c, const dbn_sql_uses_set *uses, bool full, bool generated)
{
	c->statements++;
	for (uint32_t i = 1; i < DBN_G_COUNT; i++) {
		if (!dbn_sql_uses_has(uses, i))
			continue;
		c->used[i]++;
		c->full[i] += full;
		c->generated[i] += generated;
	}
}

unsigned
coverage_table(const struct coverage *c, dbn_dialect_id dialect)
{
	unsigned poor = 0, all = 0;

	for (uint32_t i = 1; i < DBN_G_COUNT; i++)
		all += c->generated[i];
	printf("# %-45s %7s %7s %7s\n", "construct", "used", "rows", "random");
	for (uint32_t i = 1; i < DBN_G_COUNT; i++) {
		bool fair = c->used[i] >= FAIR && c->full[i] * 3 >= c->used[i], made;

		if (dbn_sql_construct_state(i, dialect) != DBN_G_RUN || is_exempt(dialect, i))
			continue;
		made = c->generated[i] || !all || !is_made(dialect, i);
		printf("# %-45.45s %7u %7u %7u%s%s\n", dbn_sql_construct_get(i)->name, c->used[i],
			c->full[i], c->generated[i], fair ? "" : "  <-- too few", made ? "" : "  <-- none random");
		poor += !fair || !made;
	}
	return poor;
}
