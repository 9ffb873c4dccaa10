/* SPDX-License-Identifier: MIT */
/*
 * From text to plan: parse, resolve and rewrite, route, print, and the recipes
 * for cache, second lock and audit.  A plan keeps its arena, tree included, so
 * that nothing is copied and lists can be printed later.
 */
#include <string.h>

#include "audit/audit.h"
#include "base/index.h"
#include "base/map.h"
#include "base/str.h"
#include "plan/plan.h"
#include "sql/parse.h"
#include "sql/print.h"

static _Atomic uint64_t next_id = 1;

static dbn_plan *
plan_new(const dbn_plan_in *in, dbn_text text)
{
	dbn_plan *p = dbn_zalloc(sizeof *p);

	if (!p)
		return NULL;
	dbn_arena_init(&p->arena, 0);
	(void)pthread_mutex_init(&p->printing, NULL);
	atomic_store(&p->refs, 1);
	p->id = atomic_fetch_add(&next_id, 1);
	p->view_id = in->subject->view_id;
	p->policy_epoch = in->subject->epoch;
	p->conditions = in->conditions;
	p->catalog = in->catalog;
	p->dialect = in->dialect;
	p->text = dbn_arena_text(&p->arena, text);
	p->hash = dbn_plan_key(p->view_id, p->conditions, in->catalog, text);
	return p;
}

void
dbn_plan_release(dbn_plan *p)
{
	if (!p || atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) != 1)
		return;
	if (p->counted)
		atomic_fetch_sub_explicit(p->counted, p->bytes, memory_order_relaxed);
	(void)pthread_mutex_destroy(&p->printing);
	dbn_free(p->explain);
	dbn_catalog_let_go(p->held);
	dbn_arena_free(&p->arena);
	dbn_free(p);
}

/* "database.schema.name" */
static dbn_text
full_name(dbn_arena *a, const dbn_sql_name *n)
{
	char *s = dbn_arena_printf(a, "%.*s.%.*s.%.*s", DBN_TEXT_ARG(n->database),
		DBN_TEXT_ARG(n->schema), DBN_TEXT_ARG(n->name));

	return dbn_text_z(s);
}

/* ---- recipes ---- */

static bool
make_tags(dbn_plan *p, const dbn_rewritten *rw)
{
	uint32_t want = p->kind == DBN_STMT_SELECT
		? DBN_TOUCH_READ | DBN_TOUCH_POLICY | DBN_TOUCH_EFFECT_READ
		: DBN_TOUCH_WRITE | DBN_TOUCH_EFFECT_WRITE;
	uint32_t seen = DBN_TOUCH_READ | DBN_TOUCH_WRITE;

	p->tags = dbn_arena_array(&p->arena, rw->ntouches, sizeof *p->tags);
	p->relations = dbn_arena_array(&p->arena, rw->ntouches, sizeof *p->relations);
	p->versions = dbn_arena_array(&p->arena, rw->ntouches, sizeof *p->versions);
	if (!p->tags || !p->relations || !p->versions)
		return false;
	for (uint32_t i = 0; i < rw->ntouches; i++) {
		const dbn_touch *t = &rw->touches[i];
		dbn_text name = full_name(&p->arena, &t->name);

		if (!name.ptr)
			return false;
		if (t->how & want)
			p->tags[p->ntags++] = name;
		if ((t->how & (DBN_TOUCH_WRITE | DBN_TOUCH_EFFECT_WRITE)) && t->rel &&
			(t->rel->facts & DBN_REL_NOT_TRANSACTIONAL))
			p->never_undone = name;
		if (t->how & seen)
			p->relations[p->nrelations++] = name;
		if (t->rel)
			p->versions[p->nversions++].rel = t->rel;
	}
	return true;
}

