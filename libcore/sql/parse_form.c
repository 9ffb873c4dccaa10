/* SPDX-License-Identifier: MIT */
/*
 * Calls that are not written as a list of arguments: trim(BOTH x FROM y), x + INTERVAL
 * 1 DAY.  In the tree they are functions of that name, so that what is
 * known of functions holds for them; call->form keeps how they are printed.
 */
#include <stdarg.h>
#include <string.h>

#include "sql/parse_expr.h"

dbn_sql_expr *
dbn_sql__formed(dbn_sql_parser *p, uint32_t pos, const char *name, const char *form, size_t nargs, ...)
{
	dbn_sql_expr *e = node(p, DBN_X_FUNC, 0, pos, nargs);
	va_list ap;

	if (!e || !(e->call = dbn_arena_zalloc(p->a, sizeof(*e->call))))
		return dbn_sql__nomem(p);
	e->text = dbn_text_z(name);
	e->call->form = form;
	va_start(ap, nargs);
	for (size_t i = 0; i < nargs; i++)
		e->args[i] = va_arg(ap, dbn_sql_expr *);
	va_end(ap);
	return dbn_sql__finish(p, e, 0);
}

static bool
take_word(dbn_sql_parser *p, const char *word)
{
	return dbn_sql__at_word(p, word) && dbn_sql__next(p);
}

static bool
close(dbn_sql_parser *p)
{
	return dbn_sql__want(p, DBN_TK_RPAREN, "\")\"");
}

/* The same call with this form; its name where it has another one then. */
static dbn_sql_expr *
shaped(dbn_sql_parser *p, dbn_sql_expr *e, const char *name, const char *form, dbn_sql_expr *const *args,
	uint32_t nargs)
{
	if (p->status != DBN_OK || !close(p))
		return NULL;
	e->args = dbn_arena_memdup(p->a, args, nargs * sizeof(*args));
	if (!e->args)
		return dbn_sql__nomem(p);
	e->nargs = nargs;
	if (name)
		e->text = dbn_text_z(name);
	e->call->form = form;
	return dbn_sql__finish(p, e, 0);
}

/* ---- forms of several dialects ---- */

/* substring(x FROM a FOR b), (x FOR b), (x SIMILAR p ESCAPE e); else a list. */
static dbn_sql_expr *
substring(dbn_sql_parser *p, dbn_sql_expr *e, dbn_sql_expr *first)
{
	dbn_sql_expr *args[3] = { first, NULL, NULL };
	bool pg = p->d->id == DBN_DIALECT_POSTGRES;
	uint32_t pos = p->tok.pos;

	if (pg && dbn_sql__at_word(p, "similar")) {
		if (!dbn_sql__construct(p, DBN_G_SUBSTRING_SIMILAR, pos) || !dbn_sql__next(p) ||
			!(args[1] = dbn_sql__operand(p, L_OR)) || !dbn_sql__want_kw(p, DBN_KW_ESCAPE) ||
			!(args[2] = dbn_sql__operand(p, L_OR)))
			return NULL;
		return shaped(p, e, NULL, "substring($1 SIMILAR $2 ESCAPE $3)", args, 3);
	}
	if (!dbn_sql__construct(p, DBN_G_SUBSTRING_FROM, pos))
		return NULL;
	if (dbn_sql__take_kw(p, DBN_KW_FROM)) {
		if (!(args[1] = dbn_sql__operand(p, L_OR)))
			return NULL;
		if (!dbn_sql__take_kw(p, DBN_KW_FOR))
			return shaped(p, e, NULL, "substring($1 FROM $2)", args, 2);
		args[2] = dbn_sql__operand(p, L_OR);
		return args[2] ? shaped(p, e, NULL, "substring($1 FROM $2 FOR $3)", args, 3) : NULL;
	}
	if (!pg || !dbn_sql__take_kw(p, DBN_KW_FOR) || !(args[2] = dbn_sql__operand(p, L_OR)))
		return dbn_sql__unexpected(p, "FROM");
	if (dbn_sql__take_kw(p, DBN_KW_FROM)) {
		args[1] = dbn_sql__operand(p, L_OR);
		return args[1] ? shaped(p, e, NULL, "substring($1 FROM $2 FOR $3)", args, 3) : NULL;
	}
	args[1] = args[2];
	return shaped(p, e, NULL, "substring($1 FOR $2)", args, 2);
}

