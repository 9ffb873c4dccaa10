/* SPDX-License-Identifier: MIT */
/*
 * Which columns a generated column is computed from.  SQLite keeps that to
 * itself, so the expression is cut out of CREATE TABLE by a small lexer and
 * compiled as a SELECT with the authorizer listening.  Where that fails, every
 * column counts as an input.
 */
#include "driver.h"

typedef struct lexer {
	const char *p, *token;
	size_t len;
	char kind;                /* 'w' word, 'q' quoted, 0 end, else the character */
} lexer;

static const char *
skip_blank(const char *p)
{
	for (;;) {
		if (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r' || *p == '\f') {
			p++;
		} else if (p[0] == '-' && p[1] == '-') {
			while (*p && *p != '\n')
				p++;
		} else if (p[0] == '/' && p[1] == '*') {
			const char *end = strstr(p + 2, "*/");

			p = end ? end + 2 : p + strlen(p);
		} else {
			return p;
		}
	}
}

static bool
is_word(unsigned char c)
{
	return c >= 0x80 || c == '_' || c == '$' || (c >= '0' && c <= '9') ||
		(plug_lower(c) >= 'a' && plug_lower(c) <= 'z');
}

static void
next(lexer *x)
{
	const char *p = skip_blank(x->p);
	char close;

	x->token = p;
	x->kind = *p;
	if (*p == '\'' || *p == '"' || *p == '`' || *p == '[') {
		close = *p == '[' ? ']' : *p;
		x->kind = *p == '\'' ? '\'' : 'q';
		for (p++; *p; p++)
			if (*p == close) {
				if (p[1] != close || close == ']')
					break;
				p++;
			}
		p += *p != 0;
	} else if (is_word((unsigned char)*p)) {
		x->kind = 'w';
		while (is_word((unsigned char)*p))
			p++;
	} else if (*p) {
		p++;
	}
	x->len = (size_t)(p - x->token);
	x->p = p;
}

static bool
is_keyword(const lexer *x, const char *word)
{
	return x->kind == 'w' && plug_text_same((dbn_text){ x->token, x->len }, plug_text(word));
}

/* Is the token, unquoted, this name? */
static bool
is_name(const lexer *x, const char *name)
{
	size_t at = 0, from = x->kind == 'q' || x->kind == '\'', to = x->len - from;

	for (size_t i = from; i < to; i++) {
		if (from && x->token[i] == x->token[0] && i + 1 < to)
			i++;
		if (!name[at] || plug_lower((unsigned char)name[at]) !=
			plug_lower((unsigned char)x->token[i]))
			return false;
		at++;
	}
	return !name[at];
}

/* Past the matching ')' of the '(' in hand; false at the end of the text. */
static bool
skip_group(lexer *x)
{
	unsigned depth = 1;

	while (depth) {
		next(x);
		if (!x->kind)
			return false;
		depth += x->kind == '(';
		depth -= x->kind == ')';
	}
	return true;
}

/* In the definition at x: the text of AS ( expression ). */
static bool
find_as(lexer *x, dbn_text *expr)
{
	bool as = false;

	for (next(x); x->kind && x->kind != ',' && x->kind != ')'; next(x)) {
		const char *open = x->token;

		if (x->kind != '(') {
			as = is_keyword(x, "as");
			continue;
		}
		if (!skip_group(x))
			return false;
		if (as) {
			*expr = (dbn_text){ open, (size_t)(x->p - open) };
			return true;
		}
	}
	return false;
}

static bool
find_expression(const char *sql, const char *column, dbn_text *expr)
{
	lexer x = { sql, NULL, 0, 0 };

	do
		next(&x);
	while (x.kind && x.kind != '(');
	while (x.kind) {
		next(&x);
		if (is_name(&x, column))
			return find_as(&x, expr);
		while (x.kind && x.kind != ',') {
			if (x.kind == '(' && !skip_group(&x))
				return false;
			next(&x);
		}
	}
	return false;
}

static void
take_reads(sq_description *d, plug_column *col)
{
	const sq_touches *seen = &d->conn->seen;

	for (size_t i = 0; i < seen->n; i++) {
		const char *name = sq_touch_text(seen, seen->v[i].col);

		for (uint32_t j = 0; *name && j < d->rel.ncolumns; j++)
			if (sqlite3_stricmp(d->rel.texts + d->rel.columns[j].name, name) == 0)
				(void)plug_relation_input(&d->rel, col, j);
	}
}

/* The columns that the expression of `name` reads become inputs of col. */
static bool
take_expression(sq_description *d, const char *sql, const char *name, plug_column *col)
{
	dbn_text expr = { NULL, 0 };

	if (!sql || !find_expression(sql, name, &expr) ||
		sq_probe(d->conn, "SELECT %.*s FROM main.\"%w\"", (int)expr.len, expr.ptr,
			d->name) != SQLITE_OK)
		return false;
	take_reads(d, col);
	return true;
}

static void
find_one(sq_description *d, const char *sql, plug_column *col)
{
	bool found;

	col->first_input = (uint32_t)d->rel.ninputs;
	found = take_expression(d, sql, d->rel.texts + col->name, col);
	/* Inputs that are generated themselves bring theirs. */
	for (uint32_t i = 0; found && i < col->ninputs && !d->rel.nomem; i++) {
		const plug_column *in = &d->rel.columns[d->rel.inputs[col->first_input + i]];

		if (in->flags & DBN_COLUMN_GENERATED)
			found = take_expression(d, sql, d->rel.texts + in->name, col);
	}
	for (uint32_t i = 0; !found && i < d->rel.ncolumns; i++)
		if (&d->rel.columns[i] != col)
			(void)plug_relation_input(&d->rel, col, i);
}

void
sq_find_inputs(sq_description *d)
{
	sqlite3_stmt *q = NULL;
	char *sql = NULL;
	bool any = false;

	for (size_t i = 0; i < d->rel.ncolumns; i++)
		any = any || (d->rel.columns[i].flags & DBN_COLUMN_GENERATED);
	if (!any || !d->object)
		return;
	if (sq_own_prepare(d->conn, "SELECT sql FROM main.sqlite_schema WHERE rowid=?1", &q) ==
			SQLITE_OK &&
		sqlite3_bind_int64(q, 1, d->object->rowid) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
		sql = sqlite3_mprintf("%s", sqlite3_column_text(q, 0));
	(void)sqlite3_finalize(q);
	for (size_t i = 0; i < d->rel.ncolumns && !d->rel.nomem; i++)
		if (d->rel.columns[i].flags & DBN_COLUMN_GENERATED)
			find_one(d, sql, &d->rel.columns[i]);
	sqlite3_free(sql);
}
