/* SPDX-License-Identifier: MIT */
/*
 * The bench behind lab.h.  The catalogue is read by PRAGMA; dbn_require() is
 * defined here; SQLite's authorizer is compared with the accesses foretold.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "lab.h"
#include "sql/print.h"
#include "value/value.h"

extern const dbn_plugin_descriptor dbn_plugin_entry; /* permission-rbac, linked in */

struct lab_relation {
	struct lab_relation *next;
	dbn_sql_relation rel;
};

struct lab_seen {
	const dbn_rewritten *r;
	char surplus[256];
};

/* ---- catalogue ---- */

static dbn_text
keep(lab *l, const char *z)
{
	return dbn_arena_text(&l->catalog_arena, dbn_text_z(z ? z : ""));
}

static const char *
col_text(sqlite3_stmt *q, int i)
{
	const char *z = (const char *)sqlite3_column_text(q, i);

	return z ? z : "";
}

/* Does the column compare byte by byte? */
static bool
binary(lab *l, const char *table, const char *column)
{
	const char *coll = NULL;

	if (sqlite3_table_column_metadata(l->db, "main", table, column, NULL, &coll, NULL, NULL, NULL) !=
		SQLITE_OK)
		return false;
	return !coll || sqlite3_stricmp(coll, "BINARY") == 0;
}

/* A generated column reads every column that its text names: enough for tests. */
static void
inputs(lab *l, dbn_sql_relation *r, dbn_sql_column *c, const char *sql)
{
	char *at = NULL, *end;
	uint32_t *list = dbn_arena_array(&l->catalog_arena, r->ncolumns + 1, sizeof(*list)), n = 0;
	char needle[128];

	(void)snprintf(needle, sizeof(needle), "%s ", c->name.ptr);
	at = strstr(sql, needle);
	while (at && !strstr(at, " AS ("))
		at = NULL;
	at = at ? strstr(at, " AS (") : NULL;
	end = at ? strchr(at, ')') : NULL;
	for (uint32_t i = 0; at && end && i < r->ncolumns; i++) {
		char *hit = strstr(at, r->columns[i].name.ptr);

		if (hit && hit < end)
			list[n++] = i;
	}
	c->inputs = list;
	c->ninputs = n;
}

static bool
columns(lab *l, dbn_sql_relation *r, const char *name, const char *sql)
{
	char *pragma = sqlite3_mprintf("PRAGMA table_xinfo(%Q)", name);
	sqlite3_stmt *q = NULL;
	dbn_sql_column *c = dbn_arena_array(&l->catalog_arena, 64, sizeof(*c));
	uint32_t n = 0;

	cr_assert_eq(sqlite3_prepare_v2(l->db, pragma, -1, &q, NULL), SQLITE_OK);
	while (sqlite3_step(q) == SQLITE_ROW && n < 64) {
		int hidden = sqlite3_column_int(q, 6);

		c[n].name = keep(l, col_text(q, 1));
		c[n].declared = keep(l, col_text(q, 2));
		c[n].type = dbn_sql_declared_type(dbn_sql_dialect_get(DBN_DIALECT_SQLITE), c[n].declared);
		c[n].key_part = (uint32_t)sqlite3_column_int(q, 5);
		if (sqlite3_column_int(q, 3))
			c[n].flags |= DBN_COL_NOT_NULL;
		if (c[n].key_part && dbn_text_ieqz(c[n].declared, "INTEGER"))
			c[n].flags |= DBN_COL_IDENTITY;
		if (hidden == 1)
			c[n].flags |= DBN_COL_HIDDEN;
		if (hidden >= 2)
			c[n].flags |= DBN_COL_GENERATED;
		if (binary(l, name, c[n].name.ptr))
			c[n].flags |= DBN_COL_BINARY;
		r->nkey += c[n].key_part != 0;
		n++;
	}
	(void)sqlite3_finalize(q);
	sqlite3_free(pragma);
	r->columns = c;
	r->ncolumns = n;
	for (uint32_t i = 0; i < n; i++)
		if (c[i].flags & DBN_COL_GENERATED)
			inputs(l, r, &c[i], sql);
	return n > 0;
}

