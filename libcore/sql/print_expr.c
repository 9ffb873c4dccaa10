/* SPDX-License-Identifier: MIT */
/*
 * Expressions as text.  Parentheses are printed where SQLite or PostgreSQL would
 * need them, and few beyond: SQLite's parser has a stack of 100 entries.
 */
#include <stdio.h>
#include <string.h>

#include "sql/printer.h"
#include "value/value.h"

enum { P_OR = 1, P_AND, P_NOT, P_EQ, P_BIT, P_ADD, P_MUL, P_CONCAT, P_COLLATE, P_UNARY, P_PRIMARY };

static int
chain_level(uint32_t op)
{
	switch (op) {
	case DBN_OP_OR: return P_OR;
	case DBN_OP_AND: return P_AND;
	case DBN_OP_ADD:
	case DBN_OP_SUB: return P_ADD;
	case DBN_OP_MUL:
	case DBN_OP_DIV:
	case DBN_OP_MOD: return P_MUL;
	case DBN_OP_CONCAT:
	case DBN_OP_JSON:
	case DBN_OP_JSON_TEXT: return P_CONCAT;
	default: return P_BIT;
	}
}

static int
level(const dbn_sql_printer *p, const dbn_sql_expr *e)
{
	switch (e->kind) {
	case DBN_X_CHAIN: return chain_level(e->op);
	case DBN_X_UNARY: return e->op == DBN_OP_NOT ? P_NOT : P_UNARY;
	case DBN_X_IS_TRUTH: return dbn_sql__canonical(p) ? P_PRIMARY : P_EQ;
	case DBN_X_COMPARE:
	case DBN_X_IN_LIST:
	case DBN_X_IN_QUERY:
	case DBN_X_BETWEEN:
	case DBN_X_IS_NULL:
	case DBN_X_IS:
	case DBN_X_LIKE: return P_EQ;
	case DBN_X_COLLATE: return P_COLLATE;
	case DBN_X_EXISTS: return e->flags & DBN_XF_NOT ? P_NOT : P_PRIMARY;
	default: return P_PRIMARY;
	}
}

static void
put(dbn_sql_printer *p, const char *z)
{
	dbn_str_adds(p->out, z);
}

/* With parentheses where it binds looser than min. */
static void
child(dbn_sql_printer *p, const dbn_sql_expr *e, int min)
{
	bool wrap = e && level(p, e) < min;

	if (wrap)
		put(p, "(");
	dbn_sql__print_expr(p, e);
	if (wrap)
		put(p, ")");
}

static void
list(dbn_sql_printer *p, dbn_sql_expr *const *args, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			put(p, ", ");
		dbn_sql__print_expr(p, args[i]);
	}
}

/* ---- literals and placeholders ---- */

static void
quoted(dbn_str *out, dbn_text t, char quote)
{
	const char *s = t.ptr, *end = t.ptr + t.len, *q;

	dbn_str_addc(out, quote);
	while (s < end && (q = memchr(s, quote, (size_t)(end - s))) != NULL) {
		dbn_str_add(out, s, (size_t)(q - s) + 1);
		dbn_str_addc(out, quote);
		s = q + 1;
	}
	if (s < end)
		dbn_str_add(out, s, (size_t)(end - s));
	dbn_str_addc(out, quote);
}

void
dbn_sql_print_name(dbn_str *out, dbn_text name)
{
	quoted(out, name, '"');
}

static void
hex(dbn_str *out, const unsigned char *b, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	dbn_str_adds(out, "x'");
	for (size_t i = 0; i < n; i++) {
		dbn_str_addc(out, digits[b[i] >> 4]);
		dbn_str_addc(out, digits[b[i] & 15]);
	}
	dbn_str_addc(out, '\'');
}

static void
real(dbn_str *out, double v)
{
	char buf[64];

	if (v != v) {
		dbn_str_adds(out, "NULL");
	} else if (v > 1.7976931348623157e308 || v < -1.7976931348623157e308) {
		dbn_str_adds(out, v > 0 ? "9e999" : "(-9e999)");
	} else {
		(void)dbn_format_double(buf, sizeof(buf), v);
		if (buf[0] == '-')
			dbn_str_addc(out, '(');
		dbn_str_adds(out, buf);
		if (!strpbrk(buf, ".eE"))
			dbn_str_adds(out, ".0");
		if (buf[0] == '-')
			dbn_str_addc(out, ')');
	}
}

