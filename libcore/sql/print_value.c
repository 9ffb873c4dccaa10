/* SPDX-License-Identifier: MIT */
/*
 * Names, literals and placeholders: each in the one form that no setting of the
 * server can make mean something else.
 */
#include <string.h>

#include "sql/printer.h"
#include "value/value.h"

/* ---- names ---- */

static void
quoted(dbn_str *out, dbn_text t, char quote)
{
	const char *s = t.ptr, *end = t.ptr + t.len, *q;

	dbn_str_addc(out, quote);
	while (s < end && (q = memchr(s, quote, (size_t)(end - s))) != NULL) {
		dbn_str_add(out, s, (size_t)(q - s) + 1);
		dbn_str_addc(out, quote);
		s = q + 1;
	}
	if (s < end)
		dbn_str_add(out, s, (size_t)(end - s));
	dbn_str_addc(out, quote);
}

void
dbn_sql_print_name(dbn_str *out, dbn_text name)
{
	quoted(out, name, '"');
}

void
dbn_sql__print_name(dbn_sql_printer *p, dbn_text name)
{
	quoted(p->out, name, p->d->quote);
}

static void
hex(dbn_str *out, const char *open, const unsigned char *b, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	dbn_str_adds(out, open);
	for (size_t i = 0; i < n; i++) {
		dbn_str_addc(out, digits[b[i] >> 4]);
		dbn_str_addc(out, digits[b[i] & 15]);
	}
	dbn_str_addc(out, '\'');
}

static bool
is_finite(double v)
{
	return v == v && v <= 1.7976931348623157e308 && v >= -1.7976931348623157e308;
}

static void
digits_of(dbn_str *out, double v, const char *whole)
{
	char buf[64];

	(void)dbn_format_double(buf, sizeof(buf), v);
	dbn_str_adds(out, buf);
	if (!strpbrk(buf, ".eE"))
		dbn_str_adds(out, whole);
}

static void
real(dbn_str *out, double v)
{
	if (v != v) {
		dbn_str_adds(out, "NULL");
	} else if (!is_finite(v)) {
		dbn_str_adds(out, v > 0 ? "9e999" : "(-9e999)");
	} else {
		dbn_str_adds(out, v < 0 ? "(" : "");
		digits_of(out, v, ".0");
		dbn_str_adds(out, v < 0 ? ")" : "");
	}
}

/* ---- literals ---- */

static dbn_status
integer(dbn_str *out, const dbn_value *v)
{
	bool negative = v->type == DBN_INT64 && v->u.i64 < 0;

	dbn_str_adds(out, negative ? "(" : "");
	if (v->type == DBN_UINT64)
		dbn_str_addf(out, "%llu", (unsigned long long)v->u.u64);
	else
		dbn_str_addi(out, v->u.i64);
	dbn_str_adds(out, negative ? ")" : "");
	return DBN_OK;
}

static dbn_status
decimal(dbn_text t, dbn_str *out, dbn_error **err)
{
	if (!dbn_parse_decimal(t))
		return dbn_fail(err, DBN_E_VALUE, "malformed decimal");
	dbn_str_addc(out, '(');
	dbn_str_addt(out, t);
	dbn_str_addc(out, ')');
	return DBN_OK;
}

static bool
has(dbn_text t, int c)
{
	return t.len && memchr(t.ptr, c, t.len);
}

static dbn_status
no_literal(dbn_type type, dbn_error **err)
{
	return dbn_fail_hint(err, DBN_E_UNSUPPORTED, "Bind it as a parameter.",
		"a %s cannot be written as a literal", dbn_type_name(type));
}

static dbn_status
sqlite_literal(const dbn_value *v, dbn_text t, dbn_str *out, dbn_error **err)
{
	switch (v->type) {
	case DBN_BOOL: dbn_str_adds(out, v->u.i64 ? "1" : "0"); break;
	case DBN_UINT64:
		if (v->u.u64 > INT64_MAX)
			return dbn_fail(err, DBN_E_UNSUPPORTED,
				"the number is too large for the database");
		return integer(out, v);
	case DBN_FLOAT:
	case DBN_DOUBLE: real(out, v->u.f64); break;
	case DBN_TEXT:
	case DBN_JSON:
	case DBN_ENUM:
		if (has(t, 0)) {
			hex(out, "CAST(x'", v->u.ptr, t.len);
			dbn_str_adds(out, " AS TEXT)");
		} else {
			quoted(out, t, '\'');
		}
		break;
	case DBN_BYTES: hex(out, "x'", v->u.ptr, t.len); break;
	default: return no_literal(v->type, err);
	}
	return DBN_OK;
}

/* A backslash means itself in '...' only under one setting: in E'...' it is doubled. */
static void
postgres_text(dbn_str *out, dbn_text t)
{
	if (!has(t, '\\')) {
		quoted(out, t, '\'');
		return;
	}
	dbn_str_adds(out, "E'");
	for (size_t i = 0; i < t.len; i++) {
		if (t.ptr[i] == '\\' || t.ptr[i] == '\'')
			dbn_str_addc(out, t.ptr[i]);
		dbn_str_addc(out, t.ptr[i]);
	}
	dbn_str_addc(out, '\'');
}

