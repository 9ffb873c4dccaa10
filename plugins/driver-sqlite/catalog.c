/* SPDX-License-Identifier: MIT */
/*
 * Describing relations: columns, types by their declaration, keys, collations,
 * effects.
 */
#include <stdio.h>

#include "driver.h"

/* The first word of the declaration decides; README.md has the table. */
static dbn_type
type_of(const char *declared)
{
	static const struct { const char *word; dbn_type type; } words[] = {
		{ "INTEGER", DBN_INT64 }, { "INT", DBN_INT64 }, { "BIGINT", DBN_INT64 },
		{ "SMALLINT", DBN_INT64 }, { "TINYINT", DBN_INT64 }, { "MEDIUMINT", DBN_INT64 },
		{ "INT2", DBN_INT64 }, { "INT4", DBN_INT64 }, { "INT8", DBN_INT64 },
		{ "UNSIGNED", DBN_INT64 }, { "BOOLEAN", DBN_BOOL }, { "BOOL", DBN_BOOL },
		{ "REAL", DBN_DOUBLE }, { "DOUBLE", DBN_DOUBLE }, { "FLOAT", DBN_DOUBLE },
		{ "TEXT", DBN_TEXT }, { "VARCHAR", DBN_TEXT }, { "CHAR", DBN_TEXT },
		{ "CHARACTER", DBN_TEXT }, { "VARYING", DBN_TEXT }, { "NCHAR", DBN_TEXT },
		{ "NVARCHAR", DBN_TEXT }, { "NATIVE", DBN_TEXT }, { "CLOB", DBN_TEXT },
		{ "BLOB", DBN_BYTES }, { "DATE", DBN_DATE }, { "TIME", DBN_TIME },
		{ "DATETIME", DBN_TIMESTAMP }, { "TIMESTAMP", DBN_TIMESTAMP },
		{ "TIMESTAMPTZ", DBN_TIMESTAMPTZ }, { "DECIMAL", DBN_DECIMAL },
		{ "NUMERIC", DBN_DECIMAL }, { "UUID", DBN_UUID }, { "JSON", DBN_JSON },
	};
	size_t n = strcspn(declared, " (");

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i].word) == n && sqlite3_strnicmp(words[i].word, declared, (int)n) == 0) {
			if (words[i].type == DBN_TIMESTAMP &&
				sqlite3_strlike("%with time zone%", declared, 0) == 0)
				return DBN_TIMESTAMPTZ;
			return words[i].type;
		}
	return DBN_NULL;
}

static void
add_column(sq_description *d, sqlite3_stmt *q)
{
	struct dbn_conn *c = d->conn;
	const char *name = (const char *)sqlite3_column_text(q, 0);
	const char *declared = (const char *)sqlite3_column_text(q, 1), *coll = NULL;
	int hidden = sqlite3_column_int(q, 5);
	plug_column col = { 0 };

	name = name ? name : "";
	declared = declared ? declared : "";
	if (!d->object || d->object->kind != SQ_OBJECT_VIEW)
		(void)sqlite3_table_column_metadata(c->db, "main", d->name, name, NULL, &coll, NULL,
			NULL, NULL);
	col.name = plug_relation_text(&d->rel, plug_text(name));
	col.declared = plug_relation_text(&d->rel, plug_text(declared));
	col.collation = plug_relation_text(&d->rel, plug_text(coll ? coll : ""));
	col.type = type_of(declared);
	col.key_part = (uint32_t)sqlite3_column_int(q, 4);
	if (sqlite3_column_int(q, 2))
		col.flags |= DBN_COLUMN_NOT_NULL;
	if (sqlite3_column_int(q, 3))
		col.flags |= DBN_COLUMN_DEFAULT;
	if (hidden == 1)
		col.flags |= DBN_COLUMN_HIDDEN;
	if (hidden > 1)
		col.flags |= DBN_COLUMN_GENERATED;
	if (coll && sqlite3_stricmp(coll, "BINARY") == 0)
		col.flags |= DBN_COLUMN_BINARY;
	plug_relation_column(&d->rel, &col);
}

