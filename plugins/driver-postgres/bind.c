/* SPDX-License-Identifier: MIT */
/*
 * Values as the bytes of the type that the server takes: exactly, or refused
 * here, before anything is sent.  Texts and bytes are sent from where they are.
 */
#include <math.h>
#include <stdlib.h>

#include "driver.h"

#define EPOCH_DAYS 10957                          /* 2000-01-01 */
#define EPOCH_US (INT64_C(86400000000) * EPOCH_DAYS)
#define DATE_MIN (-2451545)                       /* 4714-11-24 BC, from 2000 */
#define DATE_END 2145031949                       /* 5874898-01-01 */
#define STAMP_MIN INT64_C(-211813488000000000)
#define STAMP_END INT64_C(9223371331200000000)    /* 294277-01-01 */
#define TWO53 (INT64_C(1) << 53)

/* A value on its way: what for, and where its bytes go. */
typedef struct putting {
	struct dbn_conn *c;
	const pg_type *t;
	const dbn_value *v;
	uint8_t *fixed;
	pg_arena *arena;
	const char *p;
	int len, format;
	const char *why;            /* static; NULL: no memory */
} putting;

static bool
refuse(putting *w, const char *why)
{
	w->why = why;
	return false;
}

static bool
put_fixed(putting *w, int len)
{
	w->p = (const char *)w->fixed;
	w->len = len;
	return true;
}

static bool
put_bytes(putting *w, const void *p, uint64_t len)
{
	if (len > INT32_MAX)
		return refuse(w, "a value longer than PostgreSQL takes (1 GiB)");
	w->p = len ? (const char *)p : "";
	w->len = (int)len;
	return true;
}

/* A decimal without a fraction as an integer. */
static bool
integer_of(const dbn_value *v, int64_t *x)
{
	const char *p = (const char *)v->u.ptr;
	dbn_text t = { p, (size_t)plug_value_len(v) };
	unsigned digits;
	bool integral, minus;
	uint64_t n = 0;

	if (!plug_parse_decimal(t, &digits, &integral) || !integral || digits > 19)
		return false;
	minus = *p == '-';
	for (size_t i = *p == '-' || *p == '+'; i < t.len && p[i] != '.'; i++) {
		uint64_t d = (uint64_t)(p[i] - '0');

		if (n > (UINT64_MAX - d) / 10)
			return false;
		n = n * 10 + d;
	}
	if (n > (uint64_t)INT64_MAX + minus)
		return false;
	*x = minus ? (int64_t)(0 - n) : (int64_t)n;
	return true;
}

static bool
put_integer(putting *w, int64_t min, int64_t max, int size)
{
	const dbn_value *v = w->v;
	int64_t x = v->u.i64;

	if (v->type == DBN_DECIMAL) {
		if (!integer_of(v, &x))
			return refuse(w, "a decimal that is not an integer of that size");
	} else if (v->type == DBN_UINT64) {
		if (v->u.u64 > INT64_MAX)
			return refuse(w, "an unsigned integer past the largest of the type");
	} else if (v->type != DBN_INT64) {
		return refuse(w, "it is not an integer");
	}
	if (x < min || x > max)
		return refuse(w, "an integer out of the range of the type");
	if (size == 2)
		pg_put16(w->fixed, (uint16_t)x);
	else if (size == 4)
		pg_put32(w->fixed, (uint32_t)x);
	else
		pg_put64(w->fixed, (uint64_t)x);
	return put_fixed(w, size);
}

static bool
put_uint8(putting *w)
{
	const dbn_value *v = w->v;

	if (v->type == DBN_INT64 && v->u.i64 < 0)
		return refuse(w, "a negative number");
	if (v->type != DBN_UINT64 && v->type != DBN_INT64)
		return refuse(w, "it is not an unsigned integer");
	pg_put64(w->fixed, v->u.u64);
	return put_fixed(w, 8);
}

static bool
put_bool(putting *w)
{
	const dbn_value *v = w->v;

	if ((v->type != DBN_BOOL && v->type != DBN_INT64 && v->type != DBN_UINT64) || v->u.u64 > 1)
		return refuse(w, "it is not a boolean (nor 0 or 1)");
	w->fixed[0] = (uint8_t)v->u.u64;
	return put_fixed(w, 1);
}

