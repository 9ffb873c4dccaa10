/* SPDX-License-Identifier: MIT */
/*
 * Describing relations from pg_catalog: columns, keys, collations, what generated
 * columns read.  What happens by itself is in effects.c.  Temporary tables of
 * other sessions and of this one are not relations of the database.
 */
#include <stdlib.h>

#include "describe.h"

static uint32_t
text_of(pg_description *d, const PGresult *r, int row, int col)
{
	return plug_relation_text(&d->rel, pg_cell(r, row, col));
}

dbn_status
pg_ask_about(pg_description *d, const char *sql, PGresult **r, dbn_error **err)
{
	char oid[16];
	const char *values[1] = { oid };

	(void)snprintf(oid, sizeof oid, "%u", d->oid);
	return pg_query(d->conn, sql, 1, values, r, err);
}

static uint32_t
kind_for(char relkind, bool system)
{
	return system ? DBN_RELATION_SYSTEM : relkind == 'v' || relkind == 'm' ? DBN_RELATION_VIEW
		: DBN_RELATION_TABLE;
}

#define IS_SYSTEM "(n.nspname ~ '^pg_' OR n.nspname = 'information_schema')"

/* The relation by its name; *found false: there is none. */
static dbn_status
look_up(pg_description *d, const dbn_name *name, bool *found, dbn_error **err)
{
	dbn_text schema = name->schema.len ? name->schema : PLUG_TEXT("public");
	char *values[2] = { strndup(schema.ptr, schema.len), strndup(name->name.ptr, name->name.len) };
	PGresult *r = NULL;
	dbn_status rc;

	*found = false;
	if (!values[0] || !values[1])
		rc = plug_nomem(d->conn->host, err);
	else
		rc = pg_query(d->conn, "SELECT c.oid, n.nspname, c.relname, c.relkind, " IS_SYSTEM
			" FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
			"WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'f', 'v', 'm') "
			"AND c.relpersistence <> 't'", 2, (const char *const *)values, &r, err);
	if (rc == DBN_OK && PQntuples(r) > 0) {
		*found = true;
		d->oid = pg_get32(PQgetvalue(r, 0, 0));
		d->schema = text_of(d, r, 0, 1);
		d->name = text_of(d, r, 0, 2);
		d->relkind = *PQgetvalue(r, 0, 3);
		d->kind = kind_for(d->relkind, *PQgetvalue(r, 0, 4) != 0);
	}
	PQclear(r);
	free(values[0]);
	free(values[1]);
	return rc;
}

/*
 * Text compares exactly where its collation is deterministic: equal means the
 * same bytes.  character(n) ignores blanks at the end, citext ignores case.
 */
static const char columns_sql[] =
	"SELECT a.attnum, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), "
	"coalesce(co.collname, ''), a.attnotnull, a.attgenerated <> '', a.attidentity <> '' OR EXISTS ("
	" SELECT FROM pg_catalog.pg_depend p JOIN pg_catalog.pg_class q ON q.oid = p.objid "
	" WHERE p.classid = 1259 AND p.refclassid = 1259 AND p.refobjid = a.attrelid "
	" AND p.refobjsubid = a.attnum AND p.deptype = 'a' AND q.relkind = 'S'), a.atthasdef, "
	"a.atttypid, CASE WHEN a.attcollation = 0 THEN true ELSE coalesce(co.collisdeterministic, false) "
	" AND coalesce(nullif(t.typbasetype, 0), t.oid) IN (25, 1043, 19) END, "
	"coalesce(pg_catalog.array_position(i.indkey::pg_catalog.int2[], a.attnum) + 1, 0)::int4 "
	"FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid "
	"LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation "
	"LEFT JOIN pg_catalog.pg_index i ON i.indrelid = a.attrelid AND i.indisprimary "
	"WHERE a.attrelid = $1::pg_catalog.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

enum { C_NUM, C_NAME, C_TYPE, C_COLLATION, C_NOT_NULL, C_GENERATED, C_IDENTITY, C_DEFAULT, C_TYPE_OID,
	C_BINARY, C_KEY };

static uint32_t
flags_of(const PGresult *r, int row)
{
	uint32_t flags = 0;

	if (*PQgetvalue(r, row, C_NOT_NULL))
		flags |= DBN_COLUMN_NOT_NULL;
	if (*PQgetvalue(r, row, C_GENERATED))
		flags |= DBN_COLUMN_GENERATED;
	else if (*PQgetvalue(r, row, C_DEFAULT))
		flags |= DBN_COLUMN_DEFAULT;
	if (*PQgetvalue(r, row, C_IDENTITY))
		flags |= DBN_COLUMN_IDENTITY;
	if (*PQgetvalue(r, row, C_BINARY))
		flags |= DBN_COLUMN_BINARY;
	return flags;
}

