/* SPDX-License-Identifier: MIT */
/*
 * The second lock.  While a statement is prepared, SQLite's authorizer tells
 * what it touches; the calls come in no useful order, so they are collected and
 * judged afterwards against what the core foretold.  When SQLite prepares the
 * statement again by itself (the schema moved), only what was accepted passes.
 *
 * Foretold are pairs of relation and column.  What triggers, views and foreign
 * keys touch by themselves is foretold by relation only (an access without a
 * column), so such an entry counts for columns only where SQLite reports a view
 * or trigger of the schema as the origin, or the column belongs to a foreign key
 * and the statement writes.
 */
#include <stdio.h>

#include "driver.h"

static uint32_t
hash_text(uint32_t h, const char *s)
{
	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return (h ^ 0xffu) * 16777619u;
}

void
sq_touches_clear(sq_touches *t)
{
	t->n = 0;
	t->nnames = 0;
	t->flags = 0;
}

void
sq_touches_free(const dbn_host *host, sq_touches *t)
{
	host->release(host, t->v);
	host->release(host, t->names);
	memset(t, 0, sizeof *t);
}

static uint32_t
add_name(struct dbn_conn *c, const char *s)
{
	sq_touches *t = &c->seen;
	size_t n = strlen(s) + 1, at = t->nnames;

	if (!plug_grow(c->host, &t->names, &t->cap_names, at + n, 1)) {
		t->flags |= SQ_TOUCH_NOMEM;
		return 0;
	}
	memcpy(t->names + at, s, n);
	t->nnames += n;
	return (uint32_t)at;
}

static bool
same_touch(const sq_touches *t, const sq_touch *x, uint32_t action, uint32_t hash,
	const char *rel, const char *col, const char *inner)
{
	return x->hash == hash && x->action == action &&
		strcmp(sq_touch_text(t, x->rel), rel) == 0 &&
		strcmp(sq_touch_text(t, x->col), col) == 0 &&
		strcmp(sq_touch_text(t, x->inner), inner) == 0;
}

static uint32_t
hash_touch(uint32_t action, const char *rel, const char *col, const char *inner)
{
	return hash_text(hash_text(hash_text(2166136261u ^ action, rel), col), inner);
}

static int
collect(struct dbn_conn *c, uint32_t action, const char *rel, const char *col, const char *db,
	const char *inner)
{
	sq_touches *t = &c->seen;
	uint32_t hash = hash_touch(action, rel, col, inner);
	sq_touch x = { action, hash, 0, 0, 0, 0 };

	for (size_t i = t->n; i--;)
		if (same_touch(t, &t->v[i], action, hash, rel, col, inner))
			return SQLITE_OK;
	if (!t->nnames)
		(void)add_name(c, "");
	x.rel = add_name(c, rel);
	x.col = *col ? add_name(c, col) : 0;
	x.inner = *inner ? add_name(c, inner) : 0;
	x.temp = db && strcmp(db, "temp") == 0;
	if (!plug_grow(c->host, &t->v, &t->cap, t->n + 1, sizeof *t->v))
		t->flags |= SQ_TOUCH_NOMEM;
	if (t->flags & SQ_TOUCH_NOMEM)
		return SQLITE_DENY;
	t->v[t->n++] = x;
	if (action & DBN_ACT_WRITE)
		t->flags |= SQ_TOUCH_WRITES;
	return SQLITE_OK;
}

static int
refuse(struct dbn_conn *c, int code, const char *a, const char *b)
{
	c->refused_code = code;
	(void)snprintf(c->refused_name, sizeof c->refused_name, "%s%s%s", a ? a : "",
		a && b ? "." : "", b ? b : "");
	return SQLITE_DENY;
}

static bool
is_master(const char *name)
{
	return strcmp(name, "sqlite_master") == 0 || strcmp(name, "sqlite_temp_master") == 0;
}

