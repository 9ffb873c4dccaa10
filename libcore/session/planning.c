/* SPDX-License-Identifier: MIT */
/*
 * Finding the plan of a statement: in the session's own slots, which takes no
 * lock, then in the pool's cache, then it is made.  A plan stands in a slot only
 * while the cache counts it, within the bound of both.
 */
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "session/session_impl.h"
#include "sql/parse.h"

static void
plan_in(dbn_session *s, dbn_database *db, uint64_t conditions, dbn_plan_in *in)
{
	memset(in, 0, sizeof *in);
	in->subject = s->subject;
	in->conditions = conditions;
	in->driver = &db->dialect;
	in->dialect = db->sql;
	in->limits = &s->pool->limits;
	in->shards = db->shards;
	in->cache = s->pool->cache;
	in->catalog = s->own && s->txn_db == db ? s->own : db->catalog;
	in->database = db->conf->name;
}

/* What kind of statement is it?  By its first word; WITH and what administers is read in full. */
static uint32_t
guess_action(dbn_session *s, dbn_text text)
{
	static const struct {
		const char *word;
		uint32_t action;
	} words[] = { { "select", DBN_ACT_READ }, { "values", DBN_ACT_READ },
		{ "insert", DBN_ACT_INSERT }, { "replace", DBN_ACT_INSERT },
		{ "update", DBN_ACT_UPDATE }, { "delete", DBN_ACT_DELETE } };
	dbn_sql_stmt *stmt = NULL;
	dbn_error *err = NULL;
	uint32_t action = 0;
	dbn_arena a;
	size_t i = 0;

	while (i < text.len && (text.ptr[i] == ' ' || text.ptr[i] == '\n' || text.ptr[i] == '\t'))
		i++;
	for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
		size_t n = strlen(words[w].word);

		if (text.len - i > n && (text.ptr[i + n] == ' ' || text.ptr[i + n] == '\n') &&
			dbn_text_ieqz(dbn_text_n(text.ptr + i, n), words[w].word))
			return words[w].action;
	}
	dbn_arena_init(&a, 0);
	if (dbn_sql_parse(&a, s->home->sql, &s->pool->limits, text, &stmt, &err) == DBN_OK)
		action = dbn_plan_action(stmt);
	dbn_error_free(err);
	dbn_arena_free(&a);
	return action;
}

struct named {
	dbn_pool *pool;
	dbn_database *found;
};

static dbn_status
note_database(dbn_sql_from **f, void *user)
{
	struct named *n = user;

	for (size_t i = 0; !n->found && i < n->pool->ndatabases; i++)
		if ((*f)->kind == DBN_FROM_RELATION && (*f)->name.database.len &&
			dbn_text_eqz((*f)->name.database, n->pool->databases[i].conf->name))
			n->found = &n->pool->databases[i];
	return DBN_OK;
}

/* Which database a statement is about: the one its tables name, else the session's. */
static dbn_database *
database_of(dbn_session *s, dbn_text text)
{
	struct named n = { s->pool, NULL };
	dbn_sql_visitor v = { .from = note_database, .user = &n };
	dbn_sql_stmt *stmt = NULL;
	dbn_error *err = NULL;
	dbn_arena a;

	if (s->pool->ndatabases == 1 || s->sets) /* connections to one only */
		return s->home;
	dbn_arena_init(&a, 0);
	if (dbn_sql_parse(&a, s->home->sql, &s->pool->limits, text, &stmt, &err) == DBN_OK) {
		if (stmt->target)
			(void)note_database(&stmt->target, &n);
		(void)dbn_sql_walk(stmt, &v);
	}
	dbn_error_free(err);
	dbn_arena_free(&a);
	return n.found ? n.found : s->home;
}

static size_t
recent_of(dbn_text text)
{
	return ((uintptr_t)text.ptr >> 4 ^ (uintptr_t)text.ptr >> 9) % DBN_SESSION_RECENT;
}

/* Is it so still?  That may have to be asked. */
static bool
holds(const dbn_session *s, dbn_plan *p)
{
	uint64_t before;
	bool current;

	if (dbn_plan_seen(p))
		return true;
	before = dbn_catalog_until(s->plan_until_ns);
	current = dbn_plan_current(p);
	(void)dbn_catalog_until(before);
	return current;
}

