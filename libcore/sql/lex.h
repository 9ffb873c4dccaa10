/* SPDX-License-Identifier: MIT */
/*
 * Tokens of one statement, made on demand.  The text has been checked for NUL
 * and UTF-8 before.  Internal to sql/.
 */
#ifndef DBN_SQL_LEX_H
#define DBN_SQL_LEX_H

#include "base/mem.h"
#include "error/error.h"
#include "sql/dialect.h"
#include "sql/grammar.h"

enum {
	DBN_TK_END, DBN_TK_NAME, DBN_TK_QUOTED, DBN_TK_STRING, DBN_TK_BLOB, DBN_TK_NUMBER,
	DBN_TK_QMARK, DBN_TK_DOLLAR, DBN_TK_VARIABLE,
	DBN_TK_LPAREN, DBN_TK_RPAREN, DBN_TK_COMMA, DBN_TK_SEMI, DBN_TK_DOT,
	DBN_TK_EQ, DBN_TK_NE, DBN_TK_LT, DBN_TK_LE, DBN_TK_GT, DBN_TK_GE,
	DBN_TK_PLUS, DBN_TK_MINUS, DBN_TK_STAR, DBN_TK_SLASH, DBN_TK_PERCENT,
	DBN_TK_AMP, DBN_TK_BAR, DBN_TK_TILDE, DBN_TK_SHL, DBN_TK_SHR, DBN_TK_CONCAT,
	DBN_TK_ARROW, DBN_TK_ARROW2, DBN_TK_COLON2, DBN_TK_SAME /* <=> */,
	DBN_TK_LBRACKET, DBN_TK_RBRACKET, DBN_TK_COLON, DBN_TK_NAMED /* => */, DBN_TK_BANG,
	DBN_TK_AND2 /* && */, DBN_TK_OP, /* one of dbn_sql__op_fact() */
	DBN_TK_OTHER /* only where the text is not understood: see raw */
};

/* Words that the grammar knows.  The list in lex.c has the same order. */
enum {
	DBN_KW_NONE,
	DBN_KW_ALL, DBN_KW_ALTER, DBN_KW_ANALYZE, DBN_KW_AND, DBN_KW_ANY, DBN_KW_AS, DBN_KW_ASC,
	DBN_KW_ATTACH, DBN_KW_BEGIN, DBN_KW_BETWEEN, DBN_KW_BY, DBN_KW_CASE, DBN_KW_CAST,
	DBN_KW_COLLATE, DBN_KW_COMMIT, DBN_KW_CONFLICT, DBN_KW_CREATE, DBN_KW_CROSS,
	DBN_KW_CURRENT, DBN_KW_CURRENT_DATE, DBN_KW_CURRENT_TIME, DBN_KW_CURRENT_TIMESTAMP,
	DBN_KW_DEFAULT, DBN_KW_DELETE, DBN_KW_DESC, DBN_KW_DETACH, DBN_KW_DISTINCT, DBN_KW_DO,
	DBN_KW_DROP, DBN_KW_ELSE, DBN_KW_END, DBN_KW_ESCAPE, DBN_KW_EXCEPT, DBN_KW_EXCLUDE,
	DBN_KW_EXISTS, DBN_KW_EXPLAIN, DBN_KW_EXTRACT, DBN_KW_FALSE, DBN_KW_FILTER,
	DBN_KW_FIRST, DBN_KW_FOLLOWING, DBN_KW_FOR, DBN_KW_FROM, DBN_KW_FULL, DBN_KW_GLOB,
	DBN_KW_GROUP, DBN_KW_GROUPS, DBN_KW_HAVING, DBN_KW_IF, DBN_KW_IN, DBN_KW_INDEX,
	DBN_KW_INDEXED, DBN_KW_INNER, DBN_KW_INSERT, DBN_KW_INTERSECT, DBN_KW_INTO, DBN_KW_IS,
	DBN_KW_ISNULL, DBN_KW_JOIN, DBN_KW_LAST, DBN_KW_LATERAL, DBN_KW_LEFT, DBN_KW_LIKE,
	DBN_KW_LIMIT, DBN_KW_MATCH, DBN_KW_MATERIALIZED, DBN_KW_NATURAL, DBN_KW_NO, DBN_KW_NOT,
	DBN_KW_NOTHING, DBN_KW_NOTNULL, DBN_KW_NULL, DBN_KW_NULLS, DBN_KW_OFFSET, DBN_KW_ON,
	DBN_KW_OR, DBN_KW_ORDER, DBN_KW_OTHERS, DBN_KW_OUTER, DBN_KW_OVER, DBN_KW_PARTITION,
	DBN_KW_PRAGMA, DBN_KW_PRECEDING, DBN_KW_RAISE, DBN_KW_RANGE, DBN_KW_RECURSIVE,
	DBN_KW_REGEXP, DBN_KW_REINDEX, DBN_KW_RELEASE, DBN_KW_REPLACE, DBN_KW_RETURNING,
	DBN_KW_RIGHT, DBN_KW_ROLLBACK, DBN_KW_ROW, DBN_KW_ROWS, DBN_KW_SAVEPOINT,
	DBN_KW_SELECT, DBN_KW_SET, DBN_KW_START, DBN_KW_TABLE, DBN_KW_TEMP, DBN_KW_TEMPORARY,
	DBN_KW_THEN, DBN_KW_TIES, DBN_KW_TO, DBN_KW_TRIGGER, DBN_KW_TRUE, DBN_KW_UNBOUNDED,
	DBN_KW_UNION, DBN_KW_UNIQUE, DBN_KW_UPDATE, DBN_KW_USING, DBN_KW_VACUUM, DBN_KW_VALUES,
	DBN_KW_VIEW, DBN_KW_VIRTUAL, DBN_KW_WHEN, DBN_KW_WHERE, DBN_KW_WINDOW, DBN_KW_WITH,
	DBN_KW_COUNT_
};

