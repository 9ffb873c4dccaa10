/* SPDX-License-Identifier: MIT */
/*
 * Rows into records, and the memory behind them: one block for a record, of the
 * size its texts need; one arena in front of a list.
 */
#include <stdalign.h>
#include <string.h>

#include "entity/model.h"
#include "value/value.h"

struct dbn_memory {
	dbn_memory *next;
	char data[];
};

/* In front of the records of a list. */
struct list_head {
	dbn_arena arena;
	alignas(max_align_t) char records[];
};

static dbn_memory **
memory_of(const dbn_entity *e, void *rec)
{
	return (dbn_memory **)(void *)((char *)rec + e->memory_offset);
}

char *
dbn_model_record_alloc(const dbn_model *m, void *rec, size_t bytes)
{
	dbn_memory **at = memory_of(m->e, rec), *block;

	if (bytes > SIZE_MAX - sizeof *block)
		return NULL;
	block = dbn_alloc(sizeof *block + bytes);
	if (!block)
		return NULL;
	block->next = *at;
	*at = block;
	return block->data;
}

void
dbn_entity_clear(const dbn_entity *e, void *rec)
{
	dbn_memory *block, *next;

	if (!rec)
		return;
	for (block = *memory_of(e, rec); block; block = next) {
		next = block->next;
		dbn_free(block);
	}
	memset(rec, 0, e->record_size);
}

static struct list_head *
head_of(void *list)
{
	return (struct list_head *)(void *)((char *)list - offsetof(struct list_head, records));
}

void
dbn_entity_list_free(const dbn_entity *e, void *list, size_t count)
{
	struct list_head *head;

	if (!list)
		return;
	/* a record of the list that was inserted or filled again has memory of its own */
	for (size_t i = 0; i < count; i++)
		dbn_entity_clear(e, (char *)list + i * e->record_size);
	head = head_of(list);
	dbn_arena_free(&head->arena);
	dbn_free(head);
}

/* ---- cells ---- */

enum { DIGITS_OF_INT64 = 24 };

size_t
dbn_model_cell_bytes(const dbn_value *cell)
{
	if (cell->type == DBN_INT64 || cell->type == DBN_UINT64)
		return DIGITS_OF_INT64; /* where the field is a decimal */
	return dbn_value_is_bytes(cell) ? (size_t)cell->len + 1 : 0;
}

/* Only fields that are pointers need room. */
static bool
needs_room(const dbn_model_field *f)
{
	return f->kind == DBN_FIELD_TEXT || f->kind == DBN_FIELD_BYTES ||
		f->kind == DBN_FIELD_DECIMAL || f->kind == DBN_FIELD_JSON;
}

size_t
dbn_model_row_bytes(const dbn_model *m, const dbn_value *cells)
{
	size_t sum = 0;

	for (uint32_t i = 0; i < m->nfields; i++)
		if (needs_room(&m->fields[i]) &&
			__builtin_add_overflow(sum, dbn_model_cell_bytes(&cells[i]), &sum))
			return SIZE_MAX;
	return sum;
}

static dbn_status
misfit(const dbn_model *m, const dbn_model_field *f, const dbn_value *v, dbn_error **err)
{
	if (v->type == DBN_NULL)
		return dbn_model_fail(m, f, DBN_E_VALUE,
			"Declare it NULLABLE, or look whether the policy masks it.", err,
			"%s.%s: the column is NULL, and the field is not nullable", m->e->name, f->name);
	return dbn_model_fail(m, f, DBN_E_VALUE, NULL, err,
		"%s.%s: a cell of type %s does not fit the field", m->e->name, f->name,
		dbn_type_name(v->type));
}

/* Copy bytes behind the record, with a NUL. */
static const char *
keep(const dbn_value *v, char **bump)
{
	char *at = *bump;

	if (v->len)
		memcpy(at, v->u.ptr, (size_t)v->len);
	at[v->len] = '\0';
	*bump = at + v->len + 1;
	return at;
}

static bool
cell_int(const dbn_value *v, int64_t lo, int64_t hi, int64_t *out)
{
	if (v->type == DBN_UINT64 && v->u.u64 > INT64_MAX)
		return false;
	if (v->type != DBN_INT64 && v->type != DBN_UINT64)
		return false;
	*out = v->u.i64;
	return *out >= lo && *out <= hi;
}

