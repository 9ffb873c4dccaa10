/* SPDX-License-Identifier: MIT */
/*
 * INSERT and REPLACE: where the rows come from, and what is done where one is
 * already there.
 */
#include "sql/parser.h"

/* ---- ON CONFLICT, ON DUPLICATE KEY ---- */

static bool
conflict_target(dbn_sql_parser *p, dbn_sql_upsert *u)
{
	uint32_t pos = p->tok.pos;

	if (dbn_sql__take_kw(p, DBN_KW_ON)) {
		if (!dbn_sql__construct(p, DBN_G_ON_CONSTRAINT, pos))
			return false;
		if (!dbn_sql__at_word(p, "constraint"))
			return dbn_sql__unexpected(p, "CONSTRAINT") != NULL;
		p->tok.taken = false;
		return dbn_sql__next(p) && dbn_sql__name(p, "a constraint", &u->constraint);
	}
	if (!dbn_sql__take(p, DBN_TK_LPAREN))
		return p->status == DBN_OK;
	if (!dbn_sql__orders(p, &u->target, &u->ntarget, false))
		return false;
	if (p->d->id == DBN_DIALECT_POSTGRES && dbn_sql__is_name(p))
		return dbn_sql__refuse(p, DBN_G_CONFLICT_CLASS, p->tok.pos) != NULL;
	if (!dbn_sql__want(p, DBN_TK_RPAREN, "\")\""))
		return false;
	if (dbn_sql__at_kw(p, DBN_KW_WHERE) && !dbn_sql__construct(p, DBN_G_CONFLICT_WHERE,
		p->tok.pos))
		return false;
	return dbn_sql__where(p, &u->target_where);
}

static bool
upsert(dbn_sql_parser *p, dbn_sql_upsert *u)
{
	u->pos = p->tok.pos;
	if (!dbn_sql__construct(p, DBN_G_ON_CONFLICT, u->pos) || !dbn_sql__next(p) ||
		!dbn_sql__want_kw(p, DBN_KW_CONFLICT) || !conflict_target(p, u) ||
		!dbn_sql__want_kw(p, DBN_KW_DO))
		return false;
	if (dbn_sql__take_kw(p, DBN_KW_NOTHING))
		return true;
	if (!dbn_sql__want_kw(p, DBN_KW_UPDATE) || !dbn_sql__want_kw(p, DBN_KW_SET) ||
		!dbn_sql__sets(p, &u->sets, &u->nsets))
		return false;
	if (dbn_sql__at_kw(p, DBN_KW_WHERE) && !dbn_sql__construct(p, DBN_G_DO_UPDATE_WHERE,
		p->tok.pos))
		return false;
	return dbn_sql__where(p, &u->where);
}

/* ON DUPLICATE KEY UPDATE: whichever unique key it is. */
static bool
duplicate(dbn_sql_parser *p, dbn_sql_upsert *u)
{
	bool good;

	u->pos = p->tok.pos;
	if (!dbn_sql__construct(p, DBN_G_ON_DUPLICATE, u->pos) || !dbn_sql__next(p) ||
		!dbn_sql__next(p))
		return false;
	if (!dbn_sql__at_word(p, "key"))
		return dbn_sql__unexpected(p, "KEY UPDATE") != NULL;
	p->upsert_set = true;
	good = dbn_sql__next(p) && dbn_sql__want_kw(p, DBN_KW_UPDATE) &&
		dbn_sql__sets(p, &u->sets, &u->nsets);
	p->upsert_set = false;
	return good;
}

static bool
at_duplicate(dbn_sql_parser *p)
{
	const dbn_sql_token *t = dbn_sql__peek(p, 1);

	return t && t->kind == DBN_TK_NAME &&
		dbn_text_ieqz(dbn_text_n(p->lx.text.ptr + t->pos, t->end - t->pos), "duplicate");
}

