/* SPDX-License-Identifier: MIT */
/*
 * One rule of the border into a rule whose expressions are read and typed as far
 * as that goes without a relation.  Knows no session and no lock.
 */
#include <stdio.h>

#include "permission/internal.h"

struct compile {
	dbn_arena *a;
	const dbn_lang *lang;
	const dbn_rule *in;
	dbn_lang_facts *all;
	size_t cap;
	dbn_error **err;
};

dbn_text
dbn__text(dbn_arena *a, dbn_text t)
{
	return dbn_arena_text(a, t.ptr ? t : dbn_text_n("", 0));
}

/* An error of the expression gets the rule's id and place. */
static dbn_status
place(struct compile *c, const char *what, dbn_error *cause, dbn_status rc)
{
	char where[DBN_CONF_WHERE_MAX];

	if (rc == DBN_E_NOMEM) {
		dbn_error_free(cause);
		return dbn_fail_nomem(c->err);
	}
	(void)snprintf(where, sizeof(where), "%.*s", DBN_TEXT_ARG(c->in->where));
	rc = dbn_fail_where(c->err, DBN_E_CONFIG, where, dbn_error_hint(cause),
		"rule \"%.*s\": %s: %s", DBN_TEXT_ARG(c->in->id), what, dbn_error_message(cause));
	dbn_error_free(cause);
	return rc;
}

static dbn_status
merge(struct compile *c, const dbn_lang_facts *f)
{
	c->all->columns |= f->columns;
	c->all->subqueries |= f->subqueries;
	c->all->now |= f->now;
	c->all->op |= f->op;
	for (uint32_t i = 0; i < f->nattrs; i++) {
		uint32_t k = 0;

		while (k < c->all->nattrs && c->all->attrs[k] != f->attrs[i])
			k++;
		if (k < c->all->nattrs)
			continue;
		if (!dbn_arena_grow(c->a, &c->all->attrs, &c->cap, (size_t)c->all->nattrs + 1,
			sizeof(*c->all->attrs)))
			return dbn_fail_nomem(c->err);
		c->all->attrs[c->all->nattrs++] = f->attrs[i];
	}
	return DBN_OK;
}

static dbn_status
expression(struct compile *c, const char *what, dbn_text text, uint32_t class, uint32_t flags,
	dbn_sql_expr **out)
{
	dbn_lang_facts f;
	dbn_error *cause = NULL;
	dbn_status rc;

	if (!text.len)
		return DBN_OK;
	rc = dbn_lang_parse(c->a, c->lang, text, class, flags, out, &f, &cause);
	return rc == DBN_OK ? merge(c, &f) : place(c, what, cause, rc);
}

static dbn_status
wrong(struct compile *c, const char *what)
{
	char where[DBN_CONF_WHERE_MAX];

	(void)snprintf(where, sizeof(where), "%.*s", DBN_TEXT_ARG(c->in->where));
	return dbn_fail_where(c->err, DBN_E_CONFIG, where, NULL, "rule \"%.*s\": %s",
		DBN_TEXT_ARG(c->in->id), what);
}

static dbn_status
texts(struct compile *c, const dbn_array *from, const dbn_text **out, uint32_t *n)
{
	dbn_text *t = dbn_arena_array(c->a, from->count ? from->count : 1, sizeof(*t));

	if (!t)
		return dbn_fail_nomem(c->err);
	for (uint32_t i = 0; i < from->count; i++) {
		t[i] = dbn__text(c->a, *(const dbn_text *)dbn__at(from, i));
		if (!t[i].ptr)
			return dbn_fail_nomem(c->err);
	}
	*out = t;
	*n = from->count;
	return DBN_OK;
}

static bool
unit_known(dbn_text u)
{
	return dbn_text_eqz(u, "year") || dbn_text_eqz(u, "month") || dbn_text_eqz(u, "day");
}

static dbn_status
mask(struct compile *c, const dbn_mask *in, dbn_rule_mask_expr *out)
{
	dbn_sql_expr *lit;

	out->method = in->method;
	out->keep_first = in->keep_first;
	out->keep_last = in->keep_last;
	out->filter = in->filter;
	out->column = dbn__text(c->a, in->column);
	out->unit = dbn__text(c->a, in->value);
	if (!out->column.ptr || !out->unit.ptr)
		return dbn_fail_nomem(c->err);
	switch (in->method) {
	case DBN_MASK_NULL:
	case DBN_MASK_PARTIAL:
		return DBN_OK;
	case DBN_MASK_CONST:
		lit = dbn_sql_literal_text(c->a, out->unit);
		out->expr = lit;
		return lit ? DBN_OK : dbn_fail_nomem(c->err);
	case DBN_MASK_TRUNCATE:
		return unit_known(in->value) ? DBN_OK
			: wrong(c, "a mask truncates to \"year\", \"month\" or \"day\"");
	case DBN_MASK_EXPR:
		return expression(c, "mask", in->value, DBN_LC_ANY, 0, &out->expr);
	case DBN_MASK_HASH:
		return wrong(c, "the mask \"hash\" cannot be computed inside the database; "
			"use null, const, partial, truncate or expr");
	default:
		return wrong(c, "unknown mask method");
	}
}

