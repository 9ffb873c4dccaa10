/* SPDX-License-Identifier: MIT */
/*
 * The lexer: one pass, no look-behind, no state but the place.
 */
#include <string.h>

#include "base/str.h"
#include "sql/lex.h"

#define RESERVED 1
struct word {
	const char *name;           /* lower case */
	uint8_t len, reserved;
};
#define W(s, r) { s, sizeof(s) - 1, r }

/* Sorted by name and in the order of the DBN_KW_ enumeration. */
static const struct word words[] = {
	{ "", 0, 0 },
	W("all", 1), W("alter", 0), W("analyze", 0), W("and", 1), W("any", 0), W("as", 1),
	W("asc", 0), W("attach", 0), W("begin", 0), W("between", 1), W("by", 0), W("case", 1),
	W("cast", 0), W("collate", 1), W("commit", 0), W("conflict", 0), W("create", 1),
	W("cross", 1), W("current", 0), W("current_date", 1), W("current_time", 1),
	W("current_timestamp", 1), W("default", 1), W("delete", 1), W("desc", 0), W("detach", 0),
	W("distinct", 1), W("do", 0), W("drop", 1), W("else", 1), W("end", 0), W("escape", 1),
	W("except", 1), W("exclude", 0), W("exists", 1), W("explain", 0), W("extract", 0),
	W("false", 1), W("filter", 0), W("first", 0), W("following", 0), W("for", 0),
	W("from", 1), W("full", 1), W("glob", 0), W("group", 1), W("groups", 0), W("having", 1),
	W("if", 0), W("in", 1), W("index", 1), W("indexed", 0), W("inner", 1), W("insert", 1),
	W("intersect", 1), W("into", 1), W("is", 1), W("isnull", 1), W("join", 1), W("last", 0),
	W("lateral", 0), W("left", 1), W("like", 0), W("limit", 1), W("match", 0),
	W("materialized", 0), W("natural", 1), W("no", 0), W("not", 1), W("nothing", 0),
	W("notnull", 1), W("null", 1), W("nulls", 0), W("offset", 0), W("on", 1), W("or", 1),
	W("order", 1), W("others", 0), W("outer", 1), W("over", 0), W("partition", 0),
	W("pragma", 0), W("preceding", 0), W("raise", 0), W("range", 0), W("recursive", 0),
	W("regexp", 0), W("reindex", 0), W("release", 0), W("replace", 0), W("returning", 1),
	W("right", 1), W("rollback", 0), W("row", 0), W("rows", 0), W("savepoint", 0),
	W("select", 1), W("set", 1), W("start", 0), W("table", 1), W("temp", 0),
	W("temporary", 0), W("then", 1), W("ties", 0), W("to", 1), W("trigger", 0),
	W("true", 1), W("unbounded", 0), W("union", 1), W("unique", 1), W("update", 1),
	W("using", 1), W("vacuum", 0), W("values", 1), W("view", 0), W("virtual", 0),
	W("when", 1), W("where", 1), W("window", 0), W("with", 0)
};
_Static_assert(sizeof(words) / sizeof(words[0]) == DBN_KW_COUNT_, "a word for each DBN_KW_");

/* Where the words of each letter begin. */
static const uint8_t first_of[27] = {
	['a' - 'a'] = DBN_KW_ALL, ['b' - 'a'] = DBN_KW_BEGIN, ['c' - 'a'] = DBN_KW_CASE,
	['d' - 'a'] = DBN_KW_DEFAULT, ['e' - 'a'] = DBN_KW_ELSE, ['f' - 'a'] = DBN_KW_FALSE,
	['g' - 'a'] = DBN_KW_GLOB, ['h' - 'a'] = DBN_KW_HAVING, ['i' - 'a'] = DBN_KW_IF,
	['j' - 'a'] = DBN_KW_JOIN, ['k' - 'a'] = DBN_KW_LAST, ['l' - 'a'] = DBN_KW_LAST,
	['m' - 'a'] = DBN_KW_MATCH, ['n' - 'a'] = DBN_KW_NATURAL, ['o' - 'a'] = DBN_KW_OFFSET,
	['p' - 'a'] = DBN_KW_PARTITION, ['q' - 'a'] = DBN_KW_RAISE, ['r' - 'a'] = DBN_KW_RAISE,
	['s' - 'a'] = DBN_KW_SAVEPOINT, ['t' - 'a'] = DBN_KW_TABLE, ['u' - 'a'] = DBN_KW_UNBOUNDED,
	['v' - 'a'] = DBN_KW_VACUUM, ['w' - 'a'] = DBN_KW_WHEN, ['x' - 'a'] = DBN_KW_COUNT_,
	['y' - 'a'] = DBN_KW_COUNT_, ['z' - 'a'] = DBN_KW_COUNT_, [26] = DBN_KW_COUNT_
};

