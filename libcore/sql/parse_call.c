/* SPDX-License-Identifier: MIT */
/*
 * The longer operands: function calls with their windows, CASE, CAST.
 */
#include <string.h>

#include "sql/parse_expr.h"

/* ---- windows ---- */

static bool
bound(dbn_sql_parser *p, uint8_t *kind, dbn_sql_expr **e)
{
	if (dbn_sql__at_kw(p, DBN_KW_UNBOUNDED) && dbn_sql__peek_kw(p, 1, DBN_KW_PRECEDING)) {
		*kind = DBN_BOUND_UNBOUNDED_PRECEDING;
		return dbn_sql__next(p) && dbn_sql__next(p);
	}
	if (dbn_sql__at_kw(p, DBN_KW_UNBOUNDED) && dbn_sql__peek_kw(p, 1, DBN_KW_FOLLOWING)) {
		*kind = DBN_BOUND_UNBOUNDED_FOLLOWING;
		return dbn_sql__next(p) && dbn_sql__next(p);
	}
	if (dbn_sql__at_kw(p, DBN_KW_CURRENT) && dbn_sql__peek_kw(p, 1, DBN_KW_ROW)) {
		*kind = DBN_BOUND_CURRENT;
		return dbn_sql__next(p) && dbn_sql__next(p);
	}
	*e = dbn_sql__operand(p, DBN_SQL_NO_AND);
	if (!*e)
		return false;
	if ((*e)->height > p->height)
		p->height = (*e)->height;
	*kind = dbn_sql__at_kw(p, DBN_KW_PRECEDING) ? DBN_BOUND_PRECEDING : DBN_BOUND_FOLLOWING;
	if (!dbn_sql__at_kw(p, DBN_KW_PRECEDING) && !dbn_sql__at_kw(p, DBN_KW_FOLLOWING)) {
		dbn_sql__unexpected(p, "PRECEDING or FOLLOWING");
		return false;
	}
	return dbn_sql__next(p);
}

static bool
exclusion(dbn_sql_parser *p, dbn_sql_window *w)
{
	if (!dbn_sql__take_kw(p, DBN_KW_EXCLUDE))
		return p->status == DBN_OK;
	if (dbn_sql__take_kw(p, DBN_KW_NO)) {
		w->exclude = DBN_EXCLUDE_NO_OTHERS;
		return dbn_sql__want_kw(p, DBN_KW_OTHERS);
	}
	if (dbn_sql__take_kw(p, DBN_KW_CURRENT)) {
		w->exclude = DBN_EXCLUDE_CURRENT;
		return dbn_sql__want_kw(p, DBN_KW_ROW);
	}
	if (dbn_sql__take_kw(p, DBN_KW_GROUP)) {
		w->exclude = DBN_EXCLUDE_GROUP;
		return p->status == DBN_OK;
	}
	w->exclude = DBN_EXCLUDE_TIES;
	return dbn_sql__want_kw(p, DBN_KW_TIES);
}

static bool
frame(dbn_sql_parser *p, dbn_sql_window *w)
{
	if (dbn_sql__at_kw(p, DBN_KW_ROWS))
		w->frame = DBN_FRAME_ROWS;
	else if (dbn_sql__at_kw(p, DBN_KW_RANGE))
		w->frame = DBN_FRAME_RANGE;
	else if (dbn_sql__at_kw(p, DBN_KW_GROUPS))
		w->frame = DBN_FRAME_GROUPS;
	else
		return true;
	if (!dbn_sql__next(p))
		return false;
	if (dbn_sql__take_kw(p, DBN_KW_BETWEEN)) {
		if (!bound(p, &w->start, &w->start_expr) || !dbn_sql__want_kw(p, DBN_KW_AND) ||
			!bound(p, &w->end, &w->end_expr))
			return false;
	} else if (!bound(p, &w->start, &w->start_expr)) {
		return false;
	}
	return exclusion(p, w);
}

static bool
frame_word(const dbn_sql_parser *p)
{
	return dbn_sql__at_kw(p, DBN_KW_PARTITION) || dbn_sql__at_kw(p, DBN_KW_ROWS) ||
		dbn_sql__at_kw(p, DBN_KW_RANGE) || dbn_sql__at_kw(p, DBN_KW_GROUPS);
}

