/* SPDX-License-Identifier: MIT */
/*
 * Names, kinds and foreign keys of the whole schema, read once per schema
 * version: what the second lock and the catalogue must look up quickly.  One
 * entry is a few dozen bytes; texts of definitions are not kept.
 */
#include <stdlib.h>

#include "driver.h"

static uint32_t
keep_text(struct dbn_conn *c, const char *s, bool *ok)
{
	sq_schema *sc = &c->schema;
	size_t n = s ? strlen(s) + 1 : 1, at = sc->ntexts;

	if (!s || !*s)
		return 0;
	if (at + n > UINT32_MAX || !plug_grow(c->host, &sc->texts, &sc->cap_texts, at + n, 1)) {
		*ok = false;
		return 0;
	}
	memcpy(sc->texts + at, s, n);
	sc->ntexts += n;
	return (uint32_t)at;
}

static int
same_case(const char *a, const char *b)
{
	return sqlite3_stricmp(a, b);
}

static int
by_name(const void *x, const void *y, void *texts)
{
	const sq_object *a = (const sq_object *)x, *b = (const sq_object *)y;
	int order = same_case((const char *)texts + a->name, (const char *)texts + b->name);

	return order ? order : (int)(a->kind == SQ_OBJECT_TRIGGER) - (int)(b->kind == SQ_OBJECT_TRIGGER);
}

static uint32_t
kind_of(const char *type, int64_t rootpage)
{
	if (type[0] == 'v')
		return SQ_OBJECT_VIEW;
	if (type[0] == 't' && type[1] == 'r')
		return SQ_OBJECT_TRIGGER;
	return rootpage == 0 ? SQ_OBJECT_VIRTUAL : SQ_OBJECT_TABLE;
}

static int
add_object(struct dbn_conn *c, sqlite3_stmt *q)
{
	sq_schema *sc = &c->schema;
	const char *type = (const char *)sqlite3_column_text(q, 0);
	bool ok = true;
	sq_object o = { 0, 0, 0, 0, 0 };

	if (!type)
		return SQLITE_OK;
	o.kind = kind_of(type, sqlite3_column_int64(q, 3));
	o.rowid = sqlite3_column_int64(q, 4);
	o.name = keep_text(c, (const char *)sqlite3_column_text(q, 1), &ok);
	o.table = keep_text(c, (const char *)sqlite3_column_text(q, 2), &ok);
	if (!ok || !plug_grow(c->host, &sc->objects, &sc->cap_objects, sc->nobjects + 1,
		sizeof *sc->objects))
		return SQLITE_NOMEM;
	sc->objects[sc->nobjects++] = o;
	return SQLITE_OK;
}

/* A table named after a virtual one ("docs_content" of "docs") belongs to it. */
static void
mark_shadows(sq_schema *sc)
{
	for (size_t i = 0; i < sc->nobjects; i++) {
		const char *virt = sq_schema_text(sc, sc->objects[i].name);
		size_t n = strlen(virt);

		if (sc->objects[i].kind != SQ_OBJECT_VIRTUAL)
			continue;
		for (size_t j = 0; j < sc->nobjects; j++) {
			const char *name = sq_schema_text(sc, sc->objects[j].name);

			if (sc->objects[j].kind == SQ_OBJECT_TABLE &&
				sqlite3_strnicmp(name, virt, (int)n) == 0 && name[n] == '_')
				sc->objects[j].kind = SQ_OBJECT_SHADOW;
		}
	}
}