static bool
make_rules(dbn_plan *p, const dbn_rewritten *rw)
{
	dbn_index index = { NULL, 0, NULL, 0, 0 };

	p->rules = dbn_arena_array(&p->arena, rw->ndecisions, sizeof *p->rules);
	if (!p->rules)
		return false;
	for (uint32_t i = 0; i < rw->ndecisions; i++) {
		dbn_text rule = rw->decisions[i].rule;
		uint64_t h = dbn_hash_name(rule, 0);
		uint32_t k = dbn_index_first(&index, h);

		p->observed |= rw->decisions[i].observed;
		while (k != DBN_INDEX_END && !dbn_text_eq(p->rules[k], rule))
			k = dbn_index_next(&index, k);
		if (k != DBN_INDEX_END)
			continue;
		if (!dbn_index_add(&index, &p->arena, h))
			return false;
		p->rules[p->nrules++] = rule;
	}
	return true;
}

/* The types in the order of the placeholders.  Where each value has one and they are
 * in the order of the values, no order is kept: nothing is to be rearranged. */
static bool
sent_types(dbn_plan *p, const dbn_type *types, uint32_t total)
{
	bool same = p->sent.count == total;
	dbn_type *t;

	for (size_t i = 0; same && i < total; i++)
		same = p->sent.items[i] == i;
	if (same) {
		p->sent = (dbn_sql_sent){ NULL, 0 };
		return true;
	}
	t = dbn_arena_array(&p->arena, p->sent.count + 1, sizeof *t);
	for (size_t i = 0; t && i < p->sent.count; i++)
		t[i] = types[p->sent.items[i]];
	p->recipe.opts.param_types = (dbn_array){ t, (uint32_t)p->sent.count, sizeof *t };
	return t != NULL;
}

static bool
make_params(dbn_plan *p, const dbn_rewritten *rw)
{
	uint32_t n = rw->result.nparams, total = n + rw->nextra;
	dbn_type *types = dbn_arena_array(&p->arena, total, sizeof *types);

	p->params = dbn_arena_array(&p->arena, n, sizeof *p->params);
	if (!types || !p->params)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		p->params[i].type = types[i] = rw->result.params[i].type;
		p->params[i].flags = rw->result.params[i].flags;
		if (rw->result.params[i].room) {
			p->params[i].room = dbn_arena_memdup(&p->arena, rw->result.params[i].room,
				sizeof(dbn_room));
			p->params[i].stored = dbn_arena_text(&p->arena, rw->result.params[i].stored);
			if (!p->params[i].room || !p->params[i].stored.ptr)
				return false;
		}
		if (p->params[i].flags & DBN_PARAM_COUNT)
			p->params[i].type = types[i] = DBN_INT64;
	}
	for (uint32_t i = 0; i < rw->nextra; i++) {
		types[n + i] = rw->extra[i].type;
		p->lists |= rw->extra[i].list != 0;
	}
	p->nparams = n;
	p->nextra = rw->nextra;
	p->extra = rw->extra;
	p->types = types;
	p->recipe.opts.param_types = (dbn_array){ types, total, sizeof *types };
	return !p->sent.items || sent_types(p, types, total);
}

/* What the database would call it: it cuts a long name, between two characters. */
static dbn_text
output_name(const dbn_plan *p, dbn_text name)
{
	size_t max = p->dialect->output_max;

	if (max && name.len > max) {
		while (max && ((unsigned char)name.ptr[max] & 0xc0) == 0x80)
			max--;
		name.len = max;
	}
	return name;
}

static bool
make_columns(dbn_plan *p, const dbn_rewritten *rw)
{
	uint32_t n = rw->result.ncols, total = n + rw->nhidden;
	dbn_type *types = dbn_arena_array(&p->arena, total, sizeof *types);

	p->columns = dbn_arena_array(&p->arena, n, sizeof *p->columns);
	if (!types || !p->columns)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		const dbn_sql_outcol *c = &rw->result.cols[i];

		p->columns[i].struct_size = (uint32_t)sizeof p->columns[i];
		/* Other databases than SQLite say themselves what an expression gives. */
		p->columns[i].type = types[i] = c->rel || p->dialect->id == DBN_DIALECT_SQLITE
			? c->type : (dbn_type)DBN_NULL;
		p->columns[i].name = dbn_arena_text(&p->arena, output_name(p, c->name));
		if (!p->columns[i].name.ptr)
			return false;
	}
	p->ncols = n;
	p->nhidden = rw->nhidden;
	p->key = rw->key;
	p->masked = rw->masked;
	p->returns_rows = total > 0;
	p->recipe.opts.result_types = (dbn_array){ types, total, sizeof *types };
	return true;
}