dbn_sql_window *
dbn_sql__window(dbn_sql_parser *p)
{
	dbn_sql_window *w = dbn_arena_zalloc(p->a, sizeof(*w));

	if (!w)
		return dbn_sql__nomem(p);
	w->parens = 1;
	if (dbn_sql__is_name(p) && !frame_word(p) && !dbn_sql__name(p, "a window", &w->base))
		return NULL;
	if (dbn_sql__take_kw(p, DBN_KW_PARTITION)) {
		if (!dbn_sql__want_kw(p, DBN_KW_BY) ||
			!dbn_sql__expr_list(p, &w->partition, &w->npartition))
			return NULL;
		for (uint32_t i = 0; i < w->npartition; i++)
			if (w->partition[i]->height > p->height)
				p->height = w->partition[i]->height;
	}
	if (dbn_sql__take_kw(p, DBN_KW_ORDER)) {
		if (!dbn_sql__want_kw(p, DBN_KW_BY) || !dbn_sql__orders(p, &w->order, &w->norder,
			true))
			return NULL;
	}
	if (!frame(p, w) || !dbn_sql__want(p, DBN_TK_RPAREN, "\")\""))
		return NULL;
	return w;
}

/* ---- functions ---- */

/* WITHIN GROUP (ORDER BY ...) */
static bool
within_group(dbn_sql_parser *p, dbn_sql_call *call)
{
	if (call->norder || call->distinct) {
		dbn_sql__unexpected(p, "one ORDER BY, and no DISTINCT");
		return false;
	}
	call->within = 1;
	return dbn_sql__construct(p, DBN_G_WITHIN_GROUP, p->tok.pos) && dbn_sql__next(p) &&
		dbn_sql__want_kw(p, DBN_KW_GROUP) && dbn_sql__want(p, DBN_TK_LPAREN, "\"(\"") &&
		dbn_sql__want_kw(p, DBN_KW_ORDER) && dbn_sql__want_kw(p, DBN_KW_BY) &&
		dbn_sql__orders(p, &call->order, &call->norder, true) &&
		dbn_sql__want(p, DBN_TK_RPAREN, "\")\"");
}

static bool
behind_call(dbn_sql_parser *p, dbn_sql_call *call)
{
	if (p->d->id == DBN_DIALECT_POSTGRES && dbn_sql__at_word(p, "within") &&
		dbn_sql__peek_kw(p, 1, DBN_KW_GROUP) && !within_group(p, call))
		return false;
	if (dbn_sql__at_kw(p, DBN_KW_FILTER)) {
		const dbn_sql_token *t = dbn_sql__peek(p, 1);

		if (!t)
			return false;
		if (t->kind == DBN_TK_LPAREN) {
			if (!dbn_sql__construct(p, DBN_G_AGG_FILTER, p->tok.pos) || !dbn_sql__next(p) ||
				!dbn_sql__next(p) || !dbn_sql__want_kw(p, DBN_KW_WHERE))
				return false;
			call->filter = dbn_sql__expr(p);
			if (!call->filter || !dbn_sql__want(p, DBN_TK_RPAREN, "\")\""))
				return false;
		}
	}
	if (!dbn_sql__at_kw(p, DBN_KW_OVER))
		return p->status == DBN_OK;
	if (!dbn_sql__construct(p, DBN_G_OVER, p->tok.pos) || !dbn_sql__next(p))
		return false;
	if (dbn_sql__take(p, DBN_TK_LPAREN)) {
		call->over = dbn_sql__window(p);
		return call->over != NULL;
	}
	call->over = dbn_arena_zalloc(p->a, sizeof(*call->over));
	if (!call->over) {
		dbn_sql__nomem(p);
		return false;
	}
	return dbn_sql__name(p, "a window", &call->over->name);
}

/* name => value, VARIADIC array: refused. */
static bool
named_or_variadic(dbn_sql_parser *p)
{
	const dbn_sql_token *t;

	if (dbn_sql__at_word(p, "variadic"))
		return dbn_sql__refuse(p, DBN_G_VARIADIC, p->tok.pos) != NULL;
	if (p->tok.kind != DBN_TK_NAME)
		return true;
	t = dbn_sql__peek(p, 1);
	return t && (t->kind != DBN_TK_NAMED || dbn_sql__refuse(p, DBN_G_NAMED_ARGUMENT, p->tok.pos));
}

