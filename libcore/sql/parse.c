/* SPDX-License-Identifier: MIT */
/*
 * The parser's entry points and what its parts share: tokens ahead, names,
 * limits and the words of its errors.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sql/parser.h"

const dbn_sql_limits dbn_sql_limits_default = {
	.bytes = 1u << 20, .tokens = 1000000, .depth = 400, .list = 250000, .params = 32766
};

void *
dbn_sql__fail(dbn_sql_parser *p, uint32_t pos, const char *hint, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	if (p->status != DBN_OK)
		return NULL;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* A name that was cut in the middle of a character must not end up as
	 * invalid UTF-8 in the message. */
	text[dbn_utf8_valid(text, strlen(text))] = '\0';
	p->status = dbn_fail_at(p->err, DBN_E_SYNTAX, pos, hint, "%s", text);
	return NULL;
}

bool
dbn_sql__construct(dbn_sql_parser *p, uint32_t id, uint32_t pos)
{
	if (p->status == DBN_OK)
		p->status = dbn_sql_construct_use(id, p->d->id, pos, &p->constructs, p->err);
	return p->status == DBN_OK;
}

void *
dbn_sql__refuse(dbn_sql_parser *p, uint32_t id, uint32_t pos)
{
	if (dbn_sql__construct(p, id, pos))
		dbn_sql__fail(p, pos, NULL, "%s cannot stand here", dbn_sql_construct_get(id)->name);
	return NULL;
}

void *
dbn_sql__nomem(dbn_sql_parser *p)
{
	if (p->status == DBN_OK)
		p->status = dbn_fail_nomem(p->err);
	return NULL;
}

void *
dbn_sql__limit(dbn_sql_parser *p, uint32_t pos, const char *what, uint32_t limit)
{
	if (p->status == DBN_OK)
		p->status = dbn_fail_at(p->err, DBN_E_LIMIT, pos,
			"Simplify the statement, or raise the limit.", "%s: the limit is %u",
			what, limit);
	return NULL;
}

void *
dbn_sql__unexpected(dbn_sql_parser *p, const char *what)
{
	const dbn_sql_token *t = &p->tok;
	int n = t->end - t->pos > 40 ? 40 : (int)(t->end - t->pos);

	if (t->kind == DBN_TK_END)
		return dbn_sql__fail(p, t->pos, NULL, "unexpected end of the statement, expected "
			"%s", what);
	return dbn_sql__fail(p, t->pos, NULL, "unexpected \"%.*s\", expected %s", n,
		p->lx.text.ptr + t->pos, what);
}

bool
dbn_sql__next(dbn_sql_parser *p)
{
	p->last_end = p->tok.end;
	if (p->nahead) {
		p->tok = p->ahead[0];
		p->nahead--;
		memmove(p->ahead, p->ahead + 1, p->nahead * sizeof(p->ahead[0]));
		return true;
	}
	if (p->status == DBN_OK)
		p->status = dbn_sql_lex(&p->lx, &p->tok, p->err);
	if (p->status != DBN_OK)
		p->tok.kind = DBN_TK_END;
	return p->status == DBN_OK;
}

const dbn_sql_token *
dbn_sql__peek(dbn_sql_parser *p, uint32_t n)
{
	while (p->nahead < n) {
		if (p->status == DBN_OK)
			p->status = dbn_sql_lex(&p->lx, &p->ahead[p->nahead], p->err);
		if (p->status != DBN_OK)
			return NULL;
		p->nahead++;
	}
	return &p->ahead[n - 1];
}

bool
dbn_sql__take(dbn_sql_parser *p, uint32_t kind)
{
	return p->tok.kind == kind && dbn_sql__next(p);
}

bool
dbn_sql__take_kw(dbn_sql_parser *p, uint32_t kw)
{
	return dbn_sql__at_kw(p, kw) && dbn_sql__next(p);
}

bool
dbn_sql__want(dbn_sql_parser *p, uint32_t kind, const char *what)
{
	if (p->tok.kind != kind) {
		dbn_sql__unexpected(p, what);
		return false;
	}
	return dbn_sql__next(p);
}

bool
dbn_sql__want_kw(dbn_sql_parser *p, uint32_t kw)
{
	char what[24];
	const char *w = dbn_sql_keyword_name(kw);
	size_t i = 0;

	if (dbn_sql__at_kw(p, kw))
		return dbn_sql__next(p);
	for (; w[i] && i + 1 < sizeof(what); i++)
		what[i] = (char)(w[i] >= 'a' && w[i] <= 'z' ? w[i] - 32 : w[i]);
	what[i] = '\0';
	dbn_sql__unexpected(p, what);
	return false;
}

bool
dbn_sql__is_name(const dbn_sql_parser *p)
{
	return p->tok.kind == DBN_TK_QUOTED ||
		(p->tok.kind == DBN_TK_NAME && !p->tok.reserved && !p->tok.taken);
}

