/* SPDX-License-Identifier: MIT */
/*
 * A rule's expression, bound to a relation and said in the dialect: variables
 * become parameters, text compares exactly, LIKE minds case.  What cannot be
 * said exactly refuses the relation.
 */
#include "plan/rewrite_impl.h"

struct binding {
	dbn__rw *rw;
	dbn__rel *rel;
	const dbn_policy_rule *rule;
	const char *what;
};

static dbn_status
refuse(struct binding *b, const char *hint, const char *why)
{
	return dbn_fail_where(b->rw->err, DBN_E_CONFIG, b->rule->where.ptr, hint,
		"rule \"%s\" on \"%.*s\": %s: %s", b->rule->id.ptr,
		DBN_TEXT_ARG(b->rel->orig->name.name), b->what, why);
}

static dbn_status
refuse_by(struct binding *b, dbn_error *cause, dbn_status rc)
{
	if (rc == DBN_E_NOMEM || rc == DBN_E_CONN || rc == DBN_E_TIMEOUT || rc == DBN_E_CANCELLED ||
		rc == DBN_E_BUSY) {
		if (b->rw->err)
			*b->rw->err = cause;
		else
			dbn_error_free(cause);
		return rc;
	}
	rc = refuse(b, dbn_error_hint(cause), dbn_error_message(cause));
	dbn_error_free(cause);
	return rc;
}

static dbn_status
var_type(void *user, dbn_text name, dbn_type *type, dbn_error **err)
{
	struct binding *b = (struct binding *)user;
	dbn_var var;
	dbn_type element;

	return dbn_subject_variable(b->rw->in->subject, name, &var, type, &element, err);
}

/* The parameter of a variable: one for all its uses. */
static dbn_sql_expr *
param_of(dbn__rw *rw, const dbn_var *var)
{
	dbn_sql_expr *p;

	for (uint32_t i = 0; i < rw->out->nextra; i++) {
		const dbn_var *x = &rw->out->extra[i];

		if (x->source == var->source && x->index == var->index && x->type == var->type &&
			x->list == var->list)
			return dbn_sql_param(rw->a, rw->s->nparams + i + 1, var->type);
	}
	if (!dbn_arena_grow(rw->a, &rw->out->extra, &rw->vars_cap, (size_t)rw->out->nextra + 1,
		sizeof(*rw->out->extra)))
		return NULL;
	p = dbn_sql_param_add(rw->s, var->type);
	rw->out->extra[rw->out->nextra++] = *var;
	rw->out->uses_now |= var->source == DBN_VAR_NOW;
	return p;
}

static const char *
op_word(uint32_t action)
{
	return action == DBN_ACT_READ ? "read" : action == DBN_ACT_INSERT ? "insert"
		: action == DBN_ACT_UPDATE ? "update" : "delete";
}

static dbn_status
variable(struct binding *b, dbn_sql_expr **e)
{
	dbn_error *cause = NULL;
	dbn_var var;
	dbn_type type, element;
	dbn_status rc = dbn_subject_variable(b->rw->in->subject, (*e)->text, &var, &type, &element,
		&cause);
	uint32_t pos = (*e)->pos;
	bool bare = (*e)->flags & DBN_XF_BARE;

	if (rc != DBN_OK)
		return refuse_by(b, cause, rc);
	if (var.source)
		*e = param_of(b->rw, &var);
	else
		*e = dbn_sql_literal_text(b->rw->a, dbn_text_z(op_word(b->rw->action)));
	if (!*e)
		return dbn__rw_nomem(b->rw);
	(*e)->pos = pos;
	if (var.source && !bare)
		(*e)->flags |= DBN_XF_CAST;
	return DBN_OK;
}

/* x IN ($list): the roles written out, an attribute as one parameter that expands. */
static dbn_status
array_list(struct binding *b, dbn_sql_expr **at)
{
	dbn_sql_expr *e = *at, *p;
	const dbn_subject *s = b->rw->in->subject;
	dbn_error *cause = NULL;
	dbn_var var;
	dbn_type type, element;
	dbn_status rc = dbn_subject_variable(s, e->args[1]->text, &var, &type, &element, &cause);
	dbn_sql_expr **args;

	if (rc != DBN_OK)
		return refuse_by(b, cause, rc);
	if ((!var.source && !s->nroles) || (var.source &&
		dbn_subject_array_empty(s, var.index, b->rw->in->conditions))) {
		*at = dbn_sql_literal_bool(b->rw->a, (e->flags & DBN_XF_NOT) != 0);
		return *at ? DBN_OK : dbn__rw_nomem(b->rw);
	}
	args = dbn_arena_array(b->rw->a, var.source ? 2 : s->nroles + 1, sizeof(*args));
	if (!args)
		return dbn__rw_nomem(b->rw);
	args[0] = e->args[0];
	if (var.source) {
		p = param_of(b->rw, &var);
		if (!p)
			return dbn__rw_nomem(b->rw);
		p->flags |= DBN_XF_LIST;
		args[1] = p;
		e->nargs = 2;
	} else {
		for (size_t i = 0; i < s->nroles; i++) {
			args[i + 1] = dbn_sql_literal_text(b->rw->a, s->roles[i]);
			if (!args[i + 1])
				return dbn__rw_nomem(b->rw);
		}
		e->nargs = (uint32_t)s->nroles + 1;
	}
	e->args = args;
	return DBN_OK;
}