static dbn_status
masks_and_presets(struct compile *c, dbn_policy_rule *out)
{
	dbn_rule_mask_expr *m = dbn_arena_array(c->a, (size_t)c->in->masks.count + 1, sizeof(*m));
	dbn_rule_preset_expr *p = dbn_arena_array(c->a, (size_t)c->in->presets.count + 1, sizeof(*p));
	dbn_status rc = m && p ? DBN_OK : dbn_fail_nomem(c->err);

	for (uint32_t i = 0; rc == DBN_OK && i < c->in->masks.count; i++)
		rc = mask(c, (const dbn_mask *)dbn__at(&c->in->masks, i), &m[i]);
	for (uint32_t i = 0; rc == DBN_OK && i < c->in->presets.count; i++) {
		const dbn_preset *q = (const dbn_preset *)dbn__at(&c->in->presets, i);

		p[i].column = dbn__text(c->a, q->column);
		p[i].text = dbn__text(c->a, q->value);
		rc = p[i].column.ptr && p[i].text.ptr ? expression(c, "preset", q->value, DBN_LC_ANY,
			DBN_LANG_NO_COLUMNS, &p[i].expr) : dbn_fail_nomem(c->err);
		if (rc == DBN_OK && !p[i].expr)
			rc = wrong(c, "a preset without a value");
	}
	out->masks = m;
	out->nmasks = c->in->masks.count;
	out->presets = p;
	out->npresets = c->in->presets.count;
	return rc;
}

/* The shape that the core relies on, whoever made the rule. */
static dbn_status
shape(struct compile *c)
{
	const dbn_rule *r = c->in;
	bool deny = r->effect == DBN_RULE_DENY, restrictive = r->kind == DBN_RULE_RESTRICTIVE;

	if ((r->effect != DBN_RULE_ALLOW && !deny) || (r->kind != DBN_RULE_PERMISSIVE && !restrictive) ||
		(r->mode != DBN_RULE_ENFORCE && r->mode != DBN_RULE_OBSERVE))
		return wrong(c, "unknown effect, kind or mode");
	if (r->flags & ~(uint32_t)DBN_RULE_TRIGGERS_TRUSTED)
		return wrong(c, "unknown flags");
	if (deny && (r->check.len || r->hide.count || r->masks.count || r->presets.count ||
		(r->columns.count && r->using_.len)))
		return wrong(c, "a deny rule takes columns or using, and nothing more");
	if (!deny && restrictive && (r->columns.count || r->hide.count || r->masks.count ||
		r->presets.count || (!r->using_.len && !r->check.len)))
		return wrong(c, "a restrictive rule takes using and check only, and one at least");
	if (r->resource_kind != DBN_RESOURCE_RELATION && (r->using_.len || r->check.len ||
		r->columns.count || r->hide.count || r->masks.count || r->presets.count))
		return wrong(c, "rows and columns go with a relation only");
	return DBN_OK;
}

static dbn_status
conditions(struct compile *c, const dbn_view *v, dbn_policy_rule *out)
{
	bool guard = out->effect == DBN_RULE_DENY || out->kind == DBN_RULE_RESTRICTIVE;

	if (c->in->when.len) {
		out->when = dbn__view_bit(v, guard ? DBN_COND_GUARD : DBN_COND_WHEN, c->in->when, 0);
		if (!out->when)
			return wrong(c, "the provider gives a rule that it does not list");
	}
	for (uint32_t i = 0; i < c->all->nattrs; i++) {
		uint64_t bit;

		if (c->lang->attrs[c->all->attrs[i]].required)
			continue;
		bit = dbn__view_bit(v, DBN_COND_PRESENT, dbn_text_n(NULL, 0), c->all->attrs[i]);
		if (!bit)
			return wrong(c, "the provider gives a rule that it does not list");
		out->present |= bit;
	}
	return DBN_OK;
}

dbn_status
dbn__rule_compile(dbn_arena *a, const dbn_lang *lang, const dbn_view *view, const dbn_rule *in,
	dbn_policy_rule *out, dbn_lang_facts *all, dbn_error **err)
{
	struct compile c = { a, lang, in, all, 0, err };
	dbn_sql_expr *when = NULL;
	dbn_status rc;

	memset(out, 0, sizeof(*out));
	memset(all, 0, sizeof(*all));
	rc = shape(&c);
	if (rc != DBN_OK)
		return rc;
	out->effect = in->effect;
	out->kind = in->kind;
	out->actions = in->actions;
	out->flags = in->flags;
	out->observe = in->mode == DBN_RULE_OBSERVE;
	out->id = dbn__text(a, in->id);
	out->where = dbn__text(a, in->where);
	out->schema = dbn__text(a, in->schema);
	out->database = dbn__text(a, in->database);
	out->name = dbn__text(a, in->name);
	if (!out->id.ptr || !out->where.ptr || !out->schema.ptr || !out->database.ptr || !out->name.ptr)
		return dbn_fail_nomem(err);
	rc = texts(&c, &in->columns, &out->columns, &out->ncolumns);
	if (rc == DBN_OK)
		rc = texts(&c, &in->hide, &out->hide, &out->nhide);
	if (rc == DBN_OK)
		rc = expression(&c, "using", in->using_, DBN_LC_BOOL, 0, &out->using_);
	if (rc == DBN_OK)
		rc = expression(&c, "check", in->check, DBN_LC_BOOL, 0, &out->check);
	if (rc == DBN_OK)
		rc = expression(&c, "when", in->when, DBN_LC_BOOL, DBN_LANG_NO_COLUMNS, &when);
	if (rc == DBN_OK)
		rc = masks_and_presets(&c, out);
	return rc == DBN_OK && view ? conditions(&c, view, out) : rc;
}