static dbn_plan *
usable(dbn_session *s, dbn_plan *p, uint64_t conditions, const dbn_catalog *c, dbn_text text)
{
	if (!p || p->view_id != s->subject->view_id || p->conditions != conditions ||
		p->catalog != c || p->policy_epoch != s->subject->epoch ||
		!dbn_text_eq(p->text, text) || !holds(s, p))
		return NULL;
	return p;
}

static dbn_plan *
slot_find(dbn_session *s, uint64_t hash, uint64_t conditions, const dbn_catalog *c, dbn_text text)
{
	dbn_plan *p = s->slots[hash % DBN_SESSION_SLOTS].plan;

	if (!p || p->hash != hash || !(p = usable(s, p, conditions, c, text)))
		return NULL;
	s->recent[recent_of(text)].at = text.ptr;
	s->recent[recent_of(text)].plan = p;
	return p;
}

/* A plan leaves its slot, and nobody may borrow it from there any more: who has goes
 * on with the reference of the slot. */
static void
slot_clear(dbn_session *s, size_t slot)
{
	dbn_plan *p = s->slots[slot].plan;

	if (!p)
		return;
	for (size_t i = 0; i < DBN_SESSION_RECENT; i++)
		if (s->recent[i].plan == p)
			s->recent[i].plan = NULL;
	s->slots[slot].plan = NULL;
	dbn_plans_unpin(s->pool->plans, p);
	if (s->first.plan == p && s->first.plan_borrowed)
		s->first.plan_borrowed = false;
	else
		dbn_plan_release(p);
}

static void
slot_put(dbn_session *s, dbn_plan *p)
{
	size_t i = p->hash % DBN_SESSION_SLOTS;

	if (s->slots[i].plan == p)
		return;
	slot_clear(s, i);
	if (!dbn_plans_pin(s->pool->plans, p))
		return;
	dbn_plan_retain(p);
	s->slots[i].plan = p;
	s->slots[i].hash = p->hash;
}

void
dbn_session__drop_plans(dbn_session *s)
{
	for (size_t i = 0; i < DBN_SESSION_SLOTS; i++)
		slot_clear(s, i);
}

/* There was no room for somebody's plan: what the session has comes back from the
 * cache if it is still used.  Not looked at where a slot has the plan. */
static void
yield_to_pressure(dbn_session *s)
{
	uint32_t now = dbn_plans_pressure(s->pool->plans);

	if (s->pressure == now)
		return;
	s->pressure = now;
	dbn_session__drop_plans(s);
}

void
dbn_session__forget_plan(dbn_session *s, dbn_plan *p)
{
	size_t i = p->hash % DBN_SESSION_SLOTS;

	if (s->slots[i].plan == p)
		slot_clear(s, i);
}

/* Compile; a name that is not known may be new: then once more. */
static dbn_status
compile(dbn_session *s, dbn_database *db, dbn_text text, uint64_t conditions, dbn_plan **out,
	dbn_error **err)
{
	dbn_plan_in in;
	dbn_error *ignored = NULL;
	bool moved = false;
	dbn_status rc;

	plan_in(s, db, conditions, &in);
	rc = dbn_plan_compile(&in, text, out, err);
	if (rc != DBN_E_SYNTAX || in.catalog != db->catalog)
		return rc;
	if (dbn_catalog_look(db->catalog, &moved, &ignored) != DBN_OK || !moved) {
		dbn_error_free(ignored);
		return rc;
	}
	if (err) {
		dbn_error_free(*err);
		*err = NULL;
	}
	return dbn_plan_compile(&in, text, out, err);
}