/* ---- text compares exactly ---- */

static bool
is_identity(const dbn_sql_expr *e)
{
	return e->kind == DBN_X_VARIABLE && e->text.len > 5 && memcmp(e->text.ptr, "user.", 5) == 0;
}

static const dbn_sql_column *
column_of(const dbn_sql_expr *e)
{
	dbn_sql_outcol c;

	if (e->kind != DBN_X_COLUMN || !e->from || !dbn_sql_from_col(e->from, e->index, &c) || !c.rel)
		return NULL;
	return &c.rel->columns[c.ordinal];
}

static bool
textual(const dbn_sql_column *c)
{
	return c->type == DBN_TEXT || c->type == DBN_NULL || c->type == DBN_JSON || c->type == DBN_ENUM;
}

dbn_sql_expr *
dbn__rw_exact(dbn__rw *rw, dbn_sql_expr *e)
{
	dbn_sql_expr *x = dbn_sql_expr_new(rw->a, DBN_X_COLLATE, 0, e->pos, 1);

	if (!x)
		return NULL;
	x->text = dbn_text_z(rw->in->dialect->collations[0]);
	x->args[0] = e;
	x->type = e->type;
	return x;
}

/* MariaDB compares two parameters by the character set's own collation, whatever
 * the connection's is; beside a column the column's counts. */
static dbn_status
exact_values(struct binding *b, dbn_sql_expr *e)
{
	bool column = false;

	for (uint32_t i = 0; i < e->nargs; i++)
		column |= column_of(e->args[i]) != NULL;
	if (column || b->rw->in->dialect->id != DBN_DIALECT_MYSQL)
		return DBN_OK;
	for (uint32_t i = 0; i < e->nargs; i++) {
		if (e->args[i]->kind != DBN_X_VARIABLE || dbn_lang_class_of(e->args[i]) != DBN_LC_TEXT ||
			dbn_lang_array_of(e) == e->args[i])
			continue;
		e->args[i] = dbn__rw_exact(b->rw, e->args[i]);
		return e->args[i] ? DBN_OK : dbn__rw_nomem(b->rw);
	}
	return DBN_OK;
}

static dbn_status
exact(struct binding *b, dbn_sql_expr *e)
{
	bool identity = false, text = false;
	dbn_status rc = exact_values(b, e);

	if (rc != DBN_OK)
		return rc;

	for (uint32_t i = 0; i < e->nargs; i++) {
		identity |= is_identity(e->args[i]);
		text |= dbn_lang_class_of(e->args[i]) == DBN_LC_TEXT ||
			(e->args[i]->kind == DBN_X_VARIABLE && dbn_lang_array_of(e) == e->args[i]);
	}
	for (uint32_t i = 0; i < e->nargs; i++) {
		const dbn_sql_column *c = column_of(e->args[i]);
		dbn_sql_expr *x;

		if (!c || (c->flags & DBN_COL_BINARY) || !textual(c) || (!text && c->type != DBN_TEXT))
			continue;
		if (identity)
			return refuse(b, "Give the column a binary collation.",
				"a column compared with an identity value must compare byte by byte");
		if (c->type != DBN_TEXT && b->rw->in->dialect->id != DBN_DIALECT_SQLITE)
			continue; /* json, enumerations: their own equality */
		x = dbn__rw_exact(b->rw, e->args[i]);
		if (!x)
			return dbn__rw_nomem(b->rw);
		if (b->rw->in->dialect->id == DBN_DIALECT_POSTGRES) /* character(n) ignores blanks */
			x->args[0] = dbn_sql_cast(b->rw->a, e->args[i], "text", DBN_TEXT);
		if (!x->args[0])
			return dbn__rw_nomem(b->rw);
		e->args[i] = x;
	}
	return DBN_OK;
}

/* Beside a column a variable is of the column's type, which the server knows. */
static void
beside_column(dbn_sql_expr *e)
{
	bool column = false;

	for (uint32_t i = 0; i < e->nargs; i++)
		column |= column_of(e->args[i]) != NULL;
	for (uint32_t i = 0; column && i < e->nargs; i++)
		if (e->args[i]->kind == DBN_X_VARIABLE)
			e->args[i]->flags |= DBN_XF_BARE;
}

