/* SPDX-License-Identifier: MIT */
/*
 * Relations as the subject sees them.  The resolver gets a copy of the true
 * description in which columns that are hidden have no name that text could
 * spell, so that they read exactly as columns that are not there.
 */
#include <stdio.h>

#include "plan/rewrite_impl.h"

dbn_text
dbn__rw_shown(const dbn__rw *rw, const dbn_sql_name *name)
{
	char *p;

	if (!name->schema.len || dbn_text_ieq(name->schema, rw->in->catalog->default_schema))
		return name->name;
	p = dbn_arena_printf(rw->a, "%.*s.%.*s", DBN_TEXT_ARG(name->schema), DBN_TEXT_ARG(name->name));
	return p ? dbn_text_z(p) : name->name;
}

bool
dbn__rw_same(const dbn__rw *rw, dbn_text a, dbn_text b)
{
	return dbn_sql_same_name(rw->in->dialect, a, b);
}

bool
dbn__rw_same_table(const dbn__rw *rw, dbn_text a, dbn_text b)
{
	return dbn_sql_same_table(rw->in->dialect, a, b);
}

bool
dbn__rw_is(const dbn_policy_rule *r, uint32_t action, uint32_t effect, uint32_t kind)
{
	if (r->observe || !(r->actions & action) || r->effect != effect)
		return false;
	return effect == DBN_RULE_DENY || r->kind == kind;
}

static bool
listed(const dbn__rw *rw, const dbn_text *list, uint32_t n, dbn_text column)
{
	for (uint32_t i = 0; i < n; i++)
		if (dbn__rw_same(rw, list[i], column))
			return true;
	return false;
}

bool
dbn__rw_grants(const dbn_policy_rule *r, const dbn__rw *rw, dbn_text column)
{
	if (r->ncolumns && !listed(rw, r->columns, r->ncolumns, column))
		return false;
	return !listed(rw, r->hide, r->nhide, column);
}

static const char *
verb(uint32_t action)
{
	switch (action) {
	case DBN_ACT_READ:
		return "read";
	case DBN_ACT_INSERT:
		return "insert into";
	case DBN_ACT_UPDATE:
		return "update";
	default:
		return "delete from";
	}
}

static dbn_status
denied(dbn__rw *rw, dbn_text shown, uint32_t action, dbn_text column, const dbn_policy_rule *by,
	const char *why, uint32_t pos)
{
	const char *hint = by ? "Ask whoever keeps the policy." : "A rule of the policy must allow it.";
	char where[DBN_CONF_WHERE_MAX + 64] = "";
	dbn_text user = rw->in->subject->user;

	if (by)
		(void)snprintf(where, sizeof(where), "rule \"%.*s\" (%.*s) ", DBN_TEXT_ARG(by->id),
			DBN_TEXT_ARG(by->where));
	if (column.len)
		return dbn_fail_at(rw->err, DBN_E_DENIED, pos, hint,
			"user \"%.*s\" may not %s column \"%.*s\" of \"%.*s\": %s%s", DBN_TEXT_ARG(user),
			action == DBN_ACT_INSERT ? "set" : verb(action), DBN_TEXT_ARG(column),
			DBN_TEXT_ARG(shown), where, why);
	return dbn_fail_at(rw->err, DBN_E_DENIED, pos, hint,
		"user \"%.*s\" may not %s \"%.*s\": %s%s", DBN_TEXT_ARG(user), verb(action),
		DBN_TEXT_ARG(shown), where, why);
}

dbn_status
dbn__rw_denied(dbn__rw *rw, const dbn__rel *rel, uint32_t action, dbn_text column,
	const dbn_policy_rule *by, uint32_t pos)
{
	return denied(rw, dbn__rw_shown(rw, &rel->orig->name), action, column, by,
		by ? "denies it" : "no rule allows it", pos);
}

static dbn_status
note_all(dbn__rw *rw, dbn__rel *rel, uint32_t action)
{
	if (rel->decided & action)
		return DBN_OK;
	rel->decided |= action;
	for (uint32_t i = 0; i < rel->non; i++) {
		dbn_status rc;

		if (!(rel->on[i]->actions & action))
			continue;
		rc = dbn__rw_note(rw, rel->on[i], &rel->orig->name, action);
		if (rc != DBN_OK)
			return rc;
	}
	return DBN_OK;
}

