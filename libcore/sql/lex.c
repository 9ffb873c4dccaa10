/* SPDX-License-Identifier: MIT */
/*
 * The lexer: one pass, no look-behind, no state but the place.
 */
#include <string.h>

#include "base/str.h"
#include "sql/lex.h"
#include "sql/tree.h"

static bool
is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_hex(unsigned char c)
{
	return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

static bool
is_name_start(unsigned char c)
{
	return ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c >= 0x80;
}

static bool
is_name_part(unsigned char c)
{
	return is_name_start(c) || is_digit(c);
}

dbn_status
dbn_sql__lex_use(dbn_sql_lexer *lx, uint32_t construct, uint32_t pos, dbn_error **err)
{
	if (lx->raw && construct != DBN_G_COMMENT_RUN) /* what the server would run is never passed over */
		return DBN_OK;
	return dbn_sql_construct_use(construct, lx->d->id, pos, lx->uses, err);
}

#define at(lx, i) dbn_sql__at((lx), (i)) /* the byte at an offset; 0 past the end */

/* ---- space and comments ---- */

static bool
line_comment(const dbn_sql_lexer *lx)
{
	unsigned char c = at(lx, lx->at), next = at(lx, lx->at + 2);

	if (c == '#')
		return lx->d->flags & DBN_SQL_HASH_COMMENT;
	if (c != '-' || at(lx, lx->at + 1) != '-')
		return false;
	/* MySQL: 5--1 is five minus minus one. */
	return !(lx->d->flags & DBN_SQL_DASH_SPACE) || next <= ' ' || next == 0x7f;
}

static bool
line_end(const dbn_sql_lexer *lx)
{
	unsigned char c = at(lx, lx->at);

	return c == '\n' || (c == '\r' && (lx->d->flags & DBN_SQL_NEST_COMMENT));
}

/* Behind it, or an error. */
static dbn_status
block_comment(dbn_sql_lexer *lx, dbn_error **err)
{
	uint32_t start = lx->at, depth = 1, use = DBN_G_COMMENT_BLOCK;
	bool nest = lx->d->flags & DBN_SQL_NEST_COMMENT;

	if ((lx->d->flags & DBN_SQL_EXEC_COMMENT) && (at(lx, start + 2) == '!' ||
		((at(lx, start + 2) | 32) == 'm' && at(lx, start + 3) == '!')))
		return dbn_sql__lex_use(lx, DBN_G_COMMENT_RUN, start, err);
	lx->at += 2;
	while (depth) {
		if (lx->at + 1 >= lx->text.len)
			return dbn_fail_at(err, DBN_E_SYNTAX, start, "Close it with */.",
				"unterminated comment");
		if (at(lx, lx->at) == '*' && at(lx, lx->at + 1) == '/') {
			depth--;
			lx->at += 2;
		} else if (nest && at(lx, lx->at) == '/' && at(lx, lx->at + 1) == '*') {
			depth++;
			use = DBN_G_COMMENT_NEST;
			lx->at += 2;
		} else {
			lx->at++;
		}
	}
	return dbn_sql__lex_use(lx, use, start, err);
}

static bool
is_space(const dbn_sql_lexer *lx, unsigned char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' ||
		(c == '\v' && lx->d->id == DBN_DIALECT_MYSQL);
}

dbn_status
dbn_sql__lex_space(dbn_sql_lexer *lx, dbn_error **err)
{
	for (;;) {
		unsigned char c = at(lx, lx->at);
		dbn_status rc = DBN_OK;

		if (is_space(lx, c)) {
			lx->at++;
		} else if (line_comment(lx)) {
			rc = dbn_sql__lex_use(lx, c == '#' ? DBN_G_COMMENT_HASH : DBN_G_COMMENT_LINE,
				lx->at, err);
			while (lx->at < lx->text.len && !line_end(lx))
				lx->at++;
		} else if (c == '/' && at(lx, lx->at + 1) == '*') {
			rc = block_comment(lx, err);
		} else {
			return DBN_OK;
		}
		if (rc != DBN_OK)
			return rc;
	}
}

/* ---- quotes ---- */

dbn_status
dbn_sql__lex_quoted(dbn_sql_lexer *lx, dbn_sql_token *t, unsigned char close, uint16_t kind,
	dbn_error **err)
{
	uint32_t i = t->pos + 1;

	t->kind = kind;
	t->doubled = false;
	t->open = 1;
	for (; i < lx->text.len; i++) {
		if (at(lx, i) != close)
			continue;
		if (close == ']' || at(lx, i + 1) != close)
			break;
		t->doubled = true;
		i++;
	}
	if (i >= lx->text.len)
		return dbn_fail_at(err, DBN_E_SYNTAX, t->pos, "Close it with the same quote.",
			kind == DBN_TK_STRING ? "unterminated string" : "unterminated quoted name");
	if (kind == DBN_TK_QUOTED && i == t->pos + 1)
		return dbn_fail_at(err, DBN_E_SYNTAX, t->pos, NULL, "a quoted name is empty");
	t->end = i + 1;
	return DBN_OK;
}

static dbn_status
lex_blob(dbn_sql_lexer *lx, dbn_sql_token *t, dbn_error **err)
{
	uint32_t i = t->pos + 2;

	while (is_hex(at(lx, i)))
		i++;
	if (at(lx, i) != '\'' || (i - t->pos) % 2)
		return dbn_fail_at(err, DBN_E_SYNTAX, t->pos,
			"Write an even number of hexadecimal digits: x'00ff'.",
			"malformed blob literal");
	t->kind = DBN_TK_BLOB;
	t->end = i + 1;
	return dbn_sql__lex_use(lx, DBN_G_BLOB, t->pos, err);
}

static uint32_t
digits(const dbn_sql_lexer *lx, uint32_t i)
{
	while (is_digit(at(lx, i)))
		i++;
	return i;
}

/* 1, 1.5, .5, 1e5: behind it. */
static uint32_t
decimal_end(const dbn_sql_lexer *lx, uint32_t i)
{
	uint32_t k;

	i = digits(lx, i);
	if (at(lx, i) == '.')
		i = digits(lx, i + 1);
	if ((at(lx, i) | 32) != 'e')
		return i;
	k = i + 1;
	if (at(lx, k) == '+' || at(lx, k) == '-')
		k++;
	return is_digit(at(lx, k)) ? digits(lx, k) : i;
}

static dbn_status
malformed_number(dbn_sql_lexer *lx, const dbn_sql_token *t, uint32_t end, dbn_error **err)
{
	dbn_status rc = DBN_OK;

	if (at(lx, end) == '_' && is_digit(at(lx, end + 1)))
		return dbn_sql__lex_use(lx, DBN_G_NUMBER_GROUPS, t->pos, err);
	if (lx->d->id == DBN_DIALECT_MYSQL && digits(lx, t->pos) == end)
		rc = dbn_sql__lex_use(lx, DBN_G_NAME_DIGIT, t->pos, err);
	return rc != DBN_OK ? rc : dbn_fail_at(err, DBN_E_SYNTAX, t->pos, "Put a space behind the number.",
		"malformed number \"%.*s\"", (int)(end + 1 - t->pos), lx->text.ptr + t->pos);
}

static dbn_status
lex_number(dbn_sql_lexer *lx, dbn_sql_token *t, dbn_error **err)
{
	uint32_t i = t->pos, form = DBN_G_NUMBER;
	unsigned char c = at(lx, i + 1) | 32;
	bool zero = at(lx, i) == '0', bits = lx->d->flags & DBN_SQL_EXEC_COMMENT;

	t->kind = DBN_TK_NUMBER;
	if (zero && c == 'x' && is_hex(at(lx, i + 2))) {
		form = DBN_G_HEX_NUMBER;
		for (i += 2; is_hex(at(lx, i));)
			i++;
	} else if (zero && c == 'b' && bits && (at(lx, i + 2) | 1) == '1') {
		form = DBN_G_BIT_NUMBER;
		i = digits(lx, i + 2);
	} else {
		i = decimal_end(lx, i);
	}
	if (is_name_part(at(lx, i)) || at(lx, i) == '$')
		return malformed_number(lx, t, i, err);
	t->end = i;
	if (form == DBN_G_HEX_NUMBER && (lx->d->flags & DBN_SQL_HEX_NUMBER) && !lx->d->id)
		return DBN_OK;
	return dbn_sql__lex_use(lx, form, t->pos, err);
}

/* $1, or $user.id of the policy language. */
static dbn_status
lex_dollar(dbn_sql_lexer *lx, dbn_sql_token *t, dbn_error **err)
{
	uint32_t i = t->pos + 1;
	bool string = false;

	if (lx->d->flags & DBN_SQL_DOLLAR_QUOTE) {
		dbn_status rc = dbn_sql__lex_dollar_string(lx, t, &string, err);

		if (rc == DBN_OK && string)
			rc = dbn_sql__lex_use(lx, DBN_G_STRING_DOLLAR, t->pos, err);
		if (rc != DBN_OK || string)
			return rc;
	}
	if (is_digit(at(lx, i))) {
		while (is_digit(at(lx, i)))
			i++;
		t->kind = DBN_TK_DOLLAR;
		if (is_name_part(at(lx, i)))
			return dbn_fail_at(err, DBN_E_SYNTAX, t->pos, NULL,
				"malformed placeholder");
	} else if (is_name_start(at(lx, i))) {
		if (!(lx->d->flags & DBN_SQL_VARIABLES))
			return dbn_sql__lex_use(lx, DBN_G_PLACE_NAMED, t->pos, err);
		t->kind = DBN_TK_VARIABLE;
		while (is_name_part(at(lx, i)) || (at(lx, i) == '.' && is_name_start(at(lx,
			i + 1))))
			i++;
	} else {
		return dbn_fail_at(err, DBN_E_SYNTAX, t->pos, "Placeholders are ? or $1.",
			"a $ that stands alone");
	}
	t->end = i;
	return t->kind == DBN_TK_DOLLAR ? dbn_sql__lex_use(lx, DBN_G_PLACE_DOLLAR, t->pos, err) : DBN_OK;
}

/* What stands where no operator of the list does. */
static dbn_status
no_operator(dbn_sql_lexer *lx, const dbn_sql_token *t, unsigned char c, dbn_error **err)
{
	bool my = lx->d->id == DBN_DIALECT_MYSQL, sqlite = lx->d->id == DBN_DIALECT_SQLITE;
	dbn_status rc = DBN_OK;

	if (my && c == ':' && at(lx, t->pos + 1) == '=')
		rc = dbn_sql__lex_use(lx, DBN_G_ASSIGN, t->pos, err);
	else if (my && c == '@')
		rc = dbn_sql__lex_use(lx, at(lx, t->pos + 1) == '@' ? DBN_G_SYSTEM_VARIABLE :
			DBN_G_USER_VARIABLE, t->pos, err);
	else if (my && c == '{')
		rc = dbn_sql__lex_use(lx, DBN_G_ODBC_ESCAPE, t->pos, err);
	else if (sqlite && (c == ':' || c == '@'))
		rc = dbn_sql__lex_use(lx, DBN_G_PLACE_NAMED, t->pos, err);
	if (rc != DBN_OK)
		return rc;
	if (c == ':' || c == '@')
		return dbn_fail_at(err, DBN_E_SYNTAX, t->pos, "Use ? or $1.",
			"a named placeholder");
	if (c < 0x20 || c == 0x7f)
		return dbn_fail_at(err, DBN_E_SYNTAX, t->pos, NULL,
			"unexpected control character 0x%02x", c);
	return dbn_fail_at(err, DBN_E_SYNTAX, t->pos, NULL, "unexpected character \"%c\"", c);
}

/* PostgreSQL: an operator that is not spelled as those of the others. */
static dbn_status
pg_operator(dbn_sql_lexer *lx, dbn_sql_token *t, uint32_t len, dbn_error **err)
{
	static const struct { char text[4]; uint32_t id; } others[] = { { "==", DBN_G_DOUBLE_EQ },
		{ "`", DBN_G_NAME_BACKTICK }, { "!", DBN_G_NOT_SIGN }, { "<=>", DBN_G_SAME } };
	dbn_text text = { lx->text.ptr + t->pos, len };

	t->end = t->pos + len;
	if (dbn_text_eqz(text, "=>")) {
		t->kind = DBN_TK_NAMED;
		return DBN_OK;
	}
	if (at(lx, t->end) == '?' && len == 1 && *text.ptr == '@') { /* @? */
		text.len++;
		t->end++;
	}
	t->kind = DBN_TK_OP;
	t->op = dbn_sql__pg_op(text);
	if (t->op)
		return DBN_OK;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (dbn_text_eqz(text, others[i].text))
			return dbn_sql__lex_use(lx, others[i].id, t->pos, err);
	(void)dbn_sql__lex_use(lx, DBN_G_OPERATOR_OTHER, t->pos, NULL);
	return dbn_fail_at(err, DBN_E_UNSUPPORTED, t->pos, dbn_sql_construct_get(DBN_G_OPERATOR_OTHER)->hint,
		"the operator %.*s is refused: %s, and %s", DBN_TEXT_ARG(text),
		dbn_sql_construct_get(DBN_G_OPERATOR_OTHER)->name,
		dbn_sql_construct_get(DBN_G_OPERATOR_OTHER)->why);
}

static uint32_t
op_feature(uint16_t kind)
{
	switch (kind) {
	case DBN_TK_SAME: return DBN_SQL_NULL_SAFE;
	case DBN_TK_BANG:
	case DBN_TK_AND2: return DBN_SQL_MY_PRECEDENCE;
	case DBN_TK_LBRACKET:
	case DBN_TK_RBRACKET:
	case DBN_TK_COLON: return DBN_SQL_MUNCH;
	default: return 0;
	}
}

static dbn_status
lex_operator(dbn_sql_lexer *lx, dbn_sql_token *t, unsigned char c, dbn_error **err)
{
	static const struct { char text[4]; uint8_t len, kind; } ops[] = {
		{ "->>", 3, DBN_TK_ARROW2 }, { "->", 2, DBN_TK_ARROW }, { "<=>", 3, DBN_TK_SAME },
		{ "<=", 2, DBN_TK_LE },
		{ ">=", 2, DBN_TK_GE }, { "<>", 2, DBN_TK_NE }, { "!=", 2, DBN_TK_NE },
		{ "==", 2, DBN_TK_EQ }, { "<<", 2, DBN_TK_SHL }, { ">>", 2, DBN_TK_SHR },
		{ "||", 2, DBN_TK_CONCAT }, { "::", 2, DBN_TK_COLON2 },
		{ "&&", 2, DBN_TK_AND2 },
		{ "(", 1, DBN_TK_LPAREN }, { ")", 1, DBN_TK_RPAREN }, { ",", 1, DBN_TK_COMMA },
		{ ";", 1, DBN_TK_SEMI }, { ".", 1, DBN_TK_DOT }, { "=", 1, DBN_TK_EQ },
		{ "<", 1, DBN_TK_LT }, { ">", 1, DBN_TK_GT }, { "+", 1, DBN_TK_PLUS },
		{ "-", 1, DBN_TK_MINUS }, { "*", 1, DBN_TK_STAR }, { "/", 1, DBN_TK_SLASH },
		{ "%", 1, DBN_TK_PERCENT }, { "&", 1, DBN_TK_AMP }, { "|", 1, DBN_TK_BAR },
		{ "~", 1, DBN_TK_TILDE }, { "!", 1, DBN_TK_BANG },
		{ "[", 1, DBN_TK_LBRACKET }, { "]", 1, DBN_TK_RBRACKET }, { ":", 1, DBN_TK_COLON }
	};

	uint32_t len = lx->d->flags & DBN_SQL_MUNCH ? dbn_sql__pg_operator(lx, t->pos) : 0;

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		if ((unsigned char)ops[i].text[0] != c || (len && ops[i].len != len))
			continue;
		if (op_feature(ops[i].kind) && !(lx->d->flags & op_feature(ops[i].kind)))
			continue;
		if (ops[i].len > 1 && (unsigned char)ops[i].text[1] != at(lx, t->pos + 1))
			continue;
		if (ops[i].len > 2 && (unsigned char)ops[i].text[2] != at(lx, t->pos + 2))
			continue;
		t->kind = ops[i].kind;
		t->end = t->pos + ops[i].len;
		if (ops[i].len == 2 && ops[i].kind == DBN_TK_EQ && lx->d->id && !lx->raw)
			return dbn_sql__lex_use(lx, DBN_G_DOUBLE_EQ, t->pos, err);
		return DBN_OK;
	}
	if (lx->raw && c > ' ' && c != 0x7f) {
		t->kind = DBN_TK_OTHER;
		t->end = t->pos + (len ? len : 1);
		return DBN_OK;
	}
	if (len)
		return pg_operator(lx, t, len, err);
	if (c == '^' && (lx->d->flags & DBN_SQL_MY_PRECEDENCE)) {
		t->kind = DBN_TK_OP;
		t->op = DBN_OP_BITXOR;
		t->end = t->pos + 1;
		return DBN_OK;
	}
	return no_operator(lx, t, c, err);
}