/* trim([BOTH|LEADING|TRAILING] [x] FROM y) */
static dbn_sql_expr *
trim(dbn_sql_parser *p, dbn_sql_expr *e, const char *side, dbn_sql_expr *what)
{
	static const char *const names[][2] = { { "BOTH", "btrim" }, { "LEADING", "ltrim" },
		{ "TRAILING", "rtrim" } };
	dbn_sql_expr *args[2] = { NULL, what };
	const char *name = "btrim";
	char *form;

	for (size_t i = 0; side && i < 3; i++)
		if (!strcmp(side, names[i][0]))
			name = names[i][1];
	if (!dbn_sql__construct(p, DBN_G_TRIM_FROM, e->pos) ||
		(what || dbn_sql__at_kw(p, DBN_KW_FROM) ? !dbn_sql__want_kw(p, DBN_KW_FROM) : false))
		return NULL;
	args[0] = dbn_sql__operand(p, L_OR);
	if (!args[0])
		return NULL;
	form = dbn_arena_printf(p->a, "trim(%s %sFROM $1)", side ? side : "", what ? "$2 " : "");
	if (!form)
		return dbn_sql__nomem(p);
	return shaped(p, e, p->d->id == DBN_DIALECT_POSTGRES ? name : NULL, form, args, what ? 2 : 1);
}

static dbn_sql_expr *
trim_side(dbn_sql_parser *p, dbn_sql_expr *e)
{
	static const char *const sides[] = { "BOTH", "LEADING", "TRAILING" };
	dbn_sql_expr *what = NULL;
	const char *side = NULL;

	for (size_t i = 0; i < 3; i++)
		if (dbn_sql__at_word(p, sides[i]))
			side = sides[i];
	if (!side && !dbn_sql__at_kw(p, DBN_KW_FROM))
		return NULL;
	if (side && !dbn_sql__next(p))
		return NULL;
	if (!dbn_sql__at_kw(p, DBN_KW_FROM)) {
		what = dbn_sql__operand(p, L_OR);
		if (!what)
			return NULL;
		if (p->tok.kind == DBN_TK_RPAREN) { /* trim(BOTH x) */
			dbn_sql_expr *args[1] = { what };
			char *form = dbn_arena_printf(p->a, "trim(%s FROM $1)", side);

			return !form ? dbn_sql__nomem(p) : !dbn_sql__construct(p, DBN_G_TRIM_FROM, e->pos)
				? NULL : shaped(p, e, p->d->id != DBN_DIALECT_POSTGRES ? NULL :
				*side == 'B' ? "btrim" : *side == 'L' ? "ltrim" : "rtrim", form, args, 1);
		}
	}
	return trim(p, e, side, what);
}

static dbn_sql_expr *
position(dbn_sql_parser *p, dbn_sql_expr *e)
{
	dbn_sql_expr *args[2];

	if (!dbn_sql__construct(p, DBN_G_POSITION, e->pos) || !(args[1] = dbn_sql__operand(p, L_BIT)) ||
		!dbn_sql__want_kw(p, DBN_KW_IN) || !(args[0] = dbn_sql__operand(p, L_BIT)))
		return NULL;
	return shaped(p, e, NULL, "position($2 IN $1)", args, 2);
}

/* extract(hour FROM x): a function of a unit and a value. */
static dbn_sql_expr *
extract(dbn_sql_parser *p, dbn_sql_expr *e)
{
	dbn_text unit;

	e->args = dbn_arena_array(p->a, 2, sizeof(*e->args));
	if (!e->args)
		return dbn_sql__nomem(p);
	e->nargs = 2;
	p->tok.reserved = p->tok.taken = false;
	if (p->tok.kind == DBN_TK_STRING && p->d->id == DBN_DIALECT_POSTGRES) {
		unit = dbn_sql_token_text(&p->lx, &p->tok, p->a);
		if (!unit.ptr || !dbn_sql__next(p))
			return dbn_sql__nomem(p);
	} else if (!dbn_sql__name(p, "a unit of time", &unit)) {
		return NULL;
	}
	if ((p->d->id && !dbn_sql__construct(p, DBN_G_EXTRACT, e->pos)) || !dbn_sql__want_kw(p, DBN_KW_FROM))
		return NULL;
	e->args[0] = dbn_sql_literal_text(p->a, unit);
	if (!e->args[0])
		return dbn_sql__nomem(p);
	e->args[0]->height = 1;
	e->args[1] = dbn_sql__operand(p, L_OR);
	return e->args[1] && close(p) ? dbn_sql__finish(p, e, 0) : NULL;
}

/* ---- PostgreSQL ---- */