dbn_status
dbn__rw_may(dbn__rw *rw, dbn__rel *rel, uint32_t action, uint32_t pos)
{
	bool allowed = false;

	if (rel->missing & action)
		return denied(rw, dbn__rw_shown(rw, &rel->orig->name), action, dbn_text_n(NULL, 0),
			rel->missing_rule, "needs an attribute that is not set", pos);
	for (uint32_t i = 0; i < rel->non; i++) {
		const dbn_policy_rule *r = rel->on[i];

		if (dbn__rw_is(r, action, DBN_RULE_DENY, 0) && !r->using_ && !r->ncolumns)
			return dbn__rw_denied(rw, rel, action, dbn_text_n(NULL, 0), r, pos);
		allowed |= dbn__rw_is(r, action, DBN_RULE_ALLOW, DBN_RULE_PERMISSIVE);
	}
	if (!allowed)
		return dbn__rw_denied(rw, rel, action, dbn_text_n(NULL, 0), NULL, pos);
	return note_all(rw, rel, action);
}

dbn_status
dbn__rw_may_column(dbn__rw *rw, dbn__rel *rel, uint32_t action, uint32_t column, uint32_t pos)
{
	dbn_text name = rel->orig->columns[column].name;
	bool allowed = false;

	for (uint32_t i = 0; i < rel->non; i++) {
		const dbn_policy_rule *r = rel->on[i];

		if (dbn__rw_is(r, action, DBN_RULE_DENY, 0) && r->ncolumns &&
			listed(rw, r->columns, r->ncolumns, name))
			return dbn__rw_denied(rw, rel, action, name, r, pos);
		allowed |= dbn__rw_is(r, action, DBN_RULE_ALLOW, DBN_RULE_PERMISSIVE) &&
			dbn__rw_grants(r, rw, name);
	}
	return allowed ? DBN_OK : dbn__rw_denied(rw, rel, action, name, NULL, pos);
}

/* Which rules count under the conditions of this execution. */
static dbn_status
choose(dbn__rw *rw, dbn__rel *rel)
{
	rel->on = dbn_arena_array(rw->a, (size_t)rel->set->nrules + 1, sizeof(dbn_policy_rule *));
	if (!rel->on)
		return dbn__rw_nomem(rw);
	for (uint32_t i = 0; i < rel->set->nrules; i++) {
		const dbn_policy_rule *r = &rel->set->rules[i];
		uint32_t on = dbn_rule_applies(r, rw->in->conditions);

		if (on == DBN_RULE_ON)
			rel->on[rel->non++] = r;
		if (on == DBN_RULE_MISSING && !r->observe) {
			rel->missing |= r->actions;
			rel->missing_rule = r;
		}
	}
	return DBN_OK;
}

static dbn_status
unbound(dbn__rw *rw, const dbn__rel *rel, const dbn_policy_rule *r, dbn_text column)
{
	return dbn_fail_where(rw->err, DBN_E_CONFIG, r->where.ptr,
		"Until the rule is right, the relation is refused.",
		"rule \"%s\": \"%.*s\" has no column \"%.*s\"", r->id.ptr,
		DBN_TEXT_ARG(rel->orig->name.name), DBN_TEXT_ARG(column));
}

static bool
has_column(const dbn__rw *rw, const dbn__rel *rel, dbn_text name)
{
	for (uint32_t i = 0; i < rel->orig->ncolumns; i++)
		if (dbn__rw_same(rw, rel->orig->columns[i].name, name))
			return true;
	return false;
}

/* Columns that rules name must be there: a rule that does not bind refuses all. */
static dbn_status
check_columns(dbn__rw *rw, const dbn__rel *rel)
{
	for (uint32_t i = 0; i < rel->non; i++) {
		const dbn_policy_rule *r = rel->on[i];

		if (r->observe)
			continue;
		for (uint32_t k = 0; k < r->ncolumns; k++)
			if (!has_column(rw, rel, r->columns[k]))
				return unbound(rw, rel, r, r->columns[k]);
		for (uint32_t k = 0; k < r->nhide; k++)
			if (!has_column(rw, rel, r->hide[k]))
				return unbound(rw, rel, r, r->hide[k]);
		for (uint32_t k = 0; k < r->nmasks; k++)
			if (!has_column(rw, rel, r->masks[k].column))
				return unbound(rw, rel, r, r->masks[k].column);
		for (uint32_t k = 0; k < r->npresets; k++)
			if (!has_column(rw, rel, r->presets[k].column))
				return unbound(rw, rel, r, r->presets[k].column);
	}
	return DBN_OK;
}

/* Is any of it granted for any of the actions, and not denied for it? */
static bool
column_for(const dbn__rw *rw, const dbn__rel *rel, dbn_text name, uint32_t actions)
{
	for (uint32_t act = DBN_ACT_READ; act <= DBN_ACT_UPDATE; act <<= 1) {
		bool yes = false, no = false;

		if (!(actions & act))
			continue;
		for (uint32_t i = 0; i < rel->non; i++) {
			const dbn_policy_rule *r = rel->on[i];

			yes |= dbn__rw_is(r, act, DBN_RULE_ALLOW, DBN_RULE_PERMISSIVE) &&
				dbn__rw_grants(r, rw, name);
			no |= dbn__rw_is(r, act, DBN_RULE_DENY, 0) && r->ncolumns &&
				listed(rw, r->columns, r->ncolumns, name);
		}
		if (yes && !no)
			return true;
	}
	return false;
}

