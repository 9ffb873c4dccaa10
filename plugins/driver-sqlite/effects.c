/* SPDX-License-Identifier: MIT */
/*
 * What the database does by itself when a relation is touched: found by letting
 * SQLite compile an INSERT, UPDATE, DELETE or SELECT on it, with the authorizer
 * listening and nothing run.  So triggers of triggers, cascades and views over
 * views are seen just as the second lock will see them.
 */
#include "driver.h"

int
sq_probe(struct dbn_conn *c, const char *fmt, ...)
{
	sqlite3_stmt *q = NULL;
	uint32_t before = c->auth;
	va_list ap;
	char *sql;
	int rc = SQLITE_NOMEM;

	va_start(ap, fmt);
	sql = sqlite3_vmprintf(fmt, ap);
	va_end(ap);
	sq_touches_clear(&c->seen);
	if (sql) {
		c->auth = SQ_AUTH_COLLECT;
		rc = sqlite3_prepare_v2(c->db, sql, -1, &q, NULL);
		c->auth = before;
	}
	if (c->seen.flags & SQ_TOUCH_NOMEM)
		rc = SQLITE_NOMEM;
	(void)sqlite3_finalize(q);
	sqlite3_free(sql);
	return rc;
}

static void
add_effect(sq_description *d, uint32_t what, const char *on, const char *by, uint32_t action,
	uint32_t does)
{
	plug_relation_effect(&d->rel, what, PLUG_TEXT("main"), plug_text(on), plug_text(by), action,
		does);
}

/* One touch of a probe as an effect of `action` on the relation. */
static void
take_touch(sq_description *d, const sq_touch *t, uint32_t action)
{
	const sq_touches *seen = &d->conn->seen;
	const char *on = sq_touch_text(seen, t->rel), *by = sq_touch_text(seen, t->inner);
	const sq_object *o;
	uint32_t what;

	if (t->action == DBN_ACT_EXECUTE || t->temp)
		return;
	if (*by) {
		o = sq_schema_find(&d->conn->schema, plug_text(by), true);
		if (o)
			what = t->action == DBN_ACT_READ ? DBN_EFFECT_TRIGGER_READS
				: DBN_EFFECT_TRIGGER_WRITES;
		else
			what = DBN_EFFECT_VIEW_READS;
		add_effect(d, what, on, by, action, t->action);
		return;
	}
	if (sqlite3_stricmp(on, d->name) == 0 && (t->action == action || t->action == DBN_ACT_READ))
		return; /* the statement itself */
	what = t->action == DBN_ACT_DELETE ? DBN_EFFECT_CASCADE_DELETE
		: t->action == DBN_ACT_READ ? DBN_EFFECT_FK_READS : DBN_EFFECT_CASCADE_UPDATE;
	add_effect(d, what, on, "", action, t->action);
}

static void
take_probe(sq_description *d, int rc, uint32_t action)
{
	if (rc == SQLITE_NOMEM)
		d->rel.nomem = true;
	if (rc != SQLITE_OK)
		return; /* a statement like it would fail just so */
	for (size_t i = 0; i < d->conn->seen.n; i++)
		take_touch(d, &d->conn->seen.v[i], action);
}

/* UPDATE of every column that can be set, so that UPDATE OF triggers count. */
static void
probe_update(sq_description *d)
{
	sqlite3_str *s = sqlite3_str_new(d->conn->db);
	const char *sep = "";
	char *set;

	for (size_t i = 0; i < d->rel.ncolumns; i++) {
		const char *col = d->rel.texts + d->rel.columns[i].name;

		if (d->rel.columns[i].flags & (DBN_COLUMN_GENERATED | DBN_COLUMN_HIDDEN))
			continue;
		sqlite3_str_appendf(s, "%s\"%w\"=\"%w\"", sep, col, col);
		sep = ",";
	}
	set = sqlite3_str_finish(s);
	if (set)
		take_probe(d, sq_probe(d->conn, "UPDATE main.\"%w\" SET %s", d->name, set),
			DBN_ACT_UPDATE);
	sqlite3_free(set);
}

static bool
has_trigger(const sq_description *d)
{
	const sq_schema *s = &d->conn->schema;

	for (size_t i = 0; i < s->nobjects; i++)
		if (s->objects[i].kind == SQ_OBJECT_TRIGGER &&
			sqlite3_stricmp(sq_schema_text(s, s->objects[i].table), d->name) == 0)
			return true;
	return false;
}

static bool
has_key(const sq_description *d)
{
	const sq_schema *s = &d->conn->schema;

	for (size_t i = 0; i < s->nkeys; i++)
		if (sqlite3_stricmp(sq_schema_text(s, s->keys[i].child), d->name) == 0 ||
			sqlite3_stricmp(sq_schema_text(s, s->keys[i].parent), d->name) == 0)
			return true;
	return false;
}

void
sq_find_effects(sq_description *d)
{
	uint32_t kind = d->object ? d->object->kind : SQ_OBJECT_VIRTUAL;

	if (kind == SQ_OBJECT_VIEW)
		take_probe(d, sq_probe(d->conn, "SELECT * FROM main.\"%w\"", d->name), DBN_ACT_READ);
	if (kind == SQ_OBJECT_VIRTUAL || (!has_trigger(d) && !has_key(d)))
		return;
	take_probe(d, sq_probe(d->conn, "INSERT INTO main.\"%w\" DEFAULT VALUES", d->name),
		DBN_ACT_INSERT);
	probe_update(d);
	take_probe(d, sq_probe(d->conn, "DELETE FROM main.\"%w\"", d->name), DBN_ACT_DELETE);
}
