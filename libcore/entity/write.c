/* SPDX-License-Identifier: MIT */
/*
 * Writing entities.  Checks come first, for all records of a batch; what the
 * database makes is written back.
 */
#include <string.h>

#include "entity/model.h"
#include "value/value.h"

enum { STACK_VALUES = 64 };   /* entities with more fields use the heap */

/* What an insert of this record sends. */
static void
insert_mask(const dbn_model *m, const void *rec, bool *mask)
{
	for (uint32_t i = 0; i < m->nfields; i++)
		mask[i] = !m->fields[i].generated && !(m->fields[i].open &&
			dbn_model_field_get(&m->fields[i], rec).type == DBN_NULL);
}

static size_t
insert_values(const dbn_model *m, const void *rec, const bool *mask, dbn_value *values)
{
	size_t n = 0;

	for (uint32_t i = 0; i < m->nfields; i++) {
		const dbn_model_field *f = &m->fields[i];

		if (!mask[i])
			continue;
		values[n] = dbn_model_field_get(f, rec);
		if (values[n].type == DBN_NULL)
			values[n] = f->default_value;
		n++;
	}
	return n;
}

/* Defaults that were bound for the caller appear in the record; their text lives
 * as long as the declaration. */
static dbn_status
defaults_back(const dbn_model *m, void *rec, dbn_error **err)
{
	dbn_status rc = DBN_OK;

	for (uint32_t i = 0; i < m->nfields && rc == DBN_OK; i++) {
		const dbn_model_field *f = &m->fields[i];
		dbn_value v = f->default_value;
		char *p = (char *)rec + f->offset;

		if (v.type == DBN_NULL || f->generated ||
			dbn_model_field_get(f, rec).type != DBN_NULL)
			continue;
		if (v.type == DBN_TEXT || v.type == DBN_DECIMAL)
			*(const char **)(void *)p = v.u.ptr;
		else
			rc = dbn_model_cell_load(m, f, &v, rec, NULL, err);
	}
	return rc;
}

static dbn_status
auto_key_back(const dbn_model *m, void *rec, int64_t key, dbn_error **err)
{
	dbn_value v = dbn_v_i64(key);

	if (m->auto_key < 0)
		return DBN_OK;
	return dbn_model_cell_load(m, &m->fields[m->auto_key], &v, rec, NULL, err);
}

/* The row of a RETURNING, in the order of texts.c. */
static dbn_status
returning_back(const dbn_model *m, const bool *mask, const dbn_value *cells, uint32_t ncells,
	void *rec, dbn_error **err)
{
	size_t bytes = 0;
	char *bump = NULL;
	dbn_status rc = DBN_OK;

	for (uint32_t i = 0; i < ncells; i++)
		if (__builtin_add_overflow(bytes, dbn_model_cell_bytes(&cells[i]), &bytes))
			return dbn_fail_nomem(err);
	if (bytes && !(bump = dbn_model_record_alloc(m, rec, bytes)))
		return dbn_fail_nomem(err);
	for (uint32_t i = 0, n = 0; i < m->nfields && rc == DBN_OK; i++) {
		const dbn_model_field *f = &m->fields[i];

		if (!f->generated && (mask[i] || !f->open))
			continue;
		if (n == ncells)
			return dbn_fail(err, DBN_E_INTERNAL, "%s: too few columns came back",
				m->e->name);
		rc = dbn_model_cell_load(m, f, &cells[n++], rec, &bump, err);
	}
	return rc;
}

static dbn_status
insert_returning(dbn_session *s, const dbn_model *m, const dbn_model_variant *v, const bool *mask,
	dbn_args args, void *rec, dbn_error **err)
{
	dbn_rows *rows = NULL;
	dbn_status rc;

	rc = dbn_query_with(s, v->sql, args, NULL, &rows, err);
	if (rc != DBN_OK)
		return rc;
	rc = dbn_rows_next(rows, err);
	if (rc == DBN_OK)
		rc = returning_back(m, mask, dbn_rows_cells(rows), dbn_rows_columns(rows), rec, err);
	else if (rc == DBN_DONE)
		rc = dbn_fail(err, DBN_E_INTERNAL, "%s: the insert gave no row back", m->e->name);
	/* the statement has ended, and its failure would be told, at the last row */
	if (rc == DBN_OK && (rc = dbn_rows_next(rows, err)) == DBN_DONE)
		rc = DBN_OK;
	dbn_rows_close(rows);
	return rc;
}