const char *
dbn_sql_keyword_name(uint32_t kw)
{
	return kw < DBN_KW_COUNT_ ? words[kw].name : "";
}

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

static void
find_word(const char *p, size_t n, dbn_sql_token *t)
{
	unsigned char c = (unsigned char)p[0] | 32;

	t->kw = DBN_KW_NONE;
	t->reserved = false;
	if (n < 2 || n > 17 || c < 'a' || c > 'z')
		return;
	for (uint32_t i = first_of[c - 'a']; i < first_of[c - 'a' + 1]; i++) {
		size_t k = 1;

		if (words[i].len != n)
			continue;
		while (k < n &&
			dbn_ascii_lower((unsigned char)p[k]) == (unsigned char)words[i].name[k])
			k++;
		if (k == n) {
			t->kw = (uint16_t)i;
			t->reserved = words[i].reserved;
			return;
		}
	}
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
	uint32_t start = lx->at, depth = 1;
	bool nest = lx->d->flags & DBN_SQL_NEST_COMMENT;

	if ((lx->d->flags & DBN_SQL_EXEC_COMMENT) && (at(lx, start + 2) == '!' ||
		((at(lx, start + 2) | 32) == 'm' && at(lx, start + 3) == '!')))
		return dbn_fail_at(err, DBN_E_SYNTAX, start, "Write what it says outside of it, or "
			"leave it out.", "a comment that the server would run");
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
			lx->at += 2;
		} else {
			lx->at++;
		}
	}
	return DBN_OK;
}

static dbn_status
skip_space(dbn_sql_lexer *lx, dbn_error **err)
{
	for (;;) {
		unsigned char c = at(lx, lx->at);
		dbn_status rc;

		if (c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f') {
			lx->at++;
		} else if (line_comment(lx)) {
			while (lx->at < lx->text.len && !line_end(lx))
				lx->at++;
		} else if (c == '/' && at(lx, lx->at + 1) == '*') {
			rc = block_comment(lx, err);
			if (rc != DBN_OK)
				return rc;
		} else {
			return DBN_OK;
		}
	}
}

/* ---- quotes ---- */

static dbn_status
lex_quoted(dbn_sql_lexer *lx, dbn_sql_token *t, unsigned char close, uint16_t kind, dbn_error **err)
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
	return DBN_OK;
}

static dbn_status
lex_number(dbn_sql_lexer *lx, dbn_sql_token *t, dbn_error **err)
{
	uint32_t i = t->pos;

	t->kind = DBN_TK_NUMBER;
	if (at(lx, i) == '0' && (at(lx, i + 1) | 32) == 'x' && is_hex(at(lx, i + 2))) {
		if (!(lx->d->flags & DBN_SQL_HEX_NUMBER))
			return dbn_fail_at(err, DBN_E_SYNTAX, t->pos, "Write the number in decimal.",
				"a hexadecimal number");
		i += 2;
		while (is_hex(at(lx, i)))
			i++;
	} else {
		while (is_digit(at(lx, i)))
			i++;
		if (at(lx, i) == '.') {
			i++;
			while (is_digit(at(lx, i)))
				i++;
		}
		if ((at(lx, i) | 32) == 'e') {
			uint32_t k = i + 1;

			if (at(lx, k) == '+' || at(lx, k) == '-')
				k++;
			if (is_digit(at(lx, k))) {
				while (is_digit(at(lx, k)))
					k++;
				i = k;
			}
		}
	}
	if (is_name_part(at(lx, i)) || at(lx, i) == '$')
		return dbn_fail_at(err, DBN_E_SYNTAX, t->pos, "Put a space behind the number.",
			"malformed number \"%.*s\"", (int)(i + 1 - t->pos), lx->text.ptr + t->pos);
	t->end = i;
	return DBN_OK;
}

