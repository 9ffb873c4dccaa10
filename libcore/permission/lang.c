/* SPDX-License-Identifier: MIT */
/*
 * Reading a policy expression: syntax by sql/, then variables, functions and
 * types here.  There is no implicit conversion between text and numbers.
 */
#include "permission/lang.h"

struct checker {
	const dbn_lang *l;
	dbn_arena *a;
	dbn_lang_facts *facts;
	size_t cap;
	uint32_t flags, depth;
	dbn_error **err;
};

static dbn_status check(struct checker *c, dbn_sql_expr *e);

uint32_t
dbn_lang_class(dbn_type t)
{
	switch (t) {
	case DBN_NULL:
	case DBN_EXTENSION:
		return DBN_LC_ANY;
	case DBN_BOOL:
		return DBN_LC_BOOL;
	case DBN_INT64:
	case DBN_UINT64:
	case DBN_FLOAT:
	case DBN_DOUBLE:
	case DBN_DECIMAL:
		return DBN_LC_NUMBER;
	case DBN_TEXT:
		return DBN_LC_TEXT;
	case DBN_BYTES:
		return DBN_LC_BYTES;
	case DBN_DATE:
	case DBN_TIMESTAMP:
	case DBN_TIMESTAMPTZ:
		return DBN_LC_TIME;
	case DBN_ARRAY:
	case DBN_LIST:
		return DBN_LC_ARRAY;
	default:
		return DBN_LC_OTHER;
	}
}

uint32_t
dbn_lang_variable(const dbn_lang *l, dbn_text name, dbn_type *type, dbn_type *element)
{
	static const struct {
		const char *name;
		uint32_t var;
		dbn_type type, element;
	} fixed[] = {
		{ "user.id", DBN_LANG_USER_ID, DBN_TEXT, DBN_NULL },
		{ "user.roles", DBN_LANG_ROLES, DBN_ARRAY, DBN_TEXT },
		{ "client.address", DBN_LANG_ADDRESS, DBN_TEXT, DBN_NULL },
		{ "client.name", DBN_LANG_NAME, DBN_TEXT, DBN_NULL },
		{ "client.tls", DBN_LANG_TLS, DBN_BOOL, DBN_NULL },
		{ "op", DBN_LANG_OP, DBN_TEXT, DBN_NULL },
		{ "now", DBN_LANG_NOW, DBN_TIMESTAMPTZ, DBN_NULL }
	};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		if (!dbn_text_eqz(name, fixed[i].name))
			continue;
		*type = fixed[i].type;
		*element = fixed[i].element;
		return fixed[i].var;
	}
	if (name.len < 5 || memcmp(name.ptr, "user.", 5) != 0)
		return 0;
	for (uint32_t i = 0; i < l->nattrs; i++) {
		if (!dbn_text_eq(dbn_text_n(name.ptr + 5, name.len - 5), l->attrs[i].name))
			continue;
		*type = l->attrs[i].type;
		*element = l->attrs[i].element;
		return DBN_LANG_ATTR + i;
	}
	return 0;
}

const dbn_sql_expr *
dbn_lang_array_of(const dbn_sql_expr *e)
{
	if (e->kind == DBN_X_IN_LIST && e->nargs == 2 && e->args[1]->kind == DBN_X_VARIABLE &&
		e->args[1]->type == DBN_ARRAY)
		return e->args[1];
	return NULL;
}

static uint32_t
class_of_args(const dbn_sql_expr *e, uint32_t from, uint32_t step)
{
	for (uint32_t i = from; i < e->nargs; i += step) {
		uint32_t c = dbn_lang_class_of(e->args[i]);

		if (c != DBN_LC_ANY)
			return c;
	}
	return DBN_LC_ANY;
}

static uint32_t
class_of_column(const dbn_sql_expr *e)
{
	dbn_sql_outcol col;

	if (!e->from || !dbn_sql_from_col(e->from, e->index, &col))
		return DBN_LC_ANY;
	return dbn_lang_class(col.type);
}

/* Functions that give what their arguments are. */
static uint32_t
class_of_func(const dbn_sql_expr *e)
{
	const dbn_sql_func_fact *f = dbn_sql_function(dbn_sql_dialect_policy(), e->text);

	if (f && f->type != DBN_NULL)
		return dbn_lang_class(f->type);
	if (dbn_text_ieqz(e->text, "coalesce") || dbn_text_ieqz(e->text, "nullif"))
		return class_of_args(e, 0, 1);
	return dbn_lang_class(e->type);
}

