/* SPDX-License-Identifier: MIT */
/*
 * Reading entities: at once, or as a future, which differ in who waits and in
 * nothing else.  A find by key makes nothing but the memory of the record's texts:
 * statement and column order were fixed when the model was made.
 */
#include <string.h>

#include "entity/model.h"
#include "session/async_impl.h"
#include "value/value.h"

dbn_status
dbn_model_check_key(const dbn_model *m, const dbn_value *key, size_t nkey, dbn_error **err)
{
	if (nkey != m->nkeys)
		return dbn_fail(err, DBN_E_INVALID, "%s: %zu values for a key of %u fields", m->e->name,
			nkey, m->nkeys);
	for (size_t i = 0; i < nkey; i++)
		if (key[i].type == DBN_NULL)
			return dbn_model_fail(m, &m->fields[m->keys[i]], DBN_E_VALUE, NULL, err,
				"%s.%s: a key is never NULL", m->e->name, m->fields[m->keys[i]].name);
	return DBN_OK;
}

dbn_status
dbn_model_not_found(const dbn_model *m, dbn_error **err)
{
	return dbn_model_fail(m, NULL, DBN_E_NOT_FOUND, NULL, err, "no %s has that key", m->e->name);
}

/* The one row of rows into the record. */
static dbn_status
load_one(const dbn_model *m, dbn_rows *rows, void *rec, dbn_error **err)
{
	const dbn_value *cells;
	char *bump = NULL;
	uint32_t ncells;
	size_t bytes;
	dbn_status rc;

	rc = dbn_rows_next(rows, err);
	if (rc == DBN_DONE)
		return dbn_model_not_found(m, err);
	if (rc != DBN_OK)
		return rc;
	cells = dbn_rows_cells(rows);
	ncells = dbn_rows_columns(rows);
	if (ncells == m->nfields && (bytes = dbn_model_row_bytes(m, cells)) > 0 &&
		!(bump = dbn_model_record_alloc(m, rec, bytes)))
		return dbn_fail_nomem(err);
	return dbn_model_row_load(m, cells, ncells, rec, &bump, err);
}

static dbn_status
read_record(const dbn_model *m, dbn_rows *rows, void *rec, dbn_error **err)
{
	dbn_status rc = load_one(m, rows, rec, err);

	/* only a result that was read to its end may be kept in the cache */
	if (rc == DBN_OK && !dbn_rows_cached(rows) && (rc = dbn_rows_next(rows, err)) == DBN_DONE)
		rc = DBN_OK;
	dbn_rows_close(rows);
	if (rc != DBN_OK)
		dbn_entity_clear(m->e, rec);
	return rc;
}

/* SELECT count(*): one row of one integer. */
static dbn_status
read_count(const dbn_model *m, dbn_rows *rows, uint64_t *count, dbn_error **err)
{
	const dbn_value *cell;
	dbn_status rc = dbn_rows_next(rows, err);

	if (rc == DBN_OK) {
		cell = dbn_rows_cells(rows);
		if (dbn_rows_columns(rows) != 1 ||
			(cell->type != DBN_INT64 && cell->type != DBN_UINT64))
			rc = dbn_fail(err, DBN_E_INTERNAL, "%s: the count is not a number", m->e->name);
		else
			*count = cell->u.u64;
	} else if (rc == DBN_DONE) {
		rc = dbn_fail(err, DBN_E_INTERNAL, "%s: no count came", m->e->name);
	}
	dbn_rows_close(rows);
	return rc;
}

/* ---- a statement, and where its rows go ---- */

typedef struct answer {
	const dbn_model *m;
	void *rec;
	void **list;
	size_t *count;
	uint64_t *number;
} answer;

static dbn_status
take_record(dbn_rows *rows, const void *user, dbn_error **err)
{
	const answer *a = user;

	return read_record(a->m, rows, a->rec, err);
}

static dbn_status
take_list(dbn_rows *rows, const void *user, dbn_error **err)
{
	const answer *a = user;

	return dbn_model_list_read(a->m, rows, a->list, a->count, err);
}