static dbn_status
lex_qmark(dbn_sql_lexer *lx, dbn_sql_token *t, dbn_error **err)
{
	t->kind = DBN_TK_QMARK;
	t->end = t->pos + 1;
	if (is_digit(at(lx, t->end)) && !lx->raw) {
		dbn_status rc = dbn_sql__lex_use(lx, DBN_G_PLACE_NUMBERED, t->pos, err);

		return rc != DBN_OK ? rc : dbn_fail_at(err, DBN_E_SYNTAX, t->pos,
			"Write $1 instead of ?1.", "a numbered ? placeholder");
	}
	return DBN_OK;
}

/* x'00', E'\n', N'text': a letter before a quote.  *is_one: it was such a form. */
static dbn_status
lex_prefixed(dbn_sql_lexer *lx, dbn_sql_token *t, bool *is_one, dbn_error **err)
{
	unsigned char c = at(lx, t->pos) | 32, next = at(lx, t->pos + 1);
	bool foreign = lx->d->flags & (DBN_SQL_E_STRING | DBN_SQL_EXEC_COMMENT);
	dbn_status rc;

	*is_one = true;
	if (next == '\'' && c == 'x' && (lx->d->flags & DBN_SQL_HEX_BLOB))
		return lex_blob(lx, t, err);
	if (next == '\'' && c == 'e' && (lx->d->flags & DBN_SQL_E_STRING)) {
		rc = dbn_sql__lex_escape_string(lx, t, err);
		return rc != DBN_OK ? rc : dbn_sql__lex_use(lx, DBN_G_STRING_ESCAPE, t->pos, err);
	}
	if (!lx->raw && foreign && next == '\'' && (c == 'x' || c == 'b' || c == 'n'))
		return dbn_sql__lex_use(lx, c == 'x' ? DBN_G_BLOB : c == 'b' ? DBN_G_BIT_STRING :
			DBN_G_STRING_NATIONAL, t->pos, err);
	if ((lx->d->flags & DBN_SQL_E_STRING) && c == 'u' && next == '&' &&
		(at(lx, t->pos + 2) == '\'' || at(lx, t->pos + 2) == '"'))
		return dbn_sql__lex_unicode(lx, t, err);
	*is_one = false;
	return DBN_OK;
}