uint32_t
dbn_lang_class_of(const dbn_sql_expr *e)
{
	uint32_t base;

	switch (e->kind) {
	case DBN_X_LITERAL:
		return dbn_lang_class(e->value.type);
	case DBN_X_VARIABLE:
	case DBN_X_CAST:
	case DBN_X_PARAM:
		return dbn_lang_class(e->type);
	case DBN_X_COLUMN:
		return class_of_column(e);
	case DBN_X_UNARY:
		return e->op == DBN_OP_NOT ? DBN_LC_BOOL : DBN_LC_NUMBER;
	case DBN_X_CHAIN:
		if (e->op == DBN_OP_AND || e->op == DBN_OP_OR)
			return DBN_LC_BOOL;
		if (e->op == DBN_OP_CONCAT)
			return DBN_LC_TEXT;
		return e->op == DBN_OP_JSON || e->op == DBN_OP_JSON_TEXT ? DBN_LC_ANY : DBN_LC_NUMBER;
	case DBN_X_FUNC:
		return class_of_func(e);
	case DBN_X_CASE:
		base = e->flags & DBN_XF_BASE ? 1 : 0;
		return class_of_args(e, base + 1, 2);
	case DBN_X_SUBQUERY:
		return e->query && e->query->ncols == 1 && e->query->cols
			? dbn_lang_class(e->query->cols[0].type) : DBN_LC_ANY;
	case DBN_X_COLLATE:
		return dbn_lang_class_of(e->args[0]);
	case DBN_X_ROW:
		return DBN_LC_ANY;
	default:
		return DBN_LC_BOOL;
	}
}

static const char *
class_name(uint32_t c)
{
	static const char *const names[] = { "anything", "a boolean", "a number", "text", "bytes",
		"a time", "another type", "a list" };

	return names[c <= DBN_LC_ARRAY ? c : 0];
}

static dbn_status
no(struct checker *c, const dbn_sql_expr *e, const char *what)
{
	return dbn_fail_at(c->err, DBN_E_SYNTAX, e->pos, NULL, "%s", what);
}

/* A literal text may stand for what is written as one: a date, a uuid. */
static bool
text_literal(const dbn_sql_expr *e, uint32_t other)
{
	return e->kind == DBN_X_LITERAL && e->value.type == DBN_TEXT &&
		(other == DBN_LC_TIME || other == DBN_LC_OTHER);
}

static dbn_status
fit(struct checker *c, const dbn_sql_expr *at, const dbn_sql_expr *l, const dbn_sql_expr *r)
{
	uint32_t a = dbn_lang_class_of(l), b = dbn_lang_class_of(r);

	if (a == DBN_LC_ANY || b == DBN_LC_ANY || a == b || text_literal(l, b) || text_literal(r, a))
		return DBN_OK;
	return dbn_fail_at(c->err, DBN_E_SYNTAX, at->pos, "Compare like with like, or use CAST.",
		"%s is set against %s", class_name(a), class_name(b));
}

static dbn_status
want(struct checker *c, const dbn_sql_expr *e, uint32_t class)
{
	uint32_t is = dbn_lang_class_of(e);

	if (is == class || is == DBN_LC_ANY || class == DBN_LC_ANY)
		return DBN_OK;
	return dbn_fail_at(c->err, DBN_E_SYNTAX, e->pos, NULL, "%s where %s belongs",
		class_name(is), class_name(class));
}

static dbn_status
note_attr(struct checker *c, uint32_t number)
{
	dbn_lang_facts *f = c->facts;

	for (uint32_t i = 0; i < f->nattrs; i++)
		if (f->attrs[i] == number)
			return DBN_OK;
	if (!dbn_arena_grow(c->a, &f->attrs, &c->cap, (size_t)f->nattrs + 1, sizeof(*f->attrs)))
		return dbn_fail_nomem(c->err);
	f->attrs[f->nattrs++] = number;
	return DBN_OK;
}

static dbn_status
variable(struct checker *c, dbn_sql_expr *e)
{
	dbn_type type, element;
	uint32_t var = dbn_lang_variable(c->l, e->text, &type, &element);

	if (!var)
		return dbn_fail_at(c->err, DBN_E_SYNTAX, e->pos,
			"There are $user.id, $user.roles, $user.<declared attribute>, $client.address, "
			"$client.name, $client.tls, $op and $now.",
			"no variable \"$%.*s\"", DBN_TEXT_ARG(e->text));
	if (!c->facts)
		return DBN_OK;
	e->type = type;
	e->index = var;
	c->facts->now |= var == DBN_LANG_NOW;
	c->facts->op |= var == DBN_LANG_OP;
	return var >= DBN_LANG_ATTR ? note_attr(c, var - DBN_LANG_ATTR) : DBN_OK;
}

