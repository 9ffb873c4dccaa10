/* SPDX-License-Identifier: MIT */
/*
 * The value of a policy expression that needs no row: what `when` says now.
 * Three-valued as in SQL; text in a small scratch on the stack, so that nothing
 * is allocated.  What cannot be computed is unknown, which grants nothing.
 */
#include "base/clock.h"
#include "permission/lang.h"

#define SCRATCH 1024
#define DAY_US INT64_C(86400000000)

struct run {
	const dbn_lang_env *env;
	char *next;
	size_t left;
	uint32_t depth;
};

static dbn_value eval(struct run *r, const dbn_sql_expr *e);

static dbn_value
null(void)
{
	return dbn_v_null(NULL);
}

static dbn_value
boolean(bool b)
{
	return dbn_v_bool(b);
}

static dbn_value
text_value(dbn_text t)
{
	return t.ptr ? dbn_v_textn(t) : null();
}

static uint32_t
truth(const dbn_value *v)
{
	if (v->type == DBN_BOOL)
		return v->u.i64 ? DBN_LANG_TRUE : DBN_LANG_FALSE;
	return DBN_LANG_UNKNOWN;
}

static dbn_value
from_truth(uint32_t t)
{
	return t == DBN_LANG_UNKNOWN ? null() : boolean(t == DBN_LANG_TRUE);
}

static bool
number_of(const dbn_value *v, long double *out)
{
	dbn_text t = dbn_text_of(v);
	double d;

	if (v->type == DBN_INT64)
		*out = (long double)v->u.i64;
	else if (v->type == DBN_UINT64)
		*out = (long double)v->u.u64;
	else if (v->type == DBN_DOUBLE || v->type == DBN_FLOAT)
		*out = (long double)v->u.f64;
	else if (v->type == DBN_DECIMAL && dbn_parse_double(t, &d))
		*out = (long double)d;
	else
		return false;
	return true;
}

/* Microseconds of a date or timestamp. */
static bool
time_of(const dbn_value *v, int64_t *us)
{
	if (v->type == DBN_DATE)
		return !__builtin_mul_overflow(v->u.i64, DAY_US, us);
	if (v->type != DBN_TIMESTAMP && v->type != DBN_TIMESTAMPTZ)
		return false;
	*us = v->u.i64;
	return true;
}

static bool dates(const char *p, size_t n, int64_t *us);

/* -1, 0, 1; false: not comparable, or NULL. */
static bool
order(const dbn_value *a, const dbn_value *b, int *out)
{
	long double x, y;
	int64_t s, t;

	if (number_of(a, &x) && number_of(b, &y)) {
		if (x != x || y != y)
			return false;
		*out = (x > y) - (x < y);
		return true;
	}
	if (a->type == DBN_BOOL && b->type == DBN_BOOL) {
		*out = (a->u.i64 > b->u.i64) - (a->u.i64 < b->u.i64);
		return true;
	}
	if (a->type == DBN_TEXT && b->type == DBN_TEXT) {
		int c = dbn_text_cmp(dbn_text_of(a), dbn_text_of(b));

		*out = (c > 0) - (c < 0);
		return true;
	}
	if (a->type == DBN_TEXT ? dates((const char *)a->u.ptr, (size_t)a->len, &s) : time_of(a, &s)) {
		if (!(b->type == DBN_TEXT ? dates((const char *)b->u.ptr, (size_t)b->len, &t) : time_of(b, &t)))
			return false;
		*out = (s > t) - (s < t);
		return true;
	}
	return false;
}

static bool
digits(const char *p, size_t n, int64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		*out = *out * 10 + (p[i] - '0');
	}
	return true;
}

/* "2026-11-23" or "2026-11-23 09:41:00", UTC. */
static bool
dates(const char *p, size_t n, int64_t *us)
{
	int64_t y, m, d, h = 0, i = 0, s = 0;

	if ((n != 10 && n != 19) || p[4] != '-' || p[7] != '-' || !digits(p, 4, &y) ||
		!digits(p + 5, 2, &m) || !digits(p + 8, 2, &d) || m < 1 || m > 12 || d < 1 || d > 31)
		return false;
	if (n == 19 && ((p[10] != ' ' && p[10] != 'T') || p[13] != ':' || p[16] != ':' ||
		!digits(p + 11, 2, &h) || !digits(p + 14, 2, &i) || !digits(p + 17, 2, &s)))
		return false;
	*us = dbn_days_from_civil(y, (unsigned)m, (unsigned)d) * DAY_US +
		((h * 60 + i) * 60 + s) * 1000000;
	return true;
}