static dbn_status
take_number(dbn_rows *rows, const void *user, dbn_error **err)
{
	const answer *a = user;

	return read_count(a->m, rows, a->number, err);
}

/* f NULL: the caller waits.  Otherwise what is needed of the arguments is copied. */
static dbn_status
run(dbn_session *s, dbn_text sql, dbn_args args, const dbn_query_opts *opts, dbn_job_take *take,
	const answer *a, dbn_future **f, dbn_error **err)
{
	dbn_rows *rows = NULL;
	dbn_status rc;

	if (f)
		return dbn_job__read(s, sql, args, opts, take, a, sizeof *a, f, err);
	rc = dbn_query_with(s, sql, args, opts, &rows, err);
	return rc == DBN_OK ? take(rows, a, err) : rc;
}

static dbn_status
find(dbn_session *s, const dbn_model *m, const dbn_value *key, size_t nkey, void *rec, dbn_future **f,
	dbn_error **err)
{
	answer a = { .m = m, .rec = rec };
	dbn_status rc = dbn_model_check_key(m, key, nkey, err);

	return rc == DBN_OK ? run(s, m->find, dbn_args_of(key, nkey), NULL, take_record, &a, f, err) : rc;
}

dbn_status
dbn_model_find(dbn_session *s, const dbn_entity *e, const dbn_value *key, size_t nkey, void *rec,
	dbn_future **f, dbn_error **err)
{
	const dbn_model *m;
	dbn_status rc;

	memset(rec, 0, e->record_size);
	rc = dbn_model_get(e, &m, err);
	return rc == DBN_OK ? find(s, m, key, nkey, rec, f, err) : rc;
}

/* ---- lists ---- */

static dbn_status
add_order(const dbn_model *m, const dbn_find_opts *o, dbn_str *sql, dbn_error **err)
{
	bool first = true;

	for (unsigned i = 0; i < DBN_ORDER_COLUMNS; i++) {
		const dbn_order *by = &o->order[i];

		if (!by->field_plus_one)
			continue;
		if (by->field_plus_one > m->nfields || by->direction > DBN_DESC)
			return dbn_fail(err, DBN_E_INVALID, "%s: not an order", m->e->name);
		dbn_str_adds(sql, first ? " ORDER BY " : ", ");
		first = false;
		dbn_model_quote(sql, m->fields[by->field_plus_one - 1].column);
		if (by->direction == DBN_DESC)
			dbn_str_adds(sql, " DESC");
		if (m->fields[by->field_plus_one - 1].nullable) /* below all: on every database */
			dbn_str_adds(sql, by->direction == DBN_DESC ? " NULLS LAST" : " NULLS FIRST");
	}
	return DBN_OK;
}

static dbn_status
add_opts(const dbn_model *m, const dbn_find_opts *o, dbn_str *sql, dbn_value *values, size_t *n,
	dbn_error **err)
{
	dbn_status rc;

	if (!o)
		return DBN_OK;
	if (o->struct_size != sizeof *o || o->flags)
		return dbn_fail_hint(err, DBN_E_INVALID,
			"Start from the generated _opts_init(), or DBN_INIT() in C.",
			"%s: options of an unknown size", m->e->name);
	rc = add_order(m, o, sql, err);
	if (rc != DBN_OK || (!o->limit && !o->offset))
		return rc;
	if (o->limit > INT64_MAX || o->offset > INT64_MAX)
		return dbn_fail(err, DBN_E_INVALID, "%s: limit or offset out of range", m->e->name);
	dbn_str_adds(sql, " LIMIT ?");
	values[(*n)++] = dbn_v_i64(o->limit ? (int64_t)o->limit : INT64_MAX);
	if (o->offset) {
		dbn_str_adds(sql, " OFFSET ?");
		values[(*n)++] = dbn_v_i64((int64_t)o->offset);
	}
	return DBN_OK;
}