/* $1, or $user.id of the policy language. */
static dbn_status
lex_dollar(dbn_sql_lexer *lx, dbn_sql_token *t, dbn_error **err)
{
	uint32_t i = t->pos + 1;
	bool string = false;

	if (lx->d->flags & DBN_SQL_DOLLAR_QUOTE) {
		dbn_status rc = dbn_sql__lex_dollar_string(lx, t, &string, err);

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
			return dbn_fail_at(err, DBN_E_SYNTAX, t->pos,
				"Use ? or $1; $user.id and the like exist only in policies.",
				"a named placeholder");
		t->kind = DBN_TK_VARIABLE;
		while (is_name_part(at(lx, i)) || (at(lx, i) == '.' && is_name_start(at(lx,
			i + 1))))
			i++;
	} else {
		return dbn_fail_at(err, DBN_E_SYNTAX, t->pos, "Placeholders are ? or $1.",
			"a $ that stands alone");
	}
	t->end = i;
	return DBN_OK;
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
		{ "(", 1, DBN_TK_LPAREN }, { ")", 1, DBN_TK_RPAREN }, { ",", 1, DBN_TK_COMMA },
		{ ";", 1, DBN_TK_SEMI }, { ".", 1, DBN_TK_DOT }, { "=", 1, DBN_TK_EQ },
		{ "<", 1, DBN_TK_LT }, { ">", 1, DBN_TK_GT }, { "+", 1, DBN_TK_PLUS },
		{ "-", 1, DBN_TK_MINUS }, { "*", 1, DBN_TK_STAR }, { "/", 1, DBN_TK_SLASH },
		{ "%", 1, DBN_TK_PERCENT }, { "&", 1, DBN_TK_AMP }, { "|", 1, DBN_TK_BAR },
		{ "~", 1, DBN_TK_TILDE }
	};

	uint32_t len = lx->d->flags & DBN_SQL_MUNCH ? dbn_sql__pg_operator(lx, t->pos) : 0;

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		if ((unsigned char)ops[i].text[0] != c || (len && ops[i].len != len))
			continue;
		if (ops[i].kind == DBN_TK_SAME && !(lx->d->flags & DBN_SQL_NULL_SAFE))
			continue;
		if (ops[i].len > 1 && (unsigned char)ops[i].text[1] != at(lx, t->pos + 1))
			continue;
		if (ops[i].len > 2 && (unsigned char)ops[i].text[2] != at(lx, t->pos + 2))
			continue;
		t->kind = ops[i].kind;
		t->end = t->pos + ops[i].len;
		if (ops[i].len == 2 && ops[i].text[1] == '=' && ops[i].kind == DBN_TK_EQ &&
			!(lx->d->flags & DBN_SQL_DOUBLE_EQ))
			return dbn_fail_at(err, DBN_E_SYNTAX, t->pos, "Write =.", "the operator ==");
		return DBN_OK;
	}
	if (len)
		return dbn_fail_at(err, DBN_E_SYNTAX, t->pos, "Only listed operators are read; put "
			"a space between two.", "the operator %.*s", (int)len, lx->text.ptr + t->pos);
	if (c == ':' || c == '@')
		return dbn_fail_at(err, DBN_E_SYNTAX, t->pos, "Use ? or $1.",
			"a named placeholder");
	if (c < 0x20 || c == 0x7f)
		return dbn_fail_at(err, DBN_E_SYNTAX, t->pos, NULL,
			"unexpected control character 0x%02x", c);
	return dbn_fail_at(err, DBN_E_SYNTAX, t->pos, NULL, "unexpected character \"%c\"", c);
}