static bool
arguments(dbn_sql_parser *p, dbn_sql_expr *e)
{
	if (p->tok.kind == DBN_TK_STAR) {
		e->call->star = 1;
		return dbn_sql__next(p) && dbn_sql__want(p, DBN_TK_RPAREN, "\")\"");
	}
	if (dbn_sql__take(p, DBN_TK_RPAREN))
		return true;
	if (dbn_sql__at_kw(p, DBN_KW_DISTINCT))
		e->call->distinct = dbn_sql__construct(p, DBN_G_AGG_DISTINCT, p->tok.pos) &&
			dbn_sql__next(p);
	else if (dbn_sql__at_kw(p, DBN_KW_ALL) && p->d->id && !dbn_sql__next(p))
		return false;
	if (p->d->id == DBN_DIALECT_POSTGRES && !named_or_variadic(p))
		return false;
	if (p->status != DBN_OK || !dbn_sql__expr_list(p, &e->args, &e->nargs))
		return false;
	if (p->tok.kind == DBN_TK_NAMED)
		return dbn_sql__construct(p, DBN_G_NAMED_ARGUMENT, p->tok.pos);
	if (dbn_sql__at_kw(p, DBN_KW_ORDER) && (!dbn_sql__construct(p, DBN_G_AGG_ORDER, p->tok.pos) ||
		!dbn_sql__next(p) || !dbn_sql__want_kw(p, DBN_KW_BY) ||
		!dbn_sql__orders(p, &e->call->order, &e->call->norder, true)))
		return false;
	if (p->d->id == DBN_DIALECT_MYSQL && dbn_sql__at_word(p, "separator")) {
		if (!dbn_sql__construct(p, DBN_G_SEPARATOR, p->tok.pos) || !dbn_sql__next(p))
			return false;
		if (p->tok.kind != DBN_TK_STRING) {
			dbn_sql__unexpected(p, "a string");
			return false;
		}
		e->call->separator = dbn_sql__literal(p);
		if (!e->call->separator)
			return false;
	}
	return dbn_sql__want(p, DBN_TK_RPAREN, "\")\"");
}

dbn_sql_expr *
dbn_sql__function(dbn_sql_parser *p)
{
	dbn_sql_expr *e = dbn_sql_expr_new(p->a, DBN_X_FUNC, 0, p->tok.pos, 0);
	uint32_t outer = p->height, extra;
	dbn_sql_expr *shaped;
	const dbn_sql_token *after;

	if (!e || !(e->call = dbn_arena_zalloc(p->a, sizeof(*e->call))))
		return dbn_sql__nomem(p);
	after = dbn_sql__peek(p, 1);
	if (!after)
		return NULL;
	e->text = dbn_text_n(p->lx.text.ptr + p->tok.pos, p->tok.end - p->tok.pos);
	if (after->kind != DBN_TK_LPAREN) /* CURRENT_TIMESTAMP */
		return dbn_sql__next(p) ? dbn_sql__finish(p, e, 0) : NULL;
	p->tok.reserved = false; /* left(x, 1): a word of the grammar elsewhere */
	if (!dbn_sql__label(p, "a function", &e->text) || !dbn_sql__next(p))
		return NULL;
	shaped = dbn_sql__call_form(p, e);
	if (shaped || p->status != DBN_OK)
		return shaped;
	p->height = 0;
	if (!arguments(p, e) || !behind_call(p, e->call))
		return NULL;
	extra = p->height;
	p->height = outer > extra ? outer : extra;
	return dbn_sql__finish(p, e, extra);
}

/* ---- CASE, CAST ---- */

static bool
add_arg(dbn_sql_parser *p, dbn_sql_expr *e, size_t *cap)
{
	if (!dbn_sql__room(p, &e->args, cap, e->nargs, sizeof(*e->args)))
		return false;
	e->args[e->nargs] = dbn_sql__operand(p, 0);
	return e->args[e->nargs++] != NULL;
}

dbn_sql_expr *
dbn_sql__case(dbn_sql_parser *p)
{
	dbn_sql_expr *e = dbn_sql_expr_new(p->a, DBN_X_CASE, 0, p->tok.pos, 0);
	size_t cap = 0;

	if (!e)
		return dbn_sql__nomem(p);
	if (!dbn_sql__construct(p, DBN_G_CASE, e->pos) || !dbn_sql__next(p))
		return NULL;
	if (!dbn_sql__at_kw(p, DBN_KW_WHEN)) {
		e->flags |= DBN_XF_BASE;
		if (!add_arg(p, e, &cap))
			return NULL;
	}
	do {
		if (!dbn_sql__want_kw(p, DBN_KW_WHEN) || !add_arg(p, e, &cap) ||
			!dbn_sql__want_kw(p, DBN_KW_THEN) || !add_arg(p, e, &cap))
			return NULL;
	} while (dbn_sql__at_kw(p, DBN_KW_WHEN));
	if (dbn_sql__take_kw(p, DBN_KW_ELSE)) {
		e->flags |= DBN_XF_ELSE;
		if (!add_arg(p, e, &cap))
			return NULL;
	}
	return dbn_sql__want_kw(p, DBN_KW_END) ? dbn_sql__finish(p, e, 0) : NULL;
}