/* A generated column is read only where all that it is made of is. */
static bool
readable(const dbn__rw *rw, const dbn__rel *rel, uint32_t i, uint32_t depth)
{
	const dbn_sql_column *c = &rel->orig->columns[i];

	if (depth > 32 || !column_for(rw, rel, c->name, DBN_ACT_READ))
		return false;
	for (uint32_t k = 0; k < c->ninputs; k++)
		if (c->inputs[k] < rel->orig->ncolumns && !readable(rw, rel, c->inputs[k], depth + 1))
			return false;
	return true;
}

static dbn_status
make_seen(dbn__rw *rw, dbn__rel *rel)
{
	dbn_sql_column *c;

	rel->seen = *rel->orig;
	c = dbn_arena_memdup(rw->a, rel->orig->columns,
		rel->orig->ncolumns ? rel->orig->ncolumns * sizeof(*c) : 1);
	if (!c)
		return dbn__rw_nomem(rw);
	rel->seen.columns = c;
	for (uint32_t i = 0; i < rel->orig->ncolumns; i++) {
		if (readable(rw, rel, i, 0))
			continue;
		c[i].flags |= DBN_COL_HIDDEN;
		rw->out->restricted = true; /* messages may name what is hidden */
		if ((c[i].flags & DBN_COL_GENERATED) ||
			!column_for(rw, rel, rel->orig->columns[i].name, DBN_ACT_INSERT | DBN_ACT_UPDATE))
			c[i].name = dbn_text_n("\0", 1); /* no text spells this: NUL is refused */
	}
	return DBN_OK;
}

static dbn_status
describe(dbn__rw *rw, const dbn_sql_relation *orig, dbn_ruleset *set, dbn__rel **out)
{
	dbn__rel *rel = dbn_arena_zalloc(rw->a, sizeof(*rel));
	dbn_status rc;

	if (!rel || !dbn_arena_grow(rw->a, &rw->rels, &rw->rels_cap, rw->nrels + 1, sizeof(*rw->rels)) ||
		!dbn_index_add(&rw->rel_index, rw->a, dbn__rw_hash(orig)) ||
		!dbn_index_add(&rw->seen_index, rw->a, dbn__rw_hash(&rel->seen)))
		goto nomem;
	rel->orig = orig;
	rel->set = set;
	rw->rels[rw->nrels++] = rel; /* from here on the set is released with it */
	rel->cells = dbn_arena_array(rw->a, (size_t)orig->ncolumns + 1, sizeof(*rel->cells));
	rel->row = dbn_sql_from_relation(rw->a, orig);
	if (!rel->cells || !rel->row)
		return dbn__rw_nomem(rw);
	rc = choose(rw, rel);
	if (rc == DBN_OK)
		rc = check_columns(rw, rel);
	if (rc == DBN_OK)
		rc = make_seen(rw, rel);
	*out = rel;
	return rc;
nomem:
	dbn_ruleset_release(set);
	return dbn__rw_nomem(rw);
}

/* Does any rule speak of it at all?  Otherwise it is denied, there or not. */
static dbn_status
any_rule(dbn__rw *rw, const dbn_ruleset *set, const dbn_sql_name *name, bool system)
{
	const dbn_sql_from *target = rw->s->target;
	uint32_t action = target && !dbn__rw_same_table(rw, target->name.name, name->name)
		? (uint32_t)DBN_ACT_READ : rw->action;
	dbn_text shown = dbn__rw_shown(rw, name);

	for (uint32_t i = 0; i < set->nrules; i++) {
		const dbn_policy_rule *r = &set->rules[i];

		if (!r->observe && r->effect == DBN_RULE_ALLOW && r->kind == DBN_RULE_PERMISSIVE &&
			dbn_rule_applies(r, rw->in->conditions) == DBN_RULE_ON)
			return DBN_OK;
	}
	for (uint32_t i = 0; i < set->nrules; i++) {
		const dbn_policy_rule *r = &set->rules[i];

		if (!r->observe && r->effect == DBN_RULE_DENY && (r->actions & action))
			return denied(rw, shown, action, dbn_text_n(NULL, 0), r, "denies it", UINT32_MAX);
	}
	return denied(rw, shown, action, dbn_text_n(NULL, 0), NULL, system
		? "it is a table of the database itself, and no rule names it" : "no rule allows it",
		UINT32_MAX);
}

