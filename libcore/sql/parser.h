/* SPDX-License-Identifier: MIT */
/*
 * What the files of the parser share.  Functions that make a part return NULL
 * when they fail; the error is then in p->err and p->status.  Internal to sql/.
 */
#ifndef DBN_SQL_PARSER_H
#define DBN_SQL_PARSER_H

#include "base/str.h"
#include "sql/lex.h"
#include "sql/parse.h"

enum { DBN_PLACE_NONE, DBN_PLACE_QMARK, DBN_PLACE_DOLLAR, DBN_PLACE_FORBIDDEN };

typedef struct dbn_sql_parser {
	dbn_arena *a;
	const dbn_sql_dialect *d;
	dbn_sql_limits limits;
	dbn_sql_lexer lx;
	dbn_sql_token tok;          /* the current one */
	dbn_sql_token ahead[6];     /* seen beyond it */
	uint32_t last_end;          /* of the token before the current one */
	uint32_t nahead;
	uint32_t depth;             /* of the parser's own recursion */
	uint32_t height;            /* of the highest expression in the query at hand */
	uint32_t nparams, place;
	dbn_sql_uses_set constructs; /* read so far */
	bool values_source;         /* the VALUES at hand are what an INSERT inserts */
	bool upsert_ahead;          /* inside INSERT: ON CONFLICT is no join condition */
	bool upsert_set;            /* inside ON DUPLICATE KEY UPDATE: VALUES(column) */
	bool stored_rows;           /* the VALUES ahead are what INSERT stores: DEFAULT */
	uint32_t default_pos;       /* of a DEFAULT read there, + 1; 0: none */
	dbn_status status;
	dbn_error **err;
} dbn_sql_parser;

/* parse.c: tokens, names, errors */
bool dbn_sql__next(dbn_sql_parser *p);
/* The n-th token behind the current one, 1..6; NULL: the lexer refused it. */
const dbn_sql_token *dbn_sql__peek(dbn_sql_parser *p, uint32_t n);
bool dbn_sql__take(dbn_sql_parser *p, uint32_t kind);       /* if it is there */
bool dbn_sql__take_kw(dbn_sql_parser *p, uint32_t kw);
bool dbn_sql__want(dbn_sql_parser *p, uint32_t kind, const char *what);
bool dbn_sql__want_kw(dbn_sql_parser *p, uint32_t kw);
bool dbn_sql__is_name(const dbn_sql_parser *p);             /* could be an identifier */
bool dbn_sql__name(dbn_sql_parser *p, const char *what, dbn_text *out);
/* The same where words that the dialect reserves may stand: behind AS; of the grammar too: behind a dot. */
bool dbn_sql__label(dbn_sql_parser *p, const char *what, dbn_text *out);
bool dbn_sql__member(dbn_sql_parser *p, const char *what, dbn_text *out);
void *dbn_sql__fail(dbn_sql_parser *p, uint32_t pos, const char *hint, const char *fmt, ...)
	DBN_PRINTF(4, 5);
/* The text uses DBN_G_id at pos: noted, or refused by its name and reason. */
bool dbn_sql__construct(dbn_sql_parser *p, uint32_t id, uint32_t pos);
/* The same where the parser does not read it in any dialect it is run by: NULL. */
void *dbn_sql__refuse(dbn_sql_parser *p, uint32_t id, uint32_t pos);
/* "unexpected X, expected WHAT" at the current token. */
void *dbn_sql__unexpected(dbn_sql_parser *p, const char *what);
void *dbn_sql__limit(dbn_sql_parser *p, uint32_t pos, const char *what, uint32_t limit);
void *dbn_sql__nomem(dbn_sql_parser *p);
bool dbn_sql__enter(dbn_sql_parser *p);                     /* one level deeper */
/* Make room for one more of *items; checks the list limit. */
bool dbn_sql__room(dbn_sql_parser *p, void *items_ptr, size_t *cap, size_t count, size_t size);

static inline void
dbn_sql__leave(dbn_sql_parser *p)
{
	p->depth--;
}

static inline bool
dbn_sql__at_kw(const dbn_sql_parser *p, uint32_t kw)
{
	return p->tok.kind == DBN_TK_NAME && p->tok.kw == kw;
}

/* A word that is no keyword of the grammar, by its text. */
static inline bool
dbn_sql__at_word(const dbn_sql_parser *p, const char *word)
{
	return p->tok.kind == DBN_TK_NAME && dbn_text_ieqz(dbn_text_n(p->lx.text.ptr + p->tok.pos,
		p->tok.end - p->tok.pos), word);
}

static inline bool
dbn_sql__take_word(dbn_sql_parser *p, const char *word)
{
	return dbn_sql__at_word(p, word) && dbn_sql__next(p);
}

static inline bool
dbn_sql__peek_kw(dbn_sql_parser *p, uint32_t n, uint32_t kw)
{
	const dbn_sql_token *t = dbn_sql__peek(p, n);

	return t && t->kind == DBN_TK_NAME && t->kw == kw;
}

#define DBN_SQL_NO_AND 4 /* a level: AND and OR are not part of the operand */

