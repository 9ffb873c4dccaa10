/* SPDX-License-Identifier: MIT */
/*
 * Functions by a word alone (CURRENT_USER, LOCALTIME) and values with a word before
 * them (DATE '2024-01-01', INTERVAL '1' DAY, _utf8mb4'x').
 */
#include <string.h>

#include "sql/parse_expr.h"

dbn_sql_expr *
dbn_sql__word_function(dbn_sql_parser *p)
{
	static const struct { const char *name; bool pg, my; uint32_t construct; } words[] = {
		{ "CURRENT_USER", true, true, DBN_G_SESSION_WORD },
		{ "SESSION_USER", true, false, DBN_G_SESSION_WORD },
		{ "USER", true, false, DBN_G_SESSION_WORD },
		{ "CURRENT_ROLE", true, false, DBN_G_SESSION_WORD },
		{ "CURRENT_CATALOG", true, false, DBN_G_SESSION_WORD },
		{ "CURRENT_SCHEMA", true, false, DBN_G_SESSION_WORD },
		{ "LOCALTIME", true, true, DBN_G_LOCAL_TIME },
		{ "LOCALTIMESTAMP", true, true, DBN_G_LOCAL_TIME },
		{ "UTC_DATE", false, true, DBN_G_UTC_TIME }, { "UTC_TIME", false, true, DBN_G_UTC_TIME },
		{ "UTC_TIMESTAMP", false, true, DBN_G_UTC_TIME },
	};
	bool pg = p->d->id == DBN_DIALECT_POSTGRES, my = p->d->id == DBN_DIALECT_MYSQL;
	const dbn_sql_token *t;
	dbn_sql_expr *e;

	if (p->tok.kind != DBN_TK_NAME || (!pg && !my) || !p->tok.taken)
		return NULL;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!(pg ? words[i].pg : words[i].my) || !dbn_sql__at_word(p, words[i].name))
			continue;
		t = dbn_sql__peek(p, 1);
		if (!t || !dbn_sql__construct(p, words[i].construct, p->tok.pos))
			return NULL;
		if (t->kind == DBN_TK_LPAREN) {
			p->tok.taken = false;
			return dbn_sql__function(p);
		}
		e = dbn_sql__formed(p, p->tok.pos, "", words[i].name, 0);
		if (e)
			e->text = dbn_text_n(p->lx.text.ptr + p->tok.pos, p->tok.end - p->tok.pos);
		if (e && pg) { /* as the output is called */
			char *low = dbn_arena_strndup(p->a, e->text.ptr, e->text.len);

			for (size_t k = 0; low && k < e->text.len; k++)
				low[k] = (char)dbn_ascii_lower((unsigned char)low[k]);
			e->text.ptr = low;
		}
		return e && e->text.ptr && dbn_sql__next(p) ? e : NULL;
	}
	return NULL;
}

/* ---- a word before a value ---- */

/* Behind INTERVAL '1': DAY, HOUR TO MINUTE, SECOND(3): the type with them. */
static bool
interval_fields(dbn_sql_parser *p, dbn_sql_expr *e)
{
	dbn_text fields;
	const char *unit = dbn_sql__unit_at(p);
	char *z;

	if (!unit || strchr(unit, '_') || !dbn_text_ieqz(e->text, "interval") ||
		!strcmp(unit, "WEEK") || !strcmp(unit, "QUARTER") || !strcmp(unit, "MICROSECOND"))
		return p->status == DBN_OK;
	if (!dbn_sql__construct(p, DBN_G_INTERVAL_FIELDS, p->tok.pos))
		return false;
	fields = dbn_sql__fields(p);
	z = fields.ptr ? dbn_arena_printf(p->a, "interval %.*s", DBN_TEXT_ARG(fields)) : NULL;
	e->text = dbn_text_z(z);
	return z != NULL;
}