static bool
find(lab *l, const char *name, char *type, size_t size, char **sql)
{
	sqlite3_stmt *q = NULL;
	bool found;

	if (sqlite3_stricmp(name, "sqlite_master") == 0 || sqlite3_stricmp(name, "sqlite_schema") == 0) {
		(void)snprintf(type, size, "system");
		*sql = strdup("");
		return true;
	}
	cr_assert_eq(sqlite3_prepare_v2(l->db, "SELECT type, sql, name FROM sqlite_master "
		"WHERE lower(name) = lower(?) AND type IN ('table', 'view')", -1, &q, NULL), SQLITE_OK);
	(void)sqlite3_bind_text(q, 1, name, -1, SQLITE_TRANSIENT);
	found = sqlite3_step(q) == SQLITE_ROW;
	if (found) {
		(void)snprintf(type, size, "%s", col_text(q, 0));
		*sql = strdup(col_text(q, 1));
	}
	(void)sqlite3_finalize(q);
	return found;
}

static void
effects(lab *l, dbn_sql_relation *r, const char *type, const char *sql)
{
	dbn_sql_effect *e = dbn_arena_array(&l->catalog_arena, 16, sizeof(*e));
	sqlite3_stmt *q = NULL;

	r->effects = e;
	/* A view reads what its text names, as a test writes it: FROM x or JOIN x. */
	cr_assert_eq(sqlite3_prepare_v2(l->db, "SELECT name FROM sqlite_master WHERE type IN "
		"('table', 'view') AND ? LIKE '%FROM ' || name || '%' AND name <> ?", -1, &q, NULL), SQLITE_OK);
	(void)sqlite3_bind_text(q, 1, sql, -1, SQLITE_TRANSIENT);
	(void)sqlite3_bind_text(q, 2, r->name.name.ptr, -1, SQLITE_TRANSIENT);
	while (strcmp(type, "view") == 0 && sqlite3_step(q) == SQLITE_ROW && r->neffects < 16) {
		e[r->neffects].what = DBN_EFFECT_VIEW_READS;
		e[r->neffects].on = (dbn_sql_name){ keep(l, "main"), keep(l, "main"), keep(l, col_text(q, 0)) };
		e[r->neffects++].by = r->name.name;
	}
	(void)sqlite3_finalize(q);
	cr_assert_eq(sqlite3_prepare_v2(l->db, "SELECT t.name, o.name FROM sqlite_master t, sqlite_master o "
		"WHERE t.type = 'trigger' AND t.tbl_name = ? AND o.type = 'table' AND (t.sql LIKE '%INTO ' || "
		"o.name || '%' OR t.sql LIKE '%UPDATE ' || o.name || ' SET%' OR t.sql LIKE '%DELETE FROM ' || "
		"o.name || '%')", -1, &q, NULL), SQLITE_OK);
	(void)sqlite3_bind_text(q, 1, r->name.name.ptr, -1, SQLITE_TRANSIENT);
	while (sqlite3_step(q) == SQLITE_ROW && r->neffects < 16) {
		e[r->neffects].what = DBN_EFFECT_TRIGGER_WRITES;
		e[r->neffects].on = (dbn_sql_name){ keep(l, "main"), keep(l, "main"), keep(l, col_text(q, 1)) };
		e[r->neffects++].by = keep(l, col_text(q, 0));
	}
	(void)sqlite3_finalize(q);
}

static void
foreign_keys(lab *l, dbn_sql_relation *r)
{
	dbn_sql_effect *e = (dbn_sql_effect *)(uintptr_t)r->effects;
	sqlite3_stmt *q = NULL;

	cr_assert_eq(sqlite3_prepare_v2(l->db, "SELECT m.name, f.\"table\", f.on_delete FROM sqlite_master m, "
		"pragma_foreign_key_list(m.name) f WHERE m.type = 'table' AND ? IN (m.name, f.\"table\")", -1, &q,
		NULL), SQLITE_OK);
	(void)sqlite3_bind_text(q, 1, r->name.name.ptr, -1, SQLITE_TRANSIENT);
	while (sqlite3_step(q) == SQLITE_ROW && r->neffects < 14) {
		bool child = sqlite3_stricmp(col_text(q, 0), r->name.name.ptr) == 0;
		dbn_sql_name on = { keep(l, "main"), keep(l, "main"), keep(l, col_text(q, child ? 1 : 0)) };

		e[r->neffects].what = DBN_EFFECT_FK_READS;
		e[r->neffects++].on = on;
		if (!child && sqlite3_stricmp(col_text(q, 2), "CASCADE") == 0) {
			e[r->neffects].what = DBN_EFFECT_CASCADE_DELETE;
			e[r->neffects++].on = on;
		}
	}
	(void)sqlite3_finalize(q);
}

