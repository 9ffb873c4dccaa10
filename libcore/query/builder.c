/* SPDX-License-Identifier: MIT */
/*
 * The builder itself: memory, mistakes, names, and the way to text.
 */
#include <stdio.h>
#include <string.h>

#include "query/builder.h"
#include "sql/print.h"
#include "value/value.h"

/* Trees of one builder; far beyond what a statement may have. */
#define BUILDER_BYTES ((size_t)64 << 20)

dbn_builder *
dbn_builder_new(void)
{
	dbn_builder *b = dbn_zalloc(sizeof *b);

	if (b)
		dbn_arena_init(&b->arena, BUILDER_BYTES);
	return b;
}

void
dbn_builder_free(dbn_builder *b)
{
	if (!b)
		return;
	dbn_arena_free(&b->arena);
	dbn_free(b);
}

void
dbn_builder_reset(dbn_builder *b)
{
	if (!b)
		return;
	dbn_arena_reset(&b->arena);
	b->values = NULL;
	b->nvalues = b->cap = 0;
	b->status = DBN_OK;
}

void *
dbn_builder_fail(dbn_builder *b, dbn_status status, const char *hint, const char *fmt, ...)
{
	va_list ap;

	if (!dbn_builder_ok(b))
		return NULL;
	va_start(ap, fmt);
	if (vsnprintf(b->message, sizeof b->message, fmt, ap) < 0)
		b->message[0] = '\0';
	va_end(ap);
	b->message[dbn_utf8_valid(b->message, strlen(b->message))] = '\0';
	b->hint = hint;
	b->status = status;
	return NULL;
}

void *
dbn_builder_nomem(dbn_builder *b)
{
	if (dbn_builder_ok(b) && b->arena.used > BUILDER_BYTES / 2)
		return dbn_builder_fail(b, DBN_E_LIMIT, "Use arguments rather than a long statement.",
			"the statement needs more memory than a builder has");
	return dbn_builder_fail(b, DBN_E_NOMEM, NULL, "out of memory");
}

dbn_status
dbn_builder_check(const dbn_builder *b, dbn_error **err)
{
	DBN_ERR_CLEAR(err);
	if (!b || b->status == DBN_E_NOMEM)
		return dbn_fail_nomem(err);
	if (b->status != DBN_OK)
		return dbn_fail_hint(err, b->status, b->hint, "%s", b->message);
	return DBN_OK;
}

dbn_text
dbn_builder_name(dbn_builder *b, const char *name, const char *what)
{
	dbn_text none = { NULL, 0 }, copy;

	if (!dbn_builder_ok(b))
		return none;
	if (!name || !*name) {
		(void)dbn_builder_fail(b, DBN_E_INVALID, NULL, "a %s without a name", what);
		return none;
	}
	copy = dbn_arena_text(&b->arena, dbn_text_z(name));
	if (!copy.ptr)
		(void)dbn_builder_nomem(b);
	return copy;
}

dbn_sql_expr *
dbn_builder_column(dbn_builder *b, const char *name)
{
	dbn_text t = dbn_builder_name(b, name, "column"), qual = { NULL, 0 };
	const char *dot;
	dbn_sql_expr *x;

	if (!t.ptr)
		return NULL;
	dot = memchr(t.ptr, '.', t.len);
	if (dot) {
		qual = dbn_text_n(t.ptr, (size_t)(dot - t.ptr));
		t = dbn_text_n(dot + 1, t.len - qual.len - 1);
		if (!qual.len || !t.len || memchr(t.ptr, '.', t.len))
			return dbn_builder_fail(b, DBN_E_INVALID,
				"Columns are \"name\" or \"alias.name\"; dbn_x_name() takes any name.",
				"not the name of a column: \"%.60s\"", name);
	}
	if (dbn_text_eqz(t, "*")) {
		x = dbn_sql_expr_new(&b->arena, DBN_X_STAR, DBN_OP_NONE, 0, 0);
		if (x)
			x->qual = qual;
	} else {
		x = dbn_sql_column_name(&b->arena, qual, t);
	}
	return x ? x : dbn_builder_nomem(b);
}

