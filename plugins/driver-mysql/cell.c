/* SPDX-License-Identifier: MIT */
/*
 * Cells out of a row.  A column is bound as what the server says it is; what is
 * wanted is nearly always just that, and then a cell costs one copy of its bytes
 * into the block.  Anything else is converted exactly, or fails with the name of
 * the column; the value itself only goes to the detail.
 */
#include <math.h>

#include "driver.h"

#define DAY_US INT64_C(86400000000)
#define BINARY_CHARSET 63
#define FIRST_BUFFER 256
#define LONGEST_BUFFER 16384

/* ---- what a column is ---- */

static bool
kind_is(const MYSQL_FIELD *f, const char *name)
{
	const char *kind;
	size_t n;

	my_lib_field_kind(f, &kind, &n);
	return n == strlen(name) && memcmp(kind, name, n) == 0;
}

static uint32_t
text_kind(const MYSQL_FIELD *f)
{
	if (f->flags & ENUM_FLAG || f->type == MYSQL_TYPE_ENUM)
		return MY_COL_ENUM;
	if (kind_is(f, "json") || f->type == MYSQL_TYPE_JSON)
		return MY_COL_JSON;
	if (kind_is(f, "uuid"))
		return MY_COL_UUID;
	return f->charsetnr == BINARY_CHARSET && !(f->flags & SET_FLAG) ? MY_COL_BYTES : MY_COL_TEXT;
}

static uint32_t
kind_of(const struct dbn_conn *c, const MYSQL_FIELD *f)
{
	switch (f->type) {
	case MYSQL_TYPE_TINY:
		if (f->length == 1 && !(f->flags & (UNSIGNED_FLAG | ZEROFILL_FLAG)) && !c->drv->set.tinyint1)
			return MY_COL_BOOL;
		return f->flags & UNSIGNED_FLAG ? MY_COL_UINT : MY_COL_INT;
	case MYSQL_TYPE_SHORT:
	case MYSQL_TYPE_INT24:
	case MYSQL_TYPE_LONG:
	case MYSQL_TYPE_LONGLONG:
	case MYSQL_TYPE_YEAR:
		return f->flags & UNSIGNED_FLAG ? MY_COL_UINT : MY_COL_INT;
	case MYSQL_TYPE_FLOAT:
		return MY_COL_FLOAT;
	case MYSQL_TYPE_DOUBLE:
		return MY_COL_DOUBLE;
	case MYSQL_TYPE_DECIMAL:
	case MYSQL_TYPE_NEWDECIMAL:
		return MY_COL_DECIMAL;
	case MYSQL_TYPE_DATE:
	case MYSQL_TYPE_NEWDATE:
		return MY_COL_DATE;
	case MYSQL_TYPE_TIME:
		return MY_COL_TIME;
	case MYSQL_TYPE_DATETIME:
		return MY_COL_DATETIME;
	case MYSQL_TYPE_TIMESTAMP:
		return MY_COL_TIMESTAMP;
	case MYSQL_TYPE_BIT:
		return MY_COL_BIT;
	case MYSQL_TYPE_NULL:
		return MY_COL_NULL;
	case MYSQL_TYPE_GEOMETRY:
		return MY_COL_BYTES;
	default:
		return text_kind(f);
	}
}

static dbn_type
natural_of(uint32_t kind, const MYSQL_FIELD *f)
{
	static const dbn_type of[] = { [MY_COL_INT] = DBN_INT64, [MY_COL_UINT] = DBN_INT64,
		[MY_COL_BOOL] = DBN_BOOL, [MY_COL_FLOAT] = DBN_FLOAT, [MY_COL_DOUBLE] = DBN_DOUBLE,
		[MY_COL_DECIMAL] = DBN_DECIMAL, [MY_COL_TEXT] = DBN_TEXT, [MY_COL_BYTES] = DBN_BYTES,
		[MY_COL_DATE] = DBN_DATE, [MY_COL_TIME] = DBN_TIME, [MY_COL_DATETIME] = DBN_TIMESTAMP,
		[MY_COL_TIMESTAMP] = DBN_TIMESTAMPTZ, [MY_COL_BIT] = DBN_UINT64, [MY_COL_ENUM] = DBN_ENUM,
		[MY_COL_JSON] = DBN_JSON, [MY_COL_UUID] = DBN_UUID, [MY_COL_NULL] = DBN_NULL };

	if (kind == MY_COL_UINT && f->type == MYSQL_TYPE_LONGLONG)
		return DBN_UINT64;
	return of[kind];
}