static dbn_sql_expr *
overlay(dbn_sql_parser *p, dbn_sql_expr *e, dbn_sql_expr *first)
{
	dbn_sql_expr *args[4] = { first, NULL, NULL, NULL };

	if (!dbn_sql__construct(p, DBN_G_OVERLAY, e->pos) || !take_word(p, "placing") ||
		!(args[1] = dbn_sql__operand(p, L_OR)) || !dbn_sql__want_kw(p, DBN_KW_FROM) ||
		!(args[2] = dbn_sql__operand(p, L_OR)))
		return NULL;
	if (!dbn_sql__take_kw(p, DBN_KW_FOR))
		return shaped(p, e, NULL, "overlay($1 PLACING $2 FROM $3)", args, 3);
	args[3] = dbn_sql__operand(p, L_OR);
	return args[3] ? shaped(p, e, NULL, "overlay($1 PLACING $2 FROM $3 FOR $4)", args, 4) : NULL;
}

static dbn_sql_expr *
normalize(dbn_sql_parser *p, dbn_sql_expr *e, dbn_sql_expr *first)
{
	static const char *const forms[][2] = { { "nfc", "normalize($1, NFC)" },
		{ "nfd", "normalize($1, NFD)" }, { "nfkc", "normalize($1, NFKC)" },
		{ "nfkd", "normalize($1, NFKD)" } };
	const char *form = "normalize($1)";

	if (!dbn_sql__construct(p, DBN_G_NORMALIZED, e->pos))
		return NULL;
	if (dbn_sql__take(p, DBN_TK_COMMA)) {
		form = NULL;
		for (size_t i = 0; i < 4; i++)
			if (dbn_sql__at_word(p, forms[i][0]))
				form = forms[i][1];
		if (!form || !dbn_sql__next(p))
			return dbn_sql__unexpected(p, "NFC, NFD, NFKC or NFKD");
	}
	return shaped(p, e, NULL, form, &first, 1);
}

/* ---- MySQL ---- */

const char *
dbn_sql__unit_at(const dbn_sql_parser *p)
{
	static const char *const units[] = { "MICROSECOND", "SECOND", "MINUTE", "HOUR", "DAY", "WEEK",
		"MONTH", "QUARTER", "YEAR", "SECOND_MICROSECOND", "MINUTE_MICROSECOND", "MINUTE_SECOND",
		"HOUR_MICROSECOND", "HOUR_SECOND", "HOUR_MINUTE", "DAY_MICROSECOND", "DAY_SECOND",
		"DAY_MINUTE", "DAY_HOUR", "YEAR_MONTH" };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (dbn_sql__at_word(p, units[i]))
			return units[i];
	return NULL;
}

/* INTERVAL n UNIT, at the value. */
static const char *
interval(dbn_sql_parser *p, dbn_sql_expr **value)
{
	const char *unit;

	*value = dbn_sql__construct(p, DBN_G_INTERVAL_UNIT, p->tok.pos) ? dbn_sql__operand(p, L_OR) : NULL;
	if (!*value)
		return NULL;
	unit = dbn_sql__unit_at(p);
	if (!unit)
		return dbn_sql__unexpected(p, "a unit of time");
	return dbn_sql__next(p) ? unit : NULL;
}

dbn_sql_expr *
dbn_sql__plus_interval(dbn_sql_parser *p, dbn_sql_expr *left, bool minus)
{
	uint32_t pos = p->tok.pos;
	dbn_sql_expr *value;
	const char *unit;
	char *form;

	if (!dbn_sql__next(p) || !dbn_sql__next(p))
		return NULL;
	unit = interval(p, &value);
	if (!unit)
		return NULL;
	form = dbn_arena_printf(p->a, "($1 %c INTERVAL $2 %s)", minus ? '-' : '+', unit);
	return form ? dbn_sql__formed(p, pos, minus ? "date_sub" : "date_add", form, 2, left, value)
		: dbn_sql__nomem(p);
}

/* date_add(x, INTERVAL n UNIT), behind the comma. */
static dbn_sql_expr *
date_add(dbn_sql_parser *p, dbn_sql_expr *e, dbn_sql_expr *first)
{
	dbn_sql_expr *args[2] = { first, NULL };
	bool minus = e->text.len > 3 && dbn_ascii_lower((unsigned char)e->text.ptr[e->text.len > 7 ? 5 : 0]) == 's';
	const char *unit;
	char *form;

	if (!dbn_sql__next(p))
		return NULL;
	unit = interval(p, &args[1]);
	if (!unit)
		return NULL;
	form = dbn_arena_printf(p->a, "date_%s($1, INTERVAL $2 %s)", minus ? "sub" : "add", unit);
	return form ? shaped(p, e, minus ? "date_sub" : "date_add", form, args, 2) : dbn_sql__nomem(p);
}