/* ---- forms that this dialect says otherwise ---- */

/* A LIKE pattern as GLOB says it; false: out of memory. */
static bool
glob_of(dbn_text like, dbn_str *out)
{
	for (size_t i = 0; i < like.len; i++) {
		char c = like.ptr[i];

		if (c == '\\' && i + 1 < like.len)
			c = like.ptr[++i];
		else if (c == '%' || c == '_') {
			dbn_str_addc(out, c == '%' ? '*' : '?');
			continue;
		}
		if (c == '*' || c == '?' || c == '[')
			dbn_str_addf(out, "[%c]", c);
		else
			dbn_str_addc(out, c);
	}
	return out->status == DBN_OK;
}

/* A backslash escapes in a policy's patterns; on MySQL only where that is said. */
static dbn_status
escaped(struct binding *b, dbn_sql_expr *e)
{
	dbn_sql_expr **args = dbn_arena_array(b->rw->a, 3, sizeof(*args));

	if (!args)
		return dbn__rw_nomem(b->rw);
	args[0] = e->args[0];
	args[1] = e->args[1];
	args[2] = dbn_sql_literal_text(b->rw->a, DBN_TEXT_LIT("\\"));
	e->args = args;
	e->nargs = 3;
	return args[2] ? DBN_OK : dbn__rw_nomem(b->rw);
}

static dbn_status
like(struct binding *b, dbn_sql_expr *e)
{
	dbn_str pattern;
	dbn_status rc = DBN_OK;

	if (e->op != DBN_OP_LIKE)
		return DBN_OK;
	if (b->rw->in->dialect->id == DBN_DIALECT_MYSQL && e->nargs == 2)
		return escaped(b, e);
	if (b->rw->in->dialect->id != DBN_DIALECT_SQLITE)
		return DBN_OK;
	if (e->nargs != 2 || e->args[1]->kind != DBN_X_LITERAL || e->args[1]->value.type != DBN_TEXT)
		return refuse(b, "Write the pattern as a literal.",
			"LIKE that minds case needs a constant pattern on this database");
	dbn_str_init(&pattern, 1 << 16);
	if (!glob_of(dbn_text_of(&e->args[1]->value), &pattern))
		rc = dbn__rw_nomem(b->rw);
	if (rc == DBN_OK)
		e->args[1] = dbn_sql_literal_text(b->rw->a, dbn_text_n(pattern.ptr ? pattern.ptr : "",
			pattern.len));
	dbn_str_free(&pattern);
	if (rc == DBN_OK && !e->args[1])
		rc = dbn__rw_nomem(b->rw);
	e->op = DBN_OP_GLOB;
	return rc;
}

/* MySQL's own EXTRACT knows the units of the clock; days have functions. */
static dbn_status
mysql_extract(struct binding *b, dbn_sql_expr **at)
{
	static const char *const same[] = { "year", "month", "day", "hour", "minute", "second" };
	dbn_text unit = dbn_text_of(&(*at)->args[0]->value);
	dbn_sql_expr *e, *f;

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (dbn_text_ieqz(unit, same[i]))
			return DBN_OK;
	if (dbn_text_ieqz(unit, "doy")) {
		*at = dbn_sql_func(b->rw->a, "dayofyear", 1, (*at)->args[1]);
		return *at ? DBN_OK : dbn__rw_nomem(b->rw);
	}
	if (!dbn_text_ieqz(unit, "dow"))
		return refuse(b, NULL, "extract knows year, month, day, hour, minute, second, dow, doy");
	f = dbn_sql_func(b->rw->a, "dayofweek", 1, (*at)->args[1]);
	e = dbn_sql_expr_new(b->rw->a, DBN_X_CHAIN, DBN_OP_SUB, 0, 2);
	if (!e || !f)
		return dbn__rw_nomem(b->rw);
	e->args[0] = f;
	e->args[1] = dbn_sql_literal_int(b->rw->a, 1);
	e->type = DBN_INT64;
	*at = e;
	return e->args[1] ? DBN_OK : dbn__rw_nomem(b->rw);
}

