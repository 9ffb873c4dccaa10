/* SPDX-License-Identifier: MIT */
/*
 * Cells out of a row, from the binary form.  Texts and bytes point into the
 * result; what has to be written (decimals, intervals, arrays) goes into the
 * block's memory.  What a value cannot say (infinity, a zone with seconds, an
 * array of two dimensions) is an error with the column's name, or, where the
 * statement takes cells as they are stored, comes as text if there is one.
 */
#include <math.h>

#include "driver.h"

#define EPOCH_DAYS 10957
#define EPOCH_US (INT64_C(86400000000) * EPOCH_DAYS)

/* A cell being read. */
typedef struct getting {
	struct dbn_cursor *cur;
	const pg_type *t;
	const uint8_t *p;
	int len;
	dbn_value *out;
	const char *why;            /* static; NULL: no memory */
	const char *text;           /* what it is in words, where it has no value */
} getting;

static bool
refuse(getting *g, const char *why)
{
	g->why = why;
	return false;
}

static bool
size_is(getting *g, int n)
{
	return g->len == n || refuse(g, "bytes of an unexpected length");
}

static bool
give_ptr(getting *g, dbn_type type, const void *p, size_t n)
{
	g->out->type = type;
	g->out->u.ptr = p;
	g->out->len = n;
	return true;
}

static bool
give_int(getting *g, dbn_type type, int64_t x)
{
	g->out->type = type;
	g->out->u.i64 = x;
	return true;
}

static bool
infinite(getting *g, bool minus)
{
	g->text = minus ? "-infinity" : "infinity";
	return refuse(g, "it is infinite");
}

static bool
get_numeric(getting *g)
{
	bool finite;
	size_t n;
	const char *p = pg_numeric_read(&g->cur->arena, g->p, (size_t)g->len, &n, &finite);

	if (!p)
		return refuse(g, NULL);
	if (!n)
		return refuse(g, "bytes that are no numeric");
	if (!finite) {
		g->text = p;
		return refuse(g, *p == 'N' ? "it is not a number (NaN)" : "it is infinite");
	}
	return give_ptr(g, DBN_DECIMAL, p, n);
}

static bool
get_stamp(getting *g, dbn_type type)
{
	int64_t us;

	if (!size_is(g, 8))
		return false;
	us = (int64_t)pg_get64(g->p);
	if (us == INT64_MAX || us == INT64_MIN)
		return infinite(g, us < 0);
	if (us > INT64_MAX - EPOCH_US)
		return refuse(g, "a time past the last that a value can say");
	return give_int(g, type, us + EPOCH_US);
}

static bool
get_date(getting *g)
{
	int32_t days;

	if (!size_is(g, 4))
		return false;
	days = (int32_t)pg_get32(g->p);
	if (days == INT32_MAX || days == INT32_MIN)
		return infinite(g, days < 0);
	return give_int(g, DBN_DATE, (int64_t)days + EPOCH_DAYS);
}

static bool
get_timetz(getting *g)
{
	int32_t west;

	if (!size_is(g, 12))
		return false;
	west = (int32_t)pg_get32(g->p + 8);
	if (west % 60)
		return refuse(g, "its zone has seconds");
	g->out->aux = (uint16_t)(int16_t)(-west / 60);
	return give_int(g, DBN_TIMETZ, (int64_t)pg_get64(g->p));
}

static bool
get_interval(getting *g)
{
	dbn_interval *i;

	if (!size_is(g, 16))
		return false;
	i = (dbn_interval *)pg_arena_take(&g->cur->arena, sizeof *i);
	if (!i)
		return refuse(g, NULL);
	i->microseconds = (int64_t)pg_get64(g->p);
	i->days = (int32_t)pg_get32(g->p + 8);
	i->months = (int32_t)pg_get32(g->p + 12);
	return give_ptr(g, DBN_INTERVAL, i, sizeof *i);
}

static bool
get_real(getting *g)
{
	if (g->t->form == PG_FLOAT4) {
		uint32_t bits;
		float f;

		if (!size_is(g, 4))
			return false;
		bits = pg_get32(g->p);
		memcpy(&f, &bits, sizeof f);
		g->out->u.f64 = (double)f;
		g->out->type = DBN_FLOAT;
	} else {
		uint64_t bits;

		if (!size_is(g, 8))
			return false;
		bits = pg_get64(g->p);
		memcpy(&g->out->u.f64, &bits, sizeof bits);
		g->out->type = DBN_DOUBLE;
	}
	return true;
}