/* One record, checked already. */
static dbn_status
insert_one(dbn_session *s, const dbn_model *m, void *rec, dbn_error **err)
{
	dbn_value on_stack[STACK_VALUES], *values = on_stack;
	bool mask[DBN_ENTITY_FIELDS_MAX];
	const dbn_model_variant *v;
	dbn_model_variant *own = NULL;
	dbn_result result = { .struct_size = sizeof result };
	dbn_args args;
	dbn_status rc;

	if (m->nfields > STACK_VALUES) {
		values = dbn_alloc_array(m->nfields, sizeof *values);
		if (!values)
			return dbn_fail_nomem(err);
	}
	insert_mask(m, rec, mask);
	args = dbn_args_of(values, insert_values(m, rec, mask, values));
	rc = dbn_model_variant_get(m, DBN_VARIANT_INSERT, mask, &v, &own, err);
	if (rc != DBN_OK)
		goto out;
	if (v->returning) {
		rc = insert_returning(s, m, v, mask, args, rec, err);
	} else {
		rc = dbn_exec_with(s, v->sql, args, NULL, &result, err);
		if (rc == DBN_OK)
			rc = auto_key_back(m, rec, result.generated_key, err);
	}
	if (rc == DBN_OK)
		rc = defaults_back(m, rec, err);
out:
	dbn_free(own);
	if (values != on_stack)
		dbn_free(values);
	return rc;
}

dbn_status
dbn_entity_insert(dbn_session *s, const dbn_entity *e, void *rec, dbn_error **err)
{
	const dbn_model *m;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	rc = dbn_model_get(e, &m, err);
	if (rc == DBN_OK)
		rc = dbn_model_record_check(m, rec, err);
	return rc == DBN_OK ? insert_one(s, m, rec, err) : rc;
}

/* ---- batches ---- */

/* Give the generated fields back as they were: nothing was inserted. */
static void
forget_generated(const dbn_model *m, char *recs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < m->nfields; j++)
			if (m->fields[j].generated)
				memset(recs + i * m->e->record_size + m->fields[j].offset, 0,
					m->fields[j].f->size);
}

/* One by one, because rows come back; a transaction makes it all or nothing. */
static dbn_status
batch_singly(dbn_session *s, const dbn_model *m, char *recs, size_t n, dbn_error **err)
{
	bool inner = dbn_in_transaction(s);
	dbn_status rc = inner ? dbn_savepoint(s, err) : dbn_begin(s, NULL, err);
	size_t i = 0;

	if (rc != DBN_OK)
		return rc;
	for (; i < n && rc == DBN_OK; i++)
		rc = insert_one(s, m, recs + i * m->e->record_size, err);
	if (rc == DBN_OK)
		rc = inner ? dbn_savepoint_release(s, err) : dbn_commit(s, err);
	else if (inner)
		(void)dbn_savepoint_rollback(s, NULL);
	else
		(void)dbn_rollback(s, NULL);
	if (rc != DBN_OK)
		forget_generated(m, recs, i);
	return rc;
}

