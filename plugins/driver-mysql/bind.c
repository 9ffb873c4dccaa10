/* SPDX-License-Identifier: MIT */
/*
 * Values into a statement: exactly, or refused.  Texts and blobs are sent from
 * where they are; numbers and dates are written into the statement's own slots.
 * Very long ones travel ahead of the execution, in pieces.
 */
#include <math.h>

#include "driver.h"

#define DAY_US INT64_C(86400000000)
#define PIECE ((uint64_t)1 << 18)

static dbn_status
refuse(struct dbn_stmt *s, size_t i, uint64_t row, const char *state, const char *what,
	dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f };

	memcpy(f.sqlstate, state, 6);
	if (row)
		return plug_fail(s->conn->host, err, &f, "row %llu, parameter %zu: %s",
			(unsigned long long)row, i + 1, what);
	return plug_fail(s->conn->host, err, &f, "parameter %zu: %s", i + 1, what);
}

/* Days since 1970 as a date of MySQL's: the years 1 to 9999. */
static bool
split_days(int64_t days, MYSQL_TIME *t)
{
	int64_t y, m, d;

	if (days < plug_days(1, 1, 1) || days > plug_days(9999, 12, 31))
		return false;
	plug_civil(days, &y, &m, &d);
	t->year = (unsigned)y;
	t->month = (unsigned)m;
	t->day = (unsigned)d;
	return true;
}

static void
split_clock(int64_t us, MYSQL_TIME *t)
{
	t->second_part = (unsigned long)(us % 1000000);
	us /= 1000000;
	t->second = (unsigned)(us % 60);
	t->minute = (unsigned)(us / 60 % 60);
	t->hour = (unsigned)(us / 3600);
}

static bool
time_slot(const dbn_value *v, my_param *p, MYSQL_BIND *b)
{
	int64_t days = v->u.i64, us = 0;

	memset(&p->u.time, 0, sizeof p->u.time);
	b->buffer = &p->u.time;
	if (v->type == DBN_DATE) {
		b->buffer_type = MYSQL_TYPE_DATE;
		p->u.time.time_type = MYSQL_TIMESTAMP_DATE;
		return split_days(days, &p->u.time);
	}
	if (v->type == DBN_TIME) {
		if (v->u.i64 < 0 || v->u.i64 >= DAY_US)
			return false;
		b->buffer_type = MYSQL_TYPE_TIME;
		p->u.time.time_type = MYSQL_TIMESTAMP_TIME;
		split_clock(v->u.i64, &p->u.time);
		return true;
	}
	days = v->u.i64 / DAY_US;
	us = v->u.i64 % DAY_US;
	if (us < 0) {
		us += DAY_US;
		days--;
	}
	b->buffer_type = MYSQL_TYPE_DATETIME;
	p->u.time.time_type = MYSQL_TIMESTAMP_DATETIME;
	split_clock(us, &p->u.time);
	return split_days(days, &p->u.time);
}

static void
bytes_slot(my_param *p, MYSQL_BIND *b, enum enum_field_types type, const void *at, size_t n)
{
	p->len = (unsigned long)n;
	b->buffer_type = type;
	b->buffer = (void *)(uintptr_t)(n ? at : "");
	b->buffer_length = (unsigned long)n;
	b->length = &p->len;
}

/* A column keeps at most 65 digits, 38 of them behind the point. */
static const char *
decimal_slot(const dbn_value *v, size_t n, my_param *p, MYSQL_BIND *b, bool *lossy)
{
	const char *t = (const char *)v->u.ptr, *dot;
	unsigned digits;
	bool integral;
	size_t scale = 0;

	if (!plug_parse_decimal((dbn_text){ t, n }, &digits, &integral))
		return "not a decimal number";
	dot = (const char *)memchr(t, '.', n);
	if (dot)
		for (size_t i = 1; i < n - (size_t)(dot - t); i++)
			if (dot[i] != '0')
				scale = i;
	if (digits > 65 || scale > 38 || n > 100)
		return "a decimal of more than 65 digits, or of more than 38 behind the point";
	*lossy = *lossy || scale > 0;
	bytes_slot(p, b, MYSQL_TYPE_NEWDECIMAL, t, n);
	return NULL;
}

const char *
my_text_wrong(const char *t, size_t n, bool *lossy)
{
	if (memchr(t, 0, n))
		return "a text with a NUL byte";
	if (!plug_utf8(t, n))
		return "a text that is not UTF-8";
	*lossy = *lossy || (n && t[n - 1] == ' ');
	return NULL;
}

static const char *
text_slot(const dbn_value *v, size_t n, my_param *p, MYSQL_BIND *b, bool *lossy)
{
	const char *t = n ? (const char *)v->u.ptr : "", *wrong = my_text_wrong(t, n, lossy);

	if (!wrong)
		bytes_slot(p, b, MYSQL_TYPE_STRING, t, n);
	return wrong;
}

