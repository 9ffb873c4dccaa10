/* SPDX-License-Identifier: MIT */
/*
 * What the server does by itself when a relation is touched: views and rules from
 * their dependencies, foreign keys from their constraints, partitions from their
 * inheritance.  What a trigger's function does is not recorded anywhere: the
 * relations that its text names are given as a guess, and one effect without a
 * relation where it may do more than its text says.
 */
#include "describe.h"

/* Views: everything below, level by level.  Partitions and children likewise. */
static dbn_status
find_reads(pg_description *d, dbn_error **err)
{
	PGresult *r = NULL;
	dbn_status rc = pg_ask_about(d, "WITH RECURSIVE below (oid) AS ("
		"SELECT $1::pg_catalog.oid UNION "
		"SELECT x.oid FROM below b CROSS JOIN LATERAL ("
		" SELECT p.refobjid FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_depend p ON "
		" p.classid = 2618 AND p.objid = w.oid AND p.refclassid = 1259 WHERE w.ev_class = b.oid "
		" AND w.ev_type = '1' AND p.refobjid <> b.oid "
		" UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent = b.oid) x (oid)) "
		"SELECT n.nspname, c.relname FROM below b JOIN pg_catalog.pg_class c ON c.oid = b.oid "
		"JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid <> $1::pg_catalog.oid "
		"AND c.relkind IN ('r', 'p', 'f', 'v', 'm') ORDER BY 1, 2", &r, err);

	for (int i = 0; rc == DBN_OK && i < PQntuples(r); i++)
		plug_relation_effect(&d->rel, DBN_EFFECT_VIEW_READS, pg_cell(r, i, 0), pg_cell(r, i, 1),
			(dbn_text){ "", 0 }, DBN_ACT_READ, DBN_ACT_READ);
	PQclear(r);
	return rc;
}

/* Keys of this relation read the other; keys that point here read or change theirs. */
static void
take_key(pg_description *d, const PGresult *r, int row)
{
	dbn_text schema = pg_cell(r, row, 1), on = pg_cell(r, row, 2), by = pg_cell(r, row, 3);
	char on_delete = *PQgetvalue(r, row, 4), on_update = *PQgetvalue(r, row, 5);

	if (*PQgetvalue(r, row, 0)) {
		plug_relation_effect(&d->rel, DBN_EFFECT_FK_READS, schema, on, by,
			DBN_ACT_INSERT | DBN_ACT_UPDATE, DBN_ACT_READ);
		return;
	}
	plug_relation_effect(&d->rel, DBN_EFFECT_FK_READS, schema, on, by,
		DBN_ACT_UPDATE | DBN_ACT_DELETE, DBN_ACT_READ);
	if (on_delete == 'c')
		plug_relation_effect(&d->rel, DBN_EFFECT_CASCADE_DELETE, schema, on, by, DBN_ACT_DELETE,
			DBN_ACT_DELETE);
	else if (on_delete == 'n' || on_delete == 'd')
		plug_relation_effect(&d->rel, DBN_EFFECT_CASCADE_UPDATE, schema, on, by, DBN_ACT_DELETE,
			DBN_ACT_UPDATE);
	if (on_update == 'c' || on_update == 'n' || on_update == 'd')
		plug_relation_effect(&d->rel, DBN_EFFECT_CASCADE_UPDATE, schema, on, by, DBN_ACT_UPDATE,
			DBN_ACT_UPDATE);
}

static dbn_status
find_keys(pg_description *d, dbn_error **err)
{
	PGresult *r = NULL;
	dbn_status rc = pg_ask_about(d, "SELECT k.conrelid = $1::pg_catalog.oid, n.nspname, c.relname, "
		"k.conname, k.confdeltype, k.confupdtype FROM pg_catalog.pg_constraint k JOIN "
		"pg_catalog.pg_class c ON c.oid = CASE WHEN k.conrelid = $1::pg_catalog.oid THEN k.confrelid "
		"ELSE k.conrelid END JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
		"WHERE k.contype = 'f' AND (k.conrelid = $1::pg_catalog.oid OR k.confrelid = "
		"$1::pg_catalog.oid) ORDER BY k.oid", &r, err);

	for (int i = 0; rc == DBN_OK && i < PQntuples(r); i++)
		take_key(d, r, i);
	PQclear(r);
	return rc;
}

static uint32_t
actions_of(uint32_t tgtype)
{
	return (tgtype & 4 ? DBN_ACT_INSERT : 0u) | (tgtype & 8 ? DBN_ACT_DELETE : 0u) |
		(tgtype & 16 ? DBN_ACT_UPDATE : 0u);
}

/*
 * Triggers with the relations that the text of their function names behind INTO,
 * UPDATE, FROM and JOIN.  A name may be qualified; others are looked up in the
 * schema of the trigger's own relation too.  A write of the relation sets off the
 * row triggers of its partitions and children as well.
 */