static dbn_status
batch_together(dbn_session *s, const dbn_model *m, const dbn_model_variant *v, const bool *mask,
	char *recs, size_t n, dbn_error **err)
{
	dbn_result result = { .struct_size = sizeof result };
	size_t width = 0, total;
	int64_t *keys = NULL;
	dbn_value *values = NULL;
	dbn_status rc;

	for (uint32_t i = 0; i < m->nfields; i++)
		width += mask[i];
	if (__builtin_mul_overflow(width, n, &total))
		return dbn_fail_nomem(err);
	values = dbn_alloc_array(total, sizeof *values);
	keys = dbn_alloc_array(n, sizeof *keys);
	if (!values || !keys) {
		rc = dbn_fail_nomem(err);
		goto out;
	}
	for (size_t i = 0; i < n; i++)
		(void)insert_values(m, recs + i * m->e->record_size, mask, values + i * width);
	rc = dbn_exec_many(s, v->sql.ptr, dbn_args_of(values, total), n, &result,
		m->auto_key >= 0 ? keys : NULL, err);
	for (size_t i = 0; i < n && rc == DBN_OK; i++) {
		rc = auto_key_back(m, recs + i * m->e->record_size, keys[i], err);
		if (rc == DBN_OK)
			rc = defaults_back(m, recs + i * m->e->record_size, err);
	}
out:
	dbn_free(keys);
	dbn_free(values);
	return rc;
}

static dbn_status
check_batch(const dbn_model *m, const char *recs, size_t n, bool *alike, dbn_error **err)
{
	bool first[DBN_ENTITY_FIELDS_MAX], mask[DBN_ENTITY_FIELDS_MAX];
	dbn_error *why = NULL;
	dbn_status rc;

	*alike = true;
	insert_mask(m, recs, first);
	for (size_t i = 0; i < n; i++) {
		const void *rec = recs + i * m->e->record_size;

		rc = dbn_model_record_check(m, rec, &why);
		if (rc != DBN_OK) {
			if (err)
				*err = why;
			else
				dbn_error_free(why);
			return dbn_fail_wrap(err, rc, "Nothing was inserted.",
				"%s: record %zu of %zu: %s", m->e->name, i + 1, n,
				dbn_error_message(err ? *err : NULL));
		}
		insert_mask(m, rec, mask);
		if (memcmp(first, mask, m->nfields * sizeof *mask) != 0)
			*alike = false;
	}
	return DBN_OK;
}

dbn_status
dbn_entity_insert_batch(dbn_session *s, const dbn_entity *e, void *recs, size_t n, dbn_error **err)
{
	bool mask[DBN_ENTITY_FIELDS_MAX], alike;
	const dbn_model_variant *v;
	dbn_model_variant *own = NULL;
	const dbn_model *m;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	rc = dbn_model_get(e, &m, err);
	if (rc != DBN_OK || n == 0)
		return rc;
	rc = check_batch(m, recs, n, &alike, err);
	if (rc != DBN_OK)
		return rc;
	insert_mask(m, recs, mask);
	rc = dbn_model_variant_get(m, DBN_VARIANT_INSERT, mask, &v, &own, err);
	if (rc != DBN_OK)
		return rc;
	/* without a value to send there is nothing to repeat a statement over */
	if (alike && !v->returning && !m->generated_default)
		rc = batch_together(s, m, v, mask, recs, n, err);
	else
		rc = batch_singly(s, m, recs, n, err);
	dbn_free(own);
	return rc;
}

/* ---- update and delete ---- */

/* The mask is the caller's: keys and generated fields are never written. */
static dbn_status
check_update(const dbn_model *m, const void *rec, const bool *mask, dbn_error **err)
{
	bool any = false;
	dbn_status rc;

	for (uint32_t i = 0; i < m->nfields; i++) {
		const dbn_model_field *f = &m->fields[i];

		if (mask[i] && (f->key || f->generated))
			return dbn_model_fail(m, f, DBN_E_INVALID, NULL, err,
				"%s.%s: a %s field is not updated", m->e->name, f->name,
				f->key ? "key" : "generated");
		if (f->key && dbn_model_field_get(f, rec).type == DBN_NULL)
			return dbn_model_fail(m, f, DBN_E_VALUE, NULL, err, "%s.%s: a key is never NULL",
				m->e->name, f->name);
		if (!mask[i])
			continue;
		any = true;
		rc = dbn_model_field_check(m, f, rec, false, err);
		if (rc != DBN_OK)
			return rc;
	}
	return any ? DBN_OK : dbn_fail(err, DBN_E_INVALID, "%s: no field to update", m->e->name);
}