static bool get(getting *g);

/* Elements, each with its length, behind the header of one dimension. */
static bool
get_elements(getting *g, const pg_type *of, uint32_t n)
{
	dbn_value *items = (dbn_value *)pg_arena_take(&g->cur->arena, (n ? n : 1) * sizeof *items);
	const uint8_t *p = g->p + 20, *end = g->p + g->len;

	if (!items)
		return refuse(g, NULL);
	memset(items, 0, n * sizeof *items);
	for (uint32_t i = 0; i < n; i++) {
		getting e = { .cur = g->cur, .t = of, .out = &items[i] };

		if (end - p < 4)
			return refuse(g, "an array that ends too early");
		e.len = (int32_t)pg_get32(p);
		e.p = p += 4;
		if (e.len < 0)
			continue;
		if (end - p < e.len)
			return refuse(g, "an array that ends too early");
		p += e.len;
		if (!get(&e))
			return refuse(g, e.why);
	}
	g->out->aux = (uint16_t)of->type;
	return give_ptr(g, DBN_ARRAY, items, n);
}

static bool
get_array(getting *g)
{
	const pg_type *of;
	uint32_t dims, n, bound;
	bool vector = g->t->oid == 22 || g->t->oid == 30; /* these count from 0 */

	if (g->len < 12)
		return refuse(g, "an array that ends too early");
	dims = pg_get32(g->p);
	of = pg_type_find(g->cur->conn, pg_get32(g->p + 8));
	if (!of || of->form == PG_ARRAY)
		return refuse(g, "an array of a type that is not known");
	if (dims > 1)
		return refuse(g, "an array of more than one dimension");
	if (!dims) {
		g->out->aux = (uint16_t)of->type;
		return give_ptr(g, DBN_ARRAY, "", 0);
	}
	if (g->len < 20)
		return refuse(g, "an array that ends too early");
	n = pg_get32(g->p + 12);
	bound = pg_get32(g->p + 16);
	if (n > (uint32_t)g->len / 4)
		return refuse(g, "an array that ends too early");
	if (bound != (vector ? 0u : 1u))
		return refuse(g, "an array whose first element is not number 1");
	return get_elements(g, of, n);
}

/* Fixed widths; true: done (or refused). */
static bool
get_number(getting *g, bool *done)
{
	const uint8_t *p = g->p;

	*done = true;
	switch ((pg_form)g->t->form) {
	case PG_BOOL:
		return size_is(g, 1) && give_int(g, DBN_BOOL, p[0] != 0);
	case PG_INT2:
		return size_is(g, 2) && give_int(g, DBN_INT64, (int16_t)pg_get16(p));
	case PG_INT4:
		return size_is(g, 4) && give_int(g, DBN_INT64, (int32_t)pg_get32(p));
	case PG_INT8:
		return size_is(g, 8) && give_int(g, DBN_INT64, (int64_t)pg_get64(p));
	case PG_UINT4:
		return size_is(g, 4) && give_int(g, DBN_INT64, (int64_t)pg_get32(p));
	case PG_UINT8:
		return size_is(g, 8) && give_int(g, DBN_UINT64, (int64_t)pg_get64(p));
	case PG_FLOAT4:
	case PG_FLOAT8:
		return get_real(g);
	case PG_DATE:
		return get_date(g);
	case PG_TIME:
		return size_is(g, 8) && give_int(g, DBN_TIME, (int64_t)pg_get64(p));
	case PG_TIMETZ:
		return get_timetz(g);
	case PG_TIMESTAMP:
		return get_stamp(g, DBN_TIMESTAMP);
	case PG_TIMESTAMPTZ:
		return get_stamp(g, DBN_TIMESTAMPTZ);
	case PG_VOID:
		return give_int(g, DBN_NULL, 0);
	default:
		*done = false;
		return true;
	}
}