static bool
cell_double(const dbn_value *v, double *out)
{
	if (v->type == DBN_DOUBLE || v->type == DBN_FLOAT) {
		*out = v->u.f64;
		return true;
	}
	if (v->type != DBN_INT64)
		return false;
	*out = (double)v->u.i64;
	return v->u.i64 >= -INT64_C(9007199254740992) && v->u.i64 <= INT64_C(9007199254740992);
}

/* Dates and times as the driver's types, or as ISO 8601 text. */
static bool
cell_time(const dbn_value *v, uint32_t kind, int64_t *out)
{
	dbn_text t = dbn_text_of(v);
	bool zoned;

	switch (kind) {
	case DBN_FIELD_DATE:
		*out = v->u.i64;
		return v->type == DBN_DATE || (v->type == DBN_TEXT && dbn_parse_date(t, out));
	case DBN_FIELD_TIMESTAMP:
		*out = v->u.i64;
		return v->type == DBN_TIMESTAMP ||
			(v->type == DBN_TEXT && dbn_parse_timestamp(t, out, &zoned) && !zoned);
	default:
		/* SQLite's CURRENT_TIMESTAMP is UTC and does not say so */
		*out = v->u.i64;
		return v->type == DBN_TIMESTAMPTZ ||
			(v->type == DBN_TEXT && dbn_parse_timestamp(t, out, &zoned));
	}
}

static bool
cell_uuid(const dbn_value *v, uint8_t out[16])
{
	if ((v->type == DBN_UUID || v->type == DBN_BYTES) && v->len == 16) {
		memcpy(out, v->u.ptr, 16);
		return true;
	}
	return v->type == DBN_TEXT && dbn_parse_uuid(dbn_text_of(v), out);
}

static bool
cell_text(const dbn_value *v, uint32_t kind, char **bump, const char **out)
{
	if (kind == DBN_FIELD_DECIMAL && (v->type == DBN_INT64 || v->type == DBN_UINT64)) {
		*out = *bump;
		*bump += dbn_value_print(v, *bump, DIGITS_OF_INT64) + 1;
		return true;
	}
	if (kind == DBN_FIELD_DECIMAL) {
		if (v->type != DBN_DECIMAL && !(v->type == DBN_TEXT && dbn_parse_decimal(dbn_text_of(v))))
			return false;
	} else if (v->type != DBN_TEXT && v->type != DBN_JSON && v->type != DBN_ENUM) {
		return false;
	}
	if (v->len && memchr(v->u.ptr, 0, (size_t)v->len))
		return false;     /* a C string would end there */
	*out = keep(v, bump);
	return true;
}

/* The scalar behind p; false: it does not fit. */
static bool
load_plain(uint32_t kind, const dbn_value *v, void *p, char **bump)
{
	int64_t i = 0;

	switch (kind) {
	case DBN_FIELD_BOOL:
		if (v->type != DBN_BOOL && !(v->type == DBN_INT64 && (uint64_t)v->u.i64 <= 1))
			return false;
		*(bool *)p = v->u.i64 != 0;
		return true;
	case DBN_FIELD_INT32:
		if (!cell_int(v, INT32_MIN, INT32_MAX, &i))
			return false;
		*(int32_t *)p = (int32_t)i;
		return true;
	case DBN_FIELD_INT64:
		return cell_int(v, INT64_MIN, INT64_MAX, p);
	case DBN_FIELD_DOUBLE:
		return cell_double(v, p);
	case DBN_FIELD_DATE:
		return cell_time(v, kind, &((dbn_date *)p)->days);
	case DBN_FIELD_TIMESTAMP:
		return cell_time(v, kind, &((dbn_timestamp *)p)->us);
	case DBN_FIELD_TIMESTAMPTZ:
		return cell_time(v, kind, &((dbn_timestamptz *)p)->us);
	case DBN_FIELD_UUID:
		return cell_uuid(v, ((dbn_uuid *)p)->bytes);
	case DBN_FIELD_BYTES:
		if (v->type != DBN_BYTES)
			return false;
		((dbn_bytes *)p)->len = (size_t)v->len;
		((dbn_bytes *)p)->ptr = keep(v, bump);
		return true;
	default:
		return cell_text(v, kind, bump, p);
	}
}

#define SET(type) (((type *)p)->set = true, (void *)&((type *)p)->value)