void
my_column_init(const struct dbn_conn *c, const MYSQL_FIELD *f, my_column *col)
{
	col->kind = kind_of(c, f);
	col->natural = natural_of(col->kind, f);
	col->type = f->type;
	col->charset = f->charsetnr;
	col->flags = f->flags;
	if (f->length < col->size || col->size)
		return;
	col->size = f->length < FIRST_BUFFER ? (size_t)f->length + 1 : FIRST_BUFFER;
	if (col->size < 80)
		col->size = 80; /* digits of any number */
}

/* ---- bound to the statement ---- */

static bool
bind_column(const dbn_host *h, my_column *col, MYSQL_BIND *b)
{
	memset(b, 0, sizeof *b);
	b->is_null = &col->is_null;
	b->error = &col->truncated;
	b->length = &col->len;
	b->buffer = &col->u;
	switch (col->kind) {
	case MY_COL_INT:
	case MY_COL_BOOL:
	case MY_COL_UINT:
		b->buffer_type = MYSQL_TYPE_LONGLONG;
		b->is_unsigned = col->kind == MY_COL_UINT;
		return true;
	case MY_COL_FLOAT:
		b->buffer_type = MYSQL_TYPE_FLOAT;
		return true;
	case MY_COL_DOUBLE:
		b->buffer_type = MYSQL_TYPE_DOUBLE;
		return true;
	case MY_COL_DATE:
	case MY_COL_TIME:
	case MY_COL_DATETIME:
	case MY_COL_TIMESTAMP:
		b->buffer_type = col->type == MYSQL_TYPE_NEWDATE ? MYSQL_TYPE_DATE : col->type;
		return true;
	case MY_COL_NULL:
		b->buffer_type = MYSQL_TYPE_NULL;
		return true;
	default:
		break;
	}
	if (!col->buf)
		col->buf = (char *)h->alloc(h, col->size);
	b->buffer_type = col->kind == MY_COL_BYTES || col->kind == MY_COL_BIT ? MYSQL_TYPE_BLOB
		: MYSQL_TYPE_STRING;
	b->buffer = col->buf;
	b->buffer_length = (unsigned long)col->size;
	return col->buf != NULL;
}

/* What needs no more than a copy is known before any row. */
static uint32_t
fast_of(const my_column *col)
{
	if (col->want != DBN_NULL && col->want != col->natural)
		return MY_FAST_NO;
	switch (col->kind) {
	case MY_COL_INT:
	case MY_COL_UINT:
		return MY_FAST_INT;
	case MY_COL_DOUBLE:
		return MY_FAST_DOUBLE;
	case MY_COL_TEXT:
	case MY_COL_BYTES:
	case MY_COL_DECIMAL:
	case MY_COL_ENUM:
	case MY_COL_JSON:
		return MY_FAST_TEXT;
	default:
		return MY_FAST_NO;
	}
}

dbn_status
my_bind_result(struct dbn_cursor *cur, dbn_error **err)
{
	const dbn_host *h = cur->stmt->conn->host;

	for (uint32_t i = 0; i < cur->ncols; i++) {
		if (!bind_column(h, &cur->columns[i], &cur->binds[i]))
			return plug_nomem(h, err);
		cur->columns[i].fast = fast_of(&cur->columns[i]);
	}
	if (mysql_stmt_bind_result(cur->stmt->q, cur->binds))
		return my_fail(cur->stmt->conn, cur->stmt->q, MY_PHASE_RUN, err);
	return DBN_OK;
}

