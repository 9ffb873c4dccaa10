/* SPDX-License-Identifier: MIT */
/*
 * Administrative statements: known by their first word, lexed to the end so
 * that there is exactly one, and never understood further.
 */
#include <string.h>

#include "sql/parser.h"

static const struct {
	uint16_t kw, kind;
} admins[] = {
	{ DBN_KW_CREATE, DBN_ADMIN_DDL }, { DBN_KW_ALTER, DBN_ADMIN_DDL },
	{ DBN_KW_DROP, DBN_ADMIN_DDL }, { DBN_KW_REINDEX, DBN_ADMIN_DDL },
	{ DBN_KW_ANALYZE, DBN_ADMIN_DDL }, { DBN_KW_VACUUM, DBN_ADMIN_DDL },
	{ DBN_KW_PRAGMA, DBN_ADMIN_SETTINGS }, { DBN_KW_ATTACH, DBN_ADMIN_SETTINGS },
	{ DBN_KW_DETACH, DBN_ADMIN_SETTINGS }
};

static uint32_t
admin_kind(const dbn_sql_parser *p)
{
	for (size_t i = 0; i < sizeof(admins) / sizeof(admins[0]); i++) {
		if (dbn_sql__at_kw(p, admins[i].kw))
			return admins[i].kind;
	}
	return 0;
}

bool
dbn_sql__is_admin(const dbn_sql_parser *p)
{
	return admin_kind(p) != 0;
}

static bool
skip_words(dbn_sql_parser *p, const uint16_t *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		while (dbn_sql__at_kw(p, words[i]))
			if (!dbn_sql__next(p))
				return false;
	}
	return true;
}

/* CREATE [TEMP] [UNIQUE] [VIRTUAL] TABLE, INDEX, VIEW, TRIGGER ... */
static bool
object_word(dbn_sql_parser *p, dbn_sql_stmt *s, dbn_text verb, uint32_t *object)
{
	static const uint16_t before[] = { DBN_KW_TEMP, DBN_KW_TEMPORARY, DBN_KW_UNIQUE,
		DBN_KW_VIRTUAL };
	char *word;

	s->admin_temp = dbn_sql__at_kw(p, DBN_KW_TEMP) || dbn_sql__at_kw(p, DBN_KW_TEMPORARY);
	if (!skip_words(p, before, sizeof(before) / sizeof(before[0])))
		return false;
	*object = p->tok.kind == DBN_TK_NAME ? p->tok.kw : DBN_KW_NONE;
	if (*object != DBN_KW_TABLE && *object != DBN_KW_INDEX && *object != DBN_KW_VIEW &&
		*object != DBN_KW_TRIGGER) {
		dbn_sql__unexpected(p, "TABLE, INDEX, VIEW or TRIGGER");
		return false;
	}
	word = dbn_arena_printf(p->a, "%.*s %.*s", DBN_TEXT_ARG(verb),
		(int)(p->tok.end - p->tok.pos),
		p->lx.text.ptr + p->tok.pos);
	if (!word) {
		dbn_sql__nomem(p);
		return false;
	}
	s->admin_word = dbn_text_z(word);
	return dbn_sql__next(p);
}

/* Up to the end; a semicolon may only be the last token, but inside the body of
 * a trigger, which ends with "; END". */
static bool
to_the_end(dbn_sql_parser *p, bool trigger)
{
	bool semi = false;

	while (p->tok.kind != DBN_TK_END && p->status == DBN_OK) {
		if (p->tok.kind == DBN_TK_QMARK || p->tok.kind == DBN_TK_DOLLAR) {
			dbn_sql__fail(p, p->tok.pos, "Write the values into the text.",
				"a placeholder in an administrative statement");
			return false;
		}
		if (p->tok.kind == DBN_TK_SEMI && !trigger) {
			return true;
		}
		if (trigger && semi && dbn_sql__at_kw(p, DBN_KW_END))
			return dbn_sql__next(p);
		semi = p->tok.kind == DBN_TK_SEMI;
		dbn_sql__next(p);
	}
	if (trigger && p->status == DBN_OK)
		dbn_sql__unexpected(p, "END");
	return p->status == DBN_OK;
}

static bool
object_name(dbn_sql_parser *p, dbn_sql_stmt *s, uint32_t object)
{
	static const uint16_t not_exists[] = { DBN_KW_IF, DBN_KW_NOT, DBN_KW_EXISTS };
	dbn_sql_name ignored = { { 0 }, { 0 }, { 0 } };

	if (!skip_words(p, not_exists, 3))
		return false;
	if (object == DBN_KW_TABLE || object == DBN_KW_VIEW)
		return dbn_sql__relation_name(p, &s->admin_name);
	if (!dbn_sql__relation_name(p, &ignored))
		return false;
	if (object == DBN_KW_INDEX && dbn_sql__take_kw(p, DBN_KW_ON))
		return dbn_sql__relation_name(p, &s->admin_name);
	return p->status == DBN_OK;
}

bool
dbn_sql__admin(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	dbn_text verb = { p->lx.text.ptr + p->tok.pos, p->tok.end - p->tok.pos };
	uint32_t kw = p->tok.kw, object = DBN_KW_NONE;
	char *upper;

	s->kind = DBN_STMT_ADMIN;
	s->admin = admin_kind(p);
	s->admin_word = verb;
	if (!dbn_sql__next(p))
		return false;
	if (kw == DBN_KW_CREATE || kw == DBN_KW_ALTER || kw == DBN_KW_DROP) {
		if (!object_word(p, s, verb, &object) || !object_name(p, s, object))
			return false;
	}
	s->admin_word = dbn_arena_text(p->a, s->admin_word);
	if (!s->admin_word.ptr) {
		dbn_sql__nomem(p);
		return false;
	}
	upper = (char *)(uintptr_t)s->admin_word.ptr;
	for (size_t i = 0; i < s->admin_word.len; i++)
		if (upper[i] >= 'a' && upper[i] <= 'z')
			upper[i] = (char)(upper[i] - 32);
	return to_the_end(p, kw == DBN_KW_CREATE && object == DBN_KW_TRIGGER &&
		p->d->id == DBN_DIALECT_SQLITE);
}
