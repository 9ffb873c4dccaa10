/* SPDX-License-Identifier: MIT */
/*
 * Names of outputs as each database gives them: SQLite and MySQL take the text of
 * the expression, PostgreSQL a word for what it is.
 */
#include <string.h>

#include "sql/resolver.h"

/* A column of SELECT is called as it is written on MySQL, as it is declared
 * elsewhere. */
static bool
column_name(dbn_sql_resolver *r, const dbn_sql_item *it, dbn_text *out)
{
	dbn_sql_outcol c;

	/* Two columns that USING made one have the name of both. */
	if (r->d->id == DBN_DIALECT_POSTGRES && it->written.len) {
		*out = it->written;
		return true;
	}
	if (!dbn_sql__plain(it->expr, &c))
		return false;
	*out = r->d->id == DBN_DIALECT_MYSQL && it->written.len ? it->written : c.name;
	return true;
}

static const dbn_sql_expr *
inside(const dbn_sql_expr *e)
{
	while (e->kind == DBN_X_COLLATE)
		e = e->args[0];
	return e;
}

static dbn_text
cast_name(const dbn_sql_dialect *d, const dbn_sql_expr *e)
{
	dbn_text t = e->text;

	(void)d;
	for (size_t i = 0; i < t.len; i++)
		if (t.ptr[i] == '(' || t.ptr[i] == '[')
			t.len = i;
	if (t.len > 8 && memcmp(t.ptr, "interval ", 9) == 0)
		return DBN_TEXT_LIT("interval"); /* its fields are none of its name */
	if (dbn_text_eqz(t, "character"))
		return DBN_TEXT_LIT("bpchar");
	return t;
}

static dbn_text pg_name(dbn_sql_resolver *r, const dbn_sql_expr *e, int *strength, uint32_t depth);

/* The name of the first output of a subquery. */
static dbn_text
subquery_name(const dbn_sql_expr *e, int *strength)
{
	*strength = 2;
	return e->query->ncols ? e->query->cols[0].name : DBN_TEXT_LIT("?column?");
}

static dbn_text
function_name(dbn_sql_resolver *r, const dbn_sql_expr *e)
{
	const dbn_sql_func_fact *f = dbn_sql_function(r->d, e->text);

	if (f && !strcmp(f->name, "trim"))
		return DBN_TEXT_LIT("btrim");
	if (f && (!strcmp(f->name, "char_length") || !strcmp(f->name, "character_length")))
		return dbn_text_z(f->name);
	return f ? dbn_text_z(f->name) : e->text;
}

/* FigureColname() of PostgreSQL: strength 2 a name, 1 a type or a word, 0 none. */
static dbn_text
pg_name(dbn_sql_resolver *r, const dbn_sql_expr *e, int *strength, uint32_t depth)
{
	dbn_text t;
	dbn_sql_outcol c;

	e = inside(e);
	*strength = 2;
	if (dbn_sql__plain(e, &c))
		return c.name;
	switch (e->kind) {
	case DBN_X_FUNC: return function_name(r, e);
	case DBN_X_EXISTS: return DBN_TEXT_LIT("exists");
	case DBN_X_SUBQUERY: return subquery_name(e, strength);
	case DBN_X_ROW: return DBN_TEXT_LIT("row");
	case DBN_X_ARRAY:
	case DBN_X_ARRAY_QUERY: return DBN_TEXT_LIT("array");
	case DBN_X_SUBSCRIPT:
		if (depth < 64)
			return pg_name(r, e->args[0], strength, depth + 1);
		break;
	case DBN_X_CAST:
		t = depth < 64 ? pg_name(r, e->args[0], strength, depth + 1) : DBN_TEXT_LIT("");
		if (*strength > 1)
			return t;
		*strength = 1;
		return cast_name(r->d, e);
	case DBN_X_CASE:
		if ((e->flags & DBN_XF_ELSE) && depth < 64) {
			t = pg_name(r, e->args[e->nargs - 1], strength, depth + 1);
			if (*strength > 1)
				return t;
		}
		*strength = 1;
		return DBN_TEXT_LIT("case");
	default: break; /* TRUE: a constant as any, since PostgreSQL 15 */
	}
	*strength = 0;
	return DBN_TEXT_LIT("?column?");
}

/* MySQL: 'x' is called x, true TRUE. */
static bool
literal_name(const dbn_sql_expr *e, dbn_text *out)
{
	if (e->kind != DBN_X_LITERAL)
		return false;
	switch (e->value.type) {
	case DBN_TEXT: *out = dbn_text_n(e->value.u.ptr, (size_t)e->value.len); break;
	case DBN_BOOL: *out = dbn_text_z(e->value.u.i64 ? "TRUE" : "FALSE"); break;
	case DBN_NULL: *out = DBN_TEXT_LIT("NULL"); break;
	default: return false;
	}
	return true;
}

/* MySQL reads over a + before a value: +x is called x. */
static bool
plus_name(const dbn_sql_item *it, dbn_text *out)
{
	const dbn_sql_expr *e = it->expr;

	*out = it->span;
	while (e->kind == DBN_X_UNARY && e->op == DBN_OP_POS && out->len && *out->ptr == '+') {
		e = e->args[0];
		do {
			out->ptr++;
			out->len--;
		} while (out->len && (*out->ptr == ' ' || *out->ptr == '\t'));
	}
	if (e == it->expr || (e->kind != DBN_X_COLUMN && e->kind != DBN_X_LITERAL))
		return false;
	if (e->kind == DBN_X_COLUMN)
		*out = e->text;
	return true;
}

bool
dbn_sql__output_name(dbn_sql_resolver *r, const dbn_sql_item *it, uint32_t n, dbn_text *out)
{
	int strength;
	char *z;

	if (column_name(r, it, out))
		return true;
	if (r->d->id == DBN_DIALECT_POSTGRES) {
		*out = pg_name(r, it->expr, &strength, 0);
		return true;
	}
	if (r->d->id == DBN_DIALECT_MYSQL && (literal_name(it->expr, out) ||
		plus_name(it, out)))
		return true;
	*out = it->span;
	if (out->len)
		return true;
	z = dbn_arena_printf(r->a, "column%u", n + 1);
	*out = dbn_text_z(z);
	return z || dbn_sql__rnomem(r);
}
