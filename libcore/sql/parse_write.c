/* SPDX-License-Identifier: MIT */
/*
 * UPDATE and DELETE, and what they share with INSERT: the table that is written,
 * SET, RETURNING.
 */
#include "sql/parser.h"

/* ---- the table ---- */

/* Behind the table that is written: what says nothing that could be enforced. */
static bool
behind_target(dbn_sql_parser *p)
{
	if (dbn_sql__at_kw(p, DBN_KW_INDEXED) ||
		(dbn_sql__at_kw(p, DBN_KW_NOT) && dbn_sql__peek_kw(p, 1, DBN_KW_INDEXED)))
		return dbn_sql__refuse(p, DBN_G_INDEX_HINT_SQLITE, p->tok.pos) != NULL;
	if (dbn_sql__at_kw(p, DBN_KW_PARTITION))
		return dbn_sql__refuse(p, DBN_G_WRITE_PARTITION, p->tok.pos) != NULL;
	if (p->d->id == DBN_DIALECT_MYSQL && dbn_sql__at_kw(p, DBN_KW_FOR))
		return dbn_sql__refuse(p, DBN_G_FOR_PORTION, p->tok.pos) != NULL;
	return p->status == DBN_OK;
}

static bool
only(dbn_sql_parser *p, dbn_sql_from *f)
{
	if (p->d->id != DBN_DIALECT_POSTGRES || !dbn_sql__at_word(p, "only"))
		return p->status == DBN_OK;
	f->flags |= DBN_FF_ONLY;
	return dbn_sql__construct(p, DBN_G_WRITE_ONLY, p->tok.pos) && dbn_sql__next(p);
}

bool
dbn_sql__write_target(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	dbn_sql_from *f = dbn_arena_zalloc(p->a, sizeof(*f));
	bool inserts = s->kind == DBN_STMT_INSERT;

	if (!f)
		return dbn_sql__nomem(p) != NULL;
	f->kind = DBN_FROM_RELATION;
	f->flags = DBN_FF_TARGET;
	f->pos = p->tok.pos;
	s->target = f;
	if ((!inserts && !only(p, f)) || !dbn_sql__relation_name(p, &f->name))
		return false;
	if (!inserts && p->d->id == DBN_DIALECT_POSTGRES)
		(void)dbn_sql__take(p, DBN_TK_STAR); /* t *: with what inherits from it, as without */
	if (dbn_sql__at_kw(p, DBN_KW_PARTITION) && p->d->id == DBN_DIALECT_MYSQL)
		return behind_target(p);
	if (dbn_sql__at_kw(p, DBN_KW_AS)) {
		return (!inserts || dbn_sql__construct(p, DBN_G_INSERT_ALIAS, p->tok.pos)) &&
			dbn_sql__next(p) && dbn_sql__label(p, "an alias", &f->alias) && behind_target(p);
	}
	/* UPDATE t x SET: an alias without AS. */
	if (!inserts && dbn_sql__is_name(p) && p->tok.kw != DBN_KW_INDEXED && p->tok.kw != DBN_KW_FOR)
		return dbn_sql__name(p, "an alias", &f->alias) && behind_target(p);
	return behind_target(p);
}

/* ---- the words behind INSERT, UPDATE, DELETE ---- */

static bool
or_action(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	static const struct { const char *word; uint32_t action; } actions[] = {
		{ "rollback", DBN_OR_ROLLBACK }, { "abort", DBN_OR_ABORT }, { "fail", DBN_OR_FAIL },
		{ "ignore", DBN_OR_IGNORE }, { "replace", DBN_OR_REPLACE }
	};

	if (!dbn_sql__construct(p, DBN_G_OR_ACTION, p->tok.pos) || !dbn_sql__next(p))
		return false;
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (dbn_sql__at_word(p, actions[i].word)) {
			s->or_action = actions[i].action;
			return dbn_sql__next(p);
		}
	}
	return dbn_sql__unexpected(p, "ABORT, FAIL, IGNORE, REPLACE or ROLLBACK") != NULL;
}