dbn_status
dbn_sql_print_literal(const dbn_sql_dialect *d, const dbn_value *value, dbn_str *out,
	dbn_error **err)
{
	dbn_value v = dbn_value_measured(*value);
	dbn_text t = { v.u.ptr, (size_t)v.len };

	(void)d;
	switch (v.type) {
	case DBN_NULL: dbn_str_adds(out, "NULL"); break;
	case DBN_BOOL: dbn_str_adds(out, v.u.i64 ? "1" : "0"); break;
	case DBN_UINT64:
		if (v.u.u64 > INT64_MAX)
			return dbn_fail(err, DBN_E_UNSUPPORTED,
				"the number is too large for the database");
		/* fallthrough */
	case DBN_INT64:
		if (v.u.i64 < 0)
			dbn_str_addc(out, '(');
		dbn_str_addi(out, v.u.i64);
		if (v.u.i64 < 0)
			dbn_str_addc(out, ')');
		break;
	case DBN_FLOAT:
	case DBN_DOUBLE: real(out, v.u.f64); break;
	case DBN_DECIMAL:
		if (!dbn_parse_decimal(t))
			return dbn_fail(err, DBN_E_VALUE, "malformed decimal");
		dbn_str_addc(out, '(');
		dbn_str_addt(out, t);
		dbn_str_addc(out, ')');
		break;
	case DBN_TEXT:
	case DBN_JSON:
	case DBN_ENUM:
		if (t.len && memchr(t.ptr, 0, t.len)) {
			dbn_str_adds(out, "CAST(");
			hex(out, v.u.ptr, t.len);
			dbn_str_adds(out, " AS TEXT)");
		} else {
			quoted(out, t, '\'');
		}
		break;
	case DBN_BYTES: hex(out, v.u.ptr, t.len); break;
	default:
		return dbn_fail_hint(err, DBN_E_UNSUPPORTED, "Bind it as a parameter.",
			"a %s cannot be written as a literal", dbn_type_name(v.type));
	}
	return DBN_OK;
}

static void
literal(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	dbn_status rc;

	if (p->mode == DBN_PRINT_FINGERPRINT) {
		put(p, "?");
	} else if (e->value.type == DBN_BOOL && !dbn_sql__canonical(p)) {
		put(p, e->value.u.i64 ? "TRUE" : "FALSE");
	} else if (e->text.len && e->value.type == DBN_DOUBLE) {
		dbn_str_addt(p->out, e->text);
	} else {
		rc = dbn_sql_print_literal(p->d, &e->value, p->out,
			p->status == DBN_OK ? p->err : NULL);
		if (p->status == DBN_OK)
			p->status = rc;
	}
}

static void
param(dbn_sql_printer *p, const dbn_sql_expr *e, bool in_list)
{
	uint32_t width = e->index && e->index <= p->nexpand ? p->expand[e->index - 1] : 1;
	uint32_t first = e->index;

	if (p->mode == DBN_PRINT_FINGERPRINT) {
		put(p, "?");
		return;
	}
	if (p->starts && e->index && e->index <= p->nexpand)
		first = p->starts[e->index - 1];
	else if (p->starts)
		first = e->index - (uint32_t)p->nexpand + p->starts[p->nexpand] - 1;
	if (width != 1 && !in_list) {
		dbn_sql__print_fail(p, DBN_E_INVALID, e->pos,
			"a list is bound to parameter %u, which does not stand in an IN list",
			e->index);
		return;
	}
	for (uint32_t i = 0; i < width; i++) {
		if (i)
			put(p, ", ");
		dbn_str_addc(p->out, dbn_sql__canonical(p) ? '?' : '$');
		dbn_str_addi(p->out, first + i);
	}
}

/* ---- names ---- */

