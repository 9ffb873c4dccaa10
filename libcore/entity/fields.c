/* SPDX-License-Identifier: MIT */
/*
 * Fields on their way out: reading them from the record as values, and the
 * checks that come before anything is sent.  Messages name entity, field, kind
 * and bound, never the value.
 */
#include <math.h>
#include <string.h>

#include "entity/model.h"
#include "value/value.h"

static dbn_value
text_value(dbn_type type, const char *z)
{
	dbn_value v = dbn_v_text(z);

	if (z)
		v.type = type;
	return v;
}

static dbn_value
get_plain(uint32_t kind, const void *p)
{
	switch (kind) {
	case DBN_FIELD_BOOL:
		return dbn_v_bool(*(const bool *)p);
	case DBN_FIELD_INT32:
		return dbn_v_i64(*(const int32_t *)p);
	case DBN_FIELD_INT64:
		return dbn_v_i64(*(const int64_t *)p);
	case DBN_FIELD_DOUBLE:
		return dbn_v_f64(*(const double *)p);
	case DBN_FIELD_DATE:
		return dbn_date_of(((const dbn_date *)p)->days);
	case DBN_FIELD_TIMESTAMP:
		return dbn_timestamp_of(((const dbn_timestamp *)p)->us);
	case DBN_FIELD_TIMESTAMPTZ:
		return dbn_timestamptz_of(((const dbn_timestamptz *)p)->us);
	case DBN_FIELD_UUID:
		return dbn_uuid_of(((const dbn_uuid *)p)->bytes);
	case DBN_FIELD_TEXT:
		return text_value(DBN_TEXT, *(const char *const *)p);
	case DBN_FIELD_DECIMAL:
		return text_value(DBN_DECIMAL, *(const char *const *)p);
	case DBN_FIELD_JSON:
		return text_value(DBN_JSON, *(const char *const *)p);
	default: {
		const dbn_bytes *b = p;

		return b->ptr ? dbn_v_bytes(*b) : dbn_v_null(NULL);
	}
	}
}

/* Every nullable scalar begins with `bool set`; where its value lies differs. */
#define OPTIONAL(type, member) (((const type *)p)->set ? (const void *)&((const type *)p)->member : NULL)

static const void *
optional_value(uint32_t kind, const void *p)
{
	switch (kind) {
	case DBN_FIELD_BOOL:
		return OPTIONAL(dbn_opt_bool, value);
	case DBN_FIELD_INT32:
		return OPTIONAL(dbn_opt_int32, value);
	case DBN_FIELD_INT64:
		return OPTIONAL(dbn_opt_int64, value);
	case DBN_FIELD_DOUBLE:
		return OPTIONAL(dbn_opt_double, value);
	case DBN_FIELD_DATE:
		return OPTIONAL(dbn_opt_date, value);
	case DBN_FIELD_TIMESTAMP:
		return OPTIONAL(dbn_opt_timestamp, value);
	case DBN_FIELD_TIMESTAMPTZ:
		return OPTIONAL(dbn_opt_timestamptz, value);
	case DBN_FIELD_UUID:
		return OPTIONAL(dbn_opt_uuid, value);
	default:
		return p;         /* NULL pointers mean NULL */
	}
}

dbn_value
dbn_model_field_get(const dbn_model_field *f, const void *rec)
{
	const void *p = (const char *)rec + f->offset;

	if (f->nullable)
		p = optional_value(f->kind, p);
	return p ? get_plain(f->kind, p) : dbn_v_null(NULL);
}

/* ---- checks ---- */

static size_t
characters(dbn_text t)
{
	size_t n = 0;

	for (size_t i = 0; i < t.len; i++)
		n += ((unsigned char)t.ptr[i] & 0xC0) != 0x80;
	return n;
}

static const char *
kind_name(uint32_t kind)
{
	static const char *const names[] = { "", "bool", "int32", "int64", "double", "text", "bytes",
		"date", "timestamp", "timestamptz", "uuid", "decimal", "json" };

	return kind < sizeof names / sizeof *names ? names[kind] : "";
}

#define VALUE(m, f, hint, ...) dbn_model_fail(m, f, DBN_E_VALUE, hint, err, __VA_ARGS__)