/* x = ANY($v), x [NOT] IN ($v): elements like x; the list itself nowhere else. */
static dbn_status
array_test(struct checker *c, dbn_sql_expr *e, const dbn_sql_expr *var)
{
	dbn_type type, element;
	uint32_t a;
	dbn_status rc = check(c, e->args[0]);

	if (rc != DBN_OK)
		return rc;
	(void)dbn_lang_variable(c->l, var->text, &type, &element);
	a = dbn_lang_class_of(e->args[0]);
	if (a != DBN_LC_ANY && a != dbn_lang_class(element))
		return dbn_fail_at(c->err, DBN_E_SYNTAX, e->pos, NULL, "%s is set against a list of %s",
			class_name(a), class_name(dbn_lang_class(element)));
	return DBN_OK;
}

static dbn_status
check_args(struct checker *c, dbn_sql_expr *e)
{
	for (uint32_t i = 0; i < e->nargs; i++) {
		dbn_status rc = check(c, e->args[i]);

		if (rc != DBN_OK)
			return rc;
		if (e->args[i]->kind == DBN_X_VARIABLE && dbn_lang_class_of(e->args[i]) == DBN_LC_ARRAY)
			return dbn_fail_at(c->err, DBN_E_SYNTAX, e->args[i]->pos,
				"Write x = ANY($v) or x IN ($v).", "a list stands where one value belongs");
	}
	return DBN_OK;
}

static dbn_status
check_func(struct checker *c, const dbn_sql_expr *e)
{
	const dbn_sql_func_fact *f = dbn_sql_function(dbn_sql_dialect_policy(), e->text);
	const dbn_sql_func_fact *g = dbn_sql_function(dbn_sql_dialect_get(DBN_DIALECT_SQLITE), e->text);

	if (!f)
		f = g;
	if (!f)
		return dbn_fail_at(c->err, DBN_E_SYNTAX, e->pos, NULL,
			"function \"%.*s\" is not part of the policy language", DBN_TEXT_ARG(e->text));
	if (!(f->flags & DBN_FN_PURE) && !(f->flags & DBN_FN_AGGREGATE))
		return dbn_fail_at(c->err, DBN_E_SYNTAX, e->pos, "Use $now for the time.",
			"function \"%.*s\" is not the same for the same arguments", DBN_TEXT_ARG(e->text));
	return DBN_OK;
}

static dbn_status
check_chain(struct checker *c, const dbn_sql_expr *e)
{
	uint32_t class = e->op == DBN_OP_AND || e->op == DBN_OP_OR ? DBN_LC_BOOL
		: e->op == DBN_OP_CONCAT ? DBN_LC_TEXT
		: e->op == DBN_OP_JSON || e->op == DBN_OP_JSON_TEXT ? DBN_LC_ANY : DBN_LC_NUMBER;

	for (uint32_t i = 0; i < e->nargs; i++) {
		dbn_status rc = want(c, e->args[i], class);

		if (rc != DBN_OK)
			return rc;
	}
	return DBN_OK;
}

static dbn_status
check_case(struct checker *c, const dbn_sql_expr *e)
{
	uint32_t base = e->flags & DBN_XF_BASE ? 1 : 0, n = e->nargs - (e->flags & DBN_XF_ELSE ? 1 : 0);

	for (uint32_t i = base; i + 1 < n; i += 2) {
		dbn_status rc = base ? fit(c, e->args[i], e->args[0], e->args[i])
			: want(c, e->args[i], DBN_LC_BOOL);

		if (rc != DBN_OK)
			return rc;
	}
	return DBN_OK;
}

static dbn_status
check_fits(struct checker *c, const dbn_sql_expr *e)
{
	for (uint32_t i = 1; i < e->nargs; i++) {
		dbn_status rc = fit(c, e, e->args[0], e->args[i]);

		if (rc != DBN_OK)
			return rc;
	}
	return DBN_OK;
}

static dbn_status
check_texts(struct checker *c, const dbn_sql_expr *e)
{
	for (uint32_t i = 0; i < e->nargs; i++) {
		dbn_status rc = want(c, e->args[i], DBN_LC_TEXT);

		if (rc != DBN_OK)
			return rc;
	}
	return DBN_OK;
}