/* Was it accepted when the statement was first prepared? */
static bool
accepted(const sq_touches *t, uint32_t action, const char *rel, const char *col,
	const char *inner)
{
	uint32_t hash = hash_touch(action, rel, col, inner);

	for (size_t i = 0; i < t->n; i++)
		if (same_touch(t, &t->v[i], action, hash, rel, col, inner))
			return true;
	if (!(t->flags & SQ_TOUCH_VIRTUAL))
		return false;
	/* A virtual table works on tables named after it; it is all or nothing. */
	for (size_t i = 0; i < t->n; i++) {
		const char *virt = sq_touch_text(t, t->v[i].rel);
		size_t n = strlen(virt);

		if (n && strncmp(rel, virt, n) == 0 && rel[n] == '_' &&
			(action == DBN_ACT_READ || (t->flags & SQ_TOUCH_WRITES)))
			return true;
	}
	return false;
}

static uint32_t
action_of(int code)
{
	switch (code) {
	case SQLITE_READ:
		return DBN_ACT_READ;
	case SQLITE_INSERT:
		return DBN_ACT_INSERT;
	case SQLITE_UPDATE:
		return DBN_ACT_UPDATE;
	case SQLITE_DELETE:
		return DBN_ACT_DELETE;
	case SQLITE_FUNCTION:
		return DBN_ACT_EXECUTE;
	default:
		return 0;
	}
}

/* Administrative text runs as written, but these stay out of its reach. */
static int
authorize_admin(struct dbn_conn *c, int code, const char *a, const char *b)
{
	static const char *const pragmas[] = { "writable_schema", "trusted_schema", "query_only",
		"temp_store_directory", "data_store_directory", "soft_heap_limit",
		"hard_heap_limit", "cell_size_check", "read_uncommitted" };
	/* VACUUM attaches a nameless file while it runs, in a transaction. */
	bool vacuum = c->current && (c->current->touches.flags & SQ_TOUCH_VACUUM);

	switch (code) {
	case SQLITE_TRANSACTION:
	case SQLITE_SAVEPOINT:
		return vacuum ? SQLITE_OK : refuse(c, code, a, b);
	case SQLITE_ATTACH:
		return vacuum && a && !*a ? SQLITE_OK : refuse(c, code, a, NULL);
	case SQLITE_DETACH:
		return vacuum ? SQLITE_OK : refuse(c, code, a, NULL);
	case SQLITE_FUNCTION:
		if (b && strcmp(b, "load_extension") == 0)
			return refuse(c, code, b, NULL);
		return SQLITE_OK;
	case SQLITE_PRAGMA:
		for (size_t i = 0; b && a && i < sizeof pragmas / sizeof *pragmas; i++)
			if (sqlite3_stricmp(a, pragmas[i]) == 0)
				return refuse(c, code, a, NULL);
		return SQLITE_OK;
	case SQLITE_INSERT:
	case SQLITE_UPDATE:
	case SQLITE_DELETE:
		if (a && !is_master(a))
			c->seen.flags |= SQ_TOUCH_WRITES;
		return SQLITE_OK;
	case SQLITE_SELECT:
	case SQLITE_READ:
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	default:
		c->seen.flags |= SQ_TOUCH_DDL;
		return SQLITE_OK;
	}
}

int
sq_authorize(void *conn, int code, const char *a, const char *b, const char *db,
	const char *inner)
{
	struct dbn_conn *c = (struct dbn_conn *)conn;
	uint32_t action = action_of(code);
	const char *rel = action == DBN_ACT_EXECUTE ? b : a, *col = b;

	if (c->auth == SQ_AUTH_OWN || code == SQLITE_SELECT || code == SQLITE_RECURSIVE)
		return SQLITE_OK;
	if (c->auth == SQ_AUTH_ADMIN || (c->auth == SQ_AUTH_STEP && c->current && c->current->admin))
		return authorize_admin(c, code, a, b);
	if (action == DBN_ACT_INSERT || action == DBN_ACT_DELETE || action == DBN_ACT_EXECUTE || !col)
		col = "";
	rel = rel ? rel : "";
	inner = inner ? inner : "";
	/* A virtual table being declared; defensive mode keeps text from doing this. */
	if (action == DBN_ACT_UPDATE && is_master(rel)) {
		c->seen.flags |= SQ_TOUCH_MASTER;
		return SQLITE_OK;
	}
	if (action == DBN_ACT_READ && is_master(rel) && strcmp(col, "ROWID") == 0 &&
		(c->seen.flags & SQ_TOUCH_MASTER))
		return SQLITE_OK;
	if (c->auth == SQ_AUTH_COLLECT && action)
		return collect(c, action, rel, col, db, inner);
	if (c->auth == SQ_AUTH_STEP && c->current) {
		const sq_touches *t = &c->current->touches;

		if (action && accepted(t, action, rel, col, inner))
			return SQLITE_OK;
		if (code == SQLITE_PRAGMA && a && (t->flags & SQ_TOUCH_VIRTUAL) &&
			strcmp(a, "data_version") == 0)
			return SQLITE_OK;
	}
	return refuse(c, code, *rel ? rel : a, *col ? col : NULL);
}

