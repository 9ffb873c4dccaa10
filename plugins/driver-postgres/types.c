/* SPDX-License-Identifier: MIT */
/*
 * OIDs to types.  Those of the server itself never change and stand in a table;
 * enums, domains, their arrays and types of extensions are asked for once per
 * connection, when a statement first shows them.
 */
#include <stdlib.h>

#include "driver.h"

static const pg_type builtin[] = { /* by OID */
	{ 16, PG_BOOL, DBN_BOOL, 0, "boolean" },
	{ 17, PG_BYTEA, DBN_BYTES, 0, "bytea" },
	{ 18, PG_CHAR1, DBN_TEXT, 0, "\"char\"" },
	{ 19, PG_STRING, DBN_TEXT, 0, "name" },
	{ 20, PG_INT8, DBN_INT64, 0, "bigint" },
	{ 21, PG_INT2, DBN_INT64, 0, "smallint" },
	{ 22, PG_ARRAY, DBN_ARRAY, 21, "int2vector" },
	{ 23, PG_INT4, DBN_INT64, 0, "integer" },
	{ 24, PG_UINT4, DBN_INT64, 0, "regproc" },
	{ 25, PG_STRING, DBN_TEXT, 0, "text" },
	{ 26, PG_UINT4, DBN_INT64, 0, "oid" },
	{ 28, PG_UINT4, DBN_INT64, 0, "xid" },
	{ 29, PG_UINT4, DBN_INT64, 0, "cid" },
	{ 30, PG_ARRAY, DBN_ARRAY, 26, "oidvector" },
	{ 114, PG_JSON, DBN_JSON, 0, "json" },
	{ 199, PG_ARRAY, DBN_ARRAY, 114, "json[]" },
	{ 700, PG_FLOAT4, DBN_FLOAT, 0, "real" },
	{ 701, PG_FLOAT8, DBN_DOUBLE, 0, "double precision" },
	{ 705, PG_STRING, DBN_TEXT, 0, "unknown" },
	{ 1000, PG_ARRAY, DBN_ARRAY, 16, "boolean[]" },
	{ 1001, PG_ARRAY, DBN_ARRAY, 17, "bytea[]" },
	{ 1002, PG_ARRAY, DBN_ARRAY, 18, "\"char\"[]" },
	{ 1003, PG_ARRAY, DBN_ARRAY, 19, "name[]" },
	{ 1005, PG_ARRAY, DBN_ARRAY, 21, "smallint[]" },
	{ 1007, PG_ARRAY, DBN_ARRAY, 23, "integer[]" },
	{ 1009, PG_ARRAY, DBN_ARRAY, 25, "text[]" },
	{ 1014, PG_ARRAY, DBN_ARRAY, 1042, "character[]" },
	{ 1015, PG_ARRAY, DBN_ARRAY, 1043, "character varying[]" },
	{ 1016, PG_ARRAY, DBN_ARRAY, 20, "bigint[]" },
	{ 1021, PG_ARRAY, DBN_ARRAY, 700, "real[]" },
	{ 1022, PG_ARRAY, DBN_ARRAY, 701, "double precision[]" },
	{ 1028, PG_ARRAY, DBN_ARRAY, 26, "oid[]" },
	{ 1042, PG_STRING, DBN_TEXT, 0, "character" },
	{ 1043, PG_STRING, DBN_TEXT, 0, "character varying" },
	{ 1082, PG_DATE, DBN_DATE, 0, "date" },
	{ 1083, PG_TIME, DBN_TIME, 0, "time" },
	{ 1114, PG_TIMESTAMP, DBN_TIMESTAMP, 0, "timestamp" },
	{ 1115, PG_ARRAY, DBN_ARRAY, 1114, "timestamp[]" },
	{ 1182, PG_ARRAY, DBN_ARRAY, 1082, "date[]" },
	{ 1183, PG_ARRAY, DBN_ARRAY, 1083, "time[]" },
	{ 1184, PG_TIMESTAMPTZ, DBN_TIMESTAMPTZ, 0, "timestamp with time zone" },
	{ 1185, PG_ARRAY, DBN_ARRAY, 1184, "timestamp with time zone[]" },
	{ 1186, PG_INTERVAL, DBN_INTERVAL, 0, "interval" },
	{ 1187, PG_ARRAY, DBN_ARRAY, 1186, "interval[]" },
	{ 1231, PG_ARRAY, DBN_ARRAY, 1700, "numeric[]" },
	{ 1263, PG_ARRAY, DBN_ARRAY, 2275, "cstring[]" },
	{ 1266, PG_TIMETZ, DBN_TIMETZ, 0, "time with time zone" },
	{ 1270, PG_ARRAY, DBN_ARRAY, 1266, "time with time zone[]" },
	{ 1700, PG_NUMERIC, DBN_DECIMAL, 0, "numeric" },
	{ 2202, PG_UINT4, DBN_INT64, 0, "regprocedure" },
	{ 2203, PG_UINT4, DBN_INT64, 0, "regoper" },
	{ 2204, PG_UINT4, DBN_INT64, 0, "regoperator" },
	{ 2205, PG_UINT4, DBN_INT64, 0, "regclass" },
	{ 2206, PG_UINT4, DBN_INT64, 0, "regtype" },
	{ 2275, PG_STRING, DBN_TEXT, 0, "cstring" },
	{ 2278, PG_VOID, DBN_NULL, 0, "void" },
	{ 2950, PG_UUID, DBN_UUID, 0, "uuid" },
	{ 2951, PG_ARRAY, DBN_ARRAY, 2950, "uuid[]" },
	{ 3220, PG_UINT8, DBN_UINT64, 0, "pg_lsn" },
	{ 3802, PG_JSONB, DBN_JSON, 0, "jsonb" },
	{ 3807, PG_ARRAY, DBN_ARRAY, 3802, "jsonb[]" },
	{ 4089, PG_UINT4, DBN_INT64, 0, "regnamespace" },
	{ 4096, PG_UINT4, DBN_INT64, 0, "regrole" },
	{ 4191, PG_UINT4, DBN_INT64, 0, "regcollation" },
	{ 5069, PG_UINT8, DBN_UINT64, 0, "xid8" },
};