static bool
type_size(dbn_sql_parser *p, dbn_str *s)
{
	if (!dbn_sql__take(p, DBN_TK_LPAREN))
		return p->status == DBN_OK;
	dbn_str_addc(s, '(');
	for (int i = 0; i < 2; i++) {
		if (p->tok.kind != DBN_TK_NUMBER || p->tok.end - p->tok.pos > 9) {
			dbn_sql__unexpected(p, "a length");
			return false;
		}
		dbn_str_add(s, p->lx.text.ptr + p->tok.pos, p->tok.end - p->tok.pos);
		if (!dbn_sql__next(p))
			return false;
		if (p->tok.kind != DBN_TK_COMMA || i == 1)
			break;
		dbn_str_addc(s, ',');
		if (!dbn_sql__next(p))
			return false;
	}
	dbn_str_addc(s, ')');
	return dbn_sql__want(p, DBN_TK_RPAREN, "\")\"");
}

/* May the words so far be those of a listed type? */
static bool
type_begins(const dbn_sql_parser *p, const dbn_str *s)
{
	if (!p->d->ntypes)
		return true;
	for (size_t i = 0; i < p->d->ntypes; i++) {
		const char *name = p->d->types[i].name;
		size_t n = strlen(name);

		if (n >= s->len && dbn_text_ieq(dbn_text_n(name, s->len), dbn_text_n(s->ptr, s->len)) &&
			(n == s->len || name[s->len] == ' '))
			return true;
	}
	return false;
}

/* One more word, in upper case; false: it is not part of the type. */
static bool
type_word(dbn_sql_parser *p, dbn_str *s, int words)
{
	size_t was = s->len;

	if (words > 0)
		dbn_str_addc(s, ' ');
	for (uint32_t i = p->tok.pos; i < p->tok.end; i++) {
		char c = p->lx.text.ptr[i];

		if ((unsigned char)c >= 0x80) {
			dbn_sql__unexpected(p, "a type");
			return false;
		}
		dbn_str_addc(s, (char)(c >= 'a' && c <= 'z' ? c - 32 : c));
	}
	if (words > 0 && s->status == DBN_OK && !type_begins(p, s)) {
		s->len = was;
		return false;
	}
	return dbn_sql__next(p);
}

/* As the dialect's list has it: pg_catalog's own names, none that look anything up. */
static dbn_text
listed_type(dbn_sql_parser *p, uint32_t pos, dbn_text written)
{
	dbn_text sized, none = { NULL, 0 };
	const dbn_sql_type_fact *fact;
	char *z;

	if (!p->d->ntypes)
		return dbn_arena_text(p->a, written);
	fact = dbn_sql_cast_type(p->d, written, &sized);
	if (!fact) {
		const dbn_sql_construct *c = dbn_sql_construct_get(DBN_G_CAST_OTHER);

		if (p->status == DBN_OK)
			p->status = dbn_fail_at(p->err, DBN_E_UNSUPPORTED, pos, c->hint,
				"a cast to %.*s is refused: %s: %s", DBN_TEXT_ARG(written), c->name, c->why);
		return none;
	}
	z = dbn_arena_printf(p->a, "%s%.*s", fact->print, DBN_TEXT_ARG(sized));
	return dbn_text_z(z);
}

/* PostgreSQL keeps none of it, and takes any integer. */
static bool
array_size(dbn_sql_parser *p, dbn_str *s)
{
	for (uint32_t i = p->tok.pos; i < p->tok.end; i++)
		if (p->lx.text.ptr[i] < '0' || p->lx.text.ptr[i] > '9')
			return dbn_sql__unexpected(p, "an integer") != NULL;
	dbn_str_add(s, p->lx.text.ptr + p->tok.pos, p->tok.end - p->tok.pos);
	return dbn_sql__next(p);
}

/* [], [3], ARRAY, ARRAY[3]: as it is written, by brackets. */
static bool
type_array(dbn_sql_parser *p, dbn_str *s)
{
	while (p->d->id == DBN_DIALECT_POSTGRES && (p->tok.kind == DBN_TK_LBRACKET ||
		dbn_sql__at_word(p, "array"))) {
		bool word = p->tok.kind == DBN_TK_NAME;

		if (!dbn_sql__construct(p, DBN_G_ARRAY_TYPE, p->tok.pos) || !dbn_sql__next(p))
			return false;
		dbn_str_addc(s, '[');
		if (word && !dbn_sql__take(p, DBN_TK_LBRACKET)) {
			dbn_str_addc(s, ']');
			break;
		}
		if (p->tok.kind == DBN_TK_NUMBER && !array_size(p, s))
			return false;
		dbn_str_addc(s, ']');
		if (!dbn_sql__want(p, DBN_TK_RBRACKET, "\"]\""))
			return false;
	}
	return p->status == DBN_OK;
}