/* A statement over many records. */
typedef struct listing {
	dbn_arena scratch;            /* what values point to */
	dbn_str sql;
	dbn_value values[DBN_COND_LEAVES + 2]; /* the condition's, then LIMIT and OFFSET */
	size_t n;
} listing;

static void
listing_init(listing *q, dbn_text head)
{
	dbn_arena_init(&q->scratch, 0);
	dbn_str_init(&q->sql, 0);
	q->n = 0;
	dbn_str_addt(&q->sql, head);
}

/* It is made, or rc says why not: run it with its options, and free it. */
static dbn_status
run_listing(dbn_session *s, listing *q, dbn_status rc, const dbn_find_opts *opts, dbn_job_take *take,
	const answer *a, dbn_future **f, dbn_error **err)
{
	if (rc == DBN_OK)
		rc = add_opts(a->m, opts, &q->sql, q->values, &q->n, err);
	if (rc == DBN_OK && q->sql.status != DBN_OK)
		rc = dbn_fail(err, q->sql.status, "%s: the statement is too long", a->m->e->name);
	if (rc == DBN_OK)
		rc = run(s, dbn_text_n(q->sql.ptr, q->sql.len), dbn_args_of(q->values, q->n),
			opts ? opts->query : NULL, take, a, f, err);
	dbn_str_free(&q->sql);
	dbn_arena_free(&q->scratch);
	return rc;
}

/* head, and the condition (NULL: none). */
static dbn_status
list_where(dbn_session *s, dbn_text head, const dbn_cond *where, const dbn_find_opts *opts,
	dbn_job_take *take, const answer *a, dbn_future **f, dbn_error **err)
{
	dbn_status rc;
	listing q;

	listing_init(&q, head);
	rc = dbn_model_where(a->m, where, &q.sql, &q.scratch, q.values, &q.n, err);
	return run_listing(s, &q, rc, opts, take, a, f, err);
}

dbn_status
dbn_model_find_where(dbn_session *s, const dbn_entity *e, const dbn_cond *where,
	const dbn_find_opts *opts, void **list, size_t *count, dbn_future **f, dbn_error **err)
{
	answer a = { .list = list, .count = count };
	dbn_status rc = dbn_model_get(e, &a.m, err);

	*list = NULL;
	*count = 0;
	return rc == DBN_OK ? list_where(s, a.m->select, where, opts, take_list, &a, f, err) : rc;
}

dbn_status
dbn_model_count(dbn_session *s, const dbn_entity *e, const dbn_cond *where, uint64_t *count,
	dbn_future **f, dbn_error **err)
{
	answer a = { .number = count };
	dbn_status rc = dbn_model_get(e, &a.m, err);

	*count = 0;
	return rc == DBN_OK ? list_where(s, a.m->count, where, NULL, take_number, &a, f, err) : rc;
}

/* ---- relations ---- */

static dbn_status
relation_of(const dbn_entity *e, uint32_t i, bool many, const dbn_model **m,
	const dbn_relation **out, dbn_error **err)
{
	dbn_status rc = dbn_model_get(e, m, err);

	if (rc != DBN_OK)
		return rc;
	if (i >= e->relation_count || (dbn_entity__relation(e, i)->many != 0) != many)
		return dbn_fail(err, DBN_E_INVALID, "%s: no such relation", e->name);
	*out = dbn_entity__relation(e, i);
	return DBN_OK;
}

/* The record that rec belongs to: its entity and key. */
static dbn_status
one_key(const dbn_entity *e, uint32_t relation, const void *rec, const dbn_model **to,
	dbn_value *key, size_t *nkey, dbn_error **err)
{
	const dbn_model *m;
	const dbn_relation *r;
	dbn_status rc = relation_of(e, relation, false, &m, &r, err);

	if (rc == DBN_OK)
		rc = dbn_model_get(r->to, to, err);
	if (rc != DBN_OK)
		return rc;
	for (uint32_t i = 0; i < r->ncolumns; i++) {
		key[i] = dbn_model_field_get(&m->fields[r->columns[i]], rec);
		if (key[i].type == DBN_NULL)
			return dbn_model_fail(m, &m->fields[r->columns[i]], DBN_E_NOT_FOUND, NULL, err,
				"%s.%s: it belongs to no %s", m->e->name, r->name, r->to->name);
	}
	*nkey = r->ncolumns;
	return DBN_OK;
}

