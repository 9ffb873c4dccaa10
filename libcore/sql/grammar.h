/* SPDX-License-Identifier: MIT */
/*
 * The constructs of SQL by name, and what each dialect does with them: run as
 * it was written, refused with a reason, or not part of that dialect.  The
 * parser asks here before it reads one on and notes what a statement uses;
 * docs/sql.md is written from this table, and a test runs every sample.
 * Constant data; any thread.
 */
#ifndef DBN_SQL_GRAMMAR_H
#define DBN_SQL_GRAMMAR_H

#include <dbnexus/plugin/driver.h>

#include "base/str.h"
#include "error/error.h"

/*
 * A line of grammar_*.def:
 *   G(ID, "name", "SPM", "sample", "why", "hint")
 * name as errors and the documentation call it; one letter for SQLite, PostgreSQL
 * and MySQL each: '+' run, '-' refused, '.' not in that dialect; a fourth for the
 * policy language, which otherwise has what all three run; a sample that all
 * dialects which know it read (over the tables of tests/unit/sql/fixture.c); why it
 * is refused and what to write instead ("" for what is not refused anywhere).
 * G3(ID, "name", "SPM", "sqlite", "postgres", "mysql", "why", "hint") where the
 * samples differ.
 */
enum {
	DBN_G_NONE,
#define G(id, name, states, sample, why, hint) DBN_G_##id,
#define G3(id, name, states, sqlite, postgres, mysql, why, hint) DBN_G_##id,
#include "sql/grammar_lex.def"
#include "sql/grammar_query.def"
#include "sql/grammar_expr.def"
#include "sql/grammar_write.def"
#include "sql/grammar_admin.def"
#undef G
#undef G3
	DBN_G_COUNT
};

enum { DBN_G_ABSENT, DBN_G_RUN, DBN_G_REFUSED };

typedef struct dbn_sql_construct {
	const char *group;          /* "Queries" */
	const char *name, *states;
	const char *why, *hint;     /* "" or words */
	const char *sample[3];      /* by dialect id - 1; "" where it is not known */
} dbn_sql_construct;

/* DBN_G_NONE and above are NULL. */
const dbn_sql_construct *dbn_sql_construct_get(uint32_t id);
/* DBN_G_ABSENT, _RUN, _REFUSED.  The policy language (dialect 0) has what all three run. */
uint32_t dbn_sql_construct_state(uint32_t id, dbn_dialect_id dialect);

/* The constructs that a statement uses. */
#define DBN_G_WORDS ((DBN_G_COUNT + 63) / 64)
typedef struct dbn_sql_uses_set {
	uint64_t bits[DBN_G_WORDS];
} dbn_sql_uses_set;

static inline void
dbn_sql_uses_add(dbn_sql_uses_set *u, uint32_t id)
{
	u->bits[id / 64] |= (uint64_t)1 << id % 64;
}

static inline bool
dbn_sql_uses_has(const dbn_sql_uses_set *u, uint32_t id)
{
	return u->bits[id / 64] >> id % 64 & 1;
}

/* A text in the dialect uses id at pos: noted in uses (may be NULL), or refused by its
 * name and reason (DBN_E_UNSUPPORTED; DBN_E_SYNTAX where the dialect has no such thing). */
dbn_status dbn_sql_construct_use(uint32_t id, dbn_dialect_id dialect, uint32_t pos,
	dbn_sql_uses_set *uses, dbn_error **err);

#endif