dbn_status
dbn_session__plan(dbn_rows *r, dbn_text text, bool fresh, dbn_error **err)
{
	dbn_session *s = r->s;
	dbn_database *db = s->home;
	uint64_t bits = 0, hash;
	uint32_t action = 0;
	uint64_t before;
	bool private_catalog;
	dbn_plan *p = NULL;
	dbn_status rc;

	s->plan_until_ns = r->deadline_ns;
	if (s->subject->nconditions) {
		action = guess_action(s, text);
		bits = dbn_subject_conditions(s->subject, action, r->started_us);
	}
	private_catalog = s->own != NULL;
	if (!private_catalog && !fresh && s->recent[recent_of(text)].at == text.ptr)
		p = usable(s, s->recent[recent_of(text)].plan, bits, db->catalog, text);
	if (!p && !private_catalog && !fresh) {
		hash = dbn_plan_key(s->subject->view_id, bits, db->catalog, text);
		p = slot_find(s, hash, bits, db->catalog, text);
	}
	if (p) {
		r->db = db;
		r->plan = p;
		r->plan_borrowed = r == &s->first; /* saves counting references */
		if (!r->plan_borrowed)
			dbn_plan_retain(p);
		dbn_metrics_own_add(&s->counts, DBN_M_PLAN_HITS, 1);
		return DBN_OK;
	}
	yield_to_pressure(s);
	db = database_of(s, text);
	private_catalog = s->own && s->txn_db == db;
	if (!private_catalog && !fresh) {
		hash = dbn_plan_key(s->subject->view_id, bits, db->catalog, text);
		p = dbn_plans_find(s->pool->plans, hash, s->subject->view_id, bits, db->catalog, text);
		if (p && (p->policy_epoch != s->subject->epoch || !holds(s, p))) {
			dbn_plan_release(p);
			p = NULL;
		}
	}
	if (p) {
		dbn_metrics_own_add(&s->counts, DBN_M_PLAN_HITS, 1);
	} else {
		dbn_metrics_own_add(&s->counts, DBN_M_PLAN_MISSES, 1);
		before = dbn_catalog_until(r->deadline_ns);
		rc = compile(s, db, text, bits, &p, err);
		(void)dbn_catalog_until(before);
		if (rc != DBN_OK)
			return rc;
		if (!private_catalog && p->kind != DBN_STMT_ADMIN)
			(void)dbn_plans_put(s->pool->plans, p); /* no room: for this once */
	}
	if (!private_catalog && p->kind != DBN_STMT_ADMIN)
		slot_put(s, p);
	r->db = db;
	r->plan = p;
	r->plan_borrowed = false;
	return DBN_OK;
}

static bool
is_ready(const dbn_plan *p)
{
	return p && dbn_plan_seen(p);
}

bool
dbn_session__plan_ready(dbn_rows *r, dbn_text text)
{
	dbn_session *s = r->s;
	dbn_database *db = s->home;
	uint64_t bits = 0, hash;
	dbn_plan *p;

	if (s->own)
		return false;
	if (s->subject->nconditions)
		bits = dbn_subject_conditions(s->subject, guess_action(s, text), r->started_us);
	p = s->recent[recent_of(text)].at == text.ptr ? s->recent[recent_of(text)].plan : NULL;
	p = is_ready(p) ? usable(s, p, bits, db->catalog, text) : NULL;
	if (!p) {
		hash = dbn_plan_key(s->subject->view_id, bits, db->catalog, text);
		if (is_ready(s->slots[hash % DBN_SESSION_SLOTS].plan))
			p = slot_find(s, hash, bits, db->catalog, text);
	}
	if (p) {
		dbn_plan_retain(p);
	} else {
		db = database_of(s, text);
		hash = dbn_plan_key(s->subject->view_id, bits, db->catalog, text);
		p = dbn_plans_find(s->pool->plans, hash, s->subject->view_id, bits, db->catalog, text);
		if (p && (p->policy_epoch != s->subject->epoch || !dbn_plan_seen(p))) {
			dbn_plan_release(p);
			p = NULL;
		}
		if (p)
			slot_put(s, p);
	}
	r->db = db;
	r->plan = p;
	r->plan_borrowed = false;
	if (p)
		dbn_metrics_own_add(&s->counts, DBN_M_PLAN_HITS, 1);
	return p != NULL;
}

/* ---- what a statement would do ---- */

dbn_status
dbn_explain(dbn_session *s, dbn_text sql, char **out, dbn_error **err)
{
	dbn_plan_in in;
	dbn_error *why = NULL;
	dbn_plan *p = NULL;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	*out = NULL;
	rc = dbn_session__enter(s, err);
	if (rc == DBN_OK)
		rc = dbn_session__refresh(s, err);
	if (rc != DBN_OK)
		return rc;
	plan_in(s, database_of(s, sql),
		dbn_subject_conditions(s->subject, guess_action(s, sql), dbn_wall_us()), &in);
	in.explain = true;
	rc = dbn_plan_compile(&in, sql, &p, &why);
	if (rc != DBN_OK) {
		dbn_session__audit_failure(s, sql, dbn_wall_us(), why);
		if (err)
			*err = why;
		else
			dbn_error_free(why);
		return rc;
	}
	*out = p->explain;
	p->explain = NULL;
	dbn_plan_release(p);
	return DBN_OK;
}