/* Is this the name of a trigger or view?  Then the schema's owner wrote it. */
static bool
by_schema(const struct dbn_conn *c, const char *inner)
{
	const sq_object *o = sq_schema_find(&c->schema, plug_text(inner), true);

	if (!o)
		o = sq_schema_find(&c->schema, plug_text(inner), false);
	return o && (o->kind == SQ_OBJECT_TRIGGER || o->kind == SQ_OBJECT_VIEW);
}

/* One access of the core's list against one touch. */
static bool
entry_fits(const struct dbn_conn *c, const dbn_access *e, const sq_touch *t)
{
	const char *rel = sq_touch_text(&c->seen, t->rel), *col = sq_touch_text(&c->seen, t->col);
	const char *inner = sq_touch_text(&c->seen, t->inner);

	if (!(e->action & t->action) || !plug_text_same(e->relation.name, plug_text(rel)))
		return false;
	if (t->action == DBN_ACT_EXECUTE)
		return true; /* by its name */
	if (e->relation.schema.len &&
		!plug_text_is(e->relation.schema, t->temp ? "temp" : "main"))
		return false;
	if (t->temp && !e->relation.schema.len)
		return false;
	if (!*col || plug_text_same(e->column, plug_text(col)))
		return true;
	if (e->column.len)
		return false;
	if (*inner)
		return by_schema(c, inner);
	return (c->seen.flags & SQ_TOUCH_WRITES) && sq_schema_is_key_column(&c->schema, rel, col);
}

/* Foreign keys make a writing statement read the keys of what it writes. */
static bool
key_of_named(const struct dbn_conn *c, const dbn_array *list, const sq_touch *t)
{
	const char *rel = sq_touch_text(&c->seen, t->rel), *col = sq_touch_text(&c->seen, t->col);

	if (t->action != DBN_ACT_READ || t->inner || t->temp ||
		!(c->seen.flags & SQ_TOUCH_WRITES) ||
		!sq_schema_is_key_column(&c->schema, rel, col))
		return false;
	for (uint32_t i = 0; i < list->count; i++) {
		const dbn_access *e = (const dbn_access *)plug_at(list, i);

		if (plug_text_same(e->relation.name, plug_text(rel)))
			return true;
	}
	return false;
}

/*
 * Rows of a common table expression are counted or joined: SQLite reports its
 * name as a relation without a column.  What it reads is reported by itself.
 * Tables that exist without being in the schema are not meant.
 */
static bool
is_expression(const struct dbn_conn *c, const sq_touch *t)
{
	static const char *const built_in[] = { "sqlite_", "pragma_", "json_", "dbstat", "fts",
		"bytecode", "tables_used", "generate_series" };
	const char *rel = sq_touch_text(&c->seen, t->rel);

	if (t->action != DBN_ACT_READ || t->col || sq_schema_find(&c->schema, plug_text(rel), false))
		return false;
	for (size_t i = 0; i < sizeof built_in / sizeof *built_in; i++)
		if (sqlite3_strnicmp(rel, built_in[i], (int)strlen(built_in[i])) == 0)
			return false;
	return true;
}