static dbn_status
lookup(void *user, const dbn_sql_name *name, const dbn_sql_relation **out, dbn_error **err)
{
	lab *l = (lab *)user;
	char type[32], z[128], *sql = NULL;
	struct lab_relation *r;

	(void)snprintf(z, sizeof(z), "%.*s", DBN_TEXT_ARG(name->name));
	if ((name->schema.len && !dbn_text_ieqz(name->schema, "main")) ||
		(name->database.len && !dbn_text_eqz(name->database, "main")))
		return dbn_fail(err, DBN_E_NOT_FOUND, "no such table: %s", z);
	for (r = l->relations; r; r = r->next)
		if (dbn_text_ieq(r->rel.name.name, name->name)) {
			*out = &r->rel;
			return DBN_OK;
		}
	if (!find(l, z, type, sizeof(type), &sql))
		return dbn_fail(err, DBN_E_NOT_FOUND, "no such table: %s", z);
	r = dbn_arena_zalloc(&l->catalog_arena, sizeof(*r));
	r->rel.name = (dbn_sql_name){ keep(l, "main"), keep(l, "main"), keep(l, z) };
	r->rel.kind = strcmp(type, "system") == 0 ? DBN_REL_SYSTEM : strcmp(type, "view") == 0 ? DBN_REL_VIEW
		: strstr(sql, "CREATE VIRTUAL") ? DBN_REL_VIRTUAL : DBN_REL_TABLE;
	(void)columns(l, &r->rel, z, sql);
	effects(l, &r->rel, type, sql);
	foreign_keys(l, &r->rel);
	r->next = l->relations;
	l->relations = r;
	free(sql);
	*out = &r->rel;
	return DBN_OK;
}

void
lab_forget(lab *l)
{
	l->relations = NULL;
}

/* ---- the database ---- */

static void
require(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	char *text;

	(void)n;
	if (sqlite3_value_type(v[0]) != SQLITE_NULL && sqlite3_value_int64(v[0])) {
		sqlite3_result_int(ctx, 1);
		return;
	}
	text = sqlite3_mprintf("check: %s", (const char *)sqlite3_value_text(v[1]));
	sqlite3_result_error(ctx, text, -1);
	sqlite3_free(text);
}

/* tell(x) raises with its argument: how a hidden value would leak. */
static void
tell(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	char *text;

	(void)n;
	text = sqlite3_mprintf("TOLD %s", (const char *)sqlite3_value_text(v[0]));
	sqlite3_result_error(ctx, text, -1);
	sqlite3_free(text);
}

static bool
foretold(const dbn_rewritten *r, uint32_t action, const char *rel, const char *col, const char *inner)
{
	for (uint32_t i = 0; i < r->naccesses; i++) {
		const dbn_access *a = &r->accesses[i];

		if (!(a->action & action) || !dbn_text_ieqz(a->relation.name, rel))
			continue;
		if (action == DBN_ACT_EXECUTE || !*col || dbn_text_ieqz(a->column, col))
			return true;
		if (inner && !a->column.len)
			return true; /* a view or trigger does it */
		for (uint32_t k = 0; !a->column.len && k < r->ntouches; k++)
			if ((r->touches[k].how & (DBN_TOUCH_EFFECT_READ | DBN_TOUCH_EFFECT_WRITE)) &&
				dbn_text_ieqz(r->touches[k].name.name, rel))
				return true;
	}
	return false;
}