static uint32_t
compare(uint32_t op, const dbn_value *a, const dbn_value *b)
{
	int c;

	if (!order(a, b, &c))
		return DBN_LANG_UNKNOWN;
	switch (op) {
	case DBN_OP_EQ:
		return c == 0;
	case DBN_OP_NE:
		return c != 0;
	case DBN_OP_LT:
		return c < 0;
	case DBN_OP_LE:
		return c <= 0;
	case DBN_OP_GT:
		return c > 0;
	case DBN_OP_GE:
		return c >= 0;
	default:
		return DBN_LANG_UNKNOWN;
	}
}

/* The words of a policy's actions. */
static dbn_value
op_word(uint32_t op)
{
	switch (op) {
	case DBN_ACT_READ:
		return dbn_v_text("read");
	case DBN_ACT_INSERT:
		return dbn_v_text("insert");
	case DBN_ACT_UPDATE:
		return dbn_v_text("update");
	case DBN_ACT_DELETE:
		return dbn_v_text("delete");
	case DBN_ACT_DDL:
		return dbn_v_text("admin.ddl");
	case DBN_ACT_SETTINGS:
		return dbn_v_text("admin.settings");
	case DBN_ACT_ROUTINE:
		return dbn_v_text("admin.routine");
	default:
		return null();
	}
}

static dbn_value
variable(const struct run *r, const dbn_sql_expr *e)
{
	const dbn_lang_env *v = r->env;
	dbn_value x;

	switch (e->index) {
	case DBN_LANG_USER_ID:
		return text_value(v->user);
	case DBN_LANG_ADDRESS:
		return text_value(v->address);
	case DBN_LANG_NAME:
		return text_value(v->name);
	case DBN_LANG_TLS:
		return boolean(v->tls);
	case DBN_LANG_OP:
		return op_word(v->op);
	case DBN_LANG_NOW:
		return dbn_timestamptz_of(v->now_us);
	default:
		x = e->index >= DBN_LANG_ATTR ? v->attributes[e->index - DBN_LANG_ATTR] : null();
		return x.type == DBN_ARRAY ? null() : x;
	}
}

static dbn_value
measured(dbn_value v)
{
	if (v.flags & DBN_VALUE_CSTR) {
		v.len = strlen((const char *)v.u.ptr);
		v.flags &= (uint16_t)~DBN_VALUE_CSTR;
	}
	return v;
}

static uint32_t
in_array(const struct run *r, const dbn_value *x, const dbn_sql_expr *var)
{
	const dbn_lang_env *v = r->env;
	bool unknown = false;

	if (var->index == DBN_LANG_ROLES) {
		if (x->type != DBN_TEXT)
			return v->nroles ? DBN_LANG_UNKNOWN : DBN_LANG_FALSE;
		for (size_t i = 0; i < v->nroles; i++)
			if (dbn_text_eq(dbn_text_of(x), v->roles[i]))
				return DBN_LANG_TRUE;
		return DBN_LANG_FALSE;
	}
	if (var->index < DBN_LANG_ATTR || v->attributes[var->index - DBN_LANG_ATTR].type != DBN_ARRAY)
		return DBN_LANG_UNKNOWN;
	for (uint64_t i = 0; i < v->attributes[var->index - DBN_LANG_ATTR].len; i++) {
		const dbn_value *item = (const dbn_value *)v->attributes[var->index - DBN_LANG_ATTR].u.ptr + i;
		uint32_t t = compare(DBN_OP_EQ, x, item);

		if (t == DBN_LANG_TRUE)
			return t;
		unknown |= t == DBN_LANG_UNKNOWN;
	}
	return unknown ? DBN_LANG_UNKNOWN : DBN_LANG_FALSE;
}

static uint32_t
negate(uint32_t t, bool really)
{
	return !really || t == DBN_LANG_UNKNOWN ? t : !t;
}

static dbn_value
in_list(struct run *r, const dbn_sql_expr *e)
{
	const dbn_sql_expr *var = dbn_lang_array_of(e);
	dbn_value x = eval(r, e->args[0]);
	uint32_t all = DBN_LANG_FALSE;

	if (var)
		return from_truth(negate(in_array(r, &x, var), e->flags & DBN_XF_NOT));
	for (uint32_t i = 1; i < e->nargs; i++) {
		dbn_value y = eval(r, e->args[i]);
		uint32_t t = compare(DBN_OP_EQ, &x, &y);

		if (t == DBN_LANG_TRUE) {
			all = t;
			break;
		}
		if (t == DBN_LANG_UNKNOWN)
			all = t;
	}
	return from_truth(negate(all, e->flags & DBN_XF_NOT));
}