bool
dbn_sql__how(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	if (dbn_sql__at_kw(p, DBN_KW_OR))
		return or_action(p, s);
	if (p->d->id != DBN_DIALECT_MYSQL)
		return p->status == DBN_OK;
	if (dbn_sql__at_word(p, "delayed"))
		return dbn_sql__refuse(p, DBN_G_DELAYED, p->tok.pos) != NULL;
	if (dbn_sql__at_word(p, "low_priority") || dbn_sql__at_word(p, "high_priority") ||
		(s->kind == DBN_STMT_DELETE && dbn_sql__at_word(p, "quick")))
		return dbn_sql__refuse(p, DBN_G_PRIORITY, p->tok.pos) != NULL;
	if (dbn_sql__at_word(p, "history") && s->kind == DBN_STMT_DELETE)
		return dbn_sql__refuse(p, DBN_G_DELETE_HISTORY, p->tok.pos) != NULL;
	if (!dbn_sql__at_word(p, "ignore"))
		return p->status == DBN_OK;
	s->or_action = DBN_OR_IGNORE;
	return dbn_sql__construct(p, DBN_G_IGNORE, p->tok.pos) && dbn_sql__next(p);
}

/* ---- columns and values ---- */

/* a, on MySQL t.a; a part of a column (a.b, a[1]) is PostgreSQL's. */
static bool
one_column(dbn_sql_parser *p, dbn_sql_target *t)
{
	uint32_t pos = p->tok.pos;

	*t = (dbn_sql_target){ .pos = pos };
	if (!dbn_sql__name(p, "a column", &t->name))
		return false;
	if (p->tok.kind == DBN_TK_LBRACKET && p->d->id == DBN_DIALECT_POSTGRES)
		return dbn_sql__refuse(p, DBN_G_SET_PART, pos) != NULL;
	for (int i = 0; i < 2 && p->tok.kind == DBN_TK_DOT; i++) {
		if (p->d->id == DBN_DIALECT_POSTGRES)
			return dbn_sql__refuse(p, DBN_G_SET_PART, pos) != NULL;
		if (!dbn_sql__construct(p, DBN_G_COLUMN_OF, pos) || !dbn_sql__next(p))
			return false;
		t->qual = t->name;
		if (!dbn_sql__member(p, "a column", &t->name))
			return false;
	}
	return p->status == DBN_OK;
}

bool
dbn_sql__write_columns(dbn_sql_parser *p, dbn_sql_target **items, uint32_t *n)
{
	size_t cap = 0;

	do {
		if (!dbn_sql__room(p, items, &cap, *n, sizeof(**items)) ||
			!one_column(p, &(*items)[(*n)++]))
			return false;
	} while (dbn_sql__take(p, DBN_TK_COMMA));
	return p->status == DBN_OK;
}

dbn_sql_expr *
dbn_sql__stored_value(dbn_sql_parser *p)
{
	uint32_t pos = p->tok.pos;
	const dbn_sql_token *t = dbn_sql__at_kw(p, DBN_KW_DEFAULT) ? dbn_sql__peek(p, 1) : NULL;
	dbn_sql_expr *e;

	if (!t || t->kind == DBN_TK_LPAREN)
		return p->status == DBN_OK ? dbn_sql__expr(p) : NULL;
	e = dbn_sql_expr_new(p->a, DBN_X_DEFAULT, 0, pos, 0);
	if (!e)
		return dbn_sql__nomem(p);
	if (!dbn_sql__construct(p, DBN_G_DEFAULT_VALUE, pos) || !dbn_sql__next(p))
		return NULL;
	p->default_pos = pos + 1;
	return dbn_sql__finish(p, e, 0);
}

/* (a, b) = (x, DEFAULT), = ROW(...), = (SELECT ...) */
static dbn_sql_expr *
row_value(dbn_sql_parser *p, uint32_t want)
{
	const dbn_sql_token *t = p->tok.kind == DBN_TK_LPAREN ? dbn_sql__peek(p, 1) : NULL;
	dbn_sql_expr *row;
	size_t cap = 0;

	if (!t || (t->kind == DBN_TK_NAME && (t->kw == DBN_KW_SELECT || t->kw == DBN_KW_VALUES ||
		t->kw == DBN_KW_WITH)) || t->kind == DBN_TK_LPAREN || want < 2)
		return p->status == DBN_OK ? dbn_sql__expr(p) : NULL;
	row = dbn_sql_expr_new(p->a, DBN_X_ROW, 0, p->tok.pos, 0);
	if (!row)
		return dbn_sql__nomem(p);
	(void)dbn_sql__next(p);
	do {
		if (!dbn_sql__room(p, &row->args, &cap, row->nargs, sizeof(*row->args)))
			return NULL;
		row->args[row->nargs] = dbn_sql__stored_value(p);
		if (!row->args[row->nargs++])
			return NULL;
	} while (dbn_sql__take(p, DBN_TK_COMMA));
	if (!dbn_sql__want(p, DBN_TK_RPAREN, "\")\""))
		return NULL;
	row = dbn_sql__finish(p, row, 0);
	if (row && row->height > p->height)
		p->height = row->height;
	return row;
}