static bool
put_real(putting *w, bool single)
{
	const dbn_value *v = w->v;
	double x = v->u.f64;
	uint64_t bits;
	uint32_t bits4;
	float f;

	if (v->type == DBN_INT64 || v->type == DBN_UINT64) {
		int64_t most = single ? 1 << 24 : TWO53;

		if ((v->type == DBN_UINT64 && v->u.u64 > (uint64_t)most) ||
			(v->type == DBN_INT64 && (v->u.i64 > most || v->u.i64 < -most)))
			return refuse(w, "an integer with more digits than the type keeps");
		x = (double)v->u.i64;
	} else if (v->type != DBN_DOUBLE && v->type != DBN_FLOAT) {
		return refuse(w, "it is not a floating-point number");
	}
	if (!single) {
		memcpy(&bits, &x, sizeof bits);
		pg_put64(w->fixed, bits);
		return put_fixed(w, 8);
	}
	f = (float)x;
	if (!isnan(x) && (double)f != x)
		return refuse(w, "a double with more digits than the type keeps");
	memcpy(&bits4, &f, sizeof bits4);
	pg_put32(w->fixed, bits4);
	return put_fixed(w, 4);
}

static bool
put_numeric(putting *w)
{
	const dbn_value *v = w->v;
	char digits[24];
	dbn_text t = { digits, 0 };
	uint8_t *p;
	size_t n;

	if (v->type == DBN_DECIMAL)
		t = (dbn_text){ (const char *)v->u.ptr, (size_t)plug_value_len(v) };
	else if (v->type == DBN_INT64)
		t.len = plug_write_i64(digits, v->u.i64);
	else if (v->type == DBN_UINT64)
		t.len = plug_write_u64(digits, v->u.u64);
	else if (v->type == DBN_DOUBLE || v->type == DBN_FLOAT)
		return refuse(w, "a floating-point number is not exact: bind a decimal");
	else
		return refuse(w, "it is not a decimal");
	p = pg_numeric_write(w->arena, t, &n);
	if (!p)
		return refuse(w, NULL);
	if (!n)
		return refuse(w, "not the digits of a decimal number");
	return put_bytes(w, p, n);
}

static bool
put_string(putting *w)
{
	const dbn_value *v = w->v;
	uint64_t len = plug_value_len(v);
	char *text;

	if (v->type == DBN_UUID && v->len == 16) {
		text = (char *)pg_arena_take(w->arena, PLUG_TIME_MAX);
		if (!text)
			return refuse(w, NULL);
		return put_bytes(w, text, plug_write_uuid(text, (const uint8_t *)v->u.ptr));
	}
	if (v->type != DBN_TEXT && v->type != DBN_ENUM && v->type != DBN_JSON && v->type != DBN_DECIMAL)
		return refuse(w, "it is not a text");
	if (len && memchr(v->u.ptr, 0, (size_t)len))
		return refuse(w, "a text with a NUL byte, which PostgreSQL does not take");
	if (w->t->form == PG_CHAR1 && len > 1)
		return refuse(w, "more than one character");
	return put_bytes(w, v->u.ptr, len);
}

static bool
put_json(putting *w)
{
	const dbn_value *v = w->v;
	uint64_t len = plug_value_len(v);
	char *copy;

	if (v->type != DBN_JSON && v->type != DBN_TEXT)
		return refuse(w, "it is neither JSON nor text");
	if (len && memchr(v->u.ptr, 0, (size_t)len))
		return refuse(w, "a text with a NUL byte, which PostgreSQL does not take");
	if (w->t->form == PG_JSON)
		return put_bytes(w, v->u.ptr, len);
	copy = len < INT32_MAX ? (char *)pg_arena_take(w->arena, (size_t)len + 1) : NULL;
	if (!copy)
		return refuse(w, NULL);
	*copy = 1; /* version of the binary form of jsonb */
	if (len)
		memcpy(copy + 1, v->u.ptr, (size_t)len);
	return put_bytes(w, copy, len + 1);
}

static bool
put_stamp(putting *w)
{
	const dbn_value *v = w->v;
	dbn_type want = w->t->form == PG_TIMESTAMP ? DBN_TIMESTAMP : DBN_TIMESTAMPTZ;
	int64_t us = v->u.i64;

	if (v->type != want)
		return refuse(w, want == DBN_TIMESTAMP ? "it is not a timestamp without a zone"
			: "it is not a timestamp with a zone");
	if (us < STAMP_MIN + EPOCH_US || us - EPOCH_US >= STAMP_END)
		return refuse(w, "a time out of the range of the type");
	pg_put64(w->fixed, (uint64_t)(us - EPOCH_US));
	return put_fixed(w, 8);
}

static bool
put_date(putting *w)
{
	int64_t days = w->v->u.i64;

	if (w->v->type != DBN_DATE)
		return refuse(w, "it is not a date");
	if (days < DATE_MIN + EPOCH_DAYS || days >= (int64_t)DATE_END + EPOCH_DAYS)
		return refuse(w, "a date out of the range of the type");
	pg_put32(w->fixed, (uint32_t)(int32_t)(days - EPOCH_DAYS));
	return put_fixed(w, 4);
}