/* LIKE as PostgreSQL has it: case counts, backslash escapes.  Iterative. */
static bool
like(dbn_text s, dbn_text p)
{
	size_t i = 0, k = 0, star = SIZE_MAX, mark = 0;

	while (i < s.len) {
		bool esc = k + 1 < p.len && p.ptr[k] == '\\';

		if (k < p.len && p.ptr[k] == '%') {
			star = ++k;
			mark = i;
		} else if (k < p.len && p.ptr[k] == '_') {
			k++;
			for (i++; i < s.len && ((unsigned char)s.ptr[i] & 0xc0) == 0x80; i++)
				;
		} else if (k < p.len && p.ptr[k + esc] == s.ptr[i]) {
			k += 1u + esc;
			i++;
		} else if (star != SIZE_MAX) {
			k = star;
			i = ++mark;
		} else {
			return false;
		}
	}
	while (k < p.len && p.ptr[k] == '%')
		k++;
	return k == p.len;
}

static dbn_value
extract(struct run *r, const dbn_sql_expr *e)
{
	dbn_value v = eval(r, e->args[e->nargs - 1]);
	dbn_text f = e->args[0]->kind == DBN_X_LITERAL ? dbn_text_of(&e->args[0]->value)
		: e->args[0]->text;
	int64_t us, days, y, rest;
	unsigned m, d;

	if (!time_of(&v, &us))
		return null();
	days = us / DAY_US - (us % DAY_US < 0);
	rest = us - days * DAY_US;
	dbn_civil_from_days(days, &y, &m, &d);
	if (dbn_text_ieqz(f, "year"))
		return dbn_v_i64(y);
	if (dbn_text_ieqz(f, "month"))
		return dbn_v_i64((int64_t)m);
	if (dbn_text_ieqz(f, "day"))
		return dbn_v_i64((int64_t)d);
	if (dbn_text_ieqz(f, "hour"))
		return dbn_v_i64(rest / 3600000000);
	if (dbn_text_ieqz(f, "minute"))
		return dbn_v_i64(rest / 60000000 % 60);
	if (dbn_text_ieqz(f, "second"))
		return dbn_v_i64(rest / 1000000 % 60);
	if (dbn_text_ieqz(f, "dow"))
		return dbn_v_i64(((days + 4) % 7 + 7) % 7);
	if (dbn_text_ieqz(f, "doy"))
		return dbn_v_i64(days - dbn_days_from_civil(y, 1, 1) + 1);
	if (dbn_text_ieqz(f, "epoch"))
		return dbn_v_f64((double)us / 1e6);
	return null();
}

static char *
scratch(struct run *r, size_t n)
{
	char *p = r->next;

	if (n > r->left)
		return NULL;
	r->next += n;
	r->left -= n;
	return p;
}

static dbn_value
fold(struct run *r, const dbn_sql_expr *e, bool up)
{
	dbn_value v = measured(eval(r, e->args[0]));
	const char *s = (const char *)v.u.ptr;
	char *p;

	if (v.type != DBN_TEXT || (p = scratch(r, (size_t)v.len)) == NULL)
		return null();
	for (size_t i = 0; i < v.len; i++)
		p[i] = up ? (s[i] >= 'a' && s[i] <= 'z' ? (char)(s[i] - 32) : s[i])
			: (char)dbn_ascii_lower((unsigned char)s[i]);
	return dbn_v_textn(dbn_text_n(p, (size_t)v.len));
}