static bool
one_set(dbn_sql_parser *p, dbn_sql_set *s)
{
	uint32_t pos = p->tok.pos;
	bool row = p->tok.kind == DBN_TK_LPAREN;
	size_t cap = 0;

	*s = (dbn_sql_set){ 0 };
	if (row) {
		if (!dbn_sql__construct(p, DBN_G_SET_ROW, pos) || !dbn_sql__next(p) ||
			!dbn_sql__write_columns(p, &s->columns, &s->ncolumns) ||
			!dbn_sql__want(p, DBN_TK_RPAREN, "\")\""))
			return false;
	} else {
		if (!dbn_sql__room(p, &s->columns, &cap, 0, sizeof(*s->columns)))
			return false;
		s->ncolumns = 1;
		if (!one_column(p, &s->columns[0]))
			return false;
	}
	if (!dbn_sql__want(p, DBN_TK_EQ, "\"=\""))
		return false;
	s->expr = row ? row_value(p, s->ncolumns) : dbn_sql__stored_value(p);
	return s->expr && (!row || s->expr->kind != DBN_X_SUBQUERY ||
		dbn_sql__construct(p, DBN_G_SET_QUERY, pos));
}

bool
dbn_sql__sets(dbn_sql_parser *p, dbn_sql_set **items, uint32_t *n)
{
	size_t cap = 0;

	do {
		if (!dbn_sql__room(p, items, &cap, *n, sizeof(**items)) ||
			!one_set(p, &(*items)[(*n)++]))
			return false;
	} while (dbn_sql__take(p, DBN_TK_COMMA));
	return p->status == DBN_OK;
}

/* ---- behind them ---- */

bool
dbn_sql__where(dbn_sql_parser *p, dbn_sql_expr **out)
{
	const dbn_sql_token *t = dbn_sql__at_kw(p, DBN_KW_WHERE) && dbn_sql__peek_kw(p, 1, DBN_KW_CURRENT)
		? dbn_sql__peek(p, 2) : NULL;

	if (t && t->kind == DBN_TK_NAME && dbn_text_ieqz(dbn_text_n(p->lx.text.ptr + t->pos,
		t->end - t->pos), "of"))
		return dbn_sql__refuse(p, DBN_G_CURRENT_OF, p->ahead[0].pos) != NULL;
	return dbn_sql__clause(p, DBN_KW_WHERE, out);
}

static bool
items(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	uint32_t pos = p->tok.pos;

	return !dbn_sql__take_kw(p, DBN_KW_RETURNING) ? p->status == DBN_OK :
		dbn_sql__construct(p, s->kind == DBN_STMT_UPDATE ? DBN_G_RETURNING_UPDATE : DBN_G_RETURNING,
		pos) && dbn_sql__items(p, &s->returning, &s->nreturning);
}

static bool
limited(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	uint32_t pos = p->tok.pos;

	if (!dbn_sql__at_kw(p, DBN_KW_ORDER) && !dbn_sql__at_kw(p, DBN_KW_LIMIT))
		return p->status == DBN_OK;
	if (s->kind == DBN_STMT_INSERT)
		return dbn_sql__unexpected(p, "the end of the statement") != NULL;
	if (!dbn_sql__construct(p, DBN_G_WRITE_LIMIT, pos))
		return false;
	if (dbn_sql__take_kw(p, DBN_KW_ORDER) && (!dbn_sql__want_kw(p, DBN_KW_BY) ||
		!dbn_sql__orders(p, &s->order, &s->norder, true)))
		return false;
	if (s->norder && p->d->id == DBN_DIALECT_SQLITE && !dbn_sql__at_kw(p, DBN_KW_LIMIT))
		return dbn_sql__unexpected(p, "LIMIT behind ORDER BY") != NULL;
	if (dbn_sql__take_kw(p, DBN_KW_LIMIT) && !(s->limit = dbn_sql__expr(p)))
		return false;
	if (s->limit && s->limit->kind == DBN_X_PARAM)
		s->limit->flags |= DBN_XF_COUNT;
	if (s->from)
		return dbn_sql__refuse(p, DBN_G_MANY_LIMIT, pos) != NULL;
	if (p->tok.kind == DBN_TK_COMMA || dbn_sql__at_kw(p, DBN_KW_OFFSET))
		return dbn_sql__refuse(p, DBN_G_WRITE_OFFSET, p->tok.pos) != NULL;
	return p->status == DBN_OK;
}

