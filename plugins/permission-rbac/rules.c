/* SPDX-License-Identifier: MIT */
/*
 * The rules of a policy file, as the border's dbn_rule.  What a predicate says
 * is the core's business; here only the shape is judged.  No locks.
 */
#include <stdio.h>
#include <string.h>

#include "rbac.h"

struct word {
	const char *word;
	uint32_t value;
};

static unsigned
line_of(const config_setting_t *g, const char *member)
{
	const config_setting_t *m = config_setting_get_member(g, member);

	return config_setting_source_line(m ? m : g);
}

/* One of a few words; deflt where it is not set. */
static uint32_t
pick(struct rbac_reader *r, const config_setting_t *g, const char *member, const struct word *words,
	size_t n, uint32_t deflt)
{
	const char *names[8];
	dbn_text t;
	const char *near;

	if (!config_setting_get_member(g, member))
		return deflt;
	t = rbac_get_text(r, g, member, true);
	if (!t.ptr)
		return deflt;
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(words[i].word, t.ptr))
			return words[i].value;
		names[i] = words[i].word;
	}
	near = rbac_nearest(t.ptr, names, n);
	rbac_problem(r, line_of(g, member), "%s cannot be \"%s\"%s%s%s", member, t.ptr,
		near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	return deflt;
}
#define PICK(r, g, member, words, deflt) \
	pick(r, g, member, words, sizeof(words) / sizeof((words)[0]), deflt)

static uint32_t
all_actions(uint32_t kind)
{
	if (kind == DBN_RESOURCE_FUNCTION)
		return DBN_ACT_EXECUTE;
	if (kind == DBN_RESOURCE_DATABASE)
		return DBN_ACT_DDL | DBN_ACT_SETTINGS | DBN_ACT_ROUTINE;
	return DBN_ACT_READ | DBN_ACT_WRITE;
}