static bool
get(getting *g)
{
	size_t n = (size_t)g->len;
	bool done, ok = get_number(g, &done);

	if (done)
		return ok;
	switch ((pg_form)g->t->form) {
	case PG_NUMERIC:
		return get_numeric(g);
	case PG_STRING:
		return give_ptr(g, DBN_TEXT, g->p, n);
	case PG_CHAR1: /* the zero byte is its empty text */
		return give_ptr(g, DBN_TEXT, g->p, n == 1 && !*g->p ? 0 : n);
	case PG_ENUM:
		return give_ptr(g, DBN_ENUM, g->p, n);
	case PG_BYTEA:
		return give_ptr(g, DBN_BYTES, g->p, n);
	case PG_JSON:
		return give_ptr(g, DBN_JSON, g->p, n);
	case PG_JSONB:
		if (!n || *g->p != 1)
			return refuse(g, "a version of jsonb that is not known");
		return give_ptr(g, DBN_JSON, g->p + 1, n - 1);
	case PG_UUID:
		return size_is(g, 16) && give_ptr(g, DBN_UUID, g->p, 16);
	case PG_INTERVAL:
		return get_interval(g);
	case PG_ARRAY:
		return get_array(g);
	default:
		return give_ptr(g, DBN_EXTENSION, g->p, n);
	}
}

/* ---- to another type than its own, where that loses nothing ---- */

static bool
write_text(getting *g, dbn_type want)
{
	dbn_value *v = g->out;
	char *p = (char *)pg_arena_take(&g->cur->arena, PLUG_TIME_MAX);
	size_t n = 0;

	if (!p)
		return refuse(g, NULL);
	switch (v->type) {
	case DBN_INT64:
		n = plug_write_i64(p, v->u.i64);
		break;
	case DBN_UINT64:
		n = plug_write_u64(p, v->u.u64);
		break;
	case DBN_UUID:
		n = plug_write_uuid(p, (const uint8_t *)v->u.ptr);
		break;
	case DBN_DATE:
		n = plug_write_date(p, v->u.i64);
		break;
	case DBN_TIME:
		n = plug_write_time(p, v->u.i64);
		break;
	case DBN_TIMESTAMP:
		n = plug_write_timestamp(p, v->u.i64);
		break;
	default:
		break;
	}
	return n ? give_ptr(g, want, p, n) : refuse(g, "it is of another type");
}

static bool
integral_decimal(getting *g, bool is_signed)
{
	dbn_text t = { (const char *)g->out->u.ptr, (size_t)g->out->len };
	bool minus = t.len && *t.ptr == '-', integral;
	unsigned digits;
	uint64_t n = 0;

	if (!plug_parse_decimal(t, &digits, &integral) || !integral || digits > 20 || (minus && !is_signed))
		return refuse(g, "a decimal that is not such an integer");
	for (size_t i = minus; i < t.len && t.ptr[i] != '.'; i++) {
		uint64_t d = (uint64_t)(t.ptr[i] - '0');

		if (n > (UINT64_MAX - d) / 10)
			return refuse(g, "a decimal that is not such an integer");
		n = n * 10 + d;
	}
	if (is_signed && n > (uint64_t)INT64_MAX + minus)
		return refuse(g, "a decimal that is not such an integer");
	g->out->u.u64 = minus ? 0 - n : n;
	g->out->len = 0;
	g->out->type = is_signed ? DBN_INT64 : DBN_UINT64;
	return true;
}

static bool
to_real(getting *g, dbn_type want)
{
	dbn_value *v = g->out;
	bool whole = v->type == DBN_INT64;
	int64_t most = want == DBN_FLOAT ? 1 << 24 : INT64_C(1) << 53;

	if (whole && v->u.i64 <= most && v->u.i64 >= -most)
		v->u.f64 = (double)v->u.i64;
	else if (whole || (v->type != DBN_FLOAT && v->type != DBN_DOUBLE) || (want == DBN_FLOAT &&
			!isnan(v->u.f64) && (double)(float)v->u.f64 != v->u.f64))
		return refuse(g, "it has more digits");
	v->type = want;
	return true;
}

static bool
convert(getting *g, dbn_type want)
{
	dbn_value *v = g->out;
	bool words = v->type == DBN_TEXT || v->type == DBN_ENUM || v->type == DBN_JSON ||
		v->type == DBN_DECIMAL;

	switch (want) {
	case DBN_BOOL:
		if (v->type != DBN_INT64 || v->u.u64 > 1)
			return refuse(g, "it is neither 0 nor 1");
		v->type = want;
		return true;
	case DBN_INT64:
	case DBN_UINT64:
		if (v->type == DBN_DECIMAL)
			return integral_decimal(g, want == DBN_INT64);
		if ((v->type != DBN_INT64 && v->type != DBN_UINT64) || v->u.u64 > INT64_MAX)
			return refuse(g, "it is not such an integer");
		v->type = want;
		return true;
	case DBN_FLOAT:
	case DBN_DOUBLE:
		return to_real(g, want);
	case DBN_DECIMAL:
		return v->type == DBN_INT64 || v->type == DBN_UINT64 ? write_text(g, want)
			: refuse(g, "it is not a decimal");
	case DBN_TEXT:
		if (!words)
			return write_text(g, want);
		v->type = want;
		return true;
	case DBN_JSON:
	case DBN_ENUM:
		if (v->type != DBN_TEXT)
			return refuse(g, "it is not a text");
		v->type = want;
		return true;
	default:
		return refuse(g, "it is of another type");
	}
}