bool
dbn_sql__label(dbn_sql_parser *p, const char *what, dbn_text *out)
{
	p->tok.taken = false;
	return dbn_sql__name(p, what, out);
}

bool
dbn_sql__member(dbn_sql_parser *p, const char *what, dbn_text *out)
{
	if (p->d->id == DBN_DIALECT_MYSQL || p->d->id == DBN_DIALECT_POSTGRES)
		p->tok.reserved = false;
	return dbn_sql__label(p, what, out);
}

/* Without quotes, names are lower case in some dialects. */
static dbn_text
folded(dbn_sql_parser *p)
{
	dbn_text t = dbn_sql_token_text(&p->lx, &p->tok, p->a);
	char *low;

	if (!t.ptr || p->tok.kind != DBN_TK_NAME || !(p->d->flags & DBN_SQL_FOLD_LOWER))
		return t;
	low = dbn_arena_alloc(p->a, t.len);
	for (size_t i = 0; low && i < t.len; i++)
		low[i] = (char)dbn_ascii_lower((unsigned char)t.ptr[i]);
	return dbn_text_n(low, t.len);
}

bool
dbn_sql__name(dbn_sql_parser *p, const char *what, dbn_text *out)
{
	if (!dbn_sql__is_name(p)) {
		if (p->tok.kind == DBN_TK_NAME)
			dbn_sql__fail(p, p->tok.pos, p->d->id == DBN_DIALECT_MYSQL
				? "Put a name that is a keyword in backticks."
				: "Put a name that is a keyword in double quotes.",
				"unexpected \"%.*s\", expected %s", (int)(p->tok.end - p->tok.pos),
				p->lx.text.ptr + p->tok.pos, what);
		else
			dbn_sql__unexpected(p, what);
		return false;
	}
	*out = folded(p);
	if (!out->ptr) {
		dbn_sql__nomem(p);
		return false;
	}
	return dbn_sql__next(p);
}

bool
dbn_sql__enter(dbn_sql_parser *p)
{
	if (++p->depth <= p->limits.depth)
		return true;
	dbn_sql__limit(p, p->tok.pos, "the statement is nested too deeply", p->limits.depth);
	return false;
}

bool
dbn_sql__room(dbn_sql_parser *p, void *items_ptr, size_t *cap, size_t count, size_t size)
{
	if (count >= p->limits.list) {
		dbn_sql__limit(p, p->tok.pos, "a list is too long", p->limits.list);
		return false;
	}
	if (dbn_arena_grow(p->a, items_ptr, cap, count + 1, size))
		return true;
	dbn_sql__nomem(p);
	return false;
}

/* ---- entry ---- */

static dbn_status
begin(dbn_sql_parser *p, dbn_arena *a, const dbn_sql_dialect *d, const dbn_sql_limits *limits,
	dbn_text text, dbn_error **err)
{
	size_t good;
	const char *nul;

	memset(p, 0, sizeof(*p));
	p->a = a;
	p->d = d;
	p->err = err;
	p->limits = limits ? *limits : dbn_sql_limits_default;
	if (p->limits.depth > DBN_SQL_DEPTH_MAX / 2)
		p->limits.depth = DBN_SQL_DEPTH_MAX / 2;
	if (text.len > p->limits.bytes || text.len > INT32_MAX)
		return dbn_fail_hint(err, DBN_E_LIMIT, "Split it, or raise the limit.",
			"the statement has %zu bytes: the limit is %u", text.len, p->limits.bytes);
	nul = text.len ? memchr(text.ptr, 0, text.len) : NULL;
	if (nul)
		return dbn_fail_at(err, DBN_E_SYNTAX, (uint32_t)(nul - text.ptr), NULL,
			"the statement contains a NUL byte");
	good = dbn_utf8_valid(text.ptr, text.len);
	if (good != text.len)
		return dbn_fail_at(err, DBN_E_SYNTAX, (uint32_t)good, "Statements are UTF-8.",
			"the statement is not valid UTF-8");
	p->lx.d = d;
	p->lx.uses = &p->constructs;
	p->lx.text = dbn_arena_text(a, text);
	p->lx.left = p->lx.tokens = p->limits.tokens;
	if (!p->lx.text.ptr)
		return dbn_fail_nomem(err);
	dbn_sql__next(p);
	return p->status;
}

static const char *
session_hint(uint32_t kw)
{
	switch (kw) {
	case DBN_KW_BEGIN:
	case DBN_KW_START:
		return "Use dbn_begin() or dbn_txn() of the session.";
	case DBN_KW_COMMIT:
	case DBN_KW_END:
		return "Use dbn_commit() of the session.";
	case DBN_KW_ROLLBACK:
		return "Use dbn_rollback() of the session.";
	case DBN_KW_SAVEPOINT:
	case DBN_KW_RELEASE:
		return "Use dbn_savepoint() of the session.";
	default:
		return NULL;
	}
}

