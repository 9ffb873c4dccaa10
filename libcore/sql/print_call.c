/* SPDX-License-Identifier: MIT */
/*
 * Functions, windows and casts as text; and checks of rows being written, where
 * the database has no function for them.
 */
#include <string.h>

#include "sql/printer.h"
#include "value/value.h"

static void
put(dbn_sql_printer *p, const char *z)
{
	dbn_str_adds(p->out, z);
}

/* ---- windows ---- */

static void
bound(dbn_sql_printer *p, uint8_t kind, const dbn_sql_expr *e)
{
	switch (kind) {
	case DBN_BOUND_UNBOUNDED_PRECEDING: put(p, "UNBOUNDED PRECEDING"); return;
	case DBN_BOUND_UNBOUNDED_FOLLOWING: put(p, "UNBOUNDED FOLLOWING"); return;
	case DBN_BOUND_CURRENT: put(p, "CURRENT ROW"); return;
	default: break;
	}
	dbn_sql__print_operand(p, e);
	put(p, kind == DBN_BOUND_PRECEDING ? " PRECEDING" : " FOLLOWING");
}

static void
frame(dbn_sql_printer *p, const dbn_sql_window *w)
{
	static const char *const words[] = { "", " ROWS ", " RANGE ", " GROUPS " };
	static const char *const excludes[] = { "", " EXCLUDE NO OTHERS", " EXCLUDE CURRENT ROW",
		" EXCLUDE GROUP", " EXCLUDE TIES" };

	if (!w->frame)
		return;
	if (dbn_sql__mysql(p) && (w->frame == DBN_FRAME_GROUPS || w->exclude))
		dbn_sql__print_refuse(p, 0, "Use ROWS or RANGE.", "GROUPS or EXCLUDE in a window");
	put(p, words[w->frame]);
	if (w->end)
		put(p, "BETWEEN ");
	bound(p, w->start, w->start_expr);
	if (w->end) {
		put(p, " AND ");
		bound(p, w->end, w->end_expr);
	}
	put(p, excludes[w->exclude]);
}

void
dbn_sql__print_window(dbn_sql_printer *p, const dbn_sql_window *w)
{
	put(p, "(");
	if (w->base.len) {
		dbn_sql__print_name(p, w->base);
		put(p, " ");
	}
	if (w->npartition) {
		put(p, "PARTITION BY ");
		dbn_sql__print_list(p, w->partition, w->npartition);
		put(p, " ");
	}
	if (w->norder) {
		put(p, "ORDER BY ");
		dbn_sql__print_orders(p, NULL, w->order, w->norder);
	}
	frame(p, w);
	put(p, ")");
}

static void
function_name(dbn_sql_printer *p, const dbn_sql_expr *e, const dbn_sql_func_fact *fact)
{
	if (fact)
		put(p, fact->name);
	else
		dbn_sql__print_name(p, e->text);
}

static bool
is_current(const dbn_sql_expr *e)
{
	return e->nargs == 0 && e->text.len >= 12 && dbn_text_ieqz(dbn_text_n(e->text.ptr, 8),
		"current_");
}

/* ---- dbn_require(condition, 'rules'): true, or the statement fails ---- */

static dbn_status
first_column(dbn_sql_expr **e, void *user)
{
	const dbn_sql_expr **found = user;

	if (!*found && (*e)->kind == DBN_X_COLUMN && (*e)->from->kind == DBN_FROM_RELATION)
		*found = *e;
	return DBN_OK;
}

/* A cast that cannot succeed.  A column of the row is part of its text, so that it is
 * not computed before there is a row. */
static void
postgres_raise(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	const dbn_sql_expr *seen = NULL;
	dbn_sql_expr *cond = e->args[0], row = { .kind = DBN_X_COLUMN };
	dbn_sql_visitor v = { .expr = first_column, .user = &seen };
	dbn_sql_expr text = *e->args[1];
	dbn_str said;

	(void)dbn_sql_walk_expr(&cond, &v);
	if (!seen && p->s && p->s->target) {
		row.from = p->s->target;
		seen = &row;
	}
	dbn_str_init(&said, 8192);
	dbn_str_addf(&said, "dbn_require: %.*s", DBN_TEXT_ARG(dbn_text_of(&e->args[1]->value)));
	text.value = (dbn_value){ .type = DBN_TEXT, .u.ptr = said.ptr, .len = said.len };
	put(p, "CAST(concat(");
	if (said.status == DBN_OK && seen) {
		dbn_sql__print_value(p, &text);
		put(p, ", substr(CAST(");
		dbn_sql__print_column(p, seen);
		put(p, " AS text), 1, 0)) AS bool)");
	} else {
		dbn_sql__print_fail(p, DBN_E_INTERNAL, e->pos, "a check without a row");
	}
	dbn_str_free(&said);
}

