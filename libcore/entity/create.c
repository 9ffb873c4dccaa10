/* SPDX-License-Identifier: MIT */
/*
 * CREATE TABLE from a declaration, in SQLite's dialect.  Type names are those
 * that SQLite's affinity rules and the driver's reading of declared types agree
 * on: decimals compare as numbers (and keep 15 digits), JSON of digits stays text.
 */
#include "base/name.h"
#include "entity/model.h"

static const char *
column_type(uint32_t kind)
{
	switch (kind) {
	case DBN_FIELD_BOOL:
		return "BOOLEAN";
	case DBN_FIELD_INT32:
	case DBN_FIELD_INT64:
		return "INTEGER";
	case DBN_FIELD_DOUBLE:
		return "DOUBLE";
	case DBN_FIELD_BYTES:
		return "BLOB";
	case DBN_FIELD_DATE:
		return "DATE";
	case DBN_FIELD_TIMESTAMP:
		return "TIMESTAMP";
	case DBN_FIELD_TIMESTAMPTZ:
		return "TIMESTAMPTZ";
	case DBN_FIELD_UUID:
		return "UUID";
	case DBN_FIELD_DECIMAL:
		return "DECIMAL";
	case DBN_FIELD_JSON:
		return "JSON TEXT";
	default:
		return "TEXT";
	}
}

static void
add_column(const dbn_model *m, uint32_t i, dbn_str *s)
{
	const dbn_model_field *f = &m->fields[i];
	bool rowid = m->nkeys == 1 && f->key && f->generated;

	dbn_model_quote(s, f->column);
	dbn_str_addc(s, ' ');
	dbn_str_adds(s, column_type(f->kind));
	if (rowid) {
		dbn_str_adds(s, " PRIMARY KEY"); /* SQLite's own row number */
		return;
	}
	if (!f->nullable)
		dbn_str_adds(s, " NOT NULL");
	if (f->unique)
		dbn_str_adds(s, " UNIQUE");
	if (f->default_sql)
		dbn_str_addf(s, " DEFAULT (%s)", f->default_sql);
}

static void
add_list(const dbn_model *m, const uint32_t *fields, uint32_t n, dbn_str *s)
{
	for (uint32_t i = 0; i < n; i++) {
		dbn_str_adds(s, i ? ", " : "(");
		dbn_model_quote(s, m->fields[fields[i]].column);
	}
	dbn_str_addc(s, ')');
}

static dbn_status
add_references(const dbn_model *m, dbn_str *s, dbn_error **err)
{
	for (uint32_t i = 0; i < m->e->relation_count; i++) {
		const dbn_relation *r = dbn_entity__relation(m->e, i);
		const dbn_model *to;
		dbn_status rc;

		if (r->many)
			continue;
		rc = dbn_model_get(r->to, &to, err);
		if (rc != DBN_OK)
			return rc;
		dbn_str_adds(s, ", FOREIGN KEY ");
		add_list(m, r->columns, r->ncolumns, s);
		/* a schema is never named here: the other table is in the same one */
		dbn_str_adds(s, " REFERENCES ");
		dbn_model_quote(s, dbn_name_last(dbn_text_z(r->to->table)));
		dbn_str_addc(s, ' ');
		add_list(to, to->keys, to->nkeys, s);
	}
	return DBN_OK;
}

static dbn_status
check_generated(const dbn_model *m, dbn_error **err)
{
	for (uint32_t i = 0; i < m->nfields; i++) {
		const dbn_model_field *f = &m->fields[i];

		if (f->generated && !f->default_sql && (int32_t)i != m->auto_key &&
			!(f->key && m->nkeys == 1 &&
				(f->kind == DBN_FIELD_INT32 || f->kind == DBN_FIELD_INT64)))
			return dbn_model_fail(m, f, DBN_E_UNSUPPORTED,
				"Give it a DBN_DEFAULT, or let an integer be the key alone.", err,
				"%s.%s: nothing would generate it", m->e->name, f->name);
	}
	return DBN_OK;
}

dbn_status
dbn_model_create_sql(const dbn_model *m, dbn_str *s, dbn_error **err)
{
	dbn_status rc = check_generated(m, err);

	if (rc != DBN_OK)
		return rc;
	dbn_str_addf(s, "CREATE TABLE IF NOT EXISTS %s (", m->table.ptr);
	for (uint32_t i = 0; i < m->nfields; i++) {
		if (i)
			dbn_str_adds(s, ", ");
		add_column(m, i, s);
	}
	if (m->nkeys > 1 || !m->fields[m->keys[0]].generated) {
		dbn_str_adds(s, ", PRIMARY KEY ");
		add_list(m, m->keys, m->nkeys, s);
	}
	rc = add_references(m, s, err);
	if (rc != DBN_OK)
		return rc;
	dbn_str_addc(s, ')');
	return s->status == DBN_OK ? DBN_OK : dbn_fail_nomem(err);
}

dbn_status
dbn_entity_create_table(dbn_session *s, const dbn_entity *e, dbn_error **err)
{
	const dbn_model *m;
	dbn_status rc;
	dbn_str sql;

	DBN_ERR_CLEAR(err);
	rc = dbn_model_get(e, &m, err);
	if (rc != DBN_OK)
		return rc;
	dbn_str_init(&sql, 0);
	rc = dbn_model_create_sql(m, &sql, err);
	if (rc == DBN_OK)
		rc = dbn_exec(s, sql.ptr, dbn_args_of(NULL, 0), NULL, err);
	dbn_str_free(&sql);
	return rc;
}