/* timestampdiff(UNIT, a, b) */
static dbn_sql_expr *
timestamp_unit(dbn_sql_parser *p, dbn_sql_expr *e)
{
	const char *unit = dbn_sql__unit_at(p);
	dbn_sql_expr *args[2];
	char *form;

	if (!unit)
		return dbn_sql__unexpected(p, "a unit of time");
	if (!dbn_sql__construct(p, DBN_G_TIMESTAMPDIFF, e->pos) || !dbn_sql__next(p) ||
		!dbn_sql__want(p, DBN_TK_COMMA, "\",\"") || !(args[0] = dbn_sql__operand(p, L_OR)) ||
		!dbn_sql__want(p, DBN_TK_COMMA, "\",\"") || !(args[1] = dbn_sql__operand(p, L_OR)))
		return NULL;
	form = dbn_arena_printf(p->a, "timestamp%s(%s, $1, $2)",
		dbn_text_ieqz(e->text, "timestampadd") ? "add" : "diff", unit);
	return form ? shaped(p, e, NULL, form, args, 2) : dbn_sql__nomem(p);
}

/* USING charset, behind the call so far: "convert($1". */
static char *
charset(dbn_sql_parser *p, uint32_t construct, const char *so_far)
{
	static const char *const sets[] = { "utf8mb4", "utf8mb3", "utf8", "latin1", "ascii", "binary",
		"ucs2", "utf16", "utf32" };
	char *form;

	if (!dbn_sql__construct(p, construct, p->tok.pos) || !dbn_sql__want_kw(p, DBN_KW_USING))
		return NULL;
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		if (!dbn_sql__at_word(p, sets[i]))
			continue;
		form = dbn_arena_printf(p->a, "%s USING %s)", so_far, sets[i]);
		return form ? dbn_sql__next(p) ? form : NULL : dbn_sql__nomem(p);
	}
	return dbn_sql__unexpected(p, "a character set");
}

/* convert(x USING charset), convert(x, TYPE) */
static dbn_sql_expr *
convert(dbn_sql_parser *p, dbn_sql_expr *e, dbn_sql_expr *first)
{
	char *form;

	if (dbn_sql__take(p, DBN_TK_COMMA)) {
		dbn_sql_expr *c = node(p, DBN_X_CAST, 0, e->pos, 1);

		if (!c || !dbn_sql__construct(p, DBN_G_CONVERT, e->pos))
			return NULL;
		c->args[0] = first;
		c->text = dbn_sql__type_text(p);
		if (!c->text.ptr || !close(p))
			return NULL;
		c->type = dbn_sql_declared_type(p->d, c->text);
		return dbn_sql__finish(p, c, 0);
	}
	form = charset(p, DBN_G_CONVERT_USING, "convert($1");
	return form ? shaped(p, e, "convert", form, &first, 1) : NULL;
}

/* char(a, b USING charset): with as many as a form has numbers for. */
static dbn_sql_expr *
char_using(dbn_sql_parser *p, dbn_sql_expr *e)
{
	char so_far[64] = "char($1", *form;
	size_t n = strlen(so_far);

	if (e->nargs > 9)
		return dbn_sql__limit(p, e->pos, "too many characters in char(... USING ...)", 9);
	for (uint32_t i = 2; i <= e->nargs; i++) {
		memcpy(so_far + n, ", $", 3);
		so_far[n + 3] = (char)('0' + i);
		n += 4;
	}
	so_far[n] = '\0';
	form = charset(p, DBN_G_CHAR_USING, so_far);
	if (!form || !close(p))
		return NULL;
	e->call->form = form;
	return dbn_sql__finish(p, e, 0);
}

/* Behind a list that may end otherwise than with it; clauses of json_value() are refused. */
static dbn_sql_expr *
behind_list(dbn_sql_parser *p, dbn_sql_expr *e)
{
	bool my = p->d->id == DBN_DIALECT_MYSQL;

	if (my && dbn_text_ieqz(e->text, "json_value") && p->tok.kind != DBN_TK_RPAREN)
		return dbn_sql__refuse(p, DBN_G_JSON_VALUE, p->tok.pos);
	if (my && dbn_text_ieqz(e->text, "char") && dbn_sql__at_kw(p, DBN_KW_USING))
		return char_using(p, e);
	return close(p) ? dbn_sql__finish(p, e, 0) : NULL;
}

/* ---- which ---- */