typedef struct dbn_sql_token {
	uint16_t kind, kw;          /* kw: of a NAME that is a known word */
	bool reserved;              /* such a word cannot be a name */
	bool taken;                 /* nor can this one, in this dialect */
	bool doubled;               /* QUOTED, STRING: has doubled quotes inside */
	bool escaped;               /* STRING: E'...', decoded by dbn_sql__unescape() */
	uint8_t open;               /* STRING, QUOTED: bytes of its opening quote */
	char unicode;               /* STRING, QUOTED: U&'...': its escape character; else 0 */
	uint16_t op;                /* OP: DBN_OP_.. */
	uint32_t close;             /* U&'...': where its closing quote is */
	uint32_t pos, end;          /* bytes in the text */
} dbn_sql_token;

typedef struct dbn_sql_lexer {
	const dbn_sql_dialect *d;
	dbn_text text;
	uint32_t at;
	uint32_t left;              /* tokens that may still come */
	uint32_t tokens;            /* of so many: for messages */
	dbn_sql_uses_set *uses;     /* what forms were read; NULL: not asked for */
	uint32_t escaped_end;       /* of the last E'...'; 0: none */
	bool raw;                   /* an administrative statement: any operator is a token */
} dbn_sql_lexer;

dbn_status dbn_sql_lex(dbn_sql_lexer *lx, dbn_sql_token *out, dbn_error **err);
/* What a NAME, QUOTED or STRING says, without its quotes; ptr NULL: none left. */
dbn_text dbn_sql_token_text(const dbn_sql_lexer *lx, const dbn_sql_token *t, dbn_arena *a);
/* lex_words.c */
const char *dbn_sql_keyword_name(uint32_t kw);
/* Which word of the grammar it is, into t->kw and t->reserved. */
void dbn_sql__find_word(const char *p, size_t n, dbn_sql_token *t);

/* lex_pg.c: forms that only PostgreSQL has.  The token's pos is set. */
dbn_status dbn_sql__lex_escape_string(dbn_sql_lexer *lx, dbn_sql_token *t, dbn_error **err);
/* Does a string at `to` go on with the one that ends at `from`?  A line must end between
 * them, and nothing but space and -- comments stand there. */
bool dbn_sql__pg_continues(const dbn_sql_lexer *lx, uint32_t from, uint32_t to);
dbn_status dbn_sql__lex_dollar_string(dbn_sql_lexer *lx, dbn_sql_token *t, bool *is_one,
	dbn_error **err);
/* How long the operator at pos is. */
uint32_t dbn_sql__pg_operator(const dbn_sql_lexer *lx, uint32_t pos);
/* The DBN_OP_.. of an operator that only PostgreSQL has; 0: none of the listed. */
uint16_t dbn_sql__pg_op(dbn_text text);
/* U&'...' and U&"...", with UESCAPE behind it. */
dbn_status dbn_sql__lex_unicode(dbn_sql_lexer *lx, dbn_sql_token *t, dbn_error **err);
size_t dbn_sql__ununicode(dbn_text in, char quote, char escape, char *out);

/* lex.c: what lex_pg.c needs of it */
dbn_status dbn_sql__lex_use(dbn_sql_lexer *lx, uint32_t construct, uint32_t pos, dbn_error **err);
dbn_status dbn_sql__lex_space(dbn_sql_lexer *lx, dbn_error **err);
dbn_status dbn_sql__lex_quoted(dbn_sql_lexer *lx, dbn_sql_token *t, unsigned char close, uint16_t kind,
	dbn_error **err);
/* Decode what stands between the quotes of E'...' into out (of in.len bytes);
 * SIZE_MAX: malformed. */
size_t dbn_sql__unescape(dbn_text in, char *out);

static inline unsigned char
dbn_sql__at(const dbn_sql_lexer *lx, uint32_t i)
{
	return i < lx->text.len ? (unsigned char)lx->text.ptr[i] : 0;
}

#endif