static bool
upserts(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	size_t cap = 0;

	while (dbn_sql__at_kw(p, DBN_KW_ON)) {
		if (s->nupserts && !dbn_sql__construct(p, DBN_G_ON_CONFLICT_MANY, p->tok.pos))
			return false;
		if (!dbn_sql__room(p, &s->upserts, &cap, s->nupserts, sizeof(*s->upserts)))
			return false;
		s->upserts[s->nupserts] = (dbn_sql_upsert){ 0 };
		if (at_duplicate(p) ? !duplicate(p, &s->upserts[s->nupserts++])
			: !upsert(p, &s->upserts[s->nupserts++]))
			return false;
	}
	return p->status == DBN_OK;
}

/* ---- rows ---- */

/* INSERT t SET a = 1, b = 2: columns, and one row of values. */
static bool
from_sets(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	dbn_sql_query *q = dbn_sql_query_select(p->a, NULL, 1);
	dbn_sql_set *sets = NULL;
	dbn_sql_expr *row;
	uint32_t n = 0, pos = p->tok.pos;

	if (!q)
		return dbn_sql__nomem(p) != NULL;
	if (!dbn_sql__construct(p, DBN_G_INSERT_SET, pos) || !dbn_sql__next(p) ||
		!dbn_sql__sets(p, &sets, &n))
		return false;
	row = dbn_sql_expr_new(p->a, DBN_X_ROW, 0, pos, n);
	s->columns = dbn_arena_array(p->a, n, sizeof(*s->columns));
	q->cores[0]->rows = dbn_arena_array(p->a, 1, sizeof(dbn_sql_expr *));
	if (!row || !s->columns || !q->cores[0]->rows)
		return dbn_sql__nomem(p) != NULL;
	for (uint32_t i = 0; i < n; i++) {
		s->columns[i] = sets[i].columns[0];
		row->args[i] = sets[i].expr;
	}
	s->ncolumns = n;
	q->pos = q->cores[0]->pos = pos;
	q->cores[0]->kind = DBN_CORE_VALUES;
	q->cores[0]->nitems = 0;
	q->cores[0]->rows[0] = dbn_sql__finish(p, row, 0);
	q->cores[0]->nrows = 1;
	q->ncols = 0;
	s->query = q;
	return q->cores[0]->rows[0] != NULL;
}

static bool
from_query(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	bool values = dbn_sql__at_kw(p, DBN_KW_VALUES) || dbn_sql__at_word(p, "value");
	uint32_t height;
	dbn_sql_query *q;

	if (values && p->d->id == DBN_DIALECT_MYSQL && !p->tok.kw) { /* VALUE: the same word */
		p->tok.kw = DBN_KW_VALUES;
		p->tok.reserved = true;
	}
	if (!dbn_sql__starts_query(p))
		return dbn_sql__unexpected(p, "VALUES, SELECT or DEFAULT VALUES") != NULL;
	if (!values && (!dbn_sql__construct(p, DBN_G_INSERT_SELECT, p->tok.pos) ||
		(dbn_sql__at_kw(p, DBN_KW_WITH) && !dbn_sql__construct(p, DBN_G_INSERT_WITH, p->tok.pos))))
		return false;
	if (dbn_sql__at_kw(p, DBN_KW_TABLE) && !dbn_sql__construct(p, DBN_G_INSERT_TABLE, p->tok.pos))
		return false;
	p->values_source = values;
	p->upsert_ahead = true;
	p->stored_rows = values;
	q = s->query = dbn_sql__query(p, &height);
	p->upsert_ahead = p->stored_rows = false;
	if (q && p->default_pos && (q->ncores != 1 || q->norder || q->limit || q->offset))
		dbn_sql__fail(p, p->default_pos - 1, NULL, "DEFAULT stands only in the VALUES of an INSERT");
	return q && p->status == DBN_OK;
}

/* AS new [(a, b)]: how ON DUPLICATE KEY UPDATE calls the row. */
static bool
row_alias(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	if (!dbn_sql__at_kw(p, DBN_KW_AS))
		return p->status == DBN_OK;
	if (!dbn_sql__construct(p, DBN_G_ROW_ALIAS, p->tok.pos) || !dbn_sql__next(p) ||
		!dbn_sql__name(p, "a name for the row", &s->row_alias))
		return false;
	return p->tok.kind == DBN_TK_LPAREN
		? dbn_sql__refuse(p, DBN_G_ROW_ALIAS_COLUMNS, p->tok.pos) != NULL : p->status == DBN_OK;
}

