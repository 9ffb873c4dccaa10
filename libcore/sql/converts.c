/* SPDX-License-Identifier: MIT */
/*
 * Which operators convert an operand on their way, so that they fail on some
 * values.  MySQL and MariaDB compare a text with a number as numbers; in a write
 * in strict mode a text that is no number is then an error, for every row that is
 * looked at, hidden ones too.  PostgreSQL converts numeric to double precision,
 * which does not hold all of them.
 */
#include <string.h>

#include "base/str.h"
#include "sql/resolve.h"

enum { UNKNOWN, ANY, NUMBER, TEXT, DATE, TIME };

static dbn_type
type_of(const dbn_sql_expr *e)
{
	return e->kind == DBN_X_LITERAL ? e->value.type : e->type;
}

static int
class_of_type(dbn_type type)
{
	switch (type) {
	case DBN_BOOL: case DBN_INT64: case DBN_UINT64: case DBN_FLOAT: case DBN_DOUBLE:
	case DBN_DECIMAL: return NUMBER;
	case DBN_TEXT: case DBN_BYTES: case DBN_UUID: case DBN_JSON: return TEXT;
	case DBN_DATE: case DBN_TIMESTAMP: case DBN_TIMESTAMPTZ: return DATE;
	case DBN_TIME: return TIME;
	default: return UNKNOWN;
	}
}

static int
class_of(const dbn_sql_expr *e)
{
	int c = class_of_type(type_of(e));

	return c == UNKNOWN && e->kind == DBN_X_LITERAL ? ANY : c;
}

/* ---- literals that become what they are compared with ---- */

/* n digits at *at; -1: there are not. */
static int
digits(const dbn_text *t, size_t *at, size_t n)
{
	int v = 0;

	for (size_t end = *at + n; *at < end; ++*at) {
		if (*at >= t->len || t->ptr[*at] < '0' || t->ptr[*at] > '9')
			return -1;
		v = v * 10 + (t->ptr[*at] - '0');
	}
	return v;
}

static bool
is_number(dbn_text t)
{
	size_t at = t.len && *t.ptr == '-', from = at;

	while (at < t.len && t.ptr[at] >= '0' && t.ptr[at] <= '9')
		at++;
	return at == t.len && at > from && at - from <= 18;
}

static bool
takes(const dbn_text *t, size_t *at, char c)
{
	return *at < t->len && t->ptr[(*at)++] == c;
}

/* YYYY-MM-DD, or with HH:MM:SS behind it. */
static bool
is_date(dbn_text t)
{
	static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	size_t at = 0;
	int y = digits(&t, &at, 4), m = takes(&t, &at, '-') ? digits(&t, &at, 2) : -1;
	int d = takes(&t, &at, '-') ? digits(&t, &at, 2) : -1;
	bool leap = y % 4 == 0 && (y % 100 || y % 400 == 0);

	if (y < 1 || m < 1 || m > 12 || d < 1 || d > days[m - 1] || (m == 2 && d == 29 && !leap))
		return false;
	if (at == t.len)
		return true;
	m = takes(&t, &at, ' ') ? digits(&t, &at, 2) : -1;
	d = takes(&t, &at, ':') ? digits(&t, &at, 2) : -1;
	y = takes(&t, &at, ':') ? digits(&t, &at, 2) : -1;
	return m >= 0 && m < 24 && d >= 0 && d < 60 && y >= 0 && y < 60 && at == t.len;
}

static bool
fits(const dbn_sql_expr *literal, int other)
{
	dbn_text t = { literal->value.u.ptr, literal->value.len };

	if (literal->kind != DBN_X_LITERAL || literal->value.type != DBN_TEXT)
		return false;
	return other == NUMBER ? is_number(t) : other == DATE && is_date(t);
}

/* ---- two that are compared ---- */

static bool
narrows(const dbn_sql_expr *a, const dbn_sql_expr *b)
{
	return a->type == DBN_DECIMAL && a->kind != DBN_X_LITERAL && a->kind != DBN_X_PARAM &&
		(type_of(b) == DBN_DOUBLE || type_of(b) == DBN_FLOAT);
}

static bool
meet_one(const dbn_sql_dialect *d, const dbn_sql_expr *a, const dbn_sql_expr *b)
{
	int ca, cb;

	if (d->id == DBN_DIALECT_POSTGRES)
		return !narrows(a, b) && !narrows(b, a);
	ca = class_of(a);
	cb = class_of(b);
	if (ca == UNKNOWN || cb == UNKNOWN)
		return false;
	return ca == ANY || cb == ANY || ca == cb || fits(a, cb) || fits(b, ca);
}

static bool
meet(const dbn_sql_dialect *d, const dbn_sql_expr *a, const dbn_sql_expr *b)
{
	if (a->kind != DBN_X_ROW || b->kind != DBN_X_ROW)
		return meet_one(d, a, b);
	for (uint32_t i = 0; i < a->nargs; i++)
		if (i >= b->nargs || a->args[i]->kind == DBN_X_ROW || !meet_one(d, a->args[i], b->args[i]))
			return false;
	return true;
}