/* The words of a type with its size, which may stand between them. */
static void
type_parts(dbn_sql_parser *p, dbn_str *s, dbn_str *size)
{
	int words = 0;

	while (p->tok.kind == DBN_TK_NAME && (!p->tok.reserved || (words && dbn_sql__at_kw(p, DBN_KW_TO))) &&
		words < 6 && type_word(p, s, words)) {
		words++;
		if (p->tok.kind == DBN_TK_LPAREN && !size->len && !type_size(p, size))
			return;
	}
	if (p->status == DBN_OK && words == 0)
		dbn_sql__unexpected(p, "a type");
	else if (p->status == DBN_OK)
		(void)type_array(p, size);
}

/* The words of a type with its size: only letters, digits and _. */
dbn_text
dbn_sql__type_text(dbn_sql_parser *p)
{
	dbn_text none = { NULL, 0 }, r = { NULL, 0 };
	uint32_t pos = p->tok.pos;
	dbn_str s, size;

	if (p->d->id == DBN_DIALECT_POSTGRES && dbn_sql__at_word(p, "pg_catalog")) {
		const dbn_sql_token *t = dbn_sql__peek(p, 1);

		if (t && t->kind == DBN_TK_DOT && (!dbn_sql__next(p) || !dbn_sql__next(p)))
			return none;
	}
	dbn_str_init(&s, 256);
	dbn_str_init(&size, 64);
	type_parts(p, &s, &size);
	dbn_str_add(&s, size.ptr ? size.ptr : "", size.len);
	if (s.status == DBN_E_NOMEM || size.status == DBN_E_NOMEM)
		dbn_sql__nomem(p);
	else if (s.status != DBN_OK || size.status != DBN_OK)
		dbn_sql__fail(p, p->tok.pos, NULL, "the name of a type is too long");
	if (p->status == DBN_OK)
		r = listed_type(p, pos, dbn_text_n(s.ptr, s.len));
	if (p->status == DBN_OK && !r.ptr)
		dbn_sql__nomem(p);
	dbn_str_free(&s);
	dbn_str_free(&size);
	return p->status == DBN_OK ? r : none;
}

/* Behind INTERVAL 'x': DAY, HOUR TO MINUTE, SECOND(3), as they are printed. */
dbn_text
dbn_sql__fields(dbn_sql_parser *p)
{
	dbn_text r = { NULL, 0 };
	dbn_str s, size;
	bool again = true;

	dbn_str_init(&s, 64);
	dbn_str_init(&size, 16);
	for (int i = 0; again && p->status == DBN_OK && i < 3; i++) {
		if (i)
			dbn_str_addc(&s, ' ');
		dbn_str_add(&s, p->lx.text.ptr + p->tok.pos, p->tok.end - p->tok.pos);
		again = dbn_sql__next(p) && (i == 1 || dbn_sql__at_kw(p, DBN_KW_TO));
	}
	if (p->status == DBN_OK && type_size(p, &size))
		dbn_str_add(&s, size.ptr ? size.ptr : "", size.len);
	if (p->status == DBN_OK && s.status == DBN_OK)
		r = dbn_arena_text(p->a, dbn_text_n(s.ptr, s.len));
	if (p->status == DBN_OK && !r.ptr)
		dbn_sql__nomem(p);
	dbn_str_free(&s);
	dbn_str_free(&size);
	return r;
}

dbn_sql_expr *
dbn_sql__cast(dbn_sql_parser *p)
{
	dbn_sql_expr *e = dbn_sql_expr_new(p->a, DBN_X_CAST, 0, p->tok.pos, 1);

	if (!e)
		return dbn_sql__nomem(p);
	if (!dbn_sql__construct(p, DBN_G_CAST, e->pos) || !dbn_sql__next(p) ||
		!dbn_sql__want(p, DBN_TK_LPAREN, "\"(\""))
		return NULL;
	e->args[0] = dbn_sql__operand(p, 0);
	if (!e->args[0] || !dbn_sql__want_kw(p, DBN_KW_AS))
		return NULL;
	e->text = dbn_sql__type_text(p);
	if (!e->text.ptr || !dbn_sql__want(p, DBN_TK_RPAREN, "\")\""))
		return NULL;
	e->type = dbn_sql_declared_type(p->d, e->text);
	return dbn_sql__finish(p, e, 0);
}