dbn_status
dbn_entity_update(dbn_session *s, const dbn_entity *e, const void *rec, const bool *fields,
	dbn_error **err)
{
	dbn_value on_stack[STACK_VALUES], *values = on_stack;
	dbn_result result = { .struct_size = sizeof result };
	const dbn_model_variant *v;
	dbn_model_variant *own = NULL;
	const dbn_model *m;
	size_t n = 0;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	rc = dbn_model_get(e, &m, err);
	if (rc != DBN_OK)
		return rc;
	if (!fields)
		fields = m->updated;
	rc = check_update(m, rec, fields, err);
	if (rc == DBN_OK)
		rc = dbn_model_variant_get(m, DBN_VARIANT_UPDATE, fields, &v, &own, err);
	if (rc != DBN_OK)
		return rc;
	if (m->nfields > STACK_VALUES &&
		!(values = dbn_alloc_array(m->nfields, sizeof *values))) {
		rc = dbn_fail_nomem(err);
		goto out;
	}
	for (uint32_t i = 0; i < m->nfields; i++)
		if (fields[i])
			values[n++] = dbn_model_field_get(&m->fields[i], rec);
	for (uint32_t i = 0; i < m->nkeys; i++)
		values[n++] = dbn_model_field_get(&m->fields[m->keys[i]], rec);
	rc = dbn_exec_with(s, v->sql, dbn_args_of(values, n), NULL, &result, err);
	if (rc == DBN_OK && result.affected == 0)
		rc = dbn_model_not_found(m, err);
out:
	dbn_free(own);
	if (values != on_stack)
		dbn_free(values);
	return rc;
}

dbn_status
dbn_entity_delete(dbn_session *s, const dbn_entity *e, const dbn_value *key, size_t nkey,
	dbn_error **err)
{
	dbn_result result = { .struct_size = sizeof result };
	const dbn_model *m;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	rc = dbn_model_get(e, &m, err);
	if (rc == DBN_OK)
		rc = dbn_model_check_key(m, key, nkey, err);
	if (rc != DBN_OK)
		return rc;
	rc = dbn_exec_with(s, m->remove, dbn_args_of(key, nkey), NULL, &result, err);
	if (rc == DBN_OK && result.affected == 0)
		rc = dbn_model_not_found(m, err);
	return rc;
}

dbn_status
dbn_entity_delete_where(dbn_session *s, const dbn_entity *e, const dbn_cond *where,
	uint64_t *deleted, dbn_error **err)
{
	dbn_result result = { .struct_size = sizeof result };
	dbn_value values[DBN_COND_LEAVES];
	const dbn_model *m;
	dbn_arena scratch;
	dbn_status rc;
	dbn_str sql;
	size_t n = 0;

	DBN_ERR_CLEAR(err);
	if (deleted)
		*deleted = 0;
	rc = dbn_model_get(e, &m, err);
	if (rc == DBN_OK && !where)
		rc = dbn_fail(err, DBN_E_INVALID, "%s: a delete without a condition", m->e->name);
	if (rc != DBN_OK)
		return rc;
	dbn_arena_init(&scratch, 0);
	dbn_str_init(&sql, 0);
	dbn_str_addt(&sql, m->remove_all);
	rc = dbn_model_where(m, where, &sql, &scratch, values, &n, err);
	if (rc == DBN_OK && sql.status != DBN_OK)
		rc = dbn_fail_nomem(err);
	if (rc == DBN_OK)
		rc = dbn_exec_with(s, dbn_text_n(sql.ptr, sql.len), dbn_args_of(values, n), NULL,
			&result, err);
	if (rc == DBN_OK && deleted)
		*deleted = result.affected;
	dbn_str_free(&sql);
	dbn_arena_free(&scratch);
	return rc;
}