static bool
may_cache(const dbn_plan_in *in, const dbn_plan *p, const dbn_rewritten *rw)
{
	if (!in->cache || p->kind != DBN_STMT_SELECT || rw->uses_now || !p->ntags ||
		(rw->result.flags & (DBN_SQL_VOLATILE | DBN_SQL_UNLISTED_FN | DBN_SQL_LOCKS)))
		return false;
	for (uint32_t i = 0; i < rw->ntouches; i++)
		if (!rw->touches[i].rel || rw->touches[i].rel->kind == DBN_REL_SYSTEM ||
			rw->touches[i].rel->kind == DBN_REL_VIRTUAL)
			return false;
	return true;
}

static dbn_status
make_digest(const dbn_plan_in *in, dbn_plan *p, dbn_error **err)
{
	uint64_t *versions = dbn_arena_array(&p->arena, p->nversions + 1u, sizeof *versions);
	dbn_text parts[5];

	if (!versions)
		return dbn_fail_nomem(err);
	for (uint32_t i = 0; i < p->nversions; i++)
		versions[i] = p->versions[i].rel->version;
	parts[0] = p->recipe.sql;
	parts[1] = in->subject->view_key;
	parts[2] = dbn_text_n((const char *)versions, p->nversions * sizeof *versions);
	parts[3] = dbn_text_z(in->database); /* canonical text does not name it */
	/* LIMIT ?, ? and LIMIT ? OFFSET ? are one text where placeholders have no numbers,
	 * and not one statement. */
	parts[4] = dbn_text_n((const char *)p->sent.items, p->sent.count * sizeof *p->sent.items);
	if (dbn_digest_make(parts, 5, &p->digest) != DBN_OK)
		return dbn_fail(err, DBN_E_INTERNAL, "cannot hash a statement");
	return DBN_OK;
}

uint32_t
dbn_plan_action(const dbn_sql_stmt *s)
{
	switch (s->kind) {
	case DBN_STMT_SELECT:
		return DBN_ACT_READ;
	case DBN_STMT_INSERT:
		return DBN_ACT_INSERT;
	case DBN_STMT_UPDATE:
		return DBN_ACT_UPDATE;
	case DBN_STMT_ADMIN:
		return s->admin == DBN_ADMIN_DDL ? DBN_ACT_DDL : s->admin == DBN_ADMIN_SETTINGS
			? DBN_ACT_SETTINGS : DBN_ACT_ROUTINE;
	default:
		return DBN_ACT_DELETE;
	}
}

static uint32_t
audit_action_of(uint32_t kind)
{
	switch (kind) {
	case DBN_STMT_SELECT:
		return DBN_AUDIT_READ;
	case DBN_STMT_INSERT:
		return DBN_AUDIT_INSERT;
	case DBN_STMT_UPDATE:
		return DBN_AUDIT_UPDATE;
	case DBN_STMT_DELETE:
		return DBN_AUDIT_DELETE;
	default:
		return DBN_AUDIT_ADMIN;
	}
}

/* Where placeholders have no numbers: which value goes to each. */
static dbn_status
keep_order(dbn_plan *p, const dbn_sql_sent *sent, dbn_error **err)
{
	if (!(p->dialect->flags & DBN_SQL_PLAIN_PARAMS))
		return DBN_OK;
	p->sent.items = dbn_arena_memdup(&p->arena, sent->count ? (const void *)sent->items : "",
		sent->count ? sent->count * sizeof(*sent->items) : 1);
	p->sent.count = sent->count;
	return p->sent.items ? DBN_OK : dbn_fail_nomem(err);
}

/* Print into the plan's arena. */
static dbn_status
print_into(dbn_plan *p, dbn_sql_stmt *s, uint32_t mode, dbn_text *out, dbn_error **err)
{
	dbn_sql_sent sent;
	dbn_str text;
	dbn_status rc;

	dbn_str_init(&text, 0);
	rc = dbn_sql_print_sent(s, p->dialect, mode, NULL, 0, &text, &sent, err);
	if (rc == DBN_OK) {
		*out = dbn_arena_text(&p->arena, dbn_text_n(dbn_str_z(&text), text.len));
		if (!out->ptr)
			rc = dbn_fail_nomem(err);
	}
	if (rc == DBN_OK && mode == DBN_PRINT_CANONICAL)
		rc = keep_order(p, &sent, err);
	dbn_free(sent.items);
	dbn_str_free(&text);
	return rc;
}