static int
authorize(void *user, int code, const char *a, const char *b, const char *db, const char *inner)
{
	lab *l = (lab *)user;
	struct lab_seen *s = l->seen;
	uint32_t action = code == SQLITE_READ ? DBN_ACT_READ : code == SQLITE_INSERT ? DBN_ACT_INSERT
		: code == SQLITE_UPDATE ? DBN_ACT_UPDATE : code == SQLITE_DELETE ? DBN_ACT_DELETE
		: code == SQLITE_FUNCTION ? DBN_ACT_EXECUTE : 0;

	(void)db;
	if (!s->r || !action)
		return SQLITE_OK;
	if (action == DBN_ACT_EXECUTE)
		return foretold(s->r, action, b, "", NULL) || !strcmp(b, "dbn_require") ? SQLITE_OK
			: (snprintf(s->surplus, sizeof(s->surplus), "calls %s", b), SQLITE_OK);
	if (action == DBN_ACT_INSERT || action == DBN_ACT_DELETE || !b)
		b = "";
	if (!foretold(s->r, action, a, b, inner))
		(void)snprintf(s->surplus, sizeof(s->surplus), "action %u on %s.%s", action, a, b);
	return SQLITE_OK;
}

/* ---- policy ---- */

static void
write_policy(lab *l, const char *policy)
{
	FILE *f = fopen(l->policy_path, "w");

	cr_assert(f);
	(void)fputs(policy, f);
	(void)fclose(f);
}

void
lab_open(lab *l, const char *schema, const char *policy)
{
	char setting[96], *e = NULL;
	const char *settings[2] = { setting, NULL };
	dbn_error *err = NULL;
	dbn_authority_conf conf = { .name = "permission" };
	int fd;

	memset(l, 0, sizeof(*l));
	(void)snprintf(l->policy_path, sizeof(l->policy_path), "/tmp/lab-XXXXXX");
	fd = mkstemp(l->policy_path);
	cr_assert(fd >= 0);
	(void)close(fd);
	write_policy(l, policy);
	(void)snprintf(setting, sizeof(setting), "file=%s", l->policy_path);
	dbn_arena_init(&l->catalog_arena, 0);
	dbn_arena_init(&l->arena, 0);
	dbn_str_init(&l->sql, 0);
	l->now_us = INT64_C(1700000000) * 1000000;
	l->seen = calloc(1, sizeof(*l->seen));
	l->authorize = true;
	cr_assert_eq(sqlite3_open(":memory:", &l->db), SQLITE_OK);
	(void)sqlite3_db_config(l->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	(void)sqlite3_create_function(l->db, "dbn_require", 2, SQLITE_UTF8, NULL, require, NULL, NULL);
	(void)sqlite3_create_function(l->db, "tell", 1, SQLITE_UTF8, NULL, tell, NULL, NULL);
	(void)sqlite3_exec(l->db, schema, NULL, NULL, &e);
	cr_assert_null(e, "schema: %s", e);
	/* Their first use declares them, which looks as if the schema were written. */
	(void)sqlite3_exec(l->db, "SELECT 1 FROM json_each('[]'), json_tree('[]')", NULL, NULL, NULL);
	(void)sqlite3_set_authorizer(l->db, authorize, l);
	l->catalog.lookup = lookup;
	l->catalog.user = l;
	l->catalog.default_database = l->catalog.default_schema = dbn_text_z("main");
	cr_assert_eq(fake_plugin_open(&l->plugin, NULL, &dbn_plugin_entry, settings, NULL, &err), DBN_OK,
		"%s", dbn_error_message(err));
	conf.self = l->plugin.self;
	conf.ops = l->plugin.desc->ops;
	cr_assert_eq(dbn_authority_open(&conf, &l->authority, &err), DBN_OK, "%s: %s",
		dbn_error_message(err), dbn_error_detail(err));
}

dbn_status
lab_policy(lab *l, const char *policy, char *why, size_t size)
{
	dbn_error *err = NULL;
	dbn_status rc;

	write_policy(l, policy);
	rc = dbn_authority_reload(l->authority, &err);
	(void)snprintf(why, size, "%s\n%s", dbn_error_message(err), dbn_error_detail(err));
	dbn_error_free(err);
	return rc;
}

void
lab_close(lab *l)
{
	dbn_authority_close(l->authority);
	fake_plugin_close(&l->plugin);
	(void)sqlite3_close(l->db);
	dbn_arena_free(&l->catalog_arena);
	dbn_arena_free(&l->arena);
	dbn_str_free(&l->sql);
	(void)unlink(l->policy_path);
	free(l->seen);
}

/* ---- running ---- */

static char *
failure(dbn_status rc, dbn_error *err)
{
	char *s = NULL;

	cr_assert(asprintf(&s, "!%s %s%s%s", dbn_status_name(rc) + 6, dbn_error_where(err),
		*dbn_error_where(err) ? ": " : "", dbn_error_message(err)) > 0);
	dbn_error_free(err);
	return s;
}

static void
bind_value(sqlite3_stmt *q, int *at, const dbn_value *v)
{
	char buf[64];

	switch (v->type) {
	case DBN_LIST:
		for (uint64_t i = 0; i < v->len; i++)
			bind_value(q, at, (const dbn_value *)v->u.ptr + i);
		return;
	case DBN_NULL:
		(void)sqlite3_bind_null(q, ++*at);
		return;
	case DBN_TEXT:
		(void)sqlite3_bind_text(q, ++*at, v->u.ptr, (int)v->len, SQLITE_TRANSIENT);
		return;
	case DBN_DOUBLE:
		(void)sqlite3_bind_double(q, ++*at, v->u.f64);
		return;
	case DBN_TIMESTAMPTZ:
	case DBN_TIMESTAMP:
		(void)dbn_format_rfc3339(buf, sizeof(buf), v->u.i64);
		buf[10] = ' ';
		(void)sqlite3_bind_text(q, ++*at, buf, 19, SQLITE_TRANSIENT);
		return;
	default:
		(void)sqlite3_bind_int64(q, ++*at, v->u.i64);
		return;
	}
}

static void
bind_all(lab *l, sqlite3_stmt *q, const dbn_sql_stmt *s, const dbn_value *extra,
	const char *const *args)
{
	int at = 0;

	for (uint32_t i = 0; i < s->nparams; i++) {
		cr_assert(args && args[i], "an argument is missing");
		if (args[i][0] == '#')
			(void)sqlite3_bind_int64(q, ++at, atoll(args[i] + 1));
		else
			(void)sqlite3_bind_text(q, ++at, args[i], -1, SQLITE_TRANSIENT);
	}
	for (uint32_t i = 0; i < l->last.nextra; i++)
		bind_value(q, &at, &extra[i]);
	cr_assert_eq(at, sqlite3_bind_parameter_count(q), "%d values for %d parameters", at,
		sqlite3_bind_parameter_count(q));
}

static char *
rows_of(sqlite3 *db, sqlite3_stmt *q, int ncols)
{
	dbn_str out;
	char *r = NULL;
	int rc;

	dbn_str_init(&out, 0);
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		if (!ncols)
			continue;
		if (out.len)
			dbn_str_addc(&out, '\n');
		for (int i = 0; i < ncols; i++) {
			if (i)
				dbn_str_addc(&out, '|');
			dbn_str_adds(&out, sqlite3_column_type(q, i) == SQLITE_NULL ? "~" : col_text(q, i));
		}
	}
	if (rc != SQLITE_DONE)
		cr_assert(asprintf(&r, "!SQL %s", sqlite3_errmsg(db)) > 0);
	else
		r = strdup(dbn_str_z(&out));
	dbn_str_free(&out);
	return r;
}