static dbn_value
function(struct run *r, const dbn_sql_expr *e)
{
	if (dbn_text_ieqz(e->text, "extract") && e->nargs == 2)
		return extract(r, e);
	if (dbn_text_ieqz(e->text, "coalesce")) {
		for (uint32_t i = 0; i < e->nargs; i++) {
			dbn_value v = eval(r, e->args[i]);

			if (v.type != DBN_NULL)
				return v;
		}
		return null();
	}
	if (e->nargs == 1 && dbn_text_ieqz(e->text, "lower"))
		return fold(r, e, false);
	if (e->nargs == 1 && dbn_text_ieqz(e->text, "upper"))
		return fold(r, e, true);
	if (e->nargs == 1 && dbn_text_ieqz(e->text, "length")) {
		dbn_value v = measured(eval(r, e->args[0]));
		int64_t n = 0;

		if (v.type != DBN_TEXT)
			return null();
		for (uint64_t i = 0; i < v.len; i++)
			n += (((const unsigned char *)v.u.ptr)[i] & 0xc0) != 0x80;
		return dbn_v_i64(n);
	}
	if (e->nargs == 1 && dbn_text_ieqz(e->text, "abs")) {
		dbn_value v = eval(r, e->args[0]);

		if (v.type == DBN_INT64 && v.u.i64 != INT64_MIN)
			return dbn_v_i64(v.u.i64 < 0 ? -v.u.i64 : v.u.i64);
		return v.type == DBN_DOUBLE ? dbn_v_f64(v.u.f64 < 0 ? -v.u.f64 : v.u.f64) : null();
	}
	return null();
}

static dbn_value
logic(struct run *r, const dbn_sql_expr *e)
{
	uint32_t stop = e->op == DBN_OP_OR ? DBN_LANG_TRUE : DBN_LANG_FALSE, all = !stop;

	for (uint32_t i = 0; i < e->nargs; i++) {
		dbn_value v = eval(r, e->args[i]);
		uint32_t t = truth(&v);

		if (t == stop)
			return from_truth(t);
		if (t == DBN_LANG_UNKNOWN)
			all = t;
	}
	return from_truth(all);
}

static dbn_value
arith_one(uint32_t op, const dbn_value *a, const dbn_value *b)
{
	int64_t n;
	long double x, y;

	if (a->type == DBN_INT64 && b->type == DBN_INT64) {
		if (op == DBN_OP_ADD)
			return __builtin_add_overflow(a->u.i64, b->u.i64, &n) ? null() : dbn_v_i64(n);
		if (op == DBN_OP_SUB)
			return __builtin_sub_overflow(a->u.i64, b->u.i64, &n) ? null() : dbn_v_i64(n);
		if (op == DBN_OP_MUL)
			return __builtin_mul_overflow(a->u.i64, b->u.i64, &n) ? null() : dbn_v_i64(n);
		if (!b->u.i64 || (a->u.i64 == INT64_MIN && b->u.i64 == -1))
			return null();
		if (op == DBN_OP_DIV)
			return dbn_v_i64(a->u.i64 / b->u.i64);
		return op == DBN_OP_MOD ? dbn_v_i64(a->u.i64 % b->u.i64) : null();
	}
	if (!number_of(a, &x) || !number_of(b, &y))
		return null();
	if (op == DBN_OP_ADD)
		return dbn_v_f64((double)(x + y));
	if (op == DBN_OP_SUB)
		return dbn_v_f64((double)(x - y));
	if (op == DBN_OP_MUL)
		return dbn_v_f64((double)(x * y));
	return op == DBN_OP_DIV && y != 0 ? dbn_v_f64((double)(x / y)) : null();
}

static dbn_value
concat(struct run *r, const dbn_value *a0, const dbn_value *b0)
{
	dbn_value a = measured(*a0), b = measured(*b0);
	char *p;

	if (a.type != DBN_TEXT || b.type != DBN_TEXT ||
		(p = scratch(r, (size_t)(a.len + b.len))) == NULL)
		return null();
	if (a.len)
		memcpy(p, a.u.ptr, (size_t)a.len);
	if (b.len)
		memcpy(p + a.len, b.u.ptr, (size_t)b.len);
	return dbn_v_textn(dbn_text_n(p, (size_t)(a.len + b.len)));
}

static dbn_value
chain(struct run *r, const dbn_sql_expr *e)
{
	dbn_value v;

	if (e->op == DBN_OP_AND || e->op == DBN_OP_OR)
		return logic(r, e);
	v = eval(r, e->args[0]);
	for (uint32_t i = 1; i < e->nargs; i++) {
		dbn_value b = eval(r, e->args[i]);
		uint32_t op = e->ops ? e->ops[i] : e->op;

		v = op == DBN_OP_CONCAT ? concat(r, &v, &b) : arith_one(op, &v, &b);
	}
	return v;
}

