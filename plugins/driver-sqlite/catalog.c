/* SPDX-License-Identifier: MIT */
/*
 * Describing relations: columns, types by their declaration, keys, collations,
 * effects.  The description is built in growing arrays and then copied into the
 * one block that the core releases.
 */
#include <stdio.h>

#include "driver.h"

uint32_t
sq_description_text(sq_description *d, const char *s)
{
	size_t n = strlen(s) + 1, at = d->ntexts;

	if (d->nomem || !plug_grow(d->conn->host, &d->texts, &d->cap_texts, at + n, 1)) {
		d->nomem = true;
		return 0;
	}
	memcpy(d->texts + at, s, n);
	d->ntexts += n;
	return (uint32_t)at;
}

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
	sq_column col = { 0 };

	name = name ? name : "";
	declared = declared ? declared : "";
	if (!d->object || d->object->kind != SQ_OBJECT_VIEW)
		(void)sqlite3_table_column_metadata(c->db, "main", d->name, name, NULL, &coll, NULL,
			NULL, NULL);
	col.name = sq_description_text(d, name);
	col.declared = sq_description_text(d, declared);
	col.collation = sq_description_text(d, coll ? coll : "");
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
	if (!plug_grow(c->host, &d->columns, &d->cap_columns, d->ncolumns + 1, sizeof col))
		d->nomem = true;
	if (!d->nomem)
		d->columns[d->ncolumns++] = col;
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
		rc = d->nomem ? SQLITE_NOMEM : SQLITE_OK;
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

		for (size_t j = 0; *name && j < d->ncolumns; j++)
			if (d->columns[j].key_part == 1 &&
				sqlite3_stricmp(d->texts + d->columns[j].name, name) == 0)
				d->columns[j].flags |= DBN_COLUMN_IDENTITY | DBN_COLUMN_NOT_NULL;
	}
}

static uint64_t
mix(uint64_t h, const void *p, size_t n)
{
	const unsigned char *b = (const unsigned char *)p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * UINT64_C(1099511628211);
	return h ^ h >> 29;
}

static uint64_t
version_of(const sq_description *d, uint32_t kind)
{
	uint64_t h = UINT64_C(14695981039346656037);

	h = mix(h, &kind, sizeof kind);
	h = mix(h, d->texts, d->ntexts);
	h = mix(h, d->columns, d->ncolumns * sizeof *d->columns);
	h = mix(h, d->effects, d->neffects * sizeof *d->effects);
	return mix(h, d->inputs, d->ninputs * sizeof *d->inputs);
}

static size_t
align(size_t n)
{
	return (n + 15) & ~(size_t)15;
}

static dbn_text
text_at(const char *texts, uint32_t at)
{
	return plug_text(texts + at);
}

static void
pack_columns(const sq_description *d, dbn_column_desc *out, const uint32_t *inputs, const char *texts)
{
	for (size_t i = 0; i < d->ncolumns; i++) {
		const sq_column *c = &d->columns[i];

		out[i].struct_size = (uint32_t)sizeof *out;
		out[i].flags = c->flags;
		out[i].name = text_at(texts, c->name);
		out[i].declared = text_at(texts, c->declared);
		out[i].collation = text_at(texts, c->collation);
		out[i].type = c->type;
		out[i].key_part = c->key_part;
		out[i].inputs = (dbn_array){ c->ninputs ? inputs + c->first_input : NULL, c->ninputs,
			(uint32_t)sizeof *inputs };
	}
}

/* The whole description in one block. */
static bool
pack(const sq_description *d, uint32_t kind, uint32_t name, dbn_relation_info *out)
{
	size_t effects = align(d->ncolumns * sizeof(dbn_column_desc));
	size_t inputs = effects + align(d->neffects * sizeof(dbn_effect_desc));
	size_t texts = inputs + align(d->ninputs * sizeof *d->inputs);
	char *block = (char *)plug_zalloc(d->conn->host, texts + d->ntexts, 1);
	dbn_column_desc *cols = (dbn_column_desc *)(void *)block;
	dbn_effect_desc *effs;

	if (!block)
		return false;
	effs = (dbn_effect_desc *)(void *)(block + effects);
	if (d->ninputs)
		memcpy(block + inputs, d->inputs, d->ninputs * sizeof *d->inputs);
	memcpy(block + texts, d->texts, d->ntexts);
	pack_columns(d, cols, (const uint32_t *)(const void *)(block + inputs), block + texts);
	for (size_t i = 0; i < d->neffects; i++) {
		effs[i].struct_size = (uint32_t)sizeof *effs;
		effs[i].what = d->effects[i].what;
		effs[i].on.schema = PLUG_TEXT("main");
		effs[i].on.name = text_at(block + texts, d->effects[i].on);
		effs[i].by = text_at(block + texts, d->effects[i].by);
		effs[i].actions = d->effects[i].actions;
		effs[i].does = d->effects[i].does;
	}
	out->kind = kind;
	out->name.schema = PLUG_TEXT("main");
	out->name.name = text_at(block + texts, name);
	out->columns = (dbn_array){ cols, (uint32_t)d->ncolumns, (uint32_t)sizeof *cols };
	out->effects = (dbn_array){ effs, (uint32_t)d->neffects, (uint32_t)sizeof *effs };
	out->version = version_of(d, kind);
	out->memory = block;
	return true;
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
	uint32_t name = sq_description_text(d, d->name);
	int rc = find_columns(d);

	if (rc == SQLITE_OK && !d->ncolumns)
		rc = SQLITE_SCHEMA;
	if (rc != SQLITE_OK)
		return rc == SQLITE_NOMEM ? plug_nomem(d->conn->host, err)
			: sq_fail(d->conn, rc, SQ_PHASE_PREPARE, err);
	find_identity(d);
	sq_find_inputs(d);
	sq_find_effects(d);
	if (d->nomem || !pack(d, kind_for(d->object, d->name), name, out))
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
	sq_description d = { .conn = c };
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
	c->host->release(c->host, d.columns);
	c->host->release(c->host, d.effects);
	c->host->release(c->host, d.inputs);
	c->host->release(c->host, d.texts);
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