static void
read_actions(struct rbac_reader *r, const config_setting_t *g, dbn_rule *rule)
{
	static const struct word words[] = {
		{ "read", DBN_ACT_READ }, { "insert", DBN_ACT_INSERT }, { "update", DBN_ACT_UPDATE },
		{ "delete", DBN_ACT_DELETE }, { "write", DBN_ACT_WRITE },
		{ "execute", DBN_ACT_EXECUTE }, { "admin.ddl", DBN_ACT_DDL },
		{ "admin.settings", DBN_ACT_SETTINGS }, { "admin.routine", DBN_ACT_ROUTINE },
		{ "admin.*", DBN_ACT_DDL | DBN_ACT_SETTINGS | DBN_ACT_ROUTINE }
	};
	const size_t nwords = sizeof(words) / sizeof(words[0]);
	const char *names[sizeof(words) / sizeof(words[0])], *near;
	uint32_t n, may = all_actions(rule->resource_kind);
	dbn_text *list = rbac_get_texts(r, g, "actions", &n);
	unsigned line = line_of(g, "actions");

	for (size_t k = 0; k < nwords; k++)
		names[k] = words[k].word;
	if (!n && !config_setting_get_member(g, "actions"))
		rbac_problem(r, line, "\"actions\" is missing");
	for (uint32_t i = 0; i < n; i++) {
		size_t k = 0;

		if (!strcmp(list[i].ptr, "*")) {
			rule->actions |= may;
			continue;
		}
		while (k < nwords && strcmp(words[k].word, list[i].ptr) != 0)
			k++;
		if (k == nwords) {
			near = rbac_nearest(list[i].ptr, names, nwords);
			rbac_problem(r, line, "no action \"%s\"%s%s%s", list[i].ptr,
				near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
		} else if (words[k].value & ~may) {
			rbac_problem(r, line, "action \"%s\" does not go with this kind of resource",
				list[i].ptr);
		} else {
			rule->actions |= words[k].value;
		}
	}
}

/* [database.][schema.]name; "*" alone is everything, a part left out is the default. */
static void
split_name(struct rbac_reader *r, unsigned line, dbn_text t, dbn_rule *rule)
{
	dbn_text *parts[3] = { &rule->name, &rule->schema, &rule->database };
	const char *end = t.ptr + t.len;
	size_t i = 0;

	if (t.len == 1 && t.ptr[0] == '*') {
		rule->database = rule->schema = rule->name = t;
		return;
	}
	for (;;) {
		const char *p = end;

		while (p > t.ptr && p[-1] != '.')
			p--;
		if (i == 3 || p == end) {
			rbac_problem(r, line, "\"%s\" is not [database.][schema.]name", t.ptr);
			return;
		}
		parts[i]->ptr = p;
		parts[i++]->len = (size_t)(end - p);
		if (p == t.ptr)
			break;
		end = p - 1;
	}
	for (i = 0; i < 3; i++)
		if (parts[i]->len > 1 && memchr(parts[i]->ptr, '*', parts[i]->len))
			rbac_problem(r, line, "\"%s\": \"*\" stands for a whole part only", t.ptr);
}

static void
read_resource(struct rbac_reader *r, const config_setting_t *g, dbn_rule *rule)
{
	static const char *const members[] = { "relation", "function", "database" };
	static const uint32_t kinds[] = { DBN_RESOURCE_RELATION, DBN_RESOURCE_FUNCTION,
		DBN_RESOURCE_DATABASE };
	unsigned found = 0;

	rule->resource_kind = DBN_RESOURCE_RELATION;
	for (size_t i = 0; i < 3; i++) {
		dbn_text t;

		if (!config_setting_get_member(g, members[i]))
			continue;
		t = rbac_get_text(r, g, members[i], true);
		found++;
		rule->resource_kind = kinds[i];
		if (!t.ptr)
			continue;
		if (kinds[i] == DBN_RESOURCE_RELATION)
			split_name(r, line_of(g, members[i]), t, rule);
		else if (kinds[i] == DBN_RESOURCE_FUNCTION)
			rule->name = t;
		else
			rule->database = t;
	}
	if (found != 1)
		rbac_problem(r, config_setting_source_line(g),
			"one of \"relation\", \"function\" and \"database\" must be set%s",
			found ? ", not more" : "");
}

static void
set_array(dbn_array *a, const void *items, uint32_t n, size_t size)
{
	a->items = n ? items : NULL;
	a->count = n;
	a->stride = n ? (uint32_t)size : 0;
}

static uint32_t
small_number(struct rbac_reader *r, const config_setting_t *g, const char *name)
{
	const config_setting_t *m = config_setting_get_member(g, name);

	if (!m)
		return 0;
	if (config_setting_type(m) != CONFIG_TYPE_INT || config_setting_get_int(m) < 0 ||
		config_setting_get_int(m) > 1000) {
		rbac_problem(r, config_setting_source_line(m), "\"%s\" must be a number from 0 to 1000",
			name);
		return 0;
	}
	return (uint32_t)config_setting_get_int(m);
}

static void
read_mask(struct rbac_reader *r, const config_setting_t *g, dbn_mask *m)
{
	static const char *const known[] = { "column", "method", "value", "to", "keep_first",
		"keep_last", "filter" };
	static const struct word methods[] = { { "null", DBN_MASK_NULL }, { "const", DBN_MASK_CONST },
		{ "partial", DBN_MASK_PARTIAL }, { "truncate", DBN_MASK_TRUNCATE },
		{ "hash", DBN_MASK_HASH }, { "expr", DBN_MASK_EXPR } };
	bool value, to, keep;

	rbac_known(r, g, "a mask", known, sizeof(known) / sizeof(known[0]));
	m->struct_size = (uint32_t)sizeof(*m);
	m->column = rbac_get_text(r, g, "column", true);
	if (!config_setting_get_member(g, "method"))
		rbac_problem(r, config_setting_source_line(g), "\"method\" is missing");
	m->method = PICK(r, g, "method", methods, DBN_MASK_NULL);
	m->keep_first = small_number(r, g, "keep_first");
	m->keep_last = small_number(r, g, "keep_last");
	m->filter = rbac_get_bool(r, g, "filter", false);
	value = config_setting_get_member(g, "value") != NULL;
	to = config_setting_get_member(g, "to") != NULL;
	keep = config_setting_get_member(g, "keep_first") || config_setting_get_member(g, "keep_last");
	if (to)
		m->value = rbac_get_text(r, g, "to", true);
	else if (value)
		m->value = rbac_get_text(r, g, "value", true);
	if (value != (m->method == DBN_MASK_CONST || m->method == DBN_MASK_EXPR) ||
		to != (m->method == DBN_MASK_TRUNCATE) || (keep && m->method != DBN_MASK_PARTIAL))
		rbac_problem(r, config_setting_source_line(g),
			"a mask takes \"value\" with const and expr, \"to\" with truncate, "
			"\"keep_first\" and \"keep_last\" with partial");
}

static void
read_masks(struct rbac_reader *r, const config_setting_t *g, dbn_rule *rule)
{
	const config_setting_t *l = rbac_list(r, g, "masks");
	int n = l ? config_setting_length(l) : 0;
	dbn_mask *m = (dbn_mask *)rbac_take(&r->p->arena, (size_t)n, sizeof(*m));

	for (int i = 0; m && i < n; i++)
		read_mask(r, config_setting_get_elem(l, (unsigned)i), &m[i]);
	set_array(&rule->masks, m, m ? (uint32_t)n : 0, sizeof(*m));
}

static void
read_presets(struct rbac_reader *r, const config_setting_t *g, dbn_rule *rule)
{
	static const char *const known[] = { "column", "value" };
	const config_setting_t *l = rbac_list(r, g, "presets");
	int n = l ? config_setting_length(l) : 0;
	dbn_preset *p = (dbn_preset *)rbac_take(&r->p->arena, (size_t)n, sizeof(*p));

	for (int i = 0; p && i < n; i++) {
		const config_setting_t *e = config_setting_get_elem(l, (unsigned)i);

		rbac_known(r, e, "a preset", known, sizeof(known) / sizeof(known[0]));
		p[i].struct_size = (uint32_t)sizeof(*p);
		p[i].column = rbac_get_text(r, e, "column", true);
		p[i].value = rbac_get_text(r, e, "value", true);
	}
	set_array(&rule->presets, p, p ? (uint32_t)n : 0, sizeof(*p));
}

static void
read_roles_of(struct rbac_reader *r, const config_setting_t *g, dbn_rule *rule)
{
	uint32_t n;
	dbn_text *roles = rbac_get_texts(r, g, "roles", &n);

	if (!config_setting_get_member(g, "roles"))
		rbac_problem(r, config_setting_source_line(g), "\"roles\" is missing (\"*\": everybody)");
	for (uint32_t i = 0; i < n; i++)
		if (strcmp(roles[i].ptr, "*") != 0 && !rbac_index_get(&r->p->role_names, roles[i]))
			rbac_problem(r, line_of(g, "roles"), "no role \"%s\"", roles[i].ptr);
	set_array(&rule->roles, roles, n, sizeof(*roles));
}

/* Column lists: "*" alone is all, as an empty list is. */
static void
read_columns(struct rbac_reader *r, const config_setting_t *g, dbn_rule *rule)
{
	uint32_t n;
	dbn_text *c = rbac_get_texts(r, g, "columns", &n);

	if (n == 1 && !strcmp(c[0].ptr, "*"))
		n = 0;
	else if (config_setting_get_member(g, "columns") && !n)
		rbac_problem(r, line_of(g, "columns"), "\"columns\" is empty: leave it out for all");
	for (uint32_t i = 0; i < n; i++)
		if (!strcmp(c[i].ptr, "*"))
			rbac_problem(r, line_of(g, "columns"), "\"*\" stands alone in \"columns\"");
	set_array(&rule->columns, c, n, sizeof(*c));
	c = rbac_get_texts(r, g, "hide", &n);
	set_array(&rule->hide, c, n, sizeof(*c));
}

/* What cannot mean anything where it stands. */
static void
judge(struct rbac_reader *r, const config_setting_t *g, const dbn_rule *rule)
{
	unsigned line = config_setting_source_line(g);
	bool rows = rule->using_.len || rule->check.len, cells = rule->columns.count || rule->hide.count ||
		rule->masks.count || rule->presets.count;

	if (rule->resource_kind != DBN_RESOURCE_RELATION && (rows || cells))
		rbac_problem(r, line, "using, check, columns, hide, masks and presets go with a relation only");
	if (rule->effect == DBN_RULE_DENY && (rule->check.len || rule->hide.count || rule->masks.count ||
		rule->presets.count))
		rbac_problem(r, line, "a deny rule takes neither check, hide, masks nor presets");
	if (rule->effect == DBN_RULE_DENY && rule->columns.count && rule->using_.len)
		rbac_problem(r, line, "a deny rule takes columns or using, not both");
	if (rule->kind == DBN_RULE_RESTRICTIVE && rule->effect == DBN_RULE_ALLOW &&
		(rule->columns.count || rule->hide.count || rule->masks.count || rule->presets.count))
		rbac_problem(r, line, "a restrictive rule takes using and check only");
	if (rule->kind == DBN_RULE_RESTRICTIVE && rule->effect == DBN_RULE_ALLOW && !rows)
		rbac_problem(r, line, "a restrictive rule needs using or check");
	if (rule->check.len && !(rule->actions & (DBN_ACT_INSERT | DBN_ACT_UPDATE)))
		rbac_problem(r, line, "check needs the action insert or update");
	if (rule->presets.count && !(rule->actions & (DBN_ACT_INSERT | DBN_ACT_UPDATE)))
		rbac_problem(r, line, "presets need the action insert or update");
	if (rule->masks.count && !(rule->actions & DBN_ACT_READ))
		rbac_problem(r, line, "masks need the action read");
}

static void
read_rule(struct rbac_reader *r, const config_setting_t *g, dbn_rule *rule)
{
	static const char *const known[] = { "id", "roles", "relation", "function", "database",
		"actions", "effect", "kind", "mode", "columns", "hide", "using", "check", "masks",
		"presets", "when", "triggers" };
	static const struct word effects[] = { { "allow", DBN_RULE_ALLOW }, { "deny", DBN_RULE_DENY } };
	static const struct word kinds[] = { { "permissive", DBN_RULE_PERMISSIVE },
		{ "restrictive", DBN_RULE_RESTRICTIVE } };
	static const struct word modes[] = { { "enforce", DBN_RULE_ENFORCE },
		{ "observe", DBN_RULE_OBSERVE } };
	static const struct word triggers[] = { { "trusted", DBN_RULE_TRIGGERS_TRUSTED },
		{ "refused", 0 } };
	char where[512];
	int n;

	rbac_known(r, g, "a rule", known, sizeof(known) / sizeof(known[0]));
	rule->struct_size = (uint32_t)sizeof(*rule);
	rule->id = rbac_get_text(r, g, "id", true);
	n = snprintf(where, sizeof(where), "%s:%u", r->shown, config_setting_source_line(g));
	rule->where = rbac_text(&r->p->arena, where, n > 0 && (size_t)n < sizeof(where) ? (size_t)n
		: sizeof(where) - 1);
	rule->effect = PICK(r, g, "effect", effects, DBN_RULE_ALLOW);
	rule->kind = PICK(r, g, "kind", kinds, rule->effect == DBN_RULE_DENY ? DBN_RULE_RESTRICTIVE
		: DBN_RULE_PERMISSIVE);
	rule->mode = PICK(r, g, "mode", modes, DBN_RULE_ENFORCE);
	rule->flags = PICK(r, g, "triggers", triggers, 0);
	read_roles_of(r, g, rule);
	read_resource(r, g, rule);
	read_actions(r, g, rule);
	read_columns(r, g, rule);
	rule->using_ = rbac_get_text(r, g, "using", false);
	rule->check = rbac_get_text(r, g, "check", false);
	rule->when = rbac_get_text(r, g, "when", false);
	read_masks(r, g, rule);
	read_presets(r, g, rule);
	judge(r, g, rule);
}

void
rbac_read_rules(struct rbac_reader *r, const config_setting_t *root)
{
	const config_setting_t *l = rbac_list(r, root, "rules");
	struct dbn_policy *p = r->p;
	int n = l ? config_setting_length(l) : 0;

	p->rules = (dbn_rule *)rbac_take(&p->arena, (size_t)n, sizeof(*p->rules));
	if (!p->rules || !rbac_index_init(&p->arena, &p->rule_ids, (size_t)n, false) ||
		!rbac_index_init(&p->arena, &p->by_name, (size_t)n, true))
		return;
	for (int i = 0; i < n; i++) {
		const config_setting_t *g = config_setting_get_elem(l, (unsigned)i);
		dbn_rule *rule = &p->rules[i];

		read_rule(r, g, rule);
		if (rule->id.ptr && rbac_index_get(&p->rule_ids, rule->id))
			rbac_problem(r, config_setting_source_line(g), "rule \"%s\" is defined twice",
				rule->id.ptr);
		else if (rule->id.ptr)
			(void)rbac_index_add(&p->arena, &p->rule_ids, rule->id, (uint32_t)i);
		(void)rbac_index_add(&p->arena, &p->by_name,
			rule->resource_kind == DBN_RESOURCE_DATABASE ? rule->database : rule->name,
			(uint32_t)i);
	}
	p->nrules = (uint32_t)n;
}
