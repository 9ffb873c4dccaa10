/* SPDX-License-Identifier: MIT */
/*
 * The operations of entities, nobody waiting: keys, conditions and options are
 * copied, records stay the caller's.  What writes is run by a worker; what reads is
 * a statement like any other (find.c), which may travel in a group.
 */
#include "entity/model.h"
#include "session/async_impl.h"
#include "value/value.h"

typedef struct entity_job {
	dbn_job job;
	const dbn_entity *e;
	void *rec;                       /* the caller's, as all below that is not copied */
	const void *crec;
	size_t n;
	const dbn_value *key;            /* copied */
	const dbn_cond *where;           /* copied; NULL: every record */
	const bool *fields;              /* copied; NULL: all */
	uint64_t *number;
} entity_job;

static dbn_status
new_job(dbn_session *s, const dbn_entity *e, dbn_status (*run)(dbn_job *, dbn_error **),
	entity_job **out, dbn_future **f, dbn_error **err)
{
	dbn_job *job;
	dbn_status rc = dbn_job__enter(s, f, err);

	if (rc == DBN_OK)
		rc = dbn_job__new(s->pool, s, sizeof **out, &job, err);
	if (rc != DBN_OK)
		return rc;
	job->run = run;
	*out = (entity_job *)job;
	(*out)->e = e;
	return DBN_OK;
}

/* Copies are made, or rc says why not. */
static dbn_status
begin(entity_job *j, dbn_status rc, dbn_future **f, dbn_error **err)
{
	if (rc == DBN_OK)
		return dbn_job__submit(&j->job, NULL, f, err);
	dbn_job__drop(&j->job);
	return rc;
}

static dbn_status
take_key(entity_job *j, const dbn_value *key, size_t nkey, dbn_error **err)
{
	dbn_value *to = dbn_arena_array(&j->job.arena, nkey ? nkey : 1, sizeof *to);

	j->key = to;
	j->n = nkey;
	for (size_t i = 0; to && i < nkey; i++)
		if (!dbn_value_copy(&j->job.arena, &key[i], &to[i]))
			return dbn_fail_nomem(err);
	return to ? DBN_OK : dbn_fail_nomem(err);
}

static dbn_status
take_where(entity_job *j, const dbn_cond *where, dbn_error **err)
{
	if (!where)
		return DBN_OK;
	j->where = dbn_model_cond_copy(j->e, where, &j->job.arena);
	return j->where ? DBN_OK : dbn_fail_nomem(err);
}

/* ---- writing ---- */

static dbn_status
run_insert(dbn_job *job, dbn_error **err)
{
	entity_job *j = (entity_job *)job;

	return dbn_entity_insert(job->s, j->e, j->rec, err);
}

dbn_status
dbn_entity_insert_async(dbn_session *s, const dbn_entity *e, void *rec, dbn_future **f, dbn_error **err)
{
	entity_job *j;
	dbn_status rc = new_job(s, e, run_insert, &j, f, err);

	if (rc != DBN_OK)
		return rc;
	j->rec = rec;
	return begin(j, DBN_OK, f, err);
}

static dbn_status
run_insert_batch(dbn_job *job, dbn_error **err)
{
	entity_job *j = (entity_job *)job;

	return dbn_entity_insert_batch(job->s, j->e, j->rec, j->n, err);
}

dbn_status
dbn_entity_insert_batch_async(dbn_session *s, const dbn_entity *e, void *recs, size_t n,
	dbn_future **f, dbn_error **err)
{
	entity_job *j;
	dbn_status rc = new_job(s, e, run_insert_batch, &j, f, err);

	if (rc != DBN_OK)
		return rc;
	j->rec = recs;
	j->n = n;
	return begin(j, DBN_OK, f, err);
}

static dbn_status
run_update(dbn_job *job, dbn_error **err)
{
	entity_job *j = (entity_job *)job;

	return dbn_entity_update(job->s, j->e, j->crec, j->fields, err);
}