static void
canonical_column(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	dbn_sql_from *f = e->from;
	char buf[16];

	if (!f) {
		dbn_sql__print_fail(p, DBN_E_UNSUPPORTED, e->pos, "the column %.*s is not resolved",
			DBN_TEXT_ARG(e->text));
		return;
	}
	if (e->index >= dbn_sql_from_ncols(f)) {
		dbn_sql__print_fail(p, DBN_E_INTERNAL, e->pos, "column %u of something that has %u",
			e->index, dbn_sql_from_ncols(f));
		return;
	}
	if (e->flags & DBN_XF_EXCLUDED) {
		put(p, "excluded.");
	} else if (p->returning && p->s && f == p->s->target) {
		dbn_sql_print_name(p->out, f->rel->name.name);
		put(p, ".");
	} else if (!p->bare) {
		dbn_sql__print_from_name(p, f);
		put(p, ".");
	}
	if (f->kind == DBN_FROM_RELATION) {
		dbn_sql_print_name(p->out, f->rel->columns[e->index].name);
	} else {
		(void)snprintf(buf, sizeof(buf), "\"c%u\"", e->index);
		put(p, buf);
	}
}

static void
column(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	if (dbn_sql__canonical(p)) {
		canonical_column(p, e);
		return;
	}
	if (e->qual.len) {
		dbn_sql_print_name(p->out, e->qual);
		put(p, ".");
	}
	dbn_sql_print_name(p->out, e->text);
}

/* ---- functions and windows ---- */

static void
bound(dbn_sql_printer *p, uint8_t kind, const dbn_sql_expr *e)
{
	switch (kind) {
	case DBN_BOUND_UNBOUNDED_PRECEDING: put(p, "UNBOUNDED PRECEDING"); return;
	case DBN_BOUND_UNBOUNDED_FOLLOWING: put(p, "UNBOUNDED FOLLOWING"); return;
	case DBN_BOUND_CURRENT: put(p, "CURRENT ROW"); return;
	default: break;
	}
	child(p, e, P_BIT);
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
		dbn_sql_print_name(p->out, w->base);
		put(p, " ");
	}
	if (w->npartition) {
		put(p, "PARTITION BY ");
		list(p, w->partition, w->npartition);
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
		dbn_sql_print_name(p->out, e->text);
}

static bool
is_current(const dbn_sql_expr *e)
{
	return e->nargs == 0 && e->text.len >= 12 && dbn_text_ieqz(dbn_text_n(e->text.ptr, 8),
		"current_");
}

static void
function(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	const dbn_sql_func_fact *fact = dbn_sql_function(p->d, e->text);

	function_name(p, e, fact);
	if (fact && is_current(e))
		return;
	put(p, "(");
	if ((p->d->flags & DBN_SQL_EXTRACT) && fact && !strcmp(fact->name, "extract") &&
		e->nargs == 2 && e->args[0]->kind == DBN_X_LITERAL) {
		dbn_sql_print_name(p->out, dbn_text_of(&e->args[0]->value));
		put(p, " FROM ");
		dbn_sql__print_expr(p, e->args[1]);
	} else if (e->call && e->call->star) {
		put(p, "*");
	} else {
		if (e->call && e->call->distinct)
			put(p, "DISTINCT ");
		list(p, e->args, e->nargs);
	}
	put(p, ")");
	if (e->call && e->call->filter) {
		put(p, " FILTER (WHERE ");
		dbn_sql__print_expr(p, e->call->filter);
		put(p, ")");
	}
	if (e->call && e->call->over) {
		put(p, " OVER ");
		if (e->call->over->parens)
			dbn_sql__print_window(p, e->call->over);
		else
			dbn_sql_print_name(p->out, e->call->over->name);
	}
}

/* ---- operators ---- */

static void
chain(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	int own = chain_level(e->op), min;

	for (uint32_t i = 0; i < e->nargs; i++) {
		if (i) {
			put(p, " ");
			put(p, dbn_sql_op_name(e->ops ? e->ops[i] : e->op));
			put(p, " ");
		}
		min = own + 1;
		/* || binds tighter than + on SQLite and looser on PostgreSQL. */
		if (own >= P_BIT && e->args[i]->kind == DBN_X_CHAIN &&
			chain_level(e->args[i]->op) == P_CONCAT)
			min = P_PRIMARY;
		child(p, e->args[i], min);
	}
}