bool
dbn_sql__returning(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	if (p->d->id == DBN_DIALECT_MYSQL)
		return limited(p, s) && items(p, s);
	return items(p, s) && limited(p, s);
}

/* ---- UPDATE ---- */

/* Which of several tables it is, the columns say. */
static bool
target_of_sets(dbn_sql_parser *p, dbn_sql_stmt *s, dbn_sql_from *all)
{
	dbn_sql_name called = { .name = s->sets[0].columns[0].qual };

	for (uint32_t i = 0; i < s->nsets; i++)
		for (uint32_t k = 0; k < s->sets[i].ncolumns; k++) {
			const dbn_sql_target *t = &s->sets[i].columns[k];

			if (!t->qual.len)
				return dbn_sql__fail(p, t->pos, "Write SET table.column = ...", "SET in an UPDATE "
					"of several tables without the table of its column") != NULL;
			if (!dbn_sql_same_table(p->d, t->qual, called.name))
				return dbn_sql__refuse(p, DBN_G_WRITE_TWO, t->pos) != NULL;
		}
	return dbn_sql__target_of(p, s, all, &called, all->pos, false);
}

static bool
update_tables(dbn_sql_parser *p, dbn_sql_stmt *s, dbn_sql_from **all)
{
	uint32_t pos = p->tok.pos;
	dbn_sql_from *f;

	if (p->d->id != DBN_DIALECT_MYSQL)
		return dbn_sql__write_target(p, s);
	f = dbn_sql__from(p);
	if (!f || !behind_target(p))
		return false;
	*all = f;
	if (f->kind == DBN_FROM_JOIN)
		return dbn_sql__construct(p, DBN_G_UPDATE_MANY, pos);
	if (f->kind != DBN_FROM_RELATION)
		return dbn_sql__fail(p, f->pos, NULL, "UPDATE of what is no table") != NULL;
	f->flags |= DBN_FF_TARGET;
	s->target = f;
	return true;
}

bool
dbn_sql__update(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	dbn_sql_from *all = NULL;
	uint32_t pos = p->tok.pos;

	s->kind = DBN_STMT_UPDATE;
	if (s->with && !dbn_sql__construct(p, DBN_G_WITH_UPDATE, s->pos))
		return false;
	if (!dbn_sql__construct(p, DBN_G_UPDATE, pos) || !dbn_sql__next(p) || !dbn_sql__how(p, s) ||
		!update_tables(p, s, &all) || !dbn_sql__want_kw(p, DBN_KW_SET) ||
		!dbn_sql__sets(p, &s->sets, &s->nsets))
		return false;
	if (!s->target && !target_of_sets(p, s, all))
		return false;
	pos = p->tok.pos;
	if (dbn_sql__take_kw(p, DBN_KW_FROM)) {
		if (s->from)
			return dbn_sql__fail(p, pos, NULL, "FROM in an UPDATE of several tables") != NULL;
		if (!dbn_sql__construct(p, DBN_G_UPDATE_FROM, pos) || !(s->from = dbn_sql__from(p)))
			return false;
	}
	return dbn_sql__more_where(p, s) && dbn_sql__returning(p, s);
}

/* ---- DELETE ---- */

/* WHERE, behind what joins brought there. */
bool
dbn_sql__more_where(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	dbn_sql_expr *e = NULL;

	if (!dbn_sql__where(p, &e))
		return false;
	if (e)
		s->where = dbn_sql_and(p->a, s->where, e);
	return !e || s->where || dbn_sql__nomem(p) != NULL;
}