static bool
foretold(const struct dbn_conn *c, const dbn_array *list, const sq_touch *t)
{
	if (is_expression(c, t))
		return true;
	if (t->action == DBN_ACT_EXECUTE && (sq_function_is_free(sq_touch_text(&c->seen, t->rel)) ||
		(t->inner && by_schema(c, sq_touch_text(&c->seen, t->inner)))))
		return true;
	for (uint32_t i = 0; i < list->count; i++)
		if (entry_fits(c, (const dbn_access *)plug_at(list, i), t))
			return true;
	return key_of_named(c, list, t);
}

static dbn_status
fail_surplus(struct dbn_conn *c, const sq_touch *t, dbn_error **err)
{
	static const char *const verbs[] = { "reads", "inserts into", "updates", "deletes from",
		"calls" };
	const char *rel = sq_touch_text(&c->seen, t->rel), *col = sq_touch_text(&c->seen, t->col);
	const char *inner = sq_touch_text(&c->seen, t->inner), *verb = "touches";
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f, .status = DBN_E_ACCESS };

	for (uint32_t i = 0; i < 5; i++)
		if (t->action == 1u << i)
			verb = verbs[i];
	memcpy(f.sqlstate, "42501", 6);
	f.relation = plug_text(rel);
	f.column = plug_text(col);
	f.hint = PLUG_TEXT("The database's own check disagrees with the statement's plan; "
		"if the schema has just changed, try again.");
	return plug_fail(c->host, err, &f, "the statement %s \"%s%s%s\"%s%s%s, which was not foretold",
		verb, rel, *col ? "." : "", col, *inner ? " through \"" : "", inner,
		*inner ? "\"" : "");
}

dbn_status
sq_access_decide(struct dbn_conn *c, const dbn_prepare_opts *o, dbn_error **err)
{
	int rc;

	if (c->seen.flags & SQ_TOUCH_NOMEM)
		return plug_nomem(c->host, err);
	if (!c->seen.n)
		return DBN_OK;
	rc = sq_schema_load(c);
	if (rc == SQLITE_OK && (c->seen.flags & SQ_TOUCH_WRITES))
		rc = sq_schema_load_keys(c);
	if (rc != SQLITE_OK)
		return sq_fail(c, rc, SQ_PHASE_RUN, err);
	for (size_t i = 0; i < c->seen.n; i++) {
		const sq_touch *t = &c->seen.v[i];
		const sq_object *obj;

		if (!foretold(c, &o->accesses, t))
			return fail_surplus(c, t, err);
		obj = sq_schema_find(&c->schema, plug_text(sq_touch_text(&c->seen, t->rel)), false);
		if (obj && obj->kind == SQ_OBJECT_VIRTUAL)
			c->seen.flags |= SQ_TOUCH_VIRTUAL;
	}
	return DBN_OK;
}

static const char *
code_word(int code)
{
	switch (code) {
	case SQLITE_TRANSACTION:
	case SQLITE_SAVEPOINT:
		return "transaction control";
	case SQLITE_ATTACH:
	case SQLITE_DETACH:
		return "attaching another file";
	case SQLITE_PRAGMA:
		return "the setting";
	case SQLITE_FUNCTION:
		return "the function";
	case SQLITE_READ:
		return "reading";
	case SQLITE_INSERT:
		return "inserting into";
	case SQLITE_UPDATE:
		return "updating";
	case SQLITE_DELETE:
		return "deleting from";
	default:
		return "changing the schema:";
	}
}

dbn_status
sq_access_refused(struct dbn_conn *c, dbn_status status, dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f, .status = status };

	memcpy(f.sqlstate, status == DBN_E_SCHEMA ? "42P01" : "42501", 6);
	f.native_code = SQLITE_AUTH;
	if (c->refused_code == SQLITE_TRANSACTION || c->refused_code == SQLITE_SAVEPOINT)
		f.hint = PLUG_TEXT("Use the calls of the session for transactions.");
	return plug_fail(c->host, err, &f, "%s \"%s\" is refused%s", code_word(c->refused_code),
		c->refused_name, status == DBN_E_SCHEMA
			? ": it was not part of the statement when it was prepared" : "");
}