static dbn_status
misfit(getting *g, int i, dbn_error **err)
{
	const struct dbn_stmt *s = g->cur->stmt;
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f };
	dbn_type want = s->cols[i].want;

	if (!g->why)
		return plug_nomem(g->cur->conn->host, err);
	memcpy(f.sqlstate, "22018", 6);
	f.column = s->columns[i].name;
	f.detail = plug_text(g->text ? g->text : g->why);
	f.hint = PLUG_TEXT("Cast it to text in the statement to read what is stored.");
	return plug_fail(g->cur->conn->host, err, &f, "column \"%.*s\": %s, which is not exactly of type %s",
		(int)f.column.len, f.column.ptr, g->why, plug_type_name(want ? want : s->cols[i].type->type));
}

static bool
read_cell(getting *g, dbn_type want, bool strict)
{
	dbn_value own;

	if (!get(g)) {
		if (strict || !g->text)
			return false;
		return give_ptr(g, DBN_TEXT, g->text, strlen(g->text)); /* as it is stored */
	}
	if (want == g->out->type || want == DBN_NULL)
		return true;
	own = *g->out;
	if (convert(g, want))
		return true;
	if (strict || !g->why)
		return false;
	*g->out = own;
	return true;
}

/* Cells count with their texts, of n bytes, against the limit of the result. */
static inline dbn_status
charge(struct dbn_cursor *cur, uint64_t n, dbn_error **err)
{
	n += cur->stmt->ncols * sizeof(dbn_value);
	if (n > cur->bytes_left)
		return plug_fail_status(cur->conn->host, err, DBN_E_LIMIT,
			"the result is larger than the limit");
	cur->bytes_left -= n;
	return DBN_OK;
}

/* The commonest cells, without ceremony; false: not one of them. */
static inline bool
read_plain(const pg_column *col, const uint8_t *p, int len, dbn_value *out)
{
	uint64_t bits;

	switch ((pg_form)col->type->form) {
	case PG_INT4:
		if (len != 4)
			return false;
		out->type = DBN_INT64;
		out->u.i64 = (int32_t)pg_get32(p);
		return true;
	case PG_INT8:
		if (len != 8)
			return false;
		out->type = DBN_INT64;
		out->u.i64 = (int64_t)pg_get64(p);
		return true;
	case PG_FLOAT8:
		if (len != 8)
			return false;
		bits = pg_get64(p);
		out->type = DBN_DOUBLE;
		memcpy(&out->u.f64, &bits, sizeof bits);
		return true;
	case PG_STRING:
		out->type = DBN_TEXT;
		out->u.ptr = p;
		out->len = (uint64_t)len;
		return true;
	default:
		return false;
	}
}

dbn_status
pg_read_row(struct dbn_cursor *cur, const PGresult *res, int row, dbn_value *out, dbn_error **err)
{
	const struct dbn_stmt *s = cur->stmt;
	const pg_column *col = s->cols;
	uint64_t bytes = 0;

	for (int i = 0; i < (int)s->ncols; i++, col++) {
		int len = PQgetlength(res, row, i);

		memset(&out[i], 0, sizeof out[i]);
		if (!len && PQgetisnull(res, row, i))
			continue;
		if (!col->plain || !read_plain(col, (const uint8_t *)PQgetvalue(res, row, i), len, &out[i])) {
			getting g = { .cur = cur, .t = col->type, .out = &out[i], .len = len };

			memset(&out[i], 0, sizeof out[i]);
			g.p = (const uint8_t *)PQgetvalue(res, row, i);
			if (!read_cell(&g, col->want, s->strict))
				return misfit(&g, i, err);
		}
		bytes += out[i].len;
	}
	return cur->bytes_left == UINT64_MAX ? DBN_OK : charge(cur, bytes, err);
}
