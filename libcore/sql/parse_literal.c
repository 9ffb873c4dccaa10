/* SPDX-License-Identifier: MIT */
/*
 * Numbers, texts and bytes as they are written, and TRUE, FALSE, NULL.
 */
#include <string.h>

#include "sql/parse_expr.h"

static bool
hex_number(dbn_sql_parser *p, dbn_sql_expr *e, dbn_text t)
{
	uint64_t v = 0;

	for (size_t i = 2; i < t.len; i++) {
		unsigned c = (unsigned char)t.ptr[i];

		if (v >> 60) {
			dbn_sql__fail(p, e->pos, NULL, "the hexadecimal number is too large");
			return false;
		}
		v = v << 4 | (c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
	}
	e->value.type = DBN_INT64;
	memcpy(&e->value.u.i64, &v, sizeof(v));
	return true;
}

/* Where a number with a point is a decimal and no real number. */
static bool
is_exact(const dbn_sql_parser *p, dbn_text t)
{
	if (p->d->id == DBN_DIALECT_MYSQL)
		return !memchr(t.ptr, 'e', t.len) && !memchr(t.ptr, 'E', t.len);
	return p->d->id == DBN_DIALECT_POSTGRES;
}

static bool
number(dbn_sql_parser *p, dbn_sql_expr *e)
{
	dbn_text t = { p->lx.text.ptr + p->tok.pos, p->tok.end - p->tok.pos };

	if (t.len > 2 && (t.ptr[1] | 32) == 'x')
		return hex_number(p, e, t);
	if (dbn_parse_int64(t, &e->value.u.i64)) {
		e->value.type = DBN_INT64;
		return true;
	}
	e->value.type = DBN_DOUBLE;
	e->text = t; /* printed as it is: no digit is lost on the way */
	if (t.len > 200) {
		dbn_sql__fail(p, e->pos, NULL, "the number has too many digits");
		return false;
	}
	if (is_exact(p, t)) {
		e->value = (dbn_value){ .type = DBN_DECIMAL, .u.ptr = t.ptr, .len = t.len };
		return true;
	}
	if (!dbn_parse_double(t, &e->value.u.f64)) {
		dbn_sql__fail(p, e->pos, NULL, "malformed number \"%.*s\"", DBN_TEXT_ARG(t));
		return false;
	}
	return true;
}

static int
hex_digit(char ch)
{
	int c = (unsigned char)ch;

	return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

static bool
blob(dbn_sql_parser *p, dbn_sql_expr *e)
{
	const char *hex = p->lx.text.ptr + p->tok.pos + 2;
	size_t n = (p->tok.end - p->tok.pos - 3) / 2;
	unsigned char *b = dbn_arena_alloc(p->a, n + 1);

	if (!b) {
		dbn_sql__nomem(p);
		return false;
	}
	for (size_t i = 0; i < n; i++)
		b[i] = (unsigned char)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
	e->value = (dbn_value){ .type = DBN_BYTES, .u.ptr = b, .len = n };
	return true;
}

/* May the string at hand be joined with the next? */
static bool
joins(dbn_sql_parser *p)
{
	bool pg = p->d->id == DBN_DIALECT_POSTGRES;
	const dbn_sql_token *t = pg || p->d->id == DBN_DIALECT_MYSQL ? dbn_sql__peek(p, 1) : NULL;
	const char *text = p->lx.text.ptr;

	return t && t->kind == DBN_TK_STRING && text[t->pos] == '\'' &&
		(text[p->tok.pos] == '\'' || p->tok.escaped) &&
		(!pg || dbn_sql__pg_continues(&p->lx, p->tok.end, t->pos));
}

/* 'a' 'b': one text. */
static bool
string(dbn_sql_parser *p, dbn_sql_expr *e)
{
	dbn_text t = dbn_sql_token_text(&p->lx, &p->tok, p->a), more;
	char *z;

	while (t.ptr && joins(p)) {
		if (!dbn_sql__construct(p, DBN_G_STRING_ADJACENT, p->tok.pos) || !dbn_sql__next(p))
			return false;
		more = dbn_sql_token_text(&p->lx, &p->tok, p->a);
		z = more.ptr ? dbn_arena_alloc(p->a, t.len + more.len + 1) : NULL;
		if (!z)
			return dbn_sql__nomem(p);
		memcpy(z, t.ptr, t.len);
		memcpy(z + t.len, more.ptr, more.len);
		t = dbn_text_n(z, t.len + more.len);
		if (t.len > p->limits.bytes)
			return dbn_sql__limit(p, p->tok.pos, "a string is too long", p->limits.bytes);
	}
	if (!t.ptr)
		return dbn_sql__nomem(p);
	e->value = (dbn_value){ .type = DBN_TEXT, .u.ptr = t.ptr, .len = t.len };
	return true;
}

dbn_sql_expr *
dbn_sql__literal(dbn_sql_parser *p)
{
	dbn_sql_expr *e = dbn_sql_expr_new(p->a, DBN_X_LITERAL, 0, p->tok.pos, 0);
	bool good = true;

	if (!e)
		return dbn_sql__nomem(p);
	switch (p->tok.kind) {
	case DBN_TK_NUMBER: good = number(p, e); break;
	case DBN_TK_BLOB: good = blob(p, e); break;
	case DBN_TK_STRING: good = string(p, e); break;
	default:
		if (p->tok.kw != DBN_KW_NULL) {
			e->value.type = DBN_BOOL;
			e->value.u.i64 = p->tok.kw == DBN_KW_TRUE;
		}
		break;
	}
	e->type = e->value.type;
	return good && dbn_sql__next(p) ? dbn_sql__finish(p, e, 0) : NULL;
}