/* _utf8mb4'x', _binary x'00' */
static dbn_sql_expr *
introduced(dbn_sql_parser *p)
{
	bool text = dbn_sql__at_word(p, "_utf8mb4"), binary = dbn_sql__at_word(p, "_binary");
	uint32_t pos = p->tok.pos;
	dbn_sql_expr *e;

	if (!dbn_sql__construct(p, text || binary ? DBN_G_STRING_CHARSET : DBN_G_STRING_CHARSET_OTHER, pos) ||
		!dbn_sql__next(p))
		return NULL;
	e = dbn_sql__literal(p);
	if (!e)
		return NULL;
	if (text && e->value.type == DBN_BYTES &&
		dbn_utf8_valid(e->value.u.ptr, (size_t)e->value.len) != (size_t)e->value.len)
		return dbn_sql__fail(p, pos, NULL, "the bytes are not UTF-8");
	e->value.type = e->type = text ? DBN_TEXT : DBN_BYTES;
	return e;
}

static bool
text_of(const dbn_sql_parser *p, const dbn_sql_token *t, const char *word)
{
	return t && t->kind == DBN_TK_NAME &&
		dbn_text_ieqz(dbn_text_n(p->lx.text.ptr + t->pos, t->end - t->pos), word);
}

/* Two words of a type before a string: double precision, timestamp with ... */
static bool
long_type(dbn_sql_parser *p, const dbn_sql_token *next)
{
	if (dbn_sql__at_word(p, "double"))
		return text_of(p, next, "precision");
	if (dbn_sql__at_word(p, "timestamp") || dbn_sql__at_word(p, "time"))
		return text_of(p, next, "with") || text_of(p, next, "without");
	return (dbn_sql__at_word(p, "character") || dbn_sql__at_word(p, "char")) && text_of(p, next, "varying");
}

dbn_sql_expr *
dbn_sql__typed_literal(dbn_sql_parser *p)
{
	bool pg = p->d->id == DBN_DIALECT_POSTGRES, my = p->d->id == DBN_DIALECT_MYSQL;
	const dbn_sql_token *t = pg || my ? dbn_sql__peek(p, 1) : NULL;
	dbn_sql_expr *e;

	if (!t || p->tok.kind != DBN_TK_NAME || p->tok.reserved)
		return NULL;
	if (my && p->lx.text.ptr[p->tok.pos] == '_' && (t->kind == DBN_TK_STRING || t->kind == DBN_TK_BLOB))
		return introduced(p);
	if (my && !dbn_sql__at_word(p, "date") && !dbn_sql__at_word(p, "time") &&
		!dbn_sql__at_word(p, "timestamp"))
		return NULL;
	if ((p->tok.taken && pg) || (t->kind != DBN_TK_STRING && !(pg && long_type(p, t))))
		return NULL;
	e = node(p, DBN_X_CAST, 0, p->tok.pos, 1);
	if (!e || !dbn_sql__construct(p, DBN_G_TYPED_LITERAL, e->pos))
		return NULL;
	e->flags = DBN_XF_WORD;
	if (my) {
		e->text = dbn_text_z(dbn_sql__at_word(p, "date") ? "DATE" : dbn_sql__at_word(p, "time") ?
			"TIME" : "TIMESTAMP");
		e->type = *e->text.ptr == 'D' ? DBN_DATE : e->text.len == 4 ? DBN_TIME : DBN_TIMESTAMP;
		if (!dbn_sql__next(p))
			return NULL;
	} else {
		e->text = dbn_sql__type_text(p);
		if (!e->text.ptr)
			return NULL;
		e->type = dbn_sql_declared_type(p->d, e->text);
	}
	if (p->tok.kind != DBN_TK_STRING)
		return dbn_sql__unexpected(p, "a string");
	e->args[0] = dbn_sql__literal(p);
	if (!e->args[0] || (pg && !interval_fields(p, e)))
		return NULL;
	return dbn_sql__finish(p, e, 0);
}
