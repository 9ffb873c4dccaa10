/* SPDX-License-Identifier: MIT */
/*
 * From a declaration to its model.  Whoever comes first makes it and hangs it on
 * the declaration with one compare-and-swap; the others throw theirs away.
 */
#include <string.h>

#include <dbnexus/plugin/host.h>

#include "base/clock.h"
#include "entity/model.h"
#include "value/value.h"

dbn_date
dbn_date_make(int64_t year, unsigned month, unsigned day)
{
	dbn_date d = { dbn_days_from_civil(year, month, day) };

	return d;
}

void
dbn_date_parts(dbn_date date, int64_t *year, unsigned *month, unsigned *day)
{
	unsigned m, d;
	int64_t y;

	dbn_civil_from_days(date.days, &y, &m, &d);
	if (year)
		*year = y;
	if (month)
		*month = m;
	if (day)
		*day = d;
}

const dbn_field *
dbn_entity__field(const dbn_entity *e, uint32_t i)
{
	return (const dbn_field *)(const void *)((const char *)e->fields +
		(size_t)i * e->field_stride);
}

const dbn_relation *
dbn_entity__relation(const dbn_entity *e, uint32_t i)
{
	return (const dbn_relation *)(const void *)((const char *)e->relations +
		(size_t)i * e->relation_stride);
}

dbn_status
dbn_model_fail(const dbn_model *m, const dbn_model_field *f, dbn_status status, const char *hint,
	dbn_error **err, const char *fmt, ...)
{
	dbn_fail_info info = { .struct_size = sizeof info, .status = status };
	va_list ap;

	info.hint = dbn_text_z(hint);
	info.relation = dbn_text_z(m->e->table);
	if (f)
		info.column = f->column;
	va_start(ap, fmt);
	status = dbn_fail_full(err, &info, NULL, NULL, fmt, ap);
	va_end(ap);
	return status;
}

static bool
kind_is_text(uint32_t kind)
{
	return kind == DBN_FIELD_TEXT || kind == DBN_FIELD_DECIMAL || kind == DBN_FIELD_JSON;
}

static bool
kind_is_integer(uint32_t kind)
{
	return kind == DBN_FIELD_INT32 || kind == DBN_FIELD_INT64;
}

static bool
kind_is_number(uint32_t kind)
{
	return kind_is_integer(kind) || kind == DBN_FIELD_DOUBLE;
}

#define WRONG(m, f, ...) dbn_model_fail(m, f, DBN_E_INVALID, "Correct the declaration.", err, __VA_ARGS__)

/* A default that is a plain literal: we bind it, and need no answer from the
 * database to know it.  'text', a number, TRUE, FALSE. */
static bool
literal_default(dbn_model *m, dbn_model_field *f)
{
	dbn_text t = dbn_text_z(f->default_sql);
	dbn_value v = dbn_v_null(NULL);
	char *copy;

	if (t.len >= 2 && t.ptr[0] == '\'' && t.ptr[t.len - 1] == '\'' &&
		!memchr(t.ptr + 1, '\'', t.len - 2)) {
		copy = dbn_arena_strndup(&m->arena, t.ptr + 1, t.len - 2);
		if (!copy)
			return false;
		v = dbn_v_text(copy);
	} else if (dbn_text_ieqz(t, "true") || dbn_text_ieqz(t, "false")) {
		v = dbn_v_bool(t.len == 4);
	} else if (dbn_parse_int64(t, &v.u.i64)) {
		v.type = DBN_INT64;
	} else if (dbn_parse_decimal(t) && dbn_parse_double(t, &v.u.f64)) {
		v.type = DBN_DOUBLE;
	} else {
		return false;
	}
	switch (f->kind) {
	case DBN_FIELD_BOOL:
		if (v.type != DBN_BOOL && !(v.type == DBN_INT64 && (uint64_t)v.u.i64 <= 1))
			return false;
		break;
	case DBN_FIELD_INT32:
	case DBN_FIELD_INT64:
		if (v.type != DBN_INT64)
			return false;
		break;
	case DBN_FIELD_DOUBLE:
		if (v.type == DBN_INT64)
			v = dbn_v_f64((double)v.u.i64);
		if (v.type != DBN_DOUBLE)
			return false;
		break;
	case DBN_FIELD_DECIMAL:
		v = dbn_decimal_of(v.type == DBN_TEXT ? (const char *)v.u.ptr : f->default_sql);
		break;
	case DBN_FIELD_TEXT:
	case DBN_FIELD_JSON:
		if (v.type != DBN_TEXT)
			return false;
		break;
	default:
		return false;     /* the database reads the text its own way */
	}
	f->default_value = v;
	return true;
}