/* The bytes of a cell that did not fit, straight into the block; the buffer grows
 * for those after it. */
static dbn_status
fetch_long(struct dbn_cursor *cur, uint32_t i, char *to, dbn_error **err)
{
	my_column *col = &cur->columns[i];
	MYSQL_BIND b;
	my_flag null = 0, error = 0;
	unsigned long len = 0;

	memset(&b, 0, sizeof b);
	b.buffer_type = cur->binds[i].buffer_type;
	b.buffer = to;
	b.buffer_length = col->len;
	b.length = &len;
	b.is_null = &null;
	b.error = &error;
	if (mysql_stmt_fetch_column(cur->stmt->q, &b, i, 0))
		return my_fail(cur->stmt->conn, cur->stmt->q, MY_PHASE_RUN, err);
	return DBN_OK;
}

/* Make room for more bytes in the buffers that were too short. */
static dbn_status
grow_buffers(struct dbn_cursor *cur, dbn_error **err)
{
	const dbn_host *h = cur->stmt->conn->host;
	bool grown = false;

	for (uint32_t i = 0; i < cur->ncols; i++) {
		my_column *col = &cur->columns[i];

		if (col->is_null || !col->buf || col->len <= col->size || col->size >= LONGEST_BUFFER)
			continue;
		while (col->size < col->len && col->size < LONGEST_BUFFER)
			col->size *= 4;
		h->release(h, col->buf);
		col->buf = NULL;
		grown = true;
	}
	return grown ? my_bind_result(cur, err) : DBN_OK;
}

/* ---- conversions ---- */

static dbn_status
misfit(struct dbn_cursor *cur, uint32_t i, dbn_type want, const char *stored, dbn_text detail,
	dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f };

	memcpy(f.sqlstate, "22018", 6);
	f.column = cur->stmt->infos[i].name;
	f.detail = detail.len > 48 ? (dbn_text){ detail.ptr, 48 } : detail;
	f.hint = PLUG_TEXT("Cast it to CHAR in the statement to read what is stored.");
	return plug_fail(cur->stmt->conn->host, err, &f,
		"column \"%.*s\": %s is stored that is not exactly of type %s", (int)f.column.len,
		f.column.ptr, stored, plug_type_name(want));
}

static bool
set_text(struct dbn_cursor *cur, dbn_value *out, dbn_type type, const void *p, size_t n)
{
	char *to = my_rows_room(cur->stmt->conn->host, &cur->rows, n);

	if (!to)
		return false;
	memcpy(to, p, n);
	out->type = type;
	out->u.ptr = to;
	out->len = n;
	cur->rows.bytes += n;
	return true;
}

enum { FITS = 0, MISFIT = 1, NOMEM = 2 };

static int
from_int(struct dbn_cursor *cur, dbn_type want, bool is_unsigned, int64_t x, dbn_value *out)
{
	bool big = is_unsigned && x < 0;
	char text[24];
	size_t n;

	out->type = want;
	out->u.i64 = x;
	switch (want) {
	case DBN_BOOL:
		return x == 0 || x == 1 ? FITS : MISFIT;
	case DBN_INT64:
		return big ? MISFIT : FITS;
	case DBN_UINT64:
		return is_unsigned || x >= 0 ? FITS : MISFIT;
	case DBN_DOUBLE:
	case DBN_FLOAT:
		if (big || x < -(INT64_C(1) << 53) || x > INT64_C(1) << 53)
			return MISFIT;
		out->u.f64 = (double)x;
		return want == DBN_DOUBLE || (double)(float)x == out->u.f64 ? FITS : MISFIT;
	case DBN_DECIMAL:
	case DBN_TEXT:
	case DBN_JSON:
		n = is_unsigned ? plug_write_u64(text, (uint64_t)x) : plug_write_i64(text, x);
		return set_text(cur, out, want, text, n) ? FITS : NOMEM;
	default:
		return MISFIT;
	}
}