static dbn_status
lex_name(dbn_sql_lexer *lx, dbn_sql_token *t, dbn_error **err)
{
	bool prefixed, dollar = false;
	dbn_status rc = lex_prefixed(lx, t, &prefixed, err);
	uint32_t i = t->pos + 1;

	if (rc != DBN_OK || prefixed)
		return rc;
	while (is_name_part(at(lx, i)) || (at(lx, i) == '$' && lx->d->id)) {
		dollar = dollar || at(lx, i) == '$';
		i++;
	}
	t->kind = DBN_TK_NAME;
	t->end = i;
	dbn_sql__find_word(lx->text.ptr + t->pos, t->end - t->pos, t);
	t->taken = !t->reserved && lx->d->nreserved &&
		dbn_sql_reserved(lx->d, dbn_text_n(lx->text.ptr + t->pos, t->end - t->pos));
	if (at(lx, i) == '$')
		return dbn_fail_at(err, DBN_E_SYNTAX, i, "Quote the name.", "a $ inside a name");
	return dollar ? dbn_sql__lex_use(lx, DBN_G_NAME_DOLLAR, t->pos, err) : DBN_OK;
}

dbn_status
dbn_sql_lex(dbn_sql_lexer *lx, dbn_sql_token *t, dbn_error **err)
{
	unsigned char c;
	dbn_status rc = dbn_sql__lex_space(lx, err);

	if (rc != DBN_OK)
		return rc;
	t->pos = t->end = lx->at;
	t->kw = DBN_KW_NONE;
	t->reserved = t->taken = t->doubled = t->escaped = false;
	t->open = 0;
	t->unicode = 0;
	t->op = 0;
	if (lx->at >= lx->text.len) {
		t->kind = DBN_TK_END;
		return DBN_OK;
	}
	if (lx->left-- == 0)
		return dbn_fail_at(err, DBN_E_LIMIT, t->pos,
			"Split the statement, or raise the limit.",
			"the statement has too many tokens: the limit is %u", lx->tokens);
	c = at(lx, lx->at);
	if (is_name_start(c)) {
		rc = lex_name(lx, t, err);
	} else if (is_digit(c) || (c == '.' && is_digit(at(lx, lx->at + 1)))) {
		rc = lex_number(lx, t, err);
	} else if (c == '\'') {
		rc = lx->escaped_end && dbn_sql__pg_continues(lx, lx->escaped_end, t->pos)
			? dbn_sql__lex_escape_string(lx, t, err)
			: dbn_sql__lex_quoted(lx, t, c, DBN_TK_STRING, err);
		if (rc == DBN_OK)
			rc = dbn_sql__lex_use(lx, DBN_G_STRING, t->pos, err);
	} else if (c == '"' || (c == '`' && (lx->d->flags & DBN_SQL_BACKTICK))) {
		rc = dbn_sql__lex_quoted(lx, t, c, DBN_TK_QUOTED, err);
		if (rc == DBN_OK)
			rc = dbn_sql__lex_use(lx, c == '"' ? DBN_G_NAME_QUOTED : DBN_G_NAME_BACKTICK,
				t->pos, err);
	} else if (c == '[' && (lx->d->flags & DBN_SQL_BRACKET)) {
		rc = dbn_sql__lex_quoted(lx, t, ']', DBN_TK_QUOTED, err);
		if (rc == DBN_OK)
			rc = dbn_sql__lex_use(lx, DBN_G_NAME_BRACKET, t->pos, err);
	} else if (c == '?') {
		rc = lex_qmark(lx, t, err);
	} else if (c == '$' && lx->raw && !(lx->d->flags & DBN_SQL_DOLLAR_QUOTE)) {
		rc = lex_name(lx, t, err); /* MySQL: a letter like others */
	} else if (c == '$') {
		rc = lex_dollar(lx, t, err);
	} else {
		rc = lex_operator(lx, t, c, err);
	}
	if (lx->raw && rc == DBN_OK && t->end == t->pos) { /* what is read nowhere else */
		t->kind = DBN_TK_OTHER;
		t->end++;
	}
	lx->at = t->end;
	return rc;
}