static bool
put_time(putting *w)
{
	const dbn_value *v = w->v;
	bool zoned = w->t->form == PG_TIMETZ;

	if (v->type != (zoned ? (dbn_type)DBN_TIMETZ : (dbn_type)DBN_TIME))
		return refuse(w, zoned ? "it is not a time with a zone" : "it is not a time");
	if (v->u.i64 < 0 || v->u.i64 > INT64_C(86400000000))
		return refuse(w, "a time out of the day");
	pg_put64(w->fixed, v->u.u64);
	if (!zoned)
		return put_fixed(w, 8);
	pg_put32(w->fixed + 8, (uint32_t)(-60 * (int32_t)(int16_t)v->aux));
	return put_fixed(w, 12);
}

static bool
put_interval(putting *w)
{
	const dbn_interval *i = (const dbn_interval *)w->v->u.ptr;

	if (w->v->type != DBN_INTERVAL)
		return refuse(w, "it is not an interval");
	pg_put64(w->fixed, (uint64_t)i->microseconds);
	pg_put32(w->fixed + 8, (uint32_t)i->days);
	pg_put32(w->fixed + 12, (uint32_t)i->months);
	return put_fixed(w, 16);
}

/* One dimension: its header, then each element with its length. */
static bool
put_array(putting *w)
{
	const dbn_value *v = w->v, *item = (const dbn_value *)v->u.ptr;
	const pg_type *of = pg_type_find(w->c, w->t->element);
	uint32_t n = (uint32_t)v->len, nulls = 0;
	char *text = NULL;
	size_t len = 0;
	uint8_t head[20];
	bool ok = true;
	FILE *f;

	if (v->type != DBN_ARRAY)
		return refuse(w, "it is not an array");
	if (!of || of->form == PG_ARRAY || v->len > INT32_MAX / 8)
		return refuse(w, "an array that this driver cannot send");
	f = open_memstream(&text, &len);
	if (!f)
		return refuse(w, NULL);
	for (uint32_t i = 0; i < n; i++)
		nulls |= item[i].type == DBN_NULL;
	pg_put32(head, n ? 1 : 0);
	pg_put32(head + 4, nulls);
	pg_put32(head + 8, of->oid);
	pg_put32(head + 12, n);
	pg_put32(head + 16, 1);
	(void)fwrite(head, n ? 20 : 12, 1, f);
	for (uint32_t i = 0; ok && i < n; i++) {
		uint8_t fixed[16], size[4];
		putting e = { .c = w->c, .t = of, .v = &item[i], .fixed = fixed, .arena = w->arena };

		ok = pg_write_value(w->c, of, &item[i], fixed, w->arena, &e.p, &e.len, &e.format, &e.why);
		if (ok && !e.format && e.p)
			ok = false, e.why = "an array of a type without a known binary form";
		w->why = e.why;
		pg_put32(size, ok && e.p ? (uint32_t)e.len : UINT32_MAX);
		(void)fwrite(size, 4, 1, f);
		if (ok && e.p)
			(void)fwrite(e.p, (size_t)e.len, 1, f);
	}
	if (fclose(f) != 0 && ok)
		ok = refuse(w, NULL);
	if (ok) { /* into the arena, which lives until the statement has been sent */
		char *kept = (char *)pg_arena_take(w->arena, len);

		ok = kept && len <= INT32_MAX ? put_bytes(w, memcpy(kept, text, len), len) : refuse(w, NULL);
	}
	free(text);
	return ok;
}

/* A type we know nothing of: its text, which the server reads; or its own bytes. */
static bool
put_other(putting *w)
{
	const dbn_value *v = w->v;
	uint64_t len = plug_value_len(v);
	char *copy;

	if (v->type == DBN_EXTENSION || v->type == DBN_BYTES)
		return put_bytes(w, v->u.ptr, v->len);
	if (v->type != DBN_TEXT && v->type != DBN_ENUM)
		return refuse(w, "only a text can be sent for this type");
	if ((len && memchr(v->u.ptr, 0, (size_t)len)) || len > INT32_MAX - 1)
		return refuse(w, "a text with a NUL byte, which PostgreSQL does not take");
	copy = (char *)pg_arena_take(w->arena, (size_t)len + 1);
	if (!copy)
		return refuse(w, NULL);
	if (len)
		memcpy(copy, v->u.ptr, (size_t)len);
	copy[len] = 0;
	w->format = 0;
	return put_bytes(w, copy, len + 1);
}