static void
start_recipe(dbn_plan *p)
{
	p->recipe.id = p->id;
	p->recipe.opts.call.struct_size = (uint32_t)sizeof p->recipe.opts;
	p->recipe.opts.flags = DBN_PREPARE_KEEP | DBN_PREPARE_AS_STORED |
		(p->read_only ? DBN_PREPARE_READ_ONLY : 0u);
}

static dbn_status
compile_data(const dbn_plan_in *in, dbn_plan *p, dbn_error **err)
{
	dbn_rewrite_in rin = { .subject = in->subject, .conditions = in->conditions,
		.dialect = in->dialect, .capabilities = in->driver->capabilities };
	dbn_catalog_view view = { in->catalog, &p->arena, NULL };
	dbn_sql_catalog cat = { .lookup = dbn_catalog_lookup, .user = &view,
		.default_database = dbn_text_z(in->database),
		.default_schema = in->driver->default_schema };
	dbn_rewritten rw;
	dbn_status rc;

	memset(&rw, 0, sizeof rw);
	rin.catalog = &cat;
	rc = print_into(p, p->stmt, DBN_PRINT_FINGERPRINT, &p->fingerprint, err);
	if (rc == DBN_OK)
		rc = dbn_rewrite(p->stmt, &rin, &rw, err);
	p->held = view.held;
	if (rc == DBN_OK)
		rc = dbn_route_plan(p->stmt, &rw, in->shards, &p->arena, &p->route, err);
	if (rc == DBN_OK)
		rc = print_into(p, p->stmt, DBN_PRINT_CANONICAL, &p->recipe.sql, err);
	if (rc != DBN_OK)
		return rc;
	rc = dbn_plan__borrowed(p, &rw.result, err);
	if (rc != DBN_OK)
		return rc;
	p->action = dbn_plan_action(p->stmt);
	/* Locks are taken where rows are written: on the primary, to the last row. */
	p->read_only = p->kind == DBN_STMT_SELECT && !(rw.result.flags & DBN_SQL_LOCKS);
	p->insert = p->kind == DBN_STMT_INSERT;
	p->restricted = rw.restricted;
	p->checks = rw.wrote_rules;
	p->must_finish = rw.wrote_rules || !p->read_only;
	p->groupable = dbn_plan__groupable(p, &rw);
	if (!make_tags(p, &rw) || !make_rules(p, &rw) || !make_params(p, &rw) ||
		!make_columns(p, &rw))
		return dbn_fail_nomem(err);
	start_recipe(p);
	p->recipe.opts.accesses = (dbn_array){ rw.accesses, rw.naccesses, sizeof *rw.accesses };
	if (may_cache(in, p, &rw)) {
		p->ttl_ns = dbn_cache_ttl(in->cache, p->tags, p->ntags);
		p->cacheable = p->ttl_ns > 0;
	}
	rc = make_digest(in, p, err);
	if (rc == DBN_OK && in->explain && !(p->explain = dbn_plan__explain(in, p, &rw)))
		rc = dbn_fail_nomem(err);
	return rc;
}

/* What an administrative statement is about. */
static bool
name_objects(const dbn_plan_in *in, dbn_plan *p)
{
	p->relations = dbn_arena_array(&p->arena, p->stmt->nadmin_names, sizeof *p->relations);
	for (uint32_t i = 0; p->relations && i < p->stmt->nadmin_names; i++) {
		dbn_sql_name n = p->stmt->admin_names[i];

		if (!n.database.len)
			n.database = dbn_text_z(in->database);
		if (!n.schema.len)
			n.schema = in->driver->default_schema;
		p->relations[p->nrelations] = full_name(&p->arena, &n);
		if (!p->relations[p->nrelations++].ptr)
			return false;
	}
	return p->relations != NULL;
}