static dbn_status
read_pattern(dbn_model *m, dbn_model_field *f, const char *text, dbn_error **err)
{
	const char *why;
	size_t at;
	dbn_status rc;

	if (f->kind != DBN_FIELD_TEXT)
		return WRONG(m, f, "%s.%s: DBN_MATCH is for text", m->e->name, f->name);
	rc = dbn_pattern_compile(&m->arena, dbn_text_z(text), &f->pattern, &why, &at);
	if (rc == DBN_E_NOMEM)
		return dbn_fail_nomem(err);
	if (rc != DBN_OK)
		return WRONG(m, f, "%s.%s: the pattern has %s at byte %zu", m->e->name, f->name, why,
			at + 1);
	f->pattern_text = text;
	return DBN_OK;
}

static dbn_status
read_option(dbn_model *m, dbn_model_field *f, const dbn_field_opt *o, dbn_error **err)
{
	switch (o->kind) {
	case DBN_OPT_LEN:
		if ((f->kind != DBN_FIELD_TEXT && f->kind != DBN_FIELD_BYTES &&
			f->kind != DBN_FIELD_JSON) || o->lo < 0 || o->hi < o->lo)
			return WRONG(m, f, "%s.%s: DBN_LEN needs text, json or bytes, and 0 <= lo <= hi",
				m->e->name, f->name);
		f->has_len = true;
		f->len_lo = o->lo;
		f->len_hi = o->hi;
		return DBN_OK;
	case DBN_OPT_RANGE:
		if (!kind_is_number(f->kind) || o->hi < o->lo)
			return WRONG(m, f, "%s.%s: DBN_RANGE needs a number, and lo <= hi", m->e->name,
				f->name);
		f->has_range = true;
		f->range_lo = o->lo;
		f->range_hi = o->hi;
		return DBN_OK;
	case DBN_OPT_MATCH:
		return read_pattern(m, f, o->text, err);
	case DBN_OPT_DEFAULT:
		f->default_sql = o->text;
		f->has_default = true;
		return DBN_OK;
	case DBN_OPT_COLUMN:
		f->column = dbn_text_z(o->text);
		return DBN_OK;
	case DBN_OPT_GENERATED:
		f->generated = true;
		return DBN_OK;
	case DBN_OPT_UNIQUE:
		f->unique = true;
		return DBN_OK;
	default:
		return WRONG(m, f, "%s.%s: unknown option %u", m->e->name, f->name, o->kind);
	}
}

static size_t
kind_size(uint32_t kind, bool nullable)
{
	switch (kind) {
	case DBN_FIELD_BOOL:
		return nullable ? sizeof(dbn_opt_bool) : sizeof(bool);
	case DBN_FIELD_INT32:
		return nullable ? sizeof(dbn_opt_int32) : sizeof(int32_t);
	case DBN_FIELD_INT64:
		return nullable ? sizeof(dbn_opt_int64) : sizeof(int64_t);
	case DBN_FIELD_DOUBLE:
		return nullable ? sizeof(dbn_opt_double) : sizeof(double);
	case DBN_FIELD_DATE:
		return nullable ? sizeof(dbn_opt_date) : sizeof(dbn_date);
	case DBN_FIELD_TIMESTAMP:
		return nullable ? sizeof(dbn_opt_timestamp) : sizeof(dbn_timestamp);
	case DBN_FIELD_TIMESTAMPTZ:
		return nullable ? sizeof(dbn_opt_timestamptz) : sizeof(dbn_timestamptz);
	case DBN_FIELD_UUID:
		return nullable ? sizeof(dbn_opt_uuid) : sizeof(dbn_uuid);
	case DBN_FIELD_BYTES:
		return sizeof(dbn_bytes);
	case DBN_FIELD_TEXT:
	case DBN_FIELD_DECIMAL:
	case DBN_FIELD_JSON:
		return sizeof(const char *);
	default:
		return 0;
	}
}