static bool
called(const dbn_sql_expr *e, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (dbn_text_ieqz(e->text, names[i]))
			return true;
	return false;
}
#define CALLED(e, names) called(e, names, sizeof(names) / sizeof(*(names)))

/* Forms that show by their first words. */
static dbn_sql_expr *
by_words(dbn_sql_parser *p, dbn_sql_expr *e)
{
	static const char *const xml[] = { "xmlparse", "xmlelement", "xmlforest", "xmlconcat", "xmlpi",
		"xmlroot", "xmlserialize", "xmlexists", "xmltable", "xmlattributes" };
	static const char *const units[] = { "timestampdiff", "timestampadd" };
	bool pg = p->d->id == DBN_DIALECT_POSTGRES, my = p->d->id == DBN_DIALECT_MYSQL;

	if ((p->d->flags & DBN_SQL_EXTRACT) && dbn_text_ieqz(e->text, "extract"))
		return extract(p, e);
	if (!pg && !my)
		return NULL;
	if (dbn_text_ieqz(e->text, "trim"))
		return trim_side(p, e);
	if (dbn_text_ieqz(e->text, "position"))
		return position(p, e);
	if (pg && CALLED(e, xml))
		return dbn_sql__refuse(p, DBN_G_XML, e->pos);
	if (pg && dbn_text_eqz(e->text, "treat"))
		return dbn_sql__refuse(p, DBN_G_TREAT, e->pos);
	if (my && dbn_text_ieqz(e->text, "weight_string"))
		return dbn_sql__refuse(p, DBN_G_WEIGHT_STRING, e->pos);
	if (my && CALLED(e, units))
		return timestamp_unit(p, e);
	return NULL;
}

/* Forms that show behind their first argument, which *args has then. */
static dbn_sql_expr *
behind_first(dbn_sql_parser *p, dbn_sql_expr *e, dbn_sql_expr *first)
{
	static const char *const adds[] = { "date_add", "date_sub", "adddate", "subdate" };
	bool pg = p->d->id == DBN_DIALECT_POSTGRES, my = p->d->id == DBN_DIALECT_MYSQL;

	if ((dbn_text_ieqz(e->text, "substring") || dbn_text_ieqz(e->text, "substr")) &&
		(dbn_sql__at_kw(p, DBN_KW_FROM) || dbn_sql__at_kw(p, DBN_KW_FOR) ||
		dbn_sql__at_word(p, "similar")))
		return substring(p, e, first);
	if (dbn_text_ieqz(e->text, "trim") && dbn_sql__at_kw(p, DBN_KW_FROM))
		return trim(p, e, NULL, first);
	if (pg && dbn_text_eqz(e->text, "overlay") && dbn_sql__at_word(p, "placing"))
		return overlay(p, e, first);
	if (pg && dbn_text_eqz(e->text, "normalize"))
		return normalize(p, e, first);
	if (my && dbn_text_ieqz(e->text, "convert"))
		return convert(p, e, first);
	if (my && CALLED(e, adds) && p->tok.kind == DBN_TK_COMMA) {
		const dbn_sql_token *t = dbn_sql__peek(p, 1);

		if (t && t->kind == DBN_TK_NAME && dbn_text_ieqz(dbn_text_n(p->lx.text.ptr + t->pos,
			t->end - t->pos), "interval"))
			return dbn_sql__next(p) ? date_add(p, e, first) : NULL;
	}
	return NULL;
}

dbn_sql_expr *
dbn_sql__call_form(dbn_sql_parser *p, dbn_sql_expr *e)
{
	static const char *const firsts[] = { "substring", "substr", "trim", "overlay", "normalize",
		"convert", "date_add", "date_sub", "adddate", "subdate", "char", "json_value" };
	dbn_sql_expr *r = by_words(p, e), *first;
	size_t cap = 0;

	if (r || p->status != DBN_OK || p->d->id < DBN_DIALECT_POSTGRES || !CALLED(e, firsts) ||
		p->tok.kind == DBN_TK_RPAREN)
		return r;
	first = dbn_sql__operand(p, L_OR);
	if (!first)
		return NULL;
	r = behind_first(p, e, first);
	if (r || p->status != DBN_OK)
		return r;
	/* A list after all. */
	do {
		if (!dbn_sql__room(p, &e->args, &cap, e->nargs, sizeof(*e->args)))
			return NULL;
		e->args[e->nargs] = e->nargs ? dbn_sql__operand(p, L_OR) : first;
		if (!e->args[e->nargs++])
			return NULL;
	} while (dbn_sql__take(p, DBN_TK_COMMA));
	return behind_list(p, e);
}
