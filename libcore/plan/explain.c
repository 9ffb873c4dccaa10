/* SPDX-License-Identifier: MIT */
/*
 * What a plan does, and why, as one JSON object.  Names and rules, never values:
 * the statement's own literals are the user's and stay; parameters are numbers.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "plan/plan.h"

static json_t *
text(dbn_text t)
{
	return json_stringn(t.ptr ? t.ptr : "", t.len);
}

static void
add(json_t *o, const char *key, json_t *value)
{
	if (value)
		(void)json_object_set_new(o, key, value);
}

static json_t *
texts(const dbn_text *t, uint32_t n)
{
	json_t *a = json_array();

	for (uint32_t i = 0; a && i < n; i++)
		(void)json_array_append_new(a, text(t[i]));
	return a;
}

static json_t *
name_of(const dbn_sql_name *n)
{
	return json_sprintf("%.*s.%.*s.%.*s", DBN_TEXT_ARG(n->database), DBN_TEXT_ARG(n->schema),
		DBN_TEXT_ARG(n->name));
}

static json_t *
decisions(const dbn_rewritten *rw)
{
	json_t *a = json_array();

	for (uint32_t i = 0; a && i < rw->ndecisions; i++) {
		json_t *o = json_object();

		add(o, "rule", text(rw->decisions[i].rule));
		add(o, "where", text(rw->decisions[i].where));
		add(o, "relation", name_of(&rw->decisions[i].relation));
		if (rw->decisions[i].observed)
			add(o, "observed", json_true());
		(void)json_array_append_new(a, o);
	}
	return a;
}

static json_t *
effects(const dbn_rewritten *rw)
{
	json_t *a = json_array();

	for (uint32_t i = 0; a && i < rw->ntouches; i++) {
		const dbn_touch *t = &rw->touches[i];
		json_t *o;

		if (!(t->how & (DBN_TOUCH_EFFECT_READ | DBN_TOUCH_EFFECT_WRITE)))
			continue;
		o = json_object();
		add(o, "relation", name_of(&t->name));
		add(o, "does", json_string(t->how & DBN_TOUCH_EFFECT_WRITE ? "write" : "read"));
		if (t->by.len)
			add(o, "by", text(t->by));
		(void)json_array_append_new(a, o);
	}
	return a;
}

static json_t *
extra(const dbn_plan *p)
{
	static const char *const names[] = { "", "$user.id", "$user attribute", "$client.address",
		"$client.name", "$client.tls", "$now" };
	json_t *a = json_array();

	for (uint32_t i = 0; a && i < p->nextra; i++)
		(void)json_array_append_new(a, json_string(names[p->extra[i].source <= DBN_VAR_NOW
			? p->extra[i].source : 0]));
	return a;
}

static json_t *
columns(const dbn_plan *p)
{
	json_t *a = json_array();

	for (uint32_t i = 0; a && i < p->ncols; i++) {
		json_t *o = json_object();

		add(o, "name", text(p->columns[i].name));
		if (p->columns[i].type != DBN_NULL)
			add(o, "type", json_string(dbn_type_name(p->columns[i].type)));
		if (p->masked && p->masked[i])
			add(o, "masked", json_true());
		(void)json_array_append_new(a, o);
	}
	return a;
}

static json_t *
route(const dbn_plan_in *in, const dbn_plan *p)
{
	if (!in->shards)
		return json_string("not sharded");
	if (p->route.kind == DBN_ROUTE_ANY)
		return json_string("any shard");
	if (p->route.kind == DBN_ROUTE_FIXED)
		return text(dbn_shards_name(in->shards, p->route.shard));
	return json_sprintf("by %u key(s)", p->route.nkeys);
}

char *
dbn_plan__explain(const dbn_plan_in *in, const dbn_plan *p, const dbn_rewritten *rw)
{
	static const char *const kinds[] = { "", "select", "insert", "update", "delete",
		"administrative" };
	json_t *o = json_object(), *c = json_object();
	char *dump, *out;

	add(o, "kind", json_string(kinds[p->kind <= DBN_STMT_ADMIN ? p->kind : 0]));
	add(o, "database", json_string(in->database));
	add(o, "sql", text(p->recipe.sql));
	add(o, "fingerprint", text(p->fingerprint));
	add(o, "view", text(in->subject->view_key));
	add(o, "relations", texts(p->relations, p->nrelations));
	if (rw) {
		add(o, "rules", decisions(rw));
		add(o, "effects", effects(rw));
	} else {
		add(o, "rules", texts(p->rules, p->nrules));
	}
	add(o, "columns", columns(p));
	add(o, "parameters", json_integer(p->nparams));
	add(o, "added_parameters", extra(p));
	add(o, "route", route(in, p));
	add(o, "groupable", json_boolean(p->groupable));
	add(c, "cacheable", json_boolean(p->cacheable));
	add(c, p->read_only ? "tags" : "invalidates", texts(p->tags, p->ntags));
	add(o, "cache", c);
	dump = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	out = dump ? dbn_strdup(dump) : NULL;
	free(dump);
	return out;
}