static dbn_status
read_field(dbn_model *m, uint32_t i, dbn_error **err)
{
	const dbn_field *f = dbn_entity__field(m->e, i);
	dbn_model_field *mf = &m->fields[i];
	dbn_status rc;

	mf->f = f;
	mf->name = f->name;
	mf->column = dbn_text_z(f->name);
	mf->kind = f->kind;
	mf->offset = f->offset;
	mf->key = (f->flags & DBN_FIELD_KEY) != 0;
	mf->nullable = (f->flags & DBN_FIELD_NULLABLE) != 0;
	if (kind_size(mf->kind, mf->nullable) != f->size || f->size > m->e->record_size ||
		f->offset > m->e->record_size - f->size || (f->flags & ~3u))
		return WRONG(m, mf, "%s.%s: unknown kind, size or flags", m->e->name, f->name);
	for (const dbn_field_opt *o = f->opts; o->kind != DBN_OPT_END; o++)
		if ((rc = read_option(m, mf, o, err)) != DBN_OK)
			return rc;
	if (!mf->column.len || memchr(mf->column.ptr, 0, mf->column.len))
		return WRONG(m, mf, "%s.%s: the column has no name", m->e->name, f->name);
	if (mf->generated && mf->nullable && mf->key)
		return WRONG(m, mf, "%s.%s: a key is never NULL", m->e->name, f->name);
	/* a scalar that cannot be NULL always has a value of its own to send */
	if (mf->has_default && !mf->generated && !literal_default(m, mf))
		mf->open = mf->nullable || kind_is_text(mf->kind) || mf->kind == DBN_FIELD_BYTES;
	m->nkeys += mf->key;
	m->ngenerated += mf->generated;
	m->nopen += mf->open;
	return DBN_OK;
}

static dbn_status
read_fields(dbn_model *m, dbn_error **err)
{
	dbn_status rc;

	m->nfields = m->e->field_count;
	m->fields = dbn_arena_array(&m->arena, m->nfields, sizeof *m->fields);
	m->keys = dbn_arena_array(&m->arena, m->nfields, sizeof *m->keys);
	m->updated = dbn_arena_array(&m->arena, m->nfields, sizeof *m->updated);
	if (!m->fields || !m->keys || !m->updated)
		return dbn_fail_nomem(err);
	for (uint32_t i = 0; i < m->nfields; i++) {
		if ((rc = read_field(m, i, err)) != DBN_OK)
			return rc;
		for (uint32_t j = 0; j < i; j++)
			if (dbn_text_ieq(m->fields[i].column, m->fields[j].column))
				return WRONG(m, &m->fields[i], "%s.%s: two fields for one column",
					m->e->name, m->fields[i].name);
	}
	m->nkeys = 0;
	m->auto_key = -1;
	for (uint32_t i = 0; i < m->nfields; i++) {
		const dbn_model_field *f = &m->fields[i];

		if (f->key)
			m->keys[m->nkeys++] = i;
		if (!f->key && !f->generated) {
			m->updated[i] = true;
			m->nupdated++;
		}
	}
	if (!m->nkeys)
		return WRONG(m, NULL, "%s: no key", m->e->name);
	if (m->nkeys == 1 && m->ngenerated == 1) {
		const dbn_model_field *f = &m->fields[m->keys[0]];

		if (f->generated && kind_is_integer(f->kind))
			m->auto_key = (int32_t)m->keys[0];
	}
	m->generated_default = m->ngenerated == m->nfields;
	return DBN_OK;
}

static bool
kinds_agree(uint32_t a, uint32_t b)
{
	return a == b || (kind_is_integer(a) && kind_is_integer(b));
}