static int
by_oid(const void *key, const void *item)
{
	Oid a = *(const Oid *)key, b = ((const pg_type *)item)->oid;

	return a < b ? -1 : a > b;
}

const pg_type *
pg_type_builtin(Oid oid)
{
	return (const pg_type *)bsearch(&oid, builtin, sizeof builtin / sizeof *builtin,
		sizeof *builtin, by_oid);
}

const pg_type *
pg_type_array_of(Oid element)
{
	for (size_t i = 0; i < sizeof builtin / sizeof *builtin; i++)
		if (builtin[i].form == PG_ARRAY && builtin[i].element == element && builtin[i].oid > 30)
			return &builtin[i];
	return NULL;
}

const pg_type *
pg_type_find(const struct dbn_conn *c, Oid oid)
{
	const pg_type *t = pg_type_builtin(oid);

	for (size_t i = 0; !t && i < c->types.n; i++)
		if (c->types.v[i]->t.oid == oid)
			t = &c->types.v[i]->t;
	return t;
}

void
pg_types_free(struct dbn_conn *c)
{
	for (size_t i = 0; i < c->types.n; i++)
		c->host->release(c->host, c->types.v[i]);
	c->host->release(c->host, c->types.v);
	memset(&c->types, 0, sizeof c->types);
}

static struct pg_learnt *
add(struct dbn_conn *c, Oid oid, const char *name)
{
	struct pg_learnt *l = (struct pg_learnt *)plug_zalloc(c->host, 1, sizeof *l);

	if (!l || !plug_grow(c->host, &c->types.v, &c->types.cap, c->types.n + 1,
			sizeof *c->types.v)) {
		c->host->release(c->host, l);
		return NULL;
	}
	(void)snprintf(l->name, sizeof l->name, "%s", name);
	l->t.oid = oid;
	l->t.name = l->name;
	l->t.form = PG_OTHER;
	l->t.type = DBN_EXTENSION;
	c->types.v[c->types.n++] = l;
	return l;
}