dbn_status
dbn_model_load_one(dbn_session *s, const dbn_entity *e, uint32_t relation, const void *rec, void *out,
	dbn_future **f, dbn_error **err)
{
	dbn_value key[DBN_RELATION_COLUMNS];
	const dbn_model *to = NULL;
	size_t nkey = 0;
	dbn_status rc = one_key(e, relation, rec, &to, key, &nkey, err);

	if (to)
		memset(out, 0, to->e->record_size);
	return rc == DBN_OK ? find(s, to, key, nkey, out, f, err) : rc;
}

/* rec's key as values. */
static dbn_status
many_key(const dbn_model *m, const dbn_relation *r, const void *rec, listing *q, dbn_error **err)
{
	for (; q->n < r->ncolumns; q->n++) {
		const dbn_model_field *field = &m->fields[m->keys[q->n]];

		q->values[q->n] = dbn_model_field_get(field, rec);
		if (q->values[q->n].type == DBN_NULL)
			return dbn_model_fail(m, field, DBN_E_VALUE, NULL, err, "%s.%s: a key is never NULL",
				m->e->name, field->name);
	}
	return DBN_OK;
}

dbn_status
dbn_model_load_many(dbn_session *s, const dbn_entity *e, uint32_t relation, const void *rec,
	const dbn_find_opts *opts, void **list, size_t *count, dbn_future **f, dbn_error **err)
{
	answer a = { .list = list, .count = count };
	const dbn_relation *r;
	const dbn_model *m;
	dbn_status rc = relation_of(e, relation, true, &m, &r, err);
	listing q;

	*list = NULL;
	*count = 0;
	if (rc == DBN_OK)
		rc = dbn_model_get(r->to, &a.m, err);
	if (rc != DBN_OK)
		return rc;
	listing_init(&q, m->load[relation]);
	rc = many_key(m, r, rec, &q, err);
	return run_listing(s, &q, rc, opts, take_list, &a, f, err);
}

/* ---- the caller waits ---- */

dbn_status
dbn_entity_find(dbn_session *s, const dbn_entity *e, const dbn_value *key, size_t nkey, void *rec,
	dbn_error **err)
{
	DBN_ERR_CLEAR(err);
	return dbn_model_find(s, e, key, nkey, rec, NULL, err);
}

dbn_status
dbn_entity_find_where(dbn_session *s, const dbn_entity *e, const dbn_cond *where,
	const dbn_find_opts *opts, void **list, size_t *count, dbn_error **err)
{
	DBN_ERR_CLEAR(err);
	return dbn_model_find_where(s, e, where, opts, list, count, NULL, err);
}

dbn_status
dbn_entity_count(dbn_session *s, const dbn_entity *e, const dbn_cond *where, uint64_t *count,
	dbn_error **err)
{
	DBN_ERR_CLEAR(err);
	return dbn_model_count(s, e, where, count, NULL, err);
}

dbn_status
dbn_entity_load_one(dbn_session *s, const dbn_entity *e, uint32_t relation, const void *rec,
	void *out, dbn_error **err)
{
	DBN_ERR_CLEAR(err);
	return dbn_model_load_one(s, e, relation, rec, out, NULL, err);
}

dbn_status
dbn_entity_load_many(dbn_session *s, const dbn_entity *e, uint32_t relation, const void *rec,
	const dbn_find_opts *opts, void **list, size_t *count, dbn_error **err)
{
	DBN_ERR_CLEAR(err);
	return dbn_model_load_many(s, e, relation, rec, opts, list, count, NULL, err);
}