static int
read_objects(struct dbn_conn *c)
{
	sqlite3_stmt *q = NULL;
	int rc = sq_own_prepare(c, "SELECT type, name, tbl_name, rootpage, rowid "
		"FROM main.sqlite_schema WHERE type IN ('table', 'view', 'trigger')", &q);

	while (rc == SQLITE_OK && (rc = sq_own_step(c, q)) == SQLITE_ROW)
		rc = add_object(c, q);
	(void)sqlite3_finalize(q);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int
sq_schema_load(struct dbn_conn *c)
{
	sq_schema *sc = &c->schema;
	int64_t version = 0;
	int rc = sq_own_run(c, SQ_OWN_VERSION, &version);

	if (rc != SQLITE_OK || (sc->loaded && sc->version == version))
		return rc;
	sc->loaded = sc->keys_loaded = false;
	sc->nobjects = sc->nkeys = 0;
	sc->ntexts = 1;
	if (!plug_grow(c->host, &sc->texts, &sc->cap_texts, 256, 1))
		return SQLITE_NOMEM;
	sc->texts[0] = 0;
	/* Shadow tables follow their virtual table's name, which a table may share
	 * by chance: SQLite itself decides the same way. */
	rc = read_objects(c);
	if (rc != SQLITE_OK)
		return rc;
	mark_shadows(sc);
	if (sc->nobjects)
		qsort_r(sc->objects, sc->nobjects, sizeof *sc->objects, by_name, sc->texts);
	sc->version = version;
	sc->loaded = true;
	return SQLITE_OK;
}

static int
add_key(struct dbn_conn *c, sqlite3_stmt *q)
{
	sq_schema *sc = &c->schema;
	bool ok = true;
	sq_foreign_key k;

	k.child = keep_text(c, (const char *)sqlite3_column_text(q, 0), &ok);
	k.parent = keep_text(c, (const char *)sqlite3_column_text(q, 1), &ok);
	k.from = keep_text(c, (const char *)sqlite3_column_text(q, 2), &ok);
	k.to = keep_text(c, (const char *)sqlite3_column_text(q, 3), &ok);
	if (!ok || !plug_grow(c->host, &sc->keys, &sc->cap_keys, sc->nkeys + 1, sizeof *sc->keys))
		return SQLITE_NOMEM;
	sc->keys[sc->nkeys++] = k;
	return SQLITE_OK;
}

int
sq_schema_load_keys(struct dbn_conn *c)
{
	sq_schema *sc = &c->schema;
	sqlite3_stmt *q = NULL;
	int rc;

	if (sc->keys_loaded)
		return SQLITE_OK;
	rc = sq_own_prepare(c, "SELECT m.name, f.\"table\", f.\"from\", coalesce(f.\"to\", "
		"(SELECT p.name FROM pragma_table_info(f.\"table\") AS p WHERE p.pk = f.seq + 1)) "
		"FROM main.sqlite_schema AS m, pragma_foreign_key_list(m.name) AS f "
		"WHERE m.type = 'table' AND m.sql LIKE '%references%'", &q);
	while (rc == SQLITE_OK && (rc = sq_own_step(c, q)) == SQLITE_ROW)
		rc = add_key(c, q);
	(void)sqlite3_finalize(q);
	sc->keys_loaded = rc == SQLITE_DONE;
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

void
sq_schema_free(struct dbn_conn *c)
{
	c->host->release(c->host, c->schema.objects);
	c->host->release(c->host, c->schema.keys);
	c->host->release(c->host, c->schema.texts);
	memset(&c->schema, 0, sizeof c->schema);
}

const sq_object *
sq_schema_find(const sq_schema *s, dbn_text name, bool trigger)
{
	size_t lo = 0, hi = s->nobjects;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const sq_object *o = &s->objects[mid];
		const char *n = sq_schema_text(s, o->name);
		int order = sqlite3_strnicmp(n, name.ptr, (int)name.len);

		if (order == 0 && n[name.len])
			order = 1;
		if (order == 0)
			order = (int)(o->kind == SQ_OBJECT_TRIGGER) - (int)trigger;
		if (order == 0)
			return o;
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* Is it the child's or the parent's column of some foreign key? */
bool
sq_schema_is_key_column(const sq_schema *s, const char *rel, const char *col)
{
	for (size_t i = 0; i < s->nkeys; i++) {
		const sq_foreign_key *k = &s->keys[i];

		if (same_case(sq_schema_text(s, k->child), rel) == 0 &&
			same_case(sq_schema_text(s, k->from), col) == 0)
			return true;
		if (same_case(sq_schema_text(s, k->parent), rel) == 0 &&
			same_case(sq_schema_text(s, k->to), col) == 0)
			return true;
	}
	return false;
}