static void
require(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	put(p, "CASE WHEN ");
	dbn_sql__print_expr(p, e->args[0]);
	put(p, " THEN TRUE ELSE ");
	if (dbn_sql__postgres(p))
		postgres_raise(p, e);
	else
		put(p, DBN_SQL_MYSQL_RAISE);
	put(p, " END");
}

/* ---- calls ---- */

static void
extract(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	dbn_text unit = dbn_text_of(&e->args[0]->value);

	for (size_t i = 0; dbn_sql__mysql(p) && i < unit.len; i++) {
		unsigned char c = dbn_ascii_lower((unsigned char)unit.ptr[i]);

		if ((c < 'a' || c > 'z') && c != '_')
			dbn_sql__print_refuse(p, e->pos, NULL, "a unit of time that is no word");
	}
	if (dbn_sql__mysql(p))
		dbn_str_addt(p->out, unit);
	else
		dbn_sql__print_name(p, unit);
	put(p, " FROM ");
	dbn_sql__print_expr(p, e->args[1]);
}

void
dbn_sql__print_cast(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	dbn_text sized;
	const dbn_sql_type_fact *fact = dbn_sql_cast_type(p->d, e->text, &sized);

	if ((e->flags & DBN_XF_WORD) && p->d->id == DBN_DIALECT_MYSQL) { /* DATE '2024-01-01' */
		dbn_str_addt(p->out, e->text);
		put(p, " ");
		dbn_sql__print_expr(p, e->args[0]);
		return;
	}
	put(p, "CAST(");
	dbn_sql__print_expr(p, e->args[0]);
	put(p, " AS ");
	if (fact) {
		put(p, fact->print);
		dbn_str_addt(p->out, sized);
	} else {
		dbn_str_addt(p->out, e->text);
	}
	put(p, ")");
}

/* "trim(BOTH $2 FROM $1)" */
static void
form(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	uint32_t n;

	for (const char *f = e->call->form; *f; f++) {
		if (*f != '$') {
			dbn_str_addc(p->out, *f);
			continue;
		}
		n = (uint32_t)(*++f - '1');
		if (n >= e->nargs) {
			dbn_sql__print_fail(p, DBN_E_INTERNAL, e->pos, "argument %u of %.*s", n,
				DBN_TEXT_ARG(e->text));
			return;
		}
		dbn_sql__print_primary(p, e->args[n]);
	}
}

/* Behind the arguments of an aggregate. */
static void
inner_order(dbn_sql_printer *p, const dbn_sql_call *call)
{
	if (call && call->norder && !call->within) {
		put(p, " ORDER BY ");
		dbn_sql__print_orders(p, NULL, call->order, call->norder);
	}
	if (call && call->separator) {
		put(p, " SEPARATOR ");
		dbn_sql__print_expr(p, call->separator);
	}
}

void
dbn_sql__print_function(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	const dbn_sql_func_fact *fact = dbn_sql_function(p->d, e->text);

	if (dbn_sql__canonical(p) && !dbn_sql__sqlite(p) && e->nargs == 2 &&
		dbn_text_eqz(e->text, "dbn_require")) {
		require(p, e);
		return;
	}
	if (e->call && e->call->form) {
		form(p, e);
		return;
	}
	function_name(p, e, fact);
	if (fact && is_current(e))
		return;
	put(p, "(");
	if ((p->d->flags & DBN_SQL_EXTRACT) && fact && !strcmp(fact->name, "extract") &&
		e->nargs == 2 && e->args[0]->kind == DBN_X_LITERAL) {
		extract(p, e);
	} else if (e->call && e->call->star) {
		put(p, "*");
	} else {
		if (e->call && e->call->distinct)
			put(p, "DISTINCT ");
		dbn_sql__print_list(p, e->args, e->nargs);
	}
	inner_order(p, e->call);
	put(p, ")");
	if (e->call && e->call->within) {
		put(p, " WITHIN GROUP (ORDER BY ");
		dbn_sql__print_orders(p, NULL, e->call->order, e->call->norder);
		put(p, ")");
	}
	if (e->call && e->call->filter) {
		if (dbn_sql__mysql(p))
			dbn_sql__print_refuse(p, e->pos, "Use CASE inside the function.", "FILTER");
		put(p, " FILTER (WHERE ");
		dbn_sql__print_expr(p, e->call->filter);
		put(p, ")");
	}
	if (e->call && e->call->over) {
		put(p, " OVER ");
		if (e->call->over->parens)
			dbn_sql__print_window(p, e->call->over);
		else
			dbn_sql__print_name(p, e->call->over->name);
	}
}