static dbn_status
lex_qmark(dbn_sql_lexer *lx, dbn_sql_token *t, dbn_error **err)
{
	t->kind = DBN_TK_QMARK;
	t->end = t->pos + 1;
	if (is_digit(at(lx, t->end)))
		return dbn_fail_at(err, DBN_E_SYNTAX, t->pos, "Write $1 instead of ?1.",
			"a numbered ? placeholder");
	return DBN_OK;
}

/* x'00', E'\n', N'text': a letter before a quote.  *is_one: it was such a form. */
static dbn_status
lex_prefixed(dbn_sql_lexer *lx, dbn_sql_token *t, bool *is_one, dbn_error **err)
{
	unsigned char c = at(lx, t->pos) | 32, next = at(lx, t->pos + 1);
	bool foreign = lx->d->flags & (DBN_SQL_E_STRING | DBN_SQL_EXEC_COMMENT);

	*is_one = true;
	if (next == '\'' && c == 'x' && (lx->d->flags & DBN_SQL_HEX_BLOB))
		return lex_blob(lx, t, err);
	if (next == '\'' && c == 'e' && (lx->d->flags & DBN_SQL_E_STRING))
		return dbn_sql__lex_escape_string(lx, t, err);
	if (foreign && next == '\'' && (c == 'x' || c == 'b' || c == 'n'))
		return dbn_fail_at(err, DBN_E_SYNTAX, t->pos, c == 'x' ?
			"Write '\\x00ff'::bytea, or bind the value." : "Bind the value.",
			"a literal of the form %c'...'", at(lx, t->pos));
	if ((lx->d->flags & DBN_SQL_E_STRING) && c == 'u' && next == '&' &&
		(at(lx, t->pos + 2) == '\'' || at(lx, t->pos + 2) == '"'))
		return dbn_fail_at(err, DBN_E_SYNTAX, t->pos, "Write the characters as they are, or "
			"E'\\u00e9'.", "a literal or name of the form U&...");
	*is_one = false;
	return DBN_OK;
}

static dbn_status
lex_name(dbn_sql_lexer *lx, dbn_sql_token *t, dbn_error **err)
{
	bool prefixed;
	dbn_status rc = lex_prefixed(lx, t, &prefixed, err);
	uint32_t i = t->pos + 1;

	if (rc != DBN_OK || prefixed)
		return rc;
	while (is_name_part(at(lx, i)))
		i++;
	t->kind = DBN_TK_NAME;
	t->end = i;
	find_word(lx->text.ptr + t->pos, t->end - t->pos, t);
	t->taken = !t->reserved && lx->d->nreserved &&
		dbn_sql_reserved(lx->d, dbn_text_n(lx->text.ptr + t->pos, t->end - t->pos));
	if (at(lx, i) == '$')
		rc = dbn_fail_at(err, DBN_E_SYNTAX, i, "Quote the name.", "a $ inside a name");
	return rc;
}

dbn_status
dbn_sql_lex(dbn_sql_lexer *lx, dbn_sql_token *t, dbn_error **err)
{
	unsigned char c;
	dbn_status rc = skip_space(lx, err);

	if (rc != DBN_OK)
		return rc;
	t->pos = t->end = lx->at;
	t->kw = DBN_KW_NONE;
	t->reserved = t->taken = t->doubled = t->escaped = false;
	t->open = 0;
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
		rc = lex_quoted(lx, t, c, DBN_TK_STRING, err);
	} else if (c == '"' || (c == '`' && (lx->d->flags & DBN_SQL_BACKTICK))) {
		rc = lex_quoted(lx, t, c, DBN_TK_QUOTED, err);
	} else if (c == '[' && (lx->d->flags & DBN_SQL_BRACKET)) {
		rc = lex_quoted(lx, t, ']', DBN_TK_QUOTED, err);
	} else if (c == '?') {
		rc = lex_qmark(lx, t, err);
	} else if (c == '$') {
		rc = lex_dollar(lx, t, err);
	} else {
		rc = lex_operator(lx, t, c, err);
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