/* Mark a nullable as set; where its value goes. */
static void *
set_optional(uint32_t kind, void *p)
{
	switch (kind) {
	case DBN_FIELD_BOOL:
		return SET(dbn_opt_bool);
	case DBN_FIELD_INT32:
		return SET(dbn_opt_int32);
	case DBN_FIELD_INT64:
		return SET(dbn_opt_int64);
	case DBN_FIELD_DOUBLE:
		return SET(dbn_opt_double);
	case DBN_FIELD_DATE:
		return SET(dbn_opt_date);
	case DBN_FIELD_TIMESTAMP:
		return SET(dbn_opt_timestamp);
	case DBN_FIELD_TIMESTAMPTZ:
		return SET(dbn_opt_timestamptz);
	case DBN_FIELD_UUID:
		return SET(dbn_opt_uuid);
	default:
		return p;
	}
}

dbn_status
dbn_model_cell_load(const dbn_model *m, const dbn_model_field *f, const dbn_value *cell, void *rec,
	char **bump, dbn_error **err)
{
	void *p = (char *)rec + f->offset;

	if (cell->type == DBN_INT64 && f->kind == DBN_FIELD_INT64 && !f->nullable) {
		*(int64_t *)p = cell->u.i64; /* the most frequent, before the long way */
		return DBN_OK;
	}
	if (cell->type == DBN_NULL && f->nullable)
		return DBN_OK;    /* the record is zero there */
	if (f->nullable)
		p = set_optional(f->kind, p);
	if (!load_plain(f->kind, cell, p, bump))
		return misfit(m, f, cell, err);
	return DBN_OK;
}

dbn_status
dbn_model_row_load(const dbn_model *m, const dbn_value *cells, uint32_t ncells, void *rec,
	char **bump, dbn_error **err)
{
	dbn_status rc = DBN_OK;

	if (ncells != m->nfields)
		return dbn_fail(err, DBN_E_INTERNAL, "%s: %u columns came for %u fields", m->e->name,
			ncells, m->nfields);
	for (uint32_t i = 0; i < m->nfields && rc == DBN_OK; i++)
		rc = dbn_model_cell_load(m, &m->fields[i], &cells[i], rec, bump, err);
	return rc;
}

/* ---- lists ---- */

static struct list_head *
list_grow(const dbn_model *m, struct list_head *head, size_t *cap)
{
	size_t want = *cap ? *cap * 2 : 8, bytes;
	struct list_head *bigger;

	if (__builtin_mul_overflow(want, (size_t)m->e->record_size, &bytes) ||
		__builtin_add_overflow(bytes, sizeof *head, &bytes))
		return NULL;
	bigger = dbn_realloc(head, bytes);
	if (!bigger)
		return NULL;
	if (!head)
		dbn_arena_init(&bigger->arena, 0);
	*cap = want;
	return bigger;
}

static dbn_status
list_row(const dbn_model *m, dbn_rows *rows, struct list_head *head, void *rec, dbn_error **err)
{
	const dbn_value *cells = dbn_rows_cells(rows);
	uint32_t ncells = dbn_rows_columns(rows);
	char *bump = NULL;
	size_t bytes;

	memset(rec, 0, m->e->record_size);
	if (ncells == m->nfields && (bytes = dbn_model_row_bytes(m, cells)) > 0 &&
		!(bump = dbn_arena_alloc(&head->arena, bytes)))
		return dbn_fail_nomem(err);
	return dbn_model_row_load(m, cells, ncells, rec, &bump, err);
}

dbn_status
dbn_model_list_read(const dbn_model *m, dbn_rows *rows, void **list, size_t *count, dbn_error **err)
{
	struct list_head *head = NULL, *bigger;
	size_t n = 0, cap = 0;
	dbn_status rc;

	while ((rc = dbn_rows_next(rows, err)) == DBN_OK) {
		if (n == cap) {
			bigger = list_grow(m, head, &cap);
			if (!bigger) {
				rc = dbn_fail_nomem(err);
				break;
			}
			head = bigger;
		}
		rc = list_row(m, rows, head, head->records + n * m->e->record_size, err);
		if (rc != DBN_OK)
			break;
		n++;
	}
	dbn_rows_close(rows);
	if (rc != DBN_DONE) {
		if (head)
			dbn_entity_list_free(m->e, head->records, n);
		return rc;
	}
	*list = head ? head->records : NULL;
	*count = n;
	return DBN_OK;
}