static bool
write_statement(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	if (dbn_sql__at_kw(p, DBN_KW_INSERT) || dbn_sql__at_kw(p, DBN_KW_REPLACE))
		return dbn_sql__insert(p, s);
	if (dbn_sql__at_kw(p, DBN_KW_UPDATE))
		return dbn_sql__update(p, s);
	if (dbn_sql__at_kw(p, DBN_KW_DELETE))
		return dbn_sql__delete(p, s);
	dbn_sql__unexpected(p, "SELECT, INSERT, UPDATE or DELETE");
	return false;
}

static bool
unknown_statement(dbn_sql_parser *p, const dbn_sql_with *with)
{
	const char *hint = p->tok.kind == DBN_TK_NAME ? session_hint(p->tok.kw) : NULL;

	if (hint)
		dbn_sql__fail(p, p->tok.pos, hint, "transaction control (%.*s) in a statement",
			(int)(p->tok.end - p->tok.pos), p->lx.text.ptr + p->tok.pos);
	else if (p->tok.kind == DBN_TK_END && !with)
		dbn_sql__fail(p, p->tok.pos, NULL, "the statement is empty");
	else
		dbn_sql__unexpected(p, "SELECT, INSERT, UPDATE or DELETE");
	return false;
}

static bool
statement(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	dbn_sql_with *with = NULL;
	uint32_t height;

	s->pos = p->tok.pos;
	if (dbn_sql__is_admin(p))
		return dbn_sql__admin(p, s);
	if (dbn_sql__at_kw(p, DBN_KW_WITH)) {
		with = dbn_sql__with(p);
		if (!with)
			return false;
	}
	if (p->tok.kind == DBN_TK_LPAREN && !dbn_sql__construct(p, DBN_G_STMT_PAREN, p->tok.pos))
		return false;
	if (dbn_sql__at_kw(p, DBN_KW_SELECT) || dbn_sql__at_kw(p, DBN_KW_VALUES) ||
		dbn_sql__at_kw(p, DBN_KW_TABLE) || p->tok.kind == DBN_TK_LPAREN) {
		s->kind = DBN_STMT_SELECT;
		s->query = dbn_sql__query(p, &height);
		if (s->query && s->query->with && with)
			return dbn_sql__fail(p, s->query->pos, NULL, "WITH twice") != NULL;
		if (s->query && with)
			s->query->with = with;
		return s->query != NULL;
	}
	if (dbn_sql__at_kw(p, DBN_KW_INSERT) || dbn_sql__at_kw(p, DBN_KW_REPLACE) ||
		dbn_sql__at_kw(p, DBN_KW_UPDATE) || dbn_sql__at_kw(p, DBN_KW_DELETE)) {
		s->with = with;
		return write_statement(p, s);
	}
	return unknown_statement(p, with);
}

dbn_status
dbn_sql_parse(dbn_arena *a, const dbn_sql_dialect *d, const dbn_sql_limits *limits, dbn_text text,
	dbn_sql_stmt **out, dbn_error **err)
{
	dbn_sql_parser p;
	dbn_sql_stmt *s;
	dbn_status rc;
	bool semi;

	DBN_ERR_CLEAR(err);
	*out = NULL;
	rc = begin(&p, a, d, limits, text, err);
	if (rc != DBN_OK)
		return rc;
	s = dbn_arena_zalloc(a, sizeof(*s));
	if (!s)
		return dbn_fail_nomem(err);
	s->arena = a;
	s->text = p.lx.text;
	if (!statement(&p, s))
		return p.status != DBN_OK ? p.status : dbn_fail_nomem(err);
	semi = dbn_sql__take(&p, DBN_TK_SEMI);
	if (p.status == DBN_OK && p.tok.kind != DBN_TK_END) {
		if (semi)
			dbn_sql__fail(&p, p.tok.pos, "Send them one by one.",
				"more than one statement");
		else
			dbn_sql__unexpected(&p, "the end of the statement");
	}
	s->nparams = p.nparams;
	s->constructs = p.constructs;
	if (p.status == DBN_OK)
		*out = s;
	return p.status;
}

dbn_status
dbn_sql_parse_expr(dbn_arena *a, const dbn_sql_dialect *d, const dbn_sql_limits *limits,
	dbn_text text, dbn_sql_expr **out, dbn_error **err)
{
	dbn_sql_parser p;
	dbn_sql_expr *e;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	*out = NULL;
	rc = begin(&p, a, d, limits, text, err);
	if (rc != DBN_OK)
		return rc;
	if (d->flags & DBN_SQL_VARIABLES)
		p.place = DBN_PLACE_FORBIDDEN;
	e = dbn_sql__expr(&p);
	if (e && p.tok.kind != DBN_TK_END)
		dbn_sql__unexpected(&p, "the end of the expression");
	if (!e)
		dbn_sql__unexpected(&p, "an expression");
	if (p.status == DBN_OK)
		*out = e;
	return p.status;
}