static const char triggers_sql[] =
	"WITH RECURSIVE below (oid) AS (SELECT $1::pg_catalog.oid UNION SELECT i.inhrelid FROM below b "
	"JOIN pg_catalog.pg_inherits i ON i.inhparent = b.oid) "
	"SELECT g.tgname, g.tgtype, l.lanname IN ('plpgsql', 'sql') AND p.prosrc !~* '\\mexecute\\M', "
	"n.nspname, c.relname, p.prosrc ~* ('(\\minto\\s+|\\mupdate\\s+(only\\s+)?|\\mdelete\\s+from\\s+(only\\s+)?)("
	"\"?' || n.nspname || '\"?\\.)?\"?' || c.relname || '\"?\\M') "
	"FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc p ON p.oid = g.tgfoid JOIN "
	"pg_catalog.pg_language l ON l.oid = p.prolang LEFT JOIN LATERAL (SELECT DISTINCT "
	" pg_catalog.lower(m[1]) AS word FROM pg_catalog.regexp_matches(p.prosrc, "
	" '\\m(?:into|update|from|join|only)\\s+((?:[[:alnum:]_$\"]+\\s*\\.\\s*)?[[:alnum:]_$\"]+)', 'gi') m) w "
	"ON true LEFT JOIN (pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
	"c.relnamespace) ON c.relkind IN ('r', 'p', 'f', 'v', 'm') AND n.nspname !~ '^pg_' AND "
	"pg_catalog.replace(pg_catalog.replace(w.word, '\"', ''), ' ', '') IN (pg_catalog.lower(c.relname), "
	"pg_catalog.lower(n.nspname || '.' || c.relname)) "
	"WHERE g.tgrelid IN (SELECT oid FROM below) AND (g.tgrelid = $1::pg_catalog.oid OR g.tgtype & 1 = 1) "
	"AND NOT g.tgisinternal AND g.tgenabled <> 'D' ORDER BY "
	"g.tgname, n.nspname, c.relname";

static dbn_status
find_triggers(pg_description *d, dbn_error **err)
{
	const dbn_text none = { "", 0 };
	PGresult *r = NULL;
	dbn_status rc = pg_ask_about(d, triggers_sql, &r, err);

	for (int i = 0; rc == DBN_OK && i < PQntuples(r); i++) {
		dbn_text by = pg_cell(r, i, 0);
		uint32_t type = pg_get16(PQgetvalue(r, i, 1)), actions = actions_of(type);
		bool before_row = (type & 3) == 3 || (type & 64);

		/* it may change the row itself, or do what its text does not show */
		if (before_row || !*PQgetvalue(r, i, 2))
			plug_relation_effect(&d->rel, DBN_EFFECT_TRIGGER_WRITES, none, none, by, actions, 0);
		if (PQgetisnull(r, i, 4))
			continue;
		plug_relation_effect(&d->rel, *PQgetvalue(r, i, 5) ? DBN_EFFECT_TRIGGER_WRITES
			: DBN_EFFECT_TRIGGER_READS, pg_cell(r, i, 3), pg_cell(r, i, 4), by, actions,
			*PQgetvalue(r, i, 5) ? 0u : (uint32_t)DBN_ACT_READ);
	}
	PQclear(r);
	return rc;
}

/* Rules other than a view's own: they may do anything with what they name. */
static dbn_status
find_rules(pg_description *d, dbn_error **err)
{
	PGresult *r = NULL;
	dbn_status rc = pg_ask_about(d, "SELECT DISTINCT w.rulename, w.ev_type, n.nspname, c.relname FROM "
		"pg_catalog.pg_rewrite w JOIN pg_catalog.pg_depend p ON p.classid = 2618 AND p.objid = w.oid "
		"AND p.refclassid = 1259 JOIN pg_catalog.pg_class c ON c.oid = p.refobjid JOIN "
		"pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE w.ev_class = $1::pg_catalog.oid AND "
		"w.ev_type <> '1' AND w.ev_enabled <> 'D' ORDER BY 1, 3, 4", &r, err);

	for (int i = 0; rc == DBN_OK && i < PQntuples(r); i++) {
		char type = *PQgetvalue(r, i, 1); /* 2 update, 3 insert, 4 delete */
		uint32_t action = type == '2' ? DBN_ACT_UPDATE : type == '3' ? DBN_ACT_INSERT : DBN_ACT_DELETE;

		plug_relation_effect(&d->rel, DBN_EFFECT_TRIGGER_WRITES, pg_cell(r, i, 2), pg_cell(r, i, 3),
			pg_cell(r, i, 0), action, 0);
	}
	PQclear(r);
	return rc;
}

dbn_status
pg_find_effects(pg_description *d, dbn_error **err)
{
	dbn_status rc = DBN_OK;

	if (d->kind == DBN_RELATION_SYSTEM)
		return DBN_OK;
	rc = find_reads(d, err);
	if (rc == DBN_OK)
		rc = find_keys(d, err);
	if (rc == DBN_OK)
		rc = find_triggers(d, err);
	return rc == DBN_OK ? find_rules(d, err) : rc;
}