static int
from_real(dbn_type want, bool is_float, double x, dbn_value *out)
{
	out->type = want;
	switch (want) {
	case DBN_FLOAT:
		out->u.f64 = x;
		return is_float || (double)(float)x == x ? FITS : MISFIT;
	case DBN_DOUBLE:
		out->u.f64 = x;
		return FITS;
	case DBN_INT64:
	case DBN_UINT64:
		if (!(x >= -9007199254740992.0 && x <= 9007199254740992.0) || x != floor(x))
			return MISFIT;
		out->u.i64 = (int64_t)x;
		return want == DBN_INT64 || x >= 0 ? FITS : MISFIT;
	default:
		return MISFIT;
	}
}

/* "-12.00" as an integer if it is one. */
static bool
int_of_digits(dbn_text t, bool is_unsigned, int64_t *out)
{
	bool neg = t.len && *t.ptr == '-';
	uint64_t x = 0, limit = is_unsigned ? UINT64_MAX : (uint64_t)INT64_MAX + neg;
	size_t i = t.len && (neg || *t.ptr == '+');

	for (; i < t.len && t.ptr[i] != '.'; i++) {
		uint64_t d = (uint64_t)(t.ptr[i] - '0');

		if (d > 9 || x > (limit - d) / 10)
			return false;
		x = x * 10 + d;
	}
	for (i++; i < t.len; i++)
		if (t.ptr[i] != '0')
			return false;
	if (neg && is_unsigned && x)
		return false;
	*out = neg ? (int64_t)(0 - x) : (int64_t)x;
	return true;
}

static int
from_text(struct dbn_cursor *cur, const my_column *col, dbn_type want, dbn_text t, dbn_value *out)
{
	uint8_t uuid[16];
	unsigned digits;
	bool flag;

	out->type = want;
	switch (want) {
	case DBN_TEXT:
		if (col->kind == MY_COL_BYTES)
			return MISFIT;
		break;
	case DBN_JSON:
	case DBN_ENUM:
		if (col->kind == MY_COL_BYTES || col->kind == MY_COL_DECIMAL)
			return MISFIT;
		break;
	case DBN_BYTES:
		break;
	case DBN_DECIMAL:
		if (col->kind != MY_COL_DECIMAL && !plug_parse_decimal(t, &digits, &flag))
			return MISFIT;
		break;
	case DBN_INT64:
	case DBN_UINT64:
		return col->kind == MY_COL_DECIMAL && int_of_digits(t, want == DBN_UINT64, &out->u.i64)
			? FITS : MISFIT;
	case DBN_DATE:
		return plug_parse_date(t, &out->u.i64) ? FITS : MISFIT;
	case DBN_TIME:
		return plug_parse_time(t, &out->u.i64) ? FITS : MISFIT;
	case DBN_TIMESTAMP:
		return plug_parse_timestamp(t, &out->u.i64, &flag) && !flag ? FITS : MISFIT;
	case DBN_TIMESTAMPTZ:
		return plug_parse_timestamp(t, &out->u.i64, &flag) ? FITS : MISFIT;
	case DBN_UUID:
		if (t.len == 16 && col->kind == MY_COL_BYTES)
			return set_text(cur, out, want, t.ptr, 16) ? FITS : NOMEM;
		if (!plug_parse_uuid(t, uuid))
			return MISFIT;
		return set_text(cur, out, want, uuid, 16) ? FITS : NOMEM;
	default:
		return MISFIT;
	}
	return set_text(cur, out, want, t.ptr, t.len) ? FITS : NOMEM;
}

/* BIT(n) comes as bytes, most significant first. */
static int64_t
bits_of(const my_column *col)
{
	uint64_t x = 0;

	for (unsigned long i = 0; i < col->len && i < 8; i++)
		x = x << 8 | (unsigned char)col->buf[i];
	return (int64_t)x;
}