static dbn_status
compile_admin(const dbn_plan_in *in, dbn_plan *p, dbn_error **err)
{
	dbn_str ids;
	dbn_status rc;

	p->admin = p->stmt->admin;
	p->action = dbn_plan_action(p->stmt);
	p->fingerprint = p->stmt->admin_word;
	dbn_str_init(&ids, 4096);
	rc = dbn_permission_admin(in->subject, in->conditions, dbn_text_z(in->database), p->action,
		&ids, err);
	if (rc == DBN_OK && in->shards)
		rc = dbn_fail_hint(err, DBN_E_NO_SHARD,
			"Run it on each file with a configuration of its own.",
			"%.*s on a sharded database is not possible in one go",
			DBN_TEXT_ARG(p->stmt->admin_word));
	if (rc == DBN_OK && ids.len) {
		p->rules = dbn_arena_array(&p->arena, 1, sizeof *p->rules);
		if (p->rules)
			p->rules[0] = dbn_arena_text(&p->arena, dbn_text_n(dbn_str_z(&ids), ids.len));
		if (p->rules && p->rules[0].ptr)
			p->nrules = 1;
		else
			rc = dbn_fail_nomem(err);
	}
	dbn_str_free(&ids);
	if (rc != DBN_OK)
		return rc;
	p->recipe.sql = p->text;
	start_recipe(p);
	p->recipe.id = 0;
	p->recipe.opts.flags = DBN_PREPARE_ADMIN;
	if (p->stmt->admin_temp)
		p->in_txn_only = "temporary table";
	p->returns_rows = true;
	p->must_finish = true;
	if (!name_objects(in, p))
		return dbn_fail_nomem(err);
	rc = make_digest(in, p, err);
	if (rc == DBN_OK && in->explain && !(p->explain = dbn_plan__explain(in, p, NULL)))
		rc = dbn_fail_nomem(err);
	return rc;
}

/* What every execution tells the trail. */
static void
lay_out_audit(dbn_plan *p)
{
	dbn_audit_event ev;

	memset(&ev, 0, sizeof ev);
	ev.statement = p->fingerprint;
	ev.relations = p->relations;
	ev.nrelations = p->nrelations;
	ev.rules = p->rules;
	ev.nrules = p->nrules;
	dbn_audit_part_what(&ev, &p->arena, &p->audit);
}

dbn_status
dbn_plan_compile(const dbn_plan_in *in, dbn_text text, dbn_plan **out, dbn_error **err)
{
	uint64_t epoch = dbn_catalog_epoch(in->catalog);
	dbn_plan *p = plan_new(in, text);
	dbn_status rc;

	if (!p || !p->text.ptr) {
		dbn_plan_release(p);
		return dbn_fail_nomem(err);
	}
	atomic_store(&p->seen_epoch, epoch);
	rc = dbn_sql_parse(&p->arena, in->dialect, in->limits, p->text, &p->stmt, err);
	if (rc == DBN_OK) {
		p->kind = p->stmt->kind;
		p->audit_action = audit_action_of(p->kind);
		rc = p->kind == DBN_STMT_ADMIN ? compile_admin(in, p, err) : compile_data(in, p, err);
	}
	if (rc != DBN_OK) {
		dbn_plan_release(p);
		return rc;
	}
	lay_out_audit(p);
	p->bytes = sizeof *p + p->arena.used;
	*out = p;
	return DBN_OK;
}

dbn_status
dbn_plan_expand(dbn_plan *p, const uint32_t *expand, size_t n, dbn_str *out, dbn_sql_sent *sent,
	dbn_error **err)
{
	dbn_status rc;

	(void)pthread_mutex_lock(&p->printing);
	rc = dbn_sql_print_sent(p->stmt, p->dialect, DBN_PRINT_CANONICAL, expand, n, out, sent, err);
	(void)pthread_mutex_unlock(&p->printing);
	return rc;
}

bool
dbn_plan_current(dbn_plan *p)
{
	uint64_t epoch = dbn_catalog_epoch(p->catalog);

	if (dbn_plan_seen(p))
		return true;
	for (uint32_t i = 0; i < p->nversions; i++)
		if (!dbn_catalog_holds(p->versions[i].rel))
			return false;
	atomic_store_explicit(&p->seen_epoch, epoch, memory_order_relaxed);
	return true;
}