/* Whether a name in another case is the same table is the server's setting: rules
 * must say it as the server does, and one that does not is never passed over. */
static dbn_status
same_case(dbn__rw *rw, const dbn_rule_query *exact, dbn_ruleset **set)
{
	dbn_rule_query any = *exact;
	dbn_ruleset *more = NULL;
	dbn_status rc;

	any.fold = true;
	rc = dbn_subject_rules(rw->in->subject, &any, &more, rw->err);
	if (rc == DBN_OK && more->nrules != (*set)->nrules)
		rc = dbn_fail_hint(rw->err, DBN_E_CONFIG,
			"Write schema and table in the policy as the server shows them.",
			"a rule names \"%.*s\" in other letters (upper, lower case) than the server",
			DBN_TEXT_ARG(exact->name.name));
	dbn_ruleset_release(more);
	if (rc != DBN_OK) {
		dbn_ruleset_release(*set);
		*set = NULL;
	}
	return rc;
}

/* Of one that is not there any rule that could mean it counts: it is only asked
 * whether the user may learn so. */
static dbn_status
rules_of(dbn__rw *rw, const dbn_sql_name *name, bool there, bool system, dbn_ruleset **out)
{
	const dbn_sql_catalog *cat = rw->in->catalog;
	bool mysql = rw->in->dialect->id == DBN_DIALECT_MYSQL;
	/* A rule that names no database means "main", whichever the statement is for. */
	dbn_rule_query q = { DBN_RESOURCE_RELATION, rw->in->dialect->id == DBN_DIALECT_SQLITE ||
		(mysql && !there), system, *name, dbn_text_z("main"), cat->default_schema };
	dbn_status rc;

	if (!q.name.database.len)
		q.name.database = cat->default_database;
	if (!q.name.schema.len)
		q.name.schema = cat->default_schema;
	rc = dbn_subject_rules(rw->in->subject, &q, out, rw->err);
	if (rc == DBN_OK && mysql && there)
		rc = same_case(rw, &q, out);
	return rc;
}

static dbn__rel *
known(const dbn__rw *rw, const dbn_sql_relation *orig)
{
	for (uint32_t i = dbn_index_first(&rw->rel_index, dbn__rw_hash(orig)); i != DBN_INDEX_END;
		i = dbn_index_next(&rw->rel_index, i))
		if (rw->rels[i]->orig == orig)
			return rw->rels[i];
	return NULL;
}

const dbn_sql_relation *
dbn__rw_true(const dbn__rw *rw, const dbn_sql_relation *rel)
{
	for (uint32_t i = dbn_index_first(&rw->seen_index, dbn__rw_hash(rel)); i != DBN_INDEX_END;
		i = dbn_index_next(&rw->seen_index, i))
		if (rel == &rw->rels[i]->seen)
			return rw->rels[i]->orig;
	return rel;
}

static dbn_status
lookup(void *user, const dbn_sql_name *name, const dbn_sql_relation **out, dbn_error **err)
{
	dbn__rw *rw = (dbn__rw *)user;
	const dbn_sql_relation *orig = NULL;
	dbn_error *none = NULL, **was = rw->err;
	dbn_ruleset *set = NULL;
	dbn__rel *rel = NULL;
	dbn_status found = rw->in->catalog->lookup(rw->in->catalog->user, name, &orig, &none), rc;
	bool system = found == DBN_OK && orig->kind == DBN_REL_SYSTEM;

	if (found != DBN_OK && found != DBN_E_NOT_FOUND) {
		if (err)
			*err = none;
		else
			dbn_error_free(none);
		return found;
	}
	dbn_error_free(none);
	rw->err = err;
	if (found == DBN_OK)
		rel = known(rw, orig);
	rc = rel ? DBN_OK : rules_of(rw, found == DBN_OK ? &orig->name : name, found == DBN_OK,
		system, &set);
	if (rc == DBN_OK && set)
		rc = any_rule(rw, set, name, system);
	if (rc == DBN_OK && found != DBN_OK)
		rc = dbn_fail(err, DBN_E_NOT_FOUND, "no such table: %.*s", DBN_TEXT_ARG(name->name));
	if (rc == DBN_OK && set) {
		rc = describe(rw, orig, set, &rel);
		set = NULL;
	}
	dbn_ruleset_release(set);
	rw->err = was;
	if (rc == DBN_OK)
		*out = &rel->seen;
	return rc;
}

dbn_sql_catalog
dbn__rw_catalog(dbn__rw *rw)
{
	dbn_sql_catalog c = *rw->in->catalog;

	c.lookup = lookup;
	c.user = rw;
	return c;
}

dbn__rel *
dbn__rw_rel(const dbn_sql_relation *seen)
{
	return (dbn__rel *)(uintptr_t)seen; /* seen is its first member */
}