static dbn_status
check_kind(struct checker *c, dbn_sql_expr *e)
{
	switch (e->kind) {
	case DBN_X_UNARY:
		return want(c, e->args[0], e->op == DBN_OP_NOT ? DBN_LC_BOOL : DBN_LC_NUMBER);
	case DBN_X_COMPARE:
	case DBN_X_IN_LIST:
	case DBN_X_BETWEEN:
	case DBN_X_IS:
		return check_fits(c, e);
	case DBN_X_CHAIN:
		return check_chain(c, e);
	case DBN_X_FUNC:
		return check_func(c, e);
	case DBN_X_CASE:
		return check_case(c, e);
	case DBN_X_IS_TRUTH:
		return want(c, e->args[0], DBN_LC_BOOL);
	case DBN_X_LIKE:
		return check_texts(c, e);
	default:
		return DBN_OK;
	}
}

static dbn_status
check_node(struct checker *c, dbn_sql_expr *e)
{
	dbn_status rc;

	if (e->kind == DBN_X_IN_LIST && e->nargs == 2 && e->args[1]->kind == DBN_X_VARIABLE) {
		rc = variable(c, e->args[1]);
		if (rc != DBN_OK || dbn_lang_array_of(e))
			return rc == DBN_OK ? array_test(c, e, e->args[1]) : rc;
	}
	switch (e->kind) {
	case DBN_X_PARAM:
		return no(c, e, "a policy has no placeholders");
	case DBN_X_STAR:
		return no(c, e, "\"*\" is not a value");
	case DBN_X_VARIABLE:
		return variable(c, e);
	case DBN_X_COLUMN:
		if (c->flags & DBN_LANG_NO_COLUMNS)
			return dbn_fail_at(c->err, DBN_E_SYNTAX, e->pos, NULL,
				"a column (\"%.*s\") has no place here: there is no row", DBN_TEXT_ARG(e->text));
		if (c->facts)
			c->facts->columns = true;
		return DBN_OK;
	case DBN_X_IN_QUERY:
	case DBN_X_EXISTS:
	case DBN_X_SUBQUERY:
		if (c->flags & DBN_LANG_NO_COLUMNS)
			return no(c, e, "a subquery has no place here");
		if (c->facts)
			c->facts->subqueries = true;
		break;
	default:
		break;
	}
	rc = check_args(c, e);
	return rc == DBN_OK ? check_kind(c, e) : rc;
}

static dbn_status
check(struct checker *c, dbn_sql_expr *e)
{
	dbn_status rc;

	if (!e)
		return DBN_OK;
	if (++c->depth > DBN_LANG_DEPTH)
		return dbn_fail_at(c->err, DBN_E_LIMIT, e->pos, NULL, "nested more than %d deep",
			DBN_LANG_DEPTH);
	rc = check_node(c, e);
	c->depth--;
	return rc;
}

/* Inside of subqueries: check every expression from its top. */
static dbn_status
visit(dbn_sql_expr **e, void *user)
{
	struct checker *c = (struct checker *)user;
	dbn_status rc;

	if ((*e)->kind == DBN_X_STAR)
		return DBN_OK;
	rc = check(c, *e);
	return rc;
}

static dbn_status
check_all(struct checker *c, dbn_sql_expr **e, uint32_t class)
{
	dbn_sql_visitor v = { .expr = visit, .user = c };
	dbn_status rc = check(c, *e);

	if (rc == DBN_OK)
		rc = want(c, *e, class);
	if (rc == DBN_OK && c->facts && c->facts->subqueries) {
		rc = dbn_sql_walk_expr(e, &v);
		if (rc != DBN_OK && c->err && !*c->err)
			rc = dbn_fail(c->err, rc, "the expression is nested too deep");
	}
	return rc;
}

dbn_status
dbn_lang_parse(dbn_arena *a, const dbn_lang *l, dbn_text text, uint32_t class, uint32_t flags,
	dbn_sql_expr **out, dbn_lang_facts *facts, dbn_error **err)
{
	static const dbn_sql_limits limits = { 65536, 8192, 100, 4096, 1, 0 };
	dbn_error *own = NULL;
	struct checker c = { l, a, facts, 0, flags, 0, err ? err : &own };
	dbn_status rc;

	memset(facts, 0, sizeof(*facts));
	rc = dbn_sql_parse_expr(a, dbn_sql_dialect_policy(), &limits, text, out, c.err);
	if (rc == DBN_OK)
		rc = check_all(&c, out, class);
	dbn_error_free(own);
	return rc;
}

dbn_status
dbn_lang_check(const dbn_lang *l, const dbn_sql_expr *e, uint32_t class, dbn_error **err)
{
	dbn_error *own = NULL;
	struct checker c = { l, NULL, NULL, 0, 0, 0, err ? err : &own };
	dbn_sql_expr *top = (dbn_sql_expr *)(uintptr_t)e;
	dbn_status rc = check_all(&c, &top, class);

	dbn_error_free(own);
	return rc;
}