static void
unary(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	if (e->op == DBN_OP_NOT) {
		put(p, "NOT ");
		child(p, e->args[0], P_BIT);
	} else {
		put(p, dbn_sql_op_name(e->op));
		if (e->args[0] && e->args[0]->kind == DBN_X_UNARY)
			put(p, " "); /* -- would begin a comment */
		child(p, e->args[0], P_UNARY);
	}
}

static void
in_list(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	bool collapse = p->mode == DBN_PRINT_FINGERPRINT, value, before = false;

	child(p, e->args[0], P_BIT);
	put(p, e->flags & DBN_XF_NOT ? " NOT IN (" : " IN (");
	for (uint32_t i = 1; i < e->nargs; i++) {
		value = e->args[i]->kind == DBN_X_LITERAL || e->args[i]->kind == DBN_X_PARAM;
		if (collapse && value && before)
			continue;
		before = value;
		if (i > 1)
			put(p, ", ");
		if (e->args[i]->kind == DBN_X_PARAM)
			param(p, e->args[i], true);
		else
			dbn_sql__print_expr(p, e->args[i]);
	}
	put(p, ")");
}

static void
is_truth(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	bool negated = e->flags & DBN_XF_NOT;

	if (!dbn_sql__canonical(p)) {
		child(p, e->args[0], P_BIT);
		put(p, negated ? " IS NOT " : " IS ");
		put(p, dbn_sql_op_name(e->op));
		return;
	}
	/* On SQLite TRUE may be the name of a column. */
	put(p, e->op == DBN_OP_TRUE ? "CASE WHEN " : "CASE WHEN NOT ");
	child(p, e->args[0], e->op == DBN_OP_TRUE ? 0 : P_BIT);
	put(p, negated ? " THEN 0 ELSE 1 END" : " THEN 1 ELSE 0 END");
}

static void
is(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	bool differ = e->flags & DBN_XF_NOT;
	bool distinct = !(p->d->flags & DBN_SQL_IS_ANY) ||
		(!dbn_sql__canonical(p) && (e->flags & DBN_XF_DISTINCT_FROM));

	child(p, e->args[0], P_BIT);
	if (distinct)
		put(p, differ ? " IS DISTINCT FROM " : " IS NOT DISTINCT FROM ");
	else
		put(p, differ ? " IS NOT " : " IS ");
	child(p, e->args[1], P_BIT);
}

static void
case_when(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	uint32_t i = 0, end = e->nargs - (e->flags & DBN_XF_ELSE ? 1 : 0);

	put(p, "CASE");
	if (e->flags & DBN_XF_BASE) {
		put(p, " ");
		dbn_sql__print_expr(p, e->args[i++]);
	}
	for (; i + 1 < end; i += 2) {
		put(p, " WHEN ");
		dbn_sql__print_expr(p, e->args[i]);
		put(p, " THEN ");
		dbn_sql__print_expr(p, e->args[i + 1]);
	}
	if (e->flags & DBN_XF_ELSE) {
		put(p, " ELSE ");
		dbn_sql__print_expr(p, e->args[end]);
	}
	put(p, " END");
}

static void
like(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	child(p, e->args[0], P_BIT);
	put(p, e->flags & DBN_XF_NOT ? " NOT " : " ");
	put(p, dbn_sql_op_name(e->op));
	put(p, " ");
	child(p, e->args[1], P_BIT);
	if (e->nargs > 2) {
		put(p, " ESCAPE ");
		child(p, e->args[2], P_BIT);
	}
}

static void
query_operand(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	if (e->kind == DBN_X_IN_QUERY) {
		child(p, e->args[0], P_BIT);
		put(p, e->flags & DBN_XF_NOT ? " NOT IN " : " IN ");
	} else if (e->kind == DBN_X_EXISTS) {
		put(p, e->flags & DBN_XF_NOT ? "NOT EXISTS " : "EXISTS ");
	}
	put(p, "(");
	dbn_sql__print_query(p, e->query, DBN_OUT_VALUE_ONLY);
	put(p, ")");
}