static bool
date_of(const MYSQL_TIME *t, int64_t *days)
{
	if (!t->year || !t->month || !t->day || t->year > 9999 || t->month > 12 || t->day > 31)
		return false; /* 0000-00-00, 2024-00-10: no days at all */
	*days = plug_days((int64_t)t->year, (int64_t)t->month, (int64_t)t->day);
	return true;
}

static int64_t
clock_of(const MYSQL_TIME *t)
{
	return (((int64_t)t->day * 24 + (int64_t)t->hour) * 3600 + (int64_t)t->minute * 60 +
		(int64_t)t->second) * 1000000 + (int64_t)t->second_part;
}

static int
from_time(struct dbn_cursor *cur, const my_column *col, dbn_type want, dbn_value *out)
{
	MYSQL_TIME t = col->u.time;
	int64_t days = 0, us;
	char text[PLUG_TIME_MAX];
	dbn_type is = col->natural;

	if (col->kind == MY_COL_TIME) {
		us = clock_of(&t);
		if (t.neg || us >= DAY_US)
			return MISFIT;
	} else {
		if (!date_of(&t, &days))
			return MISFIT;
		t.day = 0;
		us = days * DAY_US + clock_of(&t);
	}
	out->type = want;
	out->u.i64 = is == DBN_DATE ? days : us;
	if (want == is)
		return FITS;
	if ((is == DBN_TIMESTAMP || is == DBN_TIMESTAMPTZ) &&
		(want == DBN_TIMESTAMP || want == DBN_TIMESTAMPTZ))
		return FITS; /* the session's zone is UTC */
	if (is == DBN_DATE && (want == DBN_TIMESTAMP || want == DBN_TIMESTAMPTZ)) {
		out->u.i64 = us;
		return FITS;
	}
	if (want == DBN_DATE && us % DAY_US == 0 && is != DBN_TIME) {
		out->u.i64 = days;
		return FITS;
	}
	if (want != DBN_TEXT)
		return MISFIT;
	return set_text(cur, out, want, text, is == DBN_DATE ? plug_write_date(text, days)
		: is == DBN_TIME ? plug_write_time(text, us) : plug_write_timestamp(text, us)) ? FITS : NOMEM;
}

static const char *
stored_as(const my_column *col)
{
	switch (col->kind) {
	case MY_COL_INT:
	case MY_COL_UINT:
	case MY_COL_BOOL:
	case MY_COL_BIT:
		return "an integer";
	case MY_COL_FLOAT:
	case MY_COL_DOUBLE:
		return "a real number";
	case MY_COL_DECIMAL:
		return "a decimal";
	case MY_COL_BYTES:
		return "a blob";
	case MY_COL_DATE:
	case MY_COL_DATETIME:
	case MY_COL_TIMESTAMP:
		return col->u.time.month && col->u.time.day ? "a date" : "a zero date";
	case MY_COL_TIME:
		return "a time, negative or of more than a day,";
	default:
		return "text";
	}
}

static int
convert(struct dbn_cursor *cur, my_column *col, dbn_type want, dbn_text t, dbn_value *out)
{
	switch (col->kind) {
	case MY_COL_INT:
	case MY_COL_BOOL:
		return from_int(cur, want, false, col->u.i64, out);
	case MY_COL_UINT:
		return from_int(cur, want, true, col->u.i64, out);
	case MY_COL_BIT:
		return from_int(cur, want, true, bits_of(col), out);
	case MY_COL_FLOAT:
		return from_real(want, true, (double)col->u.f32, out);
	case MY_COL_DOUBLE:
		return from_real(want, false, col->u.f64, out);
	case MY_COL_DATE:
	case MY_COL_TIME:
	case MY_COL_DATETIME:
	case MY_COL_TIMESTAMP:
		return from_time(cur, col, want, out);
	default:
		return from_text(cur, col, want, t, out);
	}
}

