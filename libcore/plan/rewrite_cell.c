/* SPDX-License-Identifier: MIT */
/*
 * What one column of a visible row shows: its value where a rule that covers it
 * shows the row, else the mask of the first rule that does, else NULL.
 */
#include "plan/rewrite_impl.h"

struct cover {
	const dbn_policy_rule *rule;
	const dbn_rule_mask_expr *mask; /* NULL: the value itself */
};

static dbn_sql_expr *
column(dbn__rw *rw, const dbn__rel *rel, uint32_t i)
{
	return dbn_sql_column_ref(rw->a, rel->row, i);
}

static dbn_sql_expr *
int_literal(dbn__rw *rw, uint32_t n)
{
	return dbn_sql_literal_int(rw->a, (int64_t)n);
}

static dbn_sql_expr *
text_literal(dbn__rw *rw, const char *z)
{
	return dbn_sql_literal_text(rw->a, dbn_text_z(z));
}

static dbn_sql_expr *
bad_mask(dbn__rw *rw, const dbn__rel *rel, const struct cover *c, const char *why)
{
	rw->status = dbn_fail_where(rw->err, DBN_E_CONFIG, c->rule->where.ptr,
		"Until the rule is right, the relation is refused.", "rule \"%s\": mask of \"%.*s\".\"%s\": %s",
		c->rule->id.ptr, DBN_TEXT_ARG(rel->orig->name.name), c->mask->column.ptr, why);
	return NULL;
}

static dbn_sql_expr *
concat(dbn__rw *rw, dbn_sql_expr *a, dbn_sql_expr *b)
{
	dbn_sql_expr *e = dbn_sql_expr_new(rw->a, DBN_X_CHAIN, DBN_OP_CONCAT, 0, 2);

	if (!e || !a || !b)
		return NULL;
	e->args[0] = a;
	e->args[1] = b;
	e->type = DBN_TEXT;
	return e;
}

static bool
sqlite(const dbn__rw *rw)
{
	return rw->in->dialect->id == DBN_DIALECT_SQLITE;
}

/* Short values are hidden whole; a NULL stays one. */
static dbn_sql_expr *
partial(dbn__rw *rw, const dbn__rel *rel, const struct cover *c, uint32_t i)
{
	dbn_sql_expr *t = NULL, *head, *tail, *longer;
	uint32_t first = c->mask->keep_first, last = c->mask->keep_last;
	dbn_type type = rel->orig->columns[i].type;

	if (type != DBN_TEXT && type != DBN_NULL)
		return bad_mask(rw, rel, c, "partial goes with text");
	head = first ? dbn_sql_func(rw->a, "substr", 3, dbn_sql_cast(rw->a, column(rw, rel, i), "TEXT",
		DBN_TEXT), int_literal(rw, 1), int_literal(rw, first)) : NULL;
	/* SQLite's substr() counts from the end, others have right(). */
	tail = last ? dbn_sql_func(rw->a, sqlite(rw) ? "substr" : "right", 2,
		dbn_sql_cast(rw->a, column(rw, rel, i), "TEXT", DBN_TEXT),
		dbn_sql_literal_int(rw->a, sqlite(rw) ? -(int64_t)last : (int64_t)last)) : NULL;
	t = text_literal(rw, "****");
	if (head)
		t = concat(rw, head, t);
	if (tail)
		t = concat(rw, t, tail);
	longer = dbn_sql_compare(rw->a, DBN_OP_GT, dbn_sql_func(rw->a,
		rw->in->dialect->id == DBN_DIALECT_MYSQL ? "char_length" : "length", 1,
		dbn_sql_cast(rw->a, column(rw, rel, i), "TEXT", DBN_TEXT)),
		dbn_sql_literal_int(rw->a, (int64_t)first + last));
	t = dbn_sql_case(rw->a, longer, t, text_literal(rw, "****"));
	return dbn_sql_case(rw->a, dbn_sql_is_null(rw->a, column(rw, rel, i), true), t, NULL);
}

/* CAST(date_trunc('month', x) AS the column's type) */
static dbn_sql_expr *
postgres_truncate(dbn__rw *rw, const dbn__rel *rel, const struct cover *c, uint32_t i)
{
	dbn_type type = rel->orig->columns[i].type;
	const char *name = dbn_sql_cast_name(rw->in->dialect, type);

	if (type != DBN_DATE && type != DBN_TIMESTAMP && type != DBN_TIMESTAMPTZ)
		return bad_mask(rw, rel, c, "truncate goes with dates and timestamps");
	return dbn_sql_cast(rw->a, dbn_sql_func(rw->a, "date_trunc", 2,
		dbn_sql_literal_text(rw->a, c->mask->unit), column(rw, rel, i)), name, type);
}