/* extract(unit FROM x): CAST(strftime('%H', x) AS INTEGER). */
static dbn_status
extract(struct binding *b, dbn_sql_expr **at)
{
	static const char *const units[][2] = { { "year", "%Y" }, { "month", "%m" }, { "day", "%d" },
		{ "hour", "%H" }, { "minute", "%M" }, { "second", "%S" }, { "dow", "%w" }, { "doy", "%j" },
		{ "epoch", "%s" } };
	dbn_sql_expr *e = *at, *f = NULL;
	dbn_text unit = dbn_text_of(&e->args[0]->value);

	if (b->rw->in->dialect->id == DBN_DIALECT_MYSQL)
		return mysql_extract(b, at);
	if (b->rw->in->dialect->id != DBN_DIALECT_SQLITE)
		return DBN_OK;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!dbn_text_ieqz(unit, units[i][0]))
			continue;
		f = dbn_sql_func(b->rw->a, "strftime", 2,
			dbn_sql_literal_text(b->rw->a, dbn_text_z(units[i][1])), e->args[1]);
		f = dbn_sql_cast(b->rw->a, f, "INTEGER", DBN_INT64);
		if (!f)
			return dbn__rw_nomem(b->rw);
	}
	if (!f)
		return refuse(b, NULL, "extract knows year, month, day, hour, minute, second, dow, doy, epoch");
	*at = f;
	return DBN_OK;
}

/* What the policy language calls so must be the same thing here. */
static dbn_status
known_function(struct binding *b, dbn_sql_expr **at)
{
	dbn_sql_expr *e = *at;

	if (b->rw->in->dialect->id == DBN_DIALECT_SQLITE)
		return DBN_OK;
	if (!dbn_sql_function(dbn_sql_dialect_policy(), e->text) ||
		!dbn_sql_function(b->rw->in->dialect, e->text))
		return refuse(b, "Use a function of the policy language.",
			"a function that this database does not have in this sense");
	/* MySQL counts bytes by length(). */
	if (b->rw->in->dialect->id == DBN_DIALECT_MYSQL && dbn_text_ieqz(e->text, "length"))
		e->text = DBN_TEXT_LIT("char_length");
	return DBN_OK;
}

static dbn_status
adapt(dbn_sql_expr **at, void *user)
{
	struct binding *b = (struct binding *)user;
	dbn_sql_expr *e = *at;
	dbn_status rc;

	switch (e->kind) {
	case DBN_X_COMPARE:
	case DBN_X_IN_LIST:
	case DBN_X_BETWEEN:
	case DBN_X_IS:
	case DBN_X_LIKE:
		beside_column(e);
		rc = exact(b, e);
		if (rc == DBN_OK && e->kind == DBN_X_LIKE)
			rc = like(b, e);
		if (rc == DBN_OK && e->kind == DBN_X_IN_LIST && dbn_lang_array_of(e))
			rc = array_list(b, at);
		return rc;
	case DBN_X_VARIABLE:
		return variable(b, at);
	case DBN_X_FUNC:
		if (dbn_text_ieqz(e->text, "extract") && e->nargs == 2 && e->args[0]->kind == DBN_X_LITERAL)
			return extract(b, at);
		return known_function(b, at);
	default:
		return DBN_OK;
	}
}

static dbn_status
bind_now(struct binding *b, const dbn_sql_expr *e, uint32_t class, dbn_sql_expr **out)
{
	dbn__rw *rw = b->rw;
	dbn_sql_vars vars = { var_type, b };
	dbn_sql_visitor v = { .expr = adapt, .user = b };
	dbn_sql_result result;
	dbn_error *cause = NULL;
	dbn_status rc;

	*out = dbn_sql_expr_copy(rw->a, e);
	if (!*out)
		return dbn__rw_nomem(rw);
	memset(&result, 0, sizeof(result));
	rc = dbn_sql_resolve_expr(rw->a, rw->in->dialect, out, b->rel->row, rw->in->catalog, &vars,
		&result, &cause);
	if (rc == DBN_OK)
		rc = dbn_lang_check(dbn_subject_lang(rw->in->subject), *out, class, &cause);
	if (rc != DBN_OK)
		return refuse_by(b, cause, rc);
	rc = dbn_sql_walk_expr(out, &v);
	return rc == DBN_E_LIMIT ? refuse(b, NULL, "nested too deep") : rc;
}

dbn_sql_expr *
dbn__rw_bind(dbn__rw *rw, dbn__rel *rel, const dbn_policy_rule *r, const dbn_sql_expr *e,
	uint32_t class, const char *what)
{
	struct binding b = { rw, rel, r, what };
	dbn_sql_expr *now = NULL;
	dbn_status rc;

	for (size_t i = 0; i < rel->nbound; i++)
		if (rel->bound[i].was == e)
			return rel->bound[i].now;
	rc = bind_now(&b, e, class, &now);
	if (rc == DBN_OK && !dbn_arena_grow(rw->a, &rel->bound, &rel->bound_cap, rel->nbound + 1,
		sizeof(*rel->bound)))
		rc = dbn__rw_nomem(rw);
	if (rc != DBN_OK) {
		rw->status = rc;
		return NULL;
	}
	rel->bound[rel->nbound].was = e;
	rel->bound[rel->nbound++].now = now;
	return now;
}