dbn_status
dbn_entity_update_async(dbn_session *s, const dbn_entity *e, const void *rec, const bool *fields,
	dbn_future **f, dbn_error **err)
{
	entity_job *j;
	dbn_status rc = new_job(s, e, run_update, &j, f, err);

	if (rc != DBN_OK)
		return rc;
	j->crec = rec;
	if (fields) {
		j->fields = dbn_arena_memdup(&j->job.arena, fields, e->field_count * sizeof *fields);
		if (!j->fields)
			rc = dbn_fail_nomem(err);
	}
	return begin(j, rc, f, err);
}

static dbn_status
run_delete(dbn_job *job, dbn_error **err)
{
	entity_job *j = (entity_job *)job;

	return dbn_entity_delete(job->s, j->e, j->key, j->n, err);
}

dbn_status
dbn_entity_delete_async(dbn_session *s, const dbn_entity *e, const dbn_value *key, size_t nkey,
	dbn_future **f, dbn_error **err)
{
	entity_job *j;
	dbn_status rc = new_job(s, e, run_delete, &j, f, err);

	return rc == DBN_OK ? begin(j, take_key(j, key, nkey, err), f, err) : rc;
}

static dbn_status
run_delete_where(dbn_job *job, dbn_error **err)
{
	entity_job *j = (entity_job *)job;

	return dbn_entity_delete_where(job->s, j->e, j->where, j->number, err);
}

dbn_status
dbn_entity_delete_where_async(dbn_session *s, const dbn_entity *e, const dbn_cond *where,
	uint64_t *deleted, dbn_future **f, dbn_error **err)
{
	entity_job *j;
	dbn_status rc = new_job(s, e, run_delete_where, &j, f, err);

	if (rc != DBN_OK)
		return rc;
	j->number = deleted;
	return begin(j, take_where(j, where, err), f, err);
}

static dbn_status
run_create(dbn_job *job, dbn_error **err)
{
	return dbn_entity_create_table(job->s, ((entity_job *)job)->e, err);
}

dbn_status
dbn_entity_create_table_async(dbn_session *s, const dbn_entity *e, dbn_future **f, dbn_error **err)
{
	entity_job *j;
	dbn_status rc = new_job(s, e, run_create, &j, f, err);

	return rc == DBN_OK ? begin(j, DBN_OK, f, err) : rc;
}

/* ---- reading ---- */

dbn_status
dbn_entity_find_async(dbn_session *s, const dbn_entity *e, const dbn_value *key, size_t nkey,
	void *rec, dbn_future **f, dbn_error **err)
{
	dbn_status rc = dbn_job__enter(s, f, err);

	return rc == DBN_OK ? dbn_model_find(s, e, key, nkey, rec, f, err) : rc;
}

dbn_status
dbn_entity_find_where_async(dbn_session *s, const dbn_entity *e, const dbn_cond *where,
	const dbn_find_opts *opts, void **list, size_t *count, dbn_future **f, dbn_error **err)
{
	dbn_status rc = dbn_job__enter(s, f, err);

	return rc == DBN_OK ? dbn_model_find_where(s, e, where, opts, list, count, f, err) : rc;
}

dbn_status
dbn_entity_count_async(dbn_session *s, const dbn_entity *e, const dbn_cond *where, uint64_t *count,
	dbn_future **f, dbn_error **err)
{
	dbn_status rc = dbn_job__enter(s, f, err);

	return rc == DBN_OK ? dbn_model_count(s, e, where, count, f, err) : rc;
}

dbn_status
dbn_entity_load_one_async(dbn_session *s, const dbn_entity *e, uint32_t relation, const void *rec,
	void *out, dbn_future **f, dbn_error **err)
{
	dbn_status rc = dbn_job__enter(s, f, err);

	return rc == DBN_OK ? dbn_model_load_one(s, e, relation, rec, out, f, err) : rc;
}

dbn_status
dbn_entity_load_many_async(dbn_session *s, const dbn_entity *e, uint32_t relation, const void *rec,
	const dbn_find_opts *opts, void **list, size_t *count, dbn_future **f, dbn_error **err)
{
	dbn_status rc = dbn_job__enter(s, f, err);

	return rc == DBN_OK ? dbn_model_load_many(s, e, relation, rec, opts, list, count, f, err) : rc;
}