/* CAST(date_format(x, '%Y-%m-01') AS DATE) */
static dbn_sql_expr *
mysql_truncate(dbn__rw *rw, const dbn__rel *rel, const struct cover *c, uint32_t i)
{
	dbn_type type = rel->orig->columns[i].type;
	const char *form = dbn_text_eqz(c->mask->unit, "year") ? "%Y-01-01"
		: dbn_text_eqz(c->mask->unit, "month") ? "%Y-%m-01" : "%Y-%m-%d";

	if (type != DBN_DATE && type != DBN_TIMESTAMP && type != DBN_TIMESTAMPTZ)
		return bad_mask(rw, rel, c, "truncate goes with dates and timestamps");
	return dbn_sql_cast(rw->a, dbn_sql_func(rw->a, "date_format", 2, column(rw, rel, i),
		text_literal(rw, form)), type == DBN_DATE ? "DATE" : "DATETIME", type);
}

/* Dates are text of ISO form in SQLite; anything else shows as NULL. */
static dbn_sql_expr *
truncate_to(dbn__rw *rw, const dbn__rel *rel, const struct cover *c, uint32_t i)
{
	dbn_type type = rel->orig->columns[i].type;
	uint32_t keep = dbn_text_eqz(c->mask->unit, "year") ? 4 : dbn_text_eqz(c->mask->unit, "month")
		? 7 : 10;
	bool stamp = type == DBN_TIMESTAMP || type == DBN_TIMESTAMPTZ;
	const char *rest = keep == 4 ? (stamp ? "-01-01 00:00:00" : "-01-01")
		: keep == 7 ? (stamp ? "-01 00:00:00" : "-01") : (stamp ? " 00:00:00" : "");
	dbn_sql_expr *cut, *shape;

	if (dbn_lang_class(type) != DBN_LC_TIME && (!sqlite(rw) ||
		(type != DBN_TEXT && type != DBN_NULL)))
		return bad_mask(rw, rel, c, "truncate goes with dates");
	if (rw->in->dialect->id == DBN_DIALECT_POSTGRES)
		return postgres_truncate(rw, rel, c, i);
	if (rw->in->dialect->id == DBN_DIALECT_MYSQL)
		return mysql_truncate(rw, rel, c, i);
	cut = dbn_sql_func(rw->a, "substr", 3, column(rw, rel, i), int_literal(rw, 1),
		int_literal(rw, keep));
	if (*rest)
		cut = concat(rw, cut, text_literal(rw, rest));
	shape = dbn_sql_expr_new(rw->a, DBN_X_LIKE, DBN_OP_GLOB, 0, 2);
	if (!shape)
		return NULL;
	shape->args[0] = column(rw, rel, i);
	shape->args[1] = text_literal(rw, "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*");
	shape->type = DBN_BOOL;
	return shape->args[0] && shape->args[1] ? dbn_sql_case(rw->a, shape, cut, NULL) : NULL;
}

static dbn_sql_expr *
constant(dbn__rw *rw, const dbn__rel *rel, const struct cover *c, uint32_t i)
{
	dbn_value v;
	int64_t n;
	double d;

	switch (dbn_lang_class(rel->orig->columns[i].type)) {
	case DBN_LC_NUMBER:
		if (dbn_parse_int64(c->mask->unit, &n))
			return dbn_sql_literal_int(rw->a, n);
		if (!dbn_parse_double(c->mask->unit, &d))
			return bad_mask(rw, rel, c, "the value is not a number, as the column is");
		v = dbn_v_f64(d);
		return dbn_sql_literal(rw->a, &v);
	case DBN_LC_BOOL:
		if (!dbn_text_eqz(c->mask->unit, "true") && !dbn_text_eqz(c->mask->unit, "false"))
			return bad_mask(rw, rel, c, "the value is neither true nor false");
		return dbn_sql_literal_bool(rw->a, dbn_text_eqz(c->mask->unit, "true"));
	default:
		return dbn_sql_literal_text(rw->a, c->mask->unit);
	}
}