/* One row of the answer; *more: a type it is made of, if that is not known yet. */
static dbn_status
learn_row(struct dbn_conn *c, const PGresult *r, int row, Oid *more, dbn_error **err)
{
	Oid oid = pg_get32(PQgetvalue(r, row, 0)), base = pg_get32(PQgetvalue(r, row, 3));
	Oid element = pg_get32(PQgetvalue(r, row, 4));
	char kind = *PQgetvalue(r, row, 2), category = *PQgetvalue(r, row, 5);
	const pg_type *of = kind == 'd' ? pg_type_find(c, base) : NULL;
	struct pg_learnt *l;

	*more = 0;
	if (pg_type_find(c, oid))
		return DBN_OK;
	if (kind == 'd' && !of) {
		*more = base;
		return DBN_OK; /* asked for again when its base is known */
	}
	l = add(c, oid, PQgetvalue(r, row, 1));
	if (!l)
		return plug_nomem(c->host, err);
	if (of) {
		l->t.form = of->form;
		l->t.type = of->type;
		l->t.element = of->element;
	} else if (kind == 'e') {
		l->t.form = PG_ENUM;
		l->t.type = DBN_ENUM;
	} else if (category == 'A' && element) {
		l->t.form = PG_ARRAY;
		l->t.type = DBN_ARRAY;
		l->t.element = element;
		*more = pg_type_find(c, element) ? 0 : element;
	} else if (kind == 'b' && category == 'S') {
		l->t.form = PG_STRING;
		l->t.type = DBN_TEXT;
	}
	return DBN_OK;
}

const char pg_types_sql[] = "SELECT oid, typname, typtype, typbasetype, typelem, typcategory "
	"FROM pg_catalog.pg_type WHERE oid = ANY ($1::pg_catalog.oid[])";

char *
pg_types_list(const Oid *oids, size_t n)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	for (size_t i = 0; f && i < n; i++)
		(void)fprintf(f, "%c%u", i ? ',' : '{', oids[i]);
	if (!f || fputc('}', f) == EOF || fclose(f) != 0)
		return NULL;
	return text;
}

dbn_status
pg_types_take(struct dbn_conn *c, const PGresult *r, Oid *more, size_t *nmore, dbn_error **err)
{
	dbn_status rc = DBN_OK;
	Oid oid;

	*nmore = 0;
	if (PQntuples(r) < 1)
		return pg_fail_state(c->host, err, "42704", NULL, "a type of the statement is gone");
	for (int i = 0; rc == DBN_OK && i < PQntuples(r); i++) {
		rc = learn_row(c, r, i, &oid, err);
		if (oid && *nmore < PG_TYPES_AT_ONCE)
			more[(*nmore)++] = oid;
	}
	return rc;
}

static dbn_status
ask(struct dbn_conn *c, const Oid *oids, size_t n, PGresult **r, dbn_error **err)
{
	char *text = pg_types_list(oids, n);
	const char *values[1] = { text };
	dbn_status rc = text ? pg_query(c, pg_types_sql, 1, values, r, err) : plug_nomem(c->host, err);

	free(text);
	return rc;
}

dbn_status
pg_types_learn(struct dbn_conn *c, const Oid *oids, size_t n, dbn_error **err)
{
	Oid todo[PG_TYPES_AT_ONCE];
	size_t ntodo = 0;

	for (unsigned round = 0; round < 32; round++) {
		PGresult *r = NULL;
		dbn_status rc;

		for (size_t i = 0; i < n && ntodo < PG_TYPES_AT_ONCE; i++)
			if (!pg_type_find(c, oids[i]))
				todo[ntodo++] = oids[i];
		if (!ntodo)
			return DBN_OK;
		rc = ask(c, todo, ntodo, &r, err);
		if (rc == DBN_OK)
			rc = pg_types_take(c, r, todo, &ntodo, err);
		PQclear(r);
		if (rc != DBN_OK)
			return rc;
	}
	return plug_fail_status(c->host, err, DBN_E_LIMIT, "types nest too deep");
}