static int
find_columns(sq_description *d)
{
	sqlite3_stmt *q = NULL;
	int rc = sq_own_prepare(d->conn, "SELECT name, type, \"notnull\", dflt_value IS NOT NULL, pk, "
		"hidden FROM pragma_table_xinfo(?1)", &q);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(q, 1, d->name, -1, SQLITE_STATIC);
	while (rc == SQLITE_OK && (rc = sqlite3_step(q)) == SQLITE_ROW) {
		add_column(d, q);
		rc = d->rel.nomem ? SQLITE_NOMEM : SQLITE_OK;
	}
	(void)sqlite3_finalize(q);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* An INTEGER PRIMARY KEY is what SQLite reads when asked for the rowid. */
static void
find_identity(sq_description *d)
{
	const sq_touches *seen = &d->conn->seen;

	if (!d->object || d->object->kind != SQ_OBJECT_TABLE ||
		sq_probe(d->conn, "SELECT _rowid_ FROM main.\"%w\"", d->name) != SQLITE_OK)
		return;
	for (size_t i = 0; i < seen->n; i++) {
		const char *name = sq_touch_text(seen, seen->v[i].col);

		for (size_t j = 0; *name && j < d->rel.ncolumns; j++)
			if (d->rel.columns[j].key_part == 1 &&
				sqlite3_stricmp(d->rel.texts + d->rel.columns[j].name, name) == 0)
				d->rel.columns[j].flags |= DBN_COLUMN_IDENTITY | DBN_COLUMN_NOT_NULL;
	}
}

static uint32_t
kind_for(const sq_object *o, const char *name)
{
	if (!o || sqlite3_strnicmp(name, "sqlite_", 7) == 0 || o->kind == SQ_OBJECT_SHADOW)
		return DBN_RELATION_SYSTEM;
	return o->kind == SQ_OBJECT_VIEW ? DBN_RELATION_VIEW
		: o->kind == SQ_OBJECT_VIRTUAL ? DBN_RELATION_VIRTUAL : DBN_RELATION_TABLE;
}

static dbn_status
describe(sq_description *d, dbn_relation_info *out, dbn_error **err)
{
	uint32_t schema = plug_relation_text(&d->rel, PLUG_TEXT("main"));
	uint32_t name = plug_relation_text(&d->rel, plug_text(d->name));
	int rc = find_columns(d);

	if (rc == SQLITE_OK && !d->rel.ncolumns)
		rc = SQLITE_SCHEMA;
	if (rc != SQLITE_OK)
		return rc == SQLITE_NOMEM ? plug_nomem(d->conn->host, err)
			: sq_fail(d->conn, rc, SQ_PHASE_PREPARE, err);
	find_identity(d);
	sq_find_inputs(d);
	sq_find_effects(d);
	if (!plug_relation_pack(&d->rel, kind_for(d->object, d->name), schema, name, 0, out))
		return plug_nomem(d->conn->host, err);
	return DBN_OK;
}

static dbn_status
load(struct dbn_conn *c, dbn_error **err)
{
	int rc = sq_schema_load(c);

	if (rc == SQLITE_OK)
		rc = sq_schema_load_keys(c);
	return rc == SQLITE_OK ? DBN_OK : sq_fail(c, rc, SQ_PHASE_RUN, err);
}

dbn_status
sq_relation(struct dbn_conn *c, const dbn_name *name, const dbn_call *call,
	dbn_relation_info *out, dbn_error **err)
{
	static const char master[] = "sqlite_schema";
	sq_description d = { .conn = c, .rel.host = c->host };
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f, .status = DBN_E_NOT_FOUND };
	dbn_status st;

	sq_enter(c, call);
	st = load(c, err);
	if (st != DBN_OK)
		return st;
	if (!name->schema.len || plug_text_same(name->schema, PLUG_TEXT("main")))
		d.object = sq_schema_find(&c->schema, name->name, false);
	if (d.object)
		d.name = sq_schema_text(&c->schema, d.object->name);
	else if (plug_text_same(name->name, plug_text(master)) ||
		plug_text_same(name->name, PLUG_TEXT("sqlite_master")))
		d.name = master;
	if (!d.name) {
		memcpy(f.sqlstate, "42P01", 6);
		f.relation = name->name;
		return plug_fail(c->host, err, &f, "no such table or view: \"%.*s\"",
			(int)name->name.len, name->name.ptr);
	}
	c->auth = SQ_AUTH_OWN;
	st = describe(&d, out, err);
	c->auth = SQ_AUTH_STEP;
	sq_touches_clear(&c->seen);
	plug_relation_free(&d.rel);
	return st;
}

dbn_status
sq_relations(struct dbn_conn *c, const dbn_name *pattern, const dbn_call *call,
	dbn_status (*each)(const dbn_name *, uint32_t kind, void *user), void *user, dbn_error **err)
{
	char *like = NULL;
	dbn_status st;

	sq_enter(c, call);
	st = load(c, err);
	if (st != DBN_OK)
		return st;
	if (pattern && pattern->schema.len && !plug_text_same(pattern->schema, PLUG_TEXT("main")))
		return DBN_OK;
	if (pattern && pattern->name.len) {
		like = sqlite3_mprintf("%.*s", (int)pattern->name.len, pattern->name.ptr);
		if (!like)
			return plug_nomem(c->host, err);
	}
	for (size_t i = 0; st == DBN_OK && i < c->schema.nobjects; i++) {
		const sq_object *o = &c->schema.objects[i];
		dbn_name n = { PLUG_TEXT("main"), plug_text(sq_schema_text(&c->schema, o->name)) };

		if (o->kind != SQ_OBJECT_TRIGGER &&
			(!like || sqlite3_strlike(like, n.name.ptr, '\\') == 0))
			st = each(&n, kind_for(o, n.name.ptr), user);
	}
	sqlite3_free(like);
	return st;
}

dbn_status
sq_schema_epoch(struct dbn_conn *c, const dbn_call *call, dbn_token *out, dbn_error **err)
{
	int64_t version = 0;
	int rc;

	sq_enter(c, call);
	rc = sq_own_run(c, SQ_OWN_VERSION, &version);
	if (rc != SQLITE_OK)
		return sq_fail(c, rc, SQ_PHASE_RUN, err);
	memset(out->bytes, 0, sizeof out->bytes);
	out->len = (uint32_t)sizeof version;
	for (size_t i = 0; i < sizeof version; i++)
		out->bytes[i] = (uint8_t)((uint64_t)version >> (8 * i));
	return DBN_OK;
}