static void
operators(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	switch (e->kind) {
	case DBN_X_UNARY: unary(p, e); break;
	case DBN_X_CHAIN: chain(p, e); break;
	case DBN_X_COMPARE:
		child(p, e->args[0], P_BIT);
		put(p, " ");
		put(p, dbn_sql_op_name(e->op));
		put(p, " ");
		child(p, e->args[1], P_BIT);
		break;
	case DBN_X_BETWEEN:
		child(p, e->args[0], P_BIT);
		put(p, e->flags & DBN_XF_NOT ? " NOT BETWEEN " : " BETWEEN ");
		child(p, e->args[1], P_BIT);
		put(p, " AND ");
		child(p, e->args[2], P_BIT);
		break;
	case DBN_X_IS_NULL:
		child(p, e->args[0], P_BIT);
		put(p, e->flags & DBN_XF_NOT ? " IS NOT NULL" : " IS NULL");
		break;
	case DBN_X_IN_LIST: in_list(p, e); break;
	case DBN_X_IS: is(p, e); break;
	case DBN_X_IS_TRUTH: is_truth(p, e); break;
	case DBN_X_LIKE: like(p, e); break;
	default:
		child(p, e->args[0], P_UNARY);
		put(p, " COLLATE ");
		dbn_sql_print_name(p->out, e->text);
		break;
	}
}

static void
operand(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	switch (e->kind) {
	case DBN_X_LITERAL: literal(p, e); break;
	case DBN_X_PARAM: param(p, e, false); break;
	case DBN_X_COLUMN: column(p, e); break;
	case DBN_X_STAR:
		if (dbn_sql__canonical(p))
			dbn_sql__print_fail(p, DBN_E_UNSUPPORTED, e->pos,
				"a * that is not resolved");
		if (e->qual.len) {
			dbn_sql_print_name(p->out, e->qual);
			put(p, ".");
		}
		put(p, "*");
		break;
	case DBN_X_VARIABLE:
		if (dbn_sql__canonical(p))
			dbn_sql__print_fail(p, DBN_E_UNSUPPORTED, e->pos,
				"the variable $%.*s is not a value yet", DBN_TEXT_ARG(e->text));
		put(p, "$");
		dbn_str_addt(p->out, e->text);
		break;
	case DBN_X_FUNC: function(p, e); break;
	case DBN_X_CASE: case_when(p, e); break;
	case DBN_X_CAST:
		put(p, "CAST(");
		dbn_sql__print_expr(p, e->args[0]);
		put(p, " AS ");
		dbn_str_addt(p->out, e->text);
		put(p, ")");
		break;
	case DBN_X_IN_QUERY:
	case DBN_X_EXISTS:
	case DBN_X_SUBQUERY: query_operand(p, e); break;
	case DBN_X_ROW:
		put(p, "(");
		list(p, e->args, e->nargs);
		put(p, ")");
		break;
	default: operators(p, e); break;
	}
}

void
dbn_sql__print_expr(dbn_sql_printer *p, const dbn_sql_expr *e)
{
	if (!e) {
		dbn_sql__print_fail(p, DBN_E_INTERNAL, 0, "an expression is missing");
		return;
	}
	if (p->status != DBN_OK || !dbn_sql__print_enter(p, e->pos))
		return;
	operand(p, e);
	p->depth--;
}

bool
dbn_sql__is_integer(const dbn_sql_expr *e)
{
	for (int i = 0; e && i < 64; i++) {
		if (e->kind == DBN_X_LITERAL)
			return e->value.type == DBN_INT64 || e->value.type == DBN_UINT64 ||
				e->value.type == DBN_BOOL;
		if (e->kind != DBN_X_COLLATE && (e->kind != DBN_X_UNARY || e->op == DBN_OP_NOT))
			return false;
		e = e->args[0];
	}
	return true;
}