/* A NULL that stands alone is text in PostgreSQL. */
static dbn_sql_expr *
typed_null(dbn__rw *rw, dbn_type type)
{
	dbn_sql_expr *e = dbn_sql_literal_null(rw->a);
	const char *name = rw->in->dialect->id == DBN_DIALECT_POSTGRES ?
		dbn_sql_cast_name(rw->in->dialect, type) : NULL;

	return e && name ? dbn_sql_cast(rw->a, e, name, type) : e;
}

static dbn_sql_expr *
mask_expr(dbn__rw *rw, dbn__rel *rel, const struct cover *c, uint32_t i)
{
	switch (c->mask->method) {
	case DBN_MASK_NULL:
		return typed_null(rw, rel->orig->columns[i].type);
	case DBN_MASK_CONST:
		return constant(rw, rel, c, i);
	case DBN_MASK_PARTIAL:
		return partial(rw, rel, c, i);
	case DBN_MASK_TRUNCATE:
		return truncate_to(rw, rel, c, i);
	default:
		return dbn__rw_bind(rw, rel, c->rule, c->mask->expr, DBN_LC_ANY, "mask");
	}
}

/* The rules that cover the column, in the policy's order. */
static uint32_t
covers(const dbn__rw *rw, const dbn__rel *rel, dbn_text name, struct cover *out, bool *all)
{
	uint32_t n = 0;

	*all = true;
	for (uint32_t i = 0; i < rel->non; i++) {
		const dbn_policy_rule *r = rel->on[i];

		if (!dbn__rw_is(r, DBN_ACT_READ, DBN_RULE_ALLOW, DBN_RULE_PERMISSIVE))
			continue;
		if (!dbn__rw_grants(r, rw, name)) {
			*all = false;
			continue;
		}
		out[n].rule = r;
		out[n].mask = NULL;
		for (uint32_t k = 0; k < r->nmasks; k++)
			if (dbn__rw_same(rw, r->masks[k].column, name))
				out[n].mask = &r->masks[k];
		n++;
	}
	return n;
}

static bool
denied(const dbn__rw *rw, const dbn__rel *rel, dbn_text name)
{
	for (uint32_t i = 0; i < rel->non; i++) {
		const dbn_policy_rule *r = rel->on[i];

		if (!dbn__rw_is(r, DBN_ACT_READ, DBN_RULE_DENY, 0) || !r->ncolumns)
			continue;
		for (uint32_t k = 0; k < r->ncolumns; k++)
			if (dbn__rw_same(rw, r->columns[k], name))
				return true;
	}
	return false;
}

static dbn_sql_expr *
using_of(dbn__rw *rw, dbn__rel *rel, const dbn_policy_rule *r)
{
	return dbn__rw_bind(rw, rel, r, r->using_, DBN_LC_BOOL, "using");
}

/* OR of the rules that show the value itself; NULL with status OK: none. */
static dbn_sql_expr *
clear_where(dbn__rw *rw, dbn__rel *rel, const struct cover *c, uint32_t n)
{
	dbn_sql_expr *any = NULL;

	for (uint32_t i = 0; i < n; i++) {
		dbn_sql_expr *e;

		if (c[i].mask)
			continue;
		e = using_of(rw, rel, c[i].rule);
		e = e ? dbn__rw_onto(rw, rel, e, rel->row, 0) : NULL;
		any = e && any ? dbn_sql_or(rw->a, any, e) : e;
		if (!any) {
			rw->status = dbn__rw_null(rw);
			return NULL;
		}
	}
	return any;
}

/* CASE WHEN <clear> THEN col WHEN <using> THEN mask ... END */
static dbn_status
build(dbn__rw *rw, dbn__rel *rel, uint32_t i, const struct cover *c, uint32_t n, bool all,
	dbn__cell *cell)
{
	dbn_sql_expr *e = NULL, *m;
	bool filter = true, covered = all;

	cell->clear = clear_where(rw, rel, c, n);
	if (rw->status != DBN_OK)
		return rw->status;
	for (uint32_t k = 0; k < n; k++) {
		if (!c[k].mask)
			continue;
		filter &= c[k].mask->filter != 0;
		covered |= !c[k].rule->using_;
		cell->safe &= c[k].mask->method != DBN_MASK_EXPR;
	}
	/* From the last to the first, so that each becomes the ELSE of the one before. */
	for (uint32_t k = n; k-- > 0;) {
		dbn_sql_expr *when;

		if (!c[k].mask)
			continue;
		m = mask_expr(rw, rel, &c[k], i);
		if (!m)
			return dbn__rw_null(rw);
		if (!c[k].rule->using_ || (!e && all)) {
			e = m; /* shows every row that comes here */
			continue;
		}
		when = using_of(rw, rel, c[k].rule);
		e = when ? dbn_sql_case(rw->a, dbn__rw_onto(rw, rel, when, rel->row, 0), m, e) : NULL;
		if (!e)
			return dbn__rw_null(rw);
	}
	if (cell->clear)
		e = dbn_sql_case(rw->a, dbn__rw_onto(rw, rel, cell->clear, rel->row, 0),
			column(rw, rel, i), e);
	if (!e)
		return dbn__rw_null(rw);
	cell->expr = e;
	cell->taint = filter && covered ? RW_FILTER : RW_MASKED;
	return DBN_OK;
}