static bool
put(putting *w)
{
	const dbn_value *v = w->v;

	switch ((pg_form)w->t->form) {
	case PG_BOOL:
		return put_bool(w);
	case PG_INT2:
		return put_integer(w, INT16_MIN, INT16_MAX, 2);
	case PG_INT4:
		return put_integer(w, INT32_MIN, INT32_MAX, 4);
	case PG_INT8:
		return put_integer(w, INT64_MIN, INT64_MAX, 8);
	case PG_UINT4:
		return put_integer(w, 0, UINT32_MAX, 4);
	case PG_UINT8:
		return put_uint8(w);
	case PG_FLOAT4:
	case PG_FLOAT8:
		return put_real(w, w->t->form == PG_FLOAT4);
	case PG_NUMERIC:
		return put_numeric(w);
	case PG_STRING:
	case PG_CHAR1:
	case PG_ENUM:
		return put_string(w);
	case PG_BYTEA:
		return v->type == DBN_BYTES ? put_bytes(w, v->u.ptr, v->len) : refuse(w, "it is not bytes");
	case PG_DATE:
		return put_date(w);
	case PG_TIME:
	case PG_TIMETZ:
		return put_time(w);
	case PG_TIMESTAMP:
	case PG_TIMESTAMPTZ:
		return put_stamp(w);
	case PG_INTERVAL:
		return put_interval(w);
	case PG_UUID:
		return v->type == DBN_UUID && v->len == 16 ? put_bytes(w, v->u.ptr, 16)
			: refuse(w, "it is not a UUID");
	case PG_JSON:
	case PG_JSONB:
		return put_json(w);
	case PG_ARRAY:
		return put_array(w);
	default:
		return put_other(w);
	}
}

bool
pg_write_value(struct dbn_conn *c, const pg_type *t, const dbn_value *v, uint8_t *fixed,
	pg_arena *a, const char **p, int *len, int *format, const char **why)
{
	putting w = { .c = c, .t = t, .v = v, .fixed = fixed, .arena = a, .format = 1 };
	bool ok = v->type == DBN_NULL || put(&w);

	*p = v->type == DBN_NULL ? NULL : w.p;
	*len = w.len;
	*format = w.format;
	*why = w.why;
	return ok;
}

/* Does the value keep what the caller promised at prepare? */
bool
pg_keeps_promise(const dbn_value *v, dbn_type want)
{
	switch (want) {
	case DBN_BOOL:
		return (v->type == DBN_INT64 || v->type == DBN_UINT64) && v->u.u64 <= 1;
	case DBN_INT64:
		return v->type == DBN_BOOL || (v->type == DBN_UINT64 && v->u.u64 <= INT64_MAX);
	case DBN_UINT64:
		return v->type == DBN_BOOL || (v->type == DBN_INT64 && v->u.i64 >= 0);
	case DBN_FLOAT:
	case DBN_DOUBLE:
		return v->type == DBN_FLOAT || v->type == DBN_DOUBLE || v->type == DBN_INT64 ||
			v->type == DBN_UINT64;
	case DBN_DECIMAL:
		return v->type == DBN_INT64 || v->type == DBN_UINT64;
	case DBN_TEXT:
		return v->type == DBN_DECIMAL || v->type == DBN_ENUM || v->type == DBN_JSON ||
			v->type == DBN_UUID;
	case DBN_JSON:
	case DBN_ENUM:
	case DBN_EXTENSION:
		return v->type == DBN_TEXT;
	default:
		return false;
	}
}

static dbn_status
misfit(struct dbn_stmt *s, size_t i, const dbn_value *v, const char *why, dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f };

	if (!why)
		return plug_nomem(s->conn->host, err);
	memcpy(f.sqlstate, strstr(why, "range") || strstr(why, "past") ? "22003" : "22018", 6);
	f.detail = plug_text(why);
	return plug_fail(s->conn->host, err, &f, "parameter %zu: the %s does not fit the type %s exactly",
		i + 1, plug_type_name(v->type), s->params[i].type->name);
}

dbn_status
pg_bind(struct dbn_stmt *s, const dbn_value *v, size_t nv, dbn_error **err)
{
	const char *why = NULL;
	size_t len;

	if (nv != s->nparams)
		return plug_fail_status(s->conn->host, err, DBN_E_INVALID,
			"%zu values for %u parameters", nv, s->nparams);
	if (s->arena.chunks)
		pg_arena_clear(&s->arena);
	for (size_t i = 0; i < nv; i++) {
		const pg_param *p = &s->params[i];

		if (pg_plain(p->plain, &v[i], s->fixed[i], &s->values[i], &len)) {
			s->lengths[i] = (int)len;
			s->formats[i] = 1;
			continue;
		}
		if (p->want != v[i].type && p->want != DBN_NULL && v[i].type != DBN_NULL &&
			!pg_keeps_promise(&v[i], p->want))
			return misfit(s, i, &v[i], "it is not of the type that the statement was prepared with",
				err);
		if (!pg_write_value(s->conn, p->type, &v[i], s->fixed[i], &s->arena, &s->values[i],
				&s->lengths[i], &s->formats[i], &why))
			return misfit(s, i, &v[i], why, err);
	}
	return DBN_OK;
}