dbn_text
dbn_sql_token_text(const dbn_sql_lexer *lx, const dbn_sql_token *t, dbn_arena *a)
{
	dbn_text r = { lx->text.ptr + t->pos, t->end - t->pos };
	char quote, *p;
	size_t n = 0;

	if (t->kind != DBN_TK_QUOTED && t->kind != DBN_TK_STRING)
		return r;
	if (t->unicode) {
		p = dbn_arena_alloc(a, r.len);
		n = p ? dbn_sql__ununicode(dbn_text_n(lx->text.ptr + t->pos + 3, t->close - t->pos - 3),
			r.ptr[2], t->unicode, p) : 0;
		return dbn_text_n(p, n);
	}
	r.ptr += t->open;
	if (t->escaped) {
		p = dbn_arena_alloc(a, r.len);
		n = p ? dbn_sql__unescape(dbn_text_n(r.ptr, r.len - t->open - 1u), p) : 0;
		return dbn_text_n(p, n);
	}
	r.len -= t->open == 1 || lx->text.ptr[t->pos] != '$' ? t->open + 1u : 2u * t->open;
	quote = lx->text.ptr[t->pos];
	if (!t->doubled)
		return r;
	p = dbn_arena_alloc(a, r.len);
	for (size_t i = 0; p && i < r.len; i++) {
		p[n++] = r.ptr[i];
		if (r.ptr[i] == quote)
			i++;
	}
	r.ptr = p;
	r.len = n;
	return r;
}