/* parse_expr.c, parse_call.c */
dbn_sql_expr *dbn_sql__expr(dbn_sql_parser *p);             /* whole, noted in p->height */
dbn_sql_expr *dbn_sql__operand(dbn_sql_parser *p, int level); /* operators that bind tighter */
dbn_sql_expr *dbn_sql__finish(dbn_sql_parser *p, dbn_sql_expr *e, uint32_t extra);
bool dbn_sql__expr_list(dbn_sql_parser *p, dbn_sql_expr ***items, uint32_t *n);
dbn_sql_expr *dbn_sql__function(dbn_sql_parser *p);
dbn_sql_expr *dbn_sql__case(dbn_sql_parser *p);
dbn_sql_expr *dbn_sql__cast(dbn_sql_parser *p);
dbn_text dbn_sql__type_text(dbn_sql_parser *p);             /* VARCHAR(20) */
dbn_text dbn_sql__fields(dbn_sql_parser *p);                /* HOUR TO SECOND(3) */
dbn_sql_window *dbn_sql__window(dbn_sql_parser *p);         /* behind "(", up to ")" */
dbn_sql_expr *dbn_sql__literal(dbn_sql_parser *p);

/* parse_query.c */
bool dbn_sql__starts_query(dbn_sql_parser *p);              /* SELECT, VALUES, WITH */
dbn_sql_query *dbn_sql__query(dbn_sql_parser *p, uint32_t *height);
/* The same whose first part, in parentheses, has been read. */
dbn_sql_query *dbn_sql__query_behind(dbn_sql_parser *p, dbn_sql_query *first, uint32_t *height);
/* Does a query go on here, behind its first part in parentheses? */
bool dbn_sql__goes_on(dbn_sql_parser *p);
dbn_sql_with *dbn_sql__with(dbn_sql_parser *p);

/* parse_select.c */
bool dbn_sql__items(dbn_sql_parser *p, dbn_sql_item **items, uint32_t *n);
bool dbn_sql__orders(dbn_sql_parser *p, dbn_sql_order **items, uint32_t *n, bool sorted);
bool dbn_sql__clause(dbn_sql_parser *p, uint32_t kw, dbn_sql_expr **out); /* kw expr, or none */
bool dbn_sql__select_core(dbn_sql_parser *p, dbn_sql_core *c);
bool dbn_sql__values_core(dbn_sql_parser *p, dbn_sql_core *c);
bool dbn_sql__table_core(dbn_sql_parser *p, dbn_sql_core *c); /* TABLE x */
bool dbn_sql__into(dbn_sql_parser *p);                      /* at INTO of a SELECT: false */

/* parse_join.c */
dbn_sql_from *dbn_sql__from(dbn_sql_parser *p);
/* The same whose first item, left, has been read. */
dbn_sql_from *dbn_sql__from_behind(dbn_sql_parser *p, dbn_sql_from *left);

/* parse_from.c */
dbn_sql_from *dbn_sql__from_new(dbn_sql_parser *p, uint32_t kind);
dbn_sql_from *dbn_sql__from_item(dbn_sql_parser *p);
dbn_sql_from *dbn_sql__from_table(dbn_sql_parser *p);       /* [ONLY] name, without an alias */
bool dbn_sql__relation_name(dbn_sql_parser *p, dbn_sql_name *out);
bool dbn_sql__at_minus(dbn_sql_parser *p);
/* [AS] alias, or none; strings: AS 'x' too. */
bool dbn_sql__alias(dbn_sql_parser *p, dbn_text *out, bool strings);

/* parse_insert.c, parse_write.c, parse_admin.c: the current token is the first word */
bool dbn_sql__insert(dbn_sql_parser *p, dbn_sql_stmt *s);
bool dbn_sql__update(dbn_sql_parser *p, dbn_sql_stmt *s);
bool dbn_sql__delete(dbn_sql_parser *p, dbn_sql_stmt *s);
/* A value that is stored: DEFAULT, or an expression. */
dbn_sql_expr *dbn_sql__stored_value(dbn_sql_parser *p);
bool dbn_sql__write_target(dbn_sql_parser *p, dbn_sql_stmt *s);
bool dbn_sql__write_columns(dbn_sql_parser *p, dbn_sql_target **items, uint32_t *n);
bool dbn_sql__sets(dbn_sql_parser *p, dbn_sql_set **items, uint32_t *n);
bool dbn_sql__where(dbn_sql_parser *p, dbn_sql_expr **out);
/* The same behind conditions that are there already. */
bool dbn_sql__more_where(dbn_sql_parser *p, dbn_sql_stmt *s);
/* What stands in WITH and is no query: refused. */
void *dbn_sql__writes_in_with(dbn_sql_parser *p);
/* RETURNING, ORDER BY and LIMIT, in the dialect's order. */
bool dbn_sql__returning(dbn_sql_parser *p, dbn_sql_stmt *s);
/* OR IGNORE and the like; IGNORE, LOW_PRIORITY and the like of MySQL. */
bool dbn_sql__how(dbn_sql_parser *p, dbn_sql_stmt *s);
/* parse_many.c: UPDATE and DELETE over several tables, of which one is written.
 * The target is taken out of the joins; conditions of its joins go to WHERE.  maybe:
 * where it is none of them, all of them are s->from. */
bool dbn_sql__target_of(dbn_sql_parser *p, dbn_sql_stmt *s, dbn_sql_from *all, const dbn_sql_name *called,
	uint32_t pos, bool maybe);
bool dbn_sql__is_admin(const dbn_sql_parser *p);
bool dbn_sql__admin(dbn_sql_parser *p, dbn_sql_stmt *s);

#endif