static dbn_status
postgres_literal(const dbn_value *v, dbn_text t, dbn_str *out, dbn_error **err)
{
	switch (v->type) {
	case DBN_BOOL: dbn_str_adds(out, v->u.i64 ? "TRUE" : "FALSE"); break;
	case DBN_UINT64: return integer(out, v);
	case DBN_FLOAT:
	case DBN_DOUBLE:
		dbn_str_adds(out, "CAST('");
		if (is_finite(v->u.f64))
			digits_of(out, v->u.f64, "");
		else
			dbn_str_adds(out, v->u.f64 != v->u.f64 ? "NaN" : v->u.f64 > 0 ? "Infinity"
				: "-Infinity");
		dbn_str_adds(out, "' AS float8)");
		break;
	case DBN_TEXT:
	case DBN_JSON:
	case DBN_ENUM:
		if (has(t, 0))
			return dbn_fail(err, DBN_E_VALUE, "text with a NUL byte, which PostgreSQL "
				"does not store");
		postgres_text(out, t);
		break;
	case DBN_BYTES:
		hex(out, "CAST(E'\\\\x", v->u.ptr, t.len);
		dbn_str_adds(out, " AS bytea)");
		break;
	default: return no_literal(v->type, err);
	}
	return DBN_OK;
}

static dbn_status
mysql_literal(const dbn_value *v, dbn_text t, dbn_str *out, dbn_error **err)
{
	switch (v->type) {
	case DBN_BOOL: dbn_str_adds(out, v->u.i64 ? "TRUE" : "FALSE"); break;
	case DBN_UINT64: return integer(out, v);
	case DBN_FLOAT:
	case DBN_DOUBLE:
		if (!is_finite(v->u.f64))
			return dbn_fail(err, DBN_E_VALUE, "infinity and NaN do not exist in MySQL");
		dbn_str_adds(out, v->u.f64 < 0 ? "(" : "");
		digits_of(out, v->u.f64, "e0");
		dbn_str_adds(out, v->u.f64 < 0 ? ")" : "");
		break;
	case DBN_TEXT:
	case DBN_JSON:
	case DBN_ENUM: /* what a backslash means depends on sql_mode */
		if (has(t, '\\') || has(t, 0))
			hex(out, "_utf8mb4 x'", v->u.ptr, t.len);
		else
			quoted(out, t, '\'');
		break;
	case DBN_BYTES: hex(out, "x'", v->u.ptr, t.len); break;
	default: return no_literal(v->type, err);
	}
	return DBN_OK;
}

dbn_status
dbn_sql_print_literal(const dbn_sql_dialect *d, const dbn_value *value, dbn_str *out,
	dbn_error **err)
{
	dbn_value v = dbn_value_measured(*value);
	dbn_text t = { v.u.ptr, (size_t)v.len };

	if (v.type == DBN_NULL) {
		dbn_str_adds(out, "NULL");
		return DBN_OK;
	}
	if (v.type == DBN_INT64)
		return integer(out, &v);
	if (v.type == DBN_DECIMAL)
		return decimal(t, out, err);
	switch (d->id) {
	case DBN_DIALECT_POSTGRES: return postgres_literal(&v, t, out, err);
	case DBN_DIALECT_MYSQL: return mysql_literal(&v, t, out, err);
	default: return sqlite_literal(&v, t, out, err);
	}
}

void
dbn_sql__print_value(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	dbn_status rc;

	if (p->mode == DBN_PRINT_FINGERPRINT) {
		dbn_str_adds(p->out, "?");
	} else if (e->value.type == DBN_BOOL && !dbn_sql__canonical(p)) {
		dbn_str_adds(p->out, e->value.u.i64 ? "TRUE" : "FALSE");
	} else if (e->text.len &&
		(e->value.type == DBN_DOUBLE || e->value.type == DBN_DECIMAL)) {
		dbn_str_addt(p->out, e->text);
	} else {
		rc = dbn_sql_print_literal(p->d, &e->value, p->out,
			p->status == DBN_OK ? p->err : NULL);
		if (p->status == DBN_OK)
			p->status = rc;
	}
}

/* ---- parameters ---- */

/* Placeholders without numbers: which value goes there. */
static void
note_order(dbn_sql_printer *p, uint32_t number)
{
	if (!p->sent || p->status != DBN_OK)
		return;
	if (!dbn_grow(&p->order, &p->order_cap, p->norder + 1, sizeof(*p->order))) {
		p->status = dbn_fail_nomem(p->err);
		return;
	}
	p->order[p->norder++] = number - 1;
}

static void
placeholder(dbn_sql_printer *p, const dbn_sql_expr *e, uint32_t number)
{
	const char *type = dbn_sql__postgres(p) && (e->flags & DBN_XF_CAST) ?
		dbn_sql_cast_name(p->d, e->type) : NULL;

	if (type)
		dbn_str_adds(p->out, "CAST(");
	if (dbn_sql__mysql(p)) {
		dbn_str_addc(p->out, '?');
		note_order(p, number);
	} else {
		dbn_str_addc(p->out, dbn_sql__canonical(p) && !dbn_sql__postgres(p) ? '?' : '$');
		dbn_str_addi(p->out, number);
	}
	if (type)
		dbn_str_addf(p->out, " AS %s)", type);
}

void
dbn_sql__print_param(dbn_sql_printer *p, const dbn_sql_expr *e, bool in_list)
{
	uint32_t width = e->index && e->index <= p->nexpand ? p->expand[e->index - 1] : 1;
	uint32_t first = e->index;

	if (p->mode == DBN_PRINT_FINGERPRINT) {
		dbn_str_adds(p->out, "?");
		return;
	}
	if (p->starts && e->index && e->index <= p->nexpand)
		first = p->starts[e->index - 1];
	else if (p->starts)
		first = e->index - (uint32_t)p->nexpand + p->starts[p->nexpand] - 1;
	if (width != 1 && !in_list) {
		dbn_sql__print_fail(p, DBN_E_INVALID, e->pos,
			"a list is bound to parameter %u, which does not stand in an IN list",
			e->index);
		return;
	}
	for (uint32_t i = 0; i < width; i++) {
		if (i)
			dbn_str_adds(p->out, ", ");
		placeholder(p, e, first + i);
	}
}