dbn_sql_from *
dbn_builder_table(dbn_builder *b, const char *table, const char *alias)
{
	dbn_text t = dbn_builder_name(b, table, "table"), *part;
	dbn_sql_from *f;

	if (!t.ptr)
		return NULL;
	f = dbn_arena_zalloc(&b->arena, sizeof *f);
	if (!f)
		return dbn_builder_nomem(b);
	f->kind = DBN_FROM_RELATION;
	for (part = &f->name.name;; part = part == &f->name.name ? &f->name.schema : &f->name.database) {
		size_t n = 0;

		while (n < t.len && t.ptr[t.len - 1 - n] != '.')
			n++;
		*part = dbn_text_n(t.ptr + t.len - n, n);
		if (!n || (n < t.len && part == &f->name.database))
			return dbn_builder_fail(b, DBN_E_INVALID,
				"Tables are \"name\", \"schema.name\" or \"database.schema.name\".",
				"not the name of a table: \"%.60s\"", table);
		if (n == t.len)
			break;
		t.len -= n + 1;
	}
	if (alias) {
		f->alias = dbn_builder_name(b, alias, "table's alias");
		if (!f->alias.ptr)
			return NULL;
	}
	return f;
}

dbn_sql_expr *
dbn_builder_param(dbn_builder *b, dbn_value v)
{
	dbn_sql_expr *x;

	if (!dbn_builder_ok(b))
		return NULL;
	if (!dbn_arena_grow(&b->arena, &b->values, &b->cap, b->nvalues + 1, sizeof *b->values) ||
		!dbn_value_copy(&b->arena, &v, &b->values[b->nvalues]) ||
		!(x = dbn_sql_param(&b->arena, 1, DBN_NULL)))
		return dbn_builder_nomem(b);
	x->pos = (uint32_t)b->nvalues++;
	return x;
}

/* Where nothing beside a value says what type it is of, the value does. */
dbn_sql_expr *
dbn_builder_typed(dbn_builder *b, dbn_sql_expr *x)
{
	static const struct { dbn_type type; const char *name; } names[] = {
		{ DBN_BOOL, "BOOLEAN" }, { DBN_INT64, "BIGINT" }, { DBN_DOUBLE, "DOUBLE PRECISION" },
		{ DBN_TEXT, "TEXT" }
	};

	if (!x || x->kind != DBN_X_PARAM)
		return x;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (b->values[x->pos].type != names[i].type)
			continue;
		x = dbn_sql_cast(&b->arena, x, names[i].name, names[i].type);
		return x ? x : dbn_builder_nomem(b);
	}
	return x;
}

/* ---- to text ---- */

struct numbering {
	dbn_builder *b;
	dbn_value *args;
	size_t n, cap;
};

static dbn_status
number(dbn_sql_expr **e, void *user)
{
	struct numbering *nb = user;

	if ((*e)->kind != DBN_X_PARAM)
		return DBN_OK;
	if (!dbn_arena_grow(&nb->b->arena, &nb->args, &nb->cap, nb->n + 1, sizeof *nb->args))
		return DBN_E_NOMEM;
	nb->args[nb->n++] = nb->b->values[(*e)->pos];
	(*e)->index = (uint32_t)nb->n;
	return DBN_OK;
}

dbn_status
dbn_builder_text(dbn_builder *b, dbn_sql_stmt *s, dbn_text *sql, dbn_args *args, dbn_error **err)
{
	struct numbering nb = { .b = b };
	dbn_sql_visitor v = { .expr = number, .user = &nb };
	const dbn_sql_dialect *d = dbn_sql_dialect_get(DBN_DIALECT_SQLITE);
	dbn_status rc;
	dbn_str out;

	rc = dbn_sql_walk(s, &v);
	if (rc == DBN_E_NOMEM)
		return dbn_fail_nomem(err);
	if (rc != DBN_OK)
		return dbn_fail(err, rc, "the statement is nested too deep");
	s->nparams = (uint32_t)nb.n;
	dbn_str_init(&out, 0);
	rc = dbn_sql_print(s, d, DBN_PRINT_SOURCE, NULL, 0, &out, err);
	if (rc == DBN_OK) {
		*sql = dbn_arena_text(&b->arena, dbn_text_n(out.ptr, out.len));
		*args = dbn_args_of(nb.args, nb.n);
		if (!sql->ptr)
			rc = dbn_fail_nomem(err);
	}
	dbn_str_free(&out);
	return rc;
}