/* t or t.*, as MySQL calls tables to delete from. */
static bool
called(dbn_sql_parser *p, dbn_sql_name *out)
{
	if (!dbn_sql__name(p, "a table", &out->name))
		return false;
	while (dbn_sql__take(p, DBN_TK_DOT)) {
		if (dbn_sql__take(p, DBN_TK_STAR))
			break;
		out->schema = out->name;
		if (!dbn_sql__member(p, "a table", &out->name))
			return false;
	}
	return p->tok.kind == DBN_TK_COMMA
		? dbn_sql__refuse(p, DBN_G_WRITE_TWO, p->tok.pos) != NULL : p->status == DBN_OK;
}

/* DELETE t FROM t JOIN x ...; DELETE FROM t USING t JOIN x ... */
static bool
delete_many(dbn_sql_parser *p, dbn_sql_stmt *s, const dbn_sql_name *name, uint32_t pos)
{
	bool is_using = dbn_sql__at_kw(p, DBN_KW_USING);
	dbn_sql_from *all, *f;

	if (!dbn_sql__next(p) || !(all = dbn_sql__from(p)) ||
		!dbn_sql__target_of(p, s, all, name, pos, is_using))
		return false;
	if (s->target)
		return dbn_sql__construct(p, DBN_G_DELETE_MANY, pos);
	/* as PostgreSQL says it: the others are behind USING */
	f = s->target = dbn_arena_zalloc(p->a, sizeof(*f));
	if (!f)
		return dbn_sql__nomem(p) != NULL;
	f->kind = DBN_FROM_RELATION;
	f->flags = DBN_FF_TARGET;
	f->pos = pos;
	f->name = *name;
	return dbn_sql__construct(p, DBN_G_DELETE_USING, pos);
}

static bool
delete_tables(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	uint32_t pos = p->tok.pos;
	dbn_sql_name name = { { 0 }, { 0 }, { 0 } };
	const dbn_sql_token *t;

	if (!dbn_sql__take_kw(p, DBN_KW_FROM)) {
		if (p->d->id != DBN_DIALECT_MYSQL)
			return dbn_sql__want_kw(p, DBN_KW_FROM);
		if (!called(p, &name) || !dbn_sql__at_kw(p, DBN_KW_FROM))
			return dbn_sql__unexpected(p, "FROM") != NULL;
		return delete_many(p, s, &name, pos);
	}
	t = dbn_sql__peek(p, 1);
	if (p->d->id == DBN_DIALECT_MYSQL && t && (t->kw == DBN_KW_USING || t->kind == DBN_TK_COMMA ||
		t->kind == DBN_TK_DOT) && p->tok.kind != DBN_TK_END) {
		pos = p->tok.pos;
		if (t->kind == DBN_TK_DOT && (!(t = dbn_sql__peek(p, 2)) || t->kind != DBN_TK_STAR))
			return p->status == DBN_OK && dbn_sql__write_target(p, s);
		if (!called(p, &name) || !dbn_sql__at_kw(p, DBN_KW_USING))
			return dbn_sql__unexpected(p, "USING") != NULL;
		return delete_many(p, s, &name, pos);
	}
	return dbn_sql__write_target(p, s);
}

bool
dbn_sql__delete(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	uint32_t pos = p->tok.pos;

	s->kind = DBN_STMT_DELETE;
	if (s->with && !dbn_sql__construct(p, DBN_G_WITH_UPDATE, s->pos))
		return false;
	if (!dbn_sql__construct(p, DBN_G_DELETE, pos) || !dbn_sql__next(p) || !dbn_sql__how(p, s) ||
		!delete_tables(p, s))
		return false;
	pos = p->tok.pos;
	if (!s->from && dbn_sql__take_kw(p, DBN_KW_USING) &&
		(!dbn_sql__construct(p, DBN_G_DELETE_USING, pos) || !(s->from = dbn_sql__from(p))))
		return false;
	return dbn_sql__more_where(p, s) && dbn_sql__returning(p, s);
}

void *
dbn_sql__writes_in_with(dbn_sql_parser *p)
{
	if (dbn_sql__at_kw(p, DBN_KW_INSERT) || dbn_sql__at_kw(p, DBN_KW_UPDATE) ||
		dbn_sql__at_kw(p, DBN_KW_DELETE) || dbn_sql__at_word(p, "merge"))
		return dbn_sql__refuse(p, DBN_G_WRITE_CTE, p->tok.pos);
	return dbn_sql__unexpected(p, "SELECT or VALUES");
}