static bool
overriding(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	uint32_t pos = p->tok.pos;

	if (!dbn_sql__at_word(p, "overriding"))
		return p->status == DBN_OK;
	if (!dbn_sql__next(p))
		return false;
	p->tok.taken = false;
	if (!dbn_sql__construct(p, dbn_sql__at_word(p, "user") ? DBN_G_OVERRIDING_USER
		: DBN_G_OVERRIDING, pos))
		return false;
	if (!dbn_sql__at_word(p, "system"))
		return dbn_sql__unexpected(p, "SYSTEM VALUE") != NULL;
	if (!dbn_sql__next(p))
		return false;
	if (!dbn_sql__at_word(p, "value"))
		return dbn_sql__unexpected(p, "VALUE") != NULL;
	s->overriding = true;
	return dbn_sql__next(p);
}

/* DEFAULT VALUES; MySQL says () VALUES (). */
static bool
all_defaults(dbn_sql_parser *p, dbn_sql_stmt *s, bool empty)
{
	if (!dbn_sql__construct(p, DBN_G_DEFAULT_VALUES, p->tok.pos) ||
		(!empty && !dbn_sql__next(p)) || !dbn_sql__want_kw(p, DBN_KW_VALUES))
		return false;
	if (empty && (!dbn_sql__want(p, DBN_TK_LPAREN, "()") || !dbn_sql__want(p, DBN_TK_RPAREN, "\")\"")))
		return false;
	if (s->ncolumns || dbn_sql__at_kw(p, DBN_KW_ON) || p->tok.kind == DBN_TK_COMMA)
		return dbn_sql__unexpected(p, "nothing but RETURNING with DEFAULT VALUES") != NULL;
	return dbn_sql__returning(p, s);
}

/* The words up to the table. */
static bool
head(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	bool replace = dbn_sql__at_kw(p, DBN_KW_REPLACE);
	uint32_t pos = p->tok.pos;

	if (!dbn_sql__construct(p, replace ? DBN_G_REPLACE : DBN_G_INSERT, pos) || !dbn_sql__next(p) ||
		!dbn_sql__how(p, s))
		return false;
	if (replace && s->or_action)
		return dbn_sql__fail(p, pos, NULL, "REPLACE knows no IGNORE") != NULL;
	if (replace)
		s->or_action = DBN_OR_REPLACE;
	if (dbn_sql__take_kw(p, DBN_KW_INTO))
		return true;
	if (p->d->id != DBN_DIALECT_MYSQL)
		return dbn_sql__want_kw(p, DBN_KW_INTO);
	return dbn_sql__construct(p, DBN_G_NO_INTO, pos);
}

bool
dbn_sql__insert(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	bool empty = false;

	s->kind = DBN_STMT_INSERT;
	if (s->with && !dbn_sql__construct(p, DBN_G_WITH_INSERT, s->pos))
		return false;
	if (!head(p, s) || !dbn_sql__write_target(p, s))
		return false;
	if (dbn_sql__take(p, DBN_TK_LPAREN)) {
		empty = p->tok.kind == DBN_TK_RPAREN && p->d->id == DBN_DIALECT_MYSQL;
		if ((!empty && !dbn_sql__write_columns(p, &s->columns, &s->ncolumns)) ||
			!dbn_sql__want(p, DBN_TK_RPAREN, "\")\""))
			return false;
	}
	if (!overriding(p, s))
		return false;
	if (empty || dbn_sql__at_kw(p, DBN_KW_DEFAULT))
		return all_defaults(p, s, empty);
	if (dbn_sql__at_kw(p, DBN_KW_SET) && !s->ncolumns ? !from_sets(p, s) : !from_query(p, s))
		return false;
	return row_alias(p, s) && upserts(p, s) && dbn_sql__returning(p, s);
}