/* The key of `one` against the columns of `other` that hold it. */
static dbn_status
check_columns(dbn_model *m, const dbn_relation *r, const dbn_entity *one, const dbn_entity *other,
	dbn_error **err)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < one->field_count; i++) {
		const dbn_field *key = dbn_entity__field(one, i);

		if (!(key->flags & DBN_FIELD_KEY))
			continue;
		if (n >= r->ncolumns || n >= DBN_RELATION_COLUMNS || r->columns[n] >= other->field_count)
			return WRONG(m, NULL, "%s.%s: not one column for each key field", m->e->name,
				r->name);
		if (!kinds_agree(key->kind, dbn_entity__field(other, r->columns[n])->kind))
			return WRONG(m, NULL, "%s.%s: %s.%s and %s.%s are of different types",
				m->e->name, r->name, other->name,
				dbn_entity__field(other, r->columns[n])->name, one->name, key->name);
		n++;
	}
	if (n != r->ncolumns)
		return WRONG(m, NULL, "%s.%s: more columns than key fields", m->e->name, r->name);
	return DBN_OK;
}

static dbn_status
read_relations(dbn_model *m, dbn_error **err)
{
	dbn_status rc;

	for (uint32_t i = 0; i < m->e->relation_count; i++) {
		const dbn_relation *r = dbn_entity__relation(m->e, i);

		rc = r->many ? check_columns(m, r, m->e, r->to, err)
			     : check_columns(m, r, r->to, m->e, err);
		if (rc != DBN_OK)
			return rc;
	}
	return DBN_OK;
}

static dbn_status
read_entity(dbn_model *m, dbn_error **err)
{
	const dbn_entity *e = m->e;
	dbn_status rc;

	if (e->struct_size < sizeof *e || e->field_stride < sizeof(dbn_field) ||
		e->relation_stride < sizeof(dbn_relation) || !e->fields || !e->cache)
		return dbn_fail_hint(err, DBN_E_INVALID, "Make it with DBN_ENTITY_DEFINE.",
			"not an entity declaration of this version");
	if (!e->name || !e->table || !*e->table || !e->field_count ||
		e->field_count > DBN_ENTITY_FIELDS_MAX)
		return dbn_fail(err, DBN_E_INVALID, "%s: no table, or not 1 to %d fields",
			e->name ? e->name : "entity", DBN_ENTITY_FIELDS_MAX);
	rc = read_fields(m, err);
	if (rc == DBN_OK)
		rc = read_relations(m, err);
	if (rc != DBN_OK)
		return rc;
	return dbn_model_texts(m) ? DBN_OK : dbn_fail_nomem(err);
}

static void
model_free(dbn_model *m)
{
	dbn_model_variant *v, *next;

	if (!m)
		return;
	for (v = m->variants; v; v = next) {
		next = v->next;
		dbn_free(v);
	}
	dbn_arena_free(&m->arena);
	dbn_free(m);
}

dbn_status
dbn_model_get(const dbn_entity *e, const dbn_model **out, dbn_error **err)
{
	void *made = __atomic_load_n(e->cache, __ATOMIC_ACQUIRE), *expected = NULL;
	dbn_model *m;
	dbn_status rc;

	if (made) {
		*out = made;
		return DBN_OK;
	}
	m = dbn_zalloc(sizeof *m);
	if (!m)
		return dbn_fail_nomem(err);
	dbn_arena_init(&m->arena, 0);
	m->e = e;
	rc = read_entity(m, err);
	if (rc != DBN_OK) {
		model_free(m);
		return rc;
	}
	if (!__atomic_compare_exchange_n(e->cache, &expected, m, false, __ATOMIC_ACQ_REL,
		__ATOMIC_ACQUIRE)) {
		model_free(m);
		m = expected;
	}
	*out = m;
	return DBN_OK;
}

void
dbn_model_forget(const dbn_entity *e)
{
	model_free(__atomic_exchange_n(e->cache, NULL, __ATOMIC_ACQ_REL));
}