dbn_status
my_convert(struct dbn_stmt *s, size_t i, uint64_t row, const dbn_value *v, my_param *p,
	MYSQL_BIND *b, bool *lossy, dbn_error **err)
{
	uint64_t n = 0;
	const char *wrong = NULL;

	p->is_null = 0;
	b->length = NULL;
	b->is_unsigned = 0;
	b->buffer = &p->u;
	switch (v->type) {
	case DBN_NULL:
		p->is_null = 1;
		if (b->buffer_type == 0) /* not bound before: any type will do */
			b->buffer_type = MYSQL_TYPE_NULL;
		return DBN_OK;
	case DBN_BOOL:
	case DBN_INT64:
	case DBN_UINT64:
		p->u.i64 = v->u.i64;
		b->buffer_type = MYSQL_TYPE_LONGLONG;
		b->is_unsigned = v->type == DBN_UINT64;
		return DBN_OK;
	case DBN_FLOAT:
	case DBN_DOUBLE:
		if (!isfinite(v->u.f64))
			return refuse(s, i, row, "22003", isnan(v->u.f64) ? "not a number (NaN)" : "infinity",
				err);
		*lossy = *lossy || s->param_types[i] == DBN_NULL;
		if (v->type == DBN_FLOAT)
			p->u.f32 = (float)v->u.f64;
		else
			p->u.f64 = v->u.f64;
		b->buffer_type = v->type == DBN_FLOAT ? MYSQL_TYPE_FLOAT : MYSQL_TYPE_DOUBLE;
		return DBN_OK;
	case DBN_DATE:
	case DBN_TIME:
	case DBN_TIMESTAMP:
	case DBN_TIMESTAMPTZ:
		if (!time_slot(v, p, b))
			return refuse(s, i, row, "22008", "a date or time that MySQL cannot keep", err);
		*lossy = *lossy || p->u.time.second_part;
		return DBN_OK;
	default:
		break;
	}
	n = plug_value_len(v);
	if (n > s->conn->drv->set.max_packet)
		return refuse(s, i, row, "54000", "a value longer than max_packet", err);
	switch (v->type) {
	case DBN_DECIMAL:
		wrong = decimal_slot(v, (size_t)n, p, b, lossy);
		break;
	case DBN_TEXT:
	case DBN_JSON:
	case DBN_ENUM:
		wrong = text_slot(v, (size_t)n, p, b, lossy);
		break;
	case DBN_BYTES:
		bytes_slot(p, b, MYSQL_TYPE_BLOB, v->u.ptr, (size_t)n);
		break;
	case DBN_UUID:
		if (n != 16)
			wrong = "a UUID that is not 16 bytes long";
		else
			bytes_slot(p, b, MYSQL_TYPE_STRING, p->u.text,
				plug_write_uuid(p->u.text, (const uint8_t *)v->u.ptr));
		break;
	default:
		return refuse(s, i, row, "0A000", "MySQL has no values of this type", err);
	}
	return wrong ? refuse(s, i, row, v->type == DBN_DECIMAL ? "22003" : "22021", wrong, err) : DBN_OK;
}

/* As it is declared, then as it is sent. */
static dbn_status
bind_one(struct dbn_stmt *s, size_t i, const dbn_value *v, bool *lossy, dbn_error **err)
{
	dbn_type want = s->param_types[i];
	dbn_value fitted;

	if (want != v->type && want != DBN_NULL && v->type != DBN_NULL) {
		fitted = *v;
		if (!plug_fit(&fitted, want))
			return refuse(s, i, 0, "22018",
				"the value does not fit the type of the parameter exactly", err);
		return my_convert(s, i, 0, &fitted, &s->slots[i], &s->params[i], lossy, err);
	}
	return my_convert(s, i, 0, v, &s->slots[i], &s->params[i], lossy, err);
}

/* What the library copies when it is told: equal means, it need not be told again. */
static uint64_t
mark_of(uint64_t mark, const MYSQL_BIND *b)
{
	mark = (mark ^ (uint64_t)b->buffer_type ^ (uint64_t)b->is_unsigned << 9) *
		UINT64_C(0x100000001b3);
	mark = (mark ^ (uint64_t)(uintptr_t)b->buffer) * UINT64_C(0x100000001b3);
	return (mark ^ (b->length != NULL)) * UINT64_C(0x100000001b3);
}

dbn_status
my_bind(struct dbn_stmt *s, const dbn_value *v, size_t nv, bool *lossy, dbn_error **err)
{
	uint64_t mark = UINT64_C(0xcbf29ce484222325);

	*lossy = false;
	if (nv != s->nparams)
		return plug_fail_status(s->conn->host, err, DBN_E_INVALID,
			"%zu values for %u parameters", nv, s->nparams);
	for (size_t i = 0; i < nv; i++) {
		dbn_status st = bind_one(s, i, &v[i], lossy, err);

		if (st != DBN_OK)
			return st;
		s->params[i].is_null = &s->slots[i].is_null;
		mark = mark_of(mark, &s->params[i]);
	}
	s->binds_mark = s->long_sent || mark != s->bound_mark ? mark : 0;
	return DBN_OK;
}

/* Tell the library, and send what is very long. */
dbn_status
my_bind_send(struct dbn_stmt *s, dbn_error **err)
{
	int ret = 0;

	if (s->binds_mark) {
		s->bound_mark = 0;
		if (mysql_stmt_bind_param(s->q, s->params))
			return my_fail(s->conn, s->q, MY_PHASE_RUN, err);
		s->bound_mark = s->binds_mark;
		s->long_sent = false;
	}
	for (uint32_t i = 0; i < s->nparams; i++) {
		const MYSQL_BIND *b = &s->params[i];

		if (!b->length || s->slots[i].is_null || *b->length <= MY_LONG_DATA)
			continue;
		s->long_sent = true; /* the library remembers: bind again */
		for (uint64_t at = 0; at < *b->length; at += PIECE) {
			uint64_t n = *b->length - at < PIECE ? *b->length - at : PIECE;

			if (!my_lib_long_data(&s->conn->link, s->q, i, (const char *)b->buffer + at,
					(unsigned long)n, &ret) || ret)
				return my_fail(s->conn, s->q, MY_PHASE_RUN, err);
		}
	}
	return DBN_OK;
}