static dbn_status
find_columns(pg_description *d, dbn_error **err)
{
	struct dbn_conn *c = d->conn;
	PGresult *r = NULL;
	Oid oid;
	dbn_status rc = pg_ask_about(d, columns_sql, &r, err);

	for (int i = 0; rc == DBN_OK && i < PQntuples(r); i++) {
		oid = pg_get32(PQgetvalue(r, i, C_TYPE_OID));
		if (!pg_type_find(c, oid))
			rc = pg_types_learn(c, &oid, 1, err);
	}
	for (int i = 0; rc == DBN_OK && i < PQntuples(r); i++) {
		const pg_type *t = pg_type_find(c, pg_get32(PQgetvalue(r, i, C_TYPE_OID)));
		plug_column col = { .own = pg_get16(PQgetvalue(r, i, C_NUM)),
			.flags = flags_of(r, i), .type = t ? t->type : (dbn_type)DBN_EXTENSION,
			.key_part = pg_get32(PQgetvalue(r, i, C_KEY)) };

		col.name = text_of(d, r, i, C_NAME);
		col.declared = text_of(d, r, i, C_TYPE);
		col.collation = text_of(d, r, i, C_COLLATION);
		plug_relation_column(&d->rel, &col);
	}
	PQclear(r);
	return rc;
}

static bool
has_generated(const pg_description *d)
{
	for (size_t i = 0; i < d->rel.ncolumns; i++)
		if (d->rel.columns[i].flags & DBN_COLUMN_GENERATED)
			return true;
	return false;
}

/* Which columns a generated one reads, as the server recorded it. */
static dbn_status
find_inputs(pg_description *d, dbn_error **err)
{
	PGresult *r = NULL;
	dbn_status rc = DBN_OK;

	if (has_generated(d))
		rc = pg_ask_about(d, "SELECT DISTINCT f.adnum::int4, p.refobjsubid FROM pg_catalog.pg_attrdef "
			"f JOIN pg_catalog.pg_depend p ON p.classid = 2604 AND p.objid = f.oid AND "
			"p.refclassid = 1259 AND p.refobjid = f.adrelid WHERE f.adrelid = $1::pg_catalog.oid "
			"AND p.refobjsubid > 0 AND p.refobjsubid <> f.adnum ORDER BY 1, 2", &r, err);
	for (size_t i = 0; rc == DBN_OK && r && i < d->rel.ncolumns; i++) {
		plug_column *col = &d->rel.columns[i];

		col->first_input = (uint32_t)d->rel.ninputs;
		for (int k = 0; (col->flags & DBN_COLUMN_GENERATED) && k < PQntuples(r); k++)
			for (uint32_t j = 0; pg_get32(PQgetvalue(r, k, 0)) == col->own && j < d->rel.ncolumns; j++)
				if (pg_get32(PQgetvalue(r, k, 1)) == d->rel.columns[j].own)
					(void)plug_relation_input(&d->rel, col, j);
	}
	PQclear(r);
	return rc;
}

static dbn_status
not_found(struct dbn_conn *c, const dbn_name *name, dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f, .status = DBN_E_NOT_FOUND };

	memcpy(f.sqlstate, "42P01", 6);
	f.relation = name->name;
	return plug_fail(c->host, err, &f, "no such table or view: \"%.*s\"", (int)name->name.len,
		name->name.ptr);
}

dbn_status
pg_relation(struct dbn_conn *c, const dbn_name *name, const dbn_call *call,
	dbn_relation_info *out, dbn_error **err)
{
	pg_description d = { .conn = c, .rel.host = c->host };
	bool found = false;
	dbn_status rc = pg_enter(c, call, err);

	if (rc != DBN_OK)
		return rc;
	rc = look_up(&d, name, &found, err);
	/* before the rest is read: what changes meanwhile is news afterwards */
	if (rc == DBN_OK)
		rc = found ? pg_watch_relation(c, d.oid, err) : pg_watch_absent(c, name, err);
	if (rc == DBN_OK && !found)
		rc = not_found(c, name, err);
	if (rc == DBN_OK)
		rc = find_columns(&d, err);
	if (rc == DBN_OK)
		rc = find_inputs(&d, err);
	if (rc == DBN_OK)
		rc = pg_find_effects(&d, err);
	if (rc == DBN_OK && !plug_relation_pack(&d.rel, d.kind, d.schema, d.name, d.oid, out))
		rc = plug_nomem(c->host, err);
	plug_relation_free(&d.rel);
	return rc;
}

dbn_status
pg_relations(struct dbn_conn *c, const dbn_name *pattern, const dbn_call *call,
	dbn_status (*each)(const dbn_name *, uint32_t kind, void *user), void *user, dbn_error **err)
{
	dbn_text schema = pattern && pattern->schema.len ? pattern->schema : PLUG_TEXT("public");
	dbn_text like = pattern && pattern->name.len ? pattern->name : PLUG_TEXT("%");
	char *values[2] = { strndup(schema.ptr, schema.len), strndup(like.ptr, like.len) };
	PGresult *r = NULL;
	dbn_status rc = values[0] && values[1] ? pg_enter(c, call, err) : plug_nomem(c->host, err);

	if (rc == DBN_OK)
		rc = pg_query(c, "SELECT n.nspname, c.relname, c.relkind, " IS_SYSTEM " FROM "
			"pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
			"WHERE n.nspname = $1 AND c.relname LIKE $2 AND c.relkind IN ('r', 'p', 'f', 'v', 'm') "
			"AND c.relpersistence <> 't' ORDER BY c.relname", 2, (const char *const *)values, &r, err);
	for (int i = 0; rc == DBN_OK && i < PQntuples(r); i++) {
		dbn_name n = { pg_cell(r, i, 0), pg_cell(r, i, 1) };

		rc = each(&n, kind_for(*PQgetvalue(r, i, 2), *PQgetvalue(r, i, 3) != 0), user);
	}
	PQclear(r);
	free(values[0]);
	free(values[1]);
	return rc;
}