static bool
meet_all(const dbn_sql_dialect *d, const dbn_sql_expr *e, uint32_t first, uint32_t step, uint32_t end)
{
	for (uint32_t i = first; i < end; i += step)
		if (!meet(d, e->args[0], e->args[i]))
			return false;
	return true;
}

bool
dbn_sql_is_truth(const dbn_sql_dialect *d, const dbn_sql_expr *e)
{
	int c = class_of(e);

	return d->id != DBN_DIALECT_MYSQL || c == NUMBER || c == ANY;
}

static bool
truths(const dbn_sql_dialect *d, const dbn_sql_expr *e, uint32_t step, uint32_t end)
{
	for (uint32_t i = 0; i < end; i += step)
		if (!dbn_sql_is_truth(d, e->args[i]))
			return false;
	return true;
}

/* ---- functions ---- */

/* What each argument is: n a number, t whatever, as text; the last stands for the rest. */
static const struct {
	const char *name, *args;
} signatures[] = {
	{ "acos", "n" }, { "ascii", "t" }, { "asin", "n" }, { "atan", "n" }, { "atan2", "n" },
	{ "bit_length", "t" }, { "ceil", "n" }, { "ceiling", "n" }, { "char_length", "t" },
	{ "character_length", "t" }, { "coalesce", "t" }, { "cos", "n" }, { "floor", "n" },
	{ "if", "nt" }, { "ifnull", "t" }, { "instr", "t" }, { "json_valid", "t" },
	{ "lcase", "t" }, { "left", "tn" }, { "length", "t" }, { "locate", "ttn" },
	{ "lower", "t" }, { "ltrim", "t" }, { "mid", "tn" }, { "octet_length", "t" },
	{ "pi", "n" }, { "radians", "n" }, { "reverse", "t" }, { "right", "tn" },
	{ "rtrim", "t" }, { "sign", "n" }, { "sin", "n" }, { "sqrt", "n" }, { "strcmp", "t" },
	{ "substr", "tn" }, { "substring", "tn" }, { "substring_index", "ttn" }, { "tan", "n" },
	{ "trim", "t" }, { "ucase", "t" }, { "upper", "t" },
};

static bool
comparing(dbn_text name)
{
	return dbn_text_ieqz(name, "greatest") || dbn_text_ieqz(name, "least") ||
		dbn_text_ieqz(name, "nullif");
}

static bool
function(const dbn_sql_dialect *d, const dbn_sql_expr *e)
{
	const char *kinds = NULL;

	if (comparing(e->text) || (d->id == DBN_DIALECT_POSTGRES && dbn_text_ieqz(e->text, "coalesce")))
		return meet_all(d, e, 1, 1, e->nargs);
	if (d->id != DBN_DIALECT_MYSQL)
		return true;
	for (size_t i = 0; i < sizeof signatures / sizeof *signatures && !kinds; i++)
		if (dbn_text_ieqz(e->text, signatures[i].name))
			kinds = signatures[i].args;
	for (uint32_t i = 0; kinds && i < e->nargs; i++) {
		if (*kinds == 'n' && !dbn_sql_is_truth(d, e->args[i]))
			return false;
		kinds += kinds[1] != '\0';
	}
	return kinds != NULL;
}

static bool
meets_query(const dbn_sql_expr *e)
{
	int c = e->nargs == 1 && e->query->ncols == 1 ? class_of(e->args[0]) : UNKNOWN;

	return c != UNKNOWN && c == class_of_type(e->query->cols[0].type);
}

bool
dbn_sql_converts(const dbn_sql_dialect *d, const dbn_sql_expr *e)
{
	uint32_t whens = e->nargs - ((e->flags & DBN_XF_ELSE) ? 1 : 0);

	if (d->id != DBN_DIALECT_MYSQL && d->id != DBN_DIALECT_POSTGRES)
		return false;
	switch (e->kind) {
	case DBN_X_COMPARE:
	case DBN_X_IS:
	case DBN_X_BETWEEN:
	case DBN_X_IN_LIST:
		return !meet_all(d, e, 1, 1, e->nargs);
	case DBN_X_CASE:
		return e->flags & DBN_XF_BASE ? !meet_all(d, e, 1, 2, whens) : !truths(d, e, 2, whens);
	case DBN_X_IS_TRUTH:
		return !truths(d, e, 1, e->nargs);
	case DBN_X_UNARY:
		return e->op == DBN_OP_NOT && !truths(d, e, 1, e->nargs);
	case DBN_X_CHAIN:
		return (e->op == DBN_OP_AND || e->op == DBN_OP_OR) && !truths(d, e, 1, e->nargs);
	case DBN_X_ANY: /* only PostgreSQL has arrays */
		for (uint32_t i = 0; e->args[1]->kind == DBN_X_ARRAY && i < e->args[1]->nargs; i++)
			if (!meet(d, e->args[0], e->args[1]->args[i]))
				return true;
		return false;
	case DBN_X_IN_QUERY:
	case DBN_X_ANY_QUERY:
		return d->id == DBN_DIALECT_MYSQL && !meets_query(e);
	case DBN_X_FUNC:
		return !function(d, e);
	default:
		return false;
	}
}