/* The bytes of a cell that is bound as bytes, all of them. */
static dbn_status
whole_text(struct dbn_cursor *cur, uint32_t i, dbn_text *t, dbn_error **err)
{
	my_column *col = &cur->columns[i];
	char *to;

	*t = (dbn_text){ col->buf, col->len };
	if (!col->buf || col->len <= col->size)
		return DBN_OK;
	to = my_rows_room(cur->stmt->conn->host, &cur->rows, col->len);
	if (!to)
		return plug_nomem(cur->stmt->conn->host, err);
	t->ptr = to;
	return fetch_long(cur, i, to, err);
}

static dbn_status
read_cell(struct dbn_cursor *cur, uint32_t i, dbn_value *out, dbn_error **err)
{
	my_column *col = &cur->columns[i];
	dbn_type want = col->want != DBN_NULL ? col->want : col->natural;
	dbn_text t;
	dbn_status st = whole_text(cur, i, &t, err);
	int how;

	if (st != DBN_OK)
		return st;
	out->len = 0;
	if (t.ptr && t.ptr != col->buf && want == col->natural && want != DBN_UUID) {
		out->type = want; /* it is in the block already */
		out->u.ptr = t.ptr;
		out->len = t.len;
		cur->rows.bytes += t.len;
		return DBN_OK;
	}
	how = convert(cur, col, want, t, out);
	if (how == MISFIT && (col->want == DBN_NULL || (cur->stmt->flags & DBN_PREPARE_AS_STORED)) &&
		(col->kind == MY_COL_BOOL || col->natural != want)) {
		dbn_type as = col->kind == MY_COL_BOOL ? (dbn_type)DBN_INT64 : col->natural;

		how = convert(cur, col, as, t, out);
	}
	if (how == NOMEM)
		return plug_nomem(cur->stmt->conn->host, err);
	return how == FITS ? DBN_OK
		: misfit(cur, i, want, stored_as(col), col->buf ? t : (dbn_text){ NULL, 0 }, err);
}

/* The short way of nearly every cell; false: the long one. */
static inline bool
read_fast(const dbn_host *h, my_rows *r, const my_column *col, dbn_value *out)
{
	char *to;

	out->type = col->natural;
	out->flags = out->aux = 0;
	switch (col->fast) {
	case MY_FAST_INT:
		out->u.i64 = col->u.i64;
		out->len = 0;
		return true;
	case MY_FAST_DOUBLE:
		out->u.f64 = col->u.f64;
		out->len = 0;
		return true;
	case MY_FAST_TEXT:
		to = col->len <= col->size ? my_rows_room(h, r, col->len) : NULL;
		if (!to)
			return false;
		memcpy(to, col->buf, col->len);
		out->u.ptr = to;
		out->len = col->len;
		r->bytes += col->len;
		return true;
	default:
		return false;
	}
}

/* A row is in the columns: append it to the block. */
dbn_status
my_read_row(struct dbn_cursor *cur, dbn_error **err)
{
	const dbn_host *h = cur->stmt->conn->host;
	my_rows *r = &cur->rows;
	uint64_t before = r->bytes, used;
	bool grow = false;
	dbn_value *out;

	if (!my_rows_grow(h, r, cur->ncols))
		return plug_nomem(h, err);
	out = r->cells + r->ncells;
	for (uint32_t i = 0; i < cur->ncols; i++) {
		my_column *col = &cur->columns[i];
		dbn_status st;

		if (col->is_null || col->kind == MY_COL_NULL) {
			memset(&out[i], 0, sizeof out[i]);
			continue;
		}
		if (read_fast(h, r, col, &out[i]))
			continue;
		st = read_cell(cur, i, &out[i], err);
		if (st != DBN_OK)
			return st;
		grow = grow || (col->buf && col->len > col->size && col->size < LONGEST_BUFFER);
	}
	r->bytes += cur->ncols * sizeof *out;
	used = r->bytes - before;
	if (cur->bytes_left != UINT64_MAX) {
		if (used > cur->bytes_left)
			return plug_fail_status(h, err, DBN_E_LIMIT, "the result is larger than the limit");
		cur->bytes_left -= used;
	}
	r->ncells += cur->ncols;
	return grow ? grow_buffers(cur, err) : DBN_OK;
}