static dbn_status
check_length(const dbn_model *m, const dbn_model_field *f, dbn_text t, dbn_error **err)
{
	bool bytes = f->kind == DBN_FIELD_BYTES;
	size_t n = bytes ? t.len : characters(t);
	const char *unit = bytes ? "bytes" : "characters";

	if (n < (uint64_t)f->len_lo)
		return VALUE(m, f, NULL, "%s.%s: %s of %zu %s is shorter than %lld", m->e->name, f->name,
			kind_name(f->kind), n, unit, (long long)f->len_lo);
	if (n > (uint64_t)f->len_hi)
		return VALUE(m, f, NULL, "%s.%s: %s of %zu %s is longer than %lld", m->e->name, f->name,
			kind_name(f->kind), n, unit, (long long)f->len_hi);
	return DBN_OK;
}

static dbn_status
check_range(const dbn_model *m, const dbn_model_field *f, const dbn_value *v, dbn_error **err)
{
	bool below, above;

	if (v->type == DBN_DOUBLE) {
		below = !(v->u.f64 >= (double)f->range_lo); /* true for NaN */
		above = v->u.f64 > (double)f->range_hi;
	} else {
		below = v->u.i64 < f->range_lo;
		above = v->u.i64 > f->range_hi;
	}
	if (below || above)
		return VALUE(m, f, NULL, "%s.%s: %s is %s %lld", m->e->name, f->name,
			kind_name(f->kind), below ? "not at least" : "above",
			(long long)(below ? f->range_lo : f->range_hi));
	return DBN_OK;
}

static dbn_status
check_text(const dbn_model *m, const dbn_model_field *f, dbn_text t, dbn_error **err)
{
	size_t ok;
	dbn_status rc;

	if (f->kind != DBN_FIELD_BYTES && (ok = dbn_utf8_valid(t.ptr, t.len)) != t.len)
		return VALUE(m, f, NULL, "%s.%s: %s is not valid UTF-8 at byte %zu", m->e->name, f->name,
			kind_name(f->kind), ok);
	if (f->has_len && (rc = check_length(m, f, t, err)) != DBN_OK)
		return rc;
	if (f->kind == DBN_FIELD_DECIMAL && !dbn_parse_decimal(t))
		return VALUE(m, f, "Digits with one point at most: \"-12.50\".",
			"%s.%s: not a decimal number", m->e->name, f->name);
	if (f->pattern && !dbn_pattern_found(f->pattern, t))
		return VALUE(m, f, NULL, "%s.%s: text does not match %s", m->e->name, f->name,
			f->pattern_text);
	return DBN_OK;
}

dbn_status
dbn_model_field_check(const dbn_model *m, const dbn_model_field *f, const void *rec, bool insert,
	dbn_error **err)
{
	dbn_value v = dbn_model_field_get(f, rec);

	if (v.type == DBN_NULL) {
		if (f->nullable || (insert && (f->open || f->default_value.type != DBN_NULL)))
			return DBN_OK;
		return VALUE(m, f, "Set the field, or declare it NULLABLE.",
			"%s.%s: NULL, and the field is not nullable", m->e->name, f->name);
	}
	if (f->has_range)
		return check_range(m, f, &v, err);
	if (!dbn_value_is_bytes(&v) || v.type == DBN_UUID)
		return DBN_OK;
	v = dbn_value_measured(v);
	return check_text(m, f, dbn_text_n(v.u.ptr, (size_t)v.len), err);
}

dbn_status
dbn_model_record_check(const dbn_model *m, const void *rec, dbn_error **err)
{
	dbn_status rc = DBN_OK;

	for (uint32_t i = 0; i < m->nfields && rc == DBN_OK; i++)
		if (!m->fields[i].generated)
			rc = dbn_model_field_check(m, &m->fields[i], rec, true, err);
	return rc;
}

dbn_status
dbn_entity_check(const dbn_entity *e, const void *rec, dbn_error **err)
{
	const dbn_model *m;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	rc = dbn_model_get(e, &m, err);
	return rc == DBN_OK ? dbn_model_record_check(m, rec, err) : rc;
}