static char *
send(lab *l, const dbn_sql_stmt *s, const dbn_value *extra, const char *const *args)
{
	sqlite3_stmt *q = NULL;
	char *r = NULL;
	int shown;

	l->seen->r = l->authorize ? &l->last : NULL;
	l->seen->surplus[0] = '\0';
	if (sqlite3_prepare_v2(l->db, l->sql.ptr, -1, &q, NULL) != SQLITE_OK) {
		cr_assert(asprintf(&r, "!PREPARE %s: %s", sqlite3_errmsg(l->db), l->sql.ptr) > 0);
		l->seen->r = NULL;
		return r;
	}
	l->seen->r = NULL;
	cr_assert_eq(l->seen->surplus[0], '\0', "not foretold: %s\nsent: %s", l->seen->surplus,
		l->sql.ptr);
	bind_all(l, q, s, extra, args);
	shown = sqlite3_column_count(q) - (int)l->last.nhidden;
	r = rows_of(l->db, q, shown);
	(void)sqlite3_finalize(q);
	return r;
}

static char *
compiled(lab *l, dbn_subject *subject, const char *sql, const char *const *args)
{
	const dbn_sql_dialect *d = dbn_sql_dialect_get(DBN_DIALECT_SQLITE);
	dbn_error *err = NULL;
	dbn_sql_stmt *s = NULL;
	dbn_value extra[32];
	uint32_t expand[64], op;
	dbn_rewrite_in in = { subject, 0, d, &l->catalog, DBN_CAP_REQUIRE_FN | DBN_CAP_RETURNING };
	dbn_status rc = dbn_sql_parse(&l->arena, d, NULL, dbn_text_z(sql), &s, &err);

	if (rc != DBN_OK)
		return failure(rc, err);
	op = s->kind == DBN_STMT_INSERT ? DBN_ACT_INSERT : s->kind == DBN_STMT_UPDATE ? DBN_ACT_UPDATE
		: s->kind == DBN_STMT_DELETE ? DBN_ACT_DELETE : DBN_ACT_READ;
	if (s->kind == DBN_STMT_ADMIN)
		return strdup("!ADMIN");
	in.conditions = dbn_subject_conditions(subject, op, l->now_us);
	rc = dbn_rewrite(s, &in, &l->last, &err);
	for (uint32_t i = 0; rc == DBN_OK && i < s->nparams; i++)
		expand[i] = 1;
	for (uint32_t i = 0; rc == DBN_OK && i < l->last.nextra; i++) {
		rc = dbn_subject_value(subject, &l->last.extra[i], l->now_us, &extra[i], &err);
		expand[s->nparams + i] = extra[i].type == DBN_LIST ? (uint32_t)extra[i].len : 1;
	}
	dbn_str_reset(&l->sql);
	if (rc == DBN_OK)
		rc = dbn_sql_print(s, d, DBN_PRINT_CANONICAL, expand, s->nparams + l->last.nextra, &l->sql, &err);
	if (rc != DBN_OK)
		return failure(rc, err);
	if (l->broken)
		(void)fprintf(stderr, "%s\n  -> %s\n", sql, l->sql.ptr);
	return send(l, s, extra, args);
}