/* A generated column shows no more than all that it is made of. */
static dbn_status
inherit(dbn__rw *rw, dbn__rel *rel, uint32_t i, dbn__cell *cell)
{
	const dbn_sql_column *col = &rel->orig->columns[i];
	dbn_sql_expr *all = cell->taint && cell->clear
		? dbn__rw_onto(rw, rel, cell->clear, rel->row, 0) : NULL;
	bool never = cell->taint && !cell->clear, masked = false;

	for (uint32_t k = 0; k < col->ninputs; k++) {
		const dbn__cell *in = col->inputs[k] < rel->orig->ncolumns
			? dbn__rw_cell(rw, rel, col->inputs[k]) : NULL;

		if (!in)
			return rw->status != DBN_OK ? rw->status : dbn_fail(rw->err, DBN_E_SCHEMA,
				"the catalogue names an input of \"%.*s\" that is not there", DBN_TEXT_ARG(col->name));
		if (!in->readable) {
			cell->readable = false;
			return DBN_OK;
		}
		if (!in->taint)
			continue;
		masked = true;
		never |= !in->clear;
		if (in->clear) {
			dbn_sql_expr *e = dbn__rw_onto(rw, rel, in->clear, rel->row, 0);

			all = e ? dbn_sql_and(rw->a, all, e) : NULL;
			if (!all)
				return dbn__rw_null(rw);
		}
	}
	if (!masked)
		return DBN_OK;
	cell->clear = never ? NULL : all;
	cell->expr = never ? dbn_sql_literal_null(rw->a) : dbn_sql_case(rw->a,
		dbn__rw_onto(rw, rel, all, rel->row, 0), column(rw, rel, i), NULL);
	cell->taint = RW_MASKED;
	return cell->expr ? DBN_OK : dbn__rw_null(rw);
}

static dbn_status
compute(dbn__rw *rw, dbn__rel *rel, uint32_t i, dbn__cell *cell)
{
	dbn_text name = rel->orig->columns[i].name;
	struct cover *c = dbn_arena_array(rw->a, (size_t)rel->non + 1, sizeof(*c));
	bool all = true, plain = false, masks = false;
	uint32_t n;
	dbn_status rc = DBN_OK;

	if (!c)
		return dbn__rw_nomem(rw);
	cell->safe = true;
	n = covers(rw, rel, name, c, &all);
	cell->readable = n > 0 && !denied(rw, rel, name);
	if (!cell->readable)
		return DBN_OK;
	for (uint32_t k = 0; k < n; k++) {
		plain |= !c[k].mask && !c[k].rule->using_;
		masks |= c[k].mask != NULL;
	}
	if (!plain && (masks || !all))
		rc = build(rw, rel, i, c, n, all, cell);
	if (rc == DBN_OK && rel->orig->columns[i].ninputs)
		rc = inherit(rw, rel, i, cell);
	return rc;
}

const dbn__cell *
dbn__rw_cell(dbn__rw *rw, dbn__rel *rel, uint32_t column_)
{
	dbn__cell *cell = &rel->cells[column_];

	if (cell->done)
		return cell;
	if (cell->busy || ++rw->depth > RW_DEPTH) {
		rw->status = dbn_fail(rw->err, DBN_E_SCHEMA, "column \"%.*s\" is computed from itself",
			DBN_TEXT_ARG(rel->orig->columns[column_].name));
		return NULL;
	}
	cell->busy = true;
	rw->status = compute(rw, rel, column_, cell);
	cell->busy = false;
	rw->depth--;
	if (rw->status != DBN_OK)
		return NULL;
	cell->done = true;
	return cell;
}