static dbn_value
choose(struct run *r, const dbn_sql_expr *e)
{
	uint32_t base = e->flags & DBN_XF_BASE ? 1 : 0, n = e->nargs - (e->flags & DBN_XF_ELSE ? 1 : 0);
	dbn_value b = base ? eval(r, e->args[0]) : null();

	for (uint32_t i = base; i + 1 < n; i += 2) {
		dbn_value w = eval(r, e->args[i]);
		uint32_t t = base ? compare(DBN_OP_EQ, &b, &w) : truth(&w);

		if (t == DBN_LANG_TRUE)
			return eval(r, e->args[i + 1]);
	}
	return n < e->nargs ? eval(r, e->args[n]) : null();
}

static dbn_value
is(struct run *r, const dbn_sql_expr *e)
{
	dbn_value a = eval(r, e->args[0]), b = eval(r, e->args[1]);
	bool same;

	if (a.type == DBN_NULL || b.type == DBN_NULL)
		same = a.type == b.type;
	else
		same = compare(DBN_OP_EQ, &a, &b) == DBN_LANG_TRUE;
	return boolean(e->flags & DBN_XF_NOT ? !same : same); /* NOT: they differ */
}

static dbn_value
tests(struct run *r, const dbn_sql_expr *e)
{
	dbn_value a = eval(r, e->args[0]), b, c;
	uint32_t t, u;
	bool neg = e->flags & DBN_XF_NOT;

	switch (e->kind) {
	case DBN_X_COMPARE:
		b = eval(r, e->args[1]);
		a = measured(a);
		b = measured(b);
		return from_truth(compare(e->op, &a, &b));
	case DBN_X_BETWEEN:
		b = eval(r, e->args[1]);
		c = eval(r, e->args[2]);
		t = compare(DBN_OP_GE, &a, &b);
		u = compare(DBN_OP_LE, &a, &c);
		t = t == DBN_LANG_FALSE || u == DBN_LANG_FALSE ? DBN_LANG_FALSE
			: t == DBN_LANG_TRUE && u == DBN_LANG_TRUE ? DBN_LANG_TRUE : DBN_LANG_UNKNOWN;
		return from_truth(negate(t, neg));
	case DBN_X_IS_NULL:
		return boolean((a.type == DBN_NULL) != neg);
	case DBN_X_IS_TRUTH:
		return boolean((truth(&a) == (e->op == DBN_OP_TRUE ? DBN_LANG_TRUE : DBN_LANG_FALSE)) != neg);
	default:
		b = measured(eval(r, e->args[1]));
		a = measured(a);
		if (a.type != DBN_TEXT || b.type != DBN_TEXT || e->nargs > 2 || e->op != DBN_OP_LIKE)
			return null();
		return boolean(like(dbn_text_of(&a), dbn_text_of(&b)) != neg);
	}
}

static dbn_value
unary(struct run *r, const dbn_sql_expr *e)
{
	dbn_value v = eval(r, e->args[0]), zero = dbn_v_i64(0);

	if (e->op == DBN_OP_NOT)
		return from_truth(negate(truth(&v), true));
	if (e->op == DBN_OP_NEG)
		return arith_one(DBN_OP_SUB, &zero, &v);
	return e->op == DBN_OP_POS ? v : null();
}

static dbn_value
eval(struct run *r, const dbn_sql_expr *e)
{
	dbn_value v = null();

	if (++r->depth > DBN_LANG_DEPTH) {
		r->depth--;
		return v;
	}
	switch (e->kind) {
	case DBN_X_LITERAL:
		v = measured(e->value);
		break;
	case DBN_X_VARIABLE:
		v = measured(variable(r, e));
		break;
	case DBN_X_UNARY:
		v = unary(r, e);
		break;
	case DBN_X_COMPARE:
	case DBN_X_BETWEEN:
	case DBN_X_IS_NULL:
	case DBN_X_IS_TRUTH:
	case DBN_X_LIKE:
		v = tests(r, e);
		break;
	case DBN_X_CHAIN:
		v = chain(r, e);
		break;
	case DBN_X_FUNC:
		v = function(r, e);
		break;
	case DBN_X_CASE:
		v = choose(r, e);
		break;
	case DBN_X_IN_LIST:
		v = in_list(r, e);
		break;
	case DBN_X_IS:
		v = is(r, e);
		break;
	default:
		break; /* not computed here: unknown */
	}
	r->depth--;
	return v;
}

uint32_t
dbn_lang_eval(const dbn_sql_expr *e, const dbn_lang_env *env)
{
	char buf[SCRATCH];
	struct run r = { env, buf, sizeof(buf), 0 };
	dbn_value v = eval(&r, e);

	return truth(&v);
}