char *
lab_run(lab *l, const char *user, const char *sql, const char *const *args)
{
	dbn_identity_in who = { .struct_size = (uint32_t)sizeof(who), .user = dbn_text_z(user) };
	dbn_subject *subject = NULL;
	dbn_error *err = NULL;
	dbn_status rc = dbn_subject_open(l->authority, &who, &l->client, &subject, &err);
	char *r;

	dbn_arena_free(&l->arena);
	dbn_arena_init(&l->arena, 0);
	if (rc != DBN_OK)
		return failure(rc, err);
	r = compiled(l, subject, sql, args);
	dbn_subject_close(subject);
	return r;
}

char *
lab_raw(lab *l, const char *sql)
{
	sqlite3_stmt *q = NULL;
	char *r;

	cr_assert_eq(sqlite3_prepare_v2(l->db, sql, -1, &q, NULL), SQLITE_OK, "%s: %s", sql,
		sqlite3_errmsg(l->db));
	r = rows_of(l->db, q, sqlite3_column_count(q));
	(void)sqlite3_finalize(q);
	return r;
}

void
lab_expect(lab *l, const char *file, int line, const char *user, const char *sql, const char *want)
{
	char *got = lab_run(l, user, sql, NULL);

	cr_expect(strcmp(got, want) == 0, "%s:%d: %s: %s\n  gave   \"%s\"\n  wanted \"%s\"\n  sent   %s",
		file, line, user, sql, got, want, dbn_str_z(&l->sql));
	free(got);
}

void
lab_refused(lab *l, const char *file, int line, const char *user, const char *sql,
	const char *status, const char *part)
{
	char *got = lab_run(l, user, sql, NULL);

	cr_expect(got[0] == '!' && strncmp(got + 1, status, strlen(status)) == 0 &&
		(!part || strstr(got, part)), "%s:%d: %s: %s\n  gave   \"%s\"\n  wanted %s (%s)\n  sent   %s",
		file, line, user, sql, got, status, part ? part : "", dbn_str_z(&l->sql));
	free(got);
}

void
lab_truth(lab *l, const char *file, int line, const char *sql, const char *want)
{
	char *got = lab_raw(l, sql);

	cr_expect(strcmp(got, want) == 0, "%s:%d: %s\n  is     \"%s\"\n  wanted \"%s\"", file, line, sql,
		got, want);
	free(got);
}
